"""Reading a Select that names mapped classes.

:class:`SelectState` works out which columns, joins and eager loads the select means. The plain
Select that says so in SQL is written by :mod:`cormorant.orm.plain_select`, and the program by
which the core makes results of its rows by :mod:`cormorant.orm.program`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .. import exc as sa_exc
from ..sql import visitors
from ..sql.base import ExecutableOption, KeyContext
from .from_adapters import FromAdapters, single_table_criterion
from .joining import (
    JoinResolver,
    adapt_to_result,
    entity_of,
    leftmost,
    selectable_of,
)
from .load_table import LoadTable, resolve_options
from .loader_criteria import EVERY, LoaderCriteriaOption, criteria_about
from .nodes import EagerLoadsOff, EntityNode, Item, entity_name
from .program import item_name, no_column
from .strategies import (
    EagerJoin,
    EagerJoins,
    ImmediateLoader,
    KnownLoader,
    NoLoader,
    PostLoad,
    SelectInLoader,
    SubclassLoader,
    SubqueryLoader,
)
from .strategy_options import (
    COLUMN_WILDCARD,
    POLYMORPHIC,
    RELATIONSHIP_WILDCARD,
    LoadElement,
    Path,
)

_LAZY_STRATEGIES = {True: "select", False: "joined", None: "noload"}

#: strategies that load with the statement or right after it
_EAGER = frozenset(["joined", "selectin", "subquery", "immediate", "contains_eager", "noload"])


class AdaptFrom(ExecutableOption):
    """Marks a query over a set operation: everything is about that subquery."""

    __slots__ = ("selectable",)

    def __init__(self, selectable: Any) -> None:
        self.selectable = selectable

    def _cache_key(self, ctx: KeyContext) -> tuple[Any, ...]:
        return (AdaptFrom, self.selectable._cache_key(ctx))


class SelectState:
    """The reading of one Select."""

    #: where columns of what is joined eagerly begin in the rows; known with the plain Select
    offset: int
    may_join = True  # False: a statement given as it is; loads that join it are lazy ones

    def __init__(
        self,
        statement: Any,
        *,
        legacy: bool = False,
        embedded: bool = False,
        outer_options: Iterable[Any] = (),
        eager: bool = True,
        base_path: Path = (),
        root_path: Path | None = None,
        table: LoadTable | None = None,
        options: Sequence[Any] | None = None,
        distinct_rows: bool = False,
        repeated_rows: bool = False,
        as_tuples: bool = False,
        expired: bool = False,
        known: bool = False,
        subquery_source: SelectState | None = None,
        joined: Sequence[Any] = (),
        only: Any = None,
        lazy_of: Any = None,
        binds: Any = (),
    ) -> None:
        self.statement = statement
        self.legacy = legacy
        self.embedded = embedded
        off = any([isinstance(option, EagerLoadsOff) for option in statement._with_options])
        self.eager = eager and not (embedded or off)
        #: where the entities stand in the options: after this path, or (for the only
        #: one) at this path
        self.base_path = base_path
        self._root_path = root_path
        #: what subqueryload() of this statement's entities goes back to
        self.subquery_source = subquery_source or self
        #: BindParameters of the statement in the order of its cache key
        self.binds = binds
        #: what stands for columns of classes that are not selected from their tables
        self._adapters = FromAdapters()
        self.items: list[Item] = []
        self.nodes: list[EntityNode] = []
        self.post_loads: list[PostLoad] = []
        self.bundles: list[tuple[int, int, Any]] = []
        self.joined_collections = False
        #: the same, or a collection was met where its loading comes round
        self._multiplies = False
        self.primary: list[Any] = []
        self.secondary: list[Any] = []
        self._positions: dict[int, tuple[bool, int]] = {}
        self._eager_joins: dict[int, EagerJoins] = {}
        self._eager_order_by: list[tuple[EagerJoin, Any]] = []
        #: columns of the statement that eager joins refer to
        self._join_columns: list[Any] = []
        self._extra_where: list[Any] = []
        #: the properties of the only entity that are to be loaded, or None: all
        self._only = only
        #: the relationship that is loaded lazily: what refers back to its object finds it
        self._lazy_of = lazy_of
        #: what is known of the rows of a statement of the ORM's own: each object comes
        #: once but for joined collections, or may repeat
        self._distinct_rows = distinct_rows
        self._repeated_rows = repeated_rows
        self._as_tuples = as_tuples
        #: loads an expired object: options about its columns are past
        self._expired = expired
        #: loads an object that the session has: with_loader_criteria() does not hide its row
        self._known = known or expired
        self.adapt_from = next(
            (o.selectable for o in statement._with_options if isinstance(o, AdaptFrom)), None
        )

        self._read_items()
        roots = [item.node.entity for item in self.items if item.node is not None]
        if table is None and not embedded and (options is not None or statement._with_options):
            given = statement._with_options if options is None else options
            table = resolve_options(
                given, roots, raiseerr=options is None, former=statement._former_entities
            )
        self.table = table
        self._criteria_options = self._find_criteria_options(outer_options)
        #: entities whose criteria stand in the ON clause that joins them
        self._joined: set[int] = set(map(id, joined))
        #: entities that joins start from without being selected from
        self._lefts: list[Any] = []
        self.join_entities: list[Any] = []
        self.froms = self._read_froms()
        if self._adapters:
            self._adapt_items()
        if not embedded:
            for item in self.items:
                if item.node is not None:
                    self._set_up(item.node)
                else:
                    self._add_item_column(item)
            for expression in self._join_columns:
                self._add(expression, True)
        self.scalar = (
            legacy
            and not as_tuples
            and len(self.items) == 1
            and self.items[0].node is not None
            and not self.bundles
        )

    # -- reading -------------------------------------------------------------

    def _read_items(self) -> None:
        columns = self.statement._raw_columns
        #: selects ``*``: what the rows hold is not known before they are there
        self.star = any(map(is_star, columns)) and not self.embedded
        if self.star and len(columns) > 1:
            raise sa_exc.CompileError(
                "Can't generate ORM query that includes multiple expressions at the same time as "
                "'*'; query for '*' alone if present"
            )
        for column in columns:
            self._read_column(column)

    def _read_column(self, column: Any) -> None:
        annotations = column._annotations
        bundle = annotations.get("bundle")
        if bundle is not None:
            start = len(self.items)
            for expression in bundle._leaves:
                self._read_column(expression)
            self.bundles.append((start, len(self.items), bundle))
            return
        if column._is_from_clause:
            entity = annotations.get("parententity")
            if entity is not None:
                self._adapters.select_from(entity)
                path = self._root_path or (*self.base_path, entity)
                selectable = self.adapt_from
                if selectable is None:
                    selectable = selectable_of(entity)
                node = EntityNode(entity, path, selectable)
                name = entity_name(entity)
                item = Item(node, None, name)
                node.item = item
                self.items.append(item)
                return
            for each in column.c:
                self.items.append(Item(None, each, each.key))
            return
        name = None
        if self.adapt_from is not None:
            name = item_name(column, self.legacy)
            column = adapt_to_result(self.adapt_from, column)
        item = Item(None, column, name)
        self._adapters.select_from(item.owner)
        self.items.append(item)

    def _entities(self, in_from: bool = False) -> list[Any]:
        """The entities selected from, through entities and their columns, in order; with
        `in_from` those alone whose tables the columns need."""
        found: list[Any] = []
        for item in self.items:
            if item.node is not None:
                entity = item.node.entity
            elif in_from and not item.expression._from_objects:
                continue
            else:
                entity = item.owner
            if entity is not None and entity.is_aliased_class:
                entity = entity._root
            if entity is not None and all(entity is not other for other in found):
                found.append(entity)
        return found

    def lead_mapper(self) -> Any:
        """The mapper that decides on the engine, or None."""
        for entity in self._entities():
            return entity.mapper
        for from_ in self.statement._from_obj:
            entity = entity_of(from_)
            if entity is not None:
                return entity.mapper
        return None

    def _read_froms(self) -> list[Any]:
        statement = self.statement
        froms = []
        for from_ in statement._from_obj:
            entity = entity_of(from_)
            self._adapters.select_from(entity)
            froms.append(selectable_of(entity) if entity is not None else from_)
        self.has_joins = bool(statement._setup_joins)
        if statement._setup_joins:
            choices: list[Any] = list(self._entities())
            for item in self.items:
                if item.node is None and item.owner is None:
                    choices += list(item.expression._from_objects)
            objects = [item.node.entity for item in self.items if item.node is not None]
            resolver = JoinResolver(
                froms, choices, self.adapt_from, objects, self._criteria_of, self._adapters
            )
            for join in statement._setup_joins:
                resolver.add(*join)
            self._joined |= resolver.joined
            self.join_entities = resolver.rights
            self._lefts = resolver.lefts
        self._criteria_for(froms)
        return froms

    def _adapt_items(self) -> None:
        """Select from what takes the place of mapped tables."""
        for item in self.items:
            if item.node is not None:
                if self.adapt_from is None:
                    item.node.selectable = self._adapters.selectable(item.node.entity)
                continue
            adapted = self._adapters.adapt(item.expression)
            if adapted is not item.expression:
                if item.name is None:
                    item.name = item_name(item.expression, self.legacy)
                item.expression = adapted

    def _criteria_for(self, froms: list[Any]) -> None:
        """What belongs to the entities selected from: the rows of their class in a table
        that others share, and with_loader_criteria()."""
        entities = self._entities()
        froms = self.statement._from_obj
        starts = [entity_of(leftmost(f) if entities else f) for f in froms]
        for entity in (*starts, *self._lefts):
            if entity is not None and all(entity is not other for other in entities):
                entities.append(entity)
        for entity in entities:
            if id(entity) in self._joined:
                continue
            if self.adapt_from is not None:
                continue  # the parts of the union meet it
            if not self._known:
                self._extra_where += self._criteria_of(entity)
            criterion = single_table_criterion(entity, entity.selectable)
            if criterion is not None:
                self._extra_where.append(criterion)
        for entity in self._parts_of_aliases():
            criterion = single_table_criterion(entity, entity.selectable)
            if criterion is not None:
                self._extra_where.append(criterion)

    def _parts_of_aliases(self) -> list[Any]:
        """The ``alias.Subclass`` that are selected, themselves or by their columns."""
        found: dict[int, Any] = {}
        for item in self.items:
            entity = item.owner if item.node is None else item.node.entity
            if (
                entity is not None
                and entity.is_aliased_class
                and entity._root is not entity
                and id(entity._root) not in self._joined
                and self.adapt_from is None
            ):
                found[id(entity)] = entity
        return list(found.values())

    def _find_criteria_options(self, outer_options: Iterable[Any]) -> tuple[Any, ...]:
        """Those that hold in this SELECT: a part of a statement has those of the whole."""
        options = outer_options if self.embedded else self.statement._with_options
        outer = self.statement.__dict__.get("_within_criterion")
        found = [
            option
            for option in options
            if isinstance(option, LoaderCriteriaOption)
            and (outer is None or (option._origin != outer and outer is not EVERY))
        ]
        if self.table is not None and not self.embedded:
            found += [o for o in self.table.criteria if o not in found]
        return tuple(found)

    def _criteria_of(self, entity: Any) -> list[Any]:
        """What with_loader_criteria() says of an entity that is selected from or joined to."""
        found = criteria_about(self._criteria_options, entity)
        return entity._adapter.copy_and_process(found) if entity.is_aliased_class else found

    # -- entities and their columns ------------------------------------------

    def _add(self, expression: Any, primary: bool) -> None:
        """A column of an entity: selected once however often it is asked for."""
        key = hash(expression)
        if key in self._positions:
            return
        columns = self.primary if primary else self.secondary
        self._positions[key] = (primary, len(columns))
        columns.append(expression)

    def _add_item_column(self, item: Item) -> None:
        """A column of the select list: it keeps its own place even if repeated."""
        expression = item.expression
        self._positions.setdefault(hash(expression), (True, len(self.primary)))
        item.position = len(self.primary)
        self.primary.append(expression)

    def position(self, expression: Any) -> int:
        """The row's column of an expression."""
        primary, index = self._positions[hash(expression)]
        return index if primary else self.offset + index

    def _set_up(self, node: EntityNode) -> None:
        """Columns and eager loads of an entity, and of what is joined to it."""
        node.index = len(self.nodes)
        self.nodes.append(node)
        table = self.table
        mapper = node.mapper
        primary_key = {hash(column) for column in mapper.primary_key}
        for prop in mapper._polymorphic_properties(node.mappers):
            if self._only is not None and node.parent is None and prop not in self._only:
                continue
            if prop._is_column:
                columns = prop.columns
                if (
                    self._is_deferred(node, prop)
                    and prop is not mapper._discriminator
                    and not any(hash(column) in primary_key for column in columns)
                ):
                    continue
                given = self._given_expression(node, prop)
                if given is not None:
                    if given:
                        expression = node.adapt_given(given[0])
                        node.columns[hash(columns[0])] = expression
                        self._add(expression, node.primary)
                    continue
                for column in columns:
                    if node.lacks(column):
                        self.miss(node, prop)
                        continue
                    expression = node.adapt(column)
                    node.columns[hash(column)] = expression
                    self._add(expression, node.primary)
            elif prop._is_relationship and self.eager:
                self._set_up_relationship(node, prop, table)
        for column in mapper.primary_key:
            if node.lacks(column):
                raise no_column(column)
            self._add(node.adapt(column), node.primary)
        if node.entity.polymorphic_on is not None and not node.lacks(node.entity.polymorphic_on):
            self._add(node.adapt(node.entity.polymorphic_on), node.primary)
        # (what loads for subclasses loads for those below them, too)
        if mapper._inheriting_mappers and self.eager and (self._only is None or node.parent):
            self._set_up_subclasses(node, table)

    def _set_up_subclasses(self, node: EntityNode, table: LoadTable | None) -> None:
        """What polymorphic_load="selectin" and selectin_polymorphic() load afterwards."""
        named: tuple[Any, ...] = ()
        if table is not None:
            element = table.elements.get((*node.path, POLYMORPHIC))
            if element is not None:
                named = element.opt("classes")
        loads: dict[Any, tuple[Any, ...]] = {}
        for mapper in node.mapper.self_and_descendants[1:]:
            found: list[Any] = []
            for each in mapper.iterate_to_root():
                if each is node.mapper or each in node.mappers:
                    break
                if found or each in named:
                    found.append(each)  # and, with statements of their own, its bases
                elif each.polymorphic_load == "selectin":
                    # with what it inherits, as far as that is loaded so too
                    found.append(each)
                    break
            if found:
                loads[mapper.class_manager] = tuple(found)
        if loads:
            self.post_loads.append(SubclassLoader(node, loads, named, table))

    def miss(self, node: EntityNode, prop: Any) -> None:
        """Have a column that the rows do not have loaded, with all such, when it is read."""
        if self.table is None:
            self.table = LoadTable()
        path = (*node.path, prop)
        self.table.elements[path] = LoadElement(path, "missing")
        self.table._note(path)

    def misses(self, node: EntityNode, prop: Any) -> bool:
        """Whether miss() was told of a column."""
        if self.table is None:
            return False
        element = self.table.elements.get((*node.path, prop))
        return element is not None and element.strategy == "missing"

    def _is_deferred(self, node: EntityNode, prop: Any) -> bool:
        table = self.table
        if table is not None and not (self._expired and node.parent is None):
            element, named = table.find(node.path, prop, COLUMN_WILDCARD)
            if element is not None and element.strategy == "undefer":
                return False
            deferred = element is not None and named and element.strategy == "defer"
            group = None if deferred else prop.group
            if group is not None and (
                group in table.groups.get(node.path, ()) or group in table.groups.get((), ())
            ):
                return False
            if element is not None and element.strategy == "defer":
                return True
        return bool(prop.deferred)

    def _given_expression(self, node: EntityNode, prop: Any) -> tuple[Any, ...] | None:
        """What with_expression() gives an attribute; () if it needs that and has none, None
        if the attribute's own columns are meant."""
        element = None
        if self.table is not None:
            element = self.table.elements.get((*node.path, prop))
        if element is not None and element.strategy is not None:
            return element.criteria or None
        return () if prop._is_unset else None

    def _set_up_relationship(self, node: EntityNode, prop: Any, table: LoadTable | None) -> None:
        element, explicit = None, False
        if table is not None:
            element, explicit = table.find(node.path, prop, RELATIONSHIP_WILDCARD)
        if element is not None and element.strategy is not None:
            strategy = element.strategy
        else:
            explicit = False
            strategy = _LAZY_STRATEGIES.get(prop.lazy, prop.lazy)
        if strategy not in _EAGER:
            return
        if (
            not explicit
            and self._lazy_of is not None
            and node.parent is None
            and prop in self._lazy_of._reverse_property
            and prop._use_get
        ):
            return
        if prop._is_never_loaded:
            if strategy == "noload":
                return  # it holds nothing that could be left out
            raise sa_exc.InvalidRequestError(
                f"'{prop}' does not support object population - eager loading cannot be applied."
            )
        if prop.uselist and strategy in ("joined", "contains_eager"):
            self._multiplies = True
        if strategy in ("joined", "subquery") and not self.may_join:
            return
        if not explicit and strategy != "noload" and self._recursive(node, prop, strategy):
            if strategy == "immediate" and prop._use_get:
                self.post_loads.append(KnownLoader(node, prop, element, table))
            return
        if strategy == "selectin":
            self.post_loads.append(SelectInLoader(node, prop, element, table))
        elif strategy == "noload":
            self.post_loads.append(NoLoader(node, prop, element, table))
        elif strategy == "immediate":
            self.post_loads.append(ImmediateLoader(node, prop, element, table))
        elif strategy == "subquery":
            self.post_loads.append(
                SubqueryLoader(node, prop, element, table, source=self.subquery_source)
            )
        elif strategy == "contains_eager":
            path = (*node.path, prop, prop.entity)
            target = prop.mapper
            if element is not None and element.target is not None:
                target = element.target
                if not element.opt("renamed"):
                    path = (*node.path, prop, target)
            child = EntityNode(
                target,
                path,
                self._adapters.selectable(target),
                node,
                prop,
                primary=True,
            )
            if prop.uselist:
                self.joined_collections = True
            self._set_up(child)
        else:
            self._set_up_joined(node, prop, element)

    def _recursive(self, node: EntityNode, prop: Any, strategy: str) -> bool:
        """A strategy that was not asked for by path stops where it comes round."""
        path = node.path
        if strategy == "joined":
            # Joins are counted within their own statement.
            path = path[len(self.base_path) :]
        depth = getattr(prop, "join_depth", None)
        if depth:
            return len(path) // 2 >= int(depth)
        target = prop.mapper
        return any(entity.mapper is target for entity in path[::2])

    def _set_up_joined(self, node: EntityNode, prop: Any, element: Any) -> None:
        target = prop.entity
        criteria: tuple[Any, ...] = ()
        innerjoin = getattr(prop, "innerjoin", False)
        if element is not None:
            criteria = element.criteria
            innerjoin = element.opt("innerjoin", innerjoin)
            if element.target is not None:
                target = element.target
        if target.is_aliased_class and target is not prop.entity:
            selectable = target.selectable
            if target._with_polymorphic and leftmost(selectable)._is_table:
                raise sa_exc.InvalidRequestError(
                    "Detected unaliased columns when generating joined load.  Make sure to use "
                    "aliased=True or flat=True when using joined loading with with_polymorphic()."
                )
        else:
            selectable = target.selectable._anonymous_fromclause(flat=True)
        if prop.uselist:
            self.joined_collections = True
        child = EntityNode(
            target, (*node.path, prop, target), selectable, node, prop, primary=False
        )
        if self.table is not None:
            for option in self.table.criteria:
                criterion = option.criterion(child.mapper) if option.propagate else None
                if criterion is not None:
                    criteria += (criterion,)
        join = EagerJoin(child, innerjoin, criteria)
        # The root that the join is added to: the nearest entity of the statement itself.
        root = node
        while not root.primary or root.item is None:
            assert root.parent is not None
            root = root.parent
        if root.entity.is_aliased_class and root.entity.represents_outer_join:
            join.innerjoin = False
        self._eager_joins.setdefault(id(root), EagerJoins()).add(join)
        if node.primary:
            self._join_columns += [node.adapt(column) for column in _local_columns_of(prop)]
        if prop.order_by:
            self._eager_order_by += [(join, child.adapt(clause)) for clause in prop.order_by]
        self._set_up(child)

    # -- the program ---------------------------------------------------------

    def repeats(self) -> bool:
        """True if the core must leave out results that were there before."""
        if self._distinct_rows:
            return self.joined_collections
        if self._repeated_rows:
            return True
        if not self.legacy or not any(item.node is not None for item in self.items):
            # The program says with Result.unique() what it wants.
            return False
        if self.joined_collections:
            return True
        if not all(item.node is None or _has_own_key(item.node.mapper) for item in self.items):
            return True
        own = {hash(item.node.selectable) for item in self.items if item.node is not None}
        if self.statement._setup_joins:
            return True
        froms = self.froms or [selectable_of(entity) for entity in self._entities(True)]
        for from_ in [*froms, *_where_froms(self.statement)]:
            if hash(from_) not in own:
                return True
            base = getattr(from_, "element", from_)
            if not base._is_table:
                return True
        return False


def _has_own_key(mapper: Any) -> bool:
    """Whether each row of a mapper's table is another object: its key is the table's."""
    base = mapper.base_mapper
    return mapper.allow_partial_pks and set(base.primary_key) == set(base.local_table.primary_key)


def _local_columns_of(prop: Any) -> list[Any]:
    """Columns of the parent that the join of a relationship uses."""
    table = prop.parent.persist_selectable
    found: list[Any] = []
    for element in visitors.iterate(prop.primaryjoin):
        if element._is_column and getattr(element, "table", None) is not None:
            column = table.c.get(element.key)
            if (
                column is not None
                and hash(column) == hash(element)
                and all(hash(column) != hash(other) for other in found)
            ):
                found.append(column)
    return found


def _where_froms(statement: Any) -> list[Any]:
    found: list[Any] = []
    for clause in statement._where_criteria:
        found += clause._from_objects
    return found


def is_star(expression: Any) -> bool:
    """Whether it is ``*`` as text, or as a literal column."""
    if expression._is_text_clause:
        return expression.text == "*"  # type: ignore[no-any-return]
    return getattr(expression, "is_literal", False) and expression.name == "*"
