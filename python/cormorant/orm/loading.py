"""Running ORM statements, and loading what objects lack.

Here are the ways into the database that the ORM has: a select given by the program
(:func:`execute`), an object by its primary key (:func:`load_on_pk`), and the attributes
an object has not loaded (:func:`load_attribute`, :func:`refresh`).  Each finds its compiled
plan in the engine's cache and leaves the rows to the core.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from .. import _core
from .. import exc as sa_exc
from ..engine.execution import StreamCursor
from ..engine.result import Result
from ..sql import visitors
from ..sql.expression import bindparam
from ..sql.selectable import LABEL_STYLE_TABLENAME_PLUS_COL, Select
from ..util import warn
from .base import NO_VALUE, instance_str
from .context import FromStatement, ORMPlan, SelectState, build_plan, from_statement_plan
from .exc import DetachedInstanceError, ObjectDeletedError, StaleDataError
from .strategies import Origin, Run
from .strategy_options import (
    COLUMN_WILDCARD,
    RELATIONSHIP_WILDCARD,
    LoadContext,
    LoadElement,
)

_NOTHING: Mapping[str, Any] = {}

_NEEDS_UNIQUE = (
    "The unique() method must be invoked on this Result, as it contains results that include "
    "joined eager loads against collections"
)


# -- selects -------------------------------------------------------------------


def lead_mapper(statement: Any) -> Any:
    """The mapper whose engine a statement runs on, or None."""
    for column in getattr(statement, "_raw_columns", ()):
        entity = column._annotations.get("parententity")
        if entity is not None:
            return entity.mapper
    return None


class _NoCache:
    """Stands for the plan cache of an engine that has none."""

    def get(self, key: Any) -> None:
        return None

    def __setitem__(self, key: Any, value: Any) -> None:
        pass


_NO_CACHE = _NoCache()


def _cache(connection: Any) -> Any:
    plans = connection.engine._plans
    return _NO_CACHE if plans is None else plans


def plan_for(
    session: Any,
    connection: Any,
    statement: Any,
    legacy: bool,
    eager: bool = True,
    as_tuples: bool = False,
) -> tuple[ORMPlan, Sequence[Any], bool]:
    """The compiled plan of a select, the statement's bind parameters, and whether the
    plan came from the engine's cache."""
    key, binds = statement._generate_cache_key()
    plans = _cache(connection)
    if key is None:
        plan = None
    else:
        key = ("orm", legacy, eager, as_tuples, key)
        plan = plans.get(key)
        if plan is not None:
            return plan, binds, True
    if isinstance(statement, FromStatement):
        plan = from_statement_plan(session, connection, statement, legacy, as_tuples, binds)
    else:
        state = SelectState(statement, legacy=legacy, eager=eager, as_tuples=as_tuples, binds=binds)
        plan = build_plan(session, state, binds, connection.dialect)
    if key is None:
        plan.plan.cache_kind = "no key"
    else:
        plans[key] = plan
    return plan, binds, False


class LoadedCursor:
    """A cursor whose rows get their post loads before they are given out.

    Without streaming all rows are read at the first fetch, so that each post load runs
    once; a stream is loaded for fetch by fetch.
    """

    def __init__(self, cursor: Any, run: Run, origin: Origin, plan: ORMPlan, stream: int) -> None:
        self._cursor = cursor
        self._run = run
        self._origin = origin
        self._plan = plan
        self._stream = stream
        self._rows: list[Any] | None = None
        self._position = 0
        self.keys = _bundled_keys(plan) if plan.bundles else cursor.keys
        self.row_keys = cursor.row_keys
        self.scalar = cursor.scalar
        self.rowcount = cursor.rowcount
        self.lastrowid = cursor.lastrowid
        self.returns_rows = cursor.returns_rows
        self.connection = cursor.connection
        self.plan = cursor.plan

    @property
    def closed(self) -> bool:
        return bool(self._cursor.closed) and not self._rows

    @property
    def unique(self) -> bool:
        return bool(self._cursor.unique)

    @unique.setter
    def unique(self, value: bool) -> None:
        if value and self._stream:
            raise sa_exc.InvalidRequestError(
                "Can't use the ORM yield_per feature in conjunction with unique()"
            )
        self._cursor.unique = value

    def _load(self, count: int) -> list[Any]:
        rows: list[Any] = self._cursor.fetch(count)
        if rows:
            self._run.add(self._plan, rows, self._origin)
            self._run.finish()
            if self._plan.bundles:
                rows = bundled(self._plan, rows)
        return rows

    def fetch(self, count: int = -1) -> list[Any]:
        """The next `count` results, or all."""
        if self._stream:
            rows = self._load(self._stream if count < 0 else count)
            while count < 0 and (more := self._load(self._stream)):
                rows += more
            return rows
        if self._rows is None:
            self._rows = self._load(-1)
        start = self._position
        end = len(self._rows) if count < 0 else min(start + count, len(self._rows))
        self._position = end
        return self._rows[start:end]

    def fetch_scalars(self, count: int = -1) -> list[Any]:
        """As fetch, but the first item of each row."""
        rows = self.fetch(count)
        return rows if self._plan.scalar else _core.first_items(rows)

    def close(self) -> None:
        """Drop the rows."""
        self._rows = []
        self._position = 0
        self._cursor.close()


def bundle_maker(bundle: Any, position: int) -> tuple[Callable[[Any], Any], int]:
    """What makes a bundle of a row, and the position after its columns."""
    makers: list[Callable[[Any], Any]] = []
    for expr in bundle.exprs:
        if getattr(expr, "is_bundle", False):
            make, position = bundle_maker(expr, position)
            makers.append(make)
        else:
            makers.append(operator.itemgetter(position))
            position += 1
    return bundle.create_row_processor(None, makers, list(bundle.columns.keys())), position


def _bundled_keys(plan: ORMPlan) -> tuple[Any, ...]:
    """Names of the items of rows with Bundles."""
    names: list[Any] = []
    old = list(plan.plan.program[2])
    position = 0
    for start, end, bundle in plan.bundles:
        names += old[position:start]
        names.append(bundle.name)
        position = end
    return (*names, *old[position:])


def bundled(plan: ORMPlan, rows: list[Any]) -> list[Any]:
    """Rows with the columns of each Bundle put together."""
    bundles = plan.bundles
    keys = _bundled_keys(plan)
    single = len(bundles) == 1 and len(keys) == 1 and bundles[0][2].single_entity
    makers = [bundle_maker(bundle, start)[0] for start, _, bundle in bundles]
    made = []
    for row in rows:
        values: list[Any] = []
        position = 0
        for (start, end, _), make in zip(bundles, makers, strict=True):
            values += row[position:start]
            values.append(make(row))
            position = end
        values += row[position:]
        made.append(values[0] if single else _core.Row(keys, values))
    return made


def run_plan(
    session: Any,
    connection: Any,
    plan: ORMPlan,
    binds: Sequence[Any],
    params: Mapping[str, Any] | None,
    *,
    populate_existing: bool = False,
    stream: int = 0,
    hit: bool = True,
) -> Any:
    """Execute: a cursor that gives results as the plan's program makes them."""
    flags = _core.POPULATE_EXISTING if populate_existing else 0
    cursor = connection._execute_plan(plan.plan, binds, params, session, stream, flags, hit)
    if plan.lookup is not None:
        keys = cursor.row_keys
        if keys is not None and keys.lookup is None:
            keys.lookup = plan.lookup
    if stream:
        cursor = StreamCursor(cursor, connection)
    if plan.post_loads or plan.bundles or stream:
        run = post_load_run(session, connection, flags)
        return LoadedCursor(cursor, run, (binds, params), plan, stream)
    return cursor


class _Given:
    """A value in the place of a bind parameter: CompiledPlan.resolve() reads `__dict__`."""

    def __init__(self, value: Any) -> None:
        self.value = value


def run_values(
    session: Any,
    connection: Any,
    plan: ORMPlan,
    values: Sequence[Any],
    populate_existing: bool = False,
) -> list[Any]:
    """Execute a plan of the ORM's own with the values of its parameters in order."""
    flags = _core.POPULATE_EXISTING if populate_existing else 0
    compiled = plan.plan
    if compiled.extra or compiled._plan is None:
        # Criteria of options have values of their own.
        given = [_Given(value) for value in values]
        return run_plan(  # type: ignore[no-any-return]
            session, connection, plan, given, None, populate_existing=populate_existing
        ).fetch()
    cursor = connection._run_plan(compiled, values, session, 0, flags)
    rows: list[Any] = cursor.fetch()
    if plan.post_loads and rows:
        run = post_load_run(session, connection, flags)
        run.add(plan, rows, ([_Given(value) for value in values], None))
        run.finish()
    return rows


def post_load_run(session: Any, connection: Any, flags: int) -> Run:
    """What executes the statements of post loads."""

    def execute_child(
        plan: ORMPlan, binds: Sequence[Any], params: Mapping[str, Any] | None
    ) -> list[Any]:
        session._autoflush()
        cursor = connection._execute_plan(plan.plan, binds, params, session=session, flags=flags)
        return cursor.fetch()  # type: ignore[no-any-return]

    return Run(session, execute_child, bool(flags & _core.POPULATE_EXISTING))


def execute(
    session: Any,
    statement: Any,
    params: Mapping[str, Any] | None = None,
    execution_options: Mapping[str, Any] | None = None,
    bind_arguments: Mapping[str, Any] | None = None,
) -> Any:
    """Session.execute() of a statement with mapped classes in it: a Result."""
    options: Mapping[str, Any] = statement._execution_options
    if execution_options:
        options = {**options, **execution_options}
    if options.get("autoflush", True):
        session._autoflush()
    mapper = lead_mapper(statement)
    if bind_arguments:
        mapper = bind_arguments.get("mapper", mapper)
    connection = session._connection_for(mapper, statement)
    if not (statement.is_select and hasattr(statement, "_raw_columns")):
        if execution_options:
            return connection.execute(statement, params, execution_options=execution_options)
        return connection.execute(statement, params)
    plan, binds, hit = plan_for(session, connection, statement, False)
    stream = options.get("yield_per") or 0
    cursor = run_plan(
        session,
        connection,
        plan,
        binds,
        params,
        populate_existing=options.get("populate_existing", False),
        stream=stream,
        hit=hit,
    )
    if stream and (plan.joined_collections or plan.row_buffering):
        cursor.close()
        raise no_yield_per()
    result: Result[Any] = Result(cursor)
    if plan.joined_collections:
        result._require_unique = True
        result._set_slow()
    if stream:
        result.yield_per(stream)
    return result


def no_yield_per() -> sa_exc.InvalidRequestError:
    return sa_exc.InvalidRequestError(
        "Can't use yield_per with eager loaders that require uniquing or row buffering, e.g. "
        "joinedload() against collections or subqueryload().  Consider the selectinload() "
        "strategy for better flexibility in loading objects."
    )


# -- by primary key ------------------------------------------------------------


def _key_statement(mapper: Any, nulls: Sequence[bool] = ()) -> tuple[Any, list[Any]]:
    """SELECT of an entity by its primary key, and the parameters of the key."""
    statement: Select[Any] = Select(mapper.__clause_element__())
    where = []
    binds = []
    columns = mapper.primary_key
    if mapper._is_union:
        columns = [mapper.selectable.corresponding_column(column) for column in columns]
    for number, column in enumerate(columns):
        if nulls and nulls[number]:
            where.append(column.is_(None))
            continue
        bind = bindparam(f"pk_{number + 1}", None, type_=column.type)
        binds.append(bind)
        where.append(column == bind)
    statement._where_criteria = tuple(where)
    statement._label_style = LABEL_STYLE_TABLENAME_PLUS_COL
    return statement, binds


def load_on_pk(
    session: Any,
    mapper: Any,
    ident: tuple[Any, ...],
    options: Sequence[Any] = (),
    populate_existing: bool = False,
    with_for_update: Any = None,
    execution_options: Mapping[str, Any] | None = None,
    bind_arguments: Mapping[str, Any] | None = None,
    loaded_for: tuple[Any, Any] | None = None,
) -> Any:
    """The object of a primary key, by a SELECT, or None. `loaded_for`: the object and the
    relationship whose lazy load it is."""
    heard = session._events._find("do_orm_execute") if session._events is not None else ()
    if heard:
        return _load_on_pk_heard(
            session, mapper, ident, options, populate_existing, with_for_update, heard, loaded_for
        )
    session._autoflush()
    connection = session._connection_for(mapper, None)
    key: Any = ("get", mapper)
    nulls: tuple[bool, ...] = ()
    if None in ident:
        nulls = tuple(value is None for value in ident)
        if all(nulls):
            warn(
                "fully NULL primary key identity cannot load any object.  This condition may "
                "raise an error in a future release."
            )
        key = (*key, nulls)
    plans = _cache(connection)
    made = None
    if options or with_for_update is not None:
        statement, binds = _key_statement(mapper, nulls)
        if options:
            statement = statement.options(*options)
        if with_for_update is not None:
            statement = _for_update(statement, with_for_update)
        key, _ = statement._generate_cache_key()
        if key is not None:
            made = plans.get(key := ("get", key))
    else:
        made = plans.get(key)
        if made is None:
            statement, binds = _key_statement(mapper, nulls)
    if made is None:
        state = SelectState(statement, legacy=True, distinct_rows=True, binds=binds)
        made = build_plan(session, state, binds, connection.dialect)
        if key is not None:
            plans[key] = made
    plan = made
    values: Sequence[Any] = ident
    if nulls:
        values = [value for value in ident if value is not None]
    if execution_options and not populate_existing:
        populate_existing = execution_options.get("populate_existing", False)
    check = with_for_update is not None and mapper.version_id_col is not None
    known = session._get(mapper.class_manager, ident) if check else None
    if known is None:
        rows = run_values(session, connection, plan, values, populate_existing)
        if len(rows) > 1:
            raise sa_exc.MultipleResultsFound(
                "Multiple rows were found when exactly one was required"
            )
        return rows[0] if rows else None
    # The row that is locked now must be the one the object was loaded from.
    version = mapper._columntoproperty[mapper.version_id_col]
    before = getattr(known, version.key)
    rows = run_values(session, connection, plan, values, True)
    if not rows:
        return None
    loaded = _core.committed(known, version.slot)
    loaded = _core.peek(known, version.slot) if loaded is ... else loaded
    if loaded != before:
        # It stays stale: a flush must not take it for the row that is there now.
        _core.set_loaded(known, version.slot, before)
        raise StaleDataError(
            f"Instance '{instance_str(known)}' has version id '{before}' which does not match "
            f"database-loaded version id '{loaded}'."
        )
    return known


def _load_on_pk_heard(
    session: Any,
    mapper: Any,
    ident: tuple[Any, ...],
    options: Sequence[Any],
    populate_existing: bool,
    with_for_update: Any,
    heard: Sequence[Any],
    loaded_for: tuple[Any, Any] | None,
) -> Any:
    """load_on_pk() with listeners of do_orm_execute."""
    from .execute_state import call

    statement, binds = _key_statement(mapper, tuple(value is None for value in ident))
    if options:
        statement = statement.options(*options)
    if with_for_update is not None:
        statement = _for_update(statement, with_for_update)
    given = [value for value in ident if value is not None]
    params = {bind.key: value for bind, value in zip(binds, given, strict=True)}
    state, result = call(session, statement, params, {}, {"mapper": mapper}, heard, loaded_for)
    if result is not None:
        return result.scalars().first()
    session._autoflush()
    connection = session._connection_for(mapper, None)
    plan, found, hit = plan_for(session, connection, state.statement, True)
    rows = run_plan(
        session,
        connection,
        plan,
        found,
        state.parameters,
        populate_existing=populate_existing,
        hit=hit,
    ).fetch()
    return rows[0] if rows else None


def _for_update(statement: Any, argument: Any) -> Any:
    if argument is True:
        return statement.with_for_update()
    if isinstance(argument, Mapping):
        return statement.with_for_update(**argument)
    statement = statement._generate()
    statement._for_update_arg = argument
    return statement


# -- attributes of an object ---------------------------------------------------


def _props_by_slot(mapper: Any) -> dict[int, Any]:
    cached = mapper.__dict__.get("_loading_props")
    if cached is None or len(cached) < len(mapper.class_manager.names):
        cached = {prop.slot: prop for prop in mapper._props.values() if prop.slot >= 0}
        mapper.__dict__["_loading_props"] = cached
    return cached  # type: ignore[no-any-return]


def load_attribute(obj: Any, slot: int, quiet: bool) -> Any:
    """Called by the core when an attribute that is not loaded is read.

    Gives the value of a relationship; loads columns into the object and gives None.
    With `quiet`, NO_VALUE instead of emitting SQL.
    """
    mapper = _core.manager_of(obj).mapper  # type: ignore[union-attr]
    prop = _props_by_slot(mapper)[slot]
    if prop._is_relationship:
        return _load_relationship(obj, mapper, prop, quiet)
    if quiet:
        return NO_VALUE
    _load_column(obj, mapper, prop)
    return None


def _remembered(obj: Any, prop: Any, token: Any) -> tuple[Any, LoadElement | None]:
    context = _core.load_options(obj)
    if context is None:
        return None, None
    element, _ = context.table.find(context.path, prop, token)
    return context, element


def unrefreshable(obj: Any) -> sa_exc.InvalidRequestError:
    """The error of an object that was expired and has lost its row in a rollback."""
    return sa_exc.InvalidRequestError(
        f"Instance {instance_str(obj)} cannot be refreshed - it's not  persistent and does not "
        "contain a full primary key."
    )


def _load_column(obj: Any, mapper: Any, prop: Any) -> None:
    session = _core.session_of(obj)
    flags = _core.state_flags(obj)
    slot = prop.slot
    if flags & _core.STATE_EXPIRED:
        expired: Sequence[int] | None = None
    else:
        expired = _core.expired_slots(obj)
    deferred = prop.deferred or (expired is not None and slot not in expired)
    context, element = _remembered(obj, prop, COLUMN_WILDCARD)
    if deferred:
        raises = prop.raiseload
        if element is not None and expired is not None:
            raises = element.strategy == "defer" and bool(element.opt("raiseload"))
        elif not prop.deferred:
            if mapper._in_hierarchy and _core.has_row(obj):
                # Loaded as a row of the base: what its own class has besides is missing.
                _load_missing(session, obj, mapper, context)
                return
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
        raise unrefreshable(obj)
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
        found = _load_columns(session, obj, mapper, tuple(slots), True)
    elif expired is not None:
        slots = [other.slot for other in _unloaded(obj, mapper) if other.slot in expired]
        found = _load_columns(session, obj, mapper, tuple(slots), True)
    elif changed or _partly_loaded(obj, mapper):
        # What was assigned, or loaded by its name, since is not asked for.
        rest = tuple(other.slot for other in _unloaded(obj, mapper) if other.slot not in changed)
        found = _load_columns(session, obj, mapper, rest, True)
        if found:
            _core.unexpire(obj)
    else:
        found = _load_row(session, obj, mapper, context, None, True)
    if not found:
        raise ObjectDeletedError(obj)


def _unloaded(obj: Any, mapper: Any) -> Iterator[Any]:
    """The columns that an object holds no value of, those that are deferred left out."""
    return (
        prop
        for prop in mapper._props.values()
        if prop._is_column
        and prop.slot >= 0
        and not prop.deferred
        and _core.peek(obj, prop.slot) is NO_VALUE
    )


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
        for prop in _unloaded(obj, mapper)
        if prop.slot not in changed and not _left_out(context, prop)
    )
    if not _load_columns(session, obj, mapper, slots, True):
        raise ObjectDeletedError(obj)


def _left_out(context: LoadContext | None, prop: Any) -> bool:
    """Whether an option of the statement deferred a column."""
    if context is None:
        return False
    element, _ = context.table.find(context.path, prop, COLUMN_WILDCARD)
    return element is not None and element.strategy == "defer"


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
) -> bool:
    """Load all of an expired object, with its eager loads; False if it has no row."""
    session._autoflush()
    connection = session._connection_for(mapper, None)
    ident = _core.identity_key(obj)[1]  # type: ignore[index]
    key = ("row", mapper, labelled)
    if context is not None:
        key = (*key, context.table, context.path)  # type: ignore[assignment]
    made = _cache(connection).get(key) if with_for_update is None else None
    if made is None:
        statement, binds = _key_statement(mapper)
        if not labelled:
            statement._label_style = Select._label_style
        if with_for_update is not None:
            statement = _for_update(statement, with_for_update)
        state = SelectState(
            statement,
            legacy=True,
            table=context.table if context is not None else None,
            root_path=context.path if context is not None else None,
            distinct_rows=True,
            expired=labelled,
            binds=binds,
        )
        made = build_plan(session, state, binds, connection.dialect)
        if with_for_update is None:
            _cache(connection)[key] = made
    plan = made
    if not plan.post_loads:
        return bool(run_values(session, connection, plan, ident))
    # The one object: its own lazy loads do what statements for many would do.
    given = [_Given(value) for value in ident]
    cursor = connection._execute_plan(plan.plan, given, None, session=session)
    if not cursor.fetch():
        return False
    for post_load in plan.post_loads:
        if not post_load.walk and post_load.prop is not None:
            getattr(obj, post_load.prop.key)
    return True


def load_expired(session: Any, obj: Any) -> bool:
    """Load the row of an expired object; False if it is gone."""
    mapper = _core.manager_of(obj).mapper  # type: ignore[union-attr]
    return _load_row(session, obj, mapper, _core.load_options(obj), None, True)


def _load_columns(
    session: Any,
    obj: Any,
    mapper: Any,
    slots: tuple[int, ...],
    labelled: bool,
    with_for_update: Any = None,
    whole: bool = False,
) -> bool:
    """Load some columns of an object; False if it has no row.

    With `whole` from all tables of the class, else from those that hold the columns.
    """
    session._autoflush()
    connection = session._connection_for(mapper, None)
    ident = _core.identity_key(obj)[1]  # type: ignore[index]
    key = ("columns", mapper, slots, labelled, whole)
    made = _cache(connection).get(key) if with_for_update is None else None
    if made is None:
        wanted = set(slots)
        props = [p for p in mapper._props.values() if p._is_column and p.slot in wanted]
        statement: Any = None
        binds: list[Any] = []
        asked: list[int] | None = None
        if not whole and mapper.inherits is not None and not mapper.concrete:
            statement, binds, asked = _own_tables_statement(mapper, props)
        if statement is None:
            statement, binds = _key_statement(mapper)
            statement._from_obj = (mapper.selectable,)
            if mapper._single_table_criterion is not None:
                statement._where_criteria += (mapper._single_table_criterion,)
        columns = [(prop.slot, column) for prop in props for column in prop.columns]
        statement._raw_columns = [column for _, column in columns]
        if not labelled:
            statement._label_style = Select._label_style
        if with_for_update is not None:
            statement = _for_update(statement, with_for_update)
        state = SelectState(statement)
        made = (
            build_plan(session, state, binds, connection.dialect),
            [slot for slot, _ in columns],
            asked,
        )
        if with_for_update is None:
            _cache(connection)[key] = made
    plan, order, asked = made
    values: Sequence[Any] = ident
    if asked is not None:
        values = [_known_value(obj, slot) for slot in asked]
        if any(value is None or value is NO_VALUE for value in values):
            return _load_columns(session, obj, mapper, slots, labelled, whole=True)
    rows = run_values(session, connection, plan, values)
    if not rows:
        return False
    # Of several columns the first is the attribute's.
    for slot, value in zip(reversed(order), reversed(rows[0]), strict=True):
        _core.set_loaded(obj, slot, value)
    manager = _core.manager_of(obj)
    if manager is not None and manager.event_mask & _core.CLASS_REFRESH:
        manager.hooks.refresh(obj, order)
    return True


def _known_value(obj: Any, slot: int) -> Any:
    """The value of a column as its row has it, NO_VALUE if that is not known."""
    value = _core.committed(obj, slot)
    return _core.peek(obj, slot) if value is ... else value


def _own_tables_statement(mapper: Any, props: Sequence[Any]) -> tuple[Any, list[Any], Any]:
    """SELECT from the tables that hold the properties, if the base's table is none of them:
    the statement, its parameters, and the slots they are taken from; else None."""
    tables = {hash(column.table): column.table for prop in props for column in prop.columns}
    if hash(mapper.base_mapper.local_table) in tables:
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
    top = visitors.replacement_traverse(conditions[0], {}, replace)
    statement: Select[Any] = Select()
    statement._where_criteria = (top, *conditions[1:])
    statement._label_style = LABEL_STYLE_TABLENAME_PLUS_COL
    return statement, binds, slots


def refresh(
    session: Any, obj: Any, names: Sequence[str] | None = None, with_for_update: Any = None
) -> bool:
    """Load an object (or the named attributes) again; False if its row is gone."""
    mapper = _core.manager_of(obj).mapper  # type: ignore[union-attr]
    if names is None:
        if not _core.state_flags(obj) & _core.STATE_EXPIRED:
            _core.expire(obj)
        context = _core.load_options(obj)
        hooks = mapper.class_manager.hooks
        if hooks is None:
            return _load_row(session, obj, mapper, context, with_for_update, False)
        with hooks.refreshing(obj):
            return _load_row(session, obj, mapper, context, with_for_update, False)
    columns: list[int] = []
    relationships: list[Any] = []
    for name in names:
        prop = mapper.get_property(name)
        if prop._is_relationship:
            relationships.append(prop)
        elif prop._is_column:
            columns.append(prop.slot)
    every = [*columns, *[prop.slot for prop in relationships]]
    loaded = [slot for slot in every if _core.peek(obj, slot) is not NO_VALUE]
    if loaded:
        _core.expire(obj, loaded)
    load = set(columns)
    joined = [
        prop
        for prop in relationships
        if prop.lazy in ("joined", False) and not prop.order_by and prop.secondary is None
    ]
    if joined:
        if not _load_joined(session, obj, mapper, load, joined, with_for_update):
            return False
        load = set()
        relationships = [prop for prop in relationships if prop not in joined]
    elif relationships:
        load.update(mapper._columntoproperty[c].slot for c in mapper.primary_key)
    if load and not _load_columns(
        session, obj, mapper, tuple(sorted(load)), False, with_for_update, whole=True
    ):
        return False
    for prop in relationships:
        _core.get_value(obj, prop.slot)
    return True


def _load_joined(
    session: Any,
    obj: Any,
    mapper: Any,
    slots: set[int],
    relationships: list[Any],
    with_for_update: Any,
) -> bool:
    """Load columns and joined relationships of an object by one SELECT."""
    from .util import aliased

    keys = [mapper._columntoproperty[c] for c in mapper.primary_key]
    wanted = slots | {prop.slot for prop in keys}
    props = [p for p in mapper._props.values() if p._is_column and p.slot in wanted]
    targets = [(prop, aliased(prop.entity)) for prop in relationships]
    entities = [getattr(mapper.class_, prop.key) for prop in props]
    statement: Any = Select(*entities, *(target for _, target in targets))
    for prop, target in targets:
        attribute = getattr(mapper.class_, prop.key)
        statement = statement.outerjoin(attribute.of_type(target))
    ident = _core.identity_key(obj)[1]  # type: ignore[index]
    for prop, value in zip(keys, ident, strict=True):
        statement = statement.where(getattr(mapper.class_, prop.key) == value)
    if with_for_update is not None:
        statement = _for_update(statement, with_for_update)
    rows = session.execute(statement).unique().all()
    if not rows:
        return False
    for prop, value in zip(props, rows[0], strict=False):
        if prop.slot in slots:
            _core.set_loaded(obj, prop.slot, value)
    for place, prop in enumerate(relationships, len(props)):
        related = list(dict.fromkeys(row[place] for row in rows if row[place] is not None))
        value = related if prop.uselist else next(iter(related), None)
        _core.set_loaded(obj, prop.slot, value)
    return True


# -- relationships -------------------------------------------------------------


def _load_relationship(obj: Any, mapper: Any, prop: Any, quiet: bool) -> Any:
    context, element = _remembered(obj, prop, RELATIONSHIP_WILDCARD)
    strategy = prop.lazy
    if element is not None and element.strategy is not None:
        strategy = element.strategy
    if strategy == "write_only":
        raise sa_exc.InvalidRequestError(
            f"Attribute {prop} can't load the existing state from the database for this operation; "
            "full iteration is not permitted.  If this is a delete operation, configure "
            f"passive_deletes=True on the {prop} relationship in order to resolve this error."
        )
    if strategy == "noload":
        return [] if prop.uselist else None
    if strategy == "raise":
        raise _not_available(prop, strategy)
    session = _core.session_of(obj)
    if session is None:
        if quiet:
            return NO_VALUE
        raise DetachedInstanceError(
            f"Parent instance {instance_str(obj)} is not bound to a Session; lazy load operation "
            f"of attribute '{prop.key}' cannot proceed"
        )
    if prop._use_get:
        ident = _values(obj, mapper, prop._get_slots, quiet)
        if ident is None:
            return NO_VALUE
        if None in ident:
            return None
        target = prop.mapper
        found = session._get(target.class_manager, ident)
        if found is not None:
            if not isinstance(found, target.class_):
                return None  # of another class of the hierarchy
            if _core.state_flags(found) & _core.STATE_EXPIRED and not quiet:
                expired_context = _core.load_options(found)
                if not _load_row(session, found, target, expired_context, None, True):
                    return None
            return found
        if quiet:
            return NO_VALUE
        if strategy == "raise_on_sql":
            raise _not_available(prop, strategy)
        if context is None and not _criteria(element):
            return load_on_pk(session, target, ident, loaded_for=(obj, prop))
    if quiet:
        return NO_VALUE
    if strategy == "raise_on_sql":
        raise _not_available(prop, strategy)
    return _lazy_load(session, obj, mapper, prop, context, element)


def _criteria(element: LoadElement | None) -> tuple[Any, ...]:
    return element.criteria if element is not None else ()


def _not_available(prop: Any, strategy: str) -> sa_exc.InvalidRequestError:
    return sa_exc.InvalidRequestError(f"'{prop}' is not available due to lazy='{strategy}'")


def _values(obj: Any, mapper: Any, slots: Sequence[int], quiet: bool) -> tuple[Any, ...] | None:
    """The object's values that a lazy load asks with; None if they are not loaded and
    must not be."""
    session: Any = _core.session_of(obj)
    committed = session is not None and session._load_committed
    values = []
    for slot in slots:
        value = _core.peek(obj, slot)
        if value is NO_VALUE:
            if quiet:
                return None
            value = getattr(obj, _props_by_slot(mapper)[slot].key)
        if committed:
            before = _core.committed(obj, slot)
            if before is not ... and before is not NO_VALUE:
                value = before
        values.append(value)
    return tuple(values)


def _lazy_load(
    session: Any,
    obj: Any,
    mapper: Any,
    prop: Any,
    context: LoadContext | None,
    element: LoadElement | None,
) -> Any:
    connection = session._connection_for(prop.mapper, None)
    key: tuple[Any, ...] = ("lazy", prop)
    if context is not None:
        key = (*key, context.table, context.path)
    made = _cache(connection).get(key)
    if made is None:
        made = _lazy_plan(session, connection, prop, context, element)
        _cache(connection)[key] = made
    plan, slots = made
    unloaded = _core.peek(obj, prop.slot) is NO_VALUE  # else its old value is asked for
    values = _values(obj, mapper, slots, False)
    assert values is not None
    if unloaded and _core.peek(obj, prop.slot) is not NO_VALUE:
        return NO_VALUE  # the expired row was loaded, and this with it
    if all(value is None for value in values):
        return [] if prop.uselist else None
    session._autoflush()
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
) -> tuple[ORMPlan, list[int]]:
    """The plan of a relationship's lazy load: (plan, the parent's slots it asks with)."""
    criterion, parameters = prop._lazy_clause()
    target = prop.mapper
    where = [criterion, *_criteria(element)]
    froms = [target.selectable]
    if prop.secondary is not None:
        froms.append(prop.secondary)
    binds = [bind for bind, _ in parameters]
    statement: Select[Any] = Select(target.__clause_element__())
    statement._where_criteria = tuple(where)
    statement._from_obj = tuple(froms)
    if prop.order_by:
        statement._order_by_clauses = tuple(prop.order_by)
    statement._label_style = LABEL_STYLE_TABLENAME_PLUS_COL
    state = SelectState(
        statement,
        legacy=True,
        table=context.table if context is not None else None,
        base_path=(*context.path, prop) if context is not None else (prop.parent, prop),
        distinct_rows=True,
        binds=binds,
    )
    plan = build_plan(session, state, binds, connection.dialect)
    slots = [prop.parent._columntoproperty[column].slot for _, column in parameters]
    return plan, slots
