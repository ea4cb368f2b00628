"""Hostile strings never change what PostgreSQL is asked to do.

Each statement is made twice, with a plain word and with a hostile one in its place, and what
would be sent is parsed with PostgreSQL's own grammar: the two trees differ in this word only.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cormorant as sa
from cormorant import exc
from cormorant.dialects import postgresql as pg
from cormorant.dialects.postgresql.paramstyle import to_wire

from .. import postgres
from ..test_injection import PIECES

# (there is none for every platform)
pglast = pytest.importorskip("pglast")

hostile = st.lists(
    st.sampled_from((*PIECES, "$a$", "\\'", "U&'", "::text", "%b", "%(", "%(param_1)s", "$2"))
    | st.text(max_size=3),
    min_size=1,
    max_size=8,
).map(lambda parts: "".join(parts).replace("\0", "").encode("utf-8", "ignore").decode())
# 63 bytes of a name count
names = hostile.filter(lambda name: name.strip() != "" and len(name.encode()) < 50)
PLAIN = "Plain word"
DIALECTS = {
    name: sa.make_url(f"postgresql+{name}://").get_dialect()()
    for name in ("psycopg", "psycopg2", "asyncpg")
}


def sent(statement: Any, literal: bool = False, driver: str = "psycopg") -> str:
    """The SQL that the server would get."""
    options = {"literal_binds": True} if literal else {"render_postcompile": True}
    sql = str(statement.compile(dialect=DIALECTS[driver], compile_kwargs=options))
    if DIALECTS[driver].positional:
        return sql
    numbers: dict[str, int] = {}
    return to_wire(sql, lambda name: numbers.setdefault(name, len(numbers) + 1))


def parsed(sql: str) -> Any:
    return json.loads(pglast.parser.parse_sql_json(sql))


def same(plain: Any, other: Any, word: str, text: str) -> bool:
    """Whether two trees differ in places only that have the plain word, which may be part
    of a longer text, in the one."""
    if isinstance(plain, dict):
        keys = (plain.keys() | other.keys()) - {"location", "stmt_len", "stmt_location", "list_start", "list_end", "rexpr_list_start", "rexpr_list_end"}  # fmt: skip
        return isinstance(other, dict) and all(
            # (an empty text is left out)
            same(plain.get(key, ""), other.get(key, ""), word, text)
            for key in keys
        )
    if isinstance(plain, list):
        return (
            isinstance(other, list)
            and len(plain) == len(other)
            and all(same(*pair, word, text) for pair in zip(plain, other, strict=True))
        )
    if isinstance(plain, str) and word in plain:
        return isinstance(other, str)
    return bool(plain == other)


def check(make: Callable[[str], Any], text: str, word: str = PLAIN, **how: Any) -> None:
    plain, other = sent(make(word), **how), sent(make(text), **how)
    try:
        trees = parsed(plain), parsed(other)
    except pglast.parser.ParseError as error:
        raise AssertionError(f"{error}: {other}") from error
    assert same(*trees, word, text), (plain, other)


def table(name: str = "t", column: str = "c", schema: str | None = None, **options: Any) -> Any:
    return sa.Table(
        name,
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(column, sa.String, key="c", **options),
        sa.Column("doc", pg.JSONB),
        sa.Column("pairs", pg.HSTORE),
        sa.Column("list", pg.ARRAY(sa.String)),
        schema=schema,
    )


T = table()

WITH_VALUE: dict[str, Callable[[str], Any]] = {
    "equals": lambda text: sa.select(T).where(T.c.c == text),
    "in": lambda text: sa.select(T).where(T.c.c.in_([text, "x"])),
    "tuple in": lambda text: sa.select(T).where(sa.tuple_(T.c.c, T.c.id).in_([(text, 1)])),
    "like": lambda text: sa.select(T).where(T.c.c.ilike(text)),
    "contains": lambda text: sa.select(T).where(T.c.c.contains(text, autoescape=True)),
    "icontains": lambda text: sa.select(T).where(T.c.c.icontains(text, autoescape=True)),
    "startswith": lambda text: sa.select(T).where(T.c.c.startswith(text)),
    "regexp": lambda text: sa.select(T).where(T.c.c.regexp_match(text, flags="i")),
    "regexp_replace": lambda text: sa.select(T.c.c.regexp_replace(text, text, flags="g")),
    "literal": lambda text: sa.select(sa.literal(text)),
    "concatenated": lambda text: sa.select(T.c.c + text),
    "case": lambda text: sa.select(sa.case((T.c.c == text, text), else_=text)),
    "function": lambda text: sa.select(sa.func.coalesce(T.c.c, text)),
    "insert": lambda text: sa.insert(T).values(c=text).returning(T.c.c),
    "upsert": lambda text: pg.insert(T)
    .values(c=text)
    .on_conflict_do_update(index_elements=["id"], set_={"c": text}, where=T.c.c != text),
    "update": lambda text: sa.update(T).values(c=text).where(T.c.c == text),
    "delete": lambda text: sa.delete(T).where(T.c.c == text),
    "json key": lambda text: sa.select(T.c.doc[text], T.c.doc[text].astext),
    "json path": lambda text: sa.select(T.c.doc[(text, 1, text)]),
    "json has": lambda text: sa.select(T.c.doc.has_key(text)),
    "json contains": lambda text: sa.select(T.c.doc.contains({text: text})),
    "hstore": lambda text: sa.select(T.c.pairs[text]).where(T.c.pairs.has_key(text)),
    "array": lambda text: sa.select(pg.array([text, "x"])).where(T.c.list.any(text)),
    "array contains": lambda text: sa.select(T).where(T.c.list.contains([text])),
    "enum": lambda text: sa.select(sa.literal(text, pg.ENUM(text, "o", name="e"))),
    "json": lambda text: sa.select(sa.literal([text], pg.JSON)),
    "named type": lambda text: sa.select(sa.cast(T.c.c, pg.ENUM("a", name=text + ' COLLATE "'))),
    "match": lambda text: sa.select(T).where(T.c.c.match(text)),
    "aggregate": lambda text: sa.select(
        sa.func.string_agg(T.c.c, pg.aggregate_order_by(sa.literal(text), T.c.id))
    ),
}  # fmt: skip

# values that SQL cannot show as literals
UNSHOWN = ("array contains",)

WITH_NAME: dict[str, Callable[[str], Any]] = {
    "label": lambda name: sa.select(T.c.c.label(name)),
    "ordered label": lambda name: sa.select(T.c.c.label(name)).order_by(name),
    "alias": lambda name: sa.select(T.alias(name)),
    "subquery": lambda name: sa.select(sa.select(T).subquery(name)),
    "cte": lambda name: sa.select(sa.select(T).cte(name)),
    "table": lambda name: sa.select(table(name)),
    "column": lambda name: sa.select(table(column=name)),
    "schema": lambda name: sa.select(table(schema=sa.quoted_name(name, True))),
    "insert": lambda name: sa.insert(table(name, name)).values(c="x"),
    "update": lambda name: sa.update(table(name, name)).values(c="x"),
    "delete": lambda name: sa.delete(table(name, name)).where(table(name, name).c.c == "x"),
    "bind": lambda name: sa.select(T).where(T.c.c == sa.bindparam(name, "x")),
    "collate": lambda name: sa.select(sa.collate(T.c.c, name)),
    "conflict": lambda name: pg.insert(table(name, name))
    .values(c="x")
    .on_conflict_do_nothing(constraint=name),
    "sequence": lambda name: sa.select(sa.Sequence(name).next_value()),
    "function table": lambda name: sa.select(sa.func.f().table_valued(name).alias(name)),
    "for update": lambda name: sa.select(table(name)).with_for_update(of=table(name)),
    "window": lambda name: sa.select(sa.func.sum(T.c.id).over(order_by=table(column=name).c.c)),
}  # fmt: skip


def constrained(name: str) -> Any:
    made = table(name, name)
    made.append_constraint(sa.UniqueConstraint(made.c.c, name=name))
    made.append_constraint(sa.CheckConstraint(made.c.c != "x", name=name + "2"))
    return made


def referring(name: str) -> Any:
    metadata = sa.MetaData()
    other = sa.Table(name, metadata, sa.Column(name, sa.Integer, primary_key=True))
    return sa.Table(
        "other", metadata, sa.Column("a", sa.Integer, sa.ForeignKey(other.c[name], name=name))
    )


Create = sa.schema.CreateTable
DDL: dict[str, Callable[[str], Any]] = {
    "create": lambda text: Create(table(text, text)),
    "schema": lambda text: Create(table(schema=sa.quoted_name(text, True))),
    "constraints": lambda text: Create(constrained(text)),
    "foreign key": lambda text: Create(referring(text)),
    "drop": lambda text: sa.schema.DropTable(table(text)),
    "default": lambda text: Create(table(server_default=text)),
    "computed": lambda text: Create(table(server_default=sa.literal(text))),
    "comment": lambda text: sa.schema.SetColumnComment(table(text, text, comment=text).c.c),
    "table comment": lambda text: sa.schema.SetTableComment(commented(text)),
    "index": lambda text: sa.schema.CreateIndex(sa.Index(text, table(column=text).c.c)),
    "partial index": lambda text: sa.schema.CreateIndex(
        sa.Index("i", T2.c.c, postgresql_where=T2.c.c > text)
    ),
    "index operators": lambda text: sa.schema.DropIndex(sa.Index(text, table(column=text).c.c)),
    "enum": lambda text: pg.CreateEnumType(pg.ENUM(text, "other " + text, name=text)),
    "drop enum": lambda text: pg.DropEnumType(pg.ENUM("a", name=text)),
    "domain": lambda text: pg.CreateDomainType(
        pg.DOMAIN(
            text,
            sa.String,
            default=text,
            collation=text,
            constraint_name=text,
            check=sa.literal_column("value") != text,
        )
    ),
    "column enum": lambda text: Create(
        sa.Table("t", sa.MetaData(), sa.Column("c", sa.Enum(text, "o", name=text)))
    ),
    "collation": lambda text: Create(
        sa.Table("t", sa.MetaData(), sa.Column("c", sa.String(collation=text)))
    ),
    "create sequence": lambda text: sa.schema.CreateSequence(sa.Sequence(text)),
    "create schema": lambda text: sa.schema.CreateSchema(sa.quoted_name(text, True)),
    "drop schema": lambda text: sa.schema.DropSchema(sa.quoted_name(text, True), cascade=True),
    "add constraint": lambda text: sa.schema.AddConstraint(
        sa.UniqueConstraint(table(text, text).c.c, name=text)
    ),
}  # fmt: skip


def commented(text: str) -> Any:
    made = table(text)
    made.comment = text
    return made


T2 = table("t2")
quick = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("way", WITH_VALUE)
@quick
@given(text=hostile)
def test_values(way: str, text: str) -> None:
    for driver in DIALECTS:
        check(WITH_VALUE[way], text, driver=driver)
        if way not in UNSHOWN:
            check(WITH_VALUE[way], text, driver=driver, literal=True)


@pytest.mark.parametrize("way", WITH_NAME)
@quick
@given(name=names)
def test_names(way: str, name: str) -> None:
    for driver in DIALECTS:
        check(WITH_NAME[way], name, driver=driver)


@pytest.mark.parametrize("way", DDL)
@quick
@given(text=names)
def test_ddl(way: str, text: str) -> None:
    for driver in ("psycopg", "psycopg2"):
        check(DDL[way], text, driver=driver)


class Bound(sa.TypeDecorator[Any]):
    """Whatever the program gives goes to the type that it says."""

    impl = sa.Integer
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return value


class BoundNumber(Bound):
    impl = sa.Numeric
    cache_ok = True


class BoundText(Bound):
    impl = sa.String
    cache_ok = True


WORDS = ("'", "a\\'b", "'; drop table x; --", "\\", "%", "%(x)s", ":x", "$1", "/* x", "a''; --\\")
# every type that a literal can be of
TYPES: list[Any] = [
    *[sa.String(), sa.Text(), sa.Unicode(), sa.CHAR(4), sa.Integer(), sa.BigInteger(), sa.Float()],
    *[sa.Numeric(), sa.REAL(), sa.Boolean(), sa.Date(), sa.DateTime(), sa.DateTime(timezone=True)],
    *[sa.Time(), sa.Interval(), sa.Interval(native=False), sa.Uuid(), sa.Uuid(as_uuid=False)],
    *[sa.Uuid(as_uuid=False, native_uuid=False), sa.LargeBinary(), sa.PickleType(), sa.JSON()],
    *[sa.Enum(*WORDS, name="e"), sa.Enum("a", validate_strings=False, native_enum=False)],
    *[sa.ARRAY(sa.String), sa.ARRAY(sa.Integer), sa.ARRAY(sa.String, dimensions=2)],
    *[sa.JSON.JSONPathType(), sa.JSON.JSONIndexType(), sa.types.NullType()],
    *[Bound(), BoundNumber(), BoundText(), pg.ENUM(*WORDS, name="e"), pg.DOMAIN("d", sa.String)],
    *[pg.ARRAY(pg.JSONB), pg.ARRAY(pg.HSTORE)],
    *[
        getattr(pg, name)()
        for name in (
            *("INET", "CIDR", "MACADDR", "MONEY", "OID", "REGCLASS", "TSVECTOR", "HSTORE", "JSONB"),
            *("JSONPATH", "CITEXT", "BIT", "INTERVAL", "BYTEA", "INT4RANGE", "NUMRANGE", "TSRANGE"),
            *("INT4MULTIRANGE", "UUID", "TIMESTAMP", "TIME"),
        )
    ],
]


def constant(node: Any) -> bool:
    """Whether an expression is nothing but constants, in arrays, casts and functions."""
    kind, inside = next(iter(node.items()))
    if kind == "A_Expr":
        return all(constant(inside[part]) for part in ("lexpr", "rexpr") if part in inside)
    parts = {"TypeCast": "arg", "A_ArrayExpr": "elements", "FuncCall": "args"}
    if kind not in parts:
        return bool(kind == "A_Const")
    found = inside.get(parts[kind], [])
    return all(map(constant, found if isinstance(found, list) else [found]))


@pytest.mark.parametrize("backslashes", [True, False])
@pytest.mark.parametrize("driver", DIALECTS)
def test_literals_of_every_type(driver: str, backslashes: bool) -> None:
    """A value that no literal can be of is refused; what is left is one constant."""
    dialect = sa.make_url(f"postgresql+{driver}://").get_dialect()()
    dialect._backslash_escapes = backslashes
    shown = 0
    for type_, word in itertools.product(TYPES, WORDS):
        for value in (word, [word], [[word]], {word: word}, word.encode(), pg.Range(word, word)):
            statement = sa.select(sa.literal(value, type_).label("v"))
            try:
                options = {"literal_binds": True}
                sql = str(statement.compile(dialect=dialect, compile_kwargs=options))
            except (exc.SQLAlchemyError, TypeError, ValueError):
                continue
            if backslashes:
                # (the parser takes them for characters)
                sql = sql.replace("\\\\", "\\")
            trees = parsed(sql if dialect.positional else sql.replace("%%", "%"))["stmts"]
            assert len(trees) == 1, sql
            select = trees[0]["stmt"]["SelectStmt"]
            assert set(select) == {"targetList", "limitOption", "op"}, sql
            [target] = select["targetList"]
            assert constant(target["ResTarget"]["val"]), sql
            shown += 1
    assert shown > 300


@pytest.mark.parametrize("standard", ["on", "off"])
@pytest.mark.parametrize("driver", DIALECTS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(value=hostile, name=names)
def test_a_server_gets_what_was_given(driver: str, standard: str, value: str, name: str) -> None:
    """As parameters of each driver and as literals, whatever a backslash means."""
    if postgres.scratch() is None:
        pytest.skip("no PostgreSQL server")
    engine = sa.create_engine(
        f"postgresql+{driver}:{postgres.scratch()}",
        connect_args={"options": f"-c standard_conforming_strings={standard}"},
    )
    schema = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer), schema="named")
    document = sa.cast(sa.literal({value: {"b": value}}, pg.JSONB), pg.JSONB)
    expressions: list[Any] = [
        sa.literal(value),
        sa.literal([value, "x"], pg.ARRAY(sa.Text)),
        sa.literal(value, sa.Enum(value, "o", native_enum=False)),
        sa.literal(value).contains(value, autoescape=True),
        sa.literal(value).in_([value, "x"]),
        document[value]["b"].astext,
    ]
    expected = [value, [value, "x"], value, True, True, value]
    with engine.connect() as connection:
        assert connection.exec_driver_sql("show standard_conforming_strings").scalar() == standard
        options = {"literal_binds": True}
        for expression, result in zip(expressions, expected, strict=True):
            statement = sa.select(expression)
            assert connection.scalar(statement) == result
            sql = str(statement.compile(connection, compile_kwargs=options))
            assert connection.exec_driver_sql(sql).scalar() == result
        text = sa.text("select cast(:a as text) || ' \\:a' || cast(:a as text)")
        assert connection.scalar(text, {"a": value}) == f"{value} :a{value}"
        mark, given = ("$1", (value,)) if driver == "asyncpg" else ("%(a)s", {"a": value})
        assert connection.exec_driver_sql(f"select {mark}::text", given).scalar() == value
        row = connection.execute(sa.select(sa.literal(value).label(name))).one()
        assert row._fields == (name,)
        copied(connection, driver, value)
        elsewhere = connection.execution_options(schema_translate_map={"named": name})
        with pytest.raises(exc.ProgrammingError) as caught:
            elsewhere.execute(sa.select(schema))
        assert caught.value.orig.sqlstate == "42P01"
    engine.dispose()


def copied(connection: Any, driver: str, value: str) -> None:
    """COPY by raw cursors takes and gives the value."""
    connection.exec_driver_sql("create temp table copied (a text, b text)")
    cursor = connection.connection.cursor()
    if driver == "psycopg":
        with cursor.copy("copy copied from stdin") as copy:
            copy.write_row((value, None))
        with cursor.copy("copy copied to stdout") as copy:
            assert list(copy.rows()) == [(value, None)]
    elif driver == "psycopg2" and "\r" not in value:
        row = io.StringIO()
        csv.writer(row, quoting=csv.QUOTE_ALL).writerow([value, ""])
        row.seek(0)
        cursor.copy_expert("copy copied from stdin csv", row)
    else:
        return
    assert connection.exec_driver_sql("select a from copied").scalar() == value


@pytest.mark.parametrize("driver", DIALECTS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=names, value=hostile)
def test_what_is_stored_comes_back(driver: str, name: str, value: str) -> None:
    """Through a server, and through names that have to be quoted."""
    if postgres.scratch() is None:
        pytest.skip("no PostgreSQL server")
    if name in ("id", "c", "doc", "kind"):
        return
    engine = sa.create_engine(f"postgresql+{driver}:{postgres.scratch()}")
    kind = pg.ENUM(name, name + "2", name=name + " kind")
    things = sa.Table(
        name,
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(name, sa.String, key="c", server_default=value, comment=value),
        sa.Column("kind", kind),
        sa.Column("doc", pg.JSONB),
        comment=value,
        schema=sa.quoted_name(name, True),
    )
    try:
        with engine.begin() as connection:
            connection.execute(sa.schema.CreateSchema(sa.quoted_name(name, True)))
            things.create(connection)
            connection.execute(things.insert(), {"kind": name, "doc": {value: {"b": value}}})
            found = sa.select(things.c.c.label(name)).where(things.c.c == value)
            assert connection.execute(found).all() == [(value,)]
            like = sa.select(things.c.kind).where(things.c.c.contains(value, autoescape=True))
            assert connection.scalar(like) == name
            doc = things.c.doc
            for literal in (False, True):
                query: Any = sa.select(
                    doc[value]["b"], doc[(value, "b")], doc[value].astext, sa.literal(value)
                ).where(doc.has_key(value), doc.contains({value: {}}))
                if literal:
                    options = {"literal_binds": True}
                    query = query.compile(connection, compile_kwargs=options)
                    row = connection.exec_driver_sql(str(query)).one()
                else:
                    row = connection.execute(query).one()
                assert (row[0], row[1], row[3]) == (value, value, value)
            stream = connection.execute(found, execution_options={"yield_per": 1})
            assert stream.scalars().all() == [value]
            inspector = sa.inspect(connection)
            assert inspector.get_table_names(schema=name) == [name]
            assert inspector.get_table_comment(name, schema=name) == {"text": value or None}
            columns = inspector.get_columns(name, schema=name)
            assert [column["name"] for column in columns] == ["id", name, "kind", "doc"]
            assert columns[1]["comment"] == (value or None)
            enums = inspector.get_enums()
            assert [tuple(enum["labels"]) for enum in enums] == [(name, name + "2")]
            raise Undo
    except Undo:
        pass
    finally:
        engine.dispose()


class Undo(Exception):
    pass


@settings(max_examples=60, deadline=None)
@given(word=hostile)
@pytest.mark.parametrize("part", ["user", "database", "application", "password", "role"])
def test_connection_parameters(part: str, word: str) -> None:
    """A part of a URL is that part and nothing else."""
    if postgres.scratch() is None:
        pytest.skip("no PostgreSQL server")
    url = sa.make_url(f"postgresql:{postgres.scratch()}")
    if part == "application":
        url = url.set(query={**url.query, "application_name": word})
    elif part == "password":
        url = url.set(password=word)
    elif part == "role":
        url = url.set(username="postgres dbname=" + word)
    else:
        url = url.set(**{"username" if part == "user" else part: word + "?"})
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            assert part in ("application", "password")
            shown = connection.scalar(sa.text("show application_name"))
            plain = "".join(c if 32 <= ord(c) < 127 else "?" for c in word)
            assert part == "password" or len(word.encode()) > len(word) or shown == plain[:63]
            user, database = connection.exec_driver_sql(
                "select session_user, current_database()"
            ).one()
            assert (user, database) == (url.username, url.database)
    except exc.OperationalError as error:
        assert part in ("user", "database", "role")
        message = str(error.orig)
        # the server cuts names to 63 bytes
        asked = url.database if part == "database" else url.username
        assert asked is not None
        kind = "database" if part == "database" else "role"
        assert f'FATAL:  {kind} "{asked}" does not exist' in message or len(asked.encode()) > 63
    finally:
        engine.dispose()


@pytest.mark.parametrize("part", ["username", "password", "database", "host"])
def test_nul_in_connection_parameters(part: str) -> None:
    url = sa.URL.create("postgresql", "postgres", "p", "127.0.0.1", 5432, "postgres")
    value = f"{getattr(url, part)}\0more"
    with pytest.raises((exc.DBAPIError, ValueError)):
        sa.create_engine(url.set(**{part: value})).connect()


def test_two_phase_names() -> None:
    """The name of a prepared transaction is text."""
    if postgres.scratch() is None:
        pytest.skip("no PostgreSQL server")
    engine = sa.create_engine(f"postgresql:{postgres.scratch()}")
    with engine.connect() as connection:
        for name in ("a'; drop table x; --", "%(a)s %", "\\', '"):
            transaction = connection.begin_twophase(name)
            try:
                connection.execute(sa.text("select 1"))
                transaction.prepare()
            except exc.DBAPIError as error:
                # where the server allows none
                assert "max_prepared_transactions" in str(error)  # noqa: PT017
            transaction.rollback()
    engine.dispose()
