"""The SQLite driver under threads and signals, in a fork and at the interpreter's end."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from cormorant.dialects.sqlite import dbapi

from .core_helpers import NUMBERS, connect, outcome, plan, python, run

SLOW = (
    "with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000000) "
    "select count(*) from n"
)


def test_use_from_two_threads_and_interrupt():
    c = connect()
    errors = []

    def slow():
        try:
            run(c, SLOW)
        except dbapi.OperationalError as error:
            errors.append(error)

    thread = threading.Thread(target=slow)
    thread.start()
    try:
        texts = []
        deadline = time.monotonic() + 10
        while not texts and time.monotonic() < deadline:
            got = outcome(lambda: run(c, "select 1"))
            texts += [got[1]] if got[0] == "ProgrammingError" else []
        assert texts == ["The connection is in use by another thread."]
        with pytest.raises(dbapi.ProgrammingError):
            c.close()
    finally:
        while thread.is_alive():
            c.interrupt()
            thread.join(0.01)
    assert [str(e) for e in errors] == ["interrupted"]
    assert run(c, "select 1")[0][0] == 1


def test_cursor_dropped_while_another_thread_runs():
    c = connect()
    cursor = c.execute(plan(NUMBERS, 1), (50,), stream=5)
    thread = threading.Thread(target=lambda: outcome(lambda: run(c, SLOW)))
    thread.start()
    time.sleep(0.05)
    cursor.close()
    del cursor
    while thread.is_alive():
        c.interrupt()
        thread.join(0.01)
    assert run(c, "select 1")[0][0] == 1


def test_threads_scan_at_once():
    def scan():
        c = connect()
        for _ in range(20):
            assert len(run(c, NUMBERS, 1000)) == 1000
        done.append(1)

    done = []
    threads = [threading.Thread(target=scan) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 4


def test_ctrl_c_stops_a_long_fetch():
    done = python(
        """
        import signal, time
        from tests.core_helpers import connect, run
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        c = connect()
        start = time.monotonic()
        try:
            run(c, "with recursive n(i) as (select 1 union all select i + 1 from n "
                   "where i < 30000000) select i from n")
        except KeyboardInterrupt:
            assert run(c, "select 1")[0][0] == 1
            print("stopped")
        """
    )
    assert done.stdout == "stopped\n", done.stderr
    assert signal.SIGALRM


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_fork_leaves_the_parent_alone(tmp_path):
    done = python(
        f"""
        import os
        from tests.core_helpers import connect, run
        c = connect({str(tmp_path / "x.db")!r})
        run(c, "pragma journal_mode = wal")
        run(c, "create table t (a)")
        run(c, "insert into t values (1)")
        if os.fork() == 0:
            c.close()
            del c
            os._exit(0)
        os.wait()
        run(c, "insert into t values (2)")
        c.commit()
        print(len(run(c, "select * from t")))
        """
    )
    assert done.stdout == "2\n", done.stderr


def test_interpreter_ends_with_everything_open():
    done = python(
        """
        from tests.core_helpers import connect, run
        from cormorant import _core
        c = connect()
        pool = _core.Pool(connect)
        held = pool.checkout()
        cursor = c.execute(_core.Plan("select 1 union select 2"), (), stream=1)
        """
    )
    assert (done.returncode, done.stderr) == (0, "")
