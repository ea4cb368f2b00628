"""What SQLAlchemy 1.4 called the future: names of this package."""

from __future__ import annotations

from ..engine import Connection, Engine, create_engine
from ..sql.expression import select

__all__ = ["Connection", "Engine", "create_engine", "select"]
