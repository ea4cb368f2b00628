"""A core connection as the DB-API connection that listeners are given."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from .. import _core

__all__ = ["DBAPIConnection", "raw_connection_of", "with_exceptions"]

_C = TypeVar("_C")

_EXCEPTIONS = (
    "Warning", "Error", "InterfaceError", "DatabaseError", "DataError", "OperationalError",
    "IntegrityError", "InternalError", "ProgrammingError", "NotSupportedError",
)  # fmt: skip


def with_exceptions(dbapi: Any) -> Callable[[type[_C]], type[_C]]:
    """A decorator: connections have the exceptions of their DB-API module as attributes, as
    PEP 249 has it."""

    def decorate(cls: type[_C]) -> type[_C]:
        for name in _EXCEPTIONS:
            setattr(cls, name, getattr(dbapi, name))
        return cls

    return decorate


def raw_connection_of(core: _core.Connection) -> Any:
    """The DB-API connection that a database's driver has for a core connection, which is one
    itself where there is no other."""
    made = getattr(core.dbapi, "raw", None)
    return core if made is None else made(core)


class DBAPIConnection:
    """A DB-API 2.0 view of a core connection; views of one connection are equal."""

    __slots__ = ("_autocommit", "_core", "_level", "_row_factory")

    def __init__(self, core: _core.Connection) -> None:
        self._core = core

    @property
    def isolation_level(self) -> str | None:
        """When a transaction is begun: None for never, else a word after BEGIN."""
        return getattr(self, "_level", "")

    @isolation_level.setter
    def isolation_level(self, value: str | None) -> None:
        self._core.set_option("isolation_level", "AUTOCOMMIT" if value is None else value)
        self._level = value

    @property
    def autocommit(self) -> bool:
        """Whether each statement is committed as it ends (PostgreSQL)."""
        level = self._core.info.get("isolation_level")
        return getattr(self, "_autocommit", level == "AUTOCOMMIT")

    @autocommit.setter
    def autocommit(self, value: bool) -> None:
        self._core.set_option("autocommit", "1" if value else "0")
        self._autocommit = bool(value)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._core.in_transaction

    def cursor(self) -> Any:
        """A cursor."""
        return self._core.cursor()

    def execute(self, sql: str, parameters: Any = ()) -> Any:
        """A cursor that has executed a statement."""
        return self.cursor().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Any]) -> Any:
        """A cursor that has executed a statement for each parameter set."""
        return self.cursor().executemany(sql, parameters)

    def executescript(self, sql: str) -> None:
        """Run several statements."""
        self._core.run_script(sql)

    def create_function(
        self, name: str, narg: int, func: Any, *, deterministic: bool = False
    ) -> None:
        """Let SQL call a function of the program (SQLite)."""
        self._core.create_function(name, narg, func, deterministic=deterministic)

    def create_aggregate(self, name: str, n_arg: int, aggregate_class: Any) -> None:
        """Let SQL call a class that has the methods step() and finalize() (SQLite)."""
        self._core.create_aggregate(name, n_arg, aggregate_class)

    def create_collation(self, name: str, callback: Any, /) -> None:
        """Let SQL compare texts by a function of the program (SQLite)."""
        self._core.create_collation(name, callback)

    def commit(self) -> None:
        """Commit the transaction."""
        self._core.commit()

    def rollback(self) -> None:
        """Roll the transaction back."""
        self._core.rollback()

    def interrupt(self) -> None:
        """Stop what another thread runs on this connection."""
        self._core.interrupt()

    def close(self) -> None:
        """Close the connection."""
        self._core.close()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DBAPIConnection) and other._core is self._core

    def __hash__(self) -> int:
        return hash((DBAPIConnection, id(self._core)))

    def __repr__(self) -> str:
        return f"<DBAPIConnection of {self._core!r}>"
