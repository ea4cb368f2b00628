"""Events: calling the program's functions when something happens.

    @event.listens_for(SomeTarget, "before_insert")
    def before_insert(mapper, connection, target): ...

Which events there are is said by the families in `cormorant.events` (engines, pools, schema)
and `cormorant.orm.events` (sessions, mappers, objects, attributes, queries).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import CANCEL as CANCEL
    from .api import NO_RETVAL as NO_RETVAL
    from .api import contains as contains
    from .api import listen as listen
    from .api import listens_for as listens_for
    from .api import remove as remove
    from .attr import dispatcher as dispatcher
    from .base import Events as Events

_HOME = {"dispatcher": ".attr", "Events": ".base"} | dict.fromkeys(
    ("CANCEL", "NO_RETVAL", "contains", "listen", "listens_for", "remove"), ".api"
)

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    module = _HOME.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(module, __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
