"""What all SQL functions are: expressions that can stand in FROM as well."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from . import operators, sqltypes
from .base import AnonName, Executable, KeyContext, clone_of, memoized
from .coercions import expect_function_arg
from .column_collections import ColumnCollection
from .elements import (
    BinaryExpression,
    ClauseList,
    ColumnClause,
    ColumnElement,
    Grouping,
    Label,
    NamedColumn,
)
from .fromclause import AliasedReturnsRows, FromClause

if TYPE_CHECKING:
    from typing import Self

    from .constructs import FunctionFilter, Over, WithinGroup
    from .selectable import Select

_T = TypeVar("_T")


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
        from .constructs import Over

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
        from .constructs import WithinGroup

        return WithinGroup(self, *order_by)

    def within_group_type(self, within_group: Any) -> Any:
        """The type of ``WITHIN GROUP`` with an ORDER BY like that; None: the function's own."""
        return None

    @overload
    def filter(self) -> Self: ...
    @overload
    def filter(self, *criterion: Any) -> FunctionFilter[_T]: ...
    def filter(self, *criterion: Any) -> Any:
        """``FILTER (WHERE …)``."""
        if not criterion:
            return self
        from .constructs import FunctionFilter

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

        type_ = self.element.type
        if self._table_columns is not None:
            type_ = sqltypes.TableValueType(*self._table_columns)
        return TableValuedColumn(self, type_)

    def _populate(self, columns: Any) -> None:
        if self._table_columns is None:
            name = AnonName(self.element, self.element.name or "anon")
            c: ColumnClause[Any] = ColumnClause(name, self.element.type)
            c.table = self
            columns._append(name, c)
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
        if self._render_derived:
            made._render_derived = True
            made._render_derived_w_types = self._render_derived_w_types
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

    @property
    def left_expr(self) -> Any:
        return self.sql_function.clauses.clauses[self.left_index - 1]

    @left_expr.setter
    def left_expr(self, value: Any) -> None:
        self._set_argument(self.left_index, value)

    @property
    def right_expr(self) -> Any:
        return self.sql_function.clauses.clauses[self.right_index - 1]

    @right_expr.setter
    def right_expr(self, value: Any) -> None:
        self._set_argument(self.right_index, value)

    def _set_argument(self, index: int, value: Any) -> None:
        """Another argument: of a function of its own, since clones have the same one."""
        function = self.sql_function._clone()
        group = function.clause_expr = function.clause_expr._clone()
        group.element = group.element._clone()
        group.element.clauses = [*group.element.clauses]
        group.element.clauses[index - 1] = value
        self.sql_function = function

    def _copy_internals(self, clone: Callable[[Any], Any] = clone_of) -> None:
        self.sql_function = clone(self.sql_function)

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
