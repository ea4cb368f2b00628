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


class _Copier:
    """Copies a construct, sharing with the original all that need not change.

    A column of a derived table follows its table: when the table has been copied, the
    column becomes that of the copy.
    """

    def __init__(self, replace: Callable[[Any], Any] | None, visitors: _Visitors) -> None:
        self.replace = replace
        self.visitors = visitors
        # by id; the element is kept, so that its id stays its own
        self.done: dict[int, tuple[Any, Any]] = {}

    def copy(self, element: Any) -> Any:
        key = id(element)
        known = self.done.get(key)
        if known is not None:
            return known[1]
        made = self._copy(element)
        self.done[key] = (element, made)
        return made

    def _copy(self, element: Any) -> Any:
        if self.replace is not None:
            if "no_replacement_traverse" in element._annotations:
                return element
            new = self.replace(element)
            if new is not None:
                return new
            if element._is_alias:
                return element  # a derived table is a thing of its own
        if element._immutable:
            return element
        visit = self.visitors.get(element.__visit_name__)
        if visit is None and element.__visit_name__ == "column":
            return self._follow(element)
        changed = False

        def clone(child: Any) -> Any:
            nonlocal changed
            new = self.copy(child)
            if new is not child:
                changed = True
            return new

        copy = element._clone()
        copy._copy_internals(clone)
        if visit is None and not changed:
            return element
        if visit is not None:
            visit(copy)
        return copy

    def _follow(self, column: Any) -> Any:
        table = column.table
        if table is None or self.replace is not None:
            return column
        new = self.copy(table)
        if new is table:
            return column
        place = table.c._position(column)
        if place is None:
            return column
        made = new.c[place]
        return made._annotate(column._annotations) if column._is_annotated else made


def cloned_traverse(obj: Any, visitors: _Visitors, stop_on: Iterable[Any] = ()) -> Any:
    """A copy of ``obj`` in which the constructs that a visitor names are copies given to
    that visitor. Tables and their columns are what a construct is about: not copied."""
    if obj is None:
        return None
    copier = _Copier(None, visitors)
    for element in stop_on:
        copier.done[id(element)] = (element, element)
    return copier.copy(obj)


def replacement_traverse(
    obj: Any, opts: Mapping[str, Any] | None, replace: Callable[[Any], Any]
) -> Any:
    """A copy of ``obj`` in which each construct that ``replace`` answers with something
    other than None has become that answer. Derived tables are replaced whole or not at all."""
    return None if obj is None else _Copier(replace, {}).copy(obj)
