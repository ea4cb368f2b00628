"""Plans of statements whose parameters mean what literals in their places would.

psycopg2 writes values into the SQL. The server infers the type of a text from its place, as that
of a literal in quotes. It needs to be told where every type will do (see `untyped`). Of a literal
that is there twice each is of its own type, so each use of a name is a parameter by itself. But
where GROUP BY or DISTINCT compare expressions, equal literals are equal: one parameter stands for
all uses of a name and for the names whose values are the same. A tuple is written as a row of
parameters.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ... import _core
from ...engine.plans import alike
from .paramstyle import MARK, driver_plan, named_plan, values_of, wire_of_compiled
from .untyped import untyped_places

_COMPARED = re.compile(r"\b(?:GROUP\s+BY|DISTINCT)\b", re.I)
# ``INTERVAL '1 day'``: a type before a literal, where no parameter may stand
_TYPED = re.compile(
    r"\b(INTERVAL|DATE|TIME(?:STAMP(?:TZ)?)?(?:\s+WITH(?:OUT)?\s+TIME\s+ZONE)?)\s+(%\(\w+\)s)", re.I
)


def compares(sql: str) -> bool:
    """Whether equal literals in a statement have to be one parameter."""
    return _COMPARED.search(sql) is not None


def literal_plan(
    sql: str,
    order: Any,
    binds: Any,
    program: Any,
    many: Any,
    same: Mapping[str, str] = {},
    rows: Mapping[str, Any] = {},
) -> _core.Plan:
    """The plan of SQL that was compiled. `same` has another name, whose value is the same, for
    each that has one; `rows`, the tuples among the values, are as rows_among() gives them."""
    binds = [bind[:3] for bind in binds]  # their places say which are declared as text
    text = _with_rows(sql, rows) if rows else sql
    told = untyped_places(text)
    repeated = len(set(order)) < len(order) and many is None and not compares(sql)
    if not (told or same or rows or repeated):
        return named_plan(sql, order, binds, program, many, _castable(sql))
    given = dict(zip(order, binds, strict=True))
    names, chosen, wire = _numbered(text, given, same, rows, told)
    return _core.Plan(sql, chosen, program, wire, names, True, many, True)


def _numbered(
    text: str,
    binds: Mapping[str, Any],
    same: Mapping[str, str],
    rows: Mapping[str, Any],
    told: Collection[int],
) -> tuple[tuple[str, ...], list[Any], str]:
    """The names and binds of the parameters of a literal_plan(), and its SQL for the server.
    `text` has a name for each parameter; `told` are the places where one is declared as text."""
    apart = not compares(text)
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
                    if not as_text:
                        shared = len(names)
                else:
                    numbers[place] = shared
        if name in same or name in rows:  # shown, though nothing in the text needs it
            names.append(name)
            chosen.append((*bind, True))
    following = itertools.count()
    wire = wire_of_compiled(_castable(text), lambda name: numbers[next(following)])
    return tuple(names), chosen, wire


def _castable(sql: str) -> str:
    """SQL with a cast for each type that stands before a parameter."""
    return _TYPED.sub(r"CAST(\2 AS \1)", sql)


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

    return MARK.sub(mark, sql)


def _names(sql: str) -> list[str]:
    """The names of the parameters of SQL, in its order."""
    return [name for name, _ in MARK.findall(sql) if name]


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
        if compares(sql):
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
        text = MARK.sub(lambda m: f"%({next(following)})s" if m[2] == "s" else m[0], sql)
    text = _with_rows(text, dict(rows)) if rows else text
    binds = {name: bind[:3] for name, bind in zip(names, base.binds, strict=True)}
    told = untyped_places(text)
    shown, chosen, wire = _numbered(text, binds, dict(same), dict(rows), told)
    return _core.Plan(
        sql, chosen, None, wire, None if base.names is None else shown, True, None, True
    )
