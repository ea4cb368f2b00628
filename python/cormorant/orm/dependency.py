"""What relationships ask of a flush: who takes part, which keys are copied or nulled,
which association rows come and go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import _core, exc
from ..util import warn
from .base import MANYTOMANY, MANYTOONE, ONETOMANY, instance_str
from .flushinfo import RelationInfo
from .listening import ROW_EVENTS, mapper_events, mapper_listeners

if TYPE_CHECKING:
    from .unitofwork import UOWTransaction, Work


def full_history(
    obj: Any, relation: RelationInfo, every: bool = False, committed: bool = True
) -> tuple[list[Any], list[Any], list[Any]]:
    """(added, unchanged, deleted) of a relationship, loaded from the database if need be: by the
    keys that the database has, or (not committed) by those that it has after the flush that the
    load begins with.

    A many-to-one whose object is neither loaded nor in the identity map counts as
    unknown unless its cascades need it, or `every` one is wanted; so does what a detached
    object has not loaded, which a cascade may reach.
    """
    slot = relation.slot
    session: Any = _core.session_of(obj)
    if (
        session is not None
        and _core.peek(obj, slot) is _core.NO_VALUE
        and _core.state_flags(obj) & _core.STATE_KEY
        and (every or relation.direction is not MANYTOONE or relation.cascade_delete)
    ):
        before = session._load_committed, session._loads_for_itself
        session._load_committed = committed
        session._loads_for_itself = True
        try:
            _core.get_value(obj, slot)
        finally:
            session._load_committed, session._loads_for_itself = before
    return _core.history(obj, slot)


def keep_histories(flush: UOWTransaction) -> None:
    """Remember what relationships gained and lost, if there are listeners of rows: what these do
    to relationships is too late for the flush that calls them."""
    names = ROW_EVENTS & mapper_events
    if not any(
        mapper_listeners(mapper, name)
        for info in flush.work
        for mapper in info.mapper.self_and_descendants
        for name in names
    ):
        return
    for relation in flush.active:
        work = flush.work.get(relation.parent)
        if work is not None:
            flush.kept[relation] = {
                id(obj): _core.history(obj, relation.slot)
                for objects in (work.new, work.updates, work.deletes)
                for obj in relation.of(objects)
            }


def _history(
    flush: UOWTransaction, relation: RelationInfo, obj: Any
) -> tuple[list[Any], list[Any], list[Any]]:
    """What a relationship gained, has still and lost, as it was before listeners were called."""
    kept = flush.kept.get(relation)
    found = None if kept is None else kept.get(id(obj))
    return _core.history(obj, relation.slot) if found is None else found


def take_orphans(flush: UOWTransaction, work: Work) -> None:
    """Objects without the parent their class needs: new ones are not inserted, persistent
    ones are deleted."""
    for obj in _core.find_orphans(work.new, _core.STATE_ORPHANED):
        flush.session._expunge(obj)
        work.new = [other for other in work.new if other is not obj]
    orphans = _core.find_orphans(work.updates)
    if orphans:
        gone = set(map(id, orphans))
        work.updates = [obj for obj in work.updates if id(obj) not in gone]
        for obj in orphans:
            flush.register_delete(obj)


# ---- before ordering -----------------------------------------------------------


def presort(flush: UOWTransaction, work: Work, relation: RelationInfo) -> bool:
    """Register the objects a relationship brings into the flush. True if it looked at any."""
    deletes = work.deletes
    seen = work.seen_deletes.get(relation, 0)
    busy = False
    new_seen, updates_seen = work.seen_saves.get(relation, (0, 0))
    updates = work.updates
    updated = len(updates)
    if flush.condemned and updated > updates_seen:
        # what others have condemned meanwhile is not saved, so it spares no members
        updates = _core.without_flag(updates[updates_seen:], _core.STATE_TO_DELETE)
        updates_start = 0
    else:
        updates_start = updates_seen
    if len(deletes) > seen:
        work.seen_deletes[relation] = len(deletes)
        _presort_deletes(flush, relation, relation.of(deletes[seen:]))
        if relation.direction is MANYTOONE and relation not in flush.asked:
            _ask(flush, relation, relation.of(deletes[seen:]))
        busy = True
    if len(work.new) > new_seen or updated > updates_seen:
        work.seen_saves[relation] = (len(work.new), updated)
        if len(work.new) > new_seen:
            _presort_saves(flush, relation, work.new, new_seen)
        if len(updates) > updates_start:
            _presort_saves(flush, relation, updates, updates_start)
        busy = True
    return busy


def _ask(flush: UOWTransaction, relation: RelationInfo, objects: list[Any]) -> None:
    """Whether deleted objects refer to anything by a many-to-one, of the first that tells without
    loading the other."""
    prop = relation.prop
    if relation.passive_deletes:
        return
    if not prop._use_get:
        # What it refers to says no key of its own: it is loaded.
        if any(any(full_history(obj, relation, every=True)) for obj in objects):
            flush.asked.add(relation)
        return
    slots, target = prop._get_slots, prop.mapper
    session, place = flush.session, -1
    while relation not in flush.asked:
        place = _core.first_telling(
            session, objects, relation.slot, slots, target.class_manager, place + 1
        )
        if place < 0:
            return
        obj = objects[place]
        if not any(_core.history(obj, relation.slot)):
            values = []
            for slot in slots:
                value = _core.committed(obj, slot)
                known = value is not ... and value is not _core.NO_VALUE
                values.append(value if known else column_value(obj, slot))
            found = None
            if any(value is not None for value in values):
                token = _core.identity_token(obj)
                found = session._get(target.class_manager, tuple(values), token)
                if found is None:
                    continue
                if not isinstance(found, target.class_):
                    found = None
            _core.set_loaded(obj, relation.slot, found)
        flush.asked.add(relation)


def concerns(work: Work, relation: RelationInfo) -> bool:
    """True if an object that takes part has the relationship."""
    return any(relation.of(objects) for objects in (work.new, work.updates, work.deletes))


def has_history(work: Work, relation: RelationInfo) -> bool:
    """True if the relationship is loaded or changed in any object that takes part."""
    slot = relation.slot
    return any(
        _core.has_history(relation.of(objects), slot)
        for objects in (work.new, work.updates, work.deletes)
        if objects
    )


def holds_others(work: Work, relation: RelationInfo) -> bool:
    """True if deleted objects refer to others by a many-to-one with post_update."""
    return _lets_go(relation) and any(
        holds_other(obj, relation) for obj in relation.of(work.deletes)
    )


def _lets_go(relation: RelationInfo) -> bool:
    """Whether it is a many-to-one with post_update that a deleted object lets go of."""
    return (
        relation.post_update
        and relation.direction is MANYTOONE
        and not relation.cascade_orphan
        and relation.passive_deletes != "all"
    )


def holds_other(obj: Any, relation: RelationInfo) -> bool:
    """True if an object to be deleted has to let go, before, of what a many-to-one with
    post_update refers to."""
    if not _lets_go(relation):
        return False
    if any(other is not None for group in _core.history(obj, relation.slot) for other in group):
        return True
    if _core.peek(obj, relation.slot) is not _core.NO_VALUE:
        return False
    return any(column_value(obj, slot) is not None for slot in relation.target_slots)


def _presort_saves(
    flush: UOWTransaction, relation: RelationInfo, objects: list[Any], start: int
) -> None:
    direction = relation.direction
    if direction is not ONETOMANY and not relation.cascade_orphan:
        if direction is MANYTOMANY:
            objects = relation.of(objects[start:])
            _changed_rows(relation, objects)
            if not relation.prop.uselist:
                # What was replaced without being known is asked for before rows of the other
                # side's relationship are written: it would be found beside the new one.
                for obj in objects:
                    _core.history(obj, relation.slot)
        return
    if relation._only is not None:
        objects, start = relation.of(objects[start:]), 0
    if direction is MANYTOONE and not relation.passive_deletes:
        for obj in objects[start:]:
            if _is_told(obj, relation.target_slots):
                full_history(obj, relation, every=True)  # the old object may have to go
    gained, lost = _core.relation_scan(flush.session, objects, relation.slot, start)
    if direction is ONETOMANY:
        spared = []
        for _parent, child in gained:
            if child not in flush.session:
                _warn_stranger(child, "add", relation)
            elif _core.state_flags(child) & _core.STATE_TO_DELETE:
                spared.append(child)
            else:
                flush.register_update(child)
        if spared:
            flush.cancel_deletes(spared)
        for _parent, child in lost:
            _lose_child(flush, relation, child)
        _follow_key_change(flush, relation, objects, start)
    else:
        for _parent, child in lost:
            seen = _core.known_parent if direction is MANYTOONE else _core.has_parent
            if not seen(child, relation.prop):
                _delete_with_cascade(flush, child, relation)


def _is_told(obj: Any, slots: Sequence[int]) -> bool:
    """Whether something was ever said of columns, though it may be expired."""
    if _core.state_flags(obj) & _core.STATE_EXPIRED:
        return True
    expired = _core.expired_slots(obj)
    return all(slot in expired or _core.peek(obj, slot) is not _core.NO_VALUE for slot in slots)


def _lose_child(flush: UOWTransaction, relation: RelationInfo, child: Any) -> None:
    """A child was taken out of a one-to-many relationship."""
    if relation.cascade_orphan:
        if _core.has_parent(child, relation.prop):
            return
    elif relation.passive_deletes == "all":
        return
    if _core.session_of(child) is not flush.session:
        _warn_stranger(child, "delete", relation)
    elif not _core.state_flags(child) & _core.STATE_KEY:
        return
    elif relation.cascade_orphan:
        _delete_with_cascade(flush, child, relation)
    else:
        flush.register_update(child)


def _delete_with_cascade(flush: UOWTransaction, obj: Any, relation: RelationInfo) -> None:
    """Delete what an object has lost or takes along, with what that takes along."""
    from .unitofwork import cascade_objects

    if _core.session_of(obj) is not flush.session:
        _warn_stranger(obj, "delete", relation)

    reached = list(cascade_objects(obj, "delete"))
    flush.register_delete(obj)
    for child in reached:
        if _core.session_of(child) is flush.session:
            flush.register_delete(child)


def rekeyed(relation: RelationInfo, objects: list[Any]) -> list[Any]:
    """The objects whose primary key, or other columns that the relationship's foreign keys refer
    to, are others now."""
    changed = _core.key_changed(objects)
    if not relation.copies_others:
        return changed
    known = set(map(id, changed))
    slots = relation.source
    return [o for o in objects if id(o) in known or any(_core.history(o, s)[2] for s in slots)]


def _follow_key_change(
    flush: UOWTransaction, relation: RelationInfo, objects: list[Any], start: int
) -> None:
    """Children of a parent whose key changes take the new key along."""
    for parent in rekeyed(relation, objects[start:] if start else objects):
        mapper = _core.manager_of(parent).mapper  # type: ignore[union-attr]
        if not _core.state_flags(parent) & _core.STATE_KEY or not _core.changed_columns(
            parent, (*mapper.primary_key_slots, *relation.source)
        ):
            continue
        if relation.passive_updates:
            _added, unchanged, _lost = _core.history(parent, relation.slot)
        else:
            _added, unchanged, _lost = full_history(parent, relation)
        for child in unchanged:
            if child is None:
                continue
            if child not in flush.session:
                _warn_stranger(child, "pk change", relation)
            elif not relation.passive_updates:
                flush.register_update(child)


def _presort_deletes(flush: UOWTransaction, relation: RelationInfo, objects: list[Any]) -> None:
    direction = relation.direction
    load = not relation.passive_deletes
    if direction is MANYTOONE:
        if not (relation.cascade_delete or relation.cascade_orphan):
            return
        for obj in objects:
            added, unchanged, lost = (
                full_history(obj, relation) if load else _core.history(obj, relation.slot)
            )
            if relation.cascade_orphan:
                for child in lost:
                    if child is not None:
                        _delete_with_cascade(flush, child, relation)
            if relation.cascade_delete:
                for child in (*unchanged, *added):
                    if child is not None:
                        _delete_with_cascade(flush, child, relation)
        return
    if direction is ONETOMANY and relation.cascade_delete:
        # Members that stay the program's delete() has reached.
        objects = _core.unsettled(objects, relation.slot)
    for obj in objects:
        if load:
            _added, unchanged, lost = full_history(obj, relation)
        else:
            _added, unchanged, lost = _core.history(obj, relation.slot)
        if direction is MANYTOMANY:
            continue
        for child in lost:
            if child is not None and not _kept(relation, obj, child, ()):
                if relation.cascade_orphan:
                    flush.register_delete(child)
                else:
                    flush.register_update(child)
        if not relation.cascade_delete and relation.passive_deletes != "all":
            for child in unchanged:
                if child is None or flush.is_deleted(child):
                    continue
                if _core.session_of(child) is flush.session:
                    flush.register_update(child)
                else:
                    _warn_stranger(child, "delete", relation)


# ---- while running ---------------------------------------------------------------


def process_saves(flush: UOWTransaction, relation: RelationInfo, objects: list[Any]) -> None:
    """Copy or null keys, or change association rows, for saved parents."""
    objects = relation.of(objects)
    if not objects:
        return
    _refuse_subtypes(flush, relation, objects)
    if relation.copies_others and flush.expire_after:
        _load_referred(flush, relation, objects)
    direction = relation.direction
    if direction is ONETOMANY:
        _one_to_many(flush, relation, objects)
    elif direction is MANYTOONE:
        _many_to_one(flush, relation, objects)
    else:
        _many_to_many(flush, relation, objects, deleting=False)


def _load_referred(flush: UOWTransaction, relation: RelationInfo, objects: list[Any]) -> None:
    """Load what foreign keys are to have that the database has made for rows of this flush, and
    that no statement has returned."""
    from .written import load_written

    waiting: dict[int, set[int]] = {}
    for obj, slots in flush.expire_after:
        waiting.setdefault(id(obj), set()).update(slots)
    wanted: list[tuple[Any, Sequence[int]]] = []
    for obj in objects:
        added = [one for one in _history(flush, relation, obj)[0] if one is not None]
        if not added:
            continue
        sides = [(added if relation.direction is MANYTOONE else [obj], relation.source)]
        if relation.direction is MANYTOMANY:
            sides.append((added, relation.target_slots))
        for referred, slots in sides:
            for one in referred:
                missing = [slot for slot in slots if slot in waiting.get(id(one), ())]
                if missing:
                    wanted.append((one, missing))
    load_written(flush, wanted)


def process_deletes(flush: UOWTransaction, relation: RelationInfo, objects: list[Any]) -> None:
    """Null keys, or delete association rows, for parents about to be deleted."""
    objects = relation.of(objects)
    if not objects:
        return
    direction = relation.direction
    if direction is MANYTOMANY:
        _many_to_many(flush, relation, objects, deleting=True)
    elif direction is ONETOMANY and relation.passive_deletes != "all":
        moved = flush.children_added.get(relation, ())
        if relation.cascade_delete and not relation.post_update:
            objects = _core.unsettled(objects, relation.slot)
        for parent in objects:
            _added, unchanged, lost = _history(flush, relation, parent)
            children = [c for c in lost if not _kept(relation, parent, c, moved)]
            if relation.post_update or not relation.cascade_delete:
                children += [c for c in unchanged if id(c) not in moved]
            _null_children(flush, relation, children, deleting=True)
    elif direction is MANYTOONE and relation.post_update:
        _release_parents(flush, relation, objects)


def _one_to_many(flush: UOWTransaction, relation: RelationInfo, objects: list[Any]) -> None:
    session = flush.session
    touched, wrong = _core.sync_children(
        session,
        objects,
        relation.slot,
        relation.source,
        relation.target_slots,
        flush.kept.get(relation),
    )
    _refuse(relation, wrong)
    if touched:
        flush.children_added.setdefault(relation, set()).update(map(id, touched))
        if not relation.post_update:
            flush.touched(touched)
    if relation.post_update:
        _post_update(flush, touched, relation)
        for parent in objects:
            # whether or not the other side has given them their keys already
            added = [
                child
                for child in _history(flush, relation, parent)[0]
                if child is not None and _core.session_of(child) is session
            ]
            _post_update(flush, added, relation)
    if not relation.cascade_orphan and relation.passive_deletes != "all":
        lost = _lost_by(flush, relation, objects)
        moved = flush.children_added.get(relation, ())
        alone = [c for parent, c in lost if not _kept(relation, parent, c, moved)]
        _null_children(flush, relation, alone)
    for parent in rekeyed(relation, objects):
        if not _core.state_flags(parent) & _core.STATE_KEY and not any(
            _core.history(parent, slot)[2] for slot in relation.source
        ):
            continue  # it has no key that was another before: made transient it may have
        _added, unchanged, _lost = _history(flush, relation, parent)
        for child in unchanged:
            if child is None or flush.is_deleted(child):
                continue
            keys = _core.manager_of(child).mapper.primary_key_slots  # type: ignore[union-attr]
            for source, target in zip(relation.source, relation.target_slots, strict=True):
                _core.set_value(child, target, column_value(parent, source))
                if relation.passive_updates and target in keys:
                    # by this value the row is found, if more of it is to be written
                    _core.set_loaded(child, target, column_value(parent, source))
            if relation.passive_updates:
                flush.followed.append(child)
            elif _core.session_of(child) is session:
                flush.register_update(child)


def _lost_by(
    flush: UOWTransaction, relation: RelationInfo, objects: list[Any]
) -> list[tuple[Any, Any]]:
    """(parent, child) of what a one-to-many has lost."""
    if relation not in flush.kept:
        return _core.relation_scan(flush.session, objects, relation.slot)[1]
    return [
        (parent, child)
        for parent in objects
        for child in _history(flush, relation, parent)[2]
        if child is not None and _core.is_entity(child)
    ]


def _kept(relation: RelationInfo, parent: Any, child: Any, moved: Any) -> bool:
    """True for a child that one parent lost and another gained in the same flush."""
    if id(child) in moved:
        return True
    reverse = next(iter(relation.reverse), None)
    if reverse is None or reverse.slot < 0:
        return False
    # With a back reference, the child itself knows whether it has a new parent. (It still refers to
    # the old one if that was set to another child while this one was not known.)
    other = _core.peek(child, reverse.slot)
    if other is None or other is _core.NO_VALUE or other is parent:
        return False
    # (nor has it the parent that a one-to-one gave another child since)
    held = child if relation.prop.uselist else _core.peek(other, relation.slot)
    return held is child or held is _core.NO_VALUE


def column_value(obj: Any, slot: int) -> Any:
    """The value of a column slot, loaded if need be."""
    value = _core.peek(obj, slot)
    if value is _core.NO_VALUE:
        manager = _core.manager_of(obj)
        assert manager is not None
        name = next(n for n, s in manager.names.items() if s == slot)
        value = getattr(obj, name)
    return value


def _null_children(
    flush: UOWTransaction, relation: RelationInfo, children: list[Any], *, deleting: bool = False
) -> None:
    """Children whose parent is gone: their foreign keys become NULL."""
    children = [
        c for c in children if c is not None and (relation.post_update or not flush.is_deleted(c))
    ]
    if not children:
        return
    _check_blank(relation, children)
    # Those outside of the session let go as well, but are not written.
    cleared = [
        c
        for c in _core.clear_columns(children, relation.target_slots)
        if _core.session_of(c) is flush.session and _core.state_flags(c) & _core.STATE_KEY
    ]
    if relation.post_update:
        _post_update(flush, cleared, relation, deleting=deleting)
    else:
        flush.touched(cleared)


def _post_update(
    flush: UOWTransaction, objects: list[Any], relation: RelationInfo, *, deleting: bool = False
) -> None:
    for obj in objects:
        flush.register_post_update(obj, relation.target_slots, deleting)


def _release_parents(flush: UOWTransaction, relation: RelationInfo, objects: list[Any]) -> None:
    """Objects about to be deleted let go of what a many-to-one with post_update refers to."""
    if not _lets_go(relation):
        return
    holding = [obj for obj in objects if holds_other(obj, relation)]
    _check_blank(relation, objects)
    _core.clear_columns(objects, relation.target_slots)
    if flush.transaction.nested:
        flush.transaction._updated.extend(objects)  # they may come back
    _post_update(flush, holding, relation, deleting=True)


def _check_blank(relation: RelationInfo, objects: list[Any]) -> None:
    """A primary key cannot be nulled by a relationship."""
    prop = relation.prop
    for (source, target), slot in zip(prop.synchronize_pairs, relation.target_slots, strict=True):
        if not target.primary_key:
            continue
        for obj in objects:
            if _core.peek(obj, slot) not in (None, _core.NO_VALUE):
                raise AssertionError(
                    f"Dependency rule on column '{source}' tried to blank-out primary key "
                    f"column '{target}' on instance '{instance_str(obj)}'"
                )


def _many_to_one(flush: UOWTransaction, relation: RelationInfo, objects: list[Any]) -> None:
    if relation.prop.uselist or relation in flush.kept:
        emptied, strangers, wrong = _sync_told_parents(flush, relation, objects)
    else:
        emptied, strangers, wrong = _core.sync_parent(
            flush.session, objects, relation.slot, relation.source, relation.target_slots
        )
    _refuse(relation, wrong)
    if emptied:
        _check_blank(relation, emptied)
        _core.clear_columns(emptied, relation.target_slots)
    for _obj, related in strangers:
        _warn_stranger(related, "add", relation)
    if relation.post_update:
        held = [obj for obj in objects if any(_history(flush, relation, obj))]
        _post_update(flush, held, relation)


def _sync_told_parents(
    flush: UOWTransaction, relation: RelationInfo, objects: list[Any]
) -> tuple[list[Any], list[tuple[Any, Any]], list[Any]]:
    """As the core's sync_parent(), by histories: of a many-to-one that is a list, where what was
    added to it last is what the object refers to, or where listeners may have set another."""
    uselist, target = relation.prop.uselist, relation.prop.mapper.class_
    emptied: list[Any] = []
    strangers: list[tuple[Any, Any]] = []
    wrong: list[Any] = []
    for obj in objects:
        added, _unchanged, lost = _history(flush, relation, obj)
        if (lost and not added) or (added == [None] and not uselist):
            emptied.append(obj)
            continue
        for related in added:
            manager = None if related is None else _core.manager_of(related)
            if manager is None or not isinstance(related, target):
                wrong.append(related)
            elif _core.session_of(related) is not flush.session:
                strangers.append((obj, related))
            else:
                for source, own in zip(relation.source, relation.target_slots, strict=True):
                    _core.set_value(obj, own, column_value(related, source))
    return emptied, strangers, wrong


def _many_to_many(
    flush: UOWTransaction, relation: RelationInfo, objects: list[Any], *, deleting: bool
) -> None:
    from .association_rows import change_association_rows

    mine = flush.m2m_pairs.setdefault(relation, (_core.Pairs(), _core.Pairs()))[deleting]
    reverse = set(relation.reverse)
    theirs = tuple(
        pairs for other, both in flush.m2m_pairs.items() if other.prop in reverse for pairs in both
    )
    inserts, deletes, strangers, lost, wrong = _core.association_rows(
        flush.session,
        objects,
        relation.slot,
        relation.source,
        relation.target_slots,
        tuple(side for side, _ in relation.order),
        tuple(place for _, place in relation.order),
        mine,
        theirs,
        deleting,
        flush.kept.get(relation),
    )
    _refuse(relation, wrong)
    for operation, pairs in (("add", strangers), ("delete", lost)):
        for _obj, child in pairs:
            _warn_stranger(child, operation, relation)
    updates = [] if deleting else _changed_rows(relation, objects)
    change_association_rows(flush, relation, inserts, deletes, updates)


def _changed_rows(relation: RelationInfo, objects: list[Any]) -> list[tuple[Any, Any]]:
    """(old, new) association rows of parents whose key changes."""
    if relation.passive_updates:
        return []
    found = []
    for parent in rekeyed(relation, objects):
        if not _core.state_flags(parent) & _core.STATE_KEY:
            continue
        for child in full_history(parent, relation)[1]:
            if child is None:
                continue
            ends = ((parent, relation.source), (child, relation.target_slots))
            old, new = [], []
            for side, place in relation.order:
                obj, slots = ends[side]
                value = _core.committed(obj, slots[place])
                new.append(column_value(obj, slots[place]))
                old.append(new[-1] if value is ... else None if value is _core.NO_VALUE else value)
            found.append((tuple(old), tuple(new)))
    return found


# ---- messages ----------------------------------------------------------------------


def _refuse(relation: RelationInfo, members: list[Any]) -> None:
    """Members must be of the class the relationship leads to."""
    if not members:
        return
    prop = relation.prop
    if members[0] is None:
        raise exc.FlushError(f"Can't flush None value found in collection {prop}")
    name = f"{prop.parent.class_.__name__}.{relation.key}"
    given, expected = type(members[0]), prop.mapper.class_
    advice = ""
    if issubclass(given, expected):
        advice = (
            f" If {given} is a subclass of {expected}, configure mapper "
            f'"{prop.mapper}" to load this subtype polymorphically, or set '
            "enable_typechecks=False to allow any subtype to be accepted for flush. "
        )
    raise exc.FlushError(
        f"Attempting to flush an item of type {given} as a member of collection "
        f'"{name}". Expected an object of type {expected} or a polymorphic subclass of this type.'
        + advice
    )


def _refuse_subtypes(flush: UOWTransaction, relation: RelationInfo, objects: list[Any]) -> None:
    """Members whose class a load would not give back, as nothing in a row says it."""
    prop = relation.prop
    target = prop.mapper
    if target.polymorphic_on is not None or not prop.enable_typechecks:
        return
    if len(target.self_and_descendants) == 1:
        return
    for obj in objects:
        for member in _history(flush, relation, obj)[0]:
            manager = _core.manager_of(member) if _core.is_entity(member) else None
            if manager is None or manager is target.class_manager:
                continue
            known = _core.session_of(member) is flush.session
            if known and issubclass(manager.class_, target.class_):
                _refuse(relation, [member])


def _warn_stranger(obj: Any, operation: str, relation: RelationInfo) -> None:
    attached = _core.is_entity(obj) and _core.session_of(obj) is not None
    deleted = attached and _core.state_flags(obj) & _core.STATE_DELETED
    added = relation.direction is MANYTOONE and operation == "add"
    if deleted and not added:
        return
    name = f"{relation.prop.parent.class_.__name__}.{relation.key}"
    refused = added or relation.direction is MANYTOMANY
    ending = "won't proceed" if refused else "will not proceed"
    warn(
        f"Object of type <{type(obj).__name__}> not in session, {operation} operation along "
        f"'{name}' {ending}"
    )
