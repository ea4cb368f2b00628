"""What is a change of a column: types that compare values themselves, values whose `==` gives no
bool, values that are not equal to themselves."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


@pytest.mark.sqlite_only
@pytest.mark.parametrize("run", program.registered)
def test_compared_values(run: Any) -> None:
    peer, _ = compare(run)
    assert peer.error is None


@program
def types_that_compare(p: Any) -> None:
    class CaseInsensitive(p.TypeDecorator):
        impl = p.String(50)
        cache_ok = True

        def compare_values(self, x: Any, y: Any) -> Any:
            return (x or "").lower() == (y or "").lower()

    class Derived(CaseInsensitive):
        cache_ok = True

    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String(9))
        name = p.Column(CaseInsensitive)
        other = p.Column(Derived)
        data = p.Column(p.PickleType(comparator=lambda x, y: len(x) == len(y)))
        plain = p.Column(p.PickleType)
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "thing"}

    class Special(Thing):
        __mapper_args__ = {"polymorphic_identity": "special"}

    session = p.session()
    for cls in (Thing, Special):
        thing = cls(name="a", other="a", data=[1], plain=[1])
        session.add(thing)
        session.commit()
        for values in (("A", "A", [2], [1]), ("b", "B", [2, 3], [2])):
            names = ("name", "other", "data", "plain")
            for name, value in zip(names, values, strict=True):
                getattr(thing, name)
                setattr(thing, name, value)
            p.show([p.inspect(thing).attrs[name].history for name in names])
            p.show(session.is_modified(thing))
            session.commit()
            p.show([getattr(thing, name) for name in names])


@program
def values_without_a_bool(p: Any) -> None:
    class Answer:
        """What is true, but is not True."""

    class Widget:
        def __init__(self, text: str) -> None:
            self.text = text

        def __eq__(self, other: object) -> Any:
            return Answer()

    class WidgetType(p.TypeDecorator):
        impl = p.String(50)
        cache_ok = True

        def process_bind_param(self, value: Any, dialect: Any) -> Any:
            return None if value is None else value.text

        def process_result_value(self, value: Any, dialect: Any) -> Any:
            return None if value is None else Widget(value)

    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        value = p.Column(WidgetType)
        other = p.Column(p.String(50))

    session = p.session()
    thing = Thing(value=Widget("a"))
    session.add(thing)
    session.commit()
    for value in (Widget("b"), None, Widget("c"), Widget("c")):
        p.show(thing.value is None)
        thing.value = value
        session.commit()
        p.show(thing.value and thing.value.text)
    thing.other = "x"
    session.commit()
    thing.value = thing.value
    p.show(session.is_modified(thing))
    session.commit()


@program
def not_equal_to_itself(p: Any) -> None:
    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        value = p.Column(p.Float)

    session = p.session()
    thing = Thing(value=1.0)
    session.add(thing)
    session.commit()
    p.show(thing.value)
    thing.value = float("nan")
    p.show(session.is_modified(thing))
    session.flush()
    thing.value = thing.value
    p.show(session.is_modified(thing))
