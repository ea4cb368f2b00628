"""Which package classes say that they are of: tools ask that of engines, sessions and types."""

from __future__ import annotations

from typing import TypeVar

__all__ = ["know_package_as", "of_package", "rename", "say_package"]

_PACKAGE = __name__.partition(".")[0] + "."
_known_as = _PACKAGE
_told: list[type] = []

_C = TypeVar("_C", bound=type)


def rename(cls: type) -> None:
    """Let a class say that it is of the package by the name it is known as."""
    if cls.__module__.startswith(_PACKAGE):
        cls.__module__ = _known_as + cls.__module__.removeprefix(_PACKAGE)


def of_package(cls: type) -> bool:
    """Whether a class says that it is of the package, by either name."""
    return cls.__module__.startswith((_PACKAGE, _known_as))


def say_package(cls: _C) -> _C:
    """Class decorator: as rename(), when know_package_as() is called as well."""
    _told.append(cls)
    rename(cls)
    return cls


def know_package_as(name: str) -> None:
    """Let the classes say that they are of package `name`."""
    global _known_as
    _known_as = name + "."
    for cls in _told:
        rename(cls)
