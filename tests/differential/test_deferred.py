"""Deferred columns and their groups; SQL expressions as attributes; active history."""

from __future__ import annotations

import pytest

from .harness import compare

MODELS = """
from sqlalchemy import *
from sqlalchemy.orm import *
from sqlalchemy.orm import attributes
from typing import Optional

class Base(DeclarativeBase):
    pass

class Item(Base):
    __tablename__ = "item"
    id = mapped_column(Integer, primary_key=True)
    order_id = mapped_column(ForeignKey("orders.id"))
    price = mapped_column(Integer)
    text = deferred(Column(String))

class Order(Base):
    __tablename__ = "orders"
    id = mapped_column(Integer, primary_key=True)
    name: Mapped[str]
    note: Mapped[Optional[str]] = mapped_column(deferred=True)
    a: Mapped[Optional[int]] = mapped_column(deferred_group="g")
    b: Mapped[Optional[int]] = mapped_column(deferred=True, deferred_group="g")
    c: Mapped[Optional[int]] = mapped_column(deferred_group="h")
    r: Mapped[Optional[int]] = mapped_column(deferred=True, deferred_raiseload=True)
    ah: Mapped[Optional[int]] = mapped_column(active_history=True)
    old = deferred(Column(Integer), group="g")
    plain = column_property(Column(Integer), active_history=True)
    items = relationship(Item, backref="order", order_by=Item.id)

Order.total = column_property(select(func.sum(Item.price)).where(Item.order_id == Order.id).correlate_except(Item).scalar_subquery())
Order.dtotal = column_property(select(func.count(Item.id)).where(Item.order_id == Order.id).correlate_except(Item).scalar_subquery(), deferred=True, group="h")
Order.twice = column_property(Order.ah * 2, expire_on_flush=False)
Order.thrice = column_property(Order.ah * 3)
Order.draise = column_property(Order.ah * 4, deferred=True, raiseload=True)

engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
session = Session(engine)
session.add_all([
    Order(id=1, name="o1", note="n1", a=1, b=2, c=3, r=4, ah=5, old=6, plain=7, items=[Item(id=1, price=3, text="t"), Item(id=2, price=4)]),
    Order(id=2, name="o2", note="n2", a=10, b=20, c=30, r=40, ah=50, old=60, plain=70, items=[Item(id=3, price=30)]),
])
session.commit()
session.close()

def attempt(function):
    try:
        print(function())
    except Exception as error:
        print(type(error).__name__, error)
def d(o):
    return sorted(k for k, v in o.__dict__.items() if k[0] != "_")
def u(o):
    return sorted(inspect(o).unloaded)
"""

PROGRAMS = {
    "groups": """
o = session.get(Order, 1)
print(d(o), u(o))
print(o.a, d(o))
print(o.note, d(o))
print(o.dtotal, d(o), o.c)
session.expunge_all()
o = session.scalars(select(Order).options(undefer_group("g")).order_by(Order.id)).first()
print(d(o), o.b, o.c, d(o))
session.expunge_all()
o = session.scalars(select(Order).options(undefer_group("g"), undefer_group("h")).order_by(Order.id)).first()
print(d(o))
session.expunge_all()
o = session.scalars(select(Order).options(undefer("*")).order_by(Order.id)).first()
print(d(o))
session.expunge_all()
o = session.scalars(select(Order).options(undefer("*"), defer(Order.name)).order_by(Order.id)).first()
print(d(o), o.name, d(o))
session.expunge_all()
o = session.scalars(select(Order).options(defer("*")).order_by(Order.id)).first()
print(d(o), o.name, d(o))
session.expunge_all()
o = session.scalars(select(Order).options(defer("*"), undefer(Order.name)).order_by(Order.id)).first()
print(d(o), o.ah, d(o))
session.expunge_all()
o = session.scalars(select(Order).options(Load(Order).undefer_group("g")).order_by(Order.id)).first()
print(d(o))
session.expunge_all()
r = session.scalars(select(Order).options(joinedload(Order.items).undefer(Item.text), undefer_group("g")).order_by(Order.id)).unique().first()
print(d(r), d(r.items[0]))
session.expunge_all()
r = session.scalars(select(Item).options(joinedload(Item.order).undefer_group("g")).order_by(Item.id)).first()
print(d(r), d(r.order))
session.expunge_all()
r = session.scalars(select(Item).options(defaultload(Item.order).undefer_group("h").defer(Order.name)).order_by(Item.id)).first()
print(d(r), d(r.order))
session.expunge_all()
r = session.scalars(select(Item).options(selectinload(Item.order).load_only(Order.name, Order.a)).order_by(Item.id)).first()
print(d(r), d(r.order))
session.expunge_all()
r = session.scalars(select(Order).options(undefer_group("none")).order_by(Order.id)).first()
print(d(r))
session.expunge_all()
r = session.scalars(select(Order).options(undefer_group("g"), defer(Order.b)).order_by(Order.id)).first()
print(d(r))
session.expunge_all()
o1 = aliased(Order)
r = session.scalars(select(o1).options(undefer_group("g"), defer(o1.b)).order_by(o1.id)).first()
print(d(r))
""",
    "raiseload": """
o = session.get(Order, 1)
attempt(lambda: o.r)
attempt(lambda: o.draise)
o.r = 5
print(o.r, inspect(o).attrs.r.history)
session.flush()
session.expire(o)
attempt(lambda: o.r)
print(o.name)
attempt(lambda: o.r)
attempt(lambda: session.refresh(o, ["r"]))
attempt(lambda: o.r)
session.expire(o, ["r"])
attempt(lambda: o.r)
session.expunge_all()
o = session.scalars(select(Order).options(undefer(Order.r)).order_by(Order.id)).first()
print(o.r, d(o))
session.expunge_all()
o = session.scalars(select(Order).options(defer(Order.name, raiseload=True)).order_by(Order.id)).first()
attempt(lambda: o.name)
session.expire(o)
attempt(lambda: o.name)
session.expunge_all()
o = session.scalars(select(Order).options(load_only(Order.name, raiseload=True)).order_by(Order.id)).first()
attempt(lambda: o.ah)
attempt(lambda: o.a)
attempt(lambda: o.total)
attempt(lambda: o.id)
print(d(o))
session.expunge_all()
o = session.scalars(select(Order).options(defer(Order.r)).order_by(Order.id)).first()
attempt(lambda: o.r)
session.expunge_all()
o = session.scalars(select(Order).options(defer(Order.r, raiseload=False), undefer(Order.draise)).order_by(Order.id)).first()
attempt(lambda: o.r)
attempt(lambda: o.draise)
session.expunge_all()
o = session.scalars(select(Order).options(defer("*", raiseload=True)).order_by(Order.id)).first()
attempt(lambda: o.name)
attempt(lambda: o.note)
attempt(lambda: o.id)
session.expunge_all()
o = session.scalars(select(Order).options(raiseload("*")).order_by(Order.id)).first()
attempt(lambda: o.note)
attempt(lambda: o.items)
new = Order(id=9, name="n")
print(new.r, new.draise)
session.add(new)
session.flush()
attempt(lambda: new.r)
attempt(lambda: new.draise)
session.commit()
attempt(lambda: new.r)
attempt(lambda: new.draise)
""",
    "active history": """
o = session.get(Order, 1)
session.expire(o)
o.ah = 6
print(inspect(o).attrs.ah.history)
session.rollback()
session.expire(o)
o.name = "x"
print(inspect(o).attrs.name.history)
session.rollback()
session.expire(o)
o.plain = 8
print(inspect(o).attrs.plain.history)
session.rollback()
session.expunge_all()
o = session.get(Order, 1)
o.note = "new"
print(inspect(o).attrs.note.history, attributes.get_history(o, "note"))
session.flush()
o.a = 9
print(inspect(o).attrs.a.history, d(o))
print(o.b, o.a)
session.flush()
session.commit()
o = Order(id=5, name="a", ah=1)
o.ah = 2
print(inspect(o).attrs.ah.history)
session.add(o)
session.flush()
o.ah = 3
print(inspect(o).attrs.ah.history)
session.flush()
""",
    "expire on flush": """
o = session.get(Order, 1)
print(o.twice, o.thrice, o.total)
o.ah = 100
session.flush()
print(d(o))
print(o.twice, o.thrice, o.total)
o.name = "zz"
o.twice = 4
session.flush()
print(d(o), o.twice, o.thrice)
session.commit()
print(o.twice, o.thrice, d(o))
n = Order(id=11, name="z", ah=4)
session.add(n)
session.flush()
print(d(n), n.twice, d(n), n.thrice, n.total, d(n))
n2 = Order(id=12, name="z", ah=4, twice=77, thrice=78, total=79)
session.add(n2)
session.flush()
print(d(n2), n2.twice, n2.thrice, n2.total)
session.commit()
print(n2.twice, n2.thrice, n2.total)
session.add(Item(id=50, price=5, order=n2))
session.flush()
print(n2.total, d(n2))
session.refresh(n2)
print(n2.total)
session.refresh(n2, ["total", "thrice"])
session.expire(n2, ["total"])
print(d(n2), n2.total, d(n2))
""",
    "correlated": """
print(session.execute(select(Order.id, Order.total, Order.dtotal).order_by(Order.total)).all())
print(session.scalars(select(Order.id).where(Order.total > 10)).all())
print(session.execute(select(Order).where(Order.dtotal > 1)).scalars().all()[0].dtotal)
o1 = aliased(Order)
print(session.execute(select(o1.id, o1.total, o1.twice).order_by(o1.total.desc())).all())
print([(o.id, o.total) for o in session.scalars(select(o1).order_by(o1.id))])
session.expunge_all()
print([(i.id, i.order.total, i.order.thrice) for i in session.scalars(select(Item).options(joinedload(Item.order)).order_by(Item.id)).unique()])
session.expunge_all()
print([(i.id, i.order.total) for i in session.scalars(select(Item).join(Item.order).options(contains_eager(Item.order)).order_by(Item.id)).unique()])
session.expunge_all()
print([(i.id, i.order.total) for i in session.scalars(select(Item).options(selectinload(Item.order)).order_by(Item.id)).unique()])
session.expunge_all()
print([(i.id, i.order.total) for i in session.scalars(select(Item).join(o1, Item.order).options(contains_eager(Item.order.of_type(o1))).order_by(Item.id)).unique()])
session.expunge_all()
print([(o.id, o.total) for o in session.query(Order).options(joinedload(Order.items)).order_by(Order.total).limit(1)])
print(session.query(Order).filter(Order.total == 7).count(), session.query(func.max(Order.total)).scalar())
print(session.execute(select(Order.total, func.count()).group_by(Order.total).order_by(Order.total)).all())
print(session.query(Order).join(Order.items).filter(Item.price > 3).order_by(Order.total, Item.id).all()[0].total)
print(session.execute(select(Item.id, Order.total).join(Order.items).order_by(Item.id)).all())
print(session.execute(select(func.sum(Order.total))).scalar())
print(session.execute(update(Order).where(Order.total > 10).values(name="big")).rowcount)
print(session.execute(select(Order.name).order_by(Order.id)).all())
print(Order.total.type, Order.twice.type, Order.total.property.columns[0].name is None, inspect(Order).attrs.total.deferred)
print(inspect(Order).attrs.a.group, inspect(Order).attrs.a.deferred, inspect(Order).attrs.a.strategy_key, inspect(Order).attrs.draise.strategy_key, inspect(Order).attrs.dtotal.group)
""",
    "more options": """
attempt(lambda: session.execute(select(Order).options(undefer_group(Order.a))).all() and 1)
attempt(lambda: undefer("a"))
attempt(lambda: session.execute(select(Order, Item).join(Order.items).options(load_only(Order.name), load_only(Item.price)).order_by(Order.id, Item.id)).all()[0][0].name)
session.expunge_all()
attempt(lambda: session.execute(select(Order, Item).options(load_only(Order.name, Item.price))).all())
attempt(lambda: session.execute(select(Order).options(defer(Order.items))).all())
attempt(lambda: session.execute(select(Order).options(undefer(Order.name), defer(Order.name))).all())
attempt(lambda: d(session.execute(select(Order).options(defer(Order.id)).order_by(Order.id)).scalars().first()))
session.expunge_all()
attempt(lambda: d(session.execute(select(Order).options(Load(Order).load_only(Order.a)).order_by(Order.id)).scalars().first()))
session.expunge_all()
attempt(lambda: d(session.execute(select(Order).options(load_only(Order.a), undefer_group("h")).order_by(Order.id)).scalars().first()))
session.expunge_all()
attempt(lambda: d(session.execute(select(Order).options(load_only(Order.a), undefer(Order.c)).order_by(Order.id)).scalars().first()))
session.expunge_all()
o = session.execute(select(Order).options(load_only(Order.name)).order_by(Order.id)).scalars().first()
session.refresh(o)
print(d(o))
session.expire(o)
print(o.name, d(o))
o = session.execute(select(Order).options(undefer_group("g")).order_by(Order.id).execution_options(populate_existing=True)).scalars().first()
print(d(o))
o = session.execute(select(Order).order_by(Order.id).execution_options(populate_existing=True)).scalars().first()
print(d(o))
session.expunge(o)
attempt(lambda: o.note)
session.add(o)
print(o.note)
""",
    "not given when inserted": """
n = Order(id=20, name="q")
session.add(n)
session.flush()
print(d(n), n.note, d(n), n.a, d(n), n.plain, d(n))
attempt(lambda: n.r)
n2 = Order(id=21, name="q")
session.add(n2)
session.flush()
n2.note = "x"
print(inspect(n2).attrs.note.history)
n2.plain = 4
print(inspect(n2).attrs.plain.history)
session.flush()
n2.b = 6
session.flush()
print(n2.a, d(n2))
i = Item(id=30, price=3)
session.add(i)
session.flush()
print(i.text, d(i), i.order_id, d(i))
""",
    "rows of a statement": """
I, table = Item, Item.__table__
for statement in (
    select(I), select(I).options(undefer(I.text)), select(I).options(defer(I.price)), select(table),
    select(I, I.text), select(I.price, I.id), select(I.id, I.text), select(I).union(select(I)),
    select(aliased(I, name="q")), text("select * from item"), text("select id, text from item"),
    insert(I).values(price=1).returning(I), update(I).values(price=5).returning(I),
):
    print(statement)
    for query in (
        select(I).from_statement(statement),
        select(I).from_statement(statement).options(undefer(I.text), defer(I.price)),
    ):
        session.expunge_all()
        print([d(item) for item in session.scalars(query)])
    session.expunge_all()
    attempt(lambda: [d(item) for item in session.query(I).from_statement(statement)])
    session.rollback()
items = session.scalars(select(I).from_statement(select(I))).all()
print([item.text for item in items])
""",
    "raiseload of what has expired since": """
for options in (
    [load_only(Order.name, raiseload=True)],
    [defer(Order.name, raiseload=True), defer(Order.note, raiseload=True)],
    [defer("*", raiseload=True)],
):
    for expire in (session.expire, lambda o: session.commit(), lambda o: session.rollback()):
        for names in ("name", "note", "r"), ("note", "name", "ah"), ("r", "a", "note"):
            o = session.scalars(select(Order).options(*options).order_by(Order.id)).first()
            expire(o)
            for name in names:
                attempt(lambda: getattr(o, name))
            print(sorted(inspect(o).unloaded))
            session.expunge_all()
""",
    "criteria that objects cannot answer": """
for crit in (Order.twice > 5, Order.total > 5, Order.ah + 1 > 5, Order.dtotal == 1, func.abs(Order.ah) > 3):
    os = session.scalars(select(Order)).all()
    print(session.execute(update(Order).where(crit).values(name="big")).rowcount, [o.name for o in os])
    session.rollback()
    os = session.scalars(select(Order)).all()
    print(session.execute(delete(Order).where(crit)).rowcount, [inspect(o).deleted for o in os])
    session.rollback()
for crit in (Order.twice > 5, Order.total > 5, Order.ah + 1 > 5, Order.dtotal == 1, func.abs(Order.ah) > 3):
    os = session.scalars(select(Order)).all()
    attempt(lambda: session.execute(update(Order).where(crit).values(name="big").execution_options(synchronize_session="evaluate")).rowcount)
    session.rollback()
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compare(MODELS + PROGRAMS[name])
