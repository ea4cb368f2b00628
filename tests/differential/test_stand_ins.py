"""Objects of a program that stand for mapped ones and pass on `_sa_instance_state`."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Peer, compare


def _models(p: Peer) -> tuple[Any, Any, Any]:
    Base = p.declarative_base()

    class User(Base):  # type: ignore[misc,valid-type]
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        tokens = p.orm.relationship("Token", back_populates="user", order_by="Token.id")

    class Token(Base):  # type: ignore[misc,valid-type]
        __tablename__ = "tokens"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("users.id"))
        user = p.orm.relationship(User, back_populates="tokens")

    engine = p.engine()
    Base.metadata.create_all(engine)
    return User, Token, p.orm.Session(engine)


class StandIn:
    """Has the attributes of another object, as JupyterHub's users have."""

    def __init__(self, of: Any) -> None:
        self.of = of

    def __getattr__(self, name: str) -> Any:
        if name == "of":
            raise AttributeError(name)
        return getattr(self.of, name)


class Failing:
    @property
    def _sa_instance_state(self) -> Any:
        raise RuntimeError("asked")


def asked_about(p: Peer) -> None:
    User, Token, session = _models(p)
    session.add(User(id=1, name="a", tokens=[Token(id=1)]))
    session.commit()
    user = session.get(User, 1)
    stand_in = StandIn(user)
    state = p.inspect(stand_in)
    p.show(state.session is session, state.identity, state.object is user)
    p.show(p.orm.object_session(stand_in) is session, p.orm.object_mapper(stand_in).class_ is User)
    p.show(stand_in in session, session.is_modified(stand_in))
    stand_in.of.name = "b"
    p.show(session.is_modified(stand_in))
    session.refresh(stand_in)
    p.show(user.name)
    session.expire(stand_in)
    p.show("name" in p.inspect(user).unloaded)
    p.show(session.scalars(p.select(Token.id).where(Token.user == stand_in)).all())
    session.expunge(stand_in)
    p.show(user in session)
    session.add(stand_in)
    p.show(user in session)
    session.expunge(user)
    session.add_all([stand_in])
    p.show(user in session)


def related(p: Peer) -> None:
    User, Token, session = _models(p)
    user = User(id=1, name="a")
    session.add(user)
    stand_in = StandIn(user)
    one, two = Token(id=1), Token(id=2, user=stand_in)
    stand_in.tokens.append(one)
    session.add(two)
    session.commit()
    p.show(one.user_id, two.user_id, [t.id for t in user.tokens], two.user is user)
    one.user = None
    user.tokens.remove(two)
    session.commit()
    p.show(one.user_id, two.user_id, user.tokens)
    user.tokens = [StandIn(one)]
    user.tokens.append(StandIn(two))
    session.commit()
    p.show([t.id for t in user.tokens], one.user is user, two.user is user)
    session.delete(StandIn(one))
    session.commit()
    p.show([t.id for t in user.tokens])


def stands_for_nothing(p: Peer) -> None:
    User, Token, session = _models(p)
    user = User()
    for of in None, 5, "text", User, StandIn(3):
        stand_in = StandIn(of)
        for function in (
            p.inspect,
            p.orm.object_session,
            session.add,
            session.delete,
            session.refresh,
            lambda o: Token(user=o),
            lambda o: user.tokens.append(o),
        ):
            with pytest.raises(Exception) as raised:
                function(stand_in)
            p.show(type(raised.value).__name__)


def fails_when_asked(p: Peer) -> None:
    _, Token, session = _models(p)
    for function in session.add, session.delete, p.inspect, lambda o: Token(user=o):
        with pytest.raises(RuntimeError, match="asked"):
            function(Failing())
    p.show("raised")


@pytest.mark.parametrize("program", [asked_about, related, stands_for_nothing, fails_when_asked])
def test_stand_ins(program: Any) -> None:
    compare(program)
