"""Names of a module that are defined in another one and imported when they are first used."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any


def late_names(module: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """The ``__getattr__`` of a module that has names of others.

    `homes`: a module, relative to the package of `module` -> the names it has, in one string.
    """
    home_of = {name: home for home, names in homes.items() for name in names.split()}

    def __getattr__(name: str) -> Any:
        home = home_of.get(name)
        if home is None:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        this = sys.modules[module]
        value = getattr(importlib.import_module(home, this.__spec__.parent), name)  # type: ignore[union-attr]
        setattr(this, name, value)
        return value

    return __getattr__
