"""Going through a SQL construct: reading it, copying it, replacing parts of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from .base import ClauseElement, Visitable

__all__ = [
    "ClauseElement",
    "Visitable",
    "cloned_traverse",
    "iterate",
    "replacement_traverse",
    "traverse",
]

_Visitors = Mapping[str, Callable[[Any], None]]


def iterate(obj: Any, opts: Mapping[str, Any] | None = None) -> Iterator[Any]:
    """Every construct within ``obj``, itself first, level by level."""
    if obj is None:
        return
    yield obj
    todo = deque([obj])
    while todo:
        for child in todo.popleft().get_children():
            yield child
            todo.append(child)


def traverse_using(iterator: Iterable[Any], obj: Any, visitors: _Visitors) -> Any:
    """Call the visitor named by each construct's ``__visit_name__``."""
    for target in iterator:
        visit = visitors.get(target.__visit_name__)
        if visit is not None:
            visit(target)
    return obj


def traverse(obj: Any, opts: Mapping[str, Any] | None, visitors: _Visitors) -> Any:
    """Visit ``obj`` and all within it."""
    return traverse_using(iterate(obj), obj, visitors)


def cloned_traverse(obj: Any, visitors: _Visitors, stop_on: Iterable[Any] = ()) -> Any:
    """A deep copy of ``obj``; each copied construct is given to its visitor.

    Tables and their columns are not copied: they are what the construct is about.
    """
    done: dict[int, Any] = {}
    stop = {id(s) for s in stop_on}

    def clone(element: Any) -> Any:
        key = id(element)
        if key in done:
            return done[key]
        if element._immutable or key in stop:
            return element
        done[key] = copy = element._clone()
        copy._copy_internals(clone)
        keep.append(element)
        visit = visitors.get(copy.__visit_name__)
        if visit is not None:
            visit(copy)
        return copy

    keep: list[Any] = []  # keeps ids of temporary children valid for `done`
    return clone(obj) if obj is not None else None


def replacement_traverse(
    obj: Any, opts: Mapping[str, Any] | None, replace: Callable[[Any], Any]
) -> Any:
    """A copy of ``obj`` in which each construct that ``replace`` answers with something
    other than None has become that answer. What need not change is not copied."""
    done: dict[int, Any] = {}
    keep: list[Any] = []

    def clone(element: Any) -> Any:
        key = id(element)
        if key in done:
            return done[key]
        keep.append(element)
        if "no_replacement_traverse" in element._annotations:
            return element
        new = replace(element)
        if new is not None:
            done[key] = new
            return new
        if element._immutable:
            done[key] = element
            return element
        done[key] = copy = element._clone()
        copy._copy_internals(clone)
        return copy

    return clone(obj) if obj is not None else None
