"""Keys that relationships copy, null and follow: one-to-one, natural keys, passive_updates,
passive_deletes, children outside of the session, viewonly."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare
from .models import blog, many_to_many, state

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_keys(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


def rows(p: Any, s: Any, *tables: str) -> None:
    for table in tables:
        p.show(s.execute(p.text(f"select * from {table}")).all())


def one_to_one(p: Any, **options: Any) -> Any:
    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        b = p.relationship("B", back_populates="a", uselist=False, **options)

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        a_id = p.Column(p.Integer, p.ForeignKey("a.id"))
        a = p.relationship("A", back_populates="b")

    return A, B


@program
def one_to_one_replaced(p: Any) -> None:
    A, B = one_to_one(p)
    s = p.session()
    a = A(b=B())
    s.add(a)
    s.commit()
    a.b = B()
    s.commit()
    rows(p, s, "a", "b")
    b = B()
    s.add(b)
    s.commit()
    b.a = a
    s.commit()
    rows(p, s, "a", "b")
    a.b = None
    s.commit()
    rows(p, s, "a", "b")


@program
def one_to_one_from_the_other_side(p: Any) -> None:
    A, B = one_to_one(p)
    s = p.session()
    a = A(b=B())
    s.add(a)
    s.commit()
    B(a=a)
    p.show(len(s.new))
    s.commit()
    rows(p, s, "a", "b")
    new = B()
    new.a = a
    s.add(new)
    s.commit()
    rows(p, s, "a", "b")


@program
def one_to_one_deleted_attribute(p: Any) -> None:
    A, B = one_to_one(p)
    s = p.session()
    a = A(b=B())
    s.add(a)
    s.commit()
    del a.b
    s.commit()
    rows(p, s, "a", "b")
    a.b = B()
    s.flush()
    del a.b
    s.commit()
    rows(p, s, "a", "b")


@program
def one_to_one_set_and_unset(p: Any) -> None:
    A, B = one_to_one(p)
    s = p.session()
    a = A(b=B())
    s.add(a)
    s.commit()
    a.b = B()
    a.b = None
    p.show(len(s.new))
    s.commit()
    rows(p, s, "a", "b")
    a = s.get(A, 1)
    a.b = B()
    s.commit()
    a.b = B()
    s.expunge(a.b)
    s.commit()
    rows(p, s, "a", "b")


@program
def one_to_one_orphans(p: Any) -> None:
    A, B = one_to_one(p, cascade="all, delete-orphan")
    s = p.session()
    a = A(b=B())
    s.add(a)
    s.commit()
    a.b = B()
    s.commit()
    rows(p, s, "a", "b")
    a.b = B()
    a.b = None
    s.commit()
    rows(p, s, "a", "b")


@program
def one_to_one_exchange(p: Any) -> None:
    A, B = one_to_one(p)
    s = p.session()
    x, y = A(b=B()), A(b=B())
    s.add_all([x, y])
    s.commit()
    x.b, y.b = y.b, x.b
    s.commit()
    rows(p, s, "a", "b")
    x.b = y.b
    s.commit()
    rows(p, s, "a", "b")


@program
def child_outside_of_the_session(p: Any) -> None:
    User, Post = blog(p, cascade="merge")
    s = p.session()
    u = User(name="u")
    post = Post(title="t")
    u.posts.append(post)
    s.add(u)
    s.flush()
    p.show(post.user_id, u.id, state(p, post), [x.title for x in u.posts])
    s.add(post)
    s.commit()
    rows(p, s, "posts")
    other = Post(title="o", user=u)
    p.show(state(p, other))
    s.commit()
    rows(p, s, "posts")


@program
def parent_outside_of_the_session(p: Any) -> None:
    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        a_id = p.Column(p.Integer, p.ForeignKey("a.id"))
        a = p.relationship("A", cascade="merge")

    s = p.session()
    a = A(id=7)
    b = B(a=a)
    s.add(b)
    s.flush()
    p.show(b.a_id, state(p, a))
    s.add(a)
    s.flush()
    p.show(b.a_id, b.a is a)
    s.commit()
    rows(p, s, "b")
    p.show(b.a)


def natural(p: Any, passive_updates: bool, **options: Any) -> Any:
    class User(p.Base):
        __tablename__ = "users"
        name = p.Column(p.String, primary_key=True)
        note = p.Column(p.String)
        addresses = p.relationship(
            "Address", back_populates="user", passive_updates=passive_updates, **options
        )

    class Address(p.Base):
        __tablename__ = "addresses"
        email = p.Column(p.String, primary_key=True)
        user_name = p.Column(p.ForeignKey("users.name", onupdate="cascade"))
        user = p.relationship("User", back_populates="addresses", passive_updates=passive_updates)

    return User, Address


def cascading(p: Any) -> Any:
    s = p.session()
    s.execute(p.text("pragma foreign_keys=on"))
    return s


@program
def natural_key_changes(p: Any) -> None:
    for passive in (True, False):
        p.Base.registry.dispose()
        p.Base.metadata.clear()
        User, Address = natural(p, passive)
        s = p.session()
        u = User(name="jack", addresses=[Address(email="a"), Address(email="b")])
        s.add(u)
        s.commit()
        u.name = "ed"
        s.commit()
        p.show(u.name, p.inspect(u).key)
        rows(p, s, "users", "addresses")
        u = s.query(User).one()
        p.show([a.email for a in u.addresses])
        u.name = "fred"
        s.flush()
        p.show([a.user_name for a in u.addresses], s.dirty)
        s.rollback()
        p.show(u.name, p.inspect(u).key, s.get(User, "fred"), s.get(User, "ed") is u)
        s.close()


@program
def natural_keys_seen_from_one_side(p: Any) -> None:
    for back, passive, above in (
        (back, passive, above) for back in (0, 1) for passive in (0, 1) for above in (0, 1)
    ):
        p.Base.registry.dispose()
        p.Base.metadata.clear()

        class User(p.Base):
            __tablename__ = "users"
            name = p.Column(p.String, primary_key=True)
            note = p.Column(p.String)
            if back:
                addresses = p.relationship(
                    "Address", back_populates="user", passive_updates=bool(above)
                )

        class Address(p.Base):
            __tablename__ = "addresses"
            email = p.Column(p.String, primary_key=True)
            note = p.Column(p.String)
            user_name = p.Column(p.ForeignKey("users.name"))
            user = p.relationship(
                User,
                passive_updates=bool(passive),
                **({"back_populates": "addresses"} if back else {}),
            )

        for loaded in ("", "user", "user_name"):
            s = p.session()
            u, other = User(name="jack"), User(name="other")
            found = [Address(email=e, user=o) for e, o in (("a", u), ("b", u), ("c", other))]
            s.add_all([u, other, *found])
            s.commit()
            for a in found:
                _ = a.note, getattr(a, loaded, None) if a.email != "b" else a.email
            u.name = "ed"
            found[0].note = "changed"
            s.flush()
            p.show(back, passive, above, loaded, [a.user_name for a in found], s.dirty)
            u.note = "changed"
            s.flush()
            s.rollback()
            p.show([(a.user_name, a.user.name) for a in found])
            u.name = "x"
            s.delete(found[0])
            s.flush()
            p.show([a.user_name for a in found[1:]])
            s.rollback()
            s.execute(p.delete(Address.__table__))
            s.execute(p.delete(User.__table__))
            s.commit()
            s.close()


@program
def natural_key_of_loaded_children(p: Any) -> None:
    User, Address = natural(p, False)
    s = p.session()
    u = User(name="jack", addresses=[Address(email="a"), Address(email="b")])
    s.add(u)
    s.commit()
    a = s.get(Address, "a")
    p.show(a.user.name)
    a.user.name = "ed"
    s.commit()
    rows(p, s, "users", "addresses")
    a.user = None
    s.commit()
    u.name = "x"
    u.addresses.append(Address(email="c"))
    s.commit()
    rows(p, s, "users", "addresses")
    s.delete(u)
    s.commit()
    rows(p, s, "users", "addresses")


@program
def natural_key_in_a_savepoint(p: Any) -> None:
    User, _ = natural(p, False)
    s = p.session()
    u = User(name="jack")
    s.add(u)
    s.commit()
    nested = s.begin_nested()
    u.name = "ed"
    s.flush()
    p.show(p.inspect(u).key)
    nested.rollback()
    p.show(u.name, p.inspect(u).key, s.get(User, "jack") is u)
    with s.begin_nested():
        u.name = "fred"
    p.show(u.name, s.get(User, "fred") is u)
    s.rollback()
    p.show(u.name, s.get(User, "jack") is u)


@program
def natural_key_swapped(p: Any) -> None:
    User, _ = natural(p, False)
    s = p.session()
    a, b = User(name="a", note="1"), User(name="b", note="2")
    s.add_all([a, b])
    s.commit()
    s.delete(a)
    s.flush()
    b.name = "a"
    s.commit()
    p.show(b.name, b.note, state(p, a, b))
    c = User(name="b", note="3")
    s.add(c)
    s.commit()
    s.delete(c)
    s.add(User(name="b", note="4"))
    s.commit()
    rows(p, s, "users")


@program
def natural_key_of_a_many_to_many(p: Any) -> None:
    for passive in (True, False):
        p.Base.registry.dispose()
        p.Base.metadata.clear()
        table = p.Table(
            "ab",
            p.Base.metadata,
            p.Column("a", p.ForeignKey("a.name", onupdate="cascade"), primary_key=True),
            p.Column("b", p.ForeignKey("b.name", onupdate="cascade"), primary_key=True),
        )

        class A(p.Base):
            __tablename__ = "a"
            name = p.Column(p.String, primary_key=True)
            bs = p.relationship("B", secondary=table, backref="as_", passive_updates=passive)

        class B(p.Base):
            __tablename__ = "b"
            name = p.Column(p.String, primary_key=True)

        s = p.session()
        a = A(name="a", bs=[B(name="x"), B(name="y")])
        s.add(a)
        s.commit()
        a.name = "a2"
        s.commit()
        rows(p, s, "ab")
        s.close()


@program
def natural_key_self_referential(p: Any) -> None:
    class Node(p.Base):
        __tablename__ = "node"
        name = p.Column(p.String, primary_key=True)
        parent_name = p.Column(p.ForeignKey("node.name"))
        children = p.relationship(
            "Node", backref=p.backref("parent", remote_side=[name]), passive_updates=False
        )

    s = p.session()
    root = Node(name="root", children=[Node(name="c1"), Node(name="c2")])
    s.add(root)
    s.commit()
    root.name = "top"
    s.commit()
    rows(p, s, "node")
    root.children[0].name = "d"
    s.commit()
    rows(p, s, "node")


@program
def key_copied_into_a_key(p: Any) -> None:
    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        bs = p.relationship("B", passive_updates=False)

    class B(p.Base):
        __tablename__ = "b"
        a_id = p.Column(p.ForeignKey("a.id"), primary_key=True)
        n = p.Column(p.Integer, primary_key=True)

    s = p.session()
    a = A(id=1, bs=[B(n=1), B(n=2)])
    s.add(a)
    s.commit()
    rows(p, s, "a", "b")
    a.id = 5
    s.commit()
    rows(p, s, "a", "b")
    p.show([p.inspect(b).key for b in a.bs], s.get(B, (5, 1)) is a.bs[0])


@program
def listed_parents_whose_keys_change(p: Any) -> None:
    """A many-to-one that is a list follows the key of what is in it, as others do."""
    for passive in (False, True):
        base = p.declarative_base()

        class User(base):
            __tablename__ = f"users{passive}"
            name = p.Column(p.String, primary_key=True)

        class Mail(base):
            __tablename__ = f"mails{passive}"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.ForeignKey(User.name))
            users = p.relationship(User, uselist=True, passive_updates=passive)

        engine = p.engine()
        base.metadata.create_all(engine)
        with p.orm.Session(engine) as s:
            user = User(name="jack")
            mails = [Mail(users=[user]), Mail(users=[user]), Mail()]
            s.add_all(mails)
            s.flush()
            user.name = "ed"
            s.flush()
            p.show([mail.name for mail in mails])
            s.expire_all()
            p.show([mail.name for mail in mails], [len(mail.users) for mail in mails])


@program
def passive_deletes_of_all_kinds(p: Any) -> None:
    for options in (
        {"passive_deletes": True},
        {"passive_deletes": True, "cascade": "all, delete-orphan"},
        {"passive_deletes": "all"},
    ):
        p.Base.registry.dispose()
        p.Base.metadata.clear()

        class A(p.Base):
            __tablename__ = "a"
            id = p.Column(p.Integer, primary_key=True)
            bs = p.relationship("B", backref="a", **options)

        class B(p.Base):
            __tablename__ = "b"
            id = p.Column(p.Integer, primary_key=True)
            a_id = p.Column(p.ForeignKey("a.id", ondelete="cascade"))

        s = p.session()
        a = A(bs=[B(), B()])
        b = A(bs=[B(), B()])
        c = A(bs=[B(), B()])
        s.add_all([a, b, c])
        s.commit()
        s.delete(a)
        s.commit()
        p.show(len(b.bs))
        s.delete(b)
        s.commit()
        p.show(len(c.bs))
        del c.bs[0]
        s.commit()
        rows(p, s, "a", "b")
        s.close()


@program
def passive_deletes_all_refuses_cascade(p: Any) -> None:
    def make() -> None:
        blog(p, passive_deletes="all", cascade="all, delete-orphan")
        p.Base.registry.configure()

    p.error(make)


@program
def viewonly_writes_nothing(p: Any) -> None:
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        posts = p.relationship("Post", viewonly=True)
        latest = p.relationship("Post", viewonly=True, uselist=False, order_by="Post.id.desc()")

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("users.id"))
        user = p.relationship("User", viewonly=True)

    s = p.session()
    u = User(posts=[Post(), Post()])
    s.add(u)
    p.show(len(s.new))
    s.commit()
    rows(p, s, "users", "posts")
    post = Post(user=u)
    s.add(post)
    s.commit()
    rows(p, s, "users", "posts")
    p.show(post.user, u.posts)
    post.user_id = u.id
    s.commit()
    p.show(post.user is u, len(u.posts), u.latest is post)
    u.posts.remove(post)
    p.show(s.dirty, s.is_modified(u))
    s.commit()
    s.delete(u)
    s.commit()
    rows(p, s, "users", "posts")


@program
def viewonly_with_sync(p: Any) -> None:
    def make(**options: Any) -> None:
        p.Base.registry.dispose()
        p.Base.metadata.clear()
        blog(p, **options)
        p.orm.configure_mappers()

    p.error(lambda: make(viewonly=True, sync_backref=True))
    p.error(lambda: make(viewonly=True, sync_backref=False))
    p.error(lambda: make(viewonly=True, cascade="all"))
    p.error(lambda: make(viewonly=True, cascade="merge"))
    p.error(lambda: make(viewonly=True, passive_deletes=True))
    p.error(lambda: make(viewonly=True, passive_updates=False))
    p.error(lambda: make(viewonly=True, active_history=True))
    p.error(lambda: make(viewonly=True))


@program
def conflicting_relationships_warn(p: Any) -> None:
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        posts = p.relationship("Post")

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("users.id"))
        user = p.relationship("User")

    p.orm.configure_mappers()


@program
def many_to_many_of_both_sides(p: Any) -> None:
    A, B, _ = many_to_many(p)
    s = p.session()
    a, b = A(name="a"), B(name="b")
    a.bs.append(b)
    s.add(a)
    s.commit()
    a.bs.append(b)
    p.error(s.commit)
    s.rollback()
    b.as_.remove(a)
    a.bs.append(b)
    s.commit()
    rows(p, s, "ab")
    a.bs.remove(b)
    b.as_.append(a)
    s.commit()
    rows(p, s, "ab")


@program
def cascade_backrefs_are_gone(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    u = User(name="u")
    s.add(u)
    s.commit()
    post = Post(title="t")
    post.user = u
    p.show(post in s, state(p, post))
    s.commit()
    rows(p, s, "posts")
    u.posts.append(Post(title="x"))
    s.commit()
    rows(p, s, "posts")


@program
def one_to_one_set_from_the_other_side(p: Any) -> None:
    A, B = one_to_one(p)
    s = p.session()
    for looked in ((), ("b",), ("a",), ("a", "b")):
        a, first, second = A(), B(), B()
        a.b = first
        s.add_all([a, first, second])
        s.commit()
        if "a" in looked:
            p.show(first.a is a)
        if "b" in looked:
            p.show(a.b is first)
        second.a = a
        p.show(a.b is second, first.a is a)
        s.commit()
        p.show(first.a is None, second.a is a, a.b is second)
        rows(p, s, "b")


@program
def deleted_object_that_refers_by_no_key(p: Any) -> None:
    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        email = p.Column(p.String, unique=True)
        bs = p.relationship("B", back_populates="a", primaryjoin="A.email == B.email")

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        email = p.Column(p.ForeignKey("a.email"))
        a = p.relationship("A", back_populates="bs", primaryjoin="A.email == B.email")

    s = p.session()
    s.add(B(a=A(email="x")))
    s.commit()
    s.delete(s.get(B, 1))
    s.flush()


@program
def natural_key_of_a_joined_class(p: Any) -> None:
    class Person(p.Base):
        __tablename__ = "person"
        name = p.Column(p.String, primary_key=True)
        kind = p.Column(p.String)
        __mapper_args__ = {
            "polymorphic_on": kind,
            "polymorphic_identity": "person",
            "passive_updates": False,
        }

    class Engineer(Person):
        __tablename__ = "engineer"
        own_name = p.Column(
            "name",
            p.ForeignKey("person.name", deferrable=True, initially="DEFERRED"),
            primary_key=True,
        )
        text = p.Column(p.String)
        __mapper_args__ = {"polymorphic_identity": "engineer"}

    s = p.session()
    s.add_all([Engineer(name="a", text="1"), Engineer(name="b", text="2")])
    s.commit()
    first, second = s.query(Engineer).order_by(Engineer.name).all()
    first.name = "c"
    second.name, second.text = "d", "3"
    s.commit()
    p.show(first.own_name, second.own_name)
    rows(p, s, "person", "engineer")


@program
def association_rows_repeat(p: Any) -> None:
    """Nothing says that rows of the secondary table are unique: each member comes once."""
    F, md = p.ForeignKey, p.Base.metadata
    pairs = p.Table("pairs", md, p.Column("a_id", F("a.id")), p.Column("b_id", F("b.id")))
    numbered = p.Table(
        "numbered",
        md,
        p.Column("a_id", F("a.id"), primary_key=True),
        p.Column("b_id", F("b.id"), primary_key=True),
        p.Column("n", p.Integer, primary_key=True),
    )

    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        of_pairs = p.relationship("B", secondary=pairs, order_by="B.id")
        of_numbered = p.relationship("B", secondary=numbered, order_by="B.id", viewonly=True)
        joined = p.relationship(
            "B",
            secondary="join(pairs, numbered, pairs.c.b_id == numbered.c.b_id)",
            primaryjoin="A.id == pairs.c.a_id",
            secondaryjoin="B.id == numbered.c.b_id",
            viewonly=True,
            order_by="B.id",
        )

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)

    s = p.session()
    s.add_all([A(id=1), A(id=2), B(id=1), B(id=2), B(id=3)])
    s.flush()
    found = [(1, 1), (1, 2), (1, 1), (2, 3), (1, 2), (2, 3)]
    s.execute(p.insert(pairs), [{"a_id": a, "b_id": b} for a, b in found])
    rows = [{"a_id": a, "b_id": b, "n": n} for n, (a, b) in enumerate(found)]
    s.execute(p.insert(numbered), rows)
    s.commit()
    for name in ("of_pairs", "of_numbered", "joined"):
        attribute = getattr(A, name)
        for how in (p.orm.lazyload, p.orm.immediateload, p.selectinload, p.joinedload):
            s.expunge_all()
            query = s.query(A).options(how(attribute)).order_by(A.id)
            p.show(name, [[b.id for b in getattr(a, name)] for a in query])
