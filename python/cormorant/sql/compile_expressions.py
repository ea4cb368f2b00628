"""How expressions are written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .. import exc
from . import operators
from .elements import (
    BinaryExpression,
    BindParameter,
    Grouping,
    Label,
)
from .expression import literal_column
from .names import MethodNames

ops = operators

OPERATORS: dict[Any, str] = {
    ops.and_: " AND ",
    ops.or_: " OR ",
    ops.add: " + ",
    ops.mul: " * ",
    ops.sub: " - ",
    ops.mod: " % ",
    ops.neg: "-",
    ops.lt: " < ",
    ops.le: " <= ",
    ops.ne: " != ",
    ops.gt: " > ",
    ops.ge: " >= ",
    ops.eq: " = ",
    ops.is_distinct_from: " IS DISTINCT FROM ",
    ops.is_not_distinct_from: " IS NOT DISTINCT FROM ",
    ops.concat_op: " || ",
    ops.match_op: " MATCH ",
    ops.not_match_op: " NOT MATCH ",
    ops.in_op: " IN ",
    ops.not_in_op: " NOT IN ",
    ops.comma_op: ", ",
    ops.from_: " FROM ",
    ops.as_: " AS ",
    ops.is_: " IS ",
    ops.is_not: " IS NOT ",
    ops.collate: " COLLATE ",
    ops.exists: "EXISTS ",
    ops.distinct_op: "DISTINCT ",
    ops.inv: "NOT ",
    ops.any_op: "ANY ",
    ops.all_op: "ALL ",
    ops.desc_op: " DESC",
    ops.asc_op: " ASC",
    ops.nulls_first_op: " NULLS FIRST",
    ops.nulls_last_op: " NULLS LAST",
    ops.bitwise_xor_op: " ^ ",
    ops.bitwise_or_op: " | ",
    ops.bitwise_and_op: " & ",
    ops.bitwise_not_op: "~",
    ops.bitwise_lshift_op: " << ",
    ops.bitwise_rshift_op: " >> ",
}

EXTRACT_FIELDS = {
    name: name
    for name in [
        "month",
        "day",
        "year",
        "second",
        "hour",
        "doy",
        "minute",
        "quarter",
        "dow",
        "week",
        "epoch",
        "milliseconds",
        "microseconds",
        "timezone_hour",
        "timezone_minute",
    ]
}

_TEXT_BIND = re.compile(r"(?<![:\w\x5c]):(\w+)(?![:\w])", re.UNICODE)
_TEXT_ESCAPE = re.compile(r"\x5c([\x5c]?:[\w$]+|:)", re.UNICODE)
# literal_column("t.*") and others that may be more than one column
_VISIT_UNARY = MethodNames("visit_{}_unary_operator")
_VISIT_BINARY = MethodNames("visit_{}_binary")
_MAYBE_SEVERAL = re.compile(r"[*,]")
_UNESCAPE = re.compile(r"\\(:[\w$]*)(?![:\w$])", re.UNICODE)


class ExpressionCompiler:
    """The part of SQLCompiler for column expressions."""

    if TYPE_CHECKING:
        is_string_compiler: bool
        dialect: Any
        preparer: Any
        stack: list[Any]
        native_boolean: bool
        text_columns: bool
        schema_translate_map: Any
        same_named: set[str]
        isinsert: bool
        result_columns: list[Any]

        def process(self, obj: Any, **kw: Any) -> str: ...
        def resolve(self, name: Any, kind: str = ...) -> str: ...
        def alias_of_same_named(self, name: str) -> str: ...
        def bind_name(self, bind: BindParameter[Any]) -> str: ...
        def visit_bindparam(self, bindparam: BindParameter[Any], **kw: Any) -> str: ...
        def render_literal_value(self, value: Any, type_: Any) -> str: ...
        def _unsupported(self, obj: Any) -> Exception: ...

    extract_map = EXTRACT_FIELDS

    # --- columns, labels, text -------------------------------------------------------------
    def visit_column(
        self,
        column: Any,
        add_to_result_map: Any = None,
        include_table: bool = True,
        result_map_targets: tuple[Any, ...] = (),
        **kw: Any,
    ) -> str:
        name = original = column.name
        written = self.preparer.written
        if type(name) is not str:
            if name is None and self.is_string_compiler:
                name = "<name unknown>"
            if name is None:
                raise exc.CompileError("Cannot compile Column object until its 'name' is assigned.")
            name = self.resolve(name)
        if add_to_result_map is not None:
            if column.is_literal and _MAYBE_SEVERAL.search(name):
                self.text_columns = True
            targets = (column, name, column.key, *result_map_targets)
            if column._tq_label is not None:
                targets = (*targets, column._tq_label)
            add_to_result_map(name, original, targets, column.type)
        if column.is_literal:
            text = self.escape_literal_column(name)
        else:
            text = (type(name) is str and written.get(name)) or self.preparer.quote(name)
        table = column.table
        if table is None or not include_table or not table.named_with_column:
            return text
        tablename = (type(table.name) is str and written.get(table.name)) or self.preparer.quote(
            self.resolve(table.name, "alias")
        )
        if not table._is_table:
            return f"{tablename}.{text}"
        schema = getattr(table, "schema", None)
        if schema or self.schema_translate_map:
            mapped = self.effective_schema(table)
            if mapped:
                return f"{self.preparer.quote_schema(mapped)}.{tablename}.{text}"
        if self.same_named and table.name in self.same_named:
            tablename = self.preparer.quote(self.alias_of_same_named(table.name))
        return f"{tablename}.{text}"

    def effective_schema(self, table: Any) -> str | None:
        """The schema to write for that of a table."""
        return self.preparer.effective_schema(table)  # type: ignore[no-any-return]

    def escape_literal_column(self, text: str) -> str:
        return text.replace("%", "%%") if self._doubles_percent else text

    @property
    def _doubles_percent(self) -> bool:
        return getattr(self, "paramstyle", None) in ("format", "pyformat")

    def visit_label(
        self,
        label: Any,
        add_to_result_map: Any = None,
        within_label_clause: bool = False,
        within_columns_clause: bool = False,
        render_label_as_label: Any = None,
        result_map_targets: tuple[Any, ...] = (),
        **kw: Any,
    ) -> str:
        with_as = within_columns_clause and not within_label_clause
        if render_label_as_label is label:
            return self.preparer.quote(self.resolve(label.name))  # type: ignore[no-any-return]
        if with_as:
            name = self.resolve(label.name)
            if add_to_result_map is not None:
                add_to_result_map(
                    name,
                    label.name,
                    (label, name, *result_map_targets),
                    label.type,
                )
            inner = self.process(
                label.element, within_columns_clause=True, within_label_clause=True, **kw
            )
            return f"{inner} AS {self.preparer.quote(name)}"
        return self.process(label.element, within_columns_clause=False, **kw)

    def visit_label_reference(
        self, element: Any, within_columns_clause: bool = False, **kw: Any
    ) -> str:
        label = _ordered_label(element.element)
        if (
            self.stack
            and label is not None
            and getattr(self.dialect, "supports_simple_order_by_label", True)
        ):
            _, _, only_cols = self._label_scope(within_columns_clause)
            found = only_cols.get(label.name)
            if found is not None and label.shares_lineage(found):
                kw["render_label_as_label"] = label
        return self.process(element.element, within_columns_clause=within_columns_clause, **kw)

    def _label_scope(self, within_columns_clause: bool) -> Any:
        scope = self.stack[-1]["labels"]
        return scope()

    def visit_textual_label_reference(
        self, element: Any, within_columns_clause: bool = False, **kw: Any
    ) -> str:
        if self.stack:
            with_cols, only_froms, _ = self._label_scope(within_columns_clause)
            found = (only_froms if within_columns_clause else with_cols).get(element.element)
            if found is not None:
                if isinstance(found, Label):
                    kw["render_label_as_label"] = found
                return self.process(found, within_columns_clause=within_columns_clause, **kw)
        text = element.element
        if not self.stack:
            return str(text)  # of no SELECT: desc("label") by itself
        raise exc.CompileError(
            "Can't resolve label reference for ORDER BY / GROUP BY / DISTINCT etc. "
            f"Textual SQL expression {text!r} should be explicitly declared as text({text!r})"
        )

    def visit_textclause(self, textclause: Any, add_to_result_map: Any = None, **kw: Any) -> str:
        if add_to_result_map is not None:
            self.text_columns = True
        if not self.stack:
            self.text_columns = True
        binds = textclause._bindparams

        def bind(match: re.Match[str]) -> str:
            name = match.group(1)
            if name in binds:
                return self.process(binds[name], **kw)
            return self.process(BindParameter(name, required=True), **kw)

        text = textclause.text
        if self._doubles_percent:
            text = text.replace("%", "%%")
        return _UNESCAPE.sub(lambda m: m.group(1), _TEXT_BIND.sub(bind, text))

    def visit_savepoint(self, statement: Any, **kw: Any) -> str:
        return f"SAVEPOINT {self.preparer.format_savepoint(statement)}"

    def visit_rollback_to_savepoint(self, statement: Any, **kw: Any) -> str:
        return f"ROLLBACK TO SAVEPOINT {self.preparer.format_savepoint(statement)}"

    def visit_release_savepoint(self, statement: Any, **kw: Any) -> str:
        return f"RELEASE SAVEPOINT {self.preparer.format_savepoint(statement)}"

    # --- constants ---------------------------------------------------------------------------
    def visit_null(self, expr: Any, **kw: Any) -> str:
        return "NULL"

    def visit_true(self, expr: Any, **kw: Any) -> str:
        return "true" if self.native_boolean else "1"

    def visit_false(self, expr: Any, **kw: Any) -> str:
        return "false" if self.native_boolean else "0"

    # --- lists and groups ------------------------------------------------------------------
    def visit_grouping(self, grouping: Any, asfrom: bool = False, **kw: Any) -> str:
        kw.pop("add_to_result_map", None)
        return f"({self.process(grouping.element, asfrom=asfrom, **kw) if asfrom else self.process(grouping.element, **kw)})"

    def visit_select_statement_grouping(self, grouping: Any, **kw: Any) -> str:
        return f"({self.process(grouping.element, **kw)})"

    def visit_clauselist(self, clauselist: Any, **kw: Any) -> str:
        kw.pop("add_to_result_map", None)
        sep = OPERATORS[clauselist.operator]
        return sep.join([t for t in [self.process(c, **kw) for c in clauselist.clauses] if t])

    visit_expression_clauselist = visit_clauselist

    def visit_tuple(self, clauselist: Any, **kw: Any) -> str:
        return f"({self.visit_clauselist(clauselist, **kw)})"

    # --- operators -----------------------------------------------------------------------------
    def visit_unary(self, unary: Any, add_to_result_map: Any = None, **kw: Any) -> str:
        if add_to_result_map is not None and unary.element._is_named:
            kw["add_to_result_map"] = add_to_result_map
        op = unary.operator
        if op is not None:
            if unary.modifier is not None:
                raise exc.CompileError(
                    "Unary expression does not support operator and modifier simultaneously"
                )
            name = getattr(op, "__name__", "")
            visit = getattr(self, _VISIT_UNARY[name], None)
            if visit is not None:
                return visit(unary, op, **kw)  # type: ignore[no-any-return]
            text = OPERATORS.get(op)
            if text is None:
                text = self.escape_literal_column(op.opstring) + " "
            return text + self.process(unary.element, **kw)
        modifier = unary.modifier
        if modifier is not None:
            text = OPERATORS.get(modifier)
            if text is None:
                text = " " + self.escape_literal_column(modifier.opstring)
            return self.process(unary.element, **kw) + text
        raise exc.CompileError("Unary expression has no operator or modifier")

    def visit_is_true_unary_operator(self, element: Any, operator: Any, **kw: Any) -> str:
        text = self.process(element.element, **kw)
        condition = self.native_boolean or element._is_implicitly_boolean
        return text if condition else f"{text} = 1"

    def visit_is_false_unary_operator(self, element: Any, operator: Any, **kw: Any) -> str:
        text = self.process(element.element, **kw)
        condition = self.native_boolean or element._is_implicitly_boolean
        return f"NOT {text}" if condition else f"{text} = 0"

    def visit_binary(
        self,
        binary: Any,
        override_operator: Any = None,
        eager_grouping: bool = False,
        **kw: Any,
    ) -> str:
        kw.pop("add_to_result_map", None)
        op = override_operator or binary.operator
        text = OPERATORS.get(op)
        if text is not None and op not in self._special_binary:
            return self._plain_binary(binary, text, **kw)
        name = getattr(op, "__name__", "")
        visit = getattr(self, _VISIT_BINARY[name], None)
        if visit is not None:
            return visit(binary, op, **kw)  # type: ignore[no-any-return]
        if text is not None:
            return self._plain_binary(binary, text, **kw)
        if isinstance(op, operators.custom_op):
            made = self._plain_binary(binary, f" {self.escape_literal_column(op.opstring)} ", **kw)
            if op.eager_grouping and kw.get("_in_operator"):
                return f"({made})"
            return made
        raise exc.UnsupportedCompilationError(self, op)

    # operators with a text that are nevertheless written by a method
    _special_binary: frozenset[Any] = frozenset(
        [ops.mod, ops.is_distinct_from, ops.is_not_distinct_from, ops.in_op, ops.not_in_op,
         ops.bitwise_xor_op, ops.match_op, ops.not_match_op]
    )  # fmt: skip

    def _plain_binary(self, binary: Any, text: str, **kw: Any) -> str:
        kw["_in_operator"] = op = binary.operator
        if op not in operators._associative:
            return f"{self.process(binary.left, **kw)}{text}{self.process(binary.right, **kw)}"
        # in a loop: an expression of many operands is nested as deeply as it is long
        operands = [binary.right]
        left = binary.left
        while _continues(left, op):
            operands.append(left.right)
            left = left.left
        operands.append(left)
        operands.reverse()
        while _continues(operands[-1], op):
            last = operands.pop()
            operands += (last.left, last.right)
        return text.join([self.process(operand, **kw) for operand in operands])

    def visit_mod_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        sign = " %% " if self._doubles_percent else " % "
        return self._plain_binary(binary, sign, **kw)

    def visit_truediv_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        from .constructs import Cast
        from .sqltypes import Numeric

        if getattr(self.dialect, "div_is_floordiv", True):
            right = binary.right
            type_ = right.type if right.type._type_affinity is Numeric else Numeric()
            return f"{self.process(binary.left, **kw)} / {self.process(Cast(right, type_), **kw)}"
        return f"{self.process(binary.left, **kw)} / {self.process(binary.right, **kw)}"

    def visit_floordiv_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        from .sqltypes import Integer

        text = f"{self.process(binary.left, **kw)} / {self.process(binary.right, **kw)}"
        if (
            getattr(self.dialect, "div_is_floordiv", True)
            and binary.right.type._type_affinity is Integer
            and binary.left.type._type_affinity is Integer
        ):
            return text
        return f"FLOOR({text})"

    def visit_getitem_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        if getattr(self, "is_string_compiler", False):
            return f"{self.process(binary.left, **kw)}[{self.process(binary.right, **kw)}]"
        raise exc.UnsupportedCompilationError(self, operator)

    visit_json_getitem_op_binary = visit_getitem_binary
    visit_json_path_getitem_op_binary = visit_getitem_binary

    def visit_in_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._plain_binary(binary, " IN ", **kw)

    def visit_not_in_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        # parentheses, because an empty list becomes an OR
        return f"({self._plain_binary(binary, ' NOT IN ', **kw)})"

    def visit_empty_set_op_expr(self, types: Any, expand_op: Any) -> str:
        """What stands between the parentheses of IN () for an empty list."""
        if expand_op is operators.not_in_op:
            if len(types) > 1:
                return f"({', '.join(['NULL'] * len(types))})) OR (1 = 1"
            return "NULL) OR (1 = 1"
        if expand_op is operators.in_op:
            if len(types) > 1:
                return f"({', '.join(['NULL'] * len(types))})) AND (1 != 1"
            return "NULL) AND (1 != 1"
        return self.visit_empty_set_expr(types)

    def visit_empty_set_expr(self, types: Any, **kw: Any) -> str:
        """A SELECT of no rows."""
        raise NotImplementedError(
            f"Dialect '{self.dialect.name}' does not support empty set expression."
        )

    def visit_between_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        symmetric = binary._modifier("symmetric")
        return self._plain_binary(binary, " BETWEEN SYMMETRIC " if symmetric else " BETWEEN ", **kw)

    def visit_not_between_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        symmetric = binary._modifier("symmetric")
        return self._plain_binary(
            binary, " NOT BETWEEN SYMMETRIC " if symmetric else " NOT BETWEEN ", **kw
        )

    def visit_is_distinct_from_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._plain_binary(binary, " IS DISTINCT FROM ", **kw)

    def visit_is_not_distinct_from_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._plain_binary(binary, " IS NOT DISTINCT FROM ", **kw)

    def visit_match_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._plain_binary(binary, " MATCH ", **kw)

    def visit_not_match_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return f"NOT {self.visit_match_op_binary(binary, operator, **kw)}"

    # --- LIKE --------------------------------------------------------------------------------
    def _escape(self, binary: Any) -> str:
        escape = binary._modifier("escape")
        if escape is None:
            return ""
        from .sqltypes import STRINGTYPE

        return " ESCAPE " + self.render_literal_value(escape, STRINGTYPE)

    def visit_like_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        left, right = self.process(binary.left, **kw), self.process(binary.right, **kw)
        return f"{left} LIKE {right}{self._escape(binary)}"

    def visit_not_like_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        left, right = self.process(binary.left, **kw), self.process(binary.right, **kw)
        return f"{left} NOT LIKE {right}{self._escape(binary)}"

    def _lower(self, text: str) -> str:
        return f"lower({text})"

    def visit_ilike_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        left, right = self.process(binary.left, **kw), self.process(binary.right, **kw)
        return f"{self._lower(left)} LIKE {self._lower(right)}{self._escape(binary)}"

    def visit_not_ilike_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        left, right = self.process(binary.left, **kw), self.process(binary.right, **kw)
        return f"{self._lower(left)} NOT LIKE {self._lower(right)}{self._escape(binary)}"

    def _affix(
        self, binary: Any, before: bool, after: bool, negate: bool, lower: bool, **kw: Any
    ) -> str:
        """LIKE with % before or after the text."""
        right = binary.right
        made: Any = _Lowered(right) if lower else right
        percent = literal_column("'%'")
        from .sqltypes import STRINGTYPE

        percent.type = STRINGTYPE
        if before:
            made = percent.concat(made)
        if after:
            made = made.concat(percent) if before else percent._rconcat(made)
        left = self.process(binary.left, **kw)
        if lower:
            left = self._lower(left)
        word = "NOT LIKE" if negate else "LIKE"
        return f"{left} {word} {self.process(made, **kw)}{self._escape(binary)}"

    def visit__lowered(self, element: Any, **kw: Any) -> str:
        return self._lower(self.process(element.element, **kw))

    def visit_contains_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._affix(binary, True, True, False, False, **kw)

    def visit_not_contains_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._affix(binary, True, True, True, False, **kw)

    def visit_icontains_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._affix(binary, True, True, False, True, **kw)

    def visit_not_icontains_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._affix(binary, True, True, True, True, **kw)

    def visit_startswith_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._affix(binary, False, True, False, False, **kw)

    def visit_not_startswith_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._affix(binary, False, True, True, False, **kw)

    def visit_istartswith_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._affix(binary, False, True, False, True, **kw)

    def visit_not_istartswith_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._affix(binary, False, True, True, True, **kw)

    def visit_endswith_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._affix(binary, True, False, False, False, **kw)

    def visit_not_endswith_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._affix(binary, True, False, True, False, **kw)

    def visit_iendswith_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._affix(binary, True, False, False, True, **kw)

    def visit_not_iendswith_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self._affix(binary, True, False, True, True, **kw)

    # --- regular expressions -----------------------------------------------------------------
    def visit_regexp_match_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        if getattr(self, "is_string_compiler", False):
            return self._plain_binary(binary, " <regexp> ", **kw)
        raise exc.CompileError(f"{self.dialect.name} dialect does not support regular expressions")

    def visit_not_regexp_match_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        if getattr(self, "is_string_compiler", False):
            return self._plain_binary(binary, " <not regexp> ", **kw)
        raise exc.CompileError(f"{self.dialect.name} dialect does not support regular expressions")

    def visit_regexp_replace_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        if getattr(self, "is_string_compiler", False):
            pattern, replacement = binary.right.clauses
            return (
                f"<regexp replace>({self.process(binary.left, **kw)}, "
                f"{self.process(pattern, **kw)}, {self.process(replacement, **kw)})"
            )
        raise exc.CompileError(
            f"{self.dialect.name} dialect does not support regular expression replacements"
        )

    # --- composite ------------------------------------------------------------------------------
    def visit_collation(self, element: Any, **kw: Any) -> str:
        return self.preparer.format_collation(element.collation)  # type: ignore[no-any-return]

    def visit_case(self, clause: Any, **kw: Any) -> str:
        kw.pop("add_to_result_map", None)
        text = "CASE "
        if clause.value is not None:
            text += self.process(clause.value, **kw) + " "
        for when, then in clause.whens:
            text += f"WHEN {self.process(when, **kw)} THEN {self.process(then, **kw)} "
        if clause.else_ is not None:
            text += f"ELSE {self.process(clause.else_, **kw)} "
        return text + "END"

    def visit_cast(self, cast: Any, **kw: Any) -> str:
        kw.pop("add_to_result_map", None)
        type_text = self.process(cast.typeclause, **kw)
        # (a quoted name of a type may have anything in it)
        collate = collation = ""
        name = type_text
        if not type_text.startswith('"'):
            name, collate, collation = type_text.partition(" COLLATE ")
        return f"CAST({self.process(cast.clause, **kw)} AS {name}){collate}{collation}"

    def visit_try_cast(self, cast: Any, **kw: Any) -> str:
        if getattr(self, "is_string_compiler", False):
            return "TRY_" + self.visit_cast(cast, **kw)
        raise exc.UnsupportedCompilationError(self, type(cast))

    def visit_typeclause(self, typeclause: Any, **kw: Any) -> str:
        return self.dialect.type_compiler_instance.process(  # type: ignore[no-any-return]
            typeclause.type, identifier_preparer=self.preparer
        )

    def visit_type_coerce(self, type_coerce: Any, **kw: Any) -> str:
        kw.pop("add_to_result_map", None)
        return self.process(type_coerce.typed_expression, **kw)

    def visit_extract(self, extract: Any, **kw: Any) -> str:
        kw.pop("add_to_result_map", None)
        field = self.extract_map.get(extract.field, extract.field)
        return f"EXTRACT({field} FROM {self.process(extract.expr, **kw)})"

    def visit_slice(self, slice_: Any, **kw: Any) -> str:
        return f"{self.process(slice_.start, **kw)}:{self.process(slice_.stop, **kw)}"

    def visit_over(self, over: Any, **kw: Any) -> str:
        kw.pop("add_to_result_map", None)
        text = self.process(over.element, **kw)
        parts = []
        if over.partition_by is not None and len(over.partition_by):
            parts.append("PARTITION BY " + self.process(over.partition_by, **kw))
        if over.order_by is not None and len(over.order_by):
            parts.append("ORDER BY " + self.process(over.order_by, **kw))
        for word, frame in (("RANGE", over.range_), ("ROWS", over.rows), ("GROUPS", over.groups)):
            if frame is not None:
                bounds = [
                    where if distance is None else f"{self.process(distance, **kw)} {where}"
                    for where, distance in frame
                ]
                parts.append(f"{word} BETWEEN {bounds[0]} AND {bounds[1]}")
        return f"{text} OVER ({' '.join(parts)})"

    def visit_withingroup(self, withingroup: Any, **kw: Any) -> str:
        kw.pop("add_to_result_map", None)
        return (
            f"{self.process(withingroup.element, **kw)} WITHIN GROUP "
            f"(ORDER BY {self.process(withingroup.order_by, **kw)})"
        )

    def visit_funcfilter(self, funcfilter: Any, **kw: Any) -> str:
        kw.pop("add_to_result_map", None)
        return (
            f"{self.process(funcfilter.func, **kw)} FILTER "
            f"(WHERE {self.process(funcfilter.criterion, **kw)})"
        )

    # --- functions ------------------------------------------------------------------------------
    def visit_function(self, func: Any, add_to_result_map: Any = None, **kw: Any) -> str:
        if add_to_result_map is not None:
            add_to_result_map(func.name, func.name, (func, func.name), func.type)
        kw.pop("asfrom", None)
        visit = getattr(self, f"visit_{func.name.lower()}_func", None)
        if visit is not None:
            return visit(func, **kw)  # type: ignore[no-any-return]
        cls = func._original.__class__ if func._is_annotated else func.__class__
        known: str | None = cls.__dict__.get("_written")
        if known is not None:
            return known + (self.function_argspec(func, **kw) if func._has_args else "")
        return self._function_name(func) + self.function_argspec(func, **kw)

    def _function_name(self, func: Any) -> str:
        parts = []
        for token in (*func.packagenames, func.name):
            if self.preparer._requires_quotes_illegal_chars(token) or (
                getattr(token, "quote", None) is not None
            ):
                token = self.preparer.quote(token)
            parts.append(token)
        return ".".join(parts)

    def function_argspec(self, func: Any, **kw: Any) -> str:
        """The arguments, in parentheses."""
        return self.process(func.clause_expr, **kw)

    def visit_aggregate_strings_func(self, fn: Any, **kw: Any) -> str:
        return f"aggregate_strings{self.function_argspec(fn, **kw)}"

    def visit_next_value_func(self, fn: Any, **kw: Any) -> str:
        return self.visit_sequence(fn.sequence)

    def visit_function_as_comparison_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:
        return self.process(binary.sql_function, **kw)

    def visit_sequence(self, sequence: Any, **kw: Any) -> str:
        """The next value of a sequence."""
        if getattr(self, "is_string_compiler", False):
            return f"<next sequence value: {self.preparer.format_sequence(sequence)}>"
        raise NotImplementedError(
            f"Dialect '{self.dialect.name}' does not support sequence increments."
        )

    def visit_scalar_function_column(
        self, element: Any, add_to_result_map: Any = None, **kw: Any
    ) -> str:
        if add_to_result_map is not None:
            add_to_result_map(element.name, element.name, (element, element.name), element.type)
        return f"({self.process(element.fn, **kw)}).{self.preparer.quote(element.name)}"

    def visit_table_valued_column(self, element: Any, **kw: Any) -> str:
        return self.preparer.quote(self.resolve(element.name))  # type: ignore[no-any-return]


def _continues(operand: Any, operator: Any) -> bool:
    """Whether an operand of an associative operator is written as more operands of it."""
    return (
        operand.__class__ is BinaryExpression
        and operand.operator is operator
        and operand._compile_with is None
    )


def _ordered_label(element: Any) -> Any:
    """The label that an ORDER BY expression is about, directly or under ASC or DESC."""
    while True:
        if isinstance(element, Label):
            return element
        if element.__visit_name__ == "unary" and element.modifier is not None:
            element = element.element
        else:
            return None


class _Lowered(Grouping[Any]):
    """lower() of an operand, where the dialect says how."""

    __visit_name__ = "_lowered"
    _atomic = True

    def self_group(self, against: Any = None) -> Any:
        return self
