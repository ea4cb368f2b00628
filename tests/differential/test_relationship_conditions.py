"""Relationships joined by what is no plain foreign key: joins as secondary tables, functions as
comparisons; what viewonly ones say of themselves; which types their members may have."""

from __future__ import annotations

import pytest

from .harness import compare

HEAD = """
from sqlalchemy import *
from sqlalchemy.orm import *
from sqlalchemy.orm.attributes import get_history

class Base(DeclarativeBase):
    pass

def begin(*objects):
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    session = Session(engine)
    session.add_all(objects)
    session.commit()
    return session

def attempt(function):
    try:
        print(function())
    except Exception as error:
        print(type(error).__name__, error)

LOADERS = lazyload, joinedload, selectinload, subqueryload, immediateload
"""

PROGRAMS = {
    "a join as secondary": """
class A(Base):
    __tablename__ = "a"
    id = mapped_column(Integer, primary_key=True)
    b_id = mapped_column(ForeignKey("b.id"))

class B(Base):
    __tablename__ = "b"
    id = mapped_column(Integer, primary_key=True)
    d_id = mapped_column(ForeignKey("d.id"))

class C(Base):
    __tablename__ = "c"
    id = mapped_column(Integer, primary_key=True)
    a_id = mapped_column(ForeignKey("a.id"))
    d_id = mapped_column(ForeignKey("d.id"))

class D(Base):
    __tablename__ = "d"
    id = mapped_column(Integer, primary_key=True)

A.d = relationship(
    "D", secondary="join(B, D, D.id == B.d_id).join(C, C.d_id == D.id)",
    primaryjoin="and_(A.id == C.a_id, A.b_id == B.id)", secondaryjoin="D.id == B.d_id",
    uselist=False, viewonly=True)
A.ds = relationship(
    "D", secondary=lambda: join(B, D, D.id == B.d_id).join(C, C.d_id == D.id),
    primaryjoin=lambda: and_(A.id == C.a_id, A.b_id == B.id),
    secondaryjoin=lambda: D.id == B.d_id, viewonly=True)
session = begin(
    D(id=1), D(id=2), B(id=1, d_id=1), B(id=2, d_id=2), A(id=1, b_id=1), A(id=2, b_id=2), A(id=3),
    C(id=1, a_id=1, d_id=1), C(id=2, a_id=2, d_id=2), C(id=3, a_id=1, d_id=2))
for load in LOADERS[:3]:  # others write the columns in the order of a set
    for attribute in (A.d, A.ds):
        session.expunge_all()
        found = session.scalars(select(A).options(load(attribute)).order_by(A.id)).unique()
        print([(a.id, [d.id for d in a.ds], a.d and a.d.id) for a in found])
x, y = aliased(D), aliased(A)
for statement in (
    select(A.id, D.id).join(A.d).order_by(A.id),
    select(A.id, x.id).join(A.ds.of_type(x)).order_by(A.id),
    select(y.id, x.id).join(y.ds.of_type(x)).order_by(y.id),
    select(A.id).where(A.d.has(D.id == 2)),
    select(A.id).where(A.ds.any(D.id == 2)),
    select(y.id).where(y.ds.any(D.id == 2)),
):
    print(session.execute(statement).all())
""",
    "a function as comparison": """
class Place(Base):
    __tablename__ = "place"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    below = relationship(
        "Place", viewonly=True, order_by=name,
        primaryjoin=func.instr(remote(foreign(name)), name + "/").as_comparison(1, 2) == 1)
    above = relationship(
        "Place", viewonly=True, order_by=name,
        primaryjoin=lambda: func.instr(
            Place.name, remote(foreign(Place.name)) + "/").as_comparison(1, 2) == 1)

names = "p", "q", "p/a", "p/b", "q/a"
session = begin(*[Place(id=i, name=name) for i, name in enumerate(names, 1)])
for load in LOADERS:
    session.expunge_all()
    found = session.scalars(select(Place).options(load(Place.below)).order_by(Place.name))
    print([(place.name, [each.name for each in place.below]) for place in found.unique()])
found = session.scalars(select(Place).order_by(Place.id)).all()
print(Place.below.property.direction.name, [[p.name for p in place.above] for place in found])
x = aliased(Place)
print(session.execute(select(Place.name).where(Place.below.any())).all())
print(session.execute(select(Place.name, x.name).join(Place.below.of_type(x))).all())
""",
    "what viewonly ones say": """
class A(Base):
    __tablename__ = "a"
    id = Column(Integer, primary_key=True)
    bs = relationship("B", viewonly=True)
    written = relationship("B", back_populates="a")
    one = relationship("B", viewonly=True, uselist=False)

class B(Base):
    __tablename__ = "b"
    id = Column(Integer, primary_key=True)
    a_id = Column(ForeignKey("a.id"))
    a = relationship("A", back_populates="written")
    seen = relationship("A", viewonly=True)

def show(obj, *keys):
    for key in keys:
        history = inspect(obj).attrs[key].history
        print(key, [len(part) for part in history], history.has_changes(), inspect(obj).modified)

session = begin()
a, b = A(id=1), B(id=1)
a.bs.append(b)
a.one = b
b.seen = a
show(a, "bs", "one", "written")
show(b, "seen", "a")
session.add_all([a, b])
session.commit()
a.bs.append(B(id=2))
a.one = b.seen = None
show(a, "bs", "one")
show(b, "seen")
print([len(part) for part in get_history(a, "bs")], session.is_modified(a), session.dirty)
""",
    "relationships that write the same": """
class A(Base):
    __tablename__ = "a"
    id = Column(Integer, primary_key=True)
    cs = relationship("C", secondary="b", backref="as")
    bs = relationship("B", back_populates="a")

class B(Base):
    __tablename__ = "b"
    a_id = Column(ForeignKey("a.id"), primary_key=True)
    c_id = Column(ForeignKey("c.id"), primary_key=True)
    a = relationship("A", back_populates="bs")
    c = relationship("C", back_populates="bs")

class C(Base):
    __tablename__ = "c"
    id = Column(Integer, primary_key=True)
    bs = relationship("B", back_populates="c")

configure_mappers()
""",
    "siblings that write the same": """
class A(Base):
    __tablename__ = "a"
    id = Column(Integer, primary_key=True)
    parts = relationship("Part", backref="a")

class Part(Base):
    __tablename__ = "part"
    a_id = Column(ForeignKey("a.id"), primary_key=True)
    number = Column(Integer, primary_key=True)

class B(Base):
    __tablename__ = "b"
    id = Column(Integer, primary_key=True)
    type = Column(String(20))
    a_id = Column(ForeignKey("a.id"), nullable=False)
    number = Column(Integer)
    __mapper_args__ = {"polymorphic_on": type}
    __table_args__ = (ForeignKeyConstraint(["a_id", "number"], ["part.a_id", "part.number"]),)

class First(B):
    __mapper_args__ = {"polymorphic_identity": "first"}
    a = relationship("A")

class Second(B):
    __mapper_args__ = {"polymorphic_identity": "second"}
    part = relationship("Part")

configure_mappers()
""",
    "joins along other aliases, and of unions": """
class Node(Base):
    __tablename__ = "nodes"
    id = Column(Integer, primary_key=True)
    up_id = Column(ForeignKey("nodes.id"))
    below = relationship("Node", backref=backref("up", remote_side=id))

a, b = aliased(Node), aliased(Node)
print(a.up, b.below)
for joined in (
    join(Node, a, a.below), join(Node, a, Node.below), join(a, Node, a.below),
    outerjoin(a, b, a.below), outerjoin(a, b, b.up), outerjoin(a, b, Node.below),
    join(join(a, b, a.below), Node, b.below),
):
    print(select(Node.id).select_from(joined))
session = begin(Node(id=1), Node(id=2, up_id=1), Node(id=3, up_id=2))
rows = session.query(Node.id).filter(Node.id > 1).subquery()
for query in (
    session.query(Node).union(session.query(Node)),
    session.query(Node.id).union(session.query(Node.id)),
    session.query(Node.id.label("x")).union_all(session.query(Node.id.label("x"))),
):
    joined = query.join(rows, rows.c.id == Node.id)
    print(joined.count(), query.outerjoin(rows, rows.c.id == Node.id + 1).count())
    print(joined.filter(rows.c.id == 3).count())
""",
    "queries instead of collections": """
class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    mails = relationship("Mail", lazy="dynamic", order_by="Mail.id")

class Mail(Base):
    __tablename__ = "mails"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))

session = begin(User(id=1, mails=[Mail(id=1), Mail(id=2)]), User(id=2, mails=[Mail(id=3)]))
new, one, two = User(), session.get(User, 2), session.get(User, 1)
for user in (new, one, two):
    for name in ("all", "one", "one_or_none", "count"):
        attempt(lambda: getattr(user.mails, name)().__class__.__name__)
    attempt(lambda: user.mails[0].id)
new.mails.append(Mail(id=9))
print(new.mails.one().id, new.mails.one_or_none().id, new.mails[0].id, new.mails.count())
new.mails.append(Mail(id=10))
attempt(new.mails.one)
attempt(new.mails.one_or_none)

def refused(lazy, uselist):
    class Base(DeclarativeBase):
        pass
    class A(Base):
        __tablename__ = "a"
        id = Column(Integer, primary_key=True)
        b_id = Column(ForeignKey("b.id"))
        b = relationship("B", lazy=lazy, uselist=uselist)
    class B(Base):
        __tablename__ = "b"
        id = Column(Integer, primary_key=True)
    try:
        Base.registry.configure()
    except Exception as error:
        print(type(error).__name__, error)
    Base.registry.dispose()

refused("dynamic", None)
refused("write_only", None)
""",
    "rows of subqueries": """
class Person(Base):
    __tablename__ = "person"
    id = Column(Integer, primary_key=True)
    type = Column(String)
    __mapper_args__ = {"polymorphic_on": type}

class Director(Person):
    __tablename__ = "director"
    id = Column(ForeignKey("person.id"), primary_key=True)
    films = relationship("Film")
    __mapper_args__ = {"polymorphic_identity": "d"}

class Film(Base):
    __tablename__ = "film"
    id = Column(Integer, primary_key=True)
    director_id = Column(ForeignKey("director.id"))
    plain = relationship(Director, viewonly=True)
    distinct = relationship(Director, viewonly=True, distinct_target_key=True)
    repeated = relationship(Director, viewonly=True, distinct_target_key=False)

session = begin(Director(id=1, films=[Film(id=1), Film(id=2)]), Film(id=3))
for attribute in (Film.plain, Film.distinct, Film.repeated):
    session.expunge_all()
    films = session.scalars(select(Film).options(subqueryload(attribute)).order_by(Film.id))
    print([getattr(film, attribute.key) is None for film in films])
session.expunge_all()
print([len(d.films) for d in session.scalars(select(Director).options(subqueryload(Director.films)))])
""",
    "selects in": """
class A(Base):
    __tablename__ = "a"
    id = Column(Integer, primary_key=True)
    bs = relationship("B", omit_join=False, order_by="desc(B.id)")
    plain = relationship("B", viewonly=True, order_by="[B.a_id, B.id]")

class B(Base):
    __tablename__ = "b"
    id = Column(Integer, primary_key=True)
    a_id = Column(ForeignKey("a.id"))
    a = relationship("A", omit_join=False, viewonly=True)
    same = relationship("A", viewonly=True)

session = begin(A(id=1, bs=[B(id=1), B(id=2)]))
for attribute in (A.bs, A.plain, B.a, B.same):
    session.expunge_all()
    for obj in session.scalars(select(attribute.class_).options(selectinload(attribute))):
        print(getattr(obj, attribute.key) is not None)
print([type(r.order_by).__name__ for r in A.__mapper__.relationships])
""",
    "loaded at once where that comes round": """
class Node(Base):
    __tablename__ = "nodes"
    id = Column(Integer, primary_key=True)
    up_id = Column(ForeignKey("nodes.id"))
    up = relationship("Node", remote_side=id, lazy="immediate")
    below = relationship("Node", viewonly=True)

class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    mails = relationship("Mail", back_populates="user")

class Mail(Base):
    __tablename__ = "mails"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))
    user = relationship("User", back_populates="mails", lazy="immediate")

session = begin(
    Node(id=1), Node(id=2, up_id=1), Node(id=3, up_id=2), User(id=1, mails=[Mail(id=1), Mail(id=2)]))
for load in LOADERS[1:4]:
    session.expunge_all()
    user = session.scalars(select(User).options(load(User.mails))).unique().one()
    print([sorted(mail.__dict__.keys() - {"_sa_instance_state"}) for mail in user.mails])
    session.expunge_all()
    print([
        (n.id, "up" in n.__dict__, [sorted(b.__dict__.keys() - {"_sa_instance_state"}) for b in n.below])
        for n in session.scalars(select(Node).options(load(Node.below)).order_by(Node.id)).unique()])
""",
    "options of what has expired": """
class A(Base):
    __tablename__ = "a"
    id = Column(Integer, primary_key=True)
    x = Column(Integer)
    bs = relationship("B")

class B(Base):
    __tablename__ = "b"
    id = Column(Integer, primary_key=True)
    a_id = Column(ForeignKey("a.id"))

session = begin(A(id=1, bs=[B(id=1)]))
for options in (raiseload(A.bs), raiseload(A.bs, sql_only=True)):
    for forget in (
        session.commit, session.rollback, session.expire_all, lambda: session.refresh(a),
        lambda: session.expire(a), lambda: session.expire(a, ["bs"]),
        lambda: (session.commit(), a.x),
    ):
        session.expunge_all()
        a = session.scalars(select(A).options(options)).one()
        forget()
        attempt(lambda: len(a.bs))
""",
    "loaders of a given statement": """
class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    mails = relationship("Mail", order_by="Mail.id")

class Mail(Base):
    __tablename__ = "mails"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))
    parts = relationship("Part")

class Part(Base):
    __tablename__ = "parts"
    id = Column(Integer, primary_key=True)
    mail_id = Column(ForeignKey("mails.id"))

session = begin(
    User(id=1, name="a", mails=[Mail(id=1, parts=[Part(id=1)]), Mail(id=2)]), User(id=2, name="b"))

def show(query):
    session.expunge_all()
    attempt(lambda: [(u.id, u.name, [(m.id, len(m.parts)) for m in u.mails]) for u in query()])

plain = select(column("id"), column("name")).select_from(table("users")).order_by("id")
for statement in (
    plain,
    text("select * from users order by id"),
    text("select * from users order by id").columns(id=Integer, name=String),
    text("select name, id from users order by id").columns(User.name, User.id),
    text("select id as x, name as y from users order by id").columns(User.id, User.name),
    select(literal_column("id"), literal_column("name")).select_from(table("users")),
    select(User).order_by(User.id),
):
    show(lambda: session.query(User).from_statement(statement))
    for option in (
        subqueryload(User.mails), subqueryload(User.mails).subqueryload(Mail.parts),
        selectinload(User.mails).subqueryload(Mail.parts), joinedload(User.mails),
    ):
        show(lambda: session.scalars(select(User).from_statement(statement).options(option)).unique())
    attempt(lambda: session.execute(select(User.name, User.id).from_statement(statement)).all())
joined = select(User, Mail).outerjoin(Mail).order_by(User.id, Mail.id)
for statement in (joined, text(str(joined)).columns(User.id, User.name, Mail.id, Mail.user_id)):
    made = select(User).options(contains_eager(User.mails)).from_statement(statement)
    show(lambda: session.scalars(made))
    show(lambda: session.scalars(made).unique())
    show(lambda: session.query(User).options(contains_eager(User.mails)).from_statement(statement))
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compare(HEAD + PROGRAMS[name], warned=True)
