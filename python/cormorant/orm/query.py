"""`Query`: the select of `session.query()`, which gives objects rather than rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from .. import _core, util
from .. import exc as sa_exc
from ..sql import expression
from ..sql.coercions import expect_from, expect_selecting
from ..sql.elements import BooleanClauseList
from ..sql.functions import func
from ..sql.selectable import (
    LABEL_STYLE_DISAMBIGUATE_ONLY,
    LABEL_STYLE_TABLENAME_PLUS_COL,
    Select,
    SelectLabelStyle,
    namespace_key,
)
from .context import AdaptFrom, FromStatement, SelectState, column_descriptions
from .listening import query_events
from .loader_criteria import LoaderCriteriaOption
from .loading import lead_mapper
from .nodes import EagerLoadsOff, NamedAsQuery, entity_within
from .plain_select import plain_select
from .query_running import QueryRunning
from .strategy_options import lenient

if TYPE_CHECKING:
    from typing import Self

    from ..engine.row import Row
    from ..sql.expression import CTE, Label, ScalarSelect, Subquery, _Selected

_T = TypeVar("_T", bound=Any)
_E = TypeVar("_E")
_T1 = TypeVar("_T1")
_T2 = TypeVar("_T2")
_T3 = TypeVar("_T3")
_T4 = TypeVar("_T4")
_F = TypeVar("_F", bound=Callable[..., Any])

__all__ = ["Query"]


def _check_criterion(statement: Any, called: str, limited: bool) -> None:
    """What cannot follow from_statement() nor (`limited`) limit()."""
    if statement.__class__ is FromStatement:
        raise sa_exc.InvalidRequestError(
            f"Query.{called}() being called on a Query with an existing full "
            "statement - can't apply criterion."
        )
    if limited and (statement._limit_clause is not None or statement._offset_clause is not None):
        raise sa_exc.InvalidRequestError(
            f"Query.{called}() being called on a Query which already has LIMIT or "
            f"OFFSET applied.  Call {called}() before limit() or offset() are "
            "applied."
        )


def _criterion(name: str | None = None, limited: bool = True) -> Callable[[_F], _F]:
    """A method that cannot follow from_statement() nor (`limited`) limit()."""

    def decorate(method: _F) -> _F:
        called = name or method.__name__

        @wraps(method)
        def checked(self: Query[Any], *args: Any, **kwargs: Any) -> Any:
            if self._enable_assertions:
                _check_criterion(self._stmt, called, limited)
            return method(self, *args, **kwargs)

        return checked  # type: ignore[return-value]

    return decorate


def _legacy(message: str) -> None:
    warning = sa_exc.LegacyAPIWarning(f"{message} (deprecated since: 2.0)")
    warning.deprecated_since = "2.0"
    util.issue_warning(warning)


class Query(QueryRunning[_T], _core.Generative):
    """A select of entities and columns, bound to a session.

    It is built by its methods, each of which gives a new query, and run by :meth:`all`,
    :meth:`first`, :meth:`one` and so on, or by iterating.
    """

    _label_style_given: SelectLabelStyle | None = None
    _params: Mapping[str, Any] | None = None

    def __init__(self, entities: Any, session: Any = None) -> None:
        self.session = session
        if not isinstance(entities, (tuple, list)):
            entities = (entities,)
        statement: Any = Select(*entities)
        for column in statement._raw_columns:
            if (
                column._is_from_clause
                and (mapper := column._annotations.get("parentmapper"))
                and mapper.registry._new_mappers  # what options name may be a back reference
            ):
                mapper._check_configure()
        statement._label_style = LABEL_STYLE_TABLENAME_PLUS_COL
        self._stmt = statement
        self._entities = entities

    # -- copies ---------------------------------------------------------------

    def _with(self, statement: Any) -> Self:
        new = self._generate()
        new._stmt = statement
        return new

    def _set(self, **values: Any) -> Self:
        new = self._generate()
        new.__dict__.update(values)
        return new

    # -- the statement --------------------------------------------------------

    @property
    def statement(self) -> Any:
        """The Select (or other statement) that this query stands for."""
        query = self._compiled() if query_events else self
        statement = query._stmt
        if statement.__class__ is not FromStatement:
            statement = statement.set_label_style(
                query._label_style_given or LABEL_STYLE_DISAMBIGUATE_ONLY
            )
            if not query._eager:
                statement = statement.options(EagerLoadsOff())
        if query._params:
            statement = statement.params(query._params)
        return statement

    def _statement_20(self) -> Any:
        # Not public, but libraries that page through queries ask for the statement by this name.
        return self.statement

    def __clause_element__(self) -> Any:
        return self.statement

    @property
    def selectable(self) -> Any:
        """The statement."""
        return self.__clause_element__()

    @property
    def whereclause(self) -> Any:
        """The WHERE criteria in one expression, or None."""
        return BooleanClauseList._construct_for_whereclause(self._stmt._where_criteria)

    @property
    def column_descriptions(self) -> list[dict[str, Any]]:
        """What each column of the query is: name, type, expression, entity."""
        return column_descriptions(self._stmt, True, self._entities)

    @property
    def is_single_entity(self) -> bool:
        """True if results are single objects rather than rows."""
        columns = self._stmt._raw_columns
        if self._as_tuples is True or len(columns) != 1:
            return False
        return "parententity" in columns[0]._annotations

    @property
    def lazy_loaded_from(self) -> Any:
        """The state a lazy load runs for; None here."""
        return None

    def _for_subquery(self) -> Any:
        if self._stmt.__class__ is FromStatement:
            raise sa_exc.InvalidRequestError(
                "Can't call this method on a Query that uses from_statement()"
            )
        return self.enable_eagerloads(False).statement

    def subquery(
        self, name: str | None = None, with_labels: bool = False, reduce_columns: bool = False
    ) -> Subquery:
        """The query as a FROM clause."""
        statement = self._for_subquery()
        if with_labels:
            statement = statement.set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)
        if self._params:
            statement = statement.params(self._params)
        if reduce_columns:
            statement = statement.reduce_columns()
        return statement.subquery(name=name)  # type: ignore[no-any-return]

    def cte(self, name: str | None = None, recursive: bool = False, nesting: bool = False) -> CTE:
        """The query as a common table expression."""
        return self._for_subquery().cte(name=name, recursive=recursive, nesting=nesting)  # type: ignore[no-any-return]

    def label(self, name: str | None) -> Label[Any]:
        """The query as a scalar subquery with a name."""
        return self.scalar_subquery().label(name)

    def scalar_subquery(self) -> ScalarSelect[Any]:
        """The query as an expression: its one value."""
        return self._for_subquery().scalar_subquery()  # type: ignore[no-any-return]

    def as_scalar(self) -> ScalarSelect[Any]:
        """scalar_subquery() by its old name."""
        util.warn_deprecated(
            "The Query.as_scalar() method is deprecated and will be removed in a future "
            "release.  Please refer to Query.scalar_subquery(). (deprecated since: 1.4)",
            version="1.4",
        )
        return self.scalar_subquery()

    def exists(self) -> expression.Exists:
        """``EXISTS (SELECT 1 …)`` of this query."""
        statement = self._for_subquery()
        inner = statement.with_only_columns(1)
        inner._with_options = lenient(statement._with_options)
        if not statement._from_obj and statement._raw_columns:
            entity = entity_within(statement._raw_columns[0])
            if entity is not None:
                inner = inner.select_from(entity)
        return expression.Exists(inner)

    def _check_columns(self) -> None:
        if not self._stmt._raw_columns:
            raise sa_exc.InvalidRequestError("Query contains no columns with which to SELECT from.")

    def __str__(self) -> str:
        self._check_columns()
        query = self._compiled() if query_events else self
        statement, plain = query._stmt, None
        session = self.session
        dialect = None
        if session is not None:
            try:
                dialect = session.get_bind(clause=statement).dialect
            except sa_exc.UnboundExecutionError:
                pass
        if statement.__class__ is FromStatement:
            plain = statement
        else:
            state = SelectState(statement, legacy=True, eager=self._eager)
            plain = plain_select(state)
        return str(plain.compile(dialect=dialect) if dialect is not None else plain.compile())

    # -- what is selected -----------------------------------------------------

    @overload
    def with_entities(self, entity: type[_E], /) -> Query[_E]: ...  # type: ignore[overload-overlap]
    @overload
    def with_entities(self, _0: _Selected[_T1], /) -> RowReturningQuery[tuple[_T1]]: ...
    @overload
    def with_entities(
        self, _0: _Selected[_T1], _1: _Selected[_T2], /
    ) -> RowReturningQuery[tuple[_T1, _T2]]: ...
    @overload
    def with_entities(
        self, _0: _Selected[_T1], _1: _Selected[_T2], _2: _Selected[_T3], /
    ) -> RowReturningQuery[tuple[_T1, _T2, _T3]]: ...
    @overload
    def with_entities(
        self, _0: _Selected[_T1], _1: _Selected[_T2], _2: _Selected[_T3], _3: _Selected[_T4], /
    ) -> RowReturningQuery[tuple[_T1, _T2, _T3, _T4]]: ...
    @overload
    def with_entities(self, *entities: Any, **kwargs: Any) -> Query[Any]: ...
    def with_entities(self, *entities: Any, **kwargs: Any) -> Query[Any]:
        """Select something else under the same criteria."""
        statement = self._stmt.with_only_columns(*entities)
        if statement._with_options:
            statement._with_options = lenient(statement._with_options)
        new = self._with(statement)
        new._entities = entities
        return new

    def add_columns(self, *column: Any) -> Query[Any]:
        """Select more."""
        new = self._with(self._stmt.add_columns(*column))
        new._entities = (*self._entities, *column)
        return new

    def add_entity(self, entity: Any, alias: Any = None) -> Query[Any]:
        """Select one more entity."""
        if alias is not None:
            from .util import aliased

            entity = aliased(entity, alias)
        return self.add_columns(entity)

    def add_column(self, column: Any) -> Query[Any]:
        """add_columns() of one column, by its old name."""
        util.warn_deprecated(
            "Query.add_column() is deprecated and will be removed in a future release.  Please "
            "use Query.add_columns() (deprecated since: 1.4)",
            version="1.4",
        )
        return self.add_columns(column)

    def values(self, *columns: Any) -> Iterator[Any]:
        """with_entities(), iterated."""
        util.warn_deprecated(
            "Query.values() is deprecated and will be removed in a future release.  Please use "
            "Query.with_entities() (deprecated since: 1.4)",
            version="1.4",
        )
        query = self.with_entities(*columns)
        return _later(query)

    def value(self, column: Any) -> Any:
        """with_entities(), the first value."""
        util.warn_deprecated(
            "Query.value() is deprecated and will be removed in a future release.  Please use "
            "Query.with_entities() in combination with Query.scalar() (deprecated since: 1.4)",
            version="1.4",
        )
        rows = self.with_entities(column)._rows()
        return rows[0][0] if rows else None

    def tuples(self: Query[_E]) -> Query[tuple[_E]]:
        """Give rows also for a single entity."""
        return self.only_return_tuples(True)  # type: ignore[return-value]

    @overload
    def only_return_tuples(
        self: Query[_E], value: Literal[True]
    ) -> RowReturningQuery[tuple[_E]]: ...
    @overload
    def only_return_tuples(self: Query[_E], value: Literal[False]) -> Query[_E]: ...
    @overload
    def only_return_tuples(self, value: bool) -> Query[Any]: ...
    def only_return_tuples(self, value: bool) -> Query[Any]:
        """Whether to give rows also for a single entity."""
        return self._set(_as_tuples=value)

    def set_label_style(self, style: SelectLabelStyle) -> Self:
        """How columns of the statement are labelled."""
        return self._set(_label_style_given=style)

    def get_label_style(self) -> SelectLabelStyle:
        """How columns of the statement are labelled."""
        return self._label_style_given or LABEL_STYLE_DISAMBIGUATE_ONLY

    def with_labels(self) -> Self:
        """set_label_style() by its old name."""
        _legacy(
            "The Query.with_labels() and Query.apply_labels() method is considered legacy as of "
            "the 1.x series of SQLAlchemy and becomes a legacy construct in 2.0. Use "
            "set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL) instead."
        )
        return self.set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)

    apply_labels = with_labels

    # -- criteria -------------------------------------------------------------

    def filter(self, *criterion: Any) -> Self:
        """Criteria, joined by AND."""
        statement = self._stmt
        if self._enable_assertions:
            _check_criterion(statement, "filter", True)
        new = self._generate()
        new._stmt = statement.where(*criterion)
        return new

    def where(self, *criterion: Any) -> Self:
        """filter()."""
        return self.filter(*criterion)

    @_criterion("filter")
    def filter_by(self, **kwargs: Any) -> Self:
        """Equalities on attributes of the last joined, else the first, entity."""
        statement = self._stmt
        if any(isinstance(option, AdaptFrom) for option in statement._with_options):
            # The columns are those of the entity, not of the subquery.
            zero = statement._raw_columns[0]
            if len(statement._setup_joins) > statement._joins_passed:
                zero = statement._filter_by_zero()
            return self.filter(*[namespace_key(zero, k) == v for k, v in kwargs.items()])
        return self._with(statement.filter_by(**kwargs))

    @_criterion()
    def order_by(self, *clauses: Any) -> Self:
        """ORDER BY; a single None takes away what was there."""
        return self._with(self._stmt.order_by(*clauses))

    @_criterion()
    def group_by(self, *clauses: Any) -> Self:
        """GROUP BY; a single None takes away what was there."""
        return self._with(self._stmt.group_by(*clauses))

    @_criterion()
    def having(self, *having: Any) -> Self:
        """HAVING, joined by AND."""
        return self._with(self._stmt.having(*having))

    @_criterion(limited=False)
    def limit(self, limit: Any) -> Self:
        """LIMIT."""
        return self._with(self._stmt.limit(limit))

    @_criterion(limited=False)
    def offset(self, offset: Any) -> Self:
        """OFFSET."""
        return self._with(self._stmt.offset(offset))

    @_criterion(limited=False)
    def slice(self, start: Any, stop: Any) -> Self:
        """LIMIT and OFFSET as a Python slice says them."""
        return self._with(self._stmt.slice(start, stop))

    @_criterion(limited=False)
    def distinct(self, *expr: Any) -> Self:
        """DISTINCT."""
        return self._with(self._stmt.distinct(*expr))

    def correlate(self, *fromclauses: Any) -> Self:
        """Leave FROMs to the enclosing select when used as a subquery."""
        return self._with(self._stmt.correlate(*fromclauses))

    def prefix_with(self, *prefixes: Any, dialect: str = "*") -> Self:
        """Text after SELECT."""
        return self._with(self._stmt.prefix_with(*prefixes, dialect=dialect))

    def suffix_with(self, *suffixes: Any, dialect: str = "*") -> Self:
        """Text at the end."""
        return self._with(self._stmt.suffix_with(*suffixes, dialect=dialect))

    def with_hint(self, selectable: Any, text: str, dialect_name: str = "*") -> Self:
        """A hint for one FROM."""
        return self._with(self._stmt.with_hint(selectable, text, dialect_name))

    def with_statement_hint(self, text: str, dialect_name: str = "*") -> Self:
        """A hint for the statement."""
        return self._with(self._stmt.with_statement_hint(text, dialect_name))

    def with_for_update(
        self,
        *,
        nowait: bool = False,
        read: bool = False,
        of: Any = None,
        skip_locked: bool = False,
        key_share: bool = False,
    ) -> Self:
        """FOR UPDATE."""
        return self._with(
            self._stmt.with_for_update(
                nowait=nowait, read=read, of=of, skip_locked=skip_locked, key_share=key_share
            )
        )

    # -- FROM -----------------------------------------------------------------

    @_criterion()
    def join(
        self, target: Any, onclause: Any = None, *, isouter: bool = False, full: bool = False
    ) -> Self:
        """JOIN along a relationship, or to an entity."""
        if getattr(target, "_is_select_base", False):
            target = expect_from(target)  # Query still takes SELECTs here
        return self._with(self._stmt.join(target, onclause, isouter=isouter, full=full))

    def outerjoin(self, target: Any, onclause: Any = None, *, full: bool = False) -> Self:
        """LEFT OUTER JOIN along a relationship, or to an entity."""
        return self.join(target, onclause, isouter=True, full=full)

    def merge_result(self, iterator: Any, load: bool = True) -> Any:
        """Objects or rows of the query, as from a cache, merged into the session."""
        from .merge import merge_result

        _legacy(
            "The merge_result() function is considered legacy as of the 1.x series of SQLAlchemy "
            "and becomes a legacy construct in 2.0. The function as well as the method on Query "
            "is superseded by the merge_frozen_result() function."
        )
        return merge_result(self, iterator, load)

    def with_transformation(self, fn: Callable[[Query[Any]], Query[Any]]) -> Query[Any]:
        """What a function makes of the query."""
        return fn(self)

    @_criterion(limited=False)
    def reset_joinpoint(self) -> Self:
        """Have filter_by() mean the first entity again, not the one that was joined last."""
        statement = self._stmt._generate()
        statement._joins_passed = len(statement._setup_joins)
        return self._with(statement)

    def select_from(self, *from_obj: Any) -> Self:
        """Name FROM clauses."""
        self._no_criterion("select_from")
        for clause in from_obj:
            if isinstance(clause, expression.TextClause):
                kind = type(clause)
                raise sa_exc.ArgumentError(
                    "FROM expression, such as a Table or alias() object expected, got "
                    f"{clause!r}. To create a FROM clause from a {kind} object, use the "
                    ".subquery() method.",
                    code="89ve",
                )
        return self._with(self._stmt.select_from(*from_obj))

    @_criterion()
    def with_parent(self, instance: object, property: Any = None, from_entity: Any = None) -> Self:
        """Objects related to `instance`."""
        _legacy(
            "The Query.with_parent() method is considered legacy as of the 1.x series of "
            "SQLAlchemy and becomes a legacy construct in 2.0. Use the with_parent() standalone "
            "construct."
        )
        from .base import object_mapper
        from .util import with_parent

        if property is None:
            mapper = object_mapper(instance)
            own = lead_mapper(self._stmt)
            for prop in mapper.relationships:
                if prop.mapper is own:
                    property = prop
                    break
            else:
                raise sa_exc.InvalidRequestError(
                    "Could not locate a property which relates instances of class "
                    f"'{own.class_.__name__}' to instances of class "
                    f"'{mapper.class_.__name__}'"
                )
        return self.filter(with_parent(instance, property, from_entity))

    def _no_criterion(self, name: str) -> None:
        if not self._enable_assertions:
            return
        statement = self._stmt
        if (
            statement.__class__ is FromStatement
            or statement._where_criteria
            or statement._setup_joins
            or statement._from_obj
            or statement._group_by_clauses
            or statement._having_criteria
            or statement._distinct
            or statement._limit_clause is not None
            or statement._offset_clause is not None
            or (statement._order_by_clauses and name != "get")
        ):
            raise sa_exc.InvalidRequestError(
                f"Query.{name}() being called on a Query with existing criterion. "
            )

    def from_statement(self, statement: Any) -> Self:
        """Take entities from the rows of a whole statement."""
        self._no_criterion("from_statement")
        made = FromStatement(self._stmt._raw_columns, expect_selecting(statement))
        made._with_options = self._stmt._with_options
        made._execution_options = self._stmt._execution_options
        return self._with(made)

    # -- set operations -------------------------------------------------------

    def _set_operation(self, keyword: str, queries: tuple[Any, ...]) -> Self:
        selects = [query._labelled_statement() for query in (self, *queries)]
        sub = expression.CompoundSelect(keyword, *selects).subquery()
        statement: Select[Any] = Select()
        statement._raw_columns = list(self._stmt._raw_columns)
        statement._from_obj = (sub,)
        statement._label_style = LABEL_STYLE_TABLENAME_PLUS_COL
        kept = [o for o in self._stmt._with_options if not isinstance(o, AdaptFrom)]
        statement._with_options = (*kept, AdaptFrom(sub))
        statement._execution_options = self._stmt._execution_options
        return self._with(statement)

    def _labelled_statement(self) -> Any:
        statement = self._stmt
        if self._params:
            statement = statement.params(self._params)
        if statement.__class__ is not FromStatement:
            statement = statement.options(NamedAsQuery())
        return statement

    def union(self, *q: Any) -> Self:
        """UNION with other queries."""
        return self._set_operation("UNION", q)

    def union_all(self, *q: Any) -> Self:
        """UNION ALL with other queries."""
        return self._set_operation("UNION ALL", q)

    def intersect(self, *q: Any) -> Self:
        """INTERSECT with other queries."""
        return self._set_operation("INTERSECT", q)

    def intersect_all(self, *q: Any) -> Self:
        """INTERSECT ALL with other queries."""
        return self._set_operation("INTERSECT ALL", q)

    def except_(self, *q: Any) -> Self:
        """EXCEPT other queries."""
        return self._set_operation("EXCEPT", q)

    def except_all(self, *q: Any) -> Self:
        """EXCEPT ALL other queries."""
        return self._set_operation("EXCEPT ALL", q)

    # -- options --------------------------------------------------------------

    def options(self, *args: Any) -> Self:
        """Loader options."""
        opts: list[Any] = []
        for arg in args:
            opts.extend(arg) if isinstance(arg, (list, tuple)) else opts.append(arg)
        for opt in opts:
            opt._is_core  # noqa: B018  # what is no option fails as elsewhere
        if self._stmt.__class__ is FromStatement:
            statement = self._stmt._generate()
            statement._with_options = (*statement._with_options, *opts)
            return self._with(statement)
        return self._with(self._stmt.options(*opts))

    def execution_options(self, **kwargs: Any) -> Self:
        """Execution options."""
        statement = self._stmt._generate()
        statement._execution_options = util.immutabledict(
            {**statement._execution_options, **kwargs}
        )
        new = self._with(statement)
        if "populate_existing" in kwargs:
            new._populate_existing = kwargs["populate_existing"]
        if "autoflush" in kwargs:
            new._autoflush = kwargs["autoflush"]
        return new

    def get_execution_options(self) -> Mapping[str, Any]:
        """The execution options."""
        return util.immutabledict(self._stmt.get_execution_options())

    def populate_existing(self) -> Self:
        """Overwrite objects that are already loaded."""
        return self._set(_populate_existing=True)

    def autoflush(self, setting: bool) -> Self:
        """Whether the session is flushed before the query runs."""
        return self._set(_autoflush=setting)

    def yield_per(self, count: int) -> Self:
        """Read so many rows at a time instead of all at once."""
        return self._set(_yield_per=count)

    def enable_eagerloads(self, value: bool) -> Self:
        """Whether eager loads take place."""
        return self._set(_eager=value)

    def enable_assertions(self, value: bool) -> Self:
        """Whether calls in an order that makes no sense are errors."""
        return self._set(_enable_assertions=value)

    def with_session(self, session: Any) -> Self:
        """The query for another session."""
        return self._set(session=session)

    def params(self, *args: Any, **kwargs: Any) -> Self:
        """Values of bind parameters."""
        if len(args) == 1:
            kwargs.update(args[0])
        elif args:
            raise sa_exc.ArgumentError(
                "params() takes zero or one positional argument, which is a dictionary."
            )
        return self._set(_params={**(self._params or {}), **kwargs})

    def count(self) -> int:
        """How many rows the query would give."""
        if self._stmt.__class__ is FromStatement:
            raise sa_exc.InvalidRequestError(
                "Can't call this method on a Query that uses from_statement()"
            )
        outer: Query[Any] = Query((func.count(expression.literal_column("*")),), self.session)
        inner = self._compiled() if query_events else self
        outer._stmt = outer._stmt.select_from(inner._stmt.subquery())
        outer._autoflush = self._autoflush
        outer._params = self._params
        outer._stmt._execution_options = self._stmt._execution_options
        outer._stmt._with_options = tuple(
            [o for o in self._stmt._with_options if isinstance(o, LoaderCriteriaOption)]
        )
        outer._mapper_hint = lead_mapper(self._stmt)
        # (what listeners make of queries they have made of the inner one)
        return outer._rows(outer._stmt)[0][0]  # type: ignore[no-any-return]

    def get(self, ident: Any) -> _T | None:
        """The object of a primary key (ident), or None; deprecated: use Session.get()."""
        _legacy(
            "The Query.get() method is considered legacy as of the 1.x series of SQLAlchemy and "
            "becomes a legacy construct in 2.0. The method is now available as Session.get()"
        )
        return self._get(ident)

    def _get(self, ident: Any) -> _T | None:
        self._no_criterion("get")
        columns = self._stmt._raw_columns
        if len(columns) != 1 or not columns[0]._is_from_clause:
            raise sa_exc.InvalidRequestError(
                "get() can only be used against a single mapped class."
            )
        mapper = lead_mapper(self._stmt)
        return self.session.get(  # type: ignore[no-any-return]
            mapper.class_,
            ident,
            options=self._stmt._with_options or None,
            populate_existing=self._populate_existing,
        )


def _later(query: Query[Any]) -> Iterator[Any]:
    """The results of a query that is run when the first is asked for."""
    yield from query


if TYPE_CHECKING:

    class RowReturningQuery(Query[Row[_T]]):
        """A Query of rows rather than of objects, for type checkers."""

        def tuples(self) -> Query[_T]: ...  # type: ignore[override]

else:
    RowReturningQuery = Query
