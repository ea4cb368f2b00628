"""Microsoft SQL Server: its types and their SQL."""

from __future__ import annotations

from typing import Any

from ...sql import sqltypes
from ...sql.type_api import TypeEngine
from ...sql.type_compiler import TypeCompiler
from ..driverless import BracketPreparer, DriverlessDialect


class TINYINT(sqltypes.Integer):
    """TINYINT: of one byte."""

    __visit_name__ = "TINYINT"


class REAL(sqltypes.REAL):
    """REAL: FLOAT(24)."""

    def __init__(self, **kw: Any) -> None:
        kw.setdefault("precision", 24)
        super().__init__(**kw)

    def __repr__(self) -> str:
        return self._repr(("precision",))


class DOUBLE_PRECISION(sqltypes.DOUBLE_PRECISION):
    """DOUBLE PRECISION: FLOAT(53)."""

    def __init__(self, **kw: Any) -> None:
        kw.setdefault("precision", 53)
        super().__init__(**kw)

    def __repr__(self) -> str:
        return self._repr(("precision",))


class TIME(sqltypes.TIME):
    """TIME."""

    def __init__(self, precision: int | None = None, **kw: Any) -> None:
        """`precision`: digits of fractions of seconds."""
        self.precision = precision
        super().__init__(**kw)


class _WithPrecision(sqltypes.DateTime):
    def __init__(self, precision: int | None = None, **kw: Any) -> None:
        """`precision`: digits of fractions of seconds."""
        super().__init__(**kw)
        self.precision = precision


class DATETIME2(_WithPrecision):
    """DATETIME2: date and time to 100 nanoseconds."""

    __visit_name__ = "DATETIME2"


class DATETIMEOFFSET(_WithPrecision):
    """DATETIMEOFFSET: date and time with a time zone's offset."""

    __visit_name__ = "DATETIMEOFFSET"


class SMALLDATETIME(sqltypes.DateTime):
    """SMALLDATETIME: date and time to the minute."""

    __visit_name__ = "SMALLDATETIME"


class NTEXT(sqltypes.UnicodeText):
    """NTEXT: text, of old."""

    __visit_name__ = "NTEXT"


class XML(sqltypes.Text):
    """XML."""

    __visit_name__ = "XML"


class VARBINARY(sqltypes.VARBINARY):
    """VARBINARY."""

    def __init__(self, length: Any = None, filestream: bool = False) -> None:
        """`length`: a number or "max"; `filestream`: kept in files."""
        if filestream and length not in (None, "max"):
            raise ValueError("length must be None or 'max' when setting filestream")
        self.filestream = filestream
        super().__init__(length=length)


class IMAGE(sqltypes.LargeBinary):
    """IMAGE: bytes, of old."""

    __visit_name__ = "IMAGE"


class BIT(sqltypes.Boolean):
    """BIT: a truth value."""

    __visit_name__ = "BIT"


class TIMESTAMP(sqltypes.LargeBinary):
    """TIMESTAMP: the version of a row, which is no time."""

    __visit_name__ = "TIMESTAMP"
    length = None

    def __init__(self, convert_int: bool = False) -> None:
        """`convert_int`: read as a number."""
        self.convert_int = convert_int


class ROWVERSION(TIMESTAMP):
    """ROWVERSION: the version of a row."""

    __visit_name__ = "ROWVERSION"


class MONEY(TypeEngine):
    """MONEY."""

    __visit_name__ = "MONEY"


class SMALLMONEY(TypeEngine):
    """SMALLMONEY."""

    __visit_name__ = "SMALLMONEY"


class SQL_VARIANT(TypeEngine):
    """SQL_VARIANT: a value of some type or other."""

    __visit_name__ = "SQL_VARIANT"


class UNIQUEIDENTIFIER(sqltypes.Uuid):
    """UNIQUEIDENTIFIER: a UUID."""

    __visit_name__ = "UNIQUEIDENTIFIER"

    def __init__(self, as_uuid: bool = True) -> None:
        """`as_uuid`: values are uuid.UUID, else text."""
        super().__init__(as_uuid=as_uuid, native_uuid=True)


class JSON(sqltypes.JSON):
    """JSON, in NVARCHAR(max)."""


_SHARED = (
    "BIGINT BINARY CHAR DATE DATETIME DECIMAL FLOAT NCHAR NUMERIC NVARCHAR SMALLINT TEXT VARCHAR"
)

ischema_names: dict[str, Any] = {
    **{name.lower(): getattr(sqltypes, name) for name in _SHARED.split()},
    **{
        cls.__name__.lower(): cls
        for cls in (
            BIT, DATETIME2, DATETIMEOFFSET, IMAGE, MONEY, NTEXT, REAL, SMALLDATETIME, SMALLMONEY,
            SQL_VARIANT, TIME, TIMESTAMP, TINYINT, UNIQUEIDENTIFIER, VARBINARY, XML,
        )
    },
    "double precision": DOUBLE_PRECISION,
    "int": sqltypes.INTEGER,
}  # fmt: skip
"""The types that the database's names of types stand for; programs may add theirs."""


class MSTypeCompiler(TypeCompiler):
    """Types as SQL Server has them."""

    def _spec(self, name: str, type_: Any, length: Any = None) -> str:
        length = length or getattr(type_, "length", None)
        text = f"{name}({length})" if length else name
        collation = getattr(type_, "collation", None)
        return f"{text} COLLATE {collation}" if collation else text

    def _precise(self, name: str, type_: Any) -> str:
        precision = getattr(type_, "precision", None)
        return name if precision is None else f"{name}({precision})"

    def visit_double(self, type_: Any, **kw: Any) -> str:
        return self.visit_DOUBLE_PRECISION(type_, **kw)

    def visit_FLOAT(self, type_: Any, **kw: Any) -> str:
        return self._precise("FLOAT", type_)

    def visit_TINYINT(self, type_: Any, **kw: Any) -> str:
        return "TINYINT"

    def visit_TIME(self, type_: Any, **kw: Any) -> str:
        return self._precise("TIME", type_)

    def visit_TIMESTAMP(self, type_: Any, **kw: Any) -> str:
        return "TIMESTAMP"

    def visit_ROWVERSION(self, type_: Any, **kw: Any) -> str:
        return "ROWVERSION"

    def visit_datetime(self, type_: Any, **kw: Any) -> str:
        return "DATETIMEOFFSET" if type_.timezone else "DATETIME"

    def visit_DATETIMEOFFSET(self, type_: Any, **kw: Any) -> str:
        return self._precise("DATETIMEOFFSET", type_)

    def visit_DATETIME2(self, type_: Any, **kw: Any) -> str:
        return self._precise("DATETIME2", type_)

    def visit_SMALLDATETIME(self, type_: Any, **kw: Any) -> str:
        return "SMALLDATETIME"

    def visit_unicode(self, type_: Any, **kw: Any) -> str:
        return self.visit_NVARCHAR(type_, **kw)

    def visit_text(self, type_: Any, **kw: Any) -> str:
        return self.visit_VARCHAR(type_, **kw)

    def visit_unicode_text(self, type_: Any, **kw: Any) -> str:
        return self.visit_NVARCHAR(type_, **kw)

    def visit_NTEXT(self, type_: Any, **kw: Any) -> str:
        return self._spec("NTEXT", type_)

    def visit_TEXT(self, type_: Any, **kw: Any) -> str:
        return self._spec("TEXT", type_)

    def visit_VARCHAR(self, type_: Any, **kw: Any) -> str:
        return self._spec("VARCHAR", type_, type_.length or "max")

    def visit_NVARCHAR(self, type_: Any, **kw: Any) -> str:
        return self._spec("NVARCHAR", type_, type_.length or "max")

    def visit_CHAR(self, type_: Any, **kw: Any) -> str:
        return self._spec("CHAR", type_)

    def visit_NCHAR(self, type_: Any, **kw: Any) -> str:
        return self._spec("NCHAR", type_)

    def visit_large_binary(self, type_: Any, **kw: Any) -> str:
        return self.visit_VARBINARY(type_, **kw)

    def visit_VARBINARY(self, type_: Any, **kw: Any) -> str:
        text = self._spec("VARBINARY", type_, type_.length or "max")
        return text + (" FILESTREAM" if getattr(type_, "filestream", False) else "")

    def visit_IMAGE(self, type_: Any, **kw: Any) -> str:
        return "IMAGE"

    def visit_XML(self, type_: Any, **kw: Any) -> str:
        return "XML"

    def visit_boolean(self, type_: Any, **kw: Any) -> str:
        return self.visit_BIT(type_, **kw)

    def visit_BIT(self, type_: Any, **kw: Any) -> str:
        return "BIT"

    def visit_JSON(self, type_: Any, **kw: Any) -> str:
        return "NVARCHAR(max)"

    def visit_MONEY(self, type_: Any, **kw: Any) -> str:
        return "MONEY"

    def visit_SMALLMONEY(self, type_: Any, **kw: Any) -> str:
        return "SMALLMONEY"

    def visit_uuid(self, type_: Any, **kw: Any) -> str:
        return "UNIQUEIDENTIFIER" if type_.native_uuid else super().visit_uuid(type_, **kw)

    def visit_UNIQUEIDENTIFIER(self, type_: Any, **kw: Any) -> str:
        return "UNIQUEIDENTIFIER"

    def visit_SQL_VARIANT(self, type_: Any, **kw: Any) -> str:
        return "SQL_VARIANT"


class MSDialect(DriverlessDialect):
    """SQL Server's types."""

    name = "mssql"
    driver = "pyodbc"
    title = "SQL Server"
    default_paramstyle = "qmark"
    max_identifier_length = 128
    supports_native_uuid = True
    preparer = BracketPreparer
    type_compiler_cls = MSTypeCompiler
    ischema_names = ischema_names


dialect = MSDialect
