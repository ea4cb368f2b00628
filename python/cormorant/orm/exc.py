"""Exceptions of the ORM."""

from __future__ import annotations

from ..exc import (
    ConcurrentModificationError,
    DetachedInstanceError,
    FlushError,
    LoaderStrategyException,
    MappedAnnotationError,
    MultipleResultsFound,
    NoResultFound,
    ObjectDeletedError,
    ObjectDereferencedError,
    StaleDataError,
    UnmappedClassError,
    UnmappedColumnError,
    UnmappedError,
    UnmappedInstanceError,
)

__all__ = [
    "NO_STATE",
    "ConcurrentModificationError",
    "DetachedInstanceError",
    "FlushError",
    "LoaderStrategyException",
    "MappedAnnotationError",
    "MultipleResultsFound",
    "NoResultFound",
    "ObjectDeletedError",
    "ObjectDereferencedError",
    "StaleDataError",
    "UnmappedClassError",
    "UnmappedColumnError",
    "UnmappedError",
    "UnmappedInstanceError",
]

NO_STATE = (AttributeError, KeyError)
"""What looking for the state of an object that is not mapped raises."""
