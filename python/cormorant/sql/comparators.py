"""What each operator makes of its operands. Fills `elements.OPERATIONS`."""

from __future__ import annotations

import copy
from typing import Any

from .. import exc
from . import operators as ops
from .base import ClauseElement
from .coercions import expect_by_of, expect_in, expect_operand
from .elements import (
    FALSE,
    NULL,
    OPERATIONS,
    TRUE,
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    ClauseList,
    False_,
    Grouping,
    Null,
    Slice,
    True_,
    UnaryExpression,
)
from .operators import eq, ne
from .sqltypes import BOOLEANTYPE, JSON, MATCHTYPE, NULLTYPE, to_instance

NEGATE: dict[Any, Any] = {}
for _a, _b in (
    (ops.eq, ops.ne),
    (ops.lt, ops.ge),
    (ops.le, ops.gt),
    (ops.is_, ops.is_not),
    (ops.is_distinct_from, ops.is_not_distinct_from),
    (ops.like_op, ops.not_like_op),
    (ops.ilike_op, ops.not_ilike_op),
    (ops.in_op, ops.not_in_op),
    (ops.between_op, ops.not_between_op),
    (ops.startswith_op, ops.not_startswith_op),
    (ops.istartswith_op, ops.not_istartswith_op),
    (ops.endswith_op, ops.not_endswith_op),
    (ops.iendswith_op, ops.not_iendswith_op),
    (ops.contains_op, ops.not_contains_op),
    (ops.icontains_op, ops.not_icontains_op),
    (ops.match_op, ops.not_match_op),
    (ops.regexp_match_op, ops.not_regexp_match_op),
):
    NEGATE[_a] = _b
    NEGATE[_b] = _a

_CONSTANTS = (Null, True_, False_)
_TO_IS = {eq: ops.is_, ne: ops.is_not}


def compare(
    expr: Any,
    op: Any,
    obj: Any,
    reverse: bool = False,
    result_type: Any = BOOLEANTYPE,
    **modifiers: Any,
) -> BinaryExpression[Any]:
    """``expr op obj`` that gives a boolean."""
    if obj is None or obj is True or obj is False:
        type_ = expr.type
        if not type_._is_type_decorator or isinstance(obj, type_.coerce_to_is_types):
            return _compare_constant(expr, op, obj, reverse, result_type, modifiers)
    elif isinstance(obj, _CONSTANTS):
        return _compare_constant(expr, op, obj, reverse, result_type, modifiers)
    other = expect_operand(obj, expr, op)
    if modifiers:
        modifiers = {k: v for k, v in modifiers.items() if v is not None}
    if reverse:
        expr, other = other, expr
    return BinaryExpression(expr, other, op, result_type, NEGATE.get(op), modifiers)


def _compare_constant(
    expr: Any, op: Any, obj: Any, reverse: bool, result_type: Any, modifiers: dict[str, Any]
) -> BinaryExpression[Any]:
    constant = obj
    if not isinstance(obj, ClauseElement):
        constant = NULL if obj is None else TRUE if obj else FALSE
    if op in (eq, ne) and isinstance(constant, (True_, False_)):
        return BinaryExpression(expr, constant, op, result_type, NEGATE[op], modifiers)
    if op in (ops.is_distinct_from, ops.is_not_distinct_from):
        return BinaryExpression(expr, constant, op, result_type, NEGATE[op])
    if expr._is_collection_aggregate:
        # the other side of ANY and ALL is compared as it is: they cannot be beside IS
        if reverse:
            expr, constant = constant, expr
        return BinaryExpression(expr, constant, op, result_type, NEGATE.get(op))
    if op in (eq, ne):
        op = _TO_IS[op]
        return BinaryExpression(expr, constant, op, result_type, NEGATE[op])
    if op in (ops.is_, ops.is_not):
        if reverse:
            expr, constant = constant, expr
        return BinaryExpression(expr, constant, op, result_type, NEGATE[op])
    raise exc.ArgumentError(
        "Only '=', '!=', 'is_()', 'is_not()', 'is_distinct_from()', "
        "'is_not_distinct_from()' operators can be used with None/True/False"
    )


def binary(
    expr: Any, op: Any, obj: Any, reverse: bool = False, result_type: Any = None, **kw: Any
) -> BinaryExpression[Any]:
    """``expr op obj`` whose type follows from both sides."""
    other = expect_operand(obj, expr, op)
    if reverse:
        expr, other = other, expr
    if result_type is None:
        op, result_type = expr.type._adapt_operator(op, other.type)
    return BinaryExpression(expr, other, op, result_type, modifiers=kw or None)


def conjunction(expr: Any, op: Any, obj: Any, reverse: bool = False, **kw: Any) -> Any:
    """``&`` and ``|``."""
    if reverse:
        return BooleanClauseList._construct(op, (obj, expr))
    return BooleanClauseList._construct(op, (expr, obj))


def invert(expr: Any, op: Any, **kw: Any) -> Any:
    return expr._negate()


def negative(expr: Any, op: Any, **kw: Any) -> UnaryExpression[Any]:
    return UnaryExpression(expr, operator=ops.neg, type_=expr.type)


def bitwise_not(expr: Any, op: Any, **kw: Any) -> UnaryExpression[Any]:
    return UnaryExpression(expr, operator=ops.bitwise_not_op, type_=expr.type)


def custom(
    expr: Any, op: Any, *other: Any, reverse: bool = False, result_type: Any = None, **kw: Any
) -> Any:
    """Any operator that is not one of ours: op(), or one that a comparator passes to operate()."""
    if not isinstance(op, ops.custom_op):
        raise NotImplementedError(
            f"Operator '{getattr(op, '__name__', op)}' is not supported on this expression"
        )
    (obj,) = other
    result = result_type if result_type is not None else op.return_type
    if op.is_comparison:
        right = expect_operand(obj, expr, op) if obj is not None else NULL
        if reverse:
            expr, right = right, expr
        return BinaryExpression(expr, right, op, result or BOOLEANTYPE, modifiers=kw or None)
    if result is None:
        right = expect_operand(obj, expr, op)
        left = expr
        if reverse:
            left, right = right, left
        return BinaryExpression(left, right, op, left.type, modifiers=kw or None)
    return binary(expr, op, obj, reverse, result, **kw)


def in_(expr: Any, op: Any, other: Any, **kw: Any) -> BinaryExpression[Any]:
    right = expect_in(expr, other, op)
    return BinaryExpression(expr, right, op, BOOLEANTYPE, NEGATE[op])


def between(
    expr: Any, op: Any, cleft: Any, cright: Any, reverse: bool = False, symmetric: bool = False
) -> BinaryExpression[Any]:
    right = ClauseList._of(
        [
            expect_operand(cleft, expr, ops.and_),
            expect_operand(cright, expr, ops.and_),
        ],
        operator=ops.and_,
        group=False,
        group_contents=False,
    )
    # SQLAlchemy gives it no type: SQLite's 0 and 1 are read as they are
    return BinaryExpression(
        expr,
        right,
        op,
        negate=NEGATE[op],
        modifiers={"symmetric": symmetric} if symmetric else None,
    )


def like_variant(
    expr: Any,
    op: Any,
    other: Any,
    escape: str | None = None,
    autoescape: bool = False,
    reverse: bool = False,
) -> BinaryExpression[Any]:
    """startswith(), contains() and their kin."""
    if autoescape:
        if autoescape is not True:
            from ..util import warn

            warn("The autoescape parameter is now a simple boolean True/False")
        if escape is None:
            escape = "/"
        if not isinstance(other, str):
            raise TypeError("String value expected when autoescape=True")
        if escape not in ("%", "_"):
            other = other.replace(escape, escape + escape)
        other = other.replace("%", escape + "%").replace("_", escape + "_")
    return compare(expr, op, other, reverse=reverse, escape=escape)


def concat(
    expr: Any, op: Any, other: Any, reverse: bool = False, **kw: Any
) -> BinaryExpression[Any]:
    right = expect_operand(other, expr, op)
    left = expr
    if reverse:
        left, right = right, left
    type_ = left.type if left.type is not NULLTYPE else right.type
    op, type_ = _concat_type(left, right, type_)
    return BinaryExpression(left, right, op, type_)


def _concat_type(left: Any, right: Any, type_: Any) -> tuple[Any, Any]:
    if left.type._is_concatenable and (right.type._is_concatenable or right.type is NULLTYPE):
        return ops.concat_op, left.type
    return ops.concat_op, left.type


def ordering(expr: Any, op: Any, **kw: Any) -> UnaryExpression[Any]:
    return UnaryExpression(expect_by_of(expr), modifier=op)


def distinct(expr: Any, op: Any, **kw: Any) -> UnaryExpression[Any]:
    return UnaryExpression(expr, operator=ops.distinct_op, type_=expr.type)


def collate(expr: Any, op: Any, collation: Any, **kw: Any) -> BinaryExpression[Any]:
    from .constructs import CollationClause

    if isinstance(collation, str):
        collation = CollationClause(collation)
    type_ = expr.type
    if hasattr(type_, "collation"):  # a string's; an Enum has its own
        type_ = copy.copy(type_)
        type_.collation = collation.collation
    return BinaryExpression(expr, collation, ops.collate, type_=type_)


def regexp_match(
    expr: Any, op: Any, pattern: Any, flags: Any = None, reverse: bool = False, **kw: Any
) -> BinaryExpression[Any]:
    modifiers = {} if flags is None else {"flags": flags}
    other = expect_operand(pattern, expr, op)
    return BinaryExpression(expr, other, op, NULLTYPE, NEGATE[op], modifiers)


def regexp_replace(
    expr: Any, op: Any, pattern: Any, replacement: Any = None, flags: Any = None, **kw: Any
) -> BinaryExpression[Any]:
    right = ClauseList._of(
        [
            expect_operand(pattern, expr, op),
            expect_operand(replacement, expr, op),
        ],
        group=False,
    )
    return BinaryExpression(
        expr, right, op, NULLTYPE, modifiers={"flags": flags} if flags is not None else None
    )


def match(expr: Any, op: Any, other: Any, **kw: Any) -> BinaryExpression[Any]:
    if other is None or other is True or other is False:  # values as others
        bound = expect_operand(other, expr, op)
        return BinaryExpression(expr, bound, op, MATCHTYPE, NEGATE[op], kw)
    return compare(expr, op, other, result_type=MATCHTYPE, **kw)


def getitem(expr: Any, op: Any, index: Any, **kw: Any) -> Any:
    """Indexing, for types that have elements (JSON, ARRAY)."""
    setup = getattr(expr.type, "_setup_getitem", None)
    if setup is None:
        if expr.type._type_affinity is JSON:
            from .json_path import getitem as json_getitem

            return json_getitem(expr, index)
        raise NotImplementedError("Operator 'getitem' is not supported on this expression")
    op, right, result_type = setup(expr, index)
    if isinstance(right, slice):
        right = Slice(right.start, right.stop, right.step)
    right = expect_operand(right, expr, op)
    return BinaryExpression(expr, right, op, to_instance(result_type))


def collection(expr: Any, op: Any, **kw: Any) -> Any:
    from .constructs import CollectionAggregate

    return CollectionAggregate._create(expr, op)


def unsupported(expr: Any, op: Any, *arg: Any, **kw: Any) -> Any:
    raise NotImplementedError(f"Operator '{op.__name__}' is not supported on this expression")


for _op in (ops.eq, ops.ne, ops.lt, ops.le, ops.gt, ops.ge, ops.is_, ops.is_not,
            ops.is_distinct_from, ops.is_not_distinct_from, ops.like_op, ops.not_like_op,
            ops.ilike_op, ops.not_ilike_op):  # fmt: skip
    OPERATIONS[_op] = compare
for _op in (ops.add, ops.sub, ops.mul, ops.truediv, ops.floordiv, ops.mod, ops.bitwise_and_op,
            ops.bitwise_or_op, ops.bitwise_xor_op, ops.bitwise_lshift_op,
            ops.bitwise_rshift_op):  # fmt: skip
    OPERATIONS[_op] = binary
for _op in (ops.startswith_op, ops.istartswith_op, ops.endswith_op, ops.iendswith_op,
            ops.contains_op, ops.icontains_op):  # fmt: skip
    OPERATIONS[_op] = like_variant
OPERATIONS.update(
    {
        None: custom,
        ops.and_: conjunction,
        ops.or_: conjunction,
        ops.inv: invert,
        ops.neg: negative,
        ops.bitwise_not_op: bitwise_not,
        ops.in_op: in_,
        ops.not_in_op: in_,
        ops.between_op: between,
        ops.not_between_op: between,
        ops.concat_op: concat,
        ops.desc_op: ordering,
        ops.asc_op: ordering,
        ops.nulls_first_op: ordering,
        ops.nulls_last_op: ordering,
        ops.distinct_op: distinct,
        ops.collate: collate,
        ops.match_op: match,
        ops.regexp_match_op: regexp_match,
        ops.regexp_replace_op: regexp_replace,
        ops.getitem: getitem,
        ops.json_getitem_op: binary,
        ops.json_path_getitem_op: binary,
        ops.any_op: collection,
        ops.all_op: collection,
        ops.lshift: unsupported,
        ops.rshift: unsupported,
        ops.contains: unsupported,
    }
)

__all__ = ["BindParameter", "Grouping"]
