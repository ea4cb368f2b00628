"""SQLite under the name of the driver for event loops."""

from __future__ import annotations

from ...engine.dbapi_connection import DBAPIConnection
from .base import SQLiteDialect_aiosqlite

__all__ = ["AsyncAdapt_aiosqlite_connection", "SQLiteDialect_aiosqlite", "dialect"]

AsyncAdapt_aiosqlite_connection = DBAPIConnection
"""What listeners of an asynchronous engine are given: as those of any other."""

dialect = SQLiteDialect_aiosqlite
