"""Sorting by dependency."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .. import exc


def find_cycles(edges: Iterable[tuple[Any, Any]], nodes: Iterable[Any]) -> set[Any]:
    """Nodes that are part of a cycle of `edges` (parent, child)."""
    children: dict[Any, set[Any]] = {}
    for parent, child in edges:
        children.setdefault(parent, set()).add(child)
    found = set()
    for start in nodes:
        seen: set[Any] = set()
        todo = list(children.get(start, ()))
        while todo:
            node = todo.pop()
            if node is start:
                found.add(start)
                break
            if node not in seen:
                seen.add(node)
                todo.extend(children.get(node, ()))
    return found


def sort(
    edges: Iterable[tuple[Any, Any]], nodes: Iterable[Any], deterministic_order: bool = True
) -> list[Any]:
    """Nodes ordered so that the parent of each edge comes before its child.

    Nodes that become free together keep their given order. exc.CircularDependencyError
    if there is a cycle.
    """
    return [node for subset in sort_as_subsets(edges, nodes) for node in subset]


def sort_as_subsets(edges: Iterable[tuple[Any, Any]], nodes: Iterable[Any]) -> Iterator[list[Any]]:
    """sort() by stages: each list holds what needs only nodes of the lists before it."""
    edges = list(edges)
    parents: dict[Any, set[Any]] = {}
    for parent, child in edges:
        parents.setdefault(child, set()).add(parent)
    todo = list(nodes)
    todo_set = set(todo)
    while todo_set:
        free = [n for n in todo if n in todo_set and todo_set.isdisjoint(parents.get(n, ()))]
        if not free:
            raise exc.CircularDependencyError(
                "Circular dependency detected.",
                find_cycles(edges, nodes),
                {edge for edge in edges if edge[0] in todo_set and edge[1] in todo_set},
            )
        todo_set.difference_update(free)
        yield free
