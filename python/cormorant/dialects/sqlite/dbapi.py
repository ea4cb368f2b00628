"""SQLite's driver seen as a DB-API module: exceptions and connect().

The exceptions say that they come from ``sqlite3``, whose names, numbers and texts they
have, so that programs and logs read as they do with the standard library's module.
"""

from __future__ import annotations

import sys
from typing import Any

from ... import _core, _sqlite
from ...engine.driver_errors import also_of, unpickled

apilevel = "2.0"
threadsafety = 1
paramstyle = "qmark"
sqlite_version: str = getattr(_sqlite, "sqlite_version", "0.0.0")
sqlite_version_info: tuple[int, ...] = tuple(int(part) for part in sqlite_version.split("."))


class Warning(Exception):
    """DB-API 2.0."""

    __module__ = "sqlite3"


class Error(Exception):
    """The base of what the database reports."""

    __module__ = "sqlite3"
    sqlite_errorcode: int
    sqlite_errorname: str

    def __reduce__(self) -> Any:
        return unpickled, (__name__, "", type(self).__name__, self.args, self.__dict__)


def error_class(state: str, name: str) -> type[Exception]:
    """The class of errors that are `name` in the DB-API; SQLite has no SQLSTATEs."""
    return also_of(globals()[name], ("sqlite3", name))


def error(name: str, text: str, condition: str, about: int | None) -> Exception:
    """The exception for a failure, of the class `name`: `condition` and `about` are SQLite's name
    and number of it, if it was SQLite's."""
    made: Any = error_class("", name)(text)
    if about:
        made.sqlite_errorcode = about
        made.sqlite_errorname = condition
    return made  # type: ignore[no-any-return]


def refusal(text: str) -> Exception:
    """The ProgrammingError for a wrong use."""
    return error("ProgrammingError", text, "", None)


class InterfaceError(Error):
    """The driver was used wrongly."""

    __module__ = "sqlite3"


class DatabaseError(Error):
    """The database reported an error."""

    __module__ = "sqlite3"


class DataError(DatabaseError):
    """A value is out of range or too large."""

    __module__ = "sqlite3"


class OperationalError(DatabaseError):
    """The database cannot do that now: locked, missing table, I/O error …"""

    __module__ = "sqlite3"


class IntegrityError(DatabaseError):
    """A constraint failed."""

    __module__ = "sqlite3"


class InternalError(DatabaseError):
    """The database library is in trouble."""

    __module__ = "sqlite3"


class ProgrammingError(DatabaseError):
    """The program used the database wrongly."""

    __module__ = "sqlite3"


class NotSupportedError(DatabaseError):
    """The database library does not have that."""

    __module__ = "sqlite3"


_OPTIONS = frozenset(
    {
        "timeout",
        "detect_types",
        "isolation_level",
        "check_same_thread",
        "cached_statements",
        "uri",
    }
)
_IGNORED = frozenset({"factory"})


def connect(database: str, **options: Any) -> _core.Connection:
    """A new connection; options are those of sqlite3.connect()."""
    settings = {"database": database}
    for name, value in options.items():
        if name not in _OPTIONS:
            if name in _IGNORED:
                continue
            raise TypeError(f"'{name}' is an invalid keyword argument for Connection()")
        if name == "timeout" and not isinstance(value, str):
            value = float(value)
        elif isinstance(value, bool):
            value = int(value)
        settings[name] = str(value)
    return _core.Connection(_sqlite.driver, _module, settings)


def cursor(connection: _core.Connection) -> Any:
    """A DB-API cursor of a connection."""
    from .cursor import Cursor

    return Cursor(connection)


def raw(connection: _core.Connection) -> Any:
    """A DB-API connection of a core one."""
    from .raw import RawConnection

    return RawConnection(connection)


_module = sys.modules[__name__]
