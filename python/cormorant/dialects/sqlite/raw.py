"""SQLite's DB-API connection: what sqlite3.Connection has, over a core connection.

A connection made here is a view and has no state of its own: what has to last is in the core
connection's `kept`, or in the driver's connection.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from operator import index
from typing import TYPE_CHECKING, Any

from ... import _core
from ...engine.dbapi_connection import DBAPIConnection, with_exceptions
from . import dbapi
from .cursor import Cursor
from .dbapi import refusal

if TYPE_CHECKING:
    from typing import Self

    from .blob import Blob

__all__ = ["RawConnection"]

# crm_hook_kind
_TRACE, _PROGRESS, _AUTHORIZE = 0, 1, 2

_LEVELS = frozenset({"", "DEFERRED", "IMMEDIATE", "EXCLUSIVE"})


@with_exceptions(dbapi)
class RawConnection(DBAPIConnection):
    """A connection as those of sqlite3."""

    __slots__ = ()

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        # listeners ask isinstance(connection, sqlite3.Connection) to tell databases apart; who
        # asks has imported it
        return getattr(sys.modules.get("sqlite3"), "Connection", type(self))

    def __getattr__(self, name: str) -> Any:
        # what only our own connections have
        return getattr(self._core, name)

    def _check(self) -> None:
        if self._core.closed:
            raise refusal("Cannot operate on a closed database.")

    def _about(self, name: str) -> str | None:
        self._check()
        return self._core.about(name)

    # --- settings ---

    @property
    def isolation_level(self) -> str | None:
        """When a transaction is begun: None for never, else a word after BEGIN."""
        return self._about("isolation_level")

    @isolation_level.setter
    def isolation_level(self, value: str | None) -> None:
        self._check()
        if value is None:
            self._core.set_option("isolation_level", "AUTOCOMMIT")
            self._core.commit()
            return
        if not isinstance(value, str):
            raise TypeError("isolation_level must be str or None")
        if value.upper() not in _LEVELS:
            raise ValueError(
                "isolation_level string must be '', 'DEFERRED', 'IMMEDIATE', or 'EXCLUSIVE'"
            )
        self._core.set_option("isolation_level", value)

    @property  # type: ignore[override]
    def autocommit(self) -> int:
        """-1: transactions are begun as `isolation_level` says."""
        return -1

    @autocommit.setter
    def autocommit(self, value: int) -> None:
        if value != -1 or isinstance(value, bool):
            raise dbapi.NotSupportedError("transactions are begun as isolation_level says")

    @property
    def row_factory(self) -> Any:
        """What makes the rows of new cursors, of a cursor and a tuple; None for tuples."""
        return self._core.kept.get("row_factory")

    @row_factory.setter
    def row_factory(self, value: Any) -> None:
        self._core.kept["row_factory"] = value

    @property
    def text_factory(self) -> Any:
        """What makes the texts that cursors give, of bytes; str for text."""
        return self._core.kept.get("text_factory", str)

    @text_factory.setter
    def text_factory(self, value: Any) -> None:
        self._core.kept["text_factory"] = value

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        self._check()
        return self._core.in_transaction

    @property
    def total_changes(self) -> int:
        """How many rows were inserted, updated and deleted since the connection was opened."""
        return int(self._about("total_changes") or 0)

    def getlimit(self, category: int, /) -> int:
        """A limit of SQLite's, by its number. ProgrammingError if there is none."""
        found = self._about(f"limit {index(category)}")
        if found is None:
            raise refusal("'category' is out of bounds")
        return int(found)

    def setlimit(self, category: int, limit: int, /) -> int:
        """Set a limit, or with a negative number leave it: what it was before."""
        before = self.getlimit(category)
        self._core.set_option(f"limit {index(category)}", f"{index(limit)}")
        return before

    # --- statements ---

    def cursor(self, factory: Any = None) -> Any:
        """A cursor, or what `factory` makes of the connection. TypeError if that is none."""
        self._check()
        if factory is None or factory is getattr(sys.modules.get("sqlite3"), "Cursor", None):
            made: Any = Cursor(self._core)
        else:
            made = factory(self)
            if not isinstance(made, Cursor):
                raise TypeError(f"factory must return a cursor, not {type(made).__name__}")
        if self.row_factory is not None:
            made.row_factory = self.row_factory
        return made

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        """A cursor that has executed a statement."""
        return self.cursor().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> Any:
        """A cursor that has executed a statement for each parameter set."""
        return self.cursor().executemany(sql, parameters)

    def executescript(self, sql_script: str, /) -> Any:
        """Commit, and run several statements."""
        return self.cursor().executescript(sql_script)

    def __call__(self, sql: str, /) -> Any:
        """The statement, prepared: an error if it cannot be."""
        plan = _core.Plan(sql)
        self._core.describe(plan)
        return plan

    def iterdump(self, **options: Any) -> Iterator[str]:
        """The SQL that makes the same database, a statement at a time."""
        from sqlite3.dump import _iterdump  # type: ignore[attr-defined]

        self._check()
        return _iterdump(self, **options)  # type: ignore[no-any-return]

    # --- transactions ---

    def __enter__(self) -> Self:
        self._check()
        return self

    def __exit__(self, cls: Any, *about: Any) -> None:
        """Commit, or roll back what has failed."""
        if cls is not None:
            self._core.rollback()
            return
        try:
            self._core.commit()
        except BaseException:
            self._core.rollback()
            raise

    def interrupt(self) -> None:
        """Stop what another thread runs on this connection."""
        self._check()
        self._core.interrupt()

    # --- what the program is told, and gives ---

    def create_window_function(self, name: str, num_params: int, aggregate_class: Any, /) -> None:
        """Let SQL call a class that has the methods step(), inverse(), value() and finalize()."""
        self._core.create_window_function(name, num_params, aggregate_class)

    def set_trace_callback(self, trace_callback: Callable[[str], object] | None) -> None:
        """Call a function with each statement that runs."""
        self._core.set_hook(_TRACE, trace_callback, 0)

    def set_progress_handler(self, progress_handler: Callable[[], object] | None, n: int) -> None:
        """Call a function after `n` steps of SQLite's machine each, which ends the statement
        if it returns what is true."""
        self._core.set_hook(_PROGRESS, progress_handler, n)

    def set_authorizer(self, authorizer_callback: Callable[..., int] | None) -> None:
        """Ask a function about each thing that a statement is to do."""
        self._core.set_hook(_AUTHORIZE, authorizer_callback, 0)

    def enable_load_extension(self, enabled: bool, /) -> None:
        """Whether extensions may be loaded."""
        self._core.enable_load_extension(enabled)

    def load_extension(self, name: str, /, *, entrypoint: str | None = None) -> None:
        """Load an extension of SQLite. OperationalError if that fails, or is not enabled."""
        self._core.load_extension(name, entrypoint)

    # --- databases and values as bytes ---

    def serialize(self, *, name: str = "main") -> bytes:
        """A database of the connection as its file would be."""
        return self._core.serialize(name)

    def deserialize(self, data: Any, /, *, name: str = "main") -> None:
        """Make a database of such bytes, in memory, take the place of one."""
        self._core.deserialize(data.encode() if isinstance(data, str) else data, name)

    def backup(
        self,
        target: Any,
        *,
        pages: int = -1,
        progress: Callable[[int, int, int], object] | None = None,
        name: str = "main",
        sleep: float = 0.25,
    ) -> None:
        """Copy a database to another connection, one of sqlite3's as well, `pages` at a time;
        `progress` is called after each time with a status, the pages left and their number."""
        if progress is not None and not callable(progress):
            raise TypeError("progress argument must be a callable")
        if type(target) is RawConnection:
            self._core.backup(target._core, name, pages, progress, int(sleep * 1000))
            return
        theirs = getattr(sys.modules.get("sqlite3"), "Connection", None)
        if theirs is None or not issubclass(type(target), theirs):
            raise TypeError(
                "backup() argument 'target' must be sqlite3.Connection, "
                f"not {type(target).__name__}"
            )
        self._check()
        self._copy(name).backup(target, pages=pages, progress=progress, sleep=sleep)

    def _copy(self, name: str) -> Any:
        """A database as sqlite3 has it: a copy in memory."""
        import sqlite3

        made = sqlite3.connect(":memory:")
        if self.execute(f'PRAGMA "{_quoted(name)}".page_count').fetchone()[0]:
            data = bytearray(self.serialize(name=name))
            # write-ahead logs are files: not in memory
            data[18:20] = b"\1\1"
            made.deserialize(bytes(data))
        return made

    def blobopen(
        self, table: str, column: str, row: int, /, *, readonly: bool = False, name: str = "main"
    ) -> Blob:
        """The bytes of a value, to be read and written in parts."""
        from .blob import Blob

        return Blob(self._core, (name, table, column, row), readonly)


def _quoted(name: str) -> str:
    return name.replace('"', '""')
