"""What a many-to-one that is not loaded had before it is given another object.

The object that its row refers to is known where the session has it: it is history, and its own
side of the relationship loses the member. SQL is only asked with `active_history`.
"""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


def _models(p: Any, **options: Any) -> tuple[Any, Any, Any]:
    class Owner(p.Base):
        __tablename__ = "owner"
        id = p.mapped_column(p.Integer, primary_key=True)
        items = p.relationship("Item", back_populates="owner")

    class Tag(p.Base):
        __tablename__ = "tag"
        id = p.mapped_column(p.Integer, primary_key=True)
        item_id = p.mapped_column(p.ForeignKey("item.id"))

    class Item(p.Base):
        __tablename__ = "item"
        id = p.mapped_column(p.Integer, primary_key=True)
        name = p.mapped_column(p.String)
        owner_id = p.mapped_column(p.ForeignKey("owner.id"))
        owner = p.relationship("Owner", back_populates="items", **options)
        tags = p.relationship("Tag", order_by="Tag.id")

    return Owner, Item, Tag


def _session(p: Any, Owner: Any, Item: Any) -> tuple[Any, list[Any]]:
    """A session that has the owners with their items, but no item."""
    s = p.session(autoflush=False)
    s.add_all([Owner(id=1), Owner(id=2), Owner(id=3), Item(id=1, name="i", owner_id=1)])
    s.commit()
    owners = s.scalars(p.select(Owner).order_by(Owner.id)).all()
    return s, owners


def _replace(p: Any, s: Any, owners: list[Any], item: Any, **values: Any) -> None:
    p.orm.attributes.set_committed_value(owners[0], "items", [item])
    p.orm.attributes.set_committed_value(owners[1], "items", [])
    for name, value in values.items():
        setattr(item, name, value)
    before = "owner" in p.inspect(item).unloaded
    item.owner = owners[2]
    history = p.inspect(item).attrs.owner.history
    members = [len(o.items) for o in owners[:2]]
    p.show(before, members, [[o and o.id for o in part] for part in history])
    p.show(owners[0] in s.dirty, owners[1] in s.dirty)
    s.flush()
    s.rollback()


_OPTIONS = {
    "none": lambda p, Item: [],
    "of another": lambda p, Item: [p.selectinload(Item.tags)],
    "with criteria of another": lambda p, Item: [p.selectinload(Item.tags.and_(p.literal(1) == 1))],
    "of columns": lambda p, Item: [p.defer(Item.name)],
    "without the key": lambda p, Item: [p.load_only(Item.name)],
    "lazyload": lambda p, Item: [p.lazyload(Item.owner)],
    "lazyload with criteria": lambda p, Item: [p.lazyload(Item.owner.and_(p.literal(1) == 1))],
    "raiseload": lambda p, Item: [p.raiseload(Item.owner)],
    "raiseload of all": lambda p, Item: [p.raiseload("*")],
}


@pytest.mark.parametrize("lazy", ["select", "joined", "selectin", "raise", "raise_on_sql"])
@pytest.mark.parametrize("option", _OPTIONS)
def test_of_a_statement_with_options(option: str, lazy: str) -> None:
    def run(p: Any) -> None:
        Owner, Item, _tag = _models(p, lazy=lazy)
        s, owners = _session(p, Owner, Item)
        options = _OPTIONS[option](p, Item)
        if lazy in ("joined", "selectin") and option != "raiseload":
            options = [p.lazyload(Item.owner), *options]
        item = s.scalars(p.select(Item).options(*options)).one()
        _replace(p, s, owners, item)

    compare(run)


@pytest.mark.parametrize("active", [False, True])
def test_after_its_key_was_changed(active: bool) -> None:
    def run(p: Any) -> None:
        Owner, Item, _tag = _models(p, active_history=active)
        s, owners = _session(p, Owner, Item)
        item = s.scalars(p.select(Item)).one()
        _replace(p, s, owners, item, owner_id=2)
        # a NULL that the row has is known as well
        item.owner = None
        s.commit()
        s.refresh(item, ["owner_id"])
        item.owner_id = 3
        owner = s.get(Owner, 3)
        item.owner = owner
        p.show(p.inspect(owner).attrs["items"].history.added == [item], item in owner.items)
        s.commit()

    compare(run)


@program
def merged_with_a_changed_key(p: Any) -> None:
    Owner, Item, _tag = _models(p)
    s, owners = _session(p, Owner, Item)
    item = s.get(Item, 1)
    item.owner_id = 2
    item.owner = owners[1]
    s.expunge_all()
    merged = s.merge(item)
    p.show(merged.owner.id, [i.id for i in merged.owner.items])
    s.commit()


@program
def told_by_the_other_side(p: Any) -> None:
    class Node(p.Base):
        __tablename__ = "node"
        id = p.mapped_column(p.Integer, primary_key=True)
        owner_id = p.mapped_column(p.ForeignKey("owner.id"))
        parent_id = p.mapped_column(p.ForeignKey("node.id"))
        owner = p.relationship("Owner", back_populates="node")
        parent = p.relationship("Node", remote_side=[id])

    class Owner(p.Base):
        __tablename__ = "owner"
        id = p.mapped_column(p.Integer, primary_key=True)
        node = p.relationship("Node", back_populates="owner", uselist=False)

    s = p.session()
    node = Node(id=1)
    s.add(node)
    owner = Owner(id=1, node=node)
    s.commit()
    s.refresh(node, ["parent"])
    owner.node = None  # (it was no member: nobody has added it)
    p.show(sorted(p.inspect(node).unloaded), node.owner)
    s.commit()


@program
def add_reaches_what_was_let_go(p: Any) -> None:
    Owner, Item, _tag = _models(p)
    s = p.session()
    item = Item(id=1)
    s.add(item)
    owner = Owner(id=1)
    item.owner = owner
    s.expunge(owner)
    s.flush()
    item.owner = None
    p.show(owner in s)
    s.add(item)
    p.show(owner in s, [type(o).__name__ for o in s.new])
    s.commit()


@program
def by_keys_of_two_columns(p: Any) -> None:
    class Owner(p.Base):
        __tablename__ = "owner"
        x = p.mapped_column(p.Integer, primary_key=True)
        y = p.mapped_column(p.Integer, primary_key=True)
        items = p.relationship("Item", back_populates="owner")

    class Item(p.Base):
        __tablename__ = "item"
        id = p.mapped_column(p.Integer, primary_key=True)
        owner_x = p.mapped_column(p.Integer)
        owner_y = p.mapped_column(p.Integer)
        owner = p.relationship("Owner", back_populates="items")
        __table_args__ = (p.ForeignKeyConstraint(["owner_x", "owner_y"], ["owner.x", "owner.y"]),)

    s = p.session(autoflush=False)
    s.add_all([Owner(x=1, y=1), Owner(x=1, y=2), Item(id=1, owner_x=1, owner_y=1), Item(id=2)])
    s.add(Item(id=3, owner_x=1))
    s.commit()
    first, second = s.scalars(p.select(Owner).order_by(Owner.y)).all()
    p.show([i.id for i in first.items])
    for item in s.scalars(p.select(Item).order_by(Item.id)).all():
        item.owner = second
        history = p.inspect(item).attrs.owner.history
        p.show(item.id, [i.id for i in first.items], [o and o.y for o in history.deleted])
    s.commit()


@program
def of_another_class_of_the_hierarchy(p: Any) -> None:
    class Owner(p.Base):
        __tablename__ = "owner"
        id = p.mapped_column(p.Integer, primary_key=True)
        kind = p.mapped_column(p.String)
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "owner"}

    class Firm(Owner):
        __mapper_args__ = {"polymorphic_identity": "firm"}

    class Item(p.Base):
        __tablename__ = "item"
        id = p.mapped_column(p.Integer, primary_key=True)
        firm_id = p.mapped_column(p.ForeignKey("owner.id"))
        firm = p.relationship("Firm")

    s = p.session(autoflush=False)
    s.add_all([Owner(id=1), Firm(id=2), Item(id=1, firm_id=1)])
    s.commit()
    s.scalars(p.select(Owner)).all()
    item = s.get(Item, 1)
    item.firm = s.get(Firm, 2)
    p.show([o and o.id for o in p.inspect(item).attrs.firm.history.deleted])
    s.commit()


@pytest.mark.parametrize("run", program.registered)
def test_programs(run: Any) -> None:
    compare(run)
