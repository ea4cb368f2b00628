"""scoped_session: one session per thread, or per whatever a function tells apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .. import exc
from ..util import warn
from ..util.extras import ScopedRegistry, ThreadLocalRegistry
from .factory import SessionClassMethods, sessionmaker
from .session import Session

__all__ = ["QueryPropertyDescriptor", "scoped_session"]


class QueryPropertyDescriptor:
    """A class attribute that is a Query of the class it is read from."""

    def __init__(self, registry: scoped_session[Any], query_cls: Any) -> None:
        self._registry = registry
        self._query_cls = query_cls

    def __get__(self, instance: Any, owner: type[Any]) -> Any:
        session = self._registry.registry()
        if self._query_cls is not None:
            return self._query_cls(owner, session=session)
        return session.query(owner)


if TYPE_CHECKING:
    from .factory import _S

    class _Proxy(Session):
        """What the end of this file gives to scoped_session."""

else:
    _S = TypeVar("_S")
    _Proxy = SessionClassMethods


class scoped_session(_Proxy, Generic[_S]):
    """A proxy of the session of the current scope, by default the thread.

    Every method and attribute of Session is one of the proxy; calling the proxy gives
    the session itself, `remove()` closes it.
    """

    session_factory: sessionmaker[_S]
    registry: ScopedRegistry[_S]

    def __init__(
        self, session_factory: sessionmaker[_S], scopefunc: Callable[[], Any] | None = None
    ) -> None:
        self.session_factory = session_factory
        if scopefunc is not None:
            self.registry = ScopedRegistry(session_factory, scopefunc)
        else:
            self.registry = ThreadLocalRegistry(session_factory)

    @property
    def _proxied(self) -> _S:
        return self.registry()

    def __call__(self, **kw: Any) -> _S:
        """The session of this scope; arguments only when it is made by this call."""
        if kw:
            if self.registry.has():
                raise exc.InvalidRequestError(
                    "Scoped session is already present; no new arguments may be specified."
                )
            session = self.session_factory(**kw)
            self.registry.set(session)
            return session
        return self.registry()

    def configure(self, **kwargs: Any) -> None:
        """Configure the factory; sessions that exist keep what they have."""
        if self.registry.has():
            warn(
                "At least one scoped session is already present.  configure() can not affect "
                "sessions that have already been created."
            )
        self.session_factory.configure(**kwargs)

    def remove(self) -> None:
        """Close the session of this scope and forget it."""
        if self.registry.has():
            self.registry().close()
        self.registry.clear()

    def query_property(self, query_cls: Any = None) -> QueryPropertyDescriptor:
        """A class attribute that queries its class: ``query = Session.query_property()``."""
        return QueryPropertyDescriptor(self, query_cls)

    def __contains__(self, instance: object) -> bool:
        return instance in self._proxied

    def __iter__(self) -> Iterator[Any]:
        return iter(self._proxied)


def _method(name: str) -> Any:
    target = getattr(Session, name)

    def call(self: scoped_session[Any], *args: Any, **kwargs: Any) -> Any:
        return getattr(self._proxied, name)(*args, **kwargs)

    call.__wrapped__ = target  # type: ignore[attr-defined]  # so that it shows its parameters
    call.__name__ = name
    call.__qualname__ = f"scoped_session.{name}"
    call.__doc__ = target.__doc__
    return call


def _attribute(name: str) -> Any:
    def get(self: scoped_session[Any]) -> Any:
        return getattr(self._proxied, name)

    def set_(self: scoped_session[Any], value: Any) -> None:
        setattr(self._proxied, name, value)

    return property(get, set_)


for _name in (
    "add", "add_all", "begin", "begin_nested", "bulk_insert_mappings", "bulk_save_objects",
    "bulk_update_mappings", "close", "commit", "connection", "delete", "delete_all", "execute",
    "expire", "expire_all", "expunge", "expunge_all", "flush", "get", "get_bind", "get_one",
    "in_nested_transaction", "in_transaction", "invalidate", "is_modified", "merge", "merge_all",
    "query", "refresh", "reset", "rollback", "scalar", "scalars",
):  # fmt: skip
    setattr(scoped_session, _name, _method(_name))

for _name in (
    "autoflush", "bind", "deleted", "dirty", "identity_map", "info", "is_active", "new",
    "no_autoflush",
):  # fmt: skip
    setattr(scoped_session, _name, _attribute(_name))
