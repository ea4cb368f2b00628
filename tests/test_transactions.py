"""Transactions of a session: nesting, failure, and the states objects return to."""

from __future__ import annotations

import gc

import pytest

import cormorant as ca
from cormorant import exc
from cormorant.orm import Session

from .session_models import blog, state


def names(b):
    with b.engine.connect() as c:
        return [r[0] for r in c.execute(ca.text("select name from users order by id"))]


def test_level_of_inserted_objects_follows_savepoints():
    b = blog()
    s = b.session
    first, second, third = b.User(name="1"), b.User(name="2"), b.User(name="3")
    s.add(first)
    s.flush()
    outer = s.begin_nested()
    s.add(second)
    s.flush()
    inner = s.begin_nested()
    s.add(third)
    s.flush()
    inner.commit()
    outer.rollback()
    assert [state(o) for o in (first, second, third)] == ["persistent", "transient", "transient"]
    s.rollback()
    assert state(first) == "transient"
    assert first.name == "1"


def test_commit_ends_what_a_rollback_could_undo():
    b = blog()
    s = b.session
    user = b.User(name="a")
    s.add(user)
    s.commit()
    user.age = 5
    s.rollback()
    assert state(user) == "persistent"
    assert user.age is None


def test_rollback_of_a_flushed_object_nobody_holds():
    b = blog()
    s = b.session
    s.add(b.User(name="a"))
    s.flush()
    gc.collect()
    s.rollback()
    assert not list(s)
    assert s.query(b.User).count() == 0


def test_savepoint_expires_only_what_it_changed():
    b = blog()
    s = b.session
    one, two = b.User(name="1"), b.User(name="2")
    s.add_all([one, two])
    s.commit()
    assert (one.name, two.name) == ("1", "2")
    with s.begin_nested() as nested:
        one.name = "changed"
        s.flush()
        nested.rollback()
    assert "name" in two.__dict__
    assert "name" not in one.__dict__
    assert one.name == "1"


def test_deleted_in_a_savepoint_comes_back():
    b = blog()
    s = b.session
    user = b.User(name="a")
    s.add(user)
    s.commit()
    nested = s.begin_nested()
    s.delete(user)
    s.flush()
    assert user not in s
    nested.rollback()
    assert user in s
    assert s.get(b.User, user.id) is user
    nested = s.begin_nested()
    s.delete(user)
    nested.commit()
    s.rollback()
    assert state(user) == "persistent"
    s.delete(user)
    s.commit()
    assert state(user) == "detached"
    assert names(b) == []


def test_key_change_is_undone():
    b = blog()
    s = b.session
    user = b.User(id=1, name="a")
    s.add(user)
    s.commit()
    user.id = 2
    s.flush()
    assert ca.inspect(user).identity == (2,)
    s.rollback()
    assert ca.inspect(user).identity == (1,)
    assert s.get(b.User, 1) is user
    user.id = 3
    nested = s.begin_nested()
    user.id = 4
    s.flush()
    nested.rollback()
    assert ca.inspect(user).identity == (3,)
    s.commit()
    assert user.id == 3


def test_failed_flush_leaves_nothing_half_done():
    b = blog()
    s = b.session
    old = b.User(name="a")
    s.add(old)
    s.commit()
    old.age = 1
    new = b.User(name="b")
    s.add_all([new, b.User(name="a")])
    with pytest.raises(exc.IntegrityError):
        s.commit()
    assert state(new) == "transient"
    assert state(old) == "persistent"
    with pytest.raises(exc.PendingRollbackError, match="previous exception during flush"):
        s.query(b.User).all()
    s.rollback()
    assert old.age is None
    s.add(new)
    s.commit()
    assert names(b) == ["a", "b"]


def test_failed_flush_in_a_savepoint_keeps_the_rest():
    b = blog()
    s = b.session
    s.add(b.User(name="a"))
    s.flush()
    with pytest.raises(exc.IntegrityError), s.begin_nested():
        s.add(b.User(name="a"))
        s.flush()
    s.add(b.User(name="b"))
    s.commit()
    assert names(b) == ["a", "b"]


def test_error_in_the_block_rolls_back():
    b = blog()
    with pytest.raises(KeyError), Session(b.engine) as s, s.begin():
        s.add(b.User(name="a"))
        s.flush()
        raise KeyError
    assert names(b) == []


def test_prepare_without_two_phases():
    b = blog()
    s = b.session
    s.begin()
    with pytest.raises(exc.InvalidRequestError, match="twophase"):
        s.prepare()


def test_use_after_the_end():
    b = blog()
    s = b.session
    transaction = s.begin()
    transaction.commit()
    with pytest.raises(exc.ResourceClosedError, match="This transaction is closed"):
        transaction.commit()
    with pytest.raises(exc.ResourceClosedError):
        transaction.rollback()
    assert not transaction.is_active


def test_connection_of_a_test_suite_is_rolled_back():
    b = blog()
    with b.engine.connect() as connection:
        outer = connection.begin()
        # The driver begins at the first change, so that the savepoint is inside.
        connection.execute(ca.text("insert into users (name) values ('first')"))
        s = Session(connection, join_transaction_mode="create_savepoint")
        s.add(b.User(name="a"))
        s.commit()
        s.add(b.User(name="b"))
        s.rollback()
        assert s.query(b.User).count() == 2
        s.close()
        outer.rollback()
    assert names(b) == []


def test_connection_is_given_back(tmp_path):
    b = blog()
    engine = ca.create_engine(f"sqlite:///{tmp_path / 'x.db'}", pool_size=1)
    b.Base.metadata.create_all(engine)
    s = Session(engine)
    s.add(b.User(name="a"))
    s.flush()
    assert engine.pool.checkedout() == 1
    s.commit()
    assert engine.pool.checkedout() == 0
    s.query(b.User).all()
    assert engine.pool.checkedout() == 1
    s.close()
    assert engine.pool.checkedout() == 0
