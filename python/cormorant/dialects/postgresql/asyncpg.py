"""The dialect of URLs that name asyncpg: parameters have numbers, and nearly each a cast."""

from __future__ import annotations

from typing import Any

from ... import util
from .psycopg import TypedParameters


class PGDialect_asyncpg(TypedParameters):
    """The SQL of ``postgresql+asyncpg``."""

    driver = "asyncpg"
    _shows_twophase = True
    async_drivers = ("asyncpg",)
    default_paramstyle = "numeric_dollar"
    supports_sane_multi_rowcount = False

    @util.memoized_property
    def _casts(self) -> dict[type, Any]:
        from . import casts

        return casts.ASYNCPG

    @util.memoized_property
    def _make_plan(self) -> Any:
        from .paramstyle import numbered_plan

        return numbered_plan

    @classmethod
    def import_dbapi(cls) -> Any:
        """The driver's module; ImportError if cormorant was built without libpq."""
        from . import asyncpg_api

        return asyncpg_api


dialect = PGDialect_asyncpg

__all__ = ["PGDialect_asyncpg", "dialect"]
