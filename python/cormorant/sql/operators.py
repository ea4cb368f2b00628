"""Operators of SQL expressions: the Python methods, their functions and precedences."""

from __future__ import annotations

from collections.abc import Callable
from operator import add as _add
from operator import and_ as _and_
from operator import contains as _contains
from operator import eq as _eq
from operator import floordiv as _floordiv
from operator import ge as _ge
from operator import getitem as _getitem
from operator import gt as _gt
from operator import inv as _inv
from operator import le as _le
from operator import lshift as _lshift
from operator import lt as _lt
from operator import mod as _mod
from operator import mul as _mul
from operator import ne as _ne
from operator import neg as _neg
from operator import or_ as _or_
from operator import rshift as _rshift
from operator import sub as _sub
from operator import truediv as _truediv
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .elements import ColumnElement

add, and_, contains, eq, floordiv, ge, getitem = (
    _add, _and_, _contains, _eq, _floordiv, _ge, _getitem,
)  # fmt: skip
gt, inv, le, lshift, lt, mod, mul, ne, neg = _gt, _inv, _le, _lshift, _lt, _mod, _mul, _ne, _neg
or_, rshift, sub, truediv, div = _or_, _rshift, _sub, _truediv, _truediv

OperatorType = Callable[..., Any]


class Operators:
    """Objects that can be combined with ``& | ~`` and custom operators."""

    __slots__ = ()

    def __and__(self, other: Any) -> ColumnElement[Any]:
        return self.operate(and_, other)

    def __or__(self, other: Any) -> ColumnElement[Any]:
        return self.operate(or_, other)

    def __invert__(self) -> ColumnElement[Any]:
        return self.operate(inv)

    def op(
        self,
        opstring: str,
        precedence: int = 0,
        is_comparison: bool = False,
        return_type: Any = None,
        python_impl: Callable[..., Any] | None = None,
    ) -> Callable[[Any], ColumnElement[Any]]:
        """A function that writes this, the operator text and its argument."""
        operator = custom_op(
            opstring, precedence, is_comparison, return_type, python_impl=python_impl
        )

        def against(other: Any) -> ColumnElement[Any]:
            made: ColumnElement[Any] = operator(self, other)
            return made

        return against

    def bool_op(
        self, opstring: str, precedence: int = 0, python_impl: Callable[..., Any] | None = None
    ) -> Callable[[Any], ColumnElement[Any]]:
        """As op(), for an operator that gives a boolean."""
        return self.op(opstring, precedence=precedence, is_comparison=True, python_impl=python_impl)

    def operate(self, op: OperatorType, *other: Any, **kw: Any) -> ColumnElement[Any]:
        """Apply an operator with this as its left side."""
        raise NotImplementedError(str(op))

    def reverse_operate(self, op: OperatorType, other: Any, **kw: Any) -> ColumnElement[Any]:
        """Apply an operator with this as its right side."""
        raise NotImplementedError(str(op))


class custom_op:
    """An operator given as text. Equal when all that affects the SQL is equal."""

    __name__ = "custom_op"
    __slots__ = (
        "_key",
        "eager_grouping",
        "is_comparison",
        "natural_self_precedent",
        "opstring",
        "precedence",
        "python_impl",
        "return_type",
    )

    def __init__(
        self,
        opstring: str,
        precedence: int = 0,
        is_comparison: bool = False,
        return_type: Any = None,
        natural_self_precedent: bool = False,
        eager_grouping: bool = False,
        python_impl: Callable[..., Any] | None = None,
    ) -> None:
        from . import sqltypes

        self.opstring = opstring
        self.precedence = precedence
        self.is_comparison = is_comparison
        self.natural_self_precedent = natural_self_precedent
        self.eager_grouping = eager_grouping
        self.return_type = sqltypes.to_instance(return_type) if return_type is not None else None
        self.python_impl = python_impl
        self._key = (
            opstring,
            precedence,
            is_comparison,
            natural_self_precedent,
            eager_grouping,
            None if self.return_type is None else self.return_type._static_cache_key,
        )

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, custom_op) and other._key == self._key

    def __call__(self, left: Any, right: Any = None, *other: Any, **kw: Any) -> Any:
        if hasattr(left, "__sa_operate__"):
            return left.operate(self, right, *other, **kw)
        if hasattr(left, "operate"):
            return left.operate(self, right, *other, **kw)
        if self.python_impl is not None:
            return self.python_impl(left, right, *other, **kw)
        from ..exc import InvalidRequestError

        raise InvalidRequestError(
            f"Custom operator {self.opstring!r} can't be used with "
            "plain Python objects unless it includes the "
            "'python_impl' parameter."
        )


class ColumnOperators(Operators):
    """The operators of column expressions. All end in operate() or reverse_operate()."""

    __slots__ = ()

    timetuple: Any = None

    def __lt__(self, other: Any) -> ColumnElement[Any]:
        return self.operate(lt, other)

    def __le__(self, other: Any) -> ColumnElement[Any]:
        return self.operate(le, other)

    # operators give expressions, so equality is not identity: hash stays by identity
    def __hash__(self) -> int:
        return object.__hash__(self)

    def __eq__(self, other: Any) -> ColumnElement[Any]:  # type: ignore[override]
        return self.operate(eq, other)

    def __ne__(self, other: Any) -> ColumnElement[Any]:  # type: ignore[override]
        return self.operate(ne, other)

    def __gt__(self, other: Any) -> ColumnElement[Any]:
        return self.operate(gt, other)

    def __ge__(self, other: Any) -> ColumnElement[Any]:
        return self.operate(ge, other)

    def __neg__(self) -> ColumnElement[Any]:
        return self.operate(neg)

    def __contains__(self, other: Any) -> Any:
        return self.operate(contains, other)

    def __getitem__(self, index: Any) -> ColumnElement[Any]:
        return self.operate(getitem, index)

    def __lshift__(self, other: Any) -> ColumnElement[Any]:
        return self.operate(lshift, other)

    def __rshift__(self, other: Any) -> ColumnElement[Any]:
        return self.operate(rshift, other)

    def __add__(self, other: Any) -> ColumnElement[Any]:
        return self.operate(add, other)

    def __sub__(self, other: Any) -> ColumnElement[Any]:
        return self.operate(sub, other)

    def __mul__(self, other: Any) -> ColumnElement[Any]:
        return self.operate(mul, other)

    def __mod__(self, other: Any) -> ColumnElement[Any]:
        return self.operate(mod, other)

    def __truediv__(self, other: Any) -> ColumnElement[Any]:
        return self.operate(truediv, other)

    def __floordiv__(self, other: Any) -> ColumnElement[Any]:
        return self.operate(floordiv, other)

    def __radd__(self, other: Any) -> ColumnElement[Any]:
        return self.reverse_operate(add, other)

    def __rsub__(self, other: Any) -> ColumnElement[Any]:
        return self.reverse_operate(sub, other)

    def __rmul__(self, other: Any) -> ColumnElement[Any]:
        return self.reverse_operate(mul, other)

    def __rmod__(self, other: Any) -> ColumnElement[Any]:
        return self.reverse_operate(mod, other)

    def __rtruediv__(self, other: Any) -> ColumnElement[Any]:
        return self.reverse_operate(truediv, other)

    def __rfloordiv__(self, other: Any) -> ColumnElement[Any]:
        return self.reverse_operate(floordiv, other)

    def is_distinct_from(self, other: Any) -> ColumnElement[Any]:
        """``IS DISTINCT FROM``: inequality in which NULL is a value."""
        return self.operate(is_distinct_from, other)

    def is_not_distinct_from(self, other: Any) -> ColumnElement[Any]:
        """``IS NOT DISTINCT FROM``."""
        return self.operate(is_not_distinct_from, other)

    isnot_distinct_from = is_not_distinct_from

    def concat(self, other: Any) -> ColumnElement[Any]:
        """``||``."""
        return self.operate(concat_op, other)

    def _rconcat(self, other: Any) -> ColumnElement[Any]:
        return self.reverse_operate(concat_op, other)

    def like(self, other: Any, escape: str | None = None) -> ColumnElement[Any]:
        """``LIKE`` other; escape: the character before a ``%`` or ``_`` that means itself."""
        return self.operate(like_op, other, escape=escape)

    def ilike(self, other: Any, escape: str | None = None) -> ColumnElement[Any]:
        """``LIKE`` other without regard to case; escape: as for like()."""
        return self.operate(ilike_op, other, escape=escape)

    def not_like(self, other: Any, escape: str | None = None) -> ColumnElement[Any]:
        """``NOT LIKE`` other; escape: as for like()."""
        return self.operate(not_like_op, other, escape=escape)

    def not_ilike(self, other: Any, escape: str | None = None) -> ColumnElement[Any]:
        """``NOT LIKE`` other without regard to case; escape: as for like()."""
        return self.operate(not_ilike_op, other, escape=escape)

    notlike = not_like
    notilike = not_ilike

    def bitwise_xor(self, other: Any) -> ColumnElement[Any]:
        """Bitwise exclusive or, ``^`` (``#`` on PostgreSQL)."""
        return self.operate(bitwise_xor_op, other)

    def bitwise_or(self, other: Any) -> ColumnElement[Any]:
        """Bitwise or, ``|``."""
        return self.operate(bitwise_or_op, other)

    def bitwise_and(self, other: Any) -> ColumnElement[Any]:
        """Bitwise and, ``&``."""
        return self.operate(bitwise_and_op, other)

    def bitwise_not(self) -> ColumnElement[Any]:
        """All bits inverted, ``~``."""
        return self.operate(bitwise_not_op)

    def bitwise_lshift(self, other: Any) -> ColumnElement[Any]:
        """Bits moved to the left, ``<<``."""
        return self.operate(bitwise_lshift_op, other)

    def bitwise_rshift(self, other: Any) -> ColumnElement[Any]:
        """Bits moved to the right, ``>>``."""
        return self.operate(bitwise_rshift_op, other)

    def in_(self, other: Any) -> ColumnElement[Any]:
        """``IN`` other: a list of values, a SELECT, or an expanding bindparam(). An empty list
        meets none.
        """
        return self.operate(in_op, other)

    def not_in(self, other: Any) -> ColumnElement[Any]:
        """``NOT IN`` other, as in_() takes it. An empty list meets all."""
        return self.operate(not_in_op, other)

    notin_ = not_in

    def is_(self, other: Any) -> ColumnElement[Any]:
        """``IS`` other: None, True, False or an expression."""
        return self.operate(is_, other)

    def is_not(self, other: Any) -> ColumnElement[Any]:
        """``IS NOT`` other, as is_() takes it."""
        return self.operate(is_not, other)

    isnot = is_not

    def startswith(
        self, other: Any, escape: str | None = None, autoescape: bool = False
    ) -> ColumnElement[Any]:
        """``LIKE`` other and anything after it.

        autoescape: ``%`` and ``_`` of other, a str, mean themselves; escape: by this character,
        ``/`` otherwise.
        """
        return self.operate(startswith_op, other, escape=escape, autoescape=autoescape)

    def istartswith(
        self, other: Any, escape: str | None = None, autoescape: bool = False
    ) -> ColumnElement[Any]:
        """startswith() without regard to case."""
        return self.operate(istartswith_op, other, escape=escape, autoescape=autoescape)

    def endswith(
        self, other: Any, escape: str | None = None, autoescape: bool = False
    ) -> ColumnElement[Any]:
        """``LIKE`` anything and other after it; escape and autoescape as for startswith()."""
        return self.operate(endswith_op, other, escape=escape, autoescape=autoescape)

    def iendswith(
        self, other: Any, escape: str | None = None, autoescape: bool = False
    ) -> ColumnElement[Any]:
        """endswith() without regard to case."""
        return self.operate(iendswith_op, other, escape=escape, autoescape=autoescape)

    def contains(self, other: Any, **kw: Any) -> ColumnElement[Any]:
        """``LIKE`` other with anything around it.

        kw: escape and autoescape, as for startswith().
        """
        return self.operate(contains_op, other, **kw)

    def icontains(self, other: Any, **kw: Any) -> ColumnElement[Any]:
        """contains() without regard to case."""
        return self.operate(icontains_op, other, **kw)

    def match(self, other: Any, **kw: Any) -> ColumnElement[Any]:
        """The database's ``MATCH`` of other; kw: what it takes besides."""
        return self.operate(match_op, other, **kw)

    def regexp_match(self, pattern: Any, flags: str | None = None) -> ColumnElement[Any]:
        """The database's regular expression match; pattern: str; flags: str, as the database has
        them.
        """
        return self.operate(regexp_match_op, pattern, flags=flags)

    def regexp_replace(
        self, pattern: Any, replacement: Any, flags: str | None = None
    ) -> ColumnElement[Any]:
        """The database's replacement of what a pattern matches; flags: str, as the database has
        them.
        """
        return self.operate(regexp_replace_op, pattern, replacement=replacement, flags=flags)

    def desc(self) -> ColumnElement[Any]:
        """``DESC``, in ORDER BY."""
        return self.operate(desc_op)

    def asc(self) -> ColumnElement[Any]:
        """``ASC``, in ORDER BY."""
        return self.operate(asc_op)

    def nulls_first(self) -> ColumnElement[Any]:
        """``NULLS FIRST``, in ORDER BY."""
        return self.operate(nulls_first_op)

    def nulls_last(self) -> ColumnElement[Any]:
        """``NULLS LAST``, in ORDER BY."""
        return self.operate(nulls_last_op)

    nullsfirst = nulls_first
    nullslast = nulls_last

    def collate(self, collation: str) -> ColumnElement[Any]:
        """``COLLATE``; collation: its name."""
        return self.operate(collate, collation)

    def between(self, cleft: Any, cright: Any, symmetric: bool = False) -> ColumnElement[Any]:
        """``BETWEEN cleft AND cright``; symmetric: the bounds in either order."""
        return self.operate(between_op, cleft, cright, symmetric=symmetric)

    def distinct(self) -> ColumnElement[Any]:
        """``DISTINCT`` before the expression."""
        return self.operate(distinct_op)

    def any_(self) -> ColumnElement[Any]:
        """``ANY (…)``, the right side of a comparison."""
        return self.operate(any_op)

    def all_(self) -> ColumnElement[Any]:
        """``ALL (…)``, the right side of a comparison."""
        return self.operate(all_op)


def _method(name: str, method: str | None = None) -> OperatorType:
    """The operator function that calls a method of its first argument."""
    method = method or name.removesuffix("_op")

    def operator(a: Any, *other: Any, **kw: Any) -> Any:
        return getattr(a, method)(*other, **kw)

    operator.__name__ = operator.__qualname__ = name
    return operator


is_ = _method("is_")
is_not = _method("is_not")
isnot = is_not
is_distinct_from = _method("is_distinct_from")
is_not_distinct_from = _method("is_not_distinct_from")
like_op = _method("like_op")
not_like_op = _method("not_like_op")
ilike_op = _method("ilike_op")
not_ilike_op = _method("not_ilike_op")
between_op = _method("between_op")
in_op = _method("in_op", "in_")
not_in_op = _method("not_in_op")
distinct_op = _method("distinct_op")
any_op = _method("any_op", "any_")
all_op = _method("all_op", "all_")
startswith_op = _method("startswith_op")
istartswith_op = _method("istartswith_op")
endswith_op = _method("endswith_op")
iendswith_op = _method("iendswith_op")
contains_op = _method("contains_op")
icontains_op = _method("icontains_op")
match_op = _method("match_op")
regexp_match_op = _method("regexp_match_op")
regexp_replace_op = _method("regexp_replace_op")
concat_op = _method("concat_op")
desc_op = _method("desc_op")
asc_op = _method("asc_op")
nulls_first_op = _method("nulls_first_op")
nulls_last_op = _method("nulls_last_op")
nullsfirst_op, nullslast_op = nulls_first_op, nulls_last_op
collate = _method("collate")
bitwise_xor_op = _method("bitwise_xor_op")
bitwise_or_op = _method("bitwise_or_op")
bitwise_and_op = _method("bitwise_and_op")
bitwise_not_op = _method("bitwise_not_op")
bitwise_lshift_op = _method("bitwise_lshift_op")
bitwise_rshift_op = _method("bitwise_rshift_op")
not_between_op = _method("not_between_op")
not_startswith_op = _method("not_startswith_op")
not_istartswith_op = _method("not_istartswith_op")
not_endswith_op = _method("not_endswith_op")
not_iendswith_op = _method("not_iendswith_op")
not_contains_op = _method("not_contains_op")
not_icontains_op = _method("not_icontains_op")
not_match_op = _method("not_match_op")
not_regexp_match_op = _method("not_regexp_match_op")
json_getitem_op = _method("json_getitem_op")
json_path_getitem_op = _method("json_path_getitem_op")
notlike_op, notilike_op, notin_op = not_like_op, not_ilike_op, not_in_op


def _internal(name: str) -> OperatorType:
    """An operator that only the expression language itself applies."""

    def operator(*args: Any, **kw: Any) -> Any:
        raise NotImplementedError(name)

    operator.__name__ = operator.__qualname__ = name
    return operator


exists = _internal("exists")
comma_op = _internal("comma_op")
as_ = _internal("as_")
from_ = _internal("from_")
filter_op = _internal("filter_op")
is_true = _internal("is_true")
is_false = _internal("is_false")
istrue, isfalse = is_true, is_false
function_as_comparison_op = _internal("function_as_comparison_op")
_asbool = _internal("_asbool")

PRECEDENCE: dict[Any, int] = {}
for _level, _ops in (
    (15, (from_, function_as_comparison_op, any_op, all_op, getitem, json_getitem_op,
          json_path_getitem_op)),
    (8, (mul, truediv, floordiv, mod, neg, bitwise_not_op)),
    (7, (add, sub, bitwise_xor_op, bitwise_or_op, bitwise_and_op, bitwise_lshift_op,
         bitwise_rshift_op)),
    (6, (filter_op,)),
    (5, (concat_op, match_op, not_match_op, regexp_match_op, not_regexp_match_op,
         regexp_replace_op, ilike_op, not_ilike_op, like_op, not_like_op, in_op, not_in_op, is_,
         is_not, eq, ne, is_distinct_from, is_not_distinct_from, gt, lt, ge, le, between_op,
         not_between_op, distinct_op, inv, is_true, is_false)),
    (4, (collate,)),
    (3, (and_, desc_op, asc_op)),
    (2, (or_,)),
    (0, (exists,)),
    (-1, (comma_op, as_)),
    (-10, (_asbool,)),
):  # fmt: skip
    for _op in _ops:
        PRECEDENCE[_op] = _level

_LOWEST, _HIGHEST = -100, 100

# a operator b operator c needs no parentheses, whichever comes first
_associative = frozenset([mul, add, concat_op, and_, or_])
_self_precedent = _associative | {getitem, json_getitem_op, json_path_getitem_op}

_comparisons = frozenset(
    [eq, ne, lt, le, gt, ge, is_, is_not, like_op, not_like_op, ilike_op, not_ilike_op, in_op,
     not_in_op, between_op, not_between_op, is_distinct_from, is_not_distinct_from, startswith_op,
     not_startswith_op, istartswith_op, not_istartswith_op, endswith_op, not_endswith_op,
     iendswith_op, not_iendswith_op, contains_op, not_contains_op, icontains_op, not_icontains_op,
     match_op, not_match_op, regexp_match_op, not_regexp_match_op, function_as_comparison_op]
)  # fmt: skip

MIRROR = {lt: gt, le: ge, gt: lt, ge: le}


def mirror(op: OperatorType) -> OperatorType:
    """The operator for swapped sides."""
    return MIRROR.get(op, op)


def is_comparison(op: Any) -> bool:
    """Whether an operator gives a boolean about two sides."""
    return op in _comparisons or (isinstance(op, custom_op) and op.is_comparison)


def is_commutative(op: Any) -> bool:
    """Whether the sides of an operator can be swapped."""
    return op in (eq, ne, add, mul)


def is_associative(op: Any) -> bool:
    return op in _associative


def is_ordering_modifier(op: Any) -> bool:
    return op in (asc_op, desc_op, nulls_first_op, nulls_last_op)


def is_precedent(operator: Any, against: Any) -> bool:
    """Whether an expression of ``operator`` needs parentheses beside ``against``."""
    if operator is against and (
        operator in _self_precedent or getattr(operator, "natural_self_precedent", False)
    ):
        return False
    mine = PRECEDENCE.get(operator)
    if mine is None:
        mine = getattr(operator, "precedence", _LOWEST)
    other = PRECEDENCE.get(against)
    if other is None:
        other = getattr(against, "precedence", _HIGHEST)
    return mine <= other


is_order_by_modifier = is_ordering_modifier
# the names of versions before 1.4
isnot_distinct_from = is_not_distinct_from
notbetween_op = not_between_op
notcontains_op = not_contains_op
notendswith_op = not_endswith_op
notstartswith_op = not_startswith_op
notmatch_op = not_match_op


def is_boolean(op: Any) -> bool:
    """Whether an operator gives a boolean: of comparison, AND, OR or NOT."""
    return is_comparison(op) or op in (and_, or_, inv)


def is_natural_self_precedent(op: Any) -> bool:
    """Whether operands of the same operator need no parentheses."""
    return op in _self_precedent or bool(getattr(op, "natural_self_precedent", False))
