"""INSERT, UPDATE and DELETE of mapped classes: values, RETURNING, names of schemas."""

from __future__ import annotations

import pytest

from .harness import compare

MODELS = """
from sqlalchemy import *
from sqlalchemy.orm import *
import datetime, decimal, enum
from typing import Optional

class Color(enum.Enum):
    red = 1
    blue = 2
class Up(TypeDecorator):
    impl = String
    cache_ok = True
    def process_bind_param(self, value, dialect):
        return value and value.upper()
    def process_result_value(self, value, dialect):
        return value and value + "!"
class Base(DeclarativeBase):
    pass
class P(Base):
    __tablename__ = "p"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[Optional[str]]
    xx: Mapped[Optional[int]] = mapped_column("x")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "p"}
class S(P):
    __tablename__ = "s"
    id: Mapped[int] = mapped_column(ForeignKey("p.id"), primary_key=True)
    v: Mapped[Optional[int]]
    w: Mapped[Optional[int]] = mapped_column("ww")
    __mapper_args__ = {"polymorphic_identity": "s"}
class T(Base):
    __tablename__ = "t"
    id: Mapped[int] = mapped_column(primary_key=True)
    d: Mapped[Optional[datetime.date]]
    n: Mapped[Optional[decimal.Decimal]]
    c: Mapped[Optional[Color]]
    u: Mapped[Optional[str]] = mapped_column("uu", Up)
    j: Mapped[Optional[dict]] = mapped_column(JSON)
engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
session = Session(engine)
session.add_all([P(id=1, name="a", xx=1), S(id=2, name="b", xx=2, v=3, w=4), S(id=3, name="c", xx=5, v=6, w=7)])
session.commit()
session.close()
def attempt(function):
    try:
        with session.begin_nested():
            print(function())
    except Exception as error:
        print(type(error).__name__, str(error).split("[SQL")[0])
"""

PROGRAMS = {
    "changes of a hierarchy": """
attempt(lambda: session.execute(update(P).where(P.id == 2).values(name="z").returning(P.id, P.name, (P.xx + 1).label("q"))).all())
attempt(lambda: session.execute(update(P).values(xx=P.xx + 1).returning(P)).scalars().all()[0].xx)
attempt(lambda: session.execute(update(S).where(S.v == 3).values(v=9).returning(S.v)).all())
attempt(lambda: session.execute(update(S).where(S.v == 9).values(v=10).returning(S.id, S.v + 1)).all())
attempt(lambda: session.execute(update(S).where(S.v == 9).values(v=10)).rowcount)
attempt(lambda: session.execute(update(S).where(S.w == 4).values(w=10, v=11)).rowcount)
attempt(lambda: session.execute(update(S).where(S.id == 2).values(name="q")).rowcount)
attempt(lambda: session.execute(update(S).where(S.name == "q").values(v=10)).rowcount)
attempt(lambda: session.execute(update(S).values(v=12).returning(S)).scalars().all())
attempt(lambda: session.execute(update(S).values(v=13).returning(S.name)).all())
attempt(lambda: session.execute(delete(S).where(S.v > 5).returning(S.id, S.v)).all())
attempt(lambda: session.execute(delete(P).where(P.id == 1).returning(P.name)).all())
""",
    "insert values": """
attempt(lambda: session.execute(insert(T).values([{"id": 1, "d": datetime.date(2024, 1, 2), "n": decimal.Decimal("1.5"), "c": Color.red, "u": "abc", "j": {"a": 1}}, {"id": 2, "d": None, "n": None, "c": Color.blue, "u": None, "j": {}}])) and 1)
print([(t.id, t.d, t.n, t.c, t.u, t.j) for t in session.scalars(select(T).order_by(T.id))])
attempt(lambda: session.execute(insert(T).values({"d": datetime.date(2024, 1, 2), "c": Color.blue, "u": "z"}).returning(T.id, T.c, T.u)).all())
attempt(lambda: session.execute(insert(T).values([{T.d: datetime.date(2024, 1, 2), T.c: Color.blue, T.u: "z"}]).returning(T.id, T.c, T.u)).all())
attempt(lambda: [(t.id, t.c, t.u) for t in session.scalars(insert(T).returning(T), [{"c": Color.red, "u": "b"}, {"c": Color.blue, "u": "x"}])])
attempt(lambda: session.execute(insert(T).returning(T.id, T.u), [{"c": Color.red, "u": "b"}, {"c": Color.blue, "u": "x"}]).all())
attempt(lambda: session.execute(insert(T).returning(T.id, T.d, func.upper(T.u)), [{"c": Color.red, "u": "b"}, {"d": datetime.date(2024, 5, 6), "u": "x"}]).all())
attempt(lambda: [type(x).__name__ for x in session.scalars(insert(S).returning(S), [{"name": "q", "v": 3, "w": 4}, {"name": "r", "v": 5}])])
attempt(lambda: session.execute(insert(S).returning(S.id, S.v), [{"name": "q", "v": 3, "w": 4}, {"name": "r", "v": 5}]).all())
attempt(lambda: session.execute(insert(S).returning(S.id, S.name, S.v), [{"name": "q", "v": 3}]).all())
session.execute(insert(S), [{"name": "q", "v": 3}, {"name": "q2", "v": 4, "xx": 7}])
attempt(lambda: session.execute(insert(P).values(name="x", kind="p", xx=5).returning(P.id)).all())
attempt(lambda: session.execute(insert(P).values(name="x", kind="p", xx=P.id + 5)).rowcount)
print(session.execute(select(P.id, P.kind, P.name, P.xx).order_by(P.id)).all())
print(session.execute(select(S.id, S.v, S.w).order_by(S.id)).all())
""",
    "statements by themselves": """
print(insert(P).values(xx=5), insert(P).values([{"xx": 5}, {"xx": 6}]), update(P).values(xx=6), update(S).values(w=5))
print(update(P).values({P.xx: 6}), update(P).where(P.xx == 5).values(xx=P.xx + 1))
attempt(lambda: str(update(P).values(nothing=6)))
attempt(lambda: str(insert(P).values(nothing=6)))
print(insert(P).from_select(["name"], select(S.name)))
attempt(lambda: session.execute(insert(P).from_select(["kind", "x"], select(S.name, S.v))).rowcount)
print(delete(S), update(S).values(v=5).returning(S.v))
""",
    "refresh for update": """
o = session.get(P, 1)
session.refresh(o, with_for_update=True)
session.refresh(o, with_for_update={"nowait": True})
o = session.get(P, 2)
session.refresh(o, with_for_update=True)
session.refresh(o, ["name"], with_for_update={"read": True})
o = session.get(S, 3, with_for_update=True)
o = session.get(P, 1, with_for_update={"skip_locked": True})
session.expire(o)
session.refresh(o, with_for_update=True)
o.name = "dirty"
session.refresh(o, with_for_update=True)
print(o.name)
""",
    "names of schemas": """
if engine.name == "postgresql":
    with engine.begin() as c:
        c.exec_driver_sql("drop schema if exists tr cascade")
        c.exec_driver_sql("create schema tr")
else:
    with engine.connect() as c:
        c.exec_driver_sql("attach database ':memory:' as tr")
        c.commit()
e2 = engine.execution_options(schema_translate_map={None: "tr"})
Base.metadata.create_all(e2, checkfirst=False)
s2 = Session(e2)
s2.add_all([P(id=10, name="in tr"), S(id=11, name="s in tr", v=1)])
s2.commit()
print([(p.id, p.name) for p in s2.scalars(select(P).order_by(P.id))])
print(s2.get(S, 11).v)
s2.execute(update(P).where(P.id == 10).values(name="u"))
s2.execute(delete(P).where(P.id == 99))
s2.commit()
s2.close()
s3 = Session(engine)
c = s3.connection(execution_options={"schema_translate_map": {None: "tr"}})
print([(p.id, p.name) for p in s3.scalars(select(P).order_by(P.id))])
x = s3.get(P, 10)
x.name = "w"
s3.commit()
print([(p.id, p.name) for p in s3.scalars(select(P).order_by(P.id))])
s3.rollback()
with engine.connect().execution_options(schema_translate_map={None: "tr"}) as c:
    s4 = Session(bind=c)
    print(s4.scalar(select(func.count(P.id))))
    s4.add(T(id=5, c=Color.red))
    s4.flush()
    print(s4.get(T, 5).c)
    s4.rollback()
s4.close()
if engine.name == "postgresql":
    s3.close()
    with engine.begin() as c:
        c.exec_driver_sql("drop schema tr cascade")
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compare(MODELS + PROGRAMS[name])
