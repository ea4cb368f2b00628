"""Events: calling the program's functions when something happens.

    @event.listens_for(SomeTarget, "before_insert")
    def before_insert(mapper, connection, target): ...

Which events there are is said by the families in `cormorant.events` (engines, pools, schema)
and `cormorant.orm.events` (sessions, mappers, objects, attributes, queries).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._late import late_names

if TYPE_CHECKING:
    from .api import CANCEL as CANCEL
    from .api import NO_RETVAL as NO_RETVAL
    from .api import contains as contains
    from .api import listen as listen
    from .api import listens_for as listens_for
    from .api import remove as remove
    from .attr import dispatcher as dispatcher
    from .base import Events as Events

_NAMES_OF = {
    ".api": "CANCEL NO_RETVAL contains listen listens_for remove",
    ".attr": "dispatcher",
    ".base": "Events",
}
_MODULES = {"api", "attr", "base"}

#: what ``from cormorant.event import *`` gives, which are modules, too
__all__ = sorted({*" ".join(_NAMES_OF.values()).split(), *_MODULES})


__getattr__ = late_names(__name__, _NAMES_OF, _MODULES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
