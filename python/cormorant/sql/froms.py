"""Which FROM clauses a SELECT shows: explicit ones, implied ones, joins, correlation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .. import exc
from .fromclause import Join, same_from
from .join_conditions import can_join
from .visitors import iterate


class FromState:
    """The FROM clauses of one Select, its join()s resolved."""

    __slots__ = ("froms", "select")

    def __init__(self, select: Any) -> None:
        self.select = select
        explicit: list[Any] = list(select._from_obj)
        if select._setup_joins:
            explicit = _resolve_joins(select, explicit)
        self.froms = _normalized(
            select,
            [
                *explicit,
                *[f for c in select._raw_columns for f in c._from_objects],
                *[f for c in select._where_criteria for f in c._from_objects],
            ],
        )

    def display(
        self, explicit_correlate: set[Any] | None, implicit_correlate: set[Any] | None
    ) -> list[Any]:
        """The FROMs to write, without those left to the enclosing SELECT."""
        select = self.select
        froms = self.froms
        enclosing = explicit_correlate or ()
        if select._correlate:
            chosen = {f for f in select._correlate}
            froms = [f for f in froms if not (f in chosen and f in enclosing)]
        if select._correlate_except is not None:
            kept = {f for f in select._correlate_except}
            froms = [f for f in froms if f not in enclosing or f in kept]
        if select._auto_correlate and implicit_correlate and len(froms) > 1:
            froms = [f for f in froms if f not in implicit_correlate]
            if not froms:
                raise exc.InvalidRequestError(
                    f"Select statement '{select!r}' returned no FROM clauses due to "
                    "auto-correlation; specify correlate(<tables>) to control correlation "
                    "manually."
                )
        return froms


def _normalized(select: Any, candidates: Iterable[Any]) -> list[Any]:
    """Each FROM once, in order, without those inside of joins."""
    seen: set[Any] = set()
    froms: list[Any] = []
    hidden: set[Any] = set()
    for item in candidates:
        if getattr(item, "element", None) is select and getattr(item, "_is_subquery", False):
            raise exc.InvalidRequestError("select() construct refers to itself as a FROM")
        if item in seen:
            continue
        seen.add(item)
        froms.append(item)
        hidden.update(item._hide_froms)
    if hidden:
        froms = [f for f in froms if f not in hidden]
    return froms


def _resolve_joins(select: Any, explicit: list[Any]) -> list[Any]:
    """The FROM clauses with the join()s of a select applied to them."""
    froms = list(explicit)
    for target, onclause, from_, flags in select._setup_joins:
        if from_ is not None:
            left, replace = _explicit_left(froms, from_)
        else:
            left, replace = _implicit_left(select, froms, target, onclause)
        if same_from(left, target):
            raise exc.InvalidRequestError(
                f"Can't join table/selectable '{left.description}' to itself"
            )
        join = Join(left, target, onclause, flags["isouter"], flags["full"])
        if replace is None:
            froms.append(join)
        else:
            froms[replace] = join
    return froms


def _explicit_left(froms: list[Any], from_: Any) -> tuple[Any, int | None]:
    """For join_from(): the FROM that already contains the given one, or itself."""
    for i, f in enumerate(froms):
        if f.is_derived_from(from_) and (same_from(f, from_) or f._is_join):
            return f, i
    return from_, None


def _implicit_left(
    select: Any, froms: list[Any], target: Any, onclause: Any
) -> tuple[Any, int | None]:
    """For join(): what of the statement the target can be joined to."""
    candidates: list[Any] = froms
    from_froms = bool(froms)
    if not from_froms:
        candidates = []
        for c in select._raw_columns:
            for f in c._from_objects:
                if not any(same_from(f, x) for x in candidates):
                    candidates.append(f)
    if not candidates:
        _dont_know(target)
    if len(candidates) == 1:
        chosen = [0]
        if onclause is None and not can_join(candidates[0], target):
            chosen = []
            if from_froms and candidates[0]._is_join:
                chosen = [0]
    else:
        others = [i for i, f in enumerate(candidates) if not same_from(f, target)]
        if onclause is None:
            chosen = [i for i in others if can_join(candidates[i], target)]
        else:
            # those that the ON clause speaks of
            columns = _columns_of(onclause)
            chosen = (
                [i for i in others if columns <= {*candidates[i].c, *target.c}]
                if columns
                else others
            )
        if len(chosen) > 1:
            hidden = {h for f in candidates for h in f._hide_froms}
            chosen = [i for i in chosen if candidates[i] not in hidden]
        if not chosen and onclause is not None:
            chosen = list(range(len(candidates)))
    if len(chosen) > 1:
        raise exc.InvalidRequestError(
            "Can't determine which FROM clause to join from, there are multiple FROMS which can "
            "join to this entity. Please use the .select_from() method to establish an explicit "
            "left side, as well as providing an explicit ON clause if not present already to "
            "help resolve the ambiguity."
        )
    if not chosen:
        _dont_know(target)
    i = chosen[0]
    return candidates[i], (i if from_froms else None)


def _columns_of(clause: Any) -> set[Any]:
    return {e for e in iterate(clause) if e.__visit_name__ == "column"}


def _dont_know(target: Any) -> None:
    raise exc.InvalidRequestError(
        f"Don't know how to join to {target!r}. "
        "Please use the .select_from() method to establish an explicit left side, as well as "
        "providing an explicit ON clause if not present already to help resolve the ambiguity."
    )
