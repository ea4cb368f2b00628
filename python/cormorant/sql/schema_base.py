"""What all items of a schema share, and names made by a naming convention."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from enum import Enum
from typing import Any, Final

from .. import exc, util
from ..event.attr import dispatcher
from .base import next_serial
from .elements import quoted_name


class SchemaConst(Enum):
    """Markers of arguments."""

    RETAIN_SCHEMA = 1
    BLANK_SCHEMA = 2
    NULL_UNSPECIFIED = 3


RETAIN_SCHEMA: Final = SchemaConst.RETAIN_SCHEMA
BLANK_SCHEMA: Final = SchemaConst.BLANK_SCHEMA
NULL_UNSPECIFIED: Final = SchemaConst.NULL_UNSPECIFIED


class _NoArg(Enum):
    NO_ARG = 0


NO_ARG: Final = _NoArg.NO_ARG


class SchemaVisitable:
    """Something the DDL compiler and visitors have a method for."""

    __visit_name__ = "schema_item"
    _compile_with: Any = None


class SchemaEventTarget:
    """Base of what DDL events are of."""

    dispatch = dispatcher("cormorant.sql.events:DDLEvents")
    _attach_events = False
    """Somebody listens to items becoming parts of others."""


class SchemaItem(SchemaEventTarget, SchemaVisitable):
    """The base of what a schema is made of."""

    def _init_items(self, *items: Any, **kw: Any) -> None:
        """Make the items children of this one."""
        for item in items:
            if item is None:
                continue
            set_parent = getattr(item, "_set_parent", None)
            if set_parent is None or not isinstance(item, SchemaVisitable):
                raise exc.ArgumentError(
                    "'SchemaItem' object, such as a 'Column' or a 'Constraint' expected, "
                    f"got {item!r}"
                )
            set_parent(self, **kw)

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        raise NotImplementedError()

    @property
    def info(self) -> dict[Any, Any]:
        """A dictionary for the user."""
        found: dict[Any, Any] | None = self.__dict__.get("_info")
        if found is None:
            found = self.__dict__["_info"] = {}
        return found

    @info.setter
    def info(self, value: dict[Any, Any]) -> None:
        self.__dict__["_info"] = value

    def _schema_item_copy(self, item: Any) -> Any:
        if "_info" in self.__dict__:
            item.info = self.info.copy()
        return item

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def quoted(name: Any, quote: bool | None) -> Any:
    """A name with its quoting rule."""
    return quoted_name.construct(name, quote)


# --- arguments of dialects: sqlite_autoincrement=True ------------------------------


class _OptionDict(dict[str, Any]):
    """Options of one dialect: those given over their defaults."""

    def __init__(self, defaults: dict[str, Any]) -> None:
        super().__init__()
        self.defaults = defaults

    def __missing__(self, key: str) -> Any:
        return self.defaults[key]

    def get(self, key: str, default: Any = None) -> Any:
        try:
            return self[key]
        except KeyError:
            return default

    def __contains__(self, key: object) -> bool:
        return dict.__contains__(self, key) or key in self.defaults


_ARGUMENTS: dict[str, dict[str, dict[str, Any]]] = {
    "sqlite": {
        "Table": {"autoincrement": False, "with_rowid": True, "strict": False},
        "Index": {"where": None},
        "Column": {
            "on_conflict_primary_key": None,
            "on_conflict_not_null": None,
            "on_conflict_unique": None,
        },
        "Constraint": {"on_conflict": None},
    },
    "postgresql": {
        "Index": {
            "using": False,
            "include": None,
            "where": None,
            "ops": {},
            "concurrently": False,
            "with": {},
            "tablespace": None,
            "nulls_not_distinct": None,
        },
        "Table": {
            "ignore_search_path": False,
            "tablespace": None,
            "partition_by": None,
            "with_oids": None,
            "on_commit": None,
            "inherits": None,
            "using": None,
        },
        "CheckConstraint": {"not_valid": False},
        "ForeignKeyConstraint": {"not_valid": False},
        "PrimaryKeyConstraint": {"include": None},
        "UniqueConstraint": {"include": None, "nulls_not_distinct": None},
    },
}
"""dialect -> name of a class -> arguments and their defaults"""

_UNCHECKED = frozenset({"mysql", "mariadb", "mssql", "oracle"})


class DialectKWArgs:
    """Mixin of items that take keyword arguments of a dialect."""

    @property
    def dialect_kwargs(self) -> MutableMapping[str, Any]:
        """The arguments given, as ``<dialect>_<name>``."""
        return _KwargsView(self)

    @property
    def kwargs(self) -> MutableMapping[str, Any]:
        """As dialect_kwargs."""
        return self.dialect_kwargs

    @property
    def dialect_options(self) -> dict[str, _OptionDict]:
        """Arguments by dialect, with defaults for what was not given."""
        found: dict[str, _OptionDict] | None = self.__dict__.get("_dialect_options")
        if found is None:
            found = self.__dict__["_dialect_options"] = _ByDialect(self)
        return found

    def _defaults_of(self, dialect: str) -> dict[str, Any]:
        by_class = _ARGUMENTS.get(dialect, {})
        defaults: dict[str, Any] = {}
        for cls in type(self).__mro__:
            for name, value in by_class.get(cls.__name__, {}).items():
                defaults.setdefault(name, value)
        return defaults

    @classmethod
    def argument_for(cls, dialect_name: str, argument_name: str, default: Any) -> None:
        """Allow a keyword argument of a dialect."""
        by_class = _ARGUMENTS.setdefault(dialect_name, {})
        by_class.setdefault(cls.__name__, {})[argument_name] = default

    def _validate_dialect_kwargs(self, kwargs: dict[str, Any]) -> None:
        for key, value in kwargs.items():
            dialect, _, name = key.partition("_")
            if not name or not dialect:
                raise TypeError(
                    f"Additional arguments should be named <dialectname>_<argument>, got '{key}'"
                )
            if dialect not in _ARGUMENTS and dialect not in _UNCHECKED:
                util.warn(
                    f"Can't validate argument {key!r}; can't locate any SQLAlchemy dialect named "
                    f"{dialect!r}",
                    stacklevel=5,
                )
            options = self.dialect_options[dialect]
            if dialect in _ARGUMENTS and name not in options:
                raise exc.ArgumentError(
                    f"Argument {key!r} is not accepted by dialect {dialect!r} on behalf of "
                    f"{type(self)!r}"
                )
            options[name] = value


class _ByDialect(dict[str, _OptionDict]):
    def __init__(self, item: DialectKWArgs) -> None:
        super().__init__()
        self._item = item

    def __missing__(self, dialect: str) -> _OptionDict:
        self[dialect] = options = _OptionDict(self._item._defaults_of(dialect))
        return options

    def __reduce__(self) -> Any:
        return dict, (), None, None, iter([(k, dict(v)) for k, v in self.items()])


class _KwargsView(MutableMapping[str, Any]):
    """dialect_kwargs: a view of dialect_options."""

    def __init__(self, item: DialectKWArgs) -> None:
        self._item = item

    def __getitem__(self, key: str) -> Any:
        dialect, _, name = key.partition("_")
        if not name:
            raise KeyError(key)
        return dict.__getitem__(self._item.dialect_options[dialect], name)

    def __setitem__(self, key: str, value: Any) -> None:
        self._item._validate_dialect_kwargs({key: value})

    def __delitem__(self, key: str) -> None:
        dialect, _, name = key.partition("_")
        del self._item.dialect_options[dialect][name]

    def __iter__(self) -> Iterator[str]:
        for dialect, options in self._item.dialect_options.items():
            for name in options:
                yield f"{dialect}_{name}"

    def __len__(self) -> int:
        return sum(len(options) for options in self._item.dialect_options.values())

    def __repr__(self) -> str:
        return repr(dict(self))


class HasConditionalDDL:
    """Mixin of items whose DDL can depend on the database."""

    _ddl_if: Any = None

    def ddl_if(self, dialect: Any = None, callable_: Any = None, state: Any = None) -> Any:
        """Emit the item's DDL only on a dialect, or if the callable says so."""
        self._ddl_if = (dialect, callable_, state)
        return self

    def _ddl_allowed(self, compiler: Any) -> bool:
        if self._ddl_if is None:
            return True
        dialect, callable_, state = self._ddl_if
        name = compiler.dialect.name
        if isinstance(dialect, str) and dialect != name:
            return False
        if isinstance(dialect, (tuple, list, set)) and name not in dialect:
            return False
        if callable_ is None:
            return True
        return bool(
            callable_(self, self, None, dialect=compiler.dialect, compiler=compiler, state=state)
        )


# --- names by convention ------------------------------------------------------------


class conv(str):
    """A name that a naming convention has made, or that is not to be changed by one."""

    __slots__ = ()


class _ConventionTokens:
    """%(token)s of a naming convention, for one constraint or index."""

    def __init__(self, const: Any, table: Any, convention: Any) -> None:
        self.const = const
        self.table = table
        self.convention = convention
        self.name = const.name

    def __getitem__(self, key: str) -> Any:
        made = self.convention.get(key)
        if callable(made):
            return made(self.const, self.table)
        method: Callable[[], Any] | None = getattr(self, f"_key_{key}", None)
        if method is not None:
            return method()
        referred = key.startswith("referred_")
        column_key = key[len("referred_") :] if referred else key
        if column_key.startswith("column_"):
            parts = column_key[len("column_") :]
            digits = ""
            while parts and parts[0].isdigit():
                digits, parts = digits + parts[0], parts[1:]
            if digits:
                return self._columns_part(int(digits), parts, referred)
        raise KeyError(key)

    def _columns_part(self, index: int, parts: str, referred: bool) -> str:
        """column_0_name, column_0N_name, column_0_N_name; likewise key and label."""
        separator = None
        if parts.startswith("N_"):
            separator, parts = "", parts[1:]
        elif parts.startswith("_N_"):
            separator, parts = "_", parts[2:]
        kind = parts[1:]
        if kind not in ("name", "key", "label"):
            raise KeyError(f"column_{index}{parts}")
        if separator is None:
            return self._column(index, kind, referred)
        count = len(self._elements(referred))
        return separator.join(self._column(i, kind, referred) for i in range(count))

    def _elements(self, referred: bool) -> list[Any]:
        if referred:
            return list(self.const.elements)
        return list(self.const.columns)

    def _column(self, index: int, kind: str, referred: bool) -> str:
        elements = self._elements(referred)
        try:
            element = elements[index]
        except IndexError:
            return ""
        if referred:
            _, _, name = element._column_tokens
            return str(name)
        if kind == "name":
            return str(element.name)
        if kind == "key":
            return str(element.key)
        return str(element._ddl_label)

    def _key_table_name(self) -> str:
        return str(self.table.name)

    def _key_referred_table_name(self) -> str:
        element = self.const.elements[0]
        _, table, _ = element._column_tokens
        return str(table)

    def _key_constraint_name(self) -> Any:
        if self.name is None:
            raise exc.InvalidRequestError(
                "Naming convention including %(constraint_name)s token requires that constraint "
                "is explicitly named."
            )
        if not isinstance(self.name, conv):
            # the name is used once as a token and then replaced
            self.const.name = None
        return self.name


_PREFIXES = {
    "Index": "ix",
    "PrimaryKeyConstraint": "pk",
    "CheckConstraint": "ck",
    "UniqueConstraint": "uq",
    "ForeignKeyConstraint": "fk",
}


def name_by_convention(const: Any, table: Any) -> Any:
    """The name of a constraint or index as the metadata's convention has it."""
    name = const.name
    if isinstance(name, conv):
        return name
    convention = table.metadata.naming_convention
    template: Any = None
    for cls in type(const).__mro__:
        template = convention.get(cls)
        if template is None:
            prefix = _PREFIXES.get(cls.__name__)
            template = None if prefix is None else convention.get(prefix)
        if template is not None:
            break
    if template is None:
        return name
    if name is None or "constraint_name" in template:
        return conv(template % _ConventionTokens(const, table, convention))
    return name


def creation_order(item: Any) -> None:
    """Number an item, so that those of a table can be put in order."""
    item._creation_order = next_serial()
