"""How statements run: prepared, streamed, in pipelines, interrupted."""

from __future__ import annotations

import _thread
import faulthandler
import logging
import signal
import socket
import sys
import threading
import time
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

import cormorant as sa
from cormorant import exc
from cormorant.orm import Session, declarative_base

from .proxy import Proxy

text = sa.text


def backend(conn: Any) -> int:
    return conn.execute(text("select pg_backend_pid()")).scalar()  # type: ignore[no-any-return]


def wait_for_state(engine: Any, process: int, state: str | None) -> None:
    """Until a backend is in a state, None: gone. Each look needs a transaction of its own."""
    query = text("select state from pg_stat_activity where pid = :pid")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        for _ in range(1000):
            if conn.execute(query, {"pid": process}).scalar() == state:
                return
            time.sleep(0.01)
    raise AssertionError(f"never {state}")


def prepared(conn: Any) -> list[str]:
    query = text("select statement from pg_prepared_statements order by prepare_time")
    return list(conn.execute(query).scalars())


# --- prepared statements -----------------------------------------------------------


def test_prepared_after_a_few_uses(conn: Any) -> None:
    for number in range(5):
        conn.execute(text("select :x + 1"), {"x": number})
        assert "select $1 + 1" not in prepared(conn)
    assert conn.execute(text("select :x + 1"), {"x": 5}).scalar() == 6
    assert "select $1 + 1" in prepared(conn)
    # a value that needs another type is prepared anew, the old one given up
    assert conn.execute(text("select :x + 1"), {"x": 2**40}).scalar() == 2**40 + 1
    assert prepared(conn).count("select $1 + 1") == 1


@pytest.mark.parametrize(("threshold", "count"), [(None, 0), (0, 1), (1, 1)])
def test_threshold(threshold: Any, count: int, url: str) -> None:
    engine = sa.create_engine(url, connect_args={"prepare_threshold": threshold})
    with engine.connect() as conn:
        for _ in range(3):
            conn.execute(text("select 1"))
        assert prepared(conn).count("select 1") == count
        conn.execute(text("create temp table t (a int)"))
        conn.execute(text("insert into t values (:a)"), [{"a": i} for i in range(300)])
        if threshold is None:
            assert prepared(conn) == []
    engine.dispose()


def test_changed_schema(engine: Any) -> None:
    with engine.connect() as conn, engine.connect() as other:
        conn.execute(text("create table t (a int)"))
        conn.commit()
        for _ in range(8):
            assert list(conn.execute(text("select * from t")).keys()) == ["a"]
            conn.commit()
        other.execute(text("alter table t add b text"))
        other.commit()
        # the first statement of a transaction is simply run again
        assert list(conn.execute(text("select * from t")).keys()) == ["a", "b"]
        conn.commit()
        for _ in range(8):
            conn.execute(text("select * from t"))
        conn.commit()
        conn.execute(text("select 1"))
        other.execute(text("alter table t add c text"))
        other.commit()
        # a later one cannot be: the transaction has failed, the next one succeeds
        with pytest.raises(exc.NotSupportedError, match="cached plan must not change"):
            conn.execute(text("select * from t"))
        conn.rollback()
        assert list(conn.execute(text("select * from t")).keys()) == ["a", "b", "c"]


def test_discarded_statements(conn: Any) -> None:
    for _ in range(8):
        conn.execute(text("select 2"))
    conn.commit()
    conn.execute(text("deallocate all"))
    conn.commit()
    assert conn.execute(text("select 2")).scalar() == 2


def test_statement_that_fails_again_and_again(conn: Any) -> None:
    conn.execute(text("create table t (a int primary key)"))
    conn.execute(text("insert into t values (1)"))
    conn.commit()
    for _ in range(20):
        with pytest.raises(exc.IntegrityError) as caught:
            conn.execute(text("insert into t values (:a)"), {"a": 1})
        conn.rollback()
    assert len(prepared(conn)) < 5
    error: Any = caught.value.orig
    assert (error.sqlstate, error.pgcode) == ("23505", "23505")
    assert error.diag.constraint_name == "t_pkey"
    assert error.diag.table_name == "t"
    assert error.diag.message_detail == "Key (a)=(1) already exists."
    assert type(error).__name__ == "UniqueViolation"
    assert isinstance(error, conn.dialect.dbapi.IntegrityError)
    assert error.pgerror.startswith("ERROR:  duplicate key")


def test_many_statements_are_given_up(conn: Any) -> None:
    for number in range(200):
        for _ in range(7):
            conn.execute(text(f"select {number}"))
    assert len(prepared(conn)) < 140


# --- streams -----------------------------------------------------------------------


# not that of the question itself, which may be a stream as well
OPEN_CURSORS = (
    "select count(*) from pg_cursors where name <> '' and strpos(statement, 'pg_cursors') = 0"
)
SERIES = text("select i, repeat('x', 10) from generate_series(1, 2500) i")


@pytest.mark.parametrize("size", [1, 7, 1000, 2500, 5000])
def test_stream(size: int, conn: Any) -> None:
    result = conn.execution_options(stream_results=True, max_row_buffer=size).execute(SERIES)
    seen = []
    for row in result:
        seen.append(row[0])
        if row[0] == 3:
            # the connection is free for other statements meanwhile
            assert backend(conn) > 0
    assert seen == list(range(1, 2501))
    assert conn.exec_driver_sql(OPEN_CURSORS).scalar() == 0


@pytest.mark.parametrize(
    "sql",
    [
        "(select generate_series(1, 5000) n) union all (select 1)",
        "((values (1)) union all (select generate_series(1, 5000)))",
        "with w as (select generate_series(1, 5000) n) select n from w",
    ],
)
def test_streams_that_begin_otherwise(conn: Any, sql: str) -> None:
    """Rows wait on the server, in a cursor."""
    result = conn.execution_options(stream_results=True, max_row_buffer=9).execute(text(sql))
    assert result.fetchone() is not None
    assert conn.exec_driver_sql(OPEN_CURSORS).scalar() == 1
    assert len(result.all()) == 5000 - ("with" in sql)


def test_stream_given_up(conn: Any) -> None:
    for _ in range(3):
        result = conn.execution_options(stream_results=True, max_row_buffer=10).execute(SERIES)
        assert result.fetchone()[0] == 1
        result.close()
    assert conn.exec_driver_sql(OPEN_CURSORS).scalar() == 0
    result = conn.execute(SERIES)
    result.fetchone()
    conn.commit()
    assert backend(conn) > 0


def test_stream_ended_by_the_transaction(conn: Any) -> None:
    for end in (conn.commit, conn.rollback):
        for _ in range(3):
            result = conn.execute(SERIES, execution_options={"yield_per": 100})
            result.fetchmany(100)
            kept = conn.execute(SERIES, execution_options={"yield_per": 500})
            assert len(kept.all()) == 2500
            end()
            with pytest.raises(exc.ProgrammingError, match="does not exist"):
                result.all()
            conn.rollback()
            assert backend(conn) > 0
    # a savepoint takes its cursors with it
    conn.execute(text("select 1"))
    inner = conn.begin_nested()
    result = conn.execute(SERIES, execution_options={"yield_per": 100})
    result.fetchmany(100)
    inner.rollback()
    result.close()
    assert backend(conn) > 0


def test_stream_without_a_transaction(engine: Any) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        result = conn.execute(SERIES, execution_options={"yield_per": 100})
        assert len(result.all()) == 2500
        assert conn.exec_driver_sql(OPEN_CURSORS).scalar() == 0


def test_stream_of_what_no_cursor_can_read(conn: Any) -> None:
    conn.execute(text("create temp table t (a int)"))
    streaming = conn.execution_options(stream_results=True, max_row_buffer=2)
    insert = text("insert into t select generate_series(1, 9) returning a")
    assert len(streaming.execute(insert).all()) == 9
    both = text("with x as (update t set a = a + 1 returning a) select * from x")
    assert len(streaming.execute(both).all()) == 9
    assert streaming.execute(text("show timezone")).scalar()


# --- pipelines -----------------------------------------------------------------------


@pytest.fixture
def mapped(engine: Any) -> Any:
    Base = declarative_base()

    class Thing(Base):
        __tablename__ = "things"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String(20))
        number = sa.Column(sa.Numeric)
        made = sa.Column(sa.DateTime, server_default=sa.text("'2020-01-01'"))

    Base.metadata.create_all(engine)
    return Thing


@pytest.mark.parametrize("count", [1, 2, 3, 127, 128, 129, 1500])
def test_flush(count: int, engine: Any, mapped: Any) -> None:
    with Session(engine) as session:
        things = [mapped(name=f"n{i}", number=i if i % 3 else None) for i in range(count)]
        session.add_all(things)
        session.flush()
        assert [t.id for t in things] == list(range(1, count + 1))
        session.commit()
        assert things[-1].made.year == 2020
        for thing in things:
            thing.name += "!"
        session.commit()
        names = dict(session.execute(sa.select(mapped.id, mapped.name)).all())
        assert names == {i + 1: f"n{i}!" for i in range(count)}
        for thing in things:
            session.delete(thing)
        session.commit()
        assert session.query(mapped).count() == 0


def test_types_that_differ_from_sqlite(engine: Any) -> None:
    """One class on both databases, each with its own idea of the types."""
    import datetime as dt

    Base = declarative_base()

    class Upper(sa.TypeDecorator):
        impl = sa.String
        cache_ok = True

        def process_result_value(self, value: Any, dialect: Any) -> Any:
            return f"{dialect.name}:{value}"

    class Span(Base):
        __tablename__ = "spans"
        id = sa.Column(sa.Integer, primary_key=True)
        length = sa.Column(sa.Interval)
        name = sa.Column(Upper)
        data = sa.Column(sa.JSON().with_variant(sa.String(), "sqlite"))

    lite = sa.create_engine("sqlite://")
    length = dt.timedelta(days=40, seconds=5)
    kept = []
    sessions = []  # a session that is collected leaves its objects alone
    for bind, data in ((lite, "text"), (engine, {"a": [1]}), (lite, "text"), (engine, {"a": [1]})):
        Base.metadata.create_all(bind)
        session = Session(bind)
        session.add(Span(length=length, name="x", data=data))
        session.commit()
        session.close()
        sessions.append(session)
        kept.append((session.query(Span).order_by(Span.id.desc()).limit(1).one(), bind, data))
    for span, bind, data in kept:
        assert span.length == length
        assert span.name == f"{bind.dialect.name}:x"
        assert span.data == data
    for session in sessions:
        session.close()


def test_flush_takes_few_round_trips(engine: Any, mapped: Any) -> None:
    """A statement a row would show in the server's count of statements."""
    with Session(engine) as session:
        session.add_all([mapped(name="x") for _ in range(512)])
        session.flush()
        calls = session.execute(text("select xact_commit from pg_stat_database limit 1"))
        assert calls.scalar() is not None
        statements = prepared(session.connection())
        # as arrays, not one by one
        assert any("SELECT unnest(" in s for s in statements)


def test_row_that_fails(engine: Any, mapped: Any) -> None:
    with Session(engine) as session:
        session.add_all([mapped(name="x") for _ in range(49)])
        session.commit()
        session.add_all([mapped(name="fine"), mapped(name="y" * 21), mapped(name="fine")])
        with pytest.raises(exc.DataError, match="value too long"):
            session.flush()
        session.rollback()
        assert session.query(mapped).count() == 49
    with engine.connect() as conn:
        insert = sa.insert(mapped.__table__)
        with pytest.raises(exc.IntegrityError):
            conn.execute(insert, [{"id": i, "name": "x"} for i in (100, 101, 1, 102)])
        conn.rollback()
        for _ in range(3):
            conn.execute(insert, [{"id": i, "name": "x"} for i in (100, 101, 102)])
            conn.rollback()


def test_values_of_several_types_in_one_column(conn: Any) -> None:
    conn.execute(text("create temp table t (id serial, v numeric)"))
    values: list[Any] = [1, None, 2**40, "5", 1.5, 2**70, None, 7]
    conn.execute(text("insert into t (v) values (:v)"), [{"v": v} for v in values])
    found = conn.execute(text("select v from t order by id")).scalars().all()
    assert [None if v is None else float(v) for v in found] == [
        None if v is None else float(v) for v in values
    ]


def test_executemany_counts(conn: Any) -> None:
    conn.execute(text("create temp table t (a int)"))
    assert (
        conn.execute(text("insert into t values (:a)"), [{"a": i} for i in range(9)]).rowcount == 9
    )
    update = text("update t set a = a + 1 where a >= :a")
    assert conn.execute(update, [{"a": 100}, {"a": 8}, {"a": 0}]).rowcount == 10


def test_several_statements_in_one_text(conn: Any) -> None:
    conn.execute(text("create temp table t (a int); insert into t values (1), (2); -- done"))
    assert conn.execute(text("select count(*) from t;")).scalar() == 2
    conn.execute(text("select ';' as \"a;b\" -- ; \n /* ; /* ; */ */ where $x$;$x$ <> E'\\';'"))
    assert conn.execute(text("")).returns_rows is False


# --- transactions -----------------------------------------------------------------------


def test_isolation_levels(engine: Any) -> None:
    with engine.connect() as conn:
        assert conn.get_isolation_level() == "READ COMMITTED"
    for level in ("SERIALIZABLE", "REPEATABLE READ", "READ UNCOMMITTED"):
        with engine.connect().execution_options(isolation_level=level) as conn:
            shown = conn.execute(text("show transaction isolation level")).scalar()
            assert shown.upper() == level
    with engine.connect() as conn:
        assert conn.get_isolation_level() == "READ COMMITTED"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("create table t (a int)"))
        conn.execute(text("insert into t values (1)"))
        conn.rollback()
    with engine.connect() as conn:
        assert conn.execute(text("select a from t")).scalar() == 1
    with pytest.raises(exc.ArgumentError, match="Valid isolation levels"):
        engine.connect().execution_options(isolation_level="NONE")


def test_read_only(engine: Any) -> None:
    options = {"postgresql_readonly": True, "postgresql_deferrable": True}
    with engine.connect().execution_options(isolation_level="SERIALIZABLE", **options) as conn:
        assert conn.execute(text("show transaction_read_only")).scalar() == "on"
        assert conn.execute(text("show transaction_deferrable")).scalar() == "on"
        with pytest.raises(exc.InternalError, match="read-only transaction"):
            conn.execute(text("create table t (a int)"))
    with engine.connect() as conn:
        assert conn.execute(text("show transaction_read_only")).scalar() == "off"


def test_savepoints(conn: Any) -> None:
    conn.execute(text("create temp table t (a int)"))
    with conn.begin_nested():
        conn.execute(text("insert into t values (1)"))
    inner = conn.begin_nested()
    with pytest.raises(exc.ProgrammingError):
        conn.execute(text("select nothing"))
    inner.rollback()
    assert conn.execute(text("select count(*) from t")).scalar() == 1
    conn.rollback()
    # a savepoint as the first thing of a transaction
    with conn.begin_nested():
        assert conn.execute(text("select 1")).scalar() == 1


def test_begin_is_no_round_trip(conn: Any) -> None:
    """BEGIN goes with the first statement: until then the server knows of none."""
    with conn.begin():
        core = conn.connection.dbapi_connection
        assert core.in_transaction is False
        conn.execute(text("select 1"))
        assert core.in_transaction is True
    assert core.in_transaction is False


def test_two_phase(engine: Any) -> None:
    with engine.connect() as conn:
        if int(conn.execute(text("show max_prepared_transactions")).scalar()) == 0:
            pytest.skip("the server has no prepared transactions")
        conn.execute(text("create table t (a int)"))
        conn.commit()
        xact = conn.begin_twophase("mine")
        conn.execute(text("insert into t values (1)"))
        xact.prepare()
        xact.commit()
        assert conn.execute(text("select count(*) from t")).scalar() == 1


# --- messages, signals ------------------------------------------------------------------


def test_notices(conn: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "cormorant.dialects.postgresql"):
        conn.execute(text("do $$ begin raise notice 'seen % é', 1; end $$"))
    assert [r.getMessage() for r in caplog.records] == ["NOTICE: seen 1 é"]


class Alarm(Exception):
    """Raised by the handler of a signal."""


@pytest.mark.parametrize(
    "sql", ["select pg_sleep(20)", "select count(*) from generate_series(1, 10^12::bigint)"]
)
def test_signal_cancels(sql: str, conn: Any) -> None:
    def raise_alarm(*args: Any) -> None:
        raise Alarm

    process = backend(conn)
    conn.rollback()
    before = signal.signal(signal.SIGALRM, raise_alarm)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        began = time.monotonic()
        with pytest.raises((Alarm, exc.StatementError)):
            conn.exec_driver_sql(sql)
        assert time.monotonic() - began < 10
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    conn.rollback()
    assert backend(conn) == process


def test_signal_cancels_while_rows_are_coming(conn: Any) -> None:
    """They come before the server has been silent for long, each time; nothing wakes who waits."""

    def raise_alarm(*args: Any) -> None:
        raise Alarm

    process = backend(conn)
    before = signal.signal(signal.SIGALRM, raise_alarm)
    timer = threading.Timer(0.2, _thread.interrupt_main, [signal.SIGALRM])
    try:
        timer.start()
        began = time.monotonic()
        with pytest.raises((Alarm, exc.StatementError)):
            conn.exec_driver_sql(
                "select pg_sleep(0.01), repeat('x', 10000) from generate_series(1, 3000)"
            )
        assert time.monotonic() - began < 10
    finally:
        timer.join()
        signal.signal(signal.SIGALRM, before)
    conn.rollback()
    assert backend(conn) == process


def test_keyboard_interrupt_leaves_the_pool_healthy(engine: Any) -> None:
    def interrupt(process: int) -> None:
        wait_for_state(engine, process, "active")
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    # a shell that starts the tests in the background has the signal ignored
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with engine.connect() as conn:
            process = backend(conn)
            conn.commit()
            thread = threading.Thread(target=interrupt, args=[process])
            with pytest.raises(KeyboardInterrupt):
                thread.start()
                conn.execute(text("select pg_sleep(20)"))
            thread.join()
    finally:
        signal.signal(signal.SIGINT, before)
    with engine.connect() as conn:
        assert conn.execute(text("select 1")).scalar() == 1
        assert backend(conn) != process
    wait_for_state(engine, process, None)


@pytest.mark.parametrize("then", ["null", "perform pg_sleep(20)"])
def test_keyboard_interrupt_within_a_notice_handler(url: str, then: str) -> None:
    """It cannot pass through libpq: it comes again once that has returned, or waits."""

    def handler(diagnostic: Any) -> None:
        signal.raise_signal(signal.SIGINT)

    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with engine.connect() as conn:
            conn.connection.driver_connection.add_notice_handler(handler)
            with pytest.raises(KeyboardInterrupt):
                conn.exec_driver_sql(f"do $$ begin raise notice 'x'; {then}; end $$")
                for _ in range(1000):  # whatever runs next
                    pass
    finally:
        signal.signal(signal.SIGINT, before)
        engine.dispose()


def test_keyboard_interrupt_within_a_notice_handler_of_a_thread(url: str) -> None:
    """Signals do not interrupt it: it is the program's own, and nobody else's."""
    shown: list[Any] = []

    def handler(diagnostic: Any) -> None:
        raise KeyboardInterrupt

    def work() -> None:
        with engine.connect() as conn:
            conn.connection.driver_connection.add_notice_handler(handler)
            conn.exec_driver_sql("do $$ begin raise notice 'x'; end $$")

    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    before = sys.unraisablehook
    sys.unraisablehook = lambda about: shown.append(about.exc_type)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    finally:
        sys.unraisablehook = before
        engine.dispose()
    assert shown == [KeyboardInterrupt]


def test_other_threads_run_while_a_cancellation_is_waited_for(url: str) -> None:
    """The server takes the request for one and says nothing; the connection is closed, too."""
    address = urlsplit(url)
    with Proxy("127.0.0.1", address.port or 5432) as proxy, socket.create_server(("", 0)) as mute:
        engine = sa.create_engine(
            f"postgresql://{address.username}@127.0.0.1:{proxy.port}{address.path}",
            connect_args={"sslmode": "disable", "gssencmode": "disable"},
        )
        with engine.connect() as conn:
            conn.execute(text("select 1"))
            core = conn.connection.dbapi_connection
            proxy.target = "127.0.0.1", mute.getsockname()[1]
            thread = threading.Thread(target=core.interrupt)
            faulthandler.dump_traceback_later(60, exit=True)  # no thread would run
            thread.start()
            for _ in range(20):
                time.sleep(0.01)
            assert thread.is_alive()
            conn.invalidate()
        assert thread.is_alive()
        proxy.cut()
        thread.join(30)
        faulthandler.cancel_dump_traceback_later()
        assert not thread.is_alive()


def test_other_threads_run_meanwhile(engine: Any) -> None:
    ticks = 0
    done = threading.Event()

    def wait() -> None:
        with engine.connect() as conn:
            conn.execute(text("select pg_sleep(0.5)"))
        done.set()

    thread = threading.Thread(target=wait)
    thread.start()
    while not done.wait(0.01):
        ticks += 1
    thread.join()
    assert ticks > 10


def test_connections_are_not_shared_with_a_child(engine: Any) -> None:
    import os

    with engine.connect() as conn:
        mine = backend(conn)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with engine.connect() as conn:
                status = 0 if backend(conn) != mine else 2
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    with engine.connect() as conn:
        assert backend(conn) == mine


def test_copy_is_refused_and_harmless(conn: Any) -> None:
    conn.execute(text("create temp table t (a int)"))
    conn.commit()
    for sql in ("copy t from stdin", "copy (select 1) to stdout"):
        with pytest.raises(exc.DBAPIError):
            conn.execute(text(sql))
        conn.rollback()
        assert conn.execute(text("select 1")).scalar() == 1


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select /* a /* b; */ ' */ 1", 1),
        ("select -- a; '\n1", 1),
        ("select 'a;''b'", "a;'b"),
        (r"select E'a;\'b\\'", "a;'b\\"),
        (r"select 'a\'", "a\\"),
        ("select $$a;'b$$", "a;'b"),
        ("select $t$a;$$b$t$", "a;$$b"),
        ('select 1 as "a;""b"', 1),
        ("select a$b from (select 2 as a$b) as é$", 2),
        ("select 1;", 1),
        ("select 1; -- nothing", 1),
        ("values (1)", 1),
        ("with a as (select 1) select * from a", 1),
        ("table one", 1),
        ("with a as (insert into one values (2) returning n) select * from a", 2),
        ("with a as (delete from one returning n) select * from a", 1),
    ],
)
def test_where_a_statement_ends(conn: Any, sql: str, expected: Any) -> None:
    conn.exec_driver_sql("create table one (n int)")
    conn.exec_driver_sql("insert into one values (1)")
    conn.commit()
    for options in ({}, {"yield_per": 1}):
        found = conn.exec_driver_sql(sql, execution_options=options).all()
        assert [tuple(row) for row in found] == [(expected,)]
        conn.rollback()


@pytest.mark.parametrize(
    "sql",
    ["select /* a", "select /* /* */", "select 'a", "select E'a\\", 'select "a', "select $$a",
     "select $t$a$$", "select $a", "select $", "/", "'", "$", "-"],
)  # fmt: skip
def test_statements_that_do_not_end(conn: Any, sql: str) -> None:
    with pytest.raises(sa.exc.ProgrammingError):
        conn.exec_driver_sql(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "insert into t (n) values (%(n)s)",
        "insert into t (n) values(( %(n)s ))/* all */",
        "insert into t (n) values (%(n)s), (1)",
        "insert into t (n) values (%(n)s) , (%(n)s)",
        "insert into t (n) values (%(n)s) on conflict do nothing",
        "insert into t (n) values (%(n)s) returning n",
        "insert into t (n) values (%(n)s) returning n, %(n)s + 1",
        "insert into t (n) values ((select %(n)s))",
        "insert into t (n) values (abs(%(n)s))",
        "insert into t (n) select %(n)s",
        "insert into t (n) select n + %(n)s from (values (1), (2)) as v (n)",
        "insert into t (n) (values (%(n)s))",
        "insert into t (n, note) values (%(n)s, 'values ($1), ($2)')",
        "with v as (select 1) insert into t (n) values (%(n)s)",
    ],
)
def test_inserts_of_many_rows_in_every_form(engine: Any, url: str, sql: str) -> None:
    rows = [{"n": n} for n in range(-20, 20)]
    with engine.begin() as connection:
        connection.exec_driver_sql("create table t (n int, note text)")
        connection.exec_driver_sql(sql, rows)
        question = text("select n, note, count(*) from t group by n, note order by n, note")
        found = [tuple(row) for row in connection.execute(question)]
        connection.exec_driver_sql("truncate t")
    with psycopg.connect(url) as peer:
        peer.cursor().executemany(sql, rows)
        assert peer.execute(str(question)).fetchall() == found


def test_what_a_signal_raises_is_the_program_s(conn: Any) -> None:
    """It says nothing about a value, and is not wrapped; the statement is cancelled."""

    class Alarm(Exception):
        pass

    def ring(*_: Any) -> None:
        raise Alarm

    before = signal.signal(signal.SIGALRM, ring)
    try:
        for execute in (conn.exec_driver_sql, lambda sql: conn.execute(text(sql))):
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            with pytest.raises(Alarm):
                execute("select pg_sleep(20)")
            conn.rollback()
            assert conn.exec_driver_sql("select 1").scalar() == 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
