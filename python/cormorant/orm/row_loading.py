"""Loading the row of an object, or columns of it: what is expired, what a flush leaves to be read,
or all of it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from .. import _core
from .. import exc as sa_exc
from ..engine.plans import GivenValue
from ..sql import visitors
from ..sql.expression import bindparam
from ..sql.selectable import LABEL_STYLE_TABLENAME_PLUS_COL, Select
from .base import NO_VALUE, committed_value, instance_str
from .context import ORMPlan, build_own_plan
from .key_loading import for_update, key_nulls, key_statement, without_nulls
from .load_table import LoadContext
from .loading import listeners, objects_of, plan_cache, run_values, token_option
from .strategy_options import RELATIONSHIP_WILDCARD


def props_by_slot(mapper: Any) -> dict[int, Any]:
    """The properties of a mapper by the slots of their values."""
    cached = mapper.__dict__.get("_loading_props")
    if cached is None or len(cached) < len(mapper.class_manager.names):
        cached = {prop.slot: prop for prop in mapper._props.values() if prop.slot >= 0}
        mapper.__dict__["_loading_props"] = cached
    return cached  # type: ignore[no-any-return]


def unrefreshable(obj: Any) -> sa_exc.InvalidRequestError:
    """The error of an object that was expired and has lost its row in a rollback."""
    return sa_exc.InvalidRequestError(
        f"Instance {instance_str(obj)} cannot be refreshed - it's not  persistent and does not "
        "contain a full primary key."
    )


def _row_context(obj: Any) -> LoadContext | None:
    """What an object remembers that holds for its row. That is of its class: options of an
    alias that it was selected as do not hold, but for those that name nothing."""
    context: LoadContext | None = _core.load_options(obj)
    if context is None or len(context.path) != 1 or not context.path[0].is_aliased_class:
        return context
    return LoadContext(context.table, (context.path[0].mapper,), context.of_row)


def load_what_is_expired(session: Any, obj: Any, mapper: Any) -> bool:
    """Load what an expired object lacks, with its eager joins; False if it has no row."""
    context = _row_context(obj)
    changed = _core.changed_slots(obj)
    unloaded = unloaded_columns(obj, mapper)
    relationships: Iterable[Any] = mapper.relationships
    if not _core.state_flags(obj) & _core.STATE_EXPIRED:
        # Columns, and what has been expired with the whole row, by their names.
        names = {*_core.expired_slots(obj), *_core.expired_slots(obj, True)}
        unloaded = (prop for prop in unloaded if prop.slot in names)
        relationships = [prop for prop in relationships if prop.slot in names]
    elif not changed and not _partly_loaded(obj, mapper):
        return _load_row(session, obj, mapper, context, None, True)
    # What was assigned, or loaded by its name, since is not asked for.
    rest = [other.slot for other in unloaded if other.slot not in changed]
    related = [
        prop
        for prop in relationships
        if prop.slot not in changed
        and _core.peek(obj, prop.slot) is NO_VALUE
        and _is_eager(prop, context)
    ]
    if related and set(mapper.primary_key_slots) <= set(rest):
        by_slot = props_by_slot(mapper)
        only = frozenset((*related, *(by_slot[slot] for slot in rest)))
        return _load_row(session, obj, mapper, context, None, True, only)
    found = load_columns(session, obj, mapper, tuple(rest), True)
    if found:
        _core.unexpire(obj)
    return found


_JOINED = frozenset(("joined", False))
_EAGER = _JOINED | {"selectin", "subquery", "immediate"}


def _is_eager(prop: Any, context: LoadContext | None, strategies: frozenset[Any] = _EAGER) -> bool:
    """Whether an object's relationship is loaded with its row."""
    if context is not None:
        element, _ = context.table.find(context.path, prop, RELATIONSHIP_WILDCARD)
        if element is not None and element.strategy is not None:
            return element.strategy in strategies
    return prop.lazy in strategies


def unloaded_columns(obj: Any, mapper: Any) -> Iterator[Any]:
    """The columns that an object holds no value of, those that are deferred left out."""
    return (
        prop
        for prop in mapper._props.values()
        if prop._is_column
        and prop.slot >= 0
        and not prop.deferred
        and not prop._is_unset
        and _core.peek(obj, prop.slot) is NO_VALUE
    )


def _partly_loaded(obj: Any, mapper: Any) -> bool:
    """True if an expired object has the value of a column all the same."""
    return any(
        prop._is_column and prop.slot >= 0 and _core.peek(obj, prop.slot) is not NO_VALUE
        for prop in mapper._props.values()
    )


def _load_row(
    session: Any,
    obj: Any,
    mapper: Any,
    context: LoadContext | None,
    with_for_update: Any,
    labelled: bool,
    only: frozenset[Any] | None = None,
) -> bool:
    """Load all of an expired object, or `only` some properties, with its eager loads; False if
    it has no row."""
    session._autoflush()
    connection = session._reading_connection(mapper)
    _, ident, token = _core.identity_key(obj)  # type: ignore[misc]
    deleted = _core.state_flags(obj) & _core.STATE_DELETED
    if not deleted and session._get(mapper.class_manager, ident, token) is not obj:
        # The row would make, or change, another object: only the values are of use.
        slots = tuple(prop.slot for prop in unloaded_columns(obj, mapper))
        found = load_columns(session, obj, mapper, slots, labelled, with_for_update, True)
        if found:
            _core.unexpire(obj)
        return found
    nulls = key_nulls(ident)
    key = ("row", mapper, labelled, only, nulls)
    if context is not None:
        key = (*key, *context.key)  # type: ignore[assignment]
    made = plan_cache(connection).get(key) if with_for_update is None else None
    if made is None:
        statement, binds = key_statement(mapper, nulls)
        binds += option_binds(context)
        if not labelled:
            statement._label_style = Select._label_style
        if with_for_update is not None:
            statement = for_update(statement, with_for_update)
        made = build_own_plan(
            session,
            statement,
            binds,
            connection.dialect,
            (),
            legacy=True,
            table=context.table.shape if context is not None else None,
            root_path=context.path if context is not None else None,
            distinct_rows=True,
            expired=labelled,
            only=only,
            known=True,
        )
        if with_for_update is None:
            plan_cache(connection)[key] = made
    plan = made
    ident = without_nulls(ident)
    if context is not None:
        ident += tuple(context.table.values())
    heard = listeners(session)
    if heard:
        from .heard_loading import tell_of_values

        options = token_option(token)
        told = tell_of_values(
            session, connection, plan, ident, heard, column=mapper, options=options
        )
        if told.rows is not None:
            return bool(told.rows) and _fill(session, obj, mapper, labelled, with_for_update, only)
        plan = told.plan
        session._autoflush()
    fill = partial(_fill, session, obj, mapper, labelled, with_for_update, only)
    if session._tokens:
        with objects_of(session, token):
            return _run_row(session, connection, plan, obj, ident, fill)
    return _run_row(session, connection, plan, obj, ident, fill)


def _fill(
    session: Any,
    obj: Any,
    mapper: Any,
    labelled: bool,
    with_for_update: Any,
    only: frozenset[Any] | None,
) -> bool:
    """See that an object has what was loaded of its row. It went to another one if the key that
    the database tells is not equal to the one that the program gave and that found the row: a
    number given as text, text that the database pads."""
    filled = not _core.state_flags(obj) & _core.STATE_EXPIRED
    if only is not None:
        filled = filled and _core.peek(obj, mapper.primary_key_slots[0]) is not NO_VALUE
    if filled:
        return True
    lacking = (p for p in unloaded_columns(obj, mapper) if only is None or p in only)
    slots = tuple(prop.slot for prop in lacking)
    found = load_columns(session, obj, mapper, slots, labelled, with_for_update, True)
    if found and only is None:
        _core.unexpire(obj)
    return found


def option_binds(context: LoadContext | None) -> Sequence[Any]:
    """The parameters of what an object remembers, as plans of its loads are compiled with."""
    return () if context is None else context.table.shape.binds


def _run_row(
    session: Any,
    connection: Any,
    plan: ORMPlan,
    obj: Any,
    values: tuple[Any, ...],
    fill: Callable[[], bool],
) -> bool:
    """Fill an object from its row; False if it has none."""
    if not plan.post_loads:
        return bool(run_values(session, connection, plan, values)) and fill()
    # The one object: its own lazy loads do what statements for many would do.
    given = [GivenValue(value) for value in values]
    compiled, _ = plan.of_execution(given)
    cursor = connection._execute_plan(compiled, given, None, session=session)
    if not cursor.fetch() or not fill():
        return False
    for post_load in plan.post_loads:
        if not post_load.walk and post_load.prop is not None:
            post_load.load_lazily([obj])
    return True


def load_expired(session: Any, obj: Any) -> bool:
    """Load the row of an expired object; False if it is gone."""
    mapper = _core.manager_of(obj).mapper  # type: ignore[union-attr]
    return load_what_is_expired(session, obj, mapper)


def load_columns_of(
    session: Any, obj: Any, mapper: Any, slots: tuple[int, ...], ident: Sequence[Any]
) -> None:
    """Load some columns of an object that a flush has just written."""
    load_columns(session, obj, mapper, slots, True, None, True, ident)


def load_columns(
    session: Any,
    obj: Any,
    mapper: Any,
    slots: tuple[int, ...],
    labelled: bool,
    with_for_update: Any = None,
    whole: bool = False,
    ident: Sequence[Any] | None = None,
    context: LoadContext | None = None,
) -> bool:
    """Load some columns of an object; False if it has no row.

    With `whole` from all tables of the class, else from those that hold the columns. `ident`:
    the key of an object whose identity is not known yet. `context`: the options of a
    statement, whose expressions are loaded.
    """
    if not slots and not whole:
        return True  # a deleted attribute was read: nothing waits for its row any more
    session._autoflush()
    connection = session._reading_connection(mapper)
    if ident is None:
        ident = _core.identity_key(obj)[1]  # type: ignore[index]
    nulls = key_nulls(ident)
    if context is None and mapper._expression_props:
        context = _criteria_within(obj, mapper, slots)
    key: tuple[Any, ...] = ("columns", mapper, slots, labelled, whole, nulls)
    if context is not None:
        key = (*key, *context.key)
    made = plan_cache(connection).get(key) if with_for_update is None else None
    if made is None:
        wanted = set(slots)
        props = [p for p in mapper._props.values() if p._is_column and p.slot in wanted]
        statement: Any = None
        binds: list[Any] = []
        asked: list[int] | None = None
        if not whole and mapper.inherits is not None and not mapper.concrete:
            statement, binds, asked = _own_tables_statement(mapper, props)
        if statement is None:
            statement, binds = key_statement(mapper, nulls)
            statement._from_obj = (mapper.selectable,)
            if mapper._single_table_criterion is not None:
                statement._where_criteria += (mapper._single_table_criterion,)
        columns = [(prop.slot, column) for prop in props for column in _columns_of(prop, context)]
        statement._raw_columns = [column for _, column in columns]
        if not labelled:
            statement._label_style = Select._label_style
        if with_for_update is not None:
            statement = for_update(statement, with_for_update)
        binds += option_binds(context)
        made = (
            build_own_plan(
                session,
                statement,
                binds,
                connection.dialect,
                (),
                table=context.table.shape if context is not None else None,
                known=True,
            ),
            [slot for slot, _ in columns],
            asked,
        )
        if with_for_update is None:
            plan_cache(connection)[key] = made
    plan, order, asked = made
    values: Sequence[Any] = without_nulls(ident)
    if asked is not None:
        values = [committed_value(obj, slot) for slot in asked]
        if any(value is None or value is NO_VALUE for value in values):
            return load_columns(session, obj, mapper, slots, labelled, whole=True)
    if context is not None:
        values = (*values, *context.table.values())
    heard = listeners(session)
    if heard:
        options = token_option(_core.identity_token(obj))
        from .heard_loading import run_heard

        rows = run_heard(session, connection, plan, values, heard, column=mapper, options=options)
    else:
        rows = run_values(session, connection, plan, values)
    if not rows:
        return False
    # Of several columns the first is the attribute's.
    for slot, value in zip(reversed(order), reversed(rows[0]), strict=True):
        _core.set_loaded(obj, slot, value)
    manager = _core.manager_of(obj)
    if manager is not None and manager.event_mask & _core.CLASS_REFRESH:
        manager.hooks.refresh(obj, order)
        for slot in order:
            if _core.committed(obj, slot) is not ...:
                # what listeners set was loaded: it is no change
                _core.set_loaded(obj, slot, _core.peek(obj, slot))
    return True


def _criteria_within(obj: Any, mapper: Any, slots: tuple[int, ...]) -> LoadContext | None:
    """What an object remembers, if with_loader_criteria() may hold in the SELECTs within the
    expressions that are loaded."""
    context = _core.load_options(obj)
    if context is None or not any(option.propagate for option in context.table.criteria):
        return None
    return context if any(prop.slot in slots for prop in mapper._expression_props) else None


def _columns_of(prop: Any, context: LoadContext | None) -> Sequence[Any]:
    """What is selected for an attribute: its columns, or what with_expression() gave."""
    if context is not None:
        element = context.table.elements.get((*context.path, prop))
        if element is not None and element.criteria:
            return element.criteria
    return prop.columns  # type: ignore[no-any-return]


def _own_tables_statement(mapper: Any, props: Sequence[Any]) -> tuple[Any, list[Any], Any]:
    """SELECT from the tables that hold the properties, if the base's table is none of them:
    the statement, its parameters, and the slots they are taken from; else None."""
    tables = {
        hash(from_) for prop in props for column in prop.columns for from_ in column._from_objects
    }
    if not tables or hash(mapper.base_mapper.local_table) in tables:
        return None, [], None
    conditions: list[Any] = []
    for each in reversed(list(mapper.iterate_to_root())):
        if hash(each.local_table) in tables or conditions:
            if each.single or each.inherits is None:
                continue
            conditions.append(each.inherit_condition)
        elif not each.local_table._is_table:
            return None, [], None
    binds: list[Any] = []
    slots: list[int] = []

    def replace(element: Any) -> Any:
        if element.__visit_name__ != "binary":
            return None
        left, right = element.left, element.right
        for side, other in (("left", right), ("right", left)):
            column = getattr(element, side)
            if hash(getattr(column, "table", None)) in tables:
                continue
            bind = bindparam(None, None, type_=other.type, unique=True)
            binds.append(bind)
            slots.append(mapper._columntoproperty[column].slot)
            element = element._clone()
            setattr(element, side, bind)
            break
        return element

    # The topmost of the tables is found by what the object has; those below are joined to it.
    top = visitors.replaced(conditions[0], replace)
    statement: Select[Any] = Select()
    statement._where_criteria = (top, *conditions[1:])
    statement._label_style = LABEL_STYLE_TABLENAME_PLUS_COL
    return statement, binds, slots


def refresh(
    session: Any, obj: Any, names: Sequence[str] | None = None, with_for_update: Any = None
) -> bool:
    """Load an object (or the named attributes) again; False if its row is gone."""
    mapper = _core.manager_of(obj).mapper  # type: ignore[union-attr]
    gone = _core.state_flags(obj) & _core.STATE_DELETED  # the flush before has deleted it
    if names is None:
        if not gone and not _core.state_flags(obj) & _core.STATE_EXPIRED:
            _core.expire(obj)
        context = _row_context(obj)
        hooks = mapper.class_manager.hooks
        if hooks is None:
            return _load_row(session, obj, mapper, context, with_for_update, False)
        with hooks.refreshing(obj):
            found = _load_row(session, obj, mapper, context, with_for_update, False)
        if found:
            _core.commit_state(obj)  # what listeners set was loaded: no change
        return found
    context = _row_context(obj)
    columns: list[int] = []
    relationships: list[Any] = []
    for name in names:
        prop = mapper.get_property(name)
        if prop._is_relationship:
            relationships.append(prop)
        elif prop._is_column:
            columns.append(prop.slot)
    _refuse_changed_keys(obj, mapper, names)
    if not columns and not relationships:
        raise AssertionError("no columns were included in _only_load_props")
    # What the flush before has loaded of others stays.
    every = [*columns, *[prop.slot for prop in relationships if _is_eager(prop, context)]]
    loaded = [slot for slot in every if _core.peek(obj, slot) is not NO_VALUE]
    if loaded and not gone:
        _core.expire(obj, loaded)
    load = set(columns)
    joined = [prop for prop in relationships if _is_eager(prop, context, _JOINED)]
    if joined:
        keys = [mapper._columntoproperty[c] for c in mapper.primary_key]
        named = [mapper.get_property(name) for name in names]
        only = frozenset((*keys, *(p for p in named if p._is_column or p in joined)))
        # What the row brings is what counts.
        _core.expire(obj, [prop.slot for prop in keys])
        if not _load_row(session, obj, mapper, context, with_for_update, False, only):
            return False
        load = set()
        relationships = [prop for prop in relationships if prop not in joined]
    elif relationships:
        load.update(mapper._columntoproperty[c].slot for c in mapper.primary_key)
    if load and not load_columns(
        session,
        obj,
        mapper,
        tuple(sorted(load)),
        False,
        with_for_update,
        whole=True,
        context=context,
    ):
        return False
    _core.unexpire(obj, True)
    # It was asked for: what raises when the program reads it is loaded all the same.
    before, session._loads_for_itself = session._loads_for_itself, True
    try:
        for prop in relationships:
            if not prop._is_never_loaded:  # which hold nothing
                _core.get_value(obj, prop.slot)
    finally:
        session._loads_for_itself = before
    return True


def _refuse_changed_keys(obj: Any, mapper: Any, names: Sequence[str]) -> None:
    """Raise if the key that a row is looked for by is another in the program than in the
    database, and not among what is loaded again."""
    props = [mapper._columntoproperty[column] for column in mapper.primary_key]
    changed = {
        prop.key
        for prop in props
        if prop.key not in names and _core.changed_columns(obj, (prop.slot,))
    }
    if changed:
        raise sa_exc.InvalidRequestError(
            f"Please flush pending primary key changes on attributes {changed} for mapper "
            f"{mapper} before proceeding with a refresh"
        )
