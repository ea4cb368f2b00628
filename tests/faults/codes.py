"""Runs a statement that fails with each of SQLite's result codes, and prints what the errors are.

Started by tests/test_faults.py with the library of faults.c preloaded.
"""

from __future__ import annotations

import ctypes
import sqlite3
from typing import Any

import cormorant as sa

library = ctypes.PyDLL(None)
arm, disarm = library.faults_arm, library.faults_disarm
arm.argtypes, arm.restype = [ctypes.c_long, ctypes.c_int], None

# the primary codes by the class that the standard library's module has for them
CLASSES = {
    "InternalError": "INTERNAL NOTFOUND",
    "MemoryError": "NOMEM",
    "OperationalError": "ERROR PERM ABORT BUSY LOCKED READONLY INTERRUPT IOERR FULL CANTOPEN "
    "PROTOCOL EMPTY SCHEMA",
    "DataError": "TOOBIG",
    "IntegrityError": "CONSTRAINT MISMATCH",
    "InterfaceError": "MISUSE RANGE",
    "DatabaseError": "CORRUPT AUTH FORMAT NOLFS NOTADB NOTICE WARNING",
}
PRIMARY = {name: cls for cls, names in CLASSES.items() for name in names.split()}


def failure(connection: sa.Connection, code: int) -> Any:
    """Class, code and name of the error."""
    arm(2, code)  # the first call prepares
    try:
        connection.exec_driver_sql("select 1").all()
    except sa.exc.DBAPIError as wrapped:
        error: Any = wrapped.orig
        names = {type(wrapped).__name__, type(error).__name__}
        return ",".join(names), error.sqlite_errorcode, error.sqlite_errorname
    except MemoryError:
        return ("MemoryError",)
    finally:
        disarm()
        connection.rollback()


def main() -> None:
    wrong, count = {}, 0
    for name, code in vars(sqlite3).items():
        words = name.split("_")
        if words[0] != "SQLITE" or words[1] not in PRIMARY:
            continue  # no result code
        with sa.create_engine("sqlite://").connect() as connection:
            seen = failure(connection, code)
        cls = PRIMARY[words[1]]
        count += 1
        if seen != ((cls,) if cls == "MemoryError" else (cls, code, name)):
            wrong[name] = seen
    print(count, wrong)


if __name__ == "__main__":
    main()
