"""Session transactions: how a session joins, nests, prepares, fails, closes and begins again."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare
from .models import blog, state

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_transactions(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


def count(p: Any, connection: Any) -> None:
    p.show(connection.execute(p.text("select count(*) from users")).scalar())


@program
def join_modes(p: Any) -> None:
    User, _ = blog(p)
    engine = p.engine()
    p.Base.metadata.create_all(engine)
    for mode in ("conditional_savepoint", "rollback_only", "control_fully", "create_savepoint"):
        for savepoint in (False, True):
            for ending in ("commit", "rollback", "close"):
                p.mark(f"{mode} {savepoint} {ending}")
                with engine.connect() as connection:
                    outer = connection.begin()
                    inner = connection.begin_nested() if savepoint else None
                    s = p.Session(connection, join_transaction_mode=mode)
                    s.add(User(name="a"))
                    s.flush()
                    getattr(s, ending)()
                    p.show(outer.is_active, inner is not None and inner.is_active)
                    p.show(connection.in_transaction(), connection.in_nested_transaction())
                    if connection.in_transaction() and outer.is_active:
                        s.add(User(name="b"))
                        s.commit()
                        count(p, connection)
                    s.close()
                    if outer.is_active:
                        outer.rollback()
                    count(p, connection)
                    connection.rollback()


@program
def suite_of_tests_with_an_outer_transaction(p: Any) -> None:
    User, _ = blog(p)
    engine = p.engine()
    p.Base.metadata.create_all(engine)
    connection = engine.connect()
    outer = connection.begin()
    s = p.Session(bind=connection, join_transaction_mode="create_savepoint")
    s.add(User(name="a"))
    s.commit()
    s.add(User(name="b"))
    s.rollback()
    s.add(User(name="c"))
    s.commit()
    with s.begin_nested():
        s.add(User(name="d"))
    s.commit()
    p.show(sorted(u.name for u in s.query(User)))
    s.close()
    outer.rollback()
    count(p, connection)
    connection.close()


@program
def close_resets_only(p: Any) -> None:
    User, _ = blog(p)
    engine = p.engine()
    p.Base.metadata.create_all(engine)
    for option in (True, False):
        s = p.Session(engine, close_resets_only=option)
        s.add(User(name="a"))
        s.flush()
        s.close()
        p.error(s.query(User).all)
        p.error(s.begin)
        p.error(s.connection)
        p.error(s.commit)
        p.show(s.is_active, s.in_transaction())
        s.close()
        s = p.Session(engine, close_resets_only=option)
        s.reset()
        p.error(s.query(User).all)
        s.close()
    s = p.Session(engine, autobegin=False)
    p.error(lambda: s.query(User).all())
    p.error(lambda: s.add(User(name="x")))
    p.error(lambda: s.execute(p.text("select 1")))
    p.error(s.flush)
    with s.begin():
        s.add(User(name="y"))
    p.error(lambda: s.query(User).all())
    s.begin()
    count(p, s)
    s.close()


@program
def prepare_without_two_phase(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    s.add(User(name="a"))
    p.error(s.prepare)
    s.rollback()


@program
def states_of_a_transaction(p: Any) -> None:
    _User, _ = blog(p)
    s = p.session()
    p.show(s.in_transaction(), s.get_transaction(), s.in_nested_transaction())
    t = s.begin()
    p.show(t.is_active, t.nested, t.parent, t.origin.name, s.get_transaction() is t)
    p.error(s.begin)
    n = s.begin_nested()
    p.show(n.is_active, n.nested, n.parent is t, n.origin.name, s.get_nested_transaction() is n)
    m = s.begin_nested()
    p.show(m.parent is n, s.get_nested_transaction() is m)
    n.rollback()
    p.show(m.is_active, n.is_active, t.is_active, s.get_nested_transaction())
    p.error(m.commit)
    p.error(n.commit)
    t.commit()
    p.show(t.is_active, s.in_transaction())
    p.error(t.commit)
    p.error(t.rollback)
    s.begin().close()
    p.show(s.in_transaction())
    s.execute(p.text("select 1"))
    p.show(s.get_transaction().origin.name)
    s.close()


@program
def outer_ends_before_the_inner(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    t = s.begin()
    n = s.begin_nested()
    s.add(User(name="a"))
    t.commit()
    p.show(n.is_active, t.is_active)
    p.error(n.rollback)
    p.error(n.commit)
    t = s.begin()
    n = s.begin_nested()
    s.add(User(name="b"))
    s.flush()
    t.rollback()
    p.show(n.is_active, t.is_active)
    count(p, s)


@program
def context_managers(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    with s.begin() as t:
        s.add(User(name="a"))
        with s.begin_nested() as n:
            s.add(User(name="b"))
            n.rollback()
            p.error(lambda: s.execute(p.text("select 1")))
        p.show([o.name for o in s.new], s.query(User).count())
    p.show(t.is_active)

    def fails() -> None:
        with s.begin():
            s.add(User(name="c"))
            raise ValueError("no")

    p.error(fails)
    count(p, s)
    s.rollback()

    def ends_inside() -> None:
        with s.begin():
            s.commit()
            s.query(User).all()

    p.error(ends_inside)
    p.show(s.in_transaction())
    with s.begin():
        s.rollback()
    p.show(s.in_transaction())
    maker = p.sessionmaker(s.get_bind())
    with maker.begin() as other:
        other.add(User(name="d"))
    with maker() as other:
        count(p, other)
        p.show(other.in_transaction())
    p.show(other.in_transaction())


@program
def failed_flush(p: Any) -> None:
    class E(p.Base):
        __tablename__ = "e"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String, nullable=False)

    s = p.session()
    good = E(id=1, name="a")
    s.add(good)
    s.commit()
    bad = E(id=2)
    good.name = "b"
    s.add(bad)
    p.error(s.flush)
    p.show(state(p, good, bad), s.is_active, s.in_transaction())
    p.error(lambda: s.query(E).all())
    p.error(s.flush)
    p.error(s.commit)
    p.error(lambda: s.begin_nested())
    p.error(lambda: s.connection())
    s.rollback()
    p.show(state(p, good, bad), s.is_active, good.name, bad in s)
    bad.name = "x"
    s.add(bad)
    s.commit()
    p.show(state(p, bad))


@program
def failed_flush_in_a_savepoint(p: Any) -> None:
    class E(p.Base):
        __tablename__ = "e"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String, nullable=False)

    s = p.session()
    s.add(E(id=1, name="a"))
    s.flush()
    n = s.begin_nested()
    s.add(E(id=2))
    p.error(s.flush)
    p.show(n.is_active, s.get_nested_transaction() is n)
    p.error(lambda: s.execute(p.text("select 1")))
    n.rollback()
    p.show(s.query(E).count())

    def inner() -> None:
        with s.begin_nested():
            s.add(E(id=3))

    p.error(inner)
    s.add(E(id=4, name="d"))
    s.commit()
    p.show([e.id for e in s.query(E)])


@program
def savepoint_restores_objects(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    a, b = User(name="a"), User(name="b")
    s.add_all([a, b])
    s.commit()
    a.name = "a1"
    n = s.begin_nested()
    a.age = 5
    c = User(name="c", posts=[Post(title="t")])
    s.add(c)
    s.delete(b)
    s.flush()
    p.show(state(p, a, b, c))
    n.rollback()
    p.show(state(p, a, b, c), p.inspect(a).expired, p.inspect(b).expired)
    p.show(a.name, a.age, b.name, c.name, [x.title for x in c.posts], c.id)
    s.add(c)
    s.commit()
    p.show(state(p, a, b, c), a.name, a.age)
    a.age = 1
    s.flush()
    with s.begin_nested():
        s.delete(b)
    p.show(state(p, b))
    s.rollback()
    p.show(state(p, b), b.name)


@program
def savepoint_keeps_unexpired_objects(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    a, b = User(name="a"), User(name="b")
    s.add_all([a, b])
    s.commit()
    p.show(a.name, b.name)
    n = s.begin_nested()
    a.name = "x"
    n.rollback()
    p.mark("read")
    p.show(a.name, b.name)
    n = s.begin_nested()
    a.name = "y"
    s.flush()
    n.rollback()
    p.mark("read")
    p.show(a.name, b.name)
    n = s.begin_nested()
    b.name = "z"
    n.commit()
    p.mark("read")
    p.show(a.name, b.name)
    s.commit()


@program
def expire_on_commit_of_two_sessions(p: Any) -> None:
    User, _ = blog(p)
    engine = p.engine("sqlite:///t.db")
    p.Base.metadata.create_all(engine)
    one = p.Session(engine, expire_on_commit=False)
    two = p.Session(engine)
    u = User(name="a")
    one.add(u)
    one.commit()
    p.error(lambda: two.add(u), text=False)
    other = two.get(User, 1)
    other.name = "b"
    two.commit()
    p.show(u.name, other.name)
    one.refresh(u)
    p.show(u.name)
    one.rollback()
    one.close()
    two.close()
    p.show(state(p, u, other))
    two.add(u)
    p.error(lambda: two.add(other), text=False)
    p.show(state(p, u, other))


@program
def rollback_of_everything(p: Any) -> None:
    User, Post = blog(p, cascade="all, delete-orphan")
    s = p.session()
    u = User(name="a", posts=[Post(title="1"), Post(title="2")])
    s.add(u)
    s.commit()
    posts = u.posts
    first, second = posts
    u.name = "x"
    u.posts.remove(first)
    u.posts.append(Post(title="3"))
    third = u.posts[-1]
    new = User(name="new")
    s.add(new)
    s.flush()
    s.delete(second)
    s.flush()
    p.show(state(p, u, first, second, third, new))
    s.rollback()
    p.show(state(p, u, first, second, third, new))
    p.show(u.name, [x.title for x in u.posts], third.title, new.name, new.id)
    s.rollback()
    u.name = "never"
    s.expunge(new) if new in s else None
    s.rollback()
    p.show(u.name)


@program
def commit_and_flush_of_nothing(p: Any) -> None:
    _User, _ = blog(p)
    s = p.session()
    s.commit()
    s.flush()
    s.rollback()
    with s.begin():
        pass
    with s.begin():
        s.flush()
    s.begin_nested().commit()
    s.commit()


@program
def binds_of_several_engines(p: Any) -> None:
    User, Post = blog(p)
    first, second = p.engine("sqlite:///1.db"), p.engine("sqlite:///2.db")
    User.__table__.create(first)
    Post.__table__.create(second)
    s = p.Session(binds={User: first, Post: second})
    s.add_all([User(name="a"), Post(title="t")])
    s.commit()
    p.show(s.query(User).one().name, s.query(Post).one().title)
    s.rollback()
    s.add_all([User(name="b"), Post(id=1)])
    p.error(s.commit)
    s.rollback()
    p.show(s.query(User).count())
    p.show(str(s.get_bind(User).url), str(s.get_bind(Post).url))
    p.error(lambda: s.execute(p.text("select 1")))


@program
def scoped_sessions(p: Any) -> None:
    User, _ = blog(p)
    engine = p.engine()
    p.Base.metadata.create_all(engine)
    scoped = p.scoped_session(p.sessionmaker(engine))
    p.show(scoped() is scoped(), scoped.registry.has())
    scoped.add(User(name="a"))
    scoped.commit()
    p.error(lambda: scoped(autoflush=False))
    p.show(scoped.query(User).one().name, scoped.is_active)
    User.query = scoped.query_property()
    p.show(User.query.filter_by(name="a").count())
    before = scoped()
    scoped.remove()
    p.show(scoped() is before, scoped.new, scoped.autoflush)
    scoped.remove()
