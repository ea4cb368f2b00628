"""DDL elements -> SQL text. A dialect derives from DDLCompiler."""

from __future__ import annotations

from typing import Any

from .. import exc
from ..util import memoized_property
from .compiler import Compiled
from .names import VISIT
from .plain_types import text_literal
from .sqltypes import STRINGTYPE

# keywords: the database decides which of them it knows
WORDS = r"^\w+(?:\s+\w+)*$"


class DDLCompiler(Compiled):
    """Compiles one DDL element for a dialect; `string` is the result."""

    def __init__(
        self, dialect: Any, statement: Any, schema_translate_map: Any = None, **kw: Any
    ) -> None:
        self.dialect = dialect
        self.statement = statement
        if schema_translate_map is None:
            schema_translate_map = dialect.schema_translate_map
        self.schema_translate_map = schema_translate_map
        self.preparer = dialect.identifier_preparer.with_schema_translate(schema_translate_map)
        self.type_compiler = dialect.type_compiler_instance
        self.string = self.process(statement, **kw)

    params = None
    on_delete = WORDS
    """What may follow ON DELETE."""

    @memoized_property
    def sql_compiler(self) -> Any:
        """A compiler of statements and expressions for the same dialect."""
        return self.dialect.statement_compiler(
            self.dialect, None, schema_translate_map=self.schema_translate_map
        )

    def construct_params(self, *args: Any, **kw: Any) -> None:
        """DDL has no parameters."""

    def process(self, element: Any, **kw: Any) -> str:
        """The SQL of one element."""
        hook = element._compile_with
        if hook is not None:
            return hook(element, self, **kw)  # type: ignore[no-any-return]
        # as _visit(): without a frame of its own for each element
        visit = getattr(self, VISIT[element.__visit_name__], None)
        if visit is None:
            raise exc.UnsupportedCompilationError(self, type(element))
        return visit(element, **kw)  # type: ignore[no-any-return]

    def _visit(self, element: Any, **kw: Any) -> str:
        visit = getattr(self, VISIT[element.__visit_name__], None)
        if visit is None:
            raise exc.UnsupportedCompilationError(self, type(element))
        return visit(element, **kw)  # type: ignore[no-any-return]

    def _expression(self, element: Any, **kw: Any) -> str:
        """SQL of an expression, values written out and columns without their table."""
        kw = {"include_table": False, "literal_binds": True, **kw}
        return self.sql_compiler.process(element, **kw)  # type: ignore[no-any-return]

    # --- statements ---

    def visit_ddl(self, ddl: Any, **kw: Any) -> str:
        context = dict(ddl.context)
        if ddl.target is not None and getattr(ddl.target, "name", None) is not None:
            table = self.preparer.quote(ddl.target.name)
            schema = ddl.target.schema
            context.setdefault("table", table)
            context.setdefault("schema", self.preparer.quote(schema) if schema else "")
            context.setdefault("fullname", self.preparer.format_table(ddl.target))
        statement: str = ddl.statement
        return statement % context if context or "%%" in statement else statement

    def visit_create_schema(self, create: Any, **kw: Any) -> str:
        text = "IF NOT EXISTS " if create.if_not_exists else ""
        return f"CREATE SCHEMA {text}{self.preparer.quote(create.element)}"

    def visit_drop_schema(self, drop: Any, **kw: Any) -> str:
        text = "IF EXISTS " if drop.if_exists else ""
        cascade = " CASCADE" if drop.cascade else ""
        return f"DROP SCHEMA {text}{self.preparer.quote(drop.element)}{cascade}"

    def visit_create_table(self, create: Any, **kw: Any) -> str:
        table = create.element
        prefixes = "".join(f"{prefix} " for prefix in table._prefixes)
        exists = "IF NOT EXISTS " if create.if_not_exists else ""
        text = f"\nCREATE {prefixes}TABLE {exists}{self.preparer.format_table(table)} "
        suffix = self.create_table_suffix(table)
        if suffix:
            text += suffix + " "
        parts = []
        first_key = False
        for create_column in create.columns:
            column = create_column.element
            try:
                part = self.process(
                    create_column, first_pk=column.primary_key and not first_key, **kw
                )
            except exc.CompileError as error:
                raise exc.CompileError(
                    f"(in table '{table.description}', column '{column.name}'): {error.args[0]}"
                ) from error
            if part is not None:
                parts.append(part)
            first_key = first_key or column.primary_key
        parts += self._table_constraints(table, create.include_foreign_key_constraints)
        body = "\n\t" + ", \n\t".join(parts) if parts else ""
        return f"{text}({body}\n){self.post_create_table(table)}\n\n"

    def visit_create_column(self, create: Any, first_pk: bool = False, **kw: Any) -> str | None:
        column = create.element
        if column.system:
            return None
        text = self.get_column_specification(column, first_pk=first_pk)
        if not column.constraints:
            return text
        checks = " ".join([self.process(c) for c in column.constraints])
        return f"{text} {checks}" if checks else text

    def _table_constraints(self, table: Any, included: Any) -> list[str]:
        """The constraints inside CREATE TABLE: the primary key, then the others in order."""
        found = [table.primary_key] if table.primary_key else []
        outside = table.foreign_key_constraints.difference(included) if included is not None else ()
        found += [c for c in table._sorted_constraints if c is not table.primary_key]
        texts = []
        for constraint in found:
            if constraint in outside or not constraint._should_create_for_compiler(self):
                continue
            if getattr(constraint, "use_alter", False) and self.dialect.supports_alter:
                continue
            text = self.process(constraint)
            if text:
                texts.append(text)
        return texts

    def visit_drop_table(self, drop: Any, **kw: Any) -> str:
        exists = "IF EXISTS " if drop.if_exists else ""
        return f"\nDROP TABLE {exists}{self.preparer.format_table(drop.element)}"

    def _table_of(self, index: Any) -> Any:
        """The table an index is on; exc.CompileError if there is none."""
        if index.table is None:
            raise exc.CompileError(f"Index '{index.name}' is not associated with any table.")
        return index.table

    def _index_name(self, index: Any, schema: bool, verb: str = "CREATE") -> str:
        name = self.preparer.format_index(index)
        if name is None:
            raise exc.CompileError(f"{verb} INDEX requires that the index have a name")
        effective = None if index.table is None else self.preparer.effective_schema(index.table)
        if schema and effective:
            name = f"{self.preparer.quote_schema(effective)}.{name}"
        return name  # type: ignore[no-any-return]

    def visit_create_index(
        self,
        create: Any,
        include_schema: bool = False,
        include_table_schema: bool = True,
        **kw: Any,
    ) -> str:
        index = create.element
        on = self._table_of(index)
        unique = "UNIQUE " if index.unique else ""
        exists = "IF NOT EXISTS " if create.if_not_exists else ""
        table = self.preparer.format_table(on, use_schema=include_table_schema)
        columns = ", ".join(self._expression(e, **kw) for e in index.expressions)
        name = self._index_name(index, include_schema)
        return f"CREATE {unique}INDEX {exists}{name} ON {table} ({columns})"

    def visit_drop_index(self, drop: Any, **kw: Any) -> str:
        exists = "IF EXISTS " if drop.if_exists else ""
        return f"\nDROP INDEX {exists}{self._index_name(drop.element, True, 'DROP')}"

    def visit_add_constraint(self, create: Any, **kw: Any) -> str:
        table = self.preparer.format_table(create.element.table)
        return f"ALTER TABLE {table} ADD {self.process(create.element) or ''}"

    def visit_drop_constraint(self, drop: Any, **kw: Any) -> str:
        constraint = drop.element
        name = self._constraint_name(constraint)
        if name is None:
            raise exc.CompileError(
                f"Can't emit DROP CONSTRAINT for constraint {constraint!r}; it has no name"
            )
        exists = "IF EXISTS " if drop.if_exists else ""
        cascade = " CASCADE" if drop.cascade else ""
        table = self.preparer.format_table(constraint.table)
        return f"ALTER TABLE {table} DROP CONSTRAINT {exists}{name}{cascade}"

    # --- sequences ---

    def visit_create_sequence(self, create: Any, prefix: str = "", **kw: Any) -> str:
        exists = "IF NOT EXISTS " if create.if_not_exists else ""
        options = self.get_identity_options(create.element)
        name = self.preparer.format_sequence(create.element)
        return f"CREATE SEQUENCE {exists}{name}{prefix}{' ' + options if options else ''}"

    def visit_drop_sequence(self, drop: Any, **kw: Any) -> str:
        exists = "IF EXISTS " if drop.if_exists else ""
        return f"DROP SEQUENCE {exists}{self.preparer.format_sequence(drop.element)}"

    def get_identity_options(self, options: Any) -> str:
        """The options of a sequence or identity column."""
        parts = []
        for name, text in (
            ("increment", "INCREMENT BY {}"),
            ("start", "START WITH {}"),
            ("minvalue", "MINVALUE {}"),
            ("maxvalue", "MAXVALUE {}"),
            ("nominvalue", "NO MINVALUE"),
            ("nomaxvalue", "NO MAXVALUE"),
            ("cache", "CACHE {}"),
        ):
            value = getattr(options, name, None)
            if value is not None:
                parts.append(text.format(value))
        if options.cycle is not None:
            parts.append("CYCLE" if options.cycle else "NO CYCLE")
        return " ".join(parts)

    # --- comments ---

    def _text(self, value: str) -> str:
        """Text as a literal of the dialect."""
        compiler = self.dialect.statement_compiler(self.dialect, None)
        return compiler.render_literal_value(value, STRINGTYPE)  # type: ignore[no-any-return]

    def visit_set_table_comment(self, create: Any, **kw: Any) -> str:
        table = create.element
        return (
            f"COMMENT ON TABLE {self.preparer.format_table(table)} IS {self._text(table.comment)}"
        )

    def visit_drop_table_comment(self, drop: Any, **kw: Any) -> str:
        return f"COMMENT ON TABLE {self.preparer.format_table(drop.element)} IS NULL"

    def visit_set_column_comment(self, create: Any, **kw: Any) -> str:
        column = create.element
        name = self.preparer.format_column(column, use_table=True, use_schema=True)
        return f"COMMENT ON COLUMN {name} IS {self._text(column.comment)}"

    def visit_drop_column_comment(self, drop: Any, **kw: Any) -> str:
        name = self.preparer.format_column(drop.element, use_table=True)
        return f"COMMENT ON COLUMN {name} IS NULL"

    # --- columns ---

    def get_column_specification(self, column: Any, **kw: Any) -> str:
        """Name, type, default and nullability of a column."""
        text = f"{self.preparer.format_column(column)} {self._type_and_default(column)}"
        if column.computed is not None:
            text += " " + self.process(column.computed)
        identity = column.identity if self.dialect.supports_identity_columns else None
        if identity is not None:
            text += " " + self.process(identity)
        if not column.nullable and identity is None:
            text += " NOT NULL"
        return text

    def _type_and_default(self, column: Any) -> str:
        type_ = self._type(column)
        default = self.get_column_default_string(column)
        return type_ if default is None else f"{type_} DEFAULT {default}"

    def _type(self, column: Any) -> str:
        return self.type_compiler.process(  # type: ignore[no-any-return]
            column.type, type_expression=column, identifier_preparer=self.preparer
        )

    def get_column_default_string(self, column: Any) -> str | None:
        """SQL of the server default, None if there is none."""
        default = column.server_default
        if default is None or not hasattr(default, "arg"):
            return None
        if isinstance(default.arg, str):
            return text_literal(self.dialect)(default.arg)
        return self._expression(default.arg)

    def visit_identity_column(self, identity: Any, **kw: Any) -> str:
        always = "ALWAYS" if identity.always else "BY DEFAULT"
        text = f"GENERATED {always} AS IDENTITY"
        options = self.get_identity_options(identity)
        return f"{text} ({options})" if options else text

    def visit_computed_column(self, generated: Any, **kw: Any) -> str:
        text = f"GENERATED ALWAYS AS ({self._expression(generated.sqltext)})"
        if generated.persisted is None:
            return text
        return text + (" STORED" if generated.persisted else " VIRTUAL")

    # --- constraints ---

    def _constraint_name(self, constraint: Any) -> str | None:
        return self.preparer.format_constraint(constraint)  # type: ignore[no-any-return]

    def _named(self, constraint: Any) -> str:
        name = self._constraint_name(constraint)
        return "" if name is None else f"CONSTRAINT {name} "

    def _columns(self, columns: Any) -> str:
        return ", ".join([self.preparer.quote(column.name) for column in columns])

    def visit_primary_key_constraint(self, constraint: Any, **kw: Any) -> str | None:
        if not len(constraint):
            return None
        columns = self._columns(constraint._columns_in_order)
        return f"{self._named(constraint)}PRIMARY KEY ({columns}){self.define_constraint_deferrability(constraint)}"

    def visit_foreign_key_constraint(self, constraint: Any, **kw: Any) -> str | None:
        elements = constraint.elements
        table = self.preparer.format_table(elements[0].column.table)
        local = self._columns(element.parent for element in elements)
        remote = self._columns(element.column for element in elements)
        text = f"{self._named(constraint)}FOREIGN KEY({local}) REFERENCES {table} ({remote})"
        text += self.define_constraint_match(constraint)
        text += self.define_constraint_cascades(constraint)
        return text + self.define_constraint_deferrability(constraint)

    def visit_unique_constraint(self, constraint: Any, **kw: Any) -> str | None:
        if not len(constraint):
            return None
        columns = self._columns(constraint)
        return f"{self._named(constraint)}UNIQUE ({columns}){self.define_constraint_deferrability(constraint)}"

    def visit_check_constraint(self, constraint: Any, **kw: Any) -> str:
        text = f"{self._named(constraint)}CHECK ({self._expression(constraint.sqltext)})"
        return text + self.define_constraint_deferrability(constraint)

    visit_column_check_constraint = visit_table_or_column_check_constraint = visit_check_constraint

    def define_constraint_match(self, constraint: Any) -> str:
        """The MATCH phrase of a foreign key, or nothing."""
        if constraint.match is None:
            return ""
        return f" MATCH {self.preparer.validate_sql_phrase(constraint.match, WORDS)}"

    def define_constraint_cascades(self, constraint: Any) -> str:
        """The ON DELETE and ON UPDATE phrases of a foreign key."""
        text = ""
        if constraint.ondelete is not None:
            phrase = self.preparer.validate_sql_phrase(constraint.ondelete, self.on_delete)
            text += f" ON DELETE {phrase}"
        if constraint.onupdate is not None:
            text += f" ON UPDATE {self.preparer.validate_sql_phrase(constraint.onupdate, WORDS)}"
        return text

    def define_constraint_deferrability(self, constraint: Any) -> str:
        """The DEFERRABLE and INITIALLY phrases of a constraint."""
        text = ""
        if constraint.deferrable is not None:
            text += " DEFERRABLE" if constraint.deferrable else " NOT DEFERRABLE"
        if constraint.initially is not None:
            text += f" INITIALLY {self.preparer.validate_sql_phrase(constraint.initially, WORDS)}"
        return text

    # --- hooks of dialects ---

    def create_table_suffix(self, table: Any) -> str:
        """Text between the table's name and its columns."""
        return ""

    def post_create_table(self, table: Any) -> str:
        """Text after the closing parenthesis."""
        return ""
