"""index_property: an attribute that is an element of another attribute.

The other one holds something with an index: JSON, an array, hstore. The property reads, writes
and deletes one element on objects, and is the indexed expression on the class.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..inspection import inspect
from ..orm.attributes import flag_modified
from .hybrid import hybrid_property

__all__ = ["index_property"]

_T = TypeVar("_T")
_NONE: Any = object()


class index_property(hybrid_property[_T]):
    """An element of an attribute, as an attribute of its own."""

    _NO_DEFAULT_ARGUMENT = _NONE

    def __init__(
        self,
        attr_name: str,
        index: int | str,
        default: _T = _NONE,
        datatype: Callable[[], Any] | None = None,
        mutable: bool = True,
        onebased: bool = True,
    ) -> None:
        """
        attr_name: the attribute that holds the elements; index: the element's, as Python
        counts; default: read where there is none (else AttributeError); datatype: makes the
        holder when an element is set and there is no holder (a list for a number, else a
        dict); mutable: False makes it read-only; onebased: SQL counts from 1.
        """
        super().__init__(
            self._read,
            self._write if mutable else None,
            self._remove if mutable else None,
            self._expression,
        )
        self.__name__ = None  # type: ignore[assignment]  # not that of the function
        self.attr_name = attr_name
        self.index = index
        self.default = default
        numeric = isinstance(index, int)
        self.onebased = numeric and onebased
        if datatype is None:
            datatype = self._blank_list if numeric else dict
        self.datatype = datatype

    def _blank_list(self) -> list[None]:
        """A list that is long enough to have the element."""
        return [None] * (int(self.index) + 1)

    def _missing(self, cause: BaseException | None = None) -> Any:
        if self.default is _NONE:
            raise AttributeError(self.attr_name) from cause
        return self.default

    def _read(self, instance: Any) -> Any:
        holder = getattr(instance, self.attr_name)
        if holder is None:
            return self._missing()
        try:
            return holder[self.index]
        except (KeyError, IndexError) as error:
            return self._missing(error)

    def _write(self, instance: Any, value: _T) -> None:
        name = self.attr_name
        holder: Any = getattr(instance, name, None)
        if holder is None:
            holder = self.datatype()
            setattr(instance, name, holder)
        holder[self.index] = value
        # for holders that are properties themselves
        setattr(instance, name, holder)
        if name in inspect(instance).mapper.attrs:
            flag_modified(instance, name)

    def _remove(self, instance: Any) -> None:
        name = self.attr_name
        holder = getattr(instance, name)
        if holder is None:
            raise AttributeError(name)
        try:
            del holder[self.index]
        except KeyError as error:
            raise AttributeError(name) from error
        setattr(instance, name, holder)
        flag_modified(instance, name)

    def _expression(self, model: Any) -> Any:
        index: Any = self.index
        return getattr(model, self.attr_name)[index + 1 if self.onebased else index]
