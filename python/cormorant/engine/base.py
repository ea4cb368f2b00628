"""Engine and Connection."""

from __future__ import annotations

import contextlib
import sys
import time
import weakref
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .. import exc, log, util
from .._known_as import say_package
from ..event.attr import dispatcher
from ..inspection import Inspectable, _inspects
from .connection import Connection, ConnectionEventsTarget
from .transactions import NestedTransaction, RootTransaction, Transaction, TwoPhaseTransaction

if TYPE_CHECKING:
    from .. import _core
    from ..event.base import Dispatch
    from .url import URL

__all__ = [
    "Connection",
    "ConnectionEventsTarget",
    "Engine",
    "NestedTransaction",
    "OptionEngine",
    "RootTransaction",
    "Transaction",
    "TwoPhaseTransaction",
]


_engines: weakref.WeakSet[Engine] = weakref.WeakSet()


def refresh_observers(target: Any) -> None:
    """Somebody began or ceased to listen: to a connection, or to one or more engines."""
    if isinstance(target, Connection):
        target._observe()
        return
    for engine in list(_engines):
        engine._observe()


_EXECUTIONS = {"do_execute", "do_executemany", "do_execute_no_params"}


class Owner:
    """What is kept elsewhere for an engine, by mappers, is kept for one of these: it goes with the
    engine, to which compiled statements do not refer."""

    __slots__ = ("__weakref__",)


@say_package
class Engine(ConnectionEventsTarget, Inspectable[Any]):
    """A database: dialect, pool of connections and cache of compiled statements."""

    _log_name = "cormorant.engine.Engine"
    _execution_options: Mapping[str, Any] = util.EMPTY_DICT
    _autocommit = False
    _echo: Any = None
    logger: Any
    logging_name: str | None = None
    echo = log.echo_property()
    dispatch = dispatcher("cormorant.engine.events:ConnectionEvents")
    _events: Dispatch | None = None
    """The dispatch, if anybody listens to the engine."""
    _hears_execute = False
    _hears_errors = False
    _connection_cls: type[Connection] = Connection
    """What connect() makes."""

    def __init__(
        self,
        pool: Any,
        dialect: Any,
        url: URL,
        logging_name: str | None = None,
        echo: Any = None,
        query_cache_size: int = 500,
        execution_options: Mapping[str, Any] | None = None,
        hide_parameters: bool = False,
    ) -> None:
        self.pool = pool
        self.url = url
        self.dialect = dialect
        if logging_name:
            self.logging_name = logging_name
        self.hide_parameters = hide_parameters
        self._plans: util.LRUCache | None = (
            util.LRUCache(query_cache_size) if query_cache_size else None
        )
        self._owner = Owner()
        self._owner_ref = weakref.ref(self._owner)
        self._seen_at: dict[str, float] = {}
        self._opened: set[weakref.ref[Connection]] = set()
        """The connections there are: they are told when somebody begins to listen."""
        _engines.add(self)
        level = dialect._on_connect_isolation_level
        if level is not None:
            self._autocommit = str(level).upper() == "AUTOCOMMIT"
        log.instance_logger(self, echoflag=echo)
        if execution_options:
            self.update_execution_options(**execution_options)
        self._observe()

    # --- events ---

    def _observe(self) -> None:
        """Look who listens to this engine and its dialect."""
        module = sys.modules.get("cormorant.engine.events")
        if module is None:
            return
        connections, dialects = module.ConnectionEvents, module.DialectEvents
        heard = any(self.dispatch._find(name) for name in connections._listened)
        if dialects._listened:
            found = {name for name in dialects._listened if self.dialect.dispatch._find(name)}
            self._hears_errors = "handle_error" in found
            self._hears_execute = bool(found & _EXECUTIONS)
        self._events = self.dispatch if heard or self._hears_execute else None
        for ref in list(self._opened):
            connection = ref()
            if connection is not None:
                connection._observe()

    @property
    def engine(self) -> Engine:
        """The engine itself."""
        return self

    @property
    def name(self) -> str:
        """The name of the database: ``sqlite``."""
        return self.dialect.name  # type: ignore[no-any-return]

    @property
    def driver(self) -> str:
        """The name of the driver."""
        return self.dialect.driver  # type: ignore[no-any-return]

    @property
    def _compiled_cache(self) -> util.LRUCache | None:
        return self._plans

    def clear_compiled_cache(self) -> None:
        """Forget every compiled statement."""
        if self._plans is not None:
            self._plans.clear()

    def _should_log_info(self) -> bool:
        return self.logger.isEnabledFor(20)  # type: ignore[no-any-return]

    def _should_log_debug(self) -> bool:
        return self.logger.isEnabledFor(10)  # type: ignore[no-any-return]

    def _seen(self, sql: Any, made_in: float) -> str:
        """What the log says of SQL that the ORM has compiled once, in so many seconds."""
        now = time.perf_counter()
        seen = self._seen_at.get(sql)
        if seen is not None:
            return f"cached since {now - seen:.4g}s ago"
        if len(self._seen_at) > 1000:
            self._seen_at.clear()
        self._seen_at[sql] = now
        return f"generated in {made_in:.5f}s"

    def _checkout(self, pool: Any) -> _core.Connection:
        """A connection of a pool; errors of connecting are the database's."""
        try:
            return pool._checkout()  # type: ignore[no-any-return]
        except self.dialect.driver_errors as error:
            wrapped = None
            try:
                wrapped = exc.DBAPIError.instance(
                    None,
                    None,
                    error,
                    self.dialect.driver_errors,
                    hide_parameters=self.hide_parameters,
                    connection_invalidated=self.dialect.is_disconnect(error),
                    dialect=self.dialect,
                )
                if self._hears_errors:
                    from .observer import handle_error

                    lost, _, raised = handle_error(
                        None,
                        self.dialect,
                        self,
                        error,
                        wrapped,
                        None,
                        None,
                        self.dialect.is_disconnect(error),
                    )
                    if isinstance(wrapped, exc.DBAPIError):
                        wrapped.connection_invalidated = lost
                    if raised is not None:
                        raise raised from error
                raise wrapped from error
            finally:
                del wrapped  # whose traceback holds this frame

    def connect(self) -> Connection:
        """A connection; its close() gives it back to the pool."""
        return self._connection_cls(self)

    @contextlib.contextmanager
    def begin(self) -> Iterator[Connection]:
        """A connection inside of a transaction that is committed at the end."""
        with self.connect() as connection, connection.begin():
            yield connection

    def raw_connection(self) -> Any:
        """A connection of the pool without anything around it."""
        return self.pool.connect()

    def dispose(self, close: bool = True) -> None:
        """Close the pooled connections (unless close=False) and begin with a new pool."""
        if close:
            self.pool.dispose()
        self.pool = self.pool.recreate()
        if self._events is not None:
            for fn in self._events._find("engine_disposed"):
                fn(self)

    def execution_options(self, **opt: Any) -> Engine:
        """An engine of the same pool and cache, with options for all it executes."""
        return OptionEngine(self, opt)

    def get_execution_options(self) -> Mapping[str, Any]:
        """The options set by execution_options()."""
        return util.immutabledict(self._execution_options)

    def update_execution_options(self, **opt: Any) -> None:
        """Change the options of this engine."""
        if self._events is not None:
            for fn in self._events._find("set_engine_execution_options"):
                fn(self, opt)
        self._execution_options = util.immutabledict({**self._execution_options, **opt})

    def _plans_for(self, dialect: Any) -> Any:
        """The plans of a connection that has other names for schemas: they are kept apart."""
        if self._plans is None:
            return None
        made = self._translated_plans.get(dialect)
        if made is None:
            made = self._translated_plans[dialect] = util.LRUCache(self._plans.capacity)
        return made

    @util.memoized_property
    def _translated_plans(self) -> dict[Any, Any]:
        return {}

    def _run_ddl_visitor(self, visitor: Any, element: Any, **kwargs: Any) -> None:
        with self.begin() as connection:
            connection._run_ddl_visitor(visitor, element, **kwargs)

    def __repr__(self) -> str:
        return f"Engine({self.url!r})"


class OptionEngine(Engine):
    """An engine that shares everything but its execution options with another one."""

    def __init__(self, proxied: Engine, execution_options: Mapping[str, Any]) -> None:
        self._proxied = proxied
        self.url = proxied.url
        self.dialect = proxied.dialect
        self.logging_name = proxied.logging_name
        self.hide_parameters = proxied.hide_parameters
        self._plans = proxied._plans
        names = execution_options.get("schema_translate_map")
        if names:
            # statements for these names are others: they are kept apart
            self.dialect = proxied.dialect.translated(names)
            if proxied._plans is not None:
                self._plans = util.LRUCache(proxied._plans.capacity)
        self._owner, self._owner_ref = proxied._owner, proxied._owner_ref
        self._seen_at = proxied._seen_at
        self._opened = set()
        _engines.add(self)
        self._autocommit = proxied._autocommit
        self._connection_cls = proxied._connection_cls
        log.instance_logger(self, echoflag=proxied._echo)
        self._execution_options = proxied._execution_options
        self._observe()
        self.update_execution_options(**execution_options)

    def _dispatch_parents(self) -> tuple[Dispatch, ...]:
        return (self._proxied.dispatch,)

    @property
    def pool(self) -> Any:
        """The pool of the engine that this one has options for."""
        return self._proxied.pool

    @pool.setter
    def pool(self, value: Any) -> None:
        self._proxied.pool = value

    @property
    def echo(self) -> Any:
        return self._echo

    @echo.setter
    def echo(self, value: Any) -> None:
        log.instance_logger(self, echoflag=value)


@_inspects(Engine, Connection)
def _inspect_bind(bind: Any) -> Any:
    return bind.dialect.inspector._of(bind)


# where programs know them from
for _cls in (Connection, ConnectionEventsTarget):
    _cls.__module__ = __name__
    say_package(_cls)
