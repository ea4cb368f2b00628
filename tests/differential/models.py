"""Mapped classes that several differential programs use, made anew for each run."""

from __future__ import annotations

import datetime as dt
from typing import Any


class Opaque:
    """A value of no known type."""

    def __repr__(self) -> str:
        return "<opaque>"


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


def shop(p: Any, metadata: Any) -> Any:
    """Five tables with all that DDL has."""
    p.Table(
        "users",
        metadata,
        p.Column("id", p.Integer, primary_key=True),
        p.Column("name", p.String(50), nullable=False, index=True),
        p.Column("email", p.String(120), unique=True),
        p.Column("age", p.Integer, default=18),
        p.Column("n", p.Integer, default=lambda: 7, onupdate=9),
        p.Column("ts", p.String, server_default="x'y"),
        p.Column("now", p.DateTime, server_default=p.text("CURRENT_TIMESTAMP")),
        p.Column("upd", p.DateTime, onupdate=lambda context: dt.datetime(2020, 1, 1)),
        p.Column("f", p.String, default=p.func.lower("ABC")),
        p.CheckConstraint("age >= 0", name="ck_age"),
    )
    p.Table(
        "posts",
        metadata,
        p.Column("id", p.Integer, primary_key=True),
        p.Column(
            "user_id",
            p.ForeignKey("users.id", ondelete="CASCADE", onupdate="SET NULL"),
            nullable=False,
        ),
        p.Column("title", p.Text),
        p.Column("score", p.Numeric(10, 2)),
        p.UniqueConstraint("user_id", "title", name="uq_ut"),
        p.Index("ix_multi", "user_id", "score"),
    )
    p.Table(
        "comp",
        metadata,
        p.Column("a", p.Integer, primary_key=True),
        p.Column("b", p.String, primary_key=True),
        p.Column("Weird Name", p.Integer),
        p.Column("select", p.Integer, key="sel"),
        p.Column("c", p.Integer, p.Computed("a*2")),
        p.CheckConstraint(p.column("a") > 5),
    )
    p.Table(
        "links",
        metadata,
        p.Column("u", p.ForeignKey("users.id"), primary_key=True),
        p.Column("p", p.ForeignKey("posts.id"), primary_key=True),
        p.Column("ca", p.Integer),
        p.Column("cb", p.String),
        p.ForeignKeyConstraint(["ca", "cb"], ["comp.a", "comp.b"], name="fk_comp"),
    )
    p.Table(
        "nodes",
        metadata,
        p.Column("id", p.Integer, primary_key=True),
        p.Column("parent_id", p.Integer, p.ForeignKey("nodes.id")),
        p.Column("ok", p.Boolean(create_constraint=True, name="bb")),
        p.Column("kind", p.Enum("x", "y'z", name="kinds", create_constraint=True)),
        sqlite_autoincrement=True,
    )
    return metadata
