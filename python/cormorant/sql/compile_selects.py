"""How SELECT, UNION, FROM and WITH are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import exc, util
from .column_element import ColumnElement
from .elements import AsBoolean, BooleanClauseList, ColumnClause, Label
from .froms import FromState
from .labels import other_names
from .names import as_label
from .order_by_names import CompoundScope, LabelScope

# the owner of the CTEs that stand at the front of the whole statement
_TOP: Any = {}

# the stack of what is compiled alone although it is part of a statement
_NOTHING_AROUND: Any = {
    "correlate_froms": set(),
    "asfrom_froms": set(),
    "results": False,
    "labels": None,
}


class _NamedForResult(Label[Any]):
    """A column of a SELECT with the name it is to have there."""

    def __init__(self, element: Any, name: Any, targets: tuple[Any, ...]) -> None:
        self.name = name
        self.key = name
        self._element = element
        self.type = element.type
        self._proxies = (element,)
        self.targets = targets

    @property  # type: ignore[misc]  # nobody sets it
    def element(self) -> Any:
        """The expression; a name that nobody gave it needs no parentheses before it."""
        return self._element

    @property
    def _ident(self) -> Any:
        return self._element._ident


class SelectCompiler:
    """The part of SQLCompiler for SELECT and what is in its FROM."""

    if TYPE_CHECKING:
        statement: Any
        dialect: Any
        preparer: Any
        stack: list[Any]
        native_boolean: bool
        ctes: dict[Any, str]
        ctes_by_name: dict[tuple[int, str], Any]
        cte_owners: dict[Any, Any]
        result_columns: list[Any]
        text_columns: bool
        textual_positional: bool
        is_string_compiler: bool
        linting: int
        same_named: set[str]

        def alias_of_same_named(self, name: str) -> str: ...
        def process(self, obj: Any, **kw: Any) -> str: ...
        def visit_column(self, column: Any, **kw: Any) -> str: ...
        def _for_nested(self, kw: Mapping[str, Any]) -> dict[str, Any]: ...
        def resolve(self, name: Any, kind: str = ...) -> str: ...
        def _add_to_result_map(self, *a: Any) -> None: ...
        def effective_schema(self, table: Any) -> str | None: ...

    # --- SELECT -----------------------------------------------------------------------------
    def visit_select(
        self,
        select: Any,
        asfrom: bool = False,
        lateral: bool = False,
        compound_index: int | None = None,
        insert_into: bool = False,
        **kw: Any,
    ) -> str:
        kw = self._for_nested(kw)
        top = not self.stack
        select = select._as_core(
            top and compound_index is None and not asfrom,
            getattr(self.statement, "_with_options", ()),
        )
        entry = self.stack[-1] if self.stack else None
        results = top or (
            entry is not None and entry["results"] and (compound_index == 0 or insert_into)
        )
        state = FromState(select)
        same_named = self.same_named
        froms = self._push(select, state, asfrom and not lateral, results, entry)
        if (compound_index is not None or insert_into) and not top:
            self.stack[-1]["member"] = True
        try:
            self._independent_ctes(select, kw)
            add = self._add_to_result_map if results else None
            columns = []
            given_out = results or bool(
                entry is not None and entry["results"] and compound_index is not None
            )
            # names that nothing refers to: the select is an operand, or the first of one
            unnamed = not (asfrom or insert_into or compound_index) and (
                not results or isinstance(self.statement, ColumnElement)
            )
            for item in select._columns_plus_names(True):
                text = self._select_column(item, add, asfrom, unnamed, kw, given_out)
                if text is not None:
                    columns.append(text)
            text = "SELECT "
            if select._prefixes:
                text += self._texts(select._prefixes, **kw)
            text += self.get_select_precolumns(select, **kw)
            if columns:
                text += ", ".join(columns)
            else:
                text = text.rstrip()
            if froms:
                text += " \nFROM " + self._from_list(select, froms, kw)
            else:
                text += self.default_from()
            where = BooleanClauseList._construct_for_whereclause(select._where_criteria)
            if where is not None:
                t = self.process(where, **kw)
                if t:
                    text += " \nWHERE " + t
            if self.linting and len(self.stack[-1]["asfrom_froms"]) > 1:
                self._lint(froms, select._where_criteria, "SELECT")
            if select._group_by_clauses:
                text += self.group_by_clause(select, **kw)
            having = BooleanClauseList._construct_for_whereclause(select._having_criteria)
            if having is not None:
                t = self.process(having, **kw)
                if t:
                    text += " \nHAVING " + t
            if select._order_by_clauses:
                text += self.order_by_clause(select, **kw)
            if select._has_row_limiting_clause:
                text += self._row_limit_clause(select, **kw)
            if select._for_update_arg is not None:
                text += self.for_update_clause(select, **kw)
            hints = [h for n, h in select._statement_hints if n in ("*", self.dialect.name)]
            if hints:
                text += " " + " ".join(hints)
            if select._suffixes:
                text += " " + self._texts(select._suffixes, **kw)
        finally:
            entry = self.stack.pop()
            self.same_named = same_named
        return self._with_ctes(text, entry, top) if self.ctes else text

    def _lint(self, froms: Sequence[Any], criteria: Sequence[Any], kind: str) -> None:
        from .linting import WARN_LINTING, lint

        if self.linting & WARN_LINTING:
            lint(
                froms,
                criteria,
                lambda f: self.resolve(getattr(f, "fullname", None) or f.name, "alias"),
                kind,
            )

    def _push(
        self, select: Any, state: FromState, as_from: bool, results: bool, entry: Any
    ) -> Sequence[Any]:
        """Enter a SELECT: its FROMs, and what SELECTs within may correlate to."""
        correlate = entry["correlate_froms"] if entry else set()
        enclosing = entry["asfrom_froms"] if entry else set()
        if as_from:
            froms = state.display(correlate - enclosing, None)
        else:
            froms = state.display(correlate, enclosing)
        own = {f for item in froms for f in item._from_objects}
        plain = {f.name for f in own if f._is_table and not getattr(f, "schema", None)}
        self.same_named = (self.same_named - plain) | {
            f.name
            for item in state.froms
            for f in item._from_objects
            if f._is_table and getattr(f, "schema", None)
        }
        self.stack.append(
            {
                "asfrom_froms": own,
                "correlate_froms": own | correlate,
                "results": results,
                "labels": LabelScope(select, froms),
            }
        )
        return froms

    def _from_list(self, select: Any, froms: Sequence[Any], kw: dict[str, Any]) -> str:
        if not select._hints:
            return ", ".join([self.process(f, asfrom=True, **kw) for f in froms])
        self.stack[-1]["hints"] = self._table_hints(select)
        return ", ".join([self._with_hint(f, kw) for f in froms])

    def _with_hint(self, element: Any, kw: dict[str, Any]) -> str:
        """A FROM, or a side of a join, with its hint."""
        text = self.process(element, asfrom=True, **kw)
        hints = self.stack[-1].get("hints") if self.stack else None
        hint = hints.get(hash(element)) if hints else None
        return self.format_from_hint_text(text, element, hint) if hint else text

    def _table_hints(self, statement: Any) -> dict[int, str]:
        """The hints of a statement for this dialect, by the hash of their table."""
        return {
            hash(table): text % {"name": self.process(table, ashint=True)}
            for table, text, name in statement._hints
            if name in ("*", self.dialect.name)
        }

    def format_from_hint_text(self, text: str, table: Any, hint: str) -> str:
        """The text of a FROM with its hint, for dialects that have hints."""
        return f"{text} [{hint}]" if self.is_string_compiler else text

    def _texts(self, items: Sequence[Any], **kw: Any) -> str:
        """Prefixes or suffixes for this dialect."""
        parts = [self.process(t, **kw) for t, name in items if name in ("*", self.dialect.name)]
        return " ".join(parts) + " " if parts else ""

    def get_select_precolumns(self, select: Any, **kw: Any) -> str:
        """``DISTINCT``."""
        if select._distinct_on:
            util.warn_deprecated(
                "DISTINCT ON is currently supported only by the PostgreSQL dialect.  Use of "
                "DISTINCT ON for other backends is currently silently ignored, however this usage "
                "is deprecated, and will raise CompileError in a future release for all backends "
                "that do not support this syntax.",
                version="1.4",
            )
        return "DISTINCT " if select._distinct else ""

    def default_from(self) -> str:
        """The FROM of a SELECT without one."""
        return ""

    def _select_column(
        self,
        item: Any,
        add: Any,
        asfrom: bool,
        unnamed: bool,
        kw: dict[str, Any],
        given_out: bool = True,
    ) -> str | None:
        """`unnamed`: no name is needed to tell the column from others; `given_out`: it is one of
        the result, in the expression of its type."""
        required, key, fallback, column, _repeated = item
        if unnamed and required is not None:
            required = None
            if not isinstance(column, ColumnClause):
                fallback = column._expression_label or fallback
        if not column._is_column:  # text()
            if add is not None and column._is_text_clause:
                # how many columns text is cannot be known; as a rule one
                self.text_columns = True
                add(None, None, (column,), column.type)
            return self.process(column, within_columns_clause=True, **kw)
        rendered = column
        impl = column.type.dialect_impl(self.dialect) if given_out else None
        if impl is not None and impl._has_column_expression:
            wrapped = impl.column_expression(column)
            if wrapped is not None and wrapped is not column:
                rendered = wrapped
        name = None
        if isinstance(column, Label):
            if rendered is not column:
                name = column.name
        elif required is not None:
            name = required
        elif rendered is not column:
            name = fallback
        elif isinstance(column, ColumnClause):
            if asfrom and not column.is_literal and column.table is not None:
                name = fallback
        elif column.__visit_name__ == "unary":
            if isinstance(column, AsBoolean):
                plain = isinstance(column.element, ColumnClause)
                labelled = asfrom or not self.native_boolean or not plain
            else:
                labelled = asfrom or not column.element._is_named
            if labelled:
                name = fallback
        elif column._is_named:
            pass
        else:
            name = fallback
        if name is not None:
            if name is fallback and name is not required:
                name = as_label(name)
            target = _NamedForResult(rendered, name, (column, key))
            kw["result_map_targets"] = (column, *other_names(column, name, key))
            if isinstance(column, Label):
                kw["result_map_targets"] += (column.element,)
            return self.process(target, within_columns_clause=True, add_to_result_map=add, **kw)
        if add is None:
            return self.process(rendered, within_columns_clause=True, **kw)
        if rendered.__visit_name__ == "column" and rendered._compile_with is None:
            # as process(): most of what is selected, without a frame of its own
            return self.visit_column(
                rendered, add_to_result_map=add, within_columns_clause=True, **kw
            )
        before = len(self.result_columns)
        text = self.process(rendered, within_columns_clause=True, add_to_result_map=add, **kw)
        if len(self.result_columns) == before:
            label = self.resolve(fallback) if fallback is not None else None
            add(label, label, (column, label), column.type)
        return text

    def group_by_clause(self, select: Any, **kw: Any) -> str:
        """``GROUP BY``."""
        text = ", ".join(
            [t for t in [self.process(c, **kw) for c in select._group_by_clauses] if t]
        )
        return " GROUP BY " + text if text else ""

    def order_by_clause(self, select: Any, **kw: Any) -> str:
        """``ORDER BY``."""
        text = ", ".join(
            [t for t in [self.process(c, **kw) for c in select._order_by_clauses] if t]
        )
        return " ORDER BY " + text if text else ""

    def _row_limit_clause(self, select: Any, **kw: Any) -> str:
        if select._fetch_clause is not None:
            return self.fetch_clause(select, **kw)
        return self.limit_clause(select, **kw)

    def limit_clause(self, select: Any, **kw: Any) -> str:
        """``LIMIT … OFFSET …``."""
        text = ""
        if select._limit_clause is not None:
            text += "\n LIMIT " + self.process(select._limit_clause, **kw)
        if select._offset_clause is not None:
            if select._limit_clause is None:
                text += "\n LIMIT -1"
            text += " OFFSET " + self.process(select._offset_clause, **kw)
        return text

    def fetch_clause(self, select: Any, **kw: Any) -> str:
        """``FETCH FIRST … ROWS``."""
        text = ""
        if select._offset_clause is not None:
            text += "\n OFFSET " + self.process(select._offset_clause, **kw) + " ROWS"
        options = select._fetch_clause_options
        count = self.process(select._fetch_clause, **kw)
        percent = " PERCENT" if options["percent"] else ""
        ties = "WITH TIES" if options["with_ties"] else "ONLY"
        return f"{text}\n FETCH FIRST {count}{percent} ROWS {ties}"

    def for_update_clause(self, select: Any, **kw: Any) -> str:
        """``FOR UPDATE``."""
        return " FOR UPDATE"

    # --- UNION ------------------------------------------------------------------------------
    def visit_compound_select(
        self, cs: Any, asfrom: bool = False, compound_index: int | None = None, **kw: Any
    ) -> str:
        kw = self._for_nested(kw)
        top = not self.stack
        entry = self.stack[-1] if self.stack else None
        results = top or (entry is not None and entry["results"] and compound_index == 0)
        self.stack.append(
            {
                "correlate_froms": entry["correlate_froms"] if entry else set(),
                "asfrom_froms": entry["asfrom_froms"] if entry else set(),
                "results": results,
                "labels": CompoundScope(cs),
            }
        )
        try:
            _check_widths(cs)
            self._independent_ctes(cs, kw)
            text = f" {cs.keyword} ".join(
                [
                    self.process(c, asfrom=asfrom, compound_index=i, **kw)
                    for i, c in enumerate(cs.selects)
                ]
            )
            kw["include_table"] = False
            if cs._group_by_clauses:
                text += self.group_by_clause(cs, **kw)
            if cs._order_by_clauses:
                text += self.order_by_clause(cs, **kw)
            if cs._has_row_limiting_clause:
                text += self._row_limit_clause(cs, **kw)
        finally:
            entry = self.stack.pop()
        return self._with_ctes(text, entry, top) if self.ctes else text

    def visit_textual_select(self, taf: Any, asfrom: bool = False, **kw: Any) -> str:
        top = not self.stack
        entry = self.stack[-1] if self.stack else None
        results = top or (entry is not None and entry["results"] and kw.get("compound_index") == 0)
        kw = self._for_nested(kw)
        if results:
            self.textual_positional = taf.positional
            for c in taf.column_args:
                self.process(
                    c,
                    within_columns_clause=True,
                    add_to_result_map=self._add_to_result_map,
                )
        self.stack.append(
            {
                "correlate_froms": set(),
                "asfrom_froms": set(),
                "results": False,
                "labels": LabelScope(taf, ()),
            }
        )
        try:
            self._independent_ctes(taf, kw)
            text = self.process(taf.element, **kw)
        finally:
            entry = self.stack.pop()
        return self._with_ctes(text, entry, top) if self.ctes else text

    # --- FROM --------------------------------------------------------------------------------
    def visit_table(
        self,
        table: Any,
        asfrom: bool = False,
        ashint: bool = False,
        use_schema: bool = True,
        aliased: bool = False,
        **kw: Any,
    ) -> str:
        if not (asfrom or ashint):
            return ""
        name = self.preparer.quote(table.name)
        schema = self.effective_schema(table)
        if use_schema and schema:
            return f"{self.preparer.quote_schema(schema)}.{name}"
        if table.name in self.same_named and not (schema or aliased):
            alias: str = self.preparer.quote(self.alias_of_same_named(table.name))
            return alias if ashint else f"{name} AS {alias}"
        return name  # type: ignore[no-any-return]

    def visit_join(self, join: Any, asfrom: bool = False, **kw: Any) -> str:
        if join.full:
            word = " FULL OUTER JOIN "
        elif join.isouter:
            word = " LEFT OUTER JOIN "
        else:
            word = " JOIN "
        left = self._with_hint(join.left, kw)
        right = self._with_hint(join.right, kw)
        if join.onclause is None:
            return f"{left}{word}{right}"
        return f"{left}{word}{right} ON {self.process(join.onclause, **kw)}"

    def visit_alias(self, alias: Any, asfrom: bool = False, ashint: bool = False, **kw: Any) -> str:
        while alias.element.__visit_name__ == "alias":  # an alias of an alias names the same rows
            inner = alias.element
            alias = alias._clone()
            alias.element = inner.element
        if asfrom and alias.element.__visit_name__ in ("subquery", "lateral"):
            subquery = alias.element._clone()
            subquery.name = alias.name
            return self.process(subquery, asfrom=True, **kw)
        if asfrom and alias.element.__visit_name__ == "tablesample":
            inner = self._tablesample(
                alias.element, self.process(alias.element.element, asfrom=True, **kw), kw
            )
            name = self.preparer.quote(self.resolve(alias.name, "alias"))
            return f"{inner} AS {name}"
        if asfrom or ashint:
            name = self.preparer.quote(self.resolve(alias.name, "alias"))
            if ashint:
                return name  # type: ignore[no-any-return]
        if not asfrom:
            return self.process(alias.element, **kw)
        if self.same_named and alias.element._is_table:
            kw["aliased"] = True
        return f"{self.process(alias.element, asfrom=True, **kw)} AS {name}"

    def visit_subquery(
        self, subquery: Any, asfrom: bool = False, lateral: bool = False, **kw: Any
    ) -> str:
        if not asfrom:
            return self.process(subquery.element, **kw)
        name = self.preparer.quote(self.resolve(subquery.name, "alias"))
        inner = self.process(subquery.element, asfrom=True, lateral=lateral, **kw)
        if not inner.startswith("(") or subquery.element.__visit_name__ != (
            "select_statement_grouping"
        ):
            inner = f"({inner})"
        return f"{inner} AS {name}"

    def visit_lateral(self, lateral: Any, asfrom: bool = False, **kw: Any) -> str:
        element = lateral.element
        if element.__visit_name__ == "subquery":  # one name is enough
            lateral = lateral._clone()
            lateral.element = element = element.element
        if element._is_select_base:
            if not asfrom:
                return f"LATERAL ({self.process(element._ungroup(), lateral=True, **kw)})"
            return "LATERAL " + self.visit_subquery(lateral, asfrom=asfrom, lateral=True, **kw)
        if asfrom and element.__visit_name__ == "table_valued_alias":
            renamed = element._clone()
            renamed.name = lateral.name
            return f"LATERAL {self.process(renamed, asfrom=True, **kw)}"
        if element._is_alias:
            element = element.element
        text = self.process(element, asfrom=asfrom and element._is_table, **kw)
        if asfrom and text:
            name = self.preparer.quote(self.resolve(lateral.name, "alias"))
            text += f" AS {name}"
        return f"LATERAL {text}"

    def visit_table_valued_alias(self, alias: Any, asfrom: bool = False, **kw: Any) -> str:
        text = self.process(alias.element, **kw)
        if not asfrom:
            return text
        name = self.preparer.quote(self.resolve(alias.name, "alias"))
        if alias.with_ordinality:
            text += " WITH ORDINALITY"
        text += f" AS {name}"
        if alias._render_derived:
            columns = []
            for c in alias.c:
                part = self.preparer.quote(self.resolve(c.name))
                if alias._render_derived_w_types:
                    part += " " + self.dialect.type_compiler_instance.process(c.type)
                columns.append(part)
            text += f"({', '.join(columns)})"
        return text

    def visit_tablesample(self, tablesample: Any, asfrom: bool = False, **kw: Any) -> str:
        return self._tablesample(tablesample, self.visit_alias(tablesample, asfrom=True, **kw), kw)

    def _tablesample(self, tablesample: Any, text: str, kw: Mapping[str, Any]) -> str:
        """A table as it stands in FROM, with the part of its rows that is meant."""
        text += " TABLESAMPLE " + self.process(tablesample._get_method(), **kw)
        if tablesample.seed is not None:
            text += f" REPEATABLE ({self.process(tablesample.seed, **kw)})"
        return text

    def visit_values(self, element: Any, asfrom: bool = False, **kw: Any) -> str:
        for cte, nest in element._independent_ctes:
            self.process(cte, nest_here=nest, **kw)
        if element.literal_binds:
            kw["literal_binds"] = True
        if kw.get("visiting_cte") and element._is_lateral:
            raise exc.CompileError("Can't use a LATERAL VALUES expression inside of a CTE")
        groups = []
        for group in element._data:
            for row in group:
                cells = [self.process(cell, **kw) for cell in _values_row(element, tuple(row))]
                groups.append(f"({', '.join(cells)})")
        text = "VALUES " + ", ".join(groups)
        if not asfrom or kw.get("visiting_cte"):
            return text
        lateral = "LATERAL " if element._is_lateral else ""
        if element._unnamed:
            return f"{lateral}({text})"
        name = self.preparer.quote(self.resolve(element.name, "alias"))
        columns = ", ".join([self.preparer.quote(c.name) for c in element._column_args])
        return f"{lateral}({text}) AS {name} ({columns})"

    # --- WITH ---------------------------------------------------------------------------------
    def visit_cte(
        self,
        cte: Any,
        asfrom: bool = False,
        ashint: bool = False,
        nest_here: bool = False,
        **kw: Any,
    ) -> str:
        kw = self._for_nested(kw)
        if not asfrom and not self.stack:  # alone, for people to read
            self.stack.append(_NOTHING_AROUND)
            try:
                return self.process(cte.element, **kw)
            finally:
                self.stack.pop()
        name = self.resolve(cte.name, "alias")
        stated = self._nested_at(cte)
        owner = self._owner_of_cte(cte, nest_here, stated)
        existing = self.ctes_by_name.get((id(owner), name))
        new = existing is None or self._replaces_cte(cte, existing, name)
        restated = existing is not None and existing._restates is cte
        base = cte
        if cte._cte_alias is not None:
            while base._cte_alias is not None:
                base = base._cte_alias
            if base not in self.cte_owners and not restated:
                self.process(base, asfrom=True, nest_here=nest_here, **kw)
        elif new:
            self.ctes_by_name[id(owner), name] = cte
            self.ctes[cte] = ""
            self.cte_owners[cte] = owner
            around = {} if owner is _TOP else owner if owner is stated else self.stack[-1]
            text = self._text_of_cte(cte, name, around, kw)
            # in the order in which they are complete: a CTE follows those it uses
            self.ctes.pop(cte, None)
            self.ctes[cte] = text
        if not asfrom and not ashint:
            return ""
        shown: str = self.preparer.quote(name)
        if not asfrom or base is cte or restated:
            return shown
        return f"{self.preparer.quote(self.resolve(base.name, 'alias'))} AS {shown}"

    def _owner_of_cte(self, cte: Any, nest_here: bool, stated: Any) -> Any:
        """What has the CTE in its WITH clause; `stated` is what add_cte() gave it to."""
        owner = self.cte_owners.get(cte)
        if owner is not None:
            return owner
        if stated is not None and "member" not in stated:
            return _TOP if stated is self.stack[0] else stated
        if not (cte.nesting or nest_here or stated is not None):
            return _TOP
        # the two halves of a recursion are one
        halves = (self.cte_owners[c] for c in self.cte_owners if _restates(c, cte))
        owner = next(halves, None)
        return self._cte_owner() if owner is None else owner

    def _replaces_cte(self, cte: Any, existing: Any, name: str) -> bool:
        """Whether a CTE is written though there is one of its name, which it then stands for;
        CompileError if the two have nothing to do with each other."""
        if cte is existing or cte is existing._restates or hash(cte) == hash(existing):
            return False
        if existing is cte._restates or _restates(cte, existing):
            self.ctes.pop(existing, None)
            return True
        if (
            _restates(existing, cte)
            or (cte._cte_alias is not None and cte._cte_alias is existing)
            or ((cte._is_clone or existing._is_clone) and cte.compare(existing))
        ):
            return False
        raise exc.CompileError(f"Multiple, unrelated CTEs found with the same name: {name!r}")

    def _text_of_cte(self, cte: Any, name: str, around: Any, kw: dict[str, Any]) -> str:
        """A CTE as it stands in a WITH clause; `around` is the entry of the stack that it may
        correlate to."""
        text: str = self.preparer.quote(name)
        of_values = cte.element.__visit_name__ == "values"
        if cte.recursive or of_values:
            columns = _cte_column_names(cte.element)
            names = [self.preparer.quote(self.resolve(column)) for column in columns]
            text += f"({', '.join(names)})"
        text += " AS "
        if cte._prefixes:
            text += self._texts(cte._prefixes)
        text += "\n"
        stack = self.stack
        self.stack = [*stack, _within_cte(around)]
        try:
            if of_values:
                kw["visiting_cte"] = True
            inner = self.process(cte.element, asfrom=True, **kw)
        finally:
            self.stack = stack
        text += f"({inner})"
        if cte._suffixes:
            text += " " + self._texts(cte._suffixes)
        return text

    def _independent_ctes(self, statement: Any, kw: dict[str, Any]) -> None:
        """Those that add_cte() gave to the statement on top of the stack."""
        ctes = statement._independent_ctes
        nested = [cte for cte, nest in ctes if nest]
        if nested:
            if any(self._nested_at(cte) is not None for cte in nested):
                raise exc.CompileError("CTE is stated as 'nest_here' in more than one location")
            self.stack[-1]["nested"] = nested
        for cte, nest in ctes:
            self.process(cte, asfrom=True, nest_here=nest, **kw)

    def _nested_at(self, cte: Any) -> Any:
        """The entry of the stack whose statement says that the CTE is to be in its WITH."""
        for entry in reversed(self.stack):
            if any(cte is nested for nested in entry.get("nested", ())):
                return entry
        return None

    def _cte_owner(self) -> Any:
        """The statement of the stack whose WITH a nesting CTE of the innermost one goes to."""
        for entry in reversed(self.stack):
            if "member" not in entry:
                return _TOP if entry is self.stack[0] else entry
        return _TOP

    def _with_ctes(self, text: str, entry: Any, top: bool) -> str:
        """A statement that was left, with the WITH of those of its CTEs that are its own."""
        if top:
            return self._with_clause(text, list(self.ctes))
        own = [cte for cte in self.ctes if self.cte_owners[cte] is entry]
        if not own:
            return text
        text = self._with_clause(text, own)
        for cte in own:
            del self.ctes[cte]
            del self.cte_owners[cte]
            self.ctes_by_name.pop((id(entry), self.resolve(cte.name, "alias")), None)
        return text

    def _with_clause(self, text: str, ctes: Sequence[Any]) -> str:
        word = "WITH RECURSIVE " if any(cte.recursive for cte in ctes) else "WITH "
        return word + ", \n".join([self.ctes[cte] for cte in ctes]) + "\n " + text


def _check_widths(cs: Any) -> None:
    """Every SELECT of a UNION has as many columns as the first."""
    width = None
    for i, select in enumerate(cs.selects, 1):
        inner = select._ungroup() if hasattr(select, "_ungroup") else select
        columns = (inner._as_core() if hasattr(inner, "_as_core") else inner)._all_selected_columns
        if any(c._is_text_clause for c in columns):
            return
        if width is None:
            width = len(columns)
        elif len(columns) != width:
            raise exc.CompileError(
                "All selectables passed to CompoundSelect must have identical numbers of columns; "
                f"select #1 has {width} columns, select #{i} has {len(columns)}"
            )


def _within_cte(around: Any) -> dict[str, Any]:
    """The entry of the stack for what is within a CTE."""
    return {
        "correlate_froms": around.get("correlate_froms", set()),
        "asfrom_froms": around.get("asfrom_froms", set()),
        "results": False,
        "labels": LabelScope(None, ()),
        "member": True,
    }


def _restates(cte: Any, other: Any) -> bool:
    """Whether a CTE continues another one, through any number of steps."""
    c = cte._restates
    while c is not None:
        if c is other:
            return True
        c = c._restates
    return False


def _cte_column_names(element: Any) -> list[Any]:
    """Names of the columns of a recursive CTE."""
    while element.__visit_name__ in ("compound_select", "select_statement_grouping"):
        element = (
            element.selects[0] if element.__visit_name__ == "compound_select" else element.element
        )
    element = element._as_core() if hasattr(element, "_as_core") else element
    if not hasattr(element, "_columns_plus_names"):
        return [c.name for c in element._all_selected_columns]
    return [
        required if required is not None else (fallback if fallback is not None else c.name)
        for required, _key, fallback, c, _repeated in element._columns_plus_names(True)
    ]


def _values_row(element: Any, row: tuple[Any, ...]) -> Iterator[Any]:
    """What a row of VALUES is made of; ArgumentError if it is not as long as the others."""
    from .base import ClauseElement
    from .elements import BindParameter, Null

    columns = element._column_args
    if len(row) != len(columns):
        raise exc.ArgumentError(f"Wrong number of elements for {len(columns)}-tuple: {row!r} ")
    for column, value in zip(columns, row, strict=True):
        if isinstance(value, ClauseElement):
            yield value
        elif value is None and not column.type.should_evaluate_none:
            yield Null()
        else:
            # where the column has no type, the value has its own
            type_ = None if column.type._isnull else column.type
            yield BindParameter(None, value, type_=type_, unique=True)
