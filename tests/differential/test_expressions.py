"""Every expression in expressions/ is built with both packages: the same SQL on SQLite, as
text and with literal values, the same parameters in the same order, the same result
columns, or the same error.

A line is one Python expression over the namespace that `namespace` makes.
"""

from __future__ import annotations

import importlib
import re
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import pytest

FILES = sorted((Path(__file__).parent / "expressions").glob("*.txt"))
EXPRESSIONS = [
    pytest.param(line, id=f"{path.stem}-{number}")
    for path in FILES
    for number, line in enumerate(path.read_text().splitlines(), 1)
    if line and not line.startswith("#")
]


class Unknown:
    """An object that no package knows."""

    def __repr__(self) -> str:
        return "X!"


@cache
def namespace(package: str) -> dict[str, Any]:
    """What an expression can name: the package's exports and some tables."""
    module = importlib.import_module(package)
    peer = importlib.import_module("sqlalchemy")
    n: dict[str, Any] = {}
    for name in dir(peer):
        try:
            n[name] = getattr(module, name)
        except AttributeError:
            continue
    n["sqlite"] = importlib.import_module(f"{package}.dialects.sqlite")
    table, column, key = n["Table"], n["Column"], n["ForeignKey"]
    integer, string = n["Integer"], n["String"]
    metadata = n["MetaData"]()

    def pk() -> Any:
        return column("id", integer, primary_key=True)

    n["u"] = table(
        "users", metadata, pk(), column("name", string(50)), column("age", integer),
        column("active", n["Boolean"]), column("f", n["Float"]),
    )  # fmt: skip
    n["a"] = table("addr", metadata, pk(), column("uid", key("users.id")), column("email", string))
    n["o"] = table("other", metadata, pk())
    n["node"] = table(
        "node", metadata, pk(), column("parent_id", key("node.id")), column("data", string)
    )
    n["two"] = table(
        "two", metadata, pk(), column("u1", key("users.id")), column("u2", key("users.id"))
    )
    n["qq"] = table(
        "Order", metadata, column("Id", integer, primary_key=True), column("select", string),
        column("we ird", string), column("x%y", string), column("a-b", integer),
    )  # fmt: skip
    n["sch"] = table("tb", metadata, pk(), column("v", string), schema="other")
    n["df"] = table(
        "df", metadata, pk(), column("s", string, default="x"),
        column("c", integer, default=lambda: 5), column("e", integer, default=n["func"].max(3)),
        column("sd", string, server_default="q"), column("up", integer, onupdate=lambda: 7),
        column("upe", integer, onupdate=n["func"].now()),
    )  # fmt: skip
    n["d"] = table(
        "dates", metadata, pk(), column("day", n["Date"]), column("at", n["DateTime"]),
        column("num", n["Numeric"](10, 2)), column("js", n["JSON"]),
        column("en", n["Enum"]("a", "b", name="en")), column("bin", n["LargeBinary"]),
    )  # fmt: skip
    n["X"] = Unknown
    return n


def same(text: str) -> str:
    """Text without the package's name and addresses."""
    text = text.replace("sqlalchemy", "cormorant").replace("test_expressions.", "")
    return re.sub(r"0x[0-9a-f]+|\b\d{9,}\b", "ADDR", text)


def outcome(action: Any) -> Any:
    """What an action gives, or its error."""
    try:
        value = action()
    except Exception as error:
        return "error", type(error).__name__, same(str(error))
    return same(value) if isinstance(value, str) else value


def evaluate(expression: str, package: str) -> Any:
    """All that is compared of an expression."""
    n = namespace(package)
    try:
        built = eval(expression, n)
    except Exception as error:
        return "error", type(error).__name__, same(str(error))
    if not hasattr(built, "compile"):
        return same(repr(built))
    dialect = n["sqlite"].dialect()

    def compiled(dialect: Any, **kw: Any) -> Any:
        made = built.compile(dialect=dialect, **kw)
        columns = [same(str(c[0])) for c in made._result_columns]
        return same(str(made)), same(repr(made.params)), columns

    def text(**kw: Any) -> str:
        return str(built.compile(dialect=dialect, compile_kwargs=kw))

    return {
        "sqlite": outcome(lambda: compiled(dialect)),
        "order": outcome(lambda: built.compile(dialect=dialect).positiontup),
        "default": outcome(lambda: compiled(None)),
        "literal": outcome(lambda: text(literal_binds=True)),
        "expanded": outcome(lambda: text(render_postcompile=True)),
    }


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expression(expression: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert evaluate(expression, "cormorant") == evaluate(expression, "sqlalchemy")


def test_there_are_many() -> None:
    assert len(EXPRESSIONS) >= 600
