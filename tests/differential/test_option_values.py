"""Criteria in loader options: the values of each execution hold for what its objects load later."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare
from .models import blog

program = Programs()


@pytest.mark.parametrize("run", program.registered)
def test_option_values(run: Any) -> None:
    peer, _ = compare(run, warned=True)
    assert peer.error is None


def _filled(p: Any, **kw: Any) -> tuple[Any, Any, Any]:
    User, Post = blog(p, **kw)
    s = p.session()
    for name in "abc":
        posts = [Post(title=title) for title in ("x", "y", "z")]
        s.add(User(name=name, age=ord(name), posts=posts))
    s.commit()
    s.expunge_all()
    return User, Post, s


def _titles(users: Any) -> list[tuple[str, list[str]]]:
    return [(user.name, sorted(post.title for post in user.posts)) for user in users]


@program
def of_entities(p: Any) -> None:
    User, Post, s = _filled(p)
    for strategy in ("lazyload", "selectinload", "subqueryload", "joinedload", "immediateload"):
        p.show(strategy)
        for title in ("x", "y", "x", "none"):
            statement = (
                p.select(User)
                .options(
                    getattr(p.orm, strategy)(User.posts),
                    p.orm.with_loader_criteria(Post, Post.title == title),
                )
                .order_by(User.id)
            )
            p.show(_titles(s.scalars(statement).unique()))
            s.expunge_all()


@program
def of_relationships(p: Any) -> None:
    User, Post, s = _filled(p)
    for strategy in ("lazyload", "selectinload", "subqueryload", "joinedload"):
        p.show(strategy)
        for titles in (["x"], ["y", "z"], ["none"], []):
            option = getattr(p.orm, strategy)(User.posts.and_(Post.title.in_(titles)))
            statement = p.select(User).options(option).order_by(User.id).where(User.age < 99)
            p.show(_titles(s.scalars(statement).unique()))
            s.expunge_all()


@program
def objects_keep_their_own(p: Any) -> None:
    User, Post, s = _filled(p)
    kept = []
    for name, title in (("a", "x"), ("b", "y"), ("c", "z")):
        only = p.orm.with_loader_criteria(Post, lambda cls: cls.title == title)  # noqa: B023
        kept += s.scalars(p.select(User).where(User.name == name).options(only)).all()
    p.show(_titles(kept))
    for user in kept:
        s.expire(user, ["posts"])
    p.show(_titles(kept))
    s.expire_all()
    p.show(_titles(reversed(kept)))
    for user in kept:
        s.refresh(user)
    p.show(_titles(kept))


@program
def further_loads(p: Any) -> None:
    """What is loaded by loads of what was loaded has the values, too."""
    User, Post, s = _filled(p)
    for strategy in ("lazyload", "selectinload", "subqueryload"):
        for title, age in (("x", 97), ("y", 98), ("y", 99)):
            only = (
                p.orm.with_loader_criteria(Post, Post.title == title),
                p.orm.with_loader_criteria(User, User.age <= age),
            )
            load = getattr(p.orm, strategy)
            options = (load(Post.user).lazyload(User.posts), *only)
            for post in s.scalars(p.select(Post).options(*options).order_by(Post.id)):
                p.show(post.title, post.user and _titles([post.user]))
            s.expunge_all()
            options = (load(User.posts).lazyload(Post.user), *only)
            user = s.get(User, 2, options=options)
            p.show(user and [(post.title, post.user) for post in user.posts])
            s.expunge_all()
            p.show(_titles(s.query(User).options(*options).order_by(User.id)))
            s.expunge_all()


@program
def several_of_one_statement(p: Any) -> None:
    User, Post, s = _filled(p)
    aliased = p.orm.aliased(User)
    for first, second in ((1, 2), (2, 3), (3, 3)):
        statement = (
            p.select(User, aliased)
            .join(aliased, aliased.id == second)
            .where(User.id == first)
            .options(
                p.orm.selectinload(User.posts.and_(Post.title > str(first))),
                p.orm.lazyload(aliased.posts.and_(Post.id > 2 * second)),
                p.orm.with_loader_criteria(aliased, aliased.age > 96 + first),
            )
        )
        for one, other in s.execute(statement):
            p.show(_titles([one, other]))
        s.expunge_all()


@program
def of_expressions(p: Any) -> None:
    class Item(p.Base):
        __tablename__ = "items"
        id = p.Column(p.Integer, primary_key=True)
        price = p.Column(p.Integer)
        total = p.orm.query_expression()

    s = p.session()
    s.add_all([Item(price=price) for price in (1, 2, 3)])
    s.commit()
    for factor in (2, 3, 4):
        option = p.orm.with_expression(Item.total, Item.price * factor)
        found = s.scalars(p.select(Item).options(option).order_by(Item.id)).all()
        p.show([item.total for item in found])
        again = p.select(Item).options(option).order_by(Item.id)
        found = s.scalars(again.execution_options(populate_existing=True)).all()
        p.show([item.total for item in found])
        s.refresh(found[0])
        p.show(found[0].total)
        s.expunge_all()


@program
def of_changes(p: Any) -> None:
    User, Post, s = _filled(p)
    for number, title in enumerate("xyz"):
        only = p.orm.with_loader_criteria(Post, Post.title == title)
        changed = p.update(Post).values(user_id=number + 1).options(only)
        p.show(s.execute(changed).rowcount)
        s.expunge_all()
        statement = (
            p.update(User)
            .where(User.id <= number)
            .values(age=number)
            .returning(User)
            .options(p.orm.selectinload(User.posts), only)
        )
        p.show(_titles(sorted(s.scalars(statement), key=lambda user: user.id)))
        s.expunge_all()
        from_text = p.select(User).from_statement(p.text("SELECT * FROM users ORDER BY id"))
        p.show(_titles(s.scalars(from_text.options(p.orm.selectinload(User.posts), only))))
        s.expunge_all()
        given = p.select(User).from_statement(p.select(User).order_by(User.id)).options(only)
        p.show(_titles(s.scalars(given)))
        s.expunge_all()


@program
def listeners_execute_it(p: Any) -> None:
    """A listener that executes the statement of a load itself has the values of this one."""
    User, Post, s = _filled(p)
    p.sa.event.listen(s, "do_orm_execute", lambda state: state.invoke_statement())
    for strategy in ("lazyload", "selectinload"):
        for title in ("x", "y"):
            only = p.orm.with_loader_criteria(Post, Post.title == title)
            load = getattr(p.orm, strategy)(User.posts)
            p.show(strategy)
            p.show(_titles(s.scalars(p.select(User).options(load, only).order_by(User.id))))
            s.expunge_all()


@program
def listeners_add_it(p: Any) -> None:
    """A tenant's rows alone: each session adds its criterion to what it executes."""
    User, Post, _ = _filled(p)
    for title in ("x", "y", "x"):
        s = p.session()

        def restrict(state: Any, title: str = title) -> None:
            option = p.orm.with_loader_criteria(
                Post, lambda cls: cls.title == title, include_aliases=True
            )
            state.statement = state.statement.options(option)

        p.sa.event.listen(s, "do_orm_execute", restrict)
        users = s.scalars(p.select(User).options(p.orm.selectinload(User.posts)).order_by(User.id))
        p.show(_titles(users))
        s.expunge_all()
        p.show(_titles(s.scalars(p.select(User).order_by(User.id))))
        s.close()


@program
def of_a_mixin(p: Any) -> None:
    class Owned:
        tenant = p.Column(p.Integer)

    class Box(Owned, p.Base):
        __tablename__ = "boxes"
        id = p.Column(p.Integer, primary_key=True)
        things = p.relationship("Thing", order_by="Thing.id", back_populates="box")

    class Thing(Owned, p.Base):
        __tablename__ = "things"
        id = p.Column(p.Integer, primary_key=True)
        box_id = p.Column(p.ForeignKey("boxes.id"))
        box = p.relationship(Box, back_populates="things")

    s = p.session()
    for tenant in (1, 2):
        s.add(Box(tenant=tenant, things=[Thing(tenant=each) for each in (1, 2, 2)]))
    s.commit()
    s.expunge_all()
    for tenant in (1, 2, 3):
        only = p.orm.with_loader_criteria(
            Owned,
            lambda cls: cls.tenant == tenant,  # noqa: B023
            include_aliases=True,
        )
        for load in (p.orm.lazyload, p.orm.selectinload):
            boxes = s.scalars(p.select(Box).options(load(Box.things), only)).unique().all()
            p.show([(box.id, [thing.id for thing in box.things]) for box in boxes])
            s.expunge_all()


def _tree(p: Any) -> tuple[Any, Any]:
    class Node(p.Base):
        __tablename__ = "nodes"
        id = p.Column(p.Integer, primary_key=True)
        above_id = p.Column(p.ForeignKey("nodes.id"))
        above = p.relationship("Node", remote_side=[id], back_populates="below")
        below = p.relationship("Node", back_populates="above", order_by="Node.id")

    other = p.aliased(Node)
    of_node = p.select(p.func.count(other.id)).where(other.above_id == Node.id)
    Node.amount = p.column_property(of_node.scalar_subquery(), deferred=True)
    s = p.session()
    s.add_all([Node(id=number, above_id=number // 2 or None) for number in range(1, 16)])
    s.commit()
    s.expunge_all()
    return Node, s


@program
def of_a_class_that_comes_again(p: Any) -> None:
    Node, s = _tree(p)
    few = p.select(Node).where(Node.id.in_([1, 2, 3])).order_by(Node.id)
    for load in (p.orm.lazyload, p.orm.selectinload, p.orm.joinedload):
        for further in ("lazyload", "selectinload", "joinedload"):
            p.mark(f"{load.__name__} {further}")
            option = getattr(load(Node.below.and_(Node.id > 4)), further)(Node.above)
            for node in s.scalars(few.options(option)).unique().all():
                p.show(
                    node.id, [(n.above and n.above.id, [x.id for x in n.below]) for n in node.below]
                )
            s.expunge_all()


@program
def of_a_reference_to_what_is_there(p: Any) -> None:
    Node, s = _tree(p)
    for least in (1, 2):
        kept = s.scalars(p.select(Node).where(Node.id.in_([2, 3])).order_by(Node.id)).all()
        option = p.orm.lazyload(Node.above.and_(Node.id > least))
        found = s.scalars(p.select(Node).options(option).where(Node.id.in_([1, 4, 5, 6])))
        p.show([node.above and node.above.id for node in found.all()])
        p.show(len(kept))
        s.expunge_all()


@program
def within_expressions_loaded_later(p: Any) -> None:
    Node, s = _tree(p)
    for least in (4, 6):
        only = p.orm.with_loader_criteria(Node, Node.id > least, include_aliases=True)
        nodes = s.scalars(p.select(Node).where(Node.id < 9).options(only)).all()
        p.show([(node.id, node.amount) for node in nodes])
        for node in nodes:
            s.expire(node)
            s.refresh(node, ["amount"])
            p.show(node.amount)
        s.expunge_all()


def options_without_their_entities(p: Any) -> None:
    """Options stay when other columns take the place of their entities, and those for all
    attributes of an entity need none; others do."""

    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        bs = p.relationship("B")

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        a_id = p.Column(p.ForeignKey("a.id"))
        a = p.relationship("A", overlaps="bs")

    of_all = [p.Load(A).lazyload("*"), p.Load(A).defer("*"), p.lazyload("*")]
    of_one = [p.joinedload(A.bs), p.load_only(A.name), p.selectinload(A.bs).joinedload(B.a)]
    for option in (*of_all, *of_one):
        chosen = p.select(A).options(option)
        for columns in ([p.func.count()], [A.id], [B], [A.id, B.id]):
            p.show(str(chosen.with_only_columns(*columns)))
            kept = chosen.with_only_columns(*columns, maintain_column_froms=True)
            p.show(str(kept), str(kept.with_only_columns(A)))
        p.error(lambda option=option: str(p.select(A.id).options(option)))
        p.error(lambda option=option: str(p.select(B).options(option)))
    stranger = p.select(A).options(p.joinedload(B.a))
    p.error(lambda: str(stranger.with_only_columns(A.id)), text=False)
    both = p.select(A, B).options(p.joinedload(A.bs), p.joinedload(B.a))
    p.show(str(both.with_only_columns(A)), str(both.with_only_columns(B)))


def test_options_without_their_entities() -> None:
    compare(options_without_their_entities)


def options_after_a_wildcard(p: Any) -> None:
    """Nothing follows an option for all relationships."""

    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        bs = p.relationship("B")

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        a_id = p.Column(p.ForeignKey("a.id"))
        a = p.relationship("A", overlaps="bs")

    p.error(lambda: p.subqueryload("*", A.bs))
    p.error(lambda: p.joinedload(A.bs).lazyload("*").selectinload(B.a))
    p.error(lambda: p.joinedload(A.bs).raiseload("*").defer(B.a_id))
    p.error(lambda: p.Load(A).joinedload("*").joinedload(A.bs))
    for option in (
        p.raiseload("*").raiseload("*"),
        p.Load(A).options(p.lazyload("*"), p.joinedload(A.bs)),
        p.joinedload(A.bs).options(p.raiseload("*"), p.joinedload(B.a)),
        p.joinedload(A.bs).defer("*").undefer(B.a_id),
        p.Load(A).load_only(A.id).joinedload(A.bs),
    ):
        p.show(str(p.select(A).options(option)))


def test_options_after_a_wildcard() -> None:
    compare(options_after_a_wildcard)


def criteria_of_a_subquery(p: Any) -> None:
    """Criteria whose subquery is of the class itself do not restrict that subquery again."""

    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        b_id = p.Column(p.ForeignKey("b.id"))

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        members = p.relationship("A", order_by="A.id")

    with p.session() as s:
        s.add(B(members=[A(name=name) for name in "xyz"]))
        s.commit()
        for name in "xyx":
            others = p.select(A.id).where(A.name != name).subquery()
            for load in (p.lazyload, p.selectinload):
                s.expunge_all()
                option = load(B.members.and_(A.id == others.c.id))
                p.show([a.name for b in s.scalars(p.select(B).options(option)) for a in b.members])
            s.expunge_all()
            option = p.with_loader_criteria(A, A.id == others.c.id)
            p.show([a.name for a in s.scalars(p.select(A).options(option).order_by(A.id))])


def test_criteria_of_a_subquery() -> None:
    compare(criteria_of_a_subquery)
