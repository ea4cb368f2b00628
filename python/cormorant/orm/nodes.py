"""What the columns of a select name: the entities that are loaded, and items of the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..sql import visitors
from ..sql.base import ExecutableOption, KeyContext
from ..sql.elements import Label
from ..sql.util import ClauseAdapter
from .from_adapters import FromAdapter, column_in
from .joining import parts
from .strategy_options import Path


class NamedAsQuery(ExecutableOption):
    """Marks the statement of a Query that is executed as one: its rows have the names of
    attributes, whatever the labels in the SQL are."""

    __slots__ = ()

    def _cache_key(self, ctx: KeyContext) -> tuple[Any, ...]:
        return (NamedAsQuery,)


class EagerLoadsOff(ExecutableOption):
    """Marks a statement of a Query that loads nothing eagerly."""

    __slots__ = ()

    def _cache_key(self, ctx: KeyContext) -> tuple[Any, ...]:
        return (EagerLoadsOff,)


class EntityNode:
    """One entity of the statement: a root in its columns, or one eagerly joined."""

    __slots__ = (
        "_made",
        "columns",
        "entity",
        "index",
        "item",
        "mapper",
        "mappers",
        "parent",
        "path",
        "primary",
        "prop",
        "selectable",
    )

    def __init__(
        self,
        entity: Any,
        path: Path,
        selectable: Any,
        parent: EntityNode | None = None,
        prop: Any = None,
        primary: bool = True,
    ) -> None:
        self.entity = entity
        self.mapper = entity.mapper
        self.mapper._check_configure()
        self.path = path
        self.selectable = selectable
        self.parent = parent
        self.prop = prop
        #: its columns belong to the statement itself, not to what is joined around it
        self.primary = primary
        #: mappers of subclasses whose columns the statement has as well
        self.mappers: Sequence[Any] = entity._with_polymorphic
        #: hash of a mapper's column -> the expression that gives its value
        self.columns: dict[int, Any] = {}
        self.index = -1
        #: the item of the result row that it is
        self.item: Any = None
        #: expressions that adapt() has made: (the mapper's, the FROM, the one made) by both
        self._made: dict[tuple[int, int], tuple[Any, Any, Any]] = {}

    def adapt(self, expression: Any) -> Any:
        """The mapper's expression as this entity's FROM element has it."""
        selectable = self.selectable
        if selectable is self.mapper.persist_selectable:
            if not self.mapper._is_union or not expression._is_column:
                return expression
            # a column of a concrete table that has none in common with the others
            found = selectable.corresponding_column(expression, True)
            return expression if found is None else found
        if self.entity.is_aliased_class and selectable is self.entity.selectable:
            return self.entity._adapt_element(expression)
        if expression._is_column:
            # a set operation may have the same column of several aliases
            aliased = self.entity.is_aliased_class
            own = self.entity._adapt_element(expression) if aliased else expression
            found = selectable.corresponding_column(own, True)
            if found is None:
                found = column_in(selectable, expression, self.mapper)
            if found is not None:
                return found
        key = id(expression), id(selectable)
        made = self._made.get(key)
        if made is None:
            # what is selected is found again by being the same
            made = self._made[key] = expression, selectable, self._make(expression, selectable)
        return made[2]

    def _make(self, expression: Any, selectable: Any) -> Any:
        if self.entity.is_aliased_class:
            return self.entity._adapter.traverse(expression)
        if expression._is_column and not isinstance(expression, Label):
            return FromAdapter(self.mapper, selectable).adapt(expression)
        # tables that a subquery in it is correlated to are replaced as well
        adapter: ClauseAdapter | None = None
        for part in parts(selectable):
            if not part._is_join:
                own = ClauseAdapter(part)
                adapter = own if adapter is None else adapter.chain(own)
        if adapter is None:
            return expression
        replace = adapter.replace

        def replaced(element: Any) -> Any:
            if element._is_bind_parameter and element.unique:
                return element._clone()  # a parameter of its own
            return replace(element)

        made = adapter.traverse(expression)
        if made is not expression and isinstance(expression, Label):
            return Label(None, visitors.replaced(expression._element, replaced), expression.type)
        return made

    def lacks(self, column: Any) -> bool:
        """Whether an alias of a subquery has no such column: it is loaded when it is read."""
        return (
            self.entity.is_aliased_class
            and column._is_column
            and self.adapt(column) is column
            and self.selectable.corresponding_column(column) is None
        )

    def adapt_given(self, expression: Any) -> Any:
        """The same of an expression of the statement's own: aliases do not keep it."""
        if self.entity.is_aliased_class and self.selectable is self.entity.selectable:
            return self.entity._adapter.traverse(expression)
        return self.adapt(expression)


class Item:
    """One element of a result row."""

    __slots__ = ("expression", "name", "node", "owner", "position")

    def __init__(self, node: EntityNode | None, expression: Any, name: str | None) -> None:
        #: the entity, or None: a column
        self.node = node
        self.expression = expression
        #: the entity that a column is of, if any
        self.owner = None if node is not None else entity_within(expression)
        self.name = name
        #: a column's place in the row
        self.position = -1


def entity_name(entity: Any) -> str | None:
    """The name of an entity's item in rows: an alias without a name has none."""
    if not entity.is_aliased_class:
        return entity.class_.__name__  # type: ignore[no-any-return]
    return entity.name if isinstance(entity.name, str) else None


def entity_within(expression: Any) -> Any:
    """The entity that a column expression is about: of its first annotated column."""
    entity = expression._annotations.get("parententity")
    if entity is not None:
        return entity
    for element in visitors.iterate(expression):
        if element._is_select_base:
            return None
        entity = element._annotations.get("parententity")
        if entity is not None:
            return entity
    return None
