"""What libraries on top of the ORM ask of types, classes, mappers and dialects."""

from __future__ import annotations

import datetime as dt
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
def columns_that_tell_classes_apart(p: Any) -> None:
    """As generators of forms leave them out."""

    class Plain(p.Base):
        __tablename__ = "plain"
        id = p.Column(p.Integer, primary_key=True)

    class Base(p.Base):
        __tablename__ = "base"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column("type", p.String)
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "base"}

    class Sub(Base):
        __tablename__ = "sub"
        id = p.Column(p.ForeignKey("base.id"), primary_key=True)
        __mapper_args__ = {"polymorphic_identity": "sub"}

    class Single(Base):
        __mapper_args__ = {"polymorphic_identity": "single"}

    for cls in Plain, Base, Sub, Single:
        for prop in p.inspect(cls).column_attrs:
            p.show(cls, prop.key, prop._is_polymorphic_discriminator)


@program
def attribute_functions_of_what_is_not_there(p: Any) -> None:
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)

    class Plain:
        pass

    functions = p.module("orm.attributes")
    for name, more in {
        "flag_modified": (), "get_history": (), "get_attribute": (), "del_attribute": (),
        "init_collection": (), "set_attribute": (3,), "set_committed_value": (3,),
    }.items():  # fmt: skip
        function = getattr(functions, name)
        for obj in (3, None, User, Plain()):
            p.error(lambda function=function, obj=obj, more=more: function(obj, "id", *more))
        for key in ("nothing", 3):
            p.error(lambda function=function, key=key, more=more: function(User(), key, *more))
    for function in (
        functions.flag_dirty, functions.instance_state, p.make_transient,
        p.make_transient_to_detached, p.was_deleted,
    ):  # fmt: skip
        for obj in (3, None, User, Plain()):
            p.error(lambda function=function, obj=obj: function(obj))


@program
def collections_that_are_filled_by_hand(p: Any) -> None:
    """init_collection() gives what fills a collection as if it had been loaded."""

    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        posts = p.relationship("Post")
        titles = p.relationship("Post", collection_class=set, viewonly=True)

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("users.id"))

    s = p.session()
    s.add(User(id=1))
    s.commit()
    user = s.get(User, 1)
    for key in ("posts", "titles"):
        adapter = p.attributes.init_collection(user, key)
        for number in range(3):
            adapter.append_without_event(Post(id=number))
        p.show(len(adapter), sorted(post.id for post in getattr(user, key)))
        history = p.inspect(user).attrs[key].history
        p.show(len(history.added), len(history.unchanged), len(s.new), len(s.dirty))


@program
def options_of_hybrids_that_are_relationships(p: Any) -> None:
    hybrid_property = p.module("ext.hybrid").hybrid_property

    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        posts = p.relationship("Post", back_populates="user")

        @hybrid_property
        def writings(self) -> Any:
            return self.posts

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        user_id = p.Column(p.ForeignKey("users.id"))
        user = p.relationship(User, back_populates="posts")

        @hybrid_property
        def author(self) -> Any:
            return self.user

    s = p.session()
    s.add(User(id=1, posts=[Post(id=1), Post(id=2)]))
    s.commit()
    alias = p.aliased(Post)
    for statement in (
        p.select(User).options(p.joinedload(User.writings)),
        p.select(User).options(p.selectinload(User.writings).joinedload(Post.author)),
        p.select(Post).options(p.selectinload(Post.author)),
        p.select(alias).options(p.joinedload(alias.author)),
    ):
        s.expunge_all()
        for found in s.scalars(statement).unique():
            p.show(found.id, sorted(found.__dict__.keys() - {"_sa_instance_state"}))


@pytest.mark.parametrize("program", program.registered)
def test_program(program: Any) -> None:
    compare(program)
