"""SELECT and what is made of it: unions, subqueries, EXISTS, scalar subqueries."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .. import exc, util
from . import elements, operators
from .base import AnonName, AnonText, ClauseElement, ColumnCollection, Executable, KeyContext, memoized
from .coercions import (
    expect_column,
    expect_expr,
    expect_from,
    expect_group_by,
    expect_join_target,
    expect_limit,
    expect_on,
    expect_order_by,
    expect_select,
    expect_where,
)
from .elements import BooleanClauseList, ColumnElement, Grouping, UnaryExpression
from .fromclause import (
    CTE,
    Alias,
    AliasedReturnsRows,
    FromClause,
    FromGrouping,
    Join,
    Lateral,
    ReturnsRows,
    Selectable,
    Subquery,
    TableClause,
    join_condition,
    same_from,
)
from .sqltypes import BOOLEANTYPE, NULLTYPE

if TYPE_CHECKING:
    from typing import Self

__all__ = [
    "CTE",
    "LABEL_STYLE_DEFAULT",
    "LABEL_STYLE_DISAMBIGUATE_ONLY",
    "LABEL_STYLE_NONE",
    "LABEL_STYLE_TABLENAME_PLUS_COL",
    "Alias",
    "AliasedReturnsRows",
    "CompoundSelect",
    "Exists",
    "FromClause",
    "FromGrouping",
    "GenerativeSelect",
    "HasCTE",
    "Join",
    "Lateral",
    "ReturnsRows",
    "ScalarSelect",
    "Select",
    "SelectBase",
    "SelectLabelStyle",
    "Selectable",
    "Subquery",
    "TableClause",
    "TableSample",
    "TextualSelect",
    "Values",
    "join_condition",
    "same_from",
]


class SelectLabelStyle(enum.Enum):
    """How the columns of a SELECT are labelled."""

    LABEL_STYLE_NONE = 0
    LABEL_STYLE_TABLENAME_PLUS_COL = 1
    LABEL_STYLE_DISAMBIGUATE_ONLY = 2
    LABEL_STYLE_DEFAULT = 2
    LABEL_STYLE_LEGACY_ORM = 3


LABEL_STYLE_NONE = SelectLabelStyle.LABEL_STYLE_NONE
LABEL_STYLE_TABLENAME_PLUS_COL = SelectLabelStyle.LABEL_STYLE_TABLENAME_PLUS_COL
LABEL_STYLE_DISAMBIGUATE_ONLY = SelectLabelStyle.LABEL_STYLE_DISAMBIGUATE_ONLY
LABEL_STYLE_DEFAULT = SelectLabelStyle.LABEL_STYLE_DEFAULT


class ForUpdateArg(ClauseElement):
    """``FOR UPDATE`` and its options."""

    def __init__(
        self,
        nowait: bool = False,
        read: bool = False,
        of: Any = None,
        skip_locked: bool = False,
        key_share: bool = False,
    ) -> None:
        self.nowait = nowait
        self.read = read
        self.skip_locked = skip_locked
        self.key_share = key_share
        self.of = (
            None if of is None else [expect_column(e) for e in util.to_list(of)]
        )

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (
            self.nowait,
            self.read,
            self.skip_locked,
            self.key_share,
            None if self.of is None else tuple([c._cache_key(ctx) for c in self.of]),
        )


class HasCTE(ClauseElement):
    """Statements to which CTEs can be attached."""

    _independent_ctes: tuple[Any, ...] = ()

    def add_cte(self, *ctes: Any, nest_here: bool = False) -> Any:
        """Put CTEs into the statement that it does not otherwise use."""
        c = self._generate()  # type: ignore[attr-defined]
        c._independent_ctes = self._independent_ctes + tuple([(x, nest_here) for x in ctes])
        return c

    def cte(self, name: str | None = None, recursive: bool = False, nesting: bool = False) -> CTE:
        """This statement as a CTE."""
        return CTE._construct(self, name=name, recursive=recursive, nesting=nesting)


class SelectBase(HasCTE, Executable, ReturnsRows):
    """Base of SELECT, UNION and textual SELECT."""

    _is_select_base = True
    is_select = True

    @property
    def selected_columns(self) -> Any:
        """The columns as collection, without text."""
        raise NotImplementedError

    @property
    def _all_selected_columns(self) -> Sequence[Any]:
        raise NotImplementedError

    @property
    def exported_columns(self) -> Any:
        """The columns as a subquery would have them."""
        return self.selected_columns.as_readonly()

    @property
    def c(self) -> Any:
        util.warn_deprecated(
            "The SelectBase.c and SelectBase.columns attributes are deprecated and will be "
            "removed in a future release; these attributes implicitly create a subquery that "
            "should be explicit.  Please call SelectBase.subquery() first in order to create a "
            "subquery, which then contains this attribute.  To access the columns that this "
            "SELECT object SELECTs from, use the SelectBase.selected_columns attribute.",
            version="1.4",
        )
        return self._implicit_subquery.columns

    columns = c

    @memoized
    def _implicit_subquery(self) -> Subquery:
        return self.subquery()

    def subquery(self, name: str | None = None) -> Subquery:
        """This as a FROM clause."""
        return Subquery._construct(self._subquery_element(), name)  # type: ignore[no-any-return]

    def _subquery_element(self) -> Any:
        return self

    def alias(self, name: str | None = None, flat: bool = False) -> Subquery:
        """This as a FROM clause."""
        return self.subquery(name=name)

    def lateral(self, name: str | None = None) -> Lateral:
        """This as a LATERAL FROM clause."""
        return Lateral._construct(self, name)  # type: ignore[no-any-return]

    def scalar_subquery(self) -> ScalarSelect:
        """This as an expression: its one value."""
        return ScalarSelect(self)

    def as_scalar(self) -> ScalarSelect:
        return self.scalar_subquery()

    def label(self, name: str | None) -> Any:
        """This as an expression with a name."""
        return self.scalar_subquery().label(name)

    def exists(self) -> Exists:
        """``EXISTS`` of this."""
        return Exists(self)

    def is_derived_from(self, fromclause: Any) -> bool:
        """Whether a FROM clause is within."""
        return any(f.is_derived_from(fromclause) for f in self._inner_froms())

    def _inner_froms(self) -> Iterable[Any]:
        return ()

    def corresponding_column(self, column: Any, require_embedded: bool = False) -> Any:
        return self.exported_columns.corresponding_column(column, require_embedded)

    def _populate_subquery(self, subquery: Any, columns: ColumnCollection[Any]) -> None:
        raise NotImplementedError

    def _scalar_type(self) -> Any:
        for c in self._all_selected_columns:
            if c._is_column:
                return c.type
        return NULLTYPE


class GenerativeSelect(SelectBase):
    """ORDER BY, LIMIT and their kin, of SELECT and UNION."""

    _order_by_clauses: tuple[Any, ...] = ()
    _group_by_clauses: tuple[Any, ...] = ()
    _limit_clause: Any = None
    _offset_clause: Any = None
    _fetch_clause: Any = None
    _fetch_clause_options: Any = None
    _for_update_arg: Any = None
    _label_style: SelectLabelStyle = LABEL_STYLE_DISAMBIGUATE_ONLY

    def with_for_update(
        self,
        *,
        nowait: bool = False,
        read: bool = False,
        of: Any = None,
        skip_locked: bool = False,
        key_share: bool = False,
    ) -> Self:
        """``FOR UPDATE``."""
        c = self._generate()
        c._for_update_arg = ForUpdateArg(nowait, read, of, skip_locked, key_share)
        return c

    def get_label_style(self) -> SelectLabelStyle:
        """How columns are labelled."""
        return self._label_style

    def set_label_style(self, style: SelectLabelStyle) -> Self:
        """Label columns in another way."""
        if self._label_style is style:
            return self
        c = self._generate()
        c._label_style = style
        return c

    def limit(self, limit: Any) -> Self:
        """``LIMIT``."""
        c = self._generate()
        c._limit_clause = expect_limit(limit, "limit")
        c._fetch_clause = None
        return c

    def offset(self, offset: Any) -> Self:
        """``OFFSET``."""
        c = self._generate()
        c._offset_clause = expect_limit(offset, "offset")
        return c

    def fetch(
        self, count: Any, with_ties: bool = False, percent: bool = False, **dialect_kw: Any
    ) -> Self:
        """``FETCH FIRST``."""
        c = self._generate()
        c._limit_clause = None
        if count is None:
            c._fetch_clause = c._fetch_clause_options = None
        else:
            c._fetch_clause = expect_limit(count, "fetch")
            c._fetch_clause_options = {"with_ties": with_ties, "percent": percent}
        return c

    def slice(self, start: int, stop: int) -> Self:
        """LIMIT and OFFSET of a Python slice."""
        limit, offset = make_slice(self._limit_clause, self._offset_clause, start, stop)
        c = self._generate()
        c._limit_clause, c._offset_clause = limit, offset
        return c

    @property
    def _limit(self) -> Any:
        return None if self._limit_clause is None else self._limit_clause.effective_value

    @property
    def _offset(self) -> Any:
        return None if self._offset_clause is None else self._offset_clause.effective_value

    @property
    def _has_row_limiting_clause(self) -> bool:
        return (
            self._limit_clause is not None
            or self._offset_clause is not None
            or self._fetch_clause is not None
        )

    def order_by(self, __first: Any = elements.NO_ARG, *clauses: Any) -> Self:
        """``ORDER BY``; None takes away what was there."""
        c = self._generate()
        if not clauses and (__first is None or __first is False):
            c._order_by_clauses = ()
        elif __first is not elements.NO_ARG:
            c._order_by_clauses = (
                *self._order_by_clauses,
                *[expect_order_by(x) for x in (__first, *clauses)],
            )
        return c

    def group_by(self, __first: Any = elements.NO_ARG, *clauses: Any) -> Self:
        """``GROUP BY``; None takes away what was there."""
        c = self._generate()
        if not clauses and (__first is None or __first is False):
            c._group_by_clauses = ()
        elif __first is not elements.NO_ARG:
            c._group_by_clauses = (
                *self._group_by_clauses,
                *[expect_group_by(x) for x in (__first, *clauses)],
            )
        return c

    def _needs_parens(self) -> bool:
        return self._has_row_limiting_clause or bool(self._order_by_clauses)

    def _key_of_rest(self, ctx: KeyContext, d: dict[str, Any], key: list[Any]) -> None:
        """The part of the key that SELECT and UNION share."""
        get = d.get
        clauses = get("_order_by_clauses")
        if clauses:
            key.append(("order", *[x._cache_key(ctx) for x in clauses]))
        clauses = get("_group_by_clauses")
        if clauses:
            key.append(("group", *[x._cache_key(ctx) for x in clauses]))
        x = get("_limit_clause")
        if x is not None:
            key.append(("limit", x._cache_key(ctx)))
        x = get("_offset_clause")
        if x is not None:
            key.append(("offset", x._cache_key(ctx)))
        x = get("_fetch_clause")
        if x is not None:
            key.append(
                ("fetch", x._cache_key(ctx), *sorted(self._fetch_clause_options.items()))
            )
        x = get("_for_update_arg")
        if x is not None:
            key.append(("update", x._cache_key(ctx)))
        x = get("_label_style")
        if x is not None:
            key.append(x)
        x = get("_independent_ctes")
        if x:
            key.append(("ctes", *[(c._cache_key(ctx), nest) for c, nest in x]))
        x = get("_with_options")
        if x:
            keys = []
            for option in x:
                make = getattr(option, "_cache_key", None)
                if make is None:
                    ctx.cacheable = False
                else:
                    keys.append(make(ctx))
            key.append(("options", *keys))


def make_slice(limit: Any, offset: Any, start: Any, stop: Any) -> tuple[Any, Any]:
    """LIMIT and OFFSET for [start:stop] of what limit and offset already say."""

    def value(clause: Any) -> Any:
        return 0 if clause is None else clause.effective_value

    if start is not None and stop is not None:
        offset_value = value(offset) + start if offset is not None else start
        return (
            expect_limit(stop - start, "limit"),
            None
            if offset is None and start == 0
            else expect_limit(offset_value, "offset")
            if offset_value != 0
            else (None if offset is None else expect_limit(offset_value, "offset")),
        )
    if start is None and stop is not None:
        return expect_limit(stop, "limit"), offset
    if start is not None:
        offset_value = value(offset) + start
        offset = None if offset_value == 0 and offset is None else expect_limit(offset_value, "o")
    return limit, offset


class HasPrefixes:
    """Text after SELECT or INSERT, and at the end."""

    _prefixes: tuple[Any, ...] = ()
    _suffixes: tuple[Any, ...] = ()

    def prefix_with(self, *prefixes: Any, dialect: str = "*") -> Any:
        """Text after the verb, for all dialects or one."""
        c = self._generate()  # type: ignore[attr-defined]
        c._prefixes = self._prefixes + _texts(prefixes, dialect)
        return c

    def suffix_with(self, *suffixes: Any, dialect: str = "*") -> Any:
        """Text at the end, for all dialects or one."""
        c = self._generate()  # type: ignore[attr-defined]
        c._suffixes = self._suffixes + _texts(suffixes, dialect)
        return c


def _texts(items: Iterable[Any], dialect: str) -> tuple[Any, ...]:
    return tuple(
        [(elements.TextClause(i) if isinstance(i, str) else i, dialect) for i in items]
    )


class Select(HasPrefixes, GenerativeSelect):
    """``SELECT``."""

    __visit_name__ = "select"
    is_select = True
    _traverse_attrs = (
        "_raw_columns",
        "_from_obj",
        "_where_criteria",
        "_having_criteria",
        "_group_by_clauses",
        "_order_by_clauses",
        "_distinct_on",
        "_limit_clause",
        "_offset_clause",
        "_fetch_clause",
        "_correlate",
        "_correlate_except",
    )

    _raw_columns: Sequence[Any] = ()
    _from_obj: tuple[Any, ...] = ()
    _where_criteria: tuple[Any, ...] = ()
    _having_criteria: tuple[Any, ...] = ()
    _setup_joins: tuple[Any, ...] = ()
    _distinct = False
    _distinct_on: tuple[Any, ...] = ()
    _correlate: tuple[Any, ...] = ()
    _correlate_except: tuple[Any, ...] | None = None
    _auto_correlate = True
    _hints: tuple[Any, ...] = ()
    _memoized_select_entities: tuple[Any, ...] = ()

    def __init__(self, *entities: Any) -> None:
        self._raw_columns = [
            e if e.__class__ is _Column or isinstance(e, ColumnElement) else expect_column(e)
            for e in entities
        ]

    # --- what is selected ------------------------------------------------------------
    def add_columns(self, *entities: Any) -> Self:
        """Select more columns."""
        c = self._generate()
        c._raw_columns = [*self._raw_columns, *[expect_column(e) for e in entities]]
        return c

    def column(self, column: Any) -> Self:
        return self.add_columns(column)

    def with_only_columns(self, *entities: Any, maintain_column_froms: bool = False) -> Self:
        """Select these columns instead."""
        c = self._generate()
        if maintain_column_froms:
            c = c.select_from(*self.columns_clause_froms)
        if len(entities) == 1 and isinstance(entities[0], (list, tuple)):
            raise exc.ArgumentError(
                "with_only_columns() takes columns positionally, not as a list"
            )
        c._raw_columns = [expect_column(e) for e in entities]
        return c

    def distinct(self, *expr: Any) -> Self:
        """``DISTINCT``."""
        c = self._generate()
        c._distinct = True
        if expr:
            from .coercions import expect_by

            c._distinct_on = self._distinct_on + tuple(
                [expect_by(e, "GROUP BY / OF / etc.") for e in expr]
            )
        return c

    # --- criteria ----------------------------------------------------------------------
    def where(self, *criteria: Any) -> Self:
        """``WHERE``; repeated calls are joined by AND."""
        c = self._generate()
        if len(criteria) == 1:
            c._where_criteria = (*self._where_criteria, expect_where(criteria[0]))
        else:
            c._where_criteria = (*self._where_criteria, *[expect_where(x) for x in criteria])
        return c

    def filter(self, *criteria: Any) -> Self:
        """where()."""
        return self.where(*criteria)

    def filter_by(self, **kw: Any) -> Self:
        """``WHERE`` equalities on the last joined, else the first, entity."""
        entity = self._filter_by_zero()
        return self.where(*[namespace_key(entity, k) == v for k, v in kw.items()])

    def _filter_by_zero(self) -> Any:
        if self._setup_joins:
            target = self._setup_joins[-1][0]
            if getattr(target, "is_attribute", False):
                of_type = getattr(target, "_of_type", None)
                return of_type if of_type is not None else target.property.entity
            return target
        if self._from_obj:
            return self._from_obj[0]
        if self._raw_columns:
            return self._raw_columns[0]
        raise exc.InvalidRequestError("There is nothing that filter_by() could apply to")

    def having(self, *having: Any) -> Self:
        """``HAVING``."""
        c = self._generate()
        c._having_criteria = (*self._having_criteria, *[expect_where(x) for x in having])
        return c

    @property
    def whereclause(self) -> Any:
        """The criteria in one, or None."""
        return BooleanClauseList._construct_for_whereclause(self._where_criteria)

    # --- FROM ------------------------------------------------------------------------
    def select_from(self, *froms: Any) -> Self:
        """Name FROM clauses."""
        c = self._generate()
        c._from_obj = self._from_obj + tuple([expect_from(f) for f in froms])
        return c

    def join(
        self, target: Any, onclause: Any = None, *, isouter: bool = False, full: bool = False
    ) -> Self:
        """``JOIN`` the target to what is already selected from."""
        return self._add_join(target, onclause, None, isouter, full)

    def outerjoin(self, target: Any, onclause: Any = None, *, full: bool = False) -> Self:
        """``LEFT OUTER JOIN``."""
        return self._add_join(target, onclause, None, True, full)

    def join_from(
        self,
        from_: Any,
        target: Any,
        onclause: Any = None,
        *,
        isouter: bool = False,
        full: bool = False,
    ) -> Self:
        """``JOIN`` the target to a FROM given here."""
        return self._add_join(target, onclause, expect_from(from_), isouter, full)

    def outerjoin_from(
        self, from_: Any, target: Any, onclause: Any = None, *, full: bool = False
    ) -> Self:
        """``LEFT OUTER JOIN`` the target to a FROM given here."""
        return self._add_join(target, onclause, expect_from(from_), True, full)

    def _add_join(
        self, target: Any, onclause: Any, from_: Any, isouter: bool, full: bool
    ) -> Self:
        target = expect_join_target(target)
        if onclause is not None:
            onclause = expect_on(onclause)
        c = self._generate()
        c._setup_joins = (
            *self._setup_joins,
            (target, onclause, from_, {"isouter": isouter, "full": full}),
        )
        return c

    def from_statement(self, statement: Any) -> Any:
        """The mapped classes selected here, made of the rows of another statement."""
        from ..orm.context import FromStatement
        from .coercions import expect_statement

        made = FromStatement(self._raw_columns, expect_statement(statement))
        made._with_options = self._with_options
        return made

    def reduce_columns(self, only_synonyms: bool = True) -> Self:
        """Without columns equal to others through foreign keys."""
        from .util import reduce_columns

        return self.with_only_columns(
            *reduce_columns(self._all_selected_columns, only_synonyms, *self._where_criteria)
        )

    @property
    def froms(self) -> Sequence[FromClause]:
        """The FROM clauses that it would show."""
        util.warn_deprecated(
            "The Select.froms attribute is moved to the Select.get_final_froms() method. "
            "(deprecated since: 1.4.23)",
            version="1.4",
        )
        return self.get_final_froms()

    def get_final_froms(self) -> Sequence[FromClause]:
        """The FROM clauses that it would show, joins included."""
        from .froms import FromState

        return FromState(self).display(None, None)

    @property
    def columns_clause_froms(self) -> Sequence[FromClause]:
        """The FROM clauses that the columns imply."""
        found: list[Any] = []
        for c in self._raw_columns:
            for f in c._from_objects:
                if f not in found:
                    found.append(f)
        return found

    def _inner_froms(self) -> Iterable[Any]:
        from .froms import FromState

        return FromState(self).froms

    # --- correlation --------------------------------------------------------------------
    def correlate(self, *fromclauses: Any) -> Self:
        """Leave FROMs to the enclosing SELECT; None: correlate nothing."""
        c = self._generate()
        c._auto_correlate = False
        if not fromclauses or fromclauses[0] is None:
            if len(fromclauses) > 1:
                raise exc.ArgumentError("additional FROM objects not accepted when passing None/False to correlate()")
            c._correlate = ()
        else:
            c._correlate = self._correlate + tuple([expect_from(f) for f in fromclauses])
        return c

    def correlate_except(self, *fromclauses: Any) -> Self:
        """Leave all FROMs but these to the enclosing SELECT."""
        c = self._generate()
        c._auto_correlate = False
        if not fromclauses or fromclauses[0] is None:
            c._correlate_except = ()
        else:
            c._correlate_except = (self._correlate_except or ()) + tuple(
                [expect_from(f) for f in fromclauses]
            )
        return c

    def with_hint(self, selectable: Any, text: str, dialect_name: str = "*") -> Self:
        """A hint for one FROM."""
        c = self._generate()
        c._hints = (*self._hints, (expect_from(selectable), text, dialect_name))
        return c

    def with_statement_hint(self, text: str, dialect_name: str = "*") -> Self:
        """A hint for the statement."""
        c = self._generate()
        c._statement_hints = (*self._statement_hints, (dialect_name, text))
        return c

    # --- set operations --------------------------------------------------------------------
    def union(self, *other: Any) -> CompoundSelect:
        """``UNION``."""
        return CompoundSelect("UNION", self, *other)

    def union_all(self, *other: Any) -> CompoundSelect:
        """``UNION ALL``."""
        return CompoundSelect("UNION ALL", self, *other)

    def except_(self, *other: Any) -> CompoundSelect:
        """``EXCEPT``."""
        return CompoundSelect("EXCEPT", self, *other)

    def except_all(self, *other: Any) -> CompoundSelect:
        """``EXCEPT ALL``."""
        return CompoundSelect("EXCEPT ALL", self, *other)

    def intersect(self, *other: Any) -> CompoundSelect:
        """``INTERSECT``."""
        return CompoundSelect("INTERSECT", self, *other)

    def intersect_all(self, *other: Any) -> CompoundSelect:
        """``INTERSECT ALL``."""
        return CompoundSelect("INTERSECT ALL", self, *other)

    # --- columns ----------------------------------------------------------------------------
    @property
    def _all_selected_columns(self) -> Sequence[Any]:
        found: list[Any] = []
        for c in self._raw_columns:
            if c._is_from_clause:
                found.extend(c._select_iterable)
            elif c.__visit_name__ == "clauselist" and not c._is_column:
                found.extend(c.clauses)
            else:
                found.append(c)
        return found

    @property
    def inner_columns(self) -> Iterator[Any]:
        """The columns it will select."""
        return iter(self._all_selected_columns)

    @memoized
    def selected_columns(self) -> Any:  # type: ignore[override]
        plain = self._as_core()
        keys = _column_keys()
        return ColumnCollection(
            [(keys(c), c) for c in plain._all_selected_columns if not c._is_text_clause]
        ).as_readonly()

    @property
    def column_descriptions(self) -> Any:
        """What each column of the statement is."""
        if self._orm:
            from ..orm import context

            return context.column_descriptions(self)  # type: ignore[attr-defined]
        return [
            {"name": getattr(c, "name", None), "type": c.type, "expr": c}
            for c in self._all_selected_columns
        ]

    def _as_core(self, toplevel: bool = False) -> Select:
        """The SELECT without mapped classes in it: as a part of a statement, or as it is
        run by a Session, with what its loader options add."""
        if self._orm:
            from ..orm.context import core_select

            return core_select(self, toplevel)  # type: ignore[no-any-return]
        return self

    def _columns_plus_names(self, anon_for_dupe: bool) -> list[tuple[Any, ...]]:
        from .labels import columns_plus_names

        return columns_plus_names(self._all_selected_columns, self._label_style, anon_for_dupe)

    def _populate_subquery(self, subquery: Any, columns: ColumnCollection[Any]) -> None:
        plain = self._as_core()
        keys = _column_keys(plain._label_style)
        for required, _proxy, _fallback, c, _repeated in plain._columns_plus_names(False):
            if c._is_text_clause:
                continue
            key, proxy = c._make_proxy(subquery, name=required, key=keys(c))
            columns._append(key, proxy)

    def _needs_parens_in_compound(self) -> bool:
        return self._needs_parens()

    def self_group(self, against: Any = None) -> Any:
        if isinstance(against, str) and not self._needs_parens():
            return self
        return SelectStatementGrouping(self)

    def scalar_subquery(self) -> ScalarSelect:
        return ScalarSelect(self)

    # --- traversal and key ---------------------------------------------------------------------
    def get_children(self, **kw: Any) -> Iterator[Any]:
        yield from super().get_children()
        for target, onclause, from_, _flags in self._setup_joins:
            for x in (target, onclause, from_):
                if isinstance(x, ClauseElement):
                    yield x

    def _copy_internals(self, clone: Any) -> None:
        super()._copy_internals(clone)
        if self._setup_joins:

            def maybe(x: Any) -> Any:
                return clone(x) if isinstance(x, ClauseElement) else x

            self._setup_joins = tuple(
                [(maybe(t), maybe(o), maybe(f), flags) for t, o, f, flags in self._setup_joins]
            )

    def _cache_key(self, ctx: KeyContext) -> Any:
        d = self.__dict__
        get = d.get
        key: list[Any] = [Select, tuple([c._cache_key(ctx) for c in self._raw_columns])]
        x = get("_from_obj")
        if x:
            key.append(("from", *[f._cache_key(ctx) for f in x]))
        x = get("_setup_joins")
        if x:
            joins = []
            for target, onclause, from_, flags in x:
                joins.append(
                    (
                        _part_key(target, ctx),
                        _part_key(onclause, ctx),
                        _part_key(from_, ctx),
                        flags["isouter"],
                        flags["full"],
                    )
                )
            key.append(("join", *joins))
        x = get("_where_criteria")
        if x:
            key.append(("where", *[w._cache_key(ctx) for w in x]))
        x = get("_having_criteria")
        if x:
            key.append(("having", *[w._cache_key(ctx) for w in x]))
        if "_distinct" in d:
            key.append(("distinct", *[e._cache_key(ctx) for e in self._distinct_on]))
        if "_auto_correlate" in d:
            key.append(
                (
                    "correlate",
                    tuple([f._cache_key(ctx) for f in self._correlate]),
                    None
                    if self._correlate_except is None
                    else tuple([f._cache_key(ctx) for f in self._correlate_except]),
                )
            )
        for name in ("_prefixes", "_suffixes"):
            x = get(name)
            if x:
                key.append((name, *[(p._cache_key(ctx), dialect) for p, dialect in x]))
        x = get("_hints")
        if x:
            key.append(("hints", *[(f._cache_key(ctx), t, dn) for f, t, dn in x]))
        x = get("_statement_hints")
        if x:
            key.append(("shints", x))
        self._key_of_rest(ctx, d, key)
        return tuple(key)


def _part_key(part: Any, ctx: KeyContext) -> Any:
    """The key of a part of a join: an element, a relationship attribute, or nothing."""
    if part is None:
        return None
    if isinstance(part, ClauseElement):
        return part._cache_key(ctx)
    ctx.orm = True
    make = getattr(type(part), "_cache_key", None)
    if make is not None:
        return make(part, ctx)
    parent = part._parententity
    if getattr(parent, "is_aliased_class", False):
        n, new = ctx.number(parent)
        parent = (n, parent.mapper, parent.selectable._cache_key(ctx)) if new else n
    of_type = part._of_type
    if of_type is not None and getattr(of_type, "is_aliased_class", False):
        n, new = ctx.number(of_type)
        of_type = (n, of_type.mapper, of_type.selectable._cache_key(ctx)) if new else n
    return (parent, part.key, of_type, tuple([c._cache_key(ctx) for c in part._extra_criteria]))


def _column_keys(style: Any = LABEL_STYLE_DISAMBIGUATE_ONLY) -> Any:
    """A function giving each column its key in a subquery: names, made unique."""
    seen: set[str] = set()
    counters: dict[str, int] = {}
    anon: dict[Any, str] = {}

    def resolve(name: Any) -> str:
        if not isinstance(name, AnonName):
            return name  # type: ignore[no-any-return]
        if isinstance(name, AnonText):
            return "".join([resolve(p) for p in name.parts])
        made = anon.get(name)
        if made is None:
            base = name.base if isinstance(name.base, str) else resolve(name.base)
            counters[base] = n = counters.get(base, 0) + 1
            made = anon[name] = f"{base}_{n}{name.suffix}"
        return made

    def key_of(c: Any) -> str | None:
        if c._is_text_clause:
            return None
        if style is LABEL_STYLE_TABLENAME_PLUS_COL:
            key = c._tq_label if c._tq_label is not None else c._proxy_key
        else:
            key = c._proxy_key
            if key is None and c._wraps_column is not None:
                key = c._expression_label
        if key is None:
            key = "_no_label"
        key = resolve(key)
        if key in seen and style is not LABEL_STYLE_NONE:
            key = resolve(
                c._anon_tq_label
                if style is LABEL_STYLE_TABLENAME_PLUS_COL and c._tq_label is not None
                else AnonName(c._ident, key)
            )
        seen.add(key)
        return key

    return key_of


def namespace_key(entity: Any, key: str) -> Any:
    """A column of an entity by name, for filter_by()."""
    try:
        namespace = entity.entity_namespace
        return getattr(namespace, key)
    except AttributeError as err:
        raise exc.InvalidRequestError(
            f'Entity namespace for "{entity}" has no property "{key}"'
        ) from err


_Column = elements.ColumnClause

for _cls in (CTE, Alias, AliasedReturnsRows, FromClause, FromGrouping, Join, Lateral, ReturnsRows,
             Selectable, Subquery, TableClause):  # fmt: skip
    _cls.__module__ = __name__


class CompoundSelect(GenerativeSelect):
    """``UNION``, ``INTERSECT``, ``EXCEPT`` of SELECTs."""

    __visit_name__ = "compound_select"
    _traverse_attrs = (
        "selects",
        "_order_by_clauses",
        "_group_by_clauses",
        "_limit_clause",
        "_offset_clause",
        "_fetch_clause",
    )

    def __init__(self, keyword: str, *selects: Any) -> None:
        self.keyword = keyword
        self.selects = [expect_select(s).self_group(against=keyword) for s in selects]

    @property
    def _all_selected_columns(self) -> Sequence[Any]:
        return self.selects[0]._all_selected_columns  # type: ignore[no-any-return]

    @property
    def selected_columns(self) -> Any:
        return self.selects[0].selected_columns

    def _columns_plus_names(self, anon_for_dupe: bool) -> list[tuple[Any, ...]]:
        return self.selects[0]._columns_plus_names(anon_for_dupe)  # type: ignore[no-any-return]

    def _inner_froms(self) -> Iterable[Any]:
        return [f for s in self.selects for f in s._inner_froms()]

    def is_derived_from(self, fromclause: Any) -> bool:
        return any(s.is_derived_from(fromclause) for s in self.selects)

    def _populate_subquery(self, subquery: Any, columns: ColumnCollection[Any]) -> None:
        first = self.selects[0]
        first._populate_subquery(subquery, columns)
        # each column stands for those of all members
        others = []
        for s in self.selects[1:]:
            more: ColumnCollection[Any] = ColumnCollection()
            s._populate_subquery(subquery, more)
            others.append(more.values())
        for i, c in enumerate(columns.values()):
            c._proxies = tuple(
                [*c._proxies, *[p for o in others if i < len(o) for p in o[i]._proxies]]
            )

    def self_group(self, against: Any = None) -> Any:
        return SelectStatementGrouping(self)

    def _cache_key(self, ctx: KeyContext) -> Any:
        key: list[Any] = [
            CompoundSelect,
            self.keyword,
            tuple([s._cache_key(ctx) for s in self.selects]),
        ]
        self._key_of_rest(ctx, self.__dict__, key)
        return tuple(key)


class SelectStatementGrouping(SelectBase):
    """A SELECT in parentheses."""

    __visit_name__ = "select_statement_grouping"
    _traverse_attrs = ("element",)
    _is_implicitly_boolean = False

    def __init__(self, element: Any) -> None:
        self.element = element

    @property
    def _all_selected_columns(self) -> Sequence[Any]:
        return self.element._all_selected_columns  # type: ignore[no-any-return]

    @property
    def selected_columns(self) -> Any:
        return self.element.selected_columns

    @property
    def select_statement(self) -> Any:
        return self.element

    def _columns_plus_names(self, anon_for_dupe: bool) -> list[tuple[Any, ...]]:
        return self.element._columns_plus_names(anon_for_dupe)  # type: ignore[no-any-return]

    def _populate_subquery(self, subquery: Any, columns: ColumnCollection[Any]) -> None:
        self.element._populate_subquery(subquery, columns)

    def _inner_froms(self) -> Iterable[Any]:
        return self.element._inner_froms()  # type: ignore[no-any-return]

    def self_group(self, against: Any = None) -> Any:
        return self

    def _ungroup(self) -> Any:
        return self.element

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (SelectStatementGrouping, self.element._cache_key(ctx))


class ScalarSelect(Grouping[Any]):
    """A SELECT of one column, as an expression."""

    __visit_name__ = "grouping"
    _is_scalar_select = True
    _is_implicitly_boolean = False  # type: ignore[assignment]
    _atomic = True
    _from_objects = ()  # type: ignore[assignment]
    _proxies = ()  # type: ignore[assignment]
    _tq_label = None  # type: ignore[assignment]
    _wraps_column = None  # type: ignore[assignment]

    def __init__(self, element: Any) -> None:
        self.element = element
        self.type = element._scalar_type()

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    @property
    def columns(self) -> Any:
        raise exc.InvalidRequestError(
            "Scalar Select expression has no columns; use this object directly within a "
            "column-level expression."
        )

    c = columns

    def where(self, *criteria: Any) -> ScalarSelect:
        """More WHERE."""
        return ScalarSelect(self.element.where(*criteria))

    def correlate(self, *fromclauses: Any) -> ScalarSelect:
        """Correlate FROMs to the enclosing SELECT."""
        return ScalarSelect(self.element.correlate(*fromclauses))

    def correlate_except(self, *fromclauses: Any) -> ScalarSelect:
        """Correlate all FROMs but these."""
        return ScalarSelect(self.element.correlate_except(*fromclauses))

    def self_group(self, against: Any = None) -> Any:
        return self

    def _negate(self) -> ColumnElement:
        return ColumnElement._negate(self)

    def _ungroup(self) -> Any:
        return self

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (ScalarSelect, self.element._cache_key(ctx))


class Exists(UnaryExpression[bool]):
    """``EXISTS (SELECT …)``."""

    def __init__(self, __argument: Any = None) -> None:
        argument = __argument
        s: Any
        if argument is None:
            s = Select(elements.ColumnClause("*", is_literal=True)).scalar_subquery()
        elif isinstance(argument, SelectBase):
            s = argument.scalar_subquery()
        elif isinstance(argument, ScalarSelect):
            s = argument
        else:
            s = Select(argument).scalar_subquery()
        self.operator = operators.exists
        self.element = s
        self.type = BOOLEANTYPE

    def _regroup(self, fn: Any) -> Exists:
        made = self._clone()
        made.element = fn(self.element.element).scalar_subquery()
        return made

    def where(self, *criteria: Any) -> Exists:
        """More WHERE."""
        return self._regroup(lambda s: s.where(*criteria))

    def filter(self, *criteria: Any) -> Exists:
        return self.where(*criteria)

    def select_from(self, *froms: Any) -> Exists:
        """Name FROM clauses."""
        return self._regroup(lambda s: s.select_from(*froms))

    def correlate(self, *fromclauses: Any) -> Exists:
        """Correlate FROMs to the enclosing SELECT."""
        return self._regroup(lambda s: s.correlate(*fromclauses))

    def correlate_except(self, *fromclauses: Any) -> Exists:
        """Correlate all FROMs but these."""
        return self._regroup(lambda s: s.correlate_except(*fromclauses))

    def select(self) -> Select:
        """``SELECT EXISTS (…)``."""
        return Select(self)

    @property
    def _from_objects(self) -> Sequence[Any]:  # type: ignore[override]
        return ()


class TextualSelect(SelectBase):
    """text() whose columns are known."""

    __visit_name__ = "textual_select"
    _traverse_attrs = ("element",)
    _label_style = LABEL_STYLE_NONE

    def __init__(self, text: Any, columns: Sequence[Any], positional: bool = False) -> None:
        self.element = text
        self.column_args = list(columns)
        self.positional = positional

    @property
    def _all_selected_columns(self) -> Sequence[Any]:
        return self.column_args

    @property
    def selected_columns(self) -> Any:
        return ColumnCollection([(c.key, c) for c in self.column_args]).as_readonly()

    def bindparams(self, *binds: Any, **bind_as_values: Any) -> TextualSelect:
        """Give values or types to its parameters."""
        c = self._generate()
        c.element = self.element.bindparams(*binds, **bind_as_values)
        return c

    def _populate_subquery(self, subquery: Any, columns: ColumnCollection[Any]) -> None:
        for c in self.column_args:
            key, proxy = c._make_proxy(subquery)
            columns._append(key, proxy)

    def self_group(self, against: Any = None) -> Any:
        return self if isinstance(against, str) else SelectStatementGrouping(self)

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (
            TextualSelect,
            self.element._cache_key(ctx),
            tuple([c._cache_key(ctx) for c in self.column_args]),
            self.positional,
            *[o._cache_key(ctx) for o in self._with_options],
        )


TextAsFrom = TextualSelect


class TableSample(AliasedReturnsRows):
    """``TABLESAMPLE``."""

    __visit_name__ = "tablesample"

    def _setup(
        self, selectable: Any, name: Any = None, sampling: Any = None, seed: Any = None
    ) -> None:
        from .functions import func

        self.sampling = (
            sampling if isinstance(sampling, ClauseElement) else func.system(sampling)
        )
        self.seed = None if seed is None else expect_expr(seed)
        super()._setup(selectable, name)

    def _get_method(self) -> Any:
        return self.sampling

    def _key_extra(self, ctx: KeyContext) -> Any:
        return (
            self.sampling._cache_key(ctx),
            None if self.seed is None else self.seed._cache_key(ctx),
        )


class Values(FromClause):
    """``VALUES (…), (…)`` as a FROM."""

    __visit_name__ = "values"
    _unnamed = True
    _data: tuple[Any, ...] = ()

    def __init__(self, *columns: Any, name: str | None = None, literal_binds: bool = False) -> None:
        self._column_args = columns
        if name is None:
            self._unnamed = True
            self.name = AnonName(self, "anon")
        else:
            self._unnamed = False
            self.name = name
        self.literal_binds = literal_binds
        self.named_with_column = not self._unnamed

    def alias(self, name: str | None = None, flat: bool = False) -> Values:
        c = self._clone()
        c.name = AnonName(c, "anon") if name is None else name
        c.named_with_column = True
        c._unnamed = False
        return c

    def data(self, values: Sequence[Any]) -> Values:
        """Add rows."""
        c = self._clone()
        c._data = (*self._data, values)
        return c

    def scalar_values(self) -> Any:
        """VALUES as an expression, in parentheses."""
        return Grouping(self)

    def _populate(self, columns: ColumnCollection[Any]) -> None:
        for c in self._column_args:
            key, proxy = c._make_proxy(self)
            columns._append(key, proxy)

    @property
    def _column_types(self) -> list[Any]:
        return [c.type for c in self._column_args]

    def get_children(self, **kw: Any) -> Iterator[Any]:
        return iter(())

    def _cache_key(self, ctx: KeyContext) -> Any:
        n, new = ctx.number(self)
        if not new:
            return (Values, n)
        rows = []
        for group in self._data:
            for row in group:
                for column, value in zip(self._column_args, row, strict=False):
                    if isinstance(value, ClauseElement):
                        rows.append(value._cache_key(ctx))
                    else:
                        # the values are written by the compiler, so they are structure
                        ctx.cacheable = False
                        rows.append(column.type._static_cache_key)
                rows.append(None)
        return (
            Values,
            n,
            None if isinstance(self.name, AnonName) else self.name,
            tuple([c._cache_key(ctx) for c in self._column_args]),
            tuple(rows),
            self.literal_binds,
        )


class TableValuedColumn(elements.NamedColumn[Any]):
    """The whole row of a FROM as one column."""

    __visit_name__ = "table_valued_column"
    _traverse_attrs = ("scalar_alias",)

    def __init__(self, scalar_alias: Any, type_: Any = None) -> None:
        self.scalar_alias = scalar_alias
        self.key = self.name = scalar_alias.name
        if type_ is not None:
            self.type = type_

    @property
    def _from_objects(self) -> Sequence[Any]:  # type: ignore[override]
        return (self.scalar_alias,)

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (TableValuedColumn, self.scalar_alias._cache_key(ctx))


def _select_kw_error(kw: dict[str, Any]) -> None:
    raise exc.ArgumentError(
        "Additional keyword arguments are not accepted by this function/method.  The presence of "
        "**kw is for pep-484 typing purposes"
    )
