"""Calling the listeners of engines and connections. Imported when there are some.

While somebody listens to what is executed, a `Connection` hands out an `ObservedConnection`
in the place of the core's connection: it has the same methods, and calls the listeners before
and after them. So the code that executes knows nothing of listeners, and without them nothing
is in its way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import _core, exc, util
from ..sql.insertmanyvalues import statement_of_rows
from ..sql.type_api import type_codec
from .adopted import AdoptedConnection
from .context import ExecutionContext, all_options
from .interfaces import ExceptionContext
from .plans import GivenValue

if TYPE_CHECKING:
    from .base import Connection
    from .plans import CompiledPlan

_ANY = _core.TYPE_ANY


class ObservedConnection:
    """A core connection whose executions are told to listeners."""

    def __init__(self, connection: Connection, core: _core.Connection) -> None:
        self._connection = connection
        self._core = core

    def __getattr__(self, name: str) -> Any:
        return getattr(self._core, name)

    def execute(
        self,
        plan: _core.Plan,
        values: Sequence[Any] = (),
        session: Any = None,
        stream: int = 0,
        flags: int = 0,
    ) -> Any:
        """_core.Connection.execute()."""
        try:
            parameters = self._core.encode(plan, values)
        except MemoryError:
            raise
        except Exception:
            # what a type refuses: the execution says so
            self._connection._running = None
            return self._core.execute(plan, values, session, stream, flags)
        if not parameters:
            parameters = self._connection.dialect.no_params
        part = self._connection._current[3]
        run = _Run(
            self._connection,
            self._core,
            plan.sql,
            parameters,
            False,
            (plan, [values]),
            part,
            bool(stream),
        )
        if run.handled:
            return run.result()
        if run.changed:
            plan, values = run.plan_of(plan, parameters, values)
        cursor = self._core.execute(plan, values, session, stream, flags)
        run.after(cursor)
        return cursor

    def execute_many(self, plan: _core.Plan, rows: Sequence[Sequence[Any]], /) -> int:
        """_core.Connection.execute_many()."""
        try:
            parameters = self._core.encode_many(plan, rows)
        except MemoryError:
            raise
        except Exception:
            self._connection._running = None
            return self._core.execute_many(plan, rows)
        run = _Run(self._connection, self._core, plan.sql, parameters, True, (plan, rows))
        if run.handled:
            return int(run.cursor.rowcount)
        if run.changed:
            plan, rows = run.plan_of(plan, parameters, rows)
        count = self._core.execute_many(plan, rows)
        run.after(None, count)
        return count

    def run_script(self, sql: str, /) -> None:
        """_core.Connection.run_script()."""
        run = _Run(self._connection, self._core, sql, self._connection.dialect.no_params, False)
        if run.handled:
            return
        self._core.run_script(run.sql)
        run.after(None)


class _Run:
    """One call of the driver: the listeners before it have been called."""

    def __init__(
        self,
        connection: Connection,
        core: _core.Connection,
        sql: str,
        parameters: Any,
        executemany: bool,
        given: tuple[Any, Sequence[Any]] = (None, ()),
        part: tuple[str, list[Any]] | None = None,
        streamed: bool = False,
    ) -> None:
        """`given`: the plan and the values before they were encoded; `part`: it is a part of an
        execution with many rows, and this is the statement and the parameters of all; `streamed`:
        rows are read as they are asked for."""
        self.connection = connection
        self.core = core
        # of an adopted connection: it will execute the statement itself
        self.adopted = isinstance(core.dbapi, AdoptedConnection)
        as_asked = self.adopted and streamed
        self.cursor: Any = core.dbapi.cursor(core, sql) if as_asked else core.cursor()
        self.executemany = executemany
        self.part = part
        self.told_many = many = executemany or part is not None
        compiled, options, by_name, _ = connection._current
        self.context = context = ExecutionContext(connection, self.cursor, many, compiled, options)
        context._by_name = by_name
        context.statement = sql
        context._given = given
        context.parameters = parameters if executemany else [parameters]
        if part is not None:
            context.statement, context.parameters = part
        connection._running = context
        self.handled = False
        self.given = (sql, parameters)
        held, connection._held = connection._held, []
        try:
            for fn in connection._events_of("before_cursor_execute"):
                sql, parameters = fn(connection, self.cursor, sql, parameters, context, many)
        except BaseException as error:
            core.forget_shown()
            connection._listener_error = error
            raise
        self.sql = sql
        self.parameters = parameters
        self.changed = sql != self.given[0] or parameters is not self.given[1]
        if self.changed:
            context._changed = (self.given[0], sql, parameters)
        if held:
            how = held[1].partition("]")[0]
            if self.changed:
                held = [sql, f"{how}] {connection._shown(parameters, executemany)}"]
            for message in held:
                connection._log_now(message)
        if connection._hears_execute:
            try:
                self.handled = self._do_execute()
            except Exception as error:
                core.forget_shown()
                self._not_of_the_driver(error)
                raise
            if self.handled:
                core.forget_shown()
                self.after(None)

    def _do_execute(self) -> bool:
        dispatch = self.connection.dialect.dispatch
        cursor, context = self.cursor, self.context
        if self.executemany:
            for fn in dispatch._find("do_executemany"):
                if fn(cursor, self.sql, self.parameters, context):
                    return True
        elif not self.parameters and context.no_parameters:
            for fn in dispatch._find("do_execute_no_params"):
                if fn(cursor, self.sql, context):
                    return True
        else:
            for fn in dispatch._find("do_execute"):
                if fn(cursor, self.sql, self.parameters, context):
                    return True
        return False

    def _not_of_the_driver(self, error: Exception) -> None:
        """An error of what listeners did is raised as it is, if it is none of the driver's."""
        if not isinstance(error, self.connection.dialect.driver_errors):
            self.connection._listener_error = error

    def plan_of(
        self, plan: _core.Plan, encoded: Any, values: Any
    ) -> tuple[_core.Plan, Sequence[Any]]:
        """The plan and values of what the listeners made of a statement."""
        program = getattr(self.connection, "_program", None)
        if not self.connection.dialect.positional:
            return self._named_plan_of(plan, encoded, values, program)
        if self.parameters is encoded or self.parameters == encoded:
            made = _core.Plan(
                self.sql, plan.binds, program, typed=plan.typed, json_text=plan.json_text
            )
            return made, values
        self.core.forget_shown()
        rows = self.parameters if self.executemany else [self.parameters]
        rows = [self._in_order(row) for row in rows]
        width = len(rows[0]) if rows else 0
        binds = [(i, _ANY, None) for i in range(width)]
        made = _core.Plan(self.sql, binds, program, typed=plan.typed)
        return made, rows if self.executemany else rows[0]

    def _in_order(self, row: Any) -> Sequence[Any]:
        if isinstance(row, Mapping):
            from .driver_sql import by_name, named_markers

            return by_name(self.connection.dialect.dbapi, named_markers(self.sql), row)
        return tuple(row)

    def _named_plan_of(
        self, plan: _core.Plan, encoded: Any, values: Any, program: Any
    ) -> tuple[_core.Plan, Sequence[Any]]:
        """plan_of() where parameters have names."""
        dialect = self.connection.dialect
        rows = dialect.sends_literals and any(isinstance(v, tuple) for v in values)
        if plan.names is not None and self.parameters == encoded and not rows:
            try:
                return dialect.plan(self.sql, plan.names, plan.binds, program), values
            except KeyError:
                pass  # it has other parameters: what the driver says of that
        self.core.forget_shown()
        made, rows = self.driver_plan()
        if program is not None:
            made = made.with_program(program)
        return made, rows if self.executemany else rows[0]

    def driver_plan(self) -> tuple[_core.Plan, list[Sequence[Any]]]:
        """The statement that listeners have left, as the driver takes it."""
        sets = self.parameters if isinstance(self.parameters, list) else [self.parameters]
        try:
            made: tuple[_core.Plan, list[Sequence[Any]]]
            made = self.connection.dialect.driver_plan(self.sql, sets)
            return made
        except Exception as error:
            self._not_of_the_driver(error)
            raise

    def result(self) -> Any:
        """What a listener left in the cursor that it was given."""
        from .python_cursors import EmptyCursor

        if self.adopted:
            return self.core.dbapi.result_of(self.core, self.cursor)
        if self.cursor._cursor is not None:
            return self.cursor._cursor
        return EmptyCursor(self.cursor.rowcount)

    def after(self, cursor: Any, count: int | None = None) -> None:
        """Call the listeners that want to know that it is done."""
        connection = self.connection
        connection._running = None
        if self.adopted:
            pass  # the cursor knows
        elif cursor is not None:
            self.cursor.rowcount = cursor.rowcount
            if cursor.returns_rows:
                self.cursor.description = tuple(
                    (name, None, None, None, None, None, None) for name in cursor.keys
                )
            else:
                self.cursor.lastrowid = cursor.lastrowid
        elif count is not None:
            self.cursor.rowcount = count
        sql, parameters = self.part or (self.sql, self.parameters)
        try:
            for fn in connection._events_of("after_cursor_execute"):
                fn(connection, self.cursor, sql, parameters, self.context, self.told_many)
        except BaseException as error:
            connection._listener_error = error
            raise


# --- the constructs that are executed ------------------------------------------------


def execute(
    connection: Connection,
    method: Callable[..., Any],
    statement: Any,
    parameters: Any,
    options: Mapping[str, Any],
) -> Any:
    """Connection.execute() with its listeners around it."""
    from .execution import distill

    before = connection._events_of("before_execute")
    after = connection._events_of("after_execute")
    outer = connection._current
    connection._current = (None, options, None, None)
    try:
        if not before and not after:
            return method(connection, parameters, options)
        sets: Any = list(distill(parameters)) if parameters not in (None, {}) else ()
        multi: Any = [] if len(sets) == 1 else sets
        single: Any = sets[0] if len(sets) == 1 else {}
        shown = util.immutabledict(
            {
                **(getattr(statement, "_execution_options", None) or {}),
                **connection._execution_options,
                **options,
            }
        )
        given = statement
        for fn in before:
            statement, multi, single = fn(connection, statement, multi, single, shown)
        if multi and single:
            raise exc.InvalidRequestError(
                "Event handler can't return non-empty multiparams and params at the same time"
            )
        parameters = multi or ([single] if single else None)
        if statement is not given:
            result = statement._execute_on_connection(connection, parameters, options)
        else:
            result = method(connection, parameters, options)
        for fn in after:
            fn(connection, statement, multi, single, shown, result)
        return result
    finally:
        connection._current = outer


def run_script(connection: Connection, sql: str) -> Callable[[], None] | None:
    """Listeners before SQL of the engine's own (SAVEPOINT); what to call after it."""
    before = connection._events_of("before_execute")
    after = connection._events_of("after_execute")
    if not before and not after:
        return None
    from ..sql.expression import text
    from .cursor import CursorResult
    from .python_cursors import EmptyCursor

    element = text(sql)
    shown = util.immutabledict(connection._execution_options)
    for fn in before:
        fn(connection, element, (), {}, shown)

    def done() -> None:
        for fn in after:
            result: Any = CursorResult(EmptyCursor(-1))
            fn(connection, element, (), {}, shown, result)

    return done


class Loading:
    """A statement of the ORM's loading, which has a plan of its own: listeners before and
    after it. `plan`, `values` and `params` are what is to be executed: listeners may have
    changed the statement, not what becomes of its rows."""

    def __init__(
        self,
        connection: Connection,
        plan: CompiledPlan,
        binds: Sequence[Any] | None,
        values: Sequence[Any],
        params: Any,
        options: Mapping[str, Any] | None,
    ) -> None:
        self.connection = connection
        compiled = plan.compiled
        self.plan = plan
        self.binds: Sequence[Any] | None = binds
        self.statement = statement = getattr(compiled, "statement", None)
        self.outer = connection._current
        connection._current = (compiled, options, plan.by_name, None)
        self.params: Any = dict(params) if params else {}
        if binds is None:
            self.params = plan.given(values)
        given = dict(self.params)
        self.options = all_options(connection, statement, options)
        for fn in connection._events_of("before_execute"):
            self.statement, _, self.params = fn(
                connection, self.statement, [], self.params, self.options
            )
        if self.statement is not statement or self.params != given:
            if binds is None:
                self.binds = [GivenValue(value) for value in values]
            self.plan = plan.of_statement(self.statement)

    def after(self, cursor: Any) -> None:
        """The statement was executed."""
        from .cursor import CursorResult

        connection = self.connection
        connection._current = self.outer
        for fn in connection._events_of("after_execute"):
            result: Any = CursorResult(cursor)
            fn(connection, self.statement, [], self.params, self.options, result)


# --- flushes ---------------------------------------------------------------------------


def _by_name(compiled: Any, params: Any, given: Any) -> list[dict[str, Any]]:
    """The rows of values as listeners see them: by name. `params` are they as the driver gets
    them."""
    many = isinstance(params, list)
    first = params[0] if many else params
    names: Any = first if isinstance(first, dict) else getattr(compiled, "bind_order", None) or ()
    own = getattr(compiled, "unescaped_bind_names", None)
    if own:
        names = [own.get(name, name) for name in names]
    made = _constants(compiled)
    return [{**dict(zip(names, row, strict=False)), **made} for row in (given if many else [given])]


def _constants(compiled: Any) -> dict[str, Any]:
    """The parameters of a statement whose values are its own, as those of SQL defaults."""
    own = getattr(compiled, "unescaped_bind_names", None) or {}
    binds = getattr(compiled, "binds", None) or {}
    return {own.get(n, n): bind.effective_value for n, bind in binds.items() if bind.unique}


def _rewritten(dialect: Any, statement: Any, row: Mapping[str, Any]) -> tuple[str, Any]:
    """The SQL of a statement that listeners have changed, and its parameters as the driver takes
    them."""
    compiled = statement.compile(dialect=dialect, column_keys=list(row))
    own = compiled.unescaped_bind_names
    values = {
        name: row.get(own.get(name, name), bind.effective_value)
        for name, bind in compiled.binds.items()
    }
    sql, places = compiled.string, [(name, None, name) for name in compiled.bind_order]
    if compiled.post_compile:
        lists = {name: values[name] for name in compiled.post_compile}
        sql, places = compiled.expand(lists)
    bound, binds = [], []
    for number, (name, item, _made) in enumerate(places):
        bind = compiled.binds[name]
        value = values[name] if item is None else values[name][item]
        bound.append(value)
        binds.append((number, *type_codec(bind.type, dialect)))
    plan = dialect.plan(sql, [made for _, _, made in places], binds)
    return sql, plan.encode(bound)


class FlushObserver:
    """Stands for the log of a flush: the core calls it before each statement, and `done` is
    called when its loop is over, so that listeners hear what SQLAlchemy's hear.

    Rows that are inserted one by one for their generated keys, or in pages, are one execution
    with many calls of the driver.
    """

    def __init__(self, connection: Connection, log: Any, compiled_of: Any) -> None:
        self.connection = connection
        self.log = log
        self.compiled_of = compiled_of
        self.run: _Run | None = None
        self.batch: list[Any] = []
        self.count: int | None = None  # how many rows an INSERT is of
        self.outer = connection._current
        self.options = all_options(connection, None, None)
        self.statement: Any = None
        self.multi: Any = []
        self.single: Any = {}
        self.rewrites = False  # what listeners heard of the statement before

    def __call__(
        self, sql: str, params: Any, values: Any, number: int, total: int, returning: bool
    ) -> Any:
        connection = self.connection
        further = number > 1
        self.finish(further)
        compiled = self.compiled_of(sql) if self.compiled_of is not None else None
        connection._current = (compiled, None, None, None)
        rows = _by_name(compiled, params, values)
        made = _constants(compiled)
        heard = [{n: v for n, v in row.items() if n not in made} for row in rows] if made else rows
        many = isinstance(params, list)
        core = connection._dbapi_connection
        assert core is not None
        told = None
        if not further or self.rewrites:
            told = self._tell(getattr(compiled, "statement", None), heard, many, further)
        self.count = len(rows) if compiled is not None and compiled.isinsert else None
        if total and many and told is None:
            return self._page(sql, params, values, number, total, returning, compiled, rows)
        given, (sql, params) = sql, told or (sql, params)
        part = None
        if total > 1 and not many:
            self.batch.append(params)
            part = given, self.batch
        core.changes = 0
        self.run = run = _Run(connection, core, sql, params, many, (None, rows), part)
        if self.log is not None:
            self.log(run.sql, run.parameters, values, number, total, returning)
        if not run.changed and told is None:
            return None
        return self._changed_plan(run, many)

    def _page(
        self,
        sql: str,
        params: list[Any],
        values: Any,
        number: int,
        total: int,
        returning: bool,
        compiled: Any,
        rows: list[dict[str, Any]],
    ) -> Any:
        """Some of the rows of an INSERT, which are one statement."""
        connection = self.connection
        core = connection._dbapi_connection
        assert core is not None
        self.batch += params
        part = compiled.template_of_rows(returning), self.batch
        page = statement_of_rows(compiled, params, returning)
        self.run = run = _Run(connection, core, *page, False, (None, rows), part)
        if self.log is not None:
            page = run.sql, run.parameters
            self.log(sql, params, values, number, total, returning, page)
        return self._changed_plan(run, False) if run.changed else None

    def _tell(
        self, statement: Any, rows: list[dict[str, Any]], many: bool, further: bool
    ) -> tuple[str, Any] | None:
        """Call the listeners before an execution: the SQL and parameters that they have made of
        it, None if they have let it be. Of rows one by one they hear the first, and if they
        changed that the others as well."""
        connection = self.connection
        multi, single = (rows, {}) if many else ([], rows[0])
        given = [dict(row) for row in rows]
        made = statement
        if statement is not None:
            for fn in connection._events_of("before_execute"):
                made, multi, single = fn(connection, made, multi, single, self.options)
        if multi and single:
            raise exc.InvalidRequestError(
                "Event handler can't return non-empty multiparams and params at the same time"
            )
        if not further:
            self.statement, self.multi, self.single = made, multi, single
        changed = list(multi) if multi else [single]
        if made is statement and changed == given:
            return None
        self.rewrites = True
        texts = [_rewritten(connection.dialect, made, row) for row in changed]
        return texts[0][0], [values for _, values in texts] if many else texts[0][1]

    def _changed_plan(self, run: _Run, many: bool) -> Any:
        """What is run in the place of the flush's statement: the values are constants."""
        named = None
        if self.connection.dialect.positional:
            rows = run.parameters if many else [run.parameters]
        else:
            named, rows = run.driver_plan()
        columns = [iter(column) for column in zip(*[tuple(r) for r in rows], strict=True)]
        binds = [
            (0, _core.TYPE_PYTHON, (lambda _value, items=items: next(items), None))
            for items in columns
        ]
        if named is not None:
            return _core.Plan(run.sql, binds, None, named.wire, named.names, True)
        return _core.Plan(run.sql, binds, typed=self.connection.dialect.typed)

    def finish(self, more: bool = False) -> None:
        """The statement that was told last is over; `more`: others of its execution come."""
        run, self.run = self.run, None
        if run is None:
            return
        count = self.count
        core = self.connection._dbapi_connection
        if count is None and core is not None:
            count = core.changes
        run.after(None, count)
        if more:
            return
        self.batch = []
        if self.statement is not None:
            connection = self.connection
            from .cursor import CursorResult
            from .python_cursors import EmptyCursor

            for fn in connection._events_of("after_execute"):
                result: Any = CursorResult(EmptyCursor(-1))
                fn(connection, self.statement, self.multi, self.single, self.options, result)

    def done(self) -> None:
        """The loop is over."""
        self.finish()
        self.connection._current = self.outer


# --- errors ------------------------------------------------------------------------------


def handle_error(
    connection: Connection | None,
    dialect: Any,
    engine: Any,
    original: BaseException,
    wrapped: Any,
    sql: str | None,
    params: Any,
    is_disconnect: bool,
    is_pre_ping: bool = False,
) -> tuple[bool, bool, BaseException | None]:
    """Call the listeners of handle_error: whether it is a disconnect, whether the pool is
    invalidated then, and the error to raise instead."""
    context = ExceptionContext()
    context.connection = connection
    context.engine = engine
    context.dialect = dialect
    context.statement = sql
    context.parameters = params
    context.original_exception = original
    context.sqlalchemy_exception = wrapped
    context.chained_exception = None
    context.execution_context = None
    context.cursor = None
    if connection is not None and not connection.closed and sql is not None:
        # the listeners of the statement may have left something in its context
        running, connection._running = connection._running, None
        context.execution_context = running or ExecutionContext(
            connection, None, isinstance(params, list), *connection._current[:2]
        )
    context.is_disconnect = is_disconnect
    context.invalidate_pool_on_disconnect = True
    context.is_pre_ping = is_pre_ping
    raised: BaseException | None = None
    for fn in dialect.dispatch._find("handle_error"):
        try:
            given = fn(context)
            if given is not None:
                context.chained_exception = raised = given
        except Exception as error:
            raised = error
            break
    return context.is_disconnect, context.invalidate_pool_on_disconnect, raised
