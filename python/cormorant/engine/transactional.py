"""What the statements of a connection run in: its transactions and savepoints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import exc
from .error_wrapping import ErrorWrapping
from .transactions import NestedTransaction, RootTransaction, Transaction, TwoPhaseTransaction

if TYPE_CHECKING:
    from .. import _core
    from ..event.base import Dispatch


class TransactionalConnection(ErrorWrapping):
    """The part of a Connection that begins and ends transactions."""

    _closed: bool
    _dbapi_connection: _core.Connection | None
    _events: Dispatch | None
    _in_begin: bool
    # The transaction, the innermost savepoint, and that whose block is being run.
    _transaction: RootTransaction | None
    _nested_transaction: NestedTransaction | None
    _context_transaction: Transaction | None
    _savepoints: int

    if TYPE_CHECKING:

        def _events_of(self, name: str) -> tuple[Any, ...]: ...

        def _invalid_transaction(self) -> None: ...

        def _ready(self) -> _core.Connection: ...

        def _revalidate(self) -> None: ...

        def _run_script(self, sql: str) -> None: ...

    def begin(self) -> RootTransaction:
        """Begin a transaction. exc.InvalidRequestError if there already is one."""
        if self._context_transaction is not None:
            self._check_context()
        if self._transaction is not None:
            raise exc.InvalidRequestError(
                "This connection has already initialized a SQLAlchemy Transaction() object via "
                "begin() or autobegin; can't call begin() here unless rollback() or commit() is "
                "called first."
            )
        return RootTransaction(self)

    def begin_nested(self) -> NestedTransaction:
        """Begin a savepoint, and a transaction around it if there is none."""
        self._check_context()
        if self._transaction is None:
            RootTransaction(self)
        return NestedTransaction(self)

    def _check_context(self) -> None:
        context = self._context_transaction
        if context is not None and not context.is_active:
            raise exc.InvalidRequestError(
                "Can't operate on closed transaction inside context manager.  Please complete "
                "the context manager before emitting further commands."
            )

    def begin_twophase(self, xid: Any = None) -> TwoPhaseTransaction:
        """Begin a two-phase transaction, where the database has them.

        xid: its global name; made up by default. NotImplementedError on other databases.
        """
        self._check_twophase()
        if self._transaction is not None:
            raise exc.InvalidRequestError(
                "Cannot start a two phase transaction when a transaction is already in progress."
            )
        if xid is None:
            import uuid

            xid = f"_sa_{uuid.uuid4().hex}"
        return TwoPhaseTransaction(self, xid)

    def recover_twophase(self) -> list[Any]:
        """The names of the transactions that are prepared on the server."""
        self._check_twophase()
        return self.dialect.recover_twophase(self)  # type: ignore[no-any-return]

    def commit_prepared(self, xid: Any, recover: bool = False) -> None:
        """Commit a prepared transaction; `recover`: one that recover_twophase() told of, so that
        what this connection has begun is rolled back first."""
        self._check_twophase(recover)
        self.dialect.commit_twophase(self, xid)

    def rollback_prepared(self, xid: Any, recover: bool = False) -> None:
        """Roll a prepared transaction back, as commit_prepared() does it."""
        self._check_twophase(recover)
        self.dialect.rollback_twophase(self, xid)

    def _check_twophase(self, recover: bool = False) -> None:
        if not self.dialect.supports_twophase:
            raise NotImplementedError()
        self._check_open()
        if recover:
            assert self._dbapi_connection is not None
            self._dbapi_connection.rollback()

    def _check_open(self) -> None:
        if self._closed:
            raise exc.ResourceClosedError("This Connection is closed")
        if self._dbapi_connection is None:
            self._revalidate()

    def commit(self) -> None:
        """Commit the transaction in progress, if there is one."""
        if self._transaction is not None:
            self._transaction.commit()

    def rollback(self) -> None:
        """Roll back the transaction in progress, if there is one."""
        if self._transaction is not None:
            self._transaction.rollback()

    def in_transaction(self) -> bool:
        """Whether a transaction is in progress."""
        return self._transaction is not None and self._transaction.is_active

    def in_nested_transaction(self) -> bool:
        """Whether a savepoint is in progress."""
        return self._nested_transaction is not None and self._nested_transaction.is_active

    def get_transaction(self) -> RootTransaction | None:
        """The transaction in progress."""
        return self._transaction

    def get_nested_transaction(self) -> NestedTransaction | None:
        """The savepoint in progress."""
        return self._nested_transaction

    def _ready_for(
        self, plan: _core.Plan, values: Sequence[Any], given: Any, many: bool = False
    ) -> _core.Connection:
        """_ready() for a statement, or `many` executions of it: a value that its type refuses
        begins no transaction."""
        core = self._dbapi_connection
        if self._transaction is None and plan.refuses and core is not None:
            self._encode(plan, values, given, core.encode_many if many else core.encode)
        try:
            return self._ready()
        except BaseException:
            if core is not None:
                core.forget_shown()
            raise

    def _begin_impl(self, transaction: RootTransaction) -> None:
        xid = transaction.xid
        if self._echo:
            if xid is not None:
                self._log_now("BEGIN TWOPHASE (implicit)")
            elif self._says_autocommit():
                self._log_now("BEGIN (implicit; DBAPI should not BEGIN due to autocommit mode)")
            else:
                self._log_now("BEGIN (implicit)")
        connection = self._dbapi_connection
        if connection is None:
            self._check_open()
            connection = self._dbapi_connection
            assert connection is not None
        if self._events is not None:
            self._in_begin = True
            try:
                for fn in self._events_of("begin" if xid is None else "begin_twophase"):
                    fn(self) if xid is None else fn(self, xid)
            finally:
                self._in_begin = False
        try:
            connection.begin()
        except BaseException as error:
            self._wrap_error(error, None, None)

    def _says_autocommit(self) -> bool:
        """Whether the options ask for AUTOCOMMIT: what the log tells."""
        level = self._execution_options.get("isolation_level")
        return self.engine._autocommit if level is None else level == "AUTOCOMMIT"

    def _rollback_impl(self) -> None:
        if self._events is not None:
            for fn in self._events_of("rollback"):
                fn(self)
        connection = self._dbapi_connection
        if connection is None or self._closed:
            return
        skip = self.dialect.skip_autocommit_rollback and self._says_autocommit()
        if self._echo:
            if skip:
                self._log_now("ROLLBACK will be skipped by skip_autocommit_rollback")
            elif self._says_autocommit():
                self._log_now(
                    "ROLLBACK using DBAPI connection.rollback(); set "
                    "skip_autocommit_rollback to prevent fully"
                )
            else:
                self._log_now("ROLLBACK")
        if skip:
            return
        try:
            connection.rollback()
        except BaseException as error:
            self._wrap_error(error, None, None)

    def _commit_impl(self) -> None:
        if self._events is not None:
            for fn in self._events_of("commit"):
                fn(self)
        if self._echo:
            if self._says_autocommit():
                self._log_now(
                    "COMMIT using DBAPI connection.commit(), has no effect due to autocommit mode"
                )
            else:
                self._log_now("COMMIT")
        connection = self._dbapi_connection
        if connection is None:
            self._invalid_transaction()
        try:
            connection.commit()  # type: ignore[union-attr]
        except BaseException as error:
            self._wrap_error(error, None, None)

    def _savepoint_impl(self) -> str:
        self._savepoints += 1
        name = f"sa_savepoint_{self._savepoints}"
        if self._events is not None:
            for fn in self._events_of("savepoint"):
                fn(self, None)
        self._run_script(f"SAVEPOINT {name}")
        return name

    def _rollback_to_savepoint_impl(self, name: str) -> None:
        if self._events is not None:
            for fn in self._events_of("rollback_savepoint"):
                fn(self, name, None)
        if self._dbapi_connection is not None:
            self._run_script(f"ROLLBACK TO SAVEPOINT {name}")

    def _release_savepoint_impl(self, name: str) -> None:
        if self._events is not None:
            for fn in self._events_of("release_savepoint"):
                fn(self, name, None)
        self._run_script(f"RELEASE SAVEPOINT {name}")
