"""Events of engines, connections and dialects."""

from __future__ import annotations

from typing import Any

from .. import exc
from ..event.base import Events, Subscription, legacy_signature

__all__ = ["ConnectionEvents", "DialectEvents"]


class ConnectionEvents(Events):
    """Events of an `Engine` (of all its connections), a `Connection`, or the class `Engine`.

    The methods name the arguments of listeners. `before_execute` and `before_cursor_execute`
    may be listened to with ``retval=True``: the listener then returns the statement and the
    parameters to be used.
    """

    @classmethod
    def _accept_with(cls, target: Any, identifier: str) -> Any:
        from .base import Connection, Engine

        if isinstance(target, type):
            return target if issubclass(target, (Engine, Connection)) else None
        return target if isinstance(target, (Engine, Connection)) else None

    @classmethod
    def _listen(cls, subscription: Subscription, **options: Any) -> None:
        name = subscription.identifier
        retval = options.pop("retval", False)
        options.pop("insert", None)  # has no effect on these, as in SQLAlchemy
        if not retval:
            fn = subscription.call
            if name in ("before_execute", "before_cursor_execute"):
                adapted = cls._events[name].adapt(fn, options.pop("named", False))
                if name == "before_execute":
                    subscription.call = _keep_statement(adapted)
                else:
                    subscription.call = _keep_sql(adapted)
        elif name not in ("before_execute", "before_cursor_execute"):
            raise exc.ArgumentError(
                "Only the 'before_execute', 'before_cursor_execute' and 'handle_error' engine "
                "event listeners accept the 'retval=True' argument."
            )
        subscription.add(**options)

    @classmethod
    def _listeners_changed(cls, target: Any, identifier: str) -> None:
        super()._listeners_changed(target, identifier)
        from .base import refresh_observers

        refresh_observers(target)

    @legacy_signature(
        "1.4",
        ["conn", "clauseelement", "multiparams", "params"],
        lambda conn, element, multiparams, params, options: (conn, element, multiparams, params),
    )
    def before_execute(
        self, conn: Any, clauseelement: Any, multiparams: Any, params: Any, execution_options: Any
    ) -> Any:
        """Before a construct is compiled and executed."""

    @legacy_signature(
        "1.4",
        ["conn", "clauseelement", "multiparams", "params", "result"],
        lambda conn, element, multiparams, params, options, result: (
            conn,
            element,
            multiparams,
            params,
            result,
        ),
    )
    def after_execute(
        self,
        conn: Any,
        clauseelement: Any,
        multiparams: Any,
        params: Any,
        execution_options: Any,
        result: Any,
    ) -> None:
        """After a construct was executed."""

    def before_cursor_execute(
        self,
        conn: Any,
        cursor: Any,
        statement: Any,
        parameters: Any,
        context: Any,
        executemany: Any,
    ) -> Any:
        """Before SQL is given to the driver, with its parameters."""

    def after_cursor_execute(
        self,
        conn: Any,
        cursor: Any,
        statement: Any,
        parameters: Any,
        context: Any,
        executemany: Any,
    ) -> None:
        """After the driver has executed SQL."""

    @legacy_signature("2.0", ["conn", "branch"], lambda conn: (conn, False))
    def engine_connect(self, conn: Any) -> None:
        """A `Connection` was made."""

    def set_connection_execution_options(self, conn: Any, opts: Any) -> None:
        """Connection.execution_options() was called; `opts` may be changed."""

    def set_engine_execution_options(self, engine: Any, opts: Any) -> None:
        """Engine.execution_options() was called; `opts` may be changed."""

    def engine_disposed(self, engine: Any) -> None:
        """Engine.dispose() was called."""

    def begin(self, conn: Any) -> None:
        """A transaction begins."""

    def rollback(self, conn: Any) -> None:
        """A transaction is going to be rolled back."""

    def commit(self, conn: Any) -> None:
        """A transaction is going to be committed."""

    def savepoint(self, conn: Any, name: Any) -> None:
        """A savepoint begins."""

    def rollback_savepoint(self, conn: Any, name: Any, context: Any) -> None:
        """A savepoint is rolled back."""

    def release_savepoint(self, conn: Any, name: Any, context: Any) -> None:
        """A savepoint is released."""

    def begin_twophase(self, conn: Any, xid: Any) -> None:
        """A two-phase transaction begins."""

    def prepare_twophase(self, conn: Any, xid: Any) -> None:
        """A two-phase transaction is prepared."""

    def rollback_twophase(self, conn: Any, xid: Any, is_prepared: Any) -> None:
        """A two-phase transaction is rolled back."""

    def commit_twophase(self, conn: Any, xid: Any, is_prepared: Any) -> None:
        """A two-phase transaction is committed."""


def _keep_statement(fn: Any) -> Any:
    def before_execute(
        conn: Any, clauseelement: Any, multiparams: Any, params: Any, execution_options: Any
    ) -> Any:
        fn(conn, clauseelement, multiparams, params, execution_options)
        return clauseelement, multiparams, params

    return before_execute


def _keep_sql(fn: Any) -> Any:
    def before_cursor_execute(
        conn: Any, cursor: Any, statement: Any, parameters: Any, context: Any, executemany: Any
    ) -> Any:
        fn(conn, cursor, statement, parameters, context, executemany)
        return statement, parameters

    return before_cursor_execute


class DialectEvents(Events):
    """Events of a dialect, listened to on an `Engine`, a dialect or the class of either."""

    @classmethod
    def _accept_with(cls, target: Any, identifier: str) -> Any:
        from .base import Connection, Engine
        from .interfaces import Dialect

        if isinstance(target, type):
            if issubclass(target, Engine):
                return Dialect
            return target if issubclass(target, Dialect) else None
        if isinstance(target, Engine):
            return target.dialect
        if isinstance(target, Connection) and identifier == "handle_error":
            raise exc.InvalidRequestError(
                "The handle_error() event hook as of SQLAlchemy 2.0 is established on the "
                "Dialect, and may only be applied to the Engine as a whole or to a specific "
                "Dialect as a whole, not on a per-Connection basis."
            )
        return target if isinstance(target, Dialect) else None

    @classmethod
    def _listen(cls, subscription: Subscription, **options: Any) -> None:
        options.pop("retval", None)
        subscription.add(**options)

    @classmethod
    def _listeners_changed(cls, target: Any, identifier: str) -> None:
        super()._listeners_changed(target, identifier)
        from .base import refresh_observers

        refresh_observers(None)

    def handle_error(self, exception_context: Any) -> Any:
        """An error is about to be raised; may return or raise another one.
        See `ExceptionContext`."""

    def do_connect(self, dialect: Any, conn_rec: Any, cargs: Any, cparams: Any) -> Any:
        """Before the driver connects; may change the arguments or return a connection."""

    def do_executemany(self, cursor: Any, statement: Any, parameters: Any, context: Any) -> Any:
        """Instead of cursor.executemany(): True if the listener has done it."""

    def do_execute_no_params(self, cursor: Any, statement: Any, context: Any) -> Any:
        """Instead of cursor.execute() without parameters: True if the listener has done it."""

    def do_execute(self, cursor: Any, statement: Any, parameters: Any, context: Any) -> Any:
        """Instead of cursor.execute(): True if the listener has done it."""

    def do_setinputsizes(
        self, inputsizes: Any, cursor: Any, statement: Any, parameters: Any, context: Any
    ) -> None:
        """Before cursor.setinputsizes(), of drivers that need it."""
