"""See `cormorant.engine`."""

from __future__ import annotations

from . import Connection, Engine, create_engine

__all__ = ["Connection", "Engine", "create_engine"]
