"""PostgreSQL: what the engine and the compilers have to know about it.

One driver stands behind every ``postgresql`` URL. Its SQL, errors and values are those of
SQLAlchemy's ``postgresql+psycopg``; the names ``psycopg2``, ``psycopg`` and ``asyncpg`` in a
URL are accepted, so that URLs of existing programs work.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ... import _core, util
from ...engine.default import DefaultDialect

if TYPE_CHECKING:
    from ..._core import Connection as CoreConnection
    from ...engine.url import URL


class PGDialect(DefaultDialect):
    """The SQL of PostgreSQL."""

    name = "postgresql"
    driver = "psycopg"
    default_paramstyle = "pyformat"
    default_schema_name = "public"
    max_identifier_length = 63

    supports_native_boolean = True
    non_native_boolean_check_constraint = False
    supports_native_enum = True
    supports_native_uuid = True
    supports_native_decimal = True
    supports_comments = True
    supports_constraint_comments = True
    supports_sequences = True
    sequences_optional = True
    preexecute_autoincrement_sequences = True
    supports_identity_columns = True
    supports_default_values = True
    supports_default_metavalue = True
    supports_empty_insert = False
    supports_multivalues_insert = True
    supports_server_side_cursors = True
    insert_returning = True
    update_returning = True
    delete_returning = True
    insert_executemany_returning = True
    insert_executemany_returning_sort_by_parameter_order = True
    update_returning_multifrom = True
    delete_returning_multifrom = True
    postfetch_lastrowid = False
    use_insertmanyvalues = True
    insertmanyvalues_implicit_sentinel = True
    insertmanyvalues_max_parameters = 32700

    isolation_levels = (
        "AUTOCOMMIT",
        "READ UNCOMMITTED",
        "READ COMMITTED",
        "REPEATABLE READ",
        "SERIALIZABLE",
    )
    default_isolation_level = "READ COMMITTED"

    _backslash_escapes = True
    _supports_create_index_concurrently = True
    _supports_drop_index_concurrently = True
    _supports_jsonb_subscripting = True

    # --- types ---

    @util.memoized_property
    def colspecs(self) -> dict[Any, Any]:
        """Generic type -> PostgreSQL's own."""
        from .base_types import COLSPECS

        return COLSPECS

    @property
    def _casts(self) -> dict[type, Any]:
        from . import casts

        return casts.PSYCOPG

    def types_to_create(self, types: Sequence[Any]) -> list[Any]:
        from .named_types import NamedType

        found: dict[Any, Any] = {}
        for type_ in types:
            impl = type_.dialect_impl(self)
            if isinstance(impl, NamedType) and impl.create_type:
                # the type of a column that was copied is the same type
                found.setdefault((type_.schema, impl.name), impl)
                impl.schema = type_.schema
        return list(found.values())

    def bind_cast(self, type_: Any) -> str | None:
        """What is written after a parameter of a type."""
        from .casts import bind_cast

        return bind_cast(type_, self, self._casts)

    # --- compilers ---

    @util.memoized_property
    def preparer(self) -> Any:
        from .compiler import PGIdentifierPreparer

        return PGIdentifierPreparer

    @util.memoized_property
    def statement_compiler(self) -> Any:
        from .compiler import PGCompiler

        return PGCompiler

    @util.memoized_property
    def ddl_compiler(self) -> Any:
        from .ddl import PGDDLCompiler

        return PGDDLCompiler

    @util.memoized_property
    def type_compiler_cls(self) -> Any:
        from .type_compiler import PGTypeCompiler

        return PGTypeCompiler

    def plan(
        self,
        sql: str,
        order: Sequence[str] = (),
        binds: Sequence[Any] = (),
        program: Any = None,
    ) -> _core.Plan:
        from .paramstyle import named_plan

        return named_plan(sql, order, binds, program, _core.Plan)  # type: ignore[no-any-return]

    @util.memoized_property
    def dbapi(self) -> Any:
        """The driver's module."""
        return self.import_dbapi()

    loaded_dbapi = dbapi

    @classmethod
    def import_dbapi(cls) -> Any:
        """The driver's module; ImportError if cormorant was built without libpq."""
        from . import dbapi

        return dbapi

    # --- connecting ---

    @classmethod
    def get_pool_class(cls, url: URL) -> Any:
        """The pool that suits the database."""
        from ... import pool

        return pool.QueuePool

    def create_connect_args(self, url: URL) -> tuple[list[Any], dict[str, Any]]:
        """Arguments of the driver's connect() for a URL."""
        options: dict[str, Any] = dict(url.query)
        named = {
            "host": url.host,
            "port": url.port,
            "user": url.username,
            "password": url.password,
            "dbname": url.database,
        }
        for name, value in named.items():
            if value is not None and value != "":
                options[name] = str(value)
        return [], options

    def connect(self, *args: Any, **kw: Any) -> CoreConnection:
        """A new connection to the database."""
        return self.dbapi.connect(*args, **kw)  # type: ignore[no-any-return]

    # --- transactions ---

    def set_isolation_level(self, connection: CoreConnection, level: str) -> None:
        """Make a connection use an isolation level."""
        autocommit = level == "AUTOCOMMIT"
        connection.set_option("autocommit", "1" if autocommit else "0")
        begin = "BEGIN"
        if not autocommit and level != self.default_isolation_level:
            begin += f" ISOLATION LEVEL {level}"
        connection.set_option("begin", begin)

    def on_connect(self, connection: CoreConnection) -> None:
        """Set up a new connection."""
        if self._on_connect_isolation_level is not None:
            level = self.check_isolation_level(self._on_connect_isolation_level)
            self.set_isolation_level(connection, level)

    def get_isolation_level(self, connection: CoreConnection) -> str:
        """The isolation level a connection is in."""
        rows = connection.execute(_core.Plan("show transaction isolation level")).fetch()
        return str(rows[0][0]).upper()

    def is_disconnect(self, error: BaseException) -> bool:
        """Whether an error means that the connection is lost."""
        return "Cannot operate on a closed database." in str(error)

    # --- what there is in the database ---

    @util.memoized_property
    def inspector(self) -> Any:
        """The class of inspectors."""
        from .reflection import PGInspector

        return PGInspector

    def has_sequence(self, connection: Any, sequence_name: str, schema: str | None = None) -> bool:
        """Whether a sequence of that name exists."""
        return self.reflector.has_sequence(connection, sequence_name, schema)  # type: ignore[no-any-return]

    def has_type(self, connection: Any, type_name: str, schema: str | None = None) -> bool:
        """Whether a type of that name exists."""
        return self.reflector.has_type(connection, type_name, schema)  # type: ignore[no-any-return]

    @util.memoized_property
    def reflector(self) -> Any:
        """The functions behind Inspector."""
        from .reflection import PGReflector

        return PGReflector(self)


class PGDialect_psycopg(PGDialect):
    """The SQL of ``postgresql+psycopg``."""


class PGDialect_psycopg2(PGDialect):
    """The SQL of ``postgresql+psycopg2``: fewer casts."""

    driver = "psycopg2"

    @property
    def _casts(self) -> dict[type, Any]:
        from . import casts

        return casts.PSYCOPG2


class PGDialect_asyncpg(PGDialect):
    """The SQL of ``postgresql+asyncpg``: a cast for nearly every type."""

    driver = "asyncpg"
    default_paramstyle = "numeric_dollar"

    @property
    def _casts(self) -> dict[type, Any]:
        from . import casts

        return casts.ASYNCPG


drivers = {"psycopg": PGDialect, "psycopg2": PGDialect, "asyncpg": PGDialect}
