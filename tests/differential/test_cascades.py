"""Cascades of relationships: delete, delete-orphan, save-update, expunge, refresh-expire."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from .harness import Programs, compare
from .models import blog, many_to_many, state, tree

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_cascade(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


def _saved(p: Any, s: Any, User: Any, Post: Any) -> Any:
    u = User(name="x", posts=[Post(title="1"), Post(title="2")])
    s.add(u)
    s.commit()
    return u


@program
def delete_all(p: Any) -> None:
    User, Post = blog(p, cascade="all")
    s = p.session()
    u = _saved(p, s, User, Post)
    posts = list(u.posts)
    s.delete(u)
    p.show(state(p, u, *posts), [x in s.deleted for x in posts])
    s.flush()
    p.show(state(p, u, *posts))
    s.rollback()
    p.show(state(p, u, *posts), len(u.posts))
    s.delete(u)
    s.commit()
    p.show(state(p, u, *posts), s.query(Post).count())


@program
def delete_several_parents(p: Any) -> None:
    User, Post = blog(p, cascade="all, delete-orphan")
    s = p.session()
    s.add_all([User(posts=[Post(), Post()]), User(posts=[Post()]), User()])
    s.commit()
    for u in s.query(User).order_by(User.id).all():
        s.delete(u)
    s.commit()
    p.show(s.query(Post).count(), s.query(User).count())


@program
def remove_orphan(p: Any) -> None:
    User, Post = blog(p, cascade="all, delete-orphan")
    s = p.session()
    u = _saved(p, s, User, Post)
    first = u.posts[0]
    del u.posts[0]
    p.show(state(p, first), first in s.deleted, first in s.dirty)
    s.flush()
    p.show(state(p, first))
    s.commit()
    p.show(state(p, first), len(u.posts))


@program
def replace_collection_orphans(p: Any) -> None:
    User, Post = blog(p, cascade="all, delete-orphan")
    s = p.session()
    u = _saved(p, s, User, Post)
    keep = u.posts[1]
    u.posts = [keep, Post(title="3")]
    s.commit()
    p.show([x.title for x in u.posts], s.query(Post).count())
    u.posts = []
    s.commit()
    p.show(s.query(Post).count())


@program
def orphan_by_reference(p: Any) -> None:
    User, Post = blog(p, cascade="all, delete-orphan")
    s = p.session()
    u = _saved(p, s, User, Post)
    u.posts[0].user = None
    s.commit()
    p.show([x.title for x in u.posts], s.query(Post).count())


@program
def orphan_moves_to_other_parent(p: Any) -> None:
    User, Post = blog(p, cascade="all, delete-orphan")
    s = p.session()
    u = _saved(p, s, User, Post)
    other = User(name="y")
    s.add(other)
    post = u.posts[0]
    other.posts.append(post)
    s.commit()
    p.show(len(u.posts), len(other.posts), state(p, post))
    u.posts.append(post)
    u.posts.remove(post)
    s.commit()
    p.show(state(p, post), s.query(Post).count())


@program
def pending_orphan(p: Any) -> None:
    User, Post = blog(p, cascade="all, delete-orphan")
    s = p.session()
    u = User(name="x")
    s.add(u)
    post = Post(title="1")
    u.posts.append(post)
    p.show(state(p, post))
    u.posts.remove(post)
    p.show(state(p, post))
    s.flush()
    alone = Post(title="lonely")
    s.add(alone)
    s.flush()
    p.show(state(p, alone))
    s.rollback()
    p.show(state(p, u, alone))


@program
def pending_child_without_orphan_rule(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    u = User(name="x")
    s.add(u)
    post = Post(title="1")
    u.posts.append(post)
    u.posts.remove(post)
    p.show(state(p, post))
    s.flush()
    p.show(state(p, post), post.user_id)


@program
def passive_deletes(p: Any) -> None:
    User, Post = blog(p, passive_deletes=True, cascade="all, delete")
    s = p.session()
    u = _saved(p, s, User, Post)
    s.delete(u)
    s.flush()
    s.rollback()
    p.show(len(u.posts))
    s.delete(u)
    s.flush()


@program
def passive_deletes_all(p: Any) -> None:
    User, Post = blog(p, passive_deletes="all")
    s = p.session()
    u = _saved(p, s, User, Post)
    p.show(len(u.posts))
    s.delete(u)
    s.flush()
    s.rollback()


@program
def delete_cascades_down_a_tree(p: Any) -> None:
    Node = tree(p, cascade="all, delete-orphan")
    s = p.session()
    root = Node(name="r", children=[Node(name="a", children=[Node(name="b")]), Node(name="c")])
    s.add(root)
    s.commit()
    root.children.pop(0)
    s.commit()
    p.show([n.name for n in s.query(Node).order_by(Node.id)])
    s.delete(root)
    s.commit()
    p.show(s.query(Node).count())


@program
def delete_cascade_three_levels(p: Any) -> None:
    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        bs = p.relationship("B", cascade="all, delete-orphan")

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        a_id = p.Column(p.ForeignKey("a.id"))
        cs = p.relationship("C", cascade="all, delete-orphan")

    class C(p.Base):
        __tablename__ = "c"
        id = p.Column(p.Integer, primary_key=True)
        b_id = p.Column(p.ForeignKey("b.id"))

    s = p.session()
    a = A(bs=[B(cs=[C(), C()]), B(cs=[C()])])
    s.add(a)
    s.commit()
    a.bs.pop(0)
    s.commit()
    p.show(s.query(B).count(), s.query(C).count())
    s.delete(a)
    s.commit()
    p.show(s.query(B).count(), s.query(C).count())


@program
def many_to_one_cascade_delete(p: Any) -> None:
    class X(p.Base):
        __tablename__ = "x"
        id = p.Column(p.Integer, primary_key=True)
        y_id = p.Column(p.ForeignKey("y.id"))
        y = p.relationship("Y", cascade="all, delete-orphan", single_parent=True)

    class Y(p.Base):
        __tablename__ = "y"
        id = p.Column(p.Integer, primary_key=True)

    s = p.session()
    x = X(y=Y())
    s.add(x)
    s.commit()
    x.y = Y()
    s.commit()
    p.show(s.query(Y).count())
    s.delete(x)
    s.commit()
    p.show(s.query(Y).count())


@program
def many_to_many_cascade_delete(p: Any) -> None:
    A, B, table = many_to_many(p, cascade="all, delete")
    s = p.session()
    a = A(name="1", bs=[B(name="x")])
    s.add(a)
    s.commit()
    s.delete(a)
    s.commit()
    p.show(s.query(B).count(), s.execute(p.select(table)).all())


@program
def save_update_reaches_everything(p: Any) -> None:
    A, B, _ = many_to_many(p)
    s = p.session()
    b = B(name="x")
    a = A(name="1", bs=[b])
    other = A(name="2")
    s.add(other)
    b.as_.append(other)
    p.show(state(p, a, b, other))
    s.commit()
    p.show(s.query(A).count())


@program
def backref_does_not_cascade(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    u = User(name="x")
    s.add(u)
    post = Post(title="1", user=u)
    p.show(state(p, post), post in s)
    s.commit()
    p.show(state(p, post), len(u.posts))


@program
def expunge_cascade(p: Any) -> None:
    User, Post = blog(p, cascade="all")
    s = p.session()
    u = _saved(p, s, User, Post)
    posts = list(u.posts)
    s.expunge(u)
    p.show(state(p, u, *posts))
    s.add(u)
    p.show(state(p, u, *posts))


@program
def refresh_expire_cascade(p: Any) -> None:
    User, Post = blog(p, cascade="all")
    s = p.session()
    u = _saved(p, s, User, Post)
    p.show([x.title for x in u.posts], u.name)
    posts = list(u.posts)
    s.expire(u)
    p.show([sorted(k for k in x.__dict__ if not k.startswith("_")) for x in posts])
    p.show([x.title for x in posts])
    s.refresh(u)
    p.show(u.name)


@program
def new_objects_that_refresh_expire_reaches(p: Any) -> None:
    """They stay new, but for those that do not live without their parent."""
    for number, (cascade, collection) in enumerate(
        itertools.product(("save-update", "all", "all, delete-orphan"), (list, set))
    ):
        base = p.declarative_base()

        class User(base):
            __tablename__ = f"users{number}"
            id = p.Column(p.Integer, primary_key=True)
            posts = p.relationship("Post", cascade=cascade, collection_class=collection)
            boss_id = p.Column(p.ForeignKey(f"bosses{number}.id"))
            boss = p.relationship("Boss", cascade="all")

        class Post(base):
            __tablename__ = f"posts{number}"
            id = p.Column(p.Integer, primary_key=True)
            user_id = p.Column(p.ForeignKey(User.id))

        class Boss(base):
            __tablename__ = f"bosses{number}"
            id = p.Column(p.Integer, primary_key=True)

        engine = p.engine()
        base.metadata.create_all(engine)
        for leave, loaded in itertools.product(("expire", "refresh"), (True, False)):
            s = p.orm.Session(engine, autoflush=False)
            s.add(User(posts=collection([Post()])))
            s.flush()
            user = s.query(User).first()
            s.expire(user)
            if loaded:
                p.show(len(user.posts))
            post, user.boss = Post(), Boss()
            user.posts.append(post) if collection is list else user.posts.add(post)
            boss = user.boss
            getattr(s, leave)(user)
            p.show(cascade, leave, loaded, post in s, boss in s, len(user.posts), user.boss)
            s.flush()
            p.show(s.query(Post.user_id).all(), s.query(Boss).count())
            s.rollback()


@program
def merge_without_cascade(p: Any) -> None:
    User, Post = blog(p, cascade="save-update")
    s = p.session()
    m = s.merge(User(id=1, name="x", posts=[Post(title="1")]))
    p.show(m.name, len(m.posts))
    s.commit()


@program
def wrong_options(p: Any) -> None:
    def orphan_without_delete() -> None:
        p.relationship("X", cascade="delete-orphan")

    p.error(lambda: p.relationship("X", cascade="all, zork"))
    orphan_without_delete()


@program
def wrong_class_in_collection(p: Any) -> None:
    User, Post = blog(p)

    class Other(p.Base):
        __tablename__ = "other"
        id = p.Column(p.Integer, primary_key=True)

    s = p.session()
    u = User(name="x")
    s.add(u)
    p.error(lambda: User(posts=5))
    p.error(lambda: User(posts=Post()))
    p.error(lambda: User(posts=None))
    p.show(len(s.new))
