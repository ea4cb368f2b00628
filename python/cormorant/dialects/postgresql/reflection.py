"""Reading a PostgreSQL schema from its catalog.

Each kind of thing is asked for once for all the relations that are wanted: one query gives
the columns of a table or of a hundred. Arrays come as JSON and names as text, so that the
queries depend on no conversion of the driver.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from functools import partial
from typing import Any, ClassVar

from ... import util
from ...engine.reflection import Inspector, ObjectKind, ObjectScope, no_such_table
from .catalog import Types
from .json import array_text

_CHECK = re.compile(r"CHECK *\((.+)\)( NO INHERIT)?( NOT VALID)?$", re.S)
_NEXTVAL = re.compile(r"(nextval\(')([^']+)('.*)", re.S)

_KINDS = {ObjectKind.TABLE: "rpf", ObjectKind.VIEW: "v", ObjectKind.MATERIALIZED_VIEW: "m"}
_ACTIONS = {"r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
_MATCHES = {"f": "FULL", "p": "PARTIAL"}

# the relations that are asked for; parameters are given by _relations()
_RELATIONS = """
WITH rel AS (
  SELECT c.oid, c.relname::text AS name, c.relkind
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = ANY (string_to_array(CAST(:kinds AS text), NULL)::"char"[])
    AND CASE WHEN CAST(:schema AS text) IS NULL
             THEN pg_catalog.pg_table_is_visible(c.oid) AND n.nspname <> 'pg_catalog'
             ELSE n.nspname = CAST(:schema AS text) END
    AND (CAST(:scope AS text) = 'any' OR (c.relpersistence = 't') = (CAST(:scope AS text) = 'temporary'))
    AND (CAST(:names AS text) IS NULL OR c.relname = ANY (CAST(CAST(:names AS text) AS text[])))
)
"""

_COLUMNS = (
    _RELATIONS
    + """
SELECT rel.name, a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod),
  CASE WHEN a.attgenerated = '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END,
  a.attnotnull, pg_catalog.col_description(rel.oid, a.attnum),
  CASE WHEN a.attgenerated <> '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END,
  CASE WHEN a.attidentity <> '' THEN json_build_object(
    'always', a.attidentity = 'a', 'start', s.seqstart, 'increment', s.seqincrement,
    'minvalue', s.seqmin, 'maxvalue', s.seqmax, 'cache', s.seqcache, 'cycle', s.seqcycle
  )::text END,
  a.atttypid::bigint, a.attgenerated::text,
  CASE WHEN a.attcollation <> t.typcollation THEN l.collname::text END
FROM rel
LEFT JOIN pg_catalog.pg_attribute a
  ON a.attrelid = rel.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_catalog.pg_depend p
  ON a.attidentity <> '' AND p.refclassid = 'pg_catalog.pg_class'::regclass
  AND p.refobjid = a.attrelid AND p.refobjsubid = a.attnum AND p.deptype = 'i'
  AND p.classid = 'pg_catalog.pg_class'::regclass
LEFT JOIN pg_catalog.pg_sequence s ON s.seqrelid = p.objid
ORDER BY rel.name, a.attnum
"""
)

# names of columns by the numbers in an array, in its order
_NAMES = """(
  SELECT json_agg(a.attname ORDER BY k.n)::text
  FROM unnest({numbers}) WITH ORDINALITY AS k(attnum, n)
  JOIN pg_catalog.pg_attribute a ON a.attrelid = {relation} AND a.attnum = k.attnum
)"""

_KEYS = (
    _RELATIONS
    + f"""
SELECT rel.name, o.conname::text, {_NAMES.format(numbers="o.conkey", relation="rel.oid")},
  pg_catalog.obj_description(o.oid, 'pg_constraint'),
  (SELECT json_agg(a.attname ORDER BY k.n)::text
   FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, n)
   JOIN pg_catalog.pg_attribute a ON a.attrelid = rel.oid AND a.attnum = k.attnum
   WHERE k.n > i.indnkeyatts),
  coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false)
FROM rel
LEFT JOIN pg_catalog.pg_constraint o ON o.conrelid = rel.oid AND o.contype = CAST(:type AS "char")
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = o.conindid
ORDER BY rel.name, o.conname
"""
)

_FOREIGN_KEYS = (
    _RELATIONS
    + f"""
SELECT rel.name, o.conname::text, {_NAMES.format(numbers="o.conkey", relation="rel.oid")},
  n.nspname::text, c.relname::text, pg_catalog.pg_table_is_visible(c.oid),
  {_NAMES.format(numbers="o.confkey", relation="o.confrelid")},
  o.confupdtype::text, o.confdeltype::text, o.confmatchtype::text,
  o.condeferrable, o.condeferred,
  pg_catalog.obj_description(o.oid, 'pg_constraint'),
  (SELECT json_agg(quote_ident(a.attname) ORDER BY k.n)::text
   FROM jsonb_array_elements_text(
     CASE WHEN jsonb_typeof(to_jsonb(o) -> 'confdelsetcols') = 'array'
          THEN to_jsonb(o) -> 'confdelsetcols' ELSE '[]' END
   ) WITH ORDINALITY AS k(attnum, n)
   JOIN pg_catalog.pg_attribute a ON a.attrelid = rel.oid AND a.attnum = k.attnum::int)
FROM rel
LEFT JOIN pg_catalog.pg_constraint o ON o.conrelid = rel.oid AND o.contype = 'f'
LEFT JOIN pg_catalog.pg_class c ON c.oid = o.confrelid
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
ORDER BY rel.name, o.conname
"""
)

_CHECKS = (
    _RELATIONS
    + """
SELECT rel.name, o.conname::text, pg_catalog.pg_get_constraintdef(o.oid, true),
  pg_catalog.obj_description(o.oid, 'pg_constraint')
FROM rel
LEFT JOIN pg_catalog.pg_constraint o ON o.conrelid = rel.oid AND o.contype = 'c'
ORDER BY rel.name, o.conname
"""
)

_INDEXES = (
    _RELATIONS
    + """
SELECT rel.name, c.relname::text, i.indisunique, m.amname::text,
  pg_catalog.pg_get_expr(i.indpred, i.indrelid), to_json(c.reloptions)::text,
  coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false),
  (SELECT o.conname::text FROM pg_catalog.pg_constraint o
   WHERE o.conindid = c.oid AND o.contype IN ('p', 'u', 'x') LIMIT 1),
  (SELECT json_agg(json_build_array(
      a.attname, CASE WHEN k.attnum = 0
        THEN pg_catalog.pg_get_indexdef(c.oid, k.n::int, true) END,
      k.n <= i.indnkeyatts,
      i.indoption[k.n - 1], CASE WHEN p.opcdefault THEN NULL ELSE p.opcname END
    ) ORDER BY k.n)::text
   FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, n)
   LEFT JOIN pg_catalog.pg_attribute a
     ON a.attrelid = i.indrelid AND a.attnum = k.attnum AND k.attnum <> 0
   LEFT JOIN pg_catalog.pg_opclass p ON p.oid = i.indclass[k.n - 1])
FROM rel
LEFT JOIN pg_catalog.pg_index i ON i.indrelid = rel.oid AND NOT i.indisprimary
LEFT JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
LEFT JOIN pg_catalog.pg_am m ON m.oid = c.relam
ORDER BY rel.name, c.relname
"""
)

_COMMENTS = (
    _RELATIONS + "SELECT name, pg_catalog.obj_description(oid, 'pg_class') FROM rel ORDER BY name"
)


def _list(text: str | None) -> list[Any]:
    return json.loads(text) if text else []


class PGReflector:
    """The functions behind Inspector; each takes a Connection and emits SQL on it."""

    options: ClassVar[dict[str, str]] = {"get_foreign_keys": "postgresql_ignore_search_path"}
    """The argument of each function that only this database has."""

    def __init__(self, dialect: Any) -> None:
        self.dialect = dialect

    # --- asking ---

    def _rows(self, connection: Any, sql: str, **params: Any) -> list[Any]:
        from ...sql.expression import text

        return list(connection.execute(text(sql), params).fetchall())

    def _relations(
        self,
        schema: str | None,
        names: Collection[str] | None,
        kind: ObjectKind = ObjectKind.ANY,
        scope: ObjectScope = ObjectScope.ANY,
    ) -> dict[str, Any]:
        """Parameters of _RELATIONS."""
        if scope is ObjectScope.ANY:
            wanted = "any"
        else:
            wanted = "temporary" if scope is ObjectScope.TEMPORARY else "default"
        return {
            "kinds": "".join([letters for one, letters in _KINDS.items() if one in kind]),
            "schema": schema,
            "scope": wanted,
            "names": None if names is None else array_text(names),
        }

    def _exists(self, connection: Any, sql: str, **params: Any) -> bool:
        return bool(self._rows(connection, f"SELECT EXISTS ({sql})", **params)[0][0])

    def has_table(self, connection: Any, table_name: str, schema: str | None = None) -> bool:
        """Whether there is a table or view of that name."""
        sql = _RELATIONS + "SELECT count(*) FROM rel"
        return bool(self._rows(connection, sql, **self._relations(schema, [table_name]))[0][0])

    def has_sequence(self, connection: Any, name: str, schema: str | None = None) -> bool:
        """Whether there is a sequence of that name."""
        return name in self.get_sequence_names(connection, schema, name)

    def has_type(self, connection: Any, name: str, schema: str | None = None) -> bool:
        """Whether there is a type of that name."""
        return self._exists(
            connection,
            "SELECT 1 FROM pg_catalog.pg_type t "
            "JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace "
            "WHERE t.typname = CAST(:name AS text) AND CASE WHEN CAST(:schema AS text) IS NULL "
            "THEN pg_catalog.pg_type_is_visible(t.oid) AND n.nspname <> 'pg_catalog' "
            "WHEN CAST(:schema AS text) = '*' THEN true ELSE n.nspname = CAST(:schema AS text) END",
            name=name,
            schema=schema,
        )

    def has_schema(self, connection: Any, name: str) -> bool:
        """Whether there is a schema of that name."""
        sql = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = CAST(:name AS text)"
        return self._exists(connection, sql, name=name)

    def get_schema_names(self, connection: Any) -> list[str]:
        sql = (
            "SELECT nspname::text FROM pg_catalog.pg_namespace "
            "WHERE nspname NOT LIKE 'pg\\_%' ORDER BY nspname"
        )
        return [row[0] for row in self._rows(connection, sql)]

    def _names(
        self, connection: Any, kinds: str, schema: str | None, temporary: bool = False
    ) -> list[str]:
        params = self._relations(
            schema, None, scope=ObjectScope.TEMPORARY if temporary else ObjectScope.DEFAULT
        )
        params["kinds"] = kinds
        sql = _RELATIONS + "SELECT name FROM rel ORDER BY oid"
        return [row[0] for row in self._rows(connection, sql, **params)]

    def get_table_names(self, connection: Any, schema: str | None) -> list[str]:
        return self._names(connection, "rp", schema)

    def get_temp_table_names(self, connection: Any) -> list[str]:
        return self._names(connection, "rp", None, True)

    def get_view_names(self, connection: Any, schema: str | None) -> list[str]:
        return self._names(connection, "v", schema)

    def get_temp_view_names(self, connection: Any) -> list[str]:
        return self._names(connection, "v", None, True)

    def get_materialized_view_names(self, connection: Any, schema: str | None) -> list[str]:
        return self._names(connection, "m", schema)

    def get_foreign_table_names(self, connection: Any, schema: str | None) -> list[str]:
        return self._names(connection, "f", schema)

    def get_sequence_names(
        self, connection: Any, schema: str | None, name: str | None = None
    ) -> list[str]:
        params = self._relations(schema, None if name is None else [name])
        params["kinds"] = "S"
        sql = _RELATIONS + "SELECT name FROM rel ORDER BY oid"
        return [row[0] for row in self._rows(connection, sql, **params)]

    def get_view_definition(self, connection: Any, view_name: str, schema: str | None) -> str:
        params = self._relations(schema, [view_name], ObjectKind.ANY_VIEW)
        sql = _RELATIONS + "SELECT pg_catalog.pg_get_viewdef(oid) FROM rel"
        rows = self._rows(connection, sql, **params)
        if not rows:
            raise no_such_table(view_name, schema)
        return str(rows[0][0])

    def get_table_oid(self, connection: Any, table_name: str, schema: str | None) -> int:
        sql = _RELATIONS + "SELECT oid::bigint FROM rel"
        rows = self._rows(connection, sql, **self._relations(schema, [table_name]))
        if not rows:
            raise no_such_table(table_name, schema)
        return int(rows[0][0])

    def get_enums(self, connection: Any, schema: str | None) -> list[dict[str, Any]]:
        return Types(self, connection).enums(schema)

    def get_domains(self, connection: Any, schema: str | None) -> list[dict[str, Any]]:
        return Types(self, connection).domains(schema)

    def get_table_options(
        self, connection: Any, table_name: str, schema: str | None
    ) -> dict[str, Any]:
        raise NotImplementedError()

    # --- one relation ---

    def _one(self, multi: Any, connection: Any, name: str, schema: str | None) -> Any:
        found = multi(connection, schema, [name], ObjectKind.ANY, ObjectScope.ANY)
        if (schema, name) not in found:
            raise no_such_table(name, schema)
        return found[schema, name]

    def get_columns(self, connection: Any, name: str, schema: str | None) -> Any:
        return self._one(self.get_multi_columns, connection, name, schema)

    def get_pk_constraint(self, connection: Any, name: str, schema: str | None) -> Any:
        return self._one(self.get_multi_pk_constraint, connection, name, schema)

    def get_foreign_keys(
        self,
        connection: Any,
        name: str,
        schema: str | None,
        postgresql_ignore_search_path: bool = False,
    ) -> Any:
        multi = self.get_multi_foreign_keys
        if postgresql_ignore_search_path:
            multi = partial(multi, postgresql_ignore_search_path=True)
        return self._one(multi, connection, name, schema)

    def get_indexes(self, connection: Any, name: str, schema: str | None) -> Any:
        return self._one(self.get_multi_indexes, connection, name, schema)

    def get_unique_constraints(self, connection: Any, name: str, schema: str | None) -> Any:
        return self._one(self.get_multi_unique_constraints, connection, name, schema)

    def get_check_constraints(self, connection: Any, name: str, schema: str | None) -> Any:
        return self._one(self.get_multi_check_constraints, connection, name, schema)

    def get_table_comment(self, connection: Any, name: str, schema: str | None) -> Any:
        return self._one(self.get_multi_table_comment, connection, name, schema)

    # --- many relations ---

    def _grouped(
        self, rows: Iterable[Any], schema: str | None
    ) -> tuple[dict[tuple[str | None, str], list[Any]], list[tuple[list[Any], Any]]]:
        """An empty list for each relation, and the rows that are about something of it."""
        found: dict[tuple[str | None, str], list[Any]] = {}
        filled = []
        for row in rows:
            items = found.setdefault((schema, row[0]), [])
            if row[1] is not None:
                filled.append((items, row))
        return found, filled

    def get_multi_columns(
        self,
        connection: Any,
        schema: str | None,
        names: Collection[str] | None,
        kind: ObjectKind,
        scope: ObjectScope,
    ) -> dict[Any, list[dict[str, Any]]]:
        """The columns of relations, by (schema, name)."""
        params = self._relations(schema, names, kind, scope)
        found, rows = self._grouped(self._rows(connection, _COLUMNS, **params), schema)
        types = Types(self, connection)
        types.load({row[8] for _, row in rows})
        for columns, row in rows:
            columns.append(self._column(row, types, schema))
        return found

    def _column(self, row: Any, types: Types, schema: str | None) -> dict[str, Any]:
        _, name, type_text, default, notnull, comment, generated, identity, oid, stored, coll = row
        type_ = types.make(oid, type_text, coll, f"column '{name}'")
        domain = types.domain(oid)
        if domain is not None:
            default = default or domain["default"]
            notnull = notnull or not domain["nullable"]
        autoincrement = False
        if default is not None:
            match = _NEXTVAL.search(default)
            if match is not None:
                from ...sql.sqltypes import Integer

                autoincrement = issubclass(type_._type_affinity, Integer)
                if "." not in match.group(2) and schema is not None:
                    quoted = self.dialect.identifier_preparer.quote_schema(schema)
                    default = f"{match.group(1)}{quoted}.{match.group(2)}{match.group(3)}"
        column: dict[str, Any] = {
            "name": name,
            "type": type_,
            "nullable": not notnull,
            "default": default,
            "autoincrement": autoincrement or identity is not None,
            "comment": comment,
        }
        if generated is not None:
            column["computed"] = {"sqltext": generated, "persisted": stored in ("s", b"s")}
        if identity is not None:
            column["identity"] = json.loads(identity)
        return column

    def get_multi_pk_constraint(
        self,
        connection: Any,
        schema: str | None,
        names: Collection[str] | None,
        kind: ObjectKind,
        scope: ObjectScope,
    ) -> dict[Any, dict[str, Any]]:
        """The primary keys of relations, by (schema, name)."""
        params = self._relations(schema, names, kind, scope)
        found, rows = self._grouped(self._rows(connection, _KEYS, **params, type="p"), schema)
        for keys, row in rows:
            keys.append(
                {
                    "constrained_columns": _list(row[2]),
                    "name": row[1],
                    "comment": row[3],
                    "dialect_options": {"postgresql_include": _list(row[4])},
                }
            )
        none: dict[str, Any] = {"constrained_columns": [], "name": None}
        return {key: keys[0] if keys else dict(none) for key, keys in found.items()}

    def get_multi_unique_constraints(
        self,
        connection: Any,
        schema: str | None,
        names: Collection[str] | None,
        kind: ObjectKind,
        scope: ObjectScope,
    ) -> dict[Any, list[dict[str, Any]]]:
        """The UNIQUE constraints of relations, by (schema, name)."""
        params = self._relations(schema, names, kind, scope)
        found, rows = self._grouped(self._rows(connection, _KEYS, **params, type="u"), schema)
        for keys, row in rows:
            keys.append(
                {
                    "column_names": _list(row[2]),
                    "name": row[1],
                    "comment": row[3],
                    "dialect_options": {
                        "postgresql_include": _list(row[4]),
                        "postgresql_nulls_not_distinct": row[5],
                    },
                }
            )
        return found

    def get_multi_foreign_keys(
        self,
        connection: Any,
        schema: str | None,
        names: Collection[str] | None,
        kind: ObjectKind,
        scope: ObjectScope,
        postgresql_ignore_search_path: bool = False,
    ) -> dict[Any, list[dict[str, Any]]]:
        """The foreign keys of relations, by (schema, name)."""
        params = self._relations(schema, names, kind, scope)
        found, rows = self._grouped(self._rows(connection, _FOREIGN_KEYS, **params), schema)
        for keys, row in rows:
            key = self._foreign_key(row, schema)
            if postgresql_ignore_search_path:
                default = self.dialect.default_schema_name
                key["referred_schema"] = schema if row[3] == default else row[3]
            keys.append(key)
        return found

    @staticmethod
    def _foreign_key(row: Any, schema: str | None) -> dict[str, Any]:
        _, name, columns, other_schema, table, visible, referred = row[:7]
        onupdate, ondelete, match, deferrable, deferred, comment, set_columns = row[7:]
        options: dict[str, Any] = {}
        if onupdate in _ACTIONS:
            options["onupdate"] = _ACTIONS[onupdate]
        if ondelete in _ACTIONS:
            only = _list(set_columns)
            options["ondelete"] = _ACTIONS[ondelete] + (f" ({', '.join(only)})" if only else "")
        if deferred:
            options["initially"] = "DEFERRED"
        if deferrable:
            options["deferrable"] = True
        if match in _MATCHES:
            options["match"] = _MATCHES[match]
        return {
            "name": name,
            "constrained_columns": _list(columns),
            "referred_schema": other_schema
            if not visible or (schema is not None and other_schema == schema)
            else None,
            "referred_table": table,
            "referred_columns": _list(referred),
            "options": options,
            "comment": comment,
        }

    def get_multi_check_constraints(
        self,
        connection: Any,
        schema: str | None,
        names: Collection[str] | None,
        kind: ObjectKind,
        scope: ObjectScope,
    ) -> dict[Any, list[dict[str, Any]]]:
        """The CHECK constraints of relations, by (schema, name)."""
        params = self._relations(schema, names, kind, scope)
        found, rows = self._grouped(self._rows(connection, _CHECKS, **params), schema)
        for checks, row in rows:
            match = _CHECK.match(row[2])
            if match is None:
                util.warn(f"Could not parse CHECK constraint text: {row[2]!r}")
                text = ""
            else:
                text = match.group(1)
            check = {"name": row[1], "sqltext": text, "comment": row[3]}
            options = {}
            if match is not None and match.group(2):
                options["no_inherit"] = True
            if match is not None and match.group(3):
                options["not_valid"] = True
            if options:
                check["dialect_options"] = options
            checks.append(check)
        return found

    def get_multi_indexes(
        self,
        connection: Any,
        schema: str | None,
        names: Collection[str] | None,
        kind: ObjectKind,
        scope: ObjectScope,
    ) -> dict[Any, list[dict[str, Any]]]:
        """The indexes of relations, by (schema, name)."""
        params = self._relations(schema, names, kind, scope)
        found, rows = self._grouped(self._rows(connection, _INDEXES, **params), schema)
        for indexes, row in rows:
            indexes.append(self._index(row))
        return found

    @staticmethod
    def _index(row: Any) -> dict[str, Any]:
        _, name, unique, method, where, storage, not_distinct, constraint, elements = row
        parts = _list(elements)
        keys = [part for part in parts if part[2]]
        included = [part[0] for part in parts if not part[2]]
        names = [part[0] for part in keys]
        index: dict[str, Any] = {"name": name, "unique": unique, "column_names": names}
        if None in names:
            index["expressions"] = [part[1] if part[0] is None else part[0] for part in keys]
        sorting = {}
        ops = {}
        for column, expression, _, option, opclass in keys:
            shown = expression if column is None else column
            flags: tuple[str, ...] = ()
            if option & 1:
                flags = ("desc",) if option & 2 else ("desc", "nulls_last")
            elif option & 2:
                flags = ("nulls_first",)
            if flags:
                sorting[shown] = flags
            if opclass is not None:
                ops[shown] = opclass
        if sorting:
            index["column_sorting"] = sorting
        if constraint is not None:
            index["duplicates_constraint"] = constraint
        options: dict[str, Any] = {}
        if ops:
            options["postgresql_ops"] = ops
        if storage:
            options["postgresql_with"] = dict([o.split("=", 1) for o in _list(storage)])
        if method != "btree":
            options["postgresql_using"] = method
        if where:
            options["postgresql_where"] = where
        index["include_columns"] = included
        options["postgresql_include"] = included
        if not_distinct:
            options["postgresql_nulls_not_distinct"] = not_distinct
        index["dialect_options"] = options
        return index

    def get_multi_table_comment(
        self,
        connection: Any,
        schema: str | None,
        names: Collection[str] | None,
        kind: ObjectKind,
        scope: ObjectScope,
    ) -> dict[Any, dict[str, Any]]:
        """The comments of relations, by (schema, name)."""
        params = self._relations(schema, names, kind, scope)
        rows = self._rows(connection, _COMMENTS, **params)
        return {(schema, row[0]): {"text": row[1]} for row in rows}


class PGInspector(Inspector):
    """Inspector with what only PostgreSQL has."""

    def get_table_oid(self, table_name: str, schema: str | None = None) -> int:
        """The OID of a table."""
        return int(self._ask("get_table_oid", table_name, schema))

    def get_domains(self, schema: str | None = None) -> list[dict[str, Any]]:
        """Domains: name, type, nullable, default, constraints …; `schema` '*' for all."""
        return [dict(row) for row in self._ask("get_domains", schema)]

    def get_enums(self, schema: str | None = None) -> list[dict[str, Any]]:
        """Enums: name, schema, labels, visible; `schema` '*' for all."""
        return [dict(row) for row in self._ask("get_enums", schema)]

    def get_foreign_table_names(self, schema: str | None = None) -> list[str]:
        """Names of the foreign tables."""
        return list(self._ask("get_foreign_table_names", schema))

    def has_type(self, type_name: str, schema: str | None = None, **kw: Any) -> bool:
        """Whether there is a type of that name."""
        return bool(self._ask("has_type", type_name, schema))
