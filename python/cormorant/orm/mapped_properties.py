"""The properties of a mapper: by name, by column and by kind."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .. import exc
from ..util import memoized_property
from .attributes import InstrumentedAttribute
from .base import InspectionAttr
from .interfaces import MapperProperty
from .properties import ColumnProperty, SynonymProperty
from .relationships import RelationshipProperty

if TYPE_CHECKING:
    from .mapper import Mapper

_P = TypeVar("_P", bound=MapperProperty)


class ReadOnlyProperties(Generic[_P]):
    """Properties of a mapper by name: as mapping, as attributes, and iterated."""

    __slots__ = ("_properties",)
    _properties: dict[str, _P]

    def __init__(self, properties: dict[str, _P]) -> None:
        object.__setattr__(self, "_properties", properties)

    def __getattr__(self, key: str) -> _P:
        try:
            return self._properties[key]
        except KeyError:
            raise AttributeError(key) from None

    def __getitem__(self, key: str) -> _P:
        return self._properties[key]

    def __setattr__(self, key: str, value: Any) -> None:
        raise TypeError(f"{type(self).__name__} object is immutable and/or readonly.")

    def __iter__(self) -> Iterator[_P]:
        return iter(list(self._properties.values()))

    def __len__(self) -> int:
        return len(self._properties)

    def __contains__(self, key: object) -> bool:
        return key in self._properties

    def __dir__(self) -> list[str]:
        return [*dir(super()), *map(str, self._properties)]

    def get(self, key: str, default: Any = None) -> Any:
        """The property of that name, or the default."""
        return self._properties.get(key, default)

    def keys(self) -> list[str]:
        """Names, in order."""
        return list(self._properties)

    def values(self) -> list[_P]:
        """Properties, in order."""
        return list(self._properties.values())

    def items(self) -> list[tuple[str, _P]]:
        """Names and properties, in order."""
        return list(self._properties.items())


class ColumnToProperty(dict[Any, MapperProperty]):
    """Property of a column; `UnmappedColumnError` for a column of none."""

    def __init__(self, mapper: Mapper[Any]) -> None:
        super().__init__()
        self._mapper = weakref.ref(mapper)

    def __missing__(self, column: Any) -> MapperProperty:
        mapper = self._mapper()
        raise exc.UnmappedColumnError(f"No column {column} is configured on mapper {mapper}...")


class PropertyViews:
    """The part of a Mapper that shows its properties."""

    class_: type[Any]
    _props: dict[str, Any]
    _columntoproperty: dict[Any, Any]

    if TYPE_CHECKING:

        def _check_configure(self) -> None: ...

    # Kept once they were asked for, since programs do so for every object that they make something
    # of; Mapper._forget() forgets them.

    @memoized_property
    def attrs(self) -> ReadOnlyProperties[MapperProperty]:
        """All properties."""
        return self._filtered(MapperProperty)

    @memoized_property
    def column_attrs(self) -> ReadOnlyProperties[ColumnProperty]:
        """Properties of columns."""
        return self._filtered(ColumnProperty)

    @memoized_property
    def relationships(self) -> ReadOnlyProperties[RelationshipProperty]:
        """Relationships."""
        return self._filtered(RelationshipProperty)

    @memoized_property
    def synonyms(self) -> ReadOnlyProperties[SynonymProperty]:
        """Synonyms."""
        return self._filtered(SynonymProperty)

    @memoized_property
    def composites(self) -> ReadOnlyProperties[Any]:
        """Composite attributes."""
        self._check_configure()
        return ReadOnlyProperties(
            {key: prop for key, prop in self._props.items() if prop._is_composite}
        )

    def _filtered(self, kind: type[_P]) -> ReadOnlyProperties[_P]:
        self._check_configure()
        return ReadOnlyProperties(
            {key: prop for key, prop in self._props.items() if isinstance(prop, kind)}
        )

    @property
    def all_orm_descriptors(self) -> ReadOnlyProperties[Any]:
        """The mapped attributes of the class."""
        self._check_configure()
        found: dict[str, Any] = {}
        nearest: dict[str, Any] = {}
        for base, above in itertools.pairwise(self.class_.__mro__):
            for key, value in base.__dict__.items():
                value = nearest.setdefault(key, value)
                # What a class above has too comes in the order of that one.
                if key in above.__dict__ or key in found:
                    continue
                if isinstance(value, (InstrumentedAttribute, InspectionAttr)) or key in self._props:
                    if getattr(value, "is_mapper", False) or isinstance(value, MapperProperty):
                        continue
                    if isinstance(self._props.get(key), SynonymProperty):
                        value = getattr(self.class_, key)
                    found[key] = value
        return ReadOnlyProperties(found)

    @property
    def iterate_properties(self) -> Iterator[MapperProperty]:
        """Properties, in order."""
        self._check_configure()
        return iter(list(self._props.values()))

    def has_property(self, key: str) -> bool:
        """Whether an attribute of that name is mapped."""
        return key in self._props

    def get_property(self, key: str, _configure_mappers: bool = False) -> MapperProperty:
        """The property of a name."""
        if _configure_mappers:
            self._check_configure()
        try:
            prop: MapperProperty = self._props[key]
            return prop
        except KeyError:
            raise exc.InvalidRequestError(
                f"Mapper '{self}' has no property '{key}'.  If this property was indicated from "
                "other mappers or configure events, ensure registry.configure() has been called."
            ) from None

    def _name_meant(self, name: str) -> str:
        """The name of the attribute that a synonym stands for; others stay."""
        prop = self._props.get(name)
        while isinstance(prop, SynonymProperty):
            name = prop.name
            prop = self._props.get(name)
        return name

    def _column_key(self, name: str) -> str:
        """The key of the column that an attribute is; other names stay, for the compiler."""
        prop = self._props.get(name)
        if prop is None or not prop._is_column:
            return name
        key: str = prop.columns[0].key
        return key

    def get_property_by_column(self, column: Any) -> MapperProperty:
        """The property of a column."""
        prop: MapperProperty = self._columntoproperty[column]
        return prop
