"""Tests that roll back: one outer transaction each, whatever the code under test commits."""
import unittest

from sqlalchemy import Column, ForeignKey, Integer, String, create_engine, func, inspect, select
from sqlalchemy.exc import (
    IllegalStateChangeError, IntegrityError, InvalidRequestError, PendingRollbackError,
)
from sqlalchemy.orm import (
    Session, declarative_base, object_session, relationship, scoped_session, sessionmaker,
)

Base = declarative_base()


class Team(Base):
    __tablename__ = 'team'
    id = Column(Integer, primary_key=True)
    name = Column(String, unique=True, nullable=False)
    players = relationship('Player', backref='team', cascade='save-update, merge')


class Player(Base):
    __tablename__ = 'player'
    id = Column(Integer, primary_key=True)
    name = Column(String)
    team_id = Column(ForeignKey('team.id'))


engine = create_engine('sqlite:///teams.db')
Base.metadata.create_all(engine)


def register(session, name):
    session.add(Team(name=name))
    session.commit()


class Case:
    def __enter__(self):
        self.connection = engine.connect()
        self.outer = self.connection.begin()
        self.connection.exec_driver_sql('BEGIN')
        self.session = Session(bind=self.connection, join_transaction_mode='create_savepoint')
        return self.session

    def __exit__(self, *exc):
        self.session.close()
        print('outer active', self.outer.is_active)
        self.outer.rollback()
        self.connection.close()


for n in range(2):
    with Case() as session:
        register(session, 'red')
        register(session, 'blue')
        print(session.query(Team.name).order_by(Team.id).all())
        try:
            register(session, 'red')
        except IntegrityError as error:
            print(error.orig)
            try:
                session.query(Team).count()
            except PendingRollbackError as error:
                print(str(error)[:80])
            session.rollback()
        print(session.query(Team).count())
        session.add(Team(name='gone'))
        session.flush()
        session.rollback()
        print(session.query(Team).count())
for mode in ('rollback_only', 'control_fully', 'conditional_savepoint'):
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode=mode) as session:
            register(session, mode)
            session.add(Team(name='x'))
            session.flush()
            session.rollback()
        print(mode, outer.is_active)
        if outer.is_active:
            outer.rollback()
with Session(engine) as session:
    print(session.query(Team.name).all())
try:
    Session(engine, join_transaction_mode='nonsense')
except Exception as error:
    print(type(error).__name__, error)

maker = sessionmaker(engine)
with maker.begin() as session:
    session.add_all([Team(name='a', players=[Player(name='p1'), Player(name='p2')]), Team(name='b')])
try:
    with maker.begin() as session:
        session.add(Team(name='c'))
        session.flush()
        raise KeyError('stop')
except KeyError as error:
    print(error)
with maker() as session, session.begin():
    print(session.scalars(select(Team.name).order_by(Team.name)).all())
    try:
        session.begin()
    except InvalidRequestError as error:
        print(error)
    added = 0
    for name in ['b', 'd', 'a', 'e', 'd']:
        try:
            with session.begin_nested():
                session.add(Team(name=name))
            added += 1
        except IntegrityError as error:
            print(name, error.orig, session.is_active)
    print(added, session.in_transaction(), session.get_transaction() is not None)
try:
    with maker() as session:
        with session.begin():
            session.commit()
            session.query(Team).all()
except InvalidRequestError as error:
    print(error)

current = scoped_session(maker)
team = current.query(Team).filter_by(name='a').one()
print(current() is current(), object_session(team) is current(), current.registry.has())
team.name = 'aa'
print(team in current, len(current.dirty), current.is_modified(team))
current.commit()
current.remove()
print(current.registry.has(), inspect(team).detached)
try:
    current(autoflush=False)
    current(autoflush=True)
except Exception as error:
    print(type(error).__name__, error)
current.remove()
for bad in [lambda: team.name, lambda: team.players, lambda: Session(engine).refresh(team),
            lambda: Session().query(Team).all(), lambda: sessionmaker(engine)(nope=1),
            lambda: Session(engine).add(None), lambda: Session('sqlite://').query(Team).all(),
            lambda: Session(engine).delete(Team()), lambda: Session(engine).execute(None)]:
    try:
        print('no error', bad())
    except Exception as error:
        print(type(error).__name__, str(error).replace(str(id(team)), ''))
with maker() as one, maker() as two:
    t = one.query(Team).filter_by(name='aa').one()
    for action in (two.add, two.delete, two.refresh, two.expunge):
        try:
            action(t)
        except Exception as error:
            print(action.__name__, type(error).__name__)
    copy = two.merge(t)
    print(copy is t, copy.name, object_session(copy) is two)
    two.close()
    print(inspect(copy).detached, list(two), copy.name)
    one.expunge(t)
    two.add(t)
    print(t in two, t in one, [p.name for p in t.players])
    t.players.pop(0)
    two.commit()
    print(two.scalar(select(func.count(Player.id)).where(Player.team_id.is_(None))))
closed = maker(close_resets_only=False)
closed.close()
try:
    closed.query(Team).all()
except InvalidRequestError as error:
    print(error)
