"""What a connection with echo says of the statements it executes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import _core, util

if TYPE_CHECKING:
    from .base import Engine


class StatementLog:
    """The part of a Connection that writes its engine's log."""

    engine: Engine
    dialect: Any
    _echo: bool
    _dbapi_connection: Any
    _execution_options: Mapping[str, Any]
    _hears_cursor: bool
    _held: list[str]  # messages that wait for the listeners of their statement

    if TYPE_CHECKING:

        def _wrap_bind_error(self, error: BaseException, sql: str | None, params: Any) -> Any: ...

    def _shows_statements(self) -> bool:
        """Whether somebody sees what is executed."""
        return self._echo or self._hears_cursor

    def _log(self, message: str) -> None:
        """Log what is going to be executed: when its listeners have seen it."""
        if self._hears_cursor:
            self._held.append(message)
        else:
            self._log_now(message, 4)

    def _log_now(self, message: str, stacklevel: int = 3) -> None:
        token = self._execution_options.get("logging_token")
        if token:
            message = f"[{token}] {message}"
        self.engine.logger.info(message, stacklevel=stacklevel)

    def _log_debug(self, message: str) -> None:
        token = self._execution_options.get("logging_token")
        if token:
            message = f"[{token}] {message}"
        self.engine.logger.debug(message, stacklevel=3)

    def _shown(self, params: Any, ismulti: bool = False) -> str:
        if self.engine.hide_parameters:
            return "[SQL parameters hidden due to hide_parameters=True]"
        return util.repr_params(params, 10, ismulti)

    def _log_plan(self, plan: _core.Plan, values: Sequence[Any], how: str, given: Any = ()) -> None:
        """Log a statement and its parameters; `given` is what the program gave."""
        from ..sql.insertmanyvalues import LongStatement

        params = self._encode(plan, values, given, self._dbapi_connection.encode)
        self._log(str(LongStatement(plan.sql)) if "insertmanyvalues" in how else plan.sql)
        self._log(f"[{how}] {self._shown(params)}")

    def _encode(
        self, plan: _core.Plan, values: Sequence[Any], given: Any, encode: Any = _core.Plan.encode
    ) -> Any:
        """Values as the driver gets them. What a type refuses is raised as when executing,
        what the driver will refuse is shown as it is. `encode`: of those that are to be run the
        core connection's, which keeps what functions make of them."""
        try:
            return encode(plan, values)
        except self.dialect.driver_errors:
            return tuple(values)
        except Exception as error:
            if self._dbapi_connection is not None:
                self._dbapi_connection.forget_shown()
            self._wrap_bind_error(error, plan.sql, given)
            raise

    def _log_many(self, sql: str, params: Any, how: str) -> None:
        self._log(sql)
        self._log(f"[{how}] {self._shown(params, True)}")

    def _flush_writer(self, variant: Any, compiled_of: Any) -> Any:
        """What writes the statements of a flush to the log, or None."""
        if not self._echo:
            return None
        engine = self.engine

        def write(
            sql: str,
            params: Any,
            given: Any,
            number: int,
            total: int,
            returning: bool,
            page: tuple[str, Any] | None = None,
        ) -> None:
            from ..sql.insertmanyvalues import LongStatement, statement_of_rows

            several = isinstance(params, list)
            if total and several:
                order = "ordered" if returning else "unordered"
                batch = f"{number}/{total} ({order})"
                page = page or statement_of_rows(compiled_of(sql), params, returning)
            else:
                batch = f"{number}/{total} (ordered; batch not supported)"
            if number > 1:
                how = f"insertmanyvalues {batch}"
            else:
                how = engine._seen(
                    (sql, total > 1 or several, variant),
                    engine.dialect._compile_times.get(sql, 0.0),
                )
                if page is not None or (total > 1 and returning):
                    how += f" (insertmanyvalues) {batch}"
            if page is not None:
                sql, params = str(LongStatement(page[0])), page[1]
            self._log_now(sql)
            self._log_now(f"[{how}] {self._shown(params, isinstance(params, list))}")

        return write
