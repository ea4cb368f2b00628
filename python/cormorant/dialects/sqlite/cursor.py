"""A DB-API 2.0 cursor over a core connection, for raw_connection()."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ... import _core
from ...engine.execution import is_dml, named_markers
from . import dbapi

if TYPE_CHECKING:
    from typing import Self

_ANY = _core.TYPE_ANY


class Cursor:
    """Executes SQL and gives rows as tuples."""

    arraysize = 1

    def __init__(self, connection: _core.Connection) -> None:
        self.connection = connection
        self.description: tuple[tuple[Any, ...], ...] | None = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self._cursor: _core.Cursor | None = None
        self._closed = False

    def execute(self, sql: str, parameters: Any = ()) -> Self:
        """Execute one statement."""
        self._check()
        values = self._values(sql, parameters)
        plan = _core.Plan(sql, [(i, _ANY, None) for i in range(len(values))])
        cursor = self.connection.execute(plan, values)
        self._cursor = cursor
        if cursor.returns_rows:
            self.description = tuple(
                (name, None, None, None, None, None, None) for name in cursor.keys
            )
        else:
            self.description = None
            self.lastrowid = cursor.lastrowid
        self.rowcount = cursor.rowcount
        return self

    def executemany(self, sql: str, seq_of_parameters: Any) -> Self:
        """Execute a statement that changes rows once for each parameter set."""
        self._check()
        if not is_dml(sql):
            raise dbapi.ProgrammingError("executemany() can only execute DML statements.")
        rows = [self._values(sql, parameters) for parameters in seq_of_parameters]
        width = len(rows[0]) if rows else 0
        plan = _core.Plan(sql, [(i, _ANY, None) for i in range(width)])
        self._cursor = None
        self.description = None
        self.rowcount = self.connection.execute_many(plan, rows)
        return self

    @staticmethod
    def _values(sql: str, parameters: Any) -> Sequence[Any]:
        if not isinstance(parameters, Mapping):
            return tuple(parameters)
        values = []
        for name in named_markers(sql):
            if name not in parameters:
                raise dbapi.ProgrammingError(
                    f"You did not supply a value for binding parameter :{name}."
                )
            values.append(parameters[name])
        return values

    def _rows(self, count: int) -> list[tuple[Any, ...]]:
        self._check()
        if self._cursor is None or not self._cursor.returns_rows:
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

    def _check(self) -> None:
        if self._closed:
            raise dbapi.ProgrammingError("Cannot operate on a closed cursor.")

    def close(self) -> None:
        """Free the statement."""
        self._closed = True
        if self._cursor is not None:
            self._cursor.close()
            self._cursor = None
