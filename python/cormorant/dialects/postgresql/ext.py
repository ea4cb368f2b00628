"""ORDER BY within aggregates, EXCLUDE constraints, text search functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...sql import functions, sqltypes
from ...sql.coercions import expect_expr, expect_function_arg, resolve
from ...sql.column_element import ColumnElement
from ...sql.elements import ClauseElement, ClauseList
from ...sql.schema import ColumnCollectionConstraint
from ...sql.schema_constraints import _column_argument, _first_column, _onto_table
from .array import ARRAY
from .types import REGCONFIG, TSQUERY, TSVECTOR


class aggregate_order_by(ColumnElement[Any]):
    """An argument of an aggregate with the order of its values: ``x ORDER BY y``."""

    __visit_name__ = "aggregate_order_by"
    stringify_dialect = "postgresql"
    _traverse_attrs = ("target", "order_by")

    def __init__(self, target: Any, *order_by: Any) -> None:
        self.target: Any = expect_expr(target)
        self.type = self.target.type
        if not order_by:
            raise TypeError("at least one ORDER BY element is required")
        if len(order_by) == 1:
            self.order_by: Any = expect_expr(order_by[0])
        else:
            self.order_by = ClauseList(*order_by)

    def self_group(self, against: Any = None) -> Any:
        return self

    @property
    def _from_objects(self) -> Sequence[Any]:  # type: ignore[override]
        return [*self.target._from_objects, *self.order_by._from_objects]

    def _cache_key(self, ctx: Any) -> Any:
        return (aggregate_order_by, self.target._cache_key(ctx), self.order_by._cache_key(ctx))


class ExcludeConstraint(ColumnCollectionConstraint):
    """EXCLUDE: no two rows may be equal by all of these operators."""

    __visit_name__ = "exclude_constraint"
    where: Any = None
    create_drop_stringify_dialect = "postgresql"

    def __init__(self, *elements: tuple[Any, str], **kw: Any) -> None:
        """Pairs of a column (or its name, or an expression) and an operator.

        `name`, `deferrable`, `initially` as other constraints have them; `using`: the index
        method (gist); `where`: a condition; `ops`: operator classes by column.
        """
        self.using = kw.get("using", "gist")
        self.ops = kw.get("ops", {})
        where = kw.get("where")
        self._elements: list[tuple[Any, str]] = []
        columns = []
        for element, operator in elements:
            found = _column_argument(element)
            self._elements.append((found, operator))
            named = _first_column(found)
            if named is not None:
                columns.append(named)
        super().__init__(
            *columns,
            name=kw.get("name"),
            deferrable=kw.get("deferrable"),
            initially=kw.get("initially"),
            info=kw.get("info"),
        )
        if where is not None:
            from ...sql.constructs import TextClause

            self.where = TextClause(where) if isinstance(where, str) else resolve(where)

    @property
    def _render_exprs(self) -> list[tuple[Any, str | None, str]]:
        """(expression, its key, operator) of each element."""
        made: list[tuple[Any, str | None, str]] = []
        for element, operator in self._elements:
            found = element
            if isinstance(element, str) and self.parent is not None:
                found = self.table.c[element]
            named = _first_column(element)
            made.append((found, getattr(named, "name", named), operator))
        return made

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    @property
    def operators(self) -> dict[str, str]:
        """The operators by the names of the columns that they are of."""
        found = {}
        for element, operator in self._elements:
            named = _first_column(element)
            if named is not None:
                found[named if isinstance(named, str) else named.name] = operator
        return found

    def _copy(self, *, target_table: Any = None, **kw: Any) -> ExcludeConstraint:
        elements, where = list(self._elements), self.where
        if target_table is not None:
            elements = [
                (
                    element
                    if isinstance(element, str)
                    else _onto_table(element, self.table, target_table),
                    operator,
                )
                for element, operator in elements
            ]
            if where is not None:
                where = _onto_table(where, self.table, target_table)
        return self._schema_item_copy(  # type: ignore[no-any-return]
            type(self)(
                *elements,
                name=self.name,
                deferrable=self.deferrable,
                initially=self.initially,
                where=where,
                using=self.using,
                ops=self.ops,
            )
        )


def array_agg(*arg: Any, **kw: Any) -> Any:
    """``array_agg()`` whose result has PostgreSQL's operators of arrays."""
    item = next((getattr(a, "type", None) for a in arg), None)
    type_ = (
        ARRAY(sqltypes.NULLTYPE if item is None else item)
        if (item is None or not item._is_array)
        else item
    )
    kw.setdefault("type_", type_)
    return functions.func.array_agg(*arg, **kw)


class _TextSearch(functions.GenericFunction[Any]):
    """A function that may begin with the name of a text search configuration."""

    _abstract = True
    _min_args_for_config = 2

    def __init__(self, *args: Any, **kw: Any) -> None:
        given = list(args)
        made = []
        if len(given) >= self._min_args_for_config and self._has_config(given):
            first = given.pop(0)
            made.append(expect_function_arg(first, self.name, type_=REGCONFIG()))
        made += [expect_function_arg(arg, self.name) for arg in given]
        self._finish(made, kw)

    def _has_config(self, args: list[Any]) -> bool:
        return True


class to_tsvector(_TextSearch):
    """``to_tsvector``: a document from text."""

    type = TSVECTOR()


class to_tsquery(_TextSearch):
    """``to_tsquery``: a query from its own language."""

    type = TSQUERY()


class plainto_tsquery(_TextSearch):
    """``plainto_tsquery``: a query from text, all words of which must occur."""

    type = TSQUERY()


class phraseto_tsquery(_TextSearch):
    """``phraseto_tsquery``: a query from text whose words must follow each other."""

    type = TSQUERY()


class websearch_to_tsquery(_TextSearch):
    """``websearch_to_tsquery``: a query from text as search engines take it."""

    type = TSQUERY()


class ts_headline(_TextSearch):
    """``ts_headline``: an excerpt of a document with what was found marked."""

    type = sqltypes.TEXT()

    def _has_config(self, args: list[Any]) -> bool:
        # (document, query), (config, document, query), (document, query, options) or all four
        if len(args) < 3:
            return False
        if len(args) > 3:
            return True
        # the second of three is the query, or else the first is a configuration
        return not (
            isinstance(args[1], ClauseElement) and isinstance(args[1].type, TSQUERY)  # type: ignore[attr-defined]
        )


__all__ = [
    "ExcludeConstraint",
    "aggregate_order_by",
    "array_agg",
    "phraseto_tsquery",
    "plainto_tsquery",
    "to_tsquery",
    "to_tsvector",
    "ts_headline",
    "websearch_to_tsquery",
]
