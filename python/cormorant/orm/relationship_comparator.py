"""Operators of relationship attributes: ``==``, ``any()``, ``has()``, ``contains()`` …"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .. import _core, exc
from ..sql import visitors
from ..sql.binds import BindParameter, Null
from ..sql.elements import BooleanClauseList, NamedColumn
from ..util import warn
from .base import MANYTOONE, NO_VALUE, instance_str
from .from_adapters import OF_RELATIONSHIP, FromAdapter, column_in, single_table_criterion
from .interfaces import PropComparator

if TYPE_CHECKING:
    from .relationships import RelationshipProperty


class RelationshipComparator(PropComparator):
    """Compares a relationship with objects, and asks about its members by EXISTS."""

    _of_type: Any = None
    _extra_criteria: tuple[Any, ...] = ()
    _own_attribute: Any = None

    @property
    def _attr(self) -> Any:
        """The attribute it is of; one made by hand is of that on the class."""
        if self._own_attribute is not None:
            return self._own_attribute
        return getattr(self._parententity.entity, self.prop.key)

    @property
    def mapper(self) -> Any:
        """The mapper of the related class."""
        return self.prop.mapper

    @property
    def entity(self) -> Any:
        """The related entity, or the one given by of_type()."""
        return self._of_type if self._of_type is not None else self.prop.entity

    @property
    def _source(self) -> Any:
        """The alias the attribute was taken from, or None."""
        entity = self._parententity
        return entity if entity.is_aliased_class else None

    def __clause_element__(self) -> Any:
        dest = self._of_type.selectable if self._of_type is not None else None
        prop: RelationshipProperty = self.prop
        secondary = prop.secondary
        primary, second = prop._join_condition.join_targets(
            self._source,
            dest if dest is not prop.entity.selectable else None,
            secondary._anonymous_fromclause(flat=True) if secondary is not None else None,
        )
        clause = primary if second is None else primary & second
        for criterion in self._extra_criteria:
            clause = clause & criterion
        return clause

    def operate(self, op: Callable[..., Any], *other: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(str(op))

    def reverse_operate(self, op: Callable[..., Any], other: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(str(op))

    def __hash__(self) -> int:
        return id(self) >> 4

    def __eq__(self, other: Any) -> Any:
        prop = self.prop
        if other is None or isinstance(other, Null):
            if prop.direction is not MANYTOONE:
                return ~self._exists()
            return _related_is_null(prop, self._source)
        if prop.uselist:
            raise exc.InvalidRequestError(
                "Can't compare a collection to an object or collection; use contains() to test "
                "for membership."
            )
        return compare_to_instance(prop, other, reverse=True, adapt=self._source)

    def __ne__(self, other: Any) -> Any:
        prop = self.prop
        if other is None or isinstance(other, Null):
            if prop.direction is MANYTOONE:
                return ~_related_is_null(prop, self._source)
            return self._exists()
        if prop.uselist:
            raise exc.InvalidRequestError(
                "Can't compare a collection to an object or collection; use contains() to test "
                "for membership."
            )
        return self._differs_from(other)

    def is_(self, other: Any) -> Any:
        """``IS`` is not defined for relationships."""
        return self.operate(_is, other)

    def in_(self, other: Any) -> Any:
        """Not defined for relationships."""
        raise NotImplementedError(
            "in_() not yet supported for relationships.  For a simple many-to-one, use in_() "
            "against the set of foreign key values."
        )

    def any(self, criterion: Any = None, **kwargs: Any) -> Any:
        """Some member of the collection meets the criterion."""
        if not self.prop.uselist:
            raise exc.InvalidRequestError(
                "'any()' not implemented for scalar attributes. Use has()."
            )
        return self._exists(criterion, **kwargs)

    def has(self, criterion: Any = None, **kwargs: Any) -> Any:
        """The related object meets the criterion."""
        if self.prop.uselist:
            raise exc.InvalidRequestError("'has()' not implemented for collections. Use any().")
        return self._exists(criterion, **kwargs)

    def contains(self, other: Any, **kwargs: Any) -> Any:
        """The collection holds the object."""
        prop = self.prop
        if not prop.uselist:
            raise exc.InvalidRequestError(
                "'contains' not implemented for scalar attributes.  Use =="
            )
        clause = compare_to_instance(prop, other, reverse=True, adapt=self._source)
        if prop.secondaryjoin is not None:
            clause = _negatable(clause, self._differs_from(other))
        return clause

    def of_type(self, entity: Any) -> Any:
        """See `QueryableAttribute.of_type`."""
        return self._attr.of_type(entity)

    def and_(self, *criteria: Any) -> Any:
        """See `QueryableAttribute.and_`."""
        return self._attr.and_(*criteria)

    def _differs_from(self, other: Any) -> Any:
        prop = self.prop
        if prop.direction is MANYTOONE:
            values = _values_of(
                prop.mapper, other, [remote for _, remote in prop.local_remote_pairs]
            )
            parts = []
            for (local, _), value in zip(prop.local_remote_pairs, values, strict=True):
                column = _taken_from(self._source, local)
                parts.append(
                    BooleanClauseList.or_(column != _parameter(column, value), column.is_(None))
                )
            return parts[0] if len(parts) == 1 else BooleanClauseList.and_(*parts)
        # of an object that has no key yet it is NULL
        found = prop.mapper.primary_key_from_instance(other)
        criterion = BooleanClauseList.and_(
            *[key == value for key, value in zip(prop.mapper.primary_key, found, strict=True)]
        )
        return ~self._exists(criterion)

    def _exists(self, criterion: Any = None, **kwargs: Any) -> Any:
        from ..sql.coercions import expect_where
        from ..sql.selectable import Exists

        prop: RelationshipProperty = self.prop
        target = prop.entity if self._of_type is None else self._of_type
        dest = target.selectable
        if (
            prop._is_self_referential
            and not target.is_aliased_class
            and (target is not prop.entity or self._source is None)
        ):
            dest = dest._anonymous_fromclause()
        far_renamed = dest is not prop.entity.selectable
        renamed = far_renamed or self._source is not None
        for name, value in kwargs.items():
            part = getattr(target.entity, name) == value
            criterion = part if criterion is None else criterion & part
        secondary = prop.secondary
        if secondary is not None and renamed:
            secondary = secondary._anonymous_fromclause(flat=True)
        far_renamed = far_renamed or prop.mapper._is_union
        primary, second = prop._join_condition.join_targets(
            self._source,
            FromAdapter(prop.mapper, dest) if far_renamed else None,
            secondary if renamed else None,
        )
        join = primary if second is None else primary & second
        single = single_table_criterion(target, dest, renamed)
        if single is not None:
            join = join & single._annotate({"no_replacement_traverse": True})
        if criterion is not None:
            criterion = expect_where(criterion)
            if not target.is_aliased_class:
                criterion = self._within_exists(criterion, target.mapper, dest, secondary)
            # An enclosing alias must not rewrite what the program said about the target.
            criterion = criterion._annotate({"no_replacement_traverse": True})
        for extra in self._extra_criteria:
            join = join & extra
        clause = join if criterion is None else join & criterion
        froms = (dest,) if secondary is None else (dest, secondary)
        return Exists(1).where(clause).select_from(*froms).correlate_except(*froms)

    def _within_exists(self, criterion: Any, mapper: Any, dest: Any, secondary: Any) -> Any:
        """What the program says of the members, about the FROM that EXISTS has them from.

        The class that the attribute is of means the alias that it was taken from, too, but not
        in the conditions of an any() or has() further in: these are about the class.
        """
        own, source = self.prop.secondary, self._source

        def replace(element: Any) -> Any:
            if element._is_join:
                return element  # the FROM of a subquery
            if not element._is_column or not isinstance(element, NamedColumn):
                return None
            entity = element._annotations.get("parententity")
            if entity is not None and entity.is_aliased_class:
                return element
            found = column_in(dest, element, mapper, embedded=not self.prop.mapper._is_union)
            if found is not None:
                return element if dest is mapper.persist_selectable else found
            if not OF_RELATIONSHIP.isdisjoint(element._annotations):
                return None
            if own is not None:
                return None if own is secondary else secondary.corresponding_column(element, True)
            if source is None:
                return None
            return column_in(source.selectable, element, source.mapper, embedded=True)

        return visitors.replaced(criterion, replace)


def _is(left: Any, right: Any) -> Any:
    return left.is_(right)


def _taken_from(source: Any, column: Any) -> Any:
    """A near column as the alias has it, or marked for what stands for the class in a statement."""
    if source is None:
        return column._annotate({"local": True})
    return source._adapt_element(column)


def _related_is_null(prop: RelationshipProperty, source: Any) -> Any:
    parts = [_taken_from(source, local).is_(None) for local, _ in prop.local_remote_pairs]
    return parts[0] if len(parts) == 1 else BooleanClauseList.and_(*parts)


def _negatable(clause: Any, negation: Any) -> Any:
    """The clause, whose NOT is the other one."""
    clause = clause._clone()
    clause._negate = lambda: negation
    return clause


def _values_of(mapper: Any, instance: Any, columns: Any) -> list[Callable[[], Any]]:
    """Of each column a function that gives the object's value when a statement runs.

    By then a flush may have given the object its key, and a commit may have expired it.
    """
    manager = _core.manager_of(instance) if not isinstance(instance, type) else None
    if manager is None or manager.mapper is None or not manager.mapper.isa(mapper):
        raise exc.ArgumentError(
            f"Mapped instance expected for relationship comparison to object.   Classes, queries "
            "and other SQL elements are not accepted in this context; for comparison with a "
            f"subquery, use {_owner(mapper)}.has(**criteria)."
        )
    return [_value_of(mapper, instance, column) for column in columns]


def _value_of(mapper: Any, instance: Any, column: Any) -> Callable[[], Any]:
    prop = mapper._columntoproperty[column]
    known = _core.peek(instance, prop.slot)

    def value() -> Any:
        found = _core.peek(instance, prop.slot)
        if found is NO_VALUE:
            session = _core.session_of(instance)
            has_key = _core.state_flags(instance) & _core.STATE_KEY
            if session is not None and has_key:
                found = getattr(instance, prop.key)
            elif known is not NO_VALUE:
                found = known
            elif has_key and column in mapper.primary_key:
                # what the object was known by when it left its session
                key: Any = _core.identity_key(instance)
                found = key[1][mapper.primary_key.index(column)]
            else:
                why = (
                    "the object is detached and the value was expired"
                    if has_key
                    else "no value has been set for this column"
                )
                raise exc.InvalidRequestError(
                    f"Can't resolve value for column {column} on object "
                    f"{instance_str(instance)}; {why}"
                )
        if found is None:
            warn(
                f"Got None for value of column {column}; this is unsupported for a relationship "
                "comparison and will not currently produce an IS comparison (but may in a future "
                "release)"
            )
        return found

    return value


def _parameter(column: Any, value: Callable[[], Any]) -> BindParameter[Any]:
    return BindParameter(column.key, type_=column.type, unique=True, callable_=value)


def _owner(mapper: Any) -> str:
    return mapper.class_.__name__  # type: ignore[no-any-return]


def compare_to_instance(
    prop: RelationshipProperty,
    instance: Any,
    reverse: bool,
    adapt: Any = None,
    alias_secondary: bool = True,
) -> Any:
    """The criterion that relates the other side to `instance`.

    reverse: `instance` is on the far side (``Post.user == user``), else on the near one
    (``with_parent(user, User.posts)``).
    """
    prop.parent._check_configure()
    mapper = prop.mapper if reverse else prop.parent
    if hasattr(instance, "object") and not _core.is_entity(instance):
        instance = instance.object
    if not _core.is_entity(instance):
        instance = _core.stood_for(instance) or instance
    criterion, binds = prop._join_condition.lazy_clause(reverse)
    try:
        values = _values_of(mapper, instance, [column for _, column in binds])
    except exc.ArgumentError as error:
        if "Mapped instance expected" not in str(error):
            raise
        raise exc.ArgumentError(
            "Mapped instance expected for relationship comparison to object.   Classes, queries "
            "and other SQL elements are not accepted in this context; for comparison with a "
            f"subquery, use {prop}.has(**criteria)."
        ) from None
    for (bind, _), value in zip(binds, values, strict=True):
        bind.callable = value
        bind.required = False
    secondary = prop.secondary
    if adapt is None and (secondary is None or not alias_secondary):
        return criterion
    # The criterion stands beside whatever else the statement says: an association table of
    # its own keeps it apart.
    own_secondary: Any = None
    if secondary is not None:
        own_secondary = secondary._anonymous_fromclause()

    def replace(element: Any) -> Any:
        if getattr(element, "table", None) is None or not element._is_column:
            return None
        if secondary is not None and secondary.c.contains_column(element):
            return own_secondary.corresponding_column(element)
        if adapt is not None and adapt.mapper.persist_selectable.c.contains_column(element):
            return adapt._adapt_element(element)
        return None

    return visitors.replaced(criterion, replace)
