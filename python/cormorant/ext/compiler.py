"""Constructs of one's own, and other SQL for the ones there are.

class now_utc(FunctionElement):
    type = DateTime()
    inherit_cache = True

@compiles(now_utc)
def default(element, compiler, **kw):
    return "CURRENT_TIMESTAMP"

@compiles(now_utc, "postgresql")
def postgresql(element, compiler, **kw):
    return "TIMEZONE('utc', CURRENT_TIMESTAMP)"
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from .. import exc

_F = TypeVar("_F", bound=Callable[..., Any])

__all__ = ["compiles", "deregister"]


class _Dispatcher:
    """How a class is compiled: a function for each dialect, and one for all others."""

    def __init__(self, inherited: Any) -> None:
        self.inherited = inherited
        self.specs: dict[str, Callable[..., str]] = {}

    def __call__(self, element: Any, compiler: Any, **kw: Any) -> str:
        name = getattr(compiler.dialect, "name", "default")
        fn = self.specs.get(name) or self.specs.get("default")
        if fn is None:
            return self._built_in(element, compiler, kw)
        add = kw.get("add_to_result_map")
        if add is None:
            return fn(element, compiler, **kw)
        # what the function passes on is a part of the element, which is the column
        found: list[tuple[Any, ...]] = []
        kw["add_to_result_map"] = lambda *args: found.append(args)
        text = fn(element, compiler, **kw)
        for keyname, name, objects, type_ in found:
            add(keyname, name, (*objects, element), type_)
        return text

    def _built_in(self, element: Any, compiler: Any, kw: dict[str, Any]) -> str:
        if self.inherited is not None:
            return self.inherited(element, compiler, **kw)  # type: ignore[no-any-return]
        try:
            return compiler._visit(element, **kw)  # type: ignore[no-any-return]
        except exc.UnsupportedCompilationError as error:
            raise exc.UnsupportedCompilationError(
                compiler,
                type(element),
                message=f"{type(element)} construct has no default compilation handler.",
            ) from error


def compiles(class_: Any, *specs: str) -> Callable[[_F], _F]:
    """Make the decorated function compile a class and its subclasses.

    It is called as ``fn(element, compiler, **kw)`` and returns SQL. `specs` are names of
    dialects; without any it serves those that have no function of their own.
    """

    def decorate(fn: _F) -> _F:
        dispatcher = class_.__dict__.get("_compile_with")
        if dispatcher is None:
            dispatcher = _Dispatcher(class_._compile_with)
            class_._compile_with = dispatcher
        for spec in specs or ("default",):
            dispatcher.specs[spec] = fn
        return fn

    return decorate


def deregister(class_: Any) -> None:
    """Compile a class again as if compiles() had never been used on it."""
    dispatcher = class_.__dict__.get("_compile_with")
    if dispatcher is not None:
        class_._compile_with = dispatcher.inherited
