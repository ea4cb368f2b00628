"""What PostgreSQL's DDL has of its own."""

from __future__ import annotations

from typing import Any

from ...sql.ddl_compiler import DDLCompiler


class PGDDLCompiler(DDLCompiler):
    """DDL as PostgreSQL takes it."""

    def get_column_specification(self, column: Any, **kw: Any) -> str:
        name = self.preparer.format_column(column)
        if column.primary_key and column is column.table._autoincrement_column:
            return f"{name} SERIAL NOT NULL"
        text = f"{name} {self._type(column)}"
        default = self.get_column_default_string(column)
        if default is not None:
            text += f" DEFAULT {default}"
        if not column.nullable:
            text += " NOT NULL"
        return text
