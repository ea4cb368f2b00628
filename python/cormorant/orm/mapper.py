"""`Mapper`: how a class is mapped to a table."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar, get_origin

from .. import _core, exc, inspection
from .._late import late_names
from ..sql.column_collections import ReadOnlyColumnCollection
from ..sql.elements import ColumnElement
from ..sql.schema import Column, Table
from ..sql.type_api import type_codec
from ..util import memoized_property, to_list, warn, warn_deprecated
from .base import Mapped, class_mapper
from .boxed import declarative_constructor, wrap_constructor
from .identity_keys import IdentityKeys
from .inheritance import Hierarchy, columns_known_by, set_up_discriminator, written_tables
from .interfaces import MapperProperty
from .listening import (
    attribute_events,
    fire_instrumentation,
    instance_events,
    instrumentation_events,
    mapper_events,
    mapper_listeners,
    mapper_made,
)
from .mapped_properties import ColumnToProperty, PropertyViews
from .properties import (
    ColumnProperty,
    MappedColumn,
    SynonymProperty,
)
from .relationships import RelationshipProperty

if TYPE_CHECKING:
    from .decl_api import registry as Registry

_T = TypeVar("_T")
_P = TypeVar("_P", bound=MapperProperty)

CONFIGURE_LOCK = threading.RLock()
_dialect: Any = None


def _default_dialect() -> Any:
    """The dialect whose codecs lazily decoded attributes use."""
    global _dialect
    if _dialect is None:
        from ..dialects.sqlite import dialect

        _dialect = dialect()
    return _dialect


class Mapper(Hierarchy, PropertyViews, IdentityKeys, Generic[_T]):
    """Everything about one mapped class.

    It is made when the class is, with the columns it has; relationships are finished when
    mappers are configured, at the latest when the class is first used.
    """

    is_mapper = True
    non_primary = False
    _reconstructor: Callable[[Any], None] | None = None
    configured = False
    """Whether relationships are known."""
    _has_composites = False
    """Of a base mapper: whether a class of the hierarchy has composite attributes."""

    def __init__(
        self,
        class_: type[_T],
        local_table: Any = None,
        properties: dict[str, Any] | None = None,
        primary_key: Iterable[Any] | None = None,
        *,
        registry: Registry,
        inherits: Any = None,
        inherit_condition: Any = None,
        inherit_foreign_keys: Any = None,
        concrete: bool = False,
        with_polymorphic: Any = None,
        polymorphic_on: Any = None,
        polymorphic_identity: Any = None,
        polymorphic_abstract: bool = False,
        polymorphic_load: str | None = None,
        _polymorphic_map: dict[Any, Any] | None = None,
        include_properties: Iterable[str] | None = None,
        exclude_properties: Iterable[str] | None = None,
        column_prefix: str | None = None,
        validators: dict[str, tuple[Callable[..., Any], dict[str, Any]]] | None = None,
        reconstructor: Callable[[Any], None] | None = None,
        eager_defaults: Any = "auto",
        version_id_col: Any = None,
        version_id_generator: Any = None,
        confirm_deleted_rows: bool = True,
        batch: bool = True,
        passive_updates: bool = True,
        passive_deletes: bool = False,
        always_refresh: bool = False,
        allow_partial_pks: bool = True,
        legacy_is_orphan: bool = False,
    ) -> None:
        self.class_ = class_
        self.registry = registry
        self.local_table = self.persist_selectable = local_table
        self._tables = written_tables(local_table)
        self.base_mapper: Mapper[Any] = self
        self.polymorphic_map = _polymorphic_map if _polymorphic_map is not None else {}
        self.polymorphic_identity = polymorphic_identity
        self.polymorphic_abstract = polymorphic_abstract
        self.polymorphic_load = polymorphic_load
        self.concrete = concrete
        self.inherit_condition = inherit_condition
        self.inherit_foreign_keys = inherit_foreign_keys
        self._inheriting_mappers = []
        self._identity_class = class_
        self._set_with_polymorphic(with_polymorphic)
        self.validators = validators or {}
        self.eager_defaults = eager_defaults
        self.version_id_col = self._find_version(version_id_col)
        self.version_id_generator = (
            _core.count_version if version_id_generator is None else version_id_generator
        )
        self.confirm_deleted_rows = confirm_deleted_rows
        self.batch = batch
        self.passive_updates = passive_updates
        self.passive_deletes = passive_deletes
        self.allow_partial_pks = allow_partial_pks
        self.legacy_is_orphan = legacy_is_orphan
        self.always_refresh = always_refresh
        self._include = None if include_properties is None else set(include_properties)
        self._exclude = set(exclude_properties or ())
        self._column_prefix = column_prefix or ""
        self._primary_key_argument = primary_key
        self._props: dict[str, MapperProperty] = {}
        self._typed_props = 0
        self._columntoproperty = ColumnToProperty(self)
        self._delete_orphans: list[tuple[str, type]] = []
        self._pending_props: list[MapperProperty] = []
        self._expression_props: tuple[ColumnProperty, ...] = ()
        self._configure_failed: BaseException | None = None

        base: Mapper[Any] | None = None
        if inherits is not None:
            base = class_mapper(inherits, configure=False)
            self._inherit(base)
            self._take_options_of(base)
        self.primary_key = self._find_primary_key()
        self._enter_polymorphic_map()
        manager = self._make_manager(base)
        self.class_manager = manager
        manager.legacy_is_orphan = legacy_is_orphan
        manager.always_refresh = always_refresh
        manager.mapper = self
        manager.loader = _load_attribute
        if manager.boxed:
            wrap_constructor(class_, registry.constructor)
        elif class_.__init__ is declarative_constructor:
            manager.construct_by_name()
        if reconstructor is not None:
            manager.reconstructor = reconstructor
        self._reconstructor = reconstructor or (None if base is None else base._reconstructor)
        type.__setattr__(class_, "__mapper__", self)
        # by this name tools look whether a class is mapped
        type.__setattr__(class_, "_sa_class_manager", manager)
        if mapper_events:
            for fn in mapper_listeners(self, "instrument_class"):
                fn(self, class_)
        if "class_instrument" in instrumentation_events:
            fire_instrumentation("class_instrument", class_)
        try:
            self._map_properties(properties or {})
            if not any(column in self._columntoproperty for column in self.primary_key):
                self._miss_primary_key()
            set_up_discriminator(self, polymorphic_on)
        except BaseException:
            registry._unmap(self)  # it can be mapped otherwise
            raise
        registry._add_mapper(self)
        if mapper_events:
            for fn in mapper_listeners(self, "after_mapper_constructed"):
                fn(self, class_)
        if instance_events or attribute_events:
            mapper_made(self)

    def _take_options_of(self, base: Mapper[Any]) -> None:
        """What an inheriting mapper has from its base."""
        self.batch = base.batch
        self.passive_updates = base.passive_updates
        self.passive_deletes = base.passive_deletes or self.passive_deletes
        if self.version_id_col is None:
            self.version_id_col = base.version_id_col
            self.version_id_generator = base.version_id_generator
        elif base.version_id_col is not None and base.version_id_col is not self.version_id_col:
            warn(
                f"Inheriting version_id_col '{self.version_id_col.description}' does not match "
                f"inherited version_id_col '{base.version_id_col.description}' and will not "
                "automatically populate the inherited versioning column. version_id_col should "
                "only be specified on the base-most mapper that includes versioning."
            )
        self.validators = {**base.validators, **self.validators}

    def _make_manager(self, base: Mapper[Any] | None) -> _core.ClassManager:
        """The core's record of the class: with the attributes of the base, and with its
        identity map if both are of one."""
        if base is None:
            return _core.ClassManager(self.class_)
        above = base.class_manager
        manager = _core.ClassManager(
            self.class_,
            above.root if self._identity_class is base._identity_class else None,
            None if self.concrete else above,
        )
        manager.reconstructor = base._reconstructor
        return manager

    # -- making

    def _find_version(self, given: Any) -> Any:
        """The column of `version_id_col`; of a mixin's column, the copy in the table."""
        if isinstance(given, MappedColumn):
            given = given.column
        elif isinstance(given, ColumnProperty):
            given = given.columns[0]
        if isinstance(given, Column) and given.table is None:
            return self.local_table.c.get(given.key, given)
        return given

    def _find_primary_key(self) -> tuple[Any, ...]:
        argument = self._primary_key_argument
        given = [] if argument is None else to_list(argument)
        table = self.persist_selectable
        if given:
            columns = []
            for item in given:
                while not getattr(item, "is_clause_element", False) and hasattr(
                    item, "__clause_element__"
                ):
                    item = item.__clause_element__()
                if isinstance(item, str):
                    item = table.c[item]
                found = table.corresponding_column(item)
                columns.append(item if found is None else found)
            return tuple(columns)
        if self.inherits is not None and not self.concrete:
            own = self.local_table
            if own is not None and own._is_table and not len(own.primary_key):
                warn(
                    "Could not assemble any primary keys for locally mapped table "
                    f"'{own.description}' - no rows will be persisted in this Table."
                )
            return self.inherits.primary_key
        columns = list(table.primary_key)
        if not columns:
            self._miss_primary_key()
        return tuple(columns)

    def _miss_primary_key(self) -> NoReturn:
        table = self.persist_selectable
        raise exc.ArgumentError(
            f"Mapper {self} could not assemble any primary key columns for mapped table "
            f"'{getattr(table, 'description', table)}'"
        )

    def _map_properties(self, properties: dict[str, Any]) -> None:
        """Relationships and expressions first, then what is inherited, then columns in the
        table's order."""
        table = self.persist_selectable
        named: dict[Any, str] = {}
        column_props: dict[Any, ColumnProperty] = {}
        given_columns: dict[str, list[Any]] = {}
        for key, value in properties.items():
            if isinstance(value, SynonymProperty):
                value._check_column(key, table, _columns_of(properties.get(value.name)))
            if isinstance(value, list):
                value = [self._represented(key, column) for column in value]
            elif not isinstance(value, MapperProperty | MappedColumn):
                value = self._represented(key, value)
            columns = _columns_of(value)
            own = [c for c in columns if isinstance(c, Column) and table.c.contains_column(c)]
            if own:
                given_columns[key] = columns
                for column in columns:
                    named[column] = key
                    if isinstance(value, ColumnProperty):
                        column_props[column] = value
            else:
                self._configure_property(key, value, defer=True)
        if self.inherits is not None:
            self._map_inherited(self.inherits, given_columns, column_props)
        for column in table.c:
            given = named.get(column)
            if given is not None:
                prop = column_props.get(column)
                if prop is None:
                    prop = ColumnProperty(*given_columns[given])
                    column_props.update(dict.fromkeys(given_columns[given], prop))
                if self._props.get(given) is not prop:
                    self._configure_property(given, prop)
                continue
            if column in self._columntoproperty:
                continue
            key = self._column_prefix + str(column.key)
            if self._is_left_out(
                column.key, column, key, self.local_table.c.contains_column(column)
            ):
                continue
            for mapper in self.iterate_to_root():
                if mapper is not self and column in mapper._columntoproperty:
                    key = mapper._columntoproperty[column].key
            if isinstance(self._props.get(key), RelationshipProperty):
                raise exc.ArgumentError(
                    f"WARNING: when configuring property {key!r} on {self}, column {column.key!r} "
                    f"conflicts with property '{self._props[key]!r}'. To resolve this, map the "
                    "column to the class under a different name in the 'properties' dictionary.  "
                    "Or, to remove all awareness of the column entirely (including its "
                    "availability as a foreign key), use the 'include_properties' or "
                    "'exclude_properties' mapper arguments to control specifically which table "
                    "columns get mapped."
                )
            self._configure_property(key, self._with_same_named(key, column))
        # Now that the columns have their slots: relationships and expressions.
        for other in list(self._props.values()):
            if other.slot == -1 and other.parent is self:
                other._instrument()

    def _is_left_out(
        self, name: str, column: Any, key: str | None = None, local: bool = True
    ) -> bool:
        if column is not None:
            if column._omit_from_statements:
                return True
            if (
                self._include is not None
                and name not in self._include
                and column not in self._include
            ):
                return True
        elif self._include is not None and name not in self._include:
            return True
        if name in self._exclude or (column is not None and column in self._exclude):
            return True
        # A property or another attribute that the program wrote in its place takes it away.
        key = key if key is not None else name
        if key in self.class_.__dict__.get("__dataclass_fields__", ()):
            return False  # what stands there is the field's default
        for base in (self.class_,) if local else self.class_.__mro__:
            if key in base.__dict__:
                value = base.__dict__[key]
                return value is not None and _is_users_own(value)
        return False

    def _configure_property(self, key: str, value: Any, defer: bool = False) -> MapperProperty:
        """Map one attribute, now or (defer) when all columns are known."""
        if isinstance(value, MappedColumn):
            value = value._property() or value.column
        if not isinstance(value, MapperProperty):
            value = self._property_from_column(key, value)
        prop: MapperProperty = value
        old = self._props.get(key)
        if old is not None and self.inherits is not None and old is self.inherits._props.get(key):
            prop = self._reconcile(key, old, prop)
        already = prop.__dict__.get("parent")
        if already is self and prop.key != key:
            warn(
                f"ORM mapped property {self.class_.__name__}.{prop.key} being assigned to "
                f"attribute {key!r} is already associated with attribute {prop.key!r}. The "
                f"attribute will be de-associated from {prop.key!r}.",
            )
            prop.slot = -1
        prop._set_parent(self, key)
        if old is not None and old is not prop and isinstance(old, RelationshipProperty):
            self._pending_props = [p for p in self._pending_props if p is not old]
        self._props[key] = prop
        if isinstance(prop, ColumnProperty):
            for column in columns_known_by(prop):
                if self._columntoproperty.get(column) in (None, old):
                    self._columntoproperty[column] = prop
        self._note_expressions()
        for below in self._inheriting_mappers:
            below._base_gained(key, prop, old)
        if not defer:
            prop._instrument()
        self._forget()
        if self.configured:
            with CONFIGURE_LOCK:
                prop._configure()
        else:
            self._pending_props.append(prop)
        return prop

    def _note_expressions(self) -> None:
        self._expression_props = tuple(
            other
            for other in self._props.values()
            if isinstance(other, ColumnProperty)
            and other.slot != _UNINSTRUMENTED
            and not isinstance(other.columns[0], Column)
        )

    def _represented(self, key: str, column: Any) -> Any:
        """The mapped table's column for one that is given as it is; other things as they are."""
        if not isinstance(column, ColumnElement):
            return column
        found = self.persist_selectable.corresponding_column(column)
        if found is None:
            raise exc.ArgumentError(
                f"When configuring property {key!r} on {self}, column '{column}' is not "
                "represented in the mapper's table. Use the `column_property()` function to force "
                "this column to be mapped as a read-only attribute."
            )
        return found

    def _property_from_column(self, key: str, value: Any) -> ColumnProperty:
        while not getattr(value, "is_clause_element", False) and hasattr(
            value, "__clause_element__"
        ):
            value = value.__clause_element__()
        if not getattr(value, "_is_column", False) and not hasattr(value, "type"):
            raise exc.ArgumentError(
                f"MapperProperty or Column expected for attribute {key!r} of {self}; got {value!r}"
            )
        return ColumnProperty(value)

    def _set_class_attribute(self, key: str, attribute: Any) -> None:
        type.__setattr__(self.class_, key, attribute)
        if self.configured and "attribute_instrument" in instrumentation_events:
            fire_instrumentation("attribute_instrument", self.class_, key, attribute)

    def add_property(self, key: str, prop: Any) -> None:
        """Map one more attribute."""
        if isinstance(prop, MappedColumn):
            prop = prop._property() or prop.column
        if isinstance(prop, Column) and not isinstance(self.local_table, Table):
            raise exc.InvalidRequestError(
                f"Cannot add a new attribute to mapped class '{self.class_.__name__}' because "
                "it's not mapped against a table."
            )
        if isinstance(prop, Column) and prop.table is not self.local_table:
            if prop.key is None:
                prop.key = key
            if prop.name is None:
                prop.name = key
            self.local_table.append_column(prop)
        elif isinstance(prop, ColumnProperty):
            for column in prop.columns:
                if isinstance(column, Column) and column.table is None:
                    column.key = column.key or key
                    column.name = column.name or key
                    self.local_table.append_column(column)
        self._warn_of_replacing(key, prop)
        self._configure_property(key, prop)

    def _warn_of_replacing(self, key: str, prop: Any) -> None:
        """An attribute is given to the class when it is mapped, where there is one."""
        if isinstance(prop, SynonymProperty):
            return
        if key in self._props:
            what = "ORM-mapped attribute"
        elif self.class_.__dict__.get(key) is not None:
            what = "class-bound attribute of the same name"
        else:
            return
        warn_deprecated(
            f"User-placed attribute {self.class_.__name__}.{key} on {self} is replacing an existing "
            f"{what}.  Behavior is not fully defined in this case.  This use is deprecated and will "
            "raise an error in a future release",
            "2.0",
        )

    def is_sibling(self, other: Mapper[Any]) -> bool:
        """Whether both are of one hierarchy, and neither inherits from the other."""
        return self.common_parent(other) and not self.isa(other) and not other.isa(self)

    def cascade_iterator(
        self, type_: str, state: Any, halt_on: Callable[[Any], bool] | None = None
    ) -> Iterator[tuple[Any, Mapper[Any], Any, Any]]:
        """Objects that a cascade reaches from an object, each once: the object, its mapper, its
        state and its `__dict__`. `halt_on` says of a state whether to leave it out."""
        from .instance import InstanceState
        from .unitofwork import cascade_objects

        for obj in cascade_objects(state.obj(), type_, halt_on):
            reached: InstanceState[Any] = InstanceState(obj)
            yield obj, reached.mapper, reached, reached.dict

    def add_properties(self, dict_of_properties: dict[str, Any]) -> None:
        """Map more attributes."""
        for key, prop in dict_of_properties.items():
            self.add_property(key, prop)

    def _forget(self) -> None:
        """Drop what is computed from the properties."""
        for name in _COMPUTED:
            self.__dict__.pop(name, None)
        info = self.base_mapper.__dict__.get("_flush_info")
        if info is not None:
            info.reset()

    def _referred_by(self, prop: Any) -> None:
        """Note a many-to-one relationship to the class, which a flush has to know of."""
        base = self.base_mapper
        base.__dict__.setdefault("_referring", []).append(prop)
        base._forget()

    def _codec_dialect(self) -> Any:
        return _default_dialect()

    def _set_typed_codecs(self, dialect: Any) -> None:
        """Tell the core what decodes the columns of a database with typed values, where that
        is not what decodes SQLite's."""
        if self._typed_props == len(self._props):
            return
        self._typed_props = len(self._props)
        default = self._codec_dialect()
        for prop in self._props.values():
            if not prop._is_column or prop.slot < 0 or not prop.columns:
                continue
            type_ = prop.columns[0].type
            codec = type_codec(type_, dialect)
            if codec != type_codec(type_, default):
                self.class_manager.set_typed_codec(prop.slot, *codec)

    # -- configuring

    def _check_configure(self) -> None:
        """Configure mappers if some are new."""
        if self.registry._new_mappers:
            self.registry._configure()

    def _post_configure(self) -> None:
        """Finish the properties that are not finished yet."""
        if self.inherits is not None and not self.inherits.configured:
            self.inherits.registry._configure_mapper(self.inherits)
        for prop in self._pending_props:
            if isinstance(prop, ColumnProperty) and not prop._configured:
                prop._configure()
        # The core chooses the kind of its identity map by the type of the key.
        self.class_manager.set_primary_key(self.primary_key_slots)
        done = 0
        # Back references add properties, here and elsewhere, while this runs.
        while done < len(self._pending_props):
            prop = self._pending_props[done]
            done += 1
            if not prop._configured:
                prop._configure()
        self._pending_props.clear()
        self.configured = True
        if "attribute_instrument" in instrumentation_events:
            for key, prop in list(self._props.items()):
                attribute = getattr(self.class_, key, None)
                # A discriminator need not be an attribute.
                if attribute is not None and (prop._is_column or prop._is_relationship):
                    fire_instrumentation("attribute_instrument", self.class_, key, attribute)

    def _run_validator(self, key: str, obj: Any, value: Any, is_remove: bool) -> Any:
        function, options = self.validators[key]
        if is_remove and not options["include_removes"]:
            return value
        if options["include_removes"]:
            return function(obj, key, value, is_remove)
        return function(obj, key, value)

    # -- reading

    @property
    def mapper(self) -> Mapper[_T]:
        """Itself, as for every entity."""
        return self

    @property
    def entity(self) -> type[_T]:
        """The mapped class."""
        return self.class_

    @property
    def mapped_table(self) -> Any:
        """`persist_selectable` by its old name."""
        warn_deprecated("Use .persist_selectable (deprecated since: 1.3)", "1.3")
        return self.persist_selectable

    @property
    def entity_namespace(self) -> type[_T]:
        """Where filter_by() looks names up: the class."""
        return self.class_

    @property
    def c(self) -> ReadOnlyColumnCollection[Any]:
        """Short for `columns`."""
        return self.columns

    @property
    def primary_key_slots(self) -> tuple[int, ...]:
        """Slots of the primary key."""
        return tuple(self._columntoproperty[column].slot for column in self.primary_key)

    def primary_mapper(self) -> Mapper[Any]:
        """The mapper of the class."""
        return self

    @memoized_property
    def _element(self) -> Any:
        return self.selectable._annotate(
            {
                "entity": self,
                "parententity": self,
                "parentmapper": self,
                "entity_namespace": self,
            }
        )

    def __clause_element__(self) -> Any:
        return self._element

    @memoized_property
    def _dml_table(self) -> Any:
        """What INSERT, UPDATE and DELETE of the class are about."""
        if self.local_table is self.selectable:
            return self._element
        return self.local_table._annotate(dict(self._element._annotations))

    # -- objects

    @memoized_property
    def _relations(self) -> tuple[RelationshipProperty, ...]:
        """Those of `relationships`, for who goes through them object by object."""
        return tuple(self.relationships)

    @memoized_property
    def _merge_steps(self) -> tuple[Any, ...]:
        from .merge import steps_of

        return steps_of(self)

    # -- text

    def __str__(self) -> str:
        table = self.local_table
        name = getattr(table, "description", None) or str(table)
        return f"Mapper[{self.class_.__name__}({name})]"

    @property
    def dispatch(self) -> Any:
        """Who listens to the mapper's events, by their names."""
        from .events import ClassDispatch, MapperEvents

        return ClassDispatch(MapperEvents, self.class_)

    @property
    def _instance_dispatch(self) -> Any:
        """The same of events of objects, which the manager gives as `dispatch`."""
        from .events import ClassDispatch, InstanceEvents

        return ClassDispatch(InstanceEvents, self.class_)

    def __repr__(self) -> str:
        return f"<Mapper at {hex(id(self))}; {self.class_.__name__}>"


_COMPUTED = (
    "columns",
    "selectable",
    "_with_polymorphic",
    "_element",
    "_dml_table",
    "_own_columns",
    "_is_union",
    "_equivalent_columns",
    "_single_table_criterion",
    "_acceptable_identities",
    "_loading_props",
    "_merge_steps",
    "_relations",
    "attrs",
    "column_attrs",
    "composites",
    "relationships",
    "synonyms",
    "_made_criteria",
)

_UNINSTRUMENTED = -2
"""Slot of a property that has no attribute on the class."""


def _columns_of(value: Any) -> list[Any]:
    """The columns of what a mapping gives for an attribute."""
    if isinstance(value, ColumnProperty):
        return list(value.columns)
    if isinstance(value, (list, tuple)):
        return list(value)
    return [value]


def _is_users_own(value: Any) -> bool:
    """True for an attribute that the program wrote, and mapping must leave."""
    return not (
        isinstance(value, (_core.Attribute, MappedColumn, MapperProperty, Column))
        or getattr(value, "_is_mapping", False)
    )


def _load_attribute(obj: Any, slot: int, quiet: bool) -> Any:
    """Loader of every mapped class: stands for the loading module until that is needed."""
    from .attribute_loading import load_attribute

    global _load_attribute
    _load_attribute = load_attribute
    _core.manager_of(obj).loader = load_attribute  # type: ignore[union-attr]
    return load_attribute(obj, slot, quiet)


def _all_registries() -> set[Registry]:
    from .decl_api import all_registries

    return set(all_registries())


def _inspect_class(cls: type) -> Mapper[Any] | None:
    manager = cls.__dict__.get("__cormorant_manager__")
    if manager is None and getattr(cls, "_mapped_by_prepare", None) is not None:
        from .decl_deferred import refuse

        refuse(cls)
    return manager.mapper if manager is not None else None


def _inspect_generic(alias: Any) -> Any:
    """``A[int]``: the class that is subscripted."""
    origin = get_origin(alias)
    return _inspect_class(origin) if isinstance(origin, type) else None


inspection._inspects(type)(_inspect_class)
inspection._inspects(type(Mapped[int]))(_inspect_generic)
inspection._self_inspects(Mapper)

__all__ = ["Mapper", "class_mapper", "configure_mappers"]


class _Removed(ModuleType):
    """This module, called as the function of its name, which ``orm.mapper`` was once."""

    def __call__(self, *args: Any, **kw: Any) -> NoReturn:
        raise exc.InvalidRequestError(
            "The 'cormorant.orm.mapper()' function is removed as of SQLAlchemy 2.0.  Use the "
            "'cormorant.orm.registry.map_imperatively()` method of the "
            "``cormorant.orm.registry`` class to perform classical mapping."
        )


this_module = sys.modules[__name__]
this_module.__class__ = _Removed

if TYPE_CHECKING:
    from .decl_api import configure_mappers as configure_mappers
    from .decl_methods import reconstructor as reconstructor
    from .decl_methods import validates as validates
else:
    __getattr__ = late_names(
        __name__,
        {
            ".decl_api": "configure_mappers",
            ".decl_methods": "reconstructor validates",
        },
    )
