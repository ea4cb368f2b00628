"""The SQLite driver and _core.Connection, next to the standard library's sqlite3."""

from __future__ import annotations

import array
import datetime as dt
import decimal
import sqlite3
import threading
import time

import pytest

from cormorant import _core, _sqlite
from cormorant.dialects.sqlite import dbapi

from .core_helpers import NUMBERS, connect, outcome, plan, run


def open_file(path, **options):
    return _core.Connection(_sqlite.driver, dbapi, {"database": str(path), **options})


SETUP = """
create table t (id integer primary key, a unique not null, check (a <> 'bad'));
insert into t values (1, 'one'), (2, 'two');
create table child (id integer primary key, t_id integer references t(id));
create trigger no_delete before delete on t begin select raise(abort, 'no way'); end;
"""

STATEMENTS = [
    ("select * from t order by id",),
    ("select 1; select 2",),
    ("select 1;  -- a comment\n /* and */ ; ",),
    ("select 1;;",),
    ("select ?",),
    ("select 1", 1),
    ("select ?1, ?2", 1),
    ("select ?, ?, ?", 1, 2),
    ("select :name", 5),
    ("selec 1",),
    ("select * from nowhere",),
    ("select nothing from t",),
    ("select 'unclosed",),
    ("select 1\0",),
    ("select \0 1",),
    ("insert into t values (1, 'x')",),
    ("insert into t values (9, 'one')",),
    ("insert into t values (9, null)",),
    ("insert into t values (9, 'bad')",),
    ("insert into t values ('text', 'x')",),
    ("insert into t values (1)",),
    ("delete from t",),
    ("insert into t values (7, 'seven') returning id, a",),
    ("select cast(x'41ff42' as text) as name",),
    ("select cast(x'c3a9ff' as text), 1",),
    ("select 1e400, -1e400, 9e999 - 9e999, 9223372036854775807, -9223372036854775808",),
    ("select abs(-9223372036854775808)",),
    ("select zeroblob(3), x'', '', null, 0.5",),
    ("select 'a' || char(0) || 'b'",),
    ("select ?", object()),
    ("select ?, ?", 1, decimal.Decimal(1)),
    ("select ?", dt.time(1, 2)),
    ("select ?", dt.datetime(2020, 1, 2, 3, 4, 5)),
    ("select ?", dt.datetime(2020, 1, 2, 3, 4, 5, 6, tzinfo=dt.UTC)),
    ("select ?", dt.date(2020, 1, 2)),
    ("select ?, typeof(?1)", 2**63),
    ("select ?, typeof(?1)", -(2**63) - 1),
    ("select ?, typeof(?1)", -(2**63)),
    ("select ?, typeof(?1)", 2**63 - 1),
    ("select ?, typeof(?1)", "\ud800"),
    ("select ?, typeof(?1), length(?1)", "a\0b"),
    ("select ?, typeof(?1)", "h\u00e9 \u20ac \U0001f426"),
    ("select ?, typeof(?1)", b"\0\1"),
    ("select ?, typeof(?1)", bytearray(b"abc")),
    ("select ?, typeof(?1)", memoryview(b"abc")),
    ("select ?, typeof(?1)", b""),
    ("select ?, typeof(?1)", array.array("i", [1, 2])),
    ("select ?, typeof(?1)", float("nan")),
    ("select ?, typeof(?1)", float("-inf")),
    ("select ?, typeof(?1)", True),
    ("select ?, typeof(?1)", None),
    ("select ?, typeof(?1)", [1]),
    ("select typeof(?)", type("Int", (int,), {})(7)),
    ("select typeof(?)", type("Str", (str,), {})("s")),
    ("select typeof(?)", type("Float", (float,), {})(0.5)),
    ("pragma no_such_pragma",),
    ("explain query plan select 1",),
    ("commit",),
    ("release nowhere",),
    ("attach '/nonexistent/x.db' as x",),
]


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda s: ascii(s[0])[:40])
def test_same_as_the_standard_library(statement):
    sql, *values = statement
    theirs = sqlite3.connect(":memory:")
    theirs.executescript(SETUP)
    ours = connect()
    ours.run_script(SETUP)
    expected = outcome(lambda: theirs.execute(sql, values).fetchall())
    got = outcome(lambda: [tuple(r) for r in run(ours, sql, *values) or []])
    assert got == expected
    theirs.close()


MIXED = """
with recursive n(i) as (select 0 union all select i + 1 from n where i < 40)
select i, i * 0.5 as d, 'text ' || i as t, cast('b' || i as blob) as b, null as z,
    case i % 4 when 0 then i when 1 then 'odd' when 2 then 1.5 end as m
from n
"""
# SQLite puts the values of a row where the statement says, or the part of it that makes the row:
# the two of a sorted UNION make them in different places
SHAPES = [
    "select * from ({})",
    "select * from ({}) order by m, i desc",
    "select 1, 'a', 0.5, x'00', null, 2 union all select i, d, t, b, z, m from ({})"
    " union all select t, b, z, m, i, d from ({}) union all select m, m, m, m, m, m from ({})",
    "select i, d, t, b, z, m from ({}) union select m, t, i, d, b, z from ({})",
    "select i, d, t, b, z, m from ({}) union all select i, t, d, m, b, z from ({}) order by 1, 2",
    "select m, count(*), max(t), min(b), sum(d), group_concat(i) from ({}) group by m",
    "select a.t, b.t, a.b, b.m, a.z, b.d from ({}) as a left join ({}) as b on a.i = b.i * 2",
    "select t, lag(t) over (order by i), m, b, z, d from ({})",
    "select key, value, type, atom, i, t from ({}), json_each('[1, \"x\", null, 2.5]')",
    "select i, t from ({})",
    "select t from ({})",
]


@pytest.mark.parametrize("shape", SHAPES)
def test_rows_of_all_kinds_of_values(shape):
    sql = shape.replace("{}", MIXED)
    theirs = sqlite3.connect(":memory:")
    assert [tuple(r) for r in run(connect(), sql)] == theirs.execute(sql).fetchall()
    theirs.close()


@pytest.mark.parametrize("sql", ["", " ", "-- only this", "/* or this */", "/* unclosed"])
def test_nothing_to_run(sql):
    cursor = connect().execute(plan(sql))
    assert not cursor.returns_rows
    assert cursor.rowcount == -1


def test_surrogate_in_sql():
    with pytest.raises(UnicodeEncodeError):
        connect().execute(plan("select '\ud800'"))
    with pytest.raises(UnicodeEncodeError):
        connect().run_script("select '\ud800'")


def test_buffer_that_is_not_contiguous():
    with pytest.raises(BufferError):
        run(connect(), "select ?", memoryview(b"abcdef")[::2])


def test_bytearray_cannot_move_while_it_is_bound():
    c = connect()
    data = bytearray(b"x" * 100)
    rows = plan("select ?1 from (select 1 union all select 2 union all select 3)", 1)
    cursor = c.execute(rows, (data,), stream=1)
    with pytest.raises(BufferError):
        data.extend(b"y" * 10000)
    assert len(cursor.fetch()) == 3
    data.extend(b"y")


@pytest.mark.parametrize(
    ("database", "error", "text"),
    [
        ("/nonexistent/x.db", dbapi.OperationalError, "unable to open database file"),
        ("/", dbapi.OperationalError, "unable to open database file"),
        ("a\0b", ValueError, "embedded null byte"),
    ],
)
def test_cannot_open(database, error, text):
    with pytest.raises(error, match=text):
        connect(database)


def test_file_is_not_a_database(tmp_path):
    path = tmp_path / "x.db"
    path.write_bytes(b"no database " * 1000)
    c = open_file(path)
    with pytest.raises(dbapi.DatabaseError, match="file is not a database") as caught:
        run(c, "select * from t")
    assert not isinstance(caught.value, dbapi.OperationalError)
    assert caught.value.sqlite_errorname == "SQLITE_NOTADB"
    with pytest.raises(dbapi.DatabaseError):
        c.ping()


def test_corrupt_file(tmp_path):
    path = tmp_path / "x.db"
    c = open_file(path)
    c.run_script("create table t (a); create index i on t (a)")
    c.execute_many(plan("insert into t values (?)", 1), [("x" * 100,)] * 2000)
    c.commit()
    c.close()
    data = bytearray(path.read_bytes())
    data[4096 * 3 : 4096 * 20] = b"\xff" * (4096 * 17)
    path.write_bytes(data)
    with pytest.raises(dbapi.DatabaseError, match="malformed"):
        run(open_file(path), "select * from t")


@pytest.mark.parametrize(
    "options",
    [{"timeout": "soon"}, {"isolation_level": "LOUD"}, {"colour": "blue"}],
)
def test_bad_options(options):
    with pytest.raises(dbapi.ProgrammingError):
        _core.Connection(_sqlite.driver, dbapi, {"database": ":memory:", **options})


def test_bad_arguments():
    with pytest.raises((TypeError, ValueError)):
        _core.Connection(object(), dbapi, {})
    with pytest.raises(TypeError):
        _core.Connection(_sqlite.driver, dbapi, {1: "x"})
    with pytest.raises((TypeError, AttributeError)):
        _core.Connection(_sqlite.driver, dbapi, 5)
    c = connect()
    with pytest.raises(TypeError):
        c.execute("select 1")
    with pytest.raises(TypeError):
        c.execute(plan("select 1"), (), None, 0, 0, 1)
    with pytest.raises(TypeError):
        c.execute(plan("select 1"), speed=3)
    with pytest.raises(TypeError):
        c.execute(plan("select 1"), 5)
    with pytest.raises(TypeError):
        c.execute(plan("select 1"), (), "session")
    with pytest.raises(ValueError):
        c.execute(plan("select 1"), stream=-1)
    with pytest.raises(TypeError):
        c.execute_many("select 1", [])
    with pytest.raises(TypeError):
        c.run_script(b"select 1")
    with pytest.raises(dbapi.ProgrammingError, match="null character"):
        c.run_script("select 1\0")


@pytest.mark.parametrize(
    "binds",
    [[1], [(1, 2)], [(-1, 0, None)], [(2**40, 0, None)], [(0, 99, None)], [(0, -1, None)], 5],
)
def test_bad_plans(binds):
    with pytest.raises((TypeError, ValueError)):
        _core.Plan("select ?", binds)


def test_plan_shows_what_it_is():
    p = _core.Plan("select ?, ?", [(1, _core.TYPE_STRING, None, True), (0, _core.TYPE_DATE, None)])
    assert p.sql == "select ?, ?"
    assert p.binds == ((1, _core.TYPE_STRING, None, True), (0, _core.TYPE_DATE, None, False))
    assert p.encode([dt.date(2020, 1, 2), "x"]) == ("x", "2020-01-02")
    assert p.keys == ()
    assert "select" in repr(p)


def test_uri_and_read_only(tmp_path):
    path = tmp_path / "x.db"
    open_file(path).run_script("create table t (a)")
    c = _core.Connection(_sqlite.driver, dbapi, {"database": f"file:{path}?mode=ro", "uri": "true"})
    with pytest.raises(dbapi.OperationalError, match="readonly database"):
        run(c, "insert into t values (1)")


# --- transactions -------------------------------------------------------------


def test_transaction_begins_with_the_first_change():
    c = connect()
    c.begin()
    assert not c.in_transaction
    run(c, "create table t (a)")
    run(c, "select * from t")
    run(c, "with x as (select 5 as q) insert into t select q from x")
    assert not c.in_transaction
    c.rollback()
    assert [tuple(r) for r in run(c, "select a from t")] == [(5,)]
    for sql in (
        " /* first */ INSERT into t values (1)",
        "-- that\nupdate t set a = 2",
        "replace into t values (3)",
        "delete from t",
    ):
        run(c, sql)
        assert c.in_transaction
        c.rollback()
        assert not c.in_transaction
    run(c, "insert into t values (9)")
    c.commit()
    c.commit()
    assert not c.in_transaction
    assert len(run(c, "select * from t")) == 2


def test_ddl_neither_begins_nor_commits():
    c = connect()
    run(c, "create table t (a)")
    run(c, "insert into t values (1)")
    run(c, "create table u (a)")
    assert c.in_transaction
    c.rollback()
    assert [r[0] for r in run(c, "select name from sqlite_master")] == ["t"]


def test_isolation_levels(tmp_path):
    path = tmp_path / "x.db"
    c = open_file(path, isolation_level="None", timeout="0")
    run(c, "create table t (a)")
    run(c, "insert into t values (1)")
    assert not c.in_transaction
    c.set_option("isolation_level", "EXCLUSIVE")
    run(c, "insert into t values (2)")
    other = open_file(path, timeout="0")
    with pytest.raises(dbapi.OperationalError, match="database is locked"):
        run(other, "select * from t")
    c.rollback()
    c.set_option("isolation_level", "AUTOCOMMIT")
    run(c, "insert into t values (3)")
    assert not c.in_transaction
    assert [r[0] for r in run(other, "select a from t")] == [1, 3]
    with pytest.raises(dbapi.ProgrammingError):
        c.set_option("isolation_level", "x")
    with pytest.raises(dbapi.NotSupportedError):
        c.set_option("timeout", "1")


def test_locked_database_waits_without_the_gil(tmp_path):
    path = tmp_path / "x.db"
    first = open_file(path)
    run(first, "create table t (a)")
    run(first, "insert into t values (1)")
    second = open_file(path, timeout="0.3")
    start = time.monotonic()
    with pytest.raises(dbapi.OperationalError, match="^database is locked$") as caught:
        run(second, "insert into t values (2)")
    assert 0.2 < time.monotonic() - start < 5
    assert caught.value.sqlite_errorcode == 5
    # and succeeds when the lock goes while it waits
    second = open_file(path, timeout="10")
    timer = threading.Timer(0.2, first.commit)
    timer.start()
    run(second, "insert into t values (2)")
    second.commit()
    timer.join()
    assert len(run(first, "select * from t")) == 2


def test_changes_and_keys():
    c = connect()
    run(c, "create table t (id integer primary key, a)")
    cursor = c.execute(plan("insert into t (a) values (?), (?)", 2), ("x", "y"))
    assert (cursor.rowcount, cursor.lastrowid, c.last_insert_id()) == (2, 2, 2)
    assert c.execute(plan("update t set a = 'z'")).rowcount == 2
    assert c.execute(plan("update t set a = 'z' where id = 77")).rowcount == 0
    assert c.execute(plan("select 1")).rowcount == -1
    returning = c.execute(plan("insert into t (a) values ('q') returning id"))
    assert (returning.rowcount, [tuple(r) for r in returning.fetch()]) == (1, [(3,)])


# --- many rows ----------------------------------------------------------------


def test_execute_many():
    c = connect()
    run(c, "create table t (a integer, b)")
    insert = plan("insert into t values (?, ?)", 2)
    assert c.execute_many(insert, [(i, f"v{i}") for i in range(5000)]) == 5000
    assert c.execute_many(insert, []) == 0
    assert c.execute_many(insert, ([i, None] for i in range(3))) == 3
    assert c.in_transaction
    assert run(c, "select count(*), max(a), sum(b is null) from t")[0] == (5003, 4999, 3)
    assert c.execute_many(plan("select ?", 1), [(1,), (2,)]) == -1


def test_execute_many_stops_where_the_database_does():
    c = connect()
    run(c, "create table t (a integer primary key)")
    with pytest.raises(dbapi.IntegrityError):
        c.execute_many(plan("insert into t values (?)", 1), [(1,), (2,), (2,), (3,)])
    assert len(run(c, "select * from t")) == 2
    with pytest.raises(dbapi.ProgrammingError, match="parameter 1: type 'object'"):
        c.execute_many(plan("insert into t values (?)", 1), [(7,), (object(),), (8,)])
    assert [r[0] for r in run(c, "select a from t")] == [1, 2, 7]
    with pytest.raises(dbapi.ProgrammingError, match="Incorrect number of bindings"):
        c.execute_many(plan("insert into t values (?)", 1), [(9,), ()])
    with pytest.raises(TypeError):
        c.execute_many(plan("insert into t values (?)", 1), [(10,), 5])
    assert [r[0] for r in run(c, "select a from t")] == [1, 2, 7, 9]


def test_execute_many_refuses_before_anything_runs():
    c = connect()
    run(c, "create table t (a, b)")
    typed = _core.Plan(
        "insert into t values (?, ?)",
        [(0, _core.TYPE_BOOLEAN, None), (1, _core.TYPE_ANY, None)],
    )
    with pytest.raises(TypeError, match="Not a boolean value: 'no'"):
        c.execute_many(typed, [(True, 1), (False, object()), ("no", 1)])
    assert run(c, "select * from t") == []
    assert not c.in_transaction


def test_wide_and_large_rows():
    c = connect()
    wide = run(c, "select " + ", ".join(f"{i}, 'text {i}'" for i in range(900)))[0]
    assert len(wide) == 1800
    assert (wide[0], wide[1799]) == (0, "text 899")
    rows = run(
        c,
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 40) "
        "select i, zeroblob(i * 5000), printf('%.*c', i * 3000, 'x'), 'end' from n",
    )
    assert [len(r[1]) for r in rows] == [i * 5000 for i in range(1, 41)]
    assert all(r[2] == "x" * (r[0] * 3000) and r[3] == "end" for r in rows)


def test_more_rows_than_a_batch():
    c = connect()
    cursor = c.execute(
        plan(
            "with recursive n(i) as (select 1 union all select i + 1 from n where i < 150000) "
            "select i from n"
        )
    )
    rows = cursor.fetch()
    assert len(rows) == 150000
    assert rows[-1][0] == 150000


# --- statements ---------------------------------------------------------------


def test_two_cursors_of_one_plan():
    c = connect()
    numbers = plan(NUMBERS, 1)
    first = c.execute(numbers, (10,), stream=2)
    second = c.execute(numbers, (5,), stream=2)
    assert [r[0] for r in first.fetch(3)] == [1, 2, 3]
    assert [r[0] for r in second.fetch(3)] == [1, 2, 3]
    third = c.execute(numbers, (4,))
    assert [r[0] for r in first.fetch()] == [4, 5, 6, 7, 8, 9, 10]
    assert [r[0] for r in second.fetch()] == [4, 5]
    assert [r[0] for r in third.fetch()] == [1, 2, 3, 4]


def test_unfinished_statement_survives_many_others():
    c = connect()
    cursor = c.execute(plan(NUMBERS, 1), (50,), stream=5)
    for i in range(400):
        assert run(c, f"select {i}")[0][0] == i
    assert [r[0] for r in cursor.fetch()] == list(range(1, 51))


def test_dropped_cursor_frees_its_statement():
    c = connect()
    run(c, "create table t (a)")
    run(c, "insert into t values (1), (2), (3)")
    c.commit()
    cursor = c.execute(plan("select * from t"), stream=1)
    with pytest.raises(dbapi.OperationalError, match="locked"):
        run(c, "drop table t")
    del cursor
    run(c, "drop table t")


def test_cursor_after_close():
    c = connect()
    cursor = c.execute(plan(NUMBERS, 1), (50,), stream=5)
    c.close()
    c.close()
    with pytest.raises(dbapi.ProgrammingError, match="Cannot operate on a closed database."):
        cursor.fetch()
    cursor.close()


def test_cursor_after_reset():
    c = connect()
    numbers = plan(NUMBERS, 1)
    cursor = c.execute(numbers, (50,), stream=5)
    c.reset()
    other = c.execute(numbers, (30,), stream=5)
    assert len(cursor.fetch()) == 50
    assert len(other.fetch()) == 30


@pytest.mark.parametrize("end", ["commit", "rollback", "reset"])
def test_cursor_reads_on_after_its_transaction(end):
    c = connect()
    run(c, "create table t (a)")
    run(c, "insert into t select 1 union all select 2 union all select 3")
    c.commit()
    cursor = c.execute(plan("select a from t"), (), stream=1)
    assert len(cursor.fetch(1)) == 1
    run(c, "insert into t values (4)")
    getattr(c, end)()
    assert len(cursor.fetch()) in (2, 3)
    assert not c.in_transaction


def test_cursor_is_all_that_holds_the_connection():
    cursor = connect().execute(plan(NUMBERS, 1), (50,), stream=5)
    assert len(cursor.fetch()) == 50


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.execute(plan("select 1")),
        lambda c: c.execute_many(plan("select 1"), [()]),
        lambda c: c.run_script("select 1"),
        lambda c: c.begin(),
        lambda c: c.commit(),
        lambda c: c.rollback(),
        lambda c: c.reset(),
        lambda c: c.ping(),
        lambda c: c.last_insert_id(),
        lambda c: c.describe("select 1"),
        lambda c: c.set_option("isolation_level", ""),
    ],
)
def test_closed_connection(call):
    c = connect()
    c.close()
    assert c.closed
    assert not c.in_transaction
    c.interrupt()
    with pytest.raises(dbapi.ProgrammingError, match=r"^Cannot operate on a closed database\.$"):
        call(c)


def test_describe_and_changed_schema():
    c = connect()
    run(c, "create table t (a)")
    run(c, "insert into t values (1)")
    everything = plan("select * from t")
    assert c.describe(everything) == ("a",)
    assert c.describe("insert into t values (2)") == ()
    assert c.execute(everything).keys == ("a",)
    run(c, "alter table t add column \u00e9t\u00e9")
    cursor = c.execute(everything)
    assert cursor.keys == ("a", "\u00e9t\u00e9")
    assert [tuple(r) for r in cursor.fetch()] == [(1, None)]
    run(c, "drop table t")
    with pytest.raises(dbapi.OperationalError, match="no such table: t"):
        c.execute(everything)


def test_failed_params():
    c = connect()
    run(c, "create table t (a unique, b)")
    typed = _core.Plan(
        "insert into t values (?, ?)",
        [(1, _core.TYPE_ANY, None), (0, _core.TYPE_DATETIME, None)],
    )
    values = (dt.datetime(2020, 1, 2), "x")
    c.execute(typed, values)
    assert c.failed_params is None
    with pytest.raises(dbapi.IntegrityError):
        c.execute(typed, values)
    assert c.failed_params == ("x", "2020-01-02 00:00:00.000000")
    with pytest.raises(TypeError, match="only accepts Python datetime and date"):
        c.execute(typed, ("today", object()))
    assert c.failed_params is None
    with pytest.raises(OverflowError):
        c.execute(typed, (values[0], 2**70))
    assert c.failed_params == (2**70, "2020-01-02 00:00:00.000000")


# --- user code in between -----------------------------------------------------


def test_codec_that_closes_the_connection():
    c = connect()

    def close(value):
        c.close()
        return value

    evil = _core.Plan("select ?", [(0, _core.TYPE_PYTHON, (close, None))])
    with pytest.raises(dbapi.ProgrammingError, match="closed database"):
        c.execute(evil, (1,))
    c = connect()
    with pytest.raises(dbapi.ProgrammingError, match="closed database"):
        c.execute_many(evil, [(1,), (2,)])


def test_codec_that_uses_the_connection():
    c = connect()

    def count(value):
        return run(c, "select ? + 1", value)[0][0]

    inner = _core.Plan("select ?", [(0, _core.TYPE_PYTHON, (count, None))])
    assert c.execute(inner, (1,)).fetch()[0][0] == 2


def test_codec_that_changes_the_values():
    values = [1, 2, 3]

    def spoil(value):
        values.clear()
        return value

    three = _core.Plan("select ?, ?, ?", [(i, _core.TYPE_PYTHON, (spoil, None)) for i in range(3)])
    assert tuple(connect().execute(three, values).fetch()[0]) == (1, 2, 3)


# --- connections --------------------------------------------------------------


def test_info_and_weakrefs():
    import gc
    import weakref

    c = connect()
    assert c.info == {}
    c.info["me"] = c
    ref = weakref.ref(c)
    del c
    gc.collect()
    assert ref() is None


def test_a_collation_that_raises_in_a_script():
    c = connect()
    c.run_script("create table t (a text); insert into t values ('x'), ('y'), ('z')")
    c.create_collation("broken", lambda left, right: 1 / 0)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            c.run_script("select a from t order by a collate broken")
        assert run(c, "select count(*) from t") == [(3,)]
