"""Indexing of JSON expressions: ``col["key"]``, ``col[("a", 1)]`` and the ``as_…`` casts."""

from __future__ import annotations

import collections.abc
from collections.abc import Callable
from typing import Any

from .. import _core, exc
from . import operators, sqltypes
from .elements import BinaryExpression
from .plain_types import text_literal
from .type_api import TypeEngine


class JSONElementType(TypeEngine):
    """Base of the types of what JSON is indexed with."""

    def _format(self, value: Any) -> str:
        raise NotImplementedError

    def _codec(self, dialect: Any) -> Any:
        return (_core.TYPE_PYTHON, (self._format, None))

    def literal_processor(self, dialect: Any) -> Callable[[Any], str]:
        literal = text_literal(dialect)
        return lambda value: literal(self._format(value))


def _step(value: Any) -> str:
    return f"[{value}]" if isinstance(value, int) else f'."{value}"'


class JSONIndexType(JSONElementType):
    """A key or a place."""

    def _format(self, value: Any) -> str:
        return "$" + _step(value)


class JSONIntIndexType(JSONIndexType):
    """A place in a JSON array."""

    __visit_name__ = "json_int_index"


class JSONStrIndexType(JSONIndexType):
    """A key of a JSON object."""

    __visit_name__ = "json_str_index"


class JSONPathType(JSONElementType):
    """Keys and places that follow each other."""

    __visit_name__ = "json_path"

    def _format(self, value: Any) -> str:
        return "$" + "".join([_step(v) for v in value])


_INT, _STR, _PATH = JSONIntIndexType(), JSONStrIndexType(), JSONPathType()


def getitem(expr: Any, index: Any) -> BinaryExpression[Any]:
    """``expr[index]`` of a JSON expression."""
    from .coercions import expect_operand

    type_: JSONElementType
    if not isinstance(index, str) and isinstance(index, collections.abc.Sequence):
        op, type_ = operators.json_path_getitem_op, _PATH
    else:
        op = operators.json_getitem_op
        type_ = _INT if isinstance(index, int) else _STR
    right = expect_operand(index, expr, op, type_=type_)
    return BinaryExpression(expr, right, op, expr.type)


_CASTS: dict[str, Callable[..., TypeEngine]] = {
    "as_string": sqltypes.Unicode,
    "as_integer": sqltypes.Integer,
    "as_float": sqltypes.Float,
    "as_boolean": sqltypes.Boolean,
    "as_numeric": lambda precision, scale, asdecimal=True: sqltypes.Numeric(
        precision, scale, asdecimal=asdecimal
    ),
}


def cast_method(expr: Any, name: str) -> Any:
    """The method `as_…` of a JSON expression, or None if there is none of that name."""
    if name != "as_json" and name not in _CASTS:
        return None

    def method(*args: Any, **kw: Any) -> Any:
        if not isinstance(expr, BinaryExpression) or expr.operator not in (
            operators.json_getitem_op,
            operators.json_path_getitem_op,
        ):
            raise exc.InvalidRequestError(
                f"The JSON cast operator JSON.{name}() only works with a JSON index expression "
                f"e.g. col['q'].{name}()"
            )
        if name == "as_json":
            return expr
        made = expr._clone()
        made.type = _CASTS[name](*args, **kw)
        return made

    return method
