"""Eager and lazy loads to and from classes that inherit by joined tables."""
from sqlalchemy import ForeignKey, create_engine, func, select
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
        back_populates="company", order_by="Employee.id"
    )
    engineers: Mapped[list["Engineer"]] = relationship(viewonly=True, order_by="Engineer.id")


class Employee(Base):
    __tablename__ = "employee"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    type: Mapped[str]
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"))
    company: Mapped[Company | None] = relationship(back_populates="employees")
    boss: Mapped["Employee | None"] = relationship(remote_side=id, back_populates="staff")
    staff: Mapped[list["Employee"]] = relationship(back_populates="boss", order_by=id)
    __mapper_args__ = {"polymorphic_on": "type", "polymorphic_identity": "employee"}

    def __repr__(self):
        return f"<{type(self).__name__} {self.name}>"


class Engineer(Employee):
    __tablename__ = "engineer"
    id: Mapped[int] = mapped_column(ForeignKey("employee.id"), primary_key=True)
    info: Mapped[str | None]
    machines: Mapped[list["Machine"]] = relationship(
        back_populates="engineer", order_by="Machine.id"
    )
    __mapper_args__ = {"polymorphic_identity": "engineer"}


class Manager(Employee):
    __tablename__ = "manager"
    id: Mapped[int] = mapped_column(ForeignKey("employee.id"), primary_key=True)
    data: Mapped[str | None]
    __mapper_args__ = {"polymorphic_identity": "manager"}


class Machine(Base):
    __tablename__ = "machine"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    engineer_id: Mapped[int | None] = mapped_column(ForeignKey("engineer.id"))
    engineer: Mapped[Engineer | None] = relationship(back_populates="machines")


engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
s = Session(engine)
boss = Manager(name="a", data="x")
s.add_all(
    [
        Company(
            name="c1",
            employees=[
                boss,
                Engineer(name="b", info="y", boss=boss, machines=[Machine(name="m1"), Machine(name="m2")]),
                Engineer(name="c", info="z", boss=boss, machines=[Machine(name="m3")]),
                Employee(name="d", boss=boss),
            ],
        ),
        Company(name="c2", employees=[Manager(name="e", data="w")]),
    ]
)
s.commit()


def show(title, statement, attributes=()):
    print("--", title)
    s.expunge_all()
    try:
        found = s.execute(statement).unique().all()
    except Exception as error:
        print(type(error).__name__, error)
        return
    for row in found:
        print([getattr(item, "name", item) for item in row])
        for item in row:
            for attribute in attributes:
                if hasattr(type(item), attribute):
                    print("  ", attribute, getattr(item, attribute))


show("joined collection", select(Company).options(joinedload(Company.employees)), ["employees"])
show("joined subclass collection", select(Company).options(joinedload(Company.engineers)), ["engineers"])
show("selectin collection", select(Company).options(selectinload(Company.employees)), ["employees"])
show("selectin subclass", select(Company).options(selectinload(Company.engineers)), ["engineers"])
show("subquery collection", select(Company).options(subqueryload(Company.employees)), ["employees"])
show("subquery subclass", select(Company).options(subqueryload(Company.engineers)), ["engineers"])
show("joined many-to-one", select(Employee).options(joinedload(Employee.company)), ["company"])
show("of subclass", select(Engineer).options(joinedload(Engineer.machines)), ["machines"])
show("to subclass", select(Machine).options(joinedload(Machine.engineer)), ["engineer"])
show("selectin to subclass", select(Machine).options(selectinload(Machine.engineer)), ["engineer"])
show("self", select(Employee).options(joinedload(Employee.boss)), ["boss"])
show("self of subclass", select(Engineer).options(joinedload(Engineer.boss)), ["boss"])
show("self collection", select(Manager).options(selectinload(Manager.staff)), ["staff"])
show("lazy", select(Machine), ["engineer"])
show("lazy collection", select(Company), ["employees", "engineers"])
both = with_polymorphic(Employee, "*")
show("everything", select(both).order_by(both.id), ["info", "data"])
some = with_polymorphic(Employee, [Engineer])
show("some", select(some).where(some.Engineer.info == "y"), ["info", "data"])
show("or", select(both).where((both.Engineer.info == "y") | (both.Manager.data == "x")))
flat = with_polymorphic(Employee, "*", flat=True)
show("flat", select(flat).order_by(flat.id), ["info", "data"])
wrapped = with_polymorphic(Employee, [Manager], aliased=True)
show("aliased", select(wrapped).order_by(wrapped.id), ["data"])
show("columns", select(both.name, both.Engineer.info).order_by(both.id))
show("join to it", select(Company.name, flat.name).join(Company.employees.of_type(flat)).order_by(flat.id))
show(
    "join of type",
    select(Company.name, Engineer.info).join(Company.employees.of_type(Engineer)).order_by(Engineer.id),
)
show(
    "contains eager",
    select(Company)
    .join(Company.employees.of_type(flat))
    .options(contains_eager(Company.employees.of_type(flat)))
    .order_by(flat.id),
    ["employees"],
)
show(
    "joinedload of_type",
    select(Company).options(joinedload(Company.employees.of_type(flat))),
    ["employees"],
)
show(
    "joinedload of_type class",
    select(Company).options(selectinload(Company.employees.of_type(Engineer)).joinedload(Engineer.machines)),
    ["employees"],
)
show(
    "wp with eager",
    select(both).options(joinedload(both.Engineer.machines)).order_by(both.id),
    ["machines"],
)
show(
    "wp with selectin",
    select(both).options(selectinload(both.Engineer.machines)).order_by(both.id),
    ["machines"],
)
show("base with option of subclass", select(Employee).options(selectinload(Engineer.machines)), ["machines"])
show("base with joined option", select(Employee).options(joinedload(Engineer.machines)), ["machines"])
ea = aliased(Engineer)
show("alias", select(ea).where(ea.name == "b", ea.info == "y"), ["info"])
eflat = aliased(Engineer, flat=True)
show("flat alias", select(eflat).join(eflat.machines).where(eflat.name == "b"), ["info"])
show("count", select(Company.name, func.count(Engineer.id)).join(Company.engineers).group_by(Company.name))
show("any", select(Company.name).where(Company.employees.of_type(Engineer).any(Engineer.info == "y")))
show("any wp", select(Company.name).where(Company.employees.of_type(flat).any(flat.Engineer.info == "y")))
show("has", select(Machine.name).where(Machine.engineer.has(Engineer.name == "b")))
show("limit", select(Company).options(joinedload(Company.employees)).limit(1), ["employees"])
show("limit wp", select(both).options(joinedload(both.Engineer.machines)).order_by(both.id).limit(2), ["machines"])
