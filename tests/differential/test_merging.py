"""merge, make_transient, make_transient_to_detached, expunge: objects between sessions."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare
from .models import blog, many_to_many, state, tree

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_merging(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


def stored(p: Any, **options: Any) -> Any:
    User, Post = blog(p, **options)
    engine = p.engine()
    p.Base.metadata.create_all(engine)
    s = p.Session(engine)
    s.add_all(
        [
            User(name="a", age=1, posts=[Post(title="1"), Post(title="2")]),
            User(name="b", age=2, posts=[Post(title="3")]),
        ]
    )
    s.commit()
    return s, User, Post


@program
def deep(p: Any) -> None:
    s, User, Post = stored(p)
    u = s.get(User, 1)
    p.show([x.title for x in u.posts])
    s.close()
    u.name = "merged"
    u.posts[0].title = "first"
    u.posts.append(Post(title="new"))
    del u.posts[1]
    m = s.merge(u)
    p.show(m is u, m.name, [x.title for x in m.posts], state(p, u, m))
    p.show(m.posts[0] is u.posts[0], all(x.user is m for x in m.posts))
    s.commit()
    p.show(s.execute(p.text("select * from posts")).all())
    p.show(s.merge(m) is m)


@program
def of_new_objects(p: Any) -> None:
    s, User, Post = stored(p)
    m = s.merge(User(name="new", posts=[Post(title="n")]))
    p.show(state(p, m, *m.posts), m.posts[0].user is m)
    s.commit()
    m = s.merge(User(id=1, name="over"))
    p.show(m.name, m.age, len(m.posts))
    m = s.merge(User(id=77, age=5, posts=[Post(id=1, title="moved")]))
    p.show(state(p, m), m.name)
    s.commit()
    p.show(s.execute(p.text("select * from users")).all())
    p.show(s.execute(p.text("select * from posts")).all())
    p.error(lambda: s.merge(object()))
    p.error(lambda: s.merge(None))


@program
def without_loading(p: Any) -> None:
    s, User, _Post = stored(p)
    u = s.get(User, 1)
    p.show([x.title for x in u.posts], u.posts[0].user is u)
    s.close()
    p.mark("merge")
    m = s.merge(u, load=False)
    p.show(state(p, u, m), m.name, [x.title for x in m.posts], s.dirty, s.new)
    p.show(m.posts[0] in s, m.posts[0].user is m, s.is_modified(m))
    p.mark("again")
    p.show(s.merge(u, load=False) is m)
    u.name = "dirty"
    p.error(lambda: s.merge(u, load=False))
    s.close()
    p.error(lambda: s.merge(u, load=False))
    p.error(lambda: s.merge(User(id=1), load=False))
    s.close()
    v = s.get(User, 2)
    s.expire(v, ["age"])
    s.close()
    m = s.merge(v, load=False)
    p.show(sorted(p.inspect(m).unloaded))
    p.show(m.name, m.age, [x.title for x in m.posts])
    m.name = "changed"
    s.commit()
    p.show(m.name)


@program
def without_loading_an_expired_object(p: Any) -> None:
    s, User, _Post = stored(p)
    u = s.get(User, 1)
    s.expire(u)
    s.expunge(u)
    m = s.merge(u, load=False)
    p.show(state(p, m), p.inspect(m).expired)
    p.show(m.name)


@program
def cycles_and_shared_objects(p: Any) -> None:
    Node = tree(p)
    engine = p.engine()
    p.Base.metadata.create_all(engine)
    s = p.Session(engine)
    root = Node(id=1, name="r", children=[Node(id=2, name="a"), Node(id=3, name="b")])
    root.children[0].children.append(Node(id=4, name="c"))
    m = s.merge(root)
    p.show(m.name, [c.name for c in m.children], m.children[0].children[0].parent.parent is m)
    s.commit()
    root.name = "rr"
    root.children.reverse()
    m2 = s.merge(root)
    p.show(m2 is m, m2.name, sorted(c.name for c in m2.children))
    s.commit()


@program
def many_to_many_merged(p: Any) -> None:
    A, B, _ = many_to_many(p)
    engine = p.engine()
    p.Base.metadata.create_all(engine)
    s = p.Session(engine)
    s.add(A(id=1, name="a", bs=[B(id=1, name="x"), B(id=2, name="y")]))
    s.commit()
    s.close()
    m = s.merge(A(id=1, name="a2", bs=[B(id=2, name="y2"), B(id=3, name="z")]))
    p.show(m.name, sorted(b.name for b in m.bs))
    s.commit()
    p.show(s.execute(p.text("select * from ab order by 1, 2")).all())


@program
def cascades_of_merge(p: Any) -> None:
    s, User, Post = stored(p, cascade="save-update")
    u = s.get(User, 1)
    p.show(len(u.posts))
    s.close()
    u.name = "q"
    u.posts[0].title = "unseen"
    m = s.merge(u)
    p.show(m.name, [x.title for x in m.posts])
    s.rollback()
    post = s.get(Post, 3)
    p.show(post.user.name)
    s.close()
    post.title, post.user.name = "pt", "un"
    m = s.merge(post)
    p.show(m.title, m.user.name)
    s.commit()


@program
def merge_all_and_options(p: Any) -> None:
    s, User, _Post = stored(p)
    users = s.query(User).order_by(User.id).all()
    s.close()
    for u in users:
        p.show(state(p, u))
    merged = [s.merge(u) for u in users]
    p.show([m.name for m in merged])
    s.close()
    u = User(id=1, name="opt")
    m = s.merge(u, options=[p.orm.selectinload(User.posts)])
    p.mark("posts")
    p.show(len(m.posts))


@program
def merge_of_deleted_and_pending(p: Any) -> None:
    s, User, _Post = stored(p)
    u = s.get(User, 1)
    s.delete(u)
    p.show(s.merge(u) is u, state(p, u))
    s.flush()
    p.error(lambda: s.merge(u))
    s.rollback()
    pending = User(id=50, name="p")
    s.add(pending)
    m = s.merge(User(id=50, name="q"))
    p.show(m is pending, m.name)
    s.rollback()


@program
def made_transient(p: Any) -> None:
    s, User, _Post = stored(p)
    u = s.get(User, 1)
    p.show(u.name)
    p.orm.make_transient(u)
    p.show(state(p, u), u.name, u.age, u.id, u in s, p.inspect(u).key)
    u.id = None
    s.add(u)
    s.commit()
    p.show(u.id, s.query(User).count())
    v = s.get(User, 2)
    s.expire(v)
    p.orm.make_transient(v)
    p.show(v.name, v.id, state(p, v))
    w = User(name="w")
    s.add(w)
    p.orm.make_transient(w)
    p.show(state(p, w), w in s, w.name)
    s.add(w)
    s.delete(s.get(User, 2))
    gone = s.get(User, 1)
    s.delete(gone)
    s.flush()
    p.orm.make_transient(gone)
    p.show(state(p, gone), p.inspect(gone).was_deleted)
    s.add(gone)
    s.flush()
    p.show(state(p, gone))


@program
def made_detached(p: Any) -> None:
    s, User, _Post = stored(p)
    u = User(id=1)
    p.orm.make_transient_to_detached(u)
    p.show(state(p, u), p.inspect(u).key, sorted(p.inspect(u).unloaded))
    s.add(u)
    p.mark("name")
    p.show(u.name, len(u.posts))
    v = User(id=2, name="given")
    p.orm.make_transient_to_detached(v)
    s.add(v)
    p.show(v.name, v.age)
    v.age = 9
    s.commit()
    p.show(v.name, v.age)
    p.error(lambda: p.orm.make_transient_to_detached(v))
    w = User(id=99)
    p.orm.make_transient_to_detached(w)
    s.add(w)
    p.error(lambda: w.name)
    s.expunge(w)
    p.error(lambda: w.name)


@program
def expunged(p: Any) -> None:
    s, User, Post = stored(p, cascade="save-update, expunge")
    u = s.get(User, 1)
    posts = list(u.posts)
    s.expunge(u)
    p.show(state(p, u, *posts), u.name)
    p.error(lambda: s.expunge(u))
    u.name = "x"
    s.add(u)
    p.show(state(p, u, *posts), u in s.dirty)
    s.commit()
    p.show(u.name)
    new = User(name="n", posts=[Post(title="np")])
    s.add(new)
    s.expunge(new)
    p.show(state(p, new, *new.posts), len(s.new))
    s.expunge_all()
    p.show(state(p, u))
    p.show(p.orm.object_session(u), p.orm.object_session(new))
    p.error(lambda: u.posts)


@program
def identity_conflicts(p: Any) -> None:
    s, User, _Post = stored(p)
    u = s.get(User, 1)
    other = User(id=1, name="other")
    p.orm.make_transient_to_detached(other)
    p.error(lambda: s.add(other), text=False)
    s.add(User(id=1, name="new"))
    p.error(s.flush, text=False)
    s.rollback()
    p.show(u.name)


@program
def versioned_without_loading(p: Any) -> None:
    """merge(load=False) checks the version of an object that is there, of no other."""

    class Doc(p.Base):
        __tablename__ = "docs"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        version = p.Column(p.Integer, nullable=False)
        __mapper_args__ = {"version_id_col": version}

    engine = p.engine()
    p.Base.metadata.create_all(engine)
    with p.Session(engine) as s:
        s.add(Doc(name="x"))
        s.commit()
        old = s.query(Doc).one()
        s.expunge(old)
    with p.Session(engine) as s:
        merged = s.merge(old, load=False)
        p.show(merged.version, merged.name, state(p, merged))
        merged.name = "y"
        s.commit()
        p.show(merged.version)
        p.error(lambda: s.merge(old, load=False), text=False)


@program
def merged_objects_are_loaded(p: Any) -> None:
    heard: list[Any] = []

    class Base(p.Base):
        __abstract__ = True

        @p.reconstructor
        def again(self) -> None:
            heard.append("again")

    class User(Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        posts = p.relationship("Post")

    class Post(Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("users.id"))

    for cls in (User, Post):
        p.event.listen(
            cls, "load", lambda obj, context: heard.append((type(obj), obj.id, context is None))
        )
    engine = p.engine()
    p.Base.metadata.create_all(engine)
    s = p.Session(engine)
    s.merge(User(id=11, name="x", posts=[Post(id=11)]))
    s.merge(User(name="y", posts=[Post()]))
    p.show(heard)
    s.commit()
    user = s.get(User, 11)
    p.show(len(user.posts))
    heard.clear()
    other = p.Session(engine)
    other.merge(user, load=False)
    p.show(heard)
    other.close()
    heard.clear()
    other.merge(user)
    p.show(heard)


@program
def columns_that_wait(p: Any) -> None:
    """What is deferred is not expired by a merge; what was expired is."""

    class Note(p.Base):
        __tablename__ = "note"
        id = p.Column(p.Integer, primary_key=True)
        n = p.Column(p.Integer)
        text = p.deferred(p.Column(p.String))
        more = p.deferred(p.Column(p.String), group="more")

    s = p.session()
    s.add(Note(id=1, n=1, text="t", more="m"))
    s.commit()

    def step(load: bool, *options: Any, expired: Any = ()) -> None:
        s.close()
        found = s.scalars(p.select(Note).options(*options)).one()
        if expired:
            s.expire(found, expired)
        s.expunge(found)
        other = p.Session(s.get_bind())
        merged = other.merge(found, load=load)
        seen = p.inspect(merged)
        p.show(sorted(seen.expired_attributes), sorted(seen.unloaded), seen.expired)
        for name in ("text", "n", "more"):
            getattr(merged, name)
            p.show(sorted(seen.expired_attributes), sorted(seen.unloaded))
        other.close()

    for load in (False, True):
        step(load)
        step(load, expired=["n"])
        step(load, p.undefer(Note.text))
        step(load, p.undefer(Note.text), expired=["text", "n"])


@program
def of_partly_loaded_objects(p: Any) -> None:
    """What options left out of a load is loaded, or refused, in the other session as well."""
    User, Post = blog(p)
    engine = p.engine()
    p.Base.metadata.create_all(engine)
    s = p.Session(engine)
    s.add(User(name="a", age=1, posts=[Post(title="1"), Post(title="2")]))
    s.commit()

    def show(obj: Any) -> None:
        found = p.inspect(obj)
        p.show([sorted(names) for names in (found.dict, found.unloaded, found.expired_attributes)])
        p.show(found.expired, found.modified)

    def run(load: bool, expired: Any, *options: Any) -> None:
        s.expunge_all()
        given = s.scalars(p.select(User).options(*options)).one()
        if expired is not None:
            s.expire(given, expired or None)
        with p.Session(engine) as other:
            merged = other.merge(given, load=load)
            show(given)
            show(merged)
            for name in "name", "age", "posts":
                p.mark(f"{name} {load} {expired} {len(options)}")
                p.error(lambda name=name: str(getattr(merged, name)))
                show(merged)
            if load is False and expired is None and given.id:
                merged.age = 7
                other.flush()
                p.show(merged.age)
                other.rollback()
                p.show(merged.age)

    for load in False, True:
        for expired in None, ["name"], []:
            if expired != []:
                run(load, expired, p.raiseload(User.posts))
            run(load, expired, p.load_only(User.name))
            run(load, expired, p.load_only(User.name, raiseload=True))
            run(load, expired, p.defer(User.age), p.lazyload(User.posts))
            run(load, expired, p.defer(User.age, raiseload=True))
            run(load, expired, p.selectinload(User.posts).load_only(Post.title))
            run(load, expired)


@program
def in_the_order_of_properties(p: Any) -> None:
    """Columns and relationships are merged in the order in which they are mapped: listeners see
    it, and so does who catches an error."""

    class A(p.Base):
        __tablename__ = "a"
        x = p.Column(p.Integer)
        b_id = p.Column(p.ForeignKey("b.id"))
        b = p.relationship("B", backref="all", cascade="all, delete-orphan", single_parent=True)
        id = p.Column(p.Integer, primary_key=True)
        d = p.deferred(p.Column(p.Integer))
        y = p.Column(p.Integer)

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        n = p.Column(p.Integer)

    p.configure_mappers()
    s = p.session()
    s.add_all([A(id=1, x=1, y=2), A(id=2, x=3, b=B(id=1, n=3)), B(id=2)])
    s.commit()
    seen: list[Any] = []

    def listen(attribute: Any, event: str) -> None:
        def heard(_obj: Any, value: Any, *_rest: Any) -> None:
            seen.append((attribute.key, event, type(value)))

        p.sa.event.listen(attribute, event, heard)

    for cls in A, B:
        for prop in p.inspect(cls).attrs:
            p.show(prop.key)
            listen(getattr(cls, prop.key), "append" if prop.key == "all" else "set")
    given = (
        A(id=1, x=5, y=6, d=7, b=B(id=2, n=9)),
        B(id=7, n=5, all=[A(id=1, x=8)]),
        A(id=1, x=5, y=6, b=s.get(B, 1)),
        B(id=2, n=4, all=[A(id=2, x=6)]),
    )
    for obj in given:
        seen.clear()
        p.error(lambda obj=obj: s.merge(obj) in s)
        p.show(seen)
        p.show(s.get(A, 1).x)
        s.rollback()
