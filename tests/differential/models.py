"""Mapped classes that several differential programs use, made anew for each run."""

from __future__ import annotations

from typing import Any


def blog(p: Any, **options: Any) -> tuple[Any, Any]:
    """User and Post, one-to-many with a back reference; options go to User.posts."""

    class User(p.Base):  # type: ignore[misc, name-defined]
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        age = p.Column(p.Integer)
        posts = p.relationship("Post", back_populates="user", **options)

    class Post(p.Base):  # type: ignore[misc, name-defined]
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        title = p.Column(p.String)
        user_id = p.Column(p.Integer, p.ForeignKey("users.id"))
        user = p.relationship("User", back_populates="posts")

    return User, Post


def many_to_many(p: Any, **options: Any) -> tuple[Any, Any, Any]:
    """A and B over the table ab; options go to A.bs."""
    table = p.Table(
        "ab",
        p.Base.metadata,
        p.Column("a_id", p.Integer, p.ForeignKey("a.id"), primary_key=True),
        p.Column("b_id", p.Integer, p.ForeignKey("b.id"), primary_key=True),
    )

    class A(p.Base):  # type: ignore[misc, name-defined]
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        bs = p.relationship("B", secondary=table, back_populates="as_", **options)

    class B(p.Base):  # type: ignore[misc, name-defined]
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        as_ = p.relationship("A", secondary=table, back_populates="bs")

    return A, B, table


def tree(p: Any, **options: Any) -> Any:
    """A self-referential class; options go to Node.children."""

    class Node(p.Base):  # type: ignore[misc, name-defined]
        __tablename__ = "node"
        id = p.Column(p.Integer, primary_key=True)
        parent_id = p.Column(p.Integer, p.ForeignKey("node.id"))
        name = p.Column(p.String)
        children = p.relationship("Node", backref=p.backref("parent", remote_side=[id]), **options)

    return Node


def state(p: Any, *objects: Any) -> list[str]:
    """The state of objects by its name."""
    names = ("transient", "pending", "persistent", "deleted", "detached")
    return ["+".join(name for name in names if getattr(p.inspect(obj), name)) for obj in objects]
