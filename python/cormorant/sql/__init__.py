"""The SQL expression language."""

from . import (
    elements,  # the first, so that its parts find it
    expression,
    operators,
    sqltypes,
    visitors,
)
from .base import ClauseElement, ColumnCollection, Executable
from .elements import quoted_name
from .expression import *  # noqa: F403

__all__ = [
    *expression.__all__,
    "ClauseElement",
    "ColumnCollection",
    "Executable",
    "elements",
    "operators",
    "quoted_name",
    "sqltypes",
    "visitors",
]
