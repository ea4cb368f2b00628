"""The functions of `func` whose result type is known.

They are classes, whose making takes its time: imported when `func` is first used.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from . import sqltypes
from .base import KeyContext
from .coercions import expect_expr, expect_function_arg
from .elements import ColumnClause, UnaryExpression
from .functions import GenericFunction

if TYPE_CHECKING:
    from decimal import Decimal
else:
    Decimal = Any  # importing it takes a program that has no decimals its time

_T = TypeVar("_T")


class ReturnTypeFromArgs(GenericFunction[_T]):
    """A function whose result has the type of its arguments."""

    _abstract = True

    def __init__(self, *args: Any, **kw: Any) -> None:
        made = [expect_function_arg(c, self.name) for c in args]
        if kw.get("type_") is None:
            kw["type_"] = next((a.type for a in made if not a.type._isnull), sqltypes.NULLTYPE)
        self._finish(made, kw)


class next_value(GenericFunction[int]):
    """The next value of a Sequence."""

    type = sqltypes.Integer()
    name = "next_value"

    def __init__(self, seq: Any, **kw: Any) -> None:
        from .schema_defaults import Sequence as Seq

        if not isinstance(seq, Seq):
            raise AssertionError("next_value() accepts a Sequence object as input.")
        self.sequence = seq
        self._finish([], {"type_": seq.data_type or kw.get("type_")})

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (next_value, *ctx.number(self.sequence), self.sequence.key)

    @property
    def _from_objects(self) -> Sequence[Any]:  # type: ignore[override]
        return ()


class array_agg(ReturnTypeFromArgs[Sequence[_T]]):
    """Values of a group as an array."""

    def __init__(self, *args: Any, **kw: Any) -> None:
        made = [expect_expr(c) for c in args]
        if kw.get("type_") is None:
            item = made[0].type if made else sqltypes.NULLTYPE
            kw["type_"] = item if item._is_array else sqltypes.ARRAY(item, dimensions=1)
        self._finish(made, kw)


class ReturnTypeFromOptionalArgs(ReturnTypeFromArgs[_T]):
    """As ReturnTypeFromArgs; the value may be NULL, as those of the arguments."""

    _abstract = True


class coalesce(ReturnTypeFromArgs[_T]):
    _written = "coalesce"
    _has_args = True


class max(ReturnTypeFromArgs[_T]):
    pass


class min(ReturnTypeFromArgs[_T]):
    pass


class sum(ReturnTypeFromArgs[_T]):
    pass


class concat(GenericFunction[str]):
    type = sqltypes.String()


class char_length(GenericFunction[int]):
    type = sqltypes.Integer()

    def __init__(self, arg: Any, **kw: Any) -> None:
        super().__init__(arg, **kw)


class random(GenericFunction[float]):
    _written = "random"
    _has_args = True


class now(GenericFunction[datetime.datetime]):
    type = sqltypes.DateTime()


class count(GenericFunction[int]):
    """``count(*)`` without an argument."""

    type = sqltypes.Integer()

    def __init__(self, expression: Any = None, **kw: Any) -> None:
        if expression is None:
            expression = ColumnClause("*", is_literal=True)
        super().__init__(expression, **kw)


class AnsiFunction(GenericFunction[_T]):
    """A function of the standard that is written without parentheses."""

    _abstract = True


class current_date(AnsiFunction[datetime.date]):
    _written = "CURRENT_DATE"
    type = sqltypes.Date()


class current_time(AnsiFunction[datetime.time]):
    _written = "CURRENT_TIME"
    type = sqltypes.Time()


class current_timestamp(AnsiFunction[datetime.datetime]):
    _written = "CURRENT_TIMESTAMP"
    type = sqltypes.DateTime()


class current_user(AnsiFunction[str]):
    _written = "CURRENT_USER"
    type = sqltypes.String()


class localtime(AnsiFunction[datetime.datetime]):
    _written = "LOCALTIME"
    type = sqltypes.DateTime()


class localtimestamp(AnsiFunction[datetime.datetime]):
    _written = "LOCALTIMESTAMP"
    type = sqltypes.DateTime()


class session_user(AnsiFunction[str]):
    _written = "SESSION_USER"
    type = sqltypes.String()


class sysdate(AnsiFunction[datetime.datetime]):
    _written = "sysdate"
    type = sqltypes.DateTime()


class user(AnsiFunction[str]):
    _written = "USER"
    type = sqltypes.String()


class rank(GenericFunction[int]):
    type = sqltypes.Integer()


class dense_rank(GenericFunction[int]):
    type = sqltypes.Integer()


class percent_rank(GenericFunction[Decimal]):
    type = sqltypes.Numeric()


class cume_dist(GenericFunction[Decimal]):
    type = sqltypes.Numeric()


class _GroupingSets(GenericFunction[Any]):
    _abstract = True
    _has_args = True


class cube(_GroupingSets):
    _written = "CUBE"


class rollup(_GroupingSets):
    _written = "ROLLUP"


class grouping_sets(_GroupingSets):
    _written = "GROUPING SETS"


class OrderedSetAgg(GenericFunction[_T]):
    """An aggregate used with WITHIN GROUP."""

    _abstract = True
    array_for_multi_clause = False

    def within_group_type(self, within_group: Any) -> Any:
        if not within_group.order_by.clauses:
            return None
        first = within_group.order_by.clauses[0]
        while isinstance(first, UnaryExpression) and first.modifier is not None:
            first = first.element  # ascending, descending
        if self.array_for_multi_clause and len(self.clauses) > 1:
            return sqltypes.ARRAY(first.type)
        return first.type


class mode(OrderedSetAgg[_T]):
    pass


class percentile_cont(OrderedSetAgg[_T]):
    array_for_multi_clause = True


class percentile_disc(OrderedSetAgg[_T]):
    array_for_multi_clause = True


class aggregate_strings(GenericFunction[str]):
    """Strings of a group, joined by a separator."""

    type = sqltypes.String()

    def __init__(self, clause: Any, separator: str, **kw: Any) -> None:
        super().__init__(clause, separator, **kw)


for _cls in [each for each in globals().values() if getattr(each, "__module__", "") == __name__]:
    _cls.__module__ = GenericFunction.__module__  # where programs know them from
