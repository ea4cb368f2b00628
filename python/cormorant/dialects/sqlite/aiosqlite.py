"""SQLite under the name of the driver for event loops."""

from __future__ import annotations

from .base import SQLiteDialect_aiosqlite

__all__ = ["SQLiteDialect_aiosqlite", "dialect"]

dialect = SQLiteDialect_aiosqlite
