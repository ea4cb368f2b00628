"""DML of classes that inherit by joined tables."""
from sqlalchemy import ForeignKey, create_engine, delete, insert, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, with_polymorphic


class Base(DeclarativeBase):
    pass


class Employee(Base):
    __tablename__ = "employee"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    type: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "type", "polymorphic_identity": "employee"}

    def __repr__(self):
        return f"<{type(self).__name__} {self.name}>"


class Engineer(Employee):
    __tablename__ = "engineer"
    id: Mapped[int] = mapped_column(ForeignKey("employee.id"), primary_key=True)
    info: Mapped[str | None]
    level: Mapped[int] = mapped_column(default=4)
    __mapper_args__ = {"polymorphic_identity": "engineer"}


class Manager(Employee):
    __tablename__ = "manager"
    manager_id: Mapped[int] = mapped_column(ForeignKey("employee.id"), primary_key=True)
    data: Mapped[str | None]
    __mapper_args__ = {"polymorphic_identity": "manager"}


engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
s = Session(engine)
s.execute(insert(Engineer), [{"name": "n1", "info": "1"}, {"name": "n2", "info": "2"}])
s.execute(insert(Engineer), [{"name": "n3", "info": "3"}])
s.execute(insert(Engineer), [{"id": 40, "name": "n4", "info": "4"}, {"id": 50, "name": "n5", "info": "5"}])
s.execute(insert(Employee), [{"name": "n6", "type": "employee"}, {"name": "n7", "type": "employee"}])
s.execute(insert(Manager), [{"name": "n8", "data": "1"}, {"name": "n9", "data": "2"}])
print(s.execute(select(Employee.id, Employee.name, Employee.type)).all())
print(s.execute(select(Engineer.id, Engineer.info, Engineer.level)).all())
print(s.execute(select(Manager.id, Manager.manager_id, Manager.data)).all())
e = s.get(Engineer, 1)
s.execute(update(Engineer), [{"id": 1, "name": "x1", "info": "y1"}, {"id": 2, "info": "y2"}, {"id": 3, "name": "x3"}])
print(e.name, e.info)
s.execute(update(Engineer).where(Engineer.info == "y1").values(info="z1"))
print(e.info)
s.execute(update(Engineer).where(Engineer.id == 1).values(info="z2"), execution_options={"synchronize_session": "fetch"})
print(e.info)
s.execute(update(Employee).where(Employee.name == "x1").values(name="w"))
print(e.name)
s.execute(update(Engineer).where(Engineer.id == Employee.id, Employee.name == "w").values(info="from"))
s.bulk_insert_mappings(Engineer, [{"name": "b1", "info": "1"}, {"name": "b2"}])
s.bulk_save_objects([Engineer(name="b3"), Manager(name="b4", data="q"), Engineer(name="b5", info="i")])
engineers = s.scalars(select(Engineer).order_by(Engineer.id)).all()
engineers[0].name = "changed"
engineers[1].info = "changed"
s.bulk_save_objects(engineers[:3])
s.bulk_update_mappings(Engineer, [{"id": 2, "name": "k", "info": "k"}])
both = with_polymorphic(Employee, [Engineer])
print(s.execute(select(both.id, both.name, both.Engineer.info).order_by(both.id)).all())
s.execute(delete(Engineer).where(Engineer.info == "zzz"))
