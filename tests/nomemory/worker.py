"""Runs one piece of work with its first, second, … allocation failing.

Started by tests/test_nomemory.py with the allocator of fail.c preloaded, or under a
sanitizer, which has its own; then only Python's allocations fail. Only the C core works
while memory is out: CPython 3.11 itself does not survive that in all its bytecode.
(tests/nomemory/package.py does the same for the whole package.)
"""

from __future__ import annotations

import sys
from typing import Any

from cormorant import _core
from cormorant._core import ATTR_CASCADE_SAVE, COLUMN_ALWAYS, COLUMN_OMIT_NONE, InsertPlan, Plan
from tests.core_helpers import (
    ATTR_COLLECTION,
    ATTR_SCALAR,
    ATTR_SET,
    INTEGER,
    STRING,
    connect,
    entity,
    load_plan,
    make_class,
    manager_of,
    run,
)
from tests.nomemory.failing import fail_all

COLUMNS = {"id": INTEGER, "name": STRING, "parent_id": INTEGER}
SAVE = ATTR_CASCADE_SAVE
Node = make_class(
    "Node",
    COLUMNS,
    related=[
        ("children", ATTR_COLLECTION, SAVE),
        ("parent", ATTR_SCALAR, SAVE),
        ("friends", ATTR_COLLECTION, SAVE | ATTR_SET),
        ("friend_of", ATTR_COLLECTION, SAVE | ATTR_SET),
    ],
)
MANAGER = manager_of(Node)
SLOT = dict(MANAGER.names)
for one, other in (
    ("children", "parent"),
    ("parent", "children"),
    ("friends", "friend_of"),
    ("friend_of", "friends"),
):
    MANAGER.set_relationship(SLOT[one], MANAGER, other)
Key = make_class("Key", {"a": STRING, "b": STRING}, pk=("a", "b"))

NAMES = tuple(COLUMNS)
ALL = "select id, name, parent_id from nodes order by id"
LOAD = load_plan(ALL, entity(Node, NAMES))
KEYS = load_plan(
    "select name, name || 'x' from nodes order by id", entity(Key, ("a", "b"), pk=("a", "b"))
)
ROWS = load_plan(
    ALL,
    entity(Node, NAMES),
    items=(("e", 0), ("c", 1, STRING, None), ("c", 0, INTEGER, None)),
    scalar=False,
    unique=True,
)
JOINED = load_plan(
    "select p.id, p.name, p.parent_id, c.id, c.name, c.parent_id from nodes p "
    "left join nodes c on c.parent_id = p.id order by p.id, c.id",
    entity(Node, NAMES),
    entity(Node, NAMES, parent=0, slot=SLOT["children"], collection=True, at=3),
    unique=True,
)
INSERTS = {
    many: InsertPlan(
        Plan(
            "insert into nodes (name, parent_id) values (?, ?) returning id",
            ((0, STRING, None), (1, INTEGER, None)),
        ),
        (SLOT["name"], SLOT["parent_id"]),
        (SLOT["id"],),
    )
    for many in (False, True)
}
RULES = [
    (SLOT["id"], COLUMN_OMIT_NONE, None),
    (SLOT["name"], COLUMN_ALWAYS, None),
    (SLOT["parent_id"], COLUMN_ALWAYS, None),
]
BOUND = (SLOT["name"], SLOT["parent_id"])
INSERT_CACHE = {(BOUND, many): plan for many, plan in INSERTS.items()}
UPDATE_CACHE = {
    (SLOT["name"],): Plan(
        "update nodes set name = ? where id = ?", ((0, STRING, None), (1, INTEGER, None))
    )
}
DELETE = Plan("delete from nodes where id = ?", ((0, INTEGER, None),))


class World:
    """A connection with five nodes, and a session."""

    def __init__(self) -> None:
        self.connection = connect()
        run(self.connection, "create table nodes (id integer primary key, name, parent_id)")
        for n in range(1, 6):
            run(self.connection, "insert into nodes values (?, ?, ?)", n, f"n{n}", n - 1 or None)
        self.connection.commit()
        self.session = _core.SessionBase()

    def load(self, plan: Plan = LOAD, flags: int = 0) -> list[Any]:
        return self.connection.execute(plan, (), self.session, 0, flags).fetch()

    def check(self) -> None:
        """Everything is as at the beginning, once what was begun is undone."""
        self.connection.rollback()
        self.session._expunge_all()
        nodes = self.load()
        assert [(n.id, n.name) for n in nodes] == [(n, f"n{n}") for n in range(1, 6)]
        assert self.load(JOINED) == nodes
        assert [len(n.children) for n in nodes] == [1, 1, 1, 1, 0]
        assert self.session._counts() == (0, 0, 0, 5)
        assert [row[1] for row in self.load(ROWS)] == [f"n{n}" for n in range(1, 6)]
        del nodes
        assert self.session._counts() == (0, 0, 0, 0)


def read(world: World) -> None:
    for node in world.load():
        _ = node.name


def read_keys(world: World) -> None:
    keys = world.load(KEYS)
    assert world.load(KEYS) == keys


def read_rows(world: World) -> None:
    for row in world.load(ROWS):
        _ = row[0].name, row._mapping["i1"]


def read_joined(world: World) -> None:
    world.load(JOINED)
    nodes = world.load()
    world.load(JOINED, _core.POPULATE_EXISTING)
    _ = nodes[0].name


def stream(world: World) -> None:
    cursor = world.connection.execute(LOAD, (), world.session, 2)
    while cursor.fetch(2):
        pass


def insert(world: World) -> None:
    nodes = [Node(name=f"new{n}") for n in range(3)]
    nodes[0].children.append(Node(name="child"))
    world.session._add_all(nodes)
    new = world.session._new()
    _core.insert_objects(
        world.connection, MANAGER, RULES, INSERTS.__getitem__, INSERT_CACHE, new, None, None
    )
    world.session._register(new)


def update(world: World) -> None:
    nodes = world.load()
    for node in nodes:
        node.name = "changed"
        _core.history(node, SLOT["name"])
    _core.update_objects(
        world.connection,
        MANAGER,
        list(BOUND),
        UPDATE_CACHE.__getitem__,
        UPDATE_CACHE,
        world.session._modified(),
        None,
        None,
    )
    for node in nodes:
        _core.commit_state(node)


def delete(world: World) -> None:
    nodes = world.load()[:2]
    for node in nodes:
        world.session._mark_deleted(node)
    gone = world.session._deleted()
    _core.delete_objects(world.connection, MANAGER, DELETE, gone, None)
    world.session._remove_deleted(gone)
    world.session._restore_deleted(gone)


def relate(world: World) -> None:
    a, b, c, d = (Node() for _ in range(4))
    a.children.append(b)
    a.children = [c, d]
    b.parent = a
    a.children[:] = [b]
    a.children.insert(0, d)
    del a.children[0]
    d.parent = c
    c.children.pop()
    a.friends.add(b)
    b.friend_of.add(c)
    a.friends = {c, d}
    c.friend_of.clear()
    del b.parent


def relate_persistent(world: World) -> None:
    a, b, *_ = world.load(JOINED)
    a.children.append(Node())
    b.parent = None
    b.parent = a
    a.children.remove(b)
    a.friends.add(b)
    b.friend_of.discard(a)
    for slot in range(len(SLOT)):
        _core.history(a, slot)
    world.session._expire_all()


def look(world: World) -> None:
    node = world.load()[0]
    node.extra = 1
    _core.loaded_dict(node)
    Node().__setstate__(node.__getstate__())


def pool(world: World) -> None:
    pool = _core.Pool(connect, 2, 1)
    first, second, third = pool.checkout(), pool.checkout(), pool.checkout()
    pool.checkin(first)
    pool.invalidate(second)
    pool.checkin(third)
    pool.checkin(pool.checkout())
    pool.dispose()


def execute(world: World) -> None:
    run(world.connection, "select ?, ?, ?, ?", 1, "text" * 100, b"bytes", 2.5)
    run(world.connection, "insert into nodes values (9, 'x', null)")
    world.connection.rollback()


class Type:
    """As much of a SQL type as a comparison asks for."""


class Bind:
    _cache_key = _core.KeyRecipe(
        "bind",
        (
            (_core.KEY_PARAMETER, "token"),
            (_core.KEY_VALUE, "key"),
            (_core.KEY_FLAG, "unique"),
            (_core.KEY_VALUE, "type"),
        ),
    )


class Binary(_core.Comparable):
    _cache_key = _core.KeyRecipe("binary", ((_core.KEY_CHILD, "left"), (_core.KEY_CHILD, "right")))


class Statement(_core.Generative, _core.Comparable):
    type = Type()
    _bind_name = "x"
    _atomic = True
    _memo_names = frozenset(["computed"])
    _cache_key = _core.KeyRecipe(
        "statement", ((_core.KEY_MAY_CHILDREN, "criteria"), (_core.KEY_MAY_CHILD, "limit"))
    )


def _own(type_: Any, value: Any) -> bool:
    return True


_core.Comparable._set_up(Binary, Bind, object(), _own, (min, max, sum, abs, pow, all), None)
_statement = Statement()
_statement.__dict__.update(computed=6, _memoized=True)


def construct(world: World) -> None:
    made = _statement._generate()
    comparison = _statement == 5
    made.__dict__["criteria"] = (comparison, _statement > 6)
    made.__dict__["limit"] = comparison
    context = _core.KeyContext()
    made._cache_key(context)


WORK = [read, read_keys, read_rows, read_joined, stream, insert, update, delete, relate]
WORK += [relate_persistent, look, pool, execute, construct]


def main() -> None:
    fail_all(WORK, World, int(sys.argv[1]))


if __name__ == "__main__":
    main()
