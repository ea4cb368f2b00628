"""Rows and objects written in bulk by a session, without its unit of work."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .. import _core
from .base import committed_value
from .bulk import _split_composites
from .bulk_inheritance import (
    discriminator,
    insert_joined,
    is_joined,
)
from .bulk_rows import insert_mappings, insert_returning_keys, update_mappings
from .inheritance import key_columns

if TYPE_CHECKING:
    from .session import Session


def _run_bulk(session: Session, work: Any) -> None:
    """Run bulk work as a flush runs, maybe within one: a failure rolls the transaction back."""
    before = session._flushing
    transaction = session._autobegin_t()
    transaction._check()
    session._flushing = True
    try:
        work()
    except BaseException as error:
        transaction._fail(error)
        raise
    finally:
        session._flushing = before


def bulk_insert_mappings(
    session: Session,
    mapper: Any,
    mappings: Iterable[dict[str, Any]],
    return_defaults: bool,
    render_nulls: bool,
) -> None:
    """Session.bulk_insert_mappings()."""
    from ..inspection import inspect

    mapper = inspect(mapper)
    mapper._check_configure()
    mappings = list(mappings)
    given_rows = _split_composites(mapper, mappings)

    def work() -> None:
        _need_one_database(session, "bulk_insert")
        connection = session._connection_for(mapper)
        preset = discriminator(mapper)
        rows = given_rows
        if preset is not None:
            rows = [{preset[0]: preset[1], **row} for row in rows]
        names = [mapper._columntoproperty[c].key for c in mapper.primary_key]
        if is_joined(mapper):
            made = insert_joined(connection, mapper, rows, render_nulls)
            if return_defaults:
                for given, values in zip(mappings, made, strict=True):
                    given.update((name, values[name]) for name in names)
            return
        if not return_defaults:
            insert_mappings(connection, mapper, rows, render_nulls)
            return
        keys = insert_returning_keys(connection, mapper, rows, render_nulls)
        for given, key in zip(mappings, keys, strict=True):
            given.update(zip(names, key, strict=True))

    if mappings:
        _run_bulk(session, work)


def bulk_update_mappings(session: Session, mapper: Any, mappings: Iterable[dict[str, Any]]) -> None:
    """Session.bulkupdate_mappings()."""
    from ..inspection import inspect

    mapper = inspect(mapper)
    mapper._check_configure()
    rows = _split_composites(mapper, list(mappings))

    def work() -> None:
        _need_one_database(session, "bulk_update")
        update_mappings(session._connection_for(mapper), mapper, rows)

    if rows:
        _run_bulk(session, work)


def _need_one_database(session: Session, what: str) -> None:
    if session.connection_callable is not None:
        from .sharding import refuse_bulk

        refuse_bulk(what)


def bulk_save_objects(
    session: Session,
    objects: Iterable[Any],
    return_defaults: bool,
    update_changed_only: bool,
    preserve_order: bool,
) -> None:
    """Session.bulk_save_objects()."""
    given = list(objects)
    for obj in given:
        if not _core.is_entity(obj):
            from .session import _unmapped

            raise _unmapped(obj)

    def key(obj: Any) -> tuple[int, bool]:
        return id(_core.manager_of(obj)), _core.identity_key(obj) is not None

    if not preserve_order:
        given.sort(key=key)

    def work() -> None:
        for (_, persisted), group in itertools.groupby(given, key=key):
            batch = list(group)
            manager = _core.manager_of(batch[0])
            assert manager is not None
            mapper = manager.mapper
            _need_one_database(session, "bulk_update" if persisted else "bulk_insert")
            connection = session._connection_for(mapper)
            if persisted:
                rows = [_row_to_update(obj, mapper, update_changed_only) for obj in batch]
                update_mappings(connection, mapper, rows)
            elif is_joined(mapper):
                given_rows = [_row_to_insert(obj, mapper, True) for obj in batch]
                made = insert_joined(connection, mapper, given_rows, False)
                for obj, row in zip(batch, made, strict=True):
                    _identify(mapper, obj, row, return_defaults)
            elif return_defaults:
                rows = [_row_to_insert(obj, mapper) for obj in batch]
                slots = mapper.primary_key_slots
                found = insert_returning_keys(connection, mapper, rows)
                for obj, values in zip(batch, found, strict=True):
                    for slot, value in zip(slots, values, strict=True):
                        _core.set_loaded(obj, slot, value)
                    _core.commit_state(obj)
                    _core.set_identity(obj, values)
            else:
                rows = [_row_to_insert(obj, mapper) for obj in batch]
                insert_mappings(connection, mapper, rows)

    if given:
        _run_bulk(session, work)


def _row_to_update(obj: Any, mapper: Any, changed_only: bool) -> dict[str, Any]:
    slots = [p.slot for p in mapper._props.values() if p._is_column and p.slot >= 0]
    if changed_only:
        chosen: Iterable[int] = _core.changed_columns(obj, slots)
    else:
        chosen = [s for s in slots if _core.peek(obj, s) is not _core.NO_VALUE]
    names = {p.slot: p.key for p in mapper._props.values() if p._is_column}
    row = {names[s]: _core.peek(obj, s) for s in chosen}
    if mapper.version_id_col is not None:
        prop = mapper._columntoproperty[mapper.version_id_col]
        row[prop.key] = committed_value(obj, prop.slot)
    key = _core.identity_key(obj)
    assert key is not None
    for table in mapper._tables:
        for column in key_columns(mapper, table):
            prop = mapper._columntoproperty[column]
            row[prop.key] = committed_value(obj, prop.slot)
    for column, value in zip(mapper.primary_key, key[1], strict=True):
        row[mapper._columntoproperty[column].key] = value
    return row


def _identify(mapper: Any, obj: Any, row: Mapping[str, Any], wholly: bool) -> None:
    """An inserted object gets its key; `wholly`: and is what was inserted."""
    names = [mapper._columntoproperty[c].key for c in mapper.primary_key]
    for name in row if wholly else names:
        _core.set_loaded(obj, mapper._props[name].slot, row[name])
    if wholly:
        _core.commit_state(obj)
        _core.set_identity(obj, tuple([row[name] for name in names]))


def _row_to_insert(obj: Any, mapper: Any, by_attribute: bool = False) -> dict[str, Any]:
    row = {}
    for prop in mapper._props.values():
        if prop._is_column and prop.slot >= 0:
            value = _core.peek(obj, prop.slot)
            null = value is None and not prop.columns[0].type.should_evaluate_none
            if value is not _core.NO_VALUE and not null:
                row[prop.key if by_attribute else prop.columns[0].key] = value
    return row
