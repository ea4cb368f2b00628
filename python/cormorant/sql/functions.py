"""SQL functions: `func`, functions whose result type is known, table-valued functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .. import util
from . import operators, sqltypes
from .base import Annotated
from .coercions import expect_function_arg
from .elements import (
    BindParameter,
    ClauseList,
    ColumnElement,
    Grouping,
)
from .function_element import FunctionAsBinary as FunctionAsBinary
from .function_element import FunctionElement as FunctionElement
from .function_element import ScalarFunctionColumn as ScalarFunctionColumn
from .function_element import TableValuedAlias as TableValuedAlias

if TYPE_CHECKING:
    from ..orm.base import Mapped
    from . import known_functions as known
    from .type_api import TypeArgument
    from .typed_operators import SQLCoreOperations

_T = TypeVar("_T")

# package -> lower-case name -> class
_registry: dict[str, dict[str, Any]] = {"_default": {}}
_own_known = False
"""The functions of this package are in it."""


def _know_own() -> None:
    global _own_known
    if not _own_known:
        from . import known_functions  # noqa: F401
        from .constructs import Cast, Extract

        _registry["_default"] |= {"cast": Cast, "extract": Extract}
        _own_known = True


def register_function(identifier: str, fn: Any, package: str = "_default") -> None:
    """Make `func.<identifier>` build a class of function."""
    _know_own()
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
        def max(self, col: ColumnElement[_T], *args: Any, **kw: Any) -> known.max[_T]: ...
        @overload
        def max(self, col: _Argument[_T], *args: Any, **kw: Any) -> known.max[_T]: ...
        @overload
        def max(self, col: _T, *args: Any, **kw: Any) -> known.max[_T]: ...
        def max(self, col: Any, *args: Any, **kw: Any) -> known.max[Any]: ...
        @overload
        def min(self, col: ColumnElement[_T], *args: Any, **kw: Any) -> known.min[_T]: ...
        @overload
        def min(self, col: _Argument[_T], *args: Any, **kw: Any) -> known.min[_T]: ...
        @overload
        def min(self, col: _T, *args: Any, **kw: Any) -> known.min[_T]: ...
        def min(self, col: Any, *args: Any, **kw: Any) -> known.min[Any]: ...
        @overload
        def sum(self, col: ColumnElement[_T], *args: Any, **kw: Any) -> known.sum[_T]: ...
        @overload
        def sum(self, col: _Argument[_T], *args: Any, **kw: Any) -> known.sum[_T]: ...
        @overload
        def sum(self, col: _T, *args: Any, **kw: Any) -> known.sum[_T]: ...
        def sum(self, col: Any, *args: Any, **kw: Any) -> known.sum[Any]: ...
        @overload
        def array_agg(
            self, col: ColumnElement[_T], *args: Any, **kw: Any
        ) -> known.array_agg[_T]: ...
        @overload
        def array_agg(self, col: _Argument[_T], *args: Any, **kw: Any) -> known.array_agg[_T]: ...
        @overload
        def array_agg(self, col: _T, *args: Any, **kw: Any) -> known.array_agg[_T]: ...
        def array_agg(self, col: Any, *args: Any, **kw: Any) -> known.array_agg[Any]: ...
        @overload
        def coalesce(self, col: ColumnElement[_T], *args: Any, **kw: Any) -> known.coalesce[_T]: ...
        @overload
        def coalesce(
            self, col: _Argument[_T | None], *args: Any, **kw: Any
        ) -> known.coalesce[_T]: ...
        @overload
        def coalesce(self, col: _T | None, *args: Any, **kw: Any) -> known.coalesce[_T]: ...
        def coalesce(self, col: Any, *args: Any, **kw: Any) -> known.coalesce[Any]: ...
        @property
        def aggregate_strings(self) -> type[known.aggregate_strings]: ...
        @property
        def char_length(self) -> type[known.char_length]: ...
        @property
        def concat(self) -> type[known.concat]: ...
        @property
        def count(self) -> type[known.count]: ...
        @property
        def current_date(self) -> type[known.current_date]: ...
        @property
        def current_time(self) -> type[known.current_time]: ...
        @property
        def current_timestamp(self) -> type[known.current_timestamp]: ...
        @property
        def current_user(self) -> type[known.current_user]: ...
        @property
        def dense_rank(self) -> type[known.dense_rank]: ...
        @property
        def next_value(self) -> type[known.next_value]: ...
        @property
        def now(self) -> type[known.now]: ...
        @property
        def random(self) -> type[known.random]: ...
        @property
        def rank(self) -> type[known.rank]: ...
        @property
        def percent_rank(self) -> type[known.percent_rank]: ...
        @property
        def cume_dist(self) -> type[known.cume_dist]: ...
        @property
        def localtime(self) -> type[known.localtime]: ...
        @property
        def localtimestamp(self) -> type[known.localtimestamp]: ...
        @property
        def session_user(self) -> type[known.session_user]: ...
        @property
        def sysdate(self) -> type[known.sysdate]: ...
        @property
        def user(self) -> type[known.user]: ...

    @overload
    def __call__(self, *c: Any, type_: TypeArgument[_T], **kw: Any) -> Function[_T]: ...
    @overload
    def __call__(self, *c: Any, **kw: Any) -> Function[Any]: ...
    def __call__(self, *c: Any, **kw: Any) -> Function[Any]:
        options = {**self.opts, **kw} if kw or self.opts else {}
        names = self.__names
        if not _own_known:
            _know_own()
        if len(names) == 1:
            fn = _registry["_default"].get(names[0].lower())
            if fn is not None:
                return fn(*c, **options)  # type: ignore[no-any-return]
        elif len(names) == 2:
            package = _registry.get(names[0])
            if package is not None:
                fn = package.get(names[1].lower())
                if fn is not None:
                    return fn(*c, **options)  # type: ignore[no-any-return]
        return Function(names[-1], *c, packagenames=names[:-1], **options)


func = _FunctionGenerator()
modifier = _FunctionGenerator(group=False)


class GenericFunction(Function[_T]):
    """A function with a class of its own; a subclass registers itself under its name."""

    name: Any = "GenericFunction"
    identifier: Any = None
    _register = False
    _written: str | None = None
    """Its SQL name, of a class that has it itself; a subclass is written by `name`."""
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


if TYPE_CHECKING:
    from typing import TypeAlias

    from .known_functions import AnsiFunction as AnsiFunction
    from .known_functions import OrderedSetAgg as OrderedSetAgg
    from .known_functions import ReturnTypeFromArgs as ReturnTypeFromArgs
    from .known_functions import ReturnTypeFromOptionalArgs as ReturnTypeFromOptionalArgs
    from .known_functions import aggregate_strings as aggregate_strings
    from .known_functions import array_agg as array_agg
    from .known_functions import char_length as char_length
    from .known_functions import coalesce as coalesce
    from .known_functions import concat as concat
    from .known_functions import count as count
    from .known_functions import cube as cube
    from .known_functions import cume_dist as cume_dist
    from .known_functions import current_date as current_date
    from .known_functions import current_time as current_time
    from .known_functions import current_timestamp as current_timestamp
    from .known_functions import current_user as current_user
    from .known_functions import dense_rank as dense_rank
    from .known_functions import grouping_sets as grouping_sets
    from .known_functions import localtime as localtime
    from .known_functions import localtimestamp as localtimestamp
    from .known_functions import max as max
    from .known_functions import min as min
    from .known_functions import mode as mode
    from .known_functions import next_value as next_value
    from .known_functions import now as now
    from .known_functions import percent_rank as percent_rank
    from .known_functions import percentile_cont as percentile_cont
    from .known_functions import percentile_disc as percentile_disc
    from .known_functions import random as random
    from .known_functions import rank as rank
    from .known_functions import rollup as rollup
    from .known_functions import session_user as session_user
    from .known_functions import sum as sum
    from .known_functions import sysdate as sysdate
    from .known_functions import user as user

    _Argument: TypeAlias = SQLCoreOperations[_T] | Mapped[_T]
else:
    __getattr__ = util.late_names(
        __name__,
        {
            ".known_functions": (
                "ReturnTypeFromArgs next_value array_agg ReturnTypeFromOptionalArgs "
                "coalesce max min sum concat char_length random now count AnsiFunction "
                "current_date current_time current_timestamp current_user localtime "
                "localtimestamp session_user sysdate user rank dense_rank percent_rank "
                "cume_dist cube rollup grouping_sets OrderedSetAgg mode percentile_cont "
                "percentile_disc aggregate_strings"
            )
        },
    )
