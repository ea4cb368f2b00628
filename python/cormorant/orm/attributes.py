"""Mapped attributes as seen on the class, and the history of their values on an object."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, overload

from .. import _core, exc
from .._late import late_names
from ..sql.typed_operators import SQLColumnExpression
from ..util import memoized_property
from .base import (
    CALLABLES_OK,
    NO_VALUE,
    PASSIVE_OFF,
    SQL_OK,
    InspectionAttr,
    PassiveFlag,
    mapper_of_state,
    object_mapper,
)
from .base import INIT_OK as INIT_OK
from .base import NEVER_SET as NEVER_SET
from .base import PASSIVE_NO_FETCH as PASSIVE_NO_FETCH
from .base import PASSIVE_NO_INITIALIZE as PASSIVE_NO_INITIALIZE
from .base import PASSIVE_NO_RESULT as PASSIVE_NO_RESULT
from .base import PASSIVE_RETURN_NO_VALUE as PASSIVE_RETURN_NO_VALUE
from .base import Mapped as Mapped
from .base import instance_state as instance_state
from .listening import attribute_events

if TYPE_CHECKING:
    from ..sql.compiler import SQLCompiler
    from ..sql.elements import ColumnElement, Label
    from .interfaces import MapperProperty
    from .mapper import Mapper
    from .util import AliasedClass, AliasedInsp

_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True)


class QueryableAttribute(Mapped[_T_co], SQLColumnExpression[_T_co], InspectionAttr):
    """A mapped attribute on a class or an alias: a SQL expression.

    Operators, and any attribute not found here, are those of the attribute's comparator: of
    its column, or of its relationship.
    """

    is_attribute = True
    _atomic = False  # self_group() is that of the column, which becomes a part of constructs

    class_: Any
    key: str
    _parententity: Any
    _prop: MapperProperty
    _of_type: Any = None
    _extra_criteria: tuple[Any, ...] = ()

    def __init__(
        self,
        class_: Any,
        key: str,
        parententity: Mapper[Any] | AliasedInsp[Any],
        prop: MapperProperty,
        of_type: Any = None,
        extra_criteria: tuple[Any, ...] = (),
    ) -> None:
        self.class_ = class_
        self.key = key
        self._parententity = parententity
        self._prop = prop
        self._of_type = of_type
        self._extra_criteria = extra_criteria

    @builtins.property
    def parent(self) -> Any:
        """The mapper or alias inspection this attribute belongs to."""
        return self._parententity

    @memoized_property
    def impl(self) -> AttributeImpl:
        """The inside of the attribute."""
        from .attribute_impls import impl_of

        return impl_of(self._prop, self._parententity.mapper.class_, self.dispatch)

    @builtins.property
    def dispatch(self) -> Any:
        """Who listens to the attribute's events, by their names."""
        from .events import AttributeEvents, ClassDispatch

        return ClassDispatch(AttributeEvents, self._parententity.mapper.class_, f"{self.key}.")

    @builtins.property
    def property(self) -> MapperProperty:
        """The `MapperProperty` behind the attribute; configures mappers."""
        self._prop.parent._check_configure()
        return self._prop

    prop = property

    @memoized_property
    def comparator(self) -> Any:
        """What gives this attribute its operators."""
        return self._prop._make_comparator(self)

    @memoized_property
    def _operand(self) -> Any:
        """What operators work on: for a plain column the column itself, which is faster."""
        return self._prop._operand_of(self)

    @memoized_property
    def _element(self) -> Any:
        return self._prop._clause_element_of(self)

    def __clause_element__(self) -> ColumnElement[Any]:
        return self._element  # type: ignore[no-any-return]

    @builtins.property
    def expression(self) -> ColumnElement[Any]:
        """The SQL expression of the attribute."""
        return self._element  # type: ignore[no-any-return]

    @builtins.property
    def info(self) -> dict[Any, Any]:
        """The free dictionary of the property."""
        return self._prop.info

    def operate(self, op: Callable[..., Any], *other: Any, **kwargs: Any) -> Any:
        return op(self._operand, *other, **kwargs)

    def reverse_operate(self, op: Callable[..., Any], other: Any, **kwargs: Any) -> Any:
        return op(other, self._operand, **kwargs)

    def label(self, name: str | None) -> Label[_T_co]:
        """The column under another name."""
        return self._element.label(name)  # type: ignore[no-any-return]

    @overload
    def of_type(self, entity: type[_T] | AliasedClass[_T]) -> QueryableAttribute[_T]: ...
    @overload
    def of_type(self, entity: Any) -> QueryableAttribute[Any]: ...
    def of_type(self, entity: Any) -> QueryableAttribute[Any]:
        """The relationship, led to a subclass or to an alias of its target."""
        from ..inspection import inspect

        return self._with(of_type=inspect(entity))

    def and_(self, *criteria: Any) -> QueryableAttribute[Any]:
        """The relationship with further criteria in its ON clause."""
        from ..sql import coercions

        added = tuple(coercions.expect_where(item) for item in criteria)
        return self._with(extra_criteria=self._extra_criteria + added)

    def _with(self, of_type: Any = None, extra_criteria: Any = None) -> QueryableAttribute[Any]:
        return _DerivedAttribute(
            self.class_,
            self.key,
            self._parententity,
            self._prop,
            self._of_type if of_type is None else of_type,
            self._extra_criteria if extra_criteria is None else extra_criteria,
        )

    def _under_name(self, key: str, comparator_factory: Any) -> QueryableAttribute[Any]:
        """The attribute as a synonym shows it."""
        return _SynonymOf(self, self.class_, key, self._parententity, comparator_factory)

    def any(self, criterion: Any = None, **kwargs: Any) -> ColumnElement[bool]:
        """EXISTS over a collection: some member meets the criterion."""
        return self._operand_for_relationship("any").any(criterion, **kwargs)  # type: ignore[no-any-return]

    def has(self, criterion: Any = None, **kwargs: Any) -> ColumnElement[bool]:
        """EXISTS over a many-to-one: the related object meets the criterion."""
        return self._operand_for_relationship("has").has(criterion, **kwargs)  # type: ignore[no-any-return]

    def _operand_for_relationship(self, name: str) -> Any:
        if not self._prop._is_relationship:
            getattr(self._element, name)  # says what a column has not
        return self._operand

    def adapt_to_entity(self, adapt_to: AliasedInsp[Any]) -> QueryableAttribute[Any]:
        """The same attribute of an alias."""
        return _DerivedAttribute(
            adapt_to.entity, self.key, adapt_to, self._prop, self._of_type, self._extra_criteria
        )

    @staticmethod
    def _compile_with(attribute: Any, compiler: SQLCompiler, **kw: Any) -> str:
        """What a function registered with compiles() has of one that it was given as it is."""
        return compiler.process(attribute.__clause_element__(), **kw)

    def _no_attribute(self, name: str) -> str:
        return (
            f"Neither 'InstrumentedAttribute' object nor '{_comparator_name(self._prop)}' object "
            f"associated with {self} has an attribute '{name}'"
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "_prop" not in self.__dict__:
            raise AttributeError(name)
        try:
            return self._prop._comparator_attribute(self, name)
        except AttributeError:
            raise AttributeError(self._no_attribute(name)) from None

    def __str__(self) -> str:
        return f"{self.class_.__name__}.{self.key}"

    def __repr__(self) -> str:
        return object.__repr__(self)

    def __hash__(self) -> int:
        return id(self) >> 4


def _comparator_name(prop: Any) -> str:
    factory = getattr(prop, "comparator_factory", None)
    return "Comparator" if factory is None else factory.__name__.replace("Relationship", "")


class _DerivedAttribute(QueryableAttribute[_T_co]):
    # The attribute of an alias, or one led on by of_type() or and_(). Not a QueryableAttribute
    # itself: in ``A.id == User.id`` Python would ask the right side first, because
    # InstrumentedAttribute is a subclass of that.
    __doc__ = None  # the program's, if there is any


class _SynonymOf(_DerivedAttribute[_T_co]):
    # An attribute under the name of a synonym, whose `comparator_factory` may give it operators
    # of its own.
    __doc__ = None

    def __init__(
        self,
        named: QueryableAttribute[Any],
        class_: Any,
        key: str,
        parententity: Any,
        comparator_factory: Any,
    ) -> None:
        super().__init__(
            class_, key, parententity, named._prop, named._of_type, named._extra_criteria
        )
        self._named = named
        self._comparator_factory = comparator_factory

    @builtins.property
    def info(self) -> dict[Any, Any]:
        """That of the attribute it stands for."""
        return self._named.info

    @memoized_property
    def comparator(self) -> Any:
        """What gives this attribute its operators."""
        if self._comparator_factory is None:
            return self._named.comparator
        return self._comparator_factory(self._prop, self._parententity)

    @memoized_property
    def _operand(self) -> Any:
        return self._named._operand if self._comparator_factory is None else self.comparator

    @memoized_property
    def _element(self) -> Any:
        if self._comparator_factory is None:
            element = self._named._element
        else:
            element = self.comparator.__clause_element__()
        return element._annotate({"proxy_key": self.key})

    def adapt_to_entity(self, adapt_to: AliasedInsp[Any]) -> QueryableAttribute[Any]:
        """The same attribute of an alias."""
        return _SynonymOf(
            self._named.adapt_to_entity(adapt_to),
            adapt_to.entity,
            self.key,
            adapt_to,
            self._comparator_factory,
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "_prop" not in self.__dict__:
            raise AttributeError(name)
        if self._comparator_factory is None:
            return getattr(self._named, name)
        return getattr(self.comparator, name)


class InstrumentedAttribute(_core.Attribute, QueryableAttribute[_T_co]):
    """The attribute that a mapped class carries: a SQL expression on the class, the value
    (kept by the core) on an object."""

    def __init__(
        self, manager: _core.ClassManager, slot: int, prop: MapperProperty, mapper: Mapper[Any]
    ) -> None:
        _core.Attribute.__init__(self, manager, slot)
        self.class_ = manager.class_
        self._parententity = mapper
        self._prop = prop
        self.__doc__ = prop.doc

    @builtins.property
    def info(self) -> dict[Any, Any]:
        """The free dictionary of the column, or of the property if it is of no column."""
        prop: Any = self._prop
        column = prop.columns[0] if prop._is_column else None
        return prop.info if column is None or column.table is None else column.info  # type: ignore[no-any-return]


# the types, not their names: an annotation that is a name is compiled where it is met
_HistoryFields = NamedTuple(  # noqa: UP014
    "_HistoryFields",
    [("added", Sequence[Any]), ("unchanged", Sequence[Any]), ("deleted", Sequence[Any])],
)


class History(_HistoryFields):
    """What happened to an attribute since the last flush."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return any((self.added, self.unchanged, self.deleted))

    def empty(self) -> bool:
        """No value is known and nothing changed."""
        return not bool(self)

    def sum(self) -> Sequence[Any]:
        """Everything in one list."""
        return [*self.added, *self.unchanged, *self.deleted]

    def non_deleted(self) -> Sequence[Any]:
        """What the attribute holds now."""
        return [*self.added, *self.unchanged]

    def non_added(self) -> Sequence[Any]:
        """What the attribute held before."""
        return [*self.unchanged, *self.deleted]

    def has_changes(self) -> bool:
        """Something was added or deleted."""
        return bool(self.added or self.deleted)


HISTORY_BLANK = History((), (), ())


def _slot_and_property(instance: object, key: str) -> tuple[int, Any]:
    mapper = mapper_of_state(instance)
    slot = mapper.class_manager.names.get(key)
    if slot is None:
        raise KeyError(key)
    return slot, mapper._props[key]


def _slot(instance: object, key: str) -> int:
    return _slot_and_property(instance, key)[0]


def _history(instance: object, slot: int, prop: Any) -> History:
    collection = _is_collection(prop)
    if collection and _is_unloaded(prop):
        added, unchanged, deleted = _core.history(instance, slot)
        return History(list(added), list(unchanged), list(deleted))
    if (
        collection
        and _core.peek(instance, slot) is NO_VALUE
        and _core.identity_key(instance) is not None
        and _core.committed(instance, slot) is ...
    ):
        # What back references did to a collection that is not loaded is not its history yet.
        return HISTORY_BLANK
    added, unchanged, deleted = _core.history(instance, slot)
    if collection and _core.committed(instance, slot) is not ...:
        return History(list(added), list(unchanged), list(deleted))
    if collection and _core.peek(instance, slot) is not NO_VALUE:
        return History((), list(unchanged), ())
    return History(added or (), unchanged or (), deleted or ())


def _is_unloaded(prop: Any) -> bool:
    """Whether an attribute is a collection that is never loaded."""
    return bool(prop._is_relationship and prop._is_never_loaded)


def _is_collection(prop: Any) -> bool:
    return prop._is_relationship and bool(prop.uselist)


def _waits(obj: object, slot: int) -> bool:
    """Whether a column of an object that has lost its row is still to be loaded again."""
    if slot in _core.expired_slots(obj):
        return True
    if not _core.state_flags(obj) & _core.STATE_EXPIRED:
        return False
    return any(prop.slot == slot for prop in object_mapper(obj).column_attrs)


def get_history(obj: object, key: str, passive: PassiveFlag = PASSIVE_OFF) -> History:
    """The history of an attribute; with `PASSIVE_OFF` its value is loaded if need be."""
    known: History | None = _core.history_of_value(obj, key)
    if known is not None:
        return known
    slot, prop = _slot_and_property(obj, key)
    if prop._is_composite:
        return prop._history(obj)  # type: ignore[no-any-return]
    if prop._is_registered:
        state = instance_state(obj)
        return getattr(type(obj), key).impl.get_history(state, state.dict, passive)  # type: ignore[no-any-return]
    if _is_unloaded(prop) and passive & INIT_OK and _core.identity_key(obj) is not None:
        return _history_with_rows(obj, prop, passive)
    if (
        _core.peek(obj, slot) is NO_VALUE  # first: mostly there is one
        and passive & CALLABLES_OK
        and passive & SQL_OK
        and not _is_unloaded(prop)
        and _core.committed(obj, slot) is ...
        and (_core.identity_key(obj) is not None or _waits(obj, slot))
    ):
        getattr(obj, key)
    history = _history(obj, slot, prop)
    if history.added and prop._is_relationship and prop.viewonly:
        # of a new object that was never asked for its history
        return History((), [*history.added, *history.unchanged], ())
    return with_loss(obj, slot, prop, history) if passive & CALLABLES_OK else history


def _history_with_rows(obj: Any, prop: Any, passive: PassiveFlag) -> History:
    """The history of a collection that is never loaded, with the members that have rows."""
    if prop.lazy == "write_only" and passive & SQL_OK:
        raise not_iterated(prop)
    known = _history(obj, prop.slot, prop)
    session = _core.session_of(obj)
    if prop.lazy == "write_only" or session is None:
        return known
    members = getattr(obj, prop.key)._query(session).autoflush(False).all()
    stored = set(map(id, members))
    removed = set(map(id, known.deleted))
    return History(
        [item for item in known.added if id(item) not in stored],
        [item for item in members if id(item) not in removed],
        [item for item in known.deleted if id(item) in stored],
    )


def not_iterated(prop: Any) -> exc.InvalidRequestError:
    """The error of a collection that would have to be loaded, and is write-only."""
    return exc.InvalidRequestError(
        f"Attribute {prop} can't load the existing state from the database for this operation; "
        "full iteration is not permitted.  If this is a delete operation, configure "
        f"passive_deletes=True on the {prop} relationship in order to resolve this error."
    )


def with_loss(obj: object, slot: int, prop: Any, history: History) -> History:
    """A history that was loaded: of a reference that was taken away, where nothing is there to be
    loaded, that it is None now."""
    if any(history) or not prop._is_relationship or prop.uselist:
        return history
    return History([None], (), ()) if _core.committed(obj, slot) is NO_VALUE else history


def set_committed_value(instance: object, key: str, value: Any) -> None:
    """Give an attribute a value as if it had been loaded: no history."""
    slot, prop = _slot_and_property(instance, key)
    if prop._is_relationship and prop._is_never_loaded:
        raise NotImplementedError("Dynamic attributes don't support collection population.")
    _core.set_loaded(instance, slot, value)
    _core.unexpire(instance, True)  # what it has besides is expired by name


def set_attribute(instance: object, key: str, value: Any, initiator: Any = None) -> None:
    """Assign a mapped attribute, with history and events."""
    slot, prop = _slot_and_property(instance, key)
    if prop._is_composite or prop._is_registered:
        setattr(instance, key, value)
    else:
        _core.set_value(instance, slot, value)


def get_attribute(instance: object, key: str) -> Any:
    """The value of a mapped attribute, loaded if need be."""
    _slot(instance, key)
    return getattr(instance, key)


def del_attribute(instance: object, key: str) -> None:
    """Delete the value of a mapped attribute."""
    _slot(instance, key)
    delattr(instance, key)


def flag_modified(instance: object, key: str) -> None:
    """Mark an attribute as changed although it was not assigned: the next flush writes it."""
    slot = _slot(instance, key)
    if _core.peek(instance, slot) is NO_VALUE:
        raise exc.InvalidRequestError(
            f"Can't flag attribute '{key}' modified; it's not present in the object state"
        )
    if "modified" in attribute_events:
        from .event_tokens import OP_MODIFIED, AttributeEventToken
        from .hooks import attribute_listeners

        manager = _core.manager_of(instance)
        assert manager is not None
        prop = object_mapper(instance)._props[key]
        for item in attribute_listeners(manager.class_, key, "modified"):
            item.call(instance, AttributeEventToken(prop, OP_MODIFIED))
    _core.flag_modified(instance, slot)


def flag_dirty(instance: object) -> None:
    """Mark an object as changed without naming an attribute."""
    mapper_of_state(instance)
    _core.flag_modified(instance)


def instance_dict(instance: object) -> Any:
    """The attributes of an object by name: its `__dict__`."""
    mapper_of_state(instance)
    return instance.__dict__


def manager_of_class(cls: type) -> Any:
    """The core's record of a mapped class, or None."""
    return cls.__dict__.get("__cormorant_manager__")


def init_collection(obj: object, key: str) -> Any:
    """Give a collection attribute a new, empty collection, whose adapter is returned: what it is
    given by ``append_without_event()`` counts as loaded."""
    slot, prop = _slot_and_property(obj, key)
    if not _is_collection(prop):
        raise AttributeError(f"attribute {key!r} is no collection")
    from .collections import collection_adapter

    _core.set_loaded(obj, slot, [])
    return collection_adapter(_core.peek(obj, slot))


if TYPE_CHECKING:
    from .attribute_impls import AttributeImpl as AttributeImpl
    from .attribute_impls import CollectionAttributeImpl as CollectionAttributeImpl
    from .attribute_impls import ScalarAttributeImpl as ScalarAttributeImpl
    from .attribute_impls import ScalarObjectAttributeImpl as ScalarObjectAttributeImpl
    from .attribute_impls import register_attribute as register_attribute
    from .event_tokens import OP_APPEND as OP_APPEND
    from .event_tokens import OP_BULK_REPLACE as OP_BULK_REPLACE
    from .event_tokens import OP_MODIFIED as OP_MODIFIED
    from .event_tokens import OP_REMOVE as OP_REMOVE
    from .event_tokens import OP_REPLACE as OP_REPLACE
    from .event_tokens import AttributeEventToken as AttributeEventToken
else:
    __getattr__ = late_names(
        __name__,
        {
            ".attribute_impls": "AttributeImpl CollectionAttributeImpl ScalarAttributeImpl "
            "ScalarObjectAttributeImpl register_attribute",
            ".event_tokens": "AttributeEventToken Event OP_APPEND OP_BULK_REPLACE OP_MODIFIED "
            "OP_REMOVE OP_REPLACE",
        },
    )
