"""Reading ``Mapped[…]`` annotations: what they say about a column or a relationship."""

from __future__ import annotations

import collections.abc
import sys
import types
import typing
from collections.abc import Mapping
from typing import Any, ForwardRef, Literal, NamedTuple, Union, get_args, get_origin

from .. import exc
from .base import DynamicMapped, Mapped, WriteOnlyMapped

_UNIONS = (Union, types.UnionType)
_COLLECTIONS: dict[Any, Any] = {
    list: list,
    set: set,
    frozenset: frozenset,
    collections.abc.Sequence: list,
    collections.abc.MutableSequence: list,
    collections.abc.Collection: list,
    collections.abc.Set: set,
    collections.abc.MutableSet: set,
    dict: dict,
}


class Name:
    """A name that could not be looked up (yet): it may be a class mapped later."""

    def __init__(self, name: str) -> None:
        self.__forward_arg__ = name

    def __or__(self, other: Any) -> Any:
        return Union[self, other]  # noqa: UP007  (of texts, too)

    def __ror__(self, other: Any) -> Any:
        return Union[other, self]  # noqa: UP007  (of texts, too)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return Name(f"{self.__forward_arg__}.{name}")

    def __getitem__(self, item: Any) -> Any:
        return self

    def __call__(self, *args: Any) -> Any:
        """typing wants its arguments to be callable."""
        raise TypeError(f"name {self.__forward_arg__!r} is not defined")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Name) and other.__forward_arg__ == self.__forward_arg__

    def __hash__(self) -> int:
        return hash(self.__forward_arg__)

    def __repr__(self) -> str:
        return f"ForwardRef({self.__forward_arg__!r})"


_NAMES = (ForwardRef, Name)


class Namespace(Mapping[str, Any]):
    """Where the words of an annotation are looked up: class, module, builtins."""

    def __init__(self, cls: type) -> None:
        module = sys.modules.get(cls.__module__)
        self._spaces = (
            {cls.__name__: cls},
            vars(module) if module is not None else {},
            vars(sys.modules["builtins"]),
        )

    def __getitem__(self, name: str) -> Any:
        for space in self._spaces:
            if name in space:
                return space[name]
        if name.startswith("__"):
            # debuggers and pytest ask the frame for names of theirs, which are not to be found
            raise KeyError(name)
        return Name(name)

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0


def evaluate(annotation: Any, cls: type) -> Any:
    """An annotation as an object; words that mean nothing yet become `Name` objects."""
    if isinstance(annotation, ForwardRef):
        annotation = annotation.__forward_arg__
    if not isinstance(annotation, str):
        return annotation
    try:
        # with Python's builtins: from 3.12 on, Generic[…] imports by them
        return eval(annotation, {}, Namespace(cls))
    except Exception as error:
        raise NameError(f"Could not de-stringify annotation {annotation!r}") from error


# the types, not their names: an annotation that is a name is compiled where it is met
Annotation = NamedTuple(  # noqa: UP014  (names of types would be compiled)
    "Annotation",
    [
        ("container", Any),  # `Mapped` or a subclass of it
        ("type_", Any),  # X without Optional and without Annotated; a `Name` if not known yet
        ("nullable", bool),
        ("collection", Any),  # for ``list["Post"]``: list; else None
        ("extra", tuple[Any, ...]),  # what ``Annotated[…]`` adds
        ("raw", Any),  # X as evaluated
        ("pep593", Any),  # the ``Annotated[…]`` itself, or None
        ("alias", Any),  # the name that a ``type`` statement gave to it, or None
    ],
)
"""What ``Mapped[X]`` says of one attribute."""


def is_class_var(annotation: Any, cls: type) -> bool:
    """Whether it is ``ClassVar[…]``, written out or as a string."""
    if isinstance(annotation, str):
        head = annotation.split("[", 1)[0].strip()
        if "ClassVar" not in head:
            return False
        annotation = evaluate(head, cls)
    return annotation is typing.ClassVar or get_origin(annotation) is typing.ClassVar


def read(annotation: Any, cls: type) -> Annotation | None:
    """The parts of a ``Mapped[…]`` annotation; None if it is another annotation."""
    value = evaluate(annotation, cls)
    origin = get_origin(value)
    if value is Mapped or (isinstance(value, type) and issubclass(value, Mapped)):
        return Annotation(value, None, False, None, (), None, None, None)
    if not (isinstance(origin, type) and issubclass(origin, Mapped)):
        return None
    args = get_args(value)
    inner = _deep(args[0], cls) if args else None
    return _inner(origin, inner, cls)


def read_plain(annotation: Any, cls: type) -> Annotation:
    """The same of a plain annotation, as of a dataclass's field."""
    return _inner(Mapped, _deep(annotation, cls), cls)


def _deep(value: Any, cls: type) -> Any:
    """Evaluate strings within an annotation."""
    if isinstance(value, (str, ForwardRef)):
        found = evaluate(value, cls)
        return found if isinstance(found, Name) else _deep(found, cls)
    return value


def _inner(container: Any, raw: Any, cls: type) -> Annotation:
    nullable = False
    extra: tuple[Any, ...] = ()
    pep593 = alias = None
    value = raw
    for _ in range(10):
        origin = get_origin(value)
        if alias is None and pep593 is None and (is_alias(value) or is_alias(origin)):
            alias = value
            value = value.__value__ if origin is None else origin.__value__[get_args(value)]
        elif origin is typing.Annotated:
            if pep593 is None:
                pep593 = value
            args = get_args(value)
            value, extra = _deep(args[0], cls), extra + args[1:]
        elif origin in _UNIONS:
            members = [_deep(arg, cls) for arg in get_args(value)]
            rest = [arg for arg in members if arg is not type(None)]
            if len(rest) < len(members):
                nullable = True
            if len(rest) == len(members) or len(rest) != 1:
                if len(rest) < len(members):
                    value = Union[tuple(rest)]  # noqa: UP007  (of any number)
                break
            value = rest[0]
        elif value is type(None):
            nullable = True
            break
        else:
            break
    if is_alias(value):
        nullable = nullable or without_none(without_aliases(value)) != without_aliases(value)
    collection = None
    origin = get_origin(value)
    if _is_collection(origin):
        args = get_args(value)
        collection = _COLLECTIONS.get(origin, origin)
        if args and isinstance(args[-1], (str, *_NAMES)):
            member = _deep(args[-1], cls)
            value = origin[(*args[:-1], member)] if len(args) > 1 else origin[member]
    elif isinstance(value, type):
        collection = _COLLECTIONS.get(value)
    return Annotation(container, value, nullable, collection, extra, raw, pep593, alias)


def is_alias(value: Any) -> bool:
    """Whether it is what a ``type`` statement makes, of `typing` or of `typing_extensions`."""
    return type(value).__name__ == "TypeAliasType"


def without_aliases(value: Any) -> Any:
    """What the names that ``type`` statements gave stand for."""
    while is_alias(value):
        value = value.__value__
    return value


def without_none(value: Any) -> Any:
    """``X`` of ``Optional[X]``."""
    if get_origin(value) not in _UNIONS:
        return value
    return Union[tuple(arg for arg in get_args(value) if arg is not type(None))]  # noqa: UP007  (of any number)


def _is_collection(origin: Any) -> bool:
    return isinstance(origin, type) and issubclass(origin, collections.abc.Collection)


def relationship_target(found: Annotation, key: str, cls: type) -> tuple[Any, Any, bool | None]:
    """Argument, collection class and uselist (None: as the direction says) for a relationship
    so annotated."""
    value = found.type_
    if found.container in (DynamicMapped, WriteOnlyMapped) or issubclass(
        found.container, (DynamicMapped, WriteOnlyMapped)
    ):
        args = get_args(value) if found.collection is not None else ()
        return (_target(args[-1]), found.collection, True) if args else (_target(value), None, True)
    if found.collection is not None:
        args = get_args(value)
        if not args:
            raise exc.ArgumentError(f"Generic alias {value} requires an argument")
        return _target(args[-1]), found.collection, None
    return _target(value), None, False


def _target(value: Any) -> Any:
    if isinstance(value, _NAMES):
        return value.__forward_arg__
    return value


def is_unresolved(value: Any) -> bool:
    """Whether a name in the annotation means nothing."""
    if isinstance(value, _NAMES):
        return True
    return any(is_unresolved(arg) for arg in get_args(value))


def resolved(value: Any, cls: type) -> Any:
    """A type with the names within it looked up."""
    if isinstance(value, _NAMES):
        return _deep(value.__forward_arg__, cls)
    origin, args = get_origin(value), get_args(value)
    if not args or origin in (Literal, typing.Annotated):
        return value
    found = tuple(resolved(arg, cls) for arg in args)
    if found == args:
        return value
    if origin in _UNIONS:
        return Union[found]  # noqa: UP007  (of any number)
    return value.copy_with(found) if hasattr(value, "copy_with") else origin[found]


def is_type(value: Any) -> bool:
    """Whether a value stands for a type: a class, or what `typing` makes."""
    return (
        value is None
        or isinstance(value, type)
        or get_origin(value) is not None
        or type(value).__module__ in ("typing", "typing_extensions")
    )


def literal_values(value: Any) -> list[Any] | None:
    """The values of ``Literal[…]`` or of a union of them, else None."""
    origin = get_origin(value)
    if origin is Literal:
        return list(get_args(value))
    if origin in _UNIONS:
        found: list[Any] = []
        for arg in get_args(value):
            part = literal_values(arg)
            if part is None:
                return None
            found += part
        return found
    return None
