"""What the statements of a session run in: its transactions, connections and binds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from .. import _core, exc
from .binding import mapper_of, tables_of
from .parts import part_of
from .transaction import ACTIVE, SessionTransaction, SessionTransactionOrigin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..engine import Connection
    from ..event.base import Dispatch

_Part = TypeVar("_Part")

_AUTOBEGIN = SessionTransactionOrigin.AUTOBEGIN

_PERMANENTLY_CLOSED = (
    "This Session has been permanently closed and is unable to handle any more "
    "transaction requests."
)


@part_of("Session")
class TransactionalSession(_core.SessionBase):
    """The part of a Session that begins and ends transactions and finds connections."""

    bind: Any
    autobegin: bool
    _binds: dict[Any, Any]
    _close_state: str
    _flushing: bool
    _events: Dispatch | None
    # The outermost transaction, and the innermost one, which statements run in.
    _transaction: SessionTransaction | None
    _innermost: SessionTransaction | None
    _trans_context_manager: SessionTransaction | None
    _routes: bool  # a subclass has a get_bind() of its own

    if TYPE_CHECKING:

        def _fire(self, name: str, *args: Any) -> None: ...

        def flush(self, objects: Sequence[Any] | None = None) -> None: ...

    # -- transactions -------------------------------------------------------

    def _autobegin_t(self, begin: bool = False) -> SessionTransaction:
        """The innermost transaction, begun if need be."""
        context = self._trans_context_manager
        if context is not None and context._state is not ACTIVE:
            raise exc.InvalidRequestError(
                "Can't operate on closed transaction inside context manager.  Please "
                "complete the context manager before emitting further commands."
            )
        transaction = self._innermost
        if transaction is None:
            if self._close_state == "closed":
                raise exc.InvalidRequestError(_PERMANENTLY_CLOSED)
            if not begin and not self.autobegin:
                raise exc.InvalidRequestError(
                    "Autobegin is disabled on this Session; please call session.begin() "
                    "to start a new transaction"
                )
            origin = SessionTransactionOrigin.BEGIN if begin else _AUTOBEGIN
            transaction = self._transaction = self._innermost = SessionTransaction(
                self,  # type: ignore[arg-type]
                origin,
            )
            self._begun = True
            if self._events is not None:
                self._fire("after_transaction_create", transaction)
        return transaction

    def in_transaction(self) -> bool:
        """True when a transaction is begun."""
        if self._transaction is None and self.autobegin and self._counts()[1]:
            # A change of a persistent object begins one.
            self._autobegin_t()
        return self._transaction is not None

    def in_nested_transaction(self) -> bool:
        """True inside begin_nested()."""
        return self._innermost is not self._transaction

    def get_transaction(self) -> SessionTransaction | None:
        """The outermost transaction, if any."""
        self.in_transaction()
        return self._transaction

    def get_nested_transaction(self) -> SessionTransaction | None:
        """The innermost savepoint, if any."""
        return self._innermost if self._innermost is not self._transaction else None

    def begin(self, nested: bool = False) -> SessionTransaction:
        """Begin a transaction, or with `nested` a savepoint."""
        if nested:
            return self.begin_nested()
        context = self._trans_context_manager
        transaction = self._innermost
        if transaction is not None:
            if context is not None and context._state is not ACTIVE:
                self._autobegin_t()
            raise exc.InvalidRequestError("A transaction is already begun on this Session.")
        return self._autobegin_t(begin=True)

    def begin_nested(self) -> SessionTransaction:
        """Begin a SAVEPOINT: its rollback restores what happened since."""
        transaction = self._autobegin_t()
        if transaction._state is not ACTIVE:
            transaction._check()
        if not self._flushing:
            self.flush()
        # The SAVEPOINT itself is emitted when a connection is first used in it.
        nested = SessionTransaction(
            self,  # type: ignore[arg-type]
            SessionTransactionOrigin.BEGIN_NESTED,
            transaction,
        )
        self._innermost = nested
        if self._events is not None:
            self._fire("after_transaction_create", nested)
        return nested

    def commit(self) -> None:
        """Flush and commit; a savepoint's commit() releases only the savepoint."""
        transaction = self._innermost
        if transaction is None or self._trans_context_manager is not None:
            transaction = self._autobegin_t()
        transaction.commit(_to_root=True)

    def rollback(self) -> None:
        """Roll back; objects return to the state they had before the transaction."""
        transaction = self._innermost
        if transaction is None:
            if not self._unflushed or self._close_state == "closed":
                return
            transaction = self._autobegin_t(begin=not self.autobegin)
        transaction.rollback(_to_root=True)

    def prepare(self) -> None:
        """Prepare a two-phase transaction."""
        self._autobegin_t().prepare()

    def connection(
        self,
        bind_arguments: Mapping[str, Any] | None = None,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Connection:
        """The connection of this transaction."""
        arguments = dict(bind_arguments) if bind_arguments else {}
        bind = arguments.pop("bind", None)
        if bind is None:
            bind = self.get_bind(**arguments)
        return self._connection_for_bind(bind, execution_options)

    def _connection_for_bind(self, bind: Any, execution_options: Any = None) -> Connection:
        transaction = self._innermost
        if transaction is None or self._trans_context_manager is not None:
            transaction = self._autobegin_t()
        found = transaction._connections.get(bind)
        if found is not None and not execution_options and transaction._state is ACTIVE:
            return found[0]  # type: ignore[no-any-return]
        return transaction._connection_for_bind(bind, execution_options)  # type: ignore[no-any-return]

    def _connection_for(self, mapper: Any = None, clause: Any = None) -> Connection:
        """The begun connection statements of a mapper run on."""
        bind = self.bind
        if bind is None or self._binds or self._routes:
            if clause is None:
                bind = self.get_bind(mapper)
            elif mapper is None:
                bind = self.get_bind(clause=clause)
            else:
                bind = self.get_bind(mapper=mapper, clause=clause)
        transaction = self._innermost
        if transaction is None or self._trans_context_manager is not None:
            transaction = self._autobegin_t()
        if transaction._state is not ACTIVE:
            transaction._check()
        found = transaction._connections.get(bind)
        # (the first of the transaction, or every one that has just one statement)
        return transaction._connect(bind) if found is None else found[0]  # type: ignore[no-any-return]

    def _reading_connection(self, mapper: Any) -> Connection:
        """The begun connection that attributes of a mapper's objects are loaded with."""
        if not self._routes:
            return self._connection_for(mapper)
        from ..sql import select

        return self._connection_for(mapper, select(mapper))

    def _child_connection(self, connection: Any, plan: Any) -> Any:
        """The connection of a statement that loads what objects loaded on `connection` refer to: as
        of one that the program executes, without bind_arguments."""
        if self.bind is not None and not self._binds and not self._routes:
            return self._connection_for()
        from .loading import lead_mapper

        statement = plan.origin[0]
        return self._connection_for(lead_mapper(statement), statement)

    #: the connection a flush writes rows of a mapper with
    _writing_connection = _connection_for

    # -- binds --------------------------------------------------------------

    def _add_bind(self, key: Any, bind: Any) -> None:
        from ..inspection import inspect
        from ..sql.selectable import TableClause

        try:
            inspected = inspect(key)
        except exc.NoInspectionAvailable as error:
            if not isinstance(key, type):
                raise exc.ArgumentError(f"Not an acceptable bind target: {key}") from error
            self._binds[key] = bind
            return
        if isinstance(inspected, TableClause):
            self._binds[inspected] = bind
        elif getattr(inspected, "is_mapper", False):
            self._binds[inspected.class_] = bind
            for table in getattr(inspected, "tables", ()):
                self._binds[table] = bind
        else:
            raise exc.ArgumentError(f"Not an acceptable bind target: {key}")

    def bind_mapper(self, mapper: Any, bind: Any) -> None:
        """Use `bind` for a mapper's statements."""
        self._add_bind(mapper, bind)

    def bind_table(self, table: Any, bind: Any) -> None:
        """Use `bind` for a table's statements."""
        self._add_bind(table, bind)

    def get_bind(
        self,
        mapper: Any = None,
        *,
        clause: Any = None,
        bind: Any = None,
        **kw: Any,
    ) -> Any:
        """The engine or connection for a mapper or a statement."""
        if bind is not None:
            return bind
        if not self._binds and self.bind is not None:
            return self.bind
        if mapper is None and clause is None:
            if self.bind is not None:
                return self.bind
            raise exc.UnboundExecutionError(
                "This session is not bound to a single Engine or Connection, and no "
                "context was provided to locate a binding."
            )
        if mapper is not None:
            from ..inspection import inspect

            inspected = inspect(mapper)
            if not getattr(inspected, "is_mapper", False):
                inspected = getattr(inspected, "mapper", None)
            mapper = inspected
        elif clause is not None:
            mapper = mapper_of(clause)
        if self._binds:
            if mapper is not None:
                for cls in mapper.class_.__mro__:
                    if cls in self._binds:
                        return self._binds[cls]
                if clause is None:
                    clause = mapper.persist_selectable
            if clause is not None:
                for table in tables_of(clause):
                    if table in self._binds:
                        return self._binds[table]
        if self.bind is not None:
            return self.bind
        context = []
        if mapper is not None:
            context.append(f"mapper {mapper}")
        if clause is not None and not (mapper is not None and clause is mapper.persist_selectable):
            context.append("SQL expression")
        raise exc.UnboundExecutionError(
            f"Could not locate a bind configured on {', '.join(context)} or this Session."
        )
