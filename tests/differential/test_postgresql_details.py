"""What is PostgreSQL's alone, on a server: search paths, types of the program, subscripts."""

from __future__ import annotations

import dataclasses
import enum
import subprocess
import sys

import pytest

from .. import postgres
from . import harness
from .harness import Peer

pytestmark = pytest.mark.skipif(postgres.scratch() is None, reason="no PostgreSQL server")


def in_the_search_path(p: Peer):
    engine = p.engine()
    with engine.connect() as c:
        for statement in (
            "CREATE SCHEMA elsewhere",
            "CREATE TABLE elsewhere.parent (id INTEGER PRIMARY KEY)",
            "CREATE TABLE public.child (id INTEGER PRIMARY KEY, up INTEGER REFERENCES elsewhere.parent)",
            "CREATE TABLE elsewhere.own (id INTEGER PRIMARY KEY REFERENCES public.child)",
            "SET search_path TO elsewhere, public",
        ):
            c.execute(p.text(statement))
        inspector = p.sa.inspect(c)
        for ignored in (False, True):
            option = {"postgresql_ignore_search_path": ignored}
            for name, schema in (("child", None), ("child", "public"), ("own", "elsewhere")):
                p.show(name, schema, inspector.get_foreign_keys(name, schema=schema, **option))
            metadata = p.MetaData()
            child = p.Table("child", metadata, schema="public", autoload_with=c, **option)
            p.show(sorted(metadata.tables), [key.target_fullname for key in child.foreign_keys])
        c.rollback()


def types_of_the_program(p: Peer):
    class Point(p.module("types").UserDefinedType):
        cache_ok = True

        def get_col_spec(self, **kw):
            return "point"

    names = p.module("dialects.postgresql.base").ischema_names
    dialect = p.module("dialects.postgresql").dialect
    p.show(dialect.ischema_names is names, dialect().ischema_names is names)
    p.show(p.module("dialects.sqlite").dialect.ischema_names["DATE"].__name__)
    names["point"] = Point
    try:
        with p.engine().connect() as c:
            c.execute(p.text("CREATE TABLE marks (id INTEGER, at POINT)"))
            columns = p.sa.inspect(c).get_columns("marks")
            p.show([type(column["type"]).__name__ for column in columns])
            c.rollback()
    finally:
        del names["point"]


def subscripts_of_jsonb(p: Peer):
    jsonb = p.module("dialects.postgresql").JSONB
    value = p.cast({"a": {"b": 1}}, jsonb)
    built = p.func.jsonb_build_object("a", 1, type_=jsonb)
    with p.engine().connect() as c:
        for item in (
            value["a"],
            value["a"]["b"],
            value["a"].astext,
            built["a"],
            p.cast([1, 2], jsonb)[0],
        ):
            p.show(str(item.compile(dialect=c.dialect)), c.scalar(p.select(item)))


def numbers_in_columns_of_other_types(p: Peer):
    """What the column is says more than what the type is called: an integer of an INTEGER
    column is exact, and no Decimal; where floats are wanted it is one."""
    engine = p.engine()
    types = {
        "n": p.Numeric,
        "n2": p.Numeric(10, 2),
        "f": p.Float,
        "d": p.sa.Double,
        "nf": p.Numeric(asdecimal=False),
        "fd": p.Float(asdecimal=True),
    }
    for column, number in (
        ("INTEGER", "3"),
        ("BIGINT", "9007199254740993"),
        ("SMALLINT", "-1"),
        ("FLOAT8", "3.5"),
        ("NUMERIC", "3.25"),
    ):
        # a table of each: what is made for a statement is kept there whatever its columns become
        name = f"thing_{column.lower()}"
        members = {key: p.Column(type_) for key, type_ in types.items()}
        members["id"] = p.Column(p.Integer, primary_key=True)
        Thing = type(column, (p.Base,), {"__tablename__": name, **members})
        with p.orm.Session(engine) as s:
            columns = ", ".join(f"{key} {column}" for key in types)
            s.execute(p.text(f"CREATE TEMPORARY TABLE {name} (id SERIAL PRIMARY KEY, {columns})"))
            values = ", ".join([number] * len(types))
            s.execute(p.text(f"INSERT INTO {name} ({', '.join(types)}) VALUES ({values})"))
            s.execute(p.text(f"INSERT INTO {name} (n) VALUES (NULL)"))
            for thing in s.scalars(p.select(Thing).order_by(Thing.id)):
                p.show([getattr(thing, key) for key in types])
            p.show(s.execute(p.select(Thing.__table__).order_by(Thing.id)).all())
            added = Thing(n=1, f=2)
            s.add(added)
            s.flush()
            s.refresh(added)
            p.show(added.n, added.f, added.fd)
            s.rollback()


def keys_that_are_numbers(p: Peer):
    """SERIAL makes the values of a key that is a Numeric or a Float as well."""
    engine = p.engine()

    class Numbered(p.Base):
        __tablename__ = "numbered"
        id = p.Column(p.Numeric, primary_key=True)
        name = p.Column(p.String)

    class Floating(p.Base):
        __tablename__ = "floating"
        id = p.Column(p.Float, primary_key=True)
        name = p.Column(p.String)

    p.Base.metadata.create_all(engine)
    for cls in (Numbered, Floating):
        p.show(cls.__table__.autoincrement_column)
        with p.orm.Session(engine) as s:
            first = cls(name="a")
            s.add(first)
            s.flush()
            p.show(first.id)
            s.add_all([cls(name=str(n)) for n in range(40)])
            s.commit()
            p.show(first.id, s.get(cls, first.id) is first)
            p.show(s.scalars(p.select(cls.id).order_by(cls.id)).all())
            p.show(s.execute(p.insert(cls.__table__).values(name="z")).inserted_primary_key)
    p.Base.metadata.drop_all(engine)


def enums_of_other_databases(p: Peer):
    """A variant is a type of its database alone, and needs no name here."""
    enum = p.Enum("a", name="own").with_variant(p.Enum("b"), "mysql")
    text = p.String(3).with_variant(p.Enum("a", "b"), "mysql")
    chosen = p.Enum("a", name="other").with_variant(p.Enum("c", name="chosen"), "postgresql")
    listed = p.String().with_variant(p.ARRAY(p.Enum("d", name="listed")), "postgresql", "sqlite")
    metadata = p.MetaData()
    columns = [p.Column(f"c{n}", t) for n, t in enumerate((enum, text, chosen, listed))]
    table = p.Table("t", metadata, *columns)
    engine = p.engine()
    for create, drop in ((metadata.create_all, metadata.drop_all), (table.create, table.drop)):
        create(engine)
        p.show([each["name"] for each in p.sa.inspect(engine).get_enums()])
        drop(engine)
        p.show([each["name"] for each in p.sa.inspect(engine).get_enums()])


def enums_of_a_whole_metadata(p: Peer):
    """A table that is made alone makes them if they are looked for, and never drops them."""
    metadata = p.MetaData()
    table = p.Table("t", metadata, p.Column("a", p.Enum("x", name="whole", metadata=metadata)))
    engine = p.engine()

    def there():
        p.show([each["name"] for each in p.sa.inspect(engine).get_enums()])

    p.error(lambda: table.create(engine, checkfirst=False), text=False)
    for _ in range(2):
        table.create(engine, checkfirst=True)
        there()
        table.drop(engine, checkfirst=True)
        there()
    metadata.drop_all(engine)
    there()


def enums_without_names(p: Peer):
    class Colour(enum.Enum):
        red = 1
        blue = 2

    engine = p.engine()
    pg = p.module("dialects.postgresql")
    for given in ({}, {"name": None}, {"name": "hue"}):
        p.show(p.Enum(Colour, **given).name, pg.ENUM(Colour, **given).name)
        for native in (True, False):
            type_ = p.Enum(Colour, native_enum=native, create_constraint=True, **given)
            metadata = p.MetaData()
            p.Table("t", metadata, p.Column("a", type_))
            p.error(lambda metadata=metadata: metadata.create_all(engine))
            inspector = p.sa.inspect(engine)
            if inspector.has_table("t"):
                p.show(repr(inspector.get_columns("t")[0]["type"]))
                p.show([each["name"] for each in inspector.get_check_constraints("t")])
            metadata.drop_all(engine)


def text_read_as_other_types(p):
    hexed, plain = "12345678123456781234567812345678", "12345678-1234-5678-1234-567812345678"
    with p.engine().connect() as c:
        for type_ in (
            p.Uuid(as_uuid=False),
            p.Uuid(),
            p.Uuid(native_uuid=False),
            p.Uuid(native_uuid=False, as_uuid=False),
            p.Numeric(),
            p.Numeric(10, 2),
            p.Numeric(asdecimal=False),
            p.Float(),
            p.Float(asdecimal=True),
            p.Double(),
        ):
            for value in (f"'{hexed}'::text", f"'{plain}'::varchar", "'1.50'::text"):
                column = p.literal_column(value, type_).label("a")
                for statement in (p.select(column), p.text(f"SELECT {value} AS a").columns(column)):
                    try:
                        found = c.execute(statement).scalar()
                        p.show(type_, value, type(found), str(found))
                    except (p.InvalidRequestError, ValueError) as error:
                        p.show(type_, value, type(error).__name__)
                        c.rollback()


def reflected_types_are_kept(p: Peer):
    engine = p.engine()
    with engine.connect() as c:
        for domain in (
            "plain AS text",
            "closed AS varchar NOT NULL",
            'c AS text COLLATE "C"',
            "n AS int[]",
        ):
            c.execute(p.text(f"CREATE DOMAIN {domain}"))
        c.execute(p.text("CREATE TABLE t (a plain, b closed, c c, d n)"))
        inspector = p.sa.inspect(c)
        p.show(inspector.get_domains())
        for column in p.Table("t", p.MetaData(), autoload_with=c).c:
            p.show(repr(column.type), column.type.collation)
        mood = p.module("dialects.postgresql").ENUM("low", "high", name="mood")
        mood.create(c)
        p.show(inspector.has_type("mood"), inspector.get_enums())
        mood.drop(c)
        p.show(inspector.has_type("mood"), inspector.has_type("plain"), inspector.get_enums())
        inspector.clear_cache()
        p.show(inspector.has_type("mood"), inspector.has_type("plain"), inspector.get_enums())
        c.rollback()


def keys_of_rows_that_were_let_be(p: Peer):
    insert = p.module("dialects.postgresql").insert
    table = p.Table(
        "t",
        p.MetaData(),
        p.Column("id", p.Integer, primary_key=True),
        p.Column("x", p.String, unique=True),
    )
    with p.engine().connect() as c:
        table.create(c)
        nothing = insert(table).on_conflict_do_nothing(index_elements=["x"])
        update = insert(table).on_conflict_do_update(
            index_elements=["x"], set_={"x": "b"}, where=table.c.x == "c"
        )
        for statement in (nothing, nothing, update, nothing.values(id=7)):
            result = c.execute(statement, {"x": "a"})
            p.show(result.inserted_primary_key, result.inserted_primary_key_rows)
            p.show(result.returned_defaults)
        c.rollback()


def keys_that_a_default_makes_before(p: Peer):
    with p.engine().connect() as c:
        c.execute(p.text("CREATE TABLE t (id serial PRIMARY KEY, a int)"))
        for name in ("t_id_seq", "another"):
            reflected = p.Table("t", p.MetaData(), autoload_with=c, implicit_returning=False)
            p.show(c.execute(reflected.insert()).inserted_primary_key)
            p.show(c.execute(reflected.insert(), {"a": 5}).inserted_primary_key)
            c.execute(reflected.insert(), [{"a": 5}, {"a": 6}])
            if name == "t_id_seq":
                c.execute(p.text("ALTER TABLE t_id_seq RENAME TO another"))
        p.show(c.execute(p.select(reflected).order_by(reflected.c.id)).all())
        own = p.Table(
            "own",
            p.MetaData(),
            p.Column(
                "id",
                p.Integer,
                primary_key=True,
                autoincrement=True,
                server_default=p.text("7 + 1"),
            ),
            p.Column("x", p.String),
            implicit_returning=False,
        )
        own.create(c)
        p.show(c.execute(own.insert(), {"x": "a"}).inserted_primary_key)
        c.rollback()


@pytest.mark.parametrize(
    "program",
    [
        text_read_as_other_types,
        in_the_search_path,
        types_of_the_program,
        subscripts_of_jsonb,
        numbers_in_columns_of_other_types,
        keys_that_are_numbers,
        enums_of_other_databases,
        enums_of_a_whole_metadata,
        enums_without_names,
        reflected_types_are_kept,
        keys_of_rows_that_were_let_be,
        keys_that_a_default_makes_before,
    ],
)
def test_on_the_server(program):
    with harness.on_database("postgresql"):
        harness.compare(program, sql=False, warned=True)


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_options_that_libpq_does_not_know(driver):
    def program(p):
        url = f"postgresql+{driver}:{postgres.scratch()}"
        for query, arguments in (
            ("?nonsense=1", {}),
            ("", {"nonsense": 1}),
            ("", {"port": "x"}),
            ("?sslmode=x", {}),
            ("", {"options": "-c nonsense=1"}),
        ):
            try:
                p.engine(url + query, connect_args=arguments).connect().close()
                p.show("connected")
            except p.exc.DBAPIError as error:
                p.show(type(error).__name__, type(error.orig).__name__)

    harness.compare(program, sql=False)


def test_many_rows_of_expressions():
    """Values that a parameter is only a part of, at the end of it, as of a batch that is large."""

    def program(p):
        engine = p.engine(postgres.engine_url())
        with engine.begin() as c:
            c.execute(p.text("CREATE TABLE many_parts (a int, b int, s text)"))
            for values in (":a, 100 + :b, 'x'", "(:a), :b - -:b, 'x'", "-:a, abs(:b), 'x'"):
                statement = p.text(f"INSERT INTO many_parts VALUES ({values})")
                c.execute(statement, [{"a": i, "b": -i} for i in range(70)])
            table = p.Table("many_parts", p.MetaData(), autoload_with=c)
            value = p.literal_column("'x'") + p.bindparam("v", type_=p.String)
            rows = [{"a": i, "v": f"{i}"} for i in range(70)]
            c.execute(p.insert(table).values(a=p.bindparam("a"), b=1, s=value), rows)
            p.show(c.execute(p.select(table)).all())
            c.execute(p.text("DROP TABLE many_parts"))

    harness.compare(program, sql=False)


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_hosts_and_ports_of_a_url(driver):
    def program(p):
        for query in (
            "host=a&host=b&port=1,2",
            "host=a:1&host=b:2",
            "host=a&host=b:2",
            "host=a,b&port=1,2",
            "host=a,b&port=,2",
            "host=a,b&port=1,2,3",
            "host=a,b,c&port=1",
            "host=a&port=1,2",
            "port=1,2",
            "port=1",
            "host=a&port=x",
            "port=x",
            "host=a,b,c&port=1,x,3",
            "host=a:1&host=b:x",
            "host=a:x",
            "host=a:1",
            "host=a:1&port=2",
            "host=a:1,b:2&port=3,4",
            "host=::1",
            "host=[::1]:5",
            "host=::1,b&port=1,2",
            "host=/tmp",
            "host=a:&host=b:2",
        ):
            try:
                engine = p.engine(f"postgresql+{driver}://u@/db?{query}")
                made = engine.dialect.create_connect_args(engine.url)[1]
            except p.exc.ArgumentError as error:
                p.show(query, str(error))
            else:
                p.show(query, {key: made.get(key) for key in ("host", "port")})

    harness.compare(program)


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_time_zones(driver):
    """psycopg2 has the offset of each moment, psycopg the session's zone."""

    def program(p):
        table = p.Table(
            "moments",
            p.MetaData(),
            p.Column("id", p.Integer, primary_key=True),
            p.Column("at", p.DateTime(timezone=True)),
            p.Column("all", p.module("dialects.postgresql").ARRAY(p.DateTime(timezone=True))),
            p.Column("span", p.module("dialects.postgresql").TSTZRANGE),
        )
        engine = p.engine(f"postgresql+{driver}:{postgres.scratch()}")
        with engine.connect() as c:
            table.create(c)
            for at in ("1890-01-01 00:00", "2020-01-01 12:00:00.5", "2020-07-01 00:00"):
                c.exec_driver_sql(
                    f"INSERT INTO moments (at, \"all\", span) VALUES ('{at}+00', "
                    f"'{{{at}+00}}', '[{at}+00, {at}+00]')"
                )
            for zone in (
                "UTC",
                "Etc/UTC",
                "GMT",
                "Europe/Rome",
                "America/St_Johns",
                "+02",
                "-02:30",
                "Zulu",
            ):
                c.exec_driver_sql(f"SET TIME ZONE '{zone}'")
                for row in c.execute(p.select(table).order_by(table.c.id)):
                    p.show(zone, repr(row.at), repr(row.all), repr(row.span))
                p.show(repr(c.scalar(p.text("SELECT '01:02:03+02:30'::timetz"))))
                p.show(repr(c.scalar(p.text("SELECT '2021-05-05 01:02:03+02:30'::timestamptz"))))
            c.rollback()

    harness.compare(program, sql=False)


def test_ranges_are_dataclasses() -> None:
    """To the functions of `dataclasses`, and in patterns."""

    def program(p: Peer) -> None:
        made = p.module("dialects.postgresql").Range(1, 5)
        cls = type(made)
        p.show(dataclasses.is_dataclass(cls), cls.__match_args__)
        p.show(dataclasses.asdict(made), dataclasses.astuple(made))
        p.show(dataclasses.replace(made, upper=9, bounds="()"))
        p.show([(f.name, f.kw_only, f.init, f.compare) for f in dataclasses.fields(made)])
        match made:
            case cls(lower, upper):
                p.show(lower, upper)

    harness.compare(program)


def test_notices_of_the_server() -> None:
    """Are logged by the logger that is named after the package in use."""
    program = (
        "from cormorant.ext import as_sqlalchemy; as_sqlalchemy.install()\n"
        "import logging, sqlalchemy\n"
        "logging.basicConfig(format='%(name)s %(message)s')\n"
        "logging.getLogger('sqlalchemy.dialects.postgresql').setLevel(logging.INFO)\n"
        f"with sqlalchemy.create_engine('postgresql:{postgres.scratch()}').connect() as c:\n"
        "    c.exec_driver_sql(\"DO $$ BEGIN RAISE NOTICE 'hello'; END $$\")\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr == "sqlalchemy.dialects.postgresql NOTICE: hello\n"
