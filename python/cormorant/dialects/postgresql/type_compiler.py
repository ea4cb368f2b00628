"""The names of PostgreSQL's types."""

from __future__ import annotations

from typing import Any

from ...sql.type_compiler import TypeCompiler


class PGTypeCompiler(TypeCompiler):
    """Types as PostgreSQL names them."""

    def visit_datetime(self, type_: Any, **kw: Any) -> str:
        return "TIMESTAMP WITHOUT TIME ZONE"

    def visit_large_binary(self, type_: Any, **kw: Any) -> str:
        return "BYTEA"

    def visit_uuid(self, type_: Any, **kw: Any) -> str:
        return "UUID"
