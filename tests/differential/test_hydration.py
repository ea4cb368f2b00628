"""Rows becoming objects: what is loaded, replaced, kept and streamed. The same on both packages."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from .harness import Programs, compare
from .models import blog, many_to_many, state, tree

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_hydration(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


def filled(p: Any, users: int = 3, posts: int = 2, **options: Any) -> tuple[Any, Any, Any]:
    """A session, closed once, with users of some posts each."""
    User, Post = blog(p, **options)
    s = p.session()
    for i in range(users):
        s.add(User(name=f"u{i}", age=20 + i, posts=[Post(title=f"p{i}{j}") for j in range(posts)]))
    s.commit()
    s.close()
    return s, User, Post


def elsewhere(s: Any, p: Any, *statements: str) -> None:
    """Change rows in this transaction, past the session."""
    for statement in statements:
        s.execute(p.text(statement))


def loaded(p: Any, *objects: Any) -> list[list[str]]:
    """Names of the attributes that are in memory."""
    return [
        sorted(a.key for a in p.inspect(o).attrs if a.key not in p.inspect(o).unloaded)
        for o in objects
    ]


# ---- rows of objects that are here already -----------------------------------------


@program
def rows_of_known_objects(p: Any) -> None:
    s, User, _ = filled(p)
    u = s.get(User, 1)
    elsewhere(s, p, "update users set name = 'other', age = 99 where id = 1")
    again = s.scalars(p.select(User).order_by(User.id)).all()
    p.show(again[0] is u, u.name, u.age)
    s.expire(u, ["age"])
    again = s.scalars(p.select(User).order_by(User.id)).all()
    p.show(loaded(p, u), u.name, u.age)
    s.expire(u)
    again = s.scalars(p.select(User).order_by(User.id)).all()
    p.show(loaded(p, u), u.name, u.age, len(again))


@program
def pending_changes_win(p: Any) -> None:
    s, User, _ = filled(p)
    s.autoflush = False
    u, v = s.get(User, 1), s.get(User, 2)
    u.name = "mine"
    elsewhere(s, p, "update users set name = 'other', age = 99")
    s.scalars(p.select(User)).all()
    p.show(u.name, u.age, v.name, v.age, u in s.dirty, p.inspect(u).attrs.name.history)
    s.expire(v)
    v.age = 5
    p.show(loaded(p, v))
    s.scalars(p.select(User)).all()
    p.show(loaded(p, v), v.name, v.age, v in s.dirty, p.inspect(v).attrs.age.history)
    s.flush()
    p.show(s.execute(p.text("select name, age from users order by id")).all())


@program
def populate_existing(p: Any) -> None:
    s, User, _ = filled(p)
    s.autoflush = False
    u, v = s.get(User, 1), s.get(User, 2)
    p.show(len(u.posts))
    u.name = "mine"
    u.posts.pop()
    elsewhere(s, p, "update users set name = 'other', age = 99", "delete from posts where id = 2")
    statement = p.select(User).order_by(User.id).execution_options(populate_existing=True)
    p.show([(x.name, x.age) for x in s.scalars(statement)])
    p.show(u in s.dirty, v in s.dirty, loaded(p, u, v), len(u.posts))
    u.name = "again"
    s.query(User).populate_existing().filter(User.id == 1).one()
    p.show(u.name, u in s.dirty)
    v.name = "kept"
    s.get(User, 2, populate_existing=True)
    p.show(v.name)
    u.age = 1
    s.scalars(
        p.select(User).options(p.selectinload(User.posts)).execution_options(populate_existing=True)
    ).all()
    p.show(u.age, [q.title for q in u.posts], s.dirty)
    u.posts.append(u.posts[0])
    s.scalars(
        p.select(User).options(p.joinedload(User.posts)).execution_options(populate_existing=True)
    ).unique().all()
    p.show([q.title for q in u.posts], len(s.dirty))


@program
def populate_existing_of_some_columns(p: Any) -> None:
    s, User, _ = filled(p)
    s.autoflush = False
    u = s.get(User, 1)
    u.name, u.age = "mine", 1
    s.scalars(
        p.select(User)
        .options(p.load_only(User.name))
        .where(User.id == 1)
        .execution_options(populate_existing=True)
    ).all()
    p.show(u.name, loaded(p, u), u in s.dirty)
    p.show(u.age)


@program
def eager_rows_of_known_objects(p: Any) -> None:
    s, User, Post = filled(p)
    u = s.get(User, 1)
    p.show(loaded(p, u))
    s.scalars(p.select(User).options(p.joinedload(User.posts))).unique().all()
    p.show(loaded(p, u), len(u.posts))
    s.execute(p.insert(Post), {"title": "new", "user_id": 1})
    s.scalars(p.select(User).options(p.joinedload(User.posts))).unique().all()
    p.show(len(u.posts))
    s.scalars(p.select(User).options(p.selectinload(User.posts))).all()
    p.show(len(u.posts))
    s.expire(u, ["posts"])
    s.scalars(p.select(User).options(p.selectinload(User.posts))).all()
    p.show(loaded(p, u), len(u.posts))
    post = u.posts[0]
    s.expire(post, ["title"])
    s.scalars(p.select(User).options(p.joinedload(User.posts))).unique().all()
    p.show(loaded(p, post))
    s.scalars(p.select(Post).options(p.joinedload(Post.user))).all()
    p.show(loaded(p, post), post.user is u)


@program
def refresh_names(p: Any) -> None:
    s, User, _ = filled(p)
    s.autoflush = False
    u = s.get(User, 1)
    p.show(len(u.posts))
    u.name, u.age = "mine", 1
    elsewhere(s, p, "update users set name = 'other', age = 99", "delete from posts where id = 2")
    s.refresh(u, ["name"])
    p.show(u.name, u.age, u in s.dirty, len(u.posts))
    s.refresh(u, ["posts"])
    p.show(len(u.posts), u.age)
    s.refresh(u, ["age", "posts"])
    p.show(u.age, u in s.dirty, loaded(p, u))
    u.age = 5
    s.refresh(u)
    p.show(u.age, len(u.posts), u in s.dirty)
    p.error(lambda: s.refresh(u, ["nope"]))
    s.refresh(u, with_for_update=True)
    s.refresh(u, ["name"], with_for_update={"nowait": True})
    s.expire(u)
    s.refresh(u, ["name"])
    p.show(loaded(p, u))


@program
def refresh_with_eager_loads(p: Any) -> None:
    s, User, Post = filled(p, lazy="joined")
    u = s.get(User, 1)
    p.show(loaded(p, u), [q.title for q in u.posts])
    s.execute(p.insert(Post), {"title": "new", "user_id": 1})
    s.refresh(u)
    p.show([q.title for q in u.posts])
    s.expire(u)
    p.show(u.name, loaded(p, u))
    s.expire(u, ["posts"])
    p.show(len(u.posts))
    s.expire(u, ["name", "posts"])
    p.show(u.name, loaded(p, u))
    p.show(len(u.posts))


@program
def expire_names(p: Any) -> None:
    s, User, _ = filled(p)
    u = s.get(User, 1)
    p.show(len(u.posts))
    s.expire(u, ["name", "posts"])
    p.show(loaded(p, u), sorted(p.inspect(u).expired_attributes))
    p.show(u.age)
    p.show(u.name, loaded(p, u))
    s.expire(u, ["name", "age"])
    p.show(u.age, loaded(p, u))
    u.name = "set"
    s.expire(u, ["age"])
    p.show(u.name, loaded(p, u), u in s.dirty)
    s.expire(u, ["name"])
    p.show(u in s.dirty, s.is_modified(u), u.name)
    s.expire(u, ["id"])
    p.show(u.id)
    p.error(lambda: s.expire(u, ["nope"]), text=False)
    s.expire_all()
    p.show(loaded(p, u), p.inspect(u).expired)
    u.age = 50
    s.flush()
    p.show(loaded(p, u))


@program
def expired_and_gone(p: Any) -> None:
    s, User, Post = filled(p)
    u, v = s.get(User, 1), s.get(User, 2)
    post = s.get(Post, 1)
    s.expire_all()
    elsewhere(s, p, "delete from posts", "delete from users")
    p.error(lambda: u.name)
    p.error(lambda: u.posts)
    p.error(lambda: post.user)
    p.error(lambda: s.refresh(v))
    p.show(s.get(User, 2), state(p, u, v))


# ---- parts of rows -----------------------------------------------------------------


def wide(p: Any) -> tuple[Any, Any]:
    class Book(p.Base):
        __tablename__ = "book"
        id = p.Column(p.Integer, primary_key=True)
        title = p.Column(p.String)
        text = p.deferred(p.Column(p.Text))
        summary = p.deferred(p.Column(p.String), group="long")
        index = p.deferred(p.Column("idx", p.String), group="long")
        guarded = p.deferred(p.Column(p.String), raiseload=True)

    s = p.session()
    for i in (1, 2):
        s.add(Book(title=f"t{i}", text=f"x{i}", summary=f"s{i}", index=f"i{i}", guarded="g"))
    s.commit()
    s.close()
    return s, Book


@program
def deferred_columns(p: Any) -> None:
    s, Book = wide(p)
    b = s.scalars(p.select(Book)).first()
    p.show(loaded(p, b), sorted(p.inspect(b).unloaded))
    p.show(b.text, loaded(p, b))
    p.show(b.summary, loaded(p, b))
    p.error(lambda: b.guarded)
    s.expire(b)
    p.show(b.title, loaded(p, b))
    s.refresh(b)
    p.show(loaded(p, b))
    s.refresh(b, ["text"])
    s.refresh(b, ["guarded"])
    p.show(b.guarded, loaded(p, b))
    s.commit()
    p.show(b.index, loaded(p, b))
    s.close()
    p.error(lambda: b.text, text=False)


@program
def deferred_options(p: Any) -> None:
    s, Book = wide(p)
    for options in (
        (p.undefer(Book.text),),
        (p.undefer_group("long"),),
        (p.undefer("*"),),
        (p.load_only(Book.title),),
        (p.load_only(Book.text, Book.summary),),
        (p.defer(Book.title),),
        (p.defer("*"), p.undefer(Book.title)),
        (p.defer(Book.title, raiseload=True),),
        (p.load_only(Book.id, raiseload=True),),
        (p.undefer(Book.guarded),),
    ):
        b = s.scalars(p.select(Book).options(*options).order_by(Book.id)).first()
        p.show(loaded(p, b))
        for name in ("title", "text", "index", "guarded"):
            p.error(lambda b=b, name=name: getattr(b, name))
        p.show(loaded(p, b))
        s.close()


@program
def deferred_write(p: Any) -> None:
    s, Book = wide(p)
    b = s.get(Book, 1)
    b.text = "new"
    p.show(p.inspect(b).attrs.text.history)
    s.flush()
    p.show(loaded(p, b))
    b.summary = "new"
    s.rollback()
    p.show(b.text, b.summary)
    b = s.scalars(p.select(Book).options(p.load_only(Book.title))).first()
    b.index = None
    s.commit()
    p.show(b.index)


@program
def partial_then_full(p: Any) -> None:
    s, Book = wide(p)
    b = s.scalars(p.select(Book).options(p.load_only(Book.title)).where(Book.id == 1)).one()
    p.show(loaded(p, b))
    s.scalars(p.select(Book).options(p.undefer(Book.text)).where(Book.id == 1)).one()
    p.show(loaded(p, b))
    p.show(b.text)
    elsewhere(s, p, "update book set text = 'changed', title = 'changed'")
    s.scalars(p.select(Book).options(p.undefer(Book.text)).where(Book.id == 1)).one()
    p.show(b.text, b.title)
    s.expunge_all()
    b = s.scalars(p.select(Book).options(p.defer(Book.title)).where(Book.id == 1)).one()
    s.scalars(p.select(Book).where(Book.id == 1)).one()
    p.show(loaded(p, b))
    p.show(b.title)


@program
def partial_by_relationship(p: Any) -> None:
    s, User, Post = filled(p)
    for options in (
        p.joinedload(User.posts).load_only(Post.title),
        p.selectinload(User.posts).load_only(Post.title),
        p.selectinload(User.posts).defer(Post.title),
        p.lazyload(User.posts).load_only(Post.title),
        p.subqueryload(User.posts).defer(Post.title),
    ):
        u = s.scalars(p.select(User).options(options).order_by(User.id)).unique().first()
        p.show(loaded(p, *u.posts))
        p.show([q.title for q in u.posts], [q.user_id for q in u.posts])
        s.close()


@program
def statements_with_few_columns(p: Any) -> None:
    s, User, _ = filled(p)
    text = p.text("select id, name from users order by id")
    u = s.scalars(p.select(User).from_statement(text)).first()
    p.show(loaded(p, u), u.age, loaded(p, u))
    s.close()
    typed = p.text("select id, age from users").columns(User.id, User.age)
    p.show([loaded(p, x) for x in s.query(User).from_statement(typed)])
    statement = p.select(User.__table__.c.id, User.__table__.c.name)
    p.show([loaded(p, x) for x in s.scalars(p.select(User).from_statement(statement))])


# ---- outer joins, aliases, mixtures ------------------------------------------------


@program
def null_keys(p: Any) -> None:
    s, User, Post = filled(p, posts=0)
    s.add(Post(title="lonely"))
    s.add(Post(title="owned", user_id=2))
    s.commit()
    rows = s.execute(
        p.select(User, Post).outerjoin(Post, User.id == Post.user_id).order_by(User.id)
    ).all()
    p.show([(u.name, q and q.title) for u, q in rows])
    rows = s.execute(
        p.select(Post, User).outerjoin(User, User.id == Post.user_id).order_by(Post.id)
    ).all()
    p.show([(q.title, u and u.name) for q, u in rows])
    p.show([r._mapping[User] is None for r in rows])
    users = s.scalars(
        p.select(User).select_from(Post).outerjoin(User, User.id == Post.user_id).order_by(Post.id)
    ).all()
    p.show([u and u.name for u in users])
    p.show(s.query(User).select_from(Post).outerjoin(Post.user).order_by(Post.id).all()[0])
    p.show([q.user and q.user.name for q in s.query(Post).options(p.joinedload(Post.user))])
    p.show([len(u.posts) for u in s.query(User).options(p.joinedload(User.posts))])


@program
def composite_null_keys(p: Any) -> None:
    class Point(p.Base):
        __tablename__ = "point"
        x = p.Column(p.Integer, primary_key=True)
        y = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

    s = p.session()
    rows = (
        "select 1 as x, 2 as y, 'a' as name union all select 3, null, 'b' "
        "union all select null, null, 'c' order by 3"
    )
    statement = p.text(rows).columns(Point.x, Point.y, Point.name)
    found = s.scalars(p.select(Point).from_statement(statement)).all()
    p.show([(q.x, q.y, q.name) if q else None for q in found])


@program
def same_entity_twice(p: Any) -> None:
    s, User, _ = filled(p)
    other = p.aliased(User, name="other")
    rows = s.execute(
        p.select(User, other).join(other, other.id == User.id + 1).order_by(User.id)
    ).all()
    p.show([(a.name, b.name) for a, b in rows], rows[0][1] is rows[1][0], rows[0]._fields)
    rows = s.execute(p.select(User, other).join(other, other.id == User.id)).all()
    p.show([a is b for a, b in rows], [r._mapping[other] is r._mapping[User] for r in rows])
    rows = s.execute(p.select(User, User).where(User.id == 1)).all()
    p.show(len(rows[0]), rows[0][0] is rows[0][-1], rows[0]._fields)
    s.close()
    rows = s.query(User, other).filter(User.id == other.id).options(p.load_only(User.name)).all()
    p.show(loaded(p, *[a for a, _ in rows]), [a is b for a, b in rows])
    s.close()
    rows = s.query(other, User).filter(User.id == other.id).options(p.defer(other.age)).all()
    p.show(loaded(p, *[a for a, _ in rows]))


@program
def same_identity_by_two_paths(p: Any) -> None:
    s, User, Post = filled(p)
    posts = (
        s.scalars(
            p.select(Post).options(p.joinedload(Post.user).joinedload(User.posts)).order_by(Post.id)
        )
        .unique()
        .all()
    )
    p.show(posts[0].user is posts[1].user, posts[0] is posts[0].user.posts[0])
    p.show(loaded(p, *posts[:2]), [len(q.user.posts) for q in posts])
    s.close()
    rows = (
        s.execute(
            p.select(User, Post)
            .join(User.posts)
            .options(p.contains_eager(User.posts))
            .order_by(Post.id)
        )
        .unique()
        .all()
    )
    p.show([(u.name, q.title, q in u.posts) for u, q in rows])


@program
def tree_by_two_paths(p: Any) -> None:
    Node = tree(p)
    s = p.session()
    s.add(Node(name="r", children=[Node(name="a", children=[Node(name="c")]), Node(name="b")]))
    s.commit()
    s.close()
    nodes = (
        s.scalars(
            p.select(Node)
            .options(p.joinedload(Node.children).joinedload(Node.children))
            .order_by(Node.id)
        )
        .unique()
        .all()
    )
    p.show([(n.name, [c.name for c in n.children]) for n in nodes], [loaded(p, n) for n in nodes])
    s.close()
    parent = p.aliased(Node)
    rows = s.execute(p.select(Node, parent).outerjoin(parent, Node.parent).order_by(Node.id)).all()
    p.show([(n.name, m and m.name) for n, m in rows], [n.parent is m for n, m in rows])


@program
def mixtures(p: Any) -> None:
    s, User, Post = filled(p)
    rows = s.query(User, User.id).order_by(User.id).all()
    p.show([(u.name, i) for u, i in rows], rows[0]._fields, rows[0].id, rows[0].User.id)
    rows = s.query(User.id, User, Post.title).join(Post).order_by(Post.id).all()
    p.show([(i, u.name, t) for i, u, t in rows], rows[0]._fields)
    rows = s.execute(
        p.select(User.name.label("n"), p.func.count(Post.id), User)
        .join(User.posts)
        .group_by(User.id)
        .order_by(User.id)
    ).all()
    p.show([(r.n, r[1], r.User.id, r.count) for r in rows], rows[0]._fields)
    p.show([list(r._mapping.keys()) == list(r._fields) for r in rows])
    r = rows[0]
    p.show(r._mapping[User].id, r._mapping["n"])
    rows = s.execute(p.select(User.id, User.name, User.id.label("again"), User.id + 1)).all()
    p.show(rows, rows[0]._fields)
    p.show(s.query(User.id, User.id).first(), s.query(p.literal(5), User.name).first())
    p.show(s.query(User.name.label("x"), User.age.label("x")).first()._fields)
    p.show(s.execute(p.select(User.__table__)).first()._fields)
    p.show(s.execute(p.select(User.__table__, User)).first()._fields)
    p.show(s.query(User, "name") if False else s.query(User).with_entities(User.name).all())
    p.show(s.query(User.id).add_columns(User.age).first(), s.query(User).count())


@program
def bundles(p: Any) -> None:
    s, User, Post = filled(p)
    b = p.Bundle("b", User.id, User.name)
    row = s.execute(p.select(b, User.age).order_by(User.id)).first()
    p.show(row.b, row.b.id, row.b.name, row.age, row._fields)
    rows = s.execute(p.select(b).where(b.c.name == "u1")).all()
    p.show(rows, len(rows[0]), rows[0].b.name)
    single = p.Bundle("one", User.id, single_entity=True)
    p.show(s.query(single).order_by(User.id).all())
    nested = p.Bundle("out", User.id, p.Bundle("in_", Post.id, Post.title))
    row = s.execute(p.select(nested).join(Post).order_by(Post.id)).first()
    p.show(row.out.id, row.out.in_.title)

    class Joined(p.Bundle[Any]):
        """Its values are texts."""

        def create_row_processor(self, query: Any, procs: Any, labels: Any) -> Any:
            return lambda row: "-".join([str(proc(row)) for proc in procs]) + str(list(labels))

    # columns before, between and after; what is made otherwise between rows
    some = p.select(
        User.age, b, User.name, Joined("j", User.name, User.id), p.Bundle("c", User.age), User.id
    )
    for row in s.execute(some.order_by(User.id)).all()[:2]:
        p.show(tuple(row), row._fields, row.b._fields, row.c.age, row.j)
    p.show(s.query(Joined("j", User.id, single_entity=True)).order_by(User.id).first())
    p.show(s.execute(p.select(p.Bundle("of", b, Joined("j", User.id)))).first())
    doubled = p.select(p.Bundle("twice", User.name, User.name), p.Bundle("last", User.id))
    for row in s.execute(doubled.order_by(User.id)).yield_per(2).fetchmany(3):
        p.show(row, row.twice._fields)
    own = p.Bundle("own", User.id, User.name)
    own.create_row_processor = lambda query, procs, labels: lambda row: procs[1](row)
    p.show(s.execute(p.select(own).order_by(User.id)).first())


@program
def duplicate_rows(p: Any) -> None:
    s, User, Post = filled(p)
    p.show(len(s.query(User).join(User.posts).all()))
    p.show(len(s.scalars(p.select(User).join(User.posts)).all()))
    p.show(len(s.scalars(p.select(User).join(User.posts)).unique().all()))
    p.show(len(s.query(User, Post.id).join(User.posts).all()))
    p.show(len(s.query(User.age > 0).all()), len(s.query(User.age > 0).distinct().all()))
    p.error(lambda: s.scalars(p.select(User).options(p.joinedload(User.posts))).all())
    p.error(lambda: s.query(User).join(User.posts).one())
    p.error(lambda: s.query(User).filter(User.id == 77).one())
    p.show(s.query(User).join(User.posts).filter(User.id == 1).one_or_none().id)
    p.show(len(s.execute(p.select(User).join(User.posts)).unique(lambda r: r[0].id % 2).all()))


# ---- many objects --------------------------------------------------------------------


@program
def identities_and_dropping(p: Any) -> None:
    s, User, _ = filled(p)
    users = s.query(User).all()
    p.show(len(s.identity_map), [u is v for u, v in zip(users, s.query(User).all(), strict=True)])
    keep = users[1]
    del users
    gc.collect()
    p.show(len(s.identity_map), s.query(User).filter(User.id == 2).one() is keep)
    keep.posts
    first = keep.posts[0]
    p.show(len(s.identity_map))
    del keep
    gc.collect()
    p.show(len(s.identity_map), first.user.name)


@program
def identity_map(p: Any) -> None:
    s, User, Post = filled(p)
    u, q = s.get(User, 1), s.get(Post, 1)
    m = s.identity_map
    key = (User, (1,), None)
    p.show(len(m), key in m, m[key] is u, m.get(key) is u, m.get((User, (9,), None)))
    p.show(sorted(k[0].__name__ for k in m), len(list(m.keys())))
    p.show({u, q} == set(m.values()), sorted(k[1] for k, _ in m.items()), bool(m))
    p.error(lambda: m[User, (9,), None])
    p.show(p.orm.util.identity_key(User, 1), p.orm.util.identity_key(instance=u))
    p.show(p.inspect(u).identity_key == key, p.inspect(User).identity_key_from_instance(u) == key)
    p.show(p.inspect(User).primary_key_from_instance(u), s.identity_key(User, 1) == key)
    p.show(p.inspect(User).identity_key_from_primary_key((1,)) == key)
    row = s.execute(p.select(User.id)).first()
    p.show(p.orm.util.identity_key(User, row=row))
    p.show(p.orm.util.identity_key(User, (1,)) == key, m.contains_state(p.inspect(u)))
    p.show([(k[1], o is u) for k, o in m.items() if k[0] is User])
    s.expunge_all()
    p.show(len(s.identity_map), bool(s.identity_map))


@program
def get_with_arguments(p: Any) -> None:
    s, User, _ = filled(p)
    u = s.get(User, 1, options=[p.joinedload(User.posts)])
    p.show(loaded(p, u))
    u.name = "mine"
    s.get(User, 1, populate_existing=True)
    p.show(u.name)
    s.get(User, 1, with_for_update=True)
    s.get(User, 2, options=[p.load_only(User.name)], with_for_update={"read": True})
    p.show(s.get(User, {"id": 3}).name, s.get(User, (3,)).name)
    p.show(s.get(User, 1, identity_token=None) is u, len(s.identity_map))
    p.show(s.get(User, 77), s.get_one(User, 1) is u)
    p.error(lambda: s.get_one(User, 77))
    p.error(lambda: s.get(User, (1, 2)))
    p.error(lambda: s.get(User, {"nope": 1}))
    p.error(lambda: s.get(5, 1))
    s.close()
    u = s.get(User, 1, execution_options={"populate_existing": True})
    p.show(s.query(User).options(p.selectinload(User.posts)).get(1) is u, loaded(p, u))
    p.show(s.get(User, "2").name, s.get(User, 2.0).name, s.get(User, True) is u)
    s.expire(u)
    p.show(s.get(User, 1) is u, loaded(p, u))


@program
def values_that_are_no_values(p: Any) -> None:
    """Rows whose values do not fit the column's type."""
    s, User, _ = filled(p)
    elsewhere(s, p, "insert into users (id, name, age) values (50, 12, 'not a number')")
    u = s.get(User, 50)
    p.show(u.name, u.age)
    u.age = 3
    s.commit()
    p.show(u.age)


@program
def many_to_many_rows(p: Any) -> None:
    A, B, _ = many_to_many(p)
    s = p.session()
    bs = [B(name=f"b{i}") for i in range(3)]
    for name, members in (("a0", bs[:2]), ("a1", bs[1:]), ("a2", [])):
        s.add(A(name=name, bs=members))
        s.commit()
    s.close()
    for option in (p.joinedload, p.selectinload, p.subqueryload):
        found = s.query(A).options(option(A.bs).joinedload(B.as_)).order_by(A.id).all()
        p.show([[b.name for b in a.bs] for a in found])
        p.show([[sorted(c.name for c in b.as_) for b in a.bs] for a in found])
        s.close()


@program
def expired_deferred_columns(p: Any) -> None:
    s, Book = wide(p)
    b = s.get(Book, 1)
    p.show(b.summary, b.text)
    s.expire(b)
    p.show(b.text, loaded(p, b), b.title, loaded(p, b))
    s.expire(b)
    b.guarded = "x"
    b.text = "y"
    p.show(b.title, loaded(p, b))
    s.flush()
    b.title = "x"
    p.show(b.text, b.id)
    s.expire(b, ["text", "title"])
    p.show(b.title, loaded(p, b))
    s.expire(b, ["text", "title"])
    p.show(b.text, loaded(p, b))
    s.expunge_all()
    b = s.scalars(p.select(Book).options(p.defer(Book.title), p.undefer(Book.text))).first()
    s.expire(b)
    p.show(b.title, loaded(p, b))
    s.expire(b)
    p.show(b.text, loaded(p, b))
    s.expunge_all()
    b = s.scalars(p.select(Book).options(p.defer(Book.title, raiseload=True))).first()
    p.error(lambda: b.title)
    s.expire(b)
    p.show(b.title)
    p.error(lambda: b.guarded)


@program
def undecodable_values(p: Any) -> None:
    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        day = p.Column(p.Date)
        number = p.Column(p.Integer)

    s = p.session()
    elsewhere(s, p, "insert into thing values (1, '2020-01-02', 1), (2, NULL, 2)")
    p.show([(t.day, t.number) for t in s.query(Thing)])
    elsewhere(s, p, "update thing set day = 'garbage' where id = 2")
    s.expire_all()
    p.error(lambda: [t.day for t in s.query(Thing).all()], text=False)
    p.error(lambda: s.execute(p.select(Thing.day)).all(), text=False)
