"""What programs may rely on in queries, comparisons with objects, rows and flushes."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import compare
from .models import blog, many_to_many

PROGRAMS: list[Any] = []


def program(function: Any) -> Any:
    """Register a program; each becomes a test."""
    PROGRAMS.append(pytest.param(function, id=function.__name__))
    return function


@pytest.mark.parametrize("run", PROGRAMS)
def test_detail(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


@program
def criteria_take_the_values_of_objects_when_they_run(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    new, other = User(name="new"), User(name="other")
    s.add_all([new, other, Post(title="one", user=new), Post(title="two", user=other)])
    posts = s.query(Post).filter(Post.user == new)
    others = p.select(Post.title).where(Post.user != new)
    near = p.select(Post.title).where(p.with_parent(new, User.posts))
    p.show([post.title for post in posts])
    p.show(s.scalars(others).all(), s.scalars(near).all())
    s.commit()
    p.show([post.title for post in posts], s.scalars(near).all())
    s.expunge(new)
    p.show([post.title for post in posts])
    later = User()
    of_later = p.select(Post.title).where(Post.user == later)
    p.error(lambda: s.scalars(of_later).all(), text=False)
    later.id = other.id
    p.show(s.scalars(of_later).all())
    later.id = None
    p.show(s.scalars(of_later).all())
    s.execute(p.update(Post).where(Post.user == other).values(title="three"))
    p.show(s.scalars(p.select(Post.title).order_by(Post.id)).all())


@program
def comparing_with_null(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    s.add_all([User(name="a", posts=[Post(title="x")]), User(name="b"), Post(title="y")])
    s.commit()
    p.show(s.scalars(p.select(Post.title).filter_by(user=p.null())).all())
    p.show(s.scalars(p.select(Post.title).where(Post.user != p.null())).all())
    p.show(s.scalars(p.select(User.name).filter_by(posts=p.null())).all())


@program
def parents_of_an_entity(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    user = User(name="a", posts=[Post(title="x")])
    s.add_all([user, Post(title="y")])
    s.commit()
    alias = p.aliased(Post)
    p.show([x.title for x in s.query(Post).filter(p.with_parent(user, User.posts, Post))])
    for entity in (alias, p.inspect(alias)):
        query = s.query(alias).filter(p.with_parent(user, User.posts, entity))
        p.show([x.title for x in query])


@program
def getting_by_a_synonym(p: Any) -> None:
    class T(p.Base):
        __tablename__ = "t"
        number = p.Column("id", p.Integer, primary_key=True)
        part = p.Column(p.Integer, primary_key=True)
        nr = p.orm.synonym("number")

    s = p.session()
    s.add(T(number=1, part=2))
    s.commit()
    p.show(s.get(T, {"nr": 1, "part": 2}).number, s.get(T, {"number": 1, "part": 2}).nr)
    p.error(lambda: s.get(T, {"none": 1, "part": 2}))


@program
def tables_of_classes_named_in_a_string(p: Any) -> None:
    class Near(p.Base):
        __tablename__ = "near"
        id = p.Column(p.Integer, primary_key=True)
        left_id = p.Column(p.ForeignKey("left_side.id"))
        far = p.relationship(
            "Far",
            secondary="join(Left, Right, Left.right_id == Right.id)",
            primaryjoin="Near.left_id == Left.id",
            secondaryjoin="Right.far_id == Far.id",
            viewonly=True,
            uselist=False,
        )

    class Left(p.Base):
        __tablename__ = "left_side"
        id = p.Column(p.Integer, primary_key=True)
        right_id = p.Column(p.ForeignKey("right_side.id"))

    class Right(p.Base):
        __tablename__ = "right_side"
        id = p.Column(p.Integer, primary_key=True)
        far_id = p.Column(p.ForeignKey("far.id"))

    class Far(p.Base):
        __tablename__ = "far"
        id = p.Column(p.Integer, primary_key=True)

    s = p.session()
    s.add_all([Far(id=4), Right(id=3, far_id=4), Left(id=2, right_id=3), Near(id=1, left_id=2)])
    s.commit()
    p.show(s.get(Near, 1).far.id, s.query(Near).filter(Near.far.has(Far.id == 4)).count())


@program
def keys_of_rows(p: Any) -> None:
    User, _Post = blog(p)
    s = p.session()
    s.add(User(name="a", age=1))
    s.commit()
    row = s.execute(p.select(User.id, User.name, User.age.label("name"), User.id)).one()
    keys = row._mapping.keys()
    p.show(list(keys), len(keys), keys == ("id", "name", "name", "id_1"), keys != ["id"])
    p.show("name" in keys, "none" in keys, User.name in keys, User.posts in keys, 0 in keys)
    p.show(row._asdict(), sorted(dict(row._mapping)))
    plain = s.connection().execute(p.text("select 1 as a, 2 as b")).one()._mapping.keys()
    p.show(plain == ["a", "b"], plain == plain, list(plain), sorted(set(plain) | {"c"}))


@program
def exists_of_expressions(p: Any) -> None:
    User, _Post = blog(p)
    s = p.session()
    for query in (
        s.query(p.func.max(User.age)),
        s.query(User.name + "x"),
        s.query(p.literal(1), p.func.upper(User.name).label("up")),
        s.query(p.literal(1)),
    ):
        p.show(s.query(query.exists()).scalar())


@program
def set_operations_of_expressions(p: Any) -> None:
    User, _Post = blog(p)
    s = p.session()
    s.add_all([User(name="a", age=1), User(name="b", age=2)])
    s.commit()
    one = s.query(User, p.literal("one"), p.func.upper(User.name))
    two = s.query(User, p.literal("two"), p.func.lower(User.name))
    both = one.union_all(two)
    p.show(sorted((user.name, which, name) for user, which, name in both))
    p.show(both.filter(User.age == 2).count(), both.order_by(p.func.upper(User.name)).count())
    p.show(
        sorted(s.query(User.name, p.null()).union(s.query(User.name, p.literal(3))).all(), key=str)
    )
    p.show(s.query(p.true(), User.age).union(s.query(p.false(), User.age)).count())


@program
def slices_by_expressions(p: Any) -> None:
    User, _Post = blog(p)
    s = p.session()
    s.add_all([User(name=name) for name in "abcdef"])
    s.commit()
    query = s.query(User.name).order_by(User.id)
    one = p.literal(1)
    for sliced in (
        query.slice(one, p.literal(3)),
        query.offset(one + 1).slice(1, 3),
        query.offset(one).slice(0, 2),
        query.offset(one).slice(2, None),
        query.offset(0).slice(0, 2),
        query.limit(one).slice(None, 2),
        query.offset(1).slice(1, one + 2),
    ):
        p.show(sliced.all())


@program
def none_in_collections(p: Any) -> None:
    User, _Post = blog(p)
    A, B, _table = many_to_many(p)
    s = p.session()
    user = User(name="a")
    s.add(user)
    user.posts.append(None)
    p.error(s.flush)
    s.rollback()
    a = A(name="a", bs=[B(name="b"), None])
    s.add(a)
    p.error(s.flush)
    s.rollback()
    a.bs.remove(None)
    s.add(a)
    s.commit()
    p.show([b.name for b in a.bs])


@program
def mapping_imperatively(p: Any) -> None:
    registry = p.Base.registry
    table = p.Table(
        "t",
        p.Base.metadata,
        p.Column("id", p.Integer, primary_key=True),
        p.Column("name", p.String),
        p.Column("kind", p.String),
    )

    class Named(p.Base):
        __abstract__ = True

        @p.validates("name")
        def lowered(self, key: str, value: str) -> str:
            return value.lower()

    class Thing(Named):
        __abstract__ = True

        @p.orm.reconstructor
        def load(self) -> None:
            p.show("loaded", self.name)

    class Special(Thing):
        __abstract__ = True

    registry.map_imperatively(
        Thing, table, polymorphic_on=table.c.kind, polymorphic_identity="thing"
    )
    registry.map_imperatively(Special, inherits=Thing, polymorphic_identity="special")
    p.error(lambda: registry.map_imperatively(Named), text=False)
    s = p.session()
    s.add_all([Thing(name="ABC"), Special(name="DEF")])
    s.commit()
    s.expunge_all()
    found = s.scalars(p.select(Thing).order_by(Thing.id)).all()
    p.show([(type(thing).__name__, thing.name) for thing in found])
    p.show([thing.id for thing in s.scalars(p.select(Special))])
