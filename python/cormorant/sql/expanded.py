"""The text of a statement for particular values: its lists as long as these are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import exc

if TYPE_CHECKING:
    from .compiler import SQLCompiler


class ExpandedState(NamedTuple):
    """What `SQLCompiler.construct_expanded_state()` gives."""

    statement: str
    """The text."""
    parameters: dict[str, Any]
    """Values by name; each of a list has a name of its own."""
    processors: Mapping[str, Any]
    """What the types of members of lists do with them, by name."""
    positiontup: Sequence[str] | None
    """Names in the order of the text, if the dialect's parameters are positional."""
    parameter_expansion: Mapping[str, list[str]]
    """Names of the members, by the name of their list."""

    @property
    def positional_parameters(self) -> tuple[Any, ...]:
        """The values in the order of the text.

        Raises InvalidRequestError if the dialect's parameters are named.
        """
        if self.positiontup is None:
            raise exc.InvalidRequestError("statement does not use a positional paramstyle")
        return tuple([self.parameters[name] for name in self.positiontup])

    @property
    def additional_parameters(self) -> dict[str, Any]:
        """The same as `parameters`."""
        return self.parameters


def expanded_state(compiled: SQLCompiler, values: Mapping[str, Any]) -> ExpandedState:
    """The state of a compiled statement for values, which have the names in its text."""
    text, positions = compiled.expand(values)
    parameters = {n: values[n] for n in compiled.binds if n not in compiled.post_compile}
    processors: dict[str, Any] = {}
    expansion: dict[str, list[str]] = {}
    flat: dict[str, Sequence[Any]] = {}
    for name, item, made in positions:
        if item is None:
            continue
        bind = compiled.binds[name]
        if name not in flat:
            members = list(values[name])
            if compiled._is_tuple_bind(bind, members):
                members = [member for row in members for member in row]
            flat[name] = members
        if made in parameters:
            continue  # the list is in the text more than once
        types = compiled._types_of(bind)
        impl = types[item % len(types)].dialect_impl(compiled.dialect)
        processor = impl.bind_processor(compiled.dialect)
        if processor is not None:
            processors[made] = processor
        parameters[made] = flat[name][item]
        expansion.setdefault(name, []).append(made)
    order = [made for _, _, made in positions] if compiled.positional else None
    if order is not None and compiled.paramstyle.startswith("numeric"):
        order = list(compiled._numbers)
    return ExpandedState(text, parameters, processors, order, expansion)
