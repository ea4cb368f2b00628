"""What a flush writes of relationships, and in which order: the same on both packages."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare
from .models import blog, many_to_many, state, tree

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_flush(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


# ---- one-to-many and many-to-one ------------------------------------------------------------


@program
def children_of_new_parents(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    s.add(User(name="a", posts=[Post(title="1"), Post(title="2")]))
    s.add(User(name="b", posts=[Post(title="3")]))
    s.commit()
    u = s.get(User, 1)
    post = u.posts[0]
    u.posts.remove(post)
    s.flush()
    p.show(post.user_id, post.user)
    u.posts = []
    s.commit()
    p.show(s.execute(p.select(Post.title, Post.user_id)).all())


@program
def parents_by_reference(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    post = Post(title="t")
    post.user = User(name="x")
    s.add(post)
    s.flush()
    p.show(post.user_id)
    other = Post(title="q")
    s.add(other)
    s.flush()
    other.user = post.user
    post.user = None
    s.flush()
    u = User(name="zz")
    post.user = u
    s.add(Post(title="n", user=u))
    s.delete(other)
    s.flush()
    p.show([x.title for x in u.posts])


@program
def move_child(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    post = Post(title="q")
    u1, u2 = User(name="x", posts=[post]), User(name="y")
    s.add_all([u1, u2])
    s.commit()
    post.user = u2
    s.flush()
    p.show(u1.posts, len(u2.posts))
    u1.posts.append(post)
    s.flush()
    p.show(post.user_id)
    s.commit()
    u2.posts.append(post)
    s.commit()
    p.show(post.user_id)


@program
def foreign_key_by_hand(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    s.add_all([User(id=1, name="x"), User(id=2, name="y"), Post(title="q", user_id=1)])
    s.commit()
    post = s.query(Post).one()
    p.show(post.user.name)
    post.user_id = 2
    s.flush()
    p.show(post.user.name)
    s.commit()
    p.show(post.user.name)


@program
def reference_and_key_disagree(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    a, b = User(id=1, name="x"), User(id=2, name="y")
    s.add_all([a, b])
    s.commit()
    post = Post(title="q", user_id=2, user=a)
    s.add(post)
    s.commit()
    p.show(post.user_id)


@program
def append_to_unloaded_collection(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    s.add(User(name="a", posts=[Post(title="1")]))
    s.commit()
    u = s.get(User, 1)
    Post(title="2", user=u)
    s.flush()
    p.show([x.title for x in u.posts])


@program
def delete_parent_nulls_children(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    s.add(User(name="a", posts=[Post(title="1"), Post(title="2")]))
    s.commit()
    u = s.get(User, 1)
    s.delete(u)
    s.flush()
    p.show(s.query(Post.user_id).all(), state(p, u))
    s.rollback()
    p.show(len(u.posts), state(p, u))


@program
def delete_child_and_parent(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    u = User(name="x", posts=[Post(title="q"), Post(title="w")])
    s.add(u)
    s.commit()
    s.delete(u.posts[0])
    s.delete(u)
    s.flush()


@program
def three_levels(p: Any) -> None:
    class C(p.Base):
        __tablename__ = "c"
        id = p.Column(p.Integer, primary_key=True)
        b_id = p.Column(p.ForeignKey("b.id"))
        b = p.relationship("B")

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        a_id = p.Column(p.ForeignKey("a.id"))
        a = p.relationship("A")

    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)

    class Z(p.Base):
        __tablename__ = "z"
        id = p.Column(p.Integer, primary_key=True)

    s = p.session()
    s.add_all([Z(), C(b=B(a=A())), A(), Z()])
    s.flush()
    s.add_all([Z(), A(), B(), C()])
    s.flush()
    for cls in (A, B, C, Z):
        for o in s.query(cls).order_by(cls.id):
            s.delete(o)
    s.flush()


@program
def many_mappers(p: Any) -> None:
    def make(name: str, *targets: str) -> Any:
        body: dict[str, Any] = {
            "__tablename__": name.lower(),
            "id": p.Column(p.Integer, primary_key=True),
        }
        for target in targets:
            key = target.lower()
            body[f"{key}_id"] = p.Column(p.ForeignKey(f"{key}.id"))
            body[key] = p.relationship(target)
        return type(name, (p.Base,), body)

    A, C, D = make("A", "D"), make("C"), make("D")
    E, F = make("E", "C", "D"), make("F", "A", "E")
    s = p.session()
    s.add_all([F(), E(), D(), C(), A()])
    s.commit()
    for cls in (F, E, A, C):
        for o in s.query(cls):
            s.delete(o)
    s.add_all([D(), F(a=A()), C()])
    s.flush()
    f = F(a=A(d=D()), e=E(c=C()))
    s.add(f)
    s.commit()
    p.show(f.a.id, f.e.c.id)
    f.id, f.a.id, f.e.c.id = 77, 88, 99
    s.flush()


@program
def blank_primary_key(p: Any) -> None:
    class P(p.Base):
        __tablename__ = "p"
        id = p.Column(p.Integer, primary_key=True)
        kids = p.relationship("C")

    class C(p.Base):
        __tablename__ = "c"
        id = p.Column(p.Integer, p.ForeignKey("p.id"), primary_key=True)
        v = p.Column(p.String)

    s = p.session()
    o = P(kids=[C(v="1")])
    s.add(o)
    s.commit()
    s.delete(o)
    p.error(s.flush)
    s.rollback()
    o.kids = []
    p.error(s.flush)
    s.rollback()
    p.show(len(o.kids))


@program
def child_outside_session(p: Any) -> None:
    User, Post = blog(p, cascade="merge")
    s = p.session()
    s.add(User(posts=[Post()]))
    s.flush()
    u = User()
    s.add(u)
    s.flush()
    s.add(Post(user=User()))
    s.flush()


@program
def reference_outside_session(p: Any) -> None:
    class X(p.Base):
        __tablename__ = "x"
        id = p.Column(p.Integer, primary_key=True)
        y_id = p.Column(p.ForeignKey("y.id"))
        y = p.relationship("Y", cascade="merge")

    class Y(p.Base):
        __tablename__ = "y"
        id = p.Column(p.Integer, primary_key=True)

    s = p.session()
    s.add(X(y=Y()))
    s.flush()
    p.show(s.query(X.y_id).all())


@program
def one_to_one(p: Any) -> None:
    class U(p.Base):
        __tablename__ = "u"
        id = p.Column(p.Integer, primary_key=True)
        profile = p.relationship("P", back_populates="u", uselist=False)

    class P(p.Base):
        __tablename__ = "p"
        id = p.Column(p.Integer, primary_key=True)
        u_id = p.Column(p.ForeignKey("u.id"))
        u = p.relationship("U", back_populates="profile")

    s = p.session()
    u = U(profile=P())
    s.add(u)
    s.commit()
    u.profile = P()
    s.commit()
    p.show(u.profile.id, s.query(P.u_id).order_by(P.id).all())
    u.profile = None
    s.commit()
    p.show(u.profile)
    s.delete(u)
    s.commit()


# ---- many-to-many ------------------------------------------------------------------------------


@program
def association_rows(p: Any) -> None:
    A, B, _ = many_to_many(p)
    s = p.session()
    b1, b2, b3 = (B(name=x) for x in "xyz")
    a = A(name="1", bs=[b1, b2])
    s.add_all([a, b3])
    s.commit()
    a.bs.remove(b1)
    a.bs.append(b3)
    s.commit()
    b1.as_.append(a)
    s.commit()
    p.show([b.name for b in a.bs])
    a.bs = [b1]
    s.commit()
    s.delete(a)
    s.flush()
    p.show(state(p, a, b1))
    s.delete(b1)
    s.commit()


@program
def association_twice(p: Any) -> None:
    A, B, _ = many_to_many(p)
    s = p.session()
    b = B(name="x")
    s.add(A(bs=[b, b]))
    p.error(s.flush)


@program
def association_gone(p: Any) -> None:
    A, B, _ = many_to_many(p)
    s = p.session()
    a = A(id=1, bs=[B(id=1), B(id=2)])
    s.add(a)
    s.commit()
    p.show(len(a.bs))
    s.execute(p.text("delete from ab where b_id = 1"))
    a.bs = []
    p.error(s.flush)
    s.rollback()
    p.show(len(a.bs))
    s.execute(p.text("delete from ab where b_id = 1"))
    s.delete(a)
    p.error(s.flush)
    s.rollback()


@program
def many_associations(p: Any) -> None:
    """So many that drivers send their rows together."""
    A, B, table = many_to_many(p)
    s = p.session()
    bs = [B(id=n) for n in range(1, 51)]
    first = A(id=1, bs=list(bs))
    s.add(first)
    s.commit()
    second = A(id=2, bs=bs[:40])  # when the first is there: both at once come as from a set
    s.add(second)
    s.commit()
    p.show([len(first.bs), len(second.bs)])
    second.bs = bs[5:]
    s.commit()
    del first.bs[:35]
    s.commit()
    rows = p.select(table).order_by(table.c.a_id, table.c.b_id)
    p.show(s.execute(rows).all(), len(bs[4].as_))
    s.execute(p.text("delete from ab where a_id = 2 and b_id = 20"))
    second.bs = []
    p.error(s.flush)
    s.rollback()
    s.delete(second)
    s.commit()
    p.show(s.execute(rows).all())


@program
def many_associations_without_a_key(p: Any) -> None:
    table = p.Table(
        "ab",
        p.Base.metadata,
        p.Column("a_id", p.ForeignKey("a.id")),
        p.Column("b_id", p.ForeignKey("b.id")),
    )

    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        bs = p.relationship("B", secondary=table)

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)

    s = p.session()
    a = A(id=1, bs=[B(id=n) for n in range(1, 51)])
    s.add(a)
    s.commit()
    p.show(len(a.bs))
    s.execute(p.text("insert into ab (a_id, b_id) values (1, 50)"))
    a.bs = a.bs[:2]
    p.error(s.commit)
    s.rollback()
    s.execute(p.text("delete from ab where b_id = 49"))
    p.show(len(a.bs))
    s.execute(p.text("insert into ab (a_id, b_id) values (1, 50)"))
    a.bs = a.bs[:2]
    p.error(s.commit)
    s.rollback()
    p.show(sorted(s.execute(p.select(table)).all()))


@program
def association_outside_session(p: Any) -> None:
    A, B, _ = many_to_many(p, cascade="merge")
    s = p.session()
    a = A()
    a.bs.append(B())
    s.add(a)
    s.flush()


@program
def association_self(p: Any) -> None:
    table = p.Table(
        "link",
        p.Base.metadata,
        p.Column("one", p.ForeignKey("n.id"), primary_key=True),
        p.Column("two", p.ForeignKey("n.id"), primary_key=True),
    )

    class N(p.Base):
        __tablename__ = "n"
        id = p.Column(p.Integer, primary_key=True)

    N.friends = p.relationship(
        N,
        secondary=table,
        primaryjoin=N.id == table.c.one,
        secondaryjoin=N.id == table.c.two,
        backref="friend_of",
    )
    s = p.session()
    a, b = N(), N()
    a.friends.append(b)
    s.add_all([a, b])
    s.commit()
    p.show(len(b.friend_of), len(b.friends))
    a.friends.remove(b)
    s.commit()
    p.show(s.execute(p.select(table)).all())


# ---- self-reference and cycles --------------------------------------------------------------------


@program
def grow_tree(p: Any) -> None:
    Node = tree(p)
    s = p.session()
    root = Node(name="root")
    root.children = [Node(name="c1", children=[Node(name="g1"), Node(name="g2")]), Node(name="c2")]
    s.add(root)
    s.add(Node(name="other"))
    s.commit()
    p.show(s.execute(p.select(Node.name, Node.parent_id).order_by(Node.id)).all())


@program
def cut_tree(p: Any) -> None:
    Node = tree(p, cascade="all")
    s = p.session()
    root = Node(
        name="root", children=[Node(name="c1", children=[Node(name="g1")]), Node(name="c2")]
    )
    s.add(root)
    s.commit()
    s.delete(root)
    s.commit()
    p.show(s.query(Node).count())


@program
def tree_from_below(p: Any) -> None:
    Node = tree(p)
    s = p.session()
    a, b, c = Node(name="a"), Node(name="b"), Node(name="c")
    s.add_all([a, b, c])
    b.children.append(a)
    c.parent = b
    s.commit()
    s.delete(b)
    s.commit()
    p.show(s.execute(p.select(Node.name, Node.parent_id)).all())


@program
def move_in_tree(p: Any) -> None:
    Node = tree(p)
    s = p.session()
    a, b = Node(name="a"), Node(name="b")
    c = Node(name="c", parent=a)
    s.add_all([a, b, c])
    s.commit()
    c.parent = b
    s.commit()
    p.show(c.parent_id, len(a.children), len(b.children))
    a.parent = c
    s.commit()
    p.show([(n.name, n.parent_id) for n in s.query(Node)])


@program
def flat_tree(p: Any) -> None:
    Node = tree(p)
    s = p.session()
    s.add_all([Node(name=str(i)) for i in range(3)])
    s.commit()
    for n in s.query(Node):
        n.name += "!"
    s.commit()


def many_to_many_between_scalars(p: Any) -> None:
    """A partner given to another, by objects that have loaded nothing: its old row goes."""
    pairs = p.Table(
        "pairs",
        p.Base.metadata,
        p.Column("left_id", p.ForeignKey("leader.id")),
        p.Column("right_id", p.ForeignKey("follower.id")),
    )

    class Leader(p.Base):
        __tablename__ = "leader"
        id = p.Column(p.Integer, primary_key=True)
        follower = p.relationship(
            "Follower", secondary=pairs, uselist=False, back_populates="leader"
        )

    class Follower(p.Base):
        __tablename__ = "follower"
        id = p.Column(p.Integer, primary_key=True)
        leader = p.relationship("Leader", secondary=pairs, uselist=False, back_populates="follower")

    with p.session() as s:
        follower = Follower()
        first, second = Leader(follower=follower), Leader()
        s.add_all([first, second])
        s.commit()
        second.follower = follower
        p.show(follower.leader is second, first.follower, second.follower is follower)
        s.commit()
        p.show(s.execute(pairs.select()).all(), follower.leader is second)


def test_many_to_many_between_scalars() -> None:
    # which of both relationships is looked at first is a set's
    compare(many_to_many_between_scalars, sql=False, warned=True)


@program
def members_of_subclasses(p: Any) -> None:
    """A subclass that no row tells from its base is no member, unless the relationship says so."""

    def world(polymorphic: bool, joined: bool, checked: bool) -> tuple[Any, ...]:
        Base = p.orm.declarative_base()

        class Parent(Base):  # type: ignore[misc,valid-type]
            __tablename__ = "parents"
            id = p.Column(p.Integer, primary_key=True)
            best_id = p.Column(p.ForeignKey("kids.id", name="fk_best", use_alter=True))
            kids = p.relationship(
                "Kid", back_populates="parent", foreign_keys="Kid.parent_id",
                enable_typechecks=checked,
            )  # fmt: skip
            best = p.relationship(
                "Kid", foreign_keys=best_id, post_update=True, enable_typechecks=checked
            )
            friends = p.relationship("Kid", secondary="friends", enable_typechecks=checked)
            special = p.relationship(
                "Special", foreign_keys="Kid.parent_id", viewonly=False, overlaps="kids,parent"
            )

        p.Table(
            "friends",
            Base.metadata,
            p.Column("parent_id", p.ForeignKey("parents.id")),
            p.Column("kid_id", p.ForeignKey("kids.id")),
        )

        class Kid(Base):  # type: ignore[misc,valid-type]
            __tablename__ = "kids"
            id = p.Column(p.Integer, primary_key=True)
            kind = p.Column(p.String)
            parent_id = p.Column(p.ForeignKey("parents.id"))
            parent = p.relationship("Parent", back_populates="kids", foreign_keys=parent_id)
            if polymorphic:
                __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "kid"}

        class Special(Kid):
            if joined:
                __tablename__ = "special"
                id = p.Column(p.ForeignKey("kids.id"), primary_key=True)
            if polymorphic:
                __mapper_args__ = {"polymorphic_identity": "special"}

        class Rare(Special):
            if polymorphic:
                __mapper_args__ = {"polymorphic_identity": "rare"}

        return Base, Parent, Kid, Special, Rare

    def write(shape: tuple[bool, bool, bool], how: str) -> Any:
        Base, Parent, Kid, Special, Rare = world(*shape)
        engine = p.engine()
        Base.metadata.drop_all(engine)
        Base.metadata.create_all(engine)
        with p.Session(engine) as s:
            parent = Parent()
            s.add(parent)
            if how == "kids":
                parent.kids += [Kid(), Special()]
            elif how == "best":
                parent.best = Special()
            elif how == "friends":
                parent.friends.append(Special())
            elif how == "parent":
                s.add(Special(parent=parent))
            elif how == "rare":
                parent.special.append(Rare())
            else:
                parent.kids.append(Kid())
            s.commit()
            return len(parent.kids), parent.best is not None, len(parent.friends)

    for polymorphic in (False, True):
        for joined in (False, True):
            for checked in (False, True):
                shape = polymorphic, joined, checked
                for how in "kids", "best", "friends", "parent", "rare", "plain":
                    p.mark(f"{shape} {how}")
                    p.show(shape, how)
                    p.error(lambda shape=shape, how=how: write(shape, how))
