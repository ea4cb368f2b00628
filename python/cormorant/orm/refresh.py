"""Refreshing and expiring objects, and changes of their identity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import _core, exc
from . import row_loading
from .base import instance_str
from .unitofwork import cascade_objects

if TYPE_CHECKING:
    from .session import Session


def _expire_named(obj: Any, names: Sequence[str]) -> None:
    """Expire attributes: those before the first unknown name, which is a KeyError."""
    manager = _core.manager_of(obj)
    assert manager is not None
    found = []
    if manager.mapper.base_mapper._has_composites:
        from .descriptor_props import forget_touched

        forget_touched(obj, names)
    try:
        for name in names:
            slot = manager.names.get(name)
            if slot is not None:
                found.append(slot)
            elif name not in manager.mapper.synonyms:  # which hold nothing themselves
                raise KeyError(name)
    finally:
        if found:
            _core.expire(obj, found)


def cascaded(obj: Any) -> list[Any]:
    """The object and what its refresh-expire cascades reach."""
    return [obj, *cascade_objects(obj, "refresh-expire")]


def expire(session: Session, obj: Any, names: Sequence[str] | None) -> None:
    """Session.expire()."""
    if names:
        _expire_named(obj, names)
        return
    for each in cascaded(obj):
        flags = _core.state_flags(each)
        if flags & _core.STATE_NEW:
            # A pending object that is reached leaves the session.
            session._expunge(each)
        elif flags & _core.STATE_KEY:  # wherever it is
            _core.expire(each)


def refresh(session: Session, obj: Any, names: Sequence[str] | None, with_for_update: Any) -> None:
    """Session.refresh()."""
    session._require_persistent(obj)
    session._autobegin_t()
    if with_for_update == {}:
        raise exc.ArgumentError(
            "with_for_update should be the boolean value True, or a dictionary with options.  A "
            "blank dictionary is ambiguous."
        )
    if with_for_update is False:
        with_for_update = None
    expire(session, obj, names)
    # The object's own changes are gone by now; those of others are written first.
    session._autoflush()
    with session.no_autoflush:  # once is enough
        given = list(names) if names else None
        found = row_loading.refresh(session, obj, given, with_for_update)
    if not found:
        raise exc.InvalidRequestError(f"Could not refresh instance '{instance_str(obj)}'")
