"""PostgreSQL's driver seen as a DB-API module: exceptions and connect().

The exceptions say that they come from ``psycopg``, whose classes, attributes and texts they
have, so that programs and logs read as they do with that driver. Each SQLSTATE has a class
of its own (``errors.UniqueViolation``), made when it is first met.
"""

from __future__ import annotations

import datetime
import logging
import sys
from typing import Any

from ... import _core, log
from ...engine.driver_errors import also_of, unpickled

try:
    from ..._postgres import driver, libpq_version  # noqa: F401
except ImportError as _error:
    raise ImportError(
        "cormorant was built without libpq, which postgresql:// needs: install PostgreSQL's "
        "client library with its headers (Debian: libpq-dev) and build cormorant again"
    ) from _error

apilevel = "2.0"
threadsafety = 1
paramstyle = "pyformat"

__version__ = "3.2.0"
"""The version of psycopg whose behaviour is followed."""


class Warning(Exception):
    """DB-API 2.0."""

    __module__ = "psycopg"


class Diagnostic:
    """The fields of an error of the server; None where it says nothing."""

    _FIELDS = {
        "severity": "S",
        "severity_nonlocalized": "V",
        "sqlstate": "C",
        "message_primary": "M",
        "message_detail": "D",
        "message_hint": "H",
        "statement_position": "P",
        "internal_position": "p",
        "internal_query": "q",
        "context": "W",
        "schema_name": "s",
        "table_name": "t",
        "column_name": "c",
        "datatype_name": "d",
        "constraint_name": "n",
        "source_file": "F",
        "source_line": "L",
        "source_function": "R",
    }

    def __init__(self, fields: dict[str, str]) -> None:
        for name, code in self._FIELDS.items():
            setattr(self, name, fields.get(code))


class Error(Exception):
    """The base of what the database reports."""

    __module__ = "psycopg"
    sqlstate: str | None = None
    _fields: dict[str, str] = {}
    _made_in = __name__
    """The module of ours whose `error_class()` gives the class again."""

    @property
    def pgcode(self) -> str | None:
        """The SQLSTATE: psycopg2's name of it."""
        return self.sqlstate

    @property
    def pgerror(self) -> str | None:
        """The text of the error with its severity, as psycopg2 has it."""
        severity = self._fields.get("S")
        return None if severity is None else f"{severity}:  {self}\n"

    @property
    def diag(self) -> Diagnostic:
        """What the server said of the error."""
        return Diagnostic(self._fields)

    def __reduce__(self) -> Any:
        in_dbapi = next(cls.__name__ for cls in type(self).__mro__ if cls.__name__ in globals())
        return unpickled, (
            self._made_in,
            self.sqlstate or "",
            in_dbapi,
            self.args,
            self.__dict__,
        )


class InterfaceError(Error):
    """The driver was used wrongly."""

    __module__ = "psycopg"


class DatabaseError(Error):
    """The database reported an error."""

    __module__ = "psycopg"


class DataError(DatabaseError):
    """A value is out of range or has the wrong form."""

    __module__ = "psycopg"


class OperationalError(DatabaseError):
    """The server cannot do that now: it is gone, busy, out of something …"""

    __module__ = "psycopg"


class IntegrityError(DatabaseError):
    """A constraint failed."""

    __module__ = "psycopg"


class InternalError(DatabaseError):
    """The transaction has failed, or the server is in trouble."""

    __module__ = "psycopg"


class ProgrammingError(DatabaseError):
    """The SQL is wrong, or names what does not exist."""

    __module__ = "psycopg"


class NotSupportedError(DatabaseError):
    """The server does not have that."""

    __module__ = "psycopg"


_by_state: dict[tuple[str, str], type[Error]] = {}


def class_of_state(state: str, base: type[Error]) -> type[Error]:
    """The class of errors with a SQLSTATE, derived from a class of the DB-API."""
    found = _by_state.get((state, base.__module__))
    if found is None:
        from .sqlstate import CONDITIONS

        name = CONDITIONS.get(state)
        if name is None:
            return base
        found = type(name, (base,), {"__module__": f"{base.__module__}.errors", "__doc__": None})
        found.sqlstate = state
        _by_state[state, base.__module__] = found
    return found


def error_class(state: str, name: str) -> type[Exception]:
    """The class of errors with a SQLSTATE, or "", that are `name` in the DB-API."""
    cls = class_of_state(state, globals()[name])
    return also_of(cls, ("psycopg.errors", cls.__name__), ("psycopg", name))


CLOSED = "Cannot operate on a closed database."
"""What the core says of a connection that was closed."""


def error(name: str, text: str, condition: str, about: dict[str, str] | None) -> Exception:
    """The exception for a failure that is `name` in the DB-API: `condition` is its SQLSTATE or
    "", `about` has the fields of an error of the server."""
    if text == CLOSED:
        name, text = "OperationalError", "the connection is closed"
    return told(error_class(condition, name)(text.rstrip("\n")), condition, about)


def told(made: Any, condition: str, about: dict[str, str] | None) -> Exception:
    """An exception, with what the server has told of it."""
    made.sqlstate = condition or None
    made._fields = about or {}
    return made  # type: ignore[no-any-return]


def notice(connection: _core.Connection, severity: str, message: str) -> None:
    """Log what the server says besides errors, and keep the last of it for raw connections."""
    logger = logging.getLogger(f"{log.root_name}.dialects.postgresql")
    logger.info("%s: %s", severity, message)
    notices = connection.kept.setdefault("notices", [])
    notices.append(f"{severity}:  {message}\n")
    del notices[:-50]
    for handler in connection.kept.get("notice_handlers", ()):
        try:
            handler(Diagnostic({"S": severity, "V": severity, "M": message}))
        except Exception:
            logger.exception("error processing notice callback '%s'", handler)


fixed_offsets = False
"""Whether values with a time zone have the offset of their moment as tzinfo, not the zone."""


def zone(name: str) -> datetime.tzinfo | None:
    """The time zone of a session, None for UTC."""
    if name == "UTC":
        return None
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        logger = logging.getLogger("cormorant.dialects.postgresql")
        logger.warning("unknown PostgreSQL timezone: %r; will use UTC", name)
        return None


def connect(conninfo: str = "", **options: Any) -> _core.Connection:
    """A new connection; options are those of libpq, and `prepare_threshold`, the number of
    uses after which a statement is prepared on the server (5; None: never)."""
    try:
        return open_connection(_module, conninfo, options)
    except OperationalError as failed:
        failed.args = (f"connection failed: {failed}",)
        raise


def open_connection(module: Any, conninfo: str, options: dict[str, Any]) -> _core.Connection:
    """As connect(), of the API that a module has."""
    settings: dict[str, str] = {}
    if conninfo:
        settings["conninfo"] = conninfo  # first: options that come later replace its parts
    if "user" not in options and "username" in options:
        options["user"] = options.pop("username")
    for name, value in options.items():
        if value is None and name != "prepare_threshold":
            continue
        if isinstance(value, bool):
            value = int(value)
        settings[name] = str(value)
    return _core.Connection(driver, module, settings)


def cursor(connection: _core.Connection) -> Any:
    """A DB-API cursor of a connection."""
    from .cursor import Cursor

    return Cursor(connection)


def raw(connection: _core.Connection) -> Any:
    """A DB-API connection of a core one."""
    from .psycopg_api import Connection

    return Connection(connection)


_module = sys.modules[__name__]
