"""INSERT, UPDATE and DELETE of mapped classes: SQL expressions for rows that are parameters, what
is returned, and the execution option dml_strategy."""

from __future__ import annotations

from typing import Any

import pytest

from .harness import Programs, compare

program = Programs()


def models(p: Any) -> Any:
    class Animal(p.Base):
        __tablename__ = "animal"
        id = p.Column(p.Integer, primary_key=True)
        kind = p.Column(p.String)
        name = p.Column(p.String)
        legs = p.Column("leg_count", p.Integer)
        title = p.orm.synonym("name")
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal"}

    class Dog(Animal):
        __tablename__ = "dog"
        id = p.Column(p.ForeignKey("animal.id"), primary_key=True)
        bark = p.Column(p.String)
        age = p.Column("years", p.Integer)
        __mapper_args__ = {"polymorphic_identity": "dog"}

    class Owner(p.Base):
        __tablename__ = "owner"
        id = p.Column(p.Integer, primary_key=True)
        dog_id = p.Column(p.ForeignKey("dog.id"))
        wealth = p.Column(p.Integer)
        dog = p.relationship(Dog)

    other = p.aliased(Owner)
    Owner.richest = p.orm.column_property(
        p.select(p.func.max(other.wealth)).where(other.id != Owner.id).scalar_subquery()
    )
    return Animal, Dog, Owner


def filled(p: Any) -> Any:
    Animal, Dog, Owner = models(p)
    s = p.session()
    s.add(Animal(id=1, name="ape", legs=2))
    s.add_all([Dog(id=2, name="rex", bark="wuff", age=4), Dog(id=3, name="tim", age=5)])
    s.flush()
    p.mark("start")
    return s, Animal, Dog, Owner


def held(obj: Any) -> Any:
    return {k: v for k, v in sorted(obj.__dict__.items()) if not k.startswith("_")}


def everything(p: Any, s: Any) -> None:
    for table in p.Base.metadata.sorted_tables:
        p.show(s.execute(table.select().order_by(table.c.id)).all())


@program
def expressions_for_a_row_that_is_known_by_its_key(p: Any) -> None:
    s, Animal, Dog, _ = filled(p)
    rex = s.get(Dog, 2)
    lower = p.func.lower("LOWER")
    s.execute(p.update(Dog).values(name=lower, age=p.literal_column("3 + 12")), [{"id": 2}])
    p.show(held(rex))
    s.execute(p.update(Animal).values(name=Animal.name + "!"), [{"id": 2, "legs": 3}])
    p.show(held(rex))
    s.execute(p.update(Animal).values(legs=Animal.legs + 1), [{"id": 1, "name": "x", "legs": 50}])
    s.execute(p.update(Animal).values(legs=p.bindparam("many")), [{"id": 3, "many": 9}])
    s.execute(
        p.update(Animal)
        .where(Animal.legs > p.bindparam("above"))
        .values(name=p.func.upper(p.bindparam("called")))
        .execution_options(synchronize_session=None),
        [{"id": 3, "above": 3, "called": "many legs"}],
    )
    everything(p, s)
    s.execute(p.update(Animal).values(name="for all"), [{"id": 1, "legs": 7}])
    p.error(lambda: s.execute(p.update(Dog).ordered_values(("name", "x")), [{"id": 2, "age": 1}]))
    everything(p, s)


@program
def stars(p: Any) -> None:
    s, _, _, Owner = filled(p)
    for star in (p.text("*"), p.literal_column("*")):
        rows = [{"id": 1, "wealth": 5}, {"id": 2, "wealth": 3}]
        p.show(s.execute(p.insert(Owner).values(rows).returning(star)).all())
        p.show(sorted(s.execute(p.update(Owner).values(wealth=6).returning(star)).all()))
        p.show(sorted(s.execute(p.delete(Owner).returning(star)).all()))
        p.error(lambda star=star: s.execute(p.insert(Owner).returning(star), {"id": 1}))
        p.error(lambda star=star, rows=rows: s.execute(p.insert(Owner).returning(star), rows))


@program
def expressions_of_returned_objects(p: Any) -> None:
    s, _, _, Owner = filled(p)
    (one,) = s.scalars(p.insert(Owner).values(id=1, wealth=5).returning(Owner)).all()
    (two,) = s.scalars(p.insert(Owner).returning(Owner), {"id": 2, "wealth": 7}).all()
    p.show(held(one), held(two))
    p.show(one.richest, two.richest)
    s.expunge_all()
    changed = p.update(Owner).where(Owner.id == 1).values(wealth=6).returning(Owner)
    (one,) = s.scalars(changed).all()
    p.show(held(one))
    p.show(one.richest)


@program
def loads_that_changes_cannot_have(p: Any) -> None:
    s, _, _, Owner = filled(p)
    for number, load in enumerate((p.joinedload, p.subqueryload, p.lazyload, p.selectinload)):
        statement = p.insert(Owner).returning(Owner).options(load(Owner.dog))
        (owner,) = s.scalars(statement, {"id": number, "wealth": 1, "dog_id": 2}).all()
        p.show(sorted(held(owner)))


@program
def upserts_of_several_tables(p: Any) -> None:
    s, _, Dog, _ = filled(p)
    insert = p.module(f"dialects.{s.get_bind().dialect.name}").insert(Dog)
    change = insert.on_conflict_do_update(index_elements=["id"], set_={"bark": "k"})
    p.error(lambda: s.execute(change, [{"id": 2, "bark": "k"}]))


@program
def names_that_are_synonyms(p: Any) -> None:
    s, Animal, _, _ = filled(p)
    ape = s.get(Animal, 1)
    s.execute(p.update(Animal).where(Animal.id == 1).values(title="a"))
    p.show(held(ape))
    s.query(Animal).filter(Animal.id == 1).update({"title": "b"}, synchronize_session="evaluate")
    p.show(held(ape))
    s.execute(p.insert(Animal).values(id=8, title="c", kind="animal"))
    s.execute(p.insert(Animal).values([{"id": 9, "title": "d", "kind": "animal"}]))
    everything(p, s)


@program
def strategies(p: Any) -> None:
    s, Animal, _, Owner = filled(p)
    change = p.update(Animal).where(Animal.id == p.bindparam("b")).values(legs=p.bindparam("n"))
    for how in ("core_only", "orm", "bulk", "raw", "nothing"):
        option = {"dml_strategy": how}
        p.mark(how)

        def one(option: Any = option) -> Any:
            return s.execute(change, {"b": 3, "n": 7}, execution_options=option).rowcount

        def many(option: Any = option) -> Any:
            rows = [{"b": 2, "n": 8}, {"b": 1, "n": 9}]
            return s.execute(change.execution_options(**option), rows).rowcount

        def insert(option: Any = option) -> Any:
            statement = p.insert(Owner).values(id=1, wealth=5).returning(Owner.id)
            return s.execute(statement, execution_options=option).all()

        def insert_rows(option: Any = option) -> Any:
            statement = p.insert(Owner).returning(Owner.id).execution_options(**option)
            return s.execute(statement, [{"id": 2, "wealth": 5}]).all()

        def delete(option: Any = option) -> Any:
            statement = p.delete(Owner).where(Owner.wealth > 100)
            return s.execute(statement, execution_options=option).rowcount

        def delete_rows(option: Any = option) -> Any:
            statement = p.delete(Owner).where(Owner.id == p.bindparam("b"))
            return s.execute(statement, [{"b": 1}, {"b": 2}], execution_options=option).rowcount

        for function in (one, insert, delete, delete_rows):
            p.error(function)
        if how != "bulk":
            p.error(many)
        if how not in ("bulk", "orm"):
            p.error(insert_rows)
        s.execute(Owner.__table__.delete())
        everything(p, s)


@program
def criteria_that_objects_meet(p: Any) -> None:
    s, Animal, _, _ = filled(p)
    s.add_all([Animal(id=n, name=name, legs=n - 12) for n, name in ((10, "a"), (11, None))])
    s.add(Animal(id=12, name="b"))
    s.commit()
    objects = s.scalars(p.select(Animal).order_by(Animal.id)).all()
    for criterion in (
        Animal.legs > -2,
        Animal.legs != -1,
        Animal.name == "a",
        Animal.name != "a",
        Animal.name == p.null(),
        Animal.name.startswith("r"),
        Animal.legs + 2 == 1,
        p.literal(0) > Animal.legs,
        p.and_(Animal.legs < 3, Animal.name != "x"),
    ):
        s.rollback()
        for obj in objects:
            p.show(obj.name, obj.legs)
        s.expire(objects[1], ["legs"])
        s.expire(objects[2])
        change = p.update(Animal).where(criterion).values(legs=77)
        s.execute(change, execution_options={"synchronize_session": "evaluate"})
        p.show([obj.__dict__.get("legs") for obj in objects])
        p.show([obj.legs for obj in objects])


@pytest.mark.parametrize("run", program.registered)
def test_strategies(run: Any) -> None:
    compare(run, warned=True)


@pytest.mark.parametrize("returned", [False, True])
def test_rows_of_several_tables(returned: bool) -> None:
    """What is inserted and returned; how many rows a statement takes is each package's own."""

    def run(p: Any) -> None:
        s, Animal, Dog, _ = filled(p)
        insert = p.insert(Dog).values(name=p.func.lower("LOWER"))
        rows = [{"id": 10, "bark": "1", "age": 3}, {"id": 11, "bark": "2", "age": None}]
        if not returned:
            s.execute(insert, rows)
            s.execute(p.insert(Dog).values(bark="fixed"), [{"id": 12}, {"id": 13, "bark": "own"}])
            everything(p, s)
            return
        shouted = p.func.upper(Dog.name, type_=p.String)
        for dog, name in s.execute(insert.returning(Dog, shouted), rows):
            p.show(held(dog), name)
        rows = [{"id": 20, "bark": "1", "age": 3}, {"id": 21, "bark": "2", "age": 5}]
        p.show(s.execute(p.insert(Dog).returning(Dog.id, Dog.age + 5, Animal.legs), rows).all())
        only = p.insert(Dog).returning(Dog).options(p.load_only(Dog.name, Dog.age))
        for dog in s.scalars(only, [{"id": 30, "name": "n", "bark": "b", "legs": 4, "age": 1}]):
            p.show({k: v for k, v in held(dog).items() if k != "id"})
            p.show(dog.bark, dog.legs)
        everything(p, s)

    compare(run, sql=False)
