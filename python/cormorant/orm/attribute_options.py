"""The arguments of mapped attributes that are meant for dataclasses."""

from __future__ import annotations

from typing import Any

from ..sql.schema_base import NO_ARG as _NO_ARG

#: the default of arguments that were not given, whatever their type
NO_ARG: Any = _NO_ARG

_NAMES = (
    "init",
    "repr",
    "default",
    "default_factory",
    "compare",
    "kw_only",
    "hash",
    "dataclass_metadata",
)


def given_options(*values: Any) -> dict[str, Any]:
    """The dataclass arguments that were given, of all in the order of their names."""
    return {
        _FIELD.get(name, name): value
        for name, value in zip(_NAMES, values, strict=True)
        if value is not NO_ARG
    }


#: what `dataclasses.field` calls an argument
_FIELD = {"dataclass_metadata": "metadata"}


def take_options(arguments: dict[str, Any], keep_default: bool = False) -> dict[str, Any]:
    """Take the dataclass arguments out of the arguments of an attribute; with
    `keep_default`, ``default`` stays as well, since it means something to the attribute."""
    found = given_options(*[arguments.get(name, NO_ARG) for name in _NAMES])
    for name in _NAMES:
        if name in arguments and (name != "default" or not keep_default):
            del arguments[name]
    return found


def options_of(value: Any) -> dict[str, Any] | None:
    """The dataclass arguments of an attribute; None if it is none that is mapped."""
    options = getattr(value, "_dataclass_options", None)
    return options if isinstance(options, dict) else None
