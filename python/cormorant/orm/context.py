"""ORM statements compiled: the plan of a select and what it needs besides SQL.

A select is read by :mod:`cormorant.orm.selecting` and compiled once into an
:class:`ORMPlan`, which the engine's plan cache keeps under the statement's structural key.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from .._late import late_names
from ..engine.execution import names_of_columns
from ..engine.plans import CompiledPlan, Places
from ..sql.base import ExecutableReturnsRows, KeyContext, key_of_all
from ..sql.selectable import Select
from ..sql.sqltypes import INTEGERTYPE
from .load_table import LoadContext, LoadTable
from .loader_criteria import LoaderCriteriaOption
from .nodes import EntityNode, entity_within
from .plain_select import plain_select
from .program import ItemLookup, find_columns, item_keys, make_program, no_column
from .selecting import AdaptFrom, SelectState
from .strategies import PostLoad, SubqueryLoader
from .strategy_options import Path

#: number of ORM statements compiled in this process: tests check that repeating a query
#: compiles nothing
compile_count = 0


class ORMPlan:
    """A compiled ORM statement, shared by all executions of its structure."""

    __slots__ = (
        "bundles",
        "entities",
        "filtered",
        "given",
        "joined_collections",
        "lookup",
        "mapper",
        "option_binds",
        "origin",
        "plan",
        "post_loads",
        "row_buffering",
        "scalar",
        "single_bundle",
        "single_entity",
        "table",
        "unhashable",
    )

    def __init__(self, plan: Any, state: SelectState) -> None:
        #: engine.plans.CompiledPlan
        self.plan = plan
        #: which of the statement's parameters are those of its options' criteria; None: none of
        #: these, a listener added the option to one execution
        self.option_binds: tuple[int | None, ...] = _places_of_options(state)
        self.table: LoadTable | None = state.table
        self.post_loads: list[PostLoad] = state.post_loads
        #: a result needs unique(): joined rows repeat their leading entity
        self.joined_collections: bool = state.joined_collections
        self.row_buffering = any(isinstance(p, SubqueryLoader) for p in state.post_loads)
        #: of a statement that the program gave
        self.given: bool = isinstance(state, _GivenState)
        #: rows hold objects: Query gives each row once
        self.filtered: bool = any(item.node is not None for item in state.items)
        self.scalar: bool = state.scalar
        #: the type of a column whose values cannot be hashed
        self.single_entity = len(state.items) == 1 and state.items[0].node is not None
        self.unhashable: Any = next(
            (
                item.expression.type
                for item in state.items
                if item.node is None
                and not getattr(item.expression, "type", INTEGERTYPE).hashable
                and not item.expression.type._isnull
            ),
            None,
        )
        #: finds items of rows by class or attribute
        self.lookup = None if state.scalar or state.star else ItemLookup(state)
        #: whose engine it runs on
        self.mapper: Any = state.lead_mapper()
        self.bundles: list[tuple[int, int, Any]] = state.bundles
        #: a Query of one Bundle whose rows are to be what is made of it
        self.single_bundle: bool = (
            state.legacy
            and len(self.bundles) == 1
            and self.bundles[0][:2] == (0, len(state.items))
            and self.bundles[0][2].single_entity
        )
        #: of a statement of the ORM's own: what it was built from, see build_own_plan()
        self.origin: tuple[Any, Any, Path, dict[str, Any]] | None = None

    def own_binds(self, binds: Sequence[Any]) -> Sequence[Any]:
        """The parameters of the options' criteria among those of an execution."""
        if not self.option_binds:
            return ()
        assert self.table is not None
        return [
            bind if place is None else binds[place]
            for place, bind in zip(self.option_binds, self.table.binds, strict=True)
        ]

    def of_execution(self, binds: Sequence[Any]) -> tuple[Any, Sequence[Any]]:
        """The compiled plan for an execution with these parameters, whose objects remember their
        values in options; and the parameters of the options."""
        own = self.own_binds(binds)
        if not own:
            return self.plan, own
        entities, *rest = self.plan.program
        tables: dict[int, LoadTable] = {}
        made = []
        for entity in entities:
            context = entity[6]
            if context is not None:
                shape = context.table
                if id(shape) not in tables:
                    tables[id(shape)] = shape.with_binds(own)
                context = LoadContext(tables[id(shape)], context.path)
                entity = (*entity[:6], context, *entity[7:])
            made.append(entity)
        if not tables:
            return self.plan, own
        return self.plan.with_program((tuple(made), *rest)), own


def _places_of_options(state: SelectState) -> tuple[int | None, ...]:
    table = state.table
    if table is None or not table.binds:
        return ()
    places = Places(state.binds)
    return tuple([places.of(bind) for bind in table.binds])


def core_of(state: SelectState, eager: bool) -> Any:
    """The plain Select of a statement once more, without eager loading."""
    again = SelectState(
        state.statement,
        legacy=state.legacy,
        eager=eager,
        base_path=state.base_path,
        table=state.table,
        binds=state.binds,
    )
    return plain_select(again)


def core_select(statement: Any, toplevel: bool = False, options: Any = ()) -> Any:
    """A plain Select for an ORM select: as part of another statement, which has options, or
    (`toplevel`) as it would be run, with its eager joins."""
    state = SelectState(statement, embedded=not toplevel, outer_options=options)
    return plain_select(state)


def build_plan(session: Any, state: SelectState, binds: Any, dialect: Any = None) -> ORMPlan:
    """Compile."""
    global compile_count
    compile_count += 1
    started = time.perf_counter()
    if dialect is None:
        dialect = session._connection_for(state.lead_mapper(), state.statement).dialect
    core = plain_select(state)
    unique = state.repeats()
    compiled = dialect.statement_compiler(dialect, core, linting=dialect.compiler_linting)
    if compiled.text_columns and not state.star:
        _check_text(session, state, compiled, binds)
    program = None if state.star else make_program(state, dialect, unique)
    plan = CompiledPlan(compiled, binds, program, started=started)
    result = ORMPlan(plan, state)
    bind_post_loads(result, state)
    return result


def _check_text(session: Any, state: SelectState, compiled: Any, binds: Any) -> None:
    """NoSuchColumnError if text among what is selected is not one column each."""
    connection = session._connection_for(state.lead_mapper(), state.statement)
    names = names_of_columns(connection, compiled, binds)
    if names and len(names) != len(compiled.result_columns):
        for item in state.items:
            if item.node is None and _is_text(item.expression):
                raise no_column(item.expression)


def _is_text(expression: Any) -> bool:
    return expression._is_text_clause or getattr(expression, "is_literal", False)


def build_own_plan(
    session: Any, statement: Any, binds: Any, dialect: Any, path: Path, **arguments: Any
) -> ORMPlan:
    """Compile a statement of the ORM's own, which loads what is at a path (empty: columns of
    an object). The arguments are those of SelectState. Listeners of do_orm_execute may want
    to have it built again of another statement: `build_again()`."""
    state = SelectState(statement, binds=binds, **arguments)
    plan = build_plan(session, state, binds, dialect)
    plan.origin = (statement, binds, path, arguments)
    return plan


def build_again(session: Any, plan: ORMPlan, statement: Any, dialect: Any) -> ORMPlan:
    """The plan of build_own_plan() with another statement."""
    assert plan.origin is not None
    _, binds, path, arguments = plan.origin
    criteria = [o for o in statement._with_options if isinstance(o, LoaderCriteriaOption)]
    if criteria:
        table = arguments.get("table")
        if table is not None:
            table = table.copy()
            table.criteria += tuple(o for o in criteria if o not in table.criteria)
            arguments = {**arguments, "table": table}
    return build_own_plan(session, statement, binds, dialect, path, **arguments)


def column_descriptions(
    statement: Any, legacy: bool = False, entities: Sequence[Any] | None = None
) -> list[dict[str, Any]]:
    """What each element of a select's rows is."""
    if statement.__class__ is FromStatement:
        statement = statement._holder()
    state = SelectState(statement, legacy=legacy, embedded=True)
    described: list[dict[str, Any]] = []
    bundles = {start: (end, bundle) for start, end, bundle in state.bundles}
    until = 0
    for index, (item, name) in enumerate(zip(state.items, item_keys(state), strict=True)):
        if index < until:
            continue
        if index in bundles:
            until, bundle = bundles[index]
            owner = entity_within(item.expression)
            given = None
            if owner is not None:
                given = owner.entity if owner.is_aliased_class else owner.class_
            described.append(
                {
                    "name": bundle.name,
                    "type": type(bundle),
                    "aliased": owner is not None and owner.is_aliased_class,
                    "expr": bundle,
                    "entity": given,
                }
            )
            continue
        if item.node is not None:
            entity = item.node.entity
            given = entity.entity if entity.is_aliased_class else entity.class_
            described.append(
                {
                    "name": name,
                    "type": entity.class_,
                    "aliased": entity.is_aliased_class,
                    "expr": given,
                    "entity": given,
                }
            )
            continue
        owner = entity_within(item.expression)
        given = None
        if owner is not None:
            given = owner.entity if owner.is_aliased_class else owner.class_
        expression = item.expression
        key = expression._annotations.get("proxy_key")
        if key is not None and given is not None:
            expression = getattr(given, key)
        described.append(
            {
                "name": name,
                "type": item.expression.type,
                "aliased": owner is not None and owner.is_aliased_class,
                "expr": expression,
                "entity": given,
            }
        )
    return described


class FromStatement(ExecutableReturnsRows):
    """Entities to be made of the rows of any statement: `select(E).from_statement(…)`."""

    __visit_name__ = "from_statement"
    is_select = True
    _is_returns_rows = True

    def __init__(self, raw_columns: Sequence[Any], element: Any) -> None:
        self._raw_columns = list(raw_columns)
        self.element = element

    def _cache_key(self, ctx: KeyContext) -> Any:
        ctx.orm = True
        return (
            FromStatement,
            key_of_all(self._raw_columns, ctx),
            self.element._cache_key(ctx),
            key_of_all(self._with_options, ctx),
        )

    def get_children(self, *, omit_attrs: Any = (), **kw: Any) -> Any:
        yield self.element

    _where_criteria: tuple[Any, ...] = ()

    def with_only_columns(self, *entities: Any) -> FromStatement:
        """The same rows, of which other things are made."""
        made = FromStatement(Select(*entities)._raw_columns, self.element)
        made._with_options = self._with_options
        return made

    def add_columns(self, *columns: Any) -> FromStatement:
        """The same rows, of which more is made."""
        return self.with_only_columns(*self._raw_columns, *columns)

    def _holder(self) -> Select[Any]:
        """A Select of what is made of the rows."""
        holder: Select[Any] = Select()
        holder._raw_columns = list(self._raw_columns)
        holder._with_options = self._with_options
        return holder

    @property
    def column_descriptions(self) -> list[dict[str, Any]]:
        """What each element of the rows is."""
        return column_descriptions(self)

    def _compiler(self, dialect: Any, **kw: Any) -> Any:
        return _with_criteria(self)._compiler(dialect, **kw)


def _with_criteria(statement: FromStatement) -> Any:
    """The given statement, whose SELECTs the options say criteria for."""
    criteria = [o for o in statement._with_options if isinstance(o, LoaderCriteriaOption)]
    element = statement.element
    return element.options(*criteria) if criteria else element


class _GivenState(SelectState):
    """What is loaded from the rows of a statement that cannot be joined to."""

    may_join = False


def given_state(
    statement: FromStatement, selected: list[Any], names: Sequence[str] | None, **kw: Any
) -> SelectState:
    """What is made of the rows of a statement that has these columns, or the driver names so;
    further arguments are those of SelectState."""
    state = _GivenState(statement._holder(), **kw)
    state.offset = len(state.primary)
    find_columns(state, selected, names)
    return state


def from_statement_plan(
    session: Any,
    connection: Any,
    statement: FromStatement,
    legacy: bool,
    as_tuples: bool,
    binds: Any,
) -> ORMPlan:
    """Compile: the statement as it is, its columns found by name or by what they are."""
    global compile_count
    compile_count += 1
    dialect = connection.dialect
    element = _with_criteria(statement)
    compiled = element.compile(dialect=dialect)
    names = None
    if getattr(element, "_orm", False) and isinstance(element, Select):
        # of entities those columns that are not deferred
        selected = list(element._as_core(True, element._with_options)._all_selected_columns)
    else:
        selected = list(getattr(element, "selected_columns", None) or ())
    if not selected:
        names = names_of_columns(connection, compiled, binds)
    state = given_state(statement, selected, names, legacy=legacy, as_tuples=as_tuples, binds=binds)
    unique = legacy and any(item.node is not None for item in state.items)
    plan = CompiledPlan(compiled, binds, make_program(state, dialect, unique))
    result = ORMPlan(plan, state)
    bind_post_loads(result, state)
    return result


def bind_post_loads(plan: ORMPlan, state: SelectState) -> None:
    """Tell what is loaded afterwards which items of the rows it is for."""
    positions = {
        id(item.node): position
        for position, item in enumerate(state.items)
        if item.node is not None
    }
    for post_load in plan.post_loads:
        post_load.bind(-1 if state.scalar else positions[id(post_load.index)])


__all__ = [
    "AdaptFrom",
    "EntityNode",
    "FromStatement",
    "ORMPlan",
    "SelectState",
    "build_plan",
    "column_descriptions",
    "core_select",
]


__getattr__ = late_names(
    __name__, {".hooks": "QueryContext", ".query_state": "_ColumnEntity _MapperEntity"}
)
