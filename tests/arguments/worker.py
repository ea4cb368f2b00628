"""Calls every function and method of the core with arguments of every kind, right and wrong.

Started by tests/test_arguments.py in a process of its own, as some of these calls make the
module unusable for anything else. Prints how many calls ended in which way.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

from cormorant import _core
from cormorant.orm import attribute_keyed_dict
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

SPECIAL = {
    "__contains__", "__copy__", "__deepcopy__", "__delitem__", "__eq__", "__getitem__",
    "__get__", "__getstate__", "__iadd__", "__imul__", "__init__", "__ior__", "__isub__", "__iter__",
    "__len__", "__lt__", "__reduce__", "__repr__", "__reversed__", "__setitem__",
    "__set_name__", "__setstate__",
}  # fmt: skip


def things(rng: random.Random) -> list[Any]:
    """Values of every kind that the core knows, made anew."""
    related = [
        ("children", ATTR_COLLECTION, 0),
        ("tags", ATTR_COLLECTION, ATTR_SET),
        ("by_name", ATTR_COLLECTION, 0),
        ("parent", ATTR_SCALAR, 0),
    ]
    Node: Any = make_class("Node", {"id": INTEGER, "name": STRING}, related=related)
    manager = manager_of(Node)
    keyed = attribute_keyed_dict("name")
    manager.set_collection(manager.names["by_name"], keyed, type(keyed()))
    connection = connect()
    run(connection, "create table nodes (id integer primary key, name)")
    run(connection, "insert into nodes values (1, 'x'), (2, 'y')")
    session = _core.SessionBase()
    node = Node(id=3, name="x")
    node.children.append(Node(id=4))
    node.by_name["x"] = Node(id=5, name="x")
    session._add_all([node])
    load = load_plan(
        "select id, name from nodes",
        entity(Node, ("id", "name")),
        items=(("e", 0), ("c", 1, STRING, None)),
        scalar=False,
    )
    rows = connection.execute(load, (), session).fetch()
    mapping = rows[0]._mapping
    computed = _core.memoized(lambda construct: construct)
    used = _core.UsedDict(x=[node, 0], y=None)
    known = [
        Node, node, Node(), manager, session, connection, load, _core.Plan("select 1", ()),
        node.children, node.tags, vars(node), rows[0], mapping, rows[0][0],
        node.by_name, node.by_name._sa_adapter, node.by_name.keyfunc, mapping.keys(),
        mapping.items(), mapping.values(), rows[0]._keys, computed, used,
        connection.execute(load, (), session), _core.Pool(connect, 1, 0), _core.KeyContext(),
        _core.KeyRecipe("k", ((_core.KEY_VALUE, "a"),)), _core.NO_VALUE, Node.name,
        _core.InsertPlan(_core.Plan("insert into nodes (name) values (?)", ((0, 0, None),)),
                         (manager.names["name"],), ()),
    ]  # fmt: skip
    plain: list[Any] = [
        None, True, -1, 0, 1, 2, 3, 2**16, 2**70, 1.5, "name", "children", "\udc80", b"x", (), [],
        {}, set(), (1,), (1, 2, 3), [node], [(node, node)], [rows[0][0]], {"name": "y"}, [None],
        (manager, (1,), None), object(), int, len, lambda *args: None,
    ]  # fmt: skip
    rng.shuffle(plain)
    return known * 2 + plain


def calls(values: list[Any]) -> list[tuple[str, Callable[..., Any]]]:
    found = [(name, call) for name, call in vars(_core).items() if callable(call)]
    for value in values:
        cls = type(value)
        if cls.__module__.startswith("cormorant") or isinstance(value, _core.Entity):
            for name in dir(cls):
                if not name.startswith("__") or name in SPECIAL:
                    found.append((f"{cls.__name__}.{name}", _method(value, name)))
    return found


def _method(value: Any, name: str) -> Callable[..., Any]:
    def call(*args: Any) -> Any:
        found = getattr(value, name)
        if callable(found):
            return found(*args)
        if len(args) == 1:
            setattr(value, name, args[0])
        elif len(args) == 2:
            delattr(value, name)
        return None

    return call


def main(seed: int, rounds: int) -> None:
    warnings.simplefilter("ignore")
    rng = random.Random(seed)
    seen: Counter[str] = Counter()
    for _ in range(rounds):
        values = things(rng)
        found = calls(values)
        rng.shuffle(found)
        for name, call in found:
            args = [
                rng.choice(values) for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 7)))
            ]
            if "-v" in sys.argv:
                print(name, [type(arg).__name__ for arg in args], file=sys.stderr, flush=True)
            try:
                call(*args)
                seen["fine"] += 1
            except SystemError:
                print(name, args, file=sys.stderr)
                raise
            except Exception as error:
                seen[type(error).__name__] += 1
        del values, found, call, args
    print(dict(seen))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)  # for databases of any name
        main(int(sys.argv[1]), int(sys.argv[2]))
