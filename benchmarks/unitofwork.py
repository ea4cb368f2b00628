"""What a flush does besides one table's rows: association rows, cascades, one object at a time.

Imported for its workloads, which have mapped classes of their own.
"""

from __future__ import annotations

import sqlite3
from types import SimpleNamespace
from typing import Any

from .workloads import Bench, Work, workload


def _models(peer: SimpleNamespace) -> SimpleNamespace:
    """The classes, mapped once for a peer."""
    found: SimpleNamespace | None = getattr(peer, "unitofwork", None)
    if found is not None:
        return found
    sa, orm = peer.sa, peer.orm
    base: Any = orm.declarative_base()
    tagged = sa.Table(
        "tagged",
        base.metadata,
        sa.Column("page_id", sa.ForeignKey("page.id"), primary_key=True),
        sa.Column("tag_id", sa.ForeignKey("tag.id"), primary_key=True),
    )

    class Page(base):
        __tablename__ = "page"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
        tags = orm.relationship("Tag", secondary=tagged, back_populates="pages")

    class Tag(base):
        __tablename__ = "tag"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
        pages = orm.relationship("Page", secondary=tagged, back_populates="tags")

    class Owner(base):
        __tablename__ = "owner"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
        pets = orm.relationship("Pet", back_populates="owner", cascade="all, delete-orphan")

    class Pet(base):
        __tablename__ = "pet"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
        owner_id = sa.Column(sa.ForeignKey("owner.id"), index=True)
        owner = orm.relationship("Owner", back_populates="pets")

    peer.unitofwork = SimpleNamespace(
        metadata=base.metadata, Page=Page, Tag=Tag, Owner=Owner, Pet=Pet
    )
    return peer.unitofwork


def _session(bench: Bench, peer: SimpleNamespace, *inserts: tuple[str, Any]) -> Any:
    """A session on a new file with these rows."""
    models = _models(peer)
    path = bench.scratch()
    engine = peer.sa.create_engine(f"sqlite:///{path}")
    models.metadata.create_all(engine)
    db = sqlite3.connect(path)
    for statement, rows in inserts:
        db.executemany(statement, rows)
    db.commit()
    db.close()
    return peer.orm.Session(engine)


_TAGS_OF_A_PAGE = 20


@workload(
    "rewrite a many-to-many of 20 each", "row", lambda b: b.writes // 10 * _TAGS_OF_A_PAGE * 2
)
def rewrite_many_to_many(bench: Bench, peer: SimpleNamespace) -> Work:
    models = _models(peer)
    pages, tags = bench.writes // 10, 200

    def prepare() -> Any:
        session = _session(
            bench,
            peer,
            ("INSERT INTO page VALUES (?, ?)", ((n, f"page {n}") for n in range(1, pages + 1))),
            ("INSERT INTO tag VALUES (?, ?)", ((n, f"tag {n}") for n in range(1, tags + 1))),
            (
                "INSERT INTO tagged VALUES (?, ?)",
                (
                    (page, (page * 3 + n) % 100 + 1)
                    for page in range(1, pages + 1)
                    for n in range(_TAGS_OF_A_PAGE)
                ),
            ),
        )
        every = session.query(models.Tag).order_by(models.Tag.id).all()
        loaded = session.query(models.Page).options(peer.orm.selectinload(models.Page.tags)).all()
        return session, loaded, every

    def work(given: Any) -> int:
        session, loaded, every = given
        for number, page in enumerate(loaded):
            page.tags = [every[100 + (number * 7 + n) % 100] for n in range(_TAGS_OF_A_PAGE)]
        session.commit()
        return len(loaded)

    return (prepare, work)


@workload("delete objects and 5 children each by cascade", "object", lambda b: b.writes * 6)
def delete_cascade(bench: Bench, peer: SimpleNamespace) -> Work:
    models = _models(peer)
    owners = bench.writes

    def prepare() -> Any:
        session = _session(
            bench,
            peer,
            ("INSERT INTO owner VALUES (?, ?)", ((n, f"owner {n}") for n in range(1, owners + 1))),
            (
                "INSERT INTO pet VALUES (?, ?, ?)",
                ((n, f"pet {n}", n // 5 + 1) for n in range(owners * 5)),
            ),
        )
        loaded = session.query(models.Owner).options(peer.orm.selectinload(models.Owner.pets)).all()
        return session, loaded

    def work(given: Any) -> int:
        session, loaded = given
        for owner in loaded:
            session.delete(owner)
        session.commit()
        return len(loaded)

    return (prepare, work)


@workload("add one object and commit, synchronous=off", "commit", lambda b: b.writes // 4)
def add_and_commit(bench: Bench, peer: SimpleNamespace) -> Work:
    models = _models(peer)
    count = bench.writes // 4

    def prepare() -> Any:
        session = _session(bench, peer)
        session.execute(peer.sa.text("pragma synchronous=off"))
        session.commit()
        return session

    def work(session: Any) -> int:
        for n in range(count):
            session.add(models.Owner(name=f"owner {n}"))
            session.commit()
        return count

    return (prepare, work)
