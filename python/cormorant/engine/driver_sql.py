"""SQL that is given to the driver as it stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import _core, exc
from .cursor import CursorResult
from .execution import stream_size
from .python_cursors import EmptyCursor, StreamCursor, _log_rows

if TYPE_CHECKING:
    from .base import Connection


_ANY = _core.TYPE_ANY

_DML = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:insert|update|delete|replace)\b", re.I | re.S)


def is_dml(sql: str) -> bool:
    """Whether SQL changes rows."""
    return _DML.match(sql) is not None


def _check_dml(connection: Connection, sql: str) -> None:
    """SQLite's executemany is for statements that change rows."""
    if not is_dml(sql):
        raise connection.dialect.dbapi.ProgrammingError(
            "executemany() can only execute DML statements."
        )


_MARKERS = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/"
    r"|[:@$](\w+)|\?(\d+)|(\?)",
    re.S,
)


def named_markers(sql: str) -> list[str | int]:
    """The parameters of SQL in the order of their numbers: names, or numbers from 0."""
    found: list[str | int] = []
    seen: set[str] = set()
    for match in _MARKERS.finditer(sql):
        name, number, plain = match.groups()
        if name is not None:
            if name not in seen:
                seen.add(name)
                found.append(name)
        elif number is not None:
            while len(found) < int(number):
                found.append(len(found))
        elif plain is not None:
            found.append(len(found))
    return found


def _parameter_sets(parameters: Any) -> list[Any]:
    """The parameters of each execution; none where the statement has none."""
    if parameters is None:
        return []
    if isinstance(parameters, list):
        if parameters and not isinstance(parameters[0], (tuple, Mapping)):
            raise exc.ArgumentError("List argument must consist only of tuples or dictionaries")
        return parameters
    if isinstance(parameters, (tuple, Mapping)):
        return [parameters] if parameters else []
    raise exc.ArgumentError("mapping or sequence expected for parameters")


def _log_statement(connection: Connection, sql: str, sets: list[Any], parameters: Any) -> None:
    if len(sets) > 1:
        connection._log_many(sql, sets, "raw sql")
        return
    connection._log(str(sql))
    shown: Any = sets[0] if sets else ()
    if not sets and not isinstance(parameters, tuple):
        given = isinstance(parameters, Mapping)
        shown = {} if given or not connection.dialect.positional else ()
    connection._log(f"[raw sql] {connection._shown(shown)}")


def execute_driver_sql(
    connection: Connection, sql: str, parameters: Any, options: Mapping[str, Any]
) -> CursorResult[Any]:
    """Execute SQL as it stands."""
    sets = _parameter_sets(parameters)
    core = connection._live or connection._ready()
    many = len(sets) > 1
    first = sets[0] if sets else ()
    if connection._echo:
        _log_statement(connection, sql, sets, parameters)
    if not isinstance(sql, str):
        raise TypeError(f"execute() argument 1 must be str, not {type(sql).__name__}")
    dialect = connection.dialect
    unmarked = not sets and {**connection._execution_options, **options}.get("no_parameters")
    try:
        if unmarked:
            plan, rows = _driver_plan(connection, sql, 0), [()]
        elif not dialect.positional:
            plan, rows = dialect.driver_plan(sql, sets)
        elif isinstance(first, Mapping) and first:
            names = named_markers(sql)
            rows = [by_name(dialect.dbapi, names, params) for params in sets]
        else:
            rows = [tuple(params) for params in sets]
    except connection.dialect.driver_errors as error:
        connection._wrap_error(error, sql, sets if many else first, many, from_core=False)
    width = len(rows[0]) if rows else 0
    if dialect.positional and not unmarked:
        plan = _driver_plan(connection, sql, width)
    if many:
        try:
            if dialect.name == "sqlite":
                _check_dml(connection, sql)
            count = core.execute_many(plan, rows)
        except BaseException as error:
            connection._wrap_error(error, sql, sets, ismulti=True)
        result: CursorResult[Any] = CursorResult(EmptyCursor(count), connection)
    else:
        stream = stream_size({**connection._execution_options, **options})
        try:
            cursor: Any = core.execute(plan, rows[0] if rows else (), None, stream)
        except BaseException as error:
            # by names: as they were given, not in the order that the driver got them in
            named = isinstance(first, Mapping)
            connection._wrap_error(error, sql, first, from_core=not named)
        result = CursorResult(cursor, connection)
        if stream and cursor.returns_rows:
            result._cursor = StreamCursor(cursor, connection)
            result._chunk = stream
            if dialect.supports_server_side_cursors:
                result._usual_size = -1
        if connection._echo:
            _log_rows(connection, result)
    result._is_construct = False
    result._made_by = sql
    if connection._autocommit:
        core.commit()
    return result


def _driver_plan(connection: Connection, sql: str, width: int) -> _core.Plan:
    cache = connection.engine._plans
    key = ("driver sql", sql, width)
    plan = None if cache is None else cache.get(key)
    if plan is None:
        binds = [(i, _ANY, None) for i in range(width)]
        plan = _core.Plan(sql, binds, typed=connection.dialect.typed)
        if cache is not None:
            cache[key] = plan
    return plan


def by_name(dbapi: Any, names: Sequence[Any], params: Any) -> tuple[Any, ...]:
    """The values of named_markers() among `params`: the driver's ProgrammingError if one is
    missing or has no name."""
    values = []
    for number, name in enumerate(names):
        if isinstance(name, int):
            raise dbapi.refusal(
                f"Binding {number + 1} has no name, but you supplied a dictionary (which has "
                "only names)."
            )
        try:
            values.append(params[name])
        except LookupError:
            raise dbapi.refusal(
                f"You did not supply a value for binding parameter :{name}."
            ) from None
    return tuple(values)
