"""What the DB-API 2.0 cursors of all databases have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .. import _core
from .dbapi_connection import raw_connection_of

if TYPE_CHECKING:
    from typing import Self

__all__ = ["DBAPICursor"]


class DBAPICursor:
    """Executes SQL as the driver takes it on a core connection and gives rows as tuples.

    A database's class says how parameters are written (`execute`, `executemany`) and what
    it is to use a closed cursor (`_check`) or one without rows (`_no_rows`).
    """

    arraysize = 1

    def __init__(self, connection: _core.Connection) -> None:
        self._core = connection
        self.description: Sequence[Sequence[Any]] | None = None
        self.rowcount = -1
        self._cursor: _core.Cursor | None = None
        self._closed = False

    @property
    def connection(self) -> Any:
        """The DB-API connection."""
        return raw_connection_of(self._core)

    def _forget(self) -> None:
        self._cursor = None
        self.description = None
        self.rowcount = -1

    def _run(self, plan: _core.Plan, values: Sequence[Any]) -> _core.Cursor:
        cursor = self._core.execute(plan, values)
        self._show(cursor)
        return cursor

    def _show(self, cursor: _core.Cursor) -> None:
        self._cursor = cursor
        self.description = self._describe(cursor) if cursor.returns_rows else None
        self.rowcount = cursor.rowcount

    def _describe(self, cursor: _core.Cursor) -> Sequence[Sequence[Any]]:
        return tuple((name, None, None, None, None, None, None) for name in cursor.keys)

    def execute(self, sql: str, parameters: Any = ()) -> Self:
        """Execute one statement."""
        raise NotImplementedError

    def executemany(self, sql: str, seq_of_parameters: Iterable[Any]) -> Any:
        """Execute a statement once for each parameter set."""
        raise NotImplementedError

    def _check(self) -> None:
        raise NotImplementedError

    def _no_rows(self) -> None:
        """The last statement returned no rows, or there was none: an error, or no rows."""

    def _rows(self, count: int) -> list[tuple[Any, ...]]:
        self._check()
        if self._cursor is None or not self._cursor.returns_rows:
            self._no_rows()
            return []
        return [tuple(row) for row in self._cursor.fetch(count)]

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row, or None."""
        rows = self._rows(1)
        return rows[0] if rows else None

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        """The next `size` rows."""
        return self._rows(self.arraysize if size is None else size)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """The rows that are left."""
        return self._rows(-1)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        while True:
            row = self.fetchone()
            if row is None:
                return
            yield row

    def setinputsizes(self, sizes: Any) -> None:
        """Nothing to do."""

    def setoutputsize(self, size: int, column: int | None = None) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Free the statement."""
        self._closed = True
        if self._cursor is not None:
            self._cursor.close()
            self._cursor = None
