"""The bytes of a single value: what blobopen() gives."""

from __future__ import annotations

import os
from operator import index
from typing import TYPE_CHECKING, Any

from ... import _core
from .dbapi import refusal

if TYPE_CHECKING:
    from typing import Self

__all__ = ["Blob"]


class Blob:
    """Reads and writes a value in parts, as sqlite3.Blob. The size stays as it is."""

    def __init__(
        self, core: _core.Connection, place: tuple[str, str, str, int], readonly: bool
    ) -> None:
        """`place`: the names of database, table and column, and the number of the row."""
        self._core: _core.Connection | None = core
        self._place = place
        self._size = core.blob_size(place, not readonly)
        self._readonly = readonly
        self._at = 0

    def _open(self) -> _core.Connection:
        if self._core is None:
            raise refusal("Cannot operate on a closed blob.")
        if self._core.closed:
            raise refusal("Cannot operate on a closed database.")
        return self._core

    def close(self) -> None:
        """It can be used no more."""
        if self._core is not None:
            self._open()
        self._core = None

    def __len__(self) -> int:
        self._open()
        return self._size

    def read(self, length: int = -1, /) -> bytes:
        """The next `length` bytes, all with a negative number."""
        core = self._open()
        left = self._size - self._at
        wanted = left if length < 0 else min(length, left)
        if wanted == 0:
            return b""
        found = core.blob_read(self._place, self._at, wanted)
        self._at += wanted
        return found

    def _put(self, offset: int, data: Any) -> int:
        core = self._open()
        size = memoryview(data).nbytes
        if size > self._size - offset:
            raise ValueError("data longer than blob length")
        if self._readonly:
            from . import dbapi

            raise dbapi.error(
                "OperationalError", "attempt to write a readonly database", "SQLITE_READONLY", 8
            )
        core.blob_write(self._place, offset, data)
        return size

    def write(self, data: Any, /) -> None:
        """Write bytes. ValueError if there is no room for them."""
        self._at += self._put(self._at, data)

    def tell(self) -> int:
        """Where the next byte is read or written."""
        self._open()
        return self._at

    def seek(self, offset: int, origin: int = os.SEEK_SET, /) -> None:
        """Go elsewhere. ValueError if that is not within the value."""
        self._open()
        starts = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}
        if origin not in starts:
            raise ValueError("'origin' should be os.SEEK_SET, os.SEEK_CUR, or os.SEEK_END")
        wanted = starts[origin] + offset
        if not 0 <= wanted <= self._size:
            raise ValueError("offset out of blob range")
        self._at = wanted

    def _index(self, key: Any) -> int:
        if not hasattr(type(key), "__index__"):
            raise TypeError("Blob indices must be integers")
        number = index(key)
        if number < 0:
            number += self._size
        if not 0 <= number < self._size:
            raise IndexError("Blob index out of range")
        return number

    def __getitem__(self, key: Any) -> Any:
        core = self._open()
        if not isinstance(key, slice):
            return core.blob_read(self._place, self._index(key), 1)[0]
        start, stop, step = key.indices(self._size)
        if step == 1:
            return core.blob_read(self._place, start, max(stop - start, 0))
        return core.blob_read(self._place, 0, self._size)[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        core = self._open()
        if not isinstance(key, slice):
            number = self._index(key)
            if not isinstance(value, int):
                raise TypeError(
                    f"'{type(value).__name__}' object cannot be interpreted as an integer"
                )
            if not 0 <= value < 256:
                raise ValueError("byte must be in range(0, 256)")
            self._put(number, bytes((value,)))
            return
        given = memoryview(value).tobytes()
        places = range(*key.indices(self._size))
        if len(given) != len(places):
            raise IndexError("Blob slice assignment is wrong size")
        if not given:
            return
        if places.step == 1:
            self._put(places.start, given)
            return
        data = bytearray(core.blob_read(self._place, 0, self._size))
        data[key] = given
        self._put(0, data)

    def __delitem__(self, key: Any) -> None:
        self._open()
        what = "slice" if isinstance(key, slice) else "item"
        raise TypeError(f"Blob doesn't support {what} deletion")

    def __enter__(self) -> Self:
        self._open()
        return self

    def __exit__(self, *args: object) -> None:
        self._open()
        self.close()
