"""Arrays: the type, the ``ARRAY[…]`` construct and ANY / ALL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar, overload
from typing import Any as _Any

from ... import _core, exc
from ...sql import operators, sqltypes
from ...sql.coercions import expect_expr
from ...sql.column_element import ColumnElement
from ...sql.elements import BindParameter, ClauseList, Grouping
from ...sql.type_api import Codec, to_instance
from .operators import CONTAINED_BY, CONTAINS, OVERLAP

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...sql.type_api import TypeArgument
    from ...sql.typed_operators import SQLCoreOperations

_T = TypeVar("_T")


def Any(other: _Any, arrexpr: _Any, operator: _Any = operators.eq) -> _Any:
    """``other = ANY (array)``."""
    return arrexpr.any(other, operator)


def All(other: _Any, arrexpr: _Any, operator: _Any = operators.eq) -> _Any:
    """``other = ALL (array)``."""
    return arrexpr.all(other, operator)


class ARRAY(sqltypes.ARRAY[_T]):
    """An array of `item_type`, with PostgreSQL's operators."""

    class Comparator(sqltypes.ARRAY.Comparator):
        """Operators of arrays."""

        __slots__ = ()

        def contains(self, other: _Any, **kw: _Any) -> _Any:
            """``@>``: whether every element of `other` is in the array."""
            return self.operate(CONTAINS, other)

        def contained_by(self, other: _Any) -> _Any:
            """``<@``: whether every element of the array is in `other`."""
            return self.operate(CONTAINED_BY, other)

        def overlap(self, other: _Any) -> _Any:
            """``&&``: whether the arrays have elements in common."""
            return self.operate(OVERLAP, other)

    comparator_factory = Comparator
    _literal_start = "ARRAY"

    def __init__(
        self,
        item_type: TypeArgument[_T],
        as_tuple: bool = False,
        dimensions: int | None = None,
        zero_indexes: bool = False,
    ) -> None:
        """`item_type`: of the elements; `dimensions`: their number, if it is fixed;
        `as_tuple`: return tuples; `zero_indexes`: count from 0 in Python."""
        super().__init__(item_type, as_tuple, dimensions, zero_indexes)

    @property
    def python_type(self) -> type:
        return list

    def _codec(self, dialect: _Any) -> Codec:
        item = self.item_type.dialect_impl(dialect)
        return (_core.TYPE_ARRAY, (*item._codec(dialect), self.as_tuple))


class array(ClauseList, ColumnElement[_T]):
    """``ARRAY[a, b]`` of expressions and values."""

    __visit_name__ = "array"
    stringify_dialect = "postgresql"

    if TYPE_CHECKING:

        @overload
        def __init__(
            self, clauses: Iterable[_T], *, type_: TypeArgument[_T], **kw: _Any
        ) -> None: ...
        @overload
        def __init__(
            self,
            clauses: Iterable[SQLCoreOperations[_T] | _T],
            *,
            type_: TypeArgument[_T] | None = ...,
            **kw: _Any,
        ) -> None: ...

    def __init__(self, clauses: _Any, *, type_: _Any = None, **kw: _Any) -> None:
        """`clauses`: the elements; `type_`: theirs, if they do not tell it."""
        if isinstance(clauses, ColumnElement) and not isinstance(clauses, array):
            raise exc.ArgumentError(
                f"Argument 'clauses' is expected to be an iterable of elements, got {clauses!r}"
            )
        item: _Any = None if type_ is None else to_instance(type_)
        made = [expect_expr(c, type_=item) for c in clauses]
        self.clauses = [c.self_group(against=operators.comma_op) for c in made]
        self.operator = operators.comma_op
        if item is None:
            item = next((c.type for c in made), sqltypes.NULLTYPE)
        if item._is_array:
            self.type = ARRAY(
                item.item_type,
                dimensions=item.dimensions + 1 if item.dimensions is not None else 2,
            )
        else:
            self.type = ARRAY(item)

    @property
    def _from_objects(self) -> Sequence[_Any]:  # type: ignore[override]
        return [f for c in self.clauses for f in c._from_objects]

    @property
    def _select_iterable(self) -> Sequence[_Any]:
        return (self,)

    def __hash__(self) -> int:
        return object.__hash__(self)

    def _bind_param(
        self, operator: _Any, obj: _Any, type_: _Any = None, expanding: bool = False, **kw: _Any
    ) -> _Any:
        if kw.get("_assume_scalar") or operator is operators.getitem:
            return BindParameter(
                None,
                obj,
                _compared_to_operator=operator,
                type_=type_,
                _compared_to_type=self.type,
                unique=True,
                expanding=expanding,
            )
        return array(
            [
                BindParameter(
                    None,
                    o,
                    _compared_to_operator=operator,
                    _compared_to_type=self.type.item_type,  # type: ignore[attr-defined]
                    unique=True,
                    type_=type_,
                )
                for o in obj
            ]
        )

    def self_group(self, against: _Any = None) -> _Any:
        if against in (operators.any_op, operators.all_op, operators.getitem):
            return Grouping(self)
        return self

    def _cache_key(self, ctx: _Any) -> _Any:
        key = self.type._static_cache_key
        if key is None:
            ctx.cacheable = False
        return (array, key, *[c._cache_key(ctx) for c in self.clauses])


__all__ = ["ARRAY", "All", "Any", "array"]
