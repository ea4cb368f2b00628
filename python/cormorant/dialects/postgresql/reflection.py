"""What there is in a PostgreSQL database."""

from __future__ import annotations

from typing import Any


class PGReflector:
    """The functions behind Inspector."""

    def __init__(self, dialect: Any) -> None:
        self.dialect = dialect

    def has_table(self, connection: Any, table_name: str, schema: str | None = None) -> bool:
        """Whether a table or view of that name exists."""
        from ...sql import text

        found = connection.execute(
            text(
                "SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n "
                "ON n.oid = c.relnamespace WHERE c.relname = :name AND c.relkind IN "
                "('r', 'p', 'f', 'v', 'm') AND CASE WHEN CAST(:schema AS text) IS NULL THEN "
                "pg_catalog.pg_table_is_visible(c.oid) ELSE n.nspname = :schema END"
            ),
            {"name": table_name, "schema": schema},
        )
        return found.first() is not None
