"""DB-API cursors of raw_connection(): parameters, results and errors of the driver."""

import pytest

from .. import leaks, postgres
from . import harness

pytestmark = pytest.mark.skipif(postgres.scratch() is None, reason="no PostgreSQL server")


@pytest.fixture(autouse=True)
def database():
    with harness.on_database("postgresql"):
        yield


def attempt(p, label, fn):
    try:
        p.show(label, fn())
    except Exception as error:
        p.show(label, type(error).__name__, str(error).partition(" (command status")[0])


def test_psycopg():
    def program(p):
        engine = p.engine()
        raw = engine.raw_connection()
        cur = raw.cursor()
        p.show(cur.description, cur.rowcount, cur.arraysize)
        cur.execute("CREATE TEMP TABLE t (id serial PRIMARY KEY, name text, n numeric(5, 2))")
        p.show(cur.rowcount, cur.description)
        p.show(cur.execute("INSERT INTO t (name) VALUES (%s)", ("100%",)) is cur, cur.rowcount)
        p.show(cur.executemany("INSERT INTO t (name, n) VALUES (%s, %s)", [("a", 1), ("b", 2)]))
        p.show(cur.rowcount, cur.description)
        named = [{"name": "c", "n": 3}, {"name": "d", "n": 4}]
        cur.executemany("INSERT INTO t (name, n) VALUES (%(name)s, %(n)s)", named)
        p.show(cur.rowcount)
        cur.executemany("INSERT INTO t (name) VALUES (%s) RETURNING id", [("e",), ("f",)])
        p.show(cur.rowcount, cur.description)
        attempt(p, "fetch", cur.fetchall)
        sql = "INSERT INTO t (name) VALUES (%s) RETURNING id"
        cur.executemany(sql, [("g",), ("h",)], returning=True)
        p.show(cur.fetchall(), cur.nextset(), cur.fetchall(), cur.nextset())
        raw.commit()

        cur.execute("SELECT id, name, n FROM t WHERE id < %s ORDER BY id", [5])
        p.show([column[0] for column in cur.description], cur.description[1].name, cur.rowcount)
        p.show(len(cur.description[0]))
        p.show(cur.fetchone(), cur.fetchmany(), cur.fetchmany(1), cur.fetchall(), cur.fetchone())
        cur.arraysize = 2
        p.show(cur.execute("SELECT id FROM t ORDER BY id").fetchmany(), list(cur))
        p.show(cur.execute("SELECT %(x)s + %(x)s + %(y)s", {"x": 1, "y": 2, "z": 3}).fetchall())
        p.show(cur.execute("SELECT '%s', '%%'").fetchall())
        p.show(cur.execute("SELECT '%%'", ()).fetchall())
        p.show(cur.execute(b"SELECT name FROM t WHERE name LIKE '1%%' AND id = %s", [1]).fetchall())
        cur.executemany("SELECT %s::int", [(1,), (2,)])
        p.show(cur.rowcount)
        cur.executemany("SELECT %s::int", [])
        p.show(cur.rowcount)
        cur.execute("SET LOCAL search_path TO public; SET LOCAL work_mem TO '1MB'")
        p.show(cur.execute("SHOW work_mem").fetchone())

        for sql, parameters in (
            ("SELECT '%'", ()),
            ("SELECT %s, %(a)s", {"a": 1}),
            ("SELECT %(a)s, %s", {"a": 1}),
            ("SELECT %s", "a"),
            ("SELECT %s", {1}),
            ("SELECT %s, %s", [1]),
            ("SELECT %s", [1, 2]),
            ("SELECT %(a)s, %(b)s", {"a": 1}),
            ("SELECT %s", {"a": 1}),
            ("SELECT %(a)s", [1]),
            ("SELECT nope", None),
            ("INSERT INTO t (id) VALUES (%s)", [1]),
            ("SELECT %s / 0", [1]),
        ):
            attempt(p, sql, lambda: cur.execute(sql, parameters).fetchall())  # noqa: B023
            p.show(cur.description, cur.rowcount)
            raw.rollback()
        attempt(p, "rows", lambda: cur.executemany("SELECT %s", [(1,), (1, 2)]))
        raw.rollback()
        for made in (raw.cursor(), cur.execute("UPDATE t SET n = 1")):
            attempt(p, "fetchone", made.fetchone)
            attempt(p, "fetchmany", made.fetchmany)
            attempt(p, "fetchall", made.fetchall)
            attempt(p, "iterate", lambda: list(made))  # noqa: B023
        p.show(cur.rowcount)
        raw.rollback()
        for name in ("callproc", "lastrowid"):
            attempt(p, name, lambda: getattr(cur, name))  # noqa: B023

        with raw.cursor() as other:
            p.show(other.execute("SELECT 1").fetchone(), other.closed)
        p.show(other.closed)
        attempt(p, "closed", lambda: other.execute("SELECT 1"))
        attempt(p, "closed", other.fetchone)
        attempt(p, "closed", lambda: other.executemany("SELECT %s", [(1,)]))
        cur.close()
        cur.close()
        raw.close()
        engine.dispose()

    harness.compare(program)


def test_status_messages():
    def program(p):
        cur = p.engine().raw_connection().cursor()
        p.show(cur.statusmessage)
        for sql in (
            "CREATE TEMP TABLE t (a int)",
            "INSERT INTO t VALUES (1), (2)",
            "SELECT * FROM t WHERE a = 9",
            "UPDATE t SET a = 3",
            "INSERT INTO t VALUES (9) RETURNING a",
            "DELETE FROM t",
            "SET search_path TO public",
            "VALUES (1), (2)",
            "DO 'begin end'",
            "CREATE TEMP TABLE q AS SELECT 1",
        ):
            p.show(sql, cur.execute(sql).statusmessage)
        cur.executemany("INSERT INTO t VALUES (%s) RETURNING a", [(1,), (2,)], returning=True)
        p.show(cur.statusmessage)
        cur.execute("SELECT * FROM t")
        cur.fetchall()
        p.show(cur.statusmessage)
        attempt(p, "set", lambda: setattr(cur, "statusmessage", "x") or "was set")
        try:
            cur.execute("FETCH ALL FROM nothing")
        except Exception:
            p.show(cur.statusmessage)
        cur.close()
        p.show(cur.statusmessage)

    harness.compare(program)


def test_driver_sql_parameters():
    def program(p):
        engine = p.engine()
        with engine.connect() as connection:
            for sql, parameters in (
                ("SELECT %s::int", (1,)),
                ("SELECT %(a)s::int", {"a": 1}),
                ("SELECT %s::int", {"a": 1}),
                ("SELECT %(a)s::int", (1,)),
                ("SELECT %(a)s, %s", {"a": 1}),
                ("SELECT %s, %(a)s", (1,)),
                ("SELECT %(a)s::int, %(b)s::int", {"a": 1}),
                ("SELECT %s::int", (1, 2)),
                ("SELECT '%%'", None),
                ("SELECT '%'", None),
            ):
                attempt(p, sql, lambda: connection.exec_driver_sql(sql, parameters).all())  # noqa: B023
                connection.rollback()
        engine.dispose()

    harness.compare(program)


def test_transactions():
    def program(p):
        engine = p.engine()

        @p.event.listens_for(engine, "connect")
        def connected(dbapi_connection, record):
            p.show(dbapi_connection.autocommit)
            dbapi_connection.autocommit = True
            cur = dbapi_connection.cursor()
            cur.execute("SET SESSION application_name = 'set by %'")
            cur.close()
            dbapi_connection.autocommit = False
            p.show(dbapi_connection.autocommit)

        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE kept (id int)")
        for end in ("commit", "rollback", "close"):
            raw = engine.raw_connection()
            cur = raw.cursor()
            cur.execute("INSERT INTO kept VALUES (%s)", [1])
            cur.executemany("INSERT INTO kept VALUES (%s)", [[2], [3]])
            p.show(cur.execute("SHOW application_name").fetchone())
            getattr(raw, end)()
            raw.close()
            with engine.connect() as connection:
                p.show(end, connection.exec_driver_sql("SELECT count(*) FROM kept").scalar())
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            cur = connection.connection.cursor()
            cur.execute("INSERT INTO kept VALUES (4)")
            cur.close()
        with engine.connect() as connection:
            p.show(connection.exec_driver_sql("SELECT count(*) FROM kept").scalar())

    harness.compare(program)


@pytest.mark.filterwarnings("ignore:pandas only supports SQLAlchemy")
def test_pandas_reads_through_it():
    pandas = leaks.import_pandas()

    def program(p):
        engine = p.engine()
        raw = engine.raw_connection()
        sql = "SELECT x AS n, x * %(by)s AS m FROM generate_series(1, 3) x"
        p.show(pandas.read_sql(sql, raw, params={"by": 2}).to_dict("list"))
        raw.close()
        engine.dispose()

    harness.compare(program)


def test_descriptions_and_places_in_the_result():
    def program(p):
        raw = p.engine().raw_connection()
        cur = raw.cursor()
        cur.execute(
            "SELECT 1::int4 a, 'x'::text b, 1.5::numeric(10, 2) c, 2::numeric(3, -1) d, "
            "now()::date e, true f, 'abc'::varchar(7) g, 'a'::char(3) h, B'101'::bit(3) i, "
            "now()::timestamp(2) j, now()::time k, '1 day'::interval(3) l, 1::numeric m, "
            "'1 day'::interval n, ARRAY[1, 2] o, 'q'::\"char\" q, B'1'::varbit(5) r"
        )
        p.show([tuple(column) for column in cur.description])
        cur.execute("SELECT generate_series(1, 10)")
        p.show(cur.rownumber, cur.fetchmany(3), cur.rownumber)
        attempt(p, "on", lambda: (cur.scroll(2), cur.fetchone(), cur.rownumber))
        attempt(p, "back", lambda: (cur.scroll(-4), cur.fetchmany(2), cur.rownumber))
        attempt(p, "first", lambda: (cur.scroll(0, mode="absolute"), cur.fetchone()))
        attempt(p, "beyond", lambda: cur.scroll(100))
        attempt(p, "before", lambda: cur.scroll(-5))
        attempt(p, "last", lambda: (cur.scroll(9, mode="absolute"), cur.fetchall()))
        attempt(p, "end", lambda: cur.scroll(1))
        attempt(p, "mode", lambda: cur.scroll(1, mode="nonsense"))
        p.show(cur.rownumber, cur.fetchone(), list(cur))
        p.show(list(cur.stream("SELECT generate_series(1, %s)", [3])))
        attempt(p, "stream", lambda: list(cur.stream("SET LOCAL work_mem TO '1MB'")))
        raw.rollback()
        p.show(cur.execute("SELECT 1").fetchone())
        cur.close()
        attempt(p, "closed", lambda: cur.scroll(0))
        raw.close()

    harness.compare(program)


def test_where_statements_end():
    """One statement gives its rows, whatever looks like the end of it."""

    def program(p):
        raw = p.engine().raw_connection()
        cur = raw.cursor()
        for sql in (
            "SELECT E'a'\n'b\\'; SELECT 2'",
            "SELECT E'a' --\n'b\\'; SELECT 2'",
            "SELECT 'a'\n'b\\' || '; SELECT 2'",
            "SELECT 'a;'';' AS x, $$;$$, $a$;$$;$a$, \"x;\" FROM (SELECT 1 AS \"x;\") q",
            "SELECT $a$ $b$a$, 1 AS a$b$c",
            "SELECT 1 /* ; /* ; */ ; */ + 1",
            "SELECT 1 --1;\r+2",
            "SELECT 1;;\r; ",
            "SELECT U&'\\003b;' || U&'!003b;' UESCAPE '!', N';', 1 AS \"a\"\"; \"",
            "SELECT '{\"a;\": 1}'::jsonb ? 'a;', '{}'::jsonb ?| ARRAY[';']",
            "SELECT $1$;$1$",
            "SELECT 1 AS \u00e0;",
        ):
            attempt(p, sql, lambda: cur.execute(sql).fetchall())  # noqa: B023
            raw.rollback()
        cur.execute("SET LOCAL standard_conforming_strings TO off")
        attempt(p, "escapes", lambda: cur.execute("SELECT 'a\\'; SELECT 2'").fetchall())
        cur.execute("CREATE TEMP TABLE t (a int, b text)")
        rows = [(i, f"{i}") for i in range(40)]
        cur.executemany("INSERT INTO t VALUES (%s, '\\', $1, ' || %s)", rows)
        p.show(cur.execute("SELECT * FROM t WHERE a > 37").fetchall())
        cur.execute("SET LOCAL standard_conforming_strings TO on; DELETE FROM t")
        for sql in (
            "INSERT INTO t VALUES (%s::INTEGER -- it\n, %s::VARCHAR /* is */)",
            "INSERT INTO t VALUES (%s, E'x'\n'\\', $1' || %s)",
            "INSERT INTO t VALUES (%s, -- one\r %s)",
        ):
            cur.executemany(sql, rows)
            p.show(cur.execute("SELECT * FROM t WHERE a > 37").fetchall())
        raw.close()

    harness.compare(program)
