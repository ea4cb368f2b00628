"""Sessions over several databases: identity tokens, and what goes where."""

from __future__ import annotations

import pickle
from typing import Any

from .harness import Peer, compare

SHARDS = ("a", "b")


class Shop:
    """Two SQLite databases with customers of regions, their orders and tags."""

    def __init__(self, p: Peer, **choosers: Any) -> None:
        self.p = p
        self.asked: list[Any] = []

        class Customer(p.Base):  # type: ignore[misc]
            __tablename__ = "customer"
            id = p.Column(p.Integer, primary_key=True)
            region = p.Column(p.String)
            name = p.Column(p.String)
            note = p.orm.deferred(p.Column(p.String))
            stamp = p.Column(p.Integer, server_default="7")
            orders = p.relationship("Order", back_populates="customer", order_by="Order.id")

            def __repr__(self) -> str:
                return f"Customer {self.name}"

        class Order(p.Base):  # type: ignore[misc]
            __tablename__ = "orders"
            id = p.Column(p.Integer, primary_key=True)
            customer_id = p.Column(p.ForeignKey("customer.id"))
            item = p.Column(p.String)
            customer = p.relationship(Customer, back_populates="orders")

            def __repr__(self) -> str:
                return f"Order {self.item}"

        self.Customer, self.Order = Customer, Order
        self.shards: dict[str, Any] = {}
        for name in SHARDS:
            engine = p.sa.create_engine("sqlite://")
            p.engines.append(engine)
            p.Base.metadata.create_all(engine)
            self.shards[name] = engine
        self.module = p.module("ext.horizontal_shard")

    def shard_of(self, mapper: Any, instance: Any, clause: Any = None) -> str:
        self.asked.append(("write", type(instance).__name__))
        if isinstance(instance, self.Order):
            instance = instance.customer
        return "a" if instance.region == "north" else "b"

    def of_key(self, mapper: Any, key: Any, *, lazy_loaded_from: Any, **kw: Any) -> list[str]:
        self.asked.append(("key", mapper.class_.__name__, list(key), sorted(kw)))
        if lazy_loaded_from is not None:
            return [lazy_loaded_from.identity_token]
        return list(SHARDS)

    def of_statement(self, state: Any) -> list[str]:
        source = state.lazy_loaded_from if state.is_select else None
        self.asked.append(
            ("run", state.is_select, state.is_column_load, state.is_relationship_load)
        )
        return list(SHARDS) if source is None else [source.identity_token]

    def session(self, **options: Any) -> Any:
        given = {
            "shards": self.shards,
            "shard_chooser": self.shard_of,
            "identity_chooser": self.of_key,
            "execute_chooser": self.of_statement,
        }
        return self.module.ShardedSession(**{**given, **options})

    def fill(self) -> None:
        Customer, Order = self.Customer, self.Order
        with self.session() as session:
            for id_, region, name in ((1, "north", "n1"), (1, "south", "s1"), (2, "south", "s2")):
                customer = Customer(id=id_, region=region, name=name, note=f"note {name}")
                for number in (1, 2):
                    customer.orders.append(Order(item=f"{name}-{number}"))
                session.add(customer)
                session.flush()
            session.commit()
        self.asked.clear()

    def show_asked(self) -> None:
        self.p.show(self.asked)
        self.asked.clear()


def test_objects_go_to_their_shards_and_come_from_all() -> None:
    def program(p: Peer) -> None:
        shop = Shop(p)
        Customer = shop.Customer
        with shop.session() as session:
            new = Customer(id=1, region="north", name="n1")
            session.add(new)
            p.show(p.inspect(new).identity_token, p.inspect(new).key)
            session.add(Customer(id=1, region="south", name="s1"))
            session.flush()
            p.show(p.inspect(new).identity_token, p.inspect(new).key, new.stamp)
            session.commit()
        shop.show_asked()
        with shop.session() as session:
            for customer in session.scalars(p.select(Customer).order_by(Customer.id)):
                p.show(customer, p.inspect(customer).key, p.inspect(customer).identity)
            p.show(sorted(key[1:] for key in session.identity_map))
            again = session.execute(p.select(Customer.name)).all()
            p.show(again, len(session.identity_map))
        shop.show_asked()

    compare(program)


def test_get_and_refresh() -> None:
    def program(p: Peer) -> None:
        shop = Shop(p)
        shop.fill()
        Customer = shop.Customer
        with shop.session() as session:
            first = session.get(Customer, 2)
            p.show(first, session.get(Customer, 2) is first)
            shop.show_asked()
            south = session.get(Customer, 1, identity_token="b")
            north = session.get(Customer, 1, identity_token="a")
            p.show(south, north, session.get(Customer, 1) is north)
            p.show(session.get(Customer, 3), session.get(Customer, 3, identity_token="a"))
            shop.show_asked()
            session.expire_all()
            p.show(south.name, north.note, session.get(Customer, 1, identity_token="b") is south)
            session.refresh(south)
            session.refresh(north, ["name"])
            shop.show_asked()
            session.expire(south)
            p.show(session.get(Customer, 1, identity_token="b").name)
            got = session.get(Customer, 2, populate_existing=True)
            p.show(got is first)
            shop.show_asked()
            p.show(session.identity_map.get((Customer, (1,), "b")) is south)
            p.show((Customer, (1,), None) in session.identity_map)

    compare(program)


def test_relationships_stay_in_their_shard() -> None:
    def program(p: Peer) -> None:
        shop = Shop(p)
        shop.fill()
        Customer, Order = shop.Customer, shop.Order
        with shop.session() as session:
            south = session.get(Customer, 1, identity_token="b")
            p.show(south.orders, [p.inspect(order).identity_token for order in south.orders])
            shop.show_asked()
            orders = session.scalars(p.select(Order).where(Order.item.like("%-1"))).all()
            p.show(orders, [order.customer for order in orders])
            shop.show_asked()
        for option in (p.orm.selectinload, p.orm.joinedload, p.orm.subqueryload):
            with shop.session() as session:
                found = session.scalars(p.select(Customer).options(option(Customer.orders)))
                p.show([(each, each.orders) for each in found.unique()])
                shop.show_asked()

    compare(program)


def test_options_name_a_shard() -> None:
    def program(p: Peer) -> None:
        shop = Shop(p)
        shop.fill()
        Customer = shop.Customer
        set_shard_id = shop.module.set_shard_id
        with shop.session() as session:
            for shard in SHARDS:
                statement = p.select(Customer).options(set_shard_id(shard))
                found = session.scalars(statement).all()
                p.show(found, [each.orders for each in found])
            shop.show_asked()
        with shop.session() as session:
            by_bind = session.scalars(p.select(Customer), bind_arguments={"shard_id": "b"}).all()
            by_option = session.scalars(
                p.select(Customer), execution_options={"identity_token": "b"}
            ).all()
            p.show(by_bind, by_option == by_bind)
            p.show(session.query(Customer).set_shard("a").all())
            p.show(session.query(Customer).order_by(Customer.id).all())
            p.show(session.query(Customer).options(p.orm.joinedload(Customer.orders)).all())
            p.show(session.query(Customer.name).filter(Customer.id == 1).all())
            p.show(session.query(Customer).options(set_shard_id("b")).first())
            shop.show_asked()

    compare(program)


def test_an_option_for_the_statement_alone() -> None:
    def program(p: Peer) -> None:
        shop = Shop(p)
        shop.fill()
        option = shop.module.set_shard_id("a", propagate_to_loaders=False)
        with shop.session() as session:
            statement = p.select(shop.Customer).options(option)
            p.show([each.orders for each in session.scalars(statement)])
            shop.show_asked()

    compare(program)


def test_changes() -> None:
    def program(p: Peer) -> None:
        shop = Shop(p)
        shop.fill()
        Customer, Order = shop.Customer, shop.Order
        with shop.session() as session:
            everybody = session.scalars(p.select(Customer)).all()
            for customer in everybody:
                customer.name += "!"
                customer.orders[0].item = "changed"
            session.flush()
            session.delete(everybody[1].orders[1])
            session.delete(everybody[0].orders[1])
            session.commit()
            p.show([(each.name, each.orders) for each in everybody])
            shop.asked.clear()
            update = p.update(Customer).where(Customer.id == 1)
            for how in ("evaluate", "fetch"):
                session.execute(
                    update.values(name=how), execution_options={"synchronize_session": how}
                )
                p.show([each.name for each in everybody])
            session.execute(
                update.values(name="one"),
                bind_arguments={"shard_id": "b"},
                execution_options={"synchronize_session": "evaluate"},
            )
            p.show([each.name for each in everybody])
            session.execute(p.delete(Order).where(Order.item == "changed"))
            session.commit()
            p.show([(each.name, each.orders) for each in everybody])
            shop.show_asked()
            everybody[0].name = "lost"
            session.flush()
            session.rollback()
            p.show(everybody[0].name, p.inspect(everybody[0]).key)

    compare(program)


def test_detached_merged_and_pickled() -> None:
    def program(p: Peer) -> None:
        shop = Shop(p)
        shop.fill()
        Customer = shop.Customer
        with shop.session() as session:
            south = session.get(Customer, 1, identity_token="b")
        p.show(p.inspect(south).key, p.inspect(south).identity_token)
        with shop.session() as session:
            session.add(south)
            p.show(session.identity_map.get((Customer, (1,), "b")) is south)
            session.expunge(south)
            north = session.get(Customer, 1, identity_token="a")
            merged = session.merge(south)
            p.show(merged is north, p.inspect(merged).key)
            other = session.merge(Customer(id=2, region="south", name="new"))
            p.show(p.inspect(other).key)
            session.flush()
            session.expunge_all()
            p.show(len(session.identity_map))
            unloaded = session.merge(south, load=False)
            p.show(p.inspect(unloaded).key, unloaded is south)
        copy = p.inspect(south).mapper.class_manager.new_instance()
        p.inspect(copy).identity_token = "x"
        p.show(p.inspect(copy).identity_token)

    compare(program)


def test_bulk_methods_are_refused_and_arguments_checked() -> None:
    def program(p: Peer) -> None:
        shop = Shop(p)
        Customer = shop.Customer
        with shop.session() as session:
            rows = [{"id": 1, "region": "north"}]
            for refused in (
                lambda: session.bulk_insert_mappings(Customer, rows),
                lambda: session.bulk_update_mappings(Customer, rows),
                lambda: session.bulk_save_objects([Customer(id=1)]),
                lambda: session.execute(p.update(Customer), rows),
            ):
                p.error(refused)
                session.rollback()
        p.error(lambda: shop.session(identity_chooser=None))
        p.error(lambda: shop.session(execute_chooser=None))
        p.error(lambda: shop.session(query_chooser=lambda statement: SHARDS))
        shop.fill()
        old = shop.session(
            identity_chooser=None,
            execute_chooser=None,
            id_chooser=lambda query, key: [type(query).__name__ == "ShardedQuery" and "b"],
            query_chooser=lambda statement: ["b"],
        )
        with old as session:
            p.show(session.get(Customer, 2), session.scalars(p.select(Customer)).all())

    compare(program)


def test_tokens_of_a_plain_session() -> None:
    def program(p: Peer) -> None:
        class Item(p.Base):  # type: ignore[misc]
            __tablename__ = "item"
            id = p.Column(p.Integer, primary_key=True)
            parent_id = p.Column(p.ForeignKey("item.id"))
            name = p.Column(p.String)
            parent = p.relationship("Item", remote_side=id)

        with p.session() as session:
            session.add_all([Item(id=1, name="root"), Item(id=2, name="leaf", parent_id=1)])
            session.commit()
        with p.session(create=False) as session:
            session.bind = p.engines[0]
            plain = session.get(Item, 2)
            one = session.get(Item, 2, identity_token="one")
            statement = p.select(Item).order_by(Item.id)
            other = session.scalars(statement, execution_options={"identity_token": 2}).all()
            p.show(one is plain, other[1] is one, one.name, p.inspect(one).key)
            p.show([p.inspect(each).key for each in other])
            p.show(p.inspect(one.parent).key, one.parent is plain.parent)
            p.show(session.get(Item, 2, identity_token=2) is other[1])
            query = session.query(Item).execution_options(identity_token="one")
            p.show(query.filter(Item.id == 2).one() is one)
            session.expire(one)
            p.show(one.name)
            one.name = "renamed"
            session.commit()
            p.show(plain.name, other[1].name, p.inspect(one).key)
            session.execute(
                p.update(Item).values(name="all"),
                execution_options={"identity_token": 2, "synchronize_session": "evaluate"},
            )
            p.show([p.inspect(each).dict.get("name") for each in (plain, one, other[1])])
            session.delete(one)
            session.flush()
            p.show(session.get(Item, 2, identity_token="one"), one in session)
            session.rollback()
            p.show(session.get(Item, 2, identity_token="one") is one)

    compare(program)


def test_pickles_keep_the_token() -> None:
    from sqlalchemy import orm as sa_orm

    import cormorant
    from cormorant import orm

    shown = []
    for package_orm in (sa_orm, orm):
        package = cormorant if package_orm is orm else __import__("sqlalchemy")
        base = package_orm.declarative_base()
        cls = type(
            "Pickled",
            (base,),
            {
                "__tablename__": "pickled",
                "__module__": __name__,
                "id": package.Column(package.Integer, primary_key=True),
            },
        )
        globals()["Pickled"] = cls
        engine = package.create_engine("sqlite://")
        base.metadata.create_all(engine)
        with package_orm.Session(engine) as session:
            session.add(cls(id=1))
            session.commit()
            session.expunge_all()
            given = session.get(cls, 1, identity_token="t")
            copy = pickle.loads(pickle.dumps(given))
            state = package.inspect(copy)
            shown.append((state.key[1:], state.identity_token))
        with package_orm.Session(engine) as session:
            session.add(copy)
            shown[-1] += (session.get(cls, 1, identity_token="t") is copy,)
        engine.dispose()
        del globals()["Pickled"]
    assert shown[0] == shown[1] == (((1,), "t"), "t", True)
