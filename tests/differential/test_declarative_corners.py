"""Corners of declarative classes: annotations, mixins, given tables, what is warned of."""

# ruff: noqa: UP007, UP045 (what annotations say is tested)

from __future__ import annotations

import enum
import typing
from typing import Annotated, Any, Generic, Literal, NewType, Optional, TypeVar, Union

import pytest

from .harness import Programs, compare

program = Programs()

_T = TypeVar("_T")


class Colour(enum.Enum):
    red = 1
    blue = 2


Code = NewType("Code", str)


def _mapped(p: Any, annotations: dict[str, Any], base: Any = None, **values: Any) -> Any:
    """A class with annotated attributes (as objects: this file's are strings)."""
    if base is None:
        base = type("Base", (p.DeclarativeBase,), {})
    namespace = {
        "__tablename__": "thing",
        "__module__": __name__,
        "__annotations__": {"id": p.Mapped[int], **annotations},
        "id": p.mapped_column(primary_key=True),
        **values,
    }
    return type("Thing", (base,), namespace)


def _columns(cls: Any) -> list[Any]:
    return [(c.key, repr(c.type), c.nullable) for c in cls.__table__.c]


def _with_map(p: Any, types: dict[Any, Any]) -> Any:
    return type("Base", (p.DeclarativeBase,), {"type_annotation_map": types})


@program
def literals(p: Any) -> None:
    state = p.Mapped[Literal["todo", "done"]]
    maybe = p.Mapped[Optional[Literal["x", "y"]]]
    p.show(_columns(_mapped(p, {"state": state, "maybe": maybe})))
    types = {Literal: p.Enum(enum.Enum, native_enum=False, length=20)}
    p.show(_columns(_mapped(p, {"state": state}, _with_map(p, types))))
    p.show(_columns(_mapped(p, {"state": state}, _with_map(p, {Literal: p.String(5)}))))
    p.show(_columns(_mapped(p, {"c": p.Mapped[Colour]})))
    p.error(lambda: _mapped(p, {"state": p.Mapped[Literal["todo", 17, False]]}))
    session = p.orm.Session(p.engine())
    thing = _mapped(p, {"state": state}, _with_map(p, types))
    thing.metadata.create_all(session.get_bind())
    session.add(thing(state="done"))
    session.flush()
    p.show(session.scalars(p.select(thing.state)).all())


@program
def types_that_are_no_python_types(p: Any) -> None:
    for given in (p.BigInteger, p.BigInteger(), p.Integer):
        p.error(lambda given=given: _mapped(p, {"data": p.Mapped[given]}))


@program
def new_types(p: Any) -> None:
    p.show(_columns(_mapped(p, {"code": p.Mapped[Code], "other": p.Mapped[Optional[Code]]})))
    types = {Code: p.String(30)}
    p.show(_columns(_mapped(p, {"code": p.Mapped[Code]}, _with_map(p, types))))


@program
def given_tables(p: Any) -> None:
    class Base(p.DeclarativeBase):
        pass

    def table(name: str) -> Any:
        return p.Table(
            name,
            Base.metadata,
            p.Column("id", p.Integer, primary_key=True),
            p.Column("title", p.String),
            p.Column("rest", p.String),
        )

    annotated = {"id": p.Mapped[int], "title": p.Mapped[Optional[str]], "none": p.Mapped[int]}
    space = {"__module__": __name__, "__table__": table("one"), "__annotations__": annotated}
    one = type("One", (Base,), space)
    p.show([prop.key for prop in p.inspect(one).iterate_properties])

    class Mixin:
        id = p.Column(p.Integer, primary_key=True)
        title = p.mapped_column(p.String)

    class Two(Mixin, Base):
        __table__ = table("two")

    p.show([prop.key for prop in p.inspect(Two).iterate_properties])

    def more() -> None:
        class Three(Base):
            __table__ = table("three")
            extra = p.mapped_column(p.Integer)

    p.error(more)


@program
def indexes_by_annotation(p: Any) -> None:
    for below in (None, True, False):
        for own in (None, True, False):
            for option in ("index", "unique"):
                inner = p.mapped_column(**({} if below is None else {option: below}))
                outer = p.mapped_column(**({} if own is None else {option: own}))
                made = _mapped(p, {"data": p.Mapped[Annotated[int, inner]]}, data=outer)
                table = made.__table__
                p.show(getattr(table.c.data, option), len(table.indexes), len(table.constraints))


@program
def options_by_annotation(p: Any) -> None:
    for options in (
        {"deferred": True},
        {"deferred_group": "late"},
        {"active_history": True},
        {"autoincrement": False},
        {"system": True},
        {"info": {"a": 1}},
        {"server_default": p.func.now()},
        {"name": "other"},
        {"key": "other"},
        {"init": False},
        {"repr": False},
        {"default_factory": list},
        {"dataclass_metadata": {"x": 1}},
    ):
        annotation = p.Mapped[Annotated[int, p.mapped_column(**options)]]
        for values in ({}, {"data": p.mapped_column()}):
            made = _mapped(p, {"data": annotation}, **values)
            column, prop = made.__table__.c.data, made.data.property
            p.show(column.name, column.autoincrement, column.system, column.info)
            p.show(column.server_default is None)
            p.show(prop.deferred, prop.group, prop.active_history)


@program
def generic_classes(p: Any) -> None:
    class Base(p.DeclarativeBase):
        pass

    class Box(Base, Generic[_T]):
        __tablename__ = "box"
        id = p.mapped_column(p.Integer, primary_key=True)

    p.show(str(p.select(Box[int])), p.inspect(Box[int]) is p.inspect(Box))


@program
def expressions_in_class_bodies(p: Any) -> None:
    class Mixin:
        shared = p.func.foo()

    class Thing(Mixin, p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        name = p.column("name")
        sum = id + 5
        number = p.literal(5)

    p.show([prop.key for prop in p.inspect(Thing).iterate_properties])


@program
def cascading_attributes(p: Any) -> None:
    class Thing(p.Base):
        __tablename__ = "thing"

        @p.declared_attr.cascading
        def id(cls) -> Any:
            return p.Column(p.Integer, primary_key=True)

    class Mixin:
        @p.declared_attr.cascading
        def __tablename__(cls) -> Any:
            return cls.__name__.lower()

    class Other(Mixin, p.Base):
        id = p.Column(p.Integer, primary_key=True)

    p.show(Other.__table__.name)


@program
def mapper_arguments_of_mixins(p: Any) -> None:
    class Columns:
        kind = p.Column(p.String)
        version = p.Column(p.Integer)
        __mapper_args__: typing.ClassVar = {
            "polymorphic_on": kind,
            "version_id_col": version,
            "polymorphic_identity": "a",
        }

    class A(Columns, p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)

    class Keys:
        code = p.mapped_column(p.String)
        __mapper_args__: typing.ClassVar = {"polymorphic_on": code, "primary_key": [code]}

    class B(Keys, p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)

    class Declared:
        @p.declared_attr
        def kind(cls):
            return p.Column(p.String)

        __mapper_args__: typing.ClassVar = {"polymorphic_on": kind, "polymorphic_identity": "c"}

    class C(Declared, p.Base):
        __tablename__ = "c"
        id = p.Column(p.Integer, primary_key=True)

    for cls, name in ((A, "kind"), (B, "code"), (C, "kind")):
        mapper = p.inspect(cls)
        p.show(mapper.polymorphic_on is cls.__table__.c[name])
        p.show([c.key for c in mapper.primary_key])
    p.show(p.inspect(A).version_id_col is A.__table__.c.version)
    session = p.session()
    session.add(A(id=1))
    session.commit()
    p.show(session.execute(p.select(A.kind, A.version)).all())


@program
def foreign_keys_within_mixins(p: Any) -> None:
    class Mixin:
        id = p.Column(p.Integer, primary_key=True)
        parent = p.Column(p.Integer, p.ForeignKey(id))

    p.error(lambda: type("Thing", (Mixin, p.Base), {"__tablename__": "thing"}))


@program
def table_arguments_below(p: Any) -> None:
    class A(p.Base):
        __tablename__ = "a"
        __table_args__: typing.ClassVar = {"comment": "x"}
        id = p.Column(p.Integer, primary_key=True)

    class Mixin:
        __table_args__: typing.ClassVar = {"comment": "y"}

    class B(Mixin, A):
        pass

    p.show(B.__table__ is A.__table__, A.__table__.comment)
    p.error(lambda: type("C", (A,), {"__table_args__": {"comment": "z"}}))


@program
def properties_in_constraints(p: Any) -> None:
    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.column_property(p.Column(p.Integer, primary_key=True))
        late = p.deferred(p.Column(p.Integer))
        plain = p.mapped_column(p.Integer)
        __table_args__ = (p.UniqueConstraint(id, late), p.Index("by_both", late, plain))

    p.show(sorted(sorted(c.columns.keys()) for c in Thing.__table__.constraints))
    p.show([i.columns.keys() for i in Thing.__table__.indexes])


@program
def columns_named_several_times(p: Any) -> None:
    def mapped(first: Any, *others: Any) -> None:
        space = {"__tablename__": "thing", "id": p.Column(p.Integer, primary_key=True), "a": first}
        space.update({f"b{number}": other for number, other in enumerate(others)})
        base = p.orm.declarative_base()
        thing = type("Thing", (base,), space)
        keys = sorted(prop.key for prop in p.inspect(thing).iterate_properties)
        p.show(keys, thing.__table__.c.keys())

    def column(*name: str) -> Any:
        return p.Column(*name, p.Integer)

    for named in (column(), column("a"), column("q"), p.mapped_column(p.Integer)):
        mapped(named, named)
    for named in (column("a"), p.mapped_column(p.Integer)):
        mapped(named, p.column_property(named))
    named = column("a")
    mapped(named, p.deferred(named))
    named = column("a")
    mapped(named, p.column_property(named + 1), p.synonym("a"))
    p.error(lambda: mapped(column("q"), column("q")))


@program
def attributes_named_registry(p: Any) -> None:
    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        registry = p.Column(p.Integer)

    p.show(Thing.__table__.c.keys(), str(p.select(Thing.registry)))


@program
def columns_added_to_subqueries(p: Any) -> None:
    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)

    rows = p.select(A.__table__).subquery()
    space = {"__table__": rows, "__mapper_args__": {"primary_key": [rows.c.id]}}
    b = type("B", (p.Base,), space)
    p.error(lambda: setattr(b, "more", p.Column("more", p.Integer)))


def _relationships(argument: str, **options: Any) -> Any:
    def made(p: Any) -> None:
        class A(p.Base):
            __tablename__ = "a"
            id = p.Column(p.Integer, primary_key=True)
            b_id = p.Column(p.ForeignKey("b.id"))
            bs = p.relationship(argument, **options)

            @p.module("ext.hybrid").hybrid_property
            def both(self) -> Any:
                return self.b_id

        class B(p.Base):
            __tablename__ = "b"
            id = p.Column(p.Integer, primary_key=True)

        p.orm.configure_mappers()
        p.show(str(A.bs.property.primaryjoin))

    return made


@pytest.mark.parametrize("argument", ["List['B']", "list[B]", "C"])
def test_relationship_arguments(argument: str) -> None:
    compare(_relationships(argument), fails=True)


@pytest.mark.parametrize(
    "primaryjoin",
    ["B.__table__.id == A.b_id", "A.b_id == B.no", "A.bs == B.id", "A.both == B.id"],
)
def test_primaryjoins(primaryjoin: str) -> None:
    fails = primaryjoin != "A.both == B.id"
    compare(_relationships("B", primaryjoin=primaryjoin), fails=fails)


@program
def unions(p: Any) -> None:
    types = {Union[float, int]: p.Numeric(10, 2)}
    annotations = {"a": p.Mapped[Union[float, int]], "b": p.Mapped[Union[int, float, None]]}
    p.show(_columns(_mapped(p, annotations, _with_map(p, types))))
    p.error(lambda: _mapped(p, annotations))


@pytest.mark.parametrize("function", program.registered)
def test_program(function: Any) -> None:
    peer, _ = compare(function, warned=True)
    assert peer.error is None
