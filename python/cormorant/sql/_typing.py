"""Names that annotations of programs and libraries use for what statements are given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias, TypeVar

from ..engine.base import Connection, Engine
from ..engine.mock import MockConnection
from .column_element import ColumnElement
from .expression import ColumnExpressionArgument as _ColumnExpressionArgument
from .fromclause import FromClause
from .schema import Column
from .selectable import CompoundSelect, Select
from .type_api import TypeEngine
from .typed_operators import SQLCoreOperations

_T = TypeVar("_T", bound=Any)
_TP = TypeVar("_TP", bound=tuple[Any, ...])
_DMLKey = TypeVar("_DMLKey", bound=Any)

_ColumnExpressionOrLiteralArgument: TypeAlias = Any | _ColumnExpressionArgument[_T]
_ColumnExpressionOrStrLabelArgument: TypeAlias = str | _ColumnExpressionArgument[_T]
_TypedColumnClauseArgument: TypeAlias = SQLCoreOperations[_T] | type[_T]
_StarOrOne: TypeAlias = Literal["*", 1]
_ColumnsClauseArgument: TypeAlias = SQLCoreOperations[_T] | FromClause | _StarOrOne | type[_T]
_ByArgument: TypeAlias = str | ColumnElement[Any] | Iterable[str | ColumnElement[Any]]
_OnClauseArgument: TypeAlias = _ColumnExpressionArgument[Any]
_FromClauseArgument: TypeAlias = FromClause | type[Any]
_JoinTargetArgument: TypeAlias = FromClause | type[Any] | SQLCoreOperations[Any]
_DMLTableArgument: TypeAlias = FromClause | type[Any]
_DMLColumnArgument: TypeAlias = str | SQLCoreOperations[Any]
_DMLColumnKeyMapping: TypeAlias = Mapping[_DMLKey, Any]
_DDLColumnArgument: TypeAlias = str | Column[Any]
_TypeEngineArgument: TypeAlias = type[TypeEngine] | TypeEngine
_LimitOffsetType: TypeAlias = int | ColumnElement[int] | None
_SelectStatementForCompoundArgument: TypeAlias = Select[_TP] | CompoundSelect[_TP]
_AutoIncrementType: TypeAlias = bool | Literal["auto", "ignore_fk"]
_InfoType: TypeAlias = dict[Any, Any]
_CreateDropBind: TypeAlias = Engine | Connection | MockConnection
