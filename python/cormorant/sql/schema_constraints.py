"""Constraints, foreign keys and indexes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .. import exc, util
from .coercions import expect_ddl_column
from .column_collections import ColumnCollection, ReadOnlyColumnCollection
from .elements import ColumnClause
from .schema_base import (
    DialectKWArgs,
    HasConditionalDDL,
    SchemaItem,
    copy_is_deprecated,
    creation_order,
    name_by_convention,
    quoted,
)

if TYPE_CHECKING:
    from .schema import Table


class Constraint(DialectKWArgs, HasConditionalDDL, SchemaItem):
    """The base of table constraints."""

    __visit_name__ = "constraint"
    parent: Any = None
    _creation_order = 0
    _copied_as = "Constraint"

    def __init__(
        self,
        name: Any = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        info: dict[Any, Any] | None = None,
        comment: str | None = None,
        _create_rule: Callable[[Any], bool] | None = None,
        _type_bound: bool = False,
        **dialect_kw: Any,
    ) -> None:
        """`deferrable`, `initially`: for DEFERRABLE and INITIALLY."""
        self.name = name
        self.deferrable = deferrable
        self.initially = initially
        if info:
            self.info = info
        self._create_rule = _create_rule
        self._type_bound = _type_bound
        creation_order(self)
        self.comment = comment
        self._validate_dialect_kwargs(dialect_kw)

    def _should_create_for_compiler(self, compiler: Any, **kw: Any) -> bool:
        if self._create_rule is not None and not self._create_rule(compiler):
            return False
        return self._ddl_allowed(compiler.dialect, compiler=compiler)

    @property
    def table(self) -> Table:
        """The table of the constraint."""
        from .schema import Table

        if isinstance(self.parent, Table):
            return self.parent
        raise exc.InvalidRequestError(
            "This constraint is not bound to a table.  Did you mean to call "
            "table.append_constraint(constraint) ?"
        )

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        from .schema import Column

        if isinstance(parent, Column):
            # Column("x", Integer, CheckConstraint(…)): rendered with the column
            self.parent = parent
            parent.constraints.add(self)
            parent._on_table_attach(lambda column, table: self._name(table))
            return
        self.parent = parent
        self._name(parent)
        parent.constraints.add(self)

    def _name(self, table: Any) -> None:
        self.name = name_by_convention(self, table)

    def _kwargs(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "deferrable": self.deferrable,
            "initially": self.initially,
            "comment": self.comment,
            **self.dialect_kwargs,
        }

    def _copy(self, **kw: Any) -> Any:
        raise NotImplementedError()

    def copy(self, *, target_table: Any = None, **kw: Any) -> Any:
        """A constraint of the same columns and options."""
        copy_is_deprecated(self._copied_as)
        return self._copy(target_table=target_table, **kw)


class ColumnCollectionMixin:
    """Mixin of items over columns that are given by name, as columns or expressions."""

    _pending_colargs: list[Any]
    """What was given: columns and names (ormar reads it)."""

    _columns: ColumnCollection[Any]
    parent: Any

    _of_many_tables = False
    """Whether the columns may be of several tables, with none of which the item goes then."""

    @property
    def columns(self) -> ReadOnlyColumnCollection[Any]:
        """The columns."""
        return self._columns._readonly_view

    @property
    def c(self) -> ReadOnlyColumnCollection[Any]:
        """The columns."""
        return self.columns

    def _init_columns(self, columns: Sequence[Any], autoattach: bool) -> None:
        self._columns = ColumnCollection()
        self._pending_colargs = [_column_argument(column) for column in columns]
        if autoattach and self._pending_colargs:
            self._attach_when_possible()

    def _own_columns(self) -> list[Any]:
        from .schema import Column

        return [column for column in self._pending_colargs if isinstance(column, Column)]

    def _attach_when_possible(self) -> None:
        """Columns know their table, now or later: the constraint follows them there."""
        columns = self._own_columns()
        given = [c for c in self._pending_colargs if c is not None]
        missing = [column for column in columns if column.table is None]
        if not columns or (missing and len(columns) != len(given)):
            return
        if missing:
            waiting = set(missing)

            def attached(column: Any, table: Any) -> None:
                waiting.discard(column)
                if not waiting and self.parent is None:
                    self._attach_when_possible()

            for column in missing:
                column._on_table_attach(attached)
            return
        tables = {id(column.table): column.table for column in columns}
        if len(tables) > 1:
            if self._of_many_tables:
                return
            first = columns[0].table
            others = [column for column in columns[1:] if column.table is not first]
            names = ", ".join(f"'{column}'" for column in others)
            raise exc.ArgumentError(
                f"Column(s) {names} are not part of table '{first.description}'."
            )
        table = columns[0].table
        if getattr(table, "_schema_object", False):
            table._attach_item(self)

    def _resolve_columns(self, table: Any) -> list[Any]:
        kind = type(self).__name__
        found = []
        for column in self._pending_colargs:
            if isinstance(column, str):
                try:
                    found.append(table.c[column])
                except KeyError:
                    raise exc.ConstraintColumnNotFoundError(
                        f"Can't create {kind} on table '{table.description}': no column named "
                        f"'{column}' is present."
                    ) from None
            elif column.key is None:
                raise exc.ArgumentError("Can't add unnamed column to column collection")
            else:
                found.append(column)
        return found


def _plain(expression: Any) -> Any:
    """An expression of tables alone: what a mapped class has added is no part of a schema."""
    from .visitors import replaced

    return replaced(expression, lambda e: e._deannotate() if e._is_annotated else None)


def _column_argument(column: Any) -> Any:
    """A column, its name, or an expression, from what was given for one."""
    return column if isinstance(column, str) else _plain(expect_ddl_column(column))


class ColumnCollectionConstraint(ColumnCollectionMixin, Constraint):
    """The base of constraints over columns."""

    _copied_as = "ColumnCollectionConstraint"

    def __init__(
        self,
        *columns: Any,
        name: Any = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        info: dict[Any, Any] | None = None,
        _autoattach: bool = True,
        _column_flag: bool = False,
        _gather_expressions: Any = None,
        **dialect_kw: Any,
    ) -> None:
        Constraint.__init__(
            self, name=name, deferrable=deferrable, initially=initially, info=info, **dialect_kw
        )
        self._column_flag = _column_flag
        self._init_columns(columns, _autoattach)

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        for column in self._resolve_columns(parent):
            self._columns.add(column)
        Constraint._set_parent(self, parent)

    def contains_column(self, col: Any) -> bool:
        """Whether the constraint has this column."""
        return self.columns.contains_column(col)

    def __contains__(self, x: Any) -> bool:
        return x in self.columns

    def __iter__(self) -> Iterator[Any]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.columns))})"

    def _copy(self, *, target_table: Any = None, **kw: Any) -> Any:
        # a column of no table stands for what the database knows under its name
        columns = [key if c.table is not None else c for key, c in self.columns.items()]
        new = type(self)(*columns, **self._kwargs())
        return self._schema_item_copy(new)


class CheckConstraint(ColumnCollectionConstraint):
    """CHECK.

    sqltext: the condition, as text or expression; name: str; table: where it belongs to, if it is
    not written into one; deferrable, initially: their SQL; info: a dict for the program;
    dialect_kw: ``<dialect>_<name>``. Raises exc.ArgumentError for what is no condition.
    """

    __visit_name__ = "check_constraint"
    _copied_as = "CheckConstraint"
    _of_many_tables = True

    def __init__(
        self,
        sqltext: Any,
        name: Any = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        table: Any = None,
        info: dict[Any, Any] | None = None,
        _create_rule: Any = None,
        _autoattach: bool = True,
        _type_bound: bool = False,
        **dialect_kw: Any,
    ) -> None:
        """`sqltext`: the condition, as text or expression."""
        from .coercions import expect_check
        from .constructs import TextClause
        from .schema import Column
        from .visitors import iterate

        columns: list[Any] = []
        if isinstance(sqltext, str):
            self.sqltext: Any = TextClause(sqltext)
        else:
            self.sqltext = _plain(expect_check(sqltext))
            for element in iterate(self.sqltext):
                if isinstance(element, Column) and element not in _Identity(columns):
                    columns.append(element._deannotate())
        super().__init__(
            *columns,
            name=name,
            deferrable=deferrable,
            initially=initially,
            info=info,
            _autoattach=_autoattach and not _type_bound and table is None,
            _create_rule=_create_rule,
            _type_bound=_type_bound,
            **dialect_kw,
        )
        if table is not None:
            table._attach_item(self)

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        from .schema import Column

        if isinstance(parent, Column):
            Constraint._set_parent(self, parent)
        else:
            super()._set_parent(parent)

    @property
    def is_column_level(self) -> bool:
        """Whether it stands with a column rather than with the table."""
        from .schema import Table

        return not isinstance(self.parent, Table)

    def _copy(self, *, target_table: Any = None, **kw: Any) -> Any:
        sqltext = self.sqltext
        if target_table is not None:
            sqltext = _onto_table(sqltext, self.table, target_table)
        new = CheckConstraint(
            sqltext,
            name=self.name,
            initially=self.initially,
            deferrable=self.deferrable,
            _create_rule=self._create_rule,
            table=None,
            comment=self.comment,
            _autoattach=False,
            _type_bound=self._type_bound,
            **self.dialect_kwargs,
        )
        return self._schema_item_copy(new)

    def __repr__(self) -> str:
        given = {name: self.__dict__.get(name) for name in ("name", "deferrable", "initially")}
        given["table"] = getattr(self, "parent", None)
        parts = [f", {name}={value!r}" for name, value in given.items() if value is not None]
        return f"CheckConstraint({self.sqltext!r}{''.join(parts)})"


class _Identity:
    """`in` by identity."""

    def __init__(self, items: list[Any]) -> None:
        self.ids = {id(item) for item in items}

    def __contains__(self, item: object) -> bool:
        return id(item) in self.ids


def _onto_table(expression: Any, source: Any, target: Any) -> Any:
    """An expression with the columns of one table replaced by those of another."""
    from .visitors import replaced

    def replace(element: Any, **kw: Any) -> Any:
        if (
            isinstance(element, ColumnClause)
            and element.table is source
            and element.key in source.c
        ):
            return target.c[element.key]
        return None

    return replaced(expression, replace)


class PrimaryKeyConstraint(ColumnCollectionConstraint):
    """PRIMARY KEY. Every table has one, perhaps of no columns."""

    __visit_name__ = "primary_key_constraint"

    def __init__(
        self,
        *columns: Any,
        name: Any = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        info: dict[Any, Any] | None = None,
        _implicit_generated: bool = False,
        **dialect_kw: Any,
    ) -> None:
        self._implicit_generated = _implicit_generated
        self._given_name = name
        super().__init__(
            *columns,
            name=name,
            deferrable=deferrable,
            initially=initially,
            info=info,
            **dialect_kw,
        )

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        if parent.primary_key is not self:
            parent.constraints.discard(parent.primary_key)
            parent.primary_key = self
        marked = [column for column in parent.c if column.primary_key]
        columns = self._resolve_columns(parent)
        if self._pending_colargs and marked and {id(c) for c in marked} != {id(c) for c in columns}:
            util.warn(
                f"Table '{parent.name}' specifies columns "
                f"{util.quoted_names([c.name for c in marked])} as primary_key=True, not matching "
                "locally specified columns "
                f"{util.quoted_names([c.name for c in columns])}; setting the current primary "
                "key columns to "
                f"{util.quoted_names([c.name for c in columns])}. This warning may become an "
                "exception in a future release",
            )
            for column in marked:
                column.primary_key = False
        for column in columns:
            column.primary_key = True
            if column._user_defined_nullable is None:
                column.nullable = False
            self._columns.add(column)
        if not self._pending_colargs:
            for column in marked:
                self._columns.add(column)
        Constraint._set_parent(self, parent)

    def _replace(self, column: Any) -> None:
        """A column of the primary key was added to the table."""
        self._columns.add(column)
        self.__dict__.pop("_autoincrement", None)
        # a name of a convention is of the columns that there are
        self.name = self._given_name
        self._name(self.parent)

    def _reload(self, columns: Iterable[Any]) -> None:
        """Make these columns, already in the table, the primary key."""
        self._init_columns([], False)
        for column in columns:
            column.primary_key = True
            self._columns.add(column)
        self.__dict__.pop("_autoincrement", None)

    @property
    def columns_autoinc_first(self) -> list[Any]:
        """The columns, the one that the database numbers first."""
        autoincrement = self._autoincrement_column
        if autoincrement is None:
            return list(self.columns)
        return [autoincrement, *(c for c in self.columns if c is not autoincrement)]

    @property
    def _columns_in_order(self) -> list[Any]:
        """The columns as they are written: those of a constraint of the program's own stay in
        its order."""
        return self.columns_autoinc_first if self._implicit_generated else list(self.columns)

    @property
    def _autoincrement_column(self) -> Any:
        if "_autoincrement" not in self.__dict__:
            self._autoincrement = self._find_autoincrement()
        return self._autoincrement

    def _find_autoincrement(self) -> Any:
        columns = list(self.columns)
        if len(columns) == 1:
            column = columns[0]
            if column.autoincrement is True:
                self._check_autoincrement(column, True)
                return column
            if column.autoincrement in ("auto", "ignore_fk") and self._check_autoincrement(
                column, False
            ):
                return column
            return None
        found = None
        for column in columns:
            if column.autoincrement is True:
                self._check_autoincrement(column, True)
                if found is not None:
                    raise exc.ArgumentError(
                        "Only one Column may be marked autoincrement=True, found both "
                        f"{column.name} and {found.name}."
                    )
                found = column
        return found

    def _check_autoincrement(self, column: Any, explicit: bool) -> bool:
        from .sqltypes import Integer, Numeric

        if not issubclass(column.type._type_affinity, (Integer, Numeric)):
            if explicit:
                raise exc.ArgumentError(
                    f"Column type {column.type} on column '{column}' is not compatible with "
                    "autoincrement=True"
                )
            return False
        if not isinstance(column.default, (type(None), _sequence_class())) and not explicit:
            return False
        if (
            column.server_default is not None
            and not column.server_default.is_identity
            and not explicit
        ):
            return False
        return not (column.foreign_keys and column.autoincrement not in (True, "ignore_fk"))

    def _copy(self, *, target_table: Any = None, **kw: Any) -> Any:
        new = PrimaryKeyConstraint(
            *self.columns.keys(),
            **self._kwargs(),
            _implicit_generated=self._implicit_generated,
        )
        return self._schema_item_copy(new)


def _sequence_class() -> Any:
    from .schema_defaults import Sequence as SequenceDefault

    return SequenceDefault


class UniqueConstraint(ColumnCollectionConstraint):
    """UNIQUE."""

    __visit_name__ = "unique_constraint"


class Index(DialectKWArgs, ColumnCollectionMixin, HasConditionalDDL, SchemaItem):
    """An index over columns or expressions.

    name: str; None lets the naming convention make one. expressions: columns, their names, or other
    expressions. unique: bool; quote: whether the name is quoted; info: a dict for the program;
    dialect_kw: ``<dialect>_<name>``, as postgresql_where.
    """

    __visit_name__ = "index"
    table: Table | None = None
    parent: Any = None
    _creation_order = 0

    def __init__(
        self,
        name: Any,
        *expressions: Any,
        unique: bool = False,
        quote: bool | None = None,
        info: dict[Any, Any] | None = None,
        _table: Any = None,
        _column_flag: bool = False,
        **dialect_kw: Any,
    ) -> None:
        """`name`: None lets the naming convention make one."""
        self.name = quoted(name, quote)
        self.unique = unique
        self._column_flag = _column_flag
        if info is not None:
            self.info = info
        creation_order(self)
        self._validate_dialect_kwargs(dialect_kw)
        self._given = [_column_argument(expression) for expression in expressions]
        self.expressions: list[Any] = list(self._given)
        columns = [_first_column(expression) for expression in self._given]
        self._init_columns([column for column in columns if column is not None], False)
        if _table is not None:
            _table._attach_item(self)
        elif columns:
            self._attach_when_possible()

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        if self.table is not None and parent is not self.table:
            raise exc.ArgumentError(
                f"Index '{self.name}' is against table '{self.table.description}', and cannot be "
                f"associated with table '{parent.description}'."
            )
        columns = self._resolve_columns(parent)
        for column in columns:
            if column.table is not None and column.table is not parent:
                raise exc.ArgumentError(
                    f"Column(s) '{column}' are not part of table '{parent.description}'."
                )
        self.table = self.parent = parent
        for column in columns:
            self._columns.add(column)
        self.expressions = [
            parent.c[given] if isinstance(given, str) else given for given in self._given
        ]
        self.name = name_by_convention(self, parent)
        parent.indexes.add(self)

    @property
    def bind(self) -> Any:
        """None: an engine is given to create() and drop()."""
        return None

    def create(self, bind: Any, checkfirst: bool = False) -> None:
        """CREATE INDEX, by the Engine or Connection bind; checkfirst: if it is not there."""
        from .ddl import SchemaGenerator

        bind._run_ddl_visitor(SchemaGenerator, self, checkfirst=checkfirst)

    def drop(self, bind: Any, checkfirst: bool = False) -> None:
        """DROP INDEX, by the Engine or Connection bind; checkfirst: if it is there."""
        from .ddl import SchemaDropper

        bind._run_ddl_visitor(SchemaDropper, self, checkfirst=checkfirst)

    def _copy_to(self, table: Any) -> Index:
        """The same index on a copy of the table."""
        assert self.table is not None
        new = Index(
            self.name,
            *[
                table.c[e.key]
                if isinstance(e, ColumnClause) and e.table is self.table
                else _onto_table(e, self.table, table)
                for e in self.expressions
            ],
            unique=self.unique,
            _table=table,
            **self.dialect_kwargs,
        )
        return self._schema_item_copy(new)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        expressions = self.expressions or self._given
        parts = [repr(self.name), *map(repr, expressions)]
        if self.unique:
            parts.append("unique=True")
        return f"Index({', '.join(parts)})"


def _first_column(element: Any) -> Any:
    """The column, or its name, that an element of an index or a constraint goes by; None if it
    has none."""
    from .visitors import iterate

    if isinstance(element, str):
        return element
    return next((e for e in iterate(element) if isinstance(e, ColumnClause)), None)
