"""Events of pools, and the DB-API connections that their listeners get."""

import pytest

from .event_env import Recorder
from .harness import compare

POOL = [
    "first_connect",
    "connect",
    "checkout",
    "checkin",
    "reset",
    "invalidate",
    "soft_invalidate",
    "close",
    "detach",
    "close_detached",
]


@pytest.mark.parametrize("kind", ["file", "memory", "null", "static", "assertion"])
def test_everything_of_a_pool(kind):
    def program(p):
        options = {}
        if kind in ("null", "static", "assertion"):
            name = {"null": "NullPool", "static": "StaticPool", "assertion": "AssertionPool"}
            options["poolclass"] = getattr(p.module("pool"), name[kind])
        engine = p.engine("sqlite://" if kind == "memory" else "sqlite:///f.db", **options)
        recorder = Recorder(p, lambda value: value is None)
        recorder.on(engine, POOL)
        for _ in range(2):
            with engine.connect() as conn:
                p.mark("use")
                p.show("in use")
                conn.exec_driver_sql("SELECT 1")
        if kind == "file":
            with engine.connect(), engine.connect():
                p.show("two")
        with engine.connect() as conn:
            conn.invalidate()
            p.show("invalid")
            conn.exec_driver_sql("SELECT 1")
        raw = engine.raw_connection()
        raw.cursor().execute("SELECT 1")
        raw.close()
        engine.dispose()
        p.show("disposed")
        with engine.connect() as conn:
            conn.exec_driver_sql("SELECT 1")

    compare(program)


def test_overflow_and_detached_connections_are_closed():
    def program(p):
        engine = p.engine("sqlite:///f.db", pool_size=1, max_overflow=2)
        recorder = Recorder(p, lambda value: value is None)
        recorder.on(engine, POOL)
        first, second, third = (engine.connect() for _ in range(3))
        p.show("three")
        third.close()
        p.show("one back")
        second.close()
        p.show("two back")
        first.detach()
        p.show("detached")
        first.close()

    compare(program)


@pytest.mark.sqlite_only
def test_pragmas_on_connect():
    def program(p):
        engine = p.engine("sqlite:///f.db")

        @p.sa.event.listens_for(engine, "connect")
        def set_pragma(dbapi_connection, connection_record):
            cursor = dbapi_connection.cursor()
            cursor.execute("PRAGMA foreign_keys=ON")
            cursor.close()
            connection_record.info["set"] = True

        @p.sa.event.listens_for(engine, "checkout")
        def checkout(dbapi_connection, connection_record, connection_proxy):
            p.show(connection_record.info, connection_proxy.info)
            cursor = dbapi_connection.cursor()
            p.show(cursor.execute("PRAGMA foreign_keys").fetchall())

        with engine.connect() as conn:
            p.show(conn.exec_driver_sql("PRAGMA foreign_keys").scalar(), conn.info)

    compare(program)


def test_cursors_of_the_connections_that_listeners_get():
    def program(p):
        engine = p.engine("sqlite:///f.db")
        mark, name = ("?", ":n") if engine.dialect.positional else ("%s", "%(n)s")

        def use(dbapi_connection, *rest):
            cursor = dbapi_connection.cursor()
            cursor.execute(f"SELECT 1 WHERE 'a' = {mark}", ("a",))
            p.show(cursor.fetchall(), cursor.rowcount in (-1, 1), len(cursor.description))
            cursor.execute(f"SELECT 1 WHERE 'a' = {name}", {"n": "b"})
            p.show(cursor.fetchone())
            p.error(lambda: cursor.execute("SELECT nothing"), text=False)
            cursor.close()
            dbapi_connection.rollback()

        p.sa.event.listen(engine, "connect", use)
        p.sa.event.listen(engine, "checkout", use)
        with engine.connect() as conn:
            p.show(conn.exec_driver_sql("SELECT 1").scalar())

    compare(program)


@pytest.mark.sqlite_only
def test_do_connect():
    def program(p):
        engine = p.engine("sqlite:///wrong.db")

        @p.sa.event.listens_for(engine, "do_connect")
        def connect(dialect, conn_rec, cargs, cparams):
            cargs[0] = "right.db"
            cparams["timeout"] = 1

        with engine.connect() as conn:
            name = conn.exec_driver_sql("PRAGMA database_list").all()[0][2]
            p.show(name.rpartition("/")[2])

    compare(program)


def test_checkout_may_ask_for_another_connection():
    def program(p):
        engine = p.engine("sqlite:///f.db")
        seen = []

        @p.sa.event.listens_for(engine, "checkout")
        def checkout(dbapi_connection, connection_record, connection_proxy):
            seen.append(connection_record.info.get("n"))
            if len(seen) == 2:
                raise p.DisconnectionError("gone")

        @p.sa.event.listens_for(engine, "connect")
        def connect(dbapi_connection, connection_record):
            connection_record.info["n"] = len(seen)

        with engine.connect():
            pass
        with engine.connect() as conn:
            p.show(conn.exec_driver_sql("SELECT 1").scalar())
        p.show(seen)

    compare(program)
