"""Pieces of work for package.py in which SQLite calls the program."""

from __future__ import annotations

from typing import Any

import cormorant as sa
from tests.nomemory.world import Item, World


class Gathered:
    """An aggregate."""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def step(self, *values: Any) -> None:
        self.values.append(values)

    def finalize(self) -> Any:
        return repr(self.values)


def functions(world: World) -> Any:
    """Functions, aggregates and collations of the program (of SQLite)."""
    session = world.session
    raw = session.connection().connection.driver_connection
    raw.create_function("twice", -1, lambda value, *more: value * 2)
    raw.create_aggregate("gathered", -1, Gathered)
    raw.create_collation("backwards", lambda one, other: (one < other) - (one > other))
    nine = ", ".join("123456789")
    found: list[Any] = [
        session.execute(sa.text(f"SELECT twice({value}) FROM items")).all()
        for value in ("id", "'text'", "x'ff'", "2.5", "id IS NULL", nine)
    ]
    for values in ("id, name, x'ff', 1.5, NULL", nine):
        query = f"SELECT gathered({values}) FROM items GROUP BY owner_id"
        found.append(session.scalars(sa.text(query)).all())
    found.append(session.scalars(sa.select(Item.id).order_by(Item.name.collate("backwards"))).all())
    raw.create_collation("backwards", None)
    return found


class Moving(Gathered):
    """A window function."""

    def inverse(self, *values: Any) -> None:
        self.values.remove(values)

    def value(self) -> Any:
        return len(self.values)


def hooks(world: World) -> Any:
    """What SQLite tells the program, window functions, databases and values as bytes."""
    session = world.session
    raw = session.connection().connection.driver_connection
    asked: list[Any] = []
    raw.set_trace_callback(asked.append)
    raw.set_authorizer(lambda *about: 0)
    raw.set_progress_handler(lambda: 0, 5)
    found: list[Any] = [session.execute(sa.text("SELECT id FROM items")).all()]
    raw.set_progress_handler(None, 0)
    raw.set_authorizer(None)
    raw.set_trace_callback(None)
    raw.create_window_function("moving", 1, Moving)
    window = "(ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)"
    found.append(session.execute(sa.text(f"SELECT moving(id) OVER {window} FROM items")).all())
    raw.create_window_function("moving", 1, None)
    raw.executescript(
        "DROP TABLE IF EXISTS parts; CREATE TABLE parts (b); INSERT INTO parts VALUES (x'010203')"
    )
    blob = raw.blobopen("parts", "b", 1)
    blob.write(b"a")
    found.append(blob.read())
    other = sa.create_engine("sqlite://").raw_connection()
    raw.backup(other.dbapi_connection, pages=1, progress=lambda *at: None)
    found.append(other.execute("SELECT b FROM parts").fetchall())
    # not deserialize(): SQLite has another error there
    found.append(len(raw.serialize()))
    other.close()
    raw.executescript("DROP TABLE parts")
    return found
