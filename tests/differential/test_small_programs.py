"""Small programs on both packages, one idea each."""

import datetime as dt
import enum
from decimal import Decimal

import pytest

from .harness import Peer, Programs, compare

program = Programs()


def blog(p: Peer):
    """Users with posts with tags, and some rows."""
    links = p.Table(
        "links",
        p.Base.metadata,
        p.Column("post_id", p.ForeignKey("posts.id"), primary_key=True),
        p.Column("tag_id", p.ForeignKey("tags.id"), primary_key=True),
    )

    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String(30), nullable=False)
        age = p.Column(p.Integer)
        posts = p.relationship("Post", back_populates="user", order_by="Post.id")

        def __repr__(self):
            return f"<User {self.name}>"

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        title = p.Column(p.String)
        score = p.Column(p.Float, default=0.5)
        user_id = p.Column(p.ForeignKey("users.id"))
        user = p.relationship("User", back_populates="posts")
        tags = p.relationship("Tag", secondary=links, back_populates="posts", order_by="Tag.id")

        def __repr__(self):
            return f"<Post {self.title}>"

    class Tag(p.Base):
        __tablename__ = "tags"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        posts = p.relationship("Post", secondary=links, back_populates="tags")

        def __repr__(self):
            return f"<Tag {self.name}>"

    p.User, p.Post, p.Tag, p.links = User, Post, Tag, links
    session = p.session()
    tags = [Tag(name=name) for name in ("red", "green", "blue")]
    session.add_all(tags)
    for n in range(4):
        user = User(name=f"user {n}", age=None if n == 3 else 20 + n)
        session.add(user)
        for k in range(n):
            # one at a time: SQLAlchemy orders the rows of links by chance within a flush
            user.posts.append(Post(title=f"post {n}.{k}", tags=tags[:k]))
            session.flush()
    session.commit()
    p.mark("filled")
    return session


@program
def states_through_a_life(p):
    s = blog(p)
    user = p.User(name="new")

    def states():
        state = p.inspect(user)
        p.show([state.transient, state.pending, state.persistent, state.deleted, state.detached])

    states()
    s.add(user)
    states()
    s.flush()
    states()
    s.delete(user)
    s.flush()
    states()
    s.rollback()
    states()
    p.show(user in s, user.name, user.id)


@program
def only_changed_columns_are_updated(p):
    s = blog(p)
    users = s.query(p.User).order_by(p.User.id).all()
    users[0].age = 50
    users[1].age = 51
    users[2].name = "renamed"
    users[2].age = 22
    users[3].name = users[3].name
    s.commit()
    p.show([(u.name, u.age) for u in users])


@program
def updates_of_several_kinds_are_grouped(p):
    s = blog(p)
    users = s.query(p.User).order_by(p.User.id).all()
    for number, user in enumerate(users):
        if number % 2:
            user.name += "!"
        else:
            user.age = number
    s.flush()


@program
def explicit_keys_are_inserted_together(p):
    s = blog(p)
    s.add_all([p.User(id=n, name=str(n)) for n in (30, 10, 20)])
    s.flush()
    s.add_all([p.User(id=99, name="key"), p.User(name="no key"), p.User(name="none", age=1)])
    s.flush()
    p.show([u.id for u in s.query(p.User).order_by(p.User.id)])


@program
def delete_nulls_the_children(p):
    s = blog(p)
    user = s.query(p.User).filter_by(name="user 2").one()
    posts = list(user.posts)
    s.delete(user)
    s.flush()
    p.show([post.user_id for post in posts], s.query(p.Post).count())
    s.commit()
    p.show([post.user for post in posts])


@program
def delete_a_many_to_many_owner(p):
    s = blog(p)
    post = s.query(p.Post).filter_by(title="post 3.2").one()
    s.delete(post)
    s.commit()
    p.show(s.execute(p.select(p.func.count()).select_from(p.links)).scalar_one())


@program
def reparent_by_collection_and_by_reference(p):
    s = blog(p)
    one, two = s.query(p.User).filter(p.User.id.in_([3, 4])).order_by(p.User.id)
    moved = one.posts[0]
    two.posts.append(moved)
    p.show(moved in one.posts, moved.user is two)
    s.flush()
    moved.user = one
    p.show(moved in two.posts, moved in one.posts)
    s.commit()
    p.show(one.posts, two.posts)


@program
def collection_replaced(p):
    s = blog(p)
    user = s.query(p.User).filter_by(name="user 3").one()
    old = user.posts
    user.posts = [old[1], p.Post(title="fresh")]
    s.flush()
    p.show(user.posts, old)
    s.commit()
    p.show(user.posts, s.query(p.Post).filter(p.Post.user_id == None).all())  # noqa: E711


@program
def many_to_many_rewrite(p):
    s = blog(p)
    post = s.query(p.Post).filter_by(title="post 3.2").one()
    red, green, blue = s.query(p.Tag).order_by(p.Tag.id)
    post.tags = [blue, green]
    s.commit()
    p.show(post.tags, red.posts, blue.posts)
    blue.posts.remove(post)
    s.commit()
    p.show(post.tags)


@program
def lazy_loads(p):
    s = blog(p)
    for user in s.query(p.User).order_by(p.User.id):
        p.show(user, user.posts, [post.tags for post in user.posts])
    s.expunge_all()
    for post in s.query(p.Post).order_by(p.Post.id):
        p.show(post, post.user)


@program
def joined_eager_loading(p):
    s = blog(p)
    s.expunge_all()
    query = s.query(p.User).options(p.joinedload(p.User.posts).joinedload(p.Post.tags))
    for user in query.order_by(p.User.name.desc()):
        p.show(user, [(post, post.tags) for post in user.posts])
    p.mark("limited")
    s.expunge_all()
    p.show(query.order_by(p.User.age).limit(2).offset(1).all())
    p.mark("references")
    s.expunge_all()
    posts = s.query(p.Post).options(p.joinedload(p.Post.user)).all()
    p.show([(post, post.user) for post in posts])


@program
def select_in_eager_loading(p):
    s = blog(p)
    s.expunge_all()
    option = p.selectinload(p.User.posts).selectinload(p.Post.tags)
    p.show([(u, u.posts) for u in s.scalars(p.select(p.User).options(option).order_by(p.User.id))])
    s.expunge_all()
    p.show([(x, x.user) for x in s.scalars(p.select(p.Post).options(p.selectinload(p.Post.user)))])


@program
def unique_is_required(p):
    s = blog(p)
    result = s.scalars(p.select(p.User).options(p.joinedload(p.User.posts)))
    p.error(result.all)
    p.show(s.scalars(p.select(p.User).options(p.joinedload(p.User.posts))).unique().all())


@program
def joins_and_aggregates(p):
    s = blog(p)
    p.show(
        s.query(p.User.name, p.func.count(p.Post.id)).join(p.User.posts).group_by(p.User.name).all()
    )
    p.show(s.query(p.User, p.Post.title).join(p.Post).order_by(p.Post.id).all())
    p.show(s.query(p.Post).join(p.Post.tags).filter(p.Tag.name == "red").order_by(p.Post.id).all())
    p.show(s.query(p.User).outerjoin(p.User.posts).filter(p.Post.id == None).all())  # noqa: E711
    p.show(s.execute(p.select(p.User.name, p.Tag.name).join(p.User.posts).join(p.Post.tags)).all())
    p.show(s.query(p.func.sum(p.User.age), p.func.avg(p.User.age), p.func.min(p.User.name)).one())


@program
def aliases(p):
    s = blog(p)
    other = p.aliased(p.User)
    query = s.query(p.User, other).filter(p.User.age < other.age).order_by(p.User.id, other.id)
    p.show(query.all())
    named = p.aliased(p.User, name="u2")
    p.show(s.execute(p.select(named.name).where(named.id == 2)).all())


@program
def relationship_comparisons(p):
    s = blog(p)
    user = s.get(p.User, 3)
    p.show(s.query(p.Post).filter(p.Post.user == user).all())
    p.show(s.query(p.Post).filter(p.Post.user != user).all())
    p.show(s.query(p.Post).filter(p.Post.user == None).all())  # noqa: E711
    p.show(s.query(p.User).filter(p.User.posts.any()).all())
    p.show(s.query(p.User).filter(p.User.posts.any(p.Post.title.like("%.1"))).all())
    p.show(s.query(p.Post).filter(p.Post.user.has(p.User.age > 21)).all())
    p.show(s.query(p.Post).filter(p.Post.tags.contains(s.get(p.Tag, 1))).all())
    p.show(s.query(p.User).filter(p.User.posts.contains(s.get(p.Post, 1))).all())


@program
def counting_and_slicing(p):
    s = blog(p)
    query = s.query(p.User).order_by(p.User.id)
    p.show(query.count(), query.filter(p.User.age > 20).count(), query.limit(2).count())
    p.show(query[1], query[0:2], query[2:], query.first(), query.offset(3).first())
    p.show(s.query(p.User.age).distinct().all())
    p.show(s.query(query.exists()).scalar())


@program
def bulk_update_and_delete(p):
    s = blog(p)
    loaded = s.query(p.User).order_by(p.User.id).all()
    p.show(s.query(p.User).filter(p.User.age >= 21).update({"age": p.User.age + 10}))
    p.show([u.age for u in loaded])
    p.show(s.query(p.Post).filter(p.Post.title == "post 1.0").delete())
    p.show(s.query(p.User).filter_by(name="user 0").delete(synchronize_session=False))
    p.show(s.execute(p.update(p.User).where(p.User.id == 2).values(name="x")).rowcount)
    p.show(s.execute(p.delete(p.User).where(p.User.id == 4)).rowcount)
    s.commit()
    p.show(s.query(p.User).all())


@program
def refresh_and_expire(p):
    s = blog(p)
    user = s.get(p.User, 2)
    s.expire(user, ["age"])
    p.show(user.name)
    p.mark("one column")
    p.show(user.age)
    s.refresh(user, ["name"])
    s.refresh(user)
    s.expire_all()
    p.show(user.posts)
    s.expire(user)
    user.name = "set while expired"
    p.show(user.age, user.name)
    s.flush()


@program
def deferred_and_partial_columns(p):
    s = blog(p)
    s.expunge_all()
    user = s.query(p.User).options(p.load_only(p.User.name)).first()
    p.show(sorted(p.inspect(user).unloaded))
    p.show(user.age)
    s.expunge_all()
    user = s.query(p.User).options(p.defer(p.User.name)).order_by(p.User.id.desc()).first()
    p.show(user.name)


@program
def pending_changes_win_over_rows(p):
    s = blog(p)
    user = s.get(p.User, 1)
    user.name = "changed"
    with s.no_autoflush:
        p.show(s.query(p.User).order_by(p.User.id).all())
        p.show(s.query(p.User).populate_existing().order_by(p.User.id).all())


@program
def savepoints(p):
    s = blog(p)
    user = s.get(p.User, 1)
    nested = s.begin_nested()
    user.name = "inner"
    s.add(p.User(name="inner user"))
    s.flush()
    nested.rollback()
    p.show(user.name, s.query(p.User).count())
    with s.begin_nested():
        user.name = "kept"
    s.commit()
    p.show(user.name)


@program
def failed_flush_then_rollback(p):
    s = blog(p)
    s.add(p.User(name=None))
    p.error(s.flush)
    p.error(lambda: s.query(p.User).all())
    s.rollback()
    p.show(s.query(p.User).count())


@program
def autoflush_error_names_its_cause(p):
    s = blog(p)
    s.add(p.User(name=None))
    p.error(lambda: s.query(p.User).all())


@program
def merging(p):
    s = blog(p)
    merged = s.merge(p.User(id=1, name="merged", posts=[p.Post(id=1, title="taken")]))
    p.show(merged, merged.posts, merged in s)
    s.commit()
    new = s.merge(p.User(name="no key"))
    s.commit()
    p.show(new.id, merged.posts[0].user is merged)


@program
def composite_keys(p):
    class Cell(p.Base):
        __tablename__ = "cell"
        x = p.Column(p.Integer, primary_key=True)
        y = p.Column(p.Integer, primary_key=True)
        v = p.Column(p.String)

    s = p.session()
    s.add_all([Cell(x=2, y=1, v="c"), Cell(x=1, y=2, v="b"), Cell(x=1, y=1, v="a")])
    s.commit()
    p.show([c.v for c in s.query(Cell)], s.get(Cell, (1, 2)).v, s.get(Cell, (9, 9)))
    p.error(lambda: s.get(Cell, 1))
    s.get(Cell, (2, 1)).v = "changed"
    s.delete(s.get(Cell, (1, 1)))
    s.commit()
    s.add(Cell(x=5, v="incomplete"))
    p.error(s.flush)


@program
def natural_string_keys(p):
    class Country(p.Base):
        __tablename__ = "country"
        code = p.Column(p.String(2), primary_key=True)
        name = p.Column(p.String)

    s = p.session()
    s.add_all([Country(code="nl", name="Netherlands"), Country(code="at", name="Austria")])
    s.commit()
    p.show(s.get(Country, "nl").name, s.get(Country, "xx"))
    s.get(Country, "at").code = "AT"
    s.commit()
    p.show([c.code for c in s.query(Country).order_by(Country.name)])
    s.add(Country(name="no key"))
    p.error(s.flush)


@program
def server_defaults(p):
    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        made = p.Column(p.String, server_default=p.text("'made'"))
        kind = p.Column(p.String, server_default="plain", nullable=False)
        n = p.Column(p.Integer, default=7, onupdate=8)

    s = p.session()
    one, two, three = Thing(), Thing(kind="odd"), Thing(n=None)
    s.add(one)
    s.flush()
    p.show(one.made, one.kind, one.n)
    s.add_all([two, three])
    s.flush()
    p.show(two.made, two.kind, three.n, three.kind)
    one.kind = "changed"
    s.commit()
    p.show(one.n, two.n)


@program
def every_type(p):
    class Shade(enum.Enum):
        dark = 1
        light = 2

    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.BigInteger().with_variant(p.Integer, "sqlite"), primary_key=True)
        small = p.Column(p.SmallInteger)
        text = p.Column(p.Text)
        real = p.Column(p.Float)
        yes = p.Column(p.Boolean)
        at = p.Column(p.DateTime)
        day = p.Column(p.Date)
        hour = p.Column(p.Time)
        money = p.Column(p.Numeric(10, 2))
        raw = p.Column(p.LargeBinary)
        data = p.Column(p.JSON)
        shade = p.Column(p.Enum(Shade))
        word = p.Column(p.Enum("a", "b", name="words"))
        token = p.Column(p.Uuid)

    import uuid

    s = p.session()
    s.add(
        Thing(
            small=3,
            text="t",
            real=1.5,
            yes=True,
            at=dt.datetime(2024, 5, 6, 7, 8, 9, 10),
            day=dt.date(2024, 5, 6),
            hour=dt.time(7, 8, 9),
            money=Decimal("3.10"),
            raw=b"\x00r",
            data={"k": [1, None]},
            shade=Shade.light,
            word="b",
            token=uuid.UUID(int=7),
        )
    )
    s.add(Thing())
    s.commit()
    for t in s.query(Thing).order_by(Thing.id):
        p.show(t.id, t.small, t.text, t.real, t.yes, t.at, t.day, t.hour, t.money)
        p.show(t.raw, t.data, t.shade, t.word, t.token)
    thing = s.query(Thing).filter(Thing.shade == Shade.light, Thing.day > dt.date(2020, 1, 1)).one()
    p.show(thing.id)
    thing.word = "zzz"
    p.error(s.flush)


@program
def values_of_wrong_types(p):
    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        at = p.Column(p.DateTime)
        day = p.Column(p.Date)
        yes = p.Column(p.Boolean)
        n = p.Column(p.Integer)
        s = p.Column(p.String)

    s = p.session()
    for values in (
        {"at": "2020-01-01"},
        {"day": 5},
        {"yes": "maybe"},
        {"yes": 7},
        {"n": object},
        {"n": 2**64},
        {"s": {"a": 1}},
        {"s": "\ud800"},
    ):
        s.add(Thing(**values))
        p.error(s.flush, text="n" not in values and "s" not in values)
        s.rollback()
    s.add(Thing(n="text in an integer", s=5))
    s.commit()
    p.show([(t.n, t.s) for t in s.query(Thing)])


@program
def core_without_the_orm(p):
    metadata = p.MetaData()
    users = p.Table(
        "users",
        metadata,
        p.Column("id", p.Integer, primary_key=True),
        p.Column("name", p.String, nullable=False, index=True),
        p.Column("age", p.Integer, default=18),
    )
    engine = p.engine()
    metadata.create_all(engine)
    with engine.begin() as c:
        p.show(c.execute(users.insert().values(name="a")).inserted_primary_key)
        c.execute(users.insert(), [{"name": "b", "age": 1}, {"name": "c", "age": 2}])
        p.show(
            c.execute(
                users.update().where(users.c.name == "b").values(age=users.c.age + 1)
            ).rowcount
        )
        p.show(c.execute(p.select(users).order_by(users.c.id)).all())
        p.show(c.execute(users.insert().returning(users.c.id), {"name": "r"}).scalar())
        p.error(lambda: c.execute(users.insert().values(nmae="typo")))
    with engine.connect() as c:
        p.show(c.execute(p.select(p.func.count()).select_from(users)).scalar())
        c.execute(users.delete())
        c.rollback()
        p.show([row._asdict() for row in c.execute(p.select(users.c.name, users.c.age))])
        nested = c.begin_nested()
        c.execute(users.delete())
        nested.rollback()
        c.commit()
        p.show(c.scalar(p.text("select count(*) from users")))
    metadata.drop_all(engine)


@program
def text_statements(p):
    s = blog(p)
    p.show(s.execute(p.text("SELECT id, name FROM users WHERE age > :a"), {"a": 20}).all())
    p.show(s.execute(p.text("SELECT count(*) AS n FROM posts")).one().n)
    p.show(s.execute(p.text(r"SELECT '\:x', :y"), {"y": 1}).one())
    p.show(s.query(p.User).filter(p.text("age = :x")).params(x=21).all())
    p.show(s.query(p.User).from_statement(p.text("SELECT * FROM users WHERE id = 2")).all())
    p.error(lambda: s.execute(p.text("SELECT * FROM nowhere")))


@program
def subqueries_and_unions(p):
    s = blog(p)
    counts = p.select(p.Post.user_id, p.func.count().label("n")).group_by(p.Post.user_id).subquery()
    p.show(
        s.execute(
            p.select(p.User.name, counts.c.n)
            .outerjoin(counts, p.User.id == counts.c.user_id)
            .order_by(p.User.id)
        ).all()
    )
    scalar = p.select(p.func.count(p.Post.id)).where(p.Post.user_id == p.User.id).scalar_subquery()
    p.show(s.execute(p.select(p.User.name, scalar.label("posts"))).all())
    young, old = (
        p.select(p.User.id).where(p.User.age < 21),
        p.select(p.User.id).where(p.User.age > 21),
    )
    p.show(s.execute(p.union(young, old)).all(), s.execute(p.union_all(young, young)).all())
    p.show(s.query(p.User).filter(p.User.id.in_(young)).all())
    p.show(
        s.execute(p.select(p.User.name).where(p.exists().where(p.Post.user_id == p.User.id))).all()
    )


@program
def case_and_casts(p):
    s = blog(p)
    kind = p.case((p.User.age == None, "?"), (p.User.age < 21, "young"), else_="old")  # noqa: E711
    p.show(s.execute(p.select(p.User.name, kind.label("kind")).order_by(kind, p.User.id)).all())
    p.show(
        s.execute(p.select(p.cast(p.User.age, p.String) + "x", -p.User.age, p.User.age / 2)).all()
    )
    p.show(s.execute(p.select(p.func.coalesce(p.User.age, 0).label("a")).order_by("a")).all())


@program
def mixin_columns(p):
    class Stamped:
        created = p.Column(p.DateTime, default=lambda: dt.datetime(2020, 1, 1))

        @p.module("orm").declared_attr
        def owner_id(cls):
            return p.Column(p.ForeignKey("owner.id"))

    class Owner(p.Base):
        __tablename__ = "owner"
        id = p.Column(p.Integer, primary_key=True)

    class A(Stamped, p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)

    class B(Stamped, p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

    s = p.session()
    s.add_all([A(), B(name="b")])
    s.commit()
    p.show(s.query(A).one().created, [c.name for c in B.__table__.c], s.query(B).one().name)


@program
def detached_objects(p):
    s = blog(p)
    user = s.query(p.User).order_by(p.User.id).first()
    p.show(user.name)
    s.close()
    p.show(user.name)
    p.error(lambda: user.posts)
    s.add(user)
    p.show(user.posts, user in s)
    s.expire(user)
    s.expunge(user)
    p.error(lambda: user.name)
    s.close()


@program
def session_collections(p):
    s = blog(p)
    user = s.get(p.User, 1)
    new, gone = p.User(name="new"), s.get(p.User, 4)
    user.name = "dirty"
    s.add(new)
    s.delete(gone)
    p.show(list(s.new), list(s.dirty), list(s.deleted))
    p.show(len(s.identity_map) > 0, sorted(u.id for u in s if u.id and isinstance(u, p.User)))
    p.show(s.is_modified(user), s.is_modified(gone))
    s.expunge(new)
    p.show(list(s.new))
    s.rollback()
    p.show(list(s.new), list(s.dirty), list(s.deleted))


@program
def history(p):
    s = blog(p)
    user = s.get(p.User, 3)
    posts = list(user.posts)
    user.name = "h"
    user.posts.append(p.Post(title="appended"))
    user.posts.remove(posts[0])
    attrs = p.inspect(user).attrs
    for attribute in (attrs.name, attrs.age, attrs.posts):
        changes = attribute.history
        p.show(changes.added, changes.unchanged, changes.deleted, changes.has_changes())


@program
def self_referential_order(p):
    class Node(p.Base):
        __tablename__ = "node"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        parent_id = p.Column(p.ForeignKey("node.id"))
        children = p.relationship("Node", backref=p.backref("parent", remote_side=id))

    s = p.session()
    leaf = Node(name="leaf", parent=Node(name="middle", parent=Node(name="root")))
    s.add(leaf)
    s.commit()
    p.show(leaf.parent.parent.name, leaf.id, leaf.parent.id, leaf.parent.parent.id)
    for node in s.query(Node).order_by(Node.id.desc()).all():
        s.delete(node)
        s.flush()
    s.commit()


@program
def one_to_one(p):
    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        b = p.relationship("B", uselist=False, back_populates="a", cascade="all, delete-orphan")

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        a_id = p.Column(p.ForeignKey("a.id"))
        a = p.relationship("A", back_populates="b")

    s = p.session()
    a = A(b=B())
    s.add(a)
    s.commit()
    old = a.b
    a.b = B()
    s.commit()
    p.show(p.inspect(old).detached, a.b.id, s.query(B).count())
    s.delete(a)
    s.commit()
    p.show(s.query(B).count())


@program
def ddl_of_many_kinds(p):
    metadata = p.MetaData()
    p.Table(
        "Odd Table",
        metadata,
        p.Column("select", p.Integer, primary_key=True),
        p.Column("CamelCase", p.String(5), unique=True),
        p.Column("n", p.Numeric(8, 3), p.CheckConstraint("n > 0", name="positive"), nullable=False),
        p.Column("flag", p.Boolean, server_default=p.text("true")),
        p.Index("ix odd", "n", unique=True),
        p.UniqueConstraint("n", "flag", name="uq"),
    )
    p.Table(
        "child",
        metadata,
        p.Column(
            "a", p.Integer, p.ForeignKey("Odd Table.select", ondelete="CASCADE"), primary_key=True
        ),
        p.Column("b", p.DateTime(timezone=True), primary_key=True, index=True),
    )
    engine = p.engine()
    metadata.create_all(engine)
    metadata.create_all(engine)
    inspector = p.inspect(engine)
    p.show(sorted(inspector.get_table_names()))
    p.show([(c["name"], c["nullable"]) for c in inspector.get_columns("Odd Table")])
    metadata.drop_all(engine)


@program
def wrong_arguments(p):
    s = blog(p)
    p.error(lambda: p.User(nmae=1))
    p.error(lambda: s.query("users"))
    p.error(lambda: s.query(p.User).filter_by(foo=1))
    p.error(lambda: s.query(p.User).options(p.joinedload(p.Post.user)).all())
    p.error(lambda: s.query(p.User).one())
    p.error(lambda: s.query(p.User).filter(p.User.id == 99).one())
    p.error(lambda: s.query(p.User).limit(1).filter_by(id=1))
    p.error(lambda: s.add(5), text=False)
    p.error(lambda: s.delete(p.User(name="x")))
    p.error(lambda: s.refresh(p.User(name="x")))
    p.error(lambda: s.expire(p.User(name="x")))
    p.error(lambda: p.create_engine("nothing"))
    p.error(lambda: p.relationship("User", cascade="bogus"))
    p.error(lambda: s.query(p.User).join("posts"))


@pytest.mark.parametrize("function", program.registered)
def test_program(function):
    compare(function)
