"""What raw connections have in common, be they as psycopg's or as psycopg2's.

A connection made here is a view of a core connection and has no state of its own: what has to
last is in the core connection's `kept` and `info`.
"""

from __future__ import annotations

import base64
import enum
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ... import _core
from ...engine.dbapi_connection import DBAPIConnection, with_exceptions
from ...sql.plain_types import quoted
from . import dbapi
from .base import PGDialect

if TYPE_CHECKING:
    from typing import Self


class ConnStatus(enum.IntEnum):
    """Whether a connection is one."""

    OK = 0
    BAD = 1


class TransactionStatus(enum.IntEnum):
    """What the server is at."""

    IDLE = 0
    ACTIVE = 1
    INTRANS = 2
    INERROR = 3
    UNKNOWN = 4


class ConnectionInfo:
    """What is known about a connection without asking the server."""

    vendor = "PostgreSQL"

    def __init__(self, core: _core.Connection) -> None:
        self._core = core

    def _text(self, name: str) -> str:
        found = self._core.about(name)
        if found is None:
            raise self._core.dbapi.OperationalError("the connection is closed")
        return found

    def _number(self, name: str) -> int:
        return int(self._text(name))

    dbname = property(lambda self: self._text("dbname"), doc="The name of the database.")
    user = property(lambda self: self._text("user"), doc="Who the server takes us for.")
    password = property(lambda self: self._text("password"), doc="The password given.")
    host = property(lambda self: self._text("host"), doc="The name of the server, or a directory.")
    hostaddr = property(lambda self: self._text("hostaddr"), doc="The server's address.")
    port = property(lambda self: self._number("port"), doc="The server's port.")
    options = property(lambda self: self._text("options"), doc="Options of the session.")
    server_version = property(lambda self: self._number("server_version"), doc="150004 is 15.4.")
    backend_pid = property(lambda self: self._number("backend_pid"), doc="The server's process.")
    protocol_version = property(lambda self: self._number("protocol_version"), doc="3.")
    socket = property(lambda self: self._number("socket"), doc="The number of the socket.")
    error_message = property(
        lambda self: self._text("error_message"), doc="libpq's last error, or nothing."
    )
    ssl_in_use = property(lambda self: self._text("ssl_in_use") == "1", doc="Whether TLS is used.")
    needs_password = property(
        lambda self: self._text("needs_password") == "1", doc="Whether a password was missing."
    )
    used_password = property(
        lambda self: self._text("used_password") == "1", doc="Whether a password was used."
    )

    @property
    def status(self) -> ConnStatus:
        """Whether the connection can be used."""
        return ConnStatus(int(self._core.about("status") or 1) and 1)

    @property
    def transaction_status(self) -> TransactionStatus:
        """What the server is at."""
        return TransactionStatus(int(self._core.about("transaction_status") or 4))

    def parameter_status(self, name: str) -> str | None:
        """A setting that the server tells, such as "TimeZone"; None of others."""
        return self._core.about(f"parameter {name}")

    def get_parameters(self) -> dict[str, str]:
        """What the connection was made with, without the password."""
        found = {}
        for name in ("user", "dbname", "host", "hostaddr", "port", "options"):
            if text := self._text(name):
                found[name] = text
        return found

    @property
    def dsn(self) -> str:
        """The same as one text."""
        items = self.get_parameters().items()
        return " ".join(f"{name}={_quoted(value)}" for name, value in items)

    @property
    def encoding(self) -> str:
        """The name of Python's codec for text."""
        return "utf-8"

    @property
    def timezone(self) -> Any:
        """The time zone of the session."""
        import datetime

        return dbapi.zone(self.parameter_status("TimeZone") or "UTC") or datetime.UTC


def _quoted(value: str) -> str:
    if value and not re.search(r"[\s'\\]", value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


class Xid(NamedTuple):
    """The name of a two-phase transaction."""

    format_id: int | None
    gtrid: str
    bqual: str | None
    prepared: Any = None
    owner: str | None = None
    database: str | None = None

    def __str__(self) -> str:
        if self.format_id is None:
            return self.gtrid
        parts = (self.gtrid, self.bqual or "")
        texts = [base64.b64encode(part.encode()).decode() for part in parts]
        return f"{self.format_id}_{'_'.join(texts)}"

    @classmethod
    def from_string(cls, text: str) -> Xid:
        """What a name stands for: format_id is None of one that is not the drivers'."""
        match = re.fullmatch(r"(\d+)_([^_]*)_([^_]*)", text)
        if match is not None:
            try:
                gtrid, bqual = (base64.b64decode(part).decode() for part in match.groups()[1:])
                return cls(int(match[1]), gtrid, bqual)
            except ValueError:
                pass
        return cls(None, text, None)


def identifier(name: str) -> str:
    """A name in SQL, quoted."""
    return '"' + name.replace('"', '""') + '"'


@with_exceptions(dbapi)
class RawConnection(DBAPIConnection):
    """What psycopg's and psycopg2's connections both have."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        # what only our own connections have
        return getattr(self._core, name)

    @property
    def info(self) -> ConnectionInfo:
        """What is known about the connection."""
        return ConnectionInfo(self._core)

    def fileno(self) -> int:
        """The socket, to wait at with select()."""
        return self.info.socket  # type: ignore[no-any-return]

    def cancel(self) -> None:
        """Cancel what another thread executes."""
        if "tpc" in self._core.kept and self._core.kept["tpc"][1]:
            raise self._core.dbapi.ProgrammingError(
                "cancel cannot be used with a prepared two-phase transaction"
            )
        self._core.interrupt()

    # --- sessions ---

    def _level_now(self) -> str | None:
        return self._core.info.get("isolation_level")

    def _set_level(self, level: str | None) -> None:
        info = self._core.info
        if level is None:
            info.pop("isolation_level", None)
        else:
            info["isolation_level"] = level
        PGDialect.set_begin(self._core)

    def _set_flag(self, name: str, value: bool | None) -> None:
        info = self._core.info
        if value is None:
            info.pop(name, None)
        else:
            info[name] = bool(value)
        PGDialect.set_begin(self._core)

    def _is_autocommit(self) -> bool:
        return self._level_now() == "AUTOCOMMIT"

    def _set_autocommit(self, value: bool) -> None:
        kept = self._core.kept
        if bool(value) == self._is_autocommit():
            return
        if value:
            kept["level"] = self._level_now()
            self._set_level("AUTOCOMMIT")
        else:
            self._set_level(kept.pop("level", None))

    def _isolation(self) -> str | None:
        """The level of transactions, also in autocommit."""
        level = self._level_now()
        return self._core.kept.get("level") if level == "AUTOCOMMIT" else level

    def _set_isolation(self, level: str | None) -> None:
        if self._is_autocommit():
            self._core.kept["level"] = level
        else:
            self._set_level(level)

    # --- two-phase transactions ---

    def xid(self, format_id: int, gtrid: str, bqual: str) -> Xid:
        """The name of a two-phase transaction."""
        return Xid(format_id, gtrid, bqual)

    def _as_xid(self, xid: Any) -> Xid:
        return xid if isinstance(xid, Xid) else Xid.from_string(str(xid))

    def _tpc_refuses(self, what: str) -> None:
        """commit() and rollback() have no place in a two-phase transaction."""
        if "tpc" in self._core.kept:
            raise self._core.dbapi.ProgrammingError(
                f"{what} cannot be used during a two-phase transaction"
            )

    def _in_transaction(self) -> bool:
        return self.info.transaction_status != TransactionStatus.IDLE

    def tpc_begin(self, xid: Any) -> None:
        """Begin a two-phase transaction of that name."""
        if self._in_transaction():
            status = self.info.transaction_status.name
            raise self._core.dbapi.ProgrammingError(
                f"can't start two-phase transaction: connection in status {status}"
            )
        if self._is_autocommit():
            raise self._core.dbapi.ProgrammingError(
                "can't use two-phase transactions in autocommit mode"
            )
        self._core.kept["tpc"] = (self._as_xid(xid), False)
        self._core.run_script("BEGIN")

    def tpc_prepare(self) -> None:
        """Prepare it: from then on it survives the session."""
        kept = self._core.kept
        if "tpc" not in kept:
            raise self._core.dbapi.ProgrammingError(
                "'tpc_prepare()' must be called inside a two-phase transaction"
            )
        xid, prepared = kept["tpc"]
        if prepared:
            raise self._core.dbapi.ProgrammingError(
                "'tpc_prepare()' cannot be used during a prepared two-phase transaction"
            )
        kept["tpc"] = (xid, True)
        self._core.run_script(f"PREPARE TRANSACTION {quoted(str(xid))}")

    def tpc_commit(self, xid: Any = None) -> None:
        """Commit the transaction, or a prepared one of that name."""
        self._end("COMMIT", xid)

    def tpc_rollback(self, xid: Any = None) -> None:
        """Roll the transaction back, or a prepared one of that name."""
        self._end("ROLLBACK", xid)

    def _end(self, how: str, xid: Any) -> None:
        kept = self._core.kept
        name = f"tpc_{how.lower()}()"
        if xid is None:
            if "tpc" not in kept:
                raise self._core.dbapi.ProgrammingError(
                    f"{name} without xid must must be called inside a two-phase transaction"
                )
            mine, prepared = kept.pop("tpc")
            if not prepared:
                if how == "COMMIT":
                    self._core.commit()
                else:
                    self._core.rollback()
                return
            xid = mine
        elif self._in_transaction():
            status = self.info.transaction_status.name
            raise self._core.dbapi.ProgrammingError(
                f"{name} with xid must be called outside of a transaction, but the connection "
                f"is in status {status}"
            )
        self._core.run_script(f"{how} PREPARED {quoted(str(self._as_xid(xid)))}")

    def tpc_recover(self) -> list[Xid]:
        """The transactions that are prepared on the server."""
        begun = self._core.in_transaction
        plan = _core.Plan(
            "SELECT gid, prepared, owner::text, database::text FROM pg_prepared_xacts"
        )
        rows = self._core.execute(plan).fetch()
        if not begun and self._core.in_transaction:
            self._core.rollback()
        return [Xid.from_string(row[0])._replace(**_recovered(row)) for row in rows]

    def commit(self) -> None:
        """Commit the transaction."""
        self._tpc_refuses("commit()")
        self._core.commit()

    def rollback(self) -> None:
        """Roll the transaction back."""
        self._tpc_refuses("rollback()")
        self._core.rollback()

    def __enter__(self) -> Self:
        return self


def _recovered(row: Any) -> dict[str, Any]:
    return {"prepared": row[1], "owner": row[2], "database": row[3]}
