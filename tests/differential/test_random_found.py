"""What random statements have found, reduced: these once differed from SQLAlchemy."""

from __future__ import annotations

from .harness import Peer, making_tests
from .random_env import Models, shown

program = making_tests()


def _models(p: Peer) -> tuple[Models, object]:
    models = Models(p)
    session = p.session()
    models.fill(session)
    return models, session


@program
def test_single_entities(p: Peer) -> None:
    """Labels, functions, bundles and tables are none."""
    models, session = _models(p)
    person, _, _, _, _, note = models.classes
    for selected in (
        person,
        p.aliased(person),
        person.name,
        person.amount,
        person.title,
        person.name.label("label"),
        p.func.count(person.id),
        p.Bundle("pair", person.id),
        p.Bundle("single", person.id, single_entity=True),
        person.__table__,
        p.literal(1),
        note.place,
        -person.id,
    ):
        p.show(session.query(selected).is_single_entity)
    p.show(session.query(person).only_return_tuples(True).is_single_entity)


@program
def test_filter_by_after_other_columns(p: Peer) -> None:
    """What is selected instead is what filter_by() speaks of, not what was joined before."""
    models, session = _models(p)
    _, _, thing, _, tag, _ = models.classes
    alias = p.aliased(tag)
    query = session.query(alias).join(alias.things)
    for made in (
        query,
        query.with_entities(alias.name),
        query.with_entities(p.func.count(alias.id), thing),
        query.with_entities(alias.name).join(alias.things.of_type(p.aliased(thing))),
        query.reset_joinpoint(),
        query.reset_joinpoint().with_entities(alias.name),
    ):
        p.show(str(made.filter_by(name="a")))
    core = p.select(alias).join(alias.things).with_only_columns(alias.name)
    p.show(str(core.filter_by(name="a")))
    tables = thing.__table__, tag.__table__
    joined = p.select(tables[0]).join(tables[1], tables[0].c.id == tables[1].c.id)
    p.show(str(joined.with_only_columns(tables[0].c.id).filter_by(name="a")))


@program
def test_set_operations(p: Peer) -> None:
    """Of a class and its aliases, of expressions without a name, of subclasses' columns."""
    models, session = _models(p)
    person, maker, thing, book, _, _ = models.classes
    for first, second in (
        (book, p.aliased(thing)),
        (p.aliased(thing), thing),
        (person, p.aliased(person)),
        (maker, p.aliased(person)),
    ):
        query = session.query(first, second).filter(first.id == second.id + 1)
        both = query.union_all(query.filter(first.id < 4))
        p.show(str(both), str(both.order_by(second.name)))
        p.show(sorted((one.id, other.id, other.name) for one, other in both))
        p.show(both.count())
    query = session.query(thing).union(session.query(thing).filter(thing.id == 1))
    p.show(query.with_entities(thing).count(), str(query.subquery()))
    counted = session.query(thing.id, p.func.row_number().over(order_by=thing.id))
    p.show(list(counted.intersect(counted).first()._mapping))
    told = session.query(person).execution_options(yield_per=2, told=True)
    p.show(told.union(session.query(person)).get_execution_options())
    p.show(told.from_statement(p.select(person)).get_execution_options())


@program
def test_yield_per_of_no_rows(p: Peer) -> None:
    models, session = _models(p)
    person = models.classes[0]
    paged = session.query(person).execution_options(yield_per=2)
    p.show(paged.filter(person.id > 100).all())
    p.error(paged.all)
    p.error(paged.options(p.joinedload(person.things)).filter(person.id > 100).all)
    p.error(paged.options(p.subqueryload(person.things)).all)


@program
def test_exists_of_several(p: Peer) -> None:
    """The first entity stands in FROM whatever is joined to the others."""
    models, session = _models(p)
    _, maker, thing, _, tag, _ = models.classes
    for first in (maker, thing):
        query = (
            session.query(first, tag)
            .filter(first.id == tag.id)
            .join(tag.things.of_type(p.aliased(thing)))
        )
        p.show(str(session.query(query.exists())), session.query(query.exists()).scalar())
    query = session.query(thing).join(thing.tags)
    p.show(str(session.query(query.exists())))


@program
def test_options_of_inherited_attributes(p: Peer) -> None:
    """What does not apply is named by the class that the attribute comes from."""
    models, session = _models(p)
    _, maker, thing, book, _, _ = models.classes
    for query, option in (
        (session.query(thing), p.joinedload(maker.boss)),
        (session.query(thing), p.defer(maker.craft)),
        (session.query(thing.id), p.joinedload(book.owner)),
        (session.query(thing.id), p.joinedload(book.notes)),
        (session.query(p.aliased(thing)), p.selectinload(book.owner)),
    ):
        p.error(query.options(option).all)


@making_tests(sql=False)
def test_rows_without_the_discriminator(p: Peer) -> None:
    """Of an alias of a subquery, and of text."""
    models, session = _models(p)
    for cls in models.classes[:4]:
        alias = p.aliased(cls, p.select(cls.id, cls.name).subquery())
        p.show(str(session.query(alias)))
        p.error(session.query(alias).all)  # SQLAlchemy asks the database first
    person = models.classes[0]
    rows = p.text("SELECT id, name FROM person")
    p.error(session.query(person).from_statement(rows).all)


@program
def test_not_containing_what_has_no_key(p: Peer) -> None:
    models, session = _models(p)
    _, _, thing, _, tag, _ = models.classes
    p.show(str(p.select(thing.id).where(~thing.tags.contains(tag(name="new")))))
    known = session.get(tag, 2)
    p.show(session.scalars(p.select(thing.id).where(~thing.tags.contains(known))).all())
    session.expire(known)
    p.show(session.scalars(p.select(thing.id).where(~thing.tags.contains(known))).all())


@program
def test_returning_as_text(p: Peer) -> None:
    """Without a dialect names that come twice stay."""
    models, _ = _models(p)
    maker, thing = models.classes[1].__table__, models.classes[2].__table__
    for made in (
        p.insert(maker).returning(maker.c.id, maker.c.id, thing.c.id),
        p.update(maker).values(craft="x").where(maker.c.id == thing.c.id).returning(maker, thing),
        p.delete(maker).returning(maker.c.id, thing.c.id, p.func.lower(thing.c.name)),
        p.update(models.classes[1]).returning(models.classes[1]),
    ):
        p.show(str(made), str(made.compile(dialect=p.module("dialects.postgresql").dialect())))


@making_tests(sql=False)
def test_changes_of_classes(p: Peer) -> None:
    """Rows counted behind WITH, columns that are expressions, what many rows cannot fetch."""
    models, session = _models(p)
    _, maker, _, _, _, note = models.classes
    found = p.select(note.id).where(note.id > 50).cte("found")
    among = note.id.in_(p.select(found.c.id))
    for how in ("auto", "fetch"):
        options = {"synchronize_session": how}
        p.show(
            session.execute(
                p.update(note).values(name="x").where(among), execution_options=options
            ).rowcount
        )
    p.show(session.execute(p.delete(note).where(among)).rowcount)
    session.rollback()
    rows = [{"id": 201, "name": "a", "craft": "x"}]
    made = session.scalars(p.insert(maker).returning(maker), rows).all()
    p.show([(each.id, each.name, each.craft, each.amount) for each in made])
    p.error(
        lambda: session.execute(
            p.update(note),
            [{"id": 10, "name": "x"}],
            execution_options={"synchronize_session": "fetch"},
        )
    )


@program
def test_types_and_names_of_wrapped_columns(p: Peer) -> None:
    """What is collated has a type that says so, and a cast of a cast the name of its column."""
    table = p.Table("t", p.MetaData(), p.Column("s", p.String(40)), p.Column("n", p.Integer))
    text, number = table.c.s, table.c.n
    for made in (
        text.collate("X"),
        text.collate("X").collate("Y"),
        p.func.lower(text).collate("X"),
        p.cast(text, p.Text).collate("X"),
        p.cast(text, p.Enum("a", "b", name="en")).collate("X"),
        p.case((number > 1, text.collate("X"))),
        number.collate("X"),
        text.collate("X") == "a",
    ):
        p.show(str(made), repr(made.type))
        for driver in ("psycopg", "asyncpg"):
            dialect = p.module(f"dialects.postgresql.{driver}").dialect()
            p.show(str(p.select(made).compile(dialect=dialect)))
    for made in (
        p.cast(p.cast(number, p.String), p.Integer),
        p.type_coerce(p.cast(number, p.String), p.Integer),
        p.cast(p.cast(number + 1, p.String), p.Integer),
        p.cast(p.cast(number, p.String).label("named"), p.Integer),
        p.cast(p.func.abs(number), p.String),
    ):
        p.show(str(p.select(made)), str(p.select(p.select(made).subquery())))


@program
def test_rows_of_objects_that_aliases_gave(p: Peer) -> None:
    """Options of an alias say what its own statement loads, and no other one of the row."""
    models, session = _models(p)
    thing, orm = models.classes[2], p.orm
    alias, poly = p.aliased(thing), orm.with_polymorphic(thing, "*")
    for entity, options in (
        (alias, (orm.joinedload(alias.owner),)),
        (alias, (orm.selectinload(alias.owner), orm.defer(alias.name))),
        (alias, (orm.lazyload("*"), orm.undefer(alias.name))),
        (poly, (orm.joinedload(poly.tags),)),
        (thing, (orm.joinedload(thing.owner), orm.defer(thing.name))),
    ):
        session.expunge_all()
        statement = p.select(entity).where(entity.id == 3).options(*options)
        found = session.scalars(statement).unique().one()
        p.show(shown(found))
        session.expire(found)
        p.show(found.size, shown(found))
        session.refresh(found)
        p.show(shown(found))
        session.refresh(found, ["size"])
        p.show(shown(found))
