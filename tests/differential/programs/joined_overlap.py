"""Joins to a joined subclass that shares tables with the left side: an alias is made, with a warning."""
from sqlalchemy import *
from sqlalchemy.orm import *
import warnings
warnings.simplefilter('always')
class Base(DeclarativeBase): pass
class Company(Base):
    __tablename__='company'
    id: Mapped[int]=mapped_column(primary_key=True)
    name: Mapped[str]
    engineers: Mapped[list["Engineer"]] = relationship(back_populates="company")
class Employee(Base):
    __tablename__='employee'
    id: Mapped[int]=mapped_column(primary_key=True)
    name: Mapped[str]
    type: Mapped[str]
    boss_id: Mapped[int|None] = mapped_column(ForeignKey('manager.id',use_alter=True,name='fkb'))
    boss: Mapped["Manager|None"] = relationship(foreign_keys=[boss_id], primaryjoin="Employee.boss_id==Manager.id", remote_side="Manager.id", back_populates="subordinates")
    __mapper_args__=dict(polymorphic_on='type',polymorphic_identity='employee')
class Manager(Employee):
    __tablename__='manager'
    id: Mapped[int]=mapped_column(ForeignKey('employee.id'),primary_key=True)
    data: Mapped[str|None]
    subordinates: Mapped[list[Employee]] = relationship(foreign_keys=Employee.boss_id, primaryjoin="Employee.boss_id==Manager.id", remote_side=Employee.boss_id, back_populates="boss")
    __mapper_args__={'polymorphic_identity':'manager','inherit_condition':id==Employee.id}
class Engineer(Employee):
    __tablename__='engineer'
    id: Mapped[int]=mapped_column(ForeignKey('employee.id'),primary_key=True)
    info: Mapped[str|None]
    company_id: Mapped[int|None]=mapped_column(ForeignKey('company.id'))
    company: Mapped[Company|None] = relationship(back_populates='engineers')
    pal_id: Mapped[int|None]=mapped_column(ForeignKey('engineer.id'))
    pal: Mapped["Engineer|None"]=relationship(remote_side=id, foreign_keys=pal_id, primaryjoin="Engineer.pal_id==Engineer.id")
    __mapper_args__={'polymorphic_identity':'engineer','inherit_condition':id==Employee.id}
class Special(Employee):
    data: Mapped[str|None]=mapped_column('special')
    __mapper_args__={'polymorphic_identity':'special'}
eng=create_engine('sqlite://'); Base.metadata.create_all(eng); s=Session(eng)
m=Manager(name='m',data='d'); s.add(m); s.flush()
s.add_all([Engineer(name='e1',info='i',boss=m,company=Company(name='c')),Employee(name='e2',boss=m)]); s.flush()
def show(title, f):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        try:
            st=f(); print(title, st); 
            r=s.execute(st).all()
            print([tuple(getattr(x,'name',x) for x in row) for row in r])
        except Exception as e: print(title, type(e).__name__, str(e)[:600])
        for w in sorted({str(w.message) for w in caught if 'cartesian' not in str(w.message)}): print('  WARN', w)
show(1, lambda: select(Employee).join(Employee.boss))
show(2, lambda: select(Employee).join(Employee.boss).where(Manager.data=='d'))
show(3, lambda: select(Manager).join(Manager.subordinates))
show(4, lambda: select(Engineer).join(Engineer.boss).order_by(Manager.name))
show(5, lambda: select(Engineer).join(Manager, Engineer.boss_id==Manager.id))
show(6, lambda: select(Employee).join(Manager, Employee.boss_id==Manager.id).where(Manager.name=='m'))
show(7, lambda: select(Employee.name, Manager.data).join(Employee.boss))
show(8, lambda: select(Employee, Manager).join(Employee.boss))
show(9, lambda: select(Company).join(Company.engineers).join(Engineer.boss))
show(10, lambda: select(Employee).outerjoin(Engineer, Employee.id==Engineer.id))
show(11, lambda: select(Engineer).join(Engineer.pal))
show(12, lambda: select(Engineer).join(Engineer.pal.of_type(aliased(Engineer))))
show(13, lambda: select(Employee).join(Employee.boss.of_type(aliased(Manager,flat=True))))
show(14, lambda: select(Employee).join(Employee.boss.of_type(Manager)))
show(15, lambda: select(Engineer).join(Employee, Engineer.boss_id==Employee.id))
show(16, lambda: select(Company).join(Company.engineers).join(Manager, Engineer.boss_id==Manager.id))
show(18, lambda: select(Manager, Engineer).join(Engineer, Engineer.boss_id==Manager.id))
show(19, lambda: select(Employee).select_from(Engineer).join(Employee.boss))
show(20, lambda: select(Employee).join(Special, Special.boss_id==Employee.id))
show(21, lambda: select(Engineer).join(Special, Special.boss_id==Engineer.id))
show(22, lambda: select(aliased(Engineer,flat=True)).join(Manager, Manager.data=='d'))
show(23, lambda: select(Employee.__table__.c.name).join(Manager, Manager.data=='d'))
print(s.query(Employee).join(Employee.boss).filter(Manager.data=='d'))
print(s.query(Employee).join(Employee.boss).order_by(Manager.data).options(contains_eager(Employee.boss)))
print(s.query(Employee).join(Manager, Manager.id==Employee.boss_id).group_by(Manager.data).having(Manager.data>'a'))

show(30, lambda: select(Employee.name, Manager.data).join(Employee.boss).where(Manager.data=='d').subquery().select())
show(31, lambda: select(Manager).join(Manager, Employee.boss_id==Manager.id).select_from(Employee).subquery().select())
show(32, lambda: select(Employee).where(Employee.id.in_(select(Employee.id).join(Employee.boss).where(Manager.data=='d'))))
show(33, lambda: select(Engineer).join(Employee.boss).where(Engineer.name=='e1', Employee.name=='m', Manager.name=='m'))
show(34, lambda: select(Employee).join(Manager, Employee.boss_id==Manager.id).join(Engineer, Engineer.boss_id==Manager.id).order_by(Manager.name, Engineer.info))
show(35, lambda: select(Manager.data, func.count(Employee.id)).select_from(Employee).join(Employee.boss).group_by(Manager.data).having(func.count(Manager.id)>0))
show(36, lambda: select(Employee).join(Employee.boss).options(joinedload(Employee.boss)).limit(1))
show(37, lambda: select(Employee).join(Employee.boss).union_all(select(Employee)))
show(38, lambda: select(Employee).join(Employee.boss).join(Company, Company.name==Manager.name))
show(39, lambda: select(Engineer).join(Employee.boss).join(Engineer.company))
show(40, lambda: select(Engineer.info).join(Employee.boss))
show(41, lambda: select(Employee).join(Engineer.boss))
show(42, lambda: select(Engineer, Company).join(Company))
print([x.name for x in s.query(Employee).join(Employee.boss).filter(Manager.data=='d')], s.query(Employee).join(Employee.boss).filter(Manager.data=='d').count())
s.expire_all()
q=s.query(Employee).join(Employee.boss).options(contains_eager(Employee.boss)).order_by(Manager.data, Employee.id).all()
print([(x.name, x.__dict__.get('boss') is not None) for x in q])
print([(x.name, m.name) for x,m in s.query(Engineer, Manager).join(Manager, Engineer.boss_id==Manager.id)])
