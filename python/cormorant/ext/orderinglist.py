"""A list whose members know their place in it.

    bullets = relationship(
        "Bullet", order_by="Bullet.position", collection_class=ordering_list("position")
    )

Inserting, removing and assigning renumbers the attribute `position` of the members.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ..orm.collections import collection_adapter

__all__ = ["OrderingList", "count_from_0", "count_from_1", "count_from_n_factory", "ordering_list"]

_T = TypeVar("_T")
OrderingFunc = Callable[[int, Sequence[Any]], Any]


def ordering_list(
    attr: str,
    count_from: int | None = None,
    ordering_func: OrderingFunc | None = None,
    reorder_on_append: bool = False,
) -> Callable[[], OrderingList[Any]]:
    """What to give a relationship as `collection_class`.

    `attr` is the attribute to number; numbers count from `count_from` (0), or are what
    `ordering_func(index, list)` returns. With `reorder_on_append` objects that have a number
    when they are appended, as loaded ones have, are renumbered, too.
    """
    function = ordering_func
    if function is None and count_from is not None:
        function = (
            count_from_0
            if count_from == 0
            else count_from_1
            if count_from == 1
            else count_from_n_factory(count_from)
        )
    return lambda: OrderingList(attr, ordering_func=function, reorder_on_append=reorder_on_append)


def count_from_0(index: int, collection: object) -> int:
    """0, 1, 2 …"""
    return index


def count_from_1(index: int, collection: object) -> int:
    """1, 2, 3 …"""
    return index + 1


def count_from_n_factory(start: int) -> OrderingFunc:
    """A function that counts from `start`."""

    def count(index: int, collection: object) -> int:
        return index + start

    count.__name__ = f"count_from_{start}"
    return count


class OrderingList(list[_T]):
    """A list that numbers its members; made by `ordering_list`."""

    ordering_attr: str
    ordering_func: OrderingFunc
    reorder_on_append: bool

    def __init__(
        self,
        ordering_attr: str | None = None,
        ordering_func: OrderingFunc | None = None,
        reorder_on_append: bool = False,
    ) -> None:
        super().__init__()
        self.ordering_attr = ordering_attr or ""
        self.ordering_func = ordering_func if ordering_func is not None else count_from_0
        self.reorder_on_append = reorder_on_append

    def _get_order_value(self, entity: Any) -> Any:
        return getattr(entity, self.ordering_attr)

    def _set_order_value(self, entity: Any, value: Any) -> None:
        setattr(entity, self.ordering_attr, value)

    def reorder(self) -> None:
        """Number every member by its place."""
        for index, entity in enumerate(self):
            self._order_entity(index, entity, True)

    _reorder = reorder

    def _order_entity(self, index: int, entity: Any, reorder: bool = True) -> None:
        have = self._get_order_value(entity)
        if have is not None and not reorder:
            return
        value = self.ordering_func(index, self)
        if have != value:
            self._set_order_value(entity, value)

    def append(self, entity: _T) -> None:
        super().append(entity)
        self._order_entity(len(self) - 1, entity, self.reorder_on_append)

    def insert(self, index: Any, entity: _T) -> None:
        super().insert(index, entity)
        self._reorder()

    def remove(self, entity: _T) -> None:
        super().remove(entity)
        # while members are taken out one by one by the ORM there is nothing to renumber
        owner = collection_adapter(self).owner_state
        if owner is not None:
            self._reorder()

    def pop(self, index: Any = -1) -> _T:
        entity = super().pop(index)
        self._reorder()
        return entity

    def __setitem__(self, index: Any, entity: Any) -> None:
        if isinstance(index, slice):
            places = range(*index.indices(len(self)))
            if places.step == 1:
                members = list(entity)
                for _ in places:
                    del self[places.start]
                for offset, member in enumerate(members):
                    self.insert(places.start + offset, member)
            else:
                for place, member in zip(places, entity, strict=False):
                    self[place] = member
            return
        self._order_entity(int(index), entity, True)
        super().__setitem__(index, entity)

    def __delitem__(self, index: Any) -> None:
        super().__delitem__(index)
        self._reorder()

    def __reduce__(self) -> Any:
        return _reconstitute, (type(self), self.__dict__, list(self))


def _reconstitute(
    cls: type[OrderingList[Any]], attributes: dict[str, Any], members: list[Any]
) -> OrderingList[Any]:
    """What a pickle makes a list of."""
    new = cls.__new__(cls)
    new.__dict__.update({k: v for k, v in attributes.items() if k != "_sa_adapter"})
    list.extend(new, members)
    return new
