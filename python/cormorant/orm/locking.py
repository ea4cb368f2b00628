"""Rows that are locked when they are loaded, of objects that know a version of theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import _core
from .base import committed_value, instance_str
from .exc import StaleDataError
from .key_loading import only_row
from .loading import run_values

if TYPE_CHECKING:
    from .context import ORMPlan


def load_locked(
    session: Any,
    connection: Any,
    plan: ORMPlan,
    mapper: Any,
    known: Any,
    values: Sequence[Any],
    options: Mapping[str, Any],
) -> Any:
    """Load an object of the session again, by a plan for its row: the object, or None.

    Raises StaleDataError if the row has another version than the object.
    """
    # The row that is locked now must be the one the object was loaded from.
    version = mapper._columntoproperty[mapper.version_id_col]
    if _core.peek(known, version.slot) is _core.NO_VALUE:
        # It expects none yet; what it then has is what the lock holds.
        rows = run_values(session, connection, plan, values, True, options)
        if rows:
            _core.expire(known)
            getattr(known, version.key)
        return only_row(rows)
    before = getattr(known, version.key)
    held = _column_values(known)
    rows = run_values(session, connection, plan, values, True, options)
    if not rows:
        return None
    loaded = committed_value(known, version.slot)
    if loaded != before:
        # It stays stale: a flush must not take it for the row that is there now.
        for slot, loaded_value, value in held:
            if loaded_value is not _core.NO_VALUE:
                _core.set_loaded(known, slot, loaded_value)
            if value is not loaded_value:
                _core.set_value(known, slot, value)
        raise StaleDataError(
            f"Instance '{instance_str(known)}' has version id '{before}' which does not match "
            f"database-loaded version id '{loaded}'."
        )
    return known


def _column_values(obj: Any) -> list[tuple[int, Any, Any]]:
    """The columns that an object has: slot, what was loaded (it may not be known), what it is
    now."""
    mapper: Any = _core.manager_of(obj).mapper  # type: ignore[union-attr]
    found = []
    for prop in mapper._props.values():
        if prop._is_column and prop.slot >= 0:
            value, before = _core.peek(obj, prop.slot), _core.committed(obj, prop.slot)
            if value is not _core.NO_VALUE:
                found.append((prop.slot, value if before is ... else before, value))
    return found
