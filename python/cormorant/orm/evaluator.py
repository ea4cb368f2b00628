"""Evaluates SQL criteria on objects in Python, for UPDATE and DELETE of whole classes.

`compile_criterion` turns an expression tree into a function of a list of objects, which gives
a list of values: a part of the expression is evaluated for all of them before the next, so that
no Python function is called for each. It knows columns, values, comparisons, arithmetic,
AND/OR/NOT, IN and IS; anything else raises UnevaluatableError. Two values stand beside plain
ones: None is SQL's NULL, `EXPIRED` says that the object would first have to be loaded.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import _core, exc
from ..sql import elements, operators

Evaluate = Callable[[Sequence[Any]], list[Any]]


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
    """Makes functions of expressions over the attributes of objects of one class."""

    def __init__(self, mapper: Any, params: Mapping[str, Any] | None = None) -> None:
        self.mapper = mapper
        self.params = params or {}

    def compile(self, clause: Any) -> Evaluate:
        """A function that gives the expression's value for each object of a list."""
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
            return constant(None)
        if isinstance(clause, elements.True_):
            return constant(True)
        if isinstance(clause, elements.False_):
            return constant(False)
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

        def get(objects: Sequence[Any]) -> list[Any]:
            return [
                _missing(obj, slot) if (value := peek(obj, slot)) is missing else value
                for obj in objects
            ]

        return get

    def _tuple(self, clause: Any) -> Evaluate:
        parts = [self.compile(part) for part in clause.clauses]

        def values(objects: Sequence[Any]) -> list[Any]:
            return [
                EXPIRED if EXPIRED in found else None if None in found else found
                for found in zip(*[part(objects) for part in parts], strict=True)
            ]

        return values

    def _value_of(self, bind: Any) -> Any:
        if bind.callable is not None:
            return bind.callable()
        return self.params.get(bind.key, bind.value)

    def _value(self, bind: Any) -> Evaluate:
        return constant(self._value_of(bind))

    def _unary(self, clause: Any) -> Evaluate:
        inner = self.compile(clause.element)
        if clause.operator is operators.inv:
            return _applied(operator.not_, inner)
        if clause.operator is operators.neg:
            return _applied(operator.neg, inner)
        raise UnevaluatableError(f"Cannot evaluate {type(clause).__name__} with its operator")

    def _boolean(self, clause: Any) -> Evaluate:
        parts = [self.compile(part) for part in clause.clauses]
        if clause.operator is operators.and_:
            return _joined(parts, every=True)
        if clause.operator is operators.or_:
            return _joined(parts, every=False)
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

            def identical(objects: Sequence[Any]) -> list[Any]:
                return [
                    EXPIRED if a is EXPIRED or b is EXPIRED else (a == b) is want
                    for a, b in zip(left(objects), right(objects), strict=True)
                ]

            return identical
        if op is operators.in_op or op is operators.not_in_op:
            among = _computed(operator.contains, right, left)
            if op is operators.in_op:
                return among
            return _applied(operator.not_, among)
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
        return _computed(function, left, right)


def constant(value: Any) -> Evaluate:
    """The same value for every object."""
    return lambda objects: [value] * len(objects)


def _applied(function: Callable[[Any], Any], inner: Evaluate) -> Evaluate:
    """What a function makes of a value; NULL of NULL."""

    def apply(objects: Sequence[Any]) -> list[Any]:
        return [
            value if value is None or value is EXPIRED else function(value)
            for value in inner(objects)
        ]

    return apply


def _computed(function: Callable[[Any, Any], Any], left: Evaluate, right: Evaluate) -> Evaluate:
    """What a function makes of two values; NULL of NULL."""

    def compute(objects: Sequence[Any]) -> list[Any]:
        return [
            EXPIRED
            if a is EXPIRED or b is EXPIRED
            else None
            if a is None or b is None
            else function(a, b)
            for a, b in zip(left(objects), right(objects), strict=True)
        ]

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
        return constant(True)
    return parts[0] if len(parts) == 1 else _joined(parts, every=True)


def _joined(parts: Sequence[Evaluate], every: bool) -> Evaluate:
    """The conjunction of functions, or (not `every`) their disjunction.

    The first that is not true decides, or the first that is; the next one is asked for those that
    are left.
    """

    def joined(objects: Sequence[Any]) -> list[Any]:
        answers: list[Any] = [every] * len(objects)
        left: Sequence[int] = range(len(objects))
        for part in parts:
            values = part([objects[place] for place in left])
            undecided = []
            for place, value in zip(left, values, strict=True):
                if value is EXPIRED:
                    answers[place] = EXPIRED
                elif (not value) is every:  # decided
                    answers[place] = None if value is None else not every
                else:
                    undecided.append(place)
                    if value is None:
                        answers[place] = None
            left = undecided
        return answers

    return joined
