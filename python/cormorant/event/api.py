"""listen(), listens_for(), remove(), contains()."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, Final, TypeVar

from .. import exc
from .base import Subscription, families, forget, registered

_F = TypeVar("_F", bound=Callable[..., Any])


class _Marker(enum.Enum):
    CANCEL = enum.auto()
    NO_RETVAL = enum.auto()


CANCEL: Final = _Marker.CANCEL
NO_RETVAL: Final = _Marker.NO_RETVAL
"""What a listener with retval=True returns to leave the value as it is."""


def _subscription(target: Any, identifier: str, fn: Callable[..., Any]) -> Subscription:
    for family in families(identifier):
        accepted = family._accept_with(target, identifier)
        if accepted is not None:
            return Subscription(family, target, identifier, fn, accepted)
    if families(identifier) and not isinstance(target, type):
        refuse = getattr(target, "_no_async_engine_events", None)
        if refuse is not None:
            refuse()  # says what to listen to instead
    raise exc.InvalidRequestError(f"No such event '{identifier}' for target '{target}'")


def listen(target: Any, identifier: str, fn: Callable[..., Any], *args: Any, **kw: Any) -> None:
    """Call `fn` when the event `identifier` happens to `target`.

    Options of every event: ``named=True`` calls it with keyword arguments,
    ``insert=True`` puts it before the listeners there are, ``once=True`` calls it once.
    Further ones belong to families: ``propagate``, ``retval``, ``raw``, ``active_history``.

    Raises exc.InvalidRequestError if the target has no such event, and TypeError if `fn` cannot be
    called.
    """
    subscription = _subscription(target, identifier, fn)
    if not callable(fn):
        raise TypeError(f"listener of {identifier!r} cannot be called: {fn!r}")
    subscription.listen(*args, **kw)


def listens_for(target: Any, identifier: str, *args: Any, **kw: Any) -> Callable[[_F], _F]:
    """listen() as a decorator."""

    def decorate(fn: _F) -> _F:
        listen(target, identifier, fn, *args, **kw)
        return fn

    return decorate


def remove(target: Any, identifier: str, fn: Callable[..., Any]) -> None:
    """Undo a listen() with the same arguments.

    Raises exc.InvalidRequestError if there was none.
    """
    subscription = _subscription(target, identifier, fn)
    if not forget(subscription.key):
        raise exc.InvalidRequestError(
            f"No listeners found for event {target} / {identifier!r} / {fn} "
        )
    subscription.family._listeners_changed(subscription.accepted, identifier)


def contains(target: Any, identifier: str, fn: Callable[..., Any]) -> bool:
    """Whether listen() was called with these arguments."""
    return registered(_subscription(target, identifier, fn).key)
