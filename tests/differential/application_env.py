"""What programs that need PostgreSQL are run with, on both packages and with each driver's URL."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from importlib import import_module
from typing import Any

from .. import postgres
from .harness import Outcome, Peer, on_database, run

DRIVERS = ["psycopg2", "psycopg", "asyncpg"]


def said(lines: list[str]) -> list[str]:
    """A log without what the packages say otherwise by design: wrappers of the driver's around
    values."""
    return [plainly(line.replace("[no key Ts", "[compiled Ts")) for line in lines]


def plainly(value: Any) -> Any:
    """What was shown, without those wrappers in the errors."""
    if isinstance(value, list):
        return [plainly(item) for item in value]
    if not isinstance(value, str):
        return value
    value = re.sub(r"<psycopg2.extensions.Binary object at 0xADDR>|b([\"']).*?\1", "BYTES", value)
    return re.sub(r"Jsonb?\((.*?)\)(?=[,}\]])", r"\1", value)


def both(function: Any, driver: str) -> tuple[Outcome, Outcome]:
    """What a program does on SQLAlchemy and here, on two connections of a driver's engine."""
    url = postgres.scratch()
    assert url is not None

    def on(p: Peer) -> None:
        postgres.clear(url)
        pg = import_module(f"{p.package}.dialects.postgresql")
        address = f"postgresql+{driver}:{url}"
        if driver != "asyncpg":
            engine = p.engine(address)
            with engine.connect() as c, engine.connect() as other:
                function(p, pg, c, other)
            return
        aio = import_module(f"{p.package}.ext.asyncio")

        async def main() -> None:
            engine = aio.create_async_engine(address)
            try:
                async with engine.connect() as c, engine.connect() as other:
                    await c.run_sync(lambda sync: function(p, pg, sync, other.sync_connection))
            finally:
                await engine.dispose()

        asyncio.run(main())

    with on_database("postgresql"):
        return run(on, "sqlalchemy"), run(on, "cormorant")


def only_refused(mine: Any, theirs: Any) -> bool:
    """Whether asyncpg takes no such value, which we do."""
    return theirs[1:2] in (["22000"], ["42725"], ["42883"]) and mine[1:2] != theirs[1:2]


def compare(function: Any, driver: str, log: bool = True) -> None:
    """Both show the same, and log the same SQL unless not `log`."""
    peer, ours = both(function, driver)
    for outcome in (ours, peer):
        if outcome.error is not None:
            raise AssertionError(str(outcome.error)) from outcome.error_object  # type: ignore[attr-defined]
    shown = [
        (mine, theirs)
        for mine, theirs in zip(ours.shown, peer.shown, strict=True)
        if driver != "asyncpg" or not only_refused(mine, theirs)
    ]
    assert [plainly(mine) for mine, _ in shown] == [plainly(theirs) for _, theirs in shown]
    if log:
        assert said(ours.sql) == said(peer.sql)
    assert ours.warned == peer.warned


def rows(result: Any) -> list[Any]:
    return [tuple(row) for row in result]


def state_of(error: Any) -> str:
    """The SQLSTATE, which psycopg2 has another name for."""
    return error.orig.pgcode if "psycopg2" in repr(type(error.orig)) else error.orig.sqlstate  # type: ignore[no-any-return]


def class_of(p: Peer, error: Any, c: Any) -> Any:
    """The class of an error. SQLAlchemy knows few for asyncpg: ours is a closer one."""
    known = (p.IntegrityError, p.ProgrammingError, p.InterfaceError)
    is_asyncpg = (
        c.get_bind().dialect.driver == "asyncpg"
        if hasattr(c, "get_bind")
        else c.dialect.driver == "asyncpg"
    )
    return p.DBAPIError if is_asyncpg and type(error) not in known else type(error)


def failing(p: Peer, c: Any, action: Callable[[], Any]) -> None:
    """Show what came of it: rows, or the class of the error and its SQLSTATE; then roll back."""
    try:
        found = action()
        if hasattr(found, "scalars"):
            found = rows(found) if getattr(found, "returns_rows", True) else found.rowcount
        p.show(found)
    except p.DBAPIError as error:
        p.show(
            class_of(p, error, c),
            state_of(error),
            re.sub(r"\(Background.*", "", str(error)[str(error).find("[SQL") :]),
        )
    c.rollback()
