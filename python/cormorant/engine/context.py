"""What an execution was: what listeners are told of, and what a result tells afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import util

if TYPE_CHECKING:
    from .base import Connection
    from .cursor import CursorResult
    from .plans import CompiledPlan


def all_options(
    connection: Connection, statement: Any, options: Mapping[str, Any] | None
) -> Mapping[str, Any]:
    """The options of an execution: `options` with those of the connection; where there are none,
    those of the statement, which otherwise is the first of its structure that was compiled."""
    if options is None:
        options = getattr(statement, "_execution_options", None) or {}
    return util.immutabledict({**connection._execution_options, **options})


class ExecutionContext:
    """What listeners are told of an execution; they may keep things in it."""

    def __init__(
        self,
        connection: Connection,
        cursor: Any,
        executemany: bool,
        compiled: Any,
        options: Mapping[str, Any] | None,
    ) -> None:
        self.connection = self.root_connection = connection
        self.engine = connection.engine
        self.dialect = connection.dialect
        self.cursor = cursor
        self.executemany = executemany
        self.compiled: Any = compiled
        self.invoked_statement: Any = getattr(compiled, "statement", None)
        self.execution_options: Mapping[str, Any] = all_options(
            connection, self.invoked_statement, options
        )
        self.isinsert: bool = getattr(compiled, "isinsert", False)
        self.isupdate: bool = getattr(compiled, "isupdate", False)
        self.isdelete: bool = getattr(compiled, "isdelete", False)
        self.isddl: bool = getattr(self.invoked_statement, "is_ddl", False)
        self.is_crud: bool = self.isinsert or self.isupdate or self.isdelete
        self.is_text: bool = getattr(self.invoked_statement, "__visit_name__", "") in (
            "textclause",
            "textual_select",
        )
        self.statement: str = ""
        self.parameters: Any = []  # one for each row, as the driver gets them
        self._given: tuple[Any, Sequence[Any]] = (None, ())
        self._by_name: Any = None
        # the SQL before listeners changed it, and what they have left with its parameters
        self._changed: tuple[str, str, Any] | None = None

    @util.memoized_property
    def compiled_parameters(self) -> list[Mapping[str, Any]]:
        """The values of the parameters of a compiled statement by name, before their types made
        of them what the driver gets: one mapping for each row."""
        plan, rows = self._given
        if plan is None:  # of a flush
            return list(rows)
        return [] if self._by_name is None else self._by_name(plan, rows)

    @property
    def rowcount(self) -> int:
        """How many rows the cursor says."""
        return self.cursor.rowcount  # type: ignore[no-any-return]

    @property
    def no_parameters(self) -> bool:
        """Whether the driver is called without parameters."""
        return bool(self.execution_options.get("no_parameters", False))


class Execution(NamedTuple):
    """What a result keeps of how it came about."""

    cplan: CompiledPlan
    binds: Sequence[Any]
    sets: Sequence[Mapping[str, Any]]
    options: Mapping[str, Any]


class ResultContext(ExecutionContext):
    """The context of a result: of an execution that is over."""

    def __init__(self, result: CursorResult[Any], made: Execution | None, sql: str = "") -> None:
        """`made`: of a construct; `sql`: of a statement for the driver."""
        connection: Connection = result.connection
        compiled = None if made is None else made.cplan.compiled
        options = None if made is None else made.options
        many = made is not None and len(made.sets) > 1
        super().__init__(connection, result.cursor, many, compiled, options)
        self._result = result
        if made is None:
            self.is_text = True
            self.statement = sql
            return
        info = result._statement_info
        if info is None:
            self.compiled_parameters = [
                made.cplan.named_values(made.binds, given) for given in made.sets or ({},)
            ]
        else:
            self.compiled_parameters = list(info.params)
        rows = [made.cplan.resolve(made.binds, given) for given in self.compiled_parameters]
        self.statement = rows[0][0].sql
        self.parameters = [plan.encode(values) for plan, values in rows]

    @property
    def rowcount(self) -> int:
        """That of the result."""
        return self._result.rowcount

    @property
    def prefetch_cols(self) -> Sequence[Any]:
        """Columns whose values defaults made before the execution."""
        return self._result.prefetch_cols() if self.isinsert or self.isupdate else ()

    @property
    def postfetch_cols(self) -> Sequence[Any]:
        """Columns whose values the database made."""
        return self._result.postfetch_cols() if self.isinsert or self.isupdate else ()

    @property
    def inserted_primary_key_rows(self) -> Any:
        """Those of the result."""
        return self._result.inserted_primary_key_rows

    @property
    def returned_default_rows(self) -> Any:
        """Those of the result."""
        return self._result.returned_defaults_rows

    def get_lastrowid(self) -> int:
        """The key that the database generated for the last INSERT."""
        return self._result.lastrowid
