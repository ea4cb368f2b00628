"""Names that annotations of programs and libraries use for entities and their options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias, TypeVar

from ..sql.column_element import ColumnElement
from .mapper import Mapper
from .util import AliasedClass, AliasedInsp

_T = TypeVar("_T", bound=Any)
_O = TypeVar("_O", bound=object)

OrmExecuteOptionsParameter: TypeAlias = Mapping[str, Any]
_ClassDict: TypeAlias = Mapping[str, Any]
_InstanceDict: TypeAlias = dict[str, Any]
_IdentityKeyType: TypeAlias = tuple[type[_T], tuple[Any, ...], Any | None]
_InternalEntityType: TypeAlias = Mapper[_T] | AliasedInsp[_T]
_ExternalEntityType: TypeAlias = type[_T] | AliasedClass[_T]
_EntityType: TypeAlias = _ExternalEntityType[_T] | _InternalEntityType[_T]
_ORMColumnExprArgument: TypeAlias = ColumnElement[_T]
