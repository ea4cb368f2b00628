"""Names that programs use seldom: what they do on both packages."""

import dataclasses
from typing import Any

import pytest

from .harness import Peer, Programs, compare
from .models import blog

program = Programs()


def some_posts(p: Peer):
    User, Post = blog(p)
    session = p.session()
    user = User(name="ann", age=3, posts=[Post(title="one"), Post(title="two")])
    session.add_all([user, User(name="bob")])
    session.commit()
    return User, Post, session


@program
def merging_a_frozen_result(p: Peer):
    User, _Post, session = some_posts(p)
    select = p.select(User).order_by(User.id)
    frozen = session.execute(select).freeze()
    other = p.Session(session.get_bind())
    merged = p.merge_frozen_result(other, select, frozen, load=False)
    objects = merged().scalars().all()
    p.show([o.name for o in objects], [o in other for o in objects], len(frozen.data))
    pairs = p.select(User, User.name).order_by(User.id)
    frozen = session.execute(pairs).freeze()
    rows = p.merge_frozen_result(other, pairs, frozen)().all()
    p.show([(row[0].name, row[1], row[0] in other) for row in rows])
    p.show(rows[0][0] is objects[0], [row.User.name for row in rows])
    other.close()


@program
def frozen_results_of_joined_collections(p: Peer):
    """They need no unique() before, and repeat objects until it is called."""
    User, _Post, session = some_posts(p)
    select = p.select(User).options(p.joinedload(User.posts)).order_by(User.id)
    frozen = session.execute(select).freeze()
    p.show(len(frozen.data), len(frozen().all()), len(frozen().unique().all()))
    p.show(len(frozen().scalars().all()), len(frozen().scalars().unique().all()))
    select = p.select(User.name, User).options(p.joinedload(User.posts)).order_by(User.id)
    p.error(session.execute(select).freeze)
    p.show(len(session.execute(select).unique().freeze()().all()))


@program
def results_kept_in_a_cache(p: Peer):
    User, _Post, session = some_posts(p)
    cache: dict[str, Any] = {}
    merge = p.module("orm.loading").merge_frozen_result

    def keep(state: Any) -> Any:
        if not state.is_select or state.is_column_load or state.is_relationship_load:
            return None
        key = str(state.statement)
        if key not in cache:
            cache[key] = state.invoke_statement().freeze()
        return merge(state.session, state.statement, cache[key], load=False)()

    for option in (p.joinedload, p.selectinload, p.lazyload):
        select = p.select(User).options(option(User.posts)).order_by(User.id)
        for _ in range(2):
            p.mark(option.__name__)
            other = p.Session(session.get_bind())
            p.event.listen(other, "do_orm_execute", keep)
            found = other.scalars(select).unique().all()
            p.show([(user.name, [post.title for post in user.posts]) for user in found])
            query = other.query(User).options(option(User.posts)).order_by(User.id)
            p.show([(user.name, [post.title for post in user.posts]) for user in query])
            p.show(len(other.scalars(select).all()))
            other.close()


@program
def merging_lists(p: Peer):
    User, _Post, session = some_posts(p)
    query = session.query(User)
    merged = list(query.merge_result([User(id=1, name="cy")], load=True))
    p.show(merged[0].name, merged[0].age, merged[0] in session)
    rows = list(session.query(User, User.name).merge_result([(User(id=2, name="x"), "x")]))
    p.show(rows[0][0].name, rows[0].name, session.dirty == {merged[0], rows[0][0]})


@program
def transforming(p: Peer):
    User, _Post, session = some_posts(p)
    query = session.query(User.name).with_transformation(lambda q: q.filter(User.age > 1))
    p.show(query.all())


@program
def cascading(p: Peer):
    User, _Post, session = some_posts(p)
    user = session.get(User, 1)
    user.posts
    mapper = p.inspect(User)
    found = list(mapper.cascade_iterator("save-update", p.inspect(user)))
    p.show([(o.title, m.class_.__name__, s.obj() is o, d["title"]) for o, m, s, d in found])
    skipped = mapper.cascade_iterator(
        "save-update", p.inspect(user), lambda state: state.obj().title == "one"
    )
    p.show([o.title for o, *_ in skipped])
    p.show(mapper.is_sibling(mapper))


@program
def siblings(p: Peer):
    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String)
        __mapper_args__ = {"polymorphic_on": kind}

    class B(A):
        __mapper_args__ = {"polymorphic_identity": "b"}

    class C(A):
        __mapper_args__ = {"polymorphic_identity": "c"}

    b, c = p.inspect(B), p.inspect(C)
    p.show(b.is_sibling(c), c.is_sibling(b), b.is_sibling(p.inspect(A)))


@program
def detaching(p: Peer):
    engine = p.engine("sqlite:///x.db")
    with engine.connect() as connection:
        connection.connection.detach()
        p.show(connection.connection.is_detached, engine.pool.checkedout())
        p.show(connection.scalar(p.text("select 1")))
    raw = engine.raw_connection()
    p.show(raw.is_detached, engine.pool.checkedout())
    raw.detach()
    raw.detach()
    cursor = raw.cursor()
    cursor.execute("select 2")
    p.show(raw.is_detached, engine.pool.checkedout(), cursor.fetchall()[0][0])
    raw.close()
    p.show(engine.pool.checkedout(), raw.is_valid)


@program
def showing_arguments(p: Peer):
    generic_repr = p.module("util").generic_repr

    class Thing:
        def __init__(self, a: Any, b: int = 2, *rest: Any, c: Any = None) -> None:
            self.a, self.b, self.c, self.rest = a, b, c, rest

    class More(Thing):
        def __init__(self, a: Any, d: int = 4, **kw: Any) -> None:
            super().__init__(a, **kw)
            self.d = d

    p.show(generic_repr(Thing(1)), generic_repr(Thing("x", 3, 4, 5, c=6)))
    p.show(generic_repr(More(1, 5, c=2)), generic_repr(More(1, 5), omit_kwarg=["d"]))
    p.show(generic_repr(More(1, 5, c=2), additional_kw=[("c", None), ("b", 1)]))


@program
def small_helpers(p: Peer):
    u = p.module("util")
    data = {"a": 1}
    properties = u.Properties(data)
    properties.b = 2
    p.show(properties.a, properties["b"], "b" in properties, list(properties), properties.keys())
    p.error(lambda: properties.c)
    p.show(u.to_set(None), u.to_set([1, 2]), u.to_set("a"), u.to_list("ab"), u.to_list((1,)))
    p.show(list(u.flatten_iterator([1, [2, (3, [4])], "five"])))
    p.show(u.unique_list([3, 1, 3, 2]), u.unique_list("aAb", str.lower))
    p.show(u.update_copy({"a": 1}, {"b": 2}, c=3), u.has_intersection({1, 2}, [[], 2]))
    symbol = u.symbol("FLAG", canonical=4)
    p.show(symbol is u.symbol("FLAG"), symbol, int(symbol), symbol.name)
    p.error(lambda: u.symbol("FLAG", canonical=5))
    count = u.counter()
    p.show(count(), count())
    p.show(sorted(u.get_cls_kwargs(Keyed)), [c.__name__ for c in u.walk_subclasses(Base)])

    @u.deprecated("2.0", "gone: %(func)s")
    def old(x: int) -> int:
        return x + 1

    p.show(old(1))
    p.show(u.warn_exception(lambda: 1 // 0))


class Base:
    def __init__(self, a: int = 1, **kw: Any) -> None:
        pass


class Keyed(Base):
    def __init__(self, b: int = 2, *, c: int = 3, **kw: Any) -> None:
        pass


@program
def copies_of_constraints(p: Peer):
    meta = p.MetaData()
    t = p.Table(
        "t",
        meta,
        p.Column("a", p.Integer, p.Identity(always=True, start=3), primary_key=True),
        p.Column("b", p.Integer, p.Computed("a + 1", persisted=True)),
        p.CheckConstraint("a > 1", name="positive"),
        p.ForeignKeyConstraint(["b"], ["t.a"], name="own"),
    )
    target = p.Table("u", meta, p.Column("a", p.Integer), p.Column("b", p.Integer))
    for constraint in sorted(t.constraints, key=lambda c: str(c.name)):
        if constraint.name:
            copied = constraint._copy(target_table=target)
            p.show(copied.name, type(copied).__name__)
    p.show(t.c.a.identity._copy().start, str(t.c.b.computed._copy().sqltext))
    p.show(t.dialect_options["sqlite"]["with_rowid"])


@program
def functions_with_windows(p: Peer):
    a, b = p.column("a"), p.column("b")
    filtered = p.func.count(a).filter(a > 1)
    p.show(str(filtered.over(partition_by=b, order_by=a, rows=(None, 0))))
    p.show(str(filtered.over(b, a)))
    p.show(str(p.func.percentile_cont(0.5).filter(a > 1).within_group(b)))
    p.show(str(p.func.mode().within_group(a).over(partition_by=b)))
    p.show(str(p.select(a.label(None)).where(a.shares_lineage(a))))


@program
def statements(p: Peer):
    a, b = p.column("a", p.Integer), p.column("b")
    union = p.select(a).union(p.select(b))
    p.show(union.get_label_style().name, p.select(a).get_label_style().name)
    p.show(str(union.select()), [c.key for c in union.exported_columns])
    p.show([c.key for c in p.select(a, b).exported_columns])
    p.show(str(p.and_(a == 1)), str(p.or_(a == 1, b == 2)), str(p.and_(p.true(), a == 1)))
    p.show(str(p.and_()), str(p.or_(*[])))
    elements = p.module("sql.elements")
    p.show(str(elements.and_(a == 1, b == 2)), str(elements.literal_column("x")))


@program
def inspector_of_an_engine(p: Peer):
    _, _, session = some_posts(p)
    inspector = p.Inspector.from_engine(session.get_bind())
    p.show(sorted(inspector.get_table_names()))


@program
def dataclass_function(p: Peer):
    registry = p.registry()

    @p.mapped_as_dataclass(registry, kw_only=True)
    class Thing:
        __tablename__ = "thing"
        id: p.Mapped[int] = p.mapped_column(primary_key=True, init=False)
        name: p.Mapped[str] = p.mapped_column(default="x", dataclass_metadata={"shown": True})
        note: p.Mapped[str | None] = p.mapped_column(default=None, repr=False)

    p.show(Thing(), Thing(name="y", note="z"))
    p.show([(f.name, dict(f.metadata), f.repr) for f in dataclasses.fields(Thing)])
    p.error(lambda: Thing("positional"), text=False)
    registry.dispose()


@program
def dynamic_relationship(p: Peer):
    class Parent(p.Base):
        __tablename__ = "parent"
        id = p.Column(p.Integer, primary_key=True)
        children = p.dynamic_loader("Child", order_by="Child.id")

    class Child(p.Base):
        __tablename__ = "child"
        id = p.Column(p.Integer, primary_key=True)
        parent_id = p.Column(p.ForeignKey("parent.id"))

    session = p.session()
    parent = Parent(children=[Child(), Child()])
    session.add(parent)
    session.commit()
    p.show(parent.children.count(), [c.id for c in parent.children.limit(1)])


@program
def given_back_once(p: Peer):
    User, _Post, session = some_posts(p)
    p.show(session.get_one(User, 1, options=[p.lazyload(User.posts)]).name)
    p.error(lambda: session.get_one(User, 9))
    p.show(session.scalars(p.select(User.name), execution_options={"a": 1}).all())
    p.show(session.scalar(p.select(User.name).order_by(User.id), {}, bind_arguments={}))


@pytest.mark.parametrize("function", program.registered)
def test_program(function: Any) -> None:
    peer, _ = compare(function, warned=True)
    assert peer.error is None
