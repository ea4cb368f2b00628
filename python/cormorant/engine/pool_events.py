"""Events of connection pools."""

from __future__ import annotations

from typing import Any

from ..event.base import Events, Subscription, legacy_signature

__all__ = ["PoolEvents"]


class PoolEvents(Events):
    """Events of a `Pool`, of the pool of an `Engine`, or of the class of either.

    `dbapi_connection` is a DB-API connection, `connection_record` what the pool knows of it:
    its `info` is a dictionary that lives as long as the connection.
    """

    @classmethod
    def _accept_with(cls, target: Any, identifier: str) -> Any:
        from ..pool import Pool
        from .base import Engine

        if isinstance(target, type):
            if issubclass(target, Engine):
                return Pool
            return target if issubclass(target, Pool) else None
        if isinstance(target, Engine):
            return target.pool
        return target if isinstance(target, Pool) else None

    @classmethod
    def _listen(cls, subscription: Subscription, **options: Any) -> None:
        options.pop("asyncio", None)
        subscription.add(**options)

    @classmethod
    def _listeners_changed(cls, target: Any, identifier: str) -> None:
        super()._listeners_changed(target, identifier)
        from ..pool import refresh_observers

        refresh_observers(target)

    def connect(self, dbapi_connection: Any, connection_record: Any) -> None:
        """The pool has made a connection."""

    def first_connect(self, dbapi_connection: Any, connection_record: Any) -> None:
        """The pool has made its first connection."""

    def checkout(
        self, dbapi_connection: Any, connection_record: Any, connection_proxy: Any
    ) -> None:
        """A connection is handed out. exc.DisconnectionError: take another one."""

    def checkin(self, dbapi_connection: Any, connection_record: Any) -> None:
        """A connection comes back; `dbapi_connection` is None if it is invalid."""

    @legacy_signature(
        "2.0",
        ["dbapi_connection", "connection_record"],
        lambda connection, record, state: (connection, record),
    )
    def reset(self, dbapi_connection: Any, connection_record: Any, reset_state: Any) -> None:
        """A connection that comes back is going to be rolled back."""

    def invalidate(self, dbapi_connection: Any, connection_record: Any, exception: Any) -> None:
        """A connection is invalidated: it is going to be closed and replaced."""

    def soft_invalidate(
        self, dbapi_connection: Any, connection_record: Any, exception: Any
    ) -> None:
        """A connection is going to be replaced when it is next handed out."""

    def close(self, dbapi_connection: Any, connection_record: Any) -> None:
        """A connection is going to be closed."""

    def detach(self, dbapi_connection: Any, connection_record: Any) -> None:
        """A connection leaves the pool."""

    def close_detached(self, dbapi_connection: Any) -> None:
        """A connection that left the pool is going to be closed."""
