"""How mapped classes inherit: one table for all, a table joined for each, or concrete tables.

A hierarchy is a tree of mappers below one `base_mapper`. What the mappers of a tree share
is set up here, once for each class; nothing of it runs for a class that inherits nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .. import exc, util
from ..sql import operators, visitors
from ..sql.column_collections import ReadOnlyColumnCollection
from ..sql.join_conditions import join_condition
from ..sql.schema import Column
from ..util import memoized_property, warn
from .attributes import InstrumentedAttribute
from .base import InspectionAttr, class_mapper
from .interfaces import MapperProperty
from .properties import ColumnProperty, ConcreteInheritedProperty

if TYPE_CHECKING:
    from .mapper import Mapper

ALL = "*"


class Hierarchy(InspectionAttr):
    """The part of a mapper that is about the hierarchy it belongs to."""

    class_: type[Any]
    local_table: Any
    persist_selectable: Any
    version_id_col: Any
    _tables: list[Any]
    """The tables that hold a row of the class, those of the base first."""
    inherits: Mapper[Any] | None = None
    base_mapper: Mapper[Any]
    single = False
    concrete = False
    inherit_condition: Any = None
    inherit_foreign_keys: Any = None
    polymorphic_on: Any = None
    polymorphic_identity: Any = None
    polymorphic_abstract = False
    polymorphic_load: str | None = None
    polymorphic_map: dict[Any, Mapper[Any]]
    with_polymorphic: tuple[Any, Any] | None = None
    _inheriting_mappers: list[Mapper[Any]]
    _expression_props: tuple[ColumnProperty, ...]
    _identity_class: type[Any]
    _discriminator: ColumnProperty | None = None
    """The property of `polymorphic_on`."""
    _props: dict[str, Any]
    _columntoproperty: dict[Any, Any]

    # -- the tree

    def iterate_to_root(self) -> Iterator[Mapper[Any]]:
        """This mapper and those it inherits from, up to the root."""
        mapper: Any = self
        while mapper is not None:
            yield mapper
            mapper = mapper.inherits

    @property
    def self_and_descendants(self) -> tuple[Mapper[Any], ...]:
        """This mapper and all that inherit from it, breadth first."""
        if not self._inheriting_mappers:
            return (self,)  # type: ignore[return-value]
        found: list[Any] = []
        todo: deque[Any] = deque([self])
        while todo:
            mapper = todo.popleft()
            found.append(mapper)
            todo.extend(mapper._inheriting_mappers)
        return tuple(found)

    def polymorphic_iterator(self) -> Iterator[Mapper[Any]]:
        """This mapper and those that inherit from it."""
        return iter(self.self_and_descendants)

    def isa(self, other: Any) -> bool:
        """Whether this mapper is, or inherits from, the other."""
        mapper: Any = self
        while mapper is not None and mapper is not other:
            mapper = mapper.inherits
        return mapper is not None

    def common_parent(self, other: Any) -> bool:
        """Whether both belong to one hierarchy."""
        return self.base_mapper is other.mapper.base_mapper

    @property
    def _in_hierarchy(self) -> bool:
        return self.inherits is not None or bool(self._inheriting_mappers)

    # -- entering it

    def _inherit(self, base: Mapper[Any]) -> None:
        """Become a mapper below `base`: tables, condition, identity."""
        self.inherits = base
        if not issubclass(self.class_, base.class_):
            raise exc.ArgumentError(
                f"Class '{self.class_.__name__}' does not inherit from '{base.class_.__name__}'"
            )
        if self.local_table is None:
            self.single = True
            self.local_table = base.local_table
            self.persist_selectable = base.persist_selectable
            self._tables = list(base._tables)
        elif self.local_table is base.local_table:
            self.persist_selectable = self.local_table
        elif not self.concrete:
            self._join_to(base)
        self.base_mapper = base.base_mapper
        self.polymorphic_map = base.polymorphic_map
        base._inheriting_mappers.append(self)  # type: ignore[arg-type]
        if self.polymorphic_identity is None or self.concrete:
            self._identity_class = self.class_
        else:
            self._identity_class = base._identity_class
        if (
            self.polymorphic_identity is None
            and not self.polymorphic_abstract
            and self.base_mapper.polymorphic_on is not None
        ):
            warn(
                f"{self} does not indicate a 'polymorphic_identity', yet is part of an "
                "inheritance hierarchy that has a 'polymorphic_on' column of "
                f"'{self.base_mapper.polymorphic_on}'. If this is an intermediary class that "
                "should not be instantiated, the class may either be left unmapped, or may "
                "include the 'polymorphic_abstract=True' parameter in its Mapper arguments. To "
                "leave the class unmapped when using Declarative, set the '__abstract__ = True' "
                "attribute on the class.",
            )
        if self.polymorphic_load is not None and self.concrete:
            raise exc.ArgumentError(
                "polymorphic_load is not currently supported with concrete table inheritance"
            )
        if self.polymorphic_load == "inline":
            base._add_polymorphic_subclass(self.class_)
        elif self.polymorphic_load not in (None, "selectin"):
            raise exc.ArgumentError(
                f"unknown argument for polymorphic_load: {self.polymorphic_load!r}"
            )
        for mapper in base.iterate_to_root():
            mapper._forget()

    def _join_to(self, base: Mapper[Any]) -> None:
        """Joined inheritance: rows are joined to those of the base's table."""
        if self.inherit_condition is None:
            try:
                self.inherit_condition = join_condition(base.local_table, self.local_table)
            except exc.NoForeignKeysError as error:
                assert base.local_table is not None
                raise exc.NoForeignKeysError(
                    f"Can't determine the inherit condition between inherited table "
                    f"'{base.local_table.description}' and inheriting table "
                    f"'{self.local_table.description}'; tables have no foreign key relationships "
                    "established.  Please ensure the inheriting table has a foreign key "
                    "relationship to the inherited table, or provide an 'on clause' using the "
                    "'inherit_condition' mapper argument."
                ) from error
            except exc.AmbiguousForeignKeysError as error:
                raise exc.AmbiguousForeignKeysError(
                    f"Can't determine the inherit condition between inherited table "
                    f"'{base.local_table.description}' and inheriting table "
                    f"'{self.local_table.description}'; tables have more than one foreign key "
                    "relationship established.  Please specify the 'on clause' using the "
                    "'inherit_condition' mapper argument."
                ) from error
        self.persist_selectable = base.persist_selectable.join(
            self.local_table, self.inherit_condition
        )
        self._tables = [*base._tables, self.local_table]

    def _enter_polymorphic_map(self) -> None:
        identity = self.polymorphic_identity
        if identity is None:
            return
        other = self.polymorphic_map.get(identity)
        if other is not None and other is not self:
            warn(
                f"Reassigning polymorphic association for identity {identity!r} from {other!r} to "
                f"{self!r}: Check for duplicate use of {identity!r} as value for "
                "polymorphic_identity.",
            )
        self.polymorphic_map[identity] = self  # type: ignore[assignment]

    # -- loading several classes at once

    def _set_with_polymorphic(self, given: Any) -> None:
        """``with_polymorphic``: "*", classes, or (either of both, selectable)."""
        if given is None:
            self.with_polymorphic = None
        elif given == ALL:
            self.with_polymorphic = (ALL, None)
        elif isinstance(given, (tuple, list)):
            if len(given) == 2 and (given[0] == ALL or isinstance(given[0], (tuple, list))):
                self.with_polymorphic = (given[0], given[1])
            else:
                self.with_polymorphic = (tuple(given), None)
        else:
            raise exc.ArgumentError(f"Invalid setting for with_polymorphic: {given!r}")

    def _add_polymorphic_subclass(self, cls: type) -> None:
        """A subclass that says it is loaded with this class (polymorphic_load="inline")."""
        if self.with_polymorphic is None:
            self.with_polymorphic = ((cls,), None)
        elif self.with_polymorphic[0] != ALL:
            self.with_polymorphic = (
                (*self.with_polymorphic[0], cls),
                self.with_polymorphic[1],
            )

    def _mappers_from_spec(self, spec: Any, selectable: Any = None) -> list[Mapper[Any]]:
        """The mappers that a with_polymorphic specification names, base first."""
        everything = self.self_and_descendants
        if isinstance(spec, str) and spec == ALL:
            found = list(everything)
        else:
            wanted: set[Any] = set()
            for item in util.to_list(spec, ()):
                mapper = class_mapper(item, configure=False)
                if not mapper.isa(self):
                    raise exc.InvalidRequestError(f"{mapper!r} does not inherit from {self!r}")
                if selectable is None:
                    wanted.update(mapper.iterate_to_root())
                else:
                    wanted.add(mapper)
            found = [mapper for mapper in everything if mapper in wanted]
        if selectable is not None:
            found = [m for m in found if selectable.is_derived_from(m.local_table)]
        return found

    def _selectable_from_mappers(self, mappers: Iterable[Any], innerjoin: bool = False) -> Any:
        """This mapper's FROM with the tables of the mappers joined to it."""
        from_ = self.persist_selectable
        for mapper in mappers:
            if mapper is self or mapper in set(self.iterate_to_root()):
                continue
            if mapper.concrete:
                raise exc.InvalidRequestError(
                    "'with_polymorphic()' requires 'selectable' argument when "
                    "concrete-inheriting mappers are used."
                )
            if not mapper.single:
                from_ = from_.join(
                    mapper.local_table, mapper.inherit_condition, isouter=not innerjoin
                )
        return from_

    def _with_polymorphic_of(
        self, classes: Any, selectable: Any, innerjoin: bool
    ) -> tuple[list[Mapper[Any]], Any]:
        """Mappers and FROM of ``with_polymorphic(…)``; `selectable` False: not given."""
        if selectable is False:
            selectable = self.with_polymorphic[1] if self.with_polymorphic is not None else None
        if not classes and self.with_polymorphic is not None:
            classes = self.with_polymorphic[0]
        mappers = self._mappers_from_spec(classes, selectable)
        if selectable is None:
            selectable = self._selectable_from_mappers(mappers, innerjoin)
        return mappers, selectable

    @memoized_property
    def columns(self) -> ReadOnlyColumnCollection[Any]:
        """Columns by attribute name: those inherited, then those of this class. An attribute
        that the base has as well stands twice, and names the column of the base."""
        own = self._column_items()
        base = self.inherits
        if base is None or self.concrete:
            return ReadOnlyColumnCollection(own)
        above = [item for item in base._column_items() if item[0] in self._props]
        mine = [item for item in own if base._props.get(item[0]) is not self._props[item[0]]]
        places = {hash(column): place for place, column in enumerate(self.local_table.c)}
        mine.sort(key=lambda item: places.get(hash(item[1]), -1))
        return ReadOnlyColumnCollection([*above, *mine])

    def _column_items(self) -> list[tuple[str, Any]]:
        return [
            (key, prop.columns[0])
            for key, prop in self._props.items()
            if isinstance(prop, ColumnProperty)
        ]

    @property
    def tables(self) -> list[Any]:
        """The tables of `persist_selectable`, the outermost of its joins first."""
        found: list[Any] = []
        level = [self.persist_selectable]
        while level:
            below: list[Any] = []
            for selectable in level:
                if selectable is not None and selectable._is_join:
                    below += (selectable.left, selectable.right)
                else:
                    found += tables_of(selectable)
            level = below
        return found

    @property
    def with_polymorphic_mappers(self) -> list[Mapper[Any]]:
        """The mappers whose columns a query of this one loads by itself."""
        mappers: list[Mapper[Any]] = self._with_polymorphic
        return mappers

    @memoized_property
    def _with_polymorphic(self) -> list[Mapper[Any]]:
        if self.with_polymorphic is None:
            return []
        return self._mappers_from_spec(*self.with_polymorphic)

    @memoized_property
    def selectable(self) -> Any:
        """What a query of this mapper selects from."""
        if self.with_polymorphic is None:
            return self.persist_selectable
        selectable = self.with_polymorphic[1]
        if selectable is not None:
            return selectable
        return self._selectable_from_mappers(self._with_polymorphic)

    @memoized_property
    def _is_union(self) -> bool:
        """Whether it is selected from something that has its tables' columns as its own."""
        given = None if self.with_polymorphic is None else self.with_polymorphic[1]
        return given is not None and not given._is_join and not given._is_table

    @memoized_property
    def _equivalent_columns(self) -> dict[Any, list[Any]]:
        """Of a column: those of the hierarchy that have the same value, by what joins the tables
        of its classes."""
        found: dict[Any, list[Any]] = {}
        for mapper in self.base_mapper.self_and_descendants:
            if mapper.inherit_condition is None:
                continue
            for element in visitors.iterate(mapper.inherit_condition):
                if element.__visit_name__ != "binary" or element.operator is not operators.eq:
                    continue
                for one, other in ((element.left, element.right), (element.right, element.left)):
                    if one._is_column and other._is_column:
                        found.setdefault(one, []).append(other)
        return found

    def _set_concrete_base(self, base: Mapper[Any]) -> None:
        """A concrete mapper gets its base when all classes below that are known."""
        self.inherits = base
        base._inheriting_mappers.append(self)  # type: ignore[arg-type]
        base.polymorphic_map.update(self.polymorphic_map)
        for mapper in self.self_and_descendants:
            mapper.base_mapper = base.base_mapper
            mapper.polymorphic_map = base.polymorphic_map
        for key, prop in list(base._props.items()):
            if key not in self._props:
                self._adapt_inherited(key, prop)
        for mapper in base.iterate_to_root():
            mapper._forget()

    def _polymorphic_properties(self, mappers: Sequence[Any]) -> Iterator[Any]:
        """The properties of this mapper, and of those loaded with it, each once."""
        if not mappers:
            yield from list(self._props.values())
            return
        seen: set[int] = set()
        for mapper in (self, *mappers):
            discriminators = [above._discriminator for above in mapper.iterate_to_root()]
            for prop in mapper._props.values():
                if id(prop) in seen:
                    continue
                seen.add(id(prop))
                if (
                    any(prop is other for other in discriminators)
                    and prop is not self._discriminator
                    and prop.columns[0] is not self.polymorphic_on
                ):
                    # Of a selectable that this statement does not have.
                    continue
                yield prop

    @memoized_property
    def _own_columns(self) -> list[Any] | None:
        """The columns that a subquery of this mapper has, unless they are those of its table."""
        if not self._in_hierarchy and not self._expression_props:
            return None
        columns = {
            hash(column): _named_as(column, prop.key)
            for prop in self._polymorphic_properties(self._with_polymorphic)
            if prop._is_column and prop._in_subqueries
            for column in prop.columns
        }
        return list(columns.values())

    @memoized_property
    def _single_table_criterion(self) -> Any:
        """What tells the rows of this class in a table it shares, or None."""
        if not self.single or self.inherits is None:
            return None
        column = self.polymorphic_on
        if column is None:
            return None
        identities = [
            mapper.polymorphic_identity
            for mapper in self.self_and_descendants
            if not mapper.polymorphic_abstract
        ]
        return column._annotate({"parententity": self, "parentmapper": self}).in_(identities)

    @memoized_property
    def _acceptable_identities(self) -> set[Any]:
        """The discriminators with which an object of this class comes back as one."""
        found: set[Any] = set()
        for mapper in self.self_and_descendants:
            if (
                mapper is self
                or mapper.single
                or mapper.persist_selectable is self.persist_selectable
            ):
                found.add(mapper.polymorphic_identity)
        return found

    # -- attributes

    def _map_inherited(
        self,
        base: Mapper[Any],
        given_columns: dict[str, list[Any]],
        column_props: dict[Any, ColumnProperty],
    ) -> None:
        """Take the properties of the base, but for those declared again here."""
        for key, prop in list(base._props.items()):
            if self._is_left_out(key, None, key, local=False):
                continue
            columns = given_columns.get(key)
            if columns is not None:
                # Declared again here: this class's column, then that of the base.
                given = column_props.get(columns[0])
                mine = given or ColumnProperty(*columns)
                if isinstance(prop, ColumnProperty) and not self.concrete:
                    known = [c._deannotate() if c._annotations else c for c in mine.columns]
                    more = [c for c in prop.columns if all(c is not own for own in known)]
                    if given is not None and len(more) == len(prop.columns):
                        raise exc.InvalidRequestError(_combining(prop.columns[-1], columns[0], key))
                    mine.columns = known + more
                column_props.update(dict.fromkeys(columns, mine))
            elif key not in self._props:
                self._adapt_inherited(key, prop)

    def _adapt_inherited(self, key: str, prop: MapperProperty) -> None:
        """A property of the base becomes one of this mapper."""
        if not self.concrete:
            self._take_property(key, prop)
            return
        held = next((b.__dict__[key] for b in self.class_.__mro__ if key in b.__dict__), None)
        if (isinstance(held, InstrumentedAttribute) or prop._is_composite) and getattr(
            held, "_prop", None
        ) is prop:
            self._configure_property(key, ConcreteInheritedProperty())

    def _hold_property(self, key: str, prop: MapperProperty) -> None:
        """Have a property under a name, and know it by its columns."""
        self._props[key] = prop
        if isinstance(prop, ColumnProperty):
            for column in columns_known_by(prop):
                self._columntoproperty.setdefault(column, prop)
        self._note_expressions()

    def _take_property(self, key: str, prop: MapperProperty) -> None:
        """Share a property with the mapper it belongs to."""
        old = self._props.get(key)
        if old is prop:
            return
        self._hold_property(key, prop)
        prop.instrument_class(self)  # type: ignore[arg-type]
        self._forget()

    def _base_gained(self, key: str, prop: MapperProperty, old: MapperProperty | None) -> None:
        """The mapper above got a property: here it is too, unless there is one."""
        mine = self._props.get(key)
        if mine is not None and mine is not old:
            return
        if mine is None and self._is_left_out(key, None, key, local=False):
            return
        if self.concrete:
            return
        self._hold_property(key, prop)
        self._forget()
        for below in self._inheriting_mappers:
            below._base_gained(key, prop, old)

    def _with_same_named(self, key: str, column: Any) -> Any:
        """A column of a mapped join as a property, with the one of the same name before it. Only
        columns that derive from each other are put together unasked."""
        same = self._props.get(key)
        if not isinstance(same, ColumnProperty) or same.parent is not self:
            return column
        if self.inherits is not None and key in self.inherits._props:
            return column
        first = same.columns[0]
        versioned = self.version_id_col is first or self.version_id_col is column
        if not versioned and not first.shares_lineage(column):
            raise exc.InvalidRequestError(_combining(same.columns[-1], column, key))
        together = same._copy()
        together.columns = [column, *same.columns]
        return together

    def _reconcile(self, key: str, old: MapperProperty, prop: MapperProperty) -> MapperProperty:
        """An attribute of the base that this class maps again."""
        if not isinstance(old, ColumnProperty) or not isinstance(prop, ColumnProperty):
            return prop
        column, other = prop.columns[0], old.columns[0]
        if any(column is own for own in old.columns) or len(prop.columns) > 1:
            return prop
        if not isinstance(column, Column) or not isinstance(other, Column):
            return prop
        if self.local_table is not None and self.concrete:
            return prop
        if (
            self.version_id_col is not column
            and self.version_id_col is not other
            and not other.shares_lineage(column)
            and not _equated(self, column, other)
        ):
            warn(_combining(old.columns[-1], column, key))
        new = old._copy()
        new.columns = [column, *old.columns]
        return new

    def _holders(self, prop: Any) -> list[Mapper[Any]]:
        """The mappers, from this one down, that have the property."""
        if not self._inheriting_mappers:
            return [self]  # type: ignore[list-item]
        return [m for m in self.self_and_descendants if m._props.get(prop.key) is prop]

    def _define(self, prop: Any, kind: int, flags: int, code: int = 0, arg: Any = None) -> int:
        """Give the property its slot: the same in this mapper and in all below it."""
        key = prop.key
        holders = self._holders(prop)
        if len(holders) > 1 and any(key not in m.class_manager.names for m in holders):
            size = max(m.class_manager.size for m in holders)
            for mapper in holders:
                mapper.class_manager.pad(size)
        slot = -1
        for mapper in holders:
            slot = mapper.class_manager.add_attribute(key, prop, kind, flags, code, arg)
            if prop._is_column and prop.columns:
                mapper.class_manager.set_comparison(slot, prop.columns[0].type._comparison)
        return slot

    # -- what the mapper itself has

    def _is_left_out(
        self, name: str, column: Any, key: str | None = None, local: bool = True
    ) -> bool:
        raise NotImplementedError

    def _configure_property(self, key: str, value: Any, defer: bool = False) -> MapperProperty:
        raise NotImplementedError

    def _note_expressions(self) -> None:
        raise NotImplementedError

    def _forget(self) -> None:
        raise NotImplementedError


# ---- the discriminator ---------------------------------------------------------------


def set_up_discriminator(mapper: Mapper[Any], given: Any) -> None:
    """Find the property of `polymorphic_on`, and what new objects have in it."""
    if given is None:
        _inherit_discriminator(mapper)
    else:
        prop = _discriminator_of(mapper, given)
        mapper.polymorphic_on = prop.columns[0]
        mapper._discriminator = prop
    if mapper.polymorphic_abstract and mapper.polymorphic_on is None:
        raise exc.InvalidRequestError(
            "The Mapper.polymorphic_abstract parameter may only be used on a mapper hierarchy "
            "which includes the Mapper.polymorphic_on parameter at the base of the hierarchy."
        )
    prop_found = mapper._discriminator
    if prop_found is not None and prop_found.slot >= 0:
        mapper.class_manager.set_identity(
            prop_found.slot, mapper.polymorphic_identity, mapper.polymorphic_abstract
        )


def _named_as(column: Any, key: str) -> Any:
    """A column of a subquery; an expression goes by the name of its attribute."""
    if isinstance(column, Column):
        return column
    return column._annotate({"proxy_key": key})


def _inherit_discriminator(mapper: Mapper[Any]) -> None:
    for base in mapper.iterate_to_root():
        if base.polymorphic_on is None:
            continue
        column = base.polymorphic_on
        if mapper.concrete and mapper.persist_selectable is not base.persist_selectable:
            found = mapper.persist_selectable.corresponding_column(column)
            mapper.polymorphic_on = found
            own = mapper._columntoproperty.get(found) if found is not None else None
            mapper._discriminator = own
            return
        table = getattr(column, "table", None)
        if table is not None and mapper.persist_selectable.corresponding_column(column) is None:
            return  # of a FROM that the base is loaded from, and this class is not
        mapper.polymorphic_on = column
        prop = base._discriminator
        if prop is not None:
            mapper._discriminator = mapper._props.get(prop.key, prop)  # type: ignore[assignment]
        return


def _combining(column: Any, other: Any, key: str) -> str:
    return (
        f"Implicitly combining column {column} with column {other} under attribute '{key}'.  Please "
        "configure one or more attributes for these same-named columns explicitly."
    )


def _discriminator_of(mapper: Mapper[Any], given: Any) -> ColumnProperty:
    if isinstance(given, str):
        try:
            given = mapper._props[given]
        except KeyError:
            raise exc.ArgumentError(
                f"Can't determine polymorphic_on value '{given}' - no attribute is mapped to this "
                "name."
            ) from None
    if isinstance(given, MapperProperty):
        if not isinstance(given, ColumnProperty):
            raise exc.ArgumentError(
                "Only direct column-mapped property or SQL expression can be passed for "
                "polymorphic_on"
            )
        if "parent" not in given.__dict__:
            return _hidden_property(mapper, given.columns[0])
        return given
    while not getattr(given, "is_clause_element", False) and hasattr(given, "__clause_element__"):
        given = given.__clause_element__()
    if not getattr(given, "is_clause_element", False):
        raise exc.ArgumentError(
            "Column expression or string key expected for argument 'polymorphic_on'; got "
            f"{given!r}."
        )
    given = given._deannotate() if given._annotations else given
    prop = mapper._columntoproperty.get(given)
    if prop is not None:
        return prop  # type: ignore[no-any-return]
    found = mapper.persist_selectable.corresponding_column(given) if _in_table(given) else None
    if found is None and isinstance(given, Column):
        selectable = mapper.with_polymorphic[1] if mapper.with_polymorphic is not None else None
        if selectable is None or selectable.corresponding_column(given) is None:
            raise exc.InvalidRequestError(
                f"Could not map polymorphic_on column '{given.description}' to the mapped table - "
                "polymorphic loads will not function properly"
            )
    if found is None:
        return _hidden_property(mapper, given)
    # of a union of the mapper's tables: the column of the table, which is in both
    own = mapper._columntoproperty.get(found)
    return _hidden_property(mapper, found, instrument=True) if own is None else own


def _in_table(expression: Any) -> bool:
    return bool(expression._is_column) and getattr(expression, "table", None) is not None


def _hidden_property(mapper: Mapper[Any], column: Any, instrument: bool = False) -> ColumnProperty:
    """A property for a discriminator that no attribute stands for."""
    key = getattr(column, "key", None)
    if not isinstance(key, str):
        column = column.label("_sa_polymorphic_on")
        key = column.key
    elif mapper._is_left_out(key, column, local=False):
        raise exc.InvalidRequestError(
            f"Cannot exclude or override the discriminator column {key!r}"
        )
    prop = ColumnProperty(column, _instrument=instrument)
    mapper._configure_property(key, prop)
    return prop


def columns_known_by(prop: ColumnProperty) -> Iterator[Any]:
    """The columns of a property; where they are a subquery's, also those that it selects."""
    for column in prop.columns:
        yield column
        if column._proxies:
            yield from column.proxy_set


def written_tables(selectable: Any) -> list[Any]:
    """The tables in which objects of a class have rows that is mapped to a selectable: of a
    SELECT those whose key it has."""
    tables = tables_of(selectable)
    if selectable is None or selectable._is_table or selectable._is_join:
        return tables
    columns = {each for column in selectable.c for each in column.proxy_set}
    return [t for t in tables if t.primary_key and columns.issuperset(t.primary_key)]


def tables_of(selectable: Any) -> list[Any]:
    """The tables that a selectable selects from."""
    if selectable is None:
        return []
    if selectable._is_join:
        return [*tables_of(selectable.left), *tables_of(selectable.right)]
    if not selectable._is_table and hasattr(selectable, "element"):
        return tables_of(selectable.element)
    if hasattr(selectable, "selects"):
        return [table for each in selectable.selects for table in tables_of(each)]
    if selectable._is_select_base:
        return [table for from_ in selectable.get_final_froms() for table in tables_of(from_)]
    return [selectable]


def _equated(mapper: Hierarchy, column: Any, other: Any) -> bool:
    """Whether an inherit condition says that two columns are the same."""
    from ..sql import visitors

    for above in mapper.iterate_to_root():
        if above.inherit_condition is None or above.single:
            continue
        for element in visitors.iterate(above.inherit_condition):
            if element.__visit_name__ == "binary":
                pair = {hash(element.left), hash(element.right)}
                if pair == {hash(column), hash(other)}:
                    return True
    return False


# ---- keys that are the same in several tables ------------------------------------------


def copied_slots(mapper: Any) -> list[tuple[int, int]]:
    """Slots of the base's key, and those of this mapper that take its value."""
    pairs = ((above.slot, own.slot) for above, own, _ in _joined_columns(mapper))
    return [(above, own) for above, own in pairs if above != own]


def cascaded_slots(mapper: Any) -> list[tuple[int, int]]:
    """Slots of the base's key, and those of the key of this mapper's own table where the database
    changes that with it. They may be the same."""
    if not mapper.passive_updates:
        return []
    return [
        (above.slot, own.slot)
        for above, own, column in _joined_columns(mapper)
        if column.primary_key and any(column.references(c) for c in above.columns)
    ]


def _joined_columns(mapper: Any) -> Iterator[tuple[Any, Any, Any]]:
    """What joins the table of a mapper to that of its base: attributes of the base's and of its
    own, and the column of these."""
    from ..sql import visitors

    if mapper.inherits is None or mapper.inherit_condition is None or mapper.single:
        return
    for element in visitors.iterate(mapper.inherit_condition):
        if element.__visit_name__ != "binary":
            continue
        left, right = element.left, element.right
        if mapper.local_table.c.contains_column(left):
            left, right = right, left
        above = mapper._columntoproperty.get(left)
        own = mapper._columntoproperty.get(right)
        if above is not None and own is not None:
            yield above, own, right


def key_columns(mapper: Any, table: Any) -> tuple[Any, ...]:
    """The columns that tell rows of a table apart: the mapped ones of its primary key, and of the
    mapper's."""
    columns = dict.fromkeys((*table.primary_key, *mapper.primary_key))
    properties = mapper._columntoproperty
    return tuple(c for c in columns if c in properties and table.c.contains_column(c))


def key_slot(mapper: Any, column: Any) -> int:
    """The slot of the base's key that a column of the mapper is the same as; -1 if it is not
    mapped."""
    prop = mapper._columntoproperty.get(column)
    if prop is None:
        return -1
    slot: int = prop.slot
    for each in mapper.iterate_to_root():
        for above, own in copied_slots(each):
            if own == slot:
                slot = above
    return slot
