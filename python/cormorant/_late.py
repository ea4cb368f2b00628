"""Names, functions and modules of a module that are imported when they are first used.

An import in a function that is called often costs each call half a microsecond.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping


def late_names(
    module: str, homes: Mapping[str, str], modules: Collection[str] = ()
) -> Callable[[str], Any]:
    """The ``__getattr__`` of a module that has names of others.

    `homes`: a module, relative to the package of `module` -> the names it has, in one string.
    `modules`: modules of the package that are its attributes as well, imported or not.
    """
    home_of = {name: home for home, names in homes.items() for name in names.split()}

    def __getattr__(name: str) -> Any:
        this = sys.modules[module]
        home = home_of.get(name)
        if home is not None:
            value = getattr(importlib.import_module(home, this.__spec__.parent), name)  # type: ignore[union-attr]
            setattr(this, name, value)
            return value
        if name in modules:
            return importlib.import_module(f".{name}", module)
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return __getattr__


def late_function(module: str, name: str, home: str, of: str = "") -> Callable[..., Any]:
    """What stands for a function or class of another module until it is first called, and then
    for itself.

    `module`, `name`: the module that calls it, and its name there. `home`: its own module, relative
    to the package of `module`. `of`: its name there, if that is another.
    """

    def first(*args: Any, **kwargs: Any) -> Any:
        this = sys.modules[module]
        function = getattr(importlib.import_module(home, this.__spec__.parent), of or name)  # type: ignore[union-attr]
        setattr(this, name, function)
        return function(*args, **kwargs)

    return first
