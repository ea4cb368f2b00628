"""A statement is compiled once per structure, whatever its values; plans do not pile up."""

from __future__ import annotations

import gc
import importlib
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .differential.harness import Peer
from .differential.models import blog

TIMES = 1000


@pytest.fixture
def compiled(p: Peer, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often a statement was compiled since it was asked before."""
    compiler = importlib.import_module(f"{p.package}.sql.compiler").SQLCompiler
    original = compiler.__init__
    count = 0

    def counted(self: Any, *args: Any, **kwargs: Any) -> None:
        nonlocal count
        count += 1
        original(self, *args, **kwargs)

    monkeypatch.setattr(compiler, "__init__", counted)

    def since() -> int:
        nonlocal count
        found, count = count, 0
        return found

    return since


@pytest.fixture
def session(p: Peer) -> Iterator[Any]:
    p.User, p.Post = blog(p)
    session = p.session()
    session.add_all(
        [p.User(name=f"u{i}", age=i, posts=[p.Post(title=f"p{i}")]) for i in range(1, 21)]
    )
    session.commit()
    yield session
    session.close()


def values(p: Peer, session: Any) -> list[Callable[[int], Any]]:
    """Statements of one structure each, for any number."""
    User, Post = p.User, p.Post
    expanding = p.select(User.id).where(User.id.in_(p.bindparam("ids", expanding=True)))
    text = p.text("SELECT id FROM users WHERE age > :age").bindparams(age=1)
    table, select = User.__table__, p.select

    def loaded(option: Any) -> Any:
        session.expunge_all()
        users = session.scalars(select(User).options(option)).unique().all()
        return [user.posts for user in users[:2]]

    def closure(i: int) -> Any:
        return p.lambda_stmt(lambda: select(User.name).where(User.age == i))

    return [
        lambda i: session.execute(p.select(User).where(User.id == i)).all(),
        lambda i: session.scalars(p.select(User.name).where(User.age > i, User.name != str(i))),
        lambda i: session.scalars(p.select(User).where(User.id.in_(range(i % 50)))).all(),
        lambda i: session.scalars(p.select(User).where(User.id.not_in([i] * (1 + i % 20)))).all(),
        lambda i: session.execute(expanding, {"ids": list(range(i % 30))}).all(),
        lambda i: session.scalars(p.select(User).order_by(User.id).limit(i).offset(i % 7)).all(),
        lambda i: session.query(User).filter(User.age < i).order_by(User.name)[1 + i % 5 : 9],
        lambda i: session.query(User).filter_by(name=f"u{i}").first(),
        lambda i: session.execute(closure(i)).all(),
        lambda i: session.execute(p.select(p.func.coalesce(User.age, i), p.literal(i))).first(),
        lambda i: session.execute(p.select(p.case((User.id < i, "a"), else_="b"))).first(),
        lambda i: session.execute(text.bindparams(age=i)).all(),
        lambda i: session.connection().execute(table.select().where(table.c.id == i)).all(),
        lambda i: session.execute(p.update(table).values(age=i).where(table.c.id == i)),
        lambda i: session.execute(p.delete(Post).where(Post.id == 1000 + i)),
        lambda i: session.connection().execute(table.insert(), {"name": f"n{i}", "age": i}),
        lambda i: session.execute(
            p.select(User).join(User.posts).where(Post.title == f"p{i}", User.age.between(0, i))
        ).all(),
        lambda i: session.execute(
            p.select(User.id).where(User.id == i).union(p.select(Post.id).where(Post.id == i + 1))
        ).all(),
        lambda i: session.execute(
            p.select(p.select(User.id).where(User.age > i).subquery("s").c.id)
        ).first(),
        lambda i: session.execute(
            p.select(User.id).where(p.tuple_(User.id, User.age).in_([(i, i)] * (1 + i % 9)))
        ).all(),
        lambda i: loaded(p.with_loader_criteria(Post, Post.id > i)),
        lambda i: loaded(p.with_loader_criteria(Post, Post.id.in_([i] * (1 + i % 9)))),
        lambda i: loaded(p.with_loader_criteria(Post, lambda cls: cls.id > i)),
        lambda i: loaded(p.selectinload(User.posts.and_(Post.id > i))),
        lambda i: loaded(p.joinedload(User.posts.and_(Post.title == f"p{i}"))),
        lambda i: loaded(p.lazyload(User.posts.and_(Post.title == f"p{i}"))),
    ]


@pytest.mark.parametrize("number", range(26))
def test_values_do_not_count(
    p: Peer, session: Any, compiled: Callable[[], int], number: int
) -> None:
    run = values(p, session)[number]
    run(1)
    run(2)
    first = compiled()
    assert first >= 1
    for i in range(3, TIMES // 10):
        run(i)
    assert compiled() == 0


def test_a_thousand_executions_compile_once(
    p: Peer, session: Any, compiled: Callable[[], int]
) -> None:
    compiled()
    for i in range(TIMES):
        name = session.scalar(p.select(p.User.name).where(p.User.id == i, p.User.age.in_([i] * 3)))
        assert name == (f"u{i}" if 0 < i < 21 else None)
    assert compiled() == 1


def test_lists_of_all_lengths_compile_once(
    p: Peer, session: Any, compiled: Callable[[], int]
) -> None:
    compiled()
    for i in range(TIMES):
        ids = range(1, i % 300)
        found = session.scalars(p.select(p.User.id).where(p.User.id.in_(ids))).all()
        assert len(found) == min(len(ids), 20)
    assert compiled() == 1


def test_loaders_compile_once(p: Peer, session: Any, compiled: Callable[[], int]) -> None:
    User, Post = p.User, p.Post

    def loaded(i: int) -> list[str]:
        session.expire_all()
        titles = []
        for option in (p.joinedload, p.selectinload, p.subqueryload, p.lazyload):
            session.expunge_all()
            statement = p.select(User).where(User.id == i).options(option(User.posts))
            for user in session.scalars(statement).unique():
                titles += [post.title for post in user.posts]
        session.expunge_all()
        user = session.scalars(p.select(User).where(User.id == i)).one()
        titles += [post.title for post in user.posts]
        session.expire(user)
        titles.append(user.name)
        titles.append(session.get(Post, i).user.name)
        return titles

    loaded(1)
    loaded(2)
    assert compiled() > 0
    for i in range(3, 20):
        assert loaded(i) == [f"p{i}"] * 5 + [f"u{i}"] * 2
    assert compiled() == 0


def test_flushes_compile_once(p: Peer, session: Any, compiled: Callable[[], int]) -> None:
    def change(i: int) -> None:
        user = p.User(name=f"x{i}", posts=[p.Post(title="t")])
        session.add(user)
        session.flush()
        user.age = i
        user.posts[0].title = "other"
        session.flush()
        session.delete(user.posts[0])
        session.delete(user)
        session.commit()

    change(1)
    change(2)
    compiled()
    for i in range(3, 30):
        change(i)
    assert compiled() == 0


def different(p: Peer, number: int) -> Any:
    return p.select(p.literal_column(str(number)).label(f"c{number}"))


@pytest.mark.parametrize("size", [10, 500])
def test_the_cache_is_bounded(p: Peer, compiled: Callable[[], int], size: int) -> None:
    options = {} if size == 500 else {"query_cache_size": size}
    engine = p.engine(**options)
    with engine.connect() as connection:
        for number in range(size * 4):
            connection.execute(different(p, number)).all()
        compiled()
        # the newest are there, the oldest are not
        for number in range(size * 4 - 1, size * 3 - 1, -1):
            connection.execute(different(p, number)).all()
        assert compiled() == 0
        connection.execute(different(p, 0)).all()
        assert compiled() == 1


def test_what_is_used_stays(p: Peer, compiled: Callable[[], int]) -> None:
    engine = p.engine(query_cache_size=20)
    with engine.connect() as connection:
        for number in range(400):
            connection.execute(different(p, number)).all()
            connection.execute(different(p, -1)).all()
        assert compiled() == 401


def test_a_cache_of_no_size_keeps_nothing(p: Peer, compiled: Callable[[], int]) -> None:
    User, _post = blog(p)
    engine = p.engine(query_cache_size=0)
    p.Base.metadata.create_all(engine)
    compiled()
    with engine.connect() as connection:
        for _ in range(5):
            connection.execute(different(p, 1)).all()
    assert compiled() == 5
    with p.Session(engine) as session:
        for _ in range(5):
            session.scalars(p.select(User)).all()
    assert compiled() == 5


def test_a_cache_of_the_programs_own(p: Peer, compiled: Callable[[], int]) -> None:
    User, _post = blog(p)
    engine = p.engine()
    p.Base.metadata.create_all(engine)
    compiled()
    own: dict[Any, Any] = {}
    with engine.connect().execution_options(compiled_cache=own) as connection:
        for _ in range(3):
            connection.execute(different(p, 1)).all()
        assert compiled() == 1
        assert len(own) == 1
        with p.Session(connection) as session:
            for _ in range(3):
                session.scalars(p.select(User)).all()
            assert compiled() == 1
            assert len(own) == 2
    with engine.connect().execution_options(compiled_cache=None) as connection:
        for _ in range(3):
            connection.execute(different(p, 1)).all()
        assert compiled() == 3
        with p.Session(connection) as session:
            for _ in range(3):
                session.scalars(p.select(User)).all()
            assert compiled() == 3
            session.execute(p.select(User), execution_options={"compiled_cache": own})
    engine.clear_compiled_cache()


def test_memory_does_not_grow_with_different_statements() -> None:
    import cormorant as c
    from cormorant import orm

    class Base(orm.DeclarativeBase):
        pass

    class Thing(Base):
        __tablename__ = "thing"
        id = c.Column(c.Integer, primary_key=True)
        name = c.Column(c.String)

    engine = c.create_engine("sqlite://")
    Base.metadata.create_all(engine)

    def run(first: int, last: int) -> None:
        with orm.Session(engine) as session:
            for number in range(first, last):
                label = Thing.name.label(f"n{number % 1500}")
                session.execute(c.select(label).where(Thing.id == number)).all()
                session.execute(c.select(c.literal_column(str(number)))).all()

    def used() -> int:
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        run(0, 3000)
        before = used()
        run(3000, 8000)
        grown = used() - before
    finally:
        tracemalloc.stop()
        engine.dispose()
        Base.registry.dispose()
    # 10,000 statements, of which each would keep some 5,000 bytes
    assert grown < 500_000
