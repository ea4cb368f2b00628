"""What subclasses load with their base: with_polymorphic and polymorphic_load of mappers,
selectin_polymorphic() of statements, discriminators that are expressions."""
from sqlalchemy import ForeignKey, case, create_engine, func, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    column_property,
    configure_mappers,
    defer,
    joinedload,
    load_only,
    mapped_column,
    relationship,
    selectin_polymorphic,
    selectinload,
    undefer,
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
    animals: Mapped[list["Animal"]] = relationship(order_by="Animal.id")


class Employee(Base):
    __tablename__ = "employee"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    type: Mapped[str]
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    company: Mapped[Company | None] = relationship(back_populates="employees")
    __mapper_args__ = {"polymorphic_on": "type", "polymorphic_identity": "employee"}


class Engineer(Employee):
    __tablename__ = "engineer"
    id: Mapped[int] = mapped_column(ForeignKey("employee.id"), primary_key=True)
    info: Mapped[str | None]
    extra: Mapped[str | None] = mapped_column(deferred=True)
    machines: Mapped[list["Machine"]] = relationship(order_by="Machine.id")
    __mapper_args__ = {"polymorphic_identity": "engineer", "polymorphic_load": "selectin"}


class Manager(Employee):
    __tablename__ = "manager"
    id: Mapped[int] = mapped_column(ForeignKey("employee.id"), primary_key=True)
    data: Mapped[str | None]
    __mapper_args__ = {"polymorphic_identity": "manager", "polymorphic_load": "inline"}


class Clerk(Employee):
    __tablename__ = "clerk"
    id: Mapped[int] = mapped_column(ForeignKey("employee.id"), primary_key=True)
    desk: Mapped[str | None]
    __mapper_args__ = {"polymorphic_identity": "clerk"}


class Machine(Base):
    __tablename__ = "machine"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    engineer_id: Mapped[int | None] = mapped_column(ForeignKey("engineer.id"))


class Animal(Base):
    __tablename__ = "animal"
    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    legs: Mapped[int] = mapped_column()
    __mapper_args__ = {
        "polymorphic_on": case((legs == 2, "bird"), (legs == 4, "beast"), else_="animal"),
        "polymorphic_identity": "animal",
        "with_polymorphic": "*",
    }


class Bird(Animal):
    wings: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "bird"}


class Beast(Animal):
    __tablename__ = "beast"
    id: Mapped[int] = mapped_column(ForeignKey("animal.id"), primary_key=True)
    fur: Mapped[str | None]
    __mapper_args__ = {"polymorphic_identity": "beast"}


class Shape(Base):
    __tablename__ = "shape"
    id: Mapped[int] = mapped_column(primary_key=True)
    sides: Mapped[int] = mapped_column()
    kind = column_property(case((sides == 3, "triangle"), else_="shape"))
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "shape"}


class Triangle(Shape):
    angle: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "triangle"}


engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
s = Session(engine)
s.add_all(
    [
        Company(
            name="c1",
            employees=[
                Manager(name="a", data="x"),
                Engineer(name="b", info="y", extra="e", machines=[Machine(name="m1")]),
                Clerk(name="c", desk="z"),
                Engineer(name="d", info="w"),
                Employee(name="e"),
            ],
            animals=[Animal(legs=0), Bird(legs=2, wings=2), Beast(legs=4, fur="f")],
        ),
        Shape(sides=4),
        Triangle(sides=3, angle=60),
    ]
)
s.commit()


def show(title, statement, attributes=()):
    print("--", title)
    s.expunge_all()
    found = s.scalars(statement).unique().all()
    for item in found:
        print(type(item).__name__, sorted(key for key in item.__dict__ if key[0] != "_"))
        for attribute in attributes:
            if hasattr(type(item), attribute):
                value = getattr(item, attribute)
                if isinstance(value, list):
                    value = [(type(each).__name__, sorted(key for key in each.__dict__ if key[0] != "_")) for each in value]
                print("  ", attribute, value)


show("base", select(Employee).order_by(Employee.id), ["info", "data", "desk", "extra"])
show("option", select(Employee).options(selectin_polymorphic(Employee, [Clerk])).order_by(Employee.id), ["desk"])
show("option", select(Employee).options(selectin_polymorphic(Employee, [Clerk, Engineer])).order_by(Employee.id))
show("through", select(Company).options(selectinload(Company.employees)), ["employees"])
show("through", select(Company).options(joinedload(Company.employees)), ["employees"])
show("nested", select(Company).options(selectinload(Company.employees).selectin_polymorphic([Clerk])), ["employees"])
show(
    "with more",
    select(Employee).options(selectin_polymorphic(Employee, [Engineer]), selectinload(Engineer.machines)).order_by(Employee.id),
    ["machines"],
)
show(
    "what is loaded for each class",
    select(Employee)
    .options(selectin_polymorphic(Employee, [Engineer, Clerk]), selectinload(Engineer.machines))
    .order_by(Employee.id),
)
show("undefer", select(Engineer).options(undefer(Engineer.extra)))
show("load_only", select(Employee).options(load_only(Employee.name)).order_by(Employee.id))
show("load_only", select(Engineer).options(load_only(Engineer.info)))
show("defer", select(Engineer).options(defer(Engineer.info)), ["info"])
show("lazy", select(Company), ["employees", "animals"])
show("expression", select(Animal).order_by(Animal.id), ["fur", "wings"])
show("expression", select(Bird))
show("expression", select(Beast))
show("property", select(Shape).order_by(Shape.id), ["angle", "kind"])
show("property", select(Triangle), ["angle"])
show("lazy", select(Company).options(selectinload(Company.animals)), ["animals"])
print(s.get(Animal, 3).fur, s.get(Employee, 2).info, s.get(Shape, 2).angle)
s.expunge_all()
print(s.get(Animal, 3).fur, s.get(Employee, 2).info, s.get(Shape, 2).angle)
e = s.get(Employee, 1)
s.expire(e)
print(e.data)
s.refresh(e)
print(s.scalar(select(func.count()).select_from(Employee)), s.query(Employee).count())
print(s.query(Employee).filter(Manager.data == "x").all() == [e])
