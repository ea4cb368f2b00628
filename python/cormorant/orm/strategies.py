"""How relationships are loaded beside their parents: joins, and statements afterwards.

Joined loading adds to the statement: :class:`EagerJoins` collects the joins and builds
them onto the FROM clause.  The others run after it, on the objects it gave: a subclass
of :class:`PostLoad` each.  What they do per object is done by the core.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import _core, exc
from ..sql.expression import bindparam, tuple_
from ..sql.fromclause import Join
from ..sql.selectable import LABEL_STYLE_TABLENAME_PLUS_COL, Select
from ..util import warn
from .base import ONETOMANY
from .from_adapters import adapted, column_in
from .inheritance import key_slot
from .join_condition import only_equates
from .joining import adapt_to, adapted_criteria, relationship_join, selectable_of
from .load_table import LoadTable
from .loader_criteria import criteria_about
from .order_by import is_column_expression, without_modifiers
from .strategy_options import LoadElement, Path

if TYPE_CHECKING:
    from .context import EntityNode, ORMPlan, SelectState

CHUNK = 500
"""How many keys one selectin statement asks for."""

KEYS = "primary_keys"


class EagerJoin:
    """One joined relationship: from a node's parent to the node."""

    __slots__ = ("criteria", "innerjoin", "node", "outer", "secondary")

    def __init__(self, node: EntityNode, innerjoin: Any, criteria: tuple[Any, ...]) -> None:
        self.node = node
        self.innerjoin = innerjoin
        self.criteria = criteria
        #: rows of the parent may be absent or this one may be: LEFT OUTER JOIN somewhere
        #: on the way from the root
        self.outer = False
        #: the association table as it was joined
        self.secondary: Any = None


class EagerJoins:
    """The joins of one root entity, in the order they are to be written.

    An inner join below an outer one must not take rows away from the root: it goes into
    parentheses on the right of the outer join.  So each step of the chain is a group:
    its first join is attached to the chain, the others are joined to it inside.
    """

    def __init__(self) -> None:
        self.steps: list[list[EagerJoin]] = []
        self._of_node: dict[Any, tuple[list[EagerJoin], EagerJoin]] = {}

    def add(self, join: EagerJoin) -> None:
        parent = join.node.parent
        above = self._of_node.get(id(parent))
        chained = above is not None and above[1].outer
        join.outer = chained or not join.innerjoin
        if above is None or not chained or not join.innerjoin or join.innerjoin == "unnested":
            if join.innerjoin == "unnested" and chained:
                join.innerjoin = False
            group = [join]
            self.steps.append(group)
        else:
            group = above[0]
            # Directly behind its parent, as a join spliced into the tree would stand.
            group.insert(group.index(above[1]) + 1, join)
        self._of_node[id(join.node)] = (group, join)

    def build(self, left: Any, adapt: Callable[[EagerJoin, Any], Any]) -> Any:
        """`left` with all joins. `adapt(join, onclause)` is told each ON clause that
        refers to the parent."""
        for group in self.steps:
            first = group[0]
            if not first.innerjoin:
                primary, secondary_on, secondary = self._conditions(first)
                right: Any = first.node.selectable
                if secondary is not None:
                    right = Join(secondary, right, secondary_on)
                for join in group[1:]:
                    right = self._inner(right, join, adapt)
                left = Join(left, right, adapt(first, primary), isouter=True)
            else:
                for join in group:
                    left = self._inner(left, join, adapt)
        return left

    def _inner(self, left: Any, join: EagerJoin, adapt: Callable[[EagerJoin, Any], Any]) -> Any:
        primary, secondary_on, secondary = self._conditions(join)
        primary = adapt(join, primary)
        if secondary is None:
            return Join(left, join.node.selectable, primary)
        return Join(Join(left, secondary, primary), join.node.selectable, secondary_on)

    def _conditions(self, join: EagerJoin) -> tuple[Any, Any, Any]:
        node = join.node
        parent = node.parent
        assert parent is not None
        primary, secondary_on, secondary = node.prop._create_joins(
            source_selectable=parent.selectable,
            dest_selectable=node.selectable,
            of_type_mapper=node.mapper,
            alias_secondary=True,
            extra_criteria=adapted_criteria(join.criteria, node.mapper, node.selectable),
        )[:3]
        join.secondary = secondary
        return primary, secondary_on, secondary


class PostLoad:
    """Loads one relationship of all objects of an entity node, after the statement."""

    __slots__ = ("element", "index", "node_path", "owners", "path", "prop", "table", "walk")

    #: it comes right after the statement, before what is queued
    at_once = False

    def __init__(
        self, node: EntityNode, prop: Any, element: LoadElement | None, table: LoadTable | None
    ) -> None:
        self.prop = prop
        self.element = element
        self.table = table
        #: path of the entity, and of what is loaded
        self.node_path: Path = node.path
        if prop is None:
            self.path: Path = node.path
        else:
            target = element.target if element is not None and element.target else prop.entity
            self.path = (*node.path, prop, target)
        # Where the parents are: an item of the result row, then along slots of joined
        # relationships.
        walk: list[int] = []
        # Objects of other classes of a hierarchy have no such attribute.
        owners = [(node.mapper if prop is None else prop.parent).class_manager]
        at: Any = node
        while at.parent is not None and at.item is None:
            walk.append(at.prop.slot)
            owners.append(at.prop.parent.class_manager)
            at = at.parent
        self.walk = tuple(reversed(walk))
        self.owners = tuple(reversed(owners))
        self.index: Any = at

    def bind(self, item: int) -> None:
        """Told which item of the row the root entity is (-1: the row itself)."""
        self.index = item

    def parents(self, rows: Sequence[Any]) -> list[Any]:
        """The objects to load for, each once."""
        return _core.collect_parents(rows, self.index, self.walk, self.owners)

    def _distribute(
        self, run: Run, parents: list[Any], keys: list[Any], rows: list[Any], nkey: int
    ) -> None:
        prop = self.prop
        several = _core.distribute(
            parents, keys, prop.slot, rows, nkey, bool(prop.uselist), run.overwrite
        )
        if several and not prop.uselist:
            warn(
                f"Multiple rows returned with uselist=False for eagerly-loaded attribute '{prop}' "
            )

    def _child_table(self) -> LoadTable | None:
        """The options of the statement that loads the children."""
        if self.table is None or self.element is None:
            return self.table
        return self.table.narrowed(self.path[-1], self.element.criteria)

    def _option_binds(self) -> Sequence[Any]:
        """The parameters of the options that a statement of this load is compiled with."""
        return () if self.table is None else self.table.binds

    def load_lazily(self, parents: list[Any]) -> None:
        """Let the parents load by themselves what they lack."""
        key = self.prop.key
        for parent in parents:
            getattr(parent, key)

    def load(self, run: Run, parents: list[Any], origin: Origin) -> None:
        """Load for these parents; child post loads are queued on the run.

        `origin`: bind parameters and values of the statement that gave the parents."""
        raise NotImplementedError


class KnownLoader(PostLoad):
    """Gives each object what a many-to-one refers to, if that is in the session."""

    __slots__ = ()

    def load(self, run: Run, parents: list[Any], origin: Origin) -> None:
        self.load_lazily(parents)

    def load_lazily(self, parents: list[Any]) -> None:
        from .attribute_loading import load_attribute

        slot = self.prop.slot
        for parent in parents:
            if _core.peek(parent, slot) is _core.NO_VALUE:
                found = load_attribute(parent, slot, True)
                if found is not _core.NO_VALUE:
                    _core.set_loaded(parent, slot, found)


Origin = tuple[Sequence[Any], Mapping[str, Any] | None]


class Run:
    """One execution whose post loads are being done, what each brings before the next."""

    def __init__(
        self,
        session: Any,
        execute: Callable[..., list[Any]],
        overwrite: bool,
        dialect: Any,
        option_binds: Sequence[Any],
        options: Mapping[str, Any],
    ) -> None:
        self.session = session
        #: those of the execution
        self.options = options
        #: the parameters of the loader options, which all statements have
        self.option_binds = option_binds
        #: what its statements are compiled for
        self.dialect = dialect
        #: execute(plan, binds, params, alike=False, completing=False) -> rows; see post_load_run()
        self.execute = execute
        #: load also what is already loaded
        self.overwrite = overwrite
        self._queue: list[tuple[PostLoad, list[Any], Origin]] = []

    def add(self, plan: ORMPlan, rows: Sequence[Any], origin: Origin) -> None:
        """Queue the post loads of a plan for the rows it gave."""
        for post_load in plan.post_loads:
            parents = post_load.parents(rows)
            if not parents:
                continue
            if post_load.at_once:
                post_load.load(self, parents, origin)
            else:
                self._queue.append((post_load, parents, origin))

    def complete(self, plan: ORMPlan, rows: Sequence[Any], origin: Origin) -> None:
        """Do the post loads of a plan, and all that these bring, before what is queued here."""
        inner = Run(
            self.session,
            self.execute,
            self.overwrite,
            self.dialect,
            self.option_binds,
            self.options,
        )
        inner.add(plan, rows, origin)
        inner.finish()

    def finish(self) -> None:
        """Do what is queued, and after each what that queues."""
        todo = self._queue[::-1]
        self._queue.clear()
        while todo:
            post_load, parents, origin = todo.pop()
            post_load.load(self, parents, origin)
            todo += self._queue[::-1]
            self._queue.clear()


class ImmediateLoader(PostLoad):
    """Reads the attribute of each object: its lazy load."""

    __slots__ = ()

    def load(self, run: Run, parents: list[Any], origin: Origin) -> None:
        if not run.options:
            self.load_lazily(parents)
            return
        from .loading import with_options

        with with_options(run.session._reading_connection(self.prop.mapper), run.options):
            self.load_lazily(parents)

    def load_lazily(self, parents: list[Any]) -> None:
        depth = self.element.opt("recursion_depth") if self.element is not None else None
        check_depth(self.prop, depth)
        if not depth:
            super().load_lazily(parents)
            return
        # A level at a time, -1 until there is no other. An object that had its own before is
        # not gone into: what refers to itself would have no end.
        while parents:
            lacking = self._lacking(parents)
            session: Any = _core.session_of(parents[0])
            known = list(session.identity_map.values())
            super().load_lazily(lacking)
            if depth == 0:
                return
            depth -= 1 if depth > 0 else 0
            there = set(map(id, known))
            parents = [each for each in self._loaded(lacking) if id(each) not in there]

    def _lacking(self, objects: list[Any]) -> list[Any]:
        slot, no_value = self.prop.slot, _core.NO_VALUE
        return [each for each in objects if _core.peek(each, slot) is no_value]

    def _loaded(self, parents: list[Any]) -> list[Any]:
        """What the attribute refers to, each object once, that has such an attribute itself."""
        key, owner = self.prop.key, self.prop.parent.class_
        found: dict[int, Any] = {}
        for parent in parents:
            value = getattr(parent, key)
            for child in value if self.prop.uselist else (value,):
                if isinstance(child, owner):
                    found[id(child)] = child
        return list(found.values())


class NoLoader(PostLoad):
    """Leaves the attribute empty."""

    __slots__ = ()

    def load(self, run: Run, parents: list[Any], origin: Origin) -> None:
        self._distribute(run, parents, [None] * len(parents), [], 1)


class SelectInLoader(PostLoad):
    """Asks for the children by the keys of their parents, 500 at a time."""

    __slots__ = ("_plans",)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._plans: dict[str, ORMPlan] = {}

    def load(self, run: Run, parents: list[Any], origin: Origin) -> None:
        prop = self.prop
        if prop._use_get and prop.omit_join is not False and self._foreign_keys_loaded(parents):
            self._load_many_to_one(run, parents)
            return
        mapper = prop.parent
        slots = [mapper._columntoproperty[column].slot for column in self._local_columns()]
        keys = _core.key_values(parents, slots, True)
        plan = self._plan(run, "join" if not self._omit_join() else "direct")
        rows: list[Any] = []
        for start in range(0, len(parents), CHUNK):
            rows += run.execute(plan, run.option_binds, {KEYS: keys[start : start + CHUNK]})
        run.add(plan, rows, (run.option_binds, {KEYS: keys}))
        self._distribute(run, parents, keys, rows, len(slots))

    def _load_many_to_one(self, run: Run, parents: list[Any]) -> None:
        prop = self.prop
        keys = _core.key_values(parents, prop._get_slots)
        ordered = _core.distinct_keys(keys, len(prop._get_slots) == 1)
        rows: list[Any] = []
        if ordered:
            plan = self._plan(run, "get")
            for start in range(0, len(ordered), CHUNK):
                rows += run.execute(plan, run.option_binds, {KEYS: ordered[start : start + CHUNK]})
            run.add(plan, rows, (run.option_binds, {KEYS: ordered}))
        self._distribute(run, parents, keys, rows, len(prop._get_slots))

    def _foreign_keys_loaded(self, parents: list[Any]) -> bool:
        slots = self.prop._get_slots
        peek, no_value = _core.peek, _core.NO_VALUE
        return all(peek(parents[0], slot) is not no_value for slot in slots)

    def _omit_join(self) -> bool:
        """True if the children themselves hold the parents' whole primary key."""
        prop = self.prop
        if prop.direction is not ONETOMANY or prop.secondary is not None:
            return False
        pairs = prop.local_remote_pairs
        parent = prop.parent
        if len(pairs) != len(parent.primary_key):
            return False
        if {key_slot(parent, local) for local, _ in pairs} != set(parent.primary_key_slots):
            return False
        return prop.omit_join is not False and only_equates(prop.primaryjoin, pairs)

    def _local_columns(self) -> Sequence[Any]:
        return self.prop.parent.primary_key  # type: ignore[no-any-return]

    def _plan(self, run: Run, form: str) -> ORMPlan:
        plan = self._plans.get(form)
        if plan is None:
            plan = self._plans[form] = self._compile(run, form)
        return plan

    def _compile(self, run: Run, form: str) -> ORMPlan:
        from .context import build_own_plan

        prop = self.prop
        target = self.path[-1]
        table = self._child_table()
        selectable = selectable_of(target)
        entity = target.__clause_element__()
        froms: list[Any]
        where: list[Any] = []
        if form == "direct":
            remote = {key_slot(prop.parent, local): far for local, far in prop.local_remote_pairs}
            keys = [remote[slot] for slot in prop.parent.primary_key_slots]
            keys = [_column_of(target, key) for key in keys]
            froms = [selectable]
        elif form == "get":
            keys = [_column_of(target, column) for column in prop.mapper.primary_key]
            froms = [selectable]
        else:
            parent = prop.parent.selectable._anonymous_fromclause()
            keys = [column_in(parent, column, prop.parent) for column in prop.parent.primary_key]
            on = tuple(criteria_about(table.criteria, target)) if table is not None else ()
            froms = [relationship_join(parent, parent, prop, selectable, target, criteria=on)]
        key: Any = keys[0] if len(keys) == 1 else tuple_(*keys)
        where.append(key.in_(bindparam(KEYS, expanding=True)))
        statement: Select[Any] = Select(*keys, entity)
        statement._from_obj = tuple(froms)
        statement._where_criteria = tuple(where)
        statement._order_by_clauses = _order_of(prop, target, froms[0])
        statement._label_style = LABEL_STYLE_TABLENAME_PLUS_COL
        return build_own_plan(
            run.session,
            statement,
            self._option_binds(),
            run.dialect,
            self.path[:-1],
            table=table,
            base_path=self.path[:-1],
            distinct_rows=not prop._rows_repeat,
            repeated_rows=prop._rows_repeat,
            joined=(target,) if form == "join" else (),
        )

    def _child_table(self) -> LoadTable | None:
        element, table = self.element, self.table
        depth = element.opt("recursion_depth") if element is not None else None
        check_depth(self.prop, depth)
        if not depth or table is None:
            return super()._child_table()
        # One level deeper the option stands for one level less; -1 has no end.
        assert element is not None
        return with_recursion(table, element, self.path, depth - 1 if depth > 0 else depth)


def check_depth(prop: Any, depth: int | None) -> None:
    """exc.InvalidRequestError for a recursion_depth of what does not refer to its own class."""
    if depth and not prop.mapper.common_parent(prop.parent):
        raise exc.InvalidRequestError(
            f"recursion_depth option on relationship {prop} not valid for non-self-referential "
            "relationship"
        )


def with_recursion(table: LoadTable, element: LoadElement, path: Path, depth: int) -> LoadTable:
    """The options of a statement that loads children by an option with recursion_depth: theirs,
    at `path`, are loaded by it as well, so many levels."""
    deeper = (*path, element.path[-1])
    if deeper not in table.elements:
        table = table.copy()
        opts = (("recursion_depth", depth),)
        table.add(LoadElement(deeper, element.strategy, opts, element.target))
    return table.narrowed(path[-1], element.criteria)


def _are_keys(columns: Sequence[Any]) -> bool:
    """Whether columns hold the whole primary key of each table that they are of."""
    tables = {hash(column.table): column.table for column in columns}.values()
    return all(set(columns).issuperset(table.primary_key) for table in tables)


def _column_of(entity: Any, column: Any) -> Any:
    """A column of a mapper as the FROM of an entity has it."""
    if entity.is_aliased_class:
        return entity._adapt_element(column)
    if entity._is_union:
        found = column_in(entity.selectable, column, entity)
        return column if found is None else found
    return column


def _order_of(prop: Any, target: Any, from_: Any) -> tuple[Any, ...]:
    """The order of a collection whose objects are selected from `from_`, in which an association
    table stands under a name of its own."""
    order_by = [adapted(target, clause) for clause in prop.order_by or ()]
    if prop.secondary is not None:
        order_by = [adapt_to(from_.left.right, clause) for clause in order_by]
    return tuple(order_by)


class SubclassLoader(PostLoad):
    """Asks for what objects have in the tables of their subclass, by their keys."""

    __slots__ = ("_by_manager", "_named", "_plans")

    def __init__(
        self,
        node: EntityNode,
        mappers: dict[Any, tuple[Any, ...]],
        named: Sequence[Any],
        table: LoadTable | None,
    ) -> None:
        super().__init__(node, None, None, table)
        #: manager of an object's class -> the mappers that load it
        self._by_manager = mappers
        #: the mappers that an option names
        self._named = named
        self._plans: dict[Any, ORMPlan] = {}

    def load(self, run: Run, parents: list[Any], origin: Origin) -> None:
        groups: dict[Any, list[Any]] = {}
        for mappers, objects in _core.runs_by(parents, self._by_manager):
            for mapper in mappers:
                groups.setdefault(mapper, []).extend(objects)
        for mapper, objects in groups.items():
            plan = self._plans.get(mapper)
            if plan is None:
                plan = self._plans[mapper] = self._compile(run, mapper)
            keys = _core.key_values(objects, mapper.primary_key_slots, True)
            binds = run.option_binds
            for start in range(0, len(keys), CHUNK):
                params = {KEYS: keys[start : start + CHUNK]}
                # what is loaded for a subclass does not wait for what is loaded for others
                rows = run.execute(plan, binds, params, alike=True, completing=True)
                run.complete(plan, rows, (binds, params))

    def _compile(self, run: Run, mapper: Any) -> ORMPlan:
        from .context import SelectState, build_plan

        base = self.node_path[-1].mapper
        own = {mapper}
        above = mapper.inherits
        while above is not base and above.polymorphic_load == "selectin":
            own.add(above)
            above = above.inherits
        kept = {mapper._columntoproperty[column] for column in mapper.primary_key}
        if mapper._discriminator is not None:
            kept.add(mapper._discriminator)
        only = {prop for prop in mapper._props.values() if prop.parent in own or prop in kept}
        for below in mapper._with_polymorphic:
            only.update(p for p in below._props.values() if p.parent.isa(mapper))
        keys = mapper.primary_key
        if mapper._is_union:
            keys = tuple([column_in(mapper.selectable, column, mapper) for column in keys])
        statement: Select[Any] = Select(mapper._element)
        statement._from_obj = (mapper.selectable,)
        key: Any = keys[0] if len(keys) == 1 else tuple_(*keys)
        statement._where_criteria = (key.in_(bindparam(KEYS, expanding=True)),)
        statement._order_by_clauses = tuple(keys)
        statement._label_style = LABEL_STYLE_TABLENAME_PLUS_COL
        binds = self._option_binds()
        entity = self.node_path[-1]
        state = SelectState(
            statement,
            # options for an alias are not for what its objects have further
            table=None if entity.is_aliased_class and mapper not in self._named else self.table,
            root_path=self.node_path,
            distinct_rows=True,
            only=only,
            binds=binds,
        )
        return build_plan(run.session, state, binds, run.dialect)


class SubqueryLoader(PostLoad):
    """Asks for the children by a join to the original statement, as a subquery."""

    __slots__ = ("_plan", "source")

    at_once = True

    def __init__(self, *args: Any, source: SelectState) -> None:
        super().__init__(*args)
        #: the statement whose objects are loaded for
        self.source = source
        self._plan: tuple[ORMPlan, list[int]] | None = None

    def load(self, run: Run, parents: list[Any], origin: Origin) -> None:
        if self._plan is None:
            self._plan = self._compile(run)
        plan, slots = self._plan
        keys = _core.key_values(parents, slots, True)
        rows = run.execute(plan, *origin, alike=True)
        # Objects that come again below are read anew with populate_existing; then they are given
        # what was loaded for them here.
        run.complete(plan, rows, origin)
        self._distribute(run, parents, keys, rows, -len(slots))

    def _compile(self, run: Run) -> tuple[ORMPlan, list[int]]:
        from .context import build_own_plan, core_of

        prop = self.prop
        target = self.path[-1]
        chain = self._chain()
        root, first = chain[0]
        if root.is_aliased_class and not root.mapper.isa(first.parent):
            root = root._part_of(first.parent)
        # The subquery: the original statement, giving only what is joined on.
        local = _local_columns(first)
        table = self._child_table()
        source = core_of(self.source, eager=False)
        if root.is_aliased_class:  # has the columns that attributes are found by
            local = [root.mapper._columntoproperty[column].columns[0] for column in local]
        columns = [_column_of(root, column) for column in local]
        inner = source._generate()
        inner._raw_columns = list(columns)
        if inner._limit_clause is None and inner._offset_clause is None:
            inner._order_by_clauses = ()
        distinct = first.distinct_target_key
        if distinct is None:
            distinct = not _are_keys(columns)
        if distinct:
            inner._distinct = True
        if inner._distinct:
            # what a DISTINCT is ordered by has to be among its columns
            for clause in inner._order_by_clauses:
                expression = without_modifiers(clause)
                if is_column_expression(expression) and all(
                    hash(expression) != hash(column) for column in inner._raw_columns
                ):
                    inner._raw_columns.append(expression)
        inner._label_style = LABEL_STYLE_TABLENAME_PLUS_COL
        sub = inner.subquery()
        left_from: Any = sub
        left: Any = sub
        keys = list(sub.c)[: len(columns)]
        for index, (_, link) in enumerate(chain):
            last = index == len(chain) - 1
            criteria: tuple[Any, ...] = ()
            if last:
                right = selectable_of(target)
                entity = target
                if table is not None:
                    criteria = tuple(criteria_about(table.criteria, target))
            else:
                entity = chain[index + 1][0]
                right = entity.selectable
                if not entity.is_aliased_class:
                    right = right._anonymous_fromclause(flat=True)
                keys = [
                    column_in(right, column, entity.mapper)
                    for column in _local_columns(chain[index + 1][1])
                ]
            left_from = relationship_join(left_from, left, link, right, entity, criteria=criteria)
            left = right
        statement: Select[Any] = Select(target.__clause_element__(), *keys)
        statement._from_obj = (left_from,)
        statement._order_by_clauses = _order_of(prop, target, left_from)
        statement._label_style = LABEL_STYLE_TABLENAME_PLUS_COL
        plan = build_own_plan(
            run.session,
            statement,
            self.source.binds,
            run.dialect,
            self.path[:-1],
            table=table,
            base_path=self.path[:-1],
            repeated_rows=True,
            subquery_source=self.source,
            joined=(target,),
        )
        mapper = prop.parent
        slots = [mapper._columntoproperty[column].slot for column in _local_columns(prop)]
        return plan, slots

    def _chain(self) -> list[tuple[Any, Any]]:
        """(entity, relationship) from the source's root to the loaded attribute."""
        path = self.path
        start = len(self.source.base_path)
        return [(path[i], path[i + 1]) for i in range(start, len(path) - 1, 2)]


def _local_columns(prop: Any) -> list[Any]:
    """The parent's columns a relationship starts from, in the parent's order."""
    found = {hash(column): column for column in prop.local_columns}
    ordered = [column for column in prop.parent.persist_selectable.c if hash(column) in found]
    return ordered or list(prop.local_columns)
