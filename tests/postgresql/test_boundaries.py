"""PostgreSQL's values and sizes at the edge of what there is, and one step beyond."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import struct
from typing import Any

import pytest

import cormorant as sa
from cormorant.orm import Session, declarative_base

from .. import postgres
from ..differential.harness import compare, on_database

D = decimal.Decimal
UTC = dt.UTC


def model(p: Any) -> Any:
    class Thing(p.Base):
        __tablename__ = "things"
        id = p.Column(p.Integer, primary_key=True)
        small = p.Column(p.SmallInteger)
        whole = p.Column(p.Integer)
        big = p.Column(p.BigInteger)
        real = p.Column(p.REAL)
        double = p.Column(p.Double)
        exact = p.Column(p.Numeric)
        text = p.Column(p.Text)
        short = p.Column(p.String(3))
        data = p.Column(p.LargeBinary)
        at = p.Column(p.DateTime)
        zoned = p.Column(p.DateTime(timezone=True))
        day = p.Column(p.Date)
        time = p.Column(p.Time)
        span = p.Column(p.Interval)
        doc = p.Column(p.JSON)

    return Thing


def around(*limits: int) -> list[int]:
    return [limit + step for limit in limits for step in (-1, 0, 1)]


VALUES: list[tuple[str, Any]] = [
    *(("small", n) for n in around(2**15 - 1, -(2**15))),
    *(("whole", n) for n in around(2**31 - 1, -(2**31))),
    *(("big", n) for n in around(2**63 - 1, -(2**63))),
    ("big", 2**64),
    ("big", 10**400),
    *(
        ("real", x)
        for x in (math.inf, -math.inf, math.nan, -0.0, 3.4028234e38, 3.5e38, 1e-46, 0.1, 1e-45)
    ),
    *(("double", x) for x in (math.inf, -math.inf, math.nan, -0.0, 5e-324, 1.7976931348623157e308)),
    *(("exact", D(x)) for x in ("NaN", "Infinity", "-0", "1e-300", "9" * 1000, "1e1000")),
    ("exact", D("1e140000")),
    *(("text", s) for s in ("", "\0", "a\0b", "\ud800", "\U0010ffff", "x" * 70_000)),
    ("text", "".join(chr(plane * 0x10000 + 0x41) for plane in range(17))),
    *(("short", s) for s in ("äöü", "\U0001f600" * 3, "abcd", "abc ")),
    *(("data", b) for b in (b"", b"\0", b"\xff" * 70_000, bytes(range(256)))),
    *(("at", at) for at in (dt.datetime.min, dt.datetime.max)),
    *(("zoned", at.replace(tzinfo=UTC)) for at in (dt.datetime.min, dt.datetime.max)),
    *(("day", day) for day in (dt.date.min, dt.date.max)),
    *(("time", time) for time in (dt.time.min, dt.time.max)),
    *(("span", s) for s in (dt.timedelta.min, dt.timedelta.max, dt.timedelta(microseconds=-1))),
    *(("doc", doc) for doc in ([], {}, "", 0, [[[[]]]], {"": None}, 2**70, "\U0010ffff", "\0")),
]


@pytest.mark.parametrize(("name", "value"), VALUES, ids=lambda value: repr(value)[:24])
def test_value(name: str, value: Any) -> None:
    if postgres.scratch() is None:
        pytest.skip("no PostgreSQL server")

    def program(p: Any) -> None:
        Thing = model(p)
        engine = p.engine()
        p.Base.metadata.create_all(engine)
        with p.Session(engine) as session:
            session.add(Thing(**{name: value}))
            try:
                session.commit()
            except Exception as error:
                p.show(type(error).__name__)
                session.rollback()
                p.show(session.query(Thing).count())
                return
            session.expunge_all()
            found = getattr(session.query(Thing).one(), name)
            p.show(found == value, type(found).__name__, repr(found)[:200])

    with on_database("postgresql"):
        # (the log of psycopg's own class for bytes is cut)
        compare(program, error_text=False, sql=name != "data")


@pytest.mark.parametrize("value", ["x" * 100_000_000, b"\xff" * 100_000_000], ids=["text", "blob"])
def test_a_hundred_megabytes(value: Any, conn: Any) -> None:
    found = conn.execute(sa.select(sa.literal(value), sa.literal(1))).one()
    assert found == (value, 1)


@pytest.mark.parametrize(
    "value",
    ["infinity", "-infinity", "0044-03-15 BC", "10000-01-01"],
)
@pytest.mark.parametrize("type_", ["date", "timestamp", "timestamptz"])
def test_dates_that_python_has_not(value: str, type_: str, conn: Any) -> None:
    query = sa.text(f"select '{value}'::{type_}")
    with pytest.raises((sa.exc.DBAPIError, ValueError, OverflowError)):
        conn.execute(query).scalar()
    conn.rollback()
    assert conn.scalar(sa.text("select 1")) == 1


def test_every_code_point(conn: Any) -> None:
    codes = [c for c in range(1, 0x110000, 7) if not 0xD800 <= c < 0xE000]
    text = "".join(map(chr, codes))
    query = sa.select(sa.literal(text), sa.func.length(sa.literal(text)))
    assert conn.execute(query).one() == (text, len(codes))


def test_single_precision(conn: Any) -> None:
    """What psycopg makes of the text of a float4."""
    words = [0, 1, 0x7FFFFF, 0x800000, 0x3DCCCCCD, 0x4C64B3C4, 0x4D6F8EE0, 0x7F7FFFFF]
    words += [n * 2654435761 & 0xFF7FFFFF for n in range(20_000)]
    values = [struct.unpack("f", struct.pack("I", word))[0] for word in words]
    array = f"unnest('{{{','.join(map(repr, values))}}}'::float4[])"
    query = sa.text(f"select f, f::text from {array} f")
    for found, text in conn.execute(query):
        assert repr(found) == repr(float(text))


def test_sixteen_hundred_columns(engine: Any) -> None:
    names = [f"c{number}" for number in range(1599)]
    columns = {name: sa.Column(sa.SmallInteger) for name in names}
    members = {"__tablename__": "wide", "id": sa.Column(sa.Integer, primary_key=True), **columns}
    Wide: Any = type("Wide", (declarative_base(),), members)
    Wide.metadata.create_all(engine)
    with Session(engine) as session:
        # more parameters than a statement can have, were they one
        session.add_all(
            Wide(id=key, **{name: number for number, name in enumerate(names)})
            for key in range(1, 61)
        )
        session.commit()
        for wide in session.query(Wide).order_by(Wide.id):
            assert [getattr(wide, name) for name in names] == list(range(1599))
            wide.c1598 = -wide.id
        session.commit()
        found = session.scalars(sa.select(Wide.c1598).order_by(Wide.id)).all()
        assert found == [-key for key in range(1, 61)]
    more = sa.Table(
        "wider", sa.MetaData(), *(sa.Column(f"c{n}", sa.SmallInteger) for n in range(1601))
    )
    with pytest.raises(sa.exc.OperationalError, match="at most 1600 columns"):
        more.create(engine)


@pytest.mark.parametrize("count", [65_535, 65_536, 200_000])
def test_many_parameters(count: int) -> None:
    if postgres.scratch() is None:
        pytest.skip("no PostgreSQL server")

    def program(p: Any) -> None:
        number = p.literal_column("17", p.Integer)
        with p.engine().connect() as connection:
            query = p.select(number).where(number.in_(list(range(count))))
            try:
                p.show(connection.execute(query).all())
            except Exception as error:
                p.show(type(error).__name__)
                connection.rollback()
            p.show(connection.scalar(p.text("select 1")))

    with on_database("postgresql"):
        compare(program, error_text=False, sql=False)


def test_many_rows_of_many_parameters(engine: Any) -> None:
    table = sa.Table("t", sa.MetaData(), *(sa.Column(f"c{n}", sa.Integer) for n in range(700)))
    table.create(engine)
    rows = [{f"c{n}": n + row for n in range(700)} for row in range(200)]
    with engine.begin() as connection:
        connection.execute(table.insert(), rows)
        returned = connection.execute(table.insert().returning(table.c.c1), rows).scalars().all()
        assert sorted(returned) == [row + 1 for row in range(200)]
        assert connection.scalar(sa.select(sa.func.sum(table.c.c699))) == 2 * sum(
            699 + row for row in range(200)
        )


def test_long_statements(conn: Any) -> None:
    text = "x" * 1_100_000
    assert conn.scalar(sa.text(f"select '{text}'")) == text
    terms = " + ".join(["1"] * 3000)
    assert conn.scalar(sa.text(f"select {terms}")) == 3000
    with pytest.raises(sa.exc.ProgrammingError, match="memory exhausted"):
        conn.scalar(sa.text("select " + "(" * 100_000 + "1" + ")" * 100_000))
    conn.rollback()
    assert conn.scalar(sa.text("select 1")) == 1


def test_deep_arrays_and_documents(conn: Any) -> None:
    deepest = "{" * 6 + "1" + "}" * 6
    value = conn.scalar(sa.text(f"select '{deepest}'::int[]"))
    for _ in range(6):
        [value] = value
    assert value == 1
    doc = "[" * 5000 + "]" * 5000
    try:
        value = conn.scalar(sa.text(f"select '{doc}'::json"))
    except (RecursionError, sa.exc.DBAPIError):
        conn.rollback()
    else:  # from Python 3.14 on the C stack decides how deep a document is read
        for _ in range(4999):
            [value] = value
        assert value == []
    assert conn.scalar(sa.text("select 1")) == 1


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63), 2**63, -(2**63) - 1])
def test_decimals_that_are_integers(number: int, url: str) -> None:
    """As literals they would be of the type that holds them."""
    engine = sa.create_engine(url.replace(":", "+psycopg2:", 1))
    given = {"a": decimal.Decimal(number), "b": [decimal.Decimal(number)]}
    with engine.connect() as conn:
        query = sa.text("select :a, :b, pg_typeof(:a)::text, pg_typeof(:b)::text")
        value, values, kind, kinds = conn.execute(query, given).one()
        assert (int(value), [int(v) for v in values]) == (number, [number])
        small = -(2**63) <= number < 2**63
        assert (kind, kinds) == (("bigint", "bigint[]") if small else ("numeric", "numeric[]"))
    engine.dispose()
