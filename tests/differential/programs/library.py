"""A lending library: many-to-many, one-to-many, eager and lazy loading, aggregates."""
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import (
    Boolean, Column, Date, DateTime, ForeignKey, Integer, Numeric, String, Table, create_engine,
    desc, func, select,
)
from sqlalchemy.orm import declarative_base, joinedload, relationship, selectinload, sessionmaker

Base = declarative_base()

book_author = Table(
    'book_author', Base.metadata,
    Column('book_id', ForeignKey('book.id'), primary_key=True),
    Column('author_id', ForeignKey('author.id'), primary_key=True),
)


class Author(Base):
    __tablename__ = 'author'
    id = Column(Integer, primary_key=True)
    name = Column(String(80), nullable=False)
    books = relationship('Book', secondary=book_author, back_populates='authors', order_by='Book.title')


class Book(Base):
    __tablename__ = 'book'
    id = Column(Integer, primary_key=True)
    title = Column(String(200), nullable=False, index=True)
    price = Column(Numeric(10, 2))
    published = Column(Date)
    in_print = Column(Boolean, default=True)
    authors = relationship('Author', secondary=book_author, back_populates='books', order_by=Author.name)
    loans = relationship('Loan', back_populates='book', cascade='all, delete-orphan')


class Loan(Base):
    __tablename__ = 'loan'
    id = Column(Integer, primary_key=True)
    book_id = Column(ForeignKey('book.id'), nullable=False)
    who = Column(String)
    taken = Column(DateTime)
    book = relationship('Book', back_populates='loans')


engine = create_engine('sqlite://')
Base.metadata.create_all(engine)
Session = sessionmaker(engine)

with Session() as session:
    ann, bob = Author(name='Ann'), Author(name='Bob')
    start = datetime(2024, 1, 1, 12, 30, 15, 250)
    for n in range(5):
        book = Book(title=f'Book {n}', price=Decimal('9.50') + n, published=date(2000 + n, 1, 1))
        session.add(book)
        # one row of book_author at a time: SQLAlchemy orders them by chance within a flush
        book.authors.append(ann)
        session.flush()
        if n % 2:
            book.authors.append(bob)
            session.flush()
        for k in range(n):
            book.loans.append(Loan(who=f'reader {k}', taken=start + timedelta(days=k)))
    session.commit()

    for book in session.query(Book).order_by(Book.id):
        print(book.title, book.price, book.published, book.in_print, [a.name for a in book.authors],
              [(loan.who, loan.taken) for loan in book.loans])

    print([b.title for b in bob.books])
    bob.books.remove(bob.books[0])
    session.flush()
    print(session.execute(select(func.count()).select_from(book_author)).scalar())

    rows = session.query(Book.title, func.count(Loan.id).label('n')).outerjoin(Book.loans) \
        .group_by(Book.id).order_by(desc('n')).all()
    print(rows)
    print([row.n for row in rows], rows[0]._mapping['title'])

    session.expire_all()
    for book in session.query(Book).options(joinedload(Book.authors), selectinload(Book.loans)).order_by(Book.id):
        print(book.title, len(book.authors), len(book.loans))

    victim = session.query(Book).filter(Book.title == 'Book 3').one()
    victim.loans.pop()
    session.flush()
    session.delete(victim)
    session.commit()
    print(session.query(Loan).count(), session.query(Book).count())
    print(session.scalars(select(Author).where(Author.books.any(Book.title == 'Book 1')).order_by(Author.id)).all()[0].name)
    print(session.query(Loan).join(Loan.book).filter(Book.price > 10).order_by(Loan.id).first().who)
