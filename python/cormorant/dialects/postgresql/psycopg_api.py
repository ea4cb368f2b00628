"""Raw connections as psycopg's."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from . import dbapi
from .cursor import Cursor, ServerCursor
from .raw import RawConnection, TransactionStatus, identifier

if TYPE_CHECKING:
    from types import TracebackType


class IsolationLevel(enum.IntEnum):
    """How much a transaction sees of others."""

    READ_UNCOMMITTED = 1
    READ_COMMITTED = 2
    REPEATABLE_READ = 3
    SERIALIZABLE = 4


class Notify(NamedTuple):
    """What another session said to all who listen."""

    channel: str
    payload: str
    pid: int


class Connection(RawConnection):
    """What psycopg's connections have beside what the DB-API asks for."""

    __slots__ = ()

    # --- sessions ---

    def _check_idle(self, name: str) -> None:
        status = self.info.transaction_status
        if status != TransactionStatus.IDLE:
            raise dbapi.ProgrammingError(
                f"can't change {name!r} now: connection in transaction status {status.name}"
            )

    @property
    def autocommit(self) -> bool:
        """Whether each statement is committed as it ends."""
        return self._is_autocommit()

    @autocommit.setter
    def autocommit(self, value: bool) -> None:
        self._check_idle("autocommit")
        self._set_autocommit(value)

    def set_autocommit(self, value: bool) -> None:
        """Say whether each statement is committed as it ends."""
        self.autocommit = value

    @property
    def isolation_level(self) -> Any:
        """The level of transactions; None: the session's own."""
        level = self._isolation()
        return None if level is None else IsolationLevel[level.replace(" ", "_")]

    @isolation_level.setter
    def isolation_level(self, value: Any) -> None:
        self._check_idle("isolation_level")
        level = None if value is None else IsolationLevel(value).name.replace("_", " ")
        self._set_isolation(level)

    def set_isolation_level(self, value: Any) -> None:
        """Set the level of transactions."""
        self.isolation_level = value

    @property
    def read_only(self) -> bool | None:
        """Whether transactions refuse to write; None: as the session says."""
        return self._core.info.get("postgresql_readonly")

    @read_only.setter
    def read_only(self, value: bool | None) -> None:
        self._check_idle("read_only")
        self._set_flag("postgresql_readonly", value)

    def set_read_only(self, value: bool | None) -> None:
        """Say whether transactions refuse to write."""
        self.read_only = value

    @property
    def deferrable(self) -> bool | None:
        """Whether transactions wait for a snapshot that cannot fail; None: as the session says."""
        return self._core.info.get("postgresql_deferrable")

    @deferrable.setter
    def deferrable(self, value: bool | None) -> None:
        self._check_idle("deferrable")
        self._set_flag("postgresql_deferrable", value)

    def set_deferrable(self, value: bool | None) -> None:
        """Say whether transactions wait for a snapshot that cannot fail."""
        self.deferrable = value

    @property
    def closed(self) -> bool:
        """Whether the connection is closed."""
        return self._core.closed

    @property
    def broken(self) -> bool:
        """Whether it was lost."""
        return self._core.invalid

    # --- statements ---

    def cursor(self, name: str = "", **options: Any) -> Any:
        """A cursor; with a name one that leaves the rows on the server until they are fetched
        (`scrollable` and `withhold` are taken for compatibility)."""
        _check_options(options, "binary", "scrollable", "withhold")
        if self._core.closed:
            raise dbapi.OperationalError("the connection is closed")
        return ServerCursor(self._core, name) if name else Cursor(self._core)

    def execute(self, sql: str | bytes, parameters: Any = None, **options: Any) -> Any:
        """A cursor that has executed a statement."""
        _check_options(options, "binary", "prepare")
        return self.cursor().execute(sql, parameters)

    def cancel_safe(self, *, timeout: float = 30.0) -> None:
        """As cancel()."""
        self.cancel()

    @contextmanager
    def transaction(
        self, savepoint_name: str | None = None, force_rollback: bool = False
    ) -> Iterator[Any]:
        """A transaction, or a savepoint within one, that ends with the block."""
        core, kept = self._core, self._core.kept
        outer = not core.in_transaction
        depth = kept["depth"] = kept.get("depth", 0) + 1
        name = identifier(savepoint_name or f"_pg3_{depth}")
        if outer:
            core.run_script(_begin_of(core))
        if not outer or savepoint_name is not None:
            core.run_script(f"SAVEPOINT {name}")
        try:
            yield self
        except BaseException:
            self._end_block(outer, name, True)
            raise
        else:
            self._end_block(outer, name, force_rollback)
        finally:
            kept["depth"] -= 1

    def _end_block(self, outer: bool, name: str, back: bool) -> None:
        core = self._core
        if outer:
            core.rollback() if back else core.commit()
        else:
            if back:
                core.run_script(f"ROLLBACK TO {name}")
            core.run_script(f"RELEASE {name}")

    # --- what the server says ---

    def notifies(
        self, *, timeout: float | None = None, stop_after: int | None = None
    ) -> Iterator[Notify]:
        """What other sessions notify us of, as it comes: for so many seconds, or until there
        were so many of them."""
        end = None if timeout is None else time.monotonic() + timeout
        count = 0
        while True:
            left = -1 if end is None else max(0, round((end - time.monotonic()) * 1000))
            told = self._core.notification(left)
            if told is None:
                return
            yield Notify(*told)
            count += 1
            if stop_after is not None and count >= stop_after:
                # those that came with it are not kept back
                while (told := self._core.notification(0)) is not None:
                    yield Notify(*told)
                return

    def add_notice_handler(self, callback: Callable[[Any], None]) -> None:
        """Call a function with the Diagnostic of each notice."""
        self._core.kept.setdefault("notice_handlers", []).append(callback)

    def remove_notice_handler(self, callback: Callable[[Any], None]) -> None:
        """Call it no more."""
        self._core.kept.get("notice_handlers", []).remove(callback)

    def __exit__(
        self, type_: type | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if not self._core.closed:
                self._core.commit() if type_ is None else self._core.rollback()
        finally:
            self.close()


def _begin_of(core: Any) -> str:
    return core.kept.get("begin", "BEGIN")  # type: ignore[no-any-return]


def _check_options(options: dict[str, Any], *known: str) -> None:
    for name in options:
        if name not in known:
            raise TypeError(f"unexpected keyword argument {name!r}")
