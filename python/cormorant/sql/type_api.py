"""The base of every type: how values and SQL of a column's type behave.

A type answers once per statement: which codec of the C core reads and writes its
values (`_codec`), what an operator makes of it (`_adapt_operator`), what its DDL is
(`compile`). Nothing here runs once per row, except what a TypeDecorator asks for.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .. import _core, exc, util
from .._known_as import of_package, rename
from ..util.subscriptable import Subscriptable, T
from .operators import concat_op
from .type_comparator import Comparator as _Comparator

if TYPE_CHECKING:
    from typing import TypeAlias

    TypeArgument: TypeAlias = "type[TypeEngine[T]] | TypeEngine[T]"
    """A type, or its class: ``String(30)``, ``String``."""

Codec = tuple[int, Any]


def rename_types() -> None:
    """Let the types say that they are of the package by the name it is known as: tools write it."""
    classes: list[type] = [TypeEngine]
    for cls in classes:  # grows by the subclasses
        rename(cls)
        classes += cls.__subclasses__()


def _init_arguments(cls: type) -> tuple[list[str], list[tuple[str, Any]]]:
    """Positional names and (name, default) pairs that the constructors of cls accept."""
    cached = cls.__dict__.get("_init_arguments_")
    if cached is not None:
        return cached  # type: ignore[no-any-return]
    positional: list[str] = []
    keywords: dict[str, Any] = {}
    for base in cls.__mro__:
        init: Any = base.__dict__.get("__init__")
        code = getattr(init, "__code__", None)
        if code is None:
            continue
        names = code.co_varnames[1 : code.co_argcount]
        defaults = init.__defaults__ or ()
        required = len(names) - len(defaults)
        if not positional and not keywords:
            positional.extend(names[:required])
        for name, default in zip(names[required:], defaults, strict=True):
            keywords.setdefault(name, default)
        kwonly = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
        kwdefaults = init.__kwdefaults__ or {}
        for name in kwonly:
            keywords.setdefault(name, kwdefaults.get(name))
        if not code.co_flags & 0x08:  # no **kw: bases get nothing more
            break
    result = (positional, list(keywords.items()))
    cls._init_arguments_ = result  # type: ignore[attr-defined]
    return result


class TypeEngine(Subscriptable[T]):
    """The base of all types; `T` is the Python type of the values."""

    __visit_name__ = "null"
    # a function that compiles the type in place of the visitor (see ext.compiler)
    _compile_with: Any = None

    def __init_subclass__(cls, **kw: Any) -> None:
        super().__init_subclass__(**kw)
        rename(cls)
        own = cls.__dict__
        if "__visit_name__" in own and "_compile_with" not in own:
            cls._compile_with = None
        if ("bind_processor" in own or "result_processor" in own) and "_codec" not in own:
            cls._codec = _processors_codec  # type: ignore[method-assign]

    hashable = True
    """Values can be put into a set (of unique rows)."""
    should_evaluate_none = False
    """None is a value of its own (JSON), not simply NULL."""
    sort_key_function: Callable[[Any], Any] | None = None
    Comparator = _Comparator
    comparator_factory: type[_Comparator] = Comparator
    """Operators of expressions of the type."""
    render_bind_cast = False
    """Parameters are written with a cast to the type, where the dialect has casts."""
    _is_type_decorator = False
    _isnull = False
    _is_tuple_type = False
    _is_array = False
    _is_concatenable = False
    _is_native = True
    """Whether the database's own type is wanted where there is one."""
    _variant_mapping: util.immutabledict[str, Any] = util.EMPTY_DICT
    _expression_adaptations: dict[Any, dict[Any, Any]] = {}
    """operator -> {affinity of the other operand: affinity of the result}"""

    _code = _core.TYPE_ANY

    # --- values ---

    def _codec(self, dialect: Any) -> Codec:
        """Type code and argument for the core: how values are bound and read."""
        return (self._code, None)

    def bind_processor(self, dialect: Any) -> Callable[[Any], Any] | None:
        """A function from a Python value to what the driver is given; None: the value itself."""
        code, arg = self._declared_codec(dialect)
        if dialect is not None and code in dialect._bound_as_is:
            return None
        return lambda value: _core.encode(code, arg, value)

    def result_processor(self, dialect: Any, coltype: Any) -> Callable[[Any], Any] | None:
        """A function from what the driver returns to a Python value; None: that is the value."""
        code, arg = self._declared_codec(dialect)
        if dialect is not None and code in dialect._read_as_is:
            return None
        return lambda value: _core.decode(code, arg, value)

    def _declared_codec(self, dialect: Any) -> Codec:
        """The codec without the processors of the type's own class."""
        impl = self.dialect_impl(dialect)
        if type(impl) is type(self):
            for base in type(self).__mro__:
                codec = base.__dict__.get("_codec", _processors_codec)
                if codec is not _processors_codec:
                    return codec(impl, dialect)  # type: ignore[no-any-return]
        return impl._codec(dialect)

    def literal_processor(self, dialect: Any) -> Callable[[Any], str] | None:
        """A function from a Python value to its SQL text, or None if there is no way."""
        return None

    def _cached_literal_processor(self, dialect: Any) -> Callable[[Any], str] | None:
        return self.dialect_impl(dialect).literal_processor(dialect)

    def bind_expression(self, bindvalue: Any) -> Any:
        """SQL to wrap a bound value of this type in, or None."""
        return None

    def column_expression(self, colexpr: Any) -> Any:
        """SQL to wrap a selected column of this type in, or None."""
        return None

    @property
    def _has_bind_expression(self) -> bool:
        return type(self).bind_expression is not TypeEngine.bind_expression

    @property
    def _has_column_expression(self) -> bool:
        return type(self).column_expression is not TypeEngine.column_expression

    def compare_values(self, x: Any, y: Any) -> bool:
        """Whether two values of this type are the same."""
        return x == y  # type: ignore[no-any-return]

    @property
    def _comparison(self) -> Callable[[Any, Any], Any] | None:
        """compare_values() where a type has one of its own."""
        return self.compare_values if self._compares_itself else None

    @property
    def _compares_itself(self) -> bool:
        return type(self).compare_values is not TypeEngine.compare_values

    def copy_value(self, value: Any) -> Any:
        """A copy of a value that may be changed in place; the value itself if it may not."""
        return value

    @property
    def python_type(self) -> type:
        """The Python type of values."""
        raise NotImplementedError()

    # --- operators ---

    @property
    def _type_affinity(self) -> type[TypeEngine]:
        """The most general class that this type is a form of."""
        cls = type(self)
        found: type[TypeEngine] | None = cls.__dict__.get("_affinity_")
        if found is None:
            found = cls
            for base in cls.__mro__:
                if TypeEngine in base.__bases__ or UserDefinedType in base.__bases__:
                    found = base
                    break
            cls._affinity_ = found  # type: ignore[attr-defined]
        return found

    def _compare_type_affinity(self, other: TypeEngine) -> bool:
        return self._type_affinity is other._type_affinity

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine:
        """The type of a plain value that stands beside an expression of this type."""
        type_ = sqltypes._resolve_value_to_type(value)
        if type_._isnull or type_._type_affinity is self._type_affinity:
            return self
        return type_

    def _adapt_operator(self, op: Any, other: TypeEngine) -> tuple[Any, TypeEngine]:
        """The operator and result type of `self op other`."""
        if self._is_concatenable and op is operator.add:
            if other._is_concatenable or other._isnull:
                return concat_op, self
            return op, self
        adaptations = self._expression_adaptations.get(op)
        if adaptations is None:
            return op, self
        affinity = other._type_affinity
        own = self._type_affinity
        result = adaptations.get(affinity)
        if result is None:
            return op, self
        if result is own:
            result = type(self)  # BigInteger + Integer is a BigInteger
        if result is affinity:
            return op, other
        if result is own:
            return op, self
        return op, to_instance(result)

    # --- identity ---

    @property
    def _static_cache_key(self) -> Any:
        """Hashable, equal for types that compile and convert alike; None: do not cache."""
        key = self.__dict__.get("_cache_key_")
        if key is None:
            key = self.__dict__["_cache_key_"] = self._make_cache_key()
        return key

    def _make_cache_key(self) -> Any:
        cls = type(self)
        state = self.__dict__
        if not state:
            return (cls,)
        positional, keywords = _init_arguments(cls)
        parts: list[Any] = [cls]
        for name in (*positional, *(name for name, _ in keywords)):
            if name in state and not name.startswith("_"):
                value = state[name]
                if isinstance(value, TypeEngine):
                    value = value._static_cache_key
                    if value is None:
                        return None
                elif isinstance(value, (list, dict, set)):
                    value = repr(value)
                parts.append((name, value))
        if self._variant_mapping:
            for name, type_ in self._variant_mapping.items():
                key = type_._static_cache_key
                if key is None:
                    return None
                parts.append((name, key))
        try:
            hash(tuple(parts))
        except TypeError:
            return None
        return tuple(parts)

    def copy(self, **kw: Any) -> Any:
        """A type of the same kind and arguments."""
        return self.adapt(type(self))

    def _resolve_for_literal(self, value: Any) -> TypeEngine:
        """The type of a value that says it is of this one."""
        return self

    def adapt(self, cls: type, **kw: Any) -> Any:
        """A type of class `cls` with the arguments of this one that `cls` knows."""
        positional, keywords = _init_arguments(cls)
        state = self.__dict__
        for name in (*positional, *(name for name, _ in keywords)):
            if name in state and name not in kw:
                kw[name] = state[name]
        args = [kw.pop(name) for name in positional if name in kw]
        new = cls(*args, **kw)
        if self._variant_mapping and isinstance(new, TypeEngine):
            new._variant_mapping = self._variant_mapping
        return new

    def with_variant(self, type_: Any, *dialect_names: str) -> Any:
        """A copy that is `type_` on the named dialects."""
        if not dialect_names:
            raise exc.ArgumentError("At least one dialect name is required")
        for name in dialect_names:
            if name in self._variant_mapping:
                raise exc.ArgumentError(
                    f"Dialect {name!r} is already present in the mapping for this {self!r}"
                )
        new = self.copy()
        type_ = to_instance(type_)
        if type_._variant_mapping:
            raise exc.ArgumentError(
                "can't pass a type that already has variants as a dialect-level type to "
                "with_variant()"
            )
        new._variant_mapping = self._variant_mapping.union(dict.fromkeys(dialect_names, type_))
        return new

    def evaluates_none(self) -> Any:
        """A copy for which None is a value rather than the absence of one."""
        new = self.copy()
        new.should_evaluate_none = True
        return new

    def dialect_impl(self, dialect: Any) -> TypeEngine:
        """This type as `dialect` has it."""
        if self._variant_mapping and dialect is not None:
            variant = self._variant_mapping.get(dialect.name)
            if variant is not None:
                return variant.dialect_impl(dialect)  # type: ignore[no-any-return]
        if dialect is None or not dialect.colspecs:
            return self
        impls: dict[Any, Any] | None = self.__dict__.get("_impls_")
        if impls is None:
            impls = self.__dict__["_impls_"] = {}
        impl = impls.get(dialect.__class__)
        if impl is None:
            impl = adapt_type(self, dialect.colspecs)
            # itself it would hold alive
            impls[dialect.__class__] = False if impl is self else impl
        return self if impl is False else impl

    def _unwrapped_dialect_impl(self, dialect: Any) -> TypeEngine:
        return self.dialect_impl(dialect)

    def get_dbapi_type(self, dbapi: Any) -> Any:
        """The DB-API's type object, if the driver wants one."""
        return None

    def as_generic(self, allow_nulltype: bool = False) -> TypeEngine:
        """The generic type (Integer, String …) that is closest to this one."""
        for cls in type(self).__mro__:
            if cls.__dict__.get("_generic"):
                return self.adapt(cls)  # type: ignore[no-any-return]
        if allow_nulltype:
            return sqltypes.NULLTYPE
        raise NotImplementedError(
            "Default TypeEngine.as_generic() heuristic method was unsuccessful for "
            f"{type(self).__module__}.{type(self).__name__}. A custom as_generic() method must "
            "be implemented for this type class."
        )

    # --- DDL ---

    def compile(self, dialect: Any = None) -> str:
        """The type's SQL in DDL and CAST."""
        if dialect is None:
            from .type_compiler import GENERIC

            return GENERIC.process(self)
        return dialect.type_compiler_instance.process(self)  # type: ignore[no-any-return]

    def _attach(self, column: Any, table: Any, variant_of: str | None = None) -> None:
        """The column of this type became part of a table: add constraints to it.

        `variant_of`: the one dialect that the column has this type on.
        """

    def __str__(self) -> str:
        from .type_compiler import GENERIC

        try:
            return GENERIC.process(self)
        except (exc.CompileError, NotImplementedError):
            return repr(self)

    def __repr__(self) -> str:
        return self._repr(())

    def _repr(self, omit: Any, additional: Any = ()) -> str:
        positional, keywords = _init_arguments(type(self))
        parts = [repr(getattr(self, name, None)) for name in positional]
        for name, default in (*additional, *keywords):
            if name in omit:
                continue
            value = getattr(self, name, default)
            if value is not default and value != default:
                parts.append(f"{name}={value!r}")
        return f"{type(self).__name__}({', '.join(parts)})"


class ExternalType:
    """Mixin of types that are not the package's own: they say whether they may be part of
    cache keys."""

    cache_ok: bool | None = None

    def _make_cache_key(self) -> Any:
        return _user_cache_key(self, super()._make_cache_key)  # type: ignore[misc]


class UserDefinedType(ExternalType, TypeEngine[T]):
    """A type that the program defines: get_col_spec() and processors."""

    __visit_name__ = "user_defined"

    ensure_kwarg = "get_col_spec"

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine:
        return self

    def get_col_spec(self, **kw: Any) -> str:
        """The type's SQL."""
        raise NotImplementedError()


def _processors_codec(self: TypeEngine[Any], dialect: Any) -> Codec:
    """The codec of a type whose class has bind_processor() or result_processor() of its own."""
    bind = self.bind_processor(dialect)
    result = self.result_processor(dialect, None)
    if bind is None and result is None:
        return (_core.TYPE_ANY, None)
    return (_core.TYPE_PYTHON, (bind, result))


class TypeDecorator(TypeEngine[T]):
    """A type that adds Python functions to another one, `impl`."""

    __visit_name__ = "type_decorator"
    _is_type_decorator = True

    impl: Any
    cache_ok: bool | None = None
    coerce_to_is_types: Any = (type(None),)
    _of_dialect = False
    """This is what dialect_impl() gave."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not hasattr(type(self), "impl"):
            raise AssertionError(
                "TypeDecorator implementations require a class-level variable 'impl' which "
                "refers to the class of type being decorated"
            )
        self.impl = to_instance(type(self).impl, *args, **kwargs)

    @property
    def impl_instance(self) -> TypeEngine:
        """The type that is decorated."""
        return self.impl  # type: ignore[no-any-return]

    @property
    def _type_affinity(self) -> type[TypeEngine]:
        return self.impl._type_affinity  # type: ignore[no-any-return]

    @property
    def comparator_factory(self) -> Any:  # type: ignore[override]
        """Operators are those of the decorated type, unless the class says others."""
        return self.impl.comparator_factory

    def load_dialect_impl(self, dialect: Any) -> TypeEngine:
        """The type to decorate on `dialect`."""
        return self.impl  # type: ignore[no-any-return]

    def dialect_impl(self, dialect: Any) -> TypeEngine:
        impl = super().dialect_impl(dialect)
        if impl is not self or dialect is None or self._of_dialect:
            return impl
        if type(self).load_dialect_impl is TypeDecorator.load_dialect_impl:
            return self
        impls: dict[Any, Any] = self.__dict__.setdefault("_impls_", {})
        made = impls.get(dialect.__class__)
        if not made:
            # the same with what it decorates there as `impl`, whose expressions it may have
            made = impls[dialect.__class__] = self.__class__.__new__(self.__class__)
            made.__dict__.update(self.__dict__, _of_dialect=True)
            del made.__dict__["_impls_"]
            made.impl = self.load_dialect_impl(dialect).dialect_impl(dialect)
        return made

    def type_engine(self, dialect: Any) -> TypeEngine:
        """The decorated type on `dialect`."""
        adapted = dialect.type_descriptor(self) if dialect is not None else self
        return self.load_dialect_impl(dialect) if adapted is self else adapted

    def _unwrapped_dialect_impl(self, dialect: Any) -> TypeEngine:
        typ = self.dialect_impl(dialect)
        if isinstance(typ, TypeDecorator):
            return typ.load_dialect_impl(dialect)._unwrapped_dialect_impl(dialect)
        return typ

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        """The value to bind for a Python value. To be overridden."""
        raise NotImplementedError()

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        """The Python value for one of the database. To be overridden."""
        raise NotImplementedError()

    def process_literal_param(self, value: Any, dialect: Any) -> Any:
        """The value to render inline for a Python value. To be overridden."""
        raise NotImplementedError()

    def _codec(self, dialect: Any) -> Codec:
        impl = self.load_dialect_impl(dialect).dialect_impl(dialect)
        code, arg = impl._codec(dialect)
        cls = type(self)
        bind: Any = None
        result: Any = None
        if cls.process_bind_param is not TypeDecorator.process_bind_param:
            bind = self.process_bind_param
        if cls.process_result_value is not TypeDecorator.process_result_value:
            result = self.process_result_value
        if bind is None and result is None:
            return code, arg
        inner = None if code in _PLAIN else (code, arg)
        return _core.TYPE_PYTHON, (bind, result, inner, dialect)

    def bind_processor(self, dialect: Any) -> Callable[[Any], Any] | None:
        """process_bind_param(), then what the decorated type makes of that."""
        inner: Any = self.load_dialect_impl(dialect).dialect_impl(dialect).bind_processor(dialect)
        if type(self).process_bind_param is TypeDecorator.process_bind_param:
            return inner  # type: ignore[no-any-return]
        process = self.process_bind_param
        if inner is None:
            return lambda value: process(value, dialect)
        return lambda value: inner(process(value, dialect))

    def result_processor(self, dialect: Any, coltype: Any) -> Callable[[Any], Any] | None:
        """process_result_value() of what the decorated type makes of a value."""
        impl: Any = self.load_dialect_impl(dialect).dialect_impl(dialect)
        inner = impl.result_processor(dialect, coltype)
        if type(self).process_result_value is TypeDecorator.process_result_value:
            return inner  # type: ignore[no-any-return]
        process = self.process_result_value
        if inner is None:
            return lambda value: process(value, dialect)
        return lambda value: process(inner(value), dialect)

    def literal_processor(self, dialect: Any) -> Callable[[Any], str] | None:
        cls = type(self)
        if cls.process_literal_param is not TypeDecorator.process_literal_param:
            process = self.process_literal_param
        elif cls.process_bind_param is not TypeDecorator.process_bind_param:
            process = self.process_bind_param
        else:
            return self.impl.dialect_impl(dialect).literal_processor(dialect)  # type: ignore[no-any-return]
        impl = self.load_dialect_impl(dialect).dialect_impl(dialect)
        impl_processor = impl.literal_processor(dialect)
        if impl_processor is None:
            return lambda value: process(value, dialect)
        return lambda value: impl_processor(process(value, dialect))

    def bind_expression(self, bindparam: Any) -> Any:
        return self.impl.bind_expression(bindparam)

    def column_expression(self, column: Any) -> Any:
        return self.impl.column_expression(column)

    @property
    def _has_bind_expression(self) -> bool:
        if type(self).bind_expression is not TypeDecorator.bind_expression:
            return True
        return self.impl._has_bind_expression  # type: ignore[no-any-return]

    @property
    def _has_column_expression(self) -> bool:
        if type(self).column_expression is not TypeDecorator.column_expression:
            return True
        return self.impl._has_column_expression  # type: ignore[no-any-return]

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine:
        """By default a value compared with this type is of this type."""
        return self

    def _adapt_operator(self, op: Any, other: TypeEngine) -> tuple[Any, TypeEngine]:
        new_op, type_ = self.impl._adapt_operator(op, other)
        if type_ is self.impl:
            return new_op, self
        return new_op, type_

    def compare_values(self, x: Any, y: Any) -> bool:
        return self.impl.compare_values(x, y)  # type: ignore[no-any-return]

    @property
    def _compares_itself(self) -> bool:
        own = type(self).compare_values is not TypeDecorator.compare_values
        return own or self.impl._compares_itself

    def copy_value(self, value: Any) -> Any:
        return self.impl.copy_value(value)

    @property
    def python_type(self) -> type:
        return self.impl.python_type  # type: ignore[no-any-return]

    @property
    def sort_key_function(self) -> Any:  # type: ignore[override]
        """What values are sorted by before they are written, as the type behind says."""
        return self.impl.sort_key_function

    @property
    def _is_concatenable(self) -> bool:  # type: ignore[override]
        return self.impl._is_concatenable  # type: ignore[no-any-return]

    def copy(self, **kw: Any) -> Any:
        new = self.__class__.__new__(self.__class__)
        new.__dict__.update(self.__dict__)
        new.__dict__.pop("_cache_key_", None)
        return new

    def _attach(self, column: Any, table: Any, variant_of: str | None = None) -> None:
        self.impl._attach(column, table, variant_of)

    def _make_cache_key(self) -> Any:
        def with_impl() -> Any:
            key = TypeEngine._make_cache_key(self)
            impl_key = self.impl._static_cache_key
            return None if key is None or impl_key is None else (*key, impl_key)

        return _user_cache_key(self, with_impl)

    def __getattr__(self, key: str) -> Any:
        """Attributes of the decorated type show through."""
        if key == "impl" or key.startswith("__"):
            raise AttributeError(key)
        return getattr(self.impl, key)

    def __repr__(self) -> str:
        inner = repr(self.impl)
        return f"{type(self).__name__}{inner[inner.index('(') :]}"


class Variant(TypeDecorator[T]):
    """No type is one: `with_variant()` gives a type of the same class. Programs ask for it."""

    def __init__(self, *arg: Any, **kw: Any) -> None:
        raise NotImplementedError(
            "Variant is no longer used: types have their variants themselves."
        )


_PLAIN = frozenset((_core.TYPE_ANY, _core.TYPE_INTEGER, _core.TYPE_STRING))


def _user_cache_key(type_: Any, make: Callable[[], Any]) -> Any:
    """The cache key of a user's type, which has to say that it may be cached."""
    cls = type(type_)
    if of_package(cls):
        return make()
    cache_ok = None
    for base in cls.__mro__:
        if "cache_ok" in base.__dict__:
            cache_ok = base.__dict__["cache_ok"]
            break
    if cache_ok is None:
        kind = "TypeDecorator" if isinstance(type_, TypeDecorator) else "UserDefinedType"
        util.warn(
            f"{kind} {type_!r} will not produce a cache key because the ``cache_ok`` attribute "
            "is not set to True.  This can have significant performance implications including "
            "some performance degradations in comparison to prior SQLAlchemy versions.  Set this "
            "attribute to True if this type object's state is safe to use in a cache key, or "
            "False to disable this warning.",
            code="cprf",
        )
        return None
    return make() if cache_ok else None


def to_instance(typeobj: Any, *arg: Any, **kw: Any) -> Any:
    """A type object from a type, its class or None."""
    if typeobj is None:
        return sqltypes.NULLTYPE
    return typeobj(*arg, **kw) if callable(typeobj) else typeobj


def type_codec(type_: Any, dialect: Any) -> Codec:
    """The codec of a type on a dialect, variants considered."""
    if type_._variant_mapping or dialect.colspecs:
        type_ = type_.dialect_impl(dialect)
    return type_._codec(dialect)  # type: ignore[no-any-return]


def adapt_type(typeobj: Any, colspecs: Any) -> Any:
    """The type that a dialect's table of types gives for `typeobj`."""
    typeobj = to_instance(typeobj)
    for cls in type(typeobj).__mro__:
        if cls in colspecs:
            impl = colspecs[cls]
            if issubclass(type(typeobj), impl) or not typeobj._is_native:
                return typeobj
            adapt = getattr(impl, "adapt_emulated_to_native", None)
            return typeobj.adapt(impl) if adapt is None else adapt(typeobj)
    return typeobj


from . import sqltypes  # noqa: E402  (derives from the classes above)
