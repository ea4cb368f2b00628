"""_core.Pool: QueuePool's behaviour, in numbers next to SQLAlchemy's."""

from __future__ import annotations

import gc
import os
import signal
import sqlite3
import threading
import time
import weakref

import pytest
import sqlalchemy.pool

import cormorant as sa
from cormorant import _core, exc

from .core_helpers import connect, python, run


def make(**options):
    return _core.Pool(connect, **options)


class Pair:
    """The same pool twice: a script drives both, and every status must agree."""

    def __init__(self, **options):
        self.theirs = sqlalchemy.pool.QueuePool(lambda: sqlite3.connect(":memory:"), **options)
        self.ours = make(**options)
        self.check()

    def check(self):
        assert self.ours.status() == self.theirs.status()
        for name in ("size", "checkedin", "checkedout", "overflow", "timeout"):
            assert getattr(self.ours, name)() == getattr(self.theirs, name)(), name

    def out(self):
        got = (self.theirs.connect(), self.ours.checkout())
        self.check()
        return got

    def back(self, got):
        got[0].close()
        self.ours.checkin(got[1])
        self.check()

    def drop(self, got):
        got[0].invalidate()
        self.ours.invalidate(got[1])
        self.check()

    def dispose(self):
        self.theirs.dispose()
        self.ours.dispose()
        self.check()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"pool_size": 1, "max_overflow": 5},
        {"pool_size": 2, "max_overflow": -1},
        {"pool_size": 0},
        {"pool_size": 0, "max_overflow": 1},
        {"pool_size": 6, "max_overflow": 0, "use_lifo": True},
    ],
)
def test_numbers_are_sqlalchemys(options):
    pair = Pair(**options)
    held = [pair.out() for _ in range(4)]
    pair.back(held.pop())
    pair.drop(held.pop())
    held.append(pair.out())
    while held:
        pair.back(held.pop(0))
    held = [pair.out() for _ in range(6)]
    while held:
        pair.back(held.pop())
    pair.dispose()


def test_timeout():
    pool = make(pool_size=1, max_overflow=1, timeout=0.05)
    held = [pool.checkout(), pool.checkout()]
    start = time.monotonic()
    with pytest.raises(exc.TimeoutError) as caught:
        pool.checkout()
    assert 0.04 < time.monotonic() - start < 5
    assert str(caught.value).startswith(
        "QueuePool limit of size 1 overflow 1 reached, connection timed out, timeout 0.05"
    )
    assert caught.value.code == "3o7r"
    pool.checkin(held.pop())
    assert pool.checkout() is not None


def test_zero_timeout():
    pool = make(pool_size=1, max_overflow=0, timeout=0)
    held = pool.checkout()
    with pytest.raises(exc.TimeoutError, match="timeout 0.00"):
        pool.checkout()
    pool.checkin(held)


def test_fifo_and_lifo():
    for lifo in (False, True):
        pool = make(pool_size=3, use_lifo=lifo)
        held = [pool.checkout() for _ in range(3)]
        for connection in held:
            pool.checkin(connection)
        expected = held[::-1] if lifo else held
        assert [pool.checkout() for _ in range(3)] == expected


def test_reset_on_return():
    for reset, left in ((True, 0), ("rollback", 0), ("commit", 1)):
        pool = make(pool_size=1, reset_on_return=reset)
        c = pool.checkout()
        run(c, "create table t (a)")
        run(c, "insert into t values (1)")
        pool.checkin(c)
        assert pool.checkout() is c
        assert not c.in_transaction
        assert len(run(c, "select * from t")) == left
    pool = make(pool_size=1, reset_on_return=None)
    c = pool.checkout()
    run(c, "create table t (a)")
    run(c, "insert into t values (1)")
    pool.checkin(c)
    assert pool.checkout().in_transaction


def test_closed_and_invalid_connections_are_replaced():
    pool = make(pool_size=2)
    c = pool.checkout()
    c.close()
    pool.checkin(c)
    fresh = pool.checkout()
    assert fresh is not c
    fresh.invalid = True
    pool.checkin(fresh)
    assert fresh.closed
    held = pool.checkout()
    assert held is not fresh
    assert pool.checkedout() == 1


def test_idle_connection_that_was_closed():
    pool = make(pool_size=2)
    c = pool.checkout()
    pool.checkin(c)
    c.close()
    assert pool.checkout() is not c


def test_recycle():
    pool = make(pool_size=1, recycle=0.02)
    c = pool.checkout()
    pool.checkin(c)
    assert pool.checkout() is c
    pool.checkin(c)
    time.sleep(0.03)
    fresh = pool.checkout()
    assert fresh is not c
    assert c.closed


def test_pre_ping(tmp_path):
    path = tmp_path / "x.db"
    pool = _core.Pool(lambda: connect(str(path)), pool_size=1, pre_ping=True)
    c = pool.checkout()
    run(c, "create table t (a)")
    pool.checkin(c)
    assert pool.checkout() is c
    pool.checkin(c)
    path.write_bytes(b"broken" * 1000)
    with pytest.raises(Exception, match="not a database"):
        pool.checkout()
    assert (pool.checkedin(), pool.checkedout()) == (1, 0)


def test_creator_that_raises_frees_its_place():
    fail = True

    def creator():
        if fail:
            raise RuntimeError("no")
        return connect()

    pool = _core.Pool(creator, pool_size=1, max_overflow=0, timeout=0)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            pool.checkout()
        assert pool.checkedout() == 0
    fail = False
    c = pool.checkout()
    c.close()
    pool.checkin(c)
    fail = True
    for _ in range(3):
        with pytest.raises(RuntimeError):
            pool.checkout()
        assert (pool.checkedin(), pool.checkedout()) == (1, 0)
    fail = False
    assert pool.checkout() is not None


def test_creator_that_returns_nonsense():
    pool = _core.Pool(lambda: 5, pool_size=1, max_overflow=0, timeout=0)
    with pytest.raises(TypeError):
        pool.checkout()
    assert pool.checkedout() == 0
    shared = make(pool_size=1)
    held = shared.checkout()
    pool = _core.Pool(lambda: held)
    with pytest.raises(exc.InvalidRequestError):
        pool.checkout()


def test_connections_of_others_are_refused():
    pool = make()
    for stranger in (connect(), make().checkout()):
        with pytest.raises(exc.InvalidRequestError):
            pool.checkin(stranger)
        with pytest.raises(exc.InvalidRequestError):
            pool.invalidate(stranger)
    with pytest.raises(TypeError):
        pool.checkin(5)
    c = pool.checkout()
    pool.checkin(c)
    with pytest.raises(exc.InvalidRequestError):
        pool.checkin(c)


def test_bad_arguments():
    for kwargs in ({"timeout": "x"}, {"reset_on_return": "maybe"}, {"pool_size": "5"}):
        with pytest.raises((TypeError, ValueError)):
            make(**kwargs)
    with pytest.raises(TypeError):
        _core.Pool(5)


def test_detached_connection_is_the_users():
    pool = make(pool_size=1, max_overflow=0, timeout=0)
    c = pool.checkout()
    pool.detach(c)
    assert pool.checkedout() == 0
    assert run(c, "select 1")[0][0] == 1
    assert pool.checkout() is not c


def test_dropped_connection_frees_its_place():
    pool = make(pool_size=1, max_overflow=0, timeout=0)
    for _ in range(3):
        c = pool.checkout()
        run(c, "select 1")
        del c
        gc.collect()
    assert pool.checkedout() == 0


def test_dispose_with_connections_out():
    pool = make(pool_size=2, max_overflow=0, timeout=0)
    out, idle = pool.checkout(), pool.checkout()
    pool.checkin(idle)
    pool.dispose()
    assert idle.closed
    assert run(out, "select 1")[0][0] == 1
    assert [pool.checkout() is not None for _ in range(2)] == [True, True]
    pool.checkin(out)
    assert out.closed


def test_pool_goes_with_its_connections():
    import weakref

    pool = make()
    c = pool.checkout()
    pool.checkin(c)
    ref, cref = weakref.ref(pool), weakref.ref(c)
    del pool, c
    gc.collect()
    assert ref() is None
    assert cref() is None


def test_waiting_threads_are_served_in_order():
    pool = make(pool_size=1, max_overflow=0, timeout=30)
    c = pool.checkout()
    served = []

    def wait(number):
        got = pool.checkout()
        served.append(number)
        pool.checkin(got)

    threads = []
    for number in range(4):
        threads.append(threading.Thread(target=wait, args=(number,)))
        threads[-1].start()
        time.sleep(0.05)
    pool.checkin(c)
    for thread in threads:
        thread.join(10)
    assert served == [0, 1, 2, 3]
    assert pool.checkedout() == 0


@pytest.mark.parametrize("free", ["invalidate", "detach", "drop", "dispose"])
def test_every_way_out_serves_who_waits(free):
    pool = make(pool_size=1, max_overflow=0, timeout=30)
    held = [pool.checkout()]
    got = []
    thread = threading.Thread(target=lambda: got.append(pool.checkout()))
    thread.start()
    time.sleep(0.05)
    if free == "drop":
        held.clear()
    elif free == "dispose":
        pool.dispose()
    else:
        getattr(pool, free)(held[0])
    thread.join(10)
    assert len(got) == 1
    assert pool.checkedout() == 1


def test_many_threads():
    pool = make(pool_size=3, max_overflow=2, timeout=30)
    using, most = set(), []

    def work():
        for n in range(100):
            c = pool.checkout()
            assert id(c) not in using
            using.add(id(c))
            most.append(len(using))
            run(c, "select 1")
            using.discard(id(c))
            if n % 17 == 0:
                pool.invalidate(c)
            else:
                pool.checkin(c)

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert max(most) <= 5
    assert pool.checkedout() == 0
    assert pool.checkedin() <= 3


def test_ctrl_c_ends_the_wait():
    done = python(
        """
        import signal
        from tests.core_helpers import connect
        from cormorant import _core
        pool = _core.Pool(connect, pool_size=1, max_overflow=0, timeout=None)
        held = pool.checkout()
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        try:
            pool.checkout()
        except KeyboardInterrupt:
            pool.checkin(held)
            print(pool.checkout() is held, pool.timeout())
        """
    )
    assert done.stdout == "True None\n", done.stderr
    assert signal.SIGALRM


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_child_process_makes_its_own_connections():
    done = python(
        """
        import os
        from tests.core_helpers import connect, run
        from cormorant import _core
        pool = _core.Pool(connect, pool_size=1, max_overflow=0, timeout=0)
        idle = pool.checkout()
        run(idle, "create table parents (a)")
        pool.checkin(idle)
        pid = os.fork()
        if pid == 0:
            mine = pool.checkout()
            ok = mine is not idle and not run(mine, "select * from sqlite_master")
            os._exit(0 if ok else 1)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), pool.checkout() is idle)
        out = idle
        pid = os.fork()
        if pid == 0:
            pool.checkin(out)  # of the parent: only forgotten
            os._exit(0 if pool.checkout() is not out else 1)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), len(run(out, "select 1")))
        """
    )
    assert done.stdout == "0 True\n0 1\n", done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("give_up", ["checkin", "invalidate", "detach", "drop", "reset"])
def test_child_process_leaves_the_connections_of_its_parent_alone(tmp_path, give_up):
    """Also when the pool has been used in the child: what comes back is the parent's still."""
    done = python(
        f"""
        import os
        from tests.core_helpers import connect, run
        from cormorant import _core
        pool = _core.Pool(lambda: connect({str(tmp_path / "x.db")!r}), pool_size=2)
        out = pool.checkout()
        run(out, "create table parents (a)")
        out.begin()
        run(out, "insert into parents values (1)")
        rows = out.execute(_core.Plan("select 1 union all select 2", ()), (), stream=1)
        pid = os.fork()
        if pid == 0:
            mine = pool.checkout()
            ok = out.inherited and not mine.inherited and not run(mine, "select * from parents")
            pool.checkin(mine)
            del rows
            give_up = {give_up!r}
            if give_up == "drop":
                del out
                ok = ok and pool.checkedin() == 1
            elif give_up == "reset":
                out.reset()
                ok = ok and out.in_transaction
            else:
                getattr(pool, give_up)(out)
                ok = ok and out.in_transaction and pool.checkedin() == 1
            os._exit(0 if ok else 1)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        out.commit()
        print(len(run(out, "select * from parents")))
        """
    )
    assert done.stdout == "0\n1\n", done.stderr


def test_waiting_thread_that_the_end_of_the_interpreter_takes_away():
    """It leaves the queue without a word; who gives a connection back later must not mind."""
    done = python(
        """
        import os, sys, threading, time
        from tests.core_helpers import connect
        from cormorant import _core
        pool = _core.Pool(connect, pool_size=1, max_overflow=0, timeout=0.2)
        held = pool.checkout()
        def wait():
            while True:
                try:
                    pool.checkout()
                except Exception:
                    pass
        for _ in range(8):
            threading.Thread(target=wait, daemon=True).start()
        time.sleep(0.05)
        class Late:
            def __init__(self):
                self.needs = time.sleep, os._exit, pool, held
            def __del__(self):
                sleep, end, pool, held = self.needs
                sleep(0.5)
                pool.checkin(held)
                end(7)  # else it would be the threads of CPython that leak
        sys.late = Late()
        """
    )
    assert (done.returncode, done.stderr) == (7, "")


def test_a_pool_disposed_of_goes() -> None:
    """Else what is checked out of it stays open when it comes back."""
    engine = sa.create_engine("sqlite://", poolclass=sa.QueuePool)
    with engine.connect():
        pool = weakref.ref(engine.pool)
    engine.dispose()
    gc.collect()
    assert pool() is None
