"""Operators that only PostgreSQL has."""

from __future__ import annotations

from ...sql.operators import PRECEDENCE, custom_op, getitem

_getitem = PRECEDENCE[getitem]
_EQ_PRECEDENCE = 5

# JSON and JSONB; `natural_self_precedent` keeps a -> b -> c without parentheses
ASTEXT = custom_op("->>", precedence=_getitem, natural_self_precedent=True, eager_grouping=True)
JSONPATH_ASTEXT = custom_op(
    "#>>", precedence=_getitem, natural_self_precedent=True, eager_grouping=True
)
HAS_KEY = custom_op(
    "?",
    precedence=_EQ_PRECEDENCE,
    is_comparison=True,
    natural_self_precedent=True,
    eager_grouping=True,
)
HAS_ALL = custom_op(
    "?&",
    precedence=_EQ_PRECEDENCE,
    is_comparison=True,
    natural_self_precedent=True,
    eager_grouping=True,
)
HAS_ANY = custom_op(
    "?|",
    precedence=_EQ_PRECEDENCE,
    is_comparison=True,
    natural_self_precedent=True,
    eager_grouping=True,
)
CONTAINS = custom_op(
    "@>",
    precedence=_EQ_PRECEDENCE,
    is_comparison=True,
    natural_self_precedent=True,
    eager_grouping=True,
)
CONTAINED_BY = custom_op(
    "<@",
    precedence=_EQ_PRECEDENCE,
    is_comparison=True,
    natural_self_precedent=True,
    eager_grouping=True,
)
DELETE_PATH = custom_op("#-", precedence=_getitem, natural_self_precedent=True, eager_grouping=True)
PATH_EXISTS = custom_op(
    "@?",
    precedence=_EQ_PRECEDENCE,
    is_comparison=True,
    natural_self_precedent=True,
    eager_grouping=True,
)
PATH_MATCH = custom_op(
    "@@",
    precedence=_EQ_PRECEDENCE,
    is_comparison=True,
    natural_self_precedent=True,
    eager_grouping=True,
)

# arrays and ranges
OVERLAP = custom_op("&&", precedence=_EQ_PRECEDENCE, is_comparison=True)

# hstore
GETITEM = custom_op("->", precedence=_getitem, natural_self_precedent=True, eager_grouping=True)

# ranges
STRICTLY_LEFT_OF = custom_op("<<", precedence=_EQ_PRECEDENCE, is_comparison=True)
STRICTLY_RIGHT_OF = custom_op(">>", precedence=_EQ_PRECEDENCE, is_comparison=True)
NOT_EXTEND_RIGHT_OF = custom_op("&<", precedence=_EQ_PRECEDENCE, is_comparison=True)
NOT_EXTEND_LEFT_OF = custom_op("&>", precedence=_EQ_PRECEDENCE, is_comparison=True)
ADJACENT_TO = custom_op("-|-", precedence=_EQ_PRECEDENCE, is_comparison=True)
