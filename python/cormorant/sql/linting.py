"""Warnings of statements whose FROM elements are joined by nothing: cartesian products."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

from .. import util
from . import operators

NO_LINTING = 0
COLLECT_CARTESIAN_PRODUCTS = 1
WARN_LINTING = 2
FROM_LINTING = COLLECT_CARTESIAN_PRODUCTS | WARN_LINTING


class FromLinter:
    """The FROM elements of one statement, and which of them conditions connect."""

    def __init__(self) -> None:
        self.names: dict[Any, str] = {}
        self.edges: set[tuple[Any, Any]] = set()

    def add_from(self, element: Any, name_of: Any) -> None:
        """Take in what is in FROM: of a join its sides, connected."""
        kind = element.__visit_name__
        if kind == "join":
            self.add_from(element.left, name_of)
            self.add_from(element.right, name_of)
            self.edges.update(product(element.left._from_objects, element.right._from_objects))
            if element.onclause is not None:
                self.add_condition(element.onclause)
            return
        if element._is_text_clause or getattr(element, "joins_implicitly", False):
            return
        if kind == "grouping" and element._is_from_clause:
            self.add_from(element.element, name_of)
            return
        unnamed = kind == "values" and element._unnamed
        self.names[element] = "(unnamed VALUES element)" if unnamed else name_of(element)
        if element._is_lateral:
            for inner in _tables_within(element.element):
                self.edges.add((element, inner))

    def add_condition(self, condition: Any) -> None:
        """Take in a condition: comparisons connect what is on their sides."""
        for element in _within(condition):
            if element.__visit_name__ != "binary" or element.operator is None:
                continue
            if operators.is_comparison(element.operator):
                self.edges.update(product(element.left._from_objects, element.right._from_objects))

    def unconnected(self) -> tuple[list[Any], Any]:
        """(FROM elements that nothing leads to, the one that was begun with)."""
        start, *others = self.names
        rest = dict.fromkeys(others)
        todo = [start]
        near: dict[Any, set[Any]] = {}
        for a, b in self.edges:
            near.setdefault(a, set()).add(b)
            near.setdefault(b, set()).add(a)
        seen = {start}
        while todo and rest:
            for node in near.get(todo.pop(), ()):
                if node not in seen:
                    seen.add(node)
                    rest.pop(node, None)
                    todo.append(node)
        return list(rest), start

    def warn(self, kind: str) -> None:
        """Warn if there are FROM elements that nothing connects."""
        if len(self.names) < 2:
            return
        rest, start = self.unconnected()
        if rest:
            others = ", ".join([f'"{self.names[f]}"' for f in rest])
            util.warn(
                f"{kind} statement has a cartesian product between FROM element(s) {others} and "
                f'FROM element "{self.names[start]}".  Apply join condition(s) between each '
                "element to resolve."
            )


def lint(froms: Iterable[Any], criteria: Iterable[Any], name_of: Any, kind: str = "SELECT") -> None:
    """Warn if FROM elements of a statement are not connected by its conditions."""
    linter = FromLinter()
    for element in froms:
        linter.add_from(element, name_of)
    if len(linter.names) > 1:
        for condition in criteria:
            linter.add_condition(condition)
        linter.warn(kind)


def _within(condition: Any) -> Iterator[Any]:
    """A condition and its parts, but not the SELECTs in it."""
    todo = [condition]
    while todo:
        element = todo.pop()
        if element._is_select_base:
            continue
        yield element
        if element._is_column and element.__visit_name__ != "column":
            todo.extend(element.get_children())


def _tables_within(element: Any) -> Iterator[Any]:
    """What columns a derived table mentions are of."""
    from .visitors import iterate

    for part in iterate(element):
        if part.__visit_name__ == "column" and part.table is not None:
            yield part.table
