"""Declarative classes that are dataclasses as well.

The attributes of a class become fields: its `Mapped[…]` annotations give their types, the
dataclass arguments of ``mapped_column()``, ``relationship()`` and so on their options.
`dataclasses.dataclass` sees a class with fields only; then the mapped attributes are put back
and the class is mapped as any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .. import exc
from ..sql.schema import Column
from ..util import warn_deprecated
from . import decl_typing
from .attribute_options import options_of
from .attributes import QueryableAttribute
from .decl_attributes import NAMES, annotations_of, attributes_of, copied_column
from .properties import MappedColumn

#: where a class keeps what `MappedAsDataclass` was told; inherited
ARGUMENTS = "_sa_apply_dc_transforms"
_MISSING: Any = object()


def arguments_for(cls: type, given: dict[str, Any]) -> None:
    """Note the dataclass arguments of a class: what is not given is as for its base."""
    inherited = getattr(cls, ARGUMENTS, None) or {}
    merged = {**inherited, **{name: value for name, value in given.items() if value is not None}}
    type.__setattr__(cls, ARGUMENTS, merged)


@contextmanager
def with_columns(cls: type, is_entity: Callable[[type], bool]) -> Iterator[dict[int, Any]]:
    """The columns that the mapping will have copied from mixins are attributes of a class while it
    becomes a dataclass, since functions of `declared_attr` are called then. Gives the copies by the
    identity of what they were made of."""
    copies: dict[int, Any] = {}
    names: list[str] = []
    seen = set(cls.__dict__)
    for base in cls.__mro__[1:]:
        for name, value in base.__dict__.items():
            if (
                isinstance(value, (Column, MappedColumn))
                and name not in seen
                and not is_entity(base)
            ):
                copies[id(value)] = copy = copied_column(value)
                type.__setattr__(cls, name, copy)
                names.append(name)
        seen.update(base.__dict__)
    try:
        yield copies
    finally:
        for name in names:
            type.__delattr__(cls, name)


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

    if "__table__" in cls.__dict__:
        raise exc.InvalidRequestError(
            f"Class {cls} already defines a '__table__'. ORM Annotated Dataclasses do not support "
            "a pre-existing '__table__' element"
        )
    type.__setattr__(cls, NAMES, tuple(cls.__dict__))
    arguments = dict(getattr(cls, ARGUMENTS))
    function = arguments.pop("dataclass_callable", None) or dataclasses.dataclass
    originals: dict[str, Any] = {}
    types: dict[str, Any] = {}
    above, declared = _of_mixins(cls, annotations)
    named = {name: annotation for name, (annotation, _) in above.items()} | annotations
    named |= {name: annotation for name, (annotation, _) in declared.items()}
    above |= declared
    for name, annotation in named.items():
        value = cls.__dict__.get(name, _MISSING)
        found = None
        if not decl_typing.is_class_var(annotation, cls):
            found = decl_typing.read(annotation, cls)
        types[name] = annotation if found is None else found.raw
        if isinstance(value, dataclasses.Field):
            if metadata_key(cls) in value.metadata:
                raise exc.InvalidRequestError(
                    "SQLAlchemy mapped dataclasses can't consume mapping information from "
                    "dataclass.Field() objects if the immediate class is not already a dataclass."
                )
            continue  # its default may be an attribute of the class
        given = above[name][1] if name in above else value
        own = options_of(given)
        if found is None and own is None:
            continue
        originals[name] = value
        options = _options(name, given, own)
        if options or name in above:  # what a mixin has of that name is no default
            type.__setattr__(cls, name, dataclasses.field(**options))
        elif value is not _MISSING:
            type.__delattr__(cls, name)
    before = cls.__dict__.get("__annotations__", _MISSING)  # noqa: RUF063  (its own alone)
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


def refuse_second(cls: type) -> None:
    """Raise InvalidRequestError if a class is a dataclass by itself already."""
    if "__dataclass_fields__" in cls.__dict__:
        raise exc.InvalidRequestError(
            f"Class {cls} is already a dataclass; ensure that base classes / decorator styles of "
            "establishing dataclasses are not being mixed. This can happen if a class that "
            "inherits from 'MappedAsDataclass', even indirectly, is been mapped with "
            "'@registry.mapped_as_dataclass'"
        )


def give_constructor(cls: type, constructor: Any) -> None:
    """The declarative constructor for a class that is to have no `__init__` of a dataclass."""
    if "__init__" not in cls.__dict__ and constructor is not None:
        type.__setattr__(cls, "__init__", constructor)


def _of_mixins(
    cls: type, annotations: dict[str, Any]
) -> tuple[dict[str, tuple[Any, Any]], dict[str, tuple[Any, Any]]]:
    """The annotations and values of mapped attributes that superclasses have which are neither
    dataclasses nor mapped, and of those that declared_attr gives in any that is not mapped: they
    become fields of the class."""
    above: dict[str, tuple[Any, Any]] = {}
    declared: dict[str, tuple[Any, Any]] = {}
    for base in reversed(cls.__mro__[1:]):
        if "__mapper__" in base.__dict__:
            continue
        called = _declared(cls, base)
        mine = {
            k: v
            for k, v in called.items()
            if not _is_of_mapped(cls, k) and options_of(v[1]) is not None
        }
        declared.update({k: v for k, v in mine.items() if k not in annotations})
        if getattr(base, ARGUMENTS, None) is not None or "__dataclass_fields__" in base.__dict__:
            continue
        found = {
            name: (annotation, base.__dict__.get(name, _MISSING))
            for name, annotation in annotations_of(base).items()
            if not decl_typing.is_class_var(annotation, base)
            and decl_typing.read(annotation, base) is not None
            and not _is_of_mapped(cls, name)
        }
        if found or called:
            names = ", ".join(map(repr, {**found, **called}))
            warn_deprecated(
                f"When transforming {cls} to a dataclass, attribute(s) {names} originates from "
                f"superclass {base}, which is not a dataclass.  This usage is deprecated and will "
                "raise an error in SQLAlchemy 2.1.  When declaring SQLAlchemy Declarative "
                "Dataclasses, ensure that all mixin classes and other superclasses which include "
                "attributes are also a subclass of MappedAsDataclass.",
                "2.0",
                code="dcmx",
            )
            above.update({k: v for k, v in found.items() if k not in annotations})
    return above, declared


def _is_of_mapped(cls: type, name: str) -> bool:
    """Whether a class has an attribute of a mapped base, which has the field as well."""
    return isinstance(getattr(cls, name, None), QueryableAttribute)


def _declared(cls: type, base: type) -> dict[str, tuple[Any, Any]]:
    """Annotation and value of what the functions that declared_attr marks in a superclass give
    for a class."""
    from .decl_base import declared_attr, returned_annotation

    found: dict[str, tuple[Any, Any]] = {}
    for name, function in base.__dict__.items():
        if not isinstance(function, declared_attr) or name.startswith("__"):
            continue
        annotation = returned_annotation(function)
        if annotation is None or decl_typing.read(annotation, base) is None:
            continue
        found[name] = (annotation, getattr(cls, name))
    return found


def _options(name: str, value: Any, own: dict[str, Any] | None) -> dict[str, Any]:
    """The field's options: the attribute's own. Those of a ``mapped_column()`` in ``Annotated``
    do not count, as no type checker sees them."""
    options = dict(own or {})
    if getattr(value, "_is_read_only", False):
        options.setdefault("init", False)
    if callable(options.get("default")) and hasattr(value, "column"):
        warn_deprecated(
            f"Callable object passed to the ``default`` parameter for attribute {name!r} in a "
            "ORM-mapped Dataclasses context is ambiguous, and this use will raise an error in a "
            "future release.  If this callable is intended to produce Core level INSERT default "
            "values for an underlying ``Column``, use the ``mapped_column.insert_default`` "
            "parameter instead.  To establish this callable as providing a default value for "
            "instances of the dataclass itself, use the ``default_factory`` dataclasses parameter.",
            "2.0",
        )
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


def metadata_key(cls: type) -> Any:
    """The key under which the metadata of dataclass fields has what is to be mapped, or None."""
    return getattr(cls, "__sa_dataclass_metadata_key__", None)


def from_metadata(cls: type) -> None:
    """Put what dataclass fields carry in their metadata under `metadata_key()` on the class, to be
    mapped."""
    import dataclasses

    key = metadata_key(cls)
    if key is None or not dataclasses.is_dataclass(cls):
        return
    own = cls.__dict__.get("__annotations__", {})  # noqa: RUF063  (its own alone)
    type.__setattr__(cls, NAMES, tuple([name for name, _, _ in attributes_of(cls)]))
    mapped = {
        field.name
        for base in cls.__mro__[1:]
        if "__mapper__" in base.__dict__ and dataclasses.is_dataclass(base)
        for field in dataclasses.fields(base)
    }
    for field in dataclasses.fields(cls):
        # what a mixin says is said for each class below it, what a mapped base says is mapped
        if key in field.metadata and (field.name in own or field.name not in mapped):
            value = field.metadata[key]
            make = getattr(value, "fget", value)  # (of a declared_attr)
            if callable(make):
                value = make()
            elif field.name not in own and isinstance(value, Column):
                value = value._copy()
            type.__setattr__(cls, field.name, value)
