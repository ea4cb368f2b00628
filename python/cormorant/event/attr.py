"""`dispatcher`: the attribute `dispatch` of a class whose objects have events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .base import Dispatch, Events


class dispatcher:
    """The attribute `dispatch` of a class with events: a `Dispatch` of each object, made
    when it is first asked for."""

    def __init__(self, events: type[Events] | str) -> None:
        """`events`: the family, or ``module:name`` of it, imported when it is needed."""
        self._events = events

    @property
    def family(self) -> type[Events]:
        """The family of events."""
        events = self._events
        if isinstance(events, str):
            import importlib

            module, _, name = events.partition(":")
            events = self._events = getattr(importlib.import_module(module), name)
        return events

    def __get__(self, obj: Any, cls: type) -> Dispatch:
        from .base import Dispatch

        if obj is None:
            return Dispatch(self.family, cls)
        made = Dispatch(self.family, type(obj), self._parents_of(obj))
        try:
            kept: Dispatch = obj.__dict__.setdefault("dispatch", made)
        except AttributeError as error:
            raise TypeError(
                f"target {obj!r} doesn't have __dict__, should it be defining _slots_dispatch?"
            ) from error
        return kept

    def _parents_of(self, obj: Any) -> tuple[Dispatch, ...]:
        """Dispatches of other objects whose listeners an object has as well."""
        inherited = getattr(obj, "_dispatch_parents", None)
        return () if inherited is None else inherited()
