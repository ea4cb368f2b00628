"""An accounts ledger: composite keys, composite foreign keys, checks, Numeric sums."""
from datetime import datetime
from decimal import Decimal

from sqlalchemy import (
    CheckConstraint, Column, DateTime, ForeignKeyConstraint, Integer, Numeric, String,
    create_engine, func, literal, select, tuple_, union_all, cast, Float,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, declarative_base, relationship, column_property
from sqlalchemy.orm.exc import StaleDataError

Base = declarative_base()


class Account(Base):
    __tablename__ = 'account'
    bank = Column(String(4), primary_key=True)
    number = Column(Integer, primary_key=True, autoincrement=False)
    owner = Column(String, nullable=False)
    entries = relationship('Entry', back_populates='account', order_by='Entry.line',
                           cascade='all, delete-orphan', passive_deletes=False)

    def __repr__(self):
        return f'{self.bank}/{self.number}'


class Entry(Base):
    __tablename__ = 'entry'
    bank = Column(String(4), primary_key=True)
    number = Column(Integer, primary_key=True)
    line = Column(Integer, primary_key=True)
    amount = Column(Numeric(12, 2), CheckConstraint('amount <> 0'), nullable=False)
    at = Column(DateTime, nullable=False)
    account = relationship(Account, back_populates='entries')
    double = column_property(amount * 2)
    __table_args__ = (
        ForeignKeyConstraint(['bank', 'number'], ['account.bank', 'account.number']),
        {'comment': 'one line'},
    )


engine = create_engine('sqlite://')
Base.metadata.create_all(engine)


def transfer(session, src, dst, amount):
    at = datetime(2024, 2, 3, 4, 5, 6, 789)
    for account, value in ((src, -amount), (dst, amount)):
        account.entries.append(Entry(line=len(account.entries) + 1, amount=value, at=at))
    session.flush()


with Session(engine, expire_on_commit=False) as session:
    a, b = Account(bank='AB', number=1, owner='Ann'), Account(bank='AB', number=2, owner='Bob')
    session.add_all([b, a, Account(bank='CD', number=1, owner='Cid')])
    session.commit()
    transfer(session, a, b, Decimal('10.25'))
    transfer(session, b, a, Decimal('3.10'))
    session.commit()
    print([(e.line, e.amount, e.double) for e in a.entries])
    session.expire_all()
    print([(e.line, e.amount, e.double) for e in b.entries])

    sp = session.begin_nested()
    try:
        transfer(session, a, b, Decimal(0))
    except IntegrityError as error:
        print(error)
        sp.rollback()
    print(len(a.entries), sp.is_active, session.in_nested_transaction())
    try:
        with session.begin_nested():
            transfer(session, a, b, Decimal('1'))
            raise RuntimeError('changed my mind')
    except RuntimeError as error:
        print(error, len(a.entries))
    with session.begin_nested() as sp:
        transfer(session, a, b, Decimal('1'))
    session.commit()
    print(len(a.entries))

    balance = select(Entry.bank, Entry.number, func.sum(Entry.amount).label('total')).group_by(
        Entry.bank, Entry.number).subquery()
    stmt = select(Account, func.coalesce(balance.c.total, 0)).outerjoin(
        balance, (balance.c.bank == Account.bank) & (balance.c.number == Account.number)).order_by(
        Account.bank, Account.number)
    for account, total in session.execute(stmt):
        print(account, total)
    print(session.scalar(select(func.sum(Entry.amount))))
    print(session.execute(select(func.min(Entry.amount), func.max(Entry.amount),
                                 cast(func.avg(Entry.amount), Float))).one())
    print(session.scalars(select(Account).where(tuple_(Account.bank, Account.number).in_(
        [('AB', 2), ('CD', 1)])).order_by(Account.bank)).all())
    in_ = select(literal('in').label('way'), Entry.amount).where(Entry.amount > 0)
    out = select(literal('out').label('way'), Entry.amount).where(Entry.amount < 0)
    both = union_all(in_, out).order_by('way', 'amount')
    print(session.execute(both).all())
    sub = union_all(in_, out).subquery()
    print(session.execute(select(sub.c.way, func.sum(sub.c.amount)).group_by(sub.c.way)).all())
    print(session.get(Account, ('AB', 1)) is a, session.get(Account, {'number': 1, 'bank': 'CD'}))
    a.number = 77
    session.flush()
    print(session.get(Account, ('AB', 77)) is a, [e.number for e in a.entries])
    session.rollback()
    print(a.number, [e.number for e in a.entries])
    session.execute(Entry.__table__.delete().where(Entry.bank == 'AB'))
    session.expunge(a)
    b.entries.append(Entry(line=9, amount=3, at=datetime(2024, 1, 1)))
    session.flush()
    session.connection().exec_driver_sql('DELETE FROM entry')
    b.entries[0].amount = 5
    try:
        session.flush()
    except StaleDataError as error:
        print(error)
    session.rollback()
    a = session.get(Account, ('AB', 1))
    session.expunge(a)
    session.add(Account(bank='AB', number=1, owner='Eve'))
    try:
        session.commit()
    except IntegrityError as error:
        print(error)
    session.rollback()
    session.add(Account(bank='ZZ', owner='Eve'))
    try:
        session.commit()
    except Exception as error:
        print(type(error).__name__, error)
    session.rollback()
    session.add(Account(bank=None, number=3, owner='Eve'))
    try:
        session.commit()
    except Exception as error:
        print(type(error).__name__, error)
    session.rollback()
    e = b.entries.pop()
    session.flush()
    print(e in session, len(b.entries))
    session.delete(session.get(Account, ('AB', 1)))
    session.commit()
    print(session.scalar(select(func.count()).select_from(Entry)))
