"""The rows of association tables, as collections of many to many relationships changed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from .. import _core, exc
from ..sql.type_api import type_codec
from .flush_statements import _constant
from .flushinfo import RelationInfo
from .persistence import _done

if TYPE_CHECKING:
    from .unitofwork import UOWTransaction


def change_association_rows(
    flush: UOWTransaction,
    relation: RelationInfo,
    inserts: list[Any],
    deletes: list[Any],
    updates: list[tuple[Any, Any]],
) -> None:
    """DELETE, UPDATE (old, new) and INSERT rows of a secondary table; rows are in the order
    of its columns."""
    if not inserts and not deletes and not updates:
        return
    prop = relation.prop
    connection = flush.connection(prop.parent)
    dialect = connection.dialect
    kept = relation.secondary_plans.of(connection.engine)
    plans = kept.get(dialect)
    if plans is None:
        plans = kept[dialect] = _secondary_plans(relation, dialect)
    if deletes:
        matched = _execute_rows(connection, plans[1], deletes, plans[2])
        if 0 <= matched != len(deletes):
            raise exc.StaleDataError(
                f"DELETE statement on table '{prop.secondary.description}' expected to delete "
                f"{len(deletes)} row(s); Only {matched} were matched."
            )
    if updates:
        _update_rows(connection, prop, updates)
    if inserts and plans[0] is None:
        _insert_with_defaults(connection, prop, inserts)
    elif inserts:
        _execute_rows(connection, plans[0], inserts, plans[2])


def _insert_with_defaults(connection: Any, prop: Any, inserts: list[Any]) -> None:
    """INSERT rows of a table whose other columns have defaults that Python gives."""
    from ..sql.dml import Insert

    keys = [c.key for c in _association_columns(prop)]
    rows = [dict(zip(keys, row, strict=True)) for row in inserts]
    connection.execute(Insert(prop.secondary), rows if len(rows) > 1 else rows[0])


def _update_rows(connection: Any, prop: Any, updates: list[tuple[Any, Any]]) -> None:
    from ..sql import and_, bindparam
    from ..sql.dml import Update

    table = prop.secondary
    columns = _association_columns(prop)
    where = and_(*(c == bindparam(f"old_{c.key}", type_=c.type) for c in columns))
    statement = Update(table).where(where)
    statement = statement.values({c.key: bindparam(c.key, type_=c.type) for c in columns})
    rows = [
        {c.key: value for c, value in zip(columns, new, strict=True)}
        | {f"old_{c.key}": value for c, value in zip(columns, old, strict=True)}
        for old, new in updates
    ]
    matched = connection.execute(statement, rows if len(rows) > 1 else rows[0]).rowcount
    if 0 <= matched != len(rows):
        raise exc.StaleDataError(
            f"UPDATE statement on table '{table.description}' expected to update "
            f"{len(rows)} row(s); Only {matched} were matched."
        )


def _association_columns(prop: Any) -> list[Any]:
    """The columns of a secondary table that a relationship fills, in the table's order."""
    ends = {c for _, c in (*prop.synchronize_pairs, *prop.secondary_synchronize_pairs)}
    return [c for c in prop.secondary.c if c in ends]


def _execute_rows(connection: Any, plan: Any, rows: list[Any], compiled: dict[str, Any]) -> int:
    raw = connection._dbapi_connection
    log = connection._flush_log(None, compiled.get)
    if log is not None:
        given = rows if len(rows) > 1 else rows[0]
        plan = log(plan.sql, _shown(plan, rows), given, 0, 0, False) or plan
    try:
        changed: int = raw.execute_many(plan, rows)
        if log is not None:
            _done(log)
    except exc.SQLAlchemyError:
        raise
    except Exception as error:
        connection._wrap_error(error, plan.sql, _shown(plan, rows), len(rows) > 1)
        raise
    return changed


def _shown(plan: Any, rows: list[Any]) -> Any:
    """The parameters as logs and errors have them."""
    given = [plan.encode(row) for row in rows]
    return given if len(rows) > 1 else given[0]


def _secondary_plans(relation: RelationInfo, dialect: Any) -> tuple[Any, Any, dict[str, Any]]:
    """How rows are inserted (None: Python has to give a value to each) and deleted, and what that
    was compiled from, by its SQL."""
    from ..sql import and_, bindparam
    from ..sql.dml import Delete, Insert

    prop = relation.prop
    table = prop.secondary
    columns = _association_columns(prop)
    keys = [c.key for c in columns]
    started = time.perf_counter()
    insert_compiled = Insert(table).compile(dialect=dialect, column_keys=keys)
    made = time.perf_counter()
    dialect._compile_times[insert_compiled.string] = made - started
    where = and_(*(c == bindparam(c.key, type_=c.type) for c in columns))
    delete_compiled = Delete(table).where(where).compile(dialect=dialect)
    dialect._compile_times[delete_compiled.string] = time.perf_counter() - made
    many = dialect.rows_as_arrays(delete_compiled, {}, {c.key: c for c in columns})
    plans: list[Any] = []
    for compiled, of_many in ((insert_compiled, None), (delete_compiled, many)):
        others = [bind for name, bind in compiled.binds.items() if name not in keys]
        if compiled.prefetch or any(bind.callable is not None for bind in others):
            plans.append(None)
            continue
        binds = []
        for name in compiled.bind_order:
            bind = compiled.binds[name]
            code, arg = type_codec(bind.type, dialect)
            if name in keys:
                binds.append((keys.index(name), code, arg))
            else:
                constant = _constant(bind.effective_value)
                binds.append((0, _core.TYPE_PYTHON, (constant, None, (code, arg))))
        plans.append(dialect.plan(compiled.string, compiled.bind_order, binds, None, of_many))
    found = {each.string: each for each in (insert_compiled, delete_compiled)}
    return plans[0], plans[1], found
