"""The driver as URLs of asyncpg have it: a DB-API module whose exceptions are as those of
SQLAlchemy's dialect of asyncpg. Their texts name the class of asyncpg's that is the cause; if the
program has imported asyncpg, there is such a cause.
"""

from __future__ import annotations

import sys
from typing import Any

from ... import _core
from . import dbapi
from .dbapi import apilevel, cursor, notice, paramstyle, raw, threadsafety  # noqa: F401  (of a DB-API module)

_HERE = "cormorant.dialects.postgresql.asyncpg"


fixed_offsets = True


def zone(name: str) -> None:
    """None: moments are in UTC, whatever the session's time zone is."""


class Warning(dbapi.Warning):
    __module__ = _HERE


class Error(dbapi.Error):
    __module__ = _HERE
    _made_in = __name__


class InterfaceError(Error, dbapi.InterfaceError):
    __module__ = _HERE


class DatabaseError(Error, dbapi.DatabaseError):
    __module__ = _HERE


class DataError(DatabaseError, dbapi.DataError):
    __module__ = _HERE


class OperationalError(DatabaseError, dbapi.OperationalError):
    __module__ = _HERE


class IntegrityError(DatabaseError, dbapi.IntegrityError):
    __module__ = _HERE


class InternalError(DatabaseError, dbapi.InternalError):
    __module__ = _HERE


class ProgrammingError(DatabaseError, dbapi.ProgrammingError):
    __module__ = _HERE


class NotSupportedError(DatabaseError, dbapi.NotSupportedError):
    __module__ = _HERE


def error_class(state: str, name: str) -> type[Exception]:
    """The class of errors that are `name` in the DB-API, whatever their SQLSTATE."""
    return globals()[name]  # type: ignore[no-any-return]


def error(name: str, text: str, condition: str, about: dict[str, str] | None) -> Exception:
    """The exception for a failure: see `dbapi.error`."""
    if text == dbapi.CLOSED:
        name, text = "InterfaceError", "connection is closed"
    cause = None
    if condition and about:
        asyncpg = sys.modules.get("asyncpg")
        if asyncpg is not None:
            cause = asyncpg.PostgresError.new(about)
            text = f"{type(cause)}: {cause}"
        else:
            parts = [about.get("M", "")]
            parts += [f"{label}:  {about[c]}" for label, c in _PARTS if c in about]
            text = "<class 'asyncpg.exceptions.{}'>: {}".format(
                _class_name(condition), "\n".join(parts)
            )
    made = dbapi.told(error_class(condition, name)(text.rstrip("\n")), condition, about)
    made.__cause__ = cause
    return made


_PARTS = (("DETAIL", "D"), ("HINT", "H"))

# Where asyncpg's name is not PostgreSQL's of the condition and "Error".
_NAMES = {
    "08000": "PostgresConnectionError",
    "08001": "ClientCannotConnectError",
    "08004": "ConnectionRejectionError",
    "22P01": "PostgresFloatingPointError",
    "40001": "SerializationError",
    "42000": "SyntaxOrAccessError",
    "42601": "PostgresSyntaxError",
    "58000": "PostgresSystemError",
    "58030": "PostgresIOError",
    "P0000": "PLPGSQLError",
    "P0001": "RaiseError",
    "P0004": "AssertError",
    "XX000": "InternalServerError",
}


def _class_name(condition: str) -> str:
    """The name of asyncpg's class of errors with a SQLSTATE."""
    from .sqlstate import CONDITIONS

    if condition in _NAMES:
        return _NAMES[condition]
    name = CONDITIONS.get(condition, "Postgres")
    name = name.removesuffix("Exception").replace("Sql", "SQL").replace("Fdw", "FDW")
    return name if name.endswith("Error") else f"{name}Error"


def connect(conninfo: str = "", **options: Any) -> _core.Connection:
    """A new connection: see dbapi.connect()."""
    return dbapi.open_connection(_module, conninfo, {"follows": "asyncpg", **options})


_module = sys.modules[__name__]
