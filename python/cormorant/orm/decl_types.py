"""The columns of declarative classes, and the types that annotations give them."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, Literal

from ..sql import sqltypes
from ..util import warn_deprecated
from . import decl_typing
from .properties import MappedColumn

if TYPE_CHECKING:
    from .decl_api import registry as Registry


def from_annotated(found: decl_typing.Annotation) -> Any:
    for item in found.extra:
        if isinstance(item, MappedColumn):
            copied = item._copy()
            # its name is that of the attribute
            copied.column.name = copied.column.key = None
            options = copied._dataclass_options
            copied._dataclass_options = {k: v for k, v in options.items() if k == "default"}
            return copied
    return None


def _warn_of_annotated(found: decl_typing.Annotation) -> None:
    """What a mapped_column() within ``Annotated[…]`` says in vain."""
    given = next((item for item in found.extra if isinstance(item, MappedColumn)), None)
    if given is None:
        return
    if given.column.name is not None or given.column.key is not None:
        warn_deprecated(
            "Can't use the 'key' or 'name' arguments in Annotated with mapped_column(); this will "
            "be ignored",
            version="2.0.22",
        )
    for option in given._dataclass_options:
        if option != "default":
            option = "dataclass_metadata" if option == "metadata" else option
            warn_deprecated(
                f"Argument '{option}' is a dataclass argument and cannot be specified within a "
                "mapped_column() bundled inside of an Annotated object",
                version="2.0.22",
            )


def complete_column(
    registry: Registry,
    value: MappedColumn[Any],
    found: decl_typing.Annotation,
    name: str,
    cls: type,
    annotation: Any,
) -> MappedColumn[Any]:
    """Give a mapped_column what its annotation says: type and nullability."""
    _warn_of_annotated(found)
    template = from_annotated(found)
    if template is not None and template.column is not value.column:
        value = _merged(template, value)
    column = value.column
    # (never NULL unless that is said)
    identified = template is not None and template.column.identity is not None
    if not (value._has_nullable or identified or column.primary_key) and found.raw is not None:
        column.nullable = found.nullable
    if value._type_given or found.raw is None or column.foreign_keys:
        return value  # a foreign key has the type of what it refers to
    _set_type(column, registry._resolve_type(found, name, cls, annotation))
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
    if base.primary_key and not column.primary_key:
        column.primary_key = base.primary_key
    for option in ("index", "unique"):
        if getattr(column, option) is None:
            setattr(column, option, getattr(base, option))
    if base.primary_key and not value._has_nullable:
        column.nullable = False
    nullable = column.nullable
    if base.default is not None and not value._has_insert_default:
        column.default = None
    for option in ("default", "onupdate", "server_default", "server_onupdate", "comment", "doc"):
        if getattr(column, option, None) is None and getattr(base, option, None) is not None:
            copied = getattr(base, option)
            if hasattr(copied, "_copy"):
                copied = copied._copy()
            if hasattr(copied, "_set_parent"):
                copied._set_parent(column)
            else:
                setattr(column, option, copied)
    if value._has_nullable and template._has_nullable:
        column.nullable = nullable  # (which an Identity() changes)
    if base.foreign_keys and not column.foreign_keys:
        for key in base.foreign_keys:
            column.append_foreign_key(key._copy())
    for option in ("sort_order", "deferred", "deferred_group", "deferred_raiseload"):
        if getattr(value, option) is None:
            setattr(value, option, getattr(template, option))
    for option in ("active_history", "use_existing_column"):
        setattr(value, option, getattr(value, option) or getattr(template, option))
    if column.autoincrement == "auto":
        column.autoincrement = base.autoincrement
    column.system = column.system or base.system
    if base.info:
        column.info = {**base.info, **column.info}
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
    for candidate in (found.alias, found.pep593, found.type_):
        if candidate is None:
            continue
        try:
            given = type_map.get(candidate)
        except TypeError:
            continue
        if given is not None:
            return _of_what(sqltypes.to_instance(given), candidate)
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
    if decl_typing.is_alias(value) and found.pep593 is None:
        plain = decl_typing.read_plain(value.__value__, type(None))
        plain = plain._replace(type_=decl_typing.without_aliases(value), alias=None)
        type_ = resolve_type(registry, plain, name)
        if type_ is not None:
            warn_deprecated(
                f"Matching to pep-695 type '{value}' in a recursive fashion without the recursed "
                "type being present in the type_annotation_map is deprecated; add this type or its "
                "recursed value to the type_annotation_map to allow it to match explicitly.",
                version="2.0",
            )
        return type_
    supertype = getattr(value, "__supertype__", None)  # NewType
    if supertype is not None:
        plain = found._replace(type_=supertype, alias=None, pep593=None, extra=())
        type_ = resolve_type(registry, plain, name)
        if type_ is not None:
            warn_deprecated(
                f"Matching the provided NewType '{value}' on its resolved value without matching "
                "it in the type_annotation_map is deprecated; add this type to the "
                "type_annotation_map to allow it to match explicitly.",
                version="2.0",
            )
        return type_
    return None


def _of_what(given: Any, value: Any) -> Any:
    """A type that the registry has for a Python type: ``Enum(enum.Enum)`` stands for that of the
    members of a class, or of the strings of a ``Literal[…]``."""
    if not isinstance(given, sqltypes.Enum) or given.enum_class is not enum.Enum:
        return given
    literals = decl_typing.literal_values(decl_typing.without_aliases(value))
    if literals is not None:
        return given._of_literals(literals)
    if isinstance(value, type) and issubclass(value, enum.Enum) and value is not enum.Enum:
        return given._of_class(value)
    return given


def _literal_type(type_map: Any, values: list[Any]) -> Any:
    given = type_map.get(Literal)
    if given is None:
        given = _builtin_types()[enum.Enum]
    given = sqltypes.to_instance(given)
    return given._of_literals(values) if isinstance(given, sqltypes.Enum) else given


_builtin: dict[Any, Any] = {}


def _builtin_types() -> dict[Any, Any]:
    """Python types that have a column type without being told."""
    if not _builtin:
        import datetime
        import decimal
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
