"""INSERT and UPDATE of objects one by one: what SQL expressions and functions of the program
give to their rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import _core, exc
from ..engine.execution import DefaultExecutionContext
from .base import committed_value
from .flush_statements import MADE_FOR_ROW, Statements, is_expression, uses_context

if TYPE_CHECKING:
    from ..engine.base import Connection
    from .unitofwork import UOWTransaction


# Rules of columns that an INSERT leaves out when it gives no value.
_OMITTING = (_core.COLUMN_OMIT_NONE, _core.COLUMN_OMIT_UNSET)


def stale(verb: str, table: Any, error: exc.StaleDataError) -> exc.StaleDataError:
    if len(error.args) != 2:
        return error
    expected, matched = error.args
    done = "update" if verb == "UPDATE" else "delete"
    return exc.StaleDataError(
        f"{verb} statement on table '{table.description}' expected to {done} "
        f"{expected} row(s); {matched} were matched."
    )


class _DefaultContext(DefaultExecutionContext):
    """What a default's function sees of the row it fills."""

    def __init__(
        self, connection: Connection, params: dict[str, Any], column: Any, inserts: bool
    ) -> None:
        self.connection = self.root_connection = connection
        self.engine = connection.engine
        self.dialect = connection.dialect
        self.execution_options = connection._execution_options
        self.isinsert = inserts
        self.isupdate = not inserts
        self.current_column = column
        self.current_parameters = params

    def get_current_parameters(self, isolate_multiinsert_groups: bool = True) -> dict[str, Any]:
        """Values of the row so far."""
        return self.current_parameters


def _row_params(statements: Statements, obj: Any) -> dict[str, Any]:
    params: dict[str, Any] = {}
    for column, (slot, rule, default) in zip(
        statements.columns, statements.insert_rules, strict=True
    ):
        value = _core.peek(obj, slot)
        if statements.lacks(obj, slot):
            value = None
            if rule in _OMITTING:
                continue
            if rule in MADE_FOR_ROW:
                value = default(None) if callable(default) else default
                _core.set_loaded(obj, slot, value)
        params[column.key] = value
    return params


def fill_context_defaults(
    statements: Statements, connection: Connection, objects: list[Any]
) -> None:
    """Defaults that look at the other values of their row."""
    for obj in objects:
        params = _row_params(statements, obj)
        for slot, function in statements.context_defaults:
            if statements.lacks(obj, slot):
                column = statements.column_of[slot]
                value = function(_DefaultContext(connection, params, column, True))
                params[column.key] = value
                _core.set_loaded(obj, slot, value)


def _update_params(
    statements: Statements,
    obj: Any,
    changed: tuple[int, ...],
    missing: list[tuple[int, Any]],
    names: list[str],
) -> dict[str, Any]:
    """What is sent for the row of an object, before its onupdate values are made; `names` are
    those of the parameters that tell the row."""
    params: dict[str, Any] = {}
    for slot in changed:
        value = _core.peek(obj, slot)
        if not is_expression(value):
            params[statements.column_of[slot].key] = value
    for slot, _ in missing:
        params[statements.column_of[slot].key] = None
    parts = row_key(statements, obj)
    if statements.version_slot >= 0:
        inserted = _core.state_flags(obj) & _core.STATE_NEW
        parts.append((_core.peek if inserted else committed_value)(obj, statements.version_slot))
    params.update(zip(names, parts, strict=True))
    return params


def fill_onupdates(
    statements: Statements, connection: Connection, objects: list[Any], changed: tuple[int, ...]
) -> None:
    """Python onupdate values of objects that are going to be updated."""
    missing = [item for item in statements.python_onupdates if item[0] not in changed]
    functions = [each for _, each in missing if getattr(each, "is_callable", False)]
    look = any(map(uses_context, functions))
    names = statements._where_key()[1] if look else []
    for obj in objects:
        params = _update_params(statements, obj, changed, missing, names) if look else {}
        for slot, onupdate in missing:
            value = onupdate.arg
            column = statements.column_of[slot]
            if getattr(onupdate, "is_callable", False):
                value = value(_DefaultContext(connection, params, column, False))
            params[column.key] = value
            # what is not loaded is not loaded to be replaced
            unloaded = _core.peek(obj, slot) is _core.NO_VALUE
            (_core.set_loaded if unloaded else _core.set_value)(obj, slot, value)


def insert_one(flush: UOWTransaction, statements: Statements, connection: Any, obj: Any) -> None:
    """INSERT an object that holds SQL expressions."""
    from ..sql.dml import Insert

    plain: dict[str, Any] = {}
    expressions: dict[Any, Any] = {}
    made: dict[int, Any] = {}
    given, expired = [], []
    for column, (slot, rule, default) in zip(
        statements.columns, statements.insert_rules, strict=True
    ):
        value = _core.peek(obj, slot)
        if rule == _core.COLUMN_VERSION or statements.lacks(obj, slot):
            if rule in _OMITTING:
                continue
            value = None
            if rule in MADE_FOR_ROW:
                value = made[slot] = default(None) if callable(default) else default
        elif is_expression(value):
            expressions[column] = value
            expired.append(slot)
            given.append(slot)
            continue
        plain[column.key] = value
        given.append(slot)
    # What an expression makes is read back where a server default would be.
    of_program = [slot for slot in given if slot not in expired or slot in statements.pk_slots]
    returning, last_id = statements.returning_of(of_program, False)
    auto = statements.auto_slot
    read_back = auto >= 0 and (auto not in given or connection.dialect.name == "sqlite")
    if statements.version_slot >= 0 and not returning and read_back and statements.returns:
        returning = [auto]  # as SQLAlchemy reads a row with a version back
    made_keys = [slot for slot in expired if slot in statements.pk_slots]
    if made_keys == [auto] and connection.dialect.name == "sqlite" and not returning:
        last_id = auto
    else:
        returning = [*returning, *(slot for slot in made_keys if slot not in returning)]
    statement = Insert(statements.table).values(expressions)
    if returning:
        statement = statement.returning(*(statements.column_of[s] for s in returning))
    result = connection.execute(statement, plain)
    for slot, value in made.items():
        _core.set_loaded(obj, slot, value)
    flush.filled.append(([obj], [(0, 1, (*made, *returning, *([last_id] * (last_id >= 0))))]))
    if returning:
        row = result.one()
        for slot, value in zip(returning, row, strict=True):
            _core.set_loaded(obj, slot, value)
    elif last_id >= 0:
        _core.set_loaded(obj, last_id, connection._dbapi_connection.last_insert_id())
    elif not statements.returns:
        # Keys that were asked for before the INSERT.
        for column, value in zip(
            statements.table.primary_key, result.inserted_primary_key, strict=True
        ):
            _core.set_loaded(obj, statements.slot_of[column], value)
    expired = [s for s in expired if s not in statements.pk_slots and s not in returning]
    if expired:
        flush.expire_after.append((obj, expired))


def update_one(
    flush: UOWTransaction,
    statements: Statements,
    connection: Any,
    obj: Any,
    slots: tuple[int, ...],
    fetched: Sequence[int] = (),
) -> None:
    """UPDATE an object that holds SQL expressions, or of which `fetched` is read back."""
    from ..sql.dml import Update

    plain: dict[str, Any] = {}
    expressions: dict[Any, Any] = {}
    expired = []
    for slot in slots:
        value = _core.peek(obj, slot)
        column = statements.column_of[slot]
        if is_expression(value):
            expressions[column] = value
            if slot in statements.pk_slots or slot == statements.version_slot:
                fetched = [*fetched, slot]  # its identity follows, or the next UPDATE
            else:
                expired.append(slot)
        else:
            plain[column.key] = value
    parts = row_key(statements, obj)
    version, next_version = statements.version_slot, statements.next_version
    made = next_version is not None and version not in slots
    if version >= 0:
        inserted = _core.state_flags(obj) & _core.STATE_NEW
        parts.append((_core.peek if inserted else committed_value)(obj, version))
        if next_version is not None and made:
            plain[statements.column_of[version].key] = next_version(parts[-1])
    where, names = statements._where_key()
    statement = Update(statements.table).where(where).values(expressions)
    if fetched:
        statement = statement.returning(*(statements.column_of[s] for s in fetched))
    params = {**plain, **dict(zip(names, parts, strict=True))}
    result = connection.execute(statement, params)
    if expired:
        flush.expire_after.append((obj, expired))  # though it may have met no row
    rows = result.all() if fetched else []
    matched = len(rows) if fetched else result.rowcount
    if matched != 1:
        raise stale("UPDATE", statements.table, exc.StaleDataError(1, matched))
    for slot, value in zip(fetched, rows[0] if rows else (), strict=True):
        if slot in statements.pk_slots:
            _core.set_value(obj, slot, value)  # another than it had
        else:
            _core.set_loaded(obj, slot, value)
    if made:
        _core.set_loaded(obj, version, plain[statements.column_of[version].key])


def row_key(statements: Statements, obj: Any) -> list[Any]:
    """What tells the row of an object apart in the table of the statements, part by part."""
    if statements.key_moved or _core.state_flags(obj) & _core.STATE_NEW:
        return [_core.peek(obj, slot) for slot in statements.key_slots]
    key = _core.identity_key(obj)
    assert key is not None
    of_identity = dict(zip(statements.mapper.primary_key_slots, key[1], strict=True))
    return [
        of_identity[slot] if slot in of_identity else committed_value(obj, slot)
        for slot in statements.key_slots
    ]


def load_keys(statements: Statements, objects: list[Any]) -> None:
    """Objects about to be written are told apart by their primary key and version: expired
    ones load them."""
    mapper = statements.mapper
    names = [mapper._columntoproperty[c].key for c in statements.primary_key]
    if statements.version_slot >= 0:
        names.append(mapper._columntoproperty[mapper.version_id_col].key)
    for obj in objects:
        for name in names:
            getattr(obj, name)
