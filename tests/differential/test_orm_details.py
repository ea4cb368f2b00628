"""What programs may rely on in queries, comparisons with objects, rows and flushes."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare
from .models import blog, many_to_many

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_detail(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


@program
def criteria_take_the_values_of_objects_when_they_run(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    new, other = User(name="new"), User(name="other")
    s.add_all([new, other, Post(title="one", user=new), Post(title="two", user=other)])
    posts = s.query(Post).filter(Post.user == new)
    others = p.select(Post.title).where(Post.user != new)
    near = p.select(Post.title).where(p.with_parent(new, User.posts))
    p.show([post.title for post in posts])
    p.show(s.scalars(others).all(), s.scalars(near).all())
    s.commit()
    p.show([post.title for post in posts], s.scalars(near).all())
    s.expunge(new)
    p.show([post.title for post in posts])
    later = User()
    of_later = p.select(Post.title).where(Post.user == later)
    p.error(lambda: s.scalars(of_later).all(), text=False)
    later.id = other.id
    p.show(s.scalars(of_later).all())
    later.id = None
    p.show(s.scalars(of_later).all())
    s.execute(p.update(Post).where(Post.user == other).values(title="three"))
    p.show(s.scalars(p.select(Post.title).order_by(Post.id)).all())


@program
def comparing_with_null(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    s.add_all([User(name="a", posts=[Post(title="x")]), User(name="b"), Post(title="y")])
    s.commit()
    p.show(s.scalars(p.select(Post.title).filter_by(user=p.null())).all())
    p.show(s.scalars(p.select(Post.title).where(Post.user != p.null())).all())
    p.show(s.scalars(p.select(User.name).filter_by(posts=p.null())).all())


@program
def parents_of_an_entity(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    user = User(name="a", posts=[Post(title="x")])
    s.add_all([user, Post(title="y")])
    s.commit()
    alias = p.aliased(Post)
    p.show([x.title for x in s.query(Post).filter(p.with_parent(user, User.posts, Post))])
    for entity in (alias, p.inspect(alias)):
        query = s.query(alias).filter(p.with_parent(user, User.posts, entity))
        p.show([x.title for x in query])


@program
def getting_by_a_synonym(p: Any) -> None:
    class T(p.Base):
        __tablename__ = "t"
        number = p.Column("id", p.Integer, primary_key=True)
        part = p.Column(p.Integer, primary_key=True)
        nr = p.orm.synonym("number")

    s = p.session()
    s.add(T(number=1, part=2))
    s.commit()
    p.show(s.get(T, {"nr": 1, "part": 2}).number, s.get(T, {"number": 1, "part": 2}).nr)
    p.error(lambda: s.get(T, {"none": 1, "part": 2}))


@program
def tables_of_classes_named_in_a_string(p: Any) -> None:
    class Near(p.Base):
        __tablename__ = "near"
        id = p.Column(p.Integer, primary_key=True)
        left_id = p.Column(p.ForeignKey("left_side.id"))
        far = p.relationship(
            "Far",
            secondary="join(Left, Right, Left.right_id == Right.id)",
            primaryjoin="Near.left_id == Left.id",
            secondaryjoin="Right.far_id == Far.id",
            viewonly=True,
            uselist=False,
        )

    class Left(p.Base):
        __tablename__ = "left_side"
        id = p.Column(p.Integer, primary_key=True)
        right_id = p.Column(p.ForeignKey("right_side.id"))

    class Right(p.Base):
        __tablename__ = "right_side"
        id = p.Column(p.Integer, primary_key=True)
        far_id = p.Column(p.ForeignKey("far.id"))

    class Far(p.Base):
        __tablename__ = "far"
        id = p.Column(p.Integer, primary_key=True)

    s = p.session()
    for made in (Far(id=4), Right(id=3, far_id=4), Left(id=2, right_id=3), Near(id=1, left_id=2)):
        s.add(made)
        s.flush()  # nothing but these keys puts the tables in an order
    s.commit()
    p.show(s.get(Near, 1).far.id, s.query(Near).filter(Near.far.has(Far.id == 4)).count())


@program
def keys_of_rows(p: Any) -> None:
    User, _Post = blog(p)
    s = p.session()
    s.add(User(name="a", age=1))
    s.commit()
    row = s.execute(p.select(User.id, User.name, User.age.label("name"), User.id)).one()
    keys = row._mapping.keys()
    p.show(list(keys), len(keys), keys == ("id", "name", "name", "id_1"), keys != ["id"])
    p.show("name" in keys, "none" in keys, User.name in keys, User.posts in keys, 0 in keys)
    p.show(row._asdict(), sorted(dict(row._mapping)))
    plain = s.connection().execute(p.text("select 1 as a, 2 as b")).one()._mapping.keys()
    p.show(plain == ["a", "b"], plain == plain, list(plain), sorted(set(plain) | {"c"}))


@program
def exists_of_expressions(p: Any) -> None:
    User, _Post = blog(p)
    s = p.session()
    for query in (
        s.query(p.func.max(User.age)),
        s.query(User.name + "x"),
        s.query(p.literal(1), p.func.upper(User.name).label("up")),
        s.query(p.literal(1)),
    ):
        p.show(s.query(query.exists()).scalar())


@program
def set_operations_of_expressions(p: Any) -> None:
    User, _Post = blog(p)
    s = p.session()
    s.add_all([User(name="a", age=1), User(name="b", age=2)])
    s.commit()
    one = s.query(User, p.literal("one"), p.func.upper(User.name))
    two = s.query(User, p.literal("two"), p.func.lower(User.name))
    both = one.union_all(two)
    p.show(sorted((user.name, which, name) for user, which, name in both))
    p.show(both.filter(User.age == 2).count(), both.order_by(p.func.upper(User.name)).count())
    p.show(
        sorted(s.query(User.name, p.null()).union(s.query(User.name, p.literal(3))).all(), key=str)
    )
    p.show(s.query(p.true(), User.age).union(s.query(p.false(), User.age)).count())


@program
def slices_by_expressions(p: Any) -> None:
    User, _Post = blog(p)
    s = p.session()
    s.add_all([User(name=name) for name in "abcdef"])
    s.commit()
    query = s.query(User.name).order_by(User.id)
    one = p.literal(1)
    for sliced in (
        query.slice(one, p.literal(3)),
        query.offset(one + 1).slice(1, 3),
        query.offset(one).slice(0, 2),
        query.offset(one).slice(2, None),
        query.offset(0).slice(0, 2),
        query.limit(one).slice(None, 2),
        query.offset(1).slice(1, one + 2),
    ):
        p.show(sliced.all())


@program
def none_in_collections(p: Any) -> None:
    User, _Post = blog(p)
    A, B, _table = many_to_many(p)
    s = p.session()
    user = User(name="a")
    s.add(user)
    user.posts.append(None)
    p.error(s.flush)
    s.rollback()
    a = A(name="a", bs=[B(name="b"), None])
    s.add(a)
    p.error(s.flush)
    s.rollback()
    a.bs.remove(None)
    s.add(a)
    s.commit()
    p.show([b.name for b in a.bs])


@program
def mapping_imperatively(p: Any) -> None:
    registry = p.Base.registry
    table = p.Table(
        "t",
        p.Base.metadata,
        p.Column("id", p.Integer, primary_key=True),
        p.Column("name", p.String),
        p.Column("kind", p.String),
    )

    class Named(p.Base):
        __abstract__ = True

        @p.validates("name")
        def lowered(self, key: str, value: str) -> str:
            return value.lower()

    class Thing(Named):
        __abstract__ = True

        @p.orm.reconstructor
        def load(self) -> None:
            p.show("loaded", self.name)

    class Special(Thing):
        __abstract__ = True

    registry.map_imperatively(
        Thing, table, polymorphic_on=table.c.kind, polymorphic_identity="thing"
    )
    registry.map_imperatively(Special, inherits=Thing, polymorphic_identity="special")
    p.error(lambda: registry.map_imperatively(Named), text=False)
    s = p.session()
    s.add_all([Thing(name="ABC"), Special(name="DEF")])
    s.commit()
    s.expunge_all()
    found = s.scalars(p.select(Thing).order_by(Thing.id)).all()
    p.show([(type(thing).__name__, thing.name) for thing in found])
    p.show([thing.id for thing in s.scalars(p.select(Special))])


@program
def own_loads_in_spite_of_raise(p: Any) -> None:
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        posts = p.relationship("Post", cascade="all, delete-orphan", lazy="raise")
        tags = p.relationship("Tag", lazy="raise_on_sql")

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("users.id"))

    class Tag(p.Base):
        __tablename__ = "tags"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("users.id"))

    s = p.session()
    s.add(User(name="a", posts=[Post(), Post()], tags=[Tag(), Tag()]))
    s.commit()
    user = s.merge(User(id=1, name="b", posts=[Post(id=1)], tags=[Tag(id=2)]))
    s.commit()
    p.show(s.query(Post.id).all(), s.query(Tag.id, Tag.user_id).all(), user.name)
    p.error(lambda: user.posts)
    p.error(lambda: user.tags)
    s.delete(user)
    s.commit()
    p.show(s.query(Post.id).all(), s.query(Tag.id, Tag.user_id).all())
    s.add(User(posts=[Post()]))
    s.commit()
    user = s.scalars(p.select(User).options(p.raiseload("*"))).one()
    s.delete(user)
    s.commit()
    p.show(s.query(Post.id).all())


@program
def collections_in_the_order_of_an_association_table(p: Any) -> None:
    A, B, table = many_to_many(p)
    A.__mapper__.add_property(
        "ordered", p.relationship(B, secondary=table, order_by=table.c.b_id.desc(), viewonly=True)
    )

    class Owner(p.Base):
        __tablename__ = "owner"
        id = p.Column(p.Integer, primary_key=True)
        a_id = p.Column(p.ForeignKey("a.id"))
        a = p.relationship(A)

    s = p.session()
    bs = [B(id=number) for number in (1, 2, 3)]
    s.add(Owner(a=A(id=1, bs=bs)))
    s.flush()  # association rows of several objects come in any order
    s.add(Owner(a=A(id=2, bs=bs[1:])))
    s.commit()
    for option in (p.lazyload, p.subqueryload, p.joinedload, p.selectinload, p.immediateload):
        s.expunge_all()
        query = p.select(A).order_by(A.id).options(option(A.ordered))
        p.show([[b.id for b in a.ordered] for a in s.scalars(query).unique()])
        for outer in (p.joinedload, p.subqueryload):
            s.expunge_all()
            query = p.select(Owner).order_by(Owner.id)
            query = query.options(outer(Owner.a).options(option(A.ordered)))
            p.show([[b.id for b in owner.a.ordered] for owner in s.scalars(query).unique()])


@program
def aliases_of_subqueries(p: Any) -> None:
    table = p.Table("t", p.Base.metadata, p.Column("id", p.Integer))
    rows = p.select(table)
    union = p.union_all(rows, rows)
    s = p.session()
    s.execute(table.insert(), [{"id": 1}, {"id": 2}])
    for made in (union.alias("x"), union.subquery(), rows.subquery("y"), rows.alias()):
        again = made.alias("z")
        p.show(s.execute(p.select(again.c.id, made.c.id).join(made, made.c.id == again.c.id)).all())
        p.show(s.execute(p.select(again.alias()).order_by("id")).all())


@program
def joins_to_concrete_classes(p: Any) -> None:
    class Owner(p.Base):
        __tablename__ = "owner"
        id = p.Column(p.Integer, primary_key=True)
        items = p.relationship("Item")

    def table(name: str, *columns: Any) -> Any:
        return p.Table(
            name,
            p.Base.metadata,
            p.Column("id", p.Integer, primary_key=True),
            p.Column("owner_id", p.ForeignKey("owner.id")),
            p.Column("name", p.String),
            *columns,
        )

    plain, special = table("item"), table("special", p.Column("more", p.String))
    union = p.orm.polymorphic_union({"item": plain, "special": special}, "kind", "pjoin")

    class Item(p.Base):
        __table__ = plain
        __mapper_args__ = {
            "polymorphic_identity": "item",
            "polymorphic_on": union.c.kind,
            "with_polymorphic": ("*", union),
        }

    class Special(Item):
        __table__ = special
        __mapper_args__ = {"polymorphic_identity": "special", "concrete": True}

    s = p.session()
    s.add_all([Owner(id=1), Item(owner_id=1, name="a"), Special(owner_id=1, name="b", more="c")])
    s.commit()
    for option in (p.lazyload, p.subqueryload, p.joinedload):
        s.expunge_all()
        owner = s.scalars(p.select(Owner).options(option(Owner.items))).unique().one()
        p.show(sorted((type(item).__name__, item.name) for item in owner.items))
    alias = p.aliased(Item)
    found = s.scalars(p.select(alias).where(alias.name != "x").order_by(alias.name))
    p.show([type(item).__name__ for item in found])
    p.show(len(s.execute(p.select(Owner, Item).join(Owner.items)).all()))


@program
def unions_of_joined_tables(p: Any) -> None:
    left = p.Table("l", p.Base.metadata, p.Column("id", p.Integer), p.Column("name", p.String))
    right = p.Table("r", p.Base.metadata, p.Column("id", p.Integer), p.Column("more", p.String))
    joined = left.join(right, left.c.name == right.c.more)
    union = p.orm.polymorphic_union({"both": joined, "left": left}, "kind", "u")
    s = p.session()
    s.execute(left.insert(), [{"id": 1, "name": "a"}])
    s.execute(right.insert(), [{"id": 2, "more": "a"}])
    p.show(s.execute(p.select(union).order_by(union.c.kind)).mappings().all())


@program
def keys_of_the_own_table_join(p: Any) -> None:
    class Base(p.Base):
        __tablename__ = "base"
        id = p.Column(p.Integer, primary_key=True)
        base_note_id = p.Column(p.ForeignKey("note.id", use_alter=True, name="base_note"))

    class Note(p.Base):
        __tablename__ = "note"
        id = p.Column(p.Integer, primary_key=True)

    class Sub(Base):
        __tablename__ = "sub"
        id = p.Column(p.ForeignKey("base.id"), primary_key=True)
        note_id = p.Column(p.ForeignKey("note.id"))
        note = p.relationship("Note")

    s = p.session()
    s.add(Sub(note=Note()))
    s.commit()
    p.show(s.query(Sub.note_id, Sub.base_note_id).all())
    p.show(s.query(Sub).join(Sub.note).count())


@program
def one_where_a_list_may_stand(p: Any) -> None:
    class Base(p.Base):
        __tablename__ = "base"
        id = p.Column(p.Integer, primary_key=True)
        code = p.Column(p.String)
        kind = p.Column(p.String)
        __mapper_args__ = {"primary_key": code, "polymorphic_on": kind}

    class Sub(Base):
        __tablename__ = "sub"
        id = p.Column(p.ForeignKey("base.id"), primary_key=True)
        more = p.Column(p.String)
        __mapper_args__ = {"polymorphic_identity": "sub"}

    p.show([column.name for column in p.inspect(Base).primary_key])
    s = p.session()
    s.add(Sub(code="x", more="y"))
    s.commit()
    p.show(s.scalars(p.select(p.with_polymorphic(Base, Sub))).one().more)
    p.show(s.execute(p.select("*").select_from(Base.__table__)).all())
    held = s.scalars(p.select(Base)).one()
    s.execute(
        p.update(Base).values(code="z").where(Base.code == "x"),
        execution_options={"synchronize_session": None},
    )
    p.show(held.code)


@program
def every_column_by_a_star(p: Any) -> None:
    table = p.Table("t", p.Base.metadata, p.Column("id", p.Integer), p.Column("name", p.String))
    s = p.session()
    s.execute(table.insert(), [{"id": 1, "name": "x"}])
    star = p.literal_column("*")
    for columns in (("*",), (star,), (table.c.id, star), (star, table.c.name)):
        result = s.execute(p.select(*columns).select_from(table))
        p.show(list(result.keys()), result.all())
    p.show(s.scalar(p.select(p.func.count(star)).select_from(table)))


def three_users(p: Any) -> tuple[Any, Any, Any]:
    User, Post = blog(p)
    s = p.session()
    s.add_all(
        [
            User(name="a", age=1, posts=[Post(title="x"), Post(title="y")]),
            User(name="b", age=2, posts=[Post(title="z")]),
            User(name="c", age=3),
        ]
    )
    s.commit()
    return User, Post, s


@program
def other_columns_after_a_join(p: Any) -> None:
    User, Post, s = three_users(p)
    other = p.aliased(User)
    counted = p.func.count(Post.id)
    for query in (
        s.query(User).join(User.posts),
        s.query(User).join(Post),
        s.query(User.name).join(Post, Post.user_id == User.id),
        s.query(User, other).join(Post, Post.user_id == User.id).filter(other.id == User.id),
    ):
        p.show(sorted(query.with_entities(Post.title)), query.with_entities(counted).scalar())
    for statement in (p.select(User).join(Post), p.select(User.__table__).join(Post.__table__)):
        p.show(s.scalar(statement.with_only_columns(counted)))
        p.show(s.scalar(statement.with_only_columns(p.func.count())))
    joined = p.select(User).join(Post).join(other, other.id == Post.user_id)
    p.show(sorted(s.scalars(joined.with_only_columns(other.name))))


@program
def joins_made_apart(p: Any) -> None:
    User, Post, s = three_users(p)
    other = p.aliased(User)
    join = p.orm.join(User, Post, User.posts)
    for made in (
        join.join(other, Post.user),
        join.outerjoin(other, Post.user),
        p.orm.outerjoin(User, Post, User.posts).join(other, other.id == Post.user_id),
    ):
        p.show(str(made), s.query(User.name, Post.title).select_from(made).order_by(Post.id).all())


@program
def aliases_of_aliases(p: Any) -> None:
    User, _Post, s = three_users(p)
    older = p.select(User).where(User.age > 1)
    for made in (older.subquery(), older.cte("older"), older.subquery("named")):
        first = p.aliased(User, made)
        for again in (p.aliased(first), p.aliased(first, name="again")):
            p.show([u.name for u in s.scalars(p.select(again).order_by(again.id))])
            p.show(s.execute(p.select(first.id, again.id).join(again, first.id < again.id)).all())
    plain = p.aliased(User)
    p.show(str(p.select(p.aliased(plain)).join(plain, p.true())))


@program
def pairs_of_one_subquery(p: Any) -> None:
    User, _Post, s = three_users(p)
    left, right = p.aliased(User), p.aliased(User)
    for one, other in ((left, right), (User, right), (left, User)):
        pairs = p.select(one, other).where(one.id < other.id).subquery()
        a, b = p.aliased(one, pairs), p.aliased(other, pairs)
        rows = s.execute(p.select(a, b).order_by(a.id, b.id))
        p.show([(x.name, y.name) for x, y in rows])
        p.show(s.execute(p.select(b.name, a.name).order_by(b.id, a.id)).all())
        p.show([x.name for x in s.scalars(p.select(b).where(b.age > 2, a.age > 1))])


@program
def lateral_joins(p: Any) -> None:
    User, Post = blog(p)
    posts = p.select(Post.title).where(Post.user_id == User.id).lateral()
    p.show(str(p.select(User.name, posts.c.title).join(posts, p.true())))
    p.show(str(p.select(posts.c.title, User).join(posts, User.id > 1)))


@program
def criteria_about_an_association_table(p: Any) -> None:
    A, B, table = many_to_many(p)
    s = p.session()
    for made in (A(id=1, bs=[B(id=1), B(id=2)]), A(id=2, bs=[B(id=3)])):
        s.add(made)
        s.flush()  # association rows of several objects come in any order
    s.commit()
    path = A.bs.and_(table.c.b_id > 1)
    for option in (p.joinedload, p.selectinload, p.subqueryload, p.lazyload):
        s.expunge_all()
        query = p.select(A).order_by(A.id).options(option(path))
        p.show([[b.id for b in a.bs] for a in s.scalars(query).unique()])
    p.show(s.execute(p.select(A.id, B.id).join(path).order_by(B.id)).all())


@program
def options_that_follow_a_subclass(p: Any) -> None:
    class Base(p.Base):
        __tablename__ = "base"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String)
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "base"}

    class Sub(Base):
        __tablename__ = "sub"
        id = p.Column(p.ForeignKey("base.id"), primary_key=True)
        parts = p.relationship("Part")
        __mapper_args__ = {"polymorphic_identity": "sub"}

    class Part(p.Base):
        __tablename__ = "part"
        id = p.Column(p.Integer, primary_key=True)
        sub_id = p.Column(p.ForeignKey("sub.id"))

    class Owner(p.Base):
        __tablename__ = "owner"
        id = p.Column(p.Integer, primary_key=True)
        base_id = p.Column(p.ForeignKey("base.id"))
        base = p.relationship(Base)

    s = p.session()
    s.add_all([Owner(base=Sub(parts=[Part(), Part()])), Owner(base=Base())])
    s.commit()
    for outer in (p.joinedload, p.selectinload):
        for inner in (p.joinedload, p.selectinload):
            s.expunge_all()
            option = outer(Owner.base.of_type(Sub)).options(inner(Sub.parts))
            found = s.scalars(p.select(Owner).order_by(Owner.id).options(option)).unique().all()
            p.mark("loaded")
            p.show([len(getattr(owner.base, "parts", ())) for owner in found])
    option = p.joinedload(Owner.base.of_type(Sub))
    p.error(lambda: option.options(p.joinedload(Owner.base)), text=False)


@program
def criteria_of_listeners_do_not_hide_known_objects(p: Any) -> None:
    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        gone = p.Column(p.Boolean, default=False)

    s = p.session()

    @p.module("event").listens_for(s, "do_orm_execute")
    def leave_out(state: Any) -> None:
        if state.is_select:
            criteria = p.orm.with_loader_criteria(Thing, Thing.gone.is_(False))
            state.statement = state.statement.options(criteria)

    s.add_all([Thing(id=1, name="a"), Thing(id=2, name="b", gone=True)])
    s.commit()
    p.show([thing.name for thing in s.scalars(p.select(Thing))], s.get(Thing, 2))
    thing = s.get(Thing, 1)
    thing.gone = True
    s.flush()
    s.refresh(thing)
    s.refresh(thing, ["name"])
    s.expire(thing)
    p.show(thing.name, thing.gone, s.scalars(p.select(Thing)).all())


@program
def children_removed_before_their_parent_is_deleted(p: Any) -> None:
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        kept = p.relationship("Kept", cascade="all")
        lost = p.relationship("Lost", cascade="all, delete-orphan")

    class Kept(p.Base):
        __tablename__ = "kept"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("users.id"))

    class Lost(p.Base):
        __tablename__ = "lost"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("users.id"))

    s = p.session()
    for expire in (False, True):
        user = User(kept=[Kept(), Kept()], lost=[Lost(), Lost()])
        s.add(user)
        s.commit() if expire else s.flush()
        del user.kept[0], user.lost[0]
        s.delete(user)
        s.commit()
        p.show(s.query(Kept.id, Kept.user_id).all(), s.query(Lost.id).all())


@program
def locks_said_as_false(p: Any) -> None:
    User, _Post = blog(p)
    s = p.session()
    s.add(User(id=1, name="a"))
    s.commit()
    user = s.get(User, 1)
    for given in (False, True, None, {"read": True}):
        p.mark(repr(given))
        p.show(s.get(User, 1, with_for_update=given).name)
        s.refresh(user, with_for_update=given)
    p.error(lambda: s.refresh(user, with_for_update={}))


@program
def parameters_in_the_values_of_many_rows(p: Any) -> None:
    User, _Post = blog(p)
    s = p.session()
    rows = [{"name": "a", "years": 1}, {"name": "b", "years": 2}]
    for age in (p.bindparam("years"), p.bindparam("years") * 10, p.func.abs(-p.bindparam("years"))):
        s.execute(p.insert(User).values(age=age), rows)
    s.execute(p.insert(User).values(age=p.func.abs(-7)), [{"name": "c"}, {"name": "d"}])
    p.show(s.execute(p.select(User.name, User.age).order_by(User.id)).all())
