"""What takes the place of mapped columns where a class is not selected from its own tables.

A class may be selected from a union or a subquery (``with_polymorphic=("*", union)``), and a
join may make an alias of it.  All that a statement says of the class then means the columns of
that FROM.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..sql import visitors
from ..sql.elements import NamedColumn


def column_in(selectable: Any, column: Any, mapper: Any, embedded: bool = False) -> Any:
    """A column of a mapper as a FROM has it, or None; `embedded`: the column itself, none of
    another FROM of the same table.

    Of a key that several tables of a hierarchy have, a union has one column only: any will do.
    """
    found = selectable.corresponding_column(column, embedded)
    if found is not None:
        return found
    seen, waiting = {column}, [column]
    while waiting:
        for other in mapper._equivalent_columns.get(waiting.pop(), ()):
            if other not in seen:
                found = selectable.corresponding_column(other, embedded)
                if found is not None:
                    return found
                seen.add(other)
                waiting.append(other)
    return None


class FromAdapter:
    """Replaces the columns of a mapper by those of the FROM that its objects come from."""

    __slots__ = ("_mapper", "selectable")

    def __init__(self, mapper: Any, selectable: Any) -> None:
        self._mapper = mapper
        self.selectable = selectable

    def replace(self, element: Any) -> Any:
        """The column of the FROM that stands for one of the mapper; None for anything else,
        as for a column of another branch of the hierarchy."""
        if not element._is_column or not isinstance(element, NamedColumn):
            return None
        owner = element._annotations.get("parentmapper")
        mapper = self._mapper
        if owner is not None and not owner.isa(mapper) and not mapper.isa(owner):
            return None
        return column_in(self.selectable, element, mapper)

    _adapt_element = replace

    def adapt(self, expression: Any) -> Any:
        """The expression with columns of the FROM."""
        return visitors.replaced(expression, self.replace)


def single_table_criterion(entity: Any, selectable: Any, renamed: bool = False) -> Any:
    """What tells the rows of an entity's class in a table it shares, or None; about the FROM
    that has them. Where that is an alias, or something else is (`renamed`), its values are
    parameters of their own."""
    mapper = entity.mapper
    criterion = mapper._single_table_criterion
    if criterion is None:
        return None
    if entity.is_aliased_class:
        return entity._single_table_criterion
    if selectable is mapper.selectable and not renamed:
        return criterion

    def replace(element: Any) -> Any:
        if element._is_bind_parameter:
            return element._clone()
        return selectable.corresponding_column(element, True) if element._is_column else None

    return visitors.replaced(criterion, replace)


def adapted(entity: Any, expression: Any) -> Any:
    """An expression over a mapper's columns as the FROM of the entity has them."""
    if entity.is_aliased_class:
        return entity._adapter.traverse(expression)
    if entity._is_union:
        return FromAdapter(entity, entity.selectable).adapt(expression)
    return expression


#: what marks the columns of a relationship's condition
OF_RELATIONSHIP = frozenset(["local", "remote", "foreign"])


class FromAdapters:
    """Those of one statement.

    They are found by mapper, or by table for what relationships compare.  Columns of a
    Table that no class was named with stay as they are.
    """

    def __init__(self) -> None:
        self._by_mapper: dict[int, FromAdapter] = {}
        self._by_table: dict[int, FromAdapter] = {}
        #: the aliases that joins made
        self._made: dict[int, Any] = {}

    def __bool__(self) -> bool:
        return bool(self._by_mapper)

    def load(self, mapper: Any, adapter: FromAdapter) -> None:
        """Take a mapper's columns, and of those loaded with it, from a FROM."""
        for each in mapper._with_polymorphic or [mapper]:
            self._by_mapper[id(each)] = adapter
            for above in each.iterate_to_root():
                self._by_table[hash(above.local_table)] = adapter

    def select_from(self, entity: Any) -> bool:
        """Note an entity that is selected from; whether its columns, or those that its base is
        selected with, are to be replaced."""
        if entity is None or not entity.is_mapper:
            return False
        if not entity._is_union and not entity.base_mapper._is_union:
            return False
        if hash(entity.persist_selectable) not in self._by_table:
            for mapper in entity.iterate_to_root():
                self.load(mapper, FromAdapter(mapper, entity.selectable))
        return True

    def join_to(self, entity: Any) -> None:
        """Note an entity that is joined to."""
        if entity.is_mapper and entity._is_union:
            self.load(entity, FromAdapter(entity, entity.selectable))

    def put_alias(self, mapper: Any, alias: Any) -> None:
        """Select a mapper that is joined to from an alias of it."""
        self._made[id(mapper)] = alias
        self.load(mapper, FromAdapter(mapper, alias.selectable))

    def selectable(self, entity: Any) -> Any:
        """What stands in FROM for an entity: what its columns are taken from."""
        adapter = self._by_mapper.get(id(entity))
        return entity.selectable if adapter is None else adapter.selectable

    def replace(self, element: Any) -> Any:
        """What takes the place of a construct, or None."""
        if not element._is_column or not isinstance(element, NamedColumn):
            return None
        owner = element._annotations.get("parententity")
        if owner is None and OF_RELATIONSHIP.isdisjoint(element._annotations):
            return None
        adapter = None if owner is None else self._by_mapper.get(id(owner))
        if adapter is None:
            adapter = self._by_table.get(hash(element.table))
        return None if adapter is None else adapter.replace(element)

    def adapt(self, expression: Any) -> Any:
        """A clause of the statement, with mapped columns as its FROM has them."""
        return visitors.replaced(expression, self.replace)

    def columns(self, given: Sequence[Any]) -> list[Any]:
        """The columns of a subquery."""
        columns: list[Any] = []
        for column in given:
            if not column._is_from_clause:
                columns.append(self.adapt(column))
                continue
            entity = column._annotations.get("parententity")
            alias = self._made.get(id(entity))
            if alias is not None:
                own = entity._own_columns or column.c
                columns += [alias.selectable.corresponding_column(each) for each in own]
            elif entity is not None and entity.is_mapper and entity._is_union:
                columns += list(entity.selectable.c)
            else:
                columns.append(column)
        return columns
