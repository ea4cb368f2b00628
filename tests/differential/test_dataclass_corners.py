"""Corners of mapped dataclasses: read-only attributes, mixins that are none, what is warned of."""

# ruff: noqa: UP006, UP045 (annotations as programs have them)

from __future__ import annotations

import dataclasses
import inspect
from typing import Any, List, Optional  # noqa: UP035 (objects, as annotations of old are)

import pytest

from .harness import Programs, compare

program = Programs()


def _base(p: Any) -> Any:
    return type("Base", (p.MappedAsDataclass, p.DeclarativeBase), {})


def _mapped(p: Any, annotations: dict[str, Any], *bases: Any, **values: Any) -> Any:
    namespace = {
        "__tablename__": "thing",
        "__module__": __name__,
        "__annotations__": {"id": p.Mapped[int], **annotations},
        "id": p.mapped_column(primary_key=True, init=False),
        **values,
    }
    return type("Thing", bases or (_base(p),), namespace)


def _signature(cls: Any) -> list[Any]:
    return [
        (name, str(parameter.kind), repr(parameter.default))
        for name, parameter in inspect.signature(cls).parameters.items()
    ]


@program
def column_properties(p: Any) -> None:
    number = p.Mapped[int]
    five = p.literal(5) + 6
    for options in (
        {},
        {"init": True},
        {"init": False},
        {"default": None},
        {"default_factory": int},
        {"kw_only": True},
        {"compare": True},
        {"repr": False},
    ):
        made = _mapped(p, {"x": number}, x=p.column_property(five, **options))
        p.show(_signature(made))
        if not options.get("init"):
            p.show(repr(made()), made() == made())
    column = p.mapped_column(p.Integer)
    p.show(_signature(_mapped(p, {"x": number}, x=p.column_property(column))))
    p.show(_signature(_mapped(p, {"x": number}, x=p.deferred(column, default=3))))
    p.show(_signature(_mapped(p, {"x": number}, x=p.query_expression())))


@program
def callable_defaults(p: Any) -> None:
    made = _mapped(p, {"x": p.Mapped[int]}, x=p.mapped_column(default=int))
    p.show([name for name, _, _ in _signature(made)])


@program
def mixins_that_are_no_dataclasses(p: Any) -> None:
    annotations = {"y": p.Mapped[int], "z": p.Mapped[int], "q": int}
    space = {"__annotations__": annotations, "z": p.mapped_column(default=5), "q": 7}
    mixin = type("Mixin", (), space)
    made = _mapped(p, {"x": p.Mapped[int]}, _base(p), mixin, x=p.mapped_column(default=3))
    p.show(_signature(made), repr(made(1, x=4)), made.__table__.c.keys())
    p.error(lambda: _mapped(p, {"x": p.Mapped[int]}, mixin, _base(p)))


@program
def given_tables(p: Any) -> None:
    base = _base(p)
    table = p.Table("thing", base.metadata, p.Column("id", p.Integer, primary_key=True))
    p.error(lambda: type("Thing", (base,), {"__table__": table, "__annotations__": {}}))


@program
def proxies_within_fields(p: Any) -> None:
    proxying = p.module("ext.associationproxy")
    base = _base(p)

    def child() -> Any:
        space = {
            "__tablename__": "child",
            "__module__": __name__,
            "__annotations__": {"id": p.Mapped[int], "name": p.Mapped[str], "of": p.Mapped[int]},
            "id": p.mapped_column(primary_key=True, init=False),
            "name": p.mapped_column(default=None),
            "of": p.mapped_column(p.ForeignKey("thing.id"), init=False),
        }
        return type("Child", (base,), space)

    children = child()
    proxy = proxying.association_proxy("children", "name")
    made = _mapped(
        p,
        {"children": p.Mapped[List[children]], "names": proxying.AssociationProxy[List[str]]},
        base,
        children=p.relationship(default_factory=list, repr=False),
        names=dataclasses.field(default=proxy, init=False),
    )
    thing = made(children=[children("a"), children("b")])
    p.show([name for name, _, _ in _signature(made)], list(thing.names))


@dataclasses.dataclass
class Point:
    x: int
    y: int | None


@program
def composites_that_may_be_none(p: Any) -> None:
    made = _mapped(
        p,
        {"a": p.Mapped[Point], "b": p.Mapped[Optional[Point]]},
        a=p.composite(p.mapped_column("ax"), p.mapped_column("ay")),
        b=p.composite(p.mapped_column("bx"), p.mapped_column("by"), default=None),
    )
    p.show([(c.name, c.nullable) for c in made.__table__.c])


@program
def bases_that_map_before_the_mixin_is_asked(p: Any) -> None:
    """The class is mapped as it is, and the classes below it are dataclasses."""

    base = type("Base", (p.DeclarativeBase,), {})
    made = type(
        "Thing",
        (base, p.MappedAsDataclass),
        {
            "__tablename__": "thing",
            "__module__": __name__,
            "__annotations__": {"id": p.Mapped[int], "name": p.Mapped[str]},
            "id": p.mapped_column(primary_key=True, default=None),
        },
    )
    p.show(dataclasses.is_dataclass(made), made.__table__.c.keys(), made(name="x").name)
    below = type(
        "Below", (made,), {"__module__": __name__, "__annotations__": {"g": p.Mapped[int]}}
    )
    p.show(dataclasses.is_dataclass(below), [f.name for f in dataclasses.fields(below)])
    p.show(below(3).g, below.__table__.c.keys())


@program
def relationships_of_a_mixin_s_columns(p: Any) -> None:
    """A declared_attr finds the columns that the class will have, and gives no default."""

    class Base(p.MappedAsDataclass, p.DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "users"
        __annotations__ = {"id": p.Mapped[int]}
        id = p.mapped_column(init=False, primary_key=True)

    def created_by(cls: Any) -> Any:
        return p.relationship(foreign_keys=[cls.created_by_id])

    created_by.__annotations__["return"] = p.Mapped[User]
    body = {
        "__module__": __name__,
        "__annotations__": {"created_by_id": p.Mapped[int]},
        "created_by_id": p.mapped_column(p.ForeignKey("users.id"), init=False),
        "created_by": p.declared_attr(created_by),
    }
    kinds: Any = (
        type("Plain", (), dict(body)),
        type(p.MappedAsDataclass)("Dataclass", (p.MappedAsDataclass,), dict(body)),
    )
    for mixin in kinds:
        base = type("ItemBase", (Base,), {"__abstract__": True})
        item = _mapped(p, {}, mixin, base, __tablename__=f"item_{mixin.__name__}")
        table = f"special_{mixin.__name__}"
        key = p.mapped_column(p.ForeignKey(item.id), init=False, primary_key=True)
        special = _mapped(p, {"what": p.Mapped[str]}, item, __tablename__=table, id=key)
        p.show(item.__table__.c.keys(), _signature(item), _signature(special))
        p.show(special(created_by=User(), what="w"))
        p.configure_mappers()
        p.show(item.created_by.property.local_columns)


@program
def dataclasses_made_twice(p: Any) -> None:
    mapped = p.orm.registry().mapped_as_dataclass
    space = {"__tablename__": "t", "__annotations__": {"id": p.Mapped[int]}}
    key = p.mapped_column(primary_key=True)
    p.error(lambda: mapped(dataclasses.dataclass(type("A", (), {**space, "id": key}))))


@pytest.mark.parametrize("function", program.registered)
def test_program(function: Any) -> None:
    peer, _ = compare(function, warned=True)
    assert peer.error is None
