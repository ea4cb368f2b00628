"""What differed between versions of Python, under the names that tools import."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

inspect_getfullargspec = inspect.getfullargspec


def inspect_formatargspec(
    args: list[str],
    varargs: str | None = None,
    varkw: str | None = None,
    defaults: tuple[Any, ...] | None = None,
    kwonlyargs: list[str] | tuple[()] = (),
    kwonlydefaults: dict[str, Any] | None = None,
    annotations: dict[str, Any] | None = None,
    formatarg: Callable[[str], str] = str,
    formatvarargs: Callable[[str], str] = lambda name: "*" + name,
    formatvarkw: Callable[[str], str] = lambda name: "**" + name,
    formatvalue: Callable[[Any], str] = lambda value: "=" + repr(value),
    formatreturns: Callable[[Any], str] = lambda text: " -> " + str(text),
    formatannotation: Callable[[Any], str] = inspect.formatannotation,
) -> str:
    """The text of a signature from what inspect.getfullargspec() gives."""
    kwonlydefaults = kwonlydefaults or {}
    annotations = annotations or {}

    def shown(name: str) -> str:
        text = formatarg(name)
        if name in annotations:
            text += ": " + formatannotation(annotations[name])
        return text

    parts = []
    without = len(args) - len(defaults or ())
    for i, name in enumerate(args):
        text = shown(name)
        if defaults and i >= without:
            text += formatvalue(defaults[i - without])
        parts.append(text)
    if varargs is not None:
        parts.append(formatvarargs(shown(varargs)))
    elif kwonlyargs:
        parts.append("*")
    for name in kwonlyargs:
        text = shown(name)
        if name in kwonlydefaults:
            text += formatvalue(kwonlydefaults[name])
        parts.append(text)
    if varkw is not None:
        parts.append(formatvarkw(shown(varkw)))
    text = "(" + ", ".join(parts) + ")"
    if "return" in annotations:
        text += formatreturns(formatannotation(annotations["return"]))
    return text
