"""Random expressions and statements of Core: their SQL and parameters for the dialects of
strings, SQLite and PostgreSQL, with and without literals; their types; their rows and errors on
SQLite and on PostgreSQL."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from typing import Any

import pytest

from .harness import Peer, compare
from .random_env import Chooser

#: how many statements a batch has
CORE_STATEMENTS = int(os.environ.get("CORE_STATEMENTS", "40"))
BATCHES = 8


class _Tables:
    """Two tables with columns of many types, and one that has a key to the first."""

    def __init__(self, p: Peer, database: str) -> None:
        self.database = database
        self.metadata = metadata = p.MetaData()
        columns = {
            "number": p.Integer,
            "text": p.String(40),
            "part": p.Float,
            "price": p.Numeric(10, 2),
            "yes": p.Boolean,
            "day": p.Date,
            "at": p.DateTime,
            "doc": p.JSON,
            "kind": p.Enum("x", "y", name="kind"),
        }
        self.all = [
            p.Table(
                name,
                metadata,
                p.Column("id", p.Integer, primary_key=True),
                *[p.Column(key, type_) for key, type_ in columns.items()],
            )
            for name in ("one", "two")
        ]
        self.all.append(
            p.Table(
                "three",
                metadata,
                p.Column("id", p.Integer, primary_key=True),
                p.Column("one_id", p.ForeignKey("one.id")),
                p.Column("text", p.String),
                p.Column("number", p.Integer),
            )
        )

    def rows(self) -> list[list[dict[str, Any]]]:
        made: list[list[dict[str, Any]]] = []
        for shift in (0, 2):
            made.append(
                [
                    {
                        "id": n,
                        "number": (n + shift) % 4,
                        "text": "abcab"[n % 5] * (n % 3 + 1),
                        "part": n / 2,
                        "price": n * 2,
                        "yes": n % 2 == 0,
                        "day": dt.date(2020, n, 1),
                        "at": dt.datetime(2020, n, 2, 3, 4, 5),
                        "doc": {"a": n, "b": [n, "x"]},
                        "kind": "xy"[n % 2],
                    }
                    for n in range(1, 7)
                ]
            )
        made.append(
            [{"id": n, "one_id": n % 6 + 1, "text": "ab"[n % 2], "number": n} for n in range(1, 9)]
        )
        return made


class CoreMaker(Chooser):
    """Makes expressions and statements of random numbers."""

    def __init__(self, p: Peer, tables: _Tables, seed: int) -> None:
        super().__init__(p, seed)
        self.tables = tables
        self.database = tables.database
        #: the only dialect that can say the statement, if any
        self.only = ""

    def small(self) -> int:
        return self.random.randrange(1, 6)

    # Expressions by the type they have; `source` is what columns are taken from

    def integer(self, source: Any, depth: int = 0) -> Any:
        p, kind = self.p, self.random.randrange(13 if depth < 2 else 3)
        if kind == 0:
            return source.c.number
        if kind == 1:
            return source.c.id
        if kind == 2:
            return self.choose(p.literal(self.small()), p.bindparam("given", 3))
        one = self.integer(source, depth + 1)
        if kind == 3:
            other = self.integer(source, depth + 1)
            return self.choose(one + other, one - other, one * other, one % 3, one // 2)
        if kind == 4:
            return -one
        if kind == 5:
            return p.func.coalesce(one, self.integer(source, depth + 1))
        if kind == 6:
            return p.case(
                (self.boolean(source, depth + 1), one), else_=self.integer(source, depth + 1)
            )
        if kind == 7:
            if self.database == "postgresql":  # which casts numbers alone
                return p.cast(p.cast(self.integer(source, depth + 1), p.String), p.Integer)
            return p.cast(self.string(source, depth + 1), p.Integer)
        if kind == 8:
            return p.func.length(self.string(source, depth + 1))
        if kind == 9:
            other = self.choose(*self.tables.all)
            chosen = p.select(p.func.max(other.c.id))
            if self.chance(0.5):
                chosen = chosen.where(other.c.number == source.c.number)
            return chosen.scalar_subquery()
        if kind == 10:
            return p.type_coerce(one, self.choose(p.Integer, p.BigInteger))
        if kind == 11:
            return self.choose(one.op("|")(2), one.bitwise_and(3), one.op("&", precedence=3)(1))
        return p.func.abs(one)

    def string(self, source: Any, depth: int = 0) -> Any:
        p, kind = self.p, self.random.randrange(10 if depth < 2 else 2)
        if kind == 0:
            return source.c.text
        if kind == 1:
            return self.choose(p.literal("a%"), p.literal("b'c"), p.bindparam(None, "ab"))
        one = self.string(source, depth + 1)
        if kind == 2:
            return one + self.choose("x", self.string(source, depth + 1))
        if kind == 3:
            return self.choose(p.func.lower, p.func.upper, p.func.trim)(one)
        if kind == 4:
            return p.func.coalesce(one, "none")
        if kind == 5:
            return p.case({1: "one", 2: "two"}, value=self.integer(source, depth + 1), else_=one)
        if kind == 6:
            return p.cast(self.integer(source, depth + 1), self.choose(p.String, p.String(9)))
        if kind == 7:
            if self.database == "postgresql":  # which asks for the type of a value
                return source.c.text.collate("C")
            return one.collate("NOCASE")
        if kind == 8:
            return one.concat(self.string(source, depth + 1))
        return p.func.substr(one, 1, self.small())

    def boolean(self, source: Any, depth: int = 0) -> Any:
        p, kind = self.p, self.random.randrange(16 if depth < 3 else 4)
        integer, string = self.integer(source, depth + 1), self.string(source, depth + 1)
        if kind == 0:
            other = self.choose(self.small(), self.integer(source, depth + 1))
            return self.choose(
                integer == other, integer != other, integer < other, integer >= other
            )
        if kind == 1:
            return self.choose(
                string.like("a%"),
                string.not_like("%b"),
                string.ilike("A%"),
                string.contains("a", autoescape=True),
                string.startswith("a%", escape="/"),
                string.endswith(source.c.text),
                string.icontains("B"),
            )
        if kind == 2:
            return self.choose(
                integer.is_(None),
                string.is_not(None),
                integer == None,  # noqa: E711
                integer.is_distinct_from(self.small()),
                string.is_not_distinct_from("a"),
            )
        if kind == 3:
            values = self.random.sample(range(1, 9), self.random.randrange(4))
            return self.choose(integer.in_(values), integer.not_in(values))
        one = self.boolean(source, depth + 1)
        if kind == 4:
            return self.choose(p.and_, p.or_)(one, self.boolean(source, depth + 1))
        if kind == 5:
            return one if isinstance(one, p.TextClause) else ~one
        if kind == 6:
            return self.choose(integer.between(1, 3), ~integer.between(2, self.small()))
        if kind == 7:
            other = self.choose(*self.tables.all)
            chosen = p.select(other.c.id).where(self.boolean(other, 3))
            return self.choose(
                integer.in_(chosen),
                integer.not_in(chosen),
                integer == chosen.limit(1).scalar_subquery(),
            )
        if kind == 8:
            other = self.choose(*self.tables.all)
            chosen = p.exists().where(other.c.id == source.c.id)
            return self.choose(chosen, ~chosen, p.select(other.c.id).exists())
        if kind == 9:
            pair = p.tuple_(integer, string)
            return pair.in_([(1, "a"), (2, "b")]) if self.chance(0.7) else pair.in_([])
        if kind == 10:
            return self.choose(p.true(), p.false(), p.not_(p.true()))
        if kind == 11 and "yes" in source.c:
            return self.choose(
                source.c.yes,
                ~source.c.yes,
                source.c.yes.is_(True),
                source.c.yes == False,  # noqa: E712
            )
        if kind == 12 and "doc" in source.c:
            document = source.c.doc
            return self.choose(
                document["a"].as_integer() > 2,
                document[("b", 1)].as_string() == "x",
                document["b"][0].as_float() < 3,
            )
        if kind == 13 and "day" in source.c:
            return self.choose(
                source.c.day > dt.date(2020, 2, 1),
                p.extract("year", source.c.at) == 2020,
                p.extract("month", source.c.day).in_([1, 2]),
            )
        if kind == 14 and "kind" in source.c:
            return self.choose(source.c.kind == "x", source.c.kind.in_(["x", "y"]))
        if kind == 15:
            return p.text("1 = :many").bindparams(many=self.small())
        return p.literal(1) == integer

    def column(self, source: Any) -> Any:
        p, kind = self.p, self.random.randrange(12)
        if kind == 0:
            return source.c.text
        if kind == 1:
            return self.string(source)
        if kind == 2:
            return self.boolean(source, 1)
        if kind == 3:
            return self.integer(source).label(self.choose("label", "number", "id"))
        if kind == 4 and "price" in source.c:
            return self.choose(
                source.c.price * 2, source.c.part / 4, source.c.price + source.c.part
            )
        if kind == 5:
            return p.func.row_number().over(
                partition_by=source.c.number, order_by=[source.c.id, source.c.text.desc()]
            )
        if kind == 6:
            counted = p.func.count(source.c.id).filter(source.c.number > 1)
            return counted.over(order_by=source.c.id, rows=(None, self.small()))
        if kind == 7:
            return p.literal_column("7", p.Integer).label("seven")
        if kind == 8 and "at" in source.c:
            return self.choose(source.c.at, source.c.day, p.extract("day", source.c.at))
        if kind == 9 and "doc" in source.c:
            return self.choose(source.c.doc, source.c.doc["a"], source.c.doc["b"][1].as_string())
        if kind == 10:
            return p.null().label("nothing")
        return self.integer(source)

    # Statements

    def source(self, depth: int) -> Any:
        p, kind = self.p, self.random.randrange(8 if depth < 2 else 2)
        table = self.choose(*self.tables.all)
        if kind == 0:
            return table.alias(self.choose(None, "other"))
        if kind == 2:
            chosen = p.select(table).where(self.boolean(table, 2)).order_by(table.c.id)
            return chosen.limit(self.small()).subquery(self.choose(None, "sub"))
        if kind == 3:
            return p.select(table).where(self.boolean(table, 2)).cte(self.choose(None, "found"))
        if kind == 4:
            inner = self.source(depth + 1)
            return p.select(*inner.c).where(inner.c.id < 9).subquery()
        if kind == 5:
            one = p.select(table.c.id, table.c.number, table.c.text)
            other = self.choose(*self.tables.all)
            two = p.select(other.c.id, other.c.number, other.c.text)
            return self.choose(p.union, p.union_all, p.except_)(one, two).subquery()
        if kind == 6:
            rows = p.values(
                p.column("id", p.Integer),
                p.column("number", p.Integer),
                p.column("text", p.String),
                name="given",
            )
            return rows.data([(1, 2, "a"), (2, 3, "b")])
        if kind == 7:
            start = p.select(
                p.literal(1).label("id"), p.literal(2).label("number"), p.literal("a").label("text")
            ).cte("rec", recursive=True)
            step = p.select(start.c.id + 1, start.c.number, start.c.text).where(start.c.id < 4)
            return start.union_all(step)
        return table

    def select(self, depth: int = 0) -> Any:
        p = self.p
        source = self.source(depth)
        statement = p.select(*[self.column(source) for _ in range(self.choose(1, 2, 3))])
        sources = [source]
        statement = statement.select_from(source)
        if self.chance(0.4):
            other = self.choose(*self.tables.all).alias()
            sources.append(other)
            statement = statement.join(
                other, other.c.id == source.c.id, isouter=self.chance(0.4)
            ).add_columns(self.column(other))
        for _ in range(self.choose(0, 1, 1, 2)):
            statement = statement.where(self.boolean(self.choose(*sources)))
        if self.chance(0.15):
            counted = p.func.count(source.c.id).label("many")
            statement = statement.with_only_columns(source.c.number, counted)
            statement = statement.group_by(source.c.number)
            if self.chance(0.5):
                statement = statement.having(p.func.count(source.c.id) > 1)
            return statement.order_by(
                self.choose("many", counted.desc(), source.c.number), "number"
            )
        if self.chance(0.2):
            statement = statement.distinct()
        if self.chance(0.8):
            number = self.integer(source, 1)
            if self.database == "postgresql":  # where a value by itself is the place of a column
                number = number + source.c.id
            statement = statement.order_by(
                self.choose(source.c.id, source.c.text.desc().nulls_last(), number),
                *[each.c.id for each in sources],
            )
        if self.chance(0.3):
            statement = statement.limit(self.small())
        if self.chance(0.2):
            statement = statement.offset(self.small())
        if self.chance(0.1):
            statement = statement.with_for_update(
                **self.choose({}, {"read": True}, {"nowait": True}, {"skip_locked": True})
            )
        return statement

    def write(self) -> Any:
        p = self.p
        insert, table = p.insert, self.choose(*self.tables.all)
        kind = self.random.randrange(8)
        if kind == 0:
            rows = [{"id": n, "text": "r", "number": n} for n in (21, 22, 23)]
            statement = insert(table).values(rows[: self.small()])
        elif kind == 1:
            statement = insert(table).values(
                id=21, text=self.choose("r", p.func.lower("R")), number=self.choose(1, p.null())
            )
        elif kind == 2:
            other = self.choose(*self.tables.all)
            chosen = p.select(other.c.id + 30, other.c.text).where(self.boolean(other))
            statement = insert(table).from_select(["id", "text"], chosen)
        elif kind == 3:
            self.only = self.database
            made = p.module(f"dialects.{self.database}").insert(table).values(id=1, text="again")
            conflict = {"index_elements": ["id"]}
            if self.chance(0.3):
                statement = made.on_conflict_do_nothing(**conflict)
            else:
                changed = {"text": made.excluded.text + "!", "number": self.integer(table)}
                statement = made.on_conflict_do_update(
                    **conflict, set_=changed, where=self.choose(None, self.boolean(table))
                )
        elif kind < 6:
            values = {table.c.text: self.string(table), "number": self.integer(table)}
            statement = p.update(table).values(values).where(self.boolean(table))
            other = self.choose(*self.tables.all)
            if self.chance(0.3) and other is not table:
                statement = statement.where(other.c.id == table.c.id, self.boolean(other))
        else:
            statement = p.delete(table).where(self.boolean(table))
        if self.chance(0.4):
            statement = statement.returning(
                *self.choose((table.c.id, table.c.text), (table.c.number.label("label"),), (table,))
            )
        return statement

    def statement(self) -> Any:
        p, kind = self.p, self.random.randrange(10)
        if kind < 2:
            return self.write()
        if kind == 2:
            one, two = self.tables.all[:2]
            parts = [
                p.select(each.c.id, self.string(each).label("made")).where(self.boolean(each))
                for each in (one, two, one)[: self.choose(2, 3)]
            ]
            made = self.choose(p.union, p.union_all, p.intersect, p.except_)(*parts)
            made = made.order_by(*self.choose(("id",), ("made", "id")))
            return made.limit(self.small()) if self.chance(0.4) else made
        return self.select()


def _types(statement: Any) -> list[str]:
    found = getattr(statement, "selected_columns", None)
    if found is None:
        return []
    # the type of NOT (… AND …) SQLAlchemy does not know
    return [f"{c.type!r}" for c in found if "NOT" not in str(c)]


def _literal(text: str) -> str:
    """What has no literal is refused, however it is said."""
    return "no literal" if "iteral value" in text else text


def _show_compiled(p: Peer, maker: CoreMaker, statement: Any) -> None:
    for name in (None, "sqlite", "postgresql"):
        if maker.only not in ("", name):
            continue
        choices: list[dict[str, bool]] = [{}, {"render_postcompile": True}]
        if name == "postgresql":
            # elsewhere SQLAlchemy forgets of it in LIMIT, IS, JSON and empty lists
            choices.append({"literal_binds": True})
        dialect = p.module(f"dialects.{name}").dialect() if name else None
        for options in choices:
            try:
                made = statement.compile(dialect=dialect, compile_kwargs=options)
                p.show(str(made), dict(made.params))
            except Exception as error:
                p.show(type(error).__name__, _literal(str(error)))


def _show_refused(p: Peer, error: Any) -> None:
    """What the server says, without the place in a statement that the driver has changed."""
    diag = getattr(getattr(error, "orig", None), "diag", None)
    if diag is None:
        p.show(type(error).__name__, str(error))
    else:
        kind = type(error.orig).__name__
        p.show(type(error).__name__, kind, diag.sqlstate, diag.message_primary)
        p.show(error.statement, error.params)


def program(batch: int) -> Callable[[Peer], None]:
    def statements(p: Peer) -> None:
        engine = p.engine(enable_from_linting=False)
        tables = _Tables(p, engine.dialect.name)
        tables.metadata.create_all(engine)
        with engine.connect() as connection:
            for table, rows in zip(tables.all, tables.rows(), strict=True):
                connection.execute(table.insert(), rows)
            connection.commit()
            for seed in range(batch * 100_000, batch * 100_000 + CORE_STATEMENTS):
                p.mark(str(seed))
                p.show("seed", seed)
                maker = CoreMaker(p, tables, seed)
                try:
                    statement = maker.statement()
                    p.show(_types(statement))
                except Exception as error:
                    p.show(type(error).__name__, str(error))
                    continue
                if tables.database == "sqlite":
                    _show_compiled(p, maker, statement)
                try:
                    result = connection.execute(statement)
                    if result.returns_rows:
                        p.show(list(result.keys()), result.all())
                    elif not (statement.is_insert and engine.driver == "psycopg"):
                        p.show(result.rowcount)  # which psycopg does not tell SQLAlchemy
                except Exception as error:
                    _show_refused(p, error)
                connection.rollback()

    return statements


@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_core(batch: int) -> None:
    peer, _ = compare(program(batch), warned=True, keys=False)
    assert peer.error is None
