"""A tree of folders and files: self reference, moves, cascades, ordering, refresh and expiry."""
from sqlalchemy import Column, ForeignKey, Integer, String, create_engine, func, inspect, select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import (
    Session, aliased, backref, declarative_base, joinedload, make_transient, noload, object_session,
    raiseload, relationship, remote, selectinload, subqueryload, undefer, defer, lazyload,
)
from sqlalchemy.orm.exc import DetachedInstanceError, ObjectDeletedError

Base = declarative_base()


class Folder(Base):
    __tablename__ = 'folder'
    id = Column(Integer, primary_key=True)
    name = Column(String, nullable=False)
    position = Column(Integer, default=0)
    parent_id = Column(ForeignKey('folder.id'))
    children = relationship('Folder', order_by='Folder.position', cascade='all, delete-orphan',
                            backref=backref('parent', remote_side=[id]), single_parent=True)
    files = relationship('File', back_populates='folder', cascade='all',
                         order_by='File.name')

    def __repr__(self):
        return f'<{self.name}>'

    def path(self):
        return (self.parent.path() if self.parent else '') + '/' + self.name


class File(Base):
    __tablename__ = 'file'
    id = Column(Integer, primary_key=True)
    name = Column(String)
    size = Column(Integer)
    folder_id = Column(ForeignKey('folder.id'))
    folder = relationship(Folder, back_populates='files')


engine = create_engine('sqlite://')
Base.metadata.create_all(engine)
session = Session(engine)
root = Folder(name='root')
for n in range(3):
    child = Folder(name=f'd{n}', position=3 - n, files=[File(name=f'f{n}{k}', size=k * 10) for k in range(n)])
    root.children.append(child)
session.add(root)
session.commit()
root.children[0].children = [Folder(name='deep'), Folder(name='deeper', position=1)]
session.commit()
print(root.children, root.children[-1].children, [f.name for f in root.children[0].files])
deep = session.scalars(select(Folder).filter_by(name='deep')).one()
print(deep.path())
session.commit()
d1 = session.scalars(select(Folder).where(Folder.name == 'd1')).one()
old = deep.parent
d1.children.append(deep)
session.commit()
print(deep.path(), d1.children, deep in session)
d1.children = []
session.commit()
print(inspect(deep).detached, session.query(Folder).count())
try:
    print(deep.name)
except (ObjectDeletedError, DetachedInstanceError) as error:
    print(type(error).__name__)

parent = aliased(Folder, name='up')
print(session.execute(select(Folder.name, parent.name).outerjoin(Folder.parent.of_type(parent)).order_by(
    Folder.id)).all())
print(session.query(Folder).join(parent, Folder.parent).filter(parent.name == 'root').order_by(Folder.name).all())
print(session.execute(select(Folder.name, func.coalesce(func.sum(File.size), 0)).outerjoin(Folder.files).group_by(
    Folder.id).order_by(Folder.id)).all())
for option in (joinedload(Folder.children).joinedload(Folder.children), selectinload(Folder.children),
               subqueryload(Folder.children), lazyload(Folder.files), noload(Folder.files),
               raiseload(Folder.children), defer(Folder.name)):
    session.expunge_all()
    top = session.scalars(select(Folder).where(Folder.parent_id == None).options(option)).unique().one()
    print(sorted(inspect(top).unloaded))
    try:
        print([(c.name, c.children, [f.name for f in c.files]) for c in top.children])
    except InvalidRequestError as error:
        print(error)
session.expunge_all()
root = session.query(Folder).filter_by(parent=None).one()
root.name = 'changed'
session.refresh(root)
print(root.name)
root.name = 'again'
session.expire(root, ['position'])
print(root.position, root.name)
session.refresh(root, ['name'])
print(root.name, inspect(root).modified)
with session.no_autoflush:
    root.name = 'unsaved'
    print(session.query(Folder).filter_by(name='unsaved').count())
print(session.query(Folder).filter_by(name='unsaved').count())
for bad in [lambda: session.refresh(root, ['nope']), lambda: session.expire(root, ['nope']),
            lambda: session.expire(Folder()), lambda: session.query(Folder).options(joinedload(Folder.name)).all(),
            lambda: root.children.append(File()), lambda: Folder(parent='x'), lambda: Folder(children=3),
            lambda: session.scalars(select(Folder).options(joinedload(Folder.children))).all(),
            lambda: root.children[10], lambda: root.nope, lambda: session.get(Folder, 1, foo=2)]:
    try:
        print('no error', bad())
    except Exception as error:
        print(type(error).__name__, error)
session.rollback()
copy = session.query(File).order_by(File.id).first()
session.expunge(copy)
make_transient(copy)
copy.id = None
session.add(copy)
session.commit()
print(copy.id, copy.name, copy.folder_id, session.query(File).count())
root = session.query(Folder).filter_by(parent=None).one()
session.delete(root)
print(root in session.deleted, len(session.deleted))
session.commit()
print(session.query(Folder).count(), session.query(File).count())
