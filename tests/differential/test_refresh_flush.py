"""The event refresh_flush: what a flush fills in the objects that it writes."""

from typing import Any

import pytest

from .harness import compare


def listener(p: Any, cls: Any, **options: Any) -> None:
    @p.sa.event.listens_for(cls, "refresh_flush", **options)
    def refresh_flush(target: Any, flush_context: Any, attrs: Any) -> None:
        obj = target.obj() if options.get("raw") else target
        loaded = sorted(name for name in obj.__dict__ if name != "_sa_instance_state")
        p.show(cls.__name__, type(obj).__name__, attrs, type(attrs), loaded)


def test_defaults() -> None:
    def program(p):
        sa = p.sa

        class Thing(p.Base):
            __tablename__ = "thing"
            id = sa.Column(sa.Integer, primary_key=True)
            name = sa.Column(sa.String)
            plain = sa.Column(sa.Integer, default=5)
            called = sa.Column(sa.Integer, default=lambda: 6)
            seen = sa.Column(sa.String, default=lambda c: c.get_current_parameters()["name"])
            server = sa.Column(sa.Integer, server_default="7")
            selected = sa.Column(sa.Integer, default=sa.select(sa.literal(3)).scalar_subquery())
            updated = sa.Column(sa.Integer, onupdate=9)
            fetched = sa.Column(sa.Integer, onupdate=sa.literal(4) + 4)

        s = p.session()
        listener(p, Thing)
        thing = Thing(name="x")
        s.add(thing)
        for step in ("one", "two", "given"):
            if step == "two":
                s.add_all([Thing(name="y"), Thing(name="z", plain=None)])
            elif step == "given":
                s.add(Thing(id=70, name="w", plain=1, called=2, seen="", server=3, selected=4))
                s.add(
                    Thing(
                        id=71, name=sa.literal("a") + "b", plain=1, seen="n", server=3, selected=4
                    )
                )
            s.flush()
            p.show(step)
        thing.name = "y"
        s.flush()
        p.show("updated")
        thing.updated = 2
        s.flush()
        p.show("updated with a value")
        thing.name = sa.literal("q") + "r"
        s.flush()
        s.delete(thing)
        s.commit()

    compare(program)


def test_keys_and_versions() -> None:
    def program(p):
        sa = p.sa

        class Keyed(p.Base):
            __tablename__ = "keyed"
            k = sa.Column(sa.String, primary_key=True, default=lambda: "made")
            n = sa.Column(sa.Integer)

        class Versioned(p.Base):
            __tablename__ = "versioned"
            id = sa.Column(sa.Integer, primary_key=True)
            name = sa.Column(sa.String)
            stamp = sa.Column(sa.Integer, onupdate=1)
            version = sa.Column(sa.Integer, nullable=False)
            __mapper_args__ = {"version_id_col": version}

        s = p.session()
        for cls in (Keyed, Versioned):
            listener(p, cls, raw=True)
        s.add_all([Keyed(n=1), Keyed(k="given", n=1)])
        s.flush()
        rows = [Versioned(name="a"), Versioned(name="b")]
        s.add_all(rows)
        s.flush()
        rows[0].name = "c"
        rows[1].name = "b"
        s.flush()
        s.commit()

    compare(program)


@pytest.mark.parametrize("propagate", [True, False])
def test_hierarchies(propagate: bool) -> None:
    def program(p):
        sa = p.sa

        class Animal(p.Base):
            __tablename__ = "animal"
            id = sa.Column(sa.Integer, primary_key=True)
            kind = sa.Column(sa.String)
            legs = sa.Column(sa.Integer, default=4)
            seen = sa.Column(sa.Integer, onupdate=1)
            __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal"}

        class Dog(Animal):
            __tablename__ = "dog"
            id = sa.Column(sa.ForeignKey("animal.id"), primary_key=True)
            barks = sa.Column(sa.Integer, default=6)
            walked = sa.Column(sa.Integer, onupdate=2)
            __mapper_args__ = {"polymorphic_identity": "dog"}

        s = p.session()
        listener(p, Animal, propagate=propagate)
        dog = Dog()
        s.add(Animal())
        s.flush()
        s.add(dog)
        s.flush()
        dog.legs = 3
        s.flush()
        dog.barks = 3
        s.flush()
        s.commit()

    compare(program)


def test_post_update() -> None:
    def program(p):
        sa = p.sa

        class Node(p.Base):
            __tablename__ = "node"
            id = sa.Column(sa.Integer, primary_key=True)
            friend_id = sa.Column(sa.ForeignKey("node.id"))
            stamp = sa.Column(sa.Integer, onupdate=8)
            friend = p.orm.relationship("Node", remote_side=id, post_update=True)

        s = p.session()
        listener(p, Node)
        one, two = Node(id=1), Node(id=2)
        one.friend, two.friend = two, one
        s.add_all([one, two])
        s.flush()
        one.friend = one
        s.commit()

    compare(program)


def test_a_listener_that_fails_or_goes() -> None:
    def program(p):
        sa = p.sa

        class Thing(p.Base):
            __tablename__ = "thing"
            id = sa.Column(sa.Integer, primary_key=True)
            plain = sa.Column(sa.Integer, default=5)

        s = p.session()

        def fail(target, flush_context, attrs):
            raise ValueError("no")

        sa.event.listen(Thing, "refresh_flush", fail)
        thing = Thing()
        s.add(thing)
        p.error(s.flush)
        s.rollback()
        p.show(thing in s, s.query(Thing).count())
        sa.event.remove(Thing, "refresh_flush", fail)
        s.add(thing)
        s.commit()
        p.show(thing.plain)

    compare(program)
