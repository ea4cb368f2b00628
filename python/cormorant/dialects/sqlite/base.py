"""SQLite: what the engine and the compilers have to know about it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ... import _core, exc, util
from ...engine.default import DefaultDialect, instance_property
from ...sql.type_compiler import TypeCompiler

if TYPE_CHECKING:
    from ..._core import Connection as CoreConnection
    from ...engine.url import URL


def _regexp(pattern: Any, value: Any) -> bool | None:
    """The operator REGEXP, which SQLite leaves to the program."""
    if value is None:
        return None
    import re

    return re.search(pattern, value) is not None


class SQLiteTypeCompiler(TypeCompiler):
    """SQLite takes any type name; these are the ones that say what is meant."""

    def visit_DATETIME(self, type_: Any, **kw: Any) -> str:
        return "DATETIME" + self._affinity(type_)

    def visit_DATE(self, type_: Any, **kw: Any) -> str:
        return "DATE" + self._affinity(type_)

    def visit_TIME(self, type_: Any, **kw: Any) -> str:
        return "TIME" + self._affinity(type_)

    @staticmethod
    def _affinity(type_: Any) -> str:
        # without it SQLite would make numbers of what is all digits
        return "" if getattr(type_, "format_is_text_affinity", True) else "_CHAR"

    def visit_JSON(self, type_: Any, **kw: Any) -> str:
        # declared so that reflection tells it from text
        return "JSON"


class SQLiteDialect(DefaultDialect):
    """The SQL of SQLite."""

    name = "sqlite"
    driver = "pysqlite"
    async_drivers = ("aiosqlite",)
    """The drivers in URLs of asynchronous engines."""
    default_paramstyle = "qmark"
    default_schema_name = "main"

    _bound_as_is = frozenset(
        (_core.TYPE_ANY, _core.TYPE_INTEGER, _core.TYPE_STRING, _core.TYPE_BINARY)
    )
    _read_as_is = _bound_as_is | {_core.TYPE_FLOAT}
    supports_alter = False
    supports_default_values = True
    supports_default_metavalue = True
    default_metavalue_token = "NULL"
    supports_empty_insert = False
    supports_multivalues_insert = True
    tuple_in_values = True
    insert_returning = True
    update_returning = True
    delete_returning = True
    insert_executemany_returning = True
    literals_as_bound = True
    use_insertmanyvalues = True
    type_compiler_cls = SQLiteTypeCompiler

    isolation_levels = ("READ UNCOMMITTED", "SERIALIZABLE", "AUTOCOMMIT")
    default_isolation_level = "SERIALIZABLE"

    def __init__(self, native_datetime: bool = False, **kwargs: Any) -> None:
        """`native_datetime`: taken for compatibility, has no effect."""
        super().__init__(**kwargs)

    def plan(
        self,
        sql: str,
        order: Sequence[str] = (),
        binds: Sequence[tuple[int, int, Any]] = (),
        program: Any = None,
        many: tuple[str, str] | None = None,
    ) -> _core.Plan:
        if self.positional:
            return super().plan(sql, order, binds, program, many)
        # SQLite numbers a name once, however often it is used
        named: dict[str, tuple[int, int, Any]] = {}
        for name, bind in zip(order, binds, strict=True):
            named.setdefault(name, bind)
        return _core.Plan(sql, list(named.values()), program, sql, tuple(named))

    def driver_plan(self, sql: str, sets: Sequence[Any]) -> tuple[_core.Plan, list[Sequence[Any]]]:
        """The plan of SQL for the driver, whose parameters have names or places, and its rows of
        values. The driver's ProgrammingError if they do not fit."""
        from ...engine.driver_sql import by_name, named_markers

        names: list[Any] | None = None
        rows: list[Sequence[Any]]
        if sets and isinstance(sets[0], Mapping) and sets[0]:
            names = named_markers(sql)
            rows = [by_name(self.dbapi, names, params) for params in sets]
        else:
            rows = [tuple(params) for params in sets or [()]]
        binds = [(i, _core.TYPE_ANY, None) for i in range(len(rows[0]))]
        return _core.Plan(sql, binds, None, sql, names and tuple(names)), rows

    # --- compilers ---

    @util.memoized_property
    def preparer(self) -> Any:
        """The class of the identifier preparer."""
        from .compiler import SQLiteIdentifierPreparer

        return SQLiteIdentifierPreparer

    @util.memoized_property
    def statement_compiler(self) -> Any:
        """The compiler of statements."""
        from .compiler import SQLiteCompiler

        return SQLiteCompiler

    @util.memoized_property
    def ddl_compiler(self) -> Any:
        """The compiler of DDL."""
        from .ddl import SQLiteDDLCompiler

        return SQLiteDDLCompiler

    @instance_property
    def dbapi(self) -> Any:
        """The driver's module."""
        from . import dbapi

        return dbapi

    @util.memoized_property
    def loaded_dbapi(self) -> Any:
        """As dbapi."""
        return self.dbapi

    @classmethod
    def import_dbapi(cls) -> Any:
        """The driver's module."""
        from . import dbapi

        return dbapi

    # --- connecting ---

    @classmethod
    def _is_url_file_db(cls, url: URL) -> bool:
        return bool(url.database and url.database != ":memory:") and (
            url.query.get("mode") != "memory"
        )

    @classmethod
    def get_pool_class(cls, url: URL) -> Any:
        """The pool that suits the database: a file's connections can be many."""
        from ... import pool

        return pool.QueuePool if cls._is_url_file_db(url) else pool.SingletonThreadPool

    def create_connect_args(self, url: URL) -> tuple[list[Any], dict[str, Any]]:
        """Arguments of the driver's connect() for a URL."""
        if url.username or url.password or url.host or url.port:
            raise exc.ArgumentError(
                f"Invalid SQLite URL: {url}\n"
                "Valid SQLite URL forms are:\n"
                " sqlite:///:memory: (or, sqlite://)\n"
                " sqlite:///relative/path/to/file.db\n"
                " sqlite:////absolute/path/to/file.db"
            )
        options: dict[str, Any] = dict(url.query)
        driver_options: dict[str, Any] = {}
        for name, convert in (
            ("uri", util.asbool),
            ("timeout", float),
            ("isolation_level", str),
            ("detect_types", int),
            ("check_same_thread", util.asbool),
            ("cached_statements", int),
        ):
            if name in options:
                driver_options[name] = convert(options.pop(name))
        if driver_options.get("uri"):
            database = url.database or ""
            if options:
                from urllib.parse import quote, urlencode

                pairs = [(k, v) for k in sorted(options) for v in util.to_list(options[k])]
                # SQLite takes a plus sign for itself, not for a space
                text = urlencode(pairs, quote_via=quote)
                database += ("&" if "?" in database else "?") + text
        else:
            # anything else in the query is for URI filenames only
            database = url.database or ":memory:"
            if database != ":memory:":
                database = os.path.abspath(database)
        return [database], driver_options

    def connect(self, *args: Any, **kw: Any) -> CoreConnection:
        """A new connection to the database."""
        return self.dbapi.connect(*args, **kw)  # type: ignore[no-any-return]

    # --- transactions ---

    def set_isolation_level(self, connection: CoreConnection, level: str) -> None:
        """Make a connection use an isolation level."""
        if level == "AUTOCOMMIT":
            connection.set_option("isolation_level", "AUTOCOMMIT")
            return
        connection.set_option("isolation_level", "")
        connection.run_script(
            f"PRAGMA read_uncommitted = {1 if level == 'READ UNCOMMITTED' else 0}"
        )

    def adopted(self, made: Any) -> Any:
        """What stands for a connection of another DB-API module."""
        from ...engine.adopted import AdoptedConnection

        return AdoptedConnection(made, self)

    def on_connect(self, connection: CoreConnection) -> None:
        """Set up a new connection."""
        self._check_label_length()
        # an adopted connection has functions of its own module's
        to = getattr(connection.dbapi, "connection", connection)
        to.create_function("regexp", 2, _regexp, deterministic=True)
        if self._on_connect_isolation_level is not None:
            level = self.check_isolation_level(self._on_connect_isolation_level)
            self.set_isolation_level(connection, level)

    def get_isolation_level(self, connection: CoreConnection) -> str:
        """The isolation level a connection is in."""
        from ... import _core

        row = connection.execute(_core.Plan("PRAGMA read_uncommitted")).fetch()[0]
        return "READ UNCOMMITTED" if row[0] else "SERIALIZABLE"

    @property
    def driver_errors(self) -> tuple[type[Exception], ...]:
        """The classes of drivers' errors: those of sqlite3 as well, if the program uses it."""
        errors = super().driver_errors
        theirs = getattr(sys.modules.get("sqlite3"), "Error", None)
        return errors if theirs is None else (*errors, theirs)

    def is_disconnect(self, error: BaseException) -> bool:
        """Whether an error means that the connection is lost."""
        return "Cannot operate on a closed database." in str(error)

    # --- what there is in the database ---

    @util.classproperty
    def ischema_names(cls) -> dict[str, Any]:
        """The types that reflection gives for names of types; programs may add theirs."""
        from .reflection import ischema_names

        return ischema_names

    @util.memoized_property
    def reflector(self) -> Any:
        """The functions behind Inspector."""
        from .reflection import SQLiteReflector

        return SQLiteReflector(self)


class SQLiteDialect_pysqlite(SQLiteDialect):
    """The dialect under the name of the driver whose behaviour it has."""

    @util.memoized_property
    def server_version_info(self) -> tuple[int, ...]:
        """The version of the SQLite library."""
        return self.dbapi.sqlite_version_info  # type: ignore[no-any-return]


dialect = SQLiteDialect_pysqlite


class SQLiteDialect_aiosqlite(SQLiteDialect_pysqlite):
    """The same under the name that programs with an event loop know it by."""

    driver = "aiosqlite"


drivers = {"pysqlite": SQLiteDialect_pysqlite, "aiosqlite": SQLiteDialect_aiosqlite}


def __getattr__(name: str) -> Any:
    # (the interpreter asks for __path__ when something is imported from here)
    for module in () if name.startswith("_") else ("compiler", "ddl", "reflection", ""):
        import importlib

        found = getattr(importlib.import_module(f".{module}", __package__), name, None)
        if found is not None:
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
