"""INSERT of many parameter sets as statements of several rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import _core
from ..sql.insertmanyvalues import LongStatement, rows_of_one_statement, statement_of_rows
from ..sql.type_api import type_codec
from .cursor import CursorResult
from .python_cursors import EmptyCursor, ListCursor
from .result_keys import know_columns

if TYPE_CHECKING:
    from .base import Connection
    from .plans import CompiledPlan


def wrap_many_error(
    connection: Connection, error: BaseException, compiled: Any, rows: list[Any]
) -> None:
    """Raise what stands for a driver's error in an INSERT whose rows were not sent in statements
    of several, as if they had been: the first of these."""
    rows = rows[: rows_of_one_statement(compiled, False)]
    sql, params = statement_of_rows(compiled, rows, False)
    connection._wrap_error(error, LongStatement(sql), params, from_core=False)


def insert_many_values(
    connection: Connection,
    cplan: CompiledPlan,
    statement: Any,
    binds: Sequence[Any],
    sets: list[dict[str, Any]],
    hit: bool,
    session: Any,
    flags: int,
    page_size: int | None,
) -> CursorResult[Any]:
    """INSERT of many rows, most often one that returns something: several rows in one statement,
    or one at a time when what is returned has to be in the order of the parameters."""
    compiled = cplan.compiled
    try:
        plan, rows = cplan.resolve_many(binds, sets)
    except Exception as error:
        connection._wrap_bind_error(error, compiled.string, list(sets))
    core = connection._live or connection._ready()

    ordered = bool(getattr(compiled.statement, "_sort_by_parameter_order", False))
    dialect = connection.dialect
    parts = compiled.many_values
    word = "ordered" if ordered else "unordered"
    several = not (
        parts is None or not parts.holds(sets[0]) or (ordered and parts.sentinel is None)
    )
    if not several:
        size, kind = 1, f"({word}; batch not supported)"
    else:
        size = max(1, page_size or dialect.insertmanyvalues_page_size)
        width = len(compiled.bind_order)
        if width:
            size = min(size, dialect.insertmanyvalues_max_parameters // width or 1)
        kind = f"({word})"
    batches = [rows[i : i + size] for i in range(0, len(rows), size)]
    found: list[Any] = []
    row_keys: Any = None
    count = 0
    if connection._events is not None:

        def told(*_: Any) -> list[dict[str, Any]]:
            return cplan.by_name(plan, rows)  # of all, whichever part runs

        part = _told_of_all(core, compiled, plan, rows, ordered, size)
        connection._current = (*connection._current[:2], told, part)
    for number, batch in enumerate(batches, 1):
        batch_plan, values = plan, list(batch[0])
        if several and (len(rows) > 1 or ordered):
            batch_plan, values = _batch_plan(cplan, batch, ordered)
        if connection._echo:
            place = f"{number}/{len(batches)} {kind}"
            if number == 1:
                how = f"{cplan.cache_text(hit)} (insertmanyvalues) {place}"
            else:
                how = f"insertmanyvalues {place}"
            connection._log_plan(batch_plan, values, how, list(sets))
        try:
            cursor = core.execute(batch_plan, values, session, 0, flags)
            if compiled.returns_rows:
                if row_keys is None:
                    know_columns(cursor, cplan.lookup, statement, cplan.compiled.statement)
                    row_keys = cursor.row_keys
                else:
                    cursor.row_keys = row_keys
                fetched = cursor.fetch()
        except BaseException as error:
            sql = LongStatement(batch_plan.sql) if size > 1 else batch_plan.sql
            connection._wrap_error(error, sql, list(sets))
        if not compiled.returns_rows:
            count += cursor.rowcount
            continue
        count += len(fetched)
        found.extend(fetched)
    if connection._autocommit:
        core.commit()
    if not compiled.returns_rows:
        return CursorResult(EmptyCursor(count), connection)
    made = ListCursor(row_keys, found)
    made.rowcount = count
    return CursorResult(made, connection)


def _told_of_all(
    core: Any, compiled: Any, plan: _core.Plan, rows: Sequence[Any], ordered: bool, size: int
) -> tuple[str, list[Any]] | None:
    """What listeners are told of an INSERT of many rows, beside that of each statement; None if
    a value is refused, which its statement says."""
    try:
        parameters = core.encode_many(plan, rows)
    except MemoryError:
        raise
    except Exception:
        return None
    return compiled.template_of_rows(ordered) if size > 1 else plan.sql, parameters


def _batch_plan(
    cplan: CompiledPlan, batch: Sequence[Sequence[Any]], ordered: bool
) -> tuple[Any, list[Any]]:
    """The plan of an INSERT of several rows and all of its values. Both databases return rows
    in the order of their insertion; the program leaves out what tells them apart."""
    key = ("rows", len(batch), ordered)
    made = cplan._plans.get(key)
    width = len(batch[0])
    if made is None:
        compiled = cplan.compiled
        dialect = compiled.dialect
        sql, names = compiled.expand_rows(len(batch), ordered)
        slots = {
            name: (index, type_codec(bind.type, dialect))
            for name, (bind, index) in cplan._named.items()
        }
        binds = []
        for _, original, row in names:
            index, (code, arg) = slots[original]
            binds.append((row * width + index, code, arg))
        made = dialect.plan(sql, [name for name, *_ in names], binds, cplan.program)
        if len(cplan._plans) >= 100:
            cplan._plans.clear()
        cplan._plans[key] = made
    return made, [value for values in batch for value in values]
