"""Names of expressions in a SELECT, and what ORDER BY and GROUP BY say of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from .. import exc
from . import operators
from .base import AnonName, KeyContext
from .coercions import expect_expr
from .column_element import ColumnClause, ColumnElement, NamedColumn
from .sqltypes import to_instance

if TYPE_CHECKING:
    from .selectable import FromClause
    from .type_api import TypeArgument

_T = TypeVar("_T")


class Label(NamedColumn[_T]):
    """An expression with a name: ``expr AS name``."""

    __visit_name__ = "label"
    _traverse_attrs = ("_element",)
    _element: Any
    _before_grouping: Any = None
    """The label that this is with parentheses around its expression."""

    def __init__(self, name: Any, element: Any, type_: TypeArgument[_T] | None = None) -> None:
        element = expect_expr(element)
        original = element
        while isinstance(element, Label):
            element = element._element
        if name is None:
            name = AnonName(self, getattr(element, "name", None) or "anon")
        self.name = name
        self.key = name
        self._element = element
        self.type = to_instance(type_) if type_ is not None else original.type
        self._proxies = (original,)

    @property
    def element(self) -> Any:
        """The expression, grouped as AS needs it."""
        return self._element.self_group(against=operators.as_)

    @element.setter
    def element(self, value: Any) -> None:
        self._element = value

    @property
    def _is_implicitly_boolean(self) -> bool:  # type: ignore[override]
        return self._element._is_implicitly_boolean  # type: ignore[no-any-return]

    def self_group(self, against: Any = None) -> Any:
        sub = self._element.self_group(against=against)
        if sub is not self._element:
            made: Label[_T] = Label(self.name, sub, type_=self.type)
            made._before_grouping = self
            return made
        return self

    def _negate(self) -> Any:
        return Label(self.name, self._element._negate())

    @property
    def primary_key(self) -> bool:  # type: ignore[override]
        return self._element.primary_key  # type: ignore[no-any-return]

    @property
    def foreign_keys(self) -> Any:
        return self._element.foreign_keys

    @property
    def _tq_label(self) -> Any:
        return self.name

    @property
    def _from_objects(self) -> Sequence[FromClause]:  # type: ignore[override]
        return self._element._from_objects  # type: ignore[no-any-return]

    @property
    def _bind_name(self) -> str | None:
        return None

    @property
    def _order_by_label_element(self) -> Any:
        return self

    def _make_proxy(
        self, selectable: FromClause, name: Any = None, key: Any = None
    ) -> tuple[Any, ColumnClause[Any]]:
        if name is None:
            name = self.name
        elif isinstance(name, AnonName) and not isinstance(self.name, AnonName):
            raise exc.InvalidRequestError(
                f"Label name {self.name} is being renamed to an anonymous label due to "
                "disambiguation which is not supported right now.  Please use unique names for "
                "explicit labels."
            )
        element = self._element
        key, c = element._make_proxy(selectable, name=name, key=name)
        c._proxies = (self,)
        if self.type is not element.type:
            c.type = self.type
        attribute = self._annotations.get("proxy_key")
        if attribute is not None:
            key = attribute  # a mapped expression goes by the attribute's name
        return key, c

    def _cache_key(self, ctx: KeyContext) -> Any:
        name = self.name
        if isinstance(name, AnonName):
            n, new = ctx.number(self._ident)
            if not new:
                return (Label, n)
            name = (n, name.base if isinstance(name.base, str) else None)
        quote = getattr(name, "quote", None)
        element = self._element
        if self.type is not element.type:
            type_key = self.type._static_cache_key
            if type_key is None:
                ctx.cacheable = False
            return (Label, name, quote, element._cache_key(ctx), type_key)
        return (Label, name, quote, element._cache_key(ctx))


class _label_reference(ColumnElement[Any]):
    """An expression of ORDER BY or GROUP BY that may be written as a label of the SELECT."""

    __visit_name__ = "label_reference"
    _traverse_attrs = ("element",)

    def __init__(self, element: Any) -> None:
        self.element = element
        self.type = element.type

    @property
    def _from_objects(self) -> Sequence[FromClause]:  # type: ignore[override]
        return ()

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (_label_reference, self.element._cache_key(ctx))


class _textual_label_reference(ColumnElement[Any]):
    """A string in ORDER BY or GROUP BY: the name of a label or of a selected column."""

    __visit_name__ = "textual_label_reference"

    def __init__(self, element: str) -> None:
        self.element = element

    @property
    def _text_clause(self) -> Any:
        from .constructs import TextClause

        return TextClause(self.element)

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (_textual_label_reference, self.element)
