"""What SELECT and UNION have in common: ORDER BY, LIMIT, labels, prefixes, use as a FROM."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from .. import _core, exc, util
from . import elements
from .base import EMPTY_DICT, ClauseElement, ExecutableReturnsRows, KeyContext, clone_of, memoized
from .coercions import expect_column, expect_group_by, expect_limit, expect_order_by
from .column_collections import ColumnCollection
from .fromclause import CTE, Lateral, ReturnsRows, Subquery
from .sqltypes import INTEGERTYPE, NULLTYPE

if TYPE_CHECKING:
    from typing import Self

    from .select_forms import Exists, ScalarSelect


class SelectLabelStyle(enum.Enum):
    """How the columns of a SELECT are labelled."""

    LABEL_STYLE_NONE = 0
    LABEL_STYLE_TABLENAME_PLUS_COL = 1
    LABEL_STYLE_DISAMBIGUATE_ONLY = 2
    LABEL_STYLE_DEFAULT = LABEL_STYLE_DISAMBIGUATE_ONLY
    LABEL_STYLE_LEGACY_ORM = 3


LABEL_STYLE_NONE = SelectLabelStyle.LABEL_STYLE_NONE
LABEL_STYLE_TABLENAME_PLUS_COL = SelectLabelStyle.LABEL_STYLE_TABLENAME_PLUS_COL
LABEL_STYLE_DISAMBIGUATE_ONLY = SelectLabelStyle.LABEL_STYLE_DISAMBIGUATE_ONLY
LABEL_STYLE_DEFAULT = SelectLabelStyle.LABEL_STYLE_DEFAULT


class ForUpdateArg(ClauseElement):
    """``FOR UPDATE`` and its options."""

    __visit_name__ = "for_update_arg"
    _traverse_attrs = ("of",)

    def __init__(
        self,
        *,
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
        self.of = None if of is None else [expect_column(e) for e in util.to_list(of)]

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (
            self.nowait,
            self.read,
            self.skip_locked,
            self.key_share,
            None if self.of is None else tuple([c._cache_key(ctx) for c in self.of]),
        )


ForUpdateParameter: TypeAlias = ForUpdateArg | bool | dict[str, Any] | None
"""What `Session.get()` and the like accept as `with_for_update`."""


class HasCTE(ClauseElement):
    """Statements to which CTEs can be attached."""

    _independent_ctes: tuple[Any, ...] = ()

    def add_cte(self, *ctes: Any, nest_here: bool = False) -> Any:
        """Put CTEs into the statement that it does not otherwise use."""
        c = self._generate()  # type: ignore[attr-defined]
        c._independent_ctes = self._independent_ctes + tuple([(x, nest_here) for x in ctes])
        return c

    def get_children(self, *, omit_attrs: Any = (), **kw: Any) -> Iterator[ClauseElement]:
        yield from super().get_children(omit_attrs=omit_attrs)
        for cte, _ in self._independent_ctes:
            yield cte

    def _copy_internals(self, clone: Callable[[Any], Any] = clone_of) -> None:
        super()._copy_internals(clone)
        if self._independent_ctes:
            self._independent_ctes = tuple(
                [(clone(cte), nest) for cte, nest in self._independent_ctes]
            )

    def cte(self, name: str | None = None, recursive: bool = False, nesting: bool = False) -> CTE:
        """This statement as a CTE."""
        return CTE._construct(self, name=name, recursive=recursive, nesting=nesting)


class SelectBase(HasCTE, ExecutableReturnsRows, ReturnsRows):
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

    def get_label_style(self) -> SelectLabelStyle:
        """How columns are labelled."""
        raise NotImplementedError

    def set_label_style(self, style: SelectLabelStyle) -> Self:
        """Label columns in another way."""
        raise NotImplementedError

    def select(self, *arg: Any, **kw: Any) -> Any:
        """A SELECT from this as a subquery; deprecated, since it makes one unasked."""
        util.warn_deprecated(
            "The SelectBase.select() method is deprecated and will be removed in a future "
            "release; this method implicitly creates a subquery that should be explicit.  "
            "Please call SelectBase.subquery() first in order to create a subquery, which then "
            "can be selected. (deprecated since: 1.4)",
            version="1.4",
        )
        return self._implicit_subquery.select(*arg, **kw)

    @property
    def c(self) -> Any:
        """The columns of it as a subquery; deprecated, see selected_columns."""
        util.warn_deprecated(
            "The SelectBase.c and SelectBase.columns attributes are deprecated and will be "
            "removed in a future release; these attributes implicitly create a subquery that "
            "should be explicit.  Please call SelectBase.subquery() first in order to create a "
            "subquery, which then contains this attribute.  To access the columns that this "
            "SELECT object SELECTs from, use the SelectBase.selected_columns attribute. "
            "(deprecated since: 1.4)",
            version="1.4",
        )
        return self._implicit_subquery.columns

    columns = c

    @memoized
    def _implicit_subquery(self) -> Subquery:
        return self.subquery()

    def subquery(self, name: str | None = None) -> Subquery:
        """This as a FROM clause."""
        return Subquery._construct(self._subquery_element(), name)

    def _subquery_element(self) -> Any:
        """The statement as it can be a FROM, whose columns have different names."""
        return self

    def alias(self, name: str | None = None, flat: bool = False) -> Subquery:
        """This as a FROM clause."""
        return self.subquery(name=name)

    def lateral(self, name: str | None = None) -> Lateral:
        """This as a LATERAL FROM clause."""
        return Lateral._construct(self._subquery_element(), name)

    def scalar_subquery(self) -> ScalarSelect[Any]:
        """This as an expression: its one value."""
        from .select_forms import ScalarSelect

        return ScalarSelect(self)

    def as_scalar(self) -> ScalarSelect[Any]:
        """scalar_subquery()."""
        util.warn_deprecated(
            "The SelectBase.as_scalar() method is deprecated and will be removed in a future "
            "release.  Please refer to SelectBase.scalar_subquery(). (deprecated since: 1.4)",
            version="1.4",
        )
        return self.scalar_subquery()

    def label(self, name: str | None) -> Any:
        """This as an expression with a name."""
        return self.scalar_subquery().label(name)

    def exists(self) -> Exists:
        """``EXISTS`` of this."""
        from .select_forms import Exists

        return Exists(self)

    def is_derived_from(self, fromclause: Any) -> bool:
        """Whether a FROM clause is within."""
        return any(f.is_derived_from(fromclause) for f in self._inner_froms())

    def _inner_froms(self) -> Iterable[Any]:
        return ()

    def corresponding_column(self, column: Any, require_embedded: bool = False) -> Any:
        """The column of the result that a column given stands for, or None."""
        return self.exported_columns.corresponding_column(column, require_embedded)

    def _populate_subquery(self, subquery: Any, columns: ColumnCollection[Any]) -> None:
        raise NotImplementedError

    def _scalar_type(self) -> Any:
        for c in self._all_selected_columns:
            if c._is_column:
                return c.type
        return NULLTYPE


# of the key that SELECT and UNION share: what most statements say, and what few do
KEY_PARTS = (
    (_core.KEY_MAY_CHILDREN, "_order_by_clauses"),
    (_core.KEY_MAY_CHILD, "_limit_clause"),
    (_core.KEY_MAY_MEMBER, "_label_style"),
)
RARE = frozenset(
    [
        "_group_by_clauses",
        "_offset_clause",
        "_fetch_clause",
        "_for_update_arg",
        "_independent_ctes",
        "_with_options",
    ]
)


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

    # Not public, but programs look there for what a statement is ordered and grouped by.
    @property
    def _order_by_clause(self) -> elements.ClauseList:
        plain = [
            c.element
            if type(c) is elements._label_reference and c.element.__visit_name__ == "unary"
            else c
            for c in self._order_by_clauses
        ]
        return elements.ClauseList._of(plain)  # type: ignore[no-any-return]

    @property
    def _group_by_clause(self) -> elements.ClauseList:
        return elements.ClauseList._of(self._group_by_clauses)  # type: ignore[no-any-return]

    def with_for_update(
        self,
        *,
        nowait: bool = False,
        read: bool = False,
        of: Any = None,
        skip_locked: bool = False,
        key_share: bool = False,
    ) -> Self:
        """``FOR UPDATE``.

        nowait: an error instead of waiting; skip_locked: leave out rows that others have locked;
        read:
        ``FOR SHARE``; key_share: ``FOR NO KEY UPDATE``, with read ``FOR KEY SHARE``; of: tables,
        classes or columns of them whose rows alone are locked. SQLite knows none of it and renders
        nothing.
        """
        c = self._generate()
        c._for_update_arg = ForUpdateArg(
            nowait=nowait, read=read, of=of, skip_locked=skip_locked, key_share=key_share
        )
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
        """``LIMIT``; a number or an expression, None for none."""
        if limit.__class__ is int:
            clause = elements.OffsetLimitParam._quick("param", limit, INTEGERTYPE)
        else:
            clause = expect_limit(limit, "limit")
        c = self._generate_with("_limit_clause", clause)
        if c._fetch_clause is not None:
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
        c._fetch_clause = None
        return c

    @property
    def _limit(self) -> int | None:
        return _simple_integer(self._limit_clause, "limit")

    @property
    def _offset(self) -> int | None:
        return _simple_integer(self._offset_clause, "offset")

    @property
    def _has_row_limiting_clause(self) -> bool:
        return (
            self._limit_clause is not None
            or self._offset_clause is not None
            or self._fetch_clause is not None
        )

    def order_by(self, __first: Any = elements.NO_ARG, *clauses: Any) -> Self:
        """``ORDER BY``; None takes away what was there.

        clauses: expressions, or names of labels as str.
        """
        if clauses:
            found = [expect_order_by(x) for x in (__first, *clauses)]
            return self._generate_with("_order_by_clauses", (*self._order_by_clauses, *found))
        if __first is None or __first is False:
            return self._generate_with("_order_by_clauses", ())
        if __first is elements.NO_ARG:
            return self._generate()
        clause = None
        if not isinstance(__first, ClauseElement):
            # a mapped column that was used before
            clause = getattr(__first, "__dict__", EMPTY_DICT).get("_element")
        if not isinstance(clause, elements.ColumnClause):
            clause = expect_order_by(__first)
        return self._generate_more("_order_by_clauses", clause)

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

    def _key_of_rest(self, ctx: KeyContext, key: list[Any]) -> None:
        """The part of the key that SELECT and UNION share and most have nothing in."""
        get = self.__dict__.get
        clauses = get("_group_by_clauses")
        if clauses:
            key.append(("group", *[x._cache_key(ctx) for x in clauses]))
        x = get("_offset_clause")
        if x is not None:
            key.append(("offset", x._cache_key(ctx)))
        x = get("_fetch_clause")
        if x is not None:
            key.append(("fetch", x._cache_key(ctx), *sorted(self._fetch_clause_options.items())))
        x = get("_for_update_arg")
        if x is not None:
            key.append(("update", x._cache_key(ctx)))
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


def _simple_integer(clause: Any, name: str) -> int | None:
    """The number of a LIMIT or OFFSET that a program gave as one."""
    if clause is None:
        return None
    if not isinstance(clause, elements.OffsetLimitParam):
        raise exc.CompileError(
            f"This SELECT structure does not use a simple integer value for {name}"
        )
    return clause.effective_value  # type: ignore[no-any-return]


def make_slice(limit: Any, offset: Any, start: Any, stop: Any) -> tuple[Any, Any]:
    """LIMIT and OFFSET for [start:stop] of what limit and offset already say: numbers, or
    expressions, which are added up in SQL."""
    if start is None:
        return (limit if stop is None else expect_limit(stop, "limit")), offset
    if stop is not None:
        limit = expect_limit(stop - start, "limit")
    if offset is None:
        value: Any = 0
    else:
        value = offset.value if isinstance(offset, elements.OffsetLimitParam) else offset
    if not _is_zero(start):
        value = value + start
    return limit, None if _is_zero(value) else expect_limit(value, "offset")


def _is_zero(value: Any) -> bool:
    return isinstance(value, int) and value == 0


class HasPrefixes:
    """Text after SELECT or INSERT."""

    _prefixes: tuple[Any, ...] = ()

    def prefix_with(self, *prefixes: Any, dialect: str = "*") -> Any:
        """Text after the verb, for all dialects or one."""
        c = self._generate()  # type: ignore[attr-defined]
        c._prefixes = self._prefixes + _texts(prefixes, dialect)
        return c


class HasSuffixes:
    """Text at the end of a statement."""

    _suffixes: tuple[Any, ...] = ()

    def suffix_with(self, *suffixes: Any, dialect: str = "*") -> Any:
        """Text at the end, for all dialects or one."""
        c = self._generate()  # type: ignore[attr-defined]
        c._suffixes = self._suffixes + _texts(suffixes, dialect)
        return c


def _texts(items: Iterable[Any], dialect: str) -> tuple[Any, ...]:
    from .coercions import expect_part

    return tuple([(expect_part(item), dialect) for item in items])
