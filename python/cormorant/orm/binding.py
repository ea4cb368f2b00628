"""Which mapper and which tables a statement is about, for a session with several binds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_EMPTY: Mapping[str, Any] = {}


def mapper_of(clause: Any) -> Any:
    """The mapper an ORM statement starts from, or None."""
    attrs = getattr(clause, "_propagate_attrs", None)
    if attrs:
        subject = attrs.get("plugin_subject")
        if subject is not None:
            return subject.mapper
    for column in getattr(clause, "_raw_columns", ()) or (getattr(clause, "table", None),):
        entity = getattr(column, "_annotations", _EMPTY).get("parententity")
        if entity is not None:
            return entity.mapper
    return None


def tables_of(clause: Any) -> Iterator[Any]:
    """The tables a statement or selectable names."""
    from ..sql import visitors
    from ..sql.selectable import TableClause

    for element in visitors.iterate(clause):
        if isinstance(element, TableClause):
            yield element
