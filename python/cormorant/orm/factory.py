"""sessionmaker: a factory of sessions that are configured alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from .._known_as import say_package
from ..util import warn_deprecated

if TYPE_CHECKING:
    from typing_extensions import TypeVar as _TypeVar

    from .session import Session

    # a sessionmaker() that is not told a class makes Sessions
    _S = _TypeVar("_S", bound=Session, default=Session)
else:
    _S = TypeVar("_S")

_Made = TypeVar("_Made")


class SessionClassMethods:
    """What Session and scoped_session offer on the class."""

    @classmethod
    def close_all(cls) -> None:
        """`close_all_sessions()` by its old name."""
        from .session import close_all_sessions

        warn_deprecated(
            "The Session.close_all() method is deprecated and will be removed in a future "
            "release.  Please refer to session.close_all_sessions(). (deprecated since: 1.3)",
            "1.3",
        )
        close_all_sessions()

    @classmethod
    def identity_key(
        cls,
        class_: type[Any] | None = None,
        ident: Any = None,
        *,
        instance: Any = None,
        row: Any = None,
        identity_token: Any = None,
    ) -> tuple[Any, ...]:
        """The key an object has, or would have, in an identity map."""
        from .util import identity_key

        return identity_key(
            class_, ident, instance=instance, row=row, identity_token=identity_token
        )

    @classmethod
    def object_session(cls, instance: object) -> Session | None:
        """The Session an object belongs to."""
        from .util import object_session

        return object_session(instance)  # type: ignore[no-any-return]


class ConfiguredFactory(Generic[_Made]):
    """What sessionmaker and async_sessionmaker do alike."""

    class_: type[_Made]
    kw: dict[str, Any]

    def _configure(
        self,
        class_: type[_Made],
        bind: Any,
        autoflush: bool,
        expire_on_commit: bool,
        info: dict[Any, Any] | None,
        kw: dict[str, Any],
    ) -> None:
        kw["bind"] = bind
        kw["autoflush"] = autoflush
        kw["expire_on_commit"] = expire_on_commit
        if info is not None:
            kw["info"] = info
        self.kw = kw
        # A class of its own, so that what is set on it concerns no other factory.
        self.class_ = type(class_.__name__, (class_,), {"__module__": class_.__module__})

    def __call__(self, **local_kw: Any) -> _Made:
        """A new session; arguments override the configured ones."""
        for key, value in self.kw.items():
            if key == "info" and "info" in local_kw:
                local_kw["info"] = {**value, **local_kw["info"]}
            else:
                local_kw.setdefault(key, value)
        return self.class_(**local_kw)

    def configure(self, **new_kw: Any) -> None:
        """Change the configuration of sessions made from now on."""
        self.kw.update(new_kw)

    def __repr__(self) -> str:
        shown = ", ".join(f"{key}={value!r}" for key, value in self.kw.items())
        return f"{type(self).__name__}(class_={self.class_.__name__!r}, {shown})"


@say_package
class sessionmaker(SessionClassMethods, ConfiguredFactory[_S]):
    """A factory of sessions that are configured alike.

    bind: the Engine; class_: another class than Session; info: a dict each session gets a copy of;
    autoflush, expire_on_commit and other arguments (kw): as Session takes them. A call makes a
    session; its own arguments go before these.
    """

    if TYPE_CHECKING:

        @overload
        def __init__(
            self,
            bind: Any = ...,
            *,
            class_: type[_S],
            autoflush: bool = ...,
            expire_on_commit: bool = ...,
            info: dict[Any, Any] | None = ...,
            **kw: Any,
        ) -> None: ...
        @overload
        def __init__(
            self: sessionmaker[Session],
            bind: Any = ...,
            *,
            autoflush: bool = ...,
            expire_on_commit: bool = ...,
            info: dict[Any, Any] | None = ...,
            **kw: Any,
        ) -> None: ...

    def __init__(
        self,
        bind: Any = None,
        *,
        class_: type[_S] | None = None,
        autoflush: bool = True,
        expire_on_commit: bool = True,
        info: dict[Any, Any] | None = None,
        **kw: Any,
    ) -> None:
        if class_ is None:
            from .session import Session

            class_ = Session  # type: ignore[assignment]
        assert class_ is not None
        self._configure(class_, bind, autoflush, expire_on_commit, info, kw)

    def begin(self) -> _MadeAndBegun[_S]:
        """A context manager: a new session in a transaction that it commits."""
        return _MadeAndBegun(self())


class _MadeAndBegun(Generic[_S]):
    """What sessionmaker.begin() gives: session and transaction in one `with`."""

    __slots__ = ("_session", "_transaction")

    def __init__(self, session: _S) -> None:
        self._session = session

    def __enter__(self) -> _S:
        self._transaction = self._session.begin()
        self._transaction.__enter__()
        return self._session

    def __exit__(self, *exc_info: Any) -> None:
        try:
            self._transaction.__exit__(*exc_info)
        finally:
            self._session.close()
