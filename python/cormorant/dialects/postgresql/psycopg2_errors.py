"""Exceptions as psycopg2's, for URLs that name it or no driver.

They derive from those that say ``psycopg``, so that the one `dbapi.Error` is the base of all.
"""

from __future__ import annotations

import re
from typing import Any

from ...engine.driver_errors import also_of
from . import dbapi


class Warning(dbapi.Warning):
    """DB-API 2.0."""

    __module__ = "psycopg2"


class Error(dbapi.Error):
    """The base of what the database reports."""

    __module__ = "psycopg2"

    @property
    def pgerror(self) -> str | None:
        """The text of the error with its severity."""
        severity = self._fields.get("S")
        return None if severity is None else f"{severity}:  {self}"

    def __reduce__(self) -> Any:
        return _rebuild, (self.sqlstate or "", dbapi.base_of(self), self.args, self.__dict__)


def _rebuild(state: str, name: str, args: tuple[Any, ...], said: dict[str, Any]) -> Any:
    made = error_class(state, name)(*args)
    made.__dict__.update(said)
    return made


class InterfaceError(Error, dbapi.InterfaceError):
    """The driver was used wrongly."""

    __module__ = "psycopg2"


class DatabaseError(Error, dbapi.DatabaseError):
    """The database reported an error."""

    __module__ = "psycopg2"


class DataError(DatabaseError, dbapi.DataError):
    """A value is out of range or has the wrong form."""

    __module__ = "psycopg2"


class OperationalError(DatabaseError, dbapi.OperationalError):
    """The server cannot do that now: it is gone, busy, out of something …"""

    __module__ = "psycopg2"


class IntegrityError(DatabaseError, dbapi.IntegrityError):
    """A constraint failed."""

    __module__ = "psycopg2"


class InternalError(DatabaseError, dbapi.InternalError):
    """The transaction has failed, or the server is in trouble."""

    __module__ = "psycopg2"


class ProgrammingError(DatabaseError, dbapi.ProgrammingError):
    """The SQL is wrong, or names what does not exist."""

    __module__ = "psycopg2"


class NotSupportedError(DatabaseError, dbapi.NotSupportedError):
    """The server does not have that."""

    __module__ = "psycopg2"


_UNKNOWN = re.compile(r"cannot adapt type ('[^']*') using placeholder")

# Classes of SQLSTATEs, by their first two characters, that are not what they are for psycopg.
_BASES = {
    "10": "DatabaseError",
    "26": "OperationalError",
    "34": "OperationalError",
    "2F": "InternalError",
    "38": "InternalError",
    "39": "InternalError",
    "3B": "InternalError",
    "F0": "InternalError",
    "P0": "InternalError",
}


def error_class(state: str, name: str) -> type[Exception]:
    """The class of errors with a SQLSTATE, or "", that are `name` in the DB-API."""
    cls = dbapi.class_of_state(state, globals()[name])
    return also_of(cls, ("psycopg2.errors", cls.__name__), ("psycopg2", name))


def error(name: str, text: str, condition: str, about: dict[str, str] | None) -> Exception:
    """The exception for a failure: see `dbapi.error`. Texts of the server and of libpq end with a
    line's end."""
    if text == dbapi.CLOSED:
        name, text = "InterfaceError", "connection already closed"
    unknown = _UNKNOWN.match(text)
    if unknown is not None:
        text = f"can't adapt type {unknown[1]}"
    cls = error_class(condition, _BASES.get(condition[:2], name))
    return dbapi.told(cls(text), condition, about)
