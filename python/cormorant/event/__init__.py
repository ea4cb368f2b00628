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

_MODULES = {"api", "attr", "base"}

#: what ``from cormorant.event import *`` gives, which are modules, too
__all__ = sorted({*_HOME, *_MODULES})


def __getattr__(name: str) -> Any:
    import importlib

    module = _HOME.get(name)
    if module is None:
        if name in _MODULES:
            return importlib.import_module("." + name, __name__)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(module, __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
