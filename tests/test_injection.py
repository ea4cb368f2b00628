"""Hostile strings never change what a statement is.

Each statement is made twice, with plain words and with hostile ones in their places, and
parsed by a parser that is not ours: the two trees differ in these words only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import expressions as tree

import cormorant as sa
from cormorant.dialects import sqlite

PIECES = (
    "'", '"', "`", "[", "]", "\\", ";", "--", "/*", "*/", "\n", "\r", "\t", " ", "%", "%%", "_",
    "%s", "%(a)s", ":a", "?", "$1", "{", "}", ")", "(", ",", ".", "=", "OR 1=1", "DROP TABLE t",
    "UNION SELECT", "select", "\u2019", "\uff07", "é", "\U0001f600", "$$", "E'", "a", "0", "''", '""', "\x01", "\x02", "\x01c_1\x01",
)  # fmt: skip
hostile = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), min_size=1, max_size=8).map(
    lambda parts: "".join(parts).replace("\0", "").encode("utf-8", "ignore").decode()
)
names = hostile.filter(lambda name: name.strip() != "" and len(name) < 60)


def shape(sql: str) -> list[Any]:
    """The trees of the statements in `sql`, without the texts of names and strings."""

    def plain(node: Any) -> Any:
        if isinstance(node, tree.Identifier) or (
            isinstance(node.parent, tree.Collate) and isinstance(node, tree.Var)
        ):
            return tree.to_identifier("name")
        if isinstance(node, tree.Literal) and node.is_string:
            return tree.Literal.string("text")
        if isinstance(node, tree.JSONPath):
            return tree.Literal.string("text")
        return node

    return [
        None if statement is None else statement.transform(plain).sql("sqlite")
        for statement in sqlglot.parse(sql, dialect="sqlite")
    ]


def compiled(statement: Any, literal: bool = True) -> str:
    options = {"literal_binds": True} if literal else {"render_postcompile": True}
    return str(statement.compile(dialect=sqlite.dialect(), compile_kwargs=options))


def table(name: str = "t", column: str = "c", schema: str | None = None) -> sa.Table:
    return sa.Table(
        name,
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(column, sa.String, key="c"),
        schema=schema,
    )


T = table()

WITH_VALUE: dict[str, Callable[[str], Any]] = {
    "equals": lambda text: sa.select(T).where(T.c.c == text),
    "in": lambda text: sa.select(T).where(T.c.c.in_([text, "x"])),
    "like": lambda text: sa.select(T).where(T.c.c.like(text)),
    "contains": lambda text: sa.select(T).where(T.c.c.contains(text, autoescape=True)),
    "startswith": lambda text: sa.select(T).where(T.c.c.startswith(text)),
    "escape": lambda text: sa.select(T).where(T.c.c.like("x", escape=(text + "/")[0])),
    "literal": lambda text: sa.select(sa.literal(text)),
    "concatenated": lambda text: sa.select(T.c.c + text),
    "case": lambda text: sa.select(sa.case((T.c.c == text, text), else_=text)),
    "function": lambda text: sa.select(sa.func.coalesce(T.c.c, text)),
    "insert": lambda text: sa.insert(T).values(c=text),
    "update": lambda text: sa.update(T).values(c=text).where(T.c.c == text),
    "delete": lambda text: sa.delete(T).where(T.c.c == text),
    "json_key": lambda text: sa.select(sa.type_coerce(T.c.c, sa.JSON)[text]),
    "json_path": lambda text: sa.select(sa.type_coerce(T.c.c, sa.JSON)[(text, 1, text)]),
    "text": lambda text: sa.text("select :a, 'x'").bindparams(a=text),
}  # fmt: skip

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
    "bind": lambda name: sa.select(T).where(T.c.c == sa.bindparam(name, "x")),
    "create": lambda name: sa.schema.CreateTable(table(name, name)),
    "drop": lambda name: sa.schema.DropTable(table(name)),
    "index": lambda name: sa.schema.CreateIndex(sa.Index(name, table(column=name).c.c)),
    "collate": lambda name: sa.select(sa.collate(T.c.c, name)),
}  # fmt: skip


@pytest.mark.parametrize("way", WITH_VALUE)
@settings(max_examples=60, deadline=None)
@given(text=hostile)
def test_values(way: str, text: str) -> None:
    make = WITH_VALUE[way]
    for literal in (True, False):
        assert shape(compiled(make(text), literal)) == shape(compiled(make("x"), literal))


@pytest.mark.parametrize("way", WITH_NAME)
@settings(max_examples=60, deadline=None)
@given(name=names)
def test_names(way: str, name: str) -> None:
    make = WITH_NAME[way]
    ddl = way in ("create", "drop", "index")
    assert shape(compiled(make(name), not ddl)) == shape(compiled(make("Some name"), not ddl))


@settings(max_examples=150, deadline=None)
@given(name=names, value=hostile)
def test_a_table_with_such_names_and_values_works(name: str, value: str) -> None:
    """What is stored comes back, through names that have to be quoted."""
    if name.lower() in ("id", "c") or name.lower().startswith("sqlite_"):
        return
    engine = sa.create_engine("sqlite://")
    things = table(name, name)
    things.create(engine)
    with engine.begin() as connection:
        connection.execute(things.insert(), {"c": value})
        found = sa.select(things.c.c.label(name)).where(things.c.c == value)
        assert connection.execute(found).all() == [(value,)]
        like = sa.select(things.c.c).where(things.c.c.contains(value, autoescape=True))
        assert connection.execute(like).scalar() == value
        inline = sa.select(sa.literal(value)).compile(
            dialect=engine.dialect, compile_kwargs={"literal_binds": True}
        )
        assert connection.exec_driver_sql(str(inline)).scalar() == value
        savepoint = connection.begin_nested()
        savepoint.rollback()
    inspector = sa.inspect(engine)
    assert inspector.get_table_names() == [name]
    assert [column["name"] for column in inspector.get_columns(name)] == ["id", name]
    sa.Table(name, sa.MetaData(), autoload_with=engine)
    things.drop(engine)
    engine.dispose()


@settings(max_examples=100, deadline=None)
@given(user=hostile, password=hostile, value=names)
def test_urls(user: str, password: str, value: str) -> None:
    """The parts of a URL come back as they were."""
    url = sa.URL.create("sqlite", user, password, "host", 1, "d", {"k": value})
    again = sa.make_url(url.render_as_string(hide_password=False))
    assert (again.username, again.password, again.host) == (user, password, "host")
    assert (again.database, again.query) == ("d", {"k": value})
