"""The dialect of URLs that name asyncpg."""

from __future__ import annotations

from .base import PGDialect_asyncpg

dialect = PGDialect_asyncpg

__all__ = ["PGDialect_asyncpg", "dialect"]
