"""Python values as the server's text: as literals in SQL, and as fields of COPY."""

from __future__ import annotations

import datetime
import decimal
import ipaddress
import math
import re
import uuid
from collections.abc import Callable
from typing import Any

from .dbapi import ProgrammingError
from .paramstyle import driver_plan, values_of


def _interval(value: datetime.timedelta) -> str:
    return f"{value.days} days {value.seconds}.{value.microseconds:06} seconds"


def _bytes(value: Any) -> str:
    return "\\x" + bytes(value).hex()


def _array(values: list[Any]) -> str:
    items = []
    for value in values:
        if value is None:
            items.append("NULL")
        elif isinstance(value, list):
            items.append(_array(value))
        else:
            escaped = text_of(value).replace("\\", "\\\\").replace('"', '\\"')
            items.append(f'"{escaped}"')
    return "{" + ",".join(items) + "}"


# Each with the type that a literal of it is cast to.
_TEXTS: dict[type, tuple[Callable[[Any], str], str | None]] = {
    str: (str, None),
    bool: (lambda value: "true" if value else "false", None),
    int: (str, None),
    float: (repr, "float8"),
    decimal.Decimal: (str, None),
    bytes: (_bytes, "bytea"),
    bytearray: (_bytes, "bytea"),
    memoryview: (_bytes, "bytea"),
    datetime.date: (str, "date"),
    datetime.time: (str, "time"),
    datetime.timedelta: (_interval, "interval"),
    uuid.UUID: (str, "uuid"),
    list: (_array, None),
    ipaddress.IPv4Address: (str, "inet"),
    ipaddress.IPv6Address: (str, "inet"),
    ipaddress.IPv4Network: (str, "cidr"),
    ipaddress.IPv6Network: (str, "cidr"),
}

_KNOWN = tuple(_TEXTS)


def _found(value: Any) -> tuple[Callable[[Any], str], str | None]:
    if isinstance(value, datetime.datetime):
        return str, "timestamp" if value.tzinfo is None else "timestamptz"
    for cls in type(value).__mro__:
        if cls in _TEXTS:
            return _TEXTS[cls]
    raise ProgrammingError(f"cannot adapt type {type(value).__name__!r} using placeholder '%t'")


def text_of(value: Any) -> str:
    """A value as the server reads it. ProgrammingError if it has no such form."""
    return _found(value)[0](value)


_BARE = (bool, int, float, decimal.Decimal)


def literal(value: Any, standard: bool = False) -> str:
    """A value as a literal of SQL; `standard`: standard_conforming_strings is known to be on.

    ProgrammingError if it has no such form."""
    if value is None:
        return "NULL"
    if not isinstance(value, _KNOWN):
        from .adaptation import literal_of

        found = literal_of(value)
        if found is not None:
            return found
    make, cast = _found(value)
    text = make(value)
    if isinstance(value, _BARE) and (isinstance(value, bool) or math.isfinite(value)):
        # not to be read as one with an operator, nor as the beginning of a comment
        return f" {text}" if text.startswith("-") else text
    if "\0" in text:
        raise ProgrammingError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    quoted = text.replace("'", "''")
    if "\\" in quoted and not standard:
        quoted = " E'" + quoted.replace("\\", "\\\\") + "'"
    else:
        quoted = f"'{quoted}'"
    if isinstance(value, decimal.Decimal):
        cast = "numeric"
    return f"{quoted}::{cast}" if cast is not None else quoted


def _nulls(value: Any) -> str | None:
    """A list of nothing but NULL, as the text of an array; None for another."""
    if value is None:
        return "NULL"
    if not isinstance(value, list):
        return None
    items = [_nulls(item) if item != [] else None for item in value]
    return None if None in items else "{" + ",".join(map(str, items)) + "}"


def literal_of_psycopg2(value: Any, standard: bool = False) -> str:
    """As literal(), as psycopg2 writes it: lists are arrays and tuples rows."""
    if isinstance(value, tuple):
        return f"({', '.join(literal_of_psycopg2(item, standard) for item in value)})"
    if isinstance(value, list):
        if (nulls := _nulls(value)) is not None:
            return f"'{nulls}'"
        # within another an empty list is no literal
        items = [
            "ARRAY[]"
            if isinstance(item, list) and not item
            else literal_of_psycopg2(item, standard)
            for item in value
        ]
        return f"ARRAY[{','.join(items)}]"
    if isinstance(value, datetime.datetime):
        made = literal(value, standard)
        return made.replace(str(value), value.isoformat())
    if isinstance(value, float) and not math.isfinite(value):
        name = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        return f"'{name}'::float"
    return literal(value, standard)


_MARK = re.compile(r"%(?:\(([^)]*)\)s|(.))", re.S)


def compose(
    sql: str,
    parameters: Any,
    standard: bool = False,
    write: Callable[[Any, bool], str] = literal,
) -> str:
    """SQL with the values of ``%s`` or ``%(name)s`` as literals in it, which `write` makes. The
    driver's ProgrammingError if they do not fit."""
    plan = driver_plan(sql)
    texts = [write(value, standard) for value in values_of(plan, parameters)]
    named = dict(zip(plan.names or (), texts, strict=False))
    rest = iter(texts)

    def fill(match: re.Match[str]) -> str:
        name, other = match.groups()
        if name is not None:
            return named[name]
        return "%" if other == "%" else next(rest)

    return _MARK.sub(fill, sql)
