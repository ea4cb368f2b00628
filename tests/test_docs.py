"""Every public name says what it is: `help()` leaves none unexplained."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from typing import Any

import pytest

MODULES = [
    "cormorant",
    ".orm",
    ".engine",
    ".pool",
    ".types",
    ".schema",
    ".exc",
    ".event",
    ".inspection",
    ".sql",
    ".ext.as_sqlalchemy",
    ".ext.associationproxy",
    ".ext.asyncio",
    ".ext.automap",
    ".ext.compiler",
    ".ext.declarative",
    ".ext.horizontal_shard",
    ".ext.hybrid",
    ".ext.indexable",
    ".ext.mutable",
    ".ext.orderinglist",
    ".dialects.mssql",
    ".dialects.mysql",
    ".dialects.oracle",
    ".dialects.postgresql",
    ".dialects.sqlite",
]


def is_explained(cls: type, name: str) -> bool:
    """Whether an attribute, or that of a base which it replaces, has a docstring."""
    found = (vars(base)[name] for base in cls.__mro__ if name in vars(base))
    return any(getattr(attribute, "__doc__", None) for attribute in found)


def unexplained(module: Any) -> Iterator[str]:
    for name in getattr(module, "__all__", None) or [n for n in dir(module) if n[0] != "_"]:
        item = getattr(module, name)
        if not (inspect.isclass(item) or inspect.isroutine(item)):
            continue
        if not (item.__module__ or "").startswith("cormorant"):
            continue
        if not item.__doc__:
            yield name
        if not inspect.isclass(item):
            continue
        for key, attribute in vars(item).items():
            # visit_…: what is visited is in their names; of slots the class says what they are
            if key.startswith(("_", "visit_")) or inspect.ismemberdescriptor(attribute):
                continue
            function = getattr(attribute, "__func__", attribute)
            of_kind = inspect.isroutine(function) or inspect.isdatadescriptor(function)
            if of_kind and not is_explained(item, key):
                yield f"{name}.{key}"


@pytest.mark.parametrize("name", MODULES)
def test_public_names_are_explained(name: str) -> None:
    module = importlib.import_module(name, "cormorant")
    assert list(unexplained(module)) == []
