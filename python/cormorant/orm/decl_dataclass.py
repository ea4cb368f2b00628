"""Declarative classes that are dataclasses as well.

The attributes of a class become fields: its `Mapped[…]` annotations give their types, the
dataclass arguments of ``mapped_column()``, ``relationship()`` and so on their options.
`dataclasses.dataclass` sees a class with fields only; then the mapped attributes are put back
and the class is mapped as any other.
"""

from __future__ import annotations

from typing import Any

from .. import exc
from ..util import warn_deprecated
from . import decl_typing
from .attribute_options import options_of

#: where a class keeps what `MappedAsDataclass` was told; inherited
ARGUMENTS = "_sa_apply_dc_transforms"
#: where a class that was made one keeps the names it had, in their order
NAMES = "_sa_dataclass_names"
_MISSING: Any = object()


def arguments_for(cls: type, given: dict[str, Any]) -> None:
    """Note the dataclass arguments of a class: what is not given is as for its base."""
    inherited = getattr(cls, ARGUMENTS, None) or {}
    merged = {**inherited, **{name: value for name, value in given.items() if value is not None}}
    type.__setattr__(cls, ARGUMENTS, merged)


def is_wanted(cls: type) -> bool:
    """Whether a class is to become a dataclass."""
    return getattr(cls, ARGUMENTS, None) is not None


def make(cls: type, annotations: dict[str, Any]) -> None:
    """Make a class a dataclass, once, and leave its mapped attributes as they were.

    Raises InvalidRequestError with what `dataclasses` says of it.
    """
    if cls.__dict__.get(NAMES):
        return
    import dataclasses  # not needed by programs without them, and slow to import

    type.__setattr__(cls, NAMES, tuple(cls.__dict__))
    arguments = dict(getattr(cls, ARGUMENTS))
    function = arguments.pop("dataclass_callable", None) or dataclasses.dataclass
    originals: dict[str, Any] = {}
    types: dict[str, Any] = {}
    for name, annotation in annotations.items():
        value = cls.__dict__.get(name, _MISSING)
        found = None
        if not decl_typing.is_class_var(annotation, cls):
            found = decl_typing.read(annotation, cls)
        types[name] = annotation if found is None else found.raw
        own = options_of(value)
        if found is None and own is None:
            continue
        originals[name] = value
        options = _options(found, own)
        if options:
            type.__setattr__(cls, name, dataclasses.field(**options))
        elif value is not _MISSING:
            type.__delattr__(cls, name)
    before = cls.__dict__.get("__annotations__", _MISSING)  # noqa: RUF063
    type.__setattr__(cls, "__annotations__", types)
    try:
        function(cls, **arguments)
    except (TypeError, ValueError) as error:
        raise exc.InvalidRequestError(
            f"Python dataclasses error encountered when creating dataclass for {cls.__name__!r}: "
            f"{error!r}. Please refer to Python dataclasses documentation for additional "
            "information.",
            code="dcte",
        ) from error
    finally:
        if before is _MISSING:
            type.__delattr__(cls, "__annotations__")
        else:
            type.__setattr__(cls, "__annotations__", before)
        for name, value in originals.items():
            if value is not _MISSING:
                type.__setattr__(cls, name, value)
            elif name in cls.__dict__:
                type.__delattr__(cls, name)


def give_constructor(cls: type, constructor: Any) -> None:
    """The declarative constructor for a class that is to have no `__init__` of a dataclass."""
    if "__init__" not in cls.__dict__ and constructor is not None:
        type.__setattr__(cls, "__init__", constructor)


def _options(found: Any, own: dict[str, Any] | None) -> dict[str, Any]:
    """The field's options: the attribute's own. Those of a ``mapped_column()`` in ``Annotated``
    do not count, as no type checker sees them."""
    for item in found.extra if found is not None else ():
        for name in options_of(item) or ():
            if name != "default":
                warn_deprecated(
                    f"Argument '{name}' is a dataclass argument and cannot be specified within a "
                    "mapped_column() bundled inside of an Annotated object",
                    "2.0.22",
                )
    options = dict(own or {})
    if options.get("init") is False and "default" in options and "default_factory" not in options:
        # Left alone, it would be a class attribute, which the mapped one replaces.
        value = options.pop("default")
        options["default_factory"] = lambda: value
    return options


def refuse_options(cls: type, name: str, value: Any) -> None:
    """ArgumentError if an attribute of a plain class has arguments for dataclasses."""
    options = getattr(value, "_dataclass_options", None)
    if not options or isinstance(options, property):
        return
    given = [key for key in options if key != "default" or not hasattr(value, "column")]
    if getattr(value, "query_expression", False):
        given = [key for key in given if key != "init"]  # never one, which is no argument
    if given:
        names = ", ".join(repr(key) for key in sorted(given))
        raise exc.ArgumentError(
            f"Attribute '{name}' on class {cls} includes dataclasses argument(s): {names} but "
            "class does not specify SQLAlchemy native dataclass configuration."
        )


def from_metadata(cls: type) -> None:
    """Put what dataclass fields carry in their metadata under the class's
    `__sa_dataclass_metadata_key__` on the class, to be mapped."""
    import dataclasses

    key = getattr(cls, "__sa_dataclass_metadata_key__", None)
    if key is None or not dataclasses.is_dataclass(cls):
        return
    own = cls.__dict__.get("__annotations__", {})  # noqa: RUF063
    type.__setattr__(cls, NAMES, tuple(own))
    for field in dataclasses.fields(cls):
        if field.name in own and key in field.metadata:
            value = field.metadata[key]
            type.__setattr__(cls, field.name, value() if callable(value) else value)
