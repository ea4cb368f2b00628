"""Tables and columns: what a database looks like, as Python objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableSet
from typing import TYPE_CHECKING, Any

from .. import exc, util
from ..inspection import _self_inspects
from .column_collections import ColumnCollection
from .column_element import quoted_name as quoted_name
from .fromclause import TableClause
from .schema_base import (
    BLANK_SCHEMA,
    NULL_UNSPECIFIED,
    RETAIN_SCHEMA,
    DialectKWArgs,
    HasConditionalDDL,
    SchemaConst,
    SchemaEventTarget,
    SchemaItem,
    SchemaVisitable,
    conv,
    quoted,
)
from .schema_column import Column, insert_sentinel
from .schema_constraints import (
    CheckConstraint,
    ColumnCollectionConstraint,
    ColumnCollectionMixin,
    Constraint,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
)
from .schema_defaults import (
    CallableColumnDefault,
    ColumnDefault,
    ColumnElementColumnDefault,
    Computed,
    DefaultClause,
    DefaultGenerator,
    FetchedValue,
    Identity,
    IdentityOptions,
    ScalarElementColumnDefault,
    Sequence,
)
from .schema_defaults import _InsertSentinelColumnDefault as _InsertSentinelColumnDefault
from .schema_foreign_keys import ForeignKey, ForeignKeyConstraint

if TYPE_CHECKING:
    from .column_collections import ReadOnlyColumnCollection

__all__ = [
    "BLANK_SCHEMA",
    "NULL_UNSPECIFIED",
    "RETAIN_SCHEMA",
    "CallableColumnDefault",
    "CheckConstraint",
    "Column",
    "ColumnCollectionConstraint",
    "ColumnCollectionMixin",
    "ColumnDefault",
    "ColumnElementColumnDefault",
    "Computed",
    "Constraint",
    "DefaultClause",
    "DefaultGenerator",
    "DialectKWArgs",
    "FetchedValue",
    "ForeignKey",
    "ForeignKeyConstraint",
    "HasConditionalDDL",
    "Identity",
    "IdentityOptions",
    "Index",
    "MetaData",
    "PrimaryKeyConstraint",
    "ScalarElementColumnDefault",
    "SchemaConst",
    "SchemaEventTarget",
    "SchemaItem",
    "SchemaVisitable",
    "Sequence",
    "Table",
    "UniqueConstraint",
    "conv",
    "insert_sentinel",
]


def _table_name(name: Any) -> str:
    """The name that an object stands for which is given for one, as a Table does for its own."""
    return name if isinstance(name, str) else quoted_name(name)


def _get_table_key(name: str, schema: Any) -> str:
    return name if schema is None else f"{schema}.{name}"


class _OrderedItems(MutableSet[Any]):
    """A set of items in the order they were added."""

    __slots__ = ("_items",)

    def __init__(self, items: Iterable[Any] = ()) -> None:
        self._items: dict[Any, None] = dict.fromkeys(items)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return super().__reduce_ex__(max(protocol, 2))  # older ones do not know of slots

    @classmethod
    def _from_iterable(cls, it: Iterable[Any]) -> Any:
        return set(it)

    def __contains__(self, item: object) -> bool:
        return item in self._items

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def add(self, value: Any) -> None:
        self._items[value] = None

    def discard(self, value: Any) -> None:
        self._items.pop(value, None)

    def update(self, items: Iterable[Any]) -> None:
        self._items.update(dict.fromkeys(items))

    def copy(self) -> _OrderedItems:
        return _OrderedItems(self)

    def issubset(self, other: Iterable[Any]) -> bool:
        return set(self).issubset(other)

    def issuperset(self, other: Iterable[Any]) -> bool:
        return set(self).issuperset(other)

    def difference_update(self, *others: Iterable[Any]) -> None:
        for other in others:
            for item in list(other):
                self.discard(item)

    def difference(self, *others: Iterable[Any]) -> set[Any]:
        return set(self).difference(*others)

    def union(self, *others: Iterable[Any]) -> set[Any]:
        return set(self).union(*others)

    def intersection(self, *others: Iterable[Any]) -> set[Any]:
        return set(self).intersection(*others)

    def __repr__(self) -> str:
        return "{" + ", ".join(map(repr, self)) + "}" if self else "set()"


@_self_inspects
class Table(DialectKWArgs, HasConditionalDDL, SchemaItem, TableClause):
    """A table of a MetaData. The same name gives the same table.

    ``Table("users", metadata, Column("id", Integer, primary_key=True))``

    * args: columns, constraints, indexes; schema: where it is, BLANK_SCHEMA for none at all
    * autoload_with: an Engine or Connection from which to read it, of which include_columns and
      resolve_fks say what, and autoload_replace whether columns given here go before
    * keep_existing, extend_existing: leave or change one of that name that is there
    * quote, quote_schema: whether names are quoted; prefixes: words after CREATE
    * implicit_returning: False forbids RETURNING for generated keys
    * comment, info, listeners; kw: ``<dialect>_<name>``

    Raises exc.InvalidRequestError if it is there with other columns, exc.NoSuchTableError if there
    is none to read.
    """

    __visit_name__ = "table"
    _schema_object = True
    _use_schema_map = True

    metadata: MetaData
    primary_key: Any = None
    constraints: Any
    indexes: Any
    schema: str | None

    if TYPE_CHECKING:
        # a collection is invariant, but nothing else can get into it
        @property
        def c(self) -> ReadOnlyColumnCollection[Column[Any]]: ...  # type: ignore[override]
        @property
        def columns(self) -> ReadOnlyColumnCollection[Column[Any]]: ...  # type: ignore[override]

    def __new__(cls, *args: Any, **kw: Any) -> Any:
        if not args and not kw:
            # unpickling
            return object.__new__(cls)
        try:
            name, metadata, items = _table_name(args[0]), args[1], args[2:]
        except IndexError:
            raise TypeError(
                "Table() takes at least two positional-only arguments 'name' and 'metadata'"
            ) from None
        schema = kw.get("schema")
        if schema is None:
            schema = metadata.schema
        elif schema is BLANK_SCHEMA:
            schema = None
        keep_existing = kw.get("keep_existing", False)
        extend_existing = kw.get("extend_existing", False)
        if keep_existing and extend_existing:
            raise exc.ArgumentError("keep_existing and extend_existing are mutually exclusive.")
        must_exist = kw.pop("must_exist", False)
        if "mustexist" in kw:
            util.warn_deprecated("Deprecated alias of Table.must_exist", version="1.4")
            must_exist = kw.pop("mustexist") or must_exist
        key = _get_table_key(name, schema)
        existing = metadata.tables.get(key)
        if existing is not None:
            if not keep_existing and not extend_existing and items:
                raise exc.InvalidRequestError(
                    f"Table '{key}' is already defined for this MetaData instance.  Specify "
                    "'extend_existing=True' to redefine options and columns on an existing "
                    "Table object."
                )
            if extend_existing:
                kw.pop("extend_existing")
                existing._init_existing(*items, **kw)
            return existing
        if must_exist:
            raise exc.InvalidRequestError(f"Table '{key}' not defined")
        table = object.__new__(cls)
        if SchemaEventTarget._attach_events:
            table.dispatch.before_parent_attach(table, metadata)
        metadata._add_table(key, table)
        try:
            for event_name, fn in kw.pop("listeners", None) or ():
                from ..event import listen

                listen(table, event_name, fn)
            table._set_up(name, metadata, *items, **kw)
            if SchemaEventTarget._attach_events:
                table.dispatch.after_parent_attach(table, metadata)
        except BaseException:
            metadata._remove_table(name, schema)
            raise
        metadata._table_added(key, table)
        return table

    def __init__(
        self,
        name: str,
        metadata: MetaData,
        *args: SchemaItem,
        schema: Any = None,
        quote: bool | None = None,
        quote_schema: bool | None = None,
        autoload_with: Any = None,
        autoload_replace: bool = True,
        keep_existing: bool = False,
        extend_existing: bool = False,
        resolve_fks: bool = True,
        include_columns: Any = None,
        implicit_returning: bool = True,
        comment: str | None = None,
        info: dict[Any, Any] | None = None,
        listeners: Any = None,
        prefixes: Any = None,
        _extend_on: Any = None,
        _no_init: bool = True,
        **kw: Any,
    ) -> None:
        """`args`: columns, constraints, indexes; `schema`: BLANK_SCHEMA for none at all."""
        # everything was done by __new__, which may have given a table that was there

    def _set_up(self, name: str, metadata: MetaData, *args: Any, **kw: Any) -> None:
        quote = kw.pop("quote", None)
        self.name = quoted(name, quote)
        self.metadata = metadata
        schema = kw.pop("schema", None)
        quote_schema = kw.pop("quote_schema", None)
        if schema is None:
            self.schema = metadata.schema
        elif schema is BLANK_SCHEMA:
            self.schema = None
        else:
            self.schema = quoted(schema, quote_schema)
        self.fullname = f"{self.schema}.{self.name}" if self.schema is not None else self.name
        self._columns = ColumnCollection()
        self.indexes = _OrderedItems()
        self.constraints = _OrderedItems()
        self._extra_dependencies: set[Table] = set()
        self.primary_key = PrimaryKeyConstraint(_implicit_generated=True)
        self.primary_key._set_parent_with_dispatch(self)
        self.implicit_returning = kw.pop("implicit_returning", True)
        self.comment = kw.pop("comment", None)
        info = kw.pop("info", None)
        if info is not None:
            self.info = info
        self._prefixes = list(kw.pop("prefixes", None) or ())
        autoload_with = kw.pop("autoload_with", None)
        autoload_replace = kw.pop("autoload_replace", True)
        include_columns = kw.pop("include_columns", None)
        resolve_fks = kw.pop("resolve_fks", True)
        replacing = autoload_with is not None
        for option in ("extend_existing", "keep_existing"):
            replacing = kw.pop(option, False) or replacing
        for option in ("_extend_on", "_no_init"):
            kw.pop(option, None)
        self._validate_dialect_kwargs(kw)
        if autoload_with is not None:
            self._autoload(
                autoload_with,
                include_columns,
                {c.name for c in args if isinstance(c, Column)} if autoload_replace else set(),
                resolve_fks,
            )
        self._init_items(*args, allow_replacements=replacing)

    def _init_existing(self, *args: Any, **kw: Any) -> None:
        autoload_with = kw.pop("autoload_with", None)
        autoload_replace = kw.pop("autoload_replace", True)
        include_columns = kw.pop("include_columns", None)
        resolve_fks = kw.pop("resolve_fks", True)
        quotes = kw.pop("quote", None), kw.pop("quote_schema", None)
        schema = kw.pop("schema", None)
        if schema is not None and schema is not BLANK_SCHEMA and schema != self.schema:
            raise exc.ArgumentError(
                f"Can't change schema of existing table from '{self.schema}' to '{schema}'"
            )
        if quotes != (None, None):
            raise exc.ArgumentError("Can't redefine 'quote' or 'quote_schema' arguments")
        if include_columns is not None:
            for column in list(self.c):
                if column.name not in include_columns:
                    self._columns.remove(column)
        for option in ("keep_existing", "listeners"):
            kw.pop(option, None)
        if "comment" in kw:
            self.comment = kw.pop("comment")
        if "info" in kw:
            self.info = kw.pop("info")
        if "implicit_returning" in kw:
            self.implicit_returning = kw.pop("implicit_returning")
        if autoload_with is not None:
            exclude = set() if autoload_replace else {c.name for c in self.c}
            self._autoload(autoload_with, include_columns, exclude, resolve_fks)
        self._validate_dialect_kwargs(kw)
        self._init_items(*args, allow_replacements=True)

    def _autoload(
        self, autoload_with: Any, include_columns: Any, exclude: set[str], resolve_fks: bool
    ) -> None:
        from ..inspection import inspect

        inspect(autoload_with).reflect_table(
            self,
            include_columns=include_columns,
            exclude_columns=exclude,
            resolve_fks=resolve_fks,
        )

    # --- what is in it ---

    @property
    def key(self) -> str:
        """The table's key in MetaData.tables."""
        return _get_table_key(self.name, self.schema)

    @property
    def foreign_keys(self) -> set[ForeignKey]:
        """The foreign keys of the columns."""
        return {fk for column in self._columns for fk in column.foreign_keys}

    @property
    def foreign_key_constraints(self) -> set[ForeignKeyConstraint]:
        """The foreign key constraints."""
        return {c for c in self.constraints if isinstance(c, ForeignKeyConstraint)}

    @property
    def _sorted_constraints(self) -> list[Constraint]:
        return sorted(self.constraints, key=lambda constraint: constraint._creation_order)

    @property
    def autoincrement_column(self) -> Column[Any] | None:
        """The column that the database numbers by itself, or None."""
        return self.primary_key._autoincrement_column  # type: ignore[no-any-return]

    _autoincrement_column = autoincrement_column

    @property
    def description(self) -> str:
        return self.name  # type: ignore[no-any-return]

    @property
    def entity_namespace(self) -> Any:
        if self._is_annotated:
            return super().entity_namespace
        return self.c

    # --- changes ---

    def append_column(self, column: Any, replace_existing: bool = False) -> None:
        """Add a column."""
        try:
            column._set_parent_with_dispatch(
                self, allow_replacements=replace_existing, all_names=self._names()
            )
        except exc.DuplicateColumnError as error:
            raise exc.DuplicateColumnError(
                f"{error.args[0]} Specify replace_existing=True to Table.append_column() to "
                "replace an existing column."
            ) from error

    def append_constraint(self, constraint: Any) -> None:
        """Add a constraint."""
        constraint._set_parent_with_dispatch(self)

    def add_is_dependent_on(self, table: Table) -> None:
        """Say that this table has to be created after another one."""
        self._extra_dependencies.add(table)

    def _attach_item(self, item: Any) -> None:
        item._set_parent_with_dispatch(self)

    def _names(self) -> dict[str, Any]:
        return {column.name: column for column in self._columns}

    def _init_items(self, *items: Any, **kw: Any) -> None:
        allow = kw.get("allow_replacements", False)
        names = self._names()
        for item in items:
            if item is None:
                continue
            if not isinstance(item, SchemaVisitable) or not isinstance(item, SchemaEventTarget):
                raise exc.ArgumentError(
                    "'SchemaItem' object, such as a 'Column' or a 'Constraint' expected, "
                    f"got {item!r}"
                )
            if isinstance(item, Column):
                item._set_parent_with_dispatch(self, allow_replacements=allow, all_names=names)
            elif isinstance(item, SchemaEventTarget):
                item._set_parent_with_dispatch(self)

    # --- DDL ---

    def _types(self, of_metadata: bool = False) -> list[Any]:
        """The types of columns that may be objects of the schema and are this table's own;
        `of_metadata`: or those of the whole metadata."""
        return [
            type_
            for type_ in self.metadata._types
            if (of_metadata or type_.metadata is None)
            and any([table is self for table, _ in getattr(type_, "_tables", ())])
        ]

    def create(self, bind: Any, checkfirst: bool = False) -> None:
        """CREATE TABLE, and the indexes."""
        from .ddl import SchemaGenerator

        bind._run_ddl_visitor(SchemaGenerator, self, checkfirst=checkfirst)

    def drop(self, bind: Any, checkfirst: bool = False) -> None:
        """DROP TABLE."""
        from .ddl import SchemaDropper

        bind._run_ddl_visitor(SchemaDropper, self, checkfirst=checkfirst)

    def exists(self, bind: Any) -> bool:
        """Whether the table is there."""
        from ..inspection import inspect

        return inspect(bind).has_table(self.name, schema=self.schema)  # type: ignore[no-any-return]

    # --- copies ---

    def to_metadata(
        self,
        metadata: MetaData,
        schema: Any = RETAIN_SCHEMA,
        referred_schema_fn: Callable[..., str | None] | None = None,
        name: str | None = None,
    ) -> Table:
        """A copy of the table in another MetaData."""
        if name is None:
            name = self.name
        if schema is RETAIN_SCHEMA:
            actual = self.schema
        elif schema is None:
            actual = metadata.schema
        else:
            actual = schema
        key = _get_table_key(name, actual)
        if key in metadata.tables:
            util.warn(
                f"Table '{self.description}' already exists within the given MetaData - not "
                "copying."
            )
            return metadata.tables[key]  # type: ignore[no-any-return]
        items: list[Any] = [column._copy(schema=actual) for column in self.columns]
        table: Table = Table(
            name,
            metadata,
            *items,
            schema=schema if actual is None and schema is BLANK_SCHEMA else actual,
            comment=self.comment,
            prefixes=self._prefixes,
            **self.dialect_kwargs,
        )
        for constraint in self._sorted_constraints:
            if isinstance(constraint, ForeignKeyConstraint):
                referred = constraint._referred_schema
                fk_schema: Any
                if referred_schema_fn is not None:
                    fk_schema = referred_schema_fn(self, actual, constraint, referred)
                else:
                    fk_schema = actual if referred == self.schema else None
                table.append_constraint(
                    constraint._copy(
                        schema=fk_schema, target_table=table if name != self.name else None
                    )
                )
            elif not constraint._type_bound:
                if isinstance(constraint, UniqueConstraint) and constraint._column_flag:
                    continue
                table.append_constraint(constraint._copy(schema=actual, target_table=table))
        for index in self.indexes:
            if not index._column_flag:
                index._copy_to(table)
        return self._schema_item_copy(table)  # type: ignore[no-any-return]

    def tometadata(
        self,
        metadata: MetaData,
        schema: Any = RETAIN_SCHEMA,
        referred_schema_fn: Callable[..., str | None] | None = None,
        name: str | None = None,
    ) -> Table:
        """As to_metadata(), whose name it was."""
        util.warn_deprecated(
            "Table.tometadata() is renamed to Table.to_metadata() (deprecated since: 1.4)",
            version="1.4",
        )
        return self.to_metadata(metadata, schema, referred_schema_fn, name)

    def __repr__(self) -> str:
        parts = [repr(self.name), repr(self.metadata), *map(repr, self.columns)]
        parts.append(f"schema={self.schema!r}")
        return f"Table({', '.join(parts)})"

    def __str__(self) -> str:
        return _get_table_key(self.description, self.schema)


DEFAULT_NAMING_CONVENTION: util.immutabledict[Any, Any] = util.immutabledict(
    {"ix": "ix_%(column_0_label)s"}
)


class MetaData(HasConditionalDDL, SchemaItem):
    """A collection of tables.

    schema: of tables that name none; quote_schema: whether it is quoted; naming_convention: dict of
    names of constraints by kind, as ``{"fk": "fk_%(table_name)s_%(column_0_name)s"}``; info: a dict
    for the program.
    """

    __visit_name__ = "metadata"
    tables: util.FacadeDict

    def __init__(
        self,
        schema: str | None = None,
        quote_schema: bool | None = None,
        naming_convention: Mapping[Any, Any] | None = None,
        info: dict[Any, Any] | None = None,
    ) -> None:
        """`schema`: of tables that name none; `naming_convention`: for constraints."""
        if schema is not None and not isinstance(schema, str):
            raise exc.ArgumentError(f"expected schema argument to be a string, got {type(schema)}.")
        self.tables = util.FacadeDict()
        self.schema = quoted(schema, quote_schema)
        self.naming_convention: Any = (
            util.immutabledict(naming_convention)
            if naming_convention
            else DEFAULT_NAMING_CONVENTION
        )
        if info:
            self.info = info
        self._schemas: set[str] = set()
        self._sequences: dict[str, Any] = {}
        self._types: list[Any] = []
        """Types that may be objects of the schema (Enum), in order of their appearance."""
        self._fk_waiting: dict[str, list[ForeignKey]] = {}

    def __contains__(self, table_or_key: object) -> bool:
        if not isinstance(table_or_key, str):
            table_or_key = table_or_key.key  # type: ignore[attr-defined]
        return table_or_key in self.tables

    def _add_table(self, key: str, table: Table) -> None:
        self.tables._insert_item(key, table)

    def _table_added(self, key: str, table: Table) -> None:
        """The table is complete: columns that were waiting for it find their types."""
        if table.schema:
            self._schemas.add(table.schema)
        if self._fk_waiting:
            self._give_types(table)

    def _give_types(self, table: Table) -> None:
        """The table has columns that others, which refer to them, may have waited for."""
        left = []
        for fk in self._fk_waiting.pop(table.key, ()):
            found = None if fk.parent is None else fk._find_column(table)
            if found is None:
                left.append(fk)
            else:
                fk._take_type(found)
        if left:
            self._fk_waiting[table.key] = left

    def _remove_table(self, name: str, schema: Any) -> None:
        key = _get_table_key(name, schema)
        removed = self.tables._remove_item(key)
        if removed is not None:
            for waiting in self._fk_waiting.values():
                waiting[:] = [
                    fk for fk in waiting if fk.parent is None or fk.parent.table is not removed
                ]
        if self._schemas:
            self._schemas = {t.schema for t in self.tables.values() if t.schema is not None}

    def remove(self, table: Table) -> None:
        """Take a table out."""
        self._remove_table(table.name, table.schema)

    def clear(self) -> None:
        """Take every table out."""
        self.tables._clear()
        self._schemas.clear()
        self._fk_waiting.clear()

    @property
    def sorted_tables(self) -> list[Table]:
        """The tables, referred ones before those that refer to them."""
        from .ddl import sort_tables

        return sort_tables(sorted(self.tables.values(), key=lambda table: table.key))

    def create_all(self, bind: Any, tables: Any = None, checkfirst: bool = True) -> None:
        """Create the tables that are not there.

        bind: Engine or Connection; tables: only these; checkfirst: False creates them in any case.
        """
        from .ddl import SchemaGenerator

        bind._run_ddl_visitor(SchemaGenerator, self, checkfirst=checkfirst, tables=tables)

    def drop_all(self, bind: Any, tables: Any = None, checkfirst: bool = True) -> None:
        """Drop the tables that are there.

        bind: Engine or Connection; tables: only these; checkfirst: False drops them in any case.
        """
        from .ddl import SchemaDropper

        bind._run_ddl_visitor(SchemaDropper, self, checkfirst=checkfirst, tables=tables)

    def reflect(
        self,
        bind: Any,
        schema: str | None = None,
        views: bool = False,
        only: Any = None,
        extend_existing: bool = False,
        autoload_replace: bool = True,
        resolve_fks: bool = True,
        **dialect_kwargs: Any,
    ) -> None:
        """Load the definitions of tables from the database."""
        from ..inspection import inspect

        inspector = inspect(bind)
        if schema is None:
            schema = self.schema
        with inspector._holding():
            self._reflect(
                inspector,
                schema,
                views,
                only,
                extend_existing,
                {
                    "autoload_replace": autoload_replace,
                    "resolve_fks": resolve_fks,
                    **dialect_kwargs,
                },
            )

    def _reflect(
        self,
        inspector: Any,
        schema: str | None,
        views: bool,
        only: Any,
        extend_existing: bool,
        options: dict[str, Any],
    ) -> None:
        names = inspector.get_table_names(schema)
        if views:
            names = [*names, *inspector.get_view_names(schema)]
            if hasattr(inspector.dialect.reflector, "get_materialized_view_names"):
                names += inspector.get_materialized_view_names(schema)
        if only is None:
            wanted = names
        elif callable(only):
            wanted = [name for name in names if only(name, self)]
        else:
            missing = [name for name in only if name not in names]
            if missing:
                where = f" schema '{schema}'" if schema else ""
                raise exc.InvalidRequestError(
                    f"Could not reflect: requested table(s) not available in "
                    f"{inspector.engine!r}{where}: ({', '.join(missing)})"
                )
            wanted = list(only)
        inspector._read_ahead(wanted, schema)
        before = set(self.tables)
        for name in wanted:
            key = _get_table_key(name, schema)
            # what a foreign key led to has been read
            if key in self.tables and not (extend_existing and key in before):
                continue
            try:
                Table(
                    name,
                    self,
                    schema=schema,
                    autoload_with=inspector,
                    extend_existing=extend_existing,
                    **options,
                )
            except exc.UnreflectableTableError as error:
                util.warn(f"Skipping table {name}: {error}")

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        state["tables"] = dict(self.tables)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        tables = state.pop("tables")
        self.__dict__.update(state)
        self.tables = util.FacadeDict(tables)

    def __repr__(self) -> str:
        return "MetaData()"


# where programs know them from
for _cls in (CheckConstraint, Column, ColumnCollectionConstraint, Constraint, ForeignKey,
             ForeignKeyConstraint, Index, PrimaryKeyConstraint, UniqueConstraint):  # fmt: skip
    _cls.__module__ = __name__
