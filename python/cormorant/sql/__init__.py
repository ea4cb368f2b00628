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

_LATE = {
    "ddl": "BaseDDLElement DDL DDLElement ExecutableDDLElement",
    "lambdas": "LambdaElement StatementLambdaElement lambda_stmt",
    "linting": "COLLECT_CARTESIAN_PRODUCTS FROM_LINTING NO_LINTING WARN_LINTING",
    "visitors": "ClauseVisitor",
}
_HOME = {name: module for module, names in _LATE.items() for name in names.split()}
_MODULES = {
    "annotation",
    "base",
    "cache_key",
    "coercions",
    "compiler",
    "ddl",
    "dml",
    "events",
    "expression",
    "functions",
    "lambdas",
    "naming",
    "roles",
    "schema",
    "selectable",
    "type_api",
    "util",
}

#: what ``from cormorant.sql import *`` gives, which are modules, too
__all__ = [
    *expression.__all__,
    *_HOME,
    *_MODULES,
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

    module = _HOME.get(name)
    if module is not None:
        found: object = getattr(importlib.import_module("." + module, __name__), name)
        return found
    if name in _MODULES:
        return importlib.import_module("." + name, __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
