"""Corners of selects of mapped classes: names of rows, criteria of options, other FROMs."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


def _library(p: Any, filled: bool = True) -> tuple[Any, Any, Any, Any]:
    class Author(p.Base):
        __tablename__ = "author"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        books = p.relationship("Book", back_populates="author", order_by="Book.id")

    class Book(p.Base):
        __tablename__ = "book"
        id = p.Column(p.Integer, primary_key=True)
        author_id = p.Column(p.ForeignKey("author.id"))
        pages = p.Column(p.Integer)
        author = p.relationship("Author", back_populates="books")
        copies = p.relationship("Copy", back_populates="book")

    class Copy(p.Base):
        __tablename__ = "copy"
        id = p.Column(p.Integer, primary_key=True)
        book_id = p.Column(p.ForeignKey("book.id"))
        book = p.relationship("Book", back_populates="copies")

    session = p.session()
    if filled:
        for number in (1, 2, 3):
            books = [
                Book(id=number * 10 + i, pages=i, copies=[Copy(id=number * 100 + i)])
                for i in range(number)
            ]
            session.add(Author(id=number, name=f"author {number}", books=books))
        session.commit()
    return session, Author, Book, Copy


def _styles(p: Any) -> list[Any]:
    return [p.LABEL_STYLE_NONE, p.LABEL_STYLE_TABLENAME_PLUS_COL, p.LABEL_STYLE_DISAMBIGUATE_ONLY]


@program
def keys_by_label_style(p: Any) -> None:
    session, author, book, _ = _library(p)
    one, two = p.aliased(author, name="one"), p.aliased(author, name="two")
    for style in _styles(p):
        statement = p.select(author.id, author.name).set_label_style(style)
        p.show(list(session.execute(statement).keys()), statement.subquery().c.keys())
        statement = p.select(one.id, one.name, two.id, two.name).where(one.id == two.id)
        statement = statement.set_label_style(style)
        p.show(list(session.execute(statement).keys()), statement.subquery().c.keys())
        statement = p.select(one.id, author, two.name, two).set_label_style(style)
        statement = statement.where(one.id == two.id, author.id == one.id)
        p.show(list(session.execute(statement).keys()))
        statement = p.select(author.id, book.id).join(author.books).set_label_style(style)
        p.show([dict(row) for row in session.execute(statement.limit(1)).mappings()])


@program
def keys_of_renamed_columns(p: Any) -> None:
    class Item(p.Base):
        __tablename__ = "item"
        id = p.Column(p.Integer, primary_key=True)
        title = p.Column("name", p.String)

    session = p.session()
    for style in _styles(p):
        statement = p.select(Item.id, Item.title).set_label_style(style)
        p.show(list(session.execute(statement).keys()))


@program
def ordered_by_a_label_around_a_subquery(p: Any) -> None:
    session, author, _, _ = _library(p)
    query = session.query(author).options(p.joinedload(author.books))
    p.show([a.name for a in query.order_by(p.desc("author_name")).limit(2)])
    p.show([a.name for a in query.order_by("author_name").limit(2)])


@program
def exists_with_options(p: Any) -> None:
    session, author, _, _ = _library(p)
    query = session.query(author).options(p.joinedload(author.books)).filter(author.id == 1)
    p.show(session.query(query.exists()).scalar())


@program
def queries_of_given_statements(p: Any) -> None:
    session, author, _, _ = _library(p)
    for statement in (p.text("select id, name from author"), p.select(author)):
        query = session.query(author).from_statement(statement)
        for name in ("subquery", "cte", "scalar_subquery", "exists", "reset_joinpoint"):
            p.error(getattr(query, name))
        p.show(query.whereclause, [d["name"] for d in query.column_descriptions])
        rows = query.with_entities(author.id).all()
        p.show(sorted(row[0] for row in rows), len(query.add_columns(author.name).all()))


@program
def given_columns_by_name(p: Any) -> None:
    session, author, _, _ = _library(p)
    named = p.select(author.id, p.literal("x").label("name"))
    for made in session.scalars(p.select(author).from_statement(named)):
        p.show(made.id, made.__dict__["name"])


@program
def filter_by_after_reset_joinpoint(p: Any) -> None:
    session, author, book, _ = _library(p)
    query = session.query(author).join(author.books)
    p.show(query.filter_by(pages=1).count())
    query = query.reset_joinpoint()
    p.show(query.filter_by(name="author 2").count())
    other = p.aliased(author)
    p.show(str(query.join(book.author.of_type(other)).filter_by(name="x")))
    union = session.query(author).union(session.query(author))
    p.show(union.filter_by(name="author 1").count(), union.join(author.books).count())
    p.show([a.id for a in union.join(author.books).filter_by(pages=2)])
    joined = union.join(book, author.id == book.author_id)
    p.show([a.id for a in joined.filter_by(pages=2)])
    p.show([a.id for a in joined.reset_joinpoint().filter_by(name="author 2")])


@program
def joins_to_what_functions_give(p: Any) -> None:
    session, author, book, _ = _library(p, filled=False)
    for joined in (
        lambda: session.query(lambda: author).join(lambda: author.books),
        lambda: session.query(author).outerjoin(lambda: author.books),
        lambda: session.query(author).join(lambda: book, lambda: book.author_id == author.id),
        lambda: p.select(author).join(lambda: author.books),
        lambda: p.select(author).join_from(author, lambda: book),
        lambda: p.select(author).join(lambda: 5),
    ):
        p.error(lambda joined=joined: str(joined()), text=False)


@program
def joins_that_do_not_fit(p: Any) -> None:
    _, author, book, copy = _library(p, filled=False)
    p.error(lambda: str(p.select(author).join(copy, author.books)))
    p.error(lambda: str(p.select(author).join(p.aliased(copy), author.books)))
    p.error(lambda: str(p.select(author).join(author, author.books)))
    p.show(str(p.select(author).join(p.aliased(book, name="b"), author.books)))


@program
def correlate_false(p: Any) -> None:
    _, author, book, _ = _library(p, filled=False)
    inner = p.select(book.author_id).where(book.author_id == author.id)
    for given in (None, False):
        p.show(str(p.select(author.name).where(author.id == inner.correlate(given).as_scalar())))
        p.show(str(p.select(author.name).where(inner.correlate_except(given).exists())))


@program
def joins_of_tables_ordered_by_attributes(p: Any) -> None:
    session, author, book, _ = _library(p)
    joined = author.__table__.outerjoin(book.__table__)
    p.show(session.execute(joined.select().order_by(author.id, book.id)).all())


@program
def counts_correlated_to_tables(p: Any) -> None:
    session, author, book, _ = _library(p)
    count = p.select(p.func.count(book.id)).where(book.author_id == author.id)
    author.count = p.column_property(count.correlate(author.__table__).scalar_subquery())
    author.twice = p.column_property(author.id * 2)
    for load in (p.joinedload, p.selectinload, p.subqueryload):
        session.expunge_all()
        found = session.query(book).options(load(book.author)).order_by(book.id)
        p.show([(each.id, each.author.count, each.author.twice) for each in found.limit(4)])
    alias = p.aliased(author)
    p.show([(each.id, each.count) for each in session.query(alias).order_by(alias.id)])


@program
def contains_eager_from_tables(p: Any) -> None:
    session, author, book, copy = _library(p)
    table = book.__table__.alias("shelf")

    def shown(found: Any) -> None:
        p.show([[(b.id, [c.id for c in b.copies]) for b in a.books] for a in found])
        session.expunge_all()

    joined = author.__table__.outerjoin(table)
    loaded = p.contains_eager(author.books, alias=table)
    shown(session.query(author).select_from(joined).options(loaded).order_by(author.id, table.c.id))
    statement = joined.select().order_by(author.id, table.c.id)
    statement = statement.set_label_style(p.LABEL_STYLE_TABLENAME_PLUS_COL)
    shown(session.query(author).from_statement(statement).options(loaded))
    one, two = p.aliased(book, name="one"), p.aliased(copy, name="two")
    query = session.query(author).outerjoin(one, author.books).outerjoin(two, one.copies)
    path = p.contains_eager(author.books, alias=one)
    shown(query.options(path.contains_eager(book.copies, alias=two)).order_by(author.id, one.id))
    again = p.orm.contains_eager(author.books, book.copies, alias=two)
    first = p.contains_eager(author.books, alias=one)
    shown(query.options(first, again).order_by(author.id, one.id))
    path = p.contains_eager(author.books.of_type(one))
    path = path.contains_eager(one.copies.of_type(two))
    shown(query.options(path).order_by(author.id, one.id))


@program
def criteria_of_what_joins_start_from(p: Any) -> None:
    _, author, book, _ = _library(p, filled=False)
    alias = p.aliased(author, name="other")
    for start in (author, alias):
        for option in (
            p.with_loader_criteria(author, author.id > 1),
            p.with_loader_criteria(author, author.id > 1, include_aliases=True),
            p.with_loader_criteria(author, lambda cls: cls.id > 1, include_aliases=True),
            p.with_loader_criteria(alias, alias.id > 1),
            p.with_loader_criteria(alias, lambda cls: cls.id > 1),
        ):
            for statement in (
                p.select(book).select_from(start).join(start.books),
                p.select(book).select_from(p.orm.join(start, book, start.books)),
                p.select(book).select_from(p.orm.join(start, book)),
                p.select(book).join_from(start, book),
                p.select(book).join_from(start, book, start.books),
                p.select(book).join(start, book.author),
                p.select(start.id),
                p.select(p.func.count()).select_from(start),
            ):
                p.show(str(statement.options(option)))


@program
def criteria_within_unions_and_writes(p: Any) -> None:
    session, author, book, _ = _library(p)
    authors = p.with_loader_criteria(author, author.id > 1)
    books = p.with_loader_criteria(book, book.pages > 0)
    union = p.select(author.id, author.name).union(p.select(author.id, author.name))
    statement = p.select(author).from_statement(union).options(authors)
    p.show(str(statement), sorted(a.id for a in session.scalars(statement)))
    statement = p.select(author).from_statement(p.select(author)).options(authors)
    p.show(str(statement), sorted(a.id for a in session.scalars(statement)))
    p.show(str(union.options(authors)))
    cte = p.select(author).where(author.name == "x").cte("chosen")
    inside = book.author_id.in_(p.select(cte.c.id))
    for write in (p.delete(book), p.update(book).values(pages=1)):
        p.show(str(write.where(inside).options(authors, books)))
    gone = p.delete(book).where(book.pages == 5).returning(book.id).cte("gone")
    p.show(str(p.select(gone).options(books)))
    p.show(str(p.select(author).join(gone, gone.c.id == author.id).options(books)))
    for how in ("evaluate", "fetch", False, "auto"):
        options = {"synchronize_session": how}
        never = p.with_loader_criteria(book, book.pages > 100)
        write = p.update(book).values(pages=7).options(never)
        p.show(session.execute(write, execution_options=options).rowcount)


@program
def criteria_with_subqueries(p: Any) -> None:
    session, author, _, _ = _library(p)
    newest = p.select(p.func.max(author.id)).scalar_subquery()
    statement = p.select(author).options(p.with_loader_criteria(author, author.id == newest))
    p.show([a.id for a in session.scalars(statement)])


def criteria_of_tables_below(p: Any) -> None:
    session, author, book, _ = _library(p)
    thick = p.select(book).where(book.pages > 0).subquery()
    for load in (p.joinedload, p.selectinload, p.subqueryload, p.lazyload):
        session.expunge_all()
        some = author.books.and_(book.id.in_(p.select(thick.c.id)))
        found = session.scalars(p.select(author).options(load(some)).order_by(author.id))
        p.show([[b.id for b in a.books] for a in found.unique()])


@program
def criteria_in_paths(p: Any) -> None:
    _, author, book, _ = _library(p, filled=False)
    option = p.with_loader_criteria(book, book.pages > 0)
    p.error(lambda: p.joinedload(author.books).options(option), text=False)


@program
def writes_to_shared_tables(p: Any) -> None:
    class Person(p.Base):
        __tablename__ = "person"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String)
        age = p.Column(p.Integer)
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "person"}

    class Pilot(Person):
        __mapper_args__ = {"polymorphic_identity": "pilot"}

    p.show(str(p.delete(Pilot).where(Pilot.age > 60)))
    p.show(str(p.update(Pilot).values(age=1)))
    p.show(str(p.select(p.delete(Pilot).returning(Pilot.id).cte("gone"))))
    p.show(str(p.delete(Pilot).options(p.with_loader_criteria(Person, Person.age > 5))))


@program
def aliases_of_laterals_and_samples(p: Any) -> None:
    _, author, _, _ = _library(p, filled=False)
    near = p.aliased(author, p.select(author).where(author.id > 7).lateral("near"))
    p.show(str(p.select(author.id, near.id).join(near, p.true())))
    other = p.aliased(near, name="other")
    p.show(str(p.select(author.id, other.id).join(other, p.true())))
    p.show(str(p.select(p.aliased(author.__table__.lateral(), name="x"))))
    some = p.aliased(author, p.tablesample(author.__table__, 10, name="some"))
    p.show(str(p.select(some)), str(p.select(p.aliased(some, name="other"))))
    table = author.__table__
    p.show(str(p.select(table.alias().alias())), str(p.select(table.alias("x").alias())))


@program
def options_of_entities_that_are_gone(p: Any) -> None:
    s, author, book, copy = _library(p)
    other = p.aliased(author)
    for entity in (author, other):
        for option in (
            p.joinedload(entity.books),
            p.selectinload(entity.books).joinedload(book.copies),
            p.load_only(entity.name),
        ):
            full = p.select(entity).options(option).where(entity.id > 1)
            for statement in (
                full.with_only_columns(p.func.count(entity.id)),
                full.with_only_columns(p.func.count(), maintain_column_froms=True),
                full.with_only_columns(entity.id).with_only_columns(p.func.max(entity.id)),
                full.join(entity.books).with_only_columns(book.id).order_by(book.id),
            ):
                p.show(str(statement), s.scalars(statement).all())
            p.error(lambda entity=entity, option=option: str(p.select(entity.id).options(option)))
            wrong = full.options(p.joinedload(copy.book))
            p.error(lambda wrong=wrong: str(wrong.with_only_columns(p.func.count())))


@program
def joined_collections_without_unique(p: Any) -> None:
    s, author, _, _ = _library(p)
    methods = ("one", "one_or_none", "first", "all")
    rows = (
        *methods,
        "fetchmany",
        "scalar",
        "scalar_one",
        "scalar_one_or_none",
        "fetchone",
        "__iter__",
    )
    for ids in ([], [1], [1, 2]):
        chosen = p.select(author).options(p.joinedload(author.books)).where(author.id.in_(ids))
        for names, form in ((rows, None), (methods, "scalars"), (methods, "mappings")):
            for name in names:
                result = s.execute(chosen.order_by(author.id))
                result = result if form is None else getattr(result, form)()
                given = getattr(result, name)

                def ask(given: Any = given, name: str = name) -> Any:
                    found = list(given()) if name == "__iter__" else given()
                    return found if found is None or isinstance(found, list) else "something"

                p.error(ask)
                result.close()


@program
def names_of_aliases(p: Any) -> None:
    s, author, _, _ = _library(p)
    some = p.select(author).where(author.id > 1).subquery("some")
    for sub in (None, some, p.select(author).subquery()):
        for name in (None, "x", "y"):
            alias = p.aliased(author, sub, name=name)
            statement = p.select(alias, alias.id).order_by(alias.id)
            p.show(list(s.execute(statement).keys()), s.execute(statement).first()._fields)
            p.show([list(row) for row in s.execute(p.select(alias)).mappings()])
            p.show([d["name"] for d in s.query(alias, alias.id).column_descriptions])


@program
def items_without_names(p: Any) -> None:
    s, author, _, _ = _library(p)
    alias = p.aliased(author)
    first = p.Bundle("first", author.id, author.name)
    second = p.Bundle("second", alias.id)
    for columns in (
        (alias, author.name),
        (alias, alias),
        (first, alias),
        (alias, first, author.name),
        (first, second),
    ):
        statement = p.select(*columns).join_from(author, alias, alias.id == author.id)

        def run(statement: Any = statement) -> Any:
            return s.execute(statement.order_by(author.id))

        def kinds(items: Any) -> list[str]:
            return [type(item).__name__ for item in items]

        p.show(list(run().keys()), run().first()._fields, list(run().mappings().first()))
        p.show(kinds(run().first()), kinds(run().mappings().first().values()))
        last = len(columns) - 1
        p.show(kinds(run().scalars(last).all()), kinds(run().unique().scalars(last).all()))
        p.show(kinds(run().scalars(last).unique().all()), kinds(run().columns(last, 0).first()))
        p.show(list(run().columns(last, 0).mappings().first()), kinds(run().partitions(2)))
        p.show(list(run().mappings().columns(last).first()))
        attributes = [column for column in columns if column is author.name]
        for key in (*attributes, *run().keys()):
            p.show(type(run().first()._mapping[key]).__name__)
        p.error(lambda run=run: type(run().columns(99).first()).__name__)


@program
def unions_of_classes_in_one_table(p: Any) -> None:
    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String)
        above_id = p.Column(p.ForeignKey("thing.id"))
        above = p.relationship("Thing", remote_side=[id])
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "thing"}

    class Box(Thing):
        __mapper_args__ = {"polymorphic_identity": "box"}

    s = p.session()
    s.add_all([Box(id=1), Thing(id=2, above_id=1), Box(id=3, above_id=1)])
    s.commit()
    for entity in (Box, p.aliased(Box)):
        boxes = s.query(entity)
        both = boxes.filter(entity.id > 1).union(boxes)
        first = s.get(Box, 1)
        for query in (both, both.filter(entity.id < 3), boxes.filter(entity.above != first)):
            p.show(str(query), [box.id for box in query.order_by(entity.id)])
        p.show(both.count(), both.join(entity.above).count())
    p.error(lambda: s.execute(p.update(Box).where(Box.id.between(1, 2)).values(above_id=None)))
    s.query(Box).filter(Box.id.between(1, 2)).update({"above_id": None}, "fetch")


@program
def joins_to_what_is_within_a_join(p: Any) -> None:
    """Of the FROMs that the next join can go on from, one that stands in a join is not another."""
    _, Author, Book, Copy = _library(p)
    s = p.session()
    book = p.aliased(Book)
    for first in (Copy, Author):
        query = s.query(Author.id, Copy.id).select_from(first, book, Author)
        joined = query.outerjoin(book, Author.id == book.author_id).outerjoin(Copy)
        p.show(str(joined), sorted(joined.all(), key=repr))


@pytest.mark.parametrize("function", program.registered)
def test_program(function: Any) -> None:
    peer, _ = compare(function)
    assert peer.error is None


def test_criteria_of_tables_below() -> None:
    # what stands within the subquery of an eager join may have another name
    peer, _ = compare(criteria_of_tables_below, sql=False)
    assert peer.error is None


def froms_of_columns(p: Any) -> None:
    """What columns are selected from stays with other columns: the rows of the class, all of its
    tables, and what an option says of it."""

    class Animal(p.Base):
        __tablename__ = "animal"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String)
        name = p.Column(p.String)
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}

    class Cat(Animal):
        __mapper_args__ = {"polymorphic_identity": "cat"}

    class Horse(Animal):
        __tablename__ = "horse"
        id = p.Column(p.ForeignKey("animal.id"), primary_key=True)
        speed = p.Column(p.Integer)
        __mapper_args__ = {"polymorphic_identity": "horse"}

    with p.session() as s:
        s.add_all([Animal(name="a"), Cat(name="b"), Cat(name="c"), Horse(name="d", speed=1)])
        s.flush()
        wide = p.with_polymorphic(Animal, "*")
        other = p.aliased(Animal)
        kept = p.with_loader_criteria(Animal, lambda cls: cls.name != "b")
        for columns in (
            [Animal],
            [Animal.id],
            [Cat.name],
            [Horse.speed],
            [Horse.name, Horse.speed],
            [other.id],
            [wide],
            [wide.Horse.speed],
            [p.func.max(Cat.id)],
            [Animal.__table__.c.id],
        ):
            chosen = p.select(*columns)
            p.show([str(p.select(p.text("1")).select_from(f)) for f in chosen.columns_clause_froms])
            for statement in (chosen, chosen.options(kept)):
                counted = statement.with_only_columns(p.func.count(), maintain_column_froms=True)
                p.show(str(counted), s.scalar(counted))
                again = statement.select_from(*statement.columns_clause_froms)
                p.show(s.scalar(again.with_only_columns(p.func.count())))


def test_froms_of_columns() -> None:
    compare(froms_of_columns)


def joins_from_another_side(p: Any) -> None:
    """A relationship is joined from the entity that it is an attribute of, and no other."""

    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        posts = p.relationship("Post")

    class Admin(User):
        __tablename__ = "admins"
        id = p.Column(p.ForeignKey("users.id"), primary_key=True)

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("users.id"))

    class Note(p.Base):
        __tablename__ = "notes"
        id = p.Column(p.Integer, primary_key=True)
        post_id = p.Column(p.ForeignKey("posts.id"))
        post = p.relationship("Post")

    other = p.aliased(User)
    for chosen, from_, attribute in (
        (User, User, User.posts),
        (other, other, other.posts),
        (Admin, Admin, Admin.posts),
        (User, User, other.posts),
        (other, other, User.posts),
        (Admin, Admin, User.posts),
        (Admin, User, Admin.posts),
        (User, User, Note.post),
        (User, User.__table__, User.posts),
    ):
        for target in ([Post, attribute], [attribute]):
            statement = p.select(chosen).join_from(from_, *target)
            p.error(lambda statement=statement: str(statement))


def test_joins_from_another_side() -> None:
    compare(joins_from_another_side)
