"""What a construct may be used as, where annotations of libraries name it."""

from .column_element import ColumnElement
from .fromclause import FromClause
from .typed_operators import SQLCoreOperations

TypedColumnsClauseRole = SQLCoreOperations
"""Columns of a select whose type is known."""

DDLConstraintColumnRole = ColumnElement
"""Columns of constraints and indexes, and expressions in them."""

FromClauseRole = FromClause
"""What stands in FROM."""

__all__ = ["DDLConstraintColumnRole", "FromClauseRole", "TypedColumnsClauseRole"]
