"""Classes that were there before they were mapped, and so do not derive from `_core.Entity`.

The state of their objects lies in a box (csrc/core/boxed.h), which an object gets before its
own constructor runs: the class gets an ``__init__`` that sees to it, around the one it has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _core


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
    if original is object.__init__ and constructor is _core.Entity.__init__:
        __init__ = _by_name()
    else:
        if original is object.__init__ and constructor is not None:
            original = constructor
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
