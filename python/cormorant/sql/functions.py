"""SQL functions: `func`, functions whose result type is known, table-valued functions."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from . import operators, sqltypes
from .base import AnonName, ColumnCollection, Executable, KeyContext, memoized
from .coercions import expect_function_arg
from .elements import (
    BinaryExpression,
    BindParameter,
    Cast,
    ClauseList,
    ColumnClause,
    ColumnElement,
    Extract,
    FunctionFilter,
    Grouping,
    Label,
    NamedColumn,
    Over,
    UnaryExpression,
    WithinGroup,
)
from .fromclause import AliasedReturnsRows, FromClause

if TYPE_CHECKING:
    from decimal import Decimal
    from typing import Self

    from ..orm.base import Mapped
    from .selectable import Select
    from .type_api import TypeArgument
    from .typed_operators import SQLCoreOperations
else:
    Decimal = Any  # importing it takes a program that has no decimals its time

_T = TypeVar("_T")

# package -> lower-case name -> class
_registry: dict[str, dict[str, type[GenericFunction[Any]]]] = {"_default": {}}


def register_function(identifier: str, fn: Any, package: str = "_default") -> None:
    """Make `func.<identifier>` build a class of function."""
    _registry.setdefault(package, {})[str(identifier).lower()] = fn


class FunctionElement(Executable, ColumnElement[_T], FromClause):
    """Base of functions: a column expression, and a FROM of one row."""

    _traverse_attrs = ("clause_expr",)
    _is_from_clause = False
    _is_function = True
    packagenames: tuple[str, ...] = ()
    _has_args = False
    _with_ordinality = False
    name: Any = None
    primary_key = False
    foreign_keys: Any = frozenset()
    _immutable = False
    table = None
    supports_execution = True

    def __init__(self, *clauses: Any) -> None:
        name = getattr(self, "name", None)
        args = [expect_function_arg(c, name) for c in clauses]
        self._has_args = self._has_args or bool(clauses)
        self.clause_expr: Grouping[Any] = Grouping(
            ClauseList._of(
                [a.self_group(against=operators.comma_op) for a in args],
                operators.comma_op,
                group_contents=True,
            )
        )

    def __hash__(self) -> int:
        return object.__hash__(self)

    @property
    def clauses(self) -> Any:
        """The arguments."""
        return self.clause_expr.element

    def __iter__(self) -> Any:
        return iter(self.clauses)

    @property
    def _from_objects(self) -> Sequence[Any]:  # type: ignore[override]
        return self.clause_expr._from_objects

    @memoized
    def _columns(self) -> Any:
        key: Any = self.key
        if key is None:
            key = AnonName(self, self.name or "anon")
        return ColumnCollection([(key, self)])

    @property
    def _all_selected_columns(self) -> Sequence[Any]:
        return [self]

    def _populate_subquery(self, subquery: Any, columns: Any) -> None:
        key, proxy = self._make_proxy(subquery)
        columns._append(key, proxy)

    @property
    def _select_iterable(self) -> Sequence[Any]:
        return (self,)

    @property
    def exported_columns(self) -> Any:
        return self._columns

    @property
    def _proxy_key(self) -> Any:
        return self._annotations.get("proxy_key", self.name)

    @property
    def description(self) -> Any:
        return self.name

    def over(
        self,
        *,
        partition_by: Any = None,
        order_by: Any = None,
        rows: Any = None,
        range_: Any = None,
        groups: Any = None,
    ) -> Over[_T]:
        """``OVER (…)``."""
        return Over(
            self,
            partition_by=partition_by,
            order_by=order_by,
            rows=rows,
            range_=range_,
            groups=groups,
        )

    def within_group(self, *order_by: Any) -> WithinGroup[_T]:
        """``WITHIN GROUP (ORDER BY …)``."""
        return WithinGroup(self, *order_by)

    def within_group_type(self, within_group: Any) -> Any:
        return None

    @overload
    def filter(self) -> Self: ...
    @overload
    def filter(self, *criterion: Any) -> FunctionFilter[_T]: ...
    def filter(self, *criterion: Any) -> Any:
        """``FILTER (WHERE …)``."""
        if not criterion:
            return self
        return FunctionFilter(self, *criterion)

    def select(self) -> Select[Any]:
        """``SELECT`` of the function."""
        from .selectable import Select

        s: Select[Any] = Select(self)
        if self._execution_options:
            s = s.execution_options(**self._execution_options)
        return s

    def table_valued(self, *expr: Any, **kw: Any) -> TableValuedAlias:
        """The function as a FROM with columns."""
        name = kw.pop("name", None)
        with_ordinality = kw.pop("with_ordinality", None)
        joins_implicitly = kw.pop("joins_implicitly", False)
        if kw:
            raise TypeError(f"Unexpected arguments: {list(kw)}")
        columns = list(expr)
        if with_ordinality:
            columns.append(with_ordinality)
        cols = [ColumnClause(e) if isinstance(e, str) else e for e in columns]
        made: TableValuedAlias = TableValuedAlias._construct(
            self,
            name,
            columns=cols,
            joins_implicitly=joins_implicitly,
            with_ordinality=bool(with_ordinality),
        )
        return made

    def column_valued(self, name: str | None = None, joins_implicitly: bool = False) -> Any:
        """The function as a FROM that is one column."""
        return self.alias(name=name, joins_implicitly=joins_implicitly).column

    def alias(self, name: str | None = None, joins_implicitly: bool = False) -> TableValuedAlias:
        """The function as a FROM."""
        made: TableValuedAlias = TableValuedAlias._construct(
            self, name, columns=None, joins_implicitly=joins_implicitly
        )
        return made

    def scalar_table_valued(self, name: str, type_: Any = None) -> Any:
        """One column of the function's row: ``(f(x)).name``."""
        return ScalarFunctionColumn(self, name, type_)

    def as_comparison(self, left_index: int, right_index: int) -> FunctionAsBinary:
        """The function as a comparison of two of its arguments (numbered from 1), for the
        ``primaryjoin`` of a relationship."""
        return FunctionAsBinary(self, left_index, right_index)

    def label(self, name: str | None) -> Label[Any]:
        return Label(name, self, self.type)

    def self_group(self, against: Any = None) -> Any:
        if against is operators.getitem:
            return Grouping(self)
        return ColumnElement.self_group(self, against=against)

    @property
    def entity_namespace(self) -> Any:
        from .selectable import entity_namespace

        return entity_namespace(self.clause_expr)

    def _cache_key(self, ctx: KeyContext) -> Any:
        type_key = self.type._static_cache_key
        if type_key is None:
            ctx.cacheable = False
        return (
            self.__class__,
            self.name,
            getattr(self.name, "quote", None),
            self.packagenames,
            type_key,
            tuple([c._cache_key(ctx) for c in self.clause_expr.element.clauses]),
        )


class TableValuedAlias(AliasedReturnsRows):
    """A function as a FROM."""

    __visit_name__ = "table_valued_alias"
    joins_implicitly = False
    _render_derived = False
    _render_derived_w_types = False
    _table_columns: Any = None
    with_ordinality = False

    def _setup(
        self,
        selectable: Any,
        name: Any = None,
        columns: Any = None,
        joins_implicitly: bool = False,
        with_ordinality: bool = False,
    ) -> None:
        self._table_columns = columns
        self.joins_implicitly = joins_implicitly
        self.with_ordinality = with_ordinality
        self.element = selectable
        if name is None:
            name = AnonName(self, "anon")
        self.name = name

    @property
    def column(self) -> Any:
        """The FROM as one column."""
        from .select_forms import TableValuedColumn

        return TableValuedColumn(self, self.element.type)

    def _populate(self, columns: Any) -> None:
        if self._table_columns is None:
            c: ColumnClause[Any] = ColumnClause(self.name, self.element.type)
            c.table = self
            columns._append(self.name, c)
            return
        for col in self._table_columns:
            key, proxy = col._make_proxy(self)
            columns._append(key, proxy)

    def alias(self, name: str | None = None, flat: bool = False) -> Any:
        made: TableValuedAlias = TableValuedAlias._construct(
            self.element, name, columns=self._table_columns
        )
        made.joins_implicitly = self.joins_implicitly
        made.with_ordinality = self.with_ordinality
        return made

    def render_derived(self, name: str | None = None, with_types: bool = False) -> Any:
        """``AS name(columns)``."""
        made = self.alias(name=name)
        made._render_derived = True
        made._render_derived_w_types = with_types
        return made

    def is_derived_from(self, fromclause: Any) -> bool:
        return fromclause is self

    def _key_extra(self, ctx: KeyContext) -> Any:
        columns = self._table_columns
        return (
            self._render_derived,
            self._render_derived_w_types,
            self.with_ordinality,
            None
            if columns is None
            else tuple([(c.name, c.type._static_cache_key) for c in columns]),
        )


class FunctionAsBinary(BinaryExpression[Any]):
    """A function that compares two of its arguments."""

    _traverse_attrs = ("sql_function",)  # type: ignore[assignment]

    def __init__(self, fn: FunctionElement[Any], left_index: int, right_index: int) -> None:
        self.sql_function = fn
        self.left_index = left_index
        self.right_index = right_index
        self.operator = operators.function_as_comparison_op
        self.type = sqltypes.BOOLEANTYPE
        self.negate = None
        self.modifiers = {}

    @property
    def left_expr(self) -> Any:
        return self.sql_function.clauses.clauses[self.left_index - 1]

    @left_expr.setter
    def left_expr(self, value: Any) -> None:
        self.sql_function.clauses.clauses[self.left_index - 1] = value

    @property
    def right_expr(self) -> Any:
        return self.sql_function.clauses.clauses[self.right_index - 1]

    @right_expr.setter
    def right_expr(self, value: Any) -> None:
        self.sql_function.clauses.clauses[self.right_index - 1] = value

    left = left_expr
    right = right_expr

    def self_group(self, against: Any = None) -> Any:
        return self

    def get_children(self, *, omit_attrs: Any = (), **kw: Any) -> Any:
        yield self.sql_function

    @property
    def _from_objects(self) -> Sequence[Any]:  # type: ignore[override]
        return self.sql_function._from_objects

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (
            FunctionAsBinary,
            self.sql_function._cache_key(ctx),
            self.left_index,
            self.right_index,
        )


class ScalarFunctionColumn(NamedColumn[Any]):
    """``(function(x)).name``."""

    __visit_name__ = "scalar_function_column"
    _traverse_attrs = ("fn",)

    def __init__(self, fn: Any, name: str, type_: Any = None) -> None:
        self.fn = fn
        self.key = self.name = name
        self.type = sqltypes.to_instance(type_)

    @property
    def _from_objects(self) -> Sequence[Any]:  # type: ignore[override]
        return self.fn._from_objects  # type: ignore[no-any-return]

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (
            ScalarFunctionColumn,
            self.name,
            self.fn._cache_key(ctx),
            self.type._static_cache_key,
        )


class Function(FunctionElement[_T]):
    """A function known by its name only."""

    __visit_name__ = "function"

    def __init__(
        self,
        name: str,
        *clauses: Any,
        type_: Any = None,
        packagenames: Sequence[str] | None = None,
    ) -> None:
        self.packagenames = tuple(packagenames or ())
        self.name = name
        self.type = sqltypes.to_instance(type_)
        FunctionElement.__init__(self, *clauses)

    @property
    def _bind_name(self) -> str | None:
        return self.name  # type: ignore[no-any-return]

    def _bind_param(
        self, operator: Any, obj: Any, type_: Any = None, expanding: bool = False
    ) -> BindParameter[Any]:
        return BindParameter(
            self.name if self.name is None or isinstance(self.name, str) else str(self.name),
            obj,
            _compared_to_operator=operator,
            _compared_to_type=self.type,
            type_=type_,
            unique=True,
            expanding=expanding,
        )


register_function("cast", Cast)
register_function("extract", Extract)


class _FunctionGenerator:
    """``func``: makes the function named by the attribute."""

    def __init__(self, **opts: Any) -> None:
        self.__names: list[str] = []
        self.opts = opts

    def __getattr__(self, name: str) -> _FunctionGenerator:
        if name.startswith("__"):
            raise AttributeError(name)
        if name.endswith("_"):
            name = name[:-1]
        f = _FunctionGenerator(**self.opts)
        f.__names = [*self.__names, name]
        return f

    if TYPE_CHECKING:
        # Functions of a known class; every other name is a `Function`.

        @overload
        def max(self, col: ColumnElement[_T], *args: Any, **kw: Any) -> _max[_T]: ...
        @overload
        def max(self, col: _Argument[_T], *args: Any, **kw: Any) -> _max[_T]: ...
        @overload
        def max(self, col: _T, *args: Any, **kw: Any) -> _max[_T]: ...
        def max(self, col: Any, *args: Any, **kw: Any) -> _max[Any]: ...
        @overload
        def min(self, col: ColumnElement[_T], *args: Any, **kw: Any) -> _min[_T]: ...
        @overload
        def min(self, col: _Argument[_T], *args: Any, **kw: Any) -> _min[_T]: ...
        @overload
        def min(self, col: _T, *args: Any, **kw: Any) -> _min[_T]: ...
        def min(self, col: Any, *args: Any, **kw: Any) -> _min[Any]: ...
        @overload
        def sum(self, col: ColumnElement[_T], *args: Any, **kw: Any) -> _sum[_T]: ...
        @overload
        def sum(self, col: _Argument[_T], *args: Any, **kw: Any) -> _sum[_T]: ...
        @overload
        def sum(self, col: _T, *args: Any, **kw: Any) -> _sum[_T]: ...
        def sum(self, col: Any, *args: Any, **kw: Any) -> _sum[Any]: ...
        @overload
        def array_agg(self, col: ColumnElement[_T], *args: Any, **kw: Any) -> _array_agg[_T]: ...
        @overload
        def array_agg(self, col: _Argument[_T], *args: Any, **kw: Any) -> _array_agg[_T]: ...
        @overload
        def array_agg(self, col: _T, *args: Any, **kw: Any) -> _array_agg[_T]: ...
        def array_agg(self, col: Any, *args: Any, **kw: Any) -> _array_agg[Any]: ...
        @overload
        def coalesce(self, col: ColumnElement[_T], *args: Any, **kw: Any) -> _coalesce[_T]: ...
        @overload
        def coalesce(self, col: _Argument[_T | None], *args: Any, **kw: Any) -> _coalesce[_T]: ...
        @overload
        def coalesce(self, col: _T | None, *args: Any, **kw: Any) -> _coalesce[_T]: ...
        def coalesce(self, col: Any, *args: Any, **kw: Any) -> _coalesce[Any]: ...
        @property
        def aggregate_strings(self) -> type[_aggregate_strings]: ...
        @property
        def char_length(self) -> type[_char_length]: ...
        @property
        def concat(self) -> type[_concat]: ...
        @property
        def count(self) -> type[_count]: ...
        @property
        def current_date(self) -> type[_current_date]: ...
        @property
        def current_time(self) -> type[_current_time]: ...
        @property
        def current_timestamp(self) -> type[_current_timestamp]: ...
        @property
        def current_user(self) -> type[_current_user]: ...
        @property
        def dense_rank(self) -> type[_dense_rank]: ...
        @property
        def next_value(self) -> type[_next_value]: ...
        @property
        def now(self) -> type[_now]: ...
        @property
        def random(self) -> type[_random]: ...
        @property
        def rank(self) -> type[_rank]: ...
        @property
        def percent_rank(self) -> type[_percent_rank]: ...
        @property
        def cume_dist(self) -> type[_cume_dist]: ...
        @property
        def localtime(self) -> type[_localtime]: ...
        @property
        def localtimestamp(self) -> type[_localtimestamp]: ...
        @property
        def session_user(self) -> type[_session_user]: ...
        @property
        def sysdate(self) -> type[_sysdate]: ...
        @property
        def user(self) -> type[_user]: ...

    @overload
    def __call__(self, *c: Any, type_: TypeArgument[_T], **kw: Any) -> Function[_T]: ...
    @overload
    def __call__(self, *c: Any, **kw: Any) -> Function[Any]: ...
    def __call__(self, *c: Any, **kw: Any) -> Function[Any]:
        options = {**self.opts, **kw} if kw or self.opts else {}
        names = self.__names
        if len(names) == 1:
            fn = _registry["_default"].get(names[0].lower())
            if fn is not None:
                return fn(*c, **options)
        elif len(names) == 2:
            package = _registry.get(names[0])
            if package is not None:
                fn = package.get(names[1].lower())
                if fn is not None:
                    return fn(*c, **options)
        return Function(names[-1], *c, packagenames=names[:-1], **options)


func = _FunctionGenerator()
modifier = _FunctionGenerator(group=False)


class GenericFunction(Function[_T]):
    """A function with a class of its own; a subclass registers itself under its name."""

    name: Any = "GenericFunction"
    identifier: Any = None
    _register = False
    inherit_cache = True

    def __init_subclass__(cls, **kw: Any) -> None:
        super().__init_subclass__(**kw)
        if Function in cls.__bases__:
            return
        own = cls.__dict__
        name = own.get("name", cls.__name__)
        cls.name = name
        identifier = own.get("identifier", name)
        package = own.get("package", "_default")
        if not own.get("_abstract", False):
            register_function(identifier, cls, package)

    def __init__(self, *args: Any, **kw: Any) -> None:
        args_list = [
            expect_function_arg(c, self.name, type_=getattr(self, "_arg_type", None)) for c in args
        ]
        self._finish(args_list, kw)

    def _finish(self, args: list[Any], kw: dict[str, Any]) -> None:
        self._has_args = self._has_args or bool(args)
        type_ = kw.get("type_")
        self.packagenames = ()
        self.clause_expr = Grouping(
            ClauseList._of(
                [a.self_group(against=operators.comma_op) for a in args],
                operators.comma_op,
                group_contents=True,
            )
        )
        if type_ is None:
            type_ = getattr(type(self), "type", None)
        self.type = sqltypes.to_instance(type_)


class ReturnTypeFromArgs(GenericFunction[_T]):
    """A function whose result has the type of its arguments."""

    _abstract = True

    def __init__(self, *args: Any, **kw: Any) -> None:
        made = [expect_function_arg(c, self.name) for c in args]
        if kw.get("type_") is None:
            kw["type_"] = next((a.type for a in made if not a.type._isnull), sqltypes.NULLTYPE)
        self._finish(made, kw)


class next_value(GenericFunction[int]):
    """The next value of a Sequence."""

    type = sqltypes.Integer()
    name = "next_value"

    def __init__(self, seq: Any, **kw: Any) -> None:
        from .schema_defaults import Sequence as Seq

        if not isinstance(seq, Seq):
            raise AssertionError("next_value() accepts a Sequence object as input.")
        self.sequence = seq
        self._finish([], {"type_": seq.data_type or kw.get("type_")})

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (next_value, *ctx.number(self.sequence), self.sequence.key)

    @property
    def _from_objects(self) -> Sequence[Any]:  # type: ignore[override]
        return ()


class array_agg(ReturnTypeFromArgs[Sequence[_T]]):
    """Values of a group as an array."""

    def __init__(self, *args: Any, **kw: Any) -> None:
        made = [expect_function_arg(c, self.name) for c in args]
        if kw.get("type_") is None:
            item = made[0].type if made else sqltypes.NULLTYPE
            kw["type_"] = item if item._is_array else sqltypes.ARRAY(item)
        self._finish(made, kw)


class ReturnTypeFromOptionalArgs(ReturnTypeFromArgs[_T]):
    """As ReturnTypeFromArgs; the value may be NULL, as those of the arguments."""

    _abstract = True


class coalesce(ReturnTypeFromArgs[_T]):
    _has_args = True


class max(ReturnTypeFromArgs[_T]):
    pass


class min(ReturnTypeFromArgs[_T]):
    pass


class sum(ReturnTypeFromArgs[_T]):
    pass


class concat(GenericFunction[str]):
    type = sqltypes.String()


class char_length(GenericFunction[int]):
    type = sqltypes.Integer()

    def __init__(self, arg: Any, **kw: Any) -> None:
        super().__init__(arg, **kw)


class random(GenericFunction[float]):
    _has_args = True


class now(GenericFunction[datetime.datetime]):
    type = sqltypes.DateTime()


class count(GenericFunction[int]):
    """``count(*)`` without an argument."""

    type = sqltypes.Integer()

    def __init__(self, expression: Any = None, **kw: Any) -> None:
        if expression is None:
            expression = ColumnClause("*", is_literal=True)
        super().__init__(expression, **kw)


class AnsiFunction(GenericFunction[_T]):
    """A function of the standard that is written without parentheses."""

    _abstract = True


class current_date(AnsiFunction[datetime.date]):
    type = sqltypes.Date()


class current_time(AnsiFunction[datetime.time]):
    type = sqltypes.Time()


class current_timestamp(AnsiFunction[datetime.datetime]):
    type = sqltypes.DateTime()


class current_user(AnsiFunction[str]):
    type = sqltypes.String()


class localtime(AnsiFunction[datetime.datetime]):
    type = sqltypes.DateTime()


class localtimestamp(AnsiFunction[datetime.datetime]):
    type = sqltypes.DateTime()


class session_user(AnsiFunction[str]):
    type = sqltypes.String()


class sysdate(AnsiFunction[datetime.datetime]):
    type = sqltypes.DateTime()


class user(AnsiFunction[str]):
    type = sqltypes.String()


class rank(GenericFunction[int]):
    type = sqltypes.Integer()


class dense_rank(GenericFunction[int]):
    type = sqltypes.Integer()


class percent_rank(GenericFunction[Decimal]):
    type = sqltypes.Numeric()


class cume_dist(GenericFunction[Decimal]):
    type = sqltypes.Numeric()


class _GroupingSets(GenericFunction[Any]):
    _abstract = True
    _has_args = True


class cube(_GroupingSets):
    pass


class rollup(_GroupingSets):
    pass


class grouping_sets(_GroupingSets):
    pass


class OrderedSetAgg(GenericFunction[_T]):
    """An aggregate used with WITHIN GROUP."""

    _abstract = True
    array_for_multi_clause = False

    def within_group_type(self, within_group: Any) -> Any:
        first = within_group.order_by.clauses[0]
        while isinstance(first, UnaryExpression) and first.modifier is not None:
            first = first.element  # ascending, descending
        if self.array_for_multi_clause and len(self.clauses) > 1:
            return sqltypes.ARRAY(first.type)
        return first.type


class mode(OrderedSetAgg[_T]):
    pass


class percentile_cont(OrderedSetAgg[_T]):
    array_for_multi_clause = True


class percentile_disc(OrderedSetAgg[_T]):
    array_for_multi_clause = True


class aggregate_strings(GenericFunction[str]):
    """Strings of a group, joined by a separator."""

    type = sqltypes.String()

    def __init__(self, clause: Any, separator: str, **kw: Any) -> None:
        super().__init__(clause, separator, **kw)


if TYPE_CHECKING:
    from typing import TypeAlias

    _Argument: TypeAlias = SQLCoreOperations[_T] | Mapped[_T]

    # `func` has attributes of the names of these classes
    _max = max
    _min = min
    _sum = sum
    _coalesce = coalesce
    _aggregate_strings = aggregate_strings
    _array_agg = array_agg
    _char_length = char_length
    _concat = concat
    _count = count
    _current_date = current_date
    _current_time = current_time
    _current_timestamp = current_timestamp
    _current_user = current_user
    _dense_rank = dense_rank
    _next_value = next_value
    _now = now
    _random = random
    _rank = rank
    _percent_rank = percent_rank
    _cume_dist = cume_dist
    _localtime = localtime
    _localtimestamp = localtimestamp
    _session_user = session_user
    _sysdate = sysdate
    _user = user
