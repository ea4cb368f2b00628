"""handle_error: what listeners of an engine are told when a statement fails, and may change."""

from .harness import compare


def test_handle_error():
    def program(p):
        engine = p.engine()

        class Mine(Exception):
            pass

        @p.sa.event.listens_for(engine, "handle_error")
        def handle(context):
            p.show(
                type(context.original_exception).__name__,
                type(context.sqlalchemy_exception).__name__,
                context.statement,
                context.parameters,
                context.is_disconnect,
                context.connection is None,
                context.engine is engine,
            )
            if "mine" in str(context.statement):
                raise Mine("instead")
            if "yours" in str(context.statement):
                return Mine("returned")

        with engine.connect() as conn:
            p.error(lambda: conn.exec_driver_sql("SELECT * FROM nowhere"))
            p.error(lambda: conn.execute(p.text("SELECT :a FROM mine"), {"a": 1}))
            p.error(lambda: conn.execute(p.text("SELECT :a FROM yours"), {"a": 1}))
        p.error(lambda: p.sa.event.listen(conn, "handle_error", handle))

    compare(program)


def test_handle_error_has_the_context_of_the_statement():
    """What tracers leave there when a statement begins they find when it fails."""

    def program(p):
        event = p.sa.event
        engine = p.engine()
        metadata = p.MetaData()
        table = p.Table("spans", metadata, p.Column("id", p.Integer, primary_key=True))
        metadata.create_all(engine)

        @event.listens_for(engine, "before_cursor_execute")
        def before(conn, cursor, statement, parameters, context, executemany):
            context.span = [statement]

        @event.listens_for(engine, "after_cursor_execute")
        def after(conn, cursor, statement, parameters, context, executemany):
            context.span.append("done")
            p.show(context.span)

        @event.listens_for(engine, "handle_error")
        def failed(context):
            running = context.execution_context
            p.show("failed", getattr(running, "span", None), context.statement)

        def attempt(function):
            try:
                function()
            except p.exc.SQLAlchemyError as error:
                p.show(type(error).__name__)

        one = p.insert(table).values(id=1)
        for many in False, True:
            with engine.connect() as conn:
                conn.execute(one)
                if many:
                    attempt(lambda: conn.execute(p.insert(table), [{"id": 2}, {"id": 1}]))
                else:
                    attempt(lambda: conn.execute(one))
        with engine.connect() as conn:
            attempt(lambda: conn.execute(p.text("SELECT nothing")))
        with engine.connect() as conn:
            attempt(lambda: conn.exec_driver_sql("SELECT nothing"))
            conn.rollback()
            p.show(conn.scalar(p.select(p.func.count()).select_from(table)))

        class Span(p.declarative_base()):
            __table__ = table

        with p.orm.Session(engine) as session:
            session.add(Span(id=1))
            session.flush()
            session.expunge_all()
            session.add(Span(id=1))
            attempt(session.flush)

    compare(program)


def test_handle_error_says_what_a_disconnect_is():
    def program(p):
        engine = p.engine("sqlite:///f.db")

        @p.sa.event.listens_for(engine, "handle_error")
        def handle(context):
            context.is_disconnect = True

        with engine.connect() as conn:
            p.error(lambda: conn.exec_driver_sql("SELECT * FROM nowhere"))
            p.show(conn.invalidated)

    compare(program)


def test_errors_show_what_listeners_have_left():
    """The SQL and parameters that the database has refused, not those of the program."""

    def program(p):
        class Item(p.Base):
            __tablename__ = "items"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.String, unique=True)

        engine = p.engine()
        p.Base.metadata.create_all(engine)

        @p.event.listens_for(engine, "before_cursor_execute", retval=True)
        def comment(conn, cursor, statement, parameters, context, executemany):
            return statement + " /* told */", parameters

        @p.event.listens_for(engine, "handle_error")
        def handle(context):
            p.show(context.statement, context.parameters)

        def failing(action):
            try:
                action()
            except p.DBAPIError as error:
                p.show(type(error), error.statement, error.params)
                p.show(str(error).partition("[SQL")[2])

        table = Item.__table__
        statements = [
            (p.text("SELECT nothing, :x"), {"x": 1}),
            (p.select(p.literal_column("nothing")), None),
            (table.insert(), {"id": 1, "name": "a"}),
            (table.insert(), [{"id": 2, "name": "b"}, {"id": 3, "name": "a"}]),
            (p.update(Item).values(name="a"), None),
        ]
        with engine.begin() as conn:
            conn.execute(table.insert(), [{"id": 5, "name": "a"}, {"id": 6, "name": "c"}])
        for statement, values in statements:
            with engine.connect() as conn:
                failing(lambda c=conn, s=statement, v=values: c.execute(s, v))
        with engine.connect() as conn:
            failing(lambda: conn.exec_driver_sql("SELECT nothing"))
        with p.Session(engine) as session:
            session.add(Item(id=9, name="a"))
            failing(session.flush)
            session.rollback()
            session.get(Item, 6).name = "a"
            failing(session.commit)
            session.rollback()
            failing(lambda: session.scalars(p.select(Item).where(p.text("nothing = 1"))).all())

    compare(program, sql=False)
