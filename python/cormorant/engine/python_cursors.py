"""Cursors that are not the core's: over rows that are there already, over nothing, around
another one.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any, NoReturn

from .. import _core, exc, util
from .fetching import unlike

if TYPE_CHECKING:
    from .connection import Connection
    from .cursor import CursorResult


class ListCursor:
    """A cursor over results that are there already."""

    returns_rows = True
    unique = False
    rowcount = -1
    lastrowid = 0
    connection = None
    plan = None

    def __init__(
        self, row_keys: _core.RowKeys, results: Iterable[Any], scalar: bool = False
    ) -> None:
        """`results`: Rows of those keys, or single items with `scalar`."""
        self.row_keys = row_keys
        self.keys = row_keys.names
        self.scalar = scalar
        self.closed = False
        self._results = iter(results)
        self._seen: set[Any] = set()

    def fetch(self, count: int = -1) -> list[Any]:
        """The next `count` results (all: -1)."""
        if self.closed:
            raise exc.ResourceClosedError("This result object is closed.")
        results = unlike(self._results, self._seen, None) if self.unique else self._results
        return list(results if count < 0 else islice(results, count))

    def fetch_scalars(self, count: int = -1) -> list[Any]:
        """As fetch, but the first item of each row."""
        rows = self.fetch(count)
        return rows if self.scalar else [row[0] for row in rows]

    def close(self) -> None:
        """Drop what is left."""
        self.closed = True
        self._results = iter(())


class EmptyCursor:
    """The cursor of something that gave no rows (executemany)."""

    returns_rows = False
    unique = False
    scalar = False
    closed = False
    keys: tuple[str, ...] = ()
    row_keys = None

    def __init__(self, rowcount: int = -1, lastrowid: int = 0) -> None:
        self.rowcount = rowcount
        self.lastrowid = lastrowid

    def fetch(self, count: int = -1) -> NoReturn:
        """exc.ResourceClosedError."""
        raise exc.ResourceClosedError(
            "This result object does not return rows. It has been closed automatically."
        )

    fetch_scalars = fetch

    def close(self) -> None:
        """Nothing to close."""


class StreamCursor:
    """A cursor that reads from the database while it is fetched from: errors of that are
    the connection's to wrap."""

    def __init__(self, cursor: Any, connection: Connection) -> None:
        self._real = cursor
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def load_ahead(self) -> bool:
        """False: the rows cannot all be had now. See LoadedCursor."""
        return False

    @property
    def unique(self) -> bool:
        return self._real.unique  # type: ignore[no-any-return]

    @unique.setter
    def unique(self, value: bool) -> None:
        self._real.unique = value

    def fetch(self, count: int = -1) -> list[Any]:
        """The next `count` rows."""
        try:
            return self._real.fetch(count)  # type: ignore[no-any-return]
        except self._connection.dialect.driver_errors as error:
            self._connection._wrap_error(error, None, None)
            raise

    def fetch_scalars(self, count: int = -1) -> list[Any]:
        """As fetch, but the first item of each row."""
        try:
            return self._real.fetch_scalars(count)  # type: ignore[no-any-return]
        except self._connection.dialect.driver_errors as error:
            self._connection._wrap_error(error, None, None)
            raise


class LoggedCursor(StreamCursor):
    """A cursor that logs the rows it gives, for echo="debug"."""

    def _log(self, rows: list[Any]) -> list[Any]:
        connection = self._connection
        for row in rows:
            values = tuple(row) if isinstance(row, _core.Row) else row
            connection._log_debug(f"Row {util.repr_params(values, 10, False)}")
        return rows

    def fetch(self, count: int = -1) -> list[Any]:
        return self._log(super().fetch(count))

    def fetch_scalars(self, count: int = -1) -> list[Any]:
        return [row[0] for row in self.fetch(count)]


def _log_rows(connection: Connection, result: CursorResult[Any]) -> None:
    cursor = result._cursor
    if cursor.returns_rows and connection.engine._should_log_debug():
        connection._log_debug(f"Col {tuple(cursor.keys)!r}")
        result._cursor = LoggedCursor(cursor, connection)
