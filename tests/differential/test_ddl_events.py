"""Events of tables, columns and metadata, and DDL as a listener."""

from .harness import compare


def recorder(p, name):
    def listener(target, connection, **kw):
        shown = {
            key: [t.name for t in value] if key == "tables" else value
            for key, value in kw.items()
            if key not in ("_ddl_runner", "tables_to_drop")
        }
        p.show(name, getattr(target, "name", "metadata"), sorted(shown.items()))

    return listener


NAMES = ("before_create", "after_create", "before_drop", "after_drop")


def tables(p):
    meta = p.MetaData()
    a = p.Table("a", meta, p.Column("id", p.Integer, primary_key=True))
    b = p.Table(
        "b",
        meta,
        p.Column("id", p.Integer, primary_key=True),
        p.Column("a_id", p.ForeignKey("a.id"), index=True),
    )
    return meta, a, b


def test_create_and_drop():
    def program(p):
        meta, a, b = tables(p)
        engine = p.engine()
        for target in (meta, a, b):
            for name in NAMES:
                p.sa.event.listen(target, name, recorder(p, name))
        meta.create_all(engine)
        meta.create_all(engine)
        meta.drop_all(engine)
        a.create(engine)
        a.drop(engine)

    compare(program)


def test_listening_on_the_class():
    def program(p):
        meta, _, _ = tables(p)
        engine = p.engine()
        listener = recorder(p, "created")
        p.sa.event.listen(p.Table, "after_create", listener)
        try:
            meta.create_all(engine)
        finally:
            p.sa.event.remove(p.Table, "after_create", listener)
        meta.drop_all(engine)

    compare(program)


def test_ddl_as_a_listener():
    def program(p):
        meta, a, b = tables(p)
        engine = p.engine()
        event = p.sa.event
        event.listen(a, "after_create", p.sa.DDL("CREATE TABLE %(table)s_log (x INTEGER)"))
        event.listen(b, "after_create", p.sa.DDL("not for this").execute_if(dialect="oracle"))
        event.listen(
            b,
            "after_create",
            p.sa.DDL("CREATE INDEX extra ON %(fullname)s (a_id)").execute_if(
                dialect=("sqlite", "postgresql"), callable_=lambda ddl, target, bind, **kw: True
            ),
        )
        event.listen(
            meta,
            "after_create",
            p.sa.DDL("never").execute_if(
                callable_=lambda ddl, target, bind, state, **kw: state, state=False
            ),
        )
        meta.create_all(engine)
        p.show(sorted(p.inspect(engine).get_table_names()))

    compare(program)


def test_parent_attach():
    def program(p):
        event = p.sa.event

        def listener(name):
            def attached(target, parent):
                # a table is not named yet
                p.show(name, getattr(target, "name", None), type(parent).__name__)

            return attached

        pairs = [
            (p.Column, "before_parent_attach"),
            (p.Column, "after_parent_attach"),
            (p.Table, "before_parent_attach"),
            (p.Table, "after_parent_attach"),
        ]
        made = [(target, name, listener(name)) for target, name in pairs]
        for item in made:
            event.listen(*item)
        try:
            column = p.Column("y", p.Integer)
            event.listen(column, "after_parent_attach", listener("own"))
            t = p.Table("t", p.MetaData(), p.Column("x", p.Integer), column)
            t.append_column(p.Column("z", p.Integer))
        finally:
            for item in made:
                event.remove(*item)

    compare(program)


def test_column_reflect():
    def program(p):
        meta, _, _ = tables(p)
        engine = p.engine()
        meta.create_all(engine)
        found = p.MetaData()

        @p.sa.event.listens_for(found, "column_reflect")
        def reflect(inspector, table, column_info):
            p.show(table.name, column_info["name"], type(inspector).__name__)
            column_info["key"] = "attr_" + column_info["name"]
            if column_info["name"] == "a_id":
                column_info["type"] = p.sa.String(5)

        def own(inspector, table, column_info):
            p.show("own", column_info["key"])

        b = p.Table("b", found, autoload_with=engine, listeners=[("column_reflect", own)])
        p.show([(c.name, c.key, str(c.type), c.primary_key) for c in b.c])
        p.show([fk.parent.key for fk in b.foreign_keys])

    compare(program, sql=False)


def test_types_of_tables_that_others_create():
    def program(p):
        kind = p.Enum("a", "b", name="kind")
        metadata = p.MetaData()
        tables = [
            p.Table(name, metadata, p.Column("id", p.Integer), p.Column("kind", kind))
            for name in ("one", "two")
        ]
        runner = type("Runner", (), {"memo": {}})()
        with p.engine().connect() as c:
            for table in tables:
                table.dispatch.before_create(table, c, checkfirst=False, _ddl_runner=runner)
                c.execute(p.module("schema").CreateTable(table))
                table.dispatch.after_create(table, c, checkfirst=False, _ddl_runner=runner)
            c.execute(tables[0].insert().values(id=1, kind="b"))
            p.show(c.execute(p.select(tables[0])).all())
            c.rollback()

    compare(program)


def test_what_listeners_to_reflection_can_ask():
    def program(p):
        def heard(inspector, table, column):
            with inspector._operation_context() as connection:
                p.show(table.name, column["name"], connection.scalar(p.text("select 1")))

        engine = p.engine()
        metadata = p.MetaData()
        p.Table("t", metadata, p.Column("id", p.Integer), p.Column("name", p.String))
        metadata.create_all(engine)
        found = p.MetaData()
        p.sa.event.listen(found, "column_reflect", heard)
        found.reflect(engine)
        p.Table("t", p.MetaData(), autoload_with=engine, listeners=[("column_reflect", heard)])

    compare(program, sql=False)
