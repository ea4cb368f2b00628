"""The SQL expression language."""

from typing import TYPE_CHECKING

from .._late import late_names
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

if TYPE_CHECKING:
    from .expression import *  # noqa: F403

_NAMES_OF = {
    ".expression": " ".join(expression.__all__),
    ".ddl": "BaseDDLElement DDL DDLElement ExecutableDDLElement",
    ".lambdas": "LambdaElement StatementLambdaElement lambda_stmt",
    ".linting": "COLLECT_CARTESIAN_PRODUCTS FROM_LINTING NO_LINTING WARN_LINTING",
    ".visitors": "ClauseVisitor",
}
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
    *" ".join(_NAMES_OF.values()).split(),
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

__getattr__ = late_names(__name__, _NAMES_OF, _MODULES)
