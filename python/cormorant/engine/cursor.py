"""Results of executed statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from .. import exc, util
from .result import Result, RMKeyView

__all__ = ["CursorResult", "RMKeyView", "ResultProxy"]

_T = TypeVar("_T")


class CursorResult(Result[_T]):
    """The result of Connection.execute()."""

    _usual_size = 1
    _statement_info: Any = None
    """engine.execution.Executed: what is known of an INSERT, UPDATE or DELETE."""
    _is_construct = True
    """It was a construct of the expression language, no text for the driver."""

    _made_by: Any = None
    """What `context` tells of: the fields of a context.Execution, or SQL for the driver."""

    @util.memoized_property
    def context(self) -> Any:
        """What the execution was: its options, `compiled` construct, parameters."""
        made = self._made_by
        if made is None:
            return None
        from .context import Execution, ResultContext

        if isinstance(made, str):
            return ResultContext(self, None, made)
        return ResultContext(self, Execution(*made))

    def _rows_of_zero(self) -> int:
        """As the driver of the URL's name has it: all, one or none; none of a stream."""
        if self._usual_size != 1 or self._yield_per is not None or self._cursor.unique:
            return 0
        return {"pysqlite": -1, "psycopg": 1}.get(self._connection.dialect.driver, 0)

    @property
    def connection(self) -> Any:
        """The Connection that executed the statement."""
        return self._connection

    @property
    def lastrowid(self) -> int:
        """The key that the database generated for the last INSERT."""
        return self._cursor.lastrowid  # type: ignore[no-any-return]

    @property
    def is_insert(self) -> bool:
        """Whether an insert() was executed."""
        info = self._statement_info
        return info is not None and bool(info.compiled.isinsert)

    def _executed(self, kinds: str) -> Any:
        """What is known of the statement, which must be an "insert" or an "update"."""
        info = self._statement_info
        if info is None and not self._is_construct:
            raise exc.InvalidRequestError("Statement is not a compiled expression construct.")
        if info is None or not (
            ("insert" in kinds and info.compiled.isinsert)
            or ("update" in kinds and info.compiled.isupdate)
        ):
            raise exc.InvalidRequestError(f"Statement is not an {kinds} expression construct.")
        return info

    def _inserted(self) -> Any:
        return self._executed("insert()")

    @property
    def returned_defaults_rows(self) -> Any:
        """What the database made, a Row for each row changed; None if nothing was asked for."""
        info = self._statement_info
        return None if info is None else info.returned

    @property
    def returned_defaults(self) -> Any:
        """The Row of what the database made; None if nothing was asked for."""
        info = self._statement_info
        if info is not None and info.many:
            raise exc.InvalidRequestError(
                "This statement was an executemany call; if return defaults is supported, please "
                "use .returned_defaults_rows."
            )
        rows = self.returned_defaults_rows
        return rows[0] if rows else None

    @property
    def inserted_primary_key(self) -> Any:
        """The primary key of the row inserted, as a Row; None for what is not known."""
        info = self._inserted()
        if info.many:
            raise exc.InvalidRequestError(
                "This statement was an executemany call; if primary key returning is supported, "
                "please use .inserted_primary_key_rows."
            )
        rows = self.inserted_primary_key_rows
        return rows[0] if rows else None

    @property
    def inserted_primary_key_rows(self) -> Any:
        """The primary keys of the rows inserted."""
        info = self._inserted()
        if info.compiled.statement._returning:
            raise exc.InvalidRequestError(
                "Can't call inserted_primary_key when returning() is used."
            )
        return info.primary_keys(self._cursor)

    def last_inserted_params(self) -> Any:
        """The parameters of the INSERT, defaults included."""
        info = self._inserted()
        return info.params if info.many else info.params[0]

    def last_updated_params(self) -> Any:
        """The parameters of the UPDATE, defaults included."""
        info = self._executed("update()")
        return info.params if info.many else info.params[0]

    def postfetch_cols(self) -> Any:
        """Columns whose values the database made."""
        return self._executed("insert() or update()").compiled.postfetch

    def prefetch_cols(self) -> Any:
        """Columns whose values defaults made before the execution."""
        compiled = self._executed("insert() or update()").compiled
        return [*compiled.insert_prefetch, *compiled.update_prefetch]

    def lastrow_has_defaults(self) -> bool:
        """Whether the database made values of the last row."""
        info = self._statement_info
        return info is not None and bool(info.compiled.postfetch)

    def supports_sane_rowcount(self) -> bool:
        """Whether rowcount can be relied on."""
        return True

    def supports_sane_multi_rowcount(self) -> bool:
        """Whether rowcount can be relied on after an executemany."""
        return False

    @property
    def cursor(self) -> ResultCursor:
        """The cursor, of which tools ask for the `description` of the columns."""
        return ResultCursor(self._cursor, self._connection.dialect)


class ResultCursor:
    """The core's cursor of a result, with the columns' description as a DB-API cursor's."""

    __slots__ = ("_cursor", "_dialect")

    def __init__(self, cursor: Any, dialect: Any) -> None:
        self._cursor = cursor
        self._dialect = dialect

    @property
    def description(self) -> Sequence[Sequence[Any]] | None:
        """(name, type, size, …) of each column, None without rows."""
        cursor = self._cursor
        return self._dialect.describe(cursor) if cursor.returns_rows else None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


ResultProxy = CursorResult
"""The name it had before version 1.4."""
