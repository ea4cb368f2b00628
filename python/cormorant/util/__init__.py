"""Small helpers used by several parts of the package."""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, MutableSet
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar, overload

from .. import _core, exc
from .._late import late_names

OrderedDict = dict

_T = TypeVar("_T")
_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


# --- showing parameters -----------------------------------------------------------

_MAX_CHARS = 300
_MAX_PARAMETERS = 100


def _cut(text: str) -> str:
    length = len(text)
    if length <= _MAX_CHARS:
        return text
    half = _MAX_CHARS // 2
    return f"{text[:half]} ... ({length - _MAX_CHARS} characters truncated) ... {text[-half:]}"


def _repr_one(params: Any) -> str:
    """One parameter set, each value cut by itself."""
    if isinstance(params, Mapping):
        items = [f"{key!r}: {_cut(repr(value))}" for key, value in _some(list(params.items()))]
        opening, closing = "{", "}"
    else:
        items = [_cut(repr(value)) for value in _some(params)]
        if isinstance(params, list):
            opening, closing = "[", "]"
        else:
            opening, closing = "(", ",)" if len(params) == 1 else ")"
    if len(params) > _MAX_PARAMETERS:
        half = _MAX_PARAMETERS // 2
        middle = f" ... {len(params) - _MAX_PARAMETERS} parameters truncated ... "
        return opening + ", ".join(items[:half]) + middle + ", ".join(items[half:]) + closing
    return opening + ", ".join(items) + closing


def _some(values: Any) -> Any:
    if len(values) <= _MAX_PARAMETERS:
        return values
    half = _MAX_PARAMETERS // 2
    return [*values[:half], *values[-half:]]


def repr_params(params: Any, batches: int, ismulti: bool | None = None) -> str:
    """Parameters as logs and errors show them: long values and lists are cut.

    `ismulti`: True for a list of parameter sets, of which `batches` are shown; None if
    it is not known, when only the text as a whole is cut.
    """
    if ismulti is None or not isinstance(params, (list, tuple, dict)):
        return _cut(repr(params))
    if not ismulti:
        return _repr_one(params)
    if not params:
        return "[]" if isinstance(params, list) else "()"
    opening, closing = ("[", "]") if isinstance(params, list) else ("(", ")")
    if len(params) <= batches:
        return opening + ", ".join(map(_repr_one, params)) + closing
    head = ", ".join(map(_repr_one, params[: batches - 2]))
    tail = ", ".join(map(_repr_one, params[-2:]))
    middle = f"  ... displaying {batches} of {len(params)} total bound parameter sets ...  "
    return opening + head + middle + tail + closing


# --- attributes computed once -----------------------------------------------------


class memoized_property(Generic[_T]):
    """A property whose value is computed at the first read and then kept."""

    def __init__(self, fget: Callable[[Any], _T], doc: str | None = None) -> None:
        self.fget = fget
        self.__doc__ = doc or fget.__doc__
        self.__name__ = fget.__name__

    @overload
    def __get__(self, obj: None, cls: Any = None) -> Self: ...
    @overload
    def __get__(self, obj: object, cls: Any = None) -> _T: ...
    def __get__(self, obj: object, cls: Any = None) -> Any:
        if obj is None:
            return self
        obj.__dict__[self.__name__] = result = self.fget(obj)
        return result


class hybridmethod(Generic[_T]):
    """A method that works on the class as well as on an instance."""

    def __init__(self, func: Callable[..., _T]) -> None:
        self.func = func

    def __get__(self, obj: Any, cls: Any) -> Callable[..., _T]:
        return self.func.__get__(cls if obj is None else obj, cls)  # type: ignore[no-any-return]


class classproperty(property):
    """A property of the class."""

    def __get__(self, obj: Any, cls: Any = None) -> Any:
        assert self.fget is not None
        return self.fget(cls)


# --- collections ------------------------------------------------------------------


class immutabledict(dict[_K, _V]):
    """A mapping that cannot be changed."""

    __slots__ = ()

    def _immutable(self, *args: Any, **kw: Any) -> NoReturn:
        raise TypeError(f"{type(self).__name__} object is immutable")

    __setitem__ = __delitem__ = __ior__ = _immutable
    clear = pop = popitem = setdefault = update = _immutable

    def union(self, other: Mapping[_K, _V] | None = None, **kw: Any) -> immutabledict[_K, _V]:
        """A new one with the items of `other` too."""
        if not other and not kw:
            return self
        new = dict(self)
        if other:
            new.update(other)
        if kw:
            new.update(kw)  # type: ignore[arg-type]
        return immutabledict(new)

    def merge_with(self, *others: Mapping[_K, _V] | None) -> immutabledict[_K, _V]:
        """A new one with the items of the others too; None stands for one without items."""
        new = self
        for other in others:
            new = new.union(other)
        return new

    def __or__(self, other: Any) -> Any:
        return immutabledict(dict.__or__(self, other))

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self.items()))

    def __repr__(self) -> str:
        return f"immutabledict({dict.__repr__(self)})"

    def __reduce__(self) -> Any:
        return immutabledict, (dict(self),)


EMPTY_DICT: immutabledict[Any, Any] = immutabledict()


class FacadeDict(immutabledict[Any, Any]):
    """A mapping that only its owner changes, by `_insert_item` and `_remove_item`."""

    __slots__ = ()

    def _insert_item(self, key: Any, value: Any) -> None:
        dict.__setitem__(self, key, value)

    def _remove_item(self, key: Any) -> Any:
        return dict.pop(self, key, None)

    def _clear(self) -> None:
        dict.clear(self)

    def __repr__(self) -> str:
        return f"FacadeDict({dict.__repr__(self)})"

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)


class OrderedSet(MutableSet[_T]):
    """A set in insertion order."""

    __slots__ = ("_items",)

    def __init__(self, items: Iterable[_T] | None = ()) -> None:
        self._items: dict[_T, None] = dict.fromkeys(() if items is None else items)

    def add(self, value: _T) -> None:
        self._items[value] = None

    append = add

    def insert(self, pos: int, value: _T) -> None:
        """Add an item before the one at a place."""
        if value not in self._items:
            items = list(self._items)
            items.insert(pos, value)
            self._items = dict.fromkeys(items)

    def discard(self, value: _T) -> None:
        self._items.pop(value, None)

    def remove(self, value: _T) -> None:
        del self._items[value]

    def clear(self) -> None:
        self._items.clear()

    def copy(self) -> OrderedSet[_T]:
        return OrderedSet(self._items)

    def update(self, *others: Iterable[_T]) -> None:
        for items in others:
            for item in items:
                self._items[item] = None

    def pop(self) -> _T:
        """Remove the last item, and return it; KeyError if there is none."""
        if not self._items:
            raise KeyError("pop from an empty set")
        return self._items.popitem()[0]

    def __reduce__(self) -> Any:
        return type(self), (list(self._items),)

    def __add__(self, other: Iterable[_T]) -> OrderedSet[_T]:
        return self.union(other)

    def union(self, *others: Iterable[_T]) -> OrderedSet[_T]:
        new = self.copy()
        new.update(*others)
        return new

    def difference(self, *others: Iterable[Any]) -> OrderedSet[_T]:
        without = {item for items in others for item in items}
        return OrderedSet(item for item in self._items if item not in without)

    def difference_update(self, *others: Iterable[Any]) -> None:
        for items in others:
            for item in items:
                self._items.pop(item, None)

    def intersection(self, *others: Iterable[Any]) -> OrderedSet[_T]:
        sets = [set(items) for items in others]
        return OrderedSet(item for item in self._items if all(item in s for s in sets))

    def intersection_update(self, *others: Iterable[Any]) -> None:
        self._items = self.intersection(*others)._items

    def symmetric_difference(self, other: Iterable[_T]) -> OrderedSet[_T]:
        others = dict.fromkeys(other)
        return self.difference(others).union(i for i in others if i not in self._items)

    def symmetric_difference_update(self, other: Iterable[_T]) -> None:
        self._items = self.symmetric_difference(other)._items

    def issubset(self, other: Iterable[Any]) -> bool:
        return set(self._items) <= set(other)

    def issuperset(self, other: Iterable[Any]) -> bool:
        return all(item in self._items for item in other)

    def __getitem__(self, key: int) -> _T:
        return list(self._items)[key]

    def __contains__(self, item: object) -> bool:
        return item in self._items

    def __iter__(self) -> Iterator[_T]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"OrderedSet({list(self._items)!r})"


class LRUCache(_core.UsedDict):
    """A dict that drops its least recently used half-percentage when it grows too large.

    Reading costs one dict lookup and one counter; order is looked at only when the
    capacity is exceeded by half.
    """

    __slots__ = ("capacity", "size_alert", "threshold")

    def __init__(
        self,
        capacity: int = 100,
        threshold: float = 0.5,
        size_alert: Callable[[LRUCache], None] | None = None,
    ) -> None:
        self.capacity = capacity
        self.threshold = threshold
        self.size_alert = size_alert

    def __getitem__(self, key: Any) -> Any:
        entry = dict.__getitem__(self, key)
        self._clock = entry[1] = self._clock + 1
        return entry[0]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._clock += 1
        dict.__setitem__(self, key, [value, self._clock])
        if len(self) > self.capacity + self.capacity * self.threshold:
            self._shrink()

    def values(self) -> Any:
        return [entry[0] for entry in dict.values(self)]

    def _shrink(self) -> None:
        if self.size_alert is not None:
            self.size_alert(self)
        try:
            entries = sorted(dict.items(self), key=lambda item: item[1][1])
        except RuntimeError:  # changed by another thread: it will shrink it
            return
        for key, _ in entries[: len(entries) - self.capacity]:
            dict.pop(self, key, None)


# --- arguments and warnings -------------------------------------------------------


def asbool(obj: Any) -> bool:
    """A boolean from a string of a URL or a configuration file."""
    if isinstance(obj, str):
        word = obj.strip().lower()
        if word in ("true", "yes", "on", "y", "t", "1"):
            return True
        if word in ("false", "no", "off", "n", "f", "0"):
            return False
        raise ValueError(f"String is not true/false: {word!r}")
    return bool(obj)


def asint(value: Any) -> int | None:
    """An int from a string; None stays."""
    return None if value is None else int(value)


def to_list(x: Any, default: Any = None) -> list[Any]:
    """A list of one value or of an iterable that is no string."""
    if x is None:
        return default  # type: ignore[no-any-return]
    if not isinstance(x, Iterable) or isinstance(x, (str, bytes)):
        return [x]
    return x if isinstance(x, list) else list(x)


def unique_list(seq: Iterable[_T], hashfunc: Callable[[_T], Any] | None = None) -> list[_T]:
    """The members without repetitions, in order: by `hashfunc`, or else by themselves."""
    if hashfunc is None:
        return list(dict.fromkeys(seq))
    first: dict[Any, _T] = {}
    for member in seq:
        first.setdefault(hashfunc(member), member)
    return list(first.values())


def quoted_names(names: Collection[str]) -> str:
    """'a', 'b', 'c' of a collection of names."""
    return ", ".join(f"'{name}'" for name in names)


class _WarningNote(threading.local):
    """What the warnings of a thread end in while `text` is set: where they come from.

    No ContextVar: CPython 3.11 crashes where a collection starts while one is set, and a
    callback of the collector sets it as well.
    """

    text: str | None = None


warning_note = _WarningNote()


def issue_warning(warning: Warning, stacklevel: int = 2) -> None:
    """Issue a warning about the line that called this package, at `stacklevel` or above."""
    frame, level = sys._getframe(stacklevel - 1), stacklevel
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("cormorant."):
        frame, level = frame.f_back, level + 1
    warnings.warn(warning, stacklevel=level)


def warn(msg: str, code: str | None = None) -> None:
    """Issue an SAWarning."""
    note = warning_note.text
    if note is not None:
        msg = f"{msg} ({note})"
    issue_warning(exc.SAWarning(msg, code=code))


def warn_deprecated(msg: str, version: str, stacklevel: int = 3, code: str | None = None) -> None:
    """Issue an SADeprecationWarning."""
    warning = exc.SADeprecationWarning(msg, code=code)
    warning.deprecated_since = version
    issue_warning(warning, stacklevel)


if TYPE_CHECKING:
    from typing import Self

    from . import topological as topological
    from .compat import inspect_getfullargspec as inspect_getfullargspec
    from .concurrency import await_fallback as await_fallback
    from .concurrency import await_only as await_only
    from .concurrency import greenlet_spawn as greenlet_spawn
    from .concurrency import in_greenlet as in_greenlet
    from .concurrency import is_exit_exception as is_exit_exception
    from .extras import Properties as Properties
    from .extras import ScopedRegistry as ScopedRegistry
    from .extras import ThreadLocalRegistry as ThreadLocalRegistry
    from .extras import coerce_to_immutabledict as coerce_to_immutabledict
    from .extras import column_dict as column_dict
    from .extras import column_set as column_set
    from .extras import counter as counter
    from .extras import deprecated as deprecated
    from .extras import duck_type_collection as duck_type_collection
    from .extras import flatten_iterator as flatten_iterator
    from .extras import get_cls_kwargs as get_cls_kwargs
    from .extras import has_intersection as has_intersection
    from .extras import portable_instancemethod as portable_instancemethod
    from .extras import set_creation_order as set_creation_order
    from .extras import symbol as symbol
    from .extras import to_column_set as to_column_set
    from .extras import to_set as to_set
    from .extras import update_copy as update_copy
    from .extras import walk_subclasses as walk_subclasses
    from .extras import warn_exception as warn_exception
    from .identity_set import IdentitySet as IdentitySet
    from .preloaded import preload_module as preload_module
else:
    __getattr__ = late_names(
        __name__,
        {
            ".compat": "inspect_getfullargspec",  # importing inspect takes long
            ".concurrency": "await_fallback await_only greenlet_spawn in_greenlet is_exit_exception",
            ".extras": "Properties ScopedRegistry ThreadLocalRegistry coerce_to_immutabledict "
            "column_dict column_set counter deprecated duck_type_collection flatten_iterator "
            "generic_repr get_cls_kwargs has_intersection portable_instancemethod set_creation_order symbol to_column_set to_set update_copy "
            "walk_subclasses warn_exception",
            ".identity_set": "IdentitySet",
            ".preloaded": "preload_module",
        },
        ("topological",),
    )
