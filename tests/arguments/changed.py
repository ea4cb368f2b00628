"""Calls the core's functions with the arguments that programs give, one of them changed.

Started by tests/test_arguments.py in a process of its own. Prints how many calls ended in which
way.
"""

from __future__ import annotations

import functools
import sys
import types
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from cormorant import _core
from tests.nomemory import package

HOSTILE: tuple[Any, ...] = (
    None, -1, -2, 2**15, 2**17, 2**70, "x", b"x", (), [], {}, (None,), [None], [object()], (-1,),
    (2**17,), (1, 2, 3, 4, 5, 6, 7, 8, 9), [package.Tag()], object(),
)  # fmt: skip
FORMS = 12
"""So many calls of a function are kept, each with arguments of other types."""
DEPTH = 6
"""So deep within tuples and lists a value is changed."""

Calls = dict[str, dict[Any, tuple[Callable[..., Any], tuple[Any, ...]]]]


def form(value: Any, depth: int = 2) -> Any:
    """What tells kinds of arguments apart."""
    if isinstance(value, (tuple, list)) and depth:
        return type(value), frozenset(form(item, depth - 1) for item in value)
    return type(value)


def recording(calls: Calls, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function, updated=())
    def call(*args: Any, **kwargs: Any) -> Any:
        kept = calls.setdefault(name, {})
        if not kwargs and len(kept) < FORMS:
            copies = tuple(list(arg) if type(arg) is list else arg for arg in args)
            kept.setdefault(tuple(map(form, args)), (function, copies))
        return function(*args, **kwargs)

    return call


def record() -> Calls:
    """The calls that the programs make."""
    calls: Calls = {}
    world = package.World("sqlite://")
    world.engine.clear_compiled_cache()
    found = {
        name: value
        for name, value in vars(_core).items()
        if isinstance(value, types.BuiltinFunctionType)
    }
    kinds = {name: getattr(_core, name) for name in ("Plan", "InsertPlan", "KeyRecipe")}
    for name, function in found.items():
        setattr(_core, name, recording(calls, name, function))
    for name, kind in kinds.items():
        setattr(_core, name, recording(calls, name, kind))
    try:
        for work in package.WORK:
            if work.__name__ not in ("server_types", "zones", "modules", "copying", "told"):
                work(world)
                world.session.rollback()
                world.session.expunge_all()
    finally:
        for name, value in (found | kinds).items():
            setattr(_core, name, value)
    return calls


def changed(value: Any, depth: int) -> Iterator[Any]:
    """The value with something in it replaced, or missing."""
    yield from HOSTILE
    if depth and type(value) in (tuple, list):
        for at, item in enumerate(value[:12]):
            yield type(value)([*value[:at], *value[at + 1 :]])
            for other in changed(item, depth - 1):
                yield type(value)([*value[:at], other, *value[at + 1 :]])


def main() -> None:
    warnings.simplefilter("ignore")
    seen: Counter[str] = Counter()
    calls = record()
    for name, kept in calls.items():
        for function, args in kept.values():
            for at, arg in enumerate(args):
                for other in changed(arg, DEPTH):
                    if "-v" in sys.argv:
                        print(name, at, repr(other)[:500], file=sys.stderr, flush=True)
                    try:
                        function(*args[:at], other, *args[at + 1 :])
                        seen["fine"] += 1
                    except SystemError:
                        print(name, at, other, file=sys.stderr)
                        raise
                    except Exception as error:
                        seen[type(error).__name__] += 1
    seen["functions"] = len(calls)
    print(dict(seen))


if __name__ == "__main__":
    main()
