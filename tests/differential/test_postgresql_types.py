"""Values of every type of PostgreSQL, written and read by both packages: through Core and the
ORM, one and many at a time, compared with a column, in IN and by themselves."""

from __future__ import annotations

import datetime as dt
import enum
import ipaddress
import uuid
import warnings
from collections.abc import Iterator
from decimal import Decimal
from importlib import import_module
from typing import Any

import psycopg
import pytest

from cormorant import _core

from .. import postgres
from .harness import Peer, run

pytestmark = pytest.mark.skipif(postgres.scratch() is None, reason="no PostgreSQL server")

UTC = dt.UTC


class Color(enum.Enum):
    red = 1
    blue = 2


NAMES = {"D": Decimal, "dt": dt, "uuid": uuid, "ip": ipaddress, "UTC": UTC, "Color": Color}

# name -> (the type, values); expressions over the package (sa), its dialect (pg) and NAMES
CASES = {
    "inet_objects": ("pg.INET", "[ip.ip_address('1.2.3.4'), ip.ip_interface('::1/64')]"),
    "cidr_objects": ("pg.CIDR", "[ip.ip_network('10.0.0.0/8')]"),
    "jsonb_lists": ("pg.ARRAY(pg.JSONB)", "[[{'a': 1}, [1, [2]], 'x']]"),
    "uuid_as_text": ("pg.UUID(as_uuid=False)", "[uuid.UUID(int=5), str(uuid.UUID(int=6))]"),
    "bool": ("sa.Boolean", "[True, False]"),
    "integer": ("sa.Integer", "[1, -2**31]"),
    "smallint": ("sa.SmallInteger", "[5]"),
    "bigint": ("sa.BigInteger", "[2**40]"),
    "numeric": ("sa.Numeric(20, 5)", "[D('1.50000'), D('-12345.67890')]"),
    "numeric_any": ("sa.Numeric", "[D('1.5'), D('NaN')]"),
    "numeric_float": ("sa.Numeric(10, 2, asdecimal=False)", "[1.5]"),
    "float": ("sa.Float", "[1.25]"),
    "double": ("sa.Double", "[1e300]"),
    "real": ("sa.REAL", "[1.5]"),
    "float_decimal": ("sa.Float(asdecimal=True)", "[D('1.5')]"),
    "varchar": ("sa.String(20)", "['a', 'ü€']"),
    "text": ("sa.Text", r"""["x'y\\z%"]"""),
    "char": ("sa.CHAR(5)", "['ab']"),
    "binary": ("sa.LargeBinary", r"[b'\x00\xff', b'']"),
    "bytea": ("pg.BYTEA", "[b'abc']"),
    "date": ("sa.Date", "[dt.date(2020, 1, 2)]"),
    "time": ("sa.Time", "[dt.time(1, 2, 3, 4)]"),
    "timetz": ("sa.Time(True)", "[dt.time(1, 2, 3, tzinfo=dt.timezone(dt.timedelta(hours=2)))]"),
    "timestamp": ("sa.DateTime", "[dt.datetime(2020, 1, 2, 3, 4, 5, 6)]"),
    "timestamptz": ("sa.DateTime(True)", "[dt.datetime(2020, 1, 2, 3, 4, 5, 6, tzinfo=UTC)]"),
    "interval": ("sa.Interval", "[dt.timedelta(3, 5, 7), -dt.timedelta(hours=1)]"),
    "interval_emulated": ("sa.Interval(native=False)", "[dt.timedelta(3)]"),
    "pg_interval": ("pg.INTERVAL", "[dt.timedelta(hours=5)]"),
    "uuid": ("sa.Uuid", "[uuid.UUID(int=5)]"),
    "uuid_text": ("sa.Uuid(as_uuid=False)", "[str(uuid.UUID(int=5))]"),
    "uuid_char": ("sa.Uuid(native_uuid=False)", "[uuid.UUID(int=5)]"),
    "pg_uuid": ("pg.UUID", "[uuid.UUID(int=7)]"),
    "json": ("sa.JSON", "[{'a': [1, 2, None]}, [1], 'x', 5, None]"),
    "pg_json": ("pg.JSON", "[{'a': 1}]"),
    "jsonb": ("pg.JSONB", "[{'b': {'c': 'ü'}}, [1, '2'], True]"),
    "enum": ("sa.Enum('a', 'b c', name='e1')", "['a', 'b c']"),
    "enum_class": ("sa.Enum(Color)", "[Color.red]"),
    "pg_enum": ("pg.ENUM('x', 'y', name='e2')", "['y']"),
    "enum_varchar": ("sa.Enum('p', 'q', native_enum=False)", "['p']"),
    "array": ("sa.ARRAY(sa.Integer)", "[[1, 2], [], [None, 3]]"),
    "array_text": ("pg.ARRAY(sa.String)", "[['a', 'b\"c', 'd,e', None, '', 'NULL']]"),
    "array_2": ("pg.ARRAY(sa.Integer, dimensions=2)", "[[[1, 2], [3, 4]]]"),
    "array_tuple": ("pg.ARRAY(sa.Integer, as_tuple=True)", "[[1]]"),
    "array_timestamp": ("pg.ARRAY(sa.DateTime)", "[[dt.datetime(2020, 1, 1)]]"),
    "array_numeric": ("pg.ARRAY(sa.Numeric)", "[[D('1.5')]]"),
    "array_uuid": ("pg.ARRAY(sa.Uuid)", "[[uuid.UUID(int=1)]]"),
    "array_enum": ("pg.ARRAY(sa.Enum('m', 'n', name='e3'))", "[['m', 'n']]"),
    "array_enum_class": ("pg.ARRAY(sa.Enum(Color, name='e4'))", "[[Color.red, None]]"),
    "array_jsonb": ("pg.ARRAY(pg.JSONB)", "[[{'a': 1}]]"),
    "array_date": ("pg.ARRAY(sa.Date)", "[[dt.date(2020, 1, 1)]]"),
    "array_bool": ("pg.ARRAY(sa.Boolean)", "[[True, False]]"),
    "array_bytea": ("pg.ARRAY(sa.LargeBinary)", "[[b'a']]"),
    "array_float": ("pg.ARRAY(sa.Float)", "[[1.5]]"),
    "hstore": ("pg.HSTORE", "[{'a': 'b', 'c\"d': None}, {}]"),
    "citext": ("pg.CITEXT", "['aB']"),
    "inet": ("pg.INET", "['10.0.0.1']"),
    "cidr": ("pg.CIDR", "['10.0.0.0/8']"),
    "macaddr": ("pg.MACADDR", "['08:00:2b:01:02:03']"),
    "macaddr8": ("pg.MACADDR8", "['08:00:2b:01:02:03:04:05']"),
    "money": ("pg.MONEY", "['$5.00']"),
    "oid": ("pg.OID", "[5]"),
    "regclass": ("pg.REGCLASS", "['pg_class']"),
    "regconfig": ("pg.REGCONFIG", "['english']"),
    "tsvector": ("pg.TSVECTOR", "[\"'a' 'b'\"]"),
    "tsquery": ("pg.TSQUERY", "[\"'a'\"]"),
    "bit": ("pg.BIT(3)", "['101']"),
    "varbit": ("pg.BIT(varying=True)", "['10']"),
    "int4range": ("pg.INT4RANGE", "[R(1, 5), R(empty=True), R(None, 5)]"),
    "int8range": ("pg.INT8RANGE", "[R(1, 2**40)]"),
    "numrange": ("pg.NUMRANGE", "[R(D('1.5'), None, bounds='()')]"),
    "daterange": ("pg.DATERANGE", "[R(dt.date(2020, 1, 1), dt.date(2020, 2, 1))]"),
    "tsrange": ("pg.TSRANGE", "[R(dt.datetime(2020, 1, 1), dt.datetime(2020, 1, 2))]"),
    "tstzrange": ("pg.TSTZRANGE", "[R(dt.datetime(2020, 1, 1, tzinfo=UTC), None)]"),
    "int4multirange": ("pg.INT4MULTIRANGE", "[[R(1, 5), R(7, 9)], []]"),
    "domain": ("pg.DOMAIN('dpos', sa.Integer, check='VALUE > 0')", "[5]"),
    "pickle": ("sa.PickleType", "[{'a': 1}]"),
    "variant": ("sa.String().with_variant(pg.JSONB(), 'postgresql')", "[{'a': 1}]"),
}
EXTENSIONS = ("hstore", "citext")
# arrays of these come as text, or letter by letter, from one of the packages
TEXT_ARRAYS = ("money", "regclass", "regconfig", "tsvector", "tsquery", "domain", "citext")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """An empty database with the extensions that there are."""
    with postgres.empty() as url:
        with psycopg.connect(f"postgresql:{url}", autocommit=True) as connection:
            for extension in EXTENSIONS:
                try:
                    connection.execute(f"CREATE EXTENSION {extension}")
                except psycopg.Error:
                    continue
        yield url
        postgres.clear(url)


def shown(value: Any) -> Any:
    if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
        return type(value).__name__, [shown(v) for v in value]
    return type(value).__name__, repr(value)


def attempt(connection: Any, action: Any) -> Any:
    """What an action gives, in a transaction of its own, or its error."""
    try:
        with connection.begin_nested():
            return action()
    except Exception as error:
        return type(error).__name__, str(error).partition("\n")[0]


def program(p: Peer, url: str, name: str) -> Iterator[Any]:
    sa, pg = p.sa, import_module(f"{p.package}.dialects.postgresql")
    n = {**NAMES, "sa": sa, "pg": pg, "R": pg.Range}
    type_, values = eval(CASES[name][0], n), eval(CASES[name][1], n)
    engine = p.engine(postgres.engine_url())
    metadata = sa.MetaData()
    t = sa.Table(
        f"t_{name}",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("v", type_),
    )
    metadata.create_all(engine)
    metadata.create_all(engine)
    try:
        with engine.begin() as c:
            for value in values:
                yield list(c.execute(sa.insert(t).values(v=value)).inserted_primary_key)
            c.execute(sa.insert(t), [{"v": value} for value in values])
            c.execute(sa.insert(t).values([{"v": value} for value in values]))
            for ordered in (False, True):
                result = c.execute(
                    sa.insert(t).returning(t.c.id, t.c.v, sort_by_parameter_order=ordered),
                    [{"v": value} for value in values],
                )
                yield sorted([(row.id, shown(row.v)) for row in result])
            c.execute(sa.insert(t).values(v=sa.null()))
            yield [shown(v) for v in c.scalars(sa.select(t.c.v).order_by(t.c.id))]
            count = sa.select(sa.func.count()).select_from(t)
            for value in values:
                yield attempt(c, lambda value=value: c.scalar(count.where(t.c.v == value)))
                yield attempt(
                    c, lambda value=value: shown(c.scalar(sa.select(sa.literal(value, type_))))
                )
            yield attempt(c, lambda: c.scalar(count.where(t.c.v.in_(values))))
            yield attempt(c, lambda: c.scalar(count.where(t.c.v.in_([]))))
            yield attempt(c, lambda: c.scalar(count.where(t.c.v.is_(None))))
            if name not in TEXT_ARRAYS:
                yield attempt(c, lambda: shown(c.scalar(sa.select(sa.func.array_agg(t.c.v)))))
            c.execute(sa.update(t).values(v=values[-1]))
            yield shown(c.scalar(sa.select(t.c.v).limit(1)))
        base = p.orm.declarative_base(metadata=metadata)
        cls = type("O", (base,), {"__table__": t})
        with p.orm.Session(engine) as s:
            objects = [cls(v=value) for value in values]
            s.add_all([*objects, cls()])
            s.commit()
            yield [(o.id, shown(o.v)) for o in objects]
            objects[0].v = values[-1]
            s.commit()
            s.expire_all()
            yield shown(s.get(cls, objects[0].id).v)
            s.delete(objects[0])
            s.commit()
        reflected = sa.Table(f"t_{name}", sa.MetaData(), autoload_with=engine)
        with engine.connect() as c:
            rows = c.execute(sa.select(reflected).order_by(reflected.c.id)).all()
            yield [shown(row.v) for row in rows]
    finally:
        metadata.drop_all(engine)
        metadata.drop_all(engine)
        base.registry.dispose()


@pytest.mark.parametrize("name", CASES)
def test_type(url: str, name: str) -> None:
    if name in EXTENSIONS:
        with psycopg.connect(f"postgresql:{url}") as connection:
            found = connection.execute("SELECT 1 FROM pg_extension WHERE extname = %s", [name])
            if found.fetchone() is None:
                pytest.skip(f"the server has no {name}")

    def on(p: Peer) -> None:
        for item in program(p, url, name):
            p.show(item)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer, ours = run(on, "sqlalchemy"), run(on, "cormorant")
    if ours.error is not None and peer.error is None:
        raise AssertionError(str(ours.error)) from ours.error_object  # type: ignore[attr-defined]
    for number, (mine, theirs) in enumerate(zip(ours.shown, peer.shown, strict=False)):
        assert (number, mine) == (number, theirs)
    assert ours.error == peer.error
    assert peer.error is None


def test_values_that_are_not_what_they_seem(url: str) -> None:
    def on(p: Peer) -> None:
        with p.engine(postgres.engine_url()).connect() as c:
            p.show(c.exec_driver_sql("""SELECT ''::"char", 'a'::"char", ARRAY[''::"char"]""").all())
            # the other's C half lets it overflow where it counts months
            with pytest.raises(p.exc.DataError, match="must have magnitude <= 999999999"):
                c.exec_driver_sql("SELECT '1000000000 days'::interval AS long").all()
            c.rollback()
            wide = "SELECT '999999999 days 23:59:59.999999'::interval, '-999999999 days'::interval"
            p.show(c.exec_driver_sql(wide).all())

    peer, ours = run(on, "sqlalchemy"), run(on, "cormorant")
    assert (ours.shown, ours.error) == (peer.shown, peer.error)
    assert peer.error is None


@pytest.mark.parametrize(
    ("value", "position"),
    [({"a": 1}, "1 in value"), ({1: "a"}, "1 in key"), ({None: "a"}, "None in key")],
)
def test_maps_hold_text(value: dict[Any, Any], position: str) -> None:
    with pytest.raises(ValueError, match=f"^{position} position is not a string.$"):
        _core.hstore_text(value)


DECLARED = (
    "String Integer Float() DateTime Date Time Interval Boolean JSON LargeBinary Uuid pg.JSONB "
    "pg.INET PickleType"
)
FOUND = """
'2020-01-02 03:04:05'::text|'no date'::text|'{"a":1}'::text|'{'::varchar|'t'::text|'c'::char(2)
1::int2|0::int4|5::int8|1.50::numeric|1.5::float8|true|'\\x31'::bytea|date '2020-01-02'|null
timestamp '2020-01-02 03:04:05'|time '01:02'|interval '1 day'|'{"a":[1]}'::json|'"x"'::jsonb
'null'::jsonb|uuid '00000000-0000-0000-0000-000000000005'|'5'::money|'10.0.0.1'::inet|array[1,2]
"""


@pytest.mark.parametrize("declared", DECLARED.split(" "))
def test_columns_that_are_something_else(url: str, declared: str) -> None:
    """What the server says a value is decides, where the type has nothing to say itself."""

    def on(p: Peer) -> None:
        sa, pg = p.sa, import_module(f"{p.package}.dialects.postgresql")
        type_ = eval(declared if "." in declared else f"sa.{declared}", {"sa": sa, "pg": pg})

        class Decorated(sa.types.TypeDecorator):
            impl = type_
            cache_ok = True

            def process_result_value(self, value: Any, dialect: Any) -> Any:
                return "decorated", shown(value)

        class Thing(p.Base):
            __tablename__ = "thing"
            id = sa.Column(sa.Integer, primary_key=True)
            v = sa.Column(type_)
            d = sa.Column(Decorated)

        with p.orm.Session(p.engine(postgres.engine_url())) as s:
            for value in (v for line in FOUND.split("\n") for v in line.split("|") if v):
                if declared == "PickleType" and "bytea" in value:
                    continue
                given = sa.text(f"SELECT 1 AS id, v, v AS d FROM (SELECT {value} AS v) AS g")
                typed = given.columns(Thing.id, Thing.v, Thing.d)
                for query in (typed, sa.select(Thing).from_statement(typed)):

                    def read(query: Any = query) -> Any:
                        row = s.execute(query).one()
                        thing = row if len(row) == 3 else row[0]
                        return shown(thing.v), shown(thing.d)

                    found = attempt(s, read)
                    # an object's error names its attribute
                    p.show(value, "error" if "Error" in str(found[0]) else found)
                s.expunge_all()

    peer, ours = run(on, "sqlalchemy"), run(on, "cormorant")
    assert ours.error == peer.error is None
    for mine, theirs in zip(ours.shown, peer.shown, strict=True):
        assert theirs[1:] in (mine[1:], ["error"])
