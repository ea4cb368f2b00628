"""What dialects have in common: `DefaultDialect`, the base of each of them.

A dialect is a handful of facts (class attributes) and the classes of its compilers, which
are loaded when they are first needed. What a database does otherwise its own dialect says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

from .. import _core, exc, util
from .._late import late_names
from ..event.attr import dispatcher
from .asking import AsksInspector

if TYPE_CHECKING:
    from .url import URL


class instance_property(util.memoized_property[Any]):
    """A memoized property that the class does not have: tools ask by it for old versions."""

    def __get__(self, obj: Any, cls: Any = None) -> Any:
        if obj is None:
            raise AttributeError(f"type object {cls.__name__!r} has no attribute {self.__name__!r}")
        return super().__get__(obj, cls)


class DefaultDialect(AsksInspector):
    """The SQL of no database in particular, with named parameters."""

    dispatch = dispatcher("cormorant.engine.events:DialectEvents")

    name = "default"
    driver = "default"
    default_paramstyle = "named"
    is_async = False
    async_drivers: tuple[str, ...] = ()
    default_schema_name: str | None = None
    max_identifier_length = 9999
    max_index_name_length: int | None = None
    max_constraint_name_length: int | None = None
    label_length: int | None = None
    _adopted_errors: tuple[type[Exception], ...] = ()

    supports_native_boolean = False
    non_native_boolean_check_constraint = True
    supports_native_enum = False
    supports_native_uuid = False
    supports_native_decimal = False
    _bound_as_is = frozenset(
        (
            _core.TYPE_ANY,
            _core.TYPE_INTEGER,
            _core.TYPE_STRING,
            _core.TYPE_BINARY,
            _core.TYPE_DATE,
            _core.TYPE_TIME,
            _core.TYPE_DATETIME,
        )
    )
    """Codes of the types whose values the driver takes as they are."""
    _read_as_is = _bound_as_is | {_core.TYPE_FLOAT}
    """Codes of the types whose values the driver returns."""
    supports_alter = True
    supports_comments = False
    inline_comments = False
    supports_sequences = False
    sequences_optional = False
    preexecute_autoincrement_sequences = False
    supports_identity_columns = False
    supports_constraint_comments = False
    supports_default_values = False
    supports_default_metavalue = False
    default_metavalue_token = "DEFAULT"
    supports_empty_insert = True
    supports_multivalues_insert = False
    supports_cast = True
    requires_name_normalize = False
    supports_sane_rowcount = True
    supports_sane_multi_rowcount = True
    supports_statement_cache = True
    supports_schemas = True
    supports_views = True
    supports_simple_order_by_label = True
    supports_is_distinct_from = True
    supports_server_side_cursors = False
    tuple_in_values = False
    insert_returning = False
    update_returning = False
    delete_returning = False
    insert_executemany_returning = False
    insert_executemany_returning_sort_by_parameter_order = False
    update_executemany_returning = False
    delete_executemany_returning = False
    update_returning_multifrom = False
    delete_returning_multifrom = False
    postfetch_lastrowid = True
    """A key that the database made is read from the cursor, not by RETURNING."""
    favor_returning_over_lastrowid = False
    cte_follows_insert = False
    implicit_returning = True
    use_insertmanyvalues = False
    use_insertmanyvalues_wo_returning = False
    insertmanyvalues_implicit_sentinel = False
    """Rows whose keys the database makes can be told apart; see sql.insertmanyvalues."""
    insertmanyvalues_page_size = 1000
    insertmanyvalues_max_parameters = 32700
    div_is_floordiv = True
    literals_as_bound = False
    """Dates and times are written in SQL as the driver binds them, not as ISO 8601."""
    server_version_info: Any = None
    _json_serializer: Any = None
    _json_deserializer: Any = None

    isolation_levels: tuple[str, ...] = ()
    default_isolation_level: str | None = None

    engine_options: frozenset[str] = frozenset()
    """Arguments of create_engine() that only this dialect has."""
    construct_arguments: list[tuple[Any, Mapping[str, Any]]] | None = None
    """What items take for this dialect: (Index, {"using": False}), … None: anything."""
    colspecs: dict[Any, Any] = {}
    """Generic type -> the class that the dialect has for it."""

    @property
    def driver_errors(self) -> tuple[type[Exception], ...]:
        """The classes of what drivers raise: the package's own, and the modules' whose
        connections were adopted."""
        own: Any = self
        return (own.dbapi.Error, *self._adopted_errors)

    def adopted(self, made: Any) -> Any:
        """What stands for a connection that the program made of a DB-API module: an
        AdoptedConnection, None if it cannot be used."""
        return None

    def knows_errors_of(self, connection: Any) -> None:
        """A DB-API connection of another module, which has the class as its `Error`, is used."""
        if not issubclass(connection.Error, self.driver_errors):
            self._adopted_errors += (connection.Error,)

    @property
    def dialect_description(self) -> str:
        """The names of the database and of the driver, as in URLs."""
        return f"{self.name}+{self.driver}"

    def __init__(
        self,
        paramstyle: str | None = None,
        isolation_level: str | None = None,
        dbapi: Any = None,
        json_serializer: Any = None,
        json_deserializer: Any = None,
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
        self.paramstyle = paramstyle or self.default_paramstyle
        self.positional = self.paramstyle in ("qmark", "format", "numeric", "numeric_dollar")
        self._compile_times: dict[str, float] = {}
        """Seconds that the SQL of flushes took to make: for the log."""
        self._json_serializer = json_serializer
        self._json_deserializer = json_deserializer
        self._on_connect_isolation_level = isolation_level
        self.skip_autocommit_rollback = skip_autocommit_rollback
        self.compiler_linting = compiler_linting
        if supports_native_boolean is not None:
            self.supports_native_boolean = supports_native_boolean
        if max_identifier_length is not None:
            self.max_identifier_length = max_identifier_length
        if label_length is not None:
            self.label_length = label_length
        if insertmanyvalues_page_size is not None:
            self.insertmanyvalues_page_size = insertmanyvalues_page_size
        if supports_native_boolean is not None:
            self.supports_native_boolean = supports_native_boolean
        if use_insertmanyvalues is not None:
            self.use_insertmanyvalues = use_insertmanyvalues

    # --- compilers ---

    def _check_label_length(self) -> None:
        """Refuse to connect with names of columns that the database would cut."""
        if self.label_length is not None and self.label_length > self.max_identifier_length:
            raise exc.ArgumentError(
                f"Label length of {self.label_length} is greater than this dialect's maximum "
                f"identifier length of {self.max_identifier_length}"
            )

    @util.memoized_property
    def preparer(self) -> Any:
        """The class of the identifier preparer."""
        from ..sql.identifiers import IdentifierPreparer

        return IdentifierPreparer

    @util.memoized_property
    def identifier_preparer(self) -> Any:
        """Quotes identifiers."""
        return self.preparer(self)

    @util.memoized_property
    def statement_compiler(self) -> Any:
        """The compiler of statements."""
        from ..sql.compiler import SQLCompiler

        return SQLCompiler

    @util.memoized_property
    def ddl_compiler(self) -> Any:
        """The compiler of DDL."""
        from ..sql.ddl_compiler import DDLCompiler

        return DDLCompiler

    type_compiler_cls: Any = None
    """The class of the compiler of types; None: the standard's."""

    @util.memoized_property
    def type_compiler_instance(self) -> Any:
        """The compiler of types."""
        from ..sql.type_compiler import TypeCompiler

        return (self.type_compiler_cls or TypeCompiler)(self)

    @property
    def type_compiler(self) -> Any:
        """As type_compiler_instance."""
        return self.type_compiler_instance

    schema_translate_map: Any = None
    """Schema of tables -> the one to write, of all statements; see translated()."""

    def translated(self, names: Any) -> Any:
        """This dialect with other names for schemas: what is compiled for it, and kept under
        it, has those names. The same one for the same names."""
        key = tuple(sorted(names.items(), key=repr))
        made = self._translated.get(key)
        if made is None:
            made = self._translated[key] = copy(self)
            made.schema_translate_map = dict(names)
        return made

    def of_page_size(self, size: int) -> Any:
        """This dialect with another number of rows in an INSERT: the same one for the same
        number."""
        made = self._of_page_size.get(size)
        if made is None:
            made = copy(self)
            made.insertmanyvalues_page_size = size
            self._of_page_size[size] = made
        return made

    @util.memoized_property
    def _of_page_size(self) -> Any:
        return util.LRUCache(10)

    @util.memoized_property
    def _translated(self) -> dict[Any, Any]:
        return {}

    def validate_identifier(self, ident: str) -> None:
        """exc.IdentifierError: a name is longer than the database allows."""
        if len(ident) > self.max_identifier_length:
            raise exc.IdentifierError(
                f"Identifier {ident!r} exceeds maximum length of {self.max_identifier_length} "
                "characters"
            )

    def types_to_create(self, types: Sequence[Any]) -> list[Any]:
        """Those of the types of a schema that this database has as objects of their own."""
        return []

    def describe(self, cursor: _core.Cursor) -> Sequence[Sequence[Any]]:
        """The columns of a cursor with rows, as a DB-API cursor describes them."""
        return tuple([(name, None, None, None, None, None, None) for name in cursor.keys])

    def type_descriptor(self, typeobj: Any) -> Any:
        """The type as this database has it, also of a class of types."""
        if isinstance(typeobj, type):
            typeobj = typeobj()
        if not self.colspecs:
            return typeobj
        from ..sql.type_api import adapt_type

        return adapt_type(typeobj, self.colspecs)

    @util.memoized_property
    def no_params(self) -> Any:
        """What logs and errors show of no parameters."""
        return () if self.positional else {}

    def plan(
        self,
        sql: str,
        order: Sequence[str] = (),
        binds: Sequence[tuple[int, int, Any]] = (),
        program: Any = None,
        many: tuple[str, str] | None = None,
    ) -> _core.Plan:
        """The plan of compiled SQL: `binds` are (index of the value, type code, argument) of
        each parameter mark, `order` its name, `many` what rows_as_arrays() gave."""
        return _core.Plan(sql, binds, program)

    sends_literals = False
    """Whether parameters mean what literals in their places would, instead of having types."""

    def compares_literals(self, sql: str) -> bool:
        """Whether the database compares expressions of a statement which the values of
        parameters are part of."""
        return False

    def rows_as_arrays(
        self, compiled: Any, sets: Mapping[str, Any], where: Mapping[str, Any]
    ) -> tuple[str, str] | None:
        """What a compiled UPDATE or DELETE of one row is for many rows, None if nothing else:
        see _core.Plan. `sets` and `where` give the column of each parameter."""
        return None

    # --- connecting ---

    @classmethod
    def engine_created(cls, engine: Any) -> None:
        """An engine of this dialect was made: for dialects of a program's own."""

    @classmethod
    def get_dialect_cls(cls, url: URL) -> Any:
        """The class for a URL."""
        return cls

    # --- transactions ---

    def check_isolation_level(self, level: Any) -> str:
        """The canonical name of an isolation level; exc.ArgumentError."""
        name = str(level).replace("_", " ").upper()
        if name not in self.isolation_levels:
            raise exc.ArgumentError(
                f"Invalid value {name!r} for isolation_level. Valid isolation levels for "
                f"{self.name!r} are {', '.join(self.isolation_levels)}"
            )
        return name

    supports_twophase = False
    typed = False
    """Whether the driver takes and gives typed values, where SQLite has text."""

    def set_connection_options(self, connection: Any, options: Any) -> bool:
        """Take execution options that are the dialect's own; whether there were any."""
        return False

    def reset_connection_options(self, connection: Any) -> None:
        """Take back what set_connection_options() did."""

    def get_isolation_level_values(self, dbapi_conn: Any = None) -> list[str]:
        """The isolation levels there are."""
        return list(self.isolation_levels)

    # --- what there is in the database ---

    def has_table(self, connection: Any, table_name: str, schema: str | None = None) -> bool:
        """Whether a table or view of that name exists."""
        from .base import Connection

        if not isinstance(connection, Connection):
            raise exc.ArgumentError(
                f"The argument passed to Dialect.has_table() should be a {Connection}, got "
                f"{type(connection)}. Additionally, the Dialect.has_table() method is for "
                "internal dialect use only; please use "
                "``inspect(some_engine).has_table(<tablename>>)`` for public API use."
            )
        return self.reflector.has_table(connection, table_name, schema)  # type: ignore[no-any-return]

    @util.memoized_property
    def inspector(self) -> Any:
        """The class of inspectors."""
        from .reflection import Inspector

        return Inspector

    @util.memoized_property
    def reflector(self) -> Any:
        """The functions behind Inspector."""
        raise NotImplementedError


class StrCompileDialect(DefaultDialect):
    """The dialect of `str(statement)`: lenient about what no database can do."""

    supports_native_boolean = True
    supports_sequences = True
    sequences_optional = True
    supports_identity_columns = True
    supports_default_values = True
    supports_multivalues_insert = True
    insert_returning = True
    update_returning = True
    delete_returning = True

    @util.memoized_property
    def statement_compiler(self) -> Any:
        from ..sql.compiler import StrSQLCompiler

        return StrSQLCompiler

    @util.memoized_property
    def type_compiler_instance(self) -> Any:
        from ..sql.type_compiler import StrSQLTypeCompiler

        return StrSQLTypeCompiler(self)


if TYPE_CHECKING:
    from .execution import DefaultExecutionContext as DefaultExecutionContext
else:
    __getattr__ = late_names(__name__, {".execution": "DefaultExecutionContext"})
