"""`version_id_col`: counters and generators, and rows that are not as they were."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_versioning(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


@program
def a_version_in_each_table(p: Any) -> None:
    """One column of the same name in a subclass is its own version, of which there is a warning
    if both are said to be versions."""
    for says in (False, True):
        base = p.declarative_base()

        class Base(base):
            __tablename__ = f"base{says}"
            id = p.Column(p.Integer, primary_key=True)
            version = p.Column(p.Integer)
            __mapper_args__ = {"version_id_col": version}

        class Sub(Base):
            __tablename__ = f"sub{says}"
            id = p.Column(p.ForeignKey(Base.id), primary_key=True)
            version = p.Column(p.Integer)
            name = p.Column(p.String)
            if says:
                __mapper_args__ = {"version_id_col": version}

        base.registry.configure()
        p.show(p.sa.inspect(Sub).version_id_col.table.name, list(p.sa.inspect(Sub).attrs.keys()))


def versioned(p: Any, **mapper_args: Any) -> Any:
    class V(p.Base):
        __tablename__ = "v"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        note = p.Column(p.String)
        version = p.Column(p.Integer, nullable=False)
        __mapper_args__ = {"version_id_col": version, **mapper_args}

    return V


@program
def counter(p: Any) -> None:
    V = versioned(p)
    s = p.session()
    a, b = V(name="a"), V(name="b", version=5)
    s.add_all([a, b, V(name="c")])
    s.flush()
    p.show(a.version, b.version)
    a.name = "a2"
    b.note = "x"
    s.flush()
    p.show(a.version, b.version)
    s.commit()
    a.name = "a3"
    s.commit()
    p.show(a.version, b.version)
    a.name = "a3"
    s.commit()
    p.show(a.version)
    s.delete(a)
    s.delete(b)
    s.commit()
    p.show(s.execute(p.text("select * from v")).all())


@program
def many_rows(p: Any) -> None:
    V = versioned(p)
    s = p.session()
    objects = [V(id=i, name=f"n{i}") for i in range(1, 6)]
    s.add_all(objects)
    s.commit()
    for o in objects:
        o.name += "x"
    s.commit()
    p.show([o.version for o in objects])
    for o in objects[:3]:
        s.delete(o)
    s.commit()
    p.show(s.execute(p.text("select * from v")).all())


@program
def stale_update(p: Any) -> None:
    V = versioned(p)
    s = p.session()
    a = V(name="a")
    s.add(a)
    s.commit()
    p.show(a.version)
    s.execute(p.text("update v set version=9"))
    a.name = "b"
    p.error(s.flush)
    p.error(lambda: s.execute(p.text("select 1")))
    s.rollback()
    p.show(a.name, a.version)


@program
def stale_update_of_several(p: Any) -> None:
    V = versioned(p)
    s = p.session()
    objects = [V(name=f"n{i}") for i in range(4)]
    s.add_all(objects)
    s.commit()
    p.show([o.version for o in objects])
    s.execute(p.text("update v set version=9 where id=3"))
    for o in objects:
        o.name += "b"
    p.error(s.flush)
    s.rollback()
    p.show([(o.name, o.version) for o in objects])


@program
def stale_delete(p: Any) -> None:
    V = versioned(p)
    s = p.session()
    a, b = V(name="a"), V(name="b")
    s.add_all([a, b])
    s.commit()
    p.show(a.version, b.version)
    s.execute(p.text("update v set version=9 where name='a'"))
    s.delete(a)
    p.error(s.flush)
    s.rollback()
    p.show(a.name, a.version)
    s.execute(p.text("update v set version=10 where name='a'"))
    s.delete(a)
    s.delete(b)
    p.error(s.flush)
    s.rollback()
    p.show(s.execute(p.text("select * from v")).all())


@program
def generator(p: Any) -> None:
    numbers = itertools.count(100)

    class V(p.Base):
        __tablename__ = "v"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        token = p.Column(p.String(20), nullable=False)
        __mapper_args__ = {
            "version_id_col": token,
            "version_id_generator": lambda version: f"{version}-{next(numbers)}",
        }

    s = p.session()
    a, b = V(name="a"), V(name="b", token="mine")
    s.add_all([a, b])
    s.commit()
    p.show(a.token, b.token)
    a.name, b.name = "a2", "b2"
    s.flush()
    p.show(a.token, b.token)
    s.rollback()
    p.show(a.token, b.token)
    s.delete(a)
    s.commit()


@program
def no_generator(p: Any) -> None:
    V = versioned(p, version_id_generator=False)
    s = p.session()
    a = V(name="a", version=1)
    s.add(a)
    s.commit()
    a.name = "b"
    s.commit()
    p.show(a.version)
    a.name = "c"
    a.version = 7
    s.commit()
    p.show(a.version)
    s.execute(p.text("update v set version=9"))
    p.show(a.version)
    s.delete(a)
    p.error(s.flush)


@program
def changed_by_hand(p: Any) -> None:
    V = versioned(p)
    s = p.session()
    a = V(name="a")
    s.add(a)
    s.commit()
    a.version = 20
    a.name = "q"
    s.commit()
    p.show(a.version)
    a.version = 30
    s.commit()
    p.show(a.version)


@program
def key_changes_as_well(p: Any) -> None:
    V = versioned(p)
    s = p.session()
    a = V(id=1, name="a")
    s.add(a)
    s.commit()
    a.id = 2
    s.commit()
    p.show(a.id, a.version)


@program
def two_sessions(p: Any) -> None:
    V = versioned(p)
    engine = p.engine("sqlite:///v.db")
    p.Base.metadata.create_all(engine)
    one, two = p.Session(engine), p.Session(engine)
    one.add(V(name="a"))
    one.commit()
    a, b = one.query(V).one(), two.query(V).one()
    a.name = "one"
    one.commit()
    b.name = "two"
    p.error(two.commit)
    two.rollback()
    p.show(b.name, b.version)


@program
def sql_expression_value(p: Any) -> None:
    V = versioned(p)
    s = p.session()
    a = V(name="a")
    s.add(a)
    s.commit()
    a.name = V.name + "z"
    s.commit()
    p.show(a.name, a.version)


@program
def children_touch_nothing(p: Any) -> None:
    class V(p.Base):
        __tablename__ = "v"
        id = p.Column(p.Integer, primary_key=True)
        version = p.Column(p.Integer, nullable=False)
        kids = p.relationship("K", backref="v")
        __mapper_args__ = {"version_id_col": version}

    class K(p.Base):
        __tablename__ = "k"
        id = p.Column(p.Integer, primary_key=True)
        v_id = p.Column(p.ForeignKey("v.id"))

    s = p.session()
    v = V(kids=[K(), K()])
    s.add(v)
    s.commit()
    v.kids.append(K())
    s.commit()
    p.show(v.version)


@program
def merge_of_an_old_version(p: Any) -> None:
    V = versioned(p)
    s = p.session()
    s.add(V(id=1, name="a"))
    s.commit()
    a = s.get(V, 1)
    a.name = "b"
    s.commit()
    p.show(a.version)
    p.error(lambda: s.merge(V(id=1, name="q", version=1)))
    s.rollback()
    m = s.merge(V(id=1, name="q", version=2))
    s.commit()
    p.show(m.name, m.version)
    m = s.merge(V(id=1, name="r"))
    s.commit()
    p.show(m.name, m.version)


@program
def bulk_and_version(p: Any) -> None:
    V = versioned(p)
    s = p.session()
    s.bulk_save_objects([V(id=1, name="a"), V(id=2, name="b")])
    s.bulk_insert_mappings(V, [{"id": 3, "name": "c"}, {"id": 4, "name": "d"}])
    s.commit()
    p.show(s.execute(p.text("select * from v")).all())
    a = s.get(V, 1)
    a.name = "a2"
    s.bulk_save_objects([a])
    p.show(s.execute(p.text("select * from v")).all())
    s.bulk_update_mappings(V, [{"id": 3, "name": "c2", "version": 1}])
    p.error(lambda: s.bulk_update_mappings(V, [{"id": 4, "name": "c2", "version": 8}]))
    s.rollback()
    s.execute(p.insert(V), [{"name": "x"}, {"name": "y"}])
    s.execute(p.update(V), [{"id": 1, "name": "x", "version": 1}])
    s.commit()
    p.show(s.execute(p.text("select * from v")).all())


@program
def refresh_for_update(p: Any) -> None:
    V = versioned(p)
    s = p.session()
    a = V(name="a")
    s.add(a)
    s.commit()
    s.refresh(a, with_for_update=True)
    p.show(a.name)
    s.refresh(a, ["name", "version"], with_for_update={"nowait": True})
    p.show(a.name)
    p.error(lambda: s.refresh(a, with_for_update={"nonsense": True}), text=False)
    s.execute(p.text("update v set version=9"))
    s.commit()
    p.show(s.get(V, 1, with_for_update=True).version)
    s.execute(p.text("update v set version=10"))
    p.error(lambda: s.refresh(a, with_for_update=True))
    p.show(a.version)
    s.execute(p.text("update v set version=11"))
    p.error(lambda: s.query(V).with_for_update().all())
    p.error(lambda: s.get(V, 1, with_for_update=True).version)
    p.show(a.version)


def _replace(p: Any, s: Any, old: Any, new: Any) -> None:
    s.delete(old)
    s.add(new)
    s.flush()
    p.show(new.version, new.name, new.note)
    s.commit()
    p.show(new.version, new.name, new.note)


@program
def replaced_by_an_object_of_its_key(p: Any) -> None:
    V = versioned(p)
    s = p.session()
    a, b, c, d = rows = [V(id=i, name="a", note="x") for i in range(1, 5)]
    s.add_all(rows)
    s.commit()
    p.show([o.version for o in rows])
    _replace(p, s, a, V(id=1, name="b"))
    _replace(p, s, b, V(id=2, name="a"))  # the expired version is loaded
    _replace(p, s, c, V(id=3))
    _replace(p, s, d, V(id=4, version=9))
    p.show(s.execute(p.text("select * from v")).all())
    s.get(V, 1).name = "c"
    s.commit()
    p.show(s.execute(p.text("select * from v")).all())


@program
def replaced_when_the_row_is_another(p: Any) -> None:
    V = versioned(p)
    s = p.session()
    a, b = V(id=1, name="a"), V(id=2, name="b")
    s.add_all([a, b])
    s.commit()
    for change in ("update v set version=7 where id=1", "delete from v where id=2"):
        old = s.get(V, 1 if "id=1" in change else 2)
        p.show(old.version)
        s.execute(p.text(change))
        p.error(lambda old=old: _replace(p, s, old, V(id=old.id, name="c")))
        s.rollback()
        p.show(s.execute(p.text("select * from v")).all())


@program
def replaced_with_a_generator(p: Any) -> None:
    V = versioned(p, version_id_generator=lambda version: (version or 0) + 10)
    s = p.session()
    a = V(id=1, name="a")
    s.add(a)
    s.commit()
    _replace(p, s, a, V(id=1, name=p.func.lower("B")))
    p.show(s.execute(p.text("select * from v")).all())


@program
def replaced_where_updating_fills_columns(p: Any) -> None:
    class T(p.Base):
        __tablename__ = "t"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        made = p.Column(p.Integer, onupdate=6)
        asked = p.Column(p.Integer, onupdate=p.text("1 + 1"))
        first = p.Column(p.Integer, default=4)

    s = p.session()
    a = T(id=1, name="a")
    s.add(a)
    s.commit()
    for new in (T(id=1, name="a"), T(id=1), T(id=1, name="b", made=1, asked=1)):
        s.delete(a)
        s.add(new)
        s.flush()
        p.show(new.name, new.made, new.asked, new.first)
        s.commit()
        p.show(new.name, new.made, new.asked, new.first)
        a = new
    s.execute(p.text("delete from t"))
    s.delete(a)
    s.add(T(id=1, name="x"))
    p.error(s.flush)
    s.rollback()
    p.show(s.execute(p.text("select * from t")).all())


@program
def changes_in_another_table_of_the_hierarchy(p: Any) -> None:
    class Base(p.Base):
        __tablename__ = "base"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String)
        name = p.Column(p.String)
        version = p.Column(p.Integer, nullable=False)
        __mapper_args__ = {
            "version_id_col": version,
            "polymorphic_on": kind,
            "polymorphic_identity": "base",
        }

    class Sub(Base):
        __tablename__ = "sub"
        id = p.Column(p.ForeignKey("base.id"), primary_key=True)
        note = p.Column(p.String)
        __mapper_args__ = {"polymorphic_identity": "sub"}

    s = p.session()
    a, b, c = Sub(name="a", note="x"), Sub(name="b", note="y"), Base(name="c")
    s.add_all([a, b, c])
    s.commit()
    a.note = "x2"
    b.name = "b2"
    c.name = "c2"
    s.commit()
    p.show(a.version, b.version, c.version)
    a.name, a.note = "a3", "x3"
    b.note = p.func.lower("Z")
    s.commit()
    p.show(a.version, b.version, b.note)
    a.note = "x3"
    b.note = "z"
    s.commit()
    p.show(a.version, b.version)
    s.execute(p.update(Base.__table__).where(Base.__table__.c.id == a.id).values(version=9))
    a.note = "x4"
    p.error(s.flush)
    s.rollback()
    a.note = "x5"
    s.delete(b)
    s.commit()
    p.show(a.version)


@program
def changes_in_another_table_where_updating_fills_columns(p: Any) -> None:
    class Base(p.Base):
        __tablename__ = "base"
        id = p.Column(p.Integer, primary_key=True)
        version = p.Column(p.Integer, nullable=False)
        changed = p.Column(p.Integer, onupdate=6)
        asked = p.Column(p.Integer, onupdate=p.text("1 + 1"))
        __mapper_args__ = {"version_id_col": version}

    class Sub(Base):
        __tablename__ = "sub"
        id = p.Column(p.ForeignKey("base.id"), primary_key=True)
        note = p.Column(p.String)

    s = p.session()
    a, b = Sub(note="x"), Sub(note="y")
    s.add_all([a, b])
    s.commit()
    a.note = "x2"
    s.commit()
    p.show(a.version, a.changed, a.asked, b.version, b.changed, b.asked)


@program
def versions_that_are_null(p: Any) -> None:
    class Base(p.Base):
        __tablename__ = "base"
        id = p.Column(p.Integer, primary_key=True)
        n = p.Column(p.Integer)
        version = p.Column(p.Integer)
        kind = p.Column(p.String)
        __mapper_args__ = {
            "version_id_col": version,
            "polymorphic_on": kind,
            "polymorphic_identity": "base",
        }

    class Sub(Base):
        __tablename__ = "sub"
        id = p.Column(p.ForeignKey("base.id"), primary_key=True)
        m = p.Column(p.Integer)
        __mapper_args__ = {"polymorphic_identity": "sub"}

    s = p.session()
    s.add_all([Base(n=1), Base(n=1), Sub(n=1, m=1), Sub(n=1, m=1)])
    s.commit()
    table = Base.__table__
    s.execute(p.update(table).where(table.c.id.in_([2, 4])).values(version=None))
    s.commit()

    def step(change: Any) -> None:
        found = s.scalars(p.select(Base).order_by(Base.id)).all()
        p.show([getattr(each, "m", None) for each in found])
        change(found)
        p.error(s.flush)
        s.rollback()
        p.show(s.execute(p.select(table)).all())
        s.rollback()

    step(lambda found: [setattr(each, "n", 2) for each in found])
    step(lambda found: setattr(found[3], "m", 5))
    step(lambda found: [setattr(each, "version", 2) for each in found])
    step(lambda found: s.delete(found[1]))
    step(lambda found: [s.delete(each) for each in found[:2]])
    step(lambda found: s.delete(found[3]))
    step(lambda found: [s.delete(each) for each in found])


@program
def versions_that_the_program_leaves_out(p: Any) -> None:
    class V(p.Base):
        __tablename__ = "v"
        id = p.Column(p.Integer, primary_key=True)
        n = p.Column(p.Integer)
        version = p.Column(p.Integer)
        __mapper_args__ = {"version_id_col": version, "version_id_generator": False}

    s = p.session()

    def step(what: Any) -> None:
        p.error(what)
        p.show([(each.n, each.version) for each in s.new])
        s.rollback()
        p.show(s.execute(p.select(V.__table__)).all())

    s.add_all([V(n=1, version=1), V(n=2)])
    step(s.flush)
    s.add_all([V(n=1, version=1), V(n=2, version=None)])
    step(s.flush)
    s.add_all([V(n=1, version=1), V(n=2, version=2)])
    step(s.commit)
    for value in (None, 7, 8):
        for each in s.query(V):
            each.version = value
        step(s.commit)
    s.execute(p.update(V.__table__).values(version=None))
    s.commit()
    for each in s.query(V):
        each.n = 10
    step(s.commit)
    for each in s.query(V):
        s.delete(each)
    step(s.commit)


@program
def versions_that_others_count_of_two_tables(p: Any) -> None:
    """A change of the subclass's table alone compares the base's version, and leaves it."""
    for number, made in enumerate(({}, {"server_default": "1"}, {"server_onupdate": True})):
        options = {**made, "server_onupdate": p.sa.FetchedValue()} if number == 2 else made

        class Base(p.Base):
            __tablename__ = f"base{number}"
            id = p.Column(p.Integer, primary_key=True)
            version = p.Column(p.Integer, nullable=False, **options)
            n = p.Column(p.Integer)
            __mapper_args__ = {"version_id_col": version, "version_id_generator": False}

        class Sub(Base):
            __tablename__ = f"sub{number}"
            id = p.Column(p.ForeignKey(Base.id), primary_key=True)
            m = p.Column(p.Integer)
            k = p.Column(p.Integer, onupdate=3)

        s = p.session()
        one, two = Sub(m=1, n=1, version=1), Sub(m=1, n=1, version=1)
        s.add_all([one, two])
        s.commit()
        p.mark(f"{number}: the subclass's table")
        one.m = two.m = 2
        s.flush()
        p.show(one.version, two.version)
        p.mark("both tables")
        one.m, one.n = 3, 3
        s.flush()
        p.mark("counted")
        one.m, one.version = 4, 5
        s.commit()
        p.show(one.version)
        p.mark("stale")
        s.execute(p.update(Base.__table__).values(version=9))
        two.m = 7
        p.error(s.commit)
        s.close()
