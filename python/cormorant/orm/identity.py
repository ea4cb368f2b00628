"""A session's identity map as a mapping of identity keys to objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .. import _core

if TYPE_CHECKING:
    from .session import Session


class IdentityMap(Mapping[tuple[Any, ...], Any]):
    """A read-only view of a session's persistent objects by identity key."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def __len__(self) -> int:
        return self._session._counts()[3]

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.keys())

    def __getitem__(self, key: tuple[Any, ...]) -> Any:
        obj = self.get(key)
        if obj is None:
            raise KeyError(key)
        return obj

    def __contains__(self, key: object) -> bool:
        return self.get(key) is not None

    def get(self, key: Any, default: Any = None) -> Any:
        """The object of an identity key, or the default."""
        try:
            manager = key[0].__cormorant_manager__
        except (TypeError, IndexError, AttributeError):
            return default
        obj = self._session._get(manager, tuple(key[1]), key[2])
        return default if obj is None else obj

    def keys(self) -> list[tuple[Any, ...]]:  # type: ignore[override]
        """The identity keys."""
        return [key for key in map(_core.identity_key, self.values()) if key is not None]

    def values(self) -> list[Any]:  # type: ignore[override]
        """The objects."""
        return self._session._persistent()

    def items(self) -> list[tuple[tuple[Any, ...], Any]]:  # type: ignore[override]
        """Keys and objects."""
        return list(zip(self.keys(), self.values(), strict=True))

    def all_states(self) -> list[Any]:
        """The InstanceState of each object."""
        from ..inspection import inspect

        return [inspect(obj) for obj in self.values()]

    def contains_state(self, state: Any) -> bool:
        """True if this very object is in the map."""
        return self.get(state.key) is state.obj()

    def check_modified(self) -> bool:
        """True if any object in the map is modified."""
        return bool(self._session._counts()[1])
