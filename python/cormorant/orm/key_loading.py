"""Loading an object by its primary key.

The plan of such a statement is kept for each mapper; a look-up with nothing to be seen to before or
after runs little Python but the statement itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from .. import exc as sa_exc
from ..engine.plans import Places
from ..sql.expression import bindparam
from ..sql.selectable import LABEL_STYLE_TABLENAME_PLUS_COL, Select
from ..util import warn
from .context import ORMPlan, build_own_plan
from .from_adapters import column_in
from .loading import (
    NO_OPTIONS,
    connection_of,
    listeners,
    objects_of,
    plan_cache,
    renamed_schemas,
    run_values,
)
from .transaction import ACTIVE


def key_nulls(ident: Sequence[Any]) -> tuple[bool, ...]:
    """Which values of a primary key are NULL, which no `=` finds; () if none is."""
    return tuple(value is None for value in ident) if None in ident else ()


def without_nulls(ident: Sequence[Any]) -> tuple[Any, ...]:
    """The values of a primary key that a statement of it has parameters for."""
    return tuple([value for value in ident if value is not None])


def key_statement(mapper: Any, nulls: Sequence[bool] = ()) -> tuple[Any, list[Any]]:
    """SELECT of an entity by its primary key, and the parameters of the key."""
    statement: Select[Any] = Select(mapper.__clause_element__())
    where = []
    binds = []
    columns = mapper.primary_key
    if mapper._is_union:
        columns = [column_in(mapper.selectable, column, mapper) for column in columns]
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


def _with_values(binds: Sequence[Any], given: Sequence[Any], values: Sequence[Any]) -> list[Any]:
    """The values of `binds`: those among the `given` have `values`, the others their own."""
    places = Places(given)
    return [
        bind.effective_value if (place := places.of(bind)) is None else values[place]
        for bind in binds
    ]


def only_row(rows: list[Any]) -> Any:
    """The one row of a look-up by key, or None."""
    if len(rows) > 1:
        raise sa_exc.MultipleResultsFound("Multiple rows were found when exactly one was required")
    return rows[0] if rows else None


def load_at_once(session: Any, key: Any, ident: tuple[Any, ...]) -> list[Any] | None:
    """The rows of a look-up with nothing to be seen to before or after: the usual one, of
    which everything but the statement itself is Python. None: it is not such a one.

    key: what the plan is found by: the mapper, with the relationship whose lazy load it is.
    """
    transaction = session._innermost
    if (
        transaction is None
        or transaction._state is not ACTIVE
        or session._trans_context_manager is not None
        or session._events is not None
        or session._binds
        or session._routes
        or (session._unflushed and session.autoflush)
    ):
        return None
    found = transaction._connections.get(session.bind)
    if found is None:
        return None
    connection = found[0]
    core = connection._live
    engine = connection.engine
    if (
        core is None
        or connection._events is not None
        or connection._echo
        or connection._autocommit
        or connection._execution_options
        or connection.dialect is not engine.dialect
    ):
        return None
    plans = engine._plans
    made = None if plans is None else plans.get(key)
    if made is None or made.post_loads:
        return None
    compiled = made.plan
    plan = compiled._plan
    if plan is None or compiled.extra:
        return None
    try:
        cursor = core.execute(plan, ident, session)
    except BaseException as error:
        connection._wrap_error(error, plan.sql, connection.dialect.no_params)
    return cursor.fetch()  # type: ignore[no-any-return]


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
    obj, prop = loaded_for or (None, None)
    key: Any = mapper if prop is None else (mapper, prop)
    plain = (
        not options
        and with_for_update is None
        and not execution_options
        and not bind_arguments
        and not populate_existing
        and None not in ident
    )
    if plain and (rows := load_at_once(session, key, ident)) is not None:
        return rows[0] if len(rows) == 1 else only_row(rows)
    heard = listeners(session)
    if not heard:
        session._autoflush()
    nulls = key_nulls(ident)
    if nulls:
        if all(nulls):
            warn(
                "fully NULL primary key identity cannot load any object.  This condition may "
                "raise an error in a future release."
            )
        key = (key, nulls)
    statement: Any = None
    if session._routes or bind_arguments or options or with_for_update is not None:
        # a get_bind() of the program's may look at it
        statement, binds = key_statement(mapper, nulls)
    connection = connection_of(session, mapper, statement, bind_arguments)
    with renamed_schemas(connection, execution_options or NO_OPTIONS):
        plans = plan_cache(connection)
        made = None
        values: Sequence[Any] = without_nulls(ident)
        if options or with_for_update is not None:
            if options:
                statement = statement.options(*options)
            if with_for_update is not None:
                statement = for_update(statement, with_for_update)
            of_key = binds
            key, binds = statement._generate_cache_key()
            values = _with_values(binds, of_key, values)
            if key is not None:
                made = plans.get(key := ("get", key))
        else:
            made = plans.get(key)
            if made is None and statement is None:
                statement, binds = key_statement(mapper, nulls)
        if made is None:
            path = () if prop is None else (prop.parent, prop)
            made = build_own_plan(
                session,
                statement,
                binds,
                connection.dialect,
                path,
                legacy=True,
                distinct_rows=True,
                base_path=path,
            )
            if key is not None:
                plans[key] = made
        plan = made
        if execution_options and not populate_existing:
            populate_existing = execution_options.get("populate_existing", False)
        if heard:
            from .heard_loading import tell_of_values

            told = tell_of_values(
                session,
                connection,
                plan,
                values,
                heard,
                obj,
                options=execution_options or NO_OPTIONS,
                bind_arguments=bind_arguments,
            )
            if told.rows is not None:
                return told.rows[0] if told.rows else None
            plan = told.plan
            populate_existing = populate_existing or told.populate_existing
            session._autoflush()
        token = execution_options.get("identity_token") if execution_options else None
        named = token is not None or session._tokens
        with objects_of(session, token) if named else nullcontext():
            return _load_by_key(
                session,
                connection,
                plan,
                mapper,
                ident,
                values,
                populate_existing,
                with_for_update,
                execution_options or NO_OPTIONS,
            )


def _load_by_key(
    session: Any,
    connection: Any,
    plan: ORMPlan,
    mapper: Any,
    ident: tuple[Any, ...],
    values: Sequence[Any],
    populate_existing: bool,
    with_for_update: Any,
    options: Mapping[str, Any],
) -> Any:
    check = with_for_update is not None and mapper.version_id_col is not None
    known = None
    if check:
        known = session._get(mapper.class_manager, ident, session._identity_token)
    if known is None:
        return only_row(run_values(session, connection, plan, values, populate_existing, options))
    from .locking import load_locked

    return load_locked(session, connection, plan, mapper, known, values, options)


def for_update(statement: Any, argument: Any) -> Any:
    """The statement with the lock that `with_for_update=` asks for."""
    if argument is True:
        return statement.with_for_update()
    if isinstance(argument, Mapping):
        return statement.with_for_update(**argument)
    statement = statement._generate()
    statement._for_update_arg = argument
    return statement
