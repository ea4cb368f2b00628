"""New objects with the key of a row that the session has: the row of one that is being deleted in
the same flush is updated, not deleted and inserted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _core, exc
from ..util import warn
from .base import committed_value, instance_str
from .flush_statements import Hierarchy, Statements, is_expression, statements_of
from .flushinfo import MapperInfo
from .single_rows import fill_onupdates, load_keys, row_key, stale

if TYPE_CHECKING:
    from .unitofwork import UOWTransaction


def settle_conflicts(
    flush: UOWTransaction, info: MapperInfo, connection: Any, new: list[Any], conflicts: list[Any]
) -> list[Any]:
    """New objects with the identity of an object in the session: if that one is being
    deleted, its row is updated instead."""
    switched: set[int] = set()
    for obj, existing in conflicts:
        flags = _core.state_flags(existing)
        again = flags & _core.STATE_TO_DELETE  # though an earlier flush may have deleted it
        if (flags & _core.STATE_DELETED and not again) or not _still_there(flush, existing):
            continue
        if not again:
            warn(
                f"New instance {instance_str(obj)} with identity key "
                f"{_core.identity_key(existing)} conflicts with persistent instance "
                f"{instance_str(existing)}"
            )
            continue
        statements = statements_of(info, connection)
        if isinstance(statements, Hierarchy):
            manager = _core.manager_of(obj)
            assert manager is not None
            for each in statements.of_mapper(manager.mapper):
                _switch_row(flush, each, connection, obj, existing)
        else:
            _switch_row(flush, statements, connection, obj, existing)
        switched.add(id(obj))
        work = flush.work[info]
        work.deletes = [o for o in work.deletes if o is not existing]
        flush.row_switches[id(obj)] = existing
    return [o for o in new if id(o) not in switched]


def _still_there(flush: UOWTransaction, obj: Any) -> bool:
    """Whether an object of the session has a row: an expired one is looked at."""
    if not _core.state_flags(obj) & _core.STATE_EXPIRED:
        return True
    from .row_loading import load_expired

    if load_expired(flush.session, obj):
        return True
    flush.session._note_deleted([obj])
    return False


def _switch_row(
    flush: UOWTransaction, statements: Statements, connection: Any, obj: Any, existing: Any
) -> None:
    """UPDATE the row of a deleted object with what replaces it."""
    from ..sql.dml import Update

    given = [
        slot
        for slot, column in statements.column_of.items()
        if not column.primary_key and _core.peek(obj, slot) is not _core.NO_VALUE
    ]
    version, next_version = statements.version_slot, statements.next_version
    if not given and (version < 0 or next_version is None):
        return
    if _core.unloaded_keys([existing], version):
        load_keys(statements, [existing])
    parts = row_key(statements, existing)
    values = {}
    if version >= 0:
        # The row must still be the one that was to be deleted.
        parts.append(committed_value(existing, version))
        if next_version is not None and version not in given:
            values[version] = next_version(parts[-1])
    fill_onupdates(statements, connection, [obj], tuple(given))
    values.update((s, _core.peek(obj, s)) for s in given)
    values.update((s, _core.peek(obj, s)) for s, _ in statements.python_onupdates)
    where, names = statements._where_key()
    statement = Update(statements.table).where(where)
    statement = statement.values({statements.column_of[s].key: v for s, v in values.items()})
    fetched = []
    if statements.eager_update:
        fetched = [slot for slot in statements.sql_onupdates if slot not in given]
        statement = statement.returning(*(statements.column_of[s] for s in fetched))
    result = connection.execute(statement, dict(zip(names, parts, strict=True)))
    rows = result.all() if fetched else []
    matched = len(rows) if fetched else result.rowcount
    if 0 <= matched != 1:
        raise stale("UPDATE", statements.table, exc.StaleDataError(1, matched))
    for slot, value in zip(fetched, rows[0] if rows else (), strict=True):
        _core.set_loaded(obj, slot, value)
    if version in values and version not in given:
        _core.set_loaded(obj, version, values[version])
    expired = [slot for slot in values if is_expression(values[slot])]
    if not statements.eager_update:
        expired += [slot for slot in statements.sql_onupdates if slot not in given]
    if expired:
        flush.expire_after.append((obj, expired))
