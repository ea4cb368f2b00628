"""What `relationship()` is given: arguments as lists, functions and attributes of mapped classes,
and the SQL expressions that they come to."""

from __future__ import annotations

from typing import Any

from .. import exc
from ..sql import visitors
from .order_by import is_column_expression
from .properties import MappedColumn

_OWN_MARKS = ("entity_namespace", "parententity", "parentmapper", "proxy_key", "entity")


def flat(value: Any) -> list[Any]:
    """The items of an argument that takes one or several; None and False are none."""
    if value is None or value is False:
        return []
    if isinstance(value, (list, tuple, set, frozenset)):
        return list(value)
    return [value]


def value_of(argument: Any) -> Any:
    """An argument that may be given as a function of no arguments."""
    if (
        callable(argument)
        and not isinstance(argument, type)
        and not hasattr(argument, "__clause_element__")
        and not hasattr(argument, "_annotations")
    ):
        return argument()
    return argument


def expression(value: Any, argument: str) -> Any:
    """A column or an expression of columns, or an error that names the argument."""
    given = value
    if isinstance(value, MappedColumn):
        value = value.column
    while not getattr(value, "is_clause_element", False) and hasattr(value, "__clause_element__"):
        value = value.__clause_element__()
    if not getattr(value, "is_clause_element", False) or not is_column_expression(value):
        raise exc.ArgumentError(
            f"Column expression expected for argument '{argument}'; got {given!r}."
        )
    return value


def deannotated(expr: Any) -> Any:
    """The expression free of the marks of mapped attributes."""

    def replace(element: Any) -> Any:
        if not element._is_annotated:
            return None
        # Made anew from the column: it may have got its table only after it was marked.
        kept = {name: v for name, v in element._annotations.items() if name not in _OWN_MARKS}
        original = element._deannotate()
        return original._annotate(kept) if kept else original

    return visitors.replaced(expr, replace)


def as_criterion(value: Any, argument: str) -> Any:
    """A condition free of the marks of mapped attributes, or None. `argument`: its name."""
    return None if value is None else deannotated(expression(value, argument))
