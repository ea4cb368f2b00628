"""SQLite files with wrong bytes in them: errors, or other rows, never a crash."""

from __future__ import annotations

import datetime
import decimal
import os
import random
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import cormorant as sa
from cormorant.orm import Session, declarative_base, joinedload, relationship, selectinload

ROUNDS = int(os.environ.get("CORMORANT_ROUNDS", "150"))
Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String, index=True)
    data = sa.Column(sa.LargeBinary)
    born = sa.Column(sa.DateTime)
    doc = sa.Column(sa.JSON)
    price = sa.Column(sa.Numeric(10, 2))
    posts = relationship("Post", back_populates="user")


class Post(Base):
    __tablename__ = "posts"
    id = sa.Column(sa.Integer, primary_key=True)
    title = sa.Column(sa.String)
    user_id = sa.Column(sa.ForeignKey("users.id"))
    user = relationship("User", back_populates="posts")


def write(path: Path) -> bytes:
    engine = sa.create_engine(f"sqlite:///{path}")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        for n in range(60):
            session.add(
                User(
                    name=f"ü{n}" * 5,
                    data=bytes(range(256)),
                    born=datetime.datetime(2020, 1, 1, n % 24),
                    doc={"a": [n]},
                    price=decimal.Decimal("1.5"),
                    posts=[Post(title="x" * n) for _ in range(3)],
                )
            )
        session.commit()
    engine.dispose()
    return path.read_bytes()


# A key that became NULL makes no object: as in SQLAlchemy, the result is None.


def read_joined(session: Session) -> None:
    for user in session.query(User).options(joinedload(User.posts)):
        if user is not None:
            repr((user.name, user.data, [post.title for post in user.posts]))


def decode(session: Session) -> None:
    for user in session.query(User):
        if user is not None:
            repr((user.born, user.doc, user.price))


def read_columns(session: Session) -> None:
    repr(session.query(User.name, User.price, User.doc).order_by(User.name).all())


def stream(session: Session) -> None:
    for post in session.query(Post).yield_per(7):
        if post is not None:
            repr(post.title)


def insert(session: Session) -> None:
    session.add(User(name="x", posts=[Post(title="q")]))
    session.commit()


def delete(session: Session) -> None:
    for user in session.query(User).options(selectinload(User.posts)).limit(7):
        if user is not None:
            session.delete(user)
    session.commit()


STEPS: list[Callable[[Session], None]] = [read_joined, decode, read_columns, stream, insert, delete]
EXPECTED = (sa.exc.DBAPIError, sa.exc.SQLAlchemyError, ValueError, TypeError)


def damaged(good: bytes, rng: random.Random) -> bytes:
    bad = bytearray(good)
    for _ in range(rng.choice((1, 3, 20, 200))):
        bad[rng.randrange(len(bad))] = rng.randrange(256)
    if rng.random() < 0.1:
        del bad[rng.randrange(len(bad)) :]
    return bytes(bad)


@pytest.mark.parametrize("seed", [1, 2])
def test_damaged_files(seed: int, tmp_path: Path) -> None:
    good = write(tmp_path / "good.db")
    rng = random.Random(seed)
    seen: Counter[str] = Counter()
    for number in range(ROUNDS):
        path = tmp_path / f"{number}.db"
        path.write_bytes(damaged(good, rng))
        engine = sa.create_engine(f"sqlite:///{path}")
        for step in STEPS:
            with warnings.catch_warnings(), Session(engine) as session:
                warnings.simplefilter("ignore")
                try:
                    step(session)
                    seen["fine"] += 1
                except EXPECTED as error:
                    seen[type(error).__name__] += 1
                    session.rollback()
        engine.dispose()
        path.unlink()
    assert seen["fine"] > ROUNDS // 4
    assert seen["DatabaseError"] > ROUNDS // 4


@pytest.mark.sqlite_only
def test_values_that_cannot_be_decoded(p: Any) -> None:
    """The error says which value of which column it was."""
    engine = p.engine()
    with engine.begin() as connection:
        connection.exec_driver_sql("create table t (id integer primary key, at, doc)")
        connection.exec_driver_sql("insert into t values (1, 'no date', '{')")

    class T(p.Base):
        __tablename__ = "t"
        id = p.Column(p.Integer, primary_key=True)
        at = p.Column(p.DateTime)
        doc = p.Column(p.JSON)

    with p.Session(engine) as session:
        with pytest.raises(ValueError, match="no date"):
            _ = session.get(T, 1).at
        session.rollback()
        with pytest.raises(ValueError, match="line 1 column 2"):
            _ = session.query(T.doc).all()


def use_bytes(rng: random.Random, good: bytes, seen: Counter[str]) -> None:
    """Has a raw connection take a damaged database as bytes, copies it and reads values in parts."""
    engines = [sa.create_engine("sqlite://") for _ in range(2)]
    raw, other = (engine.raw_connection().dbapi_connection for engine in engines)

    def use_value() -> None:
        with raw.blobopen("users", "data", rng.randrange(1, 61)) as blob:
            for _ in range(4):
                blob.seek(rng.randrange(len(blob) + 1))
                blob.read(rng.choice((-1, 0, 1, 300)))
                blob[:] = bytes(len(blob))
                raw.execute("UPDATE users SET data = data || name WHERE id % 2")

    joined = "SELECT * FROM users JOIN posts ON user_id = users.id"
    uses: list[Callable[[], Any]] = [
        lambda: raw.deserialize(damaged(good, rng)),
        lambda: raw.execute(joined).fetchall(),
        use_value,
        # or a backup waits for the transaction to end
        raw.rollback,
        lambda: raw.backup(other, pages=rng.choice((-1, 1, 3))),
        lambda: other.execute("SELECT name, data FROM users").fetchall(),
        lambda: other.deserialize(raw.serialize()),
        lambda: other.executescript("CREATE TABLE more (x); DROP TABLE posts"),
        raw.close,
        other.close,
    ]
    for use in uses:
        try:
            use()
            seen["fine"] += 1
        except (raw.Error, ValueError) as error:
            seen[type(error).__name__] += 1


@pytest.mark.parametrize("seed", [1, 2])
def test_damaged_bytes(seed: int, tmp_path: Path) -> None:
    good = write(tmp_path / "good.db")
    rng = random.Random(seed)
    seen: Counter[str] = Counter()
    for _ in range(ROUNDS):
        use_bytes(rng, good, seen)
    assert seen["fine"] > ROUNDS
    assert seen["DatabaseError"] > ROUNDS // 4
