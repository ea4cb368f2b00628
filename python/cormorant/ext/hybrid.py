"""Attributes that work on an object in Python and on its class in SQL.

    class Interval(Base):
        start: Mapped[int]
        end: Mapped[int]

        @hybrid_property
        def length(self) -> int:
            return self.end - self.start

``interval.length`` subtracts numbers; ``Interval.length`` is an expression, to select, filter
and order by. Where SQL needs another form, `expression` gives it.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from ..orm.base import InspectionAttr, InspectionAttrExtensionType
from ..orm.proxied import ProxiedAttribute
from ..sql.base import ClauseElement
from ..sql.operators import ColumnOperators
from ..util.subscriptable import Subscriptable, T

if TYPE_CHECKING:
    from ..orm.attributes import QueryableAttribute
    from ..sql.typed_operators import SQLCoreOperations

__all__ = [
    "Comparator",
    "ExprComparator",
    "HybridExtensionType",
    "hybrid_method",
    "hybrid_property",
]

_T = TypeVar("_T")
_P = ParamSpec("_P")
_F = TypeVar("_F", bound=Callable[..., Any])


class HybridExtensionType(InspectionAttrExtensionType):
    """Kinds of attributes that inspection finds."""

    HYBRID_METHOD = "HYBRID_METHOD"
    HYBRID_PROPERTY = "HYBRID_PROPERTY"


HYBRID_METHOD = HybridExtensionType.HYBRID_METHOD
HYBRID_PROPERTY = HybridExtensionType.HYBRID_PROPERTY


class _Described(InspectionAttr):
    """An attribute with a free dictionary `info`."""

    @builtins.property
    def info(self) -> dict[Any, Any]:
        """What the program wants to remember of the attribute."""
        found: dict[Any, Any] = self.__dict__.setdefault("_info", {})
        return found


class hybrid_method(_Described, Generic[_P, _T]):
    """A method that is also a method of the class, where it makes a SQL expression."""

    is_attribute = True
    extension_type = HYBRID_METHOD

    def __init__(
        self, func: Callable[Concatenate[Any, _P], _T], expr: Callable[..., Any] | None = None
    ) -> None:
        self.func = func
        self.expr: Callable[..., Any] = expr if expr is not None else func

    @builtins.property
    def inplace(self) -> _InPlaceMethod[_P, _T]:
        """Decorators that change this method rather than return a copy."""
        return _InPlaceMethod(self)

    def expression(self, expr: Callable[..., Any]) -> hybrid_method[_P, _T]:
        """Decorator: what the method is on the class; may be a classmethod."""
        self.expr = _function(expr)
        return self

    @overload
    def __get__(self, instance: None, owner: type) -> Callable[_P, SQLCoreOperations[_T]]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Callable[_P, _T]: ...
    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self.expr.__get__(owner, owner)
        return self.func.__get__(instance, owner)


if TYPE_CHECKING:

    class _HybridClassLevelAccessor(QueryableAttribute[_T]):
        """What a hybrid is on its class: a SQL expression, and the decorators by which
        subclasses change parts of it."""

        def getter(self, fget: Callable[[Any], _T]) -> hybrid_property[_T]: ...
        def setter(self, fset: Callable[[Any, _T], None]) -> hybrid_property[_T]: ...
        def deleter(self, fdel: Callable[[Any], None]) -> hybrid_property[_T]: ...
        @builtins.property
        def overrides(self) -> hybrid_property[_T]: ...
        @builtins.property
        def inplace(self) -> _InPlace[_T]: ...
        def comparator(self, comparator: Callable[[Any], Any]) -> hybrid_property[_T]: ...
        def update_expression(self, meth: Callable[[Any, Any], Any]) -> hybrid_property[_T]: ...


class _InPlaceMethod(Generic[_P, _T]):
    __slots__ = ("attr",)

    def __init__(self, attr: hybrid_method[_P, _T]) -> None:
        self.attr = attr

    def expression(self, expr: Callable[..., Any]) -> hybrid_method[_P, _T]:
        """What the method is on the class."""
        return self.attr.expression(expr)


class hybrid_property(_Described, Generic[_T]):
    """A property that is also an attribute of the class, where it is a SQL expression."""

    is_attribute = True
    extension_type = HYBRID_PROPERTY
    __name__: str

    def __init__(
        self,
        fget: Callable[[Any], _T],
        fset: Callable[[Any, Any], None] | None = None,
        fdel: Callable[[Any], None] | None = None,
        expr: Callable[[Any], Any] | None = None,
        custom_comparator: Callable[[Any], Any] | None = None,
        update_expr: Callable[[Any, Any], Any] | None = None,
    ) -> None:
        self.fget = fget
        self.fset = fset
        self.fdel = fdel
        self.expr = expr
        self.custom_comparator = custom_comparator
        self.update_expr = update_expr
        self.__name__ = getattr(fget, "__name__", "")
        self.__doc__ = getattr(fget, "__doc__", None)

    @overload
    def __get__(self, instance: Any, owner: None) -> hybrid_property[_T]: ...
    @overload
    def __get__(self, instance: None, owner: type) -> _HybridClassLevelAccessor[_T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> _T: ...
    def __get__(self, instance: Any, owner: Any) -> Any:
        if owner is None:
            return self
        if instance is None:
            attribute: ProxiedAttribute[_T] = ProxiedAttribute(
                owner, self.__name__, self, self._comparator(owner)
            )
            of_class = getattr(self.custom_comparator or self.expr, "__doc__", None)
            if of_class:
                attribute.__doc__ = of_class
            return attribute
        return self.fget(instance)

    def __set__(self, instance: Any, value: Any) -> None:
        if self.fset is None:
            raise AttributeError("can't set attribute")
        self.fset(instance, value)

    def __delete__(self, instance: Any) -> None:
        if self.fdel is None:
            raise AttributeError("can't delete attribute")
        self.fdel(instance)

    def _comparator(self, owner: Any) -> Any:
        if self.custom_comparator is not None:
            return self.custom_comparator(owner)
        return ExprComparator(owner, (self.expr or self.fget)(owner), self)

    def _copy(self, **changes: Any) -> hybrid_property[_T]:
        new: hybrid_property[_T] = type(self).__new__(type(self))
        new.__dict__.update(self.__dict__, **changes)
        return new

    @builtins.property
    def overrides(self) -> hybrid_property[_T]:
        """Prefix for a subclass that changes one part of an inherited hybrid:
        ``@Base.name.overrides.setter``."""
        return self

    @builtins.property
    def inplace(self) -> _InPlace[_T]:
        """Decorators that change this hybrid rather than return a copy, so that the functions
        may have names of their own."""
        return _InPlace(self)

    def getter(self, fget: Callable[[Any], _T]) -> hybrid_property[_T]:
        """Decorator: how the attribute is read."""
        return self._copy(fget=fget)

    def setter(self, fset: Callable[[Any, Any], None]) -> hybrid_property[_T]:
        """Decorator: how the attribute is assigned."""
        return self._copy(fset=fset)

    def deleter(self, fdel: Callable[[Any], None]) -> hybrid_property[_T]:
        """Decorator: how the attribute is deleted."""
        return self._copy(fdel=fdel)

    def expression(self, expr: Callable[[Any], Any]) -> hybrid_property[_T]:
        """Decorator: what the attribute is on the class; may be a classmethod."""
        return self._copy(expr=_function(expr))

    def comparator(self, comparator: Callable[[Any], Any]) -> hybrid_property[_T]:
        """Decorator: what gives the attribute its operators on the class; may be a
        classmethod."""
        return self._copy(custom_comparator=_function(comparator))

    def update_expression(self, meth: Callable[[Any, Any], Any]) -> hybrid_property[_T]:
        """Decorator: the (attribute, value) pairs that assigning means in an UPDATE; may be a
        classmethod."""
        return self._copy(update_expr=_function(meth))


class _InPlace(Generic[_T]):
    """`hybrid_property.inplace`."""

    __slots__ = ("attr",)

    def __init__(self, attr: hybrid_property[_T]) -> None:
        self.attr = attr

    def _set(self, **changes: Any) -> hybrid_property[_T]:
        self.attr.__dict__.update(changes)
        return self.attr

    def getter(self, fget: Callable[[Any], _T]) -> hybrid_property[_T]:
        """How the attribute is read."""
        return self._set(fget=fget)

    def setter(self, fset: Callable[[Any, Any], None]) -> hybrid_property[_T]:
        """How the attribute is assigned."""
        return self._set(fset=fset)

    def deleter(self, fdel: Callable[[Any], None]) -> hybrid_property[_T]:
        """How the attribute is deleted."""
        return self._set(fdel=fdel)

    def expression(self, expr: Any) -> hybrid_property[_T]:
        """What the attribute is on the class; may be a classmethod."""
        return self._set(expr=_function(expr))

    def comparator(self, comparator: Any) -> hybrid_property[_T]:
        """What gives the attribute its operators; may be a classmethod."""
        return self._set(custom_comparator=_function(comparator))

    def update_expression(self, meth: Any) -> hybrid_property[_T]:
        """What assigning means in an UPDATE; may be a classmethod."""
        return self._set(update_expr=_function(meth))


def _function(method: Any) -> Any:
    return method.__func__ if isinstance(method, classmethod) else method


class Comparator(ColumnOperators, Subscriptable[T]):
    """Base of classes that give a hybrid its operators: redefine the operators, or
    `operate`."""

    def __init__(self, expression: Any) -> None:
        self.expression = expression

    def __clause_element__(self) -> Any:
        found = self.expression
        while not isinstance(found, ClauseElement) and hasattr(found, "__clause_element__"):
            found = found.__clause_element__()
        return found

    @builtins.property
    def property(self) -> Any:
        """The mapped property behind the expression; AttributeError if it is of none."""
        return self.expression.property

    def adapt_to_entity(self, adapt_to_entity: Any) -> Comparator:
        """The comparator for an alias: the expression was made for it."""
        return self

    def operate(self, op: Callable[..., Any], *other: Any, **kwargs: Any) -> Any:
        return op(self.__clause_element__(), *other, **kwargs)

    def reverse_operate(self, op: Callable[..., Any], other: Any, **kwargs: Any) -> Any:
        return op(other, self.__clause_element__(), **kwargs)

    def __hash__(self) -> int:
        return id(self) >> 4


class ExprComparator(Comparator):
    """The operators of the expression that a hybrid is on the class."""

    def __init__(self, cls: Any, expression: Any, hybrid: hybrid_property[Any]) -> None:
        super().__init__(expression)
        self.cls = cls
        self.hybrid = hybrid

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "expression" not in self.__dict__:
            raise AttributeError(name)
        return getattr(self.expression, name)

    @builtins.property
    def info(self) -> dict[Any, Any]:
        """The free dictionary of the hybrid."""
        return self.hybrid.info

    def operate(self, op: Callable[..., Any], *other: Any, **kwargs: Any) -> Any:
        return op(self.expression, *other, **kwargs)

    def reverse_operate(self, op: Callable[..., Any], other: Any, **kwargs: Any) -> Any:
        return op(other, self.expression, **kwargs)

    def _bulk_update_tuples(self, value: Any) -> Any:
        expression = self.expression
        # (an attribute is what is assigned, as it is in SQLAlchemy)
        if self.hybrid.update_expr is None or getattr(expression, "is_attribute", False):
            return [(expression, value)]
        return self.hybrid.update_expr(self.cls, value)
