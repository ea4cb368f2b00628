"""What is made of SELECTs: UNION, scalar subqueries, EXISTS; and SELECTs of another kind:
text with columns, VALUES, TABLESAMPLE."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from .. import _core, exc
from . import elements, operators
from .base import AnonName, ClauseElement, KeyContext
from .coercions import expect_expr, expect_select
from .column_collections import ColumnCollection
from .elements import ColumnElement, Grouping, UnaryExpression
from .fromclause import AliasedReturnsRows, NamedFromClause
from .select_base import KEY_PARTS, RARE, HasCTE
from .selectable import LABEL_STYLE_NONE, GenerativeSelect, Select, SelectBase
from .sqltypes import BOOLEANTYPE
from .typed_operators import TypedReturnsRows

_T = TypeVar("_T")
_Row_co = TypeVar("_Row_co", covariant=True)


class CompoundSelect(GenerativeSelect, TypedReturnsRows[_Row_co]):
    """``UNION``, ``INTERSECT``, ``EXCEPT`` of SELECTs."""

    __visit_name__ = "compound_select"
    _traverse_attrs = (
        "selects",
        "_order_by_clauses",
        "_group_by_clauses",
        "_limit_clause",
        "_offset_clause",
        "_fetch_clause",
    )

    def __init__(self, keyword: str, *selects: Any) -> None:
        self.keyword = keyword
        self.selects = [expect_select(s).self_group(against=keyword) for s in selects]

    @property
    def _all_selected_columns(self) -> Sequence[Any]:
        return self.selects[0]._all_selected_columns  # type: ignore[no-any-return]

    @property
    def selected_columns(self) -> Any:
        return self.selects[0].selected_columns

    def _columns_plus_names(self, anon_for_dupe: bool) -> list[tuple[Any, ...]]:
        return self.selects[0]._columns_plus_names(anon_for_dupe)  # type: ignore[no-any-return]

    def _inner_froms(self) -> Iterable[Any]:
        return [f for s in self.selects for f in s._inner_froms()]

    def is_derived_from(self, fromclause: Any) -> bool:
        return any(s.is_derived_from(fromclause) for s in self.selects)

    def _populate_subquery(self, subquery: Any, columns: ColumnCollection[Any]) -> None:
        first = self.selects[0]
        first._populate_subquery(subquery, columns)
        # each column stands for those of all members
        others = []
        for s in self.selects[1:]:
            more: ColumnCollection[Any] = ColumnCollection()
            s._populate_subquery(subquery, more)
            others.append(more.values())
        for i, c in enumerate(columns.values()):
            c._proxies = tuple(
                [*c._proxies, *[p for o in others if i < len(o) for p in o[i]._proxies]]
            )

    def self_group(self, against: Any = None) -> Any:
        return SelectStatementGrouping(self)

    _cache_key = _core.KeyRecipe(
        "compound",
        ((_core.KEY_VALUE, "keyword"), (_core.KEY_CHILDREN, "selects"), *KEY_PARTS),
        rare=RARE,
        rest=GenerativeSelect._key_of_rest,
    )


class SelectStatementGrouping(SelectBase):
    """A SELECT in parentheses."""

    __visit_name__ = "select_statement_grouping"
    _traverse_attrs = ("element",)
    _is_implicitly_boolean = False

    def __init__(self, element: Any) -> None:
        self.element = element

    @property
    def _all_selected_columns(self) -> Sequence[Any]:
        return self.element._all_selected_columns  # type: ignore[no-any-return]

    @property
    def selected_columns(self) -> Any:
        return self.element.selected_columns

    @property
    def select_statement(self) -> Any:
        return self.element

    def _columns_plus_names(self, anon_for_dupe: bool) -> list[tuple[Any, ...]]:
        return self.element._columns_plus_names(anon_for_dupe)  # type: ignore[no-any-return]

    def _populate_subquery(self, subquery: Any, columns: ColumnCollection[Any]) -> None:
        self.element._populate_subquery(subquery, columns)

    def _inner_froms(self) -> Iterable[Any]:
        return self.element._inner_froms()  # type: ignore[no-any-return]

    def self_group(self, against: Any = None) -> Any:
        return self

    def _ungroup(self) -> Any:
        return self.element

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (SelectStatementGrouping, self.element._cache_key(ctx))


class ScalarSelect(Grouping[_T]):
    """A SELECT of one column, as an expression."""

    __visit_name__ = "grouping"
    _is_scalar_select = True
    _is_implicitly_boolean = False
    _atomic = True
    _from_objects = ()
    _proxies = ()
    _tq_label = None
    _wraps_column = None

    def __init__(self, element: Any) -> None:
        self.element = element
        self.type = element._scalar_type()

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    def scalar_subquery(self) -> ScalarSelect[_T]:
        """The same SELECT as an expression."""
        return ScalarSelect(self.element)

    @property
    def columns(self) -> Any:
        """Raises exc.InvalidRequestError: an expression has no columns."""
        raise exc.InvalidRequestError(
            "Scalar Select expression has no columns; use this object directly within a "
            "column-level expression."
        )

    c = columns

    def where(self, crit: Any) -> ScalarSelect[_T]:
        """More WHERE."""
        return ScalarSelect(self.element.where(crit))

    def correlate(self, *fromclauses: Any) -> ScalarSelect[_T]:
        """Correlate FROMs to the enclosing SELECT."""
        return ScalarSelect(self.element.correlate(*fromclauses))

    def correlate_except(self, *fromclauses: Any) -> ScalarSelect[_T]:
        """Correlate all FROMs but these."""
        return ScalarSelect(self.element.correlate_except(*fromclauses))

    def self_group(self, against: Any = None) -> Any:
        return self

    def _negate(self) -> ColumnElement[Any]:
        return ColumnElement._negate(self)

    def _ungroup(self) -> Any:
        return self

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (ScalarSelect, self.element._cache_key(ctx))


class Exists(UnaryExpression[bool]):
    """``EXISTS (SELECT …)``."""

    def __init__(self, __argument: Any = None) -> None:
        argument = __argument
        s: Any
        if argument is None:
            s = Select(elements.ColumnClause("*", is_literal=True)).scalar_subquery()
        elif isinstance(argument, SelectBase):
            s = argument.scalar_subquery()
        elif isinstance(argument, ScalarSelect):
            s = argument
        else:
            s = Select(argument).scalar_subquery()
        self.operator = operators.exists
        self.element = s
        self.type = BOOLEANTYPE

    def _regroup(self, fn: Any) -> Exists:
        made = self._clone()
        inner = self.element.element
        if not isinstance(inner, Select):
            raise exc.InvalidRequestError(
                "Can only apply this operation to a plain SELECT construct"
            )
        made.element = fn(inner).scalar_subquery()
        return made

    def where(self, *criteria: Any) -> Exists:
        """More WHERE."""
        return self._regroup(lambda s: s.where(*criteria))

    def filter(self, *criteria: Any) -> Exists:
        """As where()."""
        return self.where(*criteria)

    def select_from(self, *froms: Any) -> Exists:
        """Name FROM clauses."""
        return self._regroup(lambda s: s.select_from(*froms))

    def correlate(self, *fromclauses: Any) -> Exists:
        """Correlate FROMs to the enclosing SELECT."""
        return self._regroup(lambda s: s.correlate(*fromclauses))

    def correlate_except(self, *fromclauses: Any) -> Exists:
        """Correlate all FROMs but these."""
        return self._regroup(lambda s: s.correlate_except(*fromclauses))

    def select(self) -> Select[tuple[bool]]:
        """``SELECT EXISTS (…)``."""
        return Select(self)

    @property
    def _from_objects(self) -> Sequence[Any]:  # type: ignore[override]
        return ()


class TextualSelect(SelectBase):
    """text() whose columns are known."""

    __visit_name__ = "textual_select"
    _traverse_attrs = ("element",)
    _label_style = LABEL_STYLE_NONE

    def __init__(self, text: Any, columns: Sequence[Any], positional: bool = False) -> None:
        self.element = text
        self.column_args = list(columns)
        self.positional = positional

    @property
    def _all_selected_columns(self) -> Sequence[Any]:
        return self.column_args

    @property
    def selected_columns(self) -> Any:
        return ColumnCollection([(c.key, c) for c in self.column_args]).as_readonly()

    def bindparams(self, *binds: Any, **bind_as_values: Any) -> TextualSelect:
        """Give values or types to its parameters."""
        c = self._generate()
        c.element = self.element.bindparams(*binds, **bind_as_values)
        return c

    def _populate_subquery(self, subquery: Any, columns: ColumnCollection[Any]) -> None:
        for c in self.column_args:
            key, proxy = c._make_proxy(subquery)
            columns._append(key, proxy)

    def self_group(self, against: Any = None) -> Any:
        return self if isinstance(against, str) else SelectStatementGrouping(self)

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (
            TextualSelect,
            self.element._cache_key(ctx),
            tuple([c._cache_key(ctx) for c in self.column_args]),
            self.positional,
            *[o._cache_key(ctx) for o in self._with_options],
        )


TextAsFrom = TextualSelect


class TableSample(AliasedReturnsRows):
    """``TABLESAMPLE``."""

    __visit_name__ = "tablesample"

    def _setup(
        self, selectable: Any, name: Any = None, sampling: Any = None, seed: Any = None
    ) -> None:
        from .functions import func

        known = isinstance(sampling, ClauseElement) and sampling._is_function
        self.sampling = sampling if known else func.system(sampling)
        self.seed = None if seed is None else expect_expr(seed)
        super()._setup(selectable, name)

    def _get_method(self) -> Any:
        return self.sampling

    def _key_extra(self, ctx: KeyContext) -> Any:
        return (
            self.sampling._cache_key(ctx),
            None if self.seed is None else self.seed._cache_key(ctx),
        )


class Values(HasCTE, NamedFromClause):
    """``VALUES (…), (…)`` as a FROM."""

    __visit_name__ = "values"
    _unnamed = True
    _data: tuple[Any, ...] = ()

    def __init__(self, *columns: Any, name: str | None = None, literal_binds: bool = False) -> None:
        self._column_args = columns
        if name is None:
            self._unnamed = True
            self.name = AnonName(self, "anon")
        else:
            self._unnamed = False
            self.name = name
        self.literal_binds = literal_binds
        self.named_with_column = not self._unnamed

    def _generate(self) -> Values:
        return self._clone()

    def alias(self, name: str | None = None, flat: bool = False) -> Values:
        c = self._clone()
        c.name = AnonName(c, "anon") if name is None else name
        c.named_with_column = True
        c._unnamed = False
        return c

    def lateral(self, name: str | None = None) -> Values:
        """The same as ``LATERAL (VALUES …)``."""
        c = self if name is None else self.alias(name)
        c = c._clone()
        c._is_lateral = True
        return c

    @property
    def _all_selected_columns(self) -> Sequence[Any]:
        return list(self.c)

    def data(self, values: Sequence[Any]) -> Values:
        """Add rows."""
        c = self._clone()
        c._data = (*self._data, values)
        return c

    def scalar_values(self) -> Any:
        """VALUES as an expression, in parentheses."""
        return ScalarValues(self)

    def _populate(self, columns: ColumnCollection[Any]) -> None:
        for c in self._column_args:
            if c.table is None or c.table is self:
                c.table = self  # a column of nothing else is the VALUES' own
                columns._append(c.key, c)
            else:
                key, proxy = c._make_proxy(self)
                columns._append(key, proxy)

    @property
    def _column_types(self) -> list[Any]:
        return [c.type for c in self._column_args]

    def get_children(self, *, omit_attrs: Any = (), **kw: Any) -> Iterator[Any]:
        return iter(())

    def _cache_key(self, ctx: KeyContext) -> Any:
        n, new = ctx.number(self)
        if not new:
            return (Values, n)
        rows = []
        for group in self._data:
            for row in group:
                for value in row:
                    if isinstance(value, ClauseElement):
                        rows.append(value._cache_key(ctx))
                    else:
                        # the values are written by the compiler, so they are structure
                        ctx.cacheable = False
                rows.append(None)
        return (
            Values,
            n,
            None if isinstance(self.name, AnonName) else self.name,
            tuple([c._cache_key(ctx) for c in self._column_args]),
            tuple(rows),
            self.literal_binds,
            tuple([(cte._cache_key(ctx), nest) for cte, nest in self._independent_ctes]),
        )


class ScalarValues(Grouping[Any]):
    """``(VALUES …)`` as an expression: its rows are in no FROM."""

    _is_implicitly_boolean = False
    _atomic = True
    _from_objects = ()
    _proxies = ()
    _tq_label = None
    _wraps_column = None

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    def _negate(self) -> ColumnElement[Any]:
        return ColumnElement._negate(self)

    def _ungroup(self) -> Any:
        return self

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (ScalarValues, self.element._cache_key(ctx))


class TableValuedColumn(elements.NamedColumn[Any]):
    """The whole row of a FROM as one column."""

    __visit_name__ = "table_valued_column"
    _traverse_attrs = ("scalar_alias",)

    def __init__(self, scalar_alias: Any, type_: Any = None) -> None:
        self.scalar_alias = scalar_alias
        self.key = self.name = scalar_alias.name
        if type_ is not None:
            self.type = type_

    def _make_proxy(self, selectable: Any, name: Any = None, key: Any = None) -> Any:
        return super()._make_proxy(selectable, self.name if name is None else name, key)

    @property
    def _from_objects(self) -> Sequence[Any]:  # type: ignore[override]
        return (self.scalar_alias,)

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (TableValuedColumn, self.scalar_alias._cache_key(ctx))


# where programs know them from
for _cls in (CompoundSelect, Exists, ScalarSelect, ScalarValues, SelectStatementGrouping,
             TableSample, TextualSelect, Values):  # fmt: skip
    _cls.__module__ = f"{__package__}.selectable"
