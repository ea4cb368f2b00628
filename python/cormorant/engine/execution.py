"""How a Connection executes a statement: compile or find the plan, defaults, result."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import _core, exc, util
from ..sql.type_api import type_codec
from .cursor import CursorResult
from .many_values import insert_many_values, wrap_many_error
from .plans import CompiledPlan, GivenRows
from .python_cursors import EmptyCursor, StreamCursor, _log_rows
from .result_keys import Lookup, index_of_names, know_columns

if TYPE_CHECKING:
    from .base import Connection

_ANY = _core.TYPE_ANY


def distill(parameters: Any) -> Any:
    """The parameter sets given to execute(): none, one, or one per execution. An empty
    dictionary is one: the texts of errors show it."""
    if parameters.__class__ is dict:
        return [parameters]
    if parameters.__class__ is GivenRows:
        return parameters
    if isinstance(parameters, (list, tuple)):
        if parameters and not isinstance(parameters[0], Mapping):
            raise exc.ArgumentError("List argument must consist only of dictionaries")
        return list(parameters)
    if isinstance(parameters, Mapping):
        return [parameters]
    raise exc.ArgumentError("mapping or list expected for parameters")


# --- statements -------------------------------------------------------------------


def execute_statement(
    connection: Connection, statement: Any, parameters: Any, options: Mapping[str, Any]
) -> CursorResult[Any]:
    """Execute a construct of the expression language."""
    if statement._is_function:
        statement = statement.select()
    sets = distill(parameters) if parameters is not None else ()
    many = len(sets) > 1
    own = connection._execution_options
    if statement._execution_options or own:
        options = {**statement._execution_options, **own, **options}
    keys = (tuple(sorted(sets[0])) or None) if sets else None

    engine = connection.engine
    cache = engine._plans if not options else options.get("compiled_cache", engine._plans)
    translate = options.get("schema_translate_map") if options else None
    cache_key = statement._generate_cache_key()
    key, binds = cache_key
    cplan = None
    full_key: Any = None
    if key is not None and cache is not None:
        full_key = (key, keys, many)
        if statement._row_maker is not None:
            full_key = (*full_key, statement._row_maker.cache_key)
        if translate:
            full_key = (*full_key, tuple(sorted(translate.items(), key=repr)))
        cplan = cache.get(full_key)
    hit = cplan is not None
    result: CursorResult[Any]
    if cplan is None:
        cplan = _compile(connection, statement, binds, keys, sets, translate)
        if full_key is not None:
            assert cache is not None
            cache[full_key] = cplan
        else:
            cplan.cache_kind = "no key" if key is None else "caching disabled"

    if connection._events is not None:
        connection._current = (cplan.compiled, options, cplan.by_name, None)
        connection._program = cplan.program
    if cplan.info is not None:
        rows = statement._row_maker
        page_size = options.get("insertmanyvalues_page_size") if options else None
        result = _execute_dml(connection, cplan, statement, binds, sets, many, hit, rows, page_size)
        result._made_by = (cplan, binds, sets, options)
        return result
    if many:
        result = _execute_many(connection, cplan, binds, sets, hit)
        result._made_by = (cplan, binds, sets, options)
        return result
    stream = stream_size(options) if options else 0
    params = sets[0] if sets else None
    cursor: Any = connection._execute_plan(cplan, binds, params, stream=stream, hit=hit)
    result = CursorResult(cursor, connection)
    result._made_by = (cplan, binds, sets, options)
    know_columns(cursor, cplan.lookup, statement, cplan.compiled.statement)
    if stream:
        result._cursor = StreamCursor(cursor, connection)
        result._chunk = stream
        # text() is read in such parts, but not given out in them
        plain = statement.__visit_name__ == "textclause"
        if options.get("yield_per") and not plain:
            result._yield_per = options["yield_per"]
        elif not plain or connection.dialect.supports_server_side_cursors:
            result._usual_size = -1
    if connection._echo:
        _log_rows(connection, result)
    return result


def stream_size(options: Mapping[str, Any]) -> int:
    """How many rows are read at a time by execution options; 0: all."""
    size: int = options.get("yield_per") or (
        options.get("max_row_buffer", 1000) if options.get("stream_results") else 0
    )
    return size


def _compile(
    connection: Connection,
    statement: Any,
    binds: Sequence[Any],
    keys: tuple[str, ...] | None,
    sets: Sequence[Mapping[str, Any]],
    translate: Any,
) -> CompiledPlan:
    started = time.perf_counter()
    dialect = connection.dialect
    kw: dict[str, Any] = {}
    if translate:
        kw["schema_translate_map"] = translate
    rows = statement._row_maker
    if rows is not None:
        statement, state = rows.prepare(statement, binds, keys is not None)
    compiled = statement.compile(
        dialect=dialect,
        column_keys=list(keys or ()),
        for_executemany=len(sets) > 1,
        linting=dialect.compiler_linting,
        **kw,
    )
    if rows is not None:
        return rows.plan_of(  # type: ignore[no-any-return]
            connection, compiled, binds, state, started
        )
    return plan_of(connection, compiled, binds, sets, started)


def plan_of(
    connection: Connection,
    compiled: Any,
    binds: Sequence[Any],
    sets: Sequence[Mapping[str, Any]],
    started: float,
) -> CompiledPlan:
    """The plan of a compiled Core statement: rows are the columns it selects. The parameters of
    its first execution are those that a statement has whose columns the database is asked for."""
    program = None
    lookup = None
    if compiled.result_columns and compiled.returns_rows:
        statement = compiled.statement
        if compiled.text_columns or (statement.__visit_name__ == "textual_select"):
            _check_values(connection, compiled, binds, sets)
            params = sets[0] if sets else None
            program, lookup = _textual_program(connection, compiled, binds, params)
        else:
            program, lookup = column_program(compiled.result_columns, compiled.dialect)
    cplan = CompiledPlan(compiled, binds, program, started=started)
    cplan.lookup = lookup
    if compiled.isinsert or compiled.isupdate or compiled.isdelete:
        cplan.info = True
    return cplan


def _check_values(
    connection: Connection,
    compiled: Any,
    binds: Sequence[Any],
    sets: Sequence[Mapping[str, Any]],
) -> None:
    """Refuse missing values of a text before the database is asked for its columns, which begins
    a transaction."""
    if connection._live is None:
        connection._check_open()
    cplan = CompiledPlan(compiled, binds)
    try:
        if len(sets) > 1:
            cplan.resolve_many(binds, sets)
        else:
            cplan.resolve(binds, sets[0] if sets else None)
    except Exception as error:
        connection._wrap_bind_error(error, compiled.string, list(sets))


def column_program(columns: Sequence[Any], dialect: Any) -> tuple[tuple[Any, ...], Lookup]:
    """The program of rows of these result columns, and the lookup of their objects."""
    items = []
    keys = []
    for number, column in enumerate(columns):
        code, arg = type_codec(column.type, dialect)
        items.append(("c", number, code, arg))
        keys.append(str(column.keyname))
    objects = [column.objects for column in columns]
    index, repeated = index_of_names(keys, objects)
    program = ((), tuple(items), tuple(keys), False, False, index)
    return program, Lookup(objects, repeated)


def _textual_program(
    connection: Connection,
    compiled: Any,
    binds: Sequence[Any],
    params: Mapping[str, Any] | None,
) -> tuple[tuple[Any, ...] | None, Lookup | None]:
    """Rows of text(): the database says what columns there are, the statement what they
    mean, by position or by name."""
    names = names_of_columns(connection, compiled, binds, params)
    columns = compiled.result_columns
    dialect = compiled.dialect
    if not names:
        return None, None
    by_name: dict[str, Any] = {}
    positional = compiled.textual_positional
    textual = compiled.statement.__visit_name__ == "textual_select"
    if not textual and len(columns) != len(names):
        # text() among the columns of a SELECT is several
        positional = False
        by_name = {column.keyname: column for column in columns}
    elif not textual:
        # the database may call an expression otherwise
        named = [column.keyname for column in columns]
        names = [
            name if own is None or own == "*" else str(own)
            for own, name in zip(named, names, strict=True)
        ]
    elif not positional:
        for column in columns:
            by_name.setdefault(str(column.keyname), column)
        for column in columns:
            for obj in column.objects:
                if isinstance(obj, str):
                    by_name.setdefault(str(obj), column)  # as "table_column"
    elif len(columns) > len(names):
        util.warn(
            f"Number of columns in textual SQL ({len(columns)}) is smaller than number of columns "
            f"requested ({len(names)})",
        )
    items = []
    objects: list[Sequence[Any]] = []
    for number, name in enumerate(names):
        if positional:
            column = columns[number] if number < len(columns) else None
        else:
            column = by_name.get(name)
        if column is None:
            items.append(("c", number, _ANY, None))
            objects.append(())
        else:
            items.append(("c", number, *type_codec(column.type, dialect)))
            objects.append(column.objects)
    if positional:
        _refuse_repeated(columns)
    index, repeated = index_of_names(names, objects)
    if len(set(names)) == len(columns):
        # SQLAlchemy looks for repeated names if there are not as many names as columns
        repeated = set()
        for number, name in reversed([*enumerate(names)]):
            index[name] = number
    program = ((), tuple(items), tuple(names), False, False, index)
    return program, Lookup(objects, repeated)


def names_of_columns(
    connection: Connection,
    compiled: Any,
    binds: Sequence[Any],
    params: Mapping[str, Any] | None = None,
) -> Sequence[str]:
    """The names of a statement's columns, as the database says. What it refuses is an error
    now, which may have ended the transaction. The values say of which types parameters are."""
    cplan = CompiledPlan(compiled, binds)
    given: Sequence[Any]
    try:
        plan, values = cplan.resolve(binds, params)
        given = values
    except exc.InvalidRequestError:  # the values come with the execution
        plan, values = cplan.without_values()
        given = ()
    core = connection._live or connection._ready()
    try:
        return core.describe(plan, given)
    except connection.dialect.driver_errors as error:
        if connection._echo:
            connection._log_plan(plan, values, cplan.cache_text(False))
        shown = connection._encode(plan, values, ())
        connection._wrap_error(error, plan.sql, shown, from_core=False)
        raise


def _refuse_repeated(columns: Sequence[Any]) -> None:
    """InvalidRequestError if text has the same column at two positions."""
    seen = set()
    for column in columns:
        obj = column.objects[0]
        if hash(obj) in seen:
            raise exc.InvalidRequestError(
                f"Duplicate column expression requested in textual SQL: {obj!r}"
            )
        seen.add(hash(obj))


def _execute_many(
    connection: Connection,
    cplan: CompiledPlan,
    binds: Sequence[Any],
    sets: Sequence[Mapping[str, Any]],
    hit: bool,
    several: Any = None,
) -> CursorResult[Any]:
    """The statement once for each parameter set, in one call. `several`: an INSERT that errors show
    as statements of several rows."""
    if connection._live is None:
        connection._check_open()
    sql = cplan.compiled.string
    try:
        plan, rows = cplan.resolve_many(binds, sets)
    except Exception as error:
        connection._wrap_bind_error(error, sql, list(sets))
    core = connection._live or connection._ready_for(plan, rows, list(sets), many=True)
    return _run_many(connection, core, plan, rows, sets, cplan.cache_text(hit), several)


def _run_many(
    connection: Connection,
    core: _core.Connection,
    plan: _core.Plan,
    rows: Sequence[Sequence[Any]],
    shown: Any,
    how: str,
    several: Any,
) -> CursorResult[Any]:
    if connection._echo:
        given: Any = list(shown)
        encoded = connection._encode(plan, rows, given, core.encode_many)
        connection._log_many(plan.sql, list(encoded), how)
    try:
        from .driver_sql import _check_dml

        _check_dml(connection, plan.sql)
        count = core.execute_many(plan, rows)
    except BaseException as error:
        shown = list(shown)
        if isinstance(error, connection.dialect.driver_errors):
            shown = _encoded(connection, plan, rows, shown)
            if several is not None:
                wrap_many_error(connection, error, several, shown)
        connection._wrap_error(error, plan.sql, shown, ismulti=True)
    if connection._autocommit:
        core.commit()
    return CursorResult(EmptyCursor(count), connection)


def _encoded(
    connection: Connection, plan: _core.Plan, rows: Sequence[Sequence[Any]], given: Any
) -> list[tuple[Any, ...]]:
    """The rows as the driver gets them; a value that its type refuses is an error now."""
    return [connection._encode(plan, values, given) for values in rows]


# --- INSERT, UPDATE, DELETE -------------------------------------------------------


class DefaultExecutionContext:
    """What default functions are called with."""

    isinsert = False
    isupdate = False

    def __init__(self, connection: Connection, compiled: Any, parameters: dict[str, Any]) -> None:
        self.connection = self.root_connection = connection
        self.engine = connection.engine
        self.dialect = connection.dialect
        self.compiled = compiled
        self.current_parameters = parameters
        self.compiled_parameters = [parameters]
        self.isinsert = compiled.isinsert
        self.isupdate = compiled.isupdate
        self.current_column: Any = None
        self._current = ("", "", 0)  # key of the column, that of its parameter, number of the row
        self.execution_options = connection._execution_options

    def get_current_parameters(self, isolate_multiinsert_groups: bool = True) -> dict[str, Any]:
        """The values of the row, defaults made so far included: of one of several in VALUES its
        own, unless those of all are asked for."""
        several = getattr(self.compiled.statement, "_multi_values", None)
        if not (several and isolate_multiinsert_groups):
            return self.current_parameters
        column, made, number = self._current
        found = {column: self.current_parameters[made]}
        for key in several[0][0]:
            name = key if isinstance(key, str) else key.key
            found[name] = self.current_parameters[f"{name}_m{number}"]
        return found


def _read(value: Any, type_: Any, dialect: Any) -> Any:
    """A key that the driver told of, as its type reads it."""
    process = None if value is None else type_.result_processor(dialect, None)
    return value if process is None else process(value)


class Executed:
    """What is known after an INSERT, UPDATE or DELETE."""

    __slots__ = ("compiled", "many", "params", "returned")

    def __init__(self, compiled: Any, params: list[dict[str, Any]], many: bool) -> None:
        self.compiled = compiled
        self.params = params
        self.many = many
        self.returned: Any = None

    def rows_asked_for(self, cursor: Any) -> Any:
        """The cursor of the result instead of one whose rows are kept here."""
        from .python_cursors import ListCursor

        asked = self.compiled.statement._supplemental_returning
        rows = ListCursor(cursor.row_keys, self.returned if asked else ())
        rows.rowcount, rows.lastrowid = cursor.rowcount, cursor.lastrowid
        return rows

    def primary_keys(self, cursor: Any) -> list[Any]:
        """The primary key of each row inserted."""
        statement = self.compiled.statement
        table = statement.table
        one = not (self.many or statement._multi_values or statement._inline)
        one = one and statement.select is None
        columns: list[Any] = list(table.primary_key)
        keys = _core.RowKeys(tuple(column.key for column in columns))
        autoincrement: Any = getattr(table, "_autoincrement_column", None)
        place = {column: n for n, column in enumerate(self.compiled.returning)}
        found: list[Any] = []
        for number, params in enumerate(self.params):
            if self.returned is not None and len(self.returned) <= number:
                break  # ON CONFLICT has let the row be
            values = []
            for column in columns:
                if self.returned is not None and column in place:
                    values.append(self.returned[number][place[column]])
                    continue
                value = params.get(column.key)
                if value is None and column is autoincrement and one:
                    value = _read(cursor.lastrowid or None, column.type, self.compiled.dialect)
                values.append(value)
            found.append(_core.Row(keys, values))
        return found


def _execute_dml(
    connection: Connection,
    cplan: CompiledPlan,
    statement: Any,
    binds: Sequence[Any],
    sets: Sequence[Mapping[str, Any]],
    many: bool,
    hit: bool,
    rows: Any = None,
    page_size: int | None = None,
) -> CursorResult[Any]:
    """INSERT, UPDATE or DELETE; `rows`: makes objects of what is returned, see
    cormorant.orm.returning; `page_size`: of INSERT with many VALUES, if not the dialect's."""
    if connection._live is None:
        connection._check_open()
    session, flags = None, 0
    if rows is not None:
        rows.plan = cplan.info
        session, flags = rows.session, rows.flags
    compiled = cplan.compiled
    prefetch = compiled.insert_prefetch if compiled.isinsert else compiled.update_prefetch
    filled: Any = sets
    prefetched = bool(prefetch or compiled.row_prefetch)
    if prefetched:
        try:
            filled = _with_constants(cplan, prefetch, sets)
            if filled is None:
                filled = [
                    _with_defaults(connection, cplan, binds, prefetch, params, number)
                    for number, params in enumerate(sets or ({},))
                ]
        except exc.SQLAlchemyError:
            raise
        except Exception as error:
            connection._wrap_bind_error(error, compiled.string, list(sets))
    result: CursorResult[Any]
    dialect = connection.dialect
    by_values = many and compiled.isinsert and dialect.use_insertmanyvalues
    without = (
        by_values
        and not compiled.returns_rows
        and dialect.use_insertmanyvalues_wo_returning
        and filled
        and compiled.many_values is not None
        and compiled.many_values.holds(filled[0])
    )
    if by_values and (
        compiled.returns_rows
        # else the driver makes the same of it, unseen, unless a row could see the others
        or (without and (connection._shows_statements() or "SELECT" in compiled.string))
    ):
        result = insert_many_values(
            connection, cplan, statement, binds, filled, hit, session, flags, page_size
        )
    elif many and compiled.statement._returning:
        kind = "UPDATE" if compiled.isupdate else "DELETE" if compiled.isdelete else "INSERT"
        connection._wrap_bind_error(
            exc.InvalidRequestError(
                f"Dialect {dialect.name}+{dialect.driver} with current server capabilities does "
                f"not support {kind}..RETURNING when executemany is used"
            ),
            compiled.string,
            list(sets),
        )
    elif many:
        several = compiled if without else None
        result = _execute_many(connection, cplan, binds, filled, hit, several)
    else:
        given = filled[0] if prefetched else (sets[0] if sets else None)
        try:
            plan, values = cplan.resolve(binds, given)
        except Exception as error:
            connection._wrap_bind_error(error, compiled.string, list(sets))
        core = connection._live or connection._ready_for(plan, values, list(sets))
        if connection._echo:
            connection._log_plan(plan, values, cplan.cache_text(hit), list(sets))
        try:
            cursor = core.execute(plan, values, session, 0, flags)
        except BaseException as error:
            connection._wrap_error(error, plan.sql, list(sets))
        if connection._autocommit:
            core.commit()
        result = CursorResult(cursor, connection)
        know_columns(cursor, cplan.lookup, statement, cplan.compiled.statement)
        if cplan._plan is None:  # of a list each member is a value
            filled = [_with_defaults(connection, cplan, binds, (), given or {})]
        else:
            filled = [
                {
                    name if bind.unique else bind.key: values[index]
                    for name, (bind, index) in cplan._named.items()
                    if index < len(values)
                }
            ]
    info = Executed(compiled, filled, many)
    if compiled.returns_rows and not compiled.statement._returning:
        # RETURNING that serves to know the primary key, or what return_defaults() names
        cursor = result._cursor
        info.returned = cursor.fetch()
        result._cursor = info.rows_asked_for(cursor)
    result._statement_info = info
    return result


def _with_constants(
    cplan: CompiledPlan, columns: Sequence[Any], sets: Sequence[Mapping[str, Any]]
) -> GivenRows | None:
    """Rows with the values of columns whose defaults are the same for each; None where a
    function or the database makes some."""
    if not isinstance(sets, GivenRows) or getattr(cplan.compiled.statement, "_multi_values", None):
        return None
    added = [column for column in columns if column.key not in sets.names]
    defaults = [c.default if cplan.compiled.isinsert else c.onupdate for c in added]
    if not all([default is not None and default.is_scalar for default in defaults]):
        return None
    values = tuple([default.arg for default in defaults])
    names = [*sets.names, *[column.key for column in added]]
    return GivenRows(names, [row + values for row in sets.rows])


def _with_defaults(
    connection: Connection,
    cplan: CompiledPlan,
    binds: Sequence[Any],
    columns: Sequence[Any],
    given: Mapping[str, Any],
    row: int = 0,
) -> dict[str, Any]:
    """The parameters of one execution, the `row`th of many, with the values of columns that have
    a default in Python. Functions see the values of the row, None for those not made yet."""
    compiled = cplan.compiled
    params = cplan.named_values(binds, given)
    wanted = [(column.key, column, 0) for column in columns if column.key not in given]
    wanted += [made for made in compiled.row_prefetch if made[0] not in given]
    for key, _, _ in wanted:
        params[key] = None
    context = DefaultExecutionContext(connection, compiled, params)
    for key, column, number in wanted:
        context._current = column.key, key, number
        default = column.default if compiled.isinsert else column.onupdate
        of_server = column.server_default if default is None else None
        if of_server is not None and of_server.has_argument:  # nextval() of a reflected key
            sql = f"select {of_server.arg}"
            params[key] = connection.exec_driver_sql(sql, {}).scalar()
            continue
        if default is None or (default.is_sequence and default.optional):
            default = connection.dialect.sequence_of(column)
        if default.is_sentinel:
            params[key] = row
            continue
        params[key] = (
            default.arg
            if default.is_scalar
            else _default_value(connection, context, column, default)
        )
    return params


def _default_value(
    connection: Connection, context: DefaultExecutionContext, column: Any, default: Any
) -> Any:
    if default.is_callable:
        context.current_column = column
        return default.arg(context)
    if default.is_clause_element or default.is_sequence:
        return execute_default(connection, default)
    return default.arg


def execute_default(connection: Connection, default: Any) -> Any:
    """The value of a default by itself."""
    if default.is_callable:
        return default.arg(None)
    if default.is_clause_element:
        from ..sql.expression import select

        return connection.execute(select(default.arg)).scalar()
    if default.is_sequence:
        dialect = connection.dialect
        if dialect.supports_sequences:
            value = dialect.statement_compiler(dialect, None).process(default)
            return connection.exec_driver_sql(f"select {value}", {}).scalar()
        raise exc.NotSupportedError(
            None, None, NotImplementedError(f"{connection.dialect.name} has no sequences")
        )
    return default.arg


# --- DDL, compiled statements, plain SQL ------------------------------------------


def execute_ddl(connection: Connection, ddl: Any, options: Mapping[str, Any]) -> CursorResult[Any]:
    """Execute a DDL construct."""
    started = time.perf_counter()
    translate = {**connection._execution_options, **options}.get("schema_translate_map")
    kw = {"schema_translate_map": translate} if translate else {}
    compiled = ddl.compile(dialect=connection.dialect, **kw)
    if connection._events is not None:
        connection._current = (compiled, {**ddl._execution_options, **options}, None, None)
    return _run_ddl(connection, str(compiled), time.perf_counter() - started)


def _run_ddl(connection: Connection, sql: str, seconds: float) -> CursorResult[Any]:
    core = connection._live or connection._ready()
    if connection._echo:
        connection._log(sql)
        connection._log(
            f"[no key {seconds:.5f}s] {connection._shown(connection.dialect.no_params)}"
        )
    try:
        cursor = core.execute(connection.dialect.plan(sql))
    except BaseException as error:
        connection._wrap_error(error, sql, connection.dialect.no_params)
    if connection._autocommit:
        core.commit()
    return CursorResult(cursor, connection)


def execute_compiled(
    connection: Connection, compiled: Any, parameters: Any, options: Mapping[str, Any]
) -> CursorResult[Any]:
    """Execute what statement.compile() gave."""
    started = time.perf_counter()
    if not hasattr(compiled, "binds"):
        return _run_ddl(connection, str(compiled), time.perf_counter() - started)
    binds: Sequence[Any] = list(compiled.binds.values())
    sets = distill(parameters) if parameters is not None else ()
    cplan = plan_of(connection, compiled, binds, sets, started)
    cplan.cache_kind = "no key"
    many = len(sets) > 1
    if cplan.info is not None:
        return _execute_dml(connection, cplan, compiled.statement, binds, sets, many, False)
    if many:
        return _execute_many(connection, cplan, binds, sets, False)
    cursor = connection._execute_plan(cplan, binds, sets[0] if sets else None, hit=False)
    if cursor.row_keys is not None:
        cursor.row_keys.lookup = cplan.lookup
    return CursorResult(cursor, connection)
