"""Reading results in parts: yield_per, partitions, stream_results. The same on both packages."""

from __future__ import annotations

import gc
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from .. import postgres
from ..leaks import SANITIZED
from .harness import Peer, Programs, compare, on_database
from .models import blog

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_streaming(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


def filled(p: Any, users: int = 25, posts: int = 0) -> tuple[Any, Any, Any]:
    """A session, closed once, with users of some posts each."""
    User, Post = blog(p)
    s = p.session()
    s.execute(
        p.insert(User), [{"id": i, "name": f"u{i}", "age": i % 7} for i in range(1, users + 1)]
    )
    if posts:
        s.execute(
            p.insert(Post),
            [
                {"id": u * 100 + i, "title": f"p{u}.{i}", "user_id": u}
                for u in range(1, users + 1)
                for i in range(posts)
            ],
        )
    s.commit()
    s.close()
    return s, User, Post


@program
def yield_per(p: Any) -> None:
    s, User, _ = filled(p)
    statement = p.select(User).order_by(User.id)
    p.show([u.id for u in s.query(User).order_by(User.id).yield_per(10)])
    p.show([u.id for u in s.scalars(statement.execution_options(yield_per=10))])
    p.show([u.id for u in s.scalars(statement).yield_per(7)])
    p.show(s.execute(statement.execution_options(yield_per=1000)).scalars().all()[-1].id)
    p.show([r.id for r in s.execute(p.select(User.id)).yield_per(4)])
    p.show(len(s.execute(statement, execution_options={"yield_per": 3}).all()))
    p.error(lambda: s.scalars(statement.execution_options(yield_per=0)).all(), text=False)
    r = s.scalars(statement.execution_options(yield_per=10))
    p.show(r.first().id, r.closed if hasattr(r, "closed") else None)
    p.show(s.scalars(statement.where(User.id == 3).execution_options(yield_per=2)).one().id)
    p.error(lambda: s.scalars(statement.execution_options(yield_per=2)).one())


@program
def partitions(p: Any) -> None:
    s, User, _ = filled(p)
    statement = p.select(User).order_by(User.id)
    p.show([[u.id for u in part] for part in s.scalars(statement).partitions(10)])
    p.show(
        [
            [u.id for u in part]
            for part in s.scalars(statement.execution_options(yield_per=8)).partitions()
        ]
    )
    p.show([[r.User.id for r in part] for part in s.execute(statement).yield_per(20).partitions()])
    p.show([len(part) for part in s.execute(p.select(User.id)).partitions(24)])
    p.show([type(part) for part in s.execute(p.select(User.id)).partitions(24)])
    p.show([len(x) for x in s.execute(p.select(User.id, User.name)).mappings().partitions(20)])
    with s.connection() as c:
        result = c.execution_options(stream_results=True).execute(p.select(User.__table__))
        p.show([len(part) for part in result.partitions(11)])
        result = c.execution_options(yield_per=10).execute(p.select(User.__table__))
        p.show([len(part) for part in result.partitions()])
        result = c.execution_options(stream_results=True, max_row_buffer=5).execute(
            p.select(User.__table__)
        )
        p.show(result.fetchone().id, len(result.fetchmany(7)), len(result.fetchall()))
        p.show(result.closed)


@program
def mixed_fetches(p: Any) -> None:
    s, User, _ = filled(p)
    r = s.execute(p.select(User.id).order_by(User.id).execution_options(yield_per=5))
    p.show(r.fetchone(), r.fetchmany(3), next(r), r.fetchmany(), len(r.all()))
    p.show(r.fetchone(), r.all(), r.fetchmany(2))
    r = s.scalars(p.select(User.id).order_by(User.id).execution_options(stream_results=True))
    p.show(r.fetchmany(2), next(r), r.first())
    p.error(lambda: r.all())


@program
def identity_map_stays_small(p: Any) -> None:
    s, User, _ = filled(p)
    sizes = []
    for u in s.scalars(p.select(User).order_by(User.id).execution_options(yield_per=5)):
        sizes.append(len(s.identity_map))
        del u
    gc.collect()
    p.show(max(sizes) <= 10, len(s.identity_map))
    kept = [u for u in s.query(User).yield_per(5) if u.id % 5 == 0]
    gc.collect()
    p.show(len(kept), len(s.identity_map))
    for u in s.query(User).yield_per(5):
        u.age = 100
    p.show(len(s.dirty), len(s.identity_map))


@program
def changes_while_streaming(p: Any) -> None:
    s, User, _ = filled(p)
    seen = []
    for u in s.scalars(p.select(User).order_by(User.id).execution_options(yield_per=5)):
        u.name = "seen"
        seen.append(u.id)
        if u.id == 7:
            s.add(User(id=1000, name="new", age=0))
            s.flush()
    p.show(len(seen), seen[:8], len(s.dirty))
    s.commit()
    p.show(s.scalar(p.select(p.func.count()).where(User.name == "seen").select_from(User)))


@program
def early_close(p: Any) -> None:
    s, User, _ = filled(p)
    r = s.scalars(p.select(User).order_by(User.id).execution_options(yield_per=5))
    p.show(next(r).id)
    r.close()
    p.error(lambda: next(r))
    p.error(lambda: r.all())
    with s.execute(p.select(User.id).execution_options(yield_per=5)) as result:
        p.show(result.fetchone()[0] >= 0)
    p.show(result.closed)
    p.error(lambda: result.fetchone())
    for u in s.query(User).yield_per(3):
        p.show(u.id)
        break
    p.show(s.query(User).count())
    s.commit()
    p.show(s.query(User).count())


@program
def close_session_while_streaming(p: Any) -> None:
    s, User, _ = filled(p)
    r = s.scalars(p.select(User.id).order_by(User.id).execution_options(yield_per=5))
    p.show(next(r))
    s.close()
    p.error(lambda: r.all(), text=False)


@program
def commit_while_streaming(p: Any) -> None:
    s, User, _ = filled(p)
    r = s.execute(p.select(User.id, User.name).order_by(User.id).execution_options(yield_per=5))
    p.show(next(r))
    s.commit()
    p.show([row.id for row in r])
    p.show(s.query(User).count())


@program
def rollback_while_streaming(p: Any) -> None:
    s, User, _ = filled(p)
    r = s.scalars(p.select(User.id).order_by(User.id).execution_options(yield_per=5))
    p.show(next(r))
    s.rollback()
    p.error(lambda: list(r), text=False)
    p.show(s.query(User).count())


@program
def whole_results_survive_commit(p: Any) -> None:
    s, User, _ = filled(p)
    r = s.execute(p.select(User.id).order_by(User.id))
    first = r.fetchone()
    p.show(first, len(r.all()))
    users = s.scalars(p.select(User).order_by(User.id)).all()
    s.commit()
    p.show([u.id for u in users][:3])


@program
def statements_while_streaming(p: Any) -> None:
    s, User, Post = filled(p, 10, 2)
    titles = []
    for u in s.scalars(p.select(User).order_by(User.id).execution_options(yield_per=3)):
        titles.append([q.title for q in u.posts])
        titles.append(s.scalar(p.select(p.func.count(Post.id)).where(Post.user_id == u.id)))
    p.show(titles)
    a = s.scalars(p.select(User.id).order_by(User.id).execution_options(yield_per=2))
    b = s.scalars(p.select(User.id).order_by(User.id).execution_options(yield_per=3))
    p.show([(next(a), next(b)) for _ in range(10)])
    p.error(lambda: next(a))


@program
def errors_in_the_middle(p: Any) -> None:
    s, User, _ = filled(p)
    sql = p.text(
        "select id, case when id = 13 then abs(-9223372036854775808) else age end as age from users"
    )
    r = s.execute(sql, execution_options={"yield_per": 5})
    seen: list[int] = []

    def walk() -> None:
        for row in r:
            seen.append(row.id)

    p.error(walk, text=False)
    p.show(seen[:10])
    p.error(lambda: s.execute(sql).all(), text=False)
    p.show(s.query(User).count())

    class Broken(Exception):
        pass

    def consumer() -> None:
        for u in s.query(User).order_by(User.id).yield_per(5):
            if u.id == 8:
                raise Broken(u.id)

    p.error(consumer)
    p.show(s.query(User).count())


@program
def eager_loads_while_streaming(p: Any) -> None:
    s, User, Post = filled(p, 10, 2)
    statement = p.select(User).order_by(User.id)
    users = s.scalars(
        statement.options(p.selectinload(User.posts)).execution_options(yield_per=4)
    ).all()
    p.show([[q.title for q in u.posts] for u in users])
    s.close()
    joined = statement.options(p.joinedload(User.posts)).execution_options(yield_per=4)
    p.error(lambda: s.scalars(joined).unique().all())
    p.error(lambda: s.query(User).options(p.joinedload(User.posts)).yield_per(4).all())
    p.error(lambda: s.query(User).options(p.subqueryload(User.posts)).yield_per(4).all())
    posts = p.select(Post).order_by(Post.id).options(p.joinedload(Post.user))
    p.show([q.user.name for q in s.scalars(posts.execution_options(yield_per=4))])
    s.close()
    got = []
    for part in s.scalars(posts.execution_options(yield_per=7)).partitions():
        got.append([(q.id, q.user.id) for q in part])
    p.show(got)


@program
def populate_existing_while_streaming(p: Any) -> None:
    s, User, _ = filled(p)
    s.autoflush = False
    kept = s.query(User).all()
    for u in kept:
        u.name = "changed"
    for u in s.query(User).populate_existing().yield_per(4):
        u.age = -1
    p.show({u.name for u in kept} & {"changed"}, {u.age for u in kept}, len(s.dirty))


@program
def unique_while_streaming(p: Any) -> None:
    s, User, _ = filled(p)
    ages = p.select(User.age).order_by(User.id)
    p.error(lambda: s.scalars(ages.execution_options(yield_per=4)).unique().all())
    p.error(lambda: list(s.scalars(ages).unique().yield_per(3)))
    parts = s.scalars(ages).unique().partitions(3)
    p.show([list(part) for part in parts])


@program
def core_streaming(p: Any) -> None:
    filled(p)
    engine = p.engines[0]
    with engine.connect().execution_options(stream_results=True) as c:
        r = c.execute(p.text("select id from users order by id"))
        p.show(r.fetchmany(2), r.scalars().all()[:2])
        r = c.execute(p.text("select id from users order by id"))
        p.show(next(r), r.yield_per(4).fetchmany(), next(iter(r.partitions(2))))
        c.rollback()
        p.error(lambda: r.fetchall(), text=False)


ROWS = 300_000


@pytest.mark.skipif(SANITIZED, reason="keeps freed memory")
@pytest.mark.parametrize("way", ["query", "select", "partitions", "columns", "core"])
def test_memory_stays_flat(way: str, tmp_path: Path) -> None:
    """300,000 rows are read in far less memory than they take."""
    path = tmp_path / "large.db"
    db = sqlite3.connect(path)
    db.execute("create table users (id integer primary key, name text, age integer)")
    db.execute("create table posts (id integer primary key, title text, user_id integer)")
    db.execute(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < ?) "
        "insert into users select i, 'a name of some length ' || i, i % 90 from n",
        (ROWS,),
    )
    db.commit()
    db.close()
    from .harness import Outcome

    p = Peer("cormorant", Outcome())
    User, _ = blog(p)
    s = p.Session(p.engine(f"sqlite:///{path}"))
    seen = largest = 0
    try:
        gc.collect()
        start = resident()
        for number, item in enumerate(stream(p, s, User, way)):
            seen += len(item) if way == "partitions" else 1
            if number % 1000 == 0:
                largest = max(largest, resident())
            if number == 5000 and way in ("query", "select"):
                assert len(s.identity_map) <= 2001
    finally:
        s.close()
        p.close()
    assert seen == ROWS
    assert largest - start < 8 << 20


def stream(p: Any, s: Any, User: Any, way: str) -> Any:
    """The rows of all users, a thousand at a time."""
    if way == "query":
        return s.query(User).yield_per(1000)
    if way == "select":
        return s.scalars(p.select(User).execution_options(yield_per=1000))
    if way == "partitions":
        return s.scalars(p.select(User).execution_options(yield_per=1000)).partitions()
    if way == "columns":
        return s.execute(p.select(User.id, User.name).execution_options(yield_per=1000))
    connection = s.connection().execution_options(stream_results=True)
    return connection.execute(p.select(User.__table__))


def resident() -> int:
    """Bytes of memory this process has."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


def test_an_error_in_the_middle() -> None:
    """What the database refuses while results are fetched is wrapped like any error."""

    def program(p: Any) -> None:
        class T(p.Base):
            __tablename__ = "t"
            id = p.Column(p.Integer, primary_key=True)
            n = p.Column(p.BigInteger)
            a = p.column_property(p.func.abs(n))

        engine = p.engine()
        p.Base.metadata.create_all(engine)
        with engine.begin() as connection:
            connection.exec_driver_sql(
                "insert into t (n) values (1), (2), (3), (4), (-9223372036854775808), (3)"
            )

        def query(s: Any) -> Any:
            return s.query(T).yield_per(2)

        def scalars(s: Any) -> Any:
            return s.scalars(p.select(T).execution_options(yield_per=2))

        def columns(s: Any) -> Any:
            return s.execute(p.select(T.a).execution_options(yield_per=2))

        def partitions(s: Any) -> Any:
            return s.execute(p.select(T.a).execution_options(yield_per=2)).partitions()

        for way in (query, scalars, columns, partitions):
            with p.Session(engine) as s:
                try:
                    # (The peer's driver is a row ahead: how many were given out differs.)
                    list(way(s))
                except p.DatabaseError as error:
                    p.show(way.__name__, str(error), error.statement, error.params)
                    s.rollback()
                p.show(s.scalar(p.select(p.func.count(T.id))))

    compare(program)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_parts_without_a_size(kind: str) -> None:
    """Of a stream they are all that is left; text() is given out by itself, however it is read."""
    if kind == "postgresql" and postgres.scratch() is None:
        pytest.skip("no PostgreSQL server")

    def parts(p: Any) -> None:
        engine = p.engine()
        t = p.Table("t", p.MetaData(), p.Column("id", p.Integer, primary_key=True))
        with engine.connect() as c:
            t.create(c)
            c.execute(p.insert(t), [{"id": i} for i in range(1, 31)])
            text = "SELECT id FROM t"
            for options in (
                {},
                {"stream_results": True},
                {"yield_per": 4},
                {"stream_results": True, "max_row_buffer": 3},
            ):
                for name, statement in (
                    ("select", p.select(t)),
                    ("text", p.text(text)),
                    ("columns", p.text(text).columns(t.c.id)),
                    ("driver", text),
                ):

                    def run() -> Any:
                        if name == "driver":  # noqa: B023
                            return c.exec_driver_sql(text, execution_options=options)  # noqa: B023
                        return c.execute(statement, execution_options=options)  # noqa: B023

                    r = run()
                    p.show(
                        options, name, len(r.fetchmany()), len(r.fetchmany()), len(r.fetchmany(3))
                    )
                    p.show([len(part) for part in run().partitions()][:4])
                    p.show([len(part) for part in run().scalars().partitions()][:4])
                    p.show(len(run().mappings().fetchmany()), len(run().all()), len(list(run())))
                    r = run()
                    p.show(r.fetchone(), len(r.fetchmany()))
                    p.show([len(part) for part in run().yield_per(9).partitions()][:4])

    with on_database(kind):
        compare(parts, sql=False)
