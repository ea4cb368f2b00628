"""How INSERT, UPDATE and DELETE are written, and which columns they set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from .. import exc
from ..util import warn
from .coercions import expect_dml_column
from .dml import CrudParam
from .elements import BindParameter, BooleanClauseList, ColumnClause
from .order_by_names import LabelScope

_MISSING: Any = object()


def _warn_for_missing_key(table: Any, given: set[Any]) -> None:
    """Warn of primary key columns that neither the program nor the database fills."""
    key = list(getattr(table, "primary_key", ()))
    auto = getattr(table, "_autoincrement_column", None)
    for column in key:
        if column in given or column is auto or column.nullable:
            continue
        if column.default is not None or column.server_default is not None:
            continue
        text = (
            f"Column '{table.fullname}.{column.name}' is marked as a member of the primary key "
            f"for table '{table.fullname}', but has no Python-side or server-side default "
            "generator indicated, nor does it indicate 'autoincrement=True' or 'nullable=True', "
            "and no explicit value is passed.  Primary key columns typically may not store NULL."
        )
        if len(key) > 1:
            text += (
                " Note that as of SQLAlchemy 1.1, 'autoincrement=True' must be indicated "
                "explicitly for composite (e.g. multicolumn) primary keys if "
                "AUTO_INCREMENT/SERIAL/IDENTITY behavior is expected for one of the columns in "
                "the primary key. CREATE TABLE statements are impacted by this change as well "
                "on most backends."
            )
        warn(text)


class DMLCompiler:
    """The part of SQLCompiler for INSERT, UPDATE and DELETE."""

    if TYPE_CHECKING:
        dialect: Any
        preparer: Any
        statement: Any
        stack: list[Any]
        binds: dict[str, Any]
        ctes: dict[Any, str]
        column_keys: Sequence[str] | None
        for_executemany: bool
        insert_prefetch: list[Any]
        update_prefetch: list[Any]
        postfetch: list[Any]
        returning: Sequence[Any]
        is_string_compiler: bool
        result_columns: list[Any]
        linting: int

        def process(self, obj: Any, **kw: Any) -> str: ...
        def visit_bindparam(self, bindparam: Any, **kw: Any) -> str: ...
        def _for_nested(self, kw: Mapping[str, Any]) -> dict[str, Any]: ...
        def _independent_ctes(self, statement: Any, kw: dict[str, Any]) -> None: ...
        def _same_bind(self, original: Any, used: Any) -> None: ...
        def resolve(self, name: Any, kind: str = ...) -> str: ...
        def _lint(self, froms: Sequence[Any], criteria: Sequence[Any], kind: str) -> None: ...
        def _texts(self, items: Sequence[Any], **kw: Any) -> str: ...
        def _with_ctes(self, text: str, entry: Any, top: bool) -> str: ...
        def _table_hints(self, statement: Any) -> dict[int, str]: ...
        def format_from_hint_text(self, text: str, table: Any, hint: str) -> str: ...
        def _add_to_result_map(self, *a: Any) -> None: ...
        def _select_column(
            self, item: Any, add: Any, asfrom: bool, unnamed: bool, kw: Any
        ) -> str | None: ...
        def order_by_clause(self, select: Any, **kw: Any) -> str: ...

    # --- INSERT -------------------------------------------------------------------------------
    def visit_insert(self, stmt: Any, **kw: Any) -> str:
        kw = self._for_nested(kw)
        in_cte = bool(self.stack)
        if stmt._multi_values:
            self._check_multi_values(stmt)
        top = self._push_dml(stmt, (), kw)
        try:
            sets = self._crud_sets(stmt, kw)
            if not sets and not (
                self.dialect.supports_default_values
                or self.dialect.supports_default_metavalue
                or self.dialect.supports_empty_insert
            ):
                raise exc.CompileError(
                    f"The '{self.dialect.name}' dialect with current database version settings "
                    "does not support empty inserts."
                )
            if stmt.select is None and not self.is_string_compiler:
                _warn_for_missing_key(stmt.table, {c for c, _ in sets})
            if not sets and self.for_executemany and stmt.select is None:
                sets = self._only_defaults(stmt.table)
            text = "INSERT "
            if stmt._prefixes:
                text += self._texts(stmt._prefixes, **kw)
            text += "INTO " + self._dml_table(stmt, kw)
            names = [self.preparer.quote(self._dml_name(c)) for c, _ in sets]
            supports_default = self.dialect.supports_default_values
            if names or not supports_default or stmt.select is not None or self.is_string_compiler:
                text += f" ({', '.join(names)})"
            returning = ""
            if stmt._returning:
                returning = self._returning_clause(stmt, kw)
            elif top and stmt.select is None and not stmt._multi_values:
                self.returning = self._implicit_returning(stmt, {c.key for c, _ in sets})
                self._drop_postfetched()
                if self.returning:
                    returning = self._returning_text(self.returning, kw)
            before = text
            if stmt.select is not None:
                self.stack[-1]["results"] = False
                select, self._insert_select = self._insert_select, None
                text += " " + self.process(select, insert_into=True, asfrom=in_cte, **kw)
            elif not sets and supports_default and not self.is_string_compiler:
                text += " DEFAULT VALUES"
            elif stmt._multi_values:
                text += " VALUES " + ", ".join(self._multi_rows(stmt, sets, kw))
            else:
                text += f" VALUES ({', '.join([v for _, v in sets])})"
            after = ""
            if stmt._post_values_clause is not None:
                clause = self.process(stmt._post_values_clause, **kw)
                if clause:
                    after = " " + clause
            text += after
            if returning:
                text += " " + returning
            if (
                (
                    returning
                    or (
                        self.dialect.use_insertmanyvalues_wo_returning
                        and stmt._post_values_clause is None
                    )
                )
                and top
                and self.for_executemany
                and stmt.select is None
                and not self.ctes
            ):
                from .insertmanyvalues import many_values

                self.many_values = many_values(self, stmt, before, sets, after, returning, kw)
        finally:
            entry = self.stack.pop()
        return self._with_ctes(text, entry, top) if self.ctes else text

    def _only_defaults(self, table: Any) -> list[tuple[Any, str]]:
        """(column, SQL of its default) of an INSERT of many rows without values."""
        from .insertmanyvalues import column_of_defaults

        column = column_of_defaults(table, self.dialect)
        if column is None:
            return []
        self._made_by_database.add(column.key)
        return [(column, self.dialect.default_metavalue_token)]

    def _check_multi_values(self, stmt: Any) -> None:
        """Refuse an INSERT of several rows that cannot be."""
        if stmt._values is not None:
            raise exc.InvalidRequestError(
                "Can't mix single and multiple VALUES formats in one INSERT statement; one style "
                "appends to a list while the other replaces values, so the intent is ambiguous."
            )
        if stmt._sort_by_parameter_order:
            raise exc.CompileError(
                "RETURNING cannot be deterministically sorted when using an INSERT which includes "
                "multi-row values()."
            )
        if not self.dialect.supports_multivalues_insert:
            raise exc.CompileError(
                f"The '{self.dialect.name}' dialect with current database version settings does "
                "not support in-place multirow inserts."
            )

    many_values: Any = None
    """How to write the INSERT with several rows; see insertmanyvalues."""

    row_prefetch: Sequence[Any] = ()
    """Values of further rows of VALUES that defaults in Python make: (key of the parameter,
    column, number of the row)."""

    def _dml_name(self, column: Any) -> str:
        return self.resolve(column.name)

    # --- UPDATE ---------------------------------------------------------------------------------
    def visit_update(self, stmt: Any, **kw: Any) -> str:
        kw = self._for_nested(kw)
        if stmt._multi_values:
            raise exc.InvalidRequestError(
                "UPDATE construct does not support multiple parameter sets."
            )
        stmt = stmt._as_core(getattr(self.statement, "_with_options", ()))
        extra = stmt._extra_froms()
        top = self._push_dml(stmt, extra, kw)
        try:
            text = "UPDATE "
            if stmt._prefixes:
                text += self._texts(stmt._prefixes, **kw)
            text += self._dml_table(stmt, kw)
            sets = self._crud_sets(stmt, kw, extra)
            text += " SET " + ", ".join([f"{self._set_target(c)}={v}" for c, v in sets])
            if extra:
                text += " FROM " + ", ".join([self.process(f, asfrom=True, **kw) for f in extra])
            text += self._dml_where(stmt, kw)
            if extra and self.linting:
                self._lint([stmt.table, *extra], stmt._where_criteria, "UPDATE")
            if stmt._returning:
                text += " " + self._returning_clause(stmt, kw)
            elif top:
                self.returning = self._defaults_of_update(stmt, {c.key for c, _ in sets})
                self._drop_postfetched()
                if self.returning:
                    text += " " + self._returning_text(self.returning, kw)
        finally:
            entry = self.stack.pop()
        return self._with_ctes(text, entry, top) if self.ctes else text

    def _set_target(self, column: Any) -> str:
        """What stands before ``=`` in SET: a column, or an item of one (``data[:key]``)."""
        if column.is_literal:
            return column.name  # type: ignore[no-any-return]
        return self.preparer.quote(self._dml_name(column))  # type: ignore[no-any-return]

    # --- DELETE ---------------------------------------------------------------------------------
    def visit_delete(self, stmt: Any, **kw: Any) -> str:
        kw = self._for_nested(kw)
        stmt = stmt._as_core(getattr(self.statement, "_with_options", ()))
        extra = stmt._extra_froms()
        top = self._push_dml(stmt, extra, kw)
        try:
            text = "DELETE "
            if stmt._prefixes:
                text += self._texts(stmt._prefixes, **kw)
            text += "FROM " + self._dml_table(stmt, kw)
            if extra:
                text += " " + self.delete_extra_from_clause(stmt, extra, **kw)
            text += self._dml_where(stmt, kw)
            if extra and self.linting:
                self._lint([stmt.table, *extra], stmt._where_criteria, "DELETE")
            if stmt._returning:
                text += " " + self._returning_clause(stmt, kw)
            elif top:
                self.returning = self._defaults_of_delete(stmt)
                if self.returning:
                    text += " " + self._returning_text(self.returning, kw)
        finally:
            entry = self.stack.pop()
        return self._with_ctes(text, entry, top) if self.ctes else text

    def delete_extra_from_clause(self, stmt: Any, extra: Sequence[Any], **kw: Any) -> str:
        """Further tables of a DELETE."""
        if self.is_string_compiler:
            return ", " + ", ".join([self.process(f, asfrom=True, **kw) for f in extra])
        raise NotImplementedError(
            "This backend does not support multiple-table criteria within DELETE"
        )

    # --- shared ------------------------------------------------------------------------------------
    def _push_dml(self, stmt: Any, extra: Sequence[Any], kw: dict[str, Any]) -> bool:
        top = not self.stack
        froms = {f for item in (stmt.table, *extra) for f in item._from_objects}
        self.stack.append(
            {
                "correlate_froms": set() if stmt.is_insert else froms,
                "asfrom_froms": set() if stmt.is_insert else set(froms),
                "results": top,
                "labels": LabelScope(None, ()),
                "statement": stmt,
            }
        )
        self._independent_ctes(stmt, kw)
        return top

    def _dml_table(self, stmt: Any, kw: dict[str, Any]) -> str:
        """The table of the statement, with its hint."""
        text = self.process(stmt.table, asfrom=True, **kw)
        if stmt._hints:
            hint = self._table_hints(stmt).get(hash(stmt.table))
            if hint is not None:
                return self.format_from_hint_text(text, stmt.table, hint)
        return text

    def _dml_where(self, stmt: Any, kw: dict[str, Any]) -> str:
        where = BooleanClauseList._construct_for_whereclause(stmt._where_criteria)
        if where is None:
            return ""
        text = self.process(where, **kw)
        return " WHERE " + text if text else ""

    def _returning_kw(self) -> dict[str, Any]:
        """How columns are written in RETURNING."""
        return {}

    def _returns_keys(self) -> bool:
        """Whether what the database makes is known by RETURNING only."""
        dialect = self.dialect
        return dialect.insert_returning and not dialect.postfetch_lastrowid

    def _inserted_key_returned(self, stmt: Any) -> bool:
        """Whether RETURNING tells of the key of an INSERT: the driver's last key does where it
        can, which it cannot of keys that are no numbers of rows."""
        if self._returns_keys():
            return True
        if not self.dialect.insert_returning or stmt._post_values_clause is not None:
            return False
        return getattr(stmt.table, "_autoincrement_column", None) is None

    def _implicit_returning(self, stmt: Any, given: set[Any]) -> list[Any]:
        """The columns of a row inserted whose values the program is to know but the database
        makes: of the primary key, and with return_defaults() others."""
        table = stmt.table
        wanted = stmt._return_defaults
        asked = self._inserted_key_returned(stmt) or (wanted and self.dialect.insert_returning)
        if not asked or not self.dialect.implicit_returning:
            return []
        if stmt._inline or not getattr(table, "implicit_returning", False):
            return []
        if self.for_executemany and not wanted:
            return []
        columns = stmt._return_defaults_columns
        supplemental = stmt._supplemental_returning or ()
        found = []
        for column in table.c:
            if column.primary_key:
                if column.key in self._made_by_database or (
                    column.key not in given
                    and (column is table._autoincrement_column or column.server_default is not None)
                ):
                    found.append(column)
                continue
            made = column.key not in given or column.key in self._made_by_database
            named = wanted and (columns is None or column in columns)
            if (made and named) or column in supplemental:
                found.append(column)
        return found

    def _drop_postfetched(self) -> None:
        """What is returned anyway is not to be asked for afterwards."""
        if self.returning and self.postfetch:
            returned = set(self.returning)
            self.postfetch = [column for column in self.postfetch if column not in returned]

    def _defaults_of_update(self, stmt: Any, given: set[Any]) -> list[Any]:
        """The columns of the rows updated whose values return_defaults() asks for."""
        dialect = self.dialect
        if not (stmt._return_defaults and dialect.update_returning and dialect.implicit_returning):
            return []
        if self.for_executemany or not getattr(stmt.table, "implicit_returning", False):
            return []
        columns = stmt._return_defaults_columns
        supplemental = stmt._supplemental_returning or ()
        found = []
        for column in stmt.table.c:
            made = column.key in self._made_by_database
            if columns is None:
                made = made or column.server_onupdate is not None
            else:
                made = column in columns and (made or column.key not in given)
            if made or column in supplemental:
                found.append(column)
        return found

    def _defaults_of_delete(self, stmt: Any) -> list[Any]:
        """The columns of the rows deleted that return_defaults() names: nothing makes others."""
        dialect = self.dialect
        if not (stmt._return_defaults and dialect.delete_returning and dialect.implicit_returning):
            return []
        if self.for_executemany or not getattr(stmt.table, "implicit_returning", False):
            return []
        columns = stmt._return_defaults_columns or ()
        found = [column for column in stmt.table.c if column in columns]
        supplemental = stmt._supplemental_returning or ()
        return [*found, *[column for column in supplemental if column not in found]]

    @staticmethod
    def _is_default(default: Any) -> bool:
        """Whether the database makes the value of a default."""
        return default is not None and (
            getattr(default, "is_clause_element", False) or getattr(default, "is_sequence", False)
        )

    # keys of columns whose value in an INSERT is SQL
    _made_by_database: set[str] = set()

    def _returning_clause(self, stmt: Any, kw: dict[str, Any]) -> str:
        if stmt._return_defaults:
            raise exc.CompileError(
                "Can't compile statement that includes returning() and return_defaults() "
                "simultaneously"
            )
        toplevel = len(self.stack) == 1
        if toplevel and not stmt.is_insert and any(map(_is_entity, stmt._returning)):
            from ..orm.returning import expanded

            stmt = expanded(stmt)  # deferred columns are left out
        return self._returning_text(stmt._all_selected_columns, kw)

    def _returning_text(self, columns: Sequence[Any], kw: dict[str, Any]) -> str:
        from .labels import columns_plus_names
        from .selectable import LABEL_STYLE_DISAMBIGUATE_ONLY, LABEL_STYLE_NONE

        style = LABEL_STYLE_NONE if self.is_string_compiler else LABEL_STYLE_DISAMBIGUATE_ONLY
        kw = {**kw, **self._returning_kw()}
        add = self._add_to_result_map if len(self.stack) == 1 else None
        parts = []
        for item in columns_plus_names(columns, style, True):
            parts.append(self._select_column(item, add, False, False, kw))
        return "RETURNING " + ", ".join([p for p in parts if p])

    # --- which columns, and to what -----------------------------------------------------------------
    def _crud_sets(
        self, stmt: Any, kw: dict[str, Any], extra: Sequence[Any] = ()
    ) -> list[tuple[Any, str]]:
        """(column, SQL of its value) of a statement, with defaults. `extra` are the further
        tables of an UPDATE, whose columns are not taken for those of its own."""
        table = stmt.table
        given, unknown = _given_values(stmt, table, extra)
        keys = self.column_keys
        said = stmt._values is not None or stmt._ordered_values is not None
        if not (said or given or unknown) and keys is None and stmt.select is None:
            # nothing said at all: every column is a parameter
            shown = [c for c in table.c if not c._omit_from_statements]
            return [(c, self._crud_bind(c, kw, required=True)) for c in shown]
        names: set[str] = set()
        if keys is not None:
            # what is no string may be a column
            names = {k if isinstance(k, str) else expect_dml_column(k).key for k in keys}
            names.discard("")
        sets: list[tuple[Any, str]] = []
        if stmt.select is not None:
            return self._crud_from_select(stmt, kw)
        done: set[str] = set()
        for element, value in unknown.get("elements", ()):
            target: Any = ColumnClause(
                self.process(element, include_table=False, **kw), is_literal=True
            )
            sets.append((target, self._crud_expr(element, value, kw)))
        self._made_by_database = made_by_database = set()
        if stmt.is_update and stmt._ordered_values is not None:
            for key in given:
                column = table.c.get(key, None)
                if column is None:
                    continue
                done.add(key)
                sets.append((column, self._crud_expr(column, given[key], kw)))
                if not given[key]._is_bind_parameter:
                    self.postfetch.append(column)
        first = 0 if stmt._multi_values else None
        for column in table.c:
            key = column.key
            if key in done:
                continue
            value = given.get(key, _MISSING)
            if value is not _MISSING:
                done.add(key)
                sets.append((column, self._crud_expr(column, value, kw, first)))
                if not value._is_bind_parameter:
                    made_by_database.add(key)
                    if stmt.is_update or not column.primary_key:
                        self.postfetch.append(column)
            elif key in names:
                done.add(key)
                sets.append((column, self._crud_bind(column, kw, required=True)))
            elif stmt.is_insert:
                made = self._insert_default(stmt, column, kw)
                if made is not None:
                    sets.append((column, made))
                    if self._is_default(column.default):
                        made_by_database.add(key)
            elif stmt.is_update and not column._proxies:  # an alias has no defaults
                made = self._update_default(stmt, column, kw)
                if made is not None:
                    sets.append((column, made))
                    if self._is_default(column.onupdate):
                        made_by_database.add(key)
        foreign = unknown.get("columns", ())
        if foreign:
            tables = ", ".join(
                dict.fromkeys([f"'{column.table.description}'" for column, _ in foreign])
            )
            raise exc.CompileError(
                "Backend does not support additional tables in the SET clause; cannot include "
                f"columns from table(s) {tables} in SET clause"
            )
        leftover = [k for k in (*given, *unknown.get("names", ())) if k not in done]
        if leftover:
            raise exc.CompileError(
                "Unconsumed column names: "
                + ", ".join(sorted({k if isinstance(k, str) else k.key for k in leftover}))
            )
        return sets

    # the SELECT of INSERT … SELECT, with defaults added to its columns
    _insert_select: Any = None

    def _crud_bind(
        self, column: Any, kw: dict[str, Any], required: bool = False, name: str | None = None
    ) -> str:
        bind = CrudParam(name or column.key, type_=column.type, required=required)
        if not required:
            bind.required = False
            return self.process(bind, **kw)
        return self.process(bind)

    def _crud_expr(
        self, column: Any, value: Any, kw: dict[str, Any], row: int | None = None
    ) -> str:
        """The SQL of a value; `row`: the number of its row in VALUES of several."""
        if value._is_bind_parameter and not getattr(value, "_is_crud", False):
            original = value
            if value.unique and not value.expanding and not column._is_named:
                value = BindParameter(None, value.value, column.type, unique=True)
                value._ident_token = original._ident
            elif value.unique and not value.expanding and not row:
                # an anonymous value goes by the name of its column
                name = column.key if row is None else f"{column.key}_m0"
                value = self._crud_param(column, value, name)
                value._ident_token = original._ident
            elif value.type._isnull:
                value = value._with_binary_element_type(column.type)
                value._ident_token = original._ident
            if value is not original and not kw.get("literal_binds"):
                self._same_bind(original, value)
            return self.process(value, **kw)
        if value._is_bind_parameter:
            if len(self.stack) > 1:
                # a CTE: the enclosing statement may set a column of the same name
                named, value = value, BindParameter(None, value.value, value.type, unique=True)
                value._ident_token = named._ident
                if not kw.get("literal_binds"):
                    self._same_bind(named, value)
            return self.process(value, **kw)
        return self.process(value.self_group(), **kw)

    def _crud_param(self, column: Any, value: Any, name: str | None) -> BindParameter[Any]:
        """An anonymous value of a column as a parameter of a name; within a CTE it stays
        anonymous."""
        type_ = column.type if value.type._isnull else value.type
        if len(self.stack) > 1:
            name = None
        if type(value) is BindParameter:
            return CrudParam(
                name, value.value, type_, required=value.required, callable_=value.callable
            )
        made = value._clone()  # of the program's class, which may be written otherwise
        made.type = type_
        if name is not None:
            made.key, made.unique, made._is_crud = name, False, True
        return made  # type: ignore[no-any-return]

    def _crud_from_select(self, stmt: Any, kw: dict[str, Any]) -> list[tuple[Any, str]]:
        table = stmt.table
        sets = []
        self._insert_select = stmt.select
        for name in stmt._select_names:
            if name not in table.c:
                raise exc.CompileError(f"Unconsumed column names: {name}")
            sets.append((table.c[name], ""))
        if stmt.include_insert_from_select_defaults:
            present = set(stmt._select_names)
            added = []
            for column in table.c:
                if column.key in present:
                    continue
                default = column.default
                if default is None or default.is_sentinel:
                    continue
                if getattr(default, "is_sequence", False):
                    if self._uses_sequence(default):
                        added.append((column, default.next_value()))
                elif getattr(default, "is_clause_element", False):
                    added.append((column, default.arg.self_group()))
                else:
                    bind = CrudParam(column.key, type_=column.type, required=False)
                    bind.required = False
                    self.insert_prefetch.append(column)
                    added.append((column, bind))
            if added:
                if not hasattr(stmt.select, "_raw_columns"):
                    names = ", ".join([f"'{column.name}'" for column, _ in added])
                    raise exc.CompileError(
                        "Can't extend statement for INSERT..FROM SELECT to include additional "
                        f"default-holding column(s) {names}.  Convert the selectable to a "
                        "subquery() first, or pass include_defaults=False to "
                        "Insert.from_select() to skip these columns."
                    )
                select = stmt.select._clone()
                select._raw_columns = [*select._raw_columns, *[v for _, v in added]]
                self._insert_select = select
                sets.extend([(c, "") for c, _ in added])
        return sets

    def _insert_default(self, stmt: Any, column: Any, kw: dict[str, Any]) -> str | None:
        """The SQL for a column of an INSERT that is given no value, or None to leave it out."""
        default = column.default
        if column.primary_key and self._is_made_before(stmt, column):
            self.insert_prefetch.append(column)
            return self._crud_bind(column, kw)
        if default is None or (default.is_sentinel and not self._numbers_rows(stmt)):
            if column.server_default is not None and not column.primary_key:
                self.postfetch.append(column)
            return None
        if getattr(default, "is_sequence", False):
            if not self._uses_sequence(default):
                return None
            if not column.primary_key:
                self.postfetch.append(column)
            return self.process(default, **kw)
        if getattr(default, "is_clause_element", False):
            if not column.primary_key:
                self.postfetch.append(column)
            return self.process(default.arg.self_group(), **kw)
        if len(self.stack) > 1:
            return self._default_within(column, default, kw)
        self.insert_prefetch.append(column)
        return self._crud_bind(column, kw)

    def _numbers_rows(self, stmt: Any) -> bool:
        """Whether the rows of an INSERT are told apart by a column that serves for nothing else."""
        return self.for_executemany and len(self.stack) == 1 and stmt._sort_by_parameter_order

    def _is_made_before(self, stmt: Any, column: Any) -> bool:
        """Whether the database makes a column of the key in a statement before the INSERT of a
        row, which is not to return it."""
        dialect, table = self.dialect, stmt.table
        if dialect.insert_returning and dialect.implicit_returning and table.implicit_returning:
            return False
        if self.for_executemany and not stmt._return_defaults:
            return False
        if len(self.stack) > 1 or stmt._returning or stmt._inline:
            return False
        if stmt._multi_values or stmt.select is not None:
            return False
        default = column.default
        if getattr(default, "is_clause_element", False):
            return True
        if getattr(default, "is_sequence", False) and self._uses_sequence(default):
            return True
        counted = column is getattr(table, "_autoincrement_column", None)
        given = column.server_default
        if given is not None:
            counted = counted and (column.identity is not None or given.has_argument)
        plain = default is None or getattr(default, "is_sequence", False)
        return bool(counted and plain and dialect.preexecute_autoincrement_sequences)

    def _default_within(self, column: Any, default: Any, kw: dict[str, Any]) -> str:
        """The value of a default in Python, in a statement that is part of another one: made
        each time that one runs."""
        make = partial(default.arg, None) if default.is_callable else partial(_same, default.arg)
        bind: BindParameter[Any]
        if column.key in self.binds:
            bind = BindParameter(None, type_=column.type, unique=True, callable_=make)
        else:
            bind = CrudParam(column.key, type_=column.type, required=False, callable_=make)
        return self.process(bind, **kw)

    def _uses_sequence(self, sequence: Any) -> bool:
        """Whether the value of a column with this default comes from the sequence."""
        dialect = self.dialect
        return dialect.supports_sequences and not (sequence.optional and dialect.sequences_optional)

    def _update_default(self, stmt: Any, column: Any, kw: dict[str, Any]) -> str | None:
        default = column.onupdate
        if default is None:
            if column.server_onupdate is not None:
                self.postfetch.append(column)
            return None
        if getattr(default, "is_sequence", False):
            return None
        if getattr(default, "is_clause_element", False):
            self.postfetch.append(column)
            return self.process(default.arg.self_group(), **kw)
        if len(self.stack) > 1:
            return self._default_within(column, default, kw)
        self.update_prefetch.append(column)
        return self._crud_bind(column, kw)

    def _multi_rows(self, stmt: Any, sets: list[tuple[Any, str]], kw: dict[str, Any]) -> list[str]:
        """The rows of an INSERT of several."""
        self.row_prefetch = []
        rows = [f"({', '.join([v for _, v in sets])})"]
        all_rows = [row for group in stmt._multi_values for row in group]
        first = _by_key(all_rows[0])
        # what _crud_expr() does with a parameter of values() here
        write = self.visit_bindparam if CrudParam._compile_with is None else self.process
        own = CrudParam if len(self.stack) == 1 else None
        for i, raw in enumerate(all_rows[1:], 1):
            row = _by_key(raw)
            cells = []
            for column, sql in sets:
                key = column.key
                if key in row:
                    if row[key].__class__ is own:
                        cells.append(write(row[key], **kw))
                        continue
                    cells.append(self._crud_expr(column, row[key], kw, i))
                elif key in first and column.default is None:
                    raise exc.CompileError(
                        f"INSERT value for column {column.table.name}.{column.name} is explicitly "
                        "rendered as a boundparameter in the VALUES clause; a Python-side value or "
                        "SQL expression is required"
                    )
                elif (
                    column.default is not None
                    and not column.default.is_sentinel
                    and not self._is_default(column.default)
                ):
                    self.row_prefetch.append((f"{key}_m{i}", column, i))
                    cells.append(self._crud_bind(column, kw, name=f"{key}_m{i}"))
                elif key in first:
                    cells.append(self._insert_default(stmt, column, kw) or sql)
                else:
                    cells.append(sql)
            rows.append(f"({', '.join(cells)})")
        return rows


def _same(value: Any) -> Any:
    return value


def _by_key(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {(k if isinstance(k, str) else k.key): v for k, v in row.items()}


def _given_values(
    stmt: Any, table: Any, extra: Sequence[Any]
) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """The values of a statement by column key, and those of no column of its table."""
    given: dict[str, Any] = {}
    unknown: dict[str, list[Any]] = {}
    items: Sequence[Any] = ()
    if stmt._ordered_values is not None:
        items = stmt._ordered_values
    elif stmt._multi_values:
        items = list(stmt._multi_values[0][0].items())
    elif stmt._values is not None:
        items = list(stmt._values.items())
    for key, value in items:
        if isinstance(key, str):
            if key in table.c:
                given[key] = value
            else:
                unknown.setdefault("names", []).append(key)
        elif stmt.is_update and not key._is_named:
            unknown.setdefault("elements", []).append((key, value))
        elif extra and any([hash(key.table) == hash(item) for item in extra]):
            unknown.setdefault("columns", []).append((key, value))
        elif key.key in table.c:
            given[key.key] = value
        elif stmt.is_update and key.table is not None:
            unknown.setdefault("columns", []).append((key, value))
        else:
            unknown.setdefault("names", []).append(key)
    return given, unknown


def _is_entity(returned: Any) -> bool:
    """Whether it is a mapped class that RETURNING names."""
    return returned._is_from_clause and "parententity" in returned._annotations
