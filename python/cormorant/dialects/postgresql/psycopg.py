"""The dialect of URLs that name psycopg."""

from __future__ import annotations

from .base import PGDialect_psycopg

dialect = PGDialect_psycopg

__all__ = ["PGDialect_psycopg", "dialect"]
