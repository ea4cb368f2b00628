"""TypeDecorator and mutable values, in entities, rows, filters and flush. On both packages."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import uuid
from contextlib import suppress
from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_types(run: Any) -> None:
    # Pickles are logged as addresses by SQLAlchemy.
    pickles = (pickle_types, values_changed_in_place, over_every_type)
    peer, _ = compare(run, warned=True, sql=run not in pickles)
    assert peer.error is None


class Money:
    """A value of the program's own."""

    def __init__(self, cents: int) -> None:
        self.cents = cents

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Money) and self.cents == other.cents

    def __hash__(self) -> int:
        return hash(self.cents)

    def __repr__(self) -> str:
        return f"Money({self.cents})"


def money_type(p: Any, calls: list[Any]) -> Any:
    class MoneyType(p.TypeDecorator):
        impl = p.Integer
        cache_ok = True

        def process_bind_param(self, value: Any, dialect: Any) -> Any:
            calls.append(("bind", value))
            return value.cents if isinstance(value, Money) else value

        def process_result_value(self, value: Any, dialect: Any) -> Any:
            calls.append(("result", value))
            return None if value is None else Money(value)

    return MoneyType


def shop(p: Any) -> tuple[Any, Any, list[Any]]:
    calls: list[Any] = []

    class Item(p.Base):
        __tablename__ = "item"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        price = p.Column(money_type(p, calls))

    s = p.session()
    s.add_all([Item(name="a", price=Money(5)), Item(name="b", price=Money(9)), Item(name="c")])
    s.commit()
    calls.clear()
    return s, Item, calls


@program
def in_entities_and_rows(p: Any) -> None:
    s, Item, calls = shop(p)
    items = s.query(Item).order_by(Item.id).all()
    p.show([i.price for i in items])
    p.show(sorted(map(repr, calls)))
    p.show(s.execute(p.select(Item.price, Item.id).order_by(Item.id)).all())
    p.show(s.scalars(p.select(Item.price.label("p")).order_by(Item.id)).all())
    p.show(s.execute(p.select(Item.__table__)).first())
    p.show(s.execute(p.select(p.func.max(Item.price))).scalar())
    p.show(s.execute(p.select(p.type_coerce(p.literal(7), Item.price.type))).scalar())
    p.show(s.execute(p.text("select price from item").columns(price=Item.price.type)).all())
    s.expire_all()
    p.show(items[0].price, s.get(Item, 2).price)
    alias = p.aliased(Item)
    p.show([a.price for a in s.scalars(p.select(alias).order_by(alias.id))])


@program
def in_filters(p: Any) -> None:
    s, Item, calls = shop(p)
    p.show(s.query(Item).filter(Item.price == Money(5)).one().name)
    p.show(calls[0])
    p.show(s.query(Item).filter(Item.price.in_([Money(5), Money(9)])).count())
    p.show(s.query(Item).filter(Item.price > Money(5)).one().name)
    p.show(s.query(Item).filter_by(price=Money(9)).one().name)
    p.show(s.query(Item.name).filter(Item.price.is_(None)).all())
    p.show(s.query(Item.name).filter(Item.price == None).all())  # noqa: E711
    p.show(s.query(Item.name).filter(Item.price.between(Money(1), Money(6))).all())
    p.show(s.query(Item).filter(Item.price == p.bindparam("m")).params(m=Money(9)).one().name)
    p.show(s.execute(p.select(Item.price + 1).order_by(Item.id)).all())
    p.show(s.execute(p.update(Item).where(Item.price == Money(9)).values(price=Money(10))).rowcount)
    p.show(s.scalars(p.select(Item.price).order_by(Item.id)).all())
    p.show(s.execute(p.insert(Item).values(price=Money(77)).returning(Item.price)).all())
    p.show(s.scalars(p.select(Item.price).where(Item.id > 3)).all())


@program
def in_flush(p: Any) -> None:
    s, Item, _ = shop(p)
    i = s.get(Item, 1)
    i.price = Money(5)
    p.show(i in s.dirty, s.is_modified(i))
    s.flush()
    i.price = Money(6)
    p.show(s.is_modified(i), p.inspect(i).attrs.price.history)
    s.commit()
    p.show(i.price)
    i.price.cents = 99
    p.show(i in s.dirty)
    s.commit()
    p.show(i.price)
    i.price = None
    s.commit()
    p.show(i.price, s.execute(p.text("select price from item where id = 1")).scalar())


@program
def errors_in_it(p: Any) -> None:
    class Picky(p.TypeDecorator):
        impl = p.String
        cache_ok = True

        def process_bind_param(self, value: Any, dialect: Any) -> Any:
            if value == "bad":
                raise ValueError("bad value")
            return value

        def process_result_value(self, value: Any, dialect: Any) -> Any:
            if value == "broken":
                raise KeyError("broken value")
            return value

    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        x = p.Column(Picky)

    s = p.session()
    s.add(Thing(x="bad"))
    p.error(lambda: s.flush())
    s.rollback()
    p.error(lambda: s.query(Thing).filter(Thing.x == "bad").all())
    s.rollback()
    p.error(lambda: s.execute(p.insert(Thing), [{"x": "good"}, {"x": "bad"}]))
    s.rollback()
    s.add_all([Thing(x="fine"), Thing(x="broken")])
    s.commit()
    p.error(lambda: s.query(Thing).all())
    p.error(lambda: s.execute(p.select(Thing.x)).all())
    p.show([t.x for t in s.query(Thing).filter(Thing.id == 1)])
    t = s.get(Thing, 1)
    t.x = "bad"
    p.error(lambda: s.commit())
    s.rollback()
    p.show(t.x)


@program
def over_every_type(p: Any) -> None:
    class Bound(p.TypeDecorator):
        impl = p.String
        cache_ok = True

        def process_bind_param(self, value: Any, dialect: Any) -> Any:
            return value

    class Read(p.TypeDecorator):
        impl = p.String
        cache_ok = True

        def process_result_value(self, value: Any, dialect: Any) -> Any:
            p.show("result", value, type(value))
            return value

    class Both(Bound, Read):
        cache_ok = True

    values = [
        (p.Boolean, True),
        (p.Date, dt.date(2020, 1, 2)),
        (p.DateTime, dt.datetime(2020, 1, 2, 3, 4, 5, 6)),
        (p.Time, dt.time(1, 2, 3)),
        (p.Numeric(20, 4), decimal.Decimal("12345.0001")),
        (p.Float, 1.5),
        (p.LargeBinary, b"x\0y"),
        (p.Uuid, uuid.UUID(int=5)),
        (p.Uuid(as_uuid=False), str(uuid.UUID(int=5))),
        (p.JSON, {"a": [1, None]}),
        (p.Interval, dt.timedelta(3, 4)),
        (p.PickleType, {"b": 2}),
        (p.Integer, 4),
        (p.String, "s"),
    ]
    engine = p.engine()
    metadata = p.MetaData()
    for number, (impl, value) in enumerate(values):
        for base in (Bound, Read, Both):

            class Type(base):
                cache_ok = True

                def load_dialect_impl(self, dialect: Any, impl: Any = impl) -> Any:
                    return dialect.type_descriptor(impl() if isinstance(impl, type) else impl)

            Type.impl = impl if isinstance(impl, type) else type(impl)
            table = p.Table(
                f"t{number}_{base.__name__}",
                metadata,
                p.Column("id", p.Integer, primary_key=True),
                p.Column("value", Type),
            )
            with engine.begin() as connection:
                table.create(connection)
                connection.execute(table.insert().values(value=value))
                connection.execute(table.insert(), [{"value": value}, {"value": None}])
            with engine.connect() as connection:
                found = connection.execute(p.select(table.c.value).order_by(table.c.id))
                p.show(base.__name__, [row == value or row for row in found.scalars()])


@program
def implementations(p: Any) -> None:
    class Upper(p.TypeDecorator):
        impl = p.String
        cache_ok = True

        def __init__(self, *args: Any, mark: str = "!", **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.mark = mark

        def process_bind_param(self, value: Any, dialect: Any) -> Any:
            return value and value.upper() + self.mark

    class ByDialect(p.TypeDecorator):
        impl = p.Text
        cache_ok = True

        def load_dialect_impl(self, dialect: Any) -> Any:
            name = p.Integer() if dialect.name == "sqlite" else p.Text()
            return dialect.type_descriptor(name)

        def process_literal_param(self, value: Any, dialect: Any) -> Any:
            return str(value)

    class Aware(p.TypeDecorator):
        impl = p.DateTime
        cache_ok = True

        def process_bind_param(self, value: Any, dialect: Any) -> Any:
            return value and value.astimezone(dt.UTC).replace(tzinfo=None)

        def process_result_value(self, value: Any, dialect: Any) -> Any:
            return value and value.replace(tzinfo=dt.UTC)

    class Listed(p.TypeDecorator):
        impl = p.JSON
        cache_ok = True

        def process_bind_param(self, value: Any, dialect: Any) -> Any:
            return value if value is None else list(value)

        def process_result_value(self, value: Any, dialect: Any) -> Any:
            return value if value is None else tuple(value)

        def coerce_compared_value(self, op: Any, value: Any) -> Any:
            return self

    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        up = p.Column(Upper(20, mark="?"))
        number = p.Column(ByDialect)
        at = p.Column(Aware)
        items = p.Column(Listed)

    p.show(str(p.module("schema").CreateTable(Thing.__table__)))
    s = p.session()
    when = dt.datetime(2024, 5, 6, 7, 8, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    s.add(Thing(up="abc", number=5, at=when, items=(1, "x")))
    s.commit()
    t = s.get(Thing, 1)
    p.show(t.up, t.number, t.at, t.items)
    p.show(s.query(Thing).filter(Thing.at == when).count())
    p.show(s.query(Thing).filter(Thing.up == "abc").count())
    # PostgreSQL has no = for JSON
    p.error(lambda: s.query(Thing).filter(Thing.items == (1, "x")).count(), text=False)
    p.show(Thing.up.type.length, Thing.up.type.mark, repr(Thing.up.type))
    p.show(isinstance(Thing.up.type.impl, p.String))
    p.show(str(Thing.up + "x"), str(Thing.number > 3), str(Thing.up.like("q")))


@program
def comparators(p: Any) -> None:
    class Folded(p.TypeDecorator):
        impl = p.String
        cache_ok = True

        class comparator_factory(p.TypeDecorator.Comparator):
            def same(self, other: Any) -> Any:
                return p.func.lower(self.expr) == p.func.lower(other)

            def __eq__(self, other: Any) -> Any:
                return p.func.lower(self.expr) == p.func.lower(other)

    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(Folded)

    s = p.session()
    s.add(Thing(name="ABC"))
    s.commit()
    p.show(s.query(Thing).filter(Thing.name == "abc").one().name)
    p.show(s.query(Thing).filter(Thing.name.same("aBc")).count())
    p.show(str(Thing.name == "x"), str(Thing.__table__.c.name == "x"))


@program
def without_cache_ok(p: Any) -> None:
    class Plain(p.TypeDecorator):
        impl = p.String

    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(Plain)

    s = p.session()
    s.add(Thing(name="x"))
    s.commit()
    p.show([t.name for t in s.query(Thing).filter(Thing.name == "x")])

    class NoImpl(p.TypeDecorator):
        cache_ok = True

    p.error(lambda: NoImpl())


@program
def as_primary_key(p: Any) -> None:
    class Wrapped(p.TypeDecorator):
        impl = p.Integer
        cache_ok = True

        def process_bind_param(self, value: Any, dialect: Any) -> Any:
            return None if value is None else int(value[1:])

        def process_result_value(self, value: Any, dialect: Any) -> Any:
            return None if value is None else f"k{value}"

    class Parent(p.Base):
        __tablename__ = "parent"
        id = p.Column(Wrapped, primary_key=True)
        children = p.relationship("Child", back_populates="parent", order_by="Child.id")

    class Child(p.Base):
        __tablename__ = "child"
        id = p.Column(p.Integer, primary_key=True)
        parent_id = p.Column(p.ForeignKey("parent.id"))
        parent = p.relationship("Parent", back_populates="children")

    s = p.session()
    s.add(Parent(id="k5", children=[Child(), Child()]))
    s.commit()
    s.expunge_all()
    parent = s.get(Parent, "k5")
    p.show(parent.id, [c.parent_id for c in parent.children], p.inspect(parent).identity)
    p.show(s.get(Child, 1).parent is parent)
    s.expunge_all()
    p.show([c.parent.id for c in s.query(Child).options(p.joinedload(Child.parent))])
    s.expunge_all()
    p.show([len(q.children) for q in s.query(Parent).options(p.selectinload(Parent.children))])
    s.expunge_all()
    p.show([len(q.children) for q in s.query(Parent).options(p.joinedload(Parent.children))])
    p.show(s.get(Parent, "k6"))


class Colour(enum.Enum):
    RED = "r"
    BLUE = "b"


@program
def values_changed_in_place(p: Any) -> None:
    """A value is written again only when another is assigned."""

    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        data = p.Column(p.JSON)
        blob = p.Column(p.PickleType)
        gap = p.Column(p.Interval)
        colour = p.Column(p.Enum(Colour))

    s = p.session()
    s.add(
        Thing(
            data={"a": [1]}, blob={"b": {2}}, gap=dt.timedelta(days=1, seconds=2), colour=Colour.RED
        )
    )
    s.commit()
    t = s.get(Thing, 1)
    p.show(t.data, t.blob, t.gap, t.colour)
    p.show(t.data is t.data, t.blob is t.blob)
    t.data["a"].append(2)
    t.blob["b"].add(3)
    p.show(t in s.dirty, t.data, t.blob)
    s.commit()
    p.show(t.data, t.blob)
    t.data = {"a": [1]}
    p.show(t in s.dirty, s.is_modified(t))
    s.flush()
    t.data["a"].append(5)
    p.orm.attributes.flag_modified(t, "data")
    p.show(t in s.dirty, s.is_modified(t))
    s.commit()
    p.show(t.data)
    t.blob = {"b": {2}}
    p.show(s.is_modified(t))
    s.commit()
    t.blob = {"b": {4}}
    t.gap = dt.timedelta(microseconds=5)
    t.colour = Colour.BLUE
    s.commit()
    p.show(t.blob, t.gap, t.colour)
    t.colour = "RED"
    s.commit()
    p.show(t.colour)
    p.show(s.query(Thing).filter(Thing.gap == dt.timedelta(microseconds=5)).count())
    p.show(s.query(Thing).filter(Thing.colour == Colour.RED).count())
    t.data = None
    s.commit()
    p.show(t.data, s.execute(p.text("select data from thing")).scalar())
    t.data = p.null()
    s.commit()
    p.show(t.data, s.execute(p.text("select data from thing")).scalar())
    t.colour = "GREEN"
    s.commit()
    p.error(lambda: t.colour, text=False)


@program
def pickle_types(p: Any) -> None:
    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        blob = p.Column(p.PickleType(comparator=lambda a, b: a == b))
        other = p.Column(p.PickleType(protocol=2))

    s = p.session()
    s.add_all([Thing(blob=[1, Money(2)], other=(1, 2)), Thing(blob=None)])
    s.commit()
    t = s.get(Thing, 1)
    p.show(t.blob, t.other, s.get(Thing, 2).blob)
    t.blob = [1, Money(2)]
    p.show(s.is_modified(t))
    s.commit()
    t.blob = [1, Money(3)]
    s.commit()
    p.show(t.blob)
    t.blob = lambda: 1
    p.error(lambda: s.commit(), text=False)
    s.rollback()
    p.show(t.blob, s.execute(p.select(Thing.blob).order_by(Thing.id)).all())


@program
def classes_are_given_the_types_they_are_of(p: Any) -> None:
    class Upper(p.TypeDecorator[str]):  # type: ignore[name-defined,misc]
        impl = p.String
        cache_ok = True

        def process_bind_param(self, value: Any, dialect: Any) -> Any:
            return value.upper()

    class Plain(p.module("types").UserDefinedType[int]):  # type: ignore[name-defined,misc]
        cache_ok = True

        def get_col_spec(self, **kw: Any) -> str:
            return "PLAIN"

    class Folded(p.module("ext.hybrid").Comparator[str]):  # type: ignore[name-defined,misc]
        def __eq__(self, other: Any) -> Any:
            return p.func.lower(self.__clause_element__()) == other

    p.show(Upper.__mro__[1].__name__, p.types.UserDefinedType.compile(Plain()))
    p.show(str(Folded(p.column("x")) == "y"))
    for generic in (p.Insert, p.Update, p.Delete, p.String, p.Enum, p.JSON, p.PropComparator):
        of = generic[str]
        p.show(getattr(of, "__origin__", of).__name__)
    with p.engine().connect() as connection:
        p.show(connection.scalar(p.select(p.literal("a", Upper()))))


@program
def functions_are_called_once_a_statement(p: Any) -> None:
    """Whether or not the statement is logged, or listeners are told."""
    calls: list[Any] = []

    class Counted(p.TypeDecorator):
        impl = p.String
        cache_ok = True

        def process_bind_param(self, value: Any, dialect: Any) -> Any:
            calls.append(value)
            return value if value is None else f"{value} {len(calls)}"

    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        said = p.Column(Counted)
        more = p.Column(Counted)

    class K(p.Base):
        __tablename__ = "k"
        name = p.Column(p.String(9), primary_key=True)
        said = p.Column(Counted)
        version = p.Column(p.Integer, nullable=False)
        __mapper_args__ = {"version_id_col": version}

    def seen(what: str) -> None:
        p.show(what, list(calls))
        calls.clear()

    def work(s: Any) -> None:
        table = A.__table__
        s.execute(p.insert(table).values(said="c"))
        seen("insert")
        s.execute(p.insert(table), [{"said": "c"}, {"said": None}, {"said": "c"}])
        seen("insert of many")
        s.execute(p.insert(A), [{"said": "c", "more": "c"}, {"said": "d", "more": None}])
        seen("insert of many of a class")
        rows = [{"said": "e"}, {"said": "e"}, {"said": "f"}]
        options = {"insertmanyvalues_page_size": 2}
        found = s.execute(p.insert(A).returning(A.said), rows, execution_options=options)
        p.show(sorted(found.scalars()))
        seen("insert that returns")
        s.execute(p.update(A).where(A.said == "c").values(said="d"))
        s.execute(p.select(A.id).where(A.said.in_(["c", "d"]), A.more == "c")).all()
        s.execute(p.select(A.id).where(A.said.in_(["c", "d"]), A.more == "c")).all()
        s.execute(p.delete(A).where(A.said == "c"))
        seen("others")
        a = A(said="f")
        s.add(a)
        s.flush()
        seen("flush of one")
        s.add_all([A(said="f"), A(said=None), A(said="f", more="f")])
        s.flush()
        seen("flush")
        s.add_all([K(name="k", said="f"), K(name="l", said="f"), K(name="m")])
        s.flush()
        seen("flush of keys")
        a.said = a.more = "g"
        for k in s.scalars(p.select(K).order_by(K.name)):
            k.said = "g"
        s.flush()
        seen("changes")
        s.bulk_update_mappings(A, [{"id": 1, "said": "b"}, {"id": 2, "said": "b"}])
        seen("bulk update")
        s.commit()
        p.show(s.execute(p.select(A.said, A.more).order_by(A.id)).all())
        p.show(s.execute(p.select(K.said).order_by(K.name)).all())

    for names in ((), ("before_cursor_execute", "after_cursor_execute")):
        engine = p.engine()
        for name in names:
            p.event.listen(engine, name, lambda *given: None)
        p.Base.metadata.drop_all(engine)
        p.Base.metadata.create_all(engine)
        with p.Session(engine) as s:
            work(s)


@program
def what_was_shown_and_not_run(p: Any) -> None:
    """is not what a later statement runs, though it has the same object as a value"""

    class Said(p.TypeDecorator):
        impl = p.String
        cache_ok = True

        def process_bind_param(self, value: Any, dialect: Any) -> Any:
            if value is None:
                return None
            if value == {"refused": True}:
                raise ValueError("no such value")
            return repr(value)

    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        said = p.Column(Said)
        more = p.Column(Said)

    table = A.__table__
    many = {"insertmanyvalues_page_size": 2}
    value: dict[str, Any] = {}

    def flush(s: Any) -> None:
        with s.begin_nested():
            s.add_all([A(id=1, said=value), A(id=2, said=value)])
            s.flush()

    def one(more: Any) -> Any:
        return lambda s: s.execute(p.insert(table).values(id=1, said=value, more=more))

    rows = [{"id": n, "said": value, "more": value} for n in range(1, 6)]
    ways = {
        "one": one(value),
        "many": lambda s: s.execute(p.insert(table), rows),
        "pages": lambda s: s.execute(
            p.insert(table).returning(table.c.id), rows, execution_options=many
        ).all(),
        "flush": flush,
        "refused": one({"refused": True}),
    }

    def stop(conn: Any, cursor: Any, sql: str, *given: Any) -> None:
        if stopping and "INSERT" in sql:
            raise RuntimeError("stopped")

    def instead(cursor: Any, sql: str, *given: Any) -> bool:
        return stopping and "INSERT" in sql

    for name, act in ways.items():
        for event, listener in (("before_cursor_execute", stop), ("do_execute", instead)):
            if name in ("flush", "pages") and event == "do_execute":
                continue  # it hears nothing of a flush (COVERAGE.md), and would have to give rows
            events = [event, "do_executemany"] if event == "do_execute" else [event]
            engine = p.engine()
            p.Base.metadata.drop_all(engine)
            p.Base.metadata.create_all(engine)
            for heard in events:
                p.event.listen(engine, heard, listener)
            with p.Session(engine) as s:
                s.connection()
                value["n"], stopping = 1, True
                with suppress(Exception):
                    act(s)
                s.expunge_all()
                value["n"], stopping = 2, False
                for heard in events:
                    p.event.remove(engine, heard, listener)
                again = one(value) if name == "refused" else act
                again(s)
                p.show(name, event, s.execute(p.text("SELECT id, said, more FROM a")).all())
                s.rollback()
            engine.dispose()
