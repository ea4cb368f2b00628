"""Callbacks of the collector that act on the session while it does a program's usual work."""

from __future__ import annotations

import gc
import pickle
import sys

import pytest

from cormorant.orm import Session, joinedload, selectinload

from .session_models import three_users

pytestmark = pytest.mark.usefixtures("apart")


class Acts:
    """What can happen to a session while the collector runs."""

    def __init__(self, session, User, Post):
        self.session, self.User, self.Post = session, User, Post
        self.kept = []

    def query(self):
        options = joinedload(self.User.posts)
        self.kept = [self.session.query(self.User).options(options).all()]

    def mutate(self):
        for number, obj in enumerate(list(self.session.identity_map.values())[:4]):
            if isinstance(obj, self.User):
                obj.name = f"m{number}"
                obj.posts.append(self.Post(title="n"))
            else:
                obj.user = None

    def forget(self):
        for obj in list(self.session.identity_map.values())[:4]:
            obj.__dict__.clear()

    def expunge(self):
        for obj in list(self.session.identity_map.values())[:2]:
            self.session.expunge(obj)

    def delete(self):
        for obj in list(self.session.identity_map.values())[:1]:
            self.session.delete(obj)

    def add(self):
        self.session.add(self.User(name="a", posts=[self.Post()]))

    def expire(self):
        self.session.expire_all()

    def clear(self):
        self.session.expunge_all()

    def close(self):
        self.session.close()

    def flush(self):
        self.session.flush()

    def rollback(self):
        self.session.rollback()


def usual_work(session, User, Post):
    """What programs do, in steps; each may find that the ones before were cut short."""
    users = []

    def load():
        for user in session.query(User):
            _ = user.posts

    def load_all():
        users[:] = session.query(User).options(joinedload(User.posts)).populate_existing().all()
        session.query(User).options(selectinload(User.posts)).all()
        session.query(User.name, User, Post).join(Post).distinct().all()

    def change():
        for user in users:
            user.name += "x"
            user.posts.append(Post(title="w"))

    def move():
        users[0].posts = users[1].posts[:]
        users[2].posts.clear()
        session.flush()

    def delete():
        session.delete(users[0])
        session.commit()

    def merge():
        session.merge(pickle.loads(pickle.dumps(users[1])))

    def refresh():
        session.refresh(users[2])

    return [load, load_all, change, move, delete, merge, refresh, session.rollback]


@pytest.fixture
def importable(monkeypatch):
    """Makes pickles of local classes possible."""

    def make(*classes):
        for cls in classes:
            cls.__qualname__ = cls.__name__
            monkeypatch.setitem(vars(sys.modules[cls.__module__]), cls.__name__, cls)

    return make


def test_the_usual_work_works(importable):
    """Without anyone who acts: its steps are those of a program that is right."""
    _, User, Post, engine = three_users()
    importable(User, Post)
    with Session(engine) as session:
        for step in usual_work(session, User, Post):
            step()
        assert session.query(User).count() == 2


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("act", [name for name in vars(Acts) if not name.startswith("_")])
def test_a_collector_that_acts(act, importable):
    """A callback of the collector acts on the session, at many an allocation."""
    _, User, Post, engine = three_users()
    importable(User, Post)
    acts, calls = [], []

    def callback(phase, info):
        if phase != "stop" or not acts or len(calls) > 100:
            return
        doing = acts.pop()
        calls.append(act)
        try:
            getattr(doing, act)()
        except Exception:
            pass
        finally:
            acts.append(doing)

    reached = 0
    before = gc.get_threshold()
    gc.callbacks.append(callback)
    try:
        for allocations in (1, 3, 7, 20):
            session = Session(engine)
            for step in usual_work(session, User, Post):
                acts[:] = [Acts(session, User, Post)]
                del calls[:]
                gc.set_threshold(allocations, 1, 1)
                try:
                    step()
                except SystemError:
                    raise
                except Exception:
                    pass  # what was asked for may be impossible by now
                finally:
                    gc.set_threshold(*before)
                    acts.clear()
                reached += bool(calls)
            session.rollback()
    finally:
        gc.callbacks.remove(callback)
    # from 3.12 on the collector waits for the next bytecode that looks for it
    assert reached > (12 if sys.version_info < (3, 12) else 6)
    with Session(engine) as session:
        for user in session.query(User):
            assert all(post.user is user for post in user.posts)
