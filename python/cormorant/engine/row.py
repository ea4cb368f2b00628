"""Result rows; they are made by the core."""

from __future__ import annotations

from typing import Any

from .._core import Row, RowKeys, RowMapping

__all__ = ["BaseRow", "Row", "RowMapping"]

BaseRow = Row


def keys_of_parent(parent: Any, key_to_index: dict[Any, int], count: int) -> RowKeys:
    """The keys of Row(parent, processors, key_to_index, data), of `count` items.

    parent: the `_parent` of another row, or anything with `keys`.
    """
    if isinstance(parent, RowKeys):
        names, lookup = parent.items, parent.lookup
    else:
        names, lookup = tuple(parent.keys), key_to_index.get
    names = (*names[:count], *[None] * (count - len(names)))
    index = {
        name: position
        for name, position in key_to_index.items()
        if isinstance(name, str) and -1 <= position < count
    }
    return RowKeys(names, index, lookup, parent)
