"""Objects made of what INSERT, UPDATE and DELETE return, and what becomes of those that the
session has."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Peer, compare

MODELS = """
from sqlalchemy import *
from sqlalchemy.orm import *

class Base(DeclarativeBase):
    pass
class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    full = Column(String)
    biography = deferred(Column(String))
    upper = column_property(func.upper(name) + "?")
    addresses = relationship("Address", order_by="Address.id")
class Address(Base):
    __tablename__ = "addresses"
    id = Column(Integer, primary_key=True)
    email = Column(String)
    user_id = Column(ForeignKey("users.id"))
class Person(Base):
    __tablename__ = "people"
    id = Column(Integer, primary_key=True)
    kind = Column(String)
    name = Column(String)
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "person"}
class Driver(Person):
    licence = Column(String)
    __mapper_args__ = {"polymorphic_identity": "driver"}
class Manager(Person):
    __tablename__ = "managers"
    id = Column(ForeignKey("people.id"), primary_key=True)
    office = Column(String)
    __mapper_args__ = {"polymorphic_identity": "manager"}
engine = create_engine("sqlite://")
Base.metadata.drop_all(engine)
Base.metadata.create_all(engine)

def shown(item):
    if isinstance(item, Base):
        loaded = {k: v for k, v in item.__dict__.items() if k[0] != "_"}
        return type(item).__name__, sorted((k, str(len(v)) if isinstance(v, list) else v) for k, v in loaded.items())
    return item
def run(statement, params=None, before=None, **options):
    session = Session(engine)
    session.add_all([
        User(id=1, name="x", full="fx", addresses=[Address(id=5, email="e"), Address(id=6)]),
        User(id=2, name="y", full="fy"),
        Person(id=1, name="p"), Driver(id=2, name="d", licence="l"), Manager(id=3, name="m", office="o"),
    ])
    session.flush()
    session.expunge_all()
    held = before(session) if before else []
    try:
        with session.no_autoflush:
            result = session.execute(statement, params, execution_options=options)
            print(list(result.keys()))
            for row in result:
                print([shown(item) for item in row])
            for obj in held:
                changed = [a.key for a in inspect(obj).attrs if a.history.has_changes()]
                print(shown(obj), obj in session, changed)
    except Exception as error:
        print(type(error).__name__, str(error).split("[SQL")[0])
    session.rollback()
    session.close()
def two(session):
    first, second = session.get(User, 1), session.get(User, 2)
    second.full = "changed"
    return [first, second]
one, many = {"name": "N"}, [{"name": "N"}, {"name": "O"}]
"""

CASES = {
    "inserted": """
run(insert(User).values(name="n").returning(User))
run(insert(User).returning(User), one)
run(insert(User).returning(User, User.name, func.lower(User.name)), many)
run(insert(User).returning(User, sort_by_parameter_order=True), [*many, {"full": "f"}])
run(insert(User).values([{"name": "k"}, {"name": "j"}]).returning(User.name, User, User.id))
run(insert(Manager).returning(Manager), [{"name": "a", "office": "b"}, {"name": "c"}])
""",
    "options": """
run(insert(User).returning(User).options(undefer(User.biography)), many)
run(insert(User).returning(User).options(selectinload(User.addresses)), many)
run(insert(User).returning(User).options(subqueryload(User.addresses)), many)
run(insert(User).returning(User).options(load_only(User.name)), many)
run(update(User).values(name="k").returning(User).options(selectinload(User.addresses)))
""",
    "repeated": """
run(insert(User).values(name="k").returning(User.name, User.id, User.name))
run(insert(User).returning(User.name, User.id, User.name), one)
run(insert(User).returning(User.name, User, User.id, User.name), many)
run(update(User).values(name="k").where(User.id < 5).returning(User, User.name, User.id, User.name))
run(update(User).values(name="k").returning(User.name, User.id, User.name), synchronize_session="fetch")
run(delete(User).where(User.id == 2).returning(User.name, User.id, User.name, User))
""",
    "expressions": """
run(insert(User).returning(User.upper), one)
run(insert(User).returning(User.upper, User.biography), many)
run(insert(User).returning(func.lower(User.name) + "q", User.name.label("q")), many)
run(insert(User).returning(literal(5), User.name), many)
run(insert(User.__table__).returning(literal(5), User.__table__.c.name), many)
run(update(User).values(name="k").returning(User.upper, User))
run(insert(User).returning(Bundle("b", User.id, User.name), User.id), many)
run(update(User).values(name="k").returning(Bundle("b", User.id, User.name), User))
""",
    "classes": """
run(update(Person).values(name="k").returning(Person))
run(update(Driver).values(licence="k").returning(Driver))
run(delete(Person).where(Person.id < 3).returning(Person))
""",
    "not synchronized": """
run(update(User).values(full="k").returning(User), before=two, synchronize_session=False)
run(update(User).values(full=User.full + "k").returning(User.full), before=two, synchronize_session=False)
run(delete(User).where(User.id == 2).returning(User), before=two, synchronize_session=False)
""",
    "given statements": """
session = Session(engine)
for statement in (
    insert(User).values(name="q").returning(User),
    update(User).values(name="r").returning(User),
    delete(User).returning(User),
):
    for user in session.scalars(select(User).from_statement(statement).options(selectinload(User.addresses))):
        print(shown(user))
session.rollback()
""",
    "given statements fill": """
class Filled(Base):
    __tablename__ = "filled"
    id = Column(Integer, primary_key=True)
    n = Column(String)
    x = Column(Integer, default=3)
    y = Column(Integer, default=lambda: 4)
    z = Column(Integer, onupdate=8)
    big = deferred(Column(String))
Base.metadata.create_all(engine)
session = Session(engine, autoflush=False)
def given(statement, params=None):
    rows = session.scalars(
        select(Filled).from_statement(statement).execution_options(populate_existing=True), params
    ).all()
    print(rows == session.new, [shown(row) for row in rows])
    return rows
added = insert(Filled).returning(Filled)
kept = given(added.values(n="a")) + given(added.values(n="a")) + given(added, {"n": "b"})
kept += given(added.values([{"n": "c"}, {"n": "d", "x": 5}])) + given(added, [{"n": "e"}, {"n": "f"}])
given(update(Filled).values(n="up").returning(Filled))
for row in kept:
    row.x, row.big = 77, "changed"
for few in (
    update(Filled).values(n="few").returning(Filled.id, Filled.n),
    select(Filled.id, Filled.n),
    text("SELECT id, n FROM filled"),
):
    given(few)
    print([(row.x, row in session.dirty, sorted(inspect(row).unloaded)) for row in kept])
    kept[0].x = 78
rows = session.scalars(select(Filled).options(load_only(Filled.n)), execution_options={"populate_existing": True})
print([shown(row) for row in rows], kept[0].x)
session.rollback()
""",
    "rows": """
session = Session(engine)
session.execute(insert(User).values(name="n"))
row = session.execute(update(User).values(name="o").returning(User, User.id)).one()
print(row.User.name, row._mapping[User].name, row.id == row.User.id == row._mapping[User.id])
print(session.execute(update(User).where(User.id == -1).values(name="n").returning(User)).all())
print(session.scalars(update(User).values(name="p").returning(User)).first().name)
fetched = session.execute(update(User).values(name="q"), execution_options={"synchronize_session": "fetch"})
print(fetched.rowcount, fetched.all())
session.rollback()
""",
}
for strategy in ("auto", "evaluate", "fetch"):
    CASES[strategy] = "".join(
        f"run({statement}, before=two, synchronize_session={strategy!r})\n"
        for value in ("'k'", "User.full + 'k'", "func.upper(User.full) + User.name")
        for statement in (
            f"update(User).values(full={value}).where(User.id < 5).returning(User)",
            f"update(User).values(full={value}).where(User.id < 5).returning(User.full)",
        )
    ) + "".join(
        f"run(delete(User).where(User.id < {below}).returning({what}), before=two, "
        f"synchronize_session={strategy!r})\n"
        for below in (0, 5)
        for what in ("User", "User.name")
    )


@pytest.mark.parametrize("case", CASES)
def test_returning(case: str) -> None:
    peer, _ = compare(MODELS + CASES[case])
    assert peer.error is None


def test_many_rows_of_defaults_alone() -> None:
    """They name the first column, so that one statement can have several of them."""

    def program(p: Peer) -> None:
        metadata = p.MetaData()
        whole = p.Table(
            "whole",
            metadata,
            p.Column("id", p.Integer, primary_key=True),
            p.Column("n", p.Integer, server_default="4"),
        )
        later = p.Table(
            "later",
            metadata,
            p.Column("a B", p.Integer, key="k"),
            p.Column("id", p.Integer, primary_key=True),
        )
        filled = p.Table(
            "filled",
            metadata,
            p.Column("id", p.Integer, primary_key=True),
            p.Column("n", p.Integer, default=5),
        )
        base = p.orm.declarative_base(metadata=metadata)

        class Whole(base):
            __table__ = whole

        class Later(base):
            __table__ = later

        engine = p.engine()
        metadata.create_all(engine)
        with p.orm.Session(engine) as s:
            for table in (whole, later, filled):
                c = s.connection()
                insert = table.insert()
                c.execute(insert, [{}, {}, {}])
                c.execute(insert, [{}])
                c.execute(insert.inline(), [{}, {}])
                p.show(c.execute(insert.returning(table.c.id), [{}, {}, {}]).all())
                ordered = insert.returning(*table.c, sort_by_parameter_order=True)
                p.show(c.execute(ordered, [{}, {}, {}]).all())
                p.show(c.execute(insert.return_defaults(), [{}, {}]).returned_defaults_rows)
                p.show(insert.compile(engine, column_keys=[]).string)
                p.show(c.execute(table.select()).all())
            s.add_all([Whole() for _ in range(3)])
            s.flush()
            s.bulk_save_objects([Whole(), Whole()])
            s.bulk_insert_mappings(Later, [{}, {}])
            s.execute(p.insert(Later), [{}, {}])
            p.show([x.n for x in s.scalars(p.insert(Whole).returning(Whole), [{}, {}])])
            p.show(s.query(Whole.id, Whole.n).all(), s.query(Later.id, Later.k).all())

    compare(program)


def test_keys_of_tables_that_are_not_asked_to_return_them() -> None:
    """Where the database counts by sequences the next value is asked for before."""

    def program(p: Peer) -> None:
        metadata = p.MetaData()

        def table(name: str, *key: Any, **kw: Any) -> Any:
            n = p.Column("n", p.Integer)
            return p.Table(name, metadata, *key, n, implicit_returning=False, **kw)

        def column(name: str, *given: Any, type_: Any = p.Integer, **kw: Any) -> Any:
            return p.Column(name, type_, *given, primary_key=True, **kw)

        plain = table("plain", column("id"), p.Column("s", p.String, server_default="x"))
        counted = table("counted", column("id", p.Sequence("own_numbers")))
        optional = table("optional", column("id", p.Sequence("no_numbers", optional=True)))
        tables = [
            plain,
            counted,
            optional,
            table("identity", column("id", p.Identity())),
            table("by the server", column("id", server_default=p.text("7"))),
            table("keyed", column("id", key="kk")),
            table("t" * 60, column("i" * 20)),
            table("u" * 10, column("i" * 58)),
        ]
        engine = p.engine()
        if engine.dialect.name != "sqlite":  # which counts keys of one INTEGER alone
            key = column("a", default=1), column("b", autoincrement=True)
            tables.append(table("composite", *key))
            tables.append(table("To Quote", column("Id Y", type_=p.BigInteger)))
        metadata.create_all(engine)
        c = engine.connect()

        def insert(statement: Any, *sets: Any) -> None:
            with c.begin_nested():
                result = c.execute(statement, *sets)
                if result.returns_rows:
                    p.show(result.all())
                else:
                    p.show(result.inserted_primary_key_rows, result.lastrow_has_defaults())
                    p.show([str(x) for x in result.prefetch_cols()])

        with c, c.begin():
            for each in tables:
                insert(each.insert(), {"n": 3})
            for each in (plain, counted, optional):
                statement = each.insert()
                insert(statement)
                insert(statement, [{"n": 3}, {"n": 4}])
                insert(statement.values([{"n": 3}, {"n": 4}]))
                insert(statement.inline().values(n=1))
                insert(statement.from_select(["n"], p.select(p.literal(1))))
                insert(statement.values(n=9).returning(each.c.id))
                insert(statement.values(n=9).return_defaults())
                insert(statement, {"id": 77, "n": 1})
                insert(statement.values(id=p.literal(70) + 8, n=1))
                insert(statement.returning(each.c.id), [{"n": 3}, {"n": 4}])
                # (of many rows SQLAlchemy tells the key of the first alone)
                insert(statement.return_defaults(), [{"n": 3}])
                p.show(c.execute(each.select().order_by(each.c.id)).all())

    compare(program)


def test_key_of_a_function_that_is_not_returned() -> None:
    def program(p: Peer) -> None:
        key = p.Column("id", p.Integer, primary_key=True, default=p.func.length("abcd"))
        t = p.Table("t", p.MetaData(), key, p.Column("n", p.Integer), implicit_returning=False)
        engine = p.engine()
        t.create(engine)
        with engine.connect() as c:
            p.show(c.execute(t.insert().values(n=1)).inserted_primary_key)
            p.show(c.execute(t.select()).all())

    # the log says "raw sql" where the key is computed
    compare(program, sql=False)


def test_entities_with_joined_collections() -> None:
    """Their rows are to be asked for once each, as those of a select."""

    def program(p: Any) -> None:
        class Parent(p.Base):
            __tablename__ = "parents"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.String)
            kids = p.relationship("Kid", lazy="joined")

        class Kid(p.Base):
            __tablename__ = "kids"
            id = p.Column(p.Integer, primary_key=True)
            parent_id = p.Column(p.ForeignKey("parents.id"))
            parent = p.relationship(Parent, lazy="joined", overlaps="kids")

        s = p.session()
        for made in (
            p.insert(Parent).returning(Parent).values(name="a"),
            p.insert(Kid).returning(Kid).values(parent_id=1),
            p.update(Parent).values(name="b").returning(Parent),
            p.update(Parent).values(name="b").returning(Parent.name),
            p.update(Parent).values(name="b").returning(Parent.id, Parent),
            p.select(Parent).from_statement(p.insert(Parent).values(name="c").returning(Parent)),
            p.insert(Parent).returning(Parent).values(name="d").options(p.lazyload(Parent.kids)),
            p.delete(Parent).where(Parent.name == "b").returning(Parent),
        ):
            p.error(lambda made=made: len(s.execute(made).all()))
            p.error(lambda made=made: len(s.execute(made).unique().all()))
            p.error(lambda made=made: s.execute(made).unique().first() is None)
        rows = [{"name": "e"}, {"name": "f"}]
        p.error(lambda: s.scalars(p.insert(Parent).returning(Parent), rows).all())
        p.error(
            lambda: [o.name for o in s.scalars(p.insert(Parent).returning(Parent), rows).unique()]
        )
        p.error(lambda: s.scalars(p.insert(Parent).returning(Parent), rows).one())

    compare(program)
