"""Transactions of sessions: commit, rollback, savepoints, the same on both packages."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare
from .models import blog, state

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_session(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


# ---- transactions -----------------------------------------------------------------------


@program
def transaction_flags(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    p.show(s.in_transaction(), s.get_transaction(), s.is_active)
    u = User(name="a")
    s.add(u)
    p.show(s.in_transaction())
    s.commit()
    p.show(s.in_transaction())
    p.show(u.name)
    s.rollback()
    p.show(s.in_transaction())
    p.show(u.name)
    s.commit()
    s.expire_all()
    p.show(s.in_transaction())
    p.show(u.name)
    s.commit()
    u.name = "q"
    p.show(s.in_transaction())
    s.close()
    p.show(s.in_transaction(), state(p, u))


@program
def begin_blocks(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    s.begin()
    p.error(s.begin)
    s.rollback()
    with s.begin():
        s.add(User(name="b"))
        p.error(s.begin)
    p.show(s.in_transaction())
    try:
        with s.begin():
            s.add(User(name="c"))
            s.flush()
            raise ValueError
    except ValueError:
        p.show("ValueError")
    with s.begin():
        s.add(User(name="d"))
        s.commit()
        p.error(lambda: s.execute(p.text("select 1")))
    with s.begin():
        s.rollback()
        p.error(lambda: s.execute(p.text("select 1")))
        p.error(lambda: s.add(User()))
        p.error(lambda: s.query(User).all())
    p.show(s.execute(p.text("select count(*) from users")).scalar())


@program
def begin_in_session_block(p: Any) -> None:
    User, _ = blog(p)
    s0 = p.session()
    with p.Session(s0.bind) as s, s.begin():
        s.add(User(name="a"))
    with p.sessionmaker(s0.bind).begin() as s:
        s.add(User(name="b"))
    with p.Session(s0.bind) as s:
        s.add(User(name="c"))
        s.flush()
    try:
        with p.sessionmaker(s0.bind).begin() as s:
            s.add(User(name="d"))
            raise KeyError("x")
    except KeyError:
        pass
    p.show([u.name for u in s0.query(User)])


@program
def savepoints(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    s.add(User(name="a"))
    with s.begin_nested() as n:
        s.add(User(name="n1"))
        p.show(n.nested, s.in_nested_transaction(), s.get_nested_transaction() is n)
    p.show(s.query(User).count(), s.in_nested_transaction())
    n = s.begin_nested()
    x = User(name="n2")
    s.add(x)
    s.flush()
    n.rollback()
    p.show(state(p, x), s.query(User).count(), n.is_active)
    n = s.begin_nested()
    x = User(name="n3")
    s.add(x)
    s.rollback()
    p.show(state(p, x), s.in_transaction())
    p.error(n.commit)
    p.error(n.rollback)


@program
def savepoint_restores_objects(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    u = User(name="a")
    s.add(u)
    s.commit()
    p.show(u.name)
    outer = s.begin_nested()
    u.name = "b"
    s.flush()
    inner = s.begin_nested()
    v = User(name="v")
    s.add(v)
    s.flush()
    inner.commit()
    p.show(state(p, v))
    outer.rollback()
    p.show(u.name, state(p, v))
    n = s.begin_nested()
    s.delete(u)
    s.flush()
    p.show(state(p, u))
    n.rollback()
    p.show(state(p, u), u in s, u.name)


@program
def savepoint_fails(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    s.add(User(id=1, name="a"))
    s.flush()
    try:
        with s.begin_nested():
            s.add(User(id=2, name="b"))
            s.flush()
            s.execute(p.text("insert into users (id) values (1)"))
    except p.IntegrityError:
        p.show("IntegrityError")
    p.show([u.id for u in s.query(User)])
    try:
        with s.begin_nested():
            s.expunge_all()
            s.add(User(id=1, name="again"))
    except p.IntegrityError:
        p.show("IntegrityError", s.is_active)
    p.show([u.id for u in s.query(User)])
    s.commit()


@program
def nested_commit_of_session(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    n = s.begin_nested()
    s.add(User(name="x"))
    s.commit()
    p.show(s.in_transaction())
    p.error(n.commit)
    p.show(s.query(User).count())


@program
def rollback_restores(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    u = User(name="a", posts=[Post(title="1")])
    s.add(u)
    s.commit()
    p.show(u.name)
    s.delete(u)
    p.show(u in s, u in s.deleted)
    s.rollback()
    p.show(state(p, u), u in s.deleted)
    s.delete(u)
    s.flush()
    s.rollback()
    p.show(state(p, u), u.name, len(u.posts))
    u.name = "changed"
    v = User(name="new")
    s.add(v)
    s.rollback()
    p.show(state(p, v), v.name, u.name)
    v = User(name="new")
    s.add(v)
    s.flush()
    p.show(v.id)
    s.rollback()
    p.show(state(p, v), v.name, v.id)
    s.add(v)
    s.commit()
    p.show(v.id)


@program
def new_and_deleted_in_one_transaction(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    u = User(name="a")
    s.add(u)
    s.flush()
    s.delete(u)
    s.flush()
    p.show(state(p, u))
    s.rollback()
    p.show(state(p, u), u.name)


@program
def failed_flush(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    s.add(User(id=1))
    s.commit()
    s.expunge_all()
    u, v = User(id=1), User(id=2)
    s.add_all([v, u])
    p.error(s.flush)
    p.show(state(p, u, v), s.is_active)
    p.error(lambda: s.execute(p.text("select 1")))
    p.error(s.commit)
    p.error(s.flush)
    p.error(s.begin)
    s.rollback()
    p.show(s.is_active, s.query(User).count())


@program
def failed_commit(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    s.add(User(id=1))
    s.commit()
    s.expunge_all()
    u = User(id=1)
    s.add(u)
    p.error(s.commit)
    p.show(state(p, u), s.is_active, s.in_transaction())
    s.rollback()
    p.show(s.in_transaction())


@program
def autoflush_error(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    s.add(User(id=1))
    s.commit()
    s.expunge_all()
    s.add(User(id=1, name="z"))
    p.error(lambda: s.query(User).all())
    s.rollback()
    s.add(User(id=1, name="z"))
    p.error(lambda: s.execute(p.select(User)))
    s.rollback()
    s.add(User(id=1, name="z"))
    p.error(lambda: s.get(User, 5))


@program
def autoflush_where(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    s.add(User(id=1, name="a"))
    s.commit()
    u = s.get(User, 1)
    u.name = "x"
    with s.no_autoflush as same:
        p.show(same is s, s.query(User.name).all())
    p.show(s.query(User.name).all())
    u.name = "y"
    p.show(s.query(User).autoflush(False).all()[0].name)
    p.show(s.execute(p.select(User.name), execution_options={"autoflush": False}).all())
    p.show(s.execute(p.text("select name from users")).all())
    p.show(len(u.posts), s.execute(p.text("select name from users")).all())


@program
def close_session(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    u = User(name="x")
    s.add(u)
    s.close()
    p.show(state(p, u))
    s.add(User(name="t"))
    s.commit()
    u = s.query(User).one()
    s.close()
    p.show(state(p, u), u.name)
    s.add(u)
    p.show(state(p, u))
    s.commit()
    s.close()
    p.error(lambda: u.name, text=False)
    p.error(lambda: u.posts, text=False)


@program
def closed_for_good(p: Any) -> None:
    User, _ = blog(p)
    s0 = p.session()
    s = p.Session(s0.bind, close_resets_only=False)
    s.close()
    p.error(lambda: s.add(User()))
    p.error(lambda: s.execute(p.text("select 1")))
    p.error(lambda: s.query(User).all())
    p.error(s.begin)
    s.reset()
    p.error(s.begin)


@program
def no_autobegin(p: Any) -> None:
    User, _ = blog(p)
    s = p.session(autobegin=False)
    p.error(lambda: s.add(User()))
    p.error(lambda: s.query(User).all())
    s.begin()
    s.add(User(name="x"))
    s.commit()
    p.error(lambda: s.query(User).all())


@program
def transaction_objects(p: Any) -> None:
    s = p.session()
    t = s.begin()
    p.show(type(t).__name__, t.session is s, t.is_active, t.nested, t.parent)
    n = s.begin_nested()
    p.show(n.parent is t, n.nested, s.get_transaction() is t)
    n.commit()
    p.error(n.commit)
    p.error(n.rollback)
    t.commit()
    p.error(t.commit)
    t = s.begin()
    t.rollback()
    p.error(t.rollback)
    t = s.begin()
    p.error(t.prepare)
    with s.begin_nested() as n:
        n.rollback()
        p.show(n.is_active, t.is_active)


@program
def existing_connection(p: Any) -> None:
    User, _ = blog(p)
    engine = p.session().bind
    with engine.connect() as c:
        with c.begin() as t:
            s = p.Session(c)
            s.add(User(name="a"))
            s.commit()
            p.show(c.in_transaction())
            s.add(User(name="b"))
            s.rollback()
            p.show(c.in_transaction(), t.is_active)
        with c.begin() as t:
            s = p.Session(c, join_transaction_mode="create_savepoint")
            s.add(User(name="c"))
            s.commit()
            s.add(User(name="d"))
            s.flush()
            s.rollback()
            p.show([u.name for u in s.query(User)])
            s.close()
            t.rollback()
    with engine.connect() as c:
        p.show(c.execute(p.text("select count(*) from users")).scalar())


@program
def connections_that_come_in_a_transaction(p: Any) -> None:
    modes = ("conditional_savepoint", "rollback_only", "control_fully", "create_savepoint")
    for mode in modes:
        for nested in (False, True):
            engine = p.engine()

            @p.event.listens_for(engine, "engine_connect")
            def begin(connection: Any, nested: bool = nested) -> None:
                connection.begin()
                if nested:
                    connection.begin_nested()

            s = p.Session(engine, join_transaction_mode=mode)
            p.error(lambda: s.connection().in_transaction())  # noqa: B023
            p.error(s.commit)
            p.error(s.close)


@program
def savepoints_within_a_flush(p: Any) -> None:
    """Listeners begin them; nothing is flushed then."""

    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        n = p.Column(p.Integer, unique=True)

    class Log(p.Base):
        __tablename__ = "log"
        id = p.Column(p.Integer, primary_key=True)
        said = p.Column(p.String)

    def step(target: Any, name: str, end: str) -> None:
        s = p.session()
        s.execute(p.delete(A))
        s.execute(p.delete(Log))
        a = A(n=1)
        s.add(a)
        s.commit()
        p.show(name, end, a.n)
        done = []

        def listener(*args: Any) -> None:
            if done:
                return
            done.append(1)
            p.mark(name)
            nested = s.begin_nested()
            s.execute(p.insert(Log.__table__), {"said": name})
            p.show(s.in_nested_transaction(), len(s.new))
            p.error(s.flush)
            p.error(getattr(nested, end))
            p.show(s.in_nested_transaction(), len(s.new))
            p.mark("end")

        target = s if target is None else target
        p.event.listen(target, name, listener)
        s.add(A(n=2))
        a.n = 3
        p.error(s.flush)
        p.show(s.is_active, s.in_nested_transaction(), len(s.new), len(s.dirty))
        if name == "before_delete":
            s.delete(a)
        p.error(s.commit)
        p.event.remove(target, name, listener)
        s.rollback()
        p.show(s.execute(p.select(A.n).order_by(A.n)).all(), s.execute(p.select(Log.said)).all())
        s.close()

    for end in ("commit", "rollback"):
        for name in ("before_flush", "after_flush", "after_flush_postexec", "before_commit"):
            step(None, name, end)
        for name in ("before_insert", "after_insert", "before_update", "before_delete"):
            step(A, name, end)


def test_changes_of_what_a_rollback_made_transient() -> None:
    """What a flush had written is no change any more, whatever became of it."""

    def run(p: Any) -> None:
        class A(p.Base):
            __tablename__ = "a"
            id = p.Column(p.Integer, primary_key=True)
            n = p.Column(p.Integer)
            bs = p.relationship("B", cascade="all, delete-orphan")

        class B(p.Base):
            __tablename__ = "b"
            id = p.Column(p.Integer, primary_key=True)
            a_id = p.Column(p.ForeignKey("a.id"))

        def flushed(s: Any, a: Any) -> None:
            s.add(a)
            s.flush()

        def changed(s: Any, a: Any) -> None:
            flushed(s, a)
            a.n = 2

        def related(s: Any, a: Any) -> None:
            flushed(s, a)
            a.bs.append(B())
            s.flush()

        def twice(s: Any, a: Any) -> None:
            flushed(s, a)
            nested = s.begin_nested()
            a.bs.append(B())
            s.flush()
            nested.rollback()
            a.bs.append(B())
            s.flush()

        for act in (flushed, changed, related, twice):
            for how in ("all", "nested"):
                s = p.session()
                a = A(n=1)
                nested = s.begin_nested() if how == "nested" else s
                act(s, a)
                nested.rollback()
                state = p.sa.inspect(a)
                p.show(act.__name__, how, state.transient, state.modified)
                p.show(sorted(state.committed_state), sorted(state.unmodified))
                a.n = 3
                p.show(state.modified, sorted(state.committed_state), sorted(state.unmodified))
                s.close()

    compare(run)
