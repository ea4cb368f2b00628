"""Point 2: declarative bases, typed mappings, mixins, attributes added later."""

import datetime
from typing import Optional

import pytest


def test_declarative_base_is_in_both_places(p):
    with pytest.warns(p.exc.MovedIn20Warning):
        base = p.module("ext.declarative").declarative_base()

    class User(base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)

    assert User.__table__.name == "users"
    assert User.__mapper__.class_ is User
    assert p.inspect(User) is User.__mapper__
    assert repr(User.__mapper__) == "<Mapper at 0x%x; User>" % id(User.__mapper__)
    assert str(User.__mapper__) == "Mapper[User(users)]"


def test_typed_base(p):
    orm = p.orm

    class Base(orm.DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "users"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        name: orm.Mapped[str]
        nick: orm.Mapped[Optional[str]]  # noqa: UP045
        age: orm.Mapped[int | None] = orm.mapped_column(default=5)
        born: orm.Mapped[datetime.date | None]

    columns = User.__table__.c
    assert [c.name for c in columns] == ["id", "name", "nick", "age", "born"]
    assert [c.nullable for c in columns] == [False, False, True, True, True]
    assert isinstance(columns.name.type, p.String)
    assert isinstance(columns.born.type, p.Date)
    engine = p.engine()
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add(User(name="x"))
        session.commit()
        assert session.scalars(p.select(User)).one().age == 5


def test_mixin_and_abstract(p):
    class Stamped:
        created = p.Column(p.Integer, default=7)

        @property
        def doubled(self):
            return self.created * 2

    class Model(p.Base):
        __abstract__ = True
        id = p.Column(p.Integer, primary_key=True)

        def describe(self):
            return f"{type(self).__name__} {self.id}"

    class A(Stamped, Model):
        __tablename__ = "a"

    class B(Stamped, Model):
        __tablename__ = "b"
        extra = p.Column(p.String)

    session = p.session()
    session.add_all([A(), B(extra="e")])
    session.commit()
    a, b = session.query(A).one(), session.query(B).one()
    assert (a.describe(), a.doubled, b.describe(), b.extra) == ("A 1", 14, "B 1", "e")
    assert A.__table__.c.created is not B.__table__.c.created


def test_added_after_the_class_exists(p):
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("users.id"))
        user = p.relationship("User", back_populates="posts")

    User.name = p.Column(p.String)
    User.posts = p.relationship("Post", order_by=Post.id, back_populates="user")
    session = p.session()
    session.add(User(name="u", posts=[Post(), Post()]))
    session.commit()
    user = session.query(User).one()
    assert (user.name, len(user.posts)) == ("u", 2)
    assert user.posts[0].user is user


def test_added_after_objects_exist(p):
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("users.id"))

    early = User()
    User.name = p.Column(p.String)
    User.posts = p.relationship("Post", order_by=Post.id)
    assert (early.name, early.posts) == (None, [])
    early.name = "early"
    early.posts.append(Post())
    session = p.session()
    session.add(early)
    session.commit()
    assert (early.name, len(early.posts)) == ("early", 1)


def test_constructor(p):
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        plain = "class attribute"

        @property
        def upper(self):
            return self.name.upper()

        @upper.setter
        def upper(self, value):
            self.name = value.lower()

    assert User(upper="ABC").name == "abc"
    assert User(plain=3).plain == 3
    assert User().name is None
    with pytest.raises(TypeError, match="'nmae' is an invalid keyword argument for User"):
        User(nmae="typo")
    with pytest.raises(TypeError):
        User("positional")


def test_own_init(p):
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

        def __init__(self, first, last):
            self.name = f"{first} {last}"
            self.made = True

    session = p.session()
    session.add(User("Ada", "L"))
    session.commit()
    session.expunge_all()
    user = session.query(User).one()
    assert user.name == "Ada L"
    assert not hasattr(user, "made")


@pytest.mark.parametrize("body", [{}, {"__tablename__": "t"}])
def test_bad_classes(p, body):
    error = p.exc.InvalidRequestError if not body else p.exc.ArgumentError
    with pytest.raises(error):
        type(p.Base)("Bad", (p.Base,), body)
