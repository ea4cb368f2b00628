"""Collections that programs are given or take from `util`: Session.new, OrderedSet and others."""

from __future__ import annotations

import copy
import operator
import pickle
from collections.abc import Callable
from typing import Any

from .harness import Peer, compare


class _Thing:
    def __init__(self, name: str) -> None:
        self.name = name


def _names(made: Any) -> Any:
    return sorted(thing.name for thing in made) if hasattr(made, "__iter__") else made


def _show(p: Peer, *made: Callable[[], Any]) -> None:
    for make in made:
        try:
            p.show(_names(make()))
        except Exception as error:
            p.show(type(error).__name__)


def test_sets_of_objects() -> None:
    def program(p: Peer) -> None:
        a, b, c = _Thing("a"), _Thing("b"), _Thing("c")
        made = p.module("util").IdentitySet
        for one, other in (
            (made([a, b]), made([b, c])),
            (made(), made([a])),
            (made([a]), made([a, b])),
            (made([a]), made([a])),
        ):
            for name in ("union", "difference", "intersection", "symmetric_difference"):
                _show(p, lambda n=name, x=one, y=other: getattr(x, n)(y))
                _show(p, lambda n=name, x=one, y=other: getattr(x, n)(list(y)))
            for name in ("issubset", "issuperset"):
                _show(p, lambda n=name, x=one, y=other: getattr(x, n)(list(y)))
            for op in ("or_", "and_", "sub", "xor", "lt", "le", "gt", "ge", "eq", "ne"):
                function = getattr(operator, op)
                _show(p, lambda f=function, x=one, y=other: f(x, y))
                _show(p, lambda f=function, x=one: f(x, [a]))
            for name in (
                "update",
                "difference_update",
                "intersection_update",
                "symmetric_difference_update",
            ):
                changed = one.copy()
                p.show(getattr(changed, name)(list(other)), _names(changed))
            for op in ("ior", "iand", "isub"):
                changed = made(one)
                p.show(getattr(operator, op)(changed, other) is changed, _names(changed))
                _show(p, lambda o=op, x=changed: getattr(operator, o)(x, [a]))
        last = made([a])
        _show(p, last.pop, last.pop, lambda: last.remove(a), lambda: hash(last), lambda: made(None))
        p.show(_names(copy.copy(made([a]))), len(pickle.loads(pickle.dumps(made([1])))))

    compare(program)


def test_what_a_session_holds() -> None:
    def program(p: Peer) -> None:
        class Row(p.Base):  # type: ignore[misc]
            __tablename__ = "row"
            id = p.Column(p.Integer, primary_key=True)
            n = p.Column(p.Integer)

        session = p.session()
        session.add(Row(id=1))
        session.commit()
        session.get(Row, 1).n = 5
        session.add(Row(id=2))
        both = session.new | session.dirty
        p.show(len(both), session.new <= both, both >= session.dirty, len(both ^ session.new))
        p.show(len(session.new.copy()), session.new.issubset(list(both)))

    compare(program)


def test_ordered_sets_and_dictionaries() -> None:
    def program(p: Peer) -> None:
        util = p.module("util")

        def ordered() -> Any:
            return util.OrderedSet([3, 1, 2])

        p.show(
            list(operator.add(ordered(), [9])),
            ordered().pop(),
            list(pickle.loads(pickle.dumps(ordered()))),
        )
        p.show(list(util.OrderedSet(None)), ordered()[1], list(ordered() | {7}))
        p.error(lambda: util.OrderedSet().pop())
        items = util.immutabledict({1: 2})
        p.show(items.merge_with({2: 3}, None, {4: 5}), items.merge_with() is items)
        properties = util.Properties({"a": 1})
        p.show(pickle.loads(pickle.dumps(properties)).a, copy.copy(properties).a)
        p.show(pickle.loads(pickle.dumps(properties.as_readonly())).a)

    compare(program)
