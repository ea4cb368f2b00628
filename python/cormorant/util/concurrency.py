"""Blocking calls off the event loop: each runs in a worker thread while its task waits.

The drivers wait without the GIL, so a call that blocks costs the loop nothing but the hop to
the worker and back. A `Job` is one such call. What runs inside of it may do I/O (`current_job`
says so) and may itself wait for coroutines of the loop (`await_only`). A task that is
cancelled interrupts what its job waits for, and goes on when the job is over: nothing is left
running behind its back.

What runs inside finds the task and its loop where it would without a worker
(`asyncio.get_running_loop()`, `asyncio.create_task()`): the loop's methods are called in the
loop's own thread, and tasks made of coroutines begin when the job waits for one or is over.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import os
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from .. import exc

if TYPE_CHECKING:
    from typing import Self

__all__ = [
    "Job",
    "Lane",
    "await_fallback",
    "await_only",
    "current_job",
    "greenlet_spawn",
    "in_greenlet",
    "is_exit_exception",
    "run_job",
]

_T = TypeVar("_T")

_KEPT = 32
"""Idle threads that are kept for the next calls."""


def is_exit_exception(error: BaseException) -> bool:
    """Whether an exception ends a task or the program rather than reports a failure."""
    return not isinstance(error, Exception)


class Job:
    """A blocking call on behalf of a task.

    The worker fills in the outcome and then tells the loop. All else happens in the loop's
    thread, `block()` and `at_work()` excepted, which the call itself uses.
    """

    __slots__ = (
        "_gates", "_interrupt", "_mutex", "args", "cancelled", "context", "done", "error", "fn",
        "future", "kwargs", "loop", "task", "value",
    )  # fmt: skip

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        interrupt: Callable[[], object] | None = None,
    ) -> None:
        """`interrupt`: makes what the call waits for end soon, called from any thread."""
        self.loop = loop
        self.fn = fn
        self.args = args
        self.kwargs = kwargs
        self.context = contextvars.copy_context()
        self.task = asyncio.current_task(loop)
        self.future: asyncio.Future[None] = loop.create_future()
        self.done = False
        self.cancelled = False
        self.value: Any = None
        self.error: BaseException | None = None
        self._interrupt = interrupt
        self._mutex = threading.Lock()
        self._gates: list[asyncio.Future[None]] = []

    def run(self) -> None:
        """In the worker: make the call, and wake the task."""
        _here.job = self
        loop: Any = LoopAtWork(self)
        asyncio._set_running_loop(loop)
        if self.task is not None:
            asyncio.tasks._enter_task(loop, self.task)
        try:
            self.value = self.context.run(self.fn, *self.args, **self.kwargs)
        except BaseException as error:
            self.error = error
        if self.task is not None:
            asyncio.tasks._leave_task(loop, self.task)
        asyncio._set_running_loop(None)
        _here.job = None
        try:
            self.loop.call_soon_threadsafe(self._finish)
        except RuntimeError:
            pass  # the loop was closed meanwhile: nobody waits any more

    def call_in_loop(self, fn: Callable[..., _T], *args: Any, **kwargs: Any) -> _T:
        """In the worker: make a call in the loop's thread."""
        over: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()

        def call() -> None:
            try:
                over.put((fn(*args, **kwargs), None))
            except BaseException as error:
                over.put((None, error))

        self.loop.call_soon_threadsafe(call)
        value, error = over.get()
        if error is None:
            return value  # type: ignore[no-any-return]
        try:
            raise error
        finally:
            # its traceback refers to this frame
            del error

    def create_task(self, coro: Any, **kwargs: Any) -> asyncio.Task[Any]:
        """In the loop's thread: a task of the call's, which begins when that waits or is over."""
        if not asyncio.iscoroutine(coro):
            return self.loop.create_task(coro, **kwargs)
        gate = self.loop.create_future()
        self._gates.append(gate)
        if self.loop.get_task_factory() is None:
            return _TaskOfJob(_behind(gate, coro), loop=self.loop, **kwargs)
        return self.loop.create_task(_behind(gate, coro), **kwargs)

    def open_gates(self) -> None:
        """Let the tasks begin that the call has made."""
        gates, self._gates = self._gates, []
        for gate in gates:
            if not gate.done():
                gate.set_result(None)

    def _finish(self) -> None:
        self.done = True
        self.open_gates()
        if not self.future.done():
            self.future.set_result(None)

    def at_work(self, interrupt: Callable[[], object]) -> None:
        """In the worker, before a wait: how to end it. CancelledError if it need not begin."""
        with self._mutex:
            if self.cancelled:
                raise asyncio.CancelledError()
            self._interrupt = interrupt

    def cancel(self) -> None:
        """The task was cancelled: let the call end soon."""
        with self._mutex:
            if self.cancelled:
                return
            self.cancelled = True
            interrupt = self._interrupt
        if interrupt is not None:
            # it may itself wait for the server
            _submit(interrupt)


async def _behind(gate: asyncio.Future[None], coro: Coroutine[Any, Any, _T]) -> _T:
    try:
        await gate
    except BaseException:
        coro.close()
        raise
    return await coro


class _TaskOfJob(asyncio.Task[_T]):
    """A task that a job has made, and may still handle: what concerns the loop is done there."""

    def cancel(self, msg: Any = None) -> bool:
        """Ask the task to end."""
        return _in_loop_of(self, super().cancel, msg)

    def add_done_callback(
        self,
        fn: Callable[[Self], object],
        /,
        *,
        context: contextvars.Context | None = None,
    ) -> None:
        """Call a function with the task when it is over."""
        _in_loop_of(self, super().add_done_callback, fn, context=context)


def _in_loop_of(
    task: asyncio.Task[Any], method: Callable[..., _T], *args: Any, **kwargs: Any
) -> _T:
    job = _here.job
    if job is None or job.loop is not task.get_loop():
        return method(*args, **kwargs)
    return job.call_in_loop(method, *args, **kwargs)


class LoopAtWork:
    """The event loop as a job finds it. Elsewhere, when it was kept, it is as the loop itself."""

    __slots__ = ("_job",)

    def __init__(self, job: Job) -> None:
        self._job = job

    def __getattr__(self, name: str) -> Any:
        job = self._job
        value = getattr(job.loop, name)
        if _here.job is not job or not callable(value):
            return value
        return functools.partial(
            job.call_in_loop, job.create_task if name == "create_task" else value
        )


class _Here(threading.local):
    job: Job | None = None


_here = _Here()
_idle: list[SimpleQueue[Callable[[], object]]] = []
"""The queues of idle workers; the one that worked last is last."""
os.register_at_fork(after_in_child=_idle.clear)


def _work(calls: SimpleQueue[Callable[[], object]]) -> None:
    while True:
        calls.get()()
        if len(_idle) >= _KEPT:
            return
        _idle.append(calls)


def _submit(call: Callable[[], object]) -> None:
    """Make a call in a worker.

    There is no bound on the workers: one that waits for a connection must never keep from
    working another that would give one back.
    """
    try:
        calls = _idle.pop()
    except IndexError:
        calls = SimpleQueue()
        threading.Thread(target=_work, args=(calls,), name="cormorant-asyncio", daemon=True).start()
    calls.put(call)


def current_job() -> Job | None:
    """The job that the calling thread works on."""
    return _here.job


def in_greenlet() -> bool:
    """Whether blocking calls, and await_only(), are allowed here."""
    return _here.job is not None


def missing_greenlet() -> exc.MissingGreenlet:
    """The error for I/O in the thread of the event loop."""
    return exc.MissingGreenlet(
        "greenlet_spawn has not been called; can't call await_only() here. Was IO attempted "
        "in an unexpected place?"
    )


class Lane:
    """What lets one job at a time pass, in the order of their tasks.

    A session or connection has one; all of an engine with a single connection share one.
    """

    __slots__ = ("_waiters", "busy", "provisioning")

    def __init__(self) -> None:
        self.busy = False
        self.provisioning = False
        """The job that passes has to open a connection."""
        self._waiters: deque[asyncio.Future[None]] = deque()

    async def enter(self) -> None:
        """Wait until the lane is free, and take it."""
        if not self.busy:
            self.busy = True
            return
        future = asyncio.get_running_loop().create_future()
        self._waiters.append(future)
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self.leave()  # it was this task's turn
            raise

    def leave(self) -> None:
        """Let the next one pass."""
        self.provisioning = False
        while self._waiters:
            future = self._waiters.popleft()
            if not future.done():
                future.set_result(None)
                return
        self.busy = False


def _take_over(context: contextvars.Context) -> None:
    """Set what a job has set in its copy of the context."""
    for variable, value in context.items():
        try:
            if variable.get() is value:
                continue
        except LookupError:
            pass
        variable.set(value)


async def run_job(
    fn: Callable[..., _T],
    args: tuple[Any, ...] = (),
    kwargs: dict[str, Any] | None = None,
    lane: Lane | None = None,
    discard: Callable[[_T], object] | None = None,
    interrupt: Callable[[], object] | None = None,
    shielded: bool = False,
) -> _T:
    """Make a blocking call in a worker thread and return what it returns.

    lane: the calls that exclude each other; discard: takes back the result of a call that
    was over when its task was cancelled; interrupt: see Job; shielded: the call is let go on
    when its task is cancelled, which waits for its end.

    Context variables are the task's; what the call sets is set for the task.
    """
    if lane is not None:
        await lane.enter()
    try:
        job = Job(asyncio.get_running_loop(), fn, args, kwargs or {}, interrupt)
        _submit(job.run)
        try:
            await job.future
        except asyncio.CancelledError:
            if not shielded:
                job.cancel()
            await _outlast(job)
            error, job.error = job.error, None  # whose traceback refers to the job
            if discard is not None and error is None:
                await _outlast_call(discard, job.value)
            raise
    finally:
        if lane is not None:
            lane.leave()
    _take_over(job.context)
    error, job.error = job.error, None
    if error is None:
        return job.value  # type: ignore[no-any-return]
    try:
        raise error
    finally:
        # its traceback refers to this frame
        del error


async def _outlast(job: Job) -> None:
    """Wait for the end of a job however often the task is cancelled."""
    while not job.done:
        job.future = job.loop.create_future()
        try:
            await job.future
        except asyncio.CancelledError:
            continue


async def _outlast_call(fn: Callable[[Any], object], value: Any) -> None:
    job = Job(asyncio.get_running_loop(), fn, (value,), {})
    _submit(job.run)
    await _outlast(job)


async def greenlet_spawn(
    fn: Callable[..., _T], *args: Any, _require_await: bool = False, **kwargs: Any
) -> _T:
    """Run a function that does I/O, or calls await_only(), without blocking the event loop.

    fn: any callable; it runs in another thread. `_require_await` has no effect here.
    """
    return await run_job(fn, args, kwargs)


def await_only(awaitable: Awaitable[_T]) -> _T:
    """Wait for an awaitable in a function that greenlet_spawn() or run_sync() runs.

    Raises exc.MissingGreenlet anywhere else.
    """
    job = _here.job
    if job is None:
        if isinstance(awaitable, Coroutine):
            awaitable.close()
        raise missing_greenlet()
    over = threading.Event()
    task: list[asyncio.Task[_T]] = []

    async def wait() -> _T:
        return await awaitable

    def start() -> None:
        job.open_gates()
        made = job.loop.create_task(wait(), context=job.context.copy())
        task.append(made)
        made.add_done_callback(lambda _: over.set())
        if job.cancelled:
            made.cancel()

    def cancel() -> None:
        if task:
            task[0].cancel()

    job.at_work(lambda: job.loop.call_soon_threadsafe(cancel))
    job.loop.call_soon_threadsafe(start)
    over.wait()
    return task[0].result()


await_fallback = await_only
