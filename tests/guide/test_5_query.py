"""Point 5: Query, select(), expressions, Core execution, results and rows."""

import pytest


@pytest.fixture
def q(p):
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        age = p.Column(p.Integer)
        posts = p.relationship("Post", back_populates="user", order_by="Post.id")

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        title = p.Column(p.String)
        user_id = p.Column(p.ForeignKey("users.id"))
        user = p.relationship("User", back_populates="posts")

    p.User, p.Post = User, Post
    p.s = p.session()
    people = [("Ann", 20), ("Bob", 30), ("Cid", 40), ("Dora", None), ("ann", 30)]
    p.s.add_all([User(name=name, age=age) for name, age in people])
    p.s.flush()
    p.s.add_all([Post(title=f"t{n}", user_id=n % 3 + 1) for n in range(6)])
    p.s.commit()
    return p


def test_operators(q):
    user = q.User
    names = {
        "==": (user.age == 30, ["Bob", "ann"]),
        "!=": (user.age != 30, ["Ann", "Cid"]),
        "<": (user.age < 30, ["Ann"]),
        ">": (user.age > 30, ["Cid"]),
        "<=": (user.age <= 30, ["Ann", "Bob", "ann"]),
        ">=": (user.age >= 30, ["Bob", "Cid", "ann"]),
        "in": (user.name.in_(["Ann", "Cid", "zz"]), ["Ann", "Cid"]),
        "in none": (user.name.in_([]), []),
        "not in": (user.name.not_in(["Ann", "Cid"]), ["Bob", "Dora", "ann"]),
        "like": (user.name.like("%o%"), ["Bob", "Dora"]),
        "ilike": (user.name.ilike("ANN"), ["Ann", "ann"]),
        "is": (user.age.is_(None), ["Dora"]),
        "== None": (user.age == None, ["Dora"]),  # noqa: E711
        "is not": (user.age.is_not(None), ["Ann", "Bob", "Cid", "ann"]),
        "between": (user.age.between(25, 35), ["Bob", "ann"]),
        "startswith": (user.name.startswith("D"), ["Dora"]),
        "endswith": (user.name.endswith("b"), ["Bob"]),
        "contains": (user.name.contains("or"), ["Dora"]),
        "and": (q.and_(user.age == 30, user.name == "Bob"), ["Bob"]),
        "or": (q.or_(user.name == "Cid", user.name == "Bob"), ["Bob", "Cid"]),
        "not": (q.not_(user.name == "Bob"), ["Ann", "Cid", "Dora", "ann"]),
        "~ & |": (~(user.name == "Bob") & ((user.age == 30) | (user.age == 40)), ["Cid", "ann"]),
        "arithmetic": ((user.age + 10) * 2 - user.age % 7 == 2 * 40 - 30 % 7, ["Bob", "ann"]),
        "function": (q.func.lower(user.name) == "ann", ["Ann", "ann"]),
        "cast": (user.age.cast(q.String) == "40", ["Cid"]),
        "concat": (user.name + "!" == "Bob!", ["Bob"]),
        "any": (user.posts.any(q.Post.title == "t0"), ["Ann"]),
        "subquery": (user.id.in_(q.select(q.Post.user_id).where(q.Post.title == "t1")), ["Bob"]),
    }
    for label, (criterion, expected) in names.items():
        found = [u.name for u in q.s.query(user).filter(criterion).order_by(user.id)]
        assert found == expected, label


@pytest.mark.sqlite_only
def test_query_methods(q):
    user, s = q.User, q.s
    query = s.query(user).order_by(user.id)
    assert [u.id for u in query.limit(2)] == [1, 2]
    assert [u.id for u in query.limit(2).offset(1).all()] == [2, 3]
    assert [u.id for u in query[1:3]] == [2, 3]
    assert query[4].name == "ann"
    assert query.first().name == "Ann"
    assert query.filter_by(name="zz").first() is None
    assert query.filter_by(name="Bob").one().age == 30
    assert query.filter_by(name="zz").one_or_none() is None
    assert query.count() == 5
    assert s.query(user.age).distinct().count() == 4
    assert [tuple(r) for r in s.query(user.name, user.age).filter(user.id < 3)] == [
        ("Ann", 20),
        ("Bob", 30),
    ]
    assert s.query(q.func.max(user.age)).scalar() == 40
    rows = s.query(user.name, q.func.count(q.Post.id).label("n")).join(user.posts)
    rows = rows.group_by(user.name).having(q.func.count(q.Post.id) > 1).order_by(user.name.desc())
    assert [(row.name, row.n) for row in rows] == [("Cid", 2), ("Bob", 2), ("Ann", 2)]
    pairs = s.query(user, q.Post).join(q.Post, q.Post.user_id == user.id).order_by(q.Post.id).all()
    assert [(row.User.name, row.Post.title) for row in pairs][:2] == [("Ann", "t0"), ("Bob", "t1")]
    assert [u.name for u in s.query(user).outerjoin(user.posts).filter(q.Post.id.is_(None))] == [
        "Dora",
        "ann",
    ]


def test_query_errors(q):
    query, exc = q.s.query(q.User), q.exc
    with pytest.raises(exc.NoResultFound, match="No row was found when one was required"):
        query.filter_by(name="zz").one()
    with pytest.raises(exc.MultipleResultsFound, match="Multiple rows were found"):
        query.one()
    with pytest.raises(
        exc.InvalidRequestError, match='Entity namespace for "users" has no property'
    ):
        query.filter_by(nmae="x")
    with pytest.raises(exc.ArgumentError):
        q.s.query("users")
    with pytest.raises(exc.InvalidRequestError):
        query.limit(1).filter(q.User.id == 1)
    with pytest.raises(TypeError):
        bool(q.User.id < 1)
    with pytest.raises(AttributeError):
        q.User.nosuch


@pytest.mark.sqlite_only
def test_update_and_delete(q):
    user, s = q.User, q.s
    bob = s.query(user).filter_by(name="Bob").one()
    assert s.query(user).filter(user.age == 30).update({"age": 31}) == 2
    assert bob.age == 31
    assert s.query(user).filter(user.age == 31).update({user.age: user.age + 1}) == 2
    assert bob.age == 32
    assert s.query(user).filter(user.name == "Bob").delete() == 1
    assert bob not in s
    s.commit()
    assert s.query(user).count() == 4
    assert s.execute(q.update(user).where(user.id == 1).values(age=1)).rowcount == 1
    assert s.execute(q.delete(user).where(user.id == 1)).rowcount == 1


def test_select(q):
    user, s = q.User, q.s
    assert [u.name for u in s.scalars(q.select(user).where(user.age == 30).order_by(user.id))] == [
        "Bob",
        "ann",
    ]
    row = s.execute(q.select(user.id, user.name.label("n")).order_by(user.id)).first()
    assert (row.id, row.n, row[1], tuple(row)) == (1, "Ann", "Ann", (1, "Ann"))
    assert s.scalar(q.select(q.func.count()).select_from(user)) == 5
    assert s.execute(q.select(user).where(user.id == 1)).scalar_one().name == "Ann"
    assert s.execute(q.text("SELECT name FROM users WHERE id = :id"), {"id": 2}).scalar() == "Bob"


@pytest.mark.sqlite_only
def test_core(q):
    engine, users = q.s.get_bind(), q.User.__table__
    q.s.close()
    with engine.begin() as connection:
        result = connection.execute(users.insert().values(name="Core", age=1))
        assert result.inserted_primary_key == (6,)
        assert result.rowcount == 1
        connection.execute(users.insert(), [{"name": "x"}, {"name": "y"}])
        connection.execute(users.update().where(users.c.name == "x").values(age=50))
    with engine.connect() as connection:
        result = connection.execute(q.select(users.c.name, users.c.age).where(users.c.id > 5))
        assert list(result.keys()) == ["name", "age"]
        assert result.fetchone() == ("Core", 1)
        assert result.fetchmany(1) == [("x", 50)]
        assert result.mappings().all() == [{"name": "y", "age": None}]
        ids = q.select(users.c.id).order_by(users.c.id)
        assert connection.execute(ids).scalars().all() == list(range(1, 9))
        assert [len(part) for part in connection.execute(ids).partitions(3)] == [3, 3, 2]
        with pytest.raises(q.exc.NoResultFound):
            connection.execute(ids.where(users.c.id > 99)).one()
        assert connection.execute(ids.where(users.c.id > 99)).first() is None
        connection.execute(users.delete())
        connection.rollback()
        assert connection.scalar(q.select(q.func.count()).select_from(users)) == 8
    with pytest.raises(q.exc.ResourceClosedError, match="This Connection is closed"):
        connection.execute(ids)


def test_rows(q):
    row = q.s.query(q.User.id, q.User.name).order_by(q.User.id).first()
    assert row == (1, "Ann")
    assert row._fields == ("id", "name")
    assert row._asdict() == {"id": 1, "name": "Ann"}
    assert row._mapping[q.User.name] == "Ann"
    assert dict(row._mapping) == {"id": 1, "name": "Ann"}
    assert repr(row) == "(1, 'Ann')"
    assert hash(row) == hash((1, "Ann"))
    assert row[-1] == "Ann"
    assert row[0:1] == (1,)
    assert "Ann" in row
    number, name = row
    assert (number, name) == (1, "Ann")
    assert not isinstance(row, tuple)
    with pytest.raises(AttributeError):
        row.age
    with pytest.raises(IndexError):
        row[2]
