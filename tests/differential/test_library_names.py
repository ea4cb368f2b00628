"""What libraries on top of SQLAlchemy take from it beyond its documented names."""

import asyncio
import collections
import pickle
import typing

import pytest

from .harness import compare

NAMES = [
    ("dialects.postgresql.base", "PGBit PGCompiler PGDDLCompiler PGTypeCompiler ischema_names"),
    ("engine.interfaces", "CoreExecuteOptionsParameter IsolationLevel _CoreAnyExecuteParams "
     "_CoreMultiExecuteParams _CoreSingleExecuteParams"),
    ("engine.default", "DefaultExecutionContext"),
    ("orm", "mapperlib"),
    ("orm.interfaces", "CriteriaOption LoaderOption ORMColumnDescription ORMOption"),
    ("orm._typing", "OrmExecuteOptionsParameter _EntityType _IdentityKeyType _InstanceDict _O "
     "_ORMColumnExprArgument"),
    ("dialects.sqlite.aiosqlite", "AsyncAdapt_aiosqlite_connection"),
    ("ext.asyncio.result", "_ensure_sync_result"),
    ("ext.asyncio.session", "_EXECUTE_OPTIONS"),
    ("orm.base", "instance_state"),
    ("orm.clsregistry", "_class_resolver"),
    ("orm.context", "_ColumnEntity _MapperEntity"),
    ("orm.decl_base", "_TableArgsType"),
    ("orm.descriptor_props", "ConcreteInheritedProperty SynonymProperty"),
    ("orm.instrumentation", "is_instrumented"),
    ("orm.scoping", "ScopedSession"),
    ("orm.session", "JoinTransactionMode _state_session"),
    ("orm.util", "_ORMJoin has_identity"),
    ("schema", "_CreateDropBase"),
    ("sql.schema", "_InsertSentinelColumnDefault"),
    ("sql.elements", "_anonymous_label"),
    ("sql.visitors", "ExternallyTraversible InternalTraversal"),
    ("sql", "annotation roles"),
    ("sql._typing", "_AutoIncrementType _ByArgument _ColumnExpressionArgument "
     "_ColumnExpressionOrLiteralArgument _ColumnExpressionOrStrLabelArgument "
     "_ColumnsClauseArgument _CreateDropBind _DDLColumnArgument _DMLColumnArgument "
     "_DMLColumnKeyMapping _DMLTableArgument _FromClauseArgument _InfoType _JoinTargetArgument "
     "_LimitOffsetType _OnClauseArgument _SelectStatementForCompoundArgument _StarOrOne "
     "_TypeEngineArgument _TypedColumnClauseArgument"),
    ("sql.annotation", "Annotated"),
    ("sql.base", "ExecutableOption"),
    ("sql.elements", "SQLCoreOperations"),
    ("sql.roles", "DDLConstraintColumnRole FromClauseRole TypedColumnsClauseRole"),
    ("sql.schema", "quoted_name"),
    ("sql.selectable", "ForUpdateArg ForUpdateParameter NamedFromClause"),
    ("types", "_Binary"),
    ("util", "portable_instancemethod preload_module"),
    ("util.langhelpers", "classproperty counter duck_type_collection get_cls_kwargs hybridmethod memoized_property "
     "set_creation_order symbol warn"),
]  # fmt: skip


@pytest.mark.parametrize(("module", "names"), NAMES, ids=[module for module, _ in NAMES])
def test_names(module, names):
    def program(p):
        found = p.module(module)
        for name in names.split():
            p.show(name, hasattr(found, name))

    compare(program)


@pytest.mark.sqlite_only
def test_aliases_are_subscripted():
    def program(p):
        names = p.module("sql._typing")
        T = typing.TypeVar("T")
        for name in (
            "_ColumnExpressionArgument",
            "_ColumnExpressionOrLiteralArgument",
            "_ColumnExpressionOrStrLabelArgument",
            "_ColumnsClauseArgument",
            "_TypedColumnClauseArgument",
        ):
            alias = getattr(names, name)
            p.show(name, type(alias[int] | bool) is type(alias[T] | None) is not type)
        p.show(p.module("orm._typing")._EntityType[int] is not None)
        p.show(typing.get_origin(p.ColumnExpressionArgument[bool]) is not None)

    compare(program)


def test_mapped_objects():
    def program(p):
        class Thing(p.Base):
            __tablename__ = "things"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.String(20))

        class Plain:
            pass

        is_instrumented = p.module("orm.instrumentation").is_instrumented
        has_identity = p.module("orm.util").has_identity
        state_session = p.module("orm.session")._state_session
        instance_state = p.module("orm.base").instance_state
        session = p.session()
        thing = Thing(name="a")
        p.show([is_instrumented(thing, key) for key in ("id", "name", "metadata", "nothing")])
        p.show(has_identity(thing), state_session(p.sa.inspect(thing)))
        session.add(thing)
        p.show(has_identity(thing), state_session(instance_state(thing)) is session)
        session.commit()
        p.show(has_identity(thing), instance_state(thing).persistent)
        p.error(lambda: is_instrumented(Plain(), "id"))
        p.error(lambda: has_identity(Plain()))
        p.error(lambda: instance_state(Plain()))
        registries = p.module("orm").mapperlib._all_registries()
        p.show(p.Base.registry in registries, type(registries).__name__)
        p.show(p.module("orm.scoping").ScopedSession is p.module("orm").scoped_session)

    compare(program)


def test_comparators_are_subscripted():
    def program(p):
        class Point(p.sa.types.UserDefinedType):
            cache_ok = True

            def get_col_spec(self, **kw):
                return "TEXT"

            class Comparator(p.sa.types.TypeEngine.Comparator[typing.Any]):
                def near(self, other):
                    return self.op("NEAR")(other)

            comparator_factory = Comparator

        p.show(str(p.sa.column("x", Point()).near("1")))
        p.show(issubclass(p.sa.types.Concatenable.Comparator, p.sa.types.TypeEngine.Comparator))
        p.show(p.module("sql.elements").SQLCoreOperations[int] is not None)

    compare(program)


def test_classes_are_subscripted():
    def program(p):
        for module, names in (
            (
                "sql.elements",
                "Cast CollectionAggregate FunctionFilter TryCast TypeCoerce WithinGroup",
            ),
            ("sql.selectable", "ScalarSelect"),
            ("orm", "ColumnProperty RelationshipProperty SynonymProperty declared_attr"),
            ("orm.interfaces", "MapperProperty"),
        ):
            for name in names.split():
                found = getattr(p.module(module), name)
                p.show(name, typing.get_origin(found[int]) is found)

    compare(program)


def test_added_types_are_reflected():
    def program(p):
        engine = p.engine()
        if engine.dialect.name != "postgresql":
            return
        names = p.module("dialects.postgresql.base").ischema_names

        class Point(p.sa.types.UserDefinedType):
            def get_col_spec(self, **kw):
                return "point"

        names["point"] = Point
        try:
            with engine.begin() as connection:
                connection.execute(p.text("CREATE TABLE places (id integer PRIMARY KEY, at point)"))
            columns = p.sa.inspect(engine).get_columns("places")
            p.show([(c["name"], type(c["type"]).__name__) for c in columns])
        finally:
            del names["point"]

    compare(program, sql=False)


def test_values_of_names():
    def program(p):
        p.show(sorted(typing.get_args(p.module("orm.session").JoinTransactionMode)))
        p.show(tuple in map(typing.get_origin, p.module("orm.decl_base")._TableArgsType.__args__))
        arg = p.module("sql.selectable").ForUpdateArg
        p.error(lambda: arg(True))
        option = p.module("sql.base").ExecutableOption
        p.show([isinstance(x, option) for x in (p.joinedload("*"), p.defer("*"), 1)])
        sentinel = p.module("sql.schema")._InsertSentinelColumnDefault()
        for made in p.ColumnDefault(1), p.ColumnDefault(p.func.now()), p.Sequence("s"), sentinel:
            p.show(type(made), made.is_sentinel)

        class Thing(p.Base):
            __tablename__ = "things"
            id = p.Column(p.Integer, primary_key=True)

        session = p.session()
        session.add(Thing(id=1))
        session.commit()
        p.show(session.get(Thing, 1, with_for_update=arg(nowait=True)).id)

        class Other(p.Base):
            __tablename__ = "others"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.String(5))

        class Concrete(Other):
            __tablename__ = "concretes"
            id = p.Column(p.Integer, primary_key=True)
            __mapper_args__ = {"concrete": True}

        inherited = p.module("orm.descriptor_props").ConcreteInheritedProperty
        p.show([(q.key, isinstance(q, inherited)) for q in p.sa.inspect(Concrete).attrs])

    compare(program)


def test_what_froms_and_expressions_are():
    """Libraries ask with isinstance() for the classes that annotations name."""

    def program(p):
        named = p.module("sql.selectable").NamedFromClause
        role = p.module("sql.roles").DDLConstraintColumnRole
        t = p.Table("t", p.MetaData(), p.Column("x", p.Integer))
        select = p.select(t)
        froms = (
            p.sa.table("u"), t, t.alias(), select.subquery(), select.cte(), select.lateral(),
            t.tablesample(5), p.func.f().table_valued("x"), p.sa.values(t.c.x, name="v"),
            t.join(t.alias(), p.sa.true()), select, select.scalar_subquery(),
        )  # fmt: skip
        p.show([isinstance(each, named) for each in froms])
        p.show([isinstance(each, p.module("sql.roles").FromClauseRole) for each in (*froms, t.c.x)])
        p.show([isinstance(each, role) for each in (t.c.x, t.c.x + 1, p.sa.column("y"), t, "z")])

    compare(program)


def test_columns_given_to_constraints():
    """ormar makes those of a class again for classes that derive from it."""

    def program(p):
        column = p.Column("y", p.Integer)
        for made in (p.UniqueConstraint("x", column), p.Index("i", "x"), p.PrimaryKeyConstraint()):
            p.show([str(each) for each in made._pending_colargs])

    compare(program)


def test_execution_options_of_statements():
    def program(p):
        class Own(p.sa.sql.expression.Executable, p.sa.sql.expression.ClauseElement):
            inherit_cache = False
            _execution_options = p.sa.sql.expression.Executable._execution_options.union(
                {"autocommit": True}
            )

        p.show(dict(Own().get_execution_options()))
        statement = p.select(p.sa.literal(1)).execution_options(a=1)
        options = statement.get_execution_options()
        p.show(type(options).__name__, dict(options.union({"b": 2})), dict(options))
        p.show(dict(statement.execution_options(c=3, a=2).get_execution_options()))
        for made in options, p.text("x").get_execution_options():
            with pytest.raises(TypeError):
                made["d"] = 4

    compare(program)


@pytest.mark.sqlite_only
def test_connections_of_asynchronous_engines():
    def program(p):
        engine = p.module("ext.asyncio").create_async_engine("sqlite+aiosqlite://")
        kind = p.module("dialects.sqlite.aiosqlite").AsyncAdapt_aiosqlite_connection
        p.event.listen(
            engine.sync_engine, "connect", lambda made, record: p.show(isinstance(made, kind))
        )

        async def main():
            async with engine.connect():
                pass
            await engine.dispose()

        asyncio.run(main())

    compare(program)


class Emulating:
    __emulates__ = list

    def add(self, item):
        """As of a set."""


class Frozen:
    __emulates__ = frozenset


class Setting:
    def set(self, item):
        """As of a dict."""


class Counting:
    def count(self, *args, **kw):
        return args, kw


@pytest.mark.sqlite_only
def test_helpers():
    def program(p):
        util = p.module("util")
        duck = p.module("util.langhelpers").duck_type_collection
        for kind in (Emulating, Frozen, Setting, list, dict, set, frozenset, int,
                     collections.OrderedDict, collections.deque):  # fmt: skip
            p.show(kind.__name__, duck(kind), duck(kind, tuple), duck(kind(), tuple))
        method = util.portable_instancemethod(Counting().count, {"b": 1})
        for each in (method, pickle.loads(pickle.dumps(method))):
            p.show(each(1, b=2, c=3), type(each.target).__name__, each.name, each.kwargs)
        p.error(lambda: util.portable_instancemethod(5))

        @util.preload_module(f"{p.package}.sql.schema", f"{p.package}.sql.nothing")
        def function():
            return util.preloaded.sql_schema.Column

        p.show(function() is p.Column, function.__name__)
        for name in ("sql_nothing", "zork"):
            p.show(hasattr(util.preloaded, name))

    compare(program)


@pytest.mark.sqlite_only
def test_async():
    def program(p):
        ext = p.module("ext.asyncio")
        names = (p.module("ext.asyncio.result"), p.module("ext.asyncio.session"))
        spawn = p.module("util").greenlet_spawn

        class Session(ext.AsyncSession):
            async def exec(self, statement):
                options = p.module("util").immutabledict({"a": 1}).union(names[1]._EXECUTE_OPTIONS)
                result = await spawn(
                    self.sync_session.execute, statement, execution_options=options
                )
                return await names[0]._ensure_sync_result(result, self.exec)

        async def main():
            engine = ext.create_async_engine("sqlite+aiosqlite://")
            async with Session(engine) as session:
                result = await session.exec(p.text("select 1 union select 2"))
                p.show(result.scalars().all())
            async with engine.connect() as connection:
                found = ext.AsyncConnection._retrieve_proxy_for_target(connection.sync_connection)
                p.show(found is connection)
            await engine.dispose()

        asyncio.run(main())

    compare(program, sql=False)


def test_names_of_what_functions_and_listeners_are_given():
    """Programs name these classes in annotations, and ask with isinstance()."""

    def program(p):
        orm = p.orm
        interfaces = p.module("orm.interfaces")
        context_class = p.module("engine.default").DefaultExecutionContext

        def value(context):
            p.show(isinstance(context, context_class), context.get_current_parameters()["id"])
            return 5

        class A(p.Base):
            __tablename__ = "a"
            id = p.Column(p.Integer, primary_key=True)
            x = p.Column(p.Integer, default=value)

        session = p.session()
        for option in (orm.load_only(A.x), orm.with_loader_criteria(A, A.x > 0)):
            kinds = (interfaces.ORMOption, interfaces.LoaderOption, interfaces.CriteriaOption)
            p.show([isinstance(option, kind) for kind in kinds])
        p.show(issubclass(interfaces.UserDefinedOption, interfaces.ORMOption))
        p.show(isinstance(p.sa.inspect(A).class_manager, orm.ClassManager))

        @p.sa.event.listens_for(A, "load")
        def load(target, context):
            p.show(isinstance(context, orm.QueryContext))

        @p.sa.event.listens_for(session, "before_flush")
        def before_flush(session, context, instances):
            p.show(isinstance(context, orm.UOWTransaction))

        session.add(A(id=1))
        session.commit()
        session.expunge_all()
        session.execute(p.insert(A), [{"id": 2}, {"id": 3}])
        p.show([a.x for a in session.query(A).order_by(A.id)])

    compare(program)
