"""Classes made from the tables of a database: automap; tables that it completes: DeferredReflection."""

from __future__ import annotations

import pytest

from .harness import compare

MODELS = """
from sqlalchemy import *
from sqlalchemy.orm import *
from sqlalchemy.orm import interfaces, exc as orm_exc
from sqlalchemy.ext.automap import AutomapBase, automap_base, generate_relationship, name_for_collection_relationship
from sqlalchemy.ext.declarative import DeferredReflection
import warnings

engine = create_engine("sqlite://")
with engine.begin() as c:
    for s in '''
create table users (id integer not null primary key, name varchar(30) not null, boss_id integer references users (id));
create table addresses (id integer not null primary key, email varchar(50), user_id integer, foreign key (user_id) references users (id) on delete set null);
create table orders (id integer not null primary key, user_id integer not null, foreign key (user_id) references users (id) on delete cascade);
create table keywords (id integer not null primary key, word varchar(20));
create table order_keywords (order_id integer references orders (id), keyword_id integer references keywords (id), primary key (order_id, keyword_id));
create table notes (body varchar(20));
create table employees (id integer not null primary key, type varchar(10), name varchar(20));
create table engineers (id integer not null primary key references employees (id), skill varchar(10), boss_id integer);
create table favourites (id integer not null primary key, first_user integer references users (id))
'''.split(";"):
        c.exec_driver_sql(s)

def attempt(function):
    try:
        print(function())
    except Exception as error:
        print(type(error).__name__, error)

def describe(Base):
    Base.registry.configure()
    for mapper in sorted(Base.registry.mappers, key=lambda m: m.class_.__name__):
        print(mapper.class_.__name__, mapper.class_.__module__ == __name__, mapper.local_table.name, sorted(mapper.column_attrs.keys()))
        for key in sorted(mapper.relationships.keys()):
            r = mapper.relationships[key]
            print("   ", key, r.direction.name, r.mapper.class_.__name__, r.uselist, r.collection_class, sorted(r.cascade), r.passive_deletes, r.back_populates, r.secondary is not None and r.secondary.name, sorted(c.name for c in r.local_columns), sorted(c.name for c in r.remote_side))
"""

PROGRAMS = {
    "basic": """
Base = automap_base()
print(Base.classes.keys(), Base.__name__)
Base.prepare(autoload_with=engine)
print(sorted(Base.classes.keys()), sorted(Base.by_module.keys()))
describe(Base)
User, Address, Order, Keyword = Base.classes.users, Base.classes.addresses, Base.classes["orders"], Base.classes.keywords
print(User.__table__ is Base.metadata.tables["users"], "notes" in Base.classes, "order_keywords" in Base.classes, issubclass(User, Base))
session = Session(engine)
u = User(id=1, name="a", addresses_collection=[Address(id=1, email="x"), Address(id=2, email="y")], orders_collection=[Order(id=1, keywords_collection=[Keyword(id=1, word="w")])])
session.add(u)
session.commit()
print([a.email for a in u.addresses_collection], u.orders_collection[0].keywords_collection[0].word, u.addresses_collection[0].users is u)
print(session.scalars(select(User).join(User.addresses_collection).where(Address.email == "x")).one().name)
session.delete(u)
session.commit()
print(session.scalar(select(func.count()).select_from(Address)), session.scalar(select(func.count(Order.id))))
attempt(lambda: Base.classes.nothing)
attempt(lambda: Base.classes["nothing"])
""",
    "given classes": """
Base = automap_base()
class User(Base):
    __tablename__ = "users"
    title = Column("name", String(30))
    things = relationship("addresses", back_populates="owner")
    def greet(self):
        return "hi " + self.title
class Boss(Base):
    __tablename__ = "employees"
    type = Column(String(10))
    __mapper_args__ = {"polymorphic_on": "type", "polymorphic_identity": "b"}
class Engineer(Boss):
    __tablename__ = "engineers"
    id = Column(Integer, ForeignKey("employees.id"), primary_key=True)
    boss_id = Column(Integer, ForeignKey("employees.id"))
    boss = relationship("Boss", foreign_keys=boss_id)
    __mapper_args__ = {"polymorphic_identity": "e", "inherit_condition": id == Boss.__table__.c.get("id", literal(1)) if "id" in Boss.__table__.c else None}
attempt(lambda: inspect(User))
attempt(lambda: class_mapper(User))
attempt(lambda: select(User))
attempt(lambda: aliased(User))
""",
    "given classes two": """
Base = automap_base()
class User(Base):
    __tablename__ = "users"
    title = Column("name", String(30))
    def greet(self):
        return "hi " + self.title
class Address(Base):
    __tablename__ = "addresses"
    user = relationship("User", back_populates="mine")
    extra = column_property(literal(5))
Base.prepare(autoload_with=engine, name_for_collection_relationship=lambda b, l, r, c: "mine" if r.__name__ == "Address" else r.__name__.lower() + "s_" + "_".join(c.column_keys))
describe(Base)
print(User(title="q").greet(), Base.classes.keys() and sorted(Base.classes.keys()))
session = Session(engine)
session.add(User(id=1, title="x", mine=[Address(id=1)]))
session.commit()
print([(u.title, u.greet(), [a.extra for a in u.mine]) for u in session.scalars(select(User))])
""",
    "hooks": """
import re
calls = []
def camelize(base, tablename, table):
    calls.append(("class", tablename, base is Base))
    return re.sub(r"_(\\w)", lambda m: m.group(1).upper(), tablename.capitalize())
def scalar(base, local, referred, constraint):
    calls.append(("scalar", local.__name__, referred.__name__, sorted(constraint.column_keys)))
    return referred.__name__.lower() + "_" + constraint.column_keys[0]
def collection(base, local, referred, constraint):
    calls.append(("collection", local.__name__, referred.__name__))
    return referred.__name__.lower() + "_by_" + constraint.column_keys[0]
def generate(base, direction, return_fn, attrname, local_cls, referred_cls, **kw):
    calls.append(("generate", direction.name, return_fn.__name__, attrname, local_cls.__name__, referred_cls.__name__, sorted(kw)))
    if attrname == "users_boss_id":
        return None
    if direction is interfaces.ONETOMANY:
        kw["cascade"] = "all, delete-orphan"
        kw["passive_deletes"] = True
    return generate_relationship(base, direction, return_fn, attrname, local_cls, referred_cls, **kw)
Base = automap_base()
Base.prepare(autoload_with=engine, classname_for_table=camelize, name_for_scalar_relationship=scalar, name_for_collection_relationship=collection, generate_relationship=generate, collection_class=set)
# which side of an association is first depends on a set
print(sorted(repr(call) for call in calls if call[1] != "MANYTOMANY"))
describe(Base)
""",
    "metadata only": """
metadata = MetaData()
metadata.reflect(engine, only=["users", "addresses"])
Table("user_links", metadata, Column("a", ForeignKey("users.id"), primary_key=True), Column("b", ForeignKey("addresses.id"), primary_key=True))
Table("new", metadata, Column("id", Integer, primary_key=True), Column("u", ForeignKey("users.id")), Column("users", Integer))
Base = automap_base(metadata=metadata)
try:
    Base.prepare()
except Exception as error:
    print(type(error).__name__, str(error).split("conflicts")[0], str(error).split(">'.")[-1])
Base2 = automap_base(metadata=metadata)
def named(b, l, r, c):
    return r.__name__ + "_by_" + "_".join(c.column_keys)
attempt(lambda: Base2.prepare(name_for_scalar_relationship=lambda b, l, r, c: r.__name__ + "_ref", name_for_collection_relationship=named))
describe(Base2)
""",
    "other bases": """
class Own(DeclarativeBase):
    type_annotation_map = {str: String(77)}
    def __repr__(self):
        return type(self).__name__ + "!"
Base = automap_base(Own)
class User(Base):
    __tablename__ = "users"
    name: Mapped[str] = mapped_column(String(40))
Base.prepare(autoload_with=engine)
describe(Base)
print(User(), Base.classes.addresses(), Base.metadata is Own.metadata)
print(repr(User.__table__.c.name.type))
class Plain(Own):
    __tablename__ = "plain"
    id: Mapped[int] = mapped_column(primary_key=True)
print(Plain.__mapper__)
""",
    "twice": """
Base = automap_base()
Base.prepare(autoload_with=engine, reflection_options={"only": ["users", "addresses"]})
print(sorted(Base.classes.keys()))
Base.prepare(autoload_with=engine, reflection_options={"only": ["orders", "keywords", "order_keywords"]})
print(sorted(Base.classes.keys()))
describe(Base)
Base.prepare(autoload_with=engine)
print(sorted(Base.classes.keys()))
""",
    "modules": """
Base = automap_base()
Base.prepare(autoload_with=engine, modulename_for_table=lambda base, name, table: "app." + name[0] if name != "users" else None)
print(sorted(Base.classes.keys()), sorted(Base.by_module.keys()), sorted(Base.by_module.app.keys()))
print(Base.by_module.app.a.addresses.__module__, sorted(Base.by_module.app.a.keys()))
describe(Base)
""",
    "duplicates": """
Base = automap_base()
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    Base.prepare(autoload_with=engine, classname_for_table=lambda base, name, table: "same" if name in ("keywords", "employees") else name)
    print(sorted(str(w.message).replace("employees", "T").replace("keywords", "T") for w in caught if type(w.message).__module__.startswith("sqlalchemy")))
Base = automap_base()
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    Base.prepare(engine, reflect=True)
    Base.prepare(engine=engine)
    print([(type(w.message).__name__, str(w.message)) for w in caught if type(w.message).__module__.startswith("sqlalchemy")])
attempt(lambda: AutomapBase.prepare())
attempt(lambda: automap_base().prepare(autoload_with=engine, generate_relationship=lambda *a, **k: generate_relationship(a[0], a[1], list, *a[3:], **k)))
""",
    "deferred reflection": """
class Base(DeclarativeBase):
    pass
class Reflected(DeferredReflection):
    __abstract__ = True
class User(Reflected, Base):
    __tablename__ = "users"
    addresses = relationship("Address", back_populates="user")
    title = Column("name", String(55))
class Address(Reflected, Base):
    __tablename__ = "addresses"
    user = relationship("User", back_populates="addresses")
class Order(Reflected, Base):
    __tablename__ = "orders"
    keywords = relationship("Keyword", secondary="order_keywords", backref="orders")
class Keyword(Reflected, Base):
    __tablename__ = "keywords"
class Employee(Reflected, Base):
    __tablename__ = "employees"
    __mapper_args__ = {"polymorphic_on": "type", "polymorphic_identity": "emp"}
class Engineer(Employee):
    __tablename__ = "engineers"
    id = Column(ForeignKey("employees.id"), primary_key=True)
    boss_id = Column(ForeignKey("users.id"))
    __mapper_args__ = {"polymorphic_identity": "eng"}
class Temp(Employee):
    extra = column_property(literal("t"))
    __mapper_args__ = {"polymorphic_identity": "temp"}
class Normal(Base):
    __tablename__ = "normal"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))
    user = relationship("User")
attempt(lambda: class_mapper(User))
attempt(lambda: select(User).where(User.id == 5))
attempt(lambda: inspect(User))
attempt(lambda: Session(engine).get(User, 1))
attempt(lambda: Session(engine).query(User))
attempt(lambda: Reflected.prepare("sqlite://"))
Reflected.prepare(engine)
describe(Base)
session = Session(engine)
session.add_all([User(id=1, title="x", addresses=[Address(id=1, email="e")]), Engineer(id=1, name="n", skill="s"), Temp(id=2, name="t"), Employee(id=3, name="p")])
session.commit()
print([(u.title, [a.email for a in u.addresses]) for u in session.scalars(select(User))])
print([(type(e).__name__, e.name) for e in session.scalars(select(Employee).order_by(Employee.id))])
print(session.scalars(select(Engineer)).one().skill, session.scalars(select(Temp)).one().extra)
print(repr(User.__table__.c.name.type), [c.name for c in Employee.__table__.c], [c.name for c in Engineer.__table__.c])
Reflected.prepare(engine)
class Later(Reflected, Base):
    __tablename__ = "favourites"
with engine.connect() as connection:
    Reflected.prepare(connection)
print(sorted(Later.__mapper__.columns.keys()))
class Missing(Reflected, Base):
    __tablename__ = "missing"
try:
    Reflected.prepare(engine)
except Exception as error:
    print(type(error).__name__, str(error).split("Engine")[0], "missing" in str(error))
""",
    "deferred reflection of one base": """
Base = declarative_base(cls=DeferredReflection)
class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
assoc = Table("order_keywords", Base.metadata)
class Order(Base):
    __tablename__ = "orders"
    keywords = relationship("Keyword", secondary=assoc)
class Keyword(Base):
    __tablename__ = "keywords"
class Mixin:
    @declared_attr
    def users(cls):
        return relationship("User", viewonly=True)
class Address(Mixin, Base):
    __tablename__ = "addresses"
Base.prepare(engine)
describe(Base)
""",
    "schema": """
if engine.name == "postgresql":
    with engine.begin() as c:
        c.exec_driver_sql("drop schema if exists automap_other cascade")
        c.exec_driver_sql("create schema automap_other")
        c.exec_driver_sql("create table automap_other.items (id integer primary key, user_id integer references users (id))")
else:
    with engine.connect() as c:
        c.exec_driver_sql("attach database ':memory:' as automap_other")
        c.exec_driver_sql("create table automap_other.items (id integer not null primary key, parent_id integer, foreign key (parent_id) references items (id))")
        c.commit()
Base = automap_base()
Base.prepare(autoload_with=engine)
Base.prepare(autoload_with=engine, schema="automap_other")
print(sorted(Base.classes.keys()), Base.classes["items"].__table__.fullname)
describe(Base)
if engine.name == "postgresql":
    with engine.begin() as c:
        c.exec_driver_sql("drop schema automap_other cascade")
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    # what is asked of the catalog is each package's own
    compare(MODELS + PROGRAMS[name], sql=False)
