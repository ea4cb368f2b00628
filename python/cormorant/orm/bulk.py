"""INSERT, UPDATE and DELETE of mapped classes by statement."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import _core, exc
from ..engine.python_cursors import EmptyCursor, ListCursor
from ..sql import visitors
from .bulk_inheritance import (
    discriminator,
    insert_joined,
    insert_joined_returning,
    is_joined,
)
from .bulk_rows import insert_rows, update_mappings
from .evaluator import EXPIRED, Compiler, UnevaluatableError, compile_criterion, constant
from .loader_criteria import LoaderCriteriaOption
from .loading import connection_of, objects_of
from .returning import Returning
from .selecting import is_star

if TYPE_CHECKING:
    from .session import Session

_STRATEGIES = ("auto", "evaluate", "fetch", False)


def execute_dml(
    session: Session,
    statement: Any,
    params: Any,
    execution_options: Mapping[str, Any],
    bind_arguments: Mapping[str, Any] | None,
) -> Any:
    """Session.execute() of INSERT, UPDATE or DELETE of a mapped class."""
    token = _option(statement, execution_options or {}, "identity_token")
    if token is not None or session._tokens:
        with objects_of(session, token):
            return _execute(session, statement, params, execution_options, bind_arguments)
    return _execute(session, statement, params, execution_options, bind_arguments)


def _execute(
    session: Session,
    statement: Any,
    params: Any,
    execution_options: Mapping[str, Any],
    bind_arguments: Mapping[str, Any] | None,
) -> Any:
    mapper = _mapper_of(statement)
    mapper._check_configure()
    options: dict[str, Any] = {**statement._execution_options, **(execution_options or {})}
    strategy = options.get("synchronize_session", "auto")
    if strategy is None:
        strategy = False
    if not statement.is_insert and strategy not in _STRATEGIES:
        raise exc.ArgumentError(
            "Valid strategies for session synchronization are 'auto', 'evaluate', 'fetch', False"
        )
    if statement.is_update and isinstance(params, list) and strategy == "fetch":
        raise exc.InvalidRequestError(
            "The 'fetch' synchronization strategy is not available for 'bulk' ORM updates "
            "(i.e. multiple parameter sets)"
        )
    many = isinstance(params, list)
    how = _dml_strategy(statement, options.get("dml_strategy", "auto"), bool(params), many)
    if options.get("autoflush", True):
        session._autoflush()
    if how in ("raw", "core_only"):
        connection = connection_of(session, mapper, statement, bind_arguments)
        return connection.execute(statement, params or {}, execution_options=execution_options)
    if how == "orm" and params and (many or statement.is_insert):
        connection = connection_of(session, mapper, statement, bind_arguments)
        if not statement.is_insert:
            statement = with_entity_criteria(statement, mapper, statement._with_options)
        return _run(session, connection, mapper, statement, params, execution_options)[0]
    if statement.is_insert:
        connection = connection_of(session, mapper, statement, bind_arguments)
        return _insert(session, connection, mapper, statement, params, execution_options)
    if statement.is_delete and isinstance(params, list):
        connection_of(session, mapper, statement, bind_arguments)
        raise exc.InvalidRequestError(
            "Bulk ORM DELETE not supported right now. Statement may be invoked at the "
            "Core level using session.connection().execute(stmt, parameters)"
        )
    if isinstance(params, tuple) and len(params) < 2:
        params = params[0] if params else None
    if statement.is_update and isinstance(params, (list, tuple)):
        connection = connection_of(session, mapper, statement, bind_arguments)
        if session.connection_callable is not None:
            from .sharding import refuse_bulk

            refuse_bulk("bulk_update")
        return _update_by_key(session, connection, mapper, statement, list(params), strategy)
    statement = _restricted(statement, mapper, statement._with_options)
    # Objects are told apart by their class, rows by their discriminator.
    given = _criteria(statement)
    statement = with_entity_criteria(statement, mapper)
    return _change(
        session, mapper, statement, given, params, strategy, execution_options, bind_arguments
    )


def _dml_strategy(statement: Any, strategy: Any, given: bool, many: bool) -> Any:
    """The execution option dml_strategy, if it is one for this statement and these parameters."""
    if strategy == "auto":
        return strategy
    kind, names = "insert", "'raw', 'orm', 'bulk', 'auto"
    valid = ["raw", "orm", "bulk"]
    if statement.is_update:
        kind, names = "UPDATE", "'orm', 'auto', 'bulk', 'core_only'"
        valid = ["orm", "bulk", "core_only"]
    elif statement.is_delete:
        kind, names = "DELETE", "'orm', 'auto', 'core_only'"
        valid = ["orm", "core_only"]
    if strategy == "bulk" and not (given if statement.is_insert else many):
        raise exc.InvalidRequestError(
            'Can\'t use "bulk" ORM insert strategy without passing separate parameters'
        )
    if strategy not in valid and not (statement.is_delete and strategy == "bulk"):
        raise exc.ArgumentError(f"Valid strategies for ORM {kind} strategy are {names}")
    return strategy


def _restricted(statement: Any, mapper: Any, options: Iterable[Any]) -> Any:
    """The statement with what with_loader_criteria() says of its class."""
    for option in options:
        if isinstance(option, LoaderCriteriaOption):
            criterion = option.criterion(mapper)
            if criterion is not None and option.applies_to(mapper):
                statement = statement.where(criterion)
    return statement


def with_entity_criteria(statement: Any, mapper: Any, options: Iterable[Any] = ()) -> Any:
    """The statement about the rows of its class alone: those of a table that others share, and
    those that options say."""
    statement = _restricted(statement, mapper, options)
    if mapper._single_table_criterion is not None:
        statement = statement.where(mapper._single_table_criterion)
    statement = statement._generate()
    statement._has_entity_criteria = True
    return statement


def _mapper_of(statement: Any) -> Any:
    entity = statement.table._annotations.get("parententity")
    if entity is None:
        entity = statement.table._annotations.get("parentmapper")
    assert entity is not None
    return entity.mapper


# ---- UPDATE and DELETE ---------------------------------------------------------------


def _criteria(statement: Any) -> Sequence[Any]:
    where = statement._where_criteria
    return where if isinstance(where, (tuple, list)) else [where]


def _change(
    session: Session,
    mapper: Any,
    statement: Any,
    criteria: Sequence[Any],
    params: Any,
    strategy: Any,
    execution_options: Mapping[str, Any],
    bind_arguments: Mapping[str, Any] | None,
) -> Any:
    test: Any = None
    if strategy in ("auto", "evaluate"):
        try:
            test = compile_criterion(mapper, criteria, params)
        except UnevaluatableError as error:
            if strategy == "evaluate":
                raise exc.InvalidRequestError(
                    f'Could not evaluate current criteria in Python: "{error}". Specify '
                    "'fetch' or False for the synchronize_session execution option."
                ) from error
            strategy = "fetch"
    matched, unsure = [], []
    if test is not None:
        # (what is expired will be loaded anyhow)
        objects = _core.without_flag(_objects(session, mapper), _core.STATE_EXPIRED)
        for obj, answer in zip(objects, test(objects), strict=True):
            if answer is EXPIRED:
                unsure.append(obj)
            elif answer is True:  # else it is a SQL expression that was assigned
                matched.append(obj)
    connection = connection_of(session, mapper, statement, bind_arguments)
    # What is asked for the program's own use tells no objects.
    if strategy == "fetch" and not statement._return_defaults:
        return _change_and_fetch(session, connection, mapper, statement, params, execution_options)
    result, made = _run(session, connection, mapper, statement, params, execution_options)
    if test is None:
        return result
    if statement.is_update:
        matched += unsure
        _assign(mapper, statement, matched, params, made)
        _note_altered(session, matched)
    else:
        for obj in unsure:
            _core.expire(obj)
        session._note_deleted(matched)
    return result


def _note_altered(session: Session, objects: list[Any]) -> None:
    """A savepoint that is rolled back expires what a statement has changed since."""
    transaction = session._innermost
    if transaction is not None and transaction.nested:
        transaction._updated.extend(objects)


def _objects(session: Session, mapper: Any) -> list[Any]:
    """The session's persistent objects of a class that the statement may be about."""
    cls = mapper.class_
    found = [obj for obj in session._persistent() if isinstance(obj, cls)]
    token = session._identity_token
    if token is not None:
        found = [obj for obj in found if _core.identity_token(obj) == token]
    return found


def _run(
    session: Session,
    connection: Any,
    mapper: Any,
    statement: Any,
    params: Any,
    execution_options: Mapping[str, Any],
) -> tuple[Any, Mapping[str, Any]]:
    returned = statement._returning
    star = len(returned) == 1 and is_star(returned[0])
    if star and statement.is_insert and params:
        raise exc.CompileError(
            "Can't use RETURNING * with bulk ORM INSERT.  Please use a different INSERT form, "
            "such as INSERT..VALUES or INSERT with a Core Connection"
        )
    if not returned or star:
        options = execution_options or {}
        result = connection.execute(statement, params or {}, execution_options=options)
        return result, _made(result)
    rows = Returning(session, _option(statement, execution_options, "populate_existing"))
    result = rows.execute(connection, statement, params, execution_options)
    return rows.rows(connection, result), _made(result)


def _made(result: Any) -> Mapping[str, Any]:
    """What a statement was executed with for the columns whose values Python made."""
    info = result._statement_info
    if info is None or info.many:
        return {}
    return {c.key: info.params[0][c.key] for c in info.compiled.update_prefetch}


def _option(statement: Any, execution_options: Mapping[str, Any], name: str) -> Any:
    return execution_options.get(name, statement._execution_options.get(name))


def _object_of(session: Session, mapper: Any, columns: Sequence[Any], values: list[Any]) -> Any:
    """The object of a row, refreshed by it."""
    by_column = dict(zip(columns, values, strict=True))
    key = tuple(by_column[c] for c in mapper.primary_key)
    token = session._identity_token
    obj = session._get(mapper.class_manager, key, token)
    left_out: list[int] = []
    if obj is None:
        obj = mapper.class_manager.new_instance()
        _core.set_identity_token(obj, token)
        _core.set_identity(obj, key)
        session._attach(obj)
        given = {mapper._columntoproperty[column].slot for column in columns}
        left_out = [
            prop.slot
            for prop in mapper._props.values()
            if prop._is_column and prop.slot >= 0 and prop.slot not in given
        ]
    for column, value in by_column.items():
        slot = mapper._columntoproperty[column].slot
        if _core.committed(obj, slot) is Ellipsis:
            _core.set_loaded(obj, slot, value)
    if left_out:
        _core.expire(obj, left_out)
    _forget_composites(mapper, [obj])
    return obj


def _forget_composites(mapper: Any, objects: Iterable[Any]) -> None:
    """Let the composites of objects be made again of what their columns are now."""
    if mapper.base_mapper._has_composites:
        from .descriptor_props import forget_values

        forget_values(objects)


def _split_composites(mapper: Any, params: Any) -> Any:
    """A row of attribute names, or a list of rows, with the columns of composites."""
    if not mapper.base_mapper._has_composites or not params:
        return params
    from .descriptor_props import split_row

    if isinstance(params, Mapping):
        return split_row(mapper, params)
    return [split_row(mapper, row) for row in params]


def _change_and_fetch(
    session: Session,
    connection: Any,
    mapper: Any,
    statement: Any,
    params: Any,
    execution_options: Mapping[str, Any],
) -> Any:
    """synchronize_session="fetch": the database says which rows it changed."""
    populate = _option(statement, execution_options, "populate_existing")
    rows = Returning(session, populate, mapper)
    result = rows.execute(connection, statement, params, execution_options)
    found, count = rows.known(result)
    if statement.is_update:
        _assign(mapper, statement, found, params, _made(result))
        _note_altered(session, found)
    else:
        session._note_deleted(found)
    if statement._returning:
        return rows.rows(connection, result)
    cursor = result._cursor
    cursor.close()
    result._cursor = ListCursor(cursor.row_keys, ())
    result._cursor.rowcount = count
    return result


def _column_of(mapper: Any, key: str) -> Any:
    """The column of one of a class's tables with this key, or None."""
    return next((t.c[key] for t in (mapper.local_table, *mapper._tables) if key in t.c), None)


def _assigned(mapper: Any, statement: Any) -> dict[int, Any]:
    """Slot -> assigned expression of an UPDATE."""
    slots: dict[int, Any] = {}
    values = statement._values or {}
    items = values.items() if isinstance(values, Mapping) else values
    ordered = getattr(statement, "_ordered_values", None)
    for key, value in itertools.chain(items, ordered or ()):
        column = _column_of(mapper, key) if isinstance(key, str) else key
        if column is not None and getattr(column, "_annotations", None):
            column = column._deannotate()
        prop = mapper._columntoproperty.get(column)
        if prop is not None and prop.slot >= 0:
            slots[prop.slot] = value
    return slots


def _assign(
    mapper: Any, statement: Any, objects: list[Any], params: Any, made: Mapping[str, Any]
) -> None:
    """Objects that were updated take the new values as far as they can be computed, and those that
    defaults `made`."""
    compiler = Compiler(mapper, params if isinstance(params, Mapping) else None)
    functions: dict[int, Any] = {}
    for slot, value in _assigned(mapper, statement).items():
        if hasattr(value, "__clause_element__"):
            value = value.__clause_element__()
        if not hasattr(value, "__visit_name__"):
            functions[slot] = constant(value)
            continue
        try:
            functions[slot] = compiler.compile(value)
        except UnevaluatableError:
            functions[slot] = None
    for key, value in (params or {}).items() if isinstance(params, Mapping) else ():
        prop = mapper._props.get(key)
        if prop is not None and prop._is_column:
            functions[prop.slot] = constant(value)
    defaults: dict[int, Any] = {}
    for column in mapper.local_table.c:
        prop = mapper._columntoproperty.get(column)
        if prop is None or prop.slot < 0 or prop.slot in functions:
            continue
        if column.key in made:
            defaults[prop.slot] = made[column.key]
        elif statement._return_defaults:
            continue  # what the database makes is told to the program alone
        elif column.onupdate is not None or column.server_onupdate is not None:
            functions[prop.slot] = None
    # All is computed before anything is assigned: one new value may depend on another's old one.
    computed: list[tuple[int, list[Any], list[Any]]] = []
    expired: dict[int, tuple[Any, list[int]]] = {}
    for slot, function in functions.items():
        holders = []
        for obj in objects:
            if _core.peek(obj, slot) is not _core.NO_VALUE:
                holders.append(obj)
            elif function is None and _core.never_given(obj, slot):
                expired.setdefault(id(obj), (obj, []))[1].append(slot)  # it was NULL
        values = [EXPIRED] * len(holders) if function is None else function(holders)
        computed.append((slot, holders, values))
    for slot, holders, values in computed:
        for obj, value in zip(holders, values, strict=True):
            if value is EXPIRED or _core.committed(obj, slot) is not Ellipsis:
                expired.setdefault(id(obj), (obj, []))[1].append(slot)
            else:
                _core.set_loaded(obj, slot, value)
    for slot, value in defaults.items():
        for obj in objects:
            _core.set_loaded(obj, slot, value)
    for obj, slots in expired.values():
        _core.expire(obj, slots)
    _forget_composites(mapper, objects)


# ---- by primary key ----------------------------------------------------------------------


def _update_by_key(
    session: Session,
    connection: Any,
    mapper: Any,
    statement: Any,
    rows: list[dict[str, Any]],
    strategy: Any,
) -> Any:
    """session.execute(update(E), [dict, …]): each row by its primary key."""
    from ..engine.result import Result

    if statement._where_criteria and strategy:
        raise exc.InvalidRequestError(
            "bulk synchronize of persistent objects not supported when using bulk update "
            "with additional WHERE criteria right now.  add synchronize_session=None execution "
            "option to bypass synchronize of persistent objects."
        )
    if statement._ordered_values:
        raise exc.InvalidRequestError(
            "bulk ORM UPDATE does not support ordered_values() for custom UPDATE statements with "
            "bulk parameter sets.  Use a non-bulk UPDATE statement or use values()."
        )
    rows = _split_composites(mapper, rows)
    fixed, expressions = _assigned_values(mapper, statement)
    given = [{**fixed, **row} for row in rows or [{}]] if fixed else rows
    update_mappings(connection, mapper, given, statement._where_criteria, expressions)
    if strategy:
        _take_values(session, mapper, rows)
    return Result._from_list((), [])


def _take_values(session: Session, mapper: Any, rows: Iterable[Mapping[str, Any]]) -> None:
    """Objects that were updated by their key take the new values, and read again what the program
    had changed and no flush written."""
    held = {}
    for obj in _objects(session, mapper):
        identity, key, _ = _core.identity_key(obj)  # type: ignore[misc]
        if identity is mapper._identity_class:  # not one of a concrete class below
            held[key] = obj
    if not held:
        return
    names = [mapper._columntoproperty[column].key for column in mapper.primary_key]
    for row in rows:
        obj = held.get(tuple([row[name] for name in names]))
        if obj is None:
            continue
        changed = []
        for name, value in row.items():
            prop = mapper._props.get(name)
            if name in names or prop is None or not prop._is_column:
                continue
            if _core.peek(obj, prop.slot) is _core.NO_VALUE:
                continue
            if _core.committed(obj, prop.slot) is ...:
                _core.set_loaded(obj, prop.slot, value)
            else:
                changed.append(prop.slot)
        if changed:
            _core.expire(obj, changed)
        if _core.state_flags(obj) & _core.STATE_EXPIRED:
            _core.unexpire(obj, True)  # its row is there: it waits by name
        _forget_composites(mapper, [obj])


def _assigned_values(mapper: Any, statement: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Attribute name -> value of an UPDATE's values(), which rows may override; and attribute
    name -> SQL expression."""
    names = {p.slot: p.key for p in mapper._props.values() if p._is_column}
    fixed, expressions = {}, {}
    for slot, value in _assigned(mapper, statement).items():
        if hasattr(value, "__clause_element__"):
            value = value.__clause_element__()
        if not hasattr(value, "__visit_name__"):
            fixed[names[slot]] = value
        elif value._is_bind_parameter and (value.unique or getattr(value, "_is_crud", False)):
            fixed[names[slot]] = value.value
        else:
            expressions[names[slot]] = value
    return fixed, expressions


def _parameters_of(statement: Any, mapper: Any) -> list[str]:
    """The names of the parameters in the values() of an INSERT, but for those of columns."""
    names: dict[str, None] = {}
    for value in (statement._values or {}).values():
        if hasattr(value, "__visit_name__"):
            for element in visitors.iterate(value):
                if element._is_bind_parameter and not element.unique:
                    names[element.key] = None
    return [name for name in names if name not in mapper.local_table.c]


def _without_rows(results: list[Any]) -> Any:
    """The result of INSERTs that were asked for nothing: the server may have told the key."""
    from ..engine.result import Result

    return Result(EmptyCursor(sum(max(result.rowcount, 0) for result in results)))


def _insert(
    session: Session,
    connection: Any,
    mapper: Any,
    statement: Any,
    params: Any,
    execution_options: Mapping[str, Any],
) -> Any:
    from ..engine.result import Result

    many = isinstance(params, (list, tuple)) and len(params) > 0
    params = _split_composites(mapper, params)
    preset = discriminator(mapper)
    if preset is not None and params:
        key, value = preset
        if isinstance(params, Mapping):
            params = {key: value, **params}
        else:
            params = [{key: value, **row} for row in params]
    nulls = bool(_option(statement, execution_options, "render_nulls"))
    if is_joined(mapper) and params:
        if statement._post_values_clause is not None:
            raise exc.InvalidRequestError(
                "bulk INSERT with a 'post values' clause (typically upsert) not supported for "
                f"multi-table mapper {mapper}"
            )
        given = params if many else [params]
        fixed, expressions = _assigned_values(mapper, statement)
        if fixed:
            given = [{**fixed, **row} for row in given]
        if statement._returning:
            return insert_joined_returning(
                session, connection, mapper, statement, given, nulls, expressions
            )
        insert_joined(connection, mapper, given, nulls, expressions=expressions)
        return Result(EmptyCursor())
    if not params:
        return _run(session, connection, mapper, statement, params, execution_options)[0]

    def execute(given: Any) -> Any:
        return _run(session, connection, mapper, statement, given, execution_options)[0]

    rows = params if many else [params]
    results = insert_rows(mapper, rows, execute, nulls, _parameters_of(statement, mapper))
    if not statement._returning:
        return _without_rows(results)
    if len(results) == 1:
        return results[0]
    keys = tuple(results[0].keys())
    return Result._from_list(keys, [row for result in results for row in result.all()])
