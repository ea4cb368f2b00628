"""Raw connections of SQLite: what programs do with sqlite3's through SQLAlchemy."""

import datetime
import sqlite3
import warnings

import pytest

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
    pandas = pytest.importorskip("pandas")

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
