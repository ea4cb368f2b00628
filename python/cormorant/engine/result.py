"""Results: thin Python over the core's cursors.

A fetch is one call of the core that returns finished rows. Only what the program asks for
beyond that (a uniqueness strategy of its own, a selection of columns) runs Python per row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Generic, Literal, NoReturn, TypeVar, overload

from .. import _core, exc
from .._late import late_names
from .fetching import _ResultBase, narrowed, unlike
from .key_view import RMKeyView as RMKeyView
from .key_view import index_in
from .result_views import MappingResult as MappingResult
from .result_views import ScalarResult as ScalarResult
from .result_views import _FilterResult
from .row import Row
from .row import RowMapping as RowMapping

if TYPE_CHECKING:
    from typing import Self

    from .made_results import SimpleResultMetaData

_T = TypeVar("_T")
_S = TypeVar("_S")
_Indexes = Sequence[Any]


class Result(_ResultBase, Generic[_T]):
    """The rows of an execution."""

    _chunk = 500
    """Rows that iteration takes at a time without yield_per()."""
    _usual_size = -1
    """How many rows fetchmany() takes if nothing says how many."""
    _single_entity = False
    """Each row is one entity, so that scalars().unique() is told these and not rows."""
    _repeats = False
    """They are kept rows, which joined collections have repeated."""
    _require_unique = False
    _indexes: tuple[int, ...] | None = None
    _narrow_keys: Any = None
    _buffer: Iterator[Any] | None = None
    _slow = False
    """Something is to be done with the cursor's rows before they are given out."""
    _hard_closed = False
    _soft_closed = False
    _started = False
    context: Any = None
    _unhashable: Any = None
    """The type of a column whose values cannot be compared for unique()."""

    def __init__(self, cursor: Any, connection: Any = None) -> None:
        """`cursor`: a _core.Cursor or anything of its interface; `connection`: what executed
        the statement."""
        self._cursor = cursor
        self._connection = connection

    @classmethod
    def _from_list(
        cls, keys: Sequence[str] | _core.RowKeys, rows: Iterable[Any], scalar: bool = False
    ) -> Result[Any]:
        """A result over rows (Rows or tuples), or over single items with `scalar`."""
        row_keys = keys if isinstance(keys, _core.RowKeys) else _core.RowKeys(tuple(keys))
        if not scalar:
            rows = (row if type(row) is Row else Row(row_keys, row) for row in rows)
        from .made_results import IteratorResult

        return IteratorResult(row_keys, rows, scalar)

    # --- keys -------------------------------------------------------------------

    def _names(self) -> tuple[str, ...]:
        if self._narrow_keys is not None:
            return self._narrow_keys.names  # type: ignore[no-any-return]
        cursor = self._cursor
        if not cursor.returns_rows:
            raise exc.ResourceClosedError(
                "This result object does not return rows. It has been closed automatically."
            )
        return cursor.keys  # type: ignore[no-any-return]

    def _items(self) -> tuple[str | None, ...]:
        """The name of each item of a row, None where it has none."""
        names = self._names()
        row_keys = self._narrow_keys or self._cursor.row_keys
        return names if row_keys is None else row_keys.items

    def keys(self) -> RMKeyView:
        """The names of the columns."""
        return RMKeyView(self, self._names())

    @property
    def _metadata(self) -> SimpleResultMetaData:
        # Not public, but libraries ask it for the names.
        from .made_results import SimpleResultMetaData

        return SimpleResultMetaData(self._names())

    def _position(self, key: Any) -> int | None:
        """The place of a name, number or column in the cursor's rows."""
        row_keys = self._narrow_keys or self._cursor.row_keys
        if row_keys is None:
            self._names()  # says why
        if isinstance(key, str):
            index = row_keys.index.get(key)
            if index is not None and index < 0:
                raise exc.InvalidRequestError(
                    f"Ambiguous column name '{key}' in result set column descriptions"
                )
            return index  # type: ignore[no-any-return]
        if isinstance(key, int):
            return key
        lookup = row_keys.lookup
        return None if lookup is None else lookup(key)

    def _index_of(self, key: Any) -> int:
        return index_in(self, key, len(self._items()))

    # --- settings ---------------------------------------------------------------

    def yield_per(self, num: int) -> Self:
        """Take rows from the database `num` at a time."""
        self._yield_per = num
        return self

    def unique(self, strategy: Callable[[Any], Any] | None = None) -> Self:
        """Leave out rows equal to earlier ones, or those with the same strategy(row)."""
        self._require_unique = False
        if strategy is None:
            self._check_hashable()
        if strategy is None and not self._started and self._indexes is None:
            self._cursor.unique = True
            self._unique_filter = None
        else:
            self._unique_filter = (set(), strategy)
        self._set_slow()
        return self

    def columns(self, *col_expressions: Any) -> Self:
        """Only these columns, in this order; col_expressions: positions, names or columns."""
        indexes = tuple([self._index_of(key) for key in col_expressions])
        names = self._items()
        if self._indexes is not None:
            self._indexes = tuple([self._indexes[i] for i in indexes])
        else:
            self._indexes = indexes
        self._narrow_keys = _core.RowKeys(tuple([names[i] for i in indexes]))
        if not self._started and self._cursor.unique:
            self._unique_when_narrow()
        self._set_slow()
        return self

    def _unique_when_narrow(self) -> tuple[set[Any], None]:
        """Let rows be told apart by what is left of them, no longer by all of it; gives what
        does."""
        self._cursor.unique = False
        found: tuple[set[Any], None] = (set(), None)
        self._unique_filter = found
        self._set_slow()
        return found

    def _set_slow(self) -> None:
        self._slow = (
            self._unique_filter is not None
            or self._indexes is not None
            or self._buffer is not None
            or self._require_unique
        )

    @overload
    def scalars(self: Result[tuple[_S]]) -> ScalarResult[_S]: ...
    @overload
    def scalars(self: Result[tuple[_S]], index: Literal[0]) -> ScalarResult[_S]: ...
    @overload
    def scalars(self, index: Any = 0) -> ScalarResult[Any]: ...
    def scalars(self, index: Any = 0) -> ScalarResult[Any]:
        """One item of each row, by default the first; index: its position, name or column."""
        if index != 0 or self._indexes is not None or not self._cursor.returns_rows:
            index = self._index_of(index)
        return ScalarResult(self, index)

    def mappings(self) -> MappingResult:
        """Rows as mappings."""
        return MappingResult(self)

    def tuples(self) -> TupleResult[_T]:
        """The result itself; for type checkers, of tuples."""
        return self  # type: ignore[return-value]

    @property
    def t(self) -> TupleResult[_T]:
        """As tuples()."""
        return self  # type: ignore[return-value]

    # --- fetching ---------------------------------------------------------------

    def _raw(self, count: int) -> list[Any]:
        """The cursor's next rows, those left over by an iteration first."""
        self._started = True
        buffer = self._buffer
        if buffer is None:
            rows = self._cursor.fetch(count)
        elif count < 0:
            self._buffer = None
            rows = [*buffer, *self._cursor.fetch()]
        else:
            rows = []
            for row in buffer:
                rows.append(row)
                if len(rows) == count:
                    return rows
            self._buffer = None
            rows += self._cursor.fetch(count - len(rows))
        if len(rows) < count or count < 0:
            self._soft_closed = True
        if rows:
            self._check_unique()
        return rows  # type: ignore[no-any-return]

    def _forgo_unique(self) -> None:
        if self._require_unique:
            self._require_unique = False
            self._set_slow()

    def _check_hashable(self) -> None:
        if self._unhashable is not None:
            raise exc.InvalidRequestError(
                "Can't apply uniqueness to row tuple containing value of type "
                f"{self._unhashable!r}; this datatype produces non-hashable values"
            )

    @property
    def _unique_filter_state(self) -> tuple[Any, Any] | None:
        """What leaves rows out; (None, None) if unique() has to be called: libraries ask so."""
        if self._require_unique:
            return None, None
        return (set(), None) if self._cursor.unique else self._unique_filter

    def _check_unique(self) -> None:
        if self._require_unique:
            raise exc.InvalidRequestError(
                "The unique() method must be invoked on this Result, as it contains results "
                "that include joined eager loads against collections"
            )

    def _take(self, count: int) -> list[Any]:
        if not self._slow:
            self._started = True
            rows = self._cursor.fetch(count)
            if count < 0 or len(rows) < count:
                self._soft_closed = True
            return rows  # type: ignore[no-any-return]
        return self._filtered(count, self._narrow, self._unique_filter)

    def _narrow(self, rows: list[Any]) -> list[Any]:
        return narrowed(rows, self._narrow_keys, self._indexes)

    def _narrow_one(self, row: Any) -> Any:
        return self._narrow([row])[0]

    def _filtered(
        self,
        count: int,
        convert: Callable[[list[Any]], list[Any]],
        unique: tuple[set[Any], Callable[[Any], Any] | None] | None,
    ) -> list[Any]:
        """The next `count` results after conversion and removal of repetitions."""
        if unique is None:
            return convert(self._raw(count))
        found: list[Any] = []
        while count < 0 or len(found) < count:
            wanted = count if count < 0 else count - len(found)
            raw = self._raw(wanted)
            found += unlike(convert(raw), *unique)
            if count < 0 or len(raw) < wanted:
                break
        return found

    def __iter__(self) -> Iterator[Row[_T]]:
        if not self._slow:
            return self._iterate()
        rows = self._iterate()
        if self._indexes is not None:
            rows = map(self._narrow_one, rows)
        unique = self._unique_filter
        return rows if unique is None else unlike(rows, *unique)

    def _iterate(self) -> Iterator[Any]:
        return chain.from_iterable(self._chunks())

    def _chunks(self) -> Iterator[Iterator[Any]]:
        """Rows in chunks; what a loop that ends early has not seen is kept."""
        self._slow = True
        while True:
            buffer = self._buffer
            if buffer is None:
                rows = self._cursor.fetch(self._yield_per or self._chunk)
                self._started = True
                if not rows:
                    self._soft_closed = True
                    self._set_slow()
                    return
                self._check_unique()
                self._buffer = buffer = iter(rows)
            yield buffer
            if self._buffer is buffer:
                self._buffer = None

    def __next__(self) -> Row[_T]:
        rows = self._take(1)
        if not rows:
            raise StopIteration()
        return rows[0]  # type: ignore[no-any-return]

    def all(self) -> Sequence[Row[_T]]:
        """All rows (that are left)."""
        if self._slow:
            return self._take(-1)
        self._soft_closed = True
        return self._cursor.fetch()  # type: ignore[no-any-return]

    def fetchall(self) -> Sequence[Row[_T]]:
        """As all()."""
        return self.all()

    def fetchone(self) -> Row[_T] | None:
        """The next row, or None."""
        if self._hard_closed:
            self._closed_error()
        rows = self._take(1)
        return rows[0] if rows else None

    def fetchmany(self, size: int | None = None) -> Sequence[Row[_T]]:
        """The next `size` rows."""
        return self._many(size)

    def partitions(self, size: int | None = None) -> Iterator[Sequence[Row[_T]]]:
        """Lists of `size` rows."""
        return self._parts(size)

    def _is_no_object(self, row: Any) -> bool:
        return self._single_entity and row[0] is None

    def first(self) -> Row[_T] | None:
        """The first row or None; closes the result."""
        return self._first()  # type: ignore[no-any-return]

    def one(self) -> Row[_T]:
        """The only row; exc.NoResultFound, exc.MultipleResultsFound."""
        return self._one(False)  # type: ignore[no-any-return]

    def one_or_none(self) -> Row[_T] | None:
        """The only row or None; exc.MultipleResultsFound."""
        return self._one(True)  # type: ignore[no-any-return]

    @overload
    def scalar(self: Result[tuple[_S]]) -> _S | None: ...
    @overload
    def scalar(self) -> Any: ...
    def scalar(self) -> Any:
        """The first item of the first row or None; closes the result."""
        row = self._first()
        return row if row is None or self._cursor.scalar else row[0]

    @overload
    def scalar_one(self: Result[tuple[_S]]) -> _S: ...
    @overload
    def scalar_one(self) -> Any: ...
    def scalar_one(self) -> Any:
        """The first item of the only row."""
        row = self._one(False)
        return row if self._cursor.scalar else row[0]

    @overload
    def scalar_one_or_none(self: Result[tuple[_S]]) -> _S | None: ...
    @overload
    def scalar_one_or_none(self) -> Any: ...
    def scalar_one_or_none(self) -> Any:
        """The first item of the only row, or None."""
        row = self._one(True)
        return row if row is None or self._cursor.scalar else row[0]

    # --- copies -----------------------------------------------------------------

    def freeze(self) -> FrozenResult[_T]:
        """The rows, to be given out any number of times by calling the object."""
        from .made_results import FrozenResult

        return FrozenResult(self)

    def merge(self, *others: Result[Any]) -> MergedResult[Any]:
        """This result's rows and then those of others."""
        from .made_results import MergedResult

        return MergedResult((self, *others))

    # --- the end ----------------------------------------------------------------

    def _closed_error(self) -> NoReturn:
        raise exc.ResourceClosedError("This result object is closed.")

    def _end(self) -> None:
        self._hard_closed = self._soft_closed = True
        self._buffer = None
        self._cursor.close()

    def close(self) -> None:
        """Give up the rows that are left."""
        self._end()

    def _soft_close(self, hard: bool = False) -> None:
        if hard:
            self._end()
        else:
            self._take(-1)

    @property
    def closed(self) -> bool:
        """Whether close() was called, or a method that closes."""
        return self._hard_closed

    @property
    def returns_rows(self) -> bool:
        """Whether there are rows at all (not after an INSERT, say)."""
        return self._cursor.returns_rows  # type: ignore[no-any-return]

    @property
    def rowcount(self) -> int:
        """Rows changed by an INSERT, UPDATE or DELETE."""
        return self._cursor.rowcount  # type: ignore[no-any-return]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, type_: Any, value: Any, traceback: Any) -> None:
        self.close()


FilterResult = _FilterResult
if TYPE_CHECKING:

    class TupleResult(_FilterResult, Generic[_T]):
        """A Result whose rows are plain tuples, for type checkers."""

        def __iter__(self) -> Iterator[_T]: ...
        def __next__(self) -> _T: ...
        def all(self) -> Sequence[_T]: ...
        def fetchall(self) -> Sequence[_T]: ...
        def fetchone(self) -> _T | None: ...
        def fetchmany(self, size: int | None = None) -> Sequence[_T]: ...
        def partitions(self, size: int | None = None) -> Iterator[Sequence[_T]]: ...
        def first(self) -> _T | None: ...
        def one(self) -> _T: ...
        def one_or_none(self) -> _T | None: ...
        @overload
        def scalar(self: TupleResult[tuple[_S]]) -> _S | None: ...
        @overload
        def scalar(self) -> Any: ...
        def scalar(self) -> Any: ...
        @overload
        def scalar_one(self: TupleResult[tuple[_S]]) -> _S: ...
        @overload
        def scalar_one(self) -> Any: ...
        def scalar_one(self) -> Any: ...
        @overload
        def scalar_one_or_none(self: TupleResult[tuple[_S]]) -> _S | None: ...
        @overload
        def scalar_one_or_none(self) -> Any: ...
        def scalar_one_or_none(self) -> Any: ...

else:
    TupleResult = Result


if TYPE_CHECKING:
    from .made_results import ChunkedIteratorResult as ChunkedIteratorResult
    from .made_results import FrozenResult as FrozenResult
    from .made_results import IteratorResult as IteratorResult
    from .made_results import MergedResult as MergedResult
    from .made_results import SimpleResultMetaData as SimpleResultMetaData
    from .made_results import result_tuple as result_tuple
else:
    __getattr__ = late_names(
        __name__,
        {
            ".made_results": "ChunkedIteratorResult FrozenResult IteratorResult MergedResult SimpleResultMetaData result_tuple"
        },
    )
