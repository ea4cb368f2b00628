"""Helpers that the package itself does not need: programs and libraries import them."""

from __future__ import annotations

import functools
import itertools
import threading
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, NoReturn, TypeVar

from .. import exc
from . import immutabledict, to_list, warn

_T = TypeVar("_T")
_F = TypeVar("_F", bound=Callable[..., Any])

column_set = set
column_dict = dict


class Properties(Generic[_T]):
    """A dictionary whose items are attributes as well."""

    __slots__ = ("_data",)

    _data: dict[str, _T]

    def __init__(self, data: dict[str, _T]) -> None:
        object.__setattr__(self, "_data", data)

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[_T]:
        return iter(list(self._data.values()))

    def __contains__(self, key: object) -> bool:
        return key in self._data

    def __getitem__(self, key: str) -> _T:
        return self._data[key]

    def __setitem__(self, key: str, value: _T) -> None:
        self._data[key] = value

    def __delitem__(self, key: str) -> None:
        del self._data[key]

    def __setattr__(self, key: str, value: _T) -> None:
        self._data[key] = value

    def __reduce__(self) -> Any:
        return type(self), (self._data,)

    def __getattr__(self, key: str) -> _T:
        try:
            return self._data[key]
        except KeyError:
            raise AttributeError(key) from None

    def __dir__(self) -> list[str]:
        return sorted([*dir(type(self)), *self._data])

    def update(self, value: Mapping[str, _T]) -> None:
        """Take the items of a mapping."""
        self._data.update(value)

    def get(self, key: str, default: _T | None = None) -> _T | None:
        """The value of a key, or the default."""
        return self._data.get(key, default)

    def keys(self) -> list[str]:
        """The keys."""
        return list(self._data)

    def values(self) -> list[_T]:
        """The values."""
        return list(self._data.values())

    def items(self) -> list[tuple[str, _T]]:
        """Keys and values."""
        return list(self._data.items())

    def has_key(self, key: str) -> bool:
        """Whether there is such a key."""
        return key in self._data

    def clear(self) -> None:
        """Drop everything."""
        self._data.clear()

    def as_readonly(self) -> Properties[_T]:
        """The same items, which cannot be changed through what is returned."""
        return _ReadOnlyProperties(self._data)


class _ReadOnlyProperties(Properties[_T]):
    __slots__ = ()

    def _refuse(self, *args: Any) -> NoReturn:
        raise TypeError(f"{type(self).__name__} object is immutable and/or readonly")

    __setitem__ = __delitem__ = __setattr__ = update = clear = _refuse  # type: ignore[assignment]


class ScopedRegistry(Generic[_T]):
    """Objects by the scope a function names."""

    def __init__(self, createfunc: Callable[[], _T], scopefunc: Callable[[], Any]) -> None:
        self.createfunc = createfunc
        self.scopefunc = scopefunc
        self.registry: dict[Any, _T] = {}

    def __call__(self) -> _T:
        """The object of the current scope, made if there is none."""
        key = self.scopefunc()
        try:
            return self.registry[key]
        except KeyError:
            return self.registry.setdefault(key, self.createfunc())

    def has(self) -> bool:
        """True if the current scope has an object."""
        return self.scopefunc() in self.registry

    def set(self, obj: _T) -> None:
        """Give the current scope an object."""
        self.registry[self.scopefunc()] = obj

    def clear(self) -> None:
        """Drop the object of the current scope."""
        self.registry.pop(self.scopefunc(), None)


class ThreadLocalRegistry(ScopedRegistry[_T]):
    """Objects by thread; they go when their thread ends."""

    def __init__(self, createfunc: Callable[[], _T]) -> None:
        self.createfunc = createfunc
        self._local = threading.local()

    def __call__(self) -> _T:
        """The object of this thread, made if there is none."""
        try:
            return self._local.value  # type: ignore[no-any-return]
        except AttributeError:
            value = self._local.value = self.createfunc()
            return value

    def has(self) -> bool:
        """True if this thread has an object."""
        return hasattr(self._local, "value")

    def set(self, obj: _T) -> None:
        """Give this thread an object."""
        self._local.value = obj

    def clear(self) -> None:
        """Drop the object of this thread."""
        try:
            del self._local.value
        except AttributeError:
            pass


class symbol(int):
    """A named constant: of one name there is one object."""

    name: str
    _symbols: dict[str, symbol] = {}
    _lock = threading.Lock()

    def __new__(cls, name: str, doc: str | None = None, canonical: int | None = None) -> symbol:
        with cls._lock:
            made = cls._symbols.get(name)
            if made is None:
                made = super().__new__(cls, hash(name) if canonical is None else canonical)
                made.name = name
                if doc:
                    made.__doc__ = doc
                cls._symbols[name] = made
            elif canonical is not None and canonical != made:
                raise TypeError(
                    f"Can't replace canonical symbol for {name!r} with new int value {canonical}"
                )
            return made

    def __reduce__(self) -> Any:
        return symbol, (self.name, "x", int(self))

    def __repr__(self) -> str:
        return f"symbol({self.name!r})"

    __str__ = __repr__


def counter() -> Callable[[], int]:
    """A function that gives 1, 2, 3 …, in whatever thread it is called."""
    numbers = itertools.count(1)
    return lambda: next(numbers)


_creation = itertools.count(1)


def set_creation_order(instance: Any) -> None:
    """Give an object a `_creation_order` by which objects are sorted as they were made."""
    instance._creation_order = next(_creation)


def coerce_to_immutabledict(d: Mapping[Any, Any]) -> immutabledict[Any, Any]:
    """A mapping as an immutabledict."""
    return d if isinstance(d, immutabledict) else immutabledict(d)


def flatten_iterator(x: Iterable[Any]) -> Iterator[Any]:
    """The members of nested iterables that are no strings, one after the other."""
    for member in x:
        if not isinstance(member, str) and hasattr(member, "__iter__"):
            yield from flatten_iterator(member)
        else:
            yield member


def get_cls_kwargs(
    cls: type, *, _set: set[str] | None = None, raiseerr: bool = False
) -> set[str] | None:
    """Names of the arguments of a class's constructor, with those of its bases' constructors
    as far as arguments are passed on; None (TypeError with `raiseerr`) if they all are."""
    import inspect

    names = set() if _set is None else _set
    constructor = cls.__dict__.get("__init__")
    passes_on = True
    if inspect.isfunction(constructor):
        parameters = list(inspect.signature(constructor).parameters.values())[1:]
        passes_on = any(p.kind is p.VAR_KEYWORD for p in parameters)
        names.update(p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD)
    if passes_on:
        if not cls.__bases__ and _set is None and raiseerr:
            raise TypeError(f"given cls {cls} doesn't have an __init__ method")
        for base in cls.__bases__:
            get_cls_kwargs(base, _set=names)
    names.discard("self")
    return names


def generic_repr(
    obj: Any,
    additional_kw: Sequence[tuple[str, Any]] = (),
    to_inspect: Any = None,
    omit_kwarg: Sequence[str] = (),
) -> str:
    """``Class(argument, name=value)``: the arguments of a constructor that differ from their
    defaults, read from attributes of the same names.

    `to_inspect`: objects whose constructors are looked at instead; `additional_kw`: more names
    and their defaults; `omit_kwarg`: names that are not shown.
    """
    import inspect

    positional: dict[str, None] = {}
    keywords: dict[str, Any] = {}
    variable: str | None = None
    for index, of in enumerate(to_list(obj if to_inspect is None else to_inspect)):
        try:
            parameters = list(inspect.signature(type(of).__init__).parameters.values())[1:]
        except (TypeError, ValueError):
            continue
        for p in parameters:
            if p.kind is p.VAR_POSITIONAL:
                variable = p.name
            elif p.kind in (p.VAR_KEYWORD, p.KEYWORD_ONLY):
                continue
            elif p.default is p.empty:
                if index == 0:
                    positional[p.name] = None
            else:
                keywords.setdefault(p.name, p.default)
    shown = [repr(getattr(obj, name, None)) for name in positional]
    if variable is not None:
        shown += [repr(value) for value in getattr(obj, variable, ())]
    for name, default in [*keywords.items(), *additional_kw]:
        value = getattr(obj, name, default)
        if name not in omit_kwarg and value is not default and value != default:
            shown.append(f"{name}={value!r}")
    return f"{type(obj).__name__}({', '.join(shown)})"


def has_intersection(set_: Container[Any], iterable: Iterable[Any]) -> bool:
    """Whether a member of the iterable that can be hashed is in the set."""
    return any(item in set_ for item in iterable if item.__hash__)


def to_set(x: Any) -> set[Any]:
    """A set of None (empty), of one value, or of the members of an iterable."""
    if x is None:
        return set()
    return x if isinstance(x, set) else set(to_list(x))


to_column_set = to_set


def update_copy(d: dict[Any, Any], _new: dict[Any, Any] | None = None, **kw: Any) -> dict[Any, Any]:
    """A copy of a dictionary with more items."""
    return {**d, **(_new or {}), **kw}


def walk_subclasses(cls: type[_T]) -> Iterator[type[_T]]:
    """A class and every class below it, each once."""
    seen: set[type] = set()
    stack = [cls]
    while stack:
        found = stack.pop()
        if found not in seen:
            seen.add(found)
            stack.extend(found.__subclasses__())
            yield found


def warn_exception(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a function; if it raises, warn instead."""
    try:
        return func(*args, **kwargs)
    except Exception as error:
        warn(f"{type(error)}('{error}') ignored")


def deprecated(
    version: str,
    message: str | None = None,
    add_deprecation_to_docstring: bool = True,
    warning: type[exc.SADeprecationWarning] | None = None,
    enable_warnings: bool = True,
) -> Callable[[_F], _F]:
    """A decorator: calling the function gives a deprecation warning."""
    import warnings

    kind = warning or exc.SADeprecationWarning

    def decorate(fn: _F) -> _F:
        text = (message or "Call to deprecated function %(func)s") % {"func": fn.__name__}
        text = f"{text} (deprecated since: {version})"

        @functools.wraps(fn)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            if enable_warnings:
                made = kind(text)
                made.deprecated_since = version
                warnings.warn(made, stacklevel=2)
            return fn(*args, **kwargs)

        if add_deprecation_to_docstring:
            wrapper.__doc__ = f"{fn.__doc__ or ''}\n\n.. deprecated:: {version} {text}"
        return wrapper  # type: ignore[return-value]

    return decorate


def duck_type_collection(specimen: Any, default: type | None = None) -> type | None:
    """list, set or dict, whichever a class or its instances behave like, or what the class says
    as ``__emulates__``; `default` if it is unknown."""
    if hasattr(specimen, "__emulates__"):
        emulated: type | None = specimen.__emulates__
        if emulated is not None and issubclass(emulated, set):
            return set
        return emulated
    cls = specimen if isinstance(specimen, type) else type(specimen)
    for kind in (list, set, dict):
        if issubclass(cls, kind):
            return kind
    for method, kind in (("append", list), ("add", set), ("set", dict)):
        if hasattr(specimen, method):
            return kind
    return default


class portable_instancemethod:
    """A bound method with some arguments given, that is pickled as its object and its name."""

    __slots__ = ("__weakref__", "kwargs", "name", "target")

    def __init__(self, meth: Any, kwargs: Any = ()) -> None:
        self.target = meth.__self__
        self.name = meth.__name__
        self.kwargs = kwargs

    def __call__(self, *arg: Any, **kw: Any) -> Any:
        kw.update(self.kwargs)
        return getattr(self.target, self.name)(*arg, **kw)

    def __getstate__(self) -> dict[str, Any]:
        return {"target": self.target, "name": self.name, "kwargs": self.kwargs}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)
