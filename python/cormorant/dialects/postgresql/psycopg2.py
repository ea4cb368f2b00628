"""The dialect of URLs that name psycopg2 or no driver.

psycopg2 writes values into the SQL as literals. Ours go to the server by themselves, and mean what
the literals would: see `literal_params`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ... import util
from .base import PGDialect

if TYPE_CHECKING:
    from ... import _core


class PGDialect_psycopg2(PGDialect):
    """The SQL of ``postgresql+psycopg2``: few casts."""

    driver = "psycopg2"
    sends_literals = True
    supports_sane_multi_rowcount = False
    use_insertmanyvalues_wo_returning = True
    _reads_inet = False

    @util.memoized_property
    def _make_plan(self) -> Any:
        from .literal_params import literal_plan

        return literal_plan

    def compares_literals(self, sql: str) -> bool:
        from .literal_params import compares

        return compares(sql)

    def plan_of_literals(
        self,
        sql: str,
        binds: Mapping[str, Any],
        program: Any,
        same: Mapping[str, str],
        rows: Mapping[str, Any] = {},
    ) -> _core.Plan:
        """The plan of a statement for values of which some are the same literal as another, or
        `rows_among()`: `binds` are those of the parameters by name."""
        from .literal_params import literal_plan

        return literal_plan(sql, list(binds), list(binds.values()), program, None, same, rows)

    def rows_among(
        self, rows: Mapping[str, tuple[Any, ...]], first: int
    ) -> tuple[dict[str, Any], list[Any]]:
        """How tuples are written, by their parameters' names, and the values that are in them,
        which come after `first` others."""
        from .literal_params import rows_among

        return rows_among(rows, first)

    def driver_plan(self, sql: str, sets: Sequence[Any]) -> tuple[_core.Plan, list[Sequence[Any]]]:
        """As for other drivers: parameters are literals."""
        from .literal_params import literal_driver_plan

        return literal_driver_plan(sql, sets or [()])

    @classmethod
    def import_dbapi(cls) -> Any:
        """The driver's module; ImportError if cormorant was built without libpq."""
        from . import psycopg2_api

        return psycopg2_api


dialect = PGDialect_psycopg2

__all__ = ["PGDialect_psycopg2", "dialect"]
