"""Classes that type checkers know as generic.

`typing.Generic` runs Python for every class that derives from it, which an import of the
package would do hundreds of times: at run time, subscripting only notes what of.
"""

from __future__ import annotations

from types import GenericAlias
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import Generic

    from typing_extensions import TypeVar

    T = TypeVar("T", default=Any)
    """The parameter of a `Subscriptable` class: `Any` where a program names none."""

    class Subscriptable(Generic[T]):
        """Base of a class that annotations and bases of classes say what of."""

        __slots__ = ()

else:
    from typing import TypeVar

    T = TypeVar("T")

    class Subscriptable:
        """Base of a class that annotations and bases of classes say what of."""

        __slots__ = ()
        __class_getitem__ = classmethod(GenericAlias)
