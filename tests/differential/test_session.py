"""Sessions: states, identity, refresh, options, merge, errors. The same on both packages."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare
from .models import blog, many_to_many, state, tree

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_session(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


# ---- states -----------------------------------------------------------------------


@program
def life_of_an_object(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    u = User(name="x")
    p.show(state(p, u), u in s, p.object_session(u))
    s.add(u)
    p.show(state(p, u), u in s, u in s.new, p.object_session(u) is s)
    s.flush()
    p.show(state(p, u), u in s, u in s.new, len(s.identity_map))
    s.delete(u)
    p.show(state(p, u), u in s, u in s.deleted)
    s.flush()
    p.show(state(p, u), u in s, u in s.deleted, p.inspect(u).was_deleted)
    s.commit()
    p.show(state(p, u), u in s, p.inspect(u).was_deleted)


@program
def expunge_and_add(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    u, v = User(name="x"), User(name="y")
    s.add_all([u, v])
    s.expunge(v)
    p.show(state(p, u, v))
    s.commit()
    s.expunge(u)
    p.show(state(p, u))
    p.error(lambda: u.name, text=False)
    s.add(u)
    p.show(state(p, u), u.name)
    p.error(lambda: s.expunge(v), text=True)
    s.expunge_all()
    p.show(state(p, u), len(s.identity_map))


@program
def session_sets(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    u, v = User(name="1"), User(name="2")
    s.add_all([u, v])
    s.commit()
    p.show(sorted(p.inspect(o).identity for o in s), len(s.new), len(s.dirty), len(s.deleted))
    p.show((User, (1,), None) in s.identity_map, len(s.identity_map))
    p.show(sorted(k[1] for k in list(s.identity_map)))
    u.name = "a"
    s.add(User(name="n"))
    s.delete(v)
    p.show(u in s.dirty, v in s.dirty, len(s.new), len(s.deleted), v in s.deleted)
    p.show(s.is_modified(u), s.is_modified(v))
    s.expire(u)
    p.show(s.is_modified(u), u in s.dirty, u.name)


@program
def wrong_objects(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    p.error(lambda: s.add(5))
    p.error(lambda: s.add(None))
    p.error(lambda: s.add_all([1]))
    p.error(lambda: s.delete(User()))
    p.error(lambda: s.delete(5))
    p.error(lambda: s.refresh(User()))
    p.error(lambda: s.expire(User()))
    p.error(lambda: s.expunge(User()))
    p.error(lambda: s.expunge(5))
    p.error(lambda: s.merge(5))
    p.error(lambda: 5 in s)
    p.error(lambda: s.is_modified(5))
    p.error(lambda: p.object_session(5))
    x = User(name="q")
    s.add(x)
    p.error(lambda: s.delete(x))
    p.error(lambda: s.refresh(x))
    p.error(lambda: s.expire(x))


@program
def two_sessions(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    u = User(name="q")
    s.add(u)
    s.flush()
    other = p.Session(s.bind)
    for act in (other.add, other.delete, other.refresh, other.expunge):
        try:
            act(u)
        except p.InvalidRequestError as error:
            p.show(str(error).split("session")[0])
    p.show(u in other)


@program
def deleted_object_again(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    u = User(name="a")
    s.add(u)
    s.commit()
    s.delete(u)
    s.flush()
    p.error(lambda: s.add(u))
    p.error(lambda: s.refresh(u))
    s.commit()
    p.error(lambda: s.add(u))
    p.make_transient(u)
    p.show(state(p, u))
    s.add(u)
    s.commit()
    p.show(state(p, u), u.name)


@program
def make_detached(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    s.add(User(id=1, name="a"))
    s.commit()
    u = User(id=1)
    p.make_transient_to_detached(u)
    p.show(state(p, u))
    s.add(u)
    p.show(state(p, u), u.name, u.id)
    v = User(id=1)
    p.make_transient_to_detached(v)
    p.error(lambda: s.add(v))
    p.error(lambda: p.make_transient_to_detached(u))


# ---- get ------------------------------------------------------------------------------


@program
def get_objects(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    s.add(User(id=1, name="a"))
    s.commit()
    u = s.get(User, 1)
    p.show(u is s.get(User, 1), u is s.get(User, (1,)), u is s.get(User, {"id": 1}))
    p.show(s.get(User, 5), s.get(User, "abc"))
    p.error(lambda: s.get(User, (1, 2)))
    p.error(lambda: s.get(User, {"x": 3}))
    p.error(lambda: s.get(User, {"id": 1, "x": 3}))
    p.error(lambda: s.get_one(User, 55))
    p.error(lambda: s.get(int, 5))
    p.error(lambda: s.get(5, 5))
    s.expire(u)
    p.show(s.get(User, 1) is u, u.name)
    s.execute(p.text("update users set name='z'"))
    p.show(s.get(User, 1).name, s.get(User, 1, populate_existing=True).name)
    s.execute(p.text("delete from users"))
    s.expire(u)
    p.show(s.get(User, 1))


@program
def get_none(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    p.show(s.get(User, None))


@program
def get_composite(p: Any) -> None:
    class C(p.Base):
        __tablename__ = "c"
        x = p.Column(p.Integer, primary_key=True)
        y = p.Column(p.String, primary_key=True)
        v = p.Column(p.Integer)

    s = p.session()
    s.add(C(x=1, y="k", v=3))
    s.commit()
    c = s.get(C, (1, "k"))
    p.show(c.v, s.get(C, {"x": 1, "y": "k"}) is c, s.get(C, (2, "k")))
    p.error(lambda: s.get(C, 1))
    p.error(lambda: s.get(C, {"x": 1, "z": "k"}))


@program
def get_of_what_is_held(p: Any) -> None:
    """get() of objects in the identity map, by every sort of key and in every state."""

    class Animal(p.Base):
        __tablename__ = "animal"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String)
        name = p.Column(p.String)
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal"}

        def __bool__(self) -> bool:
            raise AssertionError("asked for its truth")

        def __eq__(self, other: object) -> bool:
            raise AssertionError("compared")

        __hash__ = object.__hash__

    class Dog(Animal):
        __mapper_args__ = {"polymorphic_identity": "dog"}

    class Word(p.Base):
        __tablename__ = "word"
        text = p.Column(p.String, primary_key=True)

    class Spot(p.Base):
        __tablename__ = "spot"
        x = p.Column(p.Integer, primary_key=True)
        y = p.Column(p.Integer, primary_key=True)

    s = p.session()
    s.add_all([Animal(id=1, name="a"), Dog(id=2, name="d"), Animal(id=2**70 % 2**40, name="b")])
    s.add_all([Word(text="w"), Word(text="1"), Spot(x=1, y=2)])
    s.commit()
    held = s.query(Animal).order_by(Animal.id).all()
    words = s.query(Word).order_by(Word.text).all()
    spot = s.get(Spot, (1, 2))

    def same(cls: Any, key: Any, obj: Any, **kw: Any) -> None:
        p.show(key, s.get(cls, key, **kw) is obj)

    for key in (1, True, 1.0, (1,), [1], {"id": 1}, p.sa.inspect(held[0]).identity):
        same(Animal, key, held[0])
    same(p.sa.inspect(Animal), 1, held[0])
    # a subclass by its base, a base by its subclass
    same(Animal, held[1].id, held[1])
    same(Dog, 2, held[1])
    same(Dog, 1, None)
    same(Word, "w", words[1])
    same(Word, ("w",), words[1])
    same(Spot, (1, 2), spot)
    same(Spot, [1, 2], spot)
    p.error(lambda: s.get(Spot, (1,)))
    p.error(lambda: s.get(Spot, 1))
    p.error(lambda: s.get(Animal, (1, 2)))
    p.error(lambda: s.get(Animal, ()))
    p.error(lambda: type(s.get(Animal, ([],))))
    p.error(lambda: s.get(Spot, (1, {})))
    same(Animal, 1, held[0], identity_token="t")
    same(Animal, 1, held[0], with_for_update=False)
    same(Animal, 1, held[0], with_for_update=True)
    same(Animal, 1, held[0], populate_existing=True)
    same(Animal, 1, held[0], options=[p.orm.load_only(Animal.name)])
    held[0].name = "unflushed"
    same(Animal, 1, held[0])
    p.show(s.is_modified(held[0]))
    s.expire(held[0], ["name"])
    same(Animal, 1, held[0])
    s.expire(held[0])
    same(Animal, 1, held[0])
    s.delete(held[0])
    same(Animal, 1, held[0])
    s.flush()
    same(Animal, 1, None)
    s.expunge(held[1])
    p.show(s.get(Dog, 2) is held[1])

    class Plain(Animal):
        __abstract__ = True

    p.error(lambda: s.get(Plain, 1))


@program
def get_flushes(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    s.add(User(id=3, name="new"))
    p.show(s.get(User, 3).name)
    s.add(User(id=4, name="new"))
    with s.no_autoflush:
        p.show(s.get(User, 4))


# ---- refresh and expire -----------------------------------------------------------------


@program
def refresh_objects(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    u = User(name="a", posts=[Post(title="1")])
    s.add(u)
    s.commit()
    s.refresh(u)
    s.refresh(u, ["name"])
    s.refresh(u, attribute_names=["name", "age"])
    u.name = "unsaved"
    s.refresh(u)
    p.show(u.name)
    with s.no_autoflush:
        u.name = "unsaved"
        s.refresh(u)
    p.show(u.name)
    p.error(lambda: s.refresh(u, ["zork"]))
    p.error(lambda: s.expire(u, ["zork"]))


@program
def expire_objects(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    u = User(name="a", age=3, posts=[Post(title="1")])
    s.add(u)
    s.commit()
    p.show(u.name, len(u.posts))
    s.expire(u, ["name"])
    p.show(sorted(k for k in u.__dict__ if not k.startswith("_")))
    p.show(u.name, u.age)
    s.expire(u, ["posts"])
    p.show(len(u.posts))
    s.expire_all()
    p.show(sorted(k for k in u.__dict__ if not k.startswith("_")))
    p.show(u.age, u.name)


@program
def refresh_gone(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    u = User(name="a")
    s.add(u)
    s.commit()
    s.execute(p.text("delete from users"))
    p.error(lambda: s.refresh(u))
    s.rollback()
    p.show(u.name)
    s.execute(p.text("delete from users"))
    s.expire(u)
    p.error(lambda: u.name)


@program
def no_expire_on_commit(p: Any) -> None:
    User, _ = blog(p)
    s = p.session(expire_on_commit=False)
    u = User(name="a")
    s.add(u)
    s.commit()
    p.show(u.name, u.id)
    u.name = "b"
    s.rollback()
    p.show(u.name)


# ---- options --------------------------------------------------------------------------------


@program
def session_options(p: Any) -> None:
    engine = p.engine()
    p.error(lambda: p.Session(engine, 5))
    p.error(lambda: p.Session(engine, join_transaction_mode="x"))
    p.error(lambda: p.Session(engine, zork=5))
    p.error(lambda: p.Session(engine, autocommit=True))
    p.error(lambda: p.Session(engine, future=False))
    s = p.sessionmaker(engine, info={"a": 1})()
    p.show(s.info, p.sessionmaker(autoflush=False))
    maker = p.sessionmaker()
    maker.configure(bind=engine)
    p.show(maker().bind is engine, maker(info={"b": 2}).info, sorted(maker.kw))

    class Own(p.Session):
        pass

    s = p.sessionmaker(engine, class_=Own)()
    p.show(isinstance(s, Own), type(s).__name__, s.autoflush, s.expire_on_commit)


@program
def no_bind(p: Any) -> None:
    User, _ = blog(p)
    s = p.Session()
    p.error(lambda: s.query(User).all())
    p.error(lambda: s.execute(p.text("select 1")))
    p.error(lambda: s.execute(p.select(User)))
    p.error(lambda: s.execute(p.select(User.__table__)))
    p.error(s.connection)
    p.error(s.get_bind)
    p.error(lambda: s.get_bind(User))
    p.error(lambda: s.get(User, 1))
    s.add(User())
    p.error(s.flush)


@program
def several_binds(p: Any) -> None:
    User, Post = blog(p)
    one, two = p.engine(), p.engine()
    p.Base.metadata.create_all(one)
    p.Base.metadata.create_all(two)
    s = p.Session(one, binds={Post: two})
    s.add_all([User(name="a"), Post(title="t")])
    s.commit()
    p.show(s.get_bind(User) is one, s.get_bind(Post) is two)
    p.show(s.get_bind(clause=p.select(Post.__table__)) is two)
    p.show([u.name for u in s.query(User)], [x.title for x in s.query(Post)])
    with two.connect() as c:
        p.show(c.execute(p.text("select title from posts")).all())
        p.show(c.execute(p.text("select name from users")).all())


@program
def wrong_statements(p: Any) -> None:
    s = p.session()
    p.error(lambda: s.execute("select 1"))
    p.error(lambda: s.execute(5))


@program
def core_statements(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    t = User.__table__
    s.execute(p.insert(t), [{"name": "a"}, {"name": "b"}])
    s.execute(p.insert(t).values(name="c"))
    p.show(s.execute(p.select(t.c.name).where(t.c.id > 1)).all())
    p.show(s.scalar(p.select(p.func.count()).select_from(t)))
    p.show(s.scalars(p.select(t.c.name).order_by(t.c.name.desc())).all())
    p.show(s.execute(p.text("select :x + 1"), {"x": 4}).scalar())
    p.show(s.connection().execute(p.text("select 7")).scalar())
    s.commit()


@program
def scoped(p: Any) -> None:
    User, _ = blog(p)
    engine = p.session().bind
    S = p.scoped_session(p.sessionmaker(engine))
    p.show(S() is S(), S.registry.has())
    S.add(User(name="a"))
    S.commit()
    p.show(S.query(User).count(), len(list(S)), S.bind is engine)
    User.query = S.query_property()
    p.show(User.query.filter_by(name="a").one().name)
    first = S()
    p.error(lambda: S(autoflush=False))
    S.remove()
    p.show(S.registry.has(), S() is first)


# ---- merge -------------------------------------------------------------------------------------


@program
def merge_new(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    m = s.merge(User(id=1, name="x", posts=[Post(id=4, title="q"), Post(title="z")]))
    p.show(state(p, m), m.id, m.name, len(m.posts))
    s.commit()
    again = s.merge(User(id=1, age=4))
    p.show(again is m)
    s.commit()
    p.show(m.name, m.age)
    k = s.merge(User(name="nokey"))
    p.show(state(p, k))
    s.flush()
    p.show(k.id)


@program
def merge_detached(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    s.add(User(id=1, name="x", posts=[Post(title="1"), Post(title="2")]))
    s.commit()
    d = s.get(User, 1)
    p.show(d.name, len(d.posts))
    s.expunge_all()
    s.commit()
    d.name = "new"
    d.posts.append(Post(title="3"))
    m = s.merge(d)
    p.show(m is d, m.name, [x.title for x in m.posts])
    s.commit()
    p.show(s.query(Post).count())


@program
def merge_without_load(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    s.add(User(id=1, name="x", posts=[Post(title="1")]))
    s.commit()
    d = s.get(User, 1)
    p.show(len(d.posts))
    s.expunge_all()
    s.commit()
    m = s.merge(d, load=False)
    p.show(m is d, m.name, len(m.posts), state(p, m), m in s.dirty)
    p.error(lambda: s.merge(User(name="t"), load=False))
    d.name = "dirty"
    other = p.Session(s.bind)
    p.error(lambda: other.merge(d, load=False))


@program
def merge_reference(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    s.add_all([User(id=1, name="x"), Post(id=4, title="t")])
    s.commit()
    m = s.merge(Post(id=4, user=User(id=1, name="viapost")))
    s.flush()
    p.show(m.user.name, m.user_id, m.title)
    u = User(id=1)
    p.show(s.merge(u).name)


@program
def merge_many_to_many(p: Any) -> None:
    A, B, _ = many_to_many(p)
    s = p.session()
    s.add(A(id=1, bs=[B(id=1, name="b1"), B(id=2, name="b2")]))
    s.commit()
    m = s.merge(A(id=1, bs=[B(id=2), B(id=3, name="b3")]))
    s.commit()
    p.show(sorted((b.id, b.name) for b in m.bs))


@program
def merge_tree(p: Any) -> None:
    Node = tree(p)
    s = p.session()
    root = Node(id=1, name="r")
    root.children = [Node(id=2, name="a", parent=root), Node(id=3, name="b")]
    m = s.merge(root)
    s.commit()
    p.show([(n.id, n.parent_id) for n in s.query(Node).order_by(Node.id)], m is root)


# ---- bulk ------------------------------------------------------------------------------------------


@program
def bulk_methods(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    s.bulk_insert_mappings(User, [{"name": "a", "age": 1}, {"name": "b", "age": 2}, {"name": "c"}])
    s.bulk_save_objects([User(name="d", age=4), User(name="e"), User(id=55, name="f")])
    s.bulk_update_mappings(
        User, [{"id": 1, "name": "aa"}, {"id": 2, "age": 7}, {"id": 3, "age": 8}]
    )
    us = s.query(User).order_by(User.id).all()
    p.show([(u.id, u.name, u.age) for u in us])
    us[0].name = "zz"
    us[1].age = 99
    s.bulk_save_objects(us[:3])
    p.show(us[0] in s.dirty)
    x = User(name="k")
    s.bulk_save_objects([x], return_defaults=True)
    p.show(x.id)
    s.bulk_insert_mappings(User, [{"name": "m"}], return_defaults=True)
    s.bulk_insert_mappings(User, [])
    p.error(lambda: s.bulk_update_mappings(User, [{"name": "x"}]))


@program
def insert_statements(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    s.execute(p.insert(User), [{"name": "a", "age": 1}, {"name": "b", "age": 2}])
    s.execute(p.insert(User).values(name="c"))
    s.execute(p.insert(User), {"name": "d"})
    p.show(s.execute(p.insert(User).values(name="cc")).inserted_primary_key)
    s.execute(p.insert(User).values([{"name": "e"}, {"name": "f"}]))
    us = s.scalars(p.insert(User).returning(User), [{"name": "g"}, {"name": "h"}]).all()
    p.show([(u.id, u.name, u.age) for u in us], state(p, us[0]), us[0] in s)
    p.show(s.execute(p.insert(User).values(name="z").returning(User.id, User.name)).all())
    p.show(s.scalars(p.insert(User).values(name="y").returning(User)).one().name)


@program
def update_statements(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    s.add_all([User(name=f"u{i}", age=i) for i in range(6)])
    s.commit()
    us = s.query(User).order_by(User.id).all()
    r = s.execute(p.update(User).where(User.age > 3).values(name="old"))
    p.show(r.rowcount, [u.name for u in us])
    s.execute(p.update(User).where(User.age > 3).values(age=User.age + 10))
    p.show([u.age for u in us])
    r = s.execute(
        p.update(User).where(User.id.in_([1, 2])).values({User.name: p.func.upper(User.name)}),
        execution_options={"synchronize_session": "fetch"},
    )
    p.show(r.rowcount, [u.name for u in us])
    p.show(s.query(User).filter(User.name == "old").update({"age": 1}), [u.age for u in us])
    r = s.query(User).filter(User.name == "old").update({User.age: 2}, synchronize_session=False)
    p.show(r, [u.age for u in us])
    r = s.query(User).filter(p.func.lower(User.name) == "old").update({User.age: 3})
    p.show(r, [u.age for u in us])
    us[0].age = 77
    p.show(s.query(User).filter(User.age == 77).update({"name": "seven"}), us[0].name)
    r = s.execute(p.update(User).where(User.id == 3).values(name="r").returning(User.id, User.name))
    p.show(r.all())
    s.execute(p.update(User), [{"id": 1, "name": "A"}, {"id": 2, "name": "B"}])
    p.show(us[0].name, us[1].name)
    p.error(lambda: s.execute(p.update(User), [{"id": 1, "name": "A"}, {"name": "B"}]))


@program
def delete_statements(p: Any) -> None:
    User, _ = blog(p)
    s = p.session()
    s.add_all([User(name=f"u{i}", age=i) for i in range(6)])
    s.commit()
    us = s.query(User).order_by(User.id).all()
    p.show(s.query(User).filter(User.age == 0).delete(), state(p, us[0]), us[0] in s)
    p.show(s.execute(p.delete(User).where(User.name == "u5")).rowcount, len(s.identity_map))
    r = s.execute(p.delete(User).where(p.func.lower(User.name) == "u2"))
    p.show(r.rowcount, len(s.identity_map))
    s.rollback()
    p.show(len(s.identity_map), us[0].age)
    p.show(s.query(User).delete(), len(s.identity_map))
    s.rollback()
    us = s.query(User).all()
    s.expire(us[0])
    s.execute(p.update(User).where(User.age < 3).values(name="exp"))
    p.show([u.name for u in us])
    p.error(lambda: s.query(User).update({"name": "x"}, synchronize_session="zork"))


@program
def own_get_bind(p: Any) -> None:
    """A subclass that chooses engines is asked, also when the session has one."""
    User, _ = blog(p)
    asked: list[Any] = []
    engine = p.session().bind

    class Routing(p.orm.Session):  # type: ignore[name-defined,misc]
        def get_bind(self, mapper: Any = None, *, clause: Any = None, **kw: Any) -> Any:
            asked.append(mapper and mapper.class_.__name__)
            return super().get_bind(mapper, clause=clause, **kw)

    class Derived(Routing):
        pass

    for cls in (Routing, Derived):
        s = cls(bind=engine)
        s.add(User(name="x"))
        s.flush()
        p.show(set(asked))
        asked.clear()
        s.query(User).all()
        s.scalars(p.sa.select(User)).all()
        p.show(asked)
        asked.clear()
        s.expire_all()
        s.get(User, 1)
        p.show(set(asked))
        asked.clear()
        s.rollback()
