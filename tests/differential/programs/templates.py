"""Rows and objects handed to templates: rows, mappings, lazy loads, echo, states."""
import logging
from string import Template

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Unicode, create_engine, func, inspect, select, text, bindparam
from sqlalchemy.orm import Bundle, Session, declarative_base, joinedload, relationship, object_mapper, class_mapper

Base = declarative_base()


class Page(Base):
    __tablename__ = 'page'
    id = Column(Integer, primary_key=True)
    slug = Column('page_slug', String, unique=True)
    title = Column(Unicode(30), default='untitled')
    blocks = relationship('Block', backref='page', order_by='Block.id')


class Block(Base):
    __tablename__ = 'block'
    id = Column(Integer, primary_key=True)
    kind = Column(String, default='text')
    body = Column(String)
    page_id = Column(ForeignKey('page.id'))


engine = create_engine('sqlite://')
Base.metadata.create_all(engine)


def state(obj):
    s = inspect(obj)
    return [k for k in ('transient', 'pending', 'persistent', 'deleted', 'detached') if getattr(s, k)]


with Session(engine) as session:
    page = Page(slug='home')
    print(state(page), page.title, page.id, page.blocks, inspect(page).identity)
    session.add(page)
    print(state(page), page in session.new)
    page.blocks += [Block(body='Hello $who'), Block(body='Bye', kind='end')]
    session.flush()
    print(state(page), page.title, inspect(page).identity, len(session.identity_map))
    session.add(Page(slug='about', title='Über uns ✓', blocks=[Block(body='x')]))
    session.commit()
    session.delete(page.blocks[1])
    session.flush()
    gone = page.blocks[1]
    print(state(gone), gone in session)
    session.rollback()
    print(state(gone), gone in session, len(page.blocks))

    for page in session.scalars(select(Page).order_by(Page.slug)).unique():
        print(page.title, [Template(b.body).substitute(who='you') for b in page.blocks])
    rows = session.execute(select(Page.slug, Page.title, func.count(Block.id)).join(Page.blocks).group_by(Page.id).order_by(Page.id))
    print(rows.keys())
    for slug, title, n in rows:
        print(f'{slug}: {title} ({n})')
    row = session.execute(select(Page, Block).join(Block.page).order_by(Block.id)).unique().first()
    print(row.Page.slug, row.Block.body, row[0] is row.Page, len(row), row._fields)
    print([dict(m) for m in session.execute(select(Page.slug.label('s'), Page.id)).mappings()])
    print(session.query(Bundle('b', Page.id, Page.slug)).order_by(Page.id).all())
    print(session.query(Page.id, Page).order_by(Page.id).first()[0], session.query(Page.slug.label('q')).first().q)
    print(session.scalars(text("SELECT page_slug FROM page WHERE id > :n ORDER BY id"), {'n': 0}).all())
    print(session.scalars(select(Page).from_statement(text('SELECT * FROM page ORDER BY id'))).unique().all() ==
          session.query(Page).order_by(Page.id).all())
    stmt = select(Page.title).where(Page.slug == bindparam('s'))
    print(session.scalar(stmt, {'s': 'about'}), session.scalar(stmt, {'s': 'none'}))
    print(session.query(Page).filter(Page.slug == bindparam('s')).params(s='home').one().title)
    print(str(select(Page.id).where(Page.slug.in_(['a', 'b']), Page.id != None)))
    print(session.query(Page).filter(Page.id.in_([])).all(), session.query(Page).filter(Page.id.in_(select(Block.page_id))).count())
    print(session.query(Page).with_entities(Page.id).order_by(-Page.id).all())
    print(session.query(func.max(Page.id), func.min(Page.slug)).one())
    print([c.key for c in inspect(Page).column_attrs], list(inspect(Page).relationships.keys()),
          inspect(Page).primary_key, class_mapper(Page) is object_mapper(page), Page.__table__.c.keys())
    print(inspect(Page).attrs.slug.columns, Page.slug.property.key, inspect(Page).local_table.name)
    page = session.get(Page, 1)
    page.title, old = 'New', page.title
    print(inspect(page).attrs.title.history.deleted, inspect(page).attrs.title.value, inspect(page).attrs.title.loaded_value)
    page.title = old
    print(session.is_modified(page), page in session.dirty, inspect(page).attrs.title.history)
    session.commit()
    page.title = None
    session.commit()
    print(page.title)
    for bad in [lambda: setattr(page, 'id', None) or session.flush(), lambda: row['Page'],
                lambda: session.query(Page).filter_by(page_slug='x').all(), lambda: Page(page_slug='x'),
                lambda: session.query(Page).one(), lambda: session.query(Nope), lambda: inspect(3), lambda: class_mapper(str),
                lambda: session.query(Page.blocks.title), lambda: Page.id.in_(3), lambda: session.query(Page).filter(Page.id.in_(5)).all(),
                lambda: session.query(Page).order_by('nope').all(), lambda: bool(Page.id == 1), lambda: bool(Page.id < 3),
                lambda: list(Page.id), lambda: Page.id.between(1),
                lambda: select(Page).filter_by(x=1), lambda: select(Page).options('x'), lambda: relationship(Page, nope=3),
                lambda: Column(Integer, nope=1), lambda: Column(foo=1), lambda: Table('page', Base.metadata, Column('z', Integer)),
                lambda: create_engine('nope://'), lambda: create_engine('sqlite://', nope=1), lambda: create_engine(None),
                lambda: type('Bad', (Base,), {'__tablename__': 'bad'}), lambda: type('Bad2', (Base,), {'x': 1})]:
        try:
            print('no error', bad())
        except Exception as error:
            print(type(error).__name__, error)
        session.rollback()
print(state(page))
for attr in ('title', 'blocks', 'slug'):
    try:
        print(len(getattr(page, attr)))
    except Exception as error:
        print(type(error).__name__, str(error).replace(hex(id(page)), '?'))
