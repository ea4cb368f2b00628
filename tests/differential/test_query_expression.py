"""Expressions that statements give to attributes: query_expression() and with_expression()."""

from __future__ import annotations

import pytest

from .harness import compare

MODELS = """
import pickle
from sqlalchemy import *
from sqlalchemy.orm import *
from sqlalchemy.orm import attributes
from typing import Optional
import datetime

class Doubled(TypeDecorator):
    impl = Integer
    cache_ok = True

    def process_result_value(self, value, dialect):
        return value * 2


class Base(DeclarativeBase):
    pass

class A(Base):
    __tablename__ = "a"
    id = mapped_column(Integer, primary_key=True)
    x = mapped_column(Integer)
    y = mapped_column(Integer)
    expr = query_expression()
    dflt = query_expression(literal(5))
    bs = relationship("B", back_populates="a", order_by="B.id")

class B(Base):
    __tablename__ = "b"
    id = mapped_column(Integer, primary_key=True)
    a_id = mapped_column(ForeignKey("a.id"))
    p = mapped_column(Integer)
    expr: Mapped[Optional[int]] = query_expression()
    cdflt: Mapped[int] = query_expression(default_expr=p + 100)
    a = relationship("A", back_populates="bs")

class P(Base):
    __tablename__ = "p"
    id = mapped_column(Integer, primary_key=True)
    kind = mapped_column(String)
    expr = query_expression()
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "p"}
class Q(P):
    __tablename__ = "q"
    id = mapped_column(ForeignKey("p.id"), primary_key=True)
    z = mapped_column(Integer)
    sub = query_expression()
    __mapper_args__ = {"polymorphic_identity": "q"}

engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
session = Session(engine)
session.add_all([A(id=1, x=1, y=2, bs=[B(id=1, p=1), B(id=2, p=2)]), A(id=2, x=10, y=20, bs=[B(id=3, p=5)]), P(id=1), Q(id=2, z=7)])
session.commit()
session.close()

def attempt(function):
    try:
        print(function())
    except Exception as error:
        print(type(error).__name__, error)
def d(o):
    return sorted((k, v) for k, v in o.__dict__.items() if k[0] != "_" and not isinstance(v, (list, Base)))
"""

PROGRAMS = {
    "basic": """
a = session.scalars(select(A).order_by(A.id)).first()
print(d(a), a.expr, a.dflt, d(a), sorted(inspect(a).unloaded))
session.expunge_all()
a = session.scalars(select(A).options(with_expression(A.expr, A.x + A.y)).order_by(A.id)).all()
print([(o.expr, o.dflt) for o in a])
session.expunge_all()
a = session.scalars(select(A).options(with_expression(A.dflt, A.x + A.y)).order_by(A.id)).all()
print([(o.expr, o.dflt) for o in a])
print(inspect(A).column_attrs.keys(), inspect(A).attrs.expr.strategy_key)
print(A.expr, A.dflt, B.cdflt)
attempt(lambda: select(A.expr))
attempt(lambda: select(A.dflt))
attempt(lambda: session.execute(select(A.dflt)).all())
attempt(lambda: session.execute(select(A.expr)).all())
attempt(lambda: session.execute(select(A.id).where(A.dflt == 5)).all())
attempt(lambda: select(A.id).order_by(A.expr))
""",
    "populate": """
a = session.scalars(select(A).where(A.id == 1)).one()
print(a.expr)
a2 = session.scalars(select(A).where(A.id == 1).options(with_expression(A.expr, A.x + A.y))).one()
print(a.expr, a2 is a)
a2 = session.scalars(select(A).where(A.id == 1).options(with_expression(A.expr, A.x + A.y)).execution_options(populate_existing=True)).one()
print(a.expr, a2 is a)
session.refresh(a)
print(a.expr, d(a))
session.expire(a)
print(a.expr, d(a), a.x, d(a), a.expr)
session.refresh(a, ["expr"])
print(a.expr)
session.refresh(a, ["dflt"])
print(a.dflt, d(a))
session.expire(a, ["dflt"])
print(d(a), a.dflt)
session.expire(a, ["expr"])
print(d(a), a.expr)
session.commit()
print(d(a), a.dflt, a.expr, a.x, a.dflt, d(a))
""",
    "population by options": """
o = with_expression(A.expr, A.x + A.y)
a = session.scalars(select(A).where(A.id == 1).options(o)).one()
print(a.expr)
session.refresh(a)
print(a.expr)
session.expire(a)
print(a.expr, a.x, a.expr)
a = session.scalars(select(A).where(A.id == 1)).one()
print(a.expr)
a = session.scalars(select(A).where(A.id == 1).execution_options(populate_existing=True)).one()
print(a.expr, d(a))
a = session.scalars(select(A).where(A.id == 1).options(o).execution_options(populate_existing=True)).one()
print(a.expr, d(a))
session.expunge(a)
print(a.expr)
a = session.get(A, 1, options=[o])
print(a.expr)
session.expunge(a)
a = session.get(A, 1)
session.expunge(a)
print(a.expr)
""",
    "assigned values": """
a = session.get(A, 1)
a.expr = 5
print(a in session.dirty, inspect(a).attrs.expr.history, session.is_modified(a))
session.flush()
print(a.expr, d(a))
session.commit()
print(a.expr, a.x, a.expr)
a.x = 5
session.flush()
print(d(a), a.dflt)
n = A(id=7, expr=3, x=3)
session.add(n)
session.flush()
print(d(n), n.expr, n.dflt, d(n))
session.commit()
print(n.dflt, n.expr)
m = A(id=8, x=3)
print(m.expr, m.dflt, d(m))
session.add(m)
session.flush()
print(d(m), m.expr, m.dflt, d(m))
m.x = 4
m.dflt = 9
session.flush()
print(d(m), m.expr, m.dflt, d(m))
""",
    "relationship paths": """
r = session.scalars(select(A).options(selectinload(A.bs).with_expression(B.expr, B.p * 2)).order_by(A.id)).all()
print([[(b.expr, b.cdflt) for b in a.bs] for a in r])
session.expunge_all()
r = session.scalars(select(A).options(joinedload(A.bs).with_expression(B.expr, B.p * 2)).order_by(A.id)).unique().all()
print([[(b.expr, b.cdflt) for b in a.bs] for a in r])
session.expunge_all()
r = session.scalars(select(A).options(defaultload(A.bs).with_expression(B.expr, B.p * 3)).order_by(A.id)).unique().all()
print([[(b.expr, b.cdflt) for b in a.bs] for a in r])
session.expunge_all()
r = session.scalars(select(A).options(subqueryload(A.bs).options(with_expression(B.expr, B.p * 4))).order_by(A.id)).unique().all()
print([[(b.expr, b.cdflt) for b in a.bs] for a in r])
session.expunge_all()
r = session.scalars(select(A).join(A.bs).options(contains_eager(A.bs).options(with_expression(B.expr, B.p * 4))).order_by(A.id, B.id)).unique().all()
print([[(b.expr, b.cdflt) for b in a.bs] for a in r])
session.expunge_all()
r = session.scalars(select(B).options(joinedload(B.a).options(with_expression(A.expr, A.x * 4))).order_by(B.id)).unique().all()
print([b.a.expr for b in r])
session.expunge_all()
r = session.scalars(select(A).options(joinedload(A.bs).with_expression(B.expr, B.p * 2)).order_by(A.id).limit(1)).unique().all()
print([[(b.expr, b.cdflt) for b in a.bs] for a in r])
session.expunge_all()
r = session.scalars(select(A).options(joinedload(A.bs), with_expression(A.expr, A.x * 2)).order_by(A.id).limit(1)).unique().all()
print([(a.expr, [(b.expr, b.cdflt) for b in a.bs]) for a in r])
""",
    "aliased": """
a1 = aliased(A)
r = session.scalars(select(a1).options(with_expression(a1.expr, a1.x * 7)).order_by(a1.id)).all()
print([(a.expr, a.dflt) for a in r])
session.expunge_all()
sub = select(A).where(A.id > 1).subquery()
a2 = aliased(A, sub)
r = session.scalars(select(a2).options(with_expression(a2.expr, a2.x * 7)).order_by(a2.id)).all()
print([(a.expr, a.dflt) for a in r])
session.expunge_all()
b1 = aliased(B)
r = session.scalars(select(b1).options(with_expression(b1.expr, b1.p * 7)).order_by(b1.id)).all()
print([(a.expr, a.cdflt) for a in r])
session.expunge_all()
r = session.scalars(select(A).options(joinedload(A.bs.of_type(b1)).with_expression(b1.expr, b1.p * 2)).order_by(A.id)).unique().all()
print([[(b.expr, b.cdflt) for b in a.bs] for a in r])
""",
    "union": """
s1 = select(A).where(A.id == 1)
s2 = select(A).where(A.id == 2)
u = union_all(s1, s2).order_by("id")
o = with_expression(A.expr, A.x + A.y)
r = session.scalars(select(A).from_statement(u).options(o)).all()
print([a.expr for a in r])
session.expunge_all()
q1 = session.query(A).options(o).filter(A.id == 1)
q2 = session.query(A).options(with_expression(A.expr, A.x * 100)).filter(A.id == 2)
r = q1.union_all(q2).order_by(A.id).all()
print([(a.expr, a.dflt) for a in r])
session.expunge_all()
r = q1.union(q2).options(with_expression(A.expr, A.x * 7)).order_by(A.id).all()
print([(a.expr, a.dflt) for a in r])
session.expunge_all()
sub = select(A).options(o).subquery()
a2 = aliased(A, sub)
print(sub.c.keys())
r = session.scalars(select(a2).order_by(a2.id)).all()
print([(a.expr, a.dflt) for a in r])
session.expunge_all()
r = session.scalars(select(A).from_statement(text("select id, x, y, 42 as foo from a order by id").columns(A.id, A.x, A.y, column("foo", Integer)))).all()
print([(a.expr) for a in r])
session.expunge_all()
foo = column("foo", Integer)
r = session.scalars(select(A).from_statement(text("select id, x, y, 42 as foo from a order by id").columns(A.id, A.x, A.y, foo)).options(with_expression(A.expr, foo))).all()
print([(a.expr) for a in r])
""",
    "errors": """
attempt(lambda: session.execute(select(A).options(with_expression(A.x, A.y))).scalars().first().x)
session.expunge_all()
attempt(lambda: session.execute(select(A).options(with_expression("expr", A.y))).all())
attempt(lambda: session.execute(select(A).options(with_expression(A.bs, A.y))).all())
attempt(lambda: session.execute(select(A).options(with_expression(A.expr, 5))).scalars().first().expr)
attempt(lambda: session.execute(select(A).options(with_expression(A.expr, "x"))).scalars().first().expr)
session.expunge_all()
attempt(lambda: session.execute(select(A).options(with_expression(A.expr, A.x), with_expression(A.expr, A.y))).scalars().first().expr)
session.expunge_all()
attempt(lambda: session.execute(select(A).options(undefer(A.expr))).scalars().first().expr)
session.expunge_all()
attempt(lambda: session.execute(select(A).options(defer(A.dflt))).scalars().first().dflt)
session.expunge_all()
attempt(lambda: session.execute(select(A).options(load_only(A.x))).scalars().first().dflt)
session.expunge_all()
attempt(lambda: session.execute(select(A).options(load_only(A.x), with_expression(A.expr, A.y))).scalars().first().expr)
session.expunge_all()
attempt(lambda: session.execute(select(A).options(load_only(A.x, A.expr))).scalars().first().expr)
attempt(lambda: select(B).options(with_expression(A.expr, A.y)))
attempt(lambda: session.execute(select(B).options(with_expression(A.expr, A.y))).all())
""",
    "inheritance": """
r = session.scalars(select(P).options(with_expression(P.expr, P.id * 2)).order_by(P.id)).all()
print([(p.expr, d(p)) for p in r])
session.expunge_all()
r = session.scalars(select(Q).options(with_expression(Q.expr, Q.z * 2), with_expression(Q.sub, Q.z * 3)).order_by(P.id)).all()
print([(p.expr, p.sub, d(p)) for p in r])
session.expunge_all()
w = with_polymorphic(P, "*")
r = session.scalars(select(w).options(with_expression(w.expr, w.id * 2), with_expression(w.Q.sub, w.Q.z * 3)).order_by(w.id)).all()
print([(p.expr, d(p)) for p in r])
""",
    "kinds of expressions": """
r = session.scalars(select(A).options(with_expression(A.expr, select(func.count(B.id)).where(B.a_id == A.id).scalar_subquery())).order_by(A.id)).all()
print([a.expr for a in r])
session.expunge_all()
stmt = select(A).join(B).group_by(A.id).options(with_expression(A.expr, func.count(B.id))).order_by(A.id)
print([a.expr for a in session.scalars(stmt)])
session.expunge_all()
for n in (1, 2, 3):
    print([a.expr for a in session.scalars(select(A).options(with_expression(A.expr, A.x + n)).order_by(A.id)).all()])
    session.expunge_all()
print([a.expr for a in session.query(A).options(with_expression(A.expr, A.x + bindparam("q"))).order_by(A.id).params(q=7)])
session.expunge_all()
print(session.execute(select(A, A.x).options(with_expression(A.expr, A.x + A.y)).order_by(A.id)).all()[0][0].expr)
session.expunge_all()
print([a.expr for a in session.scalars(select(A).options(with_expression(A.expr, literal("x"))).order_by(A.id)).all()])
session.expunge_all()
print([a.expr for a in session.scalars(select(A).options(with_expression(A.expr, func.current_date() > literal("x"))).order_by(A.id)).all()])
session.expunge_all()
print([a.expr for a in session.scalars(select(A).options(with_expression(A.expr, A.x)).order_by(A.id)).all()])
session.expunge_all()
for value in (literal(datetime.date(2024, 1, 2)), cast(A.x, Numeric(5, 2)), type_coerce(A.x, Doubled), literal_column("7.5", Float)):
    print([a.expr for a in session.scalars(select(A).options(with_expression(A.expr, value)).order_by(A.id)).all()])
    session.expunge_all()
    print([a.expr for a in session.scalars(select(P).options(with_expression(P.expr, value)).order_by(P.id)).all()] if isinstance(value, BindParameter) else "")
    session.expunge_all()
session.expunge_all()
stmt = select(A).options(with_expression(A.expr, A.x + A.y)).order_by(A.expr)
attempt(lambda: [a.expr for a in session.scalars(stmt)])
""",
    "with deferred columns": """
opt = with_expression(A.expr, A.x + A.y)
a = session.scalars(select(A).options(opt, defer(A.y))).first()
print(sorted(inspect(a).unloaded))
""",
    "no criteria hold within": """
one = with_loader_criteria(A, A.x == 1)
other = select(func.count(A.id)).correlate(None).scalar_subquery()
for expr in (other, A.x + other, select(other).scalar_subquery()):
    print([a.expr for a in session.scalars(select(A).options(with_expression(A.expr, expr), one))])
    session.expunge_all()
    print([tuple(row) for row in session.execute(select(A.id, expr).options(one))])
""",
    "streams and queries": """
for a in session.scalars(select(A).options(with_expression(A.expr, A.x + A.y)).order_by(A.id).execution_options(yield_per=1)):
    print(a.expr)
session.expunge_all()
print(session.query(A).options(with_expression(A.expr, A.x + A.y)).filter(A.x > 1).count())
print(session.query(A).options(with_expression(A.expr, A.x + A.y)).order_by(A.id).first().expr)
print(session.query(A).options(Load(A).with_expression(A.expr, A.x + A.y)).order_by(A.id).populate_existing().first().expr)
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compare(MODELS + PROGRAMS[name])
