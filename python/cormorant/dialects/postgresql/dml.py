"""PostgreSQL's INSERT: ``ON CONFLICT``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...sql.conflict import HasOnConflict, OnConflictClause, OnConflictDoNothing, OnConflictDoUpdate
from ...sql.dml import Insert as StandardInsert

if TYPE_CHECKING:
    from typing import Self

__all__ = [
    "Insert",
    "OnConflictClause",
    "OnConflictDoNothing",
    "OnConflictDoUpdate",
    "insert",
]


def _target(constraint: Any, index_elements: Any, index_where: Any) -> tuple[Any, Any, Any]:
    """(index elements, condition, constraint's name) of a conflict's target."""
    from ...sql.schema import ColumnCollectionConstraint, Constraint, Index

    if constraint is None:
        return index_elements, index_where, None
    if index_elements is not None or index_where is not None:
        raise ValueError("'constraint' and 'index_elements' are mutually exclusive")
    if isinstance(constraint, str):
        return None, None, constraint
    if isinstance(constraint, Constraint) and constraint.name is not None:
        return None, None, constraint
    if isinstance(constraint, Index):
        options = constraint.dialect_options["postgresql"]
        return list(constraint.expressions), options.get("where"), None
    if isinstance(constraint, ColumnCollectionConstraint):
        return list(constraint.columns), getattr(constraint, "where", None), None
    return list(constraint), None, None


class Insert(HasOnConflict, StandardInsert):
    """``INSERT`` with what PostgreSQL adds to it."""

    stringify_dialect = "postgresql"

    def on_conflict_do_update(
        self,
        constraint: Any = None,
        index_elements: Any = None,
        index_where: Any = None,
        set_: Any = None,
        where: Any = None,
    ) -> Self:
        """Update the row that is in the way.

        `constraint` (its name or the object) or `index_elements` (names or columns) with
        `index_where` say which conflict is meant, `set_` is what to set (`excluded` holds the
        refused values), `where` a condition.
        """
        return self._with_conflict(_do_update, constraint, index_elements, index_where, set_, where)

    def on_conflict_do_nothing(
        self, constraint: Any = None, index_elements: Any = None, index_where: Any = None
    ) -> Self:
        """Leave out a row that another one is in the way of."""
        return self._with_conflict(_do_nothing, constraint, index_elements, index_where)


def _do_update(
    constraint: Any, index_elements: Any, index_where: Any, set_: Any, where: Any
) -> OnConflictDoUpdate:
    elements, condition, name = _target(constraint, index_elements, index_where)
    if elements is None and name is None:
        raise ValueError(
            "Either constraint or index_elements, but not both, must be specified unless DO NOTHING"
        )
    return OnConflictDoUpdate(elements, condition, set_, where, name)


def _do_nothing(constraint: Any, index_elements: Any, index_where: Any) -> OnConflictDoNothing:
    return OnConflictDoNothing(*_target(constraint, index_elements, index_where))


def insert(table: Any) -> Insert:
    """``INSERT`` with what PostgreSQL adds to it."""
    return Insert(table)
