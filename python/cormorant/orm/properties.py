"""Properties of columns: `column_property`, `mapped_column`, `synonym`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from .. import _core, exc
from .._late import late_names
from ..sql.elements import Null
from ..sql.operators import ColumnOperators
from ..sql.schema import Column
from ..sql.sqltypes import NullType
from ..sql.type_api import type_codec
from ..util import warn
from .attribute_options import take_options
from .base import Mapped
from .interfaces import MapperProperty, PropComparator

if TYPE_CHECKING:
    from ..sql.elements import ColumnElement
    from .attributes import QueryableAttribute
    from .mapper import Mapper

_T = TypeVar("_T")


def labelled(expression: Any) -> Any:
    """A SQL expression as a column of the mapper: under a name of its own."""
    from ..sql import coercions
    from ..sql.elements import Label, NamedColumn

    if getattr(expression, "_is_select_base", False):
        element = coercions.expect_expr(expression)  # its one column, which is warned of
    else:
        element = coercions.expect_column(expression)
    if isinstance(element, (Label, NamedColumn)):
        return element
    return element.label(None)


class ColumnProperty(MapperProperty):
    """An attribute whose value is a column, or a SQL expression, of the mapper's table."""

    _is_column = True
    _is_read_only = False
    """Whether a dataclass does not take its value unless told so."""
    strategy_key: tuple[tuple[str, Any], ...]

    class Comparator(PropComparator):
        """Operators of a column attribute: those of its column."""

        _own_attribute: Any = None

        @property
        def _attr(self) -> Any:
            """The attribute it is of; one made by hand is of that on the class."""
            if self._own_attribute is not None:
                return self._own_attribute
            return getattr(self._parententity.entity, self.prop.key)

        def __clause_element__(self) -> Any:
            return self._attr._element

        @property
        def expressions(self) -> list[Any]:
            """Every column of the property, as expressions of the entity."""
            return [self.prop._expression_of(self._attr, column) for column in self.prop.columns]

        def operate(self, op: Callable[..., Any], *other: Any, **kwargs: Any) -> Any:
            return op(self.__clause_element__(), *other, **kwargs)

        def reverse_operate(self, op: Callable[..., Any], other: Any, **kwargs: Any) -> Any:
            return op(other, self.__clause_element__(), **kwargs)

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__") or "prop" not in self.__dict__:
                raise AttributeError(name)
            return getattr(self._attr._element, name)

    def __init__(
        self,
        column: Any,
        *additional_columns: Any,
        deferred: bool = False,
        group: str | None = None,
        raiseload: bool = False,
        comparator_factory: type[PropComparator] | None = None,
        active_history: bool = False,
        expire_on_flush: bool = True,
        info: dict[Any, Any] | None = None,
        doc: str | None = None,
        attribute_options: Any = None,
        query_expression: bool = False,
        _instrument: bool = True,
    ) -> None:
        super().__init__(info, doc)
        if not _instrument:
            self.slot = -2
        self.columns: list[Any] = [
            item if isinstance(item, (Column, MappedColumn)) else labelled(item)
            for item in (column, *additional_columns)
        ]
        self.group = group
        self.deferred = deferred
        self.raiseload = raiseload
        self.comparator_factory = comparator_factory or ColumnProperty.Comparator
        self.active_history = active_history
        self.expire_on_flush = expire_on_flush
        self.query_expression = query_expression
        if doc is None:
            self.doc = getattr(column, "doc", None)
        self._make_key()

    def _make_key(self) -> None:
        if self.query_expression:
            self.strategy_key = (("query_expression", True),)
            return
        key: tuple[tuple[str, Any], ...] = (("deferred", self.deferred), ("instrument", True))
        self.strategy_key = (*key, ("raiseload", True)) if self.raiseload else key

    def __clause_element__(self) -> Any:
        """The column, for constraints and expressions in a class body."""
        return self.columns[0]

    @property
    def _is_unset(self) -> bool:
        """Whether statements give it no value unless they say which: `query_expression`."""
        return self.query_expression and isinstance(
            getattr(self.columns[0], "element", self.columns[0]), Null
        )

    @property
    def _in_subqueries(self) -> bool:
        """Whether subqueries of the class select it."""
        if self.query_expression:
            return not self._is_unset
        return not self.deferred or isinstance(self.columns[0], Column)

    @property
    def expression(self) -> ColumnElement[Any]:
        """The column, or the first of several."""
        return self.columns[0]  # type: ignore[no-any-return]

    def _copy(self) -> ColumnProperty:
        new = type(self).__new__(type(self))
        new.__dict__.update(self.__dict__)
        new.__dict__.pop("parent", None)
        new.__dict__.pop("slot", None)
        new.__dict__.pop("_configured", None)
        new.columns = list(self.columns)
        return new

    @property
    def _is_polymorphic_discriminator(self) -> bool:
        # Not public, but generators of forms leave such columns out.
        discriminator = self.parent.polymorphic_on
        return discriminator is not None and self.columns[0] is discriminator

    # -- on the class

    def _instrument(self) -> None:
        if self.slot == -2:
            return
        mapper = self.parent
        flags = 0
        if any(column is pk for column in self.columns for pk in mapper.primary_key):
            flags |= _core.ATTR_PRIMARY_KEY
        # (what is deferred is not loaded to be replaced)
        history = self.active_history and not self.deferred
        if history or any(c is self.parent.version_id_col for c in self.columns):
            flags |= _core.ATTR_ACTIVE_HISTORY
        if self.key in mapper.validators:
            flags |= _core.ATTR_EVENTS
        if self.deferred:
            flags |= _core.ATTR_DEFERRED
        self._core_flags = flags
        self.slot = mapper._define(self, _core.ATTR_COLUMN, flags)
        for holder in mapper._holders(self):
            self.instrument_class(holder)

    def _configure(self) -> None:
        self._configured = True
        if self.slot == -2:
            return
        if len(self.columns) > 1 and set(self.parent.primary_key).issuperset(self.columns):
            warn(
                f"On mapper {self.parent}, primary key column '{self.columns[1]}' is being combined "
                f"with distinct primary key column '{self.columns[0]}' in attribute '{self.key}'. "
                "Use explicit properties to give each column its own mapped attribute name."
            )
        # Only now: the type of a foreign key column is that of the column it refers to.
        mapper = self.parent
        code, arg = type_codec(self.columns[0].type, mapper._codec_dialect())
        mapper._define(self, _core.ATTR_COLUMN, self._core_flags, code, arg)

    # -- as an expression

    def _make_comparator(self, attr: QueryableAttribute[Any]) -> Any:
        made = self.comparator_factory(self, attr._parententity)
        if isinstance(made, ColumnProperty.Comparator):
            made._own_attribute = attr
        return made

    def _operand_of(self, attr: QueryableAttribute[Any]) -> Any:
        plain = self.comparator_factory is ColumnProperty.Comparator
        return attr._element if plain else attr.comparator

    def _clause_element_of(self, attr: QueryableAttribute[Any]) -> Any:
        return self._expression_of(attr, self.columns[0])

    def _expression_of(self, attr: QueryableAttribute[Any], column: Any) -> Any:
        entity = attr._parententity
        if entity.is_aliased_class:
            column = entity._adapt_element(column)
        return column._annotate(
            {
                "entity_namespace": entity,
                "parententity": entity,
                "parentmapper": entity.mapper,
                "proxy_key": self.key,
            }
        )

    def _comparator_attribute(self, attr: QueryableAttribute[Any], name: str) -> Any:
        return getattr(attr.comparator if name == "expressions" else attr._operand, name)


class MappedSQLExpression(ColumnProperty, Mapped[_T]):
    """What `column_property` gives: an expression in a declarative class body."""


class MappedColumn(Mapped[_T], ColumnOperators):
    """What `mapped_column` gives: a column that its annotation completes.

    It becomes a `Column` of the table and a `ColumnProperty` of the mapper.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.deferred: Any = kwargs.pop("deferred", None)
        self.deferred_group: str | None = kwargs.pop("deferred_group", None)
        self.deferred_raiseload: bool | None = kwargs.pop("deferred_raiseload", None)
        self.active_history: bool = kwargs.pop("active_history", False)
        self.sort_order: int | None = kwargs.pop("sort_order", None)
        self.use_existing_column: bool = kwargs.pop("use_existing_column", False)
        self._dataclass_options: dict[str, Any] = take_options(kwargs, keep_default=True)
        if "default" in kwargs and kwargs["default"] is None:
            # None says "no default" to a dataclass; to the table it says the same.
            del kwargs["default"]
        self._has_insert_default = "insert_default" in kwargs
        if self._has_insert_default:
            kwargs["default"] = kwargs.pop("insert_default")
        self._has_nullable = "nullable" in kwargs
        self.column: Column[Any] = Column(*args, **kwargs)
        self._type_given = not isinstance(self.column.type, NullType)

    @property
    def foreign_keys(self) -> Any:
        """Foreign keys of the column."""
        return self.column.foreign_keys

    @property
    def type(self) -> Any:
        """Type of the column."""
        return self.column.type

    def _copy(self, **kwargs: Any) -> MappedColumn[_T]:
        new = type(self).__new__(type(self))
        new.__dict__.update(self.__dict__)
        new.column = self.column._copy(**kwargs)
        return new

    def __clause_element__(self) -> Any:
        return self.column

    def operate(self, op: Callable[..., Any], *other: Any, **kwargs: Any) -> Any:
        """Operators in a class body work on the column."""
        return op(self.column, *other, **kwargs)

    def reverse_operate(self, op: Callable[..., Any], other: Any, **kwargs: Any) -> Any:
        return op(other, self.column, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "column":
            raise AttributeError(name)
        return getattr(self.column, name)

    def _property(self) -> ColumnProperty | None:
        """The property with the options given here, or None if the column alone will do."""
        deferred = self.deferred
        if deferred is None:
            deferred = bool(self.deferred_group or self.deferred_raiseload)
        if not deferred and not self.active_history:
            return None
        return ColumnProperty(
            self.column,
            deferred=deferred,
            group=self.deferred_group,
            raiseload=bool(self.deferred_raiseload),
            active_history=self.active_history,
        )


def _is_of_mapping(value: Any) -> bool:
    """Whether what a class has under a name was put there by this package."""
    return type(value).__module__.partition(".")[0] == __name__.partition(".")[0]


class SynonymProperty(MapperProperty):
    """Another name for a mapped attribute."""

    def __init__(
        self,
        name: str,
        map_column: bool | None = None,
        descriptor: Any = None,
        comparator_factory: Any = None,
        info: dict[Any, Any] | None = None,
        doc: str | None = None,
        attribute_options: Any = None,
    ) -> None:
        super().__init__(info, doc)
        self.name = name
        self.map_column = map_column
        self.descriptor = descriptor
        self.comparator_factory = comparator_factory

    def _set_parent(self, parent: Mapper[Any], key: str) -> None:
        super()._set_parent(parent, key)
        if not self.map_column:
            return
        table = parent.persist_selectable
        if key not in table.c:
            raise exc.ArgumentError(
                f"Can't compile synonym '{self.name}': no column on table '{table.name}' named '{key}'"
            )
        if (
            table.c[key] in parent._columntoproperty
            and parent._columntoproperty[table.c[key]].key == self.name
        ):
            raise self._conflict(key)
        parent._configure_property(self.name, ColumnProperty(table.c[key]))

    def _check_column(self, key: str, table: Any, columns: Sequence[Any]) -> None:
        """exc.ArgumentError if the column that this is to map is one of these, which the
        attribute is mapped to that this is a name of."""
        if self.map_column and key in table.c and any(c is table.c[key] for c in columns):
            raise self._conflict(key)

    def _conflict(self, key: str) -> exc.ArgumentError:
        return exc.ArgumentError(
            f"Can't call map_column=True for synonym {key!r}={self.name!r}, a ColumnProperty "
            f"already exists keyed to the name {self.name!r} for column {key!r}"
        )

    @property
    def _proxied_object(self) -> MapperProperty:
        """The property of the attribute that this is a name of; libraries ask for it."""
        prop = self.parent._props.get(self.name)
        if prop is None:
            raise exc.InvalidRequestError(
                f"Mapper '{self.parent}' has no property '{self.name}'.  If this property was "
                "indicated from other mappers or configure events, ensure registry.configure() "
                "has been called."
            )
        return prop

    def _instrument(self) -> None:
        if self.descriptor is None:
            # A property that the class has of that name is what objects are asked by.
            found = getattr(self.parent.class_, self.key, None)
            if hasattr(type(found), "__set__") and not _is_of_mapping(found):
                self.descriptor = found
        self.instrument_class(self.parent)

    def instrument_class(self, mapper: Mapper[Any]) -> None:
        if mapper is self.parent:
            mapper._set_class_attribute(self.key, _SynonymAttribute(self))


class Synonym(SynonymProperty, Mapped[_T]):
    """What `synonym` gives: another name in a declarative class body."""


class ConcreteInheritedProperty(MapperProperty):
    """An attribute of a base that a class with a concrete table of its own does not have."""

    def instrument_class(self, mapper: Mapper[Any]) -> None:
        mapper._set_class_attribute(self.key, _NotImplementedAttribute(self))


class _NotImplementedAttribute:
    """Descriptor of an attribute that stays with the base of a concrete class."""

    _is_mapping = True

    def __init__(self, prop: ConcreteInheritedProperty) -> None:
        self._prop = prop
        self.key = prop.key

    def _refuse(self) -> AttributeError:
        mapper = self._prop.parent
        base: Any = mapper
        while base.inherits is not None and self.key not in base.inherits.class_.__dict__:
            base = base.inherits
        return AttributeError(
            f"Concrete {mapper} does not implement attribute {self.key!r} at the instance level.  "
            f"Add this property explicitly to {mapper}."
        )

    def __get__(self, obj: Any, cls: Any = None) -> Any:
        if obj is None:
            return self
        raise self._refuse()

    def __set__(self, obj: Any, value: Any) -> None:
        raise self._refuse()

    def __delete__(self, obj: Any) -> None:
        raise self._refuse()


class _SynonymAttribute:
    """Descriptor of a synonym: everything is the attribute it names."""

    _is_mapping = True

    def __init__(self, prop: SynonymProperty) -> None:
        self._prop = prop
        self.key = prop.key
        self._own: Any = None

    def __get__(self, obj: Any, cls: Any = None) -> Any:
        prop = self._prop
        if obj is not None:
            if prop.descriptor is not None:
                return prop.descriptor.__get__(obj, cls)
            return getattr(obj, prop.name)
        if self._own is not None and cls is prop.parent.class_:
            return self._own
        named = getattr(cls, prop.name)
        make = getattr(named, "_under_name", None)
        if make is None:
            return named  # of a hybrid or an association proxy
        found = make(prop.key, prop.comparator_factory)
        found.__doc__ = prop.doc
        if cls is prop.parent.class_:
            self._own = found
        return found

    def __set__(self, obj: Any, value: Any) -> None:
        if self._prop.descriptor is not None:
            self._prop.descriptor.__set__(obj, value)
        else:
            setattr(obj, self._prop.name, value)

    def __delete__(self, obj: Any) -> None:
        if self._prop.descriptor is not None:
            self._prop.descriptor.__delete__(obj)
        else:
            delattr(obj, self._prop.name)


if TYPE_CHECKING:
    from .descriptor_props import CompositeProperty as CompositeProperty
    from .relationships import RelationshipProperty as RelationshipProperty
else:
    __getattr__ = late_names(
        __name__,
        {
            ".descriptor_props": "CompositeProperty",
            ".relationships": "RelationshipProperty",
        },
    )
