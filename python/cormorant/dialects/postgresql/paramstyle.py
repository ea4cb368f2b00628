"""Parameters by name, as programs see them, and by number, as the server does.

SQL is compiled with ``%(name)s`` for a parameter and ``%%`` for a percent sign, which is
what logs and errors show and what execute() of a driver's cursor takes. The server gets
``$1``.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from ... import _core, exc
from ...engine.plans import alike
from .untyped import untyped_places

COMPARED = re.compile(r"\b(?:GROUP\s+BY|DISTINCT)\b", re.I)
# ``INTERVAL '1 day'``: a type before a literal, where no parameter may stand
_TYPED = re.compile(
    r"\b(INTERVAL|DATE|TIME(?:STAMP(?:TZ)?)?(?:\s+WITH(?:OUT)?\s+TIME\s+ZONE)?)\s+(%\(\w+\)s)", re.I
)
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


def _wire(sql: str, number: Callable[[str], int]) -> str:
    """to_wire() of SQL that was compiled."""
    try:
        return to_wire(sql, number)
    except ValueError as error:
        raise exc.CompileError(str(error)) from error


def named_plan(
    sql: str, order: Any, binds: Any, program: Any, many: Any, literals: bool = False
) -> _core.Plan:
    """A plan whose parameters are sent once for each name, however often it is used. With
    `literals` they mean what those would, and JSON is shown as its text."""
    numbers: dict[str, int] = {}
    chosen = []
    for name, bind in zip(order, binds, strict=True):
        if name not in numbers:
            numbers[name] = len(numbers) + 1
            chosen.append(bind)
    sent = _TYPED.sub(r"CAST(\2 AS \1)", sql) if literals else sql
    wire = _wire(sent, numbers.__getitem__)
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


def literal_plan(
    sql: str,
    order: Any,
    binds: Any,
    program: Any,
    many: Any,
    same: Mapping[str, str] = {},
    rows: Mapping[str, Any] = {},
) -> _core.Plan:
    """A plan whose parameters mean what literals in their places would.

    The server infers the type of a text from its place, as that of a literal in quotes. It
    needs to be told where every type will do (see `untyped`). Of a literal that is there twice
    each is of its own type, so each use of a name is a parameter by itself. But where GROUP BY
    or DISTINCT compare expressions, equal literals are equal: one parameter stands for all uses
    of a name and for the names that `same` has with it, whose values are the same. A tuple is
    written as a row of parameters: `rows` are as rows_among() gives them.
    """
    binds = [bind[:3] for bind in binds]  # their places say which are declared as text
    text = _with_rows(sql, rows) if rows else sql
    told = untyped_places(text)
    apart = COMPARED.search(sql) is None
    repeated = len(set(order)) < len(order) and many is None and apart
    if not (told or same or rows or repeated):
        return named_plan(sql, order, binds, program, many, True)
    given = dict(zip(order, binds, strict=True))
    names, chosen, wire = _literals(text, given, same, rows, told, apart)
    return _core.Plan(sql, chosen, program, wire, names, True, many, True)


def _literals(
    text: str,
    binds: Mapping[str, Any],
    same: Mapping[str, str],
    rows: Mapping[str, Any],
    told: Collection[int],
    apart: bool,
) -> tuple[tuple[str, ...], list[Any], str]:
    """The names and binds of the parameters of a literal_plan(), and its SQL for the server."""
    uses: dict[str, list[int]] = {}
    for place, name in enumerate(_names(text)):
        whole, mark, item = name.partition(_ITEM)
        uses.setdefault(same.get(whole, whole) + mark + item, []).append(place)
    names: list[str] = []
    chosen = []
    numbers = {}  # by place
    for name, bind in binds.items():
        parts = {name: bind}
        if name in rows:
            parts = {n: (i, _core.TYPE_ANY, None) for n, i in _items(name, *rows[name])}
        for part, made in parts.items():
            shared = 0
            for place in uses.get(part, ()):
                as_text = place in told
                if apart or as_text or not shared:
                    names.append(name)
                    chosen.append((*made, True) if as_text else made)
                    numbers[place] = len(names)
                    shared = shared if as_text else len(names)
                else:
                    numbers[place] = shared
        if name in same or name in rows:  # shown, though nothing in the text needs it
            names.append(name)
            chosen.append((*bind, True))
    following = itertools.count()
    sent = _TYPED.sub(r"CAST(\2 AS \1)", text)
    wire = _wire(sent, lambda name: numbers[next(following)])
    return tuple(names), chosen, wire


_ITEM = "\0"
"""Between a parameter's name and the number of an item of the tuple that it is."""


def rows_among(
    rows: Mapping[str, tuple[Any, ...]], first: int
) -> tuple[dict[str, tuple[Any, int]], list[Any]]:
    """By the names of tuples: a tuple with None for each value in it, and which of all values
    comes first, the others following it; and all those values."""
    items: list[Any] = []

    def shape(row: tuple[Any, ...]) -> Any:
        made: list[Any] = []
        for item in row:
            if isinstance(item, tuple):
                made.append(shape(item))
            else:
                made.append(None)
                items.append(item)
        return tuple(made)

    return {name: (first + len(items), shape(row)) for name, row in rows.items()}, items


def _items(name: str, first: int, shape: Any) -> list[tuple[str, int]]:
    """The names of the items of a tuple, and which values they have."""
    found: list[tuple[str, int]] = []
    waiting = [shape]
    while waiting:
        item = waiting.pop()
        if item is None:
            found.append((f"{name}{_ITEM}{len(found)}", first + len(found)))
        else:
            waiting += reversed(item)
    return found


def _with_rows(sql: str, rows: Mapping[str, Any]) -> str:
    """SQL with a row of parameters for each use of a tuple."""

    def written(shape: Any, names: Iterator[tuple[str, int]]) -> str:
        if shape is None:
            return f"%({next(names)[0]})s"
        return f"({', '.join(written(item, names) for item in shape)})"

    def mark(match: re.Match[str]) -> str:
        name = match[1]
        if name not in rows:
            return match[0]
        return written(rows[name][1], iter(_items(name, *rows[name])))

    return _MARK.sub(mark, sql)


def _names(sql: str) -> list[str]:
    """The names of the parameters of SQL, in its order."""
    return [name for name, _ in _MARK.findall(sql) if name]


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


def literal_driver_plan(sql: str, sets: Sequence[Any]) -> tuple[_core.Plan, list[Sequence[Any]]]:
    """As driver_plan() and values_of() of each of the sets, where the parameters mean what literals
    in their places would. Of several sets tuples are no rows but the text of such."""
    base = driver_plan(sql)
    values = [values_of(base, parameters) for parameters in sets]
    names = base.names or tuple(map(str, range(len(base.binds))))
    rows: dict[str, Any] = {}
    same: dict[str, str] = {}
    if len(values) == 1 and names:
        found = dict(zip(names, values[0], strict=True))
        tuples = {name: value for name, value in found.items() if isinstance(value, tuple)}
        rows, items = rows_among(tuples, len(names))
        values = [[*values[0], *items]]
        if COMPARED.search(sql) is not None:
            compared = [(name, i, (_core.TYPE_ANY, None)) for i, name in enumerate(names)]
            same = alike(compared, values[0])
    return _literal_driver_plan(sql, tuple(same.items()), tuple(rows.items())), values


@functools.lru_cache(200)
def _literal_driver_plan(
    sql: str, same: tuple[tuple[str, str], ...], rows: tuple[tuple[str, Any], ...]
) -> _core.Plan:
    base = driver_plan(sql)
    names, text = base.names, sql
    if names is None:
        names = tuple(map(str, range(len(base.binds))))
        following = iter(names)
        text = _MARK.sub(lambda m: f"%({next(following)})s" if m[2] == "s" else m[0], sql)
    text = _with_rows(text, dict(rows)) if rows else text
    apart = COMPARED.search(sql) is None
    binds = {name: bind[:3] for name, bind in zip(names, base.binds, strict=True)}
    told = untyped_places(text)
    shown, chosen, wire = _literals(text, binds, dict(same), dict(rows), told, apart)
    return _core.Plan(
        sql, chosen, None, wire, None if base.names is None else shown, True, None, True
    )
