"""Loads of the ORM's own with listeners of do_orm_execute: lazy loads, loads of columns, and the
statements of post loads. Imported when there are some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..engine.plans import anonymous_key
from ..util import EMPTY_DICT
from .context import ORMPlan, build_again
from .execute_state import Loading, call
from .loading import run_values


class Told(NamedTuple):
    """What listeners have made of a load: the plan to run, or rows of a result of theirs."""

    plan: ORMPlan
    rows: list[Any] | None
    populate_existing: bool


def tell(
    session: Any,
    connection: Any,
    plan: ORMPlan,
    params: Mapping[str, Any],
    heard: Sequence[Any],
    loaded_for: Any = None,
    column: Any = None,
    options: Mapping[str, Any] = EMPTY_DICT,
    bind_arguments: Mapping[str, Any] | None = None,
) -> Told:
    """Call the listeners, who see execution `options`."""
    assert plan.origin is not None
    statement, _, path, arguments = plan.origin
    table = arguments.get("table")
    loading = Loading(path, column, loaded_for, () if table is None else table.others)
    binds = {**(bind_arguments or {}), "mapper": plan.mapper if column is None else column}
    if table is not None and table.criteria and not arguments.get("known"):
        # a listener may execute it
        statement = statement.options(*table.criteria)
    state, result = call(session, statement, dict(params), options, binds, heard, loading)
    if result is not None:
        found = result.unique()
        return Told(plan, (found.scalars() if plan.scalar else found).all(), False)
    if state.statement is not statement:
        plan = build_again(session, plan, state.statement, connection.dialect)
    populate = bool(state.local_execution_options.get("populate_existing"))
    return Told(plan, None, populate)


def tell_of_values(
    session: Any,
    connection: Any,
    plan: ORMPlan,
    values: Sequence[Any],
    heard: Sequence[Any],
    loaded_for: Any = None,
    column: Any = None,
    options: Mapping[str, Any] = EMPTY_DICT,
    bind_arguments: Mapping[str, Any] | None = None,
) -> Told:
    """Call the listeners of a load whose parameters have these values in order."""
    assert plan.origin is not None
    params = {
        anonymous_key(bind) if bind.unique else bind.key: value
        for bind, value in zip(plan.origin[1], values, strict=True)
    }
    return tell(
        session, connection, plan, params, heard, loaded_for, column, options, bind_arguments
    )


def run_heard(
    session: Any,
    connection: Any,
    plan: ORMPlan,
    values: Sequence[Any],
    heard: Sequence[Any],
    loaded_for: Any = None,
    column: Any = None,
    options: Mapping[str, Any] = EMPTY_DICT,
) -> list[Any]:
    """As run_values(), with listeners."""
    told = tell_of_values(session, connection, plan, values, heard, loaded_for, column, options)
    if told.rows is not None:
        return told.rows
    session._autoflush()
    return run_values(session, connection, told.plan, values, told.populate_existing)
