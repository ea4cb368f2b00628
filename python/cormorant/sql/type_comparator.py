"""`TypeEngine.Comparator`: operators that a type gives to its expressions."""

from __future__ import annotations

from types import GenericAlias
from typing import Any

from .operators import ColumnOperators


class Comparator(ColumnOperators):
    """Operators of an expression of some type; types override them in a subclass that
    they name `comparator_factory`."""

    __slots__ = ("expr", "type")
    __class_getitem__: Any = classmethod(GenericAlias)

    def __init__(self, expr: Any) -> None:
        self.expr = expr
        self.type = expr.type

    __hash__ = ColumnOperators.__hash__

    def __clause_element__(self) -> Any:
        return self.expr

    def operate(self, op: Any, *other: Any, **kw: Any) -> Any:
        """What the operator makes of the expression without this class."""
        from .column_element import OPERATIONS

        function = OPERATIONS.get(op) or OPERATIONS[None]
        return function(self.expr, op, *other, **kw)

    def reverse_operate(self, op: Any, other: Any, **kw: Any) -> Any:
        """The same with the expression on the right."""
        from .column_element import OPERATIONS

        function = OPERATIONS.get(op) or OPERATIONS[None]
        return function(self.expr, op, other, reverse=True, **kw)
