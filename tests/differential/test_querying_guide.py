"""What the ORM Querying Guide shows, section by section."""

from __future__ import annotations

import pytest

from .harness import compare

MODELS = """
from sqlalchemy import *
from sqlalchemy.orm import *
from typing import Optional, List
class Base(DeclarativeBase): pass
class User(Base):
    __tablename__ = "user_account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30))
    fullname: Mapped[Optional[str]]
    addresses: Mapped[List["Address"]] = relationship(back_populates="user", cascade="all, delete-orphan")
    orders: Mapped[List["Order"]] = relationship()
    def __repr__(self): return f"User({self.id})"
class Address(Base):
    __tablename__ = "address"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    email_address: Mapped[str]
    user: Mapped["User"] = relationship(back_populates="addresses")
    def __repr__(self): return f"Address({self.id})"
order_items = Table("order_items", Base.metadata, Column("order_id", ForeignKey("user_order.id"), primary_key=True), Column("item_id", ForeignKey("item.id"), primary_key=True))
class Order(Base):
    __tablename__ = "user_order"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    items: Mapped[List["Item"]] = relationship(secondary=order_items, back_populates="orders")
class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    orders: Mapped[List["Order"]] = relationship(secondary=order_items, back_populates="items")
class Node(Base):
    __tablename__ = "node"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[Optional[int]] = mapped_column(ForeignKey("node.id"))
    data: Mapped[Optional[str]]
    children: Mapped[List["Node"]] = relationship(back_populates="parent")
    parent: Mapped[Optional["Node"]] = relationship(back_populates="children", remote_side=[id])
engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
session = Session(engine)
for table, rows in [
    (User.__table__, [{"id": 1, "name": "spongebob", "fullname": "Sponge Bob"}, {"id": 2, "name": "sandy", "fullname": None}]),
    (Item.__table__, [{"id": 1, "name": "i1"}, {"id": 2, "name": "i2"}]),
    (Address.__table__, [{"id": 1, "user_id": 1, "email_address": "s@x"}, {"id": 2, "user_id": 2, "email_address": "a@x"}, {"id": 3, "user_id": 2, "email_address": "b@x"}]),
    (Order.__table__, [{"id": 1, "user_id": 1}]),
    (order_items, [{"order_id": 1, "item_id": 1}, {"order_id": 1, "item_id": 2}]),
    (Node.__table__, [{"id": 1, "parent_id": None, "data": "n1"}, {"id": 2, "parent_id": 1, "data": "n2"}, {"id": 3, "parent_id": 2, "data": "n3"}]),
]:
    session.execute(insert(table), rows)
if engine.name == "postgresql":
    for name in ("user_account", "address"):
        session.execute(text(f"SELECT setval('{name}_id_seq', 100)"))
session.commit()
def p(st):
    print(st)
    print(session.execute(st).all())
def attempt(f):
    try: print(f())
    except Exception as e: print(type(e).__name__, e)
"""

PROGRAMS = {
    "select": """
p(select(User).order_by(User.id))
p(select(User, Address).join(User.addresses).order_by(User.id, Address.id))
p(select(User.name, Address.email_address).join(User.addresses).order_by(User.id, Address.id))
p(select(Bundle("user", User.name, User.fullname), Bundle("email", Address.email_address)).join_from(User, Address).order_by(Address.id))
u1 = aliased(User, name="u1")
p(select(u1).order_by(u1.id))
row = session.execute(select(u1).order_by(u1.id)).first()
print(row.u1)
inner = select(User).where(User.id < 7).order_by(User.id)
sub = inner.subquery()
au = aliased(User, sub)
p(select(au))
ts = text("SELECT id, name, fullname FROM user_account ORDER BY id").columns(User.id, User.name, User.fullname)
print(session.execute(select(User).from_statement(ts)).scalars().all())
os = ts.subquery("x")
ou = aliased(User, os)
p(select(ou).order_by(ou.id))
u = union_all(select(User).where(User.id < 2), select(User).where(User.id == 2)).order_by(User.id)
print(session.execute(select(User).from_statement(u)).scalars().all())
us = u.subquery()
uu = aliased(User, us)
p(select(uu).order_by(uu.id))
print(session.execute(select(User, Address).join(User.addresses).order_by(Address.id)).mappings().first())
""",
    "joins": """
print(select(User).join(User.orders).join(Order.items))
print(select(User).join(User.orders).join(User.addresses))
print(select(User).join(Address))
attempt(lambda: str(select(User).join(Item)))
print(select(User).join(Address, User.id == Address.user_id))
a1, a2 = aliased(Address), aliased(Address)
print(select(User).join(User.addresses.and_(Address.email_address == "x")))
print(select(User).join(a1, User.addresses).join(a2, User.addresses).where(a1.email_address == "x").where(a2.email_address == "y"))
print(select(User).join(User.addresses.of_type(a1)).where(a1.email_address == "x"))
sub = select(Address).where(Address.email_address == "p").subquery()
print(select(User, sub.c.email_address).join(sub, User.id == sub.c.user_id))
asub = aliased(Address, sub)
print(select(User, asub).join(User.addresses.of_type(asub)).where(User.name == "s"))
print(select(Address).select_from(User).join(Address))
print(select(Address).join_from(User, Address), select(func.count(Address.id)).join_from(User, Address).group_by(User.id))
j = join(Address, User)
print(select(Address).select_from(j), select(User).select_from(join(User, Address, User.addresses)))
print(select(User).outerjoin(User.addresses).where(Address.id == None), select(User).join(User.addresses, isouter=True, full=True))
na, nb = aliased(Node), aliased(Node)
print(select(Node).join(Node.parent.of_type(na)).join(na.parent.of_type(nb)).where(nb.data == "x"))
print(select(Node).where(Node.parent.has(Node.data == "n1")))
""",
    "operators": """
u = session.get(User, 1)
a = session.get(Address, 1)
for c in (User.addresses.any(Address.email_address == "s@x"), ~User.addresses.any(), User.addresses.contains(a)):
    p(select(User).where(c).order_by(User.id))
for c in (Address.user.has(User.name == "sandy"), Address.user == u, Address.user != u, with_parent(u, User.addresses)):
    p(select(Address).where(c).order_by(Address.id))
""",
    "options": """
for o in (selectinload(User.addresses), joinedload(User.addresses), subqueryload(User.addresses), lazyload(User.addresses), raiseload("*"), joinedload(User.orders).joinedload(Order.items), selectinload(User.orders).options(selectinload(Order.items), lazyload("*"))):
    session.expunge_all()
    st = select(User).options(o).order_by(User.id)
    attempt(lambda: [(u, u.addresses, [x.items for x in u.orders]) for u in session.scalars(st).unique()])
session.expunge_all()
print([ (n.data, [c.data for c in n.children]) for n in session.scalars(select(Node).options(selectinload(Node.children, recursion_depth=-1)).order_by(Node.id))])
session.expunge_all()
print([ (n.data, [c.data for c in n.children]) for n in session.scalars(select(Node).options(joinedload(Node.children, innerjoin=False)).order_by(Node.id)).unique()])
session.expunge_all()
if engine.name == "sqlite": print(session.scalars(select(User).options(with_loader_criteria(Address, Address.email_address != "a@x"), selectinload(User.addresses)).order_by(User.id)).all()[1].addresses)
session.expunge_all()
for b in session.scalars(select(User).order_by(User.id).execution_options(yield_per=1)).partitions():
    print(b)
""",
    "dml": """
print(session.scalars(insert(User).returning(User, sort_by_parameter_order=True), [{"name": "q"}, {"name": "w", "fullname": "W"}]).all())
session.execute(update(User), [{"id": 1, "fullname": "x1"}, {"id": 2, "fullname": "x2"}])
print(session.scalars(update(User).where(User.name == "q").values(fullname=func.upper(User.name)).returning(User)).all()[0].fullname)
print(session.execute(delete(User).where(User.name.in_(["q", "w"])).returning(User.id)).all())
session.execute(insert(Address).values([{"user_id": select(User.id).where(User.name == "sandy").scalar_subquery(), "email_address": "new"}]))
print(session.execute(select(func.count(Address.id))).scalar())
session.bulk_save_objects([User(name="b1"), User(name="b2")])
session.bulk_insert_mappings(User, [{"name": "m1"}])
session.bulk_update_mappings(User, [{"id": 1, "name": "z"}])
session.commit()
print(session.execute(select(User.id, User.name).order_by(User.id)).all())
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compare(MODELS + PROGRAMS[name])
