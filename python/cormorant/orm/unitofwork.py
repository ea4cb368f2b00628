"""The unit of work: what a flush does, and in which order.

Everything here runs per mapper or per relationship. Loops over objects are in C
(`_core.relation_scan`, `sync_children`, …), except for objects whose relationships
form cycles, which are ordered one by one.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .. import _core, exc
from ..util import warn
from . import dependency, key_switches, persistence, written
from .base import MANYTOMANY, ONETOMANY, instance_str
from .flushinfo import MapperInfo, RelationInfo, info_of, relations_of
from .instance import InstanceState
from .listening import mapper_events
from .ordering import Node, per_object_layers, plan_of
from .transaction import ACTIVE

if TYPE_CHECKING:
    from .session import Session
    from .transaction import SessionTransaction


class Work:
    """The objects of one mapper that take part in a flush."""

    __slots__ = ("deletes", "info", "new", "seen_deletes", "seen_saves", "updates")

    def __init__(self, info: MapperInfo) -> None:
        self.info = info
        self.new: list[Any] = []
        self.updates: list[Any] = []
        self.deletes: list[Any] = []
        # How far each relationship has looked through the lists above.
        self.seen_saves: dict[RelationInfo, tuple[int, int]] = {}
        self.seen_deletes: dict[RelationInfo, int] = {}


class UOWTransaction:
    """One flush of a session, as its listeners know it: collects the work, orders and runs it."""

    plain: tuple[MapperInfo, list[Any]] | None = None
    """New objects that are to be inserted, if there is nothing else to do or to say: no `work`."""
    related = False
    """Whether there is what relate() makes."""
    tracking = False
    """Whether `registered` knows what is in the `updates` of all work."""

    def __init__(
        self,
        session: Session,
        transaction: SessionTransaction,
        objects: Sequence[Any] | None = None,
    ) -> None:
        self.session = session
        self.transaction = transaction
        self.objects = objects
        self.work: dict[MapperInfo, Work] = {}
        self.row_switches: dict[int, Any] = {}
        self.expire_after: list[tuple[Any, Sequence[int]]] = []
        # New objects, and which slots of which of them INSERTs have filled.
        self.filled: list[tuple[list[Any], list[tuple[int, int, tuple[int, ...]]]]] = []
        # Objects, and slots that their columns' onupdate has set.
        self.updated: list[tuple[list[Any], set[int]]] = []
        if session._events is not None:
            session._fire("before_flush", self, objects)
        self._collect(objects)

    def relate(self) -> None:
        """Make what relationships keep their notes in, which rows of one class do without."""
        if self.related:
            return
        self.related = True
        self.registered: set[int] = set()
        self.active: set[RelationInfo] = set()
        # What a second UPDATE has filled of rows that this flush inserted: (id of the object, slot).
        self.known: set[tuple[int, int]] = set()
        # What many to many relationships gained and lost, by saved objects and by deleted ones.
        self.m2m_pairs: dict[RelationInfo, tuple[_core.Pairs, _core.Pairs]] = {}
        # (mapper, before the DELETEs?) -> id of an object -> it, and slots that relationships
        # with post_update set
        self.post_updates: dict[tuple[MapperInfo, bool], dict[int, tuple[Any, set[int]]]] = {}
        #: what they have written: id of an object -> values by slot
        self.post_updated: dict[int, dict[int, Any]] = {}
        # Children whose keys the database changes with those of their parents.
        self.followed: list[Any] = []
        # Many-to-one relationships, and ids of objects whose keys they follow after the flush.
        self.switched: list[tuple[RelationInfo, set[int]]] = []
        # Marked as deleted by the flush itself.
        self.condemned: list[Any] = []
        # Relationships that deleted objects have been asked about.
        self.asked: set[RelationInfo] = set()
        # Marked as deleted, and not deleted by this flush: the next one looks again.
        self.spared: list[Any] = []
        self.children_added: dict[RelationInfo, set[int]] = {}
        # What relationships gained and lost before listeners were called: by ids of objects.
        self.kept: dict[RelationInfo, dict[int, Any]] = {}

    def connection(self, mapper: Any) -> Any:
        """The connection that rows of a mapper are written with.

        Raises ResourceClosedError where a listener has ended the transaction of the flush.
        """
        if self.transaction._state is not ACTIVE:
            self.transaction._check()
        return self.session._writing_connection(mapper)

    # -- what there is to do -------------------------------------------------

    def _collect(self, objects: Sequence[Any] | None) -> None:
        session = self.session
        if not objects and session._events is None and session.connection_callable is None:
            alone = _core.pending_alone(session)
            if alone is not None and not (mapper_events and persistence.SAVED & mapper_events):
                info = info_of(alone[0].mapper)
                if info.is_plain():
                    self.plain = info, alone[1]
                    return
        counts = session._counts()
        new = session._new() if counts[0] else []
        modified = session._modified() if counts[1] else []
        deleted = session._deleted() if counts[2] else []
        if objects:
            for obj in objects:
                if not _core.is_entity(obj):
                    from .session import _unmapped

                    raise _unmapped(obj)
            wanted = self._with_pending_children(objects)
            new = [o for o in new if id(o) in wanted]
            modified = [o for o in modified if id(o) in wanted]
            deleted = [o for o in deleted if id(o) in wanted]
        if modified:
            # A deleted object is not updated as well.
            modified = _core.without_flag(modified, _core.STATE_TO_DELETE | _core.STATE_DELETED)
        if new:
            for manager, group in _core.group_by_manager(new, True):
                self._work(manager).new += group
        if modified:
            for manager, group in _core.group_by_manager(modified, True):
                self._work(manager).updates += group
        if deleted:
            for manager, group in _core.group_by_manager(deleted, True):
                self._work(manager).deletes += group
        for work in list(self.work.values()):
            if work.info.has_orphan_rules():
                self.relate()
                dependency.take_orphans(self, work)

    def _with_pending_children(self, objects: Sequence[Any]) -> set[int]:
        """The ids of objects that are to be flushed alone, and of what is inserted with them: the
        new members of their one-to-many relationships, and those of these."""
        session = self.session
        wanted = {id(obj) for obj in objects}
        stack = [obj for obj in objects if obj in session]
        while stack:
            obj = stack.pop()
            manager: Any = _core.manager_of(obj)
            for relation in relations_of(info_of(manager.mapper)):
                if relation.direction is not ONETOMANY or not relation.is_of(obj):
                    continue
                for child in _core.history(obj, relation.slot)[0]:
                    new = child is not None and _core.state_flags(child) & _core.STATE_NEW
                    if new and id(child) not in wanted and _core.session_of(child) is session:
                        wanted.add(id(child))
                        stack.append(child)
        return wanted

    def _work(self, manager: Any) -> Work:
        info = info_of(manager.mapper)
        found = self.work.get(info)
        if found is None:
            found = self.work[info] = Work(info)
        return found

    def register_update(self, obj: Any) -> None:
        """An object that is to be looked at when its mapper's UPDATEs are made."""
        if _core.state_flags(obj) & _core.STATE_DELETED and obj not in self.session:
            return  # an earlier flush has
        self._track()
        key = id(obj)
        if key not in self.registered:
            self.registered.add(key)
            self._work(_core.manager_of(obj)).updates.append(obj)

    def register_delete(self, obj: Any) -> None:
        """An object that this flush deletes, though the program did not say so."""
        flags = _core.state_flags(obj)
        if flags & (_core.STATE_TO_DELETE | _core.STATE_DELETED) or not flags & _core.STATE_KEY:
            return
        if obj not in self.session:
            return  # another has its identity by now
        self.session._mark_deleted(obj)
        self.condemned.append(obj)
        self.session._condemned = self.condemned
        work = self._work(_core.manager_of(obj))
        work.deletes.append(obj)

    def register_post_update(self, obj: Any, slots: Iterable[int], deleting: bool) -> None:
        """An object whose slots are to be written by an UPDATE of their own: after rows
        were saved, or (deleting) before rows are deleted."""
        info = info_of(_core.manager_of(obj).mapper)  # type: ignore[union-attr]
        found = self.post_updates.setdefault((info, deleting), {})
        found.setdefault(id(obj), (obj, set()))[1].update(slots)

    def touched(self, objects: Iterable[Any]) -> None:
        """Persistent objects whose columns were changed by synchronisation."""
        for obj in objects:
            self.register_update(obj)

    def cancel_deletes(self, objects: list[Any]) -> None:
        """Objects marked as deleted that were put into collections again. (What the program has
        marked stays so for the next flush.)"""
        by_id = {id(obj): obj for obj in objects}
        for obj in by_id.values():
            self.session._unmark_deleted(obj)
        condemned = set(map(id, self.condemned)) if self.condemned else ()
        self.spared += [obj for key, obj in by_id.items() if key not in condemned]
        if condemned:
            self.condemned[:] = [obj for obj in self.condemned if id(obj) not in by_id]
        for work in {self._work(_core.manager_of(obj)): None for obj in by_id.values()}:
            places = [p for p, other in enumerate(work.deletes) if id(other) in by_id]
            for relation, seen in work.seen_deletes.items():
                work.seen_deletes[relation] = seen - bisect.bisect_left(places, seen)
            work.deletes[:] = [obj for obj in work.deletes if id(obj) not in by_id]
        for obj in by_id.values():
            self.register_update(obj)

    def _track(self) -> None:
        if not self.tracking:
            self.tracking = True
            for work in self.work.values():
                self.registered.update(map(id, work.updates))

    def is_deleted(self, obj: Any) -> bool:
        """True if this flush deletes the object."""
        return bool(_core.state_flags(obj) & _core.STATE_TO_DELETE)

    # -- order ----------------------------------------------------------------

    def _presort(self) -> None:
        """Let every relationship say what it adds to the work, until none adds more."""
        again = True
        while again:
            again = False
            for work in list(self.work.values()):
                for relation in relations_of(work.info):
                    if dependency.presort(self, work, relation):
                        again = True
        for work in self.work.values() if self.condemned else ():
            # what the program changed and this flush deletes is not updated as well
            work.updates = _core.without_flag(work.updates, _core.STATE_TO_DELETE)
        # A relationship counts as soon as its target takes part, or has history.
        for work in self.work.values():
            for relation in relations_of(work.info):
                if relation not in self.active and (
                    (
                        not relation.self_referential
                        and relation.target in self.work
                        and dependency.concerns(work, relation)
                    )
                    or dependency.has_history(work, relation)
                    or dependency.holds_others(work, relation)
                ):
                    self.active.add(relation)

    def check(self) -> None:
        """Raise what the state of the transaction forbids, before anything is written."""
        if self.transaction._state is not ACTIVE:
            try:
                self.transaction._check()
            except BaseException:
                self.abandon()
                raise

    def abandon(self) -> None:
        """The flush does not take place."""
        for obj in self.condemned if self.related else ():
            self.session._unmark_deleted(obj)

    def run(self) -> None:
        """Write everything."""
        session, plain = self.session, self.plain
        session._warn_on_events = True
        try:
            if plain is None:
                self._execute()
            else:
                persistence.insert_plain(self, *plain)
        finally:
            session._warn_on_events = False
        if plain is None:
            self.finish()
            return
        written.finish_inserts(self, *plain)
        if self.expire_after:
            self.expire_written()
        if session._unflushed and session._counts()[1]:
            self._reset_changes(session._modified())

    def _execute(self) -> None:
        work = self.work
        for changed in list(work.values()):
            if changed.updates and changed.info.referring():
                self.relate()
                key_switches.take(self, changed)
        if len(work) == 1:
            (only,) = work.values()
            if _is_unrelated(only):
                # The common plain case: one mapper, nothing to order.
                if only.new or only.updates:
                    persistence.save(self, only.info, only.new, only.updates)
                if only.deletes:
                    persistence.delete(self, only.info, only.deletes)
                return
        self.relate()
        loads, self.session._loads_for_itself = self.session._loads_for_itself, True
        try:
            self._presort()
        finally:
            self.session._loads_for_itself = loads
        if mapper_events:
            dependency.keep_histories(self)
        plan = plan_of(tuple(work), frozenset(self.active))
        if plan.cyclic:
            for layer in per_object_layers(self, plan):
                self._run_layer(layer)
        else:
            for node in plan.nodes:
                self._run_node(node)

    def _run_node(self, node: Node) -> None:
        kind, subject = node.kind, node.subject
        if kind == "save":
            self.save(subject)
        elif kind == "delete":
            self.delete(subject)
        elif kind in ("post", "pre"):
            self.post_update(subject, kind == "pre")
        elif kind == "process":
            work = self.work.get(subject.parent)
            if work is not None and subject in self.active:
                saved: tuple[list[Any], ...] = (work.new, work.updates)
                if subject.direction is MANYTOMANY:
                    saved = ([*work.new, *work.updates],)  # their rows in one statement
                for objects in saved:
                    dependency.process_saves(self, subject, objects)
        else:
            work = self.work.get(subject.parent)
            if work is not None and subject in self.active:
                dependency.process_deletes(self, subject, work.deletes)

    def _run_layer(self, layer: list[tuple[Node, list[Any] | None]]) -> None:
        """Run one layer: whole-mapper nodes, and objects of one kind together."""
        for node, objects in layer:
            if objects is None:
                self._run_node(node)
            elif node.kind == "save":
                new = _core.with_flag(objects, _core.STATE_NEW)
                updates = _core.without_flag(objects, _core.STATE_NEW)
                persistence.save(self, node.subject, new, updates)
            elif node.kind == "delete":
                persistence.delete(self, node.subject, objects)
            elif node.kind == "process":
                dependency.process_saves(self, node.subject, objects)
            else:
                dependency.process_deletes(self, node.subject, objects)

    def save(self, info: MapperInfo) -> None:
        """INSERT and UPDATE the objects of a mapper."""
        work = self.work.get(info)
        if work is not None and (work.new or work.updates):
            persistence.save(self, info, work.new, work.updates)

    def delete(self, info: MapperInfo) -> None:
        """DELETE the objects of a mapper."""
        work = self.work.get(info)
        if work is not None and work.deletes:
            persistence.delete(self, info, work.deletes)

    def post_update(self, info: MapperInfo, deleting: bool) -> None:
        """UPDATE what relationships with post_update set."""
        chosen = self.post_updates.get((info, deleting))
        if not chosen:
            return
        given = []
        for obj, slots in chosen.values():
            # relationships of both directions may ask for the same, one of them before DELETEs
            values = {slot: _core.peek(obj, slot) for slot in slots}
            if self.post_updated.get(id(obj)) != values:
                self.post_updated[id(obj)] = values
                given.append((obj, slots))
        if given:
            persistence.post_update(self, info, given)

    def fail(self) -> None:
        """A statement failed: objects keep what those before it have made of them."""
        self.keep_filled()
        self.expire_written()
        for obj in self.spared if self.related else ():
            self.session._mark_deleted(obj)  # as it was: a rollback looks for such

    def keep_filled(self) -> None:
        """What statements have filled is no change of the program's: no history has it."""
        filled, self.filled = self.filled, []
        for new, runs in filled:
            for first, count, slots in runs:
                for obj in new[first : first + count]:
                    _core.keep_values(obj, slots)
        updated, self.updated = self.updated, []
        for objects, made in updated:
            for obj in objects:
                for slot in made:
                    _core.set_loaded(obj, slot, _core.peek(obj, slot))

    def expire_written(self) -> None:
        """What the database has made of rows is read when it is asked for."""
        expired, self.expire_after = self.expire_after, []
        for obj, slots in expired:
            if self.related and self.known:
                slots = [slot for slot in slots if (id(obj), slot) not in self.known]
            _core.expire(obj, slots)

    def finish(self) -> None:
        """After the last statement: objects take the states they now have."""
        session, transaction = self.session, self.transaction
        for relation, switched in self.switched if self.related else ():
            key_switches.follow(self, relation, switched)
        if session._events is not None:
            self.keep_filled()
            self.expire_written()
            session._fire("after_flush", self)
        for work in self.work.values():
            if work.deletes:
                session._note_deleted(work.deletes)
        for work in list(self.work.values()):
            info = work.info
            if work.updates:
                written.finish_updates(self, info, work.updates)
                if transaction.nested:
                    transaction._updated.extend(work.updates)
            if work.new:
                written.finish_inserts(self, info, work.new)
        if self.related:
            written.finish_followers(self, self.followed)
        self.expire_written()
        for obj in self.spared if self.related else ():
            deleted = _core.state_flags(obj) & _core.STATE_DELETED  # for another reason
            if _core.session_of(obj) is session and not deleted:
                session._mark_deleted(obj)
        if session._events is not None:
            for work in list(self.work.values()):
                session._fire_each("persistent_to_deleted", work.deletes)
            session._fire_each("persistent_to_deleted", self.row_switches.values())
            for work in list(self.work.values()):
                session._fire_each("pending_to_persistent", work.new)
        if not self.objects and session._counts()[1]:
            self._reset_changes(session._modified())

    @staticmethod
    def _reset_changes(objects: list[Any]) -> None:
        """Listeners changed objects that the flush had not to do with: that is forgotten."""
        _core.commit_states(objects)
        warn(
            f"Attribute history events accumulated on {len(objects)} previously clean instances "
            "within inner-flush event handlers have been reset, and will not result in database "
            "updates. Consider using set_committed_value() within inner-flush event handlers to "
            "avoid this warning."
        )


def _is_unrelated(work: Work) -> bool:
    """Whether their class has no relationships, or all objects are new ones that nothing has been
    related to."""
    relations = work.info.relations()
    if relations and (work.updates or work.deletes):
        return False
    new = work.new
    for relation in relations:
        if _core.has_history(new if relation.whole else relation.of(new), relation.slot):
            return False
    return True


def cascade_objects(
    obj: Any, kind: str, halt_on: Callable[[Any], bool] | None = None
) -> Iterator[Any]:
    """Objects a cascade reaches from `obj`, each once, depth first, without `obj` and without
    those of whose state `halt_on` is true.

    "delete" loads what is not loaded; the other cascades only see what is.
    """
    seen = {id(obj)}
    stack = [_related(obj, kind)]
    while stack:
        for child in stack[-1]:
            if (
                child is None
                or id(child) in seen
                or (halt_on is not None and halt_on(InstanceState(child)))
            ):
                continue
            seen.add(id(child))
            yield child
            manager = _core.manager_of(child)
            if manager is not None and info_of(manager.mapper).cascades(kind, manager.mapper):
                stack.append(_related(child, kind))
                break
        else:
            stack.pop()


def _related(obj: Any, kind: str) -> Iterator[Any]:
    """Objects one step away over relationships with a cascade."""
    manager = _core.manager_of(obj)
    assert manager is not None
    for relation in info_of(manager.mapper).cascades(kind, manager.mapper):
        if kind == "refresh-expire" and not relation.cascade_orphan:
            # what is new stays so, but for what does not live without the object
            yield from [child for child in _present(obj, relation) if _has_key(child)]
            continue
        if not relation.prop.uselist:
            yield from _referred(obj, relation, kind)
            continue
        if kind == "delete" and not relation.passive_deletes:
            added, unchanged, _removed = dependency.full_history(obj, relation, committed=False)
            yield from (*unchanged, *added)
        else:
            yield from _present(obj, relation)


def _present(obj: Any, relation: RelationInfo) -> Sequence[Any]:
    """What a relationship has that is loaded: what waits for it to be is not reached."""
    value = _core.peek(obj, relation.slot)
    if value is _core.NO_VALUE:
        return _core.history(obj, relation.slot)[0] if relation.prop._is_never_loaded else ()
    if not relation.prop.uselist:
        return (value,)
    added, unchanged, _removed = _core.history(obj, relation.slot)
    return (*unchanged, *added)


def _has_key(obj: Any) -> bool:
    return obj is not None and bool(_core.state_flags(obj) & _core.STATE_KEY)


def _referred(obj: Any, relation: RelationInfo, kind: str) -> Iterator[Any]:
    """What a scalar relationship refers to, loaded if that is to be deleted with it."""
    value = _core.peek(obj, relation.slot)
    emptied = _core.committed(obj, relation.slot) is not ...
    loads = kind == "delete" and not relation.passive_deletes and not emptied
    if value is _core.NO_VALUE and loads:
        dependency.full_history(obj, relation, committed=False)
    value = _core.peek(obj, relation.slot)
    if value is not _core.NO_VALUE:
        yield value


def delete_cascade(session: Session, objects: Sequence[Any]) -> None:
    """Session.delete(): mark objects, and what their delete cascades reach."""
    for obj in objects:
        if _core.identity_key(obj) is None:
            raise exc.InvalidRequestError(f"Instance '{instance_str(obj)}' is not persisted")
        owner = _core.session_of(obj)
        if owner is not None and owner is not session:
            raise exc.InvalidRequestError(
                f"Object '{instance_str(obj)}' is already attached to session "
                f"'{owner.hash_key}' (this is '{session.hash_key}')"
            )
        if _core.state_flags(obj) & _core.STATE_TO_DELETE:
            continue
        manager = _core.manager_of(obj)
        assert manager is not None
        if owner is None or obj not in session:
            session._attach(obj)
        if not info_of(manager.mapper).cascades("delete", manager.mapper):
            session._mark_deleted(obj)
            continue
        # Loading what goes with it may flush, which must not delete it already.
        reached = list(cascade_objects(obj, "delete"))
        session._mark_deleted(obj)
        for child in reached:
            flags = _core.state_flags(child)
            if flags & _core.STATE_TO_DELETE or not flags & _core.STATE_KEY:
                continue
            if child not in session:
                session._attach(child)
            session._mark_deleted(child)


def is_modified(obj: Any, manager: Any, include_collections: bool) -> bool:
    """Session.is_modified(): True if an attribute has a net change."""
    changed = set(_core.changed_slots(obj))
    for prop in manager.mapper._props.values() if changed else ():
        slot = prop.slot
        if slot not in changed:
            continue
        if (
            prop._is_relationship
            and prop.uselist
            and (not include_collections or _core.peek(obj, slot) is _core.NO_VALUE)
        ):
            continue
        added, _unchanged, removed = _core.history(obj, slot)
        if added or removed:
            return True
    return False
