"""What libraries on top of SQLAlchemy take from it beyond its documented names."""

import typing

import pytest

from .harness import compare

NAMES = [
    ("dialects.postgresql.base", "PGBit PGCompiler PGDDLCompiler PGTypeCompiler ischema_names"),
    ("engine.interfaces", "CoreExecuteOptionsParameter IsolationLevel _CoreAnyExecuteParams "
     "_CoreMultiExecuteParams _CoreSingleExecuteParams"),
    ("orm", "mapperlib"),
    ("orm._typing", "OrmExecuteOptionsParameter _EntityType _IdentityKeyType _InstanceDict _O "
     "_ORMColumnExprArgument"),
    ("orm.base", "instance_state"),
    ("orm.context", "_ColumnEntity _MapperEntity"),
    ("orm.instrumentation", "is_instrumented"),
    ("orm.scoping", "ScopedSession"),
    ("orm.session", "_state_session"),
    ("orm.util", "has_identity"),
    ("schema", "_CreateDropBase"),
    ("sql", "annotation roles"),
    ("sql._typing", "_AutoIncrementType _ByArgument _ColumnExpressionArgument "
     "_ColumnExpressionOrLiteralArgument _ColumnExpressionOrStrLabelArgument "
     "_ColumnsClauseArgument _CreateDropBind _DDLColumnArgument _DMLColumnArgument "
     "_DMLColumnKeyMapping _DMLTableArgument _FromClauseArgument _InfoType _JoinTargetArgument "
     "_LimitOffsetType _OnClauseArgument _SelectStatementForCompoundArgument _StarOrOne "
     "_TypeEngineArgument _TypedColumnClauseArgument"),
    ("sql.annotation", "Annotated"),
    ("sql.elements", "SQLCoreOperations"),
    ("sql.roles", "TypedColumnsClauseRole"),
    ("types", "_Binary"),
    ("util.langhelpers", "classproperty counter get_cls_kwargs hybridmethod memoized_property "
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
