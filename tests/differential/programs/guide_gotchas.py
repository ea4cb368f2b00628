"""What the guide warns of, as the real library behaves: a loaded attribute of a
detached object can be read, an expired one cannot."""
from sqlalchemy import Column, Integer, String, create_engine
from sqlalchemy.orm import declarative_base, sessionmaker
from sqlalchemy.orm.exc import DetachedInstanceError

engine = create_engine('sqlite:///example.db', pool_size=20, max_overflow=0)
print(engine.pool.status())
Base = declarative_base()


class User(Base):
    __tablename__ = 'users'
    id = Column(Integer, primary_key=True)
    name = Column(String)


Base.metadata.create_all(engine)
Session = sessionmaker(bind=engine)

session = Session()
session.add(User(name='Alice'))
session.commit()
user = session.query(User).first()
session.close()
print(user.name)

session = Session()
user = session.query(User).first()
session.commit()
session.close()
try:
    print(user.name)
except DetachedInstanceError as error:
    print(error)
