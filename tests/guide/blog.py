"""The guide's blog application, run by `make demo`: `python -m tests.guide.blog`."""

import os
import tempfile

from cormorant import Column, ForeignKey, Integer, String, create_engine
from cormorant.orm import declarative_base, relationship, sessionmaker

Base = declarative_base()


class User(Base):
    __tablename__ = "users"

    id = Column(Integer, primary_key=True)
    name = Column(String)
    age = Column(Integer)

    posts = relationship("Post", back_populates="user")


class Post(Base):
    __tablename__ = "posts"

    id = Column(Integer, primary_key=True)
    title = Column(String)
    content = Column(String)
    user_id = Column(Integer, ForeignKey("users.id"))

    user = relationship("User", back_populates="posts")


def main(path: str) -> list[str]:
    """Create users and posts in the SQLite file `path`; returns the lines it shows."""
    engine = create_engine(f"sqlite:///{path}")
    Base.metadata.create_all(engine)
    session = sessionmaker(bind=engine)()

    alice = User(name="Alice", age=30)
    session.add(alice)
    session.add(Post(title="First Post", content="This is my first post!", user=alice))
    session.add(User(name="Bob", age=25, posts=[Post(title="Hello", content="Bob here.")]))
    session.commit()

    lines = []
    for user in session.query(User).order_by(User.id).all():
        for post in user.posts:
            lines.append(f"{user.name}: {post.title} - {post.content}")
    session.close()
    engine.dispose()
    return lines


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        for line in main(os.path.join(directory, "blog.db")):
            print(line)
