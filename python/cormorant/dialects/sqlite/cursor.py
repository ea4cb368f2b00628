"""A DB-API 2.0 cursor as sqlite3's, for raw_connection()."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ... import _core
from ...engine.dbapi_connection import DBAPIConnection
from ...engine.dbapi_cursor import DBAPICursor
from ...engine.driver_sql import by_name, is_dml, named_markers
from . import dbapi
from .dbapi import refusal

if TYPE_CHECKING:
    from typing import Self

_ANY = _core.TYPE_ANY


@functools.lru_cache(200)
def _plan(sql: str, width: int) -> _core.Plan:
    """One for the same SQL each time, so that a connection has it prepared."""
    return _core.Plan(sql, [(i, _ANY, None) for i in range(width)])


@functools.lru_cache(50)
def _described(names: tuple[str, ...]) -> Any:
    """A cursor of sqlite3 with columns of those names, which its Row asks for."""
    import sqlite3

    connection = sqlite3.connect(":memory:", check_same_thread=False)
    columns = ", ".join('NULL AS "{}"'.format(name.replace('"', '""')) for name in names)
    try:
        return connection.execute(f"SELECT {columns}")
    finally:
        connection.close()


class Cursor(DBAPICursor):
    """Takes ``?`` and ``:name`` for parameters."""

    row_factory: Any = None

    def __init__(self, connection: Any) -> None:
        """`connection`: a core connection, or a view of one."""
        if isinstance(connection, DBAPIConnection):
            connection = connection._core
        super().__init__(connection)
        self.lastrowid: int | None = None

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        # as the connection's
        return getattr(sys.modules.get("sqlite3"), "Cursor", type(self))

    def execute(self, sql: str, parameters: Any = (), /) -> Self:
        """Execute one statement."""
        self._check()
        if not isinstance(sql, str):
            raise TypeError(f"execute() argument 1 must be str, not {type(sql).__name__}")
        values = self._values(sql, parameters)
        cursor = self._run(_plan(sql, len(values)), values)
        self.lastrowid = cursor.lastrowid
        return self

    def executemany(self, sql: str, seq_of_parameters: Iterable[Any], /) -> Self:
        """Execute a statement that changes rows once for each parameter set."""
        self._check()
        if not is_dml(sql):
            raise refusal("executemany() can only execute DML statements.")
        rows = [self._values(sql, parameters) for parameters in seq_of_parameters]
        width = len(rows[0]) if rows else 0
        self._forget()
        self.rowcount = self._core.execute_many(_plan(sql, width), rows)
        return self

    def executescript(self, sql_script: str, /) -> Self:
        """Commit, and run several statements, whose rows are lost."""
        self._check()
        if not isinstance(sql_script, str):
            raise TypeError(
                f"executescript() argument must be str, not {type(sql_script).__name__}"
            )
        if "\0" in sql_script:
            raise ValueError("embedded null character")
        self._core.commit()
        self._core.run_script(sql_script)
        return self

    @staticmethod
    def _values(sql: str, parameters: Any) -> Sequence[Any]:
        if isinstance(parameters, (tuple, list)):
            values = tuple(parameters)
        elif isinstance(parameters, Mapping):
            values = by_name(dbapi, named_markers(sql), parameters)
        elif hasattr(type(parameters), "__getitem__") and hasattr(type(parameters), "__len__"):
            values = tuple(parameters)
        else:
            raise refusal("parameters are of unsupported type")
        return values

    def _rows(self, count: int) -> list[Any]:
        rows: list[Any] = super()._rows(count)
        if rows:
            text = self._core.kept.get("text_factory", str)
            if text is not str:
                rows = [tuple(_text(value, text) for value in row) for row in rows]
            if self.row_factory is not None:
                make, cursor = self.row_factory, self._described()
                rows = [make(cursor, row) for row in rows]
        return rows

    def _described(self) -> Any:
        """What a row factory gets for a cursor."""
        Row = getattr(sys.modules.get("sqlite3"), "Row", None)
        if Row is None or not isinstance(self.row_factory, type):
            return self
        if not issubclass(self.row_factory, Row) or self.description is None:
            return self
        return _described(tuple(column[0] for column in self.description))

    def fetchone(self) -> Any:
        """The next row, or None."""
        rows = self._rows(1)
        return rows[0] if rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """The next `size` rows; all if that is not above 0."""
        wanted = self.arraysize if size is None else size
        return self._rows(wanted if wanted > 0 else -1)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        rows = self._rows(1)
        if not rows:
            raise StopIteration
        return rows[0]

    def close(self) -> None:
        """Free the statement."""
        self._check_open()
        super().close()

    def _check_open(self) -> None:
        if self._core.closed:
            raise refusal("Cannot operate on a closed database.")

    def _check(self) -> None:
        if self._closed:
            raise refusal("Cannot operate on a closed cursor.")
        self._check_open()


def _text(value: Any, factory: Any) -> Any:
    return factory(value.encode()) if isinstance(value, str) else value
