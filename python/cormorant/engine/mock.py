"""An engine that executes nothing: for looking at DDL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import url as _url

__all__ = ["MockConnection", "create_mock_engine"]


class MockConnection:
    """Stands for an engine and hands every statement to a function instead."""

    def __init__(self, dialect: Any, execute: Any) -> None:
        self.dialect = dialect
        self._execute = execute

    @property
    def engine(self) -> MockConnection:
        """Itself."""
        return self

    @property
    def name(self) -> str:
        """The name of the dialect."""
        return self.dialect.name  # type: ignore[no-any-return]

    def schema_for_object(self, obj: Any) -> Any:
        """The schema of a table."""
        return obj.schema

    def execution_options(self, **options: Any) -> MockConnection:
        """Itself."""
        return self

    def _run_ddl_visitor(self, visitor: Any, element: Any, **kwargs: Any) -> None:
        kwargs["checkfirst"] = False
        visitor(self.dialect, self, **kwargs).traverse_single(element)

    def execute(self, obj: Any, parameters: Any = None, execution_options: Any = None) -> Any:
        """Hand a statement to the function."""
        return self._execute(obj, parameters)


def create_mock_engine(
    url: str | _url.URL, executor: Callable[..., Any], **kwargs: Any
) -> MockConnection:
    """An engine for printing DDL: `executor(statement, parameters)` is called instead."""
    parsed = _url.make_url(url)
    return MockConnection(parsed.get_dialect()(**kwargs), executor)
