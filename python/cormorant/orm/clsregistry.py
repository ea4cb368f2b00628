"""Names in strings: from ``"Post"`` and ``"Post.id.desc()"`` to classes and expressions."""

from __future__ import annotations

import re
import weakref
from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from .. import exc
from ..util import warn
from .base import class_mapper
from .properties import ColumnProperty, SynonymProperty

if TYPE_CHECKING:
    from .decl_api import registry as Registry


class MultipleClasses:
    """Stands under a name that several classes have."""

    def __init__(self, classes: list[type]) -> None:
        self._classes = [weakref.ref(cls) for cls in classes]

    def add(self, cls: type) -> None:
        """Another class of the name; one of the same module is replaced."""
        kept = []
        for ref in self._classes:
            other = ref()
            if other is None or other is cls:
                continue
            if other.__module__ == cls.__module__:
                warn(
                    "This declarative base already contains a class with the same class name and "
                    f"module name as {cls.__module__}.{cls.__name__}, and will be replaced in "
                    "the string-lookup table.",
                )
            kept.append(ref)
        self._classes = [*kept, weakref.ref(cls)]

    def classes(self) -> list[type]:
        """Those that still exist."""
        return [cls for ref in self._classes if (cls := ref()) is not None]

    def one(self, path: str) -> type:
        """The only class, or an error."""
        found = self.classes()
        if len(found) != 1:
            raise exc.InvalidRequestError(
                f'Multiple classes found for path "{path}" in the registry of this declarative '
                "base. Please use a fully module-qualified path."
            )
        return found[0]


def add_class(name: str, cls: type, classes: MutableMapping[str, Any], keep: list[Any]) -> None:
    """Enter a class under its name. `keep` holds what a weak mapping would lose."""
    existing = classes.get(name)
    if existing is None or existing is cls:
        classes[name] = cls
        return
    if not isinstance(existing, MultipleClasses):
        existing = MultipleClasses([existing])
        keep.append(existing)
        classes[name] = existing
    existing.add(cls)


def remove_class(name: str, cls: type, classes: MutableMapping[str, Any]) -> None:
    """Take a class out again."""
    if classes.get(name) is cls:
        del classes[name]


class _ClassColumns:
    """A class inside a string: its attributes are its mapped columns."""

    def __init__(self, cls: type) -> None:
        self.__dict__["_cls"] = cls

    def __clause_element__(self) -> Any:
        """What ``join(Left, Right)`` in a string takes."""
        return class_mapper(self.__dict__["_cls"], configure=False).__clause_element__()

    def __getattr__(self, key: str) -> Any:
        cls = self.__dict__["_cls"]
        mapper = class_mapper(cls, configure=False)
        prop = None if key.startswith("__") else mapper._props.get(key)
        if prop is None and not key.startswith("__") and key in mapper.all_orm_descriptors:
            return getattr(cls, key)  # of a hybrid or an association proxy
        if prop is None:
            raise AttributeError(f"Class {cls} does not have a mapped column named '{key}'")
        if isinstance(prop, SynonymProperty):
            key = prop.name
        elif not isinstance(prop, ColumnProperty):
            raise exc.InvalidRequestError(
                f"Property {key!r} is not an instance of ColumnProperty (i.e. does not "
                "correspond directly to a Column)."
            )
        return getattr(cls, key)


class _Schema:
    """A schema name inside a string: its attributes are its tables."""

    def __init__(self, name: str, tables: Mapping[str, Any]) -> None:
        self._name = name
        self._tables = tables

    def __getattr__(self, key: str) -> Any:
        return self._tables[f"{self._name}.{key}"]


class _Path:
    """A module inside a string: its attributes are its modules and mapped classes."""

    def __init__(self, names: tuple[str, ...], classes: list[type]) -> None:
        self._names = names
        self._classes = classes

    def __getattr__(self, key: str) -> Any:
        found = find_by_path((*self._names, key), self._classes)
        if found is None:
            raise NameError(
                f"Module {self._names[-1]!r} has no mapped classes registered under the name "
                f"{key!r}"
            )
        return found


def find_by_path(names: tuple[str, ...], classes: list[type]) -> Any:
    """A class, or a module on the way to one, by the end of its dotted path."""
    matches = []
    is_prefix = False
    for cls in classes:
        path = (*cls.__module__.split("."), cls.__name__)
        for start in range(len(path)):
            if path[start : start + len(names)] == names:
                if start + len(names) == len(path):
                    matches.append(cls)
                else:
                    is_prefix = True
    if matches:
        return MultipleClasses(matches).one(".".join(names))
    return _Path(names, classes) if is_prefix else None


class _Words(dict[str, Any]):
    """What the words of a string mean."""

    def __init__(self, registry: Registry, prefer_tables: bool) -> None:
        super().__init__()
        self._registry = registry
        self._prefer_tables = prefer_tables

    def __missing__(self, name: str) -> Any:
        registry = self._registry
        tables = registry.metadata.tables
        if self._prefer_tables and name in tables:
            return tables[name]
        found = registry._class_registry.get(name)
        if found is not None:
            cls = found.one(name) if isinstance(found, MultipleClasses) else found
            return _ClassColumns(cls)
        if name in tables:
            return tables[name]
        if any(table.schema == name for table in tables.values()):
            return _Schema(name, tables)
        module = find_by_path((name,), registry._all_classes())
        if module is not None:
            return module
        found = _function(name)
        if found is not None:
            return found
        raise NameError(f"name {name!r} is not defined")


def _function(name: str) -> Any:
    """What the package exports, for ``and_``, ``func``, ``desc``, ``foreign`` …"""
    if name in ("foreign", "remote"):
        from . import join_condition

        return getattr(join_condition, name)
    import cormorant

    return None if name.startswith("_") else getattr(cormorant, name, None)


class _class_resolver:
    """A string argument of a relationship, `arg`; calling it gives what the string means."""

    __slots__ = ("_prefer_tables", "_registry", "arg", "prop")

    def __init__(
        self, registry: Registry, arg: str, prop: Any, prefer_tables: bool = False
    ) -> None:
        self._registry = registry
        self.arg = arg
        self.prop = prop
        self._prefer_tables = prefer_tables

    def __call__(self) -> Any:
        registry, arg = self._registry, self.arg
        try:
            words = _Words(registry, self._prefer_tables)
            if self._prefer_tables and arg in registry.metadata.tables:
                return registry.metadata.tables[arg]
            value = eval(arg, {"__builtins__": {}}, words)
        except NameError as error:
            raise _not_found(arg, self.prop, str(error.args[0])) from error
        return _unwrapped(value)


def _unwrapped(value: Any) -> Any:
    if isinstance(value, _ClassColumns):
        return value.__dict__["_cls"]
    if isinstance(value, (list, tuple)):
        return [_unwrapped(item) for item in value]
    return value


def resolve_class(registry: Registry, name: str, prop: Any) -> Any:
    """The class that a relationship names."""
    parts = tuple(name.split("."))
    if all(part.isidentifier() for part in parts):
        found = registry._class_registry.get(name) if len(parts) == 1 else None
        if found is None and len(parts) == 1:
            table = registry.metadata.tables.get(name)
            if table is not None:
                raise exc.ArgumentError(
                    f"relationship '{prop.key}' expects a class or a mapper argument (received: "
                    f"{type(table)})"
                )
            raise _not_found(name, prop, name)
        if found is None:
            found = find_by_path(parts, registry._all_classes())
            if found is None or isinstance(found, _Path):
                raise _not_found(name, prop, f"name {parts[0]!r} is not defined")
        return found.one(name) if isinstance(found, MultipleClasses) else found
    generic = re.match(r"([\w.]+)\[[\"']?(.*?)[\"']?\]$", name)
    if generic is not None:
        raise exc.InvalidRequestError(
            f"When initializing mapper {prop.parent}, expression "
            f'"relationship({name!r})" seems to be using a generic class as the argument to '
            "relationship(); please state the generic argument using an annotation, e.g. "
            f"\"{prop.key}: Mapped[{generic[1]}['{generic[2]}']] = relationship()\""
        )
    return _class_resolver(registry, name, prop)()


def _not_found(expression: str, prop: Any, why: str) -> exc.InvalidRequestError:
    parent = prop.parent
    return exc.InvalidRequestError(
        f"When initializing mapper {parent}, expression {expression!r} failed to locate a name "
        f"({why!r}). If this is a class name, consider adding this relationship() to the "
        f"{parent.class_!r} class after both dependent classes have been defined."
    )
