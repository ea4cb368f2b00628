"""Writing the plain Select of a statement that names mapped classes.

:class:`~cormorant.orm.selecting.SelectState` has read the statement; of what it found,
:func:`plain_select` makes one of columns and tables alone: with the criteria of the classes,
and with the eager joins, around a subquery where LIMIT and the like must not count their rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..sql import visitors
from ..sql.elements import Label
from ..sql.order_by_names import names_in_order_by
from ..sql.selectable import LABEL_STYLE_TABLENAME_PLUS_COL, Select, selected_by
from .joining import adapt_to, adapt_to_result, parts, selectable_of
from .order_by import is_column_expression, resolve_label, without_modifiers
from .program import no_column

if TYPE_CHECKING:
    from .nodes import EntityNode
    from .selecting import SelectState
    from .strategies import EagerJoin


def plain_select(state: SelectState) -> Any:
    """The Select of columns and tables that is compiled in place of the one that `state` has
    read. Where in its rows the columns of what is joined eagerly begin is said in
    `state.offset`.

    Raises NoSuchColumnError if text is among what a subquery would have to name and, with eager
    joins, CompileError for a label in ORDER BY or GROUP BY that the statement does not have.
    """
    statement = state.statement
    plain = statement._generate()
    plain._setup_joins = ()
    plain._with_options = state._criteria_options  # for the SELECTs within
    plain._plain = True
    if state._extra_where:
        plain._where_criteria = (*statement._where_criteria, *state._extra_where)
    if statement._correlate:
        plain._correlate = _surfaces(statement._correlate)
    if statement._correlate_except:
        plain._correlate_except = _surfaces(statement._correlate_except)
    if state.adapt_from is not None:
        _adapt_clauses(state, plain, state.adapt_from)
    if state._adapters:
        _adapt_criteria(plain, state._adapters.adapt)
        if state.embedded:
            plain._raw_columns = state._adapters.columns(plain._raw_columns)
    if state.embedded:
        froms = state.froms
        if not froms and not state.has_joins:
            froms = [selectable_of(entity) for entity in state._entities(True)]
            if not any(from_._is_join for from_ in froms):
                return plain  # the columns' own tables
        plain._from_obj = tuple(froms)
        return plain
    froms = list(state.froms)
    if not froms:
        froms = [selectable_of(entity) for entity in state._entities(True)]
        froms = froms or [c for c in statement._raw_columns if c._is_join]
    state.offset = len(state.primary)
    if state._eager_joins:
        # what is joined eagerly has no names in the program's ORDER BY
        names, _, _ = names_in_order_by(state.primary, froms)
        ordered = _names_of_nested(state) if _is_nested(state) else names
        for name, known in (("_order_by_clauses", ordered), ("_group_by_clauses", names)):
            clauses = [resolve_label(clause, known) for clause in getattr(plain, name)]
            setattr(plain, name, tuple(clauses))
    if _is_nested(state):
        return _nested_select(state, plain, froms)
    plain._raw_columns = [*state.primary, *state.secondary]
    if state._eager_joins:
        for item in state.items:
            if item.node is not None:
                _wrap(state, froms, item.node)
        plain._order_by_clauses = (*plain._order_by_clauses, *_eager_order(state))
    plain._from_obj = tuple(froms)
    return plain


def _is_nested(state: SelectState) -> bool:
    """Eager collections must not be counted by LIMIT and the like."""
    statement = state.statement
    return (
        state._multiplies
        and bool(state._eager_joins)
        and (
            statement._limit_clause is not None
            or statement._offset_clause is not None
            or bool(statement._distinct)
            or bool(statement._group_by_clauses)
        )
    )


def _adapt_clauses(state: SelectState, plain: Any, sub: Any) -> None:
    """Criteria of a query over a set operation are about its result."""
    _adapt_criteria(plain, lambda clause: adapt_to_result(sub, clause))
    if state.embedded:
        raw: list[Any] = []
        for column in plain._raw_columns:
            if column._is_from_clause:
                raw += [sub.corresponding_column(c) for c in selected_by([column])]
            else:
                raw.append(adapt_to_result(sub, column))
        plain._raw_columns = raw


def _adapt_criteria(plain: Any, adapt: Callable[[Any], Any]) -> None:
    for name in (
        "_where_criteria",
        "_having_criteria",
        "_group_by_clauses",
        "_order_by_clauses",
    ):
        clauses = getattr(plain, name)
        if clauses:
            setattr(plain, name, tuple([adapt(clause) for clause in clauses]))


def _wrap(state: SelectState, froms: list[Any], node: EntityNode) -> None:
    """Put the eager joins of a root around the FROM clause that holds it."""
    joins = state._eager_joins.get(id(node))
    if joins is None:
        return
    wanted = hash(node.selectable)
    at = None
    for index, from_ in enumerate(froms):
        if any(hash(part) == wanted for part in parts(from_)):
            at = index
            break
    if at is None:
        left = node.selectable
    else:
        left = froms.pop(at)
    froms.append(joins.build(left, lambda join, onclause: onclause))


def _eager_order(state: SelectState) -> list[Any]:
    """The order of joined collections, once they are joined: association tables stand
    there under other names."""
    return [
        clause if join.secondary is None else adapt_to(join.secondary, clause)
        for join, clause in state._eager_order_by
    ]


def _names_of_nested(state: SelectState) -> dict[str, Any]:
    """What names in ORDER BY mean where the statement becomes a subquery: its columns."""
    qualified = state.statement._label_style is LABEL_STYLE_TABLENAME_PLUS_COL
    return {(e._tq_label if qualified else None) or e.key: e for e in state.primary}


def _nested_select(state: SelectState, plain: Any, froms: list[Any]) -> Any:
    """The statement as a subquery, the eager joins around it."""
    statement = state.statement
    inner = plain
    extras, order_by = _order_by_columns(state, plain)
    for expression in state.primary:
        if expression._is_text_clause:  # the outer statement cannot name it
            raise no_column(expression)
    inner._raw_columns = [*state.primary, *extras]
    inner._from_obj = tuple(froms)
    sub = inner.subquery()
    columns = list(sub.c)
    outer_of = {
        hash(expression): column
        for expression, column in zip(inner._raw_columns, columns, strict=True)
    }
    for index, expression in enumerate(state.primary):
        if isinstance(expression, Label):
            outer_of.setdefault(hash(expression.element), columns[index])
    state.offset = len(columns)

    def adapt(join: EagerJoin | None, expression: Any) -> Any:
        return visitors.replaced(expression, lambda element: outer_of.get(hash(element)))

    left: Any = sub
    for item in state.items:
        if item.node is not None:
            joins = state._eager_joins.get(id(item.node))
            if joins is not None:
                left = joins.build(left, adapt)
    outer: Select[Any] = Select(*columns, *state.secondary)
    outer._plain = True
    outer._label_style = statement._label_style
    outer._from_obj = (left,)
    outer._order_by_clauses = (
        *[adapt(None, clause) for clause in order_by],
        *_eager_order(state),
    )
    locking = statement._for_update_arg
    if locking is None or locking.of is None:  # what OF names stands within
        outer._for_update_arg = locking
    return outer


def _order_by_columns(state: SelectState, plain: Any) -> tuple[list[Any], list[Any]]:
    """Expressions that ORDER BY needs from the subquery, and the outer ORDER BY."""
    extras: list[Any] = []
    clauses = list(plain._order_by_clauses)
    for clause in clauses:
        expression = without_modifiers(clause)
        if not is_column_expression(expression) or hash(expression) in state._positions:
            continue
        if all(hash(expression) != hash(extra) for extra in extras):
            extras.append(expression)
    return extras, clauses


def _surfaces(froms: Sequence[Any]) -> tuple[Any, ...]:
    """What to correlate to, with the tables that classes are joins of: those stand in FROM."""
    return tuple([part for from_ in froms for part in parts(from_)])
