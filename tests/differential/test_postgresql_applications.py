"""Applications that need PostgreSQL: queues, measurements, search, documents, imports."""

from __future__ import annotations

import datetime as dt
import enum
import io
import uuid
from decimal import Decimal
from typing import Any

import pytest

from .. import postgres
from .application_env import DRIVERS, compare, failing, rows
from .harness import Peer, Programs

pytestmark = pytest.mark.skipif(postgres.scratch() is None, reason="no PostgreSQL server")

program = Programs()
UTC = dt.UTC
UNLIKE = {("documents", "psycopg"), ("documents", "asyncpg")}
"""Whose log differs: of psycopg's wrappers other ends are shown, and asyncpg's paths are lists."""


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("function", program.registered)
def test_program(function: Any, driver: str) -> None:
    compare(function, driver, (function.__name__, driver) not in UNLIKE)


@program
def job_queue(p: Peer, pg: Any, c: Any, other: Any) -> None:
    """Workers that take jobs past each other's locks, and leaders by advisory locks."""

    class State(enum.Enum):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"

    class Job(p.Base):
        __tablename__ = "jobs"
        id = p.mapped_column(p.BigInteger, p.Identity(always=True), primary_key=True)
        kind = p.mapped_column(p.String(20))
        state = p.mapped_column(p.Enum(State, name="job_state"), default=State.WAITING)
        payload = p.mapped_column(pg.JSONB, server_default=p.text("'{}'"))
        due = p.mapped_column(p.DateTime(timezone=True))
        tries = p.mapped_column(p.SmallInteger, default=0)
        worker = p.mapped_column(p.Uuid, nullable=True)
        __table_args__ = (
            p.Index("waiting", "due", postgresql_where=p.text("state = 'WAITING'")),
            p.CheckConstraint("tries <= 3", name="tries"),
        )

    p.Base.metadata.create_all(c)
    c.commit()
    start = dt.datetime(2024, 1, 1, tzinfo=UTC)
    s = p.Session(c)
    s.add_all(
        [Job(kind="mail", payload={"to": n}, due=start + dt.timedelta(minutes=n)) for n in range(5)]
    )
    s.add(Job(kind="report", due=start))
    s.commit()
    mine, theirs = p.Session(c), p.Session(other)

    def take(session: Any, worker: int, limit: int) -> list[Any]:
        found = session.scalars(
            p.select(Job)
            .where(Job.state == State.WAITING, Job.due <= start + dt.timedelta(minutes=3))
            .order_by(Job.due, Job.id)
            .limit(limit)
            .with_for_update(skip_locked=True, key_share=True)
        ).all()
        for job in found:
            job.state, job.worker = State.RUNNING, uuid.UUID(int=worker)
            job.tries += 1
        session.flush()
        return [(job.id, job.kind, job.payload) for job in found]

    p.show(take(mine, 1, 2), take(theirs, 2, 2), take(theirs, 2, 5))
    locked = p.select(Job.id).where(Job.id == 1).with_for_update(nowait=True)
    failing(p, theirs, lambda: theirs.execute(locked))
    p.show(theirs.get(Job, 2).state)
    theirs.rollback()
    mine.commit()
    # taken by one statement
    first = (
        p.select(Job.id)
        .where(Job.state == State.WAITING, Job.due <= p.bindparam("now"))
        .order_by(Job.due)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    grab = (
        p.update(Job)
        .where(Job.id == first)
        .values(state=State.RUNNING, tries=Job.tries + 1, worker=p.bindparam("w"))
        .returning(Job)
    )
    for worker in range(3, 8):
        now = start + dt.timedelta(minutes=3)
        got = theirs.scalars(grab, {"now": now, "w": uuid.UUID(int=worker)}).all()
        p.show([(job.id, job.state, job.tries, job.worker, job.due) for job in got])
    theirs.commit()
    for _ in range(3):
        failing(p, mine, lambda: mine.execute(p.update(Job).values(tries=Job.tries + 3)))
    done = p.update(Job).where(Job.state == "RUNNING").values(state="DONE")
    p.show(mine.execute(done).rowcount)
    counts = p.select(
        Job.state,
        p.func.count(),
        p.func.count().filter(Job.tries > 1),
        p.func.max(Job.worker.cast(p.Text)),
    )
    p.show(rows(mine.execute(counts.group_by(Job.state).order_by(Job.state))))
    lock, try_lock = p.func.pg_advisory_xact_lock, p.func.pg_try_advisory_xact_lock
    p.show(rows(mine.execute(p.select(lock(1), p.func.pg_backend_pid() > 0))))
    p.show(theirs.scalar(p.select(try_lock(1))), theirs.scalar(p.select(try_lock(1, 2))))
    key = p.func.hashtext("leader")
    p.show(
        theirs.scalar(p.select(try_lock(key))),
        theirs.scalar(p.select(try_lock(p.cast(7, p.BigInteger)))),
    )
    mine.commit()
    p.show(theirs.scalar(p.select(try_lock(1))))
    theirs.execute(p.text("SELECT pg_notify(:channel, :said)"), {"channel": "jobs", "said": "x"})
    theirs.execute(p.select(p.func.pg_notify("jobs", p.cast({"id": 1}, pg.JSONB).cast(p.Text))))
    theirs.execute(p.text("NOTIFY jobs, 'it''s %'"))
    theirs.commit()
    gone = p.delete(Job).where(Job.state == State.DONE).returning(Job.id).cte("gone")
    p.show(theirs.scalar(p.select(p.func.count()).select_from(gone)))
    theirs.commit()


@program
def partitions(p: Peer, pg: Any, c: Any, other: Any) -> None:
    """Measurements by month, written again and again."""
    m = p.MetaData()
    t = p.Table(
        "measured", m,
        p.Column("sensor", p.Integer, primary_key=True),
        p.Column("at", p.DateTime, primary_key=True),
        p.Column("value", p.Numeric(10, 3)),
        p.Column("seen", p.Integer, nullable=False, server_default="1"),
        p.Column("tags", pg.ARRAY(p.Text), server_default="{}"),
        postgresql_partition_by="RANGE (at)",
    )  # fmt: skip
    m.create_all(c)
    for month in (1, 2, 3):
        c.execute(p.DDL(
            f"CREATE TABLE measured_{month} PARTITION OF measured "
            f"FOR VALUES FROM ('2024-0{month}-01') TO ('2024-0{month + 1}-01')"
        ))  # fmt: skip
    c.commit()
    insert = pg.insert(t)
    upsert = insert.on_conflict_do_update(
        index_elements=[t.c.sensor, t.c.at],
        set_={
            "value": p.func.greatest(t.c.value, insert.excluded.value),
            "seen": t.c.seen + 1,
            "tags": t.c.tags + insert.excluded.tags,
        },
        where=t.c.seen < 5,
    )
    data = [
        {
            "sensor": n % 3,
            "at": dt.datetime(2024, 1 + n % 3, 1 + n),
            "value": Decimal(n) / 8,
            "tags": [f"t{n}"],
        }
        for n in range(12)
    ]
    c.execute(upsert, data)
    p.show(rows(c.execute(upsert.returning(t.c.sensor, t.c.seen, t.c.value, t.c.tags), data[:3])))
    p.show(rows(c.execute(upsert.values(data[:2]).returning(t))))
    c.commit()
    failing(
        p, c, lambda: c.execute(insert, {"sensor": 1, "at": dt.datetime(2025, 1, 1), "value": 1})
    )
    failing(
        p,
        c,
        lambda: c.execute(
            insert,
            [{"sensor": 1, "at": dt.datetime(2024, 3, 30 + n % 2), "value": n} for n in range(3)],
        ),
    )
    failing(
        p,
        c,
        lambda: c.execute(
            insert,
            [{"sensor": n, "at": dt.datetime(2024, 3, 29), "value": 10**n} for n in range(9)],
        ),
    )
    month = p.func.date_trunc("month", t.c.at)
    by_month = p.select(
        month.label("month"), p.func.sum(t.c.value), p.func.array_agg(pg.aggregate_order_by(t.c.sensor, t.c.at.desc())),
        p.func.percentile_cont(0.5).within_group(t.c.value), p.func.avg(t.c.value),
        p.func.stddev(t.c.value),
        p.type_coerce(p.literal_column("tableoid::regclass::text"), p.String).label("part"),
    ).group_by("month", "part").order_by("month")  # fmt: skip
    p.show(rows(c.execute(by_month)))
    moved = (
        p.update(t)
        .where(t.c.at < dt.datetime(2024, 2, 1))
        .values(at=t.c.at + dt.timedelta(days=31))
    )
    p.show(
        rows(
            c.execute(
                moved.returning(t.c.sensor, t.c.at, p.literal_column("tableoid::regclass::text"))
            )
        )
    )
    running = p.select(
        t.c.sensor, t.c.at,
        p.func.sum(t.c.value).over(partition_by=t.c.sensor, order_by=t.c.at, rows=(-1, 0)),
        p.func.lag(t.c.value, 1, Decimal(0)).over(partition_by=t.c.sensor, order_by=t.c.at),
        p.func.rank().over(order_by=[t.c.sensor.desc(), t.c.at]),
    ).order_by(t.c.sensor, t.c.at)  # fmt: skip
    p.show(rows(c.execute(running)))
    days = (
        p.func.generate_series(
            dt.datetime(2024, 2, 1), dt.datetime(2024, 2, 4), dt.timedelta(days=1)
        )
        .table_valued("day", name="days")
        .render_derived()
    )
    gaps = p.select(days.c.day, p.func.count(t.c.sensor)).join_from(
        days, t, p.func.date_trunc("day", t.c.at) == days.c.day, isouter=True
    ).group_by(days.c.day).order_by(days.c.day)  # fmt: skip
    p.show(rows(c.execute(gaps)))
    c.execute(p.text("ALTER TABLE measured DETACH PARTITION measured_1"))
    p.show(c.execute(p.delete(t).where(t.c.sensor.in_([0, 1]))).rowcount)
    inspector = p.inspect(c)
    p.show(sorted(inspector.get_table_names()), inspector.get_pk_constraint("measured"))
    p.show(
        [(column["name"], repr(column["type"])) for column in inspector.get_columns("measured_2")]
    )
    c.rollback()


@program
def search(p: Peer, pg: Any, c: Any, other: Any) -> None:
    """Documents with a generated vector, ranked."""
    m = p.MetaData()
    t = p.Table(
        "docs", m, p.Column("id", p.Integer, primary_key=True), p.Column("title", p.String(200)),
        p.Column("body", p.Text),
        p.Column("v", pg.TSVECTOR, p.Computed(
            "setweight(to_tsvector('english', coalesce(title, '')), 'A') || "
            "setweight(to_tsvector('english', coalesce(body, '')), 'B')", persisted=True)),
        p.Index("docs_v", "v", postgresql_using="gin"),
    )  # fmt: skip
    m.create_all(c)
    c.execute(p.insert(t), [
        {"title": "The quick fox", "body": "jumps over lazy dogs"}, {"title": "Lazy days", "body": "foxes sleep: 100% 'rest'"},
        {"title": "Nothing", "body": None}, {"title": None, "body": "a quick, lazy, quick fox"},
    ])  # fmt: skip
    c.commit()
    made = c.execute(p.insert(t).values(title="Dogs").returning(t.c.id, t.c.v))
    p.show(rows(made))
    query = p.func.websearch_to_tsquery("english", p.bindparam("q"))
    ranked = p.select(
        t.c.id, p.func.ts_rank_cd(t.c.v, query, 32).label("rank"),
        p.func.ts_headline("english", t.c.body, query, "StartSel=<b>, StopSel=</b>"),
    ).where(t.c.v.bool_op("@@")(query)).order_by(p.desc("rank"), t.c.id).limit(p.bindparam("n"))  # fmt: skip
    for q in ("quick fox", '"lazy dogs"', "fox -quick", "sleep or dogs", "", "100%", "it's"):
        p.show(rows(c.execute(ranked, {"q": q, "n": 2})))
    f = p.func
    for condition in (
        t.c.v.match("quick & fox"), t.c.body.match("lazy", postgresql_regconfig="english"),
        t.c.title.match("fox:*"),
        t.c.v.op("@@")(pg.to_tsquery("english", "dog | fox")),
        t.c.v.bool_op("@@")(pg.plainto_tsquery("lazy days")),
        pg.to_tsvector("english", t.c.body).bool_op("@@")(pg.phraseto_tsquery("english", "quick fox")),
        p.cast(t.c.body, pg.TSVECTOR).bool_op("@@")(p.cast("lazy", pg.TSQUERY)),
        ~t.c.v.match("fox"),
        t.c.body.ilike("%100\\%%"), t.c.body.contains("100%", autoescape=True),
        t.c.title.regexp_match("^l", flags="i"),
        f.lower(t.c.title).startswith("the"), t.c.title.collate("C") < "M",
        t.c.body.op("~*")("FOX"), t.c.id % 2 == 1,
    ):  # fmt: skip
        failing(
            p,
            c,
            lambda condition=condition: c.execute(
                p.select(t.c.id).where(condition).order_by(t.c.id)
            ),
        )
    for column in (
        t.c.v, pg.to_tsvector("simple", "a b"), pg.to_tsquery("english", "a & b"),
        f.ts_rank(t.c.v, pg.to_tsquery("fox")),
        f.tsvector_to_array(t.c.v), f.strip(t.c.v), f.numnode(pg.to_tsquery("a & b")),
        pg.ts_headline("english", "the fox", pg.to_tsquery("fox")),
        f.to_tsvector("fat cats").op("||")(f.to_tsvector("rats")), f.length(t.c.v),
        f.setweight(t.c.v, p.literal_column("'D'")), f.upper(t.c.title),
    ):  # fmt: skip
        failing(
            p,
            c,
            lambda column=column: c.execute(
                p.select(column).select_from(t).where(t.c.id < 3).order_by(t.c.id)
            ),
        )
    failing(p, c, lambda: c.execute(p.update(t).values(v="x")))
    failing(p, c, lambda: c.execute(p.select(t.c.id).where(t.c.v.match("fox &"))))
    stats = f.ts_stat("SELECT v FROM docs").table_valued("word", "ndoc", "nentry", name="st")
    p.show(rows(c.execute(p.select(stats).order_by(stats.c.nentry.desc(), stats.c.word).limit(3))))
    reflected = p.Table("docs", p.MetaData(), autoload_with=c)
    p.show(
        [(col.name, repr(col.type), col.computed is not None) for col in reflected.c],
        [i.name for i in reflected.indexes],
    )


@program
def documents(p: Peer, pg: Any, c: Any, other: Any) -> None:
    """JSON that is asked and changed within."""
    mutable = p.module("ext.mutable")

    class Doc(p.Base):
        __tablename__ = "docs"
        id = p.mapped_column(p.Integer, primary_key=True)
        d = p.mapped_column(mutable.MutableDict.as_mutable(pg.JSONB))
        seq = p.mapped_column(
            mutable.MutableList.as_mutable(pg.JSONB(none_as_null=True)), nullable=True
        )
        j = p.mapped_column(p.JSON, nullable=True)

    p.Base.metadata.create_all(c)
    c.commit()
    s = p.Session(c)
    s.add_all([
        Doc(id=1, d={"name": "a", "n": 1, "f": 1.5, "tags": ["x", "y"], "deep": {"k": [1, {"z": None}]}, "t": True}, seq=[1, "a", None], j=None),
        Doc(id=2, d={"name": "b\u20ac'\"\\%", "n": 20, "tags": [], "big": 2**70}, seq=None, j={"b": 1, "a": [1.0, 2]}),
        Doc(id=3, d={}, seq=[], j=p.null()),
        Doc(id=4, d={"name": None, "n": "5"}, j="text"),
    ])  # fmt: skip
    s.commit()
    d = Doc.d
    for condition in (
        d["name"].astext == "a", d["n"].as_integer() > 5, d["n"].astext.cast(p.Integer) == 1,
        d["tags"].contains(["x"]),
        d.contains({"deep": {"k": [1]}}), d.has_key("big"), d.has_all(["name", "n"]),
        d.has_any(pg.array(["f", "big"])),
        d[("deep", "k", 1, "z")] == p.JSON.NULL, d["name"] == p.JSON.NULL, d["name"].is_(None),
        d["t"].as_boolean(),
        d.path_exists("$.tags[*] ? (@ == \"x\")"), d.path_match("$.n > 10"),
        d.op("@?")(p.cast("$.deep", pg.JSONPATH)),
        d["name"] == "a", d["n"] == 20, d["deep"]["k"][0].astext == "1", Doc.j.is_(None),
        Doc.j == p.JSON.NULL, Doc.seq.is_(None),
        Doc.j["b"].as_integer() == 1, d["name"].as_string().in_(["a", "z"]),
        d.contained_by({"name": None, "n": "5", "q": 1}),
        d["f"].as_float() < 2, d["f"].as_numeric(5, 2) == Decimal("1.5"), d == {}, d != {},
        d["n"].in_([1, 20]), p.func.jsonb_typeof(d["n"]) == "number",
    ):  # fmt: skip
        failing(
            p,
            s,
            lambda condition=condition: s.execute(
                p.select(Doc.id).where(condition).order_by(Doc.id)
            ),
        )
    f = p.func
    for column in (
        d["name"], d["name"].astext, d[("deep", "k")], d["tags"][0], d["tags"][-1].astext,
        d - "name", d.delete_path("{deep,k}"), d.delete_path(pg.array(["deep", "k"])),
        d + {"new": [1]}, d.concat({"q": None}),
        f.jsonb_set(d, "{n}", p.cast(5, pg.JSONB)),
        f.jsonb_set(d, pg.array(["a", "b"]), p.literal({"x": 1}, pg.JSONB), True),
        f.jsonb_path_query(d, "$.tags[*]"),
        f.jsonb_path_query_array(d, "$.tags[*] ? (@ > $min)", p.cast({"min": "x"}, pg.JSONB)),
        f.jsonb_object_keys(d), f.jsonb_array_elements_text(d["tags"]),
        f.jsonb_build_object("id", Doc.id, "d", d["n"]), f.jsonb_pretty(d["tags"]),
        f.to_jsonb(Doc.seq), f.jsonb_agg(d["n"]), f.jsonb_strip_nulls(d),
        f.row_to_json(p.literal_column("docs")), Doc.j, f.json_agg(Doc.j),
        f.jsonb_object_agg(Doc.id, d["n"]),
        d["f"].as_numeric(5, 2), d["n"].as_integer(), d["t"].as_boolean(), d["big"],
        p.type_coerce(d, p.Text), p.cast(d, p.Text), d["n"].cast(p.Integer),
        p.literal([1, {"a": 2}], pg.JSONB)[1]["a"],
    ):  # fmt: skip
        failing(
            p,
            s,
            lambda column=column: s.execute(
                p.select(column).select_from(Doc).where(Doc.id < 3).order_by(Doc.id)
                if "agg" not in str(column)
                else p.select(column).select_from(Doc)
            ),
        )
    doc = s.get(Doc, 1)
    doc.d["n"] = 2
    doc.d["deep"]["k"].append(5)
    doc.seq.append({"q": 1})
    s.commit()
    p.show(doc.d, doc.seq, doc.j)
    s.execute(
        p.update(Doc)
        .where(Doc.id == 2)
        .values(d=d.concat(p.func.jsonb_build_object("n", d["n"].as_integer() + 1)))
    )
    s.commit()
    p.show(s.get(Doc, 2).d)
    elements = f.jsonb_to_recordset(p.cast([{"a": 1, "b": "x"}, {"a": 2}], pg.JSONB)).table_valued(
        p.column("a", p.Integer), p.column("b", p.Text)
    ).render_derived(name="e", with_types=True)  # fmt: skip
    p.show(rows(s.execute(p.select(elements))))
    each = f.jsonb_each_text(d).table_valued("key", "value", name="each_")
    p.show(
        rows(
            s.execute(
                p.select(Doc.id, each.c.key, each.c.value)
                .join(each, p.true())
                .where(Doc.id == 2)
                .order_by(each.c.key)
            )
        )
    )
    for sql, value in (
        ("SELECT id FROM docs WHERE d @> :v ORDER BY id", '{"n": 2}'), ("SELECT id FROM docs WHERE d ->> 'name' = :v", "a"),
        ("SELECT id FROM docs WHERE d @> cast(:v AS jsonb)", '{"n": 2}'), ("SELECT jsonb_path_query_first(d, :v) FROM docs WHERE id = 1", "$.n"),
        ("SELECT id FROM docs WHERE d ? :v", "big"), ("SELECT d -> :v FROM docs WHERE id = 1", "tags"), ("SELECT d #> :v FROM docs WHERE id = 1", "{deep,k}"),
        ("SELECT d #>> '{deep,k,0}', d, j, seq, :v FROM docs WHERE id = 1", "a"), ("SELECT to_jsonb(cast(:v AS text))", "q"),
    ):  # fmt: skip
        failing(p, s, lambda sql=sql, value=value: s.execute(p.text(sql), {"v": value}))


@program
def staged(p: Peer, pg: Any, c: Any, other: Any) -> None:
    """Rows that are copied into a staging table and merged from there."""
    m = p.MetaData()
    items = p.Table(
        "items", m, p.Column("sku", p.String(10), primary_key=True),
        p.Column("qty", p.Integer, p.CheckConstraint("qty >= 0", name="positive"), nullable=False),
        p.Column("price", pg.MONEY), p.Column("day", p.Date), p.Column("data", p.LargeBinary),
        p.Column("addr", pg.INET), p.Column("bits", pg.BIT(4)),
    )  # fmt: skip
    stage = p.Table(
        "stage", m, p.Column("n", p.Integer, p.Identity()), p.Column("sku", p.Text),
        p.Column("qty", p.Text), p.Column("day", p.Text),
        prefixes=["TEMPORARY"], postgresql_on_commit="PRESERVE ROWS",
    )  # fmt: skip
    m.create_all(c)
    c.commit()
    driver = c.dialect.driver
    if driver == "psycopg2":
        cur = c.connection.cursor()
        cur.copy_expert(
            "COPY stage (sku, qty, day) FROM STDIN WITH (FORMAT csv)",
            io.StringIO("a,1,2024-01-01\nb,x,\nc,3,2024-02-30\nd,-4,\na,5,2024-01-02\n"),
        )
        p.show(cur.rowcount, cur.statusmessage)
        cur.close()
    elif driver == "psycopg":
        with c.connection.cursor() as cur:
            with cur.copy("COPY stage (sku, qty, day) FROM STDIN") as copy:
                for row in (
                    ("a", 1, "2024-01-01"),
                    ("b", "x", None),
                    ("c", 3, "2024-02-30"),
                    ("d", -4, None),
                    ("a", 5, dt.date(2024, 1, 2)),
                ):
                    copy.write_row(row)
            p.show(cur.rowcount, cur.statusmessage)
    else:
        c.execute(p.insert(stage), [
            {"sku": sku, "qty": qty, "day": day}
            for sku, qty, day in (("a", "1", "2024-01-01"), ("b", "x", None), ("c", "3", "2024-02-30"), ("d", "-4", None), ("a", "5", "2024-01-02"))
        ])  # fmt: skip
    c.commit()
    p.show(rows(c.execute(p.select(stage).order_by(stage.c.n))))
    latest = (
        p.select(stage.c.sku, p.cast(stage.c.qty, p.Integer), p.cast(stage.c.day, p.Date))
        .where(stage.c.qty.regexp_match("^-?[0-9]+$"), stage.c.sku != p.bindparam("skip"))
        .distinct(stage.c.sku)
        .order_by(stage.c.sku, stage.c.n.desc())
    )
    insert = pg.insert(items).from_select(["sku", "qty", "day"], latest)
    merge = insert.on_conflict_do_update(
        constraint=items.primary_key,
        set_={
            items.c.qty: items.c.qty + insert.excluded.qty,
            "day": p.func.coalesce(insert.excluded.day, items.c.day),
        },
    )
    merge = merge.returning(
        items.c.sku, items.c.qty, p.literal_column("(xmax = 0)", p.Boolean).label("is_new")
    )
    for skip in ("c", "d", "x"):
        failing(p, c, lambda skip=skip: c.execute(merge, {"skip": skip}))
    c.execute(p.delete(stage).where(stage.c.sku.in_(["c", "d"])))
    for _ in range(2):
        result = c.execute(merge, {"skip": ""})
        p.show(result.keys(), [row._asdict() for row in result])
    c.execute(insert.on_conflict_do_nothing(), {"skip": ""})
    c.commit()
    values = p.values(
        p.column("sku", p.String), p.column("add", p.Integer), p.column("on", p.Date), name="v"
    ).data([("a", 1, dt.date(2024, 3, 1)), ("b", 2, None)])
    p.show(
        c.execute(
            p.update(items)
            .where(items.c.sku == values.c.sku)
            .values(qty=items.c.qty + values.c["add"], day=values.c["on"])
        ).rowcount
    )
    p.show(
        rows(c.execute(p.select(items, values.c["add"]).join(values, items.c.sku == values.c.sku)))
    )
    rare = {"price": "$12.50", "data": b"\x00\xff'", "addr": "10.0.0.0/8", "bits": "0101"}
    failing(
        p,
        c,
        lambda: c.execute(
            p.update(items).values(data=rare["data"], bits=rare["bits"]).returning(items)
        ),
    )
    failing(
        p,
        c,
        lambda: c.execute(
            pg.insert(items).values(sku="m", qty=1, price="12.50").returning(items.c.price)
        ),
    )
    failing(
        p,
        c,
        lambda: c.execute(
            p.select(
                p.cast("10.0.0.1", pg.INET),
                p.cast("08:00:2b:01:02:03", pg.MACADDR),
                p.cast("1 day", pg.INTERVAL),
            )
        ),
    )
    for sql, given in (
        ("INSERT INTO items (sku, qty, day) SELECT * FROM unnest(cast(:a AS text[]), cast(:b AS int[]), cast(:c AS date[])) RETURNING sku", {"a": ["u", "v"], "b": [1, 2], "c": [dt.date(2024, 1, 1), None]}),
        ("INSERT INTO items (sku, qty) VALUES (:sku, :qty) ON CONFLICT (sku) DO UPDATE SET qty = excluded.qty + :add RETURNING qty", {"sku": "a", "qty": 5, "add": 2}),
        ("SELECT sku FROM items WHERE day BETWEEN :a AND :b ORDER BY sku LIMIT :n", {"a": dt.date(2024, 1, 1), "b": dt.date(2024, 4, 1), "n": 2}),
        ("SELECT sku, :x AS x FROM items ORDER BY sku LIMIT 1", {"x": "text"}), ("SELECT data FROM items WHERE data = :d", {"d": b"q"}),
        ("UPDATE items SET qty = qty + :n, data = :d WHERE sku = :s RETURNING qty, data", {"n": 1, "d": b"bytes", "s": "a"}), ("SELECT :a + :b", {"a": 1, "b": 2}),
        ("SELECT now() - :d < now()", {"d": dt.timedelta(1)}), ("SELECT coalesce(:a, 'none')", {"a": None}), ("DELETE FROM items WHERE sku LIKE :p", {"p": "a%"}),
    ):  # fmt: skip
        failing(p, c, lambda sql=sql, given=given: c.execute(p.text(sql), given))
    c.execute(
        p.text("INSERT INTO items (sku, qty) VALUES (:s, :q)"),
        [{"s": f"k{n}", "q": n} for n in range(3)],
    )
    c.rollback()
    failing(
        p,
        c,
        lambda: c.execute(
            p.text("INSERT INTO items (sku, qty) VALUES (:s, :q)"),
            [{"s": f"k{n}", "q": 1 - n} for n in range(3)],
        ),
    )
