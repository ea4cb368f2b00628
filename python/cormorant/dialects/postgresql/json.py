"""JSON, JSONB and the types of what they are indexed with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from ... import _core
from ...sql import operators, sqltypes
from ...sql.comparators import binary
from ...sql.elements import BinaryExpression
from ...sql.json_path import JSONIntIndexType, JSONPathType, JSONStrIndexType
from ...sql.plain_types import text_literal
from ...sql.type_api import Codec
from ...sql.type_comparator import Comparator as _Comparator
from .array import array
from .comparators import KeyComparator
from .operators import (
    ASTEXT,
    DELETE_PATH,
    JSONPATH_ASTEXT,
    PATH_EXISTS,
    PATH_MATCH,
)


class PGJSONIntIndexType(JSONIntIndexType):
    """A place: a number."""

    def _codec(self, dialect: Any) -> Codec:
        return (_core.TYPE_INTEGER, None)

    def literal_processor(self, dialect: Any) -> Callable[[Any], str]:
        return lambda value: str(int(value))


class PGJSONStrIndexType(JSONStrIndexType):
    """A key: text."""

    def _codec(self, dialect: Any) -> Codec:
        return (_core.TYPE_STRING, None)

    def literal_processor(self, dialect: Any) -> Callable[[Any], str]:
        return text_literal(dialect)


_NEEDS_QUOTES = re.compile(r'[,{}"\\]|^\s|\s$|^$|^null$', re.I)


def _step(value: Any) -> str:
    """A value as an element in the text of an array."""
    text = str(value)
    if _NEEDS_QUOTES.search(text):
        text = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return text


def array_text(values: Iterable[Any]) -> str:
    """Strings, or what str() makes of others, as the text of an array: ``{a, 1}``."""
    return "{" + ", ".join([_step(v) for v in values]) + "}"


def _path(value: Any) -> str:
    return value if isinstance(value, str) else array_text(value)


class JSONPATH(JSONPathType):
    """JSONPATH: text in the server's language of paths, or keys and places in a row."""

    __visit_name__ = "JSONPATH"

    def _format(self, value: Any) -> str:
        return _path(value)

    def _codec(self, dialect: Any) -> Codec:
        return (_core.TYPE_PYTHON, (_path, None))


class JSON(sqltypes.JSON):
    """JSON with PostgreSQL's operators."""

    astext_type: Any = sqltypes.Text()

    class Comparator(_Comparator):
        """Operators of JSON."""

        __slots__ = ()

        @property
        def astext(self) -> Any:
            """An indexed element as text: ``->>`` or ``#>>``."""
            expr = self.expr
            if not isinstance(expr, BinaryExpression):
                raise AttributeError("astext")  # so that hasattr() says no
            path = expr.operator is operators.json_path_getitem_op
            op = JSONPATH_ASTEXT if path else ASTEXT
            return BinaryExpression(expr.left, expr.right, op, self.type.astext_type)

    comparator_factory = Comparator

    def __init__(self, none_as_null: bool = False, astext_type: Any = None) -> None:
        """`astext_type`: the type of .astext (Text)."""
        super().__init__(none_as_null=none_as_null)
        if astext_type is not None:
            self.astext_type = astext_type


class JSONB(JSON):
    """JSONB with PostgreSQL's operators."""

    __visit_name__ = "JSONB"

    class Comparator(KeyComparator, JSON.Comparator):
        """Operators of JSONB."""

        __slots__ = ()

        def delete_path(self, array_: Any) -> Any:
            """``#-``: the value without what is at the end of a path."""
            if not isinstance(array_, array):
                array_ = array(array_)
            from ...sql.constructs import Cast
            from .array import ARRAY

            right = Cast(array_, ARRAY(sqltypes.TEXT()))
            return binary(self.expr, DELETE_PATH, right, result_type=self.type)

        def path_exists(self, other: Any) -> Any:
            """``@?``: whether a JSON path finds anything."""
            return self.operate(PATH_EXISTS, other)

        def path_match(self, other: Any) -> Any:
            """``@@``: the result of a JSON path predicate."""
            return self.operate(PATH_MATCH, other)

    comparator_factory = Comparator

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        if op in (PATH_EXISTS, PATH_MATCH):
            return _JSONPATH
        return super().coerce_compared_value(op, value)


_JSONPATH = JSONPATH()

__all__ = ["JSON", "JSONB", "JSONPATH"]
