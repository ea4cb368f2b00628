"""SQLite's INSERT: ``ON CONFLICT``."""

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


class Insert(HasOnConflict, StandardInsert):
    """``INSERT`` with what SQLite adds to it."""

    stringify_dialect = "sqlite"

    def on_conflict_do_update(
        self,
        index_elements: Any = None,
        index_where: Any = None,
        set_: Any = None,
        where: Any = None,
    ) -> Self:
        """Update the row that is in the way.

        `index_elements` (names or columns) and `index_where` say which unique index is meant,
        `set_` is what to set (`excluded` holds the refused values), `where` a condition.
        """
        return self._with_conflict(OnConflictDoUpdate, index_elements, index_where, set_, where)

    def on_conflict_do_nothing(self, index_elements: Any = None, index_where: Any = None) -> Self:
        """Leave a row out that is in the way of none but itself."""
        return self._with_conflict(OnConflictDoNothing, index_elements, index_where)


def insert(table: Any) -> Insert:
    """``INSERT`` with what SQLite adds to it."""
    return Insert(table)
