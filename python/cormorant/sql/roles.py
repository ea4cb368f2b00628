"""What a construct may be used as, where annotations of libraries name it."""

from .typed_operators import SQLCoreOperations

TypedColumnsClauseRole = SQLCoreOperations
"""Columns of a select whose type is known."""

__all__ = ["TypedColumnsClauseRole"]
