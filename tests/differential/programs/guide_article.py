"""The guide's article part, in its order."""
from sqlalchemy import Column, Integer, String, ForeignKey, create_engine
from sqlalchemy.ext.declarative import declarative_base
from sqlalchemy.orm import joinedload, relationship, sessionmaker

engine = create_engine('sqlite:///example.db')
Base = declarative_base()


class User(Base):
    __tablename__ = 'users'

    id = Column(Integer, primary_key=True)
    name = Column(String, unique=True)
    age = Column(Integer)


Base.metadata.create_all(engine)

Session = sessionmaker(bind=engine)
session = Session()

new_user = User(name='Alice', age=30)
session.add(new_user)
session.commit()

users = session.query(User).all()
for user in users:
    print(user.name, user.age)

user_to_update = session.query(User).filter_by(name='Alice').first()
user_to_update.age = 31
session.commit()
print(user_to_update.age)

session.delete(user_to_update)
session.commit()
print(session.query(User).count())

session.add_all([User(name='Young', age=20), User(name='Old', age=60), User(name='None')])
session.commit()
young_users = session.query(User).filter(User.age < 30).all()
for user in young_users:
    print(user.name)


class Post(Base):
    __tablename__ = 'posts'

    id = Column(Integer, primary_key=True)
    title = Column(String)
    user_id = Column(Integer, ForeignKey('users.id'))

    user = relationship('User', back_populates='posts')


User.posts = relationship('Post', order_by=Post.id, back_populates='user')
Base.metadata.create_all(engine)

young = session.query(User).filter_by(name='Young').one()
young.posts.append(Post(title='one'))
young.posts.extend([Post(title='two'), Post(title='three')])
Post(title='four', user=young)
session.commit()

users_with_posts = session.query(User).options(joinedload(User.posts)).all()
for user in users_with_posts:
    print(user.name, [post.title for post in user.posts])

users = [User(name='User1', age=25), User(name='User2', age=30)]
session.add_all(users)
session.commit()
print(session.query(User).order_by(User.name.desc()).all()[0].name)
