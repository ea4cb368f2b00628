"""Collections that are dicts: each member stands under a key that is derived from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from .. import _core, exc
from .._core import InstrumentedDict
from ..util import warn
from .base import instance_str, object_mapper

__all__ = [
    "KeyFuncDict",
    "MappedCollection",
    "attribute_keyed_dict",
    "attribute_mapped_collection",
    "column_keyed_dict",
    "column_mapped_collection",
    "keyfunc_mapping",
    "mapped_collection",
]

_KT = TypeVar("_KT")
_VT = TypeVar("_VT")


class KeyFuncDict(InstrumentedDict[_KT, _VT]):
    """A dict of related objects, each under the key that `keyfunc` gives for it.

    With `ignore_unpopulated_attribute` a member whose key has no value yet is passed over;
    otherwise adding it raises InvalidRequestError.
    """

    keyfunc: Callable[[Any], Any]
    ignore_unpopulated_attribute: bool

    def __init__(
        self,
        keyfunc: Callable[[Any], Any],
        *dict_args: Any,
        ignore_unpopulated_attribute: bool = False,
    ) -> None:
        self.keyfunc = keyfunc
        self.ignore_unpopulated_attribute = ignore_unpopulated_attribute
        super().__init__(*dict_args)

    def set(self, value: _VT, _sa_initiator: Any = None) -> None:
        """Add a member under its key."""
        if _plain(self, "__setitem__"):
            _core.keyed_set(self, value, _sa_initiator)
            return
        key = self._key(value, _sa_initiator)
        if key is not _core.NO_VALUE:
            self.__setitem__(key, value, _sa_initiator)

    def remove(self, value: _VT, _sa_initiator: Any = None) -> None:
        """Remove a member that stands under its key.

        Raises KeyError if the key is not there, InvalidRequestError if it holds another one.
        """
        if _plain(self, "__delitem__"):
            _core.keyed_remove(self, value, _sa_initiator)
            return
        key = self._key(value, _sa_initiator)
        if key is _core.NO_VALUE:
            return
        if self[key] != value:
            raise exc.InvalidRequestError(
                f"Can not remove '{value}': collection holds '{self[key]}' for "
                f"key '{key}'. Possible cause: is the KeyFuncDict key function based on mutable "
                "properties or properties that only obtain values after flush?"
            )
        self.__delitem__(key, _sa_initiator)

    set._sa_instrument_role = "appender"  # type: ignore[attr-defined]
    set._sa_instrumented = True  # type: ignore[attr-defined]
    remove._sa_instrument_role = "remover"  # type: ignore[attr-defined]
    remove._sa_instrumented = True  # type: ignore[attr-defined]

    def _key(self, value: Any, initiator: Any) -> Any:
        key = self.keyfunc(value)
        by_attribute = type(self.keyfunc) is _core.AttributeKey
        if key is _core.NO_VALUE or (key is None and by_attribute):
            source = getattr(initiator, "impl", None)
            if not self._unpopulated(value, key, source):
                return _core.NO_VALUE
        return key

    def _unpopulated(self, value: Any, key: Any, source: Any) -> bool:
        """Whether to go on with a member whose key is None (with a warning) or has no value
        (never: raises, unless such members are to be passed over)."""
        if self.ignore_unpopulated_attribute:
            return False
        name = "unknown relationship"
        if source is not None:
            # of the other side of the relationship the member's class knows the name
            known = object_mapper(value).attrs.get(source.key)
            name = source.key if known is None else str(known)
        if key is None:
            warn(
                f"Attribute keyed dictionary value for attribute '{name}' was None; this will "
                "raise in a future release. To skip this assignment entirely, Set the "
                '"ignore_unpopulated_attribute=True" parameter on the mapped collection factory.'
            )
            return True
        member = instance_str(value)
        raise exc.InvalidRequestError(
            f"In event triggered from population of attribute '{name}' (potentially from a "
            f"backref), can't populate value in KeyFuncDict; dictionary key derived from "
            f"{member} is not populated. Ensure appropriate state is set up on the {member} "
            f"object before assigning to the {name} attribute. To skip this assignment entirely, "
            'Set the "ignore_unpopulated_attribute=True" parameter on the mapped collection '
            "factory."
        )


def _plain(collection: Any, name: str) -> bool:
    return getattr(type(collection), name) is getattr(InstrumentedDict, name)


def keyfunc_mapping(
    keyfunc: Callable[[Any], Any], *, ignore_unpopulated_attribute: bool = False
) -> type[KeyFuncDict[Any, Any]]:
    """A dict collection whose keys a function of the member gives."""

    class _MKeyfuncMapped(KeyFuncDict[Any, Any]):
        def __init__(self, *dict_args: Any) -> None:
            super().__init__(
                keyfunc, *dict_args, ignore_unpopulated_attribute=ignore_unpopulated_attribute
            )

        def __reduce_ex__(self, protocol: Any) -> Any:
            # the class is local: a pickle names what makes a dict like it
            return _restored, (keyfunc, ignore_unpopulated_attribute, dict(self))

    return _MKeyfuncMapped


def _restored(keyfunc: Any, ignore: bool, items: dict[Any, Any]) -> KeyFuncDict[Any, Any]:
    return KeyFuncDict(keyfunc, items, ignore_unpopulated_attribute=ignore)


def attribute_keyed_dict(
    attr_name: str, *, ignore_unpopulated_attribute: bool = False
) -> type[KeyFuncDict[Any, Any]]:
    """A dict collection whose keys are the values of the members' attribute `attr_name`."""
    return keyfunc_mapping(
        _core.AttributeKey((attr_name,), True),
        ignore_unpopulated_attribute=ignore_unpopulated_attribute,
    )


def column_keyed_dict(
    mapping_spec: Any, *, ignore_unpopulated_attribute: bool = False
) -> type[KeyFuncDict[Any, Any]]:
    """A dict collection whose keys are the members' values of a column, or tuples of their
    values of several columns."""
    single = not isinstance(mapping_spec, (list, tuple))
    columns = tuple(map(_column, [mapping_spec] if single else mapping_spec))
    return keyfunc_mapping(
        _core.AttributeKey(_ColumnNames(columns), single or len(columns) == 1),
        ignore_unpopulated_attribute=ignore_unpopulated_attribute,
    )


def _column(spec: Any) -> Any:
    from ..sql import coercions
    from ..sql.elements import ColumnElement

    column = coercions.resolve(spec)
    if not isinstance(column, ColumnElement):
        raise exc.ArgumentError(
            f"Column expression expected for argument 'mapping_spec'; got {spec!r}."
        )
    return column


class _ColumnNames:
    """Finds the attributes of columns in a mapper."""

    def __init__(self, columns: tuple[Any, ...]) -> None:
        self.columns = columns

    def __call__(self, mapper: Any) -> tuple[str, ...]:
        return tuple(mapper.get_property_by_column(self._in(mapper, c)).key for c in self.columns)

    @staticmethod
    def _in(mapper: Any, column: Any) -> Any:
        """The column that is mapped: of a base's table, or else what has its name."""
        if column in mapper._columntoproperty:
            return column
        return mapper.local_table.c.get(column.key, column)


MappedCollection = KeyFuncDict
mapped_collection = keyfunc_mapping
attribute_mapped_collection = attribute_keyed_dict
column_mapped_collection = column_keyed_dict
