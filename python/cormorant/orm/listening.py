"""What the ORM asks about listeners where most programs have none.

The sets are those of the families in `orm.events`, which is imported when somebody listens:
names of events that somebody listens to, or has listened to. An empty set is all that a
program without listeners pays for.
"""

from __future__ import annotations

from typing import Any

from .. import _core

mapper_events: set[str] = set()
#: what is heard of the rows that a flush writes
ROW_EVENTS = frozenset(
    f"{when}_{what}" for when in ("before", "after") for what in ("insert", "update", "delete")
)
instance_events: set[str] = set()
session_events: set[str] = set()
query_events: set[str] = set()
attribute_events: set[str] = set()
instrumentation_events: set[str] = set()


def mapper_listeners(mapper: Any, name: str) -> tuple[Any, ...]:
    """The functions that listen to an event of a mapper."""
    if name not in mapper_events:
        return ()
    from .events import MapperEvents

    return MapperEvents._of(mapper.class_, name)


def query_listeners(cls: type, name: str) -> tuple[Any, ...]:
    """The functions that listen to an event of a class of queries."""
    if name not in query_events:
        return ()
    from ..event.base import Dispatch
    from .events import QueryEvents

    return Dispatch(QueryEvents, cls)._find(name)


def fire_instrumentation(name: str, cls: type, *args: Any) -> None:
    """Call the listeners of an event of a class that is being mapped."""
    from .events import InstrumentationEvents

    for fn in InstrumentationEvents._of(cls, name):
        fn(cls, *args)


def fire_rows(name: str, connection: Any, objects: Any) -> None:
    """Call the listeners of before_insert and its like for the objects of a flush."""
    found: dict[Any, tuple[Any, ...]] = {}
    for obj in list(objects):
        mapper = _core.manager_of(obj).mapper  # type: ignore[union-attr]
        calls = found.get(mapper)
        if calls is None:
            calls = found[mapper] = mapper_listeners(mapper, name)
        for fn in calls:
            fn(mapper, connection, obj)


def mapper_made(mapper: Any) -> None:
    """A mapper was made, and somebody listens to mappers, objects or attributes."""
    if instance_events:
        from .hooks import hook_instances

        hook_instances(mapper)
    if attribute_events:
        from .hooks import set_all_flags

        set_all_flags(mapper)
