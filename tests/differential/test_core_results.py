"""Results and rows of Core on both packages."""

from .harness import Peer, making_tests
from .models import shop

program = making_tests()


# --- results ----------------------------------------------------------------------

NUMBERS = (
    "with recursive n(i) as (select 1 union all select i + 1 from n where i < 10) "
    "select i, i * 2 as j from n"
)


@program
def test_result_methods(p: Peer):
    c = p.engine().connect()

    def rows():
        return c.execute(p.text(NUMBERS))

    for case in [
        lambda: rows().all(),
        lambda: list(rows()),
        lambda: rows().first(),
        lambda: rows().one(),
        lambda: rows().one_or_none(),
        lambda: rows().scalar(),
        lambda: rows().scalar_one(),
        lambda: rows().fetchone(),
        lambda: rows().fetchmany(),
        lambda: rows().fetchmany(3),
        lambda: rows().fetchall(),
        lambda: list(rows().keys()),
        lambda: repr(rows().keys()),
        lambda: "i" in rows().keys(),  # noqa: SIM118
        lambda: [list(part) for part in rows().partitions(4)],
        lambda: rows().columns("j").all(),
        lambda: rows().columns(1, 0).first(),
        lambda: rows().columns(1, 0).columns(1).first(),
        lambda: rows().columns("zz"),
        lambda: rows().scalars().all(),
        lambda: rows().scalars(1).all(),
        lambda: rows().scalars("j").fetchmany(2),
        lambda: rows().scalars(5).all(),
        lambda: rows().scalars().one(),
        lambda: rows().scalars().one_or_none(),
        lambda: rows().scalars().first(),
        lambda: list(rows().scalars()),
        lambda: [list(part) for part in rows().scalars().partitions(6)],
        lambda: rows().mappings().all(),
        lambda: rows().mappings().one(),
        lambda: rows().mappings().first()["j"],
        lambda: rows().mappings().columns("j").first(),
        lambda: rows().mappings().fetchmany(2),
        lambda: list(rows().mappings().keys()),
        lambda: rows().mappings().unique().fetchmany(1),
        lambda: rows().unique().all(),
        lambda: rows().unique(lambda row: row[0] % 3).all(),
        lambda: rows().yield_per(3).fetchmany(),
        lambda: [list(part) for part in rows().yield_per(4).partitions()],
        lambda: rows().tuples().first(),
        lambda: rows().t.first(),
        lambda: rows().freeze()().all(),
        lambda: rows().freeze()().scalars().first(),
        lambda: len(rows().merge(rows(), rows()).all()),
        lambda: c.execute(p.text("select 1 where 1 = 0")).one(),
        lambda: c.execute(p.text("select 1 where 1 = 0")).one_or_none(),
        lambda: c.execute(p.text("select 1 where 1 = 0")).first(),
        lambda: c.execute(p.text("select 1 where 1 = 0")).scalar(),
        lambda: c.execute(p.text("select 1 where 1 = 0")).scalar_one(),
        lambda: c.execute(p.text("select 1 where 1 = 0")).scalar_one_or_none(),
        lambda: c.execute(p.text("select null")).scalar_one(),
        lambda: c.execute(p.text("select 1 as a union all select 1")).unique().all(),
        lambda: c.execute(p.text("select 1 as a union all select 1")).scalars().unique().one(),
    ]:
        p.error(case)


@program
def test_result_is_used_up(p: Peer):
    c = p.engine().connect()

    def rows():
        return c.execute(p.text(NUMBERS))

    result = rows()
    p.show(result.fetchmany(3), result.fetchone(), next(result), [row for row in result])
    p.error(lambda: next(result))
    p.show(result.all(), result.fetchone(), result.closed)
    for end in ("first", "close", "one", "scalar"):
        result = rows()
        p.error(getattr(result, end))
        p.show(result.closed)
        for method in ("all", "first", "fetchone", "fetchmany", "one", "scalar"):
            p.error(getattr(result, method))
        p.show(list(result.keys()))
    result = rows()
    for row in result:
        if row.i == 4:
            break
    p.show(result.fetchone(), result.all())
    with rows() as result:
        p.show(result.fetchone())
    p.show(result.closed)
    c.execute(p.text("create table t (x integer)"))
    result = c.execute(p.text("insert into t values (1)"))
    p.show(result.rowcount, result.returns_rows, result.closed)
    if c.dialect.name == "sqlite":
        p.show(result.lastrowid)
    for method in ("all", "first", "one", "fetchone", "scalar", "scalars", "keys", "fetchall"):
        p.error(getattr(result, method))
    p.error(lambda: result.mappings().all())
    p.error(lambda: result.inserted_primary_key)


@program
def test_rows(p: Peer):
    c = p.engine().connect()
    row = c.execute(p.text("select 1 as a, 'x' as b, null as c")).one()
    p.show(row.a, row[1], row[-1], row[0:2], row._fields, row._asdict(), len(row), tuple(row))
    p.show(row == (1, "x", None), row.count(1), row.index("x"), row > (0,), "x" in row)
    p.show(hash(row) == hash((1, "x", None)), str(row), repr(row))
    mapping = row._mapping
    p.show(list(mapping), list(mapping.items()), list(mapping.values()), "a" in mapping)
    for case in [
        lambda: row.zz,
        lambda: row["a"],
        lambda: row[9],
        lambda: mapping["zz"],
        lambda: setattr(row, "a", 5),
    ]:
        p.error(case)
    again = c.execute(p.text("select 1 as a, 2 as a")).one()
    p.show(again, again.a, again._fields)


@program
def test_rows_by_column(p: Peer):
    engine = p.engine()
    metadata = shop(p, p.MetaData())
    metadata.create_all(engine)
    users, posts = metadata.tables["users"], metadata.tables["posts"]
    c = engine.connect()
    c.execute(users.insert(), {"name": "n"})
    statement = p.select(
        users.c.id, users.c.name, posts.c.id, p.literal("x"), p.func.count(users.c.id)
    ).join_from(users, posts, isouter=True)
    statement = statement.group_by(users.c.id, posts.c.id)
    result = c.execute(statement)
    p.show(list(result.keys()), users.c.id in result.keys())  # noqa: SIM118
    p.show(users.c.email in result.keys())  # noqa: SIM118
    row = result.one()
    p.show(row, row._mapping[users.c.id], row._mapping[posts.c.id], row.id, row.id_1)
    p.error(lambda: row._mapping[users.c.email])
    p.show(c.execute(p.select(users)).scalars(users.c.name).all())
    p.show(c.execute(p.select(users)).columns(users.c.name, users.c.id).first())
    text = p.text("select '2020-01-01' as d, 1 as b, 'q' as z")
    if engine.dialect.name == "sqlite":  # elsewhere columns have types of their own
        p.show(c.execute(text.columns(b=p.Boolean, d=p.Date)).all())
    positional = text.columns(p.column("x", p.String), p.column("y", p.Integer))
    p.show(c.execute(positional).all(), list(c.execute(positional).keys()))
