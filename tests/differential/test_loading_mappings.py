"""Loading with mappings of every kind: strategies of the mapping, self-references, keys of
other types, SQL expressions. Each program evaluates lines on both packages; results and
the statements of each line must agree (their order is free where SQLAlchemy leaves it).
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from .harness import Outcome, Peer, Programs, run

program = Programs()


def _shown(p: Peer, value: Any) -> Any:
    if isinstance(value, p.orm.Query):
        value = value.all()
    if type(value).__name__ == "InstrumentedList" or (
        isinstance(value, (list, tuple)) and type(value).__module__ == "builtins"
    ):
        return [_shown(p, member) for member in value]
    if hasattr(type(value), "__mapper__"):
        loaded = []
        for name, member in sorted(vars(value).items()):
            if name.startswith("_"):
                continue
            related = hasattr(type(member), "__mapper__")
            kind = type(member).__name__
            loaded.append((name, kind if related or kind == "InstrumentedList" else str(member)))
        return f"{type(value).__name__}{loaded}"
    return str(value) if hasattr(value, "compile") else repr(value)


def evaluate(p: Peer, names: dict[str, Any], lines: str) -> None:
    """Evaluate each line in a session emptied before."""
    session = names["s"]
    for line in lines.strip().split("\n"):
        session.rollback()
        session.expunge_all()
        p.mark(line.strip())
        try:
            p.show(line.strip(), _shown(p, eval(line.strip(), names)))
        except Exception as error:
            p.show(line.strip(), type(error).__name__, str(error))


@program
def strategies_of_the_mapping(p: Peer) -> None:
    C, Int, F, R = p.Column, p.Integer, p.ForeignKey, p.relationship

    class A(p.Base):
        __tablename__ = "a"
        id = C(Int, primary_key=True)
        name = C("full_name", p.String)
        bs = R("B", lazy="joined", back_populates="a", order_by="desc(B.id)")
        cs = R("C_", lazy="selectin")
        ds = R("D", lazy="subquery")
        es = R("E", lazy="immediate")
        fs = R("F_", lazy="noload")
        hs = R("H", lazy="raise")

    class B(p.Base):
        __tablename__ = "b"
        id = C(Int, primary_key=True)
        a_id = C(F("a.id"))
        a = R("A", lazy="joined", back_populates="bs")

    class C_(p.Base):
        __tablename__ = "c"
        id = C(Int, primary_key=True)
        a_id = C(F("a.id"), nullable=False)
        a = R("A", lazy="joined", innerjoin=True, overlaps="cs")

    class D(p.Base):
        __tablename__ = "d"
        id = C(Int, primary_key=True)
        a_id = C(F("a.id"))

    class E(p.Base):
        __tablename__ = "e"
        id = C(Int, primary_key=True)
        a_id = C(F("a.id"))

    class F_(p.Base):
        __tablename__ = "f"
        id = C(Int, primary_key=True)
        a_id = C(F("a.id"))

    class H(p.Base):
        __tablename__ = "h"
        id = C(Int, primary_key=True)
        a_id = C(F("a.id"))

    s = p.session()
    for i in (1, 2):
        s.add(A(id=i, name=f"n{i}"))
        s.flush()
        for cls in (B, C_, D, E, F_, H):
            for _ in range(2):
                s.add(cls(a_id=i))
                s.flush()
    s.commit()
    evaluate(
        p,
        {"p": p, "s": s, "q": s.query, "A": A, "B": B, "C_": C_, "select": p.select},
        """
        q(A).order_by(A.id).all()
        q(A.name).all()
        q(A).filter_by(name='n1').all()
        q(A).filter(A.name=='n1').first()
        q(B).order_by(B.id).all()
        q(C_).order_by(C_.id).all()
        s.get(A,1)
        s.get(B,1)
        s.get(C_,1).a
        q(A).options(p.lazyload('*')).all()
        q(A).options(p.lazyload(A.bs)).all()[0].bs
        s.get(A,1).fs
        s.get(A,1).hs
        s.execute(select(A.name).order_by(A.name)).keys()
        s.execute(select(A).options(p.noload('*'))).scalars().all()
        q(B).limit(1).all()
        q(A).limit(1).all()
        select(A).subquery().c.keys()
        q(p.aliased(A)).all()
        q(A).options(p.defer(A.name)).order_by(A.id).first().name
        """,
    )


@program
def self_references(p: Peer) -> None:
    C, Int, F, R = p.Column, p.Integer, p.ForeignKey, p.relationship

    class N(p.Base):
        __tablename__ = "n"
        id = C(Int, primary_key=True)
        parent_id = C(F("n.id"))
        kids = R("N", lazy="joined", join_depth=2, backref=p.backref("parent", remote_side=[id]))

    class M(p.Base):
        __tablename__ = "m"
        id = C(Int, primary_key=True)
        parent_id = C(F("m.id"))
        kids = R("M", lazy="selectin", join_depth=2)

    class K(p.Base):
        __tablename__ = "k"
        id = C(Int, primary_key=True)
        parent_id = C(F("k.id"))
        kids = R("K", lazy="joined")

    knows = p.Table(
        "knows",
        p.Base.metadata,
        C("a", F("people.id"), primary_key=True),
        C("b", F("people.id"), primary_key=True),
    )

    class P(p.Base):
        __tablename__ = "people"
        id = C(Int, primary_key=True)
        name = C(p.String)
        friends = R(
            "P",
            secondary=knows,
            primaryjoin=id == knows.c.a,
            secondaryjoin=id == knows.c.b,
            backref="of",
            order_by="P.id",
        )

    s = p.session()
    for i, parent in ((1, None), (2, 1), (3, 1), (4, 2), (5, 4), (6, 5)):
        for cls in (N, M, K):
            s.add(cls(id=i, parent_id=parent))
            s.flush()
    for i in range(1, 5):
        s.add(P(id=i, name=f"p{i}"))
        s.flush()
    for a, b in ((1, 2), (1, 3), (2, 1), (3, 4)):
        s.execute(knows.insert().values(a=a, b=b))
    s.commit()
    names = {"p": p, "s": s, "q": s.query, "N": N, "M": M, "K": K, "P": P, "PA": p.aliased(P)}
    evaluate(
        p,
        {**names, "jl": p.joinedload, "sl": p.selectinload},
        """
        q(N).filter(N.id==1).all()
        q(N).order_by(N.id).all()
        s.get(N,5).parent
        q(M).filter(M.id==1).all()
        q(K).order_by(K.id).all()
        s.get(K,1).kids[0].kids
        [x.friends for x in q(P).order_by(P.id)]
        [x.of for x in q(P).order_by(P.id)]
        q(P).options(jl(P.friends)).order_by(P.id).all()
        q(P).options(sl(P.friends)).order_by(P.id).all()
        q(P).options(p.subqueryload(P.friends)).order_by(P.id).all()
        q(P).options(jl(P.friends).joinedload(P.friends)).order_by(P.id).all()
        q(P).options(sl(P.friends).selectinload(P.of)).order_by(P.id).all()
        q(P).join(PA, P.friends).filter(PA.name=='p1').all()
        q(P).join(P.friends.of_type(PA)).filter(PA.name=='p2').all()
        q(P).filter(P.friends.any(P.name=='p2')).all()
        q(P).filter(P.friends.contains(s.get(P,2))).all()
        q(P).join(P.friends)
        q(N).join(N.kids)
        q(N).options(p.lazyload('*')).filter(N.kids.any()).all()
        q(N).options(p.lazyload(N.kids)).filter(N.parent.has(id=1)).order_by(N.id).all()
        """,
    )


@program
def keys_and_types(p: Peer) -> None:
    C, F, R = p.Column, p.ForeignKey, p.relationship

    class U(p.Base):
        __tablename__ = "u"
        id = C(p.Uuid, primary_key=True)
        name = C(p.String)
        when = C(p.DateTime)
        flag = C(p.Boolean)
        amount = C(p.Numeric(10, 2))
        data = C(p.JSON)
        items = R("Item", back_populates="u")

    class Item(p.Base):
        __tablename__ = "items"
        code = C(p.String, primary_key=True)
        u_id = C(F("u.id"))
        u = R("U", back_populates="items")

    class Day(p.Base):
        __tablename__ = "days"
        d = C(p.Date, primary_key=True)
        note = C(p.String)

    s = p.session()
    u1, u2 = uuid.UUID(int=1), uuid.UUID(int=2)
    when = datetime.datetime(2020, 1, 2, 3, 4, 5)
    s.add(U(id=u1, name="a", when=when, flag=True, amount=1, data={"x": [1]}))
    s.add(U(id=u2, name="b"))
    s.flush()
    for code in "xyz":
        s.add(Item(code=code, u_id=u1 if code < "z" else u2))
        s.flush()
    s.add(Day(d=datetime.date(2020, 1, 1), note="n"))
    s.commit()
    names = {"p": p, "s": s, "q": s.query, "U": U, "Item": Item, "Day": Day, "u1": u1}
    evaluate(
        p,
        {
            **names,
            "jl": p.joinedload,
            "sl": p.selectinload,
            "date": datetime.date,
            "func": p.func,
            "text": p.text,
            "select": p.select,
        },
        """
        s.get(U,u1)
        s.get(U,u1).items
        s.get(Item,'x').u
        s.get(Item,'nope')
        s.get(Day,date(2020,1,1))
        q(U).options(sl(U.items)).order_by(U.name).all()
        q(U).options(jl(U.items)).order_by(U.name).all()
        q(Item).options(sl(Item.u)).order_by(Item.code).all()
        q(Item).options(jl(Item.u)).order_by(Item.code).all()
        q(U.id, U.when, U.flag, U.amount, U.data).order_by(U.name).all()
        q(U).filter(U.id.in_([u1])).all()
        q(U, U.data).all()
        q(U.data, U.name).distinct().all()
        q(U.data, U).all()
        [(u, u.items) for u in q(U).order_by(U.name)]
        q(func.max(U.when)).scalar()
        s.scalars(select(U).from_statement(text('select * from u order by name'))).all()
        (lambda u: [s.expire(u), u.when])(s.get(U,u1))
        (lambda u: [s.expire(u,['data']), u.data])(s.get(U,u1))
        """,
    )


@program
def sql_expressions(p: Peer) -> None:
    C, Int, F, R = p.Column, p.Integer, p.ForeignKey, p.relationship

    class T(p.Base):
        __tablename__ = "t"
        id = C(Int, primary_key=True)
        first = C(p.String)
        last = C(p.String)
        g = C(F("g.id"))
        full = p.column_property(first + " " + last)
        size = p.column_property(p.func.length(first), deferred=True)
        nick = p.synonym("first")
        group = R("G", back_populates="ts")

    class G(p.Base):
        __tablename__ = "g"
        id = C(Int, primary_key=True)
        ts = R("T", back_populates="group", order_by=lambda: (T.last.desc(), T.first))
        one = R("T", uselist=False, viewonly=True)
        big = R(
            "T",
            primaryjoin=lambda: p.and_(G.id == p.foreign(T.g), T.first > "b"),
            viewonly=True,
        )

    count = p.select(p.func.count(T.id)).where(T.g == G.id).correlate_except(T)
    G.n = p.column_property(count.scalar_subquery())
    s = p.session()
    for i in (1, 2):
        s.add(G(id=i))
        s.flush()
    for a, b, g in (("a", "z", 1), ("b", "y", 1), ("c", "z", 1), ("d", "x", 2)):
        s.add(T(first=a, last=b, g=g))
        s.flush()
    s.commit()
    names = {"p": p, "s": s, "q": s.query, "T": T, "G": G, "TA": p.aliased(T)}
    evaluate(
        p,
        {**names, "jl": p.joinedload, "sl": p.selectinload},
        """
        q(T).order_by(T.id).all()
        q(T).filter(T.full=='a z').all()
        q(T.full).order_by(T.full).all()
        q(T).order_by(T.id).first().size
        q(T).options(p.undefer(T.size)).order_by(T.id).all()
        q(T).filter(T.nick=='a').all()
        q(T).filter_by(nick='a').one().nick
        q(TA).filter(TA.full=='a z').all()
        q(G).order_by(G.id).all()
        q(G).filter(G.n>1).all()
        s.get(G,1)
        s.get(G,1).ts
        s.get(G,1).big
        s.get(G,2).one
        s.get(G,1).one
        q(G).options(jl(G.ts)).order_by(G.id).all()
        q(G).options(sl(G.ts)).order_by(G.id).all()
        q(G).options(sl(G.big)).order_by(G.id).all()
        q(G).options(jl(G.big)).order_by(G.id).all()
        q(G).options(jl(G.ts)).limit(1).all()
        q(T).options(jl(T.group)).order_by(T.id).all()
        q(T).options(sl(T.group)).order_by(T.id).all()
        q(G).join(G.big).order_by(G.id).all()
        q(G).filter(G.big.any()).order_by(G.id).all()
        (lambda t: [s.expire(t), t.full])(s.get(T,1))
        s.refresh(s.get(T,1))
        q(T).options(p.load_only(T.first)).order_by(T.id).first()
        q(T).options(p.defer(T.full)).order_by(T.id).first().full
        q(T).update({T.first: T.first+'!'})
        q(G).options(jl(G.ts)).order_by(G.n).limit(1).all()
        """,
    )


def _statements(outcome: Outcome) -> dict[str, list[tuple[str, str]]]:
    """The statements of each line with their parameters."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for text in outcome.sql:
        if text.startswith("-- "):
            lines = found.setdefault(text, [])
        elif text.startswith("["):
            lines.append(text[text.index("] ") + 2 :])
        elif not text.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            lines.append(text)
    return {
        line: sorted(zip(texts[::2], texts[1::2], strict=True)) for line, texts in found.items()
    }


@pytest.mark.parametrize("function", program.registered)
def test_program(function: Callable[[Peer], None]) -> None:
    peer, ours = run(function, "sqlalchemy"), run(function, "cormorant")
    assert peer.error is None
    assert ours.error is None
    assert ours.shown == peer.shown
    assert _statements(ours) == _statements(peer)
