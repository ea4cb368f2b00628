"""The guide's blog application."""
from sqlalchemy import create_engine, Column, Integer, String, ForeignKey
from sqlalchemy.ext.declarative import declarative_base
from sqlalchemy.orm import sessionmaker, relationship

# Database setup
engine = create_engine('sqlite:///blog.db')
Base = declarative_base()


class User(Base):
    __tablename__ = 'users'

    id = Column(Integer, primary_key=True)
    name = Column(String)
    age = Column(Integer)

    posts = relationship('Post', back_populates='user')


class Post(Base):
    __tablename__ = 'posts'

    id = Column(Integer, primary_key=True)
    title = Column(String)
    content = Column(String)
    user_id = Column(Integer, ForeignKey('users.id'))

    user = relationship('User', back_populates='posts')


# Create tables
Base.metadata.create_all(engine)

# Create a session
Session = sessionmaker(bind=engine)
session = Session()

# Create users and posts
user1 = User(name='Alice', age=30)
post1 = Post(title='First Post', content='This is my first post!', user=user1)
session.add(user1)
session.add(post1)
session.commit()

# Read and display posts
for user in session.query(User).all():
    for post in user.posts:
        print(f'{user.name}: {post.title} - {post.content}')
