"""Models that need PostgreSQL: triggers, trees, types with names, schemas by tenant, levels."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from decimal import Decimal
from typing import Any

import pytest

from .. import postgres
from .application_env import DRIVERS, class_of, compare, failing, rows, state_of
from .harness import Peer, Programs

pytestmark = pytest.mark.skipif(postgres.scratch() is None, reason="no PostgreSQL server")

program = Programs()
UTC = dt.UTC


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("function", program.registered)
def test_program(function: Any, driver: str) -> None:
    compare(function, driver)


@program
def audited(p: Peer, pg: Any, c: Any, other: Any) -> None:
    """Triggers that write beside what the program writes."""

    class Account(p.Base):
        __tablename__ = "accounts"
        id = p.mapped_column(
            p.Integer, p.Sequence("account_ids", start=100, increment=10), primary_key=True
        )
        owner = p.mapped_column(p.String(30), nullable=False)
        cents = p.mapped_column(p.BigInteger, nullable=False, server_default="0")
        version = p.mapped_column(p.Integer, server_default="1", server_onupdate=p.FetchedValue())
        changed = p.mapped_column(
            p.DateTime(True), server_default=p.func.now(), server_onupdate=p.FetchedValue()
        )
        label = p.mapped_column(p.Text, p.Computed("owner || ':' || cents"))
        uid = p.mapped_column(
            p.Uuid, server_default=p.text("'00000000-0000-0000-0000-000000000007'::uuid")
        )
        __mapper_args__ = {"eager_defaults": True}

    class Audit(p.Base):
        __tablename__ = "audit"
        id = p.mapped_column(p.BigInteger, p.Identity(), primary_key=True)
        account = p.mapped_column(p.Integer)
        action = p.mapped_column(p.CHAR(6))
        before = p.mapped_column(pg.JSONB)
        after = p.mapped_column(pg.JSONB)
        who = p.mapped_column(p.String, server_default=p.text("current_setting('app.user', true)"))

    p.Base.metadata.create_all(c)
    c.execute(p.text("""
        CREATE FUNCTION audited() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                IF NEW.cents < 0 THEN
                    RAISE EXCEPTION 'overdrawn: %', NEW.cents USING ERRCODE = 'P0042', HINT = 'earn more', COLUMN = 'cents';
                END IF;
                NEW.version := OLD.version + 1;
            END IF;
            INSERT INTO audit (account, action, before, after)
            VALUES (coalesce(NEW.id, OLD.id), TG_OP, to_jsonb(OLD) - 'changed', to_jsonb(NEW) - 'changed');
            RETURN coalesce(NEW, OLD);
        END $$
    """))  # fmt: skip
    c.execute(
        p.text(
            "CREATE TRIGGER audited BEFORE INSERT OR UPDATE OR DELETE ON accounts FOR EACH ROW EXECUTE FUNCTION audited()"
        )
    )
    c.commit()
    s = p.Session(c)
    s.execute(p.text("SELECT set_config('app.user', :u, true)"), {"u": "ann"})
    made = [Account(owner=f"o{n}", cents=n * 100) for n in range(3)] + [Account(owner="x")]
    s.add_all(made)
    s.flush()
    p.show([(a.id, a.cents, a.version, a.label, a.uid, a.changed is not None) for a in made])
    made[0].cents += 5
    made[1].owner, made[1].cents = "new", Account.cents + 1
    s.flush()
    p.show([(a.id, a.cents, a.version, a.label) for a in made])
    s.delete(made[3])
    s.commit()
    made[2].cents = -1

    try:
        s.commit()
    except p.DBAPIError as error:
        p.show(state_of(error))
        if c.dialect.driver != "asyncpg":
            d = error.orig.diag
            p.show(d.sqlstate, d.message_primary, d.message_hint, d.column_name, d.context)
        s.rollback()
    p.show(
        rows(
            s.execute(
                p.select(
                    Audit.account, Audit.action, Audit.before, Audit.after, Audit.who
                ).order_by(Audit.id)
            )
        )
    )
    moved = (
        p.update(Account)
        .where(Account.id.in_([100, 110]))
        .values(cents=Account.cents * 2)
        .returning(Account.id, Account.cents, Account.version, Account.label)
    )
    p.show(sorted(rows(s.execute(moved))))
    p.show(made[0].cents, made[1].version)
    one = p.insert(Account).values(owner="core").returning(Account)
    p.show([(a.id, a.label, a.uid) for a in s.scalars(one)])
    many = s.scalars(
        p.insert(Account).returning(Account, sort_by_parameter_order=True),
        [{"owner": f"b{n}", "cents": n} for n in range(3)],
    )
    p.show([(a.id, a.label, a.version) for a in many])
    r = s.execute(p.insert(Account.__table__), {"owner": "single"})
    p.show(r.inserted_primary_key, r.returned_defaults)
    gone = p.delete(Account).where(Account.owner.startswith("b")).returning(Account.owner)
    p.show(sorted(s.scalars(gone)))
    p.show(s.scalar(p.select(p.func.count()).select_from(Audit).where(Audit.action == "DELETE")))
    p.show(
        s.scalar(p.select(Audit.action).limit(1)),
        s.scalar(p.select(p.Sequence("account_ids").next_value())),
    )
    s.bulk_update_mappings(Account, [{"id": 100, "owner": "u0"}, {"id": 110, "owner": "u1"}])
    s.execute(p.update(Account), [{"id": 100, "cents": 1}, {"id": 110, "cents": 2}])
    s.commit()
    p.show(sorted((a.owner, a.version, a.label) for a in s.scalars(p.select(Account))))
    s.execute(p.text("SET CONSTRAINTS ALL IMMEDIATE"))
    p.show(
        s.execute(
            p.text("UPDATE accounts SET cents = cents WHERE id = ANY(:ids)"), {"ids": [100, 110]}
        ).rowcount
    )
    s.rollback()


@program
def hierarchy(p: Peer, pg: Any, c: Any, other: Any) -> None:
    """Reports over a tree, with arrays as paths."""

    class Node(p.Base):
        __tablename__ = "nodes"
        id = p.mapped_column(p.Integer, primary_key=True)
        parent_id = p.mapped_column(p.ForeignKey("nodes.id"))
        name = p.mapped_column(p.String(20))
        cost = p.mapped_column(p.Numeric(12, 4))
        share = p.mapped_column(p.Float)
        tags = p.mapped_column(pg.ARRAY(p.String(10)))
        grid = p.mapped_column(pg.ARRAY(p.Integer, dimensions=2))
        children = p.relationship("Node", back_populates="parent", order_by="Node.id")
        parent = p.relationship("Node", remote_side=[id], back_populates="children")

    p.Base.metadata.create_all(c)
    c.commit()
    s = p.Session(c)
    root = Node(
        id=1, name="root", cost=Decimal("1.5"), share=0.5, tags=["a", "b"], grid=[[1, 2], [3, 4]]
    )
    for n in (2, 3):
        child = Node(
            id=n, name=f"n{n}", cost=n, share=n / 3, tags=["b", None, 'q"\\,'], parent=root
        )
        for m in (1, 2):
            Node(
                id=10 * n + m,
                name=f"n{n}{m}",
                cost=Decimal(n) / m,
                tags=[],
                grid=[[n], [m]],
                parent=child,
            )
    s.add(root)
    s.commit()
    tree = p.select(
        Node.id, Node.parent_id, Node.name, p.literal(0).label("depth"),
        pg.array([Node.id]).label("path"),
        p.cast(Node.name, p.Text).label("trail"),
    ).where(Node.parent_id.is_(None)).cte("tree", recursive=True)  # fmt: skip
    tree = tree.union_all(
        p.select(
            Node.id,
            Node.parent_id,
            Node.name,
            tree.c.depth + 1,
            tree.c.path + pg.array([Node.id]),
            tree.c.trail + "/" + Node.name,
        )
        .join(tree, Node.parent_id == tree.c.id)
        .where(Node.id != p.all_(tree.c.path), tree.c.depth < p.bindparam("limit", 5))
    )
    whole = p.select(tree).order_by(tree.c.path)
    p.show(rows(s.execute(whole)), rows(s.execute(whole, {"limit": 1})))
    below = p.select(
        tree.c.path[1].label("a"), p.func.sum(Node.cost),
        p.func.array_agg(pg.aggregate_order_by(tree.c.trail, tree.c.id.desc())),
        p.func.array_agg(Node.cost), p.func.max(p.func.cardinality(tree.c.path)),
        p.func.bool_and(Node.share > 0), p.func.avg(Node.share),
    ).join(Node, Node.id == tree.c.id).group_by("a")  # fmt: skip
    p.show(rows(s.execute(below)))
    for condition in (
        Node.tags.contains(["b"]), Node.tags.overlap(["a", "z"]), Node.tags.any("b"),
        Node.tags == [], Node.tags.contained_by(["a", "b", "c"]),
        p.any_(Node.tags) == "a", Node.id == p.any_(pg.array([1, 2])),
        Node.grid[1][2] == 2, Node.grid == [[1, 2], [3, 4]],
        p.func.array_position(Node.tags, "b") == 1,
        Node.id.in_(p.select(p.func.unnest(pg.array([2, 3])))), p.func.cardinality(Node.tags) > 0,
        Node.tags[1:2] == ["a", "b"], Node.id == p.func.any(p.cast([1, 2], pg.ARRAY(p.Integer))),
        Node.id == p.any_(p.literal([1, 3], pg.ARRAY(p.Integer))),
        Node.tags.is_(None), Node.tags.contains(p.func.array_remove(pg.array(["a", "z"]), "z")),
        ~Node.tags.overlap(p.cast(pg.array([]), pg.ARRAY(p.String))),
        Node.share.between(0.3, 0.7), Node.cost.in_([Decimal("1.5"), 2, 3.0]),
        p.tuple_(Node.id, Node.name).in_([(1, "root"), (2, "n2")]),
    ):  # fmt: skip
        failing(
            p,
            s,
            lambda condition=condition: s.execute(
                p.select(Node.id).where(condition).order_by(Node.id)
            ),
        )
    for column in (
        Node.tags, Node.grid, Node.grid[1:1], Node.tags[1],
        p.func.array_to_string(Node.tags, ",", "-"), p.func.array_append(Node.tags, "x"),
        p.func.array_prepend(0, p.literal([1])), Node.tags.concat(["n"]),
        p.func.string_to_array("a,b", ","), p.func.array_dims(Node.grid),
        p.func.unnest(Node.grid), pg.array([1, Node.id]), pg.array(["a", Node.name]),
        pg.array([[1, 2], [3, 4]]), p.literal([1.5, 2.5]), p.literal(["a", None]),
        pg.array([Decimal("1.5"), Node.cost]),
        pg.array([p.func.current_date() - p.func.current_date()]),
        p.func.array(p.select(Node.id).order_by(Node.id).scalar_subquery()),
        p.func.array_agg(Node.grid), p.func.array_agg(Node.tags[1]), p.func.json_agg(Node.tags),
        p.cast([[1]], pg.ARRAY(p.Integer)), p.cast(["2020-01-01"], pg.ARRAY(p.Date)),
        p.cast([dt.date(2020, 1, 1)], pg.ARRAY(p.Date)),
        p.cast([True, None], pg.ARRAY(p.Boolean)),
        p.cast([Decimal("1.10")], pg.ARRAY(p.Numeric(5, 2))), p.cast([1.5], pg.ARRAY(p.Float)),
        p.cast([uuid.UUID(int=1)], pg.ARRAY(p.Uuid)), p.cast([{"a": 1}], pg.ARRAY(pg.JSONB)),
        p.func.coalesce(Node.share, 0), p.func.round(Node.cost, 2), p.func.sum(Node.share),
        p.func.count(Node.tags), p.cast(Node.cost, p.Float), p.cast(Node.share, p.Numeric(8, 3)),
        p.func.greatest(Node.cost, 2), Node.cost / 3, Node.share / 3, Node.id / 3, Node.id // 2,
        -Node.cost, Node.cost % 2, p.func.width_bucket(Node.cost, 0, 10, 5), p.func.random() < 2,
    ):  # fmt: skip
        if c.dialect.driver == "asyncpg" and "ARRAY[" + "$1, $2]" in str(column.compile(c)):
            continue
        statement = p.select(column).select_from(Node).where(Node.id <= 2)
        if not any(
            name in str(column.compile(dialect=c.dialect))
            for name in ("agg", "sum", "count", "SELECT")
        ):
            statement = statement.order_by(Node.id)
        failing(p, s, lambda statement=statement: s.execute(statement))
    cycle = p.text("""
        WITH RECURSIVE t AS (SELECT id, parent_id FROM nodes WHERE id = :start UNION ALL
        SELECT n.id, n.parent_id FROM nodes n JOIN t ON n.parent_id = t.id) SEARCH DEPTH FIRST BY id SET o CYCLE id SET c USING p
        SELECT id, o, c, p FROM t ORDER BY o
    """)  # fmt: skip
    p.show(rows(s.execute(p.text(cycle.text.replace(", o, c, p", ", c")), {"start": 2})))
    p.show(
        [
            (n.id, [m.id for m in n.children])
            for n in s.scalars(
                p.select(Node)
                .options(p.selectinload(Node.children, recursion_depth=3))
                .where(Node.id == 1)
            )
        ]
    )
    root = s.get(Node, 1)
    root.tags = [*root.tags, "new"]
    root.grid = None
    s.flush()
    s.execute(p.update(Node).where(Node.id == 2).values({Node.tags[2]: "set"}))
    s.execute(
        p.update(Node)
        .where(Node.id == 21)
        .execution_options(synchronize_session=False)
        .values({Node.grid[1:1]: [[9]]})
    )
    s.execute(
        p.update(Node)
        .where(Node.id > 2)
        .execution_options(synchronize_session=False)
        .values(tags=p.func.array_cat(Node.tags, ["z"]))
    )
    p.show(rows(s.execute(p.select(Node.id, Node.tags, Node.grid).order_by(Node.id))))
    s.rollback()


@program
def named_types(p: Peer, pg: Any, c: Any, other: Any) -> None:
    """Enums, domains and composites, made, used, reflected and made again."""

    class Color(enum.Enum):
        RED = "r"
        DARK_BLUE = "it's blue"

    m = p.MetaData(schema="shop")
    email = pg.DOMAIN("email", p.Text, check=p.text("VALUE LIKE '%@%'"), not_null=False, metadata=m)
    positive = pg.DOMAIN(
        "positive",
        p.Integer,
        default=p.text("1"),
        constraint_name="is_positive",
        check="VALUE > 0",
        metadata=m,
    )
    size = pg.ENUM("s", "m", "x l", name="size", metadata=m)
    c.execute(p.schema.CreateSchema("shop"))
    c.execute(p.text("CREATE TYPE shop.address AS (street text, no int, geo point)"))
    goods = p.Table(
        "goods", m, p.Column("id", p.Integer, primary_key=True),
        p.Column("color", p.Enum(Color, name="color", values_callable=lambda e: [x.value for x in e], metadata=m)),
        p.Column("size", size, server_default="m"), p.Column("sizes", pg.ARRAY(size)),
        p.Column("colors", pg.ARRAY(p.Enum(Color, name="color2", metadata=m))),
        p.Column("mail", email), p.Column("n", positive),
        p.Column("kind", p.Enum("a", "b", native_enum=False, create_constraint=True, name="kind")),
        p.Column("h", pg.HSTORE), p.Column("ci", pg.CITEXT), p.Column("oid", pg.OID),
        p.Column("bits", pg.BIT(8, varying=True)),
        p.Column("i", pg.INTERVAL(fields="DAY TO SECOND", precision=3)),
        p.Column("t", p.Time(timezone=True)), p.Column("ch", p.CHAR(3)), p.Column("ch1", pg.CHAR),
        p.Column("r", pg.REGCLASS), p.Column("path", pg.JSONPATH),
        p.Column("small", p.SmallInteger), p.Column("dp", p.Double), p.Column("re", p.REAL),
    )  # fmt: skip
    c.execute(p.text("CREATE EXTENSION IF NOT EXISTS hstore"))
    c.execute(p.text("CREATE EXTENSION IF NOT EXISTS citext"))
    m.create_all(c)
    c.execute(p.text("ALTER TABLE shop.goods ADD COLUMN addr shop.address"))
    c.commit()
    row = {
        "color": Color.DARK_BLUE, "sizes": ["s", "x l"], "colors": [Color.RED, Color.DARK_BLUE],
        "mail": "a@b", "n": 5, "kind": "a", "h": {"a": "1", "b": None},
        "ci": "Text", "oid": 5, "i": dt.timedelta(days=1, milliseconds=1500),
        "t": dt.time(1, 2, tzinfo=UTC), "ch": "a", "ch1": "b", "small": 3, "dp": 0.1, "re": 0.1,
    }  # fmt: skip
    if c.dialect.driver != "asyncpg":
        row |= {"bits": "101", "r": "pg_class", "path": "$.a"}
    c.execute(p.insert(goods), row)
    c.execute(p.insert(goods), [{"color": Color.RED, "size": "s"}, {"color": None, "size": None}])
    c.commit()
    failing(p, c, lambda: c.execute(p.select(*[col for col in goods.c]).order_by(goods.c.id)))
    for bad in (
        {"mail": "none"},
        {"n": 0},
        {"size": "zz"},
        {"color": "green"},
        {"kind": "c"},
        {"sizes": ["s", "q"]},
        {"ch": "four"},
        {"small": 2**17},
    ):
        try:
            failing(p, c, lambda bad=bad: c.execute(p.insert(goods), bad))
        except p.StatementError as error:
            p.show(type(error), str(error).partition("[SQL")[0])
            c.rollback()
    for condition in (
        goods.c.color == Color.RED, goods.c.size > "s", goods.c.sizes.contains(["s"]),
        goods.c.colors.any(Color.RED), goods.c.mail.like("a%"), goods.c.n + 1 == 6,
        goods.c.h["a"] == "1", goods.c.h.has_key("b"), goods.c.ci == "TEXT", goods.c.ch == "a",
        goods.c.ch1 == "b", goods.c.color.in_([Color.RED, Color.DARK_BLUE]),
        goods.c.size.in_(["s", "m"]),
        goods.c.t < dt.time(5, tzinfo=UTC), goods.c.i > dt.timedelta(hours=1), goods.c.re < 0.2,
        goods.c.oid == 5, goods.c.size == p.func.any(p.cast(["s"], pg.ARRAY(size))),
        p.literal_column("(addr).no") == 5, goods.c.size == p.cast("m", size),
        p.func.enum_first(goods.c.size) == "s",
        p.case((goods.c.size == "s", "small"), else_=p.cast(goods.c.size, p.Text)) == "small",
    ):  # fmt: skip
        failing(
            p,
            c,
            lambda condition=condition: c.execute(
                p.select(goods.c.id, goods.c.color).where(condition).order_by(goods.c.id)
            ),
        )
    for column in (
        p.cast("s", size), p.literal("s", size), p.func.max(goods.c.size),
        p.func.array_agg(goods.c.color), p.cast("x@y", email), p.cast(5, positive),
        p.func.akeys(goods.c.h), goods.c.h + {"c": "2"}, goods.c.h.keys(),
        goods.c.h.slice(pg.array(["a"])), goods.c.h.matrix(),
        p.func.hstore("a", "b"), p.func.hstore(pg.array(["a"]), pg.array(["b"])),
        p.cast(goods.c.color, p.Text), p.func.json_agg(goods.c.size),
        p.func.pg_typeof(goods.c.mail).cast(p.Text), p.extract("epoch", goods.c.i),
        p.func.length(goods.c.ch), goods.c.ch + "|",
        p.literal_column("'5'::oid"), p.literal_column("'1 mon 2 days 03:04:05'::interval"),
        p.literal_column("'12:00+02'::timetz"), p.literal_column("'{}'::text[]"),
        p.literal_column("1::money"), p.literal_column("'<a/>'::xml"),
        p.literal_column("'infinity'::float8"), p.literal_column("'NaN'::numeric"),
        p.literal_column("'abc'::name"), p.literal_column("'\\x01'::bytea"),
        p.literal_column("'10.0.0.1'::inet"), p.literal_column("'10.0.0.0/8'::cidr"),
        p.literal_column("'08:00:2b:01:02:03'::macaddr"), p.literal_column("NULL"),
        p.literal_column("'x'"), p.literal_column("1::int2"), p.literal_column("1.5::float4"),
        p.literal_column("'pg_class'::regclass"), p.literal_column("txid_current() > 0"),
    ):  # fmt: skip
        failing(
            p,
            c,
            lambda column=column: c.execute(
                p.select(column).select_from(goods).where(goods.c.id == 1)
            ),
        )
    inspector = p.inspect(c)
    p.show(
        [e | {"labels": list(e["labels"])} for e in inspector.get_enums("shop")],
        inspector.get_domains("shop"),
    )
    reflected = p.MetaData()
    copy = p.Table("goods", reflected, schema="shop", autoload_with=c)
    p.show(
        [
            (
                col.name,
                repr(col.type),
                str(col.type.compile(c.dialect))
                if not isinstance(col.type, p.types.NullType)
                else None,
                col.nullable,
                str(col.server_default.arg)
                if col.server_default is not None and hasattr(col.server_default, "arg")
                else None,
            )
            for col in copy.c
        ]
    )
    p.show(
        sorted(
            (str(k.name), str(k.sqltext))
            for k in copy.constraints
            if isinstance(k, p.CheckConstraint)
        )
    )
    found = c.execute(
        p.select(
            copy.c.color, copy.c.size, copy.c.sizes, copy.c.mail, copy.c.n, copy.c.h, copy.c.ci
        ).order_by(copy.c.id)
    ).all()
    p.show(rows(found))
    failing(p, c, lambda: c.execute(p.insert(copy).returning(copy.c.size), {"size": "x l", "n": 3}))
    m.drop_all(c)
    p.show(p.inspect(c).get_enums("shop"), p.inspect(c).get_domains("shop"))
    c.rollback()


@program
def tenants(p: Peer, pg: Any, c: Any, other: Any) -> None:
    """A schema for each tenant, chosen by connection, statement and session."""

    class User(p.Base):
        __tablename__ = "users"
        __table_args__ = {"schema": "tenant"}
        id = p.mapped_column(p.Integer, primary_key=True)
        name = p.mapped_column(p.String)
        kind = p.mapped_column(
            p.Enum("x", "y", name="user_kind", schema="tenant", inherit_schema=True)
        )
        orders = p.relationship(
            "Order", back_populates="user", cascade="all, delete-orphan", order_by="Order.id"
        )

    class Order(p.Base):
        __tablename__ = "orders"
        __table_args__ = (p.UniqueConstraint("user_id", "no", name="uq"), {"schema": "tenant"})
        id = p.mapped_column(p.Integer, p.Sequence("order_ids", schema="tenant"), primary_key=True)
        user_id = p.mapped_column(p.ForeignKey("tenant.users.id"))
        plan_id = p.mapped_column(p.ForeignKey("plans.id"))
        no = p.mapped_column(p.Integer)
        user = p.relationship("User", back_populates="orders")
        plan = p.relationship("Plan")

    class Plan(p.Base):
        __tablename__ = "plans"
        id = p.mapped_column(p.Integer, primary_key=True)
        name = p.mapped_column(p.String, unique=True)

    names = ["t_one", "T two"]
    for name in names:
        c.execute(p.schema.CreateSchema(name, if_not_exists=True))
        p.Base.metadata.create_all(c.execution_options(schema_translate_map={"tenant": name}))
    c.execution_options(schema_translate_map=None)
    c.commit()
    for index, name in enumerate(names):
        bound = c.execution_options(schema_translate_map={"tenant": name})
        with p.Session(bound) as s:
            plan = s.scalars(p.select(Plan)).first() or Plan(name="basic")
            s.add_all([
                User(name=f"{name}{n}", kind="xy"[n % 2], orders=[Order(no=m, plan=plan) for m in range(index + 1)]) for n in range(2)
            ])  # fmt: skip
            s.commit()
            loaded = (
                s.scalars(
                    p.select(User)
                    .options(p.joinedload(User.orders).joinedload(Order.plan))
                    .order_by(User.id)
                )
                .unique()
                .all()
            )
            p.show(
                [
                    (u.id, u.name, u.kind, [(o.id, o.no, o.plan.name) for o in u.orders])
                    for u in loaded
                ]
            )
            u = loaded[0]
            u.name = "changed"
            del u.orders[0]
            s.flush()
            failing(
                p,
                s,
                lambda s=s, u=u: (
                    s.add_all([Order(no=7, user_id=u.id), Order(no=7, user_id=u.id)]),
                    s.flush(),
                ),
            )
            s.expire_all()
            p.show(u.name, [(o.no, o.plan_id) for o in u.orders])
            upsert = pg.insert(Order).values(user_id=u.id, no=0)
            upsert = upsert.on_conflict_do_update(
                constraint="uq", set_={"plan_id": None}
            ).returning(Order.id, Order.plan_id)
            p.show(rows(s.execute(upsert)))
            p.show(
                s.execute(p.update(User).where(User.kind == "y").values(kind="x")).rowcount,
                s.scalar(p.select(p.func.count(p.distinct(User.kind)))),
            )
            s.commit()
    c.execution_options(schema_translate_map=None)
    for name in names:
        counted = (
            p.select(User.name, p.func.count(Order.id))
            .outerjoin(User.orders)
            .group_by(User.id, User.name)
            .order_by(User.id)
        )
        p.show(
            rows(
                other.execute(counted, execution_options={"schema_translate_map": {"tenant": name}})
            )
        )
    failing(p, other, lambda: other.execute(p.select(User.id)))
    c.execute(p.text("SET search_path TO t_one"))
    p.show(
        p.inspect(c).default_schema_name,
        sorted(p.inspect(c).get_table_names()),
        [
            sorted(map(str, key["constrained_columns"]))
            for key in p.inspect(c).get_foreign_keys("orders", "t_one")
        ],
    )
    p.show(rows(c.execute(p.text("SELECT name FROM users ORDER BY id"))))
    moved = c.execution_options(schema_translate_map={"tenant": None})
    failing(p, c, lambda: moved.execute(p.select(User.id, User.name).order_by(User.id)))


@program
def retried(p: Peer, pg: Any, c: Any, other: Any) -> None:
    """Serializable transactions that are run again, and such that may only read."""
    m = p.MetaData()
    t = p.Table("stock", m, p.Column("id", p.Integer, primary_key=True), p.Column("n", p.Integer))
    m.create_all(c)
    c.execute(p.insert(t), [{"id": 1, "n": 10}, {"id": 2, "n": 10}])
    c.commit()
    p.show(c.default_isolation_level)
    a, b = (x.execution_options(isolation_level="SERIALIZABLE") for x in (c, other))
    total = p.select(p.func.sum(t.c.n))
    p.show(a.get_isolation_level(), a.scalar(total), b.scalar(total))
    a.execute(p.update(t).where(t.c.id == 1).values(n=t.c.n - 6))
    b.execute(p.update(t).where(t.c.id == 2).values(n=t.c.n - 6))
    a.commit()
    for attempt in range(2):
        try:
            b.commit()
            p.show("committed", attempt)
        except p.DBAPIError as error:
            p.show(
                attempt,
                class_of(p, error, b),
                state_of(error),
                error.connection_invalidated,
                error.statement,
                str(error.orig).partition("\n")[0],
            )
            b.rollback()
            p.show(b.scalar(total))
            b.execute(p.update(t).where(t.c.id == 2).values(n=t.c.n - 4))
    # a write conflict
    a = c.execution_options(isolation_level="REPEATABLE READ")
    p.show(a.scalar(total))
    other.execution_options(isolation_level="READ COMMITTED")
    other.execute(p.update(t).values(n=t.c.n + 1))
    other.commit()
    failing(p, a, lambda: a.execute(p.update(t).values(n=0)))
    p.show(a.scalar(total))
    a.rollback()
    r = c.execution_options(
        isolation_level="SERIALIZABLE", postgresql_readonly=True, postgresql_deferrable=True
    )
    p.show(
        rows(
            r.execute(
                p.text(
                    "SELECT current_setting('transaction_read_only'), current_setting('transaction_isolation'), current_setting('transaction_deferrable')"
                )
            )
        )
    )
    failing(p, r, lambda: r.execute(p.insert(t), {"id": 9, "n": 1}))
    failing(p, r, lambda: r.execute(p.text("CREATE TABLE z (a int)")))
    r = c.execution_options(
        postgresql_readonly=False, postgresql_deferrable=False, isolation_level="READ COMMITTED"
    )
    r.execute(p.insert(t), {"id": 9, "n": 1})
    with r.begin_nested() as nested:
        failing2 = p.insert(t).values(id=9, n=2)
        try:
            r.execute(failing2)
        except p.IntegrityError as error:
            p.show(
                type(error), type(error.orig).__name__ if r.dialect.driver != "asyncpg" else None
            )
            nested.rollback()
    p.show(rows(r.execute(p.select(t).order_by(t.c.id))))
    failing(p, r, lambda: r.execute(p.text("SELECT 1/0")))
    r.execute(p.text("SET LOCAL statement_timeout = '30ms'"))
    failing(p, r, lambda: r.execute(p.text("SELECT pg_sleep(5)")))
    auto = c.execution_options(isolation_level="AUTOCOMMIT")
    auto.execute(p.text("VACUUM stock"))
    failing(p, auto, lambda: auto.execute(p.insert(t), [{"id": 20, "n": 1}, {"id": 20, "n": 2}]))
    p.show(rows(auto.execute(p.select(t.c.id).order_by(t.c.id))))
    auto.rollback()
    with auto.begin():
        p.show(auto.get_isolation_level(), auto.in_transaction())
