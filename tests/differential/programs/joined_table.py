"""Joined table inheritance: loading, lazy columns, flushes and inspection."""
from sqlalchemy import *
from sqlalchemy.orm import *

class Base(DeclarativeBase): pass
class Company(Base):
    __tablename__='company'
    id: Mapped[int]=mapped_column(primary_key=True)
    name: Mapped[str]
    employees: Mapped[list["Employee"]] = relationship(back_populates="company", order_by="Employee.id")
class Employee(Base):
    __tablename__='employee'
    id: Mapped[int]=mapped_column(primary_key=True)
    name: Mapped[str]
    type: Mapped[str]
    company_id: Mapped[int|None] = mapped_column(ForeignKey('company.id'))
    company: Mapped[Company|None] = relationship(back_populates="employees")
    __mapper_args__={'polymorphic_on':'type','polymorphic_identity':'employee'}
class Engineer(Employee):
    __tablename__='engineer'
    id: Mapped[int]=mapped_column(ForeignKey('employee.id'),primary_key=True)
    info: Mapped[str|None]
    machines: Mapped[list["Machine"]] = relationship(back_populates="engineer", order_by="Machine.id")
    __mapper_args__={'polymorphic_identity':'engineer'}
class Manager(Employee):
    __tablename__='manager'
    manager_id: Mapped[int]=mapped_column(ForeignKey('employee.id'),primary_key=True)
    data: Mapped[str|None]
    __mapper_args__={'polymorphic_identity':'manager'}
class Senior(Engineer):
    __tablename__='senior'
    id: Mapped[int]=mapped_column(ForeignKey('engineer.id'),primary_key=True)
    level: Mapped[int]=mapped_column(default=3)
    __mapper_args__={'polymorphic_identity':'senior'}
class Machine(Base):
    __tablename__='machine'
    id: Mapped[int]=mapped_column(primary_key=True)
    name: Mapped[str]
    engineer_id: Mapped[int|None] = mapped_column(ForeignKey('engineer.id'))
    engineer: Mapped[Engineer|None] = relationship(back_populates="machines")
e=create_engine('sqlite://')
Base.metadata.create_all(e)
s=Session(e)
c=Company(name='c')
s.add_all([Manager(name='a',data='x',company=c),Engineer(name='b',info='y',company=c,machines=[Machine(name='m1'),Machine(name='m2')]),Manager(name='c'),Senior(name='d',info='z',machines=[Machine(name='m3')]),Employee(name='e',company=c),Senior(name='f',level=7)])
s.commit()
print([type(x).__name__ for x in s.scalars(select(Employee).order_by(Employee.id))])
s.expunge_all()
for x in s.scalars(select(Employee)).all():
    print(sorted(x.__dict__.keys()))
    if isinstance(x,Senior):
        print([m.name for m in x.machines])
    elif isinstance(x,Engineer): print(x.info)
print("-- queries")
m=s.scalars(select(Manager).where(Manager.name>'a')).all()
print(m[0].data)
s.expunge_all()
x=s.get(Engineer,5)
print(x.level, type(x).__name__)
print(s.get(Manager,5), s.get(Engineer,5) is x)
s.expunge_all()
x=s.get(Senior,5); print(x.__dict__.keys()==0)
print(s.get(Senior,1) is None)
print(select(Manager.name), select(Engineer.name,Engineer.info), select(Employee.name, Engineer.info), select(Senior.level), select(Senior.id), select(Manager.data,Employee.name))
s.expire_all()
x.level
s.expire(x,['level','name'])
x.level
s.expire(x,['level'])
x.level
s.refresh(x)
s.refresh(x,['level'])
print('-- update')
x.level=9
s.flush()
x.info='q'; x.level=10; x.name='n'
for y in s.scalars(select(Manager)): y.data='dd'
s.flush()
print('-- delete')
c=s.get(Company,1)
print([type(k).__name__ for k in c.employees])
every = [*s.scalars(select(Manager)), *s.scalars(select(Employee))]
for k in every:
    if isinstance(k, Engineer): k.machines
for k in every: s.delete(k)
s.flush()
s.rollback()
print(s.scalars(select(Company).join(Company.employees)).all())
print(select(Company).join(Company.employees.of_type(Engineer)).where(Engineer.info=='x'))
print(select(Engineer).join(Engineer.machines).join(Engineer.company))
print(select(Company).where(Company.employees.any(Employee.name=='x')), select(Company).where(Company.employees.of_type(Engineer).any(Engineer.info=='x')), select(Machine).where(Machine.engineer.has(Engineer.name=='x')))
a=aliased(Engineer); print(select(a).where(a.info=='x', a.name=='y'))
a=aliased(Engineer,flat=True); print(select(a).where(a.info=='x', a.name=='y'))
a=aliased(Employee); print(select(a, Engineer))
for cls in (Employee,Engineer,Manager,Senior):
    mp=inspect(cls)
    print(mp, mp.inherits, mp.base_mapper, sorted(mp.polymorphic_map), list(mp.self_and_descendants), list(mp.iterate_to_root()), mp.single, mp.concrete, mp.tables, mp.with_polymorphic_mappers, list(mp.polymorphic_iterator()), mp.isa(inspect(Engineer)), mp.common_parent(inspect(Company)), mp.attrs.keys(), mp.c.keys(), mp.primary_key, mp.persist_selectable, mp.local_table, mp.relationships.keys(), mp.polymorphic_on, mp.polymorphic_identity, mp.selectable, mp.inherit_condition)
