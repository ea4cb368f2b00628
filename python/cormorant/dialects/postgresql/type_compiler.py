"""The names of PostgreSQL's types."""

from __future__ import annotations

from typing import Any

from ...sql.type_compiler import TypeCompiler


def _plain(name: str) -> Any:
    def visit(self: Any, type_: Any, **kw: Any) -> str:
        return name

    return visit


class PGTypeCompiler(TypeCompiler):
    """Types as PostgreSQL names them."""

    for _name in (
        "INET", "CIDR", "CITEXT", "MACADDR", "MACADDR8", "MONEY", "OID", "REGCLASS", "REGCONFIG",
        "TSVECTOR", "TSQUERY", "HSTORE", "BYTEA", "JSONB", "JSONPATH", "INT4RANGE", "INT8RANGE",
        "NUMRANGE", "DATERANGE", "TSRANGE", "TSTZRANGE", "INT4MULTIRANGE", "INT8MULTIRANGE",
        "NUMMULTIRANGE", "DATEMULTIRANGE", "TSMULTIRANGE", "TSTZMULTIRANGE",
    ):  # fmt: skip
        locals()[f"visit_{_name}"] = _plain(_name)
    del _name

    def visit_json_int_index(self, type_: Any, **kw: Any) -> str:
        return "INT"

    def visit_json_str_index(self, type_: Any, **kw: Any) -> str:
        return "TEXT"

    def visit_json_path(self, type_: Any, **kw: Any) -> str:
        return "JSONPATH"

    def visit_FLOAT(self, type_: Any, **kw: Any) -> str:
        return "FLOAT" if not type_.precision else f"FLOAT({type_.precision})"

    def visit_double(self, type_: Any, **kw: Any) -> str:
        return "DOUBLE PRECISION"

    def visit_BIGINT(self, type_: Any, **kw: Any) -> str:
        return "BIGINT"

    def _moment(self, name: str, type_: Any) -> str:
        precision = getattr(type_, "precision", None)
        shown = name if precision is None else f"{name}({precision})"
        return f"{shown} {'WITH' if type_.timezone else 'WITHOUT'} TIME ZONE"

    def visit_TIMESTAMP(self, type_: Any, **kw: Any) -> str:
        return self._moment("TIMESTAMP", type_)

    def visit_TIME(self, type_: Any, **kw: Any) -> str:
        return self._moment("TIME", type_)

    def visit_datetime(self, type_: Any, **kw: Any) -> str:
        return self.visit_TIMESTAMP(type_, **kw)

    def visit_INTERVAL(self, type_: Any, **kw: Any) -> str:
        text = "INTERVAL"
        if type_.fields is not None:
            text += f" {type_.fields}"
        if type_.precision is not None:
            text += f" ({type_.precision:d})"
        return text

    def visit_BIT(self, type_: Any, **kw: Any) -> str:
        if type_.varying:
            return "BIT VARYING" if type_.length is None else f"BIT VARYING({type_.length:d})"
        return f"BIT({type_.length:d})"

    def visit_uuid(self, type_: Any, **kw: Any) -> str:
        return self.visit_UUID(type_, **kw) if type_.native_uuid else "CHAR(32)"

    def visit_UUID(self, type_: Any, **kw: Any) -> str:
        return "UUID"

    def visit_large_binary(self, type_: Any, **kw: Any) -> str:
        return "BYTEA"

    def visit_ARRAY(self, type_: Any, **kw: Any) -> str:
        inner = self.process(type_.item_type, **kw)
        brackets = "[]" * (type_.dimensions if type_.dimensions is not None else 1)
        # the brackets belong to the name, before a collation
        if inner.startswith('"'):
            return inner + brackets
        name, collate, collation = inner.partition(" COLLATE ")
        return f"{name}{brackets}{collate}{collation}"

    def visit_enum(self, type_: Any, **kw: Any) -> str:
        if not type_.native_enum or not self.dialect.supports_native_enum:
            return super().visit_enum(type_, **kw)
        return self.visit_ENUM(type_, **kw)

    def visit_ENUM(self, type_: Any, identifier_preparer: Any = None, **kw: Any) -> str:
        preparer = identifier_preparer or self.dialect.identifier_preparer
        return preparer.format_type(type_)  # type: ignore[no-any-return]

    def visit_DOMAIN(self, type_: Any, identifier_preparer: Any = None, **kw: Any) -> str:
        preparer = identifier_preparer or self.dialect.identifier_preparer
        return preparer.format_type(type_)  # type: ignore[no-any-return]

    def visit_interval(self, type_: Any, **kw: Any) -> str:
        """The generic Interval."""
        if not type_.native:
            return self.process(type_.impl_instance, **kw)
        precision = type_.second_precision
        return "INTERVAL" if precision is None else f"INTERVAL ({precision})"

    def visit_type_decorator(self, type_: Any, **kw: Any) -> str:
        from ...sql.sqltypes import Interval

        if isinstance(type_, Interval):
            return self.visit_interval(type_, **kw)
        return super().visit_type_decorator(type_, **kw)
