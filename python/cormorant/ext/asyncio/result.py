"""Results whose rows come while the program reads them."""

from __future__ import annotations

import operator
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, overload

from ...engine.result import Result
from ...util.concurrency import Lane, run_job
from .exc import AsyncMethodRequired

if TYPE_CHECKING:
    from typing import Self

    from ...engine.result import FrozenResult, RMKeyView
    from ...engine.row import Row, RowMapping

__all__ = ["AsyncMappingResult", "AsyncResult", "AsyncScalarResult", "AsyncTupleResult"]

_T = TypeVar("_T")
_R = TypeVar("_R")
_S = TypeVar("_S")


class AsyncCommon(Generic[_R]):
    """What the results have in common: each fetch is a job."""

    _root: Result[Any]
    """The result that has the cursor."""
    _real: Any
    """The result or view whose items are given out."""
    _lane: Lane | None
    _interrupt: Callable[[], object] | None

    def _from(self, root: Result[Any], real: Any, of: AsyncCommon[Any] | None) -> None:
        self._root = root
        self._real = real
        self._lane = None if of is None else of._lane
        self._interrupt = None if of is None else of._interrupt

    async def _job(self, fn: Callable[..., Any], *args: Any) -> Any:
        return await run_job(fn, args, lane=self._lane, interrupt=self._interrupt)

    def _fill(self) -> list[Any]:
        """In a worker: the next item, and the rows of the next ones at hand."""
        root = self._root
        buffer = root._buffer
        if buffer is None or not operator.length_hint(buffer):
            root._started = True
            rows = root._cursor.fetch(root._yield_per or root._chunk)
            root._buffer = iter(rows) if rows else None
            root._soft_closed = not rows
            root._set_slow()
        return self._real._take(1)  # type: ignore[no-any-return]

    def _at_hand(self) -> bool:
        """Whether the next item needs no I/O."""
        root = self._root
        return (
            root._buffer is not None
            and root._unique_filter is None
            and self._real._unique_filter is None
            and operator.length_hint(root._buffer) > 0
        )

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> _R:
        rows = self._real._take(1) if self._at_hand() else await self._job(self._fill)
        if not rows:
            raise StopAsyncIteration()
        return rows[0]  # type: ignore[no-any-return]

    @property
    def closed(self) -> bool:
        """Whether the result is closed."""
        return self._real.closed  # type: ignore[no-any-return]

    async def close(self) -> None:
        """Give up the rows that are left."""
        await self._job(self._real.close)

    def yield_per(self, num: int) -> Self:
        """Take rows from the database `num` at a time."""
        self._real.yield_per(num)
        return self

    def unique(self, strategy: Callable[[Any], Any] | None = None) -> Self:
        """Leave out what was there before, or had the same strategy(item)."""
        self._real.unique(strategy)
        return self

    async def partitions(self, size: int | None = None) -> AsyncIterator[Sequence[_R]]:
        """Lists of `size` items."""
        while True:
            rows = await self._job(self._real._many, size)
            if not rows:
                return
            yield rows

    async def all(self) -> Sequence[_R]:
        """All that are left."""
        return await self._job(self._real.all)  # type: ignore[no-any-return]

    async def fetchall(self) -> Sequence[_R]:
        """As all()."""
        return await self.all()

    async def fetchmany(self, size: int | None = None) -> Sequence[_R]:
        """The next `size` ones."""
        return await self._job(self._real._many, size)  # type: ignore[no-any-return]

    async def first(self) -> _R | None:
        """The first one or None; closes the result."""
        return await self._job(self._real.first)  # type: ignore[no-any-return]

    async def one(self) -> _R:
        """The only one; exc.NoResultFound, exc.MultipleResultsFound."""
        return await self._job(self._real.one)  # type: ignore[no-any-return]

    async def one_or_none(self) -> _R | None:
        """The only one or None; exc.MultipleResultsFound."""
        return await self._job(self._real.one_or_none)  # type: ignore[no-any-return]


class _WithKeys:
    """Of results that have names."""

    _real: Any

    def keys(self) -> RMKeyView:
        """The names of the columns."""
        return self._real.keys()  # type: ignore[no-any-return]

    def columns(self, *col_expressions: Any) -> Self:
        """Only these columns, in this order."""
        self._real.columns(*col_expressions)
        return self


class AsyncResult(_WithKeys, AsyncCommon["Row[_T]"], Generic[_T]):
    """The rows of AsyncConnection.stream() and AsyncSession.stream()."""

    def __init__(
        self,
        real_result: Result[Any],
        lane: Lane | None = None,
        interrupt: Callable[[], object] | None = None,
    ) -> None:
        self._from(real_result, real_result, None)
        self._lane = lane
        self._interrupt = interrupt

    @property
    def t(self) -> AsyncTupleResult[_T]:
        """The result itself; for type checkers, of tuples."""
        return self  # type: ignore[return-value]

    def tuples(self) -> AsyncTupleResult[_T]:
        """As `t`."""
        return self  # type: ignore[return-value]

    async def fetchone(self) -> Row[_T] | None:
        """The next row, or None."""
        return await self._job(self._real.fetchone)  # type: ignore[no-any-return]

    @overload
    async def scalar(self: AsyncResult[tuple[_S]]) -> _S | None: ...
    @overload
    async def scalar(self) -> Any: ...
    async def scalar(self) -> Any:
        """The first item of the first row or None; closes the result."""
        return await self._job(self._real.scalar)

    @overload
    async def scalar_one(self: AsyncResult[tuple[_S]]) -> _S: ...
    @overload
    async def scalar_one(self) -> Any: ...
    async def scalar_one(self) -> Any:
        """The first item of the only row."""
        return await self._job(self._real.scalar_one)

    @overload
    async def scalar_one_or_none(self: AsyncResult[tuple[_S]]) -> _S | None: ...
    @overload
    async def scalar_one_or_none(self) -> Any: ...
    async def scalar_one_or_none(self) -> Any:
        """The first item of the only row, or None."""
        return await self._job(self._real.scalar_one_or_none)

    async def freeze(self) -> FrozenResult[Any]:
        """The rows, to be given out any number of times by calling the object."""
        return await self._job(self._real.freeze)  # type: ignore[no-any-return]

    @overload
    def scalars(self: AsyncResult[tuple[_S]], index: Literal[0] = ...) -> AsyncScalarResult[_S]: ...
    @overload
    def scalars(self, index: Any = 0) -> AsyncScalarResult[Any]: ...
    def scalars(self, index: Any = 0) -> AsyncScalarResult[Any]:
        """One item of each row, by default the first."""
        return AsyncScalarResult(self._real, index, self)

    def mappings(self) -> AsyncMappingResult:
        """Rows as mappings."""
        return AsyncMappingResult(self._real, self)


class AsyncScalarResult(AsyncCommon[_R]):
    """One item of each row."""

    def __init__(
        self, real_result: Result[Any], index: Any, of: AsyncCommon[Any] | None = None
    ) -> None:
        self._from(real_result, real_result.scalars(index), of)


class AsyncMappingResult(_WithKeys, AsyncCommon["RowMapping"]):
    """Rows as mappings."""

    def __init__(self, result: Result[Any], of: AsyncCommon[Any] | None = None) -> None:
        self._from(result, result.mappings(), of)

    async def fetchone(self) -> RowMapping | None:
        """The next row, or None."""
        return await self._job(self._real.fetchone)  # type: ignore[no-any-return]


if TYPE_CHECKING:

    class AsyncTupleResult(AsyncCommon[_R]):
        """An AsyncResult whose rows are plain tuples, for type checkers."""

        async def fetchone(self) -> _R | None: ...
        async def scalar(self) -> Any: ...
        async def scalar_one(self) -> Any: ...
        async def scalar_one_or_none(self) -> Any: ...

else:
    AsyncTupleResult = AsyncResult


def execute_buffered(
    execute: Callable[..., Any], owner: str, method: str, *args: Any, **kwargs: Any
) -> Any:
    """In a worker: execute a statement whose rows are all to be at hand afterwards."""
    result = execute(*args, **kwargs)
    cursor = getattr(result, "_cursor", None)
    load_ahead = getattr(cursor, "load_ahead", None)
    if load_ahead is not None and not load_ahead():
        result.close()
        raise AsyncMethodRequired(
            f"Can't use the {owner}.{method}() method with a server-side cursor. "
            f"Use the {owner}.stream() method for an async streaming result set."
        )
    return result


async def _ensure_sync_result(result: Any, calling_method: Any) -> Any:
    """For methods of subclasses that execute by themselves: a result whose rows are all at hand.

    calling_method: the bound method, as errors name it.
    """
    owner = calling_method.__self__
    return await owner._job(
        execute_buffered, lambda: result, type(owner).__name__, calling_method.__name__
    )
