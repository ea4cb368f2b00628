"""FROM clauses of ORM statements: what `join()` of a relationship or an entity means.

A Select keeps its joins as they were given.  :func:`resolve_joins` turns them into
Join constructs: it finds the left side, and the ON clause of a relationship.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from .. import exc as sa_exc
from ..inspection import inspect
from ..sql import visitors
from ..sql.binds import SingletonConstant
from ..sql.elements import NamedColumn
from ..sql.fromclause import Join
from ..sql.join_conditions import can_join
from ..util import warn
from .attributes import QueryableAttribute
from .from_adapters import FromAdapters, single_table_criterion


def entity_of(element: Any) -> Any:
    """The Mapper or AliasedInsp that a construct stands for or belongs to, or None."""
    annotations = getattr(element, "_annotations", None)
    if annotations is not None:
        return annotations.get("parententity")
    return None


def selectable_of(entity: Any) -> Any:
    """What stands in FROM for a Mapper or AliasedInsp."""
    return entity.selectable


def parts(from_: Any) -> Iterator[Any]:
    """The FROM elements that a FROM clause consists of, itself included."""
    yield from_
    if from_.__visit_name__ == "grouping":
        yield from parts(from_.element)
    elif from_._is_join:
        yield from parts(from_.left)
        yield from parts(from_.right)


def leftmost(from_: Any) -> Any:
    """The FROM element that a chain of joins begins with."""
    while from_._is_join:
        from_ = from_.left
    return from_


def contains(from_: Any, selectable: Any) -> bool:
    """True if `selectable` is (within) the FROM clause."""
    wanted = hash(selectable)
    return any(hash(part) == wanted for part in parts(from_))


def _text_of(entity: Any, selectable: Any) -> str:
    return repr(selectable if entity is None else entity)


_EXPLICIT = (
    " Please use the .select_from() method to establish an explicit left side, as well as "
    "providing an explicit ON clause if not present already to help resolve the ambiguity."
)


def _candidates(froms: Sequence[Any], right: Any, onclause: Any) -> list[int]:
    """The indexes of the FROM clauses that `right` can be joined to, without those that stand
    within another, or a second time, if there are several."""
    found = _joinable(froms, right, onclause)
    if len(found) > 1:
        seen = {hash(part) for from_ in froms for part in from_._hide_froms}
        several, found = found, []
        for index in several:
            if hash(froms[index]) not in seen:
                seen.add(hash(froms[index]))
                found.append(index)
    return found


def _joinable(froms: Sequence[Any], right: Any, onclause: Any) -> list[int]:
    if onclause is not None:
        refers = {hash(f) for f in _froms_of(onclause)}
        found = []
        right_parts = {hash(part) for part in parts(right)}
        for index, from_ in enumerate(froms):
            own = {hash(part) for part in parts(from_)}
            if refers - right_parts and refers - right_parts <= own:
                found.append(index)
        if not found:
            found = [
                index
                for index, from_ in enumerate(froms)
                if refers & {hash(part) for part in parts(from_)}
            ]
        return found or list(range(len(froms)))
    return [index for index, from_ in enumerate(froms) if can_join(from_, right)]


def _froms_of(expression: Any) -> Iterable[Any]:
    for element in _iterate(expression):
        table = getattr(element, "table", None)
        if table is not None and element._is_column:
            yield table


def _iterate(expression: Any) -> Iterator[Any]:
    yield expression
    for child in expression.get_children():
        yield from _iterate(child)


def _derived(froms: Sequence[Any], left: Any) -> list[int]:
    """The indexes of the FROM clauses made of a table that `left` has; if there are several, of
    those that have it itself."""
    tables = [part for part in parts(left) if not part._is_join]
    found = [i for i, from_ in enumerate(froms) if any(map(from_.is_derived_from, tables))]
    if len(found) > 1:
        found = [i for i in found if _overlap(froms[i], left)] or found
    return found


def _overlap(left: Any, right: Any) -> bool:
    """True if two FROM clauses have a table in common."""
    own = {hash(part) for part in parts(left)}
    return any(hash(part) in own for part in parts(right))


def _alias_for_join(mapper: Any) -> Any:
    """An alias of a mapper, with the warning that it was made."""
    from .util import aliased

    warn(
        f"An alias is being generated automatically against joined entity {mapper} due to "
        "overlapping tables.  This is a legacy pattern which may be deprecated in a later "
        "release.  Use the aliased(<entity>, flat=True) construct explicitly, see the linked "
        "example.",
        code="xaj2",
    )
    return inspect(aliased(mapper.class_, flat=True))


def _refuse_unrelated(left: Any, right_entity: Any, prop_attr: Any) -> None:
    """Raise InvalidRequestError if a relationship does not lead from the one to the other."""
    if left is right_entity and left is not None:
        raise sa_exc.InvalidRequestError(
            f"Can't construct a join from {left} to {right_entity}, they are the same entity"
        )
    mapper = getattr(right_entity, "mapper", None)
    if mapper is not None and not mapper.common_parent(prop_attr.property.mapper):
        raise sa_exc.InvalidRequestError(
            f"Join target {right_entity} does not correspond to the right side of join "
            f"condition {prop_attr}"
        )


class JoinResolver:
    """Adds the joins of a statement to its FROM clauses, one after the other."""

    def __init__(
        self,
        froms: list[Any],
        entities: Sequence[Any],
        whole: Any = None,
        objects: Sequence[Any] = (),
        criteria_of: Callable[[Any], list[Any]] | None = None,
        adapters: FromAdapters | None = None,
    ) -> None:
        #: what is to be put in the place of mapped columns: joins add to it
        self.adapters = FromAdapters() if adapters is None else adapters
        #: what options say of an entity that is joined to
        self._criteria_of = criteria_of
        #: the explicit FROM clauses: grows and changes
        self.froms = froms
        #: entities selected from, in order: where a left side may come from
        self.entities = entities
        #: the subquery that stands for all entities selected from, or None
        self.whole = whole
        #: the entities of which whole objects are selected
        self.objects = objects
        self._seen: set[Any] = set()
        #: the entities joined to
        self.joined: set[int] = set()
        #: the same in the order of the joins, as they were named
        self.rights: list[Any] = []
        #: the entities that joins start from, where these were named
        self.lefts: list[Any] = []

    def _selectable(self, entity: Any) -> Any:
        """What an entity on the left side of a join is in FROM."""
        if self.whole is not None and any(entity is own for own in self.entities):
            return self.whole
        return self.adapters.selectable(entity)

    def add(self, target: Any, onclause: Any, from_: Any, flags: Any) -> None:
        """One `join(target, onclause)`, or `join_from(from_, target, onclause)`."""
        left, prop_attr, right_entity, right, onclause = self._sides(target, onclause)
        if from_ is not None:
            left_entity, left_from = self._right_side(from_)
            if prop_attr is None:
                left = left_entity if left_entity is not None else left_from
            elif left_entity is not left:
                raise sa_exc.InvalidRequestError(
                    f"explicit from clause {from_ if left_entity is None else left_entity} does "
                    f"not match left side of relationship attribute {prop_attr}"
                )
        if prop_attr is not None:
            # The same relationship joined again is the same join.
            edge = (id(left), id(prop_attr.property), hash(right), prop_attr._extra_criteria)
            if edge in self._seen:
                return
            self._seen.add(edge)
            _refuse_unrelated(left, right_entity, prop_attr)
        index, left_from = self._left_side(left, right, right_entity, prop_attr, onclause)
        if right_entity is not None:
            self.joined.add(id(right_entity))
            self.rights.append(right_entity)
            if _may_overlap(right_entity) and _overlap(left_from, right):
                alias = _alias_for_join(right_entity)
                self.adapters.put_alias(right_entity, alias)
                right_entity, right = alias, selectable_of(alias)
            else:
                self.adapters.join_to(right_entity)
        criteria: list[Any] = []
        if right_entity is not None and self._criteria_of is not None:
            criteria = self._criteria_of(right_entity)
        isouter, full = bool(flags.get("isouter")), bool(flags.get("full"))
        if prop_attr is not None:
            left_selectable = self._selectable(left) if hasattr(left, "is_mapper") else left
            if not contains(left_from, left_selectable):
                # of the class selected from, or of one joined to, that has these columns too
                left_selectable = left_from
            joined = relationship_join(
                left_from,
                left_selectable,
                prop_attr.property,
                right,
                right_entity,
                isouter=isouter,
                full=full,
                criteria=(*prop_attr._extra_criteria, *criteria),
            )
        else:
            joined = Join(left_from, right, self._adapted(onclause), isouter=isouter, full=full)
            joined = with_single_criterion(joined, right_entity)
            for criterion in criteria:
                onclause = joined.onclause & criterion
                joined = Join(joined.left, joined.right, onclause, joined.isouter, joined.full)
        if index is None:
            self.froms.append(joined)
        else:
            self.froms[index] = joined

    def _sides(self, target: Any, onclause: Any) -> tuple[Any, Any, Any, Any, Any]:
        """Of a join's arguments: the entity joined from and the attribute of the relationship
        that is joined along, both None where a condition or nothing is given; the entity joined
        to, or None, and what it is in FROM; and the condition."""
        if isinstance(target, QueryableAttribute):
            if onclause is not None:
                raise sa_exc.InvalidRequestError(
                    "No 'on clause' argument may be passed when joining to a relationship path "
                    "as a target"
                )
            if not target.property._is_relationship:
                raise sa_exc.ArgumentError(
                    f"Join target {target} does not refer to a mapped entity"
                )
            right_entity = target._of_type or target.property.entity
            return target.parent, target, right_entity, selectable_of(right_entity), None
        right_entity, right = self._right_side(target)
        if isinstance(onclause, QueryableAttribute) and onclause.property._is_relationship:
            if right_entity is None or (
                onclause._of_type is not None and not right_entity.is_aliased_class
            ):
                right_entity = onclause._of_type or onclause.property.entity
                right = selectable_of(right_entity)
            return onclause.parent, onclause, right_entity, right, onclause
        if onclause is not None and hasattr(onclause, "__clause_element__"):
            onclause = onclause.__clause_element__()
        return None, None, right_entity, right, onclause

    def _adapted(self, onclause: Any) -> Any:
        """A condition given to a join, of what stands in the place of mapped columns."""
        if onclause is None:
            return None
        if self.adapters:
            onclause = self.adapters.adapt(onclause)
        return onclause if self.whole is None else adapt_to_result(self.whole, onclause)

    def _right_side(self, target: Any) -> tuple[Any, Any]:
        """(entity or None, FROM clause) of a join target."""
        if isinstance(target, type) or not hasattr(target, "_annotations"):
            insp = inspect(target, raiseerr=False)
            if insp is not None and (
                getattr(insp, "is_mapper", False) or getattr(insp, "is_aliased_class", False)
            ):
                return insp, selectable_of(insp)
        entity = entity_of(target)
        if entity is not None:
            return entity, selectable_of(entity)
        return None, target

    def _left_side(
        self, left: Any, right: Any, right_entity: Any, prop_attr: Any, onclause: Any
    ) -> tuple[int | None, Any]:
        """(index in froms to be replaced or None, the clause to join to)."""
        if left is not None:
            left_from = own = left
            if hasattr(left, "is_mapper"):
                left_from, own = self._selectable(left), selectable_of(left)
                self.lefts.append(left)
            matches = [i for i, from_ in enumerate(self.froms) if contains(from_, left_from)]
            if not matches:
                matches = _derived(self.froms, own)
            if len(matches) > 1:
                exact = [i for i in matches if hash(self.froms[i]) == hash(left_from)]
                if len(exact) != 1:
                    raise sa_exc.InvalidRequestError(
                        "Can't identify which entity in which to assign the left side of this "
                        "join.   Please use a more specific ON clause."
                    )
                matches = exact
            if matches:
                return matches[0], self.froms[matches[0]]
            if not self.froms and getattr(left, "is_mapper", False) and left._in_hierarchy:
                # The class selected from that has the base's attribute as well.
                for entity in self.objects:
                    if entity.is_mapper and entity.common_parent(left):
                        return None, self._selectable(entity)
            return None, left_from
        if self.froms:
            found = _candidates(self.froms, right, onclause)
            if len(found) == 1:
                return found[0], self.froms[found[0]]
        else:
            choices: list[Any] = []
            for entity in self.entities:
                if entity is right_entity:
                    continue
                selectable = selectable_of(entity) if hasattr(entity, "is_mapper") else entity
                if selectable is right and not getattr(right_entity, "is_mapper", False):
                    continue  # of the very subquery that is joined
                if all(hash(selectable) != hash(choice) for choice in choices):
                    choices.append(selectable)
            found = _candidates(choices, right, onclause) if choices else []
            if len(found) == 1:
                return None, choices[found[0]]
        if len(found) > 1:
            raise sa_exc.InvalidRequestError(
                "Can't determine which FROM clause to join from, there are multiple FROMS which "
                "can join to this entity." + _EXPLICIT
            )
        raise sa_exc.InvalidRequestError(
            f"Don't know how to join to {_text_of(right_entity, right)}." + _EXPLICIT
        )


def _may_overlap(entity: Any) -> bool:
    """True for a class that is selected from several tables at once."""
    return entity.is_mapper and (
        entity.with_polymorphic is not None or entity.persist_selectable._is_join
    )


def with_single_criterion(joined: Any, entity: Any) -> Any:
    """A join to an entity that shares its table with others: only rows of its class."""
    if entity is None:
        return joined
    criterion = single_table_criterion(entity, entity.selectable)
    if criterion is None:
        return joined
    return Join(joined.left, joined.right, joined.onclause & criterion, joined.isouter, joined.full)


def adapt_to(selectable: Any, expression: Any) -> Any:
    """The expression with columns of a table replaced by those of its alias."""

    def replace(element: Any) -> Any:
        if element._is_column and isinstance(element, NamedColumn):
            return selectable.corresponding_column(element, True)
        return None

    return visitors.replaced(expression, replace)


def adapt_to_result(selectable: Any, expression: Any) -> Any:
    """The expression with what the rows of a set operation hold taken from these: columns,
    and whole expressions and parameters that the queries select."""

    def replace(element: Any) -> Any:
        if element._is_column and not isinstance(element, SingletonConstant):
            return selectable.corresponding_column(element, True)
        return None

    return visitors.replaced(expression, replace)


def adapted_criteria(criteria: tuple[Any, ...], entity: Any, right: Any) -> tuple[Any, ...]:
    """What `User.posts.and_(…)` adds to a join, about the right side as it is joined: columns
    that belong to no mapped class stay as they are."""
    if not criteria or right is entity.persist_selectable:
        return criteria

    def replace(element: Any) -> Any:
        if not element._is_column or not isinstance(element, NamedColumn):
            return None
        # "local" are the near columns of relationships, as any() and has() compare them
        if "parentmapper" not in element._annotations and "local" not in element._annotations:
            return element
        return right.corresponding_column(element)

    return tuple([visitors.replaced(c, replace, into_marked=1) for c in criteria])


def relationship_join(
    left_from: Any,
    left_selectable: Any,
    prop: Any,
    right: Any,
    right_entity: Any,
    *,
    isouter: bool = False,
    full: bool = False,
    criteria: tuple[Any, ...] = (),
) -> Any:
    """`left_from` joined along a relationship of `left_selectable` to `right`."""
    primary, secondary_on, secondary, _, right = prop._create_joins(
        source_selectable=left_selectable,
        dest_selectable=right,
        of_type_mapper=getattr(right_entity, "mapper", None),
        alias_secondary=True,
        extra_criteria=adapted_criteria(criteria, prop.entity, right),
    )[:5]
    if secondary is None or secondary_on is None:
        return Join(left_from, right, primary, isouter=isouter, full=full)
    if isouter or full:
        inner = Join(secondary, right, secondary_on)
        return Join(left_from, inner, primary, isouter=isouter, full=full)
    return Join(Join(left_from, secondary, primary), right, secondary_on)
