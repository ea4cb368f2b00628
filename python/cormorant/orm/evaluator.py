"""Evaluates SQL criteria on objects in Python, for UPDATE and DELETE of whole classes.

`compile_criterion` turns an expression tree into a function of an object. It knows
columns, values, comparisons, arithmetic, AND/OR/NOT, IN and IS; anything else raises
UnevaluatableError. Three values stand beside plain ones: None is SQL's NULL, `EXPIRED`
says that the object would first have to be loaded.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import _core, exc
from ..sql import elements, operators

Evaluate = Callable[[Any], Any]


class UnevaluatableError(exc.InvalidRequestError):
    """An expression that cannot be evaluated in Python."""


class _Expired:
    """A value that is not loaded."""

    def __repr__(self) -> str:
        return "EXPIRED"


EXPIRED = _Expired()

#: operators whose operands SQLAlchemy keeps in one list, which it does not evaluate
_CHAINS = (operators.add, operators.mul, operators.concat_op)

_PLAIN = {
    operators.eq: operator.eq,
    operators.ne: operator.ne,
    operators.lt: operator.lt,
    operators.le: operator.le,
    operators.gt: operator.gt,
    operators.ge: operator.ge,
    operators.add: operator.add,
    operators.sub: operator.sub,
    operators.mul: operator.mul,
    operators.truediv: operator.truediv,
    operators.mod: operator.mod,
    operators.startswith_op: str.startswith,
    operators.endswith_op: str.endswith,
}


class Compiler:
    """Makes functions of expressions over the attributes of one class."""

    def __init__(self, mapper: Any, params: Mapping[str, Any] | None = None) -> None:
        self.mapper = mapper
        self.params = params or {}

    def compile(self, clause: Any) -> Evaluate:
        """A function of an object that gives the expression's value."""
        while isinstance(clause, elements.Grouping):
            clause = clause.element
        if isinstance(clause, elements.BinaryExpression):
            return self._binary(clause)
        if isinstance(clause, elements.Tuple):
            return self._tuple(clause)
        if isinstance(clause, elements.BooleanClauseList):
            return self._boolean(clause)
        if isinstance(clause, elements.UnaryExpression):
            return self._unary(clause)
        if isinstance(clause, elements.BindParameter):
            return self._value(clause)
        if isinstance(clause, elements.Null):
            return lambda obj: None
        if isinstance(clause, elements.True_):
            return lambda obj: True
        if isinstance(clause, elements.False_):
            return lambda obj: False
        if isinstance(clause, elements.Label):
            # an object's attribute may be older than what the database computes
            name = "AnnotatedLabel" if clause._annotations else "Label"
            raise UnevaluatableError(f"Cannot evaluate {name}")
        if isinstance(clause, elements.NamedColumn):
            return self._column(clause)
        raise UnevaluatableError(f"Cannot evaluate {type(clause).__name__}")

    def _slot(self, column: Any) -> int:
        """The slot of the attribute that a column is."""
        parent = column._annotations.get("parentmapper")
        if parent is not None and not self.mapper.isa(parent):
            raise UnevaluatableError(
                f"Can't evaluate criteria against alternate class {parent.class_}"
            )
        mapper = self.mapper
        prop = mapper._columntoproperty.get(getattr(column, "_deannotate", lambda: column)())
        if prop is None:
            prop = mapper._columntoproperty.get(column)
        if prop is None or prop.slot < 0:
            raise UnevaluatableError(f"Cannot evaluate column: {column}")
        return prop.slot  # type: ignore[no-any-return]

    def _column(self, column: Any) -> Evaluate:
        slot = self._slot(column)
        peek, missing = _core.peek, _core.NO_VALUE

        def get(obj: Any) -> Any:
            value = peek(obj, slot)
            return _missing(obj, slot) if value is missing else value

        return get

    def _compared(self, column: Any, function: Callable[[Any, Any], Any], value: Any) -> Evaluate:
        """A column beside a value, which is what most criteria are: one call an object."""
        slot = self._slot(column)
        peek, missing = _core.peek, _core.NO_VALUE

        def compare(obj: Any) -> Any:
            own = peek(obj, slot)
            if own is missing:
                own = _missing(obj, slot)
                if own is EXPIRED:
                    return EXPIRED
            return None if own is None else function(own, value)

        return compare

    def _tuple(self, clause: Any) -> Evaluate:
        parts = [self.compile(part) for part in clause.clauses]

        def values(obj: Any) -> Any:
            found = tuple(part(obj) for part in parts)
            return EXPIRED if EXPIRED in found else None if None in found else found

        return values

    def _value_of(self, bind: Any) -> Any:
        if bind.callable is not None:
            return bind.callable()
        return self.params.get(bind.key, bind.value)

    def _value(self, bind: Any) -> Evaluate:
        value = self._value_of(bind)
        return lambda obj: value

    def _unary(self, clause: Any) -> Evaluate:
        inner = self.compile(clause.element)
        if clause.operator is operators.inv:

            def negated(obj: Any) -> Any:
                value = inner(obj)
                return value if value is None or value is EXPIRED else not value

            return negated
        if clause.operator is operators.neg:

            def negative(obj: Any) -> Any:
                value = inner(obj)
                return value if value is None or value is EXPIRED else -value

            return negative
        raise UnevaluatableError(f"Cannot evaluate {type(clause).__name__} with its operator")

    def _boolean(self, clause: Any) -> Evaluate:
        parts = [self.compile(part) for part in clause.clauses]
        if clause.operator is operators.and_:
            return _every(parts)
        if clause.operator is operators.or_:

            def some(obj: Any) -> Any:
                unknown = False
                for part in parts:
                    value = part(obj)
                    if value is EXPIRED:
                        return EXPIRED
                    if value:
                        return True
                    unknown = unknown or value is None
                return None if unknown else False

            return some
        raise UnevaluatableError("Cannot evaluate a list of clauses")

    def _binary(self, clause: Any) -> Evaluate:
        if clause.operator in _CHAINS and any(
            isinstance(side, elements.BinaryExpression) and side.operator is clause.operator
            for side in (clause.left, clause.right)
        ):
            raise UnevaluatableError("Cannot evaluate ExpressionClauseList")
        left, op = self.compile(clause.left), clause.operator
        if op is operators.between_op or op is operators.not_between_op:
            raise UnevaluatableError(f"Cannot evaluate {type(clause).__name__} with operator {op}")
        right = self.compile(clause.right)
        if op is operators.is_ or op is operators.is_not:
            want = op is operators.is_

            def identical(obj: Any) -> Any:
                a, b = left(obj), right(obj)
                if a is EXPIRED or b is EXPIRED:
                    return EXPIRED
                return (a == b) is want

            return identical
        if op is operators.in_op or op is operators.not_in_op:
            wanted = op is operators.in_op

            def among(obj: Any) -> Any:
                a, b = left(obj), right(obj)
                if a is EXPIRED or b is EXPIRED:
                    return EXPIRED
                if a is None or b is None:
                    return None
                return (a in b) is wanted

            return among
        if op is operators.concat_op:
            function: Any = operator.add
        else:
            function = _PLAIN.get(op)
        if function is None and isinstance(op, operators.custom_op):
            raise UnevaluatableError(
                f"Custom operator {op.opstring!r} can't be evaluated in Python unless it "
                "specifies a callable using `.python_impl`."
            )
        if function is None:
            raise UnevaluatableError(f"Cannot evaluate {type(clause).__name__} with operator {op}")
        if isinstance(clause.left, elements.NamedColumn) and clause.right._is_bind_parameter:
            value = self._value_of(clause.right)
            if value is not None:
                return self._compared(clause.left, function, value)

        def compute(obj: Any) -> Any:
            a, b = left(obj), right(obj)
            if a is EXPIRED or b is EXPIRED:
                return EXPIRED
            if a is None or b is None:
                return None
            return function(a, b)

        return compute


def _missing(obj: Any, slot: int) -> Any:
    """What a column is for an object that has no value of it."""
    deleted = _core.committed(obj, slot) is not ...
    return None if deleted or _core.never_given(obj, slot) else EXPIRED


def compile_criterion(
    mapper: Any, criteria: Any, params: Mapping[str, Any] | None = None
) -> Evaluate:
    """One function for all of several criteria."""
    compiler = Compiler(mapper, params)
    parts = [compiler.compile(criterion) for criterion in criteria]
    if not parts:
        return lambda obj: True
    return parts[0] if len(parts) == 1 else _every(parts)


def _every(parts: Sequence[Evaluate]) -> Evaluate:
    """The conjunction of functions; the first that is not true decides."""

    def every(obj: Any) -> Any:
        for part in parts:
            value = part(obj)
            if value is EXPIRED:
                return EXPIRED
            if not value:
                return None if value is None else False
        return True

    return every
