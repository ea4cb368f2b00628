"""The functions that build SQL: `select`, `and_`, `case`, `text` …"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, overload

from .. import exc
from .._late import late_names
from . import comparators, elements, operators, selectable
from .base import CacheKey, ClauseElement, Executable
from .coercions import NO_VALUES, expect_by_of, expect_expr
from .column_collections import ColumnCollection
from .dml import Delete, Insert, Update, UpdateBase, ValuesBase
from .elements import (
    FALSE,
    NO_ARG,
    NULL,
    TRUE,
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    ClauseList,
    ColumnClause,
    ColumnElement,
    False_,
    Grouping,
    Label,
    Null,
    SQLColumnExpression,
    True_,
    UnaryExpression,
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
    GenerativeSelect,
    HasCTE,
    HasPrefixes,
    HasSuffixes,
    Select,
    SelectBase,
    SelectLabelStyle,
)
from .typed_operators import SQLCoreOperations
from .visitors import Visitable

if TYPE_CHECKING:
    from ..orm.base import Mapped
    from ..orm.util import AliasedClass
    from .constructs import Case as Case
    from .constructs import Cast as Cast
    from .constructs import CollationClause as CollationClause
    from .constructs import CollectionAggregate as CollectionAggregate
    from .constructs import Extract as Extract
    from .constructs import FunctionFilter as FunctionFilter
    from .constructs import Over as Over
    from .constructs import ReleaseSavepointClause as ReleaseSavepointClause
    from .constructs import RollbackToSavepointClause as RollbackToSavepointClause
    from .constructs import SavepointClause as SavepointClause
    from .constructs import TextClause as TextClause
    from .constructs import TryCast as TryCast
    from .constructs import Tuple as Tuple
    from .constructs import TypeClause as TypeClause
    from .constructs import TypeCoerce as TypeCoerce
    from .constructs import WithinGroup as WithinGroup
    from .select_forms import CompoundSelect as CompoundSelect
    from .select_forms import Exists as Exists
    from .select_forms import ScalarSelect as ScalarSelect
    from .select_forms import TableSample as TableSample
    from .select_forms import TextualSelect as TextAsFrom
    from .select_forms import TextualSelect as TextualSelect
    from .select_forms import Values as Values
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
    """``SELECT`` columns, tables or mapped classes.

    entities: what each row has: mapped classes, attributes, columns, tables, other expressions.
    Returns a Select, to which where(), join(), order_by() … add. Raises exc.ArgumentError for what
    cannot be selected, as for a list of the 1.x style.
    """
    if kw:
        from .selectable import _select_kw_error

        _select_kw_error(kw)
    return Select(*entities)


def insert(table: Any) -> Insert:
    """``INSERT`` into a Table or the table of a mapped class; see values(), returning()."""
    return Insert(table)


def update(table: Any) -> Update:
    """``UPDATE`` of a Table or the table of a mapped class; see where(), values(), returning()."""
    return Update(table)


def delete(table: Any) -> Delete:
    """``DELETE`` from a Table or the table of a mapped class; see where(), returning()."""
    return Delete(table)


if TYPE_CHECKING:
    # without a condition it is deprecated
    def and_(initial_clause: Any, *clauses: Any) -> ColumnElement[bool]:
        """Conditions joined by ``AND``."""

else:

    def and_(initial_clause: Any = NO_ARG, *clauses: Any) -> ColumnElement[bool]:
        """Conditions joined by ``AND``.

        initial_clause, clauses: SQL expressions, or booleans. Returns one expression: of a single
        condition that condition. Without any it is deprecated: begin with true().
        """
        return BooleanClauseList.and_(initial_clause, *clauses)


if TYPE_CHECKING:
    # without a condition it is deprecated
    def or_(initial_clause: Any, *clauses: Any) -> ColumnElement[bool]:
        """Conditions joined by ``OR``."""

else:

    def or_(initial_clause: Any = NO_ARG, *clauses: Any) -> ColumnElement[bool]:
        """Conditions joined by ``OR``.

        initial_clause, clauses: SQL expressions, or booleans. Returns one expression: of a single
        condition that condition. Without any it is deprecated: begin with false().
        """
        return BooleanClauseList.or_(initial_clause, *clauses)


def not_(clause: Any) -> ColumnElement[Any]:
    """``NOT`` of a condition; a comparison is turned into its opposite, ``!=`` for ``=``.

    clause: a SQL expression. The operator ``~`` does the same.
    """
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
    """SQL as text, with ``:name`` parameters.

    text: str; a backslash before a colon keeps it. Returns a statement that can be executed, and a
    part of others; bindparams() and columns() say of which types its parameters and columns are.
    """
    return elements.TextClause(text)


def column(
    text: str,
    type_: TypeArgument[_T] | None = None,
    is_literal: bool = False,
    _selectable: Any = None,
) -> ColumnClause[_T]:
    """A column by name, of no Table.

    text: the name; is_literal: it is SQL and not to be quoted. type_: a type, by class or object.
    """
    return ColumnClause(text, type_, is_literal, _selectable)


def table(name: str, *columns: Any, **kw: Any) -> TableClause:
    """A table by name, of no MetaData.

    name: str; columns: what column() gives. Of the keyword arguments only `schema` is known:
    exc.ArgumentError for others.
    """
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
    """A Python value as a bound parameter.

    value: any value that has a type; type_: its type, which the value says otherwise;
    literal_execute: render it in the SQL when the statement is executed. Raises exc.ArgumentError
    for what is no value.
    """
    from .sqltypes import TypeEngine, to_instance

    if isinstance(value, (*NO_VALUES, TypeEngine)) or hasattr(value, "__clause_element__"):
        raise exc.ArgumentError(f"Literal Python value expected, got {value!r}.")
    return BindParameter(
        None,
        value,
        type_=None if type_ is None else to_instance(type_),
        unique=True,
        literal_execute=literal_execute,
    )


def literal_column(text: str, type_: Any = None) -> ColumnClause[Any]:
    """SQL text where a column can stand; it is not quoted, so it must not come from outside.

    text: str; type_: the type of its values.
    """
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
    """A parameter to be given a value when the statement is executed.

    key: its name; None makes one. value: the value it has otherwise; callable_: a function that
    gives it. type_: its type. unique: the name is changed where it is met twice. required: a value
    has to be given (the default without one). expanding: it stands for a list, as in ``IN :ids``.
    literal_execute: the value is rendered in the SQL at execution. quote: quote the name;
    isoutparam: it is an OUT parameter.
    """
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
    """An OUT parameter, for databases that have them: its name (key) and type_."""
    return BindParameter(key, None, type_=type_, unique=False, isoutparam=True)


def label(name: str, element: _Argument[_T], type_: TypeArgument[_T] | None = None) -> Label[_T]:
    """``AS name``.

    name: str; element: an expression; type_: the type it is to have.
    """
    return Label(name, element, type_)


def cast(expression: Any, type_: TypeArgument[_T]) -> Cast[_T]:
    """``CAST(expression AS type)``.

    expression: an expression or a value; type_: a type, by class or object.
    """
    return elements.Cast(expression, type_)


def try_cast(expression: Any, type_: TypeArgument[_T]) -> TryCast[_T]:
    """``TRY_CAST(expression AS type)``, of SQL Server: NULL for what cannot be cast to type_."""
    return elements.TryCast(expression, type_)


def type_coerce(expression: Any, type_: TypeArgument[_T]) -> TypeCoerce[_T]:
    """An expression or value seen as of another type, type_, in Python only: no SQL is rendered for
    it.
    """
    return elements.TypeCoerce(expression, type_)


def case(*whens: Any, value: Any = None, else_: Any = None) -> Case[Any]:
    """``CASE WHEN … THEN … ELSE … END``.

    whens: tuples (condition, result), or one dict of results by value, for which `value` is
    compared. else_: the result when nothing meets; otherwise it is NULL.
    """
    return elements.Case(*whens, value=value, else_=else_)


def extract(field: str, expr: Any) -> Extract:
    """``EXTRACT(field FROM expr)``."""
    return elements.Extract(field, expr)


def tuple_(*clauses: Any, types: Sequence[Any] | None = None) -> Tuple:
    """``(a, b)``, as for ``tuple_(t.c.a, t.c.b).in_([(1, 2), (3, 4)])``.

    clauses: expressions; types: their types.
    """
    return elements.Tuple(*clauses, types=types)


def over(
    element: Any,
    partition_by: Any = None,
    order_by: Any = None,
    range_: Any = None,
    rows: Any = None,
    groups: Any = None,
) -> Over[Any]:
    """``element OVER (…)``: a window function.

    element: a function; partition_by, order_by: an expression or several. rows, range_, groups: the
    frame as (from, to), where None is unbounded, 0 the current row and -1 the one before. Raises
    exc.ArgumentError for more than one of the three.
    """
    return elements.Over(element, partition_by, order_by, range_, rows, groups)


def within_group(element: Any, *order_by: Any) -> WithinGroup[Any]:
    """``element WITHIN GROUP (ORDER BY …)``: an ordered-set aggregate function, and its order_by."""
    return elements.WithinGroup(element, *order_by)


def funcfilter(func: Any, *criterion: Any) -> FunctionFilter[Any]:
    """``func FILTER (WHERE …)``: an aggregate function of the rows that meet each criterion."""
    return elements.FunctionFilter(func, *criterion)


def collate(expression: Any, collation: str) -> BinaryExpression[str]:
    """``expression COLLATE collation``."""
    return comparators.collate(expect_expr(expression), operators.collate, collation)


def between(
    expr: Any, lower_bound: Any, upper_bound: Any, symmetric: bool = False
) -> BinaryExpression[bool]:
    """``expr BETWEEN lower_bound AND upper_bound``; symmetric: the bounds in either order."""
    made = expect_expr(expr).between(lower_bound, upper_bound, symmetric=symmetric)
    return made  # type: ignore[no-any-return]


def distinct(expr: _Argument[_T]) -> UnaryExpression[_T]:
    """``DISTINCT expr``."""
    return comparators.distinct(expect_expr(expr), operators.distinct_op)


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
    return comparators.bitwise_not(expect_expr(expr), operators.bitwise_not_op)


def any_(expr: Any) -> CollectionAggregate:
    """``ANY (expr)``."""
    return elements.CollectionAggregate._create(expr, operators.any_op)


def all_(expr: Any) -> CollectionAggregate:
    """``ALL (expr)``."""
    return elements.CollectionAggregate._create(expr, operators.all_op)


def exists(__argument: Any = None) -> Exists:
    """``EXISTS (SELECT …)``."""
    return selectable.Exists(__argument)


def union(*selects: TypedReturnsRows[_T]) -> CompoundSelect[_T]:
    """``UNION`` of the selects: each row once."""
    return selectable.CompoundSelect("UNION", *selects)


def union_all(*selects: TypedReturnsRows[_T]) -> CompoundSelect[_T]:
    """``UNION ALL`` of the selects."""
    return selectable.CompoundSelect("UNION ALL", *selects)


def except_(*selects: TypedReturnsRows[_T]) -> CompoundSelect[_T]:
    """``EXCEPT``: rows of the first of the selects that no other one has."""
    return selectable.CompoundSelect("EXCEPT", *selects)


def except_all(*selects: TypedReturnsRows[_T]) -> CompoundSelect[_T]:
    """``EXCEPT ALL`` of the selects."""
    return selectable.CompoundSelect("EXCEPT ALL", *selects)


def intersect(*selects: TypedReturnsRows[_T]) -> CompoundSelect[_T]:
    """``INTERSECT``: rows that all selects have."""
    return selectable.CompoundSelect("INTERSECT", *selects)


def intersect_all(*selects: TypedReturnsRows[_T]) -> CompoundSelect[_T]:
    """``INTERSECT ALL`` of the selects."""
    return selectable.CompoundSelect("INTERSECT ALL", *selects)


def join(
    left: Any, right: Any, onclause: Any = None, isouter: bool = False, full: bool = False
) -> Join:
    """``left JOIN right``.

    left, right: tables, or other FROM clauses; onclause: the condition, which foreign keys say
    otherwise: exc.NoForeignKeysError and exc.AmbiguousForeignKeysError if they do not. isouter: a
    ``LEFT OUTER JOIN``; full: a ``FULL OUTER JOIN``.
    """
    return Join(left, right, onclause, isouter, full)


def outerjoin(left: Any, right: Any, onclause: Any = None, full: bool = False) -> Join:
    """``left LEFT OUTER JOIN right``; onclause and full as for join()."""
    return Join(left, right, onclause, True, full)


def alias(selectable: Any, name: str | None = None, flat: bool = False) -> Any:
    """``selectable AS name``: to use a table twice.

    name: None makes one. flat: of a join, its tables get aliases instead.
    """
    return Alias._factory(selectable, name, flat)


def subquery(selectable: Any, name: str | None = None) -> Subquery:
    """``(selectable) AS name``."""
    return selectable.subquery(name)  # type: ignore[no-any-return]


def cte(selectable: Any, name: str | None = None, recursive: bool = False) -> CTE:
    """``WITH name AS (selectable)``; recursive: with union_all() of itself."""
    return selectable.cte(name, recursive=recursive)  # type: ignore[no-any-return]


def lateral(selectable: Any, name: str | None = None) -> Any:
    """``LATERAL (selectable)`` under a name: a subquery that sees the FROM clauses before it."""
    return selectable.lateral(name=name)


def tablesample(selectable: Any, sampling: Any, name: str | None = None, seed: Any = None) -> Any:
    """``selectable TABLESAMPLE …``.

    sampling: a percentage, or a function such as ``func.bernoulli(1)``; name: of the alias; seed:
    of ``REPEATABLE``.
    """
    return selectable.tablesample(sampling, name=name, seed=seed)


def values(*columns: Any, name: str | None = None, literal_binds: bool = False) -> Values:
    """``VALUES`` as a FROM; data() gives the rows.

    columns: what column() gives; name: of the FROM; literal_binds: render values in the SQL.
    """
    return selectable.Values(*columns, name=name, literal_binds=literal_binds)


ExpressionClauseList = ClauseList


def Nullable(val: Any) -> Any:
    """The same column or class, for type checkers one that may be None."""
    return val


def NotNullable(val: Any) -> Any:
    """The same column or class, for type checkers one that is not None."""
    return val


if not TYPE_CHECKING:
    # classes that stand in few statements, and modules of their own: an import need not make them
    __getattr__ = late_names(
        __name__,
        {
            ".constructs": (
                "Case Cast CollationClause CollectionAggregate Extract FunctionFilter Over "
                "ReleaseSavepointClause RollbackToSavepointClause SavepointClause TextClause "
                "TryCast Tuple TypeClause TypeCoerce WithinGroup"
            ),
            ".lambdas": "LambdaElement StatementLambdaElement lambda_stmt",
            ".select_forms": (
                "CompoundSelect Exists ScalarSelect TableSample TextAsFrom TextualSelect Values"
            ),
        },
    )


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
