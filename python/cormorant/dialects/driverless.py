"""Databases of which there are the types alone: no driver, no compiler of statements.

Programs that run on several databases name such types in with_variant() and in TypeDecorator;
both ask the dialect for its name, and for the SQL of a type.
"""

from __future__ import annotations

from typing import Any, NoReturn

from .. import exc
from ..engine.default import DefaultDialect
from ..sql.identifiers import IdentifierPreparer


def no_driver(title: str) -> ModuleNotFoundError:
    """The error that says so of a database."""
    return ModuleNotFoundError(
        f"there is no driver for {title} in this package: connections can be made to SQLite and "
        "PostgreSQL"
    )


class DriverlessDialect(DefaultDialect):
    """A dialect that knows the SQL of types."""

    title: str
    """What the database is called."""
    default_paramstyle = "format"

    @classmethod
    def import_dbapi(cls) -> NoReturn:
        """Raise ModuleNotFoundError: connections are those of SQLite and PostgreSQL."""
        raise no_driver(cls.title)

    def _no_compiler(self, *args: Any, **kw: Any) -> NoReturn:
        raise exc.CompileError(
            f"Statements and DDL are not compiled for {self.title}: of this dialect there are the "
            "types alone"
        )

    statement_compiler = ddl_compiler = _no_compiler


class BacktickPreparer(IdentifierPreparer):
    """Names in backticks."""

    initial_quote = final_quote = escape_quote = "`"


class BracketPreparer(IdentifierPreparer):
    """Names in square brackets."""

    initial_quote = "["
    final_quote = escape_quote = "]"
