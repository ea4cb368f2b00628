"""Values and sizes at the edge of what there is, and one step beyond."""

from __future__ import annotations

import contextlib
import copy
import datetime
import gc
import math
import pickle
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

import cormorant as sa
from cormorant.orm import Session, declarative_base, relationship

from . import postgres
from .differential.harness import compare


def model(p: Any) -> Any:
    class Thing(p.Base):
        __tablename__ = "things"
        id = p.Column(p.Integer, primary_key=True)
        whole = p.Column(p.BigInteger)
        real = p.Column(p.Float)
        text = p.Column(p.String)
        data = p.Column(p.LargeBinary)
        at = p.Column(p.DateTime)
        day = p.Column(p.Date)
        time = p.Column(p.Time)
        doc = p.Column(p.JSON)

    return Thing


VALUES: list[tuple[str, Any]] = [
    *(("whole", n) for n in (2**63 - 1, -(2**63), 2**63, -(2**63) - 1, 2**64, 10**400)),
    *(("real", x) for x in (math.inf, -math.inf, math.nan, -0.0, 5e-324, 1.7976931348623157e308)),
    *(("text", s) for s in ("", "\0", "a\0b", "\ud800", "\U0010ffff", "x" * 70_000)),
    ("text", "".join(chr(plane * 0x10000 + 0x41) for plane in range(17))),
    *(("data", b) for b in (b"", b"\0", b"\xff" * 70_000)),
    *(("at", at) for at in (datetime.datetime.min, datetime.datetime.max)),
    ("at", datetime.datetime.max.replace(tzinfo=datetime.UTC)),
    *(("day", day) for day in (datetime.date.min, datetime.date.max)),
    *(("time", time) for time in (datetime.time.min, datetime.time.max)),
    *(("doc", doc) for doc in ([], {}, "", 0, [[[[]]]], {"": None}, math.inf, "\ud800", 2**70)),
]


@pytest.mark.parametrize(("name", "value"), VALUES, ids=lambda value: repr(value)[:24])
def test_value(name: str, value: Any) -> None:
    def program(p: Any) -> None:
        Thing = model(p)
        engine = p.engine()
        p.Base.metadata.create_all(engine)
        with p.Session(engine) as session:
            thing = Thing(**{name: value})
            session.add(thing)
            try:
                session.commit()
            except Exception as error:
                p.show(type(error).__name__, str(error)[:80])
                session.rollback()
                p.show(session.query(Thing).count())
                return
            session.expunge_all()
            found = getattr(session.query(Thing).one(), name)
            p.show(found == value, type(found).__name__, repr(found)[:200])

    # nor is what a log would show of it different
    compare(program, error_text=False)


@pytest.mark.parametrize("value", ["x" * 100_000_000, b"\xff" * 100_000_000], ids=["text", "blob"])
def test_a_hundred_megabytes(value: Any) -> None:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        found = connection.execute(sa.select(sa.literal(value), sa.literal(1))).one()
        assert found == (value, 1)


def test_two_thousand_columns() -> None:
    names = [f"c{number}" for number in range(1999)]
    columns = {name: sa.Column(sa.Integer) for name in names}
    members = {"__tablename__": "wide", "id": sa.Column(sa.Integer, primary_key=True), **columns}
    Wide: Any = type("Wide", (declarative_base(),), members)
    engine = sa.create_engine("sqlite://")
    Wide.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Wide(id=1, **{name: number for number, name in enumerate(names)}))
        session.commit()
        wide = session.query(Wide).one()
        assert [getattr(wide, name) for name in names] == list(range(1999))
        assert len(vars(wide)) == 2001
        wide.c1998 = -1
        session.commit()
        assert session.query(Wide.c1998).scalar() == -1


@pytest.mark.parametrize("count", [32_766, 32_767, 250_000])
def test_many_parameters(count: int) -> None:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        number = sa.literal_column("17", sa.Integer)
        query = sa.select(number).where(number.in_(list(range(count))))
        assert connection.execute(query).all() == [(17,)]


@pytest.mark.sqlite_only
def test_too_many_parameters(p: Any) -> None:
    with p.engine().connect() as connection:
        query = p.select(p.literal_column("1")).where(p.literal(1).in_(list(range(300_000))))
        with pytest.raises(p.OperationalError, match="too many SQL variables"):
            connection.execute(query)
        assert connection.scalar(p.select(p.literal(2))) == 2


@pytest.mark.sqlite_only
def test_long_statements(p: Any) -> None:
    with p.engine().connect() as connection:
        text = "x" * 1_100_000
        assert connection.scalar(p.text(f"select '{text}'")) == text
        terms = " + ".join(["1"] * 900)
        assert connection.scalar(p.text(f"select {terms}")) == 900
        with pytest.raises(p.DBAPIError, match="Expression tree is too large"):
            connection.scalar(p.text("select " + " + ".join(["1"] * 5000)))


def test_deep_expressions(p: Any) -> None:
    """Python's limit of recursion ends it, not the C stack."""
    column: Any = p.column("a")
    for _ in range(20_000):
        column = p.func.abs(column)
    with pytest.raises(RecursionError):
        str(p.select(column))


DEPTH = 10_000


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "sqlite":
        made = sa.create_engine("sqlite://")
    elif postgres.scratch() is None:
        pytest.skip("no PostgreSQL server")
    else:
        postgres.clear(postgres.scratch() or "")
        made = sa.create_engine(f"postgresql:{postgres.scratch()}")
    yield made
    made.dispose()


Base = declarative_base()


class Node(Base):
    __tablename__ = "nodes"
    id = sa.Column(sa.Integer, primary_key=True)
    parent_id = sa.Column(sa.ForeignKey("nodes.id"))
    parent = relationship(
        "Node", remote_side=[id], back_populates="children", cascade="save-update, merge"
    )
    children = relationship("Node", back_populates="parent", cascade="all")


class Link(Base):
    """Refers to others, which do not refer back."""

    __tablename__ = "links"
    id = sa.Column(sa.Integer, primary_key=True)
    parent_id = sa.Column(sa.ForeignKey("links.id"))
    children = relationship("Link", cascade="all")


def chain(cls: Any, length: int = DEPTH) -> Any:
    """The first of nodes each of which is the child of the one before."""
    node = cls()
    for _ in range(length - 1):
        node = cls(children=[node])
    return node


def test_ten_thousand_related_objects(engine: Any) -> None:
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        root = chain(Node)
        session.add(root)
        session.commit()
        assert session.query(Node).count() == DEPTH
        assert session.query(Node).where(Node.parent == None).one() is root  # noqa: E711
        session.delete(root)
        session.commit()
        assert session.query(Node).count() == 0


def test_deep_cascades(engine: Any) -> None:
    """As deep as Python's recursion goes where Python recurses, and never into the end of the
    C stack; the session goes on."""
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        root = chain(Node)
        session.add(root)
        session.flush()
        nodes = session.query(Node).all()
        assert len(nodes) == DEPTH
        for dump in (pickle.dumps, copy.deepcopy):
            with contextlib.suppress(RecursionError):
                dump(root)
        for step in (session.refresh, session.expire, session.expunge):
            with contextlib.suppress(RecursionError):
                step(root)
        session.add_all(nodes)
        assert sum(node in session for node in nodes) == DEPTH
        session.commit()
    with Session(engine) as session:
        try:
            session.merge(root)
        except RecursionError:
            session.rollback()
        session.commit()
        assert session.query(Node).count() == DEPTH


def test_a_long_chain_is_dropped() -> None:
    """Each object is freed by the one before."""
    root = chain(Link, 200_000)
    last = weakref.ref(root)
    del root
    gc.collect()
    assert last() is None
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(chain(Link, 50_000))
        session.rollback()
        assert not session.new


def test_savepoints_as_deep_as_they_go() -> None:
    """What each of them inserts is told from what the others do."""
    base: Any = declarative_base()

    class Thing(base):
        __tablename__ = "deep"
        id = sa.Column(sa.Integer, primary_key=True)

    engine = sa.create_engine("sqlite://")
    base.metadata.create_all(engine)
    with Session(engine) as session:
        nested, things = [], []
        for _ in range(254):
            nested.append(session.begin_nested())
            things.append(Thing())
            session.add(things[-1])
            session.flush()
        with pytest.raises(sa.exc.InvalidRequestError, match="deeper than 254"):
            session.begin_nested()
        for left in (253, 252):
            nested[left].rollback()
            assert [sa.inspect(thing).persistent for thing in things] == [
                at < left for at in range(254)
            ]
        nested[0].commit()
        session.commit()
        assert session.query(Thing).count() == 252
