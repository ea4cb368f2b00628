"""What is SQLite's alone: its types of dates, its tables' options, its catalog's odd corners."""

from __future__ import annotations

import datetime as dt

import pytest

from .harness import Peer, compare, making_tests

program = making_tests(warned=True)


def lite_engine(p: Peer):
    """An engine of SQLite whatever database programs run on."""
    engine = p.sa.create_engine("sqlite://", poolclass=p.module("pool").StaticPool)
    p.engines.append(engine)
    return engine


@program
def test_dates_are_stored_in_a_form_of_the_programs(p: Peer):
    lite = p.module("dialects.sqlite")
    moment = dt.datetime(2021, 3, 4, 5, 6, 7, 89)
    forms = [
        (
            lite.DATETIME(
                storage_format="%(day)02d.%(month)02d.%(year)04d %(hour)02d:%(minute)02d",
                regexp=r"(?P<day>\d+)\.(?P<month>\d+)\.(?P<year>\d+) (?P<hour>\d+):(?P<minute>\d+)",
            ),
            moment,
        ),
        (lite.DATETIME(truncate_microseconds=True), moment),
        (lite.DATETIME(), moment),
        (lite.DATETIME(storage_format="%(year)04d%(month)02d%(day)02d", regexp=r"(\d{4})(\d\d)(\d\d)"), moment),
        (lite.DATE(storage_format="%(year)04d/%(month)d/%(day)d", regexp="(.+)/(.+)/(.+)"), moment.date()),
        (lite.DATE(storage_format="%(year)04d%(month)02d%(day)02d", regexp=r"(\d{4})(\d\d)(\d\d)"), moment.date()),
        (lite.TIME(storage_format="%(hour)dh%(minute)d", regexp=r"(\d+)h(\d+)"), moment.time()),
        (lite.TIME(truncate_microseconds=True), moment.time()),
    ]  # fmt: skip
    engine = lite_engine(p)
    for kind, value in forms:
        table = p.Table(
            "t", p.MetaData(), p.Column("id", p.Integer, primary_key=True), p.Column("v", kind)
        )
        with engine.begin() as c:
            table.create(c)
            c.execute(table.insert(), [{"v": value}, {"v": None}])
            p.show(c.execute(p.text("SELECT v, typeof(v) FROM t")).all())
            p.show(c.execute(p.select(table.c.v).where(table.c.v == value)).all())
            p.show(c.scalar(p.select(table.c.v).where(table.c.id == 2)))
            literal = p.select(table.c.v == value).compile(
                dialect=engine.dialect, compile_kwargs={"literal_binds": True}
            )
            p.show(str(literal), kind.format_is_text_affinity, str(kind.compile()))
            table.drop(c)


@program
def test_dates_of_a_form_in_a_mapping(p: Peer):
    lite = p.module("dialects.sqlite")

    class Day(p.Base):
        __tablename__ = "day"
        on = p.Column(
            lite.DATE(
                storage_format="%(year)04d|%(month)02d|%(day)02d", regexp=r"(\d+)\|(\d+)\|(\d+)"
            ),
            primary_key=True,
        )
        note = p.Column(p.String)

    engine = lite_engine(p)
    p.Base.metadata.create_all(engine)
    with p.orm.Session(engine) as session:
        session.add_all([Day(on=dt.date(2020, 5, n), note=str(n)) for n in (1, 2, 3)])
        session.commit()
        found = session.get(Day, dt.date(2020, 5, 2))
        found.note = "changed"
        session.commit()
        p.show([(day.on, day.note) for day in session.query(Day).order_by(Day.on)])
        p.show(session.query(Day).filter(Day.on > dt.date(2020, 5, 1)).count())
        p.show(session.execute(p.text("SELECT * FROM day")).all())


@program
def test_dates_that_are_refused(p: Peer):
    lite = p.module("dialects.sqlite")
    engine = lite_engine(p)
    for kind, value in (
        (lite.DATETIME(truncate_microseconds=True), "2020-01-01"),
        (lite.DATE(storage_format="%(year)d"), 5),
        (lite.TIME(storage_format="%(hour)d"), dt.date(2020, 1, 1)),
    ):
        table = p.Table("t", p.MetaData(), p.Column("v", kind))
        with engine.connect() as c:
            table.create(c)
            p.error(lambda c=c, table=table, value=value: c.execute(table.insert(), {"v": value}))
            table.drop(c)
    for kind, stored in (
        (lite.DATETIME(regexp=r"(\d+)-(\d+)"), "'x'"),
        (lite.DATE(regexp=r"(\d+)-(\d+)-(\d+)"), "5"),
        (lite.TIME(regexp=r"(\d+):(\d+)"), "'5'"),
    ):
        column = p.type_coerce(p.literal_column(stored), kind)
        with engine.connect() as c:
            p.error(lambda c=c, column=column: c.execute(p.select(column)).all())
    p.error(lambda: lite.DATETIME(truncate_microseconds=True, storage_format="%(year)d"))
    p.error(lambda: lite.TIME(truncate_microseconds=True, regexp="x"))


def options_of_tables(p: Peer):
    engine = lite_engine(p)
    with engine.begin() as c:
        for text in (
            "plain (id INTEGER PRIMARY KEY)",
            "norow (id INTEGER PRIMARY KEY) WITHOUT ROWID",
            "exact (id INTEGER PRIMARY KEY) STRICT",
            "both (id INTEGER PRIMARY KEY, v TEXT DEFAULT ') STRICT')\n WITHOUT ROWID,\n STRICT",
            "worded (id INTEGER PRIMARY KEY, v TEXT DEFAULT ') STRICT')",
        ):
            c.exec_driver_sql(f"CREATE TABLE {text}")
        c.exec_driver_sql("CREATE TEMPORARY TABLE passing (id INTEGER PRIMARY KEY) STRICT")
        c.exec_driver_sql("CREATE VIEW seen AS SELECT * FROM exact")
    inspector = p.sa.inspect(engine)
    for name in ("plain", "norow", "exact", "both", "worded", "passing", "seen"):
        p.show(name, inspector.get_table_options(name))
    p.error(lambda: inspector.get_table_options("absent"))
    p.show(inspector.get_multi_table_options())
    both = p.Table("both", p.MetaData(), autoload_with=engine)
    options = both.dialect_options["sqlite"]
    p.show(options["with_rowid"], options["strict"])
    p.show(str(p.module("schema").CreateTable(both).compile(engine)))


def of_the_catalog(p: Peer):
    engine = lite_engine(p)
    with engine.begin() as c:
        c.exec_driver_sql(
            "CREATE TABLE kept (id INTEGER PRIMARY KEY AUTOINCREMENT, v INT(3) UNIQUE)"
        )
        c.exec_driver_sql(
            "CREATE TABLE early (id INTEGER PRIMARY KEY, other INTEGER REFERENCES later)"
        )
        c.exec_driver_sql("CREATE INDEX ix_kept ON kept (v)")
        inspector = p.sa.inspect(c)
        p.show(inspector.get_table_names(), inspector.get_table_names(sqlite_include_internal=True))
        p.show(inspector.get_view_names(sqlite_include_internal=True))
        p.show(inspector.get_temp_table_names(sqlite_include_internal=True))
        p.show(inspector.get_indexes("kept"))
        p.show(inspector.get_indexes("kept", include_auto_indexes=True))
        p.show([repr(column["type"]) for column in inspector.get_columns("kept")])
        p.show(inspector.get_foreign_keys("early"))
        p.error(lambda: p.Table("early", p.MetaData(), autoload_with=c))
        dialect = engine.dialect
        p.show(dialect.has_schema(c, "main"), dialect.has_schema(c, "other"))
        p.show(dialect.has_table(c, "kept"), dialect.has_index(c, "kept", "ix_kept"))
        p.show(dialect.get_table_names(c), dialect.get_view_names(c, "main"))
        p.show(dialect.get_pk_constraint(c, "kept"), dialect.get_indexes(c, "kept", schema="main"))


@pytest.mark.parametrize("asking", [options_of_tables, of_the_catalog])
def test_of_the_catalog(asking):
    # which PRAGMAs are asked for it is each package's own
    compare(asking, sql=False, warned=True)


@program
def test_names_that_programs_import(p: Peer):
    for module, names in (
        ("dialects.sqlite.base", "DATETIME INTEGER JSON SQLiteDialect SQLiteCompiler"),
        ("dialects.postgresql.base", "UUID BYTEA INTEGER PGDialect PGInspector ischema_names"),
        ("pool.impl", "QueuePool NullPool StaticPool AsyncAdaptedQueuePool"),
        ("pool.base", "Pool PoolProxiedConnection ResetStyle"),
    ):
        for name in names.split():
            p.show(module, name, hasattr(p.module(module), name))
    p.show(sorted(p.module("dialects").__all__))
    kinds = ("JSONElementType", "JSONIndexType", "JSONIntIndexType", "JSONStrIndexType")
    p.show([getattr(p.JSON, name).__name__ for name in (*kinds, "JSONPathType")])
    p.show(issubclass(p.JSON.JSONPathType, p.JSON.JSONElementType))


@program
def test_functions_of_the_program(p: Peer):
    engine = lite_engine(p)

    def total(*values):
        return sum(value or 0 for value in values)

    @p.event.listens_for(engine, "connect")
    def make(dbapi_connection, record):
        dbapi_connection.create_function("twice", 1, lambda value: value * 2)
        dbapi_connection.create_function("total", -1, total, deterministic=True)
        dbapi_connection.create_function("shown", -1, lambda *values: repr(values))
        dbapi_connection.create_function("fails", 0, lambda: 1 / 0)
        dbapi_connection.create_function("odd", 0, object)

    table = p.Table(
        "t", p.MetaData(), p.Column("id", p.Integer, primary_key=True), p.Column("v", p.String)
    )
    with engine.begin() as c:
        table.create(c)
        c.execute(table.insert(), [{"v": v} for v in ("one", "two", None, "drei")])
        p.show(c.execute(p.text("SELECT twice(2), twice(2.5), twice('é'), twice(x'00ff')")).all())
        p.show(c.scalar(p.text("SELECT shown(1, 'a', NULL, 2.5, x'ff', 6, 7, 8, 9, 10)")))
        p.show(
            c.execute(
                p.select(p.func.total(table.c.id, 1)).where(p.func.total(table.c.id) > 2)
            ).all()
        )
        for text in (
            "fails()",
            "odd()",
            "twice(NULL)",
            "twice(1, 2)",
            "absent(1)",
            "shown(CAST(x'ff' AS TEXT))",
        ):
            p.error(lambda text=text: c.execute(p.text(f"SELECT {text}")))
        p.show(c.execute(p.select(table.c.id).where(table.c.v.regexp_match("^[a-o]"))).all())
        p.show(c.execute(p.select(table.c.id).where(~table.c.v.regexp_match("o"))).all())
        p.error(lambda: c.execute(p.select(table.c.id).where(table.c.v.regexp_match("("))))
        p.error(lambda: c.execute(p.text("SELECT 5 REGEXP 'a'")))
    raw = engine.raw_connection()
    raw.create_function("thrice", 1, lambda value: value * 3)
    cursor = raw.cursor()
    cursor.execute("SELECT thrice(2)")
    p.show(cursor.fetchall(), hasattr(raw, "no_such_attribute"))
    p.error(lambda: raw.create_function("thrice", 500, total))


@program
def test_aggregates_and_collations_of_the_program(p: Peer):
    engine = lite_engine(p)

    class Sum:
        def __init__(self):
            self.values = []

        def step(self, *values):
            self.values.append(values)

        def finalize(self):
            return repr(self.values)

    class Fails:
        where = "step"

        def __init__(self):
            if self.where == "__init__":
                raise ValueError()

        def step(self, value):
            if self.where == "step" and value == 2:
                raise ValueError()

        def finalize(self):
            return 1 / 0 if self.where == "finalize" else 7

    @p.event.listens_for(engine, "connect")
    def make(dbapi_connection, record):
        dbapi_connection.create_aggregate("gathered", -1, Sum)
        dbapi_connection.create_aggregate("fails", 1, Fails)
        dbapi_connection.create_aggregate("without", 1, object)
        dbapi_connection.create_collation("backwards", lambda a, b: (a < b) - (a > b))
        dbapi_connection.create_collation("odd", lambda a, b: 1 / 0 if "1" in a + b else None)

    table = p.Table("t", p.MetaData(), p.Column("n", p.Integer), p.Column("v", p.String))
    with engine.begin() as c:
        table.create(c)
        c.execute(table.insert(), [{"n": n, "v": f"é{n % 3}"} for n in range(6)])
        gathered = p.func.gathered(table.c.n, table.c.v)
        p.show(c.execute(p.select(table.c.v, gathered).group_by(table.c.v)).all())
        p.show(c.execute(p.select(gathered, p.func.gathered(*[1] * 9))).all())
        p.show(c.execute(p.select(gathered).where(table.c.n > 9)).all())
        count = p.select(p.func.count()).select_from(table)
        p.show(c.execute(count.having(gathered != "x")).all())
        for where in ("step", "finalize", "nowhere", "__init__"):
            Fails.where = where
            p.error(lambda: c.scalar(p.select(p.func.fails(table.c.n))))
        p.error(lambda: c.scalar(p.select(p.func.without(table.c.n))))
        for name in ("backwards", "odd", "absent"):
            query = p.select(table.c.n).order_by(table.c.v.collate(name), table.c.n)
            p.error(lambda: c.execute(query).all())  # noqa: B023
        p.show(c.scalar(p.select(table.c.v.collate("backwards") < "é1").limit(1)))
        raw = c.connection.driver_connection
        raw.create_collation("backwards", None)
        p.error(lambda: c.execute(p.select(table.c.v.collate("backwards") < "x")).all(), text=False)
        raw.create_aggregate("gathered", -1, None)
        # which leaves the name in the standard library, as what cannot be called
        p.error(lambda: c.execute(p.select(gathered)).all(), text=False)
        p.error(lambda: raw.create_collation("name", 3))
        p.error(lambda: raw.create_aggregate("name", 500, Sum), text=False)


@program
def test_what_functions_of_the_program_raise(p: Peer):
    """Memory, overflows and methods that are not there have errors of their own."""
    engine = lite_engine(p)

    def does(what):
        if isinstance(what, type):
            raise what()
        return what

    answers = {
        "memory": MemoryError,
        "overflow": OverflowError,
        "attribute": AttributeError,
        "exit": KeyboardInterrupt,
        "large": 2**63,
        "nan": float("nan"),
        "surrogate": "\ud800",
        "array": bytearray(b"ab"),
        "every other": memoryview(b"abcd")[::2],
        "longer than a text may be": bytes(2**31),
    }

    class Aggregate:
        made, stepped, ended = None, None, None

        def __init__(self):
            does(self.made)

        def step(self, value):
            does(self.stepped)

        def finalize(self):
            return does(self.ended)

    class Lacking(Aggregate):
        @property
        def finalize(self):
            return does(self.ended)

    with engine.connect() as c:
        raw = c.connection.driver_connection
        raw.create_function("answer", 1, lambda name: does(answers[name]))
        raw.create_aggregate("aggregate", 1, Aggregate)
        raw.create_aggregate("lacking", 1, Lacking)
        for name, answer in answers.items():
            outcome = p.text(f"SELECT typeof(answer('{name}')), length(answer('{name}'))")
            p.error(lambda outcome=outcome: c.execute(outcome).all())
            for where in ("made", "stepped", "ended"):
                setattr(Aggregate, where, answer)
                for function in ("aggregate", "lacking"):
                    total = p.text(f"SELECT typeof({function}(1))")
                    p.error(lambda total=total: c.execute(total).all())
                setattr(Aggregate, where, None)


@program
def test_what_collations_raise(p: Peer):
    """It ends the statement as it is, whatever the statement does."""
    engine = lite_engine(p)
    compared = []
    answer = [None]

    def collation(one, other):
        compared.append((one, other))
        if isinstance(answer[0], BaseException):
            raise answer[0]
        return (one > other) - (one < other) if answer[0] is None else answer[0]

    @p.event.listens_for(engine, "connect")
    def make(dbapi_connection, record):
        dbapi_connection.create_collation("ours", collation)

    base = p.declarative_base()

    class Word(base):
        __tablename__ = "words"
        id = p.Column(p.Integer, primary_key=True)
        word = p.Column(p.String(collation="ours"), index=True)

    base.metadata.create_all(engine)
    words = Word.__table__
    with p.Session(engine) as session:
        session.add_all([Word(id=n, word=w) for n, w in enumerate("dbca")])
        session.commit()
        by_word = p.select(words.c.id).order_by(words.c.word.collate("ours"), words.c.id + 0)
        for answer[0] in (0, "odd", True, 2**70, -(2**70), 1.5):
            p.show(session.execute(by_word.where(words.c.id + 0 >= 0)).all())
        for answer[0] in (ZeroDivisionError("a"), MemoryError(), OverflowError()):
            for statement, values in (
                (by_word, {}),
                (p.select(words).where(words.c.word < "c"), {}),
                (words.insert(), {"word": "e"}),
                (words.insert(), [{"word": "e"}, {"word": "f"}]),
                (words.update().where(words.c.id == 1), {"word": "e"}),
                (words.delete().where(words.c.id == 1), {}),
            ):
                del compared[:]
                try:
                    session.execute(statement, values).all()
                except BaseException as error:
                    p.show(type(error).__name__, error is answer[0], str(error), len(compared))
                session.rollback()
            session.add(Word(word="g"))
            try:
                session.flush()
            except BaseException as error:
                p.show(type(error).__name__, error is answer[0])
            session.rollback()
        answer[0] = None
        p.show([word.id for word in session.query(Word).order_by(Word.word)])


@program
def test_a_function_that_uses_its_own_connection(p: Peer):
    engine = lite_engine(p)
    connection = engine.connect()

    def again():
        try:
            return connection.connection.cursor().execute("SELECT 1").fetchone()[0]
        except Exception as error:
            return type(error).__name__

    connection.connection.dbapi_connection.create_function("again", 0, again)
    # the standard library runs it, which SQLite allows; here the connection is in use
    p.show(connection.scalar(p.text("SELECT again()")) in (1, "ProgrammingError"))
    connection.close()


@pytest.mark.sqlite_only
@program
def test_constraints_as_they_were_written(p: Peer):
    """Several keys of the same columns, and names and conditions in any form."""
    engine = p.engine()
    with engine.begin() as connection:
        for sql in (
            "CREATE TABLE a1 (id INTEGER PRIMARY KEY)",
            "CREATE TABLE a2 (id INTEGER PRIMARY KEY)",
            "CREATE TABLE named (id INTEGER, CONSTRAINT foo1 FOREIGN KEY(id) REFERENCES a1(id), "
            'CONSTRAINT foo2 FOREIGN KEY (id) REFERENCES "a2"(id))',
            "CREATE TABLE plain (id INTEGER, FOREIGN KEY(id) REFERENCES a1(id), "
            "FOREIGN KEY (id) REFERENCES a2 (id))",
            "CREATE TABLE checks (x INTEGER CHECK (x > 1 ), CHECK (  x<9), "
            "CONSTRAINT 'single' CHECK (x<99), CONSTRAINT [br] CHECK (x<98\n))",
        ):
            connection.exec_driver_sql(sql)
    inspector = p.inspect(engine)
    p.show(inspector.get_foreign_keys("named"), inspector.get_foreign_keys("plain"))
    p.show(inspector.get_check_constraints("checks"))


@making_tests(keys=False)
def test_conflicts_with_a_partial_index(p: Peer):
    """The condition of the index is written into the SQL, where it is an expression, too."""
    dialect = p.module("dialects.sqlite")
    t = p.Table(
        "t",
        p.MetaData(),
        p.Column("id", p.Integer, primary_key=True),
        p.Column("n", p.String),
        p.Column("key", p.String),
    )
    index = p.Index("part", t.c.key, unique=True, sqlite_where=t.c.key == "it's")
    engine = lite_engine(p)
    t.metadata.create_all(engine)
    insert = dialect.insert(t)
    where = index.dialect_options["sqlite"]["where"]
    insert = insert.on_conflict_do_update(
        index_elements=index.columns, index_where=where, set_={"n": insert.excluded.n}
    )
    with engine.connect() as connection:
        for given in (
            {"n": "a", "key": "it's"},
            {"n": "b", "key": "it's"},
            [{"n": "c", "key": "it's"}],
            [{"n": "d", "key": "it's"}, {"n": "e", "key": "x"}],
        ):
            p.error(lambda given=given: connection.execute(insert, given).rowcount)
            p.error(lambda given=given: connection.execute(insert.returning(t.c.n), given).all())
            p.show(connection.execute(p.select(t)).all())


@program
def test_conflicts_of_a_column_s_check(p: Peer):
    create = p.module("schema").CreateTable
    dialect = p.module("dialects.sqlite").dialect()
    check = p.CheckConstraint("a > 5", sqlite_on_conflict="ROLLBACK")
    table = p.Table("t", p.MetaData(), p.Column("a", p.Integer), check)
    p.show(str(create(table).compile(dialect=dialect)))
    check = p.CheckConstraint("a > 5", sqlite_on_conflict="ROLLBACK")
    table = p.Table("t", p.MetaData(), p.Column("a", p.Integer, check))
    p.error(lambda: str(create(table).compile(dialect=dialect)))


@program
def test_processors_without_a_dialect(p: Peer):
    dialect = p.module("dialects.sqlite")
    for kind, value, text in (
        (dialect.DATE, dt.date(2020, 1, 2), "2020-01-02"),
        (dialect.TIME, dt.time(1, 2, 3, 4), "01:02:03.000004"),
        (dialect.DATETIME, dt.datetime(2020, 1, 2, 3, 4, 5, 6), "2020-01-02 03:04:05.000006"),
    ):
        p.show(kind().bind_processor(None)(value), kind().result_processor(None, None)(text))


@program
def test_exclusive_or(p: Peer):
    """SQLite has none: it is made of what there is."""
    t = p.Table("t", p.MetaData(), p.Column("a", p.Integer), p.Column("b", p.Integer))
    engine = p.engine()
    t.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(t.insert(), [{"a": a, "b": b} for a in range(4) for b in range(4)])
        p.show(connection.execute(p.select(t.c.a, t.c.b, t.c.a.bitwise_xor(t.c.b) + 0)).all())
        p.show(connection.execute(p.select(t.c.a).where(t.c.a.bitwise_xor(5) - 1 == 5)).all())


@making_tests(keys=False)
def test_rows_of_literal_values(p: Peer):
    t = p.Table("t", p.MetaData(), p.Column("a", p.Integer), p.Column("b", p.String))
    engine = p.engine()
    t.metadata.create_all(engine)
    listed = p.bindparam("q", expanding=True, literal_execute=True)
    with engine.begin() as connection:
        connection.execute(t.insert(), [{"a": 1, "b": "it's"}, {"a": 2, "b": "x"}])
        for criterion, values in (
            (p.tuple_(t.c.a, t.c.b).in_(listed), [(1, "it's"), (2, "y")]),
            (t.c.a.in_(listed), [1, 5]),
        ):
            p.show(connection.execute(p.select(t).where(criterion), {"q": values}).all())


@making_tests(sql=False)
def test_tables_are_no_views(p: Peer):
    engine = p.engine()
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a INTEGER)")
        connection.exec_driver_sql("CREATE VIEW v AS SELECT 1 AS a")
    inspector = p.inspect(engine)
    p.error(lambda: inspector.get_view_definition("t"))
    p.show(inspector.get_view_definition("v"))


@making_tests(warned=True, sql=False)
def test_keys_that_name_a_column_twice(p: Peer):
    engine = lite_engine(p)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE a (x INTEGER, y INTEGER, PRIMARY KEY (x, y))")
        connection.exec_driver_sql(
            "CREATE TABLE b (x INTEGER, FOREIGN KEY (x, x) REFERENCES a (x, y))"
        )
    table = p.Table("b", p.MetaData(), autoload_with=engine)
    p.show(len(table.foreign_key_constraints), table.c.keys())


@program
def test_foreign_keys_that_stand_at_columns(p: Peer):
    with lite_engine(p).connect() as connection:
        connection.exec_driver_sql("CREATE TABLE a (id INTEGER PRIMARY KEY)")
        connection.exec_driver_sql(
            "CREATE TABLE b (x INTEGER REFERENCES a (id) ON DELETE CASCADE DEFERRABLE, y INTEGER, "
            "FOREIGN KEY (y) REFERENCES a (id) ON UPDATE CASCADE)"
        )
        p.show(p.inspect(connection).get_foreign_keys("b"))


@program
def test_errors_show_parameters_by_name_as_given(p: Peer):
    with lite_engine(p).connect() as connection:
        for sql in ("INSERT INTO nope VALUES (:b, :a)", "INSERT nope %(a)s", "nothing"):
            p.error(lambda sql=sql: connection.exec_driver_sql(sql, {"a": 1, "b": 2}))
        p.error(lambda: connection.exec_driver_sql("INSERT INTO nope VALUES (?)", (1,)))


@pytest.mark.sqlite_only
@making_tests()
def test_parameters_of_sqlite_by_name(p: Peer):
    engine = p.engine(paramstyle="named")

    class A(p.Base):
        __tablename__ = "a"
        id = p.Column(p.Integer, primary_key=True)
        x = p.Column(p.Integer)
        d = p.Column(p.DateTime, default=dt.datetime(2020, 1, 2))
        bs = p.relationship("B")

    class B(p.Base):
        __tablename__ = "b"
        id = p.Column(p.Integer, primary_key=True)
        a_id = p.Column(p.ForeignKey("a.id"))

    p.Base.metadata.create_all(engine)
    t = A.__table__
    with engine.begin() as c:
        p.show(engine.dialect.paramstyle, engine.dialect.positional)
        c.execute(t.insert(), {"x": 1})
        c.execute(t.insert(), [{"x": 2}, {"x": 3}])
        b = B.__table__
        p.show(c.execute(b.insert().returning(b.c.id), [{"a_id": 4}, {"a_id": 5}]).all())
        c.execute(t.insert(), [{"x": 4}, {"x": 5}])
        p.show(c.execute(p.select(t).where(t.c.x.in_([1, 2]), t.c.d.isnot(None))).all())
        p.show(c.execute(p.text("select :x, :y, :x"), {"x": 1, "y": 2}).all())
        x = p.bindparam("x", type_=p.Integer)
        p.show(c.execute(p.select(t.c.id).where(t.c.x > x, t.c.id > x), {"x": 3}).all())
        c.execute(t.update().where(t.c.x == 1).values(x=t.c.x + 10))
        p.show(c.execute(p.select(t.c.x).order_by(t.c.id).limit(2).offset(1)).all())
        for sql, given in (
            ("select :a, :a, :b", {"a": 1, "b": 2}),
            ("select ?, ?", (1, 2)),
            ("select 1", None),
            ("select 1", {}),
            ("select 1", ()),
            ("insert into b (a_id) values (:a)", [{"a": 1}, {"a": 2}]),
            ("insert into b (a_id) values (?)", [(1,), (2,)]),
            ("select :a", {"b": 1}),
            ("select ?", {"b": 1}),
            ("select ?", (1, 2)),
            ("select :a", [{"a": 1}, {"a": 2}]),
        ):
            p.error(lambda s=sql, g=given: p.show(c.exec_driver_sql(s, g).returns_rows))
        p.error(lambda: c.execute(t.insert(), {"id": 1}))
        p.error(lambda: c.execute(t.insert(), [{"id": 1}, {"id": 2}]))
        p.error(lambda: c.execute(p.text("select :x")))
    with p.orm.Session(engine) as session:
        session.add_all([A(x=7, bs=[B(), B()]), A(x=8)])
        session.commit()
        found = session.scalars(p.select(A).options(p.selectinload(A.bs)).where(A.x > 6)).all()
        p.show([(a.x, a.d, len(a.bs)) for a in found])
        found[0].x = 9
        session.delete(found[1])
        session.commit()
        p.show(found[0].x, len(found[0].bs), session.get(A, 1).x)
        session.execute(p.update(A).values(x=A.x + 1).where(A.x == 9))
        session.execute(p.insert(A), [{"x": 1}, {"x": 2}])
        p.show(session.query(A).filter(A.x == 10).count())
    p.show(p.inspect(engine).get_table_names())

    def before(conn, cursor, sql, given, context, many):
        p.show(sql, given, many)
        return sql, given

    p.event.listen(engine, "before_cursor_execute", before, retval=True)
    with engine.begin() as c:
        p.show(c.execute(p.select(t.c.d).where(t.c.x == 2)).all())
        c.execute(t.insert(), [{"x": 2}, {"x": 3}])
        p.show(c.exec_driver_sql("select :a", {"a": 1}).all())


@program
def test_types_that_are_declared_oddly(p: Peer):
    """Types by SQLite's rules of affinity, where SQLAlchemy has its own idea of a name."""
    declared = (
        "XBLOB", "BLOB", "NCHAR(3)", "CHAR (4)", "CHARINT", "INT_BLOB", "FLOATY", "LONGVARCHAR(9)",
        "numeric(4,2)", "DOUBLE PRECISION", "VARCHAR(3,4)", "", "STRING", "ANY", "DATE_CHAR",
    )  # fmt: skip
    with lite_engine(p).connect() as c:
        for number, type_ in enumerate(declared):
            c.exec_driver_sql(f"CREATE TABLE t{number} (x {type_})")
            p.show(type_, repr(p.sa.inspect(c).get_columns(f"t{number}")[0]["type"]))
