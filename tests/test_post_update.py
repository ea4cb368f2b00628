"""`post_update` where SQLAlchemy 2.0.58 loses the change."""

from __future__ import annotations

from cormorant import Column, ForeignKey, Integer, create_engine, text
from cormorant.orm import Session, declarative_base, relationship


def test_a_member_taken_out_is_let_go() -> None:
    base = declarative_base()

    class A(base):  # type: ignore[misc, valid-type]
        __tablename__ = "a"
        id = Column(Integer, primary_key=True)
        bs = relationship("B", primaryjoin="A.id == B.a_id", post_update=True)
        b_id = Column(Integer, ForeignKey("b.id"))
        b = relationship("B", primaryjoin="A.b_id == B.id")

    class B(base):  # type: ignore[misc, valid-type]
        __tablename__ = "b"
        id = Column(Integer, primary_key=True)
        a_id = Column(Integer, ForeignKey("a.id", use_alter=True, name="x"))

    engine = create_engine("sqlite://")
    base.metadata.create_all(engine)
    with Session(engine) as session:
        a = A(bs=[B(), B()])
        a.b = a.bs[0]
        session.add(a)
        session.commit()
        del a.bs[1]
        session.commit()
        assert session.execute(text("select * from b")).all() == [(1, 1), (2, None)]
        assert not session.dirty
