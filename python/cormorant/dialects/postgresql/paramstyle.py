"""Parameters by name, as programs see them, and by number, as the server does.

SQL is compiled with ``%(name)s`` for a parameter and ``%%`` for a percent sign, which is
what logs and errors show and what execute() of a driver's cursor takes. The server gets
``$1``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ... import exc

_MARK = re.compile(r"%(?:\(([^)]*)\)s|(.)|$)", re.S)


def to_wire(sql: str, number: Callable[[str], int], at: Callable[[int], int] | None = None) -> str:
    """SQL with ``$n`` in place of ``%(name)s``: `number` gives n for a name.

    `at` gives it for the ``%s`` whose place among them it is told; without it those are an
    error, as any other character after a percent sign: ValueError.
    """
    if "%" not in sql:
        return sql
    count = 0

    def mark(match: re.Match[str]) -> str:
        nonlocal count
        name, other = match.groups()
        if name is not None:
            return f"${number(name)}"
        if other == "%":
            return "%"
        if other == "s" and at is not None:
            count += 1
            return f"${at(count - 1)}"
        if other is None or other.isspace():
            raise ValueError(
                "incomplete placeholder: '%'; if you want to use '%' as an operator you can "
                "double it up, i.e. use '%%'"
            )
        shown = "%" + other
        if other == "s":
            raise ValueError("positional and named placeholders cannot be mixed")
        if other == "(":
            raise ValueError(f"incomplete placeholder: '{sql[match.start() :]}'")
        raise ValueError(f"only '%s', '%b', '%t' are allowed as placeholders, got '{shown}'")

    return _MARK.sub(mark, sql)


def named_plan(sql: str, order: Any, binds: Any, program: Any, make: Callable[..., Any]) -> Any:
    """A plan whose parameters are sent once for each name, however often it is used."""
    numbers: dict[str, int] = {}
    chosen = []
    for name, bind in zip(order, binds, strict=True):
        if name not in numbers:
            numbers[name] = len(numbers) + 1
            chosen.append(bind)
    try:
        wire = to_wire(sql, numbers.__getitem__)
    except ValueError as error:
        raise exc.CompileError(str(error)) from error
    return make(sql, chosen, program, wire, tuple(numbers), True)
