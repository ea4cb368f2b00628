"""The ON clause between two FROMs, after the foreign keys that lead from one to the other."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from .. import exc
from . import operators
from .elements import BooleanClauseList
from .fromclause import FromGrouping

_Pairs = list[tuple[Any, Any]]
_Constraints = dict[Any, _Pairs]


def _collect(
    found: _Constraints, holder: Any, target: Any, considered: Collection[Any] | None
) -> None:
    """Add the foreign keys of `holder` that lead to `target`, by their constraint: (the column
    referred to, the one that refers)."""
    pairs = [(column, fk) for column in holder.c for fk in column.foreign_keys]
    for column, fk in sorted(pairs, key=lambda pair: pair[1].parent._creation_order):
        if considered is not None and column not in considered and fk.parent not in considered:
            continue
        try:
            referent = fk.get_referent(target)
        except exc.NoReferenceError as error:
            # it leads elsewhere, unless a table of that name is here, of another MetaData perhaps
            if error.table_name in {t.name for t in target._from_objects if t._is_table}:
                raise
            continue
        if referent is not None:
            found.setdefault(fk.constraint or fk, []).append((referent, column))


def _foreign_keys_between(
    a: Any, b: Any, considered: Collection[Any] | None = None
) -> _Constraints:
    found: _Constraints = {}
    _collect(found, b, a, considered)
    if a is not b:
        _collect(found, a, b, considered)
    return found


def _columns(constraint: Any) -> set[Any]:
    elements: Iterable[Any] = getattr(constraint, "elements", (constraint,))
    return {fk.parent for fk in elements}


def join_condition(
    a: Any,
    b: Any,
    a_subset: Any = None,
    consider_as_foreign_keys: Collection[Any] | None = None,
) -> Any:
    """The ON clause that the foreign keys between two FROMs give.

    a_subset: the part of `a` whose foreign keys, if there are any, are the ones that count.
    consider_as_foreign_keys: the columns that may refer; of several constraints the one of just
    these columns is taken.

    Raises NoForeignKeysError, or AmbiguousForeignKeysError where constraints say different
    things.
    """
    found: _Constraints = {}
    for left in (a_subset, a):
        if left is not None and not found:
            found = _foreign_keys_between(left, b, consider_as_foreign_keys)
    if not found:
        hint = ""
        if isinstance(b, FromGrouping):
            hint = " Perhaps you meant to convert the right side to a subquery using alias()?"
        raise exc.NoForeignKeysError(
            f"Can't find any foreign key relationships between '{a.description}' and "
            f"'{b.description}'.{hint}"
        )
    constraints = list(found)
    if len(constraints) > 1 and consider_as_foreign_keys:
        given = set(consider_as_foreign_keys)
        constraints = [c for c in constraints if _columns(c) == given]
    # several constraints that say the same are one
    if len({tuple((id(x), id(y)) for x, y in found[c]) for c in constraints}) != 1:
        raise exc.AmbiguousForeignKeysError(
            f"Can't determine join between '{a.description}' and '{b.description}'; "
            "tables have more than one foreign key constraint relationship between them. "
            "Please specify the 'onclause' of this join explicitly."
        )
    criteria = [referred == referring for referred, referring in found[constraints[0]]]
    if len(criteria) == 1:
        return criteria[0]
    return BooleanClauseList._join(operators.and_, criteria)


def can_join(a: Any, b: Any) -> bool:
    """Whether foreign keys lead from one FROM to the other."""
    return bool(_foreign_keys_between(a, b))
