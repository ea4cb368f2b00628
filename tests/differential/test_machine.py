"""The same random sequence of session operations on both packages: no difference.

A sequence is a list of (operation, numbers); each package interprets it with its own
objects, an object being named by its place among those made so far. After each operation
the error and the state of every object must be the same, and what both packages have
loaded of it; in the end, the rows in the database.

`SOAK=10000 pytest tests/differential/test_machine.py` (`make soak`) tries that many
sequences, at random; without it a few fixed ones are tried.
"""

from __future__ import annotations

import importlib
import os
import warnings
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SOAK = int(os.environ.get("SOAK", "0"))


@cache
def package(name: str) -> SimpleNamespace:
    """A package with its mapped classes and an in-memory database."""
    sa = importlib.import_module(name)
    orm = importlib.import_module(f"{name}.orm")
    pool = importlib.import_module(f"{name}.pool")
    base: Any = orm.declarative_base()
    post_tag = sa.Table(
        "post_tag",
        base.metadata,
        sa.Column("post_id", sa.ForeignKey("post.id"), primary_key=True),
        sa.Column("tag_id", sa.ForeignKey("tag.id"), primary_key=True),
    )

    class User(base):
        __tablename__ = "user"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String, unique=True)
        age = sa.Column(sa.Integer, default=1)
        posts = orm.relationship("Post", back_populates="user", order_by="Post.id")
        profile = orm.relationship(
            "Profile", back_populates="user", uselist=False, cascade="all, delete-orphan"
        )

    class Profile(base):
        __tablename__ = "profile"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
        age = sa.Column(sa.Integer)
        user_id = sa.Column(sa.ForeignKey("user.id"))
        user = orm.relationship("User", back_populates="profile")

    class Post(base):
        __tablename__ = "post"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
        age = sa.Column(sa.Integer)
        version = sa.Column(sa.Integer, nullable=False)
        user_id = sa.Column(sa.ForeignKey("user.id"))
        parent_id = sa.Column(sa.ForeignKey("post.id"))
        user = orm.relationship("User", back_populates="posts")
        tags = orm.relationship(
            "Tag", secondary=post_tag, back_populates="posts", order_by="Tag.id"
        )
        children = orm.relationship(
            "Post",
            back_populates="parent",
            cascade="all, delete-orphan",
            single_parent=True,
            order_by="Post.id",
        )
        parent = orm.relationship("Post", back_populates="children", remote_side=[id])
        __mapper_args__ = {"version_id_col": version}

    class Tag(base):
        __tablename__ = "tag"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
        age = sa.Column(sa.Integer, onupdate=7)
        posts = orm.relationship(
            "Post", secondary=post_tag, back_populates="tags", order_by="Post.id"
        )

    engine = sa.create_engine("sqlite://", poolclass=pool.StaticPool)
    base.metadata.create_all(engine)
    return SimpleNamespace(
        sa=sa,
        orm=orm,
        engine=engine,
        no_value=importlib.import_module(f"{name}.orm.attributes").NO_VALUE,
        tables=base.metadata.sorted_tables,
        classes=(User, Post, Tag, Profile),
    )


RELATIONS = {
    "User": (("posts", "Post", True), ("profile", "Profile", False)),
    "Post": (
        ("user", "User", False),
        ("tags", "Tag", True),
        ("children", "Post", True),
        ("parent", "Post", False),
    ),
    "Tag": (("posts", "Post", True),),
    "Profile": (("user", "User", False),),
}


class Unknown:
    """What is not loaded: equal to anything, for what a flush looks at is its own affair."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "?"


UNKNOWN = Unknown()
STATES = ("transient", "pending", "persistent", "deleted", "detached")


class Run:
    """One package going through a sequence."""

    def __init__(self, name: str) -> None:
        self.package = package(name)
        self.session = self.package.orm.Session(self.package.engine)
        self.objects: list[Any] = []
        self.nested: list[Any] = []
        self.trace: list[Any] = []

    # -- objects by number

    def object(self, number: int) -> Any:
        return self.objects[number % len(self.objects)]

    def related(self, number: int, kind: str) -> Any:
        """Another object of a class, or None."""
        fitting = [o for o in self.objects if type(o).__name__ == kind and not self.gone(o)]
        return fitting[number % len(fitting)] if fitting else None

    def index(self, obj: Any) -> Any:
        """An object as both packages name it."""
        if obj is None:
            return None
        for number, each in enumerate(self.objects):
            if each is obj:
                return number
        self.objects.append(obj)
        return len(self.objects) - 1

    def gone(self, obj: Any) -> bool:
        """Deleted: what such an object still does depends on what is loaded of it."""
        return bool(self.package.sa.inspect(obj).was_deleted) or obj in self.session.deleted

    # -- operations

    def make(self, a: int, b: int, c: int) -> Any:
        cls = self.package.classes[a % 4]
        obj = cls(name=f"n{b % 6}", age=c % 4)
        self.objects.append(obj)
        if b % 3:
            self.session.add(obj)

    def make_with_key(self, a: int, b: int, c: int) -> Any:
        obj = self.package.classes[(0, 2, 3)[a % 3]](id=b % 5 + 1, name=f"k{c}")
        self.objects.append(obj)
        self.session.add(obj)

    def add(self, a: int, b: int, c: int) -> Any:
        self.session.add(self.object(a))

    def assign(self, a: int, b: int, c: int) -> Any:
        setattr(self.object(a), ("name", "age")[b % 2], (f"v{c % 5}", c % 4)[b % 2])

    def relate(self, a: int, b: int, c: int) -> Any:
        obj = self.object(a)
        if self.gone(obj):
            return
        relations = RELATIONS[type(obj).__name__]
        name, kind, many = relations[b % len(relations)]
        other = self.related(c, kind)
        if other is obj:
            return
        if many:
            members = getattr(obj, name)
            if other is not None and other not in members:
                members.append(other)
        else:
            setattr(obj, name, other if c % 4 else None)

    def unrelate(self, a: int, b: int, c: int) -> Any:
        obj = self.object(a)
        if self.gone(obj):
            return
        relations = RELATIONS[type(obj).__name__]
        name, _kind, many = relations[b % len(relations)]
        if not many:
            setattr(obj, name, None)
            return
        members = getattr(obj, name)
        if members:
            members.remove(members[c % len(members)])

    def replace(self, a: int, b: int, c: int) -> Any:
        obj = self.object(a)
        if self.gone(obj):
            return
        many = [r for r in RELATIONS[type(obj).__name__] if r[2]]
        if many:
            name, kind, _ = many[b % len(many)]
            fitting = [
                o
                for o in self.objects
                if type(o).__name__ == kind and o is not obj and not self.gone(o)
            ]
            setattr(obj, name, fitting[c % (len(fitting) + 1) :])

    def read(self, a: int, b: int, c: int) -> Any:
        obj = self.object(a)
        if self.gone(obj) or not self.session.is_active:
            return None
        names = ("id", "name", "age", *(r[0] for r in RELATIONS[type(obj).__name__]))
        value = getattr(obj, names[b % len(names)])
        if isinstance(value, list):
            return [self.index(o) for o in value]
        return self.index(value) if hasattr(value, "name") else value

    def delete(self, a: int, b: int, c: int) -> Any:
        obj = self.object(a)
        self.session.commit()
        if not self.gone(obj):
            self.session.delete(obj)

    def expire(self, a: int, b: int, c: int) -> Any:
        self.session.commit()
        obj = self.object(a)
        names = ("id", "name", "age", *(r[0] for r in RELATIONS[type(obj).__name__]))
        self.session.expire(obj, [names[b % len(names)]] if c % 3 else None)

    def refresh(self, a: int, b: int, c: int) -> Any:
        self.session.flush()
        self.session.refresh(self.object(a))

    def expunge(self, a: int, b: int, c: int) -> Any:
        self.session.commit()
        self.session.expunge(self.object(a))

    def flush(self, a: int, b: int, c: int) -> Any:
        self.session.flush()

    def commit(self, a: int, b: int, c: int) -> Any:
        self.session.commit()

    def rollback(self, a: int, b: int, c: int) -> Any:
        self.session.rollback()

    def savepoint(self, a: int, b: int, c: int) -> Any:
        self.session.commit()
        self.nested.append(self.session.begin_nested())

    def release(self, a: int, b: int, c: int) -> Any:
        if self.nested:
            self.nested.pop().commit()

    def rollback_to(self, a: int, b: int, c: int) -> Any:
        if self.nested:
            self.nested.pop().rollback()

    def merge(self, a: int, b: int, c: int) -> Any:
        cls = self.package.classes[a % 4]
        return self.index(self.session.merge(cls(id=b % 5 + 1, name=f"m{c % 3}")))

    def query(self, a: int, b: int, c: int) -> Any:
        cls = self.package.classes[a % 4]
        rows = self.session.query(cls).filter(cls.age < c % 5).order_by(cls.id).all()
        return [self.index(o) for o in rows]

    def query_eagerly(self, a: int, b: int, c: int) -> Any:
        orm = self.package.orm
        cls = self.package.classes[a % 4]
        relations = RELATIONS[cls.__name__]
        attribute = getattr(cls, relations[b % len(relations)][0])
        load = (orm.joinedload, orm.selectinload)[c % 2]
        rows = self.session.query(cls).options(load(attribute)).order_by(cls.id).all()
        return [self.index(o) for o in rows]

    def get(self, a: int, b: int, c: int) -> Any:
        return self.index(self.session.get(self.package.classes[a % 4], b % 6 + 1))

    def update_statement(self, a: int, b: int, c: int) -> Any:
        sa = self.package.sa
        cls = self.package.classes[a % 4]
        statement = sa.update(cls).where(cls.age == b % 4).values(age=c % 4)
        return self.session.execute(statement).rowcount

    # -- what is compared

    def step(self, operation: str, numbers: tuple[int, int, int]) -> None:
        method: Callable[..., Any] = getattr(self, operation)
        if not self.objects and operation not in _ALWAYS:
            return
        try:
            outcome = method(*numbers)
        except Exception as error:
            outcome = type(error).__name__
        self.trace.append((operation, numbers, outcome, self.summary()))

    def summary(self) -> list[Any]:
        inspect, no_value = self.package.sa.inspect, self.package.no_value
        found = []
        for number, obj in enumerate(list(self.objects)):
            state = inspect(obj)
            names = [name for name in STATES if getattr(state, name)]
            loaded = {}
            for name in ("id", "name", "age", "version", "user_id", "parent_id"):
                if name in state.mapper.column_attrs:
                    value = state.attrs[name].loaded_value
                    loaded[name] = UNKNOWN if value is no_value else value
            for name, _, many in RELATIONS[type(obj).__name__]:
                value = state.attrs[name].loaded_value
                if value is no_value:
                    loaded[name] = UNKNOWN
                elif many:
                    loaded[name] = [self.index(o) for o in value]
                else:
                    loaded[name] = self.index(value)
            found.append((number, type(obj).__name__, names, state.key and state.key[1], loaded))
        session = self.session
        pending = sorted(self.index(o) for o in session.new)
        deleted = sorted(self.index(o) for o in session.deleted)
        return [*found, pending, deleted, session.is_active]

    def rows(self) -> list[Any]:
        """What is in the database at the end."""
        self.session.close()
        with self.package.engine.begin() as connection:
            found = [
                sorted(map(tuple, connection.execute(table.select())))
                for table in self.package.tables
            ]
            for table in reversed(self.package.tables):
                connection.execute(table.delete())
        return found


_ALWAYS = frozenset(("make", "make_with_key", "flush", "commit", "rollback", "query", "merge"))
_OPERATIONS = (
    *("make", "make", "make", "make_with_key", "add", "assign", "assign", "relate", "relate"),
    *("relate", "unrelate", "replace", "read", "read", "delete", "expire", "refresh", "expunge"),
    *("flush", "flush", "commit", "rollback", "savepoint", "release", "rollback_to", "merge"),
    *("query", "query_eagerly", "get", "update_statement"),
)
_NUMBER = st.integers(0, 11)
_SEQUENCES = st.lists(
    st.tuples(st.sampled_from(_OPERATIONS), st.tuples(_NUMBER, _NUMBER, _NUMBER)),
    min_size=3,
    max_size=30,
)


def drive(name: str, sequence: Any) -> tuple[list[Any], list[Any]]:
    """What a package does with a sequence, and what is in the database then."""
    run = Run(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for operation, numbers in sequence:
                run.step(operation, numbers)
        finally:
            rows = run.rows()
    return run.trace, rows


@settings(
    max_examples=SOAK or 100,
    derandomize=not SOAK,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
    report_multiple_bugs=False,
)
@given(_SEQUENCES)
def test_no_difference(sequence: Any) -> None:
    peer_trace, peer_rows = drive("sqlalchemy", sequence)
    trace, rows = drive("cormorant", sequence)
    for expected, found in zip(peer_trace, trace, strict=True):
        assert found == expected
    assert rows == peer_rows
