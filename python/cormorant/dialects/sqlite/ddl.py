"""What SQLite's DDL has of its own."""

from __future__ import annotations

import re
from typing import Any

from ... import exc
from ...sql.ddl_compiler import DDLCompiler
from ...sql.schema import Column


def _options(element: Any) -> dict[str, Any]:
    """The ``sqlite_…`` arguments of a schema element."""
    return element.dialect_options["sqlite"]  # type: ignore[no-any-return]


class SQLiteDDLCompiler(DDLCompiler):
    """DDL as SQLite takes it: no ALTER, AUTOINCREMENT inline, ON CONFLICT clauses."""

    def get_column_specification(self, column: Any, **kw: Any) -> str:
        text = f"{self.preparer.format_column(column)} {self._type(column)}"
        default = self.get_column_default_string(column)
        if default is not None:
            # SQLite takes an expression only in parentheses
            if not re.match(r"\s*['\"(]", default) and re.search(r"\W", default):
                default = f"({default})"
            text += f" DEFAULT {default}"
        if not column.nullable:
            text += " NOT NULL" + self._on_conflict(column, "not_null")
        if column.primary_key:
            autoincrement = _options(column.table).get("autoincrement", False)
            if column.autoincrement is True and len(column.table.primary_key.columns) != 1:
                raise exc.CompileError(
                    "SQLite does not support autoincrement for composite primary keys"
                )
            if (
                autoincrement
                and len(column.table.primary_key.columns) == 1
                and self._is_integer(column)
                and not column.foreign_keys
            ):
                text += " PRIMARY KEY" + self._on_conflict(column, "primary_key") + " AUTOINCREMENT"
        if column.computed is not None:
            text += " " + self.process(column.computed)
        return text

    @staticmethod
    def _is_integer(column: Any) -> bool:
        from ...sql import sqltypes

        return issubclass(column.type._type_affinity, sqltypes.Integer)

    def _on_conflict(self, element: Any, kind: str = "") -> str:
        clause = _options(element).get(f"on_conflict_{kind}" if kind else "on_conflict")
        return "" if clause is None else f" ON CONFLICT {clause}"

    def visit_primary_key_constraint(self, constraint: Any, **kw: Any) -> str | None:
        if len(constraint.columns) == 1:
            column = next(iter(constraint))
            if (
                column.primary_key
                and _options(column.table).get("autoincrement", False)
                and self._is_integer(column)
                and not column.foreign_keys
            ):
                return None
        text = super().visit_primary_key_constraint(constraint)
        if text is None:
            return None
        clause = self._on_conflict(constraint)
        if not clause and len(constraint.columns) == 1:
            clause = self._on_conflict(next(iter(constraint)), "primary_key")
        return text + clause

    def visit_unique_constraint(self, constraint: Any, **kw: Any) -> str | None:
        text = super().visit_unique_constraint(constraint)
        if text is None:
            return None
        clause = self._on_conflict(constraint)
        if not clause and len(constraint.columns) == 1:
            clause = self._on_conflict(next(iter(constraint)), "unique")
        return text + clause

    def visit_check_constraint(self, constraint: Any, **kw: Any) -> str:
        clause = self._on_conflict(constraint)
        if clause and isinstance(constraint.parent, Column):
            raise exc.CompileError(
                "SQLite does not support on conflict clause for column check constraint"
            )
        return super().visit_check_constraint(constraint) + clause

    visit_column_check_constraint = visit_table_or_column_check_constraint = visit_check_constraint

    def visit_foreign_key_constraint(self, constraint: Any, **kw: Any) -> str | None:
        local, remote = constraint.elements[0].parent.table, constraint.elements[0].column.table
        if local.schema != remote.schema:
            return None  # SQLite's foreign keys stay inside one database file
        text = super().visit_foreign_key_constraint(constraint)
        if text is None:
            return None
        # the table named in REFERENCES is looked for in the same database file
        return text.replace(
            f"REFERENCES {self.preparer.format_table(remote)}",
            f"REFERENCES {self.preparer.format_table(remote, use_schema=False)}",
            1,
        )

    def visit_create_index(
        self,
        create: Any,
        include_schema: bool = True,
        include_table_schema: bool = False,
        **kw: Any,
    ) -> str:
        text = super().visit_create_index(create, include_schema, include_table_schema, **kw)
        where = _options(create.element).get("where")
        if where is not None:
            text += f" WHERE {self._expression(where)}"
        return text

    def post_create_table(self, table: Any) -> str:
        options = _options(table)
        words = []
        if options.get("with_rowid", True) is False:
            words.append("WITHOUT ROWID")
        if options.get("strict", False) is True:
            words.append("STRICT")
        return "\n " + ",\n ".join(words) if words else ""
