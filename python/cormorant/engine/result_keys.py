"""Where the item of a name or a column is in the rows of a result."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from .. import exc
from ..sql.schema import Table
from ..sql.selectable import selected_by


def index_of_names(
    names: Sequence[str], objects: Sequence[Sequence[Any]]
) -> tuple[dict[str, int], set[int]]:
    """Where the column of a name is, -1 for a name of several; and the hashes of columns that
    are there several times. Both only matter where a name is repeated."""
    index: dict[str, int] = {}
    for number, found in enumerate(objects):
        for obj in found:
            if isinstance(obj, str):
                index[str(obj)] = number
    for number, name in enumerate(names):
        index[name] = number
    repeated: set[int] = set()
    if len(set(names)) == len(names):
        return index, repeated
    first: dict[Any, int] = {}
    for number, found in enumerate(objects):
        for obj in (names[number], *found):
            key = str(obj) if isinstance(obj, str) else hash(obj)
            if first.setdefault(key, number) == number:
                continue
            if isinstance(key, str):
                index[key] = -1
            else:
                repeated.add(key)
    return index, repeated


class Lookup:
    """From a column (or what stands for one) to the position in the rows of a plan."""

    __slots__ = ("_keep", "_numbers", "_repeated", "columns")

    def __init__(self, objects: Sequence[Sequence[Any]], repeated: Collection[int] = ()) -> None:
        """`objects`: what each item is found by, its column first; `repeated`: hashes of those
        that are there several times, which is an error to ask for."""
        self._numbers: dict[int, int] = {}
        self._repeated = repeated
        self._keep = []
        for number, found in enumerate(objects):
            for obj in found:
                if not isinstance(obj, str):
                    self._keep.append(obj)
                    self._numbers.setdefault(hash(obj), number)
        columns = [found[0] if found else None for found in objects]
        lasting = all([isinstance(getattr(c, "table", None), Table) for c in columns])
        self.columns: Sequence[Any] | None = None if lasting else columns
        """The column of each item; None if all are of tables, and so the same in each statement
        that the plan is for."""

    def __call__(self, key: Any) -> int | None:
        try:
            number = self._numbers.get(hash(key))
        except TypeError:
            return None
        if number is None:
            element = getattr(key, "__clause_element__", None)
            if element is not None:
                number = self._numbers.get(hash(element()))
        elif self._repeated and hash(key) in self._repeated:
            raise exc.InvalidRequestError(
                f"Ambiguous column name '{key}' in result set column descriptions"
            )
        return number

    def of(self, source: Any) -> OwnLookup:
        """The lookup of an execution of another statement; `source`: see know_columns()."""
        return OwnLookup(self, source)

    def own_columns(self, source: Any) -> Sequence[Any]:
        """What a statement has in place of `columns`; `source`: see know_columns()."""
        if isinstance(source, list):
            return selected_by(source)
        return source._all_selected_columns  # type: ignore[no-any-return]


class OwnLookup:
    """The lookup of an execution whose plan was made for another statement of the same form:
    columns of new aliases and subqueries, and new expressions, stand where those of the other
    do. Which they are is found out when one is asked for."""

    __slots__ = ("_keep", "_numbers", "_plan", "_source", "_standing")

    def __init__(self, plan: Any, source: Any) -> None:
        """`plan`: the plan's lookup; `source`: see know_columns()."""
        self._plan = plan
        self._source = source
        self._keep: Sequence[Any] | None = None
        self._numbers: dict[int, int] = {}
        self._standing: dict[int, Any] = {}
        """Those that are there several times, and what they are to the plan."""

    def __call__(self, key: Any) -> int | None:
        if self._keep is None:
            self._match()
        try:
            number = self._numbers.get(hash(key))
        except TypeError:
            return None
        if number is None:
            element = getattr(key, "__clause_element__", None)
            if element is not None and not isinstance(key, type):
                number = self._numbers.get(hash(element()))
            if number is None:
                number = self._plan(self._standing.get(hash(key), key))
        return number

    def _match(self) -> None:
        columns, own = self._plan.columns, self._plan.own_columns(self._source)
        self._source = None
        self._keep = own
        if len(own) != len(columns):
            return
        for column, standing in zip(own, columns, strict=True):
            try:
                number = self._plan(standing)
            except exc.InvalidRequestError:
                self._standing[hash(column)] = standing
                continue
            if number is not None:
                self._numbers[hash(column)] = number


def know_columns(cursor: Any, lookup: Any, statement: Any, made_for: Any) -> None:
    """Lets rows of a cursor be asked for columns of the statement. `lookup`: the plan's, which
    has `columns`, of() and own_columns(); `made_for`: the statement that the plan was made for."""
    row_keys = cursor.row_keys
    if row_keys is None or lookup is None:
        return
    if row_keys.lookup is None:
        row_keys.lookup = lookup
    if statement is not made_for and lookup.columns is not None:
        # Rows may live for long: of what is selected, not of the whole statement.
        source = statement.__dict__.get("_raw_columns")
        cursor.row_keys = row_keys.with_source(statement if source is None else source)
