"""Mapped classes for the tests of sessions and flushes, fresh for each test."""

from __future__ import annotations

import types
from typing import Any

import cormorant as ca
from cormorant.orm import Session, declarative_base, relationship


def blog(unique: bool = True, **options: Any) -> types.SimpleNamespace:
    """User and Post on an in-memory database, with a session. `unique`: no two users may have one
    name; `options` are those of User.posts."""
    base = declarative_base()

    class User(base):  # type: ignore[misc, valid-type]
        __tablename__ = "users"
        id = ca.Column(ca.Integer, primary_key=True)
        name = ca.Column(ca.String, unique=unique)
        age = ca.Column(ca.Integer)
        posts = relationship("Post", back_populates="user", **options)

    class Post(base):  # type: ignore[misc, valid-type]
        __tablename__ = "posts"
        id = ca.Column(ca.Integer, primary_key=True)
        title = ca.Column(ca.String)
        user_id = ca.Column(ca.ForeignKey("users.id"))
        user = relationship("User", back_populates="posts")

    engine = ca.create_engine("sqlite://")
    base.metadata.create_all(engine)
    return types.SimpleNamespace(
        User=User, Post=Post, Base=base, engine=engine, session=Session(engine)
    )


def three_users() -> tuple[Any, Any, Any, Any]:
    """The base, User and Post of a blog and its engine, with three users of two posts each."""
    made = blog(unique=False, cascade="all, delete-orphan")
    with made.session as session:
        for n in range(3):
            posts = [made.Post(title="a"), made.Post(title="b")]
            session.add(made.User(name=f"u{n}", posts=posts))
        session.commit()
    return made.Base, made.User, made.Post, made.engine


def state(obj: Any) -> str:
    """The name of an object's state."""
    names = ("transient", "pending", "persistent", "deleted", "detached")
    inspected = ca.inspect(obj)
    return next(name for name in names if getattr(inspected, name))
