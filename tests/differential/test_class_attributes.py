"""Attributes of mapped classes: overridden in subclasses, given by mixins, documented; columns of
the key by name; classes that are mapped where they stand, tables that are reflected, mappers of a
class of the program's."""

from __future__ import annotations

import pytest

from .harness import compare

HEAD = """
from typing import List, Optional
from sqlalchemy import *
from sqlalchemy.orm import *
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.ext.hybrid import hybrid_property

class Base(DeclarativeBase):
    pass

def attempt(function):
    try:
        print(function())
    except Exception as error:
        print(type(error).__name__, error)
"""

PROGRAMS = {
    "overridden": """
class Mixin:
    @property
    def x(self):
        return "plain"
    y = 5
    def z(self):
        return 1

class A(Mixin, Base):
    __tablename__ = "a"
    id = Column(Integer, primary_key=True)
    x = Column(Integer)
    y = Column(Integer)
    kind = Column(String)
    __mapper_args__ = {"polymorphic_on": kind}

print(A.__mapper__.attrs.keys(), A(x=1).x)

class WithText(A):
    __mapper_args__ = {"polymorphic_identity": "t"}
    y = "hello"

class WithProperty(A):
    __mapper_args__ = {"polymorphic_identity": "p"}
    @property
    def y(self):
        return 7

class WithMethod(A):
    __mapper_args__ = {"polymorphic_identity": "m"}
    def y(self):
        return 8

class WithNone(A):
    __mapper_args__ = {"polymorphic_identity": "n"}
    y = None

class Joined(A):
    __tablename__ = "joined"
    id = Column(ForeignKey("a.id"), primary_key=True)
    __mapper_args__ = {"polymorphic_identity": "j"}
    @property
    def y(self):
        return 9

for cls in (A, WithText, WithProperty, WithMethod, WithNone, Joined):
    print(cls.__mapper__.attrs.keys(), select(cls))
print(WithText.y, WithText().y, WithProperty().y, WithMethod().y(), str(WithNone.y), Joined().y)
engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
with Session(engine) as session:
    session.add_all([WithText(x=1), WithProperty(), WithMethod(), WithNone(y=3), Joined()])
    session.commit()
    print([type(a).__name__ for a in session.scalars(select(A).order_by(A.id))])

class Explicit(Base):
    __table__ = Table(
        "e", Base.metadata, Column("id", Integer, primary_key=True), Column("q", Integer))
    @property
    def q(self):
        return "mine"

print(Explicit.__mapper__.attrs.keys(), Explicit().q)
""",
    "given by mixins": """
class Mixin:
    @declared_attr
    def names(cls):
        return association_proxy("kids", "name")
    @declared_attr
    def kids(cls):
        return relationship("Kid")
    @declared_attr
    def label(cls):
        return cls.__name__ + "!"
    @declared_attr
    def filters(cls):
        return []
    @declared_attr.directive
    def __tablename__(cls):
        return cls.__name__.lower()

class Kid(Base):
    __tablename__ = "kid"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    a_id = Column(ForeignKey("a.id"))
    b_id = Column(ForeignKey("b.id"))

class A(Mixin, Base):
    id = Column(Integer, primary_key=True)
    @declared_attr
    def numbers(cls):
        return association_proxy("kids", "id")
    @declared_attr
    def own(cls):
        return 5
    @declared_attr
    def column(cls):
        return Column(Integer)

class B(Mixin, Base):
    id = Column(Integer, primary_key=True)

class C(A):
    __tablename__ = None
    more = Column(Integer)

a = A(id=1, kids=[Kid(name="x", id=4)], filters=["f"])
print(a.names, a.numbers, a.filters, A.filters, a.own, A.own, A.__dict__["own"], A.label, B.label)
print(A.__table__.c.keys(), B(id=2).names, C(kids=[Kid(name="z")]).names, C.names.owning_class)
print(select(A.id).where(A.names == "x"))
print(select(B.id).where(B.names.contains("x")))
a.names = []
print(a.kids)
""",
    "documented": """
class Mixin:
    @declared_attr
    def q(cls):
        "said by the function"
        return Column(Integer, doc="doc of q")

class A(Mixin, Base):
    "doc of the class"
    __tablename__ = "a"
    id = Column(Integer, primary_key=True)
    x = Column(Integer, doc="doc of x", info={"a": 1}, comment="c")
    y: Mapped[int] = mapped_column(doc="doc of y", info={"b": 2})
    z = column_property(x + 1, doc="doc of z", info={"c": 3})
    w = relationship(
        "A", doc="doc of w", info={"d": 4}, remote_side=id, foreign_keys=x,
        primaryjoin="A.id == A.x")
    s = synonym("x", info={"e": 5}, doc="doc of s")
    e = query_expression()
    d = deferred(Column(Integer, doc="doc of d", info={"g": 1}))

for key in ("id", "q", "x", "y", "z", "w", "s", "e", "d"):
    attribute, prop = getattr(A, key), A.__mapper__.attrs[key]
    print(key, attribute.__doc__, attribute.info, prop.doc, prop.info)
A.x.info["more"] = 2
print(A.__doc__, A.__table__.c.x.info, aliased(A).x.__doc__)
""",
    "back references before anything else": """
class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    mails = relationship("Mail", backref="user")

class Mail(Base):
    __tablename__ = "mails"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))

attempt(lambda: select(Mail).options(joinedload(Mail.user)))
attempt(lambda: inspect(Mail).class_.user)
attempt(lambda: Session().query(Mail.id).filter(Mail.user.has()))
print(Session().query(Mail).options(joinedload(Mail.user)))
""",
    "back references of aliases": """
class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    mails = relationship("Mail", backref="user")

class Mail(Base):
    __tablename__ = "mails"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))

alias = aliased(Mail)
print(alias.user, select(alias.id).join(alias.user))
""",
    "mapped again": """
reg = registry()
class P:
    pass
class K:
    pass
p = Table("p", reg.metadata, Column("id", Integer, primary_key=True))
k = Table("k", reg.metadata, Column("id", Integer, primary_key=True), Column("p", ForeignKey(p.c.id)))
for cls, key in ((P, "kids"), (K, "parent"), (P, "kids")):
    for each, table, other in ((P, p, K), (K, k, P)):
        found = {key: relationship(other)} if each is cls else {}
        reg.map_imperatively(each, table, properties=found)
    configure_mappers()
    print(P.__mapper__.attrs.keys(), K.__mapper__.attrs.keys())
    reg.dispose()
""",
    "functions of hybrids": """
class A(Base):
    __tablename__ = "a"
    id = Column(Integer, primary_key=True)
    first = Column(String)
    bs = relationship("B", viewonly=True)
    names = association_proxy("bs", "name")
    @hybrid_property
    def full(self):
        "doc of full"
        return "x" + self.first
    @full.inplace.expression
    @classmethod
    def _full(cls):
        return func.concat("x", cls.first)
    @hybrid_property
    def most(self):
        return func.max(self.id)
    @hybrid_property
    def some(self):
        return func.coalesce(self.first, "x")
    @hybrid_property
    def now(self):
        return func.current_timestamp()
    @hybrid_property
    def count(self):
        return func.count(self.id)

class B(Base):
    __tablename__ = "b"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    a_id = Column(ForeignKey(A.id))

alias = aliased(A)
for key in ("full", "most", "some", "now", "count"):
    print(select(getattr(A, key)), select(A.id).having(getattr(A, key) == 1))
    print(select(getattr(alias, key).label("q")), getattr(A, key).expression.name)
print(A.full.__doc__, A.__dict__["full"].__doc__, A.most.__doc__, "Annotatedmax" in dir(func))
from collections.abc import MutableMapping, MutableSequence, MutableSet, Sequence
proxied = A().names
print([isinstance(proxied, c) for c in (MutableMapping, MutableSequence, MutableSet, Sequence)])
""",
    "dataclasses below classes that are none": """
class Person(Base):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    kind: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind"}

class Engineer(MappedAsDataclass, Person):
    __tablename__ = "engineer"
    id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, init=False)
    status: Mapped[str] = mapped_column(String(30))
    other: Mapped[Optional[str]] = mapped_column(default=None)
    __mapper_args__ = {"polymorphic_identity": "e"}

print(Engineer("s"), Engineer(status="s", other="o"), Engineer("a", "b") == Engineer("a", "b"))
""",
    "keys by name": """
def key(*names, **columns):
    cls = type("K", (Base,), {
        "__tablename__": "k" + "_".join(names), "a": Column("aa", Integer), "b": Column(Integer),
        "r": relationship("K", primaryjoin="K.a == foreign(K.b)", viewonly=True),
        "__mapper_args__": {"primary_key": list(names)}, **columns})
    return cls.__mapper__.primary_key

attempt(lambda: key("a", "b"))
attempt(lambda: key("b", "c", c=mapped_column("cc", Integer, deferred=True)))
attempt(lambda: key("a", "no"))
attempt(lambda: key("r"))
attempt(lambda: key("s", s=column_property(literal_column("1"))))

class Explicit(Base):
    __table__ = Table("e", Base.metadata, Column("q", Integer), Column("v", Integer, key="w"))
    x = __table__.c.q
    __mapper_args__ = {"primary_key": ["x", "w"]}

print(Explicit.__mapper__.primary_key)
""",
    "mapped where they stand": """
reg = registry()

class User:
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name: Mapped[Optional[str]] = mapped_column()
    mails: Mapped[List["Mail"]] = relationship(back_populates="user")

class Mail:
    __tablename__ = "mails"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id = mapped_column(ForeignKey("users.id"))
    user = relationship("User", back_populates="mails")
    def __init__(self, number):
        self.id = number

class Admin(User):
    __tablename__ = "admins"
    id = Column(ForeignKey("users.id"), primary_key=True)
    level = Column(String)

for cls in (User, Mail):
    print(reg.map_declaratively(cls) is cls.__mapper__, cls.__table__.name)
print(reg.map_declaratively(Admin).inherits, User.__bases__)
user = User(name="a", mails=[Mail(1)])
print(user.mails[0].user is user, inspect(user).transient)
attempt(lambda: User(no=1))
engine = create_engine("sqlite://")
reg.metadata.create_all(engine)
with Session(engine) as session:
    session.add_all([user, Admin(name="b", level="x")])
    session.commit()
    print([(u.name, len(u.mails)) for u in session.scalars(select(User).order_by(User.id))])
    print(session.scalars(select(Admin)).one().level)
    user.name = "c"
    session.commit()
    print(session.scalars(select(User.name).where(User.mails.any())).all())
""",
    "mappers of one's own": """
class Own(Mapper):
    told = True

class Other(DeclarativeBase):
    __mapper_cls__ = Own

made = declarative_base(mapper=Own)
for base in (Other, made):
    cls = type("A", (base,), {
        "__tablename__": "a", "id": Column(Integer, primary_key=True), "x": Column(Integer)})
    print(type(inspect(cls)).__name__, cls.__mapper__.told, cls(x=1).x, select(cls))
""",
    "order of all descriptors": """
class Named:
    @hybrid_property
    def loud(self):
        return self.name.upper()

class A(Named, Base):
    __tablename__ = "a"
    id = Column(Integer, primary_key=True)
    kind = Column(String)
    above_id = Column(ForeignKey("a.id"))
    above = relationship("A", remote_side=[id])
    name = Column(String)
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "a"}

class B(A):
    own = Column(String)
    __mapper_args__ = {"polymorphic_identity": "b"}

    @hybrid_property
    def loud(self):
        return self.name

for cls in A, B:
    found = inspect(cls).all_orm_descriptors
    print(found.keys(), [found[key] is cls.__dict__.get(key) for key in found.keys()])
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compare(HEAD + PROGRAMS[name], warned=True)


REFLECTED = """
class Parent(Base):
    __tablename__ = "parents"
    __autoload_with__ = engine
    __table_args__ = {"comment": "c"}
    nom = Column("name", String(9), key="nom")

class Kid(Base):
    __tablename__ = "kids"
    __autoload_with__ = engine
    parent = relationship("Parent", backref="kids")

print([(c.key, str(c.type)) for c in Parent.__table__.c], Kid.__mapper__.attrs.keys())
print(Parent(kids=[Kid()], nom="x").kids[0].parent.nom)
"""


def test_reflected() -> None:
    head = (
        HEAD
        + """
engine = create_engine("sqlite://")
with engine.begin() as connection:
    connection.exec_driver_sql("create table parents (id integer primary key, name varchar(5))")
    connection.exec_driver_sql(
        "create table kids (id integer primary key, p integer references parents(id))")
"""
    )
    compare(head + REFLECTED, sql=False)
