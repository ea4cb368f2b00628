"""Views of a Result: one item of each of its rows, and its rows as mappings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .. import _core
from .fetching import _ResultBase, narrowed
from .key_view import RMKeyView, index_in
from .row import Row, RowMapping

if TYPE_CHECKING:
    from typing import Self

    from .result import Result

_T = TypeVar("_T")

_mapping_of = attrgetter("_mapping")


class _FilterResult(_ResultBase):
    """A view of a Result."""

    __module__ = f"{__package__}.result"  # where programs know it from

    def __init__(self, real: Result[Any]) -> None:
        self._real_result = real
        self._yield_per = real._yield_per
        self._usual_size = real._usual_size
        # what unique() was told before stays true of the items
        if real._unique_filter is not None:
            self._unique_filter = real._unique_filter

    def yield_per(self, num: int) -> Self:
        """Take rows from the database `num` at a time."""
        self._yield_per = num
        self._real_result.yield_per(num)
        return self

    def _rows_of_zero(self) -> int:
        return self._real_result._rows_of_zero()

    def _forgo_unique(self) -> None:
        self._real_result._forgo_unique()

    def _end(self) -> None:
        self._real_result._end()

    def close(self) -> None:
        """Close the result."""
        self._real_result.close()

    def _soft_close(self, hard: bool = False) -> None:
        self._real_result._soft_close(hard)

    @property
    def closed(self) -> bool:
        """Whether the result is closed."""
        return self._real_result.closed

    @property
    def _soft_closed(self) -> bool:
        return self._real_result._soft_closed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, type_: Any, value: Any, traceback: Any) -> None:
        self._real_result.close()

    def __iter__(self) -> Iterator[Any]:
        return self._rest_kept()

    def _rest_kept(self) -> Iterator[Any]:
        """One at a time through a buffer, so that an unfinished loop loses nothing."""
        while True:
            rows = self._take(1)
            if not rows:
                return
            yield rows[0]

    def __next__(self) -> Any:
        rows = self._take(1)
        if not rows:
            raise StopIteration()
        return rows[0]


class ScalarResult(_FilterResult, Generic[_T]):
    """One item of each row."""

    __module__ = f"{__package__}.result"  # where programs know it from

    _started = False

    def __init__(self, real: Result[Any], index: int) -> None:
        # as the base does
        self._real_result = real
        self._yield_per = real._yield_per
        self._usual_size = real._usual_size
        cursor = real._cursor
        if real._unique_filter is not None:
            self._unique_filter = real._unique_filter
        elif cursor.unique and not real._started and not cursor.scalar and len(real._items()) > 1:
            self._unique_filter = real._unique_when_narrow()
        self._index = index

    def unique(self, strategy: Callable[[Any], Any] | None = None) -> Self:
        """Leave out items that were there before."""
        real = self._real_result
        real._require_unique = False
        if strategy is None:
            real._check_hashable()
        real._set_slow()
        cursor = real._cursor
        if (
            strategy is None
            and not real._started
            and not real._slow
            and (cursor.scalar or len(real._items()) == 1)
        ):
            cursor.unique = True
        else:
            self._unique_filter = (set(), strategy)
        return self

    def _convert(self, rows: list[Any]) -> list[Any]:
        real = self._real_result
        if real._cursor.scalar:
            return rows
        index = self._index
        if real._indexes is not None:
            index = real._indexes[index]
        return [row[index] for row in rows]

    def _rows_of_one(self, rows: list[Any]) -> list[Any]:
        """Rows with nothing but the item."""
        keys = _core.RowKeys((self._real_result._items()[self._index],))
        return [Row(keys, [item]) for item in self._convert(rows)]

    def _take(self, count: int) -> list[Any]:
        real = self._real_result
        if self._index == 0 and self._unique_filter is None and not real._slow:
            real._started = True
            rows = real._cursor.fetch_scalars(count)
            if count < 0 or len(rows) < count:
                real._soft_closed = True
            return rows  # type: ignore[no-any-return]
        unique = self._unique_filter
        if unique is None or unique[1] is None or real._single_entity or real._cursor.scalar:
            return real._filtered(count, self._convert, unique)
        return [row[0] for row in real._filtered(count, self._rows_of_one, unique)]

    def __iter__(self) -> Iterator[_T]:
        real = self._real_result
        if self._index == 0 and self._unique_filter is None and not real._slow:
            rows = iter(real)
            return rows if real._cursor.scalar else map(itemgetter(0), rows)  # type: ignore[return-value]
        return self._rest_kept()

    def all(self) -> Sequence[_T]:
        """All items."""
        return self._take(-1)

    def fetchall(self) -> Sequence[_T]:
        """As all()."""
        return self._take(-1)

    def fetchmany(self, size: int | None = None) -> Sequence[_T]:
        """The next `size` items."""
        return self._many(size)

    def partitions(self, size: int | None = None) -> Iterator[Sequence[_T]]:
        """Lists of `size` items."""
        return self._parts(size)

    def _is_no_object(self, row: Any) -> bool:
        return row is None and self._real_result._single_entity

    def first(self) -> _T | None:
        """The first item or None; closes the result."""
        return self._first()  # type: ignore[no-any-return]

    def one(self) -> _T:
        """The only item."""
        return self._one(False)  # type: ignore[no-any-return]

    def one_or_none(self) -> _T | None:
        """The only item or None."""
        return self._one(True)  # type: ignore[no-any-return]


class MappingResult(_FilterResult):
    """Rows as mappings."""

    __module__ = f"{__package__}.result"  # where programs know it from

    _indexes: tuple[int, ...] | None = None
    """The columns of the result's rows that are left, with their names in `_keys`."""
    _keys: Any = None

    def keys(self) -> RMKeyView:
        """The names of the columns."""
        return self._real_result.keys() if self._keys is None else RMKeyView(self, self._keys.names)

    def _position(self, key: Any) -> int | None:
        if self._keys is None:
            return self._real_result._position(key)
        if isinstance(key, str):
            return self._keys.index.get(key)  # type: ignore[no-any-return]
        return key if isinstance(key, int) else None

    def unique(self, strategy: Callable[[Any], Any] | None = None) -> Self:
        """Leave out rows that were there before."""
        self._real_result.unique(strategy)
        self._unique_filter = self._real_result._unique_filter
        return self

    def columns(self, *col_expressions: Any) -> Self:
        """Only these columns, in this order."""
        names = self._real_result._items() if self._keys is None else self._keys.items
        indexes = tuple([index_in(self, key, len(names)) for key in col_expressions])
        before = self._indexes
        self._indexes = indexes if before is None else tuple([before[i] for i in indexes])
        self._keys = _core.RowKeys(tuple([names[i] for i in indexes]))
        real = self._real_result
        if not real._started and real._cursor.unique:
            self._unique_filter = real._unique_when_narrow()
        return self

    def _narrow(self, rows: list[Any]) -> list[Any]:
        return narrowed(self._real_result._narrow(rows), self._keys, self._indexes)

    def __iter__(self) -> Iterator[RowMapping]:
        real = self._real_result
        if self._unique_filter is None and self._indexes is None and not real._require_unique:
            return map(_mapping_of, iter(real))
        return self._rest_kept()

    def _take(self, count: int) -> list[Any]:
        real = self._real_result
        # mappings cannot be hashed: the rows decide
        rows = real._filtered(count, self._narrow, self._unique_filter)
        return [row._mapping for row in rows]

    def all(self) -> Sequence[RowMapping]:
        """All rows."""
        return self._take(-1)

    def fetchall(self) -> Sequence[RowMapping]:
        """As all()."""
        return self._take(-1)

    def fetchone(self) -> RowMapping | None:
        """The next row, or None."""
        rows = self._take(1)
        return rows[0] if rows else None

    def fetchmany(self, size: int | None = None) -> Sequence[RowMapping]:
        """The next `size` rows."""
        return self._many(size)

    def partitions(self, size: int | None = None) -> Iterator[Sequence[RowMapping]]:
        """Lists of `size` rows."""
        return self._parts(size)

    def first(self) -> RowMapping | None:
        """The first row or None; closes the result."""
        return self._first()  # type: ignore[no-any-return]

    def one(self) -> RowMapping:
        """The only row."""
        return self._one(False)  # type: ignore[no-any-return]

    def one_or_none(self) -> RowMapping | None:
        """The only row or None."""
        return self._one(True)  # type: ignore[no-any-return]
