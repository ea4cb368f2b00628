"""Types as the catalog describes them: built-in ones by name, enums and domains by what they
are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from ... import util
from ...sql import sqltypes
from . import ranges, types
from .array import ARRAY
from .hstore import HSTORE
from .json import JSON, JSONB
from .named_types import DOMAIN, ENUM

_ARGUMENTS = re.compile(r"\(([^)]*)\)")

ischema_names: dict[str, Any] = {
    "smallint": sqltypes.SMALLINT,
    "integer": sqltypes.INTEGER,
    "bigint": sqltypes.BIGINT,
    "numeric": sqltypes.NUMERIC,
    "real": sqltypes.REAL,
    "text": sqltypes.TEXT,
    "character": sqltypes.CHAR,
    "character varying": sqltypes.VARCHAR,
    '"char"': sqltypes.String,
    "name": sqltypes.String,
    "bytea": types.BYTEA,
    "date": sqltypes.DATE,
    "boolean": sqltypes.BOOLEAN,
    "uuid": sqltypes.UUID,
    "json": JSON,
    "jsonb": JSONB,
    "hstore": HSTORE,
    "citext": types.CITEXT,
    "inet": types.INET,
    "cidr": types.CIDR,
    "macaddr": types.MACADDR,
    "macaddr8": types.MACADDR8,
    "money": types.MONEY,
    "oid": types.OID,
    "regclass": types.REGCLASS,
    "regconfig": types.REGCONFIG,
    "tsvector": types.TSVECTOR,
    "tsquery": types.TSQUERY,
    **{
        name.lower(): getattr(ranges, name)
        for name in ranges.__all__
        if name.endswith("RANGE") and name.isupper()
    },
}
"""name of a type without arguments -> class; programs add theirs"""

_ENUMS = """
SELECT t.oid::bigint, t.typname::text, n.nspname::text, pg_catalog.pg_type_is_visible(t.oid),
  (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder)::text
   FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid)
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE t.typtype = 'e' AND {where}
ORDER BY n.nspname, t.typname
"""

_DOMAINS = """
SELECT t.oid::bigint, t.typname::text, n.nspname::text, pg_catalog.pg_type_is_visible(t.oid),
  pg_catalog.format_type(t.typbasetype, NULL), NOT t.typnotnull, t.typdefault,
  (SELECT json_agg(json_build_array(o.conname, pg_catalog.pg_get_constraintdef(o.oid, true))
                   ORDER BY o.conname)::text
   FROM pg_catalog.pg_constraint o WHERE o.contypid = t.oid AND o.contype = 'c'),
  l.collname::text, t.typbasetype::bigint
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_collation l ON l.oid = t.typcollation
WHERE t.typtype = 'd' AND {where}
ORDER BY n.nspname, t.typname
"""

_IN_SCHEMA = (
    "CASE WHEN CAST(:schema AS text) IS NULL THEN pg_catalog.pg_type_is_visible(t.oid) "
    "AND n.nspname <> 'pg_catalog' WHEN CAST(:schema AS text) = '*' THEN true "
    "ELSE n.nspname = CAST(:schema AS text) END"
)


class Types:
    """Type objects for columns. What is asked of the catalog is asked once for all of them."""

    def __init__(self, reflector: Any, connection: Any) -> None:
        self._reflector = reflector
        self._connection = connection
        self._known: dict[int, tuple[str, Any]] = {}
        """OID -> what kind of type it is, and what is known of it"""

    def enums(self, schema: str | None) -> list[dict[str, Any]]:
        """The enums of a schema (None: visible ones, ``*``: all)."""
        sql = _ENUMS.format(where=_IN_SCHEMA)
        return [self._enum(r) for r in self._reflector._rows(self._connection, sql, schema=schema)]

    def domains(self, schema: str | None) -> list[dict[str, Any]]:
        """The domains of a schema (None: visible ones, ``*``: all)."""
        sql = _DOMAINS.format(where=_IN_SCHEMA)
        rows = self._reflector._rows(self._connection, sql, schema=schema)
        return [self._domain(row) for row in rows]

    @staticmethod
    def _enum(row: Any) -> dict[str, Any]:
        labels = json.loads(row[4]) if row[4] else []
        return {"name": row[1], "schema": row[2], "visible": row[3], "labels": labels}

    @staticmethod
    def _domain(row: Any) -> dict[str, Any]:
        constraints = [
            {
                "name": name,
                "check": re.sub(r"^CHECK \((.*)\)(?: NOT VALID)?$", r"\1", text, flags=re.S),
            }
            for name, text in (json.loads(row[7]) if row[7] else [])
        ]
        return {
            "name": row[1],
            "schema": row[2],
            "visible": row[3],
            "type": row[4],
            "nullable": row[5],
            "default": row[6],
            "constraints": constraints,
            "collation": row[8],
        }

    def load(self, oids: Iterable[int]) -> None:
        """Learn what types of these OIDs are, and what they are made of."""
        wanted = {oid for oid in oids if oid not in self._known}
        if not wanted:
            return
        rows = self._reflector._rows(
            self._connection,
            "SELECT oid::bigint, typtype::text, typelem::bigint, typbasetype::bigint, "
            "pg_catalog.format_type(oid, NULL) FROM pg_catalog.pg_type "
            "WHERE oid = ANY (string_to_array(CAST(:oids AS text), ',')::oid[])",
            oids=",".join(map(str, wanted)),
        )
        enums, domains, more = [], [], set()
        for oid, kind, element, base, name in rows:
            if name.endswith("[]"):  # unlike int2vector, which has elements, too
                self._known[oid] = ("array", element)
                more.add(element)
            elif kind == "e":
                enums.append(oid)
            elif kind == "d":
                domains.append(oid)
                more.add(base)
            else:
                self._known[oid] = ("plain", None)
        for kind, sql, found, read in (
            ("enum", _ENUMS, enums, self._enum),
            ("domain", _DOMAINS, domains, self._domain),
        ):
            if found:
                where = "t.oid = ANY (string_to_array(CAST(:oids AS text), ',')::oid[])"
                for row in self._reflector._rows(
                    self._connection, sql.format(where=where), oids=",".join(map(str, found))
                ):
                    info = read(row)
                    if kind == "domain":
                        info["base"] = row[9]
                    self._known[row[0]] = (kind, info)
        self.load(more)

    def domain(self, oid: int) -> dict[str, Any] | None:
        """What is known of a domain; None for other types."""
        kind, info = self._known[oid]
        return info if kind == "domain" else None

    def make(self, oid: int, text: str, collation: str | None, of: str) -> Any:
        """A type object. `text` is what format_type() says, `of` names what it is for."""
        kind, info = self._known.get(oid, ("plain", None))
        if kind == "array":
            return ARRAY(self.make(info, text.removesuffix("[]"), collation, of))
        if kind == "enum":
            return ENUM(
                *info["labels"],
                name=info["name"],
                **({} if info["visible"] else {"schema": info["schema"]}),
            )
        if kind == "domain":
            return self._make_domain(info, collation, of)
        return plain(text, collation, of)

    def _make_domain(self, info: dict[str, Any], collation: str | None, of: str) -> Any:
        data_type = self.make(info["base"], info["type"], info["collation"], of)
        first = info["constraints"][0] if info["constraints"] else None
        return DOMAIN(
            info["name"],
            data_type,
            default=info["default"],
            not_null=not info["nullable"],
            create_type=False,  # it is there
            collation=info["collation"],
            constraint_name=None if first is None else first["name"],
            check=None if first is None else first["check"],
            **({} if info["visible"] else {"schema": info["schema"]}),
        )


def plain(text: str, collation: str | None, of: str) -> Any:
    """The type object of a built-in type's name with its arguments."""
    match = _ARGUMENTS.search(text)
    arguments: list[Any] = re.split(r"\s*,\s*", match.group(1)) if match else []
    if all(re.fullmatch(r"-?\d+", a) for a in arguments):
        arguments = [int(a) for a in arguments]
    name = _ARGUMENTS.sub("", text)
    first = arguments[0] if arguments else None
    if name == "double precision":
        return sqltypes.DOUBLE_PRECISION(53)
    if name.startswith("timestamp"):
        return types.TIMESTAMP(timezone=name.endswith("with time zone"), precision=first)
    if name.startswith("time"):
        return types.TIME(timezone=name.endswith("with time zone"), precision=first)
    if name.startswith("interval"):
        return types.INTERVAL(precision=first, fields=name[len("interval") :].strip() or None)
    if name in ("bit", "bit varying"):
        return types.BIT(first, varying=name == "bit varying")
    cls = ischema_names.get(name)
    if cls is None:
        util.warn(f"Did not recognize type {name!r} of {of}")
        return sqltypes.NULLTYPE
    kw = {"collation": collation} if collation and issubclass(cls, sqltypes.String) else {}
    return cls(*arguments, **kw)
