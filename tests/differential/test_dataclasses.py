"""Mapped classes that are dataclasses: MappedAsDataclass, registry.mapped_as_dataclass."""

from __future__ import annotations

import pytest

from .harness import compare

HEAD = """
import dataclasses
import inspect as python_inspect
from typing import Annotated, ClassVar, Optional
from sqlalchemy import *
from sqlalchemy.orm import *
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy

def parameters(cls):
    found = python_inspect.signature(cls).parameters.values()
    return [(p.name, p.kind.name, p.default is not p.empty) for p in found]

def fields(cls):
    return [(f.name, f.init, f.repr, f.compare, f.kw_only, f.default is not dataclasses.MISSING,
             f.default_factory is not dataclasses.MISSING) for f in dataclasses.fields(cls)]

def attempt(function):
    try:
        print(function())
    except Exception as error:
        text = str(error).replace("User.__init__", "__init__").replace("One.__init__", "__init__")
        print(type(error).__name__, text)

class Base(MappedAsDataclass, DeclarativeBase):
    pass

def session_for(base):
    engine = create_engine("sqlite://")
    base.metadata.create_all(engine)
    return Session(engine)
"""

PROGRAMS = {
    "fields": """
name_column = Annotated[str, mapped_column(String(30))]
hidden = Annotated[int, mapped_column(init=False, repr=False)]

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    name: Mapped[name_column]
    nick: Mapped[Optional[str]] = mapped_column(default=None)
    age: Mapped[int] = mapped_column(default=5, insert_default=7, kw_only=True)
    data: Mapped[dict] = mapped_column(JSON, default_factory=dict, repr=False, compare=False)
    state: Mapped[str] = mapped_column(init=False, default="new")
    inserted: Mapped[int] = mapped_column(init=False, insert_default=11)
    posts: Mapped[list["Post"]] = relationship(default_factory=list, back_populates="user", repr=False)
    titles: AssociationProxy[list[str]] = association_proxy("posts", "title", init=False)
    limit: ClassVar[int] = 10
    extra: int = 3

class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    title: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), init=False)
    user: Mapped[User | None] = relationship(back_populates="posts", default=None)

print(parameters(User), fields(User))
print(parameters(Post), fields(Post))
u = User("ann", age=4)
print(u, u.posts, u.data, u.extra, u.limit, User("x") == User("x"), User("x") == User("y"))
p = Post("t", u)
print(p, u.posts == [p], p.user is u, u.titles)
attempt(lambda: User()); attempt(lambda: User("a", id=3)); attempt(lambda: hash(u))
s = session_for(Base)
s.add_all([u, User("bob", "b", data={"k": 1})])
s.commit()
s.expunge_all()
users = s.scalars(select(User).order_by(User.id)).all()
print(users)
print(s.execute(select(User.name, User.nick, User.age, User.data, User.state, User.inserted)).all())
print(s.scalars(select(Post)).one().user.name)
print(User.__match_args__)
print(CreateTable(User.__table__) if False else [(c.name, c.nullable, c.default is not None) for c in User.__table__.c])
""",
    "arguments": """
class One(Base, kw_only=True, repr=False, eq=False):
    __tablename__ = "one"
    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    a: Mapped[int]
    b: Mapped[int] = mapped_column(default=3)
    def __post_init__(self):
        self.seen = (self.a, self.b)

class Two(Base, unsafe_hash=True, order=True):
    __tablename__ = "two"
    id: Mapped[int] = mapped_column(primary_key=True)
    a: Mapped[int]

class NoInit(Base, init=False):
    __tablename__ = "no_init"
    id: Mapped[int] = mapped_column(primary_key=True)
    a: Mapped[int | None]

one = One(a=1)
print(parameters(One), one.seen, one == One(a=1), "One(" in repr(one))
print(hash(Two(1, 2)) == hash(Two(1, 2)), Two(1, 2) < Two(1, 3), Two(1, 2) == Two(1, 2))
print(NoInit(a=3), NoInit())
attempt(lambda: One(1)); attempt(lambda: NoInit(zz=1))
s = session_for(Base)
s.add_all([one, Two(5, 6)])
s.commit()
print(s.get(Two, 5), one.a)
""",
    "errors": """
def ordering():
    class Wrong(Base):
        __tablename__ = "wrong"
        id: Mapped[int] = mapped_column(primary_key=True, default=3)
        a: Mapped[int]

def both():
    class Both(Base):
        __tablename__ = "both"
        id: Mapped[int] = mapped_column(primary_key=True, default=3, default_factory=int)

class Plain(DeclarativeBase):
    pass

def not_one():
    class NotOne(Plain):
        __tablename__ = "not_one"
        id: Mapped[int] = mapped_column(primary_key=True, init=False)

def not_one_related():
    class NotOneEither(Plain):
        __tablename__ = "not_one_either"
        id: Mapped[int] = mapped_column(primary_key=True)
        other: Mapped["NotOneEither"] = relationship(default=None, repr=False)

def mutable():
    class Mutable(Base):
        __tablename__ = "mutable"
        id: Mapped[int] = mapped_column(primary_key=True)
        data: Mapped[list] = mapped_column(JSON, default=[])

for function in (ordering, both, not_one, not_one_related, mutable):
    attempt(function)
""",
    "mixins": """
class Stamped(MappedAsDataclass):
    created: Mapped[str] = mapped_column(init=False, default="now")
    by: Mapped[str] = mapped_column(default="me", kw_only=True)

class WithC(Base):
    __abstract__ = True
    c: Mapped[int] = mapped_column(default=0, kw_only=True)

class M(Stamped, Base):
    __tablename__ = "m"
    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    x: Mapped[int]

class N(WithC):
    __tablename__ = "n"
    id: Mapped[int] = mapped_column(primary_key=True)
    d: Mapped[str]

class Person(Base):
    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    kind: Mapped[str] = mapped_column(init=False)
    name: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}

class Boss(Person):
    title: Mapped[str | None] = mapped_column(default=None)
    __mapper_args__ = {"polymorphic_identity": "boss"}

print(M(3), parameters(M), M(4, by="you"))
print(N(1, "x"), parameters(N), N(1, "x", c=5))
print(Person("p"), Boss("b"), parameters(Boss), fields(Boss))
s = session_for(Base)
s.add_all([M(3), N(1, "x"), Person("p"), Boss("q", "t")])
s.commit()
s.expunge_all()
print(s.scalars(select(M)).all(), s.scalars(select(N)).all(), s.scalars(select(Person).order_by(Person.id)).all())
""",
    "decorator": """
reg = registry()

@reg.mapped_as_dataclass
class User:
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    name: Mapped[str]
    nick: Mapped[str] = mapped_column(default="q")
    def greet(self):
        return "hello " + self.name

@reg.mapped_as_dataclass(init=False, kw_only=True)
class Other:
    __tablename__ = "others"
    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    a: Mapped[str | None]

class Base2(MappedAsDataclass, DeclarativeBase, kw_only=True, repr=False):
    pass

class Third(Base2):
    __tablename__ = "third"
    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    a: Mapped[str]

class Fourth(Base2, kw_only=False):
    __tablename__ = "fourth"
    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    a: Mapped[str]

print(User("x"), User("x").greet(), parameters(User), Other(), Other(a="z"))
print(parameters(Third), parameters(Fourth), Third(a="1").a, Fourth("2").a)
s = session_for(reg)
s.add(User("y", nick="n"))
s.commit()
print(s.scalars(select(User)).all(), dataclasses.is_dataclass(User), dataclasses.replace(User("r"), nick="k"))
""",
    "mapped": """
reg = registry()

@reg.mapped
@dataclasses.dataclass
class User:
    __table__ = Table("users", reg.metadata,
        Column("id", Integer, primary_key=True), Column("name", String), Column("age", Integer))
    id: int = dataclasses.field(init=False)
    name: str | None = None
    age: int | None = None

@reg.mapped
@dataclasses.dataclass
class Post:
    __tablename__ = "posts"
    __sa_dataclass_metadata_key__ = "sa"
    id: int = dataclasses.field(init=False, metadata={"sa": Column(Integer, primary_key=True)})
    title: str = dataclasses.field(default="t", metadata={"sa": Column(String)})
    user_id: int | None = dataclasses.field(init=False, default=None, metadata={"sa": Column(ForeignKey("users.id"))})
    user: User | None = dataclasses.field(default=None, repr=False, metadata={"sa": relationship("User")})

s = session_for(reg)
u = User("ann", 3)
print(u.name, u.age, parameters(User), parameters(Post))
s.add_all([u, Post("x", u), Post()])
s.commit()
s.expunge_all()
print(s.scalars(select(User)).all(), s.scalars(select(Post).order_by(Post.id)).all())
print(s.scalars(select(Post).join(Post.user)).one().user.name)
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_dataclass(name: str) -> None:
    peer, _ = compare(HEAD + PROGRAMS[name])
    assert peer.error is None
