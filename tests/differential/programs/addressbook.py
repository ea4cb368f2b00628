"""An address book: Mapped classes, repository functions, search and pages."""
from __future__ import annotations

from typing import Optional

from sqlalchemy import ForeignKey, String, and_, create_engine, delete, func, or_, select, update
from sqlalchemy.exc import ArgumentError, InvalidRequestError, MultipleResultsFound, NoResultFound
from sqlalchemy.orm import (
    DeclarativeBase, Mapped, Session, load_only, mapped_column, relationship, selectinload,
    sessionmaker,
)


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = 'person'
    id: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[str] = mapped_column(String(30), index=True)
    last: Mapped[str] = mapped_column(String(30))
    city: Mapped[Optional[str]]
    phones: Mapped[list[Phone]] = relationship(
        back_populates='person', cascade='all, delete-orphan', order_by='Phone.position')
    card: Mapped[Optional[Card]] = relationship(back_populates='person', uselist=False,
                                                cascade='all, delete-orphan')

    def __repr__(self) -> str:
        return f'Person({self.first} {self.last})'


class Phone(Base):
    __tablename__ = 'phone'
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str]
    position: Mapped[int] = mapped_column(default=0)
    person_id: Mapped[int] = mapped_column(ForeignKey('person.id'))
    person: Mapped[Person] = relationship(back_populates='phones')


class Card(Base):
    __tablename__ = 'card'
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[Optional[str]]
    person_id: Mapped[int] = mapped_column(ForeignKey('person.id'))
    person: Mapped[Person] = relationship(back_populates='card')


engine = create_engine('sqlite://')
Base.metadata.create_all(engine)
make_session = sessionmaker(engine)


def search(session: Session, text: str, page: int = 1, size: int = 3):
    where = or_(Person.first.ilike(f'%{text}%'), Person.last.contains(text),
                Person.phones.any(Phone.number.startswith(text)))
    total = session.scalar(select(func.count()).select_from(Person).where(where))
    stmt = (select(Person).where(where).order_by(func.lower(Person.last), Person.id.desc())
            .limit(size).offset((page - 1) * size))
    return total, session.scalars(stmt).all()


def by_city(session: Session):
    return session.execute(
        select(Person.city, func.count().label('people'), func.group_concat(Person.first, '+'))
        .group_by(Person.city).having(func.count() >= 1).order_by(Person.city.nulls_last())).all()


with make_session.begin() as session:
    for n, (first, last, city) in enumerate([
            ('Ada', 'King', 'London'), ('Bert', 'kling', None), ('Cleo', 'Marks', 'Paris'),
            ('Dora', 'Ark_in', 'London'), ('Emil', 'O%Hara', 'Oslo'), ('Fay', 'Bark', 'Paris')]):
        session.add(Person(first=first, last=last, city=city, phones=[
            Phone(number=f'{n}{k}-555', position=-k) for k in range(n % 3)]))

with make_session() as session:
    for args in [('a',), ('a', 2), ('a', 9), ('%',), ('_',), ('2',), ('',), ('AR',)]:
        print(args, search(session, *args))
    print(session.scalars(select(Person).where(Person.last.contains('%', autoescape=True))).all())
    print(session.scalars(select(Person).where(Person.last.like('%/_%', escape='/'))).all())
    print(by_city(session))
    print(session.query(Person).order_by(Person.id)[1:3], session.query(Person).order_by(Person.id)[2])
    print(session.query(Person).filter(Person.id > 50)[:2])
    print(session.query(Person.city).distinct().order_by(Person.city).all())
    print(session.query(Person).filter(Person.card == None, ~Person.phones.any()).count())

    ada = session.scalars(select(Person).filter_by(first='Ada')).one()
    ada.card = Card(text='hello')
    session.commit()
    old = ada.card
    ada.card = Card(text='new')
    session.flush()
    print(old in session, ada.card.text, session.query(Card).count())
    session.rollback()
    print(old in session, ada.card is old, session.query(Person).filter(Person.card.has(text='hello')).all())
    ada.card = None
    session.commit()
    print(session.query(Card).count())

    fay = session.query(Person).filter(Person.first == 'Fay').one()
    fay.phones[0].person = ada
    print([p.number for p in fay.phones], [p.number for p in ada.phones])
    session.commit()
    print([p.number for p in fay.phones], [p.number for p in ada.phones])
    moved = ada.phones.pop()
    fay.phones.append(moved)
    session.commit()
    print(moved.person, moved in session)

    for mode in ('evaluate', 'fetch', False, 'auto'):
        everyone = session.scalars(select(Person).order_by(Person.id)).all()
        [p.city for p in everyone]
        n = session.execute(update(Person).where(Person.city == 'Paris').values(city='Lyon'),
                            execution_options={'synchronize_session': mode}).rowcount
        print(mode, n, [p.city for p in everyone])
        n = session.query(Person).filter(Person.last.in_(['King', 'Bark'])).update(
            {Person.city: Person.city + '!'}, synchronize_session=mode)
        print(mode, n, [p.city for p in everyone])
        n = session.execute(delete(Phone).where(Phone.number == '40-555').execution_options(
            synchronize_session=mode)).rowcount
        print(mode, n, session.query(Phone).count())
        session.rollback()
    for bad in [lambda: session.query(Person).update({'nope': 1}),
                lambda: session.query(Person).limit(1).delete(),
                lambda: session.query(Person).update({Person.city: 'x'}, synchronize_session='bogus'),
                lambda: session.query(Person).limit('x').all(),
                lambda: session.execute(update(Person).values(nope=3)),
                lambda: session.query(Person).filter(Person.phones == 3),
                lambda: session.query(Person).filter(Person.phones.has()),
                lambda: session.query(Person).filter(Phone.person.any()),
                lambda: session.scalars(select(Person)).one(),
                lambda: session.query(Person.first).filter_by(id=99).one(),
                lambda: session.query(Person).options(selectinload(Phone.person)).all(),
                lambda: session.query(Person).options(selectinload('phones')).all(),
                lambda: select(Person).join(Card.text),
                lambda: session.query(Person).join('phones').all(),
                lambda: session.query(Person).having(Person.id > 1).all(),
                lambda: setattr(ada, 'phones', 7), lambda: setattr(ada, 'phones', None),
                lambda: ada.phones.append(ada), lambda: setattr(ada, 'card', 'x'),
                lambda: session.get(Person, 'abc'), lambda: session.get(Person, None),
                lambda: session.get_one(Person, 999), lambda: session.refresh(Person()),
                lambda: session.expunge(Person()), lambda: session.merge(3)]:
        try:
            print('no error', bad())
        except Exception as error:
            print(type(error).__name__, error)
        session.rollback()
with make_session() as session:
    p = session.scalars(select(Person).options(load_only(Person.first)).limit(1)).first()
    print(p.first, p.last)
