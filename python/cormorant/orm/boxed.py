"""Mapped classes that do not derive from `_core.Entity`: those that were there before they were
mapped, and those with a base whose objects have a layout of their own (an exception, a dict).

The state of their objects lies in a box (csrc/core/objects/boxed.h), which an object gets before
its own constructor runs: the class gets an ``__init__`` that sees to it, around the one it has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .. import _core

_WORD = tuple.__itemsize__
_construct = _core.construct


def _has_layout(cls: type) -> bool:
    """Whether objects of a class consist of more than their dict and weak references."""
    size = (
        cls.__basicsize__ - _WORD * (cls.__dictoffset__ > 0) - _WORD * (cls.__weakrefoffset__ > 0)
    )
    return size != object.__basicsize__ or cls.__itemsize__ != 0


def _names_object(new: Any) -> bool:
    """Whether a `__new__` says `object.__new__(cls)`, which does not make entities."""
    code = getattr(new, "__code__", None)
    return code is not None and "object" in code.co_names


def with_entity(bases: tuple[type, ...], namespace: Mapping[str, Any]) -> tuple[type, ...]:
    """The bases of a class that is to be mapped: with the core's entity if objects can be one."""
    new = namespace.get("__new__")
    if _names_object(getattr(new, "__func__", new)):
        return bases
    for base in bases:
        manager: _core.ClassManager | None = getattr(base, "__cormorant_manager__", None)
        if manager is not None and manager.boxed:
            return bases
        if manager is None and (_has_layout(base) or _names_object(base.__new__)):
            return bases
    return (*(base for base in bases if base is not object), _core.Entity)


def declarative_constructor(self: Any, **kwargs: Any) -> None:
    """Set attributes of the class by name: the default constructor of declarative classes.

    Raises TypeError for a name that the class does not have.
    """
    if _construct(self, kwargs):
        return
    cls = type(self)  # a base, which is not mapped
    for name, value in kwargs.items():
        if not hasattr(cls, name):
            raise TypeError(f"{name!r} is an invalid keyword argument for {cls.__name__}")
        setattr(self, name, value)


declarative_constructor.__name__ = "__init__"


def _by_name() -> Callable[..., None]:
    adopt, construct = _core.adopt, _core.construct

    def __init__(self: Any, **kwargs: Any) -> None:
        adopt(self)
        construct(self, kwargs)

    return __init__


def _around(original: Any) -> Callable[..., None]:
    adopt = _core.adopt

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        adopt(self)
        original(self, *args, **kwargs)

    __init__.__wrapped__ = original  # type: ignore[attr-defined]
    __init__.__doc__ = original.__doc__
    return __init__


def wrap_constructor(cls: Any, constructor: Callable[..., None] | None) -> None:
    """Let the objects of a freshly mapped class have a state before ``__init__`` runs.

    constructor: the registry's, which stands in where the class has none of its own.
    """
    original = cls.__init__
    __init__: Any
    if original is object.__init__ and constructor is not None:
        original = constructor
    if original is declarative_constructor:
        __init__ = _by_name()
    else:
        __init__ = _around(original)
    __init__.__qualname__ = "__init__"
    __init__.__module__ = cls.__module__
    __init__._cormorant_replaces = cls.__dict__.get("__init__")
    type.__setattr__(cls, "__init__", __init__)


def release(cls: type) -> None:
    """Take from a class what its mapping put into it, but for mapped attributes."""
    function = cls.__dict__.get("__init__")
    while function is not None:
        if hasattr(function, "_cormorant_replaces"):
            if function._cormorant_replaces is None:
                type.__delattr__(cls, "__init__")
            else:
                type.__setattr__(cls, "__init__", function._cormorant_replaces)
            break
        function = getattr(function, "__wrapped__", None)
    for name in ("__cormorant_manager__", "_sa_class_manager"):
        type.__delattr__(cls, name)
    if "__table__" in cls.__dict__:
        type.__delattr__(cls, "__table__")
    for name in ("_sa_instance_state", "__getstate__", "__setstate__"):
        if getattr(cls.__dict__.get(name), "__objclass__", None) is object:
            type.__delattr__(cls, name)
