"""The inside of a mapped attribute: how it is read and written, given the state of an object.

A property of the program's own (a class derived from `MapperProperty`) says this of its attribute
itself, by the class of implementation that it gives to `register_attribute`:

    class Computed(ScalarAttributeImpl):
        def __init__(self, class_, key, dispatch, **kw):
            super().__init__(class_, key, None, dispatch, **kw)

        def get(self, state, dict_, passive=PASSIVE_OFF):
            return ...

    class ComputedProperty(MapperProperty):
        def instrument_class(self, mapper):
            register_attribute(
                mapper.class_,
                self.key,
                comparator=PropComparator(self, mapper),
                parententity=mapper,
                impl_class=Computed,
                parent_token=self,
            )
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from .. import _core, exc
from .attributes import (
    HISTORY_BLANK,
    History,
    InstrumentedAttribute,
    QueryableAttribute,
    _DerivedAttribute,
    _history,
    get_history,
    instance_state,
)
from .base import (
    CALLABLES_OK,
    INIT_OK,
    NO_VALUE,
    PASSIVE_NO_RESULT,
    PASSIVE_OFF,
    SQL_OK,
    PassiveFlag,
    class_mapper,
)

if TYPE_CHECKING:
    from .instance import InstanceState
    from .interfaces import MapperProperty, PropComparator
    from .util import AliasedInsp


class AttributeImpl:
    """The inside of an attribute of a mapped class.

    Its methods take the state of an object and what `state.dict` gives. Classes derived from
    `ScalarAttributeImpl` are for `register_attribute`; those of columns and relationships are
    made when they are asked for.
    """

    collection: ClassVar[bool] = False
    """Whether it holds a collection."""
    uses_objects: ClassVar[bool] = False
    """Whether it refers to mapped objects."""
    dynamic: ClassVar[bool] = False
    """Whether its collection is never loaded."""
    supports_population: ClassVar[bool] = True
    """Whether what stands in the object's `__dict__` is its value."""

    def __init__(
        self,
        class_: type,
        key: str,
        callable_: Callable[[Any, PassiveFlag], Any] | None,
        dispatch: Any,
        compare_function: Callable[[Any, Any], bool] | None = None,
        active_history: bool = False,
        *,
        parent_token: Any,
    ) -> None:
        """`callable_`: gives a value, as ``callable_(state, passive)``, where there is none;
        `compare_function`: tells whether two values are the same, in place of ``==``;
        `parent_token`: the property."""
        self.class_ = class_
        self.key = key
        self.callable_ = callable_
        self.dispatch = dispatch
        self.parent_token = parent_token
        self._manager = class_mapper(class_, configure=False).class_manager
        self._slot: int = self._manager.names[key]
        if compare_function is not None:
            self._manager.set_comparison(self._slot, compare_function)
        if active_history:
            self.active_history = True

    @property
    def active_history(self) -> bool:
        """Whether the old value is loaded when it is replaced."""
        return bool(self._manager.change_flags(self._slot, 0) & _core.ATTR_ACTIVE_HISTORY)

    @active_history.setter
    def active_history(self, value: bool) -> None:
        flag = _core.ATTR_ACTIVE_HISTORY
        self._manager.change_flags(self._slot, flag if value else 0, flag)

    def get(self, state: InstanceState[Any], dict_: Any, passive: PassiveFlag = PASSIVE_OFF) -> Any:
        """The value, loaded if need be and `passive` lets it: else `PASSIVE_NO_RESULT`, or
        `NO_VALUE` where there is none and `passive` has no `INIT_OK`."""
        obj: Any = state.obj()
        value = _core.peek(obj, self._slot)
        if value is not NO_VALUE:
            return value
        if _core.committed(obj, self._slot) in (..., NO_VALUE):
            if not passive & CALLABLES_OK:
                return PASSIVE_NO_RESULT
            value = self._load(obj, state, passive)
            if value is not NO_VALUE:
                return value
        return _core.get_value(obj, self._slot) if passive & INIT_OK else NO_VALUE

    def _load(self, obj: Any, state: InstanceState[Any], passive: PassiveFlag) -> Any:
        """A value that was to be found, kept by the object; else NO_VALUE."""
        if self.callable_ is not None:
            value = self.callable_(state, passive)
            if value is not NO_VALUE and value is not PASSIVE_NO_RESULT:
                self.set_committed_value(state, state.dict, value)
            return value
        waits = _core.identity_key(obj) is not None or self._slot in _core.expired_slots(obj)
        if not waits or self.parent_token._is_registered:
            return NO_VALUE
        if passive & SQL_OK:
            return _core.get_value(obj, self._slot)
        loader = self._manager.loader
        value = NO_VALUE if loader is None else loader(obj, self._slot, True)
        return PASSIVE_NO_RESULT if value is NO_VALUE else value

    def set(
        self,
        state: InstanceState[Any],
        dict_: Any,
        value: Any,
        initiator: Any = None,
        passive: PassiveFlag = PASSIVE_OFF,
    ) -> None:
        """Assign a value, with history and events."""
        _core.set_value(state.obj(), self._slot, value)

    def delete(self, state: InstanceState[Any], dict_: Any) -> None:
        """Delete the value."""
        InstrumentedAttribute.__delete__(getattr(self.class_, self.key), state.obj())

    def get_history(
        self, state: InstanceState[Any], dict_: Any, passive: PassiveFlag = PASSIVE_OFF
    ) -> History:
        """What happened to the attribute since the last flush."""
        obj = state.obj()
        if not self.parent_token._is_registered:
            return get_history(obj, self.key, passive)
        if _core.peek(obj, self._slot) is NO_VALUE and _core.committed(obj, self._slot) is ...:
            current = self.get(state, dict_, passive & ~INIT_OK)
            if current is PASSIVE_NO_RESULT or current is NO_VALUE:
                return HISTORY_BLANK
            return History((), [current], ())
        return _history(obj, self._slot, self.parent_token)

    def get_committed_value(
        self, state: InstanceState[Any], dict_: Any, passive: PassiveFlag = PASSIVE_OFF
    ) -> Any:
        """The value as of the last flush."""
        value = _core.committed(state.obj(), self._slot)
        if value is ...:
            return self.get(state, dict_, passive)
        return None if value is NO_VALUE else value

    def set_committed_value(self, state: InstanceState[Any], dict_: Any, value: Any) -> Any:
        """Give the attribute a value as if it had been loaded; what it has then."""
        obj = state.obj()
        _core.set_loaded(obj, self._slot, value)
        return _core.peek(obj, self._slot)

    def __str__(self) -> str:
        return f"{self.class_.__name__}.{self.key}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AttributeImpl) and other.parent_token is self.parent_token

    def __hash__(self) -> int:
        return hash((AttributeImpl, id(self.parent_token)))


class ScalarAttributeImpl(AttributeImpl):
    """The inside of an attribute that holds a value."""


class ScalarObjectAttributeImpl(ScalarAttributeImpl):
    """The inside of a relationship to one object."""

    uses_objects = True

    def hasparent(self, state: InstanceState[Any], optimistic: bool = False) -> bool:
        """Whether an object has a parent by the relationship."""
        return _core.has_parent(state.obj(), self.parent_token)


class CollectionAttributeImpl(AttributeImpl):
    """The inside of a relationship to many objects."""

    collection = uses_objects = True
    hasparent = ScalarObjectAttributeImpl.hasparent


class _UnloadedImpl(AttributeImpl):
    # Of lazy="dynamic" and "write_only".
    uses_objects = dynamic = True
    supports_population = False
    hasparent = ScalarObjectAttributeImpl.hasparent


def impl_of(prop: Any, class_: type, dispatch: Any) -> AttributeImpl:
    """The inside of a column's or relationship's attribute."""
    kind: type[AttributeImpl] = ScalarAttributeImpl
    if prop._is_relationship:
        kind = CollectionAttributeImpl if prop.uselist else ScalarObjectAttributeImpl
        if prop._is_never_loaded:
            kind = _UnloadedImpl
    return kind(class_, prop.key, None, dispatch, parent_token=prop)


class RegisteredAttribute(InstrumentedAttribute[Any]):
    # The attribute of a property of the program's own: its implementation reads and writes.
    __doc__ = None

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        state = instance_state(instance)
        dict_ = state.dict
        if self.impl.supports_population and self.key in dict_:
            return dict_[self.key]
        return self.impl.get(state, dict_)

    def __set__(self, instance: Any, value: Any) -> None:
        state = instance_state(instance)
        self.impl.set(state, state.dict, value, None)

    def __delete__(self, instance: Any) -> None:
        state = instance_state(instance)
        self.impl.delete(state, state.dict)

    def adapt_to_entity(self, adapt_to: AliasedInsp[Any]) -> QueryableAttribute[Any]:
        """The same attribute of an alias."""
        made: Any = _DerivedAttribute(adapt_to.entity, self.key, adapt_to, self._prop)
        made.comparator = self.comparator.adapt_to_entity(adapt_to)
        return made  # type: ignore[no-any-return]


def register_attribute(
    class_: type,
    key: str,
    *,
    comparator: PropComparator[Any],
    parententity: Any,
    parent_token: MapperProperty,
    doc: str | None = None,
    impl_class: Callable[..., AttributeImpl] | None = None,
    callable_: Callable[[Any, PassiveFlag], Any] | None = None,
    **kw: Any,
) -> InstrumentedAttribute[Any]:
    """Put an attribute on a mapped class that is no column's and no relationship's.

    To be called by `MapperProperty.instrument_class`; `parent_token` is the property.
    `comparator`: its operators in SQL; `impl_class`: makes its inside, as ``impl_class(class_,
    key, dispatch, parent_token=..., **kw)``; without it, that is a `ScalarAttributeImpl`, which
    takes `callable_` before the dispatch.
    Returns the attribute. Raises ArgumentError if the property is none of the class's mapper.
    """
    mapper = class_mapper(class_, configure=False)
    if mapper._props.get(key) is not parent_token:
        raise exc.ArgumentError(
            f"Attribute {key!r} can't be registered: it is of no property of {mapper}"
        )
    manager = mapper.class_manager
    if key not in manager.names:
        # no row has it, and none leaves it as it was: as of a deferred column
        parent_token.slot = mapper._define(parent_token, _core.ATTR_COLUMN, _core.ATTR_DEFERRED)
    parent_token._is_registered = True
    attribute: Any = RegisteredAttribute(manager, manager.names[key], parent_token, mapper)
    attribute._parententity = parententity
    attribute.comparator = comparator
    attribute.__doc__ = doc
    mapper._set_class_attribute(key, attribute)
    kw["parent_token"] = parent_token
    if impl_class is None:
        attribute.impl = ScalarAttributeImpl(class_, key, callable_, attribute.dispatch, **kw)
    else:
        attribute.impl = impl_class(class_, key, attribute.dispatch, **kw)
    return attribute  # type: ignore[no-any-return]
