"""Events of tables, columns and other items of a schema."""

from __future__ import annotations

from typing import Any

from ..event.base import Events, Subscription

__all__ = ["DDLEvents"]


class DDLEvents(Events):
    """Events of a schema item (`Table`, `Column`, `MetaData` …) or of a class of them.

    A `DDL` may be the listener: it is executed, when its `execute_if()` says so.
    """

    @classmethod
    def _accept_with(cls, target: Any, identifier: str) -> Any:
        from .base import SchemaEventTarget

        if isinstance(target, type):
            return target if issubclass(target, SchemaEventTarget) else None
        return target if isinstance(target, SchemaEventTarget) else None

    @classmethod
    def _listen(cls, subscription: Subscription, **options: Any) -> None:
        from .base import SchemaEventTarget

        if subscription.identifier.endswith("_parent_attach"):
            SchemaEventTarget._attach_events = True
        subscription.add(**options)

    @classmethod
    def _called(cls, name: str, args: tuple[Any, ...], kw: dict[str, Any]) -> None:
        """Who creates a table in a way of its own, as Alembic does, tells of it for its types
        to be created before, and dropped after."""
        if name not in ("before_create", "after_drop") or kw.get("_is_metadata_operation"):
            return
        table, connection = args
        if table.__visit_name__ != "table":
            return
        memo = getattr(kw.get("_ddl_runner"), "memo", {})
        seen = memo.setdefault("_pg_enums", set())
        for type_ in connection.dialect.types_to_create(table._types()):
            if type_.metadata is None and (type_.schema, type_.name) not in seen:
                seen.add((type_.schema, type_.name))
                visitor = type_.DDLGenerator if name == "before_create" else type_.DDLDropper
                first = kw.get("checkfirst", False)
                connection._run_ddl_visitor(visitor, type_, checkfirst=first)

    def before_create(self, target: Any, connection: Any, **kw: Any) -> None:
        """Before CREATE."""

    def after_create(self, target: Any, connection: Any, **kw: Any) -> None:
        """After CREATE."""

    def before_drop(self, target: Any, connection: Any, **kw: Any) -> None:
        """Before DROP."""

    def after_drop(self, target: Any, connection: Any, **kw: Any) -> None:
        """After DROP."""

    def before_parent_attach(self, target: Any, parent: Any) -> None:
        """Before an item becomes part of another one."""

    def after_parent_attach(self, target: Any, parent: Any) -> None:
        """After an item became part of another one."""

    def column_reflect(self, inspector: Any, table: Any, column_info: Any) -> None:
        """A column was reflected; `column_info` may be changed before it is made."""
