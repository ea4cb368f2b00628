"""What the classes of the extension have in common."""

from __future__ import annotations

import asyncio
import functools
import weakref
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

from . import exc as async_exc

if TYPE_CHECKING:
    from ...util.concurrency import Lane

_T = TypeVar("_T")
_P = ParamSpec("_P")


class Proxies:
    """The asynchronous objects that stand for synchronous ones, as long as either lives."""

    def __init__(self) -> None:
        self._found: dict[int, tuple[weakref.ref[Any], weakref.ref[Any]]] = {}

    def add(self, target: Any, proxy: Any) -> None:
        """From now on `proxy` stands for `target`."""
        key = id(target)
        found = self._found
        found[key] = (
            weakref.ref(target, lambda ref: self._forget(key, ref)),
            weakref.ref(proxy),
        )

    def _forget(self, key: int, ref: weakref.ref[Any]) -> None:
        entry = self._found.get(key)
        if entry is not None and entry[0] is ref:
            del self._found[key]

    def get(self, target: Any) -> Any:
        """What stands for `target`, or None."""
        entry = self._found.get(id(target))
        return None if entry is None or entry[0]() is not target else entry[1]()


class StartableContext(Awaitable[_T], ABC, Generic[_T]):
    """An object that begins to be of use when it is awaited or entered."""

    __slots__ = ()

    @abstractmethod
    async def start(self, is_ctxmanager: bool = False) -> _T:
        """Begin. `is_ctxmanager`: by ``async with``."""

    def __await__(self) -> Generator[Any, Any, _T]:
        return self.start().__await__()

    async def __aenter__(self) -> _T:
        return await self.start(is_ctxmanager=True)

    @abstractmethod
    async def __aexit__(self, type_: Any, value: Any, traceback: Any) -> bool | None: ...

    def _raise_for_not_started(self) -> None:
        raise async_exc.AsyncContextNotStarted(
            f"{type(self).__name__} context has not been started and object has not been awaited."
        )


class CallContext(StartableContext[_T]):
    """The result of a coroutine: awaited, it is the caller's to close; entered, it is closed
    at the end of the block."""

    __slots__ = ("_call", "_result")

    def __init__(self, call: Callable[[], Awaitable[_T]]) -> None:
        self._call = call

    async def start(self, is_ctxmanager: bool = False) -> _T:
        """Make the call."""
        self._result = await self._call()
        return self._result

    async def __aexit__(self, type_: Any, value: Any, traceback: Any) -> None:
        await self._result.close()  # type: ignore[attr-defined]


def startable(
    fn: Callable[_P, Awaitable[_T]],
) -> Callable[_P, CallContext[_T]]:
    """Decorator: a coroutine function whose calls can be awaited and entered."""

    @functools.wraps(fn)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> CallContext[_T]:
        return CallContext(lambda: fn(*args, **kwargs))

    return call


async def closed(
    close: Callable[[], Coroutine[Any, Any, None]], own: Callable[..., object], lane: Lane
) -> None:
    """Wait for close(), which goes on if the task is cancelled. `own`: the package's method,
    whose job is shielded already once its lane is free."""
    if not lane.busy and getattr(close, "__func__", None) is own:
        await close()
    else:
        await asyncio.shield(asyncio.create_task(close()))
