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
from cormorant.orm import Bundle, Session, backref, declarative_base, registry, relationship
from cormorant.pool import StaticPool
from tests.nomemory import package
from tests.nomemory.world import Engineer, Item, Manager, Owner, Person, Tag
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


class Shown(sa.TypeDecorator[Any]):
    """Conversions of the program's, whose values listeners and logs are shown."""

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else f"<{value}>"

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else value[1:-1]


class Node(Base):
    __tablename__ = "nodes"
    id = sa.Column(sa.Integer, primary_key=True)
    parent_id = sa.Column(sa.ForeignKey("nodes.id"))
    shown = sa.Column(Shown)
    said = sa.Column(sa.Integer, server_default="7")
    doc = sa.Column(sa.JSON)
    version = sa.Column(sa.Integer, nullable=False)
    __mapper_args__ = {"version_id_col": version}
    children = relationship(
        "Node", cascade="all, delete-orphan", backref=backref("parent", remote_side=[id])
    )


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


def adopted_many(world: World) -> Any:
    """Rows in many pages, values of classes that a converter makes, what is inserted returned."""
    with Session(world.of_sqlite3) as session:
        nodes = [Node(shown=n, doc={"n": [n]} if n % 3 else None) for n in range(12)]
        nodes[0].children = nodes[1:5]
        session.add_all(nodes)
        session.flush()
        found: list[Any] = [[node.id for node in nodes], nodes[3].said]
        table = Node.__table__
        many = [{"shown": str(n), "version": 1, "doc": [n]} for n in range(5)]
        returning = sa.insert(table).returning(table.c.id, table.c.shown, table.c.doc)
        found.append([tuple(row) for row in session.execute(returning, many)])
        session.execute(sa.update(table).where(table.c.id == sa.bindparam("of")), [
            {"of": n, "shown": "changed"} for n in range(1, 9)
        ])  # fmt: skip
        session.expire_all()
        found.append([(node.shown, node.doc, len(node.children)) for node in session.query(Node)])
        connection = session.connection()
        for sql in (
            "SELECT 1 << 62, 9e99, x'', 'é', NULL",
            "SELECT 1 WHERE 0",
            "UPDATE nodes SET said=1",
        ):
            result = connection.exec_driver_sql(sql)
            found.append([tuple(row) for row in result] if result.returns_rows else result.rowcount)
        streamed = session.execute(sa.select(Node).execution_options(yield_per=4)).scalars()
        found.append([next(streamed).id, next(streamed).id])
        streamed.close()
        session.rollback()
    return found


def bulk_objects(world: World) -> Any:
    """Objects of one table, of two, new and persisted, into rows of the bulk methods."""
    session = world.session
    new = [Node(shown=str(n), doc=None if n else [n], version=1) for n in range(4)]
    session.bulk_save_objects(new, return_defaults=True)
    found: list[Any] = [[node.id is not None for node in new]]
    held = session.query(Node).order_by(Node.id).all()
    session.expunge_all()
    for node in held:
        node.shown += "!"
    held[0].doc = None
    session.bulk_save_objects(held)
    held = session.query(Node).order_by(Node.id).all()
    session.expunge_all()
    held[1].shown = "?"
    session.bulk_save_objects(held, update_changed_only=False)
    found += [
        (node.shown, node.doc, node.version) for node in session.query(Node).order_by(Node.id)
    ]
    people: list[Any] = [Engineer(name="e2", field="x"), Manager(name="m2", level=3)]
    session.bulk_save_objects([*people, Engineer(name="e3")], return_defaults=True)
    found.append([person.id is not None for person in people])
    clerks = session.query(Person).order_by(Person.id).all()
    session.expunge_all()
    for person in clerks:
        person.name += "?"
    session.bulk_save_objects(clerks)
    found += session.scalars(sa.select(Person.name).order_by(Person.id)).all()
    return found


class Joined(Bundle[Any]):
    """Rows as the program makes them."""

    def create_row_processor(self, query: Any, procs: Any, labels: Any) -> Any:
        return lambda row: "-".join(str(proc(row)) for proc in procs)


def bundles(world: World) -> Any:
    session = world.session
    plain = Bundle("plain", Item.id, Item.name)
    nested = Bundle("nested", Item.id, Bundle("inner", Owner.name, Owner.x))
    alone = Bundle("alone", Owner.id, Owner.name, single_entity=True)
    joined: Any = Joined("joined", Owner.id, Owner.name)
    found: list[Any] = []
    for query in (
        sa.select(plain),
        sa.select(nested, Item.name).join(Item.owner),
        sa.select(alone),
        sa.select(joined),
        sa.select(Owner, joined, plain).join(Item),
    ):
        found.append(repr(session.execute(query).all()[:3]).count("("))
    found.append([row.inner.name for row in session.scalars(sa.select(nested).join(Item.owner))])
    found.append(len(session.query(alone).all()))
    found.append([row.plain.id for row in session.query(plain, Item.name).yield_per(2)])
    session.expunge_all()
    return found


def made_values(world: World) -> Any:
    """Values that functions of types make, which listeners and errors are shown before."""
    session = world.session
    told: list[Any] = []

    def before(conn: Any, cursor: Any, sql: str, given: Any, context: Any, many: bool) -> None:
        told.append(repr(given).count("<"))

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", before)
    try:
        session.add_all([Node(shown=str(n)) for n in range(12)])
        session.flush()
        table = Node.__table__
        rows = [{"shown": n, "version": 1, "doc": {"n": n}} for n in range(10)]
        session.execute(sa.insert(table), rows)
        session.execute(sa.insert(table).values(shown="one", version=1))
        found = session.scalars(sa.select(Node.shown).where(Node.shown.in_(["3", "one"]))).all()
        with suppress(sa.exc.DBAPIError):
            session.execute(sa.insert(table), [{"id": 1, **rows[0]}, {"id": 1, **rows[1]}])
        return [*found, told]
    finally:
        session.rollback()
        event.remove(connection, "before_cursor_execute", before)


def cascades(world: World) -> Any:
    """What goes with an object into a session, out of it, and away with it."""
    session = world.session
    root = Node(shown="root")
    for name in "abc":
        root.children.append(Node(shown=name, children=[Node(shown=name * 2)]))
    session.add(root)
    found: list[Any] = [len(session.new)]
    session.expunge(root)
    found.append(len(session.new))
    session.add(root.children[0].children[0])
    found.append(len(session.new))
    session.flush()
    below = [node.shown for _, _, node, _ in cascaded(root, "delete")]
    session.refresh(root)
    session.expire(root)
    other = session.merge(Node(id=root.id, shown="merged", version=1, children=[Node(shown="n")]))
    session.flush()
    found += [other is root, sorted(below), sorted(node.shown for node in root.children)]
    root.children[0].children.append(Node(shown="last"))
    session.flush()
    session.delete(root)
    session.flush()
    item = session.query(Item).order_by(Item.id).first()
    assert item is not None
    item.owner = Owner(name="other", items=[Item(name="with it", tags={Tag()})])
    found += [len(session.new), session.query(Node).count()]
    session.flush()
    session.delete(item.owner)
    session.flush()
    return [*found, session.query(Owner).count()]


def cascaded(of: Any, kind: str) -> Any:
    """What a cascade reaches from an object."""
    state = sa.inspect(of)
    for reached, _, reached_state, dict_ in state.mapper.cascade_iterator(kind, state):
        yield reached_state, None, reached, dict_


WORK: list[Any] = [
    raw_cursors,
    statement_events,
    own_rows,
    association_rows,
    untyped,
    defining,
    adopted,
    adopted_many,
    bulk_objects,
    bundles,
    made_values,
    cascades,
]


if __name__ == "__main__":
    package.main(int(sys.argv[1]), sys.argv[2], sys.argv[3:], WORK, World)
