"""Composite column expressions: CASE, CAST, EXTRACT, OVER, tuples, text() …"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from types import GenericAlias
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, overload

from .. import exc
from . import operators
from .base import AnonName, ClauseElement, Executable, KeyContext, clone_of, memoized
from .coercions import expect_expr, expect_where
from .elements import (
    BindParameter,
    ClauseList,
    ColumnElement,
    Grouping,
    OperatorExpression,
    quoted_name,
)
from .names import as_label
from .operators import ColumnOperators, is_precedent
from .sqltypes import BOOLEANTYPE, INTEGERTYPE, NULLTYPE, to_instance

if TYPE_CHECKING:
    from typing import Self

    from .select_forms import TextualSelect
    from .selectable import FromClause
    from .type_api import TypeArgument


def _type_key(type_: Any, ctx: KeyContext) -> Any:
    key = type_._static_cache_key
    if key is None:
        ctx.cacheable = False
    return key


_T = TypeVar("_T")


class _WrapsColumn(ColumnElement[_T]):
    """An expression that in a SELECT goes by the name of the column it wraps."""

    @property
    def wrapped_column_expression(self) -> Any:
        """The expression within, whose name this has in a SELECT."""
        raise NotImplementedError

    @property
    def _wraps_column(self) -> Any:
        return self.wrapped_column_expression

    @property
    def _tq_label(self) -> Any:
        wrapped = self.wrapped_column_expression
        return wrapped._tq_label if wrapped._is_column else None

    @property
    def _tq_key_label(self) -> Any:
        return None

    @property
    def _proxy_name(self) -> Any:
        wrapped = self.wrapped_column_expression
        if isinstance(wrapped, _WrapsColumn):
            return wrapped._proxy_name
        return wrapped._proxy_key

    @property
    def _anon_name_label(self) -> AnonName:
        wrapped = self.wrapped_column_expression
        while isinstance(wrapped, _WrapsColumn):
            wrapped = wrapped.wrapped_column_expression
        name = wrapped._non_anon_label if wrapped._is_column else None
        if name is not None:
            # unlike the anonymous name of the column itself
            return self._anon_label(f"{name}_")
        return self._anon_label(getattr(wrapped, "name", None))

    @property
    def _expression_label(self) -> Any:
        wrapped = self.wrapped_column_expression
        if not wrapped._is_column:
            return None
        label = wrapped._non_anon_label
        return wrapped._expression_label if label is None else as_label(label)


class TypeClause(ClauseElement):
    """A type, where an expression has one: the second part of CAST."""

    __visit_name__ = "typeclause"

    def __init__(self, type_: Any) -> None:
        self.type = type_

    def _cache_key(self, ctx: KeyContext) -> Any:
        return _type_key(self.type, ctx)


class Cast(_WrapsColumn[_T]):
    """``CAST(expression AS type)``."""

    __visit_name__ = "cast"
    _traverse_attrs = ("clause", "typeclause")

    def __init__(self, expression: Any, type_: TypeArgument[_T]) -> None:
        self.type = to_instance(type_)
        self.typeclause = TypeClause(self.type)
        self.clause = expect_expr(expression, type_=self.type)

    @property
    def wrapped_column_expression(self) -> Any:
        """The expression within, whose name this has in a SELECT."""
        return self.clause

    @property
    def _from_objects(self) -> Sequence[FromClause]:  # type: ignore[override]
        return self.clause._from_objects  # type: ignore[no-any-return]

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (self.__class__, self.clause._cache_key(ctx), _type_key(self.type, ctx))


class TryCast(Cast[_T]):
    """``TRY_CAST(expression AS type)``."""

    __visit_name__ = "try_cast"


class TypeCoerce(_WrapsColumn[_T]):
    """An expression seen as of another type, in Python only."""

    __visit_name__ = "type_coerce"
    _traverse_attrs = ("clause",)

    def __init__(self, expression: Any, type_: TypeArgument[_T]) -> None:
        self.type = to_instance(type_)
        self.clause = expect_expr(expression, type_=self.type)

    @property
    def wrapped_column_expression(self) -> Any:
        """The expression within, whose name this has in a SELECT."""
        return self.clause

    @memoized
    def typed_expression(self) -> Any:
        """What is rendered; a bound value takes the type."""
        if isinstance(self.clause, BindParameter):
            bind = self.clause._clone(maintain_key=True)
            bind.type = self.type
            return bind
        return self.clause

    @property
    def _from_objects(self) -> Sequence[FromClause]:  # type: ignore[override]
        return self.clause._from_objects  # type: ignore[no-any-return]

    def self_group(self, against: Any = None) -> Any:
        grouped = self.clause.self_group(against=against)
        if grouped is not self.clause:
            return TypeCoerce(grouped, self.type)
        return self

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (
            TypeCoerce,
            self.typed_expression._cache_key(ctx),
            _type_key(self.type, ctx),
        )


class Extract(ColumnElement[int]):
    """``EXTRACT(field FROM expr)``."""

    __visit_name__ = "extract"
    _traverse_attrs = ("expr",)

    def __init__(self, field: str, expr: Any) -> None:
        self.type = INTEGERTYPE
        self.field = field
        self.expr = expect_expr(expr)

    @property
    def _from_objects(self) -> Sequence[FromClause]:  # type: ignore[override]
        return self.expr._from_objects  # type: ignore[no-any-return]

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (Extract, self.field, self.expr._cache_key(ctx))


class CollationClause(ColumnElement[str]):
    """The name after COLLATE."""

    __visit_name__ = "collation"
    _immutable = True

    def __init__(self, collation: str) -> None:
        self.collation = collation

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (CollationClause, self.collation, getattr(self.collation, "quote", None))


class Case(ColumnElement[_T]):
    """``CASE WHEN … THEN … ELSE … END``."""

    __visit_name__ = "case"

    def __init__(self, *whens: Any, value: Any = None, else_: Any = None) -> None:
        items: Sequence[Any] = whens
        if len(whens) == 1:
            (first,) = whens
            if isinstance(first, Mapping):
                items = list(first.items())
            elif isinstance(first, list):
                raise exc.ArgumentError(
                    'The "whens" argument to case(), when referring to a sequence of items, is '
                    "now passed as a series of positional elements, rather than as a list. "
                )
        self.whens: list[tuple[Any, Any]] = []
        for when, then in items:
            self.whens.append((expect_expr(when).self_group(), expect_expr(then)))
        self.value = None if value is None else expect_expr(value)
        self.else_ = None if else_ is None else expect_expr(else_)
        candidates = [then for _, then in reversed(self.whens)]
        if self.else_ is not None:
            candidates.append(self.else_)
        # the type is that of the last WHEN that has one
        self.type = next(
            (c.type for c in candidates if c.type is not NULLTYPE and not c.type._isnull), NULLTYPE
        )

    def get_children(self, *, omit_attrs: Any = (), **kw: Any) -> Iterator[ClauseElement]:
        if self.value is not None:
            yield self.value
        for when, then in self.whens:
            yield when
            yield then
        if self.else_ is not None:
            yield self.else_

    def _copy_internals(self, clone: Callable[[Any], Any] = clone_of) -> None:
        if self.value is not None:
            self.value = clone(self.value)
        self.whens = [(clone(w), clone(t)) for w, t in self.whens]
        if self.else_ is not None:
            self.else_ = clone(self.else_)

    @property
    def _from_objects(self) -> Sequence[FromClause]:  # type: ignore[override]
        return [f for c in self.get_children() for f in c._from_objects]

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (
            Case,
            None if self.value is None else self.value._cache_key(ctx),
            tuple([(w._cache_key(ctx), t._cache_key(ctx)) for w, t in self.whens]),
            None if self.else_ is None else self.else_._cache_key(ctx),
        )


class Tuple(ClauseList, ColumnElement[Any]):
    """``(a, b)``: a row value."""

    __visit_name__ = "tuple"

    def __init__(self, *clauses: Any, types: Sequence[Any] | None = None) -> None:
        from .sqltypes import TupleType

        if types is None:
            made = [expect_expr(c) for c in clauses]
        else:
            if len(types) != len(clauses):
                raise exc.ArgumentError(
                    f"Wrong number of elements for {len(types)}-tuple: {clauses!r} "
                )
            made = [
                expect_expr(c, type_=to_instance(t)) for c, t in zip(clauses, types, strict=True)
            ]
        self.clauses = [c.self_group(against=operators.comma_op) for c in made]
        self.operator = operators.comma_op
        self.type = TupleType(*[c.type for c in made])

    @property
    def _is_implicitly_boolean(self) -> bool:  # type: ignore[override]
        return False

    def self_group(self, against: Any = None) -> Any:
        return self

    @property
    def _from_objects(self) -> Sequence[FromClause]:  # type: ignore[override]
        return [f for c in self.clauses for f in c._from_objects]

    def __hash__(self) -> int:
        return object.__hash__(self)

    def _bind_param(
        self, operator: Any, obj: Any, type_: Any = None, expanding: bool = False
    ) -> Any:
        if expanding:
            return BindParameter(
                None,
                value=obj,
                _compared_to_operator=operator,
                unique=True,
                expanding=True,
                type_=type_,
                _compared_to_type=self.type,
            )
        return Tuple(
            *[
                BindParameter(
                    None,
                    o,
                    _compared_to_operator=operator,
                    _compared_to_type=compared_to,
                    unique=True,
                    type_=type_,
                )
                for o, compared_to in zip(obj, self.type.types, strict=False)  # type: ignore[attr-defined]
            ]
        )

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (Tuple, *[c._cache_key(ctx) for c in self.clauses])


class Over(ColumnElement[_T]):
    """``function OVER (PARTITION BY … ORDER BY … frame)``."""

    __visit_name__ = "over"
    _traverse_attrs = ("element", "partition_by", "order_by")

    def __init__(
        self,
        element: Any,
        partition_by: Any = None,
        order_by: Any = None,
        range_: Any = None,
        rows: Any = None,
        groups: Any = None,
    ) -> None:
        from .coercions import expect_by_of

        self.element = element
        self.partition_by = None
        self.order_by = None
        if order_by is not None:
            self.order_by = ClauseList(*_listed(order_by), _literal_as=expect_by_of)
        if partition_by is not None:
            self.partition_by = ClauseList(*_listed(partition_by), _literal_as=expect_by_of)
        if sum(v is not None for v in (range_, rows, groups)) > 1:
            raise exc.ArgumentError("only one of 'rows', 'range_', or 'groups' may be provided")
        self.range_ = _frame(range_)
        self.rows = _frame(rows)
        self.groups = _frame(groups)
        self.type = element.type

    @property
    def _from_objects(self) -> Sequence[FromClause]:  # type: ignore[override]
        found: list[Any] = []
        for c in (self.element, self.partition_by, self.order_by):
            if c is not None:
                found.extend(c._from_objects)
        return found

    def get_children(self, *, omit_attrs: Any = (), **kw: Any) -> Iterator[ClauseElement]:
        yield from super().get_children()
        for frame in (self.range_, self.rows, self.groups):
            if frame is not None:
                yield from (b for b in frame if isinstance(b, ClauseElement))

    def _cache_key(self, ctx: KeyContext) -> Any:
        def key(c: Any) -> Any:
            return None if c is None else c._cache_key(ctx)

        def frame_key(frame: Any) -> Any:
            if frame is None:
                return None
            return tuple(
                [
                    (b[0], b[1]._cache_key(ctx)) if b is not None and b[1] is not None else b
                    for b in frame
                ]
            )

        return (
            Over,
            key(self.element),
            key(self.partition_by),
            key(self.order_by),
            frame_key(self.range_),
            frame_key(self.rows),
            frame_key(self.groups),
        )


def _listed(value: Any) -> Sequence[Any]:
    if isinstance(value, (list, tuple)):
        return value
    if isinstance(value, ClauseList) and value.operator is operators.comma_op:
        return list(value)
    return [value]


def _frame(bounds: Any) -> Any:
    """A window frame as ((where, distance), (where, distance)); distances are bound."""
    if bounds is None:
        return None
    if not isinstance(bounds, tuple) or len(bounds) != 2:
        raise exc.ArgumentError("2-tuple expected for range/rows")
    made = []
    for i, bound in enumerate(bounds):
        if bound is None:
            made.append(("UNBOUNDED PRECEDING" if i == 0 else "UNBOUNDED FOLLOWING", None))
            continue
        try:
            number = int(bound)
        except (TypeError, ValueError) as err:
            raise exc.ArgumentError("Integer or None expected for range value") from err
        if number == 0:
            made.append(("CURRENT ROW", None))
        else:
            where = "PRECEDING" if number < 0 else "FOLLOWING"
            made.append(
                (where, BindParameter(None, abs(number), INTEGERTYPE, unique=True))  # type: ignore[arg-type]
            )
    return tuple(made)


class WithinGroup(ColumnElement[_T]):
    """``function WITHIN GROUP (ORDER BY …)``."""

    __visit_name__ = "withingroup"
    _traverse_attrs = ("element", "order_by")

    def __init__(self, element: Any, *order_by: Any) -> None:
        from .coercions import expect_by_of

        self.element = element
        self.order_by = ClauseList(*order_by, _literal_as=expect_by_of)
        within = getattr(element, "within_group_type", None)
        self.type = (within(self) if within is not None else None) or element.type

    def over(
        self,
        *,
        partition_by: Any = None,
        order_by: Any = None,
        rows: Any = None,
        range_: Any = None,
        groups: Any = None,
    ) -> Over[_T]:
        """OVER of this."""
        return Over(
            self,
            partition_by=partition_by,
            order_by=order_by,
            rows=rows,
            range_=range_,
            groups=groups,
        )

    @overload
    def filter(self) -> Self: ...
    @overload
    def filter(self, *criterion: Any) -> FunctionFilter[_T]: ...
    def filter(self, *criterion: Any) -> Any:
        """``FILTER (WHERE …)`` of this."""
        return FunctionFilter(self, *criterion) if criterion else self

    @property
    def _from_objects(self) -> Sequence[FromClause]:  # type: ignore[override]
        order_by = () if self.order_by is None else self.order_by._from_objects
        return [*self.element._from_objects, *order_by]

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (
            WithinGroup,
            self.element._cache_key(ctx),
            None if self.order_by is None else self.order_by._cache_key(ctx),
        )


class FunctionFilter(ColumnElement[_T]):
    """``function FILTER (WHERE …)``."""

    __visit_name__ = "funcfilter"
    _traverse_attrs = ("func", "criterion")

    def __init__(self, func: Any, *criterion: Any) -> None:
        self.func = func
        self.criterion: Any = None
        self.type = func.type
        self._add(criterion)

    def _add(self, criterion: Sequence[Any]) -> None:
        from .elements import BooleanClauseList

        for c in criterion:
            c = expect_where(c)
            if self.criterion is not None:
                c = BooleanClauseList._construct(operators.and_, (self.criterion, c))
            self.criterion = c

    def filter(self, *criterion: Any) -> FunctionFilter[_T]:
        """More criteria."""
        made = self._clone()
        made._add(criterion)
        return made

    def over(
        self,
        partition_by: Any = None,
        order_by: Any = None,
        range_: Any = None,
        rows: Any = None,
        groups: Any = None,
    ) -> Over[_T]:
        """OVER of this."""
        return Over(
            self,
            partition_by=partition_by,
            order_by=order_by,
            rows=rows,
            range_=range_,
            groups=groups,
        )

    def within_group(self, *order_by: Any) -> WithinGroup[_T]:
        """``WITHIN GROUP (ORDER BY …)`` of this."""
        return WithinGroup(self, *order_by)

    def within_group_type(self, within_group: Any) -> Any:
        """None: the type is that of the function."""
        return None

    def self_group(self, against: Any = None) -> Any:
        if is_precedent(operators.filter_op, against):
            return Grouping(self)
        return self

    @property
    def _from_objects(self) -> Sequence[FromClause]:  # type: ignore[override]
        criterion = () if self.criterion is None else self.criterion._from_objects
        return [*self.func._from_objects, *criterion]

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (
            FunctionFilter,
            self.func._cache_key(ctx),
            None if self.criterion is None else self.criterion._cache_key(ctx),
        )


class CollectionAggregate(OperatorExpression[Any]):
    """``ANY (…)`` or ``ALL (…)``, the right side of a comparison."""

    _is_collection_aggregate = True
    __class_getitem__: Any = classmethod(GenericAlias)

    __visit_name__ = "unary"
    _traverse_attrs = ("element",)
    modifier = None
    wraps_column_expression = False
    element: Any

    @classmethod
    def _create(cls, expr: Any, op: Any) -> CollectionAggregate:
        self = cls.__new__(cls)
        expr = expect_expr(expr)
        if expr.__visit_name__ not in ("grouping", "select_statement_grouping"):
            expr = expr.self_group(against=op)
        self.element = expr
        self.operator = op
        item = getattr(expr.type, "item_type", None)
        self.type = item if item is not None else expr.type
        return self

    # every comparison is one of operate()
    __lt__ = ColumnOperators.__lt__
    __le__ = ColumnOperators.__le__
    __eq__ = ColumnOperators.__eq__  # type: ignore[assignment]
    __ne__ = ColumnOperators.__ne__  # type: ignore[assignment]
    __gt__ = ColumnOperators.__gt__
    __ge__ = ColumnOperators.__ge__
    __hash__ = ColumnElement.__hash__

    def operate(self, op: Any, *other: Any, **kw: Any) -> Any:
        if not operators.is_comparison(op):
            raise exc.ArgumentError("Only comparison operators may be used with ANY/ALL")
        from . import comparators

        if op is operators.between_op:
            return comparators.between(self, op, *other, **kw)
        (obj,) = other
        return comparators.compare(self, operators.mirror(op), obj, reverse=True, **kw)

    def reverse_operate(self, op: Any, other: Any, **kw: Any) -> Any:
        raise exc.ArgumentError("Only comparison operators may be used with ANY/ALL")

    @property
    def _from_objects(self) -> Sequence[FromClause]:  # type: ignore[override]
        return self.element._from_objects  # type: ignore[no-any-return]

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (CollectionAggregate, self.operator, self.element._cache_key(ctx))


@cache  # compiled when the first text() is made: an import should not wait for it
def _binds() -> re.Pattern[str]:
    """A name after a colon, unless the colon is doubled, escaped or within a word."""
    return re.compile(r"(?<![:\w\x5c]):(\w+)(?![:\w])", re.UNICODE)


class _SavepointStatement(Executable):
    """A statement about a savepoint of the transaction."""

    supports_execution = True

    def __init__(self, ident: str) -> None:
        self.ident = ident

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (self.__class__, self.ident)


class SavepointClause(_SavepointStatement):
    """``SAVEPOINT``."""

    __visit_name__ = "savepoint"


class RollbackToSavepointClause(_SavepointStatement):
    """``ROLLBACK TO SAVEPOINT``."""

    __visit_name__ = "rollback_to_savepoint"


class ReleaseSavepointClause(_SavepointStatement):
    """``RELEASE SAVEPOINT``."""

    __visit_name__ = "release_savepoint"


class TextClause(Executable):
    """``text()``: SQL as it stands, with ``:name`` parameters."""

    __visit_name__ = "textclause"
    _is_text_clause = True
    is_text = True
    _allow_label_resolve = False
    _is_implicitly_boolean = False
    key = None
    type: Any = NULLTYPE
    _non_anon_label = None
    _tq_label = None
    _expression_label = None
    _render_label_in_columns_clause = False
    _wraps_column = None
    _is_named = False
    _atomic = False
    primary_key = False
    _proxies: Sequence[Any] = ()

    def __init__(self, text: str) -> None:
        binds: dict[str, BindParameter[Any]] = {}

        def found(match: re.Match[str]) -> str:
            name = match.group(1)
            if name not in binds:
                binds[name] = BindParameter(name, required=True)
            return ":" + name

        self._bindparams = binds
        self.text = _binds().sub(found, text)

    def bindparams(self, *binds: Any, **names_to_values: Any) -> Self:
        """Give values or types to its parameters."""
        c = self._generate()
        c._bindparams = new = dict(self._bindparams)
        for bind in binds:
            try:
                new[bind.key]
            except KeyError as err:
                raise exc.ArgumentError(
                    f"This text() construct doesn't define a bound parameter named {bind.key!r}"
                ) from err
            new[bind.key] = bind
        for key, value in names_to_values.items():
            try:
                old = new[key]
            except KeyError as err:
                raise exc.ArgumentError(
                    f"This text() construct doesn't define a bound parameter named {key!r}"
                ) from err
            new[key] = old._with_value(value, required=False)
        return c

    def columns(self, *cols: Any, **types: Any) -> TextualSelect:
        """A SELECT of which these are the columns, in order or by name."""
        from .coercions import expect_expr
        from .elements import ColumnClause
        from .selectable import TextualSelect

        positional: list[Any] = []
        for col in cols:
            found = expect_expr(col)
            name = getattr(found, "key", None)
            if name in types:
                positional.append(ColumnClause(found.key, types.pop(name)))
            else:
                positional.append(found if found._is_named else found.label(None))
        keyed: list[Any] = [ColumnClause(name, to_instance(t)) for name, t in types.items()]
        return TextualSelect(self, positional + keyed, positional=bool(positional) and not keyed)

    @property
    def selectable(self) -> Any:
        """The text itself."""
        return self

    @property
    def _select_iterable(self) -> Sequence[Any]:
        return (self,)

    def self_group(self, against: Any = None) -> Any:
        if against is operators.in_op:
            return Grouping(self)
        return self

    @property
    def comparator(self) -> Any:
        """What makes expressions of it with operators."""
        return self.type

    def get_children(self, *, omit_attrs: Any = (), **kw: Any) -> Iterator[ClauseElement]:
        return iter(self._bindparams.values())

    def _join_group(self) -> Any:
        return self

    def _copy_internals(self, clone: Callable[[Any], Any] = clone_of) -> None:
        self._bindparams = {k: clone(b) for k, b in self._bindparams.items()}

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (
            TextClause,
            self.text,
            tuple([(k, b._cache_key(ctx)) for k, b in self._bindparams.items()]),
        )

    def label(self, name: str) -> Any:
        """The text as an expression under a name."""
        raise AttributeError("'TextClause' object has no attribute 'label'")

    def __invert__(self) -> NoReturn:
        raise AssertionError  # what text() is the opposite of is not known

    def __and__(self, other: Any) -> Any:
        from .elements import BooleanClauseList

        return BooleanClauseList.and_(self, other)


# where programs know them from
for _cls in (Case, Cast, CollationClause, CollectionAggregate, Extract, FunctionFilter, Over,
             TextClause, TryCast, Tuple, TypeClause, TypeCoerce, WithinGroup):  # fmt: skip
    _cls.__module__ = f"{__package__}.elements"

__all__ = ["BOOLEANTYPE", "quoted_name"]
