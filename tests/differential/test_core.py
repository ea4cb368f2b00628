"""Core on both packages: URLs, types, schema, execution, results, errors, logging."""

import datetime as dt
import decimal
import enum
import logging
import operator
import pickle
import sqlite3
import uuid

import pytest

from .harness import Peer, compare, making_tests


class Color(enum.Enum):
    red = 1
    green = 2
    blue = 3
    teal = 4
    pink = 5


class Opaque:
    """A value of no known type."""

    def __repr__(self):
        return "<opaque>"


program = making_tests()


# --- URLs and create_engine -------------------------------------------------------

URLS = [
    "sqlite://",
    "sqlite:///a.db",
    "sqlite:////abs/a.db",
    "sqlite:///:memory:",
    "sqlite+pysqlite:///x?timeout=5&a=1&a=2",
    "sqlite:///a b?c d=e f",
    "sqlite:///C:\\path\\foo.db",
    "sqlite:///file:path?mode=ro&uri=true",
    "sqlite:///x\n",
    "postgresql://scott:tiger@host:5432/db",
    "postgresql+psycopg2://sc%40tt:ti%2Fger%3A@host/db?sslmode=require&x=",
    "mysql://[::1]:33/db",
    "mysql://u@[::1]/db",
    "mysql://u:@h/",
    "mysql://:p@h",
    "1sqlite://x",
    "pg://h:99999/db",
    "pg://h/?a=1;b=2",
    "pg://h/db?",
    "pg://h/db?=x",
    "pg://h/db?a",
    "pg://u:p:q@h/db",
    "pg://u@v@h/db",
    "pg://u:p@q@h/db",
    "pg:///db?host=/tmp",
    "pg://h?x=1",
    "pg://ü:é@ö/ñ?ü=é",
    "pg://u:a+b%20c@h/d",
    "pg://u:***@h/d",
    "pg://h/d?a=%26%3D+b",
    "PG://h/d",
]
BAD_URLS = ["foo", "", "sqlite:/", "sqlite:a", "//", "://", "a b://x", " sqlite:///x"]
BAD_PORTS = ["pg://u:p@h:port/db", "pg://h:1x/db", "pg://h:/db", "pg://h1:1,h2:2/d"]


@program
def test_url_parts(p: Peer):
    for text in URLS:
        url = p.make_url(text)
        p.show(text, str(url), repr(url), url.render_as_string(hide_password=False))
        p.show(url.drivername, url.username, url.password, url.host, url.port, url.database)
        p.show(dict(url.query), dict(url.normalized_query), url.get_backend_name())
        p.show(p.make_url(url) is url, p.make_url(text) == url, hash(url) == hash(url))
        p.show(pickle.loads(pickle.dumps(url)) == url)


@program
def test_url_errors(p: Peer):
    for text in [*BAD_URLS, *BAD_PORTS, 5, None]:
        p.error(lambda text=text: p.make_url(text))
    create = p.URL.create
    for arguments in [
        {"drivername": 5},
        {"drivername": None},
        {"drivername": "pg", "port": "x"},
        {"drivername": "pg", "host": 5},
        {"drivername": "pg", "username": 5},
        {"drivername": "pg", "database": 5},
        {"drivername": "pg", "query": {"a": 5}},
        {"drivername": "pg", "query": {5: "a"}},
        {"drivername": "pg", "query": {"a": ["x", 5]}},
    ]:
        p.error(lambda arguments=arguments: create(**arguments))
    p.show(create("pg", password=5).render_as_string(False), create("pg", port="55").port)


@program
def test_url_changes(p: Peer):
    url = p.make_url("pg://u:p@h/d?a=1&b=2&b=3")
    for changed in [
        url.set(host="z", port=3, query={"q": "r"}, drivername="dd", username="uu"),
        url.set(password="s3/cret", database="x"),
        url.update_query_dict({"a": "9"}),
        url.update_query_dict({"a": "9"}, append=True),
        url.update_query_pairs([("a", "9"), ("a", "8"), ("z", "")]),
        url.update_query_string("a=5&z=3"),
        url.update_query_string("a=5&z=3", append=True),
        url.difference_update_query(["a", "zz"]),
        url._replace(host="q"),
    ]:
        p.show(changed, changed.render_as_string(False), changed == url)
    p.show(url.translate_connect_args(), url.translate_connect_args(username="user"))
    p.error(lambda: setattr(url, "host", "x"))


@program
def test_create_engine_arguments(p: Peer):
    def shown(url, **options):
        engine = p.sa.create_engine(url, **options)
        return engine, type(engine.pool).__name__, engine.dialect.name, engine.driver

    for url in ("foo://", "foo+bar://x", "sqlite+foo://", "bad", "", 5, None):
        p.error(lambda url=url: shown(url))
    for url in ("sqlite://host/x", "sqlite://user:pw@host:5/x"):
        p.error(lambda url=url: shown(url))
    for options in [
        {"foo": 1},
        {"foo": 1, "bar": 2},
        {"pool_size": 5},
        {"max_overflow": 5},
        {"pool_size": 5, "max_overflow": 1},
        {"poolclass": p.StaticPool, "pool_size": 5},
        {"encoding": "x"},
        {"future": True},
        {"future": False},
        {"pool_reset_on_return": "foo"},
        {"convert_unicode": True},
        {"pool_recycle": 5, "pool_pre_ping": True, "pool_use_lifo": True},
        {"json_serializer": str, "hide_parameters": True, "query_cache_size": 3},
        {"connect_args": {"timeout": 3}, "execution_options": {"a": 1}},
    ]:
        p.error(lambda options=options: shown("sqlite://", **options))
    for options in [
        {"zork": 1, "pool_size": 3},
        {"poolclass": p.NullPool, "pool_size": 5},
        {"poolclass": p.NullPool, "pool_timeout": 5},
        {"pool_recycle": 5, "pool_pre_ping": True, "pool_use_lifo": True},
    ]:
        p.error(lambda options=options: shown("sqlite:///x", **options))
    p.show(p.sa.create_engine("sqlite:///x").pool.status())
    p.error(lambda: p.sa.create_engine("sqlite://", isolation_level="FOO").connect())
    p.error(lambda: p.sa.create_engine("sqlite://", connect_args={"foo": 1}).connect())
    p.error(lambda: p.sa.create_engine("sqlite:////nonexistent/dir/x.db").connect())


# --- exceptions -------------------------------------------------------------------


def driver_error(p: Peer, name: str, message: str):
    """The driver's exception of a name: sqlite3's, or ours that says it is sqlite3's."""
    if p.package == "sqlalchemy":
        return getattr(sqlite3, name)(message)
    return getattr(p.module("dialects.sqlite.dbapi"), name)(message)


@program
def test_exception_texts(p: Peer):
    orm_exc = p.module("orm.exc")
    orig = driver_error(p, "IntegrityError", "UNIQUE constraint failed: t.x")
    cases = [
        p.exc.SQLAlchemyError("x"),
        p.exc.SQLAlchemyError(),
        p.exc.SQLAlchemyError("x", 5),
        p.exc.SQLAlchemyError(b"x\xff"),
        p.exc.SQLAlchemyError("x", code="abcd"),
        p.exc.ObjectNotExecutableError("foo"),
        p.exc.CircularDependencyError("foo", ["a"], ["b"]),
        p.exc.NoReferencedTableError("foo", "t"),
        p.exc.NoReferencedColumnError("foo", "t", "c"),
        p.exc.NoSuchColumnError("foo"),
        p.exc.TimeoutError("foo", code="3o7r"),
        p.exc.StatementError("foo", "select 1", {"a": 1}, orig),
        p.exc.StatementError("foo", "select 1", {"a": 1}, orig, hide_parameters=True),
        p.exc.IntegrityError("select 1", (1, 2), orig),
        p.exc.IntegrityError("select 1", [(1, 2)] * 20, orig, ismulti=True),
        p.exc.IntegrityError("select 1", [{"a": 1}] * 20, orig, ismulti=True),
        p.exc.IntegrityError("select 1", [], orig),
        p.exc.IntegrityError("select 1", {"a": "x" * 1000}, orig),
        p.exc.SADeprecationWarning("foo", code="ab12"),
        p.exc.SAWarning("foo", code="ab12"),
        p.exc.MovedIn20Warning("foo"),
        orm_exc.UnmappedInstanceError(5),
        orm_exc.UnmappedInstanceError(int),
        orm_exc.UnmappedClassError(int),
        orm_exc.UnmappedClassError(5),
        orm_exc.DetachedInstanceError("foo"),
        orm_exc.StaleDataError("foo"),
    ]
    for error in cases:
        p.show(str(error), error.args, error.code, [c.__name__ for c in type(error).__mro__])
        again = pickle.loads(pickle.dumps(error))
        p.show(str(again), again.args, type(again) is type(error))
    error = p.exc.IntegrityError("select 1", {"a": 1}, orig)
    error.add_detail("more detail")
    p.show(str(error))


@program
def test_exception_wrapping(p: Peer):
    base = type(driver_error(p, "Error", ""))
    names = ["IntegrityError", "OperationalError", "ProgrammingError", "Error", "Warning"]
    origs = [driver_error(p, name, "v") for name in names]
    origs += [ValueError("v"), KeyboardInterrupt("v"), p.exc.ArgumentError("v", code="abcd")]
    for orig in origs:
        for statement in ("select 1", None):
            error = p.exc.DBAPIError.instance(statement, {"a": 1}, orig, base)
            p.show(type(error).__name__, str(error), error is orig)


VALUES_SHOWN = [
    list(range(200)),
    tuple(range(100)),
    tuple(range(101)),
    {f"k{i}": i for i in range(101)},
    (),
    ("x" * 298, "x" * 299, b"x" * 400),
    {"a": ["x" * 500] * 3, "b": "q" * 299},
    [(1,)] * 10,
    [(1,)] * 11,
    [{"a": 1}] * 30,
    [tuple(range(200)), (1, 2)],
    [[1, 2], [3]],
    None,
    "abc",
]


@pytest.mark.parametrize("value", VALUES_SHOWN, ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize("multi", [None, False, True])
def test_parameter_repr(value, multi):
    from sqlalchemy.sql.util import _repr_params

    from cormorant.util import repr_params

    flat = not (
        isinstance(value, (list, tuple)) and value and isinstance(value[0], (list, tuple, dict))
    )
    if multi and flat and value and not isinstance(value, str):
        pytest.skip("not a list of parameter sets")
    assert repr_params(value, 10, multi) == repr(_repr_params(value, 10, ismulti=multi))


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


# --- schema -----------------------------------------------------------------------


def shop(p: Peer, metadata):
    p.Table(
        "users",
        metadata,
        p.Column("id", p.Integer, primary_key=True),
        p.Column("name", p.String(50), nullable=False, index=True),
        p.Column("email", p.String(120), unique=True),
        p.Column("age", p.Integer, default=18),
        p.Column("n", p.Integer, default=lambda: 7, onupdate=9),
        p.Column("ts", p.String, server_default="x'y"),
        p.Column("now", p.DateTime, server_default=p.text("CURRENT_TIMESTAMP")),
        p.Column("upd", p.DateTime, onupdate=lambda context: dt.datetime(2020, 1, 1)),
        p.Column("f", p.String, default=p.func.lower("ABC")),
        p.CheckConstraint("age >= 0", name="ck_age"),
    )
    p.Table(
        "posts",
        metadata,
        p.Column("id", p.Integer, primary_key=True),
        p.Column(
            "user_id",
            p.ForeignKey("users.id", ondelete="CASCADE", onupdate="SET NULL"),
            nullable=False,
        ),
        p.Column("title", p.Text),
        p.Column("score", p.Numeric(10, 2)),
        p.UniqueConstraint("user_id", "title", name="uq_ut"),
        p.Index("ix_multi", "user_id", "score"),
    )
    p.Table(
        "comp",
        metadata,
        p.Column("a", p.Integer, primary_key=True),
        p.Column("b", p.String, primary_key=True),
        p.Column("Weird Name", p.Integer),
        p.Column("select", p.Integer, key="sel"),
        p.Column("c", p.Integer, p.Computed("a*2")),
        p.CheckConstraint(p.column("a") > 5),
    )
    p.Table(
        "links",
        metadata,
        p.Column("u", p.ForeignKey("users.id"), primary_key=True),
        p.Column("p", p.ForeignKey("posts.id"), primary_key=True),
        p.Column("ca", p.Integer),
        p.Column("cb", p.String),
        p.ForeignKeyConstraint(["ca", "cb"], ["comp.a", "comp.b"], name="fk_comp"),
    )
    p.Table(
        "nodes",
        metadata,
        p.Column("id", p.Integer, primary_key=True),
        p.Column("parent_id", p.Integer, p.ForeignKey("nodes.id")),
        p.Column("ok", p.Boolean(create_constraint=True, name="bb")),
        p.Column("kind", p.Enum("x", "y'z", name="kinds", create_constraint=True)),
        sqlite_autoincrement=True,
    )
    return metadata


@program
def test_ddl_texts(p: Peer):
    schema = p.module("schema")
    dialect = p.module("dialects.sqlite").dialect()
    for table in shop(p, p.MetaData()).sorted_tables:
        p.show(str(schema.CreateTable(table).compile(dialect=dialect)))
        p.show(str(schema.DropTable(table).compile(dialect=dialect)))
        for index in sorted(table.indexes, key=lambda index: index.name):
            p.show(str(schema.CreateIndex(index).compile(dialect=dialect)))


@program
def test_create_and_drop_all(p: Peer):
    metadata = shop(p, p.MetaData())
    engine = p.engine()
    metadata.create_all(engine)
    metadata.create_all(engine)
    p.show(sorted(p.inspect(engine).get_table_names()))
    metadata.drop_all(engine, tables=[metadata.tables["links"]])
    metadata.drop_all(engine)
    metadata.drop_all(engine)
    metadata.tables["users"].create(engine)
    p.error(lambda: metadata.tables["users"].create(engine))
    metadata.tables["users"].create(engine, checkfirst=True)
    metadata.tables["users"].drop(engine)
    p.error(lambda: metadata.tables["users"].drop(engine))


def test_cycles_of_tables():
    def go(p: Peer):
        metadata = p.MetaData()
        p.Table(
            "x",
            metadata,
            p.Column("id", p.Integer, primary_key=True),
            p.Column("y", p.ForeignKey("y.id")),
        )
        p.Table(
            "y",
            metadata,
            p.Column("id", p.Integer, primary_key=True),
            p.Column("x", p.ForeignKey("x.id", use_alter=True, name="fkx")),
        )
        engine = p.engine()
        metadata.create_all(engine)
        p.show([table.name for table in metadata.sorted_tables])
        metadata.drop_all(engine)

    compare(go, warned=True)


@program
def test_schema_attributes(p: Peer):
    metadata = shop(p, p.MetaData())
    for table in metadata.sorted_tables:
        p.show(table.key, table.fullname, str(table), table.c.keys(), repr(table.primary_key))
        p.show(table.autoincrement_column, sorted(str(i.name) for i in table.indexes))
        p.show(sorted(type(c).__name__ for c in table.constraints))
        p.show(sorted(fk.target_fullname for fk in table.foreign_keys))
        for column in table.c:
            p.show(str(column), column.key, column.nullable, column.primary_key, column.unique)
            p.show(repr(column.type), column.index, column.server_default is None)
    users, posts = metadata.tables["users"], metadata.tables["posts"]
    p.show(posts.c.user_id.references(users.c.id), users.c.id.references(posts.c.user_id))
    p.show([fk.column is users.c.id for fk in posts.foreign_keys])
    p.show("users" in metadata, "zork" in metadata)
    copy = users.to_metadata(p.MetaData(), name="copied", schema="sc")
    p.show(copy.fullname, copy.c.keys(), sorted(i.name for i in copy.indexes))


@program
def test_schema_errors(p: Peer):
    metadata = p.MetaData()
    table = p.Table("t", metadata, p.Column("a", p.Integer), p.Column("b", p.Integer))

    def make(*items, name="new", **options):
        return p.Table(name, metadata, *items, **options)

    integer = p.Integer
    for case in [
        lambda: make(p.Column("q", integer), name="t"),
        lambda: make(name="zork", must_exist=True),
        lambda: make(name="t", extend_existing=True, keep_existing=True),
        lambda: p.Table("x"),
        lambda: p.Table("x", "y"),
        lambda: make(5),
        lambda: make("abc"),
        lambda: make(p.Column("a", integer), p.Column("a", integer)),
        lambda: make(p.Column("a", integer), p.Column("b", integer, key="a")),
        lambda: make(zork=5),
        lambda: make(sqlite_foo=5),
        lambda: make(p.Column("a", integer), p.ForeignKeyConstraint(["zz"], ["t.a"])),
        lambda: make(p.Column("a", integer), p.UniqueConstraint("zz")),
        lambda: make(p.Column("a", integer), p.Index("ix", "zz")),
        lambda: make(p.Column("a", integer), p.PrimaryKeyConstraint("zz")),
        lambda: make(p.Column("a", integer, index="x")),
        lambda: make(p.Column("a", integer, unique="x")),
        lambda: make(table.c.a),
        lambda: p.Column("a", "b"),
        lambda: p.Column("a", integer, 5),
        lambda: p.Column("a", integer, zork=1),
        lambda: p.Column("a", integer, name="b"),
        lambda: p.Column("a", integer, type_=p.String),
        lambda: p.Column("a", integer, p.Computed("b*2"), server_default="5"),
        lambda: p.Column("a", integer, p.Identity(), server_default="x"),
        lambda: p.ForeignKey(5),
        lambda: p.ForeignKey("a.b").column,
        lambda: p.ForeignKeyConstraint(["a"], ["x.b", "x.c"]),
        lambda: p.DefaultClause(5),
        lambda: p.ColumnDefault(p.FetchedValue()),
        lambda: p.ColumnDefault(lambda a, b: 5),
        lambda: p.Index("i2", table.c.a, make(p.Column("z", integer), name="other").c.z),
        lambda: table.append_column(p.Column("a", integer)),
        lambda: (
            next(iter(make(p.Column("r", p.ForeignKey("nope.id")), name="r1").foreign_keys)).column
        ),
        lambda: (
            next(iter(make(p.Column("r", p.ForeignKey("t.nope")), name="r2").foreign_keys)).column
        ),
        lambda: make(
            p.Column("x", integer),
            p.Column("y", integer),
            p.ForeignKeyConstraint(["x", "y"], ["t.a", "other.z"]),
            name="two",
        ),
        lambda: metadata.sorted_tables,
        lambda: table.c.nope,
        lambda: table.c["nope"],
        lambda: table.join(make(p.Column("lone", integer), name="lone")),
    ]:
        p.error(case)


@program
def test_foreign_key_types_follow_their_targets(p: Peer):
    metadata = p.MetaData()
    first = p.Table("a", metadata, p.Column("b_id", p.ForeignKey("b.id")))
    second = p.Table("c", metadata, p.Column("a_b", p.ForeignKey("a.b_id")))
    p.show(repr(first.c.b_id.type), repr(second.c.a_b.type))
    p.Table("b", metadata, p.Column("id", p.String(7), primary_key=True))
    p.show(repr(first.c.b_id.type), repr(second.c.a_b.type))
    late = p.Table("d", metadata, p.Column("x", p.ForeignKey("b.id")))
    p.show(repr(late.c.x.type), [table.name for table in metadata.sorted_tables])


@program
def test_names_by_convention(p: Peer):
    metadata = p.MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    a = p.Table(
        "a",
        metadata,
        p.Column("id", p.Integer, primary_key=True),
        p.Column("x", p.Integer, index=True),
        p.Column("y", p.Integer, unique=True),
        p.Column("b", p.Boolean(create_constraint=True, name="bb")),
        p.CheckConstraint("x > 5", name="cx"),
    )
    b = p.Table(
        "b",
        metadata,
        p.Column("id", p.Integer, p.ForeignKey("a.id"), primary_key=True),
        p.Column("z", p.Integer),
        p.UniqueConstraint("z", name="explicit"),
    )
    for table in (a, b):
        p.show(sorted(str(c.name) for c in [*table.constraints, *table.indexes]))
    metadata.create_all(p.engine())
    p.error(lambda: p.Table("e", metadata, p.Column("x", p.Integer), p.CheckConstraint("x > 5")))


@program
def test_autoincrement_column(p: Peer):
    def column(*items, **options):
        return p.Column("a", *items, primary_key=True, **options)

    def found(*columns):
        return p.Table("t", p.MetaData(), *columns).autoincrement_column

    for case in [
        lambda: found(column(p.Integer)),
        lambda: found(column(p.BigInteger)),
        lambda: found(column(p.String)),
        lambda: found(column(p.Integer, autoincrement=False)),
        lambda: found(column(p.Integer, p.ForeignKey("x.y"))),
        lambda: found(column(p.Integer, p.ForeignKey("x.y"), autoincrement="ignore_fk")),
        lambda: found(column(p.Integer, server_default="5")),
        lambda: found(column(p.Integer, default=5)),
        lambda: found(column(p.Integer), p.Column("b", p.Integer, primary_key=True)),
        lambda: found(
            column(p.Integer, autoincrement=True), p.Column("b", p.Integer, primary_key=True)
        ),
        lambda: found(column(p.Numeric(5, 0), autoincrement=True)),
        lambda: found(column(p.String, autoincrement=True)),
    ]:
        p.error(case)


def test_inspector():
    def go(p: Peer):
        engine = p.engine()
        shop(p, p.MetaData()).create_all(engine)
        inspector = p.inspect(engine)
        names = sorted(inspector.get_table_names())
        p.show(names, inspector.has_table("users"), inspector.has_table("zork"))
        for name in names:
            p.show(inspector.get_columns(name), inspector.get_pk_constraint(name))
            foreign_keys = inspector.get_foreign_keys(name)
            p.show(sorted(foreign_keys, key=str), inspector.get_indexes(name))
            p.show(inspector.get_unique_constraints(name), inspector.get_check_constraints(name))
        p.error(lambda: inspector.get_columns("zork"))
        p.error(lambda: p.inspect(5))
        loaded = p.MetaData()
        posts = p.Table("posts", loaded, autoload_with=engine)
        p.show(sorted(loaded.tables), [repr(column.type) for column in posts.c])
        p.show([fk.target_fullname for fk in posts.foreign_keys])
        everything = p.MetaData()
        everything.reflect(engine)
        p.show(sorted(everything.tables))
        p.error(lambda: p.Table("zork", p.MetaData(), autoload_with=engine))

    compare(go, sql=False)  # which PRAGMAs are read in which order may differ


# --- transactions -----------------------------------------------------------------


def simple(p: Peer, **options):
    """A connection to a database with one small table."""
    connection = p.engine(**options).connect()
    connection.execute(p.text("create table t (id integer primary key, x varchar unique)"))
    connection.commit()
    return connection


@program
def test_transaction_states(p: Peer):
    c = simple(p)
    p.show(c.in_transaction(), c.get_transaction(), c.closed, c.invalidated)
    c.execute(p.text("select 1"))
    p.show(c.in_transaction(), type(c.get_transaction()).__name__)
    p.error(c.begin)
    c.commit()
    p.show(c.in_transaction(), c.commit(), c.rollback())
    transaction = c.begin()
    p.show(transaction.is_active, transaction.is_valid)
    transaction.commit()
    p.show(transaction.is_active, transaction.is_valid)
    p.error(transaction.commit)
    p.error(transaction.rollback)
    p.error(transaction.close)
    transaction = c.begin()
    c.commit()
    p.show(transaction.is_active)
    p.error(transaction.commit)


@program
def test_transaction_contexts(p: Peer):
    c = simple(p)

    def ended_inside(end):
        with c.begin() as transaction:
            getattr(transaction, end)()
            c.execute(p.text("select 1"))

    for end in ("rollback", "commit", "close"):
        p.error(lambda end=end: ended_inside(end))
        p.show(c.in_transaction())

    def twice():
        with c.begin():
            c.begin()

    def committed_by_connection():
        with c.begin():
            c.execute(p.text("insert into t (x) values ('a')"))
            c.commit()
            c.rollback()

    def failed():
        with c.begin():
            c.execute(p.text("insert into t (x) values ('b')"))
            raise ValueError("boo")

    for case in (twice, committed_by_connection, failed):
        p.error(case)
        p.show(c.in_transaction(), c.scalar(p.text("select count(*) from t")))
        c.rollback()


def test_savepoints():
    def go(p: Peer):
        c = simple(p)
        insert = p.text("insert into t (x) values (:x)")
        with c.begin():
            c.execute(insert, {"x": "1"})
            with c.begin_nested():
                c.execute(insert, {"x": "2"})
            nested = c.begin_nested()
            p.show(c.in_nested_transaction(), type(c.get_nested_transaction()).__name__)
            c.execute(insert, {"x": "3"})
            nested.rollback()
            p.show(nested.is_active, c.in_nested_transaction())
            with c.begin_nested() as nested:
                c.execute(insert, {"x": "4"})
                nested.rollback()
            outer = c.begin_nested()
            inner = c.begin_nested()
            outer.rollback()
            p.show(outer.is_active, inner.is_active)
            p.error(lambda: c.execute(p.text("select 1")))
            inner.rollback()
        p.show(c.scalars(p.text("select x from t order by x")).all())
        nested = c.begin_nested()
        p.show(c.in_transaction())
        c.rollback()
        p.show(nested.is_active)
        p.error(nested.commit)

    compare(go, warned=True)


@program
def test_engine_begin(p: Peer):
    engine = p.engine()

    def fail():
        with engine.begin() as c:
            c.execute(p.text("create table u (id integer primary key)"))
            raise ValueError("boo")

    p.error(fail)
    with engine.begin() as c:
        c.execute(p.text("insert into u default values"))
    with engine.connect() as c:
        p.show(c.scalar(p.text("select count(*) from u")))
    p.show(c.closed)


@program
def test_closed_and_invalidated(p: Peer):
    c = simple(p)
    c.close()
    p.show(c.closed, c.close(), c.in_transaction(), c.commit(), c.rollback(), c.invalidated)
    for case in (
        lambda: c.execute(p.text("select 1")),
        lambda: c.exec_driver_sql("select 1"),
        c.begin,
        c.begin_nested,
        c.invalidate,
        lambda: c.connection,
        lambda: c.info,
    ):
        p.error(case)
    c = p.engine("sqlite:///file.db").connect()
    c.execute(p.text("select 1"))
    c.invalidate()
    p.show(c.invalidated, c.closed, c.in_transaction())
    p.error(lambda: c.execute(p.text("select 1")))
    c.rollback()
    p.show(c.execute(p.text("select 1")).all())
    c.close()


@program
def test_isolation_levels(p: Peer):
    c = simple(p)
    p.show(c.get_isolation_level(), c.default_isolation_level)
    p.error(lambda: c.execution_options(isolation_level="FOO"))
    c.execute(p.text("select 1"))
    p.error(lambda: c.execution_options(isolation_level="AUTOCOMMIT"))
    c.rollback()
    c.execution_options(isolation_level="AUTOCOMMIT")
    c.execute(p.text("insert into t (x) values ('auto')"))
    c.rollback()
    p.show(c.scalar(p.text("select count(*) from t")))
    c.commit()
    engine = c.engine
    c.close()
    with engine.connect() as c:
        c.execute(p.text("insert into t (x) values ('gone')"))
        c.rollback()
        p.show(c.scalar(p.text("select count(*) from t")))
        c.rollback()
        c.execution_options(isolation_level="READ UNCOMMITTED")
        p.show(c.get_isolation_level())
    with engine.connect() as c:
        p.show(c.get_isolation_level())
    auto = engine.execution_options(isolation_level="AUTOCOMMIT")
    p.show(dict(auto.get_execution_options()), auto.pool is engine.pool)
    with auto.connect() as c:
        c.execute(p.text("insert into t (x) values ('auto2')"))
    with engine.connect() as c:
        p.show(c.scalar(p.text("select count(*) from t")))


# --- execution --------------------------------------------------------------------


@program
def test_insert_update_delete(p: Peer):
    engine = p.engine()
    metadata = shop(p, p.MetaData())
    metadata.create_all(engine)
    users = metadata.tables["users"]
    columns = (users.c.id, users.c.name, users.c.age, users.c.n, users.c.f, users.c.upd)
    c = engine.connect()
    result = c.execute(users.insert().values(name="a", email="a@x"))
    p.show(result.inserted_primary_key, result.rowcount, result.lastrowid, result.is_insert)
    result = c.execute(users.insert(), {"name": "b", "age": None, "zork": 5})
    p.show(result.inserted_primary_key, result.last_inserted_params())
    p.error(lambda: c.execute(users.insert().values(zork=5)))
    result = c.execute(users.insert(), [{"name": "c"}, {"name": "d"}])
    p.show(result.rowcount, result.returns_rows)
    p.show(c.execute(p.select(*columns).order_by(users.c.id)).all())
    p.show(c.execute(users.update().where(users.c.name == "a").values(age=5)).rowcount)
    update = users.update().where(users.c.id == p.bindparam("x")).values(age=p.bindparam("y"))
    p.show(c.execute(update, [{"x": 1, "y": 50}, {"x": 2, "y": 60}]).rowcount)
    p.show(c.execute(p.select(*columns).order_by(users.c.id)).all())
    p.show(c.execute(users.delete().where(users.c.id == 4)).rowcount)
    returning = users.insert().returning(users.c.id, users.c.name)
    p.show(c.execute(returning, {"name": "r"}).all())
    p.show(c.execute(returning, [{"name": f"r{i}"} for i in range(3)]).all())
    ordered = users.insert().returning(users.c.id, sort_by_parameter_order=True)
    p.show(c.execute(ordered, [{"name": f"q{i}"} for i in range(2)]).all())
    p.show(c.execute(users.update().values(age=1).returning(users.c.id)).all())
    p.show(c.execute(users.delete().returning(users.c.name)).scalars().all())
    chosen = p.select(users.c.name + "x", users.c.email)
    p.show(c.execute(users.insert().from_select(["name", "email"], chosen)).rowcount)
    p.error(lambda: c.execute(users.insert(), {"email": "zz"}))
    p.error(lambda: c.execute(users.insert(), {"name": "n", "age": -5}))
    nodes, comp = metadata.tables["nodes"], metadata.tables["comp"]
    p.show(c.execute(nodes.insert()).inserted_primary_key)
    p.show(c.execute(nodes.insert(), {"ok": True, "kind": "x"}).inserted_primary_key)
    p.error(lambda: c.execute(nodes.insert(), {"kind": "zzz"}))
    p.show(c.execute(comp.insert(), {"a": 6, "b": "q", "sel": 3}).inserted_primary_key)
    p.show(c.execute(p.select(comp)).mappings().all())


def test_column_defaults_see_the_row():
    def go(p: Peer):
        seen = []

        def computed(context):
            values = context.get_current_parameters()
            seen.append(dict(values))
            return values["x"] * 2

        table = p.Table(
            "t",
            p.MetaData(),
            p.Column("id", p.Integer, primary_key=True),
            p.Column("x", p.Integer),
            p.Column("y", p.Integer, default=computed),
            p.Column("z", p.Integer, onupdate=lambda context: 5),
        )
        engine = p.engine()
        table.metadata.create_all(engine)
        with engine.begin() as c:
            c.execute(table.insert(), {"x": 3})
            c.execute(table.insert(), [{"x": 4}, {"x": 5}])
            c.execute(table.update().values(x=1).where(table.c.id == 1))
            p.show(c.execute(p.select(table)).all(), seen)

    compare(go)


@program
def test_execution_errors(p: Peer):
    c = simple(p)
    text = p.text
    insert = text("insert into t (x) values (:x)")
    c.execute(insert, {"x": "q"})
    for case in [
        lambda: c.execute("select 1"),
        lambda: c.execute(5),
        lambda: c.execute(None),
        lambda: c.execute(text("select :x")),
        lambda: c.execute(text("select :x"), {"y": 1}),
        lambda: c.execute(text("select :x"), [1]),
        lambda: c.execute(text("select :x"), 5),
        lambda: c.execute(text("select :x"), "abc"),
        lambda: c.execute(text("select :x"), [(1,)]),
        lambda: c.execute(text("select :x"), [{"x": 1}, {"x": 2}]),
        lambda: c.execute(text("select :x"), ({"x": 1}, {"x": 2})),
        lambda: c.execute(insert, {"x": "q"}),
        lambda: c.execute(insert, [{"x": "z1"}, {"x": "q"}]),
        lambda: c.execute(insert, [{"x": "w1"}, {"y": "w2"}]),
        lambda: c.execute(text("select * from nope")),
        lambda: c.execute(text("selec")),
        lambda: c.execute(text("select 1; select 2")),
        lambda: c.execute(text("select '%d %% :a \\:b', 'x::y'")),
        lambda: c.execute(text("select :x").bindparams(x=7)).all(),
        lambda: c.execute(text("select :x"), ({"x": 1},)).all(),
        lambda: c.execute(text("select 5"), {"a": 1}).all(),
        lambda: c.execute(text("select 5"), []).all(),
    ]:
        p.error(case)


def test_unbindable_values():
    """sqlite3 tells of the last error of the connection here: only ours is compared."""

    def go(p: Peer):
        c = simple(p)
        for value in (Opaque(), 2**63, -(2**63) - 1, "\ud800"):
            p.error(lambda value=value: c.execute(p.text("select :x"), {"x": value}).all())

    compare(go)


@program
def test_driver_sql(p: Peer):
    c = simple(p)
    run = c.exec_driver_sql
    for case in [
        lambda: run("select ?", (1,)).all(),
        lambda: run("select ?", [1]),
        lambda: run("select ?", 1),
        lambda: run("select :a, :b, :a", {"a": 5, "b": 6}).all(),
        lambda: run("select ?, ?", (1,)),
        lambda: run("select ?2, ?1", (1, 2)).all(),
        lambda: run("insert into t (x) values (?)", [("e1",), ("e2",)]).rowcount,
        lambda: run("insert into t (x) values (:x)", [{"x": "e3"}, {"x": "e4"}]).rowcount,
        lambda: run("select ?", [(1,), (2,)]),
        lambda: run("select 1", {}).all(),
        lambda: run("select 1", []).all(),
        lambda: run(p.text("select 1")),
        lambda: run("select 'a?b', ? -- ?\n, ?", (1, 2)).all(),
        lambda: run("select \"x\" from t where x = '?' /* ? */ or x = ?", ("e1",)).all(),
        lambda: run("insert into t (x) values (?)", ("e1",)),
        lambda: run("select :a", {"b": 1}),
    ]:
        p.error(case)


@program
def test_hidden_parameters(p: Peer):
    c = simple(p, hide_parameters=True)
    p.error(lambda: c.execute(p.text("select nope where :x = 1"), {"x": "secret"}))
    try:
        c.execute(p.text("select nope where :x = 1"), {"x": "secret"})
    except p.OperationalError as error:
        orig = error.orig
        p.show(error.statement, error.params, orig.args, error.code, error.hide_parameters)
        p.show(error.connection_invalidated, orig.sqlite_errorcode, orig.sqlite_errorname)
        p.show(error.__cause__ is orig)


@program
def test_in_lists_and_limits(p: Peer):
    c = simple(p)
    c.exec_driver_sql("insert into t (x) values ('a'), ('b'), ('c')")
    t = p.table("t", p.column("id", p.Integer), p.column("x", p.String))
    for values in ([1, 2, 3], [1], [], [3, 2]):
        p.show(c.execute(p.select(t.c.x).where(t.c.id.in_(values))).all())
        p.show(c.execute(p.select(t.c.x).where(t.c.id.not_in(values))).all())
    pairs = p.tuple_(t.c.id, t.c.x).in_([(1, "a"), (2, "z"), (3, "c")])
    p.show(c.execute(p.select(t.c.id).where(pairs)).all())
    named = p.select(t.c.x).where(t.c.id.in_(p.bindparam("ids", expanding=True)))
    for ids in ([1, 3], [2], []):
        p.show(c.execute(named, {"ids": ids}).all())
    for limit, offset in ((2, 1), (1, 0), (5, 2)):
        p.show(c.execute(p.select(t.c.id).limit(limit).offset(offset)).all())
    p.show(c.execute(p.func.lower("ABC")).scalar())


# --- results ----------------------------------------------------------------------

NUMBERS = (
    "with recursive n(i) as (select 1 union all select i + 1 from n where i < 10) "
    "select i, i * 2 as j from n"
)


@program
def test_result_methods(p: Peer):
    c = p.engine().connect()

    def rows():
        return c.execute(p.text(NUMBERS))

    for case in [
        lambda: rows().all(),
        lambda: list(rows()),
        lambda: rows().first(),
        lambda: rows().one(),
        lambda: rows().one_or_none(),
        lambda: rows().scalar(),
        lambda: rows().scalar_one(),
        lambda: rows().fetchone(),
        lambda: rows().fetchmany(),
        lambda: rows().fetchmany(3),
        lambda: rows().fetchall(),
        lambda: list(rows().keys()),
        lambda: repr(rows().keys()),
        lambda: "i" in rows().keys(),  # noqa: SIM118
        lambda: [list(part) for part in rows().partitions(4)],
        lambda: rows().columns("j").all(),
        lambda: rows().columns(1, 0).first(),
        lambda: rows().columns(1, 0).columns(1).first(),
        lambda: rows().columns("zz"),
        lambda: rows().scalars().all(),
        lambda: rows().scalars(1).all(),
        lambda: rows().scalars("j").fetchmany(2),
        lambda: rows().scalars(5).all(),
        lambda: rows().scalars().one(),
        lambda: rows().scalars().one_or_none(),
        lambda: rows().scalars().first(),
        lambda: list(rows().scalars()),
        lambda: [list(part) for part in rows().scalars().partitions(6)],
        lambda: rows().mappings().all(),
        lambda: rows().mappings().one(),
        lambda: rows().mappings().first()["j"],
        lambda: rows().mappings().columns("j").first(),
        lambda: rows().mappings().fetchmany(2),
        lambda: list(rows().mappings().keys()),
        lambda: rows().mappings().unique().fetchmany(1),
        lambda: rows().unique().all(),
        lambda: rows().unique(lambda row: row[0] % 3).all(),
        lambda: rows().yield_per(3).fetchmany(),
        lambda: [list(part) for part in rows().yield_per(4).partitions()],
        lambda: rows().tuples().first(),
        lambda: rows().t.first(),
        lambda: rows().freeze()().all(),
        lambda: rows().freeze()().scalars().first(),
        lambda: len(rows().merge(rows(), rows()).all()),
        lambda: c.execute(p.text("select 1 where 1 = 0")).one(),
        lambda: c.execute(p.text("select 1 where 1 = 0")).one_or_none(),
        lambda: c.execute(p.text("select 1 where 1 = 0")).first(),
        lambda: c.execute(p.text("select 1 where 1 = 0")).scalar(),
        lambda: c.execute(p.text("select 1 where 1 = 0")).scalar_one(),
        lambda: c.execute(p.text("select 1 where 1 = 0")).scalar_one_or_none(),
        lambda: c.execute(p.text("select null")).scalar_one(),
        lambda: c.execute(p.text("select 1 as a union all select 1")).unique().all(),
        lambda: c.execute(p.text("select 1 as a union all select 1")).scalars().unique().one(),
    ]:
        p.error(case)


@program
def test_result_is_used_up(p: Peer):
    c = p.engine().connect()

    def rows():
        return c.execute(p.text(NUMBERS))

    result = rows()
    p.show(result.fetchmany(3), result.fetchone(), next(result), [row for row in result])
    p.error(lambda: next(result))
    p.show(result.all(), result.fetchone(), result.closed)
    for end in ("first", "close", "one", "scalar"):
        result = rows()
        p.error(getattr(result, end))
        p.show(result.closed)
        for method in ("all", "first", "fetchone", "fetchmany", "one", "scalar"):
            p.error(getattr(result, method))
        p.show(list(result.keys()))
    result = rows()
    for row in result:
        if row.i == 4:
            break
    p.show(result.fetchone(), result.all())
    with rows() as result:
        p.show(result.fetchone())
    p.show(result.closed)
    c.execute(p.text("create table t (x)"))
    result = c.execute(p.text("insert into t values (1)"))
    p.show(result.rowcount, result.lastrowid, result.returns_rows, result.closed)
    for method in ("all", "first", "one", "fetchone", "scalar", "scalars", "keys", "fetchall"):
        p.error(getattr(result, method))
    p.error(lambda: result.mappings().all())
    p.error(lambda: result.inserted_primary_key)


@program
def test_rows(p: Peer):
    c = p.engine().connect()
    row = c.execute(p.text("select 1 as a, 'x' as b, null as c")).one()
    p.show(row.a, row[1], row[-1], row[0:2], row._fields, row._asdict(), len(row), tuple(row))
    p.show(row == (1, "x", None), row.count(1), row.index("x"), row > (0,), "x" in row)
    p.show(hash(row) == hash((1, "x", None)), str(row), repr(row))
    mapping = row._mapping
    p.show(list(mapping), list(mapping.items()), list(mapping.values()), "a" in mapping)
    for case in [
        lambda: row.zz,
        lambda: row["a"],
        lambda: row[9],
        lambda: mapping["zz"],
        lambda: setattr(row, "a", 5),
    ]:
        p.error(case)
    again = c.execute(p.text("select 1 as a, 2 as a")).one()
    p.show(again, again.a, again._fields)


@program
def test_rows_by_column(p: Peer):
    engine = p.engine()
    metadata = shop(p, p.MetaData())
    metadata.create_all(engine)
    users, posts = metadata.tables["users"], metadata.tables["posts"]
    c = engine.connect()
    c.execute(users.insert(), {"name": "n"})
    statement = p.select(
        users.c.id, users.c.name, posts.c.id, p.literal("x"), p.func.count(users.c.id)
    ).join_from(users, posts, isouter=True)
    result = c.execute(statement)
    p.show(list(result.keys()), users.c.id in result.keys())  # noqa: SIM118
    p.show(users.c.email in result.keys())  # noqa: SIM118
    row = result.one()
    p.show(row, row._mapping[users.c.id], row._mapping[posts.c.id], row.id, row.id_1)
    p.error(lambda: row._mapping[users.c.email])
    p.show(c.execute(p.select(users)).scalars(users.c.name).all())
    p.show(c.execute(p.select(users)).columns(users.c.name, users.c.id).first())
    text = p.text("select '2020-01-01' as d, 1 as b, 'q' as z")
    p.show(c.execute(text.columns(b=p.Boolean, d=p.Date)).all())
    positional = text.columns(p.column("x", p.Date), p.column("y", p.Boolean))
    p.show(c.execute(positional).all(), list(c.execute(positional).keys()))


# --- logging ----------------------------------------------------------------------


@program
def test_logged_parameters(p: Peer):
    c = simple(p)
    select = p.text("select :x as x")
    for value in ("short", "x" * 400, b"bytes", 1.5, None):
        c.execute(select, {"x": value})
    c.execute(p.text("insert into t (x) values (:x)"), [{"x": f"v{i}"} for i in range(30)])
    c.execution_options(logging_token="tok").execute(select, {"x": 1})


def test_echo(capsys):
    """echo=True prints on standard output, with the time and the logger's name."""
    import re

    texts = []
    for package in ("sqlalchemy", "cormorant"):
        # not the standard output of this test on another database
        logging.getLogger(f"{package}.engine.Engine.echo_{package}").handlers.clear()
        sa = __import__(package)
        engine = sa.create_engine("sqlite://", echo=True, logging_name=f"echo_{package}")
        with engine.begin() as connection:
            connection.execute(sa.text("select :a"), {"a": 1})
            connection.exec_driver_sql("select 2")
        engine.dispose()
        out = capsys.readouterr().out
        out = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}", "TIME", out)
        out = re.sub(r"\[generated in [\d.e-]+s\]", "[generated in T]", out)
        texts.append(out.replace(package, "PKG"))
    assert texts[0] == texts[1]
    assert "TIME INFO PKG.engine.Engine.echo_PKG BEGIN (implicit)" in texts[1]
    assert "[raw sql] ()" in texts[1]
