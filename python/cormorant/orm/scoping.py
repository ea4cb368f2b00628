"""scoped_session: one session per thread, or per whatever a function tells apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .. import exc
from ..util import warn
from ..util.extras import ScopedRegistry, ThreadLocalRegistry
from ..util.proxying import proxy_attributes, proxy_methods
from .factory import SessionClassMethods, sessionmaker
from .session import Session

if TYPE_CHECKING:
    from .query import Query

__all__ = ["QueryPropertyDescriptor", "ScopedSession", "scoped_session"]

_O = TypeVar("_O")
_P = TypeVar("_P")


class QueryPropertyDescriptor:
    """A class attribute that is a Query of the class it is read from."""

    def __init__(self, registry: scoped_session[Any], query_cls: Any) -> None:
        self._registry = registry
        self._query_cls = query_cls

    def __get__(self, instance: Any, owner: type[_O]) -> Query[_O]:
        session = self._registry.registry()
        if self._query_cls is not None:
            return self._query_cls(owner, session=session)  # type: ignore[no-any-return]
        return session.query(owner)  # type: ignore[no-any-return]


class ScopeProxy(Generic[_P]):
    """What proxies of the session of a scope have, whichever the kind of session."""

    session_factory: Any
    registry: ScopedRegistry[_P]

    @property
    def _proxied(self) -> _P:
        return self.registry()

    def __call__(self, **kw: Any) -> _P:
        """The session of this scope; arguments only when it is made by this call."""
        if kw:
            if self.registry.has():
                raise exc.InvalidRequestError(
                    "Scoped session is already present; no new arguments may be specified."
                )
            session: _P = self.session_factory(**kw)
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

    def __contains__(self, instance: object) -> bool:
        return instance in self._proxied  # type: ignore[operator]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._proxied)  # type: ignore[call-overload,no-any-return]


if TYPE_CHECKING:
    from .factory import _S

    class _Proxy(Session):
        """What the end of this file gives to scoped_session."""

else:
    _S = TypeVar("_S")
    _Proxy = SessionClassMethods


class scoped_session(ScopeProxy[_S], _Proxy):
    """A proxy of the session of the current scope, by default the thread.

    Every method and attribute of Session is one of the proxy; calling the proxy gives
    the session itself, `remove()` closes it.
    """

    session_factory: sessionmaker[_S]

    def __init__(
        self, session_factory: sessionmaker[_S], scopefunc: Callable[[], Any] | None = None
    ) -> None:
        self.session_factory = session_factory
        if scopefunc is not None:
            self.registry = ScopedRegistry(session_factory, scopefunc)
        else:
            self.registry = ThreadLocalRegistry(session_factory)

    def remove(self) -> None:
        """Close the session of this scope and forget it."""
        if self.registry.has():
            self.registry().close()
        self.registry.clear()

    def query_property(self, query_cls: Any = None) -> QueryPropertyDescriptor:
        """A class attribute that queries its class: ``query = Session.query_property()``."""
        return QueryPropertyDescriptor(self, query_cls)


proxy_methods(
    scoped_session,
    Session,
    "add add_all begin begin_nested bulk_insert_mappings bulk_save_objects bulk_update_mappings "
    "close commit connection delete delete_all execute expire expire_all expunge expunge_all flush "
    "get get_bind get_one in_nested_transaction in_transaction invalidate is_modified merge "
    "merge_all query refresh reset rollback scalar scalars",
)
proxy_attributes(
    scoped_session,
    "_proxied",
    "autoflush bind deleted dirty identity_map info is_active new no_autoflush",
)

ScopedSession = scoped_session
