"""What a session of the server holds and how it ends: locks, roles, tables, levels, conflicts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from .. import postgres
from . import harness
from .harness import Peer

pytestmark = pytest.mark.skipif(postgres.scratch() is None, reason="no PostgreSQL server")


def failing(p: Peer, label: str, action: Callable[[], Any]) -> None:
    """Show what programs read of an error: its class, SQLSTATE, and what the server said."""
    try:
        p.show(label, action())
    except p.DBAPIError as error:
        said = error.orig.diag
        fields = (
            "severity sqlstate message_primary message_hint statement_position schema_name "
            "table_name column_name datatype_name constraint_name"
        )
        p.show(
            label,
            type(error),
            [type(error.orig).__name__, error.orig.sqlstate, error.connection_invalidated],
            [getattr(said, field) for field in fields.split()],
        )


def advisory_locks(p: Peer):
    """Of a transaction they end with it; those of a session stay in the pool with it."""
    engine = p.engine(pool_size=1, max_overflow=0)
    other = p.engine()
    locks = p.text(
        "SELECT objid, mode FROM pg_locks WHERE locktype = 'advisory' AND database = "
        "(SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY 1, 2"
    )

    def held():
        with other.connect() as watch:
            return [tuple(row) for row in watch.execute(locks)]

    with engine.connect() as c:
        for name in ("lock(1)", "xact_lock(2)", "lock_shared(3)"):
            c.execute(p.text(f"SELECT pg_advisory_{name}"))
        p.show(held())
        c.commit()
        p.show(held())
    p.show(held())
    with engine.connect() as c:
        for name in ("try_advisory_lock(1)", "advisory_unlock(1)", "advisory_unlock(9)"):
            p.show(name, c.scalar(p.text(f"SELECT pg_{name}")))
        p.show(c.scalar(p.select(p.func.pg_advisory_unlock_all())))
    with p.orm.Session(engine) as s:
        s.execute(p.select(p.func.pg_advisory_xact_lock(5)))
        p.show(s.scalar(p.select(p.func.pg_try_advisory_xact_lock(6))), held())
        s.rollback()
        p.show(held())
        with s.begin():
            savepoint = s.begin_nested()
            s.execute(p.select(p.func.pg_advisory_xact_lock(8)))
            p.show(held())
            savepoint.rollback()
            p.show(held())
            with other.connect() as c:
                s.execute(p.select(p.func.pg_advisory_xact_lock(9)))
                p.show(c.scalar(p.select(p.func.pg_try_advisory_xact_lock(9))))
                c.execute(p.text("SET LOCAL lock_timeout = '50ms'"))
                waiting = p.select(p.func.pg_advisory_xact_lock(9))
                failing(p, "waited", lambda: c.execute(waiting))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as c:
        c.execute(p.text("SELECT pg_advisory_lock(10), pg_advisory_xact_lock(11)"))
        p.show(held())
    p.show(held())
    # of a pool that lets go of them itself
    letting = p.engine(pool_size=1, pool_reset_on_return=None)

    @p.module("event").listens_for(letting, "reset")
    def reset(connection: Any, record: Any, state: Any) -> None:
        if not state.terminate_only:
            connection.cursor().execute("SELECT pg_advisory_unlock_all()")
        connection.rollback()

    with letting.connect() as c:
        c.execute(p.text("SELECT pg_advisory_lock(12)"))
        p.show(held())
    p.show(held())


def roles(p: Peer):
    """SET is undone by a rollback alone, and stays in the pool."""
    engine = p.engine(pool_size=1, max_overflow=0)
    who = p.text("SELECT current_user")
    with engine.connect() as c:
        for sql in (
            "DROP ROLE IF EXISTS cormorant_limited",
            "CREATE ROLE cormorant_limited",
            "CREATE TABLE secret (a int)",
        ):
            c.execute(p.text(sql))
        c.commit()
        c.execute(p.text("SET ROLE cormorant_limited"))
        c.commit()
        p.show(c.scalar(who))
        failing(p, "secret", lambda: c.execute(p.text("SELECT * FROM secret")))
        c.rollback()
    with engine.connect() as c:
        p.show(c.scalar(who))
        c.execute(p.text("RESET ROLE"))
        c.rollback()
        p.show(c.scalar(who))
        c.execute(p.text("RESET ROLE"))
        c.commit()
        c.execute(p.text("SET LOCAL ROLE cormorant_limited"))
        p.show(c.scalar(who))
        c.rollback()
        p.show(c.scalar(who))
        c.execute(p.text("DROP ROLE cormorant_limited"))
        c.commit()


def things_of_a_session(p: Peer):
    """Temporary tables and statements that the program prepares."""
    engine = p.engine(pool_size=1, max_overflow=0)
    with engine.connect() as c:
        c.execute(p.text("CREATE TEMP TABLE kept (a int)"))
        c.execute(p.text("INSERT INTO kept VALUES (1)"))
        c.execute(p.text("PREPARE one(int) AS SELECT $1 + 1"))
        c.commit()
    with engine.connect() as c:
        p.show(c.scalar(p.text("SELECT count(*) FROM kept")))
        p.show(c.scalar(p.text("EXECUTE one(5)")), p.sa.inspect(c).get_temp_table_names())
        c.execute(p.text("DEALLOCATE one"))
        failing(p, "gone", lambda: c.execute(p.text("EXECUTE one(6)")))
        c.rollback()
        for end in ("DROP", "DELETE ROWS"):
            c.execute(p.text(f"CREATE TEMP TABLE shortly (a int) ON COMMIT {end}"))
            c.execute(p.text("INSERT INTO shortly VALUES (1)"))
            p.show(c.scalar(p.text("SELECT count(*) FROM shortly")))
            c.commit()
            failing(p, end, lambda: c.scalar(p.text("SELECT count(*) FROM shortly")))
            c.rollback()


def timeouts(p: Peer):
    engine = p.engine()
    with engine.connect() as c, engine.connect() as d:
        c.execute(p.text("SET LOCAL statement_timeout = 30"))
        failing(p, "statement", lambda: c.execute(p.text("SELECT pg_sleep(5)")))
        failing(p, "after", lambda: c.execute(p.text("SELECT 1")))
        c.rollback()
        p.show(c.scalar(p.text("SHOW statement_timeout")))
        c.execute(p.text("CREATE TABLE locked (a int)"))
        c.execute(p.text("INSERT INTO locked VALUES (1)"))
        c.commit()
        c.execute(p.text("SELECT * FROM locked FOR UPDATE"))
        d.execute(p.text("SET LOCAL lock_timeout = 30"))
        failing(p, "lock", lambda: d.execute(p.text("UPDATE locked SET a = 2")))
        d.rollback()
        failing(p, "nowait", lambda: d.execute(p.text("SELECT * FROM locked FOR UPDATE NOWAIT")))
        d.rollback()
        p.show(d.execute(p.text("SELECT * FROM locked FOR UPDATE SKIP LOCKED")).all())
    with engine.connect() as c:
        c.execute(p.text("SET idle_in_transaction_session_timeout = 30"))
        time.sleep(0.2)
        failing(p, "idle", lambda: c.execute(p.text("SELECT 1")))
        p.show(c.invalidated, c.closed)
        p.error(lambda: c.execute(p.text("SELECT 1")))
        c.rollback()
        p.show(c.scalar(p.text("SELECT 1")))
    with p.orm.Session(engine) as s:
        s.execute(p.text("SET idle_in_transaction_session_timeout = 30"))
        time.sleep(0.2)
        failing(p, "session", s.commit)
        s.rollback()
        p.show(s.scalar(p.text("SELECT 1")))


def conflicts(p: Peer):
    """Deadlocks and serialization failures, which programs tell from other errors to try again."""
    engine = p.engine()
    accounts = p.Table(
        "accounts", p.MetaData(), p.Column("id", p.Integer, primary_key=True),
        p.Column("n", p.Integer),
    )  # fmt: skip
    accounts.create(engine)
    with engine.begin() as c:
        c.execute(p.insert(accounts), [{"id": 1, "n": 1}, {"id": 2, "n": 1}])

    def update(connection: Any, number: int) -> Any:
        return connection.execute(p.update(accounts).where(accounts.c.id == number).values(n=5))

    with engine.connect() as a, engine.connect() as b:
        a.execute(p.text("SET LOCAL deadlock_timeout = '50ms'"))
        b.execute(p.text("SET LOCAL deadlock_timeout = '10s'"))
        update(a, 1)
        update(b, 2)
        waiting = threading.Thread(target=update, args=(b, 1))
        waiting.start()
        time.sleep(0.1)
        failing(p, "deadlock", lambda: update(a, 2))
        a.rollback()
        waiting.join()
    for level in ("SERIALIZABLE", "REPEATABLE READ"):
        strict = engine.execution_options(isolation_level=level)
        total = p.select(p.func.sum(accounts.c.n))
        with strict.connect() as a, strict.connect() as b:
            a.execute(total)
            b.execute(total)
            update(a, 1)
            update(b, 2)
            a.commit()
            failing(p, level, b.commit)
            b.rollback()
            b.execute(total)
            update(a, 1)
            a.commit()
            failing(p, f"{level} update", lambda: update(b, 1))
            b.rollback()

    class Account(p.Base):
        __table__ = accounts

    strict = engine.execution_options(isolation_level="SERIALIZABLE")
    with p.orm.Session(strict) as one, p.orm.Session(strict) as two:
        p.show([sum(account.n for account in s.query(Account)) for s in (one, two)])
        one.get(Account, 1).n += 1
        two.get(Account, 2).n += 1
        one.commit()
        failing(p, "session", two.commit)
        p.show(two.is_active)
        two.rollback()
        p.show(two.is_active, two.get(Account, 2).n)
        two.get(Account, 2).n += 1
        two.commit()
        p.show(two.get(Account, 2).n)


def levels(p: Peer):
    """What the server's default, the engine's, and a connection's level make of a transaction."""
    current = p.text("SHOW transaction_isolation")
    server = {"options": "-c default_transaction_isolation=serializable"}
    for options in (
        {},
        {"isolation_level": "REPEATABLE READ"},
        {"isolation_level": "AUTOCOMMIT"},
        {"execution_options": {"isolation_level": "SERIALIZABLE"}},
        {"connect_args": server},
        {"connect_args": server, "isolation_level": "READ COMMITTED"},
        {"connect_args": server, "isolation_level": "AUTOCOMMIT"},
    ):
        engine = p.engine(pool_size=1, max_overflow=0, **options)
        with engine.connect() as c:
            p.show(options, c.get_isolation_level(), c.default_isolation_level, c.in_transaction())
            p.show(c.scalar(current), c.get_isolation_level())
        for level in ("READ COMMITTED", "SERIALIZABLE", "AUTOCOMMIT"):
            with engine.connect().execution_options(isolation_level=level) as c:
                p.show(level, c.get_isolation_level(), c.scalar(current))
            with engine.connect() as c:
                p.show(c.scalar(current))
        with p.orm.Session(engine) as s:
            c = s.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            p.show(c.get_isolation_level(), s.scalar(current))
    engine = p.engine(pool_size=1, max_overflow=0)
    for change in (
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE",
    ):
        with engine.connect() as c:
            c.execute(p.text(change))
            p.show(change, c.get_isolation_level())
            c.commit()
            p.show(c.get_isolation_level(), c.scalar(current))
    with engine.connect().execution_options(isolation_level="READ COMMITTED") as c:
        p.show(c.scalar(current))


def asking_for_the_level(p: Peer):
    """It does not end the transaction that was begun before, of which the server knows nothing."""
    engine = p.engine()
    with engine.begin() as c:
        c.execute(p.text("CREATE TABLE counted (a int)"))
    count = p.text("SELECT count(*) FROM counted")
    with engine.connect() as c:
        transaction = c.begin()
        p.show(c.get_isolation_level())
        c.execute(p.text("INSERT INTO counted VALUES (1)"))
        transaction.rollback()
        p.show(c.scalar(count))
    with p.orm.Session(engine) as s:
        p.show(s.connection().get_isolation_level())
        s.execute(p.text("INSERT INTO counted VALUES (1)"))
        s.rollback()
        p.show(s.scalar(count))


@pytest.mark.parametrize(
    "program",
    [
        advisory_locks,
        roles,
        things_of_a_session,
        timeouts,
        conflicts,
        levels,
        asking_for_the_level,
    ],
)
def test_program(program: Any) -> None:
    with harness.on_database("postgresql"):
        harness.compare(program, sql=False)
