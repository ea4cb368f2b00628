"""``INSERT … ON CONFLICT``, as SQLite and PostgreSQL have it.

A dialect's Insert mixes `HasOnConflict` in, and its compiler `ConflictCompiler`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .. import exc
from ..util import warn
from .base import ClauseElement, KeyContext, clone_of, memoized
from .coercions import expect_dml_column, expect_expr, expect_where, resolve
from .column_collections import ColumnCollection
from .elements import BindParameter
from .sqltypes import NULLTYPE

if TYPE_CHECKING:
    from typing import Self


def _target(element: Any) -> Any:
    """A column of the conflict target: a name or an expression."""
    return element if isinstance(element, str) else expect_expr(element)


class OnConflictClause(ClauseElement):
    """What comes after VALUES: which conflict is meant, and what to do about it.

    `constraint_target` is a constraint's name, or what stands for one and has a name.
    """

    __visit_name__ = "on_conflict"

    def __init__(
        self, index_elements: Any = None, index_where: Any = None, constraint_target: Any = None
    ) -> None:
        self.constraint_target = constraint_target
        self.inferred_target_elements: list[Any] | None = None
        self.inferred_target_whereclause: Any = None
        if index_elements is not None:
            self.inferred_target_elements = [_target(e) for e in index_elements]
            if index_where is not None:
                self.inferred_target_whereclause = expect_where(index_where)

    def get_children(self, **kw: Any) -> Iterator[Any]:
        for element in self.inferred_target_elements or ():
            if isinstance(element, ClauseElement):
                yield element
        if self.inferred_target_whereclause is not None:
            yield self.inferred_target_whereclause

    def _copy_internals(self, clone: Any = clone_of) -> None:
        if self.inferred_target_elements is not None:
            self.inferred_target_elements = [
                clone(e) if isinstance(e, ClauseElement) else e
                for e in self.inferred_target_elements
            ]
        if self.inferred_target_whereclause is not None:
            self.inferred_target_whereclause = clone(self.inferred_target_whereclause)

    def _cache_key(self, ctx: KeyContext) -> Any:
        elements, where = self.inferred_target_elements, self.inferred_target_whereclause
        return (
            self.__class__,
            self.constraint_target,
            None
            if elements is None
            else tuple([e if isinstance(e, str) else e._cache_key(ctx) for e in elements]),
            None if where is None else where._cache_key(ctx),
        )


class OnConflictDoNothing(OnConflictClause):
    """``ON CONFLICT … DO NOTHING``."""

    __visit_name__ = "on_conflict_do_nothing"


class OnConflictDoUpdate(OnConflictClause):
    """``ON CONFLICT … DO UPDATE SET …``."""

    __visit_name__ = "on_conflict_do_update"

    def __init__(
        self,
        index_elements: Any = None,
        index_where: Any = None,
        set_: Any = None,
        where: Any = None,
        constraint_target: Any = None,
    ) -> None:
        super().__init__(index_elements, index_where, constraint_target)
        if isinstance(set_, ColumnCollection):
            set_ = dict(set_)
        if isinstance(set_, Mapping):
            if not set_:
                raise ValueError("set parameter dictionary must not be empty")
        else:
            raise ValueError(
                "set parameter must be a non-empty dictionary or a ColumnCollection such as the "
                "`.c.` collection of a Table object"
            )
        self.update_values_to_set: list[tuple[Any, Any]] = []
        for key, value in set_.items():
            found = resolve(value)
            self.update_values_to_set.append(
                (
                    expect_dml_column(key),
                    # the type is that of the column, which is known when it is compiled
                    BindParameter(None, value, NULLTYPE, unique=True)
                    if found is None
                    else found.scalar_subquery()
                    if found._is_select_base
                    else expect_expr(found),
                )
            )
        self.update_whereclause = None if where is None else expect_where(where)

    def get_children(self, **kw: Any) -> Iterator[Any]:
        yield from super().get_children()
        for key, value in self.update_values_to_set:
            if isinstance(key, ClauseElement):
                yield key
            yield value
        if self.update_whereclause is not None:
            yield self.update_whereclause

    def _copy_internals(self, clone: Any = clone_of) -> None:
        super()._copy_internals(clone)
        self.update_values_to_set = [
            (clone(k) if isinstance(k, ClauseElement) else k, clone(v))
            for k, v in self.update_values_to_set
        ]
        if self.update_whereclause is not None:
            self.update_whereclause = clone(self.update_whereclause)

    def _cache_key(self, ctx: KeyContext) -> Any:
        where = self.update_whereclause
        return (
            super()._cache_key(ctx),
            tuple(
                [
                    (k if isinstance(k, str) else k._cache_key(ctx), v._cache_key(ctx))
                    for k, v in self.update_values_to_set
                ]
            ),
            None if where is None else where._cache_key(ctx),
        )


class HasOnConflict:
    """The part of a dialect's Insert that knows the row that was refused."""

    if TYPE_CHECKING:
        _post_values_clause: Any
        table: Any

        def _generate(self) -> Self: ...

    @memoized
    def _excluded_alias(self) -> Any:
        return self.table.alias(name="excluded")

    @property
    def excluded(self) -> Any:
        """The columns of the row that could not be inserted."""
        return self._excluded_alias.c

    def _with_conflict(self, make: Callable[..., OnConflictClause], *args: Any) -> Self:
        """A copy with the clause that `make` makes of arguments."""
        if self._post_values_clause is not None:
            raise exc.InvalidRequestError(
                "This Insert construct already has an ON CONFLICT clause established"
            )
        clause = make(*args)
        c = self._generate()
        c._post_values_clause = clause
        return c


class ConflictCompiler:
    """The part of a dialect's compiler for ON CONFLICT."""

    if TYPE_CHECKING:
        stack: list[Any]
        preparer: Any

        def process(self, obj: Any, **kw: Any) -> str: ...

    conflict_values_inline = True
    """Whether an index is found by the text of its condition, so that the values in it have to
    be written out."""

    def _on_conflict_target(self, clause: Any, **kw: Any) -> str:
        name = clause.constraint_target
        if name is not None:
            if not isinstance(name, str):
                name = self.preparer.format_constraint(name)
            else:
                name = self.preparer.quote(name)
            return f"ON CONSTRAINT {name}"
        elements = clause.inferred_target_elements
        if elements is None:
            return ""
        columns = [
            self.preparer.quote(e)
            if isinstance(e, str)
            else self.process(e, include_table=False, use_schema=False)
            for e in elements
        ]
        text = f"({', '.join(columns)})"
        where = clause.inferred_target_whereclause
        if where is not None:
            if self.conflict_values_inline:
                kw["literal_execute"] = True
            condition = self.process(where, include_table=False, use_schema=False, **kw)
            text += f" WHERE {condition}"
        return text

    def visit_on_conflict_do_nothing(self, clause: Any, **kw: Any) -> str:
        target = self._on_conflict_target(clause, **kw)
        return f"ON CONFLICT {target} DO NOTHING" if target else "ON CONFLICT DO NOTHING"

    def visit_on_conflict_do_update(self, clause: Any, **kw: Any) -> str:
        target = self._on_conflict_target(clause, **kw)
        table = self.stack[-1]["statement"].table
        values = {
            (k if isinstance(k, str) else k.key): (k, v) for k, v in clause.update_values_to_set
        }
        sets = []
        for column in table.c:
            given = values.pop(column.key, None)
            if given is None:
                continue
            value = self._conflict_value(given[1], column, kw)
            sets.append(f"{self.preparer.quote(column.name)} = {value}")
        if values:
            names = ", ".join([f"'{k}'" for k in values])
            warn(
                "Additional column names not matching any column keys in table "
                f"'{table.name}': {names}"
            )
            for key, value in values.values():
                name = self.preparer.quote(key) if isinstance(key, str) else self.process(key)
                sets.append(f"{name} = {self.process(value.self_group(), **kw)}")
        text = ", ".join(sets)
        if clause.update_whereclause is not None:
            text += f" WHERE {self.process(clause.update_whereclause, include_table=True, **kw)}"
        return f"ON CONFLICT {target} DO UPDATE SET {text}"

    def _conflict_value(self, value: Any, column: Any, kw: dict[str, Any]) -> str:
        if value._is_bind_parameter and value.type._isnull:
            typed = value._with_binary_element_type(column.type)
            typed._ident_token = value._ident
            if not kw.get("literal_binds"):
                self._same_bind(value, typed)  # type: ignore[attr-defined]
            value = typed
        return self.process(value.self_group(), **kw)
