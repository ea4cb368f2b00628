"""What the body of a declarative class says: its names, values and annotations, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .. import exc
from ..sql import schema
from ..util import warn

#: where a dataclass keeps the names that it had before it was made one, in their order
NAMES = "_sa_dataclass_names"
ABSENT: Any = object()
"""Value of an attribute that is only annotated."""


def attributes_of(cls: type) -> Iterable[tuple[str, Any, Any]]:
    """Names of a class with value and annotation, in the order they were written as far as
    that can be told. What stands between two names that are in both lists can be told of each
    list only: now the values come first, now the annotations, in turns."""
    values = {name: value for name, value in cls.__dict__.items()}
    written = values.get(NAMES, ())
    values = {name: values[name] for name in written if name in values} | values
    annotations = annotations_of(cls)
    shared = values.keys() & annotations.keys()
    todo = (list(reversed(values)), list(reversed(annotations)))
    turn = 0
    order: list[str] = []
    while todo[turn]:
        name = todo[turn].pop()
        if name in shared:
            shared.remove(name)  # it waits until the other list has come to it
            turn = 1 - turn
        else:
            order.append(name)
    order += reversed(todo[1 - turn])
    return [(name, values.get(name, ABSENT), annotations.get(name)) for name in order]


def annotations_of(cls: type) -> dict[str, Any]:
    # Not those of bases; and inspect would be expensive to import for this.
    found = cls.__dict__.get("__annotations__")  # noqa: RUF063  (its own alone)
    if found is None and "__annotate_func__" in cls.__dict__:
        # Python 3.14 evaluates annotations when asked, and only by the newer interface.
        import annotationlib  # type: ignore[import-not-found]

        found = annotationlib.get_annotations(cls, format=annotationlib.Format.FORWARDREF)
    return found or {}


def copied_column(column: Any) -> Any:
    """A copy of a mixin's column."""
    for key in column.foreign_keys:
        referred = key._colspec
        if isinstance(referred, schema.Column) and referred.table is None:
            raise exc.InvalidRequestError(
                "Columns with foreign keys to non-table-bound columns must be declared as "
                "@declared_attr callables on declarative mixin classes.  For dataclass field() "
                "objects, use a lambda:."
            )
    return column._copy()


def warn_of_expression(name: str, cls: type) -> None:
    warn(
        f"Attribute '{name}' on class {cls} appears to be a non-schema SQLAlchemy expression "
        "object; this won't be part of the declarative mapping. To map arbitrary expressions, use "
        "``column_property()`` or a similar function such as ``deferred()``, "
        "``query_expression()`` etc. "
    )


def scan_hooks(
    base: type, validators: dict[str, Any], mapper_name: Callable[[], str]
) -> Callable[[Any], None] | None:
    """Enter the methods of a class that @validates marks, as (function, options, class); returns
    the one that @reconstructor marks."""
    reconstructor = None
    for value in list(base.__dict__.values()):
        if not callable(value):
            continue
        if getattr(value, "__sa_reconstructor__", False) and reconstructor is None:
            reconstructor = value
        names = getattr(value, "__sa_validators__", None)
        if names is None:
            continue
        for name in names:
            if name in validators:
                if validators[name][2] is not base:
                    continue
                raise exc.InvalidRequestError(
                    f"A validation function for mapped attribute {name!r} on mapper "
                    f"{mapper_name()} already exists."
                )
            validators[name] = (value, value.__sa_validation_opts__, base)
    return reconstructor
