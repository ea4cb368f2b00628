"""What a flush writes of objects, and in which order: the same on both packages."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from .harness import Programs, compare
from .models import blog, state

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_flush(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


# ---- INSERT -----------------------------------------------------------------------


@program
def insert_one(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    u = User(name="a")
    s.add(u)
    p.show(state(p, u))
    s.flush()
    p.show(state(p, u), u.id, u.age)
    s.commit()
    p.show(u.name, u.id)


@program
def insert_several(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    s.add_all([User(name="a", age=1), User(name="b"), User(age=5), User()])
    s.add_all([User(id=77, name="x"), User(id=70, name="y")])
    s.commit()
    p.show(s.execute(p.select(User.id, User.name, User.age)).all())


@program
def insert_with_keys_given(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    s.add_all([User(id=i, name=f"n{i}") for i in (3, 2, 1)])
    s.commit()
    p.show(s.execute(p.select(User.id).order_by(User.id)).all())


@program
def insert_alternating_keys(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    s.add_all([User(id=5, name="a"), User(name="b"), User(id=9, age=3), User(name="e", age=None)])
    s.flush()


@program
def insert_key_none(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    s.add_all([User(id=None, name="a"), User(id=None, name="b")])
    s.flush()
    p.show([u.id for u in s.query(User)])


@program
def insert_without_values(p: Any) -> None:
    class E(p.Base):
        __tablename__ = "e"
        id = p.Column(p.Integer, primary_key=True)

    s = p.session()
    s.add(E())
    s.flush()
    s.add_all([E(), E()])
    s.flush()
    p.show(sorted(e.id for e in s.query(E)))


@program
def insert_composite_key(p: Any) -> None:
    class C(p.Base):
        __tablename__ = "c"
        x = p.Column(p.Integer, primary_key=True)
        y = p.Column(p.Integer, primary_key=True)
        v = p.Column(p.String)

    s = p.session()
    s.add_all([C(x=2, y=1, v="a"), C(x=1, y=1, v="b"), C(x=1, y=0)])
    s.flush()
    for o in s.query(C):
        o.v = "q"
    s.flush()
    for o in s.query(C):
        s.delete(o)
    s.flush()
    s.add(C(x=1))
    p.error(s.flush)


@program
def insert_string_key(p: Any) -> None:
    class K(p.Base):
        __tablename__ = "k"
        k = p.Column(p.String, primary_key=True)
        v = p.Column(p.String)

    s = p.session()
    s.add_all([K(k="b", v="1"), K(k="a"), K(k="c", v="2")])
    s.commit()
    for o in s.query(K).order_by(K.k.desc()):
        o.v = "new"
    s.commit()
    s.add(K(v="no key"))
    p.error(s.flush)
    s.rollback()
    s.add(K(k=None, v="no key"))
    p.error(s.commit)


@program
def insert_order_by_class_without_relationship(p: Any) -> None:
    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        z_id = p.Column(p.ForeignKey("z.id"))

    class Z(p.Base):
        __tablename__ = "z"
        id = p.Column(p.Integer, primary_key=True)

    s = p.session()
    s.add_all([A(z_id=1), Z(id=1)])
    s.flush()


# ---- defaults -----------------------------------------------------------------------


def _defaults(p: Any) -> Any:
    counter = itertools.count(10)

    class D(p.Base):
        __tablename__ = "d"
        id = p.Column(p.Integer, primary_key=True)
        a = p.Column(p.Integer, default=5)
        b = p.Column(p.Integer, default=lambda: next(counter))
        e = p.Column(p.String, server_default="hello")
        f = p.Column(p.String, onupdate="upd")
        g = p.Column(p.String, onupdate=lambda: "upd2")

    return D


@program
def defaults_on_insert(p: Any) -> None:
    D = _defaults(p)
    s = p.session()
    x, y, z, w = D(), D(a=1, b=2), D(e="own"), D(e=None, a=None)
    s.add_all([x, y, z, w])
    s.flush()
    p.mark("flushed")
    p.show([(o.id, o.a, o.b, o.e, o.f, o.g) for o in (x, y, z, w)])
    s.add_all([D(), D()])
    s.flush()
    s.commit()
    p.show([(o.id, o.a, o.b, o.e, o.f, o.g) for o in s.query(D)])


@program
def defaults_on_update(p: Any) -> None:
    D = _defaults(p)
    s = p.session()
    x, y, z = D(), D(), D(f="given")
    s.add_all([x, y, z])
    s.flush()
    x.a = 6
    y.a, y.f = 7, "mine"
    z.a = 8
    s.flush()
    p.mark("flushed")
    p.show([(o.a, o.f, o.g) for o in (x, y, z)])
    x.a = 6
    s.flush()


@program
def default_sees_parameters(p: Any) -> None:
    class D(p.Base):
        __tablename__ = "d"
        id = p.Column(p.Integer, primary_key=True)
        a = p.Column(p.Integer, default=5)
        b = p.Column(p.Integer, default=lambda c: c.get_current_parameters()["a"] + 1)

    s = p.session()
    s.add_all([D(), D(a=10)])
    s.flush()
    p.show([(d.a, d.b) for d in s.query(D)])


@program
def sql_defaults(p: Any) -> None:
    class D(p.Base):
        __tablename__ = "d"
        id = p.Column(p.Integer, primary_key=True)
        a = p.Column(p.String)
        h = p.Column(p.String, default=p.func.lower("XX"))
        k = p.Column(p.String, onupdate=p.func.lower("YY"))

    s = p.session()
    x, y = D(a="1"), D(a="2", h="own")
    s.add(x)
    s.flush()
    s.add(y)
    s.flush()
    p.show(x.h, y.h, x.k)
    s.add_all([D(a="3"), D(a="4")])
    s.flush()
    x.a = y.a = "changed"
    s.flush()
    p.mark("updated")
    p.show(x.k, y.k)


@program
def sql_values(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    us = [
        User(name=p.func.lower("A"), age=1),
        User(name="b", age=2),
        User(name="c", age=3),
        User(name=p.func.lower("D")),
        User(name="e", age=p.literal(3) + 4),
    ]
    s.add_all(us)
    s.flush()
    p.mark("inserted")
    p.show([u.name for u in us], us[4].age)
    us[0].age = User.age + 1
    us[1].age = User.age + 1
    us[2].age = 5
    s.flush()
    p.mark("updated")
    p.show([u.age for u in us])
    us[0].age = User.age + 1
    us[0].name = "m"
    us[2].name, us[2].age = "p", 1
    s.commit()
    p.show([(u.name, u.age) for u in us])


# ---- UPDATE and DELETE ------------------------------------------------------------------


@program
def update_groups(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    s.add_all([User(name=f"u{i}", age=i) for i in range(5)])
    s.commit()
    us = s.query(User).order_by(User.id).all()
    us[0].name, us[1].name, us[2].age = "x", "y", 9
    us[3].name, us[3].age = "z", 4
    us[4].name = "u4"
    p.show(s.is_modified(us[4]), us[4] in s.dirty, len(s.dirty))
    s.commit()
    for u in s.query(User).order_by(User.id.desc()):
        u.age = (u.age or 0) + 1
    s.flush()
    p.show(s.execute(p.select(User.name, User.age)).all())


@program
def update_back_and_forth(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    u = User(name="a")
    s.add(u)
    s.commit()
    p.show(u.name)
    u.name = "b"
    u.name = "a"
    p.show(u in s.dirty, s.is_modified(u))
    s.flush()
    p.show(u in s.dirty)
    s.commit()
    u.name = "c"
    p.show(p.inspect(u).attrs.name.history)
    s.commit()


@program
def update_expired_attribute(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    u = User(name="a", age=3)
    s.add(u)
    s.commit()
    u.name = "a"
    s.commit()
    s.expire(u, ["age"])
    u.age = 3
    s.flush()


@program
def primary_key_change(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    u = User(name="x")
    s.add(u)
    s.commit()
    u.id = 50
    s.flush()
    p.show(p.inspect(u).identity, s.get(User, 50) is u, s.get(User, 1))
    s.rollback()
    p.show(p.inspect(u).identity, s.get(User, 1) is u, u.id)
    u.id, u.name = 60, "y"
    s.commit()
    p.show(s.get(User, 60).name)


@program
def primary_key_change_with_children(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    u = User(name="x", posts=[Post(title="q")])
    s.add(u)
    s.commit()
    p.show(len(u.posts))
    u.id = 50
    s.flush()
    p.show(u.posts[0].user_id)


@program
def stale_update(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    us = [User(name="x"), User(name="y")]
    s.add_all(us)
    s.commit()
    p.show([u.name for u in us])
    s.execute(p.text("delete from users where id=1"))
    us[0].name = us[1].name = "z"
    p.error(s.flush)
    p.error(s.commit)
    s.rollback()
    p.show(len(s.identity_map))


@program
def stale_delete(p: Any) -> None:
    class E(p.Base):
        __tablename__ = "e"
        id = p.Column(p.Integer, primary_key=True)

    s = p.session()
    es = [E(id=1), E(id=2)]
    s.add_all(es)
    s.commit()
    p.show([e.id for e in es])
    s.execute(p.text("delete from e where id=1"))
    s.delete(es[0])
    s.delete(es[1])
    s.flush()
    p.show(state(p, *es))


@program
def delete_sorted(p: Any) -> None:
    class E(p.Base):
        __tablename__ = "e"
        id = p.Column(p.Integer, primary_key=True)

    s = p.session()
    s.add_all([E() for _ in range(12)])
    s.commit()
    for e in s.query(E).order_by(E.id.desc()):
        s.delete(e)
    s.commit()
    p.show(s.query(E).count())


# ---- objects in the way -----------------------------------------------------------------------------


@program
def row_switch(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    u = User(id=1, name="1")
    s.add(u)
    s.commit()
    p.show(u.name)
    s.delete(u)
    v = User(id=1, name="2")
    s.add(v)
    s.flush()
    p.show(state(p, u, v))
    s.commit()
    p.show(v.name)


@program
def same_key_twice(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    s.add(User(id=1))
    s.flush()
    s.add(User(id=1))
    p.error(s.flush)
    s.rollback()
    s.add_all([User(id=5), User(id=5)])
    p.error(s.flush)


@program
def undelete_by_append(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    u = User(posts=[Post(title="1"), Post(title="2")])
    s.add(u)
    s.commit()
    post = u.posts[0]
    s.delete(post)
    other = User()
    s.add(other)
    other.posts.append(post)
    s.flush()
    p.show(state(p, post), post.user_id)
    s.delete(post)
    s.add(post)
    p.show(post in s.deleted)
    s.commit()
    p.show(state(p, post))


@program
def flush_some(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    u, v = User(name="1"), User(name="2")
    s.add_all([u, v])
    s.flush([v])
    p.show(state(p, u, v))
    s.flush([])
    p.show(state(p, u))
    s.flush()
    p.show(state(p, u), u.id, v.id)
    p.error(lambda: s.flush([5]))


@program
def constraint_errors(p: Any) -> None:
    class E(p.Base):
        __tablename__ = "e"
        id = p.Column(p.Integer, primary_key=True)
        n = p.Column(p.String, nullable=False)
        u = p.Column(p.Integer, unique=True)

    s = p.session()
    s.add(E())
    p.error(s.flush)
    s.rollback()
    s.add_all([E(n="a", u=1), E(n="b", u=1), E(n="c", u=2)])
    p.error(s.commit)
    p.error(lambda: s.query(E).all())
    s.rollback()
    es = [E(n="a", u=1), E(n="b", u=2)]
    s.add_all(es)
    s.commit()
    p.show([e.u for e in es])
    es[1].u = 1
    p.error(s.commit)
    s.rollback()
    p.show([e.u for e in es])


@program
def onupdate_beside_an_equal_value(p: Any) -> None:
    class E(p.Base):
        __tablename__ = "e"
        id = p.Column(p.Integer, primary_key=True)
        n = p.Column(p.Integer)
        fixed = p.Column(p.Integer, onupdate=5)
        made = p.Column(p.Integer, onupdate=lambda: 7)
        sql = p.Column(p.Integer, onupdate=p.text("1 + 1"))

    s = p.session()
    e = E(n=1, fixed=5, made=7, sql=1)
    s.add(e)
    s.commit()
    p.show(e.fixed, e.made)
    e.fixed, e.made, e.n = 5, 7, 2
    s.commit()
    p.show(e.fixed, e.made, e.sql)
    e.n = 3
    e.made = 9
    s.commit()
    p.show(e.fixed, e.made, e.sql)


@program
def modified_without_collections(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    u = User(name="a", posts=[Post(title="1")])
    s.add(u)
    s.commit()
    p.show(s.is_modified(u), s.is_modified(u, include_collections=False))
    Post(title="2", user=u)
    p.show(s.is_modified(u), u in s.dirty)
    u.posts.append(Post(title="3"))
    p.show(s.is_modified(u), s.is_modified(u, include_collections=False))
    u.name = "b"
    p.show(s.is_modified(u), s.is_modified(u, include_collections=False))
