"""Session.merge(): copying the state of objects onto those of the same identity."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from .. import _core, exc
from ..util import warn
from .base import instance_str

if TYPE_CHECKING:
    from ..engine.made_results import FrozenResult
    from .session import Session


def merge(
    session: Session, instances: Sequence[Any], load: bool, options: Sequence[Any] | None
) -> list[Any]:
    """The objects of this session that the given ones were merged onto."""
    if load:
        # What is pending could have the identity that is looked for.
        session._autoflush()
    before = session.autoflush
    session.autoflush = False
    try:
        run = _Merge(session, load, options)
        return [run.merge(obj) for obj in instances]
    finally:
        session.autoflush = before


class _Merge:
    """One call of merge(): remembers what it has merged already."""

    def __init__(self, session: Session, load: bool, options: Sequence[Any] | None) -> None:
        self.session = session
        self.load = load
        self.options = options
        # id of the given object -> (it, its merged object): cycles end here
        self.done: dict[int, tuple[Any, Any]] = {}
        self.by_key: dict[Any, Any] = {}
        # ids of the objects that were made, of classes whose loads are listened to
        self.made: set[int] = set()
        # (id of a given object, property): it was reached along that relationship, so
        # the way back is not gone.
        self.came: set[tuple[int, Any]] = set()

    def merge(self, obj: Any) -> Any:
        found = self.done.get(id(obj))
        if found is not None:
            return found[1]
        session = self.session
        manager = None if isinstance(obj, type) else _core.manager_of(obj)
        if manager is None:
            from .session import _unmapped

            raise _unmapped(obj)
        flags = _core.state_flags(obj)
        here = _core.session_of(obj) is session
        if here and flags & _core.STATE_NEW:
            warn(
                f"Instance {instance_str(obj)} is already pending in this Session yet is being "
                "merged again; this is probably not what you want to do"
            )
        elif here and obj in session:
            self.done[id(obj)] = (obj, obj)
            if not self.load:
                _stand_for_row(obj)
            return obj
        identity = _core.identity_key(obj)
        if identity is None:
            if not self.load:
                raise exc.InvalidRequestError(
                    "merge() with load=False option does not support objects transient (i.e. "
                    "unpersisted) objects.  flush() all changes on mapped instances before "
                    "merging with load=False."
                )
            values = self._key_of(obj, manager)
        else:
            values = identity[1]
        merged = self._target(obj, manager, values, None if identity is None else identity[2])
        self.done[id(obj)] = (obj, merged)
        if merged is not obj:
            _core.set_load_options(merged, _core.load_options(obj))
            for step in manager.mapper._merge_steps:
                if isinstance(step, tuple):
                    self._columns(obj, merged, step)
                else:
                    self._relationship(obj, merged, step)
        if not self.load:
            _stand_for_row(merged)
        if id(merged) in self.made:
            from .hooks import tell_of_load

            tell_of_load(merged, manager)
        return merged

    def _key_of(self, obj: Any, manager: Any) -> tuple[Any, ...] | None:
        """The primary key values an object has in its attributes, or None."""
        mapper = manager.mapper
        values = []
        for column in mapper.primary_key:
            prop = mapper._columntoproperty[column]
            value = _core.peek(obj, prop.slot)
            if value is _core.NO_VALUE and not _core.never_given(obj, prop.slot):
                value = getattr(obj, prop.key)  # it was expired: loaded, or an error
            if value is _core.NO_VALUE:
                return None
            values.append(value)
        nulls = values.count(None) if None in values else 0
        if nulls and (nulls == len(values) or not mapper.allow_partial_pks):
            return None
        return tuple(values)

    def _target(self, obj: Any, manager: Any, values: tuple[Any, ...] | None, token: Any) -> Any:
        """The object of this session with that identity, made if there is none."""
        session = self.session
        key = None if values is None else (manager.mapper.base_mapper, values, token)
        if key is not None:
            known = self.by_key.get(key)
            if known is not None:
                return known
            assert values is not None
            merged = session._get(manager, values, token)
            if merged is None:
                if not self.load:  # has no version of its own yet
                    merged = self.by_key[key] = self._copy_detached(obj, manager, values, token)
                    return merged
                merged = session.get(
                    manager.mapper.class_, values, options=self.options, identity_token=token
                )
            if merged is not None:
                self._check_version(obj, merged, manager.mapper)
                self.by_key[key] = merged
                return merged
        merged = self._make(manager)
        if key is not None:
            self.by_key[key] = merged
        session.add(merged)
        self._check_version(obj, merged, manager.mapper)
        return merged

    def _make(self, manager: Any) -> Any:
        made = manager.new_instance()
        if manager.reconstructor is not None:
            self.made.add(id(made))
        return made

    def _check_version(self, obj: Any, merged: Any, mapper: Any) -> None:
        if mapper.version_id_col is None or merged is obj:
            return
        prop = mapper._columntoproperty[mapper.version_id_col]
        given = _core.peek(obj, prop.slot)
        existing = _core.peek(merged, prop.slot)
        if _core.NO_VALUE not in (given, existing) and existing != given:
            raise exc.StaleDataError(
                f"Version id '{given}' on merged state <{type(obj).__name__} at {id(obj):#x}> "
                f"does not match existing version '{existing}'. Leave the version attribute "
                "unset when merging to update the most recent version."
            )

    def _copy_detached(self, obj: Any, manager: Any, values: tuple[Any, ...], token: Any) -> Any:
        """load=False: an object with the given one's identity, without asking the database."""
        if _core.state_flags(obj) & _core.STATE_MODIFIED or _core.changed_slots(obj):
            raise exc.InvalidRequestError(
                "merge() with load=False option does not support objects marked as 'dirty'.  "
                "flush() all changes on mapped instances before merging with load=False."
            )
        merged = self._make(manager)
        _core.share_row(merged, obj)
        _core.set_identity(merged, values)
        _core.set_identity_token(merged, token)
        self.session._attach(merged)
        return merged

    def _columns(self, obj: Any, merged: Any, props: Sequence[Any]) -> None:
        slots = tuple([prop.slot for prop in props])
        of_merged = _core.manager_of(merged)
        assert of_merged is not None
        if of_merged is not _core.manager_of(obj):
            for place, prop in enumerate(props):
                if prop.key not in of_merged.names:
                    # The row is of another class of the hierarchy, which lacks it.
                    _core.copy_values(obj, merged, slots[:place], not self.load)
                    raise KeyError(prop.key)
        unloaded = _core.copy_values(obj, merged, slots, not self.load)
        if not unloaded:
            return
        deferred = {prop.slot for prop in props if prop.deferred}
        deferred.update(_left_out(obj, [prop for prop in props if prop.slot in unloaded]))
        unloaded = [slot for slot in unloaded if slot not in deferred]
        # What neither has may have been filled by the database.
        known = _core.state_flags(merged) & _core.STATE_KEY
        unloaded = [s for s in unloaded if known and _core.loaded(merged, s) is _core.NO_VALUE]
        if self.load:
            unloaded = [s for s in unloaded if _core.never_given(merged, s)]
        if unloaded:
            _core.expire(merged, unloaded)

    def _relationship(self, obj: Any, merged: Any, prop: Any) -> None:
        if not prop.cascade.merge:
            return
        if self.load and any((id(obj), r) in self.came for r in prop._reverse_property):
            return
        value = _core.loaded(obj, prop.slot)
        if value is _core.NO_VALUE and prop._is_never_loaded and any(_core.history(obj, prop.slot)):
            value = _core.get_value(obj, prop.slot)  # what was added is among all the others
        if value is _core.NO_VALUE:
            return
        self.came.update((id(child), prop) for child in _members(prop, value))
        if prop.uselist:
            known = _core.state_flags(merged) & _core.STATE_KEY
            if self.load and known and prop.lazy != "write_only":
                # The old members must be known to find what went.
                before = self.session._loads_for_itself
                self.session._loads_for_itself = True
                try:
                    _core.get_value(merged, prop.slot)
                finally:
                    self.session._loads_for_itself = before
            members = [m for m in map(self.merge, _members(prop, value)) if m is not None]
            if not self.load:
                _core.set_loaded(merged, prop.slot, members)
            else:
                setattr(merged, prop.key, prop._of_members(members))
            return
        child = None if value is None else self.merge(value)
        if not self.load:
            _core.set_loaded(merged, prop.slot, child)
        elif _core.peek(merged, prop.slot) is not child:
            setattr(merged, prop.key, child)


def steps_of(mapper: Any) -> tuple[Any, ...]:
    """What merge() copies, in the order of a mapper's properties: relationships, and in tuples the
    columns between them."""
    steps: list[Any] = []
    columns: list[Any] = []
    for prop in mapper._props.values():
        if prop._is_column and prop.slot >= 0:
            columns.append(prop)
        elif prop._is_relationship:
            steps += [tuple(columns), prop] if columns else [prop]
            columns = []
    return (*steps, tuple(columns))


def _stand_for_row(obj: Any) -> None:
    """load=False: what an object has is what its row has; what was expired waits by name."""
    _core.commit_state(obj)
    _core.unexpire(obj, True)


def _left_out(obj: Any, unloaded: Sequence[Any]) -> list[int]:
    """Which slots of columns that an object lacks its options have left out of what it loaded."""
    from .attribute_loading import remembered
    from .strategy_options import COLUMN_WILDCARD

    if _core.load_options(obj) is None or _core.state_flags(obj) & _core.STATE_EXPIRED:
        return []
    expired = _core.expired_slots(obj)
    found = []
    for prop in unloaded:
        if prop.slot not in expired:
            _, element = remembered(obj, prop, COLUMN_WILDCARD)
            if element is not None and element.strategy == "defer":
                found.append(prop.slot)
    return found


def _members(prop: Any, value: Any) -> list[Any]:
    if value is None:
        return []
    if not prop.uselist:
        return [value]
    return _core.collection_members(value)


def _entity_columns(columns: Sequence[Any]) -> list[int]:
    """Which columns of a row are mapped objects."""
    return [
        index
        for index, column in enumerate(columns)
        if column._is_from_clause and "parententity" in column._annotations
    ]


def merge_frozen_result(
    session: Session, statement: Any, frozen_result: FrozenResult[Any], load: bool = True
) -> FrozenResult[Any]:
    """A frozen result with its objects merged into a session, as `Session.merge` does it.

    `statement` is what the result was of. With ``load=False`` nothing is asked of the database.
    """
    if load:
        session._autoflush()
    columns = statement._raw_columns
    at = _entity_columns(columns)
    scalar = frozen_result._scalar
    with session.no_autoflush:
        merged: list[Any] = []
        for row in frozen_result.data:
            if scalar:
                merged.append(session.merge(row, load=load) if at and row is not None else row)
                continue
            values = list(row)
            for index in at:
                if values[index] is not None:
                    values[index] = session.merge(values[index], load=load)
            merged.append(tuple(values))
    return frozen_result.with_new_rows(merged)


def merge_result(
    query: Any, iterator: FrozenResult[Any] | Iterable[Any], load: bool = True
) -> FrozenResult[Any] | Iterable[Any]:
    """Objects, or rows that hold some, merged into the session of the query they are of."""
    from ..engine.made_results import FrozenResult

    session = query.session
    if isinstance(iterator, FrozenResult):
        return merge_frozen_result(session, query._stmt, iterator, load)
    if load:
        session._autoflush()
    at = _entity_columns(query._stmt._raw_columns)
    with session.no_autoflush:
        if query.is_single_entity:
            return iter([session.merge(obj, load=load) if at else obj for obj in iterator])
        make: Any = None
        rows: list[Any] = []
        for row in iterator:
            if make is None:
                from ..engine.made_results import result_tuple

                names = [found["name"] for found in query.column_descriptions]
                make = result_tuple(names)
            values = list(row)
            for index in at:
                if values[index] is not None:
                    values[index] = session.merge(values[index], load=load)
            rows.append(make(values))
        return iter(rows)
