"""The arguments of mapped attributes that are meant for dataclasses."""

from __future__ import annotations

from typing import Any

_NAMES = ("init", "repr", "default", "default_factory", "compare", "kw_only", "hash")


def take_options(arguments: dict[str, Any], keep_default: bool = False) -> dict[str, Any]:
    """Take the dataclass arguments out of the arguments of an attribute; with
    `keep_default`, ``default`` stays as well, since it means something to the attribute."""
    options = {name: arguments[name] for name in _NAMES if name in arguments}
    for name in options:
        if name != "default" or not keep_default:
            del arguments[name]
    return options


def options_of(value: Any) -> dict[str, Any] | None:
    """The dataclass arguments of an attribute; None if it is none that is mapped."""
    options = getattr(value, "_dataclass_options", None)
    return options if isinstance(options, dict) else None
