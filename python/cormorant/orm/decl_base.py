"""From a class statement to a table and a mapper: scanning declarative classes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, get_origin, overload

from .. import exc
from ..sql import schema
from ..util import to_list, warn
from ..util.subscriptable import Subscriptable
from . import clsregistry, decl_dataclass, decl_typing
from .attributes import InstrumentedAttribute
from .base import DynamicMapped, Mapped, WriteOnlyMapped, class_mapper, manager_of_class
from .decl_attributes import (
    ABSENT,
    annotations_of,
    attributes_of,
    copied_column,
    scan_hooks,
    warn_of_expression,
)
from .decl_types import complete_column, from_annotated
from .interfaces import MapperProperty
from .mapper import CONFIGURE_LOCK, Mapper
from .properties import ColumnProperty, MappedColumn, SynonymProperty
from .relationships import RelationshipProperty

if TYPE_CHECKING:
    from ..sql.typed_operators import SQLCoreOperations
    from .decl_api import registry as Registry

_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True)

_TableArgsType: TypeAlias = tuple[Any, ...] | dict[str, Any]
_RESERVED = ("metadata",)
_SPECIAL = ("__tablename__", "__table_args__", "__mapper_args__", "__table__")


if TYPE_CHECKING:

    class _Declared(Mapped[_T_co]):
        """What type checkers know of a declared_attr: the attribute that it becomes."""

    class _Directive(Generic[_T_co]):
        """A declared_attr whose result is no mapped attribute."""

        def __get__(self, instance: object | None, owner: Any = None) -> _T_co: ...

    _AttributeFunction: TypeAlias = Callable[..., Mapped[_T] | SQLCoreOperations[_T]]

else:

    class _Declared(property, Subscriptable):
        """A property; subscripts are for type checkers."""


class declared_attr(_Declared[_T_co]):
    """A class-level method whose result is mapped; for mixins.

    ``@declared_attr`` is called once for each mapped class that inherits it.
    """

    fget: Callable[[Any], Any]
    _is_mapping = True
    _cascading = False
    _quiet = False

    def __init__(
        self, fn: _AttributeFunction[_T_co], cascading: bool = False, quiet: bool = False
    ) -> None:
        if isinstance(fn, classmethod):
            fn = fn.__func__
        super().__init__(fn)  # type: ignore[call-arg]
        self._cascading = cascading
        self._quiet = quiet
        self.__doc__ = fn.__doc__

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> InstrumentedAttribute[_T_co]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> _T_co: ...
        def __get__(self, instance: object | None, owner: Any = None) -> Any: ...

    else:

        def __get__(self, instance: Any, owner: Any = None) -> Any:
            if owner is None:
                owner = type(instance)
            scan = _SCANS.get(owner)
            if scan is not None:
                if self not in scan:
                    scan[self] = self.fget(owner)
                return scan[self]
            name = self.fget.__name__
            if not self._quiet and not name.startswith("__") and manager_of_class(owner) is None:
                warn(
                    f"Unmanaged access of declarative attribute {name} from non-mapped class "
                    f"{owner.__name__}"
                )
            return self.fget(owner)

    @classmethod
    def directive(cls, fn: Callable[..., _T]) -> _Directive[_T]:
        """For ``__tablename__`` and other things that are not mapped attributes."""
        return cls(fn, quiet=True)  # type: ignore[arg-type,return-value]

    @classmethod
    def cascading(cls, fn: _AttributeFunction[_T]) -> declared_attr[_T]:
        """Evaluated again for each subclass in a hierarchy."""
        return cls(fn, cascading=True)  # type: ignore[arg-type,return-value]


_SCANS: dict[type, dict[declared_attr[Any], Any]] = {}
"""Results of declared_attr while a class is being scanned."""


class Scan:
    """Collects what a declarative class says, then makes its table and mapper."""

    def __init__(self, registry: Registry, cls: type, table: Any = None) -> None:
        self.registry = registry
        self.cls = cls
        self.properties: dict[str, Any] = {}
        self.columns: list[tuple[int, Any]] = []
        self.explicit_table = table
        self.inherits: Mapper[Any] | None = None
        #: columns of the inherited table that this class maps as well
        self.existing: set[Any] = set()
        self.declare_first: Callable[[], None] | None = None
        self.declare_last: Callable[[], None] | None = None
        self.tablename: str | None = None
        self.table_args: Any = None
        self.mapper_args: dict[str, Any] = {}
        self.validators: dict[str, Any] = {}
        self.reconstructor: Callable[[Any], None] | None = None
        self.allow_unmapped = bool(getattr(cls, "__allow_unmapped__", False))
        self.is_dataclass = False
        self._seen: set[str] = set()
        #: name of a column -> the attributes that are of it
        self._by_column: dict[str, set[str]] = {}
        #: columns of mixins, by id: the attribute, and the column, whose id stays its own
        self._copied: dict[int, tuple[str, Any]] = {}
        self._lent: dict[int, Any] = {}
        self.table: Any = None

    def map(self) -> Mapper[Any] | None:
        """Do it. Until it is done no thread configures mappers: relationships of others find
        the class by its name."""
        with CONFIGURE_LOCK:
            return self._map()

    def _map(self) -> Mapper[Any] | None:
        cls = self.cls
        self.inherits = self._find_base()
        clsregistry.add_class(cls.__name__, cls, self.registry._class_registry, self.registry._keep)
        _SCANS[cls] = {}
        try:
            self._read_class()
        finally:
            del _SCANS[cls]
        if self.declare_first is not None:
            self.registry._declare_first.append(self.declare_first)
        if self.declare_last is not None:
            self.registry._declare_last.append(self.declare_last)
        if cls.__dict__.get("__no_table__", _inherited_no_table(cls)) and self._has_no_table():
            self.registry._deferred[cls] = self
            self.registry._new_mappers = True
            return None
        if getattr(cls, "_mapped_by_prepare", None) is not None:
            if self.tablename is not None or self.explicit_table is not None:
                self.table = self._make_table()
            self.registry._unprepared[cls] = self
            return None
        return self._make_mapper(self._make_table())

    def _read_class(self) -> None:
        """Make the class a dataclass if it is to be one, and read it."""
        cls = self.cls
        if decl_dataclass.is_wanted(cls):
            self.is_dataclass = self.allow_unmapped = True
            with decl_dataclass.with_columns(cls, self._is_entity) as self._lent:
                decl_dataclass.make(cls, annotations_of(cls))
            if getattr(cls, decl_dataclass.ARGUMENTS).get("init") is False:
                decl_dataclass.give_constructor(cls, self.registry.constructor)
        elif "__dataclass_fields__" in cls.__dict__ or decl_dataclass.metadata_key(cls) is not None:
            self.is_dataclass = self.allow_unmapped = True
            decl_dataclass.from_metadata(cls)
        self._scan()

    def finish(self) -> Mapper[Any]:
        """Map a class that has waited for its table."""
        self.inherits = self._find_base()
        table = self.table
        if table is None:
            table = self._make_table()
        self.registry._unprepared.pop(self.cls, None)
        return self._make_mapper(table)

    def has_attribute(self, name: str) -> bool:
        """Whether the class says itself what an attribute is."""
        return name in self.properties or any(column.key == name for _, column in self.columns)

    def _is_entity(self, base: type) -> bool:
        """Whether a base is mapped, or will be."""
        return manager_of_class(base) is not None or base in self.registry._unprepared

    def _has_no_table(self) -> bool:
        return self.tablename is None and self.explicit_table is None and self.inherits is None

    def _find_base(self) -> Mapper[Any] | None:
        """The mapper of the mapped class that this one derives from."""
        found: list[type] = []
        for base in self.cls.__bases__:
            mapped = _nearest_mapped(base)
            if mapped is not None and mapped not in found:
                found.append(mapped)
        if len(found) > 1:
            raise exc.InvalidRequestError(f"Class {self.cls} has multiple mapped bases: {found!r}")
        return class_mapper(found[0], configure=False) if found else None

    # -- reading the class

    def _scan(self) -> None:
        cls = self.cls
        if self.explicit_table is None:
            self.explicit_table = self._special_value("__table__")
        for base in cls.__mro__:
            if base is object or base.__module__ == "cormorant._core":
                continue
            local = base is cls
            mapped = not local and self._is_entity(base)
            self._scan_hooks(base)
            attributes = attributes_of(base)
            if not local and not mapped:
                attributes = self._copy_columns(base, attributes)
            for name, value, annotation in attributes:
                if name in _SPECIAL or (name.startswith("__") and name.endswith("__")):
                    continue
                if local:
                    self._local(name, value, annotation)
                elif mapped:
                    self._of_mapped_base(base, name, value)
                elif name not in self._seen:
                    self._inherited(base, name, value, annotation)
                elif isinstance(value, declared_attr) and value._cascading:
                    self._cascading(name, value)
                self._seen.add(name)
        self._warn_of_repeated()
        self._resolve_specials()

    def _copy_columns(self, base: type, attributes: Iterable[Any]) -> list[Any]:
        """Columns of a mixin are copied before anything else of it, which may use them as
        attributes of the class; gives the other attributes."""
        others = []
        for name, value, annotation in attributes:
            if (
                isinstance(value, (schema.Column, MappedColumn))
                or (value is ABSENT and annotation is not None)
            ) and not (name in _SPECIAL or (name.startswith("__") and name.endswith("__"))):
                if name not in self._seen:
                    self._seen.add(name)
                    if self.explicit_table is not None and name in self.explicit_table.c:
                        continue
                    if value is not ABSENT:
                        self._copied[id(value)] = (name, value)
                        lent = self._lent.get(id(value))
                        value = copied_column(value) if lent is None else lent
                    self._add(name, value, annotation, owner=base, copied=True)
            else:
                others.append((name, value, annotation))
        return others

    def _of_mapped_base(self, base: type, name: str, value: Any) -> None:
        """What a mapped class declares is its own; subclasses share the attributes."""
        if isinstance(value, declared_attr) and not value._quiet:
            warn(
                f"Regular (i.e. not __special__) attribute '{base.__name__}.{name}' uses "
                f"@declared_attr, but owning class {base} is mapped - not applying to subclass "
                f"{self.cls}."
            )

    def _cascading(self, name: str, value: declared_attr[Any]) -> None:
        """``declared_attr.cascading`` is evaluated for each class of a hierarchy."""
        if name in self.cls.__dict__:
            if not isinstance(self.cls.__dict__[name], declared_attr):
                warn(
                    f"Attribute '{name}' on class {self.cls} cannot be processed due to "
                    "@declared_attr.cascading; skipping"
                )
            return
        found = value.__get__(None, self.cls)
        self._add(name, found, returned_annotation(value), copied=True)

    def _resolve_specials(self) -> None:
        for base in self.cls.__mro__:
            named = base.__dict__.get("__tablename__")
            if isinstance(named, declared_attr) and named._cascading:
                warn(
                    "@declared_attr.cascading is not supported on the __tablename__ attribute on "
                    f"class {self.cls}.  This attribute invokes for subclasses in any case."
                )
                break
        self.tablename = self._special_value("__tablename__")
        self.declare_first = self._special_value("__declare_first__")
        self.declare_last = self._special_value("__declare_last__")
        table_args = self._special_value("__table_args__")
        if table_args is not None and not isinstance(table_args, (tuple, dict)):
            raise exc.ArgumentError("__table_args__ value must be a tuple, dict, or None")
        if table_args is not None and self.tablename is None:
            # of a base, which says it of tables of its subclasses
            table_args = table_args if "__table_args__" in self.cls.__dict__ else None
        self.table_args = table_args
        self.mapper_args = dict(self._special_value("__mapper_args__") or {})

    def _special_value(self, name: str) -> Any:
        """A name that configures the mapping: what stands on a mapped base is not meant for
        this class, unless it is a function of the class."""
        _SCANS.setdefault(self.cls, {})
        if any(self._is_entity(base) for base in self.cls.__mro__[1:]):
            for base in self.cls.__mro__:
                if name in base.__dict__ and (
                    base is self.cls
                    or not self._is_entity(base)
                    or isinstance(base.__dict__[name], declared_attr)
                ):
                    break
            else:
                return None
        return getattr(self.cls, name, None)

    def _scan_hooks(self, base: type) -> None:
        """Methods marked by @validates and @reconstructor."""
        found = scan_hooks(base, self.validators, self._mapper_name)
        if self.reconstructor is None:
            self.reconstructor = found

    def _mapper_name(self) -> str:
        return f"Mapper[{self.cls.__name__}({self._special_value('__tablename__')})]"

    def _local(self, name: str, value: Any, annotation: Any) -> None:
        if name in _RESERVED and (
            isinstance(value, (schema.Column, MappedColumn, MapperProperty))
            or annotation is not None
        ):
            raise exc.InvalidRequestError(
                f"Attribute name '{name}' is reserved when using the Declarative API."
            )
        if isinstance(value, declared_attr):
            if value._cascading:
                warn(
                    "Use of @declared_attr.cascading only applies to Declarative 'mixin' and "
                    "'abstract' classes.  Currently, this flag is ignored on mapped class "
                    f"{self.cls}"
                )
            # What it is annotated with counts in mixins only.
            self._add(name, getattr(self.cls, name), None, copied=True)
            return
        if isinstance(value, tuple) and len(value) == 1 and _is_mapped(value[0]):
            warn(
                f"Ignoring declarative-like tuple value of attribute '{name}': possibly a "
                "copy-and-paste error with a comma accidentally placed at the end of the line?",
            )
            return
        self._add(name, value, annotation)

    def _inherited(self, base: type, name: str, value: Any, annotation: Any) -> None:
        """An attribute of a mixin or abstract base."""
        if isinstance(value, declared_attr):
            found = getattr(self.cls, name)
            if isinstance(found, (schema.Column, MapperProperty)) and found.doc is None:
                found.doc = value.__doc__
            self._add(name, found, returned_annotation(value), copied=True)
        elif isinstance(value, ColumnProperty) and all(
            isinstance(c, schema.Column) and c.table is None for c in value.columns
        ):
            new = value._copy()
            new.columns = [column._copy() for column in value.columns]
            self._add(name, new, annotation, owner=base, copied=True)
        elif isinstance(value, MapperProperty):
            raise exc.InvalidRequestError(
                "Mapper properties (i.e. deferred,column_property(), relationship(), etc.) must "
                "be declared as @declared_attr callables on declarative mixin classes.  For "
                "dataclass field() objects, use a lambda:"
            )
        elif _is_expression(value) and not isinstance(value, type):
            warn_of_expression(name, base)

    def _add(
        self,
        name: str,
        value: Any,
        annotation: Any,
        owner: type | None = None,
        copied: bool = False,
    ) -> None:
        cls = self.cls
        found = None
        if annotation is not None:
            if decl_typing.is_class_var(annotation, owner or cls):
                return
            found = self._read_annotation(name, value, annotation, owner or cls)
        if value is ABSENT:
            if found is None or self.explicit_table is not None:
                return
            value = from_annotated(found) or MappedColumn()
        if owner is not None and isinstance(value, (schema.Column, MappedColumn)):
            type.__setattr__(cls, name, value)
        if not self.is_dataclass:
            decl_dataclass.refuse_options(cls, name, value)
        if isinstance(value, InstrumentedAttribute):
            if value._prop.key != name:
                value = SynonymProperty(value._prop.key)
            elif value._prop._is_column:
                value = value._prop.columns[0]
        if isinstance(value, MappedColumn):
            self._add_mapped_column(name, value, found, annotation)
        elif isinstance(value, schema.Column):
            self._add_column(name, value)
        elif isinstance(value, MapperProperty):
            self._add_property(name, value, found)
        elif _is_expression(value) and not isinstance(value, type):
            warn_of_expression(name, cls)
        elif copied:
            # what a declared_attr gives that is not mapped: association proxies and the like
            type.__setattr__(cls, name, value)

    def _read_annotation(
        self, name: str, value: Any, annotation: Any, cls: type
    ) -> decl_typing.Annotation | None:
        found = decl_typing.read(annotation, cls)
        if found is not None:
            return found
        if self.allow_unmapped or isinstance(value, schema.Column):
            return None
        if (value is not ABSENT and not _is_mapped(value)) or self._has_table_attribute(name):
            return None
        raise exc.MappedAnnotationError(
            f'Type annotation for "{self.cls.__name__}.{name}" can\'t be correctly interpreted '
            "for Annotated Declarative Table form.  ORM annotations should normally make use of "
            "the ``Mapped[]`` generic type, or other ORM-compatible generic type, as a container "
            "for the actual type, which indicates the intent that the attribute is mapped. Class "
            "variables that are not intended to be mapped by the ORM should use ClassVar[].  To "
            "allow Annotated Declarative to disregard legacy annotations which don't use "
            'Mapped[] to pass, set "__allow_unmapped__ = True" on the class or a superclass this '
            "class.",
            code="zlpr",
        )

    def _has_table_attribute(self, name: str) -> bool:
        return name in ("metadata", "registry", "type_annotation_map")

    def _add_mapped_column(
        self, name: str, value: MappedColumn[Any], found: Any, annotation: Any
    ) -> None:
        column = value.column
        if (
            value.use_existing_column
            and self.inherits is not None
            and self._special_value("__tablename__") is None
        ):
            known = self.inherits.local_table.c.get(column.name if column.name else name)
            if known is not None:
                if value.deferred or value.deferred_group or value.active_history:
                    value.column = known
                    self.properties[name] = value._property() or known
                else:
                    self.properties[name] = known
                self.existing.add(known)
                return
        if found is not None and found.container is not None:
            value = complete_column(self.registry, value, found, name, self.cls, annotation)
            column = value.column
        elif not value._type_given and not column.foreign_keys:
            raise exc.ArgumentError(
                f'Python typing annotation is required for attribute "{self.cls.__name__}.{name}" '
                'when primary argument(s) for "MappedColumn" construct are None or not present'
            )
        prop = value._property()
        self._add_column(name, column, prop, value.sort_order)

    def _add_column(
        self, name: str, column: Any, prop: ColumnProperty | None = None, order: int | None = None
    ) -> None:
        if column.key is None:
            column.key = name
        if column.name is None:
            column.name = name
        if column.table is None:
            self.columns.append((order or 0, column))
        if prop is not None or column.key != name or column.table is not None:
            self.properties[name] = prop if prop is not None else column
        elif column.name != name:
            self.properties[name] = column
        if column.table is None:
            self._by_column.setdefault(column.name, set()).add(name)

    def _warn_of_repeated(self) -> None:
        """Columns that several attributes name, of which one will be mapped."""
        for column, names in self._by_column.items():
            if len(names) > 1:
                warn(
                    f"On class '{self.cls.__name__}', Column object '{column}' named directly "
                    f"multiple times, only one will be used: {', '.join(sorted(names))}. Consider "
                    "using orm.synonym instead"
                )

    def _add_property(self, name: str, value: MapperProperty, found: Any) -> None:
        if isinstance(value, ColumnProperty):
            columns = []
            for column in value.columns:
                if isinstance(column, MappedColumn):
                    column = column.column  # of which annotations say nothing
                columns.append(column)
                if isinstance(column, schema.Column) and column.table is None:
                    self._add_column(name, column, value)
            value.columns = columns
            self.properties[name] = value
            return
        if isinstance(value, RelationshipProperty):
            self._complete_relationship(name, value, found)
        elif value._is_composite:
            value._declare(self, name, found)
        self.properties[name] = value

    def _complete_relationship(self, name: str, value: RelationshipProperty, found: Any) -> None:
        if found is None or found.raw is None:
            if value.argument is None:
                raise exc.ArgumentError(
                    "Python typing annotation is required for attribute "
                    f'"{self.cls.__name__}.{name}" when primary argument(s) for "Relationship" '
                    "construct are None or not present"
                )
            return
        target, collection, uselist = decl_typing.relationship_target(found, name, self.cls)
        if value.argument is None:
            value.argument = self._as_named_here(target)
        if value.uselist is None:
            value.uselist = uselist
        if value.collection_class is None and collection is not None:
            value.collection_class = collection
        if issubclass(found.container, WriteOnlyMapped):
            value.lazy = "write_only"
        elif issubclass(found.container, DynamicMapped):
            value.lazy = "dynamic"

    def _as_named_here(self, target: Any) -> Any:
        """The class that an annotation means: by its name one of this registry comes before
        another's, which stands in the module until this one's is made, as when a notebook runs
        a cell of classes again."""
        if not isinstance(target, type) or target is self.cls:
            return target
        mapper = target.__dict__.get("__mapper__")
        if mapper is not None and mapper.registry is self.registry:
            return target
        classes = self.registry._class_registry

        def find() -> Any:
            found = classes.get(target.__name__)
            return target if found is None else target.__name__

        return find

    # -- making

    def _make_table(self) -> Any:
        cls = self.cls
        if self.explicit_table is not None:
            table = self.explicit_table
            for _, column in self.columns:
                if not table.c.contains_column(column):
                    raise exc.ArgumentError(
                        f"Can't add additional column {column.key!r} when specifying __table__"
                    )
            type.__setattr__(cls, "__table__", table)
            return table
        if self.tablename is None and self.inherits is not None:
            return self._share_table(self.inherits)
        if self.tablename is None:
            raise exc.InvalidRequestError(
                f"Class {cls!r} does not have a __table__ or __tablename__ specified and does not "
                "inherit from an existing table-mapped class."
            )
        positional: tuple[Any, ...] = ()
        keywords: dict[str, Any] = {}
        if isinstance(self.table_args, dict):
            keywords = dict(self.table_args)
        elif self.table_args:
            positional = self.table_args
            if isinstance(positional[-1], dict):
                keywords = dict(positional[-1])
                positional = positional[:-1]
        columns = [column for _, column in sorted(self.columns, key=lambda item: item[0])]
        if keywords.pop("autoload", False):
            keywords.setdefault("autoload_with", None)
        source = getattr(cls, "__autoload_with__", None)
        if source is not None:
            keywords["autoload_with"] = source
        metadata = getattr(cls, "metadata", None)
        if metadata is None:
            metadata = self.registry.metadata
        make = getattr(cls, "__table_cls__", schema.Table)
        table = make(self.tablename, metadata, *columns, *positional, **keywords)
        if table is None and self.inherits is not None:
            return self._share_table(self.inherits)
        type.__setattr__(cls, "__table__", table)
        return table

    def _share_table(self, base: Mapper[Any]) -> None:
        """Single table inheritance: columns declared here are added to the base's table."""
        if self.table_args:
            raise exc.ArgumentError(
                "Can't place __table_args__ on an inherited class with no table."
            )
        table = base.local_table
        columns = [column for _, column in sorted(self.columns, key=lambda item: item[0])]
        if columns and not isinstance(table, schema.Table):
            raise exc.ArgumentError(
                f"Can't declare columns on single-table-inherited subclass {self.cls}; superclass "
                f"{base.class_} is not mapped to a Table"
            )
        for column in columns:
            existing = table.c.get(column.name)
            if existing is column:
                continue
            if existing is not None and existing._insert_sentinel and column._insert_sentinel:
                continue  # it is no attribute of the base, so that a mixin's comes again
            if existing is not None:
                raise exc.ArgumentError(
                    f"Column '{column}' on class {self.cls.__name__} conflicts with existing "
                    f"column '{existing}'.  If using Declarative, consider using the "
                    "use_existing_column parameter of mapped_column() to resolve conflicts."
                )
            if column.primary_key:
                raise exc.ArgumentError(
                    "Can't place primary key columns on an inherited class with no table."
                )
            table.append_column(column)
            for mapper in base.iterate_to_root():
                selectable = mapper.persist_selectable
                if selectable is not table and selectable.is_derived_from(table):
                    selectable._refresh_for_new_column(column)
        return None

    def _inheritance(self, arguments: dict[str, Any], properties: dict[str, Any]) -> None:
        """Mapper arguments that follow from the base."""
        base = self.inherits
        assert base is not None
        arguments.setdefault("inherits", base)
        if arguments.get("concrete"):
            return
        table = base.local_table
        if "exclude_properties" not in arguments and "include_properties" not in arguments:
            # Columns of siblings in the same table.
            left_out = {c.key for c in table.c if c not in base._columntoproperty}
            left_out |= base._exclude
            left_out -= {column.key for _, column in self.columns}
            left_out -= {column.key for column in self.existing}
            arguments["exclude_properties"] = left_out

    def _own_column(self, given: Any) -> Any:
        """The column that an argument of the mapper names: of a mixin, which the class has a copy
        of, as the copy."""
        name = None
        if isinstance(given, declared_attr):
            name = given.fget.__name__
        elif id(given) in self._copied:
            name = self._copied[id(given)][0]
        if name is not None:
            given = self.properties.get(name)
            if given is None:
                given = next((c for _, c in self.columns if c.key == name), None)
        if isinstance(given, ColumnProperty):
            given = given.columns[0]
        return given.column if isinstance(given, MappedColumn) else given

    def _named_column(self, name: str, table: Any) -> Any:
        """The column of the attribute that `primary_key` names."""
        found = self.properties.get(name)
        if found is None:
            columns = [column for _, column in self.columns] or table.c
            found = next((column for column in columns if column.key == name), None)
        if found is None:
            raise exc.ArgumentError(
                f"Can't determine primary_key column '{name}' - no attribute is mapped to this name."
            )
        if isinstance(found, ColumnProperty) and len(found.columns) == 1:
            found = found.columns[0]
        if not isinstance(found, schema.Column):
            raise exc.ArgumentError(
                f"Can't determine primary_key column '{name}'; property does not refer to a single "
                "mapped Column"
            )
        return found

    def _make_mapper(self, table: Any) -> Mapper[Any]:
        arguments = dict(self.mapper_args)
        properties = dict(self.properties)
        properties.update(arguments.pop("properties", None) or {})
        if self.inherits is not None:
            self._inheritance(arguments, properties)
        for name in ("version_id_col", "polymorphic_on"):
            column = arguments.get(name)
            if isinstance(column, str):
                if name == "version_id_col":
                    arguments[name] = properties.get(
                        column, None if table is None else table.c.get(column)
                    )
                continue
            if name in arguments:
                arguments[name] = self._own_column(column)
        primary_key = arguments.pop("primary_key", None)
        if primary_key is not None:
            primary_key = [
                self._named_column(item, table) if isinstance(item, str) else self._own_column(item)
                for item in to_list(primary_key)
            ]
        make = getattr(self.cls, "__mapper_cls__", Mapper)
        return make(
            self.cls,
            table,
            properties=properties,
            primary_key=primary_key,
            registry=self.registry,
            validators={name: entry[:2] for name, entry in self.validators.items()},
            reconstructor=self.reconstructor,
            **arguments,
        )


def _inherited_no_table(cls: type) -> bool:
    """``__no_table__`` of a direct base that is not mapped: AbstractConcreteBase."""
    return any(base.__dict__.get("__no_table__", False) for base in cls.__bases__)


def _nearest_mapped(cls: type) -> type | None:
    """The first mapped class among a class and what it derives from."""
    for base in cls.__mro__:
        if manager_of_class(base) is not None:
            return base
    return None


def returned_annotation(value: declared_attr[Any]) -> Any:
    annotation = value.fget.__annotations__.get("return")
    if annotation is None:
        return None
    text = annotation if isinstance(annotation, str) else ""
    if isinstance(annotation, str) and "Mapped" not in text:
        return None
    if not isinstance(annotation, str):
        origin = get_origin(annotation)
        if not (isinstance(origin, type) and issubclass(origin, Mapped)):
            return None
    return annotation


def _is_mapped(value: Any) -> bool:
    return isinstance(value, (schema.Column, MapperProperty, MappedColumn))


def _is_expression(value: Any) -> bool:
    return getattr(value, "is_clause_element", False) and hasattr(value, "type")


def set_class_attribute(cls: type, name: str, value: Any) -> None:
    """``User.posts = relationship(…)``: an assignment to a mapped class."""
    mapper = cls.__dict__.get("__mapper__")
    if mapper is None or not isinstance(mapper, Mapper):
        type.__setattr__(cls, name, value)
        return
    if isinstance(value, MappedColumn) and not value._type_given:
        value._type_given = True
    if isinstance(value, (schema.Column, MappedColumn, MapperProperty)):
        if isinstance(value, RelationshipProperty) and value.argument is None:
            raise exc.ArgumentError(
                f'Python typing annotation is required for attribute "{cls.__name__}.{name}" when '
                'primary argument(s) for "Relationship" construct are None or not present'
            )
        mapper.add_property(name, value)
    elif isinstance(value, InstrumentedAttribute) and value._prop.key != name:
        mapper.add_property(name, SynonymProperty(value._prop.key))
    else:
        type.__setattr__(cls, name, value)


def delete_class_attribute(cls: type, name: str) -> None:
    """``del User.posts``: mapped attributes stay."""
    mapper = cls.__dict__.get("__mapper__")
    if isinstance(mapper, Mapper) and name in mapper._props:
        raise NotImplementedError("Can't un-map individual mapped attributes on a mapped class.")
    type.__delattr__(cls, name)
