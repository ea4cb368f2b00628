"""SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...sql.sqltypes import (
    BLOB,
    BOOLEAN,
    CHAR,
    DATE,
    DATETIME,
    DECIMAL,
    FLOAT,
    INTEGER,
    JSON,
    NUMERIC,
    REAL,
    SMALLINT,
    TEXT,
    TIME,
    TIMESTAMP,
    VARCHAR,
)
from .base import SQLiteDialect_pysqlite as dialect

if TYPE_CHECKING:
    from .dml import Insert, insert

__all__ = [
    "BLOB",
    "BOOLEAN",
    "CHAR",
    "DATE",
    "DATETIME",
    "DECIMAL",
    "FLOAT",
    "INTEGER",
    "JSON",
    "NUMERIC",
    "REAL",
    "SMALLINT",
    "TEXT",
    "TIME",
    "TIMESTAMP",
    "VARCHAR",
    "Insert",
    "dialect",
    "insert",
]


def __getattr__(name: str) -> Any:
    if name in ("Insert", "insert"):
        from . import dml

        return getattr(dml, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
