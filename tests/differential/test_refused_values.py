"""Values that a type refuses, wherever they come in: the error names statement and values."""

from __future__ import annotations

import decimal
from typing import Any

import pytest

from .harness import PACKAGES, compare, run

VALUES = {
    "f": ["x", 10**400, -(10**400), [], decimal.Decimal("1.5")],
    "n": ["x", [], 1.5],
    "i": [1.5, "x", []],
    "b": ["x", 5, 2.0],
    "d": ["x"],
    "o": [OverflowError, UnicodeError, RecursionError, ValueError, KeyError],
}


def _picky(p: Any) -> Any:
    """A type that refuses one value."""

    class Picky(p.TypeDecorator):
        impl = p.String
        cache_ok = True

        def process_bind_param(self, value: Any, dialect: Any) -> Any:
            if value == "bad":
                raise ValueError(value)
            return value

    return Picky


def _refused(p: Any, how: str) -> None:
    class Odd(p.TypeDecorator):
        impl = p.String
        cache_ok = True

        def process_bind_param(self, value: Any, dialect: Any) -> Any:
            if value is not None:
                raise value("no")
            return value

    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        f = p.Column(p.Float)
        n = p.Column(p.Numeric(10, 2))
        i = p.Column(p.Integer)
        b = p.Column(p.Boolean)
        d = p.Column(p.Date)
        o = p.Column(Odd)

    engine = p.engine()
    p.Base.metadata.create_all(engine)
    table = Thing.__table__
    for name, values in VALUES.items():
        for value in values:
            with p.orm.Session(engine) as session:

                def work(s: Any = session, key: str = name, given: Any = value) -> Any:
                    column = table.c[key]
                    if how == "insert":
                        s.execute(p.insert(table).values(**{key: given}))
                    elif how == "where":
                        where = column == p.bindparam("x", given, type_=column.type)
                        s.execute(p.select(table).where(where)).all()
                    elif how == "many":
                        s.connection().execute(p.insert(table), [{key: None}, {key: given}])
                    elif how == "add":
                        s.add(Thing(**{key: given}))
                        s.flush()
                    else:
                        s.add(Thing(id=1))
                        s.flush()
                        setattr(s.get(Thing, 1), key, given)
                        s.flush()

                try:
                    work()
                    p.show(name, "done")
                except Exception as error:
                    first = str(error).split("\n")[0]
                    p.show(name, type(error).__name__, type(getattr(error, "orig", None)), first)


@pytest.mark.parametrize("how", ["insert", "where", "many", "add", "change"])
def test_refused_values(how: str) -> None:
    peer, _ = compare(lambda p: _refused(p, how), sql=False)
    assert peer.error is None


@pytest.mark.parametrize("event", [None, "before_cursor_execute", "handle_error"])
def test_empty_sets_of_parameters_in_errors(event: str | None) -> None:
    """An empty set of parameters is shown where one was given, as a session always does; not so
    while anybody listens to the statements of the engine."""

    def program(p: Any) -> None:
        Picky = _picky(p)

        class Thing(p.Base):
            __tablename__ = "thing"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(Picky)

        session = p.session()
        column = Thing.__table__.c.name
        if event is not None:
            p.sa.event.listen(session.get_bind(), event, lambda *args: None)
        statements = {
            "table": p.select(column).where(column == "bad"),
            "class": p.select(Thing).where(Thing.name == "bad"),
            "text": p.text("select :x").bindparams(p.bindparam("x", "bad", type_=Picky())),
            "insert": p.insert(Thing).values(name="bad"),
            "update": p.update(Thing).values(id=2).where(Thing.name == "bad"),
            "delete": p.delete(Thing).where(Thing.name == "bad"),
            "returning": p.insert(Thing).values(name="bad").returning(Thing),
        }

        def say(run: Any) -> None:
            p.error(run)
            session.rollback()

        say(lambda: session.query(Thing).filter(Thing.name == "bad").all())
        for name, statement in statements.items():
            for given in ((), ({},), ([],), ([{}],)):
                p.mark(f"{name} {given}")
                say(lambda: session.execute(statement, *given))  # noqa: B023
                say(lambda: session.connection().execute(statement, *given))  # noqa: B023
            say(lambda: session.scalar(statement, {}))  # noqa: B023
        for given in ([{}, {}], {"id": 1}):
            say(lambda: session.connection().execute(statements["insert"], given))  # noqa: B023

    compare(program)


@pytest.mark.parametrize("event", [None, "before_cursor_execute", "before_execute"])
def test_refused_in_a_first_statement(event: str | None) -> None:
    """No transaction is begun for it."""

    def program(p: Any) -> None:
        Picky = _picky(p)

        class Thing(p.Base):
            __tablename__ = "thing"
            id = p.Column(p.Integer, primary_key=True)
            said = p.Column(Picky)

        class Keyed(p.Base):
            __tablename__ = "keyed"
            key = p.Column(Picky, primary_key=True)

        engine = p.engine()
        p.Base.metadata.create_all(engine)
        if event is not None:
            p.event.listen(engine, event, lambda *given: None)
        rows = [{"said": "good"}, {"said": "bad"}]
        works = [
            lambda c: c.execute(p.select(Thing.id).where(Thing.said == "bad")),
            lambda c: c.execute(p.insert(Thing.__table__).values(said="bad")),
            lambda c: c.execute(p.update(Thing.__table__).values(said="bad")),
            lambda c: c.execute(p.delete(Thing.__table__).where(Thing.said == "bad")),
            lambda c: c.execute(p.insert(Thing.__table__), rows),
            lambda c: c.execute(p.text("select :x").bindparams(p.bindparam("x", "bad", Picky))),
        ]
        for work in works:
            with engine.connect() as c:
                p.error(lambda work=work, c=c: work(c))
                p.show(c.in_transaction(), c.invalidated)
                p.mark("again")
                c.execute(p.select(Thing.id).where(Thing.said == "good"))
                p.error(lambda work=work, c=c: work(c))
                p.show(c.in_transaction())
            with p.Session(engine) as s:
                p.error(lambda work=work, s=s: work(s))
                p.show(s.in_transaction(), s.is_active, s.scalars(p.select(Thing.id)).all())
        with p.Session(engine) as s:
            p.error(lambda: s.get(Keyed, "bad"))
            p.show(s.in_transaction())

    compare(program)


def test_the_refused_row_of_a_flush() -> None:
    """The error of a flush shows values of the row that was refused."""

    def program(p: Any) -> None:
        Picky = _picky(p)

        class Thing(p.Base):
            __tablename__ = "thing"
            id = p.Column(p.Integer, primary_key=True)
            said = p.Column(Picky)

        with p.session() as s:
            s.add_all([Thing(said="first"), Thing(said="second"), Thing(said="bad")])
            with pytest.raises(p.StatementError) as raised:
                s.flush()
            p.show("'bad'" in str(raised.value))
            s.rollback()
            s.add_all([Thing(id=n, said=said) for n, said in enumerate(("first", "bad", "third"))])
            with pytest.raises(p.StatementError) as raised:
                s.flush()
            p.show("'bad'" in str(raised.value))

    for echo in (False, True):
        peer, ours = (run(program, package, echo=echo) for package in PACKAGES)
        assert ours.shown == peer.shown
        assert peer.error is None
