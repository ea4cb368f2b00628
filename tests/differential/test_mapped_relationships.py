"""Mapping relationships, on both packages: what they join by, their options, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Peer, Programs, compare

program = Programs()


@program
def relationship_attributes(p: Peer):
    class Node(p.Base):
        __tablename__ = "nodes"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        parent_id = p.Column(p.ForeignKey("nodes.id"))
        children = p.relationship("Node", back_populates="parent")
        parent = p.relationship("Node", back_populates="children", remote_side=[id])

    p.Table(
        "links",
        p.Base.metadata,
        p.Column("a_id", p.ForeignKey("a.id"), primary_key=True),
        p.Column("b_id", p.ForeignKey("b.id"), primary_key=True),
    )

    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        bs = p.relationship("B", secondary="links", backref="as_", order_by="B.id.desc()")
        only = p.relationship(
            "B",
            primaryjoin="A.id == B.first_id",
            uselist=False,
            cascade="all, delete-orphan",
            foreign_keys="B.first_id",
            backref=p.backref("first", lazy="joined"),
        )

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        first_id = p.Column(p.ForeignKey("a.id"))
        second_id = p.Column(p.ForeignKey("a.id"))
        second = p.relationship(A, foreign_keys=[second_id], lazy="selectin", viewonly=True)

    for cls in (Node, A, B):
        for r in p.inspect(cls).relationships:
            p.show(
                str(r),
                r.direction.name,
                r.uselist,
                r.lazy,
                r.viewonly,
                r.mapper.class_,
                sorted(r.cascade),
                str(r.primaryjoin),
                str(r.secondaryjoin),
                [f"{a}-{b}" for a, b in r.local_remote_pairs],
                [f"{a}-{b}" for a, b in r.synchronize_pairs],
                [f"{a}-{b}" for a, b in r.secondary_synchronize_pairs or ()],
                sorted(map(str, r.local_columns)),
                sorted(map(str, r.remote_side)),
                sorted(x.key for x in r._reverse_property),
                [str(o) for o in r.order_by] if r.order_by else r.order_by,
            )


def family(p: Peer, posts=None, user=None, extra=None, fk=True, fk2=False, **more):
    """User and Post with the relationships given; configured."""
    Base = p.declarative_base()
    user_ns = {
        "__tablename__": "users",
        "__module__": __name__,
        "id": p.Column(p.Integer, primary_key=True),
        "n": p.Column(p.Integer),
        **more,
    }
    if posts is not None:
        user_ns["posts"] = posts
    post_ns = {
        "__tablename__": "posts",
        "__module__": __name__,
        "id": p.Column(p.Integer, primary_key=True),
        "user_id": p.Column(p.Integer, p.ForeignKey("users.id")) if fk else p.Column(p.Integer),
    }
    if fk2:
        post_ns["user2_id"] = p.Column(p.ForeignKey("users.id"))
    if user is not None:
        post_ns["user"] = user
    User = type(Base)("User", (Base,), user_ns)
    Post = type(Base)("Post", (Base,), post_ns)
    Base.registry.configure()
    return User, Post


@program
def refused_relationships(p: Peer):
    r = p.relationship
    for make in (
        lambda: family(p, r("Pst")),
        lambda: family(p, r("Post"), fk=False),
        lambda: family(p, r("Post"), fk2=True),
        lambda: family(p, r("Post", back_populates="user")),
        lambda: family(p, r("Post", back_populates="user_id")),
        lambda: family(p, r("Post", backref="user"), r("User")),
        lambda: family(p, r("Post", backref="user", back_populates="user")),
        lambda: family(p, r("Post", back_populates="user"), r("User", back_populates="user")),
        lambda: family(p, r("Post", cascade="foo")),
        lambda: family(p, r("Post", cascade="foo, bar, all")),
        lambda: family(p, None, r("User", cascade="all, delete-orphan")),
        lambda: family(p, r("Post", lazy="foo")),
        lambda: family(p, r("Post", primaryjoin="User.id == Post.zork")),
        lambda: family(p, r("Post", primaryjoin="User.id == Post.user_id"), fk=False),
        lambda: family(p, r("Post", primaryjoin="User.id > Post.user_id")),
        lambda: family(p, r("Post", order_by="Post.zork")),
        lambda: family(p, r("Post", order_by="zork")),
        lambda: family(p, r("Post", order_by=["Post.id", "desc(Post.user_id)"])),
        lambda: family(p, r("Post", foreign_keys=["Post.id"])),
        lambda: family(p, r("Post", remote_side=5)),
        lambda: family(p, r("Post", primaryjoin=5)),
        lambda: family(p, r("Post", secondary="zork")),
        lambda: family(p, r("Post", foreign_keys="Post.id")),
        lambda: family(p, r("Post", foreign_keys="User.n")),
        lambda: family(p, r(5)),
        lambda: family(p, r(p.String)),
        lambda: family(p, r("Post", passive_deletes="all", cascade="all")),
        lambda: r("Post", zork=1),
        lambda: r("Post", sync_backref=True, viewonly=True),
    ):
        p.error(make)


@program
def accepted_relationships(p: Peer):
    r = p.relationship
    for make in (
        lambda: family(p, r("Post", primaryjoin="User.id == foreign(Post.user_id)"), fk=False),
        lambda: family(
            p,
            r("Post", primaryjoin="User.id == Post.user_id", foreign_keys="Post.user_id"),
            fk=False,
        ),
        lambda: family(p, r("Post", primaryjoin="User.id > Post.user_id", viewonly=True)),
        lambda: family(p, r("Post", foreign_keys="Post.user2_id"), fk2=True),
        lambda: family(p, r("Post", primaryjoin="and_(User.id == Post.user_id, Post.id > 5)")),
        lambda: family(p, r("Post", uselist=False)),
        lambda: family(p, r("Post", cascade="all, delete-orphan")),
        lambda: family(p, r("Post", cascade="all", viewonly=True)),
        lambda: family(p, r("Post", cascade="")),
        lambda: family(p, r("Post", order_by="[Post.id, Post.user_id.desc()]")),
        lambda: family(p, None, r("User", cascade="all, delete-orphan", single_parent=True)),
        lambda: family(p, None, r("tests.differential.test_mapped_relationships.User")),
    ):
        User, Post = make()
        for cls in (User, Post):
            for rel in p.inspect(cls).relationships:
                p.show(
                    str(rel),
                    rel.direction.name,
                    rel.uselist,
                    sorted(rel.cascade),
                    repr(rel.cascade),
                    str(rel.primaryjoin),
                    [f"{a}-{b}" for a, b in rel.local_remote_pairs],
                    [f"{a}-{b}" for a, b in rel.synchronize_pairs],
                    [str(o) for o in rel.order_by] if rel.order_by else rel.order_by,
                )


@program
def doubtful_relationships(p: Peer):
    """Relationships that warn, one by one."""
    r = p.relationship
    family(p, r("Post", cascade="delete-orphan"))
    family(p, r("Post", remote_side="User.id"))
    family(p, r("Post"), p2=r("Post"))
    family(p, r("Post", viewonly=True, passive_deletes=True))
    family(p, r("Post"), r("User"))
    family(p, r("Post", overlaps="p2"), p2=r("Post"))


@program
def failed_configuration_is_remembered(p: Peer):
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        posts = p.relationship("Pst")

    class Other(p.Base):
        __tablename__ = "others"
        id = p.Column(p.Integer, primary_key=True)

    p.error(User)
    p.error(User)
    p.error(Other)
    p.error(lambda: p.inspect(Other).relationships)


@program
def expressions_of_relationships(p: Peer):
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        posts = p.relationship("Post", back_populates="user")
        tags = p.relationship("Tag", secondary="user_tags", back_populates="users")

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        title = p.Column(p.String)
        user_id = p.Column(p.ForeignKey("users.id"))
        user = p.relationship("User", back_populates="posts")

    class Tag(p.Base):
        __tablename__ = "tags"
        id = p.Column(p.Integer, primary_key=True)
        users = p.relationship("User", secondary="user_tags", back_populates="tags")

    class Node(p.Base):
        __tablename__ = "nodes"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        parent_id = p.Column(p.ForeignKey("nodes.id"))
        children = p.relationship("Node", back_populates="parent")
        parent = p.relationship("Node", back_populates="children", remote_side=[id])

    p.Table(
        "user_tags",
        p.Base.metadata,
        p.Column("user_id", p.ForeignKey("users.id"), primary_key=True),
        p.Column("tag_id", p.ForeignKey("tags.id"), primary_key=True),
    )
    user = User(id=5, name="u")
    post = Post(id=7, user_id=5)
    tag = Tag(id=3)
    node = Node(id=1, parent_id=2)
    alias, named = p.aliased(User), p.aliased(User, name="ua")
    for make in (
        lambda: User.posts.any(),
        lambda: User.posts.any(Post.title == "x"),
        lambda: User.posts.any(title="x"),
        lambda: ~User.posts.any(title="x"),
        lambda: Post.user.has(name="u"),
        lambda: Post.user == user,
        lambda: Post.user != user,
        lambda: Post.user == None,  # noqa: E711
        lambda: Post.user != None,  # noqa: E711
        lambda: User.posts == None,  # noqa: E711
        lambda: User.posts != None,  # noqa: E711
        lambda: User.posts.contains(post),
        lambda: ~User.posts.contains(post),
        lambda: User.tags.any(),
        lambda: User.tags.any(Tag.id == 4),
        lambda: User.tags.contains(tag),
        lambda: ~User.tags.contains(tag),
        lambda: Node.children.any(),
        lambda: Node.children.any(Node.name == "n"),
        lambda: Node.children.any(name="n"),
        lambda: Node.parent.has(Node.name == "n"),
        lambda: Node.parent == node,
        lambda: Node.children.contains(node),
        lambda: alias.posts.any(Post.title == "x"),
        lambda: alias.posts.contains(post),
        lambda: named.name == "x",
        lambda: User.posts.of_type(p.aliased(Post)).any(),
        lambda: User.posts.and_(Post.id > 3),
        lambda: User.posts.expression,
        lambda: User.tags.expression,
        lambda: Node.children.expression,
        lambda: p.with_parent(user, User.posts),
        lambda: p.with_parent(user, User.tags),
        lambda: p.with_parent(post, Post.user),
        lambda: p.select(User).where(User.posts.any(Post.title == "x")),
        lambda: p.select(alias).where(alias.posts.any(Post.title == "x")),
        lambda: p.select(Post).where(Post.user.has(User.name == "u")),
        lambda: p.select(User).where(User.tags.any(Tag.id == 1)),
        lambda: p.select(User).where(~User.tags.contains(tag)),
        lambda: p.select(Node).where(Node.children.any(Node.name == "n")),
        lambda: p.select(Post).where(p.with_parent(user, User.posts)),
        lambda: p.select(named.name, alias.id),
        lambda: User.posts == [],
        lambda: User.posts == user,
        lambda: User.posts != user,
        lambda: Post.user.any(),
        lambda: User.posts.has(),
        lambda: Post.user.in_([1]),
        lambda: Post.user.contains(user),
        lambda: User.posts.nothing,
        lambda: User.name.nothing,
        lambda: User.nothing,
        lambda: Post.user == 5,
        lambda: Post.user == User,
        lambda: User.name.any(),
        lambda: User.name.nullable,
        lambda: User.name.type,
        lambda: p.with_parent(user, "posts"),
        lambda: p.with_parent(user, User.name),
    ):
        try:
            value = make()
        except Exception as error:
            p.show(type(error).__name__, str(error))
        else:
            p.show(str(value))
    compiled = (Post.user == user).compile()
    p.show(compiled.params, p.with_parent(user, User.posts).compile().params)
    p.error(lambda: Post.user < 5, text=False)
    p.error(lambda: Post.user.desc(), text=False)


@program
def association_and_graph(p: Peer):
    Base = p.Base
    edges = p.Table(
        "edges",
        Base.metadata,
        p.Column("left_id", p.ForeignKey("nodes.id"), primary_key=True),
        p.Column("right_id", p.ForeignKey("nodes.id"), primary_key=True),
    )

    class Node(Base):
        __tablename__ = "nodes"
        id = p.Column(p.Integer, primary_key=True)
        after = p.relationship(
            "Node",
            secondary=edges,
            primaryjoin="Node.id == edges.c.left_id",
            secondaryjoin=id == edges.c.right_id,
            backref="before",
        )

    class Link(Base):
        __tablename__ = "links"
        a_id = p.Column(p.ForeignKey("a.id"), primary_key=True)
        b_id = p.Column(p.ForeignKey("b.id"), primary_key=True)
        note = p.Column(p.String)
        b = p.relationship("B", back_populates="links")
        a = p.relationship("A", back_populates="links")

    class A(Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        links = p.relationship("Link", back_populates="a", cascade="all, delete-orphan")
        direct = p.relationship("B", secondary="links", viewonly=True, order_by="B.id")

    class B(Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        links = p.relationship("Link", back_populates="b")

    for cls in (Node, Link, A, B):
        for r in p.inspect(cls).relationships:
            p.show(str(r), r.direction.name, str(r.primaryjoin), str(r.secondaryjoin))
            p.show([f"{x}-{y}" for x, y in r.local_remote_pairs])
            p.show([f"{x}-{y}" for x, y in r.synchronize_pairs])
            p.show([f"{x}-{y}" for x, y in r.secondary_synchronize_pairs or ()])
    p.show(str(Node.after.any()), str(Node.before.any(Node.id == 3)), str(A.direct.any(B.id == 2)))
    session = p.session()
    one, two, three = Node(), Node(), Node()
    session.add_all([one, two, three])
    # one edge a flush: SQLAlchemy does not order the rows of an association table
    for left, right in ((one, two), (one, three), (three, one)):
        left.after.append(right)
        session.flush()
    p.show([n is one for n in two.before], len(one.before), len(three.before))
    session.add(A(links=[Link(note="x", b=B())]))
    session.commit()
    a = session.query(A).one()
    p.show(a.links[0].note, a.direct[0].links[0].a is a)


@program
def aliases_of_other_things(p: Peer):
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        posts = p.relationship("Post", back_populates="user")

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        title = p.Column(p.String)
        user_id = p.Column(p.ForeignKey("users.id"))
        user = p.relationship("User", back_populates="posts")

    sub = p.select(User).where(User.name == "x").subquery()
    from_sub = p.aliased(User, sub)
    named = p.aliased(User, sub, name="inner")
    post = p.aliased(Post)
    for statement in (
        p.select(from_sub),
        p.select(named.name),
        p.select(User).join(User.posts.of_type(post)).where(post.title == "t"),
        p.select(User, post).join(post, User.posts),
        p.select(User).join(User.posts.and_(Post.title == "t")),
        p.select(post).join(post.user),
        p.select(post.user_id).join(post.user.of_type(from_sub)),
        p.select(User).where(from_sub.posts.any(Post.title == "t")),
        p.select(User).select_from(p.orm.join(User, post, User.posts.of_type(post))),
        p.select(User).select_from(p.orm.outerjoin(User, Post, User.id == Post.user_id)),
    ):
        p.show(str(statement))


@program
def backrefs_with_options(p: Peer):
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        posts = p.relationship(
            "Post",
            cascade="all, delete-orphan",
            passive_deletes=True,
            backref=p.backref("user", lazy="joined", cascade="save-update", info={"a": 1}),
        )
        only = p.relationship("Post", viewonly=True, backref="viewer")
        one = p.relationship("One", uselist=False, back_populates="user")

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("users.id"))

    class One(p.Base):
        __tablename__ = "ones"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("users.id"))
        user = p.relationship("User", back_populates="one", single_parent=True)

    User.registry.configure()
    for r in (User.posts, Post.user, User.only, Post.viewer, User.one, One.user):
        r = r.property
        p.show(str(r), r.direction.name, r.lazy, sorted(r.cascade), r.viewonly, r.uselist)
        p.show(r.passive_deletes, r.single_parent, r.info, str(r.back_populates), r.sync_backref)
    user, post, one = User(), Post(), One()
    user.posts.append(post)
    p.show(post.user is user, user.only, post.viewer)
    user.one = one
    p.show(one.user is user)
    other = One()
    user.one = other
    p.show(one.user, other.user is user)
    p.error(lambda: setattr(one, "user", user))
    p.show(user.one is one, other.user)


@program
def back_references_in_place_of_attributes(p: Peer) -> None:
    """What the class has under the name of a back reference is replaced, with a warning."""
    proxy = p.module("ext.associationproxy").association_proxy
    hybrid = p.module("ext.hybrid").hybrid_property
    kinds = {
        "proxy": lambda: proxy("targets", "name"),
        "property": lambda: property(lambda self: 1),
        "hybrid": lambda: hybrid(lambda self: self.id),
        "function": lambda: lambda self: 1,
        "column": lambda: p.Column(p.Integer),
    }
    for kind, make in kinds.items():
        for place in ("class", "mixin"):
            base = p.declarative_base()
            if place == "mixin" and kind == "column":
                continue
            named = {"__tablename__": "users", "id": p.Column(p.Integer, primary_key=True)}
            above = type("Mixin", (), {"posts": make()} if place == "mixin" else {})
            if place == "class":
                named["posts"] = make()

            def mapped(base=base, named=named, above=above):
                user_class = type("User", (above, base), named)

                class Post(base):
                    __tablename__ = "posts"
                    id = p.Column(p.Integer, primary_key=True)
                    user_id = p.Column(p.ForeignKey("users.id"))
                    user = p.relationship(user_class, backref="posts")

                base.registry.configure()
                user = user_class()
                post = Post(user=user)
                return user.posts == [post]

            p.error(mapped)


@program
def joins_that_are_said_to_be_left_out(p: Peer) -> None:
    p.relationship("X", omit_join=False)
    p.relationship("X", omit_join=True)


@program
def references_back_from_lazy_loads(p: Peer) -> None:
    """What is loaded lazily finds the object that it is loaded for: it is not joined again."""
    for number, lazy in enumerate(("joined", "selectin", "subquery", "immediate")):
        base = p.declarative_base()

        class User(base):
            __tablename__ = f"users{number}"
            id = p.Column(p.Integer, primary_key=True)
            posts = p.relationship("Post", back_populates="user", order_by="Post.id")

        class Post(base):
            __tablename__ = f"posts{number}"
            id = p.Column(p.Integer, primary_key=True)
            user_id = p.Column(p.ForeignKey(User.id))
            by_id = p.Column(p.ForeignKey(User.id))
            user = p.relationship(
                User, back_populates="posts", lazy=lazy, foreign_keys="Post.user_id"
            )
            by = p.relationship(User, lazy=lazy, foreign_keys="Post.by_id")

        User.posts = p.relationship(
            Post, back_populates="user", order_by=Post.id, foreign_keys=Post.user_id
        )
        engine = p.engine()
        base.metadata.create_all(engine)
        with p.orm.Session(engine) as s:
            first, second = User(), User()
            s.add_all([Post(user=first, by=second), Post(user=second, by=second)])
            s.commit()
            s.expunge_all()
            for load in (p.lazyload, p.immediateload, p.selectinload):
                for user in s.query(User).options(load(User.posts)).order_by(User.id):
                    for post in user.posts:
                        loaded = sorted(key for key in post.__dict__ if not key.startswith("_"))
                        p.show(loaded, post.user is user, post.by.id)
                s.expunge_all()


@program
def arguments_that_are_no_columns(p: Peer) -> None:
    def configured(argument: str, given: Any) -> None:
        base = p.declarative_base()

        class User(base):
            __tablename__ = "users"
            id = p.Column(p.Integer, primary_key=True)

        class Post(base):
            __tablename__ = "posts"
            id = p.Column(p.Integer, primary_key=True)
            user_id = p.Column(p.ForeignKey("users.id"))

        Post.user = p.relationship(User, **{argument: given(User, Post)})
        base.registry.configure()

    for argument in ("primaryjoin", "order_by", "foreign_keys", "remote_side"):
        for given in (
            lambda User, Post: p.select(User.id),
            lambda User, Post: p.text("users.id = user_id"),
            lambda User, Post: User.__table__,
        ):
            p.error(lambda argument=argument, given=given: configured(argument, given))
        for given in (
            lambda User, Post: User,
            lambda User, Post: User.__table__.join(Post.__table__),
        ):
            p.error(lambda argument=argument, given=given: configured(argument, given), text=False)


@pytest.mark.parametrize("function", program.registered)
def test_mapped_relationships(function):
    compare(function, warned=True)
