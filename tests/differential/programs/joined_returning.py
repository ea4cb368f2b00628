"""INSERT with RETURNING of rows in several tables, and of rows with different columns."""
from sqlalchemy import *
from sqlalchemy.orm import *
class Base(DeclarativeBase): pass
class A(Base):
    __tablename__='a'
    id: Mapped[int]=mapped_column(primary_key=True)
    name: Mapped[str]
    type: Mapped[str]
    made: Mapped[int]=mapped_column(server_default='5')
    __mapper_args__={'polymorphic_on':'type','polymorphic_identity':'a'}
class B(A):
    __tablename__='b'
    id: Mapped[int]=mapped_column(ForeignKey('a.id'),primary_key=True)
    info: Mapped[str|None]
    n: Mapped[int]=mapped_column(default=3)
    __mapper_args__={'polymorphic_identity':'b'}
class C(A):
    __tablename__='c'
    cid: Mapped[int]=mapped_column(ForeignKey('a.id'),primary_key=True)
    x: Mapped[str|None]
    __mapper_args__={'polymorphic_identity':'c'}
eng=create_engine('sqlite://'); Base.metadata.create_all(eng); s=Session(eng)
def show(title, f):
    print('--',title)
    try:
        r=f(); print(list(r.keys()) if hasattr(r,'keys') else '')
        for row in r: print([sorted((k,v) for k,v in x.__dict__.items() if k[0]!='_') if isinstance(x,A) else x for x in (row if isinstance(row,tuple) or hasattr(row,'_fields') else [row])])
    except Exception as e: print(type(e).__name__, str(e)[:500])
    s.rollback()
rows=[{'name':'x','info':'i'},{'name':'y','info':None,'n':9}]
show(1, lambda: s.execute(insert(B).returning(B), rows))
show(2, lambda: s.execute(insert(B).returning(B), rows[0]))
show(3, lambda: s.execute(insert(B).returning(B.id, B.name, B.info), rows))
show(4, lambda: s.execute(insert(B).returning(B.id, B.info), rows))
show(5, lambda: s.execute(insert(B).returning(B.info), rows))
show(6, lambda: s.execute(insert(B).returning(B.n, B.name), rows[0]))
show(7, lambda: s.scalars(insert(B).returning(B), rows))
show(8, lambda: s.scalars(insert(B).returning(B, sort_by_parameter_order=True), rows))
show(9, lambda: s.scalars(insert(C).returning(C), [{'name':'q','x':'x'},{'name':'r','x':None}]))
show(10, lambda: s.execute(insert(C).returning(C.cid, C.x, C.made), [{'name':'q','x':'x'},{'name':'r','x':None}]))
show(11, lambda: s.scalars(insert(C).returning(C.cid), [{'name':'q','x':'x'}]))
show(12, lambda: s.execute(insert(B).values(rows).returning(B)))
show(13, lambda: s.execute(insert(B).values(name='x').returning(B)))
show(14, lambda: s.execute(insert(B).values(id=4,info='x').returning(B.id)))
show(15, lambda: s.execute(insert(A).returning(A), [{'name':'q'},{'name':'r','made':2}]))
show(17, lambda: s.execute(insert(B).returning(B.name), rows))
show(19, lambda: s.execute(insert(B).returning(B.id), []))
show(22, lambda: s.execute(insert(B).returning(B), [{'name':'x','info':'i'},{'name':'y','info':'j'}]))
show(23, lambda: s.execute(insert(B).returning(B.name, B), [{'name':'x','info':'i'},{'name':'y','info':'j'}]))
show(26, lambda: s.execute(insert(A).returning(A.id), [{'name':'q','made':1},{'name':'r'},{'name':'s'}]))
