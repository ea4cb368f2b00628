"""What engines, connections and create_engine() do in the corners."""

from __future__ import annotations

from .harness import Peer, making_tests

program = making_tests(warned=True, sql=False)


@program
def test_listeners_of_classes_are_called_once(p: Peer):
    event, heard = p.event, []
    engine_class, connection_class = p.module("engine").Engine, p.module("engine").Connection

    def of_class(*args):
        heard.append("class")

    engine = p.engine()
    event.listen(engine_class, "before_execute", of_class)
    event.listen(engine, "before_execute", lambda *args: heard.append("engine"))
    first = engine.execution_options(a=1)
    event.listen(first, "before_execute", lambda *args: heard.append("first"))
    second = first.execution_options(b=1)
    event.listen(second, "before_execute", lambda *args: heard.append("second"))
    for which in (engine, first, second):
        with which.connect() as c:
            c.execute(p.select(1))
        heard.append("|")
    event.remove(engine_class, "before_execute", of_class)
    p.show(heard)

    del heard[:]
    plain = p.engine()

    def of_connections(*args):
        heard.append("connections")

    with plain.connect() as c:
        c.execute(p.select(1))
        event.listen(connection_class, "before_execute", of_connections)
        c.execute(p.select(1))
        event.listen(c, "before_execute", lambda *args: heard.append("connection"))
        c.execution_options(a=1).execute(p.select(1))
        with second.connect() as other:
            other.execute(p.select(1))
        event.remove(connection_class, "before_execute", of_connections)
        c.execute(p.select(1))
    p.show(heard)


@program
def test_errors_of_connecting(p: Peer):
    def engine():
        made = p.sa.create_engine("sqlite:////no/such/directory/x.db")
        p.engines.append(made)
        return made

    lost = engine()

    @p.event.listens_for(lost, "handle_error")
    def call_it_a_disconnect(context):
        context.is_disconnect = True

    for made in (engine(), lost):
        try:
            made.connect()
        except p.exc.DBAPIError as error:
            p.show(str(error), error.connection_invalidated)
    p.error(lambda: engine().raw_connection())
    p.error(lambda: engine().pool.connect())
    p.error(lambda: engine().dialect.has_table(engine(), "t"))
