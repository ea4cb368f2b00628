"""What sessions and flushes do that programs seldom ask for."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare
from .models import blog, state

program = Programs()


def orphans(p: Any, legacy: bool) -> Any:
    class Child(p.Base):
        __tablename__ = "child"
        id = p.Column(p.Integer, primary_key=True)
        a_id = p.Column(p.ForeignKey("a.id"))
        b_id = p.Column(p.ForeignKey("b.id"))
        __mapper_args__ = {"legacy_is_orphan": legacy}

    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        kids = p.relationship(Child, cascade="all, delete-orphan", backref="a")

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        kids = p.relationship(Child, cascade="all, delete-orphan", backref="b")

    return A, B, Child


def _legacy(legacy: bool) -> Any:
    def run(p: Any) -> None:
        A, B, Child = orphans(p, legacy)
        p.show(p.inspect(Child).legacy_is_orphan)
        s = p.session()
        a, b = A(), B()
        one, two = Child(), Child()
        a.kids.append(one)
        b.kids.append(one)
        a.kids.append(two)
        s.add_all([a, b])
        s.flush()
        p.show(state(p, one, two))
        a.kids.remove(one)
        p.error(s.flush)
        p.show(state(p, a, b, one, two))
        if s.is_active:
            b.kids.remove(one)
            p.error(s.flush)
            p.show(state(p, a, b, one, two))
        s.rollback()
        a, b = A(), B()
        s.add_all([a, b])
        s.flush()
        three = Child()
        a.kids.append(three)
        p.show(state(p, three))
        a.kids.remove(three)
        p.show(state(p, three))
        four = Child()
        with s.no_autoflush:
            a.kids.append(four)
            b.kids.append(four)
            a.kids.remove(four)
        p.show(state(p, four))
        s.rollback()
        five = Child()
        s.add(five)
        p.error(s.flush)
        p.show(state(p, five))

    return run


@pytest.mark.parametrize("legacy", [False, True])
def test_legacy_is_orphan(legacy: bool) -> None:
    compare(_legacy(legacy))


@program
def relationships_of_what_is_not_there(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    s.add(User(id=1, name="u", posts=[Post(id=5, title="t")]))
    s.commit()
    post = Post(user_id=1)
    s.enable_relationship_loading(post)
    p.show(state(p, post), post in s, post.user.name, len(s.new))
    p.show("posts of", [x.title for x in post.user.posts])
    user = User(id=1)
    s.enable_relationship_loading(user)
    p.show([x.title for x in user.posts], state(p, user))
    other = Post()
    s.enable_relationship_loading(other)
    p.show(other.user)
    p.error(lambda: s.enable_relationship_loading(object()))
    p.show(p.object_session(post) is s, p.inspect(post).session is s)
    s.commit()
    p.show(state(p, post), s.query(Post).count())
    user = s.get(User, 1)
    s.enable_relationship_loading(user)
    p.show(state(p, user))
    third = Post(user_id=1)
    s.add(third)
    s.enable_relationship_loading(third)
    with s.no_autoflush:
        p.show(third.user is user)
    s.close()


@program
def load_on_pending(p: Any) -> None:
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("users.id"))
        user = p.relationship(
            User, load_on_pending=True, backref=p.backref("posts", load_on_pending=True)
        )

    s = p.session(autoflush=False)
    s.add(User(id=1, name="u"))
    s.add(User(id=2, name="v"))
    s.commit()
    post = Post(user_id=1)
    p.show(post.user)
    post = Post(user_id=1)
    s.add(post)
    p.show(post.user and post.user.name)
    post.user_id = 2
    p.show(post.user and post.user.name)
    other = Post(user_id=9)
    s.add(other)
    p.show(other.user)
    user = User(id=2)
    s.add(user)
    p.show([x.id for x in user.posts])
    s.expunge(user)
    third = Post()
    s.add(third)
    p.show(third.user)


def point(p: Any) -> Any:
    class Point:
        def __init__(self, x: Any, y: Any) -> None:
            self.x, self.y = x, y

        def __composite_values__(self) -> Any:
            return self.x, self.y

        def __eq__(self, other: Any) -> Any:
            return isinstance(other, Point) and (other.x, other.y) == (self.x, self.y)

        def __repr__(self) -> str:
            return f"Point({self.x}, {self.y})"

    class Mark(p.Base):
        __tablename__ = "mark"
        id = p.Column(p.Integer, primary_key=True)
        x = p.Column(p.Integer)
        y = p.Column(p.Integer)
        note = p.Column(p.String)
        at = p.composite(Point, x, y)
        where = p.synonym("at")
        remark = p.synonym("note")

    return Point, Mark


@program
def composite_set_events(p: Any) -> None:
    Point, Mark = point(p)
    heard = []

    def heard_set(target: Any, value: Any, old: Any, event: Any) -> None:
        heard.append(("set", value, old, bool(old), event.key))

    def changes(target: Any, value: Any, old: Any, event: Any) -> Any:
        heard.append(("changed", value))
        return Point(value.x + 1, value.y) if value is not None else value

    p.event.listen(Mark.at, "set", heard_set)
    s = p.session()
    m = Mark(at=Point(1, 2))
    m.at = Point(3, 4)
    m.at = None
    p.show(heard, m.x, m.y)
    m.at = Point(5, 6)
    del m.at
    p.show(heard, m.x, m.y)
    heard.clear()
    p.event.listen(Mark.at, "set", changes, retval=True)
    m.at = Point(7, 8)
    p.show(heard, m.at, m.x)
    s.add(m)
    s.commit()
    heard.clear()
    m.at = Point(9, 10)
    p.show(heard, m.at, m.x)


@program
def composite_remove_events(p: Any) -> None:
    Point, Mark = point(p)
    heard = []
    p.event.listen(Mark.at, "remove", lambda t, v, e: heard.append((v, e.key)))
    m = Mark(at=Point(1, 2))
    del m.at
    p.show(heard, m.x)
    m.at = Point(2, 3)
    s = p.session()
    s.add(m)
    s.commit()
    del m.at
    p.show(heard, m.x)


@program
def refresh_of_composites(p: Any) -> None:
    Point, Mark = point(p)
    s = p.session()
    m = Mark(at=Point(1, 2), note="n")
    s.add(m)
    s.commit()
    for names in (["at"], ["at", "x"], ["x"], ["at", "note"], ["where"], ["remark"]):
        p.mark(str(names))
        p.error(lambda names=names: s.refresh(m, names))
        p.error(lambda names=names: s.expire(m, names))
        p.show(sorted(p.inspect(m).expired_attributes), sorted(p.inspect(m).unloaded))
        p.show(m.at, m.note)


@program
def refresh_reaches_expunged(p: Any) -> None:
    User, Post = blog(p, cascade="save-update, merge, refresh-expire")
    s = p.session()
    user = User(name="u", posts=[Post(title="1"), Post(title="2")])
    s.add(user)
    s.commit()
    one, two = user.posts
    one.title, two.title
    s.expunge(one)
    p.show(state(p, user, one, two))
    s.expire(user)
    p.show([sorted(p.inspect(x).expired_attributes) for x in (user, one, two)])
    p.show([sorted(p.inspect(x).dict) for x in (user, one, two)])
    user.posts
    p.error(lambda: one.title)
    user.posts.append(one) if False else None
    s.refresh(user)
    p.show([sorted(p.inspect(x).dict) for x in (user, one, two)])


@program
def refresh_reaches_transient(p: Any) -> None:
    User, Post = blog(p, cascade="save-update, merge, refresh-expire")
    s = p.session()
    user = User(name="u", posts=[Post(title="1")])
    s.add(user)
    s.commit()
    [post] = user.posts
    post.title
    fresh = Post(title="2")
    user.posts.append(fresh)
    s.expunge(fresh)
    with s.no_autoflush:
        p.error(lambda: s.refresh(user))
    p.show(state(p, user, post, fresh), [sorted(p.inspect(x).dict) for x in (user, post, fresh)])


@program
def detached_without_key(p: Any) -> None:
    User, _Post = blog(p)
    s = p.session()
    s.add(User(id=1, name="u"))
    s.commit()
    user = User(name="x")
    p.error(lambda: p.make_transient_to_detached(user))
    p.show(state(p, user), p.inspect(user).key, sorted(p.inspect(user).dict))
    p.error(lambda: s.add(user))
    p.error(lambda: user.name)
    empty = User(id=None)
    p.error(lambda: p.make_transient_to_detached(empty))
    p.show(p.inspect(empty).key)
    user = User(id=1)
    user.posts = []
    p.error(lambda: p.make_transient_to_detached(user))
    p.show(sorted(p.inspect(user).expired_attributes), sorted(p.inspect(user).unloaded))
    s.add(user)
    p.show(user.name)
    p.error(lambda: p.make_transient_to_detached(user))
    s.expunge(user)
    p.error(lambda: p.make_transient_to_detached(user))


@program
def transient_parent_given_another_key(p: Any) -> None:
    class User(p.Base):
        __tablename__ = "users"
        name = p.Column(p.String, primary_key=True)
        posts = p.relationship("Post", back_populates="user", passive_updates=False)

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        user_name = p.Column(p.ForeignKey("users.name"))
        user = p.relationship("User", back_populates="posts")

    s = p.session()
    user = User(name="a")
    post = Post(user=user)
    s.add_all([user, post])
    s.commit()
    p.make_transient(user)
    user.name = "b"
    p.show(state(p, user, post))
    post.user = user
    p.show(state(p, user, post))
    p.error(s.flush)
    p.show(state(p, user, post), post.user_name)
    p.error(s.commit)


@program
def parent_rekeyed_out_of_session(p: Any) -> None:
    class User(p.Base):
        __tablename__ = "users"
        name = p.Column(p.String, primary_key=True)

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        user_name = p.Column(p.ForeignKey("users.name"))
        user = p.relationship("User", cascade="")

    s = p.session()
    s.add(User(name="a"))
    s.add(User(name="b"))
    s.commit()
    user = User(name="a")
    post = Post(user=user)
    s.add(post)
    p.show(state(p, user, post))
    p.error(s.flush)
    p.show(post.user_name, state(p, user, post))
    user.name = "b"
    p.error(s.flush)
    p.show(post.user_name)
    post.id
    s.commit()
    p.show(post.user_name)


@program
def sentinels(p: Any) -> None:
    class Thing(p.Base):
        __table__ = p.Table(
            "thing",
            p.Base.metadata,
            p.Column("id", p.Integer, primary_key=True),
            p.Column("name", p.String),
            p.Column("n", p.Integer, server_default="7"),
            p.insert_sentinel("mark"),
        )

    s = p.session()
    s.add(Thing(name="1"))
    s.flush()
    table = Thing.__table__
    p.show(str(p.select(table)), str(p.insert(table)), str(table.update()), table.c.keys())
    p.show(str(p.select(table).subquery().select()))
    s.commit()
    for cls in (Thing,):
        found = s.execute(p.select(cls).order_by(cls.name)).scalars().all()
        p.show([sorted(t.__dict__) for t in found])
        p.show([c.name for c in p.inspect(cls).columns], list(p.inspect(cls).attrs.keys()))
        p.show(str(p.select(cls)), str(p.insert(cls)))
    s.bulk_insert_mappings(Thing, [{"name": "6"}, {"name": "7"}])
    p.show(s.scalars(p.insert(Thing).returning(Thing.name), [{"name": "8"}, {"name": "9"}]).all())


@program
def two_columns_of_a_join(p: Any) -> None:
    a = p.Table(
        "a",
        p.Base.metadata,
        p.Column("id", p.Integer, primary_key=True),
        p.Column("x", p.String),
        p.Column("same", p.String),
    )
    b = p.Table(
        "b",
        p.Base.metadata,
        p.Column("a_id", p.ForeignKey("a.id"), primary_key=True),
        p.Column("y", p.String),
        p.Column("same", p.String),
    )

    class AB(p.Base):
        __table__ = p.join(a, b, a.c.id == b.c.a_id)
        id = p.column_property(a.c.id, b.c.a_id)
        same = p.column_property(a.c.same, b.c.same)

    s = p.session()
    s.add_all([AB(x="1", y="2", same="s"), AB(x="3", y="4", same=None)])
    s.flush()
    s.commit()
    one, two = s.query(AB).order_by(AB.id)
    p.show((one.id, one.x, one.y, one.same), (two.id, two.same))
    one.same = "t"
    s.flush()
    p.show(
        s.execute(p.text("select a.same, b.same from a join b on a.id = b.a_id order by 1")).all()
    )
    s.delete(two)
    s.flush()
    s.commit()
    p.show(str(p.select(AB).where(AB.same == "t")))


@program
def text_of_any_statement(p: Any) -> None:
    User, _Post = blog(p)
    s = p.session()
    s.add(User(id=1, name="u"))
    s.flush()
    for statement in (
        p.update(User).values(name="v").returning(User),
        p.insert(User).values(name="x").returning(User),
        p.delete(User).where(User.name == "x").returning(User),
        p.text("select * from users"),
        p.select(User.__table__),
        p.select(User).subquery().select(),
    ):
        p.error(lambda st=statement: [u.name for u in s.query(User).from_statement(st)])
    p.error(lambda: s.query(User).from_statement("select 1"))


@program
def copies_of_graphs(p: Any) -> None:
    """Made transient and added again without its key, an object takes its members along."""

    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        n = p.Column(p.Integer)
        bs = p.relationship("B", back_populates="a", cascade="all, delete-orphan")
        ts = p.relationship("T", secondary="at")
        one = p.relationship("O", uselist=False, back_populates="a")

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        a_id = p.Column(p.ForeignKey("a.id"))
        a = p.relationship("A", back_populates="bs")
        cs = p.relationship("C")

    class C(p.Base):
        __tablename__ = "c"
        id = p.Column(p.Integer, primary_key=True)
        b_id = p.Column(p.ForeignKey("b.id"))

    class O(p.Base):  # noqa: E742
        __tablename__ = "o"
        id = p.Column(p.Integer, primary_key=True)
        a_id = p.Column(p.ForeignKey("a.id"))
        a = p.relationship("A", back_populates="one")

    class T(p.Base):
        __tablename__ = "t"
        id = p.Column(p.Integer, primary_key=True)

    p.Table(
        "at",
        p.Base.metadata,
        p.Column("a_id", p.ForeignKey("a.id"), primary_key=True),
        p.Column("t_id", p.ForeignKey("t.id"), primary_key=True),
    )
    s = p.session()
    s.add(A(n=1, bs=[B(cs=[C(), C()]), B()], ts=[T(), T()], one=O()))
    s.commit()

    def copy(depth: int, change: Any, expunge: bool = True) -> None:
        a = s.get(A, 1)
        levels = [[a], [*a.bs, a.one], [c for b in a.bs for c in b.cs]]
        p.show(len(a.ts))
        if expunge:
            s.expunge_all()
        for each in [each for level in levels[:depth] for each in level]:
            p.make_transient(each)
            change(each)
        s.add(a)
        p.error(s.flush, text=False)
        for table in ("a", "b", "c", "o", "at") if s.is_active else ():
            p.show(table, sorted(s.execute(p.text(f"select * from {table}")).all()))
        s.rollback()
        s.close()

    for depth in (1, 2, 3):
        copy(depth, lambda each: setattr(each, "id", None))
        copy(depth, lambda each: delattr(each, "id"))
        copy(depth, lambda each: setattr(each, "id", each.id + 70))
    copy(1, lambda each: setattr(each, "id", 50), expunge=False)
    copy(2, lambda each: setattr(each, "id", None), expunge=False)


@program
def arguments_of_add_and_delete(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    user = User(name="a")
    s.add(instance=user)
    s.add(User(name="b"), False)
    s.add(User(name="c"), _warn=False)
    p.show(len(s.new))
    s.commit()
    s.delete(instance=user)
    p.show(len(s.deleted))
    p.error(lambda: s.add())
    p.error(lambda: s.add(user, False, 1))
    p.error(lambda: s.delete())
    p.error(lambda: s.delete(user, user))
    p.error(lambda: s.delete(object=user))
    p.error(lambda: s.delete(1))
    p.error(lambda: s.add(None))
    s.flush()
    p.error(lambda: s.delete(user))

    class Own(p.orm.Session):
        def add(self, instance: Any, _warn: bool = True) -> None:
            p.show("add", instance.name)
            super().add(instance, _warn=_warn)

        def delete(self, instance: Any) -> None:
            p.show("delete", instance.name)
            super().delete(instance)

    own = Own(s.get_bind())
    own.add(User(name="d"))
    own.commit()
    own.delete(own.query(User).filter_by(name="d").one())
    own.commit()
    p.show(own.scalars(p.select(User.name).order_by(User.id)).all())


@pytest.mark.parametrize("run", program.registered)
def test_programs(run: Any) -> None:
    compare(run, warned=True)


def test_numbers_of_sentinels() -> None:
    """A sentinel has the number of the row, among many that return something in order. (The
    statements of a flush are of one row each here, where SQLAlchemy's have several.)"""

    def run(p: Any) -> None:
        def things(name: str, *columns: Any) -> Any:
            made = p.Table(
                name,
                p.Base.metadata,
                p.Column("id", p.Integer, primary_key=True),
                p.Column("name", p.String(10)),
                *columns,
                p.insert_sentinel("mark"),
            )
            return type(name.title(), (p.Base,), {"__table__": made})

        classes = things("plain"), things("filled", p.Column("n", p.Integer, server_default="7"))
        s = p.session()

        def marks(cls: Any) -> None:
            rows = s.execute(p.text(f"select name, mark from {cls.__table__.name} order by id"))
            p.show(rows.all())

        for cls in classes:
            p.show(cls.__table__.c.mark)
            s.add_all([cls(name=f"a{i}") for i in range(3)])
            s.flush()
            s.add(cls(name="b"))
            s.flush()
            s.add_all([cls(name="c"), cls(name=p.func.lower("D")), cls(name="e"), cls(name="f")])
            s.flush()
            s.add_all([cls(id=1000 + i, name=f"g{i}") for i in range(2)])
            s.flush()
            s.bulk_save_objects([cls(name=f"h{i}") for i in range(2)], return_defaults=True)
            s.bulk_save_objects([cls(name=f"i{i}") for i in range(2)])
            s.bulk_insert_mappings(cls, [{"name": "j"}, {"name": "k"}])
            s.add_all([cls(name=f"l{i}") for i in range(300)])
            s.flush()
            marks(cls)

    compare(run, sql=False)


@program
def sentinels_of_many_rows(p: Any) -> None:
    columns = p.Column("id", p.Integer, primary_key=True), p.Column("name", p.String(10))
    table = p.Table("thing", p.Base.metadata, *columns, p.insert_sentinel("mark"))
    engine = p.engine(insertmanyvalues_page_size=2)
    p.Base.metadata.create_all(engine)
    returning = table.insert().returning(table.c.name, sort_by_parameter_order=True)

    with engine.begin() as connection:

        def run(statement: Any, *rows: Any) -> None:
            result = connection.execute(statement, *rows)
            p.show(list(result.keys()), result.all())

        run(returning, [{"name": f"a{i}"} for i in range(5)])
        run(returning, [{"name": f"b{i}", "id": 1000 + i} for i in range(3)])
        run(returning, [{"name": f"c{i}", "mark": 100 + i} for i in range(3)])
        run(returning.returning(table.c.mark), [{"name": f"d{i}"} for i in range(3)])
        run(returning, [{"name": "e"}])
        run(returning, {"name": "f"})
        run(table.insert().values([{"name": "g"}, {"name": "h"}]).returning(table.c.mark))
        run(table.insert().returning(table.c.mark), [{"name": "i"}, {"name": "j"}])
        connection.execute(table.insert(), [{"name": "k"}, {"name": "l"}])
        source = p.select(p.literal("m"))
        connection.execute(table.insert().from_select(["name"], source))
        p.show(connection.execute(p.text("select name, mark from thing order by name")).all())
