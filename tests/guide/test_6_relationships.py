"""Point 6: relationships, loading and cascades."""

import pytest


@pytest.fixture
def r(p):
    links = p.Table(
        "links",
        p.Base.metadata,
        p.Column("post_id", p.ForeignKey("posts.id"), primary_key=True),
        p.Column("tag_id", p.ForeignKey("tags.id"), primary_key=True),
    )

    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        posts = p.relationship(
            "Post", back_populates="user", order_by="Post.title", cascade="all, delete-orphan"
        )
        profile = p.relationship("Profile", backref="user", uselist=False)

    class Profile(p.Base):
        __tablename__ = "profiles"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("users.id"))

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        title = p.Column(p.String)
        user_id = p.Column(p.ForeignKey("users.id"))
        user = p.relationship("User", back_populates="posts")
        tags = p.relationship("Tag", secondary=links, back_populates="posts")

    class Tag(p.Base):
        __tablename__ = "tags"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        posts = p.relationship("Post", secondary=links, back_populates="tags")

    p.User, p.Profile, p.Post, p.Tag, p.links = User, Profile, Post, Tag, links
    p.s = p.session()
    return p


def test_both_sides_in_memory(r):
    user, post = r.User(), r.Post()
    post.user = user
    assert user.posts == [post]
    user.posts.remove(post)
    assert post.user is None
    user.posts = [post, r.Post()]
    assert post.user is user
    other = r.User(posts=[post])
    assert post.user is other
    assert post not in user.posts
    tag = r.Tag(posts=[post])
    assert post.tags == [tag]
    post.tags.clear()
    assert tag.posts == []
    profile = r.Profile(user=user)
    assert user.profile is profile
    user.profile = None
    assert profile.user is None


def test_one_to_many(r):
    user = r.User(posts=[r.Post(title="b"), r.Post(title="a")])
    r.s.add(user)
    r.s.commit()
    assert [post.title for post in user.posts] == ["a", "b"]
    assert all(post.user is user and post.user_id == user.id for post in user.posts)
    user.posts.append(r.Post(title="0"))
    r.s.commit()
    assert [post.title for post in user.posts] == ["0", "a", "b"]


def test_delete_orphan_and_cascade(r):
    user = r.User(posts=[r.Post(title="b"), r.Post(title="a")])
    r.s.add(user)
    r.s.commit()
    gone = user.posts.pop()
    r.s.commit()
    assert r.inspect(gone).detached
    assert r.s.query(r.Post).count() == 1
    r.s.delete(user)
    r.s.commit()
    assert r.s.query(r.Post).count() == 0


def test_foreign_key_is_nulled_without_cascade(r):
    user = r.User(profile=r.Profile())
    r.s.add(user)
    r.s.commit()
    profile = user.profile
    r.s.delete(user)
    r.s.commit()
    assert profile.user_id is None
    assert profile.user is None


def test_many_to_many(r):
    tags = [r.Tag(name=name) for name in "xyz"]
    one, two = r.Post(title="1", tags=tags[:2]), r.Post(title="2", tags=tags[1:])
    r.s.add_all([one, two])
    r.s.commit()
    assert {post.title for post in tags[1].posts} == {"1", "2"}
    one.tags.remove(tags[0])
    one.tags.append(tags[2])
    r.s.commit()
    assert {tag.name for tag in one.tags} == {"y", "z"}
    r.s.delete(two)
    r.s.commit()
    assert r.s.execute(r.select(r.func.count()).select_from(r.links)).scalar() == 2


@pytest.mark.parametrize("strategy", ["joinedload", "selectinload", "lazyload"])
def test_loading(r, strategy):
    option = getattr(r.orm, strategy)
    for n in range(3):
        posts = [r.Post(title=f"{n}{k}", tags=[r.Tag(name=f"{n}{k}")]) for k in range(n)]
        r.s.add(r.User(name=str(n), posts=posts))
    r.s.commit()
    r.s.expunge_all()
    users = (
        r.s.query(r.User)
        .options(getattr(option(r.User.posts), strategy)(r.Post.tags))
        .order_by(r.User.id)
        .all()
    )
    if strategy != "lazyload":
        r.s.expunge_all()
    assert [[(post.title, [t.name for t in post.tags]) for post in u.posts] for u in users] == [
        [],
        [("10", ["10"])],
        [("20", ["20"]), ("21", ["21"])],
    ]


def test_joinedload_of_a_reference(r):
    r.s.add(r.User(name="u", posts=[r.Post(title="a"), r.Post(title="b")]))
    r.s.add(r.Post(title="none"))
    r.s.commit()
    r.s.expunge_all()
    posts = r.s.query(r.Post).options(r.joinedload(r.Post.user)).order_by(r.Post.id).all()
    r.s.expunge_all()
    assert [post.user.name if post.user else None for post in posts] == ["u", "u", None]


def test_backref_and_self_reference(p):
    class Node(p.Base):
        __tablename__ = "node"
        id = p.Column(p.Integer, primary_key=True)
        parent_id = p.Column(p.ForeignKey("node.id"))
        children = p.relationship("Node", backref=p.backref("parent", remote_side=[id]))

    session = p.session()
    root = Node(children=[Node(children=[Node()]), Node()])
    session.add(root)
    session.commit()
    assert [len(child.children) for child in root.children] == [1, 0]
    assert root.children[0].children[0].parent.parent is root
    assert root.parent is None


def test_save_update_cascade(r):
    post = r.Post(title="p")
    user = r.User()
    r.s.add(user)
    user.posts.append(post)
    assert post in r.s
    tag = r.Tag()
    post.tags.append(tag)
    assert tag in r.s


@pytest.mark.parametrize(
    ("attribute", "value", "error"),
    [
        ("posts", 5, TypeError),
        ("posts", ["text"], AttributeError),
        ("profile", "x", AttributeError),
    ],
)
def test_wrong_kind_of_object(r, attribute, value, error):
    with pytest.raises(error):
        setattr(r.User(), attribute, value)


def test_configuration_errors(p):
    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        bs = p.relationship("B")

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)

    with pytest.raises(p.exc.NoForeignKeysError, match="no foreign keys linking these tables"):
        A()


def test_unknown_target(p):
    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        bs = p.relationship("Nowhere")

    with pytest.raises(p.exc.InvalidRequestError, match="failed to locate a name"):
        A()
