"""What listeners of attributes are told of a change: where it began, and how."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

from .. import _core

if TYPE_CHECKING:
    from .attribute_impls import AttributeImpl


class _Symbol(enum.IntEnum):
    """How a chain of changes began."""

    APPEND = 1
    REMOVE = 2
    REPLACE = 3
    BULK_REPLACE = 4
    MODIFIED = 5

    def __repr__(self) -> str:
        return f"symbol({self.name!r})"

    __str__ = __repr__


OP_APPEND = _Symbol.APPEND
OP_REMOVE = _Symbol.REMOVE
OP_REPLACE = _Symbol.REPLACE
OP_BULK_REPLACE = _Symbol.BULK_REPLACE
OP_MODIFIED = _Symbol.MODIFIED


class AttributeEventToken:
    """Where a chain of changes began: at which attribute, and how (`op`)."""

    __slots__ = ("_prop", "op")

    def __init__(self, prop: Any, op: int) -> None:
        self._prop = prop
        self.op = _Symbol(op)

    @property
    def impl(self) -> AttributeImpl:
        """The attribute."""
        from .attribute_impls import impl_of

        attribute = self._prop.class_attribute
        return impl_of(self._prop, self._prop.parent.class_, attribute.dispatch)

    @property
    def key(self) -> str:
        """Name of the attribute."""
        return self._prop.key  # type: ignore[no-any-return]

    @property
    def parent_token(self) -> Any:
        """What tells the attribute from every other one."""
        return self._prop

    def hasparent(self, state: Any) -> bool:
        """Whether an object has a parent by the attribute."""
        return _core.has_parent(state.obj(), self._prop)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, AttributeEventToken)
            and other._prop is self._prop
            and other.op is self.op
        )

    def __hash__(self) -> int:
        return hash((id(self._prop), self.op))


Event = AttributeEventToken  # as SQLAlchemy called it before

# where programs know it from
AttributeEventToken.__module__ = f"{__package__}.attributes"
