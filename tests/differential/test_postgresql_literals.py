"""The SQL of URLs that name psycopg2 or no driver, whose values mean what literals in their places
would: what is compiled, logged, heard and refused, and what the server makes of it."""

from __future__ import annotations

import datetime as dt
import itertools
import random
import re
import uuid
import warnings
from collections.abc import Iterator
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg
import pytest

from .. import postgres
from .harness import PACKAGES

pytestmark = pytest.mark.skipif(postgres.scratch() is None, reason="no PostgreSQL server")

SOURCES = Path(__file__).with_name("postgresql_literals.txt").read_text().splitlines()
PLACES = Path(__file__).with_name("postgresql_places.txt").read_text().splitlines()

SCHEMA = """
CREATE EXTENSION IF NOT EXISTS citext;
CREATE TYPE mood AS ENUM ('a', 'b');
CREATE TABLE t (id serial PRIMARY KEY, ci citext, ch char(5), m mood, d date, ts timestamp,
 tz timestamptz, tv tsvector, j json, jb jsonb, n numeric(10, 2), f float8, r real, s varchar(10),
 tx text, b boolean, u uuid, i int, big bigint, sm smallint, ar text[], ia int[], ip inet,
 iv interval);
CREATE TYPE pair AS (a int, b text);
CREATE TABLE pt (id int PRIMARY KEY, p pair);
"""
ROW: dict[str, Any] = {
    "ci": "Abc", "ch": "ab", "m": "a", "d": "2020-01-02", "ts": "2020-01-02 03:04:05",
    "tz": "2020-01-02 03:04:05+02", "tv": "a fat cat", "j": '{"a": 1}', "jb": '{"a": [1, "x"]}',
    "s": "str", "tx": "text", "u": str(uuid.UUID(int=5)), "ip": "10.0.0.1", "iv": "1 day",
    "n": Decimal("1.50"), "f": 0.1, "r": 0.1, "b": True, "i": 5, "big": 2**40, "sm": 3,
    "ar": ["x", "y"], "ia": [1, 2],
}  # fmt: skip


@pytest.fixture
def url() -> Iterator[str]:
    """A database with a table of many types, which the programs take for texts."""
    with postgres.empty() as url:
        with psycopg.connect(f"postgresql:{url}", autocommit=True) as connection:
            connection.execute(SCHEMA)
        yield url


class Run:
    """A package on the database, and what it says."""

    def __init__(self, package: str, url: str, driver: str = "") -> None:
        self.sa: Any = import_module(package)
        self.pg: Any = import_module(f"{package}.dialects.postgresql")
        self.package = package
        self.engine: Any = self.sa.create_engine(f"postgresql{driver}:{url}")
        self.said: list[Any] = []
        sa = self.sa
        texts = "ci ch m d ts tz tv j jb s tx u ip iv"
        self.table = sa.Table(
            "t",
            sa.MetaData(),
            sa.Column("id", sa.Integer, primary_key=True),
            *[sa.Column(name, sa.String) for name in texts.split()],
            sa.Column("n", sa.Numeric),
            sa.Column("f", sa.Float),
            sa.Column("r", sa.Float),
            sa.Column("b", sa.Boolean),
            sa.Column("i", sa.Integer),
            sa.Column("big", sa.BigInteger),
            sa.Column("sm", sa.SmallInteger),
            sa.Column("ar", self.pg.ARRAY(sa.String)),
            sa.Column("ia", self.pg.ARRAY(sa.Integer)),
        )

    def names(self) -> dict[str, Any]:
        """What sources say."""
        sa = self.sa
        return {
            "sa": sa, "pg": self.pg, "T": self.table, "t": self.table.c, "f": sa.func, "D": Decimal,
            "L": sa.literal, "x": sa.bindparam("x", "abc"), "dt": dt, "uuid": uuid,
        }  # fmt: skip

    def result(self, connection: Any, statement: Any, *parameters: Any) -> Any:
        """The SQL and rows of a statement, or its error: without what names the driver, and
        where in the text of literals it is."""
        try:
            result = connection.execute(statement, *parameters)
            rows = [shown(row) for row in result] if result.returns_rows else None
            connection.commit()
        except self.sa.exc.SQLAlchemyError as error:
            connection.rollback()
            if not isinstance(error, self.sa.exc.DBAPIError):
                return type(error).__name__, str(error)
            text = str(error)
            return (
                type(error).__name__,
                error.orig.pgcode,
                error.orig.diag.message_primary,
                text[text.index("\n[SQL") :],
            )
        return str(statement.compile(self.engine)), rows


def shown(row: Any) -> list[str]:
    """A row's values."""
    return [repr(value) for value in row]


def fill(run: Run, connection: Any) -> None:
    """One row, a few and many at a time."""
    connection.execute(run.sa.text("TRUNCATE t RESTART IDENTITY"))
    connection.execute(run.table.insert(), ROW)
    connection.execute(run.table.insert(), [{**ROW, "ci": f"X{i}"} for i in range(3)])
    many = [{**ROW, "ci": f"X{i}", "tx": None} for i in range(50)]
    connection.execute(run.table.insert(), many)
    connection.commit()


def both(url: str, outcomes: Any, driver: str = "") -> Iterator[tuple[Any, Any]]:
    """What both packages say, one thing after the other."""
    made = []
    for package in PACKAGES:
        run = Run(package, url, driver)
        with warnings.catch_warnings(), run.engine.connect() as connection:
            warnings.simplefilter("ignore")
            made.append(list(outcomes(run, connection)))
        run.engine.dispose()
    return zip(*made, strict=True)


def test_places(url: str) -> None:
    """Values wherever there may be one, most of them texts of no type."""

    def outcomes(run: Run, connection: Any) -> Iterator[Any]:
        fill(run, connection)
        names = run.names()
        for source in SOURCES:
            made = eval(source, names)
            yield source, *run.result(connection, *(made if type(made) is tuple else (made,)))

    for peer, ours in both(url, outcomes):
        assert ours == peer


def test_random_expressions(url: str) -> None:
    """Random comparisons, functions and operators over columns and values of any type: where one
    package has rows the other has the same."""
    values: list[Any] = [
        "abc", "ABC", "a", "5", "1.5", "2020-01-02", "t", "", "10.0.0.1", "1 day", "cat", 5, -1, 0,
        2**40, 1.5, 0.1, -2.0, 1e20, Decimal("1.50"), Decimal("7"), True, None,
        dt.date(2020, 1, 2), dt.datetime(2020, 1, 2, 3, 4, 5), dt.timedelta(days=1),
        uuid.UUID(int=5),
    ]  # fmt: skip
    columns = [
        "ci",
        "ch",
        "m",
        "d",
        "ts",
        "tz",
        "s",
        "tx",
        "u",
        "ip",
        "iv",
        "n",
        "f",
        "r",
        "b",
        "i",
        "big",
        "sm",
    ]
    functions = [
        "lower",
        "length",
        "coalesce",
        "nullif",
        "greatest",
        "concat",
        "concat_ws",
        "md5",
        "left",
        "round",
        "abs",
        "to_char",
        "date_trunc",
        "age",
        "json_build_object",
        "num_nulls",
        "reverse",
        "sum",
        "max",
        "count",
        "upper",
        "string_agg",
    ]

    def outcomes(run: Run, connection: Any) -> Iterator[Any]:
        fill(run, connection)
        rng = random.Random(7)
        sa, table = run.sa, run.table

        def leaf() -> Any:
            if rng.random() < 0.5:
                return table.c[rng.choice(columns)]
            value = rng.choice(values)
            return sa.null() if value is None else sa.literal(value)

        def expression(depth: int) -> Any:
            kind = rng.randrange(7) if depth else 0
            if kind < 2:
                return leaf()
            a, b = expression(depth - 1), leaf()
            if kind == 2:
                name = rng.choice(functions)
                most = 1 if name in ("sum", "max", "count") else 3
                return getattr(sa.func, name)(*[a, b, leaf()][: rng.randint(1, most)])
            if kind == 3:
                return a.op(rng.choice(["=", "<", "||", "+", "-", "*", "/"]))(b)
            if kind == 4:
                return sa.case((leaf() == a, b), else_=leaf())
            if kind == 5:
                return a.is_distinct_from(b)
            return a.in_([rng.choice(values[:10]), rng.choice(values[:10])])

        for _ in range(600):
            statement = sa.select(expression(2)).select_from(table).where(table.c.id < 3)
            yield run.result(connection, statement)

    good = 0
    for peer, ours in both(url, outcomes):
        # of two mistakes the server finds one in a literal before others, in a parameter after
        if peer[0] == "InvalidRequestError":
            continue  # it cannot read a boolean as the number that it takes it for
        if peer[0].startswith("SELECT") or ours[0].startswith("SELECT"):
            assert ours == peer
            good += 1
    assert good > 150


def test_what_is_shown(url: str) -> None:
    """The SQL and parameters that listeners hear, and what they hand back."""

    def outcomes(run: Run, connection: Any) -> Iterator[Any]:
        sa, table = run.sa, run.table
        heard: list[Any] = []

        def listen(conn: Any, cursor: Any, sql: str, params: Any, context: Any, many: bool) -> Any:
            heard.append((sql, params, many))
            return sql.replace("'before'", "'after'"), params

        fill(run, connection)
        sa.event.listen(run.engine, "before_cursor_execute", listen, retval=True)
        with run.engine.connect() as connection:
            changed = sa.text("SELECT 'before', d FROM t WHERE d = :d AND :d IS NOT NULL LIMIT 1")
            for statement in (
                sa.select(table.c.d).where(table.c.ci == "abc", table.c.d == "2020-01-02"),
                sa.select(table.c.i).where(table.c.ci.in_(["abc", "b"]), table.c.i > 1).limit(2),
                sa.func.concat("a", 1).select(),
                table.insert()
                .values(jb="{}", n=1.5, f=2.5, b=False, ar=["q"])
                .returning(table.c.n),
                table.update().values(d="2021-01-01").where(table.c.id == 1),
                sa.select(
                    sa.literal({"a": [1]}, sa.JSON), sa.literal(["a"], run.pg.ARRAY(sa.Text))
                ),
                sa.select(sa.literal("2020-01-02", sa.String).cast(sa.Date)),
                changed.bindparams(d="2020-01-02"),
            ):
                yield run.result(connection, statement)
            yield connection.exec_driver_sql("SELECT %s || 'x%%', %s", ("a", 1)).all()
        yield from heard
        dialect = run.engine.dialect
        yield dialect.driver, type(dialect).__name__, dialect.paramstyle, dialect.positional

    for driver in ("", "+psycopg2"):
        for peer, ours in both(url, outcomes, driver):
            assert ours == peer


def test_changes_of_many_rows(url: str) -> None:
    """Objects with texts in columns of other types, of which many are flushed at a time."""

    def outcomes(run: Run, connection: Any) -> Iterator[Any]:
        orm: Any = import_module(f"{run.package}.orm")
        registry = orm.registry()

        class Row:
            pass

        registry.map_imperatively(Row, run.table)
        fill(run, connection)
        with orm.Session(connection) as session:
            rows: Any = session.query(Row).order_by(run.table.c.id).all()
            for number, row in enumerate(rows):
                row.d, row.m, row.jb = f"2021-01-{number % 28 + 1:02}", "b", '{"b": 2}'
                row.ci, row.ch, row.n = f"New{number}", "x", number + 0.1
            for number in range(40):
                made: Any = Row()
                made.id = 1000 + number  # else SQLAlchemy casts all values of the batch
                made.d, made.ts, made.ci, made.f = "2022-01-01", "2022-02-02", "Q", number / 3
                session.add(made)
            session.commit()
            found = session.query(*run.table.c).order_by(run.table.c.id)
            yield from map(shown, found)
        registry.dispose()

    count = 0
    for peer, ours in both(url, outcomes):
        assert ours == peer
        count += 1
    assert count == 94


def test_one_statement_and_many_values(url: str) -> None:
    """Values of other types than the first, and alike or not where GROUP BY compares them."""

    def outcomes(run: Run, connection: Any) -> Iterator[Any]:
        sa, t = run.sa, run.table.c
        fill(run, connection)
        text = sa.text("SELECT json_build_object('a', :a), :a IS NULL, concat(:a, :b)")
        for a, b in itertools.product(["x", 1, None, 1.5, True, dt.date(2020, 1, 2)], repeat=2):
            yield run.result(connection, text, {"a": a, "b": b})
        for a, b in itertools.product(["x", "y", "z"], repeat=2):
            band = [sa.func.coalesce(t.tx, value) for value in (a, b)]
            yield run.result(
                connection,
                sa.select(band[0], sa.func.count()).where(t.i.in_([5, 6])).group_by(band[1]),
            )
        for a, b in itertools.product([1, 1.0, Decimal(1), Decimal("1.0"), True], repeat=2):
            statement = sa.select(t.n + sa.literal(a)).group_by(t.n + sa.literal(b))
            yield run.result(connection, statement)

    for peer, ours in both(url, outcomes):
        assert ours == peer


def test_many_rows_in_one_statement(url: str) -> None:
    """An INSERT of many rows that returns nothing: what listeners hear, and that no row sees
    another."""

    def outcomes(run: Run, connection: Any) -> Iterator[Any]:
        sa, table = run.sa, run.table
        heard: list[Any] = []
        most = sa.select(sa.func.coalesce(sa.func.max(table.c.i), 0) + 1).scalar_subquery()
        rows = [{"ci": f"x{i}", "d": "2020-01-02"} for i in range(3)]

        def insertions() -> Iterator[Any]:
            connection.execute(sa.text("TRUNCATE t RESTART IDENTITY"))
            connection.commit()
            for statement, given in (
                (table.insert(), rows),
                (table.insert().values(s="it's 5%"), rows),
                (table.insert().values(i=most), [*rows, *rows]),
                (table.insert().values(ci=sa.func.lower(sa.bindparam("ci"))), [{"ci": "A"}] * 2),
                (sa.text("INSERT INTO t (d, ci) VALUES (:d, :ci)"), rows),
                (
                    run.pg.insert(table).on_conflict_do_update(
                        index_elements=["id"], set_={"s": sa.bindparam("other")}
                    ),
                    [{"id": 7, "other": "a"}, {"id": 8, "other": "b"}],
                ),
                (table.insert(), [{"id": 50}, {"id": 50}]),
            ):
                yield run.result(connection, statement, given)
            found = sa.select(table.c.ci, table.c.d, table.c.s, table.c.i).order_by(table.c.id)
            yield from map(shown, connection.execute(found))
            connection.commit()

        def listen(conn: Any, cursor: Any, sql: str, params: Any, context: Any, many: bool) -> None:
            heard.append((sql, params, many))

        yield from insertions()
        sa.event.listen(run.engine, "before_cursor_execute", listen)
        with run.engine.connect() as connection:
            yield from insertions()
        yield from heard

    for peer, ours in both(url, outcomes):
        assert ours == peer


def test_types_before_literals(url: str) -> None:
    """``INTERVAL :x``, as programs write it in text()."""

    def outcomes(run: Run, connection: Any) -> Iterator[Any]:
        for source, given in (
            ("SELECT INTERVAL :x", {"x": "1 day"}),
            ("SELECT DATE :x + interval :y, :x IS NULL", {"x": "2020-01-02", "y": "2 hours"}),
            ("SELECT TIMESTAMP :x, timestamp  with time zone :x, TIME :y", {"x": "2020-01-02 03:04", "y": "05:06"}),
            ("SELECT d FROM t WHERE d > DATE :x - INTERVAL '1 day' AND d <> :x", {"x": "2020-01-02"}),
            ("SELECT INTERVAL :x", {"x": "nonsense"}),
        ):  # fmt: skip
            yield run.result(connection, run.sa.text(source), given)

    for peer, ours in both(url, outcomes):
        assert ours == peer


def test_columns_that_are_text(url: str) -> None:
    """The server is asked for the columns of such statements, and told of the values' types."""

    def outcomes(run: Run, connection: Any) -> Iterator[Any]:
        sa, t = run.sa, run.table
        values = sa.values(sa.column("id", sa.Integer), sa.column("text", sa.String), name="given")
        given = values.data([(1, "a"), (2, "b")])
        for text in (sa.text("2 = 2"), sa.text("1 = :y").bindparams(y=1), sa.text("1 = :y")):
            joined = sa.select(text, given.c.id, given.c.text).join(t, t.c.id == given.c.id)
            yield run.result(connection, joined, {"y": 1})
            yield run.result(connection, joined.where(given.c.id.in_([1, 2])), {"y": 2})
            yield run.result(connection, joined, {"y": "nonsense"})

    for peer, ours in both(url, outcomes):
        assert ours == peer


def test_texts_that_are_too_long_for_their_column(url: str) -> None:
    """They are refused among many rows, too, though those are cast to the types of columns."""

    def outcomes(run: Run, connection: Any) -> Iterator[Any]:
        sa = run.sa
        short = sa.Table(
            "short",
            sa.MetaData(),
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("text", sa.String(3)),
            sa.Column("kind", sa.Enum("a", "bc", native_enum=False)),
            sa.Column("number", sa.REAL),
        )
        short.create(connection)
        connection.commit()
        insert = short.insert().returning(short, sort_by_parameter_order=True)
        for text in ("abc", "abcd"):
            rows = [{"text": each, "kind": "bc", "number": 0.1} for each in ("x", text, "y")]
            yield run.result(connection, insert, rows)[0]
            yield connection.execute(sa.select(short)).all()
            connection.rollback()
        short.drop(connection)
        connection.commit()

    for peer, ours in both(url, outcomes):
        assert ours == peer


def test_places_of_text_and_cursors(url: str) -> None:
    """SQL of the program's own with a value wherever there may be one: as text(), by a cursor of
    the driver, and changed by a listener."""
    values: list[Any] = [
        "a", 1, None, 1.5, Decimal("1.5"), True, dt.date(2020, 1, 1), uuid.UUID(int=5), ["a"],
    ]  # fmt: skip

    def outcomes(run: Run, connection: Any) -> Iterator[Any]:
        sa = run.sa
        fill(run, connection)
        connection.execute(sa.text("INSERT INTO pt VALUES (2, (1, 'a')) ON CONFLICT DO NOTHING"))
        connection.commit()
        heard = run.engine.execution_options(heard=True)

        def comment(*args: Any) -> tuple[Any, Any]:
            return f"/* %% */ {args[2]}", args[3]

        sa.event.listen(heard, "before_cursor_execute", comment, retval=True)
        with heard.connect() as other:
            for sql, value in itertools.product(PLACES, values):
                names = [f"x{i}" for i in range(len(re.findall("(?<!%)%s", sql)))]
                following = iter(names)
                named = re.sub("(?<!%)%s", lambda _: f":{next(following)}", sql)  # noqa: B023
                text = sa.text(named.replace("%%", "%").replace("::", r"\:\:"))
                given = dict.fromkeys(names, value)
                yield sql, value, rows_of(run, connection, lambda c: c.execute(text, given).all())  # noqa: B023
                yield sql, value, rows_of(run, other, lambda c: c.execute(text, given).all())  # noqa: B023

                def by_cursor(connection: Any) -> Any:
                    cursor = connection.connection.cursor()
                    cursor.execute(sql, [value] * len(names))  # noqa: B023
                    return cursor.fetchall()

                yield sql, value, rows_of(run, connection, by_cursor)

    count = 0
    for peer, ours in both(url, outcomes):
        # of NULL a type may be known from the values before
        known = peer[1] is None and isinstance(peer[2], str)
        constant = peer[2] == "42601" and "group by" in peer[0]  # of which a parameter is none
        assert ours == peer or "pg_typeof" in peer[0] or known or constant, peer
        count += 1
    assert count > 2000


def rows_of(run: Run, connection: Any, execute: Any) -> Any:
    """Rows, or what the server says of the statement."""
    try:
        return [shown(row) for row in execute(connection)]
    except run.sa.exc.DBAPIError as error:
        return code_of(error.orig)
    except Exception as error:  # the cursor's own
        return code_of(error)
    finally:
        connection.connection.rollback()
        connection.rollback()


def code_of(error: Any) -> Any:
    return getattr(error, "pgcode", None) or getattr(error, "sqlstate", None) or repr(error)


def test_rows(url: str) -> None:
    """A tuple is a row in the SQL."""
    sources = [
        ("SELECT i FROM t WHERE i IN :x", {"x": (5, 6)}),
        ("SELECT i FROM t WHERE i IN :x", {"x": (5,)}),
        ("SELECT i FROM t WHERE i IN :x", {"x": ()}),
        ("SELECT i FROM t WHERE i NOT IN :x AND s IN :y", {"x": (1, None), "y": ("str", "b")}),
        ("SELECT i FROM t WHERE d IN :x", {"x": ("2020-01-02", dt.date(2020, 1, 3))}),
        ("SELECT i FROM t WHERE (i, s) IN :x", {"x": ((5, "str"), (2, "b"))}),
        ("SELECT i FROM t WHERE (i, s) = :x", {"x": (5, "str")}),
        ("SELECT i FROM t WHERE i IN :x AND :x IS NOT NULL", {"x": (5, 6)}),
        ("INSERT INTO pt VALUES (1, :x) RETURNING p", {"x": (1, "b c")}),
        ("SELECT :x, to_json(:x)", {"x": (1, "a", [1, 2])}),
        ("SELECT count(*), i IN :x FROM t GROUP BY i IN :x", {"x": (5, 6)}),
        ("SELECT count(*), i IN :x FROM t GROUP BY i IN :y", {"x": (5, 6), "y": (5, 6)}),
        ("SELECT count(*), i IN :x FROM t GROUP BY i IN :y", {"x": (5, 6), "y": (5, 7)}),
    ]

    def outcomes(run: Run, connection: Any) -> Iterator[Any]:
        sa = run.sa
        fill(run, connection)
        connection.execute(sa.text("TRUNCATE pt"))
        connection.commit()
        heard: list[Any] = []

        def listen(*args: Any) -> tuple[Any, Any]:
            heard.append(args[2:4])
            return f"/* heard */ {args[2]}", args[3]

        engine = run.engine.execution_options(heard=True)
        sa.event.listen(engine, "before_cursor_execute", listen, retval=True)
        with engine.connect() as other:
            for sql, given in sources:
                yield run.result(connection, sa.text(sql), given)
                text = sa.text(sql).bindparams(**given)
                yield rows_of(run, other, lambda c: c.execute(text).all())  # noqa: B023
                marked = re.sub(":([xy])", r"%(\1)s", sql)
                yield rows_of(run, connection, lambda c: c.exec_driver_sql(marked, given).all())  # noqa: B023
            yield from heard
        cursor = connection.connection.cursor()
        cursor.execute("SELECT i FROM t WHERE i IN %s AND s = %s", ((5, 6), "str"))
        yield cursor.fetchall()
        many = [((1, "x"), 11), ((2, None), 12)]
        cursor.executemany("INSERT INTO pt (p, id) VALUES (%s, %s)", many)
        connection.execute(sa.text("INSERT INTO pt VALUES (:i, :p)"), [{"i": 9, "p": (1, "y")}] * 1)
        yield connection.execute(sa.text("SELECT id, p FROM pt ORDER BY id")).all()

    for peer, ours in both(url, outcomes):
        assert ours == peer


def test_null_after_a_refused_value(url: str) -> None:
    """What was sent before, and refused, says nothing of a NULL's type."""

    def outcomes(run: Run, connection: Any) -> Iterator[Any]:
        for sql in ("SELECT length(:x)", "SELECT i FROM t WHERE s = :x", "SELECT :x || 'a'"):
            for value in (1, None, "a", None, 1.5, None):
                text = run.sa.text(sql)
                yield rows_of(run, connection, lambda c: c.execute(text, {"x": value}).all())  # noqa: B023

    for driver in ("", "+psycopg"):
        for peer, ours in both(url, outcomes, driver):
            assert ours == peer
