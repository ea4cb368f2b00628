"""inspect(): from an object to what says everything about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, overload

from . import _core, exc

if TYPE_CHECKING:
    from .engine import Connection, Engine
    from .engine.reflection import Inspector
    from .orm import DeclarativeBase, InstanceState, Mapper

    _M = TypeVar("_M", bound=DeclarativeBase)

_T = TypeVar("_T")
_O = TypeVar("_O")
_F = TypeVar("_F", bound=Callable[..., Any])


class Inspectable(Generic[_T]):
    """Base of what inspect() has something to say of, a `_T`, and of no value in a statement."""

    __slots__ = ()


_registrars: dict[type, Any] = {}
"""Class -> a function from a subject to its inspection (None: cannot be inspected)."""


@overload
def inspect(subject: Engine | Connection, raiseerr: Literal[True] = ...) -> Inspector: ...
@overload
def inspect(subject: Inspectable[_T], raiseerr: Literal[True] = ...) -> _T: ...
@overload
def inspect(subject: type[_O], raiseerr: Literal[True] = ...) -> Mapper[_O]: ...
@overload
def inspect(subject: _M, raiseerr: Literal[True] = ...) -> InstanceState[_M]: ...
@overload
def inspect(subject: Any, raiseerr: bool = ...) -> Any: ...
def inspect(subject: Any, raiseerr: bool = True) -> Any:
    """The inspection of an object: InstanceState, Mapper, Inspector, the object itself …

    exc.NoInspectionAvailable if there is none, or None with raiseerr=False.
    """
    state = _core.inspect(subject)
    if state is not None:
        return state
    type_ = type(subject)
    for cls in type_.__mro__:
        registered = _registrars.get(cls)
        if registered is None:
            continue
        if registered is True:
            return subject
        found = registered(subject)
        if found is not None:
            return found
    state = _core.inspect(_core.stood_for(subject))
    if state is not None:
        return state
    if hasattr(subject, "__clause_element__") or getattr(subject, "is_clause_element", False):
        return subject
    if raiseerr:
        raise exc.NoInspectionAvailable(
            f"No inspection system is available for object of type {type_}"
        )
    return None


def _inspects(*types: type) -> Callable[[_F], _F]:
    """Decorator: register a function as the inspection of instances of these types."""

    def decorate(fn: _F) -> _F:
        for type_ in types:
            if type_ in _registrars:
                raise AssertionError(f"Type {type_} is already registered")
            _registrars[type_] = fn
        return fn

    return decorate


def _self_inspects(cls: type) -> type:
    """Class decorator: instances are their own inspection."""
    _registrars[cls] = True
    return cls
