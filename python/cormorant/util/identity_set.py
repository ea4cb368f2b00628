"""A set whose members are told apart by identity, as those of Session.new are."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any


class IdentitySet:
    """A set of objects compared by identity.

    As of a set, methods take any iterable, operators another IdentitySet alone.
    """

    __slots__ = ("_members",)

    def __init__(self, items: Iterable[Any] | None = ()) -> None:
        self._members: dict[int, Any] = {id(item): item for item in items} if items else {}

    # --- single members ---------------------------------------------------------

    def add(self, item: Any) -> None:
        self._members[id(item)] = item

    def discard(self, item: Any) -> None:
        self._members.pop(id(item), None)

    def remove(self, item: Any) -> None:
        del self._members[id(item)]

    def pop(self) -> Any:
        """Remove a member, and return it; KeyError if there is none."""
        if not self._members:
            raise KeyError("pop from an empty set")
        return self._members.popitem()[1]

    def clear(self) -> None:
        self._members.clear()

    def copy(self) -> IdentitySet:
        new = IdentitySet()
        new._members = dict(self._members)
        return new

    __copy__ = copy

    # --- with other sets --------------------------------------------------------

    def update(self, items: Iterable[Any]) -> None:
        for item in items:
            self._members[id(item)] = item

    def difference_update(self, items: Iterable[Any]) -> None:
        for item in list(items):
            self._members.pop(id(item), None)

    def intersection_update(self, items: Iterable[Any]) -> None:
        self._members = self.intersection(items)._members

    def symmetric_difference_update(self, items: Iterable[Any]) -> None:
        self._members = self.symmetric_difference(items)._members

    def union(self, items: Iterable[Any]) -> IdentitySet:
        new = self.copy()
        new.update(items)
        return new

    def difference(self, items: Iterable[Any]) -> IdentitySet:
        new = self.copy()
        new.difference_update(items)
        return new

    def intersection(self, items: Iterable[Any]) -> IdentitySet:
        return IdentitySet(item for item in items if item in self)

    def symmetric_difference(self, items: Iterable[Any]) -> IdentitySet:
        other = IdentitySet(items)
        return self.difference(other).union(other.difference(self))

    def issubset(self, items: Iterable[Any]) -> bool:
        return self._members.keys() <= IdentitySet(items)._members.keys()

    def issuperset(self, items: Iterable[Any]) -> bool:
        return self._members.keys() >= IdentitySet(items)._members.keys()

    def __or__(self, other: object) -> IdentitySet:
        return self.union(other) if isinstance(other, IdentitySet) else NotImplemented

    def __and__(self, other: object) -> IdentitySet:
        return self.intersection(other) if isinstance(other, IdentitySet) else NotImplemented

    def __sub__(self, other: object) -> IdentitySet:
        return self.difference(other) if isinstance(other, IdentitySet) else NotImplemented

    def __xor__(self, other: object) -> IdentitySet:
        if not isinstance(other, IdentitySet):
            return NotImplemented
        return self.symmetric_difference(other)

    def _changed(self, other: object, change: Callable[[IdentitySet], None]) -> IdentitySet:
        if not isinstance(other, IdentitySet):
            return NotImplemented  # type: ignore[no-any-return]
        change(other)
        return self

    def __ior__(self, other: object) -> IdentitySet:
        return self._changed(other, self.update)

    def __iand__(self, other: object) -> IdentitySet:
        return self._changed(other, self.intersection_update)

    def __isub__(self, other: object) -> IdentitySet:
        return self._changed(other, self.difference_update)

    def __ixor__(self, other: object) -> IdentitySet:
        return self._changed(other, self.symmetric_difference_update)

    def _compared(self, other: object, how: Callable[[Any, Any], bool]) -> bool:
        if not isinstance(other, IdentitySet):
            return NotImplemented  # type: ignore[no-any-return]
        return how(self._members.keys(), other._members.keys())

    def __lt__(self, other: object) -> bool:
        return self._compared(other, operator.lt)

    def __le__(self, other: object) -> bool:
        return self._compared(other, operator.le)

    def __gt__(self, other: object) -> bool:
        return self._compared(other, operator.gt)

    def __ge__(self, other: object) -> bool:
        return self._compared(other, operator.ge)

    def __eq__(self, other: object) -> bool:
        return self._compared(other, operator.eq)

    def __hash__(self) -> int:
        raise TypeError("set objects are unhashable")

    # --- as a collection --------------------------------------------------------

    def __contains__(self, item: object) -> bool:
        return id(item) in self._members

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._members.values()))

    def __len__(self) -> int:
        return len(self._members)

    def __reduce__(self) -> Any:
        return IdentitySet, (list(self._members.values()),)

    def __repr__(self) -> str:
        return f"IdentitySet({list(self._members.values())!r})"
