"""Details of declarative classes: names that stand for attributes of other classes, types that the
registry has for enumerations, and fields that mixins give to dataclasses."""

from __future__ import annotations

import dataclasses
import enum
from typing import Annotated, Any, List, Literal, Optional  # noqa: UP035

import pytest

from .harness import Programs, compare

program = Programs()


class Shade(enum.Enum):
    LIGHT = 1
    DARK = 2


@program
def attributes_of_a_base_under_another_name(p: Any) -> None:
    class Base(p.Base):
        __tablename__ = "base"
        id = p.Column(p.Integer, primary_key=True)
        data = p.Column(p.String)
        others = p.relationship("Other")

    class Other(p.Base):
        __tablename__ = "other"
        id = p.Column(p.Integer, primary_key=True)
        base_id = p.Column(p.ForeignKey("base.id"))

    class Sub(Base):
        more = Base.data
        theirs = Base.others

    class Unlike(p.Base):
        __tablename__ = "unlike"
        id = p.Column(p.Integer, primary_key=True)
        count = Other.id

    p.show(Sub.more.property is Base.data.property, Sub.theirs.property is Base.others.property)
    p.show(sorted(p.inspect(Sub).synonyms.keys()), sorted(p.inspect(Unlike).synonyms.keys()))
    p.show(str(p.select(Sub.more)))
    s = p.session()
    s.add(Sub(id=1, more="said", theirs=[Other(id=4)]))
    s.commit()
    sub = s.get(Sub, 1)
    p.show(sub.data, sub.more, [other.id for other in sub.theirs])
    sub.data = "changed"
    p.show(sub.more)


@program
def errors(p: Any) -> None:
    for given in (5, "base"):

        class Plain:
            pass

        p.error(lambda given=given, cls=Plain: p.orm.registry().map_imperatively(cls, given))

    def fields() -> None:
        @p.orm.registry().mapped_as_dataclass
        class Fields:
            __tablename__ = "fields"
            __sa_dataclass_metadata_key__ = "sa"
            id: int = dataclasses.field(
                init=False, metadata={"sa": p.Column(p.Integer, primary_key=True)}
            )

    p.error(fields)
    one, Mapped = p.orm.declarative_base(), p.Mapped

    def own_type() -> None:
        class Typed(one):
            __tablename__ = "typed"
            __annotations__ = {"x": Mapped[dict[str, "Typed"]]}
            id = p.Column(p.Integer, primary_key=True)

    p.error(own_type)

    class Names(one):
        __tablename__ = "names"
        id = p.Column(p.Integer, primary_key=True)
        other_id = p.Column(p.ForeignKey("target.id"))
        other = p.relationship("target")

    class Target(one):
        __tablename__ = "target"
        id = p.Column(p.Integer, primary_key=True)

    p.error(p.orm.configure_mappers)
    one.registry.dispose()


@program
def enumerations_of_the_registry(p: Any) -> None:
    Status = Literal["open", "done"]
    for given in (
        p.Enum(enum.Enum),
        p.Enum(enum.Enum, native_enum=False),
        p.Enum(enum.Enum, native_enum=False, name=None, length=50),
        p.Enum("open", "done", native_enum=False),
        p.String(9),
    ):
        base = p.orm.registry(type_annotation_map={Status: given, Shade: given}).generate_base()

        class Job(base):
            __tablename__ = "job"
            __annotations__ = {
                "status": p.Mapped[Status],
                "maybe": p.Mapped[Optional[Status]],  # noqa: UP045
                "shade": p.Mapped[Shade],
            }
            id = p.Column(p.Integer, primary_key=True)

        p.show([(repr(c.type), getattr(c.type, "name", None)) for c in Job.__table__.c])


@program
def identities_that_annotations_give(p: Any) -> None:
    for identity in ((), (p.Identity(),)):
        for options in ({}, {"nullable": True}, {"nullable": False}):
            number = Annotated[int, p.mapped_column(*identity, **options)]
            base = p.orm.declarative_base()

            class Row(base):
                __tablename__ = "row"
                __annotations__ = {
                    "a": p.Mapped[number],
                    "b": p.Mapped[Optional[number]],  # noqa: UP045
                    "c": p.Mapped[number],
                    "d": p.Mapped[Optional[int]],  # noqa: UP045
                }
                id = p.Column(p.Integer, primary_key=True)
                c = p.mapped_column()
                d = p.mapped_column(*identity, **options)

            p.show([(c.name, c.nullable, c._copy().nullable) for c in Row.__table__.c])


@program
def collections(p: Any) -> None:
    base = p.orm.declarative_base()

    class Part(base):
        __tablename__ = "part"
        id = p.Column(p.Integer, primary_key=True)
        whole_id = p.Column(p.ForeignKey("whole.id"))

    class Whole(base):
        __tablename__ = "whole"
        __annotations__ = {
            "a": p.Mapped[list[Part]],
            "b": p.Mapped[List[Part]],  # noqa: UP006
            "c": p.Mapped[set[Part]],
            "d": p.WriteOnlyMapped[List[Part]],  # noqa: UP006
            "e": p.DynamicMapped[list[Part]],
            "f": p.WriteOnlyMapped[Part],
        }
        id = p.Column(p.Integer, primary_key=True)
        a, b, c, d, e, f = (p.relationship(viewonly=True) for _ in range(6))

    p.orm.configure_mappers()
    for relationship in p.inspect(Whole).relationships:
        p.show(relationship.key, relationship.collection_class, relationship.uselist)
    p.show(type(Whole().a).__name__)


@program
def names_and_documents(p: Any) -> None:
    class Mixin:
        @p.declared_attr
        def told(cls):  # type: ignore[no-untyped-def]
            """What it is."""
            return p.Column(p.String)

        @p.declared_attr
        def own(cls):  # type: ignore[no-untyped-def]
            """Not this."""
            return p.orm.column_property(p.Column(p.String), doc="but that")

    class Named(Mixin, p.Base):
        __tablename__ = "named"
        id = p.Column(p.Integer, primary_key=True)

    p.show(Named.told.__doc__, Named.own.__doc__)
    Named.late = p.mapped_column(p.String, key="late_", deferred=True)
    p.show([(c.key, c.name) for c in Named.__table__.c], Named.late.property.deferred)


@pytest.mark.parametrize("run", program.registered)
def test_details(run: Any) -> None:
    compare(run)


def test_fields_of_mixins() -> None:
    def run(p: Any) -> None:
        class Mixin:
            @p.declared_attr
            @classmethod
            def hidden(cls) -> p.Mapped[str]:
                return p.mapped_column(p.String, insert_default=cls.__name__, init=False)

            @p.declared_attr
            @classmethod
            def shown(cls) -> p.Mapped[str]:
                return p.mapped_column(p.String, default="")

        Mixin.__dict__["hidden"].fget.__annotations__["return"] = p.Mapped[str]
        Mixin.__dict__["shown"].fget.__annotations__["return"] = p.Mapped[str]

        class Base(p.MappedAsDataclass, p.DeclarativeBase):
            pass

        class Book(Mixin, Base):
            __tablename__ = "book"
            __annotations__ = {"id": p.Mapped[int]}
            id = p.mapped_column(primary_key=True, init=False)

        class Novel(Book):
            __tablename__ = "novel"
            __annotations__ = {"id": p.Mapped[int], "text": p.Mapped[str]}
            id = p.mapped_column(p.ForeignKey("book.id"), primary_key=True, init=False)
            text = p.mapped_column(default="t")

        for cls in (Book, Novel):
            p.show([(f.name, f.init) for f in dataclasses.fields(cls)])
        p.show(repr(Book("a")), repr(Novel("a", "b")))
        p.show(list(Book.__table__.c.keys()), list(Novel.__table__.c.keys()))
        Base.registry.dispose()

    compare(run, warned=True)
