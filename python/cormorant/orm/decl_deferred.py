"""Declarative classes whose mappers are made later: when their base is prepared.

A class that has `_mapped_by_prepare` is read when it is defined, and its table made, as far as
it says; its mapper waits in the registry until the rest of the table is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import exc
from .relationships import RelationshipProperty

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .decl_base import Scan


class MappedByPrepare:
    """Mixin: classes below are mapped by a method `prepare` of it."""

    _mapped_by_prepare = "MappedByPrepare"
    """The name that errors call the mixin by."""


def waiting(cls: type) -> Scan | None:
    """The scan of a class that waits for its mapper."""
    registry = getattr(cls, "registry", None)
    found: Scan | None = None if registry is None else registry._unprepared.get(cls)
    return found


def unprepared(base: Any, in_order: bool = True) -> list[Scan]:
    """What waits below a base; with `in_order` classes come after those they inherit from."""
    from .decl_api import all_registries

    found = [
        scan
        for registry in all_registries()
        for cls, scan in list(registry._unprepared.items())
        if issubclass(cls, base)
    ]
    if in_order:
        found.sort(key=lambda scan: len(scan.cls.__mro__))
    return found


def refuse(cls: Any) -> None:
    """UnmappedClassError if a class waits for its mapper."""
    if waiting(cls) is not None:
        raise exc.UnmappedClassError(
            cls,
            f"Class {cls.__module__}.{cls.__name__} is a subclass of {cls._mapped_by_prepare}.  "
            "Mappings are not produced until the .prepare() method is called on the class "
            "hierarchy.",
        )


def secondary_tables(scan: Scan) -> Iterator[Any]:
    """What relationships of a class name as `secondary`: tables, or names of some."""
    for prop in scan.properties.values():
        if isinstance(prop, RelationshipProperty) and prop._secondary_argument is not None:
            yield prop._secondary_argument
