"""Keyword arguments of a dialect: ``sqlite_autoincrement=True``."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

from .. import exc, util


class _OptionDict(MutableMapping[str, Any]):
    """Options of one dialect: those given over their defaults."""

    def __init__(self, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.given: dict[str, Any] = {}

    def __getitem__(self, key: str) -> Any:
        return self.given[key] if key in self.given else self.defaults[key]

    def get(self, key: str, default: Any = None) -> Any:
        # the mixin's goes through __getitem__ and its error
        return self.given[key] if key in self.given else self.defaults.get(key, default)

    def __setitem__(self, key: str, value: Any) -> None:
        self.given[key] = value

    def __delitem__(self, key: str) -> None:
        del self.given[key]

    def __iter__(self) -> Iterator[str]:
        return iter({**self.defaults, **self.given})

    def __len__(self) -> int:
        return len({**self.defaults, **self.given})


# MariaDB's as well: what is added to those of one is there for the other.
_MYSQL: dict[Any, dict[str, Any]] = {
    "Table": {"*": None},
    "Update": {"limit": None},
    "Delete": {"limit": None},
    "PrimaryKeyConstraint": {"using": None},
    "Index": {"using": None, "length": None, "prefix": None, "with_parser": None},
}


_ARGUMENTS: dict[str, dict[Any, dict[str, Any]] | None] = {
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
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
    "mssql": {
        "PrimaryKeyConstraint": {"clustered": None},
        "UniqueConstraint": {"clustered": None},
        "Index": {"clustered": None, "include": None, "where": None, "columnstore": None},
        "Column": {"identity_start": None, "identity_increment": None},
    },
    "oracle": {
        "Table": {
            "resolve_synonyms": False,
            "on_commit": None,
            "compress": False,
            "tablespace": None,
        },
        "Index": {"bitmap": False, "compress": False, "vector": False},
        "Select": {"fetch_approximate": False},
        "CompoundSelect": {"fetch_approximate": False},
    },
}
"""dialect -> class, or its name -> arguments and their defaults; of others it is what their
`construct_arguments` say, None if they check nothing"""

_ANYTHING: dict[str, Any] = {"*": None}


def _arguments_of(dialect: str) -> dict[Any, dict[str, Any]] | None:
    """What the items of a dialect take; exc.NoSuchModuleError if there is no such dialect."""
    if dialect not in _ARGUMENTS:
        from ..dialects import registry

        found = None
        for cls in registry.load(dialect).__mro__:
            said = cls.__dict__.get("construct_arguments")
            if said is not None:
                found = {item: dict(arguments) for item, arguments in said}
                break
            inherited = _ARGUMENTS.get(cls.__dict__.get("name", ""))
            if inherited is not None:
                found = {item: dict(arguments) for item, arguments in inherited.items()}
                break
        _ARGUMENTS[dialect] = found
    return _ARGUMENTS[dialect]


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
        by_class = _arguments_of(dialect)
        if by_class is None:
            return dict(_ANYTHING)
        defaults: dict[str, Any] = {}
        for cls in reversed(type(self).__mro__):
            defaults.update(by_class.get(cls.__name__, {}))
            defaults.update(by_class.get(cls, {}))
        return defaults

    @classmethod
    def argument_for(cls, dialect_name: str, argument_name: str, default: Any) -> None:
        """Allow a keyword argument of a dialect."""
        by_class = _arguments_of(dialect_name)
        if by_class is None:
            raise exc.ArgumentError(
                f"Dialect '{dialect_name}' does have keyword-argument validation and defaults "
                "enabled configured"
            )
        by_class.setdefault(cls, {})[argument_name] = default

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
            try:
                options = self.dialect_options[dialect]
            except exc.NoSuchModuleError:
                util.warn(
                    f"Can't validate argument {key!r}; can't locate any SQLAlchemy dialect named "
                    f"{dialect!r}",
                )
                options = self.dialect_options[dialect] = _OptionDict(dict(_ANYTHING))
            if "*" not in options and name not in options:
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
        return dict, (), None, None, iter(self.items())


class _DialectArgView(MutableMapping[str, Any]):
    """dialect_kwargs: a view of dialect_options."""

    def __init__(self, item: DialectKWArgs) -> None:
        self._item = item

    def __getitem__(self, key: str) -> Any:
        options, name = self._place(key)
        return options[name]

    def __setitem__(self, key: str, value: Any) -> None:
        if "_" not in key:
            raise exc.ArgumentError("Keys must be of the form <dialectname>_<argname>")
        dialect, _, name = key.partition("_")
        self._item.dialect_options[dialect][name] = value

    def __delitem__(self, key: str) -> None:
        options, name = self._place(key)
        del options[name]

    def _place(self, key: str) -> tuple[_OptionDict, str]:
        dialect, _, name = key.partition("_")
        try:
            if name:
                return self._item.dialect_options[dialect], name
        except exc.NoSuchModuleError:
            pass
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        for dialect, options in self._item.dialect_options.items():
            for name in options.given:
                yield f"{dialect}_{name}"

    def __len__(self) -> int:
        return sum(len(options.given) for options in self._item.dialect_options.values())

    def __repr__(self) -> str:
        return repr(dict(self))
