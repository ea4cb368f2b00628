"""Exceptions as psycopg2's, for URLs that name it or no driver.

They derive from those that say ``psycopg``, so that the one `dbapi.Error` is the base of all.
"""

from __future__ import annotations

import re

from ...engine.driver_errors import also_of
from . import dbapi


class Warning(dbapi.Warning):
    __module__ = "psycopg2"


class Error(dbapi.Error):
    __module__ = "psycopg2"
    _made_in = __name__

    @property
    def pgerror(self) -> str | None:
        """The text of the error with its severity."""
        severity = self._fields.get("S")
        return None if severity is None else f"{severity}:  {self}"


class InterfaceError(Error, dbapi.InterfaceError):
    __module__ = "psycopg2"


class DatabaseError(Error, dbapi.DatabaseError):
    __module__ = "psycopg2"


class DataError(DatabaseError, dbapi.DataError):
    __module__ = "psycopg2"


class OperationalError(DatabaseError, dbapi.OperationalError):
    __module__ = "psycopg2"


class IntegrityError(DatabaseError, dbapi.IntegrityError):
    __module__ = "psycopg2"


class InternalError(DatabaseError, dbapi.InternalError):
    __module__ = "psycopg2"


class ProgrammingError(DatabaseError, dbapi.ProgrammingError):
    __module__ = "psycopg2"


class NotSupportedError(DatabaseError, dbapi.NotSupportedError):
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
    cls = error_class(condition, _BASES.get(condition[:2], name))
    return dbapi.told(cls(in_its_words(text)), condition, about)


def in_its_words(text: str) -> str:
    """What psycopg2 says where psycopg would say `text`."""
    unknown = _UNKNOWN.match(text)
    return text if unknown is None else f"can't adapt type {unknown[1]}"
