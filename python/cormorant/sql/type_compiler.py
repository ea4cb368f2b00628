"""SQL of types: what CREATE TABLE and CAST say. Dialects derive from TypeCompiler."""

from __future__ import annotations

from typing import Any

from .. import exc
from .names import VISIT


class TypeCompiler:
    """Renders types by their `__visit_name__`."""

    def __init__(self, dialect: Any = None) -> None:
        self.dialect = dialect

    def process(self, type_: Any, **kw: Any) -> str:
        """The SQL of a type."""
        if type_._variant_mapping and self.dialect is not None:
            variant = type_._variant_mapping.get(self.dialect.name)
            if variant is not None:
                type_ = variant
        hook = type_._compile_with
        if hook is not None:
            return hook(type_, self, **kw)  # type: ignore[no-any-return]
        # as _visit(): without a frame of its own for each type
        visit = getattr(self, VISIT[type_.__visit_name__], None)
        if visit is None:
            raise exc.UnsupportedCompilationError(self, type_)
        return visit(type_, **kw)  # type: ignore[no-any-return]

    def _visit(self, type_: Any, **kw: Any) -> str:
        visit = getattr(self, VISIT[type_.__visit_name__], None)
        if visit is None:
            raise exc.UnsupportedCompilationError(self, type_)
        return visit(type_, **kw)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return object.__repr__(self)

    def visit_FLOAT(self, type_: Any, **kw: Any) -> str:
        return "FLOAT"

    def visit_DOUBLE(self, type_: Any, **kw: Any) -> str:
        return "DOUBLE"

    def visit_DOUBLE_PRECISION(self, type_: Any, **kw: Any) -> str:
        return "DOUBLE PRECISION"

    def visit_REAL(self, type_: Any, **kw: Any) -> str:
        return "REAL"

    def visit_NUMERIC(self, type_: Any, **kw: Any) -> str:
        return self._numeric("NUMERIC", type_)

    def visit_DECIMAL(self, type_: Any, **kw: Any) -> str:
        return self._numeric("DECIMAL", type_)

    def _numeric(self, name: str, type_: Any) -> str:
        if type_.precision is None:
            return name
        if type_.scale is None:
            return f"{name}({type_.precision})"
        return f"{name}({type_.precision}, {type_.scale})"

    def visit_INTEGER(self, type_: Any, **kw: Any) -> str:
        return "INTEGER"

    def visit_SMALLINT(self, type_: Any, **kw: Any) -> str:
        return "SMALLINT"

    def visit_BIGINT(self, type_: Any, **kw: Any) -> str:
        return "BIGINT"

    def visit_TIMESTAMP(self, type_: Any, **kw: Any) -> str:
        return "TIMESTAMP"

    def visit_DATETIME(self, type_: Any, **kw: Any) -> str:
        return "DATETIME"

    def visit_DATE(self, type_: Any, **kw: Any) -> str:
        return "DATE"

    def visit_TIME(self, type_: Any, **kw: Any) -> str:
        return "TIME"

    def visit_CLOB(self, type_: Any, **kw: Any) -> str:
        return "CLOB"

    def _string(self, name: str, type_: Any) -> str:
        text = name
        if type_.length:
            text += f"({type_.length})"
        if type_.collation:
            if self.dialect is None:
                collation = '"' + type_.collation.replace('"', '""') + '"'
            else:
                preparer = self.dialect.identifier_preparer
                collation = preparer.quote_identifier(type_.collation)
            text += f" COLLATE {collation}"
        return text

    def visit_CHAR(self, type_: Any, **kw: Any) -> str:
        return self._string("CHAR", type_)

    def visit_NCHAR(self, type_: Any, **kw: Any) -> str:
        return self._string("NCHAR", type_)

    def visit_VARCHAR(self, type_: Any, **kw: Any) -> str:
        return self._string("VARCHAR", type_)

    def visit_NVARCHAR(self, type_: Any, **kw: Any) -> str:
        return self._string("NVARCHAR", type_)

    def visit_TEXT(self, type_: Any, **kw: Any) -> str:
        return self._string("TEXT", type_)

    def visit_UUID(self, type_: Any, **kw: Any) -> str:
        return "UUID"

    def visit_BLOB(self, type_: Any, **kw: Any) -> str:
        return "BLOB"

    def visit_BINARY(self, type_: Any, **kw: Any) -> str:
        return "BINARY" + (f"({type_.length})" if type_.length else "")

    def visit_VARBINARY(self, type_: Any, **kw: Any) -> str:
        return "VARBINARY" + (f"({type_.length})" if type_.length else "")

    def visit_BOOLEAN(self, type_: Any, **kw: Any) -> str:
        return "BOOLEAN"

    def visit_JSON(self, type_: Any, **kw: Any) -> str:
        return "JSON"

    # generic types in terms of the above

    def visit_large_binary(self, type_: Any, **kw: Any) -> str:
        return self.visit_BLOB(type_, **kw)

    def visit_boolean(self, type_: Any, **kw: Any) -> str:
        return self.visit_BOOLEAN(type_, **kw)

    def visit_time(self, type_: Any, **kw: Any) -> str:
        return self.visit_TIME(type_, **kw)

    def visit_datetime(self, type_: Any, **kw: Any) -> str:
        return self.visit_DATETIME(type_, **kw)

    def visit_date(self, type_: Any, **kw: Any) -> str:
        return self.visit_DATE(type_, **kw)

    def visit_big_integer(self, type_: Any, **kw: Any) -> str:
        return self.visit_BIGINT(type_, **kw)

    def visit_small_integer(self, type_: Any, **kw: Any) -> str:
        return self.visit_SMALLINT(type_, **kw)

    def visit_integer(self, type_: Any, **kw: Any) -> str:
        return self.visit_INTEGER(type_, **kw)

    def visit_float(self, type_: Any, **kw: Any) -> str:
        return self.visit_FLOAT(type_, **kw)

    def visit_double(self, type_: Any, **kw: Any) -> str:
        return self.visit_DOUBLE(type_, **kw)

    def visit_numeric(self, type_: Any, **kw: Any) -> str:
        return self.visit_NUMERIC(type_, **kw)

    def visit_string(self, type_: Any, **kw: Any) -> str:
        return self.visit_VARCHAR(type_, **kw)

    def visit_unicode(self, type_: Any, **kw: Any) -> str:
        return self.visit_VARCHAR(type_, **kw)

    def visit_text(self, type_: Any, **kw: Any) -> str:
        return self.visit_TEXT(type_, **kw)

    def visit_unicode_text(self, type_: Any, **kw: Any) -> str:
        return self.visit_TEXT(type_, **kw)

    def visit_enum(self, type_: Any, **kw: Any) -> str:
        return self.visit_VARCHAR(type_, **kw)

    def visit_uuid(self, type_: Any, **kw: Any) -> str:
        return "CHAR(32)"

    def visit_null(self, type_: Any, **kw: Any) -> str:
        raise exc.CompileError(
            f"Can't generate DDL for {type_!r}; did you forget to specify a type on this Column?"
        )

    def visit_type_decorator(self, type_: Any, **kw: Any) -> str:
        dialect = self.dialect
        if dialect is None:
            from .compiler import string_dialect

            dialect = string_dialect()
        return self.process(type_.load_dialect_impl(dialect), **kw)

    def visit_user_defined(self, type_: Any, **kw: Any) -> str:
        try:
            return type_.get_col_spec(**kw)  # type: ignore[no-any-return]
        except TypeError:
            return type_.get_col_spec()  # type: ignore[no-any-return]


class StrSQLTypeCompiler(TypeCompiler):
    """For str(type): something readable for every type."""

    def process(self, type_: Any, **kw: Any) -> str:
        name = type_.__visit_name__
        unknown = (name == "null" and not type_._isnull) or not hasattr(self, VISIT[name])
        if unknown and type_._compile_with is None:
            # a class of the program's that has no SQL of its own
            name = type(type_).__name__
            return name if name.isupper() else repr(type_)
        return super().process(type_, **kw)

    def visit_null(self, type_: Any, **kw: Any) -> str:
        return "NULL"


GenericTypeCompiler = TypeCompiler
GENERIC = StrSQLTypeCompiler()
