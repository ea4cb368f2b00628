"""Point 4: sessions and the states of objects."""

import pytest


@pytest.fixture
def models(p):
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        age = p.Column(p.Integer)

    p.User = User
    return p


def states(p, obj):
    state = p.inspect(obj)
    names = ("transient", "pending", "persistent", "deleted", "detached")
    return [name for name in names if getattr(state, name)]


def test_life_of_an_object(models):
    p, session = models, models.session()
    user = p.User(name="a")
    assert states(p, user) == ["transient"]
    session.add(user)
    assert states(p, user) == ["pending"]
    assert user in session
    assert user in session.new
    session.flush()
    assert states(p, user) == ["persistent"]
    assert p.inspect(user).identity == (1,)
    assert p.inspect(user).session is session
    user.name = "b"
    assert user in session.dirty
    assert p.inspect(user).modified
    session.commit()
    assert not session.dirty
    session.delete(user)
    assert user in session.deleted
    session.flush()
    assert states(p, user) == ["deleted"]
    session.commit()
    assert states(p, user) == ["detached"]
    assert user not in session


def test_rollback_restores(models):
    p, session = models, models.session()
    kept = p.User(name="kept")
    session.add(kept)
    session.commit()
    added = p.User(name="added")
    session.add(added)
    kept.name = "changed"
    session.flush()
    session.rollback()
    assert kept.name == "kept"
    assert states(p, added) == ["transient"]
    assert added.name == "added"
    session.delete(kept)
    session.flush()
    session.rollback()
    assert states(p, kept) == ["persistent"]
    assert session.query(p.User).count() == 1


def test_expire_and_refresh(models):
    p, session = models, models.session()
    user = p.User(name="a", age=1)
    session.add(user)
    session.commit()
    user.name
    session.execute(p.text("UPDATE users SET name = 'b', age = 2"))
    assert user.name == "a"
    session.expire(user, ["age"])
    assert (user.name, user.age) == ("a", 2)
    session.refresh(user)
    assert user.name == "b"
    session.execute(p.text("UPDATE users SET name = 'c'"))
    session.expire_all()
    assert user.name == "c"


def test_expire_on_commit_off(models):
    p, session = models, models.session(expire_on_commit=False)
    user = p.User(name="a")
    session.add(user)
    session.commit()
    session.close()
    assert user.name == "a"
    assert states(p, user) == ["detached"]


def test_expunge_and_merge(models):
    p, session = models, models.session()
    user = p.User(name="a")
    session.add(user)
    session.commit()
    assert user.id == 1
    session.expunge(user)
    assert states(p, user) == ["detached"]
    user.name = "merged"
    merged = session.merge(user)
    assert merged is not user
    assert merged.name == "merged"
    assert merged in session.dirty
    new = session.merge(p.User(id=9, name="new"))
    session.commit()
    assert states(p, new) == ["persistent"]
    assert session.get(p.User, 9).name == "new"
    assert session.get(p.User, 1).name == "merged"


def test_identity(models):
    p, session = models, models.session()
    session.add_all([p.User(name=str(n)) for n in range(3)])
    session.commit()
    assert session.get(p.User, 2) is session.query(p.User).filter_by(id=2).one()
    assert session.get(p.User, 77) is None
    assert (
        len({id(user) for user in session.query(p.User).all() + session.query(p.User).all()}) <= 6
    )


def test_autoflush(models):
    p, session = models, models.session()
    session.add(p.User(name="a"))
    assert session.query(p.User).count() == 1
    with session.no_autoflush:
        session.add(p.User(name="b"))
        assert session.query(p.User).count() == 1
    assert session.query(p.User).count() == 2


def test_sessionmaker(models, tmp_path):
    p = models
    engine = p.engine(f"sqlite:///{tmp_path}/x.db")
    p.Base.metadata.create_all(engine)
    maker = p.sessionmaker(engine)
    with maker() as session, session.begin():
        session.add(p.User(name="a"))
    with maker.begin() as session:
        session.add(p.User(name="b"))
    with pytest.raises(ZeroDivisionError), maker.begin() as session:
        session.add(p.User(name="c"))
        session.flush()
        raise ZeroDivisionError
    with maker() as session:
        assert [user.name for user in session.query(p.User).order_by(p.User.id)] == ["a", "b"]


def test_object_in_two_sessions(models):
    p, one, two = models, models.session(), models.session()
    user = p.User(name="a")
    one.add(user)
    with pytest.raises(p.exc.InvalidRequestError, match="is already attached to session"):
        two.add(user)


def test_unmapped(models):
    session = models.session()
    for bad in (5, "text", object()):
        with pytest.raises(models.module("orm.exc").UnmappedInstanceError):
            session.add(bad)
        with pytest.raises(models.module("orm.exc").UnmappedInstanceError):
            session.delete(bad)


def test_delete_needs_a_persistent_object(models):
    session = models.session()
    with pytest.raises(models.exc.InvalidRequestError, match="is not persisted"):
        session.delete(models.User())


def test_no_update_without_change(models):
    p, session = models, models.session()
    user = p.User(name="a", age=1)
    session.add(user)
    session.commit()
    assert user.name == "a"
    user.name = "b"
    user.name = "a"
    assert not session.is_modified(user)
    session.commit()
    assert user.name == "a"


def test_dict_shows_loaded_attributes(models):
    p, session = models, models.session()
    user = p.User(name="a")
    user.other = 5
    assert {k: v for k, v in user.__dict__.items() if k != "_sa_instance_state"} == {
        "name": "a",
        "other": 5,
    }
    session.add(user)
    session.commit()
    assert "name" not in user.__dict__
    assert user.name == "a"
    assert set(user.__dict__) == {"_sa_instance_state", "id", "name", "age", "other"}
