"""The same random sequence of session operations on both packages: no difference.

A sequence is a list of (operation, numbers); each package interprets it with its own
objects, an object being named by its place among those made so far. After each operation
these must be the same: its outcome or error, the statements it has emitted (in any order), the
state of every object, what is loaded of it, and what the session means to do. In the end, the
rows in the database.

Sequences that once differed are in test_machine_found.py.

`SOAK=10000 pytest tests/differential/test_machine.py` (`make soak`) tries that many
sequences, at random; without it a few fixed ones are tried. `SOAK_DATABASE=postgresql` runs
them there.
"""

from __future__ import annotations

import importlib
import logging
import os
import re
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .harness import collapse, database_url, normalise, on_database

SOAK = int(os.environ.get("SOAK", "0"))
DATABASE = os.environ.get("SOAK_DATABASE", "sqlite")


def _settle_order(unitofwork: Any) -> None:
    """Let SQLAlchemy take the steps of a flush in a fixed order.

    It takes those that may come next of a class that refers to itself out of a set of objects,
    that is in any order, which shows when one of them fails. So it does with the objects of a
    flush: what is deleted by cascade may be spared by what comes before.
    """
    ordered = importlib.import_module("sqlalchemy.util").OrderedSet
    for name in ("session", "unitofwork", "identity", "dependency"):
        importlib.import_module(f"sqlalchemy.orm.{name}").set = ordered  # type: ignore[attr-defined]
    topological = unitofwork.topological

    def sort_as_subsets(edges: Any, steps: Any) -> Iterator[list[Any]]:
        for subset in topological.sort_as_subsets(edges, steps):
            kinds: dict[Any, list[Any]] = {}
            for step in subset:
                names = ("mapper", "dependency_processor", "isdelete", "delete")
                rank = type(step).__name__.replace("State", "All")
                key = (rank, step.sort_key[1], *(str(getattr(step, n, "")) for n in names))
                kinds.setdefault(key, []).append(step)
            yield from (kinds[key] for key in sorted(kinds))

    unitofwork.topological = SimpleNamespace(
        sort_as_subsets=sort_as_subsets,
        sort=topological.sort,
        find_cycles=topological.find_cycles,
    )


@cache
def package(name: str, database: str) -> SimpleNamespace:
    """A package with its mapped classes and an empty database."""
    sa = importlib.import_module(name)
    orm = importlib.import_module(f"{name}.orm")
    pool = importlib.import_module(f"{name}.pool")
    if name == "sqlalchemy":
        _settle_order(importlib.import_module(f"{name}.orm.unitofwork"))
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
        kind = sa.Column(sa.String(9))
        posts = orm.relationship(
            "Post", secondary=post_tag, back_populates="tags", order_by="Post.id"
        )
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "tag"}

    class Label(Tag):
        __tablename__ = "label"
        id = sa.Column(sa.ForeignKey("tag.id"), primary_key=True)
        color = sa.Column(sa.String, server_default="red")
        __mapper_args__ = {"polymorphic_identity": "label"}

    class Point:
        def __init__(self, x: Any, y: Any) -> None:
            self.x, self.y = x, y

        def __composite_values__(self) -> Any:
            return self.x, self.y

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Point) and (other.x, other.y) == (self.x, self.y)

    class Country(base):
        __tablename__ = "country"
        code = sa.Column(sa.String, primary_key=True)
        name = sa.Column(sa.String)
        age = sa.Column(sa.Integer, default=3)
        cities = orm.relationship(
            "City", back_populates="country", passive_updates=False, order_by="City.id"
        )

    class City(base):
        __tablename__ = "city"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
        age = sa.Column(sa.Integer)
        x = sa.Column(sa.Integer)
        y = sa.Column(sa.Integer)
        at = orm.composite(Point, x, y)
        country_code = sa.Column(sa.ForeignKey("country.code"))
        country = orm.relationship("Country", back_populates="cities")

    engine = sa.create_engine(database_url("sqlite://"), poolclass=pool.StaticPool)
    base.metadata.create_all(engine)
    return SimpleNamespace(
        name=name,
        sa=sa,
        orm=orm,
        engine=engine,
        no_value=importlib.import_module(f"{name}.orm.attributes").NO_VALUE,
        tables=base.metadata.sorted_tables,
        classes=(User, Post, Tag, Profile, Label),
        more=(Country, City),
        point=Point,
        other=sa.create_engine("sqlite://", poolclass=pool.StaticPool),
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
    "Label": (("posts", "Post", True),),
    "Profile": (("user", "User", False),),
    "Country": (("cities", "City", True),),
    "City": (("country", "Country", False),),
}
KINDS = {"Tag": ("Tag", "Label")}
COLUMNS = (
    *("id", "name", "age", "version", "user_id", "parent_id", "kind", "color"),
    *("code", "x", "y", "country_code"),
)
STATES = ("transient", "pending", "persistent", "deleted", "detached")


def _plain(value: Any) -> Any:
    """A value of a column; SQL expressions are all one."""
    return value if value is None or isinstance(value, (int, str)) else "SQL"


class _InOrder(dict[Any, Any]):
    """SQLAlchemy's pending objects: each is inserted after those that were added before.

    It numbers them by how many there are, so that after an expunge two have one number, and
    which comes first is up to the order of a set.
    """

    added = 0

    def __len__(self) -> int:
        return self.added

    def __bool__(self) -> bool:
        return any(True for _ in self)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.added += 1
        super().__setitem__(key, value)


def ordered_session(orm: Any, engine: Any) -> Any:
    """A session; SQLAlchemy's inserts new objects in the order they were added in, also after
    it has let all of them go."""
    if not orm.__name__.startswith("sqlalchemy"):
        return orm.Session(engine)

    class OrderedSession(orm.Session):  # type: ignore[name-defined,misc]
        def expunge_all(self) -> None:
            super().expunge_all()
            self._new = _InOrder()

    session = OrderedSession(engine)
    session._new = _InOrder()
    return session


class Statements(logging.Handler):
    """What an engine executes, as its log shows it."""

    def __init__(self, database: str) -> None:
        super().__init__()
        self.database = database
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        line = record.getMessage()
        if "insertmanyvalues" in line:  # SQLAlchemy has the parameters in the order of a set
            line = normalise(line)
        if self.database == "postgresql" and collapse(self.lines, line):
            return
        if line.startswith("[") and self.lines:
            values = re.sub(r"^\[[^]]*\] ", "", line)
            if values.startswith("[("):
                values = str(sorted(values[2:-2].split("), (")))
            elif values.startswith("[{"):
                values = str(sorted(values[2:-2].split("}, {")))
            line = f"{self.lines.pop()} {values}"
        self.lines.append(line)

    def take(self) -> list[str]:
        """The statements since the last call, in a fixed order."""
        lines, self.lines = self.lines, []
        return sorted(lines)


class Run:
    """One package going through a sequence."""

    def __init__(self, name: str, database: str) -> None:
        self.package = package(name, database)
        self.database = database
        self.session = ordered_session(self.package.orm, self.package.engine)
        self.objects: list[Any] = []
        self.nested: list[Any] = []
        self.deleted: set[int] = set()
        self.trace: list[Any] = []
        self.statements = Statements(database)

    # -- objects by number

    def object(self, number: int) -> Any:
        return self.objects[number % len(self.objects)]

    def related(self, number: int, kind: str) -> Any:
        """Another object of a class, or None."""
        kinds = KINDS.get(kind, (kind,))
        fitting = [o for o in self.objects if type(o).__name__ in kinds]
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

    def names(self, obj: Any) -> tuple[str, ...]:
        return ("id", "name", "age", *(r[0] for r in RELATIONS[type(obj).__name__]))

    # -- operations

    def make(self, a: int, b: int, c: int) -> Any:
        cls = self.package.classes[a % 5]
        obj = cls(name=f"n{b % 6}", age=c % 4)
        self.objects.append(obj)
        if b % 3:
            self.session.add(obj)

    def make_with_key(self, a: int, b: int, c: int) -> Any:
        obj = self.package.classes[(0, 2, 3, 4)[a % 4]](id=b % 5 + 1, name=f"k{c}")
        self.objects.append(obj)
        self.session.add(obj)

    def add(self, a: int, b: int, c: int) -> Any:
        self.session.add(self.object(a))

    def assign(self, a: int, b: int, c: int) -> Any:
        setattr(self.object(a), ("name", "age")[b % 2], (f"v{c % 5}", c % 4)[b % 2])

    def assign_sql(self, a: int, b: int, c: int) -> Any:
        obj = self.object(a)
        # (what is expired besides is loaded without it, and then SQLAlchemy takes it for loaded:
        # after the flush it reads as None)
        state = self.package.sa.inspect(obj)
        if not state.persistent or "age" not in state.unloaded:
            obj.age = type(obj).age + 1

    def relate(self, a: int, b: int, c: int) -> Any:
        obj = self.object(a)
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
        relations = RELATIONS[type(obj).__name__]
        name, _kind, many = relations[b % len(relations)]
        if not many:
            if c % 3 or name in self.package.sa.inspect(obj).unloaded:
                setattr(obj, name, None)
            else:
                delattr(obj, name)
            return
        members = getattr(obj, name)
        if members:
            members.remove(members[c % len(members)])

    def replace(self, a: int, b: int, c: int) -> Any:
        obj = self.object(a)
        many = [r for r in RELATIONS[type(obj).__name__] if r[2]]
        if many:
            name, kind, _ = many[b % len(many)]
            kinds = KINDS.get(kind, (kind,))
            fitting = [o for o in self.objects if type(o).__name__ in kinds and o is not obj]
            setattr(obj, name, fitting[c % (len(fitting) + 1) :])

    def read(self, a: int, b: int, c: int) -> Any:
        obj = self.object(a)
        names = self.names(obj)
        value = getattr(obj, names[b % len(names)])
        if isinstance(value, list):
            return [self.index(o) for o in value]
        return self.index(value) if type(value).__name__ in RELATIONS else _plain(value)

    def delete(self, a: int, b: int, c: int) -> Any:
        obj = self.object(a)
        if not self.package.sa.inspect(obj).deleted:
            self.session.delete(obj)

    def expire(self, a: int, b: int, c: int) -> Any:
        obj = self.object(a)
        names = self.names(obj)[1:]
        self.session.expire(obj, [names[b % len(names)]] if c % 3 else None)

    def expire_all(self, a: int, b: int, c: int) -> Any:
        self.session.expire_all()

    def refresh(self, a: int, b: int, c: int) -> Any:
        obj = self.object(a)
        names = self.names(obj)[1:]
        self.session.refresh(obj, [names[b % len(names)]] if c % 3 == 0 else None)

    def expunge(self, a: int, b: int, c: int) -> Any:
        self.session.expunge(self.object(a))

    def flush(self, a: int, b: int, c: int) -> Any:
        self.session.flush()

    def commit(self, a: int, b: int, c: int) -> Any:
        self.session.commit()

    def rollback(self, a: int, b: int, c: int) -> Any:
        self.session.rollback()

    def savepoint(self, a: int, b: int, c: int) -> Any:
        self.nested.append(self.session.begin_nested())

    def release(self, a: int, b: int, c: int) -> Any:
        if self.nested:
            self.nested.pop().commit()

    def rollback_to(self, a: int, b: int, c: int) -> Any:
        if self.nested:
            self.nested.pop().rollback()

    def autoflush(self, a: int, b: int, c: int) -> Any:
        self.session.autoflush = not self.session.autoflush

    def merge(self, a: int, b: int, c: int) -> Any:
        cls = self.package.classes[a % 5]
        return self.index(self.session.merge(cls(id=b % 5 + 1, name=f"m{c % 3}")))

    def merge_object(self, a: int, b: int, c: int) -> Any:
        given = self.object(a)
        merged = self.index(self.session.merge(given))
        if self.package.sa.inspect(given).was_deleted:
            self.deleted.add(merged)  # what it has of the other is as uncertain
        return merged

    def query(self, a: int, b: int, c: int) -> Any:
        cls = self.package.classes[a % 5]
        rows = self.session.query(cls).filter(cls.age < c % 5).order_by(cls.id).all()
        return [self.index(o) for o in rows]

    def query_columns(self, a: int, b: int, c: int) -> Any:
        cls = self.package.classes[a % 5]
        statement = self.package.sa.select(cls.id, cls.name).order_by(cls.id)
        return [tuple(row) for row in self.session.execute(statement)]

    def query_text(self, a: int, b: int, c: int) -> Any:
        text = self.package.sa.text
        table = ("post", "tag", "profile")[a % 3]
        return self.session.execute(text(f"SELECT count(*) FROM {table}")).scalar()

    def query_eagerly(self, a: int, b: int, c: int) -> Any:
        orm = self.package.orm
        cls = self.package.classes[a % 5]
        relations = RELATIONS[cls.__name__]
        attribute = getattr(cls, relations[b % len(relations)][0])
        load = (orm.joinedload, orm.selectinload, orm.subqueryload)[c % 3]
        rows = self.session.query(cls).options(load(attribute)).order_by(cls.id).all()
        return [self.index(o) for o in rows]

    def get(self, a: int, b: int, c: int) -> Any:
        return self.index(self.session.get(self.package.classes[a % 5], b % 6 + 1))

    def update_statement(self, a: int, b: int, c: int) -> Any:
        sa = self.package.sa
        cls = self.package.classes[a % 4]
        statement = sa.update(cls).where(cls.age == b % 4).values(age=c % 4)
        return self.session.execute(statement).rowcount

    def delete_statement(self, a: int, b: int, c: int) -> Any:
        cls = self.package.classes[(1, 3)[a % 2]]
        statement = self.package.sa.delete(cls).where(cls.age == b % 4)
        return self.session.execute(statement).rowcount

    def bulk_insert(self, a: int, b: int, c: int) -> Any:
        cls = self.package.classes[a % 5]
        rows = [{"name": f"b{number}", "age": number} for number in range(b % 3 + 1)]
        if c % 2:
            self.session.bulk_insert_mappings(cls, rows)
        else:
            self.session.execute(self.package.sa.insert(cls), rows)

    def bulk_update(self, a: int, b: int, c: int) -> Any:
        cls = self.package.classes[(0, 2, 3, 4)[a % 4]]
        rows = [{"id": b % 4 + 1, "age": c % 4}, {"id": b % 4 + 2, "age": c % 4}]
        self.session.bulk_update_mappings(cls, rows[: c % 2 + 1])

    # -- what is compared

    def step(self, operation: str, numbers: tuple[int, int, int]) -> None:
        method: Callable[..., Any] = getattr(self, operation)
        if not self.objects and operation not in _ALWAYS:
            return
        try:
            outcome = method(*numbers)
        except Exception as error:
            text = normalise(str(error))
            if "Circular dependency detected" in text:
                text = str(sorted(re.findall(r"\w+State\([^>]*>", text)))  # of a set
            if self.database == "postgresql":
                # Of many rows SQLAlchemy shows one statement, we that of the row.
                text = text.partition("\n[SQL: INSERT")[0]
            outcome = (type(error).__name__, text)
        self.trace.append((operation, numbers, outcome, self.statements.take(), self.summary()))

    def summary(self) -> list[Any]:
        inspect, no_value = self.package.sa.inspect, self.package.no_value
        found = []
        for number, obj in enumerate(list(self.objects)):
            state = inspect(obj)
            names = [name for name in STATES if getattr(state, name)]
            if state.was_deleted:
                self.deleted.add(number)
            loaded = {}
            for name in COLUMNS:
                if name in state.mapper.column_attrs:
                    value = state.attrs[name].loaded_value
                    if value is not no_value:
                        loaded[name] = _plain(value)
            for name, _, many in RELATIONS[type(obj).__name__]:
                value = state.attrs[name].loaded_value
                if value is no_value or (not many and number in self.deleted):
                    continue  # a flush of deletes looks at the first object that has one
                loaded[name] = [self.index(o) for o in value] if many else self.index(value)
            found.append((number, type(obj).__name__, names, state.key and state.key[1], loaded))
        session = self.session
        self.deleted.update(map(self.index, session.deleted))
        kinds = (session.new, session.dirty, session.deleted)
        return [
            *found,
            *(sorted(self.index(o) for o in kind) for kind in kinds),
            session.is_active,
            session.in_transaction(),
            session.in_nested_transaction(),
        ]

    def rows(self) -> list[Any]:
        """What is in the database at the end."""
        self.session.close()
        text = self.package.sa.text
        with self.package.engine.begin() as connection:
            found = [
                sorted(map(repr, map(tuple, connection.execute(table.select()))))
                for table in self.package.tables
            ]
            for table in reversed(self.package.tables):
                connection.execute(table.delete())
            if self.database == "postgresql":
                for table in ("user", "post", "tag", "profile", "city"):
                    connection.execute(text(f"ALTER SEQUENCE {table}_id_seq RESTART"))
        return found


_ALWAYS = frozenset(
    (
        *("make", "make_with_key", "flush", "commit", "rollback", "query", "merge"),
        *("bulk_insert", "savepoint", "get"),
        *("make_more", "query_more", "bulk_save", "insert_returning", "upsert"),
    )
)
_OPERATIONS = (
    *("make", "make", "make", "make_with_key", "add", "assign", "assign", "relate", "relate"),
    *("relate", "unrelate", "replace", "read", "read", "delete", "expire", "refresh", "expunge"),
    *("flush", "flush", "commit", "rollback", "savepoint", "release", "rollback_to", "merge"),
    *("query", "query_eagerly", "get", "update_statement", "delete_statement", "expire_all"),
    *("autoflush", "merge_object", "query_columns", "query_text", "bulk_insert", "bulk_update"),
    "assign_sql",
)
#: Errors inside of SQLAlchemy: the flush of an object that is new again after a rollback takes
#: the mark of an old value that was never loaded for an object, or asserts what does not hold:
#: that of two objects of one identity, both deleted, asserts as well. A rollback fails when an
#: object was expunged that was deleted, and deleted again.
_CRASHES = (
    "('AttributeError', \"'LoaderCallableStatus' object has no attribute",
    "('AssertionError', '')",
    "('AssertionError', 'Failed to add object to the flush context!')",
)
_NUMBER = st.integers(0, 11)
_SEQUENCES = st.lists(
    st.tuples(st.sampled_from(_OPERATIONS), st.tuples(_NUMBER, _NUMBER, _NUMBER)),
    min_size=3,
    max_size=30,
)


def drive(
    name: str, sequence: Any, database: str = "sqlite", runs: type[Run] = Run
) -> tuple[list[Any], list[Any]]:
    """What a package does with a sequence, and what is in the database then."""
    run = runs(name, database)
    logger = logging.getLogger(f"{name}.engine.Engine")
    level, propagate = logger.level, logger.propagate
    logger.addHandler(run.statements)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    run.package.engine.connect().close()
    run.statements.take()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for operation, numbers in sequence:
                run.step(operation, numbers)
        finally:
            logger.removeHandler(run.statements)
            logger.setLevel(level)
            logger.propagate = propagate
            rows = run.rows()
    return run.trace, rows


def assert_alike(sequence: Any, database: str = "sqlite", runs: type[Run] = Run) -> None:
    """Drive both packages and compare them, operation by operation."""
    peer_trace, peer_rows = drive("sqlalchemy", sequence, database, runs)
    trace, rows = drive("cormorant", sequence, database, runs)
    for expected, found in zip(peer_trace, trace, strict=True):
        outcome = str(expected[2])
        if outcome.startswith(_CRASHES) or (
            expected[0].startswith("rollback") and outcome.endswith('is not persisted")')
        ):
            return
        assert found == expected
    assert rows == peer_rows


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
    with on_database(DATABASE):
        assert_alike(sequence, DATABASE)
