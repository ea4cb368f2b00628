"""What a SELECT selects from: tables, joins, aliases, subqueries, CTEs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from .. import exc
from .._late import late_function
from . import operators
from .base import AnonName, ClauseElement, KeyContext, clone_of, memoized, next_serial
from .coercions import expect_from, expect_on
from .column_collections import ColumnCollection, ReadOnlyColumnCollection

if TYPE_CHECKING:
    from typing import Self

    from .column_element import ColumnClause
    from .dml import Delete, Insert, Update
    from .elements import KeyedColumnElement
    from .selectable import Select

_Insert = late_function(__name__, "_Insert", ".dml", "Insert")
_Update = late_function(__name__, "_Update", ".dml", "Update")
_Delete = late_function(__name__, "_Delete", ".dml", "Delete")
_Select = late_function(__name__, "_Select", ".selectable", "Select")


class ReturnsRows(ClauseElement):
    """Tables and statements that have columns."""

    _is_returns_rows = True
    is_selectable = True

    @property
    def selectable(self) -> Any:
        """The construct itself."""
        return self

    @property
    def exported_columns(self) -> Any:
        """The columns as a subquery would have them."""
        raise NotImplementedError


class Selectable(ReturnsRows):
    """Base of FROM clauses and SELECTs."""

    __visit_name__ = "selectable"


class FromClause(Selectable):
    """Something that can be in FROM and has columns."""

    __visit_name__ = "fromclause"
    _is_from_clause = True
    named_with_column = False
    schema: str | None = None
    name: Any
    _is_subquery = False
    _is_lateral = False
    _is_alias = False

    @memoized
    def _columns(self) -> ColumnCollection[Any]:
        if self._is_annotated:
            return self._original._columns  # type: ignore[attr-defined,no-any-return]
        columns: ColumnCollection[Any] = ColumnCollection()
        self._populate(columns)
        return columns

    def _populate(self, columns: ColumnCollection[Any]) -> None:
        """Fill the collection of columns, when first asked for."""

    @memoized
    def c(self) -> ReadOnlyColumnCollection[KeyedColumnElement[Any]]:
        """The columns."""
        return self._columns._readonly_view

    @property
    def columns(self) -> ReadOnlyColumnCollection[KeyedColumnElement[Any]]:
        """The columns."""
        return self.c

    @property
    def exported_columns(self) -> ReadOnlyColumnCollection[Any]:
        """The columns."""
        return self.c

    @property
    def _select_iterable(self) -> Iterable[Any]:
        return [c for c in self.c if not c._omit_from_statements]

    @property
    def primary_key(self) -> Any:
        """The columns of the primary key."""
        return ColumnSet([c for c in self.c if c.primary_key])

    @property
    def foreign_keys(self) -> Any:
        """Foreign keys of the columns."""
        return {fk for c in self.c for fk in c.foreign_keys}

    @property
    def _from_objects(self) -> Sequence[FromClause]:  # type: ignore[override]
        return (self,)

    @property
    def entity_namespace(self) -> Any:
        if self._is_annotated:
            entity = self._annotations.get("parententity") or self._annotations.get("entity")
            namespace = getattr(entity, "entity_namespace", None)
            if namespace is not None:
                return namespace
        return self.c

    @property
    def description(self) -> Any:
        """A short name for messages."""
        return getattr(self, "name", type(self).__name__ + " object")

    def select(self) -> Select[Any]:
        """``SELECT`` all columns from this."""
        return _Select(self)  # type: ignore[no-any-return]

    def join(
        self, right: Any, onclause: Any = None, isouter: bool = False, full: bool = False
    ) -> Join:
        """``JOIN``."""
        return Join(self, right, onclause, isouter, full)

    def outerjoin(self, right: Any, onclause: Any = None, full: bool = False) -> Join:
        """``LEFT OUTER JOIN``."""
        return Join(self, right, onclause, True, full)

    def alias(self, name: str | None = None, flat: bool = False) -> Any:
        """An alias of this."""
        return Alias._construct(self, name)

    def tablesample(self, sampling: Any, name: str | None = None, seed: Any = None) -> Any:
        """``TABLESAMPLE``."""
        from .selectable import TableSample

        return TableSample._construct(self, name, sampling=sampling, seed=seed)

    def lateral(self, name: str | None = None) -> Any:
        """``LATERAL`` of this."""
        return Lateral._construct(self, name)

    def is_derived_from(self, fromclause: Any) -> bool:
        """Whether this is, or is made from, a FROM clause."""
        return same_from(fromclause, self)

    def _is_lexical_equivalent(self, other: Any) -> bool:
        return same_from(other, self)

    def corresponding_column(self, column: Any, require_embedded: bool = False) -> Any:
        """The column here that is derived from the same column as `column`."""
        return self.c.corresponding_column(column, require_embedded)

    def _anonymous_fromclause(self, name: str | None = None, flat: bool = False) -> Any:
        return self.alias(name=name)

    def _join_group(self) -> Any:
        """How it stands as the right side of a join."""
        return self.self_group()

    def _refresh_for_new_column(self, column: Any) -> None:
        self.__dict__.pop("_columns", None)
        self.__dict__.pop("c", None)

    def table_valued(self) -> Any:
        """The whole row as one column expression."""
        from .select_forms import TableValuedColumn

        return TableValuedColumn(self)


def _name_within(side: Any, name: str | None) -> str | None:
    """The name of one side of a join whose alias has a name: that and its own; None of a side
    whose name is yet to be made."""
    own = getattr(side, "name", None)
    if name is None or isinstance(own, AnonName):
        return None
    return name if own is None else f"{name}_{own}"


def same_from(a: Any, b: Any) -> bool:
    """Whether two are the same FROM, annotated or not."""
    return a is b or (a is not None and b is not None and hash(a) == hash(b))


class ColumnSet(ReadOnlyColumnCollection[Any]):
    """Columns of a primary key, iterable and with names."""

    __slots__ = ()

    def __init__(self, columns: Iterable[Any]) -> None:
        super().__init__([(c.key, c) for c in columns])

    @property
    def columns(self) -> ColumnSet:
        """The columns."""
        return self

    def __repr__(self) -> str:
        return f"ColumnSet({[c for _, c in self._all]!r})"


class NamedFromClause(FromClause):
    """A FROM element that its columns can be told by the name of."""

    named_with_column = True


class TableClause(NamedFromClause):
    """A table by name: `table()`, and the base of schema.Table."""

    __visit_name__ = "table"
    _is_table = True
    implicit_returning = False
    _immutable = True
    _use_schema_map = False
    """Its schema goes by the name that a ``schema_translate_map`` has for it; of a table that is
    no Table it stays as it is written."""
    _own_key: Any = None
    if TYPE_CHECKING:
        # a collection is invariant, but nothing else can get into it
        @property
        def c(self) -> ReadOnlyColumnCollection[ColumnClause[Any]]: ...  # type: ignore[override]
        @property
        def columns(self) -> ReadOnlyColumnCollection[ColumnClause[Any]]: ...  # type: ignore[override]

    # a Table of a MetaData: known by identity, the other ones by what they say
    _schema_object = False

    def __init__(self, name: str, *columns: Any, **kw: Any) -> None:
        self.name = name
        self._columns = ColumnCollection()
        for c in columns:
            self.append_column(c)
        schema = kw.pop("schema", None)
        if schema is not None:
            self.schema = schema
        if self.schema is not None:
            self.fullname = f"{self.schema}.{self.name}"
        else:
            self.fullname = self.name
        if kw:
            raise exc.ArgumentError(f"Unsupported argument(s): {list(kw)}")

    def append_column(self, c: Any) -> None:
        """Add a column."""
        existing = c.table
        if existing is not None and existing is not self:
            raise exc.ArgumentError(
                f"column object '{c.key}' already assigned to table '{existing}'"
            )
        self._columns.add(c)
        c.table = self

    def insert(self) -> Insert:
        """``INSERT``."""
        return _Insert(self)  # type: ignore[no-any-return]

    def update(self) -> Update:
        """``UPDATE``."""
        return _Update(self)  # type: ignore[no-any-return]

    def delete(self) -> Delete:
        """``DELETE``."""
        return _Delete(self)  # type: ignore[no-any-return]

    def __str__(self) -> str:
        return self.fullname if self.schema else str(self.name)

    def _cache_key(self, ctx: KeyContext) -> Any:
        key = self._own_key
        if key is not None:
            return key
        if self._is_annotated:
            return self._original._cache_key(ctx)  # type: ignore[attr-defined]
        if self._schema_object:
            self._own_key = key = next_serial()
            return key
        n, new = ctx.number(self)
        if not new:
            return (TableClause, n)
        return (
            TableClause,
            n,
            self.name,
            getattr(self.name, "quote", None),
            self.schema,
            tuple(
                [
                    (c.name, getattr(c.name, "quote", None), c.key, c.type._static_cache_key)
                    for c in self.c
                ]
            ),
        )


class Join(FromClause):
    """``left JOIN right ON …``."""

    __visit_name__ = "join"
    _is_join = True
    _traverse_attrs = ("left", "right", "onclause")

    def __init__(
        self,
        left: Any,
        right: Any,
        onclause: Any = None,
        isouter: bool = False,
        full: bool = False,
    ) -> None:
        self.left = expect_from(left)
        self.right = expect_from(right)._join_group()
        if onclause is None:
            self.onclause = self._match_primaries(self.left, self.right)
        else:
            self.onclause = expect_on(onclause).self_group(against=operators._asbool)
        self.isouter = isouter
        self.full = full

    def join(
        self, right: Any, onclause: Any = None, isouter: bool = False, full: bool = False
    ) -> Join:
        """``JOIN``; along a relationship attribute too, after a join of mapped classes."""
        if getattr(onclause, "is_attribute", False):
            from ..orm.util import join

            return join(self, right, onclause, isouter, full)  # type: ignore[no-any-return]
        return super().join(right, onclause, isouter, full)

    def outerjoin(self, right: Any, onclause: Any = None, full: bool = False) -> Join:
        """``LEFT OUTER JOIN``."""
        return self.join(right, onclause, True, full)

    def select(self) -> Select[Any]:
        """``SELECT`` all columns of both sides from the join, which stays with other columns."""
        return _Select(self.left, self.right).select_from(self)  # type: ignore[no-any-return]

    @classmethod
    def _of(cls, left: Any, right: Any, onclause: Any, isouter: bool, full: bool) -> Join:
        """A join of parts already coerced, its ON clause as it is (None: none)."""
        self = cls.__new__(cls)
        self.left = left
        self.right = right._join_group()
        self.onclause = onclause
        self.isouter = isouter
        self.full = full
        return self

    @property
    def description(self) -> str:
        return (
            f"Join object on {self.left.description}({id(self.left)}) and "
            f"{self.right.description}({id(self.right)})"
        )

    def is_derived_from(self, fromclause: Any) -> bool:
        return (
            same_from(fromclause, self)
            or self.left.is_derived_from(fromclause)
            or self.right.is_derived_from(fromclause)
        )

    @property
    def primary_key(self) -> Any:
        """The columns of the primary key, those left out that are equal to others of it."""
        from .util import reduce_columns

        keys = [c for c in self.c if c.primary_key]
        return ColumnSet(reduce_columns(keys, False, self.onclause))

    def self_group(self, against: Any = None) -> Any:
        return FromGrouping(self)

    def _populate(self, columns: ColumnCollection[Any]) -> None:
        for c in [*self.left.c, *self.right.c]:
            label = c._tq_label
            key = c.key
            if c.table is not None and c.table.named_with_column and isinstance(c.table.name, str):
                prefix = f"{c.table.schema.replace('.', '_')}_" if c.table.schema else ""
                key = f"{prefix}{c.table.name}_{c.key}"
            columns._append(key if key is not None else label, c)

    @property
    def _select_iterable(self) -> Iterable[Any]:
        return [*self.left._select_iterable, *self.right._select_iterable]

    def _match_primaries(self, left: Any, right: Any) -> Any:
        subset = left.right if isinstance(left, Join) else None
        from .join_conditions import join_condition

        return join_condition(left, right, subset)

    @property
    def _from_objects(self) -> Sequence[FromClause]:  # type: ignore[override]
        return [self, *self.left._from_objects, *self.right._from_objects]

    @property
    def _hide_froms(self) -> Sequence[FromClause]:  # type: ignore[override]
        return [
            *self.left._from_objects,
            *self.left._hide_froms,
            *self.right._from_objects,
            *self.right._hide_froms,
        ]

    def _anonymous_fromclause(self, name: str | None = None, flat: bool = False) -> Any:
        return self.alias(name=name, flat=flat)

    def alias(self, name: str | None = None, flat: bool = False) -> Any:
        if flat:
            left, right = (
                side.alias(name=_name_within(side, name), flat=True)
                for side in (self.left, self.right)
            )
            from .util import ClauseAdapter

            adapter = ClauseAdapter(left).chain(ClauseAdapter(right))
            return Join(left, right, adapter.traverse(self.onclause), self.isouter, self.full)
        return self.select().set_label_style(_tablename_plus_col()).subquery(name)

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (
            Join,
            self.left._cache_key(ctx),
            self.right._cache_key(ctx),
            None if self.onclause is None else self.onclause._cache_key(ctx),
            self.isouter,
            self.full,
        )


def _compound(keyword: str, *selects: Any) -> Any:
    from .selectable import CompoundSelect

    return CompoundSelect(keyword, *selects)


def _tablename_plus_col() -> Any:
    from .selectable import LABEL_STYLE_TABLENAME_PLUS_COL

    return LABEL_STYLE_TABLENAME_PLUS_COL


class FromGrouping(FromClause):
    """A FROM in parentheses."""

    __visit_name__ = "grouping"
    _traverse_attrs = ("element",)
    _is_implicitly_boolean = False

    def __init__(self, element: Any) -> None:
        self.element = element

    @property
    def named_with_column(self) -> bool:  # type: ignore[override]
        return self.element.named_with_column  # type: ignore[no-any-return]

    @property
    def name(self) -> Any:
        """The name of what is in parentheses."""
        return self.element.name

    @property
    def description(self) -> str:
        return self.element.description  # type: ignore[no-any-return]

    @property
    def c(self) -> Any:
        return self.element.c

    @property
    def _columns(self) -> Any:
        return self.element._columns

    @property
    def _select_iterable(self) -> Iterable[Any]:
        return self.element._select_iterable  # type: ignore[no-any-return]

    def is_derived_from(self, fromclause: Any) -> bool:
        return self.element.is_derived_from(fromclause)  # type: ignore[no-any-return]

    def alias(self, name: str | None = None, flat: bool = False) -> Any:
        return FromGrouping(self.element.alias(name=name, flat=flat))

    @property
    def _from_objects(self) -> Sequence[FromClause]:  # type: ignore[override]
        return self.element._from_objects  # type: ignore[no-any-return]

    @property
    def _hide_froms(self) -> Sequence[FromClause]:  # type: ignore[override]
        return self.element._hide_froms  # type: ignore[no-any-return]

    def self_group(self, against: Any = None) -> Any:
        return self

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (FromGrouping, self.element._cache_key(ctx))


class AliasedReturnsRows(NamedFromClause):
    """A named (perhaps anonymously) form of another FROM or of a SELECT."""

    _is_alias = True
    _traverse_attrs: tuple[str, ...] = ("element",)

    def __init__(self, *args: Any, **kw: Any) -> None:
        kind = type(self).__name__
        raise NotImplementedError(
            f"The {kind} class is not intended to be constructed directly.  Please use the "
            f"{kind.lower()}() standalone function or the {kind.lower()}() method available from "
            "appropriate selectable objects."
        )

    @classmethod
    def _construct(cls, selectable: Any, name: Any = None, **kw: Any) -> Self:
        self = cls.__new__(cls)
        self._setup(selectable, name, **kw)
        return self

    def _setup(self, selectable: Any, name: Any = None) -> None:
        self.element = selectable
        if name is None:
            base = None
            if selectable._is_from_clause and selectable.named_with_column:
                base = selectable.name
            if base is None or isinstance(base, AnonName):
                base = "anon"
            name = AnonName(self, base)
        self.name = name

    @property
    def original(self) -> Any:
        """What is aliased."""
        return self.element

    @property
    def implicit_returning(self) -> bool:
        """Whether INSERTs of what it stands for may fetch generated keys by RETURNING."""
        return getattr(self.element, "implicit_returning", False)

    @property
    def description(self) -> str:
        name = self.name
        if isinstance(name, AnonName):
            of = getattr(self.element, "description", None)  # None: of a SELECT
            if of is None and not self._is_lateral:
                return "anon_1"
            return f"Anonymous alias of {of or 'anon_1'}"
        return name  # type: ignore[no-any-return]

    def _populate(self, columns: ColumnCollection[Any]) -> None:
        element = self.element
        if element._is_from_clause:
            for column in element.c:
                key, proxy = column._make_proxy(self)
                columns._append(column.key if column.key is not None else key, proxy)
        else:
            element._populate_subquery(self, columns)

    def is_derived_from(self, fromclause: Any) -> bool:
        if same_from(fromclause, self):
            return True
        return self.element.is_derived_from(fromclause)  # type: ignore[no-any-return]

    def _copy_internals(self, clone: Callable[[Any], Any] = clone_of) -> None:
        element = clone(self.element)
        if element is not self.element:
            self.element = element
            self.__dict__.pop("_columns", None)
            self.__dict__.pop("c", None)

    @property
    def _ident(self) -> Any:
        return self._original if self._is_annotated else self  # type: ignore[attr-defined]

    def _cache_key(self, ctx: KeyContext) -> Any:
        n, new = ctx.number(self._ident)
        if not new:
            return (AliasedReturnsRows, n)
        name = self.name
        if isinstance(name, AnonName):
            name = (ctx.number(name.seed)[0], name.base)
        return (
            self.__class__ if not self._is_annotated else self.__class__.__mro__[2],
            n,
            name,
            getattr(name, "quote", None),
            self._key_extra(ctx),
            self.element._cache_key(ctx),
        )

    def _key_extra(self, ctx: KeyContext) -> Any:
        return None

    def _clone(self, **kw: Any) -> Self:
        c = super()._clone()
        name = self.name
        if isinstance(name, AnonName) and name.seed is self:
            c.name = name  # the copy stands for the original and keeps its name
        return c


class Alias(AliasedReturnsRows):
    """``table AS name``."""

    __visit_name__ = "alias"

    @classmethod
    def _factory(cls, selectable: Any, name: str | None = None, flat: bool = False) -> Any:
        return expect_from(selectable).alias(name=name, flat=flat)


class Lateral(AliasedReturnsRows):
    """``LATERAL (…) AS name``."""

    __visit_name__ = "lateral"
    _is_lateral = True
    _is_subquery = True


class Subquery(AliasedReturnsRows):
    """``(SELECT …) AS name``."""

    __visit_name__ = "subquery"
    _is_subquery = True

    def as_scalar(self) -> Any:
        """The SELECT as a scalar subquery."""
        return self.element.scalar_subquery()


class CTE(AliasedReturnsRows):
    """``WITH name AS (…)``."""

    __visit_name__ = "cte"
    _traverse_attrs = ("element", "_cte_alias", "_restates")
    recursive = False
    nesting = False
    _cte_alias: CTE | None = None
    _restates: CTE | None = None
    _is_clone = False
    """A traversal has copied it: with the same text it is the same CTE as another copy."""
    _prefixes: tuple[Any, ...] = ()
    _suffixes: tuple[Any, ...] = ()

    def _setup(
        self,
        selectable: Any,
        name: Any = None,
        recursive: bool = False,
        nesting: bool = False,
        cte_alias: CTE | None = None,
        restates: CTE | None = None,
        prefixes: Any = (),
        suffixes: Any = (),
    ) -> None:
        self.recursive = recursive
        self.nesting = nesting
        self._cte_alias = cte_alias
        self._restates = restates
        if prefixes:
            self._prefixes = tuple(prefixes)
        if suffixes:
            self._suffixes = tuple(suffixes)
        super()._setup(selectable, name)

    def _populate(self, columns: ColumnCollection[Any]) -> None:
        if self._cte_alias is not None:
            for column in self._cte_alias.c:
                key, proxy = column._make_proxy(self)
                columns._append(key, proxy)
        else:
            super()._populate(columns)

    def alias(self, name: str | None = None, flat: bool = False) -> CTE:
        return CTE._construct(
            self.element,
            name=name,
            recursive=self.recursive,
            nesting=self.nesting,
            cte_alias=self,
            prefixes=self._prefixes,
            suffixes=self._suffixes,
        )

    def union(self, *other: Any) -> CTE:
        """A CTE that is this UNION the others, under this name."""
        return self._restate(_compound("UNION", self.element, *other))

    def union_all(self, *other: Any) -> CTE:
        """A CTE that is this UNION ALL the others, under this name."""
        return self._restate(_compound("UNION ALL", self.element, *other))

    def _clone(self, **kw: Any) -> Self:
        made = super()._clone(**kw)
        made._is_clone = True
        return made

    def _restate(self, element: Any) -> CTE:
        return CTE._construct(
            element,
            name=self.name,
            recursive=self.recursive,
            nesting=self.nesting,
            restates=self,
            prefixes=self._prefixes,
            suffixes=self._suffixes,
        )

    def prefix_with(self, *prefixes: Any, dialect: str = "*") -> CTE:
        """Text after ``AS``."""
        from .select_base import _texts

        c = self._clone()
        c._prefixes = self._prefixes + _texts(prefixes, dialect)
        return c

    def suffix_with(self, *suffixes: Any, dialect: str = "*") -> CTE:
        """Text after the statement."""
        from .select_base import _texts

        c = self._clone()
        c._suffixes = self._suffixes + _texts(suffixes, dialect)
        return c

    @property
    def _ident(self) -> Any:
        return self._original if self._is_annotated else self  # type: ignore[attr-defined]

    def _key_extra(self, ctx: KeyContext) -> Any:
        return (
            self.recursive,
            self.nesting,
            None if self._cte_alias is None else self._cte_alias._cache_key(ctx),
            None if self._restates is None else self._restates._cache_key(ctx),
            tuple([(p._cache_key(ctx), d) for p, d in self._prefixes]),
            tuple([(s._cache_key(ctx), d) for s, d in self._suffixes]),
        )
