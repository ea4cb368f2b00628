"""Constructs of a program's own (ext.compiler) and what walks through constructs, on both
packages."""

from __future__ import annotations

import datetime as dt

from .harness import Peer, making_tests

program = making_tests(warned=True)


def tables(p: Peer):
    metadata = p.MetaData()
    users = p.Table(
        "users",
        metadata,
        p.Column("id", p.Integer, primary_key=True),
        p.Column("name", p.String(30)),
        p.Column("born", p.DateTime),
    )
    engine = p.engine()
    metadata.create_all(engine)
    return engine, users


def shown(p: Peer, statement, **kw):
    p.show(str(statement), str(statement.compile(dialect=p.module("dialects.sqlite").dialect())))


@program
def test_function_of_ones_own(p: Peer):
    compiles = p.module("ext.compiler").compiles
    expression = p.module("sql.expression")

    class utcnow(expression.FunctionElement):
        type = p.DateTime()
        inherit_cache = True

    @compiles(utcnow, "sqlite")
    def on_sqlite(element, compiler, **kw):
        return "STRFTIME('%Y-%m-%d %H:%M:%f', 'now')"

    p.error(lambda: str(p.select(utcnow())))

    @compiles(utcnow)
    def default(element, compiler, **kw):
        return "utcnow()"

    shown(p, p.select(utcnow()))
    engine, users = tables(p)
    with engine.connect() as c:
        value = c.execute(p.select(utcnow())).scalar()
        p.show(type(value), abs((value - dt.datetime.now(dt.UTC).replace(tzinfo=None)).days))
        c.execute(users.insert().values(id=1, name="x", born=utcnow()))
        p.show(c.execute(p.select(users.c.id).where(users.c.born <= utcnow())).all())


@program
def test_greatest(p: Peer):
    compiles = p.module("ext.compiler").compiles
    expression = p.module("sql.expression")

    class greatest(expression.FunctionElement):
        type = p.Numeric()
        name = "greatest"
        inherit_cache = True

    @compiles(greatest)
    def default(element, compiler, **kw):
        return compiler.visit_function(element)

    @compiles(greatest, "sqlite")
    def case_greatest(element, compiler, **kw):
        arg1, arg2 = list(element.clauses)
        return compiler.process(p.case((arg1 > arg2, arg1), else_=arg2), **kw)

    engine, users = tables(p)
    shown(p, p.select(users).where(greatest(users.c.id, 5) > 6))
    with engine.connect() as c:
        for a, b in ((1, 2), (4, 3)):
            p.show(c.execute(p.select(greatest(p.literal(a), p.literal(b)))).scalar())


@program
def test_column_and_statement_of_ones_own(p: Peer):
    compiles = p.module("ext.compiler").compiles
    expression = p.module("sql.expression")

    class timestamp(expression.ColumnElement):
        type = p.TIMESTAMP()
        inherit_cache = True

    @compiles(timestamp)
    def compile_timestamp(element, compiler, **kw):
        return "current_timestamp"

    class coalesce(expression.ColumnElement):
        inherit_cache = False

        def __init__(self, *parts):
            self.parts = parts

    @compiles(coalesce)
    def compile_coalesce(element, compiler, **kw):
        return "coalesce(%s)" % ", ".join(compiler.process(e, **kw) for e in element.parts)

    class InsertFromSelect(expression.Executable, expression.ClauseElement):
        inherit_cache = False

        def __init__(self, table, select):
            self.table = table
            self.select = select

    @compiles(InsertFromSelect)
    def visit_insert_from_select(element, compiler, **kw):
        return "INSERT INTO %s (%s)" % (
            compiler.process(element.table, asfrom=True, **kw),
            compiler.process(element.select, **kw),
        )

    engine, users = tables(p)
    name = p.select(coalesce(users.c.name, users.c.id)).select_from(users)
    shown(p, name.add_columns(timestamp()))
    shown(p, InsertFromSelect(users, p.select(users).where(users.c.id > 5)))
    with engine.begin() as c:
        c.execute(users.insert(), [{"id": 1, "name": "a"}, {"id": 2, "name": None}])
        p.show(c.execute(name).all())
        copied = p.select(users.c.id + 10, users.c.name, users.c.born)
        try:
            c.execute(InsertFromSelect(users, copied))
        except Exception as error:
            p.show(type(error).__name__)
        p.show(c.execute(p.select(p.func.count()).select_from(users)).scalar())


@program
def test_what_is_there_compiled_otherwise(p: Peer):
    extension = p.module("ext.compiler")
    compiles, deregister = extension.compiles, extension.deregister
    expression = p.module("sql.expression")
    engine, users = tables(p)

    @compiles(expression.Insert)
    def prefix_inserts(insert, compiler, **kw):
        return compiler.visit_insert(insert.prefix_with("OR REPLACE"), **kw)

    try:
        with engine.begin() as c:
            c.execute(users.insert().values(id=1, name="a"))
            c.execute(users.insert().values(id=1, name="b"))
            p.show(c.execute(p.select(users)).all())
    finally:
        deregister(expression.Insert)
    shown(p, users.insert())

    schema = p.module("schema")

    @compiles(schema.CreateColumn, "sqlite")
    def column(element, compiler, **kw):
        if element.element.name == "born":
            return None
        return compiler.visit_create_column(element, **kw) + " /* mine */"

    @compiles(p.String, "sqlite")
    def string(type_, compiler, **kw):
        return "LONGTEXT"

    try:
        shown(p, schema.CreateTable(users))
        shown(p, p.cast(users.c.name, p.String(5)))
    finally:
        deregister(schema.CreateColumn)
        deregister(p.String)
    shown(p, schema.CreateTable(users))
    shown(p, p.cast(users.c.name, p.String(5)))


@program
def test_ddl_of_ones_own(p: Peer):
    compiles = p.module("ext.compiler").compiles
    schema = p.module("schema")
    engine, users = tables(p)

    class CreateView(schema.DDLElement):
        def __init__(self, name, selectable):
            self.name = name
            self.selectable = selectable

    @compiles(CreateView)
    def create_view(element, compiler, **kw):
        return "CREATE VIEW %s AS %s" % (
            element.name,
            compiler.sql_compiler.process(element.selectable, literal_binds=True),
        )

    shown(p, CreateView("v", p.select(users).where(users.c.id > 5, users.c.name == "it's")))
    with engine.begin() as c:
        c.execute(CreateView("v", p.select(users.c.name).where(users.c.id > 1)))
        c.execute(users.insert(), [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])
        p.show(c.execute(p.text("select * from v")).all())


@program
def test_types_of_ones_own(p: Peer):
    compiles = p.module("ext.compiler").compiles

    class Money(p.module("types").UserDefinedType):
        cache_ok = True

        def __init__(self, currency):
            self.currency = currency

        def get_col_spec(self, **kw):
            return f"MONEY_{self.currency}"

        def bind_processor(self, dialect):
            return lambda value: None if value is None else f"{value} {self.currency}"

        def result_processor(self, dialect, coltype):
            return lambda value: None if value is None else int(value.split()[0])

    class Upper(p.module("types").UserDefinedType):
        cache_ok = True

        def get_col_spec(self):
            return "UPPERTEXT"

        def bind_expression(self, bindvalue):
            return p.func.upper(bindvalue, type_=self)

        def column_expression(self, column):
            return p.func.lower(column, type_=self)

    class Odd(p.module("types").TypeEngine):
        pass

    metadata = p.MetaData()
    t = p.Table(
        "t",
        metadata,
        p.Column("id", p.Integer, primary_key=True),
        p.Column("price", Money("EUR")),
        p.Column("code", Upper),
    )
    shown(p, p.module("schema").CreateTable(t))
    shown(p, p.select(t).where(t.c.code == "x"))

    @compiles(Odd)
    def odd(type_, compiler, **kw):
        return "ODD"

    shown(p, p.cast(t.c.id, Odd))
    engine = p.engine()
    metadata.create_all(engine)
    with engine.begin() as c:
        c.execute(t.insert(), [{"price": 5, "code": "ab"}, {"price": None, "code": None}])
        p.show(c.execute(p.select(t)).all())
        p.show(c.execute(p.select(t.c.id).where(t.c.price == 5, t.c.code == "aB")).all())
        p.show(c.execute(p.text("select price, code from t")).all())


@program
def test_caching_of_constructs_of_ones_own(p: Peer):
    """What a construct does not say is part of its key is not taken from the cache."""
    compiles = p.module("ext.compiler").compiles
    expression = p.module("sql.expression")

    class flagged(expression.FunctionElement):
        name = "flagged"
        type = p.Integer()

        def __init__(self, flag):
            super().__init__()
            self.flag = flag

    @compiles(flagged)
    def compile_flagged(element, compiler, **kw):
        return str(element.flag)

    class Mine(expression.ClauseList):
        inherit_cache = True

    engine, users = tables(p)
    with engine.connect() as c:
        p.show([c.execute(p.select(flagged(i))).scalar() for i in (1, 2, 3)])
    p.show(Mine(users.c.id).compare(Mine(users.c.id)))


@program
def test_constructs_that_list_their_attributes(p: Peer):
    """_traverse_internals says what a statement is cached by, and where to go into."""
    visitors = p.module("sql.visitors")
    told = visitors.InternalTraversal

    class Told(p.module("sql.expression").ColumnElement):
        _traverse_internals = [
            ("left", told.dp_clauseelement),
            ("others", told.dp_clauseelement_list),
            ("sign", told.dp_string),
            ("words", told.dp_string_list),
            ("options", told.dp_plain_dict),
            ("type", told.dp_type),
        ]

        def __init__(self, left, others, sign, words=(), **options):
            self.left, self.others, self.sign, self.words = left, others, sign, words
            self.options, self.type = options, p.Integer()

    @p.module("ext.compiler").compiles(Told)
    def compile_told(element, compiler, **kw):
        parts = [compiler.process(each, **kw) for each in (element.left, *element.others)]
        return f" {element.sign} ".join(parts + list(element.words))

    class Silent(Told):
        pass

    class Heir(Told):
        inherit_cache = True

    class Noted(Told):
        _traverse_internals = [*Told._traverse_internals, ("note", told.dp_ignore)]
        note = None

    engine, users = tables(p)
    one = p.literal(1)
    with engine.connect() as c:
        for sign, numbers in ("+", [2, 3]), ("+", [4, 5]), ("-", [4, 5]), ("-", [4]):
            told = Told(one, [p.literal(number) for number in numbers], sign, ["100"])
            p.show(c.execute(p.select(told)).scalar())

        noted = Noted(one, [], "+")
        for noted.note in "ab":
            p.show(c.execute(p.select(noted)).scalar())

    column = users.c.id
    plain = Told(column, [one], "+", ["1"], deep=1)
    p.show(
        [child is column for child in plain.get_children()], Heir(column, [], "+").compare(plain)
    )
    for other in (
        Told(column, [one], "+", ["1"], deep=1),
        Told(column, [one], "-", ["1"], deep=1),
        Told(column, [one], "+", ["2"], deep=1),
        Told(column, [one], "+", ["1"], deep=2),
        Told(column, [one, one], "+", ["1"], deep=1),
        Told(column, [p.literal(2)], "+", ["1"], deep=1),
        Told(users.c.name, [one], "+", ["1"], deep=1),
    ):
        p.show(plain.compare(other))
    key = plain._generate_cache_key()
    p.show(key == Told(column, [p.literal(9)], "+", ["1"], deep=1)._generate_cache_key())
    p.show(key != Told(column, [one], "-", ["1"], deep=1)._generate_cache_key())
    for cls in Silent, Heir:
        key = cls(column, [one], "+")._generate_cache_key()
        p.show(key is None or key.key is None)
    shown(
        p,
        visitors.replacement_traverse(
            plain, {}, lambda element, **kw: users.c.born if element is column else None
        ),
    )
    shown(p, plain)


@program
def test_traversal(p: Peer):
    visitors = p.module("sql.visitors")
    _engine, users = tables(p)
    statement = (
        p.select(users.c.id, p.func.lower(users.c.name).label("low"))
        .where(p.or_(users.c.name == "x", users.c.id.in_([1, 2])))
        .order_by(users.c.id.desc())
    )
    counts = {}

    def count(element):
        counts[element.__visit_name__] = counts.get(element.__visit_name__, 0) + 1

    visitors.traverse(
        statement.whereclause, {}, {"column": count, "bindparam": count, "binary": count}
    )
    p.show(sorted(counts.items()))
    p.show(sorted(e.__visit_name__ for e in visitors.iterate(statement.whereclause)))

    def change(bind):
        if bind.value == "x":
            bind.value = "changed"

    changed = visitors.cloned_traverse(statement, {}, {"bindparam": change})
    p.show(changed.compile().params, statement.compile().params)

    def swap(element, **kw):
        return p.literal_column("swapped") if element is users.c.name else None

    shown(p, visitors.replacement_traverse(statement.whereclause, {}, swap))

    class Names(visitors.ClauseVisitor):
        def __init__(self):
            self.names = []

        def visit_column(self, column):
            self.names.append(column.name)

        def visit_bindparam(self, bind):
            self.names.append(bind.value)

    visitor = Names()
    visitor.traverse(statement.whereclause)
    p.show(visitor.names)

    class Renamed(visitors.CloningVisitor):
        def visit_bindparam(self, bind):
            bind.value = 7

    p.show(Renamed().traverse(users.c.id == 3).compile().params)

    class Replaced(visitors.ReplacingCloningVisitor):
        def replace(self, element):
            return p.column("other") if element is users.c.id else None

    shown(p, Replaced().traverse(users.c.id == 3))


@program
def test_operators_of_ones_own(p: Peer):
    class Text(p.String):
        class comparator_factory(p.String.Comparator):
            def near(self, other):
                return self.op("<->")(other)

            def __add__(self, other):
                return self.op("goofy")(other)

            def has_all(self, *others):
                return p.and_(*[self.expr.like(o) for o in others])

    class Version(p.TypeDecorator):
        impl = p.Integer
        cache_ok = True

        class comparator_factory(p.TypeDecorator.Comparator):
            def newer(self, other):
                return self.operate(p.sql.operators.gt, other)

        def process_bind_param(self, value, dialect):
            return value * 10

        def process_result_value(self, value, dialect):
            return value / 10

        def coerce_compared_value(self, op, value):
            return self

    t = p.table("t", p.column("a", Text), p.column("v", Version))
    for e in (
        t.c.a.near("x"),
        t.c.a + "x",
        t.c.a.has_all("x", "y"),
        (t.c.a + "x") + "y",
        t.c.v.newer(3),
        t.c.v + 3,
        t.c.a.op("!!", is_comparison=True, precedence=5)("z") & (t.c.v == 3),
    ):
        shown(p, e)
    p.error(lambda: t.c.v.nothing)
    p.error(lambda: p.column("x", p.Integer).near(3))
