"""MySQL's INSERT: ``ON DUPLICATE KEY UPDATE``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ... import exc
from ...sql.base import ClauseElement, KeyContext, memoized
from ...sql.column_collections import ColumnCollection
from ...sql.dml import Insert as StandardInsert

if TYPE_CHECKING:
    from typing import Self

__all__ = ["Insert", "OnDuplicateClause", "insert"]


class OnDuplicateClause(ClauseElement):
    """What a row is to become whose key is there."""

    __visit_name__ = "on_duplicate_key_update"
    stringify_dialect = "mysql"

    def __init__(self, inserted_alias: Any, update: Any) -> None:
        self.inserted_alias = inserted_alias
        self._parameter_ordering: list[Any] | None = None
        if isinstance(update, (list, tuple)):
            if update and isinstance(update[0], tuple):
                self._parameter_ordering = [key for key, _ in update]
                update = dict(update)
            else:
                raise ValueError("update parameter must be a list of pairs, or a dictionary")
        elif isinstance(update, ColumnCollection):
            update = dict(update)
        if not isinstance(update, Mapping):
            raise ValueError(
                "update parameter must be a non-empty dictionary or a ColumnCollection such as "
                "the `.c.` collection of a Table object"
            )
        if not update:
            raise ValueError("update parameter dictionary must not be empty")
        self.update = dict(update)

    def get_children(self, **kw: Any) -> Iterator[Any]:
        for value in self.update.values():
            if isinstance(value, ClauseElement):
                yield value

    def _cache_key(self, ctx: KeyContext) -> Any:
        ctx.cacheable = False
        return (self.__class__,)


class Insert(StandardInsert):
    """``INSERT`` with what MySQL adds to it."""

    stringify_dialect = "mysql"

    @memoized
    def inserted_alias(self) -> Any:
        """The row that could not be inserted."""
        return self.table.alias(name="inserted")

    @property
    def inserted(self) -> Any:
        """The columns of the row that could not be inserted."""
        return self.inserted_alias.c

    def on_duplicate_key_update(self, *args: Any, **kw: Any) -> Self:
        """Update the row that has the key: by names, a dictionary, or a list of pairs whose
        order is kept."""
        values: Mapping[Any, Any] | Sequence[tuple[Any, Any]]
        if args and kw:
            raise exc.ArgumentError("Can't pass kwargs and positional arguments simultaneously")
        if len(args) > 1:
            raise exc.ArgumentError(
                "Only a single dictionary or list of tuples is accepted positionally."
            )
        values = args[0] if args else kw
        if self._post_values_clause is not None:
            raise exc.InvalidRequestError(
                "This Insert construct already has an ON DUPLICATE KEY clause present"
            )
        made = self._generate()
        made._post_values_clause = OnDuplicateClause(self.inserted_alias, values)
        return made


def insert(table: Any) -> Insert:
    """``INSERT`` with what MySQL adds to it."""
    return Insert(table)
