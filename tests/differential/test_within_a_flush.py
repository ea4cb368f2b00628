"""What listeners do in the middle of a flush: it is done or forgotten, and warned of."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import compare
from .models import blog


def _warned(name: str, act: Any) -> Any:
    def run(p: Any) -> None:
        User, Post = blog(p)
        s = p.session()
        user, other, gone = User(name="a"), User(name="b"), User(name="gone")
        s.add_all([user, other, gone])
        s.commit()
        user.name, other.name
        later = []

        def listener(mapper: Any, connection: Any, target: Any) -> None:
            if not later:
                later.append(1)
                act(p, s, User, Post, target, other, gone)

        p.event.listen(User, name, listener)
        if name == "before_insert" or name == "after_insert":
            s.add(User(name="new"))
        elif name.endswith("update"):
            user.name = "changed"
        else:
            s.delete(user)
        p.error(s.flush)
        p.show(len(s.new), len(s.dirty), len(s.deleted))
        p.error(s.commit)
        if not s.is_active:
            s.rollback()
        p.show(s.execute(p.text("select id, name from users order by id")).all())
        p.show(s.execute(p.text("select title, user_id from posts order by id")).all())

    return run


ACTS: dict[str, Any] = {
    "add": lambda p, s, U, P, t, o, g: s.add(U(name="more")),
    "add_all": lambda p, s, U, P, t, o, g: s.add_all([U(name="more"), U(name="m2")]),
    "delete": lambda p, s, U, P, t, o, g: s.delete(g),
    "merge": lambda p, s, U, P, t, o, g: s.merge(U(id=o.id, name="merged")),
    "append": lambda p, s, U, P, t, o, g: t.posts.append(P(title="p")),
    "related": lambda p, s, U, P, t, o, g: setattr(P(title="q"), "user", t),
    "set": lambda p, s, U, P, t, o, g: setattr(o, "name", "touched"),
    "own": lambda p, s, U, P, t, o, g: setattr(t, "name", "own"),
    "again": lambda p, s, U, P, t, o, g: s.add(t),
    "bulk": lambda p, s, U, P, t, o, g: setattr(o, "posts", [P(title="r")]),
    "expunge": lambda p, s, U, P, t, o, g: s.expunge(g),
    "bulk_save": lambda p, s, U, P, t, o, g: s.bulk_save_objects([P(title="s"), P(title="t")]),
    "bulk_insert": lambda p, s, U, P, t, o, g: s.bulk_insert_mappings(P, [{"title": "i"}]),
    "bulk_update": lambda p, s, U, P, t, o, g: s.bulk_update_mappings(
        U, [{"id": o.id, "name": "v"}]
    ),
    "bulk_wrong": lambda p, s, U, P, t, o, g: s.bulk_insert_mappings(U, [{"id": o.id}]),
    "flush": lambda p, s, U, P, t, o, g: s.flush(),
}
#: They end the transaction of the flush.
ENDS: dict[str, Any] = {
    "commit": lambda p, s, U, P, t, o, g: s.commit(),
    "rollback": lambda p, s, U, P, t, o, g: s.rollback(),
}
HOOKS = [
    f"{when}_{what}" for when in ("before", "after") for what in ("insert", "update", "delete")
]


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("name", HOOKS)
def test_warnings(name: str, act: str) -> None:
    compare(_warned(name, ACTS[act]), warned=True)


@pytest.mark.parametrize("act", ENDS)
@pytest.mark.parametrize("name", ["before_insert", "before_update", "before_delete"])
def test_ending_the_transaction(name: str, act: str) -> None:
    compare(_warned(name, ENDS[act]), warned=True)


@pytest.mark.parametrize("name", ["after_flush", "after_flush_postexec"])
def test_savepoints_that_are_left_open(name: str) -> None:
    def run(p: Any) -> None:
        User, _Post = blog(p)
        s = p.session()
        begun: list[Any] = []

        def listener(session: Any, flush: Any) -> None:
            if not begun:
                begun.append(session.begin_nested())
                session.execute(p.text("select 1"))

        p.event.listen(s, name, listener)
        s.add(User(name="a"))
        s.flush()
        p.show(s.in_nested_transaction(), s.in_transaction(), begun[0].is_active)
        s.add(User(name="b"))
        s.flush()
        s.rollback()
        p.show(s.execute(p.text("select name from users")).all())

    peer, _ = compare(run)
    assert peer.error is None
