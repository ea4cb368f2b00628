"""Nothing grows: every public scenario, over and over."""

from __future__ import annotations

import copy
import ctypes
import gc
import os
import pickle
import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import cormorant as sa
from cormorant.dialects.postgresql import JSONB
from cormorant.orm import (
    Session,
    aliased,
    attribute_keyed_dict,
    declarative_base,
    joinedload,
    make_transient,
    relationship,
    selectinload,
    subqueryload,
    with_polymorphic,
)

from . import postgres
from .leaks import SANITIZED

pytestmark = pytest.mark.usefixtures("apart")

ROUNDS = 20 if SANITIZED else 60  # it looks for what is lost by itself, and takes its time
Base = declarative_base()


class Wide(declarative_base()):
    """Objects as large as any whose memory is kept for others when they die."""

    __tablename__ = "wide"
    id = sa.Column(sa.Integer, primary_key=True)
    locals().update({f"c{n}": sa.Column(sa.Integer) for n in range(63)})


tagged = sa.Table(
    "tagged",
    Base.metadata,
    sa.Column("post_id", sa.ForeignKey("posts.id"), primary_key=True),
    sa.Column("tag_id", sa.ForeignKey("tags.id"), primary_key=True),
)


class User(Base):
    __tablename__ = "users"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String, unique=True)
    data = sa.Column(sa.JSON().with_variant(JSONB(), "postgresql"))
    born = sa.Column(sa.DateTime)
    posts = relationship("Post", back_populates="user", cascade="all, delete-orphan")


class Shelf(list[Any]):
    """A collection of the program's own."""

    def append(self, item: Any) -> None:
        super().append(item)


class Owner(Base):
    __tablename__ = "owners"
    id = sa.Column(sa.Integer, primary_key=True)
    by_name = relationship(
        "Thing", collection_class=attribute_keyed_dict("name"), back_populates="owner"
    )
    shelf = relationship("Thing", collection_class=Shelf, viewonly=True)


class Thing(Base):
    __tablename__ = "things"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String)
    owner_id = sa.Column(sa.ForeignKey("owners.id"))
    owner = relationship("Owner", back_populates="by_name")


class Post(Base):
    __tablename__ = "posts"
    id = sa.Column(sa.Integer, primary_key=True)
    title = sa.Column(sa.String, default="untitled")
    user_id = sa.Column(sa.ForeignKey("users.id"))
    user = relationship("User", back_populates="posts")
    tags = relationship("Tag", secondary=tagged, back_populates="posts", collection_class=set)


class Tag(Base):
    __tablename__ = "tags"
    id = sa.Column(sa.Integer, primary_key=True)
    posts = relationship("Post", secondary=tagged, back_populates="tags")


def fill(engine: Any) -> None:
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        for n in range(4):
            tag = Tag()
            posts = [Post(title=f"t{n}"), Post(title="x", tags={tag})]
            session.add(User(name=f"u{n}", data={"n": [n]}, posts=posts))
        session.commit()


class World:
    """What the scenarios share, made once."""

    def __init__(self, url: str = "sqlite://") -> None:
        self.url = url
        self.engine = sa.create_engine(url)
        fill(self.engine)
        self.pickle = pickle.dumps(self.session().query(User).options(joinedload(User.posts)).all())

    def session(self) -> Session:
        return Session(self.engine)

    @contextmanager
    def tables_of(self, base: Any) -> Iterator[Session]:
        """A session that has the tables of a base's classes to itself."""
        engine = sa.create_engine(self.url)
        with engine.connect() as connection:
            base.metadata.create_all(connection)
            with Session(connection, join_transaction_mode="create_savepoint") as session:
                yield session
        engine.dispose()


def chosen_collections(world: World) -> None:
    with world.session() as session:
        owner = Owner(by_name={n: Thing(name=n) for n in "abc"})
        session.add(owner)
        session.flush()
        session.expire_all()
        assert sorted(owner.by_name) == ["a", "b", "c"]
        assert len(owner.shelf) == 3
        owner.by_name.pop("a")
        Thing(name="d", owner=owner)
        owner.by_name = {"b": owner.by_name["b"]}
        with pytest.raises(sa.exc.InvalidRequestError):
            Thing(owner=owner)
        loose = owner.shelf
        del owner.shelf
        loose.append(Thing(name="z"))
        copied = pickle.loads(pickle.dumps(owner))
        assert list(copied.by_name) == ["b"]


def engines(world: World) -> None:
    engine = sa.create_engine(world.url)
    with engine.connect() as connection:
        connection.execute(sa.text("select 1")).all()
    engine.dispose()


def dropped_engine(world: World) -> None:
    connection = sa.create_engine(world.url).connect()
    connection.execute(sa.text("select 1 union select 2"))


def connecting(world: World) -> None:
    with world.engine.connect() as connection:
        connection.commit()
    with world.engine.begin():
        pass


def text(world: World) -> None:
    with world.engine.connect() as connection:
        rows = connection.execute(sa.text("select id, name from users where id > :n"), {"n": 1})
        assert [row.name for row in rows] == ["u1", "u2", "u3"]
        connection.execute(sa.text("select * from users")).mappings().first()
        next(connection.execute(sa.text("select * from users")).partitions(2))


def bad_statements(world: World) -> None:
    with world.engine.connect() as connection:
        for statement in ("select nothing from nowhere", "selekt", "insert into users select *"):
            with pytest.raises(sa.exc.DBAPIError):
                connection.execute(sa.text(statement))
            connection.rollback()
        with pytest.raises(sa.exc.StatementError):
            connection.execute(sa.text("select :a"), {})
        with pytest.raises(sa.exc.ProgrammingError):
            connection.execute(sa.text("select :a"), {"a": object()})


def core_dml(world: World) -> None:
    with world.engine.connect() as connection:
        rows = [{"name": f"c{n}", "data": n} for n in range(5)]
        connection.execute(sa.insert(User.__table__), rows)
        connection.execute(sa.update(User.__table__).values(data=1).where(User.id > 4))
        connection.execute(sa.delete(User.__table__).where(User.id > 4))
        connection.rollback()


def load_all(world: World) -> None:
    users = world.session().query(User).all()
    assert next((u.name, u.data, u.born) for u in users) == ("u0", {"n": [0]}, None)


def columns_and_rows(world: World) -> None:
    session = world.session()
    rows = session.query(User.id, Post.title, User).join(Post).distinct().all()
    assert pickle.loads(pickle.dumps(rows[0][:2])) == rows[0][:2]
    assert rows[0]._mapping["title"]
    assert rows[0]._asdict()
    other = aliased(User)
    session.query(User, other).filter(User.id < other.id).all()
    session.scalars(sa.select(User).limit(1)).unique().one()


def streams(world: World) -> None:
    session = world.session()
    for user in session.query(User).yield_per(2):
        assert user.id
    iterator = iter(session.query(Post).yield_per(1))
    next(iterator)


def joined(world: World) -> None:
    users = world.session().query(User).options(joinedload(User.posts).joinedload(Post.tags)).all()
    assert len(users[0].posts) == 2


def selectin(world: World) -> None:
    users = world.session().query(User).options(selectinload(User.posts)).all()
    assert users[0].posts[0].user is users[0]


def subquery(world: World) -> None:
    users = world.session().query(User).options(subqueryload(User.posts)).all()
    assert len(users[0].posts) == 2


def lazy(world: World) -> None:
    session = world.session()
    for user in session.query(User):
        for post in user.posts:
            assert post.user is user
            assert post.tags is not None


def write(world: World) -> None:
    session = world.session()
    user = User(name="new", posts=[Post(tags={Tag()}), Post()])
    session.add(user)
    session.commit()
    user.name = "newer"
    user.posts.append(Post())
    del user.posts[0]
    session.commit()
    session.delete(user)
    session.commit()
    session.query(Tag).filter(Tag.id > 4).delete()
    session.commit()


def rollback(world: World) -> None:
    session = world.session()
    session.add(User(name="never"))
    user = session.query(User).first()
    user.name = "changed"
    session.flush()
    with session.begin_nested():
        session.delete(user)
    session.rollback()
    assert user.name == "u0"


def failed_flush(world: World) -> None:
    session = world.session()
    session.add_all([User(name="u1"), User(name="u1")])
    with pytest.raises(sa.exc.IntegrityError):
        session.flush()
    session.rollback()
    session.add(User(name=object()))
    with pytest.raises(sa.exc.ProgrammingError):
        session.flush()
    session.rollback()


def expire_and_refresh(world: World) -> None:
    session = world.session()
    user = session.query(User).first()
    session.expire(user)
    assert user.name
    session.refresh(user)
    session.expire(user, ["name", "posts"])
    assert user.posts
    session.expire_all()
    session.expunge(user)
    with pytest.raises(sa.orm.exc.DetachedInstanceError):
        _ = user.name


def merge(world: World) -> None:
    session = world.session()
    merged = session.merge(User(id=1, name="other", posts=[Post(title="m")]))
    assert session.is_modified(merged)
    session.merge(User(name="new"))
    session.close()


def left_open(world: World) -> None:
    session = world.session()
    users = session.query(User).all()
    with session.no_autoflush:  # or each round would wait for the locks of the one before
        users[0].name = "dirty"
        users[1].posts.append(Post())
        session.delete(users[2])
        session.add(User(name="pending"))


def cycles(world: World) -> None:
    session = world.session()
    user = User(posts=[Post(), Post()])
    user.myself = user
    user.session = session
    session.add(user)
    loaded = session.get(User, 1)
    loaded.others = [loaded.posts, loaded.__dict__]


def collections(world: World) -> None:
    user = User(posts=[Post(), Post()])
    post = user.posts[0]
    user.posts.remove(post)
    user.posts[:] = [post, Post()]
    user.posts = []
    post.user = user
    post.tags |= {Tag(), Tag()}
    post.tags.pop()
    post.tags = set()
    del post.user
    with pytest.raises(AttributeError):
        user.posts.append(3)
    with pytest.raises(TypeError):
        user.posts = 5
    with pytest.raises(TypeError):
        User(nothing=1)


def pickling(world: World) -> None:
    users = pickle.loads(world.pickle)
    assert users[0].posts[0].title
    copy.copy(users[0])
    copy.deepcopy(users[1])
    session = world.session()
    session.add_all(users)
    for user in users:
        make_transient(user)


def inspecting(world: World) -> None:
    session = world.session()
    user = session.query(User).first()
    state = sa.inspect(user)
    assert state.persistent
    assert state.attrs.name.history.unchanged
    user.name = "x"
    assert state.attrs.name.history.added == ["x"]
    user.__dict__["name"] = "y"
    user.__dict__.update(extra=1)
    assert user in session.dirty
    assert vars(user)["extra"] == 1


def classes(world: World) -> None:
    base = declarative_base()

    class Parent(base):
        __tablename__ = "parents"
        id = sa.Column(sa.Integer, primary_key=True)
        children = relationship("Child", back_populates="parent")

    class Child(base):
        __tablename__ = "children"
        id = sa.Column(sa.Integer, primary_key=True)
        parent_id = sa.Column(sa.ForeignKey("parents.id"))
        parent = relationship("Parent", back_populates="children")

    with world.tables_of(base) as session:
        session.add(Parent(children=[Child()]))
        session.commit()
        assert session.query(Parent).options(joinedload(Parent.children)).one().children


def hierarchies(world: World) -> None:
    base = declarative_base()

    class Employee(base):
        __tablename__ = "employee"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
        type = sa.Column(sa.String)
        __mapper_args__ = {"polymorphic_on": "type", "polymorphic_identity": "employee"}

    class Engineer(Employee):
        __tablename__ = "engineer"
        id = sa.Column(sa.ForeignKey("employee.id"), primary_key=True)
        info = sa.Column(sa.String)
        __mapper_args__ = {"polymorphic_identity": "engineer", "polymorphic_load": "selectin"}

    class Clerk(Employee):
        desk = sa.Column(sa.String)
        __mapper_args__ = {"polymorphic_identity": "clerk"}

    with world.tables_of(base) as session:
        session.add_all([Engineer(name="a", info="b"), Clerk(name="c", desk="d"), Employee()])
        session.commit()
        assert {type(e) for e in session.query(Employee)} == {Engineer, Clerk, Employee}
        both = with_polymorphic(Employee, "*")
        assert session.query(both).filter(both.Engineer.info == "b").one().info == "b"
        session.execute(sa.text("INSERT INTO employee (type) VALUES ('what')"))
        with pytest.raises(AssertionError, match="No such polymorphic_identity"):
            session.query(Employee).all()
        session.rollback()
        for employee in session.query(Employee):
            session.delete(employee)
        session.commit()


SCENARIOS = [
    hierarchies,
    chosen_collections,
    engines,
    dropped_engine,
    connecting,
    text,
    bad_statements,
    core_dml,
    load_all,
    columns_and_rows,
    streams,
    joined,
    selectin,
    subquery,
    lazy,
    write,
    rollback,
    failed_flush,
    expire_and_refresh,
    merge,
    left_open,
    cycles,
    collections,
    pickling,
    inspecting,
    classes,
]


class MallocInfo(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_size_t) for name in ["a", "b", "c", "d", "e", "f", "g", "used", "h", "i"]
    ]


def malloc_bytes() -> int:
    """Bytes in use outside of Python's own arenas, where the C library tells."""
    mallinfo = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if mallinfo is None:
        return 0
    mallinfo.restype = MallocInfo
    return mallinfo().used


LASTING = (None, True, False, (), "", 0, 1, int, str, dict, list, tuple, User, Post, Tag)


def let_go() -> None:
    """Free the memory of dead objects that is kept for the next ones: how much depends on how
    many were alive together, and thus on when the collector ran. It goes when there is too much."""
    if not SANITIZED:  # where none is kept
        for _ in [Wide() for _ in range(27_000)]:
            pass


def measure() -> dict[str, int]:
    sys._clear_type_cache()  # it holds names that were looked up
    gc.collect()
    gc.collect()
    let_go()
    counts = {f"references to {value!r}": sys.getrefcount(value) for value in LASTING}
    counts["objects"] = len(gc.get_objects())
    counts["blocks"] = sys.getallocatedblocks()
    return counts


def repeat(world: World, scenario: Any, rounds: int) -> None:
    for number in range(rounds):
        scenario(world)
        if world.url != "sqlite://" and number % 5 == 0:
            gc.collect()  # sessions that were left open have connections of a pool of 15


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "sqlite":
        yield World()
        return
    if postgres.scratch() is None:
        pytest.skip("no PostgreSQL server")
    with postgres.empty() as url:
        made = World(f"postgresql:{url}")
        yield made
        made.engine.dispose()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.__name__)
def test_nothing_grows(world: World, scenario: Any) -> None:
    rounds = ROUNDS if world.url == "sqlite://" and scenario is not classes else 20
    repeat(world, scenario, rounds // 2)
    grown: dict[str, int] = {}
    for _attempt in range(6):  # caches may have filled during the first ones
        before, bytes_before = measure(), malloc_bytes()
        repeat(world, scenario, rounds)
        after, bytes_after = measure(), malloc_bytes()
        grown = {name: after[name] - before[name] for name in before}
        grown = {name: n for name, n in grown.items() if n > rounds // 2}
        if bytes_after - bytes_before > rounds * 200:
            grown["bytes"] = bytes_after - bytes_before
        if not grown:
            break
    assert grown == {}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.__name__)
def test_what_is_compiled_goes_with_its_engine(scenario: Any) -> None:
    """Mappers, types and metadata live on."""
    world = World("sqlite://")
    repeat(world, scenario, 2)
    dialect, translated = (
        weakref.ref(engine.dialect)
        for engine in (
            world.engine,
            world.engine.execution_options(schema_translate_map={"a": "b"}),
        )
    )
    world.engine.dispose()
    del world
    for _ in range(3):
        gc.collect()  # the pool's connections first, which the collector does not look into
    assert dialect() is None
    assert translated() is None


WRONG: dict[str, Callable[[Session], object]] = {
    "text": lambda s: s.connection().execute(sa.text("select * from nowhere")),
    "driver's": lambda s: s.connection().exec_driver_sql("select * from nowhere"),
    "constraint": lambda s: s.execute(sa.insert(User), {"id": 900}),
    "many": lambda s: s.execute(sa.insert(User), [{"id": 900}, {"id": 900}]),
    "query": lambda s: s.query(User).filter(sa.text("nothing = 1")).all(),
    "value": lambda s: s.execute(sa.select(User).where(User.born == object())).all(),
    "missing": lambda s: s.execute(sa.text("select :x"), {}),
    "flush": lambda s: (s.add(User(id=900)), s.flush()),
    "connect": lambda _: sa.create_engine("sqlite:////no/such/file").connect(),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_an_error_does_not_wait_for_the_collector(world: World, wrong: Any) -> None:
    """No frame that it went through refers to it; SQLAlchemy's do."""

    def failed() -> weakref.ref[BaseException]:
        with Session(world.engine) as session:
            try:
                session.add(User(id=900))
                session.flush()
                wrong(session)
            except sa.exc.StatementError as error:
                return weakref.ref(error)
        raise AssertionError("nothing was wrong")

    gc.disable()
    try:
        assert failed()() is None
    finally:
        gc.enable()


@pytest.mark.skipif(SANITIZED, reason="keeps freed memory")
@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="no /proc")
def test_a_large_load_is_given_back() -> None:
    """One larger than what is kept for the next objects (csrc/core/objects/spare.h)."""
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "with recursive n(i) as (select 1 union all select i + 1 from n where i < 400000) "
                "insert into users (id, name) select i, 'user ' || i from n"
            )
        )
    session = Session(engine)

    def rss() -> int:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096

    session.query(User).limit(10).all()
    gc.collect()
    start = rss()
    users = session.query(User).all()
    assert len(session.identity_map) == 400000
    for user in users[::3]:
        _ = user.name
    grown = rss() - start
    del users, user
    assert len(session.identity_map) == 0
    gc.collect()
    assert rss() - start < grown // 4
