"""SQLite: what the engine and the compilers have to know about it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ... import exc, util
from ...sql.type_compiler import TypeCompiler

if TYPE_CHECKING:
    from ..._core import Connection as CoreConnection
    from ...engine.url import URL


class SQLiteTypeCompiler(TypeCompiler):
    """SQLite takes any type name; these are the ones that say what is meant."""

    def visit_DATETIME(self, type_: Any, **kw: Any) -> str:
        return "DATETIME"

    def visit_JSON(self, type_: Any, **kw: Any) -> str:
        # declared so that reflection tells it from text
        return "JSON"


class SQLiteDialect:
    """The SQL of SQLite."""

    name = "sqlite"
    driver = "pysqlite"
    paramstyle = "qmark"
    positional = True
    is_async = False
    default_schema_name: str | None = "main"
    max_identifier_length = 9999
    label_length: int | None = None

    supports_native_boolean = False
    non_native_boolean_check_constraint = True
    supports_native_enum = False
    supports_alter = False
    supports_comments = False
    supports_sequences = False
    supports_default_values = True
    supports_empty_insert = False
    supports_multivalues_insert = True
    supports_cast = True
    supports_sane_rowcount = True
    supports_sane_multi_rowcount = False
    supports_statement_cache = True
    supports_schemas = True
    tuple_in_values = True
    insert_returning = True
    update_returning = True
    delete_returning = True
    use_insertmanyvalues = True
    insertmanyvalues_page_size = 1000
    insertmanyvalues_max_parameters = 32700
    implicit_returning = True
    div_is_floordiv = True
    _json_serializer: Any = None
    _json_deserializer: Any = None

    isolation_levels = ("READ UNCOMMITTED", "SERIALIZABLE", "AUTOCOMMIT")
    default_isolation_level = "SERIALIZABLE"

    construct_arguments: list[Any] = []

    def __init__(
        self,
        native_datetime: bool = False,
        json_serializer: Any = None,
        json_deserializer: Any = None,
        isolation_level: str | None = None,
        paramstyle: str | None = None,
        dbapi: Any = None,
        max_identifier_length: int | None = None,
        label_length: int | None = None,
        insertmanyvalues_page_size: int | None = None,
        use_insertmanyvalues: bool | None = None,
        skip_autocommit_rollback: bool = False,
        supports_native_boolean: bool | None = None,
        implicit_returning: bool = True,
        compiler_linting: int = 0,
        **kwargs: Any,
    ) -> None:
        """Arguments are those of create_engine() that concern the database."""
        if kwargs:
            raise TypeError(
                f"{type(self).__name__}.__init__() got an unexpected keyword argument "
                f"{next(iter(kwargs))!r}"
            )
        self._compile_times: dict[str, float] = {}
        """Seconds that the SQL of flushes took to make: for the log."""
        self._json_serializer = json_serializer
        self._json_deserializer = json_deserializer
        self._on_connect_isolation_level = isolation_level
        self.skip_autocommit_rollback = skip_autocommit_rollback
        self.compiler_linting = compiler_linting
        if max_identifier_length is not None:
            self.max_identifier_length = max_identifier_length
        if label_length is not None:
            if label_length > self.max_identifier_length:
                raise exc.ArgumentError(
                    f"Label length of {label_length} is greater than this dialect's maximum "
                    f"identifier length of {self.max_identifier_length}"
                )
            self.label_length = label_length
        if insertmanyvalues_page_size is not None:
            self.insertmanyvalues_page_size = insertmanyvalues_page_size
        if use_insertmanyvalues is not None:
            self.use_insertmanyvalues = use_insertmanyvalues
        self.type_compiler_instance = self.type_compiler = SQLiteTypeCompiler(self)

    # --- compilers ---

    @util.memoized_property
    def identifier_preparer(self) -> Any:
        """Quotes identifiers."""
        from .compiler import SQLiteIdentifierPreparer

        return SQLiteIdentifierPreparer(self)

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

    @util.memoized_property
    def dbapi(self) -> Any:
        """The driver's module."""
        from . import dbapi

        return dbapi

    loaded_dbapi = dbapi

    @classmethod
    def import_dbapi(cls) -> Any:
        """The driver's module."""
        from . import dbapi

        return dbapi

    def type_descriptor(self, typeobj: Any) -> Any:
        """The type as this database has it."""
        return typeobj

    # --- connecting ---

    @classmethod
    def get_dialect_cls(cls, url: URL) -> Any:
        return cls

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
                from urllib.parse import urlencode

                pairs = [(k, v) for k in sorted(options) for v in util.to_list(options[k])]
                database += ("&" if "?" in database else "?") + urlencode(pairs)
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

    def check_isolation_level(self, level: Any) -> str:
        """The canonical name of an isolation level; exc.ArgumentError."""
        name = str(level).replace("_", " ").upper()
        if name not in self.isolation_levels:
            raise exc.ArgumentError(
                f"Invalid value {level!r} for isolation_level. Valid isolation levels for "
                f"{self.name!r} are {', '.join(self.isolation_levels)}"
            )
        return name

    def get_isolation_level_values(self, dbapi_conn: Any = None) -> list[str]:
        """The isolation levels there are."""
        return list(self.isolation_levels)

    def set_isolation_level(self, connection: CoreConnection, level: str) -> None:
        """Make a connection use an isolation level."""
        if level == "AUTOCOMMIT":
            connection.set_option("isolation_level", "AUTOCOMMIT")
            return
        connection.set_option("isolation_level", "")
        connection.run_script(
            f"PRAGMA read_uncommitted = {1 if level == 'READ UNCOMMITTED' else 0}"
        )

    def on_connect(self, connection: CoreConnection) -> None:
        """Set up a new connection."""
        if self._on_connect_isolation_level is not None:
            level = self.check_isolation_level(self._on_connect_isolation_level)
            self.set_isolation_level(connection, level)

    def get_isolation_level(self, connection: CoreConnection) -> str:
        """The isolation level a connection is in."""
        from ... import _core

        row = connection.execute(_core.Plan("PRAGMA read_uncommitted")).fetch()[0]
        return "READ UNCOMMITTED" if row[0] else "SERIALIZABLE"

    def is_disconnect(self, error: BaseException) -> bool:
        """Whether an error means that the connection is lost."""
        return "Cannot operate on a closed database." in str(error)

    # --- what there is in the database ---

    @util.memoized_property
    def reflector(self) -> Any:
        """The functions behind Inspector."""
        from .reflection import SQLiteReflector

        return SQLiteReflector(self)

    def has_table(self, connection: Any, table_name: str, schema: str | None = None) -> bool:
        """Whether a table or view of that name exists."""
        return self.reflector.has_table(connection, table_name, schema)  # type: ignore[no-any-return]


class SQLiteDialect_pysqlite(SQLiteDialect):
    """The dialect under the name of the driver whose behaviour it has."""

    @util.memoized_property
    def server_version_info(self) -> tuple[int, ...]:
        """The version of the SQLite library."""
        return self.dbapi.sqlite_version_info  # type: ignore[no-any-return]


dialect = SQLiteDialect_pysqlite
drivers = {"pysqlite": SQLiteDialect_pysqlite}
