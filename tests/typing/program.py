"""A program as its users type it: mypy --strict has nothing to say about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_type

from cormorant import ForeignKey, Integer, Select, String, create_engine, func, select
from cormorant.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    relationship,
    selectinload,
    sessionmaker,
)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)
    nickname: Mapped[str | None]
    age: Mapped[int] = mapped_column(Integer, default=0)
    posts: Mapped[list[Post]] = relationship(
        back_populates="author", cascade="all, delete-orphan", order_by="Post.id"
    )


class Post(Base):
    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    author: Mapped[User] = relationship(back_populates="posts")


def names(session: Session) -> list[str]:
    statement = select(User.id, User.name).where(User.age > 18, User.name.like("a%"))
    return [row.name for row in session.execute(statement)]


def by_name(session: Session, name: str) -> User:
    return session.scalars(select(User).where(User.name == name)).one()


def maybe(session: Session, id_: int) -> User | None:
    return session.get(User, id_)


def with_posts(session: Session) -> Sequence[User]:
    statement = (
        select(User)
        .join(User.posts)
        .options(selectinload(User.posts).joinedload(Post.author))
        .where(User.nickname.is_(None))
        .order_by(User.name.desc())
        .limit(10)
    )
    return session.scalars(statement).unique().all()


def counted(session: Session) -> dict[str, int]:
    statement = select(User.name, func.count(Post.id)).join(User.posts).group_by(User.name)
    return {name: count for name, count in session.execute(statement)}


def inferred(session: Session) -> None:
    """What statements, attributes and results are, without being told."""
    assert_type(select(User), Select[tuple[User]])
    assert_type(select(User.id, User.name).where(User.id > 1), Select[tuple[int, str]])
    assert_type(session.scalars(select(User)).one(), User)
    assert_type(session.scalars(select(User.nickname)).first(), str | None)
    assert_type(session.scalar(select(User.id, User.name)), int | None)
    assert_type(session.get(User, 1), User | None)
    assert_type(session.query(User).filter_by(name="ann").all(), list[User])
    user = session.scalars(select(User).order_by(User.id)).unique().all()[0]
    assert_type(user.posts, list[Post])
    assert_type(user.posts[0].author.name, str)


def main() -> None:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    make = sessionmaker(engine)
    with make() as session, session.begin():
        user = User(name="ann", age=30)
        user.posts.append(Post(title="one"))
        session.add(user)
    with Session(engine) as session:
        ann: User = by_name(session, "ann")
        title: str = ann.posts[0].title
        nickname: str | None = ann.nickname
        assert (title, nickname, ann.posts[0].author.id) == ("one", None, ann.id)
        assert names(session) == ["ann"]
        assert [u.age for u in with_posts(session)] == [30]
        assert counted(session) == {"ann": 1}
        found = maybe(session, ann.id)
        assert found is not None
        inferred(session)
        count: int = session.query(User).filter(User.age > 3).count()
        assert count == 1
        ann.nickname = "a"
        session.commit()
        session.delete(ann)
        session.commit()
        session.rollback()


if __name__ == "__main__":
    main()
