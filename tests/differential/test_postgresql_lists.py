"""Lists and tuples where no column's type says what they are: the driver of the URL does, by their
elements."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from importlib import import_module
from typing import Any

import psycopg
import pytest

import cormorant

from .. import postgres
from .harness import PACKAGES

pytestmark = pytest.mark.skipif(postgres.scratch() is None, reason="no PostgreSQL server")

SCHEMA = """
CREATE TYPE mood AS ENUM ('a', 'b');
CREATE TYPE pair AS (a int, b text);
CREATE TABLE t (i int, big bigint, n numeric, f float8, s varchar(20), tx text, m mood, u uuid,
 d date, ts timestamp, b boolean, ia int[], ba bigint[], ar text[], va varchar[], na numeric[],
 fa float8[], jb jsonb, p pair);
INSERT INTO t VALUES (1, 1, 1, 1.5, 'a', 'a', 'a', '00000000-0000-0000-0000-000000000005',
 '2020-01-01', '2020-01-01 02:03', true, '{1,2}', '{1,2}', '{a}', '{a}', '{1.5}', '{1.5}', '{}'),
 (2, 2, 2.5, 2, 'b', 'b', 'b', null, '2020-01-02', null, false, '{3}', '{3}', '{b}', '{b}', '{2}',
 '{2}', '[]');
"""
UTC = dt.UTC
VALUES: list[Any] = [
    [1, 2], [1, 2**40], [-(2**31), 2**31 - 1], [2**31], [1, 2**70], [1.5, 2.0], [float("inf")],
    [Decimal("1.5"), Decimal(2)], [Decimal(1), Decimal(-2)], [Decimal(10**17)], [Decimal(10**18)],
    [Decimal(2**63 - 1)], [Decimal(-(2**63))],
    ["a", "b'\\\"{,"], ["x"], ["1", "2"], ["", "null", "NULL", " "], [], [None, None], [1, None],
    [None, "a"], [True, False], [[1, 2], [3, 4]], [["a"], ["b"]], [[1, None], [None, 2]],
    [dt.date(2020, 1, 1)], [dt.datetime(2020, 1, 1, 2, 3)], [dt.datetime(2020, 1, 1, tzinfo=UTC)],
    [dt.time(1, 2)], [dt.time(1, 2, tzinfo=UTC)], [dt.timedelta(1, 2)], [uuid.UUID(int=5)],
    [b"a\x00'"],
]  # fmt: skip
MIXED: list[Any] = [
    [1, 2.5], [1, Decimal("2.5")], [1.5, Decimal("2.5")], [Decimal(1), 2**40], [1.5, float("nan")],
    [True, 1], [1, True], [1, "a"], ["5", 1], [uuid.UUID(int=5), 1],
    [dt.datetime(2020, 1, 1, 2, 3), dt.date(2020, 1, 1)],
    [dt.datetime(2020, 1, 1, 2, 3), dt.datetime(2020, 1, 1, tzinfo=UTC)],
]  # fmt: skip
ADDRESSES: list[Any] = [
    [ipaddress.ip_address("10.0.0.1"), ipaddress.ip_address("::1")],
    [ipaddress.ip_network("10.0.0.0/8")],
]
PLACES = """
SELECT :x
SELECT pg_typeof(:x)::text
SELECT * FROM unnest(:x)
SELECT array_length(:x, 1), cardinality(:x), array_to_string(:x, ','), (:x)[1]
SELECT to_json(:x)
SELECT coalesce(:x, null)
SELECT json_build_object('a', :x)
SELECT format('%s', :x), :x IS NULL
SELECT CASE WHEN true THEN :x END
SELECT array_agg(y) FROM unnest(:x) y
SELECT exists(SELECT 1 FROM unnest(:x) u WHERE u IS NOT NULL)
SELECT x FROM (VALUES (:x)) AS v(x)
SELECT ARRAY[:x, :x]
""".strip().splitlines()
COLUMNS = """
SELECT i FROM t WHERE i = ANY(:x) ORDER BY i
SELECT i FROM t WHERE NOT (i = ALL(:x)) ORDER BY i
SELECT i FROM t WHERE big = ANY(:x) ORDER BY i
SELECT i FROM t WHERE n = ANY(:x) ORDER BY i
SELECT i FROM t WHERE f = ANY(:x) ORDER BY i
SELECT i FROM t WHERE s = ANY(:x) ORDER BY i
SELECT i FROM t WHERE m = ANY(:x) ORDER BY i
SELECT i FROM t WHERE u = ANY(:x) ORDER BY i
SELECT i FROM t WHERE d = ANY(:x) ORDER BY i
SELECT i FROM t WHERE ts = ANY(:x) ORDER BY i
SELECT i FROM t WHERE ia && :x ORDER BY i
SELECT ia || :x FROM t ORDER BY i
SELECT :x || ar FROM t ORDER BY i
SELECT ia = :x FROM t ORDER BY i
SELECT array_cat(ia, :x) FROM t ORDER BY i
UPDATE t SET ia = :x RETURNING ia
UPDATE t SET va = :x RETURNING va
UPDATE t SET na = :x RETURNING na
UPDATE t SET fa = :x RETURNING fa
UPDATE t SET jb = to_jsonb(:x) RETURNING jb
INSERT INTO t (ar) VALUES (:x) RETURNING ar
SELECT :x union SELECT ia FROM t ORDER BY 1
SELECT greatest(:x, ia) FROM t ORDER BY 1
SELECT cast(:x AS text)
""".strip().splitlines()


@pytest.fixture
def url() -> Iterator[str]:
    with postgres.empty() as url:
        with psycopg.connect(f"postgresql:{url}", autocommit=True) as connection:
            connection.execute(SCHEMA)
        yield url


def shown(rows: Any) -> str:
    """Values; psycopg2 has memoryviews."""
    return repr([[_plain(value) for value in row] for row in rows])


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return bytes(value) if isinstance(value, memoryview) else value


def outcome(run: Callable[[], Any], dbapi_error: Any) -> Any:
    try:
        return shown(run())
    except dbapi_error as error:
        name = "pgcode" if hasattr(error.orig, "pgcode") else "sqlstate"
        return type(error).__name__, getattr(error.orig, name)


def compare(url: str, driver: str, sql: list[str], values: list[Any]) -> list[Any]:
    """What SQLAlchemy takes is the same here; what it refuses is given back, with what came of it
    there and here."""
    made: dict[str, Any] = {}
    for package in PACKAGES:
        sa: Any = import_module(package)
        engine = sa.create_engine(f"postgresql+{driver}:{url}")
        said = made[package] = {}
        with engine.connect() as connection:
            for text in sql:
                for value in values:
                    said[text, repr(value)] = outcome(
                        lambda: connection.execute(sa.text(text), {"x": value}),  # noqa: B023
                        sa.exc.DBAPIError,
                    )
                    connection.rollback()
        engine.dispose()
    theirs, ours = (made[package] for package in PACKAGES)
    refused = []
    for key, said in theirs.items():
        if isinstance(said, str):
            if driver == "psycopg":
                # integers are declared as int4 or more, be they lists or not
                said = said.replace("smallint[]", "integer[]")
            assert ours[key] == said.replace("'unknown'", "'text'"), key
        else:
            refused.append((key, said, ours[key]))
    return refused


def test_lists_of_one_class(url: str) -> None:
    for driver in ("psycopg2", "psycopg"):
        for key, theirs, ours in compare(url, driver, PLACES + COLUMNS, VALUES):
            # psycopg sends integers as int2, for which there is no operator
            assert ours == theirs or (driver == "psycopg" and "ia" in key[0]), (driver, key)
    for key, theirs, ours in compare(url, "psycopg", PLACES, ADDRESSES):
        assert ours == theirs, key


def test_lists_of_several_classes(url: str) -> None:
    """Of psycopg's URLs they are refused, of psycopg2's they are what ARRAY[…] makes of them."""
    for driver in ("psycopg2", "psycopg"):
        refused = compare(url, driver, PLACES[:-1] + COLUMNS, MIXED)
        assert len(refused) > 100
        for key, theirs, ours in refused:
            # a text that is no number is found late
            assert ours == theirs or (theirs[1] == "22P02" and ours[1] == "42883"), (driver, key)


def test_records(url: str) -> None:
    """A tuple is a record: psycopg leaves it to the server which."""
    records = [(1, 2), (1, "x y", None), ("(", ""), ((1, 2), 3), [(1, "a"), (2, None)], ()]
    assert compare(url, "psycopg", ["SELECT :x", "SELECT cast(:x AS text)"], records) == []
    for driver in ("psycopg2", "psycopg"):
        sql = ["UPDATE t SET p = :x RETURNING p", "SELECT cast(:x AS pair)"]
        refused = compare(url, driver, sql, [(1, "x y"), (None, "a,b"), (2, None), (1,)])
        assert [error[0][1] for error in refused] == ["(1,)"] * 2


def test_records_within_records(url: str) -> None:
    """Each level quotes the quotes of the next: SQLAlchemy's drivers take all memory for forty."""

    def nested(levels: int, array: bool) -> Any:
        value: Any = "x"
        for _ in range(levels):
            value = [(value,)] if array else (value, None)
        return value

    for driver in ("psycopg2", "psycopg"):
        engine = cormorant.create_engine(f"postgresql+{driver}:{url}")
        with engine.connect() as connection:
            for levels, array in ((17, False), (40, False), (300, False), (9, True), (40, True)):
                with pytest.raises(cormorant.exc.StatementError, match="nested too deeply"):
                    connection.execute(
                        cormorant.text("SELECT cast(:x AS text)"), {"x": nested(levels, array)}
                    )
            depth = connection.scalar(
                cormorant.text("SELECT cast(:x AS text)"), {"x": nested(16, False)}
            )
            assert depth.count(",") == 16
        engine.dispose()


def test_constructs(url: str) -> None:
    sources = """
        sa.select(sa.func.unnest([1, 2]))
        sa.select(sa.func.unnest([1], [D("1.5")]).table_valued("v", "w").render_derived())
        sa.select(sa.func.to_json([1, None]))
        sa.select(sa.literal([1, 2]))
        sa.select(sa.literal([]))
        sa.select(sa.literal((1, 2), pg.ARRAY(sa.BigInteger)))
        sa.select(t.c.i).where(t.c.i == sa.any_(sa.literal([1, 2]))).order_by(t.c.i)
        sa.select(t.c.i).where(t.c.i == sa.func.any([1, 2])).order_by(t.c.i)
        sa.select(t.c.i).where(t.c.s == sa.any_(sa.literal(["a"])))
        sa.select(t.c.i).where(t.c.ia.overlap([1]))
        sa.select(t.c.ia + [5]).order_by(t.c.i)
        sa.select(t.c.ia.op("||")([5])).order_by(t.c.i)
        sa.select(sa.func.coalesce(t.c.va, [])).order_by(t.c.i)
        sa.select(sa.cast([1, 2], pg.ARRAY(sa.Integer)))
        t.update().values(ia=t.c.ia + [9]).returning(t.c.ia)
        t.update().values({t.c.ia[1:2]: [5, 6]}).returning(t.c.ia)
        t.insert().values(i=9, ia=(), va=["x", None]).returning(t.c.ia, t.c.va)
    """
    for driver in ("psycopg2", "psycopg"):
        made = []
        for package in PACKAGES:
            sa: Any = import_module(package)
            pg: Any = import_module(f"{package}.dialects.postgresql")
            engine = sa.create_engine(f"postgresql+{driver}:{url}")
            arrays = {"ia": sa.Integer, "va": sa.String}
            columns = [sa.Column(name, pg.ARRAY(type_)) for name, type_ in arrays.items()]
            t = sa.Table(
                "t", sa.MetaData(), sa.Column("i", sa.Integer), sa.Column("s", sa.String), *columns
            )
            said: list[Any] = []
            made.append(said)
            with engine.connect() as connection:
                for source in sources.strip().splitlines():
                    statement = eval(source, {"sa": sa, "pg": pg, "t": t, "D": Decimal})
                    rows = shown(connection.execute(statement))
                    said.append((source, str(statement.compile(engine)), rows))
                    connection.rollback()
                # one after the other, and many
                for count in (3, 50):
                    rows = [{"i": i, "x": [i] * (i % 3)} for i in range(count)]
                    connection.execute(sa.text("INSERT INTO t (i, ia) VALUES (:i, :x)"), rows)
                    connection.execute(t.insert(), [{"i": i, "va": ["a"] * i} for i in range(9)])
                    said.append(shown(connection.execute(t.select().order_by(t.c.i, t.c.ia))))
            engine.dispose()
        assert made[0] == made[1]


def test_asyncpg_asks_the_server(url: str) -> None:
    sql = [
        "SELECT i FROM t WHERE i = ANY(:x) ORDER BY i",
        "SELECT ia || :x FROM t ORDER BY i",
        "SELECT cast(:x AS numeric[])",
        "SELECT array_length(cast(:x AS int[]), 1)",
        "UPDATE t SET na = :x RETURNING na",
    ]
    values: list[Any] = [[1, 2], (1, 2), [], [1, None]]

    async def outcomes(package: str) -> list[Any]:
        sa: Any = import_module(package)
        aio: Any = import_module(f"{package}.ext.asyncio")
        engine = aio.create_async_engine(f"postgresql+asyncpg:{url}")
        said = []
        async with engine.connect() as connection:
            for text in sql:
                for value in values:
                    result = await connection.execute(sa.text(text), {"x": value})
                    said.append((text, value, shown(result)))
                    await connection.rollback()
        await engine.dispose()
        return said

    theirs, ours = (asyncio.run(outcomes(package)) for package in PACKAGES)
    assert ours == theirs
