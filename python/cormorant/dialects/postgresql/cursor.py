"""A DB-API 2.0 cursor as psycopg's, for raw_connection()."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from ... import _core
from ...engine.dbapi_cursor import DBAPICursor
from .paramstyle import driver_plan, values_of

if TYPE_CHECKING:
    from typing import Self

    from .copying import Copy


class Column(NamedTuple):
    """An item of a cursor's description; what is not known of a column is None."""

    name: str
    type_code: int | None = None
    display_size: int | None = None
    internal_size: int | None = None
    precision: int | None = None
    scale: int | None = None
    null_ok: bool | None = None


# What the modifier of a type says, by the type's OID.
_LENGTHS = {18: 4, 1042: 4, 1043: 4, 1560: 0, 1562: 0}  # char types count four bytes more
_TIMES = (1083, 1114, 1184, 1266)
_INTERVAL, _NUMERIC = 1186, 1700


def _column(name: str, type_code: int, size: int, modifier: int) -> Column:
    length = precision = scale = None
    if modifier >= 0:
        if type_code in _LENGTHS:
            length = modifier - _LENGTHS[type_code]
        elif type_code in _TIMES or (type_code == _INTERVAL and modifier & 0xFFFF != 0xFFFF):
            precision = modifier & 0xFFFF
        elif type_code == _NUMERIC:
            precision = modifier >> 16
            scale = ((modifier - 4 & 0x7FF) ^ 0x400) - 0x400  # eleven bits, signed
    return Column(name, type_code, length, size if size >= 0 else None, precision, scale)


def described(
    cursor: _core.Cursor, core: _core.Connection, plan: _core.Plan | None
) -> list[Column]:
    """The columns of a cursor: of which type they are is known of its connection's last run."""
    names = cursor.keys
    types = [] if plan is None else core.column_types(plan)
    if len(types) != len(names):
        return [Column(name) for name in names]
    return [_column(name, *type_) for name, type_ in zip(names, types, strict=True)]


class Cursor(DBAPICursor):
    """Takes ``%s`` and ``%(name)s`` for parameters, and ``%%`` for a percent sign where
    parameters are given, be it none of them; SQL without parameters is sent as it is."""

    def __init__(self, connection: _core.Connection) -> None:
        super().__init__(connection)
        self._waiting: list[_core.Cursor] = []
        self._plan: _core.Plan | None = None
        # rows that were read, for scroll(), and which one is next
        self._held: list[tuple[Any, ...]] = []
        self._at = 0
        self._said: str | None = None

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        """The next `size` rows; `arraysize` of them for 0, too."""
        return super().fetchmany(size or None)

    @property
    def statusmessage(self) -> str | None:
        """What the server said that the statement did, None after executemany() without
        `returning`: rows that go in one statement are told of in one."""
        return None if self._closed else self._said

    @property
    def closed(self) -> bool:
        """Whether the cursor was closed."""
        return self._closed

    def execute(self, sql: str | bytes, parameters: Any = None) -> Self:
        """Execute one statement, or several if there are no parameters."""
        self._begin()
        plan, values = self._given(sql, parameters)
        self._plan = plan
        self._run(plan, values)
        return self

    def stream(
        self, sql: str | bytes, parameters: Any = None, *, size: int = 100
    ) -> Iterator[tuple[Any, ...]]:
        """Execute a query and give its rows as they come from the server, `size` at a time."""
        self._begin()
        plan, values = self._given(sql, parameters)
        cursor = self._core.execute(plan, values, None, size)
        if not cursor.returns_rows:
            raise self._core.dbapi.ProgrammingError(
                "the operation in stream() didn't produce a result"
            )
        try:
            while rows := cursor.fetch(size):
                yield from (tuple(row) for row in rows)
        finally:
            cursor.close()

    def executemany(
        self, sql: str | bytes, seq_of_parameters: Iterable[Any], *, returning: bool = False
    ) -> None:
        """Execute a statement once for each parameter set; `returning`: keep the rows of
        each, nextset() goes from one to the next."""
        self._begin()
        plan, rows = self._planned(text_of(sql), list(seq_of_parameters))
        if not returning:
            self.rowcount = self._core.execute_many(plan, rows) if rows else 0
        elif rows:
            self._plan = plan
            self._waiting = [self._core.execute(plan, row) for row in rows]
            self._show(self._waiting.pop(0))

    @contextmanager
    def copy(
        self, statement: str | bytes, params: Any = None, *, writer: Any = None
    ) -> Iterator[Copy]:
        """Run a COPY: what the block is given reads or writes its data."""
        from .copying import Copy

        self._begin()
        sql = text_of(statement)
        if params:
            from .literals import compose

            sql = compose(sql, params)
        how = self._core.copy(sql)
        if isinstance(how, str):
            raise self._core.dbapi.ProgrammingError(
                "copy() should be used only with COPY ... TO STDOUT or COPY ... FROM STDIN "
                f"statements, got {how}"
            )
        made = Copy(self._core, *how)
        if how[0]:
            self.description = [Column(f"column_{i + 1}", 0) for i in range(how[2])]
        try:
            yield made
        except BaseException as error:
            made._finish(error)
            raise
        else:
            made._finish(None)
        finally:
            self.rowcount = made.rowcount
            self._said = self._core.said() if made.rowcount >= 0 else None

    def _given(self, sql: str | bytes, parameters: Any) -> tuple[_core.Plan, Sequence[Any]]:
        """The plan of SQL and the values of its parameters."""
        if parameters is None:
            return _core.Plan(text_of(sql), typed=True), ()
        plan, rows = self._planned(text_of(sql), [parameters])
        return plan, rows[0]

    def _planned(self, sql: str, sets: Sequence[Any]) -> tuple[_core.Plan, Sequence[Sequence[Any]]]:
        """The plan of SQL with parameters, and their values in each of the sets."""
        plan = driver_plan(sql)
        return plan, [values_of(plan, parameters) for parameters in sets]

    def _begin(self) -> None:
        self._check()
        self._forget()
        # before the first statement of a transaction, and never in autocommit
        self._core.begin()

    def nextset(self) -> bool | None:
        """Go on to the rows of the next parameter set: None if there is none."""
        self._check()
        if not self._waiting:
            return None
        self._show(self._waiting.pop(0))
        return True

    def _describe(self, cursor: _core.Cursor) -> Sequence[Sequence[Any]]:
        return described(cursor, self._core, self._plan)

    def _show(self, cursor: _core.Cursor) -> None:
        self._held = []
        self._at = 0
        super()._show(cursor)
        self._said = self._core.said()

    def _forget(self) -> None:
        super()._forget()
        self._said = None
        self._waiting = []
        self._plan = None
        self._held = []
        self._at = 0

    @property
    def rownumber(self) -> int | None:
        """Which row comes next; None without rows."""
        return self._at if self.description is not None else None

    def _rows(self, count: int) -> list[tuple[Any, ...]]:
        wanted = self._at + count - len(self._held)
        if count < 0 or wanted > 0:
            self._held += super()._rows(-1 if count < 0 else wanted)
        else:
            self._check()
        end = len(self._held) if count < 0 else self._at + count
        rows = self._held[self._at : end]
        self._at += len(rows)
        return rows

    def scroll(self, value: int, mode: str = "relative") -> None:
        """Go to another row: `value` rows on (or back), or to that row (``"absolute"``).
        IndexError if there is none, ValueError for another mode."""
        at = self._at
        if mode == "relative":
            wanted = at + value
        elif mode == "absolute":
            wanted = value
        else:
            raise ValueError(f"bad mode: {mode}. It should be 'relative' or 'absolute'")
        self._rows(max(wanted + 1 - at, 0))
        self._at = at
        if not 0 <= wanted < len(self._held):
            raise IndexError("position out of bound")
        self._at = wanted

    def _check(self) -> None:
        if self._closed:
            raise self._core.dbapi.InterfaceError("the cursor is closed")

    def _no_rows(self) -> None:
        if self._cursor is None:
            raise self._core.dbapi.ProgrammingError("no result available")
        raise self._core.dbapi.ProgrammingError("the last operation didn't produce records")

    def close(self) -> None:
        """Free the statement."""
        super().close()
        self._waiting = []
        self._held = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()


class ServerCursor(Cursor):
    """A cursor with a name: the rows stay on the server until they are fetched."""

    itersize = 100
    scrollable = None
    withhold = False

    def __init__(self, connection: _core.Connection, name: str) -> None:
        super().__init__(connection)
        self.name = name

    def _run(self, plan: _core.Plan, values: Sequence[Any]) -> _core.Cursor:
        cursor = self._core.execute(plan, values, None, self.itersize)
        self._show(cursor)
        return cursor

    def executemany(self, *args: Any, **kw: Any) -> None:
        """Not with a name."""
        raise self._core.dbapi.NotSupportedError("executemany not supported on server-side cursors")

    def _rows(self, count: int) -> list[tuple[Any, ...]]:
        rows = DBAPICursor._rows(self, count)
        self._at += len(rows)
        return rows

    def scroll(self, value: int, mode: str = "relative") -> None:
        """Leave rows out: of those that were fetched none can be had again."""
        wanted = value if mode == "relative" else value - self._at
        if wanted < 0:
            raise self._core.dbapi.NotSupportedError("the cursor can only scroll forward")
        self._rows(wanted)


def text_of(sql: str | bytes) -> str:
    if isinstance(sql, bytes):
        return sql.decode()
    if not isinstance(sql, str):
        from .adaptation import composed_text

        return composed_text(sql)
    return sql
