"""Values of classes that psycopg2 or psycopg has adapters for: their wrappers of JSON and bytes, and
what programs have registered.

A parameter goes to the server by itself, so what psycopg2 writes as a literal is read again.
"""

from __future__ import annotations

import re
import sys
from decimal import Decimal
from typing import Any

from .raw import identifier as quoted_identifier

_LITERAL = re.compile(
    r"""\s*(?: (?P<null>NULL) | (?P<truth>true|false)
    | (?P<whole>-?[0-9]+) | (?P<number>-?[0-9]+\.?[0-9]*(?:e[-+]?[0-9]+)?)
    | (?:'(?P<text>(?:[^']|'')*)'|E'(?P<escaped>(?:[^'\\]|''|\\['\\])*)')
      (?:::(?P<cast>\w+))? )\s*""",
    re.X | re.I | re.S,
)
_BYTES = re.compile(r"\\x(?:[0-9a-f]{2})*", re.I)
# Digits of an int: more take int() long, which refuses those above 4,300.
_DIGITS = 1000


def adapted(value: Any) -> Any:
    """What a value becomes, or itself if no driver that the program has imported knows it.

    Raises the error of an adapter; ProgrammingError if it writes what is no single literal.
    """
    extensions = sys.modules.get("psycopg2.extensions")
    if extensions is not None:
        if isinstance(value, extensions.Binary):
            return bytes(value.adapted)
        extras = sys.modules.get("psycopg2.extras")
        if extras is not None and isinstance(value, extras.Range):
            return _range_text(value)
        literal = literal_of(value)
        if literal is not None:
            return _of_literal(literal, value)
    psycopg = sys.modules.get("psycopg")
    if psycopg is not None:
        format_ = sys.modules["psycopg.adapt"].PyFormat.TEXT
        try:
            dumper = psycopg.adapters.get_dumper(type(value), format_)(type(value))
        except psycopg.ProgrammingError:
            return value
        text = dumper.dump(value)
        return None if text is None else bytes(text).decode()
    return value


def literal_of(value: Any) -> str | None:
    """The literal that psycopg2's adapter of a value writes, None if it has none or the program
    has not imported psycopg2."""
    extensions = sys.modules.get("psycopg2.extensions")
    if extensions is None:
        return None
    try:
        adapter = extensions.adapt(value)
    except sys.modules["psycopg2"].ProgrammingError:
        return None
    extras = sys.modules.get("psycopg2.extras")
    if extras is not None and isinstance(adapter, extras.HstoreAdapter):
        return None  # of all dicts, once one connection has it: it writes no literal but a call
    return adapter.getquoted().decode()  # type: ignore[no-any-return]


def composed_text(sql: Any) -> str:
    """The text of a statement that was composed of psycopg2's or psycopg's `sql` objects.

    TypeError if it is none."""
    module = sys.modules.get("psycopg2.sql")
    if module is None or not isinstance(sql, module.Composable):
        if not hasattr(sql, "as_string"):
            raise TypeError(f"SQL is a str or bytes, not {type(sql).__name__}")
        return sql.as_string(None)  # type: ignore[no-any-return]
    if isinstance(sql, module.Composed):
        return "".join([composed_text(part) for part in sql.seq])
    if isinstance(sql, module.Identifier):
        return ".".join([quoted_identifier(name) for name in sql.strings])
    if isinstance(sql, module.Literal):
        from .literals import literal

        return literal(sql.wrapped)
    return sql.as_string(None)  # type: ignore[no-any-return]


def _range_text(value: Any) -> str:
    """A range of psycopg2's as the server reads it."""
    if value.isempty:
        return "empty"
    ends = []
    for end in (value.lower, value.upper):
        text = "" if end is None else str(end)
        if re.search(r'[\s,()\[\]"\\]', text):
            escaped = text.replace("\\", "\\\\").replace('"', '\\"')
            text = f'"{escaped}"'
        ends.append(text)
    left, right = value._bounds
    return f"{left}{ends[0]},{ends[1]}{right}"


def _of_literal(literal: str, value: Any) -> Any:
    """The value of a literal of the server's."""
    found = _LITERAL.fullmatch(literal)
    if found is None:
        raise _unsent(literal, value)
    if found["null"]:
        return None
    if found["truth"]:
        return found["truth"].lower() == "true"
    number = found["whole"] or found["number"]
    if number is not None:
        if found["whole"] and len(number) <= _DIGITS:
            return int(number)
        try:
            return Decimal(number)
        except ArithmeticError:
            raise _unsent(literal, value) from None
    if found["escaped"] is not None:
        text = re.sub(r"\\(.)", r"\1", found["escaped"].replace("''", "'"))
    else:
        text = found["text"].replace("''", "'")
    if found["cast"] == "bytea" and _BYTES.fullmatch(text):
        return bytes.fromhex(text[2:])
    return text


def _unsent(literal: str, value: Any) -> Exception:
    from .dbapi import ProgrammingError

    return ProgrammingError(
        f"cannot send a {type(value).__name__!r} as a parameter: it is written as {literal}"
    )
