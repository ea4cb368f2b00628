"""PostgreSQL's own scalar types."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from ... import _core
from ...sql import sqltypes
from ...sql.type_api import TypeEngine


class _Text:
    """Mixin of types whose values are read and written as the text the server has for them."""

    _code = _core.TYPE_STRING


class BYTEA(sqltypes.LargeBinary):
    """BYTEA: bytes."""

    __visit_name__ = "BYTEA"


class _NetworkAddress(_Text):
    """Mixin of the types of network addresses."""

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        return self


class INET(_NetworkAddress, TypeEngine):
    """INET: a host address, maybe with its network."""

    __visit_name__ = "INET"


class CIDR(_NetworkAddress, TypeEngine):
    """CIDR: a network."""

    __visit_name__ = "CIDR"


class MACADDR(_NetworkAddress, TypeEngine):
    """MACADDR: a MAC address of six bytes."""

    __visit_name__ = "MACADDR"


class MACADDR8(_NetworkAddress, TypeEngine):
    """MACADDR8: a MAC address of eight bytes."""

    __visit_name__ = "MACADDR8"


PGInet = INET
PGCidr = CIDR
PGMacAddr = MACADDR
PGMacAddr8 = MACADDR8


class MONEY(_Text, TypeEngine):
    """MONEY: text in the format of the server's locale."""

    __visit_name__ = "MONEY"


class OID(TypeEngine):
    """OID: a number that identifies an object of the catalog."""

    __visit_name__ = "OID"
    _code = _core.TYPE_INTEGER


class REGCLASS(_Text, TypeEngine):
    """REGCLASS: the name of a relation."""

    __visit_name__ = "REGCLASS"


class REGCONFIG(_Text, TypeEngine):
    """REGCONFIG: the name of a text search configuration."""

    __visit_name__ = "REGCONFIG"


class TSVECTOR(_Text, TypeEngine):
    """TSVECTOR: a document for text search."""

    __visit_name__ = "TSVECTOR"


class TSQUERY(_Text, TypeEngine):
    """TSQUERY: a text search query."""

    __visit_name__ = "TSQUERY"


class TIMESTAMP(sqltypes.TIMESTAMP):
    """TIMESTAMP with a precision."""

    __visit_name__ = "TIMESTAMP"

    def __init__(self, timezone: bool = False, precision: int | None = None) -> None:
        """`precision`: digits after the point of seconds, 0 to 6."""
        super().__init__(timezone=timezone)
        self.precision = precision


class TIME(sqltypes.TIME):
    """TIME with a precision."""

    __visit_name__ = "TIME"

    def __init__(self, timezone: bool = False, precision: int | None = None) -> None:
        """`precision`: digits after the point of seconds, 0 to 6."""
        super().__init__(timezone=timezone)
        self.precision = precision


class INTERVAL(TypeEngine):
    """INTERVAL: a datetime.timedelta."""

    __visit_name__ = "INTERVAL"
    native = True

    def __init__(self, precision: int | None = None, fields: str | None = None) -> None:
        """`precision`: digits after the point of seconds; `fields`: YEAR, DAY TO SECOND …"""
        self.precision = precision
        self.fields = fields

    @property
    def _type_affinity(self) -> type[TypeEngine]:
        return sqltypes.Interval

    @classmethod
    def adapt_emulated_to_native(cls, interval: Any, **kw: Any) -> INTERVAL:
        """The native type for a generic Interval."""
        return cls(precision=interval.second_precision)

    def as_generic(self, allow_nulltype: bool = False) -> TypeEngine:
        return sqltypes.Interval(native=True, second_precision=self.precision)

    @property
    def python_type(self) -> type:
        return dt.timedelta

    def _adapt_operator(self, op: Any, other: TypeEngine) -> tuple[Any, TypeEngine]:
        return TypeEngine._adapt_operator(self, op, other)

    @property
    def _expression_adaptations(self) -> dict[Any, dict[Any, Any]]:  # type: ignore[override]
        return sqltypes.Interval._expression_adaptations

    def literal_processor(self, dialect: Any) -> Callable[[Any], str]:
        return lambda value: f"make_interval(secs=>{value.total_seconds()})"


PGInterval = INTERVAL


class BIT(TypeEngine):
    """BIT and BIT VARYING: text of zeros and ones."""

    __visit_name__ = "BIT"
    _code = _core.TYPE_STRING

    def __init__(self, length: int | None = None, varying: bool = False) -> None:
        """`length`: number of bits, or with `varying` their maximum."""
        if varying:
            self.length = length
        else:
            self.length = length or 1
        self.varying = varying


PGBit = BIT


class CITEXT(sqltypes.TEXT):
    """CITEXT: text that compares without regard to case (an extension of the server)."""

    __visit_name__ = "CITEXT"

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine:
        return self


__all__ = [
    "BIT",
    "BYTEA",
    "CIDR",
    "CITEXT",
    "INET",
    "INTERVAL",
    "MACADDR",
    "MACADDR8",
    "MONEY",
    "OID",
    "REGCLASS",
    "REGCONFIG",
    "TIME",
    "TIMESTAMP",
    "TSQUERY",
    "TSVECTOR",
]
