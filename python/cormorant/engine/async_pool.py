"""The pool and the connections of engines that programs use from an event loop."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from .. import exc
from ..pool import QueuePool, StaticPool
from ..util.concurrency import current_job, missing_greenlet
from .connection import Connection

if TYPE_CHECKING:
    from .. import _core
    from ..util.concurrency import Job
    from .base import Engine

__all__ = ["AsyncAdaptedQueuePool", "BlockingConnection"]


class _Waiter:
    """A thread that waits for a permit."""

    __slots__ = ("granted", "lock")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.lock.acquire()
        self.granted = False


class _Gate:
    """As many permits as a pool may have connections, given out in the order of asking.

    The core's pool would wait just as well, but not so that the wait can be ended from
    another thread, which is what the cancellation of a task needs.
    """

    def __init__(self, permits: int) -> None:
        self._free = permits
        self._waiters: deque[_Waiter] = deque()
        self._mutex = threading.Lock()

    def acquire(self, timeout: float | None, job: Job | None) -> bool:
        """Take a permit; False after `timeout` seconds, CancelledError if `job` is cancelled."""
        with self._mutex:
            if self._free > 0:
                self._free -= 1
                return True
            waiter = _Waiter()
            self._waiters.append(waiter)
        try:
            if job is not None:
                job.at_work(lambda: self._give_up(waiter))
            waiter.lock.acquire(timeout=-1 if timeout is None else timeout)
        except BaseException:
            self._give_up(waiter)
            if waiter.granted:
                self.release()
            raise
        self._give_up(waiter)
        if job is not None and job.cancelled:
            if waiter.granted:
                self.release()
            raise asyncio.CancelledError()
        return waiter.granted

    def _give_up(self, waiter: _Waiter) -> None:
        """Wait no longer."""
        with self._mutex:
            if not waiter.granted and waiter in self._waiters:
                self._waiters.remove(waiter)
                waiter.lock.release()

    def release(self) -> None:
        """Give a permit back: whoever waits longest gets it."""
        with self._mutex:
            if self._waiters:
                waiter = self._waiters.popleft()
                waiter.granted = True
                waiter.lock.release()
            else:
                self._free += 1


class AsyncAdaptedQueuePool(QueuePool):
    """The QueuePool of asynchronous engines: the wait for a connection can be cancelled."""

    _gate: _Gate | None = None

    @property
    def _is_asyncio(self) -> bool:
        return True

    def _new_core(self) -> None:
        if self._pool_size > 0 and self._max_overflow >= 0:
            self._gate = _Gate(self._pool_size + self._max_overflow)
        super()._new_core()

    def _bind(self) -> None:
        super()._bind()
        if self._gate is None:
            return
        core, gate, take_back = self._core, self._gate, self._checkin

        def checkout() -> _core.Connection:
            if not gate.acquire(self._timeout, current_job()):
                raise exc.TimeoutError(
                    f"QueuePool limit of size {self._pool_size} overflow {self._max_overflow} "
                    f"reached, connection timed out, timeout {float(self._timeout):0.2f}",
                    code="3o7r",
                )
            try:
                return core.checkout()
            except BaseException:
                gate.release()
                raise

        def checkin(connection: _core.Connection) -> None:
            try:
                take_back(connection)
            finally:
                gate.release()

        def invalidate(connection: _core.Connection) -> None:
            try:
                core.invalidate(connection)
            finally:
                gate.release()

        self._checkout = checkout  # type: ignore[method-assign]
        self._checkin = checkin  # type: ignore[method-assign]
        self._invalidate = invalidate  # type: ignore[method-assign]

    def _detach(self, connection: _core.Connection) -> None:
        super()._detach(connection)
        if self._gate is not None:
            self._gate.release()


class BlockingConnection(Connection):
    """A connection of an asynchronous engine: what it executes it executes within a job, so
    that the event loop does not wait; elsewhere it raises exc.MissingGreenlet.

    When the job is cancelled the statement that runs is interrupted, and the connection is
    invalidated, since nobody knows how far it came.
    """

    _core_live: _core.Connection | None = None

    def __init__(
        self,
        engine: Engine,
        connection: _core.Connection | None = None,
        _allow_revalidate: bool = True,
    ) -> None:
        if connection is None and current_job() is None:
            # nothing to give back when it is deallocated
            self._closed = True
            raise missing_greenlet()
        super().__init__(engine, connection, _allow_revalidate)

    def _enter(self) -> None:
        """Before I/O: it is to be allowed here, and to end when the job is cancelled."""
        job = current_job()
        if job is None:
            raise missing_greenlet()
        connection = self._dbapi_connection
        if connection is not None:
            job.at_work(connection.interrupt)

    @property
    def _live(self) -> _core.Connection | None:
        live = self._core_live
        if live is not None:
            self._enter()
        return live

    @_live.setter
    def _live(self, value: _core.Connection | None) -> None:
        self._core_live = value

    def _ready(self) -> _core.Connection:
        if current_job() is None:
            raise missing_greenlet()
        ready = super()._ready()
        self._enter()
        return ready

    def _begin_impl(self, transaction: Any) -> None:
        self._enter()
        super()._begin_impl(transaction)

    def _commit_impl(self) -> None:
        self._enter()
        super()._commit_impl()

    def _rollback_impl(self) -> None:
        if current_job() is None and not self.invalidated:
            raise missing_greenlet()
        super()._rollback_impl()

    def _run_script(self, sql: str) -> None:
        self._enter()
        super()._run_script(sql)

    def _flush_log(self, variant: Any = None, compiled_of: Any = None) -> Any:
        self._enter()
        return super()._flush_log(variant, compiled_of)

    def _wrap_error(
        self,
        error: BaseException,
        sql: str | None,
        params: Any,
        ismulti: bool = False,
        from_core: bool = True,
    ) -> Any:
        job = current_job()
        if job is not None and job.cancelled:
            # what the driver reports is that it was interrupted
            error = asyncio.CancelledError()
        return super()._wrap_error(error, sql, params, ismulti, from_core)

    def invalidate(self, exception: BaseException | None = None) -> None:
        connection = self._dbapi_connection
        if (
            isinstance(exception, asyncio.CancelledError)
            and isinstance(self._pool, StaticPool)
            and connection is not None
            and not connection.closed
        ):
            # the only connection there is, and with it all of a database in memory: it stays
            # open, but what the transaction did is undone, as it is elsewhere
            self._dbapi_connection = None
            self._live = None
            connection.rollback()
            return
        super().invalidate(exception)
