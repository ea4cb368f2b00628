"""Pieces of work for package.py with what programs use seldom: cursors of raw connections,
listeners of statements, rows of the program's own classes, association rows with values of
their own, values of unknown types, classes being defined, connections that the program made."""

from __future__ import annotations

import datetime
import decimal
import enum
import sqlite3
import sys
import uuid
from contextlib import suppress
from itertools import count
from typing import Any

import cormorant as sa
from cormorant import event
from cormorant.engine import Row
from cormorant.orm import Session, declarative_base, registry, relationship
from cormorant.pool import StaticPool
from tests.nomemory import package
from tests.nomemory.world import World as PlainWorld

Base: Any = declarative_base()


class Mood(enum.Enum):
    SAD = "s"
    GLAD = "g"


calls = count()
marks = sa.Table(
    "marks",
    Base.metadata,
    sa.Column("paper_id", sa.ForeignKey("papers.id"), primary_key=True),
    sa.Column("mark_id", sa.ForeignKey("mark.id"), primary_key=True),
    sa.Column("mood", sa.Enum(Mood), default=Mood.GLAD),
    sa.Column("token", sa.Uuid, default=lambda: uuid.UUID(int=next(calls))),
    sa.Column("doc", sa.JSON, default=lambda context: context.get_current_parameters()["mark_id"]),
    sa.Column("said", sa.String, server_default="by the server"),
)


class Mark(Base):
    __tablename__ = "mark"
    id = sa.Column(sa.Integer, primary_key=True)
    papers = relationship("Paper", secondary=marks, back_populates="marks")


class Paper(Base):
    __tablename__ = "papers"
    id = sa.Column(sa.Integer, primary_key=True)
    marks = relationship("Mark", secondary=marks, back_populates="papers")


class World(PlainWorld):
    """The same with a table of association rows."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        Base.metadata.drop_all(self.engine)
        Base.metadata.create_all(self.engine)
        self.of_sqlite3 = sa.create_engine(
            "sqlite://",
            creator=lambda: sqlite3.connect(":memory:", check_same_thread=False),
            poolclass=StaticPool,
        )
        Base.metadata.create_all(self.of_sqlite3)


def raw_cursors(world: World) -> Any:
    raw = world.session.connection().connection
    cursor = raw.cursor()
    mark = "%s" if world.server else "?"
    try:
        cursor.execute(f"INSERT INTO tags (id) VALUES ({mark})", (77,))
        found: list[Any] = [cursor.rowcount]
        cursor.executemany(f"INSERT INTO tags (id) VALUES ({mark})", [(n,) for n in range(78, 90)])
        cursor.execute(f"SELECT id, 'x' AS text FROM tags WHERE id > {mark} ORDER BY id", (76,))
        found += [[column[0] for column in cursor.description], cursor.fetchone()]
        found += [cursor.fetchmany(3), list(cursor), cursor.fetchall()]
        with suppress(world.engine.dialect.dbapi.Error):
            cursor.execute("SELECT no_such FROM tags")
    finally:
        cursor.close()
        world.session.rollback()
    return found


def statement_events(world: World) -> Any:
    """Listeners that are shown the parameters of many rows, and change a statement."""
    told: list[Any] = []

    def before(conn: Any, cursor: Any, sql: str, given: Any, context: Any, many: bool) -> Any:
        if context is not None and context.compiled is not None:
            told.append([sorted(row) for row in context.compiled_parameters])
        return sql + " ", given

    def after(conn: Any, cursor: Any, sql: str, given: Any, context: Any, many: bool) -> None:
        told.append((sql.split()[0], many))

    def failed(context: Any) -> None:
        told.append(type(context.original_exception).__name__)

    heard = [("before_cursor_execute", before), ("after_cursor_execute", after)]
    connection = world.session.connection()
    event.listen(connection, "before_cursor_execute", before, retval=True)
    event.listen(connection, "after_cursor_execute", after)
    event.listen(world.engine, "handle_error", failed)
    try:
        rows = [{"id": 900 + n} for n in range(40)]
        world.session.execute(sa.insert(Mark), rows)
        world.session.add_all([Mark(id=1), Mark(id=2)])
        world.session.flush()
        told.append(world.session.query(Mark).count())
        with suppress(sa.exc.DBAPIError):
            world.session.execute(sa.text("SELECT no_such FROM mark"))
        return told
    finally:
        world.session.rollback()
        for name, listener in heard:
            event.remove(connection, name, listener)
        event.remove(world.engine, "handle_error", failed)


class Mine(Row[Any]):
    """A class of rows of the program's."""

    @property
    def double(self) -> Any:
        return self[0] * 2


def own_rows(world: World) -> Any:
    row: Any = world.session.execute(sa.text("SELECT 1 AS a, 'x' AS b")).one()
    made: Any = Mine(row._parent, None, row._key_to_index, row._data)
    text: Any = Row(row._parent, [str, None], {"a": 0, "b": 1}, [5, 6])
    found = [made.double, made.b, made._mapping["a"], made == row, tuple(made), repr(made)]
    return [*found, text.a, dict(text._mapping), hash(made), made._asdict()]


def association_rows(world: World) -> Any:
    session = world.session
    tags = [Mark(id=n) for n in range(1, 6)]
    paper = Paper(id=1, marks=tags[:3])
    session.add_all([paper, *tags])
    session.flush()
    paper.marks = tags[2:]
    tags[0].papers.append(paper)
    session.flush()
    columns = [column for column in marks.c if column.name != "token"]
    found = session.execute(sa.select(*columns).order_by(marks.c.mark_id)).all()
    tokens = session.scalars(sa.select(marks.c.token)).all()
    paper.marks.clear()
    session.flush()
    return [tuple(row) for row in found], [type(token).__name__ for token in tokens]


def untyped(world: World) -> Any:
    """Values whose types the program says, or nobody."""
    session = world.session
    columns = {"a": sa.Uuid(), "b": sa.JSON(), "c": sa.Enum(Mood), "d": sa.Interval()}
    values = [uuid.UUID(int=5), {"k": [1, None, "é"]}, Mood.SAD, datetime.timedelta(1, 2)]
    parts = [sa.literal(v, t).label(n) for v, (n, t) in zip(values, columns.items(), strict=True)]
    found: list[Any] = [tuple(session.execute(sa.select(*parts)).one())]
    text = sa.text("SELECT id AS a, name AS b FROM items ORDER BY id").columns(
        a=sa.Numeric(), b=sa.String()
    )
    found.append([tuple(row) for row in session.execute(text)])
    given = [
        1,
        2.5,
        "text",
        b"bytes",
        None,
        True,
        decimal.Decimal("1.5"),
    ]
    query = sa.select(*[sa.cast(v, sa.literal(v).type) for v in given if v is not None])
    found.append(repr(tuple(session.execute(query).one())))
    stream = session.execute(text, execution_options={"yield_per": 2})
    found.append(len(stream.mappings().all()))
    keyed = session.execute(sa.insert(Mark).returning(Mark.id, sort_by_parameter_order=True), [
        {"id": n} for n in (50, 52, 51)
    ])  # fmt: skip
    found.append(keyed.scalars().all())
    return found


def defining(world: World) -> Any:
    """Classes as their mapper tells the core of them, and no statement."""
    made = registry()
    try:
        base: Any = made.generate_base()

        class Above(base):
            __tablename__ = "above"
            id = sa.Column(sa.Integer, primary_key=True)
            kind = sa.Column(sa.String)
            below = relationship("Below", back_populates="above", cascade="all, delete-orphan")
            __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "above"}

        class Heir(Above):
            more = sa.Column(sa.Integer)
            __mapper_args__ = {"polymorphic_identity": "heir"}

        class Below(base):
            __tablename__ = "below"
            id = sa.Column(sa.Integer, primary_key=True)
            above_id = sa.Column(sa.ForeignKey("above.id"))
            above = relationship("Above", back_populates="below")

        made.configure()
        Above.late = sa.Column(sa.Integer)
        heir = Heir(id=1, more=2, below=[Below(id=3)])
        found = [heir.kind, heir.below[0].above is heir, sorted(vars(heir)), heir.late]
        session = Session()
        session.add(heir)
        return [*found, len(session.new)]
    finally:
        made.dispose()


def adopted(world: World) -> Any:
    """Statements through cursors of a connection of sqlite3's."""
    with Session(world.of_sqlite3) as session:
        session.add_all([Mark(id=1), Mark(id=2)])
        session.flush()
        session.execute(sa.insert(Mark), [{"id": 900 + n} for n in range(40)])
        found: list[Any] = [session.query(Mark).count()]
        values = sa.text("SELECT x'ff' AS a, 1.5 AS b, NULL AS c, 'é' AS d WHERE 1 = :one")
        found.append(session.execute(values, {"one": 1}).one()._asdict())
        streamed = session.execute(
            sa.select(Mark.id).order_by(Mark.id).execution_options(yield_per=7)
        )
        found.append(streamed.scalars().all())
        with suppress(sa.exc.DBAPIError):
            session.execute(sa.text("SELECT no_such FROM mark"))
        session.rollback()
    return found


WORK: list[Any] = [
    raw_cursors,
    statement_events,
    own_rows,
    association_rows,
    untyped,
    defining,
    adopted,
]


if __name__ == "__main__":
    package.main(int(sys.argv[1]), sys.argv[2], sys.argv[3:], WORK, World)
