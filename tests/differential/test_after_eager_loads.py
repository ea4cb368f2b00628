"""What objects are when they are loaded again: after joins that fed them, by rows that say more
or less than they had, by statements that find nothing, and with options and listeners."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from .harness import Peer, Programs, compare
from .models import blog

program = Programs()


def chain(p: Peer):
    """A has B's, each of which has a C."""

    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        bs = p.relationship("B", back_populates="a")

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        a_id = p.Column(p.ForeignKey("a.id"))
        c_id = p.Column(p.ForeignKey("c.id"))
        a = p.relationship("A", back_populates="bs")
        c = p.relationship("C")

    class C(p.Base):
        __tablename__ = "c"
        id = p.Column(p.Integer, primary_key=True)

    s = p.session()
    s.add_all(
        [A(id=1, bs=[B(id=1, c=C(id=7)), B(id=2, c=C(id=8))]), A(id=2, bs=[B(id=3, c=C(id=9))])]
    )
    s.commit()
    return A, B, C, s


@program
def fed_by_the_statement(p: Peer):
    """contains_eager() is for its own statement: what is loaded later has no such join."""
    A, B, _C, s = chain(p)
    other = p.aliased(B)
    joined = p.select(A).join(A.bs)
    for statement in (
        joined.options(p.contains_eager(A.bs)),
        p.select(A)
        .join(A.bs.of_type(other))
        .options(p.contains_eager(A.bs.of_type(other)))
        .order_by(other.id),
        joined.options(p.contains_eager(A.bs).joinedload(B.c)),
        joined.options(p.contains_eager(A.bs).selectinload(B.c)),
        joined.join(B.c).options(p.contains_eager(A.bs).contains_eager(B.c)),
        joined.join(B.c).options(p.contains_eager(A.bs), p.defaultload(A.bs).contains_eager(B.c)),
        joined.options(p.contains_eager(A.bs).load_only(B.a_id)),
    ):
        found = s.scalars(statement.order_by(A.id)).unique().all()
        p.show([(a.id, [b.id for b in a.bs]) for a in found])
        s.commit()
        p.show([(a.id, [(b.id, b.c.id) for b in a.bs]) for a in found])
        s.refresh(found[0])
        p.show([b.id for b in found[0].bs])
        s.refresh(found[0], ["bs"])
        p.show([b.id for b in found[0].bs])
        s.expire(found[1])
        p.show(found[1].id, [b.id for b in found[1].bs])
        s.expunge_all()
    found = s.scalars(p.select(B).join(B.a).options(p.contains_eager(B.a)).order_by(B.id)).all()
    s.commit()
    p.show([(b.id, b.a_id, b.a.id) for b in found])


@program
def subclass_overwritten(p: Peer):
    """populate_existing by a statement of the base forgets changes of what only a subclass has."""

    class Base(p.Base):
        __tablename__ = "base"
        id = p.Column(p.Integer, primary_key=True)
        type = p.Column(p.String)
        data = p.Column(p.String)
        __mapper_args__ = {"polymorphic_on": type, "polymorphic_identity": "base"}

    class Joined(Base):
        __tablename__ = "joined"
        id = p.Column(p.ForeignKey("base.id"), primary_key=True)
        more = p.Column(p.String)
        others = p.relationship("Other")
        __mapper_args__ = {"polymorphic_identity": "joined"}

    class Single(Base):
        extra = p.Column(p.String)
        __mapper_args__ = {"polymorphic_identity": "single"}

    class Other(p.Base):
        __tablename__ = "other"
        id = p.Column(p.Integer, primary_key=True)
        joined_id = p.Column(p.ForeignKey("joined.id"))

    with p.session(autoflush=False) as s:
        s.add_all([Joined(id=1, data="d", more="m", others=[Other()]), Single(id=2, extra="e")])
        s.commit()
        joined, single = s.get(Base, 1), s.get(Base, 2)
        for load in (
            lambda: s.get(Base, 1, populate_existing=True),
            lambda: s.query(Base).populate_existing().order_by(Base.id).all(),
            lambda: s.query(p.with_polymorphic(Base, "*")).populate_existing().all(),
        ):
            p.show(len(joined.others))
            joined.data = joined.more = single.extra = "changed"
            load()
            p.show(joined.data, joined.more, joined in s.dirty, len(joined.others))
            p.show(single.extra, single in s.dirty)


@program
def stale_when_it_is_locked(p: Peer):
    """A row with another version is refused before the object takes anything of it."""

    class Versioned(p.Base):
        __tablename__ = "versioned"
        id = p.Column(p.Integer, primary_key=True)
        version = p.Column(p.Integer, nullable=False)
        x = p.Column(p.String)
        y = p.Column(p.String)
        kind = p.Column(p.String)
        __mapper_args__ = {
            "version_id_col": version,
            "polymorphic_on": kind,
            "polymorphic_identity": "v",
        }

    class Below(Versioned):
        __tablename__ = "below"
        id = p.Column(p.ForeignKey("versioned.id"), primary_key=True)
        more = p.Column(p.String)
        __mapper_args__ = {"polymorphic_identity": "below"}

    with p.session(autoflush=False) as s:
        s.add(Versioned(id=1, x="x", y="y"))
        s.commit()
        found = s.get(Versioned, 1)
        s.execute(p.update(Versioned.__table__).values(version=5, x="other", y="other"))
        p.error(lambda: s.get(Versioned, 1, with_for_update=True), text=False)
        p.show(found.x, found.y, found.version, found in s.dirty)
        found.y = "mine"
        p.error(lambda: s.get(Versioned, 1, with_for_update=True), text=False)
        p.show(found.x, found.y, found.version, found in s.dirty)
        p.show(p.inspect(found).attrs.y.history)
        s.rollback()
        # what only a subclass has, and was set without being loaded, is not lost
        s.add(Below(id=2, x="x", more="m"))
        s.commit()
        below = s.get(Versioned, 2)
        below.more = "mine"
        s.execute(p.update(Versioned.__table__).values(version=5, x="other"))
        p.error(lambda: s.get(Versioned, 2, with_for_update=True), text=False)
        p.show(below.x, below.more, below.version, below in s.dirty)
        p.error(s.flush, text=False)


@program
def one_entity_that_is_none(p: Peer):
    """The entity that an outer join did not find is no row for one()."""
    A, B, _C, s = chain(p)
    s.add(A(id=3))
    s.flush()
    statement = p.select(B).select_from(A).outerjoin(A.bs).where(A.id == 3)
    query = s.query(B).select_from(A).outerjoin(A.bs).filter(A.id == 3)
    for ask in query.one, query.one_or_none, query.first, query.all, query.scalar:
        p.error(ask)
    for name in "one", "one_or_none", "scalar_one", "scalar_one_or_none", "first", "scalar":
        p.error(lambda name=name: getattr(s.execute(statement), name)())
    for name in "one", "one_or_none", "first", "all":
        p.error(lambda name=name: getattr(s.scalars(statement), name)())
    columns = p.select(B.id).select_from(A).outerjoin(A.bs).where(A.id == 3)
    p.show(s.scalars(columns).one(), s.execute(columns).scalar_one(), s.execute(columns).one())


@program
def wildcards_in_turn(p: Peer):
    """Of options for every relationship the last one holds."""
    A, _B, _C, s = chain(p)
    every = p.joinedload, p.lazyload, p.selectinload, p.subqueryload
    for first in every:
        for last in every:
            s.expunge_all()
            found = s.query(A).options(first("*"), last("*")).order_by(A.id).all()
            p.show(["bs" in a.__dict__ for a in found])
    found = s.query(A).options(p.lazyload("*"), p.selectinload(A.bs)).order_by(A.id).all()
    p.show([[sorted(key for key in b.__dict__ if key[0] != "_") for b in a.bs] for a in found])


@program
def queries_that_listeners_change(p: Peer):
    """before_compile is heard wherever a query becomes a statement."""
    A, B, _C, s = chain(p)
    heard = []

    def visible(query):
        heard.append(1)
        for each in query.column_descriptions:
            if each["type"] is A:
                return query.enable_assertions(False).filter(each["entity"].id != 2)
        return None

    p.event.listen(p.Query, "before_compile", visible, retval=True)
    try:
        query = s.query(A)
        for ask in (
            lambda: str(query),
            lambda: str(query.statement),
            lambda: str(p.select(query.subquery())),
            lambda: str(query.with_entities(A.id).scalar_subquery()),
            lambda: str(query.cte()),
            lambda: len(query.all()),
            lambda: query.order_by(A.id.desc()).first().id,
        ):
            p.show(ask(), len(heard))
        p.show(query.count(), s.query(B).count())
        p.show(s.query(B).filter(query.filter(A.id == B.a_id).exists()).count())
    finally:
        p.event.remove(p.Query, "before_compile", visible)


@program
def conditions_of_what_was_never_set(p: Peer):
    """A column that nothing was ever said of is no reason to ask; one that is NULL is."""

    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        b_id = p.Column(p.ForeignKey("b.id"))
        b = p.relationship("B", primaryjoin="and_(A.b_id == B.id, B.id != 27)")

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)

    with p.session() as s:
        unset, null = A(), A(b_id=None)
        s.add_all([unset, null])
        s.flush()
        p.show(unset.b, null.b)
        s.expire_all()
        p.show(unset.b)
        deferred = s.query(A).options(p.defer(A.b_id)).order_by(A.id).first()
        p.show(deferred.b)


@program
def options_of_several_levels(p: Peer):
    """recursion_depth: what an object loads again goes as deep as the statement did."""

    class Node(p.Base):
        __tablename__ = "node"
        id = p.Column(p.Integer, primary_key=True)
        up_id = p.Column(p.ForeignKey("node.id"))
        children = p.relationship("Node", order_by="Node.id", back_populates="up")
        up = p.relationship("Node", back_populates="children", remote_side=[id])

    s = p.session()
    last = Node(id=5)
    for number in (4, 3, 2, 1):
        last = Node(id=number, children=[last])
    s.add(last)
    s.commit()
    for depth in (-1, 1, 2, 3):
        option = p.selectinload(Node.children, recursion_depth=depth)
        s.close()
        node = s.scalars(p.select(Node).where(Node.id == 1).options(option)).one()
        for method, given in ((s.expire, (node,)), (s.expire_all, ()), (s.refresh, (node,))):
            method(*given)
            p.mark("read")
            p.show(node.up_id)
            p.mark("below")
            p.show([each.id for each in node.children[0].children[0].children])
        s.expire(node, ["children"])
        p.show([each.id for each in node.children[0].children])
        s.refresh(node, ["children"])
        option = p.selectinload(Node.up, recursion_depth=depth)
        s.close()
        node = s.scalars(p.select(Node).where(Node.id == 5).options(option)).one()
        s.expire_all()
        p.show(node.up_id)
        p.mark("above")
        p.show(node.up.up.up.id)


@pytest.mark.parametrize("program", program.registered)
def test_after_eager_loads(program) -> None:
    compare(program, warned=True)


@program
def by_keys_that_are_to_change(p: Peer) -> None:
    """Parents whose key the program has changed have their children by that of the row."""

    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String(5))
        bs = p.relationship("B", order_by="B.id", passive_updates=False)
        cs = p.relationship("C", secondary="a_c", order_by="C.id")
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "a"}

    class S(A):
        __tablename__ = "s"
        id = p.Column(p.ForeignKey("a.id"), primary_key=True)
        x = p.Column(p.Integer)
        __mapper_args__ = {"polymorphic_identity": "s", "polymorphic_load": "selectin"}

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        a_id = p.Column(p.ForeignKey("a.id"))

    class C(p.Base):
        __tablename__ = "c"
        id = p.Column(p.Integer, primary_key=True)

    ids = p.Column("a_id", p.ForeignKey("a.id")), p.Column("c_id", p.ForeignKey("c.id"))
    p.Table("a_c", p.Base.metadata, *ids)
    s = p.session(autoflush=False)
    s.add_all([A(id=1, bs=[B(id=1)], cs=[C(id=1)]), S(id=2, x=5, bs=[B(id=2)])])
    s.commit()
    for load in p.selectinload, p.subqueryload, p.joinedload:
        for name in "bs", "cs":
            s.get(A, 1).id = 7
            s.get(A, 2).id = 8
            query = p.select(A).order_by(A.id).options(load(getattr(A, name)))
            for a in s.scalars(query).unique():
                p.show(a.id, [each.id for each in a.__dict__[name]], sorted(a.__dict__))
            s.rollback()


@program
def one_key_of_several_parents(p: Peer):
    """Parents that have the same rows have collections of their own, whatever the order the rows
    come in, and whatever was done to one of them before it was loaded."""

    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        code = p.Column(p.Integer)
        bs = p.relationship(
            "B",
            primaryjoin="foreign(B.code) == A.code",
            order_by="B.id",
            viewonly=True,
        )

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        code = p.Column(p.Integer)

    s = p.session()
    s.add_all([A(id=n, code=code) for n, code in ((1, 5), (2, 6), (3, 5), (4, 7), (5, 5))])
    # the rows of the codes take turns
    s.add_all([B(id=n, code=5 + n % 2) for n in range(1, 9)])
    s.commit()
    for load in p.selectinload, p.subqueryload:
        s.expunge_all()
        found = s.query(A).order_by(A.id).options(load(A.bs)).all()
        p.show([[b.id for b in a.bs] for a in found])
        p.show(found[0].bs is found[2].bs, found[0].bs == found[2].bs, found[0].bs[0].code)
        held = found[0].bs
        s.expire(found[0], ["bs"])
        again = s.query(A).order_by(A.id).options(load(A.bs)).all()
        p.show(again[0].bs is held, held == again[0].bs, [b.id for b in again[4].bs])
        again[0].bs.pop()
        p.show([len(a.bs) for a in again], len(held))


def test_results_that_were_read_hold_no_objects() -> None:
    def program(p: Any) -> None:
        User, Post = blog(p)
        s = p.session()
        s.add_all([User(name=f"u{n}", posts=[Post(title="p")]) for n in range(4)])
        s.commit()
        s.expunge_all()
        loads = (None, p.selectinload, p.joinedload)
        for load in loads:
            for options in ({}, {"stream_results": True}):
                select = p.select(User).order_by(User.id)
                if load is not None:
                    select = select.options(load(User.posts))
                for how in (list, lambda r: (r.fetchmany(3), r.fetchmany(3)), lambda r: r.all()):
                    result = s.execute(select, execution_options=options).unique()
                    how(result)
                    gc.collect()
                    p.show(len(s.identity_map), result.all(), result.closed)
                    s.expunge_all()

    compare(program, sql=False)  # streams of PostgreSQL log cursors' names
