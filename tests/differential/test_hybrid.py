"""Hybrid attributes and methods, ordering_list: on objects, in queries, in bulk statements."""

from __future__ import annotations

import pytest

from .harness import compare

MODELS = """
from sqlalchemy import *
from sqlalchemy.orm import *
from sqlalchemy.ext.hybrid import Comparator, hybrid_method, hybrid_property

class Base(DeclarativeBase):
    pass

class Insensitive(Comparator):
    def __eq__(self, other):
        return func.lower(self.__clause_element__()) == func.lower(other)

class Operated(Comparator):
    def operate(self, op, other, **kw):
        return op(func.upper(self.__clause_element__()), func.upper(other), **kw)

class Named:
    @hybrid_property
    def shout(self):
        return self.first + "!"

class User(Named, Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[str] = mapped_column("first_name")
    last: Mapped[str | None]
    age: Mapped[int] = mapped_column(default=1)
    friend_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    friend = relationship("User", remote_side=id)

    @hybrid_property
    def alias(self):
        return self.first

    @hybrid_property
    def full(self):
        return self.first + " " + self.last

    @full.setter
    def full(self, value):
        self.first, self.last = value.split()

    @full.update_expression
    def full(cls, value):
        return [(cls.first, value.split()[0]), (cls.last, value.split()[1])]

    @hybrid_property
    def old(self):
        return self.age > 40 if self.age is not None else None

    @old.expression
    def old(cls):
        return case((cls.age > 40, True), else_=False)

    @hybrid_property
    def insensitive(self):
        return self.first.lower()

    @insensitive.comparator
    def insensitive(cls):
        return Insensitive(cls.first)

    @hybrid_property
    def operated(self):
        return self.first

    @operated.comparator
    def operated(cls):
        return Operated(cls.first)

    @hybrid_method
    def older(self, years, plus=0):
        return self.age > years + plus

    @hybrid_method
    def like(self, text):
        return text in self.first

    @like.expression
    def like(cls, text):
        return cls.first.like("%" + text + "%")

    @hybrid_property
    def size(self):
        return len(self.first)

    @size.inplace.expression
    @classmethod
    def _size_expression(cls):
        return func.length(cls.first)

    @size.inplace.setter
    def _size_setter(self, value):
        self.first = "x" * value

    @hybrid_property
    def friend_name(self):
        return self.friend.first if self.friend else None

    @friend_name.expression
    def friend_name(cls):
        other = aliased(User)
        return select(other.first).where(other.id == cls.friend_id).scalar_subquery()

    @hybrid_property
    def constant(self):
        return 5

    def __repr__(self):
        return f"U({self.first})"

engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
session = Session(engine)
session.add_all([
    User(id=1, first="Ann", last="Lee", age=50),
    User(id=2, first="bob", last="Ray", age=30, friend_id=1),
    User(id=3, full="Cid Moe", age=41),
])
session.commit()

def attempt(function):
    try:
        print(function())
    except Exception as error:
        print(type(error).__name__, error)
"""

PROGRAMS = {
    "objects": """
u = session.get(User, 3)
print(u.full, u.shout, u.old, u.insensitive, u.older(40), u.older(40, plus=5), u.like("i"))
u.full = "Dan Poe"
print(u.first, u.last, u.full)
u.size = 4
print(u.first, u.size, u.alias)
attempt(lambda: setattr(u, "shout", 1))
attempt(lambda: delattr(u, "shout"))
print(session.get(User, 2).friend_name)
""",
    "queries": """
print(session.scalars(select(User).where(User.full == "Ann Lee")).all())
print(session.execute(select(User.full, User.alias, User.shout, User.size)).all())
print(session.execute(select(User.full, User.alias)).first()._fields)
print(session.scalars(select(User).where(User.old).order_by(User.size.desc(), User.full)).all())
print(session.scalars(select(User).where(User.insensitive == "BOB")).all())
print(session.scalars(select(User).where(User.operated == "bOb")).all())
print(session.scalars(select(User).where(User.older(40, plus=2), User.like("n"))).all())
print(session.query(User.friend_name).filter(User.friend_name.is_not(None)).all())
print(session.query(User).filter_by(full="Ann Lee").all())
print(session.query(User.full.label("z")).order_by("z").all())
print(session.query(func.max(User.full)).scalar(), select(User.full.in_(["a", "b"])))
other = aliased(User)
print(select(other.full, other.shout, other.size).where(other.older(3), other.insensitive == "x"))
print(session.query(other.full).join(User, User.friend_id == other.id).all())
part = select(User.full, User.size).subquery()
print(part.c.keys(), select(part.c.full))
print(select(User).group_by(User.full).having(func.count() > 1))
print(session.execute(select(User.id, User.age + User.size)).all())
""",
    "errors": """
attempt(lambda: select(User.constant))
attempt(lambda: User.full.nope)
attempt(lambda: User(nope=1))
""",
    "updates": """
session.execute(update(User).where(User.full == "Ann Lee").values(full="Eve Fox"))
print(session.scalars(select(User.full).order_by(User.id)).all())
session.execute(update(User).where(User.id == 2).values({User.full: "Gus Hay", User.age: 7}))
session.execute(update(User).where(User.id == 3).values({User.alias: "Ike"}))
print(session.get(User, 1).full, session.scalars(select(User.full).order_by(User.id)).all())
session.query(User).filter(User.size == 3).update({User.alias: User.alias + "y"})
session.query(User).filter(User.id == 1).update({"full": "Joe Kay"})
print(session.scalars(select(User.full).order_by(User.id)).all())
print(update(User).values(full="a b"), update(User).ordered_values((User.age, 1), (User.full, "c d")))
session.execute(delete(User).where(User.shout == "Joe!"))
print(session.query(User).count())
""",
    "inspection": """
found = inspect(User).all_orm_descriptors
print(sorted(found.keys()), found["full"].extension_type, found["older"].extension_type)
print(User.full.key, User.full.class_, User.full.parent, User.full.info, User.alias.property)
found["full"].info["x"] = 1
print(User.full.info, User.full.expression, found["full"].is_attribute)
rows = select(User.full, User.alias).column_descriptions
print([(r["name"], r["aliased"], r["entity"]) for r in rows])
""",
    "inheritance": """
class Person(Base):
    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "p"}

    @hybrid_property
    def upper(self):
        return self.name.upper()

    @upper.expression
    def upper(cls):
        return func.upper(cls.name)

class Boss(Person):
    __mapper_args__ = {"polymorphic_identity": "b"}

    @Person.upper.overrides.expression
    def upper(cls):
        return func.upper(cls.name + "?")

    @Person.upper.setter
    def upper2(self, value):
        self.name = value.lower()

print(select(Person.upper), select(Boss.upper), Person(name="x").upper, Boss(name="y").upper)
boss = Boss(name="z")
boss.upper2 = "QQ"
print(boss.name)
""",
    "classmethods": """
class Person(Base):
    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

    @hybrid_property
    def loud(self):
        return self.name.upper()

    @loud.expression
    @classmethod
    def loud(cls):
        return func.upper(cls.name)

    @hybrid_property
    def folded(self):
        return self.name.lower()

    @folded.comparator
    @classmethod
    def folded(cls):
        return Folded(cls.name)

    @folded.update_expression
    @classmethod
    def folded(cls, value):
        return [(cls.name, value.lower())]

    @hybrid_method
    def begins(self, text):
        return self.name.startswith(text)

    @begins.expression
    @classmethod
    def begins(cls, text):
        return func.substr(cls.name, 1, len(text)) == text

class Folded(Comparator):
    def __eq__(self, other):
        return func.lower(self.__clause_element__()) == func.lower(other)

print(select(Person.loud), select(Person.id).where(Person.folded == "X"))
print(update(Person).values({Person.folded: "ABC"}).compile().params)
print(select(Person.begins("ab")), Person(name="abc").begins("ab"), Person(name="x").loud)
alias = aliased(Person)
print(select(alias.loud).where(alias.folded == "x", alias.begins("y")))
""",
    "documentation": """
class Thing(Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)

    @hybrid_property
    def both(self):
        "of an object"

    @both.expression
    def both(cls):
        "of the class"
        return cls.id

    @hybrid_property
    def one(self):
        "of objects alone"

    @one.expression
    def one(cls):
        return cls.id

    @hybrid_property
    def compared(self):
        "of an object"

    @compared.comparator
    def compared(cls):
        "of the comparator"
        return Comparator(cls.id)

for name in ("both", "one", "compared"):
    print(getattr(Thing, name).__doc__, Thing.__dict__[name].__doc__)
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_hybrid(name: str) -> None:
    peer, _ = compare(MODELS + PROGRAMS[name])
    assert peer.error is None


ORDERED = """
import pickle
from sqlalchemy import *
from sqlalchemy.orm import *
from sqlalchemy.ext.orderinglist import count_from_n_factory, ordering_list

for options in ({}, {"count_from": 1}, {"count_from": 10}, {"reorder_on_append": True},
                {"ordering_func": lambda index, items: index * 2}):
    Base = declarative_base()

    class Slide(Base):
        __tablename__ = "slides"
        id = Column(Integer, primary_key=True)
        bullets = relationship("Bullet", order_by="Bullet.place", back_populates="slide",
            collection_class=ordering_list("place", **options), cascade="all, delete-orphan")

    class Bullet(Base):
        __tablename__ = "bullets"
        id = Column(Integer, primary_key=True)
        slide_id = Column(ForeignKey("slides.id"))
        place = Column(Integer)
        text = Column(String)
        slide = relationship(Slide, back_populates="bullets")
        def __repr__(self):
            return f"{self.text}{self.place}"

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    session = Session(engine)
    slide = Slide()
    session.add(slide)
    for text in "abc":
        slide.bullets.append(Bullet(text=text))
    print(slide.bullets)
    slide.bullets.insert(1, Bullet(text="d"))
    session.commit()
    print(slide.bullets)
    slide.bullets.remove(slide.bullets[0])
    print(slide.bullets, slide.bullets.pop(1), slide.bullets)
    slide.bullets[0] = Bullet(text="e")
    slide.bullets.append(Bullet(text="f", place=99))
    print(slide.bullets)
    slide.bullets[0:2] = [Bullet(text="g"), Bullet(text="h"), Bullet(text="i")]
    print(slide.bullets)
    del slide.bullets[1]
    del slide.bullets[1:2]
    print(slide.bullets)
    session.commit()
    session.expire_all()
    print(slide.bullets)
    Bullet(text="j", slide=slide)
    slide.bullets.reorder()
    slide.bullets.reverse()
    slide.bullets.reorder()
    session.commit()
    print(session.execute(select(Bullet.text, Bullet.place).order_by(Bullet.place)).all())
    slide.bullets = [Bullet(text="k"), Bullet(text="l")]
    print(slide.bullets)
    session.commit()
    print(session.query(Bullet).count(), type(slide.bullets).__name__, slide.bullets.ordering_attr)
    slide.bullets.clear()
    print(slide.bullets)
    session.rollback()
    slide.bullets.extend([Bullet(text="m")])
    print(slide.bullets)
    session.close()
"""


def test_ordering_list() -> None:
    # pending objects of one list are inserted in an order of their own
    peer, _ = compare(ORDERED, sql=False)
    assert peer.error is None
