"""The pools: `QueuePool` is C (`_core.Pool`), the others are thin."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .. import _core
from .base import Pool


def _log_error(logger: Any, message: str, error: BaseException) -> None:
    """Log what failed behind the back of whoever gave a connection back."""
    logger.error(message, exc_info=error)


class QueuePool(Pool):
    """A bounded number of connections, and some more in times of need.

    Idle connections are kept up to `pool_size`; `max_overflow` more may be open at once;
    who then asks waits `timeout` seconds.
    """

    _names = ("pool_size", "max_overflow", "timeout", "use_lifo")

    def __init__(
        self,
        creator: Callable[[], Any],
        pool_size: int = 5,
        max_overflow: int = 10,
        timeout: float = 30.0,
        use_lifo: bool = False,
        **kw: Any,
    ) -> None:
        """`use_lifo`: hand out the connection that was used last, so that others idle."""
        super().__init__(creator, **kw)
        self._pool_size = pool_size
        self._max_overflow = max_overflow
        self._timeout = timeout
        self._use_lifo = use_lifo
        self._new_core()
        self._observe()

    def _new_core(self) -> None:
        # 0 means "without limit" for the size, as it does in QueuePool
        self._core = _core.Pool(
            self._create,
            pool_size=self._pool_size,
            max_overflow=self._max_overflow,
            timeout=self._timeout,
            recycle=self._recycle,
            use_lifo=self._use_lifo,
            pre_ping=self._pre_ping,
            reset_on_return=self._reset_on_return == "rollback",
        )
        self._core.on_error = functools.partial(_log_error, self.logger)
        self._bind()

    def _observe(self) -> None:
        if hasattr(self, "_core"):
            super()._observe()

    def _bind(self) -> None:
        """What the engine calls is the core's."""
        core = self._core
        self._checkout = core.checkout  # type: ignore[method-assign]
        self._invalidate = core.invalidate  # type: ignore[method-assign]
        if self._reset_on_return == "commit":
            self._checkin = self._commit_and_checkin  # type: ignore[method-assign]
        else:
            self._checkin = core.checkin  # type: ignore[method-assign]

    def _detach(self, connection: _core.Connection) -> None:
        self._core.detach(connection)

    def _expire(self) -> None:
        self._core.expire()

    def _commit_and_checkin(self, connection: _core.Connection) -> None:
        try:
            if not connection.inherited:
                connection.commit()
        finally:
            self._core.checkin(connection)

    def _arguments(self) -> dict[str, Any]:
        return {
            **super()._arguments(),
            "pool_size": self._pool_size,
            "max_overflow": self._max_overflow,
            "timeout": self._timeout,
            "use_lifo": self._use_lifo,
        }

    def dispose(self) -> None:
        self._core.dispose()
        self.logger.info("Pool disposed. %s", self.status())

    def status(self) -> str:
        return self._core.status()

    def size(self) -> int:
        """How many idle connections are kept."""
        return self._core.size()

    def checkedin(self) -> int:
        """How many connections are idle."""
        return self._core.checkedin()

    def checkedout(self) -> int:
        """How many connections are in use."""
        return self._core.checkedout()

    def overflow(self) -> int:
        """Connections beyond `size`; negative while there are fewer."""
        return self._core.overflow()

    def timeout(self) -> float | None:
        """Seconds that connect() waits; None: for ever."""
        return self._core.timeout()


class NullPool(Pool):
    """No pool: a connection is opened for each use and closed after it."""

    def _checkout(self) -> _core.Connection:
        return self._create()

    def _checkin(self, connection: _core.Connection) -> None:
        self._close(connection)

    _invalidate = _checkin

    def dispose(self) -> None:
        pass

    def status(self) -> str:
        return "NullPool"


class SingletonThreadPool(Pool):
    """One connection per thread, shared by all uses of that thread at a time.

    That is what an in-memory database needs, which lives as long as its connection.
    """

    _names = ("pool_size",)

    def __init__(self, creator: Callable[[], Any], pool_size: int = 5, **kw: Any) -> None:
        """`pool_size`: threads whose connections are kept open."""
        super().__init__(creator, **kw)
        self.size = pool_size
        self._local = threading.local()
        self._all: dict[int, _core.Connection] = {}
        self._lock = threading.Lock()

    def _arguments(self) -> dict[str, Any]:
        return {**super()._arguments(), "pool_size": self.size}

    def _checkout(self) -> _core.Connection:
        local = self._local
        connection: _core.Connection | None = getattr(local, "connection", None)
        if connection is None or connection.closed or connection.invalid:
            if connection is not None:
                self._forget(connection)
            connection = self._create()
            with self._lock:
                self._cleanup()
                self._all[id(connection)] = connection
            local.connection = connection
            local.uses = 0
        local.uses += 1
        return connection

    def _cleanup(self) -> None:
        while len(self._all) >= self.size > 0:
            _, connection = self._all.popitem()
            self._close(connection)  # but if its thread uses it just now, which closes it itself

    def _checkin(self, connection: _core.Connection) -> None:
        local = self._local
        if getattr(local, "connection", None) is connection:
            local.uses -= 1
            if local.uses > 0:
                return
        self._clean(connection)

    def _is_first_use(self, connection: _core.Connection) -> bool:
        return getattr(self._local, "connection", None) is not connection or self._local.uses == 1

    _is_last_use = _is_first_use

    def _detach(self, connection: _core.Connection) -> None:
        self._forget(connection)

    def _forget(self, connection: _core.Connection) -> None:
        with self._lock:
            self._all.pop(id(connection), None)
        if getattr(self._local, "connection", None) is connection:
            self._local.connection = None

    def _invalidate(self, connection: _core.Connection) -> None:
        self._forget(connection)
        self._close(connection)

    def dispose(self) -> None:
        with self._lock:
            connections = list(self._all.values())
            self._all.clear()
        self._local = threading.local()
        for connection in connections:
            self._close(connection)

    def status(self) -> str:
        return f"SingletonThreadPool id:{id(self)} size: {len(self._all)}"


class StaticPool(Pool):
    """One connection for everything."""

    _connection: _core.Connection | None = None

    def __init__(self, creator: Callable[[], Any], **kw: Any) -> None:
        super().__init__(creator, **kw)
        self._lock = threading.Lock()

    def _checkout(self) -> _core.Connection:
        with self._lock:
            connection = self._connection
            if connection is None or connection.closed or connection.invalid:
                connection = self._connection = self._create()
            return connection

    def _checkin(self, connection: _core.Connection) -> None:
        self._clean(connection)

    def _detach(self, connection: _core.Connection) -> None:
        self._connection = None

    def _invalidate(self, connection: _core.Connection) -> None:
        if self._connection is connection:
            self._connection = None
        self._close(connection)

    def dispose(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._close(connection)

    def status(self) -> str:
        return "StaticPool"


class AssertionPool(Pool):
    """One connection, of which only one use at a time is allowed."""

    def __init__(self, creator: Callable[[], Any], **kw: Any) -> None:
        self._store_traceback = kw.pop("store_traceback", True)
        super().__init__(creator, **kw)
        self._connection: _core.Connection | None = None
        self._used = False
        self._where: list[str] | None = None

    def _checkout(self) -> _core.Connection:
        if self._used:
            where = ""
            if self._where:
                where = " at:\n" + "".join(self._where)
            raise AssertionError("connection is already checked out" + where)
        connection = self._connection
        if connection is None or connection.closed or connection.invalid:
            connection = self._connection = self._create()
        self._used = True
        if self._store_traceback:
            import traceback

            self._where = traceback.format_list(traceback.extract_stack())
        return connection

    def _checkin(self, connection: _core.Connection) -> None:
        if not self._used:
            raise AssertionError("connection is not checked out")
        self._used = False
        self._clean(connection)

    def _detach(self, connection: _core.Connection) -> None:
        self._used = False
        self._connection = None

    def _invalidate(self, connection: _core.Connection) -> None:
        self._used = False
        if self._connection is connection:
            self._connection = None
        self._close(connection)

    def dispose(self) -> None:
        self._used = False
        connection, self._connection = self._connection, None
        if connection is not None:
            self._close(connection)

    def status(self) -> str:
        return "AssertionPool"


if TYPE_CHECKING:
    from ..engine.async_pool import AsyncAdaptedQueuePool as AsyncAdaptedQueuePool

    FallbackAsyncAdaptedQueuePool = AsyncAdaptedQueuePool
else:

    def __getattr__(name: str) -> Any:
        if name in ("AsyncAdaptedQueuePool", "FallbackAsyncAdaptedQueuePool"):
            from ..engine.async_pool import AsyncAdaptedQueuePool

            return AsyncAdaptedQueuePool
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
