"""The SQL expression language."""

from . import (
    elements,  # the first, so that its parts find it
    expression,
    operators,
    sqltypes,
    visitors,
)
from .base import ClauseElement, Executable
from .column_collections import ColumnCollection
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


def __getattr__(name: str) -> object:
    import importlib

    for module, names in (
        (".ddl", ("BaseDDLElement", "DDL", "DDLElement", "ExecutableDDLElement")),
        (".lambdas", ("LambdaElement", "StatementLambdaElement", "lambda_stmt")),
        (
            ".linting",
            ("COLLECT_CARTESIAN_PRODUCTS", "FROM_LINTING", "NO_LINTING", "WARN_LINTING"),
        ),
        (".visitors", ("ClauseVisitor",)),
    ):
        if name in names:
            found: object = getattr(importlib.import_module(module, __name__), name)
            return found
    if name in ("annotation", "roles"):
        return importlib.import_module("." + name, __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
