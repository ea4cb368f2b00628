"""Where the server does not infer the type of a parameter.

A literal in quotes may stand where any type may, and is then of none or a text. A parameter may
not: ``$1 IS NULL`` and ``concat($1)`` are refused, "could not determine data type of
parameter $1". Such a place is found in the text of a statement, which may be a program's own.
"""

from __future__ import annotations

import re

# The functions with an argument of the pseudo-type "any" (of pg_proc). Of the polymorphic ones
# (anyelement) the server asks for a type of literals, too.
_FUNCTIONS = (
    "concat|concat_ws|count|cume_dist|dense_rank|format|json_build_array|json_build_object|"
    "json_object_agg|json_object_agg_strict|json_object_agg_unique|json_object_agg_unique_strict|"
    "jsonb_build_array|jsonb_build_object|jsonb_object_agg|jsonb_object_agg_strict|"
    "jsonb_object_agg_unique|jsonb_object_agg_unique_strict|num_nonnulls|num_nulls|percent_rank|"
    "pg_collation_for|pg_column_compression|pg_column_size|pg_typeof|rank"
)
_MARK = r"%(?:\(\w+\)s|s)"
_PERHAPS = re.compile(
    rf"{_MARK}[\s)]+(?:IS|ISNULL|NOTNULL)\b|\b(?:{_FUNCTIONS})\s*\((?!\s*\*)", re.I
)
_TOKENS = re.compile(
    r"""
      (?P<mark>%\([^)]*\)s|%s)
    | (?P<word>[^\W\d]\w*)
    | (?P<open>[([])
    | (?P<close>[)\]])
    | (?P<nothing>\s+|--[^\n]*|/\*.*?\*/)
    | '(?:[^']|'')*' | "(?:[^"]|"")*" | (?P<tag>\$\w*\$).*?(?P=tag)
    | .
    """,
    re.S | re.X,
)
_ANY = frozenset(_FUNCTIONS.split("|"))
_NO_FUNCTIONS = frozenset(["AND", "CASE", "HAVING", "NOT", "ON", "OR", "SELECT", "WHEN", "WHERE"])
_BEFORE = frozenset(["(", ",", "DISTINCT", "ALL"])
_AFTER = frozenset([",", ")", "ORDER"])


def untyped_places(sql: str) -> frozenset[int]:
    """Which of the parameters of SQL, counted from 0, stand where the server infers no type."""
    if _PERHAPS.search(sql) is None:
        return frozenset()
    found = set()
    count = -1
    inside = [False]  # for each open parenthesis: whether it is of arguments of any type
    tokens = [
        (match.lastgroup, match[0].upper() if match.lastgroup == "word" else match[0])
        for match in _TOKENS.finditer(sql)
        if match.lastgroup != "nothing"
    ]
    tokens += [(None, "")] * 6
    before: tuple[str | None, str] = (None, "")
    for at, (kind, text) in enumerate(tokens):
        if kind == "open":
            inside.append(text == "(" and before[0] == "word" and before[1].lower() in _ANY)
        elif kind == "close":
            if len(inside) > 1:
                inside.pop()
        elif kind == "mark":
            count += 1
            first, last = at - 1, at + 1
            depth = -1
            while tokens[first][1] == "(" and tokens[last][1] == ")":  # nothing else is inside
                kind, text = tokens[first - 1]
                if -depth >= len(inside) or (kind == "word" and text not in _NO_FUNCTIONS):
                    break
                first, last, depth = first - 1, last + 1, depth - 1
            after = [text for _, text in tokens[last : last + 5]]
            if (inside[depth] and tokens[first][1] in _BEFORE and after[0] in _AFTER) or after[
                0
            ] in ("ISNULL", "NOTNULL"):
                found.add(count)
            elif after[0] == "IS":
                words = [word for word in after[1:] if word != "NOT"]
                if words[0] == "NULL" or words[:3] == ["DISTINCT", "FROM", "NULL"]:
                    found.add(count)
        before = tokens[at]
    return frozenset(found)
