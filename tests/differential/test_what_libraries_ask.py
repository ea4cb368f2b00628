"""What libraries on top of the ORM ask of types, expressions, classes and contexts."""

from __future__ import annotations

import datetime as dt
import pickle
import warnings
from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


@program
def processors_of_types(p: Any) -> None:
    """None says that the driver takes, or returns, the values themselves."""
    pg = p.module("dialects.postgresql")
    shared = [
        p.Integer(), p.BigInteger(), p.String(), p.Text(), p.DateTime(), p.Date(), p.Time(),
        p.DateTime(timezone=True), p.Interval(), p.Uuid(), p.Enum("a", "b"), p.PickleType(),
    ]  # fmt: skip
    own = [
        pg.INET(), pg.CIDR(), pg.MACADDR(), pg.TSVECTOR(), pg.INTERVAL(), pg.UUID(), pg.BIT(3),
        pg.MONEY(), pg.OID(),
    ]  # fmt: skip
    for dialect, types in (
        (pg.dialect(), shared + own),
        (p.module("dialects.sqlite").dialect(), [*shared, p.LargeBinary(), p.Float()]),
    ):
        for type_ in types:
            impl = type_.dialect_impl(dialect)
            p.show(
                dialect.name,
                repr(type_),
                impl.bind_processor(dialect) is None,
                impl.result_processor(dialect, None) is None,
            )
    for type_ in (p.Numeric(), p.Float(), p.Boolean(), p.LargeBinary(), p.JSON()):
        p.show(repr(type_), type_.dialect_impl(pg.dialect()).bind_processor(pg.dialect()) is None)


@program
def python_types(p: Any) -> None:
    pg = p.module("dialects.postgresql")
    types = [
        pg.INET(), pg.TSVECTOR(), pg.TSQUERY(), pg.BIT(), pg.MONEY(), pg.OID(), pg.REGCLASS(),
        pg.HSTORE(), pg.INT4RANGE(), pg.INT4MULTIRANGE(), pg.CITEXT(), pg.INTERVAL(), pg.JSONB(),
        pg.ARRAY(p.Integer), p.types.NullType(), p.Integer(), p.Uuid(),
    ]  # fmt: skip
    for type_ in types:
        try:
            p.show(repr(type_), type_.python_type.__name__)
        except NotImplementedError:
            p.show(repr(type_), None)


@program
def processors_of_a_type_of_its_own(p: Any) -> None:
    """It asks the type that it decorates for its processors, as documented."""

    class Later(p.TypeDecorator):
        impl = p.DateTime
        cache_ok = True

        def bind_processor(self, dialect: Any) -> Any:
            inner = self.impl_instance.dialect_impl(dialect).bind_processor(dialect)

            def process(value: Any) -> Any:
                value = value + dt.timedelta(days=1)
                return value if inner is None else inner(value)

            return process

    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        at = p.Column(Later)

    session = p.session()
    session.add(Thing(id=1, at=dt.datetime(2024, 2, 28, 12)))
    session.commit()
    p.show(session.scalars(p.select(Thing.at)).all())


@program
def processors_of_decorators(p: Any) -> None:
    class Shifted(p.TypeDecorator):
        impl = p.DateTime
        cache_ok = True

        def process_bind_param(self, value: Any, dialect: Any) -> Any:
            return value + dt.timedelta(days=1)

        def process_result_value(self, value: Any, dialect: Any) -> Any:
            return value - dt.timedelta(days=1)

    at = dt.datetime(2024, 2, 28, 12)
    for name, returned in ("postgresql", at), ("sqlite", "2024-02-28 12:00:00.000000"):
        dialect = p.module(f"dialects.{name}").dialect()
        type_ = Shifted().dialect_impl(dialect)
        p.show(type_.bind_processor(dialect)(at))
        p.show(type_.result_processor(dialect, None)(returned))


@program
def synonyms(p: Any) -> None:
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        called = p.orm.synonym("name")

    prop = p.inspect(User).attrs["called"]
    p.show(prop._proxied_object is p.inspect(User).attrs["name"], hasattr(prop, "columns"))
    p.show(User.called.property.key, User.called.key)


@program
def parameters_that_are_literals(p: Any) -> None:
    """As Alembic writes the values of op.bulk_insert() into scripts."""

    class Literal(p.BindParameter):
        inherit_cache = True

    @p.module("ext.compiler").compiles(Literal)
    def render(element: Any, compiler: Any, **kw: Any) -> str:
        return compiler.render_literal_bindparam(element, **kw)

    table = p.table("t", p.column("x"))
    for statement in (
        table.insert().values(x=Literal("x", "d'1", type_=p.String())),
        p.select(Literal("y", 5, type_=p.Integer())),
        p.select(table).where(table.c.x == Literal(None, 5)),
        table.update().values(x=Literal("x", 7)),
        p.select(table).where(table.c.x.in_([Literal(None, 5), Literal(None, 6)])),
    ):
        for name in ("sqlite", "postgresql"):
            p.show(str(statement.compile(dialect=p.module(f"dialects.{name}").dialect())))


@program
def phrases_of_constraints(p: Any) -> None:
    """As Alembic adds a column with the foreign key that it has."""
    table = p.Table(
        "t",
        p.MetaData(),
        p.Column("a", p.Integer, p.ForeignKey("t.b", ondelete="CASCADE", onupdate="SET NULL")),
        p.Column(
            "b", p.Integer, p.ForeignKey("t.a", match="FULL", deferrable=True, initially="DEFERRED")
        ),
    )
    for name in ("sqlite", "postgresql"):
        dialect = p.module(f"dialects.{name}").dialect()
        compiler = p.module("schema").CreateTable(table).compile(dialect=dialect)
        for column in table.c:
            (key,) = column.foreign_keys
            p.show(
                compiler.define_constraint_match(key.constraint),
                compiler.define_constraint_cascades(key.constraint),
                compiler.define_constraint_deferrability(key.constraint),
            )


@program
def truth_of_collections(p: Any) -> None:
    """That of their length."""
    metadata = p.MetaData()
    empty = p.Table("t", metadata)
    full = p.Table("t2", metadata, p.Column("x", p.Integer))
    for each in (
        empty.c, full.c, empty.primary_key, full.primary_key, full.primary_key.columns,
        p.ForeignKeyConstraint([], []), p.CheckConstraint("x"), p.CheckConstraint(full.c.x > 1),
        p.UniqueConstraint("x"), p.UniqueConstraint(), p.Index("i"), p.table("a").c,
        p.select(full).selected_columns, p.select(full).subquery().c,
    ):  # fmt: skip
        p.show(bool(each))


@program
def only_columns_are_nullable(p: Any) -> None:
    table = p.Table("t", p.MetaData(), p.Column("a", p.Integer, nullable=False))
    for expression in (
        table.c.a, table.c.a + 1, table.c.a.label("x"), p.func.lower("x"), p.literal(5),
        p.case((table.c.a == 1, 2)), p.select(table.c.a).scalar_subquery(), p.column("x"),
        p.cast(table.c.a, p.String), table.alias().c.a, p.select(table).subquery().c.a,
    ):  # fmt: skip
        p.show(str(expression), getattr(expression, "nullable", "none"))


@program
def the_registry_of_classes(p: Any) -> None:
    for base in (p.Base, type("Base", (p.DeclarativeBase,), {}), p.orm.registry().generate_base()):
        made = type(
            "Made", (base,), {"__tablename__": "m", "id": p.Column(p.Integer, primary_key=True)}
        )
        p.show(base._sa_registry is base.registry, made._sa_registry is base.registry)
        p.show([mapper.class_.__name__ for mapper in base._sa_registry.mappers])

    class Hidden(p.Base):
        __tablename__ = "hidden"
        id = p.Column(p.Integer, primary_key=True)
        registry = p.Column(p.String)

    class Below(Hidden):
        pass

    p.show(Below._sa_registry is p.Base.registry, p.inspect(Below).inherits is p.inspect(Hidden))
    own = p.orm.registry()
    meta = type("Meta", (p.orm.DeclarativeMeta,), {})
    given = meta("Given", (), {"__abstract__": True, "_sa_registry": own, "metadata": own.metadata})
    p.show(given._sa_registry is own)
    p.error(lambda: meta("Nothing", (), {"__abstract__": True}))


@program
def classes_of_unnamed_columns(p: Any) -> None:
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        age = p.Column(p.Integer)
        older = p.orm.column_property(age + 1)
        text = p.orm.column_property(p.func.lower(p.cast(age, p.String)))

    session = p.session()
    session.add(User(id=1, age=20))
    session.commit()

    class Same(p.Base):
        __table__ = session.query(User).filter(User.age == 20).subquery("same")

    keys = p.inspect(Same).attrs.keys()
    p.show(len(keys), [key for key in keys if not key.startswith("%(")])
    for same in session.scalars(p.select(Same)):
        p.show(same.id, same.age, sorted(str(getattr(same, key)) for key in keys))


@program
def joins_by_the_columns_of_one_constraint(p: Any) -> None:
    """Of several constraints the one of just the columns that foreign_keys names."""

    class Seminar(p.Base):
        __tablename__ = "seminar"
        title = p.Column(p.String, primary_key=True)
        semester = p.Column(p.String, primary_key=True)

    class Lecture(p.Base):
        __tablename__ = "lecture"
        __table_args__ = (
            p.ForeignKeyConstraint(["title", "semester"], ["seminar.title", "seminar.semester"]),
        )
        id = p.Column(p.Integer, primary_key=True)
        title = p.Column(p.String, p.ForeignKey(Seminar.title))
        semester = p.Column(p.String, p.ForeignKey(Seminar.semester))
        seminar = p.relationship(Seminar, foreign_keys=[title, semester], backref="lectures")

    p.show(str(p.select(Lecture).join(Lecture.seminar)))
    p.show(str(p.select(Seminar).join(Seminar.lectures)))
    p.error(lambda: str(p.select(Lecture).join(Seminar)))

    class Talk(p.Base):
        __tablename__ = "talk"
        id = p.Column(p.Integer, primary_key=True)
        first = p.Column(p.Integer, p.ForeignKey("lecture.id"))
        second = p.Column(p.Integer, p.ForeignKey("lecture.id"))
        lecture = p.relationship(Lecture)

    p.error(p.orm.configure_mappers)


@program
def statement_and_parameters_of_a_context(p: Any) -> None:
    engine = p.engine()
    table = p.Table("t", p.MetaData(), p.Column("a", p.Integer))

    @p.event.listens_for(engine, "before_cursor_execute", retval=True)
    def before(conn: Any, cursor: Any, sql: str, parameters: Any, context: Any, many: bool) -> Any:
        p.show("before", context.statement, context.parameters)
        if "WHERE" in sql:
            return sql + " AND 1 = 1", parameters
        return sql, parameters

    @p.event.listens_for(engine, "after_cursor_execute")
    def after(conn: Any, cursor: Any, sql: str, parameters: Any, context: Any, many: bool) -> None:
        p.show("after", sql, context.statement, context.parameters)

    with engine.connect() as connection:
        table.create(connection)
        connection.execute(table.insert(), {"a": 1})
        connection.execute(table.insert(), [{"a": 2}, {"a": 3}])
        p.show(connection.scalars(p.select(table.c.a).where(table.c.a < 3)).all())
        p.show(connection.exec_driver_sql("select 1").all())
        p.show(connection.execute(p.text("select a from t where a = :a"), {"a": 2}).all())


@program
def managers_of_classes(p: Any) -> None:
    """Tools look for `_sa_class_manager` to know whether a class is mapped."""

    class User(p.Base):
        __tablename__ = "user"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

    class Admin(User):
        pass

    class Plain:
        pass

    class Other:
        pass

    registry = p.orm.registry()
    registry.map_imperatively(
        Other, p.Table("other", registry.metadata, p.Column("id", p.Integer, primary_key=True))
    )
    for cls in (User, Admin, Plain, p.Base, Other):
        p.show(cls.__name__, hasattr(cls, "_sa_class_manager"), "_sa_class_manager" in vars(cls))
    manager = User._sa_class_manager
    p.show(manager.mapper is p.inspect(User), manager is p.inspect(User).class_manager)
    p.show(Admin._sa_class_manager.mapper is p.inspect(Admin))
    p.show(sorted(manager), sorted(manager.keys()), len(manager))
    p.show("name" in manager, "none" in manager, manager["name"] is User.name)
    p.error(lambda: manager["none"])
    registry.dispose()
    p.show(hasattr(Other, "_sa_class_manager"))


@program
def attributes_that_a_compiler_is_given(p: Any) -> None:
    """A function registered with compiles() hands on what it holds, unchanged."""

    class Held(p.ColumnElement):
        inherit_cache = False
        type = p.Integer()

        def __init__(self, held: Any) -> None:
            self.held = held

    @p.module("ext.compiler").compiles(Held)
    def compile_held(element: Any, compiler: Any, **kw: Any) -> str:
        return f"held({compiler.process(element.held, **kw)})"

    class User(p.Base):
        __tablename__ = "user"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column("called", p.String)

    p.show(str(p.select(Held(User.name)).where(Held(User.id) == 3)))
    p.show(str(p.select(Held(p.aliased(User).name))))


@program
def texts_of_json(p: Any) -> None:
    """hasattr() says whether an expression has `astext`."""
    pg = p.module("dialects.postgresql")
    table = p.Table("t", p.MetaData(), p.Column("a", pg.JSONB), p.Column("b", pg.JSON))
    for made in (
        table.c.a, table.c.b, table.c.a["x"], table.c.b[("x", 1)], table.c.a["x"]["y"],
        table.c.a + table.c.a, p.func.f(type_=pg.JSONB), p.cast(table.c.b, pg.JSONB),
        table.c.a["x"].label("l"),
    ):  # fmt: skip
        p.show(hasattr(made, "astext"))
        if hasattr(made, "astext"):
            p.show(str(made.astext.compile(dialect=pg.dialect())))
        else:
            p.error(lambda made=made: made.astext)


@program
def mapper_that_was_a_function(p: Any) -> None:
    """Events of all mappers are still listened to by it; called, it says what to do instead."""
    mapper = p.orm.mapper
    said: list[Any] = []

    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)

    p.orm.configure_mappers()
    listeners = {
        name: (lambda *args, name=name: said.append(name))
        for name in ("init", "load", "refresh", "before_insert", "mapper_configured")
    }
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for name, fn in listeners.items():
            p.event.listen(mapper, name, fn)
    p.show([(w.category.__name__, str(w.message)) for w in caught])
    try:
        p.event.listen(mapper, "do_orm_execute", said.append)
    except p.InvalidRequestError as error:
        p.show(str(error).partition(" for target")[0])
    session = p.session()
    session.add(Thing(id=1))
    session.commit()
    session.query(Thing).populate_existing().all()
    p.show(said)
    for name, fn in listeners.items():
        p.event.remove(mapper, name, fn)
    try:
        mapper(Thing, Thing.__table__)
    except p.InvalidRequestError as error:
        p.show(str(error))


@program
def classes_that_relationships_name(p: Any) -> None:
    class Parent(p.Base):
        __tablename__ = "parent"
        id = p.Column(p.Integer, primary_key=True)
        children = p.relationship("Child", backref="parent")

    class Child(p.Base):
        __tablename__ = "child"
        id = p.Column(p.Integer, primary_key=True)
        parent_id = p.Column(p.ForeignKey("parent.id"))

    prop = Parent.children.property
    p.show(prop.argument, prop._clsregistry_resolve_name(prop.argument)() is Child)
    p.orm.configure_mappers()
    p.show(prop.argument)
    try:
        prop._clsregistry_resolve_name("Nobody")()
    except p.InvalidRequestError as error:
        p.show(str(error))


@program
def clauses_of_a_query(p: Any) -> None:
    """What a Query consists of, which has no public names."""

    class Parent(p.Base):
        __tablename__ = "parent"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        children = p.relationship("Child", backref="parent")

    class Child(p.Base):
        __tablename__ = "child"
        id = p.Column(p.Integer, primary_key=True)
        parent_id = p.Column(p.ForeignKey("parent.id"))

    session = p.session()
    query = session.query(Parent)
    names = ("_where_criteria", "_order_by_clauses", "_group_by_clauses", "_having_criteria",
             "_from_obj", "_raw_columns", "_distinct_on", "_with_options")  # fmt: skip
    whole = query.filter(Parent.id > 3).filter(Parent.name == "x").order_by(Parent.name.desc())
    whole = whole.group_by(Parent.id).having(p.func.count() > 1).limit(4).offset(5)
    for each in query, whole, query.select_from(Child), query.distinct():
        for name in names:
            p.show(name, [str(clause) for clause in getattr(each, name)])
        p.show(str(each._limit_clause), str(each._offset_clause), each._distinct)
        p.show(len(each._setup_joins), each._for_update_arg is None, each._statement is None)
        p.show(each._has_row_limiting_clause, dict(each._execution_options))
    given = query.from_statement(p.text("SELECT * FROM parent"))
    p.show(str(given._statement), given._order_by_clauses, given._where_criteria)
    other = p.aliased(Child)
    queries = [
        query, whole, session.query(Parent.id, Parent.name), session.query(Parent, Child),
        query.join(Parent.children), query.join(other, Parent.children).join(Child),
        session.query(p.func.count()), session.query(other), session.query(p.func.max(Parent.id)),
        session.query(Parent).select_from(Child).join(Child.parent), session.query(p.literal(1)),
        session.query(p.orm.Bundle("b", Parent.id, Parent.name)), session.query(Parent.__table__),
        query.outerjoin(Child, Child.parent_id == Parent.id), query.join(Child.__table__),
        query.options(p.orm.joinedload(Parent.children)), session.query(Parent.id.label("x")),
    ]  # fmt: skip
    for each in queries:
        state = each._compile_state()
        for entity in state._entities:
            zero = entity.entity_zero
            p.show(type(entity.expr).__name__, type(zero).__name__, getattr(zero, "class_", None))
        p.show([(type(e).__name__, e.class_) for e in state._join_entities])
        p.show(type(state._entity_zero()).__name__, type(state.statement).__name__)
        p.show(type(state._mapper_zero()).__name__)
    for each in queries[:5]:
        p.show(each._entity_from_pre_ent_zero().class_)


@program
def abilities_of_dialects(p: Any) -> None:
    """By which repositories decide how they write."""
    for name in "sqlite", "postgresql":
        dialect = p.module(f"dialects.{name}").dialect()
        for word in "insert", "update", "delete":
            p.show(getattr(dialect, f"{word}_returning"))
            p.show(getattr(dialect, f"{word}_executemany_returning"))
        p.show(dialect.supports_views, dialect.supports_schemas, dialect.supports_sequences)
        p.show(dialect.dialect_description.partition("+")[0])


@program
def modules_of_drivers(p: Any) -> None:
    """A class of dialects has import_dbapi(), since version 2; its objects have dbapi."""
    for name in "sqlite", "postgresql":
        cls = p.module(f"dialects.{name}").dialect
        p.show(name, hasattr(cls, "dbapi"), hasattr(cls, "import_dbapi"))
        p.show(issubclass(cls.import_dbapi().IntegrityError, Exception))
    dialect = p.engine().dialect
    p.show(dialect.update_executemany_returning, dialect.delete_executemany_returning)
    p.show(dialect.supports_views, dialect.dialect_description)
    p.show(dialect.dbapi is dialect.loaded_dbapi, hasattr(dialect.dbapi, "connect"))


@program
def objects_made_by_a_manager(p: Any) -> None:
    """As forms make objects of classes whose __init__ takes what they do not have."""

    class Base(p.Base):
        __abstract__ = True

    class Thing(Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

        def __init__(self, name: str) -> None:
            self.name = name

    p.orm.configure_mappers()
    p.event.listen(
        Base, "init", lambda o, args, kw: p.show("init", o.name, args, kw), propagate=True
    )
    p.event.listen(
        Thing, "init", lambda state, args, kw: p.show("raw", state.class_, args), raw=True
    )
    p.event.listen(Thing, "load", lambda o, context: p.show("load", o.name, context))
    manager = p.module("orm.attributes").manager_of_class(Thing)
    made = manager.new_instance()
    state = p.module("orm.base").instance_state(made)
    p.show(manager.dispatch.init(state, [], {"a": 1}), manager.dispatch.load(state, None))
    p.error(lambda: manager.dispatch.nothing)
    session = p.session()
    made.name = "made"
    session.add(made)
    session.commit()
    p.show(made.id, made.name)


@program
def listeners_to_a_mapper(p: Any) -> None:
    """Those that a class's bases and all mappers have are among them."""

    class Thing(p.Base):
        __tablename__ = "thing"
        id = p.Column(p.Integer, primary_key=True)

    class Other(p.Base):
        __tablename__ = "other"
        id = p.Column(p.Integer, primary_key=True)

    mapper = p.inspect(Thing)
    p.show(bool(mapper.dispatch.before_insert), len(mapper.dispatch.after_update))

    def heard(mapper: Any, connection: Any, target: Any) -> None:
        p.show("heard", mapper.class_, connection, type(target))

    def of_all(mapper: Any, connection: Any, target: Any) -> None:
        p.show("of all", mapper.class_, type(target))

    p.event.listen(Thing, "before_insert", heard)
    p.event.listen(p.orm.Mapper, "after_update", of_all)
    p.event.listen(Thing, "after_update", heard, raw=True)
    for cls in Thing, Other:
        dispatch, made = p.inspect(cls).dispatch, cls()
        for name in "before_insert", "after_update", "after_delete":
            calls = getattr(dispatch, name)
            p.show(cls, name, bool(calls), len(list(calls)))
            calls(p.inspect(cls), None, p.inspect(made))
    p.show(hasattr(mapper.dispatch, "nothing"), hasattr(mapper.dispatch, "load"))
    p.event.remove(p.orm.Mapper, "after_update", of_all)
    p.show(len(list(mapper.dispatch.after_update)), bool(p.inspect(Other).dispatch.after_update))


@program
def constraints_as_a_set(p: Any) -> None:
    """As generators of code take constraints out of a table while they go through them."""
    table = p.Table(
        "t",
        p.MetaData(),
        p.Column("id", p.Integer, primary_key=True),
        p.Column("a", p.Integer, p.CheckConstraint("a > 1"), index=True),
        p.UniqueConstraint("a"),
    )
    for constraint in table.constraints.copy():
        if not isinstance(constraint, p.PrimaryKeyConstraint):
            table.constraints.remove(constraint)
    p.show([type(c) for c in table.constraints], table.constraints == {table.primary_key})
    kept = table.constraints.copy()
    p.show(kept.issubset(table.constraints), table.constraints.issuperset([1]), len(kept))
    table.constraints.difference_update(kept, [])
    p.show(len(table.constraints), len(kept), len(table.indexes.copy()))


@program
def scalar_subqueries_asked_for_twice(p: Any) -> None:
    table, other = p.table("t", p.column("x")), p.table("u", p.column("y"))
    once = p.select(table.c.x).where(table.c.x == other.c.y).correlate(other).scalar_subquery()
    twice = once.scalar_subquery()
    p.show(twice is once, twice.element is once.element, type(twice), str(twice.type))
    p.show(str(p.select(other).where(other.c.y == twice)), str(twice.label("z")))


@program
def entities_of_a_query(p: Any) -> None:
    """As pagers ask whether a query gives rows, and what finds the items of these."""

    class User(p.Base):
        __tablename__ = "user"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

    context = p.module("orm.context")
    q = p.session().query
    for query in (
        q(User),
        q(User).tuples(),
        q(User.__mapper__),
        q(User.__table__),
        q(User.id, User.name.label("z")),
        q(User, User.name),
        q(p.aliased(User)),
        q(p.func.count(User.id)),
        q(p.Bundle("b", User.id, User.name)),
        q(p.Bundle("b", User.id, User.name, single_entity=True)),
    ):
        p.show(query._compile_context().load_options._only_return_tuples)
        for entity in query._compile_state()._entities:
            p.show(entity._label_name, entity.supports_single_entity)
            p.show(isinstance(entity, context._MapperEntity))
            p.show(isinstance(entity, context._ColumnEntity))
            p.show([str(found) for found in entity._extra_entities][-1:])


def _statement_of_a_query(p: Any) -> None:
    """By a name that is not public, as pagers ask for it."""

    class User(p.Base):
        __tablename__ = "user"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)

    session = p.session()
    session.add(User(name="a"))
    session.flush()
    for query in session.query(User), session.query(User.id, User), session.query(User).limit(1):
        statement = query._statement_20()
        p.show(type(statement), [column.key for column in statement.selected_columns])
        p.show([each["name"] for each in statement.column_descriptions])
        result = session.execute(statement.order_by(User.id))
        p.show(list(result.keys()), [len(row) for row in result])


@program
def names_of_a_result(p: Any) -> None:
    """As a library that makes tables of results asks for them."""
    with p.engine().connect() as connection:
        for statement in p.text("SELECT 1 AS a, 2 AS b"), p.select(p.literal(1).label("c")):
            result = connection.execute(statement)
            p.show(list(result._metadata.keys))
            p.show(result.all(), list(result._metadata.keys))
        result = connection.execute(p.text("CREATE TABLE t (x INTEGER)"))
        p.error(lambda: result._metadata.keys)


@program
def final_froms_of_mapped_selects(p: Any) -> None:
    class Parent(p.Base):
        __tablename__ = "parent"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String)
        children = p.relationship("Child")
        __mapper_args__ = {"polymorphic_on": kind}

    class Special(Parent):
        __tablename__ = "special"
        id = p.Column(p.ForeignKey("parent.id"), primary_key=True)
        __mapper_args__ = {"polymorphic_identity": "special"}

    class Child(p.Base):
        __tablename__ = "child"
        id = p.Column(p.Integer, primary_key=True)
        parent_id = p.Column(p.ForeignKey("parent.id"))
        parts = p.relationship("Part")

    class Part(p.Base):
        __tablename__ = "part"
        id = p.Column(p.Integer, primary_key=True)
        child_id = p.Column(p.ForeignKey("child.id"))

    select, alias = p.select, p.aliased(Parent)
    eager = p.joinedload(Parent.children)
    for statement in (
        select(Parent),
        select(Special),
        select(Parent.id),
        select(Parent, Child),
        select(Parent).join(Parent.children),
        select(Parent).join(Child).join(Child.parts),
        select(Parent).outerjoin(Parent.children.of_type(p.aliased(Child))),
        select(alias).join(alias.children),
        select(Special).join(Special.children),
        select(Parent).where(Child.id == 1),
        select(p.func.count()).select_from(Parent).join(Parent.children),
        select(Parent).select_from(p.orm.join(Parent, Child)),
        select(Parent).options(eager),
        select(Parent).options(eager).limit(1),
        select(Parent.id).where(p.exists().where(Part.id == Parent.id)),
        select(Parent.__table__).join(Child),
    ):
        froms = statement.get_final_froms()
        p.show([str(each) for each in froms], froms[0] is Parent.__table__)
        p.show([isinstance(each, p.Table) for each in froms])
    join = select(Parent).join(Parent.children).get_final_froms()[0]
    p.show(str(join.left), str(join.right), isinstance(join.left, p.Table))


@program
def where_options_and_lambdas_are(p: Any) -> None:
    """As a library that adds criteria to statements looks what these load, and where."""

    class Parent(p.Base):
        __tablename__ = "parent"
        id = p.Column(p.Integer, primary_key=True)
        children = p.relationship("Child")

    class Child(p.Base):
        __tablename__ = "child"
        id = p.Column(p.Integer, primary_key=True)
        parent_id = p.Column(p.ForeignKey("parent.id"))
        parts = p.relationship("Part")

    class Part(p.Base):
        __tablename__ = "part"
        id = p.Column(p.Integer, primary_key=True)
        child_id = p.Column(p.ForeignKey("child.id"))

    alias = p.aliased(Parent)
    below = p.aliased(Child)
    for option in (
        p.joinedload(Parent.children),
        p.joinedload(Parent.children).selectinload(Child.parts),
        p.joinedload(Parent.children).options(p.joinedload(Child.parts)),
        p.orm.load_only(Parent.id),
        p.joinedload(alias.children),
        p.selectinload(Parent.children.of_type(below)).load_only(below.id),
        p.orm.Load(alias),
    ):
        p.show(isinstance(option, p.orm.Load), [str(each) for each in option.path])
    select = p.select
    join = select(Parent).join(Parent.children).get_final_froms()[0]
    p.show(isinstance(join, p.module("orm.util")._ORMJoin))
    lambdas = p.module("sql.lambdas")
    statement = p.lambda_stmt(lambda: select(Parent))
    linked = statement + (lambda found: found.order_by(Parent.id))
    for each in statement, linked, linked.add_criteria(lambda found: found.limit(1)):
        p.show(isinstance(each, lambdas.StatementLambdaElement))
        p.show(isinstance(each, lambdas.LinkedLambdaElement))
        p.show(str(each._resolved))


@program
def statements_that_return_rows(p: Any) -> None:
    kind = p.module("sql.selectable").ExecutableReturnsRows

    class Thing(p.Base):
        __tablename__ = "t"
        x = p.Column(p.Integer, primary_key=True)

    t = Thing.__table__
    text = p.text("SELECT x FROM t")
    for statement in (
        p.select(t), p.union(p.select(t), p.select(t)), text, text.columns(t.c.x), t, t.alias(),
        p.insert(t), p.update(t).returning(t.c.x), p.delete(t), p.func.now(), t.c.x,
        p.select(Thing).from_statement(text), p.select(t).subquery(), p.schema.CreateTable(t),
    ):  # fmt: skip
        p.show(type(statement), isinstance(statement, kind))


@program
def frozen_results_in_a_cache(p: Any) -> None:
    """As dogpile.cache keeps them: pickled."""
    with p.engine().connect() as connection:
        for statement in (
            p.text("SELECT 1 AS a, 2 AS b"),
            p.select(p.literal(1).label("a"), p.literal("x").label("b")),
            p.text("SELECT 1 AS a WHERE 1 = 0"),
        ):
            frozen = pickle.loads(pickle.dumps(connection.execute(statement).freeze()))
            p.show(type(frozen), list(frozen().keys()))
            p.show([(row, row._fields, row.a) for row in frozen()])
            p.show(frozen().mappings().all(), frozen().scalars().all())
            p.show(frozen().columns("a").all())
            p.show(pickle.loads(pickle.dumps(frozen))().all())


@program
def columns_and_names_of_froms(p: Any) -> None:
    """As programs that draw tables, or name FROMs in errors, ask for them."""
    anonymous = p.module("sql.elements")._anonymous_label
    t = p.Table("t", p.MetaData(), p.Column("x", p.Integer), p.Column("y", p.Integer))
    p.show(sorted(column.name for column in t.c._colset), t.c.x in t.c._colset)
    for named in t, t.alias(), t.alias("z"), p.select(t).subquery(), p.select(t).cte("c"):
        p.show(isinstance(named.name, anonymous))


@program
def binary_expressions_made_of_attributes(p: Any) -> None:
    """As a library joins by the condition of a relationship, but to an alias."""

    class User(p.Base):
        __tablename__ = "user"
        id = p.Column(p.Integer, primary_key=True)
        more = p.column_property(id + 1)

    alias, t = p.aliased(User), p.table("t", p.column("x"))
    make, eq = p.module("sql.elements").BinaryExpression, p.module("sql.operators").eq
    for left, right in (t.c.x, User.id), (User.id, alias.id), (User.more, t.c.x), (alias.id, t.c.x):
        made = make(left, right, eq)
        p.show(str(made), isinstance(made.left, p.ColumnElement), made.right.key)
        p.show(str(p.select(t).join(User, made)))
    session = p.session()
    session.execute(p.select(User.id).join(alias, make(User.id, alias.id, eq), isouter=True))


@program
def constructs_copied_by_hand(p: Any) -> None:
    """As a pager turns the direction of an ORDER BY."""
    t = p.table("t", p.column("x"), p.column("y"))
    for original in p.desc(t.c.x).label("z"), p.desc(t.c.x + 1).nulls_last(), p.asc(t.c.y):
        copied = made = original._clone()
        while hasattr(made, "element"):
            made._copy_internals()
            if getattr(made, "modifier", None) is p.module("sql.operators").desc_op:
                made.modifier = p.module("sql.operators").asc_op
            made = made.element
        p.show(str(original), str(copied))
    label = p.column("x").label("z")
    label.element = p.column("y")
    p.show(str(p.select(label)))


@program
def results_that_need_unique(p: Any) -> None:
    class Parent(p.Base):
        __tablename__ = "parent"
        id = p.Column(p.Integer, primary_key=True)
        children = p.relationship("Child")

    class Child(p.Base):
        __tablename__ = "child"
        id = p.Column(p.Integer, primary_key=True)
        parent_id = p.Column(p.ForeignKey("parent.id"))

    session = p.session()
    result = session.execute(p.select(Parent).options(p.joinedload(Parent.children)))
    p.show(result._unique_filter_state[0])
    p.show(result.unique()._unique_filter_state[0] is None)
    p.show(session.execute(p.select(Parent))._unique_filter_state)


@pytest.mark.parametrize("program", program.registered)
def test_program(program: Any) -> None:
    compare(program)


def test_statement_of_a_query() -> None:
    compare(_statement_of_a_query, sql=False)  # SQLAlchemy's columns are labelled with the table
