"""What the server fills, what takes the row of a deleted object, and what is kept up to date
outside of the session."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from .harness import Programs, compare
from .models import blog, state

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_server_defaults_and_rows(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


@program
def keys_the_server_makes(p: Any) -> None:
    key = {"primary_key": True}

    class Text(p.Base):
        __tablename__ = "text"
        id = p.Column(p.String, server_default="made", **key)
        n = p.Column(p.Integer)

    class Function(p.Base):
        __tablename__ = "function"
        id = p.Column(p.String, default=p.func.lower("MADE"), **key)
        n = p.Column(p.Integer)

    class Number(p.Base):
        __tablename__ = "number"
        id = p.Column(p.Integer, server_default="5", **key)
        n = p.Column(p.Integer)

    class Two(p.Base):
        __tablename__ = "two"
        a = p.Column(p.Integer, server_default="4", **key)
        b = p.Column(p.String, server_default="made", **key)
        n = p.Column(p.Integer)

    class Read(p.Base):
        __tablename__ = "read"
        id = p.Column(p.String, server_default="made", **key)
        n = p.Column(p.Integer)
        d = p.Column(p.Integer, server_default="7")

    session = p.session()
    for cls in (Text, Function, Number, Two, Read):
        p.mark(cls.__name__)
        with session as s:
            obj = cls(n=1)
            s.add(obj)
            s.flush()
            p.show(state(p, obj), p.inspect(obj).identity)
            s.rollback()
            s.bulk_save_objects([saved := cls(n=1)], return_defaults=True)
            p.show(state(p, saved))
            s.rollback()
            p.show(tuple(s.execute(p.insert(cls.__table__), {"n": 1}).inserted_primary_key))
            s.rollback()
            p.show(tuple(s.execute(p.insert(cls.__table__)).inserted_primary_key))


@program
def eager_defaults(p: Any) -> None:
    for ed in (True, False, "auto"):
        p.Base.registry.dispose()
        p.Base.metadata.clear()

        class T(p.Base):
            __tablename__ = "t"
            id = p.Column(p.Integer, primary_key=True)
            a = p.Column(p.Integer, server_default="5")
            b = p.Column(p.Integer, default=p.text("1+1"))
            c = p.Column(p.Integer, onupdate=p.text("3+4"))
            n = p.Column(p.Integer)
            __mapper_args__ = {"eager_defaults": ed}

        s = p.session()
        p.mark(str(ed))
        o = T()
        s.add(o)
        s.flush()
        p.mark("read")
        p.show(o.a, o.b, o.c, p.inspect(o).unloaded)
        s.add_all([T(), T(n=1)])
        s.flush()
        p.mark("upd")
        o.n = 9
        s.flush()
        p.show(sorted(p.inspect(o).unloaded), o.c)
        o.n = T.n + 1
        s.flush()
        p.show(sorted(p.inspect(o).unloaded), o.n)
        o2 = T(n=p.text("1+5"))
        s.add(o2)
        s.flush()
        p.show(sorted(p.inspect(o2).unloaded), o2.n)
        s.close()


@program
def eager_defaults_of_classes_that_inherit(p: Any) -> None:
    for ed in (True, False, "auto"):
        p.Base.registry.dispose()
        p.Base.metadata.clear()

        class T(p.Base):
            __tablename__ = "t"
            id = p.Column(p.Integer, primary_key=True)
            kind = p.Column(p.String)
            a = p.Column(p.Integer, server_default="5")
            c = p.Column(p.Integer, onupdate=p.text("3+4"))
            n = p.Column(p.Integer)
            __mapper_args__ = {
                "eager_defaults": ed,
                "polymorphic_on": kind,
                "polymorphic_identity": "t",
            }

        class S(T):
            __tablename__ = "s"
            id = p.Column(p.ForeignKey("t.id"), primary_key=True)
            sa = p.Column(p.Integer, server_default="6")
            sc = p.Column(p.Integer, server_onupdate=p.FetchedValue())
            m = p.Column(p.Integer)
            __mapper_args__ = {"polymorphic_identity": "s"}

        s = p.session()
        p.mark(str(ed))
        o = S()
        s.add(o)
        s.flush()
        p.mark("read")
        p.show(sorted(p.inspect(o).unloaded))
        p.show(o.a, o.sa, o.c)
        o.n = 9
        o.m = 4
        s.flush()
        p.show(sorted(p.inspect(o).unloaded), o.c)
        p.mark("read")
        p.show(o.sc)
        s.close()


@program
def events_of_a_replaced_row(p: Any) -> None:

    class U(p.Base):
        __tablename__ = "u"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        age = p.Column(p.Integer)

    s = p.session()
    for n in (
        "before_insert",
        "after_insert",
        "before_update",
        "after_update",
        "before_delete",
        "after_delete",
    ):
        p.sa.event.listen(
            U,
            n,
            lambda m, c, t, n=n: p.show(
                n, t.name, p.inspect(t).persistent, p.inspect(t).pending, s.is_modified(t)
            ),
        )
    for n in (
        "pending_to_persistent",
        "persistent_to_deleted",
        "persistent_to_detached",
        "deleted_to_detached",
        "pending_to_transient",
        "deleted_to_persistent",
        "persistent_to_transient",
    ):
        p.sa.event.listen(s, n, lambda ses, t, n=n: p.show(n, t.name))
    u = U(id=1, name="a", age=1)
    s.add(u)
    s.commit()
    u.name
    s.delete(u)
    v = U(id=1, name="b")
    s.add(v)
    s.flush()
    p.show(state(p, u, v))
    p.show(v.age)
    s.commit()
    p.show(state(p, u, v))
    p.show(v.name)
    s.delete(v)
    w = U(id=1, name="c", age=4)
    s.add(w)
    s.flush()
    s.rollback()
    p.show(state(p, u, v, w))
    p.show(v.name)


@program
def keys_of_children_outside_of_the_session(p: Any) -> None:
    for cascade in ("save-update, merge", "", "merge"):
        p.Base.registry.dispose()
        p.Base.metadata.clear()
        U, Po = blog(p, cascade=cascade)
        s = p.session()
        u = U(name="a")
        s.add(u)
        s.flush()
        po = Po()
        u.posts.append(po)
        if po in s:
            s.expunge(po)
        s.flush()
        p.show(po.user_id, state(p, po), p.inspect(po).dict.get("user_id"))
        p2 = Po()
        s.add(p2)
        s.flush()
        s.expunge(p2)
        u.posts.append(p2)
        if p2 in s:
            s.expunge(p2)
        s.flush()
        p.show(p2.user_id, state(p, p2))
        u.posts.remove(p2)
        s.flush()
        p.show(p2.user_id)
        with s.no_autoflush:
            p3 = Po(title="q")
            p3.user = u
            p.show(p3 in s)
            if p3 in s:
                s.expunge(p3)
            s.flush()
            p.show(p3.user_id)
        s.close()


@program
def expired_by_name_and_rolled_back(p: Any) -> None:
    User, _Post = blog(p)
    s = p.session()
    stays = User(name="a", age=3)
    s.add(stays)
    s.commit()
    p.show(stays.name)
    for name in ("name", "posts"):
        s.expire(stays, [name])
        s.rollback()
        p.show(stays.name, stays.age, stays.posts)
    for names in (["name"], ["id", "age"], None):
        goes = User(name="b", age=3)
        s.add(goes)
        s.flush()
        s.expire(goes, names)
        s.rollback()
        p.show(state(p, goes))
        for name in ("id", "name", "age"):
            p.error(lambda goes=goes, name=name: getattr(goes, name))
        goes.name = "again"
        p.show(goes.name)


@program
def one_to_one_set_and_unset(p: Any) -> None:
    class Parent(p.Base):  # type: ignore[misc, name-defined]
        __tablename__ = "parent"
        id = p.Column(p.Integer, primary_key=True)
        child = p.relationship("Child", uselist=False, back_populates="parent")

    class Child(p.Base):  # type: ignore[misc, name-defined]
        __tablename__ = "child"
        id = p.Column(p.Integer, primary_key=True)
        parent_id = p.Column(p.ForeignKey("parent.id"))
        parent = p.relationship("Parent", back_populates="child")

    s = p.session()

    def change(parent: Any, how: str) -> None:
        if how == "delete":
            del parent.child
        else:
            parent.child = Child() if how == "set" else None

    for loaded in (None, "child", "id"):
        for length in (1, 2, 3):
            for ways in itertools.product(("none", "delete", "set"), repeat=length):
                p.mark(f"{loaded} {ways}")
                parent = Parent(child=Child())
                s.add(parent)
                s.commit()
                if loaded:
                    getattr(parent, loaded)
                with s.no_autoflush:
                    for how in ways:
                        try:
                            change(parent, how)
                        except AttributeError as error:
                            p.show(str(error))
                s.flush()
                children = p.select(Child.id).where(Child.parent_id == parent.id)
                p.show(ways, s.scalars(children).all())
                s.rollback()
                s.expunge_all()


@program
def keys_of_identities(p: Any) -> None:
    """Their INSERT says RETURNING, where that of another generated key need not."""

    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, p.Identity(), primary_key=True)
        n = p.Column(p.Integer)

    s = p.session()
    for given in ([Thing(n=1)], [Thing()], [Thing(id=30, n=1)], [Thing(n=2), Thing(n=3)]):
        s.add_all(given)
        s.commit()
    s.execute(p.insert(Thing.__table__), {"n": 4})
    s.bulk_insert_mappings(Thing, [{"n": 5}])
    s.bulk_save_objects([Thing(n=6)])
    p.show(s.execute(p.select(Thing.n).order_by(Thing.n)).all())
