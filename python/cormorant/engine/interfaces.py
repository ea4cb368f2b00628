"""Types that programs name in annotations."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypedDict

from ..sql.compiler import Compiled, IdentifierPreparer, SQLCompiler
from ..sql.type_compiler import TypeCompiler
from .base import ConnectionEventsTarget
from .default import DefaultDialect as Dialect
from .execution import DefaultExecutionContext as ExecutionContext

__all__ = [
    "AdaptedConnection",
    "BindTyping",
    "Compiled",
    "Connectable",
    "ConnectionEventsTarget",
    "CreateEnginePlugin",
    "DBAPIConnection",
    "DBAPICursor",
    "Dialect",
    "ExceptionContext",
    "ExecutionContext",
    "IdentifierPreparer",
    "SQLCompiler",
    "TypeCompiler",
]

Connectable = ConnectionEventsTarget
DBAPIConnection: TypeAlias = Any
DBAPICursor: TypeAlias = Any
CoreExecuteOptionsParameter: TypeAlias = Mapping[str, Any]
IsolationLevel: TypeAlias = Literal[
    "SERIALIZABLE", "REPEATABLE READ", "READ COMMITTED", "READ UNCOMMITTED", "AUTOCOMMIT"
]
_CoreSingleExecuteParams: TypeAlias = Mapping[str, Any]
_CoreMultiExecuteParams: TypeAlias = Sequence[_CoreSingleExecuteParams]
_CoreAnyExecuteParams: TypeAlias = _CoreMultiExecuteParams | _CoreSingleExecuteParams


class BindTyping(enum.Enum):
    """How a dialect tells the driver the types of parameters."""

    NONE = 1
    SETINPUTSIZES = 2
    RENDER_CASTS = 3


class AdaptedConnection:
    """Interface of adapted driver connections."""

    driver_connection: Any


class ExceptionContext:
    """What is known of an error."""

    connection: Any
    engine: Any
    dialect: Any
    statement: str | None
    parameters: Any
    original_exception: BaseException
    cursor: Any
    sqlalchemy_exception: Any
    chained_exception: BaseException | None
    execution_context: Any
    is_disconnect: bool
    invalidate_pool_on_disconnect: bool
    is_pre_ping: bool


class CreateEnginePlugin:
    """Base of plugins of create_engine()."""

    def __init__(self, url: Any, kwargs: dict[str, Any]) -> None:
        self.url = url

    def update_url(self, url: Any) -> Any:
        """The URL without the plugin's own arguments."""
        return url

    def handle_dialect_kwargs(self, dialect_cls: Any, dialect_args: dict[str, Any]) -> None:
        """Change the arguments of the dialect."""

    def handle_pool_kwargs(self, pool_cls: Any, pool_args: dict[str, Any]) -> None:
        """Change the arguments of the pool."""

    def engine_created(self, engine: Any) -> None:
        """The engine is ready."""


# --- what an Inspector says ---


class ReflectedIdentity(TypedDict):
    """IDENTITY of a column."""

    always: bool
    on_null: bool
    start: int
    increment: int
    minvalue: int
    maxvalue: int
    nominvalue: bool
    nomaxvalue: bool
    cycle: bool
    cache: int | None
    order: bool


class ReflectedComputed(TypedDict, total=False):
    """GENERATED ALWAYS AS of a column."""

    sqltext: str
    persisted: bool


class ReflectedColumn(TypedDict, total=False):
    """A column."""

    name: str
    type: Any
    nullable: bool
    default: str | None
    autoincrement: bool
    comment: str | None
    computed: ReflectedComputed
    identity: ReflectedIdentity
    dialect_options: dict[str, Any]


class ReflectedConstraint(TypedDict, total=False):
    """What all constraints have."""

    name: str | None
    comment: str | None


class ReflectedCheckConstraint(ReflectedConstraint, total=False):
    """A CHECK constraint."""

    sqltext: str
    dialect_options: dict[str, Any]


class ReflectedUniqueConstraint(ReflectedConstraint, total=False):
    """A UNIQUE constraint."""

    column_names: list[str]
    duplicates_index: str | None
    dialect_options: dict[str, Any]


class ReflectedPrimaryKeyConstraint(ReflectedConstraint, total=False):
    """The primary key."""

    constrained_columns: list[str]
    dialect_options: dict[str, Any]


class ReflectedForeignKeyConstraint(ReflectedConstraint, total=False):
    """A foreign key."""

    constrained_columns: list[str]
    referred_schema: str | None
    referred_table: str
    referred_columns: list[str]
    options: dict[str, Any]


class ReflectedIndex(TypedDict, total=False):
    """An index."""

    name: str | None
    column_names: list[str | None]
    expressions: list[str]
    unique: bool
    duplicates_constraint: str | None
    include_columns: list[str]
    column_sorting: dict[str, tuple[str, ...]]
    dialect_options: dict[str, Any]


class ReflectedTableComment(TypedDict):
    """The comment of a table."""

    text: str | None
