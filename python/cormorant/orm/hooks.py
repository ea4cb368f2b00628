"""How listeners of objects and attributes get into the core: imported when there are some.

The core has masks and flags that say what somebody listens to; here they are set when that
changes, and here is what the core then calls.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .. import _core
from ..event.base import (
    Listener,
    Subscription,
    class_listeners,
    order_of_registration,
    register,
    registered_at,
)
from . import listening
from .boxed import declarative_constructor
from .event_tokens import OP_BULK_REPLACE, OP_REMOVE, OP_REPLACE, AttributeEventToken
from .events import AttributeEvents, InstanceEvents, state_of
from .flush_statements import MADE_FOR_ROW
from .interfaces import MapperProperty

# --- objects --------------------------------------------------------------------------


class QueryContext:
    """What listeners of `load` and `refresh` are told of the statement."""

    __slots__ = ("session",)

    def __init__(self, session: Any) -> None:
        self.session = session


class Hooks:
    """What the core calls for the listeners of one mapped class."""

    __slots__ = ("_class", "_manager", "_whole")

    def __init__(self, manager: _core.ClassManager) -> None:
        self._class = manager.class_
        self._manager = manager
        self._whole: Any = None

    @contextlib.contextmanager
    def refreshing(self, obj: Any) -> Iterator[None]:
        """All of an object is loaded again: listeners are told None, not the names."""
        before, self._whole = self._whole, obj
        try:
            yield
        finally:
            self._whole = before

    def _names(self, slots: list[int] | None) -> list[str] | None:
        if slots is None:
            return None
        wanted = set(slots)
        return [name for name, slot in self._manager.names.items() if slot in wanted]

    def load(self, obj: Any) -> None:
        """An object was made from a row."""
        context = QueryContext(_core.session_of(obj))
        for fn in InstanceEvents._of(self._class, "load"):
            fn(obj, context)

    def refresh(self, obj: Any, slots: list[int] | None) -> None:
        """A row came for an object."""
        names = None if self._whole is obj else self._names(slots)
        context = QueryContext(_core.session_of(obj))
        for fn in InstanceEvents._of(self._class, "refresh"):
            fn(obj, context, None if names is None else set(names))

    def expire(self, obj: Any, slots: list[int] | None) -> None:
        """Attributes are not loaded any more."""
        names = self._names(slots)
        for fn in InstanceEvents._of(self._class, "expire"):
            fn(obj, names)

    def pickle(self, obj: Any, info: dict[str, Any]) -> None:
        """An object is pickled."""
        for fn in InstanceEvents._of(self._class, "pickle"):
            fn(obj, info)

    def unpickle(self, obj: Any, info: dict[str, Any]) -> None:
        """An object was made from a pickle."""
        for fn in InstanceEvents._of(self._class, "unpickle"):
            fn(obj, info)


class Filled:
    """Attributes that a flush fills in objects that it writes, for listeners of
    refresh_flush. It looks at the objects before they are written, and tells afterwards."""

    __slots__ = ("_found", "_listeners", "_version_slot")

    def __init__(self, objects: list[Any], version_slot: int) -> None:
        self._found: list[tuple[Any, list[int], Any]] = []
        self._listeners: dict[Any, tuple[Any, ...]] = {}
        self._version_slot = version_slot
        for cls in set(map(type, objects)):
            listeners = InstanceEvents._of(cls, "refresh_flush")
            if listeners:
                self._listeners[cls] = listeners

    def heard(self, objects: list[Any]) -> list[Any]:
        """The objects that somebody listens to."""
        listeners = self._listeners
        return [obj for obj in objects if type(obj) in listeners] if listeners else []

    def add(self, obj: Any, slots: list[int]) -> None:
        """These are going to be filled, and perhaps the version."""
        version = _core.NO_VALUE
        if self._version_slot >= 0:
            version = _core.peek(obj, self._version_slot)
        self._found.append((obj, slots, version))

    def tell(self, flush: Any) -> None:
        """Everything was written."""
        version_slot = self._version_slot
        for obj, slots, version in self._found:
            if version_slot >= 0 and _core.peek(obj, version_slot) is not version:
                slots.append(version_slot)
            if not slots:
                continue
            manager = _core.manager_of(obj)
            assert manager is not None
            names = {slot: name for name, slot in manager.names.items()}
            for fn in self._listeners[type(obj)]:
                fn(obj, flush, [names[slot] for slot in slots])


def filled_by_insert(statements: Any, new: list[Any]) -> Filled:
    """What INSERTs are going to fill: what the database returns, then defaults."""
    filled = Filled(new, -1 if statements.next_version is None else statements.version_slot)
    made = {slot for slot, _ in statements.context_defaults}
    made.update(s for s, rule, _ in statements.insert_rules if rule in MADE_FOR_ROW)
    made.discard(statements.version_slot)
    slots = [*statements.fetched, *(s for s in statements.slots if s in made)]
    for obj in filled.heard(new):
        filled.add(obj, [slot for slot in slots if statements.lacks(obj, slot)])
    return filled


def filled_by_update(
    statements: Any, objects: list[Any], columns: Sequence[int], inserted: bool, again: bool
) -> Filled:
    """What UPDATEs of the net changes among `columns` are going to fill: see
    persistence._update()."""
    counts = statements.next_version is not None and not inserted
    filled = Filled(objects, statements.version_slot if counts else -1)
    for obj in filled.heard(objects):
        changed = columns if inserted else _core.changed_columns(obj, columns)
        made = [slot for slot, _ in statements.python_onupdates] if changed else []
        if changed and statements.eager_update and not again:
            made = [*statements.sql_onupdates, *made]  # what the UPDATE returns comes first
        filled.add(obj, [slot for slot in made if slot not in changed])
    return filled


_BITS = {
    "refresh": _core.CLASS_REFRESH,
    "expire": _core.CLASS_EXPIRE,
    "pickle": _core.CLASS_PICKLE,
    "unpickle": _core.CLASS_UNPICKLE,
}


def hook_instances(mapper: Any) -> None:
    """Let the core call the listeners that the objects of a mapper have now."""
    manager, cls = mapper.class_manager, mapper.class_
    mask = 0
    for name, bit in _BITS.items():
        if InstanceEvents._of(cls, name):
            mask |= bit
    hooks = Hooks(manager)
    manager.hooks = hooks if mask else None
    manager.event_mask = mask
    plain = mapper._reconstructor
    if not InstanceEvents._of(cls, "load"):
        manager.reconstructor = plain
    elif plain is None:
        manager.reconstructor = hooks.load
    else:

        def load(obj: Any) -> None:
            plain(obj)
            hooks.load(obj)

        manager.reconstructor = load
    if any(InstanceEvents._of(cls, name) for name in ("first_init", "init", "init_failure")):
        _wrap_init(cls)
    else:
        _unwrap_init(mapper)


def tell_of_load(obj: Any, manager: _core.ClassManager) -> None:
    """An object was made of another: to listeners it was loaded, by no statement."""
    plain = manager.mapper._reconstructor
    if plain is not None:
        plain(obj)
    for fn in InstanceEvents._of(manager.class_, "load"):
        fn(obj, None)


def _wrap_init(cls: Any) -> None:
    """Let the class's __init__ call listeners around the one it has."""
    original = cls.__init__
    if getattr(original, "_cormorant_init_of", None) is cls:
        return
    manager: _core.ClassManager = cls.__dict__["__cormorant_manager__"]
    begun: list[bool] = []

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        if manager.boxed:
            _core.adopt(self)
        if _core.manager_of(self) is not manager:
            original(self, *args, **kwargs)  # of a subclass, which has told already
            return
        if manager.configure is not None:
            manager.configure()
        if not begun:
            begun.append(True)
            for fn in InstanceEvents._of(cls, "first_init"):
                fn(manager, cls)
        for fn in InstanceEvents._of(cls, "init"):
            fn(self, args, kwargs)
        try:
            original(self, *args, **kwargs)
        except BaseException:
            for fn in InstanceEvents._of(cls, "init_failure"):
                fn(self, args, kwargs)
            raise

    __init__._cormorant_init_of = cls  # type: ignore[attr-defined]
    __init__._cormorant_own = "__init__" in cls.__dict__  # type: ignore[attr-defined]
    __init__.__doc__ = original.__doc__
    __init__.__wrapped__ = original  # type: ignore[attr-defined]
    type.__setattr__(cls, "__init__", __init__)


def _unwrap_init(mapper: Any) -> None:
    """Give a class that nobody listens to any more its own __init__ back, which takes no frames."""
    cls = mapper.class_
    wrapper = cls.__dict__.get("__init__")
    if getattr(wrapper, "_cormorant_init_of", None) is not cls:
        return
    if wrapper._cormorant_own:
        type.__setattr__(cls, "__init__", wrapper.__wrapped__)
    else:
        type.__delattr__(cls, "__init__")
    # The interpreter has looked up anew what it calls for the class and for those below it.
    for each in mapper.self_and_descendants:
        if each.class_.__init__ is declarative_constructor and not each.class_manager.boxed:
            each.class_manager.construct_by_name()


# --- attributes -------------------------------------------------------------------------


class AttributeListener(Listener):
    """A listener of an attribute. `late`: it came when the relationship was configured, and
    is called after what follows from a change. `valued`: it returns the value to be used."""

    __slots__ = ("late", "valued")
    late: bool
    valued: bool


_MODIFYING = ("set", "append", "remove", "bulk_replace", "append_wo_mutation")
_MAKING = ("init_scalar", "init_collection", "dispose_collection")
_VALUED = frozenset(("set", "append"))


def hook_attribute(
    subscription: Subscription,
    active_history: bool = False,
    raw: bool = False,
    retval: bool = False,
    propagate: bool = False,
    include_key: bool = False,
    named: bool = False,
) -> None:
    """Keep a listener of an attribute with the attribute's class."""
    attribute = subscription.accepted
    name = subscription.identifier
    cls = attribute._parententity.class_
    call = AttributeEvents._events[name].adapt(subscription.call, named)
    if include_key and name in ("append", "remove", "append_wo_mutation"):
        with_key = call
        call = lambda obj, value, token: with_key(obj, value, token, key=None)  # noqa: E731
    if raw:
        of_state = call
        call = lambda obj, *args: of_state(state_of(obj), *args)  # noqa: E731
    _keep(subscription, attribute, name, call, propagate, retval and name in _VALUED)
    if active_history:
        for mapper in AttributeEvents._mappers_of(cls):
            slot = mapper.class_manager.names.get(attribute.key)
            if slot is not None:
                mapper.class_manager.change_flags(slot, _core.ATTR_ACTIVE_HISTORY)
        if attribute._prop._is_composite:
            attribute._prop._asks_old = True


def follow_loaded(attribute: Any, fn: Callable[[Any, Any], Any]) -> None:
    """Let ``fn(obj, value)`` say what each loaded value of an attribute becomes, in the class
    and in those derived from it. It is called when the value is first read."""
    subscription = Subscription(AttributeEvents, attribute, "loaded", fn, attribute)
    _keep(subscription, attribute, "loaded", fn, True, True)


def _keep(
    subscription: Subscription,
    attribute: Any,
    name: str,
    call: Any,
    propagate: bool,
    valued: bool,
) -> None:
    prop = attribute._prop
    cls = attribute._parententity.class_
    subscription.accepted = cls
    subscription.identifier = f"{attribute.key}.{name}"
    listeners = subscription.listeners()
    if any(item.key == subscription.key for item in listeners):
        return
    number = next(order_of_registration)
    listener = AttributeListener(subscription.key, subscription.fn, call, number, propagate)
    listener.late = bool(prop._configured)
    listener.valued = valued
    listeners.append(listener)
    listeners.sort(key=registered_at)
    register(subscription.key, listeners)
    listening.attribute_events.add(name)
    AttributeEvents._listeners_changed(attribute, name)


def attribute_listeners(cls: type, key: str, name: str) -> tuple[AttributeListener, ...]:
    """The listeners of an attribute of a mapped class."""
    version = AttributeEvents._version
    known: dict[Any, Any] = cls.__mapper__.__dict__.setdefault(  # type: ignore[attr-defined]
        "_attribute_listeners", {}
    )
    if known.get("version") != version:
        known.clear()
        known["version"] = version
    found = known.get((key, name))
    if found is None:
        found = tuple(class_listeners(AttributeEvents, cls, f"{key}.{name}"))
        known[key, name] = found
    return found


def attribute_changed(attribute: Any) -> None:
    """Listeners of an attribute came or went."""
    for mapper in AttributeEvents._mappers_of(attribute._parententity.class_):
        set_flags(mapper, attribute.key)


def set_flags(mapper: Any, key: str) -> None:
    """Tell the core what is listened to of an attribute of a mapper."""
    manager, cls = mapper.class_manager, mapper.class_
    slot = manager.names.get(key)
    if slot is None:
        return
    flags = 0
    for name in _MODIFYING:
        for item in attribute_listeners(cls, key, name):
            flags |= _core.ATTR_LATE_LISTENERS if item.late else _core.ATTR_LISTENERS
    if any(attribute_listeners(cls, key, name) for name in _MAKING):
        flags |= _core.ATTR_INIT_LISTENERS
    if attribute_listeners(cls, key, "loaded"):
        flags |= _core.ATTR_TRACKED
    every = (
        _core.ATTR_LISTENERS
        | _core.ATTR_LATE_LISTENERS
        | _core.ATTR_INIT_LISTENERS
        | _core.ATTR_TRACKED
    )
    manager.set_listeners(slot, _heard(mapper._props.get(key), cls, key) if flags else None)
    manager.change_flags(slot, flags, every)


def _heard(prop: Any, cls: type, key: str) -> tuple[Any, ...]:
    """What the core calls for the changes of an attribute: see csrc/core/relations/events.h."""
    calls: list[Any] = []
    for name in ("set", "append", "remove", "append_wo_mutation"):
        found = attribute_listeners(cls, key, name)
        for late in (False, True):
            told = [(item.call, item.valued) for item in found if item.late is late]
            calls.append(tuple(part for pair in told for part in pair))
    tokens = tuple(AttributeEventToken(prop, op) for op in range(1, 5))
    loaded = tuple(item.call for item in attribute_listeners(cls, key, "loaded"))
    return (*calls, AttributeEventToken, prop, tokens, loaded)


def set_all_flags(mapper: Any) -> None:
    """As set_flags(), of every attribute."""
    for key in list(mapper.class_manager.names):
        set_flags(mapper, key)


# What the core calls, through the methods of MapperProperty.


def _class_of(obj: Any) -> type:
    manager = _core.manager_of(obj)
    assert manager is not None
    return manager.class_


def fire_bulk_replace(prop: Any, obj: Any, values: list[Any]) -> list[Any]:
    """Call the listeners of a collection that is going to be replaced: they may change
    `values`."""
    found = attribute_listeners(_class_of(obj), prop.key, "bulk_replace")
    token = AttributeEventToken(prop, OP_BULK_REPLACE)
    for late in (False, True):
        for item in found:
            if item.late is late:
                item.call(obj, values, token)
    return values


def fire_init_scalar(prop: Any, obj: Any, value: Any) -> Any:
    """Call the listeners of a value that was read before it was set: they may give another."""
    for item in attribute_listeners(_class_of(obj), prop.key, "init_scalar"):
        result = item.call(obj, value, obj.__dict__)
        if result is not _core.NO_VALUE:
            value = result
    return value


def _fire_of_collections(name: str) -> Callable[[Any, Any, Any], Any]:
    """What calls the listeners of a collection that was made or replaced."""

    def fire(prop: Any, obj: Any, value: Any) -> Any:
        for item in attribute_listeners(_class_of(obj), prop.key, name):
            item.call(obj, value, CollectionAdapter(obj, prop, value))
        return value

    return fire


def fire_composite(prop: Any, obj: Any, name: str, *values: Any) -> Any:
    """Call the listeners of a composite that is set (`values`: the new and the old one) or
    deleted (the old one); gives the value to be used."""
    token = AttributeEventToken(prop, OP_REMOVE if name == "remove" else OP_REPLACE)
    value, *old = values
    for item in attribute_listeners(_class_of(obj), prop.key, name):
        result = item.call(obj, value, *old, token)
        if item.valued:
            value = result
    return value


MapperProperty._fire_bulk_replace = fire_bulk_replace  # type: ignore[assignment]
MapperProperty._fire_init_scalar = fire_init_scalar  # type: ignore[assignment]
MapperProperty._fire_init_collection = _fire_of_collections("init_collection")  # type: ignore[assignment]
MapperProperty._fire_dispose_collection = _fire_of_collections("dispose_collection")  # type: ignore[assignment]


class CollectionAdapter:
    """What listeners are told of a collection besides itself."""

    def __init__(self, obj: Any, prop: Any, collection: Any) -> None:
        self._owner = obj
        self._prop = prop
        self.data = collection

    @property
    def owner_state(self) -> Any:
        """The state of the object that has the collection."""
        return state_of(self._owner)

    @property
    def attr(self) -> Any:
        """The attribute."""
        return self._prop

    def __iter__(self) -> Any:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)
