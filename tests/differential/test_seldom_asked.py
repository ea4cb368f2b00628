"""Forms of queries, of changes and of what they give that are seldom asked for."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from .harness import Programs, compare
from .models import blog

program = Programs()


def tree(p: Any) -> Any:
    """A class of nodes, and a session with fifteen of them: node n is the child of n // 2."""

    class Node(p.Base):
        __tablename__ = "nodes"
        id = p.Column(p.Integer, primary_key=True)
        parent_id = p.Column(p.ForeignKey("nodes.id"))
        name = p.Column(p.String)
        notes = p.deferred(p.Column(p.String))
        children = p.relationship("Node", order_by=id, back_populates="parent")
        parent = p.relationship("Node", remote_side=[id], back_populates="children")

    s = p.session()
    s.add_all([Node(id=n, parent_id=n // 2 or None, name=f"n{n}") for n in range(1, 16)])
    s.commit()
    return Node, s


def loaded(node: Any, key: str) -> Any:
    """The numbers of a node and of what it holds without asking the database."""
    if key not in node.__dict__:
        return node.id
    value = node.__dict__[key]
    children = value if isinstance(value, list) else [value] if value is not None else []
    return [node.id, *[loaded(child, key) for child in children]]


@program
def immediate_loads_some_levels_deep(p: Any) -> None:
    Node, s = tree(p)
    for key, number in (("children", 1), ("parent", 15)):
        attribute = getattr(Node, key)
        root = p.select(Node).where(Node.id == number)
        for depth in (None, 1, 2, -1):
            s.expunge_all()
            p.mark(f"{key} {depth}")
            option = p.immediateload(attribute, recursion_depth=depth)
            p.show(loaded(s.scalars(root.options(option)).one(), key))
        s.expunge_all()
        below = p.selectinload(attribute).immediateload(attribute, recursion_depth=1)
        p.show(loaded(s.scalars(root.options(below)).one(), key))
        s.expunge_all()
        below = p.lazyload(attribute).immediateload(attribute, recursion_depth=1)
        node = s.scalars(root.options(below)).one()
        p.show(loaded(node, key))
        getattr(node, key)
        p.show(loaded(node, key))
        s.expunge_all()
        node = s.scalars(root.options(p.immediateload(attribute, recursion_depth=1))).one()
        s.expire(node)
        p.show(node.name, loaded(node, key))


@program
def immediate_loads_of_several_and_of_circles(p: Any) -> None:
    Node, s = tree(p)
    option = p.immediateload(Node.children, recursion_depth=-1)
    nodes = p.select(Node).order_by(Node.id).options(option)
    s.expunge_all()
    p.show([loaded(node, "children") for node in s.scalars(nodes.where(Node.id.in_([2, 3])))])
    s.get(Node, 1).parent_id = 15
    s.commit()
    s.expunge_all()
    node = s.scalars(nodes.where(Node.id == 15)).one()
    p.show([child.id for child in node.children[0].children[1].children[1].children])


@program
def changed_entities_as_text(p: Any) -> None:
    Node, s = tree(p)
    changes = (p.update(Node).values(name="x"), p.delete(Node), p.insert(Node))
    for change in changes:
        for returned in ((Node,), (Node.notes,), (p.func.max(Node.id), Node), (Node.__table__,)):
            p.show(str(change.returning(*returned)))
        if not change.is_insert:
            p.show(str(change.returning(Node, Node.notes)))
        p.show(str(p.select(p.text("1")).select_from(change.returning(Node).cte("c"))))
    change = changes[0].where(Node.id == 3).returning(Node)
    p.show([dict(row) for row in s.connection().execute(change).mappings()])


@program
def members_that_leave_before_their_list_is_loaded(p: Any) -> None:
    leave(p, list)


@program
def members_that_leave_before_their_set_is_loaded(p: Any) -> None:
    leave(p, set)


@program
def members_that_leave_before_their_dict_is_loaded(p: Any) -> None:
    leave(p, p.orm.attribute_keyed_dict("name"))


def leave(p: Any, collection_class: Any) -> None:
    class Owner(p.Base):
        __tablename__ = "owners"
        id = p.Column(p.Integer, primary_key=True)
        things = p.relationship("Thing", back_populates="owner", collection_class=collection_class)

    class Thing(p.Base):
        __tablename__ = "things"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String(9))
        owner_id = p.Column(p.ForeignKey("owners.id"))
        owner = p.relationship(Owner, back_populates="things", active_history=True)

    def held() -> Any:
        things = owner.things.values() if hasattr(owner.things, "values") else owner.things
        return sorted(str(thing.name) for thing in things)

    s = p.session()
    s.add_all([Thing(id=i, name=n, owner_id=1) for i, n in enumerate("xyz", 1)])
    s.add_all([Owner(id=1), Owner(id=2)])
    s.commit()
    for new, s.autoflush in ((2, True), (2, False), (None, True), (None, False)):
        for name in ("x", "changed", None):
            s.expire_all()
            thing, owner = s.get(Thing, 1), s.get(Owner, 1)
            thing.name = name
            thing.owner = new and s.get(Owner, new)
            history = p.inspect(thing).attrs.owner.history
            p.show([[o and o.id for o in part] for part in history])
            p.error(held)
            s.rollback()
    thing = s.get(Thing, 1)
    s.expire(thing, ["owner"])
    owner = s.get(Owner, 1)
    p.show(len(owner.things))
    del thing.owner
    p.show([[o and o.id for o in part] for part in p.inspect(thing).attrs.owner.history])
    p.error(held)


@program
def what_the_dict_of_an_object_gives_others(p: Any) -> None:
    Node, s = tree(p)
    node = s.get(Node, 1)
    node.free = [1]
    node.children, node.name
    copied = copy.deepcopy({k: v for k, v in vars(node).items() if k in ("id", "name", "free")})
    p.show(copied, copied["free"] is not node.free)
    p.show(sorted(copy.copy(vars(node))), sorted(pickle.loads(pickle.dumps(copied))))
    kept = vars(node)
    kept["children"] = kept["children"][:1]
    p.show([child.id for child in node.children], node in s.dirty)
    p.show(kept.pop("free"), kept.pop("free", None), hasattr(node, "free"))
    p.error(lambda: kept.pop("absent"))
    p.show(kept.pop("name"), "name" in kept)
    kept.update(name="given", more=2)
    p.show(node.name, node.more, node in s.dirty)


@program
def rows_of_values(p: Any) -> None:
    columns = (p.column("a", p.Integer), p.column("b"))
    day = p.sa.literal(2)
    connection = p.engine().connect()
    for rows in (
        [(1, 2, 3)],
        [(1,)],
        [()],
        [(1, 2), [2, 3, 4]],
        [(day, day, day)],
        [(day, day), (day, day)],
        [(1, "x"), (2, None), (None, 2.5)],
        [("x", object)],
        [(1, b"x"), (True, True)],
    ):
        for literal in (False, True):
            values = p.values(*columns, name="v", literal_binds=literal).data(rows)
            known = not any(value is day for value in rows[0])
            p.error(lambda: str(p.select(values)), text=known)  # noqa: B023
            query = p.select(p.text("*")).select_from(values.cte("q"))
            with connection.begin():
                # (psycopg shows bytes as what it made of them)
                plain = not any(isinstance(value, bytes) for value in rows[0])
                p.error(
                    lambda: connection.execute(query).all(),  # noqa: B023
                    text=len(rows[0]) != 3 and plain,
                )
        plain = p.select(p.values(*columns, name="v").data(rows))
        p.error(
            lambda: str(plain.compile(compile_kwargs={"literal_binds": True})),  # noqa: B023
            text=len(rows[0]) != 3,
        )
    document = p.column("j", p.JSON)
    p.show(str(p.select(p.values(document, name="v").data([(None,)]))))


@program
def records_of_connections_to_be_made(p: Any) -> None:
    engine = p.engine()
    records = []

    @p.sa.event.listens_for(engine, "do_connect")
    def made(dialect: Any, record: Any, arguments: Any, keywords: Any) -> None:
        p.show("to be made", record.info, record.dbapi_connection, record.driver_connection)
        record.info["number"] = len(records)
        records.append(record)

    @p.sa.event.listens_for(engine, "connect")
    def connected(connection: Any, record: Any) -> None:
        p.show("made", record.info, record == records[-1])

    for _ in range(2):
        with engine.connect() as connection:
            p.show(connection.info, connection.scalar(p.text("select 1")))
            p.show(records[-1].dbapi_connection is None)
            connection.invalidate()


@program
def what_stands_for_statements(p: Any) -> None:
    Node, s = tree(p)

    class Standing:
        def __clause_element__(self) -> Any:
            return p.select(Node.id)

    for given in (s.query(Node.id), Standing()):
        p.show(len(s.execute(given).all()), s.scalar(given), len(s.scalars(given).all()))
        p.show(len(s.query(Node).from_statement(given).all()))
        p.show(list(s.execute(given).keys()), s.execute(given).first().id)
        p.error(lambda: s.connection().execute(given).all())  # noqa: B023
        p.show(str(p.union(given, given)), str(p.insert(Node).from_select(["id"], given)))
    nodes = s.query(Node.id).filter(Node.id < p.bindparam("most")).params(most=3)
    p.show(len(s.scalars(nodes).all()), len(s.execute(p.union(nodes, nodes)).all()))


@program
def listeners_of_what_stands_for_statements(p: Any) -> None:
    Node, s = tree(p)
    p.sa.event.listen(s, "do_orm_execute", lambda state: p.show(str(state.statement)))
    p.show(len(s.execute(s.query(Node.id)).all()))


@program
def all_columns_by_a_star(p: Any) -> None:
    Node, s = tree(p)
    for star in (p.text("*"), p.literal_column("*")):
        query = p.select(star).select_from(Node).order_by(Node.id).limit(2)
        result = s.execute(query)
        p.show(list(result.keys()))
        row = result.first()
        p.show(row, row.name, row._mapping["parent_id"])
        p.show(s.execute(query).mappings().all(), s.scalars(query).all())
        p.show(s.execute(query.execution_options(yield_per=1)).all())
        p.show(s.execute(query.join(Node.children.of_type(p.aliased(Node)))).all())
        p.show(s.query(star).select_from(Node).filter(Node.id == 3).all())
        p.show(s.query(star).select_from(Node).filter(Node.id == 3).one())
        p.show(s.scalars(p.select(Node.id).where(p.exists(query))).first())
        for more in ((star, Node.id), (Node, star), (star, star)):
            p.error(lambda: s.execute(p.select(*more).select_from(Node)).all())  # noqa: B023
            p.error(lambda: s.query(*more).select_from(Node).all())  # noqa: B023


@program
def what_the_database_made_of_rows(p: Any) -> None:
    table = p.Table(
        "made",
        p.MetaData(),
        p.Column("id", p.Integer, primary_key=True),
        p.Column("a", p.Integer, server_default="5"),
        p.Column("b", p.Integer, default=7),
        p.Column("c", p.Integer, onupdate=p.literal_column("8")),
        p.Column("d", p.Integer, default=p.select(p.literal_column("9")).scalar_subquery()),
    )
    pairs = p.Table(
        "pairs",
        table.metadata,
        p.Column("x", p.Integer, primary_key=True),
        p.Column("y", p.String, primary_key=True),
        p.Column("z", p.Integer, server_default="1"),
    )
    one, two = {"c": 1}, [{"c": 1}, {"c": 2}]
    into, change, first = table.insert(), table.update(), table.c.id == 1
    twice = [{"x": 1, "y": "a"}, {"x": 2, "y": "a"}]
    more = change.where(first).values(b=table.c.b + 1)
    statements = [
        (into, one),
        (into.return_defaults(), one),
        (into.return_defaults(table.c.a), one),
        (into.values(c=3).return_defaults(table.c.a, table.c.b),),
        (into.values(c=p.literal_column("3") + 1).return_defaults(),),
        (into, two),
        (into.return_defaults(sort_by_parameter_order=True), two),
        (into.returning(table.c.id), one),
        (into.returning(table.c.id, sort_by_parameter_order=True), two),
        (into.return_defaults(supplemental_cols=[table.c.c]), one),
        (into.return_defaults(supplemental_cols=[table.c.b]), one),
        (into.return_defaults(table.c.a, supplemental_cols=[table.c.a, table.c.b]), one),
        (pairs.insert().return_defaults(), twice),
        (pairs.insert().return_defaults(), {"x": 3, "y": "a"}),
        (pairs.insert(), [{"x": 4, "y": "a"}, {"x": 5, "y": "a"}]),
        (more,),
        (more.return_defaults(),),
        (more.return_defaults(table.c.a),),
        (more.return_defaults(table.c.a, supplemental_cols=[table.c.id]),),
        (change.values(a=6).where(table.c.id < 3).return_defaults(table.c.a),),
        (table.delete().where(first),),
        (p.select(table.c.id).order_by(table.c.id).limit(1),),
        (p.text("insert into made (c) values (1)"),),
    ]
    with p.engine().connect() as connection:
        table.metadata.create_all(connection)
        for statement in statements:
            result = connection.execute(*statement)
            p.error(lambda: result.returned_defaults)  # noqa: B023
            p.error(lambda: result.returned_defaults_rows)  # noqa: B023
            p.error(lambda: result.returned_defaults._mapping.keys())  # noqa: B023
            p.error(lambda: result.inserted_primary_key)  # noqa: B023
            p.error(lambda: result.inserted_primary_key_rows)  # noqa: B023
            p.error(lambda: result.all())  # noqa: B023
        for statement in (
            into.values([{"c": 1}, {"c": 2}]).return_defaults(),
            into.from_select(["c"], p.select(pairs.c.x)),
            into.values(c=1).inline(),
        ):
            result = connection.execute(statement)
            p.show(result.returned_defaults, result.returned_defaults_rows)
            p.show(result.inserted_primary_key, result.inserted_primary_key_rows)
    p.error(lambda: into.return_defaults().returning(table.c.id))
    p.error(lambda: str(into.returning(table.c.id).return_defaults()))


@program
def arguments_that_methods_do_not_take(p: Any) -> None:
    User, _ = blog(p)
    query = p.session().query(User)
    for name in ("all", "first", "one", "count", "update", "delete", "limit"):
        p.error(lambda name=name: getattr(query, name)(1, 2, 3, 4, 5))


@pytest.mark.parametrize("function", program.registered)
def test_program(function: Any) -> None:
    # rows of expressions alone have a key here
    compare(function, warned=True, keys=function is not rows_of_values)


def test_old_names_warn() -> None:
    """What is deprecated says what to use in its place."""

    def program(p: Any) -> None:
        User, Post = blog(p)
        s = p.session()
        user = User(name="a")
        p.show(p.inspect(User).mapped_table is User.__table__)
        p.show(sorted(p.inspect(user).unloaded_expirable) == sorted(p.inspect(user).unloaded))
        for option in p.orm.defer, p.orm.undefer:
            s.query(User).options(option(User.posts, Post.title)).all()
        p.orm.Session.close_all()
        declarative = p.module("ext.declarative")
        p.show(declarative.has_inherited_table(User))
        declarative.as_declarative()
        p.error(lambda: p.relationship(Post, cascade_backrefs=True))

    compare(program, warned=True)
