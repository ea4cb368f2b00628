"""INSERT, UPDATE and DELETE whose rows become objects: what RETURNING names is compiled to a
program of the core, as a select's columns are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import _core, util
from ..engine.plans import CompiledPlan
from ..engine.result import Result
from ..sql.schema import Column
from ..sql.selectable import Select
from .context import FromStatement, ORMPlan, bind_post_loads, given_state
from .load_table import values_of_criteria
from .loading import LoadedCursor, populating, post_load_run
from .nodes import EntityNode, Item
from .program import item_name, make_program
from .selecting import SelectState
from .strategy_options import RELATIONSHIP_WILDCARD

if TYPE_CHECKING:
    from ..engine.cursor import CursorResult

#: strategies that have no meaning for rows that are changed -> the option that asks for them
_NEED_A_SELECT = {
    "joined": "joinedload",
    "contains_eager": "joinedload",
    "subquery": "subqueryload",
}


class _ReturningState(SelectState):
    """What the rows of RETURNING are made into. With `keys`, which come first, and in a
    `bulk` INSERT, of rows that are parameters, no column is returned twice."""

    may_join = False

    def __init__(self, statement: Any, keys: Sequence[Any], bulk: bool, binds: Any) -> None:
        holder: Select[Any] = Select()
        holder._raw_columns = list(statement._returning or keys)
        holder._with_options = statement._with_options
        self._once = bulk or bool(keys)
        super().__init__(holder, binds=binds)
        for column in keys:
            self._add(column, True)
        if self._once:
            self._arrange(keys, bulk)
        for node in self.nodes:
            self._take_expressions(node)
        self.offset = len(self.primary)

    def _add_item_column(self, item: Item) -> None:
        if self._once:
            self._add(item.expression, True)
        else:
            super()._add_item_column(item)

    def _arrange(self, keys: Sequence[Any], bulk: bool) -> None:
        """The key first; of a bulk INSERT then columns as their table has them, expressions
        last."""
        first = {hash(column) for column in keys}

        def order(expression: Any) -> tuple[int, int]:
            if hash(expression) in first:
                return 0, 0
            if not bulk:
                return 1, 0
            if not isinstance(expression, Column):
                return 2, 0
            return 1, list(expression.table.c).index(expression)

        self.primary.sort(key=order)
        for index, column in enumerate(self.primary):
            self._positions[hash(column)] = (True, index)
        for item in self.items:
            if item.node is None:
                item.position = self.position(item.expression)

    def _take_expressions(self, node: EntityNode) -> None:
        """Expressions that an attribute stands for, if they are returned by themselves."""
        for prop in node.mapper._props.values():
            if prop._is_column and hash(prop.columns[0]) in self._positions:
                node.columns.setdefault(hash(prop.columns[0]), prop.columns[0])

    def _is_deferred(self, node: EntityNode, prop: Any) -> bool:
        """An entity is returned with its columns; expressions are loaded when they are read."""
        if not all(isinstance(column, Column) for column in prop.columns):
            return True
        return super()._is_deferred(node, prop)

    def _set_up_relationship(self, node: EntityNode, prop: Any, table: Any) -> None:
        element = None if table is None else table.find(node.path, prop, RELATIONSHIP_WILDCARD)[0]
        strategy = prop.lazy if element is None else element.strategy
        if element is not None and strategy in _NEED_A_SELECT:
            util.warn_deprecated(
                f"The {_NEED_A_SELECT[strategy]} loader option is not compatible with DML "
                "statements such as INSERT, UPDATE.  Only SELECT may be used."
                "This warning will become an exception in a future release.",
                "2.0",
            )
        if strategy == "subquery":
            return  # there is no statement to load along with: it is loaded when it is read
        if strategy == "joined":
            self._multiplies = self._multiplies or _reaches_collections(prop)
        super()._set_up_relationship(node, prop, table)


def _reaches_collections(prop: Any) -> bool:
    """Whether a relationship that a select would join, or one beyond it, is a collection."""
    seen, waiting = set(), [prop]
    while waiting:
        prop = waiting.pop()
        if prop.uselist:
            return True
        if prop.mapper not in seen:
            seen.add(prop.mapper)
            waiting += [each for each in prop.mapper._relations if each.lazy == "joined"]
    return False


def _own_key(mapper: Any) -> tuple[Any, ...]:
    """The primary key of a mapper as its own table has it."""
    own = tuple(mapper.local_table.primary_key)
    return own if len(own) == len(mapper.primary_key) else tuple(mapper.primary_key)


class ReturningPlan(ORMPlan):
    """The plan of a change that returns rows."""

    __slots__ = ("keys", "repeats")

    def __init__(self, plan: CompiledPlan, state: SelectState, keys: Any) -> None:
        super().__init__(plan, state)
        #: whether an entity has collections that a select would join, so that the program has to
        #: ask for objects once each, though none comes twice here
        self.repeats = state._multiplies and not self.given
        #: a core plan whose program finds the objects of the rows in the session, or None
        self.keys: Any = keys


class Returning:
    """One execution of a change whose rows the ORM makes; the statement carries it to
    cormorant.engine.execution as `_row_maker`.

    With a `mapper` its primary key is returned whatever is asked for: `known()` tells which
    objects the rows are of.
    """

    def __init__(self, session: Any, populate_existing: Any, mapper: Any = None) -> None:
        self.session = session
        #: of the core's execution: objects may change before their rows are fetched
        self.flags: int = _core.READ_ALL | populating(populate_existing, True)
        self.plan: ReturningPlan | None = None
        self._mapper = mapper
        #: of what is loaded along with the rows
        self._binds: Sequence[Any] = ()
        #: the values of criteria in the statement's options, which its plan has
        self._values: tuple[Any, ...] = ()
        #: the key's columns in the table that is changed
        self._keys: tuple[Any, ...] = () if mapper is None else _own_key(mapper)

    @property
    def cache_key(self) -> tuple[Any, ...]:
        """What tells its plan from the one of the statement by itself."""
        return ("returning", self._mapper, self._values)

    def _options_of(self, statement: Any) -> Sequence[Any]:
        return statement._with_options  # type: ignore[no-any-return]

    def prepare(self, statement: Any, binds: Any, given: bool) -> tuple[Any, SelectState]:
        """The statement with plain columns in RETURNING, and what its rows are made into;
        `given`: there are parameters."""
        mapper = self._mapper
        bulk = given and statement.is_insert
        if bulk:
            mapper = statement.table._annotations["parententity"].mapper
            keys = mapper.primary_key
        else:
            keys = self._keys
        state = _ReturningState(statement, keys, bulk, binds)
        copy = statement._clone()
        copy._returning = tuple(state.primary)
        return copy, state

    def plan_of(
        self,
        connection: Any,
        compiled: Any,
        binds: Sequence[Any],
        state: SelectState,
        started: float,
    ) -> CompiledPlan:
        """The plan of the statement that prepare() gave, compiled."""
        dialect = connection.dialect
        keys = None
        if self._mapper is not None:
            manager = self._mapper.class_manager
            columns = tuple([state.position(column) for column in self._keys])
            entity = (manager, (-1,) * manager.size, columns, -1, 0, False)
            finds = ((entity,), (("e", 0),), ("",), False, False)
            keys = _core.Plan(compiled.string, (), finds, typed=dialect.typed)
        plan = CompiledPlan(compiled, binds, self._program(state, dialect), started=started)
        plan.info = made = ReturningPlan(plan, state, keys)
        plan.lookup = made.lookup
        bind_post_loads(made, state)
        return plan

    def _program(self, state: SelectState, dialect: Any) -> tuple[Any, ...]:
        entities, items, _, *rest = make_program(state, dialect, False)
        # unlike those of a select, names that come again are not told apart
        names = [
            item.name or item_name(item.expression, False) or "_no_label" for item in state.items
        ]
        return (entities, items, tuple(names), *rest)

    def execute(
        self, connection: Any, statement: Any, params: Any, options: Mapping[str, Any]
    ) -> CursorResult[Any]:
        """Execute; rows are not made before they are fetched."""
        copy = statement._clone()
        copy._row_maker = self
        self._values = values_of_criteria(self._options_of(statement))
        return connection.execute(  # type: ignore[no-any-return]
            copy, params or {}, execution_options=options
        )

    def known(self, result: CursorResult[Any]) -> tuple[list[Any], int]:
        """The session's objects that the rows are of, before they are fetched; how many rows."""
        assert self.plan is not None
        found = result._cursor.known(self.plan.keys)
        return [obj for obj in found if obj is not None], len(found)

    def rows(self, connection: Any, result: CursorResult[Any]) -> Result[Any]:
        """The result as the caller of Session.execute() gets it."""
        plan = self.plan
        assert plan is not None
        cursor = result._cursor
        if plan.post_loads or plan.bundles:
            own = () if plan.table is None else plan.table.binds
            run = post_load_run(self.session, connection, self.flags, option_binds=own)
            cursor = LoadedCursor(cursor, run, (self._binds, None), plan, 0)
        found: Result[Any] = Result(cursor)
        found._single_entity = plan.single_entity
        if plan.unhashable is not None:
            found._unhashable = plan.unhashable
        if plan.repeats:
            found._require_unique = True
            found._set_slow()
        return found


class GivenReturning(Returning):
    """One execution of `select(E).from_statement(insert(E)….returning(…))`: it is executed
    as any change is, defaults and all, and what it returns becomes what the select names."""

    def __init__(self, session: Any, statement: FromStatement, populate_existing: Any) -> None:
        super().__init__(session, populate_existing)
        self._select = statement
        self._key, self._binds = statement._memo_cache_key

    @property
    def cache_key(self) -> tuple[Any, ...]:
        key = self._key
        return ("given", object() if key is None else key, self._values)

    def _options_of(self, statement: Any) -> Sequence[Any]:
        return self._select._with_options

    def prepare(self, statement: Any, binds: Any, given: bool) -> tuple[Any, SelectState]:
        if not statement.is_insert:
            statement = expanded(statement)
        return statement, given_state(
            self._select, list(statement._all_selected_columns), None, binds=self._binds
        )

    def _program(self, state: SelectState, dialect: Any) -> tuple[Any, ...]:
        return make_program(state, dialect, False)


def returned_columns(statement: Any, entity: Any, mapper: Any) -> list[Any]:
    """The columns of all tables of a class that are returned for its objects, its key first."""
    alone = statement._clone()
    alone._returning = (entity,)
    state = _ReturningState(alone, mapper.primary_key, False, ())
    return [c for c in state.primary if getattr(c, "table", None) in mapper._tables]


def expanded(statement: Any) -> Any:
    """The statement with the columns of mapped classes in the place of these."""
    return Returning(None, False).prepare(statement, (), False)[0]
