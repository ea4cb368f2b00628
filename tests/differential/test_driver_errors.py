"""`orig` of an error is what the driver of the URL raises: its name, its text, its SQLSTATE; and a
program that has imported that driver finds it among the classes of that."""

from __future__ import annotations

import asyncio
import pickle
import subprocess
import sys

import pytest

from .. import postgres
from . import harness
from .harness import Peer

FAILING = (
    "SELECT nope",
    "SELEC 1",
    "SELECT * FROM nowhere",
    "INSERT INTO refusing VALUES (1, 1)",
    "INSERT INTO refusing VALUES (2, NULL)",
    "INSERT INTO refusing VALUES (2, -1)",
    "INSERT INTO refusing VALUES (2, 2, 2)",
)
OF_SERVER = (
    "SELECT 1/0",
    "SELECT 'x'::int",
    "SELECT 'x'::uuid",
    "DO $$ BEGIN RAISE EXCEPTION 'no' USING DETAIL = 'why', HINT = 'do not'; END $$",
    "DO $$ BEGIN RAISE EXCEPTION 'odd' USING ERRCODE = 'ZZ123'; END $$",
    "CREATE TABLE refusing (id INTEGER)",
    "SET LOCAL statement_timeout = '1ms'; SELECT pg_sleep(1)",
)

needs_server = pytest.mark.skipif(postgres.scratch() is None, reason="no PostgreSQL server")


def driver_errors(p: Peer, url: str, statements: tuple[str, ...]):
    """The errors of statements, wrapped."""
    engine = p.engine(url)
    with engine.connect() as c:
        c.exec_driver_sql(
            "CREATE TEMPORARY TABLE refusing (id INTEGER PRIMARY KEY, a INTEGER NOT NULL CHECK (a > 0))"
        )
        c.exec_driver_sql("INSERT INTO refusing VALUES (1, 1)")
        c.commit()
        for statement in statements:
            try:
                c.exec_driver_sql(statement)
                p.show("passed", statement)
            except p.exc.DBAPIError as error:
                yield error
            c.rollback()


@needs_server
@pytest.mark.parametrize("driver", ["", "+psycopg2", "+psycopg"])
def test_errors_of_the_server(driver):
    import psycopg.errors
    import psycopg2.errors

    module = psycopg if driver == "+psycopg" else psycopg2
    url = f"postgresql{driver}:{postgres.scratch()}"

    def program(p):
        for error in driver_errors(p, url, FAILING + OF_SERVER):
            orig = error.orig
            cls = type(orig)
            state = orig.sqlstate if module is psycopg else orig.pgcode
            p.show(type(error).__name__, cls.__module__, cls.__name__, state, str(orig))
            theirs = getattr(module.errors, cls.__name__, None)
            p.show(theirs and isinstance(orig, theirs), orig.diag.constraint_name)
            if module is psycopg2:
                p.show(orig.pgerror)
            for name in ("IntegrityError", "ProgrammingError", "DataError", "OperationalError"):
                p.show(name, isinstance(orig, getattr(module, name)))
            again = pickle.loads(pickle.dumps(orig))
            p.show(type(again) is cls, str(again))
        for where in ("//postgres@127.0.0.1:1/x", f"{postgres.scratch()}_not_there"):
            try:
                p.engine(f"postgresql{driver}:{where}").connect()
            except p.exc.OperationalError as error:
                p.show(type(error.orig).__module__, str(error.orig))
        connection = p.engine(url).connect()
        connection.connection.dbapi_connection.close()
        try:
            connection.exec_driver_sql("SELECT 1")
        except p.exc.DBAPIError as error:
            orig = error.orig
            p.show(type(error).__name__, type(orig).__module__, str(orig))
            p.show(error.connection_invalidated, isinstance(orig, module.Error))

    harness.compare(program, sql=False)


@needs_server
def test_errors_of_asyncpg():
    """SQLAlchemy knows fewer classes for asyncpg: where it says DBAPIError there is a closer one."""
    import asyncpg

    url = f"postgresql+asyncpg:{postgres.scratch()}"

    async def run(p):
        engine = p.module("ext.asyncio").create_async_engine(url)
        async with engine.connect() as connection:
            await connection.exec_driver_sql(
                "CREATE TEMPORARY TABLE refusing (id INTEGER PRIMARY KEY, a INTEGER NOT NULL CHECK (a > 0))"
            )
            await connection.exec_driver_sql("INSERT INTO refusing VALUES (1, 1)")
            await connection.commit()
            for statement in FAILING + OF_SERVER[:-1]:
                try:
                    await connection.exec_driver_sql(statement)
                except p.exc.DBAPIError as error:
                    orig = error.orig
                    cause = orig.__cause__
                    p.show(str(orig), orig.pgcode, orig.sqlstate, type(cause).__name__)
                    p.show(isinstance(cause, asyncpg.PostgresError), str(cause), cause.detail)
                    p.show(cause.constraint_name, isinstance(error, p.exc.IntegrityError))
                    if statement in FAILING:
                        p.show(type(error).__name__)
                await connection.rollback()
        await engine.dispose()

    harness.compare(lambda p: asyncio.run(run(p)), sql=False)


def test_errors_of_sqlite():
    import sqlite3

    def program(p):
        for error in driver_errors(p, "sqlite://", FAILING):
            orig = error.orig
            cls = type(orig)
            p.show(cls.__module__, cls.__name__, str(orig), orig.sqlite_errorname)
            p.show(
                isinstance(orig, getattr(sqlite3, cls.__name__)), isinstance(orig, sqlite3.Error)
            )
            again = pickle.loads(pickle.dumps(orig))
            p.show(type(again) is cls, str(again))
        raw = p.engine("sqlite://").raw_connection()
        try:
            raw.cursor().execute("SELEC 1")
        except sqlite3.OperationalError as error:
            p.show(str(error))
        raw.dbapi_connection.close()
        try:
            raw.dbapi_connection.cursor().execute("SELECT 1")
        except sqlite3.ProgrammingError as error:
            p.show(str(error))

    harness.compare(program, sql=False)


ALONE = """
import sys
import cormorant
statement = "SELECT nope"
for url in sys.argv[1:]:
    try:
        cormorant.create_engine(url).connect().exec_driver_sql(statement)
    except cormorant.exc.DBAPIError as error:
        cls = type(error.orig)
        print(str(error).splitlines()[0], [base.__module__ for base in cls.__mro__])
drivers = {"sqlite3", "psycopg", "psycopg2", "asyncpg"}
print(sorted(drivers & set(sys.modules)))
"""


def test_without_the_drivers():
    """Nothing of them is imported to raise an error; its text is the same."""
    urls = ["sqlite://"]
    if postgres.scratch() is not None:
        drivers = ("psycopg2", "psycopg", "asyncpg")
        urls += [f"postgresql+{driver}:{postgres.scratch()}" for driver in drivers]
    done = subprocess.run(
        [sys.executable, "-c", ALONE, *urls], capture_output=True, text=True, check=True
    )
    *lines, imported = done.stdout.splitlines()
    assert imported == "[]"
    assert [line.split(" [")[0] for line in lines] == [
        "(sqlite3.OperationalError) no such column: nope",
        '(psycopg2.errors.UndefinedColumn) column "nope" does not exist',
        '(psycopg.errors.UndefinedColumn) column "nope" does not exist',
        "(cormorant.dialects.postgresql.asyncpg.ProgrammingError) "
        "<class 'asyncpg.exceptions.UndefinedColumnError'>: column \"nope\" does not exist",
    ][: len(urls)]
