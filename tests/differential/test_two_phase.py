"""Transactions in two phases, on a server that has them: prepared, ended, found again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import psycopg
import pytest
from psycopg import sql

from .. import postgres
from .harness import Peer, Programs, run

program = Programs()


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    if postgres.program("initdb") is None:
        pytest.skip("PostgreSQL is not installed")
    made = postgres.Server("max_prepared_transactions=10")
    made.start()
    yield made
    made.stop()
    made.remove()


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
@pytest.mark.parametrize("function", program.registered)
def test_program(function: Any, driver: str, server: postgres.Server) -> None:
    url = server.url.replace("postgresql:", f"postgresql+{driver}:", 1)

    def on(p: Peer) -> None:
        import_module(f"{p.package}.dialects.postgresql")
        engine = p.engine(url)

        class Row(p.Base):
            __tablename__ = "kept"
            id = p.Column(p.Integer, primary_key=True)
            x = p.Column(p.Integer, unique=True)

        emptied(server.url)
        p.Base.metadata.create_all(engine)
        function(p, engine, Row)
        with engine.connect() as conn:
            p.show(conn.recover_twophase())
            p.show(conn.scalars(p.select(Row.x).order_by(Row.x)).all())

    peer, ours = run(on, "sqlalchemy"), run(on, "cormorant")
    for outcome in (peer, ours):
        if outcome.error is not None:
            raise AssertionError(str(outcome.error)) from outcome.error_object  # type: ignore[attr-defined]
    assert ours.shown == peer.shown
    asked = ("pg_catalog", "current_schema", "standard_conforming")  # by packages, not by programs
    assert own(ours.sql, asked) == own(peer.sql, asked)


def emptied(url: str) -> None:
    """Nothing is left of programs before."""
    with psycopg.connect(url, autocommit=True) as conn:
        for (xid,) in conn.execute("SELECT gid FROM pg_prepared_xacts").fetchall():
            conn.execute(sql.SQL("ROLLBACK PREPARED {}").format(sql.Literal(xid)))
        conn.execute("DROP TABLE IF EXISTS kept, others")


def own(lines: list[str], asked: tuple[str, ...]) -> list[str]:
    """What is logged of a program's own."""
    text = [line for line in lines if "'kinds'" not in line and "'nspname_1'" not in line]
    return [line for line in text if not any(word in line for word in asked) and line[:1] != "["]


def failing(p: Peer, action: Callable[[], Any]) -> None:
    try:
        p.show(action())
    except p.SQLAlchemyError as error:
        p.show(type(error), str(error))


@program
def each_way_to_end(p: Peer, engine: Any, row: Any) -> None:
    for number, (prepares, how) in enumerate(
        [(True, "commit"), (True, "rollback"), (False, "commit"), (False, "rollback")]
    ):
        with engine.connect() as conn:
            transaction = conn.begin_twophase(xid=f"way {number}'s")
            p.show(transaction.xid, transaction.is_active, conn.in_transaction())
            conn.execute(p.insert(row), {"x": number})
            if prepares:
                transaction.prepare()
                p.show(transaction.is_active)
            getattr(transaction, how)()
            p.show(transaction.is_active, conn.in_transaction())
    with engine.connect() as conn:
        with conn.begin_twophase() as transaction:
            conn.execute(p.insert(row), {"x": 20})
            with conn.begin_nested() as inner:
                conn.execute(p.insert(row), {"x": 21})
                inner.rollback()
        p.show(len(transaction.xid))
        conn.begin()
        failing(p, conn.begin_twophase)


@program
def recovered(p: Peer, engine: Any, row: Any) -> None:
    for xid in ("first", "second"):
        with engine.connect() as conn:
            transaction = conn.begin_twophase(xid)
            conn.execute(p.insert(row), {"x": len(xid)})
            transaction.prepare()
            conn.invalidate()
    engine.dispose()
    with engine.connect() as conn:
        p.show(sorted(conn.recover_twophase()))
        conn.commit_prepared("first", recover=True)
        conn.rollback_prepared("second", recover=True)
        p.show(conn.recover_twophase(), conn.in_transaction())


@program
def sessions(p: Peer, engine: Any, row: Any) -> None:
    with p.Session(engine, twophase=True) as session:
        session.add(row(x=1))
        session.flush()
        session.prepare()
        session.commit()
        session.add(row(x=2))
        session.commit()
        session.add(row(x=3))
        session.flush()
        session.rollback()
        session.add(row(x=4))
        session.prepare()
        session.rollback()
        session.add(row(x=1))
        failing(p, session.commit)
        session.rollback()
        p.show(session.scalars(p.select(row.x).order_by(row.x)).all())


@program
def two_databases(p: Peer, engine: Any, row: Any) -> None:
    other = p.engine(engine.url)

    class Other(p.Base):
        __tablename__ = "others"
        id = p.Column(p.Integer, primary_key=True)
        __table_args__ = {"prefixes": ["UNLOGGED"]}

    Other.__table__.create(other)
    with p.Session(binds={row: engine, Other: other}, twophase=True) as session:
        session.add_all([row(x=1), Other(id=1)])
        session.commit()
        session.add_all([row(x=2), Other(id=1)])
        failing(p, session.commit)
        session.rollback()
        p.show(session.query(row).count(), session.query(Other).count())
