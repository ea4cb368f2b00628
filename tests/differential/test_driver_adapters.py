"""What programs give a driver beside plain values: objects that its adapters know, composed SQL,
tuples for IN."""

from __future__ import annotations

import datetime
import decimal
import json
import sqlite3
from contextlib import closing

import psycopg.sql
import psycopg.types.json
import psycopg2.extensions
import psycopg2.extras
import psycopg2.sql
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cormorant.dialects.postgresql.adaptation import adapted
from cormorant.dialects.postgresql.dbapi import ProgrammingError

from .. import postgres
from . import harness
from .harness import Peer

needs_server = pytest.mark.skipif(postgres.scratch() is None, reason="no PostgreSQL server")


class Point:
    """A class that a program has adapters for."""

    def __init__(self, x: int, y: int) -> None:
        self.x, self.y = x, y


class Whole(int):
    """An int that is stored as something else."""


class Conforming:
    """Knows itself how it is stored."""

    def __conform__(self, protocol: object) -> object:
        if protocol is sqlite3.PrepareProtocol:
            return "conforms"
        if protocol is psycopg2.extensions.ISQLQuote:
            return psycopg2.extensions.QuotedString("conforms")
        return None


@pytest.fixture
def adapters():
    """Registered while a test runs; drivers keep them in dicts."""
    before = dict(sqlite3.adapters), dict(psycopg2.extensions.adapters)
    sqlite3.register_adapter(Point, lambda point: f"{point.x};{point.y}")
    sqlite3.register_adapter(Whole, lambda whole: f"<{int(whole)}>")
    sqlite3.register_adapter(decimal.Decimal, str)
    sqlite3.register_adapter(dict, json.dumps)
    sqlite3.register_adapter(datetime.date, lambda date: date.strftime("%d.%m.%Y"))
    psycopg2.extensions.register_adapter(
        Point, lambda point: psycopg2.extensions.QuotedString(f"({point.x},{point.y})")
    )
    psycopg2.extensions.register_adapter(complex, lambda c: psycopg2.extensions.AsIs(int(c.real)))
    yield
    for known, kept in zip((sqlite3.adapters, psycopg2.extensions.adapters), before, strict=True):
        known.clear()
        known.update(kept)


def test_adapters_of_sqlite(adapters):
    def program(p: Peer):
        values = [Point(1, 2), Whole(5), decimal.Decimal("1.50"), {"a": [1]}, Conforming(), True]
        values += [datetime.date(2020, 1, 2), datetime.datetime(2020, 1, 2, 3), bytearray(b"x")]
        with p.engine("sqlite://").connect() as c:
            for value in values:
                p.show(c.scalar(p.text("SELECT :x || ''"), {"x": value}))
                p.show(c.exec_driver_sql("SELECT ?", (value,)).scalar())
                p.show(
                    c.scalar(p.select(p.literal("a", p.String).concat(p.literal(value, p.String))))
                )
            p.show(c.execute(p.text("SELECT typeof(:x)"), {"x": Whole(5)}).scalar())
            c.exec_driver_sql("CREATE TABLE points (at)")
            c.execute(
                p.text("INSERT INTO points VALUES (:at)"), [{"at": Point(i, i)} for i in range(9)]
            )
            p.show(c.execute(p.text("SELECT at FROM points")).all())
            for value in (object(), 1j):
                try:
                    c.execute(p.text("SELECT :x"), {"x": value})
                except p.exc.DBAPIError as error:
                    p.show(type(error).__name__, str(error.orig))

    harness.compare(program, sql=False)


def test_an_adapter_that_raises():
    """Its error is the program's; the connection is as before."""

    class Raising:
        def __conform__(self, protocol):
            raise ValueError("not this one")

    urls = ["sqlite://"]
    if postgres.scratch() is not None:
        urls.append(f"postgresql:{postgres.scratch()}")

    def program(p: Peer):
        for url in urls:
            with p.engine(url).connect() as c:
                for given in ({"x": Raising()}, [{"x": 1}, {"x": Raising()}]):
                    try:
                        c.execute(p.text("CREATE TEMPORARY TABLE kept (x INTEGER)"))
                        c.execute(p.text("INSERT INTO kept VALUES (:x)"), given)
                    except Exception as error:
                        p.show(type(error).__name__, str(error))
                    c.rollback()
                p.show(c.scalar(p.text("SELECT 1")))

    harness.compare(program, sql=False)


PSYCOPG2 = [
    psycopg2.extras.Json({"a": [1, "it's", "back\\slash"]}),
    psycopg2.extras.NumericRange(1, 5),
    psycopg2.extras.NumericRange(empty=True),
    psycopg2.extras.DateRange(datetime.date(2020, 1, 1), None, "[]"),
    psycopg2.extras.DateTimeRange(None, datetime.datetime(2020, 1, 1, 2, 3), "()"),
    psycopg2.Binary(b"a\x00'\\"),
    Point(1, 2),
    2j + 7,
    Conforming(),
    psycopg2.extensions.AsIs("5"),
    psycopg2.extensions.AsIs("-2.5"),
    psycopg2.extensions.AsIs("NULL"),
    psycopg2.extensions.AsIs("true"),
]
CASTS = {0: "jsonb", 1: "int4range", 2: "int4range", 3: "daterange", 4: "tsrange", 6: "point"}


def plain(value):
    """A value without what differs between the packages."""
    return bytes(value) if isinstance(value, memoryview) else str(value)


@needs_server
def test_adapters_of_psycopg2(adapters):
    def program(p: Peer):
        with p.engine(f"postgresql+psycopg2:{postgres.scratch()}").connect() as c:
            for place, value in enumerate(PSYCOPG2):
                cast = CASTS.get(place)
                shown = "CAST({} AS " + cast + ")::text" if cast else "{}"
                p.show(place, plain(c.scalar(p.text(f"SELECT {shown.format(':x')}"), {"x": value})))
                sql = f"SELECT {shown.format('%s')}"
                p.show(plain(c.exec_driver_sql(sql, (value,)).scalar()))
                cursor = c.connection.cursor()
                cursor.execute(sql, (value,))
                p.show(plain(cursor.fetchone()[0]))
            c.exec_driver_sql("CREATE TEMPORARY TABLE held (j jsonb, i int4range)")
            rows = [{"j": PSYCOPG2[0], "i": PSYCOPG2[1]}] * 40
            c.execute(p.text("INSERT INTO held VALUES (:j, :i)"), rows)
            p.show(c.execute(p.text("SELECT count(*), min(j::text), min(i::text) FROM held")).all())
            for value in (object(), Point):
                try:
                    c.execute(p.text("SELECT :x"), {"x": value})
                except p.exc.ProgrammingError as error:
                    p.show(str(error.orig))
                c.rollback()

    harness.compare(program, sql=False)


class Written:
    """Its adapter writes this."""

    def __init__(self, literal: str) -> None:
        self.literal = literal


PIECES = (
    "E'", "e'", "'", "''", "\\", "\\\\", "\\'", "\\n", "\\x41", "::", "bytea", "text", "\\x", "0g", "00",
    "null", "true", "-", "+", ".", "1", "e", "9" * 5000, "e999999999999999999999", " ", "\n", "é",
    "\0", "\u0661", "$$", "--", ";",
)  # fmt: skip


@needs_server
def test_whatever_an_adapter_writes(adapters):
    """It is sent as what the server reads there, or refused before it is sent."""
    psycopg2.extensions.register_adapter(
        Written, lambda value: psycopg2.extensions.AsIs(value.literal)
    )
    literals = st.lists(st.sampled_from(PIECES) | st.text(max_size=2), max_size=6).map("".join)

    with closing(psycopg2.connect(f"postgresql:{postgres.scratch()}")) as connection:
        connection.autocommit = True
        cursor = connection.cursor()

        @given(literals)
        @settings(max_examples=500, deadline=None)
        @example("E'a\\nb'")
        @example("E'a\\\\b''c\\'d'")
        @example("'\\x0g'::bytea")
        @example("9" * 5000)
        @example("1e999999999999999999999")
        def check(literal):
            try:
                value = adapted(Written(literal))
            except ProgrammingError:
                return
            if isinstance(value, str) and ("\0" in value or "bytea" in literal):
                return  # the server refuses it, or reads bytes of other forms
            if isinstance(value, bytes):
                value = "\\x" + value.hex()
            elif isinstance(value, bool):
                value = str(value).lower()
            try:
                cursor.execute(f"SELECT ({literal})::text")
            except psycopg2.Error:
                return  # a type that is not there
            read = cursor.fetchone()[0]
            assert value == (read if isinstance(value, str | None) else decimal.Decimal(read))

        check()


@needs_server
def test_raw_cursors_of_psycopg2(adapters):
    sql = psycopg2.sql

    def program(p: Peer):
        raw = p.engine(f"postgresql+psycopg2:{postgres.scratch()}").raw_connection()
        cursor = raw.cursor()
        cursor.execute('CREATE TEMPORARY TABLE "held" (a int, "b c" text)')
        psycopg2.extras.execute_values(
            cursor, "INSERT INTO held VALUES %s", [(1, "x'"), (2, None), (3, "\\")]
        )
        psycopg2.extras.execute_batch(cursor, "INSERT INTO held VALUES (%s, %s)", [(4, "d")] * 3)
        query = sql.SQL("SELECT {} FROM {} WHERE {} > {} AND a < %(m)s ORDER BY 1").format(
            sql.SQL(", ").join(map(sql.Identifier, ["a", "b c"])),
            sql.Identifier("pg_temp", "held"),
            sql.Identifier("a"),
            sql.Literal(1),
        )
        cursor.execute(query, {"m": 4})
        p.show(cursor.fetchall())
        for statement, values in (
            ("SELECT a FROM held WHERE a IN %s ORDER BY 1", ((1, 2),)),
            ("SELECT a FROM held WHERE a NOT IN %(x)s AND a < %(y)s", {"x": (1, 2), "y": 4}),
            ("SELECT a FROM held WHERE (a, a) IN %s", (((1, 1), (2, 3)),)),
            ("SELECT %s, %s", (psycopg2.extensions.AsIs("1 + 1"), "x")),
        ):
            cursor.execute(statement, values)
            p.show(cursor.fetchall())
            p.show(cursor.mogrify(statement, values))
        p.show(cursor.mogrify("%s", (psycopg2.extras.Json({"a": 1}),)))

    harness.compare(program, sql=False)


@needs_server
def test_tuples_for_in():
    """psycopg2 writes them as lists in parentheses, whatever the statement is made of."""

    def program(p: Peer):
        rows = "SELECT x FROM generate_series(1, 5) x WHERE"
        with p.engine(f"postgresql:{postgres.scratch()}").connect() as c:
            for where, values in (
                ("x IN :ids", {"ids": (1, 2)}),
                ("x not  in :ids", {"ids": (1, 2)}),
                ("x IN :ids AND x > :m", {"ids": (1, 2, 3), "m": 1}),
                ("x IN :ids AND x + 1 IN :ids", {"ids": (1, 2, 3)}),
                ("x IN :a OR x IN :b", {"a": (1,), "b": (5,)}),
                ("x::text IN :ids AND :s IS NOT NULL", {"ids": ("1", "2'"), "s": "a"}),
                ("x::numeric IN :ids", {"ids": (1.0, 2.5, None)}),
                ("'2020-01-01'::date + x IN :ids", {"ids": (datetime.date(2020, 1, 3),)}),
                ("x IN :ids GROUP BY x", {"ids": (1, 2)}),
            ):
                p.show(where, sorted(c.scalars(p.text(f"{rows} {where}"), values)))
            p.show(c.exec_driver_sql(f"{rows} x IN %s", ((1, 2),)).scalars().all())
            p.show(c.exec_driver_sql(f"{rows} x IN %(a)s", {"a": (1, 2)}).scalars().all())
            p.show(c.execute(p.text("SELECT 'x in %'"), {}).scalar())

    harness.compare(program, sql=False)


@needs_server
def test_wrappers_of_psycopg():
    def program(p: Peer):
        with p.engine(f"postgresql+psycopg:{postgres.scratch()}").connect() as c:
            for value in (
                psycopg.types.json.Jsonb({"a": [1, "it's"]}),
                psycopg.types.json.Json([1, None]),
            ):
                p.show(c.scalar(p.text("SELECT CAST(:x AS jsonb)"), {"x": value}))
                p.show(c.exec_driver_sql("SELECT %s::jsonb", (value,)).scalar())
            cursor = c.connection.cursor()
            sql = psycopg.sql
            cursor.execute(
                sql.SQL("SELECT {} AS {}").format(sql.Literal("x'"), sql.Identifier('a"b'))
            )
            p.show(cursor.fetchall(), cursor.description[0][0])

    harness.compare(program, sql=False)
