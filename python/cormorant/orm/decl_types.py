"""The columns of declarative classes, and the types that annotations give them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ..sql import sqltypes
from . import decl_typing
from .properties import MappedColumn

if TYPE_CHECKING:
    from .decl_api import registry as Registry


def _from_annotated(found: decl_typing.Annotation) -> Any:
    for item in found.extra:
        if isinstance(item, MappedColumn):
            return item._copy()
    return None


def _complete_column(
    registry: Registry,
    value: MappedColumn[Any],
    found: decl_typing.Annotation,
    name: str,
    cls: type,
    annotation: Any,
) -> MappedColumn[Any]:
    """Give a mapped_column what its annotation says: type and nullability."""
    template = _from_annotated(found)
    if template is not None and template.column is not value.column:
        value = _merged(template, value)
    column = value.column
    if not value._has_nullable and not column.primary_key and found.raw is not None:
        column.nullable = found.nullable
    if value._type_given:
        return value
    if found.raw is None:
        return value
    type_ = registry._resolve_type(found, name, cls, annotation, bool(column.foreign_keys))
    if type_ is not None:
        _set_type(column, type_)
        value._type_given = True
    return value


def _merged(template: MappedColumn[Any], value: MappedColumn[Any]) -> MappedColumn[Any]:
    """``Annotated[int, mapped_column(…)]`` below a ``mapped_column(…)`` of the class."""
    if not value._type_given and template._type_given:
        _set_type(value.column, template.column.type)
        value._type_given = True
    column, base = value.column, template.column
    if not value._has_nullable and template._has_nullable:
        column.nullable = base.nullable
        value._has_nullable = True
    for option in ("primary_key", "index", "unique"):
        if getattr(base, option, None) and not getattr(column, option, None):
            setattr(column, option, getattr(base, option))
    if base.primary_key and not value._has_nullable:
        column.nullable = False
    for option in ("default", "onupdate", "server_default", "server_onupdate", "comment", "doc"):
        if getattr(column, option, None) is None and getattr(base, option, None) is not None:
            copied = getattr(base, option)
            if hasattr(copied, "_copy"):
                copied = copied._copy()
            if hasattr(copied, "_set_parent"):
                copied._set_parent(column)
            else:
                setattr(column, option, copied)
    if base.foreign_keys and not column.foreign_keys:
        for key in base.foreign_keys:
            column.append_foreign_key(key._copy())
    if value.sort_order is None:
        value.sort_order = template.sort_order
    return value


def _set_type(column: Any, type_: Any) -> None:
    setter = getattr(column, "_set_type", None)
    if setter is not None:
        setter(type_)
    else:
        column.type = type_


def resolve_type(registry: Registry, found: decl_typing.Annotation, name: str) -> Any:
    """The column type of an annotation by the registry's map, or None."""
    type_map = registry.type_annotation_map
    for candidate in (found.raw, found.pep593, found.type_):
        if candidate is None:
            continue
        try:
            given = type_map.get(candidate)
        except TypeError:
            continue
        if given is not None:
            return sqltypes.to_instance(given)
    for item in found.extra:
        if isinstance(item, MappedColumn) and item._type_given:
            return item.column.type
        if isinstance(item, sqltypes.TypeEngine) or (
            isinstance(item, type) and issubclass(item, sqltypes.TypeEngine)
        ):
            return sqltypes.to_instance(item)
    literals = decl_typing.literal_values(found.type_)
    if literals is not None:
        return _literal_type(type_map, literals)
    value = found.type_
    if isinstance(value, type):
        for base in value.__mro__[:-1]:
            given = type_map.get(base)
            if given is None:
                given = _builtin_types().get(base)
            if given is None:
                continue
            given = sqltypes.to_instance(given)
            if base is not value and isinstance(given, sqltypes.Enum):
                return given._of_class(value)
            if base is value:
                return given
    supertype = getattr(value, "__supertype__", None)  # NewType
    if supertype is not None:
        return resolve_type(
            registry, found._replace(type_=supertype, raw=supertype, pep593=None, extra=()), name
        )
    return None


def _literal_type(type_map: Any, values: list[Any]) -> Any:
    given = type_map.get(Literal)
    if given is not None:
        return sqltypes.to_instance(given)
    if not all(isinstance(value, str) for value in values):
        return None
    return sqltypes.Enum(*values, native_enum=False)


_builtin: dict[Any, Any] = {}


def _builtin_types() -> dict[Any, Any]:
    """Python types that have a column type without being told."""
    if not _builtin:
        import datetime
        import decimal
        import enum
        import uuid

        _builtin.update(
            {
                bool: sqltypes.Boolean,
                bytes: sqltypes.LargeBinary,
                datetime.date: sqltypes.Date,
                datetime.datetime: sqltypes.DateTime,
                datetime.time: sqltypes.Time,
                datetime.timedelta: sqltypes.Interval,
                decimal.Decimal: sqltypes.Numeric,
                enum.Enum: sqltypes.Enum(enum.Enum),
                float: sqltypes.Float,
                int: sqltypes.Integer,
                str: sqltypes.String,
                type(None): sqltypes.NullType,
                uuid.UUID: sqltypes.Uuid,
            }
        )
    return _builtin
