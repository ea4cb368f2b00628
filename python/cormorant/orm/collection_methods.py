"""Methods of classes that behave like list, set or dict, made to report what they change.

Each decorator takes the method of the class and returns one that tells the collection's tie
of members that come and go, and then does what the method did. `METHODS` says which
decorator a method of which kind gets.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

__all__ = ["METHODS"]

_Method = Callable[..., Any]


def _tie(self: Any, initiator: Any) -> Any:
    """What a collection reports to: None if nobody is to be told."""
    return None if initiator is False else getattr(self, "_sa_adapter", None)


def _enter(self: Any, item: Any, initiator: Any = None) -> Any:
    tie = _tie(self, initiator)
    return item if tie is None else tie.fire_append_event(item, initiator)


def _leave(self: Any, item: Any, initiator: Any = None) -> None:
    tie = _tie(self, initiator)
    if tie is not None:
        tie.fire_remove_event(item, initiator)


def _present(self: Any, item: Any, initiator: Any = None) -> None:
    tie = _tie(self, initiator)
    if tie is not None:
        tie.fire_append_wo_mutation_event(item, initiator)


def _before_pop(self: Any) -> None:
    tie = _tie(self, None)
    if tie is not None:
        tie.fire_pre_remove_event()


def _reporting(make: Callable[[_Method], _Method]) -> Callable[[_Method], _Method]:
    """A decorator whose result carries the name of the method and the mark."""

    def decorate(fn: _Method) -> _Method:
        method = functools.wraps(fn)(make(fn))
        method._sa_instrumented = True  # type: ignore[attr-defined]
        return method

    return decorate


# -- lists --------------------------------------------------------------------------


def _list_append(fn: _Method) -> _Method:
    def append(self: Any, item: Any, _sa_initiator: Any = None) -> Any:
        return fn(self, _enter(self, item, _sa_initiator))

    return append


def _list_remove(fn: _Method) -> _Method:
    def remove(self: Any, value: Any, _sa_initiator: Any = None) -> Any:
        _leave(self, value, _sa_initiator)
        return fn(self, value)

    return remove


def _list_insert(fn: _Method) -> _Method:
    def insert(self: Any, index: Any, value: Any) -> Any:
        return fn(self, index, _enter(self, value))

    return insert


def _list_setitem(fn: _Method) -> _Method:
    def __setitem__(self: Any, index: Any, value: Any) -> None:
        if not isinstance(index, slice):
            existing = self[index]
            if existing is not None:
                _leave(self, existing)
            fn(self, index, _enter(self, value))
            return
        places = range(*index.indices(len(self)))
        if places.step == 1:
            if value is self:
                return
            members = list(value)
            for _ in places:
                if len(self) > places.start:
                    del self[places.start]
            for offset, item in enumerate(members):
                self.insert(places.start + offset, item)
            return
        members = list(value)
        if len(members) != len(places):
            raise ValueError(
                f"attempt to assign sequence of size {len(members)} to extended slice of size "
                f"{len(places)}"
            )
        for place, item in zip(places, members, strict=True):
            self[place] = item

    return __setitem__


def _list_delitem(fn: _Method) -> _Method:
    def __delitem__(self: Any, index: Any) -> None:
        for item in self[index] if isinstance(index, slice) else [self[index]]:
            _leave(self, item)
        fn(self, index)

    return __delitem__


def _list_extend(fn: _Method) -> _Method:
    def extend(self: Any, iterable: Any) -> None:
        for value in list(iterable):
            self.append(value)

    return extend


def _list_iadd(fn: _Method) -> _Method:
    def __iadd__(self: Any, iterable: Any) -> Any:
        for value in list(iterable):
            self.append(value)
        return self

    return __iadd__


def _list_pop(fn: _Method) -> _Method:
    def pop(self: Any, index: Any = -1) -> Any:
        _before_pop(self)
        item = fn(self, index)
        _leave(self, item)
        return item

    return pop


def _list_clear(fn: _Method) -> _Method:
    def clear(self: Any, index: Any = -1) -> None:
        for item in self:
            _leave(self, item)
        fn(self)

    return clear


# -- sets ---------------------------------------------------------------------------


def _set_add(fn: _Method) -> _Method:
    def add(self: Any, value: Any, _sa_initiator: Any = None) -> None:
        if value in self:
            _present(self, value, _sa_initiator)
        else:
            value = _enter(self, value, _sa_initiator)
        fn(self, value)

    return add


def _set_remove(fn: _Method) -> _Method:
    def remove(self: Any, value: Any, _sa_initiator: Any = None) -> None:
        if value in self:
            _leave(self, value, _sa_initiator)
        fn(self, value)

    return remove


def _set_pop(fn: _Method) -> _Method:
    def pop(self: Any) -> Any:
        _before_pop(self)
        item = fn(self)
        _leave(self, item)
        return item

    return pop


def _set_clear(fn: _Method) -> _Method:
    def clear(self: Any) -> None:
        for item in list(self):
            self.remove(item)

    return clear


def _become(self: Any, wanted: set[Any]) -> None:
    have = set(self)
    for item in have - wanted:
        self.remove(item)
    for item in wanted - have:
        self.add(item)


def _set_update(fn: _Method) -> _Method:
    def update(self: Any, *others: Any) -> None:
        for other in others:
            for item in list(other):
                self.add(item)

    return update


def _set_difference_update(fn: _Method) -> _Method:
    def difference_update(self: Any, *others: Any) -> None:
        for other in others:
            for item in list(other):
                self.discard(item)

    return difference_update


def _set_intersection_update(fn: _Method) -> _Method:
    def intersection_update(self: Any, *others: Any) -> None:
        _become(self, set(self).intersection(*others))

    return intersection_update


def _set_symmetric_difference_update(fn: _Method) -> _Method:
    def symmetric_difference_update(self: Any, other: Any) -> None:
        _become(self, set(self).symmetric_difference(other))

    return symmetric_difference_update


def _in_place(name: str) -> Callable[[_Method], _Method]:
    def make(fn: _Method) -> _Method:
        def operate(self: Any, other: Any) -> Any:
            if not isinstance(other, (set, frozenset)):
                return NotImplemented
            getattr(self, name)(other)
            return self

        return operate

    return make


# -- dicts --------------------------------------------------------------------------


def _dict_setitem(fn: _Method) -> _Method:
    def __setitem__(self: Any, key: Any, value: Any, _sa_initiator: Any = None) -> None:
        if key in self:
            _leave(self, self[key], _sa_initiator)
        fn(self, key, _enter(self, value, _sa_initiator))

    return __setitem__


def _dict_delitem(fn: _Method) -> _Method:
    def __delitem__(self: Any, key: Any, _sa_initiator: Any = None) -> None:
        if key in self:
            _leave(self, self[key], _sa_initiator)
        fn(self, key)

    return __delitem__


def _dict_clear(fn: _Method) -> _Method:
    def clear(self: Any) -> None:
        for key in self:
            _leave(self, self[key])
        fn(self)

    return clear


def _dict_pop(fn: _Method) -> _Method:
    def pop(self: Any, key: Any, *default: Any) -> Any:
        _before_pop(self)
        held = key in self
        item = fn(self, key, *default)
        if held:
            _leave(self, item)
        return item

    return pop


def _dict_popitem(fn: _Method) -> _Method:
    def popitem(self: Any) -> Any:
        _before_pop(self)
        item = fn(self)
        _leave(self, item[1])
        return item

    return popitem


def _dict_setdefault(fn: _Method) -> _Method:
    def setdefault(self: Any, key: Any, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
            return default
        value = self[key]
        if value is default:
            _present(self, value)
        return value

    return setdefault


def _dict_update(fn: _Method) -> _Method:
    def update(self: Any, *args: Any, **kwargs: Any) -> None:
        for key, value in dict(*args, **kwargs).items():
            if key in self and self[key] is value:
                _present(self, value)
            else:
                self[key] = value

    return update


def _dict_ior(fn: _Method) -> _Method:
    def __ior__(self: Any, other: Any) -> Any:
        self.update(other)
        return self

    return __ior__


_LIST: dict[str, Callable[[_Method], _Method]] = {
    "append": _list_append,
    "remove": _list_remove,
    "insert": _list_insert,
    "__setitem__": _list_setitem,
    "__delitem__": _list_delitem,
    "extend": _list_extend,
    "__iadd__": _list_iadd,
    "pop": _list_pop,
    "clear": _list_clear,
}
_SET: dict[str, Callable[[_Method], _Method]] = {
    "add": _set_add,
    "discard": _set_remove,
    "remove": _set_remove,
    "pop": _set_pop,
    "clear": _set_clear,
    "update": _set_update,
    "difference_update": _set_difference_update,
    "intersection_update": _set_intersection_update,
    "symmetric_difference_update": _set_symmetric_difference_update,
    "__ior__": _in_place("update"),
    "__isub__": _in_place("difference_update"),
    "__iand__": _in_place("intersection_update"),
    "__ixor__": _in_place("symmetric_difference_update"),
}
_DICT: dict[str, Callable[[_Method], _Method]] = {
    "__setitem__": _dict_setitem,
    "__delitem__": _dict_delitem,
    "clear": _dict_clear,
    "pop": _dict_pop,
    "popitem": _dict_popitem,
    "setdefault": _dict_setdefault,
    "update": _dict_update,
    "__ior__": _dict_ior,
}

METHODS: dict[type, dict[str, Callable[[_Method], _Method]]] = {
    kind: {name: _reporting(make) for name, make in methods.items()}
    for kind, methods in ((list, _LIST), (set, _SET), (dict, _DICT))
}
