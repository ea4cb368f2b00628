"""Types that are objects of the schema: ENUM and DOMAIN, and the DDL of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...sql import sqltypes
from ...sql.ddl import InvokeDDLBase, _CreateDropBase
from ...sql.schema_base import NO_ARG
from ...sql.type_api import Codec, TypeEngine, to_instance


class CreateEnumType(_CreateDropBase):
    """CREATE TYPE … AS ENUM."""

    __visit_name__ = "create_enum_type"
    stringify_dialect = "postgresql"


class DropEnumType(_CreateDropBase):
    """DROP TYPE."""

    __visit_name__ = "drop_enum_type"
    stringify_dialect = "postgresql"


class CreateDomainType(_CreateDropBase):
    """CREATE DOMAIN."""

    __visit_name__ = "create_domain_type"
    stringify_dialect = "postgresql"


class DropDomainType(_CreateDropBase):
    """DROP DOMAIN."""

    __visit_name__ = "drop_domain_type"
    stringify_dialect = "postgresql"


class NamedTypeGenerator(InvokeDDLBase):
    """Creates a type; with `checkfirst` only if it is not there."""

    def __init__(self, dialect: Any, connection: Any, checkfirst: bool = False, **kw: Any) -> None:
        super().__init__(dialect, connection)
        self.checkfirst = checkfirst

    def _exists(self, type_: Any) -> bool:
        schema = self.connection.schema_for_object(type_)
        return bool(self.dialect.has_type(self.connection, type_.name, schema=schema))

    def _wanted(self, type_: Any) -> bool:
        return not self.checkfirst or not self._exists(type_)

    def visit_enum(self, enum: Any) -> None:
        if self._wanted(enum):
            with self._events("create", enum):
                self.connection.execute(CreateEnumType(enum))

    def visit_DOMAIN(self, domain: Any) -> None:
        if self._wanted(domain):
            with self._events("create", domain):
                self.connection.execute(CreateDomainType(domain))


class NamedTypeDropper(NamedTypeGenerator):
    """Drops a type; with `checkfirst` only if it is there."""

    def _wanted(self, type_: Any) -> bool:
        return not self.checkfirst or self._exists(type_)

    def visit_enum(self, enum: Any) -> None:
        if self._wanted(enum):
            with self._events("drop", enum):
                self.connection.execute(DropEnumType(enum))

    def visit_DOMAIN(self, domain: Any) -> None:
        if self._wanted(domain):
            with self._events("drop", domain):
                self.connection.execute(DropDomainType(domain))


class NamedType(sqltypes.SchemaType):
    """Base of types that are created and dropped by name."""

    DDLGenerator: type[NamedTypeGenerator] = NamedTypeGenerator
    DDLDropper: type[NamedTypeGenerator] = NamedTypeDropper
    create_type = True
    """Whether tables that use the type create it, too."""

    def create(self, bind: Any, checkfirst: bool = True, **kw: Any) -> None:
        """Create the type; with `checkfirst` if it is not there yet."""
        bind._run_ddl_visitor(self.DDLGenerator, self, checkfirst=checkfirst)

    def drop(self, bind: Any, checkfirst: bool = True, **kw: Any) -> None:
        """Drop the type; with `checkfirst` if it is there."""
        bind._run_ddl_visitor(self.DDLDropper, self, checkfirst=checkfirst)


class ENUM(NamedType, sqltypes.Enum):
    """ENUM: a type of its own with a name; VARCHAR on other databases."""

    native_enum = True

    def __init__(
        self, *enums: Any, name: Any = NO_ARG, create_type: bool = True, **kw: Any
    ) -> None:
        """Strings or one enum class, as Enum; `create_type`: tables that use the type
        create and drop it with them (create() and drop() always do)."""
        from ...util import warn

        native = kw.pop("native_enum", None)
        if native is False:
            warn(
                "the native_enum flag does not apply to the sqlalchemy.dialects.postgresql.ENUM "
                "datatype; this type always refers to ENUM.   Use sqlalchemy.types.Enum for "
                "non-native enum."
            )
        self.create_type = create_type
        if name is not NO_ARG:
            kw["name"] = name
        super().__init__(*enums, **kw)

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine:
        type_ = super().coerce_compared_value(op, value)
        return self if type_._type_affinity is sqltypes.String else type_

    @classmethod
    def adapt_emulated_to_native(cls, impl: Any, **kw: Any) -> ENUM:
        """The ENUM of a generic Enum."""
        return impl.adapt(cls)  # type: ignore[no-any-return]

    def adapt(self, cls: type, **kw: Any) -> Any:
        if issubclass(cls, ENUM):
            kw.setdefault("create_type", self.create_type)
        return super().adapt(cls, **kw)


class DOMAIN(NamedType, TypeEngine):
    """DOMAIN: another type with constraints and a name."""

    __visit_name__ = "DOMAIN"

    def __init__(
        self,
        name: str,
        data_type: Any,
        *,
        collation: str | None = None,
        default: Any = None,
        constraint_name: str | None = None,
        not_null: bool | None = None,
        check: Any = None,
        create_type: bool = True,
        **kw: Any,
    ) -> None:
        """`default`: text or an expression; `check`: text or an expression about VALUE;
        `constraint_name`: of the constraints."""
        from ...sql.coercions import resolve
        from ...sql.constructs import TextClause

        self.data_type = to_instance(data_type)
        self.default = default
        self.collation = collation
        self.constraint_name = constraint_name
        self.not_null = bool(not_null)
        if check is not None:
            check = TextClause(check) if isinstance(check, str) else resolve(check)
        self.check = check
        self.create_type = create_type
        self.name = name
        self.schema = kw.pop("schema", None)
        self.metadata = kw.pop("metadata", None)
        self.inherit_schema = kw.pop("inherit_schema", False)
        self.quote = kw.pop("quote", None)
        if kw:
            raise TypeError(
                f"DOMAIN.__init__() got an unexpected keyword argument {next(iter(kw))!r}"
            )
        if self.metadata is not None:
            self._register(self.metadata)

    @property
    def python_type(self) -> type:
        return self.data_type.python_type  # type: ignore[no-any-return]

    def _codec(self, dialect: Any) -> Codec:
        return self.data_type.dialect_impl(dialect)._codec(dialect)  # type: ignore[no-any-return]

    def literal_processor(self, dialect: Any) -> Callable[[Any], str] | None:
        return self.data_type.dialect_impl(dialect).literal_processor(dialect)  # type: ignore[no-any-return]

    def _make_cache_key(self) -> Any:
        return (type(self), self.name, self.schema, self.data_type._static_cache_key)

    def __repr__(self) -> str:
        return f"DOMAIN({self.name!r}, {self.data_type!r})"


__all__ = [
    "DOMAIN",
    "ENUM",
    "CreateDomainType",
    "CreateEnumType",
    "DropDomainType",
    "DropEnumType",
    "NamedType",
]
