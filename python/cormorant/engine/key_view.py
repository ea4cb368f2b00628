"""The names of a result's or a row's columns, and where one of them is."""

from __future__ import annotations

from collections.abc import Iterator, KeysView, Sequence
from typing import Any

from .. import exc
from .row import RowMapping


class RMKeyView(KeysView[str]):
    """The names of the columns of a result or row: all of them, in their order."""

    __slots__ = ("_keys", "_parent")

    def __init__(self, parent: Any, keys: Sequence[str]) -> None:
        self._parent = parent
        self._keys = keys

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __contains__(self, item: object) -> bool:
        if isinstance(item, int):
            return False
        if isinstance(item, str):
            return item in self._keys
        parent = self._parent
        if parent.__class__ is RowMapping:
            return item in parent
        return parent._position(item) is not None

    def __eq__(self, other: Any) -> bool:
        return list(other) == list(self)

    def __ne__(self, other: Any) -> bool:
        return list(other) != list(self)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"RMKeyView({list(self._keys)!r})"


def index_in(rows: Any, key: Any, count: int) -> int:
    """The place of a name, number or column in rows of so many columns; `rows` has
    `_position()`."""
    index: int | None = rows._position(key)
    if index is None:
        raise exc.NoSuchColumnError(f"Could not locate column in row for column '{key}'")
    if index >= count:
        raise IndexError("list index out of range")
    return index
