"""Classes whose methods and attributes are those of an object that they stand for."""

from __future__ import annotations

from typing import Any


def proxy_attributes(cls: type, target: str, names: str, read_only: str = "") -> None:
    """Give a class the attributes and methods of the object in its attribute `target`."""

    def make(name: str, writable: bool) -> property:
        def get(self: Any) -> Any:
            return getattr(getattr(self, target), name)

        def set_(self: Any, value: Any) -> None:
            setattr(getattr(self, target), name, value)

        doc = f"`{name}` of what this object stands for."
        return property(get, set_ if writable else None, doc=doc)

    for name in names.split():
        setattr(cls, name, make(name, True))
    for name in read_only.split():
        setattr(cls, name, make(name, False))


def proxy_methods(cls: type, of: type, names: str) -> None:
    """Give a class methods that call those of a class `of`, on the object in `_proxied`."""

    def make(name: str) -> Any:
        target = getattr(of, name)

        def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            return getattr(self._proxied, name)(*args, **kwargs)

        call.__wrapped__ = target  # type: ignore[attr-defined]  # so that it shows its parameters
        call.__name__ = name
        call.__qualname__ = f"{cls.__name__}.{name}"
        call.__doc__ = target.__doc__
        return call

    for name in names.split():
        setattr(cls, name, make(name))
