"""A DB-API 2.0 cursor as sqlite3's, for raw_connection()."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ... import _core
from ...engine.dbapi_cursor import DBAPICursor
from ...engine.driver_sql import by_name, is_dml, named_markers
from . import dbapi

if TYPE_CHECKING:
    from typing import Self

_ANY = _core.TYPE_ANY


@functools.lru_cache(200)
def _plan(sql: str, width: int) -> _core.Plan:
    """One for the same SQL each time, so that a connection has it prepared."""
    return _core.Plan(sql, [(i, _ANY, None) for i in range(width)])


class Cursor(DBAPICursor):
    """Takes ``?`` and ``:name`` for parameters."""

    def __init__(self, connection: _core.Connection) -> None:
        super().__init__(connection)
        self.lastrowid: int | None = None

    def execute(self, sql: str, parameters: Any = ()) -> Self:
        """Execute one statement."""
        self._check()
        if not isinstance(sql, str):
            raise TypeError(f"execute() argument 1 must be str, not {type(sql).__name__}")
        values = self._values(sql, parameters)
        cursor = self._run(_plan(sql, len(values)), values)
        if not cursor.returns_rows:
            self.lastrowid = cursor.lastrowid
        return self

    def executemany(self, sql: str, seq_of_parameters: Iterable[Any]) -> Self:
        """Execute a statement that changes rows once for each parameter set."""
        self._check()
        if not is_dml(sql):
            raise dbapi.ProgrammingError("executemany() can only execute DML statements.")
        rows = [self._values(sql, parameters) for parameters in seq_of_parameters]
        width = len(rows[0]) if rows else 0
        self._forget()
        self.rowcount = self._core.execute_many(_plan(sql, width), rows)
        return self

    @staticmethod
    def _values(sql: str, parameters: Any) -> Sequence[Any]:
        if isinstance(parameters, (tuple, list)) or not isinstance(parameters, Mapping):
            return tuple(parameters)
        return by_name(dbapi, named_markers(sql), parameters)

    def _check(self) -> None:
        if self._closed:
            raise dbapi.ProgrammingError("Cannot operate on a closed cursor.")
