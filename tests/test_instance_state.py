"""inspect(obj): the state of objects and of their attributes."""

import pytest

from cormorant import Column, ForeignKey, Integer, String, create_engine, exc, inspect
from cormorant.orm import (
    Session,
    declarative_base,
    make_transient,
    make_transient_to_detached,
    object_mapper,
    object_session,
    relationship,
    was_deleted,
)
from cormorant.orm.attributes import (
    NO_VALUE,
    History,
    flag_dirty,
    flag_modified,
    get_attribute,
    get_history,
    set_attribute,
    set_committed_value,
)
from cormorant.orm.exc import UnmappedInstanceError

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    posts = relationship("Post", back_populates="user")


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    user_id = Column(ForeignKey("users.id"))
    user = relationship("User", back_populates="posts")


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def states(obj):
    state = inspect(obj)
    names = ("transient", "pending", "persistent", "deleted", "detached")
    return [name for name in names if getattr(state, name)]


def test_a_pickled_state_is_not_for_an_object_of_a_session(session):
    user = User(name="a")
    given = user.__getstate__()
    session.add(user)
    session.flush()
    with pytest.raises(ValueError, match="the object is in a session"):
        user.__setstate__(given)
    assert inspect(user).persistent


def test_life_of_an_object(session):
    user = User(name="a")
    assert states(user) == ["transient"]
    session.add(user)
    assert states(user) == ["pending"]
    assert object_session(user) is session
    session.flush()
    assert states(user) == ["persistent"]
    session.commit()
    assert inspect(user).expired
    session.delete(user)
    assert states(user) == ["persistent"]
    session.flush()
    assert states(user) == ["deleted"]
    assert was_deleted(user)
    session.commit()
    assert states(user) == ["detached"]
    assert inspect(user).was_deleted
    make_transient(user)
    assert states(user) == ["transient"]


def test_identity(session):
    user = User(name="a")
    state = inspect(user)
    assert state.identity is None
    assert state.key is None
    assert not state.has_identity
    session.add(user)
    session.flush()
    assert state.identity == (1,)
    assert state.identity_key == (User, (1,), None)
    assert state.mapper is inspect(User)
    assert state.class_ is User
    assert state.object is user
    assert state.obj() is user
    assert state.session is session
    assert state == inspect(user)
    assert hash(state) == hash(inspect(user))


def test_attribute_states():
    user = User(name="a")
    attrs = inspect(user).attrs
    assert attrs.name.loaded_value == "a"
    assert attrs.name.value == "a"
    assert attrs.name.history == History(added=["a"], unchanged=(), deleted=())
    assert attrs.id.loaded_value is NO_VALUE
    assert attrs.id.history == ((), (), ())
    assert inspect(user).unloaded == {"id", "posts"}
    assert attrs.posts.history.empty()


def test_history_of_a_collection(session):
    first, second = Post(), Post()
    user = User(posts=[first])
    session.add(user)
    session.commit()
    assert user.posts == [first]
    user.posts.append(second)
    assert get_history(user, "posts") == ([second], [first], [])
    user.posts.remove(first)
    assert get_history(user, "posts") == ([second], [], [first])


def test_history_loads_only_when_told(session):
    user = User(name="a")
    session.add(user)
    session.commit()
    assert inspect(user).attrs.name.history == ((), (), ())
    assert inspect(user).attrs.name.load_history() == ((), ["a"], ())


def test_attribute_functions(session):
    user = User(name="a")
    set_attribute(user, "name", "b")
    assert get_attribute(user, "name") == "b"
    session.add(user)
    session.commit()
    assert user.name == "b"
    set_committed_value(user, "name", "c")
    assert user.name == "c"
    assert not get_history(user, "name").added
    session.expire(user)
    with pytest.raises(exc.InvalidRequestError, match="Can't flag attribute 'name' modified"):
        flag_modified(user, "name")
    assert user.name == "b"
    flag_modified(user, "name")
    assert user in session.dirty
    session.commit()
    flag_dirty(user)
    assert inspect(user).modified
    with pytest.raises(KeyError):
        get_history(user, "nothing")


def test_make_transient_to_detached(session):
    session.add(User(id=5, name="a"))
    session.commit()
    copy = User(id=5)
    make_transient_to_detached(copy)
    assert states(copy) == ["detached"]
    with pytest.raises(exc.InvalidRequestError, match="must be transient"):
        make_transient_to_detached(copy)
    session.close()
    session.add(copy)
    assert copy.name == "a"


@pytest.mark.parametrize("thing", [5, object(), User, None, "text"])
def test_things_without_a_state(thing):
    with pytest.raises(UnmappedInstanceError):
        object_mapper(thing)
    with pytest.raises(UnmappedInstanceError):
        object_session(thing)


def test_inspecting_nothing():
    with pytest.raises(exc.NoInspectionAvailable):
        inspect(5)
    assert inspect(5, raiseerr=False) is None
