"""Parameters by name, as programs see them, and by number, as the server does.

SQL is compiled with ``%(name)s`` for a parameter and ``%%`` for a percent sign, which is
what logs and errors show and what execute() of a driver's cursor takes. The server gets
``$1``.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ... import _core, exc

MARK = re.compile(r"%(?:\(([^)]*)\)s|(.)|$)", re.S)


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

    return MARK.sub(mark, sql)


def wire_of_compiled(sql: str, number: Callable[[str], int]) -> str:
    """to_wire() of SQL that was compiled."""
    try:
        return to_wire(sql, number)
    except ValueError as error:
        raise exc.CompileError(str(error)) from error


def named_plan(
    sql: str, order: Any, binds: Any, program: Any, many: Any, sent: str | None = None
) -> _core.Plan:
    """A plan whose parameters are sent once for each name, however often it is used. `sent` is
    what stands for the SQL where they mean what literals would, and JSON is shown as its text."""
    numbers: dict[str, int] = {}
    chosen = []
    for name, bind in zip(order, binds, strict=True):
        if name not in numbers:
            numbers[name] = len(numbers) + 1
            chosen.append(bind)
    wire = wire_of_compiled(sql if sent is None else sent, numbers.__getitem__)
    literals = sent is not None
    return _core.Plan(sql, chosen, program, wire, tuple(numbers), True, many, literals)


def numbered_plan(sql: str, order: Any, binds: Any, program: Any, many: Any) -> _core.Plan:
    """As named_plan(), of SQL that has ``$n`` in it. Where no type is known the server says what a
    list or tuple is."""
    chosen = dict(zip(reversed(order), reversed(binds), strict=True))
    slots = [chosen[name] for name in dict.fromkeys(order)]
    slots = [
        (bind[0], _core.TYPE_ARRAY, (_core.TYPE_ANY, None, False))
        if bind[1] == _core.TYPE_ANY
        else bind
        for bind in slots
    ]
    return _core.Plan(sql, slots, program, sql, None, True, many, True)


@functools.lru_cache(200)
def driver_plan(sql: str) -> _core.Plan:
    """The plan of SQL for the driver, with ``%s`` or ``%(name)s`` for parameters. The
    driver's ProgrammingError if it is malformed."""
    names: dict[str, int] = {}
    marks = 0

    def number(name: str) -> int:
        if marks:
            raise ValueError("positional and named placeholders cannot be mixed")
        return names.setdefault(name, len(names) + 1)

    def place(at: int) -> int:
        nonlocal marks
        if names:
            raise ValueError("positional and named placeholders cannot be mixed")
        marks = at + 1
        return marks

    try:
        wire = to_wire(sql, number, place)
    except ValueError as error:
        from .dbapi import ProgrammingError

        raise ProgrammingError(str(error)) from None
    binds = [(i, _core.TYPE_ANY, None) for i in range(len(names) or marks)]
    return _core.Plan(sql, binds, None, wire, tuple(names) if names else None, True)


def values_of(plan: _core.Plan, parameters: Any) -> Sequence[Any]:
    """The values of a driver_plan() among `parameters`: TypeError for those of the wrong
    kind, the driver's ProgrammingError if some are missing or too many."""
    from .dbapi import ProgrammingError

    if isinstance(parameters, Mapping):
        if plan.names is None and plan.binds and parameters:
            raise TypeError("positional placeholders (%s) require a sequence of parameters")
        names = plan.names or ()
        missing = [name for name in names if name not in parameters]
        if missing:
            raise ProgrammingError(f"query parameter missing: {', '.join(sorted(missing))}")
        values: Sequence[Any] = [parameters[name] for name in names]
    elif isinstance(parameters, (str, bytes)) or not isinstance(parameters, Sequence):
        raise TypeError(
            f"query parameters should be a sequence or a mapping, got {type(parameters).__name__}"
        )
    else:
        values = tuple(parameters)
        if plan.names is not None and values and len(values) == len(plan.binds):
            raise TypeError("named placeholders require a mapping of parameters")
    if len(values) != len(plan.binds):
        raise ProgrammingError(
            f"the query has {len(plan.binds)} placeholders but {len(values)} parameters were passed"
        )
    return values
