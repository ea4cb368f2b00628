"""Engines, connections, results."""

from __future__ import annotations

from typing import Any

_NAMES_OF = {
    ".base": (
        "Connection Engine NestedTransaction OptionEngine RootTransaction Transaction "
        "TwoPhaseTransaction"
    ),
    ".create": "create_engine create_mock_engine create_pool_from_url engine_from_config",
    ".interfaces": (
        "AdaptedConnection BindTyping Compiled CreateEnginePlugin Dialect ExceptionContext "
        "ExecutionContext TypeCompiler"
    ),
    ".reflection": "Inspector ObjectKind ObjectScope",
    ".result": (
        "ChunkedIteratorResult CursorResult FilterResult FrozenResult IteratorResult "
        "MappingResult MergedResult Result ScalarResult TupleResult result_tuple"
    ),
    ".row": "BaseRow Row RowMapping",
    ".url": "URL make_url",
}
_MODULE_OF = {name: module for module, names in _NAMES_OF.items() for name in names.split()}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(module, __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULE_OF})
