"""Running ORM statements: :func:`execute` finds the compiled plan of a select in the engine's cache
and leaves the rows to the core. `key_loading` loads objects by their primary keys.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from .. import _core
from .. import exc as sa_exc
from .._late import late_names
from ..engine.fetching import unlike
from ..engine.plans import GivenValue, anonymous_key
from ..engine.python_cursors import StreamCursor
from ..engine.result import Result
from ..engine.result_keys import know_columns
from ..sql.selectable import Select
from ..util import immutabledict
from .context import (
    FromStatement,
    ORMPlan,
    SelectState,
    build_plan,
    from_statement_plan,
)
from .strategies import Origin, Run

NO_OPTIONS: Mapping[str, Any] = {}

# Options that are about the rows of one statement.
_OWN_OPTIONS = frozenset({"yield_per", "stream_results", "identity_token", "autoflush"})

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


def plan_cache(connection: Any, options: Mapping[str, Any] | None = None) -> Any:
    """Where plans are kept: by the engine, or where the option ``compiled_cache`` says; those
    of a connection that has other names for schemas are kept apart."""
    engine, dialect = connection.engine, connection.dialect
    plans = engine._plans
    if dialect is not engine.dialect:
        plans = engine._plans_for(dialect)
    else:
        if connection._execution_options:
            plans = connection._execution_options.get("compiled_cache", plans)
        if options:
            plans = options.get("compiled_cache", plans)
    return _NO_CACHE if plans is None else plans


def _made_plan(
    session: Any,
    connection: Any,
    statement: Any,
    legacy: bool,
    eager: bool,
    as_tuples: bool,
    binds: Sequence[Any],
) -> ORMPlan:
    """The plan of a statement of a structure that was not met yet."""
    if isinstance(statement, FromStatement):
        return from_statement_plan(session, connection, statement, legacy, as_tuples, binds)
    state = SelectState(statement, legacy=legacy, eager=eager, as_tuples=as_tuples, binds=binds)
    return build_plan(session, state, binds, connection.dialect)


def run_select(
    session: Any,
    connection: Any,
    statement: Any,
    params: Mapping[str, Any] | None,
    options: Mapping[str, Any],
    populate_existing: bool,
    stream: int,
    legacy: bool = False,
    eager: bool = True,
    as_tuples: bool = False,
) -> tuple[Any, ORMPlan]:
    """Execute a select: a cursor that gives its results, and its compiled plan, which the
    engine keeps by the statement's structure.

    `options`: of the execution; `stream`: how many rows are read at once, 0 for all."""
    before = None
    if "schema_translate_map" in options:
        before = connection.dialect
        connection.dialect = renamed_dialect(connection, options)
    try:
        key, binds = statement._memo_cache_key
        plans = connection.engine._plans
        if options or connection._execution_options or plans is None:
            plans = plan_cache(connection, options)
        plan = None
        if key is not None:
            key = ("orm", legacy, eager, as_tuples, key)
            plan = plans.get(key)
        hit = plan is not None
        if plan is None:
            plan = _made_plan(session, connection, statement, legacy, eager, as_tuples, binds)
            if key is None:
                plan.plan.cache_kind = "no key"
            else:
                plans[key] = plan
        cursor = run_plan(
            session,
            connection,
            plan,
            binds,
            params,
            populate_existing,
            stream,
            hit,
            options.get("identity_token"),
            options,
            statement,
        )
    finally:
        if before is not None:
            connection.dialect = before
    if (plan.joined_collections or plan.row_buffering) and (stream or options.get("yield_per")):
        cursor.close()
        raise no_yield_per()
    return cursor, plan


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
        self._unique = False
        self._held = False
        self._position = 0
        self.row_keys = _bundled_keys(plan) if plan.bundles else cursor.row_keys
        self.keys = self.row_keys.names if plan.bundles else cursor.keys
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
        return self._unique or bool(self._cursor.unique)

    @unique.setter
    def unique(self, value: bool) -> None:
        if value and self._stream:
            raise sa_exc.InvalidRequestError(
                "Can't use the ORM yield_per feature in conjunction with unique()"
            )
        if self._rows is None:
            self._cursor.unique = value
            return
        if value:
            self._rows = _unlike(self._rows, self.scalar)
        self._unique = value

    def load_ahead(self) -> bool:
        """Read all rows with their post loads, so that no fetch does I/O; False: it streams."""
        if self._stream:
            return False
        if self._rows is None:
            self._rows = self._load(-1)
            self._held = True
        return True

    def _load(self, count: int) -> list[Any]:
        rows: list[Any] = self._cursor.fetch(count)
        if rows:
            self._run.add(self._plan, rows, self._origin)
            self._run.finish()
            if self._plan.bundles:
                rows = self._bundled(rows)
        return rows

    def _bundled(self, rows: list[Any]) -> list[Any]:
        """Rows with the columns of each Bundle put together."""
        plan = self._plan
        parts = [(*ends, _bundle_part(bundle, *ends)) for *ends, bundle in plan.bundles]
        return _core.bundle_rows(rows, None if plan.single_bundle else self.row_keys, tuple(parts))

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
        rows = self._rows[start:end]
        self._position = end
        # a result that was read holds no objects, but one that was read ahead does in SQLAlchemy
        if end == len(self._rows) and not self._held:
            self._rows, self._position = [], 0
        return rows

    def fetch_scalars(self, count: int = -1) -> list[Any]:
        """As fetch, but the first item of each row."""
        rows = self.fetch(count)
        return rows if self._plan.scalar else _core.first_items(rows)

    def close(self) -> None:
        """Drop the rows."""
        self._rows = []
        self._position = 0
        self._cursor.close()


def _unlike(rows: list[Any], scalar: bool) -> list[Any]:
    """Rows without those equal to earlier ones: entities by identity, columns by value."""

    def mark(item: Any) -> Any:
        return (id(item),) if _core.is_entity(item) else item

    def marks(row: Any) -> Any:
        return tuple([mark(item) for item in row])

    return list(unlike(rows, set(), mark if scalar else marks))


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


def _bundled_keys(plan: ORMPlan) -> _core.RowKeys:
    """Names of the items of rows with Bundles, and where those are that are in none."""
    names: list[Any] = []
    places: dict[int, int] = {}
    unbundled = plan.plan.program[2]
    position = 0
    for start, end, bundle in (*plan.bundles, (len(unbundled), 0, None)):
        for place in range(position, start):
            places[place] = len(names)
            names.append(unbundled[place])
        if bundle is not None:
            names.append(bundle.name)
        position = end

    def lookup(key: Any) -> int | None:
        found = None if plan.lookup is None else plan.lookup(key)
        return None if found is None else places.get(found)

    return _core.RowKeys(tuple(names), None, lookup)


def _bundle_part(bundle: Any, start: int, end: int) -> Any:
    """What makes a bundle of a row; the names of its values where it makes a row of them."""
    names = bundle._row_names
    if names is not None and len(names) == end - start:
        return _core.RowKeys(names)
    return bundle_maker(bundle, start)[0]


def populating(existing: Any, given: bool) -> int:
    """Flags of the core for the rows of a statement that the program gave, or of the ORM's
    own: a column that the first does not have is expired, a second's options left it out."""
    if not existing:
        return 0
    return _core.POPULATE_EXISTING | (_core.EXPIRE_MISSING if given else 0)


def run_plan(
    session: Any,
    connection: Any,
    plan: ORMPlan,
    binds: Sequence[Any],
    params: Mapping[str, Any] | None,
    populate_existing: bool = False,
    stream: int = 0,
    hit: bool = True,
    token: Any = None,
    options: Mapping[str, Any] = NO_OPTIONS,
    statement: Any = None,
) -> Any:
    """Execute: a cursor that gives results as the plan's program makes them, of objects with
    an identity token. `options`: of the execution, which those of post loads have, too.
    `statement`: which is executed, where its rows may be asked for its columns."""
    if (token is not None or session._tokens) and token is not session._identity_token:
        with objects_of(session, token):
            return run_plan(
                session, connection, plan, binds, params, populate_existing, stream, hit, token,
                options, statement,
            )  # fmt: skip
    flags = populating(True, plan.given) if populate_existing else 0
    compiled, own = plan.of_execution(binds) if plan.option_binds else (plan.plan, ())
    cursor = connection._execute_plan(compiled, binds, params, session, stream, flags, hit, options)
    if plan.lookup is not None:
        know_columns(cursor, plan.lookup, statement, None if hit else statement)
    if stream:
        cursor = StreamCursor(cursor, connection)
    ahead = options.get("prebuffer_rows", False)
    if plan.post_loads or plan.bundles or stream or ahead:
        run = post_load_run(session, connection, flags, options, own)
        loaded = LoadedCursor(cursor, run, (binds, params), plan, stream)
        if ahead:
            loaded.load_ahead()
        return loaded
    return cursor


def renamed_dialect(connection: Any, options: Mapping[str, Any]) -> Any:
    """The dialect for a connection's statements that have the schemas which the option
    ``schema_translate_map`` says."""
    names = options.get("schema_translate_map")
    return connection.engine.dialect.translated(names) if names else connection.dialect


@contextmanager
def renamed_schemas(connection: Any, options: Mapping[str, Any]) -> Iterator[None]:
    """What is compiled and executed within has the schemas that the option
    ``schema_translate_map`` of a statement says."""
    before = connection.dialect
    connection.dialect = renamed_dialect(connection, options)
    try:
        yield
    finally:
        connection.dialect = before


@contextmanager
def with_options(connection: Any, options: Mapping[str, Any]) -> Iterator[None]:
    """What is executed within has the options of a statement, but for those about its rows."""
    before = connection._execution_options
    given = {name: value for name, value in options.items() if name not in _OWN_OPTIONS}
    connection._execution_options = immutabledict({**before, **given})
    try:
        with renamed_schemas(connection, options):
            yield
    finally:
        connection._execution_options = before


@contextmanager
def objects_of(session: Any, token: Any) -> Iterator[None]:
    """The objects of results that begin within have an identity token (None: have none)."""
    before = session._identity_token
    session._identity_token = token
    try:
        yield
    finally:
        session._identity_token = before


def token_option(token: Any) -> Mapping[str, Any]:
    """Execution options with an identity token, if there is one."""
    return NO_OPTIONS if token is None else {"identity_token": token}


def connection_of(
    session: Any, mapper: Any, statement: Any, bind_arguments: Mapping[str, Any] | None
) -> Any:
    """The connection that a statement runs on. `mapper`: the one it is about, which goes before
    that of `bind_arguments`, or None."""
    if not bind_arguments:
        return session._connection_for(mapper, statement)
    arguments = {**bind_arguments, "clause": statement}
    if mapper is not None:
        arguments["mapper"] = mapper
    return session._connection_for_bind(session.get_bind(**arguments))


def listeners(session: Any) -> Sequence[Any]:
    """The listeners of do_orm_execute."""
    return session._events._find("do_orm_execute") if session._events is not None else ()


def run_values(
    session: Any,
    connection: Any,
    plan: ORMPlan,
    values: Sequence[Any],
    populate_existing: bool = False,
    options: Mapping[str, Any] = NO_OPTIONS,
) -> list[Any]:
    """Execute a plan of the ORM's own with the values of its parameters in order, and the options
    of the execution."""
    flags = _core.POPULATE_EXISTING if populate_existing else 0
    compiled = plan.plan
    if compiled.extra or compiled._plan is None or plan.option_binds:
        given = [GivenValue(value) for value in values]
        token = session._identity_token
        cursor = run_plan(
            session, connection, plan, given, None, populate_existing, token=token, options=options
        )
        return cursor.fetch()  # type: ignore[no-any-return]
    cursor = connection._run_plan(compiled, values, session, 0, flags, options)
    rows: list[Any] = cursor.fetch()
    if plan.post_loads and rows:
        run = post_load_run(session, connection, flags, options)
        run.add(plan, rows, ([GivenValue(value) for value in values], None))
        run.finish()
    return rows


def _values_of(plan: ORMPlan, binds: Sequence[Any]) -> dict[str, Any]:
    """The values of an execution of a post load, as listeners may execute its statement with."""
    assert plan.origin is not None
    return {
        anonymous_key(own) if own.unique else own.key: bind.effective_value
        for own, bind in zip(plan.origin[1], binds, strict=True)
    }


def post_load_run(
    session: Any,
    connection: Any,
    flags: int,
    given: Mapping[str, Any] = NO_OPTIONS,
    option_binds: Sequence[Any] = (),
) -> Run:
    """What executes the statements of post loads: as `alike` on the database of the objects
    they are for, as `completing` for more of what these have in their tables. `given`: the options of the execution that gave these; `option_binds`: the
    parameters of the statement's loader options."""
    own_token = session._identity_token

    def execute_child(
        plan: ORMPlan,
        binds: Sequence[Any],
        params: Mapping[str, Any] | None,
        alike: bool = False,
        completing: bool = False,
    ) -> list[Any]:
        token = own_token if alike else None
        heard = listeners(session)
        if heard and plan.origin is not None:
            from .heard_loading import tell

            options = {k: v for k, v in given.items() if k not in _OWN_OPTIONS}
            options.update(token_option(token))
            given_params = {**_values_of(plan, binds), **(params or {})}
            told = tell(session, connection, plan, given_params, heard, options=options)
            if told.rows is not None:
                return told.rows
            plan = told.plan
        session._autoflush()
        own = session._child_connection(connection, plan)
        compiled, _ = plan.of_execution(binds)
        brief = flags | _core.BRIEF_ROWS | (_core.KEEP_RELATED if completing else 0)
        with objects_of(session, token) if session._tokens else nullcontext():
            cursor = own._execute_plan(compiled, binds, params, session, flags=brief, options=given)
        return cursor.fetch()  # type: ignore[no-any-return]

    dialect = connection.dialect
    overwrite = bool(flags & _core.POPULATE_EXISTING)
    return Run(session, execute_child, overwrite, dialect, option_binds, given)


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
    if session._unflushed and options.get("autoflush", True):
        session._autoflush()
    mapper = None
    if session.bind is None or session._binds or session._routes or bind_arguments:
        mapper = lead_mapper(statement)
    if bind_arguments:
        connection = connection_of(session, mapper, statement, bind_arguments)
    else:
        connection = session._connection_for(mapper, statement)
    if statement.__class__ is not Select:  # (the usual one is asked nothing)
        if not (statement.is_select and hasattr(statement, "_raw_columns")):
            if execution_options:
                return connection.execute(statement, params, execution_options=execution_options)
            return connection.execute(statement, params)
        element = getattr(statement, "element", None)
        if element is not None and element.is_dml and isinstance(statement, FromStatement):
            from .returning import GivenReturning

            rows = GivenReturning(session, statement, options.get("populate_existing"))
            return rows.rows(connection, rows.execute(connection, element, params, options))
    if params.__class__ is not dict and params is not None:
        from ..engine.execution import distill

        sets = distill(params)
        if len(sets) > 1:
            return connection.execute(statement, sets)  # which refuses it
        params = sets[0] if sets else None
    stream = options.get("yield_per") or 0
    cursor, plan = run_select(
        session,
        connection,
        statement,
        params,
        options,
        options.get("populate_existing", False),
        stream,
    )
    result: Result[Any] = Result(cursor)
    if plan.single_entity:
        result._single_entity = True
    if plan.unhashable is not None:
        result._unhashable = plan.unhashable
    if plan.joined_collections and not plan.given:
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


if not TYPE_CHECKING:
    __getattr__ = late_names(__name__, {".merge": "merge_frozen_result merge_result"})
