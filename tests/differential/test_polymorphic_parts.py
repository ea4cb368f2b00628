"""``alias.Subclass`` of with_polymorphic(): its rows and what is loaded for it."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


@program
def rows_of_a_class_in_a_shared_table(p: Any) -> None:
    class Plant(p.Base):
        __tablename__ = "plant"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String)
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "plant"}

    class Tree(Plant):
        height = p.Column(p.Integer)
        __mapper_args__ = {"polymorphic_identity": "tree"}

    class Oak(Tree):
        acorns = p.Column(p.Integer)
        __mapper_args__ = {"polymorphic_identity": "oak"}

    s = p.session()
    s.add_all([Plant(id=1), Tree(id=2, height=3), Oak(id=3, height=5, acorns=7)])
    s.commit()
    rows = p.select(Plant.__table__).subquery()
    for alias in (
        p.with_polymorphic(Plant, [Tree, Oak], rows),
        p.with_polymorphic(Plant, [Tree, Oak], aliased=True),
        p.with_polymorphic(Plant, [Tree, Oak]),
    ):
        p.show(s.execute(p.select(alias.Tree.id).order_by(alias.Tree.id)).all())
        p.show([t.id for t in s.scalars(p.select(alias.Tree).order_by(alias.Tree.id))])
        p.show([t.id for t in s.query(alias.Oak)])
        p.show([t.id for t in s.scalars(p.select(alias).order_by(alias.id))])
        p.show(s.scalar(p.select(p.func.count(alias.Oak.id))))


@program
def subqueries_of_parts(p: Any) -> None:
    class Plant(p.Base):
        __tablename__ = "plant"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String)
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "plant"}

    class Tree(Plant):
        __tablename__ = "tree"
        id = p.Column(p.ForeignKey("plant.id"), primary_key=True)
        related = p.relationship("Leaf", order_by="Leaf.id")
        __mapper_args__ = {"polymorphic_identity": "tree"}

    class Herb(Plant):
        __tablename__ = "herb"
        id = p.Column(p.ForeignKey("plant.id"), primary_key=True)
        bed_id = p.Column(p.ForeignKey("bed.id"))
        related = p.relationship("Bed")
        __mapper_args__ = {"polymorphic_identity": "herb"}

    class Leaf(p.Base):
        __tablename__ = "leaf"
        id = p.Column(p.Integer, primary_key=True)
        tree_id = p.Column(p.ForeignKey("tree.id"))

    class Bed(p.Base):
        __tablename__ = "bed"
        id = p.Column(p.Integer, primary_key=True)

    s = p.session()
    tree = Tree(id=1, related=[Leaf(id=1), Leaf(id=2)])
    s.add_all([tree, Herb(id=2, related=Bed(id=7)), Plant(id=3)])
    s.commit()
    for options in ({}, {"aliased": True}, {"aliased": True, "flat": True}):
        s.expunge_all()
        alias = p.with_polymorphic(Plant, [Tree, Herb], **options)
        found = s.query(alias).options(
            p.subqueryload(alias.Tree.related), p.subqueryload(alias.Herb.related)
        )
        for plant in found.order_by(alias.id):
            p.show(sorted(k for k in plant.__dict__ if not k.startswith("_")))
        s.expunge_all()
        found = s.query(alias).options(p.subqueryload(alias.Tree.related))
        for plant in found.filter(alias.Tree.id == 1):
            p.show([leaf.id for leaf in plant.__dict__["related"]])


@program
def tables_without_a_key(p: Any) -> None:
    metadata = p.MetaData()
    parent = p.Table("parent", metadata, p.Column("id", p.Integer, primary_key=True))
    child = p.Table("child", metadata, p.Column("id", p.Integer, p.ForeignKey("parent.id")))

    class Parent:
        pass

    class Child(Parent):
        pass

    registry = p.orm.registry()
    registry.map_imperatively(Parent, parent)
    registry.map_imperatively(Child, child, inherits=Parent)


@pytest.mark.parametrize("run", program.registered)
def test_parts(run: Any) -> None:
    compare(run, warned=True)
