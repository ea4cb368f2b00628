"""INSERT of many rows in one statement, with what the database made of each of them.

A statement compiled for many parameter sets has one row of VALUES. Here the same statement
is written with as many rows as a batch has; their parameters are ``name__0``, ``name__1`` …
Where the rows that come back have to be in the order of the parameters, the statement says
so as SQLAlchemy's does: a further column of RETURNING (the sentinel) tells rows apart, and
keys that the database makes are made in the order of ``sen_counter``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class ManyValues:
    """The parts of an INSERT with one row of VALUES, as the compiler left them."""

    __slots__ = (
        "after",
        "before",
        "casts",
        "outside",
        "outside_in_order",
        "returning",
        "sentinel",
        "sentinels",
        "sorted_returning",
        "values",
    )

    def __init__(
        self,
        before: str,
        values: Sequence[str],
        after: str,
        returning: str,
        sorted_returning: str,
        sentinel: str | None,
        casts: Sequence[str | None],
        outside: Sequence[str],
        sentinels: Sequence[Any] = (),
    ) -> None:
        """`before` is the text up to VALUES and `after` what follows it. `sentinel` is
        "client" if the parameters hold the primary key, "server" if the database numbers
        the rows, None if nothing tells rows apart; `sentinels` are the columns that do, and
        `casts` has the type of each value, None for a number of the row that a sequence gives.
        `outside` names the parameters that are not in VALUES: all rows have the same value.
        """
        self.before = before
        self.values = values
        self.after = after
        self.outside_in_order = outside
        self.outside = frozenset(outside)
        self.returning = returning
        self.sorted_returning = sorted_returning
        self.sentinel = sentinel
        self.sentinels = sentinels
        self.casts = casts

    def holds(self, given: Any) -> bool:
        """Whether the statement can have several rows that name the parameters `given`: none of
        them is outside of VALUES, or becomes text."""
        text = "".join((self.before, self.after, self.returning, *self.values))
        return bool(self.values) and "\x02" not in text and self.outside.isdisjoint(given)

    def template(self, ordered: bool) -> tuple[str, str, str]:
        """(text before the rows, of one row, after the rows); ``\\x03`` is the row's number."""
        if not ordered:
            row = f"({', '.join(self.values)})"
            after = f"{self.after} {self.returning}" if self.returning else self.after
            return f"{self.before} VALUES ", row, after
        if self.sentinel == "client" or self.values == ["DEFAULT"]:  # which no SELECT can have
            row = f"({', '.join(self.values)})"
            return f"{self.before} VALUES ", row, f"{self.after} {self.sorted_returning}"
        selected, given, names = [], [], []
        for number, (value, cast) in enumerate(zip(self.values, self.casts, strict=True)):
            if cast is None:
                selected.append(value)
            else:
                selected.append(f"p{number}::{cast}")
                names.append(f"p{number}")
                given.append(value)
        before = f"{self.before} SELECT {', '.join(selected)} FROM (VALUES "
        after = f") AS imp_sen({', '.join([*names, 'sen_counter'])}) ORDER BY sen_counter"
        row = f"({', '.join([*given, chr(3)])})"
        return before, row, f"{after}{self.after} {self.sorted_returning}"


def rows_of_one_statement(compiled: Any, returning: bool) -> int:
    """How many rows SQLAlchemy writes in one statement of an INSERT that a flush makes, which was
    compiled for many parameter sets; 0: each row is a statement by itself."""
    dialect, parts = compiled.dialect, compiled.many_values
    if parts is None or (returning and parts.sentinel is None):
        return 0
    if not parts.holds(compiled.binds):
        return 0
    width = len(compiled.bind_order)
    most: int = dialect.insertmanyvalues_page_size
    if width:
        most = min(most, dialect.insertmanyvalues_max_parameters // width)
    return max(most, 1)


def statement_of_rows(compiled: Any, rows: Sequence[Any], ordered: bool) -> tuple[str, Any]:
    """The statement of several rows and its parameters, of an INSERT that was compiled for many
    parameter sets; `rows` have theirs as the driver gets them, by name or in order."""
    sql, names = compiled.expand_rows(len(rows), ordered)
    if isinstance(rows[0], dict):
        return sql, {name: rows[number][own] for name, own, number in names}
    places = {name: place for place, name in enumerate(dict.fromkeys(compiled.bind_order))}
    made = {name: rows[number][places[own]] for name, own, number in names}
    return sql, tuple(made.values())


class LongStatement(str):
    """The text of an INSERT of many rows, of which logs and errors show the ends."""

    def __str__(self) -> str:
        if len(self) <= 500:
            return super().__str__()
        return f"{self[:250]} ... {len(self) - 350} characters truncated ... {self[-100:]}"


def column_of_defaults(table: Any, dialect: Any) -> Any:
    """The column that an INSERT of many rows names which gives no values, so that they can be
    written in one statement; None: it has to be DEFAULT VALUES."""
    if not dialect.supports_default_metavalue or not len(table.c):
        return None
    column = table.c[0]
    if dialect.default_metavalue_token == "NULL" and column.server_default is not None:
        return None  # NULL is a value there
    return column


def _in_order(compiler: Any, text: str) -> list[str]:
    """The parameters in a part of the text, as they were compiled."""
    there = compiler.parameters_in(text)
    return [name for name in compiler.binds if name in there]


def many_values(
    compiler: Any,
    stmt: Any,
    before: str,
    sets: Sequence[Any],
    after: str,
    returning: str,
    kw: dict[str, Any],
) -> ManyValues:
    """The parts of an INSERT that `compiler` is compiling; `returning` is empty if nothing is
    returned."""
    dialect, table = compiler.dialect, stmt.table
    values = [value for _, value in sets]
    if not returning:
        outside = _in_order(compiler, before + after)
        return ManyValues(before, values, after, "", "", None, (), outside)
    columns = list(stmt._all_selected_columns or compiler.returning)
    made = len(compiler.result_columns)
    given = {c.key for c, _ in sets} - compiler._made_by_database
    auto = getattr(table, "_autoincrement_column", None)
    sentinels: list[Any] = [c for c in table.c if c._insert_sentinel and c.key in given]
    sentinel = "client" if sentinels else None
    if sentinels:
        pass
    elif len(table.primary_key) and all(c.key in given for c in table.primary_key):
        sentinel, sentinels = "client", list(table.primary_key)
    elif auto is not None and auto.key not in given and dialect.insertmanyvalues_implicit_sentinel:
        sentinel, sentinels = "server", [auto]
    returning = compiler._returning_text(columns, kw)
    sorted_returning = compiler._returning_text([*columns, *sentinels], kw)
    del compiler.result_columns[made:]
    casts: list[str | None] = []
    if sentinel == "server":
        for column, _ in sets:
            casts.append(
                None if column is auto else dialect.cast_of_rows(column.type, compiler.preparer)
            )
    outside = _in_order(compiler, before + after + returning)
    return ManyValues(
        before, values, after, returning, sorted_returning, sentinel, casts, outside, sentinels
    )
