"""Classes that are mapped by a registry's decorators, one by one, and not by their base."""

import pytest

from .harness import Peer, Programs, compare

program = Programs()


@program
def inheritance(p: Peer):
    """Each class of a hierarchy is decorated; one that is not is no mapped class."""
    reg = p.orm.registry()

    @reg.mapped
    class Event:
        __tablename__ = "event"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String)
        amount = p.Column(p.Integer)
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "event"}

        def twice(self):
            return self.amount * 2

    @reg.mapped
    class Deposit(Event):
        __mapper_args__ = {"polymorphic_identity": "deposit"}

        @p.orm.validates("amount")
        def check(self, key, value):
            p.show("validates", key, value)
            return value

        def twice(self):
            return super().twice() + 1

    @reg.mapped
    class Fee(Event):
        __tablename__ = "fee"
        id = p.Column(p.ForeignKey("event.id"), primary_key=True)
        why = p.Column(p.String)
        __mapper_args__ = {"polymorphic_identity": "fee"}

    class Plain(Deposit):
        pass

    for cls in (Event, Deposit, Fee, Plain):
        p.show(cls.__name__, type(cls).__name__, p.inspect(cls, raiseerr=False) is not None)
    p.error(lambda: p.select(Plain))
    engine = p.engine()
    reg.metadata.create_all(engine)
    with p.Session(engine) as session:
        session.add_all([Deposit(amount=3), Fee(amount=1, why="x"), Event(amount=4)])
        session.commit()
        for event in session.scalars(p.select(Event).order_by(Event.id)):
            p.show(type(event).__name__, event.kind, event.twice())
        p.show([f.why for f in session.scalars(p.select(Fee))])
        p.show([d.id for d in session.scalars(p.select(Deposit))])


@program
def dataclasses(p: Peer):
    reg = p.orm.registry()

    @reg.mapped_as_dataclass
    class Person:
        __tablename__ = "person"
        id: p.Mapped[int] = p.mapped_column(init=False, primary_key=True)
        kind: p.Mapped[str] = p.mapped_column(init=False)
        name: p.Mapped[str]
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "p"}

    @reg.mapped_as_dataclass
    class Worker(Person):
        __tablename__ = "worker"
        id: p.Mapped[int] = p.mapped_column(p.ForeignKey("person.id"), init=False, primary_key=True)
        wage: p.Mapped[int] = p.mapped_column(default=5)
        __mapper_args__ = {"polymorphic_identity": "w"}

    engine = p.engine()
    reg.metadata.create_all(engine)
    with p.Session(engine) as session:
        session.add_all([Person("a"), Worker("b"), Worker("c", 7)])
        session.commit()
        p.show(session.scalars(p.select(Person).order_by(Person.id)).all())
        p.show(type(Person).__name__, type(Worker).__name__)


@program
def attributes_given_later(p: Peer):
    """Nobody hears of them, since the class has no metaclass."""
    reg = p.orm.registry()

    @reg.mapped
    class User:
        __tablename__ = "user"
        id = p.Column(p.Integer, primary_key=True)

    User.late = p.Column("late", p.Integer)
    User.other = 5
    p.show(list(User.__table__.c.keys()), User.other, "late" in p.inspect(User).attrs)
    p.show(str(p.select(User)))
    del User.other
    p.show(hasattr(User, "other"))
    reg.dispose()


@pytest.mark.parametrize("program", program.registered)
def test_program(program) -> None:
    compare(program)
