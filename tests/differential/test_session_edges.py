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


@pytest.mark.parametrize("run", program.registered)
def test_programs(run: Any) -> None:
    compare(run, warned=True)
