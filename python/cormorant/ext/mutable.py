"""Values that can change in place: their owners are told, and written by the next flush.

    class Thing(Base):
        data = Column(MutableDict.as_mutable(JSON))

    thing.data["key"] = "value"   # thing is dirty now

A value knows its owners by weak references (`_parents`). It learns them when it is assigned,
and when it is first read after it was loaded.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar

from .. import event, types
from ..orm.attributes import flag_modified
from ..orm.base import object_mapper
from ..orm.mapper import Mapper
from ..util import memoized_property

__all__ = ["Mutable", "MutableBase", "MutableComposite", "MutableDict", "MutableList", "MutableSet"]

_T = TypeVar("_T")
_KT = TypeVar("_KT")
_VT = TypeVar("_VT")

_ORIGINAL_TYPE = "_ext_mutable_orig_type"


class _Parents(dict[int, tuple[weakref.ref[Any], str]]):
    """The owners of a value: objects, by identity and weakly, and the attribute that has it."""

    __slots__ = ()

    def add(self, obj: Any, key: str) -> None:
        """An object has the value in an attribute."""
        self[id(obj)] = (weakref.ref(obj), key)
        count = dict.__len__(self)
        if count >= 8 and count & (count - 1) == 0:
            # Owners that are gone are forgotten now and then: to be told of each would cost the
            # many values that have one owner more than all else.
            for number, (ref, _) in list(dict.items(self)):
                if ref() is None:
                    del self[number]

    def discard(self, obj: Any) -> None:
        """An object does not have the value any more."""
        self.pop(id(obj), None)

    def objects(self) -> list[tuple[Any, str]]:
        """The owners, and their attributes."""
        pairs = [(ref(), key) for ref, key in list(self.values())]
        return [(obj, key) for obj, key in pairs if obj is not None]

    def items(self) -> list[tuple[Any, str]]:  # type: ignore[override]
        """The states of the owners, and their attributes."""
        from ..orm.instance import InstanceState

        return [(InstanceState(obj), key) for obj, key in self.objects()]

    def __iter__(self) -> Iterator[Any]:
        return iter([state for state, _ in self.items()])

    def __len__(self) -> int:
        return len(self.objects())


def _own(value: Any, obj: Any, key: str) -> None:
    """An object has the value in an attribute: as value._parents.add(obj, key)."""
    members = value.__dict__
    parents = members.get("_parents")
    if parents is None:
        # the first owner: without a frame for what makes a property's value, and for its method
        members["_parents"] = parents = _Parents()
        parents[id(obj)] = (weakref.ref(obj), key)
    else:
        parents.add(obj, key)


class MutableBase:
    """What values that know their owners have in common."""

    @memoized_property
    def _parents(self) -> Any:
        return _Parents()

    @classmethod
    def coerce(cls, key: str, value: Any) -> Any | None:
        """A value of this class for one that is assigned or loaded; by default only None is
        taken, and ValueError raised for everything else."""
        if value is None:
            return None
        raise ValueError(f"Attribute '{key}' does not accept objects of type {type(value)}")

    @classmethod
    def _get_listen_keys(cls, attribute: Any) -> set[str]:
        return {attribute.key}

    @classmethod
    def _listen_on_attribute(cls, attribute: Any, coerce: bool, parent_cls: Any) -> None:
        """Follow the values of a mapped attribute, and of that of subclasses."""
        from ..orm.hooks import follow_loaded

        key = attribute.key

        def loaded(obj: Any, value: Any) -> Any:
            if value is None:
                return None
            if coerce:
                value = cls.coerce(key, value)
            # what coerce() made may be of another class that follows changes
            if value is not None and (coerce or isinstance(value, cls)):
                _own(value, obj, key)
            return value

        def assigned(obj: Any, value: Any, oldvalue: Any, initiator: Any) -> Any:
            if value is oldvalue:
                return value
            if not isinstance(value, cls):
                value = cls.coerce(key, value)
            if value is not None:
                _own(value, obj, key)
            if isinstance(oldvalue, cls):
                oldvalue._parents.discard(obj)
            return value

        follow_loaded(attribute, loaded)
        event.listen(attribute, "set", assigned, retval=True, propagate=True)


class Mutable(MutableBase):
    """Base of classes whose values tell their owners of changes: call `changed()`."""

    def changed(self) -> None:
        """Mark the owners as modified."""
        for obj, key in self._parents.objects():
            flag_modified(obj, key)

    @classmethod
    def associate_with_attribute(cls, attribute: Any) -> None:
        """Let the values of a mapped attribute be of this class."""
        cls._listen_on_attribute(attribute, True, attribute.class_)

    @classmethod
    def associate_with(cls, sqltype: type) -> None:
        """Let every column of a type, in all mapped classes, have values of this class."""

        def follow(mapper: Any, class_: Any) -> None:
            for prop in mapper.column_attrs:
                if isinstance(prop.columns[0].type, sqltype):
                    cls.associate_with_attribute(getattr(class_, prop.key))

        event.listen(Mapper, "mapper_configured", follow)

    @classmethod
    def as_mutable(cls, sqltype: Any) -> Any:
        """The type, an instance of which columns have whose values are of this class."""
        sqltype = types.to_instance(sqltype)
        attached = hasattr(sqltype, "_set_parent_with_dispatch")
        if attached:
            # such a type is copied with its column: it is known by what the column remembers

            @event.listens_for(sqltype, "before_parent_attach")
            def remember(sqltype_: Any, parent: Any) -> None:
                parent.info[_ORIGINAL_TYPE] = sqltype_

        def follow(mapper: Any, class_: Any) -> None:
            for prop in mapper.column_attrs:
                column = prop.columns[0]
                if column.type is sqltype or (
                    attached and getattr(column, "info", {}).get(_ORIGINAL_TYPE) is sqltype
                ):
                    cls.associate_with_attribute(getattr(class_, prop.key))

        event.listen(Mapper, "mapper_configured", follow)
        return sqltype


class MutableComposite(MutableBase):
    """Base of the classes of composite attributes whose values can change in place.

    A class calls `changed()` when it does, as in its `__setattr__`; the columns of its owners
    then get its values.
    """

    def changed(self) -> None:
        """Assign the values of the composite to the attributes of its owners."""
        for obj, key in self._parents.objects():
            prop: Any = object_mapper(obj).get_property(key)
            for value, name in zip(prop._split(self), prop._attribute_keys, strict=True):
                setattr(obj, name, value)

    @staticmethod
    def _owned_by(value: Any, obj: Any, key: str) -> Any:
        """An object has the value in an attribute."""
        if isinstance(value, MutableComposite):
            _own(value, obj, key)
        return value

    @classmethod
    def _replacing(cls, old: Any, value: Any, obj: Any, key: str) -> Any:
        """An object gets another value: the value that it is to have."""
        if value is old:
            return value
        if not isinstance(value, cls):
            value = cls.coerce(key, value)
        if isinstance(old, cls):
            old._parents.discard(obj)
        return cls._owned_by(value, obj, key)


class MutableDict(Mutable, dict[_KT, _VT], Generic[_KT, _VT]):
    """A dict whose changes are followed; those inside of its values are not."""

    def __setitem__(self, key: Any, value: Any) -> None:
        dict.__setitem__(self, key, value)
        self.changed()

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """The value of a key, which is set if it is not there."""
        result = dict.setdefault(self, key, default)
        self.changed()
        return result

    def __delitem__(self, key: Any) -> None:
        dict.__delitem__(self, key)
        self.changed()

    def update(self, *a: Any, **kw: Any) -> None:
        """Set many keys."""
        dict.update(self, *a, **kw)
        self.changed()

    def __ior__(self, other: Any) -> Any:  # type: ignore[misc]
        self.update(other)
        return self

    def pop(self, *arg: Any) -> Any:
        """Take a key out."""
        result = dict.pop(self, *arg)
        self.changed()
        return result

    def popitem(self) -> tuple[Any, Any]:
        """Take the last key out."""
        result = dict.popitem(self)
        self.changed()
        return result

    def clear(self) -> None:
        """Take everything out."""
        dict.clear(self)
        self.changed()

    @classmethod
    def coerce(cls, key: str, value: Any) -> MutableDict[Any, Any] | None:
        """A dict becomes one of this class."""
        if not isinstance(value, cls):
            if isinstance(value, dict):
                return cls(value)
            return Mutable.coerce(key, value)
        return value

    def __getstate__(self) -> dict[Any, Any]:
        return dict(self)

    def __setstate__(self, state: Any) -> None:
        self.update(state)


class MutableList(Mutable, list[_T], Generic[_T]):
    """A list whose changes are followed; those inside of its members are not."""

    def __reduce_ex__(self, proto: Any) -> Any:
        return (self.__class__, (list(self),))

    def __setstate__(self, state: Iterable[Any]) -> None:
        self[:] = state

    def __setitem__(self, index: Any, value: Any) -> None:
        list.__setitem__(self, index, value)
        self.changed()

    def __delitem__(self, index: Any) -> None:
        list.__delitem__(self, index)
        self.changed()

    def pop(self, *arg: Any) -> Any:
        """Take a member out."""
        result = list.pop(self, *arg)
        self.changed()
        return result

    def append(self, x: Any) -> None:
        """Add a member."""
        list.append(self, x)
        self.changed()

    def extend(self, x: Iterable[Any]) -> None:
        """Add members."""
        list.extend(self, x)
        self.changed()

    def __iadd__(self, x: Iterable[Any]) -> Any:  # type: ignore[misc]
        self.extend(x)
        return self

    def __imul__(self, n: Any) -> Any:  # type: ignore[misc]
        list.__imul__(self, n)
        self.changed()
        return self

    def insert(self, i: Any, x: Any) -> None:
        """Add a member at a place."""
        list.insert(self, i, x)
        self.changed()

    def remove(self, i: Any) -> None:
        """Take a member out."""
        list.remove(self, i)
        self.changed()

    def clear(self) -> None:
        """Take everything out."""
        list.clear(self)
        self.changed()

    def sort(self, **kw: Any) -> None:
        """Put the members in order."""
        list.sort(self, **kw)
        self.changed()

    def reverse(self) -> None:
        """Turn the order round."""
        list.reverse(self)
        self.changed()

    @classmethod
    def coerce(cls, key: str, value: Any) -> MutableList[Any] | None:
        """A list becomes one of this class."""
        if not isinstance(value, cls):
            if isinstance(value, list):
                return cls(value)
            return Mutable.coerce(key, value)
        return value


class MutableSet(Mutable, set[_T], Generic[_T]):
    """A set whose changes are followed."""

    def update(self, *arg: Iterable[Any]) -> None:
        """Add members."""
        set.update(self, *arg)
        self.changed()

    def intersection_update(self, *arg: Iterable[Any]) -> None:
        """Keep common members."""
        set.intersection_update(self, *arg)
        self.changed()

    def difference_update(self, *arg: Iterable[Any]) -> None:
        """Take members out."""
        set.difference_update(self, *arg)
        self.changed()

    def symmetric_difference_update(self, *arg: Any) -> None:
        """Keep members of one of both."""
        set.symmetric_difference_update(self, *arg)
        self.changed()

    def __ior__(self, other: Any) -> Any:  # type: ignore[misc]
        self.update(other)
        return self

    def __iand__(self, other: Any) -> Any:  # type: ignore[misc]
        self.intersection_update(other)
        return self

    def __ixor__(self, other: Any) -> Any:  # type: ignore[misc]
        self.symmetric_difference_update(other)
        return self

    def __isub__(self, other: Any) -> Any:  # type: ignore[misc]
        self.difference_update(other)
        return self

    def add(self, elem: Any) -> None:
        """Add a member."""
        set.add(self, elem)
        self.changed()

    def remove(self, elem: Any) -> None:
        """Take a member out; KeyError."""
        set.remove(self, elem)
        self.changed()

    def discard(self, elem: Any) -> None:
        """Take a member out if it is there."""
        set.discard(self, elem)
        self.changed()

    def pop(self, *arg: Any) -> Any:
        """Take some member out."""
        result = set.pop(self, *arg)
        self.changed()
        return result

    def clear(self) -> None:
        """Take everything out."""
        set.clear(self)
        self.changed()

    @classmethod
    def coerce(cls, index: str, value: Any) -> MutableSet[Any] | None:
        """A set becomes one of this class."""
        if not isinstance(value, cls):
            if isinstance(value, set):
                return cls(value)
            return Mutable.coerce(index, value)
        return value

    def __getstate__(self) -> set[Any]:
        return set(self)

    def __setstate__(self, state: Iterable[Any]) -> None:
        self.update(state)

    def __reduce_ex__(self, proto: Any) -> Any:
        return (self.__class__, (list(self),))
