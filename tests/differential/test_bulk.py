"""Statements on mapped classes and the bulk methods."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare
from .models import blog, state

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_bulk(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


def rows(p: Any, s: Any, table: str = "e") -> None:
    p.show(s.execute(p.text(f"select * from {table} order by 1")).all())


def entity(p: Any) -> Any:
    class E(p.Base):
        __tablename__ = "e"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column("label", p.String)
        n = p.Column(p.Integer, default=7)
        s = p.Column(p.Integer, server_default="3")
        touched = p.Column(p.Integer, onupdate=9)

    return E


@program
def insert_mappings(p: Any) -> None:
    E = entity(p)
    s = p.session()
    s.bulk_insert_mappings(E, [{"name": "a"}, {"name": "b", "n": 1}, {"name": "c", "n": 2}])
    s.bulk_insert_mappings(E, [{"id": 10, "name": None, "n": None}, {"id": 11, "n": None, "s": 4}])
    s.bulk_insert_mappings(E, [{"name": "r", "n": None}], render_nulls=True)
    given = [{"name": "x"}, {"name": "y", "n": 5}]
    s.bulk_insert_mappings(E, given, return_defaults=True)
    p.show(given)
    s.bulk_insert_mappings(E, [])
    s.bulk_insert_mappings(E, [{"unknown": 1, "name": "u"}])
    rows(p, s)
    s.commit()
    p.error(lambda: s.bulk_insert_mappings(E, [{"id": 1, "name": "a"}]))
    p.show(s.is_active)
    p.error(lambda: s.query(E).all())
    s.rollback()


@program
def update_mappings(p: Any) -> None:
    E = entity(p)
    s = p.session()
    s.bulk_insert_mappings(E, [{"id": i, "name": f"n{i}"} for i in range(1, 6)])
    s.commit()
    held = s.get(E, 1)
    p.show(held.name)
    s.bulk_update_mappings(E, [{"id": 1, "name": "q"}, {"id": 2, "name": "r"}])
    s.bulk_update_mappings(E, [{"id": 3, "n": 5}, {"id": 4, "n": 6, "name": "t"}])
    p.show(held.name)
    rows(p, s)
    p.error(lambda: s.bulk_update_mappings(E, [{"name": "q"}]))
    s.rollback()
    p.error(lambda: s.bulk_update_mappings(E, [{"id": 99, "name": "q"}]))
    s.rollback()
    s.bulk_update_mappings(E, [{"id": 1}])
    rows(p, s)


@program
def save_objects(p: Any) -> None:
    E = entity(p)
    s = p.session()
    a, b, c = E(name="a"), E(name="b", n=3), E(id=9, name="c")
    s.bulk_save_objects([a, b, c])
    p.show(state(p, a, b, c), a.id, a.n, b.n, c.id)
    d = E(name="d")
    s.bulk_save_objects([d], return_defaults=True)
    p.show(d.id, d.n, state(p, d), p.inspect(d).key)
    s.commit()
    objects = s.query(E).order_by(E.id).all()
    for o in objects:
        o.name = (o.name or "") + "!"
    s.bulk_save_objects(objects)
    p.show([s.is_modified(o) for o in objects])
    rows(p, s)
    s.rollback()
    o = s.query(E).first()
    o.n = 4
    s.bulk_save_objects([o, E(name="new")], update_changed_only=False)
    rows(p, s)
    s.rollback()
    s.bulk_save_objects([E(name="1"), o, E(name="2")], preserve_order=False)
    rows(p, s)


@program
def insert_statements(p: Any) -> None:
    E = entity(p)
    s = p.session()
    r = s.execute(p.insert(E), [{"name": "a"}, {"name": "b"}, {"name": "c", "n": 1}])
    p.error(r.all)
    nulls = [{"name": "r", "n": None}, {"name": "s", "n": 2}]
    s.execute(p.insert(E).execution_options(render_nulls=True), nulls)
    s.execute(p.insert(E), nulls, execution_options={"render_nulls": True})
    s.execute(p.insert(E).values(name="one"))
    s.execute(p.insert(E).values([{"name": "m1"}, {"name": "m2"}]))
    s.execute(p.insert(E), {"name": "single"})
    r = s.execute(p.insert(E).values(name="k"))
    p.show(r.inserted_primary_key, r.rowcount)
    rows(p, s)
    made = s.scalars(p.insert(E).returning(E), [{"name": "x"}, {"name": "y", "n": None}]).all()
    p.show([(e.id, e.name, e.n, e.s) for e in made], state(p, *made))
    got = s.execute(p.insert(E).returning(E.id, E.name), [{"name": "z"}, {"name": "w"}]).all()
    p.show(got)
    got = s.scalars(
        p.insert(E).returning(E.id, sort_by_parameter_order=True), [{"name": "z"}, {"name": "w"}]
    ).all()
    p.show(got)
    e = s.scalars(p.insert(E).values(name="v").returning(E)).one()
    p.show(e.name, e in s)
    rows(p, s)


@program
def inserts_asked_for_nothing(p: Any) -> None:
    E = entity(p)
    s = p.session()
    for given in (
        {"name": "a"},
        [{"name": "b"}],
        [{"name": "c"}, {"name": "d"}],
        [{"name": "e"}, {"name": "f", "n": 1}],
        [{"name": "g", "n": 1}, {"name": "h"}],
    ):
        for name in ("all", "keys", "fetchone", "fetchmany", "scalars"):
            p.error(getattr(s.execute(p.insert(E), given), name))
    p.show(s.execute(p.insert(E).values(name="j")).inserted_primary_key)


@program
def insert_with_expressions(p: Any) -> None:
    E = entity(p)
    s = p.session()
    s.execute(p.insert(E).values(n=p.func.abs(-5)), [{"name": "a"}, {"name": "b"}])
    s.execute(p.insert(E).values(name="q", n=p.select(p.func.max(E.n)).scalar_subquery()))
    s.execute(p.insert(E).from_select(["label", "n"], p.select(E.name, E.n + 1)))
    rows(p, s)
    s.execute(p.insert(E), [{"unknown": 1}])
    rows(p, s)


@program
def update_by_key(p: Any) -> None:
    E = entity(p)
    s = p.session()
    s.execute(p.insert(E), [{"id": i, "name": f"n{i}"} for i in range(1, 5)])
    s.commit()
    held = s.get(E, 1)
    p.show(held.name, held.touched)
    s.execute(p.update(E), [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])
    p.show(held.name, held.touched)
    s.execute(p.update(E), [{"id": 3, "n": 1}, {"id": 4, "name": "x"}])
    rows(p, s)
    p.error(lambda: s.execute(p.update(E), [{"name": "a"}]))
    s.rollback()
    p.error(lambda: s.execute(p.update(E).where(E.n > 1), [{"id": 1, "name": "a"}]))
    s.rollback()
    p.error(lambda: s.execute(p.update(E).values(n=3), [{"id": 1, "name": "a"}]), text=False)
    s.rollback()
    p.error(lambda: s.execute(p.update(E), [{"id": 77, "name": "a"}]))


@program
def synchronize_update(p: Any) -> None:
    E = entity(p)
    s = p.session()
    s.execute(p.insert(E), [{"id": i, "name": f"n{i}", "n": i} for i in range(1, 7)])
    s.commit()
    for mode in ("auto", "evaluate", "fetch", False):
        p.mark(str(mode))
        objects = s.query(E).order_by(E.id).all()
        option = {"synchronize_session": mode}
        s.execute(p.update(E).where(E.n > 3).values(n=E.n + 10), execution_options=option)
        p.show([(o.n, o.touched) for o in objects])
        s.execute(p.update(E).where(E.name == "n1").values({E.name: "x"}), execution_options=option)
        s.execute(p.update(E).where(E.id.in_([2, 3])).values(n=None), execution_options=option)
        p.show([(o.n, o.name) for o in objects])
        objects[0].n = 77
        r = s.execute(p.update(E).values(name="all"), execution_options=option)
        p.show(r.rowcount, [(o.n, o.name) for o in objects])
        s.rollback()
    option = {"synchronize_session": "nonsense"}
    p.error(lambda: s.execute(p.update(E).values(n=1), execution_options=option))
    p.error(
        lambda: s.execute(
            p.update(E).where(E.n.op("%%")(2) == 0).values(n=1),
            execution_options={"synchronize_session": "evaluate"},
        ),
    )


@program
def synchronize_delete(p: Any) -> None:
    E = entity(p)
    s = p.session()
    s.execute(p.insert(E), [{"id": i, "name": f"n{i}", "n": i} for i in range(1, 7)])
    s.commit()
    for mode in ("auto", "evaluate", "fetch", False):
        p.mark(str(mode))
        objects = s.query(E).order_by(E.id).all()
        option = {"synchronize_session": mode}
        r = s.execute(p.delete(E).where(E.n > 3), execution_options=option)
        p.show(r.rowcount, state(p, *objects))
        s.execute(p.delete(E).where(E.name.startswith("n1")), execution_options=option)
        p.show(state(p, *objects))
        s.rollback()
        p.show(state(p, *objects))
    p.show(s.execute(p.delete(E).where(E.n == 1).returning(E.id, E.name)).all())
    r = s.scalars(p.delete(E).where(E.n == 2).returning(E)).all()
    p.show(len(r))
    p.show(s.query(E).filter(E.n > 5).delete(), s.query(E).filter_by(n=4).update({"name": "u"}))
    p.show(s.query(E).filter_by(n=4).update({E.n: E.n * 2}, synchronize_session="fetch"))
    rows(p, s)


@program
def update_returning(p: Any) -> None:
    E = entity(p)
    s = p.session()
    s.execute(p.insert(E), [{"id": i, "name": f"n{i}", "n": i} for i in range(1, 5)])
    s.commit()
    held = s.get(E, 1)
    p.show(held.n)
    p.show(s.execute(p.update(E).values(n=E.n + 1).returning(E.id, E.n)).all(), held.n)
    got = s.scalars(p.update(E).where(E.id < 3).values(name="q").returning(E)).all()
    p.show([(e.id, e.name, e.n) for e in got], held in got)
    s.rollback()
    p.show(held.n)


@program
def criteria_that_are_evaluated(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    users = [User(name=f"u{i}", age=i, posts=[Post(title="t")]) for i in range(5)]
    users.append(User(name=None, age=None))
    s.add_all(users)
    s.commit()

    def changed(*criteria: Any) -> None:
        objects = s.query(User).order_by(User.id).all()
        s.execute(p.update(User).where(*criteria).values(name="hit"))
        p.show([o.name for o in objects])
        s.rollback()

    changed(User.age == 1)
    changed(User.age != 1)
    changed(User.age.is_(None))
    changed(User.age.is_not(None))
    changed(p.or_(User.age == 1, User.name == "u2"))
    changed(p.and_(User.age > 0, p.not_(User.name == "u2")))
    changed(~(User.age > 2))
    changed(User.age.between(1, 3))
    changed(User.age.in_([0, 2, None]))
    changed(User.age.not_in([0, 2]))
    changed(User.name.startswith("u"))
    changed(User.name.endswith("3"))
    changed(User.name.contains("u"))
    changed(User.name.like("%2"))
    changed(User.age + 1 > 3)
    changed(User.age * 2 == User.age + 2)
    changed(p.true())
    changed(p.false())
    changed(User.id == p.select(p.func.max(Post.user_id)).scalar_subquery())
    changed(User.posts.any())
    changed(p.func.lower(User.name) == "u1")
    changed(p.tuple_(User.id, User.age).in_([(1, 0), (2, 5)]))
    changed(User.id == p.bindparam("x", 3))


@program
def update_by_key_and_criteria(p: Any) -> None:
    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        x = p.Column(p.Integer)

    s = p.session()
    found = [A(name="a", x=1), A(name="b", x=2), A(name="c", x=3)]
    s.add_all(found)
    s.flush()
    statement = p.update(A).where(A.x < 4, A.name != p.bindparam("q"))
    rows = [
        {"id": 1, "q": "b", "name": "r"},
        {"id": 2, "q": "b", "name": "r"},
        {"id": 3, "q": "z", "x": 7},
    ]
    p.error(lambda: s.execute(statement, rows))
    s.execute(statement, rows, execution_options={"synchronize_session": None})
    p.show([(obj.name, obj.x) for obj in found])
    s.expire_all()
    p.show([(obj.name, obj.x) for obj in found])
    none = {"synchronize_session": False}
    s.execute(p.update(A), [{"id": 1, "name": "new"}], execution_options=none)
    p.show(found[0].name)


@program
def update_of_keys_that_have_two_names(p: Any) -> None:
    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String)
        name = p.Column(p.String)
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "a"}

    class B(A):
        __tablename__ = "b"
        b_id = p.Column(p.ForeignKey("a.id"), primary_key=True)
        text = p.Column(p.String)
        __mapper_args__ = {"polymorphic_identity": "b"}

    s = p.session()
    s.add_all([B(name=str(n), text="x") for n in range(3)])
    s.flush()
    rows = [
        {"id": 1, "b_id": 1, "name": "n"},
        {"id": 2, "b_id": 2, "text": "q"},
        {"id": 3, "b_id": 3, "name": "z", "text": "w"},
    ]
    s.bulk_update_mappings(B, rows)
    s.execute(p.update(B), [{"id": 1, "b_id": 1, "name": "m", "text": "m"}])
    p.show([(obj.name, obj.text) for obj in s.query(B).order_by(B.id).populate_existing()])


@program
def keys_of_bulk_inserts(p: Any) -> None:
    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String)
        name = p.Column(p.String)
        filled = p.Column(p.String, server_default="q")
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "a"}

    class B(A):
        __tablename__ = "b"
        id = p.Column(p.ForeignKey("a.id"), primary_key=True)
        text = p.Column(p.String)
        __mapper_args__ = {"polymorphic_identity": "b"}

    class C(p.Base):
        __tablename__ = "c"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

    s = p.session()
    for cls in (A, B, C):
        for returned in (True, False):
            objects = [cls(name=str(n)) for n in range(3)]
            s.bulk_save_objects(objects, return_defaults=returned)
            p.show([(p.inspect(obj).identity, sorted(obj.__dict__)) for obj in objects])
            rows = [{"name": "a"}, {"name": "b"}, {"name": None}, {"name": "c"}]
            s.bulk_insert_mappings(cls, rows, return_defaults=returned)
            p.show(rows)
    one = [C(name="x")]
    s.bulk_save_objects(one, return_defaults=True)
    p.show(one[0].id)
    rows = [{"id": 50, "name": "a"}, {"id": 51, "name": "b"}]
    s.bulk_insert_mappings(C, rows, return_defaults=True)
    p.show(rows)
    for table in p.Base.metadata.sorted_tables:
        p.show(s.execute(table.select().order_by(table.c.id)).all())
