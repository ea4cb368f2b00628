"""Transactions of a Connection: the outermost one and savepoints."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any

from .. import exc, util

if TYPE_CHECKING:
    from typing import Self

    from .base import Connection


class Transaction:
    """A database transaction in progress."""

    connection: Connection
    is_active = False
    _deactivated_from_connection = False
    _outer_context: Any = None
    _subject: Any = None

    @property
    def is_valid(self) -> bool:
        """Whether the transaction can still be used."""
        return not self._deactivated_from_connection and not self.connection.invalidated

    def close(self) -> None:
        """Roll back if the transaction is still going on."""
        self._do_close()
        assert not self.is_active

    def rollback(self) -> None:
        """Roll back."""
        self._do_rollback()
        assert not self.is_active

    def commit(self) -> None:
        """Commit. exc.InvalidRequestError if the transaction is over."""
        raise NotImplementedError()

    def _do_close(self) -> None:
        raise NotImplementedError()

    def _do_rollback(self) -> None:
        raise NotImplementedError()

    def __enter__(self) -> Self:
        connection = self.connection
        self._outer_context = connection._context_transaction
        connection._context_transaction = self
        connection._refresh()
        return self

    def __exit__(
        self,
        type_: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        connection = self.connection
        connection._context_transaction = self._outer_context
        self._outer_context = None
        connection._refresh()
        if type_ is None and self.is_active:
            try:
                self.commit()
            except BaseException:
                # whatever becomes of the rollback, the commit's error is the one to see
                try:
                    if self.is_active or self._can_rollback():
                        self.rollback()
                except Exception:
                    pass
                raise
        elif not self.is_active:
            if not self._deactivated_from_connection:
                self.close()
        else:
            self.rollback()

    def _can_rollback(self) -> bool:
        return not self._deactivated_from_connection


class RootTransaction(Transaction):
    """The transaction that the database knows as such."""

    xid: Any = None
    """The global name of a transaction that is prepared before it is committed."""

    def _roll_back(self) -> None:
        self.connection._rollback_impl()

    def _commit(self) -> None:
        self.connection._commit_impl()

    def __init__(self, connection: Any) -> None:
        assert connection._transaction is None
        self.connection = connection
        connection._begin_impl(self)
        connection._transaction = self
        self.is_active = True
        if connection._events is None and connection._context_transaction is None:
            connection._live = connection._dbapi_connection  # as _refresh() says
        else:
            connection._refresh()

    def _detach(self) -> None:
        connection = self.connection
        if connection._transaction is self:
            connection._transaction = None
        if connection._nested_transaction is not None:
            connection._nested_transaction._cancel()
        self.is_active = False
        self._deactivated_from_connection = True
        if connection._transaction is None:
            connection._live = None  # as _refresh() says
        else:
            connection._refresh()

    def _do_close(self) -> None:
        self._end()

    def _do_rollback(self) -> None:
        self._end(warn=True)

    def _end(self, warn: bool = False) -> None:
        connection = self.connection
        try:
            if self.is_active:
                self._roll_back()
            if connection._nested_transaction is not None:
                connection._nested_transaction._cancel()
        finally:
            if self.is_active or connection._transaction is self:
                self._detach()
            elif warn:
                util.warn("transaction already deassociated from connection")
            self.is_active = False

    def commit(self) -> None:
        connection = self.connection
        if not self.is_active:
            if connection._transaction is self:
                connection._invalid_transaction()
            raise exc.InvalidRequestError("This transaction is inactive")
        try:
            self._commit()
        except BaseException:
            # the transaction may still be open (a lock): it has to be rolled back
            self.is_active = False
            connection._refresh()
            raise
        self._detach()

    def __exit__(self, type_: Any, value: Any, traceback: Any) -> None:
        try:
            super().__exit__(type_, value, traceback)
        finally:
            if self.connection._transaction is self:
                self._end()


class TwoPhaseTransaction(RootTransaction):
    """A transaction that can be prepared, so that its commit will not fail."""

    def __init__(self, connection: Any, xid: Any) -> None:
        self.xid = xid
        self._is_prepared = False
        super().__init__(connection)

    def _tell(self, name: str, *args: Any) -> None:
        connection = self.connection
        if connection._events is not None:
            for fn in connection._events_of(name):
                fn(connection, self.xid, *args)

    def prepare(self) -> None:
        """Make sure that the transaction can be committed."""
        if not self.is_active:
            raise exc.InvalidRequestError("This transaction is inactive")
        connection = self.connection
        connection._check_open()
        self._tell("prepare_twophase")
        connection.dialect.prepare_twophase(connection, self.xid)
        self._is_prepared = True

    def _roll_back(self) -> None:
        self._tell("rollback_twophase", self._is_prepared)
        connection = self.connection
        if connection._dbapi_connection is None:
            return  # it is lost: what was prepared stays, for recover_twophase()
        if self._is_prepared:
            connection.dialect.rollback_twophase(connection, self.xid)
        else:
            connection._dbapi_connection.rollback()

    def _commit(self) -> None:
        self._tell("commit_twophase", self._is_prepared)
        connection = self.connection
        if self._is_prepared:
            connection.dialect.commit_twophase(connection, self.xid)
            return
        try:
            connection._dbapi_connection.commit()  # type: ignore[union-attr]
        except BaseException as error:
            connection._wrap_error(error, None, None)


class NestedTransaction(Transaction):
    """A savepoint."""

    def __init__(self, connection: Any) -> None:
        assert connection._transaction is not None
        self.connection = connection
        self._savepoint: str = connection._savepoint_impl()
        self.is_active = True
        self._previous_nested = connection._nested_transaction
        connection._nested_transaction = self
        connection._refresh()

    def _detach(self, warn: bool = True) -> None:
        connection = self.connection
        if connection._nested_transaction is self:
            connection._nested_transaction = self._previous_nested
        elif warn:
            util.warn("nested transaction already deassociated from connection")
        self._deactivated_from_connection = True
        connection._refresh()

    def _cancel(self) -> None:
        """The outer transaction is over, and with it every savepoint."""
        self.is_active = False
        self._detach()
        if self._previous_nested is not None:
            self._previous_nested._cancel()

    def _end(self, detach: bool, warn: bool) -> None:
        connection = self.connection
        try:
            if (
                self.is_active
                and connection._transaction is not None
                and connection._transaction.is_active
            ):
                connection._rollback_to_savepoint_impl(self._savepoint)
        finally:
            self.is_active = False
            if detach:
                self._detach(warn)
        assert not self.is_active

    def _do_close(self) -> None:
        self._end(True, False)

    def _do_rollback(self) -> None:
        self._end(True, True)

    def commit(self) -> None:
        connection = self.connection
        if self.is_active:
            try:
                connection._release_savepoint_impl(self._savepoint)
            finally:
                # a savepoint that cannot be released will go with the transaction
                self.is_active = False
            self._detach()
        else:
            if connection._nested_transaction is self:
                connection._invalid_transaction()
            else:
                raise exc.InvalidRequestError("This nested transaction is inactive")
