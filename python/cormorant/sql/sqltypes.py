"""The types of columns: generic ones (Integer, String …) and those of SQL (VARCHAR …); what
arithmetic makes of them, and the types of plain values.

A generic type becomes whatever suits the database; an uppercase one is always spelled
as it is written.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .. import exc
from .._late import late_names
from ..inspection import Inspectable
from ..util.subscriptable import T
from .converted_types import JSON, Enum, Interval, PickleType, Uuid
from .plain_types import (
    BigInteger,
    Boolean,
    Concatenable,
    Date,
    DateTime,
    Double,
    Float,
    Indexable,
    Integer,
    LargeBinary,
    MatchType,
    NullType,
    Numeric,
    SchemaType,
    SmallInteger,
    String,
    Text,
    Time,
    Unicode,
    UnicodeText,
    _Binary,
)
from .type_api import (
    ExternalType,
    TypeDecorator,
    TypeEngine,
    UserDefinedType,
    Variant,
    adapt_type,
    to_instance,
)
from .type_comparator import Comparator as _Comparator

if TYPE_CHECKING:
    from .named_types import BIGINT as BIGINT
    from .named_types import BINARY as BINARY
    from .named_types import BLOB as BLOB
    from .named_types import BOOLEAN as BOOLEAN
    from .named_types import CHAR as CHAR
    from .named_types import CLOB as CLOB
    from .named_types import DATE as DATE
    from .named_types import DATETIME as DATETIME
    from .named_types import DECIMAL as DECIMAL
    from .named_types import DOUBLE as DOUBLE
    from .named_types import DOUBLE_PRECISION as DOUBLE_PRECISION
    from .named_types import FLOAT as FLOAT
    from .named_types import INT as INT
    from .named_types import INTEGER as INTEGER
    from .named_types import NCHAR as NCHAR
    from .named_types import NUMERIC as NUMERIC
    from .named_types import NVARCHAR as NVARCHAR
    from .named_types import REAL as REAL
    from .named_types import SMALLINT as SMALLINT
    from .named_types import TEXT as TEXT
    from .named_types import TIME as TIME
    from .named_types import TIMESTAMP as TIMESTAMP
    from .named_types import UUID as UUID
    from .named_types import VARBINARY as VARBINARY
    from .named_types import VARCHAR as VARCHAR
    from .type_api import TypeArgument

__all__ = [
    "ARRAY",
    "BIGINT",
    "BINARY",
    "BLOB",
    "BOOLEAN",
    "BOOLEANTYPE",
    "CHAR",
    "CLOB",
    "DATE",
    "DATETIME",
    "DECIMAL",
    "DOUBLE",
    "DOUBLE_PRECISION",
    "FLOAT",
    "INT",
    "INTEGER",
    "INTEGERTYPE",
    "JSON",
    "MATCHTYPE",
    "NCHAR",
    "NULLTYPE",
    "NUMERIC",
    "NUMERICTYPE",
    "NVARCHAR",
    "REAL",
    "SMALLINT",
    "STRINGTYPE",
    "TEXT",
    "TIME",
    "TIMESTAMP",
    "UUID",
    "VARBINARY",
    "VARCHAR",
    "BigInteger",
    "Boolean",
    "Concatenable",
    "Date",
    "DateTime",
    "Double",
    "Enum",
    "ExternalType",
    "Float",
    "Indexable",
    "Integer",
    "Interval",
    "LargeBinary",
    "MatchType",
    "NullType",
    "Numeric",
    "PickleType",
    "SchemaType",
    "SmallInteger",
    "String",
    "TableValueType",
    "Text",
    "Time",
    "TupleType",
    "TypeDecorator",
    "TypeEngine",
    "Unicode",
    "UnicodeText",
    "UserDefinedType",
    "Uuid",
    "Variant",
    "adapt_type",
    "to_instance",
]


class ARRAY(Concatenable, Indexable, SchemaType, TypeEngine[Sequence[T]]):
    """Arrays, on databases that have them."""

    __visit_name__ = "ARRAY"
    _generic = True
    _is_array = True
    hashable = False
    # a subclass need not take all arguments
    as_tuple = False
    dimensions: int | None = None
    zero_indexes = False

    _literal_start = ""

    class Comparator(_Comparator):
        """Operators of arrays."""

        __slots__ = ()

        def any(self, other: Any, operator: Any = None) -> Any:
            """``other = ANY (array)``, or another operator."""
            return self._of_elements("any_op", other, operator)

        def all(self, other: Any, operator: Any = None) -> Any:
            """``other = ALL (array)``, or another operator."""
            return self._of_elements("all_op", other, operator)

        def _of_elements(self, quantifier: str, other: Any, operator: Any) -> Any:
            from . import operators
            from .coercions import expect_operand
            from .constructs import CollectionAggregate

            if operator is None:
                operator = operators.eq
            expr = self.expr
            other = expect_operand(other, expr, operator, type_=expr.type.item_type)
            right = CollectionAggregate._create(expr, getattr(operators, quantifier))
            return operator(other, right)

        def contains(self, *arg: Any, **kw: Any) -> Any:
            """Not of the generic type: only PostgreSQL's own has it."""
            raise NotImplementedError(
                "ARRAY.contains() not implemented for the base ARRAY type; please use the "
                "dialect-specific ARRAY type"
            )

    comparator_factory = Comparator

    def __init__(
        self,
        item_type: TypeArgument[T],
        as_tuple: bool = False,
        dimensions: int | None = None,
        zero_indexes: bool = False,
    ) -> None:
        if isinstance(item_type, ARRAY) or item_type is ARRAY:
            raise ValueError(
                "Do not nest ARRAY types; ARRAY(basetype) handles multi-dimensional arrays of "
                "basetype"
            )
        self.item_type = to_instance(item_type)
        self.as_tuple = as_tuple
        self.dimensions = dimensions
        self.zero_indexes = zero_indexes

    @property
    def python_type(self) -> type:
        return list

    def literal_processor(self, dialect: Any) -> Callable[[Any], str] | None:
        process = self.item_type.dialect_impl(dialect).literal_processor(dialect)
        if process is None:
            return None

        def text(elements: Any) -> str:
            inner = ", ".join(
                [
                    text(e) if isinstance(e, (list, tuple)) else "NULL" if e is None else process(e)
                    for e in elements
                ]
            )
            return f"{self._literal_start}[{inner}]"

        return text

    def _attach(self, column: Any, table: Any, variant_of: str | None = None) -> None:
        if isinstance(self.item_type, SchemaType):
            self.item_type._attach(column, table, variant_of)

    def _setup_getitem(self, expr: Any, index: Any) -> tuple[Any, Any, TypeEngine]:
        """What ``expr[index]`` is: operator, right side and type."""
        from .coercions import expect_operand
        from .elements import Slice
        from .operators import getitem

        def place(value: Any) -> Any:
            if self.zero_indexes and value is not None:
                value = value + 1
            return expect_operand(value, expr, getitem, type_=INTEGERTYPE)

        if isinstance(index, slice):
            return getitem, Slice(place(index.start), place(index.stop), index.step), self
        right = place(index)
        if self.dimensions is None or self.dimensions == 1:
            return getitem, right, self.item_type
        return getitem, right, self.adapt(type(self), dimensions=self.dimensions - 1)

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine:
        type_ = super().coerce_compared_value(op, value)
        return self if isinstance(value, (list, tuple)) else type_


class TupleType(TypeEngine[tuple[Any, ...]]):
    """The type of a tuple of expressions."""

    _is_tuple_type = True
    types: list[TypeEngine]

    def __init__(self, *types: Any) -> None:
        self._fully_typed = not any(to_instance(type_)._isnull for type_ in types)
        self.types = [to_instance(type_) for type_ in types]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.types))})"

    def _resolve_values_to_types(self, value: Any) -> TupleType:
        """The same with types for the untyped members, from a tuple of values."""
        if self._fully_typed:
            return self
        return TupleType(
            *[
                _resolve_value_to_type(elem) if type_._isnull else type_
                for type_, elem in zip(self.types, value, strict=False)
            ]
        )

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine:
        if value is None:
            return self  # there is no row to look at
        return TupleType(
            *[
                type_.coerce_compared_value(op, elem)
                for type_, elem in zip(self.types, value, strict=False)
            ]
        )

    def _make_cache_key(self) -> Any:
        return (type(self), tuple(type_._static_cache_key for type_ in self.types))


class TableValueType(TypeEngine[Any]):
    """The type of a row of a function that stands in FROM."""

    def __init__(self, *elements: Any) -> None:
        self._elements = elements

    def _make_cache_key(self) -> Any:
        return (
            type(self),
            tuple(getattr(element, "key", element) for element in self._elements),
        )

    def __repr__(self) -> str:
        return "TableValueType()"


# where programs know them from
for _cls in (BigInteger, Boolean, Concatenable, Date, DateTime, Double, Enum, Float, Indexable,
             Integer, Interval, JSON, LargeBinary, MatchType, NullType, Numeric, PickleType,
             SchemaType, SmallInteger, String, Text, Time, Unicode, UnicodeText, Uuid,
             _Binary):  # fmt: skip
    _cls.__module__ = __name__


if not TYPE_CHECKING:
    # columns are mostly declared with the generic ones
    __getattr__ = late_names(
        __name__,
        {
            ".named_types": (
                "BIGINT BINARY BLOB BOOLEAN CHAR CLOB DATE DATETIME DECIMAL DOUBLE "
                "DOUBLE_PRECISION FLOAT INT INTEGER NCHAR NUMERIC NVARCHAR REAL "
                "SMALLINT TEXT TIME TIMESTAMP UUID VARBINARY VARCHAR"
            )
        },
    )


# --- arithmetic -------------------------------------------------------------------

_number = {Integer: Integer, Numeric: Numeric}
Integer._expression_adaptations = {
    operator.add: {Date: Date, **_number},
    operator.mul: {Interval: Interval, **_number},
    operator.truediv: {Numeric: Numeric},
    operator.floordiv: _number,
    operator.sub: _number,
}
Numeric._expression_adaptations = {
    operator.mul: {Interval: Interval, Numeric: Numeric, Integer: Numeric},
    operator.truediv: {Numeric: Numeric, Integer: Numeric},
    operator.add: {Numeric: Numeric, Integer: Numeric},
    operator.sub: {Numeric: Numeric, Integer: Numeric},
}
DateTime._expression_adaptations = {
    operator.add: {Interval: DateTime},
    operator.sub: {Interval: DateTime, DateTime: Interval},
}
Date._expression_adaptations = {
    operator.add: {Integer: Date, Interval: DateTime, Time: DateTime},
    operator.sub: {Integer: Date, Date: Integer, Interval: DateTime, DateTime: Interval},
}
Time._expression_adaptations = {
    operator.add: {Date: DateTime, Interval: Time},
    operator.sub: {Time: Interval, Interval: Time},
}
Interval._expression_adaptations = {
    operator.add: {Date: DateTime, Interval: Interval, DateTime: DateTime, Time: Time},
    operator.sub: {Interval: Interval},
    operator.mul: {Numeric: Interval},
    operator.truediv: {Numeric: Interval},
}

# --- types of plain values --------------------------------------------------------

NULLTYPE = NullType()
BOOLEANTYPE = Boolean()
STRINGTYPE = String()
INTEGERTYPE = Integer()
NUMERICTYPE: Numeric = Numeric()
MATCHTYPE = MatchType()
_BIGINTEGER = BigInteger()
_UNICODE = Unicode()
_DATETIME_TIMEZONE = DateTime(timezone=True)
_TIME_TIMEZONE = Time(timezone=True)

_type_map: dict[type, TypeEngine] = {
    float: Float(),
    bool: BOOLEANTYPE,
    dt.date: Date(),
    dt.datetime: DateTime(),
    dt.time: Time(),
    dt.timedelta: Interval(),
    type(None): NULLTYPE,
    bytes: LargeBinary(),
    int: INTEGERTYPE,
    str: STRINGTYPE,
}
_late_types = {("decimal", "Decimal"): NUMERICTYPE, ("uuid", "UUID"): Uuid()}


def _resolve_value_to_type(value: Any) -> TypeEngine:
    """The type of a plain Python value; NULLTYPE if there is none."""
    cls = type(value)
    type_ = _type_map.get(cls)
    if type_ is None:
        type_ = _late_types.get((cls.__module__, cls.__name__))
        if type_ is not None:
            _type_map[cls] = type_
            return type_
        type_ = getattr(value, "__sa_type_engine__", None)
        if isinstance(type_, TypeEngine):
            return type_._resolve_for_literal(value)
        if (
            isinstance(value, Inspectable)
            or hasattr(value, "__clause_element__")
            or hasattr(value, "__mapper__")
        ):
            raise exc.ArgumentError(f"Object {value!r} is not legal as a SQL literal value")
        return NULLTYPE
    if cls is str:
        return type_ if value.isascii() else _UNICODE
    if cls is int:
        return _BIGINTEGER if value.bit_length() >= 32 else type_
    if cls is dt.datetime:
        return type_ if value.tzinfo is None else _DATETIME_TIMEZONE
    if cls is dt.time and value.tzinfo is not None:
        return _TIME_TIMEZONE
    return type_


def _type_for_python_type(python_type: type) -> TypeEngine:
    """The type of a Python class, as in Mapped[int]; NULLTYPE if there is none."""
    type_ = _type_map.get(python_type)
    if type_ is None:
        type_ = _late_types.get((python_type.__module__, python_type.__name__), NULLTYPE)
    return type_
