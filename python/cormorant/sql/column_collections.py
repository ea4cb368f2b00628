"""The columns of a table or a statement, by name and by position."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar, overload

from .. import exc
from .dialect_args import DialectKWArgs as DialectKWArgs
from .dialect_args import _DialectArgView as _DialectArgView
from .naming import _NoneName as _NoneName

if TYPE_CHECKING:
    pass

_T = TypeVar("_T")
_Other = TypeVar("_Other")
_C = TypeVar("_C", bound="ColumnCollection[Any]")


class ColumnCollection(Generic[_T]):
    """Columns by name and by position; names may repeat (the first one answers to it)."""

    __module__ = f"{__package__}.base"  # where programs know it from

    __slots__ = ("__dict__", "_all", "_index", "_readonly_view")
    _readonly_view: ReadOnlyColumnCollection[_T]
    """The same columns for those who only read; made when it is first asked for."""

    def __init__(self, columns: Iterable[tuple[str, _T]] = ()) -> None:
        self._all: list[tuple[str, _T]] = []
        self._index: dict[Any, _T] = {}
        for key, col in columns:
            self._append(key, col)

    def _append(self, key: str, column: _T) -> None:
        self._all.append((key, column))
        if key is not None and key not in self._index:
            self._index[key] = column
            # plain attribute access is the fast way; methods keep their names
            if isinstance(key, str) and not hasattr(ColumnCollection, key):
                self.__dict__[key] = column

    def add(self, column: Any, key: str | None = None) -> None:
        """Add a column; one of the same name is replaced (as a Table wants it)."""
        name = key if key is not None else column.key
        if name in self._index:
            old = self._index[name]
            if old is column:
                return
            self._all[:] = [(k, column if c is old else c) for k, c in self._all]
            self._index[name] = column
            if name in self.__dict__:
                self.__dict__[name] = column
        else:
            self._append(name, column)

    @property
    def _colset(self) -> set[Any]:
        # Not public, but eralchemy takes the columns of a table from it.
        return {column for _, column in self._all}

    def remove(self, column: Any) -> None:
        """Take a column out."""
        keys = [k for k, c in self._all if c is column]
        self._all[:] = [(k, c) for k, c in self._all if c is not column]
        for key in keys:
            self._index.pop(key, None)
            self.__dict__.pop(key, None)

    def clear(self) -> None:
        """Refuse: columns of a collection are given once."""
        raise NotImplementedError()

    def update(self, iter_: Iterable[tuple[str, _T]]) -> None:
        """Add named columns."""
        for key, col in iter_:
            self.add(col, key)

    def keys(self) -> list[str]:
        """The names, in order."""
        return [k for k, _ in self._all]

    def values(self) -> list[_T]:
        """The columns, in order."""
        return [c for _, c in self._all]

    def items(self) -> list[tuple[str, _T]]:
        """Pairs of name and column, in order."""
        return list(self._all)

    @overload
    def get(self, key: str, default: None = None) -> _T | None: ...
    @overload
    def get(self, key: str, default: _Other) -> _T | _Other: ...
    def get(self, key: str, default: Any = None) -> Any:
        """The first column of a name, or the default."""
        return self._index.get(key, default)

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[_T]:
        return iter([c for _, c in self._all])

    @overload
    def __getitem__(self, key: str | int) -> _T: ...
    @overload
    def __getitem__(self, key: tuple[str | int, ...] | slice) -> ReadOnlyColumnCollection[_T]: ...
    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return self._index[key]
        if isinstance(key, int):
            return self._at(key)[1]
        if isinstance(key, slice):
            return ReadOnlyColumnCollection(self._all[key])
        if isinstance(key, tuple):
            return ReadOnlyColumnCollection(
                [self._at(k) if isinstance(k, int) else (k, self._index[k]) for k in key]
            )
        raise KeyError(key)

    def _at(self, number: int) -> tuple[str, _T]:
        """The key and the column of a place, which is not counted from the end."""
        if 0 <= number < len(self._all):
            return self._all[number]
        raise IndexError(number)

    def extend(self, iter_: Iterable[_T]) -> None:
        """Add columns."""
        for column in iter_:
            self.add(column)

    def __getattr__(self, key: str) -> Any:
        if key in ("_index", "_all"):  # not there yet: being unpickled
            raise AttributeError(key)
        if key == "_readonly_view":
            view = self._readonly_view = self.as_readonly()
            return view
        try:
            return self._index[key]
        except KeyError as err:
            raise AttributeError(key) from err

    def __contains__(self, key: object) -> bool:
        if not isinstance(key, str):
            raise exc.ArgumentError("__contains__ requires a string argument")
        return key in self._index

    def __clause_element__(self) -> Any:
        """The columns, for select()."""
        from .elements import ClauseList

        return ClauseList._of([c for _, c in self._all], group=False)

    def contains_column(self, col: Any) -> bool:
        """Whether this very column is in the collection."""
        if isinstance(col, str):
            raise exc.ArgumentError(
                "contains_column cannot be used with string arguments. "
                "Use ``col_name in table.c`` instead."
            )
        h = hash(col)
        return any(c is col or hash(c) == h for _, c in self._all)

    def compare(self, other: Any) -> bool:
        """Whether these very columns are in the other, in the same order."""
        return all(a is b for a, b in zip_longest(self, other))

    def __eq__(self, other: Any) -> bool:
        return self.compare(other)

    __hash__ = None  # type: ignore[assignment]

    def _position(self, column: Any) -> int | None:
        """The place of a column in the collection."""
        for i, (_, c) in enumerate(self._all):
            if c is column:
                return i
        h = hash(column)
        for i, (_, c) in enumerate(self._all):
            if hash(c) == h:
                return i
        return None

    def as_readonly(self) -> ReadOnlyColumnCollection[_T]:
        """The same columns, and those added later, for those who only read."""
        return self._shared_with(ReadOnlyColumnCollection)

    def _shared_with(self, cls: type[_C]) -> _C:
        """Another collection of the same columns, now and later."""
        view = cls.__new__(cls)
        for name in ("_all", "_index", "__dict__"):
            object.__setattr__(view, name, getattr(self, name))
        return view

    def __getstate__(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return self.__dict__, {"_all": self._all, "_index": self._index}

    def __setstate__(self, state: tuple[dict[str, Any], dict[str, Any]]) -> None:
        self.__dict__.update(state[0])
        for name, value in state[1].items():
            object.__setattr__(self, name, value)

    def corresponding_column(self, column: Any, require_embedded: bool = False) -> Any:
        """The column here that is, or is derived from, the same column as the given one."""
        h = hash(column)
        c: Any
        for _, c in self._all:
            if c is column or hash(c) == h:
                return c
        target = column.proxy_set
        best = None
        best_rank: tuple[int, int] | None = None
        for _, c in self._all:
            shared = target & c.proxy_set
            if not shared or (require_embedded and column not in c.proxy_set):
                continue
            # the nearest relative: most lineage in common, least lineage beside it
            rank = (-len(shared), len(c.proxy_set))
            if best_rank is not None and rank == best_rank:
                # of a union the first SELECT counts most
                if _distance(c, target) < _distance(best, target):
                    best = c
            elif best_rank is None or rank < best_rank:
                best, best_rank = c, rank
        return best

    def __repr__(self) -> str:
        return f"<{type(self).__module__}.{type(self).__name__} object at 0x{id(self):x}>"

    def __str__(self) -> str:
        return "{}({})".format(type(self).__name__, ", ".join(str(c) for _, c in self._all))


def _distance(column: Any, target: Any) -> int:
    """How many SELECTs of unions come before those that a column has its lineage from."""
    for number, proxy in enumerate(column._proxies):
        if target & proxy.proxy_set:
            return number + _distance(proxy, target)
    return 0


class ReadOnlyColumnCollection(ColumnCollection[_T]):
    """A collection one only reads."""

    __module__ = f"{__package__}.base"  # where programs know it from

    __slots__ = ()

    def __init__(self, columns: Iterable[tuple[str, _T]] = ()) -> None:
        object.__setattr__(self, "_all", [])
        object.__setattr__(self, "_index", {})
        for key, col in columns:
            self._append(key, col)

    @property
    def _parent(self) -> ColumnCollection[_T]:
        # Not public, but Alembic takes the columns that it drops out of it.
        return self._shared_with(ColumnCollection)

    def _readonly(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} object is immutable and/or readonly")

    def as_readonly(self) -> ReadOnlyColumnCollection[_T]:
        return self

    def __getattr__(self, key: str) -> _T:
        if key == "_readonly_view":
            return self  # type: ignore[return-value]
        found: _T = super().__getattr__(key)
        return found

    def __setattr__(self, key: str, value: Any) -> NoReturn:
        self._readonly()

    def __delattr__(self, key: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {key!r}")

    def __setitem__(self, key: str, value: Any) -> NoReturn:
        self._readonly()

    def __delitem__(self, key: str) -> NoReturn:
        self._readonly()

    def add(self, column: Any, key: str | None = None) -> NoReturn:
        self._readonly()

    def remove(self, column: Any) -> NoReturn:
        self._readonly()

    def extend(self, iter_: Iterable[_T]) -> NoReturn:
        self._readonly()

    def update(self, iter_: Iterable[tuple[str, _T]]) -> NoReturn:
        self._readonly()


class DedupeColumnCollection(ColumnCollection[_T]):
    """The columns of a Table, where a name stands once."""

    __module__ = f"{__package__}.base"  # where programs know it from

    __slots__ = ()
