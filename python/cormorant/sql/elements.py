"""Column expressions: columns, bound values, operators, labels, boolean lists.

Composite constructs (CASE, CAST, OVER, text() …) are in `constructs`, and are importable
from here as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .. import exc, util
from . import operators
from .base import (
    Annotated,
    AnonName,
    AnonText,
    ClauseElement,
    Executable,
    KeyContext,
    memoized,
)
from .operators import ColumnOperators, Operators, and_, eq, inv, is_precedent, ne, or_
from .sqltypes import BOOLEANTYPE, NULLTYPE, _resolve_value_to_type, to_instance
from .type_api import TypeEngine as TypeEngineBase

if TYPE_CHECKING:
    from typing import Self

    from .selectable import FromClause, Select
    from .type_api import TypeEngine

_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True)

NO_ARG: Any = type("_NoArg", (), {"__slots__": (), "__repr__": lambda s: "<no argument>"})()

_asbool = operators._asbool
_BOOL_CONTEXTS = frozenset([and_, or_, _asbool])

# op -> function(expr, op, *other, reverse=False, **kw); filled by `comparators`
OPERATIONS: dict[Any, Callable[..., Any]] = {}


class quoted_name(str):
    """A name whose quoting is decided: always (True), never (False), as needed (None)."""

    __slots__ = ("quote",)
    quote: bool | None

    def __new__(cls, value: str, quote: bool | None = None) -> Any:
        if isinstance(value, cls) and (quote is None or value.quote == quote):
            return value
        self = super().__new__(cls, value)
        self.quote = quote
        return self

    @classmethod
    def construct(cls, value: Any, quote: bool | None) -> Any:
        """The name, wrapped only when that says something."""
        return value if quote is None or value is None else cls(value, quote)

    def lower(self) -> str:
        return self if self.quote else super().lower()

    def upper(self) -> str:
        return self if self.quote else super().upper()

    def __reduce__(self) -> Any:
        return quoted_name, (str(self), self.quote)

    def __repr__(self) -> str:
        return str.__repr__(self)


_new = object.__new__

# (class of a type, class of a value) -> whether such a value, compared with an expression of
# such a type, is of the expression's own type whatever it is
_own_type: dict[tuple[type, type], bool] = {}


def _learn_own_type(type_: TypeEngine, value: Any) -> bool:
    """Fill in `_own_type` for a type and a value."""
    cls = type_.__class__
    own = (
        value.__class__ in (int, str, float)
        and cls.coerce_compared_value is TypeEngineBase.coerce_compared_value
        and cls.__dict__.get("comparator_factory") is None
        and not type_._is_tuple_type
        and _resolve_value_to_type(value)._type_affinity is type_._type_affinity
    )
    _own_type[cls, value.__class__] = own
    return own


class SQLColumnExpression(ColumnOperators, Generic[_T_co]):
    """For typing: a column expression or a mapped attribute."""

    __slots__ = ()


class ColumnElement(ClauseElement, SQLColumnExpression[_T_co]):
    """Anything that can stand where a column can."""

    __visit_name__ = "column_element"
    _is_column = True
    type: TypeEngine = NULLTYPE
    primary_key = False
    nullable: bool | None = True
    foreign_keys: Any = frozenset()
    _proxies: Sequence[ColumnElement] = ()
    # an operand that never takes parentheses beside a comparison or arithmetic operator
    _atomic = False
    _is_implicitly_boolean = False
    # how it is named in a SELECT: see compiler._select_columns
    key: Any = None
    name: Any
    _non_anon_label: Any = None
    _tq_label: Any = None
    _expression_label: Any = None
    _wraps_column: Any = None
    _render_label_in_columns_clause = True
    _is_named = False
    _allow_label_resolve = True
    table: Any = None

    def __hash__(self) -> int:
        return object.__hash__(self)

    # Comparisons with a plain value are most of what programs write: they are made here
    # without the general way, which would make the same.
    def _compare_value(self, op: Any, negate: Any, other: Any) -> Any:
        type_ = self.type
        own = _own_type.get((type_.__class__, other.__class__))
        if own is None:
            own = _learn_own_type(type_, other)
        if not own:
            return self.operate(op, other)
        bind = _new(BindParameter)
        bind.key = self._bind_name or "param"
        bind.value = other
        bind.type = type_
        bind.unique = True
        made = _new(BinaryExpression)
        made.left = self if self._atomic else self.self_group(against=op)
        made.right = bind
        made.operator = op
        made.type = BOOLEANTYPE
        made.negate = negate
        return made

    def __eq__(self, other: Any) -> Any:
        return self._compare_value(eq, ne, other)

    def __ne__(self, other: Any) -> Any:
        return self._compare_value(ne, eq, other)

    def __lt__(self, other: Any) -> Any:
        return self._compare_value(operators.lt, operators.ge, other)

    def __le__(self, other: Any) -> Any:
        return self._compare_value(operators.le, operators.gt, other)

    def __gt__(self, other: Any) -> Any:
        return self._compare_value(operators.gt, operators.le, other)

    def __ge__(self, other: Any) -> Any:
        return self._compare_value(operators.ge, operators.lt, other)

    def operate(self, op: Any, *other: Any, **kw: Any) -> Any:
        factory = self.type.__class__.__dict__.get("comparator_factory")
        if factory is not None:
            return op(factory(self), *other, **kw)
        fn = OPERATIONS.get(op)
        return fn(self, op, *other, **kw) if fn else OPERATIONS[None](self, op, *other, **kw)

    def reverse_operate(self, op: Any, other: Any, **kw: Any) -> Any:
        fn = OPERATIONS.get(op) or OPERATIONS[None]
        return fn(self, op, other, reverse=True, **kw)

    @property
    def comparator(self) -> Any:
        """Where the operators come from."""
        return self

    @property
    def expression(self) -> ColumnElement:
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
        raise AttributeError(
            f"Neither {type(self).__name__!r} object nor 'Comparator' object "
            f"has an attribute {name!r}"
        )

    # --- grouping and negation ----------------------------------------------------
    def self_group(self, against: Any = None) -> Any:
        if against in _BOOL_CONTEXTS and self.type._type_affinity is BOOLEANTYPE.__class__:
            return AsBoolean(self, operators.is_true, operators.is_false)
        if against is operators.any_op or against is operators.all_op:
            return Grouping(self)
        return self

    def _negate(self) -> ColumnElement:
        if self.type._type_affinity is BOOLEANTYPE.__class__:
            return AsBoolean(self, operators.is_false, operators.is_true)
        return UnaryExpression(self.self_group(against=inv), operator=inv)

    def _negate_in_binary(self, negated_op: Any, original_op: Any) -> Any:
        return self

    def _bind_param(
        self, operator: Any, obj: Any, type_: Any = None, expanding: bool = False
    ) -> BindParameter:
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

    def shares_lineage(self, other: ColumnElement) -> bool:
        """Whether both come from the same column."""
        return bool(self.proxy_set & other.proxy_set)

    def _make_proxy(
        self, selectable: FromClause, name: Any = None, key: Any = None
    ) -> tuple[Any, ColumnClause]:
        """The column of `selectable` that stands for this expression; (key, column)."""
        if name is None:
            name = self._anon_name_label
            if key is None:
                key = self._proxy_key
        elif key is None:
            key = name
        c: ColumnClause = ColumnClause(name, self.type)
        c.table = selectable
        c.key = key if key is not None else name
        c._proxies = (self,)
        return c.key, c

    # --- public constructions ---------------------------------------------------------
    def label(self, name: str | None) -> Label:
        """``AS name``."""
        return Label(name, self, self.type)

    def cast(self, type_: Any) -> Any:
        """``CAST(… AS type)``."""
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
    def _non_anon_label(self) -> Any:  # type: ignore[override]
        return self.name

    @property
    def _bind_name(self) -> str | None:
        return self.key  # type: ignore[no-any-return]

    @memoized
    def _tq_label(self) -> Any:  # type: ignore[override]
        return self._gen_tq_label(self.name)

    def _gen_tq_label(self, name: Any) -> Any:
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
        if label in t.c:
            base, n = label, 1
            while label in t.c:
                label = f"{base}_{n}"
                n += 1
        quote = getattr(name, "quote", None)
        if quote is not None or getattr(tname, "quote", None) is not None:
            label = quoted_name(label, quote if quote is not None else tname.quote)
        return label


class ColumnClause(NamedColumn[_T_co]):
    """A column by name: `column()`, and the base of schema.Column."""

    __visit_name__ = "column"
    _atomic = True
    _traverse_attrs = ()
    _own_key: Any = None
    onupdate: Any = None
    default: Any = None
    server_default: Any = None
    server_onupdate: Any = None

    def __init__(
        self,
        text: Any,
        type_: Any = None,
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

    def get_children(self, *, column_tables: bool = False, **kw: Any) -> Iterator[Any]:
        return iter(())

    def _copy_internals(self, clone: Callable[[Any], Any]) -> None:
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
        return self._gen_tq_label(self.name)

    def _compare_name_for_result(self, other: Any) -> Any:
        return self.name == getattr(other, "name", None)

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
    ) -> tuple[Any, ColumnClause]:
        original = self._deannotate() if self._is_annotated else self
        c = original._clone()
        if name is not None:
            c.name = name
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


class BindParameter(ColumnElement[_T]):
    """A value sent beside the SQL."""

    __visit_name__ = "bindparam"
    _is_bind_parameter = True
    _atomic = True
    expanding = False
    literal_execute = False
    required = False
    callable: Callable[[], Any] | None = None
    isoutparam = False
    expand_op: Any = None
    unique = False
    key: Any
    value: Any
    # what makes two copies of a unique parameter the same parameter
    _ident_token: Any = None

    def __init__(
        self,
        key: Any,
        value: Any = NO_ARG,
        type_: Any = None,
        unique: bool = False,
        required: Any = NO_ARG,
        quote: bool | None = None,
        callable_: Callable[[], Any] | None = None,
        expanding: bool = False,
        isoutparam: bool = False,
        literal_execute: bool = False,
        _compared_to_operator: Any = None,
        _compared_to_type: Any = None,
    ) -> None:
        if required is NO_ARG:
            if value is NO_ARG and callable_ is None:
                self.required = True
        elif required:
            self.required = True
        if value is NO_ARG:
            value = None
        if quote is not None:
            key = quoted_name.construct(key, quote)
        self.key = key
        if unique or key is None:
            self.unique = True
            if key is None:
                self.key = "param"
        if callable_ is not None:
            self.callable = callable_
        if isoutparam:
            self.isoutparam = True
        if literal_execute:
            self.literal_execute = True
        self.value = value
        if expanding:
            self.expanding = True
            if value is not None:
                if not isinstance(value, (list, tuple)):
                    self.value = value = list(value)
            self.expand_op = _compared_to_operator
        if type_ is not None:
            self.type = type_() if isinstance(type_, type) else type_
            if expanding and self.type._is_tuple_type and value:
                self._complete_tuple_type(value[0])
        else:
            if expanding:
                check = value[0] if value else None
            else:
                check = value
            if _compared_to_type is not None:
                self.type = _compared_to_type.coerce_compared_value(_compared_to_operator, check)
            else:
                self.type = _resolve_value_to_type(check)

    def _complete_tuple_type(self, row: Any) -> None:
        """Give members of a tuple that have no type that of a value."""
        types = self.type.types  # type: ignore[attr-defined]
        if any(t._isnull for t in types):
            made = [
                _resolve_value_to_type(v) if t._isnull else t
                for t, v in zip(types, row, strict=False)
            ]
            self.type = self.type.__class__(*made)

    @classmethod
    def _quick(cls, key: str, value: Any, type_: TypeEngine) -> Self:
        """An anonymous parameter of which all is known."""
        self = _new(cls)
        self.key = key
        self.value = value
        self.type = type_
        self.unique = True
        return self

    @property
    def effective_value(self) -> Any:
        """The value, or what the callable gives now."""
        return self.value if self.callable is None else self.callable()

    @property
    def _ident(self) -> Any:
        return self if self._ident_token is None else self._ident_token

    @property
    def _proxy_key(self) -> Any:
        return None if self.unique else self.key

    @property
    def _name(self) -> Any:
        """The name in the statement, to be made unique if it is an AnonName."""
        if self.unique:
            return AnonName(self._ident, self._clean_key)
        return self.key

    @property
    def _clean_key(self) -> str:
        key = self.key
        if isinstance(key, AnonName):
            key = key.base if isinstance(key.base, str) else "param"
        if key.isidentifier():
            return key
        return re.sub(r"[.:\[\]]", "_", re.sub(r"[%\(\) \$]+", "_", key).strip("_"))

    def _clone(self, maintain_key: bool = False, **kw: Any) -> Self:
        c = super()._clone()
        if self.unique and maintain_key:
            c._ident_token = self._ident
        elif self._ident_token is not None:
            c._ident_token = None
        return c

    def _annotate(self, values: Mapping[str, Any]) -> Self:
        c = super()._annotate(values)
        c._ident_token = self._ident
        return c

    def _convert_to_unique(self) -> None:
        self.unique = True
        self._ident_token = None

    def _with_value(self, value: Any, maintain_key: bool = False, required: Any = NO_ARG) -> Self:
        """A copy with another value."""
        c = self._clone(maintain_key=maintain_key)
        c.value = value
        c.required = False if required is NO_ARG else required
        if c.type is NULLTYPE:
            c.type = _resolve_value_to_type(value)
        return c

    def _with_expanding_in_types(self, types: Sequence[Any]) -> Self:
        from .sqltypes import TupleType

        c = self._clone(maintain_key=True)
        c.type = TupleType(*types)
        return c

    def render_literal_execute(self) -> Self:
        """A copy whose value is written into the SQL when it is executed."""
        c = self._clone(maintain_key=True)
        c.literal_execute = True
        return c

    def _cache_key(self, ctx: KeyContext) -> Any:
        ident = id(self if self._ident_token is None else self._ident_token)
        memo = ctx.memo
        n = memo.get(ident)
        ctx.append(self)
        type_key = self.type._static_cache_key
        if type_key is None:
            ctx.cacheable = False
        if n is not None:
            return (BindParameter, n, type_key, self.expanding, self.literal_execute)
        memo[ident] = len(memo)
        if self.expanding or self.literal_execute:
            return (
                BindParameter,
                self.key,
                self.unique,
                type_key,
                self.expanding,
                self.literal_execute,
                self.expand_op,
            )
        return (BindParameter, self.key, self.unique, type_key)

    def __repr__(self) -> str:
        name = repr(self.key) if not self.unique else f"'{self._name!r}'"
        return f"BindParameter({name}, {self.value!r}, type_={self.type!r})"


class OffsetLimitParam(BindParameter[int]):
    """The number of LIMIT or OFFSET."""


class SingletonConstant:
    """NULL, true and false exist once each."""


class Null(SingletonConstant, ColumnElement[None]):
    """``NULL``."""

    __visit_name__ = "null"
    _immutable = True
    type = NULLTYPE

    def _cache_key(self, ctx: KeyContext) -> Any:
        return Null


class True_(SingletonConstant, ColumnElement[bool]):
    """``true``."""

    __visit_name__ = "true"
    _immutable = True
    type = BOOLEANTYPE

    def _negate(self) -> ColumnElement:
        return FALSE

    def _cache_key(self, ctx: KeyContext) -> Any:
        return True_


class False_(SingletonConstant, ColumnElement[bool]):
    """``false``."""

    __visit_name__ = "false"
    _immutable = True
    type = BOOLEANTYPE

    def _negate(self) -> ColumnElement:
        return TRUE

    def _cache_key(self, ctx: KeyContext) -> Any:
        return False_


NULL, TRUE, FALSE = Null(), True_(), False_()


class ClauseList(ClauseElement):
    """Expressions with an operator, usually a comma, between them."""

    __visit_name__ = "clauselist"
    _traverse_attrs = ("clauses",)
    _is_clause_list = True
    group = True
    group_contents = True
    _is_implicitly_boolean = False

    def __init__(
        self,
        *clauses: Any,
        operator: Any = operators.comma_op,
        group: bool = True,
        group_contents: bool = True,
        _literal_as: Callable[[Any], Any] | None = None,
        **kw: Any,
    ) -> None:
        from .coercions import expect_expr

        expect = _literal_as or expect_expr
        self.operator = operator
        self.group = group
        self.group_contents = group_contents
        if group_contents:
            self.clauses = [expect(c).self_group(against=operator) for c in clauses]
        else:
            self.clauses = [expect(c) for c in clauses]
        self._is_implicitly_boolean = operator in (and_, or_)

    @classmethod
    def _of(cls, clauses: Iterable[Any], operator: Any = operators.comma_op, **kw: Any) -> Any:
        """From expressions already coerced and grouped."""
        self = cls.__new__(cls)
        self.clauses = list(clauses)
        self.operator = operator
        for k, v in kw.items():
            setattr(self, k, v)
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(self.clauses)

    def __len__(self) -> int:
        return len(self.clauses)

    def append(self, clause: Any) -> None:
        from .coercions import expect_expr

        clause = expect_expr(clause)
        self.clauses.append(
            clause.self_group(against=self.operator) if self.group_contents else clause
        )

    @property
    def _from_objects(self) -> Sequence[FromClause]:  # type: ignore[override]
        return [f for c in self.clauses for f in c._from_objects]

    def self_group(self, against: Any = None) -> Any:
        if self.group and is_precedent(self.operator, against):
            return Grouping(self)
        return self

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (ClauseList, self.operator, self.group, *[c._cache_key(ctx) for c in self.clauses])


class OperatorExpression(ColumnElement[_T]):
    """An expression made by an operator."""

    operator: Any
    negate: Any = None

    @property
    def _is_implicitly_boolean(self) -> bool:  # type: ignore[override]
        return operators.is_comparison(self.operator)

    def self_group(self, against: Any = None) -> Any:
        if is_precedent(self.operator, against):
            return Grouping(self)
        return self


class BooleanClauseList(ColumnElement[bool]):
    """``AND`` or ``OR`` of two or more conditions."""

    __visit_name__ = "clauselist"
    _traverse_attrs = ("clauses",)
    _is_clause_list = True
    _is_implicitly_boolean = True
    type = BOOLEANTYPE
    group = True
    operator: Any
    clauses: list[Any]

    @classmethod
    def _join(cls, operator: Any, clauses: Iterable[Any]) -> Any:
        """Combine coerced conditions as AND or OR would, leaving out what is neutral."""
        neutral, absorbing = (True_, False_) if operator is and_ else (False_, True_)
        found: list[Any] = []
        skipped = None
        for clause in clauses:
            if isinstance(clause, neutral):
                skipped = clause
            elif isinstance(clause, absorbing):
                found = [clause]
                break
            else:
                found.append(clause)
        if len(found) > 1:
            flat: list[Any] = []
            for clause in found:
                if clause.__class__ is BooleanClauseList and clause.operator is operator:
                    flat.extend(clause.clauses)
                else:
                    flat.append(clause.self_group(against=operator))
            self = cls.__new__(cls)
            self.operator = operator
            self.clauses = flat
            return self
        if not found and skipped is not None:
            found = [skipped]
        return found[0] if found else None

    @classmethod
    def and_(cls, *clauses: Any) -> Any:
        """AND of conditions."""
        return cls._construct(and_, clauses)

    @classmethod
    def or_(cls, *clauses: Any) -> Any:
        """OR of conditions."""
        return cls._construct(or_, clauses)

    @classmethod
    def _construct(cls, operator: Any, clauses: Sequence[Any]) -> Any:
        from .coercions import expect_where

        if len(clauses) == 1 and isinstance(clauses[0], Iterator):
            clauses = list(clauses[0])
        made = cls._join(operator, [expect_where(c) for c in clauses])
        if made is not None:
            if made._is_column and made.__class__ is not cls:
                # alone, it is what the operator would have made of it
                if made.type._type_affinity is BOOLEANTYPE.__class__:
                    return made.self_group(against=_asbool)
            return made
        if made is None:
            name, empty = ("and_", "True") if operator is and_ else ("or_", "False")
            util.warn_deprecated(
                f"Invoking {name}() without arguments is deprecated, and "
                "will be disallowed in a future release.   For an empty "
                f"{name}() construct, use '{name}({empty.lower()}(), *args)' "
                f"or '{name}({empty}, *args)'.",
                version="1.4",
            )
            made = cls.__new__(cls)
            made.operator = operator
            made.clauses = []
        return made

    @classmethod
    def _construct_for_whereclause(cls, clauses: Sequence[Any]) -> Any:
        """AND of the criteria of a WHERE or HAVING, each already coerced; None if none."""
        if not clauses:
            return None
        made = clauses[0] if len(clauses) == 1 else cls._join(and_, clauses)
        if isinstance(made, cls):
            return made
        return made.self_group(against=_asbool)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.clauses)

    def __len__(self) -> int:
        return len(self.clauses)

    @property
    def _from_objects(self) -> Sequence[FromClause]:  # type: ignore[override]
        return [f for c in self.clauses for f in c._from_objects]

    def self_group(self, against: Any = None) -> Any:
        if not self.clauses:
            return self
        if is_precedent(self.operator, against):
            return Grouping(self)
        return self

    def _negate(self) -> ColumnElement:
        return UnaryExpression(Grouping(self), operator=inv, type_=BOOLEANTYPE)

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (BooleanClauseList, self.operator, *[c._cache_key(ctx) for c in self.clauses])


class Grouping(ColumnElement[_T]):
    """Parentheses."""

    __visit_name__ = "grouping"
    _traverse_attrs = ("element",)

    def __init__(self, element: Any) -> None:
        self.element = element
        self.type = getattr(element, "type", NULLTYPE)

    def self_group(self, against: Any = None) -> Any:
        return self

    def _ungroup(self) -> Any:
        return self.element._ungroup()

    def _negate(self) -> ColumnElement:
        if self._is_implicitly_boolean:
            return UnaryExpression(self, operator=inv, type_=BOOLEANTYPE)
        return super()._negate()

    def _with_binary_element_type(self, type_: Any) -> Any:
        return Grouping(self.element._with_binary_element_type(type_))

    @property
    def _is_implicitly_boolean(self) -> bool:  # type: ignore[override]
        return self.element._is_implicitly_boolean  # type: ignore[no-any-return]

    @property
    def _wraps_column(self) -> Any:  # type: ignore[override]
        return self.element

    @property
    def _tq_label(self) -> Any:  # type: ignore[override]
        return getattr(self.element, "_tq_label", None)

    @property
    def _proxies(self) -> Sequence[Any]:  # type: ignore[override]
        return [self.element] if isinstance(self.element, ColumnElement) else []

    @property
    def _from_objects(self) -> Sequence[FromClause]:  # type: ignore[override]
        return self.element._from_objects  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "element":
            raise AttributeError(name)
        return getattr(self.element, name)

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (Grouping, self.element._cache_key(ctx))


class UnaryExpression(OperatorExpression[_T]):
    """An operator before (operator) or after (modifier) one expression."""

    __visit_name__ = "unary"
    _traverse_attrs = ("element",)
    operator: Any = None
    modifier: Any = None
    wraps_column_expression = False

    def __init__(
        self,
        element: Any,
        *,
        operator: Any = None,
        modifier: Any = None,
        type_: Any = None,
        wraps_column_expression: bool = False,
    ) -> None:
        self.operator = operator
        self.modifier = modifier
        self.element = element.self_group(against=operator or modifier)
        self.type = NULLTYPE if type_ is None else to_instance(type_)
        if wraps_column_expression:
            self.wraps_column_expression = True

    @property
    def _is_implicitly_boolean(self) -> bool:  # type: ignore[override]
        return False

    @property
    def _from_objects(self) -> Sequence[FromClause]:  # type: ignore[override]
        return self.element._from_objects  # type: ignore[no-any-return]

    @property
    def _wraps_column(self) -> Any:  # type: ignore[override]
        return self.element if self.wraps_column_expression else None

    def _negate(self) -> ColumnElement:
        if self.type._type_affinity is BOOLEANTYPE.__class__:
            return UnaryExpression(self.self_group(against=inv), operator=inv, type_=BOOLEANTYPE)
        return ColumnElement._negate(self)

    def self_group(self, against: Any = None) -> Any:
        if self.operator is not None and is_precedent(self.operator, against):
            return Grouping(self)
        return self

    def _cache_key(self, ctx: KeyContext) -> Any:
        type_key = None
        if self.type is not NULLTYPE:
            type_key = self.type._static_cache_key
            if type_key is None:
                ctx.cacheable = False
        return (
            self.__class__,
            self.operator,
            self.modifier,
            self.element._cache_key(ctx),
            type_key,
        )


class AsBoolean(UnaryExpression[bool]):
    """A boolean column where a condition is wanted: ``x = 1`` on databases without booleans."""

    __visit_name__ = "unary"
    wraps_column_expression = True

    def __init__(self, element: Any, operator: Any, negate: Any) -> None:
        self.element = element
        self.type = BOOLEANTYPE
        self.operator = operator
        self.negate = negate

    def self_group(self, against: Any = None) -> Any:
        return self

    @property
    def _non_anon_label(self) -> Any:  # type: ignore[override]
        return self.element._non_anon_label

    @property
    def _tq_label(self) -> Any:  # type: ignore[override]
        return self.element._tq_label

    @property
    def _proxy_key(self) -> Any:
        return self.element._proxy_key

    def _make_proxy(
        self, selectable: FromClause, name: Any = None, key: Any = None
    ) -> tuple[Any, ColumnClause]:
        if name is None:
            name = self._non_anon_label
        return super()._make_proxy(selectable, name=name, key=key)

    def _negate(self) -> ColumnElement:
        if isinstance(self.element, (True_, False_)):
            return self.element._negate()
        return AsBoolean(self.element, self.negate, self.operator)


class BinaryExpression(OperatorExpression[_T]):
    """Two expressions with an operator between them."""

    __visit_name__ = "binary"
    _traverse_attrs = ("left", "right")
    modifiers: Mapping[str, Any] = {}

    def __init__(
        self,
        left: Any,
        right: Any,
        operator: Any,
        type_: Any = None,
        negate: Any = None,
        modifiers: Mapping[str, Any] | None = None,
    ) -> None:
        self.left = left if left._atomic else left.self_group(against=operator)
        self.right = right if right._atomic else right.self_group(against=operator)
        self.operator = operator
        self.type = NULLTYPE if type_ is None else to_instance(type_)
        self.negate = negate
        if modifiers:
            self.modifiers = modifiers

    def __bool__(self) -> bool:
        if self.operator is eq:
            return hash(self.left) == hash(self.right)
        if self.operator is ne:
            return hash(self.left) != hash(self.right)
        raise TypeError("Boolean value of this clause is not defined")

    @property
    def is_comparison(self) -> bool:
        return operators.is_comparison(self.operator)

    @property
    def _from_objects(self) -> Sequence[FromClause]:  # type: ignore[override]
        left, right = self.left._from_objects, self.right._from_objects
        if not right:
            return left  # type: ignore[no-any-return]
        return [*left, *right]

    def _negate(self) -> ColumnElement:
        if self.negate is not None:
            return BinaryExpression(
                self.left,
                self.right._negate_in_binary(self.negate, self.operator),
                self.negate,
                type_=self.type,
                negate=self.operator,
                modifiers=self.modifiers,
            )
        return Grouping(self)._negate()

    def _flattened(self) -> list[Any]:
        return [self.left, self.right]

    def _cache_key(self, ctx: KeyContext) -> Any:
        type_ = self.type
        if type_ is BOOLEANTYPE and not self.modifiers:
            return (
                BinaryExpression,
                self.operator,
                self.left._cache_key(ctx),
                self.right._cache_key(ctx),
            )
        type_key = type_._static_cache_key
        if type_key is None:
            ctx.cacheable = False
        return (
            BinaryExpression,
            self.operator,
            self.left._cache_key(ctx),
            self.right._cache_key(ctx),
            type_key,
            tuple(
                [
                    (k, v._cache_key(ctx) if isinstance(v, ClauseElement) else v)
                    for k, v in self.modifiers.items()
                ]
            ),
        )

    def _copy_internals(self, clone: Callable[[Any], Any]) -> None:
        self.left = clone(self.left)
        self.right = clone(self.right)
        if self.modifiers and any(isinstance(v, ClauseElement) for v in self.modifiers.values()):
            self.modifiers = {
                k: clone(v) if isinstance(v, ClauseElement) else v
                for k, v in self.modifiers.items()
            }


class Slice(ColumnElement[Any]):
    """``start:stop`` of an array index."""

    __visit_name__ = "slice"
    _traverse_attrs = ("start", "stop", "step")

    def __init__(self, start: Any, stop: Any, step: Any) -> None:
        from .coercions import expect_expr

        self.start = expect_expr(start)
        self.stop = expect_expr(stop)
        self.step = expect_expr(step)

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (
            Slice,
            self.start._cache_key(ctx),
            self.stop._cache_key(ctx),
            self.step._cache_key(ctx),
        )


class Label(NamedColumn[_T]):
    """An expression with a name: ``expr AS name``."""

    __visit_name__ = "label"
    _traverse_attrs = ("_element",)

    def __init__(self, name: Any, element: Any, type_: Any = None) -> None:
        from .coercions import expect_expr

        element = expect_expr(element)
        original = element
        while isinstance(element, Label):
            element = element._element
        if name is None:
            name = AnonName(self, getattr(element, "name", None) or "anon")
        self.name = name
        self.key = self._explicit_key = name
        self._element = element
        self.type = to_instance(type_) if type_ is not None else original.type
        self._proxies = (original,)

    @property
    def element(self) -> Any:
        """The expression, grouped as AS needs it."""
        return self._element.self_group(against=operators.as_)

    @property
    def _is_implicitly_boolean(self) -> bool:  # type: ignore[override]
        return self._element._is_implicitly_boolean  # type: ignore[no-any-return]

    def self_group(self, against: Any = None) -> Any:
        sub = self._element.self_group(against=against)
        if sub is not self._element:
            return Label(self.name, sub, type_=self.type)
        return self

    def _negate(self) -> Any:
        return self._element._negate()

    @property
    def primary_key(self) -> bool:  # type: ignore[override]
        return self._element.primary_key  # type: ignore[no-any-return]

    @property
    def foreign_keys(self) -> Any:  # type: ignore[override]
        return self._element.foreign_keys

    @property
    def _tq_label(self) -> Any:  # type: ignore[override]
        return self.name

    @property
    def _from_objects(self) -> Sequence[FromClause]:  # type: ignore[override]
        return self._element._from_objects  # type: ignore[no-any-return]

    @property
    def _bind_name(self) -> str | None:
        return None

    @property
    def _order_by_label_element(self) -> Any:
        return self

    def _make_proxy(
        self, selectable: FromClause, name: Any = None, key: Any = None
    ) -> tuple[Any, ColumnClause]:
        if name is None:
            name = self.name
        elif isinstance(name, AnonName) and not isinstance(self.name, AnonName):
            raise exc.InvalidRequestError(
                f"Label name {self.name} is being renamed to an anonymous label due to "
                "disambiguation which is not supported right now.  Please use unique names for "
                "explicit labels."
            )
        element = self._element
        key, c = element._make_proxy(selectable, name=name, key=name)
        c._proxies = (self,)
        if self.type is not element.type:
            c.type = self.type
        return key, c

    def _cache_key(self, ctx: KeyContext) -> Any:
        name = self.name
        if isinstance(name, AnonName):
            n, new = ctx.number(self._ident)
            if not new:
                return (Label, n)
            name = (n, name.base if isinstance(name.base, str) else None)
        quote = getattr(name, "quote", None)
        element = self._element
        if self.type is not element.type:
            type_key = self.type._static_cache_key
            if type_key is None:
                ctx.cacheable = False
            return (Label, name, quote, element._cache_key(ctx), type_key)
        return (Label, name, quote, element._cache_key(ctx))


class _label_reference(ColumnElement[Any]):
    """An expression of ORDER BY or GROUP BY that may be written as a label of the SELECT."""

    __visit_name__ = "label_reference"
    _traverse_attrs = ("element",)

    def __init__(self, element: Any) -> None:
        self.element = element
        self.type = element.type

    @property
    def _from_objects(self) -> Sequence[FromClause]:  # type: ignore[override]
        return ()

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (_label_reference, self.element._cache_key(ctx))


class _textual_label_reference(ColumnElement[Any]):
    """A string in ORDER BY or GROUP BY: the name of a label or of a selected column."""

    __visit_name__ = "textual_label_reference"

    def __init__(self, element: str) -> None:
        self.element = element

    @property
    def _text_clause(self) -> Any:
        return TextClause(self.element)

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (_textual_label_reference, self.element)


# attributes that hold an operand: what `SQLColumnExpression` promises
_ = (Annotated, Executable, Operators)

from . import comparators  # noqa: E402,F401  (fills OPERATIONS)
from .constructs import (  # noqa: E402
    Case,
    Cast,
    CollationClause,
    CollectionAggregate,
    Extract,
    FunctionFilter,
    Over,
    TextClause,
    Tuple,
    TryCast,
    TypeClause,
    TypeCoerce,
    WithinGroup,
)

__all__ = [
    "AsBoolean",
    "BinaryExpression",
    "BindParameter",
    "BooleanClauseList",
    "Case",
    "Cast",
    "ClauseElement",
    "ClauseList",
    "CollationClause",
    "CollectionAggregate",
    "ColumnClause",
    "ColumnElement",
    "Extract",
    "False_",
    "FunctionFilter",
    "Grouping",
    "KeyedColumnElement",
    "Label",
    "NamedColumn",
    "Null",
    "Over",
    "SQLColumnExpression",
    "TextClause",
    "True_",
    "TryCast",
    "Tuple",
    "TypeClause",
    "TypeCoerce",
    "UnaryExpression",
    "WithinGroup",
    "quoted_name",
]

KeyedColumnElement = ColumnElement

for _cls in (Case, Cast, CollationClause, CollectionAggregate, Extract, FunctionFilter, Over,
             TextClause, Tuple, TryCast, TypeClause, TypeCoerce, WithinGroup):  # fmt: skip
    _cls.__module__ = __name__
