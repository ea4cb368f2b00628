"""Types whose values a database stores as they are: text, numbers, dates, bytes, truth."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, overload

from .. import _core
from ..util.subscriptable import T
from .base import SchemaEventTarget
from .names import quoted_name
from .naming import _NONE_NAME
from .operators import is_commutative
from .type_api import Codec, TypeEngine
from .type_comparator import Comparator

if TYPE_CHECKING:
    from decimal import Decimal


def quoted(text: str) -> str:
    """Text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def text_literal(dialect: Any) -> Callable[[str], str]:
    """What makes a literal of text that may have any characters."""
    if dialect.paramstyle in ("format", "pyformat"):
        # a percent sign in the text would begin a parameter
        return lambda text: quoted(text.replace("%", "%%"))
    return quoted


class Concatenable:
    """Mixin of types whose `+` is concatenation."""

    Comparator = Comparator
    _is_concatenable = True


class Indexable:
    """Mixin of types that are indexed with []."""


class SchemaType(SchemaEventTarget):
    """Mixin of types that bring constraints or a database object of their own."""

    name: str | None = None
    create_constraint = False
    schema: str | None = None
    metadata: Any = None
    inherit_schema = False

    def __init__(
        self,
        name: str | None = None,
        schema: str | None = None,
        metadata: Any = None,
        inherit_schema: bool = False,
        quote: bool | None = None,
    ) -> None:
        """`name`, `schema`, `quote`: of the object in the database; `metadata`: what it is
        created and dropped with, if not with the tables; `inherit_schema`: it is in the schema
        of its table."""
        if name is not None:
            self.name = quoted_name.construct(name, quote)
        self.schema = schema
        self.metadata = metadata
        self.inherit_schema = inherit_schema

    def create(self, bind: Any, checkfirst: bool = False) -> None:
        """Create what the database has for the type besides columns, as an ENUM; with
        `checkfirst` if it is not there yet."""
        for impl in bind.dialect.types_to_create([self]):
            impl.create(bind, checkfirst=checkfirst)

    def drop(self, bind: Any, checkfirst: bool = False) -> None:
        """Drop what create() creates; with `checkfirst` if it is there."""
        for impl in bind.dialect.types_to_create([self]):
            impl.drop(bind, checkfirst=checkfirst)

    def _register(self, metadata: Any) -> None:
        """Have the type created and dropped with the tables of a metadata."""
        if not any(type_ is self for type_ in metadata._types):
            metadata._types.append(self)

    def _attach(self, column: Any, table: Any, variant_of: str | None = None) -> None:
        """The column of this type became part of a table."""
        self._register_with(table, variant_of)

    def _register_with(self, table: Any, variant_of: str | None = None) -> None:
        """Have the type created and dropped with a table; `variant_of`: on this dialect alone."""
        if self.inherit_schema:
            self.schema = table.schema
        elif self.metadata is not None and self.schema is None and self.metadata.schema:
            self.schema = self.metadata.schema
        if self.metadata is None:
            self._register(table.metadata)
        self.__dict__.setdefault("_tables", []).append((table, variant_of))

    def _is_made_on(self, dialect_name: str) -> bool:
        """Whether a column has the type on this dialect, or it is the metadata's."""
        tables = self.__dict__.get("_tables", ())
        return not tables or any([name in (None, dialect_name) for _, name in tables])


def constrained(type_: Any, column: Any, compiler: Any) -> bool:
    """Whether the CHECK that a type brings to a column is written: on the databases that the
    column has this type on."""
    variants = column.type._variant_mapping
    variant = variants.get(compiler.dialect.name)
    if variant is not type_ and (
        variant is not None or any([other is type_ for other in variants.values()])
    ):
        return False
    return type_._constrained(compiler)  # type: ignore[no-any-return]


class NullType(TypeEngine[None]):
    """The type of an expression whose type is not known."""

    __visit_name__ = "null"
    _isnull = True

    def _adapt_operator(self, op: Any, other: TypeEngine) -> tuple[Any, TypeEngine]:
        if other._isnull or not is_commutative(op):
            return op, self
        return other._adapt_operator(op, self)

    def literal_processor(self, dialect: Any) -> Callable[[Any], str] | None:
        return None


class String(Concatenable, TypeEngine[str]):
    """Text; VARCHAR in DDL."""

    __visit_name__ = "string"
    _generic = True
    _code = _core.TYPE_STRING

    def __init__(self, length: int | None = None, collation: str | None = None) -> None:
        """`length`: for DDL and CAST; `collation`: of the column, likewise."""
        self.length = length
        self.collation = collation

    def literal_processor(self, dialect: Any) -> Callable[[Any], str]:
        return text_literal(dialect)

    @property
    def python_type(self) -> type:
        return str


class Text(String):
    """Text of any length; TEXT in DDL."""

    __visit_name__ = "text"
    _generic = True


class Unicode(String):
    """Text; NVARCHAR where there is such a thing."""

    __visit_name__ = "unicode"
    _generic = True


class UnicodeText(Text):
    """Text of any length."""

    __visit_name__ = "unicode_text"
    _generic = True


class Integer(TypeEngine[int]):
    """Whole numbers."""

    __visit_name__ = "integer"
    _generic = True
    _code = _core.TYPE_INTEGER

    @property
    def python_type(self) -> type:
        return int

    def literal_processor(self, dialect: Any) -> Callable[[Any], str]:
        return lambda value: str(int(value))

    def _adapt_operator(self, op: Any, other: TypeEngine) -> tuple[Any, TypeEngine]:
        if op is operator.truediv and other._type_affinity is Integer:
            return op, Numeric()
        return super()._adapt_operator(op, other)


class SmallInteger(Integer):
    """Small whole numbers."""

    __visit_name__ = "small_integer"
    _generic = True


class BigInteger(Integer):
    """Large whole numbers."""

    __visit_name__ = "big_integer"
    _generic = True


class Numeric(TypeEngine[T]):
    """Decimal numbers: decimal.Decimal, or float with asdecimal=False."""

    __visit_name__ = "numeric"
    _generic = True
    _default_decimal_return_scale = 10

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Numeric[Decimal],
            precision: int | None = ...,
            scale: int | None = ...,
            decimal_return_scale: int | None = ...,
            asdecimal: Literal[True] = ...,
        ) -> None: ...
        @overload
        def __init__(
            self: Numeric[float],
            precision: int | None = ...,
            scale: int | None = ...,
            decimal_return_scale: int | None = ...,
            asdecimal: Literal[False] = ...,
        ) -> None: ...
        @overload
        def __init__(
            self,
            precision: int | None = ...,
            scale: int | None = ...,
            decimal_return_scale: int | None = ...,
            asdecimal: bool = ...,
        ) -> None: ...

    def __init__(
        self,
        precision: int | None = None,
        scale: int | None = None,
        decimal_return_scale: int | None = None,
        asdecimal: bool = True,
    ) -> None:
        """`decimal_return_scale`: digits after the point of values read as Decimal."""
        self.precision = precision
        self.scale = scale
        self.decimal_return_scale = decimal_return_scale
        self.asdecimal = asdecimal

    @property
    def _effective_decimal_return_scale(self) -> int:
        if self.decimal_return_scale is not None:
            return self.decimal_return_scale
        scale = getattr(self, "scale", None)
        if scale is not None:
            return scale  # type: ignore[no-any-return]
        return self._default_decimal_return_scale

    def _codec(self, dialect: Any) -> Codec:
        # a server whose columns have types of their own gives integers of integer columns alone
        typed = dialect is not None and dialect.typed
        if self.asdecimal:
            code = _core.TYPE_EXACT if typed else _core.TYPE_NUMERIC
            return (code, self._effective_decimal_return_scale)
        return (_core.TYPE_REAL if typed else _core.TYPE_FLOAT, None)

    def literal_processor(self, dialect: Any) -> Callable[[Any], str]:
        from decimal import Decimal

        def process(value: Any) -> str:
            Decimal(value)  # what is no number must not become part of the statement
            return str(value)

        return process

    @property
    def python_type(self) -> type:
        if self.asdecimal:
            from decimal import Decimal

            return Decimal
        return float


class Float(Numeric[T]):
    """Floating point numbers."""

    __visit_name__ = "float"
    _generic = True
    scale = None

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Float[float],
            precision: int | None = ...,
            asdecimal: Literal[False] = ...,
            decimal_return_scale: int | None = ...,
        ) -> None: ...
        @overload
        def __init__(
            self: Float[Decimal],
            precision: int | None = ...,
            asdecimal: Literal[True] = ...,
            decimal_return_scale: int | None = ...,
        ) -> None: ...
        @overload
        def __init__(
            self,
            precision: int | None = ...,
            asdecimal: bool = ...,
            decimal_return_scale: int | None = ...,
        ) -> None: ...

    def __init__(
        self,
        precision: int | None = None,
        asdecimal: bool = False,
        decimal_return_scale: int | None = None,
    ) -> None:
        self.precision = precision
        self.asdecimal = asdecimal
        self.decimal_return_scale = decimal_return_scale


class Double(Float[T]):
    """Floating point numbers of double precision."""

    __visit_name__ = "double"
    _generic = True


class _Moment:
    """Mixin of dates and times."""

    _code: int

    def _codec(self, dialect: Any) -> Codec:
        # a server whose columns have types of their own takes and gives what Python has
        typed = dialect is not None and dialect.typed
        return (_core.TYPE_ANY if typed else self._code, None)

    def literal_processor(self, dialect: Any) -> Callable[[Any], str]:
        return _encoded_literal(self, dialect)


class DateTime(_Moment, TypeEngine[dt.datetime]):
    """datetime.datetime."""

    __visit_name__ = "datetime"
    _generic = True
    _code = _core.TYPE_DATETIME

    def __init__(self, timezone: bool = False) -> None:
        """`timezone`: whether the database keeps a time zone, where it can."""
        self.timezone = timezone

    @property
    def python_type(self) -> type:
        return dt.datetime


class Date(_Moment, TypeEngine[dt.date]):
    """datetime.date."""

    __visit_name__ = "date"
    _generic = True
    _code = _core.TYPE_DATE

    @property
    def python_type(self) -> type:
        return dt.date


class Time(_Moment, TypeEngine[dt.time]):
    """datetime.time."""

    __visit_name__ = "time"
    _generic = True
    _code = _core.TYPE_TIME

    def __init__(self, timezone: bool = False) -> None:
        self.timezone = timezone

    @property
    def python_type(self) -> type:
        return dt.time


def _encoded_literal(type_: _Moment, dialect: Any) -> Callable[[Any], str]:
    """Literals of a type that is bound as text or a number."""
    if dialect.literals_as_bound:
        code, arg = type_._codec(dialect)

        def process(value: Any) -> str:
            bound = _core.encode(code, arg, value)
            return quoted(bound) if isinstance(bound, str) else str(bound)

        return process
    if isinstance(type_, DateTime):
        return lambda value: quoted(value.isoformat().replace("T", " "))
    part = -1 if isinstance(type_, Time) else 0  # of a datetime, that is
    return lambda value: quoted(value.isoformat().split("T")[part])


class _Binary(TypeEngine[bytes]):
    """Bytes."""

    _code = _core.TYPE_BINARY

    def __init__(self, length: int | None = None) -> None:
        self.length = length

    @property
    def python_type(self) -> type:
        return bytes

    def literal_processor(self, dialect: Any) -> Callable[[Any], str]:
        encoding = getattr(dialect, "_legacy_binary_type_literal_encoding", "utf-8")

        literal = text_literal(dialect)
        return lambda value: literal(value.decode(encoding))

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine:
        if isinstance(value, str):
            return self
        return super().coerce_compared_value(op, value)

    def as_generic(self, allow_nulltype: bool = False) -> TypeEngine:
        return self.adapt(LargeBinary)  # type: ignore[no-any-return]


class LargeBinary(_Binary):
    """Bytes of any length; BLOB in DDL."""

    __visit_name__ = "large_binary"
    _generic = True


class Boolean(SchemaType, TypeEngine[bool]):
    """True and False; numbers where the database has no booleans."""

    __visit_name__ = "boolean"
    _generic = True
    _code = _core.TYPE_BOOLEAN

    def __init__(
        self,
        create_constraint: bool = False,
        name: str | None = None,
        _create_events: bool = True,
        _adapted_from: Any = None,
    ) -> None:
        """`create_constraint`: add a CHECK constraint where there are no booleans."""
        self.create_constraint = create_constraint
        self.name = name

    def _codec(self, dialect: Any) -> Codec:
        return (self._code, True if dialect is not None and dialect.typed else None)

    @property
    def python_type(self) -> type:
        return bool

    def literal_processor(self, dialect: Any) -> Callable[[Any], str]:
        native = getattr(dialect, "supports_native_boolean", False)
        true, false = ("true", "false") if native else ("1", "0")
        code, arg = self._codec(dialect)

        def process(value: Any) -> str:
            return true if _core.encode(code, arg, value) else false

        return process

    def _attach(self, column: Any, table: Any, variant_of: str | None = None) -> None:
        if self.create_constraint:
            from .constructs import TypeCoerce
            from .schema import CheckConstraint

            table.append_constraint(
                CheckConstraint(
                    TypeCoerce(column, self).in_([0, 1]),
                    name=_NONE_NAME if self.name is None else self.name,
                    _type_bound=True,
                    _create_rule=partial(constrained, self, column),
                )
            )

    def _constrained(self, compiler: Any) -> bool:
        """Whether the column has a CHECK there."""
        return (
            not compiler.dialect.supports_native_boolean
            and compiler.dialect.non_native_boolean_check_constraint
        )


class MatchType(Boolean):
    """The result of MATCH."""

    _generic = True
