"""Oracle: its types and their SQL."""

from __future__ import annotations

import datetime as dt
from typing import Any

from ... import _core, exc
from ...sql import sqltypes
from ...sql.type_api import TypeEngine
from ...sql.type_compiler import TypeCompiler
from ..driverless import DriverlessDialect


class RAW(sqltypes.LargeBinary):
    """RAW: bytes of some length."""

    __visit_name__ = "RAW"


class BFILE(sqltypes.LargeBinary):
    """BFILE: bytes in a file of the server's."""

    __visit_name__ = "BFILE"


class NCLOB(sqltypes.Text):
    """NCLOB: text of any length in the national character set."""

    __visit_name__ = "NCLOB"


class LONG(sqltypes.Text):
    """LONG: text, of old."""

    __visit_name__ = "LONG"


class VARCHAR2(sqltypes.VARCHAR):
    """VARCHAR2: text."""

    __visit_name__ = "VARCHAR2"


NVARCHAR2 = sqltypes.NVARCHAR


class NUMBER(sqltypes.Numeric, sqltypes.Integer):
    """NUMBER: an integer, a Decimal or a float, as precision and scale say."""

    __visit_name__ = "NUMBER"

    def __init__(
        self, precision: int | None = None, scale: int | None = None, asdecimal: bool | None = None
    ) -> None:
        """`asdecimal`: values are Decimal; by default those with a scale are."""
        if asdecimal is None:
            asdecimal = bool(scale and scale > 0)
        sqltypes.Numeric.__init__(self, precision, scale, asdecimal=asdecimal)

    @property
    def _type_affinity(self) -> type[TypeEngine]:
        return sqltypes.Numeric if self.scale and self.scale > 0 else sqltypes.Integer


class FLOAT(sqltypes.FLOAT):
    """FLOAT: a number whose precision is one of bits."""

    def __init__(
        self,
        binary_precision: int | None = None,
        asdecimal: bool = False,
        decimal_return_scale: int | None = None,
    ) -> None:
        """`binary_precision`: in bits."""
        super().__init__(asdecimal=asdecimal, decimal_return_scale=decimal_return_scale)
        self.binary_precision = binary_precision


class BINARY_DOUBLE(sqltypes.Double):
    """BINARY_DOUBLE: a float of eight bytes."""

    __visit_name__ = "BINARY_DOUBLE"


class BINARY_FLOAT(sqltypes.Float):
    """BINARY_FLOAT: a float of four bytes."""

    __visit_name__ = "BINARY_FLOAT"


class DATE(sqltypes.DateTime):
    """DATE: date and time, to the second."""

    __visit_name__ = "DATE"


class TIMESTAMP(sqltypes.TIMESTAMP):
    """TIMESTAMP."""

    def __init__(self, timezone: bool = False, local_timezone: bool = False) -> None:
        """`local_timezone`: WITH LOCAL TIME ZONE."""
        if timezone and local_timezone:
            raise exc.ArgumentError("timezone and local_timezone are mutually exclusive")
        super().__init__(timezone=timezone)
        self.local_timezone = local_timezone


class INTERVAL(TypeEngine):
    """INTERVAL DAY TO SECOND: a datetime.timedelta."""

    __visit_name__ = "INTERVAL"
    native = True

    def __init__(
        self, day_precision: int | None = None, second_precision: int | None = None
    ) -> None:
        """Digits of days, and of fractions of seconds."""
        self.day_precision = day_precision
        self.second_precision = second_precision

    @property
    def python_type(self) -> type:
        return dt.timedelta

    @property
    def _type_affinity(self) -> type[TypeEngine]:
        return sqltypes.Interval


class ROWID(TypeEngine):
    """ROWID: where a row is."""

    __visit_name__ = "ROWID"
    _code = _core.TYPE_STRING


class OracleTypeCompiler(TypeCompiler):
    """Types as Oracle has them."""

    def _numeric_of(self, name: str, precision: int | None, scale: int | None = None) -> str:
        if precision is None:
            return name
        return f"{name}({precision})" if scale is None else f"{name}({precision}, {scale})"

    def visit_datetime(self, type_: Any, **kw: Any) -> str:
        return self.visit_DATE(type_, **kw)

    def visit_double(self, type_: Any, **kw: Any) -> str:
        return self.visit_DOUBLE_PRECISION(type_, **kw)

    def visit_DOUBLE_PRECISION(self, type_: Any, **kw: Any) -> str:
        return self._numeric_of("DOUBLE PRECISION", type_.precision)

    def visit_BINARY_DOUBLE(self, type_: Any, **kw: Any) -> str:
        return self._numeric_of("BINARY_DOUBLE", type_.precision)

    def visit_BINARY_FLOAT(self, type_: Any, **kw: Any) -> str:
        return self._numeric_of("BINARY_FLOAT", type_.precision)

    def visit_FLOAT(self, type_: Any, **kw: Any) -> str:
        bits = getattr(type_, "binary_precision", None)
        if type_.precision and bits is None:
            estimated = int(type_.precision / 0.30103)
            name = type(type_).__name__
            raise exc.ArgumentError(
                "Oracle Database FLOAT types use 'binary precision', which does not convert "
                "cleanly from decimal 'precision'.  Please specify this type with a separate "
                f"Oracle Database variant, such as {name}(precision={type_.precision})."
                f"with_variant(oracle.FLOAT(binary_precision={estimated}), 'oracle'), so that "
                "the Oracle Database specific 'binary_precision' may be specified accurately."
            )
        return self._numeric_of("FLOAT", bits)

    def visit_NUMBER(self, type_: Any, **kw: Any) -> str:
        return self._numeric_of("NUMBER", type_.precision, type_.scale)

    def visit_big_integer(self, type_: Any, **kw: Any) -> str:
        return "NUMBER(19)"

    def visit_boolean(self, type_: Any, **kw: Any) -> str:
        return self.visit_SMALLINT(type_, **kw)

    def visit_INTERVAL(self, type_: Any, **kw: Any) -> str:
        days = self._numeric_of("DAY", type_.day_precision)
        return f"INTERVAL {days} TO {self._numeric_of('SECOND', type_.second_precision)}"

    def visit_TIMESTAMP(self, type_: Any, **kw: Any) -> str:
        if getattr(type_, "local_timezone", False):
            return "TIMESTAMP WITH LOCAL TIME ZONE"
        return "TIMESTAMP WITH TIME ZONE" if type_.timezone else "TIMESTAMP"

    def visit_string(self, type_: Any, **kw: Any) -> str:
        return self.visit_VARCHAR2(type_, **kw)

    def visit_unicode(self, type_: Any, **kw: Any) -> str:
        return self.visit_VARCHAR2(type_, **kw)

    def visit_VARCHAR2(self, type_: Any, **kw: Any) -> str:
        return f"VARCHAR2({type_.length} CHAR)" if type_.length else "VARCHAR2"

    def visit_VARCHAR(self, type_: Any, **kw: Any) -> str:
        return f"VARCHAR({type_.length} CHAR)" if type_.length else "VARCHAR"

    def visit_NVARCHAR(self, type_: Any, **kw: Any) -> str:
        return self._numeric_of("NVARCHAR2", type_.length)

    def visit_text(self, type_: Any, **kw: Any) -> str:
        return self.visit_CLOB(type_, **kw)

    def visit_unicode_text(self, type_: Any, **kw: Any) -> str:
        return self.visit_CLOB(type_, **kw)

    def visit_NCLOB(self, type_: Any, **kw: Any) -> str:
        return "NCLOB"

    def visit_LONG(self, type_: Any, **kw: Any) -> str:
        return "LONG"

    def visit_RAW(self, type_: Any, **kw: Any) -> str:
        return self._numeric_of("RAW", type_.length)

    def visit_type_decorator(self, type_: Any, **kw: Any) -> str:
        if isinstance(type_, sqltypes.Interval) and type_.native:
            return self.visit_INTERVAL(type_, **kw)
        return super().visit_type_decorator(type_, **kw)

    def visit_JSON(self, type_: Any, **kw: Any) -> str:
        raise exc.UnsupportedCompilationError(self, type_)

    def visit_ROWID(self, type_: Any, **kw: Any) -> str:
        return "ROWID"


class OracleDialect(DriverlessDialect):
    """Oracle's types."""

    name = "oracle"
    driver = "cx_oracle"
    title = "Oracle"
    default_paramstyle = "named"
    max_identifier_length = 128
    supports_sequences = True
    type_compiler_cls = OracleTypeCompiler
    colspecs = {sqltypes.Interval: INTERVAL}


dialect = OracleDialect
