"""What the core promises of large results: memory goes back to where it came from, one object
keeps one page, and Python runs once a statement, not once a row."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import gc
import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar

import pytest

import cormorant as sa
from cormorant import orm
from cormorant.ext.mutable import MutableDict

from .leaks import SANITIZED

PAGE = 64 * 1024
Base = orm.declarative_base()


class Parent(Base):
    __tablename__ = "parent"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String)
    score = sa.Column(sa.Float)
    born = sa.Column(sa.DateTime)
    children = orm.relationship("Child", back_populates="parent", cascade="all, delete-orphan")


class Child(Base):
    __tablename__ = "child"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String)
    parent_id = sa.Column(sa.ForeignKey("parent.id"))
    parent = orm.relationship("Parent", back_populates="children")


class Owner(Base):
    __tablename__ = "owner"
    id = sa.Column(sa.Uuid, primary_key=True)
    name = sa.Column(sa.String)
    parts = orm.relationship("Part", back_populates="owner")


class Part(Base):
    __tablename__ = "part"
    id = sa.Column(sa.Uuid, primary_key=True)
    name = sa.Column(sa.String)
    owner_id = sa.Column(sa.ForeignKey("owner.id"))
    owner = orm.relationship("Owner", back_populates="parts")


class Animal(Base):
    __tablename__ = "animal"
    id = sa.Column(sa.Integer, primary_key=True)
    kind = sa.Column(sa.String)
    name = sa.Column(sa.String)
    __mapper_args__: ClassVar[Any] = {"polymorphic_on": kind, "polymorphic_identity": "animal"}


class Dog(Animal):
    __tablename__ = "dog"
    id = sa.Column(sa.ForeignKey("animal.id"), primary_key=True)
    breed = sa.Column(sa.String)
    __mapper_args__: ClassVar[Any] = {"polymorphic_identity": "dog"}


class Colour(enum.Enum):
    red = 1
    green = 2


class Typed(Base):
    """A column of each generic type whose values need work."""

    __tablename__ = "typed"
    id = sa.Column(sa.Integer, primary_key=True)
    flag = sa.Column(sa.Boolean)
    amount = sa.Column(sa.Numeric(10, 2))
    ratio = sa.Column(sa.Double)
    day = sa.Column(sa.Date)
    hour = sa.Column(sa.Time)
    span = sa.Column(sa.Interval)
    code = sa.Column(sa.Uuid)
    data = sa.Column(sa.LargeBinary)
    colour = sa.Column(sa.Enum(Colour))
    document = sa.Column(sa.JSON)
    thing = sa.Column(sa.PickleType)


TYPED = {
    "flag": True,
    "amount": decimal.Decimal("1.25"),
    "ratio": 0.5,
    "day": dt.date(2024, 5, 6),
    "hour": dt.time(7, 8, 9),
    "span": dt.timedelta(hours=5),
    "code": uuid.UUID(int=7 << 64),
    "data": b"bytes",
    "colour": Colour.green,
    "document": {"a": [1, 2.5, {"b": None}], "é": "ü"},
    "thing": (1, "two"),
}


class Shout(sa.TypeDecorator):
    impl = sa.String
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return value.upper()


class Decorated(Base):
    __tablename__ = "decorated"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(Shout)


class Rebuilt(Base):
    __tablename__ = "rebuilt"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String)

    @orm.reconstructor
    def rebuild(self) -> None:
        pass


class Heard(Base):
    __tablename__ = "heard"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String)


@sa.event.listens_for(Heard, "load")
def on_load(target: Any, context: Any) -> None:
    pass


@sa.event.listens_for(Heard, "refresh")
def on_refresh(target: Any, context: Any, attrs: Any) -> None:
    pass


# --- memory --------------------------------------------------------------------

COMMON = """
import ctypes, gc, re, sys
import cormorant as sa
from cormorant import orm

Base = orm.declarative_base()

class Item(Base):
    __tablename__ = "item"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String)
    age = sa.Column(sa.Integer)
    score = sa.Column(sa.Float)
    email = sa.Column(sa.String)

session = orm.Session(sa.create_engine("sqlite://"))

def load(rows):
    return session.scalars(sa.select(Item).from_statement(sa.text(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows) SELECT"
        " i AS id, 'user ' || i AS name, i % 90 AS age, i / 7.0 AS score, NULL AS email FROM n"
    ).bindparams(rows=rows))).all()

def settle():
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what the C library keeps for itself is not counted

def resident():
    settle()
    return int(open("/proc/self/statm").read().split()[1]) * 4096

def mapped():
    "Bytes of anonymous memory that is not the heap's or a stack's."
    settle()
    total = 0
    for line in open("/proc/self/maps"):
        words = line.split()
        if len(words) == 5:
            start, end = (int(n, 16) for n in words[0].split("-"))
            total += end - start
    return total

load(10)
"""

needs_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


def fresh(program: str, monkeypatch: Any, **environment: str) -> list[float]:
    """The numbers that a program prints in a process of its own."""
    monkeypatch.setenv("PYTHONPATH", str(Path(sa.__file__).parent.parent))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    done = subprocess.run(
        [sys.executable, "-c", COMMON + program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [float(word) for word in done.stdout.split()]


@needs_linux
@pytest.mark.usefixtures("without_sanitizer")
@pytest.mark.parametrize("allocator", ["pymalloc", "malloc"])
def test_a_million_objects_leave_nothing_behind(monkeypatch: Any, allocator: str) -> None:
    """With Python's own allocator what any objects would leave behind, tuples for example, is
    there before: the arenas (1 MiB) that it has begun are used to their ends."""
    start, held, count, end, kept = fresh(
        """
len(session.identity_map), resident()  # whatever is made once is there
tuples = [(n,) for n in range(100_000)]
del tuples
start = resident()
items = load(1_000_000)
held = resident()
count = len(session.identity_map)
del items
print(start, held, count, resident(), len(session.identity_map))
""",
        monkeypatch,
        PYTHONMALLOC=allocator,
    )
    assert count == 1_000_000
    assert kept == 0
    assert held > start + 1_000_000 * 100
    assert end < start * 1.05


@needs_linux
@pytest.mark.usefixtures("without_sanitizer")
def test_one_object_keeps_one_page(monkeypatch: Any) -> None:
    """With Python's objects in the heap, what else is mapped are pages of rows."""
    survivors, before, between, after = fresh(
        """
load(600_000)  # from now on the C library takes large tables from the heap
before = mapped()
items = load(600_000)
few = items[::6000]  # each in a page of its own
count = len(few)
del items
between = mapped()
assert [item.name for item in few] == [f"user {n}" for n in range(1, 600_001, 6000)]
few.clear()
print(count, before, between, mapped())
""",
        monkeypatch,
        PYTHONMALLOC="malloc",
    )
    assert survivors == 100
    assert 0.8 * PAGE * survivors < between - before <= PAGE * survivors
    assert after - before <= PAGE


@pytest.fixture
def without_sanitizer() -> None:
    if SANITIZED:
        pytest.skip("keeps freed memory")


# --- Python frames ---------------------------------------------------------------


def frames(work: Callable[[], Any]) -> dict[str, int]:
    """How many Python frames of each function the work runs."""
    found: dict[str, int] = {}

    def profile(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            name = frame.f_code.co_qualname
            found[name] = found.get(name, 0) + 1

    gc.collect()
    gc.disable()
    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(None)
        gc.enable()
    return found


def grown(work: Callable[[orm.Session], None]) -> dict[str, int]:
    """The functions that run more often on 300 rows than on 20, and how much more often."""
    work(filled(5))  # what is made once is there
    few, many = filled(20), filled(300)
    seldom, often = frames(lambda: work(few)), frames(lambda: work(many))
    return {name: n - seldom.get(name, 0) for name, n in often.items() if n > seldom.get(name, 0)}


def filled(count: int) -> orm.Session:
    """A session on a database with `count` rows in every table."""
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    rows = [{"id": n, "name": f"name {n}"} for n in range(1, count + 1)]
    with engine.begin() as connection:
        parents = [{**row, "score": 0.5, "born": None} for row in rows]
        connection.execute(sa.insert(Parent.__table__), parents)
        connection.execute(
            sa.insert(Child.__table__),
            [{**row, "parent_id": (row["id"] - 1) // 2 + 1} for row in rows],
        )
        connection.execute(sa.insert(Decorated.__table__), rows)
        connection.execute(sa.insert(Rebuilt.__table__), rows)
        connection.execute(sa.insert(Heard.__table__), rows)
        connection.execute(sa.insert(Typed.__table__), [{"id": r["id"], **TYPED} for r in rows])
        named = [{"id": uuid.UUID(int=row["id"] << 64), "name": row["name"]} for row in rows]
        connection.execute(sa.insert(Owner.__table__), named)
        connection.execute(
            sa.insert(Part.__table__), [{**row, "owner_id": row["id"]} for row in named]
        )
    return orm.Session(engine)


def load(session: orm.Session) -> None:
    session.query(Parent).all()


def load_again(session: orm.Session) -> None:
    held = session.query(Parent).all()
    session.query(Parent).all()
    session.expire_all()
    session.query(Parent).all()
    session.query(Parent).populate_existing().all()
    assert held


def read(session: orm.Session) -> None:
    parents = session.query(Parent).all()
    for parent in parents:
        parent.id, parent.name, parent.score, parent.born


def read_rows(session: orm.Session) -> None:
    for row in session.execute(sa.select(Parent.id, Parent.name, Parent.born)).all():
        row.id, row[1], hash(row), dict(row._mapping), row._asdict()
    for row in session.execute(sa.select(Parent.id)):
        row.id
    for name in session.scalars(sa.select(Parent.name)):
        assert name
    for mapping in session.execute(sa.select(Parent.id)).mappings().unique():
        assert mapping["id"]
    for parent, child in session.query(Parent, Child).filter(Parent.id == Child.parent_id):
        parent, child


def load_joined(session: orm.Session) -> None:
    for parent in session.query(Parent).options(orm.joinedload(Parent.children)):
        for child in parent.children:
            child.name, child.parent


def load_selectin(session: orm.Session) -> None:
    for parent in session.query(Parent).options(orm.selectinload(Parent.children)):
        len(parent.children)


def look_up(session: orm.Session) -> None:
    parents = session.query(Parent).all()
    for child in session.query(Child):
        assert child.parent is not None
    assert parents


def insert(session: orm.Session) -> None:
    count = session.scalar(sa.select(sa.func.count(Parent.id)))
    session.add_all(
        [Parent(name="new", score=1.5, children=[Child(name="x")]) for _ in range(count)]
    )
    session.flush()


def insert_rows(session: orm.Session) -> None:
    count = session.scalar(sa.select(sa.func.count(Parent.id)))
    connection = session.connection()
    rows = [{"name": "new", "score": 1.5} for _ in range(count)]
    connection.execute(sa.insert(Parent.__table__), rows)
    connection.execute(sa.text("INSERT INTO parent (name) VALUES (:name)"), rows)
    session.execute(sa.insert(Parent), rows)


def write_in_bulk(session: orm.Session) -> None:
    parents = session.query(Parent).all()
    for parent in parents:
        parent.name = "changed"
    session.bulk_save_objects(parents)
    session.bulk_save_objects(parents, update_changed_only=False)
    session.bulk_save_objects([Parent(name="new") for _ in parents], preserve_order=False)
    session.bulk_save_objects([Parent(name="new") for _ in parents], return_defaults=True)
    session.bulk_save_objects([Dog(name="new") for _ in parents], return_defaults=True)
    dogs = [{"name": "new", "breed": "new"} for _ in parents]
    session.bulk_insert_mappings(Dog, dogs, return_defaults=True)
    session.bulk_update_mappings(Dog, dogs)
    session.execute(sa.insert(Dog), [{"name": "new"} for _ in parents])


def update(session: orm.Session) -> None:
    for parent in session.query(Parent).all():
        parent.name = "changed"
        parent.score = 2.5
    session.commit()


def change_by_criteria(session: orm.Session) -> None:
    held = session.query(Parent).all()
    some = sa.or_(Parent.name.in_(["name 1"]), Parent.score > 0.1, ~(Parent.id == 2))
    values = {"name": "other", "score": Parent.score + 1}
    session.execute(sa.update(Parent).where(some, Parent.name != "x").values(values))
    assert {parent.score for parent in held} == {1.5}
    session.execute(sa.delete(Child).where(Child.parent_id.is_(None)))
    session.execute(sa.delete(Parent).where(Parent.id > 0))
    assert not session.identity_map


def load_by_uuid(session: orm.Session) -> None:
    owners = session.query(Owner).options(orm.selectinload(Owner.parts)).all()
    session.query(Owner).options(orm.joinedload(Owner.parts)).populate_existing().all()
    session.expire_all()
    parts = session.query(Part).options(orm.selectinload(Part.owner)).all()
    for part in parts:
        part.id, part.owner_id, part.owner
    assert owners


def update_by_uuid(session: orm.Session) -> None:
    for part in session.query(Part).all():
        part.name = "changed"
    session.flush()


def read_types(session: orm.Session) -> None:
    assert {key: getattr(session.get(Typed, 1), key) for key in TYPED} == TYPED
    session.expunge_all()
    for typed in session.query(Typed):
        typed.flag, typed.amount, typed.ratio, typed.day, typed.hour, typed.span
        typed.code, typed.data, typed.colour, typed.document, typed.thing
    session.execute(sa.select(Typed.__table__)).all()


OTHER_CODE = uuid.UUID(int=8)


def write_types(session: orm.Session) -> None:
    many = session.query(Typed).all()
    for typed in many:
        typed.flag, typed.amount, typed.ratio = False, decimal.Decimal("2.5"), 1.5
        typed.day, typed.hour, typed.span = dt.date(2025, 1, 2), dt.time(3), dt.timedelta(1)
        typed.code, typed.data, typed.colour = OTHER_CODE, b"others", Colour.red
        typed.document, typed.thing = {"é": [True]}, (3,)
    session.flush()
    session.add_all([Typed(**TYPED) for _ in many])
    session.flush()


@pytest.mark.parametrize(
    "work",
    [
        load,
        load_again,
        read,
        read_rows,
        load_joined,
        load_selectin,
        look_up,
        insert,
        insert_rows,
        write_in_bulk,
        update,
        change_by_criteria,
        load_by_uuid,
        update_by_uuid,
        read_types,
        write_types,
    ],
    ids=lambda work: work.__name__,
)
def test_python_runs_once_a_statement(work: Callable[[orm.Session], None]) -> None:
    assert grown(work) == {}


def test_what_most_do_not_need_is_imported_late() -> None:
    code = """if True:
        import sys
        from cormorant import Column, ForeignKey, create_engine, func, select
        from cormorant.orm import Session, declarative_base, joinedload, relationship, sessionmaker
        late = (
            "engine.plans", "orm.collections", "orm.event_tokens", "orm.instance", "orm.joining",
            "sql.constructs", "sql.insertmanyvalues", "sql.named_types", "sql.select_forms",
            "util.extras", "util.identity_set", "util.topological",
        )
        found = [name for name in late if f"cormorant.{name}" in sys.modules]
        assert not found, found
        assert "logging" not in sys.modules
        with create_engine("sqlite://").connect() as connection:
            connection.execute(select(1))
        late = (
            "dataclasses", "hashlib", "inspect", "cormorant.engine.reflection",
            "cormorant.dialects.sqlite.reflection", "cormorant.sql.ddl_compiler",
        )
        found = [name for name in late if name in sys.modules]
        assert not found, found
    """
    env = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
    subprocess.run([sys.executable, "-c", code], env=env, check=True)


def test_a_look_up_by_key_takes_two_frames() -> None:
    session = filled(5)
    held = session.get(Child, 1)
    found = frames(partial(session.get, Child, 2))
    assert set(found) == {"ExecutingSession.get", "load_at_once"}
    found = frames(partial(session.get, Child, 1))
    assert found == {"ExecutingSession.get": 1}
    assert held.id == 1


def test_a_value_that_can_change_takes_three_frames() -> None:
    """Those of the first read: what follows the attribute, coerce(), and whose value it is."""

    class Changing(orm.declarative_base()):  # type: ignore[misc]
        __tablename__ = "changing"
        id = sa.Column(sa.Integer, primary_key=True)
        data = sa.Column(MutableDict.as_mutable(sa.JSON))

    engine = sa.create_engine("sqlite://")
    Changing.metadata.create_all(engine)
    session = orm.Session(engine)
    session.add_all([Changing(data={"a": n}) for n in range(20)])
    session.commit()
    held = session.query(Changing).all()
    found = frames(lambda: [obj.data for obj in held])
    assert [n for n in found.values() if n != 1] == [20, 20, 20]
    assert set(frames(lambda: [obj.data for obj in held]).values()) == {1}  # of the list alone
    value = held[0].data
    for _ in range(1000):  # owners that are gone are forgotten
        Changing(data=value)
    assert dict.__len__(value._parents) <= 16


def test_a_short_statement_takes_few_frames() -> None:
    # A process of its own: what other tests listened to is asked for in this one.
    code = "from tests.test_promises import short_statements; short_statements()"
    env = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
    subprocess.run([sys.executable, "-c", code], env=env, check=True)


def short_statements() -> None:
    session = filled(5)

    def first() -> None:
        session.query(Child).filter(Child.id == 2).first()

    def limited() -> None:
        statement = sa.select(Child).where(Child.id >= 1).order_by(Child.id).limit(2)
        session.scalars(statement).all()

    def saved() -> None:
        session.add(Parent(name="new"))
        session.commit()

    for work, most in ((first, 16), (limited, 21), (saved, 39)):
        work()
        found = frames(work)
        assert sum(found.values()) <= most, found


def test_adding_and_deleting_an_object_run_no_python() -> None:
    session = filled(20)
    held = session.query(Child).all()
    new = [Child(name="new") for _ in range(20)]

    def work() -> None:
        for child in held:
            session.delete(child)
        for child in new:
            session.add(child)

    assert sum(frames(work).values()) == 1  # work() itself
    assert len(session.deleted) == len(session.new) == 20


def test_flushing_deletes_runs_python_once() -> None:
    counts = []
    for rows in (5, 20, 300):
        session = filled(rows)
        for child in session.query(Child).all():
            session.delete(child)
        counts.append(sum(frames(session.flush).values()))
        assert session.scalar(sa.select(sa.func.count(Child.id))) == 0
    assert counts[1] == counts[2]


@pytest.mark.parametrize(
    ("entity", "called"),
    [
        (Decorated, {"Shout.process_result_value"}),
        (Rebuilt, {"Rebuilt.rebuild"}),
        (Heard, {"on_load", "on_refresh"}),
    ],
)
def test_user_code_runs_for_its_own_class_alone(entity: Any, called: set[str]) -> None:
    def work(session: orm.Session) -> None:
        held = session.query(entity).all(), session.query(Parent).all()
        session.query(entity).all()
        if entity is Heard:
            session.expire_all()
        session.query(entity).all()
        session.query(Parent).all()
        assert held

    found = grown(work)
    if entity is Heard:  # what hands a listener its arguments runs as often as the listener
        assert max(found.values()) <= 4 * 280
        found = {name: n for name, n in found.items() if name in called}
    assert found == dict.fromkeys(called, 280)


def test_nobody_listens_any_more() -> None:
    """A listener of all classes that was removed leaves no frame in what makes objects."""

    class Upper(orm.declarative_base()):  # type: ignore[misc]
        __tablename__ = "upper"
        id = sa.Column(sa.Integer, primary_key=True)
        kind = sa.Column(sa.String)
        __mapper_args__: ClassVar[Any] = {"polymorphic_on": kind}

    class Lower(Upper):
        __mapper_args__: ClassVar[Any] = {"polymorphic_identity": "lower"}

    heard: list[object] = []

    def hear(target: object, args: object, kwargs: object) -> None:
        heard.append(target)

    orm.configure_mappers()
    sa.event.listen(orm.Mapper, "init", hear)
    try:
        made = [Upper(), Lower(id=1), Child()]
    finally:
        sa.event.remove(orm.Mapper, "init", hear)
    assert heard == made
    found = frames(lambda: [(Upper(id=2), Lower(id=3), Child()) for _ in range(20)])
    assert {name: count for name, count in found.items() if count > 1} == {}
    assert made[1].id == 1
    assert Lower(id=4).kind == "lower"
