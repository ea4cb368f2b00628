"""Statements of the reference pages, executed on both packages: what they do, not only how
they are written."""

from __future__ import annotations

from .harness import Peer, compare, making_tests

program = making_tests(warned=True, keys=False)


def filled(p: Peer, **options):
    """An engine with two tables and some rows."""
    metadata = p.MetaData()
    users = p.Table(
        "users",
        metadata,
        p.Column("id", p.Integer, primary_key=True),
        p.Column("name", p.String(30), unique=True),
        p.Column("visits", p.Integer, default=0),
    )
    nodes = p.Table(
        "nodes",
        metadata,
        p.Column("id", p.Integer, primary_key=True),
        p.Column("parent_id", p.ForeignKey("nodes.id")),
        p.Column("label", p.String),
    )
    engine = p.engine(**options)
    metadata.create_all(engine)
    with engine.begin() as c:
        c.execute(users.insert(), [{"name": n, "visits": i} for i, n in enumerate("abcd")])
        c.execute(
            nodes.insert(),
            [
                {"id": i, "parent_id": parent, "label": f"n{i}"}
                for i, parent in ((1, None), (2, 1), (3, 1), (4, 2), (5, 4), (6, None))
            ],
        )
    return engine, users, nodes


@program
def test_on_conflict(p: Peer):
    engine, users, _ = filled(p)
    insert = p.module("dialects.sqlite").insert
    with engine.connect() as c:

        def rows():
            p.show(c.execute(p.select(users).order_by(users.c.id)).all())

        nothing = insert(users).on_conflict_do_nothing(index_elements=["name"])
        p.show(c.execute(nothing.values(name="a", visits=7)).rowcount)
        p.show(c.execute(nothing, [{"name": "a"}, {"name": "e"}]).rowcount)
        rows()
        base = insert(users)
        upsert = base.on_conflict_do_update(
            index_elements=[users.c.name],
            set_={"visits": users.c.visits + base.excluded.visits},
            where=users.c.visits < 3,
        )
        for _ in range(3):
            c.execute(upsert.values(name="b", visits=2))
        rows()
        c.execute(upsert, [{"name": "c", "visits": 10}, {"name": "z", "visits": 1}])
        rows()
        literal = (
            insert(users)
            .values(name="a")
            .on_conflict_do_update(index_elements=["name"], set_={"visits": 99})
        )
        p.show(c.execute(literal.returning(users.c.id, users.c.visits)).all())
        for value in (5, 6):
            c.execute(
                insert(users)
                .values(name="a")
                .on_conflict_do_update(index_elements=["name"], set_=dict(visits=value))
            )
            rows()
        from_select = insert(users).from_select(
            ["name", "visits"], p.select(users.c.name, p.literal(0)).where(p.true())
        )
        c.execute(
            from_select.on_conflict_do_update(
                index_elements=["name"], set_=dict(visits=from_select.excluded.visits)
            )
        )
        rows()
        p.error(lambda: c.execute(insert(users).values(name="a")))


@program
def test_orm_upsert(p: Peer):
    insert = p.module("dialects.sqlite").insert

    class User(p.Base):
        __tablename__ = "user_account"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String, unique=True)
        full = p.Column("full_name", p.String)

    with p.session() as session:
        session.execute(
            insert(User).values([{"name": "a", "full": "A"}, {"name": "b", "full": "B"}])
        )
        statement = insert(User).values([{"name": "a", "full": "A2"}, {"name": "c", "full": "C"}])
        statement = statement.on_conflict_do_update(
            index_elements=[User.name], set_=dict(full_name=statement.excluded.full_name)
        )
        users = session.scalars(
            statement.returning(User), execution_options={"populate_existing": True}
        ).all()
        p.show([(type(u).__name__, u.id, u.name, u.full) for u in users])
        session.execute(
            insert(User).on_conflict_do_nothing(index_elements=["name"]),
            [{"name": "a", "full": "no"}, {"name": "d", "full": "D"}],
        )
        p.show(session.execute(p.select(User.name, User.full).order_by(User.id)).all())


@program
def test_recursive_cte(p: Peer):
    engine, users, nodes = filled(p)
    tree = (
        p.select(nodes.c.id, nodes.c.label, p.literal(0).label("depth"))
        .where(nodes.c.parent_id.is_(None))
        .cte("tree", recursive=True)
    )
    above = tree.alias("above")
    below = nodes.alias("below")
    tree = tree.union_all(
        p.select(below.c.id, below.c.label, above.c.depth + 1).where(
            below.c.parent_id == above.c.id
        )
    )
    with engine.connect() as c:
        p.show(c.execute(p.select(tree).order_by(tree.c.id)).all())
        p.show(c.execute(p.select(p.func.max(tree.c.depth))).scalar())
        numbers = p.select(p.literal(1).label("n")).cte("numbers", recursive=True)
        numbers = numbers.union_all(p.select(numbers.c.n + 1).where(numbers.c.n < 5))
        p.show(c.execute(p.select(numbers.c.n)).scalars().all())
        nested = p.select(p.select(users.c.id).where(users.c.id > 2).cte("u", nesting=True))
        p.show(c.execute(p.select(nested.cte("outer_u"))).all())


@program
def test_ctes_and_writes(p: Peer):
    engine, users, _ = filled(p)
    with engine.connect() as c:
        some = p.select(users.c.id).where(users.c.visits > 1).cte("some")
        c.execute(users.update().where(users.c.id.in_(p.select(some.c.id))).values(visits=100))
        p.show(c.execute(p.select(users.c.id, users.c.visits)).all())
        one = p.select(users.c.id).where(users.c.name == "a").cte("one")
        c.execute(users.delete().where(users.c.id.in_(p.select(one.c.id))))
        extra = p.select(p.literal("zz").label("name"), p.literal(3).label("visits")).cte("extra")
        c.execute(users.insert().from_select(["name", "visits"], p.select(extra)))
        p.show(c.execute(p.select(users)).all())


@program
def test_values_as_from(p: Peer):
    engine, users, _ = filled(p)
    rows = p.values(p.column("name", p.String), p.column("n", p.Integer), name="v").data(
        [("a", 1), ("c", 2), ("x", 3)]
    )
    with engine.connect() as c:
        cte = rows.cte("c")
        for statement in (
            p.select(users.c.id, cte.c.n).join(cte, cte.c.name == users.c.name),
            p.select(cte).order_by(cte.c.n.desc()),
        ):
            p.show(c.execute(statement).all())
        for lists in ([1], [1, 2], [4, 3, 2]):
            v = p.values(p.column("i", p.Integer)).data([(i,) for i in lists]).cte("q")
            p.show(c.execute(p.select(p.func.sum(v.c.i))).scalar())


@program
def test_window_functions(p: Peer):
    engine, users, _nodes = filled(p)
    func = p.func
    with engine.connect() as c:
        for column in (
            func.row_number().over(order_by=users.c.name.desc()),
            func.sum(users.c.visits).over(order_by=users.c.id, rows=(-1, 1)),
            func.sum(users.c.visits).over(order_by=users.c.visits, range_=(-1, 0)),
            func.sum(users.c.visits).over(order_by=users.c.visits, groups=(None, 0)),
            func.lag(users.c.name, 1, "none").over(order_by=users.c.id),
            func.ntile(2).over(partition_by=users.c.visits % 2, order_by=users.c.id),
            func.count().filter(users.c.visits > 1).over(),
            func.first_value(users.c.name).over(order_by=[users.c.visits.desc(), users.c.id]),
        ):
            p.show(c.execute(p.select(users.c.id, column).order_by(users.c.id)).all())
        p.show(
            c.execute(
                p.select(
                    func.count().filter(users.c.visits > 1),
                    func.aggregate_strings(users.c.name, "-"),
                    func.sum(p.case((users.c.visits > 1, 1), else_=0)),
                    func.coalesce(func.max(p.cast(p.null(), p.Integer)), 5),
                )
            ).one()
        )


@program
def test_table_valued_functions(p: Peer):
    engine, users, _ = filled(p)
    with engine.connect() as c:
        each = p.func.json_each('["one", "two", "three"]').table_valued("key", "value")
        p.show(c.execute(p.select(each.c.key, each.c.value).where(each.c.value != "two")).all())
        p.show(c.execute(p.select(each.alias("e").c.value)).scalars().all())
        value = p.func.json_each("[1, 2, 3]").table_valued(
            p.column("value", p.Integer), name="numbers", joins_implicitly=True
        )
        joined = p.select(users.c.name, value.c.value).where(value.c.value == users.c.visits)
        p.show(c.execute(joined).all())
        p.show(c.execute(p.select(p.func.sum(value.c.value))).scalar())


@program
def test_multi_table_writes(p: Peer):
    engine, users, nodes = filled(p)
    with engine.connect() as c:
        c.execute(
            users.update().where(users.c.id == nodes.c.id).values(name=nodes.c.label, visits=7)
        )
        p.show(c.execute(p.select(users)).all())
        c.execute(
            users.update().ordered_values(
                (users.c.visits, users.c.id + 1), (users.c.name, users.c.name + "x")
            )
        )
        p.show(c.execute(p.select(users)).all())
        p.error(lambda: c.execute(users.delete().where(users.c.id == nodes.c.id)))
        scalar = p.select(p.func.max(nodes.c.id)).where(nodes.c.parent_id == users.c.id)
        c.execute(users.update().values(visits=scalar.scalar_subquery()))
        p.show(c.execute(p.select(users)).all())


@program
def test_tuples_and_any(p: Peer):
    engine, users, _ = filled(p)
    with engine.connect() as c:
        pair = p.tuple_(users.c.name, users.c.visits)
        for rows in ([("a", 0), ("b", 5)], [("a", 0)], []):
            p.show(c.execute(p.select(users.c.id).where(pair.in_(rows))).scalars().all())
        p.show(c.execute(p.select(users.c.id).where(pair > ("b", 0))).scalars().all())
        p.show(
            c.execute(
                p.select(users.c.id).where(pair.in_(p.select(users.c.name, users.c.visits)))
            ).all()
        )
        for e in (
            users.c.visits.bitwise_and(1),
            users.c.visits.bitwise_or(8),
            users.c.visits.bitwise_xor(3),
            users.c.visits.bitwise_not(),
            users.c.visits.bitwise_lshift(2),
            users.c.visits.bitwise_rshift(1),
            users.c.visits.is_distinct_from(None),
            users.c.name.is_not_distinct_from("a"),
            users.c.name.collate("NOCASE") == "A",
            p.extract("year", p.cast(p.literal("2020-05-06"), p.String)),
            p.cast(users.c.visits, p.String) + "!",
            p.type_coerce(users.c.visits, p.Boolean),
        ):
            query = p.select(e).select_from(users).order_by(users.c.id)
            p.show(c.execute(query).scalars().all())


def test_lambda_statements():
    def program(p: Peer):
        engine, users, _ = filled(p)

        def named(low):
            names = p.select(users.c.name)
            statement = p.lambda_stmt(lambda: names)
            statement += lambda s: s.where(users.c.visits > low)
            return statement.add_criteria(lambda s: s.order_by(users.c.id.desc()))

        with engine.connect() as c:
            for low in (0, 1, 2, 7):
                p.show(c.execute(named(low)).scalars().all())
            p.show(c.execute(p.select(users.c.id).where(lambda: users.c.name == "b")).all())

    compare(program, keys=False)


@program
def test_tables_of_one_name_in_several_schemas(p: Peer):
    metadata = p.MetaData()
    plain = p.Table("t", metadata, p.Column("id", p.Integer, primary_key=True))
    columns = p.Column("id", p.Integer, primary_key=True), p.Column("of", p.ForeignKey("t.id"))
    other = p.Table("t", metadata, *columns, schema="s")
    third = p.Table("t", metadata, p.Column("id", p.Integer, primary_key=True), schema="z")
    both = p.select(plain.c.id, other.c.of).where(plain.c.id == other.c.id)
    alias, named = plain.alias(), plain.alias("x")
    cte = both.cte("c")
    inner = p.select(plain.c.id).where(plain.c.id == other.c.of).scalar_subquery()
    for statement in (
        p.select(plain, other).join_from(plain, other, plain.c.id == other.c.of),
        p.select(other.c.id, plain.c.id).order_by(plain.c.id).group_by(plain.c.id),
        p.select(
            plain.outerjoin(other, plain.c.id == other.c.of).join(third, third.c.id == other.c.id)
        ),
        p.select(plain, p.select(other).subquery()),
        p.select(other.c.id).where(other.c.id == inner),
        p.select(alias, named, plain, other).set_label_style(p.LABEL_STYLE_TABLENAME_PLUS_COL),
        p.select(both.subquery()),
        p.select(cte, plain.c.id).where(cte.c.id == plain.c.id),
        p.union(p.select(plain.c.id), p.select(other.c.id)),
        plain.insert().from_select(["id"], both.with_only_columns(other.c.of)),
        plain.update().values(id=5).where(plain.c.id == other.c.id),
        p.select(plain).where(p.exists().where(third.c.id == other.c.id)),
        p.select(other),
    ):
        p.show(str(statement))
    engine = p.sa.create_engine("sqlite://")
    p.engines.append(engine)
    with engine.begin() as c:
        for schema in ("s", "z"):
            c.exec_driver_sql(f"ATTACH ':memory:' AS {schema}")
        metadata.create_all(c)
        c.execute(plain.insert(), [{"id": 1}, {"id": 2}])
        c.execute(other.insert(), [{"id": 3, "of": 2}, {"id": 4, "of": 2}])
        rows = c.execute(p.select(plain, other).join(other, plain.c.id == other.c.of)).all()
        p.show(rows, [(row._mapping[plain.c.id], row._mapping[other.c.id]) for row in rows])


@program
def test_rows_of_statements_that_are_made_again(p: Peer):
    engine, users, _ = filled(p)
    light = p.table("users", p.column("id"), p.column("name"))
    makers = [
        lambda: users.alias(),
        lambda: users.alias("named"),
        lambda: light.alias(),
        lambda: p.table("users", p.column("id"), p.column("name")),
        lambda: p.select(users).where(users.c.visits > 1).subquery(),
        lambda: p.select(users.c.id, users.c.name).cte("c"),
    ]
    with engine.connect() as c:
        for make in makers:
            for _ in range(3):
                source = make()
                row = c.execute(p.select(source).order_by(source.c.id)).first()
                p.show(row._mapping[source.c.id], row._mapping[source.c.name])
                p.error(lambda row=row: row._mapping[users.c.id])


@program
def test_columns_of_equal_sources_in_rows_of_statements_that_are_made_again(p: Peer):
    engine, users, _ = filled(p)

    def of_each(make):
        a, b, other = make(), make(), make()
        selected = p.select(a.c.id, b.c.id, b.c.name).where(a.c.id == b.c.id - 1)
        return selected, [a.c.id, b.c.id, b.c.name, a.c.name, other.c.id, users.c.id]

    def whole(make):
        a, b = make(), make()
        return p.select(a, b).where(a.c.id == b.c.id - 1), [a.c.id, b.c.id, a.c.name, b.c.name]

    def turned():
        turned.count += 1
        a, b = turned.sources if turned.count % 2 else reversed(turned.sources)
        return p.select(a.c.id, b.c.id).where(a.c.id == b.c.id - 1), [
            source.c.id for source in turned.sources
        ]

    turned.count, turned.sources = 0, [users.alias(), users.alias()]

    def repeated():
        a, b = users.alias(), users.alias()
        return p.select(a.c.id, a.c.id, b.c.id).where(a.c.id == b.c.id - 1), [a.c.id, b.c.id]

    def united():
        a, b = users.alias(), users.alias()
        selects = p.select(a.c.id, a.c.name), p.select(b.c.id, b.c.name)
        return p.union_all(*selects), [a.c.id, a.c.name, b.c.id, users.c.id]

    def computed():
        a = users.alias()
        most, least = p.func.max(a.c.id), p.func.max(a.c.visits)
        three, four = p.literal(3), p.literal(4)
        found = [most, least, three, four, (most + 1).label("next")]
        return p.select(*found), [*found, p.func.max(a.c.id), a.c.id]

    def returned():
        one, two = users.c.visits + 1, users.c.visits + 2
        changed = users.update().where(users.c.id == 1).values(visits=3)
        return changed.returning(one, two, users.c.id), [one, two, users.c.id, users.c.visits + 1]

    def written():
        a, b = p.column("id"), p.column("name")
        return p.text("SELECT id, name FROM users").columns(a, b), [a, b, users.c.id]

    makers = [
        lambda: of_each(users.alias),
        lambda: whole(users.alias),
        lambda: of_each(p.select(users).subquery),
        lambda: whole(p.select(users).cte),
        turned,
        repeated,
        united,
        computed,
        returned,
        written,
    ]
    for executor in (engine.connect(), p.orm.Session(engine)):
        with executor:
            for make in makers:
                older = []
                for _ in range(3):
                    statement, columns = make()
                    row = executor.execute(statement).first()
                    for column in (*columns, *older):
                        p.show(column in row._mapping)
                        if column in row._mapping:
                            p.show(row._mapping[column])
                        else:
                            p.error(lambda row=row, column=column: row._mapping[column])
                    older = columns


@program
def test_columns_of_equal_sources_in_results(p: Peer):
    engine, users, _ = filled(p)

    def results():
        a, b = users.alias(), users.alias()
        selected = p.select(a.c.id, b.c.id, b.c.name).where(a.c.id == b.c.id - 1)
        yield c.execute(selected).columns(b.c.name, a.c.id).all()
        yield c.execute(selected).scalars(b.c.id).all()
        yield [row[b.c.id] for row in c.execute(selected).mappings()]
        yield [row[b.c.id] for row in s.execute(selected).mappings().partitions(2) for row in row]
        yield [row._mapping[b.c.id] for row in s.query(a.c.id, b.c.id).filter(a.c.id < b.c.id)]
        streamed = c.execute(selected.execution_options(yield_per=2))
        yield [row._mapping[b.c.name] for row in streamed]
        inserted = users.insert().returning(users.c.visits + 1, users.c.visits + 2)
        added = inserted.exported_columns.values()
        rows = c.execute(inserted, [{"name": None, "visits": i} for i in range(3)]).all()
        yield [row._mapping[column] for row in rows for column in added]

    with engine.connect() as c, p.orm.Session(engine) as s:
        for _ in range(3):
            for found in results():
                p.show(found)


@program
def test_raw_columns_beside_entities_in_rows_of_statements_that_are_made_again(p: Peer):
    engine, users, _ = filled(p)
    base = p.orm.declarative_base(metadata=users.metadata)

    class User(base):
        __table__ = users

    with p.orm.Session(engine) as s:
        for _ in range(3):
            a, b = p.select(users).subquery(), p.select(users).subquery()
            twice = p.func.max(a.c.visits)
            selected = p.select(User, a.c.id, b.c.id, twice).where(
                User.id == a.c.id - 1, a.c.id == b.c.id - 1
            )
            row = s.execute(selected.group_by(User.id, a.c.id, b.c.id)).first()
            p.show(row._mapping[User].id, [row._mapping[x] for x in (a.c.id, b.c.id, twice)])
            p.show(b.c.name in row._mapping)
