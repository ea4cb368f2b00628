"""`InstanceState`: what inspection shows of a mapped object."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .. import _core, exc
from ..util import warn_deprecated
from .attributes import History, get_history, with_loss
from .base import (
    NO_VALUE,
    PASSIVE_NO_INITIALIZE,
    PASSIVE_RETURN_NO_VALUE,
    InspectionAttr,
    mapper_of_state,
)
from .mapped_properties import ReadOnlyProperties

if TYPE_CHECKING:
    from ..ext.asyncio import AsyncSession
    from .mapper import Mapper

_T = TypeVar("_T")

_manager: Callable[[Any], Any] = _core.manager_of
"""The manager of the class of a mapped object, which has one."""


class AttributeState(_core.Inspected):
    """One attribute of one object."""

    __slots__ = ()

    key = _core.Inspected._key
    value = _core.Inspected._value

    @property
    def state(self) -> InstanceState[Any]:
        """The state of the object."""
        return InstanceState(self._object)

    @property
    def loaded_value(self) -> Any:
        """The value if it is loaded, else `NO_VALUE`; never loads."""
        slot = _manager(self._object).names.get(self.key)
        return NO_VALUE if slot is None else _core.loaded(self._object, slot)

    @property
    def history(self) -> History:
        """Changes since the last flush; never loads."""
        return get_history(self._object, self._key, PASSIVE_NO_INITIALIZE)

    def load_history(self) -> History:
        """Changes since the last flush; loads the old value if need be."""
        obj = self._object
        prop = _manager(obj).mapper._props.get(self.key)
        if prop is not None and prop._is_relationship:
            slots = getattr(prop, "_get_slots", ())
            bound = self.state.session is not None or not self.state.has_identity
            if bound and any(_core.never_given(obj, slot) for slot in slots):
                # no foreign key has been given: nothing is loaded
                return with_loss(obj, prop.slot, prop, self.history)
        return get_history(obj, self.key, PASSIVE_RETURN_NO_VALUE)


def _attributes(obj: Any) -> dict[str, Any]:
    """The properties of a mapped object's class by name."""
    return _manager(obj).mapper.attrs._properties  # type: ignore[no-any-return]


class AttributeStates(ReadOnlyProperties[Any]):
    """The states of all attributes of an object by name, each made when it is asked for."""

    __slots__ = ("_object",)
    _object: Any

    def __init__(self, obj: Any) -> None:
        object.__setattr__(self, "_object", obj)

    @property
    def _properties(self) -> dict[str, AttributeState]:  # type: ignore[override]
        obj = self._object
        return {key: AttributeState(obj, key) for key in _attributes(obj)}

    def __iter__(self) -> Iterator[AttributeState]:
        obj = self._object
        return iter([AttributeState(obj, key) for key in _attributes(obj)])

    def __len__(self) -> int:
        return len(_attributes(self._object))

    def __getattr__(self, key: str) -> AttributeState:
        if key not in _attributes(self._object):
            raise AttributeError(key)
        return AttributeState(self._object, key)

    def __getitem__(self, key: str) -> AttributeState:
        if key not in _attributes(self._object):
            raise KeyError(key)
        return AttributeState(self._object, key)


_infos: dict[int, tuple[weakref.ref[Any], dict[Any, Any]]] = {}
"""What programs keep with states, by the object's address while it lives."""


def _info_of(obj: Any) -> dict[Any, Any]:
    address = id(obj)
    kept = _infos.get(address)
    if kept is None or kept[0]() is not obj:

        def forget(ref: weakref.ref[Any]) -> None:
            found = _infos.get(address)
            if found is not None and found[0] is ref:
                del _infos[address]

        kept = _infos[address] = weakref.ref(obj, forget), {}
    return kept[1]


_DELETED = _core.STATE_DELETED | _core.STATE_ONCE_DELETED


class InstanceState(_core.Inspected, InspectionAttr, Generic[_T]):
    """A mapped object's state in its session, and the state of its attributes.

    It is a view made on demand: the state itself is kept by the core inside the object.
    """

    __slots__ = ()

    is_instance = True
    object = _core.Inspected._object
    _object: _T

    def obj(self) -> _T:
        """The object."""
        return self._object

    @property
    def info(self) -> dict[Any, Any]:
        """A dict for what the program keeps with the object's state, as long as it lives."""
        return _info_of(self._object)

    @property
    def class_(self) -> type[_T]:
        """Its class."""
        return self.mapper.class_

    @property
    def manager(self) -> _core.ClassManager:
        """The core's record of its class."""
        manager = _core.manager_of(self._object)
        assert manager is not None
        return manager

    @property
    def mapper(self) -> Mapper[_T]:
        """The mapper of its class."""
        return _manager(self._object).mapper  # type: ignore[no-any-return]

    # -- the five states

    @property
    def _flags(self) -> int:
        return _core.state_flags(self._object)

    @property
    def transient(self) -> bool:
        """Never saved, in no session."""
        return not self._flags & _core.STATE_KEY and self.session is None

    @property
    def pending(self) -> bool:
        """In a session, to be inserted by its next flush."""
        return not self._flags & _core.STATE_KEY and self.session is not None

    @property
    def persistent(self) -> bool:
        """In a session, with a row in the database."""
        flags = self._flags
        return bool(flags & _core.STATE_KEY and not flags & _DELETED) and self.session is not None

    @property
    def deleted(self) -> bool:
        """Deleted by a flush whose transaction is still open."""
        flags = self._flags
        return bool(flags & _core.STATE_KEY and flags & _DELETED) and self.session is not None

    @property
    def detached(self) -> bool:
        """It has an identity and is in no session."""
        return bool(self._flags & _core.STATE_KEY) and self.session is None

    @property
    def was_deleted(self) -> bool:
        """Deleted by a flush of the session it is or was in."""
        return bool(self._flags & _DELETED)

    @property
    def has_identity(self) -> bool:
        """It has, or had, a row."""
        return bool(self._flags & _core.STATE_KEY)

    # -- session and identity

    @property
    def session(self) -> Any:
        """The session it is in, or None."""
        return _core.session_of(self._object)

    @property
    def session_id(self) -> int | None:
        """A number of the session, or None."""
        session = self.session
        return None if session is None else getattr(session, "hash_key", id(session))

    @property
    def async_session(self) -> AsyncSession | None:
        """The AsyncSession whose Session the object belongs to."""
        module = sys.modules.get("cormorant.ext.asyncio.session")
        return None if module is None else module.async_object_session(self.obj())

    @property
    def key(self) -> tuple[Any, ...] | None:
        """The identity key: (class, primary key, token), or None."""
        return _core.identity_key(self._object)

    identity_key = key

    @property
    def identity(self) -> tuple[Any, ...] | None:
        """The primary key of its row, or None."""
        key = self.key
        return None if key is None else key[1]

    @property
    def identity_token(self) -> Any:
        """Which of several databases it is a row of, or None."""
        return _core.identity_token(self._object)

    @identity_token.setter
    def identity_token(self, token: Any) -> None:
        _core.set_identity_token(self._object, token)

    # -- attributes

    @property
    def attrs(self) -> ReadOnlyProperties[Any]:
        """State of each attribute, by name."""
        return AttributeStates(self._object)

    @property
    def dict(self) -> Any:
        """Loaded attributes by name."""
        return self._object.__dict__

    def _names(self, slots: Iterable[int]) -> set[str]:
        wanted = set(slots)
        return {name for name, slot in _manager(self._object).names.items() if slot in wanted}

    @property
    def unloaded(self) -> set[str]:
        """Attributes that have no value yet."""
        obj = self._object
        manager = _manager(obj)
        if manager.root.shown is not None:
            manager.root.shown(obj)
        found = self._names(_core.unloaded_slots(obj))
        if not self.has_identity:
            # Of a new object, what a value was taken away from counts as changed.
            found -= self._names(_core.expired_slots(obj, True))
        return found.union(manager.mapper.synonyms.keys())  # never have one

    @property
    def unloaded_expirable(self) -> set[str]:
        """`unloaded` by its old name."""
        warn_deprecated(
            "The InstanceState.unloaded_expirable attribute is deprecated.  Please use "
            "InstanceState.unloaded. (deprecated since: 2.0)",
            "2.0",
        )
        return self.unloaded

    @property
    def unmodified(self) -> set[str]:
        """Attributes without changes."""
        changed = self._names(self._changed_slots())
        return {*self.manager.names, *self.mapper.synonyms.keys()} - changed

    def unmodified_intersection(self, keys: Iterable[str]) -> set[str]:
        """Those of the names that have no changes."""
        return set(keys) & self.unmodified

    @property
    def modified(self) -> bool:
        """Something was changed since the last flush."""
        flags = self._flags
        if flags & _core.STATE_KEY:
            return bool(flags & _core.STATE_MODIFIED)
        return bool(self._changed_slots())

    def _changed_slots(self) -> list[int]:
        """Slots that were changed since the last flush: of an object without a row those that no
        flush has written, of which it may have been through one that was rolled back."""
        obj = self._object
        slots = _core.changed_slots(obj)
        if self._flags & _core.STATE_KEY:
            return slots
        return [slot for slot in slots if any(_core.history(obj, slot)[::2])]

    @property
    def expired(self) -> bool:
        """All its attributes will be loaded again when one is read."""
        return bool(self._flags & _core.STATE_EXPIRED)

    @property
    def expired_attributes(self) -> set[str]:
        """Attributes that will be loaded again."""
        if not self._flags & _core.STATE_KEY:
            return set()
        if self.expired:
            return self.unloaded
        found = self._names(_core.expired_slots(self._object))
        if found and self.mapper.base_mapper._has_composites:
            found.difference_update(
                self.mapper.composites.keys()
            )  # which are not loaded by their name
        return found

    @property
    def committed_state(self) -> Any:
        """Old values of the changed attributes."""
        obj, names = self._object, self.manager.names
        slots = set(self._changed_slots())
        return {name: _core.committed(obj, slot) for name, slot in names.items() if slot in slots}

    def get_history(self, key: str, passive: Any) -> History:
        """The history of one attribute."""
        return get_history(self._object, key, passive)

    def __reduce__(self) -> Any:
        # What an object's __dict__ holds under "_sa_instance_state", once pickled.
        return (dict, (_core.pickle_info(self._object),))

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, InstanceState) and other._object is self._object

    def __hash__(self) -> int:
        return hash((InstanceState, id(self._object)))

    @property
    def weakref(self) -> weakref.ref[Any]:
        """A weak reference to the object."""
        return weakref.ref(self._object)

    def __repr__(self) -> str:
        return f"<cormorant.orm.state.InstanceState object at {hex(id(self))}>"


def make_transient(instance: Any) -> None:
    """Take an object out of its session and let it forget its identity: as if new."""
    mapper_of_state(instance)  # refuses what is not mapped
    session: Any = _core.session_of(instance)
    if session is not None:
        session._take_out(instance)
    had_row = _core.identity_key(instance) is not None
    _core.set_identity(instance, None)
    _core.forget_expired(instance)
    if had_row:
        # The history stays that of the row it was.
        _core.keep_values(instance)


def make_transient_to_detached(instance: Any) -> None:
    """Give a new object the identity that its primary key says, as if loaded and detached."""
    mapper = mapper_of_state(instance)
    if _core.session_of(instance) is not None or _core.identity_key(instance) is not None:
        raise exc.InvalidRequestError("Given object must be transient")
    slots = mapper.primary_key_slots
    _core.set_identity(instance, tuple([_core.peek(instance, slot) for slot in slots]))
    _core.commit_state(instance)
    unloaded = _core.unloaded_slots(instance)
    if unloaded:
        _core.expire(instance, unloaded)


__all__ = [
    "AttributeState",
    "InstanceState",
    "make_transient",
    "make_transient_to_detached",
]
