"""Keyword arguments of a dialect: ``sqlite_autoincrement=True``."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

from .. import exc, util


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
        return _DialectArgView(self)

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

    def get_dialect_option(
        self,
        dialect: Any,
        argument_name: str,
        *,
        else_: Any = None,
        deprecated_fallback: str | None = None,
    ) -> Any:
        """The value of a dialect's argument, or `else_` if it was not given.

        `deprecated_fallback`: the name of the dialect whose argument is taken instead.
        """
        value = self.dialect_options[dialect.name].get(argument_name)
        if value is None and deprecated_fallback is not None:
            value = self.dialect_options[deprecated_fallback].get(argument_name)
            if value is not None:
                util.warn_deprecated(
                    f"Using '{deprecated_fallback}_{argument_name}' with the '{dialect.name}' "
                    f"dialect is deprecated; please additionally specify "
                    f"'{dialect.name}_{argument_name}'.",
                    version="2.1",
                )
        return else_ if value is None else value

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


class _DialectArgView(MutableMapping[str, Any]):
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
