"""The functions that build SQL: `select`, `and_`, `case`, `text` …"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, overload

from .. import exc
from . import operators
from .base import CacheKey, ClauseElement, Executable
from .coercions import NO_VALUES, expect_by_of, expect_expr
from .column_collections import ColumnCollection
from .constructs import ReleaseSavepointClause, RollbackToSavepointClause, SavepointClause
from .dml import Delete, Insert, Update, UpdateBase, ValuesBase
from .elements import (
    FALSE,
    NO_ARG,
    NULL,
    TRUE,
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    Case,
    Cast,
    ClauseList,
    CollationClause,
    CollectionAggregate,
    ColumnClause,
    ColumnElement,
    Extract,
    False_,
    FunctionFilter,
    Grouping,
    Label,
    Null,
    Over,
    SQLColumnExpression,
    TextClause,
    True_,
    TryCast,
    Tuple,
    TypeClause,
    TypeCoerce,
    UnaryExpression,
    WithinGroup,
    quoted_name,
)
from .fromclause import (
    CTE,
    Alias,
    AliasedReturnsRows,
    FromClause,
    FromGrouping,
    Join,
    Lateral,
    ReturnsRows,
    Selectable,
    Subquery,
    TableClause,
)
from .functions import (
    Function,
    FunctionElement,
    GenericFunction,
    TableValuedAlias,
    func,
    modifier,
)
from .operators import ColumnOperators, Operators, custom_op
from .selectable import (
    LABEL_STYLE_DEFAULT,
    LABEL_STYLE_DISAMBIGUATE_ONLY,
    LABEL_STYLE_NONE,
    LABEL_STYLE_TABLENAME_PLUS_COL,
    CompoundSelect,
    Exists,
    GenerativeSelect,
    HasCTE,
    HasPrefixes,
    HasSuffixes,
    ScalarSelect,
    Select,
    SelectBase,
    SelectLabelStyle,
    TableSample,
    TextualSelect,
    Values,
)
from .typed_operators import SQLCoreOperations
from .visitors import Visitable

if TYPE_CHECKING:
    from ..orm.base import Mapped
    from ..orm.util import AliasedClass
    from .type_api import TypeArgument
    from .typed_operators import TypedReturnsRows

_T = TypeVar("_T")
_T1 = TypeVar("_T1")
_T2 = TypeVar("_T2")
_T3 = TypeVar("_T3")
_T4 = TypeVar("_T4")
_T5 = TypeVar("_T5")
_T6 = TypeVar("_T6")
_T7 = TypeVar("_T7")
_T8 = TypeVar("_T8")
_T9 = TypeVar("_T9")

ColumnExpressionArgument: TypeAlias = (
    ColumnElement[_T] | SQLCoreOperations[_T] | Callable[[], ColumnElement[_T]]
)
"""What where() and its like take: an expression, or a function that gives one."""
_T10 = TypeVar("_T10")

_Selected: TypeAlias = "type[_T] | SQLCoreOperations[_T] | Mapped[_T] | AliasedClass[_T]"
_Argument: TypeAlias = "SQLCoreOperations[_T] | Mapped[_T]"


# What a SELECT of so many classes and columns gives, for type checkers: a class gives its
# objects, a column or mapped attribute its values.
@overload
def select(_0: _Selected[_T1], /) -> Select[tuple[_T1]]: ...
@overload
def select(_0: _Selected[_T1], _1: _Selected[_T2], /) -> Select[tuple[_T1, _T2]]: ...
@overload
def select(
    _0: _Selected[_T1], _1: _Selected[_T2], _2: _Selected[_T3], /
) -> Select[tuple[_T1, _T2, _T3]]: ...
@overload
def select(
    _0: _Selected[_T1], _1: _Selected[_T2], _2: _Selected[_T3], _3: _Selected[_T4], /
) -> Select[tuple[_T1, _T2, _T3, _T4]]: ...
@overload
def select(
    _0: _Selected[_T1],
    _1: _Selected[_T2],
    _2: _Selected[_T3],
    _3: _Selected[_T4],
    _4: _Selected[_T5],
    /,
) -> Select[tuple[_T1, _T2, _T3, _T4, _T5]]: ...
@overload
def select(
    _0: _Selected[_T1],
    _1: _Selected[_T2],
    _2: _Selected[_T3],
    _3: _Selected[_T4],
    _4: _Selected[_T5],
    _5: _Selected[_T6],
    /,
) -> Select[tuple[_T1, _T2, _T3, _T4, _T5, _T6]]: ...
@overload
def select(
    _0: _Selected[_T1],
    _1: _Selected[_T2],
    _2: _Selected[_T3],
    _3: _Selected[_T4],
    _4: _Selected[_T5],
    _5: _Selected[_T6],
    _6: _Selected[_T7],
    /,
) -> Select[tuple[_T1, _T2, _T3, _T4, _T5, _T6, _T7]]: ...
@overload
def select(
    _0: _Selected[_T1],
    _1: _Selected[_T2],
    _2: _Selected[_T3],
    _3: _Selected[_T4],
    _4: _Selected[_T5],
    _5: _Selected[_T6],
    _6: _Selected[_T7],
    _7: _Selected[_T8],
    /,
) -> Select[tuple[_T1, _T2, _T3, _T4, _T5, _T6, _T7, _T8]]: ...
@overload
def select(
    _0: _Selected[_T1],
    _1: _Selected[_T2],
    _2: _Selected[_T3],
    _3: _Selected[_T4],
    _4: _Selected[_T5],
    _5: _Selected[_T6],
    _6: _Selected[_T7],
    _7: _Selected[_T8],
    _8: _Selected[_T9],
    /,
) -> Select[tuple[_T1, _T2, _T3, _T4, _T5, _T6, _T7, _T8, _T9]]: ...
@overload
def select(
    _0: _Selected[_T1],
    _1: _Selected[_T2],
    _2: _Selected[_T3],
    _3: _Selected[_T4],
    _4: _Selected[_T5],
    _5: _Selected[_T6],
    _6: _Selected[_T7],
    _7: _Selected[_T8],
    _8: _Selected[_T9],
    _9: _Selected[_T10],
    /,
) -> Select[tuple[_T1, _T2, _T3, _T4, _T5, _T6, _T7, _T8, _T9, _T10]]: ...
@overload
def select(*entities: Any, **kw: Any) -> Select[Any]: ...
def select(*entities: Any, **kw: Any) -> Select[Any]:
    """``SELECT`` columns, tables or mapped classes."""
    if kw:
        from .selectable import _select_kw_error

        _select_kw_error(kw)
    return Select(*entities)


def insert(table: Any) -> Insert:
    """``INSERT``."""
    return Insert(table)


def update(table: Any) -> Update:
    """``UPDATE``."""
    return Update(table)


def delete(table: Any) -> Delete:
    """``DELETE``."""
    return Delete(table)


if TYPE_CHECKING:
    # without a condition it is deprecated
    def and_(initial_clause: Any, *clauses: Any) -> ColumnElement[bool]:
        """Conditions joined by ``AND``."""

else:

    def and_(initial_clause: Any = NO_ARG, *clauses: Any) -> ColumnElement[bool]:
        """Conditions joined by ``AND``."""
        return BooleanClauseList.and_(initial_clause, *clauses)


if TYPE_CHECKING:
    # without a condition it is deprecated
    def or_(initial_clause: Any, *clauses: Any) -> ColumnElement[bool]:
        """Conditions joined by ``OR``."""

else:

    def or_(initial_clause: Any = NO_ARG, *clauses: Any) -> ColumnElement[bool]:
        """Conditions joined by ``OR``."""
        return BooleanClauseList.or_(initial_clause, *clauses)


def not_(clause: Any) -> ColumnElement[Any]:
    """``NOT`` of a condition."""
    return operators.inv(expect_expr(clause))


def null() -> Null:
    """``NULL``."""
    return NULL


def true() -> True_:
    """``true``."""
    return TRUE


def false() -> False_:
    """``false``."""
    return FALSE


def text(text: str) -> TextClause:
    """SQL as text, with ``:name`` parameters."""
    return TextClause(text)


def column(
    text: str,
    type_: TypeArgument[_T] | None = None,
    is_literal: bool = False,
    _selectable: Any = None,
) -> ColumnClause[_T]:
    """A column by name."""
    return ColumnClause(text, type_, is_literal, _selectable)


def table(name: str, *columns: Any, **kw: Any) -> TableClause:
    """A table by name."""
    return TableClause(name, *columns, **kw)


@overload
def literal(
    value: Any, type_: TypeArgument[_T], literal_execute: bool = ...
) -> BindParameter[_T]: ...
@overload
def literal(value: _T, type_: None = ..., literal_execute: bool = ...) -> BindParameter[_T]: ...
def literal(
    value: Any, type_: TypeArgument[Any] | None = None, literal_execute: bool = False
) -> BindParameter[Any]:
    """A Python value as bound expression."""
    from .sqltypes import to_instance

    if isinstance(value, NO_VALUES):
        raise exc.ArgumentError(f"Literal Python value expected, got {value!r}.")
    return BindParameter(
        None,
        value,
        type_=None if type_ is None else to_instance(type_),
        unique=True,
        literal_execute=literal_execute,
    )


def literal_column(text: str, type_: Any = None) -> ColumnClause[Any]:
    """SQL text where a column can stand."""
    return ColumnClause(text, type_=type_, is_literal=True)


def bindparam(
    key: str | None,
    value: Any = NO_ARG,
    type_: TypeArgument[_T] | None = None,
    unique: bool = False,
    required: Any = NO_ARG,
    quote: bool | None = None,
    callable_: Any = None,
    expanding: bool = False,
    isoutparam: bool = False,
    literal_execute: bool = False,
) -> BindParameter[_T]:
    """A parameter to be given a value when the statement is executed."""
    return BindParameter(
        key,
        value,
        type_,
        unique,
        required,
        quote,
        callable_,
        expanding,
        isoutparam,
        literal_execute,
    )


def outparam(key: str, type_: Any = None) -> BindParameter[Any]:
    """An OUT parameter."""
    return BindParameter(key, None, type_=type_, unique=False, isoutparam=True)


def label(name: str, element: _Argument[_T], type_: TypeArgument[_T] | None = None) -> Label[_T]:
    """``AS name``."""
    return Label(name, element, type_)


def cast(expression: Any, type_: TypeArgument[_T]) -> Cast[_T]:
    """``CAST(expression AS type)``."""
    return Cast(expression, type_)


def try_cast(expression: Any, type_: TypeArgument[_T]) -> TryCast[_T]:
    """``TRY_CAST(expression AS type)``."""
    return TryCast(expression, type_)


def type_coerce(expression: Any, type_: TypeArgument[_T]) -> TypeCoerce[_T]:
    """An expression seen as of another type, in Python only."""
    return TypeCoerce(expression, type_)


def case(*whens: Any, value: Any = None, else_: Any = None) -> Case[Any]:
    """``CASE WHEN … THEN … ELSE … END``."""
    return Case(*whens, value=value, else_=else_)


def extract(field: str, expr: Any) -> Extract:
    """``EXTRACT(field FROM expr)``."""
    return Extract(field, expr)


def tuple_(*clauses: Any, types: Sequence[Any] | None = None) -> Tuple:
    """``(a, b)``."""
    return Tuple(*clauses, types=types)


def over(
    element: Any,
    partition_by: Any = None,
    order_by: Any = None,
    range_: Any = None,
    rows: Any = None,
    groups: Any = None,
) -> Over[Any]:
    """``element OVER (…)``."""
    return Over(element, partition_by, order_by, range_, rows, groups)


def within_group(element: Any, *order_by: Any) -> WithinGroup[Any]:
    """``element WITHIN GROUP (ORDER BY …)``."""
    return WithinGroup(element, *order_by)


def funcfilter(func: Any, *criterion: Any) -> FunctionFilter[Any]:
    """``func FILTER (WHERE …)``."""
    return FunctionFilter(func, *criterion)


def collate(expression: Any, collation: str) -> BinaryExpression[str]:
    """``expression COLLATE collation``."""
    return expect_expr(expression).collate(collation)  # type: ignore[no-any-return]


def between(
    expr: Any, lower_bound: Any, upper_bound: Any, symmetric: bool = False
) -> BinaryExpression[bool]:
    """``expr BETWEEN lower AND upper``."""
    made = expect_expr(expr).between(lower_bound, upper_bound, symmetric=symmetric)
    return made  # type: ignore[no-any-return]


def distinct(expr: _Argument[_T]) -> UnaryExpression[_T]:
    """``DISTINCT expr``."""
    return expect_expr(expr).distinct()  # type: ignore[no-any-return]


def _ordering(column: Any, modifier: Any) -> UnaryExpression[Any]:
    return UnaryExpression(expect_by_of(column), modifier=modifier)


def asc(column: _Argument[_T] | str) -> UnaryExpression[_T]:
    """``column ASC``."""
    return _ordering(column, operators.asc_op)


def desc(column: _Argument[_T] | str) -> UnaryExpression[_T]:
    """``column DESC``."""
    return _ordering(column, operators.desc_op)


def nulls_first(column: _Argument[_T]) -> UnaryExpression[_T]:
    """``column NULLS FIRST``."""
    return _ordering(column, operators.nulls_first_op)


def nulls_last(column: _Argument[_T]) -> UnaryExpression[_T]:
    """``column NULLS LAST``."""
    return _ordering(column, operators.nulls_last_op)


nullsfirst, nullslast = nulls_first, nulls_last


def bitwise_not(expr: Any) -> Any:
    """``~expr``."""
    return expect_expr(expr).bitwise_not()


def any_(expr: Any) -> CollectionAggregate:
    """``ANY (expr)``."""
    return CollectionAggregate._create(expr, operators.any_op)


def all_(expr: Any) -> CollectionAggregate:
    """``ALL (expr)``."""
    return CollectionAggregate._create(expr, operators.all_op)


def exists(__argument: Any = None) -> Exists:
    """``EXISTS (SELECT …)``."""
    return Exists(__argument)


def union(*selects: TypedReturnsRows[_T]) -> CompoundSelect[_T]:
    """``UNION``."""
    return CompoundSelect("UNION", *selects)


def union_all(*selects: TypedReturnsRows[_T]) -> CompoundSelect[_T]:
    """``UNION ALL``."""
    return CompoundSelect("UNION ALL", *selects)


def except_(*selects: TypedReturnsRows[_T]) -> CompoundSelect[_T]:
    """``EXCEPT``."""
    return CompoundSelect("EXCEPT", *selects)


def except_all(*selects: TypedReturnsRows[_T]) -> CompoundSelect[_T]:
    """``EXCEPT ALL``."""
    return CompoundSelect("EXCEPT ALL", *selects)


def intersect(*selects: TypedReturnsRows[_T]) -> CompoundSelect[_T]:
    """``INTERSECT``."""
    return CompoundSelect("INTERSECT", *selects)


def intersect_all(*selects: TypedReturnsRows[_T]) -> CompoundSelect[_T]:
    """``INTERSECT ALL``."""
    return CompoundSelect("INTERSECT ALL", *selects)


def join(
    left: Any, right: Any, onclause: Any = None, isouter: bool = False, full: bool = False
) -> Join:
    """``left JOIN right``."""
    return Join(left, right, onclause, isouter, full)


def outerjoin(left: Any, right: Any, onclause: Any = None, full: bool = False) -> Join:
    """``left LEFT OUTER JOIN right``."""
    return Join(left, right, onclause, True, full)


def alias(selectable: Any, name: str | None = None, flat: bool = False) -> Any:
    """``selectable AS name``."""
    return Alias._factory(selectable, name, flat)


def subquery(selectable: Any, name: str | None = None) -> Subquery:
    """``(selectable) AS name``."""
    return selectable.subquery(name)  # type: ignore[no-any-return]


def cte(selectable: Any, name: str | None = None, recursive: bool = False) -> CTE:
    """``WITH name AS (selectable)``."""
    return selectable.cte(name, recursive=recursive)  # type: ignore[no-any-return]


def lateral(selectable: Any, name: str | None = None) -> Any:
    """``LATERAL (selectable)``."""
    return selectable.lateral(name=name)


def tablesample(selectable: Any, sampling: Any, name: str | None = None, seed: Any = None) -> Any:
    """``selectable TABLESAMPLE …``."""
    return selectable.tablesample(sampling, name=name, seed=seed)


def values(*columns: Any, name: str | None = None, literal_binds: bool = False) -> Values:
    """``VALUES`` as a FROM."""
    return Values(*columns, name=name, literal_binds=literal_binds)


TextAsFrom = TextualSelect
ExpressionClauseList = ClauseList


def Nullable(val: Any) -> Any:
    """The same column or class, for type checkers one that may be None."""
    return val


def NotNullable(val: Any) -> Any:
    """The same column or class, for type checkers one that is not None."""
    return val


def __getattr__(name: str) -> Any:
    if name in ("LambdaElement", "StatementLambdaElement", "lambda_stmt"):
        from . import lambdas

        return getattr(lambdas, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "CTE",
    "LABEL_STYLE_DEFAULT",
    "LABEL_STYLE_DISAMBIGUATE_ONLY",
    "LABEL_STYLE_NONE",
    "LABEL_STYLE_TABLENAME_PLUS_COL",
    "Alias",
    "AliasedReturnsRows",
    "BinaryExpression",
    "BindParameter",
    "BooleanClauseList",
    "CacheKey",
    "Case",
    "Cast",
    "ClauseElement",
    "ClauseList",
    "CollationClause",
    "CollectionAggregate",
    "ColumnClause",
    "ColumnCollection",
    "ColumnElement",
    "ColumnExpressionArgument",
    "ColumnOperators",
    "CompoundSelect",
    "Delete",
    "Executable",
    "Exists",
    "ExpressionClauseList",
    "Extract",
    "False_",
    "FromClause",
    "FromGrouping",
    "Function",
    "FunctionElement",
    "FunctionFilter",
    "GenerativeSelect",
    "GenericFunction",
    "Grouping",
    "HasCTE",
    "HasPrefixes",
    "HasSuffixes",
    "Insert",
    "Join",
    "Label",
    "Lateral",
    "NotNullable",
    "Null",
    "Nullable",
    "Operators",
    "Over",
    "ReleaseSavepointClause",
    "ReturnsRows",
    "RollbackToSavepointClause",
    "SQLColumnExpression",
    "SavepointClause",
    "ScalarSelect",
    "Select",
    "SelectBase",
    "SelectLabelStyle",
    "Selectable",
    "Subquery",
    "TableClause",
    "TableSample",
    "TableValuedAlias",
    "TextAsFrom",
    "TextClause",
    "TextualSelect",
    "True_",
    "TryCast",
    "Tuple",
    "TypeClause",
    "TypeCoerce",
    "UnaryExpression",
    "Update",
    "UpdateBase",
    "Values",
    "ValuesBase",
    "Visitable",
    "WithinGroup",
    "alias",
    "all_",
    "and_",
    "any_",
    "asc",
    "between",
    "bindparam",
    "bitwise_not",
    "case",
    "cast",
    "collate",
    "column",
    "cte",
    "custom_op",
    "delete",
    "desc",
    "distinct",
    "except_",
    "except_all",
    "exists",
    "extract",
    "false",
    "func",
    "funcfilter",
    "insert",
    "intersect",
    "intersect_all",
    "join",
    "label",
    "lateral",
    "literal",
    "literal_column",
    "modifier",
    "not_",
    "null",
    "nulls_first",
    "nulls_last",
    "nullsfirst",
    "nullslast",
    "or_",
    "outerjoin",
    "outparam",
    "over",
    "quoted_name",
    "select",
    "subquery",
    "table",
    "tablesample",
    "text",
    "true",
    "try_cast",
    "tuple_",
    "type_coerce",
    "union",
    "union_all",
    "update",
    "values",
    "within_group",
]
