"""Declarative bases, and the registry of the classes mapped through one of them."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, dataclass_transform

from .. import _core, exc
from ..sql.schema import MetaData
from ..sql.type_api import TypeEngine
from . import boxed, clsregistry, decl_base, decl_dataclass, decl_types, decl_typing
from .attribute_functions import (
    column_property,
    composite,
    deferred,
    mapped_column,
    relationship,
    synonym,
)
from .base import EXT_SKIP
from .boxed import declarative_constructor
from .decl_attributes import annotations_of, scan_hooks
from .decl_base import declared_attr
from .decl_methods import synonym_for as synonym_for
from .listening import (
    fire_instrumentation,
    instrumentation_events,
    mapper_events,
    mapper_listeners,
)
from .mapper import CONFIGURE_LOCK, Mapper
from .properties import MappedColumn, Synonym
from .relationships import RelationshipProperty

if TYPE_CHECKING:
    from types import FrameType

    from ..sql.fromclause import FromClause
    from ..sql.schema import Table

_T = TypeVar("_T")

_registries: weakref.WeakSet[registry] = weakref.WeakSet()


def clear_mappers() -> None:
    """Unmap all classes. For tests of mappings."""
    for found in all_registries():
        found._dispose()


def all_registries() -> list[registry]:
    """Every registry that exists."""
    return list(_registries)


def configure_mappers() -> None:
    """Finish all mappers of all registries."""
    _configure(_registries)


def _configure(registries: Iterable[registry]) -> None:
    registries = list(registries)
    if not any(registry._new_mappers for registry in registries):
        return
    with CONFIGURE_LOCK:
        if any(registry._configuring for registry in registries):
            return
        _fire_configured("before_configured")
        for registry in registries:
            if registry._new_mappers and not registry._configuring:
                registry._configure_mappers()
    for registry in all_registries():
        if registry._declare_last_due:
            registry._declare_last_due = False
            for hook in registry._declare_last:
                hook()
    _fire_configured("after_configured")


def _fire_configured(name: str) -> None:
    """Call the listeners of `Mapper`, the class, for an event of all mappers."""
    if name in mapper_events:
        from .events import MapperEvents

        for fn in MapperEvents._of(Mapper, name):
            fn()


class registry:
    """The mapped classes of one declarative base: names, mappers and table metadata."""

    def __init__(
        self,
        *,
        metadata: MetaData | None = None,
        class_registry: MutableMapping[str, Any] | None = None,
        type_annotation_map: Mapping[Any, Any] | None = None,
        constructor: Callable[..., None] | None = declarative_constructor,
    ) -> None:
        self.metadata = metadata if metadata is not None else MetaData()
        self._class_registry: MutableMapping[str, Any] = (
            class_registry if class_registry is not None else weakref.WeakValueDictionary()
        )
        self.type_annotation_map: dict[Any, Any] = {}
        if type_annotation_map is not None:
            self.update_type_annotation_map(type_annotation_map)
        self.constructor: Callable[..., None] = constructor  # type: ignore[assignment]
        self._keep: list[Any] = []
        self._mappers: weakref.WeakKeyDictionary[Mapper[Any], None] = weakref.WeakKeyDictionary()
        self._new_mappers = False
        self._configuring = False
        # Functions of classes that run before mappers are configured, and after that.
        self._declare_first: list[Callable[[], None]] = []
        self._declare_last: list[Callable[[], None]] = []
        self._declare_last_due = False
        # Classes that are mapped when all their subclasses are known.
        self._deferred: dict[type, decl_base.Scan] = {}
        # Classes that are mapped when their base is prepared.
        self._unprepared: dict[type, decl_base.Scan] = {}
        #: those that are configured with this one, as their classes are related
        self._dependencies: set[registry] = set()
        #: those that relationships of this one's classes lead to, and from which they lead here
        self._needs: set[registry] = set()
        self._dependents: set[registry] = set()
        # Column -> relationships that write it and from which column: to find conflicts.
        self._column_writers: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
        _registries.add(self)

    def update_type_annotation_map(self, type_annotation_map: Mapping[Any, Any]) -> None:
        """More Python types, and the column types they stand for."""
        self.type_annotation_map.update(
            (decl_typing.without_none(type_), value) for type_, value in type_annotation_map.items()
        )

    @property
    def mappers(self) -> frozenset[Mapper[Any]]:
        """The mappers of this registry."""
        return frozenset(self._mappers)

    # -- mapping classes

    def map_declaratively(self, cls: type[Any]) -> Mapper[Any]:
        """Map a class by what stands in it."""
        mapper = decl_base.Scan(self, cls).map()
        return mapper  # type: ignore[return-value]  # None: it is mapped later

    def mapped(self, cls: type[_T]) -> type[_T]:
        """Class decorator: map a class by what stands in it."""
        cls = _as_entity(cls, sys._getframe(1))
        self.map_declaratively(cls)
        return cls

    @dataclass_transform(
        field_specifiers=(
            MappedColumn, RelationshipProperty, Synonym, mapped_column, relationship, synonym,
            column_property, deferred, composite,
        )
    )  # fmt: skip
    def mapped_as_dataclass(
        self,
        cls: type[_T] | None = None,
        /,
        *,
        init: bool | None = None,
        repr: bool | None = None,
        eq: bool | None = None,
        order: bool | None = None,
        unsafe_hash: bool | None = None,
        match_args: bool | None = None,
        kw_only: bool | None = None,
        dataclass_callable: Any = None,
    ) -> Any:
        """Class decorator: make a class a dataclass and map it.

        Arguments are those of `dataclasses.dataclass`.
        """
        arguments = {
            "init": init,
            "repr": repr,
            "eq": eq,
            "order": order,
            "unsafe_hash": unsafe_hash,
            "match_args": match_args,
            "kw_only": kw_only,
            "dataclass_callable": dataclass_callable,
        }

        def decorate(cls: type[_T], frame: FrameType | None = None) -> type[_T]:
            decl_dataclass.refuse_second(cls)
            made: type[_T] = _as_entity(cls, frame or sys._getframe(1))
            decl_dataclass.arguments_for(made, arguments)
            self.map_declaratively(made)
            return made

        if cls is None:
            return decorate
        return decorate(cls, sys._getframe(1))

    def map_imperatively(
        self, class_: type[_T], local_table: Table | None = None, **kw: Any
    ) -> Mapper[_T]:
        """Map a class by a table and properties given here."""
        if isinstance(class_.__dict__.get("__mapper__"), Mapper):
            raise exc.ArgumentError(f"Class '{class_}' already has a primary mapper defined. ")
        properties = kw.pop("properties", None)
        primary_key = kw.pop("primary_key", None)
        if local_table is not None:
            if not getattr(local_table, "_is_from_clause", False) or isinstance(local_table, type):
                raise exc.ArgumentError(
                    "FROM expression, such as a Table or alias() object expected for argument "
                    f"'local_table'; got {local_table!r}."
                )
            type.__setattr__(class_, "__table__", local_table)
        elif kw.get("inherits") is None:
            raise exc.ArgumentError(
                f"Mapper[{class_.__name__}(None)] has None for a primary table argument and does "
                "not specify 'inherits'"
            )
        hooks: dict[str, Any] = {}
        reconstructor = None
        for base in class_.__mro__:
            found = scan_hooks(base, hooks, lambda: f"Mapper[{class_.__name__}({local_table})]")
            reconstructor = reconstructor or found
        kw.setdefault("validators", {name: entry[:2] for name, entry in hooks.items()})
        mapper = Mapper(
            class_,
            local_table,
            properties,
            primary_key,
            registry=self,
            reconstructor=reconstructor,
            **kw,
        )
        clsregistry.add_class(class_.__name__, class_, self._class_registry, self._keep)
        return mapper

    def generate_base(
        self,
        mapper: Any = None,
        cls: Any = object,
        name: str = "Base",
        metaclass: Any = None,
    ) -> Any:
        """A declarative base class of this registry."""
        bases = cls if isinstance(cls, tuple) else (cls,)
        bases = tuple(base for base in bases if base is not object)
        metaclass = metaclass or DeclarativeMeta
        if not issubclass(metaclass, DeclarativeAttributeIntercept):
            bases = boxed.with_entity(bases, {})  # nobody else will see to it
        namespace: dict[str, Any] = {"registry": self, "metadata": self.metadata}
        if isinstance(cls, type):
            namespace["__doc__"] = cls.__doc__
        if self.constructor is not None:
            namespace["__init__"] = self.constructor
        if mapper is not None:
            namespace["__mapper_cls__"] = mapper
        if hasattr(cls, "__class_getitem__"):  # of Generic, whose parameters the base has not
            namespace["__class_getitem__"] = classmethod(lambda made, key: made)
        namespace["__abstract__"] = True
        namespace["__module__"] = __name__
        return metaclass(name, bases, namespace)

    def as_declarative_base(self, **kw: Any) -> Callable[[type], Any]:
        """Class decorator: a base made from the decorated class."""

        def decorate(cls: type) -> Any:
            return self.generate_base(cls=cls, name=cls.__name__, **kw)

        return decorate

    def _set_depends_on(self, other: registry) -> None:
        """Relationships lead from here to the classes of another registry."""
        self._dependencies.add(other)
        other._dependencies.add(self)
        self._needs.add(other)
        other._dependents.add(self)

    def dispose(self, cascade: bool = False) -> None:
        """Unmap every class of this registry; with `cascade` those, too, of the registries whose
        relationships lead here.

        Raises exc.InvalidRequestError if there are such registries, without `cascade`.
        """
        todo, done = [self], {self}
        while todo:
            each = todo.pop()
            others = each._dependents - done
            if others and not cascade:
                raise exc.InvalidRequestError(
                    "Registry has dependent registries that are not disposed; pass cascade=True to "
                    "clear these also"
                )
            each._dispose()
            todo += others
            done |= others

    def _dispose(self) -> None:
        for other in self._needs:
            other._dependents.discard(self)
        for other in self._dependencies:
            other._dependencies.discard(self)
            other._needs.discard(self)
        self._needs.clear()
        self._dependencies.clear()
        self._dependents.clear()
        for mapper in list(self._mappers):
            self._unmap(mapper)
            cls = mapper.class_
            clsregistry.remove_class(cls.__name__, cls, self._class_registry)
        self._mappers.clear()
        self._column_writers.clear()
        self._new_mappers = False
        self._declare_first.clear()
        self._declare_last.clear()

    def _unmap(self, mapper: Mapper[Any]) -> None:
        """Leave the class as it was before it was mapped."""
        cls = mapper.class_
        if "class_uninstrument" in instrumentation_events:
            fire_instrumentation("class_uninstrument", cls)
        for key in mapper._props:
            if key in cls.__dict__:
                type.__delattr__(cls, key)
        if cls.__dict__.get("__mapper__") is mapper:
            type.__delattr__(cls, "__mapper__")
        mapper.class_manager.mapper = None
        if mapper.class_manager.boxed:
            boxed.release(cls)

    # -- configuring

    def configure(self, cascade: bool = False) -> None:
        """Finish the mappers of this registry, and of those that their relationships lead to.

        Raises exc.InvalidRequestError if there are such others, without `cascade`.
        """
        if not self._new_mappers:
            return
        self._configure()
        if self._needs and not cascade:
            raise exc.InvalidRequestError(
                "configure was called with cascade=False but additional registries remain"
            )

    def _configure(self) -> None:
        _configure((self,))

    def _add_mapper(self, mapper: Mapper[Any]) -> None:
        self._mappers[mapper] = None
        self._flag_new_mapper(mapper)

    def _flag_new_mapper(self, mapper: Mapper[Any]) -> None:
        """Something is to be configured before a class of this registry is used."""
        if self._new_mappers:
            mapper.class_manager.configure = self._configure
            return
        self._new_mappers = True
        # The first object of any of the classes configures: its relationships may have
        # become different.
        for other in list(self._mappers):
            other.class_manager.configure = self._configure

    def _configure_mappers(self) -> None:
        """Called with the configuration lock held."""
        self._configuring = True
        try:
            skipped: set[Mapper[Any]] = set()
            for hook in self._declare_first:
                hook()
            while True:
                todo = [
                    mapper
                    for mapper in list(self._mappers)
                    if not mapper.configured and mapper not in skipped
                ]
                if not todo:
                    break
                for mapper in todo:
                    if not self._configure_mapper(mapper):
                        skipped.add(mapper)
            # Relationships may lead to classes of other bases.
            for other in self._dependencies:
                if other._new_mappers and not other._configuring:
                    other._configure_mappers()
            if any(not mapper.configured for mapper in list(self._mappers)):
                if not skipped:
                    self._configure_mappers()
                return
            for mapper in list(self._mappers):
                mapper.class_manager.configure = None
            self._new_mappers = False
            self._declare_last_due = bool(self._declare_last)
        finally:
            self._configuring = False

    def _configure_mapper(self, mapper: Mapper[Any]) -> bool:
        """False if a listener wants it to be left for later."""
        if mapper._configure_failed is not None:
            raise exc.InvalidRequestError(
                "One or more mappers failed to initialize - can't proceed with initialization of "
                f"other mappers. Triggering mapper: '{mapper}'. Original exception was: "
                f"{mapper._configure_failed}"
            )
        if mapper.configured:
            return True
        for fn in mapper_listeners(mapper, "before_mapper_configured"):
            if fn(mapper, mapper.class_) is EXT_SKIP:
                return False
        try:
            mapper._post_configure()
        except Exception as error:
            mapper._configure_failed = error
            raise
        for fn in mapper_listeners(mapper, "mapper_configured"):
            fn(mapper, mapper.class_)
        return True

    # -- names and types

    def _all_classes(self) -> list[type]:
        found: list[type] = []
        for value in list(self._class_registry.values()):
            if isinstance(value, clsregistry.MultipleClasses):
                found += value.classes()
            elif isinstance(value, type):
                found.append(value)
        return found

    def _resolve_class(self, name: str, prop: Any) -> Any:
        return clsregistry.resolve_class(self, name, prop)

    def _evaluate(self, expression: str, prop: Any, prefer_tables: bool = False) -> Any:
        return clsregistry._class_resolver(self, expression, prop, prefer_tables)()

    def _resolve_type(
        self, found: decl_typing.Annotation, name: str, cls: type, annotation: Any
    ) -> Any:
        """The column type of an annotation."""
        type_ = decl_types.resolve_type(self, found, name)
        if type_ is not None:
            return type_
        written = found.type_
        found = found._replace(type_=decl_typing.resolved(written, cls))
        if decl_typing.is_unresolved(found.type_):
            raise exc.MappedAnnotationError(
                f'Could not resolve all types within mapped annotation: "{annotation}".  Ensure '
                "all types are written correctly and are imported within the module in use."
            )
        given = found.type_
        if isinstance(given, TypeEngine) or (
            isinstance(given, type) and issubclass(given, TypeEngine)
        ):
            raise exc.MappedAnnotationError(
                f"The type provided inside the {name!r} attribute Mapped annotation is the "
                f"SQLAlchemy type {given}. Expected a Python type instead"
            )
        if not decl_typing.is_type(found.type_):
            raise exc.MappedAnnotationError(
                f"The object provided inside the {name!r} attribute Mapped annotation is not a "
                f"Python type, it's the object {found.type_!r}. Expected a Python type."
            )
        tried = [each for each in (found.alias, found.pep593, written) if each is not None]
        if len(tried) == 1:
            why = "the type object is not resolvable by the registry"
        elif len(tried) == 2:
            why = f"neither '{tried[0]}' nor '{tried[1]}' are resolvable by the registry"
        else:
            shown = ", ".join(f"'{each}'" for each in tried)
            why = f"none of {shown} are resolvable by the registry"
        raise exc.MappedAnnotationError(
            "Could not locate SQLAlchemy Core type when resolving for Python type indicated by "
            f"'{tried[0]}' inside the Mapped[] annotation for the '{name}' attribute; {why}"
        )


def _as_entity(cls: type, frame: FrameType) -> Any:
    """What a decorator maps: the same class based on the core's entity, or the class itself.

    A statement that decorates has given the class to nobody yet. If the caller, whose frame it
    is, or a subclass has it, it stays what it is, and its objects have their state in a box.
    """
    if (
        issubclass(cls, _core.Entity)
        or cls.__subclasses__()
        or frame.f_globals.get(cls.__name__) is cls
        or any(value is cls for value in frame.f_locals.values())
    ):
        return cls
    bases = boxed.with_entity(cls.__bases__, cls.__dict__)
    return cls if bases is cls.__bases__ else _rebuilt(cls, bases)


def _rebuilt(cls: type, bases: tuple[type, ...]) -> Any:
    """The same class, based on the core's entity."""
    namespace = {
        name: value
        for name, value in cls.__dict__.items()
        if name not in ("__dict__", "__weakref__")
    }
    new: Any = type(cls)(cls.__name__, bases, namespace)
    new.__qualname__ = cls.__qualname__
    # Methods that say super() refer to the class through a cell.
    for value in namespace.values():
        function = getattr(value, "__func__", getattr(value, "fget", value))
        for cell in getattr(function, "__closure__", None) or ():
            try:
                if cell.cell_contents is cls:
                    cell.cell_contents = new
            except ValueError:
                continue
    return new


class DeclarativeAttributeIntercept(type):
    """Metaclass of `DeclarativeBase`: assignments to a mapped class map.

    Bases are plain classes. What is mapped below them derives from the core's entity as well, or
    has its state in a box where another base (an exception, a dict) lays its objects out.
    """

    def __new__(mcls, name: str, bases: Any, namespace: Any, /, **kw: Any) -> Any:
        if "__module__" not in namespace:  # of a class made by a call: the caller's
            namespace = {**namespace, "__module__": sys._getframe(1).f_globals.get("__name__")}
        below = any(hasattr(base, "_sa_registry") for base in bases)
        if below and not namespace.get("__abstract__", False):
            bases = boxed.with_entity(bases, namespace)
        return super().__new__(mcls, name, bases, namespace, **kw)

    def __setattr__(cls, key: str, value: Any) -> None:
        if "__mapper__" in cls.__dict__:
            decl_base.set_class_attribute(cls, key, value)
        else:
            type.__setattr__(cls, key, value)

    def __delattr__(cls, key: str) -> None:
        if "__mapper__" in cls.__dict__:
            decl_base.delete_class_attribute(cls, key)
        else:
            type.__delattr__(cls, key)


class DeclarativeMeta(DeclarativeAttributeIntercept):
    """Metaclass of classes made by `declarative_base`: it maps each subclass."""

    metadata: MetaData
    # found where an attribute of a mapped class hides `registry`; libraries set it, and ask for it
    _sa_registry: registry
    registry: registry

    def __init__(cls, classname: Any, bases: Any, dict_: Any, **kw: Any) -> None:
        type.__init__(cls, classname, bases, dict_)
        if getattr(cls, "_sa_registry", None) is None:
            given = dict_.get("registry")
            if not isinstance(given, registry):
                raise exc.InvalidRequestError(
                    "Declarative base class has no 'registry' attribute, or registry is not a "
                    "sqlalchemy.orm.registry() object"
                )
            type.__setattr__(cls, "_sa_registry", given)
        if not cls.__dict__.get("__abstract__", False):
            decl_base.Scan(cls._sa_registry, cls).map()


class DeclarativeBase(metaclass=DeclarativeAttributeIntercept):
    """Base for declarative bases.

    ``class Base(DeclarativeBase): pass`` makes one; `metadata`, `registry` and
    `type_annotation_map` may stand in it. Its subclasses are mapped.
    """

    if TYPE_CHECKING:
        _sa_registry: ClassVar[registry]
        registry: ClassVar[registry]
        metadata: ClassVar[MetaData]
        __table__: ClassVar[FromClause]
        __tablename__: Any
        __mapper__: ClassVar[Mapper[Any]]
        __mapper_args__: Any
        __table_args__: Any

        def __init__(self, **kw: Any) -> None: ...

    def __init_subclass__(cls, **kw: Any) -> None:
        if DeclarativeBase in cls.__bases__:
            _set_up_base(cls)
        elif not cls.__dict__.get("__abstract__", False):
            decl_base.Scan(cls._sa_registry, cls).map()
        super().__init_subclass__(**kw)


@dataclass_transform(
    field_specifiers=(
        MappedColumn, RelationshipProperty, Synonym, mapped_column, relationship, synonym,
        column_property, deferred, composite,
    )
)  # fmt: skip
class DCTransformDeclarative(DeclarativeAttributeIntercept):
    """Metaclass of `MappedAsDataclass`."""


class MappedAsDataclass(metaclass=DCTransformDeclarative):
    """Mixin: mapped classes below are dataclasses, too.

    Class arguments are those of `dataclasses.dataclass`: ``init``, ``repr``, ``eq``, ``order``,
    ``unsafe_hash``, ``match_args``, ``kw_only``, and ``dataclass_callable``.
    """

    def __init_subclass__(
        cls,
        init: bool | None = None,
        repr: bool | None = None,
        eq: bool | None = None,
        order: bool | None = None,
        unsafe_hash: bool | None = None,
        match_args: bool | None = None,
        kw_only: bool | None = None,
        dataclass_callable: Any = None,
        **kw: Any,
    ) -> None:
        decl_dataclass.arguments_for(
            cls,
            {
                "init": init,
                "repr": repr,
                "eq": eq,
                "order": order,
                "unsafe_hash": unsafe_hash,
                "match_args": match_args,
                "kw_only": kw_only,
                "dataclass_callable": dataclass_callable,
            },
        )
        super().__init_subclass__(**kw)
        if "__cormorant_manager__" not in cls.__dict__:  # a base named before has not mapped it
            decl_dataclass.make(cls, annotations_of(cls))


class DeclarativeBaseNoMeta(_core.Entity):
    """As `DeclarativeBase`, without a metaclass: attributes cannot be added by assignment."""

    if TYPE_CHECKING:
        _sa_registry: ClassVar[registry]
        registry: ClassVar[registry]
        metadata: ClassVar[MetaData]
        __table__: ClassVar[FromClause]
        __tablename__: Any
        __mapper__: ClassVar[Mapper[Any]]
        __mapper_args__: Any
        __table_args__: Any

    def __init_subclass__(cls, **kw: Any) -> None:
        if DeclarativeBaseNoMeta in cls.__bases__:
            _set_up_base(cls)
        elif not cls.__dict__.get("__abstract__", False):
            decl_base.Scan(cls._sa_registry, cls).map()
        super().__init_subclass__(**kw)


def _set_up_base(cls: Any) -> None:
    namespace = cls.__dict__
    table = namespace.get("__table__")
    if isinstance(namespace.get("__tablename__"), str) or not (
        table is None or callable(table) or hasattr(table, "__get__")
    ):
        # What is computed for each class below is fine.
        raise exc.InvalidRequestError(
            f"Cannot use {cls.__bases__[0].__name__!r} directly as a declarative base class. "
            "Create a Base by creating a subclass of it."
        )
    given = namespace.get("registry")
    metadata = namespace.get("metadata")
    type_map = namespace.get("type_annotation_map")
    if given is None:
        given = registry(metadata=metadata, type_annotation_map=type_map)
        type.__setattr__(cls, "registry", given)
    elif not isinstance(given, registry):
        raise exc.InvalidRequestError(
            "Declarative base class has a 'registry' attribute that is not an instance of "
            "sqlalchemy.orm.registry()"
        )
    elif type_map is not None:
        raise exc.InvalidRequestError(
            "Declarative base class has both a 'registry' attribute and a type_annotation_map "
            "entry.  Per-base type_annotation_maps are not supported.  Please apply the "
            "type_annotation_map to this registry directly."
        )
    type.__setattr__(cls, "_sa_registry", given)
    if metadata is None:
        type.__setattr__(cls, "metadata", given.metadata)
    if cls.__init__ is object.__init__:
        type.__setattr__(cls, "__init__", given.constructor)


def declarative_base(
    *,
    metadata: MetaData | None = None,
    mapper: Any = None,
    cls: Any = object,
    name: str = "Base",
    class_registry: MutableMapping[str, Any] | None = None,
    type_annotation_map: Mapping[Any, Any] | None = None,
    constructor: Callable[..., None] | None = declarative_constructor,
    metaclass: Any = None,
) -> Any:
    """A base class for declarative class definitions.

    Each subclass with a ``__tablename__`` is mapped to a table of the base's `metadata`.
    """
    return registry(
        metadata=metadata,
        class_registry=class_registry,
        constructor=constructor,
        type_annotation_map=type_annotation_map,
    ).generate_base(mapper=mapper, cls=cls, name=name, metaclass=metaclass)


def as_declarative(**kw: Any) -> Callable[[type], Any]:
    """Class decorator: a declarative base made from the decorated class."""
    names = ("metadata", "class_registry")
    options = {key: kw.pop(key) for key in names if key in kw}
    return registry(**options).as_declarative_base(**kw)


def declarative_mixin(cls: type[_T]) -> type[_T]:
    """Marks a mixin; it needs no mark."""
    return cls


def add_mapped_attribute(target: type, key: str, attr: Any) -> None:
    """Add an attribute to a mapped class whose metaclass does not intercept assignment."""
    decl_base.set_class_attribute(target, key, attr)


def has_inherited_table(cls: type) -> bool:
    """Whether a base of the class is mapped to a table."""
    return any(getattr(base, "__table__", None) is not None for base in cls.__mro__[1:])


@dataclass_transform(
    field_specifiers=(
        MappedColumn, RelationshipProperty, Synonym, mapped_column, relationship, synonym,
        column_property, deferred, composite,
    )
)  # fmt: skip
def mapped_as_dataclass(
    registry: registry,
    /,
    *,
    init: bool | None = None,
    repr: bool | None = None,
    eq: bool | None = None,
    order: bool | None = None,
    unsafe_hash: bool | None = None,
    match_args: bool | None = None,
    kw_only: bool | None = None,
    dataclass_callable: Any = None,
) -> Callable[[type[_T]], type[_T]]:
    """Class decorator: as `registry.mapped_as_dataclass`, seen by type checkers."""
    return registry.mapped_as_dataclass(  # type: ignore[no-any-return]
        init=init,
        repr=repr,
        eq=eq,
        order=order,
        unsafe_hash=unsafe_hash,
        match_args=match_args,
        kw_only=kw_only,
        dataclass_callable=dataclass_callable,
    )


__all__ = [
    "DeclarativeBase",
    "DeclarativeBaseNoMeta",
    "DeclarativeMeta",
    "as_declarative",
    "declarative_base",
    "declared_attr",
    "registry",
]
