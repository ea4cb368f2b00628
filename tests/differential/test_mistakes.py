"""What is given where a SQL expression belongs, by mistake: the error says what it was."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


def given(p: Any) -> tuple[Any, list[Any]]:
    """A mapped class, and what is no expression: it, another class, values without a type."""

    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

    class Plain:
        pass

    return User, [User, User(id=1), p.ForeignKey("users.id"), Plain, 3, None]


@program
def in_expressions(p: Any) -> None:
    user, values = given(p)
    for value in values:
        for made in (
            lambda v: user.name == v,
            lambda v: user.id + v,
            lambda v: user.id < v,
            lambda v: user.name.like(v),
            lambda v: user.id.between(v, 3),
            lambda v: p.func.count(v),
            lambda v: p.func.coalesce(user.id, v),
            lambda v: p.case((user.id == 1, v)),
            lambda v: p.cast(v, p.Integer),
            lambda v: p.tuple_(v),
            lambda v: p.not_(v),
            lambda v: p.select(user).where(v),
            lambda v: p.select(user).order_by(v),
            lambda v: p.update(user).values(name=v),
        ):
            p.error(lambda made=made, value=value: str(made(value)))


@program
def in_check_constraints(p: Any) -> None:
    user, values = given(p)
    for value in (*values, user.id > 3, p.text("id > 3"), "id > 3", p.select(user)):

        def ddl(value: Any = value) -> str:
            table = p.Table("t", p.MetaData(), p.Column("id", p.Integer))
            table.append_constraint(p.CheckConstraint(value))
            return str(p.CreateTable(table))

        p.error(ddl)


@program
def what_runs_statements_as_a_value(p: Any) -> None:
    user, _ = given(p)
    engine = p.create_engine("sqlite://")  # that of PostgreSQL is let through by SQLAlchemy
    with engine.connect() as connection:
        for value in (engine, connection, p.inspect(engine)):
            for made in (
                lambda v: user.id == v,
                lambda v: user.id + v,
                lambda v: user.id.in_([v]),
                lambda v: p.func.coalesce(user.id, v),
                lambda v: p.literal(v),
                lambda v: p.select(user).where(v),
            ):
                p.error(lambda made=made, value=value: str(made(value)))
    for members in ([p.MetaData()], [1, p.MetaData()], [user.id, p.MetaData()]):
        p.error(lambda members=members: str(user.id.in_(members)))


@program
def listeners_that_cannot_be_called(p: Any) -> None:
    user, _ = given(p)
    for target, name in (
        (p.sessionmaker(), "before_flush"),
        (user.__table__, "after_create"),
        (p.engine(), "checkout"),
    ):
        for fn in (3, None, "listener"):
            try:
                p.event.listen(target, name, fn)
            except TypeError:
                p.show("refused")


@pytest.mark.parametrize("function", program.registered)
def test_program(function: Any) -> None:
    compare(function, warned=True)
