"""A forum: users, threads, replies and votes (association object with extra columns)."""
from datetime import datetime, timedelta

from sqlalchemy import (
    Boolean, Column, DateTime, ForeignKey, Integer, String, Text, create_engine, delete, exists,
    func, inspect, select, update,
)
from sqlalchemy.exc import IntegrityError, NoResultFound, MultipleResultsFound
from sqlalchemy.orm import backref, declarative_base, joinedload, relationship, sessionmaker

Base = declarative_base()


class User(Base):
    __tablename__ = 'forum_user'
    id = Column(Integer, primary_key=True)
    nick = Column(String(20), unique=True, nullable=False)
    active = Column(Boolean, default=True, nullable=False)
    joined = Column(DateTime)

    def __repr__(self):
        return f'User({self.nick})'


class Thread(Base):
    __tablename__ = 'thread'
    id = Column(Integer, primary_key=True)
    subject = Column(String(100), nullable=False)
    author_id = Column(Integer, ForeignKey('forum_user.id'))
    author = relationship(User, backref=backref('threads', order_by=id))
    replies = relationship('Reply', back_populates='thread', order_by='Reply.written',
                           cascade='all, delete-orphan')


class Reply(Base):
    __tablename__ = 'reply'
    id = Column(Integer, primary_key=True)
    body = Column(Text)
    written = Column(DateTime)
    thread_id = Column(Integer, ForeignKey('thread.id'), nullable=False)
    author_id = Column(Integer, ForeignKey('forum_user.id'))
    thread = relationship(Thread, back_populates='replies')
    author = relationship(User, backref='replies')
    votes = relationship('Vote', back_populates='reply', cascade='all, delete-orphan')

    @property
    def score(self):
        return sum(vote.value for vote in self.votes)


class Vote(Base):
    __tablename__ = 'vote'
    user_id = Column(ForeignKey('forum_user.id'), primary_key=True)
    reply_id = Column(ForeignKey('reply.id'), primary_key=True)
    value = Column(Integer, nullable=False, server_default='1')
    user = relationship(User, backref='votes')
    reply = relationship(Reply, back_populates='votes')


engine = create_engine('sqlite://')
Base.metadata.create_all(engine)
Session = sessionmaker(bind=engine)
session = Session()
T0 = datetime(2023, 5, 1, 8, 0)

users = [User(nick=nick, joined=T0 - timedelta(days=n)) for n, nick in enumerate(['ann', 'bob', 'cid'])]
session.add_all(users)
session.flush()
ann, bob, cid = users
for n in range(3):
    thread = Thread(subject=f'Topic {n}', author=users[n % 2])
    session.add(thread)
    for k in range(n + 1):
        reply = Reply(body='x' * k, written=T0 + timedelta(hours=10 - k), author=users[k])
        thread.replies.append(reply)
    session.flush()
session.commit()
print([t.subject for t in ann.threads], [len(u.replies) for u in users])

reply = session.query(Reply).order_by(Reply.id).first()
reply.votes.append(Vote(user=bob, value=3))
reply.votes.append(Vote(user=cid))
print('score before flush', [v.value for v in reply.votes])
session.flush()
print('score', reply.score)
session.add(Vote(user_id=bob.id, reply_id=reply.id))
try:
    session.flush()
except IntegrityError as error:
    print(error)
try:
    session.query(User).all()
except Exception as error:
    print(type(error).__name__, error)
session.rollback()
print(reply.votes, bob.votes, session.new)

reply.votes = [Vote(user=bob, value=-1), Vote(user=ann, value=1)]
session.commit()
print(reply.score, session.get(Vote, (bob.id, reply.id)).value, session.get(Vote, (99, 1)))
print(session.get(Vote, {'reply_id': reply.id, 'user_id': ann.id}) in session)
for bad in [lambda: session.get(Vote, 1), lambda: session.get(Vote, {'reply_id': 1}),
            lambda: session.get(Vote, (1, 2, 3)), lambda: session.get('Vote', 1),
            lambda: session.query(User).filter_by(nick='zed').one(),
            lambda: session.query(User).one(), lambda: session.scalars(select(User)).one_or_none(),
            lambda: session.execute(select(User.id).where(User.id == 77)).scalar_one(),
            lambda: session.query(User).filter_by(nope=1), lambda: User(nope=1),
            lambda: session.query(User).join(Vote.nope), lambda: session.query(User).order_by(User.foo),
            lambda: session.add('x'), lambda: session.delete(User()), lambda: session.query(User, 'a'),
            lambda: session.query(User).filter('active'), lambda: select(User).where('1=1'),
            lambda: session.query(User).get(1, 2), lambda: session.execute('select 1')]:
    try:
        print('no error', bad())
    except Exception as error:
        print(type(error).__name__, error)

busy = select(User.nick, func.count(Reply.id).label('n')).join(User.replies).group_by(User.id).having(
    func.count(Reply.id) > 1).order_by(func.count(Reply.id).desc())
print(session.execute(busy).mappings().all())
voted = exists().where(Vote.reply_id == Reply.id)
print(session.query(Reply.id).filter(voted).all(), session.query(Reply).filter(~voted).count())
print(session.query(exists().where(User.nick == 'ann')).scalar())
print(session.execute(update(User).where(User.joined < T0).values(active=False)).rowcount, bob.active)
print(session.execute(delete(Vote).where(Vote.value < 0)).rowcount, len(reply.votes))
session.rollback()
thread = session.query(Thread).options(joinedload(Thread.replies).joinedload(Reply.votes)).filter_by(
    subject='Topic 0').one()
print(len(thread.replies), [v.value for v in thread.replies[0].votes])
session.delete(thread)
session.commit()
print(inspect(thread).detached, inspect(thread).was_deleted, session.query(Vote).count())
print([t.subject for t in ann.threads])
bob.threads.append(ann.threads[0])
print([t.subject for t in ann.threads], [t.author for t in bob.threads])
session.commit()
print([t.subject for t in ann.threads], [t.author for t in bob.threads])
session.delete(bob)
session.commit()
print([t.author for t in session.query(Thread).order_by(Thread.id)],
      session.query(Reply).filter(Reply.author == None).count())
session.close()
