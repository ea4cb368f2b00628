"""The transactions of a session: SessionTransaction and its use as a context manager."""

from __future__ import annotations

import enum
import weakref
from typing import TYPE_CHECKING, Any

from .. import _core, exc
from ..util import warn

if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from types import TracebackType

    from .session import Session

MAX_LEVEL = 255
"""Deepest nesting the state of an object can remember. Objects of deeper levels would look alike,
so that a rollback of one took those of the others for its own."""


class SessionTransactionState(enum.Enum):
    """What a SessionTransaction can still do."""

    ACTIVE = 1
    PREPARED = 2
    COMMITTED = 3
    DEACTIVE = 4
    CLOSED = 5
    PROVISIONING_CONNECTION = 6


ACTIVE = SessionTransactionState.ACTIVE
PREPARED = SessionTransactionState.PREPARED
COMMITTED = SessionTransactionState.COMMITTED
DEACTIVE = SessionTransactionState.DEACTIVE
CLOSED = SessionTransactionState.CLOSED


_SUBTRANSACTION_EVENTS = (
    "after_transaction_create",
    "after_transaction_end",
    "after_soft_rollback",
)


class SessionTransactionOrigin(enum.Enum):
    """What began a SessionTransaction."""

    AUTOBEGIN = 0
    BEGIN = 1
    BEGIN_NESTED = 2
    SUBTRANSACTION = 3


def _unheard(session: Session, method: Callable[[Any], None], obj: Any) -> None:
    """Call a method of a session without its listeners."""
    mask, session._event_mask = session._event_mask, 0
    try:
        method(obj)
    finally:
        session._event_mask = mask


class SessionTransaction:
    """A transaction, or a savepoint, of a Session.

    It holds the connections that take part and what is needed to put objects back
    into the state they had before it: the objects it deleted, the objects it
    updated (savepoints only; the outermost rollback expires everything) and the
    identities it changed. Objects it inserted carry its nesting level in C.
    """

    __slots__ = (
        "__weakref__",
        "_born",
        "_connections",
        "_context_outer",
        "_deleted",
        "_entries",
        "_expunged",
        "_key_switches",
        "_level",
        "_parent",
        "_rollback_exception",
        "_state",
        "_undone",
        "_updated",
        "nested",
        "origin",
        "session",
    )

    def __init__(
        self,
        session: Session,
        origin: SessionTransactionOrigin,
        parent: SessionTransaction | None = None,
    ) -> None:
        self.session = session
        self.origin = origin
        self._parent = parent
        self.nested = origin is SessionTransactionOrigin.BEGIN_NESTED
        # engine or connection -> (connection, transaction, commits, closes)
        self._connections: dict[Any, tuple[Any, Any, bool, bool]] = {}
        # The same, each once.
        self._entries: list[tuple[Any, Any, bool, bool]] = []
        self._state = ACTIVE
        self._rollback_exception: BaseException | None = None
        self._level: int = 1 if parent is None else min(parent._level + 1, MAX_LEVEL)
        if self.nested and parent is not None and parent._level == MAX_LEVEL:
            raise exc.InvalidRequestError(
                f"Savepoints of a Session cannot be nested deeper than {MAX_LEVEL - 1}"
            )
        # True when a flush inserted objects in it.
        self._born = False
        # Inserted in this transaction, and then taken out of the session by the program.
        # (an object that was inserted and expunged, level of the transaction that inserted it)
        self._expunged: list[tuple[weakref.ref[Any], int]] = []
        # Have no row since a flush failed: whatever is done with them before rollback() is undone.
        #: what a failed flush left without rows, with the identity that a rollback gives it: that
        #: before its key changed, or none
        self._undone: list[tuple[weakref.ref[Any], tuple[Any, ...] | None]] = []
        self._deleted: list[Any] = []
        self._updated: list[Any] = []
        # id of an object -> (the object, the key it had before this transaction)
        self._key_switches: dict[int, tuple[Any, Any]] = {}
        self._context_outer: Any = None

    # -- what it is ---------------------------------------------------------

    @property
    def parent(self) -> SessionTransaction | None:
        """The enclosing SessionTransaction, or None."""
        return self._parent

    @property
    def is_active(self) -> bool:
        """True while statements can be run in it."""
        return self.session is not None and self._state is ACTIVE

    def _rollback_can_be_called(self) -> bool:
        return self._state not in (COMMITTED, CLOSED)

    def _check(self, *, prepared_ok: bool = False, deactive_ok: bool = False) -> None:
        """Raise what a transaction in this state says when it is used."""
        state = self._state
        if state is ACTIVE:
            return
        if state is COMMITTED:
            raise exc.InvalidRequestError(
                "This session is in 'committed' state; no further SQL can be emitted "
                "within this transaction."
            )
        if state is PREPARED:
            if not prepared_ok:
                raise exc.InvalidRequestError(
                    "This session is in 'prepared' state; no further SQL can be emitted "
                    "within this transaction."
                )
        elif state is DEACTIVE:
            if deactive_ok:
                return
            if self._rollback_exception is not None:
                raise exc.PendingRollbackError(
                    "This Session's transaction has been rolled back due to a previous "
                    "exception during flush. To begin a new transaction with this Session, "
                    "first issue Session.rollback(). Original exception was: "
                    f"{self._rollback_exception}",
                    code="7s2a",
                )
            raise exc.InvalidRequestError(
                "This session is in 'inactive' state, due to the SQL transaction being "
                "rolled back; no further SQL can be emitted within this transaction."
            )
        else:
            raise exc.ResourceClosedError("This transaction is closed")

    # -- connections --------------------------------------------------------

    def connection(
        self,
        bindkey: Any,
        execution_options: Any = None,
        **kwargs: Any,
    ) -> Any:
        """The connection this transaction uses for a mapper or bind."""
        bind = self.session.get_bind(bindkey, **kwargs)
        return self._connection_for_bind(bind, execution_options)

    def _connection_for_bind(self, bind: Any, execution_options: Any = None) -> Any:
        """The begun connection for an engine or connection."""
        if self._state is not ACTIVE:
            self._check()
        found = self._connections.get(bind)
        if found is not None:
            if execution_options:
                from ..util import warn

                warn(
                    "Connection is already established for the given bind; "
                    "execution_options ignored"
                )
            return found[0]
        return self._connect(bind, execution_options)

    def _connect(self, bind: Any, execution_options: Any = None) -> Any:
        if self._parent is not None:
            connection = self._parent._connection_for_bind(bind, execution_options)
            if not self.nested:
                return connection
            entry = (connection, connection.begin_nested(), True, False)
            self._connections[bind] = self._connections[connection] = entry
            self._entries.append(entry)
            if self.session._events is not None:
                self.session._fire("after_begin", self, connection)
            return connection
        own = not getattr(bind, "_is_connection", False)
        connection = bind.connect() if own else bind
        if not own and connection.engine in self._connections:
            raise exc.InvalidRequestError(
                "Session already has a Connection associated for the given Connection's Engine"
            )
        try:
            if execution_options:
                connection = connection.execution_options(**execution_options)
            commits = True
            begun = connection._transaction
            if begun is None or not begun.is_active or (own and self.session.twophase):
                transaction = (
                    connection.begin_twophase() if self.session.twophase else connection.begin()
                )
            else:
                mode = self.session.join_transaction_mode
                if mode == "conditional_savepoint":
                    mode = (
                        "create_savepoint"
                        if connection.in_nested_transaction()
                        else "rollback_only"
                    )
                    if own:
                        warn(
                            "The engine provided as bind produced a connection that is already in "
                            "a transaction. This is usually caused by a core event, such as "
                            "'engine_connect', that has left a transaction open. The effective "
                            f"join transaction mode used by this session is {mode!r}. To silence "
                            "this warning, do not leave transactions open"
                        )
                if mode == "create_savepoint":
                    transaction = connection.begin_nested()
                else:
                    transaction = (
                        connection.get_nested_transaction() or connection.get_transaction()
                    )
                    # "control_fully" commits what it joined, "rollback_only" does not.
                    commits = mode == "control_fully"
            if self._state is not ACTIVE:
                self._check()  # a listener of the engine's has ended it
        except BaseException:
            if own:
                connection.close()
            raise
        entry = (connection, transaction, commits, own)
        self._connections[bind] = self._connections[connection] = entry
        self._entries.append(entry)
        if own:
            self._connections[connection.engine] = entry
        if self.session._events is not None:
            self.session._fire("after_begin", self, connection)
        return connection

    # -- ends ---------------------------------------------------------------

    def prepare(self) -> None:
        """Prepare a two-phase transaction to be committed."""
        if self._parent is not None or not self.session.twophase:
            raise exc.InvalidRequestError(
                "'twophase' mode not enabled, or not root transaction; can't prepare."
            )
        self._prepare()

    def _prepare(self) -> None:
        session = self.session
        if session._events is not None:
            session._fire("before_commit")
        if session._innermost is not self:
            self._commit_inner()
        if not session._flushing:
            for _ in range(100):
                if not session._unflushed:
                    break
                session.flush()
            else:
                raise exc.FlushError(
                    "Over 100 subsequent flushes have occurred within session.commit() - is "
                    "an after_flush() hook creating new objects?"
                )
        if self._parent is None and session.twophase:
            for _, transaction, _, _ in list(self._entries):
                transaction.prepare()
        self._state = PREPARED

    def _commit_inner(self) -> None:
        """Release the savepoints inside of it that are still open: they end with it."""
        inner = self.session._innermost
        while inner is not None and inner is not self:
            outer = inner._parent
            inner.commit()
            inner = outer

    def commit(self, _to_root: bool = False) -> None:
        """Flush and commit; a savepoint is released."""
        state = self._state
        if state is not ACTIVE:
            self._check(prepared_ok=True)
        if state is not PREPARED:
            self._prepare()
        if self._parent is None or self.nested:
            # One that fails leaves the session to be rolled back, by the program.
            for _, transaction, commits, _own in list(self._entries):
                if commits:
                    transaction.commit()
            self._state = COMMITTED
            try:
                if self.session._events is not None:
                    self.session._fire("after_commit")
                self._forget()
            except BaseException:
                self.close()  # what is committed cannot be rolled back any more
                raise
        parent = self._parent
        self.close()
        if _to_root and parent is not None:
            parent.commit(_to_root=True)

    def rollback(self, _to_root: bool = False) -> None:
        """Roll back; objects return to the state they had before."""
        if self._state is COMMITTED:
            self.close()  # its end was interrupted
            return
        if self._state not in (ACTIVE, DEACTIVE, PREPARED):
            self._check(deactive_ok=True)
        session = self.session
        inner = session._innermost
        while inner is not None and inner is not self:
            outer = inner._parent
            inner.close()
            # What the closed savepoint did is undone with this one.
            self._deleted.extend(inner._deleted)
            self._key_switches = {**inner._key_switches, **self._key_switches}
            self._updated.extend(inner._updated)
            self._expunged.extend(inner._expunged)
            self._born = self._born or inner._born
            inner = outer
        failed = None
        if self._state is not DEACTIVE:
            failed = self._undo()
        elif session._unflushed:
            warn(
                "Session's state has been changed on a non-active transaction - this state "
                "will be discarded."
            )
            self._restore()
        parent = self._parent
        self.close()
        if failed is not None:
            raise failed
        if session._events is not None:
            session._fire("after_soft_rollback", self)
        if _to_root and parent is not None:
            parent.rollback(_to_root=True)

    def _undo(self, failing: bool = False) -> BaseException | None:
        """Roll the database back and restore the objects; the error of the first, if any."""
        failed = None
        try:
            for _, transaction, _commits, _own in list(self._entries):
                transaction.rollback()
            self._state = DEACTIVE
            if self.session._events is not None:
                self.session._fire("after_rollback")
        except BaseException as error:
            failed = error
        self._state = DEACTIVE
        rowless = self._restore()
        if failing:
            self._undone += rowless
        return failed

    def _fail(self, error: BaseException, inner: SessionTransaction | None = None) -> None:
        """A flush failed: undo now; the owner has still to call rollback(). `inner` is the
        transaction of the flush that listeners know."""
        failed = None
        if self._state is ACTIVE or self._state is PREPARED:
            self._rollback_exception = error
            failed = self._undo(failing=True)
        elif self._state is CLOSED:
            self._check()  # a listener ended it
        if self.session._events is not None:
            if inner is not None:
                self.session._fire("after_transaction_end", inner)
            if failed is not None:
                raise failed
            self.session._fire("after_soft_rollback", inner or self)
        elif failed is not None:
            raise failed

    def _subtransaction(self) -> SessionTransaction | None:
        """A transaction inside of this one as listeners see the one of a flush; None if
        nobody listens to that."""
        session = self.session
        events = session._events
        if events is None or not any(events._find(name) for name in _SUBTRANSACTION_EVENTS):
            return None
        inner = SessionTransaction(session, SessionTransactionOrigin.SUBTRANSACTION, self)
        session._fire("after_transaction_create", inner)
        return inner

    def close(self, invalidate: bool = False) -> None:
        """Give the connections back; what is not committed is rolled back."""
        session = self.session
        root = self._parent is None
        try:
            for connection, transaction, commits, own in list(self._entries):
                if invalidate and root:
                    connection.invalidate()
                if commits and transaction.is_active:
                    transaction.close()
                if own and root:
                    connection.close()
        finally:
            # Whatever failed: the session can begin again.
            self._state = CLOSED
            self._rollback_exception = None  # whose traceback holds this transaction
            session._innermost = self._parent
            if root:
                session._transaction = None
                session._begun = False
                self._connections.clear()
                self._entries.clear()
        if session._events is not None:
            session._fire("after_transaction_end", self)

    # -- objects ------------------------------------------------------------

    def _note_expunged(self, obj: Any) -> None:
        level = _core.born_level(obj)
        transaction = self
        while transaction._parent is not None and transaction._level > level:
            transaction = transaction._parent
        transaction._expunged.append((weakref.ref(obj), level))

    def _note_all_expunged(self) -> None:
        """Every object of the session is about to be expunged."""
        transaction: SessionTransaction | None = self
        while transaction is not None and not transaction._born:
            transaction = transaction._parent
        if transaction is not None:
            session = self.session
            for obj in _core.born_since([*session._persistent(), *session._gone()], 1):
                self._note_expunged(obj)

    def _take_expunged(self) -> list[Any]:
        """The objects that were inserted in this transaction; what was before it is left to
        the parent."""
        noted, self._expunged = self._expunged, []
        if self._parent is not None:
            self._parent._expunged += [item for item in noted if item[1] < self._level]
        taken = [ref() for ref, level in noted if level >= self._level]
        return [obj for obj in taken if obj is not None]

    def _forget(self) -> None:
        """After a commit: what is done cannot be undone, or only by the parent."""
        session = self.session
        parent = self._parent
        if self._expunged:
            noted, self._expunged = self._expunged, []
            if parent is not None:
                outer = parent._level
                parent._expunged += [(ref, min(level, outer)) for ref, level in noted]
        if parent is None:
            gone, self._deleted = self._deleted, []
            if self._born:
                _core.mark_born(session._persistent(), 0)
            if session.expire_on_commit:
                session._expire_all()
                # else they stay with the session, in the state that they have
                session._expunge_each(gone)
        else:
            if self._born:
                _core.lower_born(session._persistent(), self._level)
                parent._born = True
            parent._deleted.extend(self._deleted)
            parent._updated.extend(self._updated)
            parent._key_switches.update(self._key_switches)

    def _restore(self) -> list[tuple[weakref.ref[Any], tuple[Any, ...] | None]]:
        """After a rollback: objects as they were before this transaction. Returns those that had
        a row in it alone, with the identity that is left to them."""
        session = self.session
        if self._undone:
            self._undo_again()
        deleted, self._deleted = self._deleted, []
        born = []
        if self._born:
            # what has given way to another of its identity as well
            replaced = _core.without_flag(session._gone(), _core.STATE_DELETED)
            born = _core.born_since([*session._persistent(), *replaced], self._level)
        never = [o for o in deleted if _core.born_level(o) >= self._level]
        apart = []
        if self._expunged:
            # What was inserted has no row now, wherever it is.
            here = {id(obj) for obj in born}
            for obj in self._take_expunged():
                owner: Any = _core.session_of(obj)
                if owner is not session:
                    if owner is not None:
                        _unheard(owner, owner._expunge, obj)
                    _core.set_identity(obj, None)
                    apart.append(obj)
                elif id(obj) not in here:
                    born.append(obj)
        marked = session._deleted()
        for obj in marked:
            session._unmark_deleted(obj)
        pending = session._new()
        session._make_transient(pending)
        if born or never or apart:
            session._make_transient(born)
            for obj in never:
                session._expunge(obj)
                _core.set_identity(obj, None)
            for obj in (*born, *never, *apart):
                if id(obj) not in self._key_switches:
                    # What was flushed is no change, of its relationships not when it is added
                    # again.
                    _core.keep_values(obj)
        gone = {id(o) for o in (*born, *never, *apart, *pending)}
        before = {place: key for place, (_, key) in self._key_switches.items()}
        rowless = [(weakref.ref(o), before.get(id(o))) for o in (*born, *never, *apart)]
        if self._key_switches:
            self._switch_back(gone)
        back = [o for o in deleted if id(o) not in gone and _core.session_of(o) is session]
        session._restore_deleted([*back, *marked])
        if session._events is not None:
            session._fire_each("deleted_to_persistent", [*back, *marked])
        if self.nested:
            for obj in (*session._modified(), *self._updated):
                if id(obj) not in gone and _core.session_of(obj) is session:
                    _core.expire(obj)
            self._updated = []
        else:
            session._expire_all()
        return rowless

    def _undo_again(self) -> None:
        """Objects that a failed flush left without rows have no identity but one that was taken
        back, and are in no session."""
        undone, self._undone = self._undone, []
        for ref, before in undone:
            obj = ref()
            if obj is None:
                continue
            owner: Any = _core.session_of(obj)
            if _core.identity_key(obj) is None and owner is self.session:
                continue  # pending again
            if owner is not None:
                _unheard(owner, owner._expunge, obj)
            _core.set_identity(obj, before)

    def _switch_back(self, gone: Container[int]) -> None:
        """Give objects the identities they had before, also those that have no row now (`gone`)
        and those that are in no session, or another one."""
        from .unitofwork import is_modified

        switches, self._key_switches = self._key_switches, {}
        inside: list[tuple[Session, Any, int]] = []
        for obj, key in switches.values():
            owner: Any = _core.session_of(obj)
            if owner is not None:
                level = _core.born_level(obj)
                _unheard(owner, owner._expunge, obj)
                inside.append((owner, obj, level))
            _core.set_identity(obj, key)
            if id(obj) in gone:
                manager: Any = _core.manager_of(obj)
                if is_modified(obj, manager, True):
                    _core.flag_modified(obj)
            elif owner is not self.session:
                _core.expire(obj)
        for owner, obj, level in inside:
            manager = _core.manager_of(obj)
            _, ident, token = _core.identity_key(obj)  # type: ignore[misc]
            other = owner._get(manager, ident, token)
            if other is not None:
                owner._expunge(other)  # it took a place that was never free
            _unheard(owner, owner._attach, obj)
            _core.mark_born([obj], level)

    # -- context manager ----------------------------------------------------

    def __enter__(self) -> SessionTransaction:
        self._context_outer = self.session._trans_context_manager
        self.session._trans_context_manager = self
        return self

    def __exit__(
        self,
        type_: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        session = self.session
        try:
            if type_ is None and self._state is ACTIVE:
                try:
                    self.commit()
                except BaseException:
                    if self._rollback_can_be_called():
                        self.rollback()
                    raise
            elif self._state is ACTIVE or self._state is DEACTIVE:
                if self._rollback_can_be_called():
                    self.rollback()
            elif self._state is not CLOSED:
                self.close()
        finally:
            session._trans_context_manager = self._context_outer
            self._context_outer = None
