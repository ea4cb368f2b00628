"""COPY by raw cursors where something goes wrong, and how much memory it takes."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import cormorant as sa
from cormorant import make_url

from .proxy import Proxy
from .replay import ask, listening
from .test_hostile_copy import ABOUT, GREETING, message
from .test_hostile_server import words

ENDLESS = "COPY (SELECT repeat('x', 1000) FROM generate_series(1, 100000000)) TO STDOUT"


class Alarm(Exception):
    """What the handler of a signal raises."""


@pytest.fixture
def alarm() -> Iterator[Callable[[], Any]]:
    """Lets a signal come soon."""

    def raise_alarm(*args: Any) -> None:
        raise Alarm

    before = signal.signal(signal.SIGALRM, raise_alarm)
    yield lambda: signal.setitimer(signal.ITIMER_REAL, 0.3)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def raw(engine: Any) -> Iterator[Any]:
    """A raw connection with a table."""
    made = engine.raw_connection()
    made.cursor().execute("CREATE TABLE t (a int, b text)")
    made.commit()
    yield made
    made.close()


class Source:
    """A file of rows that are made when they are read."""

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def read(self, size: int) -> bytes:
        some = min(self.rows, 1000)
        self.rows -= some
        return b"1\t" + b"x" * 1000 + b"\n" if some == 1 else (b"1\t" + b"x" * 1000 + b"\n") * some


class Sink:
    """A file that counts what is written."""

    size = most = 0

    def write(self, data: bytes) -> None:
        self.size += len(data)
        self.most = max(self.most, len(data))


def resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def works(raw: Any) -> None:
    """The connection is of use, after a rollback."""
    process = raw.dbapi_connection.info.backend_pid
    raw.rollback()
    found = raw.cursor().execute("SELECT pg_backend_pid(), count(*) FROM t").fetchone()
    assert found == (process, 0)
    raw.rollback()


@pytest.mark.not_sanitized(reason="ASan keeps what is freed for a while")
def test_memory_is_bounded(raw: Any, url: str) -> None:
    engine = sa.create_engine(url)
    files = engine.raw_connection().cursor()
    sink = Sink()
    start = None
    for count in (1_000, 100_000):
        if count > 1_000:
            start = resident()
        files.copy_expert("COPY t FROM STDIN", Source(count))
        assert files.rowcount == count
        sink.size = 0
        files.copy_expert("COPY t TO STDOUT", sink)
        assert sink.size >= count * 1000
        with raw.cursor().copy(ENDLESS.replace("100000000", str(count))) as copy:
            assert sum(len(block) for block in copy) == count * 1001
    assert start is not None
    assert resident() - start < 8_000_000
    assert sink.most < 200_000
    engine.dispose()


LIMITED = """
import io, resource, sys
import cormorant as sa

url, how = sys.argv[1:]
engine = sa.create_engine(url)
raw = engine.raw_connection()
core = raw.dbapi_connection
raw.cursor().execute("SELECT 1")
sql = "COPY (SELECT repeat('x', 50000000)) TO STDOUT"
with open("/proc/self/statm") as file:
    mapped = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (mapped + 90_000_000, resource.RLIM_INFINITY))
try:
    if how == "file":
        raw.cursor().copy_expert(sql, io.BytesIO())
    elif how == "block":
        with raw.cursor().copy(sql) as copy:
            copy.read()
    else:
        raw.cursor().execute(sql)
except core.Error as error:
    print(str(error).splitlines()[0])
raw.close()
with engine.connect() as conn:
    print(conn.connection.dbapi_connection is core, conn.exec_driver_sql("SELECT 1").scalar())
"""


@pytest.mark.not_sanitized(reason="ASan maps more memory than may be")
@pytest.mark.parametrize("how", ["file", "block", "statement"])
def test_a_row_larger_than_memory(how: str, url: str) -> None:
    """libpq would tell of such a row again and again, without end."""
    driver = "psycopg2" if how == "file" else "psycopg"
    words = [sys.executable, "-c", LIMITED, url.replace(":", f"+{driver}:", 1), how]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    error = "COPY cannot be used with this method" if how == "statement" else "out of memory"
    # another connection takes its place
    assert done.stdout.splitlines() == [error, "False 1"], done.stderr


def test_a_signal_ends_reading(raw: Any, alarm: Any) -> None:
    began = time.monotonic()
    alarm()
    with pytest.raises(Alarm), raw.cursor().copy(ENDLESS) as copy:
        for _ in copy:
            pass
    assert time.monotonic() - began < 10
    works(raw)


def test_a_signal_ends_reading_from_a_silent_server(raw: Any, alarm: Any) -> None:
    alarm()
    with pytest.raises(Alarm), raw.cursor().copy("COPY (SELECT pg_sleep(60)) TO STDOUT") as copy:
        copy.read()
    works(raw)


def test_a_signal_ends_what_a_statement_began(raw: Any, alarm: Any) -> None:
    """A COPY that nobody reads, after whose first rows nothing comes."""
    silent = "repeat('x', 1000), CASE g WHEN 99 THEN pg_sleep(60) END"
    began = time.monotonic()
    alarm()
    with pytest.raises(Alarm):
        raw.cursor().execute(f"COPY (SELECT {silent} FROM generate_series(1, 100) g) TO STDOUT")
    assert time.monotonic() - began < 10
    works(raw)


def test_a_signal_ends_writing_to_a_server_that_takes_nothing(raw: Any, alarm: Any) -> None:
    raw.cursor().execute(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN PERFORM pg_sleep(60); RETURN NEW; END'"
    )
    raw.cursor().execute("CREATE TRIGGER s BEFORE INSERT ON t FOR ROW EXECUTE FUNCTION slow()")
    raw.commit()
    began = time.monotonic()
    alarm()
    row = b"1\t" + b"x" * 100_000 + b"\n"
    with pytest.raises(Alarm), raw.cursor().copy("COPY t FROM STDIN") as copy:
        while True:
            copy.write(row)
    assert time.monotonic() - began < 10
    works(raw)


def test_a_signal_ends_waiting_for_a_lock(raw: Any, engine: Any, alarm: Any) -> None:
    with engine.connect() as other:
        other.exec_driver_sql("LOCK TABLE t")
        alarm()
        with pytest.raises(Alarm), raw.cursor().copy("COPY t FROM STDIN"):
            pass
    works(raw)


def test_a_signal_ends_waiting_for_notifications(raw: Any, alarm: Any) -> None:
    alarm()
    with pytest.raises(Alarm):
        list(raw.dbapi_connection.notifies())
    works(raw)


def test_a_signal_ends_waiting_while_other_messages_come(alarm: Any) -> None:
    over, given_up = threading.Event(), threading.Event()
    status = message("S", b"application_name\0a\0") * 100_000

    def serve(client: socket.socket) -> None:
        ask(client, True)
        client.sendall(GREETING)
        ask(client, False)
        client.sendall(ABOUT)
        ends = time.monotonic() + 30
        while not over.is_set() and time.monotonic() < ends:
            client.sendall(status)
        given_up.set()
        client.sendall(message("A", words(7) + b"ears\0said\0"))

    with listening(serve) as port:
        engine = sa.create_engine(
            f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres",
            connect_args={"sslmode": "disable", "gssencmode": "disable"},
        )
        raw = engine.raw_connection()
        alarm()
        with pytest.raises(Alarm):
            next(raw.dbapi_connection.notifies())
        assert not given_up.is_set()
        over.set()
        raw.invalidate()


def test_nothing_else_runs_meanwhile(raw: Any) -> None:
    cursor, other = raw.cursor(), raw.cursor()
    error = raw.dbapi_connection.ProgrammingError
    with cursor.copy("COPY t FROM STDIN") as copy:
        copy.write("1\ta\n")
        for call in (
            lambda: other.execute("SELECT 1"),
            lambda: other.copy("COPY t TO STDOUT").__enter__(),
            raw.commit,
            raw.rollback,
            lambda: raw.dbapi_connection.notifies(timeout=0).__next__(),
        ):
            with pytest.raises(error, match="another command is already in progress"):
                call()
        assert raw.dbapi_connection.info.transaction_status.name == "ACTIVE"
        copy.write("2\tb\n")
    assert other.execute("SELECT a, b FROM t ORDER BY a").fetchall() == [(1, "a"), (2, "b")]
    raw.rollback()


def test_threads_take_turns(raw: Any) -> None:
    errors = []

    def write(copy: Any) -> None:
        for _ in range(200):
            while True:
                try:
                    copy.write_row((1, "x" * 2000))
                    break
                except raw.dbapi_connection.ProgrammingError as error:
                    if "thread" not in str(error):
                        errors.append(error)
                        return

    with raw.cursor().copy("COPY t FROM STDIN") as copy:
        threads = [threading.Thread(target=write, args=[copy]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not errors
    assert raw.cursor().execute("SELECT count(*) FROM t").fetchone() == (800,)
    raw.rollback()


@pytest.mark.parametrize("sql", ["COPY t FROM STDIN", ENDLESS])
def test_given_back_within_it(engine: Any, raw: Any, sql: str) -> None:
    """The pool's connection is rolled back and of use."""
    made = engine.raw_connection()
    process = made.dbapi_connection.info.backend_pid
    block = made.cursor().copy(sql)
    copy = block.__enter__()
    copy.write("1\ta\n") if "FROM STDIN" in sql else copy.read()
    made.close()
    again = engine.raw_connection()
    assert again.dbapi_connection.info.backend_pid == process
    works(again)
    with pytest.raises(again.dbapi_connection.Error):
        copy.write("2\tb\n") if "FROM STDIN" in sql else copy.read()
    block.gen.close()
    works(again)
    again.close()


def test_closed_within_it(engine: Any, raw: Any) -> None:
    made = engine.raw_connection()
    made.detach()
    block = made.cursor().copy("COPY t FROM STDIN")
    copy = block.__enter__()
    made.dbapi_connection.close()
    with pytest.raises(made.dbapi_connection.Error):
        copy.write("2\tb\n")
    block.gen.close()
    works(raw)


def test_a_child_leaves_it_alone(raw: Any) -> None:
    with raw.cursor().copy("COPY t FROM STDIN") as copy:
        copy.write("1\ta\n")
        child = os.fork()
        if child == 0:
            try:
                copy._finish(SystemExit())
                raw.close()
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        copy.write("2\tb\n")
    assert raw.cursor().execute("SELECT count(*) FROM t").fetchone() == (2,)
    raw.rollback()


def test_an_error_of_the_server_within_it(raw: Any) -> None:
    cursor = raw.cursor()
    error = raw.dbapi_connection.DataError
    with pytest.raises(error), cursor.copy("COPY t FROM STDIN") as copy:
        copy.write("x\ta\n")
        for _ in range(1000):
            copy.write("1\t" + "x" * 10_000 + "\n")
    works(raw)
    with (
        pytest.raises(error),
        cursor.copy("COPY (SELECT 1/(5-g) FROM generate_series(1,9) g) TO STDOUT") as copy,
    ):
        for _ in copy:
            pass
    works(raw)
    # the block raises what the server said
    with pytest.raises(error), cursor.copy("COPY t FROM STDIN") as copy:
        copy.write("1\tx\ty\n")
    works(raw)
    cursor.execute("CREATE TEMP TABLE u (a int)")
    error = raw.dbapi_connection.OperationalError
    both = cursor.copy("COPY t FROM STDIN; COPY u FROM STDIN")
    with pytest.raises(error, match="cannot be used"), both as copy:
        copy.write("1\tx\n")
    works(raw)


@pytest.mark.parametrize("way", ["from", "to"])
def test_cut_at_every_byte(url: str, engine: Any, way: str) -> None:
    parsed = make_url(url)
    with engine.begin() as conn:
        conn.exec_driver_sql("CREATE TABLE t (a int, b text)")

    def exchange(raw: Any) -> None:
        cursor = raw.cursor()
        if way == "from":
            cursor.copy_expert("COPY t FROM STDIN", io.StringIO("1\tx\n2\ty\n"))
        else:
            out = io.StringIO()
            cursor.copy_expert("COPY (VALUES (1, 'x'), (2, 'y')) TO STDOUT", out)
            assert out.getvalue() == "1\tx\n2\ty\n"
        raw.rollback()

    with Proxy(parsed.host or "127.0.0.1", parsed.port or 5432) as proxy:
        through = sa.create_engine(parsed.set(host="127.0.0.1", port=proxy.port), pool_size=1)
        for limit in range(10_000):
            proxy.limit = None
            raw = through.raw_connection()
            proxy.answered = 0
            proxy.limit = limit
            try:
                exchange(raw)
            except raw.dbapi_connection.OperationalError:
                assert raw.dbapi_connection.closed == 2
                raw.close()
            else:
                break
        assert 20 < limit < 1000
        raw.close()
        through.dispose()
