"""What all items of a schema share."""

from __future__ import annotations

from enum import Enum
from typing import Any, Final

from .. import exc, util
from .base import SchemaEventTarget, next_serial
from .dialect_args import DialectKWArgs
from .elements import quoted_name
from .naming import conv, name_by_convention

__all__ = [
    "BLANK_SCHEMA",
    "NO_ARG",
    "NULL_UNSPECIFIED",
    "RETAIN_SCHEMA",
    "DialectKWArgs",
    "HasConditionalDDL",
    "SchemaConst",
    "SchemaEventTarget",
    "SchemaItem",
    "SchemaVisitable",
    "conv",
    "copy_is_deprecated",
    "creation_order",
    "name_by_convention",
    "quoted",
    "quoted_name",
]


class SchemaConst(Enum):
    """Markers of arguments."""

    RETAIN_SCHEMA = 1
    BLANK_SCHEMA = 2
    NULL_UNSPECIFIED = 3


RETAIN_SCHEMA: Final = SchemaConst.RETAIN_SCHEMA
BLANK_SCHEMA: Final = SchemaConst.BLANK_SCHEMA
NULL_UNSPECIFIED: Final = SchemaConst.NULL_UNSPECIFIED


class _NoArg(Enum):
    NO_ARG = 0


NO_ARG: Final = _NoArg.NO_ARG


class SchemaVisitable:
    """Something the DDL compiler and visitors have a method for."""

    __visit_name__ = "schema_item"
    _compile_with: Any = None


class SchemaItem(SchemaEventTarget, SchemaVisitable):
    """The base of what a schema is made of."""

    def _init_items(self, *items: Any, **kw: Any) -> None:
        """Make the items children of this one."""
        for item in items:
            if item is None:
                continue
            set_parent = getattr(item, "_set_parent_with_dispatch", None)
            if set_parent is None or not isinstance(item, SchemaVisitable):
                raise exc.ArgumentError(
                    "'SchemaItem' object, such as a 'Column' or a 'Constraint' expected, "
                    f"got {item!r}"
                )
            set_parent(self, **kw)

    def _set_parent(self, parent: Any, **kw: Any) -> None:
        raise NotImplementedError()

    @property
    def info(self) -> dict[Any, Any]:
        """A dictionary for the user."""
        found: dict[Any, Any] | None = self.__dict__.get("_info")
        if found is None:
            found = self.__dict__["_info"] = {}
        return found

    @info.setter
    def info(self, value: dict[Any, Any]) -> None:
        self.__dict__["_info"] = value

    def _schema_item_copy(self, item: Any) -> Any:
        if "_info" in self.__dict__:
            item.info = self.info.copy()
        return item

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def quoted(name: Any, quote: bool | None) -> Any:
    """A name with its quoting rule."""
    return quoted_name.construct(name, quote)


class HasConditionalDDL:
    """Mixin of items whose DDL can depend on the database."""

    _ddl_if: Any = None

    def ddl_if(self, dialect: Any = None, callable_: Any = None, state: Any = None) -> Any:
        """Emit the item's DDL only on a dialect, or if the callable says so."""
        self._ddl_if = (dialect, callable_, state)
        return self

    def _ddl_allowed(
        self, its_dialect: Any, bind: Any = None, ddl: Any = None, compiler: Any = None
    ) -> bool:
        """Whether the item is created: by a statement `ddl` on `bind`, or as part of what a
        compiler compiles."""
        if self._ddl_if is None:
            return True
        dialect, callable_, state = self._ddl_if
        name = its_dialect.name
        if isinstance(dialect, str) and dialect != name:
            return False
        if isinstance(dialect, (tuple, list, set)) and name not in dialect:
            return False
        if callable_ is None:
            return True
        return bool(
            callable_(
                self if ddl is None else ddl,
                self,
                bind,
                dialect=its_dialect,
                compiler=compiler,
                state=state,
            )
        )


def copy_is_deprecated(name: str) -> None:
    """Warn that copy() of a class is not for programs any more."""
    util.warn_deprecated(
        f"The {name}.copy() method is deprecated and will be removed in a future release. "
        "(deprecated since: 1.4)",
        version="1.4",
        stacklevel=4,
    )


def creation_order(item: Any) -> None:
    """Number an item, so that those of a table can be put in order."""
    item._creation_order = next_serial()
