"""Operators and their operands: lists, groups, unary and binary expressions.

Everything that can stand where a column can is importable from here: columns come from
`column_element`, parameters from `binds`, composite constructs (CASE, CAST …) from
`constructs`, labels from `named_expressions`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from .. import _core, util
from .._late import late_names
from . import column_element, operators
from .base import AnonName, ClauseElement, KeyContext, clone_of
from .binds import (
    FALSE,
    NO_ARG,
    NULL,
    TRUE,
    BindParameter,
    False_,
    Null,
    OffsetLimitParam,
    True_,
)
from .column_element import (
    OPERATIONS,
    ColumnClause,
    ColumnElement,
    NamedColumn,
    SQLColumnExpression,
    SQLCoreOperations,
    _asbool,
    quoted_name,
)
from .names import _truncated_label as _truncated_label
from .naming import conv as conv
from .operators import and_ as and_op
from .operators import eq, inv, is_precedent, ne
from .operators import or_ as or_op
from .sqltypes import BOOLEANTYPE, NULLTYPE, to_instance

_anonymous_label = AnonName  # as SQLAlchemy calls it, and libraries

if TYPE_CHECKING:
    from .selectable import FromClause

_T = TypeVar("_T")


class ClauseList(ClauseElement):
    """Expressions with an operator, usually a comma, between them."""

    __visit_name__ = "clauselist"
    _traverse_attrs = ("clauses",)
    _is_clause_list = True
    group = True
    group_contents = True
    _is_implicitly_boolean = False

    def __init__(
        self,
        *clauses: Any,
        operator: Any = operators.comma_op,
        group: bool = True,
        group_contents: bool = True,
        _literal_as: Callable[[Any], Any] | None = None,
        **kw: Any,
    ) -> None:
        expect = _literal_as or expect_expr
        self.operator = operator
        self.group = group
        self.group_contents = group_contents
        if group_contents:
            self.clauses = [expect(c).self_group(against=operator) for c in clauses]
        else:
            self.clauses = [expect(c) for c in clauses]
        self._is_implicitly_boolean = operator in (and_op, or_op)

    @classmethod
    def _of(cls, clauses: Iterable[Any], operator: Any = operators.comma_op, **kw: Any) -> Any:
        """From expressions already coerced and grouped."""
        self = cls.__new__(cls)
        self.clauses = list(clauses)
        self.operator = operator
        for k, v in kw.items():
            setattr(self, k, v)
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(self.clauses)

    def __len__(self) -> int:
        return len(self.clauses)

    def append(self, clause: Any) -> None:
        """Add an expression at the end."""
        clause = expect_expr(clause)
        self.clauses.append(
            clause.self_group(against=self.operator) if self.group_contents else clause
        )

    @property
    def _from_objects(self) -> Sequence[FromClause]:  # type: ignore[override]
        return [f for c in self.clauses for f in c._from_objects]

    def self_group(self, against: Any = None) -> Any:
        if self.group and is_precedent(self.operator, against):
            return Grouping(self)
        return self

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (ClauseList, self.operator, self.group, *[c._cache_key(ctx) for c in self.clauses])


class OperatorExpression(ColumnElement[_T]):
    """An expression made by an operator."""

    operator: Any
    negate: Any = None

    @property
    def _is_implicitly_boolean(self) -> bool:  # type: ignore[override]
        return operators.is_comparison(self.operator)

    def self_group(self, against: Any = None) -> Any:
        if is_precedent(self.operator, against):
            return Grouping(self)
        return self


class BooleanClauseList(ColumnElement[bool]):
    """``AND`` or ``OR`` of two or more conditions."""

    __visit_name__ = "expression_clauselist"
    _traverse_attrs = ("clauses",)
    _is_clause_list = True
    _is_implicitly_boolean = True
    type = BOOLEANTYPE
    group = True
    operator: Any
    clauses: list[Any]

    def compare(self, other: ClauseElement, **kw: Any) -> bool:
        """Whether both have the same conditions, in any order."""
        if super().compare(other, **kw):
            return True
        if not isinstance(other, BooleanClauseList) or other.operator is not self.operator:
            return False
        left = list(other.clauses)
        for clause in self.clauses:
            found = next((c for c in left if clause.compare(c)), None)
            if found is None:
                return False
            left = [c for c in left if c is not found]
        return not left

    @classmethod
    def _join(cls, operator: Any, clauses: Iterable[Any]) -> Any:
        """Combine coerced conditions as AND or OR would, leaving out what is neutral."""
        neutral, absorbing = (True_, False_) if operator is and_op else (False_, True_)
        found: list[Any] = []
        skipped = None
        for clause in clauses:
            if isinstance(clause, neutral):
                skipped = clause
            elif isinstance(clause, absorbing):
                found = [clause]
                break
            else:
                found.append(clause)
        if len(found) > 1:
            flat: list[Any] = []
            for clause in found:
                if clause.__class__ is BooleanClauseList and clause.operator is operator:
                    flat.extend(clause.clauses)
                else:
                    flat.append(clause.self_group(against=operator))
            self = cls.__new__(cls)
            self.operator = operator
            self.clauses = flat
            return self
        if not found and skipped is not None:
            found = [skipped]
        return found[0] if found else None

    @classmethod
    def and_(cls, initial_clause: Any = NO_ARG, *clauses: Any) -> Any:
        """AND of conditions."""
        return cls._construct(
            and_op, () if initial_clause is NO_ARG else (initial_clause, *clauses)
        )

    @classmethod
    def or_(cls, initial_clause: Any = NO_ARG, *clauses: Any) -> Any:
        """OR of conditions."""
        return cls._construct(or_op, () if initial_clause is NO_ARG else (initial_clause, *clauses))

    @classmethod
    def _construct(cls, operator: Any, clauses: Sequence[Any]) -> Any:
        if len(clauses) == 1 and isinstance(clauses[0], Iterator):
            clauses = list(clauses[0])
        found = [expect_where(c) for c in clauses]
        made = cls._join(
            operator, [c if c.__class__ is not Grouping else c._within(operator) for c in found]
        )
        if made is not None:
            alone = made._is_column and made.__class__ is not cls
            if alone and made.type._type_affinity is BOOLEANTYPE.__class__:
                # what the operator would have made of it
                return made.self_group(against=_asbool)
            return made
        if made is None:
            name, empty = ("and_", "True") if operator is and_op else ("or_", "False")
            util.warn_deprecated(
                f"Invoking {name}() without arguments is deprecated, and "
                "will be disallowed in a future release.   For an empty "
                f"{name}() construct, use '{name}({empty.lower()}(), *args)' "
                f"or '{name}({empty}, *args)'.",
                version="1.4",
            )
            made = cls.__new__(cls)
            made.operator = operator
            made.clauses = []
        return made

    @classmethod
    def _construct_for_whereclause(cls, clauses: Sequence[Any]) -> Any:
        """AND of the criteria of a WHERE or HAVING, each already coerced; None if none."""
        if not clauses:
            return None
        made = clauses[0] if len(clauses) == 1 else cls._join(and_op, clauses)
        if isinstance(made, cls):
            return made
        return made.self_group(against=_asbool)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.clauses)

    def __len__(self) -> int:
        return len(self.clauses)

    @property
    def _from_objects(self) -> Sequence[FromClause]:  # type: ignore[override]
        return [f for c in self.clauses for f in c._from_objects]

    def self_group(self, against: Any = None) -> Any:
        if not self.clauses:
            return self
        if is_precedent(self.operator, against):
            return Grouping(self)
        return self

    def _negate(self) -> ColumnElement[Any]:
        return UnaryExpression(Grouping(self), operator=inv)

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (BooleanClauseList, self.operator, *[c._cache_key(ctx) for c in self.clauses])


class Grouping(ColumnElement[_T]):
    """Parentheses."""

    __visit_name__ = "grouping"
    _traverse_attrs = ("element",)

    def __init__(self, element: Any) -> None:
        self.element = element
        self.type = getattr(element, "type", NULLTYPE)

    def self_group(self, against: Any = None) -> Any:
        return self

    def _ungroup(self) -> Any:
        return self.element._ungroup()

    def _within(self, operator: Any) -> Any:
        """What is within if it is an AND or OR by the same operator, else this."""
        inner = self.element
        while inner.__class__ is Grouping:
            inner = inner.element
        same = inner.__class__ is BooleanClauseList and inner.operator is operator
        return inner if same else self

    def _with_binary_element_type(self, type_: Any) -> Any:
        return Grouping(self.element._with_binary_element_type(type_))

    @property
    def _is_implicitly_boolean(self) -> bool:  # type: ignore[override]
        return self.element._is_implicitly_boolean  # type: ignore[no-any-return]

    @property
    def _wraps_column(self) -> Any:
        return self.element

    @property
    def _tq_label(self) -> Any:
        return getattr(self.element, "_tq_label", None)

    @property
    def _proxies(self) -> Sequence[Any]:  # type: ignore[override]
        return [self.element] if isinstance(self.element, ColumnElement) else []

    @property
    def _from_objects(self) -> Sequence[FromClause]:  # type: ignore[override]
        return self.element._from_objects  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "element":
            raise AttributeError(name)
        return getattr(self.element, name)

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (Grouping, self.element._cache_key(ctx))


class UnaryExpression(OperatorExpression[_T]):
    """An operator before (operator) or after (modifier) one expression."""

    __visit_name__ = "unary"
    _traverse_attrs = ("element",)
    operator: Any = None
    modifier: Any = None
    wraps_column_expression = False

    def __init__(
        self,
        element: Any,
        *,
        operator: Any = None,
        modifier: Any = None,
        type_: Any = None,
        wraps_column_expression: bool = False,
    ) -> None:
        self.operator = operator
        self.modifier = modifier
        self.element = element.self_group(against=operator or modifier)
        self.type = NULLTYPE if type_ is None else to_instance(type_)
        if wraps_column_expression:
            self.wraps_column_expression = True

    @property
    def _is_implicitly_boolean(self) -> bool:  # type: ignore[override]
        return False

    @property
    def _from_objects(self) -> Sequence[FromClause]:  # type: ignore[override]
        return self.element._from_objects  # type: ignore[no-any-return]

    @property
    def _wraps_column(self) -> Any:
        return self.element if self.wraps_column_expression else None

    def _negate(self) -> ColumnElement[Any]:
        if self.type._type_affinity is BOOLEANTYPE.__class__:
            return UnaryExpression(self.self_group(against=inv), operator=inv, type_=BOOLEANTYPE)
        return ColumnElement._negate(self)

    def self_group(self, against: Any = None) -> Any:
        if self.operator is not None and is_precedent(self.operator, against):
            return Grouping(self)
        return self

    def _cache_key(self, ctx: KeyContext) -> Any:
        type_key = None
        if self.type is not NULLTYPE:
            type_key = self.type._static_cache_key
            if type_key is None:
                ctx.cacheable = False
        return (
            self.__class__,
            self.operator,
            self.modifier,
            self.element._cache_key(ctx),
            type_key,
        )


class AsBoolean(UnaryExpression[bool]):
    """A boolean column where a condition is wanted: ``x = 1`` on databases without booleans."""

    __visit_name__ = "unary"
    wraps_column_expression = True

    def __init__(self, element: Any, operator: Any, negate: Any) -> None:
        self.element = element
        self.type = BOOLEANTYPE
        self.operator = operator
        self.negate = negate

    def self_group(self, against: Any = None) -> Any:
        return self

    @property
    def _is_implicitly_boolean(self) -> bool:  # type: ignore[override]
        return self.element._is_implicitly_boolean  # type: ignore[no-any-return]

    @property
    def _non_anon_label(self) -> Any:
        return self.element._non_anon_label

    @property
    def _tq_label(self) -> Any:
        return self.element._tq_label

    @property
    def _proxy_key(self) -> Any:
        return self.element._proxy_key

    _proxy_name = _proxy_key

    @property
    def _expression_label(self) -> Any:
        return self.element._expression_label

    @property
    def _anon_name_label(self) -> AnonName:
        return self._anon_label(getattr(self.element, "name", None))

    def _make_proxy(
        self, selectable: FromClause, name: Any = None, key: Any = None
    ) -> tuple[Any, ColumnClause[Any]]:
        if name is None:
            name = self._non_anon_label
        return super()._make_proxy(selectable, name=name, key=key)

    def _negate(self) -> ColumnElement[Any]:
        if isinstance(self.element, (True_, False_)):
            return self.element._negate()
        return AsBoolean(self.element, self.negate, self.operator)


def _ungrouped(element: Any) -> Any:
    """An operand without the parentheses that it was given as one."""
    if element.__class__ is Label:
        original = element._before_grouping
        return element if original is None else original
    return element.element if element.__class__ is Grouping else element


class BinaryExpression(OperatorExpression[_T]):
    """Two expressions with an operator between them."""

    __visit_name__ = "binary"
    _traverse_attrs = ("left", "right")

    def __init__(
        self,
        left: Any,
        right: Any,
        operator: Any,
        type_: Any = None,
        negate: Any = None,
        modifiers: Mapping[str, Any] | None = None,
    ) -> None:
        self.left = left if left._atomic else left.self_group(against=operator)
        self.right = right if right._atomic else right.self_group(against=operator)
        self.operator = operator
        self.type = NULLTYPE if type_ is None else to_instance(type_)
        self.negate = negate
        if modifiers:
            self.__dict__["modifiers"] = modifiers

    @util.memoized_property
    def modifiers(self) -> dict[str, Any]:
        """What was said of the operator, as the `escape` of LIKE. The program may add to it."""
        return {}

    def _modifier(self, name: str) -> Any:
        """One of the modifiers, or None; asked so, an expression without any stays as it is."""
        said = self.__dict__.get("modifiers")
        return None if said is None else said.get(name)

    def __bool__(self) -> bool:
        if self.operator is eq or self.operator is ne:
            same = hash(_ungrouped(self.left)) == hash(_ungrouped(self.right))
            return same is (self.operator is eq)
        raise TypeError("Boolean value of this clause is not defined")

    @property
    def is_comparison(self) -> bool:
        """Whether the operator is one of comparison, as ``=`` and ``<``."""
        return operators.is_comparison(self.operator)

    def compare(self, other: ClauseElement, **kw: Any) -> bool:
        """Whether both have the same structure, the sides of ``=`` and the like in any order."""
        if super().compare(other, **kw):
            return True
        return (
            isinstance(other, BinaryExpression)
            and other.operator is self.operator
            and operators.is_commutative(self.operator)
            and self.left.compare(other.right)
            and self.right.compare(other.left)
        )

    @property
    def _from_objects(self) -> Sequence[FromClause]:  # type: ignore[override]
        left, right = self.left._from_objects, self.right._from_objects
        if not right:
            return left  # type: ignore[no-any-return]
        return [*left, *right]

    def _negate(self) -> ColumnElement[Any]:
        # what is not true of any is true of none, which another operator does not say
        if self.negate is not None and not self.right._is_collection_aggregate:
            return BinaryExpression(
                self.left,
                self.right._negate_in_binary(self.negate, self.operator),
                self.negate,
                type_=self.type,
                negate=self.operator,
                modifiers=self.__dict__.get("modifiers"),
            )
        return Grouping(self)._negate()

    def _key_of_rest(self, ctx: KeyContext, key: list[Any]) -> None:
        type_key = self.type._static_cache_key
        if type_key is None:
            ctx.cacheable = False
        key.append(type_key)
        key.append(
            tuple(
                [
                    (k, v._cache_key(ctx) if isinstance(v, ClauseElement) else v)
                    for k, v in self.__dict__.get("modifiers", util.EMPTY_DICT).items()
                ]
            )
        )

    _cache_key = _core.KeyRecipe(
        "binary",
        (
            (_core.KEY_VALUE, "operator"),
            (_core.KEY_CHILD, "left"),
            (_core.KEY_CHILD, "right"),
        ),
        rare=frozenset(["modifiers"]),
        usual=("type", BOOLEANTYPE),
        rest=_key_of_rest,
    )

    def _copy_internals(self, clone: Callable[[Any], Any] = clone_of) -> None:
        self.left = clone(self.left)
        self.right = clone(self.right)
        said = self.__dict__.get("modifiers", util.EMPTY_DICT)
        if any(isinstance(v, ClauseElement) for v in said.values()):
            self.__dict__["modifiers"] = {
                k: clone(v) if isinstance(v, ClauseElement) else v for k, v in said.items()
            }


class Slice(ColumnElement[Any]):
    """``start:stop`` of an array index."""

    __visit_name__ = "slice"
    _traverse_attrs = ("start", "stop", "step")

    def __init__(self, start: Any, stop: Any, step: Any) -> None:
        self.start = expect_expr(start)
        self.stop = expect_expr(stop)
        self.step = expect_expr(step)

    def _cache_key(self, ctx: KeyContext) -> Any:
        return (
            Slice,
            self.start._cache_key(ctx),
            self.stop._cache_key(ctx),
            self.step._cache_key(ctx),
        )


from . import comparators  # noqa: E402,F401  (fills OPERATIONS)
from .coercions import expect_expr, expect_where  # noqa: E402
from .named_expressions import Label  # noqa: E402
from .named_expressions import _label_reference as _label_reference  # noqa: E402
from .named_expressions import _textual_label_reference as _textual_label_reference  # noqa: E402

# ColumnElement makes these although they derive from it
_cls: type
for _cls in (AsBoolean, BinaryExpression, BindParameter, Grouping, Label, UnaryExpression):
    setattr(column_element, _cls.__name__, _cls)

__all__ = [
    "FALSE",
    "NO_ARG",
    "NULL",
    "OPERATIONS",
    "TRUE",
    "AsBoolean",
    "BinaryExpression",
    "BindParameter",
    "BooleanClauseList",
    "Case",
    "Cast",
    "ClauseElement",
    "ClauseList",
    "CollationClause",
    "CollectionAggregate",
    "ColumnClause",
    "ColumnElement",
    "Extract",
    "False_",
    "FunctionFilter",
    "Grouping",
    "KeyedColumnElement",
    "Label",
    "NamedColumn",
    "Null",
    "OffsetLimitParam",
    "Over",
    "SQLColumnExpression",
    "SQLCoreOperations",
    "TextClause",
    "True_",
    "TryCast",
    "Tuple",
    "TypeClause",
    "TypeCoerce",
    "UnaryExpression",
    "WithinGroup",
    "quoted_name",
]

KeyedColumnElement = ColumnElement

_core.Comparable._set_up(
    BinaryExpression,
    BindParameter,
    BOOLEANTYPE,
    column_element.is_own_type,
    (operators.lt, operators.le, eq, ne, operators.gt, operators.ge),
    column_element.Comparator,
)

for _cls in (BindParameter, ColumnClause, ColumnElement, False_, Label, NamedColumn, Null,
             SQLColumnExpression, True_, quoted_name, _label_reference,
             _textual_label_reference):  # fmt: skip
    _cls.__module__ = __name__

if TYPE_CHECKING:
    from .constructs import Case as Case
    from .constructs import Cast as Cast
    from .constructs import CollationClause as CollationClause
    from .constructs import CollectionAggregate as CollectionAggregate
    from .constructs import Extract as Extract
    from .constructs import FunctionFilter as FunctionFilter
    from .constructs import Over as Over
    from .constructs import ReleaseSavepointClause as ReleaseSavepointClause
    from .constructs import RollbackToSavepointClause as RollbackToSavepointClause
    from .constructs import SavepointClause as SavepointClause
    from .constructs import TextClause as TextClause
    from .constructs import TryCast as TryCast
    from .constructs import Tuple as Tuple
    from .constructs import TypeClause as TypeClause
    from .constructs import TypeCoerce as TypeCoerce
    from .constructs import WithinGroup as WithinGroup
    from .expression import and_ as and_
    from .expression import literal as literal
    from .expression import literal_column as literal_column
    from .expression import or_ as or_
    from .typed_operators import SQLCoreOperations as SQLCoreOperations
else:
    __getattr__ = late_names(
        __name__,
        {
            ".constructs": (
                "Case Cast CollationClause CollectionAggregate Extract FunctionFilter Over "
                "ReleaseSavepointClause RollbackToSavepointClause SavepointClause TextClause "
                "TryCast Tuple TypeClause TypeCoerce WithinGroup"
            ),
            ".expression": "and_ literal literal_column or_",
            ".typed_operators": "SQLCoreOperations",
        },
    )
