"""PostgreSQL's dialect of SQL."""

from __future__ import annotations

from typing import Any

from ...sql.compiler import IdentifierPreparer, SQLCompiler


class PGIdentifierPreparer(IdentifierPreparer):
    """PostgreSQL's reserved words."""


class PGCompiler(SQLCompiler):
    """What PostgreSQL says otherwise."""

    def limit_clause(self, select: Any, **kw: Any) -> str:
        text = ""
        if select._limit_clause is not None:
            text += " \n LIMIT " + self.process(select._limit_clause, **kw)
        if select._offset_clause is not None:
            if select._limit_clause is None:
                text += "\n LIMIT ALL"
            text += " OFFSET " + self.process(select._offset_clause, **kw)
        return text
