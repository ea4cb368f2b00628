"""Rows of attribute names, written without objects: what the bulk methods of a session and its
statements for many rows have in common.

The core makes tuples of the rows (`tabulate`); those that follow each other and give the same
columns go to one execution.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from .. import _core, exc
from ..engine.plans import GivenRows
from ..sql.elements import BindParameter
from ..sql.visitors import iterate
from .bulk_inheritance import column_in, first_version, is_joined, run_parameters
from .inheritance import key_columns, key_slot

# ---- INSERT --------------------------------------------------------------------------------


def insert_rows(
    mapper: Any,
    rows: Iterable[Mapping[str, Any]],
    execute: Callable[[Any], Any],
    render_nulls: bool = False,
    parameters: Sequence[str] = (),
) -> list[Any]:
    """INSERT into the only table of a class: what `execute` gives for the parameters of each
    execution. Names that are no columns nor `parameters` are left out, and None for which the database or a
    default has a value, unless `render_nulls`."""
    columns = list(mapper.local_table.c)
    keys = [*(column.key for column in columns), *parameters]
    places = {key: number for number, key in enumerate(keys)}
    for name, prop in mapper._props.items():
        if prop._is_column and prop.columns[0].key in places:
            places[name] = places[prop.columns[0].key]
    version = first_version(mapper, mapper.local_table)
    if version is not None:
        key, make = version
        rows = [{**row, key: make(None)} for row in rows]
    keep = bytes([render_nulls or column.type.should_evaluate_none for column in columns])
    keep += bytes([True] * len(parameters))
    return [
        execute(run_parameters([keys[number] for number in given], batch))
        for given, batch in _core.tabulate(rows, places, keep)
    ]


def insert_mappings(
    connection: Any, mapper: Any, rows: Iterable[Mapping[str, Any]], render_nulls: bool = False
) -> None:
    """INSERT rows into the only table of a class."""
    from ..sql.dml import Insert

    statement = Insert(mapper.local_table)
    insert_rows(mapper, rows, lambda given: connection.execute(statement, given), render_nulls)


def insert_returning_keys(
    connection: Any, mapper: Any, rows: Iterable[Mapping[str, Any]], render_nulls: bool = False
) -> list[tuple[Any, ...]]:
    """INSERT rows into the only table of a class: their primary keys."""
    from ..sql.dml import Insert

    table, key = mapper.local_table, mapper.primary_key
    filled = [c for c in table.c if c in mapper._columntoproperty and c.server_default is not None]
    keys: list[tuple[Any, ...]] = []

    def execute(given: Any) -> None:
        many = isinstance(given, GivenRows)
        names = set(given.names if many else given)
        missing = [c for c in filled if c.key not in names and not c.primary_key]
        if all(c.key in names for c in key):
            connection.execute(Insert(table), given)
            found = given.in_order([c.key for c in key]) if many else [[given[c.key] for c in key]]
            keys.extend(map(tuple, found))
        elif missing or many:
            statement = Insert(table).returning(*key, *missing, sort_by_parameter_order=many)
            found = connection.execute(statement, given).all()
            keys.extend([tuple(row[: len(key)]) for row in found])
        else:
            keys.append(tuple(connection.execute(Insert(table), given).inserted_primary_key))

    insert_rows(mapper, rows, execute, render_nulls)
    return keys


# ---- UPDATE by primary key -----------------------------------------------------------------


def update_mappings(
    connection: Any,
    mapper: Any,
    rows: Sequence[Mapping[str, Any]],
    criteria: Sequence[Any] = (),
    expressions: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """UPDATE rows that give their primary key, if they meet the criteria as well; all of them
    get the SQL expressions, by attribute name."""
    if mapper.version_id_col is not None:
        mapper._columntoproperty[mapper.version_id_col]  # which a concrete class need not have
    for table in mapper._tables if is_joined(mapper) else (mapper.local_table,):
        _update_table(connection, mapper, _Update(mapper, table, criteria, expressions), rows)


class _Update:
    """The UPDATEs of one table."""

    def __init__(
        self, mapper: Any, table: Any, criteria: Sequence[Any], expressions: Mapping[str, Any]
    ) -> None:
        self.table = table
        self.criteria = criteria
        #: key of a column -> what all rows get
        self.expressions: dict[str, Any] = {}
        self.columns = list(table.c)
        key = _key_in(mapper, table)
        places = {column.key: number for number, column in enumerate(self.columns)}
        #: name of an attribute -> number of its parameter: values of the table's columns come
        #: first, then those of the columns that tell which row is meant
        self.places: dict[str, int] = {}
        for name in mapper._props:
            column = column_in(mapper, name, table)
            if column is None:
                continue
            if name in expressions:
                self.expressions[column.key] = expressions[name]
            elif not column.primary_key:
                self.places[name] = places[column.key]
        self.told_by = list(key.values())
        for number, name in enumerate(key, len(self.columns)):
            self.places[name] = number
        #: number of the parameter with the version that a row had, or None
        self.version: int | None = None
        if mapper.version_id_col is not None and mapper.version_id_col.table is table:
            self.version = len(self.columns) + len(key)
            self.told_by.append(mapper.version_id_col)
            self.places[mapper._columntoproperty[mapper.version_id_col].key] = self.version
        self.names = [column.key for column in self.columns]
        self.names += [column._tq_label for column in self.told_by]
        for name in dict.fromkeys(
            each.key
            for element in (*criteria, *self.expressions.values())
            for each in iterate(element)
            if isinstance(each, BindParameter) and not each.unique
        ):
            self.places[name] = len(self.names)
            self.names.append(name)
        self.key_numbers = range(len(self.columns), len(self.columns) + len(key))

    def check(self, given: Sequence[int]) -> None:
        """exc.InvalidRequestError if rows lack a part of their key."""
        missing = [
            str(column)
            for number, column in zip(self.key_numbers, self.told_by, strict=False)
            if number not in given
        ]
        if missing:
            raise exc.InvalidRequestError(
                f"No primary key value supplied for column(s) {', '.join(missing)}; per-row ORM "
                "Bulk UPDATE by Primary Key requires that records contain primary key values",
                code="bupq",
            )

    def statement(self, values: Iterable[int]) -> Any:
        """UPDATE of these columns."""
        from ..sql import and_, bindparam
        from ..sql.dml import Update

        names = self.names[len(self.columns) :]
        where = and_(
            *self.criteria,
            *(
                column == bindparam(name, type_=column.type)
                for column, name in zip(self.told_by, names, strict=False)
            ),
        )
        set_ = {self.names[n]: bindparam(self.names[n], type_=self.columns[n].type) for n in values}
        return Update(self.table).where(where).values({**set_, **self.expressions})


def _update_table(
    connection: Any, mapper: Any, update: _Update, rows: Iterable[Mapping[str, Any]]
) -> None:
    count = len(update.columns)
    keep = b"\1" * count + b"\0" * len(update.told_by)  # a key is never NULL
    keep += b"\1" * (len(update.names) - len(keep))
    runs: list[tuple[tuple[int, ...], list[tuple[Any, ...]]]] = []
    for given, batch in _core.tabulate(rows, update.places, keep):
        update.check(given)
        if not update.expressions and (not given or given[0] >= count):
            continue  # rows that change nothing of this table
        if runs and runs[-1][0] == given:
            runs[-1][1].extend(batch)
        else:
            runs.append((given, batch))
    for given, batch in runs:
        values = [number for number in given if number < count]
        names = [update.names[number] for number in given]
        if update.version is None:
            statement = update.statement(values)
            matched = connection.execute(statement, run_parameters(names, batch)).rowcount
        else:
            matched = _update_versions(connection, mapper, update, values, names, batch)
        if 0 <= matched != len(batch) and not update.criteria:
            raise exc.StaleDataError(
                f"UPDATE statement on table '{update.table.description}' expected to update "
                f"{len(batch)} row(s); {matched} were matched."
            )


def _update_versions(
    connection: Any,
    mapper: Any,
    update: _Update,
    values: list[int],
    names: list[str],
    rows: list[tuple[Any, ...]],
) -> int:
    """Rows with a version one by one: each of them has to match."""
    assert update.version is not None
    before = update.names[update.version]
    make = mapper.version_id_generator
    key = mapper.version_id_col.key
    if make is not False:
        values = sorted({*values, update.columns.index(mapper.version_id_col)})
    statement = update.statement(values)
    matched = 0
    for row in rows:
        params = {before: None, **dict(zip(names, row, strict=True))}
        if make is not False:
            params[key] = make(params[before])
        matched += connection.execute(statement, params).rowcount
    return matched


def _key_in(mapper: Any, table: Any) -> dict[str, Any]:
    """The attributes that tell rows of one of the mapper's tables apart, with their columns."""
    props = mapper._columntoproperty
    shared = {props[c].slot: props[c].key for c in mapper.primary_key}
    return {shared.get(key_slot(mapper, c)) or props[c].key: c for c in key_columns(mapper, table)}
