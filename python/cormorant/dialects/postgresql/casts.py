"""Which parameters are written with a cast: ``%(x)s::JSONB``.

A driver that sends values without their type leaves it to the server to guess it. What each
of SQLAlchemy's drivers has a cast for, so that the guess is right, is part of the SQL that
programs see.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...sql import sqltypes
from ...sql.json_path import JSONIntIndexType, JSONStrIndexType
from . import types
from .json import JSONPATH
from .ranges import AbstractMultiRange, AbstractSingleRange

# class of a type -> what is written; True: the type as in DDL; False: nothing
ALWAYS: dict[type, Any] = {
    sqltypes.JSON: True,
    sqltypes.ARRAY: True,
    sqltypes.Uuid: True,
    AbstractSingleRange: True,
    AbstractMultiRange: True,
}
PSYCOPG: dict[type, Any] = {
    **ALWAYS,
    sqltypes.Enum: False,
    types.CITEXT: False,
    JSONPATH: False,
    sqltypes.String: "VARCHAR",
    sqltypes.Integer: "INTEGER",
    sqltypes.SmallInteger: "SMALLINT",
    sqltypes.BigInteger: "BIGINT",
    sqltypes.DateTime: "TIMESTAMP",
    sqltypes.Date: "DATE",
    sqltypes.Time: "TIME",
    types.INTERVAL: True,
    types.REGCONFIG: True,
    JSONIntIndexType: True,
    JSONStrIndexType: True,
}
ASYNCPG: dict[type, Any] = {
    **PSYCOPG,
    sqltypes.Enum: True,
    sqltypes.CHAR: "CHAR",
    sqltypes.Numeric: "NUMERIC",
    sqltypes.Float: "FLOAT",
    sqltypes.LargeBinary: "BYTEA",
    sqltypes.Boolean: True,
    types.OID: True,
    types.REGCLASS: True,
    types.BIT: True,
}


def unwrapped(type_: Any, dialect: Any) -> Any:
    """What a type is on the dialect, below any TypeDecorator."""
    impl = type_.dialect_impl(dialect)
    while isinstance(impl, sqltypes.TypeDecorator):
        if isinstance(impl, sqltypes.Interval) and impl.native:
            return impl
        impl = impl.load_dialect_impl(dialect).dialect_impl(dialect)
    return impl


def bind_cast(type_: Any, dialect: Any, table: Mapping[type, Any], preparer: Any) -> str | None:
    """What a parameter of the type is cast to, None for nothing; `preparer` writes the names of
    types that have a schema."""
    if type_._isnull:
        return None
    impl = unwrapped(type_, dialect)
    if isinstance(impl, sqltypes.Enum) and not impl.native_enum:
        return None
    if isinstance(impl, sqltypes.Uuid) and not impl.native_uuid:
        return None
    for cls in type(impl).__mro__:
        found = table.get(cls)
        if found is not None:
            break
    else:
        found = impl.render_bind_cast
    if found is False:
        return None
    if found is True:
        if isinstance(type_, sqltypes.Interval) and table is not ASYNCPG:
            return None
        types = dialect.type_compiler_instance
        return str(types.process(impl, identifier_preparer=preparer))
    if found == "CHAR" and impl.length:
        found = "VARCHAR"
    if found == "VARCHAR" and impl.collation and not impl.length:
        name = dialect.identifier_preparer.quote_identifier(impl.collation)
        return f"VARCHAR COLLATE {name}"
    if found in ("TIMESTAMP", "TIME"):
        return f"{found} {'WITH' if impl.timezone else 'WITHOUT'} TIME ZONE"
    if found == "FLOAT" and impl.precision:
        return f"FLOAT({impl.precision})"
    if found == "NUMERIC":
        return str(dialect.type_compiler_instance.visit_NUMERIC(impl))
    return str(found)


def cast_of_rows(type_: Any, dialect: Any, preparer: Any) -> str:
    """What a column of VALUES is cast to whose values are of the type. A text keeps its length:
    it would be cut to that of the type, unsaid."""
    impl = unwrapped(type_, dialect)
    if isinstance(impl, sqltypes.String) and impl.length and not _is_native_enum(impl):
        return "VARCHAR"
    if isinstance(impl, sqltypes.Float):
        return f"FLOAT({impl.precision})" if impl.precision else "FLOAT"
    types = dialect.type_compiler_instance
    return dialect.bind_cast(type_, preparer) or str(
        types.process(type_, identifier_preparer=preparer)
    )


def _is_native_enum(impl: Any) -> bool:
    return isinstance(impl, sqltypes.Enum) and impl.native_enum
