"""Single table inheritance: one table, a discriminator, criteria on every statement."""
from sqlalchemy import *
from sqlalchemy.orm import *
class Base(DeclarativeBase): pass
class Employee(Base):
    __tablename__='employee'
    id: Mapped[int]=mapped_column(primary_key=True)
    name: Mapped[str]
    type: Mapped[str]
    __mapper_args__={'polymorphic_on':'type','polymorphic_identity':'employee'}
class Manager(Employee):
    data: Mapped[str]=mapped_column(nullable=True)
    __mapper_args__={'polymorphic_identity':'manager'}
class Engineer(Employee):
    info: Mapped[str]=mapped_column(nullable=True)
    __mapper_args__={'polymorphic_identity':'engineer'}
class Chief(Manager):
    __mapper_args__={'polymorphic_identity':'chief'}
e=create_engine('sqlite://')
Base.metadata.create_all(e)
s=Session(e)
s.execute(insert(Employee.__table__),[dict(name=n,type=t) for n,t in zip('abcde',['manager','engineer','manager','chief','employee'])])
s.commit()
print([type(x).__name__ for x in s.scalars(select(Employee).order_by(Employee.id))])
s.expunge_all()
for x in s.scalars(select(Employee)).all():
    print(sorted(x.__dict__.keys()))
m=s.scalars(select(Manager).where(Manager.name>'a')).all()
print(m[0].data)
s.expunge_all()
for x in s.scalars(select(Employee)).all(): pass
s.expunge_all()
x=s.get(Employee,1)
print(x.data)
x=s.get(Employee,4)
print(x.data, type(x).__name__)
print(s.get(Manager,2))
s.get(Manager,1)
s.expunge_all()
s.get(Manager,1); print(s.get(Engineer,1))
s.execute(select(Manager.name)).all()
a=aliased(Engineer)
print(select(Manager.name,a).join(a,a.id==Manager.id))
print(select(func.count(Manager.id)), select(Manager, Engineer))
print(s.query(Manager).filter(Manager.id==1).exists(), s.query(func.count('*')).select_from(Manager))
print(Manager.__mapper__.primary_key, Manager.__mapper__.tables, Manager.__mapper__, list(Manager.__mapper__.c.keys()), Manager.__mapper__.attrs.keys(), Manager.name, Manager.name.property)
s.execute(text("insert into employee(id,name,type) values (77,'z','zz')"))
for q in (select(Employee), select(Manager)):
  try: print([type(x).__name__ for x in s.scalars(q).all()])
  except Exception as x: print(type(x).__name__, x)
