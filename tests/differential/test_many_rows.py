"""UPDATE and DELETE of many objects in one flush: what becomes of the rows, what the log shows
and which errors come are those of one statement a row."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import uuid
from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()
COUNT = 100


@pytest.mark.parametrize("run", program.registered)
@pytest.mark.parametrize("echo", [True, False], ids=["echo", "silent"])
def test_many_rows(run: Any, echo: bool) -> None:
    def quiet(p: Any) -> Any:
        import logging

        logging.getLogger(f"{p.package}.engine.Engine").setLevel(logging.WARNING)
        return run(p)

    peer, _ = compare(run if echo else quiet, warned=True)
    assert peer.error is None


class Colour(enum.Enum):
    RED = 1
    GREEN = 2


TEXTS = [
    "",
    "NULL",
    "null",
    '"',
    "\\",
    "a,b",
    "{x}",
    "}",
    " both ",
    "'",
    "é\u20ac\U0001f600",
    "\t\n\r",
]

VALUES: dict[str, list[Any]] = {
    "text": TEXTS,
    "small": [-32768, 0, 32767],
    "big": [-(2**63), 2**40, 2**63 - 1],
    "real": [0.1, -0.0, 1e300],
    "exact": [decimal.Decimal("1.10"), decimal.Decimal("-99999999.99")],
    "yes": [True, False],
    "raw": [b"", b"\x00\xff\\", b"NULL"],
    "day": [dt.date(1, 1, 1), dt.date(9999, 12, 31)],
    "hour": [dt.time(0), dt.time(23, 59, 59, 999999)],
    "made": [dt.datetime(1970, 1, 1), dt.datetime(2024, 2, 29, 12, 30, 0, 5)],
    "lasts": [dt.timedelta(0), dt.timedelta(days=-3, microseconds=7)],
    "colour": [Colour.RED, Colour.GREEN],
    "code": [uuid.UUID(int=0), uuid.UUID(int=2**128 - 1)],
    "data": [{"a": ['"', "\\"]}, [], "text", 1.5, {}],
}


@program
def every_type(p: Any) -> None:
    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        text = p.Column(p.String(40))
        small = p.Column(p.SmallInteger)
        big = p.Column(p.BigInteger)
        real = p.Column(p.Float)
        exact = p.Column(p.Numeric(10, 2))
        yes = p.Column(p.Boolean)
        raw = p.Column(p.LargeBinary)
        day = p.Column(p.Date)
        hour = p.Column(p.Time)
        made = p.Column(p.DateTime)
        lasts = p.Column(p.Interval)
        colour = p.Column(p.Enum(Colour))
        code = p.Column(p.Uuid)
        data = p.Column(p.JSON)

    s = p.session()
    s.add_all([Thing(id=i) for i in range(COUNT)])
    s.commit()
    for name, values in VALUES.items():
        # values, NULL among them; NULL alone; one column beside another
        for given in ([*values, None], [None], values):
            things = s.query(Thing).order_by(Thing.id).all()
            for i, thing in enumerate(things):
                setattr(thing, name, given[i % len(given)])
            s.commit()
            column = getattr(Thing, name)
            p.show(name, s.execute(p.select(Thing.id, column).order_by(Thing.id)).all())
    things = s.query(Thing).order_by(Thing.id).all()
    for i, thing in enumerate(things):
        for name, values in VALUES.items():
            setattr(thing, name, values[(i + 1) % len(values)])
    s.commit()
    for thing in s.query(Thing).order_by(Thing.id):
        p.show([getattr(thing, name) for name in VALUES])


@program
def types_of_the_database(p: Any) -> None:
    """Columns that are not of the type that the program says."""

    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        number = p.Column(p.Integer)
        text = p.Column(p.String)

    s = p.session(create=False)
    s.execute(p.text("create table thing (id bigint primary key, number float, text varchar(3))"))
    s.add_all([Thing(id=i) for i in range(COUNT)])
    s.commit()
    for i, thing in enumerate(s.query(Thing).order_by(Thing.id)):
        thing.number = i * i
        thing.text = str(i)
    s.commit()
    p.show(s.execute(p.text("select id, number, text from thing order by id")).all())


@program
def composite_and_text_keys(p: Any) -> None:
    class Pair(p.Base):
        __tablename__ = "pair"
        a = p.Column(p.Integer, primary_key=True)
        b = p.Column(p.String, primary_key=True)
        n = p.Column(p.Integer, default=0)

    class Word(p.Base):
        __tablename__ = "word with spaces %"
        word = p.Column("the 'word' %", p.String, primary_key=True)
        n = p.Column("the n", p.Integer, default=0)

    s = p.session()
    s.add_all([Pair(a=i % 7, b=f'"{i}\\') for i in range(COUNT)])
    s.add_all([Word(word=f"w'{i}%") for i in range(COUNT)])
    s.commit()
    pairs, words = s.query(Pair).all(), s.query(Word).all()
    for i, thing in enumerate([*pairs, *words]):
        thing.n = i
    s.commit()
    p.show(sorted([(x.a, x.b, x.n) for x in s.query(Pair)]))
    p.show(sorted([(x.word, x.n) for x in s.query(Word)]))
    for thing in pairs[::2] + words[::2]:
        s.delete(thing)
    s.commit()
    p.show(sorted([(x.a, x.b) for x in s.query(Pair)]), sorted([x.word for x in s.query(Word)]))


def _positions(p: Any, make: Any, step: int) -> None:
    class Item(p.Base):
        __tablename__ = "item"
        id = p.Column(p.Integer, primary_key=True)
        at = p.Column(p.Integer)
        __table_args__ = tuple(make(p))

    s = p.session()
    if not Item.__table_args__:
        s.execute(p.text("create unique index one_at on item (at)"))
    # rows lie in the table the other way round
    s.add_all([Item(id=i, at=i) for i in range(COUNT, 0, -1)])
    s.commit()
    for item in s.query(Item):
        item.at += step
    if step < 0:
        s.commit()
        p.show(s.execute(p.select(Item.id, Item.at).order_by(Item.id)).all())
    else:
        try:
            s.commit()
        except p.IntegrityError as error:
            p.show(str(error))
        s.rollback()
        p.show(s.scalar(p.select(p.func.sum(Item.at))))


@program
def a_unique_column_moved_down(p: Any) -> None:
    _positions(p, lambda p: [p.UniqueConstraint("at")], -1)


@program
def a_unique_column_moved_up(p: Any) -> None:
    _positions(p, lambda p: [p.UniqueConstraint("at")], 1)


@program
def a_unique_index_nobody_told_of_moved_down(p: Any) -> None:
    _positions(p, lambda p: [], -1)


@program
def a_unique_index_nobody_told_of_moved_up(p: Any) -> None:
    _positions(p, lambda p: [], 1)


@program
def keys_moved(p: Any) -> None:
    class Item(p.Base):
        __tablename__ = "item"
        id = p.Column(p.Integer, primary_key=True)

    s = p.session()
    s.add_all([Item(id=i) for i in range(COUNT)])
    s.commit()
    for item in s.query(Item):
        item.id -= 1
    s.commit()
    p.show([i for (i,) in s.execute(p.select(Item.id).order_by(Item.id))])


@program
def rows_that_are_gone(p: Any) -> None:
    class Item(p.Base):
        __tablename__ = "item"
        id = p.Column(p.Integer, primary_key=True)
        n = p.Column(p.Integer)

    s = p.session()
    s.add_all([Item(id=i, n=i) for i in range(COUNT)])
    s.commit()
    items = s.query(Item).all()
    s.execute(p.text("delete from item where id in (7, 70)"))
    for item in items:
        item.n += 1
    p.error(s.flush)
    s.rollback()
    items = s.query(Item).all()
    s.execute(p.text("delete from item where id in (8, 80)"))
    for item in items:
        s.delete(item)
    s.flush()  # warns
    p.show(s.scalar(p.select(p.func.count()).select_from(Item)))
    s.rollback()
    p.show(s.scalar(p.select(p.func.count()).select_from(Item)))


@program
def versions(p: Any) -> None:
    class Item(p.Base):
        __tablename__ = "item"
        id = p.Column(p.Integer, primary_key=True)
        n = p.Column(p.Integer)
        version = p.Column(p.Integer, nullable=False)
        __mapper_args__ = {"version_id_col": version}

    s = p.session()
    s.add_all([Item(id=i, n=i) for i in range(COUNT)])
    s.commit()
    for item in s.query(Item):
        item.n += 1
    s.commit()
    items = s.query(Item).all()
    p.show({item.version for item in items})
    s.execute(p.text("update item set version = 9 where id = 50"))
    for item in items:
        s.delete(item)
    p.error(s.flush)


@program
def a_row_that_is_refused(p: Any) -> None:
    class Item(p.Base):
        __tablename__ = "item"
        id = p.Column(p.Integer, primary_key=True)
        n = p.Column(p.Integer)
        __table_args__ = (p.CheckConstraint("n <> 50", name="not_fifty"),)

    class Child(p.Base):
        __tablename__ = "child"
        id = p.Column(p.Integer, primary_key=True)
        item_id = p.Column(p.ForeignKey("item.id"))

    s = p.session()
    if s.bind.dialect.name == "sqlite":
        s.execute(p.text("pragma foreign_keys = on"))
    s.add_all([Item(id=i, n=0) for i in range(COUNT)])
    s.flush()
    s.add(Child(id=1, item_id=30))
    s.commit()
    for item in s.query(Item):
        item.n = item.id
    try:
        s.flush()
    except p.IntegrityError as error:
        p.show(str(error).partition("[SQL")[0].split("\n")[0], error.statement)
        p.show(len(error.params), error.params[50])
    s.rollback()
    for item in s.query(Item):
        s.delete(item)
    p.error(s.flush, text=False)
    s.rollback()
    p.show(s.scalar(p.select(p.func.count()).select_from(Item)))


@program
def rows_that_refer_to_each_other(p: Any) -> None:
    """Without a relationship nothing says which row has to go first."""

    class Node(p.Base):
        __tablename__ = "node"
        id = p.Column(p.Integer, primary_key=True)
        parent_id = p.Column(p.ForeignKey("node.id"))

    s = p.session()
    if s.bind.dialect.name == "sqlite":
        s.execute(p.text("pragma foreign_keys = on"))
    s.add_all([Node(id=i) for i in range(COUNT)])
    s.flush()
    s.execute(p.update(Node).values(parent_id=p.case((Node.id > 0, Node.id - 1))))
    s.commit()
    for node in s.query(Node):
        s.delete(node)
    p.error(s.flush, text=False)
    s.rollback()
    s.execute(p.update(Node).values(parent_id=p.case((Node.id < COUNT - 1, Node.id + 1))))
    s.commit()
    for node in s.query(Node):
        s.delete(node)
    s.commit()
    p.show(s.scalar(p.select(p.func.count()).select_from(Node)))


@program
def expressions_beside_values(p: Any) -> None:
    class Item(p.Base):
        __tablename__ = "item"
        id = p.Column(p.Integer, primary_key=True)
        n = p.Column(p.Integer)
        twice = p.Column(p.Integer, onupdate=p.text("2 + 2"))
        thrice = p.Column(p.Integer, onupdate=lambda: 3)

    s = p.session()
    s.add_all([Item(id=i, n=0) for i in range(COUNT)])
    s.commit()
    for item in s.query(Item):
        item.n = item.id if item.id % 9 else Item.n + 5
    s.commit()
    p.show([(i.n, i.twice, i.thrice) for i in s.query(Item).order_by(Item.id)])


@program
def classes_that_inherit(p: Any) -> None:
    class Animal(p.Base):
        __tablename__ = "animal"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String)
        name = p.Column(p.String)
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal"}

    class Dog(Animal):
        __tablename__ = "dog"
        id = p.Column(p.ForeignKey("animal.id"), primary_key=True)
        barks = p.Column(p.Integer)
        __mapper_args__ = {"polymorphic_identity": "dog"}

    s = p.session()
    s.add_all([Dog(id=i, name="d") if i % 2 else Animal(id=i, name="a") for i in range(COUNT)])
    s.commit()
    for animal in s.query(Animal).order_by(Animal.id):
        animal.name += str(animal.id)
        if animal.id % 2:
            animal.barks = animal.id
    s.commit()
    dogs = s.query(Dog).order_by(Dog.id).all()
    p.show([(a.id, a.name) for a in s.query(Animal).order_by(Animal.id)], [d.barks for d in dogs])
    for dog in dogs:
        s.delete(dog)
    s.commit()
    p.show(s.query(Animal).count(), s.execute(p.text("select count(*) from dog")).scalar())


@program
def a_type_with_sql_of_its_own(p: Any) -> None:
    class Shouted(p.TypeDecorator):
        impl = p.String
        cache_ok = True

        def bind_expression(self, value: Any) -> Any:
            return p.func.upper(value)

    class Item(p.Base):
        __tablename__ = "item"
        id = p.Column(p.Integer, primary_key=True)
        text = p.Column(Shouted)

    s = p.session()
    s.add_all([Item(id=i, text="a") for i in range(COUNT)])
    s.commit()
    for item in s.query(Item):
        item.text = f"b{item.id}"
    s.commit()
    p.show([i.text for i in s.query(Item).order_by(Item.id)])


@program
def values_that_are_queries(p: Any) -> None:
    """Each row sees those before it."""
    engine = p.engine()
    t = p.Table("t", p.MetaData(), p.Column("a", p.Integer), p.Column("b", p.String))
    t.create(engine)
    following = p.select(p.func.coalesce(p.func.max(t.c.a), 0) + 1).scalar_subquery()
    with engine.begin() as c:
        for count in (2, 40):
            rows = [{"b": f"b{i}"} for i in range(count)]
            c.execute(p.insert(t).values(a=following, b=p.bindparam("b")), rows)
            c.execute(p.text("INSERT INTO t (a, b) VALUES ((SELECT count(*) FROM t), :b)"), rows)
        p.show(c.execute(p.select(t.c.a, t.c.b)).all())


@program
def rows_without_parameters(p: Any) -> None:
    engine = p.engine()
    with engine.begin() as c:
        c.execute(p.text("CREATE TABLE t (a INTEGER)"))
        for count in (2, 40):
            p.show(c.exec_driver_sql("INSERT INTO t (a) VALUES (1)", [()] * count).rowcount)
        p.show(c.execute(p.text("SELECT count(*) FROM t")).scalar())
