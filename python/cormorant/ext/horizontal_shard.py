"""Sessions whose objects are rows of several databases with the same tables.

A `ShardedSession` knows its databases by an identifier each, a shard. Functions of the program
say in which of them an object is written, a primary key is looked for and a statement is run;
what comes from several shards is one result. The identity of an object ends with its shard, so
that the same key may stand for an object of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from .. import event, exc
from ..inspection import inspect
from ..orm.executing import _identity, _mapper_for_get
from ..orm.query import Query
from ..orm.session import Session
from ..orm.strategy_options import UserDefinedOption
from ..util import warn_deprecated

if TYPE_CHECKING:
    from typing import Self

    from ..engine import Connection, Engine
    from ..orm.execute_state import ORMExecuteState
    from ..sql.cache_key import KeyContext

__all__ = ["ShardedQuery", "ShardedSession", "set_shard_id"]

_T = TypeVar("_T", bound=Any)

ShardIdentifier = str


class set_shard_id(UserDefinedOption):
    """An option of a statement: it runs on one shard, and so do the loads that follow it.

    shard_id: the shard; propagate_to_loaders: False leaves it out of lazy loads.
    """

    def __init__(self, shard_id: ShardIdentifier, propagate_to_loaders: bool = True) -> None:
        super().__init__(shard_id)
        self.shard_id = shard_id
        self.propagate_to_loaders = propagate_to_loaders

    def _cache_key(self, ctx: KeyContext) -> tuple[Any, ...]:
        return (set_shard_id, self.shard_id, self.propagate_to_loaders)


class ShardedQuery(Query[_T]):
    """The query of a `ShardedSession`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        assert isinstance(self.session, ShardedSession)
        self.identity_chooser = self.session.identity_chooser
        self.execute_chooser = self.session.execute_chooser

    def set_shard(self, shard_id: ShardIdentifier) -> Self:
        """The query on one shard, whatever else says."""
        return self.execution_options(_sa_shard_id=shard_id)


class _Unchosen:
    """Stands for a connection while the shard of a statement is not known: it is asked for what
    statements are compiled with alone."""

    __slots__ = ("_execution_options", "dialect", "engine")

    def __init__(self, bind: Any) -> None:
        self.engine = bind.engine
        self.dialect = bind.dialect
        self._execution_options: Mapping[str, Any] = {}


class ShardedSession(Session):
    """A session over several databases; see the module's documentation."""

    def __init__(
        self,
        shard_chooser: Callable[..., Any],
        identity_chooser: Callable[..., Iterable[Any]] | None = None,
        execute_chooser: Callable[[ORMExecuteState], Iterable[Any]] | None = None,
        shards: Mapping[ShardIdentifier, Any] | None = None,
        query_cls: type[Query[Any]] = ShardedQuery,
        *,
        id_chooser: Callable[..., Iterable[Any]] | None = None,
        query_chooser: Callable[[Any], Iterable[Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        """
        shard_chooser(mapper, instance, clause=None): the shard of an object to be written;
        identity_chooser(mapper, primary_key, *, lazy_loaded_from, execution_options,
        bind_arguments, **kw): the shards in which a primary key may be; execute_chooser(state):
        those on which the statement of an ORMExecuteState runs; shards: engines by shard.
        Raises ArgumentError if there is no identity_chooser or no execute_chooser.
        """
        super().__init__(query_cls=query_cls, **kwargs)
        self._tokens = True
        self._shards: dict[ShardIdentifier, Any] = {}
        event.listen(self, "do_orm_execute", execute_and_instances, retval=True)
        self.shard_chooser = shard_chooser
        if id_chooser:
            warn_deprecated(
                "The ``id_chooser`` parameter is deprecated; please use ``identity_chooser``.",
                "2.0",
            )
            identity_chooser = _legacy_identity_chooser(self, id_chooser)
        if identity_chooser is None:
            raise exc.ArgumentError("identity_chooser or id_chooser is required")
        self.identity_chooser = identity_chooser
        if query_chooser:
            warn_deprecated(
                "The ``query_chooser`` parameter is deprecated; please use ``execute_chooser``.",
                "1.4",
            )
            if execute_chooser:
                raise exc.ArgumentError(
                    "Can't pass query_chooser and execute_chooser at the same time."
                )
            execute_chooser = _legacy_execute_chooser(query_chooser)
        if execute_chooser is None:
            raise exc.ArgumentError("execute_chooser or query_chooser is required")
        self.execute_chooser = execute_chooser
        for shard_id, bind in (shards or {}).items():
            self.bind_shard(shard_id, bind)

    def bind_shard(self, shard_id: ShardIdentifier, bind: Engine) -> None:
        """Give a shard its engine."""
        self._shards[shard_id] = bind

    # -- objects ------------------------------------------------------------

    def get(self, entity: Any, ident: Any, **kw: Any) -> Any:
        """As Session.get(): the identity map is asked for each shard that identity_chooser
        names, then the databases that execute_chooser does."""
        fresh = kw.get("populate_existing") or kw.get("with_for_update")
        if kw.get("identity_token") is None and not fresh:
            mapper = _mapper_for_get(entity)
            key = _identity(mapper, ident)
            obj = self._identity_lookup(
                mapper,
                key,
                execution_options=kw.get("execution_options", {}),
                bind_arguments=kw.get("bind_arguments"),
            )
            if obj is not None:
                # expired or of another class: for one who knows the shard
                kw["identity_token"] = inspect(obj).identity_token
        return super().get(entity, ident, **kw)

    def _identity_lookup(
        self,
        mapper: Any,
        primary_key_identity: Any,
        identity_token: Any = None,
        *,
        lazy_loaded_from: Any = None,
        execution_options: Mapping[str, Any] | None = None,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> Any:
        if identity_token is not None:
            return super()._identity_lookup(mapper, primary_key_identity, identity_token)
        for shard_id in self.identity_chooser(
            mapper,
            primary_key_identity,
            lazy_loaded_from=lazy_loaded_from,
            execution_options=execution_options or {},
            bind_arguments=dict(bind_arguments or {}),
        ):
            obj = super()._identity_lookup(mapper, primary_key_identity, shard_id)
            if obj is not None:
                return obj
        return None

    def _choose_shard_and_assign(self, mapper: Any, instance: Any, **kw: Any) -> Any:
        """The shard that an object is in, or that is chosen for it now."""
        if instance is None:
            return self.shard_chooser(mapper, instance, **kw)
        state = inspect(instance)
        token = state.identity_token
        if token is None:
            token = self.shard_chooser(mapper, instance, **kw)
            state.identity_token = token
        return token

    # -- connections --------------------------------------------------------

    def connection_callable(
        self,
        mapper: Any = None,
        instance: Any = None,
        shard_id: ShardIdentifier | None = None,
        **kw: Any,
    ) -> Connection:
        """The connection an object is written with."""
        if shard_id is None:
            shard_id = self._choose_shard_and_assign(mapper, instance)
        return self._connection_for_bind(
            self.get_bind(mapper=mapper, shard_id=shard_id, instance=instance)
        )

    def get_bind(
        self,
        mapper: Any = None,
        *,
        shard_id: ShardIdentifier | None = None,
        instance: Any = None,
        clause: Any = None,
        **kw: Any,
    ) -> Any:
        """The engine of a shard, or of the one that shard_chooser says."""
        if shard_id is None:
            shard_id = self._choose_shard_and_assign(mapper, instance=instance, clause=clause)
            assert shard_id is not None
        return self._shards[shard_id]

    def _connection_for(self, mapper: Any = None, clause: Any = None) -> Any:
        for bind in self._shards.values():
            return _Unchosen(bind)
        raise exc.UnboundExecutionError("This session has no shards")

    def _child_connection(self, connection: Any, plan: Any) -> Any:
        return connection

    def _writing_connection(self, mapper: Any = None, clause: Any = None) -> Connection:
        return self._connection_for_bind(self.get_bind(mapper))


def _legacy_identity_chooser(
    session: ShardedSession, id_chooser: Callable[..., Iterable[Any]]
) -> Callable[..., Iterable[Any]]:
    """An identity_chooser of a function that takes a query and a key."""

    def choose(mapper: Any, primary_key: Any, **kw: Any) -> Iterable[Any]:
        return id_chooser(session.query(mapper), primary_key)

    return choose


def _legacy_execute_chooser(
    query_chooser: Callable[[Any], Iterable[Any]],
) -> Callable[[ORMExecuteState], Iterable[Any]]:
    """An execute_chooser of a function that takes a statement."""

    def choose(state: ORMExecuteState) -> Iterable[Any]:
        return query_chooser(state.statement)

    return choose


def execute_and_instances(state: ORMExecuteState) -> Any:
    """The listener of do_orm_execute: runs a statement on its shards, and merges the results."""
    session = state.session
    assert isinstance(session, ShardedSession)

    def on_shard(shard_id: Any) -> Any:
        state.update_execution_options(identity_token=shard_id)
        return state.invoke_statement(bind_arguments={**state.bind_arguments, "shard_id": shard_id})

    shard_id = _named_shard(state)
    if shard_id is not None:
        return on_shard(shard_id)
    first, *others = [on_shard(each) for each in session.execute_chooser(state)]
    return first.merge(*others)


def _named_shard(state: ORMExecuteState) -> Any:
    """The one shard that options, or the session.execute() call, say; else None."""
    for option in state.user_defined_options:
        if isinstance(option, set_shard_id):
            return option.shard_id
    options = state.execution_options
    for given, name in (
        (options, "identity_token"),
        (options, "_sa_shard_id"),
        (state.bind_arguments, "shard_id"),
    ):
        if given.get(name) is not None:
            return given[name]
    return None
