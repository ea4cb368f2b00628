"""SQL functions: `func`, functions whose result type is known, table-valued functions."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .. import util
from . import operators, sqltypes
from .base import Annotated, KeyContext
from .coercions import expect_function_arg
from .elements import (
    BindParameter,
    Cast,
    ClauseList,
    ColumnClause,
    ColumnElement,
    Extract,
    Grouping,
    UnaryExpression,
)
from .function_element import FunctionAsBinary as FunctionAsBinary
from .function_element import FunctionElement as FunctionElement
from .function_element import ScalarFunctionColumn as ScalarFunctionColumn
from .function_element import TableValuedAlias as TableValuedAlias

if TYPE_CHECKING:
    from decimal import Decimal

    from ..orm.base import Mapped
    from .type_api import TypeArgument
    from .typed_operators import SQLCoreOperations
else:
    Decimal = Any  # importing it takes a program that has no decimals its time

_T = TypeVar("_T")

# package -> lower-case name -> class
_registry: dict[str, dict[str, type[GenericFunction[Any]]]] = {"_default": {}}


def register_function(identifier: str, fn: Any, package: str = "_default") -> None:
    """Make `func.<identifier>` build a class of function."""
    registered = _registry.setdefault(package, {})
    key = str(identifier).lower()
    if key in registered:
        util.warn(
            f"The GenericFunction '{key}' is already registered and is going to be overridden."
        )
    registered[key] = fn


class Function(FunctionElement[_T]):
    """A function known by its name only."""

    __visit_name__ = "function"

    def __init__(
        self,
        name: str,
        *clauses: Any,
        type_: Any = None,
        packagenames: Sequence[str] | None = None,
    ) -> None:
        self.packagenames = tuple(packagenames or ())
        self.name = name
        self.type = sqltypes.to_instance(type_)
        FunctionElement.__init__(self, *clauses)

    @property
    def _bind_name(self) -> str | None:
        return self.name  # type: ignore[no-any-return]

    def _bind_param(
        self, operator: Any, obj: Any, type_: Any = None, expanding: bool = False
    ) -> BindParameter[Any]:
        return BindParameter(
            self.name if self.name is None or isinstance(self.name, str) else str(self.name),
            obj,
            _compared_to_operator=operator,
            _compared_to_type=self.type,
            type_=type_,
            unique=True,
            expanding=expanding,
        )


register_function("cast", Cast)
register_function("extract", Extract)


class _FunctionGenerator:
    """``func``: makes the function named by the attribute."""

    def __init__(self, **opts: Any) -> None:
        self.__names: list[str] = []
        self.opts = opts

    def __getattr__(self, name: str) -> _FunctionGenerator:
        if name.startswith("__"):
            raise AttributeError(name)
        if name.endswith("_"):
            name = name[:-1]
        f = _FunctionGenerator(**self.opts)
        f.__names = [*self.__names, name]
        return f

    if TYPE_CHECKING:
        # Functions of a known class; every other name is a `Function`.

        @overload
        def max(self, col: ColumnElement[_T], *args: Any, **kw: Any) -> _max[_T]: ...
        @overload
        def max(self, col: _Argument[_T], *args: Any, **kw: Any) -> _max[_T]: ...
        @overload
        def max(self, col: _T, *args: Any, **kw: Any) -> _max[_T]: ...
        def max(self, col: Any, *args: Any, **kw: Any) -> _max[Any]: ...
        @overload
        def min(self, col: ColumnElement[_T], *args: Any, **kw: Any) -> _min[_T]: ...
        @overload
        def min(self, col: _Argument[_T], *args: Any, **kw: Any) -> _min[_T]: ...
        @overload
        def min(self, col: _T, *args: Any, **kw: Any) -> _min[_T]: ...
        def min(self, col: Any, *args: Any, **kw: Any) -> _min[Any]: ...
        @overload
        def sum(self, col: ColumnElement[_T], *args: Any, **kw: Any) -> _sum[_T]: ...
        @overload
        def sum(self, col: _Argument[_T], *args: Any, **kw: Any) -> _sum[_T]: ...
        @overload
        def sum(self, col: _T, *args: Any, **kw: Any) -> _sum[_T]: ...
        def sum(self, col: Any, *args: Any, **kw: Any) -> _sum[Any]: ...
        @overload
        def array_agg(self, col: ColumnElement[_T], *args: Any, **kw: Any) -> _array_agg[_T]: ...
        @overload
        def array_agg(self, col: _Argument[_T], *args: Any, **kw: Any) -> _array_agg[_T]: ...
        @overload
        def array_agg(self, col: _T, *args: Any, **kw: Any) -> _array_agg[_T]: ...
        def array_agg(self, col: Any, *args: Any, **kw: Any) -> _array_agg[Any]: ...
        @overload
        def coalesce(self, col: ColumnElement[_T], *args: Any, **kw: Any) -> _coalesce[_T]: ...
        @overload
        def coalesce(self, col: _Argument[_T | None], *args: Any, **kw: Any) -> _coalesce[_T]: ...
        @overload
        def coalesce(self, col: _T | None, *args: Any, **kw: Any) -> _coalesce[_T]: ...
        def coalesce(self, col: Any, *args: Any, **kw: Any) -> _coalesce[Any]: ...
        @property
        def aggregate_strings(self) -> type[_aggregate_strings]: ...
        @property
        def char_length(self) -> type[_char_length]: ...
        @property
        def concat(self) -> type[_concat]: ...
        @property
        def count(self) -> type[_count]: ...
        @property
        def current_date(self) -> type[_current_date]: ...
        @property
        def current_time(self) -> type[_current_time]: ...
        @property
        def current_timestamp(self) -> type[_current_timestamp]: ...
        @property
        def current_user(self) -> type[_current_user]: ...
        @property
        def dense_rank(self) -> type[_dense_rank]: ...
        @property
        def next_value(self) -> type[_next_value]: ...
        @property
        def now(self) -> type[_now]: ...
        @property
        def random(self) -> type[_random]: ...
        @property
        def rank(self) -> type[_rank]: ...
        @property
        def percent_rank(self) -> type[_percent_rank]: ...
        @property
        def cume_dist(self) -> type[_cume_dist]: ...
        @property
        def localtime(self) -> type[_localtime]: ...
        @property
        def localtimestamp(self) -> type[_localtimestamp]: ...
        @property
        def session_user(self) -> type[_session_user]: ...
        @property
        def sysdate(self) -> type[_sysdate]: ...
        @property
        def user(self) -> type[_user]: ...

    @overload
    def __call__(self, *c: Any, type_: TypeArgument[_T], **kw: Any) -> Function[_T]: ...
    @overload
    def __call__(self, *c: Any, **kw: Any) -> Function[Any]: ...
    def __call__(self, *c: Any, **kw: Any) -> Function[Any]:
        options = {**self.opts, **kw} if kw or self.opts else {}
        names = self.__names
        if len(names) == 1:
            fn = _registry["_default"].get(names[0].lower())
            if fn is not None:
                return fn(*c, **options)
        elif len(names) == 2:
            package = _registry.get(names[0])
            if package is not None:
                fn = package.get(names[1].lower())
                if fn is not None:
                    return fn(*c, **options)
        return Function(names[-1], *c, packagenames=names[:-1], **options)


func = _FunctionGenerator()
modifier = _FunctionGenerator(group=False)


class GenericFunction(Function[_T]):
    """A function with a class of its own; a subclass registers itself under its name."""

    name: Any = "GenericFunction"
    identifier: Any = None
    _register = False
    inherit_cache = True

    def __init_subclass__(cls, **kw: Any) -> None:
        super().__init_subclass__(**kw)
        if Function in cls.__bases__ or issubclass(cls, Annotated):
            return
        own = cls.__dict__
        name = own.get("name", cls.__name__)
        cls.name = name
        identifier = own.get("identifier", name)
        package = own.get("package", "_default")
        if not own.get("_abstract", False):
            register_function(identifier, cls, package)

    def __init__(self, *args: Any, **kw: Any) -> None:
        args_list = [expect_function_arg(c, self.name) for c in args]
        self._finish(args_list, kw)

    def _finish(self, args: list[Any], kw: dict[str, Any]) -> None:
        self._has_args = self._has_args or bool(args)
        type_ = kw.get("type_")
        self.packagenames = ()
        self.clause_expr = Grouping(
            ClauseList._of(
                [a.self_group(against=operators.comma_op) for a in args],
                operators.comma_op,
                group_contents=True,
            )
        )
        if type_ is None:
            type_ = getattr(type(self), "type", None)
            if type_ is None or type_ is sqltypes.NULLTYPE:
                type_ = getattr(type(self), "__return_type__", None)
        self.type = sqltypes.to_instance(type_)


class ReturnTypeFromArgs(GenericFunction[_T]):
    """A function whose result has the type of its arguments."""

    _abstract = True

    def __init__(self, *args: Any, **kw: Any) -> None:
        made = [expect_function_arg(c, self.name) for c in args]
        if kw.get("type_") is None:
            kw["type_"] = next((a.type for a in made if not a.type._isnull), sqltypes.NULLTYPE)
        self._finish(made, kw)


class next_value(GenericFunction[int]):
    """The next value of a Sequence."""

    type = sqltypes.Integer()
    name = "next_value"

    def __init__(self, seq: Any, **kw: Any) -> None:
        from .schema_defaults import Sequence as Seq

        if not isinstance(seq, Seq):
            raise AssertionError("next_value() accepts a Sequence object as input.")
        self.sequence = seq
        self._finish([], {"type_": seq.data_type or kw.get("type_")})

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (next_value, *ctx.number(self.sequence), self.sequence.key)

    @property
    def _from_objects(self) -> Sequence[Any]:  # type: ignore[override]
        return ()


class array_agg(ReturnTypeFromArgs[Sequence[_T]]):
    """Values of a group as an array."""

    def __init__(self, *args: Any, **kw: Any) -> None:
        made = [expect_function_arg(c, self.name) for c in args]
        if kw.get("type_") is None:
            item = made[0].type if made else sqltypes.NULLTYPE
            kw["type_"] = item if item._is_array else sqltypes.ARRAY(item, dimensions=1)
        self._finish(made, kw)


class ReturnTypeFromOptionalArgs(ReturnTypeFromArgs[_T]):
    """As ReturnTypeFromArgs; the value may be NULL, as those of the arguments."""

    _abstract = True


class coalesce(ReturnTypeFromArgs[_T]):
    _has_args = True


class max(ReturnTypeFromArgs[_T]):
    pass


class min(ReturnTypeFromArgs[_T]):
    pass


class sum(ReturnTypeFromArgs[_T]):
    pass


class concat(GenericFunction[str]):
    type = sqltypes.String()


class char_length(GenericFunction[int]):
    type = sqltypes.Integer()

    def __init__(self, arg: Any, **kw: Any) -> None:
        super().__init__(arg, **kw)


class random(GenericFunction[float]):
    _has_args = True


class now(GenericFunction[datetime.datetime]):
    type = sqltypes.DateTime()


class count(GenericFunction[int]):
    """``count(*)`` without an argument."""

    type = sqltypes.Integer()

    def __init__(self, expression: Any = None, **kw: Any) -> None:
        if expression is None:
            expression = ColumnClause("*", is_literal=True)
        super().__init__(expression, **kw)


class AnsiFunction(GenericFunction[_T]):
    """A function of the standard that is written without parentheses."""

    _abstract = True


class current_date(AnsiFunction[datetime.date]):
    type = sqltypes.Date()


class current_time(AnsiFunction[datetime.time]):
    type = sqltypes.Time()


class current_timestamp(AnsiFunction[datetime.datetime]):
    type = sqltypes.DateTime()


class current_user(AnsiFunction[str]):
    type = sqltypes.String()


class localtime(AnsiFunction[datetime.datetime]):
    type = sqltypes.DateTime()


class localtimestamp(AnsiFunction[datetime.datetime]):
    type = sqltypes.DateTime()


class session_user(AnsiFunction[str]):
    type = sqltypes.String()


class sysdate(AnsiFunction[datetime.datetime]):
    type = sqltypes.DateTime()


class user(AnsiFunction[str]):
    type = sqltypes.String()


class rank(GenericFunction[int]):
    type = sqltypes.Integer()


class dense_rank(GenericFunction[int]):
    type = sqltypes.Integer()


class percent_rank(GenericFunction[Decimal]):
    type = sqltypes.Numeric()


class cume_dist(GenericFunction[Decimal]):
    type = sqltypes.Numeric()


class _GroupingSets(GenericFunction[Any]):
    _abstract = True
    _has_args = True


class cube(_GroupingSets):
    pass


class rollup(_GroupingSets):
    pass


class grouping_sets(_GroupingSets):
    pass


class OrderedSetAgg(GenericFunction[_T]):
    """An aggregate used with WITHIN GROUP."""

    _abstract = True
    array_for_multi_clause = False

    def within_group_type(self, within_group: Any) -> Any:
        if not within_group.order_by.clauses:
            return None
        first = within_group.order_by.clauses[0]
        while isinstance(first, UnaryExpression) and first.modifier is not None:
            first = first.element  # ascending, descending
        if self.array_for_multi_clause and len(self.clauses) > 1:
            return sqltypes.ARRAY(first.type)
        return first.type


class mode(OrderedSetAgg[_T]):
    pass


class percentile_cont(OrderedSetAgg[_T]):
    array_for_multi_clause = True


class percentile_disc(OrderedSetAgg[_T]):
    array_for_multi_clause = True


class aggregate_strings(GenericFunction[str]):
    """Strings of a group, joined by a separator."""

    type = sqltypes.String()

    def __init__(self, clause: Any, separator: str, **kw: Any) -> None:
        super().__init__(clause, separator, **kw)


if TYPE_CHECKING:
    from typing import TypeAlias

    _Argument: TypeAlias = SQLCoreOperations[_T] | Mapped[_T]

    # `func` has attributes of the names of these classes
    _max = max
    _min = min
    _sum = sum
    _coalesce = coalesce
    _aggregate_strings = aggregate_strings
    _array_agg = array_agg
    _char_length = char_length
    _concat = concat
    _count = count
    _current_date = current_date
    _current_time = current_time
    _current_timestamp = current_timestamp
    _current_user = current_user
    _dense_rank = dense_rank
    _next_value = next_value
    _now = now
    _random = random
    _rank = rank
    _percent_rank = percent_rank
    _cume_dist = cume_dist
    _localtime = localtime
    _localtimestamp = localtimestamp
    _session_user = session_user
    _sysdate = sysdate
    _user = user
