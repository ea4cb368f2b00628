"""Under which names the columns of a SELECT appear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .base import AnonName, AnonText
from .select_base import (
    LABEL_STYLE_DISAMBIGUATE_ONLY,
    LABEL_STYLE_NONE,
    LABEL_STYLE_TABLENAME_PLUS_COL,
)


def columns_plus_names(
    columns: Sequence[Any], style: Any, anon_for_dupe: bool
) -> list[tuple[Any, ...]]:
    """(label that must be written or None, key, label if one is needed, column, repeated).

    With `anon_for_dupe`, a column that is already there is written under another name, so
    that each name of the result stands once; without it (for a subquery's columns, where
    both are the same) it is not.
    """
    qualified = style is LABEL_STYLE_TABLENAME_PLUS_COL
    unlabelled = style is LABEL_STYLE_NONE
    names: dict[Any, Any] = {}
    dupes = 1
    result: list[tuple[Any, ...]] = []
    for c in columns:
        repeated = False
        required = effective = fallback = None
        if not c._render_label_in_columns_clause and not c._is_column:
            result.append((None, None, None, c, False))  # text()
            continue
        if unlabelled:
            fallback = c._non_anon_label
            if fallback is None:
                fallback = c._expression_label
            if fallback is None:
                fallback = c._anon_name_label
            result.append((None, c._proxy_key, fallback, c, False))
            continue
        if c._render_label_in_columns_clause:
            if qualified:
                required = effective = fallback = c._tq_label
            else:
                effective = fallback = c._non_anon_label
            if effective is None:
                # an expression: named by what it wraps, or anonymously
                label = c._expression_label
                if label is None and _may_be_named(c):
                    label = c._annotations.get("proxy_key")
                if label is None:
                    anon = c._anon_name_label
                    repeated = anon in names
                    names[anon] = c
                    fallback = anon
                    if repeated:
                        fallback = c._dedupe_label(dupes, False)
                        dupes += 1
                else:
                    required = effective = fallback = label
        if effective is not None:
            there = names.get(effective)
            if there is None:
                names[effective] = c
            elif hash(there) != hash(c):
                # another column of that name
                required = fallback = c._anon_tq_label if qualified else c._anon_name_label
                if anon_for_dupe and required in names:
                    required = fallback = c._dedupe_label(dupes, qualified)
                    dupes += 1
                    repeated = True
                else:
                    names[required] = c
            elif anon_for_dupe:
                # the same column again
                required = fallback = c._dedupe_label(dupes, qualified)
                dupes += 1
                repeated = True
        key = c._proxy_key
        if key is None:
            key = fallback
        result.append((required, key, fallback, c, repeated))
    return result


def _may_be_named(column: Any) -> bool:
    """Whether an expression is called as the attribute that it stands for."""
    return getattr(column, "name", None) is None and not getattr(column, "_is_scalar_select", False)


def other_names(column: Any, name: Any, key: Any) -> list[str]:
    """Names by which rows know a column beside the one that it has in the SELECT."""
    qualified = column._tq_label
    if isinstance(qualified, str) and column.table is not None:
        own = qualified[: -len(column.name)] + column.key
        return [own] if name == qualified else [key, qualified]
    return [key] if isinstance(key, str) else []


def column_keys(style: Any = LABEL_STYLE_DISAMBIGUATE_ONLY) -> Callable[[Any], Any]:
    """A function giving each column its key in a subquery: names, made unique."""
    seen: set[str] = set()
    counters: dict[str, int] = {}
    anon: dict[Any, str] = {}

    def resolve(name: Any) -> str:
        if not isinstance(name, AnonName):
            return name  # type: ignore[no-any-return]
        if isinstance(name, AnonText):
            return "".join([resolve(p) for p in name.parts])
        made = anon.get(name)
        if made is None:
            base = name.base if isinstance(name.base, str) else resolve(name.base)
            counters[base] = n = counters.get(base, 0) + 1
            made = anon[name] = f"{base}_{n}{name.suffix}"
        return made

    def key_of(c: Any) -> str | None:
        if c._is_text_clause:
            return None
        if style is LABEL_STYLE_TABLENAME_PLUS_COL:
            key = c._tq_key_label
        else:
            key = None
        if key is None:
            key = c._proxy_key
            if key is None and c._wraps_column is not None:
                key = c._proxy_name
        if key is None:
            key = "_no_label"
        key = resolve(key)
        if key in seen and style is not LABEL_STYLE_NONE:
            key = resolve(
                AnonName(c._ident, c._tq_key_label)
                if style is LABEL_STYLE_TABLENAME_PLUS_COL and c._tq_key_label is not None
                else AnonName(c._ident, key)
            )
        seen.add(key)
        return key

    return key_of
