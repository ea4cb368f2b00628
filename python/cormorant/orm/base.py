"""What the mapping modules share: directions, `Mapped`, and the way from objects to mappers."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from .. import _core, exc

if TYPE_CHECKING:
    from collections.abc import Collection

    from ..sql.typed_operators import SQLColumnExpression as _Expression
    from ..sql.typed_operators import SQLCoreOperations
    from .attributes import InstrumentedAttribute
    from .dynamic import AppenderQuery
    from .mapper import Mapper
    from .writeonly import WriteOnlyCollection

else:
    # what operators give is for type checkers: the attributes have them from elsewhere
    _Expression = Generic

_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True)

NO_VALUE = _core.NO_VALUE
NEVER_SET = NO_VALUE
"""Stands for the value of an attribute that is not loaded."""


class RelationshipDirection(enum.Enum):
    """Which side of a relationship holds the foreign key."""

    ONETOMANY = 1
    MANYTOONE = 2
    MANYTOMANY = 3


ONETOMANY = RelationshipDirection.ONETOMANY
MANYTOONE = RelationshipDirection.MANYTOONE
MANYTOMANY = RelationshipDirection.MANYTOMANY


class InspectionAttrExtensionType(enum.Enum):
    """Kinds of class attributes that inspection shows: extensions have an enum each."""


class NotExtension(InspectionAttrExtensionType):
    """The kind of attributes that are of no extension."""

    NOT_EXTENSION = "not_extension"


class PassiveFlag(enum.IntFlag):
    """What reading an attribute may do to find its value."""

    NO_CHANGE = 0
    CALLABLES_OK = 1
    SQL_OK = 2
    RELATED_OBJECT_OK = 4
    INIT_OK = 8
    NON_PERSISTENT_OK = 16
    PASSIVE_OFF = 31
    PASSIVE_RETURN_NO_VALUE = PASSIVE_OFF ^ INIT_OK
    PASSIVE_NO_INITIALIZE = PASSIVE_RETURN_NO_VALUE ^ CALLABLES_OK
    PASSIVE_NO_FETCH = PASSIVE_OFF ^ SQL_OK


CALLABLES_OK = PassiveFlag.CALLABLES_OK
SQL_OK = PassiveFlag.SQL_OK
INIT_OK = PassiveFlag.INIT_OK
PASSIVE_OFF = PassiveFlag.PASSIVE_OFF
PASSIVE_RETURN_NO_VALUE = PassiveFlag.PASSIVE_RETURN_NO_VALUE
PASSIVE_NO_INITIALIZE = PassiveFlag.PASSIVE_NO_INITIALIZE
PASSIVE_NO_FETCH = PassiveFlag.PASSIVE_NO_FETCH


class LoaderCallableStatus(enum.Enum):
    """What stands for a value of an attribute that has none."""

    PASSIVE_NO_RESULT = 0
    """The value is not loaded, and the flags did not let it be."""


PASSIVE_NO_RESULT = LoaderCallableStatus.PASSIVE_NO_RESULT


class EventConstants(enum.Enum):
    """What listeners of mapper events return."""

    EXT_CONTINUE = 1
    EXT_STOP = 2
    EXT_SKIP = 3
    NO_KEY = 4


EXT_CONTINUE = EventConstants.EXT_CONTINUE
EXT_STOP = EventConstants.EXT_STOP
EXT_SKIP = EventConstants.EXT_SKIP
NO_KEY = EventConstants.NO_KEY


class InspectionAttr:
    """Flags by which inspection tells apart what it can find on a mapped class."""

    __slots__ = ()

    is_selectable = False
    is_aliased_class = False
    is_instance = False
    is_mapper = False
    is_bundle = False
    is_property = False
    is_attribute = False
    is_clause_element = False
    extension_type: Any = NotExtension.NOT_EXTENSION


class InspectionAttrInfo(InspectionAttr):
    """Something on a mapped class that carries a dictionary for the program's own use."""

    __slots__ = ()

    @property
    def info(self) -> dict[Any, Any]:
        """A dictionary for the program's own use."""
        raise NotImplementedError


class Mapped(_Expression[_T_co]):
    """Marks an attribute of a declarative class as mapped, and names its Python type.

    ``name: Mapped[str | None]`` says that reading ``obj.name`` gives ``str | None`` and that
    ``User.name`` is a SQL expression.
    """

    __slots__ = ()

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> InstrumentedAttribute[_T_co]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> _T_co: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...

        def __set__(
            self,
            instance: Any,
            value: SQLCoreOperations[_T_co] | _T_co,
        ) -> None: ...
        def __delete__(self, instance: Any) -> None: ...


class DynamicMapped(Mapped[_T_co]):
    """`Mapped` of a relationship with ``lazy="dynamic"``."""

    __slots__ = ()

    if TYPE_CHECKING:

        @overload  # type: ignore[override]
        def __get__(self, instance: None, owner: Any) -> InstrumentedAttribute[_T_co]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> AppenderQuery[_T_co]: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...

        def __set__(self, instance: Any, value: Collection[_T_co]) -> None: ...  # type: ignore[override]


class WriteOnlyMapped(Mapped[_T_co]):
    """`Mapped` of a relationship with ``lazy="write_only"``."""

    __slots__ = ()

    if TYPE_CHECKING:

        @overload  # type: ignore[override]
        def __get__(self, instance: None, owner: Any) -> InstrumentedAttribute[_T_co]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> WriteOnlyCollection[_T_co]: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...

        def __set__(self, instance: Any, value: Collection[_T_co]) -> None: ...  # type: ignore[override]


ORMDescriptor = Mapped


def manager_of_class(cls: Any) -> _core.ClassManager | None:
    """The core's record of a mapped class, or None. A subclass needs its own mapping."""
    manager = cls.__dict__.get("__cormorant_manager__") if isinstance(cls, type) else None
    return manager if manager is not None and manager.mapper is not None else None


def mapper_or_none(entity: Any) -> Mapper[Any] | None:
    """The mapper of a class or of a mapper-like thing, or None."""
    if isinstance(entity, type):
        manager = manager_of_class(entity)
        return manager.mapper if manager is not None else None
    mapper = getattr(entity, "mapper", None)
    return mapper if getattr(mapper, "is_mapper", False) else None


def class_mapper(class_: Any, configure: bool = True) -> Mapper[Any]:
    """The mapper of a class: `UnmappedClassError` if it has none."""
    if isinstance(class_, type) or getattr(class_, "is_aliased_class", False):
        mapper = mapper_or_none(class_)
        if mapper is None:
            raise exc.UnmappedClassError(class_)
    elif getattr(class_, "is_mapper", False):
        mapper = class_
    else:
        raise exc.ArgumentError(f"Class object expected, got '{class_!r}'.")
    if configure:
        mapper._check_configure()
    return mapper


def pickled_part(part: Any) -> Any:
    """What stands for a part of a loader option's path in a pickle: a class, or one with the name
    of an attribute, for what is mapped; names and aliases themselves."""
    if getattr(part, "is_mapper", False):
        return (part.class_,)
    if getattr(part, "is_property", False):
        return part.parent.class_, part.key
    return part


def unpickled_part(part: Any) -> Any:
    """The part of a path that a pickle names."""
    if not isinstance(part, tuple):
        return part
    mapper = class_mapper(part[0], configure=False)
    return mapper if len(part) == 1 else mapper._props[part[1]]


def object_mapper(instance: object) -> Mapper[Any]:
    """The mapper of an object: `UnmappedInstanceError` if its class has none."""
    manager = _core.manager_of(instance) if not isinstance(instance, type) else None
    if manager is None:
        manager = _core.manager_of(_core.stood_for(instance))
    if manager is None or manager.mapper is None:
        raise exc.UnmappedInstanceError(instance)
    return manager.mapper  # type: ignore[no-any-return]


def instance_state(instance: object) -> Any:
    """The `InstanceState` of an object. Raises AttributeError if its class is not mapped."""
    state = _core.inspect(instance) or _core.inspect(_core.stood_for(instance))
    if state is None:
        raise _no_state(instance)
    return state


def mapper_of_state(instance: object) -> Mapper[Any]:
    """As `object_mapper`, for functions that look for the object's state: AttributeError."""
    try:
        return object_mapper(instance)
    except exc.UnmappedInstanceError:
        raise _no_state(instance) from None


def _no_state(instance: object) -> AttributeError:
    if isinstance(instance, type):
        of = f"type object {instance.__name__!r}"
    else:
        of = f"{type(instance).__name__!r} object"
    return AttributeError(f"{of} has no attribute '_sa_instance_state'")


def instance_str(obj: object) -> str:
    """How messages name an object."""
    return f"<{type(obj).__name__} at {hex(id(obj))}>"


def committed_value(obj: Any, slot: int) -> Any:
    """The value of a column as the database has it; NO_VALUE if that is not known."""
    value = _core.committed(obj, slot)
    return _core.peek(obj, slot) if value is ... else value
