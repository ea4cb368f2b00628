"""PostgreSQL."""

from __future__ import annotations

from .base import PGDialect as dialect

__all__ = ["dialect"]
