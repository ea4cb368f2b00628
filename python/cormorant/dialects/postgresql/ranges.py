"""Ranges and multiranges: the values in Python, and the types.

Within this module a range is an interval of *positions*. Each value v has two of them: just
before it, (v, 0), and just after it, (v, 1). An inclusive lower bound starts before its value
and an exclusive one after it; for upper bounds it is the other way round. What operators say
then follows from comparing positions; None stands for an end that is open.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Generic, TypeVar

from ... import _core
from ...sql import sqltypes
from ...sql.comparators import binary
from ...sql.type_api import Codec, TypeEngine
from ...sql.type_comparator import Comparator as _Comparator
from .operators import (
    ADJACENT_TO,
    CONTAINED_BY,
    CONTAINS,
    NOT_EXTEND_LEFT_OF,
    NOT_EXTEND_RIGHT_OF,
    OVERLAP,
    STRICTLY_LEFT_OF,
    STRICTLY_RIGHT_OF,
)

_T = TypeVar("_T")
_V = TypeVar("_V")

_DAY = dt.timedelta(days=1)


def _step(value: Any) -> Any:
    """The distance to the next value, None if values are dense."""
    if isinstance(value, int):
        return 1
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return _DAY
    return None


class _DataclassMember:
    """What `dataclasses` asks the class of a range for: made when it is, since importing that
    module takes longer than this one."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        from dataclasses import dataclass, field

        namespace = {
            "__annotations__": dict(Range.__annotations__),
            "lower": None,
            "upper": None,
            "bounds": field(default="[)", kw_only=True),
            "empty": field(default=False, kw_only=True),
        }
        model: Any = dataclass(frozen=True)(type("Range", (), namespace))
        for name in "__dataclass_fields__", "__dataclass_params__":
            setattr(Range, name, getattr(model, name))
        return getattr(model, self._name)


class Range(Generic[_T]):
    """A range of values, as PostgreSQL has it. Immutable and hashable, and a dataclass to the
    functions of `dataclasses`."""

    __slots__ = ("bounds", "empty", "lower", "upper")
    __match_args__ = ("lower", "upper")
    __dataclass_fields__ = _DataclassMember()
    __dataclass_params__ = _DataclassMember()

    lower: _T | None
    upper: _T | None
    bounds: str
    empty: bool

    def __init__(
        self,
        lower: _T | None = None,
        upper: _T | None = None,
        *,
        bounds: str = "[)",
        empty: bool = False,
    ) -> None:
        """`lower`, `upper`: None for no limit; `bounds`: ``[]``, ``[)``, ``(]`` or ``()``."""
        put = object.__setattr__
        put(self, "lower", lower)
        put(self, "upper", upper)
        put(self, "bounds", bounds)
        put(self, "empty", empty)

    def __setattr__(self, name: str, value: Any) -> None:
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> None:
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __reduce__(self) -> Any:
        return _unpickle, (self.lower, self.upper, self.bounds, self.empty)

    def __bool__(self) -> bool:
        return not self.empty

    def __hash__(self) -> int:
        return hash((self.lower, self.upper, self.bounds, self.empty))

    def __repr__(self) -> str:
        return (
            f"Range(lower={self.lower!r}, upper={self.upper!r}, bounds={self.bounds!r}, "
            f"empty={self.empty!r})"
        )

    # --- bounds ---

    @property
    def isempty(self) -> bool:
        """As is_empty."""
        return self.empty

    @property
    def is_empty(self) -> bool:
        """Whether it is the empty range."""
        return self.empty

    @property
    def lower_inc(self) -> bool:
        """Whether the lower bound belongs to the range."""
        return self.bounds[0] == "["

    @property
    def lower_inf(self) -> bool:
        """Whether there is no lower bound."""
        return not self.empty and self.lower is None

    @property
    def upper_inc(self) -> bool:
        """Whether the upper bound belongs to the range."""
        return self.bounds[1] == "]"

    @property
    def upper_inf(self) -> bool:
        """Whether there is no upper bound."""
        return not self.empty and self.upper is None

    @property
    def __sa_type_engine__(self) -> AbstractSingleRange[Any]:
        return AbstractSingleRange()

    @property
    def _start(self) -> tuple[Any, int] | None:
        return None if self.lower is None else (self.lower, 0 if self.lower_inc else 1)

    @property
    def _end(self) -> tuple[Any, int] | None:
        return None if self.upper is None else (self.upper, 1 if self.upper_inc else 0)

    def _canonical(self) -> tuple[Any, Any]:
        """Start and end such that equal ranges of discrete values have equal ones."""
        start, end = self._start, self._end
        if start is not None and start[1]:
            start = _before(start)
        if end is not None and end[1]:
            end = _before(end)
        return start, end

    # --- comparing ---

    def __eq__(self, other: Any) -> bool:
        if not isinstance(other, Range):
            return NotImplemented
        if self.empty or other.empty:
            return self.empty and other.empty
        return self._canonical() == other._canonical()

    def _contains_value(self, value: Any) -> bool:
        if self.empty:
            return False
        start, end = self._start, self._end
        return (start is None or start <= (value, 0)) and (end is None or (value, 1) <= end)

    def contains(self, value: Any) -> bool:
        """Whether a value, or all of another range, is in this one."""
        if not isinstance(value, Range):
            return self._contains_value(value)
        if value.empty:
            return True
        if self.empty:
            return False
        start, end = self._canonical()
        start2, end2 = value._canonical()
        return _le_start(start, start2) and _le_end(end2, end)

    __contains__ = contains

    def contained_by(self, other: Range[_T]) -> bool:
        """Whether all of this range is in another one."""
        return other.contains(self)

    def overlaps(self, other: Range[_T]) -> bool:
        """Whether the ranges have values in common."""
        if self.empty or other.empty:
            return False
        (start, end), (start2, end2) = self._canonical(), other._canonical()
        return _before_end(start, end2) and _before_end(start2, end)

    def strictly_left_of(self, other: Range[_T]) -> bool:
        """Whether this range ends before the other one starts."""
        if self.empty or other.empty:
            return False
        end, start = self._canonical()[1], other._canonical()[0]
        return end is not None and start is not None and bool(end <= start)

    __lshift__ = strictly_left_of

    def strictly_right_of(self, other: Range[_T]) -> bool:
        """Whether this range starts after the other one ends."""
        return other.strictly_left_of(self)

    __rshift__ = strictly_right_of

    def not_extend_left_of(self, other: Range[_T]) -> bool:
        """Whether this range does not start before the other one."""
        if self.empty or other.empty:
            return False
        return _le_start(other._canonical()[0], self._canonical()[0])

    def not_extend_right_of(self, other: Range[_T]) -> bool:
        """Whether this range does not end after the other one."""
        if self.empty or other.empty:
            return False
        return _le_end(self._canonical()[1], other._canonical()[1])

    def adjacent_to(self, other: Range[_T]) -> bool:
        """Whether one range starts where the other one ends."""
        if self.empty or other.empty:
            return False
        if self == other:
            return False
        (start, end), (start2, end2) = self._canonical(), other._canonical()
        return (end is not None and end == start2) or (end2 is not None and end2 == start)

    # --- making others ---

    def union(self, other: Range[_T]) -> Range[_T]:
        """The range of all values of both; ValueError if there is a gap between them."""
        if self.empty:
            return other
        if other.empty:
            return self
        if not self.overlaps(other) and not self.adjacent_to(other):
            raise ValueError("Adding non-overlapping and non-adjacent ranges is not implemented")
        low = self if _le_start(self._canonical()[0], other._canonical()[0]) else other
        high = other if _le_end(self._canonical()[1], other._canonical()[1]) else self
        return _between(low, high)

    __add__ = union

    def difference(self, other: Range[_T]) -> Range[_T]:
        """The values of this range that are not in the other; ValueError if these are two
        ranges."""
        if self.empty or other.empty:
            return self
        (start, end), (start2, end2) = self._canonical(), other._canonical()
        if not self.overlaps(other):
            return self
        cut_left = _le_start(start2, start)
        cut_right = _le_end(end, end2)
        if cut_left and cut_right:
            return Range(None, None, empty=True)
        if not cut_left and not cut_right:
            raise ValueError("Subtracting a strictly inner range is not implemented")
        if cut_left:
            edge = "(" if other.upper_inc else "["
            return Range(other.upper, self.upper, bounds=edge + self.bounds[1])
        edge = ")" if other.lower_inc else "]"
        return Range(self.lower, other.lower, bounds=self.bounds[0] + edge)

    __sub__ = difference

    def intersection(self, other: Range[_T]) -> Range[_T]:
        """The values that are in both ranges."""
        if self.empty or other.empty or not self.overlaps(other):
            return Range(None, None, empty=True)
        low = other if _le_start(self._canonical()[0], other._canonical()[0]) else self
        high = self if _le_end(self._canonical()[1], other._canonical()[1]) else other
        return _between(low, high)

    __mul__ = intersection

    def __str__(self) -> str:
        if self.empty:
            return "empty"
        lower = "" if self.lower is None else self.lower
        upper = "" if self.upper is None else self.upper
        return f"{self.bounds[0]}{lower},{upper}{self.bounds[1]}"


def _unpickle(lower: Any, upper: Any, bounds: str, empty: bool) -> Range[Any]:
    return Range(lower, upper, bounds=bounds, empty=empty)


def _before(position: tuple[Any, int]) -> tuple[Any, int]:
    """The same position, told by the next value if there is one."""
    step = _step(position[0])
    return position if step is None else (position[0] + step, 0)


def _le_start(a: Any, b: Any) -> bool:
    """Whether a range that starts at `a` starts no later than one that starts at `b`."""
    return a is None or (b is not None and bool(a <= b))


def _le_end(a: Any, b: Any) -> bool:
    """Whether a range that ends at `a` ends no later than one that ends at `b`."""
    return b is None or (a is not None and bool(a <= b))


def _before_end(start: Any, end: Any) -> bool:
    return start is None or end is None or bool(start < end)


def _between(low: Range[Any], high: Range[Any]) -> Range[Any]:
    return Range(low.lower, high.upper, bounds=low.bounds[0] + high.bounds[1])


class MultiRange(list[Range[_T]], Generic[_T]):
    """A list of ranges that tells its type by itself."""

    @property
    def __sa_type_engine__(self) -> AbstractMultiRange[Any]:
        return AbstractMultiRange()


class AbstractRange(TypeEngine[_V]):
    """Base of all range types."""

    class Comparator(_Comparator):
        """Operators of ranges."""

        __slots__ = ()

        def contains(self, other: Any, **kw: Any) -> Any:
            """``@>``."""
            return self.operate(CONTAINS, other)

        def contained_by(self, other: Any) -> Any:
            """``<@``."""
            return self.operate(CONTAINED_BY, other)

        def overlaps(self, other: Any) -> Any:
            """``&&``."""
            return self.operate(OVERLAP, other)

        def strictly_left_of(self, other: Any) -> Any:
            """``<<``."""
            return self.operate(STRICTLY_LEFT_OF, other)

        __lshift__ = strictly_left_of

        def strictly_right_of(self, other: Any) -> Any:
            """``>>``."""
            return self.operate(STRICTLY_RIGHT_OF, other)

        __rshift__ = strictly_right_of

        def not_extend_right_of(self, other: Any) -> Any:
            """``&<``."""
            return self.operate(NOT_EXTEND_RIGHT_OF, other)

        def not_extend_left_of(self, other: Any) -> Any:
            """``&>``."""
            return self.operate(NOT_EXTEND_LEFT_OF, other)

        def adjacent_to(self, other: Any) -> Any:
            """``-|-``."""
            return self.operate(ADJACENT_TO, other)

        def union(self, other: Any) -> Any:
            """``+``."""
            from operator import add

            return binary(self.expr, add, other, result_type=self.type)

        def difference(self, other: Any) -> Any:
            """``-``."""
            from operator import sub

            return binary(self.expr, sub, other, result_type=self.type)

        def intersection(self, other: Any) -> Any:
            """``*``."""
            from operator import mul

            return binary(self.expr, mul, other, result_type=self.type)

    comparator_factory = Comparator


class AbstractSingleRange(AbstractRange[Range[_T]]):
    """Base of the types of one range."""

    def _codec(self, dialect: Any) -> Codec:
        return (_core.TYPE_PYTHON, (_core.range_text, None))

    def _resolve_for_literal(self, value: Any) -> TypeEngine:
        """The type of a range by its bounds."""
        spec = value.lower if value.lower is not None else value.upper
        found: Any = sqltypes.NULLTYPE
        if isinstance(spec, int):
            small = all(
                bound is None or -(2**31) <= bound < 2**31 for bound in (value.lower, value.upper)
            )
            found = INT4RANGE() if small else INT8RANGE()
        elif isinstance(spec, (Decimal, float)):
            found = NUMRANGE()
        elif isinstance(spec, dt.datetime):
            found = TSTZRANGE() if spec.tzinfo is not None else TSRANGE()
        elif isinstance(spec, dt.date):
            found = DATERANGE()
        return found  # type: ignore[no-any-return]


class AbstractMultiRange(AbstractRange[Sequence[Range[_T]]]):
    """Base of the types of several ranges."""

    def _codec(self, dialect: Any) -> Codec:
        return (_core.TYPE_PYTHON, (_core.multirange_text, None))

    def _resolve_for_literal(self, value: Any) -> TypeEngine:
        """The type of ranges by the bounds of the first that has any."""
        for item in value:
            single = AbstractSingleRange()._resolve_for_literal(item)
            multi = _MULTI.get(type(single))
            if multi is not None:
                return multi()
        return sqltypes.NULLTYPE


class INT4RANGE(AbstractSingleRange[int]):
    """INT4RANGE."""

    __visit_name__ = "INT4RANGE"


class INT8RANGE(AbstractSingleRange[int]):
    """INT8RANGE."""

    __visit_name__ = "INT8RANGE"


class NUMRANGE(AbstractSingleRange[Decimal]):
    """NUMRANGE."""

    __visit_name__ = "NUMRANGE"


class DATERANGE(AbstractSingleRange[dt.date]):
    """DATERANGE."""

    __visit_name__ = "DATERANGE"


class TSRANGE(AbstractSingleRange[dt.datetime]):
    """TSRANGE: of timestamps without time zone."""

    __visit_name__ = "TSRANGE"


class TSTZRANGE(AbstractSingleRange[dt.datetime]):
    """TSTZRANGE: of timestamps with time zone."""

    __visit_name__ = "TSTZRANGE"


class INT4MULTIRANGE(AbstractMultiRange[int]):
    """INT4MULTIRANGE."""

    __visit_name__ = "INT4MULTIRANGE"


class INT8MULTIRANGE(AbstractMultiRange[int]):
    """INT8MULTIRANGE."""

    __visit_name__ = "INT8MULTIRANGE"


class NUMMULTIRANGE(AbstractMultiRange[Decimal]):
    """NUMMULTIRANGE."""

    __visit_name__ = "NUMMULTIRANGE"


class DATEMULTIRANGE(AbstractMultiRange[dt.date]):
    """DATEMULTIRANGE."""

    __visit_name__ = "DATEMULTIRANGE"


class TSMULTIRANGE(AbstractMultiRange[dt.datetime]):
    """TSMULTIRANGE: of timestamps without time zone."""

    __visit_name__ = "TSMULTIRANGE"


class TSTZMULTIRANGE(AbstractMultiRange[dt.datetime]):
    """TSTZMULTIRANGE: of timestamps with time zone."""

    __visit_name__ = "TSTZMULTIRANGE"


_MULTI: dict[type, Callable[[], TypeEngine]] = {
    INT4RANGE: INT4MULTIRANGE,
    INT8RANGE: INT8MULTIRANGE,
    NUMRANGE: NUMMULTIRANGE,
    DATERANGE: DATEMULTIRANGE,
    TSRANGE: TSMULTIRANGE,
    TSTZRANGE: TSTZMULTIRANGE,
}

__all__ = [
    "DATEMULTIRANGE",
    "DATERANGE",
    "INT4MULTIRANGE",
    "INT4RANGE",
    "INT8MULTIRANGE",
    "INT8RANGE",
    "NUMMULTIRANGE",
    "NUMRANGE",
    "TSMULTIRANGE",
    "TSRANGE",
    "TSTZMULTIRANGE",
    "TSTZRANGE",
    "AbstractMultiRange",
    "AbstractRange",
    "AbstractSingleRange",
    "MultiRange",
    "Range",
]
