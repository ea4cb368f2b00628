"""Functions that make criteria are called again where they could say something else."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import cormorant as sa
from cormorant import func
from cormorant.ext.hybrid import hybrid_property
from cormorant.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    with_loader_criteria,
)

tenant = 1


class Kind(enum.Enum):
    FIRST = 1
    SECOND = 2


class Base(DeclarativeBase):
    pass


class Owned:
    tenant: Mapped[int] = mapped_column()

    @classmethod
    def is_mine(cls) -> Any:
        return cls.tenant == tenant


class Thing(Owned, Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)

    @hybrid_property
    def mine(self) -> Any:
        return self.tenant == tenant


@pytest.fixture
def session() -> Iterator[Session]:
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Thing(id=number, tenant=number) for number in (1, 2, 3)])
        session.commit()
        yield session


def found(session: Session, criterion: Callable[[Any], Any]) -> list[int]:
    option = with_loader_criteria(Owned, criterion, include_aliases=True)
    statement = sa.select(Thing).options(option).order_by(Thing.id)
    return [thing.id for thing in session.scalars(statement)]


def test_globals_are_read_again(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    for wanted in (1, 2, 3):
        monkeypatch.setitem(globals(), "tenant", wanted)
        assert found(session, lambda cls: cls.tenant == tenant) == [wanted]
        assert found(session, lambda cls: cls.is_mine()) == [wanted]
        assert found(session, lambda cls: cls.mine) == [wanted]
        assert found(session, lambda cls: cls.tenant.in_([n for n in [tenant]])) == [wanted]


def test_what_is_closed_over_is_read_again(session: Session) -> None:
    held = {"tenant": 0}
    for wanted in (1, 2, 3, 2):
        held["tenant"] = wanted
        assert found(session, lambda cls: cls.tenant == held["tenant"]) == [wanted]
        assert found(session, lambda cls: cls.tenant == wanted) == [wanted]  # noqa: B023
        assert found(session, lambda cls, wanted=wanted: cls.tenant == wanted) == [wanted]
        assert found(session, lambda cls, *, n=wanted: cls.tenant == n) == [wanted]
        assert found(session, Matches(wanted)) == [wanted]


class Matches:
    def __init__(self, wanted: int) -> None:
        self.wanted = wanted

    def __call__(self, cls: Any) -> Any:
        return cls.tenant == self.wanted


def test_equal_values_of_other_types_are_told_apart(session: Session) -> None:
    def criterion(value: Any) -> Any:
        return lambda cls: func.typeof(sa.literal(value)) == func.typeof(cls.tenant)

    assert found(session, criterion(1)) == [1, 2, 3]
    assert found(session, criterion(1.0)) == []
    assert found(session, criterion(1)) == [1, 2, 3]


def test_one_function_is_called_once(session: Session) -> None:
    """Its result is kept with the mapper, for as long as the values are the same."""
    calls = []

    class Told(type(Thing)):  # type: ignore[misc]
        def __getattribute__(cls, name: str) -> Any:
            if name == "tenant":
                calls.append(name)
            return super().__getattribute__(name)

    class Watched(Owned, Base, metaclass=Told):
        __tablename__ = "watched"
        id: Mapped[int] = mapped_column(primary_key=True)

    calls.clear()
    for value in (1, 1, 2, 1, 2):
        option = with_loader_criteria(Watched, lambda cls: cls.tenant == value)  # noqa: B023
        option.criterion(sa.inspect(Watched))
    assert len(calls) == 2


def test_a_subquery_is_restricted_once(session: Session) -> None:
    def larger() -> Any:
        return lambda cls: cls.tenant > sa.select(func.min(Thing.tenant)).scalar_subquery()

    for _ in range(3):
        assert found(session, larger()) == [2, 3]


def test_not_more_are_kept_than_that(session: Session) -> None:
    for number in range(200):
        assert found(session, lambda cls: cls.tenant == number) == (  # noqa: B023
            [number] if 0 < number < 4 else []
        )
    assert len(sa.inspect(Thing).__dict__["_made_criteria"]) <= 64
