"""What a session whose objects are rows of several databases does otherwise than others: it
asks which connection each object is written with. Imported when there is such a session."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from .flushinfo import MapperInfo


def runs(
    session: Any, info: MapperInfo, items: list[Any], of: Callable[[Any], Any] = lambda obj: obj
) -> Iterator[tuple[Any, list[Any]]]:
    """(connection, items) for each run of neighbours whose objects, `of` the items, are written
    with one connection."""
    base = info.mapper.base_mapper
    found = [(session.connection_callable(base, of(item)), item) for item in items]
    for _, run in itertools.groupby(found, key=lambda pair: id(pair[0])):
        group = list(run)
        yield group[0][0], [item for _, item in group]


def save_runs(
    session: Any, info: MapperInfo, new: list[Any], updates: list[Any]
) -> Iterator[tuple[Any, list[Any], list[Any]]]:
    """(connection, new objects, objects to update) of a flush, updates in the order of keys."""
    for connection, group in runs(session, info, info.sorted(updates)):
        yield connection, [], group
    for connection, group in runs(session, info, new):
        yield connection, group, []


def refuse_bulk(what: str) -> NoReturn:
    """Raise what bulk methods of such a session say."""
    raise NotImplementedError(
        f"connection_callable / per-instance sharding not supported in {what}()"
    )
