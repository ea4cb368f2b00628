"""Objects that forget their rows, and what loads of a part of a table ask."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Peer, Programs, compare

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_histories(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


@program
def deleted_values_do_not_come_back_with_a_row(p: Peer) -> None:
    class Item(p.Base):
        __tablename__ = "item"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        note = p.Column(p.String)

    s = p.session(autoflush=False)
    made = Item(name="a", note="b")
    s.add(made)
    s.flush()
    del made.name  # (of an object that no row has been read for)
    p.show(s.scalars(p.select(Item)).all() == [made])
    p.show(p.inspect(made).unloaded, p.inspect(made).attrs.name.history)
    s.rollback()


def _models(p: Peer) -> Any:
    keyed = p.module("orm.collections").attribute_keyed_dict

    class Parent(p.Base):
        __tablename__ = "parent"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        parts = p.relationship("Part", collection_class=keyed("name"), backref="parent")
        children = p.relationship("Child", backref="parent", order_by="Child.id")

        def __repr__(self):
            return f"P{self.name}"

    class Part(p.Base):
        __tablename__ = "part"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        parent_id = p.Column(p.ForeignKey("parent.id"))

        def __repr__(self):
            return f"Part{self.name}"

    class Child(p.Base):
        __tablename__ = "child"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        kind = p.Column(p.String, default="x")
        parent_id = p.Column(p.ForeignKey("parent.id"))

        def __repr__(self):
            return f"C{self.name}"

    return Parent, Part, Child


def _parents(p: Peer) -> Any:
    Parent, Part, Child = _models(p)
    session = p.session()
    session.add(
        Parent(
            name="a",
            parts={"x": Part(name="x"), "y": Part(name="y")},
            children=[Child(name="1"), Child(name="2")],
        )
    )
    session.commit()
    return session, Parent, Part, Child


@program
def transient_again_with_changes(p: Peer) -> None:
    history = p.module("orm.attributes").get_history
    session, Parent, Part, Child = _parents(p)
    parent = session.scalars(p.select(Parent)).one()
    parent.parts, parent.children
    parent.parts["x"] = Part(name="x")
    del parent.children[0]
    parent.children.append(Child(name="3"))
    parent.name = "b"
    with session.no_autoflush:
        p.show(history(parent, "parts"), history(parent, "children"), history(parent, "name"))
        p.make_transient(parent)
        for key in ("parts", "children", "name", "id"):
            found = history(parent, key)
            p.show(key, list(found.added), list(found.unchanged), list(found.deleted))
    session.rollback()


@program
def version_made_of_the_old_row(p: Peer) -> None:
    """A new row with what was added; what stays belongs to the old one."""
    attributes = p.module("orm.attributes")
    session, Parent, Part, _ = _parents(p)
    parent = session.scalars(p.select(Parent)).one()
    old = parent.id
    parent.parts["x"] = Part(name="x")

    def remake(session, context, instances):
        if parent not in session.dirty:
            return
        p.make_transient(parent)
        parent.id = None
        found = attributes.get_history(parent, "parts")
        p.show(found.added, sorted(map(repr, found.unchanged)), found.deleted)
        attributes.set_committed_value(parent, "parts", {})
        for part in found.added:
            parent.parts[part.name] = part
        session.add(parent)

    p.sa.event.listen(session, "before_flush", remake)
    session.commit()
    p.show(parent.id != old, sorted(parent.parts), parent.children)
    p.show(session.execute(p.select(Part.id, Part.name, Part.parent_id).order_by(Part.id)).all())


@program
def transient_again_unchanged(p: Peer) -> None:
    history = p.module("orm.attributes").get_history
    session, Parent, _, Child = _parents(p)
    parent = session.scalars(p.select(Parent)).one()
    parent.parts
    p.make_transient(parent)
    p.show(history(parent, "id"), history(parent, "name"))
    p.show(sorted(map(repr, history(parent, "parts").unchanged)))
    parent.name = "n"
    p.show(history(parent, "name"))
    child = session.scalars(p.select(Child).order_by(Child.id)).first()
    session.expire(child)
    p.make_transient(child)
    p.show(history(child, "name"), child.name)
    fresh = Parent(id=7, name="fresh")
    p.make_transient(fresh)
    p.show(history(fresh, "name"))
    session.add(fresh)
    session.commit()
    p.show(session.execute(p.select(Parent.id, Parent.name).order_by(Parent.id)).all())


@program
def joins_with_criteria_of_the_far_table(p: Peer) -> None:
    """A column that is compared with a constant is not one of the parent's."""
    Parent, _, Child = _models(p)
    Parent.xs = p.relationship(
        Child,
        primaryjoin=p.and_(
            Parent.id == p.orm.foreign(p.orm.remote(Child.parent_id)), Child.kind == "x"
        ),
        backref=p.orm.backref(
            "parent_x",
            primaryjoin=p.orm.remote(Parent.id) == p.orm.foreign(Child.parent_id),
            viewonly=True,
        ),
        viewonly=True,
        order_by=Child.id,
    )
    session = p.session()
    session.add(Parent(name="a", children=[Child(name="1"), Child(name="2", kind="y")]))
    session.commit()
    parent = session.scalars(p.select(Parent)).one()
    p.show(parent.xs, parent.children, parent.xs[0].parent_x)
    for option in (p.joinedload, p.selectinload, p.orm.subqueryload):
        session.expunge_all()
        p.show(session.scalars(p.select(Parent).options(option(Parent.xs))).unique().one().xs)
    p.show(session.scalars(p.select(Parent).where(Parent.xs.any())).all())
    p.show(session.scalars(p.select(Child).where(p.with_parent(parent, Parent.xs))).all())


@program
def many_to_one_with_a_criterion(p: Peer) -> None:
    """It is not found by its key alone."""
    Parent, _, Child = _models(p)
    Child.named = p.relationship(
        Parent,
        primaryjoin=p.and_(Parent.id == p.orm.foreign(Child.parent_id), Parent.name == "a"),
        viewonly=True,
    )
    session = p.session()
    session.add(Parent(id=1, name="a", children=[Child(id=1)]))
    session.add(Parent(id=2, name="b", children=[Child(id=2)]))
    session.commit()
    p.show([c.named for c in session.scalars(p.select(Child).order_by(Child.id))])
    for option in (p.joinedload, p.selectinload, p.orm.subqueryload, p.orm.immediateload):
        session.expunge_all()
        children = session.scalars(p.select(Child).order_by(Child.id).options(option(Child.named)))
        p.show([c.named for c in children])


@program
def secondary_with_criteria_of_the_far_table(p: Peer) -> None:
    links = p.Table(
        "link",
        p.Base.metadata,
        p.Column("left_id", p.ForeignKey("lefts.id"), primary_key=True),
        p.Column("right_id", p.ForeignKey("rights.id"), primary_key=True),
    )

    class Right(p.Base):
        __tablename__ = "rights"
        id = p.Column(p.Integer, primary_key=True)
        on = p.Column(p.Boolean)

    class Left(p.Base):
        __tablename__ = "lefts"
        id = p.Column(p.Integer, primary_key=True)
        rights = p.relationship(Right, secondary=links, order_by=Right.id)
        on = p.relationship(
            Right,
            secondary=links,
            secondaryjoin=p.and_(Right.id == links.c.right_id, Right.on),
            backref="lefts",
            viewonly=True,
        )

    session = p.session()
    session.add(Left(id=1, rights=[Right(id=1, on=True), Right(id=2, on=False)]))
    session.commit()
    left = session.get(Left, 1)
    p.show([r.id for r in left.on], [r.id for r in left.rights])
    p.show([[one.id for one in r.lefts] for r in left.rights])
    p.show([r.id for r in session.query(Right).with_parent(left, Left.on)])


@program
def criteria_reach_the_selects_within(p: Peer) -> None:
    Parent, _, Child = _models(p)
    session = p.session()
    session.add(Parent(id=1, children=[Child(id=1, kind="x"), Child(id=2, kind="y")]))
    session.commit()
    select = p.select
    xs = p.orm.with_loader_criteria(Child, Child.kind == "x")
    inner = select(Child.parent_id)
    for statement in [
        select(select(Child).subquery()),
        select(select(Child).cte("c")),
        select(Parent.id).where(p.exists().where(Child.parent_id == Parent.id)),
        select(Parent.id).where(inner.where(Child.parent_id == Parent.id).exists()),
        select(Parent.id).where(Parent.children.any()),
        select(Child.id).where(Child.parent.has()),
        select(
            Parent.id,
            select(p.func.count(Child.id)).where(Child.parent_id == Parent.id).scalar_subquery(),
        ),
        select(Parent.id).where(Parent.id.in_(inner)),
        p.union(select(Child.id), select(Child.parent_id)).order_by("id"),
    ]:
        p.show(session.execute(statement.options(xs)).all())
        p.show(session.execute(statement).all())
    query = session.query(Child)
    p.show(
        query.options(xs).count(), query.count(), session.query(query.options(xs).exists()).all()
    )
    p.show([c.id for c in query.union(query.filter(Child.id > 1)).options(xs)])
    p.show([c.id for c in session.query(p.aliased(Child, select(Child).subquery())).options(xs)])
    p.show(len(session.execute(select(select(Child).options(xs).subquery())).all()))
    parent = session.query(Parent).options(p.joinedload(Parent.children), xs).limit(2).one()
    p.show([c.id for c in parent.children])


@program
def listeners_that_may_return(p: Peer) -> None:
    _, _, Child = _models(p)
    session = p.session()
    session.add_all([Child(id=1, kind="x"), Child(id=2, kind="y")])
    session.commit()

    @p.sa.event.listens_for(session, "do_orm_execute", retval=True)
    def only_xs(state):
        state.statement = state.statement.options(
            p.orm.with_loader_criteria(Child, lambda cls: cls.kind == "x")
        )

    p.show([c.id for c in session.scalars(p.select(Child))], session.query(Child).count())
    p.show(session.scalar(p.select(p.func.count()).select_from(p.select(Child).subquery())))


@program
def taken_from_what_has_no_row(p: Any) -> None:
    """An object that a rollback has left without its row has no history of what was deleted."""
    Parent, Part, _ = _models(p)
    s = p.session()

    def show(obj: Any) -> None:
        found = p.inspect(obj)
        p.show(sorted(found.dict), [tuple(found.attrs[n].history) for n in ("parent", "parent_id")])
        p.show(s.is_modified(obj) if obj in s else None, tuple(found.attrs.parent.load_history()))

    for given in {"parent": None}, {"name": "y", "parent": Parent(name="x")}, {}:
        part = Part(**given)
        s.add(part)
        s.flush()
        if not given:
            part.parent = None
        else:
            del part.parent
        show(part)
        s.rollback()
        show(part)
        s.add(part)
        if "parent" in p.inspect(part).dict:
            del part.parent
        show(part)
        p.error(lambda part=part: delattr(part, "parent"))
        show(part)
        s.flush()
        show(part)
        s.rollback()


@program
def what_raises_rather_than_load(p: Any) -> None:
    """A relationship that raises on SQL knows what it referred to where that takes none."""

    class Parent(p.Base):
        __tablename__ = "parent"
        id = p.Column(p.Integer, primary_key=True)

    class Child(p.Base):
        __tablename__ = "child"
        id = p.Column(p.Integer, primary_key=True)
        parent_id = p.Column(p.ForeignKey("parent.id"))
        parent = p.relationship("Parent", lazy="raise_on_sql")

    s = p.session()
    s.add_all([Parent(id=1), Parent(id=2), Child(id=1), Child(id=2, parent_id=1)])
    s.commit()
    for child_id in 1, 2:
        for parent_id in None, 1, 2:
            for known in True, False:
                s.expunge_all()
                parents = [s.get(Parent, 1), s.get(Parent, 2)] if known else []
                child = s.get(Child, child_id)
                child.parent = s.get(Parent, parent_id) if parent_id else None
                history = p.inspect(child).attrs.parent.history
                ids = [[each and each.id for each in part] for part in history]
                p.show(s.is_modified(child), ids, len(parents))
                s.flush()
                s.rollback()
                p.error(lambda child=child: child.parent is None)
                s.expire(child)
                p.error(lambda child=child: child.parent is None)


@program
def deleted_values_of_new_objects(p: Any) -> None:
    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        plain = p.Column(p.Integer)
        made = p.Column(p.Integer, default=5)
        by_server = p.Column(p.Integer, server_default="7")

    s = p.session()
    heard: list[Any] = []
    p.event.listen(Thing.made, "remove", lambda obj, value, token: heard.append(value))

    def show(thing: Any) -> None:
        attributes = p.inspect(thing).attrs
        p.show([[list(part) for part in each.history] for each in attributes])
        p.show(p.inspect(thing).modified, sorted(p.inspect(thing).unloaded), heard)

    for name in "id", "plain", "made", "by_server":
        for given in {}, {name: 77}, {name: None}:
            for pending in False, True:
                thing = Thing(**given)
                if pending:
                    s.add(thing)
                for _ in range(2):
                    p.error(lambda thing=thing, name=name: delattr(thing, name))
                    show(thing)
                s.add(thing)
                s.flush()
                show(thing)
                p.show([getattr(thing, each) for each in ("id", "plain", "made", "by_server")])
                s.rollback()


@program
def collections_that_are_not_loaded(p: Peer) -> None:
    """Their history is asked for with the members that have rows, where it may be."""
    get_history = p.module("orm.attributes").get_history

    for lazy in ("dynamic", "write_only"):

        class Owner(p.Base):
            __tablename__ = f"owner_{lazy}"
            id = p.Column(p.Integer, primary_key=True)
            things = p.relationship("Thing", lazy=lazy, passive_deletes=True, order_by="Thing.id")

        class Thing(p.Base):
            __tablename__ = f"thing_{lazy}"
            id = p.Column(p.Integer, primary_key=True)
            owner_id = p.Column(p.ForeignKey(Owner.id))

        s = p.session(autoflush=False)
        owner, stored, added = Owner(id=1), Thing(id=1), Thing(id=2)

        names = {stored: "stored", added: "added"}

        def show(owner: Any = owner, names: Any = names) -> None:
            for passive in ("PASSIVE_OFF", "PASSIVE_NO_INITIALIZE"):
                flag = getattr(p.module("orm.attributes"), passive)
                try:
                    history = get_history(owner, "things", flag)
                    p.show(passive, [[names[one] for one in part] for part in history])
                except p.exc.InvalidRequestError as error:
                    p.show(passive, str(error))
            p.show(len(p.inspect(owner).attrs.things.load_history().sum()))

        show()
        owner.things.add(stored)
        show()
        s.add(owner)
        s.commit()
        show()
        owner.things.add(added)
        show()
        owner.things.remove(stored)
        show()
        s.commit()
        show()
        p.Base.registry.dispose()
