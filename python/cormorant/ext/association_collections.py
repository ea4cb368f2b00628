"""What an association proxy to a collection reads as: a list, set or dict of values.

Each is a view: a member of it is an attribute of a member of the relationship behind it.
Adding a value makes an object for it with the proxy's creator.
"""

from __future__ import annotations

from collections.abc import (
    Callable,
    Iterable,
    Iterator,
    MutableMapping,
    MutableSequence,
    MutableSet,
)
from typing import Any

__all__ = ["_AssociationDict", "_AssociationList", "_AssociationSet"]


class _AssociationCollection:
    """What the three kinds share. Reading `col` loads the relationship."""

    def __init__(
        self,
        lazy_collection: Callable[[], Any],
        creator: Callable[..., Any],
        getter: Callable[[Any], Any],
        setter: Callable[..., None],
        parent: Any,
    ) -> None:
        self.lazy_collection = lazy_collection
        self.creator = creator
        self.getter = getter
        self.setter = setter
        self.parent = parent

    @property
    def col(self) -> Any:
        """The collection of the relationship."""
        return self.lazy_collection()

    def __len__(self) -> int:
        return len(self.col)

    def __bool__(self) -> bool:
        return bool(self.col)

    def __getstate__(self) -> Any:
        return {"parent": self.parent, "lazy_collection": self.lazy_collection}

    def __setstate__(self, state: Any) -> None:
        self.parent = state["parent"]
        self.lazy_collection = state["lazy_collection"]
        self.parent._inflate(self)

    def clear(self) -> None:
        """Remove every member."""
        self.col.clear()


class _AssociationList(_AssociationCollection):
    """A list of values."""

    def _create(self, value: Any) -> Any:
        return self.creator(value)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self.getter(member) for member in self.col[index]]
        return self.getter(self.col[index])

    def __setitem__(self, index: Any, value: Any) -> None:
        if not isinstance(index, slice):
            self.setter(self.col[index], value)
            return
        places = range(*index.indices(len(self.col)))
        values = list(value)
        if places.step == 1:
            for _ in places:
                del self[places.start]
            for offset, item in enumerate(values):
                self.insert(places.start + offset, item)
            return
        if len(values) != len(places):
            raise ValueError(
                f"attempt to assign sequence of size {len(values)} to extended slice of size "
                f"{len(places)}"
            )
        for place, item in zip(places, values, strict=True):
            self.setter(self.col[place], item)

    def __delitem__(self, index: Any) -> None:
        del self.col[index]

    def __contains__(self, value: Any) -> bool:
        return any(self.getter(member) == value for member in self.col)

    def __iter__(self) -> Iterator[Any]:
        for member in self.col:
            yield self.getter(member)

    def append(self, value: Any) -> None:
        """Add a value at the end."""
        col = self.col
        col.append(self._create(value))

    def count(self, value: Any) -> int:
        """How often a value is there."""
        return sum(1 for found in self if found == value)

    def extend(self, values: Iterable[Any]) -> None:
        """Add several values."""
        for value in list(values):
            self.append(value)

    def insert(self, index: Any, value: Any) -> None:
        """Add a value at a place."""
        self.col[index:index] = [self._create(value)]

    def pop(self, index: Any = -1) -> Any:
        """Remove a value by its place."""
        return self.getter(self.col.pop(index))

    def remove(self, value: Any) -> None:
        """Remove the first member with a value: ValueError if there is none."""
        for index, found in enumerate(self):
            if found == value:
                del self.col[index]
                return
        raise ValueError("value not in list")

    def index(self, value: Any, *bounds: Any) -> int:
        """The place of a value."""
        return list(self).index(value, *bounds)

    def copy(self) -> list[Any]:
        """The values as a list."""
        return list(self)

    def reverse(self) -> None:
        """Not supported."""
        raise NotImplementedError()

    def sort(self, *args: Any, **kw: Any) -> None:
        """Not supported."""
        raise NotImplementedError()

    def clear(self) -> None:
        """Remove every member."""
        del self.col[0 : len(self.col)]

    def _replace(self, values: Any) -> None:
        self.clear()
        self.extend(values)

    def __eq__(self, other: object) -> bool:
        return list(self) == other

    def __ne__(self, other: object) -> bool:
        return list(self) != other

    def __lt__(self, other: Any) -> bool:
        return bool(list(self) < other)

    def __le__(self, other: Any) -> bool:
        return bool(list(self) <= other)

    def __gt__(self, other: Any) -> bool:
        return bool(list(self) > other)

    def __ge__(self, other: Any) -> bool:
        return bool(list(self) >= other)

    def __add__(self, other: Iterable[Any]) -> list[Any]:
        try:
            added = list(other)
        except TypeError:
            return NotImplemented
        return list(self) + added

    def __radd__(self, other: Iterable[Any]) -> list[Any]:
        try:
            first = list(other)
        except TypeError:
            return NotImplemented
        return first + list(self)

    def __mul__(self, n: Any) -> list[Any]:
        return list(self) * n if isinstance(n, int) else NotImplemented

    __rmul__ = __mul__

    def __iadd__(self, values: Iterable[Any]) -> Any:
        self.extend(values)
        return self

    def __imul__(self, n: Any) -> Any:
        if not isinstance(n, int):
            return NotImplemented
        if n == 0:
            self.clear()
        elif n > 1:
            self.extend(list(self) * (n - 1))
        return self

    def __repr__(self) -> str:
        return repr(list(self))

    def __hash__(self) -> int:
        raise TypeError(f"{type(self).__name__} objects are unhashable")


class _AssociationDict(_AssociationCollection):
    """A dict of values, under the keys of the relationship's dict."""

    def _create(self, key: Any, value: Any) -> Any:
        return self.creator(key, value)

    def __getitem__(self, key: Any) -> Any:
        return self.getter(self.col[key])

    def __setitem__(self, key: Any, value: Any) -> None:
        col = self.col
        if key in col:
            self.setter(col[key], key, value)
        else:
            col[key] = self._create(key, value)

    def __delitem__(self, key: Any) -> None:
        del self.col[key]

    def __contains__(self, key: Any) -> bool:
        return key in self.col

    def __iter__(self) -> Iterator[Any]:
        return iter(self.col.keys())

    def get(self, key: Any, default: Any = None) -> Any:
        """The value under a key."""
        return self[key] if key in self.col else default

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """The value under a key, which is added if it is not there."""
        if key not in self.col:
            self.col[key] = self._create(key, default)
            return default
        return self[key]

    def keys(self) -> Any:
        """The keys."""
        return self.col.keys()

    def items(self) -> Any:
        """The pairs of keys and values."""
        return dict(self._pairs()).items()

    def values(self) -> Any:
        """The values."""
        return dict(self._pairs()).values()

    def _pairs(self) -> Iterator[tuple[Any, Any]]:
        for key, member in self.col.items():
            yield key, self.getter(member)

    def pop(self, key: Any, *default: Any) -> Any:
        """Remove a key."""
        if default and key not in self.col:
            return default[0]
        return self.getter(self.col.pop(key))

    def popitem(self) -> tuple[Any, Any]:
        """Remove some key."""
        key, member = self.col.popitem()
        return key, self.getter(member)

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Add or change several keys."""
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def _replace(self, values: Any) -> None:
        wanted = dict(values)
        have = set(self.col)
        for key, value in wanted.items():
            self[key] = value
        for key in have - set(wanted):
            del self[key]

    def copy(self) -> dict[Any, Any]:
        """The keys and values as a dict."""
        return dict(self._pairs())

    def __eq__(self, other: object) -> bool:
        return dict(self._pairs()) == other

    def __ne__(self, other: object) -> bool:
        return dict(self._pairs()) != other

    def __repr__(self) -> str:
        return repr(dict(self._pairs()))

    def __hash__(self) -> int:
        raise TypeError(f"{type(self).__name__} objects are unhashable")


class _AssociationSet(_AssociationCollection):
    """A set of values."""

    def _create(self, value: Any) -> Any:
        return self.creator(value)

    def __contains__(self, value: Any) -> bool:
        return any(self.getter(member) == value for member in self.col)

    def __iter__(self) -> Iterator[Any]:
        for member in self.col:
            yield self.getter(member)

    def add(self, value: Any) -> None:
        """Add a value unless it is there."""
        if value not in self:
            self.col.add(self._create(value))

    def discard(self, value: Any) -> None:
        """Remove a value if it is there."""
        for member in self.col:
            if self.getter(member) == value:
                self.col.discard(member)
                return

    def remove(self, value: Any) -> None:
        """Remove a value: KeyError if it is not there."""
        for member in self.col:
            if self.getter(member) == value:
                self.col.discard(member)
                return
        raise KeyError(value)

    def pop(self) -> Any:
        """Remove some value."""
        if not self.col:
            raise KeyError("pop from an empty set")
        return self.getter(self.col.pop())

    def update(self, *others: Iterable[Any]) -> None:
        """Add several values."""
        for other in others:
            for value in list(other):
                self.add(value)

    def _replace(self, values: Any) -> None:
        have, wanted = set(self), set(values)
        for value in list(values):
            if value not in have:
                self.add(value)
                have.add(value)
        for value in have - wanted:
            self.remove(value)

    def _become(self, wanted: set[Any]) -> None:
        have = set(self)
        for value in have - wanted:
            self.remove(value)
        for value in wanted - have:
            self.add(value)

    def difference_update(self, *others: Iterable[Any]) -> None:
        """Remove several values."""
        for other in others:
            for value in list(other):
                self.discard(value)

    def intersection_update(self, *others: Iterable[Any]) -> None:
        """Keep what the others have, too."""
        self._become(set(self).intersection(*others))

    def symmetric_difference_update(self, other: Iterable[Any]) -> None:
        """Keep what only one of the two has."""
        self._become(set(self).symmetric_difference(other))

    def __ior__(self, other: Any) -> Any:
        return self._in_place(other, self.update)

    def __isub__(self, other: Any) -> Any:
        return self._in_place(other, self.difference_update)

    def __iand__(self, other: Any) -> Any:
        return self._in_place(other, self.intersection_update)

    def __ixor__(self, other: Any) -> Any:
        return self._in_place(other, self.symmetric_difference_update)

    def _in_place(self, other: Any, change: Callable[[Any], None]) -> Any:
        if not isinstance(other, (set, frozenset, _AssociationSet)):
            return NotImplemented
        change(other)
        return self

    def copy(self) -> set[Any]:
        """The values as a set."""
        return set(self)

    def union(self, *others: Iterable[Any]) -> set[Any]:
        """As `set.union`."""
        return set(self).union(*others)

    def difference(self, *others: Iterable[Any]) -> set[Any]:
        """As `set.difference`."""
        return set(self).difference(*others)

    def intersection(self, *others: Iterable[Any]) -> set[Any]:
        """As `set.intersection`."""
        return set(self).intersection(*others)

    def symmetric_difference(self, other: Iterable[Any]) -> set[Any]:
        """As `set.symmetric_difference`."""
        return set(self).symmetric_difference(other)

    def issubset(self, other: Iterable[Any]) -> bool:
        """As `set.issubset`."""
        return set(self).issubset(other)

    def issuperset(self, other: Iterable[Any]) -> bool:
        """As `set.issuperset`."""
        return set(self).issuperset(other)

    def isdisjoint(self, other: Iterable[Any]) -> bool:
        """As `set.isdisjoint`."""
        return set(self).isdisjoint(other)

    def __or__(self, other: Any) -> set[Any]:
        return self.union(other)

    def __sub__(self, other: Any) -> set[Any]:
        return self.difference(other)

    def __and__(self, other: Any) -> set[Any]:
        return self.intersection(other)

    def __xor__(self, other: Any) -> set[Any]:
        return self.symmetric_difference(other)

    def __eq__(self, other: object) -> bool:
        return set(self) == other

    def __ne__(self, other: object) -> bool:
        return set(self) != other

    def __lt__(self, other: Any) -> bool:
        return set(self) < other  # type: ignore[no-any-return]

    def __le__(self, other: Any) -> bool:
        return set(self) <= other  # type: ignore[no-any-return]

    def __gt__(self, other: Any) -> bool:
        return set(self) > other  # type: ignore[no-any-return]

    def __ge__(self, other: Any) -> bool:
        return set(self) >= other  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return repr(set(self))

    def __hash__(self) -> int:
        raise TypeError(f"{type(self).__name__} objects are unhashable")


MutableSequence.register(_AssociationList)
MutableMapping.register(_AssociationDict)
MutableSet.register(_AssociationSet)
