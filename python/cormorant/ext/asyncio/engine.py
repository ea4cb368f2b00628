"""Engines and connections for programs with an event loop."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Any, Concatenate, NoReturn, ParamSpec, TypeVar, overload

from ... import exc
from ..._known_as import say_package
from ...engine.base import Connection, Engine
from ...engine.create import create_engine, create_pool_from_url, engine_from_config
from ...inspection import _inspects
from ...pool import StaticPool
from ...util.concurrency import Lane, await_only, run_job
from ...util.proxying import proxy_attributes
from . import exc as async_exc
from .base import Proxies, StartableContext, closed, startable
from .result import AsyncResult, AsyncScalarResult, execute_buffered

if TYPE_CHECKING:
    from typing import Self

    from ...engine.cursor import CursorResult
    from ...engine.result import ScalarResult
    from ...engine.transactions import Transaction
    from ...engine.url import URL
    from ...pool import Pool, PoolProxiedConnection
    from ...sql.typed_operators import TypedReturnsRows
    from .base import CallContext

__all__ = [
    "AsyncConnection",
    "AsyncEngine",
    "AsyncTransaction",
    "async_engine_from_config",
    "create_async_engine",
    "create_async_pool_from_url",
]

_T = TypeVar("_T")
_P = ParamSpec("_P")
_engines = Proxies()
_connections = Proxies()
_transactions = Proxies()


def create_async_engine(url: str | URL, **kw: Any) -> AsyncEngine:
    """An engine whose calls are awaited: create_engine() for ``sqlite+aiosqlite``,
    ``postgresql+asyncpg`` and ``postgresql+psycopg`` URLs.

    kw: as for create_engine(); async_creator: coroutine function that makes a connection.

    Each call that may wait for the database runs in a worker thread. A task that waits for
    a connection of the pool holds one, too.

    Raises exc.InvalidRequestError if the URL's driver is not asynchronous.
    """
    if kw.get("server_side_cursors", False):
        raise async_exc.AsyncMethodRequired(
            "Can't set server_side_cursors for async engine globally; use the "
            "connection.stream() method for an async streaming result set"
        )
    return AsyncEngine(create_engine(url, **_with_creator(kw)))


def _with_creator(kw: dict[str, Any]) -> dict[str, Any]:
    """Arguments for create_engine(), with `async_creator` as a function that waits for it."""
    async_creator = kw.pop("async_creator", None)
    kw["_is_async"] = True
    if async_creator is not None:
        if kw.get("creator") is not None:
            raise exc.ArgumentError(
                "Can only specify one of 'async_creator' or 'creator', not both."
            )
        kw["creator"] = lambda: await_only(async_creator())
    return kw


def async_engine_from_config(
    configuration: Mapping[str, Any], prefix: str = "sqlalchemy.", **kwargs: Any
) -> AsyncEngine:
    """create_async_engine() with the entries of a dict whose keys begin with `prefix`."""
    return AsyncEngine(engine_from_config(configuration, prefix, **_with_creator(kwargs)))


def create_async_pool_from_url(url: str | URL, **kwargs: Any) -> Pool:
    """The pool create_async_engine() would make, without an engine."""
    kwargs["_is_async"] = True
    return create_pool_from_url(url, **kwargs)  # type: ignore[no-any-return]


def lane_of(pool: Any) -> Lane | None:
    """The lane that all users of a pool of one connection share; None: it has more."""
    if not isinstance(pool, StaticPool):
        return None
    lane = pool.__dict__.get("_lane")
    if lane is None:
        lane = pool.__dict__["_lane"] = Lane()
    return lane


class AsyncConnectable:
    """Base of what has asynchronous counterparts of an engine's methods."""

    @classmethod
    def _no_async_engine_events(cls) -> NoReturn:
        raise NotImplementedError(
            "asynchronous events are not implemented at this time.  Apply synchronous "
            "listeners to the AsyncEngine.sync_engine or AsyncConnection.sync_connection "
            "attributes."
        )


@say_package
class AsyncConnection(StartableContext["AsyncConnection"], AsyncConnectable):
    """A connection in use. It is opened when it is awaited or entered."""

    dialect: Any
    default_isolation_level: str
    _lane: Lane
    sync_engine: Engine
    """The engine behind."""
    sync_connection: Connection | None
    """The connection behind; None before start()."""

    def __init__(
        self, async_engine: AsyncEngine, sync_connection: Connection | None = None
    ) -> None:
        self.engine = async_engine
        self.sync_engine = async_engine.sync_engine
        self.sync_connection = None
        self._lane = lane_of(self.sync_engine.pool) or Lane()
        if sync_connection is not None:
            self._assign(sync_connection)

    def _assign(self, connection: Connection) -> None:
        self.sync_connection = connection
        _connections.add(connection, self)

    @classmethod
    def _of(cls, connection: Connection) -> AsyncConnection:
        """What stands for a connection."""
        found = _connections.get(connection)
        if found is None:
            found = cls(AsyncEngine._of(connection.engine), connection)
        return found  # type: ignore[no-any-return]

    _retrieve_proxy_for_target = _of

    @property
    def _proxied(self) -> Connection:
        if self.sync_connection is None:
            self._raise_for_not_started()
        return self.sync_connection  # type: ignore[return-value]

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AsyncConnection) and self._proxied is other._proxied

    async def _job(self, fn: Callable[..., _T], *args: Any, **kwargs: Any) -> _T:
        return await run_job(fn, args, kwargs, self._lane)

    async def start(self, is_ctxmanager: bool = False) -> Self:
        """Check a connection out of the pool."""
        if self.sync_connection is not None:
            raise exc.InvalidRequestError("connection is already started")
        self._assign(
            await run_job(
                self.sync_engine.connect, lane=self._lane, discard=lambda made: made.close()
            )
        )
        return self

    async def __aexit__(self, type_: Any, value: Any, traceback: Any) -> None:
        await closed(self.close, AsyncConnection.close, self._lane)

    @property
    def connection(self) -> NoReturn:
        """Not available: see get_raw_connection()."""
        raise exc.InvalidRequestError(
            "AsyncConnection.connection accessor is not implemented as the attribute may need "
            "to reconnect on an invalidated connection.  Use the get_raw_connection() method."
        )

    async def get_raw_connection(self) -> PoolProxiedConnection:
        """The pool's connection behind this one."""
        return await self._job(getattr, self._proxied, "connection")

    @property
    def info(self) -> dict[str, Any]:
        """A dictionary that lives as long as the connection to the database."""
        return self._proxied.info

    @property
    def closed(self) -> bool:
        """Whether close() was called."""
        return self._proxied.closed

    @property
    def invalidated(self) -> bool:
        """Whether the connection to the database is lost and not yet replaced."""
        return self._proxied.invalidated

    def begin(self) -> AsyncTransaction:
        """A transaction, to be awaited or entered."""
        assert self._proxied
        return AsyncTransaction(self)

    def begin_nested(self) -> AsyncTransaction:
        """A savepoint, to be awaited or entered."""
        assert self._proxied
        return AsyncTransaction(self, nested=True)

    async def invalidate(self, exception: BaseException | None = None) -> None:
        """Close the connection to the database; a new one is opened when needed."""
        await self._job(self._proxied.invalidate, exception)

    async def get_isolation_level(self) -> str:
        """The isolation level now in effect."""
        return await self._job(self._proxied.get_isolation_level)

    def in_transaction(self) -> bool:
        """Whether a transaction is in progress."""
        return self._proxied.in_transaction()

    def in_nested_transaction(self) -> bool:
        """Whether a savepoint is in progress."""
        return self._proxied.in_nested_transaction()

    def get_transaction(self) -> AsyncTransaction | None:
        """The transaction in progress."""
        transaction = self._proxied.get_transaction()
        return None if transaction is None else AsyncTransaction._of(self, transaction, False)

    def get_nested_transaction(self) -> AsyncTransaction | None:
        """The savepoint in progress."""
        transaction = self._proxied.get_nested_transaction()
        return None if transaction is None else AsyncTransaction._of(self, transaction, True)

    async def execution_options(self, **opt: Any) -> AsyncConnection:
        """Set options that hold for everything executed on this connection."""
        connection = self._proxied
        changed = await self._job(connection.execution_options, **opt)
        assert changed is connection
        return self

    async def commit(self) -> None:
        """Commit the transaction in progress, if there is one."""
        await self._job(self._proxied.commit)

    async def rollback(self) -> None:
        """Roll back the transaction in progress, if there is one."""
        await self._job(self._proxied.rollback)

    async def close(self) -> None:
        """Give the connection back; a transaction in progress is rolled back."""
        await run_job(self._proxied.close, lane=self._lane, shielded=True)

    async def aclose(self) -> None:
        """As close()."""
        await self.close()

    async def exec_driver_sql(
        self,
        statement: str,
        parameters: Any = None,
        execution_options: Mapping[str, Any] | None = None,
    ) -> CursorResult[Any]:
        """Execute SQL as the driver takes it."""
        return await self._buffered(  # type: ignore[no-any-return]
            "exec_driver_sql",
            self._proxied.exec_driver_sql,
            statement,
            parameters,
            execution_options,
        )

    async def _buffered(
        self, method: str, execute: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        return await self._job(
            execute_buffered, execute, type(self).__name__, method, *args, **kwargs
        )

    @overload
    def stream(
        self,
        statement: TypedReturnsRows[_T],
        parameters: Any = ...,
        *,
        execution_options: Mapping[str, Any] | None = ...,
    ) -> CallContext[AsyncResult[_T]]: ...
    @overload
    def stream(
        self,
        statement: Any,
        parameters: Any = ...,
        *,
        execution_options: Mapping[str, Any] | None = ...,
    ) -> CallContext[AsyncResult[Any]]: ...
    @startable
    async def stream(
        self,
        statement: Any,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> AsyncResult[Any]:
        """Execute a statement: a result whose rows come while they are read."""
        connection = self._proxied
        options = {**(execution_options or {}), "stream_results": True}
        result = await self._job(
            connection.execute, statement, parameters, execution_options=options
        )
        return AsyncResult(
            result, self._lane, getattr(result._cursor.connection, "interrupt", None)
        )

    @overload
    async def execute(
        self,
        statement: TypedReturnsRows[_T],
        parameters: Any = ...,
        *,
        execution_options: Mapping[str, Any] | None = ...,
    ) -> CursorResult[_T]: ...
    @overload
    async def execute(
        self,
        statement: Any,
        parameters: Any = ...,
        *,
        execution_options: Mapping[str, Any] | None = ...,
    ) -> CursorResult[Any]: ...
    async def execute(
        self,
        statement: Any,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> CursorResult[Any]:
        """Execute a statement; all of its rows are at hand afterwards."""
        return await self._buffered(  # type: ignore[no-any-return]
            "execute",
            self._proxied.execute,
            statement,
            parameters,
            execution_options=execution_options,
        )

    @overload
    async def scalar(
        self,
        statement: TypedReturnsRows[tuple[_T]],
        parameters: Any = ...,
        *,
        execution_options: Mapping[str, Any] | None = ...,
    ) -> _T | None: ...
    @overload
    async def scalar(
        self,
        statement: Any,
        parameters: Any = ...,
        *,
        execution_options: Mapping[str, Any] | None = ...,
    ) -> Any: ...
    async def scalar(
        self,
        statement: Any,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Any:
        """The first column of the first row."""
        result = await self.execute(statement, parameters, execution_options=execution_options)
        if getattr(statement, "is_default_generator", False):
            return result  # the value itself
        return result.scalar()

    @overload
    async def scalars(
        self,
        statement: TypedReturnsRows[tuple[_T]],
        parameters: Any = ...,
        *,
        execution_options: Mapping[str, Any] | None = ...,
    ) -> ScalarResult[_T]: ...
    @overload
    async def scalars(
        self,
        statement: Any,
        parameters: Any = ...,
        *,
        execution_options: Mapping[str, Any] | None = ...,
    ) -> ScalarResult[Any]: ...
    async def scalars(
        self,
        statement: Any,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> ScalarResult[Any]:
        """The first column of every row."""
        result = await self.execute(statement, parameters, execution_options=execution_options)
        return result.scalars()

    @overload
    def stream_scalars(
        self,
        statement: TypedReturnsRows[tuple[_T]],
        parameters: Any = ...,
        *,
        execution_options: Mapping[str, Any] | None = ...,
    ) -> CallContext[AsyncScalarResult[_T]]: ...
    @overload
    def stream_scalars(
        self,
        statement: Any,
        parameters: Any = ...,
        *,
        execution_options: Mapping[str, Any] | None = ...,
    ) -> CallContext[AsyncScalarResult[Any]]: ...
    @startable
    async def stream_scalars(
        self,
        statement: Any,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> AsyncScalarResult[Any]:
        """The first column of rows that come while they are read."""
        result = await self.stream(statement, parameters, execution_options=execution_options)
        return result.scalars()

    async def run_sync(
        self,
        fn: Callable[Concatenate[Connection, _P], _T],
        *arg: _P.args,
        **kw: _P.kwargs,
    ) -> _T:
        """fn(sync_connection, *arg, **kw), in a worker thread: it may use the connection as
        synchronous programs do."""
        return await self._job(fn, self._proxied, *arg, **kw)


@say_package
class AsyncEngine(AsyncConnectable):
    """A database: pool of connections and dialect."""

    sync_engine: Engine
    """The engine behind."""
    url: URL
    pool: Pool
    dialect: Any
    name: str
    driver: str
    echo: Any

    def __init__(self, sync_engine: Engine) -> None:
        if not sync_engine.dialect.is_async:
            raise exc.InvalidRequestError(
                "The asyncio extension requires an async driver to be used. The loaded "
                f"{sync_engine.dialect.driver!r} is not async."
            )
        self.sync_engine = sync_engine
        _engines.add(sync_engine, self)

    @classmethod
    def _of(cls, engine: Engine) -> AsyncEngine:
        """What stands for an engine."""
        return _engines.get(engine) or cls(engine)

    @property
    def engine(self) -> Engine:
        """The engine behind."""
        return self.sync_engine

    @property
    def _proxied(self) -> Engine:
        return self.sync_engine

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AsyncEngine) and self.sync_engine is other.sync_engine

    @contextlib.asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A connection inside of a transaction that is committed at the end."""
        async with self.connect() as connection, connection.begin():
            yield connection

    def connect(self) -> AsyncConnection:
        """A connection, to be awaited or entered."""
        return AsyncConnection(self)

    async def raw_connection(self) -> PoolProxiedConnection:
        """A connection of the pool without anything around it."""
        return await run_job(
            self.sync_engine.raw_connection,
            lane=lane_of(self.pool),
            discard=lambda made: made.close(),
        )

    def execution_options(self, **opt: Any) -> AsyncEngine:
        """An engine of the same pool and cache, with options for all it executes."""
        return AsyncEngine(self.sync_engine.execution_options(**opt))

    async def dispose(self, close: bool = True) -> None:
        """Close the pooled connections (unless close=False) and begin with a new pool."""
        await run_job(self.sync_engine.dispose, (close,), lane=lane_of(self.pool))

    def clear_compiled_cache(self) -> None:
        """Forget every compiled statement."""
        self.sync_engine.clear_compiled_cache()

    def update_execution_options(self, **opt: Any) -> None:
        """Change the options of this engine."""
        self.sync_engine.update_execution_options(**opt)

    def get_execution_options(self) -> Mapping[str, Any]:
        """The options set by execution_options()."""
        return self.sync_engine.get_execution_options()


proxy_attributes(AsyncConnection, "_proxied", "dialect", "default_isolation_level")
proxy_attributes(AsyncEngine, "sync_engine", "url pool dialect echo", "name driver")


class AsyncTransaction(StartableContext["AsyncTransaction"]):
    """A transaction or savepoint. It begins when it is awaited or entered."""

    sync_transaction: Transaction | None
    """The transaction behind; None before start()."""

    def __init__(self, connection: AsyncConnection, nested: bool = False) -> None:
        self.connection = connection
        self.sync_transaction = None
        self.nested = nested

    @classmethod
    def _of(
        cls, connection: AsyncConnection, transaction: Transaction, nested: bool
    ) -> AsyncTransaction:
        found: AsyncTransaction | None = _transactions.get(transaction)
        if found is None:
            found = cls(connection, nested)
            found._assign(transaction)
        return found

    def _assign(self, transaction: Transaction) -> None:
        self.sync_transaction = transaction
        _transactions.add(transaction, self)

    @property
    def _proxied(self) -> Transaction:
        if self.sync_transaction is None:
            self._raise_for_not_started()
        return self.sync_transaction  # type: ignore[return-value]

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AsyncTransaction) and self._proxied is other._proxied

    @property
    def is_valid(self) -> bool:
        """Whether the transaction can still be used."""
        return self._proxied.is_valid

    @property
    def is_active(self) -> bool:
        """Whether it is going on."""
        return self._proxied.is_active

    async def close(self) -> None:
        """Roll back if the transaction is still going on."""
        await self.connection._job(self._proxied.close)

    async def rollback(self) -> None:
        """Roll back."""
        await self.connection._job(self._proxied.rollback)

    async def commit(self) -> None:
        """Commit."""
        await self.connection._job(self._proxied.commit)

    async def start(self, is_ctxmanager: bool = False) -> Self:
        """Begin."""
        connection = self.connection
        sync = connection._proxied
        begin: Callable[[], Transaction] = sync.begin_nested if self.nested else sync.begin
        self._assign(await connection._job(begin))
        if is_ctxmanager:
            self._proxied.__enter__()
        return self

    async def __aexit__(self, type_: Any, value: Any, traceback: Any) -> None:
        await self.connection._job(self._proxied.__exit__, type_, value, traceback)


def sync_bind(bind: Any) -> Any:
    """The engine or connection behind an asynchronous one."""
    if isinstance(bind, (AsyncEngine, AsyncConnection)):
        return bind._proxied
    raise exc.ArgumentError(f"AsyncEngine expected, got {bind!r}")


@_inspects(AsyncConnection)
def _no_inspection_of_connections(subject: Any) -> NoReturn:
    raise exc.NoInspectionAvailable(
        "Inspection on an AsyncConnection is currently not supported. Please use ``run_sync`` "
        "to pass a callable where it's possible to call ``inspect`` on the passed connection.",
        code="xd3s",
    )


@_inspects(AsyncEngine)
def _no_inspection_of_engines(subject: Any) -> NoReturn:
    raise exc.NoInspectionAvailable(
        "Inspection on an AsyncEngine is currently not supported. Please obtain a connection "
        "then use ``conn.run_sync`` to pass a callable where it's possible to call ``inspect`` "
        "on the passed connection.",
        code="xd3s",
    )
