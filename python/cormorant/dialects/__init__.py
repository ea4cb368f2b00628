"""Dialects: what differs from database to database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import exc

__all__ = ["mssql", "mysql", "oracle", "postgresql", "sqlite"]


# name in a URL -> module and class of a database without a driver
_DRIVERLESS = {
    "mysql": ("mysql", "MySQLDialect"),
    "mariadb": ("mysql", "MariaDBDialect"),
    "oracle": ("oracle", "OracleDialect"),
    "mssql": ("mssql", "MSDialect"),
}


class PluginLoader:
    """Classes by name: those registered, and those of packages that name them as entry points
    of the group."""

    def __init__(self, group: str) -> None:
        self.group = group
        self._loaders: dict[str, Callable[[], Any]] = {}

    def load(self, name: str) -> Any:
        """The class of that name; exc.NoSuchModuleError."""
        loader = self._loaders.get(name)
        if loader is None:
            loader = self._built_in(name) or self._entry_point(name)
            if loader is None:
                raise exc.NoSuchModuleError(f"Can't load plugin: {self.group}:{name}")
            self._loaders[name] = loader
        return loader()

    def register(self, name: str, modulepath: str, objname: str) -> None:
        """Make the class `objname` of a module known as `name`."""

        def load() -> Any:
            import importlib

            return getattr(importlib.import_module(modulepath), objname)

        self._loaders[name] = load

    def deregister(self, name: str) -> None:
        """Forget what was registered under a name."""
        self._loaders.pop(name, None)

    def _built_in(self, name: str) -> Callable[[], Any] | None:
        return None

    def _entry_point(self, name: str) -> Callable[[], Any] | None:
        from importlib.metadata import entry_points

        for point in entry_points(group=self.group, name=name):
            return point.load
        return None


class _Dialects(PluginLoader):
    """Dialect classes: ``sqlite``, ``postgresql.psycopg``."""

    def _built_in(self, name: str) -> Callable[[], Any] | None:
        backend, _, driver = name.partition(".")
        drivers: dict[str, Any]
        if backend == "sqlite":
            from .sqlite.base import drivers

            cls = drivers.get(driver or "pysqlite")
        elif backend == "postgresql":
            from .postgresql.base import dialect_of

            cls = dialect_of(driver or "psycopg2")
        elif backend in _DRIVERLESS:
            import importlib

            module, name = _DRIVERLESS[backend]
            cls = getattr(importlib.import_module(f".{module}.base", __package__), name)
        else:
            cls = None
        return None if cls is None else lambda: cls


registry = _Dialects("cormorant.dialects")
plugins = PluginLoader("cormorant.plugins")
"""Plugins of create_engine(): see engine.CreateEnginePlugin."""
