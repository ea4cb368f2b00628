"""`composite`: several columns that an object shows as one value.

    @dataclasses.dataclass
    class Point:
        x: int
        y: int

    class Vertex(Base):
        start: Mapped[Point] = composite(mapped_column("x1"), mapped_column("y1"))

The columns are mapped attributes of their own. The composite value is made of them when it is
first read, and kept until they are loaded again, expired or written; assigning it assigns them.
"""

from __future__ import annotations

import builtins
import dataclasses
import inspect as python_inspect
import itertools
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from .. import _core, exc
from ..inspection import inspect
from ..sql import and_
from ..sql.schema import Column
from ..util import memoized_property
from . import decl_typing, listening
from .attributes import History, QueryableAttribute, get_history
from .base import NO_VALUE, Mapped
from .bundle import Bundle
from .interfaces import MapperProperty, PropComparator
from .properties import ColumnProperty, ConcreteInheritedProperty, MappedColumn, SynonymProperty
from .proxied import ProxiedAttribute

if TYPE_CHECKING:
    from .decl_base import Scan
    from .mapper import Mapper

__all__ = ["Composite", "CompositeProperty", "ConcreteInheritedProperty", "SynonymProperty"]

_T = TypeVar("_T")


class CompositeProperty(MapperProperty):
    """An attribute whose value is made of several mapped columns."""

    _is_composite = True

    class CompositeBundle(Bundle):
        """The columns of a composite in a select list."""

        def __init__(self, property_: CompositeProperty, expr: Iterable[Any]) -> None:
            self.property = property_
            super().__init__(property_.key, *expr)

        @property
        def _what(self) -> Any:
            return self.property

        def create_row_processor(
            self, query: Any, procs: Sequence[Callable[[Any], Any]], labels: Sequence[str]
        ) -> Callable[[Any], Any]:
            make = self.property.composite_class

            def process(row: Any) -> Any:
                return make(*[proc(row) for proc in procs])

            return process

    class Comparator(PropComparator):
        """Operators of a composite: those of its columns, all of which must hold."""

        @property
        def attributes(self) -> list[Any]:
            """The attributes of the class or alias that the value is made of."""
            entity = self._parententity
            return [getattr(entity.entity, prop.key) for prop in self.prop.props]

        @property
        def expression(self) -> Any:
            """The columns, as one element of a select list."""
            return self.prop.CompositeBundle(self.prop, self.attributes).__clause_element__()

        def __clause_element__(self) -> Any:
            return self.expression

        @property
        def bundle(self) -> Bundle:
            """The columns as a Bundle."""
            made: Bundle = self.prop.CompositeBundle(self.prop, self.attributes)
            return made

        def label(self, name: str) -> Bundle:
            """The composite under another name in a select list."""
            return self.bundle.label(name)

        def _bulk_update_tuples(self, value: Any) -> list[tuple[Any, Any]]:
            values = self.prop._split(value)
            return list(zip(self.attributes, values, strict=True))

        def _compare(self, op: Callable[[Any, Any], Any], other: Any) -> Any:
            values = self.prop._split(other)
            return and_(*[op(a, b) for a, b in zip(self.attributes, values, strict=True)])

        def __eq__(self, other: object) -> Any:
            return self._compare(operator.eq, other)

        def __ne__(self, other: object) -> Any:
            return self._compare(operator.ne, other)

        def __lt__(self, other: Any) -> Any:
            return self._compare(operator.lt, other)

        def __gt__(self, other: Any) -> Any:
            return self._compare(operator.gt, other)

        def __le__(self, other: Any) -> Any:
            return self._compare(operator.le, other)

        def __ge__(self, other: Any) -> Any:
            return self._compare(operator.ge, other)

        __hash__ = PropComparator.__hash__

    def __init__(
        self,
        _class_or_attr: Any = None,
        *attrs: Any,
        active_history: bool = False,
        deferred: bool = False,
        group: str | None = None,
        comparator_factory: Any = None,
        info: dict[Any, Any] | None = None,
        doc: str | None = None,
    ) -> None:
        super().__init__(info, doc)
        if (
            isinstance(_class_or_attr, (Mapped, str))
            or hasattr(_class_or_attr, "__clause_element__")
            or getattr(_class_or_attr, "is_clause_element", False)
        ):
            attrs = (_class_or_attr, *attrs)
            _class_or_attr = None
        self.composite_class: Any = _class_or_attr
        self.attrs: tuple[Any, ...] = attrs
        self.active_history = active_history
        self.deferred = deferred
        self.group = group
        self.comparator_factory = comparator_factory or self.Comparator
        #: a listener wants to know the value that is replaced
        self._asks_old = active_history
        #: of a class whose values know the objects that have them: MutableComposite
        self._owned: Callable[[Any, Any, str], Any] | None = None
        self._values_of: Callable[[Any], Any] | None = None

    # -- declaring

    def _declare(self, scan: Scan, name: str, found: Any) -> None:
        """Take what the annotation says, and give new columns to the class's table."""
        implied = self.composite_class is None
        if implied and found is not None and found.raw is not None:
            if decl_typing.is_unresolved(found.type_):
                raise exc.ArgumentError(
                    f"Can't use forward ref {found.type_} for composite class argument; set up "
                    f"the type as Mapped[{found.type_.__forward_arg__}]"
                )
            self.composite_class = found.type_
        if self.composite_class is None:
            raise exc.ArgumentError(
                f'Python typing annotation is required for attribute "{scan.cls.__name__}.{name}" '
                'when primary argument(s) for "Composite" construct are None or not present'
            )
        if dataclasses.is_dataclass(self.composite_class):
            self._declare_fields(scan)
        if implied and found is not None and found.nullable:
            for attr in self.attrs:
                if isinstance(attr, MappedColumn) and not attr._has_nullable:
                    attr.column.nullable = True
        for attr in self.attrs:
            column = attr.column if isinstance(attr, MappedColumn) else attr
            if not isinstance(column, Column):
                continue
            if column.name is None:
                raise exc.ArgumentError(
                    "Composite class column arguments must be named unless a dataclass is used"
                )
            if column.table is not None or any(column is other for _, other in scan.columns):
                continue
            prop = order = None
            if isinstance(attr, MappedColumn):
                prop, order = attr._property(), attr.sort_order
            scan._add_column(column.key or column.name, column, prop, order)

    def _declare_fields(self, scan: Scan) -> None:
        """Columns that the composite does not name are those of the dataclass's arguments."""
        from .decl_types import complete_column

        cls = self.composite_class
        parameters = python_inspect.signature(cls).parameters
        attrs: list[Any] = []
        for parameter, attr in itertools.zip_longest(parameters.values(), self.attrs):
            if parameter is None:
                raise exc.ArgumentError(
                    f"number of composite attributes {len(self.attrs)} exceeds that of the number "
                    f"of attributes in class {cls.__name__} {len(parameters)}"
                )
            if attr is None:
                attr = MappedColumn()
            if isinstance(attr, MappedColumn):
                annotation = parameter.annotation
                if annotation is not parameter.empty and attr.column.table is None:
                    found = decl_typing.read_plain(annotation, cls)
                    attr = complete_column(
                        scan.registry, attr, found, parameter.name, scan.cls, annotation
                    )
            column = attr.column if isinstance(attr, MappedColumn) else attr
            if isinstance(column, Column) and column.name is None:
                column.name = parameter.name
                if column.key is None:
                    column.key = parameter.name
            attrs.append(attr)
        self.attrs = tuple(attrs)

    # -- the columns

    @memoized_property
    def props(self) -> list[Any]:
        """The properties of the columns."""
        return [self._prop_of(attr) for attr in self.attrs]

    def _prop_of(self, attr: Any) -> Any:
        if isinstance(attr, str):
            return self.parent.get_property(attr, _configure_mappers=False)
        if isinstance(attr, MappedColumn):
            attr = attr.column
        if isinstance(attr, Column):
            return self.parent._columntoproperty[attr]
        if isinstance(attr, QueryableAttribute):
            return attr._prop
        raise exc.ArgumentError(
            "Composite expects Column objects or mapped attributes/attribute names as arguments, "
            f"got: {attr!r}"
        )

    @property
    def columns(self) -> list[Any]:
        """The columns."""
        return [prop.columns[0] for prop in self.props if isinstance(prop, ColumnProperty)]

    @memoized_property
    def _attribute_keys(self) -> list[str]:
        return [prop.key for prop in self.props]

    def _set_parent(self, parent: Mapper[Any], key: str) -> None:
        super()._set_parent(parent, key)
        for name in ("props", "_attribute_keys"):
            self.__dict__.pop(name, None)

    def _instrument(self) -> None:
        mapper = self.parent
        # No row has it, and none leaves it as it was: as of a deferred column.
        self.slot = mapper._define(self, _core.ATTR_COLUMN, _core.ATTR_DEFERRED)
        mapper.base_mapper._has_composites = True
        mapper.class_manager.root.shown = make_values
        self.instrument_class(mapper)

    def instrument_class(self, mapper: Mapper[Any]) -> None:
        if mapper is self.parent and self.slot >= 0:
            mapper._set_class_attribute(self.key, _CompositeAttribute(self))

    def _configure(self) -> None:
        self._configured = True
        self._owned = getattr(self.composite_class, "_owned_by", None)
        flags = 0
        for prop in self.props:
            if self.deferred:
                prop.deferred, prop.group = True, self.group
                prop._make_key()
                flags |= _core.ATTR_DEFERRED
            if self.active_history:
                prop.active_history = True
                flags |= _core.ATTR_ACTIVE_HISTORY
            if flags and prop.slot >= 0:
                for holder in self.parent._holders(prop):
                    holder.class_manager.change_flags(prop.slot, flags)

    # -- values

    def _split(self, value: Any) -> Sequence[Any]:
        """The values of the columns in a composite value."""
        if value is None:
            return [None] * len(self.attrs)
        if self._values_of is None:
            cls = self.composite_class
            if dataclasses.is_dataclass(cls) and not hasattr(cls, "__composite_values__"):
                self._values_of = _getter(
                    list(python_inspect.signature(self.composite_class).parameters)
                )
            else:
                self._values_of = self._ask_value
        found: Sequence[Any] = self._values_of(value)
        return found

    _composite_values_from_instance = _split

    def _ask_value(self, value: Any) -> tuple[Any, ...]:
        try:
            values = value.__composite_values__
        except AttributeError as error:
            raise exc.InvalidRequestError(
                f"Composite class {self.composite_class.__name__} is not a dataclass and does not "
                "define a __composite_values__() method; can't get state"
            ) from error
        return tuple(values())

    def _history(self, obj: Any) -> History:
        """The history of the value: that of its columns."""
        added: list[Any] = []
        deleted: list[Any] = []
        changed = False
        for key in self._attribute_keys:
            history = get_history(obj, key)
            changed = changed or history.has_changes()
            added.extend(history.non_deleted() or [None])
            deleted.extend(history.deleted or [None])
        now = self.composite_class(*added)
        if not changed:
            return History((), [now], ())
        return History([now], (), [self.composite_class(*deleted)])

    def _make_value(self, obj: Any, values: Sequence[Any]) -> Any:
        """The value of an object, made of those of its columns and kept."""
        value = self.composite_class(*values)
        if self._owned is not None:
            self._owned(value, obj, self.key)
        _core.set_loaded(obj, self.slot, value)
        return value

    def _forget_value(self, obj: Any) -> None:
        if _core.peek(obj, self.slot) is not NO_VALUE:
            obj.__dict__.pop(self.key, None)


class Composite(CompositeProperty, Mapped[_T]):
    """What `composite` gives: a composite attribute in a declarative class body."""


def _getter(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) == 1:
        one = operator.attrgetter(names[0])
        return lambda value: (one(value),)
    return operator.attrgetter(*names)


class _CompositeAttribute:
    """Descriptor of a composite."""

    _is_mapping = True
    is_attribute = True

    def __init__(self, prop: CompositeProperty) -> None:
        self._prop = prop
        self.key = prop.key
        self.__doc__ = prop.doc

    @property
    def info(self) -> dict[Any, Any]:
        """The free dictionary of the property."""
        return self._prop.info

    def __get__(self, obj: Any, owner: Any = None) -> Any:
        prop = self._prop
        if obj is None:
            insp = inspect(owner)
            insp.mapper._check_configure()
            # Of a subclass it is that of the class which declares it.
            comparator = prop.comparator_factory(
                prop, prop.parent, insp if insp.is_aliased_class else None
            )
            return _CompositeExpression(owner, self.key, self, comparator)
        value = _core.peek(obj, prop.slot)
        if value is not NO_VALUE:
            return value if prop._owned is None else prop._owned(value, obj, self.key)
        values = [getattr(obj, key) for key in prop._attribute_keys]
        # Loading the columns may have called a listener that read the value.
        value = _core.peek(obj, prop.slot)
        if value is not NO_VALUE:
            return value
        if _core.identity_key(obj) is None and all(each is None for each in values):
            return None
        return prop._make_value(obj, values)

    def __set__(self, obj: Any, value: Any) -> None:
        prop = self._prop
        if prop._asks_old:
            self.__get__(obj, type(obj))
        if "set" in listening.attribute_events:
            value = self._tell(obj, "set", value)
        if prop._owned is not None:
            value = prop.composite_class._replacing(
                _core.peek(obj, prop.slot), value, obj, self.key
            )
        values = prop._split(value)
        _core.set_loaded(obj, prop.slot, value)
        for key, each in zip(prop._attribute_keys, values, strict=True):
            setattr(obj, key, each)

    def __delete__(self, obj: Any) -> None:
        prop = self._prop
        if prop._asks_old:
            self.__get__(obj, type(obj))
        if "remove" in listening.attribute_events:
            self._tell(obj, "remove")
        prop._forget_value(obj)
        for key in prop._attribute_keys:
            setattr(obj, key, None)

    def _tell(self, obj: Any, name: str, *values: Any) -> Any:
        """Call the listeners of a change; what the value is to be."""
        from .hooks import fire_composite

        return fire_composite(self._prop, obj, name, *values, _core.peek(obj, self._prop.slot))


class _CompositeExpression(ProxiedAttribute[Any]):
    # A composite on a class or alias: as a Bundle where it is selected.

    _is_composite = True

    @builtins.property
    def property(self) -> Any:
        return self.descriptor._prop

    prop = property

    @builtins.property
    def _parententity(self) -> Any:
        return inspect(self.class_)

    def label(self, name: str | None) -> Any:
        return self.comparator.bundle.label(name)


def split_row(mapper: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of attribute names with the columns of its composites."""
    made: dict[str, Any] = {}
    for key, value in row.items():
        prop = mapper._props.get(key)
        if prop is not None and prop._is_composite:
            made.update(zip(prop._attribute_keys, prop._split(value), strict=True))
        else:
            made[key] = value
    return made


def make_values(obj: Any) -> None:
    """Make the composite values of a persistent object whose columns are loaded, as if they had
    been made with it."""
    if _core.identity_key(obj) is None:
        return
    manager = _core.manager_of(obj)
    assert manager is not None
    missing = [
        prop
        for prop in manager.mapper._props.values()
        if prop._is_composite and _core.peek(obj, prop.slot) is NO_VALUE
    ]
    expired = _core.expired_slots(obj) if missing else ()
    for prop in missing:
        if prop.slot not in expired:
            values = [_core.peek(obj, manager.names[key]) for key in prop._attribute_keys]
            if NO_VALUE not in values:
                prop._make_value(obj, values)


def forget_touched(obj: Any, names: Iterable[str] | None = None) -> None:
    """Forget the composite values of an object, or those that named columns are part of."""
    mapper = _core.manager_of(obj).mapper  # type: ignore[union-attr]
    for prop in mapper._props.values():
        if prop._is_composite and (
            names is None or not set(names).isdisjoint(prop._attribute_keys)
        ):
            prop._forget_value(obj)


def forget_values(objects: Iterable[Any]) -> None:
    """Forget the composite values of objects whose columns were written: they may have got
    values of the database's."""
    composites: dict[Any, list[Any]] = {}
    for obj in objects:
        mapper = _core.manager_of(obj).mapper  # type: ignore[union-attr]
        found = composites.get(mapper)
        if found is None:
            found = [prop for prop in mapper._props.values() if prop._is_composite]
            composites[mapper] = found
        for prop in found:
            prop._forget_value(obj)
