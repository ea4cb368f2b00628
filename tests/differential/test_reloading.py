"""Large results whose objects are in the session already, all of them or some: their rows are
not read. What comes out is the same on both packages."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()
ROWS = 4000


@pytest.mark.parametrize("run", program.registered)
def test_reloading(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


def stored(p: Any, step: int = 1, start: int = 1, count: int = ROWS) -> tuple[Any, Any]:
    """A session and a class whose key is not its first column, with rows."""

    class Thing(p.Base):  # type: ignore[misc, name-defined]
        __tablename__ = "thing"
        name = p.Column(p.String)
        id = p.Column(p.Integer, primary_key=True, autoincrement=False)
        size = p.Column(p.Float)

    s = p.session()
    s.execute(
        p.insert(Thing.__table__),
        [{"id": start + n * step, "name": f"n{n}", "size": n / 4} for n in range(count)],
    )
    s.commit()
    return s, Thing


def statement(p: Any, Thing: Any) -> Any:
    return p.select(Thing).order_by(Thing.id)


def digest(p: Any, found: list[Any]) -> None:
    """Show what objects hold, shortly."""
    p.show(len(found), len({id(x) for x in found}))
    p.show(sum(x.id * 7 + len(x.name) + x.size for x in found))
    p.show([(x.id, x.name, x.size) for x in found[:: max(len(found) // 50, 1)]])


@program
def all_are_there(p: Any) -> None:
    s, Thing = stored(p)
    held = s.scalars(statement(p, Thing)).all()
    for n, thing in enumerate(held):
        if n % 2:
            thing.name
    s.execute(p.text("update thing set name = 'other', size = -1"))
    held[5].name = "mine"
    again = s.query(Thing).order_by(Thing.id.desc()).all()
    p.show([x is y for x, y in zip(held, reversed(again), strict=True)].count(True))
    digest(p, again)
    p.show(
        [
            next(iter(r)) is x for r, x in zip(s.execute(statement(p, Thing)), held, strict=True)
        ].count(True)
    )
    s.commit()
    digest(p, s.scalars(statement(p, Thing)).all())


@program
def some_are_there(p: Any) -> None:
    for kept in (
        lambda n: n < 3000,
        lambda n: n >= 2000,
        lambda n: n % 2 == 0,
        lambda n: n < 2000 or n % 3 == 0,
        lambda n: n < 2000 or n % 100 != 0,
        lambda n: n < 1100 or 2000 < n < 3900,
        lambda n: n != ROWS - 1,
    ):
        p.Base.registry.dispose()
        p.Base.metadata.clear()
        s, Thing = stored(p)
        held = [x for n, x in enumerate(s.scalars(statement(p, Thing)).all()) if kept(n)]
        gc.collect()
        s.execute(p.text("update thing set name = name || '!'"))
        p.show(len(held), len(s.identity_map))
        found = s.scalars(statement(p, Thing)).all()
        digest(p, found)
        known = set(map(id, held))
        p.show(sum(id(x) in known for x in found))
        s.close()
        p.Base.metadata.drop_all(s.get_bind())


@program
def keys_of_every_kind(p: Any) -> None:
    for step, start in ((1, -ROWS // 2), (5, 1), (1000, 1), (-1, 10), (500_000, -1_000_000_000)):
        p.Base.registry.dispose()
        p.Base.metadata.clear()
        s, Thing = stored(p, step, start)
        held = s.scalars(statement(p, Thing)).all()
        s.execute(p.text("update thing set name = 'other'"))
        again = s.scalars(statement(p, Thing)).all()
        p.show(held == again)
        digest(p, again)
        s.close()
        p.Base.metadata.drop_all(s.get_bind())


@program
def expired_or_partly_loaded(p: Any) -> None:
    s, Thing = stored(p)
    held = s.scalars(statement(p, Thing)).all()
    s.execute(p.text("update thing set name = 'other', size = -1"))
    for thing in held[2000:2100]:
        s.expire(thing)
    for thing in held[3000:3100]:
        s.expire(thing, ["name"])
    for thing in held[3500:3600]:
        s.expire(thing, ["name"])
        thing.name = "mine"
    p.mark("again")
    digest(p, s.scalars(statement(p, Thing)).all())
    p.show([(x.name, x.size) for x in (held[2050], held[3050], held[3550], held[10])])
    s.close()
    held = s.scalars(statement(p, Thing).options(p.load_only(Thing.name))).all()
    whole = s.scalars(p.select(Thing).where(Thing.id < 1500)).all()
    p.mark("the rest")
    digest(p, s.scalars(statement(p, Thing)).all())
    digest(p, s.scalars(statement(p, Thing).options(p.load_only(Thing.name))).all())
    p.show(len(held), len(whole))


@program
def populate_existing_reads_all(p: Any) -> None:
    s, Thing = stored(p)
    held = s.scalars(statement(p, Thing)).all()
    s.execute(p.text("update thing set name = 'other'"))
    held[7].name = "lost"
    s.expire_on_commit = False
    with s.no_autoflush:
        q = statement(p, Thing).execution_options(populate_existing=True)
        digest(p, s.scalars(q).all())
    p.show(held[7].name, held[7] in s.dirty)


@program
def results_of_many_shapes(p: Any) -> None:
    s, Thing = stored(p)
    held = s.scalars(statement(p, Thing)).all()
    s.execute(p.text("update thing set name = 'other'"))
    digest(p, [row[0] for row in s.execute(statement(p, Thing)).unique()])
    digest(p, s.execute(statement(p, Thing)).scalars().unique().all())
    digest(p, [row.Thing for row in s.execute(statement(p, Thing)).all()])
    p.show({len(row) for row in s.execute(p.select(Thing, Thing.name)).all()})
    p.show({row[1] for row in s.execute(p.select(Thing, Thing.name)).all()})
    p.show([len(part) for part in s.scalars(statement(p, Thing)).partitions(1500)])
    p.show(s.scalars(statement(p, Thing)).first().name)
    result = s.scalars(statement(p, Thing))
    p.show([x.id for x in result.fetchmany(3)], [x.id for x in result.fetchmany(2)])
    result.close()
    two = p.aliased(Thing)
    twice = p.select(Thing).join(two, two.id.in_([1, 2]))
    digest(p, s.scalars(twice.order_by(Thing.id)).all())
    digest(p, s.query(Thing).from_statement(p.text("select * from thing order by size")).all())
    digest(p, s.scalars(p.select(two).where(two.size > 3).order_by(two.id)).all())
    p.show(len(held))


@program
def objects_that_go_meanwhile(p: Any) -> None:
    s, Thing = stored(p)
    held = s.scalars(statement(p, Thing)).all()
    result = s.scalars(statement(p, Thing))
    s.expunge(held[3000])
    s.delete(held[3001])
    found = result.all()
    p.show([x is y for x, y in zip(held, found, strict=True)].count(False) <= 1, len(found))
    del found, result
    ref = weakref.ref(held[2500])
    del held
    gc.collect()
    p.show(ref() is None, len(s.identity_map))


@program
def what_is_not_asked_for_lets_go(p: Any) -> None:
    s, Thing = stored(p)
    held = s.scalars(statement(p, Thing)).all()
    results = [s.scalars(statement(p, Thing)) for _ in range(3)]
    p.show(len(results[0].fetchmany(2000)), results[1].first().id)
    refs = [weakref.ref(held[n]) for n in (0, 1999, 2500, 3999)]
    held.clear()
    for result in results:
        result.close()
    del results, result
    gc.collect()
    p.show([ref() is None for ref in refs], len(s.identity_map))


@program
def classes_that_inherit(p: Any) -> None:
    class Animal(p.Base):  # type: ignore[misc, name-defined]
        __tablename__ = "animal"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String)
        name = p.Column(p.String)
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal"}

    class Cat(Animal):
        lives = p.Column(p.Integer)
        __mapper_args__ = {"polymorphic_identity": "cat"}

    s = p.session()
    s.execute(
        p.insert(Animal.__table__),
        [
            {
                "id": n,
                "kind": "cat" if 1500 < n < 2500 or n % 100 == 0 else "animal",
                "name": f"n{n}",
                "lives": n % 9,
            }
            for n in range(1, ROWS)
        ],
    )
    s.commit()
    held = s.scalars(p.select(Animal).order_by(Animal.id)).all()
    s.execute(p.text("update animal set name = 'other', lives = 100"))
    found = s.scalars(p.select(Animal).order_by(Animal.id)).all()
    p.show(held == found, {x.name == "other" for x in found})
    cats = s.scalars(p.select(Cat).order_by(Cat.id)).all()
    p.show(len(cats), sum(x.lives for x in cats), {type(x).__name__ for x in found})
    again = s.scalars(p.select(Cat).order_by(Cat.id)).all()
    p.show(again == cats, sum(x.lives for x in again))


@program
def loads_that_follow(p: Any) -> None:
    class Owner(p.Base):  # type: ignore[misc, name-defined]
        __tablename__ = "owner"
        id = p.Column(p.Integer, primary_key=True)
        pets = p.relationship("Pet")

    class Pet(p.Base):  # type: ignore[misc, name-defined]
        __tablename__ = "pet"
        id = p.Column(p.Integer, primary_key=True)
        owner_id = p.Column(p.ForeignKey("owner.id"))
        owner = p.relationship("Owner", viewonly=True)

    s = p.session()
    s.execute(p.insert(Owner.__table__), [{"id": n} for n in range(1, 2001)])
    s.execute(p.insert(Pet.__table__), [{"id": n, "owner_id": n % 50 + 1} for n in range(1, 2001)])
    s.commit()
    owners = s.scalars(p.select(Owner).order_by(Owner.id)).all()
    option = p.selectinload(Owner.pets)
    p.mark("selectin")
    found = s.scalars(p.select(Owner).order_by(Owner.id).options(option)).all()
    p.show(found == owners, sum(len(x.pets) for x in found))
    p.mark("joined")
    pets = s.scalars(p.select(Pet).order_by(Pet.id).options(p.joinedload(Pet.owner))).all()
    p.show(sum(x.owner.id for x in pets))


@program
def loaded_by_halves(p: Any) -> None:
    """What was expired and came back in part lacks the rest."""
    s, Thing = stored(p)
    held = s.scalars(statement(p, Thing)).all()
    for thing in held[2000:2100]:
        s.expire(thing, ["name", "size"])
    for value in "other", "third":
        s.execute(p.update(Thing.__table__).values(name=value, size=len(value)))
        s.scalars(statement(p, Thing).options(p.load_only(Thing.name))).all()
        p.mark(value)
        s.scalars(statement(p, Thing)).all()
        p.show([(x.name, x.size) for x in held[1999:2101:50]])
        for thing in held[1990:2010]:
            s.expire(thing, ["size"])
    digest(p, held)


@program
def how_many_came_last(p: Any) -> None:
    """A statement that brings much, then little, then much of what has gone."""
    s, Thing = stored(p)
    held = s.scalars(statement(p, Thing)).all()
    s.execute(p.text("update thing set name = 'other'"))
    for most in ROWS, 1500, ROWS, 1025, 3, ROWS, 1024:
        found = s.scalars(statement(p, Thing).where(Thing.id <= most)).all()
        p.show(len(found), found == held[:most])
    del held[1030:2000], held[2100:], found
    gc.collect()
    for most in ROWS, 1500, ROWS:
        found = s.scalars(statement(p, Thing).where(Thing.id <= most)).all()
        digest(p, found)
        del found
        gc.collect()
    p.show(len(held))


@program
def several_at_once(p: Any) -> None:
    """Results that are asked for in turn, of two classes, each with objects of its own."""
    s, Thing = stored(p)

    class Other(p.Base):  # type: ignore[misc, name-defined]
        __tablename__ = "other"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

    p.Base.metadata.create_all(s.get_bind())
    s.execute(p.insert(Other.__table__), [{"id": 2 * n, "name": f"o{n}"} for n in range(2000)])
    things = s.scalars(statement(p, Thing)).all()
    others = s.scalars(p.select(Other).order_by(Other.id)).all()
    for _ in range(3):
        results = [
            s.scalars(p.select(each).order_by(each.id)) for each in (Thing, Other, Thing, Other)
        ]
        parts = [result.fetchmany(1500) for result in results]
        results[2].close()
        rest = [result.all() for result in (*results[:2], results[3])]
        p.show([len(part) for part in parts], [len(part) for part in rest])
        p.show(parts[0] + rest[0] == things, parts[1] + rest[1] == others)
        p.show(parts[2] == things[:1500], parts[3] + rest[2] == others)
