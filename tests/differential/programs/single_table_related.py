"""Relationships to and from classes that share one table, and statements that change rows."""
from sqlalchemy import ForeignKey, create_engine, delete, func, insert, select, update
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    contains_eager,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
    subqueryload,
    with_polymorphic,
)


class Base(DeclarativeBase):
    pass


class Company(Base):
    __tablename__ = "company"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    employees: Mapped[list["Employee"]] = relationship(
        back_populates="company", order_by="Employee.id", cascade="all, delete-orphan"
    )
    managers: Mapped[list["Manager"]] = relationship(viewonly=True, order_by="Manager.id")


class Employee(Base):
    __tablename__ = "employee"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    type: Mapped[str]
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"))
    company: Mapped[Company | None] = relationship(back_populates="employees")
    __mapper_args__ = {"polymorphic_on": "type", "polymorphic_identity": "employee"}

    def __repr__(self):
        return f"<{type(self).__name__} {self.name}>"


class Engineer(Employee):
    info: Mapped[str | None]
    boss: Mapped["Manager | None"] = relationship(
        remote_side=Employee.id, back_populates="staff"
    )
    machines: Mapped[list["Machine"]] = relationship(back_populates="engineer", order_by="Machine.id")
    __mapper_args__ = {"polymorphic_identity": "engineer"}


class Manager(Employee):
    data: Mapped[str | None]
    staff: Mapped[list["Engineer"]] = relationship(back_populates="boss", order_by="Engineer.id")
    __mapper_args__ = {"polymorphic_identity": "manager"}


class Chief(Manager):
    __mapper_args__ = {"polymorphic_identity": "chief"}


class Machine(Base):
    __tablename__ = "machine"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    engineer_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"))
    engineer: Mapped[Engineer | None] = relationship(back_populates="machines")


engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
s = Session(engine)
boss = Manager(name="a", data="x")
s.add_all(
    [
        Company(name="c1", employees=[boss, Engineer(name="b", info="y", machines=[Machine(name="m1")]), Chief(name="d")]),
        Company(name="c2", employees=[Manager(name="e", data="w"), Employee(name="f")]),
    ]
)
s.flush()
s.add(Engineer(name="g", boss=boss, machines=[Machine(name="m2"), Machine(name="m3")]))
s.commit()


def show(title, statement, attributes=(), **kw):
    print("--", title)
    s.expunge_all()
    try:
        found = s.execute(statement, **kw).unique().all()
    except Exception as error:
        print(type(error).__name__, error)
        return
    for row in found:
        print([getattr(item, "name", item) for item in row])
        for item in row:
            for attribute in attributes:
                if hasattr(type(item), attribute):
                    print("  ", attribute, getattr(item, attribute))


for load in (joinedload, selectinload, subqueryload):
    show(load.__name__, select(Company).options(load(Company.employees)), ["employees"])
    show(load.__name__, select(Company).options(load(Company.managers)), ["managers"])
    show(load.__name__, select(Engineer).options(load(Engineer.boss)), ["boss"])
    show(load.__name__, select(Manager).options(load(Manager.staff)), ["staff"])
    show(load.__name__, select(Machine).options(load(Machine.engineer)), ["engineer"])
    show(load.__name__, select(Employee).options(load(Engineer.machines)), ["machines"])
show("lazy", select(Company), ["employees", "managers"])
show("lazy", select(Employee), ["boss", "staff", "machines"])
show("lazy", select(Machine), ["engineer"])
both = with_polymorphic(Employee, "*")
show("everything", select(both).where(both.Engineer.info == "y"), ["info", "data"])
flat = with_polymorphic(Employee, [Manager], flat=True)
show("flat", select(flat).order_by(flat.id), ["info", "data"])
show("join", select(Company.name, Manager.name).join(Company.managers))
show("outer join", select(Company.name, Manager.name).join(Company.managers, isouter=True))
show("join of type", select(Company.name, Manager.name).join(Company.employees.of_type(Manager)))
show("join on", select(Company.name, Chief.name).join(Chief, Chief.company_id == Company.id))
show("any", select(Company.name).where(Company.employees.of_type(Manager).any(Manager.data == "x")))
show("any", select(Company.name).where(Company.managers.any()))
show("has", select(Machine.name).where(Machine.engineer.has(Engineer.name == "b")))
show("is none", select(Engineer.name).where(Engineer.boss == None))
boss_alias = aliased(Manager)
show("alias", select(Engineer, boss_alias).join(Engineer.boss.of_type(boss_alias)))
show(
    "contains",
    select(Engineer).join(Engineer.boss.of_type(boss_alias)).options(contains_eager(Engineer.boss.of_type(boss_alias))),
    ["boss"],
)
show("subquery", select(Employee.name).where(Employee.id.in_(select(Manager.id))))
sub = select(Manager).subquery()
over = aliased(Manager, sub)
show("over subquery", select(over).order_by(over.id), ["data"])
show("scalar subquery", select(Company.name, select(func.count(Manager.id)).where(Manager.company_id == Company.id).scalar_subquery()))
show("exists", select(Company.name).where(select(Chief.id).where(Chief.company_id == Company.id).exists()))
show("union", select(Manager.name).union(select(Engineer.name)))
show("base and sub", select(Employee.name, Manager.data))
show("group", select(Employee.type, func.count()).group_by(Employee.type))
print(s.query(Manager).count(), s.query(Chief).filter_by(name="d").one(), s.query(Manager.name).order_by(Manager.name).all())
print(s.query(Engineer).join(Engineer.machines).filter(Machine.name == "m2").all())
print(s.query(func.count(Chief.id)).scalar(), s.query(Manager).with_entities(Manager.name).all())

print("-- changes")
s.expunge_all()
managers = s.scalars(select(Manager).order_by(Manager.id)).all()
s.execute(update(Manager).values(data="all"))
print([m.data for m in managers])
s.execute(update(Manager).where(Manager.name == "a").values(data="one"), execution_options={"synchronize_session": "fetch"})
print([m.data for m in managers])
s.execute(update(Employee).where(Employee.name == "d").values(name="dd"))
print([m.name for m in managers])
s.execute(delete(Chief))
print([m in s for m in managers])
s.query(Manager).filter(Manager.name == "e").update({"data": "q"})
print([m.data for m in managers[:-1]])
s.rollback()
s.execute(insert(Manager), [{"name": "n1", "data": "1"}, {"name": "n2", "data": "2"}])
print(s.scalars(select(Manager).where(Manager.name.like("n%"))).all())
print(s.scalars(insert(Manager).returning(Manager), [{"name": "n3"}, {"name": "n4"}]).all())
s.execute(insert(Manager).values(name="n5", type="manager"))
print(s.scalars(select(Employee.type).where(Employee.name.like("n%"))).all())
s.execute(update(Manager), [{"id": 1, "data": "bulk"}])
s.bulk_save_objects([Manager(name="n6"), Engineer(name="n7"), Manager(name="n8")])
s.bulk_insert_mappings(Engineer, [{"name": "n9", "info": "i"}])
s.bulk_update_mappings(Manager, [{"id": 1, "data": "again"}])
print(s.execute(select(Employee.name, Employee.type).where(Employee.name.like("n%"))).all())
s.rollback()
company = s.get(Company, 1)
company.employees.append(Chief(name="new"))
s.flush()
del company.employees[1]
s.flush()
s.delete(s.get(Manager, 1))
s.flush()
print(s.scalars(select(Employee).order_by(Employee.id)).all())
