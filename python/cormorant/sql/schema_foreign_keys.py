"""Foreign keys: of one column, and of several as a constraint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import exc
from .elements import ColumnClause
from .schema_base import RETAIN_SCHEMA, DialectKWArgs, SchemaItem, copy_is_deprecated
from .schema_constraints import ColumnCollectionConstraint, Constraint

if TYPE_CHECKING:
    from .schema import Column, Table


class ForeignKey(DialectKWArgs, SchemaItem):
    """A column's reference to another one; makes a ForeignKeyConstraint of one column.

    column: a Column, or ``"table.column"`` / ``"schema.table.column"``, which is found when it is
    first needed: exc.NoReferencedTableError, exc.NoReferencedColumnError. name: of the constraint;
    ondelete, onupdate: "CASCADE", "SET NULL" …; deferrable, initially, match: its SQL; use_alter:
    add it by ALTER TABLE; link_to_name: the string has the column's name, not its key; comment,
    info, dialect_kw: as for Column.
    """

    __visit_name__ = "foreign_key"
    parent: Column[Any] | None = None

    def __init__(
        self,
        column: Any,
        _constraint: ForeignKeyConstraint | None = None,
        use_alter: bool = False,
        name: str | None = None,
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        link_to_name: bool = False,
        match: str | None = None,
        info: dict[Any, Any] | None = None,
        comment: str | None = None,
        _unresolvable: bool = False,
        **dialect_kw: Any,
    ) -> None:
        """`column`: a Column, or ``"table.column"`` / ``"schema.table.column"``."""
        if not isinstance(column, (str, ColumnClause)):
            element = getattr(column, "__clause_element__", None)
            found = element() if element is not None else None
            if not isinstance(found, ColumnClause):
                raise exc.ArgumentError(
                    "String column name or Column object for DDL foreign key constraint "
                    f"expected, got {column!r}."
                )
            column = found
        if isinstance(column, ColumnClause):
            column = column._deannotate()
            if column.table is not None and not column.table._is_table:
                raise exc.ArgumentError(
                    f"ForeignKey received Column not bound to a Table, got: {column.table!r}"
                )
        self._colspec: Any = column
        self._resolved: Column[Any] | None = None
        self.constraint = _constraint
        self.use_alter = use_alter
        self.name = name
        self.onupdate = onupdate
        self.ondelete = ondelete
        self.deferrable = deferrable
        self.initially = initially
        self.link_to_name = link_to_name
        self.match = match
        self.comment = comment
        if info:
            self.info = info
        self._unvalidated_dialect_kw = dialect_kw

    @property
    def _table_column(self) -> Any:
        return None if isinstance(self._colspec, str) else self._colspec

    def _copy(self, *, schema: Any = None, **kw: Any) -> ForeignKey:
        new = ForeignKey(
            self._get_colspec(schema=schema),
            use_alter=self.use_alter,
            name=self.name,
            onupdate=self.onupdate,
            ondelete=self.ondelete,
            deferrable=self.deferrable,
            initially=self.initially,
            link_to_name=self.link_to_name,
            match=self.match,
            comment=self.comment,
            **self._unvalidated_dialect_kw,
        )
        return self._schema_item_copy(new)  # type: ignore[no-any-return]

    def copy(self, *, schema: str | None = None, **kw: Any) -> ForeignKey:
        """A foreign key of the same target and options."""
        copy_is_deprecated("ForeignKey")
        return self._copy(schema=schema, **kw)

    def _get_colspec(
        self, schema: Any = None, table_name: str | None = None, _is_copy: bool = False
    ) -> Any:
        """The target as a string, in another schema if that is wanted."""
        if schema not in (None, RETAIN_SCHEMA):
            _, table, column = self._column_tokens
            if table_name is not None:
                table = table_name
            target = table if column is None else f"{table}.{column}"
            return target if not isinstance(schema, str) else f"{schema}.{target}"
        if table_name:
            own_schema, _, column = self._column_tokens
            target = table_name if column is None else f"{table_name}.{column}"
            return f"{own_schema}.{target}" if own_schema else target
        spec = self._colspec
        if isinstance(spec, str):
            return spec
        table = spec.table
        return spec.key if table is None else f"{table.fullname}.{spec.key}"

    @property
    def target_fullname(self) -> str:
        """The target as a string."""
        return self._get_colspec()  # type: ignore[no-any-return]

    @property
    def _column_tokens(self) -> tuple[str | None, str, str | None]:
        """(schema, table, column) of the target."""
        spec = self._get_colspec()
        parts = spec.split(".")
        if len(parts) == 1:
            return None, parts[0], None
        schema = ".".join(parts[:-2]) if len(parts) > 2 else None
        return schema, parts[-2], parts[-1]

    def _table_key(self) -> Any:
        """The key of the target's table in its MetaData."""
        column = self._table_column
        if column is not None:
            return None if column.table is None else column.table.key
        schema, table, _ = self._column_tokens
        if schema is None and self.parent is not None and self.parent.table is not None:
            schema = self.parent.table.metadata.schema
        return f"{schema}.{table}" if schema else table

    def references(self, table: Any) -> bool:
        """Whether the target is a column of `table`."""
        return table.corresponding_column(self.column) is not None

    def get_referent(self, table: Any) -> Any:
        """The column of `table` (or of an alias of it) that is the target, or None."""
        return table.columns.corresponding_column(self.column)

    @property
    def column(self) -> Column[Any]:
        """The target. exc.NoReferencedTableError, exc.NoReferencedColumnError."""
        found = self._resolved
        if found is None:
            found = self._resolved = self._resolve()
        return found

    def _resolve(self) -> Any:
        if not isinstance(self._colspec, str):
            return self._colspec
        parent = self.parent
        if parent is None:
            raise exc.InvalidRequestError(
                "this ForeignKey object does not yet have a parent Column associated with it."
            )
        if parent.table is None:
            raise exc.InvalidRequestError(
                "this ForeignKey's parent column is not yet associated with a Table."
            )
        _, table_name, name = self._column_tokens
        table = parent.table.metadata.tables.get(self._table_key())
        if table is None:
            raise exc.NoReferencedTableError(
                f"Foreign key associated with column '{parent}' could not find table "
                f"'{self._table_key()}' with which to generate a foreign key to target column "
                f"'{name if name is not None else parent.key}'",
                self._table_key(),
            )
        column = self._find_column(table)
        if column is None:
            raise exc.NoReferencedColumnError(
                f"Could not initialize target column for ForeignKey '{self._colspec}' on table "
                f"'{parent.table.name}': table '{table.name}' has no column named "
                f"'{parent.key if name is None else name}'",
                table_name,
                str(name),
            )
        return column

    def _find_column(self, table: Any) -> Any:
        assert self.parent is not None
        name = self._column_tokens[2]
        if name is None:
            # only a table was named: its column of our own name
            return table.c.get(self.parent.key)
        if self.link_to_name:
            for column in table.c:
                if column.name == name:
                    return column
            return None
        return table.c.get(name)

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        if self.parent is not None and self.parent is not parent:
            raise exc.InvalidRequestError("This ForeignKey already has a parent !")
        self.parent = parent
        parent.foreign_keys.add(self)
        parent._on_table_attach(self._set_table)

    def _set_table(self, column: Any, table: Any) -> None:
        """The column is in a table: make the constraint, look for the target."""
        if self.constraint is None:
            constraint = ForeignKeyConstraint(
                [],
                [],
                use_alter=self.use_alter,
                name=self.name,
                onupdate=self.onupdate,
                ondelete=self.ondelete,
                deferrable=self.deferrable,
                initially=self.initially,
                match=self.match,
                comment=self.comment,
                **self._unvalidated_dialect_kw,
            )
            self.constraint = constraint
            constraint.elements.append(self)
            constraint._columns.add(column)
            constraint._set_parent_with_dispatch(table)
        self._infer_type(column, table)

    def _infer_type(self, column: Any, table: Any) -> None:
        """A column without a type has that of its target, as soon as it is known."""
        if not column.type._isnull:
            return
        if not isinstance(self._colspec, str):
            self._take_type(self._colspec)
            return
        target = table.metadata.tables.get(self._table_key())
        found = None if target is None else self._find_column(target)
        if found is None:
            table.metadata._fk_waiting.setdefault(self._table_key(), []).append(self)
        else:
            self._take_type(found)

    def _take_type(self, target: Any) -> None:
        column = self.parent
        assert column is not None
        if not column.type._isnull:
            return
        if target.type._isnull:
            target._type_waiting.append(self)
            return
        column._take_type(target.type)

    def __repr__(self) -> str:
        return f"ForeignKey({self._get_colspec()!r})"


class ForeignKeyConstraint(ColumnCollectionConstraint):
    """FOREIGN KEY, of one or more columns."""

    __visit_name__ = "foreign_key_constraint"

    def __init__(
        self,
        columns: Any,
        refcolumns: Any,
        name: Any = None,
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        use_alter: bool = False,
        link_to_name: bool = False,
        match: str | None = None,
        table: Any = None,
        info: dict[Any, Any] | None = None,
        comment: str | None = None,
        **dialect_kw: Any,
    ) -> None:
        """`columns`: of the table; `refcolumns`: their targets; as for ForeignKey."""
        Constraint.__init__(
            self,
            name=name,
            deferrable=deferrable,
            initially=initially,
            info=info,
            comment=comment,
            **dialect_kw,
        )
        self.onupdate = onupdate
        self.ondelete = ondelete
        self.link_to_name = link_to_name
        self.use_alter = use_alter
        self.match = match
        self._column_flag = False
        if len(set(columns)) != len(refcolumns):
            if len(set(columns)) != len(columns):
                raise exc.ArgumentError(
                    "ForeignKeyConstraint with duplicate source column references are not "
                    "supported."
                )
            raise exc.ArgumentError(
                "ForeignKeyConstraint number of constrained columns must match the number of "
                "referenced columns."
            )
        self.elements = [
            ForeignKey(
                target,
                _constraint=self,
                onupdate=onupdate,
                ondelete=ondelete,
                use_alter=use_alter,
                link_to_name=link_to_name,
                match=match,
                deferrable=deferrable,
                initially=initially,
            )
            for target in refcolumns
        ]
        self._init_columns(columns, table is None)
        if table is not None:
            table._attach_item(self)

    @property
    def _elements(self) -> dict[str, ForeignKey]:
        return dict(zip(self.column_keys, self.elements, strict=True))

    @property
    def column_keys(self) -> Sequence[str]:
        """Keys of the constrained columns."""
        if self.parent is not None:
            return self.columns.keys()
        return [c.key if isinstance(c, ColumnClause) else str(c) for c in self._pending_colargs]

    @property
    def referred_table(self) -> Table:
        """The table that is referred to."""
        return self.elements[0].column.table  # type: ignore[no-any-return]

    @property
    def _referred_schema(self) -> str | None:
        for element in self.elements:
            return element._column_tokens[0]
        return None

    @property
    def _col_description(self) -> str:
        return ", ".join(self.column_keys)

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        self.parent = parent
        if not len(self.columns):
            for column in self._resolve_columns(parent):
                self._columns.add(column)
        columns = list(self.columns)
        self._check_one_target(parent)
        for column, element in zip(columns, self.elements, strict=True):
            if element.parent is None:
                element._set_parent_with_dispatch(column)
        Constraint._set_parent(self, parent)

    def _check_one_target(self, table: Any) -> None:
        names = {
            element._column_tokens[:2]
            if isinstance(element._colspec, str)
            else (
                element._colspec.table.schema if element._colspec.table is not None else None,
                element._colspec.table.name if element._colspec.table is not None else None,
            )
            for element in self.elements
        }
        if None in names or len(names) <= 1:
            return
        first, second = sorted(str(name) for _, name in names)[:2]
        raise exc.ArgumentError(
            f"ForeignKeyConstraint on {table.fullname}({self._col_description}) refers to "
            f"multiple remote tables: {first} and {second}"
        )

    def copy(
        self, *, schema: str | None = None, target_table: Any = None, **kw: Any
    ) -> ForeignKeyConstraint:
        """A constraint of the same columns and options, with its targets in `schema`."""
        copy_is_deprecated("ForeignKeyConstraint")
        made: ForeignKeyConstraint = self._copy(schema=schema, target_table=target_table, **kw)
        return made

    def _copy(self, *, schema: Any = None, target_table: Any = None, **kw: Any) -> Any:
        same_table = target_table is not None
        new = ForeignKeyConstraint(
            list(self.column_keys),
            [
                element._get_colspec(
                    schema=schema,
                    table_name=target_table.name
                    if same_table and element._table_key() == self.parent.key
                    else None,
                )
                for element in self.elements
            ],
            name=self.name,
            onupdate=self.onupdate,
            ondelete=self.ondelete,
            use_alter=self.use_alter,
            deferrable=self.deferrable,
            initially=self.initially,
            link_to_name=self.link_to_name,
            match=self.match,
            comment=self.comment,
            **self.dialect_kwargs,
        )
        for own, other in zip(self.elements, new.elements, strict=True):
            own._schema_item_copy(other)
        return self._schema_item_copy(new)

    def __repr__(self) -> str:
        targets = [element._get_colspec() for element in self.elements]
        options = {
            "name": self.name,
            "onupdate": self.onupdate,
            "ondelete": self.ondelete,
            "deferrable": self.deferrable,
            "initially": self.initially,
            "use_alter": self.use_alter or None,
            "match": self.match,
        }
        given = [f", {key}={value!r}" for key, value in options.items() if value is not None]
        return f"ForeignKeyConstraint({list(self.column_keys)!r}, {targets!r}{''.join(given)})"
