"""relationship(): from its arguments to joins, pairs and flags."""

import pytest

from cormorant import Column, ForeignKey, Integer, String, Table, exc, inspect, select
from cormorant.orm import (
    aliased,
    backref,
    configure_mappers,
    declarative_base,
    foreign,
    relationship,
    remote,
    with_parent,
)
from cormorant.orm.base import MANYTOMANY, MANYTOONE, ONETOMANY
from cormorant.orm.util import CascadeOptions


@pytest.fixture
def Base():
    return declarative_base()


def blog(Base, posts=None, user=None):
    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
        name = Column(String)
        if posts is not None:
            locals()["posts"] = posts

    class Post(Base):
        __tablename__ = "posts"
        id = Column(Integer, primary_key=True)
        user_id = Column(ForeignKey("users.id"))
        if user is not None:
            locals()["user"] = user

    Base.registry.configure()
    return User, Post


def test_directions(Base):
    User, Post = blog(
        Base,
        relationship("Post", back_populates="user"),
        relationship("User", back_populates="posts"),
    )
    posts, user = User.posts.property, Post.user.property
    assert posts.direction is ONETOMANY
    assert user.direction is MANYTOONE
    assert posts.uselist
    assert not user.uselist
    assert posts._reverse_property == {user}
    assert user._reverse_property == {posts}
    assert user._use_get
    assert user._get_slots == (inspect(Post).attrs.user_id.slot,)
    assert user.fk_slot == inspect(Post).attrs.user_id.slot
    assert posts.fk_slot == -1
    assert posts.local_remote_pairs == [(User.__table__.c.id, Post.__table__.c.user_id)]
    assert posts.synchronize_pairs == [(User.__table__.c.id, Post.__table__.c.user_id)]
    assert user.synchronize_pairs == [(User.__table__.c.id, Post.__table__.c.user_id)]


@pytest.mark.parametrize("argument", ["class", "lambda", "lambda-name", "path"])
def test_ways_to_name_the_target(Base, argument):
    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)

    given = {
        "class": User,
        "lambda": lambda: User,
        "lambda-name": lambda: "User",
        "path": f"{__name__}.User",
    }[argument]

    class Post(Base):
        __tablename__ = "posts"
        id = Column(Integer, primary_key=True)
        user_id = Column(ForeignKey("users.id"))
        user = relationship(given)

    assert Post.user.property.mapper is inspect(User)


def test_arguments_as_callables(Base):
    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
        posts = relationship(
            lambda: Post,
            primaryjoin=lambda: User.id == foreign(Post.owner),
            order_by=lambda: [Post.id.desc(), Post.owner],
        )
        firsts = relationship(
            "Post",
            primaryjoin="User.id == remote(foreign(Post.owner))",
            viewonly=True,
            order_by="Post.id",
        )

    class Post(Base):
        __tablename__ = "posts"
        id = Column(Integer, primary_key=True)
        owner = Column(Integer)

    posts = User.posts.property
    assert [str(clause) for clause in posts.order_by] == ["posts.id DESC", "posts.owner"]
    assert not any(c._annotations for clause in posts.order_by for c in [clause])
    assert posts.direction is ONETOMANY
    assert User.firsts.property.direction is ONETOMANY
    assert User.firsts.property.viewonly


def test_self_referential(Base):
    class Node(Base):
        __tablename__ = "nodes"
        id = Column(Integer, primary_key=True)
        parent_id = Column(ForeignKey("nodes.id"))
        children = relationship("Node", backref=backref("parent", remote_side=[id]))

    configure_mappers()
    children, parent = Node.children.property, Node.parent.property
    assert children.direction is ONETOMANY
    assert parent.direction is MANYTOONE
    table = Node.__table__
    assert children.local_remote_pairs == [(table.c.id, table.c.parent_id)]
    assert parent.local_remote_pairs == [(table.c.parent_id, table.c.id)]
    other = aliased(Node)
    primary, second, secondary, *_ = children._create_joins(table, inspect(other).selectable)
    assert second is None
    assert secondary is None
    assert str(primary) == "nodes.id = nodes_1.parent_id"
    assert str(parent._create_joins(table, inspect(other).selectable)[0]) == (
        "nodes_1.id = nodes.parent_id"
    )


def test_many_to_many_joins(Base):
    links = Table(
        "links",
        Base.metadata,
        Column("a_id", ForeignKey("a.id"), primary_key=True),
        Column("b_id", ForeignKey("b.id"), primary_key=True),
    )

    class A(Base):
        __tablename__ = "a"
        id = Column(Integer, primary_key=True)
        bs = relationship("B", secondary=links, backref="as_")

    class B(Base):
        __tablename__ = "b"
        id = Column(Integer, primary_key=True)

    configure_mappers()
    bs = A.bs.property
    assert bs.direction is MANYTOMANY
    assert B.as_.property.secondary is links
    assert bs.synchronize_pairs == [(A.__table__.c.id, links.c.a_id)]
    assert bs.secondary_synchronize_pairs == [(B.__table__.c.id, links.c.b_id)]
    criterion, binds = bs._lazy_clause()
    assert str(criterion) == ":param_1 = links.a_id AND b.id = links.b_id"
    assert [column for _, column in binds] == [A.__table__.c.id]
    other = aliased(B)
    primary, second, secondary, *_ = bs._create_joins(
        A.__table__, inspect(other).selectable, alias_secondary=True
    )
    assert str(primary) == "a.id = links_1.a_id"
    assert str(second) == "b_1.id = links_1.b_id"
    assert secondary is not links


def test_overlapping_composite_self_reference(Base):
    from cormorant import ForeignKeyConstraint

    class Folder(Base):
        __tablename__ = "folders"
        __table_args__ = (
            ForeignKeyConstraint(
                ["account_id", "parent_id"], ["folders.account_id", "folders.folder_id"]
            ),
        )
        account_id = Column(Integer, primary_key=True)
        folder_id = Column(Integer, primary_key=True)
        parent_id = Column(Integer)
        parent = relationship(
            "Folder", back_populates="children", remote_side=[account_id, folder_id]
        )
        children = relationship("Folder", back_populates="parent")

    configure_mappers()
    assert Folder.parent.property.direction is MANYTOONE
    assert Folder.children.property.direction is ONETOMANY


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("all", {"save-update", "merge", "refresh-expire", "expunge", "delete"}),
        (
            "all, delete-orphan",
            {*["save-update", "merge", "refresh-expire", "expunge", "delete"], "delete-orphan"},
        ),
        ("none", set()),
        ("", set()),
        (None, set()),
        (["merge"], {"merge"}),
    ],
)
def test_cascade_options(text, expected):
    options = CascadeOptions(text)
    assert set(options) == expected
    assert options.save_update == ("save-update" in expected)
    assert options.delete_orphan == ("delete-orphan" in expected)


def test_cascade_reaches_the_core(Base):
    User, Post = blog(Base, relationship("Post", cascade="all, delete-orphan"))
    from cormorant import _core

    flags = User.posts.property._core_flags()
    assert flags & _core.ATTR_CASCADE_SAVE
    assert flags & _core.ATTR_DELETE_ORPHAN
    assert inspect(Post)._delete_orphans == [("posts", User)]


def test_set_collections(Base):
    User, Post = blog(Base, relationship("Post", collection_class=set))
    user = User()
    post = Post()
    user.posts.add(post)
    assert user.posts == {post}


def test_unsupported_collections(Base):
    with pytest.raises(exc.ArgumentError, match="must elect an appender"):
        blog(Base, relationship("Post", collection_class=dict))


def test_back_reference_in_one_direction_only(Base):
    User, Post = blog(Base, relationship("Post", back_populates="user"), relationship("User"))
    user, post = User(), Post()
    user.posts.append(post)
    assert post.user is user
    other = Post(user=user)
    assert other not in user.posts


def test_viewonly_side_is_not_kept_in_step(Base):
    User, Post = blog(
        Base,
        relationship("Post", back_populates="user", viewonly=True),
        relationship("User", back_populates="posts"),
    )
    user = User()
    Post(user=user)
    assert user.posts == []


def test_comparison_with_an_absent_value(Base):
    User, Post = blog(Base, None, relationship("User"))
    unset, none = (Post.user == User()).compile(), (Post.user == User(id=None)).compile()
    with pytest.raises(exc.InvalidRequestError, match="no value has been set for this column"):
        unset.construct_params()
    with pytest.warns(exc.SAWarning, match="Got None for value of column users.id"):
        none.construct_params()


def test_aliased_relationships(Base):
    User, _ = blog(Base, relationship("Post"))
    alias = aliased(User)
    assert str(select(alias).where(alias.posts.any())) == (
        "SELECT users_1.id, users_1.name \nFROM users AS users_1 \n"
        "WHERE EXISTS (SELECT 1 \nFROM posts \nWHERE users_1.id = posts.user_id)"
    )
    assert str(with_parent(User(id=3), User.posts)) == ":param_1 = posts.user_id"


def test_configuration_error_is_not_retried(Base):
    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
        posts = relationship("Nothing")

    with pytest.raises(exc.InvalidRequestError, match="failed to locate a name"):
        User()
    with pytest.raises(exc.InvalidRequestError, match="One or more mappers failed"):
        User()


def test_remote_annotation(Base):
    class Element(Base):
        __tablename__ = "elements"
        id = Column(Integer, primary_key=True)
        path = Column(String)
        descendants = relationship(
            "Element",
            primaryjoin=remote(foreign(path)).like(path.concat("/%")),
            viewonly=True,
            order_by=path,
        )

    assert Element.descendants.property.direction is ONETOMANY


def test_single_parent(Base):
    User, Post = blog(Base, None, relationship("User", single_parent=True))
    user = User()
    first = Post(user=user)
    with pytest.raises(exc.InvalidRequestError, match="is already associated with an instance of"):
        Post(user=user)
    first.user = user
    first.user = None
    assert Post(user=user).user is user


def test_single_parent_of_a_collection(Base):
    links = Table(
        "links",
        Base.metadata,
        Column("a_id", ForeignKey("a.id"), primary_key=True),
        Column("b_id", ForeignKey("b.id"), primary_key=True),
    )

    class A(Base):
        __tablename__ = "a"
        id = Column(Integer, primary_key=True)
        bs = relationship(
            "B", secondary=links, single_parent=True, cascade="all, delete-orphan", backref="as_"
        )

    class B(Base):
        __tablename__ = "b"
        id = Column(Integer, primary_key=True)

    b = B()
    one, two = A(bs=[b]), A()
    with pytest.raises(exc.InvalidRequestError, match="only allowed a single parent"):
        two.bs.append(b)
    assert two.bs == []
    one.bs.remove(b)
    two.bs.append(b)
    assert b.as_ == [two]
