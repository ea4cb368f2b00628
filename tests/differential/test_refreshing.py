"""Loading again: refresh, expire, populate_existing, partial rows, what is pending."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare
from .models import blog, many_to_many, state, tree

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_refreshing(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


def stored(p: Any, **options: Any) -> Any:
    User, Post = blog(p, **options)
    s = p.session()
    s.add_all(
        [
            User(name="a", age=1, posts=[Post(title="1"), Post(title="2")]),
            User(name="b", age=2, posts=[Post(title="3")]),
        ]
    )
    s.commit()
    return s, User, Post


@program
def refresh_names_of_an_eager_relationship(p: Any) -> None:
    for lazy in ("select", "joined", "selectin", "subquery"):
        p.Base.registry.dispose()
        p.Base.metadata.clear()
        s, User, _Post = stored(p, lazy=lazy)
        u = s.get(User, 1)
        p.show(u.name, len(u.posts))
        s.execute(p.text("insert into posts (title, user_id) values ('new', 1)"))
        s.execute(p.text("update users set name='x', age=9"))
        p.mark("posts")
        s.refresh(u, ["posts"])
        p.show([x.title for x in u.posts], u.name)
        p.mark("posts and name")
        s.refresh(u, ["posts", "name"])
        p.show([x.title for x in u.posts], u.name, u.age)
        p.mark("name")
        s.refresh(u, ["name"])
        p.show(u.name, u.age)
        post = u.posts[0]
        p.mark("many to one")
        s.refresh(post, ["user"])
        p.show(post.user.name)
        p.mark("all")
        s.refresh(u)
        p.show(u.age, len(u.posts))
        s.close()


@program
def expired_object_with_an_eager_relationship(p: Any) -> None:
    for lazy in ("joined", "selectin", "subquery"):
        p.Base.registry.dispose()
        p.Base.metadata.clear()
        s, User, _Post = stored(p, lazy=lazy)
        u = s.get(User, 1)
        p.mark(lazy)
        s.expire(u)
        p.show(u.name)
        p.mark("posts")
        p.show(len(u.posts))
        s.expire(u)
        p.mark("posts first")
        p.show(len(u.posts), u.name)
        s.expire(u, ["posts"])
        p.mark("posts expired")
        p.show(u.name, len(u.posts))
        s.expire(u, ["posts", "name"])
        p.mark("both expired")
        p.show(u.name, len(u.posts))
        s.commit()
        p.mark("after commit")
        p.show(len(u.posts), u.name, u.posts[0].user is u)
        s.close()


@program
def columns_after_a_partial_refresh(p: Any) -> None:
    s, User, _Post = stored(p)
    u = s.get(User, 1)
    s.expire(u)
    s.refresh(u, ["name"])
    p.mark("rest")
    p.show(u.name, u.age, u.id)
    s.expire(u, ["name", "age"])
    p.mark("two")
    p.show(u.name, u.age)
    s.commit()
    s.refresh(u, ["age"])
    p.mark("after commit")
    p.show(u.id, u.name, u.age)
    u.name = "changed"
    s.expire(u, ["age"])
    p.show(u.age, u.name, s.is_modified(u))


@program
def pending_changes_win(p: Any) -> None:
    s, User, Post = stored(p)
    s.autoflush = False
    u = s.get(User, 1)
    u.name = "mine"
    s.execute(p.text("update users set name='theirs', age=50"))
    p.show(s.query(User).filter_by(id=1).one() is u, u.name, u.age)
    p.show(s.query(User).order_by(User.id).all()[0].name, u.age)
    s.query(User).populate_existing().all()
    p.show(u.name, u.age, s.is_modified(u), u in s.dirty)
    u.name = "again"
    s.refresh(u)
    p.show(u.name, s.is_modified(u))
    u.name = "more"
    s.expire(u, ["age"])
    p.show(u.age, u.name)
    s.expire(u)
    p.show(u.name, s.is_modified(u))
    u.posts.append(Post(title="new"))
    p.show(len(u.posts))
    s.query(User).options(p.orm.joinedload(User.posts)).populate_existing().all()
    p.show(len(u.posts), [state(p, x) for x in s.new])
    del u.name
    s.query(User).all()
    p.show(u.name)


@program
def populate_existing(p: Any) -> None:
    s, User, _Post = stored(p)
    users = s.query(User).order_by(User.id).all()
    p.show([(u.name, len(u.posts)) for u in users])
    s.execute(p.text("update users set name = name || '!'"))
    s.execute(p.text("delete from posts where id=1"))
    s.query(User).all()
    p.show([u.name for u in users])
    s.execute(p.select(User).execution_options(populate_existing=True)).scalars().all()
    p.show([u.name for u in users], [len(u.posts) for u in users])
    p.show(s.get(User, 1, populate_existing=True).name)
    s.query(User).options(p.orm.selectinload(User.posts)).populate_existing().all()
    p.show([len(u.posts) for u in users])
    s.query(User).options(p.orm.load_only(User.name)).populate_existing().all()
    p.mark("age")
    p.show(users[0].name, users[0].age)


@program
def deferred_and_load_only(p: Any) -> None:
    class E(p.Base):
        __tablename__ = "e"
        id = p.Column(p.Integer, primary_key=True)
        a = p.Column(p.String)
        b = p.orm.deferred(p.Column(p.String))
        c = p.orm.deferred(p.Column(p.String), group="g")
        d = p.orm.deferred(p.Column(p.String), group="g")

    s = p.session()
    s.add(E(id=1, a="a", b="b", c="c", d="d"))
    s.commit()
    s.close()
    e = s.query(E).one()
    p.show(sorted(p.inspect(e).unloaded))
    p.mark("b")
    p.show(e.b)
    p.mark("c d")
    p.show(e.c, e.d)
    s.expire(e)
    p.mark("expired")
    p.show(e.a, sorted(p.inspect(e).unloaded))
    s.expire(e, ["b"])
    p.show(e.b, e.a)
    s.refresh(e)
    p.mark("refreshed")
    p.show(e.b, e.c)
    s.refresh(e, ["b", "c"])
    p.show(e.b, e.c, e.d)
    s.close()
    e = s.query(E).options(p.orm.load_only(E.b)).one()
    p.show(sorted(p.inspect(e).unloaded))
    p.show(e.a)
    s.expire(e)
    p.show(e.b, e.a)
    s.close()
    e = s.query(E).options(p.orm.undefer_group("g"), p.orm.defer(E.a)).one()
    p.show(sorted(p.inspect(e).unloaded), e.c, e.a)
    e.b = "set"
    s.commit()
    p.show(e.b)
    s.close()
    e = s.query(E).options(p.orm.load_only(E.a, raiseload=True)).one()
    p.error(lambda: e.b)
    p.show(e.a)
    again = s.query(E).one()
    p.show(again is e, sorted(p.inspect(e).unloaded))


@program
def partial_rows_meet_full_rows(p: Any) -> None:
    s, User, _Post = stored(p)
    s.close()
    u = s.query(User).options(p.orm.load_only(User.name)).filter_by(id=1).one()
    p.show(sorted(p.inspect(u).unloaded))
    s.query(User).all()
    p.show(sorted(p.inspect(u).unloaded), u.age)
    s.close()
    u = s.query(User).filter_by(id=1).one()
    s.query(User).options(p.orm.load_only(User.name)).all()
    p.show(sorted(p.inspect(u).unloaded), u.age)
    s.expire(u)
    s.query(User).options(p.orm.load_only(User.name)).all()
    p.show(sorted(p.inspect(u).unloaded))
    p.show(u.age, u.name)


@program
def null_keys_of_outer_joins(p: Any) -> None:
    s, User, Post = stored(p)
    s.add(User(name="c"))
    s.commit()
    q = s.query(User, Post).outerjoin(User.posts).order_by(User.id, Post.id)
    p.show([(u.name, post and post.title) for u, post in q])
    q = s.query(Post).select_from(User).outerjoin(User.posts).order_by(User.id, Post.id)
    p.show([post and post.title for post in q])
    q = s.query(User).options(p.orm.joinedload(User.posts)).order_by(User.id)
    p.show([(u.name, len(u.posts)) for u in q])
    q = s.query(Post).options(p.orm.joinedload(Post.user))
    p.show([post.user.name for post in q])
    s.execute(p.text("update posts set user_id=null where id=1"))
    s.expire_all()
    p.show([post.user and post.user.name for post in q.order_by(Post.id)])


@program
def partially_null_composite_keys(p: Any) -> None:
    for allow in (True, False):
        p.Base.registry.dispose()
        p.Base.metadata.clear()

        class C(p.Base):
            __tablename__ = "c"
            x = p.Column(p.Integer, primary_key=True)
            y = p.Column(p.Integer, primary_key=True)
            v = p.Column(p.String)
            __mapper_args__ = {"allow_partial_pks": allow}

        s = p.session(create=False)
        s.execute(p.text("create table c (x int, y int, v text)"))
        s.execute(p.text("insert into c values (1, null, 'a'), (null, null, 'b'), (1, 2, 'c')"))
        p.show([c and (c.x, c.y, c.v) for c in s.scalars(p.select(C))])
        s.close()


@program
def same_entity_twice_in_a_row(p: Any) -> None:
    s, User, _Post = stored(p)
    other = p.orm.aliased(User)
    rows = s.query(User, other).filter(User.id <= other.id).order_by(User.id, other.id).all()
    p.show([(a.name, b.name, a is b) for a, b in rows])
    rows = s.query(User, User).order_by(User.id).all()
    p.show([(a is b) for a, b in rows])
    rows = s.query(User, User.name, User).order_by(User.id).all()
    p.show([(a is c, name) for a, name, c in rows])


@program
def same_entity_twice_self_referential(p: Any) -> None:
    Node = tree(p)
    s = p.session()
    s.add(Node(name="r", children=[Node(name="a"), Node(name="b")]))
    s.commit()
    child = p.orm.aliased(Node)
    rows = s.query(Node, child).join(Node.children.of_type(child)).order_by(child.id).all()
    p.show([(a.name, b.name) for a, b in rows])
    q = s.query(Node).options(p.orm.joinedload(Node.children), p.orm.joinedload(Node.parent))
    p.show([(n.name, len(n.children), n.parent and n.parent.name) for n in q.order_by(Node.id)])


@program
def expire_names(p: Any) -> None:
    s, User, Post = stored(p)
    u = s.get(User, 1)
    p.show(u.name, len(u.posts))
    p.error(lambda: s.expire(u, ["nonsense"]))
    s.expire(u, ["posts"])
    s.expire(u, ["name"])
    p.show(sorted(p.inspect(u).expired_attributes), sorted(p.inspect(u).unloaded))
    p.show(u.age)
    p.mark("name")
    p.show(u.name)
    p.mark("posts")
    p.show(len(u.posts))
    u.age = 77
    s.expire(u, ["age"])
    p.show(s.is_modified(u), u in s.dirty, u.age)
    u.posts.append(Post(title="new"))
    s.expire(u, ["posts"])
    p.show([x.title for x in u.posts], len(s.new))
    p.error(lambda: s.expire(User(name="z")))
    p.error(lambda: s.refresh(User(name="z")))
    p.error(lambda: s.refresh(u, ["nonsense"]))
    s.expire_all()
    p.show(p.inspect(u).expired)


@program
def refresh_of_what_is_gone(p: Any) -> None:
    s, User, _Post = stored(p)
    u = s.get(User, 1)
    s.execute(p.text("delete from users where id=1"))
    p.error(lambda: s.refresh(u))
    p.error(lambda: u.name)
    s.expire(u)
    p.error(lambda: u.name)
    s.rollback()
    p.show(u.name)


@program
def refresh_flushes_others(p: Any) -> None:
    s, User, Post = stored(p)
    a, b = s.query(User).order_by(User.id).all()
    a.name, b.name = "a1", "b1"
    s.refresh(a)
    p.show(a.name, b.name, s.is_modified(b))
    post = Post(title="x")
    a.posts.append(post)
    s.refresh(a, ["posts"])
    p.show([x.title for x in a.posts], state(p, post))


@program
def refresh_cascades(p: Any) -> None:
    s, User, _Post = stored(p, cascade="all, refresh-expire")
    u = s.get(User, 1)
    posts = u.posts
    post = posts[0]
    p.show(post.title)
    s.execute(p.text("update posts set title='new'"))
    s.refresh(u)
    p.show(post.title)
    s.expire(u)
    p.show(p.inspect(post).expired)


@program
def many_to_many_refreshed(p: Any) -> None:
    A, B, table = many_to_many(p)
    s = p.session()
    a = A(name="a", bs=[B(name="x"), B(name="y")])
    s.add(a)
    s.commit()
    p.show(len(a.bs))
    s.execute(table.delete().where(table.c.b_id == 1))
    p.show(len(a.bs))
    s.refresh(a, ["bs"])
    p.show([b.name for b in a.bs])


@program
def what_listeners_of_refresh_are_told(p: Any) -> None:
    class Thing(p.Base):  # type: ignore[misc, name-defined]
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        age = p.Column(p.Integer)

    heard: list[Any] = []
    p.sa.event.listen(Thing, "load", lambda t, c: heard.append("load"))
    p.sa.event.listen(Thing, "refresh", lambda t, c, a: heard.append(a and sorted(a)))
    p.sa.event.listen(Thing, "expire", lambda t, a: heard.append(("expire", a and sorted(a))))
    s = p.session()
    s.add(Thing(name="a", age=1))
    s.commit()
    thing = s.query(Thing).one()
    s.query(Thing).all()
    p.show(heard)
    for names in (["name"], ["name", "age"], None):
        # nothing was read of what is not expired
        heard.clear()
        s.expire(thing, names)
        s.query(Thing).all()
        p.show(heard)
    heard.clear()
    p.show(thing.age)
    s.expire(thing, ["name"])
    s.query(Thing).all()
    s.refresh(thing, ["age"])
    s.query(Thing).populate_existing().all()
    s.expire(thing)
    p.show(thing.age, heard)
    heard.clear()
    s.expunge_all()
    thing = s.query(Thing).options(p.load_only(Thing.name)).one()
    s.query(Thing).all()
    p.show(heard, thing.age)


@program
def columns_deferred_expired_and_changed(p: Any) -> None:
    class Thing(p.Base):  # type: ignore[misc, name-defined]
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        a = p.deferred(p.Column(p.Integer), group="g")
        b = p.deferred(p.Column(p.Integer), group="g")
        c = p.Column(p.Integer)

    def unloaded(thing: Any) -> list[str]:
        return sorted(p.inspect(thing).unloaded)

    s = p.session()
    s.add(Thing(a=1, b=2, c=3))
    s.commit()
    s.close()
    thing = s.get(Thing, 1)
    p.show(thing.a, thing.b)
    s.expire(thing)
    p.show(thing.c, unloaded(thing), thing.a, thing.b)
    s.expire(thing, ["a"])
    p.show(thing.c, thing.a)
    s.refresh(thing)
    p.show(unloaded(thing), thing.a)
    s.refresh(thing, ["a"])
    p.show(unloaded(thing))
    s.close()
    thing = s.query(Thing).options(p.undefer(Thing.a)).one()
    p.show(unloaded(thing))
    s.query(Thing).options(p.undefer_group("g")).all()
    p.show(unloaded(thing))
    s.close()
    thing = s.query(Thing).options(p.load_only(Thing.b)).one()
    thing.c = 9
    s.query(Thing).all()
    p.show(thing.c, unloaded(thing), s.is_modified(thing))
    s.commit()
    p.show(thing.c, thing.b)
    s.close()
    thing = s.query(Thing).options(p.defer(Thing.c, raiseload=True)).one()
    try:
        p.show(thing.c)
    except p.InvalidRequestError as error:
        p.show(str(error))
    s.query(Thing).all()
    p.show(thing.c)


@program
def rows_without_an_entity(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    s.add_all([User(name="a", posts=[Post(title="x")]), User(name="b")])
    s.commit()
    outer = p.select(User, Post).outerjoin(Post).order_by(User.id)
    p.show([(user.name, post and post.title) for user, post in s.execute(outer)])
    twice = s.query(User, User, Post).outerjoin(Post).order_by(User.id)
    p.show([(a is b, post and post.title) for a, b, post in twice])
    other = p.aliased(User)
    after = s.query(User, other).outerjoin(other, other.id == User.id + 1).order_by(User.id)
    p.show([(user.name, user2 and user2.name) for user, user2 in after])
    only = p.select(Post).select_from(User).outerjoin(Post).order_by(User.id)
    p.show([post and post.title for post in s.scalars(only)])
    p.show([post and post.title for post in s.scalars(only).unique()])


@program
def joined_rows_of_objects_with_pending_changes(p: Any) -> None:
    User, Post = blog(p, lazy="joined", order_by="Post.id")
    s = p.session()
    s.add(User(name="a", age=1, posts=[Post(title="x"), Post(title="y")]))
    s.commit()
    s.autoflush = False
    user = s.scalars(p.select(User)).unique().one()
    user.posts.append(Post(title="z"))
    user.age = 5
    s.query(User).all()
    p.show([post.title for post in user.posts], user.age)
    s.execute(p.text("insert into posts (title, user_id) values ('w', 1)"))
    s.query(User).all()
    p.show([post.title for post in user.posts])
    s.expire(user, ["posts"])
    s.query(User).all()
    p.show([post.title for post in user.posts], user.age, len(s.new))
    s.refresh(user)
    p.show(user.age, [post.title for post in user.posts])
    user.posts.remove(user.posts[0])
    s.query(User).populate_existing().all()
    p.show(len(user.posts))


# ---- names that hold nothing ----------------------------------------------------------


@program
def names_of_synonyms(p: Any) -> None:
    """expire() and refresh() of synonyms, of unknown names, and of no names at all."""
    User, _ = blog(p)
    User.called = p.orm.synonym("name")
    User.articles = p.orm.synonym("posts")
    s = p.session()
    u = User(name="a", age=1)
    state = p.sa.inspect(u)
    p.show(sorted(state.unloaded), sorted(state.unmodified))
    s.add(u)
    s.commit()
    p.show(u.name, u.posts, sorted(state.unloaded), sorted(state.unmodified))

    def step(what: str, *names: str) -> None:
        p.mark(f"{what} {names}")
        p.error(lambda: getattr(s, what)(u, list(names)))
        p.show(sorted(state.unloaded), state.expired)
        p.show(u.name, u.age, u.called, len(u.articles))

    for what in ("expire", "refresh"):
        step(what, "called")
        step(what, "articles")
        step(what, "called", "name")
        step(what, "articles", "posts")
        step(what, "age", "nowhere", "name")
        step(what, "nowhere")
        step(what)
    u.called = "b"
    p.show(sorted(state.unmodified))
    step("refresh", "called")
    p.show(sorted(state.unmodified))


@program
def names_beside_a_key_that_changed(p: Any) -> None:
    User, _ = blog(p)
    s = p.session(autoflush=False)
    s.add(User(name="a", age=1))
    s.commit()
    u = s.scalars(p.select(User)).one()

    def step(*names: str) -> None:
        u.id = u.id + 4
        p.error(lambda: s.refresh(u, names or None))
        p.show(u.id, u.name, u.age, u in s.dirty)
        s.rollback()

    step("age")
    step("age", "posts")
    step("id", "age")
    step()
    s.autoflush = True
    step("age")


@program
def refresh_of_what_raises(p: Any) -> None:
    """A relationship that raises when it is read is loaded when a refresh names it."""
    for lazy in "raise", "raise_on_sql", "noload", "select", "selectin", "joined", "write_only":
        Base = p.orm.declarative_base()

        class Parent(Base):  # type: ignore[misc,valid-type]
            __tablename__ = "parents"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.String)
            kids = p.relationship("Kid", lazy=lazy, order_by="Kid.id")

        class Kid(Base):  # type: ignore[misc,valid-type]
            __tablename__ = "kids"
            id = p.Column(p.Integer, primary_key=True)
            parent_id = p.Column(p.ForeignKey("parents.id"))
            parent = p.relationship(
                "Parent", lazy="raise" if lazy == "write_only" else lazy, viewonly=True
            )

        engine = p.engine()
        Base.metadata.drop_all(engine)
        Base.metadata.create_all(engine)
        with p.Session(engine) as session:
            session.add(Parent(name="x"))
            session.flush()
            session.add_all([Kid(parent_id=1), Kid(parent_id=1)])
            session.commit()
        options = [()]
        if lazy == "select":
            options += [
                (p.orm.raiseload(Parent.kids),), (p.orm.raiseload("*"),),
                (p.orm.raiseload(Parent.kids, sql_only=True),),
            ]  # fmt: skip
        for given in options:
            for names in ["kids"], ["kids", "name"], ["name"], None:
                with p.Session(engine) as session:
                    parent = session.scalars(p.select(Parent).options(*given)).unique().one()
                    p.mark(f"{lazy} {names}")
                    session.refresh(parent, names)
                    p.show(lazy, names, sorted(k for k in parent.__dict__ if k[0] != "_"))
                    if not given and "kids" in parent.__dict__ and parent.kids:
                        p.error(lambda kid=parent.kids[0]: kid.parent)
                    if names == ["kids"] and lazy == "raise":
                        session.expire(parent)
                        p.error(lambda parent=parent: parent.kids)
        with p.Session(engine) as session:
            kid = session.scalars(p.select(Kid)).unique().first()
            p.show(lazy, kid.id)
            session.refresh(kid, ["parent"])
            p.show(kid.parent)


@program
def objects_that_come_again_further_on(p: Any) -> None:
    A, B, _ = many_to_many(p)
    s = p.session()
    bs = [B(id=1, name="b"), B(id=2, name="c")]
    for number in (1, 2, 3):
        s.add(A(id=number, bs=bs[: number % 3]))
        s.flush()
    s.commit()
    for outer in (p.joinedload, p.selectinload, p.subqueryload):
        for inner in ("joinedload", "selectinload", "subqueryload"):
            if outer is p.joinedload and inner != "joinedload":
                continue  # fails within SQLAlchemy when objects are populated anew
            chosen = p.select(B).options(getattr(outer(B.as_), inner)(A.bs)).order_by(B.id)
            for existing in (False, True):
                found = s.scalars(chosen, execution_options={"populate_existing": existing})
                p.show([sorted(k for k in b.__dict__ if k[0] != "_") for b in found.unique()])
                s.expunge_all()


@program
def deleted_and_expired(p: Any) -> None:
    """A value that was deleted is not asked for again with what is expired beside it."""
    s, User, _Post = stored(p)
    s.autoflush = False
    u = s.get(User, 1)
    s.expire(u)
    u.name = "mine"
    p.show(u.age, u.name)
    del u.name
    s.expire(u, ["age"])
    s.query(User).all()
    p.show(u.age, "name" in u.__dict__, u.name)
