"""Which database statements run on: what a get_bind() of the program's is asked, classes on databases
of their own, bind_arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()

# Databases of their own are files.
pytestmark = pytest.mark.sqlite_only


@pytest.mark.parametrize("run", program.registered)
def test_routing(run: Any) -> None:
    peer, _ = compare(run)
    assert peer.error is None


def users(p: Any) -> tuple[Any, Any]:
    class User(p.Base):
        __tablename__ = "user"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        addresses = p.relationship("Address", back_populates="user", order_by="Address.id")

    class Address(p.Base):
        __tablename__ = "address"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("user.id"))
        user = p.relationship(User, back_populates="addresses")

    return User, Address


def engines(p: Any, *names: str) -> list[Any]:
    """Databases with the tables; objects of each have as many addresses as its place says."""
    User, Address = (each.class_ for each in sorted(p.Base.registry.mappers, key=str)[::-1])
    found = []
    for number, name in enumerate(names, 1):
        engine = p.engine(f"sqlite:///{name}.db")
        p.Base.metadata.create_all(engine)
        with p.Session(engine) as session:
            session.add(User(addresses=[Address() for _ in range(number)]))
            session.commit()
        found.append(engine)
    return found


@program
def what_get_bind_is_given(p: Any) -> None:
    """What a session asks for reading and by statements goes by name; a flush names the mapper
    alone."""
    User, Address = users(p)
    asked: list[Any] = []

    class Routing(p.orm.Session):
        def get_bind(self, *args: Any, **kw: Any) -> Any:
            clause = type(kw.get("clause")).__name__
            asked.append((len(args), *sorted(kw), clause, str(kw.get("mapper", args))))
            return super().get_bind(*args, **kw)

    engine = p.engine()
    p.Base.metadata.create_all(engine)
    s = Routing(engine)

    def step(work: Callable[[], Any]) -> None:
        work()
        p.show(list(dict.fromkeys(asked)))
        asked.clear()

    user = User(name="a", addresses=[Address()])
    s.add(user)
    step(s.commit)
    step(lambda: user.name)
    s.expire(user, ["name"])
    step(lambda: user.name)
    step(lambda: user.addresses)
    step(lambda: s.refresh(user))
    s.expunge_all()
    step(lambda: s.get(User, 1).addresses[0].user)
    s.expunge_all()
    step(lambda: s.query(User).options(p.selectinload(User.addresses)).all())
    step(lambda: s.query(User).count())
    step(lambda: s.execute(p.select(User.name)))
    step(lambda: s.execute(p.select(User.__table__)))
    step(lambda: s.execute(p.text("select 1")))
    step(lambda: s.execute(p.update(User).values(name="x")))
    step(lambda: s.query(Address).delete(synchronize_session=False))
    step(lambda: s.execute(p.insert(User).values(name="y")))
    step(lambda: s.bulk_insert_mappings(User, [{"name": "q"}]))
    step(lambda: s.merge(User(id=3, name="m")))
    step(lambda: str(s.query(User)))
    s.close()


@program
def only_names(p: Any) -> None:
    """A get_bind() that takes arguments by name reads."""
    User, _ = users(p)
    (engine,) = engines(p, "a")

    class Routing(p.orm.Session):
        def get_bind(self, **kw: Any) -> Any:
            return super().get_bind(**kw)

    with Routing(engine) as s:
        user = s.scalars(p.select(User)).one()
        p.show(len(user.addresses), s.get(User, 1) is user)
        s.execute(p.update(User).values(name="x"))
        p.show(user.name)


@program
def a_database_for_each_class(p: Any) -> None:
    User, Address = users(p)
    first, second = engines(p, "a", "b")

    class Routing(p.orm.Session):
        def get_bind(self, mapper: Any = None, clause: Any = None, **kw: Any) -> Any:
            if mapper is None:
                return super().get_bind(mapper, clause=clause, **kw)
            return first if p.inspect(mapper).class_ is User else second

    for make in (lambda: p.Session(binds={User: first, Address: second}), lambda: Routing(first)):
        for load in (p.selectinload, p.subqueryload, p.lazyload, p.immediateload):
            with make() as s:
                found = s.query(User).options(load(User.addresses))
                p.show(load.__name__, [len(user.addresses) for user in found])
            with make() as s:
                found = s.query(Address).options(load(Address.user)).order_by(Address.id)
                p.show([address.user.id for address in found])


@program
def bind_arguments_are_for_the_statement_alone(p: Any) -> None:
    User, Address = users(p)
    first, second, third = engines(p, "a", "b", "c")
    for make in (
        lambda: p.Session(first),
        lambda: p.Session(binds={User: first, Address: second}),
        lambda: p.Session(first, binds={User: second}),
    ):
        for load in (p.selectinload, p.subqueryload, p.lazyload, p.immediateload):
            with make() as s:
                statement = p.select(User).options(load(User.addresses))
                for given in ({"bind": third}, {"mapper": Address}):
                    found = s.scalars(statement, bind_arguments=given)
                    p.show([len(user.addresses) for user in found])
                    s.expunge_all()
