"""The families of events of engines, pools and schema; see `cormorant.event`."""

from __future__ import annotations

from .engine.events import ConnectionEvents as ConnectionEvents
from .engine.events import DialectEvents as DialectEvents
from .engine.pool_events import PoolEvents as PoolEvents
from .pool import PoolResetState as PoolResetState
from .sql.events import DDLEvents as DDLEvents
from .sql.schema_base import SchemaEventTarget as SchemaEventTarget

__all__ = [
    "ConnectionEvents",
    "DDLEvents",
    "DialectEvents",
    "PoolEvents",
    "PoolResetState",
    "SchemaEventTarget",
]
