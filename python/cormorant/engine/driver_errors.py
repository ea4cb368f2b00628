"""Errors that are also those of a driver's own module.

A program that was written for SQLAlchemy and, say, psycopg2 may ask whether ``error.orig`` is a
``psycopg2.errors.UniqueViolation``. To ask it has imported that module: then our error derives from
its class as well.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

_joined: dict[tuple[type, type], type[Exception]] = {}


def also_of(cls: type[Exception], *names: tuple[str, str]) -> type[Exception]:
    """A class of errors, or one that derives from it and from the first of `names`, pairs of a
    module and of a class in it, that the program has imported."""
    for module, name in names:
        theirs = getattr(sys.modules.get(module), name, None)
        if not isinstance(theirs, type) or not issubclass(theirs, Exception):
            continue
        found = _joined.get((cls, theirs))
        if found is None:
            about = {"__module__": cls.__module__, "__doc__": cls.__doc__}
            found = _joined[cls, theirs] = type(cls.__name__, (cls, theirs), about)
        return found
    return cls


def unpickled(module: str, state: str, name: str, args: Any, said: dict[str, Any]) -> Exception:
    """An error of a DB-API module of ours, from what `__reduce__` gave of it.

    Its class is made by `error_class()` of that module: `__module__` of the class leads to the
    driver's own, which is another.
    """
    made: Exception = importlib.import_module(module).error_class(state, name)(*args)
    made.__dict__.update(said)
    return made
