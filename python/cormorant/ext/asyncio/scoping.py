"""async_scoped_session: one AsyncSession per task, or whatever a function tells apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...orm.scoping import ScopeProxy
from ...util.extras import ScopedRegistry
from ...util.proxying import proxy_attributes, proxy_methods
from .session import _AS, AsyncSession, async_sessionmaker

__all__ = ["async_scoped_session"]

if TYPE_CHECKING:

    class _Proxy(AsyncSession):
        """What the end of this file gives to async_scoped_session."""

else:

    class _Proxy:
        """Nothing: the end of this file gives async_scoped_session its methods."""


class async_scoped_session(ScopeProxy[_AS], _Proxy):  # type: ignore[misc]
    """A proxy of the session of the current scope.

    Every method and attribute of AsyncSession is one of the proxy; calling the proxy gives
    the session itself, `remove()` closes it.
    """

    session_factory: async_sessionmaker[_AS]

    def __init__(
        self, session_factory: async_sessionmaker[_AS], scopefunc: Callable[[], Any]
    ) -> None:
        """`scopefunc`: tells scopes apart: ``asyncio.current_task``."""
        self.session_factory = session_factory
        self.registry = ScopedRegistry(session_factory, scopefunc)

    async def remove(self) -> None:
        """Close the session of this scope and forget it."""
        if self.registry.has():
            await self.registry().close()
        self.registry.clear()


proxy_methods(
    async_scoped_session,
    AsyncSession,
    "aclose add add_all begin begin_nested close commit connection delete delete_all execute "
    "expire expire_all expunge expunge_all flush get get_bind get_one in_nested_transaction "
    "in_transaction invalidate is_modified merge merge_all refresh reset rollback run_sync scalar "
    "scalars stream stream_scalars",
)
for _name in ("close_all", "identity_key", "object_session"):
    setattr(async_scoped_session, _name, staticmethod(getattr(AsyncSession, _name)))
proxy_attributes(
    async_scoped_session,
    "_proxied",
    "bind autoflush",
    "sync_session dirty deleted new identity_map is_active no_autoflush info",
)
