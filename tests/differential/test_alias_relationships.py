"""Relationships that lead to an alias of a class: of a join, of a subquery, of a plain table."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


def _shelves(p: Any) -> tuple[Any, Any, Any]:
    """Shelves with the three newest of their books, through a numbered subquery."""

    class Shelf(p.Base):
        __tablename__ = "shelf"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

    class Book(p.Base):
        __tablename__ = "book"
        id = p.Column(p.Integer, primary_key=True)
        title = p.Column(p.String)
        shelf_id = p.Column(p.ForeignKey("shelf.id"))
        pages = p.relationship("Page", order_by="Page.id")

    class Page(p.Base):
        __tablename__ = "page"
        id = p.Column(p.Integer, primary_key=True)
        book_id = p.Column(p.ForeignKey("book.id"))

    number = p.func.row_number().over(order_by=Book.id.desc(), partition_by=Book.shelf_id)
    numbered = p.select(Book, number.label("number")).alias()
    Newest = p.aliased(Book, numbered)
    Shelf.newest = p.relationship(
        Newest,
        primaryjoin=p.and_(Newest.shelf_id == Shelf.id, numbered.c.number < 3),
        viewonly=True,
        order_by=Newest.id,
    )
    return Shelf, Book, Newest


def _filled(p: Any) -> tuple[Any, Any, Any, Any]:
    shelf, book, newest = _shelves(p)
    page = book.pages.property.mapper.class_
    session = p.session()
    for number in (1, 2):
        session.add(shelf(id=number, name=f"shelf {number}"))
        session.flush()
        for title in range(4):
            session.add(
                book(
                    id=number * 10 + title,
                    title=f"book {title}",
                    shelf_id=number,
                    pages=[page(id=number * 100 + title)],
                )
            )
    session.commit()
    return session, shelf, book, newest


@program
def numbered_lazily(p: Any) -> None:
    session, shelf, _, _ = _filled(p)
    for each in session.scalars(p.select(shelf).order_by(shelf.id)):
        p.show(each.name, [b.title for b in each.newest])


@program
def numbered_eagerly(p: Any) -> None:
    session, shelf, _, _ = _filled(p)
    for load in (p.joinedload, p.selectinload, p.subqueryload, p.immediateload):
        session.expunge_all()
        p.mark(load.__name__)
        found = session.scalars(p.select(shelf).options(load(shelf.newest)).order_by(shelf.id))
        p.show([(each.name, [b.title for b in each.newest]) for each in found.unique()])


@program
def numbered_with_what_is_below(p: Any) -> None:
    session, shelf, _, newest = _filled(p)
    for below in (p.joinedload, p.selectinload, p.subqueryload):
        session.expunge_all()
        p.mark(below.__name__)
        options = p.joinedload(shelf.newest).options(below(newest.pages))
        found = session.scalars(p.select(shelf).options(options).order_by(shelf.id)).unique()
        p.show([[[x.id for x in b.pages] for b in each.newest] for each in found])
    session.expunge_all()
    options = p.selectinload(shelf.newest.of_type(newest)).joinedload(newest.pages)
    found = session.scalars(p.select(shelf).options(options).order_by(shelf.id)).unique()
    p.show([[[x.id for x in b.pages] for b in each.newest] for each in found])


@program
def numbered_joined(p: Any) -> None:
    session, shelf, _, newest = _filled(p)
    p.show(session.execute(p.select(shelf.id, newest.id).join(shelf.newest)).all())
    statement = p.select(shelf.id, newest.title).join_from(shelf, newest, shelf.newest)
    p.show(session.execute(statement.where(newest.id > 20)).all())
    loaded = p.contains_eager(shelf.newest.of_type(newest))
    statement = p.select(shelf).join(shelf.newest.of_type(newest)).options(loaded)
    p.show([len(each.newest) for each in session.scalars(statement).unique()])
    p.show(session.scalars(p.select(shelf.id).where(shelf.newest.any())).all())
    p.show(session.scalars(p.select(shelf.id).where(shelf.newest.any(newest.id > 20))).all())
    other = p.aliased(shelf)
    p.show(str(p.select(other).join(other.newest)))


@program
def numbered_inspected(p: Any) -> None:
    shelf, book, newest = _shelves(p)
    p.orm.configure_mappers()
    prop = shelf.newest.property
    p.show(prop.mapper is p.sa.inspect(book), prop.entity is p.sa.inspect(newest))
    p.show(prop.uselist, prop.direction.name, str(prop.primaryjoin))
    p.show(prop.target is p.sa.inspect(newest).selectable)


@program
def through_a_join(p: Any) -> None:
    """A path over two tables, as one step."""

    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        b_id = p.Column(p.ForeignKey("b.id"))

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

    class C(p.Base):
        __tablename__ = "c"
        id = p.Column(p.Integer, primary_key=True)
        a_id = p.Column(p.ForeignKey("a.id"))

    class D(p.Base):
        __tablename__ = "d"
        id = p.Column(p.Integer, primary_key=True)
        c_id = p.Column(p.ForeignKey("c.id"))
        b_id = p.Column(p.ForeignKey("b.id"))

    path = p.orm.join(p.orm.join(B, D, D.b_id == B.id), C, C.id == D.c_id)
    Far = p.aliased(B, path, flat=True)
    A.b = p.relationship(Far, primaryjoin=A.b_id == path.c.b_id, viewonly=True)
    session = p.session()
    session.add_all([B(id=1, name="one"), B(id=2, name="two")])
    session.flush()
    session.add_all([A(id=1, b_id=1), A(id=2, b_id=2)])
    session.flush()
    session.add(C(id=1, a_id=1))
    session.flush()
    session.add(D(id=1, c_id=1, b_id=1))
    session.commit()
    p.show([(a.id, a.b and a.b.name) for a in session.scalars(p.select(A).order_by(A.id))])
    for load in (p.joinedload, p.selectinload, p.subqueryload):
        session.expunge_all()
        p.mark(load.__name__)
        found = session.scalars(p.select(A).options(load(A.b)).order_by(A.id)).all()
        p.show([(a.id, a.b and a.b.name) for a in found])
    p.show(session.execute(p.select(A.id, Far.name).join(A.b)).all())


@program
def to_a_table_alias(p: Any) -> None:
    """The target's own table under another name, with a criterion of it."""

    class Owner(p.Base):
        __tablename__ = "owner"
        id = p.Column(p.Integer, primary_key=True)

    class Pet(p.Base):
        __tablename__ = "pet"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String)
        owner_id = p.Column(p.ForeignKey("owner.id"))

    Cat = p.aliased(Pet)
    Owner.cats = p.relationship(
        Cat, primaryjoin=p.and_(Cat.owner_id == Owner.id, Cat.kind == "cat"), viewonly=True
    )
    session = p.session()
    session.add(Owner(id=1))
    session.flush()
    session.add_all([Pet(id=1, kind="cat", owner_id=1), Pet(id=2, kind="dog", owner_id=1)])
    session.commit()
    p.show([pet.id for pet in session.get(Owner, 1).cats])
    for load in (p.joinedload, p.selectinload, p.subqueryload, p.raiseload):
        session.expunge_all()
        p.mark(load.__name__)
        found = session.scalars(p.select(Owner).options(load(Owner.cats))).unique().one()
        if load is p.raiseload:
            p.error(lambda found=found: found.cats)
        else:
            p.show([pet.id for pet in found.cats])
    p.show(session.execute(p.select(Owner.id, Cat.id).join(Owner.cats)).all())


@program
def by_foreign_keys(p: Any) -> None:
    """The ON clause follows from the foreign keys of what the alias is of."""

    class Parent(p.Base):
        __tablename__ = "parent"
        id = p.Column(p.Integer, primary_key=True)

    class Child(p.Base):
        __tablename__ = "child"
        id = p.Column(p.Integer, primary_key=True)
        parent_id = p.Column(p.ForeignKey("parent.id"))

    rows = p.select(Child).where(Child.id < 10).subquery()
    Few, Same = p.aliased(Child, rows), p.aliased(Child)
    Parent.few = p.relationship(Few, viewonly=True)
    Parent.same = p.relationship(Same)
    session = p.session()
    session.add(Parent(id=1))
    session.commit()
    session.add_all([Child(id=1, parent_id=1), Child(id=11, parent_id=1)])
    session.commit()
    parent = session.scalars(p.select(Parent)).one()
    p.show([c.id for c in parent.few], sorted(c.id for c in parent.same))
    p.show(str(p.select(Parent).join(Parent.few).where(rows.c.id > 0)))
    p.show(Parent.few.property.direction.name, str(Parent.few.property.primaryjoin))


@program
def values_within_aliases_of_options(p: Any) -> None:
    """Criteria of an option that name the statement's alias have its values, not those of the
    statement that was compiled first."""

    class Parent(p.Base):
        __tablename__ = "parent"
        id = p.Column(p.Integer, primary_key=True)
        children = p.relationship("Child")

    class Child(p.Base):
        __tablename__ = "child"
        id = p.Column(p.Integer, primary_key=True)
        parent_id = p.Column(p.ForeignKey("parent.id"))

    session = p.session()
    session.add_all([Parent(id=i, children=[Child(id=i)]) for i in (1, 2, 3)])
    session.commit()
    for load in (p.lazyload, p.selectinload):
        for number in (1, 2, 3):
            session.expunge_all()
            chosen = p.select(Parent).where(Parent.id == number).subquery()
            some = p.aliased(Parent, chosen)
            option = load(some.children.and_(Child.parent_id == some.id))
            found = session.scalars(p.select(some).options(option)).all()
            p.show([(each.id, [c.id for c in each.children]) for each in found])


@pytest.mark.parametrize("function", program.registered)
def test_program(function: Any) -> None:
    peer, _ = compare(function, warned=True)
    assert peer.error is None
