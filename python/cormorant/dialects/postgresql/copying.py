"""COPY by cursors of raw connections: psycopg2's files and psycopg's blocks."""

from __future__ import annotations

import io
import json
import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from . import dbapi
from .literals import text_of

if TYPE_CHECKING:
    from ... import _core

BLOCK = 1 << 16


def copy_file(core: _core.Connection, sql: str, file: Any, size: int) -> int:
    """Run SQL, which may be a COPY from or to `file`: the number of rows, -1 for other SQL. A
    text file is read and written as UTF-8, `size` characters of it are read at a time."""
    if not (hasattr(file, "read") or hasattr(file, "write")):
        raise TypeError(
            "file must be a readable file-like object for COPY FROM; a writable file-like "
            "object for COPY TO."
        )
    how = core.copy(sql)
    if isinstance(how, str):
        return -1
    return _to_file(core, file) if how[0] else _from_file(core, file, size)


def _to_file(core: _core.Connection, file: Any) -> int:
    is_text = isinstance(file, io.TextIOBase)
    try:
        while not isinstance(block := core.copy_read(BLOCK), int):
            file.write(block.decode() if is_text else block)
    except BaseException:
        _stop(core)
        raise
    return block


def _from_file(core: _core.Connection, file: Any, size: int) -> int:
    try:
        while True:
            try:
                block = file.read(size)
                data = block.encode() if isinstance(block, str) else memoryview(block)
            except Exception as error:
                # what the server then says is the error, as with psycopg2
                cause = f"{type(error).__name__} {error}"
                return core.copy_end(f"error in .read() call: {cause}")
            if not data:
                return core.copy_end()
            core.copy_write(data)
    except BaseException:
        _stop(core)
        raise


def _stop(core: _core.Connection, why: str = "stopped") -> None:
    """End the COPY that an error interrupted, if it did not end it."""
    with suppress(dbapi.Error):
        core.copy_end(why)


class Copy:
    """A COPY that lasts, as psycopg's: ``with cursor.copy(sql) as copy``."""

    def __init__(self, core: _core.Connection, reads: bool, binary: bool, columns: int) -> None:
        self._core = core
        self._reads = reads
        self._binary = binary
        self._columns = columns
        self._over = False
        self._rows: Iterator[tuple[Any, ...]] = iter(())
        self._loaders: list[Callable[[str], Any]] | None = None
        self.rowcount = -1

    # --- from the server ---

    def read(self) -> bytes:
        """Data of the next row as they come; b"" after the last."""
        return self._read(1)

    def _read(self, size: int) -> bytes:
        if not self._reads:
            raise dbapi.OperationalError("receiving copy data failed: no COPY in progress")
        if self._over:
            return b""
        block = self._core.copy_read(size)
        if isinstance(block, int):
            self._over = True
            self.rowcount = block
            return b""
        return block

    def __iter__(self) -> Iterator[bytes]:
        while block := self._read(1):
            yield block

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The rows as tuples: of texts, or of what set_types() said; of bytes in a binary
        COPY."""
        while block := self._read(BLOCK):
            yield from self._rows_of(block)

    def _rows_of(self, block: bytes) -> Iterator[tuple[Any, ...]]:
        return self._binary_rows(block) if self._binary else self._text_rows(block)

    def read_row(self) -> tuple[Any, ...] | None:
        """The next row, None after the last."""
        while True:
            for row in self._rows:
                return row
            block = self._read(1)
            if not block:
                return None
            self._rows = self._rows_of(block)

    def set_types(self, types: Sequence[str]) -> None:
        """Say by name which types the columns have that rows() and read_row() give: of a COPY
        as text, and types that the standard library knows."""
        if self._binary:
            raise dbapi.NotSupportedError("set_types() of a binary COPY is not there")
        try:
            loaders = [_LOADERS[name.lower()] for name in types]
        except (KeyError, AttributeError) as error:
            raise dbapi.NotSupportedError(f"set_types() does not know {error.args[0]}") from None
        if self._reads:
            self._loaders = loaders

    def _text_rows(self, block: bytes) -> Iterator[tuple[Any, ...]]:
        text = block.decode()
        for line in text.removesuffix("\n").split("\n"):
            fields: list[Any] = line.split("\t")
            if len(fields) != self._columns and (line or self._columns):
                raise dbapi.DataError(
                    f"bad copy format: a row of {len(fields)} fields, not {self._columns}"
                )
            values = [_field(field) for field in fields] if self._columns else []
            loaders = self._loaders
            if loaders is not None:
                values = [
                    value if value is None else load(value)
                    for load, value in zip(loaders, values, strict=True)
                ]
            yield tuple(values)

    @staticmethod
    def _binary_rows(block: bytes) -> Iterator[tuple[bytes | None, ...]]:
        def number(at: int, size: int) -> int:
            if at + size > len(block):
                raise dbapi.DataError("bad copy format: a row that is not whole")
            return int.from_bytes(block[at : at + size], signed=True)

        at = 0
        if block.startswith(_SIGNATURE):
            at = len(_SIGNATURE) + 8 + max(number(15, 4), 0)
        while at < len(block):
            count = number(at, 2)
            at += 2
            if count < 0:
                return
            row: list[bytes | None] = []
            for _ in range(count):
                size = number(at, 4)
                at += 4
                row.append(block[at : at + size] if size >= 0 else None)
                at += max(size, 0)
            number(at, 0)
            yield tuple(row)

    # --- to the server ---

    def write(self, buffer: Any) -> None:
        """Send data, text or bytes, of as many rows as may be."""
        if self._reads or self._over:
            raise dbapi.OperationalError("sending copy data failed: no COPY in progress")
        self._core.copy_write(buffer.encode() if isinstance(buffer, str) else buffer)

    def write_row(self, row: Sequence[Any]) -> None:
        """Send a row of values, in a COPY as text."""
        if self._binary:
            raise dbapi.NotSupportedError("write_row() to a binary COPY is not there")
        fields = ["\\N" if value is None else text_of(value).translate(_ESCAPES) for value in row]
        self.write("\t".join(fields) + "\n")

    # --- the end ---

    def _finish(self, error: BaseException | None) -> None:
        """The block was left, by an error or not."""
        if self._over:
            return
        self._over = True
        if self._reads or error is not None:
            why = "" if error is None else f"{type(error).__qualname__} - {error}"
            _stop(self._core, f"error from Python: {why}".replace("\0", "?"))
        else:
            self.rowcount = self._core.copy_end()


_SIGNATURE = b"PGCOPY\n\xff\r\n\0"
_ESCAPES = str.maketrans(
    {
        "\b": "\\b",
        "\t": "\\t",
        "\n": "\\n",
        "\v": "\\v",
        "\f": "\\f",
        "\r": "\\r",
        "\\": "\\\\",
    }
)
_ESCAPED = {text[1]: chr(code) for code, text in _ESCAPES.items()}
_ESCAPE = re.compile(r"\\(.)", re.S)


def _field(text: str) -> str | None:
    if "\\" not in text:
        return text
    if text == "\\N":
        return None
    return _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), text)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


_LOADERS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("int2", "int4", "int8", "smallint", "integer", "bigint", "oid"), int),
    **dict.fromkeys(("float4", "float8", "real", "double precision"), float),
    **dict.fromkeys(("text", "varchar", "bpchar", "char", "name", "character varying"), str),
    **dict.fromkeys(("numeric", "decimal"), Decimal),
    **dict.fromkeys(("bool", "boolean"), lambda text: text == "t"),
    **dict.fromkeys(("timestamp", "timestamptz"), _moment),
    **dict.fromkeys(("json", "jsonb"), json.loads),
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "uuid": uuid.UUID,
    "bytea": lambda text: bytes.fromhex(text[2:]),
}
