"""Session: what it holds, for how long, and what it says when misused."""

from __future__ import annotations

import gc
import pickle
import weakref

import pytest

import cormorant as ca
from cormorant import exc
from cormorant.orm import (
    Session,
    close_all_sessions,
    object_session,
    scoped_session,
    sessionmaker,
)

from .session_models import blog, state


def test_identity_map_is_weak_for_clean_objects():
    b = blog()
    s = b.session
    s.add(b.User(name="a"))
    s.commit()
    gc.collect()
    assert len(s.identity_map) == 0
    user = s.get(b.User, 1)
    assert len(s.identity_map) == 1
    assert s.identity_map[(b.User, (1,), None)] is user
    del user
    gc.collect()
    assert len(s.identity_map) == 0
    with pytest.raises(KeyError):
        s.identity_map[(b.User, (1,), None)]


def test_changed_objects_are_held():
    b = blog()
    s = b.session
    s.add(b.User(name="a"))
    s.commit()
    s.get(b.User, 1).name = "b"
    gc.collect()
    assert [u.name for u in s.dirty] == ["b"]
    s.commit()
    gc.collect()
    assert s.scalar(ca.select(b.User.name)) == "b"
    assert not s.dirty


def test_session_is_freed():
    b = blog()
    s = Session(b.engine)
    s.add(b.User(name="a"))
    s.flush()
    reference = weakref.ref(s)
    del s
    gc.collect()
    assert reference() is None


def test_objects_outlive_their_session():
    b = blog()
    s = Session(b.engine)
    user = b.User(name="a")
    s.add(user)
    s.commit()
    assert user.name == "a"
    del s
    gc.collect()
    assert object_session(user) is None or state(user) == "persistent"


def test_info_is_one_dictionary():
    s = Session(info={"a": 1})
    assert s.info == {"a": 1}
    s.info["b"] = 2
    assert s.info["b"] == 2
    assert sessionmaker(info={"a": 1})(info={"c": 3}).info == {"a": 1, "c": 3}


def test_query_class():
    from cormorant.orm import Query

    class Own(Query):
        def count_twice(self):
            return 2 * self.count()

    b = blog()
    s = Session(b.engine, query_cls=Own)
    s.add(b.User(name="a"))
    assert s.query(b.User).count_twice() == 2


def test_close_all_sessions():
    b = blog()
    user = b.User(name="a")
    b.session.add(user)
    b.session.flush()
    close_all_sessions()
    assert state(user) == "detached" or state(user) == "transient"
    assert not b.session.in_transaction()


def test_flush_inside_flush():
    b = blog()
    s = b.session

    def default():
        s.flush()

    class E(b.Base):
        __tablename__ = "e"
        id = ca.Column(ca.Integer, primary_key=True)
        v = ca.Column(ca.Integer, default=default)

    b.Base.metadata.create_all(b.engine)
    s.add(E())
    with pytest.raises(exc.InvalidRequestError, match="Session is already flushing"):
        s.flush()
    s.rollback()


def test_autoflush_is_restored_after_an_error():
    b = blog()
    with pytest.raises(ValueError, match="x"), b.session.no_autoflush:
        assert not b.session.autoflush
        raise ValueError("x")
    assert b.session.autoflush


def test_iteration_and_membership():
    b = blog()
    s = b.session
    user, other = b.User(name="a"), b.User(name="b")
    s.add(user)
    s.flush()
    s.add(other)
    assert list(s) == [other, user] or set(map(id, s)) == {id(user), id(other)}
    assert user in s
    assert b.User() not in s
    with pytest.raises(exc.UnmappedInstanceError):
        assert 5 in s


def test_scoped_session_proxies():
    b = blog()
    scoped = scoped_session(sessionmaker(b.engine))
    scoped.add(b.User(name="a"))
    scoped.commit()
    assert scoped.scalar(ca.select(ca.func.count()).select_from(b.User)) == 1
    assert scoped.get(b.User, 1) in scoped
    scoped.autoflush = False
    assert scoped().autoflush is False
    keyed = scoped_session(sessionmaker(b.engine), scopefunc=lambda: "one")
    assert keyed() is keyed()
    keyed.remove()
    scoped.remove()


def test_objects_are_pickled_without_their_session():
    # Classes inside functions cannot be pickled; the state of a Session never is.
    b = blog()
    with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
        pickle.dumps(b.session)


def test_get_bind_by_base_class():
    b = blog()
    s = Session(binds={b.Base: b.engine})
    assert s.get_bind(b.User) is b.engine
    s.add(b.User(name="a"))
    s.commit()
    with pytest.raises(exc.ArgumentError, match="Not an acceptable bind target"):
        Session(binds={"users": b.engine})


def test_execution_of_events_is_not_needed():
    b = blog()
    with b.session as s:
        s.execute(ca.text("insert into users (name) values ('a')"))
        assert s.query(b.User).one().name == "a"
        s.commit()
    assert b.session.query(b.User).count() == 1
