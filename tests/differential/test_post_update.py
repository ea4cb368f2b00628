"""`post_update`: rows that refer to each other in a cycle."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


@program
def of_a_subclass(p: Any) -> None:
    """The relationship is of one class of a hierarchy; objects of the others are deleted."""

    class Node(p.Base):
        __tablename__ = "node"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String(10))
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "node"}

    class Doc(Node):
        __tablename__ = "doc"
        id = p.Column(p.ForeignKey("node.id"), primary_key=True)
        size = p.Column(p.Integer)
        __mapper_args__ = {"polymorphic_identity": "doc", "inherit_condition": id == Node.id}

    class Link(Node):
        target_id = p.Column(p.ForeignKey("node.id", use_alter=True, name="x"))
        target = p.relationship(Node, foreign_keys=target_id, remote_side=Node.id, post_update=True)
        __mapper_args__ = {"polymorphic_identity": "link"}

    s = p.session()
    doc, link, other = Doc(size=3), Link(), Node()
    link.target = other
    s.add_all([doc, link, other])
    s.commit()
    rows(p, s, "node")
    s.delete(doc)
    s.commit()
    rows(p, s, "node")


@program
def defaults_loaded_before(p: Any) -> None:
    """What a flush loads of a new row is nothing that the program has set: onupdate fills it."""

    class Node(p.Base):
        __tablename__ = "node"
        id = p.Column(p.Integer, primary_key=True)
        n = p.Column(p.Integer, onupdate=p.text("4 + 5"))
        m = p.Column(p.Integer, onupdate=7)
        k = p.Column(p.Integer, onupdate=p.text("4 + 6"), server_default="1")
        other_id = p.Column(p.ForeignKey("node.id", use_alter=True, name="x"))
        other = p.relationship("Node", remote_side=id, post_update=True)
        __mapper_args__ = {"eager_defaults": True}

    s = p.session()
    for node in Node(), Node(n=1, m=None, k=5):
        node.other = node
        s.add(node)
        s.flush()
        p.show(sorted(p.inspect(node).dict), node.n, node.m, node.k)
        s.commit()
    rows(p, s, "node")


@program
def of_rows_with_versions(p: Any) -> None:
    """Rows of several classes are one executemany, though they have versions."""

    class Node(p.Base):
        __tablename__ = "node"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String(10))
        version = p.Column(p.Integer, nullable=False)
        other_id = p.Column(p.ForeignKey("node.id", use_alter=True, name="x"))
        other = p.relationship("Node", remote_side=id, post_update=True)
        __mapper_args__ = {
            "polymorphic_on": kind,
            "polymorphic_identity": "node",
            "version_id_col": version,
        }

    class Leaf(Node):
        colour = p.Column(p.Integer)
        __mapper_args__ = {"polymorphic_identity": "leaf"}

    s = p.session()
    nodes = [cls(id=n) for n, cls in enumerate((Node, Leaf, Node, Leaf), 1)]
    for n, node in enumerate(nodes):
        node.other = nodes[n - 1]
    s.add_all(nodes)
    s.flush()
    rows(p, s, "node")
    for n, node in enumerate(nodes):
        node.other = nodes[n - 2]
    s.commit()
    rows(p, s, "node")
    for node in nodes:
        node.other = None
    nodes[0].other = nodes[0]
    s.execute(p.text("update node set version = 9 where id = 3"))
    p.error(s.flush)


@pytest.mark.parametrize("run", program.registered)
def test_post_update(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


def company(p: Any, **options: Any) -> Any:
    """Widgets of a company that has a favourite among them."""

    class Company(p.Base):
        __tablename__ = "company"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        favourite_id = p.Column(
            p.Integer, p.ForeignKey("widget.id", name="fk_favourite", use_alter=True)
        )
        widgets = p.relationship(
            "Widget", primaryjoin="Company.id == Widget.company_id", backref="company", **options
        )
        favourite = p.relationship(
            "Widget", primaryjoin="Company.favourite_id == Widget.id", post_update=True
        )

    class Widget(p.Base):
        __tablename__ = "widget"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        company_id = p.Column(p.Integer, p.ForeignKey("company.id"))

    return Company, Widget


def rows(p: Any, s: Any, *tables: str) -> None:
    for table in tables:
        p.show(s.execute(p.text(f"select * from {table}")).all())


@program
def favourite(p: Any) -> None:
    Company, Widget = company(p)
    s = p.session()
    c = Company(name="c", widgets=[Widget(name="w1"), Widget(name="w2")])
    c.favourite = c.widgets[1]
    s.add(c)
    s.commit()
    rows(p, s, "company", "widget")
    c.favourite = c.widgets[0]
    s.commit()
    rows(p, s, "company", "widget")
    c.favourite = None
    c.name = "d"
    s.commit()
    rows(p, s, "company", "widget")
    c.favourite = c.widgets[0]
    s.commit()
    s.delete(c.widgets[0])
    c.favourite = None
    s.commit()
    rows(p, s, "company", "widget")


@program
def delete_both(p: Any) -> None:
    Company, Widget = company(p, cascade="all, delete-orphan")
    s = p.session()
    c = Company(name="c", widgets=[Widget(name="w1"), Widget(name="w2")])
    c.favourite = c.widgets[1]
    d = Company(name="d", widgets=[Widget(name="w3")])
    s.add_all([c, d])
    d.favourite = d.widgets[0]
    s.commit()
    s.delete(c)
    s.delete(d)
    s.commit()
    rows(p, s, "company", "widget")


@program
def delete_the_favourite(p: Any) -> None:
    Company, Widget = company(p)
    s = p.session()
    c = Company(name="c", widgets=[Widget(name="w1")])
    c.favourite = c.widgets[0]
    s.add(c)
    s.commit()
    c.favourite
    s.delete(c)
    s.commit()
    rows(p, s, "company", "widget")


@program
def new_favourite_of_old_company(p: Any) -> None:
    Company, Widget = company(p)
    s = p.session()
    c = Company(name="c")
    s.add(c)
    s.commit()
    w = Widget(name="n", company=c)
    c.favourite = w
    s.commit()
    rows(p, s, "company", "widget")


def self_referential(p: Any, **options: Any) -> Any:
    class Node(p.Base):
        __tablename__ = "node"
        id = p.Column(p.Integer, primary_key=True)
        path = p.Column(p.String(50))
        parent_id = p.Column(p.Integer, p.ForeignKey("node.id"))
        prev_id = p.Column(p.Integer, p.ForeignKey("node.id"))
        next_id = p.Column(p.Integer, p.ForeignKey("node.id"))
        children = p.relationship(
            "Node", foreign_keys=[parent_id], remote_side=[parent_id], lazy="select"
        )
        prev_sibling = p.relationship(
            "Node", foreign_keys=[prev_id], remote_side=[id], post_update=True
        )
        next_sibling = p.relationship(
            "Node", foreign_keys=[next_id], remote_side=[id], post_update=True
        )

    return Node


@program
def siblings(p: Any) -> None:
    Node = self_referential(p)

    def append(parent: Any, child: Any) -> None:
        if parent.children:
            parent.children[-1].next_sibling = child
            child.prev_sibling = parent.children[-1]
        parent.children.append(child)

    s = p.session()
    root = Node(path="root")
    for name in "abc":
        append(root, Node(path=name))
    append(root.children[1], Node(path="b1"))
    append(root.children[1], Node(path="b2"))
    s.add(root)
    s.commit()
    rows(p, s, "node")
    b = root.children[1]
    b.prev_sibling.next_sibling = b.next_sibling
    b.next_sibling.prev_sibling = b.prev_sibling
    b.next_sibling = b.prev_sibling = None
    s.commit()
    rows(p, s, "node")


@program
def one_to_many_post_update(p: Any) -> None:
    class Person(p.Base):
        __tablename__ = "person"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        ball_id = p.Column(p.Integer, p.ForeignKey("ball.id"))
        balls = p.relationship(
            "Ball",
            primaryjoin="Ball.person_id == Person.id",
            post_update=True,
            cascade="all, delete-orphan",
        )
        favourite = p.relationship("Ball", primaryjoin="Person.ball_id == Ball.id")

    class Ball(p.Base):
        __tablename__ = "ball"
        id = p.Column(p.Integer, primary_key=True)
        person_id = p.Column(p.Integer, p.ForeignKey("person.id", use_alter=True, name="f"))
        data = p.Column(p.String)

    s = p.session()
    a, b, c, d = (Ball(data=x) for x in "abcd")
    person = Person(name="p", balls=[a, b, c, d], favourite=d)
    s.add(person)
    s.commit()
    rows(p, s, "person", "ball")
    e = Ball(data="e")
    person.balls.append(e)
    s.commit()
    rows(p, s, "person", "ball")
    s.delete(person)
    s.commit()
    rows(p, s, "person", "ball")


@program
def self_cycle(p: Any) -> None:
    class N(p.Base):
        __tablename__ = "n"
        id = p.Column(p.Integer, primary_key=True)
        other_id = p.Column(p.Integer, p.ForeignKey("n.id"))
        other = p.relationship("N", remote_side=[id], post_update=True)

    s = p.session()
    a, b = N(id=1), N(id=2)
    a.other, b.other = b, a
    s.add_all([a, b])
    s.commit()
    rows(p, s, "n")
    a.other = a
    s.commit()
    rows(p, s, "n")
    a.other, b.other
    s.delete(a)
    s.delete(b)
    s.commit()
    rows(p, s, "n")


@program
def cycle_without_post_update(p: Any) -> None:
    class N(p.Base):
        __tablename__ = "n"
        id = p.Column(p.Integer, primary_key=True)
        other_id = p.Column(p.Integer, p.ForeignKey("n.id"))
        other = p.relationship("N", remote_side=[id])

    s = p.session()
    a, b = N(id=1), N(id=2)
    a.other, b.other = b, a
    s.add_all([a, b])
    p.error(s.flush, text=False)


@program
def with_onupdate_and_version(p: Any) -> None:
    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        version = p.Column(p.Integer, nullable=False)
        updated = p.Column(p.Integer, onupdate=5)
        b_id = p.Column(p.Integer, p.ForeignKey("b.id", use_alter=True, name="x"))
        b = p.relationship("B", primaryjoin="A.b_id == B.id", post_update=True)
        __mapper_args__ = {"version_id_col": version}

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        a_id = p.Column(p.Integer, p.ForeignKey("a.id"))
        a = p.relationship("A", primaryjoin="B.a_id == A.id")

    s = p.session()
    a = A()
    b = B(a=a)
    a.b = b
    s.add_all([a, b])
    s.flush()
    p.show(a.version, a.updated)
    s.commit()
    p.show(a.version, a.updated)
    rows(p, s, "a", "b")
    a.b = None
    s.commit()
    p.show(a.version, a.updated)
    rows(p, s, "a", "b")


@program
def one_to_many_without_cascade(p: Any) -> None:
    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        bs = p.relationship("B", primaryjoin="A.id == B.a_id", post_update=True)
        b_id = p.Column(p.Integer, p.ForeignKey("b.id"))
        b = p.relationship("B", primaryjoin="A.b_id == B.id")

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        a_id = p.Column(p.Integer, p.ForeignKey("a.id", use_alter=True, name="x"))

    s = p.session()
    a = A(bs=[B(), B(), B()])
    a.b = a.bs[1]
    s.add(a)
    s.commit()
    rows(p, s, "a", "b")
    a.bs.append(B())
    s.commit()
    s.delete(a)
    s.commit()
    rows(p, s, "a", "b")


@program
def two_of_a_kind(p: Any) -> None:
    Node = self_referential(p)
    s = p.session()
    a, b, c = (Node(path=x) for x in "abc")
    a.next_sibling = b
    c.prev_sibling = b
    s.add_all([a, b, c])
    s.commit()
    rows(p, s, "node")
    a.next_sibling = c
    c.prev_sibling = None
    b.path = "bb"
    s.commit()
    rows(p, s, "node")
    s.delete(a)
    s.commit()
    rows(p, s, "node")
    s.delete(c)
    s.commit()
    rows(p, s, "node")


@program
def columns_with_values_of_updates(p: Any) -> None:
    """What the program gives a new object stays; what defaults have given it does not."""

    class Owner(p.Base):
        __tablename__ = "owner"
        id = p.Column(p.Integer, primary_key=True)
        best_id = p.Column(p.ForeignKey("thing.id", use_alter=True, name="best"))
        n = p.Column(p.Integer)
        made = p.Column(p.Integer, default=1, onupdate=lambda: 5)
        asked = p.Column(p.Integer, onupdate=p.text("7 + 1"))
        fixed = p.Column(p.Integer, onupdate=3)
        things = p.relationship("Thing", foreign_keys="Thing.owner_id")
        best = p.relationship("Thing", foreign_keys=best_id, post_update=True)

    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        owner_id = p.Column(p.ForeignKey("owner.id"))

    s = p.session()
    owners = [Owner(id=1), Owner(id=2, fixed=9), Owner(id=3, asked=4), Owner(id=4, made=1)]
    for owner in owners:
        owner.best = Thing(id=owner.id)
        owner.things = [owner.best]
    s.add_all(owners)
    s.flush()
    for owner in owners:
        p.show(owner.made, owner.asked, owner.fixed)
    s.commit()
    first = owners[0]
    first.best, first.n, first.fixed = Thing(id=5, owner_id=1), 4, 12
    s.commit()
    p.show(first.made, first.asked, first.fixed)
    s.delete(owners[1])
    s.commit()
    rows(p, s, "owner", "thing")
