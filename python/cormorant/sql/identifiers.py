"""Names in SQL: which need quotes, and how they are written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import copy
from typing import Any

from .. import exc
from .names import _truncated_label
from .naming import _constraint_name_for_table, _NoneName

RESERVED_WORDS = frozenset(
    [
        "all",
        "analyse",
        "analyze",
        "and",
        "any",
        "array",
        "as",
        "asc",
        "asymmetric",
        "authorization",
        "between",
        "binary",
        "both",
        "case",
        "cast",
        "check",
        "collate",
        "column",
        "constraint",
        "create",
        "cross",
        "current_date",
        "current_role",
        "current_time",
        "current_timestamp",
        "current_user",
        "default",
        "deferrable",
        "desc",
        "distinct",
        "do",
        "else",
        "end",
        "except",
        "false",
        "for",
        "foreign",
        "freeze",
        "from",
        "full",
        "grant",
        "group",
        "having",
        "ilike",
        "in",
        "initially",
        "inner",
        "intersect",
        "into",
        "is",
        "isnull",
        "join",
        "leading",
        "left",
        "like",
        "limit",
        "localtime",
        "localtimestamp",
        "natural",
        "new",
        "not",
        "notnull",
        "null",
        "off",
        "offset",
        "old",
        "on",
        "only",
        "or",
        "order",
        "outer",
        "overlaps",
        "placing",
        "primary",
        "references",
        "right",
        "select",
        "session_user",
        "set",
        "similar",
        "some",
        "symmetric",
        "table",
        "then",
        "to",
        "trailing",
        "true",
        "union",
        "unique",
        "user",
        "using",
        "verbose",
        "when",
        "where",
    ]
)

_LEGAL = re.compile(r"^[A-Z0-9_$]+$", re.I)
_ILLEGAL_INITIAL = frozenset("0123456789$")


_MAX_STRINGS = 10_000
"""Names whose quoted form a dialect keeps: labels that statements make up may be any number."""


def translated(schema: str | None, names: Mapping[Any, Any], dialect: Any) -> Any:
    """The schema that a ``schema_translate_map`` has in the place of one: None is the default."""
    return (names[schema] or dialect.default_schema_name) if schema in names else schema


class IdentifierPreparer:
    """Writes names, quoted when the database needs it."""

    reserved_words: frozenset[str] = RESERVED_WORDS
    legal_characters = _LEGAL
    illegal_initial_characters: frozenset[str] = _ILLEGAL_INITIAL
    initial_quote = '"'
    final_quote = '"'
    escape_quote = '"'
    omit_schema = False
    schema_translate_map: Any = None

    def __init__(self, dialect: Any = None, **kw: Any) -> None:
        self.dialect = dialect
        self._strings: dict[Any, str] = {}
        quotes = type(self).quote is IdentifierPreparer.quote
        self.written: dict[Any, str] = self._strings if quotes else {}
        """What quote() has given for names so far: to be looked at without a call."""
        self._double_percents = getattr(dialect, "paramstyle", None) in ("format", "pyformat")

    def _escape_identifier(self, value: str) -> str:
        value = value.replace(self.escape_quote, self.escape_quote * 2)
        return value.replace("%", "%%") if self._double_percents else value

    def quote_identifier(self, value: str) -> str:
        """The name in quotes."""
        return self.initial_quote + self._escape_identifier(value) + self.final_quote

    def _requires_quotes(self, value: str) -> bool:
        lower = value.lower()
        return (
            lower in self.reserved_words
            or value[:1] in self.illegal_initial_characters
            or not self.legal_characters.match(str(value))
            or lower != value
        )

    def _requires_quotes_illegal_chars(self, value: str) -> bool:
        return not self.legal_characters.match(str(value))

    def quote(self, ident: str, force: Any = None) -> str:
        """The name, in quotes if it needs them."""
        force = getattr(ident, "quote", None)
        if force is None:
            made = self._strings.get(ident)
            if made is None:
                made = self.quote_identifier(ident) if self._requires_quotes(ident) else ident
                if len(self._strings) > _MAX_STRINGS:
                    self._strings.clear()
                self._strings[ident] = made
            return made
        return self.quote_identifier(ident) if force else str(ident)

    def quote_schema(self, schema: str, force: Any = None) -> str:
        """The name of a schema, in quotes if it needs them."""
        return self.quote(schema)

    def unformat_identifiers(self, identifiers: str) -> list[str]:
        """The parts of a dotted name."""
        quote = re.escape(self.final_quote)
        found = re.findall(rf"{quote}((?:[^{quote}]|{quote}{quote})+){quote}|([^.]+)", identifiers)
        return [(a or b).replace(self.escape_quote * 2, self.escape_quote) for a, b in found]

    def format_label_name(self, name: str, anon_map: Any = None) -> str:
        return self.quote(name)

    def validate_sql_phrase(self, element: str, reg: str) -> str:
        """A keyword phrase (ON DELETE …) that is rendered as it stands: it must match."""
        if element is not None and not re.fullmatch(reg, element, re.I):
            raise exc.CompileError(f"Unexpected SQL phrase: {element!r} (matching against {reg!r})")
        return element

    def format_collation(self, collation_name: str) -> str:
        """The name after COLLATE."""
        if getattr(collation_name, "quote", None) is None and isinstance(collation_name, str):
            return (
                self.quote_identifier(collation_name)
                if self._requires_quotes(collation_name)
                else collation_name
            )
        return self.quote(collation_name)

    def format_table(self, table: Any, use_schema: bool = True, name: str | None = None) -> str:
        """The name of a table, with its schema."""
        text = self.quote(table.name if name is None else name)
        schema = self.effective_schema(table)
        if use_schema and not self.omit_schema and schema:
            text = f"{self.quote_schema(schema)}.{text}"
        return text

    def effective_schema(self, item: Any) -> Any:
        """The schema to write for that of a table, sequence or type."""
        schema = getattr(item, "schema", None)
        if self.schema_translate_map and getattr(item, "_use_schema_map", True):
            return translated(schema, self.schema_translate_map, self.dialect)
        return schema

    def with_schema_translate(self, translate: Any) -> Any:
        """The same for statements in which schemas go by other names."""
        if not translate:
            return self
        new = copy(self)
        new.schema_translate_map = translate
        return new

    def format_sequence(self, sequence: Any, use_schema: bool = True) -> str:
        """The name of a sequence, with its schema."""
        return self.format_table(sequence, use_schema)

    def format_schema(self, name: str) -> str:
        return self.quote(name)

    def format_column(
        self,
        column: Any,
        use_table: bool = False,
        name: str | None = None,
        table_name: str | None = None,
        use_schema: bool = False,
        anon_map: Any = None,
    ) -> str:
        """The name of a column, with its table if asked."""
        text = name if name is not None else column.name
        if getattr(column, "is_literal", False):
            return str(text)
        text = self.quote(text)
        if use_table:
            table = self.format_table(column.table, use_schema=use_schema, name=table_name)
            return f"{table}.{text}"
        return text

    def format_alias(self, alias: Any, name: str | None = None) -> str:
        return self.quote(name or alias.name)

    def format_savepoint(self, savepoint: Any, name: str | None = None) -> str:
        """The name of a savepoint."""
        return self.quote(name or savepoint.ident)

    def format_index(self, index: Any) -> str | None:
        """The name of an index, None if it has none."""
        return self.format_constraint(index)

    def format_constraint(self, constraint: Any, _alembic_quote: bool = True) -> str | None:
        """The name of a constraint, None if it has none.

        A name of a convention is cut where the database does not take it as it is.
        exc.IdentifierError: another name is too long.
        """
        name = constraint.name
        if isinstance(name, _NoneName):
            name = _constraint_name_for_table(constraint, constraint.table)
        if name is None:
            return None
        dialect = self.dialect
        if constraint.__visit_name__ == "index":
            limit = dialect.max_index_name_length
        else:
            limit = dialect.max_constraint_name_length
        limit = limit or dialect.max_identifier_length
        if len(name) > limit:
            if not isinstance(name, _truncated_label):
                raise exc.IdentifierError(
                    f"Identifier {name!r} exceeds maximum length of {limit} characters"
                )
            import hashlib  # slow to import, and seldom needed

            digest = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
            name = f"{name[: max(limit - 8, 0)]}_{digest[-4:]}"
        return self.quote(name) if _alembic_quote else name
