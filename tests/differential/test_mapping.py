"""Mapping classes, on both packages: what is mapped, in which order, and what is refused."""

# ruff: noqa: UP045  (Optional is one of the things that are mapped)

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from typing import Annotated, Any, ClassVar, Literal, Optional

import pytest

from .harness import Peer, Programs, compare

program = Programs()


class Colour(enum.Enum):
    red = 1
    blue = 2


def described(table) -> list[str]:
    """Columns of a table with what declarative decides."""
    return [
        f"{c.name} {c.key} {c.type!r} null={c.nullable} pk={c.primary_key} "
        f"fk={sorted(fk.target_fullname for fk in c.foreign_keys)}"
        for c in table.c
    ]


def typed_base(p: Peer):
    class Base(p.DeclarativeBase):
        pass

    return Base


def configured(p: Peer, *classes):
    classes[0].registry.configure()


@program
def order_of_columns_and_properties(p: Peer):
    class Mixin:
        mixed = p.Column(p.Integer)

        @p.declared_attr
        def declared(cls):
            return p.Column(p.Integer)

    class User(Mixin, p.Base):
        __tablename__ = "users"
        age = p.Column(p.Integer)
        name_ = p.Column("name", p.String)
        id = p.Column(p.Integer, primary_key=True)
        posts = p.relationship("Post", back_populates="user")
        slow = p.deferred(p.Column(p.String))

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("users.id"))
        user = p.relationship("User", back_populates="posts")

    mapper = p.inspect(User)
    p.show(mapper.attrs.keys(), mapper.c.keys(), [c.name for c in mapper.columns])
    p.show(mapper.column_attrs.keys(), mapper.relationships.keys())
    p.show(str(mapper), repr(mapper), mapper.class_.__name__, mapper.primary_key[0].name)
    p.show(described(User.__table__), described(Post.__table__))
    p.show(str(User.name_), str(User.posts), User.name_.key, User.name_.property.key)
    p.show(User.slow.property.deferred, User.posts.property.direction.name)
    p.show(mapper.has_property("posts"), mapper.has_property("nothing"))
    p.error(lambda: mapper.get_property("nothing"))
    p.show(
        mapper.get_property("posts").uselist,
        mapper.get_property_by_column(User.__table__.c.name).key,
    )
    p.show(str(p.select(User)), str(p.select(User.name_, Post)))


@program
def annotated_columns(p: Peer):
    Base = typed_base(p)
    Mapped, mapped_column = p.Mapped, p.mapped_column

    class Typed(Base):
        __tablename__ = "typed"
        __annotations__ = {
            "id": Mapped[int],
            "nick": Mapped[Optional[str]],
            "other": Mapped[str | None],
            "colour": Mapped[Colour],
            "at": Mapped[datetime.datetime],
            "day": Mapped[datetime.date],
            "time": Mapped[datetime.time],
            "amount": Mapped[decimal.Decimal],
            "key": Mapped[uuid.UUID],
            "data": Mapped[bytes],
            "flag": Mapped[bool],
            "ratio": Mapped[float],
            "kind": Mapped[Literal["a", "b"]],
            "span": Mapped[Optional[datetime.timedelta]],
            "noted": Mapped[Annotated[int, 5]],
            "indexed": Mapped[Annotated[int, mapped_column(p.BigInteger, index=True)]],
            "short": Mapped[str],
            "forced": Mapped[Optional[int]],
            "loose": Mapped[int],
            "renamed": Mapped[int],
            "shared": ClassVar[int],
        }
        id = mapped_column(primary_key=True)
        short = mapped_column(p.String(30))
        forced = mapped_column(nullable=False)
        loose = mapped_column(nullable=True)
        renamed = mapped_column("other_name")
        shared = 5
        plain = p.Column(p.Integer)
        bare = mapped_column(p.Integer)

    p.show(described(Typed.__table__), p.inspect(Typed).attrs.keys(), Typed.shared)


@program
def type_annotation_map(p: Peer):
    class Base(p.DeclarativeBase):
        type_annotation_map = {str: p.String(50), dict: p.JSON, int: p.BigInteger()}

    class Thing(Base):
        __tablename__ = "things"
        __annotations__ = {
            "id": p.Mapped[int],
            "name": p.Mapped[str],
            "note": p.Mapped[Optional[str]],
            "data": p.Mapped[dict],
        }
        id = p.mapped_column(p.Integer, primary_key=True)

    p.show(described(Thing.__table__))


def refused(p: Peer, base, annotations: dict[str, Any], **namespace: Any) -> None:
    """The error of a class with these annotations."""

    def make():
        body = {
            "__tablename__": "refused",
            "__annotations__": {"id": p.Mapped[int], **annotations},
            "__module__": __name__,
            "id": p.mapped_column(primary_key=True),
            **namespace,
        }
        type(base)("User", (base,), body)

    p.error(make)


@program
def refused_annotations(p: Peer):
    for words, namespace in (
        ({"x": int}, {}),
        ({"x": "int"}, {}),
        ({"x": list["Foo"]}, {"x": p.relationship()}),  # noqa: F821
        ({"x": int}, {"x": p.mapped_column()}),
        ({"x": p.Mapped[object]}, {}),
        ({"x": p.Mapped[list[int]]}, {}),
        ({"x": p.Mapped["Nothing"]}, {}),
        ({}, {"x": p.mapped_column()}),
        ({}, {"x": p.relationship()}),
        ({}, {"metadata": p.Column(p.Integer)}),
        ({}, {"__table_args__": 5}),
        ({}, {"__mapper_args__": {"zork": 1}}),
    ):
        refused(p, typed_base(p), words, **namespace)


@program
def allow_unmapped(p: Peer):
    Base = typed_base(p)

    class Thing(Base):
        __tablename__ = "things"
        __allow_unmapped__ = True
        __annotations__ = {"id": int, "y": int, "z": int}
        id = p.Column(p.Integer, primary_key=True)
        z = 5

    p.show(described(Thing.__table__), Thing.z)


@program
def refused_classes(p: Peer):
    Base = p.Base

    def no_key():
        class User(Base):
            __tablename__ = "nokey"
            x = p.Column(p.Integer)

    def no_table():
        class User(Base):
            x = p.Column(p.Integer)

    def twice():
        class One(Base):
            __tablename__ = "twice"
            x = p.Column(p.Integer, primary_key=True)

        class Two(Base):
            __tablename__ = "twice"
            x = p.Column(p.Integer, primary_key=True)

    def extra_column():
        class User(Base):
            __table__ = p.Table("extra", Base.metadata, p.Column("id", p.Integer, primary_key=True))
            x = p.Column(p.Integer)

    def mixin_relationship():
        class Mixin:
            other = p.relationship("Other")

        class User(Mixin, Base):
            __tablename__ = "mixed"
            id = p.Column(p.Integer, primary_key=True)

    def no_mapper():
        p.class_mapper(object)

    for function in (no_key, no_table, twice, extra_column, mixin_relationship, no_mapper):
        p.error(function)
    p.error(lambda: p.class_mapper(5))
    p.error(lambda: p.object_mapper(5))
    p.error(lambda: p.object_mapper(Base))
    p.error(lambda: p.inspect(5))
    p.error(lambda: p.inspect(object))
    p.error(lambda: p.aliased(object))


@program
def doubtful_classes(p: Peer):
    """Things that warn."""

    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = (p.Column(p.String),)

    kept = User  # noqa: F841

    class User(p.Base):
        __tablename__ = "users2"
        id = p.Column(p.Integer, primary_key=True)

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("users.id"))
        user = p.relationship("User")

    p.show(described(User.__table__))
    p.error(lambda: configured(p, Post))


@program
def mixins_and_abstract_bases(p: Peer):
    class Base(p.DeclarativeBase):
        __annotations__ = {"created": p.Mapped[Optional[datetime.datetime]]}

    class Named:
        __annotations__ = {"name": p.Mapped[str]}
        name = p.mapped_column(p.String(20))

        @p.declared_attr.directive
        def __tablename__(cls):
            return cls.__name__.lower()

        @p.declared_attr.directive
        def __table_args__(cls):
            return {"comment": cls.__name__}

    class WithOwner:
        @p.declared_attr
        def owner_id(cls):
            return p.mapped_column(p.Integer, p.ForeignKey("owner.id"))

        @p.declared_attr
        def owner(cls):
            return p.relationship("Owner")

    class Abstract(Base):
        __abstract__ = True
        id = p.Column(p.Integer, primary_key=True)

    class Owner(Named, Abstract):
        pass

    class Dog(Named, WithOwner, Abstract):
        pass

    class Cat(Named, WithOwner, Abstract):
        pass

    for cls in (Owner, Dog, Cat):
        p.show(cls.__tablename__, described(cls.__table__), cls.__table__.comment)
        p.show(p.inspect(cls).attrs.keys())
    p.show(Dog.__table__.c.name is Cat.__table__.c.name, Dog.owner.property is Cat.owner.property)
    p.show(str(Dog.owner.has(name="x")))


@program
def table_arguments(p: Peer):
    class Thing(p.Base):
        __tablename__ = "things"
        __table_args__ = (
            p.UniqueConstraint("a", "b", name="uq_ab"),
            p.CheckConstraint("a > 0", name="ck_a"),
            {"comment": "hello"},
        )
        id = p.Column(p.Integer, primary_key=True)
        a = p.Column(p.Integer)
        b = p.Column(p.Integer)

    p.show(sorted(str(c.name) for c in Thing.__table__.constraints), Thing.__table__.comment)


@program
def an_existing_table(p: Peer):
    class Thing(p.Base):
        __table__ = p.Table(
            "things",
            p.Base.metadata,
            p.Column("id", p.Integer, primary_key=True),
            p.Column("nm", p.String),
            p.Column("hidden", p.String),
        )
        name = __table__.c.nm
        __mapper_args__ = {"exclude_properties": ["hidden"]}

    p.show(p.inspect(Thing).attrs.keys(), hasattr(Thing, "nm"), hasattr(Thing, "hidden"))
    p.show(str(p.select(Thing)))


@program
def attributes_added_later(p: Peer):
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("users.id"))
        user = p.relationship("User", back_populates="posts")

    User.posts = p.relationship("Post", order_by=Post.id, back_populates="user")
    User.name = p.Column(p.String(20))
    User.nick = p.Column("nickname", p.String)
    User.alias = p.synonym("name")
    User.shout = p.column_property(User.__table__.c.name + "!")
    User.limit = 5
    p.show(p.inspect(User).attrs.keys(), described(User.__table__), User.limit)
    p.show(str(p.select(User)), str(User.alias == "x"), str(User.shout))
    user = User(name="a", alias="b")
    user.posts.append(Post())
    p.show(user.name, user.posts[0].user is user)
    p.error(lambda: delattr(User, "name"))


@program
def bases(p: Peer):
    from_function = p.declarative_base(name="Special")
    p.show(from_function.__name__, type(from_function).__name__, from_function.metadata.tables)

    class Custom:
        def hello(self):
            return type(self).__name__

    metadata = p.MetaData()
    classes: dict[str, Any] = {}
    Base = p.declarative_base(cls=Custom, metadata=metadata, class_registry=classes)

    class Thing(Base):
        __tablename__ = "things"
        id = p.Column(p.Integer, primary_key=True)

    p.show(Thing().hello(), list(metadata.tables), "Thing" in classes, Base.metadata is metadata)

    class Shared(p.DeclarativeBase):
        metadata = p.MetaData(naming_convention={"pk": "pk_%(table_name)s"})

    class Other(Shared):
        __tablename__ = "others"
        id = p.Column(p.Integer, primary_key=True)

    p.show(Other.__table__.primary_key.name, Shared.registry.metadata is Shared.metadata)

    reg = p.registry()
    Generated = reg.generate_base()

    class Third(Generated):
        __tablename__ = "third"
        id = p.Column(p.Integer, primary_key=True)

    p.show(Generated.registry is reg, [str(m) for m in reg.mappers])

    @reg.mapped
    class Decorated:
        __tablename__ = "decorated"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

    p.show(Decorated(name="x").name, Decorated.__table__.name)
    p.error(lambda: Third(zork=1))

    class Init(Generated):
        __tablename__ = "init"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

        def __init__(self, first):
            self.name = first

    p.show(Init("given").name)


@program
def composite_keys(p: Peer):
    class Place(p.Base):
        __tablename__ = "places"
        x = p.Column(p.Integer, primary_key=True)
        y = p.Column(p.Integer, primary_key=True)
        people = p.relationship("Person", back_populates="place")

    class Person(p.Base):
        __tablename__ = "people"
        id = p.Column(p.Integer, primary_key=True)
        px = p.Column(p.Integer)
        py = p.Column(p.Integer)
        place = p.relationship("Place", back_populates="people")
        __table_args__ = (p.ForeignKeyConstraint(["px", "py"], ["places.x", "places.y"]),)

    p.show([c.name for c in p.inspect(Place).primary_key], str(Place.people.property.primaryjoin))
    p.show(str(Person.place == Place(x=1, y=2)), str(Person.place == None))  # noqa: E711
    p.show(str(Place.people.any(Person.id == 1)))
    session = p.session()
    session.add(Place(x=1, y=2, people=[Person()]))
    session.commit()
    place = session.get(Place, (1, 2))
    p.show(p.inspect(place).identity, len(place.people), place.people[0].place is place)


@program
def mapper_arguments(p: Peer):
    Base = p.Base

    class Keyed(Base):
        __tablename__ = "keyed"
        id = p.Column(p.Integer, primary_key=True)
        x = p.Column("other", p.Integer, key="k")

    class ByArgument(Base):
        __tablename__ = "by_argument"
        a = p.Column(p.Integer)
        b = p.Column(p.Integer)
        __mapper_args__ = {"primary_key": [a, b]}

    class Prefixed(Base):
        __table__ = p.Table(
            "prefixed",
            Base.metadata,
            p.Column("id", p.Integer, primary_key=True),
            p.Column("name", p.String),
        )
        __mapper_args__ = {"column_prefix": "_"}

    class Included(Base):
        __table__ = p.Table(
            "included",
            Base.metadata,
            p.Column("id", p.Integer, primary_key=True),
            p.Column("name", p.String),
            p.Column("more", p.String),
        )
        __mapper_args__ = {"include_properties": ["id", "name"]}

    class Mixin:
        @p.declared_attr.directive
        def __mapper_args__(cls):
            return {"eager_defaults": True, "exclude_properties": ["hidden"]}

    class Mixed(Mixin, Base):
        __tablename__ = "mixed"
        id = p.Column(p.Integer, primary_key=True)

    for cls in (Keyed, ByArgument, Prefixed, Included, Mixed):
        mapper = p.inspect(cls)
        p.show(mapper.attrs.keys(), mapper.c.keys(), [c.name for c in mapper.primary_key])
        p.show(cls.__table__.c.keys(), str(p.select(cls)))
    p.show(p.inspect(Mixed).eager_defaults)
    p.show(ByArgument(a=1, b=2).b, Keyed(x=3).x)


ANNOTATIONS_AS_STRINGS = """
from __future__ import annotations
from typing import ClassVar, List, Optional, Set
from sqlalchemy import ForeignKey, inspect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

class Base(DeclarativeBase):
    pass

class User(Base):
    __tablename__ = "users"
    shared: ClassVar[int] = 3
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[Optional[str]]
    age: Mapped[int | None]
    posts: Mapped[list[Post]] = relationship(back_populates="user")
    tags: Mapped[Set["Tag"]] = relationship()
    one: Mapped[Optional[Tag]] = relationship(overlaps="tags")

class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship(back_populates="posts")

class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

for cls in (User, Post, Tag):
    print([(c.name, repr(c.type), c.nullable) for c in cls.__table__.c])
    for r in inspect(cls).relationships:
        print(r.key, r.direction.name, r.uselist, r.mapper.class_.__name__)
print(type(User().tags).__name__, type(User().posts).__name__, User().one, Post().user)
"""


def test_annotations_as_strings():
    compare(ANNOTATIONS_AS_STRINGS, warned=True)


@pytest.mark.parametrize("function", program.registered)
def test_mapping(function):
    compare(function, warned=True)


@pytest.mark.parametrize(
    "options",
    [
        {"native_enum": False, "length": 30},
        {"name": "given"},
        {"native_enum": False, "create_constraint": True, "validate_strings": True},
        {"values_callable": lambda cls: [member.value for member in cls]},
        {"length": None, "native_enum": False},
        {},
    ],
)
def test_enums_by_the_annotation_map(options: Any) -> None:
    class Color(enum.Enum):
        red = "r"
        green = "grass"

    def program(p: Any) -> None:
        class Base(p.DeclarativeBase):
            type_annotation_map: ClassVar = {enum.Enum: p.sa.Enum(enum.Enum, **options)}

        Thing = type(
            "Thing",
            (Base,),
            {
                "__tablename__": "things",
                "__annotations__": {"id": p.orm.Mapped[int], "color": p.orm.Mapped[Color]},
                "id": p.orm.mapped_column(primary_key=True),
            },
        )
        found = Thing.__table__.c.color.type
        p.show(found, found.length, found.enums, found.name, found.native_enum)
        p.show(repr(found), p.schema.CreateTable(Thing.__table__))

    peer, _ = compare(program)
    assert peer.error is None


@program
def synonyms_of_the_names_of_properties(p: Peer):
    class User:
        def __init__(self, **values: Any) -> None:
            for name, value in values.items():
                setattr(self, name, value)

        @property
        def shown(self) -> str:
            return f"<{self.name}>"

        @shown.setter
        def shown(self, value: str) -> None:
            self.name = value.upper()

    table = p.Table(
        "users",
        p.Base.metadata,
        p.Column("id", p.Integer, primary_key=True),
        p.Column("name", p.String),
    )
    p.Base.registry.map_imperatively(User, table, properties={"shown": p.synonym("name")})

    class Tag(p.Base):
        __tablename__ = "tags"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

        @property
        def label(self) -> str:
            return f"#{self.name}"

    p.inspect(Tag).add_property("label", p.synonym("name"))
    s = p.session()
    user, tag = User(shown="a"), Tag(name="t")
    s.add_all([user, tag])
    s.commit()
    p.show(user.name, user.shown, tag.label, s.query(Tag).filter(Tag.label == "t").count())
    p.show(s.query(User).filter(User.shown == "A").count())
    p.show(type(p.inspect(User).synonyms["shown"].descriptor).__name__)
