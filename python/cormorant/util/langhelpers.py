"""Where SQLAlchemy has helpers that libraries import from here."""

from . import classproperty, hybridmethod, memoized_property, warn
from .extras import counter, get_cls_kwargs, set_creation_order, symbol

__all__ = [
    "classproperty",
    "counter",
    "get_cls_kwargs",
    "hybridmethod",
    "memoized_property",
    "set_creation_order",
    "symbol",
    "warn",
]
