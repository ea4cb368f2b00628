"""Connections that the program has made itself, of a DB-API module, in the place of the driver's.

`create_engine(..., creator=lambda: sqlite3.connect(...))`, a listener of do_connect or a pool of
the program's gives one: the core connection that stands for it runs its statements through the
cursors of that object (csrc/core/adopted/adopted.c), so that it stays what the program has made of
it.
"""

from __future__ import annotations

from collections.abc import Sequence
from inspect import iscoroutinefunction
from typing import Any

from .. import _core
from .dbapi_connection import DBAPIConnection
from .driver_sql import is_dml, named_markers

__all__ = ["AdoptedConnection", "adopt"]

_METHODS = ("cursor", "commit", "rollback", "close")


def adopt(made: Any, dialect: Any) -> _core.Connection:
    """The core connection of what a creator has returned.

    dialect: that of the engine, None for a pool without one.
    Raises TypeError if it is no connection, or one that cannot be used with the dialect.
    """
    if isinstance(made, DBAPIConnection):
        return made._core
    adopted = None
    if _is_connection(made):
        adopted = AdoptedConnection(made, None) if dialect is None else dialect.adopted(made)
    if adopted is not None:
        return _core.Connection(_core.adopted_driver, adopted, {})
    got = type(made)
    raise TypeError(
        "the creator of a pool must return a connection of this package's drivers, as "
        "cormorant.dialects.sqlite.dbapi.connect() and "
        "cormorant.dialects.postgresql.dbapi.connect() make them, or for SQLite one of a DB-API "
        "module, for PostgreSQL one of psycopg or psycopg2, not a "
        f"{got.__module__}.{got.__qualname__}"
    )


def _is_connection(made: Any) -> bool:
    """Whether an object is a connection of a DB-API module, and one that does not have to be
    waited for."""
    if not all(callable(getattr(made, name, None)) for name in _METHODS):
        return False
    error = getattr(made, "Error", None)
    return (
        isinstance(error, type)
        and issubclass(error, Exception)
        and not iscoroutinefunction(made.commit)
    )


class AdoptedConnection:
    """What the core asks of the DB-API module of such a connection, and of the connection but
    for statements: the `dbapi` of the core connection."""

    __slots__ = ("_dialect", "connection", "described", "handed", "ran")
    typed = False
    """Whether the connection has values of more classes than numbers, text and bytes."""
    addresses = False
    """Whether it takes those of networks as objects."""

    def __init__(self, connection: Any, dialect: Any) -> None:
        self.connection = connection
        self._dialect = dialect
        self.handed: Any = None  # the cursor that executes the next statement
        self.ran = False  # or has done so
        # (SQL, parameters, cursor) of a statement that was executed to learn of its columns: it is
        # not executed once more for its rows
        self.described: tuple[str, Any, Any] | None = None
        if dialect is not None:
            dialect.knows_errors_of(connection)

    @property
    def Error(self) -> Any:
        """The base of what the connection raises."""
        return self.connection.Error

    def raw(self, core: _core.Connection) -> Any:
        """The DB-API connection."""
        return self.connection

    def cursor(self, core: _core.Connection, streamed: str | None = None) -> Any:
        """A DB-API cursor for listeners, which executes the next statement.

        streamed: its SQL, if the rows are to be read as they are asked for.
        """
        self.handed = self.new_cursor(streamed) if self.described is None else self.described[2]
        return self.handed

    def new_cursor(self, streamed: str | None = None) -> Any:
        """A cursor of the connection, to execute a statement by.

        streamed: its SQL, if the rows are to be read as they are asked for.
        """
        return self.connection.cursor()

    def execute(self, cursor: Any, sql: str, parameters: Any) -> None:
        """Execute a statement once."""
        cursor.execute(sql, parameters)

    def executemany(self, cursor: Any, sql: str, parameters: list[Any]) -> int | None:
        """Execute it once for each of several sets of parameters: how many rows that changed,
        None if the cursor knows."""
        cursor.executemany(sql, parameters)
        return None

    def page(self, sql: str, width: int) -> int:
        """How many rows of so many values insert() is to be given, 0 if it is not to be called."""
        return 0

    def insert(self, cursor: Any, sql: str, parameters: list[tuple[Any, ...]]) -> None:
        """Execute an INSERT of one row, once for several rows."""
        raise NotImplementedError

    def in_transaction(self) -> bool:
        """Whether the connection is in a transaction."""
        return bool(self.connection.in_transaction)

    def interrupt(self) -> None:
        """Make what another thread executes fail soon."""
        self.connection.interrupt()

    def result_of(self, core: _core.Connection, cursor: Any) -> _core.Cursor:
        """What a cursor has by which a listener has executed a statement."""
        self.handed, self.ran = cursor, True
        try:
            return core.execute(_core.Plan(""))
        finally:
            self.handed, self.ran = None, False

    def error(self, name: str, text: str, condition: str, about: Any) -> Exception:
        """The exception for what the core itself refuses, of the class `name`."""
        made: Exception = getattr(self.connection, name)(text)
        return made

    def is_disconnect(self, error: BaseException) -> bool:
        """Whether an error means that the connection is lost."""
        return self._dialect is not None and bool(self._dialect.is_disconnect(error))

    def ping(self) -> None:
        """Raise what the database answers with, if it does not."""
        cursor = self.connection.cursor()
        try:
            cursor.execute("SELECT 1", ())
        finally:
            cursor.close()

    def set_option(self, key: str, value: str) -> None:
        """Set when transactions are begun."""
        if key != "isolation_level":
            raise self.error("NotSupportedError", f"option '{key}' cannot be changed", "", None)
        self.connection.isolation_level = None if value == "AUTOCOMMIT" else value

    def markers(self, sql: str) -> Sequence[str | int]:
        """The parameters of SQL in their order."""
        return named_markers(sql)

    def describe(self, sql: str, markers: Sequence[str | int], parameters: Any) -> Sequence[str]:
        """The names of the columns of a statement, which for those that change nothing is
        executed, and its rows kept for the execution that comes next, or given up if the values of
        its parameters are not known; none of another."""
        if is_dml(sql):
            return ()
        known = parameters is not None or not markers
        if parameters is None:
            parameters = (None,) * len(markers)
            if markers and isinstance(markers[0], str):
                parameters = dict(zip(markers, parameters, strict=True))
        return self.describe_by_executing(sql, parameters, known)

    def describe_by_executing(self, sql: str, parameters: Any, known: bool) -> Sequence[str]:
        """The same for any statement; `known`: these are the values that come next."""
        before, self.described = self.described, None
        if before is not None:
            before[2].close()
        cursor = self.new_cursor()
        try:
            self.execute(cursor, sql, parameters)
            if known:
                self.described = sql, parameters, cursor
            return [str(column[0]) for column in cursor.description or ()]
        finally:
            if self.described is None:
                cursor.close()
