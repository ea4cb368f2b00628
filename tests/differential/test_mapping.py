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
def relationship_attributes(p: Peer):
    class Node(p.Base):
        __tablename__ = "nodes"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        parent_id = p.Column(p.ForeignKey("nodes.id"))
        children = p.relationship("Node", back_populates="parent")
        parent = p.relationship("Node", back_populates="children", remote_side=[id])

    p.Table(
        "links",
        p.Base.metadata,
        p.Column("a_id", p.ForeignKey("a.id"), primary_key=True),
        p.Column("b_id", p.ForeignKey("b.id"), primary_key=True),
    )

    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        bs = p.relationship("B", secondary="links", backref="as_", order_by="B.id.desc()")
        only = p.relationship(
            "B",
            primaryjoin="A.id == B.first_id",
            uselist=False,
            cascade="all, delete-orphan",
            foreign_keys="B.first_id",
            backref=p.backref("first", lazy="joined"),
        )

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        first_id = p.Column(p.ForeignKey("a.id"))
        second_id = p.Column(p.ForeignKey("a.id"))
        second = p.relationship(A, foreign_keys=[second_id], lazy="selectin", viewonly=True)

    for cls in (Node, A, B):
        for r in p.inspect(cls).relationships:
            p.show(
                str(r),
                r.direction.name,
                r.uselist,
                r.lazy,
                r.viewonly,
                r.mapper.class_,
                sorted(r.cascade),
                str(r.primaryjoin),
                str(r.secondaryjoin),
                [f"{a}-{b}" for a, b in r.local_remote_pairs],
                [f"{a}-{b}" for a, b in r.synchronize_pairs],
                [f"{a}-{b}" for a, b in r.secondary_synchronize_pairs or ()],
                sorted(map(str, r.local_columns)),
                sorted(map(str, r.remote_side)),
                sorted(x.key for x in r._reverse_property),
                [str(o) for o in r.order_by] if r.order_by else r.order_by,
            )


def family(p: Peer, posts=None, user=None, extra=None, fk=True, fk2=False, **more):
    """User and Post with the relationships given; configured."""
    Base = p.declarative_base()
    user_ns = {
        "__tablename__": "users",
        "__module__": __name__,
        "id": p.Column(p.Integer, primary_key=True),
        "n": p.Column(p.Integer),
        **more,
    }
    if posts is not None:
        user_ns["posts"] = posts
    post_ns = {
        "__tablename__": "posts",
        "__module__": __name__,
        "id": p.Column(p.Integer, primary_key=True),
        "user_id": p.Column(p.Integer, p.ForeignKey("users.id")) if fk else p.Column(p.Integer),
    }
    if fk2:
        post_ns["user2_id"] = p.Column(p.ForeignKey("users.id"))
    if user is not None:
        post_ns["user"] = user
    User = type(Base)("User", (Base,), user_ns)
    Post = type(Base)("Post", (Base,), post_ns)
    Base.registry.configure()
    return User, Post


@program
def refused_relationships(p: Peer):
    r = p.relationship
    for make in (
        lambda: family(p, r("Pst")),
        lambda: family(p, r("Post"), fk=False),
        lambda: family(p, r("Post"), fk2=True),
        lambda: family(p, r("Post", back_populates="user")),
        lambda: family(p, r("Post", back_populates="user_id")),
        lambda: family(p, r("Post", backref="user"), r("User")),
        lambda: family(p, r("Post", backref="user", back_populates="user")),
        lambda: family(p, r("Post", back_populates="user"), r("User", back_populates="user")),
        lambda: family(p, r("Post", cascade="foo")),
        lambda: family(p, r("Post", cascade="foo, bar, all")),
        lambda: family(p, None, r("User", cascade="all, delete-orphan")),
        lambda: family(p, r("Post", lazy="foo")),
        lambda: family(p, r("Post", primaryjoin="User.id == Post.zork")),
        lambda: family(p, r("Post", primaryjoin="User.id == Post.user_id"), fk=False),
        lambda: family(p, r("Post", primaryjoin="User.id > Post.user_id")),
        lambda: family(p, r("Post", order_by="Post.zork")),
        lambda: family(p, r("Post", order_by="zork")),
        lambda: family(p, r("Post", order_by=["Post.id", "desc(Post.user_id)"])),
        lambda: family(p, r("Post", foreign_keys=["Post.id"])),
        lambda: family(p, r("Post", remote_side=5)),
        lambda: family(p, r("Post", primaryjoin=5)),
        lambda: family(p, r("Post", secondary="zork")),
        lambda: family(p, r("Post", foreign_keys="Post.id")),
        lambda: family(p, r("Post", foreign_keys="User.n")),
        lambda: family(p, r(5)),
        lambda: family(p, r(p.String)),
        lambda: family(p, r("Post", passive_deletes="all", cascade="all")),
        lambda: r("Post", zork=1),
        lambda: r("Post", sync_backref=True, viewonly=True),
    ):
        p.error(make)


@program
def accepted_relationships(p: Peer):
    r = p.relationship
    for make in (
        lambda: family(p, r("Post", primaryjoin="User.id == foreign(Post.user_id)"), fk=False),
        lambda: family(
            p,
            r("Post", primaryjoin="User.id == Post.user_id", foreign_keys="Post.user_id"),
            fk=False,
        ),
        lambda: family(p, r("Post", primaryjoin="User.id > Post.user_id", viewonly=True)),
        lambda: family(p, r("Post", foreign_keys="Post.user2_id"), fk2=True),
        lambda: family(p, r("Post", primaryjoin="and_(User.id == Post.user_id, Post.id > 5)")),
        lambda: family(p, r("Post", uselist=False)),
        lambda: family(p, r("Post", cascade="all, delete-orphan")),
        lambda: family(p, r("Post", cascade="all", viewonly=True)),
        lambda: family(p, r("Post", cascade="")),
        lambda: family(p, r("Post", order_by="[Post.id, Post.user_id.desc()]")),
        lambda: family(p, None, r("User", cascade="all, delete-orphan", single_parent=True)),
        lambda: family(p, None, r("tests.differential.test_mapping.User")),
    ):
        User, Post = make()
        for cls in (User, Post):
            for rel in p.inspect(cls).relationships:
                p.show(
                    str(rel),
                    rel.direction.name,
                    rel.uselist,
                    sorted(rel.cascade),
                    repr(rel.cascade),
                    str(rel.primaryjoin),
                    [f"{a}-{b}" for a, b in rel.local_remote_pairs],
                    [f"{a}-{b}" for a, b in rel.synchronize_pairs],
                    [str(o) for o in rel.order_by] if rel.order_by else rel.order_by,
                )


@program
def doubtful_relationships(p: Peer):
    """Relationships that warn, one by one."""
    r = p.relationship
    family(p, r("Post", cascade="delete-orphan"))
    family(p, r("Post", remote_side="User.id"))
    family(p, r("Post"), p2=r("Post"))
    family(p, r("Post", viewonly=True, passive_deletes=True))
    family(p, r("Post"), r("User"))
    family(p, r("Post", overlaps="p2"), p2=r("Post"))


@program
def failed_configuration_is_remembered(p: Peer):
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        posts = p.relationship("Pst")

    class Other(p.Base):
        __tablename__ = "others"
        id = p.Column(p.Integer, primary_key=True)

    p.error(User)
    p.error(User)
    p.error(Other)
    p.error(lambda: p.inspect(Other).relationships)


@program
def expressions_of_relationships(p: Peer):
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        posts = p.relationship("Post", back_populates="user")
        tags = p.relationship("Tag", secondary="user_tags", back_populates="users")

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        title = p.Column(p.String)
        user_id = p.Column(p.ForeignKey("users.id"))
        user = p.relationship("User", back_populates="posts")

    class Tag(p.Base):
        __tablename__ = "tags"
        id = p.Column(p.Integer, primary_key=True)
        users = p.relationship("User", secondary="user_tags", back_populates="tags")

    class Node(p.Base):
        __tablename__ = "nodes"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        parent_id = p.Column(p.ForeignKey("nodes.id"))
        children = p.relationship("Node", back_populates="parent")
        parent = p.relationship("Node", back_populates="children", remote_side=[id])

    p.Table(
        "user_tags",
        p.Base.metadata,
        p.Column("user_id", p.ForeignKey("users.id"), primary_key=True),
        p.Column("tag_id", p.ForeignKey("tags.id"), primary_key=True),
    )
    user = User(id=5, name="u")
    post = Post(id=7, user_id=5)
    tag = Tag(id=3)
    node = Node(id=1, parent_id=2)
    alias, named = p.aliased(User), p.aliased(User, name="ua")
    for make in (
        lambda: User.posts.any(),
        lambda: User.posts.any(Post.title == "x"),
        lambda: User.posts.any(title="x"),
        lambda: ~User.posts.any(title="x"),
        lambda: Post.user.has(name="u"),
        lambda: Post.user == user,
        lambda: Post.user != user,
        lambda: Post.user == None,  # noqa: E711
        lambda: Post.user != None,  # noqa: E711
        lambda: User.posts == None,  # noqa: E711
        lambda: User.posts != None,  # noqa: E711
        lambda: User.posts.contains(post),
        lambda: ~User.posts.contains(post),
        lambda: User.tags.any(),
        lambda: User.tags.any(Tag.id == 4),
        lambda: User.tags.contains(tag),
        lambda: ~User.tags.contains(tag),
        lambda: Node.children.any(),
        lambda: Node.children.any(Node.name == "n"),
        lambda: Node.children.any(name="n"),
        lambda: Node.parent.has(Node.name == "n"),
        lambda: Node.parent == node,
        lambda: Node.children.contains(node),
        lambda: alias.posts.any(Post.title == "x"),
        lambda: alias.posts.contains(post),
        lambda: named.name == "x",
        lambda: User.posts.of_type(p.aliased(Post)).any(),
        lambda: User.posts.and_(Post.id > 3),
        lambda: User.posts.expression,
        lambda: User.tags.expression,
        lambda: Node.children.expression,
        lambda: p.with_parent(user, User.posts),
        lambda: p.with_parent(user, User.tags),
        lambda: p.with_parent(post, Post.user),
        lambda: p.select(User).where(User.posts.any(Post.title == "x")),
        lambda: p.select(alias).where(alias.posts.any(Post.title == "x")),
        lambda: p.select(Post).where(Post.user.has(User.name == "u")),
        lambda: p.select(User).where(User.tags.any(Tag.id == 1)),
        lambda: p.select(User).where(~User.tags.contains(tag)),
        lambda: p.select(Node).where(Node.children.any(Node.name == "n")),
        lambda: p.select(Post).where(p.with_parent(user, User.posts)),
        lambda: p.select(named.name, alias.id),
        lambda: User.posts == [],
        lambda: User.posts == user,
        lambda: User.posts != user,
        lambda: Post.user.any(),
        lambda: User.posts.has(),
        lambda: Post.user.in_([1]),
        lambda: Post.user.contains(user),
        lambda: User.posts.nothing,
        lambda: User.name.nothing,
        lambda: User.nothing,
        lambda: Post.user == 5,
        lambda: Post.user == User,
        lambda: User.name.any(),
        lambda: User.name.nullable,
        lambda: User.name.type,
        lambda: p.with_parent(user, "posts"),
        lambda: p.with_parent(user, User.name),
    ):
        try:
            value = make()
        except Exception as error:
            p.show(type(error).__name__, str(error))
        else:
            p.show(str(value))
    compiled = (Post.user == user).compile()
    p.show(compiled.params, p.with_parent(user, User.posts).compile().params)
    p.error(lambda: Post.user < 5, text=False)
    p.error(lambda: Post.user.desc(), text=False)


@program
def attributes_as_expressions(p: Peer):
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        age = p.Column(p.Integer, doc="years")
        twice = p.column_property(age * 2)

        def greet(self):
            return "hello " + self.name

        @classmethod
        def oldest(cls):
            return p.select(cls).order_by(cls.age.desc())

    for value in (
        User.name == "x",
        User.age < 30,
        User.age + 1,
        1 - User.age,
        User.name + "x",
        User.name.in_(["a", "b"]),
        User.name.like("a%"),
        User.name.is_(None),
        User.age.between(1, 2),
        User.age.desc(),
        User.name.asc().nulls_last(),
        User.name.label("n"),
        User.twice,
        User.twice > 3,
        p.func.count(User.id),
        p.cast(User.age, p.String),
        p.and_(User.id == 1, User.name == "x"),
        p.select(User.twice),
        User.oldest(),
        p.aliased(User).oldest(),
        p.aliased(User).twice,
        p.select(p.aliased(User).twice),
    ):
        p.show(str(value))
    p.show(str(User.name), User.name.key, User.name.class_, User.name.parent is p.inspect(User))
    p.show(hash(User.name) == hash(User.name), User.name in {User.name}, User.age.__doc__)
    p.show(User(name="w").greet(), User.name.property.columns[0] is User.__table__.c.name)
    alias = p.aliased(User)
    p.show(str(alias), repr(alias), str(p.inspect(alias)), str(alias.name), alias.name.key)
    p.show(p.inspect(alias).mapper is p.inspect(User), p.inspect(alias).is_aliased_class)
    p.show(str(p.aliased(User.__table__)), p.inspect(p.aliased(User, name="q")).name)
    p.error(lambda: User(nothing=1))
    p.error(lambda: alias.nothing)


@program
def validators_synonyms_and_reconstructors(p: Peer):
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        email = p.Column(p.String)
        posts = p.relationship("Post")
        address = p.synonym("email")

        @p.validates("email")
        def check(self, key, value):
            if "@" not in value:
                raise ValueError(f"bad {key}")
            return value.lower()

        @p.validates("posts")
        def check_post(self, key, post):
            assert post.title
            return post

        @p.reconstructor
        def loaded(self):
            self.was_loaded = True

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        title = p.Column(p.String)
        user_id = p.Column(p.ForeignKey("users.id"))

    user = User(email="A@B")
    p.show(user.email, user.address, hasattr(user, "was_loaded"))
    user.address = "C@D"
    p.show(user.email, str(User.address == "x"))
    p.error(lambda: User(email="x"))
    p.error(lambda: user.posts.append(Post()), text=False)
    user.posts.append(Post(title="t"))
    p.show(len(user.posts))
    session = p.session()
    session.add(user)
    session.commit()
    session.close()
    p.show(session.query(User).filter(User.address == "c@d").one().was_loaded)


@program
def states_of_an_object(p: Peer):
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        posts = p.relationship("Post")

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("users.id"))

    def show(obj):
        state = p.inspect(obj)
        p.show(
            state.transient,
            state.pending,
            state.persistent,
            state.deleted,
            state.detached,
            state.was_deleted,
            state.has_identity,
            state.identity,
            state.identity_key and state.identity_key[1:],
            state.session is None,
            state.modified,
            state.expired,
            sorted(state.expired_attributes),
            sorted(state.unloaded),
            sorted(state.unmodified),
            sorted(k for k in state.dict if k != "_sa_instance_state"),
        )

    def histories(obj):
        state = p.inspect(obj)
        for attr in state.attrs:
            value = attr.loaded_value
            p.show(
                attr.key,
                repr(attr.history) if attr.key != "posts" else list(map(len, attr.history)),
            )
            p.show(str(value) if not isinstance(value, list) else len(value))

    session = p.session()
    user = User(name="a")
    show(user)
    histories(user)
    session.add(user)
    show(user)
    session.flush()
    show(user)
    histories(user)
    user.name = "b"
    show(user)
    histories(user)
    session.commit()
    show(user)
    user.name
    show(user)
    user.name = "c"
    histories(user)
    user.name = "b"
    histories(user)
    session.rollback()
    user.posts.append(Post())
    histories(user)
    session.expire(user, ["name"])
    show(user)
    session.expunge(user)
    show(user)
    session.add(user)
    session.rollback()
    session.delete(user)
    show(user)
    session.flush()
    show(user)
    session.commit()
    show(user)
    p.make_transient(user)
    p.show(p.inspect(user).transient, p.inspect(user).identity, user.name)


@program
def functions_on_attributes(p: Peer):
    attributes = p.module("orm.attributes")
    util = p.module("orm.util")

    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        age = p.Column(p.Integer)

    session = p.session()
    user = User(name="a", age=1)
    p.show(repr(attributes.get_history(user, "name")), attributes.get_history(user, "id").empty())
    session.add(user)
    session.commit()
    p.show(repr(attributes.get_history(user, "name")))
    attributes.set_committed_value(user, "name", "z")
    p.show(user.name, repr(attributes.get_history(user, "name")), user in session.dirty)
    attributes.flag_modified(user, "name")
    p.show(repr(attributes.get_history(user, "name")), user in session.dirty)
    session.commit()
    p.error(lambda: attributes.flag_modified(User(), "name"))
    p.show(p.object_session(user) is session, p.object_mapper(user) is p.inspect(User))
    p.show(util.identity_key(User, 1)[1:], util.identity_key(instance=user)[1:])
    p.show(p.inspect(User).primary_key_from_instance(user))
    history = attributes.get_history(user, "name")
    user.name = "q"
    history = attributes.get_history(user, "name")
    p.show(history.has_changes(), history.sum(), history.non_deleted(), history.non_added())
    session.expunge(user)
    other = User(id=1, name="later")
    p.make_transient_to_detached(other)
    p.show(p.inspect(other).detached, p.inspect(other).identity)
    session.add(other)
    p.show(other.name, other.age)


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


@program
def association_and_graph(p: Peer):
    Base = p.Base
    edges = p.Table(
        "edges",
        Base.metadata,
        p.Column("left_id", p.ForeignKey("nodes.id"), primary_key=True),
        p.Column("right_id", p.ForeignKey("nodes.id"), primary_key=True),
    )

    class Node(Base):
        __tablename__ = "nodes"
        id = p.Column(p.Integer, primary_key=True)
        after = p.relationship(
            "Node",
            secondary=edges,
            primaryjoin="Node.id == edges.c.left_id",
            secondaryjoin=id == edges.c.right_id,
            backref="before",
        )

    class Link(Base):
        __tablename__ = "links"
        a_id = p.Column(p.ForeignKey("a.id"), primary_key=True)
        b_id = p.Column(p.ForeignKey("b.id"), primary_key=True)
        note = p.Column(p.String)
        b = p.relationship("B", back_populates="links")
        a = p.relationship("A", back_populates="links")

    class A(Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        links = p.relationship("Link", back_populates="a", cascade="all, delete-orphan")
        direct = p.relationship("B", secondary="links", viewonly=True, order_by="B.id")

    class B(Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        links = p.relationship("Link", back_populates="b")

    for cls in (Node, Link, A, B):
        for r in p.inspect(cls).relationships:
            p.show(str(r), r.direction.name, str(r.primaryjoin), str(r.secondaryjoin))
            p.show([f"{x}-{y}" for x, y in r.local_remote_pairs])
            p.show([f"{x}-{y}" for x, y in r.synchronize_pairs])
            p.show([f"{x}-{y}" for x, y in r.secondary_synchronize_pairs or ()])
    p.show(str(Node.after.any()), str(Node.before.any(Node.id == 3)), str(A.direct.any(B.id == 2)))
    session = p.session()
    one, two, three = Node(), Node(), Node()
    session.add_all([one, two, three])
    # one edge a flush: SQLAlchemy does not order the rows of an association table
    for left, right in ((one, two), (one, three), (three, one)):
        left.after.append(right)
        session.flush()
    p.show([n is one for n in two.before], len(one.before), len(three.before))
    session.add(A(links=[Link(note="x", b=B())]))
    session.commit()
    a = session.query(A).one()
    p.show(a.links[0].note, a.direct[0].links[0].a is a)


@program
def aliases_of_other_things(p: Peer):
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        posts = p.relationship("Post", back_populates="user")

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        title = p.Column(p.String)
        user_id = p.Column(p.ForeignKey("users.id"))
        user = p.relationship("User", back_populates="posts")

    sub = p.select(User).where(User.name == "x").subquery()
    from_sub = p.aliased(User, sub)
    named = p.aliased(User, sub, name="inner")
    post = p.aliased(Post)
    for statement in (
        p.select(from_sub),
        p.select(named.name),
        p.select(User).join(User.posts.of_type(post)).where(post.title == "t"),
        p.select(User, post).join(post, User.posts),
        p.select(User).join(User.posts.and_(Post.title == "t")),
        p.select(post).join(post.user),
        p.select(post.user_id).join(post.user.of_type(from_sub)),
        p.select(User).where(from_sub.posts.any(Post.title == "t")),
        p.select(User).select_from(p.orm.join(User, post, User.posts.of_type(post))),
        p.select(User).select_from(p.orm.outerjoin(User, Post, User.id == Post.user_id)),
    ):
        p.show(str(statement))


@program
def backrefs_with_options(p: Peer):
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        posts = p.relationship(
            "Post",
            cascade="all, delete-orphan",
            passive_deletes=True,
            backref=p.backref("user", lazy="joined", cascade="save-update", info={"a": 1}),
        )
        only = p.relationship("Post", viewonly=True, backref="viewer")
        one = p.relationship("One", uselist=False, back_populates="user")

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("users.id"))

    class One(p.Base):
        __tablename__ = "ones"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("users.id"))
        user = p.relationship("User", back_populates="one", single_parent=True)

    configured(p, User)
    for r in (User.posts, Post.user, User.only, Post.viewer, User.one, One.user):
        r = r.property
        p.show(str(r), r.direction.name, r.lazy, sorted(r.cascade), r.viewonly, r.uselist)
        p.show(r.passive_deletes, r.single_parent, r.info, str(r.back_populates), r.sync_backref)
    user, post, one = User(), Post(), One()
    user.posts.append(post)
    p.show(post.user is user, user.only, post.viewer)
    user.one = one
    p.show(one.user is user)
    other = One()
    user.one = other
    p.show(one.user, other.user is user)
    one.user = user
    p.show(user.one is one, other.user)


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
