"""UPDATE and DELETE of the rows a query matches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .. import exc as sa_exc
from ..sql import expression
from .context import FromStatement
from .listening import query_events, query_listeners
from .loading import lead_mapper
from .parts import part_of

if TYPE_CHECKING:
    from .query import Query


@part_of("Query")
class QueryChanges:
    """The part of a Query that changes rows instead of reading them."""

    session: Any
    _stmt: Any
    _entities: Any
    _params: Any

    def _dml_target(self) -> Any:
        statement = self._stmt
        if statement.__class__ is FromStatement:
            return self._entities[0]
        for name, there in (
            ("limit()", statement._limit_clause is not None),
            ("offset()", statement._offset_clause is not None),
            ("order_by()", bool(statement._order_by_clauses)),
            ("group_by()", bool(statement._group_by_clauses)),
            ("distinct()", bool(statement._distinct)),
            (
                "join(), outerjoin(), select_from(), or from_self()",
                bool(statement._from_obj or statement._setup_joins),
            ),
        ):
            if there:
                raise sa_exc.InvalidRequestError(
                    f"Can't call Query.update() or Query.delete() when {name} has been called"
                )
        return self._entities[0]

    def _run_dml(
        self,
        name: str,
        make: Callable[[], Any],
        synchronize_session: Any,
        values: Any,
        arguments: dict[str, Any],
    ) -> int:
        """`make` makes the statement, of what listeners have left of values and arguments."""
        change = None
        query: Any = self
        if self.session._events is not None or query_events:
            change = BulkChange(query, values, arguments)
            for fn in query_listeners(type(self), f"before_compile_{name}"):
                query = fn(query, change) or query
            change.query = query
        result = query._execute_dml(make(), synchronize_session)
        if change is not None:
            change.result = result
            events = self.session._events
            for fn in () if events is None else events._find(f"after_bulk_{name}"):
                fn(change)
        return result.rowcount  # type: ignore[no-any-return]

    def _execute_dml(self, statement: Any, synchronize_session: Any) -> Any:
        criteria = getattr(self._stmt, "_where_criteria", ())
        if criteria:
            statement = statement.where(*criteria)
        return self.session.execute(
            statement,
            self._params,
            execution_options={
                **self._stmt._execution_options,
                "synchronize_session": synchronize_session,
            },
        )

    def update(
        self,
        values: Any,
        synchronize_session: Any = "auto",
        update_args: Mapping[Any, Any] | None = None,
    ) -> int:
        """UPDATE the rows the query matches; the number of rows."""
        target = self._dml_target()
        arguments = dict(update_args or {})
        ordered = arguments.pop("preserve_parameter_order", False)

        def make() -> Any:
            statement = expression.update(target)
            if ordered:
                statement = statement.ordered_values(*values)
            else:
                statement = statement.values(values)
            return statement.with_dialect_options(**arguments) if arguments else statement

        return self._run_dml("update", make, synchronize_session, values, arguments)

    def delete(
        self, synchronize_session: Any = "auto", delete_args: Mapping[Any, Any] | None = None
    ) -> int:
        """DELETE the rows the query matches; the number of rows."""
        target = self._dml_target()
        arguments = dict(delete_args or {})

        def make() -> Any:
            statement = expression.delete(target)
            return statement.with_dialect_options(**arguments) if arguments else statement

        return self._run_dml("delete", make, synchronize_session, None, arguments)


class BulkChange:
    """What listeners are told of Query.update() and Query.delete()."""

    def __init__(self, query: Query[Any], values: Any, arguments: dict[str, Any]) -> None:
        self.query = query
        self.values = values
        self.update_kwargs = self.delete_kwargs = arguments
        self.result: Any = None

    @property
    def session(self) -> Any:
        """The session."""
        return self.query.session

    @property
    def mapper(self) -> Any:
        """The mapper of what is changed."""
        return lead_mapper(self.query._stmt)
