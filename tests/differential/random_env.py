"""What the generators of random statements share: choices, models, and what they show."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .harness import Peer


class Chooser:
    """Makes choices of random numbers, the same ones of the same seed."""

    def __init__(self, p: Peer, seed: int) -> None:
        self.p = p
        self.random = random.Random(seed)

    def chance(self, likelihood: float) -> bool:
        return self.random.random() < likelihood

    def choose(self, *choices: Any) -> Any:
        return self.random.choice(choices)


@dataclass(frozen=True)
class Point:
    """What a composite attribute has."""

    x: int
    y: int


class Models:
    """People, some of whom are makers; what they own: things, some of which are books with
    notes; tags of things."""

    def __init__(self, p: Peer) -> None:
        association_proxy = p.module("ext.associationproxy").association_proxy
        hybrid_property = p.module("ext.hybrid").hybrid_property
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

            @hybrid_property  # type: ignore[untyped-decorator]
            def title(self) -> Any:
                return "the " + self.name

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
            tag_names = association_proxy("tags", "name")
            owner_name = association_proxy("owner", "name")
            __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "thing"}

            @hybrid_property  # type: ignore[untyped-decorator]
            def big(self) -> Any:
                return self.size > 2

            @big.update_expression  # type: ignore[untyped-decorator]
            def big(cls, value: Any) -> Any:
                return [(cls.size, 4 if value else 0)]

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
            x = p.Column(p.Integer)
            y = p.Column(p.Integer)
            place = p.composite(Point, x, y)
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
                place = Point(number, n)
                session.add(note(id=n * 10 + number, name=f"n{number}", book_id=n, place=place))
                session.flush()
        session.commit()


class QueryMaker(Chooser):
    """Makes parts of statements about the models."""

    def __init__(self, p: Peer, models: Models, seed: int) -> None:
        super().__init__(p, seed)
        self.models = models
        self.entities: list[Any] = []

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


def shown(item: Any, depth: int = 0) -> Any:
    """Objects with what they have loaded."""
    if isinstance(item, list):
        return [shown(each, depth) for each in item]
    if hasattr(item, "_sa_instance_state"):
        name = f"{type(item).__name__} {item.__dict__.get('id')}"
        if depth == 3:
            return name
        loaded = sorted((k, v) for k, v in item.__dict__.items() if k != "_sa_instance_state")
        return name, [(key, shown(value, depth + 1)) for key, value in loaded]
    return item


def objects(rows: list[Any]) -> Iterator[Any]:
    for row in rows:
        for item in row:
            if hasattr(item, "_sa_instance_state"):
                yield item
