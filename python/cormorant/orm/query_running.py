"""Running a query: its rows, all at once, a part or one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .. import _core
from .. import exc as sa_exc
from ..sql.elements import OffsetLimitParam
from ..sql.sqltypes import INTEGERTYPE
from .context import FromStatement, ORMPlan
from .exc import MultipleResultsFound, NoResultFound
from .listening import query_events, query_listeners
from .loading import lead_mapper, run_select
from .nodes import NamedAsQuery
from .parts import part_of
from .query_changes import QueryChanges
from .query_state import QueryParts

if TYPE_CHECKING:
    from typing import Self

_T = TypeVar("_T", bound=Any)

# The LIMIT of first(): the statement is the query's own, so that one parameter does for all.
_ONE = OffsetLimitParam._quick("param", 1, INTEGERTYPE)


class _Answered(Exception):
    """A listener of do_orm_execute has executed the statement itself."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


def one_or_none_of(rows: list[Any]) -> Any:
    """The only row, or None; MultipleResultsFound if there are more."""
    if len(rows) > 1:
        raise MultipleResultsFound("Multiple rows were found when one or none was required")
    return rows[0] if rows else None


def one_of(rows: list[Any]) -> Any:
    """The only row; NoResultFound or MultipleResultsFound if it is not one."""
    if rows and rows[0] is not None:  # an outer join may have found no object
        if len(rows) == 1:
            return rows[0]
        raise MultipleResultsFound("Multiple rows were found when exactly one was required")
    raise NoResultFound("No row was found when one was required")


@part_of("Query")
class QueryRunning(QueryChanges, QueryParts, Generic[_T]):
    """The part of a Query that is run."""

    _enable_assertions = True
    _eager = True
    _autoflush = True
    _populate_existing = False
    _yield_per = 0
    _as_tuples: bool | None = None
    _bind_arguments: Mapping[str, Any] | None = None
    _mapper_hint: Any = None

    if TYPE_CHECKING:

        def _check_columns(self) -> None: ...
        def slice(self, start: Any, stop: Any) -> Self: ...

    def _cursor(self, stream: int = 0, statement: Any = None) -> tuple[Any, ORMPlan]:
        session = self.session
        if statement is None:
            statement = self._stmt
        if not statement._raw_columns:
            self._check_columns()
        if session is None:
            # What a query without a session says in SQLAlchemy.
            raise AttributeError("'NoneType' object has no attribute 'execute'")
        if session._events is not None:
            heard = session._events._find("do_orm_execute")
            if heard:
                from .execute_state import Loading, call

                given = self._params or {}
                if statement.__class__ is not FromStatement:
                    # a listener may execute it
                    statement = statement.options(NamedAsQuery())
                state, result = call(
                    session, statement, given, {}, self._bind_arguments, heard, Loading(())
                )
                if result is not None:
                    raise _Answered(result)
                statement = state.statement
        if self._autoflush and session._unflushed:
            session._autoflush()
        mapper = None
        if session.bind is None or session._binds or session._routes:
            mapper = lead_mapper(statement) or self._mapper_hint
        connection = session._connection_for(mapper, statement)
        return run_select(
            session,
            connection,
            statement,
            self._params,
            statement._execution_options,
            self._populate_existing,
            stream,
            True,
            self._eager,
            bool(self._as_tuples),
        )

    def _rows(self, statement: Any = None) -> list[Any]:
        """All results, of the query's statement or of one made from it."""
        query = self._compiled() if query_events and statement is None else self
        stream = query._yield_per
        try:
            cursor, plan = query._cursor(stream, statement)
        except _Answered as answer:
            return query._taken(answer.result, statement)
        if stream:
            cursor.unique = False
        rows: list[Any] = cursor.fetch()
        if (
            rows
            and not stream
            and plan.filtered
            and query._stmt._execution_options.get("yield_per")
        ):
            raise sa_exc.InvalidRequestError(
                "Can't use the ORM yield_per feature in conjunction with unique()"
            )
        return rows

    def _compiled(self) -> Self:
        """The query that listeners of before_compile make of this one."""
        query = self
        for fn in query_listeners(type(self), "before_compile"):
            query = fn(query) or query
        return query

    def _taken(self, result: Any, statement: Any) -> list[Any]:
        """What a listener's Result has for a statement, or for the query's own."""
        if result._require_unique or result._repeats:
            result = result.unique()
        asked = self._stmt if statement is None else statement
        single = len(asked._raw_columns) == 1 and self._single()
        return result.scalars().all() if single else result.all()  # type: ignore[no-any-return]

    def _single(self) -> bool:
        """Whether the query gives single entities, not rows."""
        (column,) = self._stmt._raw_columns
        entity = column._annotations.get("parententity")
        return not self._as_tuples and entity is not None and column.is_selectable

    def all(self) -> list[_T]:
        """Every result."""
        return self._rows()

    def __iter__(self) -> Iterator[_T]:
        if self._yield_per:
            return self._stream()
        return iter(self._rows())

    def _stream(self) -> Iterator[_T]:
        count = self._yield_per
        cursor, _ = self._cursor(count)
        cursor.unique = False
        try:
            while True:
                rows = cursor.fetch(count)
                yield from rows
                if len(rows) < count:
                    return
        finally:
            cursor.close()

    def first(self) -> _T | None:
        """The first result, or None: LIMIT 1."""
        if self._stmt.__class__ is FromStatement:
            rows = self._rows()
        else:
            query = self._compiled() if query_events else self
            limited = query._stmt._generate_with("_limit_clause", _ONE)
            if limited._fetch_clause is not None:
                limited._fetch_clause = None
            rows = query._rows(limited)
        return rows[0] if rows else None

    def one_or_none(self) -> _T | None:
        """The only result, or None; MultipleResultsFound if there are more."""
        return one_or_none_of(self._rows())  # type: ignore[no-any-return]

    def one(self) -> _T:
        """The only result; NoResultFound or MultipleResultsFound if it is not one."""
        return one_of(self._rows())  # type: ignore[no-any-return]

    def scalar(self) -> Any:
        """The first item of the only result, or None if there is none."""
        try:
            result = self.one()
        except NoResultFound:
            return None
        return result[0] if isinstance(result, (tuple, _core.Row)) else result

    def __getitem__(self, item: Any) -> Any:
        if isinstance(item, slice):
            start, stop, step = item.start, item.stop, item.step
            if isinstance(stop, int) and isinstance(start, int) and stop - start <= 0:
                return []
            if (isinstance(start, int) and start < 0) or (isinstance(stop, int) and stop < 0):
                raise _negative()
            rows = self.slice(start, stop)._rows()
            return rows[::step] if step is not None else rows
        if item == -1:
            raise _negative()
        if isinstance(item, int) and item < 0:
            raise _negative()
        return self.slice(item, item + 1)._rows()[0]


def _negative() -> IndexError:
    return IndexError("negative indexes are not accepted by SQL index / slice operators")
