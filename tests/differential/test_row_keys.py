"""What tells a row apart where that is not the identity: tables of subclasses with primary keys of
their own, mappers whose `primary_key` is another than the table's."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_row_keys(run: Any) -> None:
    peer, _ = compare(run)
    assert peer.error is None


def engineers(p: Any, passive_updates: bool, count: int = 3) -> tuple[Any, Any]:
    """A class that is joined to its base's natural key by a column that is not its key, and a
    session with objects of it."""

    class Person(p.Base):
        __tablename__ = "person"
        name = p.Column(p.String(50), primary_key=True)
        kind = p.Column(p.String(50), nullable=False)
        __mapper_args__ = {
            "polymorphic_on": kind,
            "polymorphic_identity": "person",
            "passive_updates": passive_updates,
        }

    class Engineer(Person):
        __tablename__ = "engineer"
        id = p.Column(p.Integer, primary_key=True)
        person_name = p.Column(
            p.ForeignKey("person.name", onupdate="CASCADE", initially="DEFERRED", deferrable=True)
        )
        language = p.Column(p.String(50))
        __mapper_args__ = {"polymorphic_identity": "engineer"}

    session = p.session()
    session.add_all([Engineer(name=f"d{i}", language="java") for i in range(count)])
    session.commit()
    return Engineer, session


def show(p: Any, session: Any, cls: Any) -> None:
    found = session.query(cls).order_by(cls.name)
    p.show([(each.id, each.name, each.person_name, each.language) for each in found])


@program
def updates_of_many(p: Any) -> None:
    Engineer, session = engineers(p, True)
    for i, each in enumerate(session.query(Engineer).order_by(Engineer.name)):
        each.language = f"l{i}"
    session.commit()
    show(p, session, Engineer)


@program
def a_key_of_the_base_that_changes(p: Any) -> None:
    for passive_updates in (True, False):
        Engineer, session = engineers(p, passive_updates, 1)
        each = session.query(Engineer).one()
        each.name, each.language = "wally", "c++"
        session.flush()
        p.show(each.person_name, each.id)
        session.commit()
        session.delete(each)
        session.commit()
        show(p, session, Engineer)
        session.close()
        p.Base.metadata.drop_all(session.get_bind())
        p.Base.registry.dispose()
        p.Base.metadata.clear()


@program
def a_key_that_changes(p: Any) -> None:
    Engineer, session = engineers(p, True, 1)
    each = session.query(Engineer).one()
    each.id, each.language = 7, "k"
    session.commit()
    session.expire(each, ["id"])
    each.language = p.func.upper("x")
    session.commit()
    show(p, session, Engineer)
    session.expire(each, ["id"])
    each.language = "q"
    session.commit()
    session.delete(each)
    session.commit()
    show(p, session, Engineer)


@program
def in_bulk(p: Any) -> None:
    Engineer, session = engineers(p, True)
    p.error(lambda: session.bulk_update_mappings(Engineer, [{"name": "d0", "language": "y"}]))
    session.rollback()
    session.bulk_update_mappings(Engineer, [{"name": "d1", "id": 2, "language": "z"}])
    session.execute(p.update(Engineer), [{"name": "d0", "id": 1, "language": "y"}])
    found = session.query(Engineer).order_by(Engineer.name).all()
    session.autoflush = False
    found[2].language = "3"
    session.bulk_save_objects(found)
    session.commit()
    session.merge(Engineer(name="d2", id=3, language="m"))
    session.commit()
    show(p, session, Engineer)


@program
def fewer_columns_than_the_table(p: Any) -> None:
    class Thing(p.Base):
        __tablename__ = "thing"
        a = p.Column(p.Integer, primary_key=True, autoincrement=False)
        c = p.Column(p.Integer)
        __table_args__ = (p.Column("b", p.Integer, primary_key=True, server_default="5"),)
        __mapper_args__ = {"primary_key": [a], "exclude_properties": ["b"]}

    session = p.session()
    thing = Thing(a=1, c=1)
    session.add(thing)
    session.commit()
    thing.c = 2
    session.commit()
    p.show(thing.c)
    session.delete(thing)
    session.commit()


@program
def another_column_than_the_table(p: Any) -> None:
    class Thing(p.Base):
        __tablename__ = "thing"
        a = p.Column(p.Integer, primary_key=True, autoincrement=False)
        b = p.Column(p.Integer)
        c = p.Column(p.Integer)
        __mapper_args__ = {"primary_key": [b]}

    session = p.session()
    thing = Thing(a=1, b=2, c=1)
    session.add(thing)
    session.commit()
    p.show(p.inspect(thing).identity)
    for value in (2, p.func.abs(-9)):
        thing.c = value
        session.commit()
        p.show(thing.c)
    session.bulk_update_mappings(Thing, [{"a": 1, "b": 2, "c": 5}])
    session.commit()
    session.delete(thing)
    session.commit()
    p.show(session.execute(p.text("SELECT * FROM thing")).all())
