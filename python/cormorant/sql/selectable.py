"""SELECT and what is made of it: unions, subqueries, EXISTS, scalar subqueries."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .. import _core, exc, util
from .._late import late_names
from . import elements, visitors
from .base import ClauseElement, KeyContext, clone_of, memoized
from .base import ExecutableReturnsRows as ExecutableReturnsRows
from .coercions import (
    expect_column,
    expect_columns,
    expect_from,
    expect_join_target,
    expect_on,
    expect_where,
)
from .column_collections import ColumnCollection
from .elements import BooleanClauseList, ColumnElement, Label
from .fromclause import (
    CTE,
    Alias,
    AliasedReturnsRows,
    FromClause,
    FromGrouping,
    Join,
    Lateral,
    NamedFromClause,
    ReturnsRows,
    Selectable,
    Subquery,
    TableClause,
    same_from,
)
from .join_conditions import join_condition
from .labels import column_keys, columns_plus_names
from .names import as_label
from .select_base import (
    KEY_PARTS,
    LABEL_STYLE_DEFAULT,
    LABEL_STYLE_DISAMBIGUATE_ONLY,
    LABEL_STYLE_NONE,
    LABEL_STYLE_TABLENAME_PLUS_COL,
    RARE,
    ForUpdateArg,
    ForUpdateParameter,
    GenerativeSelect,
    HasCTE,
    HasPrefixes,
    HasSuffixes,
    SelectBase,
    SelectLabelStyle,
)
from .typed_operators import TypedReturnsRows

if TYPE_CHECKING:
    from typing import Self

    from .expression import _Selected

__all__ = [
    "CTE",
    "LABEL_STYLE_DEFAULT",
    "LABEL_STYLE_DISAMBIGUATE_ONLY",
    "LABEL_STYLE_NONE",
    "LABEL_STYLE_TABLENAME_PLUS_COL",
    "Alias",
    "AliasedReturnsRows",
    "CompoundSelect",
    "ExecutableReturnsRows",
    "Exists",
    "ForUpdateArg",
    "ForUpdateParameter",
    "FromClause",
    "FromGrouping",
    "GenerativeSelect",
    "HasCTE",
    "HasPrefixes",
    "HasSuffixes",
    "Join",
    "Lateral",
    "NamedFromClause",
    "ReturnsRows",
    "ScalarSelect",
    "ScalarValues",
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


_T1 = TypeVar("_T1")
_T2 = TypeVar("_T2")
_T3 = TypeVar("_T3")
_T4 = TypeVar("_T4")
_Row_co = TypeVar("_Row_co", bound=tuple[Any, ...], covariant=True)


def selected_by(raw_columns: Iterable[Any]) -> list[Any]:
    """The columns that a SELECT of columns, FROMs and entities has."""
    found: list[Any] = []
    for c in raw_columns:
        if c._is_from_clause:
            entity = c._annotations.get("parententity")
            own = None if entity is None else entity._own_columns
            found.extend(c._select_iterable if own is None else own)
        elif c.__visit_name__ == "clauselist" and not c._is_column:
            found += selected_by(c.clauses)
        else:
            found.append(c)
    return found


# what few SELECTs say
_RARE = frozenset(
    [
        "_from_obj",
        "_having_criteria",
        "_distinct",
        "_auto_correlate",
        "_prefixes",
        "_suffixes",
        "_hints",
        "_statement_hints",
    ]
)


class Select(HasPrefixes, HasSuffixes, GenerativeSelect, TypedReturnsRows[_Row_co]):
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
        "_for_update_arg",
        "_correlate",
        "_correlate_except",
    )

    _raw_columns: Sequence[Any] = ()
    _from_obj: tuple[Any, ...] = ()
    _where_criteria: tuple[Any, ...] = ()
    _having_criteria: tuple[Any, ...] = ()
    _setup_joins: tuple[Any, ...] = ()
    #: how many joins filter_by() does not speak of any more
    _joins_passed = 0
    #: entities that with_only_columns() has taken away: options may name them still
    _former_entities: tuple[Any, ...] = ()
    _distinct = False
    _distinct_on: tuple[Any, ...] = ()
    _correlate: tuple[Any, ...] = ()
    _correlate_except: tuple[Any, ...] | None = None
    _auto_correlate = True
    _hints: tuple[Any, ...] = ()
    _memoized_select_entities: tuple[Any, ...] = ()

    def __init__(self, *entities: Any) -> None:
        found: list[Any] = []
        for entity in entities:
            if entity.__class__ is not _Column and not isinstance(entity, ColumnElement):
                # a mapped class or an attribute of one, with few calls
                if isinstance(entity, type):
                    mapper = entity.__dict__.get("__mapper__")
                    entity = expect_column(entity) if mapper is None else mapper._element
                else:
                    column: Any = entity
                    if isinstance(entity, _core.Attribute):
                        column = entity._element  # type: ignore[attr-defined]
                    if not isinstance(column, ColumnElement):
                        found += expect_columns(entity)
                        continue
                    entity = column
            found.append(entity)
        self._raw_columns = found

    # --- what is selected ------------------------------------------------------------
    def add_columns(self, *entities: Any) -> Select[Any]:
        """Select more columns."""
        c = self._generate()
        c._raw_columns = [*self._raw_columns, *[c for e in entities for c in expect_columns(e)]]
        return c

    def column(self, column: Any) -> Select[Any]:
        """add_columns() of one."""
        util.warn_deprecated(
            "The Select.column() method is deprecated and will be removed in a future release.  "
            "Please use Select.add_columns() (deprecated since: 1.4)",
            version="1.4",
        )
        return self.add_columns(column)

    @overload
    def with_only_columns(
        self, _0: _Selected[_T1], /, *, maintain_column_froms: bool = ...
    ) -> Select[tuple[_T1]]: ...
    @overload
    def with_only_columns(
        self, _0: _Selected[_T1], _1: _Selected[_T2], /, *, maintain_column_froms: bool = ...
    ) -> Select[tuple[_T1, _T2]]: ...
    @overload
    def with_only_columns(
        self,
        _0: _Selected[_T1],
        _1: _Selected[_T2],
        _2: _Selected[_T3],
        /,
        *,
        maintain_column_froms: bool = ...,
    ) -> Select[tuple[_T1, _T2, _T3]]: ...
    @overload
    def with_only_columns(
        self,
        _0: _Selected[_T1],
        _1: _Selected[_T2],
        _2: _Selected[_T3],
        _3: _Selected[_T4],
        /,
        *,
        maintain_column_froms: bool = ...,
    ) -> Select[tuple[_T1, _T2, _T3, _T4]]: ...
    @overload
    def with_only_columns(
        self, *entities: Any, maintain_column_froms: bool = ...
    ) -> Select[Any]: ...
    def with_only_columns(self, *entities: Any, maintain_column_froms: bool = False) -> Select[Any]:
        """Select these entities instead.

        maintain_column_froms: keep the FROM clauses of the columns that there were.
        """
        c = self._generate()
        if maintain_column_froms:
            c = c.select_from(*self.columns_clause_froms)
        if len(entities) == 1 and isinstance(entities[0], (list, tuple)):
            raise exc.ArgumentError(
                'The "entities" argument to Select.with_only_columns(), when referring to a '
                "sequence of items, is now passed as a series of positional elements, rather "
                "than as a list. "
            )
        if self._setup_joins and not self._from_obj:
            c._setup_joins = self._joins_with_left_side()
        c._joins_passed = len(c._setup_joins)
        if self._with_options:
            found = [column._annotations.get("parententity") for column in self._raw_columns]
            former = [entity for entity in found if entity is not None]
            c._former_entities = (*self._former_entities, *former)
        c._raw_columns = [column for e in entities for column in expect_columns(e)]
        return c

    def _joins_with_left_side(self) -> tuple[Any, ...]:
        """The joins, the first of which says what it joins to if the columns do: other columns
        may not tell."""
        target, onclause, from_, flags = self._setup_joins[0]
        said = from_ is not None or hasattr(target, "property") or hasattr(onclause, "property")
        froms: dict[int, Any] = {}
        for column in () if said else self._raw_columns:
            parts = [part._annotations.get("parententity") for part in visitors.iterate(column)]
            entities = [entity for entity in parts if entity is not None]
            found = [entity.__clause_element__() for entity in entities] or column._from_objects
            froms.update((hash(each), each) for each in found)
        if len(froms) > 1 and onclause is not None:
            meant = {hash(each) for each in onclause._from_objects}
            froms = {key: each for key, each in froms.items() if key in meant}
        if len(froms) != 1:
            return self._setup_joins
        (left,) = froms.values()
        return ((target, onclause, left, flags), *self._setup_joins[1:])

    def distinct(self, *expr: Any) -> Self:
        """``DISTINCT``; with expressions (expr) PostgreSQL's ``DISTINCT ON``."""
        c = self._generate()
        c._distinct = True
        if expr:
            from .coercions import expect_by_of

            c._distinct_on = self._distinct_on + tuple([expect_by_of(e) for e in expr])
        return c

    # --- criteria ----------------------------------------------------------------------
    def where(self, *criteria: Any) -> Self:
        """``WHERE``; repeated calls and several criteria are joined by AND."""
        if len(criteria) == 1:
            criterion = criteria[0]
            if not isinstance(criterion, ColumnElement):
                criterion = expect_where(criterion)
            return self._generate_more("_where_criteria", criterion)
        c = self._generate()
        c._where_criteria = (*self._where_criteria, *[expect_where(x) for x in criteria])
        return c

    def filter(self, *criteria: Any) -> Self:
        """where()."""
        return self.where(*criteria)

    def filter_by(self, **kw: Any) -> Self:
        """``WHERE`` equalities on the last joined, else the first, entity.

        kw: values by attribute. Raises exc.InvalidRequestError for what is no attribute of it.
        """
        entity = self._filter_by_zero()
        return self.where(*[namespace_key(entity, k) == v for k, v in kw.items()])

    def _filter_by_zero(self) -> Any:
        if len(self._setup_joins) > self._joins_passed:
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
        """``JOIN`` the target to what is already selected from.

        target: a relationship attribute, which says all; or an entity or table. onclause: its
        condition, or a relationship; foreign keys say it otherwise. isouter: a ``LEFT OUTER JOIN``;
        full: a ``FULL OUTER JOIN``. Raises exc.InvalidRequestError if there is no way, or more than
        one, when compiled.
        """
        return self._add_join(target, onclause, None, isouter, full)

    def outerjoin(self, target: Any, onclause: Any = None, *, full: bool = False) -> Self:
        """``LEFT OUTER JOIN`` of the target; onclause and full as for join()."""
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
        """``JOIN`` the target to a FROM given here, from_; onclause, isouter and full as for
        join().
        """
        return self._add_join(target, onclause, expect_from(from_), isouter, full)

    def outerjoin_from(
        self, from_: Any, target: Any, onclause: Any = None, *, full: bool = False
    ) -> Self:
        """``LEFT OUTER JOIN`` the target to a FROM given here, from_; onclause and full as for
        join().
        """
        return self._add_join(target, onclause, expect_from(from_), True, full)

    def _add_join(self, target: Any, onclause: Any, from_: Any, isouter: bool, full: bool) -> Self:
        mapper = target.__dict__.get("__mapper__") if isinstance(target, type) else None
        target = expect_join_target(target) if mapper is None else mapper._element
        if onclause is not None and not isinstance(onclause, ColumnElement):
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

    def reduce_columns(self, only_synonyms: bool = True) -> Select[Any]:
        """Without columns equal to others through foreign keys."""
        from .util import reduce_columns

        return self.with_only_columns(
            *reduce_columns(
                self._all_selected_columns,
                only_synonyms,
                *self._where_criteria,
                *self._from_obj,
            )
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

        found = FromState(self._as_core(toplevel=True)).display(None, None)
        return [each._deannotate() if each._is_annotated else each for each in found]

    @property
    def columns_clause_froms(self) -> Sequence[FromClause]:
        """The FROM clauses that the columns imply."""
        found: list[Any] = []
        for c in self._raw_columns:
            entity = c._annotations.get("parententity")
            # All tables of an entity, which says what else belongs to it: criteria, joins.
            for f in c._from_objects if entity is None else [entity.__clause_element__()]:
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
        if not fromclauses or fromclauses[0] is None or fromclauses[0] is False:
            if len(fromclauses) > 1:
                raise exc.ArgumentError(
                    "additional FROM objects not accepted when passing None/False to correlate()"
                )
            c._correlate = ()
        else:
            c._correlate = self._correlate + tuple([expect_from(f) for f in fromclauses])
        return c

    def correlate_except(self, *fromclauses: Any) -> Self:
        """Leave all FROMs but these to the enclosing SELECT."""
        c = self._generate()
        c._auto_correlate = False
        if not fromclauses or fromclauses[0] is None or fromclauses[0] is False:
            if len(fromclauses) > 1:
                raise exc.ArgumentError(
                    "additional FROM objects not accepted when passing None/False to "
                    "correlate_except()"
                )
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
    def _compound(self, keyword: str, others: tuple[Any, ...]) -> CompoundSelect[_Row_co]:
        from .select_forms import CompoundSelect

        return CompoundSelect(keyword, self, *others)

    def union(self, *other: Any) -> CompoundSelect[_Row_co]:
        """``UNION``."""
        return self._compound("UNION", other)

    def union_all(self, *other: Any) -> CompoundSelect[_Row_co]:
        """``UNION ALL``."""
        return self._compound("UNION ALL", other)

    def except_(self, *other: Any) -> CompoundSelect[_Row_co]:
        """``EXCEPT``."""
        return self._compound("EXCEPT", other)

    def except_all(self, *other: Any) -> CompoundSelect[_Row_co]:
        """``EXCEPT ALL``."""
        return self._compound("EXCEPT ALL", other)

    def intersect(self, *other: Any) -> CompoundSelect[_Row_co]:
        """``INTERSECT``."""
        return self._compound("INTERSECT", other)

    def intersect_all(self, *other: Any) -> CompoundSelect[_Row_co]:
        """``INTERSECT ALL``."""
        return self._compound("INTERSECT ALL", other)

    # --- columns ----------------------------------------------------------------------------
    @property
    def _all_selected_columns(self) -> Sequence[Any]:
        return selected_by(self._raw_columns)

    @property
    def inner_columns(self) -> Iterator[Any]:
        """The columns it will select."""
        return iter(self._all_selected_columns)

    @memoized
    def selected_columns(self) -> Any:
        plain = self._as_core()
        keys = column_keys(self._label_style)
        return ColumnCollection(
            [(keys(c), c) for c in plain._all_selected_columns if not c._is_text_clause]
        ).as_readonly()

    @property
    def column_descriptions(self) -> Any:
        """What each column of the statement is."""
        if self._orm:
            from ..orm import context

            return context.column_descriptions(self)
        keys = column_keys(self._label_style)
        return [
            {"name": keys(column), "type": column.type, "expr": column}
            for column in self._all_selected_columns
        ]

    def _as_core(self, toplevel: bool = False, options: Any = ()) -> Select[Any]:
        """The SELECT without mapped classes in it: as a part of a statement that has options,
        or as it is run by a Session, with what its loader options add."""
        if self._orm:
            from ..orm.context import core_select

            return core_select(self, toplevel, options)  # type: ignore[no-any-return]
        return self

    def _columns_plus_names(self, anon_for_dupe: bool) -> list[tuple[Any, ...]]:
        return columns_plus_names(self._all_selected_columns, self._label_style, anon_for_dupe)

    def _populate_subquery(self, subquery: Any, columns: ColumnCollection[Any]) -> None:
        plain = self._as_core()
        style = plain._label_style
        keys = column_keys(LABEL_STYLE_DISAMBIGUATE_ONLY if style is LABEL_STYLE_NONE else style)
        for required, _proxy, _fallback, c, _repeated in plain._columns_plus_names(False):
            if c._is_text_clause:
                continue
            key, proxy = c._make_proxy(subquery, name=required, key=keys(c))
            if not isinstance(c, Label):  # others have the name that was asked for
                proxy.name = as_label(proxy.name)
            columns._append(key, proxy)

    def _subquery_element(self) -> Any:
        if self._label_style is LABEL_STYLE_NONE:
            return self.set_label_style(LABEL_STYLE_DISAMBIGUATE_ONLY)
        return self

    def self_group(self, against: Any = None) -> Any:
        if isinstance(against, str) and not self._needs_parens():
            return self
        from .select_forms import SelectStatementGrouping

        return SelectStatementGrouping(self)

    # --- traversal and key ---------------------------------------------------------------------
    def get_children(self, *, omit_attrs: Any = (), **kw: Any) -> Iterator[Any]:
        # what it is selected from comes last, with the tables that columns stand for
        yield from super().get_children(omit_attrs=("_from_obj", "_correlate", "_correlate_except"))
        for target, onclause, from_, _flags in self._setup_joins:
            for x in (target, onclause, from_):
                if isinstance(x, ClauseElement):
                    yield x
        froms = [f for c in (*self._raw_columns, *self._where_criteria) for f in c._from_objects]
        yield from {id(f): f for f in (*froms, *self._from_obj)}.values()

    def _copy_internals(self, clone: Any = clone_of) -> None:
        super()._copy_internals(clone)
        if self._setup_joins:

            def maybe(x: Any) -> Any:
                return clone(x) if isinstance(x, ClauseElement) else x

            self._setup_joins = tuple(
                [(maybe(t), maybe(o), maybe(f), flags) for t, o, f, flags in self._setup_joins]
            )

    def _key_of_rest(self, ctx: KeyContext, key: list[Any]) -> None:
        """The part of the key that most statements have nothing in."""
        super()._key_of_rest(ctx, key)
        get = self.__dict__.get
        x = get("_from_obj")
        if x:
            key.append(("from", *[f._cache_key(ctx) for f in x]))
        x = get("_having_criteria")
        if x:
            key.append(("having", *[w._cache_key(ctx) for w in x]))
        if self._distinct:
            key.append(("distinct", *[e._cache_key(ctx) for e in self._distinct_on]))
        if not self._auto_correlate:
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

    @staticmethod
    def _join_key(part: Any, ctx: KeyContext) -> Any:
        return _part_key(part, ctx)

    _cache_key = _core.KeyRecipe(
        "select",
        (
            (_core.KEY_CHILDREN, "_raw_columns"),
            (_core.KEY_MAY_CHILDREN, "_where_criteria"),
            (_core.KEY_MAY_JOINS, "_setup_joins"),
            *KEY_PARTS,
        ),
        rare=_RARE | RARE,
        rest=_key_of_rest,
    )


def _part_key(part: Any, ctx: KeyContext) -> Any:
    """The key of a part of a join that has no recipe, such as a relationship attribute."""
    if isinstance(part, ClauseElement):
        return part._cache_key(ctx)
    ctx.orm = True
    make = getattr(type(part), "_cache_key", None)
    if make is not None:
        return make(part, ctx)
    parent = part._parententity
    if getattr(parent, "is_aliased_class", False):
        parent = parent._cache_key(ctx)
    of_type = part._of_type
    if of_type is not None and getattr(of_type, "is_aliased_class", False):
        of_type = of_type._cache_key(ctx)
    return (parent, part.key, of_type, tuple([c._cache_key(ctx) for c in part._extra_criteria]))


def entity_namespace(entity: Any) -> Any:
    """Where filter_by() looks names up: of an expression, that of what is in it first."""
    try:
        return entity.entity_namespace
    except exc.InvalidRequestError:
        for element in visitors.iterate(entity):
            if element is not entity:
                with contextlib.suppress(exc.InvalidRequestError):
                    return element.entity_namespace
        raise


def namespace_key(entity: Any, key: str) -> Any:
    """A column of an entity by name, for filter_by()."""
    try:
        namespace = entity_namespace(entity)
        return getattr(namespace, key)
    except (AttributeError, exc.InvalidRequestError) as err:
        raise exc.InvalidRequestError(
            f'Entity namespace for "{entity}" has no property "{key}"'
        ) from err


_Column = elements.ColumnClause

_cls: type
for _cls in (CTE, Alias, AliasedReturnsRows, FromClause, FromGrouping, Join, Lateral,
             NamedFromClause, ReturnsRows, Selectable, Subquery, TableClause):  # fmt: skip
    _cls.__module__ = __name__


def _select_kw_error(kw: dict[str, Any]) -> None:
    raise exc.ArgumentError(
        "Additional keyword arguments are not accepted by this function/method.  The presence of "
        "**kw is for pep-484 typing purposes"
    )


if TYPE_CHECKING:
    from .functions import TableValuedAlias as TableValuedAlias
    from .select_forms import CompoundSelect as CompoundSelect
    from .select_forms import Exists as Exists
    from .select_forms import ScalarSelect as ScalarSelect
    from .select_forms import ScalarValues as ScalarValues
    from .select_forms import SelectStatementGrouping as SelectStatementGrouping
    from .select_forms import TableSample as TableSample
    from .select_forms import TextualSelect as TextualSelect
    from .select_forms import Values as Values
else:
    __getattr__ = late_names(
        __name__,
        {
            ".functions": "TableValuedAlias",
            ".select_forms": (
                "CompoundSelect Exists ScalarSelect ScalarValues SelectStatementGrouping "
                "TableSample TextualSelect Values"
            ),
        },
    )
