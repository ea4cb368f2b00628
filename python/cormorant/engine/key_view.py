"""The names of a result's or a row's columns, and where one of them is."""

from __future__ import annotations

from collections.abc import Iterable, KeysView, Set
from typing import Any

from .. import _core, exc
from .row import RowMapping


class RMKeyView(_core.KeyView, Set[str]):
    """The names of the columns of a result or row: all of them, in their order."""

    __slots__ = ()

    @classmethod
    def _from_iterable(cls, it: Iterable[Any]) -> set[Any]:
        return set(it)

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


KeysView.register(RMKeyView)


def index_in(rows: Any, key: Any, count: int) -> int:
    """The place of a name, number or column in rows of so many columns; `rows` has
    `_position()`."""
    index: int | None = rows._position(key)
    if index is None:
        raise exc.NoSuchColumnError(f"Could not locate column in row for column '{key}'")
    if index >= count:
        raise IndexError("list index out of range")
    return index
