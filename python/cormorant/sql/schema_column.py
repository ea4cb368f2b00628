"""Columns of tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .. import exc, util
from .base import next_serial
from .elements import ColumnClause, quoted_name
from .schema_base import (
    NO_ARG,
    NULL_UNSPECIFIED,
    DialectKWArgs,
    SchemaItem,
    copy_is_deprecated,
    creation_order,
)
from .schema_constraints import Constraint, Index, UniqueConstraint
from .schema_defaults import (
    ColumnDefault,
    Computed,
    DefaultClause,
    FetchedValue,
    Identity,
    Sequence,
)
from .schema_foreign_keys import ForeignKey
from .sqltypes import NULLTYPE, to_instance

if TYPE_CHECKING:
    from .type_api import TypeArgument

_T = TypeVar("_T")


class Column(DialectKWArgs, SchemaItem, ColumnClause[_T], Generic[_T]):
    """A column of a table.

    ``Column("name", String(50), ForeignKey(…), nullable=False)``: name, type and what else belongs
    to it, of which name and type can be left out.

    * name, type_: as keywords; key: its name in Python; quote: whether its name is quoted
    * primary_key, nullable, unique, index: bool; autoincrement: "auto", True, False, "ignore_fk"
    * default, insert_default, onupdate: a Python value, function, SQL or Sequence for rows that
      give none; server_default: DEFAULT, str or SQL; server_onupdate: FetchedValue
    * comment: of the database; doc, info: for the program
    * system: it is not created; insert_sentinel: it tells rows of many apart
    * dialect_kwargs: ``<dialect>_<name>``

    Raises exc.ArgumentError for arguments that do not go together.
    """

    __visit_name__ = "column"

    computed: Any = None
    identity: Any = None
    _is_annotated = False
    _omit_from_statements = False
    insert_sentinel = False
    _insert_sentinel = False
    _type_to_attach: Any
    """The type whose constraint or object of the database the table gets: not one that the
    program assigned to `type` since."""

    def __init__(
        self,
        __name_pos: str | TypeArgument[_T] | SchemaItem | None = None,
        __type_pos: TypeArgument[_T] | SchemaItem | None = None,
        *args: Any,
        name: str | None = None,
        type_: TypeArgument[_T] | None = None,
        autoincrement: Any = "auto",
        default: Any = NO_ARG,
        insert_default: Any = NO_ARG,
        doc: str | None = None,
        key: str | None = None,
        index: bool | None = None,
        unique: bool | None = None,
        info: dict[Any, Any] | None = None,
        nullable: Any = NULL_UNSPECIFIED,
        onupdate: Any = None,
        primary_key: bool = False,
        server_default: Any = None,
        server_onupdate: Any = None,
        quote: bool | None = None,
        system: bool = False,
        comment: str | None = None,
        insert_sentinel: bool = False,
        _omit_from_statements: bool = False,
        _proxies: Any = None,
        **dialect_kwargs: Any,
    ) -> None:
        """`Column("name", Type, ForeignKey(…), …)`; name and type can be left out.

        `default`, `onupdate`: Python value, function or SQL; `server_default`: DDL DEFAULT.
        """
        items: list[Any] = [__name_pos, __type_pos, *args]
        if items and (items[0] is None or isinstance(items[0], str)):
            given = items.pop(0)
            if given is not None:
                if name is not None:
                    raise exc.ArgumentError("May not pass name positionally and as a keyword.")
                name = given
        if items and _is_type(items[0]):
            given = items.pop(0)
            if type_ is not None:
                raise exc.ArgumentError("May not pass type_ positionally and as a keyword.")
            type_ = given
        if name is not None:
            name = quoted_name(name, quote) if quote is not None else name
        elif quote is not None:
            raise exc.ArgumentError("Explicit 'name' is required when sending 'quote' argument")
        self.name = name
        self.key = key if key is not None else name
        self.type = self._type_to_attach = NULLTYPE if type_ is None else to_instance(type_)
        self.table = None
        self.primary_key = primary_key
        if nullable is NULL_UNSPECIFIED:
            self._user_defined_nullable: bool | None = None
            self.nullable = not primary_key
        else:
            self._user_defined_nullable = nullable
            self.nullable = nullable
        self.index = index
        self.unique = unique
        self.system = system
        self.doc = doc
        self.autoincrement = autoincrement
        self.comment = comment
        self.constraints: set[Constraint] = set()
        self.foreign_keys: set[ForeignKey] = set()
        self.default = None
        self.onupdate = None
        self.server_default = None
        self.server_onupdate = None
        self._attach_hooks: list[Callable[[Any, Any], None]] = []
        self._type_waiting: list[ForeignKey] = []
        if insert_sentinel:
            self.insert_sentinel = self._insert_sentinel = True
        if _omit_from_statements:
            self._omit_from_statements = True
        creation_order(self)
        if info is not None:
            self.info = info

        children: list[Any] = []
        if insert_default is not NO_ARG:
            default = insert_default
        if default is not NO_ARG and default is not None:
            if not isinstance(default, (ColumnDefault, Sequence)):
                default = ColumnDefault(default)
            children.append(default)
        if onupdate is not None:
            if not isinstance(onupdate, (ColumnDefault, Sequence)):
                onupdate = ColumnDefault(onupdate, for_update=True)
            children.append(onupdate)
        if server_default is not None:
            if isinstance(server_default, FetchedValue):
                children.append(server_default._as_for_update(False))
            else:
                children.append(DefaultClause(server_default))
        if server_onupdate is not None:
            if isinstance(server_onupdate, FetchedValue):
                children.append(server_onupdate._as_for_update(True))
            else:
                children.append(DefaultClause(server_onupdate, for_update=True))
        if dialect_kwargs:
            self._validate_dialect_kwargs(dialect_kwargs)
        # defaults first: computed and identity columns check that there are none
        self._init_items(*children, *items)
        if onupdate is not None:
            self.onupdate = onupdate  # one that was given may take itself for a default

    # --- attaching ---

    def _on_table_attach(self, hook: Callable[[Any, Any], None]) -> None:
        """Call hook(column, table) as soon as the column is in a table."""
        if self.table is not None:
            hook(self, self.table)
        else:
            self._attach_hooks.append(hook)

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        table = parent
        names = kw.get("all_names")
        if names is None:
            names = table._names()
        if not self.name:
            raise exc.ArgumentError(
                "Column must be constructed with a non-blank name or assign a non-blank .name "
                "before adding to a Table."
            )
        if self.key is None:
            self.key = self.name
        existing = self.table
        if existing is not None and existing is not table:
            raise exc.ArgumentError(
                f"Column object '{self.key}' already assigned to Table '{existing.description}'"
            )
        allow = kw.get("allow_replacements", False)
        if self.key in table._columns._index:
            other = table._columns._index[self.key]
            if other is self:
                return
            if not allow:
                kind = "name" if self.name == self.key else "key"
                raise exc.DuplicateColumnError(
                    f"A column with {kind} '{self.key}' is already present in table '{table.name}'."
                )
            for fk in list(other.foreign_keys):
                if fk.constraint is not None:
                    table.constraints.discard(fk.constraint)
            table._columns.add(self)
        else:
            other = names.get(self.name)
            if other is not None and other is not self:
                if not allow:
                    raise exc.DuplicateColumnError(
                        f"A column with name '{self.name}' is already present in table "
                        f"'{table.name}'."
                    )
                if other.key != other.name and self.key == self.name:
                    util.warn(
                        f'Column with user-specified key "{other.key}" is being replaced with plain '
                        f'named column "{self.name}", key "{other.key}" is being removed.  If this is '
                        "a reflection operation, specify autoload_replace=False to prevent this "
                        "replacement."
                    )
                table._columns.remove(other)
            table._columns._append(self.key, self)
        names[self.name] = self
        self.table = table
        self._own_key = None
        if self.primary_key:
            table.primary_key._replace(self)
        self._make_column_constraints(table)
        if self._type_to_attach._isnull is False:
            self._attach_type(table)
        if self._insert_sentinel and any(
            c._insert_sentinel for c in table._columns if c is not self
        ):
            raise exc.ArgumentError("a Table may have only one explicit sentinel column")

    def _set_parent_with_dispatch(self, parent: Any, **kw: Any) -> None:
        super()._set_parent_with_dispatch(parent, **kw)
        # what has waited for the column to be in a table comes after what listens to that
        hooks, self._attach_hooks = self._attach_hooks, []
        for hook in hooks:
            hook(self, parent)
        metadata = getattr(parent, "metadata", None)
        if metadata is not None and metadata._fk_waiting:
            metadata._give_types(parent)

    def _make_column_constraints(self, table: Any) -> None:
        if self.identity is not None and isinstance(self.default, Sequence):
            raise exc.ArgumentError("An column cannot specify both Identity and Sequence.")
        if self.index:
            if isinstance(self.index, str):
                raise exc.ArgumentError(
                    "The 'index' keyword argument on Column is boolean only. To create indexes "
                    "with a specific name, create an explicit Index object external to the "
                    "Table."
                )
            Index(None, self.key, unique=bool(self.unique), _table=table, _column_flag=True)
        elif self.unique:
            if isinstance(self.unique, str):
                raise exc.ArgumentError(
                    "The 'unique' keyword argument on Column is boolean only. To create unique "
                    "constraints or indexes with a specific name, append an explicit "
                    "UniqueConstraint to the Table's list of elements, or create an explicit "
                    "Index object external to the Table."
                )
            table.append_constraint(UniqueConstraint(self.key, _column_flag=True))

    def _attach_type(self, table: Any) -> None:
        self._type_to_attach._attach(self, table)
        for dialect_name, variant in self._type_to_attach._variant_mapping.items():
            if not variant._is_type_decorator:
                variant._attach(self, table, dialect_name)
            elif isinstance(variant, _schema_type()):
                variant._register_with(table, dialect_name)

    def _set_type(self, type_: Any) -> None:
        self._type_to_attach = to_instance(type_)
        if self.table is not None:
            self._attach_type(self.table)
        self._take_type(self._type_to_attach)

    def _take_type(self, type_: Any) -> None:
        """Have the type, but not what it brings to a table: that of a foreign key's target."""
        self.type = type_
        self._own_key = None
        waiting, self._type_waiting = self._type_waiting, []
        for fk in waiting:
            fk._take_type(self)

    # --- questions ---

    def _cache_key(self, ctx: Any) -> Any:
        """A column of a table is known by identity, as long as its type can be cached."""
        key = self._own_key
        if key is not None:
            return key
        if self._proxies or not getattr(self.table, "_schema_object", False):
            return super()._cache_key(ctx)
        if self._is_annotated:
            return self._original._cache_key(ctx)
        if self.type._static_cache_key is None:
            ctx.cacheable = False
            return None
        self._own_key = key = next_serial()
        return key

    def references(self, column: Any) -> bool:
        """Whether a foreign key of this column leads to `column`."""
        return any(fk.column.proxy_set & column.proxy_set for fk in self.foreign_keys)

    def append_foreign_key(self, fk: ForeignKey) -> None:
        """Add a foreign key."""
        fk._set_parent_with_dispatch(self)

    @property
    def description(self) -> str:
        return self.name  # type: ignore[no-any-return]

    @property
    def _default_description_tuple(self) -> Any:
        return self.default

    # --- copies ---

    def _copy(self, **kw: Any) -> Column[Any]:
        """A column of the same definition, in no table."""
        items: list[Any] = [
            constraint._copy(**kw) for constraint in self.constraints if not constraint._type_bound
        ]
        items += [
            fk._copy(**kw)
            for fk in sorted(self.foreign_keys, key=lambda fk: str(fk._get_colspec()))
            if fk.constraint is None
        ]
        server_default = self.server_default
        server_onupdate = self.server_onupdate
        if isinstance(server_default, (Computed, Identity)):
            server_default = server_onupdate = None
            if self.computed is not None:
                items.append(self.computed._copy())
            if self.identity is not None:
                items.append(self.identity._copy())
        type_ = self.type
        if isinstance(type_, _schema_type()):
            type_ = type_.copy()
        cls = Column if self._is_annotated else type(self)
        new: Column[Any] = cls(  # a class of the program may take a name or type in its own way
            *items,
            name=self.name,
            type_=type_,
            key=self.key,
            primary_key=self.primary_key,
            unique=self.unique,
            system=self.system,
            index=self.index,
            autoincrement=self.autoincrement,
            default=NO_ARG if self.default is None else self.default._copy(),
            server_default=None if server_default is None else server_default._copy(),
            onupdate=None if self.onupdate is None else self.onupdate._copy(),
            server_onupdate=None if server_onupdate is None else server_onupdate._copy(),
            doc=self.doc,
            comment=self.comment,
            _omit_from_statements=self._omit_from_statements,
            **self.dialect_kwargs,
        )
        new.nullable = self.nullable
        new._user_defined_nullable = self._user_defined_nullable
        return self._schema_item_copy(new)  # type: ignore[no-any-return]

    def copy(self, **kw: Any) -> Column[Any]:
        """A column of the same definition, in no table."""
        copy_is_deprecated("Column")
        return self._copy(**kw)

    def __repr__(self) -> str:
        parts = [repr(self.name), repr(self.type)]
        parts += [repr(fk) for fk in self.foreign_keys]
        parts += [repr(constraint) for constraint in self.constraints]
        parts.append(
            f"table=<{self.table.description}>" if self.table is not None else "table=None"
        )
        if self.key != self.name:
            parts.append(f"key={self.key!r}")
        if self.primary_key:
            parts.append("primary_key=True")
        if not self.nullable:
            parts.append("nullable=False")
        for name in ("onupdate", "default", "server_default", "comment"):
            value = getattr(self, name)
            if value is not None:
                parts.append(f"{name}={value!r}")
        return f"Column({', '.join(parts)})"

    def __str__(self) -> str:
        if self.name is None:
            return "(no name)"
        if self.table is not None:
            if self.table.named_with_column:
                return f"{self.table.description}.{self.description}"
            return self.description
        return self.description


def _is_type(value: Any) -> bool:
    from .type_api import TypeEngine

    return isinstance(value, TypeEngine) or (
        isinstance(value, type) and issubclass(value, TypeEngine)
    )


def _schema_type() -> Any:
    from .sqltypes import SchemaType

    return SchemaType


def insert_sentinel(
    name: str | None = None,
    type_: Any = None,
    *,
    default: Any = None,
    omit_from_statements: bool = True,
) -> Column[Any]:
    """A column that only serves to tell the rows of a bulk INSERT apart."""
    from .schema_defaults import _InsertSentinelColumnDefault
    from .sqltypes import INTEGERTYPE

    return Column(
        name,
        INTEGERTYPE if type_ is None else type_,
        default=_InsertSentinelColumnDefault() if default is None else default,
        _omit_from_statements=omit_from_statements,
        insert_sentinel=True,
    )
