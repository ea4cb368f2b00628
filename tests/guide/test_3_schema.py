"""Point 3: columns of every type, defaults, keys, constraints, create and drop."""

import datetime as dt
import enum
import uuid
from decimal import Decimal

import pytest


class Colour(enum.Enum):
    red = "r"
    blue = "b"


VALUES = [
    ("Integer", (), [0, -5, 2**31 - 1, None]),
    ("BigInteger", (), [2**63 - 1, -(2**63)]),
    ("SmallInteger", (), [1, None]),
    ("String", (20,), ["", "text", "\u00e9\u4e16\U0001f600", None]),
    ("Text", (), ["x" * 100_000]),
    ("Float", (), [0.5, -1e300, None]),
    ("Boolean", (), [True, False, None]),
    ("DateTime", (), [dt.datetime(2024, 2, 29, 23, 59, 59, 999999), dt.datetime.min, None]),
    ("Date", (), [dt.date(1, 1, 1), dt.date.max, None]),
    ("Time", (), [dt.time(0, 0), dt.time(23, 59, 59, 1), None]),
    ("Numeric", (10, 2), [Decimal("12.50"), Decimal("-0.01"), None]),
    ("LargeBinary", (), [b"", b"\x00\xff" * 10, None]),
    ("JSON", (), [{"a": [1, "x", None, 2.5]}, [], "text", 0, True]),
    ("Enum", (Colour,), [Colour.red, Colour.blue, None]),
    ("Enum", ("one", "two"), ["one", None]),
    ("Uuid", (), [uuid.UUID(int=2**128 - 1), None]),
]


@pytest.mark.parametrize(("name", "arguments", "values"), VALUES)
def test_types(p, name, arguments, values):
    named = {"name": "kind"} if name == "Enum" else {}

    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        value = p.Column(getattr(p.sa, name)(*arguments, **named))

    session = p.session()
    session.add_all([Thing(id=n, value=value) for n, value in enumerate(values)])
    session.commit()
    session.expunge_all()
    things = session.query(Thing).order_by(Thing.id).all()
    assert [thing.value for thing in things] == values
    assert [type(thing.value) for thing in things] == [type(value) for value in values]
    assert [row.value for row in session.query(Thing.value).order_by(Thing.id)] == values
    for value in values:
        if value is not None and name != "JSON":
            assert session.query(Thing).filter(Thing.value == value).count() == values.count(value)


def test_defaults(p):
    calls = []

    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        constant = p.Column(p.Integer, default=3)
        called = p.Column(p.String, default=lambda: calls.append(1) or f"call {len(calls)}")
        server = p.Column(p.String, server_default="from the server")
        touched = p.Column(p.Integer, default=0, onupdate=lambda: 99)
        x = p.Column(p.Integer)

    session = p.session()
    one, two = Thing(), Thing(constant=4, server="mine")
    session.add_all([one, two])
    session.flush()
    assert (one.constant, one.called, one.server, one.touched) == (
        3,
        "call 1",
        "from the server",
        0,
    )
    assert (two.constant, two.called, two.server) == (4, "call 2", "mine")
    one.x = 5
    session.commit()
    assert (one.touched, two.touched) == (99, 0)


def test_composite_key(p):
    class Cell(p.Base):
        __tablename__ = "cell"
        x = p.Column(p.Integer, primary_key=True)
        y = p.Column(p.String, primary_key=True)
        value = p.Column(p.Integer)

    session = p.session()
    session.add_all(
        [Cell(x=x, y=y, value=n) for n, (x, y) in enumerate([(1, "a"), (1, "b"), (2, "a")])]
    )
    session.commit()
    session.expunge_all()
    cell = session.get(Cell, (1, "b"))
    assert cell.value == 1
    assert session.get(Cell, (1, "b")) is cell
    assert session.get(Cell, {"x": 2, "y": "a"}).value == 2
    assert session.get(Cell, (3, "a")) is None
    cell.value = 50
    session.commit()
    session.delete(cell)
    session.commit()
    assert session.query(Cell).count() == 2


def test_table_and_constraints(p):
    metadata = p.MetaData()
    parent = p.Table(
        "parent",
        metadata,
        p.Column("a", p.Integer, primary_key=True),
        p.Column("b", p.Integer, primary_key=True),
        p.Column("low", p.Integer, p.CheckConstraint("low > 0")),
        p.UniqueConstraint("low", name="uq_low"),
    )
    child = p.Table(
        "child",
        metadata,
        p.Column("id", p.Integer, primary_key=True),
        p.Column("a", p.Integer),
        p.Column("b", p.Integer),
        p.Column("other", p.ForeignKey("parent.low", ondelete="CASCADE")),
        p.ForeignKeyConstraint(["a", "b"], ["parent.a", "parent.b"]),
        p.Index("ix_child_ab", "a", "b"),
    )
    assert [t.name for t in metadata.sorted_tables] == ["parent", "child"]
    engine = p.engine()
    metadata.create_all(engine)
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(parent.insert().values(a=1, b=1, low=1))
        connection.execute(child.insert(), [{"id": 1, "a": 1, "b": 1}, {"id": 2, "a": 1, "b": 1}])
        assert connection.execute(p.select(p.func.count()).select_from(child)).scalar() == 2
    for bad in ({"a": 2, "b": 1, "low": 1}, {"a": 2, "b": 1, "low": -1}):
        with pytest.raises(p.exc.IntegrityError), engine.begin() as connection:
            connection.execute(parent.insert(), bad)
    inspector = p.inspect(engine)
    assert sorted(inspector.get_table_names()) == ["child", "parent"]
    assert inspector.has_table("child")
    metadata.drop_all(engine)
    metadata.drop_all(engine)
    assert not p.inspect(engine).has_table("child")


def test_duplicate_table(p):
    metadata = p.MetaData()
    p.Table("t", metadata, p.Column("id", p.Integer, primary_key=True))
    with pytest.raises(p.exc.InvalidRequestError, match="already defined"):
        p.Table("t", metadata, p.Column("id", p.Integer, primary_key=True))


def test_autoincrement_false(p):
    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True, autoincrement=False)

    session = p.session()
    session.add(Thing(id=5))
    session.commit()
    assert session.query(Thing).one().id == 5
