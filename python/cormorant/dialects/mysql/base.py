"""MySQL and MariaDB: the SQL of their types."""

from __future__ import annotations

from typing import Any

from ... import exc
from ...sql import sqltypes
from ...sql.type_compiler import TypeCompiler
from ..driverless import BacktickPreparer, DriverlessDialect
from . import types
from .types import ENUM

_NAMES = (
    "BIGINT BINARY BIT BLOB BOOLEAN CHAR DATE DATETIME DECIMAL DOUBLE ENUM FLOAT INTEGER JSON "
    "LONGBLOB LONGTEXT MEDIUMBLOB MEDIUMINT MEDIUMTEXT NCHAR NUMERIC NVARCHAR SET SMALLINT TEXT "
    "TIME TIMESTAMP TINYBLOB TINYINT TINYTEXT UUID VARBINARY VARCHAR YEAR"
)

ischema_names: dict[str, Any] = {
    **{
        name.lower(): getattr(types, name, None) or getattr(sqltypes, name)
        for name in _NAMES.split()
    },
    "fixed": types.DECIMAL,
    "int": types.INTEGER,
}
"""The types that the database's names of types stand for; programs may add theirs."""


class MySQLTypeCompiler(TypeCompiler):
    """Types with MySQL's attributes."""

    def _number(self, name: str, type_: Any, *digits: int | None) -> str:
        given = [str(each) for each in digits if each is not None]
        text = f"{name}({', '.join(given)})" if given else name
        text += " UNSIGNED" if getattr(type_, "unsigned", False) else ""
        return text + (" ZEROFILL" if getattr(type_, "zerofill", False) else "")

    def _integer(self, name: str, type_: Any) -> str:
        return self._number(name, type_, getattr(type_, "display_width", None))

    def _fraction(self, name: str, type_: Any) -> str:
        precision, scale = type_.precision, getattr(type_, "scale", None)
        return self._number(name, type_, *((precision, scale) if scale is not None else ()))

    def visit_NUMERIC(self, type_: Any, **kw: Any) -> str:
        return self._number("NUMERIC", type_, type_.precision, type_.scale)

    def visit_DECIMAL(self, type_: Any, **kw: Any) -> str:
        return self._number("DECIMAL", type_, type_.precision, type_.scale)

    def visit_DOUBLE(self, type_: Any, **kw: Any) -> str:
        return self._fraction("DOUBLE", type_)

    def visit_REAL(self, type_: Any, **kw: Any) -> str:
        return self._fraction("REAL", type_)

    def visit_FLOAT(self, type_: Any, **kw: Any) -> str:
        return self._number("FLOAT", type_, type_.precision, getattr(type_, "scale", None))

    def visit_INTEGER(self, type_: Any, **kw: Any) -> str:
        return self._integer("INTEGER", type_)

    def visit_BIGINT(self, type_: Any, **kw: Any) -> str:
        return self._integer("BIGINT", type_)

    def visit_SMALLINT(self, type_: Any, **kw: Any) -> str:
        return self._integer("SMALLINT", type_)

    def visit_MEDIUMINT(self, type_: Any, **kw: Any) -> str:
        return self._integer("MEDIUMINT", type_)

    def visit_TINYINT(self, type_: Any, **kw: Any) -> str:
        return self._integer("TINYINT", type_)

    def visit_YEAR(self, type_: Any, **kw: Any) -> str:
        return self._integer("YEAR", type_)

    def visit_BIT(self, type_: Any, **kw: Any) -> str:
        return self._number("BIT", type_, type_.length)

    def visit_DATETIME(self, type_: Any, **kw: Any) -> str:
        return self._number("DATETIME", type_, getattr(type_, "fsp", None) or None)

    def visit_TIME(self, type_: Any, **kw: Any) -> str:
        return self._number("TIME", type_, getattr(type_, "fsp", None) or None)

    def visit_TIMESTAMP(self, type_: Any, **kw: Any) -> str:
        return self._number("TIMESTAMP", type_, getattr(type_, "fsp", None) or None)

    def _text(self, spec: str, type_: Any, national: bool = False) -> str:
        def has(name: str) -> Any:
            return getattr(type_, name, None)

        words = [spec]
        if national or has("national"):
            words.insert(0, "NATIONAL")
        elif has("charset"):
            words.append(f"CHARACTER SET {type_.charset}")
        elif has("ascii") or has("unicode"):
            words.append("ASCII" if has("ascii") else "UNICODE")
        if has("collation"):
            words.append(f"COLLATE {type_.collation}")
        elif has("binary"):
            words.append("BINARY")
        return " ".join(words)

    def _sized(self, name: str, type_: Any, national: bool = False) -> str:
        length = type_.length
        spec = name if length is None else f"{name}({length})"
        return self._text(spec, type_, national)

    def _need_length(self, name: str, type_: Any) -> None:
        if type_.length is None:
            raise exc.CompileError(f"{name} requires a length on dialect {self.dialect.name}")

    def visit_VARCHAR(self, type_: Any, **kw: Any) -> str:
        self._need_length("VARCHAR", type_)
        return self._sized("VARCHAR", type_)

    def visit_NVARCHAR(self, type_: Any, **kw: Any) -> str:
        self._need_length("NVARCHAR", type_)
        return self._sized("VARCHAR", type_, national=True)

    def visit_CHAR(self, type_: Any, **kw: Any) -> str:
        return self._sized("CHAR", type_)

    def visit_NCHAR(self, type_: Any, **kw: Any) -> str:
        return self._sized("CHAR", type_, national=True)

    def visit_TEXT(self, type_: Any, **kw: Any) -> str:
        return self._sized("TEXT", type_)

    def visit_TINYTEXT(self, type_: Any, **kw: Any) -> str:
        return self._text("TINYTEXT", type_)

    def visit_MEDIUMTEXT(self, type_: Any, **kw: Any) -> str:
        return self._text("MEDIUMTEXT", type_)

    def visit_LONGTEXT(self, type_: Any, **kw: Any) -> str:
        return self._text("LONGTEXT", type_)

    def visit_BLOB(self, type_: Any, **kw: Any) -> str:
        return self._number("BLOB", type_, type_.length)

    def visit_TINYBLOB(self, type_: Any, **kw: Any) -> str:
        return "TINYBLOB"

    def visit_MEDIUMBLOB(self, type_: Any, **kw: Any) -> str:
        return "MEDIUMBLOB"

    def visit_LONGBLOB(self, type_: Any, **kw: Any) -> str:
        return "LONGBLOB"

    def visit_BOOLEAN(self, type_: Any, **kw: Any) -> str:
        return "BOOL"

    def _enumerated(self, name: str, type_: Any, values: Any) -> str:
        # a backslash is an escape, a percent sign would begin a parameter
        texts = [v.replace("'", "''").replace("\\", "\\\\").replace("%", "%%") for v in values]
        quoted = ",".join([f"'{text}'" for text in texts])
        return self._text(f"{name}({quoted})", type_)

    def visit_enum(self, type_: Any, **kw: Any) -> str:
        if not type_.native_enum:
            return super().visit_enum(type_, **kw)
        return self.visit_ENUM(type_, **kw)

    def visit_ENUM(self, type_: Any, **kw: Any) -> str:
        return self._enumerated("ENUM", type_, type_.enums)

    def visit_SET(self, type_: Any, **kw: Any) -> str:
        return self._enumerated("SET", type_, type_.values)


class MariaDBTypeCompiler(MySQLTypeCompiler):
    """Types that MariaDB has besides."""

    def visit_INET4(self, type_: Any, **kw: Any) -> str:
        return "INET4"

    def visit_INET6(self, type_: Any, **kw: Any) -> str:
        return "INET6"


class MySQLDialect(DriverlessDialect):
    """MySQL's types."""

    name = "mysql"
    driver = "mysqldb"
    title = "MySQL"
    supports_native_enum = True
    max_identifier_length = 255
    max_index_name_length = 64
    max_constraint_name_length = 64
    preparer = BacktickPreparer
    type_compiler_cls = MySQLTypeCompiler
    colspecs = {sqltypes.Enum: ENUM}
    ischema_names = ischema_names


class MariaDBDialect(MySQLDialect):
    """MariaDB's types."""

    name = "mariadb"
    title = "MariaDB"
    type_compiler_cls = MariaDBTypeCompiler


dialect = MySQLDialect
