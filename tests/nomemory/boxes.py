"""Pieces of work for package.py with objects whose state lies in a box, and with memory that
dead objects left: each takes more of it than there is."""

from __future__ import annotations

import copy
import pickle
import sys
from typing import Any

import cormorant as sa
from cormorant.orm import registry, relationship
from tests.nomemory import package
from tests.nomemory.world import Owner, Tag
from tests.nomemory.world import World as PlainWorld

mapper_registry: Any = registry()
trees = sa.Table(
    "trees",
    mapper_registry.metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String),
    sa.Column("above_id", sa.ForeignKey("trees.id")),
)


class Tree:
    """A class that was there before it was mapped."""

    def __init__(self, name: str, *below: Tree) -> None:
        self.name = name
        self.below = list(below)


class Grown(Exception):
    """One whose objects have a layout of their own, and that is mapped as well."""


mapper_registry.map_imperatively(
    Tree,
    trees,
    properties={
        "below": relationship(Tree, back_populates="above", cascade="all", order_by=trees.c.id),
        "above": relationship(Tree, back_populates="below", remote_side=trees.c.id),
    },
)
mapper_registry.map_imperatively(Grown, trees)


class World(PlainWorld):
    """The same, with a table of trees."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        mapper_registry.metadata.create_all(self.engine)
        self.kept: list[Any] = []


def boxed(world: World) -> Any:
    session = world.session
    session.execute(sa.delete(trees))
    top = Tree("top", Tree("left"), Tree("right"))
    top.extra = [1]
    session.add(top)
    session.flush()
    session.expire(top)
    found = [top.name, [tree.name for tree in top.below], top.extra]
    top.below[0].name = "changed"
    top.below.pop().above = None
    session.flush()
    session.expunge_all()
    tops = session.query(Tree).filter(Tree.above == None).order_by(Tree.name)  # noqa: E711
    found.append([(tree.name, len(tree.below)) for tree in tops])
    found.append([grown.name for grown in session.query(Grown).order_by(Grown.name)])
    return found


def boxes_alone(world: World) -> Any:
    tree = Tree("a", Tree("b"))
    again = pickle.loads(pickle.dumps(tree))
    copied = copy.copy(tree)
    bare = Tree.__new__(Tree)
    values = vars(bare)
    values["name"] = "bare"
    vars(tree)["free"] = 1
    tree.__dict__ = {**vars(tree), "name": "assigned"}
    grown = Grown(1, 2)
    grown.name = "grown"
    state = sa.inspect(grown)
    return [
        (again.name, again.below[0].name, again.below[0].above is again),
        (copied.name, bare.name, tree.name, tree.free, grown.name, grown.args),
        (state.transient, sorted(state.unmodified), sorted(vars(grown))),
    ]


def anew(world: World) -> Any:
    """Objects and rows that live on: nothing that dead ones left is there for the next."""
    if len(world.kept) > 200:
        world.kept.clear()
    session = world.session
    owners = session.query(Owner).order_by(Owner.id).all()
    rows = session.query(Owner.id, Owner.name).order_by(Owner.id).all()
    made = [Tag() for _ in range(3)]
    session.expunge_all()
    world.kept.append((owners, rows, made))
    return [owner.name for owner in owners], [tuple(row) for row in rows], len(made)


WORK: list[Any] = [boxed, boxes_alone, anew]


if __name__ == "__main__":
    package.main(int(sys.argv[1]), sys.argv[2], sys.argv[3:], WORK, World)
