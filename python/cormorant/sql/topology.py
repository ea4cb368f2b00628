"""The order of tables by their foreign keys."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any

from .. import exc, util

if TYPE_CHECKING:
    from .schema import ForeignKeyConstraint, Table

Edges = dict[tuple[Any, Any], list[Any]]


def _edges(
    tables: list[Table], filter_fn: Callable[[Any], bool | None] | None
) -> tuple[Edges, set[ForeignKeyConstraint]]:
    """(parent, child) pairs with the foreign keys behind them, and the keys left out."""
    edges: Edges = {}
    left_out: set[ForeignKeyConstraint] = set()
    for table in tables:
        for constraint in table.foreign_key_constraints:
            verdict = filter_fn(constraint) if filter_fn is not None else None
            if verdict or (constraint.use_alter and verdict is not False):
                left_out.add(constraint)
            elif constraint.use_alter:
                continue
            elif constraint.referred_table is not table:
                edges.setdefault((constraint.referred_table, table), []).append(constraint)
    return edges, left_out


def warn_of_cycle(error: exc.CircularDependencyError) -> None:
    """Say that tables are sorted without the foreign keys by which they refer to each other."""
    names = ", ".join(sorted(table.fullname for table in error.cycles))
    util.warn(
        "Cannot correctly sort tables; there are unresolvable cycles between tables "
        f'"{names}", which is usually caused by mutually dependent foreign key '
        "constraints.  Foreign key constraints involving these tables will not be "
        "considered; this warning may raise an error in a future release."
    )


def sort(
    tables: Iterable[Table],
    filter_fn: Callable[[ForeignKeyConstraint], bool | None] | None = None,
    extra_dependencies: Iterable[tuple[Table, Table]] | None = None,
    warn: bool = False,
) -> list[tuple[Table | None, Collection[ForeignKeyConstraint]]]:
    """See ddl.sort_tables_and_constraints; `warn`: say when a cycle is broken."""
    tables = list(tables)
    edges, left_out = _edges(tables, filter_fn)
    fixed = list(extra_dependencies or ())
    for table in tables:
        fixed.extend((parent, table) for parent in table._extra_dependencies)
    try:
        order = util.topological.sort([*fixed, *edges], tables)
    except exc.CircularDependencyError as error:
        if warn:
            warn_of_cycle(error)
        for edge, constraints in list(edges.items()):
            if edge not in error.edges or edge[1] not in error.cycles:
                continue
            if filter_fn is None or all(filter_fn(c) is not False for c in constraints):
                left_out.update(constraints)
                del edges[edge]
        order = util.topological.sort([*fixed, *edges], tables)
    result: list[tuple[Table | None, Collection[ForeignKeyConstraint]]] = [
        (table, table.foreign_key_constraints.difference(left_out)) for table in order
    ]
    result.append((None, left_out))
    return result
