"""Attributes of a mapped class that are no mapped attributes: their SQL side."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any, TypeVar

from .. import exc
from ..inspection import inspect
from ..sql import coercions
from ..sql.base import ClauseElement
from ..sql.operators import ColumnOperators
from .base import InspectionAttr, Mapped

__all__ = ["ProxiedAttribute"]

_T_co = TypeVar("_T_co", covariant=True)


class ProxiedAttribute(Mapped[_T_co], ColumnOperators, InspectionAttr):
    # What a descriptor gives on a mapped class or alias: a SQL expression whose operators are
    # those of a comparator. `descriptor` makes the comparator again for another class or alias.

    is_attribute = True

    def __init__(self, class_: Any, key: str, descriptor: Any, comparator: Any) -> None:
        self.class_ = class_
        self.key = key
        self.descriptor = descriptor
        self.comparator = comparator
        self.__doc__ = descriptor.__doc__

    @builtins.property
    def parent(self) -> Any:
        """The mapper or alias inspection this attribute belongs to."""
        return inspect(self.class_, raiseerr=False)

    @builtins.property
    def property(self) -> Any:
        """The `MapperProperty` behind the expression, if it is a mapped attribute."""
        return self.comparator.property

    prop = property

    @builtins.property
    def overrides(self) -> Any:
        """The descriptor, for a subclass that changes a part of it."""
        return self.descriptor

    @builtins.property
    def info(self) -> dict[Any, Any]:
        """The free dictionary of the descriptor."""
        return self.descriptor.info  # type: ignore[no-any-return]

    @builtins.property
    def expression(self) -> Any:
        """The SQL expression of the attribute."""
        return self.__clause_element__()

    def __clause_element__(self) -> Any:
        found = self.comparator.__clause_element__()
        while not isinstance(found, ClauseElement) and hasattr(found, "__clause_element__"):
            found = found.__clause_element__()
        if not isinstance(found, ClauseElement):
            raise exc.InvalidRequestError(
                f'When interpreting attribute "{self}" as a SQL expression, expected '
                f"__clause_element__() to return a ClauseElement object, got: {found!r}"
            )
        marks: dict[str, Any] = {"proxy_key": self.key}
        insp = self.parent
        if insp is not None:
            marks["entity_namespace"] = insp
        return found._annotate(marks)

    def operate(self, op: Callable[..., Any], *other: Any, **kwargs: Any) -> Any:
        return op(self.comparator, *other, **kwargs)

    def reverse_operate(self, op: Callable[..., Any], other: Any, **kwargs: Any) -> Any:
        return op(other, self.comparator, **kwargs)

    def label(self, name: str | None) -> Any:
        """The expression under a name."""
        return self.__clause_element__().label(name)

    def adapt_to_entity(self, adapt_to: Any) -> Any:
        """The same attribute of an alias."""
        return self.descriptor.__get__(None, adapt_to.entity)

    def _bulk_update_tuples(self, value: Any) -> Any:
        """What assigning to the attribute assigns in an UPDATE: (column, value) pairs."""
        make = getattr(self.comparator, "_bulk_update_tuples", None)
        return [(self.__clause_element__(), value)] if make is None else make(value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "comparator" not in self.__dict__:
            raise AttributeError(name)
        comparator = self.comparator
        try:
            return getattr(self.descriptor, name)
        except AttributeError:
            pass
        try:
            return getattr(comparator, name)
        except AttributeError:
            raise AttributeError(
                f"Neither '{type(self.descriptor).__name__}' object nor "
                f"'{type(comparator).__name__}' object associated with {self} has an attribute "
                f"'{name}'"
            ) from None

    def __str__(self) -> str:
        name = getattr(self.class_, "__name__", None)
        return f"{name if isinstance(self.class_, type) else self.parent}.{self.key}"

    def __repr__(self) -> str:
        return object.__repr__(self)

    def __hash__(self) -> int:
        return id(self) >> 4


def update_pairs(attribute: Any, value: Any) -> list[tuple[Any, Any]]:
    """(column, value) pairs that assigning `value` to a proxied attribute means in an UPDATE;
    what it leads to may be such an attribute again."""
    pairs = []
    for target, assigned in attribute._bulk_update_tuples(value):
        if isinstance(target, ProxiedAttribute):
            pairs += update_pairs(target, assigned)
        else:
            pairs.append((coercions.resolve(target), assigned))
    return pairs
