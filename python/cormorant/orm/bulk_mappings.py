"""Rows and objects written in bulk by a session, without its unit of work."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .. import _core
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
                    given.update(zip(names, map(values.__getitem__, names), strict=True))
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
        if mapper.version_id_col is not None:
            mapper._columntoproperty[mapper.version_id_col]  # a concrete class need not have it
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

    if not preserve_order:
        keys = [(id(_core.manager_of(obj)), _core.identity_key(obj) is not None) for obj in given]
        given = [given[number] for number in sorted(range(len(given)), key=keys.__getitem__)]

    def work() -> None:
        start = 0
        while start < len(given):
            end = _core.run_end(given, start)
            _save(session, given[start:end], return_defaults, update_changed_only)
            start = end

    if given:
        _run_bulk(session, work)


def _save(session: Session, batch: list[Any], return_defaults: bool, changed_only: bool) -> None:
    """Objects of one class, either all new or all persisted."""
    manager = _core.manager_of(batch[0])
    assert manager is not None
    mapper = manager.mapper
    persisted = _core.identity_key(batch[0]) is not None
    _need_one_database(session, "bulk_update" if persisted else "bulk_insert")
    connection = session._connection_for(mapper)
    if persisted:
        rows = _core.attribute_rows(batch, _parts_to_update(mapper, changed_only))
        update_mappings(connection, mapper, rows)
        return
    rows = _core.attribute_rows(batch, _parts_to_insert(mapper, is_joined(mapper)))
    if is_joined(mapper):
        _identify(mapper, batch, insert_joined(connection, mapper, rows, False), return_defaults)
    elif return_defaults:
        slots = mapper.primary_key_slots
        found = insert_returning_keys(connection, mapper, rows)
        for obj, values in zip(batch, found, strict=True):
            for slot, value in zip(slots, values, strict=True):
                _core.set_loaded(obj, slot, value)
            _core.commit_state(obj)
            _core.set_identity(obj, values)
    else:
        insert_mappings(connection, mapper, rows)


def _parts_to_update(mapper: Any, changed_only: bool) -> tuple[tuple[str, int, int], ...]:
    """What an UPDATE takes of an object: values by attribute, then what tells the row."""
    columns = [prop for prop in mapper._props.values() if prop._is_column and prop.slot >= 0]
    kind = _core.BULK_CHANGED if changed_only else _core.BULK_VALUE
    parts = [(prop.key, kind, prop.slot) for prop in columns]
    told_by = [column for table in mapper._tables for column in key_columns(mapper, table)]
    if mapper.version_id_col is not None:
        told_by.insert(0, mapper.version_id_col)
    props = mapper._columntoproperty
    parts += [(props[c].key, _core.BULK_COMMITTED, props[c].slot) for c in told_by]
    parts += [(props[c].key, _core.BULK_KEY, n) for n, c in enumerate(mapper.primary_key)]
    return tuple(parts)


def _identify(mapper: Any, objects: list[Any], rows: list[dict[str, Any]], wholly: bool) -> None:
    """Inserted objects get their keys; `wholly`: and are what was inserted."""
    names = [mapper._columntoproperty[c].key for c in mapper.primary_key]
    for obj, row in zip(objects, rows, strict=True):
        for name in row if wholly else names:
            _core.set_loaded(obj, mapper._props[name].slot, row[name])
        if wholly:
            _core.commit_state(obj)
            _core.set_identity(obj, tuple(map(row.__getitem__, names)))


def _parts_to_insert(mapper: Any, by_attribute: bool) -> tuple[tuple[str, int, int], ...]:
    """What an INSERT takes of an object."""
    parts = []
    for prop in mapper._props.values():
        if prop._is_column and prop.slot >= 0 and prop not in mapper._expression_props:
            column = prop.columns[0]
            null = column.type.should_evaluate_none
            kind = _core.BULK_VALUE if null else _core.BULK_GIVEN
            parts.append((prop.key if by_attribute else column.key, kind, prop.slot))
    return tuple(parts)
