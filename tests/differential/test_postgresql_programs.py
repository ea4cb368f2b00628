"""Programs that need PostgreSQL, run by both packages on a server: they show the same and send
the same SQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from .. import postgres
from . import harness
from .harness import Peer, Programs

pytestmark = pytest.mark.skipif(postgres.scratch() is None, reason="no PostgreSQL server")

program = Programs()


UNLIKE: set[Any] = set()
"""Programs whose log differs: psycopg shows values in wrappers of its own, and SQLAlchemy rolls
back after an error outside of a transaction."""


@pytest.mark.parametrize("function", program.registered)
def test_program(function: Any) -> None:
    def on(p: Peer) -> None:
        pg = import_module(f"{p.package}.dialects.postgresql")
        for item in function(p, pg, p.engine(postgres.engine_url())):
            p.show(item)

    with harness.on_database("postgresql"):
        harness.compare(on, sql=function not in UNLIKE, keys=False)


def rows(result: Any) -> list[Any]:
    return [tuple(row) for row in result]


@program
def conflicts(p: Peer, pg: Any, engine: Any) -> Iterator[Any]:
    t = p.Table(
        "t", p.MetaData(), p.Column("id", p.Integer, primary_key=True),
        p.Column("k", p.String, unique=True), p.Column("n", p.Integer, default=1),
        p.Column("j", pg.JSONB),
    )  # fmt: skip
    t.create(engine)
    with engine.begin() as c:
        c.execute(pg.insert(t).values(k="a", j={"x": 1}))
        insert = pg.insert(t).values(k="a", n=5)
        c.execute(insert.on_conflict_do_nothing())
        c.execute(insert.on_conflict_do_nothing(index_elements=["k"]))
        update = insert.on_conflict_do_update(
            index_elements=[t.c.k], set_={"n": insert.excluded.n + t.c.n, "j": {"y": [2]}}
        )
        yield rows(c.execute(update.returning(t.c.k, t.c.n, t.c.j)))
        where = insert.on_conflict_do_update(constraint="t_k_key", set_={"n": 0}, where=t.c.n > 100)
        yield rows(c.execute(where.returning(t.c.n)))
        many = pg.insert(t)
        many = many.on_conflict_do_update(index_elements=["k"], set_={"n": many.excluded.n})
        c.execute(many, [{"k": "a", "n": 7}, {"k": "b", "n": 8}])
        yield rows(c.execute(p.select(t.c.k, t.c.n).order_by(t.c.k)))
        yield sorted(rows(c.execute(many.returning(t.c.k, t.c.n).values([
            {"k": "b", "n": 9}, {"k": "c", "n": 10}
        ]))))  # fmt: skip


@program
def several_tables(p: Peer, pg: Any, engine: Any) -> Iterator[Any]:
    m = p.MetaData()
    a = p.Table("a", m, p.Column("id", p.Integer, primary_key=True), p.Column("x", p.Integer))
    b = p.Table("b", m, p.Column("id", p.Integer, primary_key=True), p.Column("y", p.Integer))
    m.create_all(engine)
    with engine.begin() as c:
        c.execute(p.insert(a), [{"x": 1}, {"x": 2}, {"x": 3}])
        c.execute(p.insert(b), [{"y": 10}, {"y": 20}])
        changed = p.update(a).values(x=a.c.x + b.c.y).where(a.c.id == b.c.id)
        yield sorted(rows(c.execute(changed.returning(a.c.id, a.c.x, b.c.y))))
        gone = p.delete(a).where(a.c.id == b.c.id, b.c.y > 15).returning(a.c.id)
        yield rows(c.execute(gone))
        moved = p.delete(b).returning(b.c.y).cte("moved")
        c.execute(p.insert(a).from_select(["x"], p.select(moved.c.y)))
        yield rows(c.execute(p.select(a.c.x).order_by(a.c.x)))
        lateral = p.select(a.c.x.label("lx")).where(a.c.x <= a.c.x).limit(1).lateral("l")
        yield rows(c.execute(p.select(a.c.id, lateral.c.lx).order_by(a.c.id)))
        yield rows(c.execute(p.select(a.c.x).distinct(a.c.x).order_by(a.c.x)))
        yield rows(c.execute(p.select(a.c.x).order_by(a.c.x).fetch(2, with_ties=True)))
        locked = p.select(a.c.id).order_by(a.c.id).with_for_update(skip_locked=True, of=a)
        yield rows(c.execute(locked))
        sets = p.select(a.c.id, p.func.sum(a.c.x)).group_by(p.func.rollup(a.c.id))
        yield len(c.execute(sets).all())


@program
def operators(p: Peer, pg: Any, engine: Any) -> Iterator[Any]:
    t = p.Table(
        "t", p.MetaData(), p.Column("id", p.Integer, primary_key=True),
        p.Column("j", pg.JSONB), p.Column("a", pg.ARRAY(p.Integer)), p.Column("s", p.String),
        p.Column("r", pg.INT4RANGE), p.Column("d", p.Date), p.Column("g", p.JSON),
    )  # fmt: skip
    t.create(engine)
    with engine.begin() as c:
        c.execute(p.insert(t).values(
            j={"a": {"b": [1, "two"]}, "n": 5, "f": 1.5, "t": True}, a=[3, 1, 2],
            s="Hello World", r=pg.Range(1, 5), d=dt.date(2024, 2, 29), g={"k": [1, {"z": "y"}]},
        ))  # fmt: skip
        for expression in (
            t.c.j["a"], t.c.j["a"]["b"][1], t.c.j["a"]["b"][1].astext, t.c.j["n"].as_integer(),
            t.c.j["f"].as_float(), t.c.j["t"].as_boolean(), t.c.j[("a", "b", "0")],
            t.c.j[("a", "b", 1)].astext, t.c.j.has_key("n"), t.c.j.contains({"n": 5}),
            t.c.j.has_any(pg.array(["q", "n"])), t.c.j.path_exists("$.a"), t.c.j - "n",
            t.c.j.delete_path(["a", "b"]), t.c.j + {"m": 1}, t.c.g["k"][1]["z"].as_string(),
            t.c.g[("k", 0)].as_integer(), t.c.a[1], t.c.a[2:3], t.c.a.contains([1, 3]),
            t.c.a.overlap([9]), t.c.a.concat([7]), t.c.a.any(2), t.c.a == [3, 1, 2],
            p.func.array_length(t.c.a, 1), p.func.unnest(t.c.a), pg.array([1, 2]) + pg.array([3]),
            t.c.s.ilike("hello%"), t.c.s.regexp_match("^H.*d$"), t.c.s.icontains("WORLD"),
            t.c.s.regexp_replace("o", "0", flags="g"), t.c.s.match("hello"),
            p.func.substring(t.c.s, 1, 5), p.func.to_tsvector("english", t.c.s),
            p.func.to_tsvector("english", t.c.s).bool_op("@@")(p.func.to_tsquery("hello")),
            t.c.r.contains(3), t.c.r.overlaps(pg.Range(4, 9)), t.c.r * pg.Range(3, 9),
            t.c.d + dt.timedelta(days=1), p.extract("year", t.c.d), p.func.now() > t.c.d,
            p.func.aggregate_strings(t.c.s, ", "), p.func.array_agg(t.c.id),
            p.func.json_build_object("a", t.c.id), t.c.id / 2, t.c.id // 2, t.c.id % 2,
            p.cast(t.c.s, pg.BYTEA), p.literal(5), p.literal("x"), p.null(), p.true(),
        ):  # fmt: skip
            yield (
                str(expression.compile(engine)),
                [repr(value) for value in c.scalars(p.select(expression))],
            )


@program
def defaults(p: Peer, pg: Any, engine: Any) -> Iterator[Any]:
    m = p.MetaData()
    tables = [
        p.Table("serial", m, p.Column("id", p.Integer, primary_key=True)),
        p.Table("big", m, p.Column("id", p.BigInteger, p.Identity(start=10), primary_key=True)),
        p.Table("seq", m, p.Column("id", p.Integer, p.Sequence("s", start=50), primary_key=True)),
        p.Table(
            "text", m, p.Column("id", p.String, primary_key=True, server_default=p.text("'k'"))
        ),
        p.Table("sql", m, p.Column("id", p.Integer, primary_key=True, default=p.func.length("ab"))),
    ]
    for t in tables:
        t.append_column(p.Column("n", p.Integer))
        t.append_column(p.Column("sd", p.Integer, server_default="7"))
        t.append_column(p.Column("c", p.Integer, p.Computed("n * 2")))
    m.create_all(engine)
    with engine.begin() as c:
        for t in tables:
            yield t.name, tuple(c.execute(p.insert(t).values(n=1)).inserted_primary_key)
            yield rows(c.execute(p.select(t)))
            c.execute(p.delete(t))
            yield tuple(c.execute(p.insert(t).values(id="9" if t.name == "text" else 9))
                        .inserted_primary_key)  # fmt: skip
            yield rows(c.execute(p.select(t)))
        yield c.scalar(p.Sequence("s")), c.scalar(p.select(p.func.next_value(p.Sequence("s"))))
    for t in tables[:3]:
        with engine.begin() as c:
            ordered = p.insert(t).returning(t.c.id, t.c.n, t.c.c, sort_by_parameter_order=True)
            found = rows(c.execute(ordered, [{"n": n} for n in (5, 3, 9, 1)]))
            yield (
                [row[1:] for row in found],
                [row[0] for row in found] == sorted([row[0] for row in found]),
            )


@program
def named_types(p: Peer, pg: Any, engine: Any) -> Iterator[Any]:
    inspect = p.inspect
    m = p.MetaData()
    mood = p.Enum("sad", "ok", name="mood")
    p.Table("a", m, p.Column("id", p.Integer, primary_key=True), p.Column("m", mood))
    p.Table("b", m, p.Column("id", p.Integer, primary_key=True), p.Column("m", mood))
    p.Table("c", m, p.Column("d", pg.DOMAIN("pos", p.Integer, check="VALUE > 0")))
    for _ in range(2):
        m.create_all(engine)
        yield [e["name"] for e in inspect(engine).get_enums()]
        yield [d["name"] for d in inspect(engine).get_domains()]
    with engine.begin() as c:
        c.execute(p.insert(m.tables["a"]).values(m="ok"))
        try:
            with c.begin_nested():
                c.execute(p.insert(m.tables["c"]).values(d=-1))
        except p.IntegrityError as error:
            yield str(error.orig).partition("\n")[0]
    for _ in range(2):
        m.drop_all(engine)
        yield inspect(engine).get_enums(), inspect(engine).get_domains()
    other = pg.ENUM("x", name="other")
    other.create(engine)
    other.create(engine)
    yield [e["labels"] for e in inspect(engine).get_enums()]
    other.drop(engine)
    other.drop(engine)


@program
def translated_schemas(p: Peer, pg: Any, engine: Any) -> Iterator[Any]:
    with engine.begin() as c:
        c.execute(p.text("CREATE SCHEMA s1"))
        c.execute(p.text("CREATE SCHEMA s2"))
    m = p.MetaData()
    a = p.Table(
        "a", m, p.Column("id", p.Integer, primary_key=True),
        p.Column("e", p.Enum("x", name="en")), comment="c",
    )  # fmt: skip
    b = p.Table(
        "b", m, p.Column("id", p.Integer, p.Sequence("bs"), primary_key=True),
        p.Column("aid", p.ForeignKey("a.id"), index=True), p.Column("n", p.Integer, comment="n"),
    )  # fmt: skip
    r = p.Table("r", m, p.Column("id", p.Integer, primary_key=True), schema="per")
    translated = engine.execution_options(schema_translate_map={None: "s1", "per": "s2"})
    m.create_all(translated)
    with translated.begin() as c:
        yield tuple(c.execute(p.insert(a).values(e="x")).inserted_primary_key)
        yield tuple(c.execute(p.insert(b).values(aid=1)).inserted_primary_key)
        joined = p.select(a, b.c.n, r.c.id).join(b, a.c.id == b.c.aid).outerjoin(r, p.true())
        yield rows(c.execute(joined))
        c.execute(p.update(b).values(n=5).where(b.c.aid == a.c.id))
        c.execute(p.delete(b).where(b.c.aid == a.c.id))
        yield c.schema_for_object(a), c.schema_for_object(r)
        inspector = p.inspect(c)
        yield sorted(inspector.get_table_names("s1")), inspector.get_table_names("s2")
    m.drop_all(translated)
    yield p.inspect(engine).get_table_names("s1")


@program
def translated_objects(p: Peer, pg: Any, engine: Any) -> Iterator[Any]:
    """The same objects in several schemas, and without a translation."""

    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        posts = p.relationship("Post", back_populates="user")

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("users.id"))
        user = p.relationship(User, back_populates="posts")

    with engine.begin() as c:
        c.execute(p.text("CREATE SCHEMA s1"))
        c.execute(p.text("CREATE SCHEMA s2"))
    engines = [
        engine,
        engine.execution_options(schema_translate_map={None: "s1"}),
        engine.execution_options(schema_translate_map={None: "s2"}),
    ]
    for number, one in enumerate([*engines, *engines]):
        p.Base.metadata.create_all(one)
        with p.orm.Session(one) as s:
            s.add(User(name=f"u{number}", posts=[Post(), Post()]))
            s.commit()
            user = s.scalars(p.select(User).order_by(User.id.desc())).first()
            yield user.id, user.name, len(user.posts)
            loaded = p.select(User).options(p.orm.selectinload(User.posts)).order_by(User.id)
            yield [(u.name, len(u.posts)) for u in s.scalars(loaded)]
            joined = p.select(User).options(p.orm.joinedload(User.posts)).order_by(User.id)
            yield [(u.name, len(u.posts)) for u in s.scalars(joined).unique()]
            user.name += "!"
            s.delete(user.posts[0])
            s.commit()
            yield s.query(User).filter_by(name=user.name).count(), s.get(User, 1).name
            s.execute(p.update(User).values(name="x").where(User.id == 99))


@program
def range_operators(p: Peer, pg: Any, engine: Any) -> Iterator[Any]:
    t = p.Table(
        "t", p.MetaData(), p.Column("id", p.Integer, primary_key=True),
        p.Column("r", pg.INT4RANGE), p.Column("m", pg.INT4MULTIRANGE), p.Column("d", pg.DATERANGE),
    )  # fmt: skip
    t.create(engine)
    R = pg.Range
    ranges = [R(1, 5), R(5, 9), R(None, 3), R(7, None), R(2, 4, bounds="[]"), R(empty=True), None]
    with engine.begin() as c:
        for number, r in enumerate(ranges):
            day = None if r is None or r.empty else R(dt.date(2020, 1, number + 1), None)
            some = None if r is None else pg.MultiRange([r])
            c.execute(p.insert(t).values(id=number, r=r, m=some, d=day))
        yield rows(c.execute(p.select(t.c.id, t.c.d).order_by(t.c.id)))
        for given in (R(3, 6), R(5, 5), R(None, None), R(2, 4, bounds="(]")):
            for column in (t.c.r, t.c.m):
                for name in (
                    "contains", "contained_by", "overlaps", "strictly_left_of",
                    "strictly_right_of", "not_extend_right_of", "not_extend_left_of",
                    "adjacent_to", "__lshift__", "__rshift__", "__eq__", "__ne__", "__gt__", "__le__",
                ):  # fmt: skip
                    if column is t.c.m and name.startswith("__"):
                        continue
                    other = given if column is t.c.r else pg.MultiRange([given])
                    where = getattr(column, name)(other)
                    found = c.execute(p.select(t.c.id).where(where).order_by(t.c.id))
                    yield name, str(column), [i for (i,) in found]
        yield [i for (i,) in c.execute(p.select(t.c.id).where(t.c.r.contains(3)))]
        for column, given in ((t.c.r, R(3, 6)), (t.c.m, pg.MultiRange([R(3, 6)]))):
            for op in ("union", "intersection", "__add__", "__mul__"):
                where = column.overlaps(given)
                made = p.select(t.c.id, getattr(column, op)(given)).where(where)
                yield op, [(i, _bounds(r)) for i, r in c.execute(made.order_by(t.c.id))]
        for made in (p.func.lower(t.c.r), p.func.upper_inc(t.c.r), p.func.isempty(t.c.m)):
            yield rows(c.execute(p.select(t.c.id, made).order_by(t.c.id)))


def _bounds(value: Any) -> Any:
    """What a range, or several, begin and end with."""
    if isinstance(value, (list, tuple)) or hasattr(value, "__iter__"):
        return [_bounds(v) for v in value]
    return value.lower, value.upper


@program
def keys_given(p: Peer, pg: Any, engine: Any) -> Iterator[Any]:
    """A key that the program gives comes back as the one that the server makes does."""

    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        other = p.Column(p.Integer, server_default="7")

    class Two(p.Base):
        __tablename__ = "two"
        a = p.Column(p.Integer, primary_key=True)
        b = p.Column(p.Integer, p.Identity(start=40), primary_key=True)

    p.Base.metadata.create_all(engine)
    thing, two = Thing.__table__, Two.__table__
    with engine.begin() as c:
        for values in ({"id": 100}, {}, {"id": 101, "other": 8}, {"id": p.text("50 + 52")}):
            made = c.execute(p.insert(thing).values(**values))
            yield tuple(made.inserted_primary_key)
        for values in ({"a": 1}, {"a": 1, "b": 2}):
            yield tuple(c.execute(p.insert(two).values(**values)).inserted_primary_key)
    with p.orm.Session(engine) as s:
        objects = [Thing(id=200), Thing(), Thing(id=201), Two(a=5), Two(a=5, b=6)]
        for thing in objects:
            s.add(thing)
            s.flush()
            yield p.inspect(thing).identity
        s.add_all([Thing(id=300), Thing(id=301), Thing(), Thing()])
        s.commit()
        yield [(x.id, x.other) for x in s.scalars(p.select(Thing).order_by(Thing.id))]


@program
def streams_after_the_end(p: Peer, pg: Any, engine: Any) -> Iterator[Any]:
    """What a stream gives when its transaction has ended."""
    series = p.text("SELECT i FROM generate_series(1, 500) i")
    for end in ("commit", "rollback"):
        with engine.connect() as c:
            result = c.execution_options(yield_per=100).execute(series)
            yield [row.i for row in result.fetchmany(3)]
            getattr(c, end)()
            try:
                yield len(result.all())
            except p.exc.DBAPIError as error:
                yield type(error).__name__, type(error.orig).__name__
            c.rollback()
            yield c.execute(p.text("SELECT 1")).scalar()
    with p.orm.Session(engine) as s:
        result = s.execute(series, execution_options={"yield_per": 50})
        yield next(result.partitions())[0].i
        s.rollback()
        yield s.scalar(p.text("SELECT 2"))


@program
def notifications(p: Peer, pg: Any, engine: Any) -> Iterator[Any]:
    """They arrive between other messages, which they do not disturb."""
    with engine.connect() as c, engine.connect() as other:
        c.execute(p.text("LISTEN news"))
        c.commit()
        for number in range(5):
            other.execute(p.text("SELECT pg_notify('news', :x)"), {"x": str(number)})
            other.execute(p.text("NOTIFY news"))
            other.commit()
            yield c.execute(p.text("SELECT :x + 1"), {"x": number}).scalar()
            c.execute(p.text("NOTIFY news, 'mine'"))
            c.commit()
            yield rows(c.execute(p.text("SELECT i FROM generate_series(1, 3) i")))
            c.commit()
        c.execute(p.text("UNLISTEN *"))


UNLIKE |= {operators, range_operators, streams_after_the_end}


ADDRESSES = """
10.0.0.1 10.0.0.1/8 0.0.0.0/0 ::1 ::2 :: 1:: ::/0 fe80::1/64 ::1.2.3.4 ::ffff:1.2.3.4 1:0:0:2::3
1:0:2:3:4:5:6:7 0:0:1:: ::2:3:4:5:6:7:8 ABCD:0:0:1:0:0:0:2 1:2:3:4:5:6:7:0
"""


@program
def addresses_as_text(p: Peer, pg: Any, engine: Any) -> Iterator[Any]:
    t = p.Table("t", p.MetaData(), p.Column("a", pg.INET), p.Column("b", pg.CIDR))
    t.create(engine)
    with engine.begin() as c:
        c.execute(p.insert(t), [{"a": address} for address in ADDRESSES.split()])
        c.execute(p.insert(t).values(b="10.0.0.0/8"))
        c.execute(p.insert(t).values(b="::1/128"))
    for driver, native in (
        ("+psycopg", None),
        ("+psycopg", True),
        ("+psycopg", False),
        ("+psycopg2", None),
        ("", None),
    ):
        url = engine.url.set(drivername=f"postgresql{driver}").render_as_string(False)
        other = p.engine(url, native_inet_types=native)
        with other.connect() as c:
            yield [repr(row) for row in rows(c.execute(p.select(t)))]
            yield repr(c.scalars(p.text("select array_agg(a) from t")).all())
            raw = c.exec_driver_sql("select min(a), max(b) from t where b <<= %s", ("10.0.0.0/8",))
            yield [repr(row) for row in rows(raw)]
            yield c.scalar(p.select(p.func.count()).where(t.c.a == "10.0.0.1"))
        other.dispose()
    try:
        p.sa.create_engine("sqlite://", native_inet_types=False)
    except TypeError as error:
        yield str(error).partition(" sent to ")[0]
