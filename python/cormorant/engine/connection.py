"""A connection in use: what it is connected to, and the statements it executes."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .. import exc, util
from ..event.attr import dispatcher
from ..inspection import Inspectable
from .transactional import TransactionalConnection
from .transactions import RootTransaction

if TYPE_CHECKING:
    from typing import Self

    from .. import _core
    from ..event.base import Dispatch
    from ..sql.typed_operators import TypedReturnsRows
    from .base import Engine
    from .cursor import CursorResult
    from .plans import CompiledPlan
    from .result import ScalarResult
    from .transactions import NestedTransaction, Transaction

_NO_OPTIONS: util.immutabledict[str, Any] = util.EMPTY_DICT

_T = TypeVar("_T")


def _first_execute_statement(*args: Any) -> Any:
    """Stands for execution.execute_statement() until it is first needed."""
    global _execute_statement
    from .execution import execute_statement

    _execute_statement = execute_statement
    return execute_statement(*args)


_execute_statement: Callable[..., Any] = _first_execute_statement


def _given(params: Mapping[str, Any] | None, session: Any) -> Sequence[Mapping[str, Any]]:
    """The parameters of an execution as errors and the log show them: Core's may be none."""
    return () if params is None and session is None else [params or {}]


class ConnectionEventsTarget:
    """Base of what executes statements: Connection and Engine."""

    __slots__ = ()


class Connection(TransactionalConnection, ConnectionEventsTarget, Inspectable[Any]):
    """A connection in use: transactions and the execution of statements.

    `_live` is the core's connection while statements can be executed just like that, that
    is while it is open, not invalidated and inside of an active transaction; otherwise it
    is None and `_ready()` sees to what is missing. So the usual call tests one attribute.
    While somebody listens to what is executed it is an `ObservedConnection` of it.
    """

    engine: Engine
    dispatch = dispatcher("cormorant.engine.events:ConnectionEvents")
    _is_connection = True
    should_close_with_result = False
    """Always: results once closed the connection. What pings in `engine_connect` sets it."""
    _in_begin = False
    """A listener of `begin` is running: what it executes is no reason to begin."""
    _cormorant_listeners: Any = None
    """Those of the class, of all connections: see event.base."""
    _hears_execute = False
    """Somebody listens to the dialect's do_execute."""
    _hears_cursor = False
    """Somebody listens to what the driver is given."""
    _running: Any = None
    """The context of the statement that the driver is given, while somebody listens."""
    _listener_error: BaseException | None = None
    """What a listener raised: it is raised as it is."""
    _current: tuple[Any, Mapping[str, Any] | None, Any, Any] = (None, None, None, None)
    """The compiled statement being executed, its options, what tells the names of a plan's
    values, and whether it is a part of an execution with many rows; while somebody listens."""

    def __init__(
        self,
        engine: Engine,
        connection: _core.Connection | None = None,
        _allow_revalidate: bool = True,
    ) -> None:
        self.engine = engine
        self._dbapi_connection: _core.Connection | None = connection
        # dispose() gives the engine another pool: what is checked out goes back to its own
        self._pool = engine.pool
        self._owns = connection is None
        self.dialect = engine.dialect
        self._transaction: RootTransaction | None = None
        self._nested_transaction: NestedTransaction | None = None
        self._context_transaction: Transaction | None = None
        self._savepoints = 0
        self._closed = False
        self._detached = False
        self._live: _core.Connection | None = None
        self._execution_options: Mapping[str, Any] = engine._execution_options
        self._echo: bool = engine.logger.isEnabledFor(20)
        self._isolation: str | None = None
        self._dialect_options = False
        self._autocommit = engine._autocommit
        self._events: Dispatch | None = None
        if connection is None:
            self._dbapi_connection = engine._checkout(self._pool)
        options = self._execution_options
        if options:
            if "isolation_level" in options:
                self._set_isolation_level(options["isolation_level"])
            self._set_dialect_options(options)
        opened = engine._opened
        opened.add(weakref.ref(self, opened.discard))
        if engine._events is not None or Connection._cormorant_listeners is not None:
            self._observe()
            if _allow_revalidate:
                for fn in self._events_of("engine_connect"):
                    fn(self)

    # --- state ------------------------------------------------------------------

    def _refresh(self) -> None:
        """Compute `_live` after a change of state."""
        transaction = self._transaction
        nested = self._nested_transaction
        context = self._context_transaction
        if (
            self._closed
            or transaction is None
            or not transaction.is_active
            or (nested is not None and not nested.is_active)
            or (context is not None and not context.is_active)
        ):
            self._live = None
        else:
            self._live = self._dbapi_connection
            if self._hears_cursor:
                self._live = self._observed()

    # --- events -----------------------------------------------------------------

    def _dispatch_parents(self) -> tuple[Dispatch, ...]:
        return (self.engine.dispatch,)

    def _observe(self) -> None:
        """Look who listens to this connection, its engine and its dialect."""
        own = self.__dict__.get("dispatch")
        heard = own is not None and any(own._own.values())
        families = Connection._cormorant_listeners  # empty ones stay when listeners go
        if heard or (families and any(any(names.values()) for names in families.values())):
            self._events = self.dispatch
        else:
            self._events = self.engine._events
        hears = self.engine._hears_execute
        self._hears_execute = hears
        self._held: list[str] = []
        self._hears_cursor = self._events is not None and (
            hears
            or bool(self._events_of("before_cursor_execute"))
            or bool(self._events_of("after_cursor_execute"))
        )
        self._refresh()

    def _events_of(self, name: str) -> tuple[Any, ...]:
        """The functions that listen to an event."""
        events = self._events
        return () if events is None else events._find(name)

    def _hears_statements(self) -> bool:
        """Whether anybody listens to the connection or its engine, not just to its dialect."""
        if self._events is None:
            return False
        from .events import ConnectionEvents

        return any(self._events_of(name) for name in ConnectionEvents._listened)

    def _observed(self) -> Any:
        """What stands for the core's connection while somebody listens."""
        from .observer import ObservedConnection

        assert self._dbapi_connection is not None
        return ObservedConnection(self, self._dbapi_connection)

    def _ready(self) -> _core.Connection:
        """Begin a transaction if need be; raise if nothing can be executed now."""
        if self._closed:
            raise exc.ResourceClosedError("This Connection is closed")
        self._check_context()
        if self._dbapi_connection is None:
            self._revalidate()
        transaction = self._transaction
        if transaction is None:
            if not self._in_begin:
                RootTransaction(self)
        elif not transaction.is_active or (
            self._nested_transaction is not None and not self._nested_transaction.is_active
        ):
            self._invalid_transaction()
        assert self._dbapi_connection is not None
        if self._hears_cursor:
            return self._observed()  # type: ignore[no-any-return]
        return self._dbapi_connection

    def _invalid_transaction(self) -> None:
        kind = "savepoint " if self._nested_transaction is not None else ""
        raise exc.PendingRollbackError(
            f"Can't reconnect until invalid {kind}transaction is rolled back.  Please rollback() "
            "fully before proceeding",
            code="8s2b",
        )

    def _revalidate(self) -> None:
        """Connect again after invalidate()."""
        if self._transaction is not None:
            self._invalid_transaction()
        self._pool = self.engine.pool
        self._dbapi_connection = self.engine._checkout(self._pool)
        self._refresh()

    @property
    def closed(self) -> bool:
        """Whether close() was called."""
        return self._closed

    @property
    def invalidated(self) -> bool:
        """Whether the connection to the database is lost and not yet replaced."""
        return self._dbapi_connection is None and not self._closed

    @property
    def connection(self) -> Any:
        """The pool's connection behind this one."""
        if self._closed:
            raise exc.ResourceClosedError("This Connection is closed")
        if self._dbapi_connection is None:
            self._revalidate()
        from ..pool import BorrowedConnection

        assert self._dbapi_connection is not None
        return BorrowedConnection(self._pool, self._dbapi_connection, self)

    @property
    def info(self) -> dict[Any, Any]:
        """A dictionary that lives as long as the connection to the database."""
        return self.connection.info  # type: ignore[no-any-return]

    @property
    def default_isolation_level(self) -> str:
        """The isolation level of new connections."""
        return self.dialect.default_isolation_level  # type: ignore[no-any-return]

    def get_isolation_level(self) -> str:
        """The isolation level now in effect."""
        connection = self.connection._require()
        level: str = self.dialect.get_isolation_level(connection)
        if self._transaction is not None:
            # its BEGIN waits for a statement, and went with the question if there was none yet
            connection.begin()
        return level

    def schema_for_object(self, obj: Any) -> str | None:
        """The schema of a table as this connection sees it."""
        schema: str | None = obj.schema
        translate = self._execution_options.get("schema_translate_map")
        if translate and schema in translate:
            return translate[schema]  # type: ignore[no-any-return]
        return schema

    # --- options ----------------------------------------------------------------

    def execution_options(self, **opt: Any) -> Self:
        """Set options that hold for everything executed on this connection.

        opt: isolation_level, stream_results, yield_per, schema_translate_map, logging_token and
        others, of the program's own too. Returns the connection itself.
        """
        for fn in self._events_of("set_connection_execution_options"):
            fn(self, opt)
        self._execution_options = util.immutabledict({**self._execution_options, **opt})
        if "schema_translate_map" in opt:
            names = opt["schema_translate_map"]
            self.dialect = self.engine.dialect.translated(names) if names else self.engine.dialect
        if "isolation_level" in opt:
            self._set_isolation_level(opt["isolation_level"])
        self._set_dialect_options(opt)
        return self

    def _set_dialect_options(self, options: Mapping[str, Any]) -> None:
        connection = self._dbapi_connection
        if connection is not None and self.dialect.set_connection_options(connection, options):
            self._dialect_options = True

    def get_execution_options(self) -> Mapping[str, Any]:
        """The options set by execution_options() here and on the engine."""
        return util.immutabledict(self._execution_options)

    def _set_isolation_level(self, level: Any) -> None:
        level = self.dialect.check_isolation_level(level)
        if self._transaction is not None:
            raise exc.InvalidRequestError(
                "This connection has already initialized a SQLAlchemy Transaction() object via "
                "begin() or autobegin; isolation_level may not be altered unless rollback() or "
                "commit() is called first."
            )
        if self._closed:
            raise exc.ResourceClosedError("This Connection is closed")
        if self._dbapi_connection is None:
            self._revalidate()
        assert self._dbapi_connection is not None
        self.dialect.set_isolation_level(self._dbapi_connection, level)
        self._isolation = level
        self._autocommit = level == "AUTOCOMMIT"

    def _run_script(self, sql: str) -> None:
        """Run SQL of the engine's own that has no parameters and gives no rows."""
        connection = self._dbapi_connection
        if connection is None:
            connection = self._ready()
        elif self._hears_cursor:
            connection = self._observed()
        done = None
        if self._events is not None:
            from .observer import run_script

            done = run_script(self, sql)
        if self._echo:
            self._log(sql)
            self._log(f"[no key 0.00000s] {self._shown(self.dialect.no_params)}")
        try:
            connection.run_script(sql)
        except BaseException as error:
            self._wrap_error(error, sql, self.dialect.no_params, from_core=False)
        if done is not None:
            done()

    # --- ending -----------------------------------------------------------------

    def close(self) -> None:
        """Give the connection back; a transaction in progress is rolled back."""
        if self._closed:
            return
        if self._transaction is not None:
            self._transaction.close()
        connection = self._dbapi_connection
        self._closed = True
        self._live = None
        self._dbapi_connection = None
        if connection is not None and self._owns:
            if self._detached:
                if self._pool._events is not None:
                    from .pool_observer import fire_close_detached

                    fire_close_detached(self._pool, connection)
                connection.close()
                return
            if self._isolation is not None or self._dialect_options:
                self._restore_isolation(connection)
            self._pool._checkin(connection)

    def _restore_isolation(self, connection: _core.Connection) -> None:
        try:
            if self._dialect_options:
                self.dialect.reset_connection_options(connection)
            if self._isolation is None:
                return
            default = self.dialect._on_connect_isolation_level
            self.dialect.set_isolation_level(
                connection, default or self.dialect.default_isolation_level
            )
        except Exception:
            # it is closed or broken: the pool replaces it
            pass

    def invalidate(self, exception: BaseException | None = None) -> None:
        """Close the connection to the database; a new one is opened when needed."""
        if self._dbapi_connection is None and not self._closed:
            return
        if self._closed:
            raise exc.ResourceClosedError("This Connection is closed")
        connection = self._dbapi_connection
        self._dbapi_connection = None
        self._live = None
        assert connection is not None
        if self._pool._events is not None:
            from .pool_observer import invalidate

            invalidate(self._pool, connection, exception)
            return
        self._pool._invalidate(connection)

    def detach(self) -> None:
        """Take the connection away from the pool: close() will really close it."""
        self._check_open()
        if self._detached:
            return
        self._detached = True
        pool = self._pool
        assert self._dbapi_connection is not None
        pool._detach(self._dbapi_connection)
        if pool._events is not None:
            from .pool_observer import fire_detach

            fire_detach(pool, self._dbapi_connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        type_: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        # forgotten without close(): the pool must not lose its connection
        if getattr(self, "_closed", True) or self._dbapi_connection is None or not self._owns:
            return
        connection, self._dbapi_connection = self._dbapi_connection, None
        self._closed = True
        try:
            if (self._isolation is not None or self._dialect_options) and not connection.inherited:
                self._restore_isolation(connection)
            self._pool._checkin(connection)
        except Exception:
            pass

    # --- execution --------------------------------------------------------------

    @overload
    def execute(
        self,
        statement: TypedReturnsRows[_T],
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> CursorResult[_T]: ...
    @overload
    def execute(
        self,
        statement: Any,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> CursorResult[Any]: ...
    def execute(
        self,
        statement: Any,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> CursorResult[Any]:
        """Execute a statement; a list of dictionaries executes it once for each.

        statement: select() and the like, text(), DDL; parameters: a dict of them, or a list of
        such; execution_options: dict. Returns a CursorResult. Raises exc.ObjectNotExecutableError
        for what is no statement, as a str, and exc.DBAPIError by its kind for what the database
        refuses.
        """
        try:
            method = statement._execute_on_connection
        except AttributeError:
            raise exc.ObjectNotExecutableError(statement) from None
        if self._events is not None:
            from .observer import execute

            return execute(  # type: ignore[no-any-return]
                self, method, statement, parameters, execution_options or _NO_OPTIONS
            )
        return method(self, parameters, execution_options or _NO_OPTIONS)  # type: ignore[no-any-return]

    @overload
    def scalar(
        self,
        statement: TypedReturnsRows[tuple[_T]],
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> _T | None: ...
    @overload
    def scalar(
        self,
        statement: Any,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Any: ...
    def scalar(
        self,
        statement: Any,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Any:
        """The first column of the first row, or None.

        statement, parameters, execution_options: as for execute().
        """
        if getattr(statement, "is_default_generator", False):
            from .execution import execute_default

            return execute_default(self, statement)
        return self.execute(statement, parameters, execution_options=execution_options).scalar()

    @overload
    def scalars(
        self,
        statement: TypedReturnsRows[tuple[_T]],
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> ScalarResult[_T]: ...
    @overload
    def scalars(
        self,
        statement: Any,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> ScalarResult[Any]: ...
    def scalars(
        self,
        statement: Any,
        parameters: Any = None,
        *,
        execution_options: Mapping[str, Any] | None = None,
    ) -> ScalarResult[Any]:
        """The first column of every row: a ScalarResult.

        statement, parameters, execution_options: as for execute().
        """
        return self.execute(statement, parameters, execution_options=execution_options).scalars()

    def exec_driver_sql(
        self,
        statement: str,
        parameters: Any = None,
        execution_options: Mapping[str, Any] | None = None,
    ) -> CursorResult[Any]:
        """Execute SQL as the driver takes it: ? or :name, a tuple or a dictionary.

        statement: str; parameters: for one execution, or a list for several; execution_options:
        dict.
        """
        from .driver_sql import execute_driver_sql

        return execute_driver_sql(self, statement, parameters, execution_options or _NO_OPTIONS)

    def _execute_clauseelement(
        self, statement: Any, parameters: Any, options: Mapping[str, Any]
    ) -> CursorResult[Any]:
        return _execute_statement(self, statement, parameters, options)  # type: ignore[no-any-return]

    def _execute_function(self, func: Any, parameters: Any, options: Any) -> CursorResult[Any]:
        return self._execute_clauseelement(func.select(), parameters, options)

    def _execute_default(self, default: Any, parameters: Any, options: Any) -> Any:
        from .execution import execute_default

        util.warn_deprecated(
            "Using the .execute() method to invoke a DefaultGenerator object is deprecated; "
            "please use the .scalar() method.",
            version="2.0",
        )
        return execute_default(self, default)

    def _execute_compiled(self, compiled: Any, parameters: Any, options: Any) -> CursorResult[Any]:
        from .execution import execute_compiled

        return execute_compiled(self, compiled, parameters, options)

    def _execute_ddl(self, ddl: Any, parameters: Any, options: Any) -> CursorResult[Any]:
        from .execution import execute_ddl

        return execute_ddl(self, ddl, options)

    def _run_ddl_visitor(self, visitor: Any, element: Any, **kwargs: Any) -> None:
        visitor(self.dialect, self, **kwargs).traverse_single(element)

    def _execute_plan(
        self,
        cplan: CompiledPlan,
        binds: Sequence[Any],
        params: Mapping[str, Any] | None,
        session: Any = None,
        stream: int = 0,
        flags: int = 0,
        hit: bool = True,
        options: Mapping[str, Any] | None = None,
    ) -> _core.Cursor:
        """Run a compiled statement with the values of `binds`, replaced by `params`.

        `hit`: it came from the cache (the log says so). `options`: all of the execution, if they
        are not those of the statement that was compiled.
        """
        if self._live is None:
            self._check_open()
        loading = None
        if self._events is not None:
            self._program = cplan.program
            if session is not None:
                from .observer import Loading

                loading = Loading(self, cplan, binds, (), params, options)
                cplan, params = loading.plan, loading.params or params
        try:
            plan, values = cplan.resolve(binds, params)
        except Exception as error:
            self._wrap_bind_error(error, cplan.compiled.string, _given(params, session))
        connection = self._live
        if connection is None:
            connection = self._ready_for(plan, values, _given(params, session))
        if self._echo:
            self._log_plan(plan, values, cplan.cache_text(hit), _given(params, session))
        try:
            cursor = connection.execute(plan, values, session, stream, flags)
        except BaseException as error:
            self._wrap_error(error, plan.sql, _given(params, session))
        if self._autocommit:
            connection.commit()
        if loading is not None:
            loading.after(cursor)
        return cursor

    def _run_plan(
        self,
        cplan: CompiledPlan,
        values: Sequence[Any],
        session: Any = None,
        stream: int = 0,
        flags: int = 0,
        options: Mapping[str, Any] | None = None,
    ) -> _core.Cursor:
        """Run a plan that the ORM keeps itself (lazy loads, session.get)."""
        plan: _core.Plan = cplan._plan
        connection = self._live
        if connection is None:
            connection = self._ready_for(plan, values, [cplan.given(values)])
        loading = None
        if self._events is not None:
            from .observer import Loading

            self._program = cplan.program
            loading = Loading(self, cplan, None, values, None, options)
            if loading.binds is not None:
                plan, values = loading.plan.resolve(loading.binds, loading.params)
        if self._echo:
            how = self.engine._seen(plan.sql, cplan.made_in)
            self._log_plan(plan, values, how, [cplan.given(values)])
        try:
            cursor = connection.execute(plan, values, session, stream, flags)
        except BaseException as error:
            refused = connection.refused
            shown = [cplan.given(values)] if refused else self.dialect.no_params
            self._wrap_error(error, plan.sql, shown)
        if self._autocommit:
            connection.commit()
        if loading is not None:
            loading.after(cursor)
        return cursor

    def _flush_log(self, variant: Any = None, compiled_of: Any = None) -> Any:
        """What the core calls before each statement of a flush, or None if not echoing.

        It is called as log(sql, params, given, number, total, returning): `params` is a tuple
        or, for executemany, a list of them; `given` the values before they were encoded.
        number/total count rows that are inserted one by one because their generated keys are
        wanted, or (`params` is a list) pages of them, each of which is one statement.
        `variant` tells apart statements of the same text that were compiled for different
        columns. What it returns, if it is not None, is a plan to be run in the place of the
        statement: once for a page.

        `compiled_of` finds the compiled statement of SQL, for listeners.
        """
        if self._events is None:
            return self._flush_writer(variant, compiled_of) if self._echo else None
        if self._hears_cursor or self._events_of("before_execute"):
            from .observer import FlushObserver

            return FlushObserver(self, self._flush_writer(variant, compiled_of), compiled_of)
        return self._flush_writer(variant, compiled_of)
