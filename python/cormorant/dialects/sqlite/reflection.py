"""Reading a SQLite schema through its PRAGMAs and sqlite_master."""

from __future__ import annotations

import contextlib
import re
from typing import Any, ClassVar

from ... import exc, util
from ...engine.reflection import no_such_table
from ...sql import sqltypes

ischema_names = {
    name: getattr(sqltypes, other or name)
    for name, other in {
        "BIGINT": "", "BLOB": "", "BOOL": "BOOLEAN", "BOOLEAN": "", "CHAR": "", "DATE": "",
        "DATE_CHAR": "DATE", "DATETIME": "", "DATETIME_CHAR": "DATETIME", "DOUBLE": "",
        "DOUBLE_PRECISION": "", "DECIMAL": "", "FLOAT": "", "INT": "INTEGER", "INTEGER": "",
        "JSON": "", "NCHAR": "", "NUMERIC": "", "REAL": "", "SMALLINT": "", "TEXT": "", "TIME": "",
        "TIME_CHAR": "TIME", "TIMESTAMP": "", "VARCHAR": "", "NVARCHAR": "", "_NVARCHAR": "NVARCHAR",
    }.items()
}  # fmt: skip
"""Declared type names and the types that reflection gives for them."""

_TYPE = re.compile(r"([\w ]+)(\(.*?\))?")
_NAME = r"""(?:"(?:[^"]|"")+"|\[[^\]]+\]|`[^`]+`|'[^']+'|\w+)"""
_CONSTRAINT = rf"(?:CONSTRAINT\s+(?P<name>{_NAME})\s+)?"


def _unquote(name: str) -> str:
    if name[:1] in "\"`['":
        return name[1:-1].replace('""', '"')
    return name


def _names(text: str) -> list[str]:
    return [_unquote(name) for name in re.findall(_NAME, text)]


def _parenthesised(text: str, start: int) -> str:
    """What stands in the parentheses that open at `start`."""
    depth, quote = 0, ""
    for at in range(start, len(text)):
        char = text[at]
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"`":
            quote = char
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth == 0:
                return text[start + 1 : at]
    return text[start + 1 :]


class SQLiteReflector:
    """The functions behind Inspector; each takes a Connection and emits SQL on it."""

    options: ClassVar[dict[str, str]] = {
        "get_table_names": "sqlite_include_internal",
        "get_temp_table_names": "sqlite_include_internal",
        "get_view_names": "sqlite_include_internal",
        "get_temp_view_names": "sqlite_include_internal",
        "get_indexes": "include_auto_indexes",
    }
    """The argument of each function that only this database has."""

    def __init__(self, dialect: Any) -> None:
        self.dialect = dialect

    # --- asking ---

    def _rows(self, connection: Any, sql: str, *params: Any) -> list[Any]:
        result = connection.exec_driver_sql(sql, params or None)
        return list(result.fetchall()) if result.returns_rows else []

    def _quote(self, name: str) -> str:
        return str(self.dialect.identifier_preparer.quote_identifier(name))

    def _pragma(self, connection: Any, pragma: str, name: str, schema: str | None) -> list[Any]:
        """Rows of a PRAGMA about a table, in its schema or else among the temporary ones."""
        schemas = [self._quote(schema)] if schema else ["main", "temp"]
        for prefix in schemas:
            rows = self._rows(connection, f"PRAGMA {prefix}.{pragma}({self._quote(name)})")
            if rows:
                return rows
        return []

    def _master(self, schema: str | None) -> str:
        return f"{self._quote(schema)}.sqlite_master" if schema else "sqlite_master"

    def _list(self, connection: Any, kind: str, master: str, internal: bool) -> list[str]:
        others = "" if internal else " AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
        sql = f"SELECT name FROM {master} WHERE type='{kind}'{others} ORDER BY name"
        return [row[0] for row in self._rows(connection, sql)]

    def has_table(self, connection: Any, table_name: str, schema: str | None = None) -> bool:
        """Whether there is a table or view of that name."""
        if schema is not None and schema not in self._databases(connection):
            return False
        return bool(self._pragma(connection, "table_info", table_name, schema))

    def _check(self, connection: Any, table_name: str, schema: str | None) -> None:
        if not self.has_table(connection, table_name, schema):
            raise no_such_table(table_name, schema)

    def get_schema_names(self, connection: Any) -> list[str]:
        return [name for name in self._databases(connection) if name != "temp"]

    def _databases(self, connection: Any) -> list[str]:
        return [row[1] for row in self._rows(connection, "PRAGMA database_list")]

    def get_table_names(
        self, connection: Any, schema: str | None, sqlite_include_internal: bool = False
    ) -> list[str]:
        return self._list(connection, "table", self._master(schema), sqlite_include_internal)

    def get_temp_table_names(
        self, connection: Any, sqlite_include_internal: bool = False
    ) -> list[str]:
        return self._list(connection, "table", "sqlite_temp_master", sqlite_include_internal)

    def get_view_names(
        self, connection: Any, schema: str | None, sqlite_include_internal: bool = False
    ) -> list[str]:
        return self._list(connection, "view", self._master(schema), sqlite_include_internal)

    def get_temp_view_names(
        self, connection: Any, sqlite_include_internal: bool = False
    ) -> list[str]:
        return self._list(connection, "view", "sqlite_temp_master", sqlite_include_internal)

    def get_view_definition(self, connection: Any, view_name: str, schema: str | None) -> str:
        sql = self._sql(connection, view_name, schema, "'view'")
        if not sql:
            raise no_such_table(view_name, schema)
        return sql

    def _sql(
        self, connection: Any, name: str, schema: str | None, kinds: str = "'table', 'view'"
    ) -> str:
        """The CREATE statement of a table or view, '' if it has none."""
        if schema:
            source = self._master(schema)
        else:
            source = " (SELECT * FROM sqlite_master UNION ALL   SELECT * FROM sqlite_temp_master)"
        rows = self._rows(
            connection,
            f"SELECT sql FROM {source} WHERE name = ? AND type in ({kinds})",
            name,
        )
        return (rows[0][0] or "") if rows else ""

    # --- columns ---

    def get_columns(
        self, connection: Any, table_name: str, schema: str | None
    ) -> list[dict[str, Any]]:
        rows = self._pragma(connection, "table_xinfo", table_name, schema)
        if not rows:
            self._check(connection, table_name, schema)
        columns = []
        table_sql = ""
        for _, name, type_text, notnull, default, key, hidden in rows:
            if hidden == 1:
                continue
            column: dict[str, Any] = {
                "name": name,
                "type": self._type(type_text),
                "nullable": not notnull,
                "default": default,
                "primary_key": key,
            }
            if hidden in (2, 3):
                table_sql = table_sql or self._sql(connection, table_name, schema)
                column["computed"] = {
                    "sqltext": self._generated(table_sql, name),
                    "persisted": hidden == 3,
                }
            columns.append(column)
        return columns

    @staticmethod
    def _generated(sql: str, column: str) -> str:
        pattern = rf"[\"`\[]?{re.escape(column)}[\"`\]]?\s[^,]*?(?:GENERATED\s+ALWAYS\s+)?AS\s*\("
        match = re.search(pattern, sql, re.I)
        return _parenthesised(sql, match.end() - 1) if match else ""

    def _type(self, text: str) -> Any:
        """A type object for a declared type, by SQLite's affinity rules if it is unknown."""
        match = _TYPE.match(text)
        name = match.group(1).upper() if match else ""
        arguments = re.findall(r"\d+", (match.group(2) or "") if match else "")
        cls: Any = ischema_names.get(name)
        if cls is None:
            if "INT" in name:
                cls = sqltypes.INTEGER
            elif any(word in name for word in ("CHAR", "CLOB", "TEXT")):
                cls = sqltypes.TEXT
            elif "BLOB" in name or not name:
                cls = sqltypes.NullType
            elif any(word in name for word in ("REAL", "FLOA", "DOUB")):
                cls = sqltypes.REAL
            else:
                cls = sqltypes.NUMERIC
        try:
            return cls(*[int(number) for number in arguments])
        except TypeError:
            util.warn(
                f"Could not instantiate type {cls} with reflected arguments {arguments}; "
                "using no arguments."
            )
            return cls()

    def get_pk_constraint(
        self, connection: Any, table_name: str, schema: str | None
    ) -> dict[str, Any]:
        rows = self._pragma(connection, "table_info", table_name, schema)
        if not rows:
            raise no_such_table(table_name, schema)
        sql = self._sql(connection, table_name, schema)
        match = re.search(rf"CONSTRAINT\s+({_NAME})\s+PRIMARY\s+KEY", sql, re.I)
        keys = sorted((row[5], row[1]) for row in rows if row[5])
        return {
            "constrained_columns": [name for _, name in keys],
            "name": _unquote(match.group(1)) if match else None,
        }

    # --- constraints and indexes ---

    def get_foreign_keys(
        self, connection: Any, table_name: str, schema: str | None
    ) -> list[dict[str, Any]]:
        rows = self._pragma(connection, "foreign_key_list", table_name, schema)
        sql = self._sql(connection, table_name, schema)
        if not rows and not sql:
            self._check(connection, table_name, schema)
        keys: dict[int, dict[str, Any]] = {}
        for number, _, table, local, remote, onupdate, ondelete, _match in rows:
            key = keys.get(number)
            if key is None:
                options = {}
                for name, action in (("onupdate", onupdate), ("ondelete", ondelete)):
                    if action and action != "NO ACTION":
                        options[name] = action
                key = keys[number] = {
                    "name": None,
                    "constrained_columns": [],
                    "referred_schema": schema,
                    "referred_table": table,
                    "referred_columns": [],
                    "options": options,
                }
            key["constrained_columns"].append(local)
            # without a column the other table's primary key is meant
            if remote:
                key["referred_columns"].append(remote)
        for key in keys.values():
            if not key["referred_columns"]:
                with contextlib.suppress(exc.NoSuchTableError):  # it may be created later
                    primary = self.get_pk_constraint(connection, key["referred_table"], schema)
                    key["referred_columns"] = list(primary["constrained_columns"])
        found: list[dict[str, Any]] = []
        pattern = rf"{_CONSTRAINT}FOREIGN\s+KEY\s*\((?P<columns>[^)]*)\)(?P<rest>[^,]*)"
        # those of the table as they are written, then those of single columns
        for match in re.finditer(pattern, sql, re.I):
            table = re.search(rf"REFERENCES\s+({_NAME})", match["rest"], re.I)
            referred = _unquote(table[1]).lower() if table else ""
            for number, key in keys.items():
                if (
                    key["constrained_columns"] == _names(match["columns"])
                    and key["referred_table"].lower() == referred
                ):
                    key["name"] = _unquote(match["name"]) if match["name"] else key["name"]
                    initially = re.search(r"INITIALLY\s+(\w+)", match["rest"], re.I)
                    if initially:
                        key["options"]["initially"] = initially.group(1).upper()
                    if re.search(r"\bDEFERRABLE", match["rest"], re.I):
                        key["options"]["deferrable"] = not re.search(
                            r"NOT\s+DEFERRABLE", match["rest"], re.I
                        )
                    found.append(keys.pop(number))
                    break
        # of those that stand at a column, SQLAlchemy says no options
        return [*found, *({**key, "options": {}} for key in keys.values())]

    def _index_columns(self, connection: Any, name: str, schema: str | None) -> list[Any]:
        rows = self._pragma(connection, "index_info", name, schema)
        return [row[2] for row in rows]

    def get_indexes(
        self,
        connection: Any,
        table_name: str,
        schema: str | None,
        include_auto_indexes: bool = False,
    ) -> list[dict[str, Any]]:
        rows = self._pragma(connection, "index_list", table_name, schema)
        indexes = []
        for row in rows:
            name, unique = row[1], row[2]
            if name.startswith("sqlite_autoindex") and not include_auto_indexes:
                continue
            columns = self._index_columns(connection, name, schema)
            if None in columns:
                util.warn(f"Skipped unsupported reflection of expression-based index {name}")
                continue
            index: dict[str, Any] = {
                "name": name,
                "column_names": columns,
                "unique": unique,
                "dialect_options": {},
            }
            if row[4]:
                sql = self._rows(
                    connection,
                    f"SELECT sql FROM {self._master(schema)} WHERE name = ? AND type = 'index'",
                    name,
                )[0][0]
                where = re.search(r"\sWHERE\s+(.+)$", sql, re.I | re.S)
                if where:
                    from ...sql.expression import text

                    index["dialect_options"]["sqlite_where"] = text(where.group(1))
            indexes.append(index)
        indexes.sort(key=lambda index: index["name"])
        if not rows:
            self._check(connection, table_name, schema)
        return indexes

    def get_unique_constraints(
        self, connection: Any, table_name: str, schema: str | None
    ) -> list[dict[str, Any]]:
        columns = {
            tuple(self._index_columns(connection, row[1], schema))
            for row in self._pragma(connection, "index_list", table_name, schema)
            if row[1].startswith("sqlite_autoindex")
        }
        sql = self._sql(connection, table_name, schema)
        if not sql:
            self._check(connection, table_name, schema)
        found = []
        for match in re.finditer(rf"{_CONSTRAINT}UNIQUE\s*\((?P<columns>[^)]*)\)", sql, re.I):
            names = _names(match["columns"])
            if tuple(names) in columns:
                columns.discard(tuple(names))
                name = _unquote(match["name"]) if match["name"] else None
                found.append({"name": name, "column_names": names})
        inline = rf"(?:^|[(,])\s*(?P<column>{_NAME})\s+(?!KEY\b)[^,()]*(?:\([^)]*\))?[^,()]*?\bUNIQUE\b(?!\s*\()"
        for match in re.finditer(inline, sql, re.I):
            column = _unquote(match["column"])
            if (column,) in columns:
                columns.discard((column,))
                found.append({"name": None, "column_names": [column]})
        return found

    def get_check_constraints(
        self, connection: Any, table_name: str, schema: str | None
    ) -> list[dict[str, Any]]:
        sql = self._sql(connection, table_name, schema)
        if not sql:
            self._check(connection, table_name, schema)
        found = []
        for match in re.finditer(rf"{_CONSTRAINT}CHECK\s*\(", sql, re.I):
            name = _unquote(match["name"]) if match["name"] else None
            found.append({"sqltext": _parenthesised(sql, match.end() - 1).strip(), "name": name})
        # nameless ones last, the others by name
        return sorted(found, key=lambda check: (check["name"] is None, check["name"] or ""))

    def get_table_options(
        self, connection: Any, table_name: str, schema: str | None
    ) -> dict[str, Any]:
        self._check(connection, table_name, schema)
        options = {}
        # what follows the columns: a comment or a name there does not end with a word of these
        tail = self._sql(connection, table_name, schema).rpartition(")")[2]
        words = re.sub(r"/\*.*?\*/|--[^\n]*", " ", tail, flags=re.S).upper()
        if re.search(r"\bWITHOUT\s+ROWID\b", words):
            options["sqlite_with_rowid"] = False
        if re.search(r"\bSTRICT\b", words):
            options["sqlite_strict"] = True
        return options
