"""Decorators of methods of mapped classes: what they are to the mapping."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .properties import SynonymProperty


def synonym_for(name: str, map_column: bool = False) -> Callable[[Any], SynonymProperty]:
    """Decorator: a property that is, in SQL, another name of a mapped attribute."""

    def decorate(fn: Any) -> SynonymProperty:
        return SynonymProperty(name, map_column=map_column, descriptor=fn)

    return decorate


def validates(
    *names: str, include_removes: bool = False, include_backrefs: bool = True
) -> Callable[[Any], Any]:
    """Decorator: a method that checks, or changes, each value given to an attribute."""

    def decorate(fn: Any) -> Any:
        fn.__sa_validators__ = names
        fn.__sa_validation_opts__ = {
            "include_removes": include_removes,
            "include_backrefs": include_backrefs,
        }
        return fn

    return decorate


def reconstructor(fn: Any) -> Any:
    """Decorator: a method called after an object is loaded."""
    fn.__sa_reconstructor__ = True
    return fn
