"""Cascades that programs seldom have: none at all, over what is only viewed, of pending objects
taken out of a collection, in a flush of chosen objects."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from .harness import Programs, compare
from .models import state

program = Programs()


def models(p: Any, **options: Any) -> Any:
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        posts = p.relationship("Post", **options)

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("users.id"))
        tags = p.relationship("Tag", cascade="all, delete-orphan")

    class Tag(p.Base):
        __tablename__ = "tags"
        id = p.Column(p.Integer, primary_key=True)
        post_id = p.Column(p.ForeignKey("posts.id"))

    return User, Post, Tag


@program
def no_cascade(p: Any) -> None:
    User, Post, _ = models(p, backref=p.backref("user", cascade=None))
    s = p.session()
    post = Post()
    s.add(post)
    user = User(posts=[post])
    p.show(state(p, user, post))
    s.expunge_all()
    post = Post()
    user = User(posts=[post])
    s.add(post)
    p.show(state(p, user, post), sorted(Post.user.property.cascade))
    for cascade in ("none", "", (), None, "all", "save-update", {"merge", "delete"}):
        p.show(sorted(p.relationship("X", cascade=cascade).cascade))
    p.show(sorted(p.relationship("X", viewonly=True).cascade), sorted(p.relationship("X").cascade))
    p.error(lambda: p.relationship("X", cascade="nothing"))


@program
def pending_orphans_take_theirs_along(p: Any) -> None:
    User, Post, Tag = models(p, cascade="all, delete-orphan")
    s = p.session()
    user = User()
    s.add(user)
    post = Post(tags=[Tag(), Tag()])
    user.posts.append(post)
    p.show(state(p, user, post, *post.tags))
    user.posts.remove(post)
    p.show(state(p, user, post, *post.tags))
    user.posts = [post]
    p.show(state(p, user, post, *post.tags))
    s.flush()
    new = Post(tags=[Tag()])
    user.posts.append(new)
    user.posts = []
    p.show(state(p, user, post, new, *new.tags))
    s.commit()
    p.show(state(p, user, post, new, *new.tags))


@program
def what_is_only_viewed(p: Any) -> None:
    User, Post, _ = models(p, viewonly=True, cascade="expunge, refresh-expire")
    s = p.session()
    s.add(User(id=1, name="u"))
    s.flush()
    s.add_all([Post(id=1, user_id=1), Post(id=2, user_id=1)])
    s.commit()
    user = s.get(User, 1)
    posts = list(user.posts)
    s.expire(user)
    p.show([sorted(p.inspect(o).dict) for o in (user, *posts)])
    user.posts
    s.refresh(user)
    p.show([sorted(p.inspect(o).dict) for o in (user, *posts)])
    user.posts
    s.expunge(user)
    p.show(state(p, user, *posts))


@program
def flush_of_chosen_objects(p: Any) -> None:
    User, Post, Tag = models(p, backref="user")
    s = p.session()
    user = User(posts=[Post(tags=[Tag()]), Post()])
    other = User(posts=[Post()])
    s.add_all([user, other])
    s.flush([user])
    p.show(state(p, user, *user.posts, *user.posts[0].tags, other, *other.posts))
    post = Post(user=other)
    s.flush([post])
    p.show(state(p, other, post), post.user_id)
    s.flush([other.posts[0]])
    p.show(state(p, other, *other.posts), len(s.new))
    third = Post(tags=[Tag()])
    user.posts.append(third)
    user.name = "changed"
    s.flush([third])
    p.show(state(p, user, third, *third.tags), third.user_id, len(s.dirty))
    s.commit()
    p.show([(x.id, x.user_id) for x in s.query(Post).order_by(Post.id)])


@program
def single_parents_that_expired(p: Any) -> None:
    """What is expired forgets its parents: it may have another."""

    class Node(p.Base):
        __tablename__ = "node"
        id = p.Column(p.Integer, primary_key=True)
        up_id = p.Column(p.ForeignKey("node.id"))
        below = p.relationship(
            "Node", back_populates="up", cascade="all, delete-orphan", single_parent=True
        )
        up = p.relationship("Node", back_populates="below", remote_side=[id])

    s = p.session()

    def step(end: Any, again: Any) -> None:
        """`again` gets the node, which its parent has."""
        first, node = Node(), Node()
        s.add_all([first, node])
        first.below = [node]
        end(node)
        p.error(lambda: again(node), text=False)
        s.rollback()
        s.close()

    def give(parent: Any, node: Any) -> None:
        parent.below = [node]

    for end in (
        lambda node: s.flush(),
        lambda node: s.commit(),
        lambda node: (s.flush(), s.expire(node)),
        lambda node: (s.flush(), s.expire(node, ["up"])),
        lambda node: (s.flush(), s.refresh(node)),
    ):
        others = [Node(), Node()]
        step(end, partial(give, others[0]))
        step(end, others[1].below.append)
        step(end, lambda node: s.merge(Node(id=70, below=[Node(id=node.id)])))
        step(end, lambda node: setattr(node, "up", Node()))


@program
def what_a_flush_deletes_is_not_updated(p: Any) -> None:
    """Changed by the program, and deleted with a member that the flush takes for an orphan."""
    User, Post, Tag = models(p, cascade="all, delete-orphan")
    Tag.name = p.Column(p.String)
    s = p.session()
    user = User(posts=[Post(tags=[Tag(name="a"), Tag(name="b")]), Post(tags=[Tag(name="c")])])
    s.add(user)
    s.commit()
    tag, other = user.posts[0].tags[0], user.posts[1].tags[0]
    tag.name, other.name = "changed", "too"
    del user.posts[0]
    s.flush()
    p.show(state(p, user, tag, other))
    s.rollback()
    p.show(tag.name, other.name, state(p, user, tag, other))


@program
def deleted_put_back_while_another_is_lost(p: Any) -> None:
    """A delete that a collection takes back in a flush that loses another object: what that
    one's children refer to is cleared all the same."""

    class Owner(p.Base):
        __tablename__ = "owners"
        id = p.Column(p.Integer, primary_key=True)
        plain = p.relationship("Thing", foreign_keys="Thing.plain_id")
        owned = p.relationship(
            "Thing", foreign_keys="Thing.owner_id", cascade="save-update, delete, delete-orphan"
        )

    class Thing(p.Base):
        __tablename__ = "things"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        plain_id = p.Column(p.ForeignKey("owners.id"))
        owner_id = p.Column(p.ForeignKey("owners.id"))
        parts = p.relationship("Part")

    class Part(p.Base):
        __tablename__ = "parts"
        id = p.Column(p.Integer, primary_key=True)
        thing_id = p.Column(p.ForeignKey("things.id"))

    s = p.session()
    owner = Owner(owned=[Thing(name=name, parts=[Part()]) for name in "abc"])
    other = Owner()
    s.add_all([owner, other])
    s.commit()
    s.autoflush = False
    a, b, c = owner.owned
    p.show([len(each.parts) for each in (a, b, c)])
    c.name = "changed"
    s.delete(a)
    other.plain.append(a)
    owner.owned.remove(b)
    s.flush()
    p.show(sorted(s.execute(p.select(Thing.__table__.c.name)).scalars()))
    p.show(s.execute(p.select(Part.__table__).order_by("id")).all())
    p.show(state(p, a, b, c), [each.name for each in s.deleted])


@pytest.mark.parametrize("run", program.registered)
def test_programs(run: Any) -> None:
    compare(run, warned=True)


@program
def given_to_another(p: Any) -> None:
    """What a reference of a single parent lets go of stays, if another has it by now."""

    class Owner(p.Base):
        __tablename__ = "owner"
        id = p.Column(p.Integer, primary_key=True)
        thing_id = p.Column(p.ForeignKey("thing.id"))
        thing = p.relationship(
            "Thing", back_populates="owners", cascade="all, delete-orphan", single_parent=True
        )

    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        owners = p.relationship(Owner, back_populates="thing")

    s = p.session()

    def step(take: Any, give: Any, *forget: str) -> None:
        s.rollback()
        first, second, thing = Owner(id=1), Owner(id=2), Thing(id=1)
        first.thing = thing
        s.add_all([first, second, thing])
        s.flush()
        if forget:
            s.expire(first, forget)
        take(first)
        give(second, thing)
        s.flush()
        for table in "owner", "thing":
            p.show(s.execute(p.text(f"select * from {table} order by id")).all())
        p.show(thing in s, p.inspect(thing).deleted)

    def unset(owner: Any) -> None:
        owner.thing = None

    def replace(owner: Any) -> None:
        owner.thing = Thing(id=2)

    def remove(owner: Any) -> None:
        del owner.thing

    def assign(owner: Any, thing: Any) -> None:
        owner.thing = thing

    def append(owner: Any, thing: Any) -> None:
        thing.owners.append(owner)

    def nothing(owner: Any, thing: Any) -> None:
        pass

    for give in assign, append, nothing:
        for take in unset, replace:
            step(take, give)
            if give is not nothing:
                step(take, give, "thing")
        step(remove, give)


@program
def an_orphan_that_another_collection_takes(p: Any) -> None:
    """It is deleted neither by this flush nor by the next one, unless the program has said so."""

    class Owner(p.Base):
        __tablename__ = "owner"
        id = p.Column(p.Integer, primary_key=True)
        kept = p.relationship(
            "Thing", foreign_keys="Thing.kept_by", cascade="all, delete-orphan", order_by="Thing.id"
        )
        only = p.relationship(
            "Thing", foreign_keys="Thing.only_of", cascade="all, delete-orphan", uselist=False
        )
        lent = p.relationship("Thing", foreign_keys="Thing.lent_by")

    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        kept_by = p.Column(p.ForeignKey("owner.id"))
        only_of = p.Column(p.ForeignKey("owner.id"))
        lent_by = p.Column(p.ForeignKey("owner.id"))

    s = p.session(autoflush=False)
    owner = Owner(id=1, kept=[Thing(id=1), Thing(id=2)], only=Thing(id=3))
    other = Owner(id=2)
    s.add_all([owner, other])
    s.commit()

    def flushed_twice(thing: Any) -> None:
        for _ in range(2):
            s.flush()
            p.show(s.execute(p.text("select * from thing order by id")).all())
            p.show([each.id for each in s.deleted], p.inspect(thing).persistent)
        s.rollback()

    for taker in owner, other:
        thing = owner.kept[0]
        owner.kept.remove(thing)
        taker.lent.append(thing)
        flushed_twice(thing)
        thing, owner.only = owner.only, None
        taker.lent.append(thing)
        flushed_twice(thing)
        thing = owner.kept[0]
        owner.kept.remove(thing)
        s.delete(thing)
        taker.lent.append(thing)
        flushed_twice(thing)
    thing = owner.kept[0]
    owner.kept.remove(thing)
    other.kept.append(thing)
    flushed_twice(thing)


@program
def what_a_subclass_has_of_its_own_comes_first(p: Any) -> None:
    """Cascades follow its relationships before those of its bases: keys of new objects are given
    in that order, and what goes with deleted ones is asked for so."""

    class Base(p.Base):
        __tablename__ = "base"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String(10))
        first = p.relationship("Item", cascade="all", foreign_keys="Item.first_id")
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "base"}

    class Sub(Base):
        second = p.relationship("Item", cascade="all", foreign_keys="Item.second_id")
        third = p.relationship("Item", cascade="all", foreign_keys="Item.third_id")
        __mapper_args__ = {"polymorphic_identity": "sub"}

    class Low(Sub):
        __tablename__ = "low"
        id = p.Column(p.ForeignKey("base.id"), primary_key=True)
        fourth = p.relationship("Item", cascade="all", foreign_keys="Item.fourth_id")
        __mapper_args__ = {"polymorphic_identity": "low"}

    class Item(p.Base):
        __tablename__ = "item"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String(10))
        first_id = p.Column(p.ForeignKey("base.id"))
        second_id = p.Column(p.ForeignKey("base.id"))
        third_id = p.Column(p.ForeignKey("base.id"))
        fourth_id = p.Column(p.ForeignKey("low.id"))

    s = p.session()
    names = "first", "second", "third", "fourth"
    for cls, count in (Base, 1), (Sub, 3), (Low, 4):
        made = {name: [Item(name=name), Item(name=name)] for name in names[:count]}
        s.add(cls(**made))
        s.flush()
    p.show(s.query(Item.id, Item.name).order_by(Item.id).all())
    s.commit()
    for obj in s.query(Base).order_by(Base.id.desc()).all():
        s.delete(obj)
        p.show(len(s.deleted))
    s.commit()
    p.show(s.query(Item).count())


@program
def order_in_which_objects_enter(p: Any) -> None:
    """What a relationship holds, whether it held something before or not, then what it does not
    hold any more: in a list, a set, a dict, a class of the program's, in a reference."""
    collection = p.module("orm.collections").collection

    class Bag:
        def __init__(self) -> None:
            self.things: list[Any] = []

        @collection.appender
        def put(self, thing: Any) -> None:
            self.things.append(thing)

        @collection.remover
        def take(self, thing: Any) -> None:
            self.things.remove(thing)

        @collection.iterator
        def each(self) -> Any:
            return iter(self.things[::-1])

    class Owner(p.Base):
        __tablename__ = "owner"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String(10))
        one_id = p.Column(p.ForeignKey("thing.id", use_alter=True, name="one"))
        listed = p.relationship("Thing", foreign_keys="Thing.a", order_by="Thing.id")
        any = p.relationship("Thing", foreign_keys="Thing.b", collection_class=set)
        named = p.relationship(
            "Thing", foreign_keys="Thing.c", collection_class=p.attribute_keyed_dict("name")
        )
        bag = p.relationship("Thing", foreign_keys="Thing.d", collection_class=Bag)
        one = p.relationship("Thing", foreign_keys=one_id, post_update=True)

    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String(10))
        a = p.Column(p.ForeignKey("owner.id"))
        b = p.Column(p.ForeignKey("owner.id"))
        c = p.Column(p.ForeignKey("owner.id"))
        d = p.Column(p.ForeignKey("owner.id"))
        up_id = p.Column(p.ForeignKey("thing.id"))
        below = p.relationship("Thing", back_populates="up")
        up = p.relationship("Thing", back_populates="below", remote_side=[id])

    s = p.session(autoflush=False)
    entered: list[str] = []
    then: dict[str, Any] = {}

    @p.event.listens_for(s, "after_attach")
    def attached(session: Any, obj: Any) -> None:
        name = obj.__dict__.get("name", "?")
        entered.append(name)
        then.pop(name, int)()

    def made(*names: str) -> list[Any]:
        return [
            Thing(name=n, below=[Thing(name=f"{n}1"), Thing(below=[Thing(name=f"{n}2")])])
            for n in names
        ]

    def added(*objects: Any) -> None:
        entered.clear()
        p.error(lambda: s.add_all(objects))
        p.show(entered, len(s.new))

    def bag(*things: Any) -> Any:
        of = Bag()
        for each in things:
            of.put(each)
        return of

    kinds: dict[str, Any] = {
        "listed": lambda *things: list(things),
        "any": lambda *things: set(things),
        "named": lambda *things: {each.name: each for each in things},
        "bag": bag,
        "one": lambda *things: things[0] if things else None,
    }
    for kind, make in kinds.items():
        for known in False, True:
            a, b, c, d = made("a", "b", "c", "d")
            few = [b] if kind == "any" else [b, c]
            owner = Owner(name="o")
            if known:
                s.add(owner)
                s.commit()
                getattr(owner, kind)  # it is empty
                s.expunge(owner)
            setattr(owner, kind, make(a))
            added(owner)
            added(owner)
            s.commit()
            # what it held and holds, held alone, has got since
            for now in [a], few, [], [*few, a] if kind != "any" else [a]:
                getattr(owner, kind)
                setattr(owner, kind, make(*now))
                s.expunge_all()
                added(owner)
                s.rollback()
                s.add(owner)
            getattr(owner, kind)
            s.expunge_all()
            setattr(owner, kind, make(d))
            added(c, owner)
            s.close()

    def more(owner: Any, *names: str) -> Any:
        return lambda: owner.listed.extend(made(*names))

    # changed by listeners while the cascade is on its way
    owner = Owner(name="o", listed=made("a", "b"))
    then.update(o=more(owner, "x"), a=more(owner, "y"), b2=more(owner, "z"))
    added(owner)
    s.close()
    owner = Owner(name="o", listed=made("a", "b", "c"))
    then.update(a=lambda: owner.listed.clear())
    added(owner)
    s.close()
    # what does not belong there ends it, after what came before
    for wrong in Owner(name="wrong"), None:
        owner = Owner(name="o", listed=made("a"))
        list.append(owner.listed, wrong)
        added(owner)
        s.close()
