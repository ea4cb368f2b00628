"""Types that store something else than the value: the name of an Enum, the text of JSON,
the bytes of a pickle.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, overload

from .. import _core, exc
from ..util.subscriptable import T
from .naming import _NONE_NAME
from .plain_types import (
    Concatenable,
    DateTime,
    Indexable,
    LargeBinary,
    SchemaType,
    String,
    constrained,
    quoted,
    text_literal,
)
from .type_api import Codec, TypeDecorator, TypeEngine, to_instance

if TYPE_CHECKING:
    import uuid


class _Lookup(dict[Any, Any]):
    """A table of an Enum's values that says what is wrong with one it does not have."""

    __slots__ = ("enum", "pass_strings")

    def __init__(self, items: Any, enum: Enum, pass_strings: bool) -> None:
        super().__init__(items)
        self.enum = enum
        self.pass_strings = pass_strings

    def __reduce_ex__(self, protocol: Any) -> Any:
        return super().__reduce_ex__(max(protocol, 2))  # older ones do not know of slots

    def __missing__(self, value: Any) -> Any:
        if self.pass_strings and isinstance(value, str):
            return value
        names = [name if len(name) <= 11 else f"{name[:11]}.." for name in self.enum.enums]
        if len(names) > 4:
            names[3:-1] = ["..."]
        shown = ", ".join(names) or "None"
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
        self._options = dict(kw)
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
        self._default_length = max((len(value) for value in values), default=0)

        of_class = None if self.enum_class is None else self.enum_class.__name__.lower()
        self.name: str | None = kw.pop("name", of_class)
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
        # enum.Enum hashes its members in Python: the core finds them by their names.
        texts: dict[str, str] = {}
        if self.enum_class is not None:
            for value, obj in zip(values, objects, strict=True):
                texts.setdefault(getattr(obj, "_name_", value), value)
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
        self._codec_arg = (self._bind_lookup, self._result_lookup, self.enum_class, texts)

    def _of_class(self, cls: type) -> Enum:
        """The same type of the members of another enum class."""
        options = self._options
        if options.get("name", cls) is None:
            options = {name: value for name, value in options.items() if name != "name"}
        return type(self)(cls, **options)

    def _of_literals(self, values: Sequence[Any]) -> Enum:
        """The same type of the strings of a ``Literal[…]``."""
        wrong = [value for value in values if not isinstance(value, str)]
        if wrong:
            raise exc.ArgumentError(
                "Can't create string-based Enum datatype from non-string values: "
                f"{', '.join(map(repr, wrong))}.  Please provide an explicit Enum datatype for "
                "this Python type"
            )
        return type(self)(*values, **{"native_enum": False, **self._options})

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
        literal = text_literal(dialect)
        return lambda value: literal(lookup[value])

    @property
    def sort_key_function(self) -> Any:  # type: ignore[override]
        """What values are sorted by before they are written: the function given, else the stored text."""
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

    def _attach(self, column: Any, table: Any, variant_of: str | None = None) -> None:
        SchemaType._attach(self, column, table, variant_of)
        if self.create_constraint:
            from .constructs import TypeCoerce
            from .schema import CheckConstraint

            table.append_constraint(
                CheckConstraint(
                    # as they are stored, whatever decorates the type
                    TypeCoerce(column, String()).in_(list(self.enums)),
                    name=_NONE_NAME if self.name is None else self.name,
                    _type_bound=True,
                    _create_rule=partial(constrained, self, column),
                )
            )

    def _constrained(self, compiler: Any) -> bool:
        """Whether the column has a CHECK there."""
        return not (self.native_enum and compiler.dialect.supports_native_enum)

    def as_generic(self, allow_nulltype: bool = False) -> TypeEngine:
        return Enum(*self.enums, length=self.length)

    def __repr__(self) -> str:
        parts = [repr(value) for value in self.enums]
        for name, default in (
            ("name", None),
            ("schema", None),
            ("metadata", None),
            ("inherit_schema", False),
            ("native_enum", True),
            ("create_constraint", False),
            ("length", self._default_length),
        ):
            value = getattr(self, name)
            if value != default:
                parts.append(f"{name}={value!r}")
        return f"{type(self).__name__}({', '.join(parts)})"


class Interval(TypeDecorator[dt.timedelta]):
    """datetime.timedelta; a DateTime counted from 1970 where there are no intervals."""

    __visit_name__ = "type_decorator"
    _generic = True
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
        return (_core.TYPE_INTERVAL, self.epoch)

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


class PickleType(TypeDecorator[object]):
    """Any object that can be pickled."""

    _generic = True
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

    def __reduce__(self) -> Any:
        # a module that pickles cannot be pickled
        return type(self), (self.protocol, None, self.comparator)

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else self.pickler.dumps(value, self.protocol)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else self.pickler.loads(value)

    def _codec(self, dialect: Any) -> Codec:
        impl = self.load_dialect_impl(dialect).dialect_impl(dialect)
        if impl._codec(dialect) != (_core.TYPE_BINARY, None):
            return super()._codec(dialect)
        return _core.TYPE_PICKLE, (self.pickler.dumps, self.pickler.loads, self.protocol)

    def compare_values(self, x: Any, y: Any) -> bool:
        if self.comparator is not None:
            return self.comparator(x, y)
        return x == y  # type: ignore[no-any-return]

    @property
    def _compares_itself(self) -> bool:
        own = type(self).compare_values is not PickleType.compare_values
        return own or self.comparator is not None

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


class _IndexType:
    """A type of what JSON is indexed with, as an attribute of JSON; imported with the first."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        from . import json_path

        return getattr(json_path, self.name)


class JSON(Indexable, Concatenable, TypeEngine[Any]):
    """Whatever json.dumps() takes."""

    __visit_name__ = "JSON"
    _generic = True
    hashable = False

    NULL = _JSON_NULL
    """JSON's null, as a value that is stored (None may stand for SQL's NULL)."""

    JSONElementType = _IndexType()
    JSONIndexType = _IndexType()
    JSONIntIndexType = _IndexType()
    JSONStrIndexType = _IndexType()
    JSONPathType = _IndexType()

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
        dumps = getattr(dialect, "_json_serializer", None)
        loads = getattr(dialect, "_json_deserializer", None)
        typed = dialect is not None and dialect.typed
        return (_core.TYPE_JSON, (dumps, loads, _JSON_NULL, self.none_as_null, typed))

    def literal_processor(self, dialect: Any) -> Callable[[Any], str]:
        dumps = self._dumps(dialect)
        literal = text_literal(dialect)
        return lambda value: literal(dumps(value))


class Uuid(TypeEngine[T]):
    """uuid.UUID, or its text with as_uuid=False."""

    __visit_name__ = "uuid"
    _generic = True
    _code = _core.TYPE_UUID
    length: int | None = None
    collation: str | None = None

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Uuid[uuid.UUID], as_uuid: Literal[True] = ..., native_uuid: bool = ...
        ) -> None: ...
        @overload
        def __init__(
            self: Uuid[str], as_uuid: Literal[False] = ..., native_uuid: bool = ...
        ) -> None: ...
        @overload
        def __init__(self, as_uuid: bool = ..., native_uuid: bool = ...) -> None: ...

    def __init__(self, as_uuid: bool = True, native_uuid: bool = True) -> None:
        self.as_uuid = as_uuid
        self.native_uuid = native_uuid

    @property
    def native(self) -> bool:
        """Whether only a type of the database's own will do: not here, but of UUID."""
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
        if dialect is not None and dialect.typed:
            # what a column says that is text stays what it is
            return (_core.TYPE_ANY, None) if self.as_uuid else (_core.TYPE_UUID, 0)
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
            return lambda value: quoted(value.replace("-", ""))
        if self.native_uuid and dialect.supports_native_uuid:
            return lambda value: quoted(str(value))
        return lambda value: quoted(value.hex)

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine:
        if isinstance(value, str):
            return self
        return super().coerce_compared_value(op, value)
