"""Types on both packages: attributes, arithmetic, values that go round, values refused."""

import datetime as dt
import decimal
import enum
import operator
import pickle
import uuid

from .harness import Peer, compare, making_tests
from .models import Opaque


class Color(enum.Enum):
    red = 1
    green = 2
    blue = 3
    teal = 4
    pink = 5


class Plain(enum.StrEnum):
    one = "eins"
    two = "zwei"
    uno = one


class Access(enum.Flag):
    read = 1
    write = 2


program = making_tests()
# psycopg's Binary() and JSON are logged otherwise
of_values = making_tests(sql=False)


# --- types ------------------------------------------------------------------------


def all_types(p: Peer):
    t = p.module("types")
    return {
        "Integer": t.Integer(),
        "SmallInteger": t.SmallInteger(),
        "BigInteger": t.BigInteger(),
        "String": t.String(),
        "String5": t.String(5),
        "Collated": t.String(5, collation="NOCASE"),
        "Text": t.Text(),
        "Unicode": t.Unicode(),
        "UnicodeText": t.UnicodeText(),
        "Float": t.Float(),
        "Float5": t.Float(5),
        "FloatD": t.Float(asdecimal=True),
        "Double": t.Double(),
        "Numeric": t.Numeric(),
        "Numeric102": t.Numeric(10, 2),
        "NumericF": t.Numeric(asdecimal=False),
        "Boolean": t.Boolean(),
        "DateTime": t.DateTime(),
        "DateTimeZ": t.DateTime(timezone=True),
        "Date": t.Date(),
        "Time": t.Time(),
        "Interval": t.Interval(),
        "LargeBinary": t.LargeBinary(9),
        "JSON": t.JSON(),
        "Uuid": t.Uuid(),
        "UuidS": t.Uuid(as_uuid=False),
        "Enum": t.Enum("a", "b", name="ee"),
        "EnumC": t.Enum(Color),
        "NullType": t.NullType(),
        "PickleType": t.PickleType(),
        "VARCHAR": t.VARCHAR(10),
        "CHAR": t.CHAR(3),
        "NVARCHAR": t.NVARCHAR(3),
        "NCHAR": t.NCHAR(3),
        "TEXT": t.TEXT(),
        "CLOB": t.CLOB(),
        "INTEGER": t.INTEGER(),
        "SMALLINT": t.SMALLINT(),
        "BIGINT": t.BIGINT(),
        "FLOAT": t.FLOAT(),
        "REAL": t.REAL(),
        "DOUBLE": t.DOUBLE(),
        "DOUBLE_PRECISION": t.DOUBLE_PRECISION(),
        "NUMERIC": t.NUMERIC(4, 1),
        "DECIMAL": t.DECIMAL(4, 1),
        "DATE": t.DATE(),
        "TIME": t.TIME(),
        "DATETIME": t.DATETIME(),
        "TIMESTAMP": t.TIMESTAMP(),
        "BLOB": t.BLOB(),
        "BINARY": t.BINARY(3),
        "VARBINARY": t.VARBINARY(3),
        "BOOLEAN": t.BOOLEAN(),
        "UUID": t.UUID(),
    }


@program
def test_type_attributes(p: Peer):
    dialect = p.module("dialects.sqlite").dialect()
    for name, type_ in all_types(p).items():
        p.show(name, repr(type_), str(type_), type_.__visit_name__, type_._type_affinity.__name__)
        p.show(type_.hashable, type_.should_evaluate_none, getattr(type_, "length", None))
        p.error(lambda type_=type_: type_.compile())
        p.error(lambda type_=type_: type_.compile(dialect=dialect))
        p.error(lambda type_=type_: type_.python_type)


@program
def test_type_arithmetic(p: Peer):
    types = all_types(p)
    names = [
        "Integer",
        "BigInteger",
        "String",
        "Text",
        "Float",
        "Numeric102",
        "Boolean",
        "DateTime",
        "Date",
        "Time",
        "Interval",
        "LargeBinary",
        "JSON",
        "Uuid",
        "Enum",
        "NullType",
        "PickleType",
        "BIGINT",
        "DECIMAL",
    ]
    operators = (
        operator.add,
        operator.sub,
        operator.mul,
        operator.truediv,
        operator.floordiv,
        operator.mod,
    )
    for op in operators:
        for left in names:
            for right in names:
                made = op(p.column("a", types[left]), p.column("b", types[right]))
                p.show(op.__name__, left, right, repr(made.type), str(made))


PLAIN_VALUES = [
    1,
    2**31 - 1,
    2**31,
    2**70,
    -(2**31),
    True,
    1.5,
    decimal.Decimal("1"),
    "x",
    "é",
    b"x",
    None,
    dt.date(2020, 1, 1),
    dt.datetime(2020, 1, 1),
    dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
    dt.time(1),
    dt.time(1, tzinfo=dt.UTC),
    dt.timedelta(1),
    uuid.UUID(int=5),
    Color.red,
    [1],
    {},
    (1, 2),
    Opaque(),
]


@program
def test_types_of_values(p: Peer):
    types = all_types(p)
    for value in PLAIN_VALUES:
        p.show(repr(value), repr(p.literal(value).type))
        for name, type_ in types.items():
            coerced = type_.coerce_compared_value(operator.eq, value)
            p.show(name, repr(coerced), coerced is type_)


ROUND_TRIPS = {
    "i": [2**40, -(2**63), 2**63 - 1, None],
    "t": ["é€😀", "", "a\0b", None],
    "f": [1.5, -0.0, 1e300, 3, decimal.Decimal("2.5")],
    "b": [True, False, None, 1, 0],
    "d": [dt.datetime(2020, 1, 2, 3, 4, 5, 678), dt.datetime.min, dt.datetime.max, None],
    "da": [dt.date(1999, 12, 31), dt.date.min, dt.date.max, None],
    "ti": [dt.time(1, 2, 3, 4), dt.time(0), dt.time.max, None],
    "nu": [decimal.Decimal("12.345"), decimal.Decimal("-0.001"), 5, None],
    "lb": [b"\0\xff", b"", None],
    "j": [{"a": [1, None, "x"]}, [], "s", 5, None],
    "e": [Color.red, "green", None],
    "es": ["a", "zz", None],
    "u": [uuid.UUID(int=77), None],
    "us": [str(uuid.UUID(int=77)), None],
    "iv": [dt.timedelta(days=3, seconds=5, microseconds=7), dt.timedelta(days=-1), None],
    "p": [{"x": (1, 2)}, None],
    "nf": [2.5, None],
    "fd": [decimal.Decimal("0.1"), None],
}
REFUSED = {
    "i": [2**70, Opaque()],
    "t": [Opaque(), "\ud800"],
    "f": ["x", []],
    "b": ["x", 5, 2.5],
    "d": ["x", 5],
    "da": ["x", 5],
    "ti": ["x"],
    "nu": ["x"],
    "lb": ["x", 5],
    "j": [Opaque],
    "e": ["zz", 5],
    "es": [5, [1]],
    "u": ["x"],
    "us": [5],
    "iv": [5, dt.timedelta.max],
}


def typed_table(p: Peer):
    table = p.Table(
        "types",
        p.MetaData(),
        p.Column("id", p.Integer, primary_key=True),
        p.Column("i", p.BigInteger),
        p.Column("t", p.Text),
        p.Column("f", p.Float),
        p.Column("b", p.Boolean),
        p.Column("d", p.DateTime),
        p.Column("da", p.Date),
        p.Column("ti", p.Time),
        p.Column("nu", p.Numeric(10, 3)),
        p.Column("lb", p.LargeBinary),
        p.Column("j", p.JSON),
        p.Column("e", p.Enum(Color)),
        p.Column("es", p.Enum("a", "b", name="es")),
        p.Column("u", p.Uuid),
        p.Column("us", p.Uuid(as_uuid=False)),
        p.Column("iv", p.Interval),
        p.Column("p", p.PickleType),
        p.Column("nf", p.Numeric(asdecimal=False)),
        p.Column("fd", p.Float(asdecimal=True)),
    )
    engine = p.engine()
    table.metadata.create_all(engine)
    return table, engine.connect()


def test_round_trip():
    def go(p: Peer):
        table, connection = typed_table(p)
        for name, values in ROUND_TRIPS.items():
            column = table.c[name]
            for value in values:
                connection.execute(table.insert(), {name: value})
                p.error(
                    lambda column=column: connection.execute(
                        p.select(column).order_by(table.c.id.desc()).limit(1)
                    ).all()
                )
                p.show(
                    connection.exec_driver_sql(
                        f"select {name}, typeof({name}) from types order by id desc limit 1"
                    ).all()
                )

    # the pickle is logged as bytes, and as a memoryview by the peer
    compare(go, sql=False)


@program
def test_refused_values(p: Peer):
    table, connection = typed_table(p)
    for name, values in REFUSED.items():
        for value in values:
            p.error(
                lambda name=name, value=value: connection.execute(table.insert(), {name: value})
            )
            p.error(
                lambda name=name, value=value: connection.execute(
                    table.insert(), [{name: None}, {name: value}]
                )
            )
            p.error(
                lambda name=name, value=value: connection.execute(
                    table.insert().values({name: value})
                )
            )


@program
def test_values_that_cannot_be_read(p: Peer):
    table, connection = typed_table(p)
    for name in ("d", "da", "ti", "nu", "j", "e", "es", "u"):
        connection.exec_driver_sql(f"insert into types (id, {name}) values (100, 'junk')")
        # a value may be decoded when it is fetched or when it is first read
        p.error(
            lambda name=name: [
                tuple(row)
                for row in connection.execute(
                    p.select(table.c[name]).where(table.c.id == 100)
                ).all()
            ]
        )
        connection.rollback()


class Reversed:
    """Pickles that nobody else reads."""

    @staticmethod
    def dumps(value, protocol):
        return pickle.dumps(value, protocol)[::-1]

    @staticmethod
    def loads(data):
        return pickle.loads(data[::-1])


@of_values
def test_types_with_options(p: Peer):
    class Since2000(p.Interval):
        epoch = dt.datetime(2000, 1, 1)
        cache_ok = True

    class Framed(p.PickleType):
        cache_ok = True

        def process_bind_param(self, value, dialect):
            return super().process_bind_param(("framed", value), dialect)

    class Doubled(p.TypeDecorator):
        impl = p.PickleType
        cache_ok = True

        def process_bind_param(self, value, dialect):
            return value * 2

    values = {
        "by_value": (p.Enum(Plain, values_callable=lambda e: [m.value for m in e]), Plain),
        "by_name": (p.Enum(Plain), [*Plain, Plain.uno, "one", "uno", "eins"]),
        "aliases": (p.Enum(Plain, omit_aliases=False), [*Plain, Plain.uno, "uno"]),
        "flags": (p.Enum(Access), [*Access, Access.read | Access.write, Access(0), 1]),
        "colour": (p.Enum(Color, validate_strings=True), [*Color, "red", "teal ", Plain.one]),
        "since": (Since2000, [dt.timedelta(1), dt.timedelta(-1), None, dt.timedelta.min]),
        "reversed": (p.PickleType(protocol=1, pickler=Reversed), [[1], None, {"a": (2,)}]),
        "framed": (Framed, [[1], None]),
        "doubled": (Doubled, ["ab", [None], None]),
        "text": (p.PickleType(impl=p.String), [[1]]),
        "document": (p.JSON, [p.JSON.NULL, None, {1: None}]),
    }
    columns = [p.Column(name, type_) for name, (type_, _) in values.items()]
    table = p.Table("options", p.MetaData(), p.Column("id", p.Integer, primary_key=True), *columns)
    engine = p.engine()
    table.metadata.create_all(engine)

    def store(column, value):
        with engine.begin() as connection:
            connection.execute(table.insert(), {column.name: value})
            newest = p.select(column).order_by(table.c.id.desc()).limit(1)
            return connection.scalar(newest), connection.scalar(
                p.select(p.type_coerce(newest.scalar_subquery(), p.String))
            )

    for column in columns:
        for value in values[column.name][1]:
            p.error(lambda c=column, v=value: store(c, v))


@of_values
def test_values_changed_in_place_and_compared(p: Peer):
    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        same_length = p.Column(p.PickleType(comparator=lambda a, b: len(a) == len(b)))
        plain = p.Column(p.PickleType)
        document = p.Column(p.JSON)
        span = p.Column(p.Interval)
        code = p.Column(p.Uuid)
        colour = p.Column(p.Enum(Color))

    class Never:
        def __eq__(self, other):
            raise ValueError("compared")

        __hash__ = None

    engine = p.engine()
    p.Base.metadata.create_all(engine)
    first = {
        "same_length": [1, 2],
        "plain": {"a": 1},
        "document": {"a": [1]},
        "span": dt.timedelta(1),
        "code": uuid.UUID(int=5),
        "colour": Color.red,
    }
    with p.Session(engine) as s:
        s.add(Thing(id=1, **first))
        s.commit()
        thing = s.get(Thing, 1)
        for name, value in (
            ("same_length", [3, 4]),
            ("same_length", [1]),
            ("plain", {"a": 1}),
            ("plain", {"a": 2}),
            ("document", {"a": [1]}),
            ("document", {"a": [1.0, None]}),
            ("span", dt.timedelta(hours=24)),
            ("span", dt.timedelta(2)),
            ("code", uuid.UUID(int=5)),
            ("code", uuid.UUID(int=6)),
            ("code", str(uuid.UUID(int=6))),
            ("colour", Color.red),
            ("colour", Color.blue),
            ("plain", Never()),
        ):
            getattr(thing, name)
            setattr(thing, name, value)
            p.error(lambda: s.is_modified(thing))
            p.error(lambda name=name: (s.flush(), s.expire(thing), getattr(thing, name)))
            s.rollback()


@program
def test_type_decorators(p: Peer):
    class Upper(p.TypeDecorator):
        impl = p.String
        cache_ok = True

        def process_bind_param(self, value, dialect):
            return None if value is None else value.upper()

        def process_result_value(self, value, dialect):
            return None if value is None else value + "!"

    class Point(p.module("types").UserDefinedType):
        cache_ok = True

        def get_col_spec(self, **kw):
            return "POINT"

        def bind_processor(self, dialect):
            return lambda value: None if value is None else ",".join(map(str, value))

        def result_processor(self, dialect, coltype):
            return lambda text: None if text is None else tuple(map(int, text.split(",")))

    class Day(p.TypeDecorator):
        impl = p.Date
        cache_ok = True

        def process_bind_param(self, value, dialect):
            return None if value is None else dt.date(2020, 1, value)

        def process_result_value(self, value, dialect):
            return None if value is None else value.day

    table = p.Table(
        "dec",
        p.MetaData(),
        p.Column("id", p.Integer, primary_key=True),
        p.Column("u", Upper(10)),
        p.Column("p", Point),
        p.Column("day", Day),
        p.Column("v", p.String(5).with_variant(p.Integer(), "sqlite")),
    )
    engine = p.engine()
    p.show(repr(table.c.u.type), repr(table.c.day.type))
    table.metadata.create_all(engine)
    with engine.begin() as connection:
        rows = [
            {"u": "abc", "p": (1, 2), "day": 5, "v": 3},
            {"u": None, "p": None, "day": None, "v": None},
        ]
        connection.execute(table.insert(), rows)
        p.show(connection.execute(p.select(table)).all())
        for where in (table.c.u == "abc", table.c.p == (1, 2), table.c.day == 5):
            p.show(connection.execute(p.select(table.c.id).where(where)).all())
        p.show(connection.execute(p.select(table.c.u + "z")).all())
        p.error(lambda: connection.execute(table.insert(), {"u": 5}))
