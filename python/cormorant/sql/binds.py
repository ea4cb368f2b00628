"""Values in SQL: bind parameters, and the constants NULL, true and false."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from .. import _core
from .base import AnonName, KeyContext
from .column_element import ColumnElement, quoted_name
from .sqltypes import BOOLEANTYPE, NULLTYPE, _resolve_value_to_type

if TYPE_CHECKING:
    from typing import Self

    from .type_api import TypeArgument

_T = TypeVar("_T")

NO_ARG: Any = type("_NoArg", (), {"__slots__": (), "__repr__": lambda s: "<no argument>"})()


class BindParameter(ColumnElement[_T]):
    """A value sent beside the SQL."""

    __visit_name__ = "bindparam"
    _is_bind_parameter = True
    _atomic = True
    expanding = False
    literal_execute = False
    required = False
    callable: Callable[[], Any] | None = None
    isoutparam = False
    expand_op: Any = None
    unique = False
    key: Any
    value: Any
    # what makes two copies of a unique parameter the same parameter
    _ident_token: Any = None

    def __init__(
        self,
        key: Any,
        value: Any = NO_ARG,
        type_: TypeArgument[_T] | None = None,
        unique: bool = False,
        required: Any = NO_ARG,
        quote: bool | None = None,
        callable_: Callable[[], Any] | None = None,
        expanding: bool = False,
        isoutparam: bool = False,
        literal_execute: bool = False,
        _compared_to_operator: Any = None,
        _compared_to_type: Any = None,
    ) -> None:
        if required is NO_ARG:
            if value is NO_ARG and callable_ is None:
                self.required = True
        elif required:
            self.required = True
        if value is NO_ARG:
            value = None
        if quote is not None:
            key = quoted_name.construct(key, quote)
        self.key = key
        if unique or key is None:
            self.unique = True
            if key is None:
                self.key = "param"
        if callable_ is not None:
            self.callable = callable_
        if isoutparam:
            self.isoutparam = True
        if literal_execute:
            self.literal_execute = True
        self.value = value
        if expanding:
            self.expanding = True
            if value is not None and not isinstance(value, (list, tuple)):
                self.value = value = list(value)
            self.expand_op = _compared_to_operator
        if type_ is not None:
            self.type = type_() if isinstance(type_, type) else type_
            if expanding and self.type._is_tuple_type and value:
                self._complete_tuple_type(value[0])
        else:
            if expanding:
                check = value[0] if value else None
            else:
                check = value
            if _compared_to_type is not None:
                self.type = _compared_to_type.coerce_compared_value(_compared_to_operator, check)
            else:
                self.type = _resolve_value_to_type(check)

    def _complete_tuple_type(self, row: Any) -> None:
        """Give members of a tuple that have no type that of a value."""
        types = self.type.types  # type: ignore[attr-defined]
        if any(t._isnull for t in types):
            made = [
                _resolve_value_to_type(v) if t._isnull else t
                for t, v in zip(types, row, strict=False)
            ]
            self.type = self.type.__class__(*made)

    @property
    def effective_value(self) -> Any:
        """The value, or what the callable gives now."""
        return self.value if self.callable is None else self.callable()

    @property
    def _ident(self) -> Any:
        return self if self._ident_token is None else self._ident_token

    @property
    def _proxy_key(self) -> Any:
        return None if self.unique else self.key

    @property
    def _name(self) -> Any:
        """The name in the statement, to be made unique if it is an AnonName."""
        if self.unique:
            return AnonName(self._ident, self._clean_key)
        return self.key

    @property
    def _clean_key(self) -> str:
        key: str | AnonName = self.key
        if isinstance(key, AnonName):
            key = key.base if isinstance(key.base, str) else "param"
        if key.isidentifier():
            return key.strip("_")
        return re.sub(r"[.:\[\]]", "_", re.sub(r"[%\(\) \$]+", "_", key).strip("_"))

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        if self.callable is not None:
            state["value"] = self.callable()  # a function may belong to this process
            state["callable"] = None
        return state

    def _clone(self, maintain_key: bool = False, **kw: Any) -> Self:
        c = super()._clone()
        if self.unique and maintain_key:
            c._ident_token = self._ident
        elif self._ident_token is not None:
            c._ident_token = None
        return c

    def _negate_in_binary(self, negated_op: Any, original_op: Any) -> Any:
        if self.expand_op is not original_op or original_op is None:
            return self
        bind = self._clone()
        bind.expand_op = negated_op  # what stands for an empty list is another
        return bind

    def _annotate(self, values: Mapping[str, Any]) -> Self:
        c = super()._annotate(values)
        c._ident_token = self._ident
        return c

    def _convert_to_unique(self) -> None:
        self.unique = True
        self._ident_token = None

    def _with_value(self, value: Any, maintain_key: bool = False, required: Any = NO_ARG) -> Self:
        """A copy with another value."""
        c = self._clone(maintain_key=maintain_key)
        c.value = value
        c.required = False if required is NO_ARG else required
        if c.type is NULLTYPE:
            c.type = _resolve_value_to_type(value)
        return c

    def render_literal_execute(self) -> Self:
        """A copy whose value is written into the SQL when it is executed."""
        c = self._clone(maintain_key=True)
        c.literal_execute = True
        return c

    def _key_of_rest(self, ctx: KeyContext, key: list[Any]) -> None:
        # (what an empty list becomes follows from the operator, which is in the key of its sides)
        key += (self.expanding, self.literal_execute)

    _cache_key = _core.KeyRecipe(
        "bind",
        (
            (_core.KEY_PARAMETER, "_ident_token"),
            (_core.KEY_VALUE, "key"),
            (_core.KEY_FLAG, "unique"),
            (_core.KEY_TYPE, "type"),
        ),
        rare=frozenset(["expanding", "literal_execute"]),
        rest=_key_of_rest,
    )

    def __repr__(self) -> str:
        name = repr(self.key) if not self.unique else f"'{self._name!r}'"
        return f"BindParameter({name}, {self.value!r}, type_={self.type!r})"


class OffsetLimitParam(BindParameter[int]):
    """The number of LIMIT or OFFSET."""


class SingletonConstant:
    """NULL, true and false exist once each."""


class Null(SingletonConstant, ColumnElement[None]):
    """``NULL``."""

    __visit_name__ = "null"
    _immutable = True
    type = NULLTYPE

    def _cache_key(self, ctx: KeyContext) -> Any:
        return Null


class True_(SingletonConstant, ColumnElement[bool]):
    """``true``."""

    __visit_name__ = "true"
    _immutable = True
    type = BOOLEANTYPE

    def _negate(self) -> ColumnElement[Any]:
        return FALSE

    def _cache_key(self, ctx: KeyContext) -> Any:
        return True_


class False_(SingletonConstant, ColumnElement[bool]):
    """``false``."""

    __visit_name__ = "false"
    _immutable = True
    type = BOOLEANTYPE

    def _negate(self) -> ColumnElement[Any]:
        return TRUE

    def _cache_key(self, ctx: KeyContext) -> Any:
        return False_


NULL, TRUE, FALSE = Null(), True_(), False_()
