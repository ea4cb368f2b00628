"""Cascades of deletion and orphans, seen from the database."""

from __future__ import annotations

import pytest

import cormorant as ca
from cormorant.orm import Session, declarative_base, relationship

from .session_models import blog, state


def rows(b):
    with b.engine.connect() as c:
        return c.execute(ca.text("select title, user_id from posts order by id")).all()


@pytest.fixture(params=["", "all", "all, delete-orphan"])
def saved(request):
    b = blog(cascade=request.param) if request.param else blog()
    b.cascade = request.param
    b.user = b.User(name="x", posts=[b.Post(title="1"), b.Post(title="2")])
    b.session.add(b.user)
    b.session.commit()
    return b


def test_delete_parent(saved):
    posts = list(saved.user.posts)
    saved.session.delete(saved.user)
    saved.session.commit()
    if saved.cascade:
        assert rows(saved) == []
        assert [state(x) for x in posts] == ["detached", "detached"]
    else:
        assert rows(saved) == [("1", None), ("2", None)]


def test_remove_child(saved):
    post = saved.user.posts.pop(0)
    saved.session.commit()
    if "orphan" in saved.cascade:
        assert rows(saved) == [("2", 1)]
        assert state(post) == "detached"
    else:
        assert rows(saved) == [("1", None), ("2", 1)]


def test_replace_collection(saved):
    saved.user.posts = [saved.Post(title="3")]
    saved.session.commit()
    left = [r[0] for r in rows(saved)]
    assert left == (["3"] if "orphan" in saved.cascade else ["1", "2", "3"])
    assert [x.title for x in saved.user.posts] == ["3"]


def test_rollback_brings_children_back(saved):
    posts = list(saved.user.posts)
    saved.session.delete(saved.user)
    saved.session.flush()
    saved.session.rollback()
    assert [state(x) for x in (saved.user, *posts)] == ["persistent"] * 3
    assert [x.title for x in saved.user.posts] == ["1", "2"]


def test_many_children_of_many_parents():
    b = blog(cascade="all, delete-orphan")
    s = b.session
    s.add_all([b.User(posts=[b.Post(title=str(i)) for i in range(5)]) for _ in range(20)])
    s.commit()
    assert len(rows(b)) == 100
    users = s.query(b.User).all()
    for user in users[::2]:
        s.delete(user)
    for user in users[1::2]:
        user.posts.pop()
    s.commit()
    assert len(rows(b)) == 40
    assert all(r[1] is not None for r in rows(b))


def test_association_rows_follow_both_sides():
    base = declarative_base()
    table = ca.Table(
        "ab",
        base.metadata,
        ca.Column("a_id", ca.ForeignKey("a.id"), primary_key=True),
        ca.Column("b_id", ca.ForeignKey("b.id"), primary_key=True),
    )

    class A(base):
        __tablename__ = "a"
        id = ca.Column(ca.Integer, primary_key=True)
        bs = relationship("B", secondary=table, back_populates="as_")

    class B(base):
        __tablename__ = "b"
        id = ca.Column(ca.Integer, primary_key=True)
        as_ = relationship("A", secondary=table, back_populates="bs")

    engine = ca.create_engine("sqlite://")
    base.metadata.create_all(engine)
    s = Session(engine)
    a1, a2, b1, b2, b3 = A(), A(), B(), B(), B()
    a1.bs = [b1, b2]
    b2.as_.append(a2)
    s.add_all([a1, a2, b3])
    s.commit()

    def links():
        return set(s.execute(ca.select(table)).all())

    assert links() == {(a1.id, b1.id), (a1.id, b2.id), (a2.id, b2.id)}
    a1.bs.remove(b2)
    b3.as_ = [a1, a2]
    s.commit()
    assert links() == {(a1.id, b1.id), (a1.id, b3.id), (a2.id, b2.id), (a2.id, b3.id)}
    s.delete(b3)
    s.delete(a1)
    s.commit()
    assert links() == {(a2.id, b2.id)}
