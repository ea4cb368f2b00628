"""Fetching from finished results: what a Result and the views of one have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from typing import Any

from .. import exc
from .row import Row


def narrowed(rows: list[Any], keys: Any, indexes: tuple[int, ...] | None) -> list[Any]:
    """Rows of the items at these places, with these keys; None: as they are."""
    if indexes is None:
        return rows
    if len(indexes) < 2:
        return [Row(keys, [row[i] for i in indexes]) for row in rows]
    take = itemgetter(*indexes)
    return [Row(keys, take(row)) for row in rows]


def unlike(
    rows: Iterable[Any], seen: set[Any], strategy: Callable[[Any], Any] | None
) -> Iterator[Any]:
    """Rows without repetitions of those that were there before."""
    for row in rows:
        mark = row if strategy is None else strategy(row)
        if mark not in seen:
            seen.add(mark)
            yield row


class _ResultBase:
    """What Result and its filtering views share: fetching through `_take`."""

    _yield_per: int | None = None
    _usual_size: int
    _unique_filter: tuple[set[Any], Callable[[Any], Any] | None] | None = None

    def _take(self, count: int) -> list[Any]:
        """The next `count` finished results (all: -1); [] at the end."""
        raise NotImplementedError()

    def _end(self) -> None:
        """Close for good."""
        raise NotImplementedError()

    def _forgo_unique(self) -> None:
        """A method that takes single rows does not ask for unique()."""

    def _is_no_object(self, row: Any) -> bool:
        """Whether a row is the one entity that an outer join did not find."""
        return False

    def _first(self) -> Any:
        self._forgo_unique()
        rows = self._take(1)
        self._end()
        return rows[0] if rows and not self._is_no_object(rows[0]) else None

    def _one(self, none: bool) -> Any:
        rows = self._take(2)
        self._end()
        if rows and not self._is_no_object(rows[0]):
            if len(rows) == 1:
                return rows[0]
            raise exc.MultipleResultsFound(
                "Multiple rows were found when one or none was required"
                if none
                else "Multiple rows were found when exactly one was required"
            )
        if none:
            return None
        raise exc.NoResultFound("No row was found when one was required")

    def _rows_of_zero(self) -> int:
        """How many rows fetchmany(0) takes."""
        return 0

    def _many(self, size: int | None) -> list[Any]:
        if size == 0:
            size = 0 if self._unique_filter is not None else self._rows_of_zero()
            return self._take(size) if size else []
        return self._take(size or self._yield_per or self._usual_size)

    def _parts(self, size: int | None) -> Iterator[list[Any]]:
        while True:
            rows = self._many(size)
            if not rows:
                return
            yield rows
