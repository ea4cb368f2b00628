"""Names that know how they are to be written, and names of methods."""

from __future__ import annotations

import sys
from typing import Any


class MethodNames(dict[str, str]):
    """The names of methods by what they are for, one string each.

    Under a string that is made for each look-up the interpreter searches all bases of a class, under
    one that it knows it looks once.
    """

    def __init__(self, form: str) -> None:
        """form: the name of a method, with `{}` for what it is for."""
        self._form = form

    def __missing__(self, name: str) -> str:
        made = self[name] = sys.intern(self._form.format(name))
        return made


VISIT = MethodNames("visit_{}")
"""Of methods for constructs, by their `__visit_name__`."""


class quoted_name(str):
    """A name whose quoting is decided: always (True), never (False), as needed (None)."""

    __slots__ = ("quote",)
    quote: bool | None

    def __new__(cls, value: str, quote: bool | None = None) -> Any:
        if isinstance(value, cls) and (quote is None or value.quote == quote):
            return value
        if value is None:
            raise AssertionError("use quoted_name.construct() for None passthrough")
        self = super().__new__(cls, value)
        self.quote = quote
        return self

    @classmethod
    def construct(cls, value: Any, quote: bool | None) -> Any:
        """The name, wrapped only when that says something."""
        return value if quote is None or value is None else cls(value, quote)

    def lower(self) -> str:
        return self if self.quote else super().lower()

    def upper(self) -> str:
        return self if self.quote else super().upper()

    def __reduce__(self) -> Any:
        return type(self), (str(self), self.quote)

    def __repr__(self) -> str:
        return str.__repr__(self)


class _truncated_label(quoted_name):
    """A name that was made up, so that a compiler may cut it to what the database takes."""

    __slots__ = ()

    def __new__(cls, value: str, quote: bool | None = None) -> Any:
        return super().__new__(cls, value, getattr(value, "quote", quote))


def as_label(name: Any) -> Any:
    """The same name, as one that may be cut; what is no text (AnonName) may be anyway."""
    return _truncated_label(name) if isinstance(name, str) else name
