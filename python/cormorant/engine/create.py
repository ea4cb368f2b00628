"""create_engine()."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import Any

from .. import _core, exc, util
from . import url as _url
from .base import Engine

__all__ = ["create_engine", "create_pool_from_url", "engine_from_config"]

_POOL_OPTIONS = {
    # name in create_engine(): name in the pool's constructor
    "pool_logging_name": "logging_name",
    "echo_pool": "echo",
    "pool_timeout": "timeout",
    "pool_recycle": "recycle",
    "pool_use_lifo": "use_lifo",
    "pool_pre_ping": "pre_ping",
    "pool_reset_on_return": "reset_on_return",
    "pool_size": "pool_size",
    "max_overflow": "max_overflow",
}
_EVERY_POOL = frozenset({"logging_name", "echo", "recycle", "pre_ping", "reset_on_return"})
_DIALECT_OPTIONS = frozenset(
    {
        "native_datetime",
        "json_serializer",
        "json_deserializer",
        "isolation_level",
        "paramstyle",
        "max_identifier_length",
        "label_length",
        "insertmanyvalues_page_size",
        "use_insertmanyvalues",
        "skip_autocommit_rollback",
        "supports_native_boolean",
    }
)


_SUPERSEDED = {
    name: (text, version)
    for name, text, version in (
        (
            "strategy",
            "The create_engine.strategy keyword is deprecated, and the only argument accepted is "
            "'mock'; please use create_mock_engine() going forward.  For general customization of "
            "create_engine which may have been accomplished using strategies, see "
            "CreateEnginePlugin.",
            "1.4",
        ),
        (
            "empty_in_strategy",
            "The create_engine.empty_in_strategy keyword is deprecated, and no longer has any "
            'effect.  All IN expressions are now rendered using the "expanding parameter" strategy '
            'which renders a set of boundexpressions, or an "empty set" SELECT, at statement '
            "executiontime.",
            "1.4",
        ),
        (
            "implicit_returning",
            "The create_engine.implicit_returning parameter is deprecated and will be removed in "
            "a future release. ",
            "2.0",
        ),
        (
            "server_side_cursors",
            "The create_engine.server_side_cursors parameter is deprecated and will be removed in "
            "a future release.  Please use the Connection.execution_options.stream_results "
            "parameter.",
            "1.4",
        ),
        *[
            (
                f"_{name}",
                f"The _{name} argument to the SQLite dialect has been renamed to the correct name "
                f"of {name}.  The old argument name will be removed in a future release.",
                "1.3.7",
            )
            for name in ("json_serializer", "json_deserializer")
        ],
    )
}
"""What is still taken: the text to warn of it and the version since which."""


def _with_plugins(url: _url.URL, arguments: dict[str, Any]) -> tuple[_url.URL, list[Any]]:
    """The plugins that a URL and arguments name, which may take some of `arguments` for
    themselves, and the URL without them."""
    names = [*util.to_list(url.query.get("plugin", ())), *(arguments.get("plugins") or ())]
    if not names:
        arguments.pop("plugins", None)
        return url, []
    from ..dialects import plugins

    loaded = [plugins.load(name)(url, arguments) for name in names]
    url = url.difference_update_query(["plugin", "plugins"])
    for plugin in loaded:
        changed = plugin.update_url(url)
        url = url if changed is None else changed
    arguments.pop("plugins", None)
    return url, loaded


def _make_pool(
    poolclass: Any, dialect: Any, arguments: dict[str, Any], connect: Any, plugins: list[Any]
) -> Any:
    options: dict[str, Any] = {}
    for name, pool_name in _POOL_OPTIONS.items():
        if name in arguments and (pool_name in _EVERY_POOL or pool_name in poolclass._names):
            options[pool_name] = arguments.pop(name)
    options["dialect"] = dialect
    for plugin in plugins:
        plugin.handle_pool_kwargs(poolclass, options)
    return poolclass(connect, **options)


def create_engine(url: str | _url.URL, **kwargs: Any) -> Engine:
    """An engine: the pool of connections to a database and the dialect of its SQL.

    url: ``dialect[+driver]://user:password@host:port/database?option=value``, or a URL.

    Of the keyword arguments:

    * connect_args: dict of arguments of the driver's connect(). SQLite: `timeout` is the number of
      seconds to wait for a locked database (5)
    * creator: callable that makes a connection instead: one of this package's, for SQLite
      one of a DB-API module, as sqlite3.connect() makes them, for PostgreSQL one of psycopg or
      psycopg2
    * echo: True logs statements to standard output, 'debug' their results, too; logging_name,
      echo_pool, pool_logging_name
    * pool_size (5), max_overflow (10), pool_timeout (30 seconds), pool_recycle (seconds),
      pool_pre_ping, pool_use_lifo, pool_reset_on_return, poolclass, pool
    * isolation_level, execution_options, hide_parameters, query_cache_size (500 statements)
    * json_serializer, json_deserializer: functions to and from text
    * native_inet_types (PostgreSQL): False reads INET and CIDR as text, not as objects of the
      module ipaddress; so does None (the default) unless the URL names another driver than psycopg2

    No connection is opened yet. Returns an Engine. Raises exc.ArgumentError for a malformed URL,
    exc.NoSuchModuleError for an unknown dialect, TypeError for an unknown argument, ImportError if
    the package was built without what the database needs, or there is no driver for it here.
    """
    arguments = dict(kwargs)
    if "strategy" in arguments:
        util.warn_deprecated(*_SUPERSEDED["strategy"])
        strategy = arguments.pop("strategy")
        if strategy != "mock":
            raise exc.ArgumentError(f"unknown strategy: {strategy!r}")
        from .mock import create_mock_engine

        return create_mock_engine(url, **arguments)  # type: ignore[return-value]
    parsed, plugins = _with_plugins(_url.make_url(url), arguments)
    is_async = arguments.pop("_is_async", False)
    dialect_class = parsed.get_dialect(_is_async=is_async)
    if not arguments.pop("future", True):
        raise exc.ArgumentError(
            "The 'future' parameter passed to create_engine() may only be set to True."
        )
    module = arguments.pop("module", None)
    for name in [name for name in arguments if name in _SUPERSEDED]:
        util.warn_deprecated(*_SUPERSEDED[name])
        value = arguments.pop(name)
        if name == "server_side_cursors" and not dialect_class.supports_server_side_cursors:
            raise exc.ArgumentError(
                f"Dialect {dialect_class()} does not support server side cursors"
            )
        if name.startswith("_json"):
            arguments[name[1:]] = value
    known_options = _DIALECT_OPTIONS | dialect_class.engine_options
    options = {name: arguments.pop(name) for name in known_options if name in arguments}
    if arguments.pop("enable_from_linting", True):
        options["compiler_linting"] = 3  # sql.linting.FROM_LINTING
    if module is None:
        dialect_class.import_dbapi()  # which may not be there
    if not hasattr(dialect_class, "connect"):
        from ..dialects.driverless import no_driver

        raise no_driver(dialect_class.name)  # of a program, which would drive a DB-API module
    options["dbapi"] = module
    for plugin in plugins:
        plugin.handle_dialect_kwargs(dialect_class, options)
    dialect = dialect_class(**options)

    positional, named = dialect.create_connect_args(parsed)
    named.update(arguments.pop("connect_args", None) or {})
    creator = arguments.pop("creator", None)

    # Knows the engine weakly, and no pool: one that was disposed of must go, and what is
    # checked out of it be closed, although this connects for the next one.
    def connect() -> Any:
        if creator is not None:
            return creator()
        if "dispatch" in dialect.__dict__:
            made = known()
            pool_now = None if made is None else made.pool
            return _connect_observed(dialect, pool_now, positional, named)
        return dialect.connect(*positional, **named)

    pool = arguments.pop("pool", None)
    if pool is None:
        poolclass = arguments.pop("poolclass", None)
        if is_async:
            poolclass = _async_pool_class(poolclass, dialect, parsed)
        elif poolclass is None:
            poolclass = type(dialect).get_pool_class(parsed)
        pool = _make_pool(poolclass, dialect, arguments, connect, plugins)
    else:
        poolclass = type(pool)
        pool._dialect = dialect
    engine_options = {
        name: arguments.pop(name)
        for name in (
            "logging_name",
            "echo",
            "query_cache_size",
            "execution_options",
            "hide_parameters",
        )
        if name in arguments
    }
    arguments.pop("_initialize", None)
    if arguments:
        names = ",".join(f"'{name}'" for name in arguments)
        raise TypeError(
            f"Invalid argument(s) {names} sent to create_engine(), using configuration "
            f"{dialect_class.__name__}/{poolclass.__name__}/{Engine.__name__}.  Please check "
            "that the keyword arguments are appropriate for this combination of components."
        )
    if is_async:
        from .async_pool import BlockingConnection

        given = parsed.get_driver_name()
        dialect.is_async = given in dialect.async_drivers
        if dialect.is_async:
            dialect.driver = given.removesuffix("_async")
    engine = Engine(pool, dialect, parsed, **engine_options)
    if is_async:
        engine._connection_cls = BlockingConnection
    known = weakref.ref(engine)
    dialect_class.engine_created(engine)
    for plugin in plugins:
        plugin.engine_created(engine)
    return engine


def _async_pool_class(poolclass: Any, dialect: Any, url: _url.URL) -> Any:
    """The class of the pool of an asynchronous engine."""
    from ..pool import AsyncAdaptedQueuePool, QueuePool, SingletonThreadPool, StaticPool

    if poolclass is None:
        poolclass = type(dialect).get_pool_class(url)
        if poolclass is SingletonThreadPool:
            return StaticPool  # one thread is as good as another
        if poolclass is QueuePool:
            return AsyncAdaptedQueuePool
    elif poolclass is QueuePool:
        raise exc.ArgumentError(
            f"Pool class {poolclass.__name__} cannot be used with asyncio engine", code="pcls"
        )
    return poolclass


def _connect_observed(dialect: Any, pool: Any, positional: list[Any], named: dict[str, Any]) -> Any:
    """Connect, after the listeners of do_connect, who may do it."""
    from .adopted import adopt
    from .pool_observer import ConnectionRecord

    arguments, keywords = list(positional), dict(named)
    record = ConnectionRecord(pool, None)
    connection = None
    for fn in dialect.dispatch._find("do_connect"):
        connection = fn(dialect, record, arguments, keywords)
        if connection is not None:
            break
    else:
        connection = dialect.connect(*arguments, **keywords)
    if not isinstance(connection, _core.Connection):
        connection = adopt(connection, dialect)
    record.connected(connection)
    return connection


def create_pool_from_url(url: str | _url.URL, **kwargs: Any) -> Any:
    """The pool create_engine() would make, without an engine."""
    for name, pool_name in _POOL_OPTIONS.items():
        if pool_name in kwargs:
            kwargs[name] = kwargs.pop(pool_name)
    return create_engine(url, **kwargs).pool


def engine_from_config(
    configuration: Mapping[str, Any], prefix: str = "sqlalchemy.", **kwargs: Any
) -> Engine:
    """create_engine() with the entries of a dict whose keys begin with `prefix`.

    Values that are text become what the argument takes: numbers, booleans.
    """
    options = {
        key[len(prefix) :]: value for key, value in configuration.items() if key.startswith(prefix)
    }
    options.update(kwargs)
    url = options.pop("url")
    convert: dict[str, Any] = {
        "echo": lambda value: value if value == "debug" else util.asbool(value),
        "echo_pool": lambda value: value if value == "debug" else util.asbool(value),
        "pool_pre_ping": util.asbool,
        "pool_use_lifo": util.asbool,
        "hide_parameters": util.asbool,
        "future": util.asbool,
        "pool_timeout": util.asint,
        "pool_recycle": util.asint,
        "pool_size": util.asint,
        "max_overflow": util.asint,
        "query_cache_size": util.asint,
    }
    for name, function in convert.items():
        if isinstance(options.get(name), str):
            options[name] = function(options[name])
    return create_engine(url, **options)
