"""The driver as URLs of psycopg2 have it: a DB-API module, and raw connections and cursors as
psycopg2's.
"""

from __future__ import annotations

import datetime
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from ... import _core
from ...engine.dbapi_connection import with_exceptions
from . import dbapi, psycopg2_errors
from .copying import copy_file
from .cursor import Cursor as _Cursor
from .cursor import ServerCursor as _ServerCursor
from .cursor import text_of
from .dbapi import apilevel, notice, open_connection, paramstyle  # noqa: F401  (of a DB-API module)
from .literal_params import literal_driver_plan
from .literals import compose, literal, literal_of_psycopg2
from .psycopg2_errors import (  # noqa: F401  (of a DB-API module)
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    Warning,
    error,
)
from .raw import RawConnection, TransactionStatus, identifier

if TYPE_CHECKING:
    from types import TracebackType

    from ..._core import Plan

threadsafety = 2
__version__ = "2.9.10"
"""The version of psycopg2 whose behaviour is followed."""
fixed_offsets = True


def zone(name: str) -> datetime.tzinfo | None:
    """The time zone of a session, None for UTC by any of its names."""
    if name in _UTC:
        return None
    offset = _OFFSET.match(name)
    if offset is None:
        return dbapi.zone(name)
    bracket, sign, *parts = offset.groups("0")
    hours, minutes, seconds = [int(part) for part in parts]
    size = datetime.timedelta(hours=hours, minutes=minutes, seconds=seconds)
    # the sign is POSIX's, west is positive, where it is not part of a name
    east = (sign == "+") == (bracket == "<")
    return datetime.timezone(size if east else -size)


_OFFSET = re.compile(r"(<?)([+-])(\d\d?)(?::(\d\d))?(?::(\d\d))?(?:>|$)")
_UTC = frozenset({"UTC", "Etc/UTC", "GMT", "Etc/GMT", "Etc/UCT", "UCT", "Universal", "Zulu"})


class Notify(tuple[int, str]):
    """What another session said to all who listen: equal to ``(pid, channel)``."""

    payload: str

    def __new__(cls, pid: int, channel: str, payload: str = "") -> Notify:
        made = super().__new__(cls, (pid, channel))
        made.payload = payload
        return made

    @property
    def pid(self) -> int:
        """The number of the session's process."""
        return self[0]

    @property
    def channel(self) -> str:
        """What it is about."""
        return self[1]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Notify) and other.payload != self.payload:
            return False
        return super().__eq__(other)

    __hash__ = tuple.__hash__

    def __repr__(self) -> str:
        return f"Notify({self.pid!r}, {self.channel!r}, {self.payload!r})"


_LEVELS = {1: "READ COMMITTED", 2: "REPEATABLE READ", 3: "SERIALIZABLE", 4: "READ UNCOMMITTED"}
_NUMBERS = {name: number for number, name in _LEVELS.items()}
_UNCHANGED: Any = object()


@with_exceptions(psycopg2_errors)
class Connection(RawConnection):
    """What psycopg2's connections have beside what the DB-API asks for."""

    __slots__ = ()
    async_ = 0
    encoding = "UTF8"

    # --- sessions ---

    def _check_idle(self, name: str = "set_session") -> None:
        self._check_open()
        if self.info.transaction_status != TransactionStatus.IDLE:
            raise ProgrammingError(f"{name} cannot be used inside a transaction")

    def _check_open(self) -> None:
        if self._core.closed:
            raise InterfaceError("connection already closed")

    @property
    def autocommit(self) -> bool:
        """Whether each statement is committed as it ends."""
        return self._is_autocommit()

    @autocommit.setter
    def autocommit(self, value: bool) -> None:
        self._check_idle()
        self._set_autocommit(value)

    @property  # type: ignore[override]
    def isolation_level(self) -> int | None:
        """The number of the level of transactions; None: the session's own."""
        level = self._isolation()
        return None if level is None else _NUMBERS[level]

    @isolation_level.setter
    def isolation_level(self, value: Any) -> None:
        self._check_idle("set_isolation_level")
        self._set_isolation(_level(value))

    def set_isolation_level(self, level: Any) -> None:
        """Set the level of transactions, by name or number; 0 is autocommit. A transaction in
        progress is rolled back."""
        self._check_open()
        if isinstance(level, int) and not 0 <= level <= 4:
            raise ValueError("isolation level must be between 0 and 4")
        self.rollback()
        self._set_autocommit(level == 0)
        if level != 0:
            self._set_isolation(_level(level))

    @property
    def readonly(self) -> bool | None:
        """Whether transactions refuse to write; None: as the session says."""
        return self._core.info.get("postgresql_readonly")

    @readonly.setter
    def readonly(self, value: Any) -> None:
        self.set_session(readonly=value)

    @property
    def deferrable(self) -> bool | None:
        """Whether transactions wait for a snapshot that cannot fail; None: as the session says."""
        return self._core.info.get("postgresql_deferrable")

    @deferrable.setter
    def deferrable(self, value: Any) -> None:
        self.set_session(deferrable=value)

    def set_session(
        self,
        isolation_level: Any = _UNCHANGED,
        readonly: Any = _UNCHANGED,
        deferrable: Any = _UNCHANGED,
        autocommit: Any = _UNCHANGED,
    ) -> None:
        """Set what transactions are from now on; None or "DEFAULT": as the session says."""
        self._check_idle()
        if isolation_level is not None and isolation_level is not _UNCHANGED:
            self._set_isolation(_level(isolation_level))
        for name, value in (("readonly", readonly), ("deferrable", deferrable)):
            if value is not None and value is not _UNCHANGED:
                default = isinstance(value, str) and value.upper() == "DEFAULT"
                self._set_flag(f"postgresql_{name}", None if default else bool(value))
        if autocommit is not None and autocommit is not _UNCHANGED:
            self._set_autocommit(autocommit)

    def set_client_encoding(self, encoding: str) -> None:
        """Take UTF-8: it is what text is sent as."""
        if encoding.replace("-", "").replace("_", "").upper() not in ("UTF8", "UNICODE"):
            raise NotSupportedError(f"text is always UTF-8, not {encoding}")

    def reset(self) -> None:
        """Roll back, and be as a new connection is."""
        self._core.reset()
        self._core.kept.pop("tpc", None)
        self._core.kept.pop("level", None)
        for name in ("postgresql_readonly", "postgresql_deferrable"):
            self._core.info.pop(name, None)
        self._set_level(None)
        self._core.run_script("RESET ALL; SET SESSION AUTHORIZATION DEFAULT")

    # --- what is known ---

    @property
    def closed(self) -> int:
        """0 while the connection is open, else 1, or 2 if it was lost."""
        return 1 if self._core.closed else 2 if self._core.invalid else 0

    @property
    def status(self) -> int:
        """1 outside of transactions, 2 within, 5 after tpc_prepare()."""
        tpc = self._core.kept.get("tpc")
        if tpc is not None and tpc[1]:
            return 5
        return 1 if self._core.closed or not self._in_transaction() else 2

    @property
    def server_version(self) -> int:
        """150004 is 15.4."""
        return self.info.server_version  # type: ignore[no-any-return]

    @property
    def protocol_version(self) -> int:
        """3."""
        return self.info.protocol_version  # type: ignore[no-any-return]

    @property
    def dsn(self) -> str:
        """What the connection was made with."""
        return self.info.dsn

    def get_backend_pid(self) -> int:
        """The number of the server's process."""
        return self.info.backend_pid  # type: ignore[no-any-return]

    def get_transaction_status(self) -> int:
        """What the server is at."""
        return int(self.info.transaction_status)

    def get_parameter_status(self, parameter: str) -> str | None:
        """A setting that the server tells, such as "TimeZone"; None of others."""
        return self.info.parameter_status(parameter)

    def get_dsn_parameters(self) -> dict[str, str]:
        """What the connection was made with."""
        return self.info.get_parameters()

    def isexecuting(self) -> bool:
        """False: nothing is executed without being waited for."""
        return False

    # --- what the server says ---

    def poll(self) -> int:
        """Take what has come, without waiting: 0, there is nothing to wait for."""
        self._check_open()
        self._take_notifies()
        return 0

    def _take_notifies(self) -> list[Notify]:
        found: list[Notify] = self._core.kept.setdefault("notifies", [])
        while (told := self._core.notification(0)) is not None:
            channel, payload, pid = told
            found.append(Notify(pid, channel, payload))
        return found

    @property
    def notifies(self) -> list[Notify]:
        """What other sessions notified us of; the program takes it out."""
        if self._core.closed:
            return self._core.kept.setdefault("notifies", [])  # type: ignore[no-any-return]
        return self._take_notifies()

    @notifies.setter
    def notifies(self, value: list[Any]) -> None:
        self._core.kept["notifies"] = value

    @property
    def notices(self) -> list[str]:
        """The last fifty notices."""
        return self._core.kept.setdefault("notices", [])  # type: ignore[no-any-return]

    @notices.setter
    def notices(self, value: list[str]) -> None:
        self._core.kept["notices"] = value

    # --- statements ---

    def cursor(
        self,
        name: str | None = None,
        cursor_factory: Any = None,
        withhold: bool = False,
        scrollable: bool | None = None,
    ) -> Any:
        """A cursor; with a name one that leaves the rows on the server until they are fetched.
        No other classes of cursors are there, psycopg2's are for its own connections."""
        self._check_open()
        if cursor_factory is not None:
            raise NotSupportedError("cursor_factory is not supported")
        return Cursor(self._core) if name is None else ServerCursor(self._core, name)

    def lobject(self, *args: Any, **options: Any) -> NoReturn:
        """Large objects are not there but by the server's functions: NotSupportedError."""
        self._check_open()
        raise NotSupportedError(
            "lobject() is not supported: large objects are read and written by the server's "
            "functions, lo_get(), lo_put() and lo_from_bytea()"
        )

    def __exit__(
        self, type_: type | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.commit() if type_ is None else self.rollback()


def _level(value: Any) -> str | None:
    """The name of a level."""
    if value is None or (isinstance(value, str) and value.upper() == "DEFAULT"):
        return None
    if isinstance(value, int):
        if value not in _LEVELS:
            raise ValueError("isolation level must be between 1 and 4")
        return _LEVELS[value]
    if isinstance(value, bytes):
        value = value.decode()
    name = str(value).upper()
    if name not in _NUMBERS:
        raise ValueError(f"bad value for isolation_level: {value!r}")
    return name


def _are_sql(values: Any) -> bool:
    """Whether some of the values are text that is to be SQL as it is."""
    extensions = sys.modules.get("psycopg2.extensions")
    if extensions is None:
        return False
    if isinstance(values, Mapping):
        values = values.values()
    return any([isinstance(value, extensions.AsIs) for value in values])


class _Common:
    """What cursors with and without a name do otherwise than psycopg's."""

    lastrowid = 0
    query: bytes | None = None

    if TYPE_CHECKING:
        _closed: bool
        _rows: Callable[[int], list[tuple[Any, ...]]]
        arraysize: int
        _core: _core.Connection

    def _planned(self, sql: str, sets: Sequence[Any]) -> tuple[Plan, Sequence[Sequence[Any]]]:
        return literal_driver_plan(sql, sets)

    def _check(self) -> None:
        if self._closed:
            raise InterfaceError("cursor already closed")

    def _no_rows(self) -> NoReturn:
        raise ProgrammingError("no results to fetch")

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        """The next `size` rows, or `arraysize`: of 0 none."""
        return self._rows(self.arraysize if size is None else size)

    def nextset(self) -> NoReturn:
        """psycopg2 does not have it."""
        raise NotSupportedError("not supported by PostgreSQL")

    def mogrify(self, operation: Any, vars: Any = None) -> bytes:
        """The SQL with its parameters as literals."""
        self._check()
        sql = text_of(operation)
        standard = self._core.about("parameter standard_conforming_strings") == "on"
        if vars is not None:
            sql = compose(sql, vars, standard, literal_of_psycopg2)
        return sql.encode()


class Cursor(_Common, _Cursor):
    """Takes parameters as psycopg's does; methods are psycopg2's."""

    def execute(self, query: Any, vars: Any = None) -> None:  # type: ignore[override]
        """Execute one statement, or several if there are no parameters."""
        text = text_of(query)
        if vars is not None and _are_sql(vars):
            text, vars = self.mogrify(text, vars).decode(), None
        super().execute(text, vars)
        self.query = text.encode()

    def executemany(self, query: Any, vars_list: Iterable[Any]) -> None:  # type: ignore[override]
        """Execute a statement once for each parameter set."""
        super().executemany(query, vars_list)
        self.query = text_of(query).encode()

    def callproc(self, procname: str, parameters: Any = ()) -> Any:
        """Call a function: its rows are the result; returns the parameters."""
        if isinstance(parameters, Mapping):
            names = [identifier(name) for name in parameters]
            values: Any = list(parameters.values())
            marks = ", ".join(f"{name} := %s" for name in names)
        else:
            values = list(parameters or ())
            marks = ", ".join(["%s"] * len(values))
        self.execute(f"SELECT * FROM {procname.replace('%', '%%')}({marks})", values)
        return None if isinstance(parameters, Mapping) else parameters

    @property
    def rownumber(self) -> int:
        """Which row comes next."""
        return self._at

    def scroll(self, value: int, mode: str = "relative") -> None:
        """Go to another row. ProgrammingError if there is none."""
        if mode not in ("relative", "absolute"):
            raise ProgrammingError("scroll mode must be 'relative' or 'absolute'")
        try:
            super().scroll(value, mode)
        except IndexError:
            raise ProgrammingError("scroll destination out of bounds") from None

    def copy_expert(self, sql: Any, file: Any, size: int = 8192) -> None:
        """Run a COPY from or to a file, text or binary."""
        self._begin()
        text = text_of(sql)
        self.query = text.encode()
        self.rowcount = copy_file(self._core, text, file, size)
        self._said = ""

    def copy_from(
        self,
        file: Any,
        table: str,
        sep: str = "\t",
        null: str = "\\N",
        size: int = 8192,
        columns: Iterable[str] | None = None,
    ) -> None:
        """Read rows of a table from a file."""
        self.copy_expert(self._copy_sql(table, "FROM stdin", sep, null, columns), file, size)

    def copy_to(
        self,
        file: Any,
        table: str,
        sep: str = "\t",
        null: str = "\\N",
        columns: Iterable[str] | None = None,
    ) -> None:
        """Write the rows of a table to a file."""
        self.copy_expert(self._copy_sql(table, "TO stdout", sep, null, columns), file)

    @staticmethod
    def _copy_sql(
        table: str, where: str, sep: str, null: str, columns: Iterable[str] | None
    ) -> str:
        names = "" if columns is None else f" ({','.join(map(identifier, columns))})"
        return (
            f"COPY {identifier(table)}{names} {where} "
            f"WITH DELIMITER AS {literal(sep)} NULL AS {literal(null)}"
        )


class ServerCursor(_Common, _ServerCursor):
    """A cursor with a name."""

    itersize = 2000

    def execute(self, query: Any, vars: Any = None) -> None:  # type: ignore[override]
        """Execute a query, once."""
        if self._plan is not None:
            raise ProgrammingError("can't call .execute() on named cursors more than once")
        if self._core.info.get("isolation_level") == "AUTOCOMMIT":
            raise ProgrammingError("can't use a named cursor outside of transactions")
        super().execute(query, vars)


def connect(conninfo: str = "", **options: Any) -> _core.Connection:
    """A new connection: see dbapi.connect(). Numbers are of the types that literals have."""
    return open_connection(_module, conninfo, {"follows": "psycopg2", **options})


def cursor(connection: _core.Connection) -> Any:
    """A DB-API cursor of a connection."""
    return Cursor(connection)


def raw(connection: _core.Connection) -> Any:
    """A DB-API connection of a core one."""
    return Connection(connection)


_module = sys.modules[__name__]
