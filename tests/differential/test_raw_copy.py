"""COPY, notifications and sessions of raw connections, as psycopg2 and psycopg have them."""

import csv
import datetime as dt
import io
import select
import threading
from decimal import Decimal

import pytest

from .. import postgres
from . import harness

pytestmark = pytest.mark.skipif(postgres.scratch() is None, reason="no PostgreSQL server")


@pytest.fixture(autouse=True)
def database():
    with postgres.empty():
        yield


def url(driver):
    return f"postgresql{driver}:{postgres.scratch()}"


def attempt(p, label, fn, *, text=True):
    try:
        p.show(label, fn())
    except Exception as error:
        message = str(error).partition("\nCONTEXT")[0].partition("\nLINE")[0].strip()
        p.show(label, type(error).__name__, message if text else "")


def empty_table(cur, connection):
    cur.execute("CREATE TEMP TABLE t (a int, b text)")
    connection.commit()


@pytest.mark.parametrize("driver", ["", "+psycopg2"])
def test_files(driver):
    class Failing:
        def read(self, size):
            raise ZeroDivisionError(f"size {size}")

        def write(self, data):
            raise ZeroDivisionError(f"wrote {data[:2]!r}")

    class Odd:
        def read(self, size):
            return 5

    class Said(io.BytesIO):
        asked = ()

        def read(self, size):
            self.asked += (size,)
            return super().read(size)

    def program(p):
        raw = p.engine(url(driver)).raw_connection()
        cur = raw.cursor()
        empty_table(cur, raw)
        text = "1\tä\n2\t\\N\n"
        for file in (io.StringIO(text), io.BytesIO(text.encode())):
            p.show(cur.copy_expert("COPY t FROM STDIN", file), cur.rowcount, cur.statusmessage)
        p.show(cur.copy_expert(sql=b"COPY t TO STDOUT", file=(out := io.BytesIO())), cur.rowcount)
        p.show(out.getvalue())
        cur.copy_expert("COPY t TO STDOUT (FORMAT CSV, HEADER)", out := io.StringIO())
        p.show(out.getvalue())
        cur.copy_expert("COPY t TO STDOUT (FORMAT BINARY)", out := io.BytesIO())
        p.show(out.getvalue())
        out.seek(0)
        p.show(cur.copy_expert("COPY t FROM STDIN (FORMAT BINARY)", out), cur.rowcount)
        file = Said(b"3\tx\n")
        cur.copy_expert("COPY t FROM STDIN", file, size=100)
        p.show(file.asked)
        raw.commit()

        rows = io.StringIO("7;x\n8;it's\n")
        p.show(cur.copy_from(rows, "t", sep=";", null="it's", columns=("a", "b")), cur.rowcount)
        cur.copy_to(out := io.StringIO(), "t", sep="|", null="-", columns=["b"])
        p.show(out.getvalue(), cur.rowcount)
        raw.commit()
        for label, fn in {
            "table of a schema": lambda: cur.copy_from(rows, "public.t"),
            "separator": lambda: cur.copy_from(rows, "t", sep=";;"),
            "no file": lambda: cur.copy_expert("COPY t FROM STDIN", object()),
            "reading fails": lambda: cur.copy_expert("COPY t FROM STDIN", Failing()),
            "reads no text": lambda: cur.copy_expert("COPY t FROM STDIN", Odd()),
            "writing fails": lambda: cur.copy_expert("COPY t TO STDOUT", Failing()),
            "bad data": lambda: cur.copy_expert("COPY t FROM STDIN", io.StringIO("x\tx\n")),
            "bad SQL": lambda: cur.copy_expert("COPY t FRM STDIN", rows),
            "no COPY": lambda: cur.copy_expert("SELECT 1", rows),
            "binary as text": lambda: cur.copy_expert(
                "COPY t TO STDOUT (FORMAT BINARY)", io.StringIO()
            ),
        }.items():
            attempt(p, label, fn, text=label not in ("reads no text", "binary as text"))
            raw.rollback()
            cur.execute("SELECT count(*) FROM t")
            p.show(cur.fetchone())
            raw.rollback()
        cur.close()
        attempt(p, "closed", lambda: cur.copy_expert("COPY t TO STDOUT", io.StringIO()))
        raw.close()

    harness.compare(program, sql=False)


def test_files_in_an_engine_transaction():
    """What pandas documents as a method of to_sql()."""

    def psql_insert_copy(table, conn, keys, data_iter):
        with conn.connection.cursor() as cur:
            buffer = io.StringIO()
            csv.writer(buffer).writerows(data_iter)
            buffer.seek(0)
            columns = ", ".join(f'"{key}"' for key in keys)
            cur.copy_expert(sql=f"COPY {table.name} ({columns}) FROM STDIN WITH CSV", file=buffer)

    def program(p):
        engine = p.engine(url("+psycopg2"))
        table = p.Table("f", p.MetaData(), p.Column("x", p.Integer), p.Column("y", p.String))
        with engine.begin() as connection:
            table.create(connection)
            psql_insert_copy(table, connection, ["x", "y"], [(i, f'"{i}",') for i in range(1000)])
            p.show(connection.execute(p.text("SELECT count(*), max(y) FROM f")).all())
            connection.rollback()
        with engine.connect() as connection:
            attempt(p, "rolled back", lambda: table.drop(connection), text=False)

    harness.compare(program, sql=False)


def test_blocks():
    def copied(cur, sql, params=None, *, data=(), rows=(), error=None):
        with cur.copy(sql, params) as copy:
            for block in data:
                copy.write(block)
            for row in rows:
                copy.write_row(row)
            if error:
                raise error
        return cur.rowcount, cur.statusmessage

    def read(cur, sql, params=None):
        with cur.copy(sql, params) as copy:
            blocks = b"".join(bytes(block) for block in copy)
        return blocks, len(cur.description), cur.rowcount

    def rows(cur, sql, types=None):
        with cur.copy(sql) as copy:
            if types:
                copy.set_types(types)
            return list(copy.rows())

    def single(cur):
        with cur.copy("COPY (SELECT 1, 'a') TO STDOUT") as copy:
            return copy.read_row(), copy.read_row(), bytes(copy.read())

    def left(cur):
        with cur.copy("COPY (SELECT generate_series(1, 1000000)) TO STDOUT") as copy:
            bytes(next(iter(copy)))
            raise ZeroDivisionError("left")

    def after(cur):
        with cur.copy("COPY t FROM STDIN") as copy:
            pass
        copy.write("1\ta\n")

    def program(p):
        import datetime
        import decimal
        import uuid

        raw = p.engine(url("+psycopg")).raw_connection()
        cur = raw.cursor()
        empty_table(cur, raw)
        odd = "ä\b\t\n\v\f\r\\N\\."
        p.show(copied(cur, "COPY t FROM STDIN", data=["1\tx\n2", b"\ty", bytearray(b"\n")]))
        p.show(copied(cur, "COPY t FROM STDIN", rows=[(3, odd), (None, None), [4, ""]]))
        p.show(cur.execute("SELECT * FROM t ORDER BY a").fetchall())
        p.show(read(cur, "COPY (SELECT * FROM t ORDER BY a) TO STDOUT"))
        p.show(rows(cur, "COPY (SELECT * FROM t ORDER BY a) TO STDOUT"))
        values = "SELECT %s, %s, %s::int, %s, %s, %s, %s"
        given = ("a'b\\", None, -5, True, 1.5, decimal.Decimal("1.50"), datetime.date(2020, 1, 2))
        p.show(read(cur, f"COPY ({values}) TO STDOUT", given))
        p.show(read(cur, "COPY (SELECT %(a)s, '%%', %(a)s) TO STDOUT", {"a": "%s"}))
        types = "int4 text text bool date numeric float8 timestamp timestamptz uuid jsonb bytea"
        sql = (
            "COPY (SELECT 1, E'a\\tb', null::text, true, date '2020-01-02', 1.50, 1e300::float8, "
            "timestamp '2020-01-02 03:04:05.6', timestamptz '2020-01-02 03:04:05+00', "
            "'12345678-1234-5678-1234-567812345678'::uuid, '{\"a\": [1]}'::jsonb, "
            "'\\x0001ff'::bytea) TO STDOUT"
        )
        p.show(rows(cur, "COPY (SELECT 1, null, ''::text) TO STDOUT (FORMAT BINARY)"))
        found = rows(cur, sql, types.split())
        p.show([[type(value).__name__ for value in row] for row in found])
        p.show([[v for v in row if not isinstance(v, datetime.datetime)] for row in found])
        p.show(found[0][7], found[0][8].timestamp())
        cur.execute(
            "CREATE TEMP TABLE many (a bool, b bytea, c date, d uuid, e interval, f int[], g text[])"
        )
        row = [
            False,
            b"\0\xff",
            datetime.date(1999, 12, 31),
            uuid.UUID(int=5),
            datetime.timedelta(-1, 5, 7),
            [[1, None], [3, 4]],
            ["a\\", 'b"', "NULL", None, ""],
        ]
        p.show(copied(cur, "COPY many FROM STDIN", rows=[row]))
        p.show(cur.execute("SELECT * FROM many").fetchall())
        raw.commit()
        p.show(single(cur))
        raw.rollback()
        for label, fn in {
            "short": lambda: copied(cur, "COPY t FROM STDIN", rows=[(1,)]),
            "object": lambda: copied(cur, "COPY t FROM STDIN", rows=[(object(), 1)]),
            "raised": lambda: copied(cur, "COPY t FROM STDIN", error=KeyError("x\0y")),
            "data": lambda: copied(cur, "COPY t FROM STDIN", data=["x\n"]),
            "SQL": lambda: copied(cur, "COPY t FRM STDIN"),
            "no COPY": lambda: copied(cur, "SELECT 1"),
            "DDL": lambda: copied(cur, "CREATE TABLE u ()"),
            "other way": lambda: copied(cur, "COPY t TO STDOUT", data=["7\tx\n"]),
            "way other": lambda: read(cur, "COPY t FROM STDIN"),
            "left": lambda: left(cur),
            "after": lambda: after(cur),
            "parameters": lambda: read(cur, "COPY (SELECT %s) TO STDOUT", ()),
        }.items():
            attempt(p, label, fn, text=label != "object")
            raw.rollback()
            p.show(cur.execute("SELECT count(*) FROM t").fetchone())
            raw.rollback()
        cur.close()
        attempt(p, "closed", lambda: read(cur, "COPY t TO STDOUT"))
        raw.close()

    harness.compare(program, sql=False)


def notify_from_another(p, driver):
    with p.engine(url(driver)).begin() as connection:
        connection.exec_driver_sql("NOTIFY ears, 'ä'")


def test_notifications_of_psycopg2():
    def program(p):
        raw = p.engine(url("+psycopg2")).raw_connection()
        mine = raw.dbapi_connection
        cur = raw.cursor()
        cur.execute("LISTEN ears; NOTIFY ears, 'mine'")
        p.show(mine.notifies)
        raw.commit()
        pid = mine.get_backend_pid()
        p.show([(n.pid == pid, n.channel, n.payload) for n in mine.notifies])
        told = mine.notifies.pop(0)
        p.show(told == (pid, "ears"), mine.notifies, repr(told).replace(str(pid), "PID"))
        notify_from_another(p, "+psycopg2")
        select.select([mine], [], [], 20)
        p.show(mine.poll(), [(n.channel, n.payload) for n in mine.notifies])
        cur.execute("DO 'begin raise notice ''hi''; raise warning ''ho''; end'")
        p.show(mine.notices)
        raw.close()

    harness.compare(program, sql=False)


def test_notifications_of_psycopg():
    def program(p):
        raw = p.engine(url("+psycopg")).raw_connection()
        mine = raw.dbapi_connection
        heard = []
        mine.add_notice_handler(lambda diag: heard.append((diag.severity, diag.message_primary)))
        mine.autocommit = True
        mine.execute("LISTEN ears")
        p.show(list(mine.notifies(timeout=0)))
        mine.execute("NOTIFY ears, 'mine'")
        notify_from_another(p, "+psycopg")
        told = list(mine.notifies(timeout=5, stop_after=2))
        p.show([(n.channel, n.payload) for n in told], told[0].pid == mine.info.backend_pid)
        thread = threading.Timer(0.2, notify_from_another, (p, "+psycopg"))
        thread.start()
        p.show([n.payload for n in mine.notifies(timeout=20, stop_after=1)])
        thread.join()
        mine.execute("DO 'begin raise notice ''hi''; raise warning ''ho''; end'")
        p.show(heard)
        mine.autocommit = False
        raw.close()

    harness.compare(program, sql=False)


def cancelled(p, mine, cur):
    timer = threading.Timer(0.2, mine.cancel)
    timer.start()
    attempt(p, "cancelled", lambda: cur.execute("SELECT pg_sleep(30)"))
    timer.join()


def test_sessions_of_psycopg2():
    def program(p):
        raw = p.engine(url("+psycopg2")).raw_connection()
        mine = raw.dbapi_connection
        cur = raw.cursor()

        def seen():
            names = ("transaction_isolation", "transaction_read_only", "transaction_deferrable")
            cur.execute("SELECT " + ", ".join(f"current_setting('{name}')" for name in names))
            found = cur.fetchone()
            mine.rollback()
            state = (mine.isolation_level, mine.readonly, mine.deferrable, mine.autocommit)
            return found, state

        p.show(mine.closed, mine.status, mine.encoding, mine.server_version > 90000)
        p.show(mine.get_transaction_status(), mine.get_parameter_status("client_encoding"))
        p.show(mine.get_parameter_status("nothing"), mine.protocol_version, mine.async_)
        info = mine.info
        p.show(info.dbname == mine.get_dsn_parameters()["dbname"], info.user, info.port, info.host)
        p.show(int(info.status), int(info.transaction_status), info.ssl_in_use, info.used_password)
        p.show(info.backend_pid == mine.get_backend_pid(), info.options, info.needs_password)
        p.show(seen())
        mine.set_session(isolation_level="SERIALIZABLE", readonly=True, deferrable=True)
        p.show(seen())
        mine.set_session(isolation_level=1, readonly="default", deferrable=False)
        p.show(seen())
        mine.readonly = True
        mine.set_session(autocommit=True)
        p.show(mine.autocommit, mine.isolation_level)
        mine.set_session(isolation_level="default", readonly="DEFAULT", autocommit=False)
        p.show(seen())
        mine.set_isolation_level(0)
        p.show(mine.autocommit)
        mine.set_isolation_level(2)
        p.show(seen())
        mine.isolation_level = "READ UNCOMMITTED"
        p.show(seen())
        mine.isolation_level = None
        for label, fn in {
            "level": lambda: mine.set_session(isolation_level="nope"),
            "number": lambda: mine.set_isolation_level(7),
        }.items():
            attempt(p, label, fn)
        cur.execute("SELECT 1")
        p.show(mine.status, mine.get_transaction_status())
        attempt(p, "inside", lambda: mine.set_session(readonly=True))
        attempt(p, "inside", lambda: setattr(mine, "autocommit", True))
        cancelled(p, mine, cur)
        p.show(mine.status, mine.get_transaction_status())
        mine.reset()
        p.show(mine.status)

        with mine:
            cur.execute("CREATE TEMP TABLE kept (id int)")
        try:
            with mine:
                cur.execute("INSERT INTO kept VALUES (1)")
                raise ZeroDivisionError
        except ZeroDivisionError:
            cur.execute("SELECT * FROM kept")
            p.show(cur.fetchall())
        raw.close()
        p.show(raw.dbapi_connection is None)

    harness.compare(program, sql=False)


def test_sessions_of_psycopg():
    def program(p):
        raw = p.engine(url("+psycopg")).raw_connection()
        mine = raw.dbapi_connection

        def seen():
            names = ("transaction_isolation", "transaction_read_only", "transaction_deferrable")
            cur = mine.execute("SELECT " + ", ".join(f"current_setting('{n}')" for n in names))
            found = cur.fetchone()
            mine.rollback()
            level = mine.isolation_level
            state = (level and (int(level), level.name), mine.read_only, mine.deferrable)
            return found, state, mine.autocommit

        info = mine.info
        p.show(
            mine.closed, mine.broken, info.vendor, info.user, info.port, info.host, info.encoding
        )
        p.show(info.status.name, info.transaction_status.name, info.parameter_status("nothing"))
        p.show(info.hostaddr, info.options, info.error_message, info.timezone)
        p.show(seen())
        mine.isolation_level = 4
        mine.read_only = True
        mine.deferrable = True
        p.show(seen())
        mine.set_isolation_level(None)
        mine.set_read_only(None)
        mine.set_deferrable(False)
        p.show(seen())
        attempt(p, "level", lambda: mine.set_isolation_level(9), text=False)
        mine.execute("SELECT 1")
        p.show(info.transaction_status.name)
        for name in ("autocommit", "isolation_level", "read_only", "deferrable"):
            attempt(p, name, lambda: setattr(mine, name, None))  # noqa: B023
        cancelled(p, mine, mine.cursor())
        mine.rollback()

        mine.execute("CREATE TEMP TABLE kept (id int)")
        mine.commit()

        def inner(force):
            with mine.transaction():
                mine.execute("INSERT INTO kept VALUES (1)")
                try:
                    with mine.transaction(force_rollback=force):
                        mine.execute("INSERT INTO kept VALUES (2)")
                        if force is None:
                            raise KeyError
                except KeyError:
                    pass
            p.show(info.transaction_status.name)
            return mine.execute("SELECT id FROM kept ORDER BY id").fetchall(), mine.rollback()

        p.show(inner(False), inner(True), inner(None))
        raw.close()

    harness.compare(program, sql=False)


@pytest.mark.parametrize("driver", ["+psycopg2", "+psycopg"])
def test_two_phase(driver):
    def program(p):
        raw = p.engine(url(driver)).raw_connection()
        mine = raw.dbapi_connection
        xid = mine.xid(1, "a", "b")
        p.show(str(xid), xid.format_id, xid.gtrid, xid.bqual, xid.prepared, mine.tpc_recover())
        mine.rollback()
        mine.tpc_begin(xid)
        attempt(p, "again", lambda: mine.tpc_begin(xid), text=False)
        attempt(p, "commit", mine.commit, text=False)
        mine.cursor().execute("CREATE TEMP TABLE kept (id int)")
        mine.tpc_commit()
        mine.tpc_begin("of a name")
        mine.cursor().execute("DROP TABLE kept")
        mine.tpc_rollback()
        cur = mine.cursor()
        cur.execute("SELECT * FROM kept")
        p.show(cur.fetchall())
        mine.rollback()
        attempt(p, "outside", mine.tpc_prepare, text=False)
        attempt(p, "outside", mine.tpc_commit, text=False)
        raw.close()

    harness.compare(program, sql=False)


def test_psycopg2_cursors():
    def program(p):
        raw = p.engine(url("+psycopg2")).raw_connection()
        cur = raw.cursor()
        p.show(cur.callproc("abs", [-5]), cur.fetchall())
        p.show(cur.callproc("make_date", {"year": 2020, "month": 1, "day": 2}), cur.fetchall())
        p.show(cur.execute("SELECT %s, '%%'", ("x",)), cur.fetchone(), cur.rownumber, cur.lastrowid)
        p.show(cur.mogrify("SELECT %s, %s, %(a)s"[:14], (1, "a'b\\")), cur.mogrify("%"))
        for value in (
            [1, -2], ["a", "b'\\"], [], [None, None], [None, 1], [[1], [2]], [[]], ["{}"], (1, "a"),
            (1,), (), ((1, 2), (3, 4)), [(1, 2)], [b"x"], [Decimal("NaN")], float("nan"), -1.5,
            float("-inf"), dt.datetime(2020, 1, 2, 3), [dt.date(2020, 1, 1)],
        ):  # fmt: skip
            p.show(cur.mogrify("x%s%%y%s", (value, [value])))
        p.show(cur.execute("SELECT generate_series(1, 5) AS n"), cur.description[0].name)
        p.show(cur.scroll(3), cur.fetchone(), cur.scroll(-2), cur.fetchone(), list(cur))
        attempt(p, "scroll", lambda: cur.scroll(9, "absolute"))
        attempt(p, "mode", lambda: cur.scroll(9, "x"))
        attempt(p, "nextset", cur.nextset)
        cur.execute("CREATE TEMP TABLE k (id int)")
        attempt(p, "rows", cur.fetchall)
        p.show(cur.executemany("INSERT INTO k VALUES (%s)", [(1,), (2,)]), cur.rowcount)
        raw.commit()
        named = raw.cursor("of a name")
        p.show(named.name, named.itersize, named.execute("SELECT generate_series(1, 5)"))
        p.show(named.fetchone(), named.fetchmany(2), list(named), named.fetchall())
        attempt(p, "twice", lambda: named.execute("SELECT 1"))
        named.close()
        attempt(p, "closed", named.fetchone)
        raw.rollback()
        with raw.cursor() as other:
            other.execute("SELECT 1")
        attempt(p, "closed", lambda: other.execute("SELECT 1"))
        raw.dbapi_connection.close()
        attempt(p, "connection", raw.dbapi_connection.cursor)

    harness.compare(program, sql=False)


def test_connections_of_listeners():
    def program(p):
        engine = p.engine(url("+psycopg2"))
        seen = []

        @p.event.listens_for(engine, "connect")
        def connected(dbapi_connection, record):
            dbapi_connection.set_session(readonly=True)
            seen.append(dbapi_connection.get_parameter_status("is_superuser"))
            with dbapi_connection.cursor() as cur:
                cur.copy_expert("COPY (SELECT 1) TO STDOUT", out := io.StringIO())
                seen.append(out.getvalue())
            dbapi_connection.commit()

        with engine.connect() as connection:
            attempt(p, "write", lambda: connection.exec_driver_sql("CREATE TABLE t ()"), text=False)
            p.show(seen)
            p.show(connection.connection.dbapi_connection.readonly)
            p.show(connection.connection.driver_connection.readonly)

    harness.compare(program, sql=False)
