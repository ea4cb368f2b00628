"""`MapperProperty`: what a mapper knows about one attribute of its class."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from types import GenericAlias
from typing import TYPE_CHECKING, Any, ClassVar, TypedDict

from .._late import late_names
from ..sql.base import ExecutableOption
from ..sql.operators import ColumnOperators
from ..util import memoized_property
from ..util.subscriptable import Subscriptable, T
from .base import MANYTOMANY as MANYTOMANY
from .base import MANYTOONE as MANYTOONE
from .base import ONETOMANY as ONETOMANY
from .base import InspectionAttr

if TYPE_CHECKING:
    from .attributes import QueryableAttribute
    from .mapper import Mapper
    from .util import AliasedInsp


class ORMOption(ExecutableOption):
    """What `options()` of a statement of mapped classes accepts."""

    __slots__ = ()


class LoaderOption(ORMOption):
    """An option that says how attributes are loaded."""

    __slots__ = ()


class CriteriaOption(ORMOption):
    """An option that adds criteria to statements."""

    __slots__ = ()


class ORMColumnDescription(TypedDict):
    """An item of `column_descriptions`."""

    name: str
    type: Any
    aliased: bool
    expr: Any
    entity: Any


class MapperProperty(InspectionAttr):
    """One mapped attribute: a column, a relationship, a synonym.

    It is made by the program, given its `key` and `parent` when a class is mapped, and
    finished by `_configure` when the mappers are configured.
    """

    __class_getitem__: Any = classmethod(GenericAlias)
    is_property = True
    _is_relationship: ClassVar[bool] = False
    _is_column: ClassVar[bool] = False
    _is_composite: ClassVar[bool] = False
    _is_registered = False
    """Its attribute was made by `register_attribute`: the program's own."""

    key: str
    parent: Mapper[Any]
    slot: int = -1
    """Its place in the core's objects, or -1 if it has none of its own."""
    doc: str | None = None
    info: dict[Any, Any]
    _configured = False
    _dataclass_options: dict[str, Any]

    def __init__(self, info: dict[Any, Any] | None = None, doc: str | None = None) -> None:
        if info is not None:
            self.info = info
        self.doc = doc

    def __getattr__(self, name: str) -> Any:
        if name in ("info", "_dataclass_options"):
            found: dict[Any, Any] = {}
            self.__dict__[name] = found
            return found
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    @property
    def class_attribute(self) -> QueryableAttribute[Any]:
        """The attribute on the mapped class."""
        return getattr(self.parent.class_, self.key)  # type: ignore[no-any-return]

    def set_parent(self, parent: Mapper[Any], init: bool) -> None:
        """The property becomes one of a mapper; `init`: of one that is configured already."""
        self.parent = parent

    def _set_parent(self, parent: Mapper[Any], key: str) -> None:
        """The property becomes the attribute `key` of a mapper."""
        self.set_parent(parent, parent.configured)
        self.key = key

    def _instrument(self) -> None:
        """Give the attribute its slot, and put it on the class."""
        self.instrument_class(self.parent)

    def instrument_class(self, mapper: Mapper[Any]) -> None:
        """Put the attribute on the class of a mapper that has it: one with a slot, or (a property
        of the program's own) what `register_attribute` makes."""
        from .attributes import InstrumentedAttribute

        if self.slot < 0:
            return
        mapper._set_class_attribute(
            self.key, InstrumentedAttribute(mapper.class_manager, self.slot, self, mapper)
        )

    def _configure(self) -> None:
        """Everything that needs the other mappers. Runs once."""
        self._configured = True
        self.init()

    def init(self) -> None:
        """The same for properties of the program's own."""
        self.do_init()

    def do_init(self) -> None:
        """What `init` is to do, where that is not overridden."""

    # -- called by the core for attributes with validators

    def _on_set(self, obj: Any, value: Any, old: Any) -> Any:
        return self.parent._run_validator(self.key, obj, value, False)

    def _on_append(self, obj: Any, value: Any) -> Any:
        return self.parent._run_validator(self.key, obj, value, False)

    def _on_remove(self, obj: Any, value: Any) -> None:
        self.parent._run_validator(self.key, obj, value, True)

    # Called by the core for attributes that somebody listens to (see _core.pyi): functions of
    # cormorant.orm.hooks, which sets them when there are listeners.
    _fire_bulk_replace: Callable[[Any, list[Any]], list[Any]]
    _fire_init_scalar: Callable[[Any, Any], Any]
    _fire_init_collection: Callable[[Any, Any], Any]
    _fire_dispose_collection: Callable[[Any, Any], Any]

    def _make_comparator(self, attr: QueryableAttribute[Any]) -> Any:
        raise NotImplementedError

    def _operand_of(self, attr: QueryableAttribute[Any]) -> Any:
        return attr.comparator

    def _clause_element_of(self, attr: QueryableAttribute[Any]) -> Any:
        return attr.comparator.__clause_element__()

    def _comparator_attribute(self, attr: QueryableAttribute[Any], name: str) -> Any:
        return getattr(attr.comparator, name)

    def __str__(self) -> str:
        if "parent" in self.__dict__:
            return f"{self.parent.class_.__name__}.{self.key}"
        return object.__repr__(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {hex(id(self))}; {self.__dict__.get('key', 'no key')}>"


class PropComparator(ColumnOperators, Subscriptable[T]):
    """Operators of a mapped attribute; the base of user-made `comparator_factory` classes."""

    prop: Any

    def __init__(self, prop: Any, parententity: Any, adapt_to_entity: Any = None) -> None:
        self.prop = prop
        self._parententity = adapt_to_entity if adapt_to_entity is not None else parententity
        self._adapt_to_entity = adapt_to_entity

    @memoized_property
    def property(self) -> Any:
        """The property compared."""
        return self.prop

    @builtins.property
    def key(self) -> str:
        """Name of the attribute."""
        return self.prop.key  # type: ignore[no-any-return]

    def __clause_element__(self) -> Any:
        raise NotImplementedError(f"{self!r}")

    def adapt_to_entity(self, adapt_to_entity: AliasedInsp[Any]) -> PropComparator[Any]:
        """The operators of the same attribute of an alias."""
        return type(self)(self.prop, self._parententity, adapt_to_entity)

    def __hash__(self) -> int:
        return id(self) >> 4


if TYPE_CHECKING:
    from .base import EXT_CONTINUE as EXT_CONTINUE
    from .base import EXT_SKIP as EXT_SKIP
    from .base import EXT_STOP as EXT_STOP
    from .base import MANYTOMANY as MANYTOMANY
    from .base import MANYTOONE as MANYTOONE
    from .base import NO_KEY as NO_KEY
    from .base import NO_VALUE as NO_VALUE
    from .base import ONETOMANY as ONETOMANY
    from .base import InspectionAttr as InspectionAttr
    from .base import InspectionAttrInfo as InspectionAttrInfo
    from .base import NotExtension as NotExtension
    from .base import RelationshipDirection as RelationshipDirection
    from .strategy_options import UserDefinedOption as UserDefinedOption
else:
    __getattr__ = late_names(
        __name__,
        {
            ".base": "EXT_CONTINUE EXT_SKIP EXT_STOP InspectionAttr InspectionAttrInfo MANYTOMANY MANYTOONE NO_KEY NO_VALUE NotExtension ONETOMANY RelationshipDirection",
            ".strategy_options": "UserDefinedOption",
        },
    )
