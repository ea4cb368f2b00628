"""PostgreSQL: what the engine and the compilers have to know about it.

One driver, of libpq, stands behind every ``postgresql`` URL. The SQL that programs see, and how the
server understands it, is that of the driver a URL names, psycopg2 if it names none: a class in a
module of that name says what differs. Errors and values are psycopg's.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ... import _core, exc, util
from ..._late import late_names
from ...engine.default import DefaultDialect, instance_property
from ...sql.plain_types import quoted

if TYPE_CHECKING:
    from ..._core import Connection as CoreConnection
    from ...engine.url import URL


class PGDialect(DefaultDialect):
    """The SQL of PostgreSQL."""

    name = "postgresql"
    driver = "psycopg2"
    async_drivers: tuple[str, ...] = ()
    """The drivers in URLs of asynchronous engines."""
    default_paramstyle = "pyformat"
    default_schema_name = "public"
    max_identifier_length = 63

    _bound_as_is = DefaultDialect._bound_as_is | {
        _core.TYPE_REAL,
        _core.TYPE_EXACT,
        _core.TYPE_UUID,
    }
    _read_as_is = DefaultDialect._bound_as_is | {
        _core.TYPE_EXACT,
        _core.TYPE_JSON,
        _core.TYPE_BOOLEAN,
    }
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
        "READ COMMITTED",
        "READ UNCOMMITTED",
        "REPEATABLE READ",
        "SERIALIZABLE",
    )
    default_isolation_level = "READ COMMITTED"

    _backslash_escapes = True
    _reads_inet = True
    """Whether addresses of networks are objects unless create_engine() was told."""
    _supports_create_index_concurrently = True
    _supports_drop_index_concurrently = True
    _supports_jsonb_subscripting = True

    engine_options = frozenset(
        {
            "native_inet_types",
            "client_encoding",
            "use_native_hstore",
            "executemany_mode",
            "executemany_batch_page_size",
            "executemany_values_page_size",
        }
    )

    def __init__(
        self,
        native_inet_types: bool | None = None,
        client_encoding: str | None = None,
        use_native_hstore: bool = True,
        executemany_mode: str = "values_only",
        executemany_batch_page_size: int = 100,
        executemany_values_page_size: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Arguments are those of create_engine() that concern the database; with
        `native_inet_types` False (psycopg2's default) addresses of
        networks are read as text. The others named here are taken for compatibility: text is
        always sent as UTF-8, hstore is always a dict, and many rows go as the driver knows best."""
        if executemany_mode not in ("values_only", "values_plus_batch"):
            raise exc.ArgumentError(f"Invalid value for 'executemany_mode': {executemany_mode!r}")
        super().__init__(**kwargs)
        self.native_inet_types = native_inet_types
        self.use_native_hstore = use_native_hstore

    # --- types ---

    @util.classproperty
    def ischema_names(cls) -> dict[str, Any]:
        """The types that reflection gives for names of types; programs may add theirs."""
        from .catalog import ischema_names

        return ischema_names

    @util.memoized_property
    def colspecs(self) -> dict[Any, Any]:
        """Generic type -> PostgreSQL's own."""
        from .base_types import COLSPECS

        return COLSPECS

    @util.memoized_property
    def _casts(self) -> dict[type, Any]:
        """What parameters are written with."""
        from . import casts

        return casts.ALWAYS

    def sequence_of(self, column: Any) -> Any:
        """The sequence that the server makes for a SERIAL or IDENTITY column. It names it after
        table and column, of which is cut what is longer than half of the room and than what the
        other leaves."""
        from ...sql.schema import Sequence

        table, name = column.table.name, column.name
        half = (63 - len("__seq")) // 2
        table = table[: half + max(0, half - len(name))]
        name = name[: half + max(0, half - len(table))]
        return Sequence(f"{table}_{name}_seq", schema=column.table.schema)

    def types_to_create(self, types: Sequence[Any]) -> list[Any]:
        from .named_types import NamedType

        found: dict[Any, Any] = {}
        for type_ in types:
            if not type_._is_made_on(self.name):
                continue
            impl = type_.dialect_impl(self)
            if isinstance(impl, NamedType) and impl.create_type:
                # the type of a column that was copied is the same type
                found.setdefault((type_.schema, impl.name), impl)
                impl.schema = type_.schema
                if impl is not type_ and "dispatch" in type_.__dict__:
                    impl.__dict__["dispatch"] = type_.dispatch  # who listens to a generic type
        return list(found.values())

    def bind_cast(self, type_: Any, preparer: Any) -> str | None:
        """What is written after a parameter of a type; `preparer` is that of the statement."""
        return self._bind_cast(type_, self, self._casts, preparer)  # type: ignore[no-any-return]

    def cast_of_rows(self, type_: Any, preparer: Any) -> str:
        """What a column of VALUES that has values of a type is cast to."""
        from .casts import cast_of_rows

        return cast_of_rows(type_, self, preparer)

    @util.memoized_property
    def _bind_cast(self) -> Any:
        from .casts import bind_cast

        return bind_cast

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
        """The class that renders types in DDL and casts."""
        from .type_compiler import PGTypeCompiler

        return PGTypeCompiler

    def plan(
        self,
        sql: str,
        order: Sequence[str] = (),
        binds: Sequence[Any] = (),
        program: Any = None,
        many: tuple[str, str] | None = None,
    ) -> _core.Plan:
        return self._make_plan(  # type: ignore[no-any-return]
            sql, order, binds, program, many
        )

    @util.memoized_property
    def _make_plan(self) -> Any:
        from .paramstyle import named_plan

        return named_plan

    def rows_as_arrays(
        self, compiled: Any, sets: Mapping[str, Any], where: Mapping[str, Any]
    ) -> tuple[str, str] | None:
        from .many_rows import rows_as_arrays

        return rows_as_arrays(compiled, sets, where)

    def driver_plan(self, sql: str, sets: Sequence[Any]) -> tuple[_core.Plan, list[Sequence[Any]]]:
        """The plan of SQL for the driver, with ``%s`` or ``%(name)s`` for parameters, and its
        rows of values. The driver's ProgrammingError if they do not fit."""
        from .paramstyle import driver_plan, values_of

        plan = driver_plan(sql)
        return plan, [values_of(plan, values) for values in sets or [()]]

    @instance_property
    def dbapi(self) -> Any:
        """The driver's module."""
        return self.import_dbapi()

    @util.memoized_property
    def loaded_dbapi(self) -> Any:
        """As dbapi."""
        return self.dbapi

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

    def describe(self, cursor: _core.Cursor) -> Sequence[Sequence[Any]]:
        from .cursor import described

        return described(cursor, cursor.connection, cursor.plan)

    def create_connect_args(self, url: URL) -> tuple[list[Any], dict[str, Any]]:
        """Arguments of the driver's connect() for a URL.

        The query takes libpq's options, `host` in place of the one before it, several times or
        as a list (``host=a:5432`` with the port of each, or a directory of sockets), `service`,
        and those of asyncpg's that have a counterpart (`ssl`, `prepared_statement_cache_size`,
        `timeout`).
        """
        query: dict[str, Any] = dict(url.query)
        options: dict[str, Any] = {}
        given = query.pop("host", None)
        hosts = [host for item in util.to_list(given or ()) for host in item.split(",")]
        ports = [port for item in util.to_list(query.pop("port", ())) for port in item.split(",")]
        self._check_ports(hosts, ports, isinstance(given, tuple))
        if not hosts and url.host and ports:
            hosts = [url.host]
        if hosts:  # those of the query replace the one before it
            names, numbers = hosts, ports
            if not ports and (isinstance(given, tuple) or len(hosts) == 1):
                names, numbers = self._split_hosts(hosts)
            options["host"] = ",".join(names)
            if any(numbers):
                options["port"] = ",".join(numbers)
            elif url.port is not None and len(names) == 1:
                options["port"] = str(url.port)
        elif ports:
            options["port"] = ",".join(ports)
        # of what is given several times the last counts, as for libpq
        query = {k: v[-1] if isinstance(v, tuple) else v for k, v in query.items()}
        named = {
            "host": None if hosts else url.host,
            "port": None if hosts else url.port,
            "user": url.username,
            "password": url.password,
            "dbname": url.database,
        }
        for name, value in named.items():
            if value is not None and value != "":
                options[name] = str(value)
        if "ssl" in query:
            mode = query.pop("ssl")
            options["sslmode"] = {"true": "require", "false": "disable"}.get(mode.lower(), mode)
        cached = query.pop("prepared_statement_cache_size", None)
        if cached is not None and int(cached) == 0:
            options["prepare_threshold"] = None
        if "timeout" in query:
            options["connect_timeout"] = query.pop("timeout")
        return [], {**options, **query}

    @staticmethod
    def _check_ports(hosts: list[str], ports: list[str], with_ports: bool) -> None:
        """exc.ArgumentError: ports that are no numbers, too many, or given in two ways;
        `with_ports`: each host may have its own."""
        if with_ports and ports:
            raise exc.ArgumentError(
                "Can't mix 'multihost' formats together; use "
                '"host=h1,h2,h3&port=p1,p2,p3" or '
                '"host=h1:p1&host=h2:p2&host=h3:p3" separately'
            )
        said = ports
        if with_ports:
            said = ["" if host[:1] == "/" else host.partition(":")[2] for host in hosts]
        if not all([not port or port.isdigit() for port in said]):
            shown = tuple(said if ports else [port or None for port in said])
            raise exc.ArgumentError(f"Received non-integer port arguments: {shown}")
        if (len(ports) > 1 and len(ports) != len(hosts)) or len(hosts) > 1 == len(ports):
            raise exc.ArgumentError("number of hosts and ports don't match")

    @staticmethod
    def _split_hosts(hosts: list[str]) -> tuple[list[str], list[str]]:
        """Names and ports of ``name:port`` items; an address of colons has none."""
        names, numbers = [], []
        for host in hosts:
            match = re.fullmatch(r"([^:/[]*):(\d*)", host)
            names.append(match[1] if match else host)
            numbers.append(match[2] if match else "")
        return names, numbers

    def connect(self, *args: Any, **kw: Any) -> CoreConnection:
        """A new connection to the database."""
        native = self.native_inet_types
        if not (self._reads_inet if native is None else native):
            kw = {"native_inet_types": False, **kw}
        return self.dbapi.connect(*args, **kw)  # type: ignore[no-any-return]

    @property
    def driver_errors(self) -> tuple[type[Exception], ...]:
        """The classes of drivers' errors: those of psycopg and psycopg2 as well, if the program
        uses them."""
        errors = super().driver_errors
        for module in ("psycopg", "psycopg2"):
            theirs = getattr(sys.modules.get(module), "Error", None)
            if theirs is not None:
                errors = (*errors, theirs)
        return errors

    def adopted(self, made: Any) -> Any:
        """What stands for a connection of another driver, None if it cannot be used."""
        from .adopted import adopted

        return adopted(made, self)

    # --- transactions ---

    def set_isolation_level(self, connection: CoreConnection, level: str) -> None:
        """Make a connection use an isolation level."""
        connection.info["isolation_level"] = level
        self.set_begin(connection)

    def on_connect(self, connection: CoreConnection) -> None:
        """Set up a new connection; the first one tells about the server."""
        self._check_label_length()
        level = self._on_connect_isolation_level
        if level is not None:
            level = self.check_isolation_level(level)
        if self.server_version_info is None:
            self._initialize(connection)
            if level not in (None, "AUTOCOMMIT"):
                self.default_isolation_level = level
        if level is not None:
            self.set_isolation_level(connection, level)

    def _initialize(self, connection: CoreConnection) -> None:
        plan = _core.Plan(
            "select current_setting('server_version_num')::int, current_schema(), "
            "current_setting('standard_conforming_strings'), "
            "upper(current_setting('transaction_isolation'))"
        )
        begun = connection.in_transaction
        number, schema, standard, isolation = connection.execute(plan).fetch()[0]
        if connection.in_transaction and not begun:  # an adopted one is
            connection.rollback()
        self._backslash_escapes = standard == "off"
        self.default_isolation_level = isolation
        # 15.4 is 150004, 9.6.3 was 90603
        if number >= 100000:
            self.server_version_info = (number // 10000, number % 10000)
        else:
            self.server_version_info = (number // 10000, number // 100 % 100, number % 100)
        self.default_schema_name = schema

    def set_connection_options(self, connection: CoreConnection, options: Any) -> bool:
        """Take the execution options of transactions that are PostgreSQL's own; whether there
        were any, so that they have to be taken back."""
        found = False
        for name in ("postgresql_readonly", "postgresql_deferrable"):
            if name in options:
                connection.info[name] = bool(options[name])
                found = True
        if found:
            self.set_begin(connection)
        return found

    def reset_connection_options(self, connection: CoreConnection) -> None:
        """Take back what set_connection_options() did."""
        for name in ("postgresql_readonly", "postgresql_deferrable"):
            connection.info.pop(name, None)
        self.set_begin(connection)

    @staticmethod
    def set_begin(connection: CoreConnection) -> None:
        """How transactions of a connection begin from now on."""
        info = connection.info
        level = info.get("isolation_level")
        connection.set_option("autocommit", "1" if level == "AUTOCOMMIT" else "0")
        words = ["BEGIN"]
        # one that was asked for once is said: the session's own may have been changed meanwhile
        if level not in (None, "AUTOCOMMIT"):
            words.append(f"ISOLATION LEVEL {level}")
        if info.get("postgresql_readonly"):
            words.append("READ ONLY")
        if info.get("postgresql_deferrable"):
            words.append("DEFERRABLE")
        connection.set_option("begin", " ".join(words))
        connection.kept["begin"] = " ".join(words)

    def get_isolation_level(self, connection: CoreConnection) -> str:
        """The isolation level a connection is in."""
        begun = connection.in_transaction
        if not begun:
            connection.begin()
        plan = _core.Plan("show transaction isolation level")
        level = str(connection.execute(plan).fetch()[0][0]).upper()
        if not begun:
            # the next one may be of another level
            connection.rollback()
        return level

    def set_readonly(self, connection: CoreConnection, value: bool) -> None:
        """Make transactions of a connection refuse to write."""
        self.set_connection_options(connection, {"postgresql_readonly": value})

    def get_readonly(self, connection: CoreConnection) -> bool:
        """Whether they do."""
        return bool(connection.info.get("postgresql_readonly", False))

    def set_deferrable(self, connection: CoreConnection, value: bool) -> None:
        """Make transactions of a connection wait for a snapshot that cannot fail."""
        self.set_connection_options(connection, {"postgresql_deferrable": value})

    def get_deferrable(self, connection: CoreConnection) -> bool:
        """Whether they do."""
        return bool(connection.info.get("postgresql_deferrable", False))

    def is_disconnect(self, error: BaseException, *args: Any) -> bool:
        """Whether an error means that the connection is lost."""
        return str(error) in (
            "the connection is closed",
            "connection already closed",
            "connection is closed",
        )

    # --- two-phase transactions ---

    supports_twophase = True
    _shows_twophase = False
    """Whether what ends two-phase transactions is logged: psycopg does it by itself."""
    typed = True

    def prepare_twophase(self, connection: Any, xid: str) -> None:
        """PREPARE TRANSACTION."""
        self._end_twophase(connection, f"PREPARE TRANSACTION {quoted(xid)}")

    def commit_twophase(self, connection: Any, xid: str) -> None:
        """COMMIT PREPARED, which is no part of any transaction."""
        self._end_twophase(connection, f"COMMIT PREPARED {quoted(xid)}")

    def rollback_twophase(self, connection: Any, xid: str) -> None:
        """ROLLBACK PREPARED."""
        self._end_twophase(connection, f"ROLLBACK PREPARED {quoted(xid)}")

    def _end_twophase(self, connection: Any, sql: str) -> None:
        if self._shows_twophase:
            connection._run_script(sql)
            return
        try:
            core = connection._dbapi_connection
            (connection._ready() if core is None else core).run_script(sql)
        except BaseException as error:
            connection._wrap_error(error, None, None, from_core=False)

    def recover_twophase(self, connection: Any) -> list[str]:
        """The names of the transactions prepared on the server."""
        plan = _core.Plan("SELECT gid FROM pg_prepared_xacts")
        return [row[0] for row in connection._dbapi_connection.execute(plan).fetch()]

    # --- what there is in the database ---

    @util.memoized_property
    def inspector(self) -> Any:
        """The class of inspectors."""
        from .reflection import PGInspector

        return PGInspector

    def has_sequence(
        self, connection: Any, sequence_name: str, schema: str | None = None, **kw: Any
    ) -> bool:
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


_DRIVERS = {
    "psycopg2": ("psycopg2", "PGDialect_psycopg2"),
    "psycopg": ("psycopg", "PGDialect_psycopg"),
    "psycopg_async": ("psycopg", "PGDialectAsync_psycopg"),
    "asyncpg": ("asyncpg", "PGDialect_asyncpg"),
}
"""Driver in a URL -> module and class of its dialect."""


def dialect_of(driver: str) -> Any:
    """The dialect of URLs that name a driver, None if there is none of that name."""
    if driver not in _DRIVERS:
        return None
    import importlib

    module, name = _DRIVERS[driver]
    return getattr(importlib.import_module(f".{module}", __package__), name)


if not TYPE_CHECKING:
    __getattr__ = late_names(
        __name__,
        {
            ".catalog": "ischema_names",
            ".compiler": "PGCompiler PGIdentifierPreparer",
            ".ddl": "PGDDLCompiler",
            ".reflection": "PGInspector",
            ".type_compiler": "PGTypeCompiler",
            ".": "ARRAY BIGINT BIT BOOLEAN BYTEA CHAR CIDR CITEXT DATE DOMAIN DOUBLE_PRECISION ENUM "
            "FLOAT HSTORE INET INTEGER INTERVAL JSON JSONB MACADDR MACADDR8 MONEY NUMERIC OID REAL "
            "REGCLASS REGCONFIG SMALLINT TEXT TIME TIMESTAMP TSQUERY TSVECTOR UUID VARCHAR",
            ".types": "PGBit",
        },
    )
