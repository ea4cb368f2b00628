"""The dialects of URLs that name psycopg: a cast for the type of each parameter that it does not
send with one."""

from __future__ import annotations

from typing import Any

from ... import util
from .base import PGDialect


class TypedParameters(PGDialect):
    """Base of the dialects whose parameters are written with their types."""

    def type_descriptor(self, typeobj: Any) -> Any:
        """The type as this database has it: strings of each kind are VARCHAR, which
        parameters are declared as. Columns of the types themselves are not asked about here."""
        from ...sql import sqltypes

        adapted = super().type_descriptor(typeobj)
        if isinstance(adapted, sqltypes.String) and not isinstance(adapted, sqltypes.Enum):
            return adapted.adapt(sqltypes.String)
        return adapted


class PGDialect_psycopg(TypedParameters):
    """The SQL of ``postgresql+psycopg``."""

    driver = "psycopg"
    async_drivers = ("psycopg", "psycopg_async")

    @util.memoized_property
    def _casts(self) -> dict[type, Any]:
        from . import casts

        return casts.PSYCOPG

    @classmethod
    def get_async_dialect_cls(cls, url: Any) -> type[PGDialect]:
        """The dialect of asynchronous engines."""
        return PGDialectAsync_psycopg


class PGDialectAsync_psycopg(PGDialect_psycopg):
    """The SQL of ``postgresql+psycopg`` in asynchronous engines."""


dialect = PGDialect_psycopg
dialect_async = PGDialectAsync_psycopg

__all__ = ["PGDialectAsync_psycopg", "PGDialect_psycopg", "dialect", "dialect_async"]
