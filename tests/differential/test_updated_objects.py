"""What objects of the session have after an UPDATE statement of columns that Python, SQL or the server
fills, however the session is synchronized."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from .harness import compare

OPTIONS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "nothing": lambda p: {},
    "server_onupdate": lambda p: {"server_onupdate": p.FetchedValue()},
    "function": lambda p: {"onupdate": lambda: "v2"},
    "function of the row": lambda p: {
        "onupdate": lambda context: context.get_current_parameters()["name"] + "!"
    },
    "constant": lambda p: {"onupdate": "v3"},
    "sql": lambda p: {"onupdate": p.literal("v4")},
    "server_default": lambda p: {"server_default": "v5"},
}


def plain(p: Any, Thing: Any, things: list[Any]) -> Any:
    return p.update(Thing).values(name="b")


def returning(p: Any, Thing: Any, things: list[Any]) -> Any:
    return p.update(Thing).values(name="b").returning(Thing)


def defaults(p: Any, Thing: Any, things: list[Any]) -> Any:
    return p.update(Thing).values(name="b").return_defaults()


def expression(p: Any, Thing: Any, things: list[Any]) -> Any:
    return p.update(Thing).values(made=p.func.upper("x"))


def value(p: Any, Thing: Any, things: list[Any]) -> Any:
    return p.update(Thing).values(made="x")


def changed(p: Any, Thing: Any, things: list[Any]) -> Any:
    p.inspect(things[0]).session.autoflush = False
    things[0].made = "mine"
    return p.update(Thing).values(name="b")


@pytest.mark.parametrize("make", [plain, returning, defaults, expression, value, changed])
@pytest.mark.parametrize("filled", OPTIONS)
def test_updated_objects(filled: str, make: Callable[..., Any]) -> None:
    def program(p: Any) -> None:
        class Thing(p.Base):
            __tablename__ = "thing"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.String(50))
            made = p.Column(p.String(50), **OPTIONS[filled](p))

        session = p.session()
        for given, how in itertools.product(({"made": "v1"}, {}), ("auto", "fetch", "evaluate", 0)):
            session.autoflush = True
            things = [Thing(id=i, name="a", **given) for i in (1, 2)]
            session.add_all(things)
            session.flush()
            statement = make(p, Thing, things).where(Thing.id < 5)
            options = {"synchronize_session": how or False}
            result = session.execute(statement, execution_options=options)
            for each in things:
                state = p.inspect(each)
                p.show(how, sorted(state.unloaded), sorted(state.expired_attributes))
            if make is returning:
                p.show(len(result.scalars().all()))
            p.show([(each.name, each.made) for each in things])
            session.rollback()

    compare(program)
