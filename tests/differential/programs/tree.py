"""A self-referential tree: adjacency list with a backref and delete cascade."""
from sqlalchemy import Column, ForeignKey, Integer, String, create_engine
from sqlalchemy.orm import Session, backref, declarative_base, relationship, selectinload

Base = declarative_base()


class Node(Base):
    __tablename__ = 'node'
    id = Column(Integer, primary_key=True)
    parent_id = Column(Integer, ForeignKey('node.id'))
    name = Column(String)
    children = relationship(
        'Node', cascade='all, delete-orphan', order_by='Node.id',
        backref=backref('parent', remote_side=id),
    )

    def dump(self, depth=0):
        print('  ' * depth + self.name)
        for child in self.children:
            child.dump(depth + 1)


engine = create_engine('sqlite://')
Base.metadata.create_all(engine)
session = Session(engine)
root = Node(name='root')
for i in range(3):
    child = Node(name=f'child {i}', parent=root)
    for j in range(2):
        child.children.append(Node(name=f'grandchild {i}.{j}'))
session.add(root)
session.commit()
root.dump()
root.children[1].children.clear()
session.commit()
root.dump()
moved = root.children[2].children[0]
moved.parent = root.children[0]
session.commit()
root.dump()
session.expunge_all()
root = session.query(Node).filter(Node.parent == None).options(
    selectinload(Node.children).selectinload(Node.children)).one()
root.dump()
session.delete(root)
session.commit()
print(session.query(Node).count())
