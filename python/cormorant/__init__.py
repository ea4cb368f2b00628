"""Cormorant: an ORM with SQLAlchemy 2.0's API whose hot half is C.

Names are loaded when they are first used, so that importing the package costs little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._late import late_names
from ._version import __version__ as __version__

if TYPE_CHECKING:
    from . import dialects as dialects
    from . import engine as engine
    from . import event as event
    from . import events as events
    from . import exc as exc
    from . import inspection as inspection
    from . import log as log
    from . import pool as pool
    from . import schema as schema
    from . import sql as sql
    from . import types as types
    from . import util as util
    from .engine.base import Connection as Connection
    from .engine.base import Engine as Engine
    from .engine.base import NestedTransaction as NestedTransaction
    from .engine.base import RootTransaction as RootTransaction
    from .engine.base import Transaction as Transaction
    from .engine.base import TwoPhaseTransaction as TwoPhaseTransaction
    from .engine.create import create_engine as create_engine
    from .engine.create import create_pool_from_url as create_pool_from_url
    from .engine.create import engine_from_config as engine_from_config
    from .engine.cursor import CursorResult as CursorResult
    from .engine.interfaces import AdaptedConnection as AdaptedConnection
    from .engine.interfaces import BindTyping as BindTyping
    from .engine.interfaces import Compiled as Compiled
    from .engine.interfaces import CreateEnginePlugin as CreateEnginePlugin
    from .engine.interfaces import Dialect as Dialect
    from .engine.interfaces import ExceptionContext as ExceptionContext
    from .engine.interfaces import ExecutionContext as ExecutionContext
    from .engine.interfaces import TypeCompiler as TypeCompiler
    from .engine.mock import create_mock_engine as create_mock_engine
    from .engine.reflection import Inspector as Inspector
    from .engine.result import ChunkedIteratorResult as ChunkedIteratorResult
    from .engine.result import FrozenResult as FrozenResult
    from .engine.result import IteratorResult as IteratorResult
    from .engine.result import MappingResult as MappingResult
    from .engine.result import MergedResult as MergedResult
    from .engine.result import Result as Result
    from .engine.result import ScalarResult as ScalarResult
    from .engine.result import result_tuple as result_tuple
    from .engine.row import BaseRow as BaseRow
    from .engine.row import Row as Row
    from .engine.row import RowMapping as RowMapping
    from .engine.url import URL as URL
    from .engine.url import make_url as make_url
    from .inspection import inspect as inspect
    from .pool import AssertionPool as AssertionPool
    from .pool import AsyncAdaptedQueuePool as AsyncAdaptedQueuePool
    from .pool import FallbackAsyncAdaptedQueuePool as FallbackAsyncAdaptedQueuePool
    from .pool import NullPool as NullPool
    from .pool import Pool as Pool
    from .pool import PoolProxiedConnection as PoolProxiedConnection
    from .pool import PoolResetState as PoolResetState
    from .pool import QueuePool as QueuePool
    from .pool import SingletonThreadPool as SingletonThreadPool
    from .pool import StaticPool as StaticPool
    from .sql.base import CacheKey as CacheKey
    from .sql.constructs import ReleaseSavepointClause as ReleaseSavepointClause
    from .sql.constructs import RollbackToSavepointClause as RollbackToSavepointClause
    from .sql.constructs import SavepointClause as SavepointClause
    from .sql.ddl import DDL as DDL
    from .sql.ddl import BaseDDLElement as BaseDDLElement
    from .sql.ddl import DDLElement as DDLElement
    from .sql.ddl import ExecutableDDLElement as ExecutableDDLElement
    from .sql.expression import CTE as CTE
    from .sql.expression import LABEL_STYLE_DEFAULT as LABEL_STYLE_DEFAULT
    from .sql.expression import LABEL_STYLE_DISAMBIGUATE_ONLY as LABEL_STYLE_DISAMBIGUATE_ONLY
    from .sql.expression import LABEL_STYLE_NONE as LABEL_STYLE_NONE
    from .sql.expression import LABEL_STYLE_TABLENAME_PLUS_COL as LABEL_STYLE_TABLENAME_PLUS_COL
    from .sql.expression import Alias as Alias
    from .sql.expression import AliasedReturnsRows as AliasedReturnsRows
    from .sql.expression import BinaryExpression as BinaryExpression
    from .sql.expression import BindParameter as BindParameter
    from .sql.expression import BooleanClauseList as BooleanClauseList
    from .sql.expression import Case as Case
    from .sql.expression import Cast as Cast
    from .sql.expression import ClauseElement as ClauseElement
    from .sql.expression import ClauseList as ClauseList
    from .sql.expression import CollectionAggregate as CollectionAggregate
    from .sql.expression import ColumnClause as ColumnClause
    from .sql.expression import ColumnCollection as ColumnCollection
    from .sql.expression import ColumnElement as ColumnElement
    from .sql.expression import ColumnExpressionArgument as ColumnExpressionArgument
    from .sql.expression import ColumnOperators as ColumnOperators
    from .sql.expression import CompoundSelect as CompoundSelect
    from .sql.expression import Delete as Delete
    from .sql.expression import Executable as Executable
    from .sql.expression import Exists as Exists
    from .sql.expression import Extract as Extract
    from .sql.expression import False_ as False_
    from .sql.expression import FromClause as FromClause
    from .sql.expression import Function as Function
    from .sql.expression import FunctionElement as FunctionElement
    from .sql.expression import FunctionFilter as FunctionFilter
    from .sql.expression import GenerativeSelect as GenerativeSelect
    from .sql.expression import Grouping as Grouping
    from .sql.expression import Insert as Insert
    from .sql.expression import Join as Join
    from .sql.expression import Label as Label
    from .sql.expression import Lateral as Lateral
    from .sql.expression import NotNullable as NotNullable
    from .sql.expression import Null as Null
    from .sql.expression import Nullable as Nullable
    from .sql.expression import Operators as Operators
    from .sql.expression import Over as Over
    from .sql.expression import ReturnsRows as ReturnsRows
    from .sql.expression import ScalarSelect as ScalarSelect
    from .sql.expression import Select as Select
    from .sql.expression import Selectable as Selectable
    from .sql.expression import SelectBase as SelectBase
    from .sql.expression import SelectLabelStyle as SelectLabelStyle
    from .sql.expression import SQLColumnExpression as SQLColumnExpression
    from .sql.expression import Subquery as Subquery
    from .sql.expression import TableClause as TableClause
    from .sql.expression import TableSample as TableSample
    from .sql.expression import TextAsFrom as TextAsFrom
    from .sql.expression import TextClause as TextClause
    from .sql.expression import TextualSelect as TextualSelect
    from .sql.expression import True_ as True_
    from .sql.expression import TryCast as TryCast
    from .sql.expression import Tuple as Tuple
    from .sql.expression import TypeClause as TypeClause
    from .sql.expression import TypeCoerce as TypeCoerce
    from .sql.expression import UnaryExpression as UnaryExpression
    from .sql.expression import Update as Update
    from .sql.expression import UpdateBase as UpdateBase
    from .sql.expression import Values as Values
    from .sql.expression import ValuesBase as ValuesBase
    from .sql.expression import Visitable as Visitable
    from .sql.expression import WithinGroup as WithinGroup
    from .sql.expression import alias as alias
    from .sql.expression import all_ as all_
    from .sql.expression import and_ as and_
    from .sql.expression import any_ as any_
    from .sql.expression import asc as asc
    from .sql.expression import between as between
    from .sql.expression import bindparam as bindparam
    from .sql.expression import bitwise_not as bitwise_not
    from .sql.expression import case as case
    from .sql.expression import cast as cast
    from .sql.expression import collate as collate
    from .sql.expression import column as column
    from .sql.expression import cte as cte
    from .sql.expression import custom_op as custom_op
    from .sql.expression import delete as delete
    from .sql.expression import desc as desc
    from .sql.expression import distinct as distinct
    from .sql.expression import except_ as except_
    from .sql.expression import except_all as except_all
    from .sql.expression import exists as exists
    from .sql.expression import extract as extract
    from .sql.expression import false as false
    from .sql.expression import func as func
    from .sql.expression import funcfilter as funcfilter
    from .sql.expression import insert as insert
    from .sql.expression import intersect as intersect
    from .sql.expression import intersect_all as intersect_all
    from .sql.expression import join as join
    from .sql.expression import label as label
    from .sql.expression import lateral as lateral
    from .sql.expression import literal as literal
    from .sql.expression import literal_column as literal_column
    from .sql.expression import modifier as modifier
    from .sql.expression import not_ as not_
    from .sql.expression import null as null
    from .sql.expression import nulls_first as nulls_first
    from .sql.expression import nulls_last as nulls_last
    from .sql.expression import nullsfirst as nullsfirst
    from .sql.expression import nullslast as nullslast
    from .sql.expression import or_ as or_
    from .sql.expression import outerjoin as outerjoin
    from .sql.expression import outparam as outparam
    from .sql.expression import over as over
    from .sql.expression import quoted_name as quoted_name
    from .sql.expression import select as select
    from .sql.expression import table as table
    from .sql.expression import tablesample as tablesample
    from .sql.expression import text as text
    from .sql.expression import true as true
    from .sql.expression import try_cast as try_cast
    from .sql.expression import tuple_ as tuple_
    from .sql.expression import type_coerce as type_coerce
    from .sql.expression import union as union
    from .sql.expression import union_all as union_all
    from .sql.expression import update as update
    from .sql.expression import values as values
    from .sql.expression import within_group as within_group
    from .sql.functions import TableValuedAlias as TableValuedAlias
    from .sql.lambdas import LambdaElement as LambdaElement
    from .sql.lambdas import StatementLambdaElement as StatementLambdaElement
    from .sql.lambdas import lambda_stmt as lambda_stmt
    from .sql.schema import BLANK_SCHEMA as BLANK_SCHEMA
    from .sql.schema import CheckConstraint as CheckConstraint
    from .sql.schema import Column as Column
    from .sql.schema import ColumnDefault as ColumnDefault
    from .sql.schema import Computed as Computed
    from .sql.schema import Constraint as Constraint
    from .sql.schema import DefaultClause as DefaultClause
    from .sql.schema import FetchedValue as FetchedValue
    from .sql.schema import ForeignKey as ForeignKey
    from .sql.schema import ForeignKeyConstraint as ForeignKeyConstraint
    from .sql.schema import Identity as Identity
    from .sql.schema import Index as Index
    from .sql.schema import MetaData as MetaData
    from .sql.schema import PrimaryKeyConstraint as PrimaryKeyConstraint
    from .sql.schema import Sequence as Sequence
    from .sql.schema import Table as Table
    from .sql.schema import UniqueConstraint as UniqueConstraint
    from .sql.schema import insert_sentinel as insert_sentinel
    from .sql.selectable import FromGrouping as FromGrouping
    from .sql.selectable import HasCTE as HasCTE
    from .sql.selectable import HasPrefixes as HasPrefixes
    from .sql.selectable import HasSuffixes as HasSuffixes
    from .sql.sqltypes import ARRAY as ARRAY
    from .sql.sqltypes import BIGINT as BIGINT
    from .sql.sqltypes import BINARY as BINARY
    from .sql.sqltypes import BLOB as BLOB
    from .sql.sqltypes import BOOLEAN as BOOLEAN
    from .sql.sqltypes import CHAR as CHAR
    from .sql.sqltypes import CLOB as CLOB
    from .sql.sqltypes import DATE as DATE
    from .sql.sqltypes import DATETIME as DATETIME
    from .sql.sqltypes import DECIMAL as DECIMAL
    from .sql.sqltypes import DOUBLE as DOUBLE
    from .sql.sqltypes import DOUBLE_PRECISION as DOUBLE_PRECISION
    from .sql.sqltypes import FLOAT as FLOAT
    from .sql.sqltypes import INT as INT
    from .sql.sqltypes import INTEGER as INTEGER
    from .sql.sqltypes import JSON as JSON
    from .sql.sqltypes import NCHAR as NCHAR
    from .sql.sqltypes import NUMERIC as NUMERIC
    from .sql.sqltypes import NVARCHAR as NVARCHAR
    from .sql.sqltypes import REAL as REAL
    from .sql.sqltypes import SMALLINT as SMALLINT
    from .sql.sqltypes import TEXT as TEXT
    from .sql.sqltypes import TIME as TIME
    from .sql.sqltypes import TIMESTAMP as TIMESTAMP
    from .sql.sqltypes import UUID as UUID
    from .sql.sqltypes import VARBINARY as VARBINARY
    from .sql.sqltypes import VARCHAR as VARCHAR
    from .sql.sqltypes import BigInteger as BigInteger
    from .sql.sqltypes import Boolean as Boolean
    from .sql.sqltypes import Date as Date
    from .sql.sqltypes import DateTime as DateTime
    from .sql.sqltypes import Double as Double
    from .sql.sqltypes import Enum as Enum
    from .sql.sqltypes import Float as Float
    from .sql.sqltypes import Integer as Integer
    from .sql.sqltypes import Interval as Interval
    from .sql.sqltypes import LargeBinary as LargeBinary
    from .sql.sqltypes import Numeric as Numeric
    from .sql.sqltypes import PickleType as PickleType
    from .sql.sqltypes import SmallInteger as SmallInteger
    from .sql.sqltypes import String as String
    from .sql.sqltypes import Text as Text
    from .sql.sqltypes import Time as Time
    from .sql.sqltypes import TupleType as TupleType
    from .sql.sqltypes import Unicode as Unicode
    from .sql.sqltypes import UnicodeText as UnicodeText
    from .sql.sqltypes import Uuid as Uuid
    from .sql.type_api import TypeDecorator as TypeDecorator

_NAMES_OF: dict[str, str] = {
    ".engine.base": (
        "Connection Engine NestedTransaction RootTransaction Transaction TwoPhaseTransaction"
    ),
    ".engine.create": "create_engine create_pool_from_url engine_from_config",
    ".engine.cursor": "CursorResult ResultProxy",
    ".engine.mock": "create_mock_engine",
    ".engine.interfaces": (
        "AdaptedConnection BindTyping Compiled CreateEnginePlugin Dialect ExceptionContext "
        "ExecutionContext TypeCompiler"
    ),
    ".engine.reflection": "Inspector",
    ".engine.result": (
        "ChunkedIteratorResult FrozenResult IteratorResult MappingResult "
        "MergedResult Result ScalarResult result_tuple"
    ),
    ".engine.row": "BaseRow Row RowMapping",
    ".engine.url": "URL make_url",
    ".inspection": "inspect",
    ".pool": (
        "AssertionPool AsyncAdaptedQueuePool FallbackAsyncAdaptedQueuePool NullPool Pool PoolProxiedConnection PoolResetState QueuePool "
        "SingletonThreadPool StaticPool"
    ),
    ".sql.base": "CacheKey",
    ".sql.ddl": "BaseDDLElement DDL DDLElement ExecutableDDLElement",
    ".sql.lambdas": "LambdaElement StatementLambdaElement lambda_stmt",
    ".sql.constructs": "ReleaseSavepointClause RollbackToSavepointClause SavepointClause",
    ".sql.expression": (
        "NotNullable Nullable TextAsFrom "
        "Alias AliasedReturnsRows BinaryExpression BindParameter BooleanClauseList CTE Case "
        "Cast ClauseElement ClauseList CollectionAggregate ColumnClause ColumnCollection "
        "ColumnElement ColumnExpressionArgument ColumnOperators CompoundSelect Delete "
        "Executable Exists Extract False_ FromClause Function FunctionElement FunctionFilter "
        "GenerativeSelect Grouping Insert Join LABEL_STYLE_DEFAULT "
        "LABEL_STYLE_DISAMBIGUATE_ONLY LABEL_STYLE_NONE LABEL_STYLE_TABLENAME_PLUS_COL Label "
        "Lateral Null Operators Over ReturnsRows SQLColumnExpression ScalarSelect Select "
        "SelectBase SelectLabelStyle Selectable Subquery TableClause TableSample TextClause "
        "TextualSelect True_ TryCast Tuple TypeClause TypeCoerce UnaryExpression Update "
        "UpdateBase Values ValuesBase Visitable WithinGroup alias all_ and_ any_ asc between "
        "bindparam bitwise_not case cast collate column cte custom_op delete desc distinct "
        "except_ except_all exists extract false func funcfilter insert intersect "
        "intersect_all join label lateral literal literal_column modifier not_ null "
        "nulls_first nulls_last nullsfirst nullslast or_ outerjoin outparam over quoted_name "
        "select table tablesample text true try_cast tuple_ type_coerce union union_all "
        "update values within_group"
    ),
    ".sql.functions": "TableValuedAlias",
    ".sql.schema": (
        "BLANK_SCHEMA CheckConstraint Column ColumnDefault Computed Constraint DefaultClause "
        "FetchedValue ForeignKey ForeignKeyConstraint Identity Index MetaData "
        "PrimaryKeyConstraint Sequence Table UniqueConstraint insert_sentinel"
    ),
    ".sql.selectable": "FromGrouping HasCTE HasPrefixes HasSuffixes",
    ".sql.sqltypes": (
        "ARRAY BIGINT BINARY BLOB BOOLEAN BigInteger Boolean CHAR CLOB DATE DATETIME DECIMAL "
        "DOUBLE DOUBLE_PRECISION Date DateTime Double Enum FLOAT Float INT INTEGER Integer "
        "Interval JSON LargeBinary NCHAR NUMERIC NVARCHAR Numeric PickleType REAL SMALLINT "
        "SmallInteger String TEXT TIME TIMESTAMP Text Time TupleType UUID Unicode UnicodeText "
        "Uuid VARBINARY VARCHAR"
    ),
    ".sql.type_api": "TypeDecorator",
}
_MODULES = frozenset(
    {
        "dialects",
        "engine",
        "event",
        "events",
        "exc",
        "ext",
        "inspection",
        "log",
        "orm",
        "pool",
        "schema",
        "sql",
        "types",
        "util",
    }
)

#: what ``from cormorant import *`` gives, which are modules, too: `event`, `exc` …
__all__ = sorted({*" ".join(_NAMES_OF.values()).split(), *_MODULES} - {"events", "ext", "orm"})


__getattr__ = late_names(__name__, _NAMES_OF, _MODULES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
