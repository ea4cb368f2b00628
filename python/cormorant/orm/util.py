"""Cascade options, aliases of mapped classes and small public helpers."""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from .. import _core, exc, inspection
from .._late import late_names
from ..sql import visitors
from ..sql.elements import Label
from ..sql.plain_types import quoted
from ..sql.selectable import Join
from ..sql.util import AdapterWithin, ClauseAdapter
from ..util import memoized_property, warn
from .attributes import QueryableAttribute
from .base import InspectionAttr, class_mapper, mapper_of_state, object_mapper
from .from_adapters import column_in
from .interfaces import MapperProperty

if TYPE_CHECKING:
    from .mapper import Mapper

_T = TypeVar("_T")

_ALL_CASCADES = frozenset(
    {"all", "none", "save-update", "merge", "delete", "delete-orphan", "refresh-expire", "expunge"}
)
_MEANT_BY_ALL = frozenset({"save-update", "merge", "delete", "refresh-expire", "expunge"})


class CascadeOptions(frozenset[str]):
    """The operations that spread from an object over a relationship."""

    save_update: bool
    delete: bool
    refresh_expire: bool
    merge: bool
    expunge: bool
    delete_orphan: bool

    def __new__(cls, value_list: Iterable[str] | str | None) -> CascadeOptions:
        if isinstance(value_list, str) or value_list is None:
            values = {item for item in re.split(r"\s*,\s*", (value_list or "").strip()) if item}
        else:
            values = set(value_list)
        unknown = values - _ALL_CASCADES
        if unknown:
            names = ", ".join(repr(name) for name in sorted(unknown))
            raise exc.ArgumentError(f"Invalid cascade option(s): {names}")
        if "all" in values:
            values |= _MEANT_BY_ALL
        if "none" in values:
            values.clear()
        values.discard("all")
        self = super().__new__(cls, values)
        self.save_update = "save-update" in values
        self.delete = "delete" in values
        self.refresh_expire = "refresh-expire" in values
        self.merge = "merge" in values
        self.expunge = "expunge" in values
        self.delete_orphan = "delete-orphan" in values
        if self.delete_orphan and not self.delete:
            warn("The 'delete-orphan' cascade option requires 'delete'.")
        return self

    def __repr__(self) -> str:
        return f"CascadeOptions({','.join(sorted(self))!r})"

    def __reduce__(self) -> Any:
        return CascadeOptions, (sorted(self),)


class AliasedClass(Generic[_T]):
    """A mapped class read from an alias of its table: what `aliased` gives."""

    _aliased_insp: AliasedInsp[Any]

    def __init__(
        self,
        mapped_class_or_ac: Any,
        alias: Any = None,
        name: str | None = None,
        flat: bool = False,
        adapt_on_names: bool = False,
        with_polymorphic_mappers: Sequence[Any] = (),
        polymorphic_on: Any = None,
        base_alias: AliasedInsp[Any] | None = None,
        represents_outer_join: bool = False,
    ) -> None:
        given = inspection.inspect(mapped_class_or_ac)
        mapper = given.mapper
        mapper._check_configure()
        within: AliasedInsp[Any] | None = None
        if alias is None:
            with_polymorphic_mappers = given._with_polymorphic
            selectable = mapper.selectable
            if given.is_aliased_class:
                polymorphic_on = given.polymorphic_on
                represents_outer_join = given.represents_outer_join
                if not _is_alias_of(given.selectable, selectable):
                    # of a subquery or of a join of its own: another name for its rows
                    selectable = given.selectable
                    adapt_on_names = adapt_on_names or given._adapt_on_names
            alias = selectable._anonymous_fromclause(name=name, flat=flat)
        else:
            if not hasattr(alias, "c"):
                alias = inspection.inspect(alias).selectable
            if given.is_aliased_class:
                within = given
        insp: AliasedInsp[Any] = AliasedInsp(self, mapper, alias, name, adapt_on_names)
        insp._within = within
        self._aliased_insp = insp
        self.__name__ = f"aliased({mapper.class_.__name__})"
        insp._base_alias = base_alias
        insp.represents_outer_join = represents_outer_join
        if polymorphic_on is not None:
            insp.polymorphic_on = polymorphic_on
        if with_polymorphic_mappers:
            insp._set_with_polymorphic(with_polymorphic_mappers)

    def __getattr__(self, key: str) -> Any:
        try:
            insp = self.__dict__["_aliased_insp"]
        except KeyError:
            raise AttributeError(key) from None
        found = getattr(insp.mapper.class_, key)
        if isinstance(found, QueryableAttribute):
            result: Any = found.adapt_to_entity(insp)
            if found._prop.key != key:  # a synonym
                return result
        elif hasattr(found, "adapt_to_entity"):  # of a hybrid or an association proxy
            return found.adapt_to_entity(insp)
        elif hasattr(found, "__get__") and not isinstance(found, type):
            function = getattr(found, "__func__", None)
            if function is not None:
                return types.MethodType(function, self)
            descriptor = _class_descriptor(insp.mapper.class_, key)
            result = descriptor.__get__(None, self) if descriptor is not None else found
            return result
        else:
            return found
        self.__dict__[key] = result
        return result

    def __clause_element__(self) -> Any:
        return self._aliased_insp.__clause_element__()

    def __repr__(self) -> str:
        insp = self._aliased_insp
        return f"<AliasedClass at {hex(id(self))}; {insp.mapper.class_.__name__}>"

    def __str__(self) -> str:
        return str(self._aliased_insp)


def _class_descriptor(cls: type, key: str) -> Any:
    for base in cls.__mro__:
        if key in base.__dict__:
            return base.__dict__[key]
    return None


def _is_alias_of(from_: Any, selectable: Any) -> bool:
    """Whether a FROM is a table under another name, or a join of the same tables, so joined."""
    from .joining import parts

    for own, other in zip_longest(parts(from_), parts(selectable)):
        if own is None or other is None:
            return False
        while own.__visit_name__ == "alias":
            own = own.element
        if own._is_join and other._is_join:
            if (own.isouter, own.full) != (other.isouter, other.full):
                return False
        elif hash(own) != hash(other) and own.__visit_name__ != "grouping":
            return False
    return True


class AliasedInsp(InspectionAttr, Generic[_T]):
    """What inspection shows of an `AliasedClass`."""

    is_aliased_class = True
    is_selectable = False

    def __init__(
        self, entity: Any, mapper: Mapper[Any], selectable: Any, name: str | None, on_names: bool
    ) -> None:
        self._entity = entity
        self.mapper = mapper
        self.selectable = self.persist_selectable = self.local_table = selectable
        self.name = name
        self._adapt_on_names = on_names
        self._base_alias: AliasedInsp[Any] | None = None
        #: rows may have no columns of subclasses: nothing may be joined to these but by an
        #: outer join
        self.represents_outer_join = False
        #: another alias, whose columns the FROM here gives
        self._within: AliasedInsp[Any] | None = None
        #: the subclasses that a loader option named, for which this was made
        self._implicit: tuple[Any, ...] = ()
        self._with_polymorphic: list[Mapper[Any]] = []
        self.polymorphic_on = mapper.polymorphic_on

    @property
    def entity(self) -> Any:
        """The `AliasedClass`."""
        return self._entity

    @property
    def class_(self) -> type[_T]:
        """The mapped class."""
        return self.mapper.class_

    @property
    def entity_namespace(self) -> Any:
        """Where filter_by() looks names up: the alias."""
        return self._entity

    @property
    def with_polymorphic_mappers(self) -> list[Mapper[Any]]:
        """The mapper, and those of subclasses whose columns the alias has as well."""
        return self._with_polymorphic or [self.mapper]

    def _set_with_polymorphic(self, mappers: Sequence[Any]) -> None:
        """Load the subclasses too; each is an attribute of the alias by its name."""
        self._with_polymorphic = list(mappers)
        for mapper in mappers:
            if mapper is not self.mapper:
                self._entity.__dict__[mapper.class_.__name__] = AliasedClass(
                    mapper.class_,
                    self.selectable,
                    self.name,
                    adapt_on_names=self._adapt_on_names,
                    base_alias=self,
                )

    @memoized_property
    def _own_columns(self) -> list[Any] | None:
        """The columns that a subquery of this alias has, unless they are those of its FROM."""
        mapper = self.mapper
        if not mapper._in_hierarchy and not mapper._expression_props:
            return None
        columns = {
            hash(column): self._adapt_element(column)
            for prop in mapper._polymorphic_properties(self._with_polymorphic)
            if prop._is_column and prop._in_subqueries
            for column in prop.columns
        }
        return list(columns.values())

    @property
    def _root(self) -> AliasedInsp[Any]:
        """The alias whose FROM this is: of ``alias.Subclass`` the alias itself."""
        return self if self._base_alias is None else self._base_alias

    def _part_of(self, mapper: Mapper[Any]) -> AliasedInsp[Any]:
        """The ``alias.Subclass`` of a subclass whose columns the alias has."""
        part = self._entity.__dict__.get(mapper.class_.__name__)
        return self if part is None else part._aliased_insp

    def _check_configure(self) -> None:
        self.mapper._check_configure()

    def common_parent(self, other: Any) -> bool:
        """Whether the other entity is of the same mapped class family."""
        return self.mapper.common_parent(other)

    def isa(self, other: Any) -> bool:
        """Whether the class is, or inherits from, that of the mapper."""
        return self.mapper.isa(other)

    @memoized_property
    def _adapter(self) -> ClauseAdapter:
        """Replaces the mapper's columns in an expression by those of the alias."""
        mappers = {self.mapper, *self._with_polymorphic}
        if self._within is not None:
            own = ClauseAdapter(self.selectable, adapt_on_names=self._adapt_on_names)
            return AdapterWithin(self._within._adapter, own)
        return ClauseAdapter(
            self.selectable,
            self.mapper._equivalent_columns,
            adapt_on_names=self._adapt_on_names,
            adapt_from_selectables=[mapper.persist_selectable for mapper in mappers],
        )

    @memoized_property
    def _single_table_criterion(self) -> Any:
        """The mapper's, about the alias."""
        return visitors.replaced(self.mapper._single_table_criterion, self._replace)

    def _cache_key(self, ctx: Any) -> Any:
        """An alias made anew in the same place of a statement has the same key."""
        number, new = ctx.number(self)
        if not new:
            return number
        selectable = self.selectable._cache_key(ctx)
        key: tuple[Any, ...] = (number, self.mapper, self.name, selectable)
        if self._within is not None:
            key += (self._within._cache_key(ctx),)
        if self._with_polymorphic or self._adapt_on_names:
            key += (tuple(self._with_polymorphic), self._adapt_on_names)
        if self.polymorphic_on is not self.mapper.polymorphic_on:
            column = self.polymorphic_on
            if hasattr(column, "__clause_element__"):
                column = column.__clause_element__()
            key += (column._cache_key(ctx),)
        return key

    def _replace(self, element: Any) -> Any:
        """The adapter's replacement; values become parameters of their own."""
        if element._is_bind_parameter and element.unique:
            return element._clone()
        return self._adapter.replace(element)

    @memoized_property
    def _columns(self) -> dict[Any, Any]:
        return {}

    def _adapt_element(self, element: Any, key: str | None = None) -> Any:
        """A column, or an expression of columns, of the mapper as of the alias."""
        columns = self._columns
        try:
            return columns[element]
        except KeyError:
            pass
        if getattr(element, "_is_column", False) and getattr(element, "table", None) is not None:
            inner = element if self._within is None else self._within._adapt_element(element)
            found = column_in(self.selectable, inner, self.mapper)
            if found is None and self._adapt_on_names:
                found = self.selectable.c.get(element.name)
            if found is None:
                found = element
        elif isinstance(element, Label):
            # computed of the columns there, even where a subquery has the result
            inner = visitors.replaced(element.element, self._replace)
            found = Label(None, inner, element.type)
        else:
            found = self._adapter.traverse(element)
        columns[element] = found
        return found

    @memoized_property
    def _element(self) -> Any:
        return self.selectable._annotate(
            {
                "entity": self,
                "parententity": self,
                "parentmapper": self.mapper,
                "entity_namespace": self,
            }
        )

    def __clause_element__(self) -> Any:
        return self._element

    def __repr__(self) -> str:
        mapped = ", ".join([m.class_.__name__ for m in self.with_polymorphic_mappers])
        return f"<AliasedInsp at {hex(id(self))}; {self.class_.__name__}({mapped})>"

    def __str__(self) -> str:
        others = [m.class_.__name__ for m in self._with_polymorphic if m is not self.mapper]
        if others:
            return f"with_polymorphic({self.mapper.class_.__name__}, [{', '.join(others)}])"
        return f"aliased({self.mapper.class_.__name__})"


inspection._inspects(AliasedClass)(lambda target: target._aliased_insp)
inspection._self_inspects(AliasedInsp)


@overload
def aliased(
    element: type[_T],
    alias: Any = None,
    name: str | None = None,
    flat: bool = False,
    adapt_on_names: bool = False,
) -> type[_T]: ...
@overload
def aliased(
    element: Any,
    alias: Any = None,
    name: str | None = None,
    flat: bool = False,
    adapt_on_names: bool = False,
) -> Any: ...
def aliased(
    element: Any,
    alias: Any = None,
    name: str | None = None,
    flat: bool = False,
    adapt_on_names: bool = False,
) -> Any:
    """An alias of a mapped class (or of a FROM clause), to use it twice in one statement.

    element: the class; alias: a subquery whose columns it is to read instead; name: of the alias;
    flat: of a join its tables get aliases, without a subquery; adapt_on_names: columns of the
    subquery are found by name.
    """
    if hasattr(element, "_is_from_clause") and not isinstance(element, type):
        if adapt_on_names:
            raise exc.ArgumentError("adapt_on_names only applies to ORM elements")
        return element._anonymous_fromclause(name=name, flat=flat)
    return AliasedClass(element, alias=alias, name=name, flat=flat, adapt_on_names=adapt_on_names)


def with_polymorphic(
    base: type[_T] | Mapper[_T],
    classes: Any,
    selectable: Any = False,
    flat: bool = False,
    polymorphic_on: Any = None,
    aliased: bool = False,
    innerjoin: bool = False,
    adapt_on_names: bool = False,
    name: str | None = None,
) -> AliasedClass[_T]:
    """A mapped class to be selected together with the columns of subclasses.

    ``select(with_polymorphic(Employee, [Engineer, Manager]))``; "*" stands for all of them.
    The subclasses are attributes of what is returned: ``entity.Engineer.info``.

    Raises:
        ArgumentError: `flat` and `selectable` do not go together.
        InvalidRequestError: a class does not inherit from `base`.
    """
    if selectable not in (None, False) and flat:
        raise exc.ArgumentError(
            "the 'flat' and 'selectable' arguments cannot be passed simultaneously to "
            "with_polymorphic()"
        )
    mapper = class_mapper(base)
    mappers, found = mapper._with_polymorphic_of(classes, selectable, innerjoin)
    if aliased or flat:
        found = found._anonymous_fromclause(flat=flat)
    return AliasedClass(
        base,
        found,
        name=name,
        adapt_on_names=adapt_on_names,
        with_polymorphic_mappers=mappers,
        polymorphic_on=polymorphic_on,
        represents_outer_join=not innerjoin,
    )


def polymorphic_union(
    table_map: Mapping[Any, Any],
    typecolname: str | None,
    aliasname: str = "p_union",
    cast_nulls: bool = True,
) -> Any:
    """A UNION ALL of tables, of all their columns by name, NULL where a table has none.

    Args:
        table_map: discriminator -> table.
        typecolname: name of the discriminator's column, or None for no such column.
        aliasname: name of the union as a FROM clause.
        cast_nulls: whether each NULL is cast to the type of its column.

    Raises:
        InvalidRequestError: a table has a column with the discriminator's name.
    """
    from ..sql import cast, literal_column, null, select, type_coerce, union_all
    from ..sql.coercions import expect_from

    types: dict[str, Any] = {}
    tables = {key: expect_from(table) for key, table in table_map.items()}
    for table in tables.values():
        for column in table.c:
            if column.key == typecolname:
                raise exc.InvalidRequestError(
                    f"Polymorphic union can't use '{typecolname}' as the discriminator column due "
                    f"to mapped column {column!r}; please apply the 'typecolname' argument; this "
                    "is available on ConcreteBase as '_concrete_discriminator_name'"
                )
            types[column.key] = column.type

    def column_of(columns: dict[str, Any], key: str) -> Any:
        found = columns.get(key)
        if found is not None:
            return found
        missing = cast(null(), types[key]) if cast_nulls else type_coerce(null(), types[key])
        return missing.label(key)

    selects = []
    for identity, table in tables.items():
        # of a join too by the names in its tables
        own = {column.key: column for column in table.c}
        columns = [column_of(own, key) for key in types]
        if typecolname is not None:
            text = str(identity) if not isinstance(identity, str) else quoted(identity)
            columns.append(literal_column(text).label(typecolname))
        selects.append(select(*columns).select_from(table))
    return union_all(*selects).alias(aliasname)


def with_parent(instance: object, prop: Any, from_entity: Any = None) -> Any:
    """The criterion that an object is related to `instance` through a relationship.

    ``select(Post).where(with_parent(user, User.posts))``
    """
    if isinstance(prop, str):
        raise exc.ArgumentError("with_parent() accepts class-bound mapped attributes, not strings")
    if isinstance(prop, QueryableAttribute):
        if prop._of_type is not None and from_entity is None:
            from_entity = prop._of_type
        prop = prop.property
    if not isinstance(prop, MapperProperty) or not prop._is_relationship:
        raise exc.ArgumentError(f"Expected relationship property for with_parent(), got {prop}")
    entity: Any = None if from_entity is None else inspection.inspect(from_entity)
    if entity is not None and not entity.is_aliased_class:
        entity = None
    return prop._with_parent(instance, from_entity=entity)


def identity_key(
    class_: Any = None,
    ident: Any = None,
    *,
    instance: Any = None,
    row: Any = None,
    identity_token: Any = None,
) -> tuple[Any, ...]:
    """The key under which a session keeps an object: of a class and primary key, of an
    object, or of a row."""
    if class_ is not None:
        mapper = class_mapper(class_)
        if row is None:
            if ident is None:
                raise exc.ArgumentError("ident or row is required")
            values = tuple(ident) if isinstance(ident, (tuple, list)) else (ident,)
            return mapper.identity_key_from_primary_key(values, identity_token)
        return mapper.identity_key_from_row(row, identity_token)
    if instance is None:
        raise exc.ArgumentError("class or instance is required")
    return object_mapper(instance).identity_key_from_instance(instance)


def object_session(instance: object) -> Any:
    """The session an object belongs to, or None."""
    object_mapper(instance)
    return _core.session_of(instance if _core.is_entity(instance) else _core.stood_for(instance))


def has_identity(object_: object) -> bool:
    """Whether an object has the key of a row, that is: was loaded or flushed. Raises
    AttributeError if its class is not mapped."""
    from .attributes import instance_state

    return instance_state(object_).has_identity  # type: ignore[no-any-return]


def was_deleted(object_: object) -> bool:
    """Whether the object was deleted by a flush of a session it belonged to."""
    mapper_of_state(object_)
    return bool(_core.state_flags(object_) & _core.STATE_DELETED)


_ORMJoin = Join  # SQLAlchemy's name of what join() gives, which libraries ask for


def join(
    left: Any, right: Any, onclause: Any = None, isouter: bool = False, full: bool = False
) -> Any:
    """A join of mapped classes, for use in ``select_from()``; the ON clause may be a
    relationship attribute."""
    from ..sql import coercions
    from .joining import contains, relationship_join

    left_from = coercions.expect_from(left)
    right_from = coercions.expect_from(right)
    if isinstance(onclause, QueryableAttribute) and onclause._prop._is_relationship:
        source = onclause._parententity.selectable
        if not contains(left_from, source):
            source = left_from  # of another alias of the class
        return relationship_join(
            left_from,
            source,
            onclause.property,
            right_from,
            inspection.inspect(right, raiseerr=False),
            isouter=isouter,
            full=full,
            criteria=onclause._extra_criteria,
        )
    return left_from.join(right_from, onclause, isouter=isouter, full=full)


def outerjoin(left: Any, right: Any, onclause: Any = None, full: bool = False) -> Any:
    """As `join`, keeping the rows of the left side that match none."""
    return join(left, right, onclause, isouter=True, full=full)


if TYPE_CHECKING:
    from .bundle import Bundle as Bundle
    from .loader_criteria import LoaderCriteriaOption as LoaderCriteriaOption
else:
    __getattr__ = late_names(
        __name__,
        {
            ".bundle": "Bundle",
            ".loader_criteria": "LoaderCriteriaOption",
        },
    )
