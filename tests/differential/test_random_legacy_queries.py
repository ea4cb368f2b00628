"""Random use of Query and of ORM-enabled INSERT, UPDATE and DELETE: statements, what they give,
and the objects that are in the session after them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

import pytest

from .harness import Peer, compare
from .random_env import Models, Point, QueryMaker, shown

#: how many queries a batch has
LEGACY_QUERIES = int(os.environ.get("LEGACY_QUERIES", "60"))
BATCHES = 8

# the server's errors name parameters by number, which the drivers give as they like
pytestmark = pytest.mark.sqlite_only


class LegacyMaker(QueryMaker):
    """Makes and asks queries of random numbers."""

    def __init__(self, p: Peer, models: Models, session: Any, seed: int) -> None:
        super().__init__(p, models, seed)
        self.session = session
        #: whether the query is about the rows of another one
        self.wrapped = False
        #: whether it says how to load
        self.loading = False
        #: whether its rows come in a known order
        self.ordered = False
        #: objects that are in the session for certain
        self.kept: list[Any] = []

    def number(self) -> int:
        return self.random.randrange(1, 9)

    def entity(self) -> Any:
        entity = super().entity()
        # an alias of a joined subclass SQLAlchemy puts beside the subquery that stands for it
        return self.models.classes[1] if self.class_of(entity) is self.models.classes[1] else entity

    def some(self, cls: Any) -> Any:
        """An object of a class, which may not be in the database."""
        found = self.session.get(cls, self.choose(1, 2, 3, 4, 11))
        if found is None or self.chance(0.1):
            found = cls(id=self.number(), name="new") if self.chance(0.5) else cls(name="new")
        self.kept.append(found)  # SQLAlchemy's conditions do not keep it
        return found

    # Conditions

    def compared(self, entity: Any) -> Any:
        """A condition of a relationship and an object."""
        p = self.p
        attribute, target = self.relation(entity)
        other = self.some(target)
        if attribute.property.uselist:
            if self.chance(0.1):
                return attribute == self.choose(other, None)
            if self.chance(0.2):
                return p.with_parent(self.some(self.class_of(entity)), attribute)
            return self.choose(attribute.contains(other), ~attribute.contains(other))
        if self.chance(0.2):
            other = None
        # attribute != other is what only this package evaluates in Python
        return self.choose(attribute == other, ~(attribute == other))

    def special(self, entity: Any) -> Any:
        """A condition of an attribute that is no column."""
        p, cls, n = self.p, self.class_of(entity), self.number()
        person, maker, thing, book, _, note = self.models.classes
        if cls in (person, maker):
            return self.choose(
                entity.title == f"the p{n}",
                entity.title.in_(["the p1", "the m2"]),
                entity.amount > n // 4,
                entity.amount.is_(None),
                p.func.upper(entity.title).like(f"%{n}"),
            )
        if cls in (thing, book):
            other = self.some(self.models.classes[4])
            return self.choose(
                entity.big,
                ~entity.big,
                entity.tag_names == "a",
                entity.tag_names.contains("b"),
                entity.tag_names.any(),
                entity.tag_names.in_(["a", "c"]),
                entity.owner_name == "p1",
                entity.owner_name != "p1",
                entity.owner_name.is_(None),
                entity.owner_name.like(f"%{n}"),
                entity.owner_name.has(),
                entity.tags.any(id=n),
                entity.owner.has(name=f"p{n}"),
                entity.tags.contains(other),
            )
        if cls is note:
            return self.choose(
                entity.place == Point(n % 3, n),
                entity.place != Point(n % 3, n),
                entity.place.in_([Point(0, n), Point(1, n)]),
                entity.place == None,  # noqa: E711
            )
        return entity.name.in_([])

    def where(self, entity: Any) -> Any:
        if self.wrapped:
            return self.condition(entity, 2)  # within others it takes too much for the rows'
        if self.chance(0.25):
            return self.compared(entity)
        if self.chance(0.3):
            return self.special(entity)
        if self.chance(0.1):
            other = self.choose(*self.models.classes)
            asked = self.session.query(other.id).filter(self.condition(other, 2))
            return self.choose(
                entity.id.in_(asked),
                asked.exists(),
                asked.filter(other.id == entity.id).exists(),
                entity.id == asked.limit(1).scalar_subquery(),
                entity.id == asked.filter(other.name == entity.name).label("one"),
            )
        if self.chance(0.05):
            return self.p.text(f"1 < {self.number()}")
        return self.condition(entity)

    # Queries

    def selected(self, entity: Any) -> Any:
        """What a query of an entity may be of besides it."""
        p, cls = self.p, self.class_of(entity)
        person, maker, thing, book, _, note = self.models.classes
        own = {
            person: ("title", "amount", "boss_id"),
            maker: ("title", "craft", "amount"),
            thing: ("big", "size", "owner_id"),
            book: ("pages", "big", "size"),
            note: ("place", "x", "book_id"),
        }
        name = self.choose("id", "name", *own.get(cls, ()))
        attribute = getattr(entity, name)
        kind = self.random.randrange(11)
        if kind == 0:
            return p.Bundle("pair", entity.id, entity.name)
        if kind == 1:
            return p.Bundle("nested", entity.id, p.Bundle("inner", entity.name), single_entity=True)
        if kind == 2 and name != "place":
            return attribute.label(self.choose("label", "name", "id"))
        if kind == 3:
            return p.func.count(entity.id)
        if kind == 4:
            return p.func.coalesce(entity.name, "none").label("known")
        if kind == 5:
            return p.literal(self.number()).label("number")
        if kind == 6:
            return p.case((entity.id > 3, entity.name), else_="few")
        if kind == 7:
            return p.func.row_number().over(order_by=entity.id)
        return attribute

    def joined(self, query: Any) -> Any:
        """A query with one join more, written in one of the ways to write it."""
        p, kind = self.p, self.random.randrange(9)
        source = self.choose(*self.entities)
        attribute, target = self.relation(source)
        join = self.choose(query.join, query.join, query.outerjoin)
        if kind == 1 and target in (*self.models.classes[:2], self.models.classes[4]):
            kind = 2  # there are two ways to a person, and none to a tag
        if kind < 3 and (target in self.entities or len(self.entities) > 1):
            kind = 3  # what cannot be joined is refused sooner or later
        if kind == 0:
            self.entities.append(target)
            return join(attribute)
        if kind == 1:
            self.entities.append(target)
            return join(target)
        if kind == 2:
            self.entities.append(target)
            return join(target, attribute)
        alias = p.aliased(target, name=self.choose("other", None), flat=self.chance(0.5))
        self.entities.append(alias)
        if kind == 3:
            return join(alias, attribute)
        if kind == 4:
            return join(attribute.of_type(alias))
        if kind == 5:
            return join(attribute.of_type(alias).and_(alias.id > self.number()))
        if kind == 6:
            return query.join(alias, alias.id == source.id, isouter=True, full=self.chance(0.1))
        if kind == 7:
            chosen = self.session.query(target).filter(self.condition(target, 2)).subquery()
            found = self.entities[-1] = p.aliased(target, chosen)
            return join(found, found.id == source.id)
        return join(alias, p.and_(alias.id == source.id, alias.name != "x"))

    def query(self) -> Any:
        p, session = self.p, self.session
        entity = self.entity()
        self.entities = [entity]
        kind = self.random.randrange(10)
        if kind < 5:
            query = session.query(entity)
        elif kind < 7:
            query = session.query(*[self.selected(entity) for _ in range(self.choose(1, 2, 3))])
        elif kind == 7:
            query = session.query(entity, self.selected(entity))
        elif kind == 8 and entity is not self.models.classes[1]:
            # SQLAlchemy takes the kinds of several entities from a set
            other = p.aliased(self.models.classes[self.choose(0, 2, 4, 5)])
            self.entities.append(other)
            query = session.query(entity, other).filter(entity.id == other.id)
        else:
            query = session.query(self.selected(entity)).select_from(entity)
        for _ in range(self.choose(0, 0, 1, 1, 2) if kind != 8 else 0):
            query = self.joined(query)
        for _ in range(self.choose(0, 1, 1, 2)):
            query = query.filter(self.where(self.choose(*self.entities)))
        if self.chance(0.1):
            query = query.filter_by(**{self.choose("name", "id"): self.choose("p1", 2, None)})
        for _ in range(self.choose(0, 1, 1, 2)):
            query = self.changed(query, entity)
        if self.chance(0.8):
            self.ordered = True
            ordered = [each.id if self.chance(0.8) else each.id.desc() for each in self.entities]
            query = query.order_by(*ordered)
        for _ in range(self.choose(0, 0, 1, 2)):
            query = self.changed(query, entity)
        return query

    def changed(self, query: Any, entity: Any) -> Any:
        """A query with a clause more, or one about its rows, of which there are no others."""
        p, session = self.p, self.session
        kind = self.random.randrange(29)
        if 4 <= kind <= 12:
            if self.wrapped or self.loading:
                return query
            self.wrapped, self.ordered = True, False
        whole = any(each["expr"] is entity for each in query.column_descriptions)
        low, high = self.random.randrange(3), self.random.randrange(2, 9)
        if kind == 0:
            return query.distinct()
        if kind == 1:
            return query.limit(high)
        if kind == 2:
            return query.slice(low, high)
        if kind == 3:
            return query.offset(low)
        if kind == 4:
            return query.with_entities(*[self.selected(entity) for _ in range(self.choose(1, 2))])
        if kind == 5:
            return query.add_columns(self.selected(entity), self.selected(entity))
        if kind == 6 and self.entities[-1] is not entity:
            return query.add_entity(self.entities[-1])
        if kind == 7:
            counted = query.with_entities(entity.name, p.func.count(entity.id))
            counted = counted.order_by(None).group_by(entity.name).order_by(entity.name)
            return counted.having(p.func.count(entity.id) > low) if self.chance(0.5) else counted
        if kind in (8, 9):
            other = session.query(*[c["expr"] for c in query.column_descriptions])
            other = other.filter(self.where(entity))
            how = self.choose("union", "union_all", "intersect", "except_", "union")
            # of a first query in parentheses SQLAlchemy does not know what it is derived from
            return getattr(query.order_by(None), how)(*[other] * self.choose(1, 1, 2))
        if kind == 10:
            if not whole:
                return query
            inner = query.subquery(self.choose(None, "inner"))
            found = p.aliased(self.class_of(entity), inner)
            self.entities = [found]
            return session.query(found)
        if kind == 11:
            rows = query.subquery()
            return session.query(next(iter(rows.c)), p.func.count().over())
        if kind == 12:
            rows = query.cte("found", nesting=self.chance(0.2))
            return session.query(entity).join(rows, next(iter(rows.c)) == entity.id)
        if 13 <= kind <= 17 and (not whole or self.wrapped or self.loading):
            return query
        if kind in (13, 14, 15):
            self.loading = True
            return query.options(self.option(entity))
        if kind in (16, 17):
            self.loading = True
            attribute, target = self.relation(entity)
            alias = p.aliased(target)
            joined = query.outerjoin(attribute.of_type(alias))
            return joined.options(p.contains_eager(attribute.of_type(alias)))
        if kind == 18:
            return query.populate_existing()
        if kind == 19:
            arguments = self.choose({}, {"read": True}, {"nowait": True}, {"of": entity})
            return query.with_for_update(**arguments)
        if kind == 20 and not self.loading:
            self.loading = True
            return query.execution_options(yield_per=self.number())
        if kind == 21 and not self.loading:
            return query.enable_eagerloads(False)
        if kind == 22:
            return query.filter(entity.id < p.bindparam("most")).params(most=high)
        if kind == 23:
            self.ordered = False
            return query.order_by(None).reset_joinpoint()
        if kind == 24:
            return query.order_by(self.choose("label", "1", entity.name.desc()))
        if kind == 25:
            return query.correlate(entity)
        if kind == 26:
            return query.filter_by(name="t1").filter(self.where(entity))
        if kind == 27:
            return query.autoflush(False).where(self.where(entity))
        return query.distinct(entity.name).order_by(entity.name)

    def ask(self, query: Any) -> None:
        """Show what a query gives, asked in one of the ways to ask."""
        p, kind = self.p, self.random.randrange(18)
        entity = self.entities[0]
        whole = query.is_single_entity and query.column_descriptions[0]["expr"] is entity
        if kind in (1, 2, 3, 4, 6, 7) and (not self.ordered or self.loading):
            kind = 17
        if kind == 0:
            p.show("count", query.count())
        elif kind == 1:
            p.show("first", self.shown(query.first()))
        elif kind == 2:
            p.show("one", self.shown(query.one()))
        elif kind == 3:
            p.show("one or none", self.shown(query.limit(self.choose(1, 2)).one_or_none()))
        elif kind == 4:
            p.show("scalar", self.shown(query.limit(1).scalar()))
        elif kind == 5 and whole and not p.inspect(entity).is_aliased_class:
            p.show(
                "get",
                self.shown(self.session.query(entity).get(self.choose(1, (2,), {"id": 3}, 99))),
            )
        elif kind == 6:
            p.show("sliced", self.shown(query[self.random.randrange(2) : self.number()]))
            p.show("item", self.shown(query[self.random.randrange(2)]))
        elif kind == 7:
            p.show("by pages", self.shown(list(query.yield_per(self.number()))))
        elif kind == 8 and whole and not self.wrapped:
            asked = self.session.query(query.exists())
            p.show("exists", str(asked), asked.scalar())
        elif kind in (9, 10) and whole and not self.wrapped:
            how = self.choose("evaluate", "fetch", False, "auto")
            p.show("deleted", query.delete(synchronize_session=how))
        elif kind in (11, 12) and whole and not self.wrapped:
            how = self.choose("evaluate", "fetch", False, "auto")
            p.show("updated", query.update(self.values(entity), synchronize_session=how))
        elif kind == 13 and not self.wrapped:
            described = [(each["name"], each["type"]) for each in query.column_descriptions]
            p.show("described", described, query.is_single_entity)
        elif kind == 14:
            found = query.with_entities(entity.id).order_by(None).order_by(entity.id)
            p.show("scalars", [row[0] for row in found])
        else:
            rows = self.shown(query.all())
            p.show("all", rows if self.ordered else sorted(rows, key=repr))

    def shown(self, found: Any) -> Any:
        if isinstance(found, list):
            return [self.shown(each) for each in found]
        if hasattr(found, "_mapping"):
            keys = [] if self.wrapped else list(found._mapping)  # may be its anonymous names
            return keys, [shown(item) for item in found]
        return shown(found)

    # INSERT, UPDATE and DELETE

    def value(self, entity: Any) -> Any:
        p = self.p
        other = self.choose(*self.models.classes)
        return self.choose(
            "changed",
            None,
            entity.name + "!",
            p.func.upper(entity.name),
            p.func.coalesce(entity.name, "none"),
            p.case((entity.id > 4, "much"), else_=entity.name),
            p.select(p.func.max(other.name)).where(other.id == entity.id).scalar_subquery(),
            p.literal("made"),
        )

    def values(self, entity: Any) -> dict[Any, Any]:
        """What an UPDATE sets."""
        cls = self.class_of(entity)
        person, maker, thing, book, _, note = self.models.classes
        attribute: Any = self.choose("name", entity.name)
        made = {attribute: self.value(entity)}
        if cls in (thing, book) and self.chance(0.4):
            made[self.choose(entity.size, "size")] = self.choose(3, entity.size + 1, entity.id)
        elif cls in (thing, book) and self.chance(0.1):
            made[entity.big] = True
        if cls is maker and self.chance(0.5):
            made["craft"] = "z"
        if cls is book and self.chance(0.4):
            made["pages"] = self.choose(7, entity.pages * 2)
        if cls is note and self.chance(0.4):
            made = {entity.place: Point(7, 8)} if self.chance(0.5) else {"x": entity.x + entity.y}
        if cls is person and self.chance(0.1):
            made["boss_id"] = self.choose(None, entity.id)
        if self.chance(0.03):
            made["absent"] = 1
        return made

    def returned(self, entity: Any) -> Any:
        if entity is self.models.classes[1]:
            return (entity.craft,)  # of one table alone
        columns = self.choose((entity.id, entity.name), (entity.id,), (entity.name, entity))
        if self.chance(0.3):
            return (entity.name.label("label"), *columns)
        return self.choose((entity,), columns)

    def write(self) -> None:
        """Run an INSERT, UPDATE or DELETE of a class."""
        p = self.p
        entity = self.choose(*self.models.classes)
        self.entities = [entity]
        many: Any = None
        kind = self.random.randrange(3)
        statement: Any
        if kind == 0:
            statement, many = self.insertion(entity)
        elif kind == 1:
            statement = p.update(entity)
            if self.chance(0.15):
                many = [{"id": n, "name": f"new{n}"} for n in (2, 4)[: self.choose(1, 2)]]
            elif self.chance(0.1):
                statement = statement.ordered_values(*self.values(entity).items())
            else:
                statement = statement.values(self.values(entity))
        else:
            statement = p.delete(entity)
        if kind and many is None:
            for _ in range(self.choose(0, 1, 1, 2)):
                statement = statement.where(self.where(entity))
            # SQLite has no DELETE of rows that another table has
            if statement.is_update and self.chance(0.15):
                other = self.choose(*self.models.classes)
                statement = statement.where(other.id == entity.id, self.condition(other, 2))
            if self.chance(0.15):
                found = p.select(entity.id).where(self.condition(entity, 2)).cte("found")
                statement = statement.where(entity.id.in_(p.select(found.c.id)))
        # that of many rows by their key returns nothing, which only SQLAlchemy asks for; of
        # the tables of a subclass it returns columns in any order, or rows one by one
        unlike = (kind == 1 and many) or (kind != 1 and entity is self.models.classes[1])
        if returning := self.chance(0.4) and not unlike:
            statement = statement.returning(*self.returned(entity))
        options = {}
        if self.chance(0.8):
            how = self.choose("auto", "evaluate", "fetch", False)
            options["synchronize_session"] = how
        if kind == 1 and returning:
            # SQLAlchemy takes the columns that it fetches from a set
            options["synchronize_session"] = self.choose("evaluate", False)
        if self.chance(0.1):
            options["populate_existing"] = True
        if options:
            statement = statement.execution_options(**options)
        p.show(_unnumbered(str(statement)))
        arguments = () if many is None else (many,)
        result = self.session.execute(statement, *arguments)
        if returning:
            p.show("returned", self.shown(result.unique().all()))
        else:
            p.show("rows", kind > 0 and many is None and result.rowcount)

    def insertion(self, entity: Any) -> tuple[Any, Any]:
        """An INSERT, and its rows where they are parameters."""
        p, cls = self.p, self.class_of(entity)
        person, maker, thing, book, _, _ = self.models.classes
        statement = p.insert(entity)
        rows: list[dict[str, Any]] = [{"id": n, "name": f"r{n}"} for n in (201, 202, 203)]
        for row in rows:
            if cls in (thing, book) and self.chance(0.8):
                row["size"] = self.number()
            if cls is maker:
                row["craft"] = "w"
            if cls is person and self.chance(0.2):
                row["kind"] = "person"
        rows = rows[: self.choose(1, 2, 3)]
        kind = self.random.randrange(6)
        if kind == 0:
            return statement.values(rows), None
        if kind == 1:
            return statement.values(**rows[0]), None
        if kind == 2:
            rows[0]["name"] = self.choose(p.func.upper("x"), p.literal("l"), p.null())
            return statement.values(**rows[0]), None
        if kind == 3 and cls is not maker:  # of whose columns SQLAlchemy raises KeyError
            other = self.choose(*self.models.classes)
            chosen = p.select(other.id + 500, other.name).where(self.condition(other, 1))
            return statement.from_select(["id", "name"], chosen), None
        if kind == 4 and cls is not maker:
            return statement.values(kind=p.func.lower("BOOK")), rows
        return statement, rows

    # What is there before and after

    def prepare(self) -> None:
        """Load objects, and change some of them."""
        for cls in self.models.classes[:5:2]:
            if self.chance(0.5):
                loaded = self.session.query(cls).filter(cls.id < self.number()).all()
                self.kept.extend(loaded)
                if loaded and self.chance(0.4):
                    self.choose(*loaded).name = "dirty"
                if loaded and self.chance(0.1):
                    self.session.expire(self.choose(*loaded))

    def session_shown(self) -> list[Any]:
        """The objects that are in the session for certain, and what they have loaded."""
        found = []
        for item in self.kept:
            state = self.p.inspect(item)
            states = state.transient, state.pending, state.persistent, state.deleted, state.detached
            found.append((shown(item, 2), sorted(state.committed_state), states))
        return found

    def run(self) -> None:
        try:
            self.prepare()
            if self.chance(0.3):
                self.write()
            else:
                query = self.query()
                self.p.show(_unnumbered(str(query)))
                self.ask(query)
        except Exception as error:
            self.p.show(*_refusal(error))
        else:
            self.p.show(self.session_shown())


#: what each package refuses in its own words
REFUSED = (
    "RETURNING with DELETE..USING",
    "multiple-table criteria within DELETE",
    "Loader strategies for ORM Path",
    "Can't combine of_type() targets",
    "Don't know how to join to",
    "is being renamed to an anonymous label",
    "Could not evaluate current criteria",
    "being called on a Query which already has LIMIT",
)


def _refusal(error: Exception) -> tuple[str, ...]:
    text = str(error)
    if any(part in text for part in REFUSED):
        return ("refused",)
    return type(error).__name__, _unnumbered(re.sub(r"immutabledict\((.*?)\)", r"\1", text))


def _unnumbered(text: str) -> str:
    """A statement without the numbers of its lists: a kind that is asked for twice may be one."""
    return re.sub(r"(POSTCOMPILE_\w+)_\d+", r"\1", text)


def program(batch: int) -> Callable[[Peer], None]:
    def queries(p: Peer) -> None:
        models = Models(p)
        # which table a warning of a cartesian product begins with SQLAlchemy takes from a set
        engine = p.engine(enable_from_linting=False)
        p.Base.metadata.create_all(engine)
        session = p.Session(engine)
        models.fill(session)
        # Python's driver begins no transaction at WITH
        begin = p.text("UPDATE tag SET name = name WHERE id < 0")
        for seed in range(batch * 100_000, batch * 100_000 + LEGACY_QUERIES):
            p.mark(str(seed))
            p.show(seed)
            session.execute(begin)
            LegacyMaker(p, models, session, seed).run()
            session.rollback()
            session.expunge_all()

    return queries


@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_legacy_queries(batch: int) -> None:
    peer, _ = compare(program(batch), warned=True)
    assert peer.error is None
