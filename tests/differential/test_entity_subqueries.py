"""Subqueries of mapped classes: their columns, expressions among them, and what they select from."""

from __future__ import annotations

import pytest

from .harness import compare

MODELS = """
from sqlalchemy import *
from sqlalchemy.orm import *
class Base(DeclarativeBase): pass
other = Table("other", Base.metadata, Column("v", Integer))
class A(Base):
    __tablename__ = "a"
    id = mapped_column(Integer, primary_key=True)
    xx = mapped_column("x", Integer)
    y = mapped_column(Integer, deferred=True)
    z = column_property(xx + y)
    d = column_property(xx + 5, deferred=True)
    s = column_property(select(func.max(other.c.v)).scalar_subquery())
    l = column_property((xx * 2).label("twice"))
    c = column_property(literal(5))
    xs = synonym("xx")
class B(A):
    __tablename__ = "b"
    id = mapped_column(ForeignKey("a.id"), primary_key=True)
    p = mapped_column(Integer)
    q = column_property(p + 1)
engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
session = Session(engine)
session.add_all([A(id=1, xx=1, y=2), A(id=2, xx=10, y=20), B(id=3, xx=4, y=5, p=6)])
session.commit()
session.close()
def attempt(function):
    try:
        print(function())
    except Exception as error:
        print(type(error).__name__, error)
"""

PROGRAMS = {
    "columns that rows lack": """
class G(Base):
    __tablename__ = "g"
    id = mapped_column(Integer, primary_key=True)
    k = mapped_column(Integer)
    m = mapped_column(Integer)
    n = mapped_column(Integer)
    o = mapped_column(Integer, deferred=True)
Base.metadata.create_all(engine)
session.add(G(id=1, k=2, m=3, n=4, o=5))
session.commit()
def read(statement, name):
    session.expunge_all()
    made = session.scalars(statement).first()
    print(getattr(made, name), sorted(k for k in made.__dict__ if k[0] != "_"))
given = select(G).from_statement(select(G.id))
for name in "kno":
    read(given, name)
    read(select(aliased(G, select(G.id).subquery())), name)
read(select(G).from_statement(text("select id, k from g")), "n")
for option in (defer(G.m), load_only(G.n), undefer(G.o)):
    read(select(G).from_statement(text("select id from g")).options(option), "m")
    read(select(G).from_statement(text("select id from g")).options(option), "n")
session.expunge_all()
made = session.scalars(given).first()
made.n = 40
print(made.k, made.n, made.m)
session.rollback()
session.expunge_all()
made = session.scalars(given).first()
session.expunge(made)
attempt(lambda: made.k)
""",
    "two entities of one subquery": """
class C(Base):
    __tablename__ = "c"
    id = mapped_column(Integer, primary_key=True)
    t = mapped_column(String)
    n = mapped_column(Integer)
    u = column_property(func.upper(t))
    d_id = mapped_column(ForeignKey("d.id"))
    d = relationship("D")
class D(Base):
    __tablename__ = "d"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String)
    more = mapped_column(String)
Base.metadata.create_all(engine)
one, two = D(id=1, name="one", more="m"), D(id=2, name="two")
session.add_all([C(id=7, d=one, t="x", n=1), C(id=8, d=one, t="y", n=2), C(id=9, d=two, t="z", n=3)])
session.commit()
session.expunge_all()
s = select(D.id, D.name, C.id, C.t).join_from(D, C).subquery()
d, c = aliased(D, s, name="d_of_it"), aliased(C, s, name="c_of_it")
for row in session.execute(select(d, c).order_by(c.id)):
    print(row.d_of_it.id, row.d_of_it.name, sorted(k for k in row.c_of_it.__dict__ if k[0] != "_"))
    print(row.c_of_it.t, row.c_of_it.u, row.c_of_it.n, row.c_of_it.d_id, row.d_of_it.more)
print([row.c_of_it.n for row in session.execute(select(d, c).where(c.t == "y"))])
session.expunge_all()
print([x.d.id for x in session.scalars(select(c).options(selectinload(c.d)))])
print([x["name"] for x in insert(C).returning(C.id, C.t).returning_column_descriptions])
print([x["entity"].__name__ for x in delete(C).returning(C.id, C.t).returning_column_descriptions])
""",
    "columns of subqueries": """
for st in (select(A), select(A.z), select(A.c), select(A.s), select(A.l), select(A.d), select(A, A.z), select(B), select(B.q), select(A.id, A.c)):
    print(st)
    s = st.subquery()
    print(s.c.keys())
    print(select(s))
    print(select(s).where(s.c.id == 5) if "id" in s.c else "")
    print(st.selected_columns.keys(), st.exported_columns.keys())
""",
    "entities of subqueries": """
s = select(A).where(A.id > 1).subquery()
a = aliased(A, s)
for st in (select(a), select(a.z), select(a.d), select(a.l).where(a.z > 5)):
    print(st)
    attempt(lambda: session.execute(st).all()[0][0] and 1)
print([(x.z, x.d, x.l) for x in session.scalars(select(a))])
session.expunge_all()
print([(x.z, x.d, x.l) for x in session.query(A).filter(A.id > 1).union(session.query(A).filter(A.id == 1)).order_by(A.z)])
session.expunge_all()
print(session.query(A).filter(A.z > 1).count(), session.query(B).count(), session.query(B.q).count())
c = select(A.id, A.xx, A.y, A.z).cte("cc")
a = aliased(A, c)
print([x.z for x in session.scalars(select(a).options(load_only(a.xx, a.z)))])
print(session.execute(select(c.c.z, c.c.xx)).all())
session.expunge_all()
print([(x.z, x.d, x.l) for x in session.scalars(select(A).from_statement(union_all(select(A).where(A.id == 1), select(A).where(A.id == 2))))])
b = aliased(B, select(B).subquery())
print([(x.z, x.d, x.l, x.q) for x in session.scalars(select(b))])
session.expunge_all()
print([(x.z, x.d, x.l, x.q) for x in session.query(B).filter(B.id > 1).union(session.query(B).filter(B.id == 1)).order_by(B.z)])
print(exists(select(A)).select(), exists().where(A.id == 5).select(), select(select(A).exists()))
print(select(A.id).where(A.id.in_(select(B.p))))
print(session.scalar(select(func.count()).select_from(select(A).subquery())))
print(session.scalar(select(func.count()).select_from(A)))
session.expunge_all()
print(session.query(A).from_statement(select(A.id, A.xx)).all()[0].z)
q = session.query(A).subquery()
print(q.c.keys())
print(session.query(q))
print(session.query(A, A.z).subquery().c.keys(), session.query(B).subquery(with_labels=True).c.keys())
""",
    "expressions without columns": """
print(select(literal(1).label("x")).union(select(A.c)))
print(select(A.id).order_by(A.c))
print(select(A.id).where(A.c == 5))
print(select(A.id, B.c))
print(select(aliased(A).c))
print(select(A.s).select_from(A))
print(insert(A).from_select(["id", "x"], select(B.id, B.xx)))
print(session.execute(select(A.c)).all(), session.execute(select(A.c, A.id)).all(), session.query(A.c).all())
""",
    "subqueries of a joined class": """
class C(Base):
    __tablename__ = "c"
    id = mapped_column(Integer, primary_key=True)
    a_id = mapped_column(ForeignKey("a.id"))
print(select(B.p).subquery())
print(select(B.p, B.xx).subquery())
print(select(B.p))
print(select(C.id, select(B.p).where(B.id == C.a_id).scalar_subquery()))
print(select(A.id, select(B.p).where(B.id == A.id).scalar_subquery()))
print(select(A.id, select(func.count(B.p)).where(B.id == C.a_id).scalar_subquery()))
print(select(C.id).where(C.a_id.in_(select(B.p))))
print(select(C.id).where(exists().where(B.p == C.id)))
print(select(C.id).where(exists(select(B.p).where(B.p == C.id))))
print(select(B.p, C.id).subquery())
print(select(func.max(B.p)).cte("x").select())
print(select(B.id).subquery())
print(union(select(B.p), select(A.id)))
print(select(A.id, select(func.max(B.p)).where(B.xx == A.xx).scalar_subquery()))
print(select(B.id, select(func.max(B.p)).where(B.xx == A.xx).scalar_subquery()))
print(select(B.id, select(func.max(C.id)).where(C.a_id == B.id).scalar_subquery()))
b1 = aliased(B)
print(select(B.id, select(func.max(b1.p)).where(b1.xx == B.xx).scalar_subquery()))
print(select(b1.p).subquery())
print(update(A).values(x=select(B.p).where(B.id == A.id).scalar_subquery()))
print(select(select(B.p).where(B.id == 5).scalar_subquery()))
print(select(A).where(A.id == select(func.max(B.p)).scalar_subquery()))
print(select(B).where(B.id == select(func.max(B.p)).scalar_subquery()))
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compare(MODELS + PROGRAMS[name])


def test_a_select_as_a_column_property() -> None:
    compare(
        MODELS
        + """
class N(Base):
    __tablename__ = "n"
    id = mapped_column(Integer, primary_key=True)
    most = column_property(select(func.max(A.xx)).where(A.id > id))
N.least = column_property(select(func.min(A.xx)).where(A.id > N.id))
N.both = column_property(union(select(A.xx).where(A.id == 1), select(A.xx).where(A.id == 1)))
Base.metadata.create_all(engine)
session.add(N(id=1))
session.commit()
found = session.scalars(select(N).where(N.most > 5)).one()
print(found.most, found.least, found.both)
""",
        warned=True,
    )


def test_an_entity_of_a_subquery_without_its_key() -> None:
    # SQLAlchemy finds out when it reads the rows
    compare(
        MODELS
        + "attempt(lambda: session.scalars(select(aliased(A, select(A.xx).subquery()))).all())",
        sql=False,
    )


def test_queries_without_eager_loads() -> None:
    """Neither what is within another statement nor what a query's statement becomes has them."""

    def program(p) -> None:  # type: ignore[no-untyped-def]
        class Node(p.Base):
            __tablename__ = "nodes"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.String)
            above_id = p.Column(p.ForeignKey("nodes.id"))
            below = p.relationship("Node")

        s = p.session()
        s.add(Node(id=1, name="a", below=[Node(id=2, name="b")]))
        s.commit()
        query = s.query(Node).options(p.joinedload(Node.below))
        for made in (
            query.subquery(),
            query.limit(2).subquery(),
            query.scalar_subquery(),
            query.enable_eagerloads(False).statement,
            p.select(Node).options(p.joinedload(Node.below)).subquery(),
            query.statement,
        ):
            p.show(str(made))
        s.expunge_all()
        found = s.scalars(query.enable_eagerloads(False).statement.order_by(Node.id)).all()
        p.show(["below" in node.__dict__ for node in found], found[0].below[0].name)
        other = p.aliased(Node)
        columns = s.query(Node.id, other.id, other.name).filter(Node.id == other.id)
        p.show(str(columns.subquery(reduce_columns=True)))

    compare(program)


@pytest.mark.parametrize("how", ["correlate", "correlate_except", None])
@pytest.mark.parametrize("kind", ["cte", "subquery"])
def test_what_a_subselect_is_correlated_to(how: str | None, kind: str) -> None:
    """The FROMs that an attribute's SELECT names follow its class into a CTE, no others do."""

    def program(p) -> None:  # type: ignore[no-untyped-def]
        class User(p.Base):
            __tablename__ = "users"
            id = p.Column(p.Integer, primary_key=True)

        class Address(p.Base):
            __tablename__ = "addresses"
            id = p.Column(p.Integer, primary_key=True)
            user_id = p.Column(p.ForeignKey("users.id"))

        many = p.select(p.func.count(Address.id)).where(Address.user_id == User.id)
        if how is not None:
            many = getattr(many, how)(User if how == "correlate" else Address)
        User.many = p.column_property(many.scalar_subquery())
        s = p.session()
        s.add_all([User(id=1), User(id=2)])
        s.flush()
        s.add_all([Address(user_id=1), Address(user_id=1)])
        s.commit()
        for inner in p.select(User.id), p.select(User.id).join(Address).distinct():
            user = p.aliased(User, getattr(inner, kind)("few"))
            s.expunge_all()
            found = s.scalars(p.select(user).order_by(user.id))
            p.show([(one.id, one.many) for one in found])

    compare(program)
