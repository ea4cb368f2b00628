"""Many-to-one relationships that nothing refers back to: when the key of an object changes, those
that refer to it are searched for in the session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import _core
from .dependency import column_value, rekeyed
from .flushinfo import RelationInfo, info_of

if TYPE_CHECKING:
    from .unitofwork import UOWTransaction, Work


def take(flush: UOWTransaction, work: Work) -> None:
    """Objects that refer to those whose key changes take part in the flush, or, where the database
    is to change their rows, take the new key after it."""
    changed = _core.key_changed(work.updates)
    for prop in work.info.referring():
        relation = next(r for r in info_of(prop.parent).relations() if r.prop is prop)
        cls = prop.mapper.class_
        if relation.copies_others:
            mine = [obj for obj in work.updates if isinstance(obj, cls)]
            switched = set(map(id, rekeyed(relation, mine)))
        else:
            switched = {id(obj) for obj in changed if isinstance(obj, cls)}
        if not switched:
            continue
        if relation.passive_updates:
            flush.switched.append((relation, switched))
        else:
            follow(flush, relation, switched)


def follow(flush: UOWTransaction, relation: RelationInfo, switched: set[int]) -> None:
    """Copy the keys of the objects with these ids to those that refer to them. What they refer to
    is loaded if this flush is to write them."""
    session = flush.session
    cls = relation.prop.parent.class_
    for obj in [o for o in session._persistent() if isinstance(o, cls) and relation.is_of(o)]:
        if not relation.passive_updates and _core.peek(obj, relation.slot) is _core.NO_VALUE:
            before, session._loads_for_itself = session._loads_for_itself, True
            try:
                _core.get_value(obj, relation.slot)
            finally:
                session._loads_for_itself = before
        if relation.prop.uselist:
            added, unchanged, _lost = _core.history(obj, relation.slot)
            referred = [*unchanged, *added]
        else:
            referred = [_core.peek(obj, relation.slot)]
        related = next((each for each in referred if id(each) in switched), None)
        if related is None:
            continue
        for source, target in zip(relation.source, relation.target_slots, strict=True):
            _core.set_value(obj, target, column_value(related, source))
        if relation.passive_updates:
            flush.followed.append(obj)
        elif not flush.is_deleted(obj):
            flush.register_update(obj)
