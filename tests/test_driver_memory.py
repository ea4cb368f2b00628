"""Memory runs out in every place: MemoryError, and the connection goes on."""

from __future__ import annotations

import datetime as dt
import gc

import pytest

from cormorant import _core, _sqlite
from cormorant.dialects.sqlite import dbapi

from .core_helpers import connect, plan, python, run

_testcapi = pytest.importorskip("_testcapi")


def fail_each_allocation(call, check=lambda: None, most=2000):
    """Run `call` with the first, second, … allocation of Python failing until it works."""
    for n in range(1, most):
        failed = False
        _testcapi.set_nomemory(n, n + 1)
        try:
            call()
        except MemoryError:
            failed = True
        finally:
            _testcapi.remove_mem_hooks()
        check()
        if not failed:
            # one call can survive a failure (a cache that is not made)
            _testcapi.set_nomemory(n + 1, n + 2)
            try:
                call()
            except MemoryError:
                continue
            finally:
                _testcapi.remove_mem_hooks()
            return
    pytest.fail("it never worked")


TYPED = _core.Plan(
    "insert into t values (?, ?, ?, ?)",
    [
        (0, _core.TYPE_DATETIME, None),
        (1, _core.TYPE_JSON, (None, None, None, False, False)),
        (2, _core.TYPE_BINARY, None),
        (3, _core.TYPE_ANY, None),
    ],
)
VALUES = (dt.datetime(2020, 1, 2), {"a": 1}, bytearray(b"x"), "text")


@pytest.fixture
def c():
    c = connect()
    run(c, "create table t (a, b, c, d unique)")
    return c


def works(c):
    assert run(c, "select 1")[0][0] == 1


def test_execute(c):
    def call():
        c.rollback()
        c.execute(TYPED, VALUES)

    fail_each_allocation(call, lambda: works(c))


def test_prepare_and_fetch(c):
    run(c, "insert into t values (1, 'two', null, 3.5)")
    serial = iter(range(10**6))

    def call():
        p = _core.Plan(f"select a, b, c, d, {next(serial)} as n from t")
        assert c.execute(p).fetch()[0][:4] == (1, "two", None, 3.5)

    fail_each_allocation(call, lambda: works(c))


def test_stream(c):
    numbers = plan("select ? union all select 2 union all select 3", 1)

    def call():
        cursor = c.execute(numbers, ("x",), stream=1)
        assert [r[0] for r in cursor.fetch()] == ["x", 2, 3]

    fail_each_allocation(call, lambda: works(c))
    gc.collect()
    run(c, "drop table t")


def test_execute_many(c):
    insert = plan("insert into t (a, d) values (?, ?)", 2)
    rows = [(i, f"{i}") for i in range(50)]

    def call():
        c.rollback()
        assert c.execute_many(insert, rows) == 50

    fail_each_allocation(call, lambda: works(c))


def test_errors(c):
    c.execute(TYPED, VALUES)

    def call():
        try:
            c.execute(TYPED, VALUES)
        except dbapi.IntegrityError:
            assert c.failed_params is None or len(c.failed_params) == 4

    fail_each_allocation(call, lambda: works(c))


def test_unbindable(c):
    def call():
        try:
            c.execute(TYPED, (*VALUES[:3], object()))
        except dbapi.ProgrammingError:
            pass

    fail_each_allocation(call, lambda: works(c))


def test_connect():
    def call():
        _core.Connection(_sqlite.driver, dbapi, {"database": ":memory:", "timeout": "1"}).close()

    fail_each_allocation(call)


def test_pool():
    pool = _core.Pool(connect, pool_size=1, max_overflow=0, timeout=0)

    def call():
        c = pool.checkout()
        works(c)
        pool.checkin(c)
        pool.status()

    def check():
        gc.collect()
        assert pool.checkedout() == 0

    call()
    fail_each_allocation(call, check)


def test_plan():
    def call():
        p = _core.Plan("select ?, ?", [(0, _core.TYPE_NUMERIC, 2), (1, _core.TYPE_ANY, None)])
        assert p.binds[0] == (0, _core.TYPE_NUMERIC, 2, False)
        assert p.encode((1, "x")) == (1.0, "x")

    fail_each_allocation(call)


def test_sqlite_runs_out_of_memory():
    done = python(
        """
        from tests.core_helpers import connect, run
        c = connect()
        run(c, "pragma hard_heap_limit = 3000000")
        run(c, "create table t (a)")
        try:
            for _ in range(100):
                run(c, "insert into t values (randomblob(100000))")
        except MemoryError:
            run(c, "select 1")
            print("no memory")
        """
    )
    assert done.stdout == "no memory\n", done.stderr
