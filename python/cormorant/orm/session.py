"""Session: the identity map, the transaction and the way to the database of mapped objects."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, get_args

from .. import _core, exc, util
from .._known_as import say_package
from .._late import late_function, late_names
from ..event.attr import dispatcher
from .base import instance_str
from .executing import ExecutingSession
from .factory import SessionClassMethods, sessionmaker
from .identity import IdentityMap
from .listening import session_events
from .transaction import (
    ACTIVE,
    CLOSED,
    COMMITTED,
    DEACTIVE,
    PREPARED,
    SessionTransaction,
    SessionTransactionOrigin,
    SessionTransactionState,
)
from .util import object_session

if TYPE_CHECKING:
    from types import TracebackType

    from ..event.base import Dispatch
    from .query import Query

__all__ = [
    "ACTIVE",
    "CLOSED",
    "COMMITTED",
    "DEACTIVE",
    "PREPARED",
    "JoinTransactionMode",
    "Session",
    "SessionTransaction",
    "SessionTransactionOrigin",
    "SessionTransactionState",
    "close_all_sessions",
    "make_transient",
    "make_transient_to_detached",
    "object_session",
    "sessionmaker",
]

_O = TypeVar("_O")
JoinTransactionMode: TypeAlias = Literal[
    "conditional_savepoint", "rollback_only", "control_fully", "create_savepoint"
]
_JOIN_MODES = get_args(JoinTransactionMode)

_EVENT_BITS = {
    "before_attach": _core.SESSION_BEFORE_ATTACH,
    "after_attach": _core.SESSION_AFTER_ATTACH,
    "transient_to_pending": _core.SESSION_AFTER_ATTACH,
    "detached_to_persistent": _core.SESSION_AFTER_ATTACH,
    "pending_to_transient": _core.SESSION_LEAVE,
    "persistent_to_transient": _core.SESSION_LEAVE,
    "persistent_to_detached": _core.SESSION_LEAVE,
    "deleted_to_detached": _core.SESSION_LEAVE,
    "loaded_as_persistent": _core.SESSION_LOADED,
}


def observe_sessions(target: Any) -> None:
    """Somebody began or ceased to listen to a session, or to a class of sessions."""
    if isinstance(target, Session):
        target._observe()
        return
    for session in list(_sessions.values()):
        session._observe()


_sessions: weakref.WeakValueDictionary[int, Session] = weakref.WeakValueDictionary()


def _unmapped(obj: Any) -> exc.UnmappedInstanceError:
    """The error for an object whose class is not mapped."""
    cls = type(obj)
    if obj is not None and isinstance(obj, type):
        from .base import mapper_or_none

        if mapper_or_none(obj) is not None:
            return exc.UnmappedInstanceError(
                obj,
                f"Class '{cls.__module__}.{cls.__name__}' is not mapped; was a class "
                f"({obj.__module__}.{obj.__name__}) supplied where an instance was required?",
            )
    return exc.UnmappedInstanceError(obj, f"Class '{cls.__module__}.{cls.__name__}' is not mapped")


def _stood_for(obj: Any) -> Any:
    """The object that one of an unmapped class stands for, giving its state for its own."""
    found = _core.stood_for(obj)
    if found is None:
        raise _unmapped(obj)
    return found


_make_flush = late_function(__name__, "_make_flush", ".unitofwork", "UOWTransaction")
_cascade_objects = late_function(__name__, "_cascade_objects", ".unitofwork", "cascade_objects")
_is_modified = late_function(__name__, "_is_modified", ".unitofwork", "is_modified")
_merge = late_function(__name__, "_merge", ".merge", "merge")
_refresh = late_function(__name__, "_refresh", ".refresh", "refresh")
_expire = late_function(__name__, "_expire", ".refresh", "expire")


@say_package
class Session(ExecutingSession, SessionClassMethods):
    """Holds mapped objects, loads them once each, and writes their changes.

    Every object is known under its identity; changes are written by `flush`, which queries and
    commits do by themselves. A Session belongs to one thread.

    bind: the Engine or Connection; binds: those of single classes, mappers and tables. autoflush:
    flush before queries. expire_on_commit: load objects anew after a commit. autobegin: False asks
    for begin(). twophase: two-phase commits. info: a dict for the program. query_cls: the class of
    query(). join_transaction_mode: what a commit does to a Connection's own transaction:
    "conditional_savepoint", "rollback_only", "control_fully" or "create_savepoint".
    close_resets_only: False forbids to use it after close(). autocommit, future and
    enable_baked_queries are what is left of older versions. Raises exc.ArgumentError for another
    join_transaction_mode, autocommit=True or future=False.
    """

    autoflush: bool
    expire_on_commit: bool
    join_transaction_mode: JoinTransactionMode
    connection_callable: Callable[..., Any] | None = None
    """connection_callable(mapper, object): what a flush writes an object with, if a subclass
    says so."""

    # True while a flush looks for what the database has: keys as they were are asked for.
    _load_committed = False
    _loads_for_itself = False
    """Relationships are loaded for cascades: lazy="raise" is about the program alone."""
    dispatch = dispatcher("cormorant.orm.events:SessionEvents")
    _events: Dispatch | None
    """The dispatch, if anybody listens to the session."""

    def __init__(
        self,
        bind: Any = None,
        *,
        autoflush: bool = True,
        future: bool = True,
        expire_on_commit: bool = True,
        autobegin: bool = True,
        twophase: bool = False,
        binds: Mapping[Any, Any] | None = None,
        enable_baked_queries: bool = True,
        info: Mapping[Any, Any] | None = None,
        query_cls: type[Query[Any]] | None = None,
        autocommit: bool = False,
        join_transaction_mode: JoinTransactionMode = "conditional_savepoint",
        close_resets_only: bool = True,
    ) -> None:
        if autocommit:
            raise exc.ArgumentError("autocommit=True is no longer supported")
        if not future:
            raise exc.ArgumentError(
                "The 'future' parameter passed to Session() may only be set to True."
            )
        if join_transaction_mode not in _JOIN_MODES:
            raise exc.ArgumentError(
                f'invalid selection for join_transaction_mode: "{join_transaction_mode}"'
            )
        super().__init__()
        self.bind = bind
        self.autoflush = autoflush
        self.expire_on_commit = expire_on_commit
        self.autobegin = autobegin
        self.twophase = twophase
        self.enable_baked_queries = enable_baked_queries
        self.join_transaction_mode = join_transaction_mode
        self._close_state = "open" if close_resets_only else "closes"
        self._flushing = False
        self._condemned: Sequence[Any] = ()
        # What each statement asks is read from the instance, which is quick.
        self._events = None
        self._routes = type(self).get_bind is not Session.get_bind
        # The outermost transaction, and the innermost one, which statements run in.
        self._transaction: SessionTransaction | None = None
        self._innermost: SessionTransaction | None = None
        self._trans_context_manager: SessionTransaction | None = None
        self._binds: dict[Any, Any] = {}
        if info:
            self.__dict__["info"] = dict(info)
        if query_cls is not None:
            self._query_cls = query_cls
        if binds is not None:
            for key, value in binds.items():
                self._add_bind(key, value)
        _sessions[self.hash_key] = self
        if session_events:
            self._observe()

    # -- events -------------------------------------------------------------

    def _observe(self) -> None:
        """Look who listens to this session."""
        dispatch = self.dispatch
        names = {name for name in session_events if dispatch._find(name)}
        self._events = dispatch if names else None
        mask = 0
        for name, bit in _EVENT_BITS.items():
            if name in names:
                mask |= bit
        self._event_mask = mask

    def _fire(self, name: str, *args: Any) -> None:
        """Call the listeners of an event."""
        events = self._events
        if events is not None:
            for fn in events._find(name):
                fn(self, *args)

    def _fire_each(self, name: str, objects: Iterable[Any]) -> None:
        """Call the listeners of an event for each object."""
        events = self._events
        if events is not None:
            calls = events._find(name)
            for obj in objects if calls else ():
                for fn in calls:
                    fn(self, obj)

    # -- small state --------------------------------------------------------

    @property
    def info(self) -> dict[Any, Any]:
        """A dictionary for the program's own use."""
        found: dict[Any, Any] = self.__dict__.setdefault("info", {})
        return found

    @util.memoized_property
    def _query_cls(self) -> type[Query[Any]]:
        from .query import Query

        return Query

    @property
    def is_active(self) -> bool:
        """False while a failed flush waits for rollback()."""
        if not self.autobegin and self._innermost is None:
            return False
        return self._innermost is None or self._innermost.is_active

    @property
    def new(self) -> util.IdentitySet:
        """Objects to be inserted by the next flush."""
        return util.IdentitySet(self._new())

    @property
    def deleted(self) -> util.IdentitySet:
        """Objects to be deleted by the next flush; while it runs, without those that it deletes
        by itself, as orphans."""
        deleted = util.IdentitySet(self._deleted())
        return deleted.difference(self._condemned) if self._condemned else deleted

    @property
    def dirty(self) -> util.IdentitySet:
        """Persistent objects with changes, whether or not there is a net change."""
        modified = self._modified()
        if modified and (deleted := self.deleted):
            modified = [obj for obj in modified if obj not in deleted]
        return util.IdentitySet(modified)

    @property
    def identity_map(self) -> IdentityMap:
        """The persistent objects by identity key, as a mapping."""
        return IdentityMap(self)

    @property
    def no_autoflush(self) -> _NoAutoflush:
        """A context manager inside which queries do not flush."""
        return _NoAutoflush(self)

    def __iter__(self) -> Iterator[Any]:
        """The pending and the persistent objects."""
        return iter([*self._new(), *self._persistent()])

    def __contains__(self, instance: object) -> bool:
        if not _core.is_entity(instance):
            instance = _stood_for(instance)
        return super().__contains__(instance)

    # -- objects ------------------------------------------------------------

    # add() and delete() are the core's, for what most programs give them.

    def _add_as_told(self, instance: object, _warn: bool = True) -> None:
        """add() while a flush runs, or with a second argument."""
        if self._warn_on_events and _warn:
            self._flush_warning("Session.add()")
        self._add(instance)

    def add_all(self, instances: Iterable[object]) -> None:
        """Put several objects into the session, as add() does each of the instances."""
        if self._warn_on_events:
            self._flush_warning("Session.add_all()")
        self._add_all(instances)

    def _delete_as_told(self, instance: object) -> None:
        """delete() while a flush runs, or of what is not loaded with all that its cascades reach."""
        if self._warn_on_events:
            self._flush_warning("Session.delete()")
        from .unitofwork import delete_cascade

        if not _core.is_entity(instance):
            instance = _stood_for(instance)
        if _core.identity_key(instance) is not None:
            self._autobegin_t()
        delete_cascade(self, [instance])

    def _note_deleted(self, objects: list[Any]) -> None:
        """Objects have no row any more: out of the identity map, until the transaction is
        rolled back."""
        if objects:
            transaction = self._autobegin_t()
            self._remove_deleted(objects)
            transaction._deleted.extend(objects)

    def delete_all(self, instances: Iterable[object]) -> None:
        """Mark several objects to be deleted."""
        from .unitofwork import delete_cascade

        objects = [obj if _core.is_entity(obj) else _stood_for(obj) for obj in instances]
        self._autobegin_t()
        delete_cascade(self, objects)

    def refresh(
        self,
        instance: object,
        attribute_names: Iterable[str] | None = None,
        with_for_update: Any = None,
    ) -> None:
        """Load an object's attributes again.

        instance: a persistent object; attribute_names: which, all columns otherwise;
        with_for_update: True or a dict of with_for_update()'s arguments, to lock the row. Raises
        exc.InvalidRequestError if it is not persistent, or its row is gone.
        """
        if not _core.is_entity(instance):
            instance = _stood_for(instance)
        names = None
        if attribute_names is not None:
            if isinstance(attribute_names, str):
                attribute_names = [attribute_names]
            names = list(attribute_names)
        _refresh(self, instance, names, with_for_update)

    def expire(self, instance: object, attribute_names: Iterable[str] | None = None) -> None:
        """Forget loaded attributes: they are loaded again when next read.

        instance: a persistent object; attribute_names: which, all otherwise. Raises
        exc.InvalidRequestError if it is not in the session.
        """
        if not _core.is_entity(instance):
            instance = _stood_for(instance)
        self._require_persistent(instance)
        names = None
        if attribute_names is not None:
            names = [attribute_names] if isinstance(attribute_names, str) else list(attribute_names)
        _expire(self, instance, names)

    def expire_all(self) -> None:
        """Forget the loaded attributes of every persistent object."""
        self._expire_all()

    def _require_persistent(self, instance: object) -> None:
        if instance not in self or _core.state_flags(instance) & _core.STATE_NEW:
            raise exc.InvalidRequestError(
                f"Instance '{instance_str(instance)}' is not persistent within this Session"
            )

    def expunge(self, instance: object) -> None:
        """Take an instance, and those its expunge cascades name, out of the session.

        Raises exc.InvalidRequestError if it is not in it.
        """
        if not _core.is_entity(instance):
            instance = _stood_for(instance)
        if _core.session_of(instance) is not self:
            raise exc.InvalidRequestError(
                f"Instance {instance_str(instance)} is not present in this Session"
            )
        for obj in [instance, *_cascade_objects(instance, "expunge")]:
            if _core.session_of(obj) is self:
                self._take_out(obj)

    def _take_out(self, obj: Any) -> None:
        """Expunge one object; a rollback still takes the row that this transaction gave it."""
        if self._innermost is not None and _core.born_level(obj):
            self._innermost._note_expunged(obj)
        self._expunge(obj)

    def expunge_all(self) -> None:
        """Take every object out of the session."""
        if self._innermost is not None:
            self._innermost._note_all_expunged()
        self._let_go()

    def _let_go(self) -> None:
        if not self._event_mask & _core.SESSION_LEAVE:
            self._expunge_all()
            return
        persistent, new = self._persistent(), self._new()
        self._expunge_all()
        self._fire_each("persistent_to_detached", persistent)
        self._fire_each("pending_to_transient", new)

    def _refuse_late(self, manager: Any) -> None:
        """Called by the core for rows of a class whose result is from before all objects were
        taken out."""
        obj = manager.new_instance()
        raise exc.InvalidRequestError(
            f"Object {instance_str(obj)} cannot be converted to 'persistent' state, as this "
            "identity map is no longer valid.  Has the owning Session been closed?",
            code="lkrp",
        )

    def is_modified(self, instance: object, include_collections: bool = True) -> bool:
        """True if an object's attributes have net changes."""
        if not _core.is_entity(instance):
            instance = _stood_for(instance)
        manager = _core.manager_of(instance)
        if not _core.changed_slots(instance):
            return False
        return _is_modified(  # type: ignore[no-any-return]
            instance, manager, include_collections
        )

    def merge(
        self,
        instance: _O,
        *,
        load: bool = True,
        options: Sequence[Any] | None = None,
    ) -> _O:
        """Copy an object's state onto the object of the same identity in this session.

        instance: any mapped object, which stays as it is. load: False asks the database for
        nothing. options: loader options of what is loaded. Returns the object of this session.
        """
        if self._warn_on_events:
            self._flush_warning("Session.merge()")
        if not _core.is_entity(instance):
            instance = _stood_for(instance)
        result: _O = _merge(self, (instance,), load, options)[0]
        return result

    def merge_all(
        self,
        instances: Iterable[_O],
        *,
        load: bool = True,
        options: Sequence[Any] | None = None,
    ) -> Sequence[_O]:
        """merge() of several objects."""
        if self._warn_on_events:
            self._flush_warning("Session.merge_all()")
        objects = [obj if _core.is_entity(obj) else _stood_for(obj) for obj in instances]
        return _merge(self, objects, load, options)  # type: ignore[no-any-return]

    def enable_relationship_loading(self, obj: object) -> None:
        """Attach an object so that its relationships are loaded as its foreign keys say, though
        it has no row: no flush writes it unless it is added.

        Raises UnmappedInstanceError if its class is not mapped, InvalidRequestError if it belongs
        to another session.
        """
        self._load_pending(obj)

    # -- flush --------------------------------------------------------------

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write all pending changes to the database.

        objects: only these, deprecated. Raises what the database refuses as exc.IntegrityError and
        so on (the transaction is rolled back), orm.exc.StaleDataError and orm.exc.FlushError.
        """
        if self._flushing:
            raise exc.InvalidRequestError("Session is already flushing")
        if self._unflushed:
            self._flush(objects)

    def _flush_warning(self, operation: str) -> None:
        """Warn of what the flush that is at its statements will not see."""
        util.warn(
            f"Usage of the '{operation}' operation is not currently supported within the execution "
            "stage of the flush process. Results may not be consistent.  Consider using "
            "alternative event listeners or connection-level operations instead."
        )

    def _flush(self, objects: Sequence[Any] | None = None) -> None:
        transaction = self._innermost
        if transaction is None or self._trans_context_manager is not None:
            transaction = self._autobegin_t()
        self._flushing = True
        try:
            if self._events is not None:
                self._flush_and_tell(transaction, objects)
                return
            flush = _make_flush(self, transaction, objects)
            if flush.work or flush.plain is not None:
                if transaction._state is not ACTIVE:
                    flush.check()
                try:
                    flush.run()
                    if transaction._state is not ACTIVE:
                        transaction._check()
                except BaseException as error:
                    try:
                        flush.fail()
                    finally:
                        transaction._fail(error)
                    raise
        finally:
            self._flushing = False
            if self._condemned:
                self._condemned = ()

    def _flush_and_tell(
        self, transaction: SessionTransaction, objects: Sequence[Any] | None
    ) -> None:
        """A flush with its listeners. They see a transaction of the flush's own, as in
        SQLAlchemy."""
        flush = _make_flush(self, transaction, objects)
        if not flush.work:
            return
        flush.check()
        try:
            inner = transaction._subtransaction()
        except BaseException:
            flush.abandon()
            raise
        try:
            flush.run()
            self._fire("after_flush_postexec", flush)
            transaction._check()
            transaction._commit_inner()  # what listeners have begun
        except BaseException as error:
            try:
                flush.fail()
            finally:
                transaction._fail(error, inner)
            raise
        if inner is not None:
            self._fire("after_transaction_end", inner)

    # -- bulk ---------------------------------------------------------------

    def bulk_save_objects(
        self,
        objects: Iterable[object],
        return_defaults: bool = False,
        update_changed_only: bool = True,
        preserve_order: bool = True,
    ) -> None:
        """INSERT or UPDATE objects without the bookkeeping of the session."""
        from .bulk_mappings import bulk_save_objects

        bulk_save_objects(self, objects, return_defaults, update_changed_only, preserve_order)

    def bulk_insert_mappings(
        self,
        mapper: Any,
        mappings: Iterable[dict[str, Any]],
        return_defaults: bool = False,
        render_nulls: bool = False,
    ) -> None:
        """INSERT rows given as dictionaries of attribute names."""
        from .bulk_mappings import bulk_insert_mappings

        bulk_insert_mappings(self, mapper, mappings, return_defaults, render_nulls)

    def bulk_update_mappings(self, mapper: Any, mappings: Iterable[dict[str, Any]]) -> None:
        """UPDATE rows given as dictionaries that hold the primary key."""
        from .bulk_mappings import bulk_update_mappings

        bulk_update_mappings(self, mapper, mappings)

    # -- end ----------------------------------------------------------------

    def close(self) -> None:
        """Detach all objects and give the connection back; the session can go on."""
        self._close(permanently=True)

    def reset(self) -> None:
        """close() that leaves the session usable whatever close_resets_only says."""
        self._close(permanently=False)

    def invalidate(self) -> None:
        """close(), and close the connections instead of giving them back."""
        self._close(permanently=True, invalidate=True)

    def _close(self, *, permanently: bool, invalidate: bool = False) -> None:
        if permanently and self._close_state == "closes":
            self._close_state = "closed"
        self._let_go()
        transaction = self._innermost
        while transaction is not None:
            parent = transaction._parent
            transaction._deleted.clear()
            transaction.close(invalidate)
            transaction = parent

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        type_: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


# as programs call them, in the errors of wrong arguments
Session._add_as_told.__qualname__ = "Session.add"
Session._delete_as_told.__qualname__ = "Session.delete"


class _NoAutoflush:
    """Switches a session's autoflush off for a block."""

    __slots__ = ("_before", "_session")

    def __init__(self, session: Session) -> None:
        self._session = session

    def __enter__(self) -> Session:
        self._before = self._session.autoflush
        self._session.autoflush = False
        return self._session

    def __exit__(self, *exc_info: object) -> None:
        self._session.autoflush = self._before


def _state_session(state: Any) -> Session | None:
    return state.session  # type: ignore[no-any-return]


def close_all_sessions() -> None:
    """Close all sessions in memory."""
    for session in list(_sessions.values()):
        session.close()


if TYPE_CHECKING:
    from .execute_state import ORMExecuteState as ORMExecuteState
    from .instance import make_transient as make_transient
    from .instance import make_transient_to_detached as make_transient_to_detached
else:
    __getattr__ = late_names(
        __name__,
        {
            ".execute_state": "ORMExecuteState",
            ".instance": "make_transient make_transient_to_detached",
        },
    )
