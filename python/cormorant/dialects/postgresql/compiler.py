"""PostgreSQL's dialect of SQL."""

from __future__ import annotations

from typing import Any

from ... import exc
from ...sql import operators, sqltypes
from ...sql.compiler import SQLCompiler
from ...sql.conflict import ConflictCompiler
from ...sql.identifiers import RESERVED_WORDS, IdentifierPreparer

_RESERVED = RESERVED_WORDS - {"set"} | frozenset(
    [
        "current_catalog",
        "current_schema",
        "fetch",
        "of",
        "over",
        "returning",
        "variadic",
        "window",
        "with",
    ]
)


class PGIdentifierPreparer(IdentifierPreparer):
    """PostgreSQL's reserved words, and names of types."""

    reserved_words = _RESERVED

    def format_type(self, type_: Any, use_schema: bool = True) -> str:
        """The name of an ENUM or DOMAIN, with its schema."""
        if not type_.name:
            kind = type(type_).__name__
            raise exc.CompileError(f"PostgreSQL {kind} type requires a name.")
        name = self.quote(type_.name)
        schema = self.effective_schema(type_)
        if use_schema and not self.omit_schema and schema is not None:
            return f"{self.quote_schema(schema)}.{name}"
        return name


class PGCompiler(ConflictCompiler, SQLCompiler):
    """What PostgreSQL says otherwise."""

    # --- parameters and values ---

    def visit_bindparam(self, bindparam: Any, *args: Any, **kw: Any) -> str:
        text = super().visit_bindparam(bindparam, *args, **kw)
        if text[0] == text[-1] == "\x01" and text.count("\x01") == 2:
            cast = self.dialect.bind_cast(bindparam.type, self.preparer)
            if cast:
                text += f"::{cast}"
        return text

    def bindtemplate(self, name: str, type_: Any = sqltypes.NULLTYPE) -> str:
        mark = super().bindtemplate(name, type_)
        cast = self.dialect.bind_cast(type_, self.preparer)
        return f"{mark}::{cast}" if cast else mark

    conflict_values_inline = False

    def render_literal_value(self, value: Any, type_: Any) -> str:
        text = super().render_literal_value(value, type_)
        if self.dialect._backslash_escapes:
            text = text.replace("\\", "\\\\")
        return text

    def visit_empty_set_expr(self, types: Any, **kw: Any) -> str:
        integer = sqltypes.INTEGERTYPE
        nulls = ", ".join(
            [
                f"CAST(NULL AS {self._type_text(integer if type_._isnull else type_)})"
                for type_ in types or [integer]
            ]
        )
        return f"SELECT {nulls} WHERE 1!=1"

    def _type_text(self, type_: Any) -> str:
        return self.dialect.type_compiler_instance.process(  # type: ignore[no-any-return]
            type_, identifier_preparer=self.preparer
        )

    # --- operators ---

    def visit_bitwise_xor_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._plain_binary(binary, " # ", **kw)

    def visit_json_getitem_op_binary(
        self, binary: Any, operator: Any, _cast_applied: bool = False, **kw: Any
    ) -> str:
        if not _cast_applied and binary.type._type_affinity is not sqltypes.JSON:
            return self._json_cast(binary, **kw)
        if self._subscripts_json(binary):
            left, right = self._sides(binary, **kw)
            if binary.left._is_function or binary.left.__visit_name__ == "cast":
                left = f"({left})"
            return f"{left}[{right}]"
        return self._eager(binary, " -> " if not _cast_applied else " ->> ", **kw)

    def visit_json_path_getitem_op_binary(
        self, binary: Any, operator: Any, _cast_applied: bool = False, **kw: Any
    ) -> str:
        if not _cast_applied and binary.type._type_affinity is not sqltypes.JSON:
            return self._json_cast(binary, **kw)
        return self._eager(binary, " #> " if not _cast_applied else " #>> ", **kw)

    def _subscripts_json(self, binary: Any) -> bool:
        from .json import JSONB

        return (
            self.dialect._supports_jsonb_subscripting
            and isinstance(binary.left.type, JSONB)
            and binary.type._type_affinity is sqltypes.JSON
        )

    def _sides(self, binary: Any, **kw: Any) -> tuple[str, str]:
        kw["_in_operator"] = binary.operator
        return self.process(binary.left, **kw), self.process(binary.right, **kw)

    def _eager(self, binary: Any, text: str, **kw: Any) -> str:
        """A binary expression, in parentheses within another one."""
        nested = kw.get("_in_operator")
        made = self._plain_binary(binary, text, **kw)
        return f"({made})" if nested else made

    def _json_cast(self, binary: Any, **kw: Any) -> str:
        """An element of JSON as a number, text or a boolean: from its text."""
        visit = (
            self.visit_json_getitem_op_binary
            if binary.operator is operators.json_getitem_op
            else self.visit_json_path_getitem_op_binary
        )
        inner = visit(binary, binary.operator, _cast_applied=True, **kw)
        return f"CAST({inner} AS {self._type_text(binary.type)})"

    def visit_getitem_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        left, right = self._sides(binary, **kw)
        return f"{left}[{right}]"

    def visit_array(self, element: Any, **kw: Any) -> str:
        kw.pop("add_to_result_map", None)
        if not element.clauses and not element.type.item_type._isnull:
            return f"ARRAY[]::{self._type_text(element.type)}"
        inner = ", ".join([self.process(c, **kw) for c in element.clauses])
        return f"ARRAY[{inner}]"

    def visit_aggregate_order_by(self, element: Any, **kw: Any) -> str:
        kw.pop("add_to_result_map", None)
        target = self.process(element.target, **kw)
        return f"{target} ORDER BY {self.process(element.order_by, **kw)}"

    def visit_match_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        left, right = self._sides(binary, **kw)
        config = binary._modifier("postgresql_regconfig")
        if config:
            name = self.render_literal_value(config, sqltypes.STRINGTYPE)
            return f"{left} @@ plainto_tsquery({name}, {right})"
        return f"{left} @@ plainto_tsquery({right})"

    def visit_ilike_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        left, right = self._sides(binary, **kw)
        return f"{left} ILIKE {right}{self._escape(binary)}"

    def visit_not_ilike_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        left, right = self._sides(binary, **kw)
        return f"{left} NOT ILIKE {right}{self._escape(binary)}"

    def _affix(
        self, binary: Any, before: bool, after: bool, negate: bool, lower: bool, **kw: Any
    ) -> str:
        text = super()._affix(binary, before, after, negate, False, **kw)
        return text.replace(" LIKE ", " ILIKE ", 1) if lower else text

    def _regexp(self, negation: str, binary: Any, **kw: Any) -> str:
        flags = binary._modifier("flags")
        if flags is None:
            return self._plain_binary(binary, f" {negation}~ ", **kw)
        if flags == "i":
            return self._plain_binary(binary, f" {negation}~* ", **kw)
        left, right = self._sides(binary, **kw)
        shown = self.render_literal_value(flags, sqltypes.STRINGTYPE)
        return f"{left} {negation}~ CONCAT('(?', {shown}, ')', {right})"

    def visit_regexp_match_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._regexp("", binary, **kw)

    def visit_not_regexp_match_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._regexp("!", binary, **kw)

    def visit_regexp_replace_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        left, right = self._sides(binary, **kw)
        flags = binary._modifier("flags")
        if flags is None:
            return f"REGEXP_REPLACE({left}, {right})"
        shown = self.render_literal_value(flags, sqltypes.STRINGTYPE)
        return f"REGEXP_REPLACE({left}, {right}, {shown})"

    # --- functions ---

    def visit_aggregate_strings_func(self, fn: Any, **kw: Any) -> str:
        return f"string_agg{self.function_argspec(fn, **kw)}"

    def visit_substring_func(self, func: Any, **kw: Any) -> str:
        text, start, *rest = [self.process(c, **kw) for c in func.clauses]
        if rest:
            return f"SUBSTRING({text} FROM {start} FOR {rest[0]})"
        return f"SUBSTRING({text} FROM {start})"

    def visit_sequence(self, sequence: Any, **kw: Any) -> str:
        name = self.preparer.format_sequence(sequence).replace("'", "''")
        return f"nextval('{name}')"

    # --- SELECT ---

    def get_select_precolumns(self, select: Any, **kw: Any) -> str:
        if not select._distinct and not select._distinct_on:
            return ""
        if not select._distinct_on:
            return "DISTINCT "
        columns = ", ".join([self.process(c, **kw) for c in select._distinct_on])
        return f"DISTINCT ON ({columns}) "

    def limit_clause(self, select: Any, **kw: Any) -> str:
        text = ""
        if select._limit_clause is not None:
            text += " \n LIMIT " + self.process(select._limit_clause, **kw)
        if select._offset_clause is not None:
            if select._limit_clause is None:
                text += "\n LIMIT ALL"
            text += " OFFSET " + self.process(select._offset_clause, **kw)
        return text

    def fetch_clause(self, select: Any, **kw: Any) -> str:
        text = ""
        if select._offset_clause is not None:
            text += f"\n OFFSET ({self.process(select._offset_clause, **kw)}) ROWS"
        options = select._fetch_clause_options
        count = self.process(select._fetch_clause, **kw)
        percent = " PERCENT" if options["percent"] else ""
        ties = "WITH TIES" if options["with_ties"] else "ONLY"
        return f"{text}\n FETCH FIRST ({count}){percent} ROWS {ties}"

    def format_from_hint_text(self, text: str, table: Any, hint: str) -> str:
        if hint.upper() != "ONLY":
            raise exc.CompileError(f"Unrecognized hint: {hint!r}")
        return f"ONLY {text}"

    def for_update_clause(self, select: Any, **kw: Any) -> str:
        arg = select._for_update_arg
        if arg.read:
            text = " FOR KEY SHARE" if arg.key_share else " FOR SHARE"
        elif arg.key_share:
            text = " FOR NO KEY UPDATE"
        else:
            text = " FOR UPDATE"
        if arg.of:
            kw = self._for_nested(kw)
            tables = {id(table): table for element in arg.of for table in _tables_of(element)}
            names = ", ".join(
                [self.process(t, ashint=True, use_schema=False, **kw) for t in tables.values()]
            )
            text += f" OF {names}"
        if arg.nowait:
            text += " NOWAIT"
        if arg.skip_locked:
            text += " SKIP LOCKED"
        return text

    # --- UPDATE, DELETE ---

    def delete_extra_from_clause(self, stmt: Any, extra: Any, **kw: Any) -> str:
        return "USING " + ", ".join([self.process(f, asfrom=True, **kw) for f in extra])


def _tables_of(element: Any) -> list[Any]:
    """The tables that FOR UPDATE OF an element locks."""
    if element._is_column:
        if element.table is not None:
            return [element.table]
        # what a program has written itself stands as it is
        return [element] if element.is_literal else list(element._from_objects)
    if element._is_join:
        return [*_tables_of(element.right), *_tables_of(element.left)]
    return [element]
