"""What names in ORDER BY mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class LabelScope:
    """What names in ORDER BY mean within a SELECT; made when first asked for."""

    __slots__ = ("froms", "made", "select")

    def __init__(self, select: Any, froms: Sequence[Any]) -> None:
        self.select = select
        self.froms = froms
        self.made: Any = None

    def __call__(self) -> Any:
        """(columns or FROMs, FROMs only, columns only), each by name."""
        if self.made is None:
            select = self.select
            selected = select._all_selected_columns if select is not None else ()
            self.made = names_in_order_by(selected, self.froms)
        return self.made


def names_in_order_by(
    selected: Sequence[Any], froms: Sequence[Any]
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """What names mean of the columns selected or else of FROMs, of FROMs alone, and of the
    columns alone: of several with the same name the last one."""
    columns = {c._tq_label or c.key: c for c in selected if c._allow_label_resolve}
    beside = {
        c.key: c
        for f in froms
        for c in (f.c if hasattr(f, "c") and not f._is_text_clause else ())
        if c._allow_label_resolve
    }
    return beside | columns, beside, columns


class CompoundScope:
    """What names in ORDER BY mean after a UNION: columns of the first SELECT."""

    __slots__ = ("cs", "made")

    def __init__(self, cs: Any) -> None:
        self.cs = cs
        self.made: Any = None

    def __call__(self) -> Any:
        if self.made is None:
            rows = self.cs.subquery()
            rows.named_with_column = False
            d = {c.key: c for c in rows.c}
            self.made = (d, d, d)
        return self.made
