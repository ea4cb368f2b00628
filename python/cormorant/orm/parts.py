"""Classes whose methods stand in several parts."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import TypeVar

_Part = TypeVar("_Part")


def part_of(whole: str) -> Callable[[type[_Part]], type[_Part]]:
    """Decorator of a part of the class `whole`: Python's own errors name its methods
    ``whole.method()``, as programs call them."""

    def decorate(part: type[_Part]) -> type[_Part]:
        for name, method in vars(part).items():
            if isinstance(method, FunctionType):
                method.__qualname__ = f"{whole}.{name}"
        return part

    return decorate
