"""DDL: CREATE and DROP of tables and indexes, and the order they are done in."""

from __future__ import annotations

import contextlib
import copy
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .. import exc, util
from . import topology
from .base import Executable
from .names import VISIT

if TYPE_CHECKING:
    from typing import Self

    from .schema import Column, Constraint, ForeignKeyConstraint, Index, MetaData, Sequence, Table

__all__ = [
    "DDL",
    "AddConstraint",
    "CreateColumn",
    "CreateIndex",
    "CreateSchema",
    "CreateSequence",
    "CreateTable",
    "DropColumnComment",
    "DropConstraint",
    "DropConstraintComment",
    "DropIndex",
    "DropSchema",
    "DropSequence",
    "DropTable",
    "DropTableComment",
    "SetColumnComment",
    "SetConstraintComment",
    "SetTableComment",
    "sort_tables",
    "sort_tables_and_constraints",
]


class BaseDDLElement(Executable):
    """Base of the statements that define things."""

    is_ddl = True

    def _compiler(self, dialect: Any, **kw: Any) -> Any:
        kw.update(kw.pop("compile_kwargs", None) or {})
        return dialect.ddl_compiler(dialect, self, **kw)

    def _generate_cache_key(self) -> Any:
        return None, ()


class ExecutableDDLElement(BaseDDLElement):
    """DDL that can be executed."""

    supports_execution = True

    target: Any = None
    _execute_if: Any = None

    def _execute_on_connection(self, connection: Any, params: Any, options: Any) -> Any:
        return connection._execute_ddl(self, params, options)

    def against(self, target: Any) -> Self:
        """The same statement for a table, index or metadata."""
        new = copy.copy(self)
        new.target = target
        return new

    def execute_if(
        self,
        dialect: Any = None,
        callable_: Callable[..., bool] | None = None,
        state: Any = None,
    ) -> Self:
        """The same statement, executed as a listener only on these dialects (a name, or
        several), and if ``callable_(ddl, target, bind, **kw)`` is true."""
        new = copy.copy(self)
        new._execute_if = (dialect, callable_, state)
        return new

    def _should_execute(self, target: Any, bind: Any, **kw: Any) -> bool:
        if self._execute_if is None:
            return True
        dialect, function, state = self._execute_if
        if isinstance(dialect, str):
            dialect = (dialect,)
        if dialect is not None and bind.engine.name not in dialect:
            return False
        if function is None:
            return True
        return bool(function(self, target, bind, state=state, **kw))

    def __call__(self, target: Any, bind: Any, **kw: Any) -> Any:
        """Be a listener of DDL events: execute."""
        if self._should_execute(target, bind, **kw):
            return bind.execute(self.against(target))
        return None


DDLElement = ExecutableDDLElement


class DDL(ExecutableDDLElement):
    """A literal DDL statement.

    `statement` may hold ``%(name)s`` markers for `context` and for ``table``, ``schema`` and
    ``fullname`` of the target.
    """

    __visit_name__ = "ddl"

    def __init__(self, statement: str, context: Mapping[str, Any] | None = None) -> None:
        if not isinstance(statement, str):
            raise exc.ArgumentError(
                f"Expected a string or unicode SQL statement, got '{statement!r}'"
            )
        self.statement = statement
        self.context = dict(context or {})

    def __repr__(self) -> str:
        words = [repr(self.statement)]
        if self.context:
            words.append(f"context={self.context}")
        return f"<{type(self).__name__}@{id(self)}; {', '.join(words)}>"


class _CreateDropBase(ExecutableDDLElement):
    """DDL about one thing, its `element`."""

    def __init__(self, element: Any) -> None:
        self.element = self.target = element

    @property
    def stringify_dialect(self) -> str:  # type: ignore[override]
        """That of what is created or dropped, if it is one database's own."""
        return getattr(self.element, "create_drop_stringify_dialect", "default")


class _Create(_CreateDropBase):
    """CREATE of something; `if_not_exists` adds IF NOT EXISTS."""

    def __init__(self, element: Any, if_not_exists: bool = False) -> None:
        super().__init__(element)
        self.if_not_exists = if_not_exists


class _Drop(_CreateDropBase):
    """DROP of something; `if_exists` adds IF EXISTS."""

    def __init__(self, element: Any, if_exists: bool = False) -> None:
        super().__init__(element)
        self.if_exists = if_exists


class CreateSchema(_Create):
    """CREATE SCHEMA."""

    __visit_name__ = "create_schema"

    def __init__(self, name: str, if_not_exists: bool = False) -> None:
        super().__init__(name, if_not_exists)


class DropSchema(_Drop):
    """DROP SCHEMA."""

    __visit_name__ = "drop_schema"

    def __init__(self, name: str, cascade: bool = False, if_exists: bool = False) -> None:
        super().__init__(name, if_exists)
        self.cascade = cascade


class CreateTable(_Create):
    """CREATE TABLE.

    `include_foreign_key_constraints` limits which foreign keys are written inside it (None: all).
    """

    __visit_name__ = "create_table"

    def __init__(
        self,
        element: Table,
        include_foreign_key_constraints: Collection[ForeignKeyConstraint] | None = None,
        if_not_exists: bool = False,
    ) -> None:
        super().__init__(element, if_not_exists)
        self.columns = [CreateColumn(column) for column in element.columns]
        self.include_foreign_key_constraints = include_foreign_key_constraints


class CreateColumn(BaseDDLElement):
    """A column as it stands inside CREATE TABLE."""

    __visit_name__ = "create_column"

    def __init__(self, element: Column[Any]) -> None:
        self.element = element


class DropTable(_Drop):
    """DROP TABLE."""

    __visit_name__ = "drop_table"


class CreateSequence(_Create):
    """CREATE SEQUENCE."""

    __visit_name__ = "create_sequence"


class DropSequence(_Drop):
    """DROP SEQUENCE."""

    __visit_name__ = "drop_sequence"


class CreateIndex(_Create):
    """CREATE INDEX."""

    __visit_name__ = "create_index"


class DropIndex(_Drop):
    """DROP INDEX."""

    __visit_name__ = "drop_index"


class SetTableComment(_CreateDropBase):
    """COMMENT ON TABLE … IS its comment."""

    __visit_name__ = "set_table_comment"


class DropTableComment(_CreateDropBase):
    """COMMENT ON TABLE … IS NULL."""

    __visit_name__ = "drop_table_comment"


class SetColumnComment(_CreateDropBase):
    """COMMENT ON COLUMN … IS its comment."""

    __visit_name__ = "set_column_comment"


class DropColumnComment(_CreateDropBase):
    """COMMENT ON COLUMN … IS NULL."""

    __visit_name__ = "drop_column_comment"


class SetConstraintComment(_CreateDropBase):
    """COMMENT ON CONSTRAINT … IS its comment."""

    __visit_name__ = "set_constraint_comment"


class DropConstraintComment(_CreateDropBase):
    """COMMENT ON CONSTRAINT … IS NULL."""

    __visit_name__ = "drop_constraint_comment"


def _never(compiler: Any) -> bool:
    return False


class AddConstraint(_CreateDropBase):
    """ALTER TABLE … ADD a constraint; it is no longer part of CREATE TABLE, unless
    `isolate_from_table` is false."""

    __visit_name__ = "add_constraint"

    def __init__(self, element: Constraint, *, isolate_from_table: bool = True) -> None:
        super().__init__(element)
        if isolate_from_table:
            element._create_rule = _never


class DropConstraint(_Drop):
    """ALTER TABLE … DROP CONSTRAINT; `isolate_from_table` as AddConstraint."""

    __visit_name__ = "drop_constraint"

    def __init__(
        self,
        element: Constraint,
        *,
        cascade: bool = False,
        if_exists: bool = False,
        isolate_from_table: bool = True,
        **kw: Any,
    ) -> None:
        super().__init__(element, if_exists, **kw)
        if isolate_from_table:
            element._create_rule = _never
        self.cascade = cascade


# --- what create_all() and drop_all() do -----------------------------------------------


def _ddl_listeners() -> bool:
    """Whether anybody listens to a class of schema items."""
    module = sys.modules.get("cormorant.sql.events")
    return module is not None and bool(module.DDLEvents._listened)


class InvokeDDLBase:
    """Runs DDL for schema elements on a connection."""

    def __init__(self, dialect: Any, connection: Any) -> None:
        self.dialect = dialect
        self.connection = connection

    def traverse_single(self, element: Any, **kw: Any) -> None:
        """Do what this visitor does for one element; nothing if it has no method for it."""
        visit = getattr(self, VISIT[element.__visit_name__], None)
        if visit is not None:
            visit(element, **kw)

    @contextlib.contextmanager
    def _events(self, verb: str, target: Any, **kw: Any) -> Iterator[None]:
        """Call the listeners before and after something is created or dropped."""
        if "dispatch" not in target.__dict__ and not _ddl_listeners():
            yield
            return
        dispatch = target.dispatch
        if target.__visit_name__ in ("metadata", "table"):
            kw["checkfirst"] = self.checkfirst
        kw["_ddl_runner"] = self
        for fn in dispatch._find(f"before_{verb}"):
            fn(target, self.connection, **kw)
        yield
        for fn in dispatch._find(f"after_{verb}"):
            fn(target, self.connection, **kw)

    checkfirst: bool

    def _has_table(self, table: Table) -> bool:
        schema = self.connection.schema_for_object(table)
        return bool(self.dialect.has_table(self.connection, table.name, schema=schema))

    def _has_sequence(self, sequence: Sequence) -> bool:
        schema = self.connection.schema_for_object(sequence)
        return bool(self.dialect.has_sequence(self.connection, sequence.name, schema=schema))

    def _uses(self, sequence: Sequence) -> bool:
        """Whether the database is to have the sequence."""
        dialect = self.dialect
        return bool(dialect.supports_sequences) and not (
            dialect.sequences_optional and sequence.optional
        )

    def _sequences_of(self, table: Table) -> list[Sequence]:
        """Sequences that are the default of a column and belong to no metadata."""
        return [
            column.default
            for column in table.columns
            if getattr(column.default, "is_sequence", False) and not column.default._bound
        ]

    def _has_index(self, index: Index) -> bool:
        from ..inspection import inspect

        table: Any = index.table
        found = inspect(self.connection).get_indexes(table.name, schema=table.schema)
        return any(row["name"] == index.name for row in found)


class _SchemaVisitor(InvokeDDLBase):
    """What creates or drops the tables of a metadata: all of them, or some."""

    def __init__(
        self,
        dialect: Any,
        connection: Any,
        checkfirst: bool = False,
        tables: Iterable[Table] | None = None,
    ) -> None:
        super().__init__(dialect, connection)
        self.checkfirst = checkfirst
        self.tables = None if tables is None else list(tables)

    def _is_there(self, table: Table) -> bool:
        """Whether the database has a table; asked if `checkfirst` says so.

        exc.IdentifierError: it could not have it, its name is too long.
        """
        self.dialect.validate_identifier(table.name)
        schema = self.connection.schema_for_object(table)
        if schema:
            self.dialect.validate_identifier(schema)
        return self.checkfirst and self._has_table(table)


class SchemaGenerator(_SchemaVisitor):
    """Creates what metadata, a table or an index describes.

    `checkfirst`: leave out what the database has already. `tables`: only those.
    """

    def visit_metadata(self, metadata: MetaData) -> None:
        tables = list(metadata.tables.values()) if self.tables is None else self.tables
        ordered = sort_tables_and_constraints([t for t in tables if not self._is_there(t)])
        todo = [table for table, _ in ordered if table is not None]
        with self._events("create", metadata, tables=todo):
            self._create_tables(metadata, ordered)

    def _create_tables(
        self,
        metadata: MetaData,
        ordered: list[tuple[Table | None, Collection[ForeignKeyConstraint]]],
    ) -> None:
        for type_ in self.dialect.types_to_create(metadata._types):
            self.connection._run_ddl_visitor(type_.DDLGenerator, type_, checkfirst=self.checkfirst)
        if self.dialect.supports_sequences:
            for sequence in metadata._sequences.values():
                if sequence.column is None or sequence._bound:
                    self.visit_sequence(sequence)
        for table, constraints in ordered:
            if table is not None:
                with self._events("create", table, _is_metadata_operation=True):
                    self._create_table(table, constraints, True)
            elif self.dialect.supports_alter:
                for constraint in constraints:
                    self.connection.execute(AddConstraint(constraint))

    def visit_table(
        self,
        table: Table,
        include_foreign_key_constraints: Collection[ForeignKeyConstraint] | None = None,
        create_ok: bool = False,
    ) -> None:
        if not create_ok and self._is_there(table):
            return
        with self._events("create", table, _is_metadata_operation=False):
            self._create_table(table, include_foreign_key_constraints, create_ok)

    def _create_table(
        self,
        table: Table,
        include_foreign_key_constraints: Collection[ForeignKeyConstraint] | None,
        create_ok: bool,
    ) -> None:
        dialect = self.dialect
        if not dialect.supports_alter:
            include_foreign_key_constraints = None
        if not create_ok:
            # those of the metadata may be there already: they are made if that is looked up
            for type_ in dialect.types_to_create(table._types(of_metadata=self.checkfirst)):
                self.connection._run_ddl_visitor(
                    type_.DDLGenerator, type_, checkfirst=self.checkfirst
                )
        if dialect.supports_sequences:
            for sequence in self._sequences_of(table):
                self.visit_sequence(sequence)
        self.connection.execute(
            CreateTable(table, include_foreign_key_constraints=include_foreign_key_constraints)
        )
        for index in table.indexes:
            self.visit_index(index, create_ok=True)
        if dialect.supports_comments and not dialect.inline_comments:
            self._comment(table)

    def _comment(self, table: Table) -> None:
        if table.comment is not None:
            self.connection.execute(SetTableComment(table))
        for column in table.columns:
            if column.comment is not None:
                self.connection.execute(SetColumnComment(column))
        if self.dialect.supports_constraint_comments:
            for constraint in table.constraints:
                if constraint.comment is not None:
                    self.connection.execute(SetConstraintComment(constraint))

    def visit_sequence(self, sequence: Sequence) -> None:
        if self._uses(sequence) and not (self.checkfirst and self._has_sequence(sequence)):
            with self._events("create", sequence):
                self.connection.execute(CreateSequence(sequence))

    def visit_index(self, index: Index, create_ok: bool = False) -> None:
        statement = CreateIndex(index)
        if not index._ddl_allowed(self.dialect, self.connection, statement):
            return
        if create_ok or not self.checkfirst or not self._has_index(index):
            with self._events("create", index):
                self.connection.execute(statement)


class SchemaDropper(_SchemaVisitor):
    """Drops what metadata, a table or an index describes; arguments as SchemaGenerator."""

    def visit_metadata(self, metadata: MetaData) -> None:
        tables = list(metadata.tables.values()) if self.tables is None else self.tables
        unsorted = [t for t in tables if self._is_there(t) or not self.checkfirst]
        collection: list[tuple[Table | None, Any]]
        try:
            collection = list(
                reversed(sort_tables_and_constraints(unsorted, self._may_be_dropped_first))
            )
        except exc.CircularDependencyError as error:
            names = ", ".join(sorted(table.fullname for table in error.cycles))
            if self.dialect.supports_alter:
                raise exc.CircularDependencyError(
                    error.args[0],
                    error.cycles,
                    error.edges,
                    msg="Can't sort tables for DROP; an unresolvable foreign key dependency "
                    f"exists between tables: {names}.  Please ensure that the ForeignKey and "
                    "ForeignKeyConstraint objects involved in the cycle have names so that they "
                    "can be dropped using DROP CONSTRAINT.",
                ) from error
            util.warn(
                "Can't sort tables for DROP; an unresolvable foreign key dependency exists "
                f"between tables: {names}; and backend does not support ALTER.  To restore at "
                "least a partial sort, apply use_alter=True to ForeignKey and "
                "ForeignKeyConstraint objects involved in the cycle to mark these as known "
                "cycles that will be ignored."
            )
            collection = [(table, ()) for table in unsorted]
        with self._events("drop", metadata, tables=[t for t, _ in collection if t is not None]):
            self._drop_tables(metadata, collection)

    def _drop_tables(self, metadata: MetaData, collection: list[tuple[Table | None, Any]]) -> None:
        for table, constraints in collection:
            if table is not None:
                with self._events("drop", table, _is_metadata_operation=True):
                    self.connection.execute(DropTable(table))
            elif self.dialect.supports_alter:
                for constraint in constraints:
                    self.connection.execute(DropConstraint(constraint))
        if self.dialect.supports_sequences:
            for sequence in metadata._sequences.values():
                self.visit_sequence(sequence)
        for type_ in self.dialect.types_to_create(metadata._types):
            self.connection._run_ddl_visitor(type_.DDLDropper, type_, checkfirst=self.checkfirst)

    def _may_be_dropped_first(self, constraint: ForeignKeyConstraint) -> bool | None:
        return None if self.dialect.supports_alter and constraint.name is not None else False

    def visit_table(self, table: Table, drop_ok: bool = False) -> None:
        if not (drop_ok or self._is_there(table) or not self.checkfirst):
            return
        with self._events("drop", table, _is_metadata_operation=drop_ok):
            self.connection.execute(DropTable(table))
        if drop_ok:
            return
        if self.dialect.supports_sequences:
            for column in table.columns:
                if getattr(column.default, "is_sequence", False):
                    self.visit_sequence(column.default)
        for type_ in self.dialect.types_to_create(table._types()):
            self.connection._run_ddl_visitor(type_.DDLDropper, type_, checkfirst=self.checkfirst)

    def visit_sequence(self, sequence: Sequence) -> None:
        if self._uses(sequence) and not (self.checkfirst and not self._has_sequence(sequence)):
            with self._events("drop", sequence):
                self.connection.execute(DropSequence(sequence))

    def visit_index(self, index: Index, drop_ok: bool = False) -> None:
        statement = DropIndex(index)
        if not index._ddl_allowed(self.dialect, self.connection, statement):
            return
        if drop_ok or not self.checkfirst or self._has_index(index):
            with self._events("drop", index):
                self.connection.execute(statement)


# --- order ------------------------------------------------------------------------------


def sort_tables(
    tables: Iterable[Table],
    skip_fn: Callable[[ForeignKeyConstraint], bool] | None = None,
    extra_dependencies: Iterable[tuple[Table, Table]] | None = None,
) -> list[Table]:
    """Tables so that what is referred to comes first; `skip_fn` names constraints to ignore.

    A cycle is warned of, and its foreign keys do not count.
    """

    def ignored(constraint: ForeignKeyConstraint) -> bool | None:
        return True if skip_fn is not None and skip_fn(constraint) else None

    order = topology.sort(tables, ignored, extra_dependencies, warn=True)
    return [table for table, _ in order if table is not None]


def sort_tables_and_constraints(
    tables: Iterable[Table],
    filter_fn: Callable[[ForeignKeyConstraint], bool | None] | None = None,
    extra_dependencies: Iterable[tuple[Table, Table]] | None = None,
) -> list[tuple[Table | None, Collection[ForeignKeyConstraint]]]:
    """Tables in dependency order, each with the foreign keys that can be part of it, and last
    (None, the foreign keys that can only be added when all tables exist).

    filter_fn(constraint): True puts a constraint last, False forbids that, None leaves it to
    the sort (which does it to break a cycle). exc.CircularDependencyError if a cycle stays.
    """
    return topology.sort(tables, filter_fn, extra_dependencies)
