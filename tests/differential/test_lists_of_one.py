"""Relationships whose many-to-one side is a list, and loads that a NULL does not settle."""

from __future__ import annotations

import pytest

from .harness import Peer, Programs, compare

program = Programs()


@program
def many_to_one_as_a_list(p: Peer):
    """What was added last is what the foreign key says."""

    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        b_id = p.Column(p.ForeignKey("b.id"))
        bs = p.relationship("B", uselist=True)

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)

    with p.session() as s:
        a = A(bs=[B()])
        s.add(a)
        s.commit()
        p.show(a.b_id, len(a.bs), a.bs[0].id)
        a.bs = []
        s.commit()
        p.show(a.b_id)
        a.bs.append(B())
        s.commit()
        a.bs.append(B())
        s.commit()
        p.show(a.b_id)
        for load in p.joinedload, p.selectinload, p.subqueryload:
            s.expire_all()
            p.show([[b.id for b in x.bs] for x in s.query(A).options(load(A.bs))])
        a.bs.remove(a.bs[0])
        s.commit()
        p.show(a.b_id, a.bs)
        other = p.orm.Session(s.get_bind())
        stranger = other.get(B, 1)
        with s.no_autoflush:
            p.inspect(A).attrs.bs.cascade = "none"
            a.bs.append(stranger)
            p.error(s.commit)
        s.rollback()
        p.show(a.b_id)
        other.close()


@program
def list_of_one_itself(p: Peer):
    """Rows that refer to each other are ordered by such a list as well."""

    class Node(p.Base):
        __tablename__ = "node"
        id = p.Column(p.Integer, primary_key=True)
        above_id = p.Column(p.ForeignKey("node.id"))
        above = p.relationship("Node", remote_side=[id], uselist=True)

    with p.session() as s:
        top, middle, low = Node(id=3), Node(id=2), Node(id=1)
        low.above.append(middle)
        middle.above.append(top)
        s.add(low)
        s.commit()
        p.show([(n.id, n.above_id) for n in s.query(Node).order_by(Node.id)])
        s.delete(middle)
        low.above = [top]
        s.commit()
        p.show([(n.id, n.above_id) for n in s.query(Node).order_by(Node.id)])


@program
def conditions_that_null_fulfils(p: Peer):
    """An object with a row asks the database even with NULL: the condition may be about it."""

    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        code = p.Column(p.String)
        near = p.relationship("B", primaryjoin="foreign(A.code) == B.code", uselist=False)
        same = p.relationship(
            "B", primaryjoin="foreign(A.code).is_not_distinct_from(B.code)", viewonly=True
        )
        every = p.relationship(
            "B",
            primaryjoin="or_(A.code == foreign(B.code), foreign(B.code).is_(None))",
            viewonly=True,
            uselist=True,
        )

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        code = p.Column(p.String)

    with p.session() as s:
        a = A(id=1)
        s.add_all([a, B(id=1), B(id=2, code="c")])
        s.commit()
        p.show(a.near, a.same and a.same.id, [b.id for b in a.every])
        pending = A(id=2)
        s.add(pending)
        with s.no_autoflush:
            p.show(pending.near, pending.same, pending.every)


@program
def always_refreshed(p: Peer):
    """`always_refresh`: each row that comes is what the object then is, and get() asks anew."""

    class A(p.Base):
        __tablename__ = "a"
        __mapper_args__ = {"always_refresh": True}
        id = p.Column(p.Integer, primary_key=True)
        x = p.Column(p.String)

    p.show(p.inspect(A).always_refresh)
    with p.session() as s:
        a = A(id=1, x="a")
        s.add_all([a, A(id=2, x="other")])
        s.commit()
        p.show(a.x)
        s.execute(p.update(A.__table__).values(x="b"))
        p.show([o.x for o in s.query(A).order_by(A.id)], a.x)
        a.x = "lost"
        with s.no_autoflush:
            p.show(s.query(A).filter_by(id=1).one().x, a in s.dirty)
        s.execute(p.update(A.__table__).values(x="c"))
        p.show(s.get(A, 1).x, s.get(p.inspect(A), 1) is a)
        rows = s.execute(p.select(A, A.__table__.alias().c.id).order_by(A.id)).all()
        p.show([(row[0].x, row[1]) for row in rows])
        s.rollback()
        p.show(s.get(A, 1).x, s.get(A, 1) is a)


@pytest.mark.parametrize("program", program.registered)
def test_lists_of_one(program) -> None:
    compare(program)
