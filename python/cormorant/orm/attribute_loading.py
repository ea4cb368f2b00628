"""Loading the attribute of an object that is read without being loaded.

A column is read with the others that wait, a relationship by its strategy.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .. import _core
from .. import exc as sa_exc
from ..sql.schema import Column
from ..sql.selectable import LABEL_STYLE_TABLENAME_PLUS_COL, Select
from ..util import warn
from .attributes import not_iterated
from .base import NO_VALUE, instance_str
from .context import ORMPlan, build_own_plan
from .exc import DetachedInstanceError, ObjectDeletedError
from .from_adapters import adapted
from .key_loading import key_nulls, key_statement, load_on_pk, without_nulls
from .load_table import LoadContext
from .loading import listeners, objects_of, plan_cache, run_values
from .row_loading import (
    load_columns,
    load_expired,
    load_what_is_expired,
    option_binds,
    props_by_slot,
    unloaded_columns,
    unrefreshable,
)
from .strategy_options import COLUMN_WILDCARD, RELATIONSHIP_WILDCARD, LoadElement


def load_attribute(obj: Any, slot: int, quiet: bool) -> Any:
    """Called by the core when an attribute that is not loaded is read.

    Gives the value of a relationship; loads columns into the object and gives None.
    With `quiet`, NO_VALUE instead of emitting SQL.
    """
    mapper = _core.manager_of(obj).mapper  # type: ignore[union-attr]
    prop = props_by_slot(mapper)[slot]
    if prop._is_relationship:
        return _load_relationship(obj, mapper, prop, quiet)
    if quiet or prop._is_registered:
        return NO_VALUE
    _load_column(obj, mapper, prop)
    return None


def remembered(obj: Any, prop: Any, token: Any) -> tuple[Any, LoadElement | None]:
    """What the statement that gave an object said of how an attribute loads: (context, option)."""
    context = _core.load_options(obj)
    if context is None:
        return None, None
    if token is COLUMN_WILDCARD and not context.of_row:
        return context, None
    element, _ = context.table.find(context.path, prop, token)
    return context, element


def _forget_row(obj: Any) -> None:
    """An object that had expired is loaded again: what options left out of its row waits for
    nothing but to be read."""
    context = _core.load_options(obj)
    if context is not None and context.of_row:
        _core.set_load_options(obj, LoadContext(context.table, context.path, False))


def _load_column(obj: Any, mapper: Any, prop: Any) -> None:
    if prop.query_expression:
        _, option = remembered(obj, prop, COLUMN_WILDCARD)
        if option is None or option.strategy != "defer":
            return  # it comes with statements alone
    session = _core.session_of(obj)
    flags = _core.state_flags(obj)
    slot = prop.slot
    if flags & _core.STATE_EXPIRED:
        expired: Sequence[int] | None = None
    else:
        expired = _core.expired_slots(obj)
    deferred = prop.deferred or (expired is not None and slot not in expired)
    context, element = remembered(obj, prop, COLUMN_WILDCARD)
    if element is not None and element.strategy == "missing" and expired is not None:
        _load_missing(session, obj, mapper, context)
        return
    if deferred:
        raises = prop.raiseload
        if element is not None and expired is not None:
            raises = element.strategy == "defer" and bool(element.opt("raiseload"))
        elif not prop.deferred:
            if _core.has_row(obj):
                # Loaded as a row of the base, or returned by a change of the row: what its own
                # class has besides, or what is no column, is missing.
                _load_missing(session, obj, mapper, context)
                return
            if isinstance(prop.columns[0], Column) or slot in _core.changed_slots(obj):
                # Nothing left it out of a load: it was not given when the row was inserted.
                _core.set_loaded(obj, slot, None)
                return
        if raises:
            raise sa_exc.InvalidRequestError(f"'{prop}' is not available due to raiseload=True")
    if session is None:
        if deferred:
            raise DetachedInstanceError(
                f"Parent instance {instance_str(obj)} is not bound to a Session; deferred load "
                f"operation of attribute '{prop.key}' cannot proceed"
            )
        raise DetachedInstanceError(
            f"Instance {instance_str(obj)} is not bound to a Session; attribute refresh "
            "operation cannot proceed"
        )
    if not flags & _core.STATE_KEY:
        # It had a row once; that of its key is asked for what was expired.
        key = [_core.peek(obj, slot) for slot in mapper.primary_key_slots]
        if NO_VALUE in key:
            raise unrefreshable(obj)
        waiting = tuple(other.slot for other in unloaded_columns(obj, mapper))
        load_columns(session, obj, mapper, waiting, True, None, True, key)
        _core.forget_expired(obj)
        return
    slots: Iterable[int]
    changed = _core.changed_slots(obj)
    if deferred:
        slots = [slot]
        if prop.group is not None:
            slots = [
                other.slot
                for other in mapper._props.values()
                if other._is_column
                and other.group == prop.group
                and other.deferred
                and other.slot not in changed
            ]
        found = load_columns(session, obj, mapper, tuple(slots), True)
        if found and _core.state_flags(obj) & _core.STATE_EXPIRED:
            _core.unexpire(obj, True)  # its row is there: the others wait by name
    else:
        found = load_what_is_expired(session, obj, mapper)
    if found and flags & _core.STATE_EXPIRED:
        _forget_row(obj)
    if not found:
        raise ObjectDeletedError(obj)


def _load_missing(session: Any, obj: Any, mapper: Any, context: LoadContext | None) -> None:
    """Load the columns that the statement which gave an object did not have."""
    if session is None:
        raise DetachedInstanceError(
            f"Instance {instance_str(obj)} is not bound to a Session; attribute refresh "
            "operation cannot proceed"
        )
    changed = _core.changed_slots(obj)
    slots = tuple(
        prop.slot
        for prop in unloaded_columns(obj, mapper)
        if prop.slot not in changed and not _left_out(context, prop)
    )
    if not load_columns(session, obj, mapper, slots, True):
        raise ObjectDeletedError(obj)


def _left_out(context: LoadContext | None, prop: Any) -> bool:
    """Whether an option of the statement deferred a column."""
    if context is None:
        return False
    element, _ = context.table.find(context.path, prop, COLUMN_WILDCARD)
    return element is not None and element.strategy == "defer"


_RAISING = ("raise", "raise_on_sql")


def _load_relationship(obj: Any, mapper: Any, prop: Any, quiet: bool) -> Any:
    context, element = remembered(obj, prop, RELATIONSHIP_WILDCARD)
    if _core.state_flags(obj) & _core.STATE_EXPIRED:
        element = None  # how it is to be loaded is forgotten with what was loaded
    strategy = prop.lazy
    if element is not None and element.strategy is not None:
        strategy = element.strategy
    if strategy == "write_only":
        raise not_iterated(prop)
    if strategy == "noload":
        return [] if prop.uselist else None
    session: Any = _core.session_of(obj)
    if session is not None and session._loads_for_itself and strategy in _RAISING:
        strategy = "select"
    if strategy == "raise":
        raise _not_available(prop, strategy)
    if session is None:
        if quiet:
            return NO_VALUE
        raise DetachedInstanceError(
            f"Parent instance {instance_str(obj)} is not bound to a Session; lazy load operation "
            f"of attribute '{prop.key}' cannot proceed"
        )
    nulls: tuple[bool, ...] = ()
    # whether an object that is there meets criteria is for the database to say
    if prop._use_get and not _criteria(element):
        ident = _values(obj, mapper, prop._get_slots, quiet)
        if ident is None:
            return NO_VALUE
        target = prop.mapper
        nulls = key_nulls(ident)
        if nulls and (all(nulls) or not target.allow_partial_pks):
            return None
        if session._tokens:
            found = session._identity_lookup(target, ident, lazy_loaded_from=_core.inspect(obj))
        else:
            found = session._get(target.class_manager, ident)
        if found is not None:
            if not isinstance(found, target.class_):
                return None  # of another class of the hierarchy
            waits = _core.state_flags(found) & _core.STATE_EXPIRED and not quiet
            if waits and not load_expired(session, found):
                return None
            return found
        if quiet:
            return NO_VALUE
        if strategy == "raise_on_sql":
            raise _not_available(prop, strategy)
        if context is None:
            return load_on_pk(session, target, ident, loaded_for=(obj, prop))
    if quiet:
        return NO_VALUE
    if strategy == "raise_on_sql":
        if not prop._use_get:
            parameters = [column for _, column in prop._lazy_clause()[1]]
            slots = [prop.parent._columntoproperty[column].slot for column in parameters]
            values = _values(obj, mapper, slots, False)
            if values is not None and _is_unasked(obj, slots, values):
                return [] if prop.uselist else None
        raise _not_available(prop, strategy)
    return _lazy_load(session, obj, mapper, prop, context, element, nulls)


def _criteria(element: LoadElement | None) -> tuple[Any, ...]:
    return element.criteria if element is not None else ()


def _not_available(prop: Any, strategy: str) -> sa_exc.InvalidRequestError:
    return sa_exc.InvalidRequestError(f"'{prop}' is not available due to lazy='{strategy}'")


def _values(
    obj: Any, mapper: Any, slots: Sequence[int], quiet: bool, committed: bool = False
) -> tuple[Any, ...] | None:
    """The object's values that a lazy load asks with (committed: those that the database has);
    None if they are not loaded and must not be."""
    session: Any = _core.session_of(obj)
    committed = committed or (session is not None and session._load_committed)
    values = []
    for slot in slots:
        value = _core.peek(obj, slot)
        if value is NO_VALUE:
            if quiet:
                return None
            value = getattr(obj, props_by_slot(mapper)[slot].key)
        if committed:
            before = _core.committed(obj, slot)
            if before is not ... and before is not NO_VALUE:
                value = before
        values.append(value)
    return tuple(values)


def _is_unasked(obj: Any, slots: Sequence[int], values: Sequence[Any]) -> bool:
    """Whether a lazy load would ask with what nothing was ever said of. With what a row has, NULL
    or not, the condition decides."""
    pending = not _core.state_flags(obj) & _core.STATE_KEY
    return any(
        value is None and (pending or _core.peek(obj, slot) is NO_VALUE)
        for value, slot in zip(values, slots, strict=True)
    )


def _lazy_load(
    session: Any,
    obj: Any,
    mapper: Any,
    prop: Any,
    context: LoadContext | None,
    element: LoadElement | None,
    nulls: tuple[bool, ...],
) -> Any:
    connection = session._reading_connection(prop.mapper)
    key: tuple[Any, ...] = ("lazy", prop, nulls)
    if context is not None:
        key = (*key, *context.key)
    made = plan_cache(connection).get(key)
    if made is None:
        made = _lazy_plan(session, connection, prop, context, element, nulls)
        plan_cache(connection)[key] = made
    plan, slots = made
    unloaded = _core.peek(obj, prop.slot) is NO_VALUE  # else its old value is asked for
    values = _values(obj, mapper, slots, False, not unloaded)
    assert values is not None
    if unloaded and _core.peek(obj, prop.slot) is not NO_VALUE:
        return NO_VALUE  # the expired row was loaded, and this with it
    if _is_unasked(obj, slots, values):
        return [] if prop.uselist else None
    if nulls:
        values = without_nulls(values)
    if context is not None and context.table.binds:
        values = (*values, *context.table.values())
    heard = listeners(session)
    if heard:
        from .heard_loading import run_heard

        rows = run_heard(session, connection, plan, values, heard, obj)
    else:
        session._autoflush()
        if session._tokens:
            with objects_of(session, None):
                rows = run_values(session, connection, plan, values)
        else:
            rows = run_values(session, connection, plan, values)
    if prop.uselist:
        return rows
    if not rows:
        return None
    if len(rows) > 1:
        warn(f"Multiple rows returned with uselist=False for lazily-loaded attribute '{prop}' ")
    return rows[0]


def _lazy_plan(
    session: Any,
    connection: Any,
    prop: Any,
    context: LoadContext | None,
    element: LoadElement | None,
    nulls: tuple[bool, ...],
) -> tuple[ORMPlan, list[int]]:
    """The plan of a relationship's lazy load: (plan, the parent's slots it asks with). `nulls`:
    which of them are NULL, if it asks by a primary key."""
    statement: Select[Any]
    slots: list[int]
    if prop._use_get and not _criteria(element):
        statement, binds = key_statement(prop.mapper, nulls)
        slots = list(prop._get_slots)
    else:
        criterion, parameters = prop._lazy_clause()
        statement = Select(prop.entity.__clause_element__())
        statement._where_criteria = (criterion,)
        statement._from_obj = (prop.entity.selectable,)
        if prop.secondary is not None:
            statement._from_obj += (prop.secondary,)
        if prop.order_by:
            statement._order_by_clauses = tuple([adapted(prop.entity, c) for c in prop.order_by])
        statement._label_style = LABEL_STYLE_TABLENAME_PLUS_COL
        binds = [bind for bind, _ in parameters]
        slots = [prop.parent._columntoproperty[column].slot for _, column in parameters]
    path = (*context.path, prop) if context is not None else (prop.parent, prop)
    binds += option_binds(context)
    table = context.table.shape.of_lazy_load() if context is not None else None
    depth = None
    target = None if element is None else element.target
    if element is not None and element.strategy == "selectin" and len(path) == 2:
        depth = element.opt("recursion_depth")
    if table is not None and element is not None and depth:
        # That of the object which the option was given for; what it has brought loads one level.
        from .strategies import with_recursion

        table = with_recursion(table, element, (*path, prop.entity), depth)
    elif table is not None:
        table = table.narrowed(prop.entity, _criteria(element))
    plan = build_own_plan(
        session,
        statement,
        binds,
        connection.dialect,
        path,
        legacy=True,
        table=table,
        base_path=path,
        # options go on from the subclass that of_type() named
        root_path=(*path, target) if target is not None else None,
        distinct_rows=not prop._rows_repeat,
        repeated_rows=prop._rows_repeat,
        lazy_of=prop,
    )
    return plan, slots
