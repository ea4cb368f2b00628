"""Engines, connections, results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._late import late_names

if TYPE_CHECKING:
    from .base import Connection as Connection
    from .base import Engine as Engine
    from .base import NestedTransaction as NestedTransaction
    from .base import OptionEngine as OptionEngine
    from .base import RootTransaction as RootTransaction
    from .base import Transaction as Transaction
    from .base import TwoPhaseTransaction as TwoPhaseTransaction
    from .create import create_engine as create_engine
    from .create import create_pool_from_url as create_pool_from_url
    from .create import engine_from_config as engine_from_config
    from .cursor import CursorResult as CursorResult
    from .interfaces import AdaptedConnection as AdaptedConnection
    from .interfaces import BindTyping as BindTyping
    from .interfaces import Compiled as Compiled
    from .interfaces import Connectable as Connectable
    from .interfaces import ConnectionEventsTarget as ConnectionEventsTarget
    from .interfaces import CreateEnginePlugin as CreateEnginePlugin
    from .interfaces import Dialect as Dialect
    from .interfaces import ExceptionContext as ExceptionContext
    from .interfaces import ExecutionContext as ExecutionContext
    from .interfaces import TypeCompiler as TypeCompiler
    from .mock import MockConnection as MockConnection
    from .mock import create_mock_engine as create_mock_engine
    from .reflection import Inspector as Inspector
    from .reflection import ObjectKind as ObjectKind
    from .reflection import ObjectScope as ObjectScope
    from .result import ChunkedIteratorResult as ChunkedIteratorResult
    from .result import FilterResult as FilterResult
    from .result import FrozenResult as FrozenResult
    from .result import IteratorResult as IteratorResult
    from .result import MappingResult as MappingResult
    from .result import MergedResult as MergedResult
    from .result import Result as Result
    from .result import ScalarResult as ScalarResult
    from .result import TupleResult as TupleResult
    from .result import result_tuple as result_tuple
    from .row import BaseRow as BaseRow
    from .row import Row as Row
    from .row import RowMapping as RowMapping
    from .url import URL as URL
    from .url import make_url as make_url

_NAMES_OF = {
    ".base": (
        "Connection Engine NestedTransaction OptionEngine RootTransaction Transaction "
        "TwoPhaseTransaction"
    ),
    ".create": "create_engine create_pool_from_url engine_from_config",
    ".interfaces": (
        "AdaptedConnection BindTyping Compiled Connectable ConnectionEventsTarget "
        "CreateEnginePlugin Dialect ExceptionContext ExecutionContext TypeCompiler"
    ),
    ".cursor": "CursorResult ResultProxy",
    ".mock": "MockConnection create_mock_engine",
    ".reflection": "Inspector ObjectKind ObjectScope",
    ".result": (
        "ChunkedIteratorResult FilterResult FrozenResult IteratorResult "
        "MappingResult MergedResult Result ScalarResult TupleResult result_tuple"
    ),
    ".row": "BaseRow Row RowMapping",
    ".url": "URL make_url",
}

_MODULES = {
    "base",
    "create",
    "cursor",
    "default",
    "events",
    "interfaces",
    "mock",
    "reflection",
    "result",
    "row",
    "url",
}

#: what ``from cormorant.engine import *`` gives, which are modules, too
__all__ = sorted({*" ".join(_NAMES_OF.values()).split(), *_MODULES})


__getattr__ = late_names(__name__, _NAMES_OF, _MODULES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
