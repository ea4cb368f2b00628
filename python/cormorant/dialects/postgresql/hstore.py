"""HSTORE: a dictionary of strings (an extension of the server)."""

from __future__ import annotations

from typing import Any

from ... import _core
from ...sql import sqltypes
from ...sql.comparators import binary
from ...sql.functions import GenericFunction
from ...sql.type_api import Codec, TypeEngine, to_instance
from .array import ARRAY
from .comparators import KeyComparator
from .operators import GETITEM


class HSTORE(sqltypes.Indexable, sqltypes.Concatenable, TypeEngine):
    """HSTORE: a dict of str to str or None."""

    __visit_name__ = "HSTORE"
    hashable = False
    text_type: Any = sqltypes.Text()

    class Comparator(KeyComparator):
        """Operators of HSTORE."""

        __slots__ = ()

        def __getitem__(self, index: Any) -> Any:
            return binary(self.expr, GETITEM, index, result_type=self.type.text_type)

        def defined(self, key: Any) -> Any:
            """Whether the key has a value that is not NULL."""
            return _HStoreDefinedFunction(self.expr, key)

        def delete(self, key: Any) -> Any:
            """Without a key, an array of keys, or the pairs of another one."""
            if isinstance(key, dict):
                key = hstore_literal(key)
            return _HStoreDeleteFunction(self.expr, key)

        def slice(self, array: Any) -> Any:
            """With these keys only."""
            return _HStoreSliceFunction(self.expr, array)

        def keys(self) -> Any:
            """The keys as an array."""
            return _HStoreKeysFunction(self.expr)

        def vals(self) -> Any:
            """The values as an array."""
            return _HStoreValsFunction(self.expr)

        def array(self) -> Any:
            """Keys and values in turn as an array."""
            return _HStoreArrayFunction(self.expr)

        def matrix(self) -> Any:
            """An array of pairs."""
            return _HStoreMatrixFunction(self.expr)

    comparator_factory = Comparator

    def __init__(self, text_type: Any = None) -> None:
        """`text_type`: the type of values (Text)."""
        if text_type is not None:
            self.text_type = to_instance(text_type)

    def _codec(self, dialect: Any) -> Codec:
        # the driver reads it by itself, unless the server says it is text
        return (_core.TYPE_PYTHON, (_core.hstore_text, _core.hstore_value))

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine:
        if isinstance(value, dict):
            return self
        return super().coerce_compared_value(op, value)


def hstore_literal(value: Any) -> Any:
    """A dictionary as a bound value of type HSTORE."""
    from ...sql.elements import BindParameter

    return BindParameter(None, value, HSTORE(), unique=True)


class hstore(GenericFunction[Any]):
    """``hstore(key, value)`` or ``hstore(keys, values)``."""

    type = HSTORE()


class _HStoreFunction(GenericFunction[Any]):
    _abstract = True


class _HStoreDefinedFunction(_HStoreFunction):
    type = sqltypes.Boolean()
    name = "defined"
    identifier = "_pg_hstore_defined"


class _HStoreDeleteFunction(_HStoreFunction):
    type = HSTORE()
    name = "delete"
    identifier = "_pg_hstore_delete"


class _HStoreSliceFunction(_HStoreFunction):
    type = HSTORE()
    name = "slice"
    identifier = "_pg_hstore_slice"


class _HStoreKeysFunction(_HStoreFunction):
    type = ARRAY(sqltypes.Text)
    name = "akeys"
    identifier = "_pg_hstore_akeys"


class _HStoreValsFunction(_HStoreFunction):
    type = ARRAY(sqltypes.Text)
    name = "avals"
    identifier = "_pg_hstore_avals"


class _HStoreArrayFunction(_HStoreFunction):
    type = ARRAY(sqltypes.Text)
    name = "hstore_to_array"
    identifier = "_pg_hstore_to_array"


class _HStoreMatrixFunction(_HStoreFunction):
    type = ARRAY(sqltypes.Text)
    name = "hstore_to_matrix"
    identifier = "_pg_hstore_to_matrix"


__all__ = ["HSTORE", "hstore"]
