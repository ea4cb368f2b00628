"""Random queries of mapped classes: statements, what they give, and what is loaded with it.

What SQLAlchemy does of itself in one way or another is left out: which of two relationships is
loaded first, rows of two entities of one hierarchy (it reads columns of the one for the other),
conditions within those of an alias, joined subclasses under another name.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .harness import Peer, compare

#: how many queries a batch has
QUERIES = int(os.environ.get("QUERIES", "30"))
BATCHES = 8


class _Models:
    """People, some of whom are makers; what they own: things, some of which are books with
    notes; tags of things."""

    def __init__(self, p: Peer) -> None:
        tagged = p.Table(
            "tagged",
            p.Base.metadata,
            p.Column("thing_id", p.ForeignKey("thing.id"), primary_key=True),
            p.Column("tag_id", p.ForeignKey("tag.id"), primary_key=True),
        )

        class Person(p.Base):  # type: ignore[misc, name-defined]
            __tablename__ = "person"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.String)
            kind = p.Column(p.String)
            boss_id = p.Column(p.ForeignKey("person.id"))
            things = p.relationship("Thing", back_populates="owner", order_by="Thing.id")
            boss = p.relationship("Person", remote_side=[id], back_populates="staff")
            staff = p.relationship("Person", back_populates="boss", order_by="Person.id")
            __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "person"}

        class Maker(Person):
            __tablename__ = "maker"
            id = p.Column(p.ForeignKey("person.id"), primary_key=True)
            craft = p.Column(p.String)
            __mapper_args__ = {"polymorphic_identity": "maker"}

        class Thing(p.Base):  # type: ignore[misc, name-defined]
            __tablename__ = "thing"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.String)
            size = p.Column(p.Integer)
            kind = p.Column(p.String)
            owner_id = p.Column(p.ForeignKey("person.id"))
            owner = p.relationship("Person", back_populates="things")
            tags = p.relationship(
                "Tag", secondary=tagged, order_by="Tag.id", back_populates="things"
            )
            __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "thing"}

        class Book(Thing):
            pages = p.Column(p.Integer)
            notes = p.relationship("Note", order_by="Note.id", back_populates="book")
            __mapper_args__ = {"polymorphic_identity": "book"}

        class Tag(p.Base):  # type: ignore[misc, name-defined]
            __tablename__ = "tag"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.String)
            things = p.relationship(
                "Thing", secondary=tagged, order_by="Thing.id", back_populates="tags"
            )

        class Note(p.Base):  # type: ignore[misc, name-defined]
            __tablename__ = "note"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.String)
            book_id = p.Column(p.ForeignKey("thing.id"))
            book = p.relationship("Book", back_populates="notes")

        counted = p.select(p.func.count(Thing.id)).where(Thing.owner_id == Person.id)
        Person.amount = p.column_property(
            counted.correlate_except(Thing).scalar_subquery(), deferred=True
        )
        self.classes = (Person, Maker, Thing, Book, Tag, Note)
        self.targets = {
            "things": Thing,
            "boss": Person,
            "staff": Person,
            "owner": Person,
            "tags": Tag,
            "notes": Note,
            "book": Book,
        }
        self.below = {Person: Maker, Thing: Book}

    def fill(self, session: Any) -> None:
        """Objects of each class, a flush for each: their order is no set's."""
        person, maker, thing, book, tag, note = self.classes
        tags = [tag(id=n, name="abc"[n - 1]) for n in (1, 2, 3)]
        for each in tags:
            session.add(each)
            session.flush()
        people: list[Any] = []
        for n in range(1, 8):
            made = person(id=n, name=f"p{n}") if n % 2 else maker(id=n, name=f"m{n}")
            if n % 2 == 0:
                made.craft = "xy"[n % 4 // 2]
            made.boss = people[n // 2 - 1] if n > 2 else None
            people.append(made)
            session.add(made)
            session.flush()
        for n in range(1, 13):
            made = book(id=n, pages=n * 10) if n % 3 else thing(id=n)
            made.name, made.size = f"t{n}", n % 5
            made.owner = people[n % 5] if n < 12 else None
            made.tags = [each for bit, each in enumerate(tags) if n >> bit & 1]
            session.add(made)
            session.flush()
            for number in range(n % 3):
                session.add(note(id=n * 10 + number, name=f"n{number}", book_id=n))
                session.flush()
        session.commit()


class _Maker:
    """Makes statements of random numbers."""

    def __init__(self, p: Peer, models: _Models, seed: int) -> None:
        self.p = p
        self.models = models
        self.random = random.Random(seed)
        self.entities: list[Any] = []

    def chance(self, likelihood: float) -> bool:
        return self.random.random() < likelihood

    def choose(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def class_of(self, entity: Any) -> Any:
        return self.p.inspect(entity).mapper.class_

    def relation(self, entity: Any) -> tuple[Any, Any]:
        """An attribute that leads to a class, and that class."""
        name = self.choose(*self.p.inspect(self.class_of(entity)).relationships.keys())
        return getattr(entity, name), self.models.targets[name]

    def column(self, entity: Any) -> Any:
        return getattr(entity, self.choose("id", "name"))

    def entity(self) -> Any:
        cls = self.choose(*self.models.classes)
        return cls if self.chance(0.6) else self.p.aliased(cls, flat=True)

    def condition(self, entity: Any, depth: int = 0) -> Any:
        p, number = self.p, self.random.randrange(1, 9)
        kind = self.random.randrange(9 if depth < 2 else 4)
        if kind == 0:
            return entity.id > number
        if kind == 1:
            return entity.id.in_(self.random.sample(range(1, 13), self.random.randrange(1, 5)))
        if kind == 2:
            return self.choose(entity.name.like(f"%{number}"), entity.name.is_(None))
        if kind == 3:
            return p.func.coalesce(entity.name, "none") != "p1"
        if kind == 4:
            combine = self.choose(p.or_, p.and_)
            return combine(self.condition(entity, depth + 1), self.condition(entity, depth + 1))
        if kind == 5:
            return ~self.condition(entity, depth + 1)
        if kind == 6:
            other = self.choose(*self.models.classes)
            chosen = p.select(other.id).where(self.condition(other, 2))
            return self.choose(entity.id.in_(chosen), entity.id.not_in(chosen))
        attribute, target = self.relation(entity)
        own = issubclass(self.class_of(entity), target)
        if target in self.models.below and self.chance(0.3) and not (own and depth):
            target = self.models.below[target]
            attribute = attribute.of_type(target)
        ask = attribute.any if attribute.property.uselist else attribute.has
        plain = not p.inspect(entity).is_aliased_class
        if self.chance(0.3):
            return ask()
        return ask(self.condition(target, depth + 1 if plain else 2))

    def option(self, entity: Any) -> Any:
        """One chain of loads, of which at most one is by another statement."""
        p = self.p
        attribute, target = self.relation(entity)
        if target in self.models.below and self.chance(0.25):
            target = self.models.below[target]
            attribute = attribute.of_type(target)
        elif self.chance(0.2) and not issubclass(self.class_of(entity), target):
            attribute = attribute.and_(target.id > self.random.randrange(4))
        how = self.choose("joinedload", "selectinload", "subqueryload", "lazyload")
        option = getattr(p, how)(attribute)
        if how in ("joinedload", "selectinload") and self.chance(0.5):
            attribute, target = self.relation(target)
            option = getattr(option, self.choose("joinedload", "selectinload"))(attribute)
        if how != "subqueryload" and target not in self.models.classes[:2] and self.chance(0.3):
            chosen = self.choose(option.load_only, option.defer)
            option = chosen(target.name)
        return option

    def statement(self) -> Any:
        p = self.p
        entity = self.entity()
        self.entities = [entity]
        whole = self.chance(0.7)
        columns = [entity] if whole else [entity.id, self.column(entity).label("label")]
        statement = p.select(*columns)
        for _ in range(self.random.randrange(3)):
            source = self.choose(*self.entities)
            attribute, target = self.relation(source)
            if target in self.models.below and self.chance(0.3):
                target = self.models.below[target]
            alias = p.aliased(target, flat=True)
            if self.chance(0.7):
                statement = statement.join(attribute.of_type(alias), isouter=self.chance(0.4))
            else:
                statement = statement.join(alias, alias.id == source.id)
            self.entities.append(alias)
        for _ in range(self.random.randrange(3)):
            statement = statement.where(self.condition(self.choose(*self.entities)))
        ordered = [each.id if self.chance(0.8) else each.id.desc() for each in self.entities]
        statement = statement.order_by(*ordered)
        if self.chance(0.3):
            statement = statement.limit(self.random.randrange(1, 9))
        if self.chance(0.2):
            statement = statement.offset(self.random.randrange(1, 4))
        if whole and self.chance(0.7):
            statement = statement.options(self.option(entity))
        if whole and self.chance(0.1):
            criteria = self.choose(*self.models.classes[4:])
            least = self.random.randrange(4)
            only = p.orm.with_loader_criteria(criteria, criteria.id > least)
            statement = statement.options(only)
        return self.changed(statement, entity, whole)

    def changed(self, statement: Any, entity: Any, whole: bool) -> Any:
        """The statement, or another one about its rows."""
        p, kind = self.p, self.random.randrange(10)
        if kind == 0:
            return p.select(p.func.count()).select_from(statement.subquery())
        if kind == 1:
            return statement.with_only_columns(p.func.count(entity.id)).order_by(None)
        if kind == 2 and entity in self.models.classes and len(self.entities) == 1 and whole:
            found = p.aliased(self.class_of(entity), statement.subquery())
            return p.select(found).order_by(found.id)
        if kind == 3 and not whole:
            plain = statement.order_by(None).limit(None).offset(None)
            return self.choose(p.union, p.union_all, p.intersect)(plain, plain).order_by("id")
        return statement


def _shown(item: Any, depth: int = 0) -> Any:
    """Objects with what they have loaded."""
    if isinstance(item, list):
        return [_shown(each, depth) for each in item]
    if hasattr(item, "_sa_instance_state"):
        name = f"{type(item).__name__} {item.__dict__.get('id')}"
        if depth == 3:
            return name
        loaded = sorted((k, v) for k, v in item.__dict__.items() if k != "_sa_instance_state")
        return name, [(key, _shown(value, depth + 1)) for key, value in loaded]
    return item


def _objects(rows: list[Any]) -> Iterator[Any]:
    for row in rows:
        for item in row:
            if hasattr(item, "_sa_instance_state"):
                yield item


def program(batch: int) -> Callable[[Peer], None]:
    def queries(p: Peer) -> None:
        models = _Models(p)
        session = p.session()
        models.fill(session)
        for seed in range(batch * 100_000, batch * 100_000 + QUERIES):
            session.expunge_all()
            p.mark(str(seed))
            maker = _Maker(p, models, seed)
            try:
                statement = maker.statement()
                p.show(str(statement))
                rows = session.execute(statement).unique().all()
                p.show([[_shown(item) for item in row] for row in rows])
                for item in list(_objects(rows))[:4]:
                    p.show(_shown(maker.relation(item)[0]))  # loaded now
            except Exception as error:
                p.show(type(error).__name__, str(error))
                session.rollback()

    return queries


@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_queries(batch: int) -> None:
    peer, _ = compare(program(batch), warned=True)
    assert peer.error is None
