"""The types of columns by the names that SQL has for them: each is spelled as it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

from ..util.subscriptable import T
from .converted_types import Uuid
from .plain_types import (
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Double,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Text,
    Time,
    Unicode,
    _Binary,
)

if TYPE_CHECKING:
    import uuid


class REAL(Float[T]):
    """SQL's REAL."""

    __visit_name__ = "REAL"


class FLOAT(Float[T]):
    """SQL's FLOAT."""

    __visit_name__ = "FLOAT"


class DOUBLE(Double[T]):
    """SQL's DOUBLE."""

    __visit_name__ = "DOUBLE"


class DOUBLE_PRECISION(Double[T]):
    """SQL's DOUBLE PRECISION."""

    __visit_name__ = "DOUBLE_PRECISION"


class NUMERIC(Numeric[T]):
    """SQL's NUMERIC."""

    __visit_name__ = "NUMERIC"


class DECIMAL(Numeric[T]):
    """SQL's DECIMAL."""

    __visit_name__ = "DECIMAL"


class INTEGER(Integer):
    """SQL's INT or INTEGER."""

    __visit_name__ = "INTEGER"


INT = INTEGER


class SMALLINT(SmallInteger):
    """SQL's SMALLINT."""

    __visit_name__ = "SMALLINT"


class BIGINT(BigInteger):
    """SQL's BIGINT."""

    __visit_name__ = "BIGINT"


class TIMESTAMP(DateTime):
    """SQL's TIMESTAMP."""

    __visit_name__ = "TIMESTAMP"


class DATETIME(DateTime):
    """SQL's DATETIME."""

    __visit_name__ = "DATETIME"


class DATE(Date):
    """SQL's DATE."""

    __visit_name__ = "DATE"


class TIME(Time):
    """SQL's TIME."""

    __visit_name__ = "TIME"


class TEXT(Text):
    """SQL's TEXT."""

    __visit_name__ = "TEXT"


class CLOB(Text):
    """SQL's CLOB."""

    __visit_name__ = "CLOB"


class VARCHAR(String):
    """SQL's VARCHAR."""

    __visit_name__ = "VARCHAR"


class NVARCHAR(Unicode):
    """SQL's NVARCHAR."""

    __visit_name__ = "NVARCHAR"


class CHAR(String):
    """SQL's CHAR."""

    __visit_name__ = "CHAR"


class NCHAR(Unicode):
    """SQL's NCHAR."""

    __visit_name__ = "NCHAR"


class UUID(Uuid[T]):
    """SQL's UUID."""

    __visit_name__ = "UUID"

    if TYPE_CHECKING:

        @overload
        def __init__(self: UUID[uuid.UUID], as_uuid: Literal[True] = ...) -> None: ...
        @overload
        def __init__(self: UUID[str], as_uuid: Literal[False] = ...) -> None: ...

    def __init__(self, as_uuid: bool = True) -> None:
        self.as_uuid = as_uuid
        self.native_uuid = True


class BLOB(LargeBinary):
    """SQL's BLOB."""

    __visit_name__ = "BLOB"


class BINARY(_Binary):
    """SQL's BINARY."""

    __visit_name__ = "BINARY"


class VARBINARY(_Binary):
    """SQL's VARBINARY."""

    __visit_name__ = "VARBINARY"


class BOOLEAN(Boolean):
    """SQL's BOOLEAN."""

    __visit_name__ = "BOOLEAN"


# where programs know them from
for _cls in (BIGINT, BINARY, BLOB, BOOLEAN, CHAR, CLOB, DATE, DATETIME, DECIMAL, DOUBLE,
             DOUBLE_PRECISION, FLOAT, INTEGER, NCHAR, NUMERIC, NVARCHAR, REAL, SMALLINT, TEXT,
             TIME, TIMESTAMP, UUID, VARBINARY, VARCHAR):  # fmt: skip
    _cls.__module__ = String.__module__  # under the name that tools write
