"""Connection pools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import base, impl
from .base import (
    BorrowedConnection,
    ConnectionPoolEntry,
    ManagesConnection,
    Pool,
    PoolProxiedConnection,
    PoolResetState,
    ResetStyle,
    refresh_observers,
    reset_commit,
    reset_none,
    reset_rollback,
)
from .impl import AssertionPool, NullPool, QueuePool, SingletonThreadPool, StaticPool

__all__ = [
    "AssertionPool",
    "AsyncAdaptedQueuePool",
    "BorrowedConnection",
    "ConnectionPoolEntry",
    "FallbackAsyncAdaptedQueuePool",
    "ManagesConnection",
    "NullPool",
    "Pool",
    "PoolProxiedConnection",
    "PoolResetState",
    "QueuePool",
    "ResetStyle",
    "SingletonThreadPool",
    "StaticPool",
    "base",
    "impl",
    "refresh_observers",
    "reset_commit",
    "reset_none",
    "reset_rollback",
]

if TYPE_CHECKING:
    from .impl import AsyncAdaptedQueuePool as AsyncAdaptedQueuePool
    from .impl import FallbackAsyncAdaptedQueuePool as FallbackAsyncAdaptedQueuePool
else:

    def __getattr__(name: str) -> Any:
        return getattr(impl, name)
