"""Sessions for programs with an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Concatenate, Generic, NoReturn, ParamSpec, TypeVar, overload

from ... import exc, util
from ..._known_as import say_package
from ...orm.factory import ConfiguredFactory
from ...orm.session import Session, SessionTransaction, object_session
from ...orm.session import close_all_sessions as _close_all_sessions
from ...pool import QueuePool
from ...util import EMPTY_DICT
from ...util.concurrency import Lane, run_job
from ...util.proxying import proxy_attributes
from .base import Proxies, StartableContext, closed
from .engine import AsyncConnection, AsyncEngine, lane_of, sync_bind
from .result import AsyncResult, AsyncScalarResult, execute_buffered

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from typing import Self

    from ...engine import Connection, Engine, Result, ScalarResult
    from ...orm.executing import _First
    from ...orm.identity import IdentityMap
    from ...orm.mapper import Mapper
    from ...sql.typed_operators import TypedReturnsRows

__all__ = [
    "AsyncAttrs",
    "AsyncSession",
    "AsyncSessionTransaction",
    "async_object_session",
    "async_session",
    "async_sessionmaker",
    "close_all_sessions",
]

_T = TypeVar("_T")
_O = TypeVar("_O")
_P = ParamSpec("_P")
if TYPE_CHECKING:
    from typing_extensions import TypeVar as _TypeVar

    _AS = _TypeVar("_AS", bound="AsyncSession", default="AsyncSession")
else:
    _AS = TypeVar("_AS")
_EMPTY: Mapping[str, Any] = {}
#: what execute() adds to the options of statements: rows are loaded ahead without being asked
_EXECUTE_OPTIONS: Mapping[str, Any] = EMPTY_DICT
_sessions = Proxies()
_transactions = Proxies()


class AsyncAttrs:
    """Mixin for mapped classes: attributes whose load is awaited."""

    __slots__ = ()

    class _AsyncAttrGetitem:
        __slots__ = ("_instance",)

        def __init__(self, _instance: Any) -> None:
            self._instance = _instance

        def __getattr__(self, name: str) -> Awaitable[Any]:
            instance = self._instance
            session = object_session(instance)
            found = None if session is None else async_session(session)
            return run_job(getattr, (instance, name), lane=None if found is None else found._lane)

    @property
    def awaitable_attrs(self) -> _AsyncAttrGetitem:
        """The attributes of the object, as awaitables: ``await obj.awaitable_attrs.items``."""
        return self._AsyncAttrGetitem(self)


@say_package
class AsyncSession:
    """A Session whose calls that use the database are awaited.

    As a Session it is for one task at a time. Attributes that are not loaded cannot be read
    outside of run_sync(): load them eagerly, or see AsyncAttrs.
    """

    sync_session_class: type[Session] = Session
    """The class of the Session behind."""
    sync_session: Session
    """The Session behind: events are listened to on it."""

    if TYPE_CHECKING:
        dirty: util.IdentitySet
        deleted: util.IdentitySet
        new: util.IdentitySet
        identity_map: IdentityMap
        is_active: bool
        autoflush: bool
        no_autoflush: Any
        info: dict[Any, Any]

    @classmethod
    def _no_async_engine_events(cls) -> NoReturn:
        raise NotImplementedError(
            "asynchronous events are not implemented at this time.  Apply synchronous "
            "listeners to the AsyncSession.sync_session."
        )

    def __init__(
        self,
        bind: AsyncEngine | AsyncConnection | None = None,
        *,
        binds: Mapping[Any, Any] | None = None,
        sync_session_class: type[Session] | None = None,
        **kw: Any,
    ) -> None:
        """`kw`: as for Session."""
        self.bind = bind
        self.binds = binds
        if bind is not None:
            bind = sync_bind(bind)
        if binds is not None:
            binds = {key: sync_bind(value) for key, value in binds.items()}
        if sync_session_class is not None:
            self.sync_session_class = sync_session_class
        self.sync_session = self._proxied = self.sync_session_class(bind=bind, binds=binds, **kw)
        _sessions.add(self.sync_session, self)
        engines = [
            getattr(b, "engine", b) for b in (bind, *(binds or {}).values()) if b is not None
        ]
        lanes = [lane for lane in (lane_of(engine.pool) for engine in engines) if lane is not None]
        self._lane = lanes[0] if lanes else Lane()

    async def _job(self, fn: Callable[..., _T], *args: Any, **kwargs: Any) -> _T:
        lane = self._lane
        if not lane.busy:
            lane.provisioning = self._must_connect()
        elif lane.provisioning:
            raise exc.InvalidRequestError(
                "This session is provisioning a new connection; concurrent operations are not "
                "permitted",
                code="isce",
            )
        return await run_job(fn, args, kwargs, lane)

    def _must_connect(self) -> bool:
        """Whether the next statement will have to open a connection."""
        session = self.sync_session
        transaction = session._innermost
        if transaction is not None and transaction._connections:
            return False
        pool = getattr(session.bind, "pool", None)
        return isinstance(pool, QueuePool) and pool.checkedin() == 0

    async def refresh(
        self,
        instance: object,
        attribute_names: Iterable[str] | None = None,
        with_for_update: Any = None,
    ) -> None:
        """Load an object's attributes again."""
        await self._job(self.sync_session.refresh, instance, attribute_names, with_for_update)

    async def run_sync(
        self, fn: Callable[Concatenate[Session, _P], _T], *arg: _P.args, **kw: _P.kwargs
    ) -> _T:
        """fn(sync_session, *arg, **kw), in a worker thread: it may use the session and its
        objects as synchronous programs do."""
        return await self._job(fn, self.sync_session, *arg, **kw)

    async def _buffered(
        self, method: str, execute: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        options = kwargs.get("execution_options") or {}
        kwargs["execution_options"] = {**options, "prebuffer_rows": True}
        return await self._job(
            execute_buffered, execute, type(self).__name__, method, *args, **kwargs
        )

    @overload
    async def execute(
        self, statement: TypedReturnsRows[_T], params: Any = ..., **kw: Any
    ) -> Result[_T]: ...
    @overload
    async def execute(self, statement: Any, params: Any = ..., **kw: Any) -> Result[Any]: ...
    async def execute(
        self,
        statement: Any,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = _EMPTY,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> Result[Any]:
        """Run a statement; all of its rows are at hand afterwards."""
        return await self._buffered(  # type: ignore[no-any-return]
            "execute",
            self.sync_session.execute,
            statement,
            params,
            execution_options=execution_options,
            bind_arguments=bind_arguments,
            **kw,
        )

    @overload
    async def scalar(
        self, statement: TypedReturnsRows[_First[_T]], params: Any = ..., **kw: Any
    ) -> _T | None: ...
    @overload
    async def scalar(self, statement: Any, params: Any = ..., **kw: Any) -> Any: ...
    async def scalar(
        self,
        statement: Any,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = _EMPTY,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> Any:
        """The first column of the first row, or None."""
        return await self._job(
            self.sync_session.scalar,
            statement,
            params,
            execution_options=execution_options,
            bind_arguments=bind_arguments,
            **kw,
        )

    @overload
    async def scalars(
        self, statement: TypedReturnsRows[_First[_T]], params: Any = ..., **kw: Any
    ) -> ScalarResult[_T]: ...
    @overload
    async def scalars(self, statement: Any, params: Any = ..., **kw: Any) -> ScalarResult[Any]: ...
    async def scalars(
        self,
        statement: Any,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = _EMPTY,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> ScalarResult[Any]:
        """The first column of all rows."""
        result = await self.execute(
            statement,
            params,
            execution_options=execution_options,
            bind_arguments=bind_arguments,
            **kw,
        )
        return result.scalars()

    async def get(
        self,
        entity: type[_O] | Mapper[_O],
        ident: Any,
        *,
        options: Sequence[Any] | None = None,
        populate_existing: bool = False,
        with_for_update: Any = None,
        identity_token: Any = None,
        execution_options: Mapping[str, Any] = _EMPTY,
    ) -> _O | None:
        """The object of a primary key, from the identity map or the database, or None."""
        return await self._job(
            self.sync_session.get,
            entity,
            ident,
            options=options,
            populate_existing=populate_existing,
            with_for_update=with_for_update,
            identity_token=identity_token,
            execution_options=execution_options,
        )

    async def get_one(
        self,
        entity: type[_O] | Mapper[_O],
        ident: Any,
        *,
        options: Sequence[Any] | None = None,
        populate_existing: bool = False,
        with_for_update: Any = None,
        identity_token: Any = None,
        execution_options: Mapping[str, Any] = _EMPTY,
    ) -> _O:
        """As get(), but NoResultFound if there is no such object."""
        return await self._job(
            self.sync_session.get_one,
            entity,
            ident,
            options=options,
            populate_existing=populate_existing,
            with_for_update=with_for_update,
            identity_token=identity_token,
            execution_options=execution_options,
        )

    @overload
    async def stream(
        self, statement: TypedReturnsRows[_T], params: Any = ..., **kw: Any
    ) -> AsyncResult[_T]: ...
    @overload
    async def stream(self, statement: Any, params: Any = ..., **kw: Any) -> AsyncResult[Any]: ...
    async def stream(
        self,
        statement: Any,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = _EMPTY,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> AsyncResult[Any]:
        """Run a statement: a result whose rows come while they are read."""
        result = await self._job(
            self.sync_session.execute,
            statement,
            params,
            execution_options={**execution_options, "stream_results": True},
            bind_arguments=bind_arguments,
            **kw,
        )
        core = getattr(result._cursor, "connection", None)
        return AsyncResult(result, self._lane, getattr(core, "interrupt", None))

    @overload
    async def stream_scalars(
        self, statement: TypedReturnsRows[_First[_T]], params: Any = ..., **kw: Any
    ) -> AsyncScalarResult[_T]: ...
    @overload
    async def stream_scalars(
        self, statement: Any, params: Any = ..., **kw: Any
    ) -> AsyncScalarResult[Any]: ...
    async def stream_scalars(
        self,
        statement: Any,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = _EMPTY,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> AsyncScalarResult[Any]:
        """The first column of rows that come while they are read."""
        result = await self.stream(
            statement,
            params,
            execution_options=execution_options,
            bind_arguments=bind_arguments,
            **kw,
        )
        return result.scalars()

    async def delete(self, instance: object) -> None:
        """Mark an object, and those its cascades lead to, to be deleted by the next flush."""
        await self._job(self.sync_session.delete, instance)

    async def delete_all(self, instances: Iterable[object]) -> None:
        """Mark several objects to be deleted."""
        await self._job(self.sync_session.delete_all, instances)

    async def merge(
        self, instance: _O, *, load: bool = True, options: Sequence[Any] | None = None
    ) -> _O:
        """Copy an object's state onto the object of the same identity in this session."""
        return await self._job(self.sync_session.merge, instance, load=load, options=options)

    async def merge_all(
        self, instances: Iterable[_O], *, load: bool = True, options: Sequence[Any] | None = None
    ) -> Sequence[_O]:
        """merge() of several objects."""
        return await self._job(self.sync_session.merge_all, instances, load=load, options=options)

    async def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write all pending changes to the database."""
        await self._job(self.sync_session.flush, objects)

    def get_transaction(self) -> AsyncSessionTransaction | None:
        """The outermost transaction, if any."""
        transaction = self.sync_session.get_transaction()
        return None if transaction is None else AsyncSessionTransaction._of(self, transaction)

    def get_nested_transaction(self) -> AsyncSessionTransaction | None:
        """The innermost savepoint, if any."""
        transaction = self.sync_session.get_nested_transaction()
        return None if transaction is None else AsyncSessionTransaction._of(self, transaction)

    def get_bind(
        self, mapper: Any = None, clause: Any = None, bind: Any = None, **kw: Any
    ) -> Engine | Connection:
        """The synchronous engine or connection for a mapper or a statement."""
        return self.sync_session.get_bind(  # type: ignore[no-any-return]
            mapper=mapper, clause=clause, bind=bind, **kw
        )

    async def connection(
        self,
        bind_arguments: Mapping[str, Any] | None = None,
        execution_options: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> AsyncConnection:
        """The connection of this transaction."""
        made = await self._job(
            self.sync_session.connection,
            bind_arguments=bind_arguments,
            execution_options=execution_options,
            **kw,
        )
        return AsyncConnection._of(made)

    def begin(self) -> AsyncSessionTransaction:
        """A transaction, to be awaited or entered."""
        return AsyncSessionTransaction(self)

    def begin_nested(self) -> AsyncSessionTransaction:
        """A savepoint, to be awaited or entered."""
        return AsyncSessionTransaction(self, nested=True)

    async def rollback(self) -> None:
        """Roll back; objects return to the state they had before the transaction."""
        await self._job(self.sync_session.rollback)

    async def commit(self) -> None:
        """Flush and commit."""
        await self._job(self.sync_session.commit)

    async def close(self) -> None:
        """Detach all objects and give the connection back; the session can go on."""
        self._may_close("close", "CLOSED: 5")
        session = self.sync_session
        idle = session._innermost is None and session._events is None and not self._lane.busy
        if idle and type(session).close is Session.close:
            session.close()  # there is no connection to give back, and nobody to tell
            return
        await run_job(session.close, lane=self._lane, shielded=True)

    async def reset(self) -> None:
        """close() that leaves the session usable whatever close_resets_only says."""
        self._may_close("close", "CLOSED: 5")
        await self._job(self.sync_session.reset)

    def _may_close(self, method: str, state: str) -> None:
        if self._lane.busy and self._lane.provisioning:
            raise exc.IllegalStateChangeError(
                f"Method '{method}()' can't be called here; method '_connection_for_bind()' is "
                "already in progress and this would cause an unexpected state change to "
                f"<SessionTransactionState.{state}>",
                code="isce",
            )

    async def aclose(self) -> None:
        """As close()."""
        await self.close()

    async def invalidate(self) -> None:
        """close(), and close the connections instead of giving them back."""
        await self._job(self.sync_session.invalidate)

    @classmethod
    async def close_all(cls) -> None:
        """Close all sessions in memory."""
        await close_all_sessions()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, type_: Any, value: Any, traceback: Any) -> None:
        await closed(self.close, AsyncSession.close, self._lane)

    def _maker_context_manager(self) -> _AsyncSessionContextManager[Self]:
        return _AsyncSessionContextManager(self)

    # --- what needs no database -------------------------------------------------

    def __contains__(self, instance: object) -> bool:
        return instance in self.sync_session

    def __iter__(self) -> Iterator[object]:
        return iter(self.sync_session)

    def add(self, instance: object, _warn: bool = True) -> None:
        """Put an object, and those its cascades lead to, into the session."""
        self.sync_session.add(instance)

    def add_all(self, instances: Iterable[object]) -> None:
        """Put several objects into the session."""
        self.sync_session.add_all(instances)

    def expire(self, instance: object, attribute_names: Iterable[str] | None = None) -> None:
        """Forget loaded attributes."""
        self.sync_session.expire(instance, attribute_names)

    def expire_all(self) -> None:
        """Forget the loaded attributes of every persistent object."""
        self.sync_session.expire_all()

    def expunge(self, instance: object) -> None:
        """Take an object out of the session."""
        self.sync_session.expunge(instance)

    def expunge_all(self) -> None:
        """Take every object out of the session."""
        self.sync_session.expunge_all()

    def is_modified(self, instance: object, include_collections: bool = True) -> bool:
        """True if an object's attributes have net changes."""
        return self.sync_session.is_modified(instance, include_collections)

    def in_transaction(self) -> bool:
        """True when a transaction is begun."""
        return self.sync_session.in_transaction()

    def in_nested_transaction(self) -> bool:
        """True inside begin_nested()."""
        return self.sync_session.in_nested_transaction()

    @classmethod
    def object_session(cls, instance: object) -> Session | None:
        """The Session an object belongs to."""
        return Session.object_session(instance)

    @classmethod
    def identity_key(
        cls,
        class_: type[Any] | None = None,
        ident: Any = None,
        *,
        instance: Any = None,
        row: Any = None,
        identity_token: Any = None,
    ) -> tuple[Any, ...]:
        """The key an object has, or would have, in an identity map."""
        return Session.identity_key(
            class_, ident, instance=instance, row=row, identity_token=identity_token
        )


proxy_attributes(
    AsyncSession,
    "sync_session",
    "autoflush",
    "dirty deleted new identity_map is_active no_autoflush info",
)


@say_package
class async_sessionmaker(ConfiguredFactory[_AS]):
    """A factory of AsyncSessions that are configured alike."""

    def __init__(
        self,
        bind: AsyncEngine | AsyncConnection | None = None,
        *,
        class_: type[_AS] = AsyncSession,  # type: ignore[assignment]
        autoflush: bool = True,
        expire_on_commit: bool = True,
        info: dict[Any, Any] | None = None,
        **kw: Any,
    ) -> None:
        self._configure(class_, bind, autoflush, expire_on_commit, info, kw)

    def begin(self) -> _AsyncSessionContextManager[_AS]:
        """A context manager: a new session in a transaction that it commits."""
        return _AsyncSessionContextManager(self())


class _AsyncSessionContextManager(Generic[_AS]):
    """Session and transaction in one ``async with``."""

    __slots__ = ("async_session", "trans")

    def __init__(self, async_session: _AS) -> None:
        self.async_session = async_session

    async def __aenter__(self) -> _AS:
        self.trans = self.async_session.begin()
        await self.trans.__aenter__()
        return self.async_session

    async def __aexit__(self, type_: Any, value: Any, traceback: Any) -> None:
        async def end() -> None:
            try:
                await self.trans.__aexit__(type_, value, traceback)
            finally:
                await self.async_session.__aexit__(type_, value, traceback)

        await asyncio.shield(asyncio.create_task(end()))


class AsyncSessionTransaction(StartableContext["AsyncSessionTransaction"]):
    """A transaction or savepoint of a session. It begins when it is awaited or entered."""

    sync_transaction: SessionTransaction | None
    """The transaction behind; None before start()."""

    def __init__(self, session: AsyncSession, nested: bool = False) -> None:
        self.session = session
        self.nested = nested
        self.sync_transaction = None

    @classmethod
    def _of(cls, session: AsyncSession, transaction: SessionTransaction) -> AsyncSessionTransaction:
        found: AsyncSessionTransaction | None = _transactions.get(transaction)
        if found is None:
            found = cls(session, transaction.nested)
            found._assign(transaction)
        return found

    def _assign(self, transaction: SessionTransaction) -> None:
        self.sync_transaction = transaction
        _transactions.add(transaction, self)

    @property
    def is_active(self) -> bool:
        """Whether it is going on."""
        return self._sync_transaction().is_active

    def _sync_transaction(self) -> SessionTransaction:
        if self.sync_transaction is None:
            self._raise_for_not_started()
        return self.sync_transaction  # type: ignore[return-value]

    async def rollback(self) -> None:
        """Roll back."""
        await self.session._job(self._sync_transaction().rollback)

    async def commit(self) -> None:
        """Commit."""
        await self.session._job(self._sync_transaction().commit)

    async def start(self, is_ctxmanager: bool = False) -> Self:
        """Begin."""
        session = self.session.sync_session
        begin = session.begin_nested if self.nested else session.begin
        transaction = await self.session._job(begin)
        self._assign(transaction)
        if is_ctxmanager:
            transaction.__enter__()
        return self

    async def __aexit__(self, type_: Any, value: Any, traceback: Any) -> None:
        await self.session._job(self._sync_transaction().__exit__, type_, value, traceback)


def async_object_session(instance: object) -> AsyncSession | None:
    """The AsyncSession an object belongs to, if any."""
    session = object_session(instance)
    return None if session is None else async_session(session)


def async_session(session: Session) -> AsyncSession | None:
    """The AsyncSession that stands for a Session, if any."""
    return _sessions.get(session)  # type: ignore[no-any-return]


async def close_all_sessions() -> None:
    """Close all sessions in memory."""
    await run_job(_close_all_sessions)
