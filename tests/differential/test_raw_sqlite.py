"""Raw connections of SQLite: what programs do with sqlite3's through SQLAlchemy."""

import datetime
import gc
import os
import sqlite3
import subprocess
import warnings
import weakref

import pytest

import cormorant

from .. import leaks
from . import harness


@pytest.fixture(autouse=True)
def adapters():
    """pandas and the tests here have sqlite3 adapt values in the whole process."""
    before = dict(sqlite3.adapters)
    yield
    sqlite3.adapters.clear()
    sqlite3.adapters.update(before)


def attempt(p, label, fn):
    try:
        p.show(label, fn())
    except Exception as error:
        p.show(label, type(error).__name__, str(error), isinstance(error, sqlite3.Error))


def raw_of(p):
    raw = p.engine().raw_connection()
    raw.dbapi_connection.executescript(
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b); INSERT INTO t (b) VALUES ('x'), (NULL);"
    )
    return raw


def test_statements():
    def program(p):
        raw = raw_of(p)
        conn = raw.dbapi_connection
        p.show(raw.driver_connection == conn, isinstance(conn, sqlite3.Connection))
        p.show(isinstance(conn.cursor(), sqlite3.Cursor))
        p.show(conn.execute("SELECT * FROM t").fetchall(), raw.execute("SELECT 1").fetchone())
        for label, run in (
            ("name", lambda: conn.execute("SELECT :a, :b", {"a": 1, "b": 2, "c": 3}).fetchall()),
            ("missing", lambda: conn.execute("SELECT :a, :b", {"a": 1})),
            ("no name", lambda: conn.execute("SELECT ?, ?", {"a": 1})),
            ("number", lambda: conn.execute("SELECT ?", 5)),
            ("set", lambda: conn.execute("SELECT ?", {1})),
            ("text", lambda: conn.execute("SELECT ?", "a").fetchall()),
            ("few", lambda: conn.execute("SELECT ?, ?", (1,))),
            ("two", lambda: conn.execute("SELECT 1; SELECT 2")),
            ("null", lambda: conn.execute("SELECT 1 \0")),
            ("bytes", lambda: conn.execute(b"SELECT 1")),
            ("empty", lambda: conn.execute("").fetchall()),
            ("object", lambda: conn.execute("SELECT ?", (object,))),
            ("many", lambda: conn.executemany("SELECT ?", [(1,)])),
            ("many", lambda: conn.executemany("INSERT INTO t (b) VALUES (?)", 3)),
            (
                "many",
                lambda: (
                    conn.executemany("INSERT INTO t (b) VALUES (?)", iter([(1,), (2,)])).rowcount
                ),
            ),
            ("many", lambda: conn.executemany("UPDATE t SET b = :b", [{"b": 1}]).rowcount),
            ("script", lambda: conn.executescript(3)),
            ("script", lambda: conn.executescript("SELECT 1; \0")),
            ("script", lambda: conn.executescript("INSERT INTO t (b) VALUES (9); SELECT nope")),
            ("call", lambda: bool(conn("SELECT 1"))),
            ("call", lambda: conn("SELECT nope")),
        ):
            attempt(p, label, run)
            p.show(conn.in_transaction, conn.total_changes)
        p.show(conn.execute("SELECT * FROM t").fetchall(), raw.total_changes)
        raw.close()

    harness.compare(program)


def test_defaults_of_missing_names():
    class Defaulted(dict):
        def __missing__(self, name):
            return f"no {name}"

    def program(p):
        p.show(raw_of(p).execute("SELECT :a, :b", Defaulted(a=1)).fetchall())

    harness.compare(program)


def test_cursors():
    def program(p):
        raw = raw_of(p)
        conn = raw.dbapi_connection
        cur = conn.cursor()
        p.show(cur.lastrowid, cur.rowcount, cur.description, cur.arraysize, cur.row_factory)
        p.show(cur.execute("INSERT INTO t (b) VALUES (?)", ("y",)).lastrowid, cur.rowcount)
        p.show(cur.execute("SELECT a FROM t").lastrowid, iter(cur) is cur, next(cur), list(cur))
        attempt(p, "next", lambda: next(cur))
        cur.execute("SELECT a FROM t")
        p.show(cur.fetchmany(), cur.fetchmany(size=1), cur.fetchmany(-1), cur.description)
        p.show(cur.setinputsizes([1]), cur.setoutputsize(1), cur.setoutputsize(1, 2))
        p.show(cur.connection == conn, cur.executescript("DELETE FROM t WHERE a = 1") is cur)
        p.show(cur.execute("DELETE FROM t").rowcount)
        for factory in (3, lambda connection: 3, sqlite3.Cursor):
            attempt(p, "factory", lambda: bool(conn.cursor(factory)))  # noqa: B023
        p.show(conn.cursor(factory=lambda c: c.cursor()).execute("SELECT 1").fetchall())
        p.show(cur.close(), cur.close())
        for use in (
            cur.fetchone,
            cur.fetchall,
            lambda: next(cur),
            lambda: cur.execute("SELECT 1"),
            lambda: cur.executemany("SELECT 1", []),
            lambda: cur.executescript("SELECT 1"),
        ):
            attempt(p, "closed", use)

    harness.compare(program)


def test_factories():
    def program(p):
        raw = raw_of(p)
        conn = raw.dbapi_connection
        p.show(conn.row_factory, conn.text_factory)
        before = conn.cursor()
        conn.row_factory = sqlite3.Row
        cur = raw.cursor()
        row = cur.execute('SELECT a, b, 1 AS [a"b] FROM t').fetchone()
        p.show(type(row), row.keys(), row["A"], row["b"], row[-1], tuple(row), dict(row))
        p.show(row == cur.execute('SELECT a, b, 1 AS [a"b] FROM t').fetchmany(2)[0])
        p.show(before.row_factory, before.execute("SELECT 1").fetchall())
        before.row_factory = lambda cursor, values: (cursor.description[0][0], cursor is before)
        p.show(list(before.execute("SELECT 1 AS x")))

        class Own(sqlite3.Row):
            pass

        conn.row_factory = Own
        p.show([(type(row), tuple(row)) for row in conn.execute("SELECT 2")])
        conn.row_factory = lambda cursor, values: 1 / 0
        attempt(p, "raises", conn.execute("SELECT 1").fetchone)
        conn.row_factory = 3
        attempt(p, "not callable", conn.execute("SELECT 1").fetchone)
        conn.row_factory = None
        for factory in (bytes, str, bytearray, lambda b: b.decode().upper()):
            conn.text_factory = factory
            p.show(conn.execute("SELECT 'é', x'00', 1, NULL").fetchone())
        conn.text_factory = 3
        attempt(p, "not callable", conn.execute("SELECT 'a'").fetchone)

    harness.compare(program)


def test_adapters():
    class Conforms:
        def __conform__(self, protocol):
            return "conformed" if protocol is sqlite3.PrepareProtocol else None

    class Adapted:
        pass

    sqlite3.register_adapter(Adapted, lambda value: "adapted")

    def program(p):
        conn = raw_of(p).dbapi_connection
        values = [Conforms(), Adapted(), datetime.date(2020, 1, 2), True, memoryview(b"ab")]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            p.show(conn.execute("SELECT ?, ?, ?, ?, ?", values).fetchall())
            p.show(conn.execute("SELECT :a", {"a": values[1]}).fetchall())
            conn.executemany("INSERT INTO t (b) VALUES (?)", [(value,) for value in values])
        p.show(conn.execute("SELECT b FROM t").fetchall())

    harness.compare(program)


def test_transactions():
    def program(p):
        engine = p.engine()
        conn = engine.raw_connection().dbapi_connection
        conn.execute("CREATE TABLE t (a)")
        with conn as same:
            p.show(same == conn)
            same.execute("INSERT INTO t VALUES (1)")
            p.show(conn.in_transaction)
        p.show(conn.in_transaction)
        try:
            with conn:
                conn.execute("INSERT INTO t VALUES (2)")
                raise KeyError("x")
        except KeyError:
            p.show(conn.in_transaction, conn.execute("SELECT a FROM t").fetchall())
        for level in ("nope", 3, "immediate", "", "EXCLUSIVE", None):
            attempt(p, "level", lambda: setattr(conn, "isolation_level", level))  # noqa: B023
            p.show(conn.isolation_level)
            conn.execute("INSERT INTO t VALUES (3)")
            p.show(conn.in_transaction)
        conn.isolation_level = ""
        conn.execute("INSERT INTO t VALUES (4)")
        conn.isolation_level = None
        p.show(conn.in_transaction)
        conn.isolation_level = ""
        with engine.connect() as connection:
            p.show(connection.execution_options(isolation_level="AUTOCOMMIT") is connection)
            p.show(connection.connection.isolation_level)

    harness.compare(program)


def test_closed():
    def program(p):
        raw = raw_of(p)
        conn = raw.dbapi_connection
        cur = conn.cursor()
        for name in ("Error", "IntegrityError", "ProgrammingError", "Warning"):
            p.show(getattr(raw, name).__name__, issubclass(getattr(conn, name), Exception))
        try:
            conn.execute("INSERT INTO t VALUES (1, 1)")
        except conn.IntegrityError as error:
            p.show(str(error), error.sqlite_errorname)
        p.show(conn.close(), conn.close(), conn.row_factory)
        for name in ("in_transaction", "total_changes", "isolation_level"):
            attempt(p, name, lambda: getattr(conn, name))  # noqa: B023
        for name in ("cursor", "commit", "rollback", "interrupt", "__enter__"):
            attempt(p, name, getattr(conn, name))
        for label, use in (
            ("execute", lambda: conn.execute("SELECT 1")),
            ("script", lambda: conn.executescript("SELECT 1")),
            ("function", lambda: conn.create_function("f", 0, int)),
            ("limit", lambda: conn.getlimit(1)),
            ("dump", lambda: list(conn.iterdump())),
            ("cursor", lambda: cur.execute("SELECT 1")),
            ("fetch", cur.fetchone),
            ("close", cur.close),
        ):
            attempt(p, label, use)

    harness.compare(program)


def test_limits():
    def program(p):
        conn = raw_of(p).dbapi_connection
        limit = sqlite3.SQLITE_LIMIT_SQL_LENGTH
        p.show(conn.getlimit(limit) > 100, conn.setlimit(limit, 20) > 100, conn.getlimit(limit))
        p.show(conn.setlimit(limit, -1), conn.getlimit(limit))
        attempt(p, "long", lambda: conn.execute("SELECT 1 AS a_long_name_of_it"))
        for number in (99, -1):
            attempt(p, "number", lambda: conn.getlimit(number))  # noqa: B023
            attempt(p, "number", lambda: conn.setlimit(number, 1))  # noqa: B023
        attempt(p, "type", lambda: conn.getlimit("a") and None)

    harness.compare(program)


def test_dump():
    def program(p):
        conn = raw_of(p).dbapi_connection
        conn.executescript(
            'CREATE TABLE auto (a INTEGER PRIMARY KEY AUTOINCREMENT, "b""c" TEXT);'
            "INSERT INTO auto VALUES (3, 'it''s'); CREATE INDEX i ON t (b);"
            "CREATE VIEW v AS SELECT 1"
        )
        lines = list(conn.iterdump())
        p.show(lines)
        other = p.engine().raw_connection()
        other.executescript("".join(lines))
        p.show(list(other.iterdump()) == lines)

    harness.compare(program)


def test_listeners():
    def program(p):
        engine = p.engine()

        @p.event.listens_for(engine, "connect")
        def connected(dbapi_connection, record):
            if isinstance(dbapi_connection, sqlite3.Connection):
                dbapi_connection.isolation_level = None
                with dbapi_connection as c:
                    c.execute("PRAGMA foreign_keys=ON").close()
                dbapi_connection.row_factory = sqlite3.Row

        @p.event.listens_for(engine, "checkout")
        def checkout(dbapi_connection, record, proxy):
            p.show(proxy.cursor().execute("PRAGMA foreign_keys").fetchone()[0])

        with engine.connect() as connection:
            raw = connection.connection
            p.show(raw.isolation_level, raw.execute("SELECT 1 AS x").fetchone()["x"])
            p.show(connection.exec_driver_sql("PRAGMA foreign_keys").scalar())

    harness.compare(program)


@pytest.mark.parametrize("proxied", [True, False])
def test_pandas(proxied):
    pandas = leaks.import_pandas()

    def program(p):
        raw = raw_of(p)
        conn = raw if proxied else raw.dbapi_connection
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            frame = pandas.DataFrame({"n": [1, 2], "s": ["x", None]})
            p.show(frame.to_sql("frame", conn, index=False))
            p.show(pandas.read_sql("SELECT * FROM frame WHERE n > ?", conn, params=(1,)).to_dict())
            p.show(frame.to_sql("frame", conn, index=False, if_exists="append"))
        p.show([str(warning.message) for warning in seen])
        p.show(raw.execute("SELECT count(*) FROM frame").fetchall())

    harness.compare(program)


def test_trace():
    def program(p):
        engine = p.engine()

        class Item(p.Base):
            __tablename__ = "item"
            id = p.mapped_column(p.Integer, primary_key=True)
            name = p.mapped_column(p.String)

        p.Base.metadata.create_all(engine)
        seen = []
        with p.Session(engine) as session:
            raw = session.connection().connection
            raw.set_trace_callback(seen.append)
            session.add(Item(name="it's"))
            session.commit()
            p.show(session.scalars(p.select(Item.name).where(Item.id < 5)).all())
            session.execute(p.delete(Item))
            session.rollback()
            p.show([" ".join(sql.split()) for sql in seen])
            raw = session.connection().connection
            raw.cursor().execute("SELECT :a", {"a": "x"})
            raw.executescript("SELECT 1; SELECT 2")
            p.show([sql.strip() for sql in seen[-4:]])
            raw.set_trace_callback(lambda sql: 1 / 0)
            p.show(raw.execute("SELECT 1").fetchall())
            raw.set_trace_callback(None)
            seen.clear()
            p.show(session.scalars(p.select(Item.name)).all(), seen)

    harness.compare(program)


LONG = (
    "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
    "SELECT count(*) FROM n"
)


def test_progress():
    def program(p):
        engine = p.engine()
        with engine.connect() as connection:
            raw = connection.connection
            calls = []
            raw.set_progress_handler(lambda: calls.append(1), 1000)
            p.show(raw.execute(LONG).fetchall(), len(calls))
            raw.set_progress_handler(lambda: 1 / 0, 1000)
            attempt(p, "raises", lambda: raw.execute(LONG).fetchall())
            raw.set_progress_handler(lambda: 1, 1000)
            attempt(p, "stops", lambda: raw.execute(LONG).fetchall())
            attempt(p, "core", lambda: connection.execute(p.text(LONG)).all())
            raw.set_progress_handler(None, 1000)
            p.show(connection.execute(p.text(LONG)).all())

    harness.compare(program, sql=False)


def test_authorizer():
    def program(p):
        engine = p.engine()
        with engine.connect() as connection:
            raw = connection.connection
            raw.executescript("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2)")
            seen = []
            raw.set_authorizer(lambda *about: seen.append(about) or sqlite3.SQLITE_OK)
            p.show(connection.execute(p.text("SELECT a FROM t")).all(), sorted(set(seen), key=str))
            answers = {
                "ignore": lambda action, name, column, *rest: 2 * (column == "b"),
                "deny": lambda action, name, column, *rest: column == "b",
                "raises": lambda *about: 1 / 0,
                "text": lambda *about: "ok",
                "large": lambda *about: 2**70,
                "unknown": lambda *about: 77,
            }
            for label, answer in answers.items():
                raw.set_authorizer(answer)
                attempt(p, label, lambda: raw.execute("SELECT a, b FROM t").fetchall())
                attempt(p, label, lambda: connection.execute(p.text("SELECT b, a FROM t")).all())
            raw.set_authorizer(None)
            p.show(connection.execute(p.text("SELECT b, a FROM t")).all())

    harness.compare(program, sql=False)


@pytest.mark.parametrize("does", ["close", "commit", "query", "hook", "cursor"])
def test_hooks_that_use_their_connection(does):
    """It is refused, as a statement runs; the hook's failure is what sqlite3 makes of one."""
    raw = cormorant.create_engine("sqlite://").raw_connection()
    conn = raw.dbapi_connection
    refused = set()

    def hook(*args):
        gc.collect()
        try:
            if does == "query":
                conn.execute("SELECT 1")
            elif does == "hook":
                conn.set_trace_callback(None)
            else:
                getattr(conn, does)()
        except conn.ProgrammingError as error:
            refused.add(str(error))
            raise

    conn.set_trace_callback(hook)
    assert conn.execute("SELECT 1").fetchall() == [(1,)]
    conn.set_trace_callback(None)
    conn.set_progress_handler(hook, 50_000)
    if does == "cursor":
        assert conn.execute(LONG).fetchall() == [(100_000,)]
    else:
        with pytest.raises(conn.OperationalError, match="interrupted"):
            conn.execute(LONG)
    conn.set_progress_handler(None, 0)
    conn.set_authorizer(hook)
    with pytest.raises(conn.DatabaseError, match="not authorized"):
        conn.execute("SELECT 2")
    conn.set_authorizer(None)
    assert conn.execute("SELECT 3").fetchall() == [(3,)]
    assert refused == (
        set() if does == "cursor" else {"Recursive use of a connection is not allowed."}
    )


def test_progress_of_a_backup_that_uses_its_connections():
    source, target = (cormorant.create_engine("sqlite://").raw_connection() for _ in range(2))
    source.executescript("CREATE TABLE t AS SELECT randomblob(9000)")
    for use in (source.dbapi_connection.close, target.dbapi_connection.close, source.commit):
        with pytest.raises(source.ProgrammingError, match="Recursive"):
            source.backup(
                target.dbapi_connection,
                pages=1,
                progress=lambda *at: use(),  # noqa: B023
            )
    source.backup(target.dbapi_connection, pages=1)
    assert target.execute("SELECT count(*) FROM t").fetchall() == [(1,)]


@pytest.mark.parametrize("kind", ["function", "aggregate", "window", "collation", "replaced"])
def test_functions_do_not_keep_their_connection(kind):
    def known():
        raw = cormorant.create_engine("sqlite://").raw_connection()
        raw.detach()
        conn = raw.dbapi_connection

        class Closing(Sum):
            def finalize(self):
                return int(conn.in_transaction)

        def use(*values):
            return int(conn.in_transaction)

        if kind == "collation":
            conn.create_collation("f", use)
            conn.execute("SELECT 1 UNION SELECT 2 ORDER BY 1 COLLATE f")
        elif kind == "window":
            conn.create_window_function("f", 1, Closing)
        elif kind == "aggregate":
            conn.create_aggregate("f", 1, Closing)
        else:
            conn.create_function("f", 1, use)
            if kind == "replaced":
                conn.create_function("f", 1, lambda value: use() + 1)
        if kind != "collation":
            conn.execute("SELECT f(1)").fetchall()
        raw._core = None
        return weakref.ref(conn._core), weakref.ref(use), weakref.ref(Closing)

    gone = known()
    gc.collect()
    assert [made() for made in gone] == [None] * 3


def test_hooks_do_not_keep_their_connection():
    def hooked():
        raw = cormorant.create_engine("sqlite://").raw_connection()
        raw.detach()
        conn = raw.dbapi_connection
        conn.set_trace_callback(lambda sql: conn.in_transaction)
        conn.set_authorizer(lambda *about: conn.in_transaction and 0)
        raw._core = None
        return weakref.ref(conn._core)

    gone = hooked()
    gc.collect()
    assert gone() is None


class Sum:
    def __init__(self):
        self.sum = 0

    def step(self, value):
        self.sum += value

    def inverse(self, value):
        self.sum -= value

    def value(self):
        return self.sum

    finalize = value


def test_window_functions():
    def program(p):
        engine = p.engine()
        with engine.connect() as connection:
            raw = connection.connection
            raw.executescript("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2), (3), (4)")
            sql = "SELECT f(a) OVER (ORDER BY a ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM t"

            class Stops(Sum):
                inverse = None

            class Fails(Sum):
                def value(self):
                    raise KeyError("x")

            class Lacks:
                def step(self, value):
                    pass

            for made in (Sum, Stops, Fails, Lacks, int):
                raw.create_window_function("f", 1, made)
                attempt(p, made.__name__, lambda: raw.execute(sql).fetchall())
                attempt(p, made.__name__, lambda: raw.execute("SELECT f(a) FROM t").fetchall())
            raw.create_window_function("f", 1, Sum)
            p.show(connection.execute(p.text(sql)).all())
            raw.create_window_function("f", 1, None)
            attempt(p, "gone", lambda: raw.execute(sql))

    harness.compare(program)


def test_serialize():
    def program(p):
        raw = raw_of(p)
        raw.commit()
        data = raw.serialize()
        p.show(data[:16], len(data))
        other = p.engine().raw_connection()
        p.show(other.deserialize(data), other.execute("SELECT * FROM t").fetchall())
        other.execute("INSERT INTO t (b) VALUES (randomblob(100000))")
        other.commit()
        p.show(len(other.serialize(name="main")) > len(data))
        for label, use in (
            ("name", lambda: raw.serialize(name="nope")),
            ("type", lambda: raw.deserialize(3)),
        ):
            attempt(p, label, use)
        raw.deserialize(b"no database" * 100)
        attempt(p, "bad", lambda: raw.execute("SELECT * FROM t"))

    harness.compare(program)


def test_backup(tmp_path):
    def program(p):
        raw = raw_of(p)
        raw.execute("CREATE TABLE blobs AS SELECT randomblob(20000) AS b")
        raw.commit()
        source = raw.dbapi_connection
        target = p.engine().raw_connection().dbapi_connection
        told = []
        p.show(source.backup(target, pages=2, progress=lambda *at: told.append(at)), told)
        p.show(target.execute("SELECT * FROM t").fetchall())
        real = sqlite3.connect(":memory:")
        real.execute("CREATE TABLE other (a)")
        told.clear()
        p.show(source.backup(real, pages=3, progress=lambda *at: told.append(at)), told)
        p.show(
            real.execute("SELECT * FROM t").fetchall(),
            real.execute("PRAGMA integrity_check").fetchall(),
        )
        path = tmp_path / f"{p.package}.db"
        with sqlite3.connect(path) as file:
            source.backup(file)
            file.execute("INSERT INTO t (b) VALUES (5)")
        file.close()
        with sqlite3.connect(path) as file:
            p.show(file.execute("SELECT * FROM t").fetchall())
        file.close()
        for label, use in (
            ("same", lambda: source.backup(source)),
            ("type", lambda: source.backup(3)),
            ("progress", lambda: source.backup(target, progress=3)),
            ("raises", lambda: source.backup(target, pages=1, progress=lambda *at: 1 / 0)),
            ("name", lambda: source.backup(target, name="nope")),
        ):
            attempt(p, label, use)
        p.show(target.execute("SELECT count(*) FROM t").fetchall())
        real.close()
        attempt(p, "closed", lambda: source.backup(real))
        empty = p.engine().raw_connection().dbapi_connection
        empty.backup(target)
        p.show(target.execute("SELECT * FROM sqlite_master").fetchall())

    harness.compare(program)


def test_backup_of_a_write_ahead_log(tmp_path):
    def program(p):
        engine = p.engine(f"sqlite:///{tmp_path / p.package}.db")
        raw = engine.raw_connection()
        raw.executescript("PRAGMA journal_mode=WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)")
        real = sqlite3.connect(":memory:")
        raw.backup(real)
        p.show(real.execute("SELECT * FROM t").fetchall())
        other = p.engine(f"sqlite:///{tmp_path / p.package}2.db").raw_connection()
        raw.backup(other.dbapi_connection)
        p.show(other.execute("SELECT * FROM t").fetchall())
        other.execute("INSERT INTO t VALUES (2)")
        other.commit()

    harness.compare(program)


def test_blobs():
    def program(p):
        conn = raw_of(p).dbapi_connection
        conn.execute("INSERT INTO t VALUES (9, zeroblob(10))")
        conn.execute("INSERT INTO t VALUES (10, 5)")
        conn.commit()
        with conn.blobopen("t", "b", 9) as blob:
            p.show(len(blob), blob.tell(), blob.read(3), blob.tell())
            p.show(blob.write(b"abc"), blob.tell(), blob.seek(-4, 2), blob.read(), blob.read())
            blob.seek(0)
            blob[0] = 65
            blob[-2:] = b"yz"
            blob[1:9:4] = bytearray(b"12")
            p.show(blob.read(), blob[0], blob[-1], blob[2:5], blob[::3], blob[5:2])
            for label, use in (
                ("write", lambda: blob.write(b"x")),
                ("seek", lambda: blob.seek(11)),
                ("seek", lambda: blob.seek(0, 7)),
                ("index", lambda: blob[10]),
                ("index", lambda: blob["a"]),
                ("set", lambda: blob.__setitem__(0, "a")),
                ("set", lambda: blob.__setitem__(0, 256)),
                ("set", lambda: blob.__setitem__(10, 1)),
                ("set", lambda: blob.__setitem__(slice(0, 2), b"abc")),
                ("delete", lambda: blob.__delitem__(0)),
                ("delete", lambda: blob.__delitem__(slice(0, 1))),
            ):
                attempt(p, label, use)
        attempt(p, "closed", blob.read)
        p.show(blob.close(), conn.execute("SELECT b FROM t WHERE a = 9").fetchall())
        with conn.blobopen("t", "b", 9, readonly=True) as blob:
            p.show(blob.read(2))
            attempt(p, "readonly", lambda: blob.write(b"x"))
        for where in (("t", "b", 99), ("t", "x", 9), ("x", "b", 9), ("t", "b", 10)):
            attempt(p, "open", lambda: conn.blobopen(*where))  # noqa: B023
        attempt(p, "name", lambda: conn.blobopen("t", "b", 9, name="nope"))

    harness.compare(program)


EXTENSION = """
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT1
static void answer(sqlite3_context *context, int count, sqlite3_value **values)
{
    sqlite3_result_int(context, 42);
}
int sqlite3_extension_init(sqlite3 *db, char **error, const sqlite3_api_routines *api)
{
    SQLITE_EXTENSION_INIT2(api);
    return sqlite3_create_function(db, "answer", 0, SQLITE_UTF8, 0, answer, 0, 0);
}
"""


def test_extensions(tmp_path):
    source = tmp_path / "answer.c"
    source.write_text(EXTENSION)
    library = str(tmp_path / "answer.so")
    try:
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-o", library, str(source)],
            check=True,
            env={**os.environ, "LD_PRELOAD": ""},  # a sanitizer finds leaks of the compiler
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no compiler, or no header of SQLite's")

    def program(p):
        engine = p.engine()

        @p.event.listens_for(engine, "connect")
        def load(dbapi_connection, record):
            dbapi_connection.enable_load_extension(False)
            attempt(p, "not enabled", lambda: dbapi_connection.load_extension(library))
            dbapi_connection.enable_load_extension(True)
            dbapi_connection.load_extension(library)
            attempt(p, "none", lambda: dbapi_connection.load_extension("nothing.so"))
            dbapi_connection.enable_load_extension(False)

        with engine.connect() as connection:
            p.show(connection.execute(p.select(p.func.answer())).all())

    if hasattr(sqlite3.Connection, "load_extension"):
        harness.compare(program)
        return
    ours = harness.run(program, "cormorant")
    assert ours.error is None
    assert [shown[:2] for shown in ours.shown[:2]] == [
        ["not enabled", "OperationalError"],
        ["none", "OperationalError"],
    ]
    assert ours.shown[2] == [["(42,)"]]
