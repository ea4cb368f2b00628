"""Connections that the server ends, on both packages: the errors, and what is left of what the
program had set, begun and changed."""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from .. import postgres
from . import harness
from .harness import Peer, Programs

pytestmark = pytest.mark.skipif(postgres.scratch() is None, reason="no PostgreSQL server")

program = Programs()


@pytest.mark.parametrize("function", program.registered)
def test_lost_connections(function: Any) -> None:
    def on(p: Peer) -> None:
        for item in function(p, partial(p.engine, f"postgresql+psycopg:{postgres.scratch()}")):
            p.show(item)

    with harness.on_database("postgresql"):
        harness.compare(on, sql=False)


# The sockets of the processes that process() has named.
sockets: dict[int, int] = {}


def process(p: Peer, conn: Any) -> Any:
    number = conn.scalar(p.text("select pg_backend_pid()"))
    holder = conn.connection() if isinstance(conn, p.orm.Session) else conn
    sockets[number] = holder.connection.driver_connection.fileno()
    return number


def end(p: Peer, other: Any, number: Any) -> None:
    """Have the server end a connection, and wait until it has.

    A process leaves pg_stat_activity before its socket is closed: psycopg was seen to take the
    connection for a whole one then, and to fail once more at its rollback.
    """
    with other.connect() as conn:
        conn.execute(p.text("select pg_terminate_backend(:number)"), {"number": number})
        alive = p.text("select count(*) from pg_stat_activity where pid = :number")
        while conn.scalar(alive, {"number": number}):
            conn.rollback()
            time.sleep(0.01)
    if number in sockets:
        closed = select.poll()
        closed.register(sockets.pop(number), select.POLLRDHUP)
        assert closed.poll(10_000)


def failure(p: Peer, work: Callable[[], Any]) -> Any:
    """What is told of a failure, without the text that libpq and psycopg put together."""
    try:
        return work()
    except p.exc.DBAPIError as error:
        return type(error).__name__, error.connection_invalidated, error.statement
    except p.exc.SQLAlchemyError as error:
        return type(error).__name__, str(error)


LEVEL = "show transaction isolation level"


@program
def what_a_connection_had_set(p: Peer, engine: Any) -> Iterator[Any]:
    one, other = engine(), engine()
    for options in (
        {"isolation_level": "SERIALIZABLE"},
        {"isolation_level": "AUTOCOMMIT"},
        {"postgresql_readonly": True},
    ):
        with one.connect().execution_options(**options) as conn:
            conn.execute(p.text("set search_path to pg_catalog"))
            conn.commit()
            end(p, other, process(p, conn))
            yield failure(p, lambda: conn.execute(p.text("select 1")))
            yield conn.invalidated, conn.in_transaction(), conn.closed
            yield failure(p, lambda: conn.execute(p.text("select 2")))
            conn.rollback()
            yield conn.scalar(p.text(LEVEL)), conn.scalar(p.text("show transaction_read_only"))
            yield conn.scalar(p.text("show search_path")), conn.get_execution_options()
            yield conn.get_isolation_level(), conn.invalidated
        with one.connect() as conn:
            yield conn.scalar(p.text(LEVEL)), conn.scalar(p.text("show transaction_read_only"))
    for made in (one, other):
        made.dispose()


@program
def what_an_engine_sets(p: Peer, engine: Any) -> Iterator[Any]:
    other = engine()
    for options in (
        {"isolation_level": "REPEATABLE READ"},
        {"execution_options": {"isolation_level": "SERIALIZABLE"}},
        {"connect_args": {"options": "-c search_path=pg_catalog"}, "pool_pre_ping": True},
    ):
        one = engine(pool_size=1, max_overflow=0, **options)
        with one.connect() as conn:
            number = process(p, conn)
        end(p, other, number)
        for _ in range(3):
            with one.connect() as conn:
                yield failure(p, lambda: conn.scalar(p.text(LEVEL)))
        with one.connect() as conn:
            yield conn.scalar(p.text("show search_path"))
        yield one.pool.checkedin(), one.pool.checkedout()
        one.dispose()
    other.dispose()


@program
def what_is_told_of_one_found_lost(p: Peer, engine: Any) -> Iterator[Any]:
    one, other = engine(pool_pre_ping=True), engine()
    told: list[Any] = []
    names = [
        "connect",
        "checkout",
        "checkin",
        "reset",
        "invalidate",
        "soft_invalidate",
        "close",
        "detach",
    ]

    def note(name: str, *args: Any) -> None:
        told.append(name)
        if name == "invalidate":
            told.append(
                (type(args[2]).__name__, dict(args[1].info), args[1].dbapi_connection is None)
            )

    for name in names:
        p.event.listen(one, name, partial(note, name))

    with one.connect() as conn:
        conn.info["of"] = "a program"
        number = process(p, conn)
    end(p, other, number)
    for _ in range(2):
        yield failure(p, lambda: one.connect().close())
        yield list(told)
        told.clear()
    for made in (one, other):
        made.dispose()


@program
def transactions_that_are_gone(p: Peer, engine: Any) -> Iterator[Any]:
    one, other = engine(), engine()
    t = p.Table("t", p.MetaData(), p.Column("n", p.Integer))
    t.create(one)

    def lose(conn: Any) -> None:
        end(p, other, process(p, conn))

    with one.connect() as conn:
        outer = conn.begin()
        conn.execute(p.insert(t).values(n=1))
        inner = conn.begin_nested()
        conn.execute(p.insert(t).values(n=2))
        lose(conn)
        yield failure(p, lambda: conn.execute(p.insert(t).values(n=3)))
        yield outer.is_active, inner.is_active
        yield failure(p, inner.rollback)
        yield failure(p, lambda: conn.execute(p.insert(t).values(n=4)))
        yield failure(p, outer.rollback)
        yield conn.scalar(p.select(p.func.count()).select_from(t)), conn.invalidated
    for way in ("commit", "rollback", "close"):
        with one.connect() as conn:
            begun = conn.begin()
            conn.execute(p.insert(t).values(n=5))
            lose(conn)
            yield way, failure(p, getattr(begun, way)), conn.invalidated, begun.is_active
    for leave in (None, ValueError("mine")):

        def block(leave: Any = leave) -> None:
            with one.begin() as conn:
                conn.execute(p.insert(t).values(n=6))
                lose(conn)
                if leave is not None:
                    raise leave

        try:
            yield failure(p, block)
        except ValueError as error:
            yield str(error)
    with one.connect() as conn:
        yield conn.scalar(p.select(p.func.count()).select_from(t))
        rows = conn.execution_options(stream_results=True, max_row_buffer=10)
        result = rows.execute(p.text("select generate_series(1, 100000)"))
        yield result.fetchone()[0]
        with other.connect() as watch:
            numbers = watch.scalars(
                p.text("select pid from pg_stat_activity where query like 'FETCH%'")
            ).all()
        for number in numbers or [None]:
            if number is not None:
                end(p, other, number)
        yield failure(p, lambda: len(result.fetchall()))
    for made in (one, other):
        made.dispose()


@program
def sessions(p: Peer, engine: Any) -> Iterator[Any]:
    one, other = engine(), engine()

    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        n = p.Column(p.Integer)

    p.Base.metadata.create_all(one)

    def state(session: Any) -> Any:
        return len(session.new), len(session.dirty), len(session.deleted), session.is_active

    for where in ("flush", "commit", "query", "many", "nested", "expired"):
        with p.orm.Session(one) as session:
            kept = Thing(n=0)
            session.add(kept)
            session.commit()
            kept.n += 1
            fresh = [Thing(n=i) for i in range(100 if where == "many" else 1)]
            if where == "nested":
                session.begin_nested()
            number = process(p, session)
            if where == "commit":
                session.add_all(fresh)
                session.flush()
            end(p, other, number)
            if where == "expired":
                session.expire(kept)
            elif where != "query":
                session.add_all(fresh)
            ways = {
                "query": lambda: session.query(Thing).count(),
                "expired": partial(getattr, kept, "n"),
                "commit": session.commit,
            }
            work = ways.get(where, session.flush)
            yield where, failure(p, work), state(session)
            yield failure(p, lambda: session.query(Thing).count()), session.in_transaction()
            session.rollback()
            if where == "nested" and session.in_transaction():
                session.rollback()
            inspected = p.sa.inspect(fresh[0])
            yield state(session), inspected.transient, inspected.persistent, kept.n
            session.add_all(fresh)
            kept.n += 1
            yield failure(p, session.commit), kept.n, session.query(Thing).count()
    for made in (one, other):
        made.dispose()
