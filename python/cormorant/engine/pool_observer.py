"""Calling the listeners of a pool. Imported when a pool has some."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .. import _core, exc
from .dbapi_connection import DBAPIConnection, raw_connection_of

if TYPE_CHECKING:
    from ..pool import Pool


class _Unmade:
    """Stands for a connection while it is made."""

    closed = True

    def __init__(self) -> None:
        self.info: dict[Any, Any] = {}


class ConnectionRecord:
    """What a pool knows of one of its connections: the record that listeners are given."""

    def __init__(self, pool: Pool, core: _core.Connection | None) -> None:
        """`core`: None for a connection that is yet to be made, see connected()."""
        self._pool = pool
        self._core: _core.Connection = _Unmade() if core is None else core  # type: ignore[assignment]
        self.dbapi_connection: DBAPIConnection | None = None
        if not self._core.closed:
            self.dbapi_connection = view(self._core)

    def connected(self, core: _core.Connection) -> None:
        """The connection has been made: it has what listeners told the record."""
        core.info.update(self._core.info)
        self._core = core
        self.dbapi_connection = view(core)

    @property
    def driver_connection(self) -> DBAPIConnection | None:
        """The driver's connection."""
        return self.dbapi_connection

    @property
    def info(self) -> dict[Any, Any]:
        """A dictionary that lives as long as the connection to the database."""
        return self._core.info

    record_info = info

    @property
    def is_valid(self) -> bool:
        """Whether there is a connection."""
        return self.dbapi_connection is not None and not self._core.closed

    def invalidate(self, e: BaseException | None = None, soft: bool = False) -> None:
        """Let the pool replace the connection."""
        invalidate(self._pool, self._core, e, soft)
        if not soft:
            self.dbapi_connection = None

    def close(self) -> None:
        """Close the connection."""
        self._pool._close(self._core)
        self.dbapi_connection = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ConnectionRecord) and other._core is self._core

    def __hash__(self) -> int:
        return hash((ConnectionRecord, id(self._core)))

    def __repr__(self) -> str:
        return f"<ConnectionRecord of {self._core!r}>"


def view(core: _core.Connection) -> DBAPIConnection:
    """The DB-API connection that listeners see."""
    found = raw_connection_of(core)
    return DBAPIConnection(core) if found is core else found


def observe(pool: Pool, names: Sequence[str]) -> None:
    """Let the methods of a pool call its listeners of these events."""
    pool._bind()
    wanted = set(names)
    if "checkout" in wanted:
        pool._checkout = functools.partial(  # type: ignore[method-assign]
            _checkout, pool, pool._checkout
        )
    if wanted & {"checkin", "reset"}:
        pool._checkin = functools.partial(  # type: ignore[method-assign]
            _checkin, pool, pool._checkin
        )
    core = getattr(pool, "_core", None)
    if core is not None:
        core.on_close = functools.partial(fire_close, pool) if "close" in wanted else None
        core.on_lost = functools.partial(_fire_lost, pool) if "invalidate" in wanted else None


def fire_connect(pool: Pool, core: _core.Connection) -> None:
    """The pool has made a connection."""
    dispatch = pool.dispatch
    record = ConnectionRecord(pool, core)
    connection = record.dbapi_connection
    if not pool._first_connect_done:
        for fn in dispatch._find("first_connect"):
            fn(connection, record)
        pool._first_connect_done = True
    for fn in dispatch._find("connect"):
        fn(connection, record)


def fire_close(pool: Pool, core: _core.Connection) -> None:
    """A connection of the pool is going to be closed; what listeners raise is logged, since
    nothing may keep the connection open."""
    if core.closed:
        return
    record = ConnectionRecord(pool, core)
    for fn in pool.dispatch._find("close"):
        try:
            fn(record.dbapi_connection, record)
        except Exception:
            pool.logger.error("Exception closing connection %r", core, exc_info=True)


def invalidate(
    pool: Pool, core: _core.Connection, error: BaseException | None, soft: bool = False
) -> None:
    """Tell listeners that a connection is invalidated, and close it (or, with `soft`, let it
    be closed when it comes back)."""
    try:
        if pool._events is not None:
            fire_invalidate(pool, core, error, soft)
    finally:
        if soft:
            core.invalid = True
        else:
            pool._invalidate(core)
    if pool._events is not None and not soft:
        record = ConnectionRecord(pool, core)
        for fn in pool.dispatch._find("checkin"):
            fn(None, record)


def fire_invalidate(
    pool: Pool, core: _core.Connection, error: BaseException | None, soft: bool = False
) -> None:
    """A connection is of no use any more."""
    record = ConnectionRecord(pool, core)
    for fn in pool.dispatch._find("soft_invalidate" if soft else "invalidate"):
        fn(record.dbapi_connection, record, error)


def _fire_lost(pool: Pool, core: _core.Connection) -> None:
    """A connection was found lost when it was to be given out."""
    fire_invalidate(pool, core, exc.InvalidatePoolError())


def fire_detach(pool: Pool, core: _core.Connection) -> None:
    """A connection leaves the pool."""
    record = ConnectionRecord(pool, core)
    for fn in pool.dispatch._find("detach"):
        fn(record.dbapi_connection, record)


def fire_close_detached(pool: Pool, core: _core.Connection) -> None:
    """A connection that left the pool is going to be closed."""
    _fire_reset(pool, core, None)
    for fn in pool.dispatch._find("close_detached"):
        fn(view(core))


def _checkout(pool: Pool, checkout: Callable[[], _core.Connection]) -> _core.Connection:
    from ..pool import BorrowedConnection

    for _ in range(2):
        core = checkout()
        if not pool._is_first_use(core):
            return core
        record = ConnectionRecord(pool, core)
        proxy: Any = BorrowedConnection(pool, core)
        try:
            for fn in pool.dispatch._find("checkout"):
                fn(record.dbapi_connection, record, proxy)
        except exc.DisconnectionError as error:
            pool.logger.info("Disconnection detected on checkout: %s", error)
            if error.invalidate_pool:
                pool.dispose()
            if not core.closed:
                fire_invalidate(pool, core, error)
            pool._invalidate(core)
            continue
        except BaseException:
            pool._checkin(core)
            raise
        return core
    pool.logger.info("Reconnection attempts exhausted on checkout")
    raise exc.InvalidRequestError("This connection is closed")


def _fire_reset(pool: Pool, core: _core.Connection, record: ConnectionRecord | None) -> bool:
    """False if a listener failed: the connection cannot be trusted any more."""
    from ..pool import PoolResetState

    state = PoolResetState(
        transaction_was_reset=not core.in_transaction, terminate_only=False, asyncio_safe=True
    )
    try:
        for fn in pool.dispatch._find("reset"):
            fn(view(core), record, state)
    except Exception:
        pool.logger.error("Exception during reset or similar", exc_info=True)
        return False
    return True


def _checkin(
    pool: Pool, checkin: Callable[[_core.Connection], None], core: _core.Connection
) -> None:
    if not pool._is_last_use(core):
        checkin(core)
        return
    record = ConnectionRecord(pool, core)
    try:
        usable = not (core.closed or core.invalid)
        if usable and not _fire_reset(pool, core, record):
            fire_invalidate(pool, core, None)
            core.invalid = True
            usable = False
        connection = record.dbapi_connection if usable else None
        for fn in pool.dispatch._find("checkin"):
            fn(connection, record)
    finally:
        checkin(core)
