"""Joined tables: expiring and refreshing single attributes of each table; keys of their own."""
from sqlalchemy import *
from sqlalchemy.orm import *
class Base(DeclarativeBase): pass
class A(Base):
    __tablename__='a'
    id: Mapped[int]=mapped_column(primary_key=True)
    name: Mapped[str]
    type: Mapped[str]
    __mapper_args__={'polymorphic_on':'type','polymorphic_identity':'a'}
class B(A):
    __tablename__='b'
    info: Mapped[str|None]
    more: Mapped[str|None]=mapped_column(deferred=True)
    id: Mapped[int]=mapped_column(ForeignKey('a.id'),primary_key=True)
    name_b: Mapped[str|None]=mapped_column('name')
    __mapper_args__={'polymorphic_identity':'b'}
class C(A):
    __tablename__='c'
    cid: Mapped[int]=mapped_column(ForeignKey('a.id'),primary_key=True)
    x: Mapped[str|None]
    y: Mapped[int|None]
    __mapper_args__={'polymorphic_identity':'c'}
class F(A):
    __tablename__='f'
    fid: Mapped[int]=mapped_column(ForeignKey('a.id'),primary_key=True)
    __mapper_args__={'polymorphic_identity':'f'}
class D(B):
    level: Mapped[int|None]
    __mapper_args__={'polymorphic_identity':'d'}
class E(C):
    __tablename__='e'
    eid: Mapped[int]=mapped_column(ForeignKey('c.cid'),primary_key=True)
    z: Mapped[str|None]
    w: Mapped[str|None]=mapped_column(deferred=True)
    __mapper_args__={'polymorphic_identity':'e'}
for k in (A,B,C,D,E,F): print(k.__mapper__.c.items(), k.__mapper__.tables)
eng=create_engine('sqlite://')
Base.metadata.create_all(eng)
s=Session(eng)
s.add_all([A(name='a'),B(name='b',info='i',more='m'),C(name='c',x='x',y=1),D(name='d',level=3,info='k'),E(name='e',x='xx',z='z')])
s.commit()
def keys(o): print(sorted((k,v) for k,v in o.__dict__.items() if k[0]!='_'))
for cls in (A,B,C,D,E):
    print('--',cls.__name__)
    for o in s.scalars(select(cls).order_by(cls.id)).all():
        keys(o)
        names=[p.key for p in type(o).__mapper__.column_attrs]
        for n in names:
            s.expire(o,[n]); keys(o); print(n, getattr(o,n))
            s.refresh(o,[n]); keys(o)
        s.expire(o,names[:2]+names[-2:]); keys(o)
        print(getattr(o,names[-1])); keys(o)
        s.refresh(o,names[:2]+names[-2:]); keys(o)
        s.refresh(o, names[-2:], with_for_update=True)
        s.expire(o,[names[-1], 'name']); print(o.name); keys(o)
        s.expire(o); s.refresh(o,['name']); keys(o)
        print(getattr(o,names[-1])); keys(o)
        s.expire(o); s.refresh(o,[names[-1]]); keys(o); print(o.name); keys(o)
        try: s.refresh(o,['nothing'])
        except Exception as err: print(type(err).__name__, err)
        try: s.expire(o,['nothing'])
        except Exception as err: print(type(err).__name__, err)
        s.refresh(o); keys(o)
        o.name='changed'; s.expire(o,[names[-1]]); print(getattr(o,names[-1])); keys(o)
        s.refresh(o,['name']); keys(o); s.rollback()
    s.expunge_all()
print('-- deletes of rows whose own keys are not loaded')
s.add_all([F(name='f'),F(name='g')]); s.commit(); s.expunge_all()
for o in s.scalars(select(A).where(A.type=='f').order_by(A.id)).all(): s.delete(o)
s.flush()
print(s.scalars(select(func.count()).select_from(A)).one(), s.scalars(select(func.count()).select_from(F)).one())
o=s.scalars(select(E)).one()
print('-- a key that is not loaded')
s.expire(o,['cid']); print(o.w); keys(o)
print(o.cid); s.expire(o,['w']); print(o.w); s.expire(o,['w','id']); print(o.id); keys(o)
s.expire(o,['eid']); s.expire(o,['eid']); print(o.eid); keys(o)
