"""Primary and identity keys of objects and rows, as a mapper makes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .. import _core, exc
from .base import NO_VALUE


class IdentityKeys:
    """The part of a mapper that says under which key objects are known."""

    if TYPE_CHECKING:
        primary_key: tuple[Any, ...]
        _identity_class: type
        _columntoproperty: Any

    def _instance_values(self, instance: Any) -> list[Any]:
        values = []
        for column in self.primary_key:
            prop = self._columntoproperty[column]
            value = _core.peek(instance, prop.slot)
            if value is NO_VALUE:
                value = None
                if _core.identity_key(instance) is not None:
                    value = getattr(instance, prop.key)
            values.append(value)
        return values

    def primary_key_from_instance(self, instance: Any) -> tuple[Any, ...]:
        """Values of the primary key of an object."""
        return tuple(self._instance_values(instance))

    def identity_key_from_primary_key(
        self, primary_key: Iterable[Any], identity_token: Any = None
    ) -> tuple[Any, ...]:
        """The identity key of primary key values."""
        return (self._identity_class, tuple(primary_key), identity_token)

    def identity_key_from_instance(self, instance: Any) -> tuple[Any, ...]:
        """The identity key of an object, from its present values."""
        return self.identity_key_from_primary_key(self._instance_values(instance))

    def identity_key_from_row(
        self, row: Any, identity_token: Any = None, adapter: Any = None
    ) -> tuple[Any, ...]:
        """The identity key of a row with this mapper's columns."""
        mapping = getattr(row, "_mapping", row)
        values = []
        for column in self.primary_key:
            try:
                values.append(mapping[column])
            except (KeyError, exc.NoSuchColumnError):
                values.append(mapping[column.key])
        return self.identity_key_from_primary_key(values, identity_token)
