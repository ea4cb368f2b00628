"""Classes shared by the tests of queries and loading."""

from __future__ import annotations

import logging
from typing import Any

import cormorant as sa
from cormorant.orm import Session, configure_mappers, declarative_base, relationship

Base = declarative_base()

post_tags = sa.Table(
    "post_tags",
    Base.metadata,
    sa.Column("post_id", sa.ForeignKey("posts.id"), primary_key=True),
    sa.Column("tag_id", sa.ForeignKey("tags.id"), primary_key=True),
)


class User(Base):
    __tablename__ = "users"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String)
    age = sa.Column(sa.Integer)
    posts = relationship("Post", back_populates="user", order_by="Post.id")


class Post(Base):
    __tablename__ = "posts"
    id = sa.Column(sa.Integer, primary_key=True)
    title = sa.Column(sa.String)
    user_id = sa.Column(sa.ForeignKey("users.id"))
    user = relationship("User", back_populates="posts")
    tags = relationship("Tag", secondary=post_tags, back_populates="posts", order_by="Tag.id")


class Tag(Base):
    __tablename__ = "tags"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String)
    posts = relationship("Post", secondary=post_tags, back_populates="tags")


configure_mappers()


class SQL(logging.Handler):
    """The statements an engine ran."""

    def __init__(self) -> None:
        super().__init__()
        self.statements: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if text.startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")):
            self.statements.append(text)

    def take(self) -> list[str]:
        """The statements since the last call."""
        taken, self.statements = self.statements, []
        return taken


def filled_session(users: int = 3, posts: int = 2, **options: Any) -> Session:
    """A session on a new database: `users` users with `posts` posts each, three tags."""
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(
            User.__table__.insert(),
            [{"id": i, "name": f"u{i}", "age": 20 + i} for i in range(1, users + 1)],
        )
        connection.execute(
            Post.__table__.insert(),
            [
                {"id": (i - 1) * posts + j + 1, "title": f"p{i}.{j}", "user_id": i}
                for i in range(1, users + 1)
                for j in range(posts)
            ],
        )
        connection.execute(
            Tag.__table__.insert(), [{"id": i, "name": f"t{i}"} for i in range(1, 4)]
        )
        connection.execute(
            post_tags.insert(),
            [{"post_id": 1, "tag_id": 1}, {"post_id": 1, "tag_id": 2}, {"post_id": 2, "tag_id": 1}],
        )
    return Session(engine, **options)
