"""Events of sessions, mappers, objects, attributes and queries; see `cormorant.event`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _core, exc
from ..event.base import (
    CLASS_LISTENERS,
    Events,
    Listener,
    Subscription,
    class_listeners,
    legacy_signature,
)
from ..util import warn_deprecated
from . import listening

__all__ = [
    "AttributeEvents",
    "InstanceEvents",
    "InstrumentationEvents",
    "MapperEvents",
    "QueryEvents",
    "SessionEvents",
]


def state_of(obj: Any) -> Any:
    """The `InstanceState` that listeners with raw=True are given."""
    from .instance import InstanceState

    return InstanceState(obj)


# --- sessions -----------------------------------------------------------------------

_OF_OBJECTS = frozenset(
    [
        "before_attach",
        "after_attach",
        "transient_to_pending",
        "pending_to_transient",
        "persistent_to_transient",
        "pending_to_persistent",
        "detached_to_persistent",
        "loaded_as_persistent",
        "persistent_to_deleted",
        "deleted_to_persistent",
        "deleted_to_detached",
        "persistent_to_detached",
    ]
)


class SessionEvents(Events):
    """Events of a `Session`, a `sessionmaker`, a `scoped_session`, or a class of sessions."""

    @classmethod
    def _accept_with(cls, target: Any, identifier: str) -> Any:
        from .factory import sessionmaker
        from .scoping import scoped_session
        from .session import Session

        if isinstance(target, scoped_session):
            target = target.session_factory
            if not isinstance(target, sessionmaker) and not (
                isinstance(target, type) and issubclass(target, Session)
            ):
                raise exc.ArgumentError(
                    "Session event listen on a scoped_session requires that its creation "
                    "callable is associated with the Session class."
                )
        if isinstance(target, sessionmaker):
            return target.class_
        if isinstance(target, type):
            if issubclass(target, scoped_session):
                return Session
            return target if issubclass(target, Session) else None
        return target if isinstance(target, Session) else None

    @classmethod
    def _listen(cls, subscription: Subscription, **options: Any) -> None:
        raw = options.pop("raw", False)
        options.pop("retval", None)  # what do_orm_execute returns is heeded anyhow
        options.pop("restore_load_context", None)
        if raw and subscription.identifier in _OF_OBJECTS:
            fn = subscription.call
            subscription.call = lambda session, obj: fn(session, state_of(obj))
        subscription.add(**options)

    @classmethod
    def _listeners_changed(cls, target: Any, identifier: str) -> None:
        super()._listeners_changed(target, identifier)
        from .session import observe_sessions

        observe_sessions(target)

    def do_orm_execute(self, orm_execute_state: Any) -> Any:
        """A statement is executed: see `ORMExecuteState`. A Result may be returned instead."""

    def after_transaction_create(self, session: Any, transaction: Any) -> None:
        """A SessionTransaction was made."""

    def after_transaction_end(self, session: Any, transaction: Any) -> None:
        """A SessionTransaction has ended."""

    def before_commit(self, session: Any) -> None:
        """commit() was called; nothing is flushed for it yet."""

    def after_commit(self, session: Any) -> None:
        """The database has committed; no SQL can be emitted."""

    def after_rollback(self, session: Any) -> None:
        """The database has rolled back."""

    def after_soft_rollback(self, session: Any, previous_transaction: Any) -> None:
        """A SessionTransaction was rolled back."""

    def before_flush(self, session: Any, flush_context: Any, instances: Any) -> None:
        """Before a flush looks at what there is to do."""

    def after_flush(self, session: Any, flush_context: Any) -> None:
        """Everything was written; the session's collections still show what was pending."""

    def after_flush_postexec(self, session: Any, flush_context: Any) -> None:
        """After a flush, when its objects have their new states."""

    def after_begin(self, session: Any, transaction: Any, connection: Any) -> None:
        """A connection takes part in the transaction."""

    def before_attach(self, session: Any, instance: Any) -> None:
        """Before an object comes into the session."""

    def after_attach(self, session: Any, instance: Any) -> None:
        """After an object came into the session."""

    @legacy_signature(
        "0.9",
        ["session", "query", "query_context", "result"],
        lambda context: (context.session, context.query, None, context.result),
    )
    def after_bulk_update(self, update_context: Any) -> None:
        """After an ORM UPDATE of many rows."""

    @legacy_signature(
        "0.9",
        ["session", "query", "query_context", "result"],
        lambda context: (context.session, context.query, None, context.result),
    )
    def after_bulk_delete(self, delete_context: Any) -> None:
        """After an ORM DELETE of many rows."""

    def transient_to_pending(self, session: Any, instance: Any) -> None:
        """A new object came into the session."""

    def pending_to_transient(self, session: Any, instance: Any) -> None:
        """A new object left the session."""

    def persistent_to_transient(self, session: Any, instance: Any) -> None:
        """The INSERT of an object was rolled back."""

    def pending_to_persistent(self, session: Any, instance: Any) -> None:
        """An object was inserted."""

    def detached_to_persistent(self, session: Any, instance: Any) -> None:
        """A detached object came into the session."""

    def loaded_as_persistent(self, session: Any, instance: Any) -> None:
        """An object was loaded."""

    def persistent_to_deleted(self, session: Any, instance: Any) -> None:
        """An object was deleted by a flush."""

    def deleted_to_persistent(self, session: Any, instance: Any) -> None:
        """The DELETE of an object was rolled back."""

    def deleted_to_detached(self, session: Any, instance: Any) -> None:
        """The DELETE of an object was committed, or the session let go of it."""

    def persistent_to_detached(self, session: Any, instance: Any) -> None:
        """An object left the session."""


SessionEvents._listened = listening.session_events


# --- mappers, objects -----------------------------------------------------------------


_FOUND = "_cormorant_listeners_found"


class _ClassEvents(Events):
    """Events kept by class: a mapped class, a base or mixin of mapped classes (with
    propagate=True those derived from it are meant), or `Mapper` for all mapped classes."""

    _inherited = False

    @classmethod
    def _accept_with(cls, target: Any, identifier: str) -> Any:
        from .mapper import Mapper, this_module

        if target is this_module:
            warn_deprecated(
                "The `cormorant.orm.mapper()` symbol is deprecated and will be removed in a "
                "future release. For the mapper-wide event target, use the "
                "'cormorant.orm.Mapper' class.",
                "2.0",
            )
            return Mapper
        if isinstance(target, Mapper):
            return target.class_
        if isinstance(target, _core.ClassManager):
            return target.class_
        if isinstance(target, type) and not issubclass(target, Events):
            return _mapped_by(target)
        return None

    @classmethod
    def _listeners_of(cls, mapped: type, name: str) -> list[Listener]:
        from .mapper import Mapper

        found = class_listeners(cls, mapped, name)
        everywhere = Mapper.__dict__.get(CLASS_LISTENERS)
        if everywhere is not None and cls in everywhere and mapped is not Mapper:
            found = [*everywhere[cls].get(name, ()), *found]
        return found

    @classmethod
    def _of(cls, mapped: type, name: str) -> tuple[Any, ...]:
        """The functions that listen to an event of a mapped class."""
        # kept with the class until listeners come or go: it is asked for each object
        kept: dict[Any, tuple[int, tuple[Any, ...]]] | None = mapped.__dict__.get(_FOUND)
        if kept is None:
            kept = {}
            type.__setattr__(mapped, _FOUND, kept)
        found = kept.get((cls, name))
        if found is None or found[0] != cls._version:
            version = cls._version
            calls = tuple(item.call for item in cls._listeners_of(mapped, name))
            found = kept[cls, name] = (version, calls)
        return found[1]

    @classmethod
    def _mappers_of(cls, target: Any) -> list[Any]:
        """The mappers of a class and of the classes derived from it."""
        from .decl_api import all_registries
        from .mapper import Mapper

        return [
            mapper
            for registry in all_registries()
            for mapper in registry.mappers
            if target is Mapper or issubclass(mapper.class_, target)
        ]


def _mapped_by(target: type) -> type | None:
    from ..engine.base import Connection, Engine
    from .attributes import QueryableAttribute
    from .session import Session

    foreign: tuple[type, ...] = (Session, Engine, Connection, QueryableAttribute)
    return None if issubclass(target, foreign) else target


class MapperEvents(_ClassEvents):
    """Events of a mapped class, its mapper, a base of mapped classes, or `Mapper`."""

    @classmethod
    def _accept_with(cls, target: Any, identifier: str) -> Any:
        accepted = super()._accept_with(target, identifier)
        if accepted is not None and identifier in ("before_configured", "after_configured"):
            from .mapper import Mapper

            if accepted is not Mapper:
                from ..util import warn

                warn(
                    "'before_configured' and 'after_configured' ORM events only invoke with the "
                    "Mapper class as the target."
                )
        return accepted

    @classmethod
    def _listen(cls, subscription: Subscription, **options: Any) -> None:
        name = subscription.identifier
        raw = options.pop("raw", False)
        options.pop("retval", None)
        if raw and name in _OF_ROWS:
            fn = subscription.call
            subscription.call = lambda mapper, connection, obj: fn(
                mapper, connection, state_of(obj)
            )
        subscription.add(**options)

    def instrument_class(self, mapper: Any, class_: Any) -> None:
        """A class is going to be mapped."""

    def after_mapper_constructed(self, mapper: Any, class_: Any) -> None:
        """A mapper was made; relationships are not known yet."""

    def before_mapper_configured(self, mapper: Any, class_: Any) -> None:
        """A mapper is going to be configured."""

    def mapper_configured(self, mapper: Any, class_: Any) -> None:
        """A mapper was configured."""

    def before_configured(self) -> None:
        """Mappers are going to be configured."""

    def after_configured(self) -> None:
        """Mappers were configured."""

    def before_insert(self, mapper: Any, connection: Any, target: Any) -> None:
        """Before the INSERTs of a flush for a mapper."""

    def after_insert(self, mapper: Any, connection: Any, target: Any) -> None:
        """After the INSERTs of a flush for a mapper."""

    def before_update(self, mapper: Any, connection: Any, target: Any) -> None:
        """Before the UPDATEs of a flush for a mapper, if need be of that object."""

    def after_update(self, mapper: Any, connection: Any, target: Any) -> None:
        """After the UPDATEs of a flush for a mapper."""

    def before_delete(self, mapper: Any, connection: Any, target: Any) -> None:
        """Before the DELETEs of a flush for a mapper."""

    def after_delete(self, mapper: Any, connection: Any, target: Any) -> None:
        """After the DELETEs of a flush for a mapper."""


_OF_ROWS = frozenset(
    [
        "before_insert",
        "after_insert",
        "before_update",
        "after_update",
        "before_delete",
        "after_delete",
    ]
)
MapperEvents._listened = listening.mapper_events


class InstanceEvents(_ClassEvents):
    """Events of the objects of a mapped class, of a base of mapped classes, or of all."""

    @classmethod
    def _listen(cls, subscription: Subscription, **options: Any) -> None:
        raw = options.pop("raw", False)
        options.pop("restore_load_context", None)
        if raw and subscription.identifier != "first_init":
            fn = subscription.call
            subscription.call = lambda obj, *args: fn(state_of(obj), *args)
        subscription.add(**options)

    @classmethod
    def _listeners_changed(cls, target: Any, identifier: str) -> None:
        super()._listeners_changed(target, identifier)
        from .hooks import hook_instances

        for mapper in cls._mappers_of(target):
            hook_instances(mapper)

    def first_init(self, manager: Any, cls: Any) -> None:
        """The first object of a class is going to be made."""

    def init(self, target: Any, args: Any, kwargs: Any) -> None:
        """Before __init__; `kwargs` may be changed."""

    def init_failure(self, target: Any, args: Any, kwargs: Any) -> None:
        """__init__ has failed."""

    def load(self, target: Any, context: Any) -> None:
        """An object was loaded from a row."""

    def refresh(self, target: Any, context: Any, attrs: Any) -> None:
        """Attributes of an object were loaded again; None stands for all."""

    def refresh_flush(self, target: Any, flush_context: Any, attrs: Any) -> None:
        """A flush has given attributes values of the database's, or of column defaults."""

    def expire(self, target: Any, attrs: Any) -> None:
        """Attributes of an object were expired; None stands for all."""

    def pickle(self, target: Any, state_dict: Any) -> None:
        """An object is pickled; `state_dict` may be changed."""

    def unpickle(self, target: Any, state_dict: Any) -> None:
        """An object was made from a pickle."""


InstanceEvents._listened = listening.instance_events


class ClassDispatch:
    """``dispatch`` of a mapper, a manager or (`prefix`: its name) an attribute: who listens to the
    events of a class, by their names."""

    __slots__ = ("_class", "_family", "_prefix")

    def __init__(self, family: type[_ClassEvents], cls: type, prefix: str = "") -> None:
        self._family = family
        self._class = cls
        self._prefix = prefix

    def __getattr__(self, name: str) -> _ClassCalls:
        if name.startswith("_") or name not in self._family._events:
            raise AttributeError(name)
        return _ClassCalls(self._family._of(self._class, self._prefix + name))

    def __dir__(self) -> list[str]:
        return list(self._family._events)


class _ClassCalls(tuple[Any, ...]):
    """The listeners to an event of a class; called, it calls them."""

    __slots__ = ()

    def __call__(self, *args: Any, **kw: Any) -> None:
        from .instance import InstanceState

        given = [arg.obj() if isinstance(arg, InstanceState) else arg for arg in args]
        for fn in self:
            fn(*given, **kw)


class InstrumentationEvents(_ClassEvents):
    """Events of a class, of those derived from it (unless propagate=False), or with `type` of
    all classes, as they are mapped."""

    @classmethod
    def _accept_with(cls, target: Any, identifier: str) -> Any:
        if target is type:
            from .mapper import Mapper

            return Mapper
        return target if isinstance(target, type) else None

    @classmethod
    def _listen(cls, subscription: Subscription, **options: Any) -> None:
        subscription.add(propagate=options.pop("propagate", True), **options)

    def class_instrument(self, cls: Any) -> None:
        """A class was instrumented."""

    def class_uninstrument(self, cls: Any) -> None:
        """A class is not going to be instrumented any more."""

    def attribute_instrument(self, cls: Any, key: Any, inst: Any) -> None:
        """An attribute was instrumented."""


InstrumentationEvents._listened = listening.instrumentation_events


# --- attributes -------------------------------------------------------------------------


class AttributeEvents(_ClassEvents):
    """Events of a mapped attribute: ``User.name``.

    ``retval=True``: the listener returns the value to be used; ``active_history=True``: the
    old value is loaded before it is replaced; ``propagate=True``: subclasses are meant, too.
    """

    @classmethod
    def _accept_with(cls, target: Any, identifier: str) -> Any:
        from .attributes import QueryableAttribute
        from .interfaces import MapperProperty
        from .proxied import ProxiedAttribute

        if isinstance(target, MapperProperty):
            return getattr(target.parent.class_, target.key)
        if isinstance(target, ProxiedAttribute) and getattr(target, "_is_composite", False):
            return target
        return target if isinstance(target, QueryableAttribute) else None

    @classmethod
    def _listen(cls, subscription: Subscription, **options: Any) -> None:
        from .hooks import hook_attribute

        hook_attribute(subscription, **options)

    @classmethod
    def _listeners_changed(cls, target: Any, identifier: str) -> None:
        super()._listeners_changed(target, identifier)
        from .hooks import attribute_changed

        attribute_changed(target)

    def append(self, target: Any, value: Any, initiator: Any) -> Any:
        """A value is going to be appended to a collection."""

    def append_wo_mutation(self, target: Any, value: Any, initiator: Any) -> None:
        """A value was added to a collection that has it already."""

    def bulk_replace(self, target: Any, values: Any, initiator: Any) -> None:
        """A collection is going to be replaced; `values` may be changed."""

    def remove(self, target: Any, value: Any, initiator: Any) -> None:
        """A value is going to be removed from a collection."""

    def set(self, target: Any, value: Any, oldvalue: Any, initiator: Any) -> Any:
        """A value is going to be assigned."""

    def init_scalar(self, target: Any, value: Any, dict_: Any) -> Any:
        """An attribute without a value is read."""

    def init_collection(self, target: Any, collection: Any, collection_adapter: Any) -> None:
        """A collection was made for an object."""

    def dispose_collection(self, target: Any, collection: Any, collection_adapter: Any) -> None:
        """A collection was replaced by another one."""

    def modified(self, target: Any, initiator: Any) -> None:
        """flag_modified() was called."""


AttributeEvents._listened = listening.attribute_events


# --- queries ----------------------------------------------------------------------------


class QueryEvents(Events):
    """Events of the class `Query`, or of a class derived from it."""

    @classmethod
    def _accept_with(cls, target: Any, identifier: str) -> Any:
        from .query import Query

        if not isinstance(target, type):
            target = type(target)
        return target if issubclass(target, Query) else None

    @classmethod
    def _listen(cls, subscription: Subscription, **options: Any) -> None:
        retval = options.pop("retval", False)
        bake_ok = options.pop("bake_ok", False)
        del bake_ok
        if not retval:
            fn = subscription.call
            subscription.call = _keep_query(fn)
        subscription.add(**options)

    def before_compile(self, query: Any) -> Any:
        """A query is going to be executed; with retval=True another one may be returned."""

    def before_compile_update(self, query: Any, update_context: Any) -> Any:
        """Query.update() was called."""

    def before_compile_delete(self, query: Any, delete_context: Any) -> Any:
        """Query.delete() was called."""


def _keep_query(fn: Callable[..., Any]) -> Callable[..., Any]:
    def before_compile(query: Any, *context: Any) -> Any:
        fn(query, *context)
        return query

    return before_compile


QueryEvents._listened = listening.query_events
