"""SQLite under the name of Python's driver for it."""

from __future__ import annotations

from .base import SQLiteDialect_pysqlite

__all__ = ["SQLiteDialect_pysqlite", "dialect"]

dialect = SQLiteDialect_pysqlite
