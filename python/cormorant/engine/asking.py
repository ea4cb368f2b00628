"""What a dialect says of a schema, given a connection: the answers of an Inspector."""

from __future__ import annotations

from typing import Any


class AsksInspector:
    """Methods of dialects that are those of an inspector, which keeps answers and so is what
    to ask several things; all take the connection first."""

    inspector: Any
    reflector: Any

    def _overrides_default(self, method: str) -> bool:
        # Not public, but Alembic asks whether get_multi_… are one query for all tables.
        return hasattr(self.reflector, method)

    def has_index(
        self,
        connection: Any,
        table_name: str,
        index_name: str,
        schema: str | None = None,
        **kw: Any,
    ) -> bool:
        """As Inspector.has_index()."""
        return bool(self.inspector._of(connection).has_index(table_name, index_name, schema, **kw))

    def has_schema(self, connection: Any, schema_name: str, **kw: Any) -> bool:
        """As Inspector.has_schema()."""
        return bool(self.inspector._of(connection).has_schema(schema_name, **kw))

    def has_sequence(
        self, connection: Any, sequence_name: str, schema: str | None = None, **kw: Any
    ) -> bool:
        """As Inspector.has_sequence()."""
        return bool(self.inspector._of(connection).has_sequence(sequence_name, schema, **kw))

    def get_schema_names(self, connection: Any, **kw: Any) -> Any:
        """As Inspector.get_schema_names()."""
        return self.inspector._of(connection).get_schema_names(**kw)

    def get_table_names(self, connection: Any, schema: str | None = None, **kw: Any) -> Any:
        """As Inspector.get_table_names()."""
        return self.inspector._of(connection).get_table_names(schema, **kw)

    def get_temp_table_names(self, connection: Any, schema: str | None = None, **kw: Any) -> Any:
        """As Inspector.get_temp_table_names()."""
        return self.inspector._of(connection).get_temp_table_names(**kw)

    def get_view_names(self, connection: Any, schema: str | None = None, **kw: Any) -> Any:
        """As Inspector.get_view_names()."""
        return self.inspector._of(connection).get_view_names(schema, **kw)

    def get_temp_view_names(self, connection: Any, schema: str | None = None, **kw: Any) -> Any:
        """As Inspector.get_temp_view_names()."""
        return self.inspector._of(connection).get_temp_view_names(**kw)

    def get_materialized_view_names(
        self, connection: Any, schema: str | None = None, **kw: Any
    ) -> Any:
        """As Inspector.get_materialized_view_names()."""
        return self.inspector._of(connection).get_materialized_view_names(schema, **kw)

    def get_sequence_names(self, connection: Any, schema: str | None = None, **kw: Any) -> Any:
        """As Inspector.get_sequence_names()."""
        return self.inspector._of(connection).get_sequence_names(schema, **kw)

    def get_view_definition(
        self, connection: Any, view_name: str, schema: str | None = None, **kw: Any
    ) -> Any:
        """As Inspector.get_view_definition()."""
        return self.inspector._of(connection).get_view_definition(view_name, schema, **kw)

    def get_columns(
        self, connection: Any, table_name: str, schema: str | None = None, **kw: Any
    ) -> Any:
        """As Inspector.get_columns()."""
        return self.inspector._of(connection).get_columns(table_name, schema, **kw)

    def get_pk_constraint(
        self, connection: Any, table_name: str, schema: str | None = None, **kw: Any
    ) -> Any:
        """As Inspector.get_pk_constraint()."""
        return self.inspector._of(connection).get_pk_constraint(table_name, schema, **kw)

    def get_foreign_keys(
        self, connection: Any, table_name: str, schema: str | None = None, **kw: Any
    ) -> Any:
        """As Inspector.get_foreign_keys()."""
        return self.inspector._of(connection).get_foreign_keys(table_name, schema, **kw)

    def get_indexes(
        self, connection: Any, table_name: str, schema: str | None = None, **kw: Any
    ) -> Any:
        """As Inspector.get_indexes()."""
        return self.inspector._of(connection).get_indexes(table_name, schema, **kw)

    def get_unique_constraints(
        self, connection: Any, table_name: str, schema: str | None = None, **kw: Any
    ) -> Any:
        """As Inspector.get_unique_constraints()."""
        return self.inspector._of(connection).get_unique_constraints(table_name, schema, **kw)

    def get_check_constraints(
        self, connection: Any, table_name: str, schema: str | None = None, **kw: Any
    ) -> Any:
        """As Inspector.get_check_constraints()."""
        return self.inspector._of(connection).get_check_constraints(table_name, schema, **kw)

    def get_table_comment(
        self, connection: Any, table_name: str, schema: str | None = None, **kw: Any
    ) -> Any:
        """As Inspector.get_table_comment()."""
        return self.inspector._of(connection).get_table_comment(table_name, schema, **kw)

    def get_table_options(
        self, connection: Any, table_name: str, schema: str | None = None, **kw: Any
    ) -> Any:
        """As Inspector.get_table_options()."""
        return self.inspector._of(connection).get_table_options(table_name, schema, **kw)
