"""What becomes of objects whose rows were written: they are clean and have their identity, and
what the database made of their columns is loaded or will be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import _core
from .dependency import column_value
from .flushinfo import MapperInfo

if TYPE_CHECKING:
    from .unitofwork import UOWTransaction


def finish_inserts(flush: UOWTransaction, info: MapperInfo, new: list[Any]) -> None:
    """Inserted objects become persistent."""
    session, transaction = flush.session, flush.transaction
    switched = flush.row_switches
    if switched:
        replaced = [switched[id(o)] for o in new if id(o) in switched]
        if replaced:
            session._remove_deleted(replaced)
            transaction._deleted.extend(replaced)
    session._register(new)
    _core.mark_born(new, transaction._level)
    transaction._born = True


def finish_updates(flush: UOWTransaction, info: MapperInfo, objects: list[Any]) -> None:
    """Updated objects are clean; those whose primary key changed get a new identity."""
    for obj in _core.unloaded_keys(objects):
        # Whether its key is another now is not known without it.
        for column in info.mapper.primary_key:
            getattr(obj, info.mapper._columntoproperty[column].key)
    finish_followers(flush, objects)


def finish_followers(flush: UOWTransaction, objects: list[Any]) -> None:
    """Objects whose rows were updated, by a statement or by the database when what they refer to
    was, are clean; those whose primary key changed get a new identity."""
    session, transaction = flush.session, flush.transaction
    for obj in _core.misnamed(objects):
        before = _core.identity_key(obj)
        session._register([obj])
        if _core.identity_key(obj) != before:
            assert before is not None
            transaction._key_switches.setdefault(id(obj), (obj, before[1]))
    _core.commit_states(objects)


def expire_expressions(info: MapperInfo, objects: list[Any], new: bool = False) -> None:
    """What SQL expressions say of rows just written is to be read again.

    Called while the objects still know what was changed: that stays, as does what `new`
    objects were made with.
    """
    mapper = info.mapper
    if not mapper._inheriting_mappers:
        if mapper._expression_props:
            _expire_expressions_of(mapper, objects, new)
        return
    if any(each._expression_props for each in mapper.self_and_descendants):
        for manager, group in _core.group_by_manager(objects):
            _expire_expressions_of(manager.mapper, group, new)


def _expire_expressions_of(mapper: Any, objects: list[Any], new: bool) -> None:
    for obj in objects:
        slots = []
        for prop in mapper._expression_props:
            loaded = _core.peek(obj, prop.slot) is not _core.NO_VALUE
            if loaded and not prop.expire_on_flush:
                continue
            if loaded and new and _core.history(obj, prop.slot)[0]:
                continue  # (What it was loaded with before a rollback is no change.)
            if not _core.changed_columns(obj, (prop.slot,)):
                slots.append(prop.slot)
        if slots:
            _core.expire(obj, slots)


def load_versions(flush: UOWTransaction, mapper: Any, objects: list[Any]) -> None:
    """Load the versions of written rows that the database has made and no statement has
    returned: the next UPDATE asks for them."""
    slot = mapper._columntoproperty[mapper.version_id_col].slot
    load_written(flush, [(obj, (slot,)) for obj in objects])


def load_eager_defaults(flush: UOWTransaction, objects: list[Any]) -> None:
    """Load what the server fills and no statement has read back, object by object."""
    load_written(
        flush,
        [(obj, _filled_by_server(_core.manager_of(obj).mapper)) for obj in objects],  # type: ignore[union-attr]
    )


def load_written(flush: UOWTransaction, wanted: list[tuple[Any, Sequence[int]]]) -> None:
    """Load those of the slots that are not loaded, or would be expired after the flush."""
    from .row_loading import load_columns_of

    expiring: dict[int, set[int]] = {}
    for obj, slots in flush.expire_after:
        expiring.setdefault(id(obj), set()).update(slots)
    loaded: dict[int, tuple[int, ...]] = {}
    for obj, slots in wanted:
        later = expiring.get(id(obj), ())
        missing = tuple(s for s in slots if s in later or _core.peek(obj, s) is _core.NO_VALUE)
        if missing:
            mapper = _core.manager_of(obj).mapper  # type: ignore[union-attr]
            # what is expired is loaded, as it has to be for the identity
            key = [column_value(obj, slot) for slot in mapper.primary_key_slots]
            load_columns_of(flush.session, obj, mapper, missing, key)
            _core.keep_values(obj, missing)  # of a new object, too
            loaded[id(obj)] = missing
    if expiring and loaded:
        flush.expire_after = [
            (obj, [slot for slot in slots if slot not in loaded.get(id(obj), ())])
            for obj, slots in flush.expire_after
        ]


def _filled_by_server(mapper: Any) -> list[int]:
    """Slots of the columns that the server, or SQL, may fill in an INSERT or an UPDATE."""
    found: list[int] = []
    for prop in mapper._props.values():
        if prop._is_column and prop.slot >= 0:
            column = prop.columns[0]
            made = (getattr(column, "default", None), getattr(column, "onupdate", None))
            by_server = ("server_default", "server_onupdate")
            if any(getattr(column, name, None) is not None for name in by_server) or any(
                getattr(rule, "is_clause_element", False) for rule in made
            ):
                found.append(prop.slot)
    return found
