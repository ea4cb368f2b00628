"""What do_orm_execute and with_loader_criteria() do to the loads that follow a statement."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare
from .models import blog, many_to_many

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_heard_loads(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


def _show_state(p: Any, told: Any) -> None:
    path, owner = told.loader_strategy_path, told.lazy_loaded_from
    mapper = told.bind_mapper
    p.show(
        (told.is_select, told.is_from_statement, told.is_orm_statement),
        (told.is_relationship_load, told.is_column_load),
        None if path is None else [str(part) for part in path],
        None if owner is None else type(owner.object).__name__,
        None if mapper is None else mapper.class_.__name__,
        [m.class_.__name__ for m in told.all_mappers][:1],
        None if told.parameters is None else len(told.parameters),
        len(told.user_defined_options),
    )


@program
def what_is_said_of_loads(p: Any) -> None:
    for lazy in ("select", "selectin", "subquery", "joined"):
        p.Base.registry.dispose()
        p.Base.metadata.clear()
        U, Po = blog(p, lazy=lazy)
        s = p.session()
        s.add_all([U(name="a", age=1, posts=[Po(title="x"), Po(title="y")]), U(name="b")])
        s.commit()
        s.expunge_all()
        p.sa.event.listen(s, "do_orm_execute", lambda st: _show_state(p, st))
        p.show(lazy)
        for u in s.scalars(p.select(U)).unique().all():
            p.show(u.name, len(u.posts))
        p.show("expired")
        s.commit()
        p.show(u.name)
        p.show(len(u.posts))
        s.expunge_all()
        p.show("m2o")
        po = s.get(Po, 1)
        p.show(po.user.name)
        s.refresh(po)
        s.refresh(po, ["title"])
        s.expire(po, ["title"])
        p.show(po.title)
        s.expire(po)
        p.show(po.title)
        s.expunge_all()
        p.show("defer")
        po = s.scalars(p.select(Po).options(p.orm.defer(Po.title))).first()
        p.show(po.title)
        s.expunge_all()
        p.show("options")
        s.scalars(p.select(U).options(p.selectinload(U.posts).selectinload(Po.user))).all()
        p.show("query")
        s.query(U).options(p.orm.subqueryload(U.posts)).all()
        s.close()


@program
def criteria_of_a_mixin(p: Any) -> None:

    class SD:
        deleted = p.Column(p.Boolean, default=False)

    class U(SD, p.Base):
        __tablename__ = "u"
        id = p.Column(p.Integer, primary_key=True)
        posts = p.relationship("Po", order_by="Po.id", back_populates="u")

    class Po(SD, p.Base):
        __tablename__ = "po"
        id = p.Column(p.Integer, primary_key=True)
        uid = p.Column(p.ForeignKey("u.id"))
        u = p.relationship("U", back_populates="posts")

    s = p.session()
    s.add_all([U(posts=[Po(), Po(deleted=True)]), U(deleted=True, posts=[Po()])])
    s.commit()
    s.expunge_all()
    false = p.false()
    crit = p.orm.with_loader_criteria(SD, lambda cls: cls.deleted == false, include_aliases=True)
    us = s.scalars(p.select(U).options(crit)).all()
    p.show(len(us), [len(u.posts) for u in us])
    s.expunge_all()
    pos = s.scalars(p.select(Po).options(crit).order_by(Po.id)).all()
    p.show([po.u is not None for po in pos])
    s.expunge_all()
    for opt in (p.selectinload, p.joinedload, p.orm.subqueryload):
        us = s.scalars(p.select(U).options(crit, opt(U.posts))).unique().all()
        p.show([len(u.posts) for u in us])
        s.expunge_all()
    pos = s.scalars(p.select(Po).options(crit, p.selectinload(Po.u)).order_by(Po.id)).all()
    p.show([po.u is not None for po in pos])
    s.expunge_all()
    us = s.scalars(
        p.select(U).options(
            p.orm.with_loader_criteria(
                SD, lambda cls: cls.deleted == false, propagate_to_loaders=False
            )
        )
    ).all()
    p.show([len(u.posts) for u in us])
    s.expunge_all()
    al = p.orm.aliased(U)
    p.show(
        len(s.scalars(p.select(al).options(crit)).all()),
        len(s.execute(p.select(U.id).options(crit)).all()),
    )
    p.show(len(s.query(U).options(crit).join(U.posts).all()))
    us = s.scalars(p.select(U).options(crit)).all()
    s.commit()
    p.show([len(u.posts) for u in us])
    s.execute(p.update(U).options(crit).values(deleted=None))
    us = s.scalars(
        p.select(U).options(p.orm.with_loader_criteria(Po, Po.deleted == p.false()))
    ).all()
    p.show([len(u.posts) for u in us])


@program
def criteria_added_by_a_listener(p: Any) -> None:
    User, Post = blog(p)
    s = p.session()
    s.add_all([User(name="a", posts=[Post(title="x"), Post(title="y")]), User(name="b")])
    s.commit()
    s.expunge_all()

    @p.sa.event.listens_for(s, "do_orm_execute")
    def hide(told: Any) -> None:
        if told.is_select and not told.is_column_load:
            only = p.orm.with_loader_criteria(Post, Post.title == "x")
            told.statement = told.statement.options(only)

    users = s.scalars(p.select(User).order_by(User.id)).all()
    p.show([len(u.posts) for u in users])
    s.expire_all()
    p.show([(u.name, len(u.posts)) for u in users])


@program
def results_and_options_of_listeners(p: Any) -> None:
    A, B, _ = many_to_many(p)
    s = p.session()
    s.add_all([A(name="a", bs=[B(name="1"), B(name="2")]), A(name="b")])
    s.commit()

    @p.sa.event.listens_for(s, "do_orm_execute")
    def run(told: Any) -> Any:
        if told.is_relationship_load:
            p.show(told.lazy_loaded_from is not None)
            return told.invoke_statement(told.statement.where(B.name != "1"))
        if told.is_column_load:
            told.update_execution_options(populate_existing=True)
        return None

    a = s.scalars(p.select(A).where(A.name == "a")).one()
    p.show([b.name for b in a.bs])
    s.expire(a)
    p.show(a.name, [b.name for b in a.bs])
    s.expunge_all()
    eager = s.scalars(p.select(A).options(p.selectinload(A.bs)).order_by(A.id)).all()
    p.show([[b.name for b in each.bs] for each in eager])
    s.refresh(eager[0], ["name"])


@program
def criteria_of_classes_that_inherit(p: Any) -> None:
    class Animal(p.Base):
        __tablename__ = "animal"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String)
        gone = p.Column(p.Integer, default=0)
        owner_id = p.Column(p.ForeignKey("owner.id"))
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal"}

    class Dog(Animal):
        __mapper_args__ = {"polymorphic_identity": "dog"}

    class Owner(p.Base):
        __tablename__ = "owner"
        id = p.Column(p.Integer, primary_key=True)
        animals = p.relationship(Animal, order_by=Animal.id)

    s = p.session()
    s.add_all([Owner(animals=[Dog(), Dog(gone=1), Animal(), Animal(gone=1)]), Owner()])
    s.commit()
    for aliases in (False, True):
        only = p.orm.with_loader_criteria(Animal, Animal.gone == 0, include_aliases=aliases)
        p.show(len(s.scalars(p.select(Animal).options(only)).all()))
        p.show(len(s.scalars(p.select(Dog).options(only)).all()))
        joined = p.select(Owner).join(Owner.animals).options(only)
        p.show(len(s.scalars(joined).all()))
        alias = p.orm.aliased(Animal)
        joined = p.select(Owner.id, alias.id).join(Owner.animals.of_type(alias)).options(only)
        p.show(len(s.execute(joined).all()))
        for load in (p.selectinload, p.joinedload, p.orm.subqueryload, p.orm.lazyload):
            s.expunge_all()
            found = s.scalars(p.select(Owner).options(load(Owner.animals), only)).unique()
            p.show([len(owner.animals) for owner in found])
