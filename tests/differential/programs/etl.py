"""Core only: load, transform and report with tables, joins, CTEs, unions and text."""
from datetime import date
from decimal import Decimal

from sqlalchemy import (
    Column, Date, Float, ForeignKey, Integer, MetaData, Numeric, String, Table, bindparam, case,
    cast, create_engine, delete, distinct, exists, extract, func, insert, inspect, literal,
    literal_column, null, or_, select, text, true, union, union_all, update, except_, intersect,
)
from sqlalchemy.exc import (
    CompileError, IntegrityError, NoSuchColumnError, OperationalError, ResourceClosedError,
    StatementError,
)

metadata = MetaData()
region = Table('region', metadata, Column('id', Integer, primary_key=True),
               Column('name', String, nullable=False, unique=True),
               Column('parent_id', ForeignKey('region.id')))
sale = Table('sale', metadata, Column('id', Integer, primary_key=True),
             Column('region_id', ForeignKey('region.id'), nullable=False),
             Column('day', Date, nullable=False), Column('amount', Numeric(10, 2)),
             Column('source', String, default='file', onupdate='fixed'))
engine = create_engine('sqlite://')
metadata.create_all(engine)

with engine.begin() as conn:
    result = conn.execute(insert(region).values(name='World'))
    print(result.inserted_primary_key, result.rowcount, result.returns_rows, result.lastrowid)
    conn.execute(insert(region), [{'name': 'Europe', 'parent_id': 1}, {'name': 'Asia', 'parent_id': 1},
                                  {'name': 'France', 'parent_id': 2}])
    conn.execute(sale.insert(), [
        {'region_id': 2 + n % 3, 'day': date(2024, 1 + n % 4, 1 + n), 'amount': Decimal(n) * 3}
        for n in range(12)])
    print(conn.execute(insert(sale).values(region_id=4, day=date(2025, 1, 1)).returning(
        sale.c.id, sale.c.source)).one())

with engine.connect() as conn:
    r = region.alias('r')
    stmt = select(r.c.name, func.sum(sale.c.amount).label('total')).select_from(
        sale.join(r)).group_by(r.c.name).order_by(text('total DESC'))
    result = conn.execute(stmt)
    print(list(result.keys()))
    for row in result:
        print(row, row.total, row._mapping['name'], row[1:], row._asdict(), row == tuple(row))
    tree = select(region.c.id, region.c.name, literal(0).label('depth')).where(
        region.c.parent_id.is_(None)).cte('tree', recursive=True)
    tree = tree.union_all(select(region.c.id, region.c.name, tree.c.depth + 1).join(
        tree, region.c.parent_id == tree.c.id))
    print(conn.execute(select(tree).order_by(tree.c.depth, tree.c.name)).all())
    size = case((sale.c.amount > 20, 'big'), (sale.c.amount.is_(None), 'unknown'), else_='small')
    print(conn.execute(select(size.label('size'), func.count(), func.max(sale.c.day)).group_by(size).order_by(
        'size')).mappings().all())
    month = extract('month', sale.c.day)
    print(conn.execute(select(month.label('m'), func.avg(cast(sale.c.amount, Float))).group_by(month).order_by('m')).all())
    print(conn.execute(select(func.count(distinct(sale.c.region_id)), func.total(sale.c.amount))).one())
    a, b = select(region.c.name).where(region.c.id < 3), select(region.c.name).where(region.c.id > 1)
    for combine in (union, union_all, except_, intersect):
        print(combine.__name__, conn.execute(combine(a, b).order_by('name')).scalars().all())
    ranked = select(sale.c.id, sale.c.region_id, func.row_number().over(
        partition_by=sale.c.region_id, order_by=sale.c.amount.desc()).label('n')).subquery()
    print(conn.execute(select(ranked).where(ranked.c.n == 1).order_by(ranked.c.id)).all())
    print(conn.execute(text('SELECT name, :x AS x FROM region WHERE id = :id'), {'id': 2, 'x': 1.5}).one())
    print(conn.execute(text('SELECT id, day FROM sale WHERE id=:i').columns(day=Date).bindparams(i=3)).one())
    stmt = select(sale.c.id).where(sale.c.region_id.in_(bindparam('ids', expanding=True))).order_by(sale.c.id)
    print(conn.execute(stmt, {'ids': [2]}).scalars().all(), conn.execute(stmt, {'ids': []}).all())
    print(conn.scalar(select(func.count()).where(~exists().where(region.c.parent_id == sale.c.region_id))))
    avg = select(func.avg(sale.c.amount)).scalar_subquery()
    print(conn.execute(select(sale.c.id).where(sale.c.amount > avg).order_by(sale.c.id.desc())).scalars().all())
    result = conn.execute(select(sale.c.id).order_by(sale.c.id))
    print([len(part) for part in result.partitions(5)], result.fetchone())
    result = conn.execute(select(region))
    print(result.fetchmany(2), result.first(), result.closed)
    for bad in [result.all, lambda: conn.execute('select 1'), lambda: conn.execute(text('SELEC 1')),
                lambda: (conn.scalar(select(1)), conn.execute(text('select :a'), {'b': 1})), lambda: conn.execute(select(region), [1]),
                lambda: conn.execute(insert(region).values(nope=1)), lambda: region.c.nope,
                lambda: conn.execute(insert(region), {'nome': 'x'}),
                lambda: conn.execute(select(region)).first().nope,
                lambda: conn.execute(select(region)).first()._mapping['nope'],
                lambda: conn.execute(select(region)).first()[7],
                lambda: conn.execute(select(region.c.id, region.c.id)).first().id,
                lambda: conn.execute(select(region)).scalar_one(),
                lambda: conn.execute(text('select 1')).mappings().one()['x'],
                lambda: conn.execute(update(region).values(id=1)).all(),
                lambda: conn.execute(insert(region).values([{'name': 'a'}, {'nome': 'b'}])),
                lambda: conn.execute(select(sale).where(sale.c.day == 'monday')),
                lambda: conn.execute(select(region).limit(-1)).all(),
                lambda: conn.execute(select(region.c.name).union(select(region))).all(),
                lambda: select(region).join(literal_column('x')), lambda: union(select(1), 2),
                lambda: select(func.count).compile(), lambda: select(region, sale).join(7)]:
        try:
            print('no error', bad())
        except Exception as error:
            print(type(error).__name__, error)
        conn.rollback()
    with conn.begin():
        print(conn.execute(update(sale).where(sale.c.amount > 15).values(amount=sale.c.amount * 2)).rowcount)
        stmt = update(sale).where(sale.c.id == bindparam('key')).values(amount=bindparam('value'))
        print(conn.execute(stmt, [{'key': 1, 'value': 1}, {'key': 2, 'value': 2}]).rowcount)
        print(conn.execute(select(sale.c.amount, sale.c.source).where(sale.c.id < 3)).all())
        savepoint = conn.begin_nested()
        print(conn.execute(delete(sale)).rowcount)
        savepoint.rollback()
        print(conn.scalar(select(func.count()).select_from(sale)))
        print(conn.execute(delete(sale).where(sale.c.amount.is_(None)).returning(sale.c.id)).all())
    try:
        conn.execute(select(region))
        conn.begin()
    except Exception as error:
        print(type(error).__name__, error)
try:
    conn.execute(select(region))
except Exception as error:
    print(type(error).__name__, error)
archive = Table('archive', metadata, Column('id', Integer), Column('total', Numeric))
archive.create(engine)
with engine.begin() as conn:
    print(conn.execute(archive.insert().from_select(['id', 'total'], select(
        sale.c.region_id, func.sum(sale.c.amount)).group_by(sale.c.region_id))).rowcount)
    print(conn.execute(select(archive)).all())
print(inspect(engine).get_table_names(), [c['name'] for c in inspect(engine).get_columns('sale')])
metadata.drop_all(engine)
print(inspect(engine).get_table_names(), repr(region), str(select(sale).compile(engine)))
