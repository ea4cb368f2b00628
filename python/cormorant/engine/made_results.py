"""Results of rows that come from elsewhere than a cursor: kept ones, merged ones, iterators."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from .. import _core
from .python_cursors import ListCursor
from .result import Result, RMKeyView
from .result_keys import Lookup, index_of_names
from .row import Row

_T = TypeVar("_T")


class FrozenResult(Generic[_T]):
    """The rows of a result, kept; calling it gives a new result over them."""

    __module__ = Result.__module__  # where programs know it from

    def __init__(self, result: Result[_T]) -> None:
        cursor = result._cursor
        self.metadata = result._narrow_keys or cursor.row_keys
        self._scalar = cursor.scalar
        self._repeats = result._require_unique or result._repeats
        # Objects that joined collections repeat are kept so: unique() comes when it is called.
        plain = (self._scalar or result._single_entity) and result._indexes is None
        if plain:
            result._forgo_unique()
        self.data: Sequence[Any] = result._raw(-1) if plain else result.fetchall()

    def __call__(self) -> Result[_T]:
        made: Result[_T] = IteratorResult(self.metadata, iter(self.data), self._scalar)
        made._repeats = self._repeats
        return made

    def __getstate__(self) -> dict[str, Any]:
        # What finds items by columns of a statement is of this process.
        keys = self.metadata
        names = keys.items, dict(keys.index)
        return {**self.__dict__, "metadata": names}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.metadata = _core.RowKeys(*state["metadata"])

    def with_new_rows(self, tuple_data: Sequence[Any]) -> FrozenResult[_T]:
        """The same with other rows."""
        new: FrozenResult[_T] = FrozenResult.__new__(FrozenResult)
        new.metadata = self.metadata
        new._scalar = self._scalar
        new._repeats = self._repeats
        new.data = tuple_data
        return new


class SimpleResultMetaData:
    """Names of a result's columns, for IteratorResult."""

    def __init__(self, keys: Sequence[str], extra: Sequence[Sequence[Any]] | None = None) -> None:
        """`extra`: for each column more names, or objects, that rows find it by."""
        self._keys = list(keys)
        self._extra = extra

    @property
    def keys(self) -> RMKeyView:
        """The names."""
        return RMKeyView(self, tuple(self._keys))

    def _position(self, key: Any) -> int | None:
        """The place of a column."""
        lookup = self._row_keys().lookup
        return None if lookup is None else lookup(key)

    def _row_keys(self) -> _core.RowKeys:
        names = tuple(self._keys)
        if self._extra is None:
            return _core.RowKeys(names)
        index, _ = index_of_names(names, self._extra)
        for number, name in enumerate(names):
            index[name] = number  # of equal names the last one
        return _core.RowKeys(names, index, Lookup(self._extra))


class IteratorResult(Result[_T]):
    """A result over rows from anywhere."""

    __module__ = Result.__module__  # where programs know it from

    def __init__(
        self, cursor_metadata: Any, iterator: Iterable[Any], scalar: bool = False, **kw: Any
    ) -> None:
        if isinstance(cursor_metadata, _core.RowKeys):
            row_keys = cursor_metadata
        else:
            row_keys = cursor_metadata._row_keys()
        if not scalar:
            iterator = (row if type(row) is Row else Row(row_keys, row) for row in iterator)
        super().__init__(ListCursor(row_keys, iterator, scalar))


class ChunkedIteratorResult(IteratorResult[_T]):
    """A result over an iterator of lists of rows."""

    __module__ = Result.__module__  # where programs know it from

    def __init__(
        self,
        cursor_metadata: Any,
        chunks: Callable[[int | None], Iterable[Sequence[Any]]],
        source_supports_scalars: bool = False,
        raw: Any = None,
        dynamic_yield_per: bool = False,
    ) -> None:
        self.raw = raw
        self.chunks = chunks
        self.dynamic_yield_per = dynamic_yield_per
        super().__init__(cursor_metadata, self._rows(), source_supports_scalars)

    def _rows(self) -> Iterator[Any]:
        # not before the first is asked for: how many at a time may be told until then
        for chunk in self.chunks(self._yield_per):
            yield from chunk


class MergedResult(IteratorResult[_T]):
    """The rows of several results, one after the other."""

    __module__ = Result.__module__  # where programs know it from

    def __init__(self, results: Sequence[Result[Any]]) -> None:
        first = results[0]
        cursor = first._cursor
        self._results = results
        self._merged_rowcount = sum(max(result.rowcount, 0) for result in results)
        if not cursor.returns_rows:
            Result.__init__(self, cursor)
            return
        rows = (row for result in results for row in result)
        super().__init__(first._narrow_keys or cursor.row_keys, rows, cursor.scalar)
        if first._unique_filter is not None:
            self._unique_filter = (set(), first._unique_filter[1])
        elif cursor.unique:
            self._unique_filter = (set(), None)
        self._require_unique = first._require_unique
        if self._require_unique:
            for result in results:
                result._forgo_unique()
        self._set_slow()

    def _end(self) -> None:
        super()._end()
        for result in self._results:
            result._end()

    @property
    def rowcount(self) -> int:
        return self._merged_rowcount


def result_tuple(fields: Sequence[str], extra: Any = None) -> Callable[[Iterable[Any]], Row[Any]]:
    """A function that makes Rows of these names."""
    keys = SimpleResultMetaData(fields, extra)._row_keys()
    return lambda data: Row(keys, data)
