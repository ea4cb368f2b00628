"""A task tracker: tags, due dates, enum states, soft delete, history of attributes."""
import enum
from datetime import date, datetime, time

from sqlalchemy import (
    Boolean, Column, Date, DateTime, Enum, ForeignKey, Integer, String, Table, Time, create_engine,
    false, func, inspect, not_, select, true,
)
from sqlalchemy.exc import InvalidRequestError, StatementError
from sqlalchemy.orm import Session, declarative_base, relationship, validates
from sqlalchemy.orm.attributes import flag_modified, get_history

Base = declarative_base()


class State(enum.Enum):
    todo = 'to do'
    doing = 'in progress'
    done = 'done'


task_tag = Table('task_tag', Base.metadata,
                 Column('task_id', ForeignKey('task.id'), primary_key=True),
                 Column('tag_id', ForeignKey('tag.id'), primary_key=True))


class Tag(Base):
    __tablename__ = 'tag'
    id = Column(Integer, primary_key=True)
    name = Column(String, unique=True)

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return f'#{self.name}'


class Task(Base):
    __tablename__ = 'task'
    id = Column(Integer, primary_key=True)
    title = Column(String(60), nullable=False)
    state = Column(Enum(State), nullable=False, default=State.todo)
    priority = Column(Enum('low', 'high', name='priority'), server_default='low')
    due = Column(Date)
    remind = Column(Time)
    deleted = Column(Boolean, nullable=False, default=False)
    changed = Column(DateTime, onupdate=lambda: datetime(2024, 6, 1, 12))
    tags = relationship(Tag, secondary=task_tag, backref='tasks', order_by=Tag.name)

    @validates('title')
    def check_title(self, key, value):
        if not value or not value.strip():
            raise ValueError(f'{key} must not be empty')
        return value.strip()


engine = create_engine('sqlite://')
Base.metadata.create_all(engine)


def live():
    return select(Task).where(Task.deleted == false())


with Session(engine) as session:
    home, work = Tag('home'), Tag('work')
    a = Task(title='  Paint  ', due=date(2024, 5, 1), tags=[work], remind=time(8, 15))
    b = Task(title='Sweep', state=State.doing, priority='high', due=date(2024, 4, 1))
    c = Task(title='Sleep')
    session.add_all([a, b, c])
    session.flush()
    a.tags.append(home)
    session.flush()
    print(a.title, a.state, a.priority, b.priority, a.tags, home.tasks == [a], c.due, a.changed)
    print(inspect(a).attrs.title.history, get_history(a, 'state'))
    session.commit()
    print(a.tags)
    for bad in ['', '   ', None]:
        try:
            a.title = bad
        except ValueError as error:
            print('refused', repr(bad), error)
    a.state = State.done
    a.title = 'Paint'
    print(inspect(a).attrs.title.history, inspect(a).attrs.state.history, session.dirty == {a},
          session.is_modified(a))
    session.flush()
    print(a.changed, session.is_modified(a))
    b.priority = 'middle'
    try:
        session.flush()
    except StatementError as error:
        print(type(error).__name__, error)
    session.rollback()
    print(a.state, b.priority)
    a.state = 5
    try:
        session.commit()
    except StatementError as error:
        print(type(error).__name__, str(error).splitlines()[0])
        session.rollback()
    c.due = '2024-01-01'
    try:
        session.commit()
    except StatementError as error:
        print(type(error).__name__, str(error).partition('[param')[0])
        session.rollback()
    c.tags.append(home)
    session.flush()
    c.tags.append(work)
    session.flush()
    c.tags.append(Tag('idle'))
    print(get_history(c, 'tags'))
    session.commit()
    c.tags.remove(work)
    print(get_history(c, 'tags').deleted, inspect(c).modified)
    session.commit()
    print(c.tags, sorted(t.title for t in home.tasks))
    try:
        c.tags.remove(work)
    except ValueError as error:
        print('ValueError', error)
    try:
        c.tags.append('home')
    except Exception as error:
        print(type(error).__name__, str(error)[:60])
    session.rollback()

    b.deleted = True
    session.commit()
    print([t.title for t in session.scalars(live().order_by(Task.id))])
    print(session.scalars(live().where(Task.tags.any(Tag.name == 'home')).order_by(Task.id)).all() == [a, c])
    print(session.scalars(live().where(Task.tags.contains(home))).all() == [a, c])
    print(session.scalars(select(Task.title).where(Task.due.between(date(2024, 4, 1), date(2024, 4, 30)))).all())
    print(session.scalars(select(Task.title).where(Task.due.is_(None))).all())
    print(session.scalars(select(Task.title).where(Task.state.in_([State.todo, State.doing]))).all())
    print(session.scalars(select(Task.title).where(Task.state.not_in([State.todo]))).all())
    print(session.scalars(select(Task.title).where(not_(Task.deleted), Task.priority == 'low')).all())
    print(session.execute(select(Task.state, func.count()).group_by(Task.state).order_by(Task.state)).all())
    print(session.execute(select(func.min(Task.due), func.max(Task.remind))).one())
    print(session.execute(select(Tag.name, func.count(task_tag.c.task_id)).outerjoin(task_tag).group_by(
        Tag.id).order_by(Tag.name)).all())
    try:
        session.scalars(select(Task).where(Task.state == 'bogus')).all()
    except Exception as error:
        print(type(error).__name__, error)
    session.delete(home)
    session.commit()
    print(a.tags, c.tags, session.execute(select(func.count()).select_from(task_tag)).scalar())
    flag_modified(a, 'title')
    print(a in session.dirty, inspect(a).attrs.title.history)
    session.commit()
    state = inspect(a)
    print(state.persistent, sorted(state.unloaded) == sorted(state.attrs.keys()), state.identity, state.dict)
    print(a.title, sorted(state.unloaded), state.key[1], state.mapper.class_.__name__)
    session.expunge(a)
    print(state.detached, a.title)
    try:
        a.tags
    except Exception as error:
        print(type(error).__name__, str(error).split(';')[-1])
