"""What a column expression is: its operators, its names, where it comes from."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

from .. import _core, exc
from . import operators
from .base import AnonName, AnonText, ClauseElement, KeyContext, clone_of, memoized
from .names import _truncated_label
from .names import quoted_name as quoted_name
from .operators import and_, inv, or_
from .sqltypes import BOOLEANTYPE, NULLTYPE, _resolve_value_to_type, to_instance
from .type_api import TypeEngine as TypeEngineBase
from .type_comparator import Comparator as Comparator
from .typed_operators import SQLColumnExpression as SQLColumnExpression
from .typed_operators import SQLCoreOperations as SQLCoreOperations

if TYPE_CHECKING:
    from typing import Self

    # these derive from what is defined here; `elements` puts them into this module
    from .elements import (
        AsBoolean,
        BindParameter,
        Grouping,
        Label,
        UnaryExpression,
    )
    from .selectable import FromClause
    from .type_api import TypeArgument, TypeEngine

_T_co = TypeVar("_T_co", covariant=True)

_asbool = operators._asbool
_BOOL_CONTEXTS = frozenset([and_, or_, _asbool])

# op -> function(expr, op, *other, reverse=False, **kw); filled by `comparators`
OPERATIONS: dict[Any, Callable[..., Any]] = {}


def is_own_type(type_: TypeEngine, value: Any) -> bool:
    """Whether values of this class, compared with an expression of a type of this class, are
    of the expression's own type, whatever the value and whatever the type's arguments."""
    cls = type_.__class__
    return (
        value.__class__ in (int, str, float)
        and cls.coerce_compared_value is TypeEngineBase.coerce_compared_value
        and cls.comparator_factory is Comparator
        and not type_._is_tuple_type
        and _resolve_value_to_type(value)._type_affinity is type_._type_affinity
    )


class ColumnElement(_core.Comparable, ClauseElement, SQLColumnExpression[_T_co]):
    """Anything that can stand where a column can."""

    __visit_name__ = "column_element"
    _is_column = True
    type: TypeEngine = NULLTYPE
    primary_key = False
    foreign_keys: Any = frozenset()
    _proxies: Sequence[ColumnElement[Any]] = ()
    # an operand that never takes parentheses beside a comparison or arithmetic operator
    _atomic = False
    # beside a comparison nothing needs to be known of it but itself
    _is_plain = False
    _is_implicitly_boolean = False
    # how it is named in a SELECT: see compiler._select_columns
    key: Any = None
    name: Any
    _non_anon_label: Any = None
    _tq_label: Any = None

    @property
    def _label(self) -> Any:
        return self._tq_label

    @property
    def _tq_key_label(self) -> Any:
        """As `_tq_label`, of the key instead of the name."""
        return self._tq_label

    _expression_label: Any = None
    _wraps_column: Any = None
    _render_label_in_columns_clause = True
    _is_named = False
    _allow_label_resolve = True
    # a sentinel column: not in statements that name no columns
    _omit_from_statements = False
    table: Any = None

    def operate(self, op: Any, *other: Any, **kw: Any) -> Any:
        factory = self.type.comparator_factory
        if factory is not Comparator:
            return op(factory(self), *other, **kw)
        fn = OPERATIONS.get(op)
        return fn(self, op, *other, **kw) if fn else OPERATIONS[None](self, op, *other, **kw)

    def reverse_operate(self, op: Any, other: Any, **kw: Any) -> Any:
        factory = self.type.comparator_factory
        if factory is not Comparator:
            return factory(self).reverse_operate(op, other, **kw)
        fn = OPERATIONS.get(op) or OPERATIONS[None]
        return fn(self, op, other, reverse=True, **kw)

    @property
    def comparator(self) -> Any:
        """Where the operators come from."""
        return self

    @property
    def expression(self) -> ColumnElement[Any]:
        """The expression itself."""
        return self

    def __clause_element__(self) -> Self:
        return self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("as_") and self.type._type_affinity.__name__ == "JSON":
            from .json_path import cast_method

            method = cast_method(self, name)
            if method is not None:
                return method
        factory = Comparator if name.startswith("__") else self.type.comparator_factory
        if factory is not Comparator and (
            hasattr(factory, name) or hasattr(factory, "__getattr__")
        ):
            # a property of the comparator may say that this expression does not have it
            with contextlib.suppress(AttributeError):
                return getattr(factory(self), name)
        raise AttributeError(
            f"Neither {type(self).__name__!r} object nor {_comparator_name(self.type)!r} object "
            f"has an attribute {name!r}"
        )

    # --- grouping and negation ----------------------------------------------------
    def self_group(self, against: Any = None) -> Any:
        if against in _BOOL_CONTEXTS and self.type._type_affinity is BOOLEANTYPE.__class__:
            return AsBoolean(self, operators.is_true, operators.is_false)
        if against is operators.any_op or against is operators.all_op:
            return Grouping(self)
        return self

    def _negate(self) -> ColumnElement[Any]:
        if self.type._type_affinity is BOOLEANTYPE.__class__:
            return AsBoolean(self, operators.is_false, operators.is_true)
        return UnaryExpression(self.self_group(against=inv), operator=inv)

    def _negate_in_binary(self, negated_op: Any, original_op: Any) -> Any:
        return self

    def _bind_param(
        self, operator: Any, obj: Any, type_: Any = None, expanding: bool = False
    ) -> BindParameter[Any]:
        return BindParameter(
            self._bind_name,
            obj,
            _compared_to_operator=operator,
            _compared_to_type=self.type,
            type_=type_,
            unique=True,
            expanding=expanding,
        )

    @property
    def _bind_name(self) -> str | None:
        """What a value compared with this is called."""
        return None

    # --- names ----------------------------------------------------------------------
    @property
    def _proxy_key(self) -> Any:
        name = self._annotations.get("proxy_key")
        if name is not None:
            return name
        name = self.key
        if name is None:
            return self._non_anon_label
        return name

    @property
    def _anon_name_label(self) -> AnonName:
        return self._anon_label(getattr(self, "name", None))

    @property
    def _anon_tq_label(self) -> AnonName:
        return self._anon_label(self._tq_label or getattr(self, "name", None))

    @property
    def _anon_key_label(self) -> AnonName:
        return self._anon_label(self._proxy_key)

    def _anon_label(self, name: Any) -> AnonName:
        return AnonName(self._ident, "anon" if name is None else name)

    def _dedupe_label(self, index: int, table_qualified: bool) -> AnonName:
        """A name for the repetition of a column in the same SELECT."""
        name = (self._tq_label if table_qualified else None) or getattr(self, "name", None)
        if name is None:
            name = "anon"
        if isinstance(name, AnonText):
            return AnonName((self._ident, index), AnonText((*name.parts, "_")))
        if isinstance(name, AnonName):
            name = name.base
        return AnonName((self._ident, index), f"{name}_")

    @property
    def _ident(self) -> Any:
        """The object that anonymous names of this expression are derived from."""
        return self._original if self._is_annotated else self

    # --- lineage ----------------------------------------------------------------------
    @memoized
    def base_columns(self) -> frozenset[Any]:
        """The columns of tables that this comes from."""
        if not self._proxies:
            return frozenset([self])
        return frozenset(c for c in self.proxy_set if not c._proxies)

    @memoized
    def proxy_set(self) -> frozenset[Any]:
        """This column and all that it stands for."""
        found = {self._deannotate()}
        for c in self._proxies:
            found |= c.proxy_set
        return frozenset(found)

    @property
    def anon_label(self) -> Any:
        """A name for the expression that is made when the statement is compiled."""
        return self._anon_name_label

    @property
    def anon_key_label(self) -> Any:
        """As `anon_label`, made of the key instead of the name."""
        return self._anon_key_label

    def shares_lineage(self, othercolumn: ColumnElement[Any]) -> bool:
        """Whether both come from the same column."""
        return bool(self.proxy_set & othercolumn.proxy_set)

    def _make_proxy(
        self, selectable: FromClause, name: Any = None, key: Any = None
    ) -> tuple[Any, ColumnClause[Any]]:
        """The column of `selectable` that stands for this expression; (key, column)."""
        if name is None:
            name = self._anon_name_label
            if key is None:
                key = self._proxy_key
        elif key is None:
            key = name
        c: ColumnClause[Any] = ColumnClause(name, self.type)
        c.table = selectable
        c.key = key if key is not None else name
        c._proxies = (self,)
        return c.key, c

    # --- public constructions ---------------------------------------------------------
    def label(self, name: str | None) -> Label[Any]:
        """``AS name``."""
        return Label(name, self, self.type)

    def cast(self, type_: Any) -> Any:
        """``CAST(… AS type_)``."""
        from .constructs import Cast

        return Cast(self, type_)

    def _with_binary_element_type(self, type_: Any) -> Any:
        c = self._clone()
        c.type = type_
        return c


class NamedColumn(ColumnElement[_T_co]):
    """A column with a name of its own."""

    _is_named = True
    name: Any
    is_literal = False

    @property
    def description(self) -> Any:
        """The name."""
        return str(self.name)

    @property
    def _non_anon_label(self) -> Any:
        return self.name

    _bind_name = property(attrgetter("key"))  # asked for by the core: no frame

    @memoized
    def _tq_label(self) -> Any:
        return self._gen_tq_label(self.name)

    @property
    def _tq_key_label(self) -> Any:
        key = self._proxy_key
        return self._tq_label if key == self.name else self._gen_tq_label(key)

    def _gen_tq_label(self, name: Any, told_apart: bool = True) -> Any:
        t = self.table
        if self.is_literal:
            return None
        if t is None or not t.named_with_column:
            return name
        tname = t.name
        if isinstance(tname, AnonName) or isinstance(name, AnonName):
            return AnonText((tname, "_", name))
        label = f"{tname}_{name}"
        schema = getattr(t, "schema", None)
        if schema:
            label = f"{schema.replace('.', '_')}_{label}"
        if told_apart and label in t.c:
            base, n = label, 1
            while label in t.c:
                label = f"{base}_{n}"
                n += 1
        quote = getattr(name, "quote", None)
        if quote is None:
            quote = getattr(tname, "quote", None)
        return _truncated_label(label, quote)


class ColumnClause(NamedColumn[_T_co]):
    """A column by name: `column()`, and the base of schema.Column."""

    __visit_name__ = "column"
    _atomic = _is_plain = True
    _traverse_attrs = ()
    _own_key: Any = None
    onupdate: Any = None
    default: Any = None
    server_default: Any = None
    server_onupdate: Any = None

    def __init__(
        self,
        text: Any,
        type_: TypeArgument[_T_co] | None = None,
        is_literal: bool = False,
        _selectable: FromClause | None = None,
    ) -> None:
        self.key = self.name = text
        self.table = _selectable
        self.type = NULLTYPE if type_ is None else to_instance(type_)
        if is_literal:
            self.is_literal = True

    @property
    def _immutable(self) -> bool:  # type: ignore[override]
        return self.table is not None and self.table._immutable

    @property
    def _from_objects(self) -> Sequence[FromClause]:  # type: ignore[override]
        t = self.table
        return () if t is None else (t,)

    def get_children(
        self, *, column_tables: bool = False, omit_attrs: Any = (), **kw: Any
    ) -> Iterator[Any]:
        return iter(())

    def _copy_internals(self, clone: Callable[[Any], Any] = clone_of) -> None:
        """A column keeps its table: replacing tables is ClauseAdapter's work."""

    @property
    def entity_namespace(self) -> Any:
        if self.table is not None:
            return self.table.entity_namespace
        return super().entity_namespace

    @property
    def _render_label_in_columns_clause(self) -> bool:  # type: ignore[override]
        return self.table is not None

    @property
    def _ddl_label(self) -> Any:
        return self._gen_tq_label(self.name, told_apart=False)

    def _cache_key(self, ctx: KeyContext) -> Any:
        key = self._own_key
        if key is not None:
            return key
        t = self.table
        name = self.name
        if t is None:
            tkey = None
        else:
            tkey = t._cache_key(ctx)
        if isinstance(name, AnonName):
            # a column of a subquery whose name is not known yet: its place tells
            name = ("anon", t.c._position(self) if t is not None else None, name.base)
        type_key = self.type._static_cache_key
        if type_key is None:
            ctx.cacheable = False
        quote = getattr(name, "quote", None)
        return (ColumnClause, name, quote, self.key, self.is_literal, tkey, type_key)

    def _make_proxy(
        self, selectable: FromClause, name: Any = None, key: Any = None
    ) -> tuple[Any, ColumnClause[Any]]:
        original = self._deannotate() if self._is_annotated else self
        c = original._clone()
        if name is not None:
            c.name = name
        elif self.name is None:
            raise exc.InvalidRequestError(
                "Cannot initialize a sub-selectable with this Column object until its 'name' has "
                "been assigned."
            )
        if key is None:
            key = self.key if name is None or name == self.name else name
        if isinstance(key, AnonName) and not isinstance(c.name, AnonName):
            key = c.name
        c.key = key
        c.table = selectable
        c._proxies = (self,)
        c.is_literal = self.is_literal and isinstance(self, ColumnClause) and name is None
        c.__dict__.pop("_own_key", None)
        return key, c

    def __str__(self) -> str:
        return str(self.compile())


def _comparator_name(type_: Any) -> str:
    """The name of the class that has the operators of a type."""
    return str(type_.comparator_factory.__name__)
