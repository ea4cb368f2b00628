"""Where the item of a name or a column is in the rows of a result."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from .. import exc


def index_of_names(
    names: Sequence[str], objects: Sequence[Sequence[Any]]
) -> tuple[dict[str, int], set[int]]:
    """Where the column of a name is, -1 for a name of several; and the hashes of columns that
    are there several times. Both only matter where a name is repeated."""
    index: dict[str, int] = {}
    for number, found in enumerate(objects):
        for obj in found:
            if isinstance(obj, str):
                index[str(obj)] = number
    for number, name in enumerate(names):
        index[name] = number
    repeated: set[int] = set()
    if len(set(names)) == len(names):
        return index, repeated
    first: dict[Any, int] = {}
    for number, found in enumerate(objects):
        for obj in (names[number], *found):
            key = str(obj) if isinstance(obj, str) else hash(obj)
            if first.setdefault(key, number) == number:
                continue
            if isinstance(key, str):
                index[key] = -1
            else:
                repeated.add(key)
    return index, repeated


def make_lookup(
    objects: Sequence[Sequence[Any]], repeated: Collection[int] = ()
) -> Callable[[Any], int | None]:
    """From a column (or what stands for one) to the position in the row.

    `repeated`: hashes of those that are there several times, which is an error to ask for.
    """
    table: dict[int, int] = {}
    keep = []
    for number, found in enumerate(objects):
        for obj in found:
            if not isinstance(obj, str):
                keep.append(obj)
                table.setdefault(hash(obj), number)
    learned: dict[Any, int | None] = {}

    def of_the_same_form(key: Any) -> int | None:
        # A statement of the same form was compiled before this one, whose aliases and subqueries
        # are other objects. The columns learned are few: they are kept alive.
        if key not in learned:
            if len(learned) >= 100:
                learned.clear()
            learned[key] = _find_by_form(key, objects)
        return learned[key]

    def lookup(key: Any, keep: Any = keep) -> int | None:
        try:
            number = table.get(hash(key))
        except TypeError:
            return None
        if number is None:
            element = getattr(key, "__clause_element__", None)
            if element is not None:
                number = table.get(hash(element()))
            if number is None and getattr(key, "_is_column", False):
                number = of_the_same_form(key)
        elif repeated and hash(key) in repeated:
            raise exc.InvalidRequestError(
                f"Ambiguous column name '{key}' in result set column descriptions"
            )
        return number

    return lookup


def _find_by_form(column: Any, objects: Sequence[Sequence[Any]]) -> int | None:
    """The place of the only column that is written as `column` is, in what is written alike."""
    form = column._generate_cache_key()[0]
    if form is None:
        return None
    places = {
        number
        for number, found in enumerate(objects)
        for obj in found
        if getattr(obj, "_is_column", False) and obj._generate_cache_key()[0] == form
    }
    return places.pop() if len(places) == 1 else None
