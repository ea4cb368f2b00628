"""NULL in primary keys of several columns: what loads such rows, what refuses to write them."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


@pytest.mark.sqlite_only
@pytest.mark.parametrize("run", program.registered)
def test_null_keys(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


def points(p: Any, **options: Any) -> tuple[Any, Any]:
    """A class of two nullable keys, and a session with rows of each kind."""

    class Point(p.Base):
        __tablename__ = "point"
        x = p.Column(p.Integer, primary_key=True, nullable=True, autoincrement=False)
        y = p.Column(p.Integer, primary_key=True, nullable=True)
        name = p.Column(p.String)
        __mapper_args__ = options

    s = p.session()
    rows = [(1, None, "a"), (None, 2, "b"), (1, 2, "c"), (None, None, "d")]
    given = [dict(zip(("x", "y", "name"), row, strict=True)) for row in rows]
    s.execute(p.insert(Point.__table__), given)
    return Point, s


def named(p: Any, obj: Any) -> Any:
    return obj and (p.inspect(obj).identity, obj.name)


@program
def loads(p: Any) -> None:
    Point, s = points(p)
    found = s.query(Point).order_by(Point.name).all()
    p.show([named(p, obj) for obj in found])
    for key in ((1, None), (None, 2), (1, 2), (None, None)):
        p.show(named(p, s.get(Point, key)))
    p.show(s.get(Point, (1, None)) is found[0])
    s.expire(found[0])
    p.show(found[0].name)
    s.expire(found[0], ["name"])
    p.show(found[0].name)
    s.refresh(found[1])
    other = p.aliased(Point)
    pairs = s.query(Point, other).outerjoin(other, Point.x == other.y).order_by(Point.name)
    p.show([(named(p, a), named(p, b)) for a, b in pairs])


@program
def loads_whole_keys_alone(p: Any) -> None:
    Point, s = points(p, allow_partial_pks=False)
    p.show([named(p, obj) for obj in s.query(Point).order_by(Point.name)])
    p.show(named(p, s.get(Point, (1, None))))


@program
def references(p: Any) -> None:
    class Target(p.Base):
        __tablename__ = "target"
        x = p.Column(p.Integer, primary_key=True)
        y = p.Column(p.Integer, primary_key=True, nullable=True)
        name = p.Column(p.String)

    class Source(p.Base):
        __tablename__ = "source"
        id = p.Column(p.Integer, primary_key=True)
        x = p.Column(p.Integer)
        y = p.Column(p.Integer)
        target = p.relationship(Target)
        __table_args__ = (p.ForeignKeyConstraint(["x", "y"], ["target.x", "target.y"]),)

    s = p.session()
    s.execute(p.insert(Target.__table__), [{"x": 1, "y": None, "name": "t"}])
    s.add_all([Source(x=1), Source(x=1), Source(x=2), Source()])
    s.commit()
    options = (p.lazyload, p.selectinload, p.joinedload)
    for option in (None, *(each(Source.target) for each in options)):
        found = s.query(Source).order_by(Source.id).options(*([option] if option else ()))
        p.show([source.target and source.target.name for source in found])
        s.expunge_all()
    deferring = p.lazyload(Source.target).defer(Target.name)
    p.show([c.target and c.target.name for c in s.query(Source).options(deferring)])


@program
def writes(p: Any) -> None:
    Point, s = points(p)
    s.commit()

    def first() -> Any:
        return s.query(Point).filter(Point.name == "a").one()

    first().name = "z"
    p.error(s.flush)
    s.rollback()
    s.delete(first())
    p.error(s.flush)
    s.rollback()
    first().name = "a"  # no net change: nothing to write
    p.error(s.flush)
    whole = s.get(Point, (1, 2))
    whole.y = None
    p.error(s.flush)
    s.rollback()


@program
def new_objects(p: Any) -> None:
    for allowed in (True, False):
        Point, s = points(p, allow_partial_pks=allowed)
        s.commit()
        for values in ({"x": 5}, {}):
            obj = Point(name="new", **values)
            s.add(obj)
            p.error(s.flush)
            p.show(p.inspect(obj).identity)
            s.rollback()
        p.Base.registry.dispose()
        p.Base.metadata.clear()


@program
def merged(p: Any) -> None:
    for allowed in (True, False):
        Point, s = points(p, allow_partial_pks=allowed)
        for values in ({"x": 1, "y": None}, {"x": 1}, {"x": None, "y": None}):
            p.show(s.merge(Point(name="m", **values)).name, len(s.new))
            p.error(s.flush)
            s.rollback()
        p.Base.registry.dispose()
        p.Base.metadata.clear()
