"""Query: building, running, caching."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import cormorant as sa
from cormorant import exc
from cormorant.exc import MultipleResultsFound, NoResultFound
from cormorant.orm import Query, Session, aliased, context, joinedload, selectinload

from .orm_models import Post, Tag, User, filled_session


@pytest.fixture
def session() -> Iterator[Session]:
    session = filled_session()
    yield session
    session.close()
    session.get_bind().dispose()


def test_results(session: Session) -> None:
    users = session.query(User).order_by(User.id).all()
    assert [type(u) for u in users] == [User] * 3
    assert [u.name for u in users] == ["u1", "u2", "u3"]
    assert session.query(User.id, User.name).order_by(User.id).first() == (1, "u1")
    row = session.query(User, sa.func.count(Post.id).label("n")).join(User.posts).first()
    assert row is not None
    assert row.n == 6
    assert isinstance(row.User, User)


def test_objects_come_once_however_often_rows_repeat_them(session: Session) -> None:
    query = session.query(User).join(User.posts).order_by(Post.title.desc())
    assert [u.id for u in query] == [3, 2, 1]
    assert len(session.query(User.id).join(User.posts).all()) == 6
    assert len(session.query(User, Post).join(User.posts).all()) == 6


def test_one_and_its_errors(session: Session) -> None:
    assert session.query(User).filter_by(id=1).one().id == 1
    assert session.query(User).filter_by(id=9).one_or_none() is None
    with pytest.raises(NoResultFound, match="^No row was found when one was required$"):
        session.query(User).filter_by(id=9).one()
    with pytest.raises(
        MultipleResultsFound, match="^Multiple rows were found when exactly one was required$"
    ):
        session.query(User).one()
    with pytest.raises(
        MultipleResultsFound, match="^Multiple rows were found when one or none was required$"
    ):
        session.query(User).one_or_none()


def test_scalar(session: Session) -> None:
    assert session.query(sa.func.count(User.id)).scalar() == 3
    assert session.query(User.id).filter(User.id == 9).scalar() is None
    assert session.query(User).filter(User.id == 2).scalar() is session.get(User, 2)


def test_slices(session: Session) -> None:
    query = session.query(User.id).order_by(User.id)
    assert query[1] == (2,)
    assert query[1:] == [(2,), (3,)]
    assert query[:2] == [(1,), (2,)]
    assert query[0:3:2] == [(1,), (3,)]
    assert query[2:1] == []
    with pytest.raises(IndexError):
        query[7]
    with pytest.raises(IndexError, match="negative indexes are not accepted"):
        query[-1]


def test_count_and_exists(session: Session) -> None:
    assert session.query(User).filter(User.id > 1).count() == 2
    assert session.query(User).limit(1).count() == 1
    assert session.query(session.query(User).filter(User.id == 1).exists()).scalar() is True
    assert session.query(session.query(User).filter(User.id == 9).exists()).scalar() is False


def test_filter_by_names_the_entity_that_lacks_the_attribute(session: Session) -> None:
    message = 'Entity namespace for "users" has no property "foo"'
    with pytest.raises(exc.InvalidRequestError, match=message):
        session.query(User).filter_by(foo=1)
    # After a join it speaks of the entity joined last.
    assert session.query(User).join(User.posts).filter_by(title="p2.0").one().id == 2


@pytest.mark.parametrize("method", ["filter", "order_by", "group_by", "having", "join"])
def test_no_criteria_after_limit(session: Session, method: str) -> None:
    query = session.query(User).limit(1)
    argument = Post if method == "join" else User.id == 1
    with pytest.raises(exc.InvalidRequestError, match=rf"Query.{method}\(\) being called on a"):
        getattr(query, method)(argument)


def test_joins(session: Session) -> None:
    assert session.query(Post).join(Post.user).filter(User.name == "u2").count() == 2
    assert session.query(User).join(Post).join(Post.tags).filter(Tag.name == "t2").one().id == 1
    other = aliased(User)
    pairs = session.query(User.id, other.id).join(other, other.id > User.id)
    assert sorted(pairs) == [(1, 2), (1, 3), (2, 3)]
    with pytest.raises(exc.InvalidRequestError, match="Don't know how to join to"):
        session.query(User).join(Tag).all()


def test_union(session: Session) -> None:
    first = session.query(User).filter(User.id == 1)
    both = first.union(session.query(User).filter(User.id == 3)).order_by(User.id.desc())
    assert [u.id for u in both] == [3, 1]
    assert both.count() == 2
    assert both.filter(User.name == "u1").one().id == 1


def test_from_statement(session: Session) -> None:
    text = sa.text("select name, id from users where id >= :low order by id desc")
    users = session.query(User).from_statement(text).params(low=2).all()
    assert [(u.id, u.name) for u in users] == [(3, "u3"), (2, "u2")]
    assert users[0].age == 23


def test_params_and_iteration(session: Session) -> None:
    query = session.query(User).filter(User.name == sa.bindparam("n"))
    assert query.params(n="u1").one().id == 1
    assert [u.id for u in query.params(n="u2")] == [2]


def test_yield_per_reads_in_batches(session: Session) -> None:
    query = session.query(User).order_by(User.id).yield_per(2)
    assert [u.id for u in query] == [1, 2, 3]
    with pytest.raises(exc.InvalidRequestError, match="Can't use yield_per with eager loaders"):
        list(query.options(joinedload(User.posts)))
    loaded = list(query.options(selectinload(User.posts)))
    assert [len(u.posts) for u in loaded] == [2, 2, 2]


def test_queries_are_not_changed_by_their_methods(session: Session) -> None:
    query = session.query(User)
    assert query.filter(User.id == 1) is not query
    assert query.count() == 3


def test_autoflush(session: Session) -> None:
    session.add(User(id=10, name="new"))
    assert session.query(User).autoflush(False).count() == 3
    assert session.query(User).count() == 4


def test_populate_existing(session: Session) -> None:
    user = session.get(User, 1)
    assert user is not None
    session.execute(sa.text("update users set name = 'changed' where id = 1"))
    session.query(User).all()
    assert user.name == "u1"
    session.query(User).populate_existing().all()
    assert user.name == "changed"


def test_a_query_without_columns(session: Session) -> None:
    with pytest.raises(
        exc.InvalidRequestError, match="Query contains no columns with which to SELECT from"
    ):
        session.query().all()


def test_get_warns_but_works(session: Session) -> None:
    with pytest.warns(exc.LegacyAPIWarning, match=r"The Query.get\(\) method"):
        assert session.query(User).get(1) is session.get(User, 1)


def test_update_and_delete(session: Session) -> None:
    user = session.get(User, 1)
    assert user is not None
    assert session.query(User).filter(User.id < 3).update({"age": User.age + 10}) == 2
    assert user.age == 31
    assert session.query(Post).filter(Post.user_id == 1).delete() == 2
    assert session.query(Post).count() == 4
    with pytest.raises(exc.InvalidRequestError, match=r"when limit\(\) has been called"):
        session.query(User).limit(1).delete()


class _Made:
    """How many statements were compiled since."""

    def __enter__(self) -> _Made:
        self.before = context.compile_count
        return self

    def __exit__(self, *error: Any) -> None:
        self.count = context.compile_count - self.before


def test_a_second_identical_query_compiles_nothing(session: Session) -> None:
    def run(low: int, limit: int) -> list[Any]:
        query = session.query(User).filter(User.id > low).order_by(User.name).limit(limit)
        users = query.options(joinedload(User.posts).selectinload(Post.tags)).all()
        some = session.scalars(sa.select(User).where(User.id.in_(range(low, limit)))).all()
        one = session.query(User.id, Post.title).join(User.posts).filter(Post.id == low).all()
        return [len(users), len(some), len(one)]

    with _Made() as made:
        assert run(0, 2) == [2, 1, 0]
    assert made.count > 0
    session.expunge_all()
    with _Made() as made:
        assert run(1, 3) == [2, 2, 1]
    assert made.count == 0


def test_get_and_lazy_loads_compile_once(session: Session) -> None:
    def run(number: int) -> list[Any]:
        user = session.get(User, number)
        assert user is not None
        posts = user.posts
        session.expire(user)
        return [user.name, len(posts), len(posts[0].tags), session.get(User, 77)]

    assert run(1) == ["u1", 2, 2, None]
    with _Made() as made:
        assert run(2)[:2] == ["u2", 2]
    assert made.count == 0


def test_an_alias_made_anew_uses_the_same_plan(session: Session) -> None:
    def run(number: int) -> Any:
        other = aliased(User)
        return session.query(other).filter(other.id == number).one().name

    assert run(1) == "u1"
    with _Made() as made:
        assert run(2) == "u2"
    assert made.count == 0


def test_values_of_loader_criteria_are_part_of_the_plan(session: Session) -> None:
    def run(title: str) -> list[str]:
        session.expunge_all()
        option = joinedload(User.posts.and_(Post.title == title))
        user = session.query(User).filter(User.id == 1).options(option).one()
        return [post.title for post in user.posts]

    assert run("p1.0") == ["p1.0"]
    assert run("p1.1") == ["p1.1"]
    assert run("p1.0") == ["p1.0"]


def test_statement_and_text(session: Session) -> None:
    query = session.query(User).filter(User.id == 1)
    assert str(query).startswith("SELECT users.id AS users_id")
    assert str(query.statement).startswith("SELECT users.id, users.name, users.age")
    assert session.execute(query.statement).scalar_one() is session.get(User, 1)
    assert query.whereclause is not None
    assert session.query(User).whereclause is None


def test_column_descriptions(session: Session) -> None:
    described = session.query(User, User.name.label("x")).column_descriptions
    assert [d["name"] for d in described] == ["User", "x"]
    assert described[0]["entity"] is User
    assert described[1]["entity"] is User


def test_query_alone() -> None:
    session = filled_session()
    assert len(Query(User).with_session(session).all()) == 3
    session.close()


def test_aliases_of_queries_that_are_made_again(session: Session) -> None:
    for _ in range(3):
        a, b, other = aliased(User), aliased(User), aliased(User)
        selected = sa.select(a, b.id, b).where(a.id == b.id - 1)
        for row in (
            session.execute(selected).first(),
            session.query(a, b.id, b).filter(a.id == b.id - 1).first(),
        ):
            assert row is not None
            found = row._mapping
            assert (found[a], found[b], found[b.id]) == (row[0], row[2], row[1])
            assert other not in found
            assert other.id not in found
            assert a.id not in found
        united = aliased(User, sa.union_all(sa.select(a), sa.select(b)).subquery())
        row = session.execute(sa.select(united, united.id)).first()
        assert row is not None
        assert row._mapping[united].id == row._mapping[united.id] == 1
        changed = sa.update(User).where(User.id == 1).values(name=User.name)
        one, two = User.id + 1, User.id + 2
        row = session.execute(changed.returning(one, two, User)).first()
        assert row is not None
        assert [row._mapping[key] for key in (one, two)] == [2, 3]
