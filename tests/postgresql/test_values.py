"""Values of every type, on their way to the server and back: as psycopg has them."""

from __future__ import annotations

import datetime as dt
import gc
import ipaddress
import uuid
import weakref
from decimal import Decimal
from typing import Any

import psycopg
import pytest

import cormorant as sa
from cormorant import _core, exc, orm
from cormorant.dialects import postgresql
from cormorant.dialects.postgresql import MultiRange, Range

from .. import postgres
from ..test_promises import frames

SAME = """
1::int2|(-32768)::int2|1::int4|(-2147483648)::int4|9223372036854775807::int8|true|false
1.5::float4|1.5::float8|'infinity'::float8|'-infinity'::float8|0::numeric|0.00::numeric
123456789012345678901234567890.123456789::numeric|0.00001::numeric|-10000.5::numeric
'Infinity'::numeric|'-Infinity'::numeric|1e-20::numeric|10000::numeric|1e20::numeric
99999999::numeric(12,4)|-0.5::numeric|1e-16383::numeric|1e1000::numeric
'abc'::text|'é€😀'::varchar|'x'::char(3)|'n'::name|'c'::"char"|''::text|repeat('x', 100000)
'\\x0102'::bytea|''::bytea|date '2020-02-29'|date '0001-01-01'|date '9999-12-31'
time '12:34:56.789'|time '00:00'|timetz '12:34:56+05:30'|timetz '01:00-07'
timestamp '2020-01-01 01:02:03.000004'|timestamp '0001-01-01'|timestamp '9999-12-31 23:59:59.999999'
timestamptz '2020-06-01 01:02:03+02'|interval '1 year 2 mons 3 days 04:05:06.7'|interval '-1 day'
interval '-5 months'|interval '0.000001 s'|'00000000-0000-0000-0000-000000000005'::uuid
'{"a": [1, null]}'::json|'{"a":1}'::jsonb|'null'::jsonb|array[1,2,null]|array[[1,2],[3,4]]
'{}'::int[]|array['a','b"c\\',null,'','{x}']::text[]|array[1.5,2]::numeric[]
array[date '2020-01-01']|array[true,null]|array[[[1],[2]]]|'[2:3]={1,2}'::int[]
array['\\x01'::bytea]|array['{"a":1}'::jsonb]|array[interval '1 day']
'192.168.0.1'::inet|'192.168.0.1/24'::inet|'10.0.0.0/8'::cidr|'::1'::inet|'2001:db8::/32'::cidr
'08:00:2b:01:02:03'::macaddr|'08:00:2b:01:02:03:04:05'::macaddr8|b'0101'|'101'::varbit|b''
'12.34'::money|point(1,2)|'a b'::tsvector|'a & b'::tsquery|'pg_class'::regclass|1::oid|null
'1 2'::int2vector|pg_sleep(0)|'<a/>'::xml|'(1,2),(3,4)'::box|box '((0,0),(1,1))'
'1/2'::pg_lsn|'$.a'::jsonpath
array['1.50'::money,null]|'{}'::money[]|array[array['pg_class'::regclass],array[null]]
array['a b'::tsvector,null]|array['a & b'::tsquery]|array['(1,2)'::point]|array['$.a'::jsonpath]
'{(1,1),(0,0);(2,2),(1,1)}'::box[]|array['0/1'::pg_lsn]|array['5'::xid]|array['simple'::regconfig]
"""


def plain(value: Any) -> Any:
    """A value to be compared, with its class."""
    if isinstance(value, list):
        return [plain(v) for v in value]
    return type(value), value


@pytest.mark.parametrize("sql", [s for line in SAME.strip().splitlines() for s in line.split("|")])
def test_as_psycopg(sql: str, conn: Any) -> None:
    with psycopg.connect(f"postgresql:{postgres.scratch()}") as peer:
        row = peer.execute("select " + sql).fetchone()
    assert row is not None
    expected = row[0]
    # a second time prepared, within a row of other columns, and NULL beside it
    query = sa.text("select 'before', " + sql.replace(":", "\\:") + ", null, 'after'")
    for _ in range(8):
        found = conn.execute(query).one()
        assert plain(found[1]) == plain(expected)
        assert (found[0], found[2], found[3]) == ("before", None, "after")


def test_not_a_number(conn: Any) -> None:
    row = conn.execute(sa.text("select 'nan'\\:\\:float8, 'nan'\\:\\:numeric")).one()
    assert row[0] != row[0]
    assert row[1].is_nan()


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("'[2010-01-01,2010-02-01)'::daterange", Range(dt.date(2010, 1, 1), dt.date(2010, 2, 1))),
        ("'(1,5]'::int4range", Range(2, 6)),
        ("'empty'::int4range", Range(empty=True)),
        ("'[1.1,]'::numrange", Range(Decimal("1.1"), None)),
        ("'(,)'::int8range", Range(None, None, bounds="()")),
        ("'{[1,3),[5,7)}'::int4multirange", [Range(1, 3), Range(5, 7)]),
        ("'{}'::int4multirange", []),
        ("array['[1,2)'::int4range, null]", [Range(1, 2), None]),
    ],
)
def test_ranges(sql: str, value: Any, conn: Any) -> None:
    assert conn.execute(sa.text("select " + sql.replace(":", "\\:"))).scalar() == value


def test_types_that_are_not_built_in(conn: Any) -> None:
    for sql in (
        "create type mood as enum ('sad', 'ok')",
        "create type pair as (a int, b text)",
        "create domain positive as int check (value > 0)",
        "create type span as range (subtype = text)",
    ):
        conn.execute(sa.text(sql))
    row = conn.execute(
        sa.text(
            "select 'ok'::mood, array['sad','ok']::mood[], row(1,'x y')::pair, 5::positive, "
            "array[row(1,'a')::pair], '[a,c)'::span, row(1,'a'), null::pair".replace(":", "\\:")
        )
    ).one()
    assert tuple(row) == (
        "ok",
        ["sad", "ok"],
        '(1,"x y")',
        5,
        '{"(1,a)"}',
        Range("a", "c"),
        "(1,a)",
        None,
    )
    # many of them, so that the server is asked in parts
    rows = conn.execute(
        sa.text("select row(i, 'x')\\:\\:pair from generate_series(1, 2500) i")
    ).scalars()
    assert list(rows) == [f"({i},x)" for i in range(1, 2501)]


FIELDS = ",".join(map(str, range(1664)))
"""As many as a row may have."""


@pytest.mark.parametrize(
    "record",
    [
        "row()",
        "row(null)",
        "row(1, 'a', null::int, array['b', null])",
        "row(1, row('x y', row(2.5), row()), null::record, 'z')",
        f"row({FIELDS})",
        f"row(row({FIELDS}), row({FIELDS}))",
        "array[row(1, 2)]",
        "array[row(1, 'a b'), null, row(row(2), null)]",
        "array[null::record]",
        "'{}'::record[]",
        "array[[[row(1)], [row(2)]], [[null::record], [row('x', 3)]]]",
        "row(array[row(1), row('y')], '{}'::record[], null::record[])",
        "(select array_agg(r) from (select n, array[row(n)] from generate_series(1, 3000) n) r)",
    ],
)
def test_records_are_the_server_s_text(record: str, conn: Any) -> None:
    sql = f"select v, v::text from (values ({record}), (null), ({record})) as given (v)"
    rows = conn.execute(sa.text(sql)).all()
    assert [value for value, _ in rows] == [text for _, text in rows]
    assert rows[0][0][0] in "({"
    assert rows[1][0] is None


def test_hstore(conn: Any) -> None:
    try:
        conn.execute(sa.text("create extension hstore"))
    except exc.DBAPIError:
        pytest.skip("hstore is not installed")
    found = conn.execute(sa.text("select 'a=>1, \"b c\"=>NULL'\\:\\:hstore")).scalar()
    assert found == {"a": "1", "b c": None}


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("date 'infinity'", "too large (after year 10K)"),
        ("date '-infinity'", "too small (before year 1)"),
        ("date '0001-01-01 BC'", "too small (before year 1)"),
        ("date '10000-01-01'", "too large (after year 10K)"),
        ("timestamp 'infinity'", "too large (after year 10K)"),
        ("timestamptz '-infinity'", "too small (before year 1)"),
        ("timestamp '10000-01-01'", "too large (after year 10K)"),
        ("array[date 'infinity']", "too large (after year 10K)"),
        ("time '24:00'", "hour must be in 0..23"),
    ],
)
def test_what_python_cannot_hold(sql: str, text: str, conn: Any) -> None:
    with pytest.raises(exc.DataError) as caught:
        conn.execute(sa.text(f"select 1, {sql} as mine"))
    assert 'column "mine"' in str(caught.value)
    assert text in str(caught.value)
    # nothing is broken by it
    assert conn.execute(sa.text("select 1")).scalar() == 1


def test_time_zone_of_the_session(conn: Any) -> None:
    moment = sa.text("select timestamptz '2020-06-01 00:00\\:00+00'")
    conn.execute(sa.text("set time zone 'UTC'"))
    assert conn.execute(moment).scalar().tzinfo is dt.UTC
    conn.execute(sa.text("set time zone 'America/New_York'"))
    found = conn.execute(moment).scalar()
    assert (found.hour, found.tzinfo.key) == (20, "America/New_York")
    conn.execute(sa.text("set time zone 'Europe/Rome'"))
    assert conn.execute(moment).scalar().hour == 2
    # an old row keeps what it had
    assert found.tzinfo.key == "America/New_York"


VALUES = [
    (True, "bool"),
    (5, "int4"),
    (-(2**31), "int4"),
    (2**31, "int8"),
    (2**63 - 1, "int8"),
    (2**63, "numeric"),
    (-(10**40), "numeric"),
    (1.5, "float8"),
    (float("inf"), "float8"),
    ("text", "text"),
    ("é€😀'\"\\", "text"),
    ("", "text"),
    (b"\x00\xff", "bytea"),
    (b"", "bytea"),
    (Decimal("1.10"), "numeric"),
    (Decimal("1E+3"), "numeric"),
    (Decimal("Infinity"), "numeric"),
    (dt.date(1, 1, 1), "date"),
    (dt.date(9999, 12, 31), "date"),
    (dt.datetime(2020, 2, 29, 1, 2, 3, 4), "timestamp"),
    (dt.datetime(2020, 2, 29, tzinfo=dt.timezone(dt.timedelta(hours=5))), "timestamptz"),
    (dt.time(23, 59, 59, 999999), "time"),
    (dt.time(1, 2, tzinfo=dt.timezone(dt.timedelta(hours=-3))), "timetz"),
    (dt.timedelta(days=-1, microseconds=1), "interval"),
    (dt.timedelta(days=10**6), "interval"),
    (uuid.UUID(int=2**127), "uuid"),
    ([1, None, 3], "int4[]"),
    ([[1, 2], [3, 4]], "int4[]"),
    (["a", 'b"c\\', None, "NULL", "{}", ","], "text[]"),
    ([b"\x00'\\"], "bytea[]"),
    ([Decimal("1.5")], "numeric[]"),
    ([dt.date(2020, 1, 1)], "date[]"),
    ([True, False], "bool[]"),
    ([], "int4[]"),
    ([dt.timedelta(days=1, seconds=2)], "interval[]"),
]


@pytest.mark.parametrize(("value", "type_"), VALUES)
def test_parameters(value: Any, type_: str, conn: Any) -> None:
    conn.execute(sa.text(f"create temp table t (id serial, v {type_})"))
    insert = sa.text("insert into t (v) values (:v)")
    for _ in range(7):
        conn.execute(insert, {"v": value})
        conn.execute(insert, {"v": None})
    found = list(conn.execute(sa.text("select v from t order by id")).scalars())
    assert found == [value, None] * 7
    if not isinstance(value, list) and type_ != "numeric":
        assert type(found[0]) is type(value)
    conn.execute(insert, [{"v": v} for v in [None, value] * 300])
    assert conn.execute(sa.text("select count(v) from t")).scalar() == 307


def test_parameters_have_the_types_of_their_values(conn: Any) -> None:
    query = sa.text("select :x")
    for value in (1, 2**40, "a", 1.5, None, Decimal(2), True, b"x", 1):
        found = conn.execute(query, {"x": value}).scalar()
        assert (type(found), found) == (type(value), value)


def test_text_is_what_its_place_needs(conn: Any) -> None:
    conn.execute(sa.text("create temp table t (d date, n int, u uuid, j jsonb)"))
    values = {"d": "2020-01-02", "n": "5", "u": str(uuid.UUID(int=1)), "j": '{"a": 1}'}
    conn.execute(sa.text("insert into t values (:d, :n, :u, :j)"), values)
    row = conn.execute(sa.text("select * from t where d = :d and n = :n"), values).one()
    assert tuple(row) == (dt.date(2020, 1, 2), 5, uuid.UUID(int=1), {"a": 1})
    with pytest.raises(exc.DataError, match="invalid input syntax for type integer"):
        conn.execute(sa.text("select 1 from t where n = :n"), {"n": "x"})


def test_networks(conn: Any) -> None:
    query = sa.text("select cast(:a as inet), cast(:n as cidr)")
    row = conn.execute(query, {"a": "10.1.2.3/8", "n": "10.0.0.0/8"}).one()
    assert row[0] == ipaddress.ip_interface("10.1.2.3/8")
    assert row[1] == ipaddress.ip_network("10.0.0.0/8")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (object(), "cannot adapt type 'object'"),
        ({"a": 1}, "cannot adapt type 'dict'"),
        ("a\x00b", "cannot contain NUL"),
        ("\ud800", "surrogates not allowed"),
        ([object()], "cannot adapt type 'object'"),
    ],
)
def test_what_cannot_be_sent(value: Any, text: str, conn: Any) -> None:
    with pytest.raises(Exception, match=text):
        conn.execute(sa.text("select :x"), {"x": value})
    assert conn.execute(sa.text("select 1")).scalar() == 1


def test_dicts_once_psycopg2_adapts_them(conn: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    extensions = pytest.importorskip("psycopg2.extensions")
    extras = pytest.importorskip("psycopg2.extras")
    key = (dict, extensions.ISQLQuote)
    monkeypatch.setitem(extensions.adapters, key, extras.HstoreAdapter)
    with pytest.raises(exc.ProgrammingError, match="cannot adapt type 'dict'"):
        conn.execute(sa.text("select :x"), {"x": {"a": "1"}})


def test_too_many_parameters(conn: Any) -> None:
    numbers = sa.select(sa.literal(1)).where(sa.literal(1).in_(list(range(70000))))
    with pytest.raises(exc.OperationalError, match="between 0 and 65535"):
        conn.execute(numbers)


IN_C = {
    "one": (postgresql.INT4RANGE(), Range(1, 5, bounds="[)")),
    "two": (postgresql.TSRANGE(), Range(dt.datetime(2024, 1, 2), None)),
    "many": (postgresql.DATEMULTIRANGE(), MultiRange([Range(dt.date(2024, 1, 2), None)])),
    "listed": (postgresql.ARRAY(postgresql.UUID()), [uuid.UUID(int=5)]),
    "host": (postgresql.INET(), ipaddress.ip_address("10.1.2.3")),
    "far": (postgresql.INET(), ipaddress.ip_address("2001:db8::5")),
    "pairs": (postgresql.HSTORE(), {"a": "1", 'b "': "\\", "c": None}),
}


def test_no_python_runs_a_row(conn: Any) -> None:
    conn.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS hstore")
    columns = [sa.Column(name, type_) for name, (type_, _) in IN_C.items()]
    table = sa.Table("ranges", sa.MetaData(), *columns)
    table.create(conn)
    row = {name: value for name, (_, value) in IN_C.items()}

    def work(count: int) -> list[Any]:
        conn.execute(table.insert(), [row] * count)
        found: list[Any] = conn.execute(table.select()).all()
        conn.execute(table.delete())
        return found

    assert [found._asdict() for found in work(50)] == [row] * 50
    few, many = frames(lambda: work(50)), frames(lambda: work(90))
    assert {name for name, n in many.items() if n > few.get(name, 0)} == set()


def test_the_collector_need_not_know_who_holds_a_range(conn: Any) -> None:
    base: Any = orm.declarative_base()

    class Booking(base):
        __tablename__ = "booking"
        id = sa.Column(sa.Integer, primary_key=True)
        during = sa.Column(postgresql.DATERANGE())

    base.metadata.create_all(conn)
    spans = [Range(dt.date(2024, 1, 2), None), Range(empty=True), None]
    conn.execute(Booking.__table__.insert(), [{"during": each} for each in spans])
    rows = conn.execute(sa.select(Booking.__table__).order_by(Booking.id)).all()
    assert [row.during for row in rows] == spans
    assert not any(map(gc.is_tracked, rows))
    with orm.Session(conn) as session:
        held = session.scalars(sa.select(Booking).order_by(Booking.id)).all()
        assert [each.during for each in held] == spans
        assert not any(map(gc.is_tracked, held))
        session.expunge_all()
    # one that the program made may hold anything, itself as well
    gone = weakref.ref(held[2])
    held[2].during = Range(held[2], None)
    assert gc.is_tracked(held[2])
    held.clear()
    gc.collect()
    assert gone() is None


def test_texts_of_hstores() -> None:
    text, value = _core.hstore_text, _core.hstore_value
    for pairs, written in (
        ({}, ""),
        ({"a": "1"}, '"a"=>"1"'),
        ({"a": None, "é": 'x"\\y'}, '"a"=>NULL, "é"=>"x\\"\\\\y"'),
        ({"": "", "=>": ",", "\n": "😀"}, '""=>"", "=>"=>",", "\n"=>"😀"'),
    ):
        assert (text(pairs), value(written)) == (written, pairs)
    assert value(' "a" => "1" ,\n"b"=>NULL ') == {"a": "1", "b": None}
    assert value('"a"=>"1",') == {"a": "1"}
    assert (text(None), value(None), value({"a": "1"})) == (None, None, {"a": "1"})
    for broken, at in (
        ("a", 0),
        (" ", 0),
        ('"a"', 0),
        ('"a"=>', 0),
        ('"a"="1"', 0),
        ('"a"=>"1" "b"', 0),
        ('"a"=>NUL', 0),
        ('"a"=>"1\\', 0),
        ('"a"=>"1", "b"=>2', 9),
    ):
        with pytest.raises(ValueError, match=f"could not parse residual at position {at}: "):
            value(broken)
    for wrong in {1: "a"}, {"a": 1}, {None: "a"}:
        with pytest.raises(ValueError, match="position is not a string"):
            text(wrong)  # type: ignore[arg-type]
    with pytest.raises(AttributeError, match="'str' object has no attribute 'items'"):
        text("a")  # type: ignore[arg-type]
