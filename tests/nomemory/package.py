"""Runs programs of the package with the first, second, … allocation of its C failing.

Started by tests/test_nomemory.py with the allocator of fail.c preloaded. What Python code
allocates does not fail, so that any program can be run.
"""

from __future__ import annotations

import copy
import datetime
import decimal
import io
import pickle
import sys
import uuid
import zoneinfo
from collections.abc import Callable
from contextlib import suppress
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
from typing import Any

import cormorant as sa
from cormorant import _core, event
from cormorant.orm import (
    Session,
    aliased,
    attribute_keyed_dict,
    joinedload,
    lazyload,
    make_transient,
    relationship,
    selectin_polymorphic,
    selectinload,
    subqueryload,
    with_loader_criteria,
    with_polymorphic,
)
from cormorant.orm import registry as orm_registry
from tests.nomemory.callbacks import functions, hooks
from tests.nomemory.failing import fail_all, only_within
from tests.nomemory.world import (
    SESSION_EVENTS,
    Bag,
    Car,
    Clerk,
    Coded,
    Engineer,
    Item,
    Manager,
    Owner,
    Person,
    Point,
    Shelf,
    Tag,
    Vehicle,
    Watched,
    World,
    labels,
    note,
    seen,
)


def compile_anew(world: World) -> None:
    """From now on, in this transaction: what the world is checked by stays compiled."""
    world.session.connection(execution_options={"compiled_cache": {}})


def load(world: World) -> Any:
    return [
        (o.id, o.name, o.at, o.price, o.colour, o.token, o.span, o.twice, o.numbers, o.doc)
        for o in world.session.query(Owner).order_by(Owner.id)
    ]


def eager(world: World) -> Any:
    session = world.session
    found = []
    for option in (joinedload, selectinload, subqueryload):
        session.expunge_all()
        query = session.query(Owner).options(option(Owner.items).joinedload(Item.tags))
        found.append([sorted(i.name for i in o.items) for o in query.order_by(Owner.id)])
    return found


def with_values(world: World) -> Any:
    """Options with criteria, whose values are those of each execution."""
    session = world.session
    found = []
    for limit in (1, 2):
        session.expunge_all()
        few = with_loader_criteria(Item, Item.id > limit)
        for option in (lazyload, selectinload):
            query = session.query(Owner).options(option(Owner.items), few)
            found.append([sorted(i.name for i in o.items) for o in query.order_by(Owner.id)])
    return found


def lazy(world: World) -> Any:
    return [
        (i.name, i.owner.name, len(i.tags), len(i.owner.items))
        for i in world.session.query(Item).order_by(Item.id)
    ]


def refresh(world: World) -> Any:
    session = world.session
    owner = session.get(Owner, 1)
    assert owner is not None
    owner.name = "other"
    session.refresh(owner)
    session.expire(owner, ["name", "items"])
    names = [owner.name, len(owner.items)]
    session.expire_all()
    query = session.query(Owner).order_by(Owner.id).execution_options(populate_existing=True)
    return names, [o.name for o in query.all()]


def stream(world: World) -> Any:
    query = sa.select(Item, Item.name).order_by(Item.id).execution_options(yield_per=2)
    return [(item.id, name) for item, name in world.session.execute(query)]


def lists(world: World) -> Any:
    a, b, c = (Item(name=n) for n in "abc")
    owner = Owner(name="new", items=[a])
    owner.items.append(b)
    owner.items[0] = c
    owner.items.insert(0, a)
    owner.items += [Item(name="d"), Item(name="e")]
    owner.items.extend(Item(name=n) for n in "fg")
    owner.items[1:3] = [b]
    del owner.items[:1]
    owner.items.pop()
    owner.items.reverse()
    owner.items.sort(key=lambda item: item.name)
    owner.items.remove(b)
    owner.items = list(owner.items) * 1 + [a]
    detached = pickle.loads(world.pickled)[1]
    held = list(detached.items)
    detached.items = [Item(name="h"), held[0]]
    world.session.add_all([detached, owner])
    found = [item in world.session for item in (*held, *detached.items, *owner.items)]
    return [item.name for item in owner.items], a.owner is owner, b.owner, found


def dicts(world: World) -> Any:
    owner = Owner(name="new", by_name={n: Item(name=n) for n in "ab"})
    owner.by_name["c"] = Item(name="c")
    owner.by_name.update({"d": Item(name="d")}, e=Item(name="e"))
    owner.by_name.setdefault("f", Item(name="f"))
    owner.by_name.pop("a")
    owner.by_name.popitem()
    del owner.by_name["b"]
    owner.by_name |= {"g": Item(name="g")}
    owner.by_name = {"g": owner.by_name["g"], "h": Item(name="h")}
    copied = owner.by_name.copy()
    with suppress(KeyError):
        owner.by_name.update([("i", Item(name="i")), ("j", Item(name="not j"))])
    found = [repr(owner.by_name.get("none")), sorted(owner.by_name | {"k": 1}), len(owner.by_name)]
    found += [owner.by_name.pop("none", 5), owner.by_name.setdefault("i").name]
    owner.by_name.set(Item(name="l"))
    owner.by_name.remove(owner.by_name["l"])
    owner.by_name.clear()
    return found, sorted(copied), len(owner.by_name)


def sets(world: World) -> Any:
    item, tags = Item(), [Tag() for _ in range(6)]
    item.tags = set(tags[:2])
    item.tags.add(tags[2])
    item.tags |= {tags[3], tags[4]}
    item.tags.update([tags[5]])
    item.tags.discard(tags[0])
    item.tags.remove(tags[1])
    item.tags -= {tags[2]}
    item.tags &= set(tags[3:])
    item.tags ^= {tags[3], tags[0]}
    item.tags.symmetric_difference_update([tags[1]])
    item.tags.intersection_update(tags[1:])
    item.tags.difference_update(tags[4:5])
    tags[2].items.append(item)
    item.tags.pop()
    return len(item.tags), sorted(len(tag.items) for tag in tags)


def chosen(world: World) -> Any:
    session = world.session
    owner = session.query(Owner).order_by(Owner.id).first()
    assert owner is not None
    loaded = sorted(owner.by_name), len(owner.shelf), len(owner.bag.things)
    owner.shelf.append(Item(name="s"))
    owner.shelf.pop(0)
    owner.bag.put(Item(name="t"))
    owner.bag.take(owner.bag.things[0])
    made = Owner(name="new", bag=Bag())
    made.bag.put(Item(name="u"))
    made.shelf = Shelf([Item(name="v")])
    return loaded, len(owner.shelf), len(made.bag.things), [i.name for i in made.shelf]


def many_to_many(world: World) -> Any:
    session = world.session
    item = session.query(Item).order_by(Item.id).first()
    assert item is not None
    item.tags = {Tag(items=[Item(name="n")]), *session.query(Tag).where(Tag.id > 4)}
    session.flush()
    item.tags.pop()
    session.flush()
    return session.scalar(sa.select(sa.func.count()).select_from(labels))


def flush(world: World) -> Any:
    session = world.session
    owners = session.query(Owner).order_by(Owner.id).all()
    owners[0].name = "x"
    owners[1].items.pop()
    owners[1].items.append(Item())
    owners[2].twice, owners[2].at = sa.literal(7), None
    session.delete(owners[0])
    session.add_all(Owner(name=f"n{n}", items=[Item(name="q"), Item()]) for n in range(3))
    session.flush()
    owners[1].name = "y"
    session.flush()
    return session.scalars(sa.select(Owner.name).order_by(Owner.name)).all(), session.query(
        Item
    ).count()


def savepoints(world: World) -> Any:
    session = world.session
    owner = session.query(Owner).order_by(Owner.id).first()
    assert owner is not None
    owner.name = "outer"
    with session.begin_nested():
        session.add(Item(name="kept", owner=owner))
    nested = session.begin_nested()
    owner.name = "inner"
    session.delete(session.query(Item).order_by(Item.id).first())
    session.flush()
    nested.rollback()
    return owner.name, session.query(Item).count()


def merge(world: World) -> Any:
    session = world.session
    made = Owner(id=1, name="other", items=[Item(id=1, name="m"), Item(name="n")])
    made.version = 1
    merged = session.merge(made)
    new = session.merge(Owner(name="new", place=Point(1, 2), by_name={"k": Item(name="k")}))
    session.flush()
    with Session(world.engine) as other:
        for owner in pickle.loads(world.pickled)[1:]:
            other.merge(owner, load=False)
    return merged.name, [i.name for i in merged.items], new.place, list(new.by_name)


def composites(world: World) -> Any:
    session = world.session
    owner = session.query(Owner).order_by(Owner.id).first()
    assert owner is not None
    owner.place = Point(8, 9)
    history = sa.inspect(owner).attrs.place.history
    session.flush()
    session.expire(owner)
    query = session.query(Owner.place).where(Owner.place == Point(8, 9))
    return owner.x, owner.place, query.all()[0][0], history.added == [Point(8, 9)]


def mutables(world: World) -> Any:
    session = world.session
    owner = session.query(Owner).order_by(Owner.id).first()
    assert owner is not None
    owner.doc["a"] = [1]
    owner.numbers.append(2)
    owner.numbers[0] = 3
    changed = owner in session.dirty
    session.flush()
    session.expire(owner)
    owner.doc.update(b=1)
    owner.doc = {"c": 1}
    owner.doc.pop("c")
    return changed, owner.doc, owner.numbers


def bulk(world: World) -> Any:
    session = world.session
    rows = [{"name": f"b{n}", "owner_id": n % 2 or None} for n in range(5)]
    session.bulk_insert_mappings(Item, rows)
    session.bulk_save_objects([Item(name="o"), Item(name="p", owner_id=1)], return_defaults=True)
    session.bulk_update_mappings(Item, [{"id": 1, "name": "u"}, {"id": 2, "name": "v"}])
    session.execute(sa.insert(Item), rows)
    made = session.scalars(sa.insert(Item).returning(Item), rows).all()
    session.execute(sa.update(Item), [{"id": 3, "name": "w"}])
    session.execute(sa.update(Item).where(Item.id > 8).values(name="z"))
    session.execute(sa.delete(Item).where(Item.name == "o"))
    session.bulk_insert_mappings(Engineer, [{"name": "e2", "field": "g"}])
    made[0].name = "changed"
    session.bulk_save_objects([*made[:2], Engineer(name="e3")], return_defaults=True)
    names = session.scalars(sa.select(Item.name).order_by(Item.id)).all()
    return len(made), names


def codecs(world: World) -> Any:
    """Values that C makes of others, by the standard library and by the program's methods."""
    session = world.session
    docs: list[Any] = [{"a": [1, 2.5, None, True, "\u00e9\U0001f600"]}, [], "x", 1 << 70, 5]
    ids = [uuid.UUID(int=n + 1) for n in range(len(docs))]
    before = None
    for key, doc in zip(ids, docs, strict=True):
        before = Coded(
            key=key,
            text_key=str(key),
            doc=doc,
            wrapped=(key.int, [doc]),
            pickled={"doc": doc, 2: (1, 2)},
            span=datetime.timedelta(days=-key.int, microseconds=1),
            of=before,
        )
        session.add(before)
    session.flush()
    session.expunge_all()
    found = [
        (c.key, c.text_key, c.doc, c.wrapped, c.pickled, c.span, c.of and c.of.key)
        for c in session.query(Coded).order_by(Coded.key)
    ]
    one = session.get(Coded, ids[0])
    assert one is not None
    one.doc, one.wrapped = {"b": {}}, (3,)
    session.flush()
    session.expire(one)
    names = session.execute(sa.select(Coded.key, Coded.span).where(Coded.key.in_(ids[1:]))).keys()
    found.append((one.doc, one.wrapped, dict(vars(one))["pickled"], list(names), len(names)))
    with suppress(TypeError, sa.exc.StatementError):
        session.execute(sa.insert(Coded).values(key=uuid.UUID(int=9), doc=object()))
    session.rollback()
    return found


def core(world: World) -> Any:
    connection = world.session.connection()
    items = Item.__table__
    connection.execute(sa.insert(items), [{"name": f"c{n}"} for n in range(4)])
    connection.execute(sa.insert(items).values([{"name": "d"}, {"name": "e"}]))
    key = connection.execute(sa.insert(items).values(name="f")).inserted_primary_key
    count = connection.execute(sa.update(items).values(name="g").where(items.c.id > 6)).rowcount
    returned = connection.execute(sa.delete(items).where(items.c.id > 9).returning(items)).all()
    return key, count, len(returned)


def inheritance(world: World) -> Any:
    session = world.session
    found = []
    every = with_polymorphic(Person, "*")
    for query in (
        sa.select(Person),
        sa.select(every),
        sa.select(Person).options(selectin_polymorphic(Person, [Engineer, Manager])),
        sa.select(Manager).options(joinedload(Manager.team), selectinload(Manager.boss)),
        sa.select(Engineer),
        sa.select(Clerk),
    ):
        session.expunge_all()
        people = session.scalars(query).unique().all()
        found.append(
            sorted(
                (type(p).__name__, p.name, *(getattr(p, n, 0) for n in ("field", "level", "desk")))
                for p in people
            )
        )
    return found


def inheritance_writes(world: World) -> Any:
    session = world.session
    boss = Manager(name="n", level=2)
    session.add_all([Engineer(name="h", field="i", boss=boss), Clerk(name="j", desk="k")])
    for person in session.query(Person):
        person.name += "!"
        if isinstance(person, Engineer):
            person.field = "z"
    session.flush()
    for person in session.query(Person).where(Person.id > 1):
        session.delete(person)
    session.flush()
    return [type(person).__name__ for person in session.query(Person)]


def events(world: World) -> Any:
    session = Session(world.engine)
    for name in SESSION_EVENTS:
        event.listen(session, name, note(name))
    try:
        one = Watched(name="one", children=[Watched(name="two")])
        one.children[0].parent = None
        one.children = [Watched(), Watched(name="three")]
        session.add(one)
        session.flush()
        session.expire(one)
        one.name += "!"
        session.flush()
        found = session.query(Watched).order_by(Watched.id).all()
        session.delete(found[0].children[0])
        session.flush()
        session.expunge(found[2])
        session.add(found[2])
        session.refresh(found[2])
        pickle.loads(pickle.dumps(found[2]))
        session.rollback()
        return sorted(seen)
    finally:
        session.close()


def statements(world: World) -> Any:
    other = aliased(Owner)
    inner = sa.select(Item.owner_id).where(Item.name.in_(["a0", "b1"])).subquery()
    query = (
        sa.select(Owner, other.name.label("other"), sa.func.count(Item.id))
        .join(Owner.items)
        .join(other, other.id == Owner.id)
        .where(sa.or_(Owner.id > 0, ~Owner.name.like("x%"), Owner.x + 1 < 5))
        .where(Owner.id.in_(sa.select(inner.c.owner_id)))
        .group_by(Owner.id, other.name)
        .having(sa.func.count(Item.id) > 0)
        .order_by(sa.desc(Owner.name))
        .limit(5)
    )
    rows = world.session.execute(query).all()
    return [(owner.name, name, count) for owner, name, count in rows]


def compiled_anew(world: World) -> Any:
    compile_anew(world)
    return statements(world)


def unions(world: World) -> Any:
    """Entities of subqueries and of unions, and classes with tables of their own, compiled anew."""
    compile_anew(world)
    session = world.session
    items = session.query(Item).filter(Item.id > 1)
    known = sa.select(Owner).where(Owner.id > 1).subquery()
    owner = aliased(Owner, known)
    people = with_polymorphic(Person, [Engineer], flat=True)
    few = with_loader_criteria(Item, lambda cls: cls.id < 4)
    found: list[Any] = [
        sorted(i.name for i in items.union(items.filter(Item.id < 4)).join(Item.owner)),
        sorted(o.name for o in session.scalars(sa.select(owner).join(owner.items).distinct())),
        [
            (o.name, len(o.items))
            for o in session.query(Owner).options(joinedload(Owner.items), few)
        ],
        [p.name for p in session.scalars(sa.select(people).order_by(people.Engineer.field))],
        sorted(vehicle.name for vehicle in session.query(Vehicle)),
    ]
    session.add_all([Vehicle(id=3, name="bike"), Car(id=4, name="van", doors=2)])
    session.flush()
    found.append([car.doors for car in session.query(Car).order_by(Car.id)])
    return found


def reflect(world: World) -> Any:
    table = sa.Table("items", sa.MetaData(), autoload_with=world.session.connection())
    inspector = sa.inspect(world.session.connection())
    return sorted(c.name for c in table.columns), inspector.has_table("owners")


def pooled(world: World) -> Any:
    engine = sa.create_engine(world.engine.url, poolclass=sa.pool.QueuePool, pool_size=1)
    try:
        with engine.connect() as one, engine.connect() as two:
            found = one.scalar(sa.text("select 1")), two.scalar(sa.text("select 2"))
            two.invalidate()
            two.rollback()
            return found, two.scalar(sa.text("select 3"))
    finally:
        engine.dispose()


def rows(world: World) -> Any:
    session = world.session
    query = sa.select(Owner.id, Owner.name, Owner.at).order_by(Owner.id)
    all_rows = session.execute(query).all()
    row = all_rows[0]
    found: list[Any] = [row._asdict(), dict(row._mapping), row[1:], tuple(row), row.name, hash(row)]
    found += [row == tuple(row), row < all_rows[1], row.count(1), row.index(1), list(row._fields)]
    found += ["name" in row._mapping, list(row._mapping.items()), row._mapping[Owner.name]]
    by_name = row._mapping
    found += [list(by_name.keys()), list(by_name.values()), by_name == row._asdict(), len(by_name)]
    found += [by_name.get("none"), by_name.keys() & {"id"}, len(repr(by_name)), hash(by_name)]
    found += ["id" in by_name, (1, 2) in by_name.items(), by_name != all_rows[1]._mapping]
    found.append(pickle.loads(pickle.dumps(all_rows)) == all_rows)
    found.append(session.execute(query).mappings().all()[0]["name"])
    found.append(session.execute(query).columns("name", "id").fetchmany(2))
    found.append(list(session.execute(query).partitions(2)))
    found.append(session.execute(query).unique().all())
    found.append(session.execute(query).scalars(1).unique().all())
    found.append(session.execute(query).freeze()().all())
    found.append(session.execute(query.limit(1)).one_or_none())
    found.append([len(repr(row)), row._tuple()])
    return found


def objects(world: World) -> Any:
    session = world.session
    owners = pickle.loads(world.pickled)
    owner = owners[0]
    again = pickle.loads(pickle.dumps(owner))
    copied = copy.copy(owner)
    make_transient(copied)
    session.add_all(owners)
    owner.extra = 1
    state = sa.inspect(owner)
    values = vars(owner)
    found = [again.name, copied.name, state.persistent, state.identity, sorted(state.unloaded)]
    found += [sorted(values), values["name"], values.get("none"), len(values), "name" in values]
    values["name"] = "set"
    values.update({"extra": 2, "more": 3}, most=4)
    found += [values.setdefault("more", 5), values.copy()["most"], sorted(values | {"x": 1})]
    found += [len(list(values.items())), len(list(reversed(values))), len(repr(values)) > 9]
    found += [values == dict(values), values.pop("none", 6), values.popitem()]
    values |= {"extra": 7}
    values.pop("extra")
    del owner.name
    found += [
        owner.name,
        state.attrs.name.history,
        [o.id for o in owners],
        session.is_modified(owner),
    ]
    return found


def deletes(world: World) -> Any:
    session = world.session
    owner = session.query(Owner).order_by(Owner.id).first()
    session.delete(owner)
    session.flush()
    for item in session.query(Item).where(Item.id > 4):
        session.delete(item)
    session.flush()
    return session.query(Item).count(), session.query(Tag).count()


def many_rows(world: World) -> Any:
    session = world.session
    items = [Item(name=f"m{n}") for n in range(33)]
    session.add_all(items)
    session.flush()
    for item in items:
        item.name += "!"
    session.flush()
    for item in items:
        session.delete(item)
    session.flush()
    rows = [{"name": f"r{n}", "owner_id": n % 3 or None} for n in range(33)]
    session.execute(sa.insert(Item.__table__), rows)
    ids = session.scalars(sa.insert(Item).returning(Item.id), rows).all()
    return len(ids), session.query(Item).count()


VALUES = """
SELECT ARRAY[1, NULL, 3], ARRAY[['a', 'b']]::text[], int4range(1, 5), numrange(1.5, NULL),
    '{[1,2), [4,5)}'::int4multirange, ROW(1, 'x'), ARRAY[point(1, 2)], point(1, 2), 1.5::numeric,
    '10.0.0.1'::inet, '08:00:2b:01:02:03'::macaddr, B'101', '1 day'::interval, true, 1.5::float4,
    '12:30+02'::timetz, '2024-01-02 03:04:05+00'::timestamptz, 'happy'::mood, ARRAY['sad']::mood[],
    '{"a": 1}'::jsonb, DATE '2024-01-02', TIME '12:30', '\\x01'::bytea, ROW(1, 2)::pair,
    '10.0.0.0/8'::cidr, n FROM generate_series(1, 3) AS n
"""


def server_types(world: World) -> Any:
    # a new connection, which has to learn about the types
    engine = sa.create_engine(world.engine.url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TYPE mood AS ENUM ('sad', 'happy')")
        connection.exec_driver_sql("CREATE TYPE pair AS (a int, b int)")
        # (what shows a view of bytes shows where it lies, which is another place each time)
        rows = connection.exec_driver_sql(VALUES)
        found = [
            repr([bytes(each) if isinstance(each, memoryview) else each for each in row])
            for row in rows
        ]
        given = [[1, 2], datetime.timedelta(1), datetime.date(2024, 1, 2), decimal.Decimal("1.5")]
        statement = "SELECT %s::int[], %s, %s, %s::numeric, %s, %s"
        parameters = (*given, uuid.UUID(int=1), datetime.time(1, tzinfo=datetime.UTC))
        found.append(repr(connection.exec_driver_sql(statement, parameters).one()))
        connection.exec_driver_sql("DO $$ BEGIN RAISE NOTICE 'heard'; END $$")
        found.append(repr(connection.exec_driver_sql("SELECT 1; SELECT 2").returns_rows))
        return found


def copying(world: World) -> Any:
    """COPY in both directions, whole and left early: none goes on after one of its calls has
    failed, in which a portion may be missing."""
    core = world.session.connection().connection.dbapi_connection
    found: list[Any] = []
    cursor = core.cursor()
    try:
        cursor.copy_expert("COPY tags (id) FROM STDIN", io.StringIO("901\n902\n"))
        out = io.StringIO()
        cursor.copy_expert("COPY (SELECT id FROM tags WHERE id > 900) TO STDOUT", out)
        found += [out.getvalue(), cursor.rowcount]
        how = core.copy("COPY items (name) FROM STDIN (FORMAT text)")
        core.copy_write(b"one\ntwo\n")
        found += [how, core.copy_end(), core.copy("SELECT 1")]
        how = core.copy(
            "COPY (SELECT g, repeat('x', 99) FROM generate_series(1, 9999) g) TO STDOUT"
        )
        found += [how, core.copy_read(1), len(core.copy_read(1 << 16)) >= 1 << 16]
        with suppress(sa.exc.DBAPIError, core.dbapi.Error):
            core.copy_end()
        core.rollback()
        with suppress(core.dbapi.Error):
            core.copy("COPY none_such TO STDOUT")
        core.rollback()
        found.append(world.session.query(Tag).count())
    finally:
        core.rollback()
    return found


def told(world: World) -> Any:
    """Notifications, and what is known of the connection."""
    core = world.session.connection().connection.dbapi_connection._core
    core.commit()
    core.run_script("LISTEN ears; NOTIFY ears, 'one'; NOTIFY ears, 'two'")
    core.commit()
    try:
        found: list[Any] = [core.notification(1000)[:2], core.notification(0)[:2]]
        found += [core.notification(0), core.said()]
        found += [core.about(name) for name in ("dbname", "user", "status", "parameter TimeZone")]
        plan = _core.Plan("SELECT 1 AS a, 'x'::text AS b, ARRAY[1]")
        core.execute(plan).fetch()
        found.append(core.column_types(plan))
        found.append(core.describe(plan))
    finally:
        while core.notification(0) is not None:
            pass
        core.rollback()
    return found


def eager_anew(world: World) -> Any:
    compile_anew(world)
    return eager(world)


def inheritance_anew(world: World) -> Any:
    compile_anew(world)
    session = world.session
    people = session.scalars(sa.select(with_polymorphic(Person, [Engineer, Clerk]))).all()
    people += session.scalars(sa.select(Manager).options(selectinload(Manager.team))).all()
    return sorted((type(p).__name__, p.name) for p in people)


def mapping(world: World) -> Any:
    registry = orm_registry()
    try:
        base: Any = registry.generate_base()

        class Parent(base):
            __tablename__ = "parents"
            one = sa.Column(sa.Integer, primary_key=True)
            two = sa.Column(sa.Integer, primary_key=True)
            kind = sa.Column(sa.String)
            doc = sa.Column(sa.JSON)
            children = relationship("Child", back_populates="parent", cascade="all, delete-orphan")
            by_id = relationship(
                "Child", collection_class=attribute_keyed_dict("id"), viewonly=True
            )
            __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "parent"}

        class Heir(Parent):
            more = sa.Column(sa.Integer)
            __mapper_args__ = {"polymorphic_identity": "heir"}

        class Child(base):
            __tablename__ = "children"
            id = sa.Column(sa.Integer, primary_key=True)
            one = sa.Column(sa.Integer)
            two = sa.Column(sa.Integer)
            parent = relationship("Parent", back_populates="children")
            __table_args__ = (
                sa.ForeignKeyConstraint(["one", "two"], ["parents.one", "parents.two"]),
            )

        event.listen(Parent.children, "append", note("append"))
        event.listen(Parent, "load", note("load"))
        registry.configure()
        base.metadata.create_all(world.session.connection())
        session = Session(world.session.connection())
        session.add(Heir(one=1, two=2, more=3, doc=[], children=[Child(id=1), Child(id=2)]))
        session.flush()
        session.expunge_all()
        found: list[Any] = []
        for option in (joinedload, selectinload, subqueryload):
            [parent] = session.query(Parent).options(option(Parent.children))
            found.append((type(parent).__name__, len(parent.children), sorted(parent.by_id)))
            session.expunge_all()
        child = session.query(Child).options(selectinload(Child.parent)).first()
        parent = child.parent
        del parent.children[0]
        session.flush()
        session.delete(parent)
        session.flush()
        session.close()
        return found
    finally:
        registry.dispose()


def modules(world: World) -> Any:
    """The extension modules are loaded once more, as another interpreter does."""
    names = []
    for module in (_core, world.driver):
        loader = ExtensionFileLoader(module.__name__, module.__file__)
        made = module_from_spec(spec_from_loader(module.__name__, loader))
        try:
            loader.exec_module(made)
        except SystemError as error:
            # CPython 3.11 does not say that it had no memory for the name of a type
            if "without setting an exception" not in str(error):
                raise
            raise MemoryError from error
        names.append(sorted(set(vars(made)) - {"__file__"}))
    return names


# each is met once a process
ZONES = iter(sorted(n for n in zoneinfo.available_timezones() if n.startswith("America/")))


def zones(world: World) -> Any:
    connection = world.session.connection()
    name = next(ZONES)
    connection.exec_driver_sql(f"SET LOCAL TimeZone TO '{name}'")
    [(at,)] = connection.exec_driver_sql("SELECT now()")
    return str(at.tzinfo) == name


WORK = [
    load,
    eager,
    with_values,
    lazy,
    refresh,
    stream,
    lists,
    dicts,
    sets,
    chosen,
    many_to_many,
    flush,
]
WORK += [savepoints, merge, composites, mutables, bulk, core, inheritance, inheritance_writes]
WORK += [
    events,
    statements,
    compiled_anew,
    unions,
    functions,
    hooks,
    reflect,
    pooled,
    rows,
    objects,
    deletes,
]
WORK += [
    many_rows,
    codecs,
    server_types,
    copying,
    told,
    zones,
    eager_anew,
    inheritance_anew,
    mapping,
    modules,
]


def main(
    step: int, url: str, names: list[str], all_work: list[Any], make: Callable[[str], World]
) -> None:
    name = sa.make_url(url).get_backend_name()
    driver: Any = World.driver_of(name)
    # libpq says in an error's text that its memory was out: tests/test_faults.py
    only_within([_core.__file__, driver.__file__], ["libpq"] if name == "postgresql" else [])
    works = [work for work in all_work if not names or work.__name__ in names]
    fail_all(works, lambda: make(url), step)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:], WORK, World)
