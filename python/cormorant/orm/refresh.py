"""Refreshing and expiring objects, and changes of their identity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import _core, exc

if TYPE_CHECKING:
    from .session import Session


def _show(obj: Any) -> str:
    return f"<{type(obj).__name__} at {id(obj):#x}>"


def _slots(obj: Any, names: Sequence[str]) -> list[int]:
    """Slots of attribute names; KeyError as for an unknown attribute."""
    manager = _core.manager_of(obj)
    assert manager is not None
    found = []
    if manager.mapper.base_mapper._has_composites:
        from .descriptor_props import forget_touched

        forget_touched(obj, names)
    for name in names:
        try:
            found.append(manager.names[name])
        except KeyError:
            raise KeyError(name) from None
    return found


def cascaded(obj: Any) -> list[Any]:
    """The object and what its refresh-expire cascades reach."""
    from .unitofwork import cascade_objects

    return [obj, *cascade_objects(obj, "refresh-expire")]


def expire(session: Session, obj: Any, names: Sequence[str] | None) -> None:
    """Session.expire()."""
    if names is not None:
        _core.expire(obj, _slots(obj, names))
        return
    for each in cascaded(obj):
        flags = _core.state_flags(each)
        if flags & _core.STATE_NEW:
            # A pending object that is reached leaves the session.
            session._expunge(each)
        elif _core.session_of(each) is session:
            _core.expire(each)


def refresh(session: Session, obj: Any, names: Sequence[str] | None, with_for_update: Any) -> None:
    """Session.refresh()."""
    from . import attribute_loading

    session._require_persistent(obj)
    session._autobegin_t()
    if with_for_update == {}:
        raise exc.ArgumentError(
            "with_for_update should be the boolean value True, or a dictionary with options.  A "
            "blank dictionary is ambiguous."
        )
    if with_for_update is False:
        with_for_update = None
    if names is None:
        expire(session, obj, None)
    else:
        _core.expire(obj, _slots(obj, names))
    # The object's own changes are gone by now; those of others are written first.
    session._autoflush()
    if not attribute_loading.refresh(
        session, obj, None if names is None else list(names), with_for_update
    ):
        raise exc.InvalidRequestError(f"Could not refresh instance '{_show(obj)}'")
