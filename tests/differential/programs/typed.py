"""DeclarativeBase, Mapped and mapped_column in their plain form, with a mixin."""
from __future__ import annotations

import enum
import uuid
from datetime import datetime
from typing import List, Optional

from sqlalchemy import JSON, Enum, ForeignKey, LargeBinary, String, Uuid, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Kind(enum.Enum):
    small = 1
    large = 2


class Stamped:
    created: Mapped[datetime] = mapped_column(default=lambda: datetime(2020, 1, 1))
    note: Mapped[Optional[str]]


class Account(Stamped, Base):
    __tablename__ = 'account'
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30))
    fullname: Mapped[str | None]
    kind: Mapped[Kind] = mapped_column(Enum(Kind), default=Kind.small)
    token: Mapped[uuid.UUID] = mapped_column(Uuid, default=uuid.UUID(int=5))
    data: Mapped[Optional[dict]] = mapped_column(JSON)
    raw: Mapped[Optional[bytes]] = mapped_column(LargeBinary)
    addresses: Mapped[List[Address]] = relationship(back_populates='account', cascade='all, delete-orphan')

    def __repr__(self) -> str:
        return f'Account(id={self.id!r}, name={self.name!r}, fullname={self.fullname!r})'


class Address(Base):
    __tablename__ = 'address'
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey('account.id'))
    account: Mapped[Account] = relationship(back_populates='addresses')


engine = create_engine('sqlite://', echo=True)
Base.metadata.create_all(engine)
with Session(engine) as session:
    spongebob = Account(name='spongebob', fullname='S. Squarepants', addresses=[Address(email='s@x.org')])
    sandy = Account(name='sandy', kind=Kind.large, data={'a': [1, 2, None]}, raw=b'\x00\xff',
                    addresses=[Address(email='a@x.org'), Address(email='b@x.org')])
    patrick = Account(name='patrick')
    session.add_all([spongebob, sandy, patrick])
    session.commit()
    stmt = select(Account).where(Account.name.in_(['spongebob', 'sandy']))
    for account in session.scalars(stmt):
        print(account, account.kind, account.token, account.data, account.raw, account.created, account.note)
    stmt = select(Address).join(Address.account).where(Account.name == 'sandy').where(Address.email == 'a@x.org')
    address = session.scalars(stmt).one()
    address.email = 'c@x.org'
    patrick.addresses.append(Address(email='p@x.org'))
    session.commit()
    sandy.addresses.remove(address)
    session.flush()
    session.delete(patrick)
    session.commit()
    print(session.execute(select(func.count(Address.id))).scalar_one())
    print(session.execute(select(Account.name, Account.kind).order_by(Account.name)).all())
