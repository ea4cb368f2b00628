"""A DB-API 2.0 cursor as psycopg's, for raw_connection()."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ... import _core
from ...engine.dbapi_cursor import DBAPICursor
from . import dbapi
from .paramstyle import driver_plan, values_of

if TYPE_CHECKING:
    from typing import Self


class Column(NamedTuple):
    """An item of a cursor's description; what is not known of a column is None."""

    name: str
    type_code: int | None = None
    display_size: int | None = None
    internal_size: int | None = None
    precision: int | None = None
    scale: int | None = None
    null_ok: bool | None = None


class Cursor(DBAPICursor):
    """Takes ``%s`` and ``%(name)s`` for parameters, and ``%%`` for a percent sign where
    parameters are given, be it none of them; SQL without parameters is sent as it is."""

    def __init__(self, connection: _core.Connection) -> None:
        super().__init__(connection)
        self._waiting: list[_core.Cursor] = []

    @property
    def closed(self) -> bool:
        """Whether the cursor was closed."""
        return self._closed

    def execute(self, sql: str | bytes, parameters: Any = None) -> Self:
        """Execute one statement, or several if there are no parameters."""
        self._begin()
        if parameters is None:
            self._run(_core.Plan(_text(sql), typed=True), ())
        else:
            plan = driver_plan(_text(sql))
            self._run(plan, values_of(plan, parameters))
        return self

    def executemany(
        self, sql: str | bytes, seq_of_parameters: Iterable[Any], *, returning: bool = False
    ) -> None:
        """Execute a statement once for each parameter set; `returning`: keep the rows of
        each, nextset() goes from one to the next."""
        self._begin()
        plan = driver_plan(_text(sql))
        rows = [values_of(plan, parameters) for parameters in seq_of_parameters]
        if not returning:
            self.rowcount = self.connection.execute_many(plan, rows) if rows else 0
        elif rows:
            self._waiting = [self.connection.execute(plan, row) for row in rows]
            self._show(self._waiting.pop(0))

    def _begin(self) -> None:
        self._check()
        self._forget()
        # before the first statement of a transaction, and never in autocommit
        self.connection.begin()

    def nextset(self) -> bool | None:
        """Go on to the rows of the next parameter set: None if there is none."""
        self._check()
        if not self._waiting:
            return None
        self._show(self._waiting.pop(0))
        return True

    def _describe(self, cursor: _core.Cursor) -> Sequence[Sequence[Any]]:
        return [Column(name) for name in cursor.keys]

    def _forget(self) -> None:
        super()._forget()
        self._waiting = []

    def _check(self) -> None:
        if self._closed:
            raise dbapi.InterfaceError("the cursor is closed")

    def _no_rows(self) -> None:
        if self._cursor is None:
            raise dbapi.ProgrammingError("no result available")
        raise dbapi.ProgrammingError("the last operation didn't produce records")

    def close(self) -> None:
        """Free the statement."""
        super().close()
        self._waiting = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()


def _text(sql: str | bytes) -> str:
    if isinstance(sql, bytes):
        return sql.decode()
    if not isinstance(sql, str):
        raise TypeError(f"SQL is a str or bytes, not {type(sql).__name__}")
    return sql
