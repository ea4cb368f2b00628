"""`Bundle`: several columns that come out of a query as one item of its rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import _core
from ..sql.base import ClauseElement, KeyContext
from ..sql.coercions import expect_column
from ..sql.column_collections import ReadOnlyColumnCollection
from ..sql.elements import ClauseList
from ..util.subscriptable import Subscriptable, T
from .base import InspectionAttr


class _BundleClause(ClauseList):
    """A bundle in a select list: what it makes of its columns is part of its key."""

    _bundle: Bundle

    def _cache_key(self, ctx: KeyContext) -> Any:
        bundle = self._bundle
        return (
            type(bundle),
            bundle._what,
            bundle.name,
            bundle.single_entity,
            super()._cache_key(ctx),
        )


class Bundle(InspectionAttr, Subscriptable[T]):
    """Columns under one name: ``select(Bundle("name", User.first, User.last))``."""

    is_bundle = True
    is_clause_element = True
    single_entity = False
    _what: Any = None
    """What the values are made of its columns by, beside its class."""

    def __init__(self, name: str, *exprs: Any, **kw: Any) -> None:
        self.name = self._label = name
        self.exprs: list[Any] = [
            expr if isinstance(expr, Bundle) else _bundle_or_column(expr) for expr in exprs
        ]
        self.c = self.columns = ReadOnlyColumnCollection(
            [(_key_of(given, expr), expr) for given, expr in zip(exprs, self.exprs, strict=True)]
        )
        self.single_entity = kw.pop("single_entity", self.single_entity)

    @property
    def _leaves(self) -> list[Any]:
        """The columns, and those of the bundles within."""
        found: list[Any] = []
        for expr in self.exprs:
            found += expr._leaves if isinstance(expr, Bundle) else [expr]
        return found

    @property
    def mapper(self) -> Any:
        """The mapper of the first column."""
        return self.exprs[0]._annotations.get("parentmapper")

    @property
    def entity(self) -> Any:
        """The entity of the first column."""
        return self.exprs[0]._annotations.get("parententity")

    @property
    def entity_namespace(self) -> Any:
        """Where filter_by() looks names up: the columns."""
        return self.c

    def __clause_element__(self) -> ClauseElement:
        elements = [
            expr.__clause_element__() if isinstance(expr, Bundle) else expr for expr in self.exprs
        ]
        clause = _BundleClause(*elements, _literal_as=expect_column, group=False)
        clause._bundle = self
        return clause._annotate({"bundle": self, "entity_namespace": self})

    @property
    def clauses(self) -> Any:
        """The columns."""
        return self.__clause_element__().clauses  # type: ignore[attr-defined]

    def label(self, name: str) -> Bundle:
        """The bundle under another name."""
        made = self.__class__.__new__(self.__class__)
        made.__dict__.update(self.__dict__)
        made.name = made._label = name
        return made

    def create_row_processor(
        self, query: Any, procs: Sequence[Callable[[Any], Any]], labels: Sequence[str]
    ) -> Callable[[Any], Any]:
        """A function that makes the bundle's value of a row; to be overridden."""
        keys = _core.RowKeys(tuple(labels))

        def process(row: Any) -> Any:
            return _core.Row(keys, [proc(row) for proc in procs])

        return process

    @property
    def _row_names(self) -> tuple[str, ...] | None:
        """The names of the values, where a row of columns is all that they are made."""
        made_by = getattr(self.create_row_processor, "__func__", None)
        if made_by is not Bundle.create_row_processor:
            return None
        if any(isinstance(expr, Bundle) for expr in self.exprs):
            return None
        return tuple(self.columns.keys())


def _bundle_or_column(given: Any) -> Any:
    found = expect_column(given)
    return found._annotations.get("bundle", found)


def _key_of(given: Any, expr: Any) -> Any:
    for each in (given, expr):
        key = getattr(each, "key", None)
        if key is not None:
            return str(key)
    return getattr(expr, "name", None)
