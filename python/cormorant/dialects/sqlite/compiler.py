"""SQLite's dialect of SQL."""

from __future__ import annotations

from typing import Any

from ... import exc
from ...sql.compiler import SQLCompiler
from ...sql.conflict import ConflictCompiler
from ...sql.expression import literal
from ...sql.identifiers import IdentifierPreparer

RESERVED_WORDS = frozenset(
    [
        "add",
        "after",
        "all",
        "alter",
        "analyze",
        "and",
        "as",
        "asc",
        "attach",
        "autoincrement",
        "before",
        "begin",
        "between",
        "by",
        "cascade",
        "case",
        "cast",
        "check",
        "collate",
        "column",
        "commit",
        "conflict",
        "constraint",
        "create",
        "cross",
        "current_date",
        "current_time",
        "current_timestamp",
        "database",
        "default",
        "deferrable",
        "deferred",
        "delete",
        "desc",
        "detach",
        "distinct",
        "drop",
        "each",
        "else",
        "end",
        "escape",
        "except",
        "exclusive",
        "exists",
        "explain",
        "fail",
        "false",
        "for",
        "foreign",
        "from",
        "full",
        "glob",
        "group",
        "having",
        "if",
        "ignore",
        "immediate",
        "in",
        "index",
        "indexed",
        "initially",
        "inner",
        "insert",
        "instead",
        "intersect",
        "into",
        "is",
        "isnull",
        "join",
        "key",
        "left",
        "like",
        "limit",
        "match",
        "natural",
        "not",
        "notnull",
        "null",
        "of",
        "offset",
        "on",
        "or",
        "order",
        "outer",
        "plan",
        "pragma",
        "primary",
        "query",
        "raise",
        "references",
        "reindex",
        "rename",
        "replace",
        "restrict",
        "right",
        "rollback",
        "row",
        "select",
        "set",
        "table",
        "temp",
        "temporary",
        "then",
        "to",
        "transaction",
        "trigger",
        "true",
        "union",
        "unique",
        "update",
        "using",
        "vacuum",
        "values",
        "view",
        "virtual",
        "when",
        "where",
    ]
)


class SQLiteIdentifierPreparer(IdentifierPreparer):
    """SQLite's reserved words."""

    reserved_words = RESERVED_WORDS


class SQLiteCompiler(ConflictCompiler, SQLCompiler):
    """What SQLite says otherwise."""

    extract_map = {
        **SQLCompiler.extract_map,
        "month": "%m",
        "day": "%d",
        "year": "%Y",
        "second": "%S",
        "hour": "%H",
        "doy": "%j",
        "minute": "%M",
        "epoch": "%s",
        "dow": "%w",
        "week": "%W",
    }

    def visit_truediv_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        left, right = self.process(binary.left, **kw), self.process(binary.right, **kw)
        return f"{left} / ({right} + 0.0)"

    def visit_now_func(self, fn: Any, **kw: Any) -> str:
        return "CURRENT_TIMESTAMP"

    def visit_localtimestamp_func(self, fn: Any, **kw: Any) -> str:
        return "DATETIME(CURRENT_TIMESTAMP, 'localtime')"

    def visit_true(self, expr: Any, **kw: Any) -> str:
        return "1"

    def visit_false(self, expr: Any, **kw: Any) -> str:
        return "0"

    def visit_char_length_func(self, fn: Any, **kw: Any) -> str:
        return f"length{self.function_argspec(fn, **kw)}"

    def visit_aggregate_strings_func(self, fn: Any, **kw: Any) -> str:
        return f"group_concat{self.function_argspec(fn, **kw)}"

    def visit_cast(self, cast: Any, **kw: Any) -> str:
        if getattr(self.dialect, "supports_cast", True):
            return super().visit_cast(cast, **kw)
        return self.process(cast.clause, **kw)

    def visit_extract(self, extract: Any, **kw: Any) -> str:
        field = self.extract_map.get(extract.field)
        if field is None or not field.startswith("%"):
            raise exc.CompileError(f"{extract.field} is not a valid extract argument.")
        return f"CAST(STRFTIME('{field}', {self.process(extract.expr, **kw)}) AS INTEGER)"

    def limit_clause(self, select: Any, **kw: Any) -> str:
        text = ""
        if select._limit_clause is not None:
            text += "\n LIMIT " + self.process(select._limit_clause, **kw)
        if select._offset_clause is not None:
            if select._limit_clause is None:
                text += "\n LIMIT " + self.process(literal(-1), **kw)
            text += " OFFSET " + self.process(select._offset_clause, **kw)
        else:
            text += " OFFSET " + self.process(literal(0), **kw)
        return text

    def for_update_clause(self, select: Any, **kw: Any) -> str:
        # SQLite locks the file, not rows
        return ""

    def _returning_kw(self) -> dict[str, Any]:
        return {"include_table": False}

    def visit_is_distinct_from_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._plain_binary(binary, " IS NOT ", **kw)

    def visit_is_not_distinct_from_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._plain_binary(binary, " IS ", **kw)

    def visit_empty_set_expr(self, types: Any, **kw: Any) -> str:
        ones = ", ".join(["1"] * max(len(types), 1))
        return f"SELECT {ones} FROM (SELECT {ones}) WHERE 1!=1"

    def visit_empty_set_op_expr(self, types: Any, expand_op: Any) -> str:
        return self.visit_empty_set_expr(types)

    def visit_bitwise_xor_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        # SQLite has no XOR: what one has without what both have
        within = kw.get("_in_operator") is not None
        either = self._plain_binary(binary, " | ", **kw)
        both = self._plain_binary(binary, " & ", **kw)
        # (alone it is as SQLAlchemy writes it, which "-" takes apart)
        return f"(({either}) - ({both}))" if within else f"({either} - {both})"

    def visit_regexp_match_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._plain_binary(binary, " REGEXP ", **kw)

    def visit_not_regexp_match_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._plain_binary(binary, " NOT REGEXP ", **kw)

    def visit_json_getitem_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._json_path(binary, **kw)

    def visit_json_path_getitem_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._json_path(binary, **kw)

    def _json_path(self, binary: Any, **kw: Any) -> str:
        from ...sql.sqltypes import JSON

        left, right = self.process(binary.left, **kw), self.process(binary.right, **kw)
        if binary.type._type_affinity is JSON:
            return f"JSON_QUOTE(JSON_EXTRACT({left}, {right}))"
        return f"JSON_EXTRACT({left}, {right})"
