"""Comparators of columns, relationships, synonyms and hybrids."""

from __future__ import annotations

import pytest

from .harness import compare

MODELS = """
from sqlalchemy import *
from sqlalchemy.orm import *
from sqlalchemy.orm.interfaces import PropComparator
from sqlalchemy.orm.properties import ColumnProperty
from sqlalchemy.orm.relationships import RelationshipProperty
from sqlalchemy.ext.hybrid import hybrid_property, Comparator, hybrid_method

class Base(DeclarativeBase):
    pass

class Lower(ColumnProperty.Comparator):
    def __eq__(self, other):
        return func.lower(self.__clause_element__()) == func.lower(other)
    def shout(self):
        return func.upper(self.__clause_element__())
    def operate(self, op, *other, **kw):
        return op(self.__clause_element__(), *other, **kw)

class Rel(RelationshipProperty.Comparator):
    def named(self, name):
        return self.has(name=name) if not self.property.uselist else self.any(name=name)
    def __eq__(self, other):
        return super().__eq__(other)

class Hyb(Comparator):
    def __eq__(self, other):
        return func.lower(self.__clause_element__()) == func.lower(other)
    def operate(self, op, other, **kw):
        return op(func.lower(self.__clause_element__()), func.lower(other), **kw)

class Syn(PropComparator):
    def __clause_element__(self):
        return func.trim(self.prop.parent.class_.name)
    def operate(self, op, *other, **kw):
        return op(self.__clause_element__(), *other, **kw)

class User(Base):
    __tablename__ = "users"
    id = mapped_column(Integer, primary_key=True)
    name = column_property(Column(String), comparator_factory=Lower)
    nick = column_property(Column("nick_name", String))
    expr = column_property(Column("e", Integer) + 5, comparator_factory=Lower) if False else None
    other_name = synonym("name")
    trimmed = synonym("nick", comparator_factory=Syn)
    boss_id = mapped_column(ForeignKey("users.id"))
    boss = relationship("User", remote_side=id, comparator_factory=Rel)
    posts = relationship("Post", back_populates="user", comparator_factory=Rel, order_by="Post.id")
    entries = synonym("posts")

    @hybrid_property
    def folded(self):
        return self.nick.lower()

    @folded.comparator
    def folded(cls):
        return Hyb(cls.nick)

class Post(Base):
    __tablename__ = "posts"
    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String)
    kind = mapped_column(String)
    user_id = mapped_column(ForeignKey("users.id"))
    user = relationship("User", back_populates="posts", comparator_factory=Rel)
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "p"}

class Special(Post):
    extra = mapped_column(Integer, nullable=True)
    __mapper_args__ = {"polymorphic_identity": "s"}

engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
session = Session(engine)
session.add_all([User(id=1, name="Ann", nick=" Annie ", posts=[Post(id=1, name="a"), Special(id=2, name="b", extra=3)]), User(id=2, name="Bob", nick="B", boss_id=1)])
session.commit()

def attempt(function):
    try:
        print(function())
    except Exception as error:
        print(type(error).__name__, error)
def q(crit):
    st = select(User.id).where(crit).order_by(User.id)
    print(st)
    print(session.scalars(st).all())
"""

PROGRAMS = {
    "columns": """
q(User.name == "ANN")
q(User.name != "ANN")
q(User.name.in_(["Ann", "Bob"]))
q(User.name.like("A%"))
q(User.name > "Ann")
print(User.name.shout(), select(User.name.shout()))
print(session.scalars(select(User.name.shout()).order_by(User.id)).all())
u = aliased(User)
print(select(u.id).where(u.name == "x"), u.name.shout())
print(type(User.name.comparator).__name__, User.name.comparator.prop is inspect(User).attrs.name, User.name.comparator.property.key)
print(select(User).filter_by(name="x"))
print(session.query(User).filter_by(name="ann").count())
print(User.name.comparator.__clause_element__(), User.name.expression)
attempt(lambda: User.name.nothing)
attempt(lambda: User.nick.nothing)
print(User.name.desc(), User.name + "x", "x" + User.name, User.name.is_(None), User.name.label("z"), User.name.concat("x"))
print(isinstance(User.name.comparator, Lower), User.nick.comparator.__class__.__name__, User.name.key, User.name.property.comparator_factory is Lower)
print(inspect(User).attrs.name.comparator_factory, inspect(User).attrs.nick.comparator_factory.__name__)
""",
    "synonyms": """
q(User.other_name == "ANN")
print(User.other_name.shout(), User.other_name.key, User.other_name)
print(User.other_name.property, User.other_name.parent, inspect(User).synonyms.keys(), inspect(User).attrs.other_name.name)
print(inspect(User).all_orm_descriptors.other_name)
attempt(lambda: q(User.trimmed == "Annie"))
attempt(lambda: print(User.trimmed.in_(["x"]), User.trimmed.property))
u = aliased(User)
print(select(u.id).where(u.other_name == "x"))
attempt(lambda: select(u.id).where(u.trimmed == "x"))
print(select(User.other_name), select(User.id, User.other_name).subquery().c.keys())
print(session.execute(select(User.other_name).order_by(User.id)).mappings().all())
print(select(User).filter_by(other_name="x"))
print(select(User).join(User.entries), select(User).options(joinedload(User.entries)))
print(session.scalars(select(User).options(joinedload(User.entries)).order_by(User.id)).unique().all()[0].entries[0].name)
print(select(User.id).where(User.entries.any(Post.name == "x")))
print(User.entries.property.key, User.entries.of_type(Special), User.entries.and_(Post.name == "x"))
x = session.get(User, 1)
x.other_name = "new"
print(x.name, x in session.dirty, inspect(x).attrs.name.history)
session.rollback()
print(session.execute(update(User).values(other_name="zz").where(User.id == 1)).rowcount if 0 else "")
print(User(other_name="q").name, User(entries=[]).posts)
print(select(User).order_by(User.other_name).options(load_only(User.other_name)))
print(select(User).options(defer(User.other_name)))
""",
    "relationships": """
q(User.posts.named("a"))
q(User.boss.named("Ann"))
q(User.boss == None)
x = session.get(User, 1)
q(User.boss == x)
q(User.boss != x)
q(User.boss != None)
q(User.posts.any())
q(User.posts.any(Post.name == "b"))
q(~User.posts.any(Post.name == "b"))
q(User.posts.contains(session.get(Post, 1)))
q(User.posts.of_type(Special).any(Special.extra == 3)) if engine.name == "sqlite" else None
q(User.posts.of_type(Special).named("b")) if 0 else None
q(User.posts.and_(Post.name == "a").any()) if 0 else None
p = aliased(Post)
q(User.posts.of_type(p).any(p.name == "b"))
print(select(User.id).join(User.posts.of_type(p)).where(p.name == "b"))
print(select(User.id).join(User.posts.and_(Post.name == "b")))
print(select(User.id).join(User.posts.of_type(p).and_(p.name == "b")))
print(select(User.id).join(User.posts.of_type(Special)).where(Special.extra == 5))
print(type(User.posts.comparator).__name__)
attempt(lambda: User.posts.has())
attempt(lambda: User.boss.any())
attempt(lambda: User.posts == 5)
attempt(lambda: User.posts == None)
attempt(lambda: User.posts != None)
attempt(lambda: User.boss == 5)
attempt(lambda: User.boss.contains(x))
attempt(lambda: User.boss.in_([x]))
attempt(lambda: User.posts.any(nothing=5))
attempt(lambda: User.boss.is_not(None))
u = aliased(User)
print(select(u.id).where(u.posts.named("a")))
print(select(u.id).where(u.boss.has(User.id == u.id)))
print(select(u.id).where(u.boss == x))
print(select(Post.id).where(Post.user.named("x")), select(Post.id).where(Post.user.of_type(User).has(id=5)))
print(select(Post.id).where(with_parent(x, User.posts)))
print(User.posts.prop.comparator_factory is Rel, User.posts.entity, User.posts.mapper, User.posts.comparator.mapper)
print(User.posts.__clause_element__(), User.boss.__clause_element__())
print(User.posts.expression, User.boss.property.direction)
""",
    "hybrids": """
q(User.folded == "b")
q(User.folded.in_(["b"])) if 0 else None
q(User.folded > "b")
print(select(User.folded), User.folded.key if hasattr(User.folded, "key") else "")
print(session.scalars(select(User.folded).order_by(User.id)).all())
u = aliased(User)
print(select(u.id).where(u.folded == "x"))
print(select(User).filter_by(folded="B"))
print(select(User).order_by(User.folded))
print(inspect(User).all_orm_descriptors.folded.extension_type, type(User.folded).__name__ != "")
print(User.folded.property if 0 else "")
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    compare(MODELS + PROGRAMS[name])
