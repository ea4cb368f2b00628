"""Bulk INSERT of classes that inherit: the discriminator, and a row in each joined table."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from .. import exc
from .inheritance import copied_slots


def discriminator(mapper: Any) -> tuple[str, Any] | None:
    """Attribute and value that rows of a class have unless they say otherwise."""
    prop = mapper._discriminator
    if prop is None or prop.slot < 0 or mapper.polymorphic_identity is None:
        return None
    return prop.key, mapper.polymorphic_identity


def is_joined(mapper: Any) -> bool:
    """Whether a row of the class is a row in several tables."""
    return len(mapper._tables) > 1 and not mapper.concrete and mapper.inherits is not None


def column_in(mapper: Any, key: str, table: Any) -> Any:
    """The column of an attribute in one table, or None."""
    prop = mapper._props.get(key)
    if prop is None or not prop._is_column:
        return None
    return next((c for c in prop.columns if getattr(c, "table", None) is table), None)


def insert_joined(
    connection: Any, mapper: Any, rows: Iterable[Mapping[str, Any]], render_nulls: bool
) -> list[dict[str, Any]]:
    """INSERT rows given by attribute into each table of a class; generated keys go from the
    base's table to the others. Returns the rows with their keys."""
    given = [dict(row) for row in rows]
    names = {prop.slot: key for key, prop in mapper._props.items() if prop._is_column}
    copies = [
        (names[above], names[own])
        for each in mapper.iterate_to_root()
        for above, own in copied_slots(each)
    ]
    keys = [mapper._columntoproperty[column].key for column in mapper.primary_key]
    for table in mapper._tables:
        for row in given:
            for above, own in copies:
                if above in row:
                    row.setdefault(own, row[above])
        _insert_into(connection, mapper, table, given, keys, render_nulls)
    return given


def _insert_into(
    connection: Any,
    mapper: Any,
    table: Any,
    rows: list[dict[str, Any]],
    keys: list[str],
    render_nulls: bool,
) -> None:
    from ..sql.dml import Insert

    filled = {
        c.key
        for c in table.c
        if c.primary_key or c.server_default is not None or c.default is not None
    }

    def values_of(row: dict[str, Any]) -> dict[str, Any]:
        values = {}
        for key, value in row.items():
            column = column_in(mapper, key, table)
            if column is None or (value is None and (not render_nulls or column.key in filled)):
                continue
            values[column.key] = value
        return values

    prepared = [(row, values_of(row)) for row in rows]
    for _, group in itertools.groupby(prepared, key=lambda item: frozenset(item[1])):
        batch = list(group)
        values = [each for _, each in batch]
        generated = [key for key in keys if key not in batch[0][0]]
        if not generated or table is not mapper.base_mapper.local_table:
            connection.execute(Insert(table), values if len(values) > 1 else values[0])
        elif len(values) == 1:
            found = connection.execute(Insert(table), values[0]).inserted_primary_key
            batch[0][0].update(zip(keys, found, strict=True))
        else:
            columns = [column_in(mapper, key, table) for key in keys]
            statement = Insert(table).returning(*columns, sort_by_parameter_order=True)
            for (row, _), found in zip(batch, connection.execute(statement, values), strict=True):
                row.update(zip(keys, found, strict=True))


def refuse_returning() -> exc.InvalidRequestError:
    """For what would have to be put together from several tables."""
    return exc.InvalidRequestError(
        "INSERT with RETURNING of a class whose rows are in several tables is not supported; "
        "select the objects after the INSERT."
    )
