"""What every pool has, and the connections it gives to programs.

What an engine asks of any pool is `_checkout()` and `_checkin(connection)`, of plain core
connections. `connect()` gives the public, DB-API like wrapper.
"""

from __future__ import annotations

import enum
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .. import _core, exc, log
from ..event.attr import dispatcher

if TYPE_CHECKING:
    from ..event.base import Dispatch

reset_rollback = "reset_rollback"
reset_commit = "reset_commit"
reset_none = "reset_none"


class ResetStyle(enum.Enum):
    """What happens to a connection that comes back."""

    reset_rollback = 0
    reset_commit = 1
    reset_none = 2


class PoolResetState:
    """What is known of a connection when it is reset."""

    __slots__ = ("asyncio_safe", "terminate_only", "transaction_was_reset")

    def __init__(
        self, transaction_was_reset: bool, terminate_only: bool, asyncio_safe: bool
    ) -> None:
        self.transaction_was_reset = transaction_was_reset
        self.terminate_only = terminate_only
        self.asyncio_safe = asyncio_safe


def _parse_reset(value: Any) -> str:
    if value in (True, "rollback", reset_rollback, ResetStyle.reset_rollback):
        return "rollback"
    if value in (None, False, "none", reset_none, ResetStyle.reset_none):
        return "none"
    if value in ("commit", reset_commit, ResetStyle.reset_commit):
        return "commit"
    raise exc.ArgumentError(f"Invalid value for 'reset_on_return': {value!r}")


_pools: weakref.WeakSet[Pool] = weakref.WeakSet()


def refresh_observers(target: Any) -> None:
    """Somebody began or ceased to listen to a pool, or to a class of pools."""
    for pool in list(_pools):
        if target is None or isinstance(target, type) or pool.dispatch is target.dispatch:
            pool._observe()


class Pool:
    """The base of pools.

    Listeners cost nothing where there are none: only a pool that has some has an `_events`,
    and the methods that call them in the place of its own.
    """

    dispatch = dispatcher("cormorant.engine.pool_events:PoolEvents")
    _events: Dispatch | None = None
    _first_connect_done = False
    _log_module = "cormorant.pool.impl"
    _names: tuple[str, ...] = ()
    """Keyword arguments of the constructor beyond those of every pool."""

    echo = log.echo_property()
    _echo: Any = None
    logger: Any
    logging_name: str | None = None

    def __init__(
        self,
        creator: Callable[[], Any],
        recycle: int = -1,
        echo: Any = None,
        logging_name: str | None = None,
        reset_on_return: Any = True,
        events: Any = None,
        dialect: Any = None,
        pre_ping: bool = False,
        _dispatch: Any = None,
    ) -> None:
        """`creator`: makes a connection; `recycle`: seconds after which one is replaced."""
        if logging_name:
            self.logging_name = logging_name
        log.instance_logger(self, echoflag=echo)
        self._creator = creator
        self._recycle = recycle
        self._pre_ping = pre_ping
        self._reset_on_return = _parse_reset(reset_on_return)
        self._dialect = dialect
        if _dispatch is not None:
            self.__dict__["dispatch"] = _dispatch
        for fn, name in events or ():
            from ..event import listen

            listen(self, name, fn)
        _pools.add(self)
        self._observe()

    @property
    def _is_asyncio(self) -> bool:
        return False

    # --- for the engine ---

    def _checkout(self) -> _core.Connection:
        """A core connection for the use of one thread."""
        raise NotImplementedError()

    def _checkin(self, connection: _core.Connection) -> None:
        """Give it back: it is rolled back, and closed if it is invalid."""
        raise NotImplementedError()

    def _expire(self) -> None:
        """Replace the connections made so far when they are next checked out: the server that
        they lead to was lost."""

    def _invalidate(self, connection: _core.Connection) -> None:
        """Close a checked-out connection that is of no use any more."""
        raise NotImplementedError()

    def _clean(self, connection: _core.Connection) -> None:
        """Reset a connection that is given back and kept; close one that is invalid, or that
        cannot be reset."""
        if connection.closed:
            return
        if not connection.invalid:
            try:
                if not connection.inherited:
                    if self._reset_on_return == "commit":
                        connection.commit()
                    if self._reset_on_return != "none":
                        connection.reset()
                return
            except connection.dbapi.Error:
                self.logger.error("Exception during reset or similar", exc_info=True)
        self._invalidate(connection)

    def _detach(self, connection: _core.Connection) -> None:
        """Forget a checked-out connection, which stays open."""

    # --- events ---

    def _observe(self) -> None:
        """Call listeners from now on, if there are any."""
        import sys

        module = sys.modules.get("cormorant.engine.pool_events")
        if module is None or not module.PoolEvents._listened:
            return
        names = [name for name in module.PoolEvents._events if self.dispatch._find(name)]
        if not names and self._events is None:
            return
        self._events = self.dispatch if names else None
        from ..engine.pool_observer import observe

        observe(self, names)

    def _bind(self) -> None:
        """Call no listeners: the methods are the class's again."""
        self.__dict__.pop("_checkout", None)
        self.__dict__.pop("_checkin", None)

    def _is_first_use(self, connection: _core.Connection) -> bool:
        """Whether a connection just checked out was not in use before."""
        return True

    def _is_last_use(self, connection: _core.Connection) -> bool:
        """Whether a connection about to be checked in is not in use any more."""
        return True

    def _close(self, connection: _core.Connection) -> None:
        """Close a connection of the pool; an error of that is logged."""
        if self._events is not None:
            from ..engine.pool_observer import fire_close

            fire_close(self, connection)
        try:
            connection.close()
        except connection.dbapi.Error:
            self.logger.error("Exception closing connection %r", connection, exc_info=True)

    # --- for users ---

    def connect(self) -> PoolProxiedConnection:
        """A connection from the pool; its close() gives it back."""
        return PoolProxiedConnection(self, self._checkout())

    def dispose(self) -> None:
        """Close every connection that is not in use."""
        raise NotImplementedError()

    def recreate(self) -> Pool:
        """An empty pool of the same settings."""
        kept = self.__dict__.get("dispatch")
        return type(self)(self._creator, _dispatch=kept, **self._arguments())

    def _arguments(self) -> dict[str, Any]:
        return {
            "recycle": self._recycle,
            "echo": self.echo,
            "logging_name": self.logging_name,
            "reset_on_return": self._reset_on_return,
            "dialect": self._dialect,
            "pre_ping": self._pre_ping,
        }

    def status(self) -> str:
        """A line about the state of the pool."""
        raise NotImplementedError()

    def _create(self) -> _core.Connection:
        connection = self._creator()
        if not isinstance(connection, _core.Connection):
            from ..engine.adopted import adopt

            connection = adopt(connection, self._dialect)
        if self._dialect is not None:
            self._dialect.on_connect(connection)
        if self._events is not None:
            from ..engine.pool_observer import fire_connect

            fire_connect(self, connection)
        return connection


class PoolProxiedConnection:
    """A connection of a pool outside of any engine Connection: engine.raw_connection()."""

    def __init__(self, pool: Pool, connection: _core.Connection) -> None:
        self._pool = pool
        self._detached = False
        self._core: _core.Connection | None = connection

    @property
    def dbapi_connection(self) -> Any:
        """The DB-API connection, None if there is none any more."""
        if self._core is None:
            return None
        from ..engine.dbapi_connection import raw_connection_of

        return raw_connection_of(self._core)

    driver_connection = dbapi_connection
    connection = dbapi_connection

    @property
    def is_valid(self) -> bool:
        """Whether there is an open connection behind this object."""
        return self._core is not None and not self._core.closed

    @property
    def is_detached(self) -> bool:
        """Whether the connection no longer belongs to the pool."""
        return self._detached

    def detach(self) -> None:
        """Take the connection away from the pool: close() will really close it."""
        connection = self._require()
        if self._detached:
            return
        self._detached = True
        self._pool._detach(connection)
        if self._pool._events is not None:
            from ..engine.pool_observer import fire_detach

            fire_detach(self._pool, connection)

    @property
    def info(self) -> dict[Any, Any]:
        """A dictionary that lives as long as the connection to the database."""
        return self._require().info

    def _require(self) -> _core.Connection:
        if self._core is None:
            raise exc.ResourceClosedError("This connection is closed")
        return self._core

    def commit(self) -> None:
        """Commit the transaction."""
        self._require()
        self.dbapi_connection.commit()

    def rollback(self) -> None:
        """Roll the transaction back."""
        self._require()
        self.dbapi_connection.rollback()

    def cursor(self, *args: Any, **kw: Any) -> Any:
        """A DB-API cursor."""
        self._require()
        return self.dbapi_connection.cursor(*args, **kw)

    def __getattr__(self, name: str) -> Any:
        # what only the driver's connection has
        if self.__dict__.get("_core") is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self.dbapi_connection, name)

    def execute(self, sql: str, parameters: Any = ()) -> Any:
        """A cursor that has executed a statement."""
        return self.cursor().execute(sql, parameters)

    def invalidate(self, e: BaseException | None = None, soft: bool = False) -> None:
        """Close the connection to the database."""
        if self._core is None:
            return
        from ..engine.pool_observer import invalidate

        connection = self._core
        if not soft:
            self._core = None
        invalidate(self._pool, connection, e, soft)

    def close(self) -> None:
        """Give the connection back to the pool."""
        if self._core is not None:
            connection, self._core = self._core, None
            self._give_back(connection)

    def _give_back(self, connection: _core.Connection) -> None:
        if not self._detached:
            self._pool._checkin(connection)
            return
        if self._pool._events is not None:
            from ..engine.pool_observer import fire_close_detached

            fire_close_detached(self._pool, connection)
        connection.close()

    def __enter__(self) -> PoolProxiedConnection:
        return self

    def __exit__(self, *args: Any) -> None:
        self.close()

    def __del__(self) -> None:
        # forgotten: the pool gets it back all the same
        connection = getattr(self, "_core", None)
        if connection is not None:
            self._core = None
            try:
                self._give_back(connection)
            except Exception:
                self._pool.logger.exception("Exception during reset or similar")


class BorrowedConnection(PoolProxiedConnection):
    """As PoolProxiedConnection for a connection that an engine Connection is using."""

    def __init__(self, pool: Pool, connection: _core.Connection, owner: Any = None) -> None:
        super().__init__(pool, connection)
        self._owner = owner

    @property
    def is_detached(self) -> bool:
        """Whether the connection no longer belongs to the pool."""
        return self._owner is not None and self._owner._detached

    def detach(self) -> None:
        """Take the connection away from the pool: the engine Connection will close it."""
        if self._owner is not None:
            self._owner.detach()

    def invalidate(self, e: BaseException | None = None, soft: bool = False) -> None:
        self._require().close()

    def close(self) -> None:
        """Nothing: the engine Connection gives the connection back."""

    def __del__(self) -> None:
        pass


ManagesConnection = PoolProxiedConnection
ConnectionPoolEntry = PoolProxiedConnection
