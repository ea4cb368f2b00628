"""What any() and has() ask about: which FROM their conditions mean, and which parameters."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_exists_conditions(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


@program
def conditions_of_joined_loads(p: Any) -> None:
    """What has() and any() are given may be about what is loaded, and is about its alias."""

    class Parent(p.Base):
        __tablename__ = "parent"
        id = p.Column(p.Integer, primary_key=True)
        children = p.relationship("Child", order_by="Child.id")

    class Kind(p.Base):
        __tablename__ = "kind"
        id = p.Column(p.Integer, primary_key=True)

    class Child(p.Base):
        __tablename__ = "child"
        id = p.Column(p.Integer, primary_key=True)
        parent_id = p.Column(p.ForeignKey("parent.id"))
        kind_id = p.Column(p.ForeignKey("kind.id"))
        data = p.Column(p.String)
        kind = p.relationship(Kind)
        parent = p.relationship(Parent, viewonly=True)

    s = p.session()
    kinds = [Kind(id=1), Kind(id=2)]
    s.add_all(kinds)
    for number in (1, 2):
        children = [
            Child(id=number * 10 + n, data=data, kind=kind)
            for n, (data, kind) in enumerate((d, k) for d in "xy" for k in kinds)
        ]
        s.add(Parent(id=number, children=children))
    s.commit()
    for condition in (
        Child.kind.has(p.and_(Kind.id == 2, Child.data == "x")),
        Child.parent.has(Parent.children.any(Child.id > 20)),
        Child.parent.has(Parent.id > 1),
    ):
        for load in (p.joinedload, p.selectinload):
            s.expunge_all()
            found = s.query(Parent).options(load(Parent.children.and_(condition)))
            for parent in found.order_by(Parent.id):
                p.show(parent.id, [child.id for child in parent.children])


def _models(p: Any) -> Any:
    """Things of two kinds in one table, which have tags and owners; owners of two kinds in two
    tables, which have a boss."""
    marked = p.Table(
        "marked",
        p.Base.metadata,
        p.Column("thing_id", p.ForeignKey("thing.id"), primary_key=True),
        p.Column("tag_id", p.ForeignKey("tag.id"), primary_key=True),
    )

    class Owner(p.Base):
        __tablename__ = "owner"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        kind = p.Column(p.String)
        boss_id = p.Column(p.ForeignKey("owner.id"))
        things = p.relationship("Thing", back_populates="owner", order_by="Thing.id")
        boss = p.relationship("Owner", remote_side=[id], back_populates="staff")
        staff = p.relationship("Owner", back_populates="boss", order_by="Owner.id")
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "owner"}

    class Firm(Owner):
        __tablename__ = "firm"
        id = p.Column(p.ForeignKey("owner.id"), primary_key=True)
        form = p.Column(p.String)
        __mapper_args__ = {"polymorphic_identity": "firm"}

    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        number = p.Column(p.Integer)
        kind = p.Column(p.String)
        owner_id = p.Column(p.ForeignKey("owner.id"))
        owner = p.relationship("Owner", back_populates="things")
        tags = p.relationship("Tag", secondary=marked, order_by="Tag.id", back_populates="things")
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "thing"}

    class Book(Thing):
        __mapper_args__ = {"polymorphic_identity": "book"}

    class Tag(p.Base):
        __tablename__ = "tag"
        id = p.Column(p.Integer, primary_key=True)
        things = p.relationship("Thing", secondary=marked, back_populates="tags")

    p.marked, p.Owner, p.Firm, p.Thing, p.Book, p.Tag = marked, Owner, Firm, Thing, Book, Tag
    session = p.session()
    tags = [Tag(id=number) for number in (1, 2, 3)]
    session.add_all(tags)
    session.flush()
    owners: list[Any] = []
    for number in range(1, 8):
        made = Owner if number % 2 else Firm
        boss = owners[number // 2 - 1] if number > 1 else None
        owners.append(made(id=number, name=f"owner {number}", boss=boss))
        if made is Firm:
            owners[-1].form = "gh"[number % 4 // 2]
        session.add(owners[-1])
        session.flush()
    for number in range(1, 12):
        made = Book if number % 3 else Thing
        thing = made(id=number, number=number % 5, owner=owners[number % 5])
        thing.tags = tags[: number % 4]
        session.add(thing)
        session.flush()
    session.commit()
    return session


def _ask(p: Any, session: Any, *statements: Any) -> None:
    for statement in statements:
        p.show(str(statement))
        p.show(sorted(session.scalars(statement)))


@program
def the_class_of_an_alias(p: Any) -> None:
    session = _models(p)
    thing, owner = p.aliased(p.Thing), p.aliased(p.Owner)
    _ask(
        p,
        session,
        p.select(thing.id).where(thing.owner.has(p.Owner.id > p.Thing.number)),
        p.select(thing.id).where(thing.owner.of_type(p.Firm).has(p.Firm.id > p.Thing.number)),
        p.select(thing.id).where(thing.owner.has(p.Owner.id.in_(p.select(p.Thing.number)))),
        p.select(thing.id).where(thing.tags.any(p.marked.c.tag_id > 2)),
        p.select(owner.id).where(owner.boss.has(p.Owner.id > 2)),
        p.select(owner.id).where(owner.staff.any(p.Owner.id > 2)),
        p.select(owner.id).where(owner.boss.has(p.Owner.things.any(p.Thing.number > 3))),
    )


@program
def subclasses_of_the_class_itself(p: Any) -> None:
    session = _models(p)
    owner, firm = p.aliased(p.Owner), p.aliased(p.Firm)
    _ask(
        p,
        session,
        p.select(p.Owner.id).where(p.Owner.boss.of_type(p.Firm).has(p.Firm.form == "g")),
        p.select(p.Owner.id).where(p.Owner.staff.of_type(p.Firm).any(p.Firm.form == "h")),
        p.select(p.Owner.id).where(p.Owner.boss.of_type(p.Firm).has(p.Owner.name > "owner 2")),
        p.select(p.Owner.id).where(p.Owner.boss.of_type(firm).has(firm.form == "g")),
        p.select(owner.id).where(owner.boss.of_type(p.Firm).has(p.Firm.form == "g")),
        p.select(firm.id).where(firm.boss.of_type(p.Firm).has(name="owner 2")),
    )


@program
def an_association_keeps_its_name(p: Any) -> None:
    session = _models(p)
    tag = p.aliased(p.Tag)
    _ask(
        p,
        session,
        p.select(p.Tag.id).where(p.Tag.things.of_type(p.Book).any()),
        p.select(p.Tag.id).where(p.Tag.things.of_type(p.Book).any(p.Book.number > 3)),
        p.select(p.Tag.id).where(p.Tag.things.of_type(p.Book).any(p.marked.c.thing_id > 10)),
        p.select(tag.id).where(tag.things.of_type(p.Book).any(p.Book.number > 3)),
        p.select(p.Thing.id).where(p.Thing.tags.any(p.Tag.things.of_type(p.Book).any())),
    )


@program
def parameters_of_shared_tables(p: Any) -> None:
    session = _models(p)
    first, second = p.aliased(p.Book), p.aliased(p.Book)
    joined = p.select(first.id).join(first.owner).join(p.Owner.things.of_type(second))
    owner = p.aliased(p.Owner)
    books = owner.things.of_type(p.Book)
    _ask(
        p,
        session,
        joined.where(first.number < second.number).distinct(),
        p.select(owner.id).where(p.or_(books.any(), books.any(p.Book.id > 3))),
        p.select(p.Book.id).join(second, second.number == p.Book.id),
    )


@program
def conditions_further_in(p: Any) -> None:
    session = _models(p)
    _ask(
        p,
        session,
        p.select(p.Thing.id).where(p.Thing.owner.has(p.Owner.things.any(p.Thing.number > 3))),
        p.select(p.Thing.id).where(p.Thing.tags.any(p.Tag.things.any(p.Thing.number > 3))),
        p.select(p.Owner.id).where(p.Owner.boss.has(p.Owner.boss.has(p.Owner.id == 1))),
        p.select(p.Owner.id).where(p.Owner.boss.has(p.Owner.staff.any(p.Owner.id > 3))),
    )


def test_conditions_within_those_of_an_alias() -> None:
    """They are about the class, where SQLAlchemy asks about the outer alias once more."""
    from cormorant import Column, ForeignKey, Integer, select
    from cormorant.orm import aliased, declarative_base, relationship

    base: Any = declarative_base()

    class Parent(base):  # type: ignore[misc]
        __tablename__ = "parent"
        id = Column(Integer, primary_key=True)
        children = relationship("Child", back_populates="parent")

    class Child(base):  # type: ignore[misc]
        __tablename__ = "child"
        id = Column(Integer, primary_key=True)
        parent_id = Column(ForeignKey("parent.id"))
        parent = relationship("Parent", back_populates="children")

    child = aliased(Child)
    asked = select(child.id).where(child.parent.has(Parent.children.any(Child.id > 3)))
    assert str(asked).split("WHERE ")[2:] == [
        "parent.id = child_1.parent_id AND (EXISTS (SELECT 1 \nFROM child \n",
        "parent.id = child.parent_id AND child.id > :id_1)))",
    ]
