"""Connections of psycopg and psycopg2 that the program has made itself.

See `engine.adopted`. Values are what the driver makes of them, but that JSON is left to the types
of columns, records are texts, and a driver's Range is ours.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Sequence
from itertools import chain
from typing import Any

from ...engine.adopted import AdoptedConnection
from ...engine.driver_sql import is_dml

__all__ = ["adopted"]

_JSON = (114, 3802)
_JSON_ARRAYS = (199, 3807)

_SKIPPED = (
    r"(?<![\w$])[eE]'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/"
    r"|(?<![\w$])\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$"
)
_MARKERS = re.compile(rf"{_SKIPPED}|(?<![\w$])\$(?P<number>\d+)", re.S)
"""What may have a dollar sign and a number in it and is no parameter, or a parameter."""


def _named(sql: str, first: int) -> str:
    """SQL with ``%(n)s`` for ``$n``, the numbers of names beginning behind `first`."""
    pieces: list[str] = []
    end = 0
    for match in _MARKERS.finditer(sql):
        number = match["number"]
        if number is not None:
            before = sql[end : match.start()].replace("%", "%%")
            pieces += (before, f"%({int(number) + first})s")
            end = match.end()
    return "".join((*pieces, sql[end:].replace("%", "%%")))


@functools.lru_cache(500)
def _by_name(sql: str) -> str:
    """SQL with ``%(n)s`` for ``$n``."""
    return _named(sql, 0)


@functools.lru_cache(100)
def _names(count: int) -> tuple[str, ...]:
    """The names of so many parameters."""
    return tuple(map(str, range(1, count + 1)))


def adopted(made: Any, dialect: Any) -> AdoptedConnection | None:
    """What stands for a connection of a driver, None if it is of none that is known."""
    theirs = getattr(sys.modules.get("psycopg2.extensions"), "connection", None)
    if theirs is not None and isinstance(made, theirs):
        return _Psycopg2Connection(made, dialect)
    theirs = getattr(sys.modules.get("psycopg"), "Connection", None)
    if theirs is not None and isinstance(made, theirs):
        return _PsycopgConnection(made, dialect)
    return None


class _Connection(AdoptedConnection):
    """What both drivers have."""

    __slots__ = ("_streams",)
    typed = True
    json_types = frozenset((*_JSON, *_JSON_ARRAYS))
    """What a cursor says of columns whose texts are JSON."""
    Range: Any
    Multirange: Any

    def __init__(self, connection: Any, dialect: Any) -> None:
        super().__init__(connection, dialect)
        self._streams = 0

    def new_cursor(self, streamed: str | None = None) -> Any:
        """A cursor of the connection, to execute a statement by: for the rows of a query that are
        streamed one of the server's, which lives as long as the transaction."""
        if streamed is None or not _is_query(streamed):
            return self._prepared(self.connection.cursor())
        self._streams += 1
        return self._prepared(self.connection.cursor(f"c_{self._streams}"))

    def _prepared(self, cursor: Any) -> Any:
        """A cursor that leaves some values texts."""
        raise NotImplementedError

    def in_transaction(self) -> bool:
        """Whether the connection is in a transaction."""
        return bool(self.connection.info.transaction_status)

    def interrupt(self) -> None:
        """Make what another thread executes fail soon."""
        self.connection.cancel()

    def is_disconnect(self, error: BaseException) -> bool:
        """Whether an error means that the connection is lost."""
        return bool(self.connection.closed) or super().is_disconnect(error)

    def ping(self) -> None:
        """Raise what the database answers with, if it does not."""
        connection = self.connection
        autocommit = connection.autocommit
        if not autocommit:
            connection.autocommit = True
        try:
            super().ping()
        finally:
            if not autocommit and not connection.closed:
                connection.autocommit = False

    def set_option(self, key: str, value: str) -> None:
        """Set how transactions are begun."""
        if key == "autocommit":
            if self.connection.autocommit != (value == "1"):
                self.connection.autocommit = value == "1"
        elif key == "begin":
            words = value.removesuffix(" DEFERRABLE")
            deferrable = words != value
            begin = words.removesuffix(" READ ONLY")
            read_only = begin != words
            level = begin.partition("ISOLATION LEVEL ")[2]
            self._begin(level, read_only or None, deferrable or None)
        else:
            super().set_option(key, value)

    def _begin(self, level: str, read_only: bool | None, deferrable: bool | None) -> None:
        raise NotImplementedError

    def markers(self, sql: str) -> Sequence[str | int]:
        """None: the parameters are numbered."""
        return ()

    def execute(self, cursor: Any, sql: str, parameters: Any) -> None:
        """Execute a statement once."""
        if parameters:
            named = dict(zip(_names(len(parameters)), parameters, strict=True))
            cursor.execute(_by_name(sql), named)
        else:
            cursor.execute(sql)

    def executemany(self, cursor: Any, sql: str, parameters: list[Any]) -> int | None:
        """Execute it once for each of several sets of parameters."""
        names = _names(len(parameters[0]))
        cursor.executemany(
            _by_name(sql), [dict(zip(names, row, strict=True)) for row in parameters]
        )
        return None

    def page(self, sql: str, width: int) -> int:
        """How many rows of so many values one INSERT is to have, 0 if it is of one."""
        if width == 0 or _row_of(sql) is None:
            return 0
        return max(1, min(_PAGE, _MOST // width))

    def insert(self, cursor: Any, sql: str, parameters: list[tuple[Any, ...]]) -> None:
        """Execute an INSERT of one row, once for several rows."""
        width = len(parameters[0])
        values = chain.from_iterable(parameters)
        named = dict(zip(_names(len(parameters) * width), values, strict=True))
        cursor.execute(_of_rows(sql, len(parameters), width), named)

    def describe(self, sql: str, markers: Sequence[str | int], parameters: Any) -> Sequence[str]:
        """The names of the columns of a statement, none of one that changes rows: a SELECT is
        asked for no rows, and what is no plain query, which may change some, is executed if its
        values are known, for the execution that comes next as well."""
        if is_dml(sql):
            return ()
        count = len({match["number"] for match in _MARKERS.finditer(sql)} - {None})
        if not _QUERY.match(sql):
            if parameters is None and count:
                return ()
            return self.describe_by_executing(sql, parameters or (), True)
        if parameters is None:
            parameters = (None,) * count
        sql = f"SELECT * FROM ({sql.rstrip().rstrip(';')}\n) AS described LIMIT 0"
        return self.describe_by_executing(sql, parameters, False)


_BEFORE = r"(?:\s|--[^\n]*\n|/\*.*?\*/|\()*"
"""What may stand before the first word of a statement."""
_QUERY = re.compile(rf"{_BEFORE}(?:select|values|table)\b", re.I | re.S)
_WITH = re.compile(rf"{_BEFORE}with\b", re.I | re.S)
_WRITES = re.compile(r"\b(?:insert|update|delete|merge)\b", re.I)


def _is_query(sql: str) -> bool:
    """Whether SQL can have a cursor of the server's, which what may change rows cannot."""
    if _QUERY.match(sql) is not None:
        return True
    return _WITH.match(sql) is not None and _WRITES.search(sql) is None


_VALUES = re.compile(
    rf"{_SKIPPED}|(?P<word>\bVALUES\b)|(?P<bracket>[()])|(?P<conflict>\bON CONFLICT\b)", re.S | re.I
)


@functools.lru_cache(500)
def _row_of(sql: str) -> tuple[str, str, str] | None:
    """An INSERT of one row as what is before its values, these, and what is behind them; None of
    other SQL, and of one whose rows may meet each other."""
    if _INSERT.match(sql) is None:
        return None
    depth, begin, end = 0, -1, -1
    for match in _VALUES.finditer(sql):
        if match["conflict"] is not None:
            return None
        if match["word"] is not None and depth == 0 and begin < 0:
            begin = match.end()
        elif match["bracket"] == "(":
            depth += 1
        elif match["bracket"] == ")":
            depth -= 1
            if depth == 0 and begin >= 0 and end < 0:
                end = match.end()
    return None if end < 0 else (sql[:begin], sql[begin:end], sql[end:])


@functools.lru_cache(200)
def _of_rows(sql: str, count: int, width: int) -> str:
    """An INSERT of one row of so many parameters as one of several rows, by name."""
    parts = _row_of(sql)
    assert parts is not None
    before, row, after = parts
    rows = [_named(row, first) for first in range(0, count * width, width)]
    return f"{_named(before, 0)}{', '.join(rows)}{_named(after, 0)}"


_INSERT = re.compile(r"\s*INSERT\b", re.I)
_PAGE = 1000
_MOST = 32_000
"""Rows and parameters of an INSERT."""


class _PsycopgConnection(_Connection):
    """A psycopg.Connection."""

    __slots__ = ("Multirange", "Range", "_text")
    addresses = True

    def __init__(self, connection: Any, dialect: Any) -> None:
        super().__init__(connection, dialect)
        from psycopg.types import TypeInfo
        from psycopg.types.hstore import register_hstore
        from psycopg.types.multirange import Multirange
        from psycopg.types.range import Range
        from psycopg.types.string import TextLoader

        self.Range, self.Multirange, self._text = Range, Multirange, TextLoader
        if dialect.use_native_hstore:
            begun = self.in_transaction()
            info = TypeInfo.fetch(connection, "hstore")
            if not begun:
                connection.rollback()
            if info is not None:
                register_hstore(info, connection)
        if dialect.native_inet_types is False:
            for name in ("inet", "cidr"):
                connection.adapters.register_loader(name, TextLoader)

    def _prepared(self, cursor: Any) -> Any:
        """A cursor that leaves some values texts."""
        adapters = cursor.adapters
        for name in ("json", "jsonb", "record"):
            adapters.register_loader(name, self._text)
        return cursor

    def is_disconnect(self, error: BaseException) -> bool:
        """Whether an error means that the connection is lost."""
        return self.connection.broken or super().is_disconnect(error)

    def _begin(self, level: str, read_only: bool | None, deferrable: bool | None) -> None:
        from psycopg import IsolationLevel

        connection = self.connection
        connection.isolation_level = IsolationLevel[level.replace(" ", "_")] if level else None
        connection.read_only = read_only
        connection.deferrable = deferrable


class _Psycopg2Connection(_Connection):
    """A psycopg2.extensions.connection."""

    __slots__ = ("Range", "_register", "_texts")
    Multirange = ()

    def __init__(self, connection: Any, dialect: Any) -> None:
        super().__init__(connection, dialect)
        from psycopg2 import extensions, extras  # type: ignore[import-untyped]

        self.Range = extras.Range
        text = extensions.new_type(_JSON, "JSON", extensions.UNICODE)
        self._texts = (text, extensions.new_array_type(_JSON_ARRAYS, "JSON[]", text))
        self._register = extensions.register_type
        extras.register_uuid(None, connection)
        if dialect.use_native_hstore:
            found = extras.HstoreAdapter.get_oids(connection)
            if found is not None and found[0]:
                extras.register_hstore(connection, oid=found[0], array_oid=found[1])

    def _prepared(self, cursor: Any) -> Any:
        """A cursor that leaves some values texts."""
        for made in self._texts:
            self._register(made, cursor)
        return cursor

    def execute(self, cursor: Any, sql: str, parameters: Any) -> None:
        """Execute a statement once."""
        super().execute(cursor, sql, parameters)
        if cursor.name is not None:
            cursor.fetchmany(0)  # which a cursor of the server's describes its columns with

    def error(self, name: str, text: str, condition: str, about: Any) -> Exception:
        """The exception for what the core itself refuses, of the class `name`."""
        from .psycopg2_errors import in_its_words

        return super().error(name, in_its_words(text), condition, about)

    def executemany(self, cursor: Any, sql: str, parameters: list[Any]) -> int | None:
        """As those of others, but that the driver would send each row by itself."""
        size = self.page(sql, len(parameters[0]))
        if size == 0:
            super().executemany(cursor, sql, parameters)
            return None
        changed = 0
        for first in range(0, len(parameters), size):
            self.insert(cursor, sql, parameters[first : first + size])
            changed += cursor.rowcount
        return changed

    def is_disconnect(self, error: BaseException) -> bool:
        """Whether an error means that the connection is lost."""
        if super().is_disconnect(error):
            return True
        said = str(error).partition("\n")[0]
        found = [said.find(part) for part in _LOST]
        return any(at >= 0 and '"' not in said[:at] for at in found)

    def _begin(self, level: str, read_only: bool | None, deferrable: bool | None) -> None:
        self.connection.set_session(
            isolation_level=level or "DEFAULT",
            readonly=read_only or "DEFAULT",
            deferrable=deferrable or "DEFAULT",
        )


_LOST = (
    "terminating connection",
    "closed the connection",
    "connection not open",
    "could not receive data from server",
    "could not send data to server",
    "connection already closed",
    "cursor already closed",
    "losed the connection unexpectedly",
    "connection has been closed unexpectedly",
    "SSL error: decryption failed or bad record mac",
    "SSL SYSCALL error: ",
)
"""What psycopg2 and libpq say of lost connections."""
