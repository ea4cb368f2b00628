"""Tools over constructs: putting one FROM in the place of another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from . import visitors
from .fromclause import same_from
from .join_conditions import join_condition

__all__ = [
    "ClauseAdapter",
    "ColumnAdapter",
    "find_tables",
    "join_condition",
    "reduce_columns",
]


class ClauseAdapter:
    """Replaces columns by those of one selectable that stand for the same thing.

    `include_fn` / `exclude_fn` limit which constructs are looked at; `equivalents` maps a
    column to others that are equal to it; `adapt_on_names` falls back to equal names.
    """

    def __init__(
        self,
        selectable: Any,
        equivalents: Mapping[Any, Iterable[Any]] | None = None,
        include_fn: Callable[[Any], bool] | None = None,
        exclude_fn: Callable[[Any], bool] | None = None,
        adapt_on_names: bool = False,
        anonymize_labels: bool = False,
        adapt_from_selectables: Iterable[Any] | None = None,
    ) -> None:
        self.selectable = selectable
        self.equivalents = equivalents or {}
        self.include_fn = include_fn
        self.exclude_fn = exclude_fn
        self.adapt_on_names = adapt_on_names
        self.adapt_from_selectables = (
            None if adapt_from_selectables is None else list(adapt_from_selectables)
        )
        self._next: ClauseAdapter | None = None

    def chain(self, other: ClauseAdapter) -> ClauseAdapter:
        """An adapter that asks this one first, then the other."""
        made = self._copy()
        made._next = other if self._next is None else self._next.chain(other)
        return made

    def _copy(self) -> ClauseAdapter:
        made = self.__class__.__new__(self.__class__)
        made.__dict__.update(self.__dict__)
        return made

    def traverse(self, obj: Any) -> Any:
        """A copy of a construct with its columns replaced."""
        if obj is None:
            return None
        return visitors.replaced(obj, self.replace)

    def copy_and_process(self, list_: Iterable[Any]) -> list[Any]:
        """traverse() of each."""
        return [self.traverse(i) for i in list_]

    adapt_clause = traverse

    def adapt_list(self, list_: Iterable[Any]) -> list[Any]:
        return self.copy_and_process(list_)

    def replace(self, element: Any) -> Any:
        """What takes the place of a construct, or None."""
        adapter: ClauseAdapter | None = self
        while adapter is not None:
            found = adapter._replace(element)
            if found is not None:
                return found
            adapter = adapter._next
        return None

    def _replace(self, element: Any) -> Any:
        if element._is_from_clause:
            if self.include_fn is not None and not self.include_fn(element):
                return None
            if self.exclude_fn is not None and self.exclude_fn(element):
                return None
            selectable = self.selectable
            if same_from(element, selectable) or element._is_join:
                return None
            if selectable._is_alias and not selectable.element._is_select_base:
                # an alias takes the place of what it is an alias of, nothing more
                if same_from(selectable.element, element):
                    return selectable
                return None
            if selectable._is_alias and element._is_table and selectable.is_derived_from(element):
                sources = self.adapt_from_selectables
                if sources is None or any(source.is_derived_from(element) for source in sources):
                    return selectable
            return None
        if not element._is_column or element._is_bind_parameter:
            return None
        if self.include_fn is not None and not self.include_fn(element):
            return None
        if self.exclude_fn is not None and self.exclude_fn(element):
            return None
        if "adapt_column" in element._annotations:
            element = element._annotations["adapt_column"]
        sources = self.adapt_from_selectables
        if (
            sources is not None
            and element not in self.equivalents
            and not any(s.c.contains_column(element) for s in sources)
        ):
            return None
        return self._corresponding(element, set())

    def _corresponding(self, column: Any, seen: set[Any], require_embedded: bool = True) -> Any:
        named = column.__visit_name__ in ("column", "label") or column._proxies
        if not named and not self._selectable_has_expressions:
            return None
        found = self.selectable.corresponding_column(column, require_embedded=require_embedded)
        if found is None and column in self.equivalents and column not in seen:
            for other in self.equivalents[column]:
                found = self._corresponding(other, seen | {column}, require_embedded)
                if found is not None:
                    return found
        if found is None and self.adapt_on_names and column._is_named:
            found = self.selectable.exported_columns.get(column.name)
        return found

    @property
    def _selectable_has_expressions(self) -> bool:
        s = self.selectable
        return s._is_alias and s._is_subquery  # type: ignore[no-any-return]


class AdapterWithin(ClauseAdapter):
    """Replaces by columns of a selectable what another adapter makes of a construct."""

    def __init__(self, inner: ClauseAdapter, outer: ClauseAdapter) -> None:
        self.__dict__.update(outer.__dict__)
        self._inner = inner

    def replace(self, element: Any) -> Any:
        inner = self._inner.replace(element)
        return super().replace(element if inner is None else inner)


class ColumnAdapter(ClauseAdapter):
    """A ClauseAdapter that remembers, indexed by column."""

    def __init__(self, selectable: Any, *args: Any, **kw: Any) -> None:
        super().__init__(selectable, *args, **kw)
        self._seen: dict[Any, Any] = {}

    def _copy(self) -> ClauseAdapter:
        made = super()._copy()
        made._seen = {}  # type: ignore[attr-defined]
        return made

    @property
    def columns(self) -> ColumnAdapter:
        return self

    def __getitem__(self, column: Any) -> Any:
        found = self._seen.get(column)
        if found is None:
            found = self._seen[column] = self.traverse(column)
        return found


def find_tables(
    clause: Any, *, check_columns: bool = False, include_aliases: bool = False
) -> list[Any]:
    """Tables within a construct."""
    found: list[Any] = []
    for element in visitors.iterate(clause):
        if element._is_table or (include_aliases and element._is_alias):
            found.append(element)
        elif check_columns and element.__visit_name__ == "column" and element.table is not None:
            found.append(element.table)
    return found


def reduce_columns(columns: Iterable[Any], only_synonyms: bool = False, *clauses: Any) -> list[Any]:
    """Columns without those equal to others by foreign key or by the clauses."""
    from . import operators

    given = list({id(c): c for c in columns}.values())
    columns = [c for c in given if c._is_column]
    omit: set[int] = set()
    for col in columns:
        for fk in {fk for c in col.proxy_set for fk in c.foreign_keys}:
            if any(
                other is not col
                and fk.column.shares_lineage(other)
                and (not only_synonyms or other.name == col.name)
                for other in columns
            ):
                omit.add(id(col))
                break
    for clause in clauses:
        for binary in visitors.iterate(clause):
            if binary.__visit_name__ != "binary" or binary.operator is not operators.eq:
                continue
            # (by hash: attributes of classes are their columns, annotated)
            lineage = {hash(c) for col in columns if id(col) not in omit for c in col.proxy_set}
            if hash(binary.left) not in lineage or hash(binary.right) not in lineage:
                continue
            for col in reversed(columns):
                if col.shares_lineage(binary.right) and (
                    not only_synonyms or col.name == binary.left.name
                ):
                    omit.add(id(col))
                    break
    return [c for c in given if id(c) not in omit]
