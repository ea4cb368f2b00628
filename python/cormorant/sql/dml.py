"""INSERT, UPDATE and DELETE."""

from __future__ import annotations

import collections.abc
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .. import exc
from ..util.subscriptable import Subscriptable, T
from .base import ClauseElement, ExecutableReturnsRows, KeyContext, clone_of, memoized
from .coercions import (
    expect_column,
    expect_dml_column,
    expect_dml_table,
    expect_expr,
    expect_from,
    expect_select,
    expect_where,
    no_part_of_a_schema,
    resolve,
)
from .column_collections import ColumnCollection
from .dialect_args import DialectKWArgs
from .elements import BindParameter, BooleanClauseList, Label
from .labels import column_keys
from .names import as_label
from .selectable import HasCTE, HasPrefixes, namespace_key
from .sqltypes import NULLTYPE

if TYPE_CHECKING:
    from typing import Self

    from .expression import _Selected
    from .typed_operators import TypedReturnsRows


_T1 = TypeVar("_T1")
_T2 = TypeVar("_T2")
_T3 = TypeVar("_T3")
_T4 = TypeVar("_T4")
_Row_co = TypeVar("_Row_co", covariant=True)


class CrudParam(BindParameter[Any]):
    """A value of values(): named after its column."""

    _is_crud = True


def _column_for(table: Any, key: Any) -> Any:
    """The table's column for a key of values(), or None."""
    if isinstance(key, str):
        return table.c.get(key)
    return key


class UpdateBase(DialectKWArgs, HasCTE, HasPrefixes, ExecutableReturnsRows, Subscriptable[T]):
    """Base of INSERT, UPDATE and DELETE."""

    __visit_name__ = "update_base"
    is_dml = True
    _is_returns_rows = False
    _hints: tuple[Any, ...] = ()
    _returning: tuple[Any, ...] = ()
    _return_defaults = False
    _return_defaults_columns: Any = None
    _supplemental_returning: Any = None
    _sort_by_parameter_order = False
    _inline = False
    table: Any

    def _set_table(self, table: Any) -> None:
        self.table = expect_dml_table(table)

    def returning(self, *cols: Any, sort_by_parameter_order: bool = False, **kw: Any) -> Self:
        """``RETURNING``."""
        if kw:
            raise TypeError(f"unexpected keyword arguments: {list(kw)}")
        if self._return_defaults:
            raise exc.InvalidRequestError(
                "return_defaults() is already configured on this statement"
            )
        c = self._generate()
        made: list[Any] = []
        for column in [expect_column(x) for x in cols]:
            # several columns of a table's c are a list of them, as a Bundle is, which is one
            listed = column.__visit_name__ == "clauselist" and not column._annotations
            made += column.clauses if listed else [column]
        c._returning = (*self._returning, *made)
        if sort_by_parameter_order:
            if not self.is_insert:
                raise exc.ArgumentError(
                    "The 'sort_by_parameter_order' argument to returning() only applies to "
                    "INSERT statements"
                )
            c._sort_by_parameter_order = True
        return c

    def return_defaults(
        self,
        *cols: Any,
        supplemental_cols: Iterable[Any] | None = None,
        sort_by_parameter_order: bool = False,
    ) -> Self:
        """Ask for values that the database made, and for those of `supplemental_cols`, which
        come as rows of the result, too."""
        if sort_by_parameter_order and not self.is_insert:
            raise exc.ArgumentError(
                "The 'sort_by_parameter_order' argument to return_defaults() only applies to "
                "INSERT statements"
            )
        c = self._generate()
        c._return_defaults = True
        if self._return_defaults and not (cols and self._return_defaults_columns):
            c._return_defaults_columns = None  # all, once that was said
        else:
            named = [*(self._return_defaults_columns or ()), *[expect_column(x) for x in cols]]
            c._return_defaults_columns = tuple(dict.fromkeys(named)) or None
        if supplemental_cols:
            c._supplemental_returning = tuple([expect_column(x) for x in supplemental_cols])
        if sort_by_parameter_order:
            c._sort_by_parameter_order = True
        return c

    def with_hint(self, text: str, selectable: Any = None, dialect_name: str = "*") -> Self:
        """A hint for the table."""
        c = self._generate()
        table = self.table if selectable is None else expect_from(selectable)
        c._hints = (*self._hints, (table, text, dialect_name))
        return c

    def params(self, *args: Any, **kw: Any) -> Any:
        raise NotImplementedError(
            "params() is not supported for INSERT/UPDATE/DELETE statements. To set the values for "
            "an INSERT or UPDATE statement, use stmt.values(**parameters)."
        )

    def with_dialect_options(self, **opt: Any) -> Self:
        """The statement with arguments of dialects: ``<dialect>_<name>=…``."""
        c = self._generate()
        given = {**self.dialect_kwargs, **opt}
        c.__dict__.pop("_dialect_options", None)
        c._validate_dialect_kwargs(given)
        return c

    @property
    def _all_selected_columns(self) -> Sequence[Any]:
        found: list[Any] = []
        for c in self._returning:
            if c._is_from_clause:
                found.extend(c._select_iterable)
            else:
                found.append(c)
        return found

    @memoized
    def exported_columns(self) -> Any:
        """The columns of RETURNING."""
        keys = column_keys()
        return ColumnCollection([(keys(c), c) for c in self._all_selected_columns]).as_readonly()

    def _populate_subquery(self, subquery: Any, columns: Any) -> None:
        for c in self._all_selected_columns:
            key, proxy = c._make_proxy(subquery)
            if not isinstance(c, Label):
                proxy.name = as_label(proxy.name)
            columns._append(key, proxy)

    def is_derived_from(self, fromclause: Any) -> bool:
        """False: a statement that changes rows is made from no FROM clause."""
        return False

    @property
    def entity_namespace(self) -> Any:
        return self.table.entity_namespace

    @property
    def entity_description(self) -> dict[str, Any]:
        """What the statement is about."""
        entity = self.table._annotations.get("parententity")
        name = getattr(self.table, "name", None)
        if entity is not None:
            return {
                "name": entity.class_.__name__,
                "type": entity.class_,
                "expr": entity.class_,
                "entity": entity.class_,
                "table": self.table,
            }
        return {"name": name, "table": self.table}

    @property
    def returning_column_descriptions(self) -> Any:
        """What each column of RETURNING is, an entity as a whole if the statement is about
        mapped classes."""
        if self._orm and self._returning:
            from .selectable import Select

            described: Select[Any] = Select()
            described._raw_columns = list(self._returning)
            return described.column_descriptions
        return [{"name": c.key, "type": c.type, "expr": c} for c in self._all_selected_columns]

    def _key_of_rest(self, ctx: KeyContext, key: list[Any]) -> None:
        d = self.__dict__
        if "_returning" in d:
            key.append(("returning", *[c._cache_key(ctx) for c in self._returning]))
        if "_return_defaults" in d:
            cols = self._return_defaults_columns
            key.append(
                (
                    "defaults",
                    None if cols is None else tuple([c._cache_key(ctx) for c in cols]),
                    tuple([c._cache_key(ctx) for c in self._supplemental_returning or ()]),
                )
            )
        if "_prefixes" in d:
            key.append(("prefix", *[(p._cache_key(ctx), x) for p, x in self._prefixes]))
        if "_hints" in d:
            key.append(("hints", *[(t._cache_key(ctx), x, n) for t, x, n in self._hints]))
        if "_inline" in d:
            key.append("inline")
        if "_sort_by_parameter_order" in d:
            key.append("sorted")
        if "_independent_ctes" in d:
            key.append(("ctes", *[(c._cache_key(ctx), n) for c, n in self._independent_ctes]))
        if "_dialect_options" in d:
            key.append(("dialects", *sorted(self.dialect_kwargs.items())))
        for option in self._with_options:
            make = getattr(option, "_cache_key", None)
            if make is None:
                ctx.cacheable = False
            else:
                key.append(make(ctx))


class ValuesBase(UpdateBase):
    """values() of INSERT and UPDATE."""

    _values: dict[Any, Any] | None = None
    _multi_values: tuple[Any, ...] = ()
    _ordered_values: list[tuple[Any, Any]] | None = None
    select: Any = None
    _select_names: Any = None
    _post_values_clause: Any = None

    def values(self, *args: Any, **kw: Any) -> Self:
        """The values: by name, as a dictionary, a tuple, or (INSERT) a list of these."""
        if self.select is not None:
            raise exc.InvalidRequestError("This construct already inserts from a SELECT")
        if self._ordered_values is not None:
            raise exc.InvalidRequestError("This statement already has ordered values present")
        arg: Any = None
        if args:
            arg = args[0]
            if kw:
                raise exc.ArgumentError(
                    "Can't pass positional and kwargs to values() simultaneously"
                )
            if len(args) > 1:
                raise exc.ArgumentError(
                    "Only a single dictionary/tuple or list of "
                    "dictionaries/tuples is accepted positionally."
                )
            if isinstance(arg, collections.abc.Sequence) and not isinstance(arg, str):
                if arg and isinstance(arg[0], dict) and not self.is_update:
                    return self._add_multi(list(arg))
                if arg and isinstance(arg[0], (list, tuple)) and not self.is_update:
                    return self._add_multi(
                        [dict(zip([c.key for c in self.table.c], row, strict=False)) for row in arg]
                    )
                if arg and isinstance(arg[0], (dict, list, tuple)):
                    # an error, but one of the compiler's
                    c = self._generate()
                    c._multi_values = ((),)
                    return c
                arg = {c.key: value for c, value in zip(self.table.c, arg, strict=False)}
        else:
            arg = kw
        c = self._generate()
        arg = self._attributes_assigned(arg)
        new = {self._key_of(k): v for k, v in arg.items()}
        made = {k: _crud_value(self.table, k, v) for k, v in new.items()}
        c._values = {**self._values, **made} if self._values else made
        return c

    def _key_of(self, key: Any) -> Any:
        """The column that a key of values() names; of a mapped class by its attribute."""
        if not isinstance(key, str):
            return expect_dml_column(key)
        entity = self.table._annotations.get("parententity")
        if entity is None:
            return key
        mapper = entity.mapper
        key = mapper._name_meant(key)
        prop = mapper._props.get(key) if self.is_update else None
        if (
            prop is not None
            and prop._is_column
            and prop.columns[0].table in mapper._tables
            and not self.table.c.contains_column(prop.columns[0])
        ):
            return prop.columns[0]  # of the base's table: the compiler refuses it
        return mapper._column_key(key)

    def _attributes_assigned(self, values: Any) -> Any:
        """Values of attributes of a mapped class that are no columns, as what they stand for."""
        stand_ins = self._stand_ins([key for key, _ in values.items()])
        return _assigned(values, stand_ins) if stand_ins else values

    def _stand_ins(self, keys: Iterable[Any]) -> dict[Any, Any]:
        """Which of the keys of values() are attributes that stand for others: {key: attribute}."""
        entity = self.table._annotations.get("parententity")
        cls = getattr(entity, "class_", None)
        names = self.table.c
        found = {}
        for key in keys:
            attribute = key
            if isinstance(key, str):
                attribute = None if cls is None or key in names else getattr(cls, key, None)
            if hasattr(attribute, "_bulk_update_tuples"):
                found[key] = attribute
        return found

    def _add_multi(self, rows: list[dict[Any, Any]]) -> Self:
        c = self._generate()
        start = sum(len(g) for g in self._multi_values)
        made = []
        if "parententity" in self.table._annotations:
            stand_ins = self._stand_ins({key: None for row in rows for key in row})
            if stand_ins:
                rows = [_assigned(row, stand_ins) for row in rows]
        known: dict[str, tuple[Any, str, Any]] = {}
        for i, row in enumerate(rows, start):
            values: dict[Any, Any] = {}
            for given, value in row.items():
                if type(given) is not str or type(value) not in _VALUES_ALONE:
                    key = self._key_of(given)
                    values[key] = _crud_value(self.table, key, value, i)
                    continue
                # what most are: all but the value was known in the first row
                found = known.get(given)
                if found is None:
                    key = self._key_of(given)
                    found = known[given] = (key, *_name_and_type(self.table, key))
                key, name, type_ = found
                values[key] = CrudParam._named(f"{name}_m{i}", value, type_)
            made.append(values)
        c._multi_values = (*self._multi_values, tuple(made))
        return c

    def _values_key(self, ctx: KeyContext, key: list[Any]) -> None:
        if self._values is not None:
            key.append(
                (
                    "values",
                    *[
                        (
                            k if isinstance(k, str) else k._cache_key(ctx),
                            v._cache_key(ctx),
                        )
                        for k, v in self._values.items()
                    ],
                )
            )
        if self._ordered_values is not None:
            key.append(
                (
                    "ordered",
                    *[
                        (k if isinstance(k, str) else k._cache_key(ctx), v._cache_key(ctx))
                        for k, v in self._ordered_values
                    ],
                )
            )
        if self._multi_values:
            # as many texts as there are numbers of rows: not worth keeping
            ctx.cacheable = False
        for group in self._multi_values:
            key.append(
                (
                    "multi",
                    *[
                        tuple(
                            [
                                (
                                    k if isinstance(k, str) else k._cache_key(ctx),
                                    v._cache_key(ctx),
                                )
                                for k, v in row.items()
                            ]
                        )
                        for row in group
                    ],
                )
            )

    def get_children(self, *, omit_attrs: Any = (), **kw: Any) -> Iterator[Any]:
        yield self.table
        yield from self._returning
        for k, v in [*(self._values or {}).items(), *(self._ordered_values or ())]:
            if isinstance(k, ClauseElement):
                yield k
            yield v
        for group in self._multi_values:
            for row in group:
                yield from row.values()
        if self.select is not None:
            yield self.select
        if self._post_values_clause is not None:
            yield self._post_values_clause
        yield from super().get_children()

    def _copy_internals(self, clone: Callable[[Any], Any] = clone_of) -> None:
        super()._copy_internals(clone)

        def pair(k: Any, v: Any) -> tuple[Any, Any]:
            return (clone(k) if isinstance(k, ClauseElement) else k), clone(v)

        if self._values is not None:
            self._values = dict([pair(k, v) for k, v in self._values.items()])
        if self._ordered_values is not None:
            self._ordered_values = [pair(k, v) for k, v in self._ordered_values]
        if self._multi_values:
            self._multi_values = tuple(
                [
                    tuple([dict([pair(k, v) for k, v in row.items()]) for row in group])
                    for group in self._multi_values
                ]
            )
        if self.select is not None:
            self.select = clone(self.select)
        if self._post_values_clause is not None:
            self._post_values_clause = clone(self._post_values_clause)
        if self._returning:
            self._returning = tuple([clone(c) for c in self._returning])


def _assigned(values: Any, stand_ins: dict[Any, Any]) -> dict[Any, Any]:
    """Values with those of attributes that stand for others as what they mean."""
    from ..orm.proxied import update_pairs

    found: dict[Any, Any] = {}
    for key, value in values.items():
        attribute = stand_ins.get(key)
        if attribute is not None:
            found.update(update_pairs(attribute, value))
        else:
            found[key] = value
    return found


def _crud_value(table: Any, key: Any, value: Any, index: int | None = None) -> Any:
    """A value of values(): an expression, or a bind parameter named after the column."""
    found: Any = value if isinstance(value, ClauseElement) else resolve(value)
    if found is not None:
        if index is not None and found._is_select_base:
            return found.scalar_subquery()
        return expect_expr(value)
    no_part_of_a_schema(value)
    name, type_ = _name_and_type(table, key)
    if index is not None:
        name = f"{name}_m{index}"
    return CrudParam(name, value, type_=type_)


def _name_and_type(table: Any, key: Any) -> tuple[str, Any]:
    """What a parameter for a column is called, and its type."""
    column = _column_for(table, key)
    name = key if isinstance(key, str) else key.key
    return name, NULLTYPE if column is None else column.type


_VALUES_ALONE = frozenset((int, str, float, bool, bytes, type(None)))
"""Types of values that are no SQL constructs and stand for none."""


class Insert(ValuesBase):
    """``INSERT``."""

    if TYPE_CHECKING:

        @overload
        def returning(
            self, _0: _Selected[_T1], /, *, sort_by_parameter_order: bool = ...
        ) -> ReturningInsert[tuple[_T1]]: ...
        @overload
        def returning(
            self, _0: _Selected[_T1], _1: _Selected[_T2], /, *, sort_by_parameter_order: bool = ...
        ) -> ReturningInsert[tuple[_T1, _T2]]: ...
        @overload
        def returning(
            self,
            _0: _Selected[_T1],
            _1: _Selected[_T2],
            _2: _Selected[_T3],
            /,
            *,
            sort_by_parameter_order: bool = ...,
        ) -> ReturningInsert[tuple[_T1, _T2, _T3]]: ...
        @overload
        def returning(
            self,
            _0: _Selected[_T1],
            _1: _Selected[_T2],
            _2: _Selected[_T3],
            _3: _Selected[_T4],
            /,
            *,
            sort_by_parameter_order: bool = ...,
        ) -> ReturningInsert[tuple[_T1, _T2, _T3, _T4]]: ...
        @overload
        def returning(
            self, *cols: Any, sort_by_parameter_order: bool = ..., **kw: Any
        ) -> ReturningInsert[Any]: ...
        def returning(
            self, *cols: Any, sort_by_parameter_order: bool = False, **kw: Any
        ) -> Any: ...

    __visit_name__ = "insert"
    is_insert = True
    include_insert_from_select_defaults = False

    def __init__(self, table: Any) -> None:
        self._set_table(table)

    def inline(self) -> Self:
        """Do not fetch defaults beforehand or afterwards."""
        c = self._generate()
        c._inline = True
        return c

    def from_select(self, names: Sequence[Any], select: Any, include_defaults: bool = True) -> Self:
        """``INSERT INTO table (names) SELECT …``."""
        if self._values:
            raise exc.InvalidRequestError("This construct already inserts value expressions")
        c = self._generate()
        c._select_names = [n if isinstance(n, str) else expect_dml_column(n).key for n in names]
        c._inline = True
        c.include_insert_from_select_defaults = include_defaults
        c.select = expect_select(select, dml=True)
        return c

    def _cache_key(self, ctx: KeyContext) -> Any:
        key: list[Any] = [Insert, self.table._cache_key(ctx)]
        self._values_key(ctx, key)
        if self.select is not None:
            key.append(
                (
                    tuple(self._select_names),
                    self.select._cache_key(ctx),
                    self.include_insert_from_select_defaults,
                )
            )
        clause = self._post_values_clause
        if clause is not None:
            key.append(clause._cache_key(ctx))
        self._key_of_rest(ctx, key)
        return tuple(key)


class DMLWhereBase:
    """WHERE of UPDATE and DELETE."""

    _where_criteria: tuple[Any, ...] = ()
    _has_entity_criteria = False
    """What the class adds to the criteria stands among them."""

    def _as_core(self, options: Any) -> Any:
        """The statement with the criteria of its class: its rows of a table that others share,
        and what the options of the whole statement say."""
        entity = self.table._annotations.get("parententity")  # type: ignore[attr-defined]
        if entity is None or self._has_entity_criteria:
            return self
        from ..orm.bulk import with_entity_criteria

        return with_entity_criteria(self, entity.mapper, options)

    def where(self, *criteria: Any) -> Self:
        """``WHERE``; repeated calls are joined by AND."""
        c = self._generate()  # type: ignore[attr-defined]
        c._where_criteria = (*self._where_criteria, *[expect_where(x) for x in criteria])
        return c  # type: ignore[no-any-return]

    def filter(self, *criteria: Any) -> Self:
        return self.where(*criteria)

    def filter_by(self, **kw: Any) -> Self:
        """``WHERE`` equalities on the table's columns."""
        entity = self.table  # type: ignore[attr-defined]
        return self.where(*[namespace_key(entity, k) == v for k, v in kw.items()])

    @property
    def whereclause(self) -> Any:
        """The criteria in one, or None."""
        return BooleanClauseList._construct_for_whereclause(self._where_criteria)

    def _extra_froms(self) -> list[Any]:
        """FROMs that the statement mentions beside its table."""
        table = self.table  # type: ignore[attr-defined]
        seen = {table}
        seen.update(table._from_objects)
        found = []
        values: list[Any] = [
            *(getattr(self, "_values", None) or {}).values(),
            *[v for _, v in getattr(self, "_ordered_values", None) or ()],
        ]
        for item in [*self._where_criteria, *values]:
            for f in item._from_objects:
                if f not in seen:
                    seen.add(f)
                    found.append(f)
        hidden = {h for f in found for h in f._hide_froms}
        return [f for f in found if f not in hidden]


class Update(DMLWhereBase, ValuesBase):
    """``UPDATE``."""

    if TYPE_CHECKING:

        @overload
        def returning(self, _0: _Selected[_T1], /) -> ReturningUpdate[tuple[_T1]]: ...
        @overload
        def returning(
            self, _0: _Selected[_T1], _1: _Selected[_T2], /
        ) -> ReturningUpdate[tuple[_T1, _T2]]: ...
        @overload
        def returning(
            self, _0: _Selected[_T1], _1: _Selected[_T2], _2: _Selected[_T3], /
        ) -> ReturningUpdate[tuple[_T1, _T2, _T3]]: ...
        @overload
        def returning(
            self, _0: _Selected[_T1], _1: _Selected[_T2], _2: _Selected[_T3], _3: _Selected[_T4], /
        ) -> ReturningUpdate[tuple[_T1, _T2, _T3, _T4]]: ...
        @overload
        def returning(
            self, *cols: Any, sort_by_parameter_order: bool = ..., **kw: Any
        ) -> ReturningUpdate[Any]: ...
        def returning(
            self, *cols: Any, sort_by_parameter_order: bool = False, **kw: Any
        ) -> Any: ...

    __visit_name__ = "update"
    is_update = True

    def __init__(self, table: Any) -> None:
        self._set_table(table)

    def ordered_values(self, *args: tuple[Any, Any]) -> Self:
        """The SET clause, in this order."""
        if self._values:
            raise exc.ArgumentError("This statement already has values present")
        if self._ordered_values:
            raise exc.ArgumentError("This statement already has ordered values present")
        c = self._generate()
        c._ordered_values = [
            (self._key_of(k), _crud_value(self.table, self._key_of(k), v))
            for k, v in (
                pair for k, v in args for pair in self._attributes_assigned({k: v}).items()
            )
        ]
        return c

    def inline(self) -> Self:
        """Do not fetch defaults beforehand."""
        c = self._generate()
        c._inline = True
        return c

    def get_children(self, *, omit_attrs: Any = (), **kw: Any) -> Iterator[Any]:
        yield from super().get_children()
        yield from self._where_criteria

    def _copy_internals(self, clone: Callable[[Any], Any] = clone_of) -> None:
        super()._copy_internals(clone)
        self._where_criteria = tuple([clone(c) for c in self._where_criteria])

    def _cache_key(self, ctx: KeyContext) -> Any:
        key: list[Any] = [
            Update,
            self.table._cache_key(ctx),
            tuple([c._cache_key(ctx) for c in self._where_criteria]),
        ]
        self._values_key(ctx, key)
        self._key_of_rest(ctx, key)
        return tuple(key)


class Delete(DMLWhereBase, UpdateBase):
    """``DELETE``."""

    if TYPE_CHECKING:

        @overload
        def returning(self, _0: _Selected[_T1], /) -> ReturningDelete[tuple[_T1]]: ...
        @overload
        def returning(
            self, _0: _Selected[_T1], _1: _Selected[_T2], /
        ) -> ReturningDelete[tuple[_T1, _T2]]: ...
        @overload
        def returning(
            self, _0: _Selected[_T1], _1: _Selected[_T2], _2: _Selected[_T3], /
        ) -> ReturningDelete[tuple[_T1, _T2, _T3]]: ...
        @overload
        def returning(
            self, _0: _Selected[_T1], _1: _Selected[_T2], _2: _Selected[_T3], _3: _Selected[_T4], /
        ) -> ReturningDelete[tuple[_T1, _T2, _T3, _T4]]: ...
        @overload
        def returning(
            self, *cols: Any, sort_by_parameter_order: bool = ..., **kw: Any
        ) -> ReturningDelete[Any]: ...
        def returning(
            self, *cols: Any, sort_by_parameter_order: bool = False, **kw: Any
        ) -> Any: ...

    __visit_name__ = "delete"
    is_delete = True

    def __init__(self, table: Any) -> None:
        self._set_table(table)

    def get_children(self, *, omit_attrs: Any = (), **kw: Any) -> Iterator[Any]:
        yield self.table
        yield from self._where_criteria
        yield from self._returning
        yield from super().get_children()

    def _copy_internals(self, clone: Callable[[Any], Any] = clone_of) -> None:
        super()._copy_internals(clone)
        self._where_criteria = tuple([clone(c) for c in self._where_criteria])
        if self._returning:
            self._returning = tuple([clone(c) for c in self._returning])

    def _cache_key(self, ctx: KeyContext) -> Any:
        key: list[Any] = [
            Delete,
            self.table._cache_key(ctx),
            tuple([c._cache_key(ctx) for c in self._where_criteria]),
        ]
        self._key_of_rest(ctx, key)
        return tuple(key)


if TYPE_CHECKING:

    class ReturningInsert(Insert, TypedReturnsRows[_Row_co]):
        """An INSERT … RETURNING, for type checkers."""

    class ReturningUpdate(Update, TypedReturnsRows[_Row_co]):
        """An UPDATE … RETURNING, for type checkers."""

    class ReturningDelete(Delete, TypedReturnsRows[_Row_co]):
        """A DELETE … RETURNING, for type checkers."""

else:
    ReturningInsert, ReturningUpdate, ReturningDelete = Insert, Update, Delete
