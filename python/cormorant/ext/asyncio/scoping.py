"""async_scoped_session: one AsyncSession per task, or whatever a function tells apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic

from ... import exc
from ...util import warn
from ...util.extras import ScopedRegistry
from .base import proxy_attributes
from .session import _AS, AsyncSession, async_sessionmaker

__all__ = ["async_scoped_session"]

if TYPE_CHECKING:

    class _Proxy(AsyncSession):
        """What the end of this file gives to async_scoped_session."""

else:

    class _Proxy:
        """Nothing: the end of this file gives async_scoped_session its methods."""


class async_scoped_session(_Proxy, Generic[_AS]):
    """A proxy of the session of the current scope.

    Every method and attribute of AsyncSession is one of the proxy; calling the proxy gives
    the session itself, `remove()` closes it.
    """

    session_factory: async_sessionmaker[_AS]
    registry: ScopedRegistry[_AS]

    def __init__(
        self, session_factory: async_sessionmaker[_AS], scopefunc: Callable[[], Any]
    ) -> None:
        """`scopefunc`: tells scopes apart: ``asyncio.current_task``."""
        self.session_factory = session_factory
        self.registry = ScopedRegistry(session_factory, scopefunc)

    @property
    def _proxied(self) -> _AS:  # type: ignore[override]
        return self.registry()

    def __call__(self, **kw: Any) -> _AS:
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

    async def remove(self) -> None:
        """Close the session of this scope and forget it."""
        if self.registry.has():
            await self.registry().close()
        self.registry.clear()

    def __contains__(self, instance: object) -> bool:
        return instance in self._proxied

    def __iter__(self) -> Iterator[Any]:
        return iter(self._proxied)


def _method(name: str) -> Any:
    target = getattr(AsyncSession, name)

    def call(self: async_scoped_session[Any], *args: Any, **kwargs: Any) -> Any:
        return getattr(self._proxied, name)(*args, **kwargs)

    call.__wrapped__ = target  # type: ignore[attr-defined]  # so that it shows its parameters
    call.__name__ = name
    call.__qualname__ = f"async_scoped_session.{name}"
    call.__doc__ = target.__doc__
    return call


for _name in (
    "aclose", "add", "add_all", "begin", "begin_nested", "close", "commit", "connection",
    "delete", "delete_all", "execute", "expire", "expire_all", "expunge", "expunge_all", "flush",
    "get", "get_bind", "get_one", "in_nested_transaction", "in_transaction", "invalidate",
    "is_modified", "merge", "merge_all", "refresh", "reset", "rollback", "run_sync", "scalar",
    "scalars", "stream", "stream_scalars",
):  # fmt: skip
    setattr(async_scoped_session, _name, _method(_name))
for _name in ("close_all", "identity_key", "object_session"):
    setattr(async_scoped_session, _name, staticmethod(getattr(AsyncSession, _name)))
proxy_attributes(
    async_scoped_session,
    "_proxied",
    "bind autoflush",
    "sync_session dirty deleted new identity_map is_active no_autoflush info",
)
