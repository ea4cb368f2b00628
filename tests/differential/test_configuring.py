"""What is refused when mappers are made and configured, and registries that lead to each other."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


def three(p: Any) -> Any:
    """Classes of three registries, each of which refers to the one before."""
    first, second, third = (p.orm.registry() for _ in range(3))

    @first.mapped
    class A:
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)

    @second.mapped
    class B:
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        a_id = p.Column(p.ForeignKey(A.id))
        a = p.relationship(A)

    @third.mapped
    class C:
        __tablename__ = "c"
        id = p.Column(p.Integer, primary_key=True)
        b_id = p.Column(p.ForeignKey(B.id))
        b = p.relationship(B)

    return (first, second, third), (A, B, C)


@program
def registries(p: Any) -> None:
    for configured in (False, True):
        for number in range(3):
            for cascade in (False, True):
                for name in ("dispose", "configure"):
                    all_three, classes = three(p)
                    if configured:
                        p.orm.configure_mappers()
                    method = getattr(all_three[number], name)
                    p.error(lambda method=method, cascade=cascade: method(cascade=cascade))
                    p.show([len(list(registry.mappers)) for registry in all_three])
                    if name == "configure" and cascade:
                        p.show([p.inspect(cls).configured for cls in classes])
                    for registry in all_three:
                        registry.dispose(cascade=True)
    _, (A, _, C) = three(p)
    p.show(C().b, A().id)  # an object configures what it needs


@program
def both_sides_of_one_direction(p: Any) -> None:
    backref = p.orm.backref
    for make in (
        lambda key: {"below": p.relationship("Node", backref="above")},
        lambda key: {
            "below": p.relationship(
                "Node", remote_side=key, backref=backref("above", remote_side=key)
            )
        },
        lambda key: {"below": p.relationship("Node", backref=backref("above", remote_side=key))},
        lambda key: {"above": p.relationship("Node", remote_side=key, backref="below")},
        lambda key: {
            "below": p.relationship("Node", back_populates="above"),
            "above": p.relationship("Node", back_populates="below"),
        },
        lambda key: {
            "below": p.relationship(
                "Node",
                primaryjoin="Node.id == remote(foreign(Node.above_id))",
                backref="above",
            )
        },
    ):
        base = p.orm.declarative_base()

        class Node(base):
            __tablename__ = "node"
            id = p.Column(p.Integer, primary_key=True)
            above_id = p.Column(p.ForeignKey("node.id"))
            locals().update(make(id))

        p.error(p.orm.configure_mappers)
        found = [r for r in Node.__mapper__._props.values() if hasattr(r, "direction")]
        p.show(sorted((r.key, r.direction.name) for r in found if r.direction is not None))
        base.registry.dispose()


@program
def collections_that_are_none(p: Any) -> None:
    for lazy in ("dynamic", "write_only"):
        for options in ({}, {"uselist": True}, {"uselist": False}):
            base = p.orm.declarative_base()

            class User(base):
                __tablename__ = "user"
                id = p.Column(p.Integer, primary_key=True)
                posts = p.relationship("Post", lazy=lazy, viewonly=True)

            class Post(base):
                __tablename__ = "post"
                id = p.Column(p.Integer, primary_key=True)
                user_id = p.Column(p.ForeignKey("user.id"))
                user = p.relationship(User, lazy=lazy, viewonly=True, **options)

            p.error(p.orm.configure_mappers)
            base.registry.dispose()
        base = p.orm.declarative_base()

        class Owner(base):
            __tablename__ = "owner"
            id = p.Column(p.Integer, primary_key=True)
            things = p.relationship("Thing", lazy=lazy)

        class Thing(base):
            __tablename__ = "thing"
            id = p.Column(p.Integer, primary_key=True)
            owner_id = p.Column(p.ForeignKey("owner.id"))

        give = p.orm.attributes.set_committed_value
        p.error(lambda give=give, owner=Owner: give(owner(), "things", []))


@program
def names_of_columns(p: Any) -> None:
    def tables() -> Any:
        metadata = p.MetaData()
        a = p.Table(
            "a", metadata, p.Column("id", p.Integer, primary_key=True), p.Column("n", p.String)
        )
        b = p.Table(
            "b", metadata, p.Column("id", p.ForeignKey("a.id"), primary_key=True),
            p.Column("n", p.String),
        )  # fmt: skip
        return a, b

    property_, synonym = p.orm.column_property, p.orm.synonym
    for what in (
        lambda a, b: (a.join(b), {}),
        lambda a, b: (a.join(b), {"id": [a.c.id, b.c.id]}),
        lambda a, b: (a.join(b), {"id": [a.c.id, b.c.id], "other": b.c.n}),
        lambda a, b: (a.join(b), {"id": a.c.id, "other": b.c.n}),
        lambda a, b: (
            a.join(b), {"id": property_(a.c.id, b.c.id), "n": property_(a.c.n, b.c.n)}
        ),
        lambda a, b: (a.join(again := a.alias("again"), a.c.id == again.c.id), {}),
        lambda a, b: (a, {"_id": a.c.id, "id": synonym("_id", map_column=True)}),
        lambda a, b: (a, {"id": synonym("_id", map_column=True), "_id": a.c.id}),
        lambda a, b: (a, {"n": synonym("_n", map_column=True)}),
        lambda a, b: (a, {"none": synonym("_none", map_column=True)}),
    ):  # fmt: skip
        registry = p.orm.registry()
        table, properties = what(*tables())

        def make(registry: Any = registry, table: Any = table, properties: Any = properties) -> Any:
            class Mapped:
                pass

            mapper = registry.map_imperatively(Mapped, table, properties=properties)
            return [(prop.key, list(map(str, prop.columns))) for prop in mapper.column_attrs]

        p.error(make)
        registry.dispose()


@program
def properties_of_backrefs(p: Any) -> None:
    class User(p.Base):
        __tablename__ = "user"
        id = p.Column(p.Integer, primary_key=True)

    p.orm.configure_mappers()

    class Post(p.Base):
        __tablename__ = "post"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("user.id"))
        user = p.relationship(User, backref="posts")

    p.error(lambda: User.__mapper__.get_property("posts"))
    p.show(Post.__mapper__.configured, User.__mapper__.attrs.posts.key, Post.__mapper__.configured)
    p.show(User.__mapper__.get_property("posts").key)


@pytest.mark.parametrize("run", program.registered)
def test_configuring(run: Any) -> None:
    compare(run)


def blog(p: Any) -> Any:
    class User(p.Base):
        __tablename__ = "user"
        id = p.Column(p.Integer, primary_key=True)
        posts = p.relationship("Post")

    class Post(p.Base):
        __tablename__ = "post"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("user.id"))

    s = p.session()
    s.add_all([User(id=1, posts=[Post(id=1), Post(id=2)]), User(id=2)])
    s.commit()
    return s, User, Post


def test_options_of_the_execution() -> None:
    """They are those of what loads along, too."""

    def run(p: Any) -> None:
        s, User, _ = blog(p)
        seen: list[Any] = []

        @p.event.listens_for(s.get_bind(), "before_cursor_execute")
        def before(c: Any, cursor: Any, sql: str, params: Any, context: Any, many: bool) -> None:
            names = ("mine", "ours", "schema_translate_map")
            options = context.execution_options
            seen.append((sql[:20], {k: options[k] for k in names if k in options}))

        for load in (p.immediateload, p.selectinload, p.subqueryload, p.lazyload):
            statement = p.select(User).options(load(User.posts)).execution_options(mine=1)
            options = {"ours": 2, "schema_translate_map": {"none": "such"}}
            for user in s.scalars(statement, execution_options=options):
                p.show(len(user.posts))
            p.show(seen)
            seen.clear()
            s.expunge_all()
        for load in (p.immediateload, p.selectinload):
            statement = p.select(User).options(load(User.posts, recursion_depth=-1))
            p.error(lambda statement=statement: s.scalars(statement).all())
        p.show(len(s.query(User).execution_options(compiled_cache={}, mine=1).all()))
        p.error(lambda: p.select(User).execution_options(compiled_cache={}))

    compare(run)


def test_posts_update_once() -> None:
    def run(p: Any) -> None:
        class Ball(p.Base):
            __tablename__ = "ball"
            id = p.Column(p.Integer, primary_key=True)
            person_id = p.Column(p.ForeignKey("person.id"))
            person = p.relationship("Person", foreign_keys=person_id, back_populates="balls")

        class Person(p.Base):
            __tablename__ = "person"
            id = p.Column(p.Integer, primary_key=True)
            favorite_id = p.Column(p.ForeignKey("ball.id", use_alter=True, name="favorite"))
            balls = p.relationship(Ball, foreign_keys=Ball.person_id, back_populates="person")
            favorite = p.relationship(
                Ball,
                foreign_keys=favorite_id,
                post_update=True,
                backref=p.orm.backref("fans", post_update=True),
            )

        s = p.session()
        ball = Ball(id=1)
        s.add_all([ball, Person(id=1, favorite=ball), Person(id=2, favorite=ball)])
        s.flush()
        other = Ball(id=2)
        s.add(other)
        s.get(Person, 1).favorite = other
        s.flush()
        s.delete(ball)
        s.flush()
        p.show([(person.id, person.favorite_id) for person in s.query(Person).order_by(Person.id)])

    compare(run)
