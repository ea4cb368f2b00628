"""A flush that fails at its n-th row, for every n: objects, session and database are as
SQLAlchemy leaves them, and what was to be written can be written again."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import compare
from .models import state

ROWS = 17  # that the flush below writes
TABLES = ("users", "posts", "tags", "post_tag")


def models(p: Any) -> Any:
    table = p.Table(
        "post_tag",
        p.Base.metadata,
        p.Column("post_id", p.ForeignKey("posts.id"), primary_key=True),
        p.Column("tag_id", p.ForeignKey("tags.id"), primary_key=True),
    )

    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        age = p.Column(p.Integer, default=7, onupdate=8)
        posts = p.relationship(
            "Post", back_populates="user", cascade="all, delete-orphan", order_by="Post.id"
        )

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        title = p.Column(p.String)
        version = p.Column(p.Integer, nullable=False)
        user_id = p.Column(p.ForeignKey("users.id"))
        user = p.relationship("User", back_populates="posts")
        tags = p.relationship("Tag", secondary=table, back_populates="posts", order_by="Tag.id")
        __mapper_args__ = {"version_id_col": version}

    class Tag(p.Base):
        __tablename__ = "tags"
        id = p.Column(p.Integer, primary_key=True)
        label = p.Column(p.String)
        posts = p.relationship("Post", secondary=table, back_populates="tags", order_by="Post.id")

    return User, Post, Tag


REFUSE = "raise exception 'enough' using errcode = '23000'"
#: The server ends the connection.
LOSE = "perform pg_terminate_backend(pg_backend_pid())"


def arm(p: Any, s: Any, refuse: str = REFUSE) -> None:
    """Triggers that refuse the n-th row written from now on; n stands in a table."""
    s.execute(p.text("create table countdown (n integer)"))
    s.execute(p.text("insert into countdown values (-1)"))
    postgresql = s.bind.dialect.name == "postgresql"
    if postgresql:
        s.execute(
            p.text(
                "create function count_down() returns trigger language plpgsql as $$ begin "
                "update countdown set n = n - 1; "
                f"if (select n from countdown) = 0 then {refuse}; end if; "
                "return coalesce(new, old); end $$"
            )
        )
    for table in TABLES:
        for verb in ("insert", "update", "delete"):
            s.execute(
                p.text(
                    f"create trigger {table}_{verb} before {verb} on {table} "
                    "for each row execute function count_down()"
                    if postgresql
                    else f"create trigger {table}_{verb} before {verb} on {table} begin "
                    "update countdown set n = n - 1; "
                    "select raise(abort, 'enough') from countdown where n = 0; end"
                )
            )


def contents(p: Any, s: Any) -> list[Any]:
    return [s.execute(p.text(f"select * from {table} order by 1, 2")).all() for table in TABLES]


def change(p: Any, s: Any, classes: Any) -> list[Any]:
    """Something of everything: inserts, updates, deletes, rows moved and associated."""
    User, Post, Tag = classes
    a, b, c = s.query(User).order_by(User.id).all()
    red, blue = s.query(Tag).order_by(Tag.id).all()
    first, second = a.posts
    third, fourth = b.posts
    known = [a, b, c, red, blue, first, second, third, fourth]
    a.name = "a2"
    first.title = "first again"
    b.posts.append(second)
    a.posts.remove(first)
    third.tags = [blue]
    green = Tag(label="green")
    fourth.tags.append(green)
    new = User(name="d", posts=[Post(title="n1", tags=[red, green]), Post(title="n2")])
    s.add_all([new, User(id=50, name="e")])
    s.delete(c)
    blue.label = "BLUE"
    return [*known, green, new, *new.posts]


def loaded(p: Any, objects: list[Any]) -> list[Any]:
    found = []
    for obj in objects:
        inspected = p.inspect(obj)
        names = sorted(inspected.mapper.column_attrs.keys())
        values = [n for n in names if n not in inspected.unloaded]
        key = inspected.key
        found.append((state(p, obj), key and key[1], [(n, getattr(obj, n)) for n in values]))
    return found


def _fails_at(n: int, savepoint: bool, lost: bool = False) -> Any:
    def program(p: Any) -> Any:
        classes = User, Post, Tag = models(p)
        s = p.session(expire_on_commit=False)
        red, blue = Tag(label="red"), Tag(label="blue")
        s.add_all(
            [
                User(name="a", posts=[Post(title="1", tags=[red]), Post(title="2", tags=[blue])]),
                User(name="b", posts=[Post(title="3", tags=[red, blue]), Post(title="4")]),
                User(name="c", posts=[Post(title="5", tags=[red])]),
            ]
        )
        s.commit()
        arm(p, s, LOSE if lost else REFUSE)
        s.commit()
        s.execute(p.text(f"update countdown set n={n}"))
        nested = s.begin_nested() if savepoint else None
        with s.no_autoflush:
            objects = change(p, s, classes)
        failed = False
        try:
            s.flush()
        except p.IntegrityError as error:
            failed = True
            # Which side of a many-to-many writes its rows is up to the package.
            p.show(str(error.orig), "post_tag" in error.statement or error.statement)
        except p.OperationalError as error:
            failed = lost
            p.show(error.connection_invalidated)
        p.show(failed, s.is_active, loaded(p, objects), len(s.new), len(s.dirty), len(s.deleted))
        if nested is not None:
            p.error(nested.rollback)
            if failed and lost:
                p.error(lambda: s.execute(p.text("select 1")))
                p.show(s.is_active, loaded(p, objects))
                s.rollback()
        else:
            s.rollback()
        p.show(s.is_active, loaded(p, objects), len(s.new), len(s.dirty), len(s.deleted))
        s.execute(p.text("update countdown set n=-1"))
        p.show(contents(p, s))
        s.commit()
        with s.no_autoflush:
            change(p, s, classes)
        s.commit()
        p.show(contents(p, s))
        return failed

    return program


@pytest.mark.parametrize("savepoint", [False, True])
@pytest.mark.parametrize("n", range(1, ROWS + 2))
def test_every_row(n: int, savepoint: bool) -> None:
    peer, ours = compare(_fails_at(n, savepoint), sql=False)
    assert peer.error is None
    assert ours.shown[-1] == ["returned", str(n <= ROWS)]


@pytest.mark.parametrize("savepoint", [False, True])
@pytest.mark.parametrize("n", range(1, ROWS + 2, 3))
def test_lost_connection(n: int, savepoint: bool, database: str) -> None:
    if database != "postgresql":
        pytest.skip("there is no connection to lose")
    peer, ours = compare(_fails_at(n, savepoint, lost=True), sql=False)
    assert peer.error is None, peer.error
    assert ours.shown[-1] == ["returned", str(n <= ROWS)]
