"""`ORMExecuteState`: what listeners of do_orm_execute are given. Imported when there are some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import util
from ..exc import InvalidRequestError

if TYPE_CHECKING:
    from .session import Session

__all__ = ["ORMExecuteState"]

_EMPTY: Mapping[str, Any] = util.EMPTY_DICT


class Loading(NamedTuple):
    """What a load of the ORM's own is for: the path of the relationship (empty for none), the
    mapper whose columns are loaded into an object, and the object whose attribute was read; and
    the options that came from the statement before it."""

    path: tuple[Any, ...]
    column: Any = None
    loaded_for: Any = None
    options: Sequence[Any] = ()


class ORMExecuteState:
    """A statement that a session is about to execute.

    A listener may put another `statement` in its place, change the options, or execute it
    itself with `invoke_statement()` and return the result.
    """

    def __init__(
        self,
        session: Session,
        statement: Any,
        parameters: Any,
        execution_options: Mapping[str, Any],
        bind_arguments: Mapping[str, Any] | None,
        todo: Sequence[Any],
        loading: Loading | None = None,
    ) -> None:
        self.session = session
        self.statement = statement
        self.parameters = parameters
        self.local_execution_options: Mapping[str, Any] = util.immutabledict(execution_options)
        own = getattr(statement, "_execution_options", None) or {}
        self.execution_options: Mapping[str, Any] = util.immutabledict({**own, **execution_options})
        """The options of the statement, and those it is executed with."""
        self.bind_arguments: dict[str, Any] = dict(bind_arguments or {})
        self._todo = todo
        self._index = 0
        self._loading = loading

    def update_execution_options(self, **opts: Any) -> None:
        """Execute with more options."""
        self.local_execution_options = util.immutabledict({**self.local_execution_options, **opts})

    def invoke_statement(
        self,
        statement: Any = None,
        params: Any = None,
        execution_options: Mapping[str, Any] | None = None,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Any:
        """Execute the statement, or another one, now: its Result. Listeners after this one
        are called, too."""
        if statement is None:
            statement = self.statement
        given = self.parameters
        if params:
            if isinstance(given, Mapping) or given is None:
                given = {**(given or {}), **params}
            elif len(given) != len(params):
                raise InvalidRequestError(
                    "Can't apply executemany parameters to statement; number of parameter sets "
                    f"passed to Session.execute() ({len(given)}) does not match number of "
                    "parameter sets given to ORMExecuteState.invoke_statement() "
                    f"({len(params)})"
                )
            else:
                given = [{**one, **new} for one, new in zip(given, params, strict=True)]
        return execute(
            self.session,
            statement,
            given,
            {**self.local_execution_options, **(execution_options or {})},
            {**self.bind_arguments, **(bind_arguments or {})},
            self._todo[self._index + 1 :],
        )

    # -- what it is ---------------------------------------------------------

    @property
    def is_orm_statement(self) -> bool:
        """Whether mapped classes or attributes are in it."""
        return self.is_column_load or bool(getattr(self.statement, "_orm", False))

    @property
    def _kind(self) -> Any:
        """The statement, of one with `from_statement()` what was given to that."""
        return self.statement.element if self.is_from_statement else self.statement

    @property
    def is_select(self) -> bool:
        """Whether it is a SELECT."""
        return bool(getattr(self._kind, "is_select", False))

    @property
    def is_insert(self) -> bool:
        """Whether it is an INSERT."""
        return bool(getattr(self._kind, "is_insert", False))

    @property
    def is_update(self) -> bool:
        """Whether it is an UPDATE."""
        return bool(getattr(self._kind, "is_update", False))

    @property
    def is_delete(self) -> bool:
        """Whether it is a DELETE."""
        return bool(getattr(self._kind, "is_delete", False))

    @property
    def is_from_statement(self) -> bool:
        """Whether entities are selected from a statement of another form."""
        from .context import FromStatement

        return isinstance(self.statement, FromStatement)

    @property
    def is_executemany(self) -> bool:
        """Whether there are several parameter sets."""
        return isinstance(self.parameters, (list, tuple)) and len(self.parameters) > 1

    @property
    def is_column_load(self) -> bool:
        """Whether columns of one object are loaded: of an expired one, or deferred ones."""
        return self._loading is not None and self._loading.column is not None

    @property
    def is_relationship_load(self) -> bool:
        """Whether related objects are loaded, when their attribute is read or beforehand."""
        return self._loading is not None and bool(self._loading.path)

    @property
    def loader_strategy_path(self) -> tuple[Any, ...] | None:
        """The way of a relationship load: mappers and their relationships in turn."""
        return None if self._loading is None else self._loading.path

    @property
    def lazy_loaded_from(self) -> Any:
        """The `InstanceState` of the object whose relationship was read, or None.
        InvalidRequestError for what is no SELECT."""
        if not self.is_select:
            raise InvalidRequestError(
                "This ORM execution is not against a SELECT statement so there are no load options."
            )
        if self._loading is None or self._loading.loaded_for is None:
            return None
        from .instance import InstanceState

        return InstanceState(self._loading.loaded_for)

    @property
    def bind_mapper(self) -> Any:
        """The mapper whose engine is used, or None."""
        mapper = self.bind_arguments.get("mapper")
        if mapper is None:
            found = self.all_mappers
            return found[0] if found else None
        return mapper

    @property
    def all_mappers(self) -> Sequence[Any]:
        """The mappers of the entities that are selected or changed."""
        if self._loading is not None and self._loading.column is not None:
            return [self._loading.column]
        statement = self.statement
        columns = list(getattr(statement, "_raw_columns", ()))
        table = getattr(statement, "table", None)
        if table is not None and not columns:
            columns = [table]
        found: list[Any] = []
        for column in columns:
            entity = getattr(column, "_annotations", {}).get("parententity")
            mapper = getattr(entity, "mapper", None)
            if mapper is not None and mapper not in found:
                found.append(mapper)
        return found

    @property
    def user_defined_options(self) -> Sequence[Any]:
        """Options of the program's own classes."""
        from .strategy_options import UserDefinedOption

        options = [*getattr(self.statement, "_with_options", ())]
        if self._loading is not None:
            options += self._loading.options
        return [option for option in options if isinstance(option, UserDefinedOption)]


def call(
    session: Session,
    statement: Any,
    parameters: Any,
    execution_options: Mapping[str, Any],
    bind_arguments: Mapping[str, Any] | None,
    todo: Sequence[Any],
    loading: Loading | None = None,
) -> tuple[ORMExecuteState, Any]:
    """Call listeners: the state they have left, and the result that one has returned."""
    state = ORMExecuteState(
        session, statement, parameters, execution_options, bind_arguments, todo, loading
    )
    for index, fn in enumerate(todo):
        state._index = index
        result = fn(state)
        if result is not None:
            return state, result
    return state, None


def execute(
    session: Session,
    statement: Any,
    parameters: Any,
    execution_options: Mapping[str, Any],
    bind_arguments: Mapping[str, Any] | None,
    todo: Sequence[Any],
) -> Any:
    """Session.execute() with listeners."""
    state, result = call(session, statement, parameters, execution_options, bind_arguments, todo)
    if result is not None:
        return result
    return session._execute_unheard(
        state.statement,
        state.parameters,
        state.local_execution_options,
        state.bind_arguments or None,
    )
