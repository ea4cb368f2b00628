"""Where the server does not infer the type of a parameter.

A literal in quotes may stand where any type may, and is then of none or a text. A parameter may
not: ``$1 IS NULL``, ``concat($1)`` and ``SELECT ROW($1)`` are refused, "could not determine data
type of parameter $1". Such a place is found in the text of a statement, which may be a program's
own.
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
_MARK = r"%(?:\([^)]*\)s|s)"
_PERHAPS = re.compile(
    rf"{_MARK}[\s)]+(?:IS|ISNULL|NOTNULL|COLLATE)\b|\b(?:{_FUNCTIONS})\s*\((?!\s*\*)"
    r"|\bROW\s*\(|(?:\bSELECT\s|\w\()\s*\(",
    re.I,
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


# What a row that is compared with nothing stands behind, and before.
_ROWS_AFTER = frozenset(["SELECT", "DISTINCT", "ALL", ","])
_ROWS_BEFORE = frozenset(["", ",", ")", ";", "FROM", "AS", "UNION", "ORDER", "LIMIT", "WHERE"])
_CLAUSES = frozenset(
    ["SELECT", "FROM", "WHERE", "VALUES", "SET", "ON", "BY", "HAVING", "LIMIT", "RETURNING", "INTO"]
)
_Token = tuple[str | None, str]


class _Open:
    """A parenthesis that is open, or the statement."""

    def __init__(self, at: int, before: _Token) -> None:
        self.at = at
        self.clause = ""
        """What began the clause that is at hand, directly within."""
        kind, word = before
        self.is_call = kind == "word" and word not in _NO_FUNCTIONS | _CLAUSES | {"IN", "ROW"}
        """Whether it is of the arguments of a function."""
        self.is_any = kind == "word" and word.lower() in _ANY
        """Whether those may be of any type."""


def untyped_places(sql: str) -> frozenset[int]:
    """Which of the parameters of SQL, counted from 0, stand where the server infers no type."""
    if _PERHAPS.search(sql) is None:
        return frozenset()
    found = set()
    count = -1
    tokens: list[_Token] = [
        (match.lastgroup, match[0].upper() if match.lastgroup == "word" else match[0])
        for match in _TOKENS.finditer(sql)
        if match.lastgroup != "nothing"
    ]
    tokens += [(None, "")] * 6
    inside = [_Open(-1, (None, ""))]
    for at, (kind, text) in enumerate(tokens):
        if kind == "open":
            inside.append(_Open(at, tokens[at - 1] if at and text == "(" else (None, "")))
        elif kind == "close":
            if len(inside) > 1:
                inside.pop()
        elif kind == "word":
            if text in _CLAUSES:
                inside[-1].clause = text
        elif kind == "mark":
            count += 1
            if _is_untyped(tokens, at, inside):
                found.add(count)
    return frozenset(found)


def _is_untyped(tokens: list[_Token], at: int, inside: list[_Open]) -> bool:
    """Whether that is so of the parameter that is a token."""
    first, last = at - 1, at + 1
    depth = -1
    while tokens[first][1] == "(" and tokens[last][1] == ")":  # nothing else is inside
        kind, text = tokens[first - 1]
        if -depth >= len(inside) or (kind == "word" and text not in _NO_FUNCTIONS):
            break
        first, last, depth = first - 1, last + 1, depth - 1
    before, after = tokens[first][1], [text for _, text in tokens[last : last + 5]]
    if after[0] in ("ISNULL", "NOTNULL", "COLLATE"):
        return True
    if after[0] == "IS":
        words = [word for word in after[1:] if word != "NOT"]
        return words[0] == "NULL" or words[:3] == ["DISTINCT", "FROM", "NULL"]
    if before not in _BEFORE or after[0] not in _AFTER:
        return False
    return inside[depth].is_any or _is_in_row(tokens, inside[: len(inside) + depth + 1])


def _is_in_row(tokens: list[_Token], inside: list[_Open]) -> bool:
    """Whether what is open is a row that is compared with nothing, nor assigned."""
    row = inside[-1]
    if len(inside) < 2 or row.is_call or tokens[row.at][1] != "(":
        return False
    depth, end = 1, row.at + 1
    commas = 0
    while depth and end < len(tokens):
        kind, text = tokens[end]
        depth += (kind == "open") - (kind == "close")
        commas += depth == 1 and text == ","
        end += 1
    named = row.at > 0 and tokens[row.at - 1][1] == "ROW"
    if not (named or commas) or end == len(tokens) or tokens[end][1] not in _ROWS_BEFORE:
        return False
    start = row.at - named
    before = tokens[start - 1][1] if start else ""
    outer = inside[-2]
    if before == "(":
        if outer.is_call:
            return True
        return _is_in_row(tokens, inside[:-1])  # a row within a row
    if before not in _ROWS_AFTER:
        return False
    if outer.clause == "SELECT" or outer.is_call:
        return True
    return before == "," and outer.clause == "" and _is_in_row(tokens, inside[:-1])
