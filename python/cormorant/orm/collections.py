"""The collections of relationships: they are the core's."""

from .._core import InstrumentedList, InstrumentedSet

__all__ = ["InstrumentedList", "InstrumentedSet"]
