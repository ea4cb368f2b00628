"""A parent's key changes, and the database changes its children's rows (passive_updates): those of
classes that refer to each other in a cycle are written as well."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_followers(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


def key(p: Any, target: str) -> Any:
    return p.Column(p.ForeignKey(target, onupdate="cascade"))


@program
def of_its_own_class(p: Any) -> None:
    class Node(p.Base):
        __tablename__ = "node"
        id = p.Column(p.Integer, primary_key=True)
        parent_id = key(p, "node.id")
        children = p.relationship("Node", order_by="Node.id")

    s = p.session()
    top = Node(id=1, children=[Node(id=2, children=[Node(id=3)]), Node(id=4)])
    s.add(top)
    s.commit()
    p.show([len(child.children) for child in top.children])
    for number in (10, 20):
        top.id = number
        s.flush()
        p.show([child.parent_id for child in top.children])
        top.children[0].id = number + 1
        s.flush()
        p.show([child.parent_id for child in top.children[0].children])
    top.id = 30
    top.children.append(Node(id=5))
    s.flush()
    top.id = 40
    gone = top.children.pop()
    s.flush()
    p.show([child.parent_id for child in top.children], gone.parent_id)
    s.expire(top, ["children"])
    top.id = 50
    s.commit()
    p.show([child.parent_id for child in top.children])


@program
def of_a_subclass(p: Any) -> None:
    class Base(p.Base):
        __tablename__ = "base"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String)
        children = p.relationship("Sub", foreign_keys="Sub.parent_id", order_by="Sub.id")
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "base"}

    class Sub(Base):
        __tablename__ = "sub"
        id = p.Column(p.ForeignKey("base.id", onupdate="cascade"), primary_key=True)
        parent_id = key(p, "base.id")
        __mapper_args__ = {"polymorphic_identity": "sub", "inherit_condition": id == Base.id}

    s = p.session()
    s.add(Base(id=1, children=[Sub(id=2), Sub(id=3)]))
    s.commit()
    top = s.get(Base, 1)
    p.show(len(top.children))
    top.id = 5
    s.flush()
    p.show([child.parent_id for child in top.children])


@program
def of_two_classes(p: Any) -> None:
    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        b_id = p.Column(p.ForeignKey("b.id", onupdate="cascade", use_alter=True, name="of_b"))
        bs = p.relationship("B", foreign_keys="B.a_id")

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        a_id = key(p, "a.id")
        as_ = p.relationship("A", foreign_keys="A.b_id", order_by="A.id")

    s = p.session()
    a = A(id=1, bs=[B(id=1, as_=[A(id=2)])])
    s.add(a)
    s.commit()
    b = a.bs[0]
    p.show(len(b.as_))
    b.id = 9
    s.flush()
    p.show(b.as_[0].b_id)
    b.id = 10
    b.as_.append(A(id=3))
    a.id = 30
    s.flush()
    p.show([each.b_id for each in b.as_], b.a_id)


@pytest.mark.parametrize("passive", [True, False])
@pytest.mark.parametrize("whole", [True, False])
def test_keys_of_which_they_are_a_part(passive: bool, whole: bool) -> None:
    """A foreign key that is of the primary key, or refers to a column that is not: the objects
    follow, and are found by their new keys."""

    def program(p: Any) -> None:
        class User(p.Base):
            __tablename__ = "user_of_two"
            id = p.Column(p.Integer, primary_key=not whole, autoincrement=not whole)
            name = p.Column(p.String(20), primary_key=whole, unique=True)
            letters = p.relationship(
                "Letter", passive_updates=passive, order_by="Letter.number", back_populates="user"
            )

        class Letter(p.Base):
            __tablename__ = "letter"
            name = p.Column(p.ForeignKey("user_of_two.name", onupdate="cascade"), primary_key=whole)
            number = p.Column(p.Integer, primary_key=True, autoincrement=False)
            user = p.relationship(User, passive_updates=passive, back_populates="letters")

        class Note(p.Base):
            __tablename__ = "note"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.ForeignKey("user_of_two.name", onupdate="cascade"))
            user = p.relationship(User, passive_updates=passive)

        s = p.session()
        if not passive and s.get_bind().dialect.name == "postgresql":
            return  # where the database changes the rows before, there are none to be changed
        if passive and s.get_bind().dialect.name == "sqlite":
            s.execute(p.text("PRAGMA foreign_keys = ON"))
        user = User(id=1, name="a", letters=[Letter(number=1), Letter(number=2)])
        note = Note(id=1, user=user)
        s.add_all([user, note])
        s.flush()
        for name in ("b", "c"):
            user.name = name
            user.letters[1].number += 10  # its row is written as well, found by the new key
            s.flush()
            p.show([p.inspect(one).identity for one in (user, *user.letters)])
            p.show([one.name for one in (note, *user.letters)])
            s.expire(user.letters[0])
            p.show(user.letters[0].name)
        s.expunge_all()
        p.show(s.query(Letter.name, Letter.number).all(), s.query(Note.name).all())

    compare(program)
