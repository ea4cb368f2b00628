"""Statements built by functions: `lambda_stmt`.

SQLAlchemy runs such a function once for each place in the code and remembers what came of
it, because building a statement is what costs there. Here a statement that was built anew
finds its plan by its structure, so the functions are simply called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .. import exc
from .coercions import expect_statement

if TYPE_CHECKING:
    from typing import Self

__all__ = ["LambdaElement", "LinkedLambdaElement", "StatementLambdaElement", "lambda_stmt"]


def _check(fn: Any) -> None:
    if not callable(fn):
        raise exc.ArgumentError(f"A function that gives a statement expected, got {fn!r}.")


class LambdaElement:
    """What a function gave, in its place."""

    def __init__(self, fn: Callable[..., Any]) -> None:
        _check(fn)
        self.fn = fn
        self._resolved: Any = self._resolve()

    def _resolve(self) -> Any:
        return self.fn()

    def __clause_element__(self) -> Any:
        return self._resolved

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_resolved":
            raise AttributeError(name)
        return getattr(self._resolved, name)

    def __str__(self) -> str:
        return str(self._resolved)


class StatementLambdaElement(LambdaElement):
    """A statement that a function gave, to which others add."""

    def _resolve(self) -> Any:
        return expect_statement(self.fn())

    def add_criteria(
        self,
        other: Callable[[Any], Any],
        enable_tracking: bool = True,
        track_on: Any = None,
        track_closure_variables: bool = True,
        track_bound_values: bool = True,
    ) -> LinkedLambdaElement:
        """What a function makes of this statement. The arguments after it are accepted for
        compatibility: nothing is tracked."""
        _check(other)
        made = LinkedLambdaElement.__new__(LinkedLambdaElement)
        made.fn = other
        made._resolved = expect_statement(other(self._resolved))
        return made

    def __add__(self, other: Callable[[Any], Any]) -> LinkedLambdaElement:
        return self.add_criteria(other)

    def spoil(self) -> Self:
        """Itself: nothing is remembered that would have to be forgotten."""
        return self


class LinkedLambdaElement(StatementLambdaElement):
    """What a function made of the statement of another."""


def lambda_stmt(
    lmb: Callable[[], Any],
    enable_tracking: bool = True,
    track_closure_variables: bool = True,
    track_on: Any = None,
    global_track_bound_values: bool = True,
    track_bound_values: bool = True,
    lambda_cache: Any = None,
) -> StatementLambdaElement:
    """The statement that a function gives; ``+= lambda s: s.where(…)`` adds to it.

    The arguments after the function are accepted for compatibility: nothing is tracked.
    """
    return StatementLambdaElement(lmb)
