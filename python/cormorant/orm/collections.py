"""The collections of relationships: classes that may serve as one, and what they say of
themselves.

The core's own list and set report their changes by themselves. Any other class is prepared
once, when a relationship names it: `collection`'s decorators (or, for what behaves like a
list, set or dict, the usual methods) say which of its methods change the membership, and
these report to the tie that the core leaves in each instance as `_sa_adapter`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from .. import _core, exc
from .._core import InstrumentedDict, InstrumentedList, InstrumentedSet
from ..util import duck_type_collection, warn_deprecated
from .collection_methods import METHODS
from .keyfunc_dict import (
    KeyFuncDict,
    MappedCollection,
    attribute_keyed_dict,
    attribute_mapped_collection,
    column_keyed_dict,
    column_mapped_collection,
    keyfunc_mapping,
    mapped_collection,
)

if TYPE_CHECKING:
    from .instance import InstanceState

__all__ = [
    "CollectionAdapter",
    "InstrumentedDict",
    "InstrumentedList",
    "InstrumentedSet",
    "KeyFuncDict",
    "MappedCollection",
    "attribute_keyed_dict",
    "attribute_mapped_collection",
    "collection",
    "collection_adapter",
    "column_keyed_dict",
    "column_mapped_collection",
    "keyfunc_mapping",
    "mapped_collection",
    "prepare_instrumentation",
]

_F = TypeVar("_F", bound=Callable[..., Any])
_KEYED = ("set", "remove", "values")
_ROLES: dict[type, dict[str, str]] = {
    list: {"appender": "append", "remover": "remove", "iterator": "__iter__"},
    set: {"appender": "add", "remover": "remove", "iterator": "__iter__"},
    dict: {"iterator": "values"},
}


class collection:
    """Decorators by which a class says how it is to be used as a collection.

    `appender`, `remover` and `iterator` elect the methods that the ORM calls; `adds`,
    `removes`, `removes_return` and `replaces` mark other methods that change the membership.
    """

    @staticmethod
    def appender(fn: _F) -> _F:
        """The method adds its one argument."""
        fn._sa_instrument_role = "appender"  # type: ignore[attr-defined]
        return fn

    @staticmethod
    def remover(fn: _F) -> _F:
        """The method removes its one argument."""
        fn._sa_instrument_role = "remover"  # type: ignore[attr-defined]
        return fn

    @staticmethod
    def iterator(fn: _F) -> _F:
        """The method returns an iterator over the members."""
        fn._sa_instrument_role = "iterator"  # type: ignore[attr-defined]
        return fn

    @staticmethod
    def internally_instrumented(fn: _F) -> _F:
        """The method is left as it is: what it calls reports the changes."""
        fn._sa_instrumented = True  # type: ignore[attr-defined]
        return fn

    @staticmethod
    def converter(fn: _F) -> _F:
        """The method makes an iterable of members of what is assigned to the attribute.

        Deprecated, as in SQLAlchemy: listen to the attribute event `bulk_replace`.
        """
        warn_deprecated(
            "The collection.converter() handler is deprecated and will be removed in a future "
            "release.  Please refer to the AttributeEvents.bulk_replace listener interface in "
            "conjunction with the event.listen() function. (deprecated since: 1.3)",
            "1.3",
        )
        fn._sa_instrument_role = "converter"  # type: ignore[attr-defined]
        return fn

    @staticmethod
    def adds(arg: int | str) -> Callable[[_F], _F]:
        """The method adds its argument `arg`, counted from 1 after self or named."""
        return _marked("fire_append_event", arg, None)

    @staticmethod
    def replaces(arg: int | str) -> Callable[[_F], _F]:
        """The method adds its argument `arg` and removes what it returns."""
        return _marked("fire_append_event", arg, "fire_remove_event")

    @staticmethod
    def removes(arg: int | str) -> Callable[[_F], _F]:
        """The method removes its argument `arg`."""
        return _marked("fire_remove_event", arg, None)

    @staticmethod
    def removes_return() -> Callable[[_F], _F]:
        """The method removes what it returns."""
        return _marked(None, None, "fire_remove_event")


def _marked(before: str | None, arg: int | str | None, after: str | None) -> Callable[[_F], _F]:
    def mark(fn: _F) -> _F:
        fn._sa_instrument_mutation = (before, arg, after)  # type: ignore[attr-defined]
        return fn

    return mark


class CollectionAdapter:
    """What the ORM can do with a collection, whatever its class: with and without events."""

    __slots__ = ("_collection",)

    def __init__(self, data: Any) -> None:
        self._collection = data

    @property
    def data(self) -> Any:
        """The collection itself."""
        return self._collection

    @property
    def owner_state(self) -> InstanceState[Any] | None:
        """The state of the object that holds the collection."""
        from ..inspection import inspect

        owner = _core.collection_owner(self._collection)
        return None if owner is None else inspect(owner[0])

    @property
    def attr(self) -> Any:
        """The property of the attribute that holds the collection."""
        owner = _core.collection_owner(self._collection)
        if owner is None:
            return None
        obj, slot = owner
        return next(p for p in type(obj).__mapper__._props.values() if p.slot == slot)

    def append_with_event(self, item: Any, initiator: Any = None) -> None:
        """Add a member, with all that follows from it."""
        _core.collection_add(self._collection, item, initiator)

    def append_without_event(self, item: Any) -> None:
        """Add a member that was there, for all anybody knows."""
        _core.collection_add(self._collection, item, False)

    def append_multiple_without_event(self, items: Iterable[Any]) -> None:
        """The same for several."""
        for item in items:
            _core.collection_add(self._collection, item, False)

    def remove_with_event(self, item: Any, initiator: Any = None) -> None:
        """Take a member out, with all that follows from it."""
        _core.collection_take(self._collection, item, initiator)

    def remove_without_event(self, item: Any) -> None:
        """Take a member out as if it had never been there."""
        _core.collection_take(self._collection, item, False)

    def clear_with_event(self, initiator: Any = None) -> None:
        """Take every member out."""
        for item in self:
            self.remove_with_event(item, initiator)

    def clear_without_event(self) -> None:
        """Forget every member."""
        for item in self:
            self.remove_without_event(item)

    def __iter__(self) -> Iterator[Any]:
        return iter(_core.collection_members(self._collection))

    def __len__(self) -> int:
        return len(_core.collection_members(self._collection))

    def __bool__(self) -> bool:
        return True


def collection_adapter(collection: Any) -> CollectionAdapter:
    """The adapter of a collection that is the value of a relationship."""
    return CollectionAdapter(collection)


# -- preparing a class --------------------------------------------------------------


def prepare_instrumentation(
    factory: Any,
) -> tuple[Callable[[], Any] | None, type]:
    """Prepare what a relationship's `collection_class` names.

    Returns the callable that makes collections (None: the core makes its own list or set) and
    the class of what it makes. Raises ArgumentError if the class does not say how members are
    added, removed and iterated.
    """
    if factory in (None, list, InstrumentedList):
        return None, list
    if factory in (set, InstrumentedSet):
        return None, set
    if factory is dict:
        factory = InstrumentedDict
    cls = factory if isinstance(factory, type) else type(factory())
    if cls in (list, set, dict):
        own = {list: InstrumentedList, set: InstrumentedSet, dict: InstrumentedDict}[cls]
        if own is not InstrumentedDict:
            return (lambda: own(factory())), own
        cls = own
    if issubclass(cls, (InstrumentedList, InstrumentedSet)):
        return factory, cls
    instrument(cls)
    if isinstance(factory, type) or cls is InstrumentedDict:
        return factory, cls
    another = type(factory())
    if another is cls:
        return factory, cls

    def make() -> Any:
        made = factory()
        instrument(type(made))
        return made

    # a function that gives objects of a new class each time: what they have in common
    return make, next(base for base in cls.__mro__ if issubclass(another, base))


def instrument(cls: type) -> None:
    """Let the class's methods report changes, and note its roles as `_sa_roles`."""
    if cls.__dict__.get("_sa_roles") is not None:
        return
    kind = duck_type_collection(cls)
    roles: dict[str, str] = dict(_ROLES.get(kind, {})) if kind is not None else {}
    if kind is not None:
        roles = {role: name for role, name in roles.items() if hasattr(cls, name)}
    mutations: dict[str, tuple[str | None, int | str | None, str | None]] = {}
    for base in reversed(cls.__mro__):
        for name, fn in vars(base).items():
            role = getattr(fn, "_sa_instrument_role", None) if callable(fn) else None
            if role is not None:
                roles[role] = name
            mutation = getattr(fn, "_sa_instrument_mutation", None) if callable(fn) else None
            if mutation is not None:
                mutations[name] = mutation
    for role, article in (("appender", "an"), ("remover", "a"), ("iterator", "an")):
        if role not in roles or not callable(getattr(cls, roles[role], None)):
            raise exc.ArgumentError(
                f"Type {cls.__name__} must elect {article} {role} method to be a collection class"
            )
    shape = _shape(cls, kind, roles)
    if cls is not KeyFuncDict:
        _decorate(cls, kind, roles, mutations)
    cls._sa_roles = (  # type: ignore[attr-defined]
        cls,
        shape,
        roles["appender"],
        roles["remover"],
        roles["iterator"],
    )
    cls._sa_converter_name = roles.get("converter")  # type: ignore[attr-defined]


def _original(cls: type, name: str) -> Any:
    import inspect  # much else comes with it

    return inspect.unwrap(getattr(cls, name))


def _shape(cls: type, kind: type | None, roles: dict[str, str]) -> int:
    """How the core adds members to such a collection without events: by itself, if the class
    does it as its base does."""
    if issubclass(cls, KeyFuncDict):
        plain = (roles["appender"], roles["remover"], roles["iterator"]) == _KEYED
        own = _overridden(cls, KeyFuncDict, (*_KEYED, "__setitem__", "__delitem__"))
        if plain and not own:
            return _core.SHAPE_KEYED
    elif kind in (list, set) and issubclass(cls, kind):
        plain = roles == _ROLES[kind] and not _overridden(cls, kind, roles.values())
        if plain:
            return _core.SHAPE_LIST if kind is list else _core.SHAPE_SET
    return _core.SHAPE_FOREIGN


def _overridden(cls: type, base: type, names: Iterable[str]) -> bool:
    return any(_original(cls, name) is not _original(base, name) for name in names)


def _decorate(
    cls: type,
    kind: type | None,
    roles: dict[str, str],
    mutations: dict[str, tuple[str | None, int | str | None, str | None]],
) -> None:
    for name, decorator in (METHODS.get(kind, {}) if kind is not None else {}).items():
        fn = getattr(cls, name, None)
        if fn is None or name in mutations or _reports(cls, name, fn):
            continue
        setattr(cls, name, decorator(fn))
    for role, event in (("appender", "fire_append_event"), ("remover", "fire_remove_event")):
        name = roles[role]
        if name not in mutations and not _reports(cls, name, getattr(cls, name)):
            mutations[name] = (event, 1, None)
    for name, (before, arg, after) in mutations.items():
        fn = getattr(cls, name)
        if not _reports(cls, name, fn):
            setattr(cls, name, _mutator(fn, before, arg, after))


def _reports(cls: type, name: str, fn: Any) -> bool:
    """Whether a method reports its changes already."""
    if getattr(fn, "_sa_instrumented", False):
        return True
    return issubclass(cls, InstrumentedDict) and fn is getattr(InstrumentedDict, name, None)


def _mutator(
    fn: Callable[..., Any], before: str | None, arg: int | str | None, after: str | None
) -> Callable[..., Any]:
    """`fn`, reporting its argument before and its result after the call."""
    import inspect

    names = list(inspect.signature(fn).parameters)
    position = names.index(arg) if isinstance(arg, str) and arg in names else arg
    name = names[arg] if isinstance(arg, int) and arg < len(names) else arg

    @functools.wraps(fn)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        initiator = kwargs.pop("_sa_initiator", None)
        tie = getattr(self, "_sa_adapter", None) if initiator is not False else None
        if before is not None and tie is not None:
            if isinstance(position, int) and position <= len(args):
                value = args[position - 1]
            elif name in kwargs:
                value = kwargs[name]
            else:
                raise exc.ArgumentError(f"Missing argument {arg}")
            getattr(tie, before)(value, initiator)
        result = fn(self, *args, **kwargs)
        if after is not None and tie is not None and result is not None:
            getattr(tie, after)(result, initiator)
        return result

    method._sa_instrumented = True  # type: ignore[attr-defined]
    return method


class Members(list[Any]):
    """Members to be assigned to a collection of whatever class."""


# -- assignment ---------------------------------------------------------------------


def assigned_members(factory: Callable[[], Any], cls: type, value: Any) -> list[Any]:
    """The members of a value that is assigned to an attribute with such collections.

    Raises TypeError if the value is not of the kind the collection is.
    """
    if isinstance(value, Members):
        return value
    converter = getattr(cls, "_sa_converter_name", None)
    if converter is not None:
        return list(getattr(factory(), converter)(value))
    wanted = duck_type_collection(cls)
    given = duck_type_collection(type(value))
    if given is not wanted or (given is set and isinstance(value, frozenset)):
        name = "None" if value is None else type(value).__name__
        kind = wanted.__name__ if wanted is not None else cls.__name__
        raise TypeError(f"Incompatible collection type: {name} is not {kind}-like")
    roles = getattr(type(value), "_sa_roles", None)
    if roles is not None and roles[0] is type(value):
        return list(getattr(value, roles[4])())
    return list(value.values()) if given is dict else list(value)
