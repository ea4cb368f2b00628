"""The dialect of URLs that name asyncpg: parameters have numbers, and nearly each a cast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ... import util
from .psycopg import TypedParameters

if TYPE_CHECKING:
    from ... import _core


class PGDialect_asyncpg(TypedParameters):
    """The SQL of ``postgresql+asyncpg``."""

    driver = "asyncpg"
    async_drivers = ("asyncpg",)
    default_paramstyle = "numeric_dollar"

    @util.memoized_property
    def _casts(self) -> dict[type, Any]:
        from . import casts

        return casts.ASYNCPG

    def plan(
        self,
        sql: str,
        order: Sequence[str] = (),
        binds: Sequence[Any] = (),
        program: Any = None,
        many: tuple[str, str] | None = None,
    ) -> _core.Plan:
        from .paramstyle import numbered_plan

        return numbered_plan(sql, order, binds, program, many)


dialect = PGDialect_asyncpg

__all__ = ["PGDialect_asyncpg", "dialect"]
