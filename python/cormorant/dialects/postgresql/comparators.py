"""Operators that types with keys share."""

from __future__ import annotations

from typing import Any

from ...sql.type_comparator import Comparator
from .operators import CONTAINED_BY, CONTAINS, HAS_ALL, HAS_ANY, HAS_KEY


class KeyComparator(Comparator):
    """Operators of what has keys and may be part of another such value: HSTORE, JSONB."""

    __slots__ = ()

    def has_key(self, other: Any) -> Any:
        """``?``: whether there is such a key."""
        return self.operate(HAS_KEY, other)

    def has_all(self, other: Any) -> Any:
        """``?&``: whether there are all of these keys."""
        return self.operate(HAS_ALL, other)

    def has_any(self, other: Any) -> Any:
        """``?|``: whether there is any of these keys."""
        return self.operate(HAS_ANY, other)

    def contains(self, other: Any, **kw: Any) -> Any:
        """``@>``: whether all of `other` is there."""
        return self.operate(CONTAINS, other)

    def contained_by(self, other: Any) -> Any:
        """``<@``: whether all of it is in `other`."""
        return self.operate(CONTAINED_BY, other)
