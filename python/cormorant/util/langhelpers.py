"""Where SQLAlchemy has helpers that libraries import from here."""

from . import classproperty, hybridmethod, memoized_property, warn
from .extras import (
    counter,
    duck_type_collection,
    get_cls_kwargs,
    portable_instancemethod,
    set_creation_order,
    symbol,
)

__all__ = [
    "classproperty",
    "counter",
    "duck_type_collection",
    "get_cls_kwargs",
    "hybridmethod",
    "memoized_property",
    "portable_instancemethod",
    "set_creation_order",
    "symbol",
    "warn",
]
