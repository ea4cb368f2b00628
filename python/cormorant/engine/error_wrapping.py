"""What is raised for an error of the driver or of the core: SQLAlchemy's exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from .. import exc
from .statement_log import StatementLog

if TYPE_CHECKING:
    from .. import _core
    from .connection import Connection


class ErrorWrapping(StatementLog):
    """The part of a Connection that raises what stands for an error."""

    _closed: bool
    _dbapi_connection: _core.Connection | None
    _listener_error: BaseException | None
    _running: Any

    if TYPE_CHECKING:

        def _hears_statements(self) -> bool: ...

        def _rollback_impl(self) -> None: ...

        def in_transaction(self) -> bool: ...

        def invalidate(self, exception: BaseException | None = None) -> None: ...

    def _wrap_bind_error(self, error: BaseException, sql: str | None, params: Any) -> Any:
        """Raise what stands for an error in making the parameters: always StatementError. What
        was done on the connection without a transaction of ours is rolled back, whatever it is."""
        unwrapped = (exc.DontWrapMixin, MemoryError)
        wrapped = None
        if params == [{}] and self._hears_statements():
            params = []  # listeners are asked for parameters, and an empty set is none
        try:
            if not isinstance(error, Exception) or isinstance(error, unwrapped):
                raise error
            wrapped = exc.DBAPIError.instance(
                sql,
                params,
                error,
                self.dialect.driver_errors,
                hide_parameters=self.engine.hide_parameters,
                dialect=self.dialect,
                ismulti=False,
            )
            if self.engine._hears_errors:
                self._handle_error(error, wrapped, sql, params, False)
            raise wrapped from error
        finally:
            del error, wrapped  # whose tracebacks hold this frame
            if not self.in_transaction() and self._dbapi_connection is not None:
                self._rollback_impl()

    def _handle_error(
        self, error: BaseException, wrapped: Any, sql: str | None, params: Any, lost: bool
    ) -> bool:
        """Call the listeners of handle_error, and raise what they give instead; else whether
        the connection counts as lost."""
        from .observer import handle_error

        if self._execution_options.get("skip_user_error_events"):
            return lost
        given = lost
        if params == ():
            params = self.dialect.no_params
        connection = cast("Connection", self)
        lost, invalidate_pool, raised = handle_error(
            connection, self.dialect, self.engine, error, wrapped, sql, params, lost
        )
        if lost != given and isinstance(wrapped, exc.DBAPIError):
            wrapped.connection_invalidated = lost
        if lost and not self._closed and self._dbapi_connection is not None:
            self.invalidate(error)
            if invalidate_pool:
                self.engine.pool._expire()
        if raised is not None:
            raise raised from error
        return lost

    def _wrap_error(
        self,
        error: BaseException,
        sql: str | None,
        params: Any,
        ismulti: bool = False,
        from_core: bool = True,
    ) -> Any:
        """Raise what stands for an error of the driver or of the core.

        `params`: what the program gave, for errors of values; those of the database show
        what the driver was given.
        """
        wrapped = None
        try:
            connection = self._dbapi_connection
            dialect = self.dialect
            changed = None if self._running is None else self._running._changed
            if changed is not None and changed[0] == sql:
                _, sql, params = changed
                from_core = False
            if not isinstance(error, Exception):
                # interrupted in the middle of something: nobody knows the connection's state
                if connection is not None and not self._closed:
                    self.invalidate(error)
                raise error
            if isinstance(error, exc.SQLAlchemyError) or error is self._listener_error:
                self._listener_error = None
                raise error
            if not isinstance(error, dialect.driver_errors):
                if self.engine._hears_errors and sql is not None:
                    self._handle_error(error, None, sql, params, False)
                # what is not about a value is the program's own: a signal's handler raised it
                if sql is None or connection is None or not connection.refused:
                    raise error
                self._wrap_bind_error(error, sql, params)
            invalidated = False
            if connection is not None:
                # an adopted connection may know it
                asked = getattr(connection.dbapi, "is_disconnect", dialect.is_disconnect)
                invalidated = connection.invalid or bool(asked(error))
            shown = params
            if connection is not None and sql is not None and not ismulti and from_core:
                shown = connection.failed_params
                if shown is None:
                    shown = params
            wrapped = exc.DBAPIError.instance(
                sql,
                shown,
                error,
                dialect.driver_errors,
                hide_parameters=self.engine.hide_parameters,
                connection_invalidated=invalidated,
                dialect=dialect,
                ismulti=ismulti,
            )
            if self.engine._hears_errors:
                invalidated = self._handle_error(error, wrapped, sql, shown, invalidated)
                raise wrapped from error
            if invalidated and not self._closed:
                self.invalidate(error)
                self.engine.pool._expire()
            raise wrapped from error
        finally:
            del error, wrapped  # whose tracebacks hold this frame
