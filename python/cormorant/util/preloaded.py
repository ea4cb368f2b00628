"""Modules that functions use which could not import them when they were defined."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["preload_module"]

_F = TypeVar("_F", bound=Callable[..., Any])
_PACKAGE = __name__.partition(".")[0]
_asked: dict[str, str] = {}


def preload_module(*deps: str) -> Callable[[_F], _F]:
    """Decorator of a function that uses modules as attributes of this one.

    deps: their names, as ``sqlalchemy.sql.schema`` for ``preloaded.sql_schema``.
    """
    for dep in deps:
        name = dep.partition(".")[2]
        _asked[name.replace(".", "_")] = f"{_PACKAGE}.{name}"
    return lambda fn: fn


def __getattr__(name: str) -> Any:
    module = _asked.get(name)
    if module is not None:
        try:
            return importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
