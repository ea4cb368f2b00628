"""Names of constraints and indexes made by a naming convention."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, Final

from .. import exc
from .names import _truncated_label


class _NoneName(enum.Enum):
    """The name of what is meant to stay without a name."""

    NONE_NAME = 0


_NONE_NAME: Final = _NoneName.NONE_NAME


class conv(_truncated_label):
    """A name that a naming convention has made, or that is not to be changed by one."""

    __slots__ = ()


class _ConventionTokens:
    """%(token)s of a naming convention, for one constraint or index."""

    def __init__(self, const: Any, table: Any, convention: Any) -> None:
        self.const = const
        self.table = table
        self.convention = convention
        self.name = const.name

    def __getitem__(self, key: str) -> Any:
        made = self.convention.get(key)
        if callable(made):
            return made(self.const, self.table)
        method: Callable[[], Any] | None = getattr(self, f"_key_{key}", None)
        if method is not None:
            return method()
        referred = key.startswith("referred_")
        column_key = key[len("referred_") :] if referred else key
        if column_key.startswith("column_"):
            parts = column_key[len("column_") :]
            digits = ""
            while parts and parts[0].isdigit():
                digits, parts = digits + parts[0], parts[1:]
            if digits:
                return self._columns_part(int(digits), parts, referred)
        raise KeyError(key)

    def _columns_part(self, index: int, parts: str, referred: bool) -> str:
        """column_0_name, column_0N_name, column_0_N_name; likewise key and label."""
        separator = None
        if parts.startswith("N_"):
            separator, parts = "", parts[1:]
        elif parts.startswith("_N_"):
            separator, parts = "_", parts[2:]
        kind = parts[1:]
        if kind not in ("name", "key", "label"):
            raise KeyError(f"column_{index}{parts}")
        if separator is None:
            return self._column(index, kind, referred)
        count = len(self._elements(referred))
        return separator.join(self._column(i, kind, referred) for i in range(count))

    def _elements(self, referred: bool) -> list[Any]:
        if referred:
            return list(self.const.elements)
        return list(self.const.columns)

    def _column(self, index: int, kind: str, referred: bool) -> str:
        elements = self._elements(referred)
        try:
            element = elements[index]
        except IndexError:
            return ""
        if referred:
            return str(element.column.name)
        if kind == "name":
            return str(element.name)
        if kind == "key":
            return str(element.key)
        return str(element._ddl_label)

    def _key_table_name(self) -> str:
        return str(self.table.name)

    def _key_referred_table_name(self) -> str:
        element = self.const.elements[0]
        _, table, _ = element._column_tokens
        return str(table)

    def _key_constraint_name(self) -> Any:
        if self.name is None or self.name is _NONE_NAME:
            raise exc.InvalidRequestError(
                "Naming convention including %(constraint_name)s token requires that constraint "
                "is explicitly named."
            )
        if not isinstance(self.name, conv):
            # the name is used once as a token and then replaced
            self.const.name = None
        return self.name


_PREFIXES = {
    "Index": "ix",
    "PrimaryKeyConstraint": "pk",
    "CheckConstraint": "ck",
    "UniqueConstraint": "uq",
    "ForeignKeyConstraint": "fk",
}


def name_by_convention(const: Any, table: Any, compiling: bool = False) -> Any:
    """The name of a constraint or index as the metadata's convention has it.

    What has no name because its type has none is named only when it is compiled: the database
    may not need it.
    """
    name = const.name
    if isinstance(name, conv) or (name is _NONE_NAME and not compiling):
        return name
    convention = table.metadata.naming_convention
    template: Any = None
    for cls in type(const).__mro__:
        template = convention.get(cls)
        if template is None:
            prefix = _PREFIXES.get(cls.__name__)
            template = None if prefix is None else convention.get(prefix)
        if template is not None:
            break
    if template is None:
        return name
    if name is None or name is _NONE_NAME or "constraint_name" in template:
        return conv(template % _ConventionTokens(const, table, convention))
    return name


def _constraint_name_for_table(const: Any, table: Any) -> Any:
    """The name that a convention makes, or None; migration tools ask for it."""
    name = name_by_convention(const, table, compiling=True)
    return name if isinstance(name, conv) else None
