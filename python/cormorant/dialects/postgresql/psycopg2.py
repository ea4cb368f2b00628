"""The dialect of URLs that name psycopg2."""

from __future__ import annotations

from .base import PGDialect_psycopg2

dialect = PGDialect_psycopg2

__all__ = ["PGDialect_psycopg2", "dialect"]
