"""Which attributes of an object its mapping made."""

from __future__ import annotations

from .._core import ClassManager
from .attributes import manager_of_class
from .exc import UnmappedClassError

__all__ = ["ClassManager", "is_instrumented", "manager_of_class"]


def is_instrumented(instance: object, key: str) -> bool:
    """Whether `key` is a mapped attribute of an object. Raises UnmappedClassError for an
    object of a class that is not mapped."""
    manager = manager_of_class(type(instance))
    if manager is None:
        raise UnmappedClassError(
            type(instance), f"Can't locate an instrumentation manager for class {type(instance)}"
        )
    return key in manager.names
