"""Bases of classes with a concrete table each: they are selected from a union of the tables."""

from __future__ import annotations

from typing import Any

from .base import mapper_or_none
from .inheritance import ALL, set_up_discriminator
from .util import polymorphic_union


class ConcreteBase:
    """Mixin of a class whose subclasses have whole tables of their own.

    When mappers are configured, the class is mapped to a UNION ALL of its table and those of
    its subclasses, so that a query of it gives objects of all of them.
    """

    @classmethod
    def _create_polymorphic_union(cls, mappers: Any, discriminator_name: str) -> Any:
        return polymorphic_union(
            {mapper.polymorphic_identity: mapper.local_table for mapper in mappers},
            discriminator_name,
            "pjoin",
        )

    @classmethod
    def __declare_first__(cls) -> None:
        mapper: Any = cls.__mapper__  # type: ignore[attr-defined]
        if mapper.with_polymorphic is not None:
            return
        name = getattr(cls, "_concrete_discriminator_name", None) or "type"
        union = cls._create_polymorphic_union(list(mapper.self_and_descendants), name)
        mapper._set_with_polymorphic((ALL, union))
        mapper._forget()
        set_up_discriminator(mapper, union.c[name])


class AbstractConcreteBase(ConcreteBase):
    """Mixin of a class without a table whose subclasses have concrete ones.

    The class is mapped to the UNION ALL of its subclasses' tables when mappers are configured;
    until then it cannot be selected.
    """

    __no_table__ = True

    @classmethod
    def __declare_first__(cls) -> None:
        cls._sa_decl_prepare_nocascade()

    @classmethod
    def _sa_decl_prepare_nocascade(cls) -> None:
        if mapper_or_none(cls) is not None:
            return
        registry: Any = cls._sa_registry  # type: ignore[attr-defined]
        scan = registry._deferred.pop(cls, None)
        if scan is None:
            return
        mappers = []
        todo = list(cls.__subclasses__())
        while todo:
            sub = todo.pop()
            todo.extend(sub.__subclasses__())
            mapper = mapper_or_none(sub)
            if mapper is not None:
                mappers.append(mapper)
        name = getattr(cls, "_concrete_discriminator_name", None) or "type"
        union = cls._create_polymorphic_union(mappers, name)
        strict = cls.__dict__.get("strict_attrs", False)
        declared = {column.key for _, column in scan.columns} | set(scan.properties)
        for key, value in scan.properties.items():
            if any(value is column for _, column in scan.columns):
                scan.properties[key] = union.c[value.key]
        scan.columns.clear()
        arguments = scan.mapper_args
        arguments["polymorphic_on"] = union.c[name]
        if strict:  # what it leaves out comes with the rows nevertheless
            arguments["with_polymorphic"] = (ALL, union)
            arguments["include_properties"] = {
                name,
                *[column.key for column in union.primary_key],
                *declared,
            }
        scan.explicit_table = union
        base = scan._make_mapper(union)
        direct = [mapper_or_none(sub) for sub in cls.__subclasses__()]
        for mapper in dict.fromkeys([*direct, *mappers]):
            if mapper is not None and mapper.concrete and mapper.inherits is None:
                mapper._set_concrete_base(base)
