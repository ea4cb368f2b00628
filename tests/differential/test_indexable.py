"""index_property: attributes that are elements of others."""

from __future__ import annotations

from typing import Any

from .harness import Peer, compare


def _model(p: Peer) -> Any:
    index_property = p.module("ext.indexable").index_property

    class Note(p.Base):  # type: ignore[misc]
        __tablename__ = "note"
        id = p.Column(p.Integer, primary_key=True)
        data = p.Column(p.JSON)
        items = p.Column(p.JSON)
        title = index_property("data", "title")
        author = index_property("data", "author", default="nobody")
        meta = index_property("data", "meta", datatype=dict)
        depth = index_property("meta", "depth", default=0)
        fixed = index_property("data", "title", mutable=False)
        third = index_property("items", 2, onebased=False)
        counted = index_property("items", 1)
        typed = index_property("items", 0, datatype=lambda: ["made"])

    return Note


def test_elements_are_read_written_and_deleted() -> None:
    def program(p: Peer) -> None:
        Note = _model(p)
        note = Note()
        p.error(lambda: note.title)
        p.show(note.author, note.depth if note.data else None)
        note.title = "t"
        note.author = "ann"
        note.depth = 3
        note.third = "c"
        p.show(note.data, note.items, note.title, note.author, note.depth, note.third)
        note.counted = "b"
        p.show(note.items)
        del note.author
        p.show(note.data, note.author)
        p.error(lambda: delattr(note, "author"))
        p.error(lambda: setattr(note, "fixed", 1))
        p.error(lambda: delattr(note, "fixed"))
        p.error(lambda: delattr(Note(), "title"))
        p.show(note.fixed)
        other = Note(items=["x"])
        p.error(lambda: other.third)
        p.error(lambda: setattr(other, "third", 1))
        fresh = Note()
        fresh.typed = "set"
        p.show(fresh.items)

    compare(program)


def test_changes_of_elements_are_flushed() -> None:
    def program(p: Peer) -> None:
        Note = _model(p)
        with p.session() as session:
            session.add(Note(id=1, data={"title": "a"}, items=[1, 2, 3]))
            session.commit()
            note = session.get(Note, 1)
            note.title = "b"
            note.depth = 7
            p.show(note in session.dirty, session.is_modified(note))
            session.commit()
            p.show(note.data)
            del note.title
            session.commit()
            p.show(note.data)
            note.third = 30
            session.commit()
            p.show(session.scalars(p.select(Note.items)).all())

    compare(program)


def test_elements_in_expressions() -> None:
    def program(p: Peer) -> None:
        Note = _model(p)
        with p.session() as session:
            session.add_all(
                [
                    Note(id=1, data={"title": "a", "meta": {"depth": 2}}, items=[1, 2, 3]),
                    Note(id=2, data={"title": "b"}, items=[4, 5, 6]),
                ]
            )
            session.commit()
            for criterion in (
                Note.title.as_string() == "a",
                Note.depth.as_integer() == 2,
                Note.third.as_integer() == 6,
                Note.counted.as_integer() == 3,
            ):
                p.show(session.scalars(p.select(Note.id).where(criterion)).all())
            alias = p.aliased(Note)
            p.show(session.scalars(p.select(alias.title).order_by(alias.id)).all())

    compare(program)


def test_values_changed_inside_and_set_again_are_flagged() -> None:
    def program(p: Peer) -> None:
        Note = _model(p)
        attributes = p.module("orm.attributes")
        with p.session() as session:
            session.add(Note(id=1, data={"a": 1}, items=[1]))
            session.commit()
            note = session.get(Note, 1)
            data = note.data
            data["a"] = 2
            note.data = data
            p.show(session.is_modified(note))
            attributes.flag_modified(note, "data")
            p.show(session.is_modified(note), attributes.get_history(note, "data"))
            note.items = [2]
            attributes.flag_modified(note, "items")
            p.show(attributes.get_history(note, "items"))
            session.commit()
            p.show(note.data, note.items)

    compare(program)
