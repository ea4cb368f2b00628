"""Criteria for the rows of a class: what with_loader_criteria() makes.

They are an option of a statement and hold wherever the class is selected from in it; which
rows they are about is asked by :mod:`cormorant.orm.selecting` and by bulk changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..inspection import inspect
from ..sql import visitors
from ..sql.base import KeyContext, key_of_all
from ..sql.coercions import expect_where
from .base import mapper_or_none
from .interfaces import CriteriaOption

if TYPE_CHECKING:
    from .mapper import Mapper

_MOST_KEPT = 64
"""How many criteria of functions a mapper keeps."""


class LoaderCriteriaOption(CriteriaOption):
    """Criteria added wherever an entity appears; see :func:`with_loader_criteria`."""

    __slots__ = ("_cls", "_given", "_made", "_origin", "include_aliases", "mapper", "propagate")

    def __init__(
        self,
        entity: Any,
        where_criteria: Any,
        include_aliases: bool = False,
        propagate_to_loaders: bool = True,
    ) -> None:
        #: a mapper or an alias; None for a mixin: the criteria are those of each mapped class
        #: that has it
        self.mapper: Any = inspect(entity, raiseerr=False)
        if self.mapper is None and not isinstance(entity, type):
            inspect(entity)  # says that it is nothing mapped
        self._cls: type = entity if self.mapper is None else self.mapper.class_
        self._given = where_criteria
        self._made: dict[Any, Any] = {}
        #: the same of options whose criteria are the same objects
        self._origin: Any = self
        if self._is_function():
            from .criteria_functions import lasting_key

            self._origin = lasting_key(where_criteria) or self
        self.include_aliases = include_aliases
        self.propagate = propagate_to_loaders

    def _is_function(self) -> bool:
        """Whether the criteria are made for each class, by a function of the program's."""
        return callable(self._given) and not hasattr(self._given, "__clause_element__")

    def criterion(self, entity: Any) -> Any:
        """The criterion for the rows of a mapper or alias; None if they are not meant."""
        if self.mapper is None:
            if not issubclass(entity.class_, self._cls):
                return None
            entity = entity.mapper
        elif self.mapper.is_aliased_class:
            if entity is not self.mapper:
                return None
        elif not entity.isa(self.mapper):
            return None
        else:
            entity = self.mapper
        found = self._made.get(entity)
        if found is None:
            found = self._made[entity] = self._make(entity)
        return found

    def _make(self, entity: Any) -> Any:
        kept: dict[Any, Any] = {}
        if self._origin is not self and entity.is_mapper:
            kept = entity.__dict__.setdefault("_made_criteria", {})
            found = kept.get(self._origin)
            if found is not None:
                return found
            if len(kept) >= _MOST_KEPT:
                kept.clear()
        made = self._given
        if self._is_function():
            made = made(entity.entity)
        made = expect_where(made)
        if not _compares_leaves(made):
            # a SELECT in it is not restricted once more by what it is a part of
            made = visitors.cloned_traverse(made, {}, {"select": self._mark})
        made = self._with_marked_froms(made)
        if self._origin is not self:
            from .criteria_functions import reads_columns_alone

            if reads_columns_alone(self._given, entity.class_):
                kept[self._origin] = made
        return made

    def _with_marked_froms(self, criterion: Any) -> Any:
        """The same for subqueries that are there by their columns alone."""
        found = [getattr(element, "table", None) for element in visitors.iterate(criterion)]
        marked = {
            each: visitors.cloned_traverse(each, {}, {"select": self._mark})
            for each in found
            if each is not None and each.__visit_name__ == "subquery"
        }

        def replace(element: Any) -> Any:
            of = marked.get(getattr(element, "table", None))
            return None if of is None else of.c[element.key]

        return visitors.replacement_traverse(criterion, {}, replace) if marked else criterion

    def criteria(self) -> list[Any]:
        """The criterion of each mapper that is meant."""
        mappers = [self.mapper] if self.mapper is not None else _mapped_below(self._cls)
        return [self.criterion(mapper) for mapper in mappers]

    def _mark(self, select: Any) -> None:
        select._within_criterion = self._origin

    def applies_to(self, entity: Any) -> bool:
        """Whether an entity that is selected from is meant: aliases are if that was said."""
        return self.include_aliases or self.mapper is entity

    def _cache_key(self, ctx: KeyContext) -> tuple[Any, ...]:
        keys = key_of_all(self.criteria(), ctx)
        given: Any = self._cls
        if self.mapper is not None and self.mapper.is_aliased_class:
            given = self.mapper._cache_key(ctx)
        return (given, keys, self.include_aliases, self.propagate)


def criteria_about(options: Iterable[LoaderCriteriaOption], entity: Any) -> list[Any]:
    """What options say of an entity that is selected from or joined to."""
    found = []
    for option in options:
        criterion = option.criterion(entity)
        if criterion is not None and option.applies_to(entity):
            found.append(criterion)
    return found


#: what stands for the criteria of every option
EVERY = object()


def without_criteria(expression: Any) -> Any:
    """An expression in whose SELECTs no criteria hold: SQLAlchemy takes the entities out of what
    with_expression() is given."""
    if all(element.__visit_name__ != "select" for element in visitors.iterate(expression)):
        return expression

    def mark(select: Any) -> None:
        select._within_criterion = EVERY

    return visitors.cloned_traverse(expression, {}, {"select": mark})


_LEAVES = frozenset(["column", "bindparam", "null", "true", "false"])


def _compares_leaves(criterion: Any) -> bool:
    """Whether nothing but a column and a value is in a criterion, as in most."""
    return (
        criterion.__visit_name__ == "binary"
        and criterion.left.__visit_name__ in _LEAVES
        and criterion.right.__visit_name__ in _LEAVES
    )


def _mapped_below(cls: type) -> list[Mapper[Any]]:
    """The mappers of the topmost mapped classes that derive from a class."""
    found: list[Mapper[Any]] = []
    below: type
    for below in cls.__subclasses__():
        mapper = mapper_or_none(below)
        found += _mapped_below(below) if mapper is None else mapper.self_and_descendants
    return found


def with_loader_criteria(
    entity_or_base: Any,
    where_criteria: Any,
    loader_only: bool = False,
    include_aliases: bool = False,
    propagate_to_loaders: bool = True,
    track_closure_variables: bool = True,
) -> LoaderCriteriaOption:
    """Add criteria wherever an entity is loaded by a statement."""
    return LoaderCriteriaOption(
        entity_or_base, where_criteria, include_aliases, propagate_to_loaders
    )
