"""INSERT, UPDATE and DELETE of the objects of one mapper.

The loops over objects are the core's, with the `Statements` of the mapper. Objects whose
columns hold SQL expressions are written one by one (single_rows).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from .. import _core, exc
from ..sql.insertmanyvalues import LongStatement, statement_of_rows
from ..util import warn
from .base import committed_value, instance_str
from .flush_statements import (
    Hierarchy,
    Statements,
    filled_in_sql,
    statements_of,
)
from .flushinfo import MapperInfo
from .listening import fire_rows, instance_events, mapper_events
from .row_switches import settle_conflicts
from .single_rows import (
    fill_context_defaults,
    fill_onupdates,
    insert_one,
    load_keys,
    row_key,
    stale,
    update_one,
)
from .written import expire_expressions, load_eager_defaults, load_versions

if TYPE_CHECKING:
    from .unitofwork import UOWTransaction


# ---- saving ----------------------------------------------------------------------


def save(flush: UOWTransaction, info: MapperInfo, new: list[Any], updates: list[Any]) -> None:
    """UPDATE and INSERT objects of a mapper: updates by primary key, inserts as added."""
    session = flush.session
    if session.connection_callable is None:
        _save_with(flush, info, flush.connection(info.mapper), new, updates)
        return
    from .sharding import save_runs

    for connection, inserted, updated in save_runs(session, info, new, updates):
        _save_with(flush, info, connection, inserted, updated)


def _save_with(
    flush: UOWTransaction, info: MapperInfo, connection: Any, new: list[Any], updates: list[Any]
) -> None:
    base = info.mapper
    if not base.batch and len(new) + len(updates) > 1:
        for obj in new:
            _save_with(flush, info, connection, [obj], [])
        for obj in info.sorted(updates):
            _save_with(flush, info, connection, [], [obj])
        return
    if mapper_events and SAVED & mapper_events:
        _save_and_tell(flush, info, connection, new, updates)
    else:
        _save(flush, info, connection, new, updates)
    if base.version_id_col is None and not base._inheriting_mappers:
        return
    for inserted, objects in ((True, new), (False, updates)):
        for mapper, group in info.by_version(objects):
            if mapper.version_id_generator is False:
                _check_versions(mapper, group, inserted)


def insert_plain(flush: UOWTransaction, info: MapperInfo, new: list[Any]) -> None:
    """save() of new objects whose mapper is plain, if nobody listens to that."""
    connection = flush.session._writing_connection(info.mapper)
    _insert(flush, statements_of(info, connection), connection, new)


#: what listeners hear of rows that are saved
SAVED = {"before_insert", "before_update", "after_insert", "after_update"}


def _check_versions(mapper: Any, objects: list[Any], inserted: bool) -> None:
    """Raise if the program, which gives the versions, has left one out."""
    version = mapper.version_id_col
    slot = mapper._columntoproperty[version].slot
    given = not inserted or filled_in_sql(version)
    missing = (None,) if given else (None, _core.NO_VALUE)
    values = [_core.peek(obj, slot) for obj in objects]
    if any(value is each for value in values for each in missing):
        raise exc.FlushError("Instance does not contain a non-NULL version value")


def _save_and_tell(
    flush: UOWTransaction, info: MapperInfo, connection: Any, new: list[Any], updates: list[Any]
) -> None:
    """save() with the listeners before and after it."""
    fire_rows("before_insert", connection, new)
    updates = info.sorted(updates)
    fire_rows("before_update", connection, updates)
    _save(flush, info, connection, new, updates)
    flush.keep_filled()
    flush.expire_written()
    switched = flush.row_switches
    fire_rows("after_insert", connection, [obj for obj in new if id(obj) not in switched])
    fire_rows("after_update", connection, [obj for obj in new if id(obj) in switched])
    fire_rows("after_update", connection, updates)


def _save(
    flush: UOWTransaction, info: MapperInfo, connection: Any, new: list[Any], updates: list[Any]
) -> None:
    added = new
    statements = statements_of(info, connection)
    base = info.mapper
    versioned = base.version_id_col is not None or base._inheriting_mappers
    if new:
        for obj in _core.with_flag(new, _core.STATE_EXPIRED):
            _check_known(info, obj)
        conflicts = _core.identity_conflicts(flush.session, new)
        if conflicts:
            new = settle_conflicts(flush, info, connection, new, conflicts)
    if updates:
        updates = info.sorted(updates)
        for mapper, objects in info.by_version(updates) if versioned else ():
            # Known even of those that turn out to have nothing to write.
            prop = mapper._columntoproperty[mapper.version_id_col]
            for obj in _core.unloaded_keys(objects, prop.slot):
                if _core.peek(obj, prop.slot) is _core.NO_VALUE:
                    getattr(obj, prop.key)
    if isinstance(statements, Hierarchy):
        _save_hierarchy(flush, statements, connection, new, updates)
    else:
        if updates:
            _update(flush, statements, connection, updates)
        if new:
            _insert(flush, statements, connection, new)
    if base._expression_props or base._inheriting_mappers:
        expire_expressions(info, added, new=True)
        expire_expressions(info, updates)
    for mapper, objects in info.by_version(new) if versioned else ():
        if not mapper.version_id_generator and filled_in_sql(mapper.version_id_col):
            load_versions(flush, mapper, objects)
    for mapper, objects in info.by_version(updates) if versioned and flush.expire_after else ():
        if not mapper.version_id_generator:
            slot = mapper._columntoproperty[mapper.version_id_col].slot
            waiting = {id(obj) for obj, slots in flush.expire_after if slot in slots}
            load_versions(flush, mapper, [obj for obj in objects if id(obj) in waiting])
    if info.mapper.eager_defaults is True:
        switched = [obj for obj in added if id(obj) in flush.row_switches]
        load_eager_defaults(flush, [*new, *switched, *updates])
    if info.mapper.base_mapper._has_composites:
        from .descriptor_props import forget_values

        forget_values([*new, *updates])


def _save_hierarchy(
    flush: UOWTransaction, hierarchy: Hierarchy, connection: Any, new: list[Any], updates: list[Any]
) -> None:
    """Table by table: the rows of all classes that have the table."""
    if hierarchy.discriminator_slot >= 0:
        for objects in (updates, new):
            _check_discriminators(hierarchy, objects)
    for table, of_table in hierarchy.tables:
        if updates:
            followed = hierarchy.followed.get(table)
            if followed is not None:
                _follow_keys(followed, updates)
            cascaded = hierarchy.cascaded.get(table)
            moved, staying = _with_moved_keys(cascaded, updates) if cascaded else ([], updates)
            for statements, run in _core.runs_by(moved, of_table):
                _update(flush, statements.of_moved, connection, run)
            for statements, run in _core.runs_by(staying, of_table, hierarchy.narrowed[table]):
                _update(flush, statements, connection, run)
        if new:
            copied = hierarchy.copied.get(table)
            if copied is not None:
                for (sources, targets), run in _core.runs_by(new, copied):
                    _core.copy_slots(run, sources, targets)
            for statements, run in _core.runs_by(new, of_table):
                _insert(flush, statements, connection, run)


def _follow_keys(followed: dict[Any, Any], objects: list[Any]) -> None:
    """What joins a row to that of the base, and is an attribute of its own, takes a change of the
    base's key."""
    for obj in _core.key_changed(objects):
        slots = followed.get(_core.manager_of(obj))
        if slots is not None:
            for source, target in zip(*slots, strict=True):
                _core.set_value(obj, target, _core.peek(obj, source))


def _with_moved_keys(cascaded: dict[Any, Any], objects: list[Any]) -> tuple[list[Any], list[Any]]:
    """Objects whose row the database has given the new key of the base's row, and the others."""
    moved = []
    for obj in _core.key_changed(objects):
        slots = cascaded.get(_core.manager_of(obj))
        if slots is not None and _core.changed_columns(obj, slots[0]):
            for source, target in zip(*slots, strict=True):
                if source != target:
                    _core.set_loaded(obj, target, _core.peek(obj, source))
            moved.append(obj)
    if not moved:
        return moved, objects
    gone = set(map(id, moved))
    return moved, [obj for obj in objects if id(obj) not in gone]


def _check_discriminators(hierarchy: Hierarchy, objects: list[Any]) -> None:
    slot = hierarchy.discriminator_slot
    for obj in _core.foreign_identities(objects, slot, hierarchy.acceptable):
        warn(
            f"Flushing object {instance_str(obj)} with incompatible polymorphic identity "
            f"{_core.peek(obj, slot)!r}; the object may not refresh and/or load correctly (this "
            "warning may be suppressed after 10 occurrences)"
        )


def _check_known(info: MapperInfo, obj: Any) -> None:
    """What was expired when a rollback took its row cannot be inserted: its values are lost."""
    from .row_loading import unrefreshable

    if any(_core.peek(obj, s) is _core.NO_VALUE for s in info.mapper.primary_key_slots):
        raise unrefreshable(obj)


def _insert(flush: UOWTransaction, statements: Statements, connection: Any, new: list[Any]) -> None:
    filled = None
    if "refresh_flush" in instance_events:
        from .hooks import filled_by_insert

        filled = filled_by_insert(statements, new)
    unfetched = []
    for obj in new if statements.unfetched else ():
        missing = [slot for slot in statements.unfetched if statements.lacks(obj, slot)]
        if missing:
            unfetched.append((obj, missing))
    if statements.context_defaults:
        # What such a default sees decides, so only what was given makes a run.
        for given, run in itertools.groupby(new, partial(_given_columns, statements)):
            batch = list(run)
            fill_context_defaults(statements, connection, batch)
            _insert_run(flush, statements, connection, batch, given)
    else:
        _insert_run(flush, statements, connection, new)
    flush.expire_after += unfetched
    if filled is not None:
        filled.tell(flush)


def _given_columns(statements: Statements, obj: Any) -> tuple[int, ...]:
    return tuple(
        slot
        for slot, rule, _ in statements.insert_rules
        if rule != _core.COLUMN_OMIT_NONE and not statements.lacks(obj, slot)
    )


def _after(log: Any, special: Any) -> Any:
    """What writes one object by itself, after listeners have heard of what was written before."""
    finish = getattr(log, "finish", None)
    if finish is None:
        return special

    def write(*given: Any) -> None:
        finish()
        special(*given)

    return write


def _insert_run(
    flush: UOWTransaction,
    statements: Statements,
    connection: Any,
    new: list[Any],
    variant: Any = None,
) -> None:
    raw = connection._dbapi_connection
    log = connection._flush_log(variant, statements.compiled.get)
    special: Any = partial(insert_one, flush, statements, connection)
    if log is not None:
        special = _after(log, special)
    filled: list[tuple[int, int, tuple[int, ...]]] = []
    flush.filled.append((new, filled))
    asks = not statements.returns and not connection.dialect.postfetch_lastrowid
    if asks or statements.made_inserts > (log is None):
        for obj in new:
            special(obj)
        return
    make, kept = statements.make_insert, statements.inserts[0]
    if log is None:
        make, kept = statements.make_unlogged_insert, statements.inserts[1]
    elif connection._events_of("before_execute"):
        make, kept = statements.make_single_insert, statements.inserts[2]
    try:
        _core.insert_objects(
            raw,
            statements.manager,
            statements.insert_rules,
            make,
            kept,
            new,
            log,
            special,
            filled,
        )
        if log is not None:
            _done(log)
    except exc.SQLAlchemyError:
        raise
    except Exception as error:
        _wrap(statements, connection, raw, error, getattr(log, "run", None))


def _done(log: Any) -> None:
    """The loop that has called a log is over: listeners hear of its last statement."""
    done = getattr(log, "done", None)
    if done is not None:
        done()


def _wrap(
    statements: Statements, connection: Any, raw: Any, error: Exception, run: Any = None
) -> None:
    """Raise a driver's error as SQLAlchemy's; anything else as it is. `run`: of an INSERT, what
    listeners were told last."""
    params = raw.failed_params
    sql = raw.failed_sql
    if sql is not None:
        sql = statements.shown.get(sql, sql)
        compiled = statements.compiled.get(sql)
        parts = getattr(compiled, "many_values", None)
        if run is not None and run.changed and run.sql == sql:
            params = run.parameters
            connection._wrap_error(error, sql, params, isinstance(params, list), from_core=False)
        elif isinstance(params, list) and params and parts is not None:
            sql, params = statement_of_rows(compiled, params, bool(parts.returning))
            connection._wrap_error(error, LongStatement(sql), params, from_core=False)
        if not isinstance(error, connection.dialect.driver_errors):
            # A type refused a value: shown as the program gave it.
            names = statements.names.get(sql, ())
            if isinstance(params, tuple) and len(names) == len(params):
                params = dict(zip(names, params, strict=True))
            if isinstance(params, dict):
                params = [dict(sorted(params.items()))]
                connection._wrap_error(error, sql, params)
    connection._wrap_error(error, sql, params, isinstance(params, list))
    raise error


def post_update(flush: UOWTransaction, info: MapperInfo, given: list[tuple[Any, set[int]]]) -> None:
    """UPDATE what relationships with post_update set: (object, slots)."""
    session = flush.session
    if session.connection_callable is None:
        _post_update_with(flush, info, flush.connection(info.mapper), given)
        return
    from .sharding import runs

    for connection, group in runs(session, info, given, of=lambda item: item[0]):
        _post_update_with(flush, info, connection, group)


def _post_update_with(
    flush: UOWTransaction, info: MapperInfo, connection: Any, given: list[tuple[Any, set[int]]]
) -> None:
    info.need_versions([obj for obj, _ in given])
    statements = statements_of(info, connection)
    if not isinstance(statements, Hierarchy):
        _post_update(flush, info, statements, connection, given)
        return
    for table, of_table in statements.tables:
        groups: dict[Statements, list[tuple[Any, set[int]]]] = {}
        narrowed = statements.narrowed[table]
        for obj, slots in given:
            manager = _core.manager_of(obj)
            each = of_table.get(manager)
            if each is not None and (each.has_onupdates or not slots.isdisjoint(each.slots)):
                if manager in narrowed and slots.isdisjoint(narrowed[manager][1]):
                    each = narrowed[manager][0]
                groups.setdefault(each, []).append((obj, slots))
        for each, group in groups.items():
            _post_update(flush, info, each, connection, group)


def _post_update(
    flush: UOWTransaction,
    info: MapperInfo,
    statements: Statements,
    connection: Any,
    given: list[tuple[Any, set[int]]],
) -> None:
    # What the program has set stays, where an onupdate would make a value.
    made = [slot for slot, column in statements.column_of.items() if column.onupdate is not None]
    if made:
        flush.keep_filled()
    wanted = set(made).union(*(slots for _, slots in given)).difference(statements.pk_slots)
    columns = [slot for slot in statements.slots if slot in wanted]
    objects = [obj for obj, _ in given]
    new = _core.with_flag(objects, _core.STATE_NEW)
    if len(new) > 1:
        place = {id(obj): i for i, obj in enumerate(flush.work[info].new)}
        new.sort(key=lambda obj: place[id(obj)])
    persistent = info.sorted(_core.without_flag(objects, _core.STATE_NEW))
    # The version of new rows is the one that their INSERT gave them.
    written = [
        (tuple(slot for slot in columns if _core.history(obj, slot)[0]), inserted, obj)
        for group, inserted in ((new, True), (persistent, statements.version_slot < 0))
        for obj in group
    ]
    for (changed, inserted), run in itertools.groupby(written, key=lambda item: item[:2]):
        if changed:
            batch = [obj for _, _, obj in run]
            _update(flush, statements, connection, batch, changed, True, inserted)


def _update(
    flush: UOWTransaction,
    statements: Statements,
    connection: Any,
    objects: list[Any],
    columns: Sequence[int] | None = None,
    again: bool = False,
    inserted: bool = False,
) -> None:
    """UPDATE objects: their net changes, or (again) `columns` of rows that this flush has written
    or is going to delete; the version stays of those it inserted."""
    if columns is None:
        columns = statements.slots
    if "refresh_flush" in instance_events:
        from .hooks import filled_by_update

        filled = filled_by_update(statements, objects, columns, inserted, again)
        _update_all(flush, statements, connection, objects, columns, again, inserted)
        filled.tell(flush)
        return
    _update_all(flush, statements, connection, objects, columns, again, inserted)


def _update_all(
    flush: UOWTransaction,
    statements: Statements,
    connection: Any,
    objects: list[Any],
    columns: Sequence[int],
    again: bool,
    inserted: bool,
) -> None:
    versioned = {} if again else statements.slots_elsewhere

    def changed_of(obj: Any) -> tuple[int, ...] | None:
        """What is written; nothing but a new version if other tables alone changed."""
        changed = tuple(columns) if again else _core.changed_columns(obj, columns)
        if changed:
            return changed
        elsewhere = versioned.get(_core.manager_of(obj))
        return () if elsewhere and _core.changed_columns(obj, elsewhere) else None

    if len(statements.primary_key) > 1:
        _refuse_nulls("update", statements, objects, changed_of)
    if statements.version_slot >= 0 and not inserted:
        nulls = set(map(id, _core.null_versions(objects, statements.version_slot)))
        for place, obj in enumerate(objects) if nulls else ():
            if id(obj) in nulls and (changed := changed_of(obj)):
                before = [o for o in objects[:place] if id(o) not in nulls]
                _update_all(flush, statements, connection, before, columns, again, False)
                _refuse_null_version(statements, connection, obj, changed)
        if nulls:  # what changed of them is in other tables
            objects = [obj for obj in objects if id(obj) not in nulls]
    for slot in (-1 if inserted else statements.version_slot, *statements.own_keys):
        expired = _core.unloaded_keys(objects, slot)
        if expired:
            load_keys(statements, [o for o in expired if changed_of(o) is not None])
    fills = statements.python_onupdates or statements.sql_onupdates
    if not fills and not versioned and not statements.server_version:
        _update_run(flush, statements, connection, objects, columns, again, inserted, again=again)
        return
    filled = {slot for slot, _ in statements.python_onupdates}
    for changed, run in itertools.groupby(objects, changed_of):
        if changed is None:
            continue
        batch = list(run)
        fill_onupdates(statements, connection, batch, changed)
        if made := filled.difference(changed):
            flush.updated.append((batch, made))
            if inserted:
                flush.known.update((id(obj), slot) for obj in batch for slot in made)
        # Written whether or not the new value is another.
        written = tuple(s for s in statements.slots if s in changed or s in filled)
        version = statements.version_slot
        if not changed and statements.next_version is None and version not in written:
            # Nobody counts it for a change of another table: it is compared all the same.
            written = (version, *written)
        fetched = [s for s in statements.sql_onupdates if s not in written]
        if statements.server_version and version not in (*written, *fetched):
            fetched.append(version)
        # What the next UPDATE of the row asks for is known at once, if the database makes it.
        at_once = version if statements.server_version else -1
        eager = [s for s in fetched if (statements.eager_update and not again) or s == at_once]
        late = [s for s in fetched if s not in eager]
        if eager:
            for obj in batch:
                update_one(flush, statements, connection, obj, written, eager)
        else:
            _update_run(
                flush, statements, connection, batch, written, True, inserted, changed, again
            )
        if late:
            flush.expire_after.extend((obj, late) for obj in batch if not flush.is_deleted(obj))


def _update_run(
    flush: UOWTransaction,
    statements: Statements,
    connection: Any,
    objects: list[Any],
    columns: Sequence[int],
    every: bool,
    inserted: bool,
    variant: Any = None,
    again: bool = False,
) -> None:
    raw = connection._dbapi_connection
    log = connection._flush_log(variant, statements.compiled.get)
    special: Any = partial(update_one, flush, statements, connection)
    if log is not None:
        special = _after(log, special)
    if statements.updates_singly or (statements.made_updates > (log is None) and not inserted):
        for obj in objects:
            changed = tuple(columns) if every else _core.changed_columns(obj, columns)
            if changed or every:
                special(obj, changed)
        return
    try:
        _core.update_objects(
            raw,
            statements.manager,
            columns,
            statements.make_unversioned_update if inserted else statements.make_update,
            statements.unversioned_updates if inserted else statements.updates,
            objects,
            log,
            special,
            statements.version_slot,
            None if inserted else statements.next_version,
            every,
            statements.key_slots,
            statements.key_moved,
            again and connection.dialect.supports_sane_multi_rowcount,
        )
        if log is not None:
            _done(log)
    except exc.StaleDataError as error:
        raise stale("UPDATE", statements.table, error) from None
    except exc.SQLAlchemyError:
        raise
    except Exception as error:
        _wrap(statements, connection, raw, error)


def delete(flush: UOWTransaction, info: MapperInfo, objects: list[Any]) -> None:
    """DELETE objects of a mapper, sorted by primary key."""
    session = flush.session
    objects = info.sorted(objects)
    if session.connection_callable is None:
        _delete_with(info, flush.connection(info.mapper), objects)
        return
    from .sharding import runs

    for connection, group in runs(session, info, objects):
        _delete_with(info, connection, group)


def _delete_with(info: MapperInfo, connection: Any, objects: list[Any]) -> None:
    if mapper_events and ("before_delete" in mapper_events or "after_delete" in mapper_events):
        fire_rows("before_delete", connection, objects)
        _delete_rows(info, connection, objects)
        fire_rows("after_delete", connection, objects)
        return
    _delete_rows(info, connection, objects)


def _delete_rows(info: MapperInfo, connection: Any, objects: list[Any]) -> None:
    info.need_versions(objects)
    statements = statements_of(info, connection)
    if not isinstance(statements, Hierarchy):
        _delete(statements, connection, objects)
        return
    for table, _of_table in reversed(statements.tables):
        for each, run in _core.runs_by(objects, statements.owners[table]):
            owner = each.mapper
            below = table is not owner.base_mapper.local_table and not owner.concrete
            if not (below and owner.passive_deletes):
                _delete(each, connection, run)


def _refuse_nulls(
    verb: str,
    statements: Statements,
    objects: list[Any],
    changed_of: Callable[[Any], Any] = lambda obj: (),
) -> None:
    """Raise if a row that is to be written has a NULL in its key, which no `=` finds."""
    for obj in _core.null_keys(objects):
        if changed_of(obj) is None:
            continue
        values = row_key(statements, obj)
        column = next(c for c, v in zip(statements.primary_key, values, strict=True) if v is None)
        raise exc.FlushError(
            f"Can't {verb} table {statements.table} using NULL for primary key value on column "
            f"{column}"
        )


def _refuse_null_version(
    statements: Statements, connection: Any, obj: Any, changed: Sequence[int]
) -> None:
    """Raise for an UPDATE of a row whose version is NULL, which no `=` finds."""
    where, names = statements._where_key()
    params = {statements.column_of[slot].key: _core.peek(obj, slot) for slot in changed}
    params.update(zip(names, row_key(statements, obj), strict=False))
    connection.execute(statements.table.update().where(where), params)


def _refuse_null_versions(
    statements: Statements, connection: Any, objects: list[Any], nulls: list[Any]
) -> None:
    """Raise for a DELETE of rows some of which have NULL for their version."""
    where, names = statements._where_key(delete=True)
    without = set(map(id, nulls))
    rows = []
    for obj in objects:
        params = dict(zip(names, row_key(statements, obj), strict=False))
        if id(obj) not in without:
            params[names[-1]] = committed_value(obj, statements.version_slot)
        rows.append(params)
    connection.execute(statements.table.delete().where(where), rows)


def _delete(statements: Statements, connection: Any, objects: list[Any]) -> None:
    if len(statements.primary_key) > 1:
        _refuse_nulls("delete from", statements, objects)
    if statements.version_slot >= 0:
        nulls = _core.null_versions(objects, statements.version_slot)
        if nulls:
            _refuse_null_versions(statements, connection, objects, nulls)
    for slot in (statements.version_slot, *statements.own_keys):
        expired = _core.unloaded_keys(objects, slot)
        if expired:
            load_keys(statements, expired)
    raw: Any = connection._dbapi_connection
    log = connection._flush_log(None, statements.compiled.get)
    try:
        matched = _core.delete_objects(
            raw,
            statements.manager,
            statements.make_delete(),
            objects,
            log,
            statements.version_slot,
            statements.key_slots,
        )
        if log is not None:
            _done(log)
    except exc.SQLAlchemyError:
        raise
    except Exception as error:
        _wrap(statements, connection, raw, error)
    expected = len(objects)
    if 0 <= matched < expected and statements.mapper.confirm_deleted_rows:
        message = (
            f"DELETE statement on table {statements.table.description!r} expected to delete "
            f"{expected} row(s); {matched} were matched.  Please set "
            "confirm_deleted_rows=False within the mapper configuration to prevent this "
            "warning."
        )
        if statements.version_slot >= 0:
            raise exc.StaleDataError(message)
        warn(message)
