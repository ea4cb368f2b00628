"""Oracle: its types, for programs that run on several databases."""

from __future__ import annotations

from ...sql.sqltypes import (
    BLOB,
    CHAR,
    CLOB,
    DOUBLE_PRECISION,
    NCHAR,
    NVARCHAR,
    REAL,
    VARCHAR,
)
from .base import (
    BFILE,
    BINARY_DOUBLE,
    BINARY_FLOAT,
    DATE,
    FLOAT,
    INTERVAL,
    LONG,
    NCLOB,
    NUMBER,
    NVARCHAR2,
    RAW,
    ROWID,
    TIMESTAMP,
    VARCHAR2,
    dialect,
)

__all__ = [
    "BFILE",
    "BINARY_DOUBLE",
    "BINARY_FLOAT",
    "BLOB",
    "CHAR",
    "CLOB",
    "DATE",
    "DOUBLE_PRECISION",
    "FLOAT",
    "INTERVAL",
    "LONG",
    "NCHAR",
    "NCLOB",
    "NUMBER",
    "NVARCHAR",
    "NVARCHAR2",
    "RAW",
    "REAL",
    "ROWID",
    "TIMESTAMP",
    "VARCHAR",
    "VARCHAR2",
    "dialect",
]
