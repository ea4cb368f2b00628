"""The types of columns: generic ones (Integer, String …) and those of SQL (VARCHAR …).

A generic type becomes whatever suits the database; an uppercase one is always spelled
as it is written.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Sequence
from typing import Any

from .. import _core, exc
from .base import SchemaEventTarget
from .type_api import (
    Codec,
    ExternalType,
    TypeDecorator,
    TypeEngine,
    UserDefinedType,
    adapt_type,
    to_instance,
)
from .type_comparator import Comparator as _Comparator

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
    "Text",
    "Time",
    "TupleType",
    "TypeDecorator",
    "TypeEngine",
    "Unicode",
    "UnicodeText",
    "UserDefinedType",
    "Uuid",
    "adapt_type",
    "to_instance",
]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class Concatenable:
    """Mixin of types whose `+` is concatenation."""

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

    def _register(self, metadata: Any) -> None:
        """Have the type created and dropped with the tables of a metadata."""
        if not any(type_ is self for type_ in metadata._types):
            metadata._types.append(self)

    def _attach(self, column: Any, table: Any) -> None:
        """The column of this type became part of a table."""
        self._register_with(table)

    def _register_with(self, table: Any) -> None:
        """Have the type created and dropped with a table."""
        if self.inherit_schema:
            self.schema = table.schema
        elif self.metadata is not None and self.schema is None and self.metadata.schema:
            self.schema = self.metadata.schema
        if self.metadata is None:
            self._register(table.metadata)
        self.__dict__.setdefault("_tables", []).append(table)


class NullType(TypeEngine):
    """The type of an expression whose type is not known."""

    __visit_name__ = "null"
    _isnull = True

    def _adapt_operator(self, op: Any, other: TypeEngine) -> tuple[Any, TypeEngine]:
        from .operators import is_commutative

        if other._isnull or not is_commutative(op):
            return op, self
        return other._adapt_operator(op, self)

    def literal_processor(self, dialect: Any) -> Callable[[Any], str] | None:
        return None


class String(Concatenable, TypeEngine):
    """Text; VARCHAR in DDL."""

    __visit_name__ = "string"
    _generic = True
    _code = _core.TYPE_STRING

    def __init__(self, length: int | None = None, collation: str | None = None) -> None:
        """`length`: for DDL and CAST; `collation`: of the column, likewise."""
        self.length = length
        self.collation = collation

    def literal_processor(self, dialect: Any) -> Callable[[Any], str]:
        if dialect.paramstyle in ("format", "pyformat"):
            # a percent sign in the text would begin a parameter
            return lambda value: _quoted(value.replace("%", "%%"))
        return _quoted

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


class Integer(TypeEngine):
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


class Numeric(TypeEngine):
    """Decimal numbers: decimal.Decimal, or float with asdecimal=False."""

    __visit_name__ = "numeric"
    _generic = True
    _default_decimal_return_scale = 10

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
        if self.asdecimal:
            return (_core.TYPE_NUMERIC, self._effective_decimal_return_scale)
        return (_core.TYPE_FLOAT, None)

    def literal_processor(self, dialect: Any) -> Callable[[Any], str]:
        return lambda value: str(value)

    @property
    def python_type(self) -> type:
        if self.asdecimal:
            from decimal import Decimal

            return Decimal
        return float


class Float(Numeric):
    """Floating point numbers."""

    __visit_name__ = "float"
    _generic = True
    scale = None

    def __init__(
        self,
        precision: int | None = None,
        asdecimal: bool = False,
        decimal_return_scale: int | None = None,
    ) -> None:
        self.precision = precision
        self.asdecimal = asdecimal
        self.decimal_return_scale = decimal_return_scale


class Double(Float):
    """Floating point numbers of double precision."""

    __visit_name__ = "double"
    _generic = True


class DateTime(TypeEngine):
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

    def literal_processor(self, dialect: Any) -> Callable[[Any], str]:
        return _encoded_literal(self, dialect)


class Date(TypeEngine):
    """datetime.date."""

    __visit_name__ = "date"
    _generic = True
    _code = _core.TYPE_DATE

    @property
    def python_type(self) -> type:
        return dt.date

    def literal_processor(self, dialect: Any) -> Callable[[Any], str]:
        return _encoded_literal(self, dialect)


class Time(TypeEngine):
    """datetime.time."""

    __visit_name__ = "time"
    _generic = True
    _code = _core.TYPE_TIME

    def __init__(self, timezone: bool = False) -> None:
        self.timezone = timezone

    @property
    def python_type(self) -> type:
        return dt.time

    def literal_processor(self, dialect: Any) -> Callable[[Any], str]:
        return _encoded_literal(self, dialect)


def _encoded_literal(type_: TypeEngine, dialect: Any) -> Callable[[Any], str]:
    """Literals of a type that is bound as text or a number."""
    if dialect.literals_as_bound:
        code, arg = type_._codec(dialect)

        def process(value: Any) -> str:
            bound = _core.encode(code, arg, value)
            return _quoted(bound) if isinstance(bound, str) else str(bound)

        return process
    if isinstance(type_, DateTime):
        return lambda value: _quoted(value.isoformat(sep=" "))
    return lambda value: _quoted(value.isoformat())


class _Binary(TypeEngine):
    """Bytes."""

    _code = _core.TYPE_BINARY

    def __init__(self, length: int | None = None) -> None:
        self.length = length

    @property
    def python_type(self) -> type:
        return bytes

    def literal_processor(self, dialect: Any) -> Callable[[Any], str]:
        encoding = getattr(dialect, "_legacy_binary_type_literal_encoding", "utf-8")

        def process(value: Any) -> str:
            return _quoted(value.decode(encoding))

        return process

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine:
        if isinstance(value, str):
            return self
        return super().coerce_compared_value(op, value)


class LargeBinary(_Binary):
    """Bytes of any length; BLOB in DDL."""

    __visit_name__ = "large_binary"
    _generic = True


class _Lookup(dict[Any, Any]):
    """A table of an Enum's values that says what is wrong with one it does not have."""

    __slots__ = ("enum", "pass_strings")

    def __init__(self, items: Any, enum: Enum, pass_strings: bool) -> None:
        super().__init__(items)
        self.enum = enum
        self.pass_strings = pass_strings

    def __missing__(self, value: Any) -> Any:
        if self.pass_strings and isinstance(value, str):
            return value
        names = self.enum.enums
        shown = ", ".join(names if len(names) <= 4 else [*names[:3], "...", names[-1]])
        raise LookupError(
            f"'{value}' is not among the defined enum values. "
            f"Enum name: {self.enum.name}. Possible values: {shown}"
        )


class Enum(String, SchemaType):
    """One of a set of strings, or of the members of an enum.Enum class (by name)."""

    __visit_name__ = "enum"
    _generic = True
    enum_class: Any = None

    def __init__(self, *enums: Any, **kw: Any) -> None:
        """Strings or one enum class.

        `create_constraint`: add a CHECK constraint (named `name`); `native_enum`: use the
        database's enum type where there is one; `length`: of the VARCHAR;
        `validate_strings`: reject strings that are no member; `values_callable`: from the
        enum class to the strings to store.
        """
        self.native_enum: bool = kw.pop("native_enum", True)
        self.create_constraint: bool = kw.pop("create_constraint", False)
        self.values_callable: Any = kw.pop("values_callable", None)
        self._sort_key_function: Any = kw.pop("sort_key_function", NotImplemented)
        self._omit_aliases: bool = kw.pop("omit_aliases", True)
        self.validate_strings: bool = kw.pop("validate_strings", False)
        length: Any = kw.pop("length", NotImplemented)
        registers = kw.pop("_create_events", True)
        kw.pop("_adapted_from", None)
        kw.pop("_disable_warnings", None)
        given = enums if "_enums" not in kw else kw.pop("_enums")
        self._given = given

        values, objects = self._parse(given)
        self.enums: list[str] = values
        self._objects = objects
        longest = max((len(value) for value in values), default=0)
        if length is not NotImplemented and length is not None:
            if length < longest:
                raise ValueError(
                    "When provided, length must be larger or equal than the length of the longest "
                    f"enum value. {length} < {longest}"
                )
            longest = length
        elif length is None:
            longest = None  # type: ignore[assignment]
        super().__init__(length=longest)

        name = kw.pop("name", None)
        if name is None and self.enum_class is not None:
            name = self.enum_class.__name__.lower()
        self.name: str | None = name
        self.schema = kw.pop("schema", None)
        self.metadata = kw.pop("metadata", None)
        self.inherit_schema: bool = kw.pop("inherit_schema", False)
        self.quote = kw.pop("quote", None)
        if self.metadata is not None and registers:
            self._register(self.metadata)
        if kw:
            raise TypeError(
                f"Enum.__init__() got an unexpected keyword argument {next(iter(kw))!r}"
            )

        result = dict(zip(values, objects, strict=True))
        bind: dict[Any, str] = {}
        for value, obj in zip(values, objects, strict=True):
            bind.setdefault(obj, value)
        if self.enum_class is not None:
            # The names by which a member can also be given.
            for value in values:
                bind.setdefault(value, bind[result[value]])
            if self._omit_aliases:
                for member in self.enum_class.__members__.values():
                    if member in bind:
                        bind.setdefault(member, bind[member])
        self._result_lookup = _Lookup(result, self, False)
        self._bind_lookup = _Lookup(bind, self, not self.validate_strings)
        # For unknown strings to be rejected on reading even when they may be written.
        self._codec_arg = (self._bind_lookup, self._result_lookup)

    def _parse(self, enums: Sequence[Any]) -> tuple[list[str], list[Any]]:
        """Strings and the objects they stand for."""
        if len(enums) == 1 and hasattr(enums[0], "__members__"):
            self.enum_class = cls = enums[0]
            members = list(cls.__members__.items())
            if self._omit_aliases:
                members = [(name, member) for name, member in members if member.name == name]
            if self.values_callable is not None:
                values = list(self.values_callable(cls))
            else:
                values = [name for name, _ in members]
            return values, [member for _, member in members]
        return list(enums), list(enums)

    @property
    def _is_native(self) -> bool:  # type: ignore[override]
        return self.native_enum

    def _codec(self, dialect: Any) -> Codec:
        return (_core.TYPE_ENUM, self._codec_arg)

    def _make_cache_key(self) -> Any:
        return (
            type(self),
            self.enum_class,
            tuple(self.enums),
            self.length,
            self.name,
            self.validate_strings,
        )

    def literal_processor(self, dialect: Any) -> Callable[[Any], str]:
        lookup = self._bind_lookup
        return lambda value: _quoted(lookup[value])

    @property
    def sort_key_function(self) -> Any:  # type: ignore[override]
        if self._sort_key_function is NotImplemented:
            lookup = self._bind_lookup
            return lambda value: lookup[value]
        return self._sort_key_function

    def _adapt_operator(self, op: Any, other: TypeEngine) -> tuple[Any, TypeEngine]:
        op, type_ = super()._adapt_operator(op, other)
        if op is not operator.add and type_ is self:
            from .operators import concat_op

            if op is concat_op:
                # A concatenation is not one of the members any more.
                type_ = String(self.length)
        return op, type_

    @property
    def python_type(self) -> type:
        return self.enum_class or str

    def copy(self, **kw: Any) -> Any:
        return self.adapt(type(self))

    def adapt(self, cls: type, **kw: Any) -> Any:
        if issubclass(cls, Enum):
            for name in (
                "native_enum",
                "create_constraint",
                "values_callable",
                "validate_strings",
                "length",
                "name",
                "schema",
                "metadata",
                "inherit_schema",
                "quote",
            ):
                kw.setdefault(name, getattr(self, name))
            kw.setdefault("sort_key_function", self._sort_key_function)
            kw.setdefault("omit_aliases", self._omit_aliases)
            kw.setdefault("_create_events", False)
            return cls(*self._given, **kw)
        return super().adapt(cls, **kw)

    def _attach(self, column: Any, table: Any) -> None:
        SchemaType._attach(self, column, table)
        if self.create_constraint:
            from .schema import CheckConstraint

            constraint = CheckConstraint(
                column.in_(list(self.enums)), name=self.name, _type_bound=True
            )
            constraint._create_rule = lambda compiler: (
                not (self.native_enum and compiler.dialect.supports_native_enum)
            )
            table.append_constraint(constraint)

    def __repr__(self) -> str:
        parts = [repr(value) for value in self.enums]
        if self.name is not None:
            parts.append(f"name={self.name!r}")
        if self.schema is not None:
            parts.append(f"schema={self.schema!r}")
        if not self.native_enum:
            parts.append("native_enum=False")
        if self.create_constraint:
            parts.append("create_constraint=True")
        return f"{type(self).__name__}({', '.join(parts)})"


class Boolean(SchemaType, TypeEngine):
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

    def _attach(self, column: Any, table: Any) -> None:
        if self.create_constraint:
            from .schema import CheckConstraint

            constraint = CheckConstraint(column.in_([0, 1]), name=self.name, _type_bound=True)
            constraint._create_rule = lambda compiler: (
                not compiler.dialect.supports_native_boolean
                and compiler.dialect.non_native_boolean_check_constraint
            )
            table.append_constraint(constraint)


class MatchType(Boolean):
    """The result of MATCH."""


class Interval(TypeDecorator):
    """datetime.timedelta; a DateTime counted from 1970 where there are no intervals."""

    __visit_name__ = "type_decorator"
    impl = DateTime
    epoch = dt.datetime(1970, 1, 1)
    cache_ok = True

    def __init__(
        self,
        native: bool = True,
        second_precision: float | None = None,
        day_precision: float | None = None,
    ) -> None:
        super().__init__()
        self.native = native
        self.second_precision = second_precision
        self.day_precision = day_precision

    @property
    def _type_affinity(self) -> type[TypeEngine]:
        return Interval

    @property
    def _is_native(self) -> bool:  # type: ignore[override]
        return self.native

    @property
    def python_type(self) -> type:
        return dt.timedelta

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else self.epoch + value

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else value - self.epoch

    def _codec(self, dialect: Any) -> Codec:
        code, arg = _core.TYPE_DATETIME, None
        epoch = self.epoch

        def bind(value: Any) -> Any:
            return None if value is None else _core.encode(code, arg, epoch + value)

        def result(value: Any) -> Any:
            if value is None or isinstance(value, dt.timedelta):
                return value  # of a database that has intervals
            return _core.decode(code, arg, value) - epoch

        return (_core.TYPE_PYTHON, (bind, result))

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine:
        return self.impl_instance.coerce_compared_value(op, value)

    def _adapt_operator(self, op: Any, other: TypeEngine) -> tuple[Any, TypeEngine]:
        return TypeEngine._adapt_operator(self, op, other)

    def adapt(self, cls: type, **kw: Any) -> Any:
        if issubclass(cls, Interval):
            return self.copy()
        return super().adapt(cls, **kw)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class PickleType(TypeDecorator):
    """Any object that can be pickled."""

    impl = LargeBinary
    cache_ok = True

    def __init__(
        self,
        protocol: int = 5,
        pickler: Any = None,
        comparator: Callable[[Any, Any], bool] | None = None,
        impl: Any = None,
    ) -> None:
        """`pickler`: something with dumps() and loads(); `comparator`: for changes."""
        import pickle

        super().__init__()
        self.protocol = protocol
        self.pickler = pickler or pickle
        self.comparator = comparator
        if impl is not None:
            self.impl = to_instance(impl)

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else self.pickler.dumps(value, self.protocol)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else self.pickler.loads(value)

    def compare_values(self, x: Any, y: Any) -> bool:
        if self.comparator is not None:
            return bool(self.comparator(x, y))
        return bool(x == y)

    @property
    def python_type(self) -> type:
        raise NotImplementedError()

    def _make_cache_key(self) -> Any:
        return (type(self), self.protocol, self.pickler, self.impl._static_cache_key)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class _Marker:
    """A named value."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"symbol({self.name!r})"

    def __reduce__(self) -> Any:
        return _marker, (self.name,)


_JSON_NULL = _Marker("JSON_NULL")


def _marker(name: str) -> Any:
    return _JSON_NULL if name == "JSON_NULL" else _Marker(name)


class JSON(Indexable, Concatenable, TypeEngine):
    """Whatever json.dumps() takes."""

    __visit_name__ = "JSON"
    _generic = True
    hashable = False

    NULL = _JSON_NULL
    """JSON's null, as a value that is stored (None may stand for SQL's NULL)."""

    def __init__(self, none_as_null: bool = False) -> None:
        """`none_as_null`: store None as SQL's NULL rather than as JSON's null."""
        self.none_as_null = none_as_null

    @property
    def should_evaluate_none(self) -> bool:
        return not self.none_as_null

    @should_evaluate_none.setter
    def should_evaluate_none(self, value: bool) -> None:
        self.none_as_null = not value

    @property
    def python_type(self) -> type:
        return dict

    def _dumps(self, dialect: Any) -> Callable[[Any], str]:
        import json

        dumps = getattr(dialect, "_json_serializer", None) or json.dumps
        null = _JSON_NULL
        return lambda value: dumps(None if value is null else value)

    def _codec(self, dialect: Any) -> Codec:
        import json

        loads = getattr(dialect, "_json_deserializer", None) or json.loads
        return (_core.TYPE_JSON, (self._dumps(dialect), loads, self.none_as_null))

    def literal_processor(self, dialect: Any) -> Callable[[Any], str]:
        dumps = self._dumps(dialect)
        return lambda value: _quoted(dumps(value))


class Uuid(TypeEngine):
    """uuid.UUID, or its text with as_uuid=False."""

    __visit_name__ = "uuid"
    _generic = True
    _code = _core.TYPE_UUID
    length: int | None = None
    collation: str | None = None

    def __init__(self, as_uuid: bool = True, native_uuid: bool = True) -> None:
        self.as_uuid = as_uuid
        self.native_uuid = native_uuid

    @property
    def native(self) -> bool:
        return False

    @property
    def python_type(self) -> type:
        if not self.as_uuid:
            return str
        import uuid

        return uuid.UUID

    def _codec(self, dialect: Any) -> Codec:
        if not self.native_uuid and dialect is not None and dialect.supports_native_uuid:
            return (_core.TYPE_PYTHON, (self._to_hex, self._from_hex))
        return (_core.TYPE_UUID, self.as_uuid)

    def _to_hex(self, value: Any) -> str | None:
        """What CHAR(32) stores of a UUID, for a database that has UUIDs of its own."""
        if value is None:
            return None
        return str(value).replace("-", "")

    def _from_hex(self, value: str | None) -> Any:
        if value is None:
            return None
        import uuid

        found = uuid.UUID(value)
        return found if self.as_uuid else str(found)

    def literal_processor(self, dialect: Any) -> Callable[[Any], str]:
        if not self.as_uuid:
            return lambda value: _quoted(value.replace("-", ""))
        if self.native_uuid and dialect.supports_native_uuid:
            return lambda value: _quoted(str(value))
        return lambda value: _quoted(value.hex)

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine:
        if isinstance(value, str):
            return self
        return super().coerce_compared_value(op, value)


class ARRAY(Concatenable, Indexable, SchemaType, TypeEngine):
    """Arrays, on databases that have them."""

    __visit_name__ = "ARRAY"
    _is_array = True
    hashable = False

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
        item_type: Any,
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

    def _attach(self, column: Any, table: Any) -> None:
        if isinstance(self.item_type, SchemaType):
            self.item_type._attach(column, table)

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


class TupleType(TypeEngine):
    """The type of a tuple of expressions."""

    _is_tuple_type = True
    types: list[TypeEngine]

    def __init__(self, *types: Any) -> None:
        self._fully_typed = not any(to_instance(type_)._isnull for type_ in types)
        self.types = [to_instance(type_) for type_ in types]

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

    def _make_cache_key(self) -> Any:
        return (type(self), tuple(type_._static_cache_key for type_ in self.types))


# --- what SQL calls them ----------------------------------------------------------


class REAL(Float):
    """SQL's REAL."""

    __visit_name__ = "REAL"


class FLOAT(Float):
    """SQL's FLOAT."""

    __visit_name__ = "FLOAT"


class DOUBLE(Double):
    """SQL's DOUBLE."""

    __visit_name__ = "DOUBLE"


class DOUBLE_PRECISION(Double):
    """SQL's DOUBLE PRECISION."""

    __visit_name__ = "DOUBLE_PRECISION"


class NUMERIC(Numeric):
    """SQL's NUMERIC."""

    __visit_name__ = "NUMERIC"


class DECIMAL(Numeric):
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


class UUID(Uuid):
    """SQL's UUID."""

    __visit_name__ = "UUID"

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
        if hasattr(value, "__clause_element__") or hasattr(value, "__mapper__"):
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
