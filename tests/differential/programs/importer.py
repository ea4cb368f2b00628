"""Importing thousands of rows: retries in savepoints, upserts by hand, merge and bulk."""
import uuid
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from sqlalchemy import (
    JSON, Boolean, Column, DateTime, Float, ForeignKey, Integer, LargeBinary, Numeric, String, Uuid,
    create_engine, func, insert, inspect, select, text, update,
)
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session, declarative_base, relationship

Base = declarative_base()


class Device(Base):
    __tablename__ = 'device'
    id = Column(Uuid, primary_key=True)
    name = Column(String(20), unique=True, nullable=False)
    config = Column(JSON)
    readings = relationship('Reading', back_populates='device', lazy='dynamic' if False else 'select')


class Reading(Base):
    __tablename__ = 'reading'
    id = Column(Integer, primary_key=True)
    device_id = Column(ForeignKey('device.id'), nullable=False, index=True)
    at = Column(DateTime, nullable=False)
    value = Column(Float)
    cost = Column(Numeric(8, 3))
    good = Column(Boolean, default=lambda: True)
    status = Column(String, server_default=text("'new'"))
    device = relationship(Device, back_populates='readings')


engine = create_engine('sqlite://')
Base.metadata.create_all(engine)
T0 = datetime(2022, 2, 28, 23, 59, 58)


def uid(n):
    return uuid.UUID(int=n * 7919)


with Session(engine, autoflush=False) as session:
    for n in range(4):
        session.add(Device(id=uid(n), name=f'dev{n}', config={'n': n, 'tags': ['a'] * n}))
    session.commit()
    session.execute(insert(Reading), [
        {'device_id': uid(n % 4), 'at': T0 + timedelta(seconds=n), 'value': n / 4,
         'cost': Decimal(n) / 8} for n in range(2000)])
    session.commit()
    print(session.scalar(select(func.count(Reading.id))), session.scalar(select(func.sum(Reading.cost))))
    readings = session.scalars(select(Reading).order_by(Reading.id)).all()
    print(len(readings), readings[7].cost, readings[7].at, readings[7].good, readings[7].status)
    print(sum(r.cost for r in readings), sum(r.value for r in readings))
    print(session.scalar(select(func.count()).where(Reading.at >= T0 + timedelta(minutes=30))))
    devices = {d.id: d for d in session.scalars(select(Device))}
    for r in readings[:50]:
        assert r.device is devices[r.device_id]
    print(devices[uid(2)].config, session.scalar(select(Device.config['n'].as_integer()).where(Device.name == 'dev3')))

    added = failed = 0
    for n in range(12):
        try:
            with session.begin_nested():
                session.add(Device(id=uid(100 + n), name=f'dev{n % 8}'))
                session.flush()
            added += 1
        except IntegrityError as error:
            failed += 1
            if failed == 1:
                print(error.orig, error.params, error.statement)
    session.commit()
    print(added, failed, session.scalars(select(Device.name).order_by(Device.name)).all())

    for n, name in ((0, 'renamed'), (500, 'fresh')):
        merged = session.merge(Device(id=uid(n), name=name, config=None))
        print(merged in session.new, merged in session.dirty, merged.name)
    session.commit()
    print(session.execute(select(Device.name, Device.config).where(Device.name.in_(['renamed', 'fresh']))).all())

    d = session.get(Device, uid(1))
    d.config['n'] = 99
    print(session.is_modified(d))
    d.config = {**d.config, 'x': None}
    session.commit()
    print(d.config)
    print(session.execute(select(Reading.device_id, func.count(), func.max(Reading.at)).group_by(
        Reading.device_id).order_by(Reading.device_id)).all())
    session.bulk_insert_mappings(Device, [{'id': uid(900), 'name': 'bulk1'}, {'id': uid(901), 'name': 'bulk2'}])
    session.bulk_save_objects([Device(id=uid(902), name='bulk3')])
    session.bulk_update_mappings(Device, [{'id': uid(900), 'name': 'bulk!'}])
    session.execute(update(Device), [{'id': uid(901), 'name': 'bulk?'}])
    print(session.scalars(select(Device.name).where(Device.name.startswith('bulk')).order_by(Device.name)).all())
    session.rollback()

    for kw in [{'at': 'now'}, {'at': T0.date()}, {'value': 'high'}, {'cost': 'x'}, {'good': 'yes'},
               {'good': 7}, {'device_id': 'nope'}, {'device_id': 5}, {'id': 2 ** 70}, {'status': b'x'},
               {'status': ['list']}, {'at': None}, {'value': object}]:
        session.add(Reading(**{'device_id': uid(1), 'at': T0, **kw}))
        try:
            session.flush()
            print('no error', kw)
        except Exception as error:
            print(list(kw), type(error).__name__, str(error).splitlines()[0])
        session.rollback()
    session.add(Reading(device_id=uid(1), at=T0.replace(tzinfo=timezone.utc), value=float('inf'), cost=1))
    session.commit()
    last = session.query(Reading).order_by(Reading.id.desc()).first()
    print(last.at, last.value, last.cost, last.status)
    stream = session.execute(select(Reading.id).execution_options(yield_per=300))
    print([len(p) for p in stream.partitions()])
    print(sum(1 for _ in session.scalars(select(Reading).execution_options(yield_per=128))))
    print(session.query(Reading).filter(Reading.id <= 10).delete(), session.query(Reading).count())
    session.expire_all()
    print(readings[10].value)
    try:
        readings[0].value
    except Exception as error:
        print(type(error).__name__)
    session.rollback()
    print(readings[0].value)
