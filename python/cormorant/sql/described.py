"""What constructs of a program's own say of their attributes, in ``_traverse_internals``."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .base import ClauseElement, KeyContext

__all__ = ["InternalTraversal"]


class InternalTraversal(enum.Enum):
    """What an attribute of a construct holds.

    A class lists its attributes as pairs of a name and one of these. Its objects are then cached
    by what these attributes are, and traversals go into those that hold constructs.
    """

    dp_clauseelement = "CE"
    dp_clauseelement_list = "CL"
    dp_clauseelement_tuple = "CT"
    dp_has_cache_key = "HC"
    dp_has_cache_key_list = "HL"
    dp_string = "S"
    dp_string_list = "SL"
    dp_anon_name = "AN"
    dp_boolean = "B"
    dp_operator = "O"
    dp_type = "T"
    dp_plain_dict = "PD"
    dp_plain_obj = "PO"
    dp_ignore = "IG"


_I = InternalTraversal
_Key = Callable[[Any, "KeyContext"], Any]

_CONSTRUCTS = {_I.dp_clauseelement, _I.dp_clauseelement_list, _I.dp_clauseelement_tuple}


def _of_one(value: Any, ctx: KeyContext) -> Any:
    return value._cache_key(ctx)


def _of_several(value: Any, ctx: KeyContext) -> Any:
    return tuple([each._cache_key(ctx) for each in value])


def _of_type(value: Any, ctx: KeyContext) -> Any:
    key = value._static_cache_key
    if key is None:
        ctx.cacheable = False
    return key


_KEYS: dict[InternalTraversal, _Key] = {
    _I.dp_clauseelement: _of_one,
    _I.dp_clauseelement_list: _of_several,
    _I.dp_clauseelement_tuple: _of_several,
    _I.dp_has_cache_key: _of_one,
    _I.dp_has_cache_key_list: _of_several,
    _I.dp_string_list: lambda value, ctx: tuple(value),
    _I.dp_plain_dict: lambda value, ctx: tuple([(k, value[k]) for k in sorted(value)]),
    _I.dp_type: _of_type,
}


def describe(cls: type[ClauseElement], internals: Sequence[tuple[str, InternalTraversal]]) -> None:
    """Give a class the cache key and the traversal that its `_traverse_internals` describe."""
    recipe = [(name, _KEYS.get(what)) for name, what in internals if what is not _I.dp_ignore]

    def cache_key(self: Any, ctx: KeyContext) -> Any:
        parts: list[Any] = [cls]
        for name, key in recipe:
            value = getattr(self, name)
            parts.append(value if value is None or key is None else key(value, ctx))
        return tuple(parts)

    cls._cache_key = cache_key  # type: ignore[method-assign]
    cls._traverse_attrs = tuple([name for name, what in internals if what in _CONSTRUCTS])
