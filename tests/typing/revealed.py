"""What a type checker infers of a program; `test_revealed.py` compares both packages.

Written for SQLAlchemy: the names are the same here.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime
from decimal import Decimal
from typing import reveal_type

from sqlalchemy import (
    Column,
    DateTime,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    TypeDecorator,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    column,
    create_engine,
    delete,
    desc,
    exists,
    func,
    insert,
    inspect,
    literal,
    null,
    or_,
    select,
    text,
    true,
    tuple_,
    type_coerce,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, INT4RANGE, UUID, array
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.ext.asyncio import AsyncAttrs, AsyncConnection, AsyncSession, async_sessionmaker
from sqlalchemy.ext.hybrid import Comparator, hybrid_method, hybrid_property
from sqlalchemy.orm import (
    DeclarativeBase,
    DynamicMapped,
    Mapped,
    MappedAsDataclass,
    Session,
    WriteOnlyMapped,
    aliased,
    column_property,
    composite,
    declared_attr,
    load_only,
    mapped_column,
    relationship,
    scoped_session,
    selectinload,
    sessionmaker,
    with_polymorphic,
)


class Base(AsyncAttrs, DeclarativeBase):
    pass


@dataclasses.dataclass
class Point:
    x: int
    y: int


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30))
    nick: Mapped[str | None]
    x: Mapped[int]
    y: Mapped[int]
    point: Mapped[Point] = composite("x", "y")
    upper: Mapped[str] = column_property(func.upper(name))
    posts: Mapped[list[Post]] = relationship(back_populates="author")
    tags: Mapped[set[Tag]] = relationship()
    best: Mapped[Post | None] = relationship()
    written: WriteOnlyMapped[Post] = relationship()
    dynamic: DynamicMapped[Post] = relationship()
    titles: AssociationProxy[list[str]] = association_proxy("posts", "title")

    @hybrid_property
    def length(self) -> int:
        return len(self.name)

    @hybrid_method
    def longer(self, other: int) -> bool:
        return len(self.name) > other


class Post(Base):
    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    author: Mapped[User] = relationship(back_populates="posts")


class Tag(Base):
    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class Data(MappedAsDataclass, Base):
    __tablename__ = "data"

    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    name: Mapped[str]
    value: Mapped[int | None] = mapped_column(default=None)
    others: Mapped[list[Other]] = relationship(default_factory=list)


class Other(MappedAsDataclass, Base, kw_only=True):
    __tablename__ = "other"

    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    data_id: Mapped[int] = mapped_column(ForeignKey("data.id"))


engine = create_engine("sqlite://")
session = Session(engine)
table = Table("t", MetaData(), Column("id", Integer), Column("name", String))


def attributes(user: User, post: Post) -> None:
    reveal_type(user.id)
    reveal_type(user.nick)
    reveal_type(user.point)
    reveal_type(user.upper)
    reveal_type(user.posts)
    reveal_type(user.tags)
    reveal_type(user.best)
    reveal_type(user.written)
    reveal_type(user.dynamic)
    reveal_type(user.titles)
    reveal_type(user.length)
    reveal_type(user.longer(3))
    reveal_type(post.author)
    reveal_type(post.author.posts[0].title)
    reveal_type(user.written.select())
    reveal_type(user.dynamic.all())
    reveal_type(User.id)
    reveal_type(User.nick)
    reveal_type(User.posts)
    reveal_type(User.written)
    reveal_type(User.length)
    reveal_type(User.longer(3))
    reveal_type(User.__table__)
    reveal_type(User.metadata)
    reveal_type(Data("a"))
    reveal_type(Data.__init__)
    reveal_type(Other.__init__)


def expressions() -> None:
    reveal_type(User.id == 3)
    reveal_type(User.id + 3)
    reveal_type(User.name + "x")
    reveal_type(User.id > 3)
    reveal_type(User.name.like("a"))
    reveal_type(User.name.in_(["a"]))
    reveal_type(User.id.is_(None))
    reveal_type(User.id.between(1, 2))
    reveal_type(User.id.label("x"))
    reveal_type(User.id.desc())
    reveal_type(and_(User.id == 3, User.name == "a"))
    reveal_type(or_(User.id == 3, True))
    reveal_type(~(User.id == 3))
    reveal_type(-User.id)
    reveal_type(func.count(User.id))
    reveal_type(func.max(User.id))
    reveal_type(func.coalesce(User.nick, "a"))
    reveal_type(func.lower(User.name))
    reveal_type(func.now())
    reveal_type(func.count(User.id).over(order_by=User.name))
    reveal_type(case((User.id > 1, "a"), else_="b"))
    reveal_type(cast(User.id, String))
    reveal_type(literal(3))
    reveal_type(literal("a", String))
    reveal_type(null())
    reveal_type(true())
    reveal_type(tuple_(User.id, User.name))
    reveal_type(exists().where(User.id == 1))
    reveal_type(User.posts.any(Post.title == "a"))
    reveal_type(Post.author.has(name="a"))
    reveal_type(text("x"))
    reveal_type(table.c.id)
    reveal_type(table.c["id"])
    reveal_type(Column("x", Integer))


def statements() -> None:
    reveal_type(select(User))
    reveal_type(select(User.id))
    reveal_type(select(User.id, User.name))
    reveal_type(select(User, Post))
    reveal_type(select(User, Post.title, func.count(Post.id)))
    reveal_type(select(User.id, User.name, User.nick, User.x, User.y))
    reveal_type(select(User.id.label("x"), func.count(User.id)))
    reveal_type(select(table))
    reveal_type(select(table.c.id))
    reveal_type(select(aliased(User)))
    reveal_type(select(User.length))
    reveal_type(select(User.upper, User.best))
    reveal_type(select(User).where(User.id == 3).order_by(User.name).limit(3).offset(1))
    reveal_type(select(User.id, Post.title).join(User.posts).group_by(User.id).distinct())
    reveal_type(select(User.id).add_columns(User.name))
    reveal_type(select(User.id).with_only_columns(User.name))
    reveal_type(select(User).subquery())
    reveal_type(select(User).subquery().c.id)
    reveal_type(select(User.id).scalar_subquery())
    reveal_type(select(User).cte("c"))
    reveal_type(select(User).alias())
    reveal_type(select(User.id).union(select(User.id)))
    reveal_type(union_all(select(User.id), select(User.id)))
    reveal_type(select(User.id).exists())
    reveal_type(select(literal(1), case((User.id > 1, "a"), else_="b")))
    reveal_type(insert(User))
    reveal_type(insert(User).values(name="a"))
    reveal_type(insert(User).returning(User))
    reveal_type(insert(User).returning(User.id, User.name))
    reveal_type(update(User).where(User.id == 3).values(name="a"))
    reveal_type(update(User).returning(User.id))
    reveal_type(delete(User).where(User.id == 3))
    reveal_type(delete(User).returning(User.id, User.nick))
    reveal_type(text("select 1").columns(User.id))
    reveal_type(aliased(User))
    reveal_type(aliased(User).id)


def sessions() -> None:
    reveal_type(session.execute(select(User)))
    reveal_type(session.execute(select(User.id, User.name)))
    reveal_type(session.execute(select(User.id, User.name)).all())
    reveal_type(session.execute(select(User.id, User.name)).first())
    reveal_type(session.execute(select(User.id, User.name)).one())
    reveal_type(session.execute(select(User.id, User.name)).one_or_none())
    reveal_type(session.execute(select(User.id, User.name)).fetchmany(3))
    reveal_type(session.execute(select(User.id, User.name)).tuples().all())
    reveal_type(session.execute(select(User.id, User.name)).mappings().all())
    reveal_type(session.execute(select(User.id, User.name)).scalars().all())
    reveal_type(session.execute(select(User.id, User.name)).scalar())
    reveal_type(session.execute(select(User.id)).scalar_one())
    reveal_type(session.execute(select(User.id)).scalar_one_or_none())
    reveal_type(session.execute(select(User.id, User.name)).partitions(2))
    reveal_type(session.execute(select(User.id, User.name)).unique())
    reveal_type(session.execute(select(User.id)).keys())
    reveal_type(session.execute(select(User.id)).freeze())
    reveal_type(session.execute(insert(User)))
    reveal_type(session.execute(insert(User).returning(User.id, User.name)).all())
    reveal_type(session.execute(text("select 1")))
    reveal_type(session.scalars(select(User)))
    reveal_type(session.scalars(select(User)).all())
    reveal_type(session.scalars(select(User)).one())
    reveal_type(session.scalars(select(User)).first())
    reveal_type(session.scalars(select(User.nick)).unique().all())
    reveal_type(session.scalars(insert(User).returning(User)).all())
    reveal_type(session.scalar(select(User.id)))
    reveal_type(session.scalar(select(User.nick)))
    reveal_type(session.get(User, 1))
    reveal_type(session.get_one(User, 1))
    reveal_type(session.query(User))
    reveal_type(session.query(User).all())
    reveal_type(session.query(User).filter(User.id == 1).order_by(User.id).first())
    reveal_type(session.query(User).one())
    reveal_type(session.query(User).count())
    reveal_type(session.query(User.id))
    reveal_type(session.query(User.id, User.name))
    reveal_type(session.query(User.id, User.name).all())
    reveal_type(session.query(User.id).scalar())
    reveal_type(session.query(User, Post).first())
    reveal_type(session.merge(User()))
    reveal_type(session.begin())
    reveal_type(session.connection())
    reveal_type(session.new)
    reveal_type(session.is_modified(User()))
    reveal_type(sessionmaker(engine))
    reveal_type(sessionmaker(engine)())
    reveal_type(scoped_session(sessionmaker(engine)))
    reveal_type(scoped_session(sessionmaker(engine)).scalars(select(User)).all())
    reveal_type(scoped_session(sessionmaker(engine)).get(User, 1))


def connections() -> None:
    with engine.connect() as connection:
        reveal_type(connection)
        reveal_type(connection.execute(select(User.id, User.name)))
        reveal_type(connection.execute(select(User.id, User.name)).all())
        reveal_type(connection.execute(text("x")).all())
        reveal_type(connection.scalar(select(User.id)))
        reveal_type(connection.scalars(select(User.id)).all())
        reveal_type(connection.begin())
        reveal_type(connection.begin_nested())
        reveal_type(connection.exec_driver_sql("x"))
        reveal_type(connection.execution_options(a=1))
        reveal_type(connection.execute(insert(table)).inserted_primary_key)
        reveal_type(connection.execute(insert(table)).rowcount)
    with engine.begin() as begun:
        reveal_type(begun)


def rows() -> None:
    for row in session.execute(select(User.id, User.name)):
        reveal_type(row)
        reveal_type(row[0])
        reveal_type(row.name)
        reveal_type(row._mapping)
        reveal_type(row._asdict())
    for number, name in session.execute(select(User.id, User.name)).tuples():
        reveal_type(number)
        reveal_type(name)
    for number, name in session.execute(select(User.id, User.name)):
        reveal_type(number)
        reveal_type(name)
    one = session.execute(select(User.id, User.name)).one()
    reveal_type(one._tuple())
    reveal_type(one.t)
    for user in session.scalars(select(User)):
        reveal_type(user)
    for user in session.query(User):
        reveal_type(user)


class Upper(Comparator[str]):
    """How a hybrid compares without regard to case."""


class Declares:
    @declared_attr
    def made(cls) -> Mapped[datetime]:
        return mapped_column(DateTime)

    @declared_attr.directive
    def __tablename__(cls) -> str:
        return cls.__name__.lower()


class Declared(Declares, Base):
    id: Mapped[int] = mapped_column(primary_key=True)


class Money(TypeDecorator[Decimal]):
    impl = Numeric


def of_types() -> None:
    reveal_type(Column("x", Numeric(10, 2)))
    reveal_type(Column("x", Numeric(asdecimal=False)))
    reveal_type(Column("x", Float()))
    reveal_type(Column("x", Uuid()))
    reveal_type(Column("x", UUID(as_uuid=False)))
    reveal_type(Column("x", INT4RANGE))
    reveal_type(Column("x", type_=DateTime(timezone=True)))
    reveal_type(array([1, 2]))
    reveal_type(cast(User.id, ARRAY(String)))
    reveal_type(cast(User.id, Money))
    reveal_type(literal("5", Integer))
    reveal_type(bindparam("x", type_=Integer))
    reveal_type(type_coerce(User.name, Integer))
    reveal_type(column("x", Integer))
    reveal_type(select(column("x", Integer)))
    reveal_type(desc(User.name))


def of_functions() -> None:
    reveal_type(func.coalesce(User.nick, "a"))
    reveal_type(func.max(column("x", Integer)))
    reveal_type(func.array_agg(User.id))
    reveal_type(func.percent_rank())
    reveal_type(func.localtimestamp())
    reveal_type(func.strange(1, type_=Integer))
    reveal_type(func.row_number().filter(User.id > 1))
    reveal_type(func.row_number().within_group(User.id).over())
    reveal_type(User.id / 2)
    reveal_type(User.id.bitwise_and(1))
    reveal_type(~User.id.bitwise_not())
    and_()


def of_declared_attributes(declared: Declared) -> None:
    reveal_type(declared.made)
    reveal_type(Declared.made)
    reveal_type(Declared.__tablename__)
    reveal_type(User.titles)


def of_inspection(user: User) -> None:
    reveal_type(inspect(user))
    reveal_type(inspect(User))
    reveal_type(inspect(engine))
    reveal_type(with_polymorphic(User, "*"))
    reveal_type(select(with_polymorphic(User, "*")))
    reveal_type(User.posts.of_type(aliased(Post)))


def of_queries() -> None:
    query = session.query(User)
    reveal_type(query.with_entities(User.id, User.name))
    reveal_type(query.tuples())
    reveal_type(query.only_return_tuples(True).all())
    reveal_type(query.scalar_subquery())
    reveal_type(query.subquery())
    selectinload("posts")
    load_only("name")


class MySession(Session):
    """A class of sessions of the program's own."""


def of_factories() -> None:
    reveal_type(sessionmaker(engine, class_=MySession))
    reveal_type(sessionmaker(engine, class_=MySession)())


async def of_asyncio(connection: AsyncConnection, session: AsyncSession) -> None:
    reveal_type(await connection.execute(select(User.id, User.name)))
    reveal_type(await connection.scalar(select(User.name)))
    reveal_type(await connection.stream(select(User.id)))
    reveal_type(await session.get(User, 1))
    reveal_type(await session.get_one(User, 1))
    reveal_type(await session.merge(User()))
    reveal_type(await session.run_sync(lambda sync: sync.get(User, 1)))
    reveal_type(async_sessionmaker()())
    reveal_type(await session.refresh(User()))
    reveal_type(session.begin())
    reveal_type(session.identity_map)
    reveal_type(await User().awaitable_attrs.posts)
    reveal_type(await session.execute(select(User.id, User.name)))
    reveal_type((await session.scalars(select(User))).all())
    reveal_type(await session.scalar(select(User)))
    reveal_type(await (await session.stream_scalars(select(User))).all())
    reveal_type(await (await session.stream(select(User.name))).scalar_one())
