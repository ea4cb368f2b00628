"""Families of events, and who listens to what.

Listeners are kept by what they listen to, so that they go when it goes: those of an object
in its `Dispatch`, those of a class (which hear every object of the class) in the class. Each
has a number; they are called in the order of their numbers, which is that of listen().

What is called is a tuple made when it is first needed, so that a listener may listen and
remove as it likes: it concerns the next event.
"""

from __future__ import annotations

import inspect
import itertools
import sys
import types
import weakref
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from .. import util

_Key = tuple[int, str, Any]

CLASS_LISTENERS = "_cormorant_listeners"
_of_immutable: dict[type, Any] = {}
"""The same of classes that take no attributes, as `object`."""
order_of_registration = itertools.count(1)
_by_name: dict[str, list[type[Events]]] = {}
_registry: dict[_Key, list[weakref.ref[Listeners]]] = {}
"""The lists that hold a listener: what remove() and contains() look at."""


class Listener:
    """One function that listens."""

    __slots__ = ("call", "fn", "key", "number", "propagate")

    def __init__(self, key: _Key, fn: Any, call: Any, number: int, propagate: bool) -> None:
        self.key = key
        self.fn = fn  # keeps the identity in `key` its own
        self.call = call
        self.number = number
        self.propagate = propagate


class Listeners(list[Listener]):
    """The functions that listen to one event of one object or class."""

    __slots__ = ("__weakref__",)


def registered(key: _Key) -> bool:
    """Whether somebody listens under that key."""
    return key in _registry


def register(key: _Key, listeners: Listeners) -> None:
    def gone(ref: weakref.ref[Listeners]) -> None:
        refs = _registry.get(key)
        if refs is not None and ref in refs:
            refs.remove(ref)
            if not refs:
                del _registry[key]

    refs = _registry.setdefault(key, [])
    if not any(ref() is listeners for ref in refs):
        refs.append(weakref.ref(listeners, gone))


def forget(key: _Key) -> bool:
    """Remove every listener of a key; whether there was any."""
    refs = _registry.pop(key, None)
    if refs is None:
        return False
    for ref in refs:
        listeners = ref()
        if listeners is not None:
            listeners[:] = [item for item in listeners if item.key != key]
    return True


def _identity(fn: Any) -> Any:
    if isinstance(fn, types.MethodType):
        return (id(fn.__func__), id(fn.__self__))
    return id(fn)


# --- events and families ----------------------------------------------------------


class Event:
    """What is known of one event: the names of its arguments, and older forms of them."""

    __slots__ = ("function", "legacy", "name", "owner")

    def __init__(self, owner: str, name: str, function: Any) -> None:
        self.owner = owner
        self.name = name
        self.function = function
        self.legacy = getattr(function, "_legacy_signatures", ())

    @property
    def argument_names(self) -> list[str]:
        """Names of the arguments that a listener is called with."""
        return inspect.getfullargspec(self.function).args[1:]

    def adapt(self, fn: Any, named: bool) -> Any:
        """A function called with the event's arguments in order, for one that wants them by
        name or in an older form."""
        names = self.argument_names
        if named:
            wanted = fn

            def with_names(*args: Any, **kw: Any) -> Any:
                values = dict(zip(names, args, strict=False))
                values.update(kw)
                return wanted(**values)

            fn = with_names
        if not self.legacy:
            return fn
        try:
            spec = inspect.getfullargspec(fn)
        except TypeError:
            return fn
        given = spec.args
        if inspect.ismethod(fn) or isinstance(fn, type):
            given = given[1:]
        for since, old_names, convert in self.legacy:
            if len(old_names) == len(given) and not spec.varkw:
                signature = f"def {self.name}({', '.join(names)}"
                util.warn_deprecated(
                    f'The argument signature for the "{self.owner}.{self.name}" event listener '
                    f"has changed as of version {since}, and conversion for the old argument "
                    "signature will be removed in a future release.  The new signature is "
                    f'"{signature})"',
                    since,
                )
                return _converted(fn, names, old_names, convert)
        return fn


def _converted(fn: Any, names: list[str], old_names: list[str], convert: Any) -> Any:
    def with_old_arguments(*args: Any, **kw: Any) -> Any:
        if convert is not None:
            return fn(*convert(*args))
        values = dict(zip(names, args, strict=False))
        return fn(*[values[name] for name in old_names], **kw)

    return with_old_arguments


def legacy_signature(
    since: str, names: list[str], convert: Callable[..., Any] | None = None
) -> Callable[[Any], Any]:
    """Decorator of an event: listeners with these arguments are called, too, with what
    `convert` makes of the present ones."""

    def decorate(function: Any) -> Any:
        function._legacy_signatures = (
            *getattr(function, "_legacy_signatures", ()),
            (since, names, convert),
        )
        return function

    return decorate


class Events:
    """A family of events: each method is one, its arguments are those of its listeners.

    The program may make its own::

        class ThermostatEvents(event.Events):
            def too_hot(self, thermostat, degrees): ...

        class Thermostat:
            dispatch = event.dispatcher(ThermostatEvents)

        event.listen(thermostat, "too_hot", call_fire_brigade)
        thermostat.dispatch.too_hot(thermostat, 70)
    """

    _events: ClassVar[dict[str, Event]] = {}
    _listened: ClassVar[set[str]]
    """Names of events that somebody listens to, or has listened to."""
    _inherited: ClassVar[bool] = True
    """Listeners of a class hear the objects of its subclasses without propagate=True."""
    _version: ClassVar[int] = 0
    """Changes with every listen() and remove(): what is made of listeners is made again."""

    dispatch: ClassVar[Any]

    @classmethod
    def _called(cls, name: str, args: tuple[Any, ...], kw: dict[str, Any]) -> None:
        """``dispatch.name()`` was called, by the program perhaps; listeners come next."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._events = dict(cls._events)
        cls._listened = set()
        for name, function in list(cls.__dict__.items()):
            if not name.startswith("_") and inspect.isfunction(function):
                cls._events[name] = Event(cls.__name__, name, function)
        for name in cls._events:
            _by_name.setdefault(name, []).append(cls)
        cls.dispatch = Dispatch(cls, None)

    @classmethod
    def _accept_with(cls, target: Any, identifier: str) -> Any:
        """What listeners of a target are kept by; None if the family does not know it."""
        of = target if isinstance(target, type) else type(target)
        found = getattr(of, "dispatch", None)
        if isinstance(found, Dispatch) and issubclass(found._family, cls):
            return target
        return None

    @classmethod
    def _listen(cls, subscription: Subscription, **options: Any) -> None:
        """Add a listener, with the options of the family."""
        subscription.add(**options)

    @classmethod
    def _listeners_changed(cls, target: Any, identifier: str) -> None:
        """Somebody began or ceased to listen."""
        cls._version += 1


def families(identifier: str) -> list[type[Events]]:
    """The families with an event of that name, those of the package first."""
    from .. import events as core_events  # noqa: F401

    if "cormorant.orm" in sys.modules:
        from ..orm import events as orm_events  # noqa: F401
    return _by_name.get(identifier, [])


class Subscription:
    """One call of listen() on its way to where it is kept."""

    __slots__ = ("accepted", "call", "family", "fn", "identifier", "key")

    def __init__(
        self, family: type[Events], target: Any, identifier: str, fn: Any, accepted: Any
    ) -> None:
        self.family = family
        self.identifier = identifier
        self.fn = fn
        self.call = fn
        self.accepted = accepted
        """The object or class whose listeners it joins."""
        self.key: _Key = (id(target), identifier, _identity(fn))

    def listen(self, *args: Any, **kw: Any) -> None:
        """Hand over to the family."""
        retry = kw.pop("_once_unless_exception", False)
        if kw.pop("once", False) or retry:
            self.call = _only_once(self.call, retry)
        self.family._listen(self, *args, **kw)

    def add(
        self, insert: bool = False, named: bool = False, propagate: bool = False, **unknown: Any
    ) -> None:
        """Keep the listener with its target."""
        if unknown:
            raise TypeError(
                f"{self.family.__name__}._listen() got an unexpected keyword argument "
                f"{next(iter(unknown))!r}"
            )
        event = self.family._events[self.identifier]
        call = event.adapt(self.call, named)
        listeners = self.listeners()
        if any(item.key == self.key for item in listeners):
            return  # the same function is called once
        number = next(order_of_registration)
        propagate = propagate or self.family._inherited
        listener = Listener(self.key, self.fn, call, -number if insert else number, propagate)
        listeners.append(listener)
        listeners.sort(key=registered_at)
        register(self.key, listeners)
        self.family._listened.add(self.identifier)
        self.family._listeners_changed(self.accepted, self.identifier)

    def listeners(self) -> Listeners:
        """The list that it joins."""
        target = self.accepted
        if isinstance(target, type):
            kept = _kept_with(target)
            if kept is None:
                kept = {}
                try:
                    type.__setattr__(target, CLASS_LISTENERS, kept)
                except TypeError:
                    _of_immutable[target] = kept
            names: dict[str, Listeners] = kept.setdefault(self.family, {})
            return names.setdefault(self.identifier, Listeners())
        dispatch: Dispatch = target.dispatch
        return dispatch._own.setdefault(self.identifier, Listeners())


def _kept_with(cls: type) -> Any:
    kept = cls.__dict__.get(CLASS_LISTENERS)
    return _of_immutable.get(cls) if kept is None else kept


def registered_at(listener: Listener) -> int:
    return listener.number


def _only_once(fn: Any, retry: bool) -> Any:
    called: list[bool] = []

    def once(*args: Any, **kw: Any) -> Any:
        if called:
            return None
        called.append(True)
        try:
            return fn(*args, **kw)
        except BaseException:
            if retry:
                called.clear()
            raise

    return once


def class_listeners(family: type[Events], cls: type, name: str) -> list[Listener]:
    """The listeners of a class and, as far as they propagate, of its bases, in order."""
    found: list[Listener] = []
    for base in cls.__mro__:
        kept = _kept_with(base)
        if kept is not None and family in kept:
            own = kept[family].get(name, ())
            found.extend(item for item in own if base is cls or item.propagate)
    found.sort(key=registered_at)
    return found


# --- dispatch ---------------------------------------------------------------------


class Dispatch:
    """Who listens to the events of one object: ``dispatch.name`` is called to call them.

    Attributes of a class hear what listeners of the class and of its bases hear.
    """

    __slots__ = ("__weakref__", "_calls", "_class", "_family", "_own", "_parents", "_version")

    def __init__(
        self, family: type[Events], cls: type | None, parents: tuple[Dispatch, ...] = ()
    ) -> None:
        self._family = family
        self._class = cls
        self._parents = parents
        """Other objects whose listeners are called as well, after those of this one."""
        self._own: dict[str, Listeners] = {}
        self._calls: dict[str, tuple[Any, ...]] = {}
        self._version = family._version

    def _find(self, name: str) -> tuple[Any, ...]:
        """The functions to call, in order."""
        family = self._family
        if self._version != family._version:
            self._version = family._version
            self._calls = {}
        found = self._calls.get(name)
        if found is None:
            if name not in family._listened:
                found = ()
            else:
                calls = []
                of = self._class
                # those of a class are called once, with the last object of it
                if of is not None and not any(
                    p._class is not None and issubclass(of, p._class) for p in self._parents
                ):
                    for item in class_listeners(family, of, name):
                        calls.append(item.call)
                calls.extend(item.call for item in self._own.get(name, ()))
                for parent in self._parents:
                    calls.extend(parent._find(name))
                found = tuple(calls)
            self._calls[name] = found
        return found

    def __reduce__(self) -> Any:
        # Listeners stay where they are: a copy of an object has those of its class.
        return Dispatch, (self._family, self._class)

    def __getattr__(self, name: str) -> _Calls:
        if not name.startswith("_") and name in self._family._events:
            return _Calls(self, name)
        raise AttributeError(name)

    def __dir__(self) -> list[str]:
        return list(self._family._events)


class _Calls:
    """``dispatch.name``: called, it calls the listeners; true if there are any."""

    __slots__ = ("_dispatch", "_name")

    def __init__(self, dispatch: Dispatch, name: str) -> None:
        self._dispatch = dispatch
        self._name = name

    def __call__(self, *args: Any, **kw: Any) -> None:
        self._dispatch._family._called(self._name, args, kw)
        for fn in self._dispatch._find(self._name):
            fn(*args, **kw)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._dispatch._find(self._name))

    def __len__(self) -> int:
        return len(self._dispatch._find(self._name))

    def __bool__(self) -> bool:
        return bool(self._dispatch._find(self._name))


def calls(obj: Any, name: str) -> tuple[Any, ...]:
    """The functions that listen to an event of an object, without making anything."""
    dispatch: Dispatch = obj.dispatch
    return dispatch._find(name)
