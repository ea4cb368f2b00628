"""Writes that are measured on SQLite and on PostgreSQL alike: the classes, and the timed work.

What differs between the databases, how the rows come there that are changed, is beside the
other workloads of each.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

TAGS_OF_A_PAGE = 20
TAGS = 200


def declare(sa: Any, orm: Any, base: Any) -> SimpleNamespace:
    """Map pages with tags of many, and owners with pets that go with them, on `base`."""
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

    return SimpleNamespace(Page=Page, Tag=Tag, Owner=Owner, Pet=Pet)


def add(session: Any, made: list[Any]) -> int:
    """Add new objects and commit."""
    session.add_all(made)
    session.commit()
    return len(made)


def add_each(session: Any, made: Iterable[Any]) -> int:
    """Add new objects, each in a transaction of its own."""
    done = 0
    for item in made:
        session.add(item)
        session.commit()
        done += 1
    return done


def change(session: Any, loaded: list[Any]) -> int:
    """Change one column of each object and commit."""
    for item in loaded:
        item.age = item.age + 1
    session.commit()
    return len(loaded)


def delete(session: Any, loaded: Iterable[Any]) -> int:
    """Delete each object, with what goes with it by cascade, and commit."""
    done = 0
    for item in loaded:
        session.delete(item)
        done += 1
    session.commit()
    return done


def with_pets(peer: SimpleNamespace, models: SimpleNamespace, session: Any) -> list[Any]:
    """All owners, their pets loaded."""
    pets = peer.orm.selectinload(models.Owner.pets)
    return list(session.query(models.Owner).options(pets).order_by(models.Owner.id))


def tagged_rows(pages: int) -> list[tuple[int, int]]:
    """The association rows before: `TAGS_OF_A_PAGE` of the first hundred tags for each page."""
    return [
        (page, (page * 3 + n) % 100 + 1)
        for page in range(1, pages + 1)
        for n in range(TAGS_OF_A_PAGE)
    ]


def with_tags(peer: SimpleNamespace, models: SimpleNamespace, session: Any) -> tuple[Any, Any]:
    """All pages, their tags loaded, and all tags."""
    every = session.query(models.Tag).order_by(models.Tag.id).all()
    tags = peer.orm.selectinload(models.Page.tags)
    return session.query(models.Page).options(tags).all(), every


def rewrite(session: Any, loaded: list[Any], every: list[Any]) -> int:
    """Give each page as many others of the second hundred tags, and commit."""
    for number, page in enumerate(loaded):
        page.tags = [every[100 + (number * 7 + n) % 100] for n in range(TAGS_OF_A_PAGE)]
    session.commit()
    return len(loaded)
