"""Table(autoload_with=…): tables made from what the database says of them."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

from .. import exc, util
from ..sql import schema as sa_schema
from ..sql.constructs import TextClause

if TYPE_CHECKING:
    from collections.abc import Collection


def reflect_table(
    inspector: Any,
    table: Any,
    include_columns: Collection[str] | None,
    exclude_columns: Collection[str] = (),
    resolve_fks: bool = True,
) -> None:
    """Add to `table` the columns, keys, constraints and indexes it has in the database."""
    name = table.name
    with inspector._operation_context() as connection:
        schema = connection.schema_for_object(table)
    try:
        columns = inspector.get_columns(name, schema)
    except exc.NoSuchTableError:
        columns = []
    if not columns and not inspector.has_table(name, schema):
        raise exc.NoSuchTableError(name)
    key = inspector.get_pk_constraint(name, schema)
    key_names = key["constrained_columns"]
    by_name: dict[str, Any] = {}
    for found in columns:
        original = found["name"]
        if "cormorant.sql.events" in sys.modules:
            # listeners may give the column another name, key or type
            found = dict(found)
            table.metadata.dispatch.column_reflect(inspector.whole, table, found)
            table.dispatch.column_reflect(inspector.whole, table, found)
        column_name = found["name"]
        if (
            include_columns and column_name not in include_columns
        ) or column_name in exclude_columns:
            continue
        column = _column(found)
        column.primary_key = original in key_names
        by_name[original] = column
        table.append_column(column, replace_existing=True)
    _primary_key(table, key, by_name)
    _foreign_keys(inspector, table, schema, by_name, include_columns, exclude_columns, resolve_fks)
    _indexes(inspector, table, schema, by_name, include_columns)
    _constraints(inspector, table, schema, by_name)
    comment = inspector.get_table_comment(name, schema) if _has_comments(inspector) else None
    if comment:
        table.comment = comment.get("text")
    with contextlib.suppress(NotImplementedError):
        table._validate_dialect_kwargs(inspector.get_table_options(name, schema))


def _has_comments(inspector: Any) -> bool:
    return bool(getattr(inspector.dialect, "supports_comments", False))


def _column(found: dict[str, Any]) -> Any:
    items: list[Any] = []
    kw: dict[str, Any] = {
        option: found[option]
        for option in ("nullable", "autoincrement", "comment", "info", "key", "quote")
        if found.get(option) is not None
    }
    if "computed" in found:
        items.append(sa_schema.Computed(**found["computed"]))
    elif found.get("default") is not None:
        default = found["default"]
        if isinstance(default, str):
            default = TextClause(default)
        if isinstance(default, TextClause):  # which a listener may have put there
            default = sa_schema.DefaultClause(default, _reflected=True)
        items.append(default)
    if "identity" in found:
        items.append(sa_schema.Identity(**found["identity"]))
    return sa_schema.Column(found["name"], found["type"], *items, **kw)


def _primary_key(table: Any, key: dict[str, Any], by_name: dict[str, Any]) -> None:
    known = [column for column in table.primary_key.columns if column.table is table]
    columns = [by_name[name] for name in key["constrained_columns"] if name in by_name]
    # a column that the program declared stays what it was
    columns = [
        by_name.get(column.name, column) for column in known if column not in columns
    ] + columns
    if key.get("name"):
        table.primary_key.name = key["name"]
    if key.get("comment"):
        table.primary_key.comment = key["comment"]
    for name, value in key.get("dialect_options", {}).items():
        table.primary_key.dialect_kwargs[name] = value
    table.primary_key._reload(columns)


def _foreign_keys(
    inspector: Any,
    table: Any,
    schema: str | None,
    by_name: dict[str, Any],
    include_columns: Collection[str] | None,
    exclude_columns: Collection[str],
    resolve_fks: bool,
) -> None:
    known = getattr(inspector.dialect.reflector, "options", {}).get("get_foreign_keys")
    options: dict[str, Any] = {}
    if known is not None and table.dialect_kwargs.get(known):
        options[known] = True
    for found in inspector.get_foreign_keys(table.name, schema, **options):
        names = found["constrained_columns"]
        if any(
            (include_columns and name not in include_columns) or name in exclude_columns
            for name in names
        ):
            continue
        if len(set(names)) < len(names):
            util.warn(
                f"On reflected table {table.name}, skipping reflection of foreign key constraint "
                f"{found['name']}; duplicate source columns within name(s) {', '.join(names)} are "
                "not supported"
            )
            continue
        referred_schema = found["referred_schema"]
        referred_table = found["referred_table"]
        target = f"{referred_schema}.{referred_table}" if referred_schema else referred_table
        if resolve_fks:
            sa_schema.Table(
                referred_table,
                table.metadata,
                schema=referred_schema or sa_schema.BLANK_SCHEMA,
                autoload_with=inspector,
                **options,
            )
        table.append_constraint(
            sa_schema.ForeignKeyConstraint(
                [by_name[name].key if name in by_name else name for name in names],
                [f"{target}.{name}" for name in found["referred_columns"]],
                name=found["name"],
                link_to_name=True,
                comment=found.get("comment"),
                **found.get("options", {}),
            )
        )


def _indexes(
    inspector: Any,
    table: Any,
    schema: str | None,
    by_name: dict[str, Any],
    include_columns: Collection[str] | None,
) -> None:
    for found in inspector.get_indexes(table.name, schema):
        names = found["column_names"]
        if found.get("duplicates_constraint"):
            continue
        if include_columns and not set(names) <= set(include_columns):
            continue
        expressions: list[Any] = []
        sorting = found.get("column_sorting", {})
        for number, name in enumerate(names):
            if name is not None:
                column = by_name[name] if name in by_name else table.c.get(name)
                if column is None:
                    expressions = []
                    break
                for order in sorting.get(name, ()):
                    column = getattr(column, order)()
                expressions.append(column)
            else:
                expressions.append(TextClause(found["expressions"][number]))
        if expressions:
            sa_schema.Index(
                found["name"],
                *expressions,
                unique=bool(found["unique"]),
                _table=table,
                **found.get("dialect_options", {}),
            )


def _constraints(inspector: Any, table: Any, schema: str | None, by_name: dict[str, Any]) -> None:
    for found in inspector.get_unique_constraints(table.name, schema):
        names = [name for name in found["column_names"] if name in by_name]
        if len(names) == len(found["column_names"]):
            table.append_constraint(
                sa_schema.UniqueConstraint(
                    *(by_name[name].key for name in names),
                    name=found["name"],
                    comment=found.get("comment"),
                    **found.get("dialect_options", {}),
                )
            )
    for found in inspector.get_check_constraints(table.name, schema):
        table.append_constraint(
            sa_schema.CheckConstraint(
                found["sqltext"], name=found["name"], comment=found.get("comment")
            )
        )
