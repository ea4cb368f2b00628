"""Bulk INSERT of classes that inherit: the discriminator, and a row in each joined table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from .. import _core, exc
from ..engine.plans import GivenRows
from .inheritance import copied_slots


def discriminator(mapper: Any) -> tuple[str, Any] | None:
    """Attribute and value that rows of a class have unless they say otherwise."""
    prop = mapper._discriminator
    if prop is None or prop.slot < 0 or mapper.polymorphic_identity is None:
        return None
    return prop.key, mapper.polymorphic_identity


def is_joined(mapper: Any) -> bool:
    """Whether a row of the class is a row in several tables."""
    return len(mapper._tables) > 1 and not mapper.concrete


def first_version(mapper: Any, table: Any) -> tuple[str, Callable[[Any], Any]] | None:
    """The key of a table's column that has the versions, and what makes the first one of a row:
    the class's alone, whatever the row says. None if the program or the database makes them."""
    column = mapper.version_id_col
    if column is None or not mapper.version_id_generator or not table.c.contains_column(column):
        return None
    return column.key, mapper.version_id_generator


def run_parameters(names: Sequence[str], rows: list[tuple[Any, ...]]) -> Any:
    """Rows of these parameters as Connection.execute() takes them."""
    if len(rows) == 1:
        return dict(zip(names, rows[0], strict=True))
    return GivenRows(names, rows)


def column_in(mapper: Any, key: str, table: Any) -> Any:
    """The column of an attribute in one table, or None."""
    prop = mapper._props.get(key)
    if prop is None or not prop._is_column:
        return None
    return next((c for c in prop.columns if getattr(c, "table", None) is table), None)


def _table_of(expression: Any) -> Any:
    """The table of a column, or the only one that an expression is about, or None."""
    if expression._is_column and getattr(expression, "table", None) is not None:
        return expression.table
    tables = list(expression._from_objects)
    return tables[0] if len(tables) == 1 else None


class Returned:
    """What the INSERT of each table of a class returns of its rows."""

    def __init__(self, mapper: Any, wanted: Iterable[Any]) -> None:
        self._mapper = mapper
        self._wanted = {hash(column): column for column in wanted}
        #: for each row given: hash of a column -> value
        self.rows: list[dict[int, Any]] = []
        self._of: dict[int, dict[int, Any]] = {}

    def start(self, rows: list[dict[str, Any]]) -> None:
        """The rows that are going to be inserted."""
        self.rows = [{} for _ in rows]
        self._of = {id(row): values for row, values in zip(rows, self.rows, strict=True)}

    def insert(
        self,
        connection: Any,
        table: Any,
        rows: Sequence[dict[str, Any]],
        given: Any,
        expressions: Mapping[str, Any],
    ) -> None:
        """INSERT what rows give for a table; all have values for the same columns, and the SQL
        expressions besides."""
        from ..sql.dml import Insert

        mapper = self._mapper
        columns = [c for c in self._wanted.values() if _table_of(c) is table]
        if table is mapper._tables[0]:
            key = list(mapper.primary_key)
            columns = key + [c for c in columns if all(c is not own for own in key)]
        columns = columns or list(table.primary_key)
        statement = Insert(table).returning(*columns, sort_by_parameter_order=len(rows) > 1)
        if expressions:
            statement = statement.values(expressions)
        hashes = [hash(column) for column in columns]
        keys = [
            (number, mapper._columntoproperty[column].key)
            for number, column in enumerate(columns)
            if any(column is own for own in mapper.primary_key)
        ]
        for row, found in zip(rows, connection.execute(statement, given).all(), strict=True):
            self._of[id(row)].update(zip(hashes, found, strict=True))
            for number, name in keys:
                row[name] = found[number]


def insert_joined(
    connection: Any,
    mapper: Any,
    rows: Iterable[Mapping[str, Any]],
    render_nulls: bool,
    returned: Returned | None = None,
    expressions: Mapping[str, Any] = MappingProxyType({}),
) -> list[dict[str, Any]]:
    """INSERT rows given by attribute into each table of a class; generated keys go from the
    base's table to the others. All rows get the SQL expressions, by attribute. Returns the rows
    with their keys."""
    given = [dict(row) for row in rows]
    names = {prop.slot: key for key, prop in mapper._props.items() if prop._is_column}
    copies = [
        (names[above], names[own])
        for each in mapper.iterate_to_root()
        for above, own in copied_slots(each)
    ]
    keys = [mapper._columntoproperty[column].key for column in mapper.primary_key]
    if returned is not None:
        returned.start(given)
    for table in mapper._tables:
        for row in given:
            for above, own in copies:
                if above in row:
                    row.setdefault(own, row[above])
        own = {}
        for name, value in expressions.items():
            column = column_in(mapper, name, table)
            if column is not None:
                own[column.key] = value
        _insert_into(connection, mapper, table, given, keys, render_nulls, returned, own)
    return given


def _insert_into(
    connection: Any,
    mapper: Any,
    table: Any,
    rows: list[dict[str, Any]],
    keys: list[str],
    render_nulls: bool,
    returned: Returned | None,
    expressions: Mapping[str, Any],
) -> None:
    from ..sql.dml import Insert

    version = first_version(mapper, table)
    columns = list(table.c)
    numbers = {column.key: number for number, column in enumerate(columns)}
    places = {}
    for name in mapper._props:
        column = column_in(mapper, name, table)
        made = column is not None and version is not None and column.key == version[0]
        if column is not None and not made and column.key not in expressions:
            places[name] = numbers[column.key]
    keep = bytes(
        (render_nulls and not column.primary_key) or column.type.should_evaluate_none
        for column in columns
    )
    into = Insert(table).values(expressions) if expressions else Insert(table)
    start = 0
    for chosen, tuples in _core.tabulate(rows, places, keep):
        names = [columns[number].key for number in chosen]
        if version is not None:
            names.append(version[0])
            tuples = [(*values, version[1](None)) for values in tuples]
        batch = rows[start : start + len(tuples)]
        start += len(tuples)
        given = run_parameters(names, tuples)
        if returned is not None:
            returned.insert(connection, table, batch, given, expressions)
            continue
        generated = [key for key in keys if key not in batch[0]]
        if not generated or table is not mapper._tables[0]:
            connection.execute(into, given)
            continue
        # What the server fills is returned with the keys, as a flush would have it.
        missing = [c for c in columns if c.server_default is not None and c.key not in names]
        many = len(batch) > 1
        if not many and not missing:
            key = connection.execute(into, given).inserted_primary_key
            batch[0].update(zip(keys, key, strict=True))
            continue
        own = [column_in(mapper, key, table) for key in keys]
        statement = into.returning(*own, *missing, sort_by_parameter_order=many)
        for row, found in zip(batch, connection.execute(statement, given).all(), strict=True):
            row.update(zip(keys, found[: len(keys)], strict=True))


def _is_entity(item: Any) -> bool:
    annotations = getattr(item, "_annotations", {})
    return "parententity" in annotations and (
        bool(getattr(item, "is_selectable", False)) or bool(annotations.get("entity"))
    )


def insert_joined_returning(
    session: Any,
    connection: Any,
    mapper: Any,
    statement: Any,
    params: Sequence[Any],
    render_nulls: bool,
    expressions: Mapping[str, Any],
) -> Any:
    """INSERT into all tables of a class; what each returns makes one row, or one object."""
    from ..engine.result import Result
    from .bulk import _object_of
    from .returning import returned_columns

    items: list[tuple[str, list[Any], bool]] = []
    for item in statement._returning:
        if _is_entity(item) and item._annotations["parententity"] is mapper:
            own = returned_columns(statement, item, mapper)
            items.append((mapper.class_.__name__, own, True))
            continue
        column = item._deannotate() if item._is_column else item
        if _is_entity(item) or _table_of(column) not in mapper._tables:
            raise exc.InvalidRequestError(
                "INSERT of a class whose rows are in several tables can return its objects, and "
                "what is made of the columns of one of the tables."
            )
        items.append((_returned_name(item), [column], False))
    returned = Returned(mapper, [column for _, own, _ in items for column in own])
    insert_joined(connection, mapper, params, render_nulls, returned, expressions)
    keys = tuple(name for name, _, _ in items)
    shared = _core.RowKeys(keys)
    made = []
    for row in returned.rows:
        out = []
        for _name, own, is_entity in items:
            values = [row[hash(column)] for column in own]
            out.append(_object_of(session, mapper, own, values) if is_entity else values[0])
        made.append(_core.Row(shared, tuple(out)))
    return Result._from_list(keys, made)


def _returned_name(item: Any) -> str:
    name = getattr(item, "key", None) or getattr(item, "name", None)
    return name if isinstance(name, str) else "_no_label"
