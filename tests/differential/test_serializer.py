"""Pickles of statements and queries, with and without what the reader has of its own."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import Any

import cormorant

from .harness import Peer, compare


class _Models:
    """Classes that pickles of this test name by their module."""


def _model(p: Peer) -> tuple[Any, Any]:
    class User(p.Base):  # type: ignore[misc]
        __tablename__ = "users"
        __module__ = __name__
        __qualname__ = "_Models.User"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        addresses = p.relationship(
            "Address", back_populates="user", order_by=lambda: Address.__table__.c.id
        )

        def __repr__(self) -> str:
            return f"User {self.name}"

    class Address(p.Base):  # type: ignore[misc]
        __tablename__ = "addresses"
        __module__ = __name__
        __qualname__ = "_Models.Address"
        id = p.Column(p.Integer, primary_key=True)
        email = p.Column(p.String)
        user_id = p.Column(p.ForeignKey("users.id"))
        user = p.relationship(User, back_populates="addresses")

        def __repr__(self) -> str:
            return f"Address {self.email}"

    _Models.User, _Models.Address = User, Address  # type: ignore[attr-defined]
    p.orm.configure_mappers()
    return User, Address


def test_what_the_reader_has_comes_back_itself() -> None:
    def program(p: Peer) -> None:
        User, _ = _model(p)
        serializer = p.module("ext.serializer")
        with p.session() as session:
            scoped = p.orm.scoped_session(lambda: session)
            engine = session.bind
            for thing in (
                User.__table__,
                User.__table__.c.name,
                p.inspect(User),
                User.name,
                User.addresses,
                p.inspect(User).attrs.name,
                session,
                engine,
            ):
                data = serializer.dumps(thing, 2)
                p.show(serializer.loads(data, p.Base.metadata, scoped) is thing)
            data = serializer.dumps(engine)
            p.show(serializer.loads(data, engine=engine) is engine)
            p.show(serializer.loads(data) is None)
            p.error(lambda: serializer.loads(serializer.dumps(User.__table__), p.MetaData()))

    compare(program)


def test_statements_and_queries_run_again() -> None:
    def program(p: Peer) -> None:
        User, Address = _model(p)
        serializer = p.module("ext.serializer")
        with p.session() as session:
            session.add_all(
                [
                    User(id=7, name="jack", addresses=[Address(email="j@b")]),
                    User(id=8, name="ed", addresses=[Address(email="e@w"), Address(email="e@b")]),
                    User(id=9, name="fred"),
                ]
            )
            session.commit()
            ed = session.get(User, 8)
            other = p.orm.aliased(User)
            scoped = p.orm.scoped_session(lambda: session)
            users, addresses = User.__table__, Address.__table__
            queries = (
                session.query(User)
                .filter(User.name == "ed")
                .options(p.orm.joinedload(User.addresses)),
                session.query(Address).filter(Address.user == ed).order_by(p.desc(Address.email)),
                session.query(User).join(User.addresses).filter(Address.email.like("%e%")),
                session.query(other).join(other.addresses).filter(Address.email.like("%e%")),
                session.query(User, other).join(other, User.id < other.id).filter(User.id < 9),
            )
            for query in queries:
                query.all()
                again = serializer.loads(serializer.dumps(query), p.Base.metadata, scoped)
                p.show(str(again) == str(query), again.all())
            statements = (
                p.select(users).select_from(users.join(addresses)).limit(5),
                p.select(User).options(p.orm.selectinload(User.addresses)).where(User.id < 9),
                p.select(User.name, p.func.count(Address.id))
                .join(User.addresses)
                .group_by(User.name)
                .order_by(User.name),
                p.update(User)
                .where(User.name == "fred")
                .values(name="Fred")
                .execution_options(synchronize_session=False),
                p.select(p.select(users.c.id).where(users.c.id > 7).cte("c")),
                p.select(User.id).where(User.addresses.any(Address.email == "j@b")),
            )
            for statement in statements:
                session.execute(statement)
                again = serializer.loads(serializer.dumps(statement), p.Base.metadata)
                result = session.execute(again)
                p.show(str(again) == str(statement))
                p.show(result.all() if statement.is_select else result.rowcount)

    compare(program)


_READER = """
import pickle, sys
import cormorant as sa
metadata = sa.MetaData()
mine = sa.Table("mine", metadata, sa.Column("x", sa.Integer), sa.Column("y", sa.Integer))
engine = sa.create_engine("sqlite://")
with engine.begin() as connection:
    for name in "mine", "a", "b":
        connection.exec_driver_sql(f"create table {name} (x integer, y integer)")
        connection.exec_driver_sql(f"insert into {name} values ({ord(name[0])}, 2)")
    print(connection.execute(sa.select(mine.c.x).where(mine.c.y == 2)).all())
    for given in pickle.load(sys.stdin.buffer):
        print(connection.execute(given).all())
"""


def test_pickles_of_statements_that_were_run_are_no_others_in_another_process() -> None:
    """What a cache of one process knows a statement by means another one elsewhere."""
    metadata = cormorant.MetaData()
    statements = []
    engine = cormorant.create_engine("sqlite://")
    for name in ("a", "b"):
        table = cormorant.Table(
            name,
            metadata,
            cormorant.Column("x", cormorant.Integer),
            cormorant.Column("y", cormorant.Integer),
        )
        statements.append(cormorant.select(table.c.x).where(table.c.y == 2))
    metadata.create_all(engine)
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(statement)
    engine.dispose()
    for statement in statements:
        # the numbers that a fresh process gives first
        for index, column in enumerate(statement.get_final_froms()[0].c):
            assert isinstance(column._own_key, int)
            column._own_key = index + 1
            assert "_own_key" not in pickle.loads(pickle.dumps(column)).__dict__
    out = subprocess.run(
        [sys.executable, "-c", _READER], input=pickle.dumps(statements), capture_output=True
    )
    assert out.stderr == b""
    assert out.stdout.decode().split("\n")[:3] == ["[(109,)]", "[(97,)]", "[(98,)]"]
