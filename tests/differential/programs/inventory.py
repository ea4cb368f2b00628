"""A shop's inventory: categories, products, price history, stock movements and reports."""
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import (
    CheckConstraint, Column, Date, ForeignKey, Index, Integer, Numeric, String, UniqueConstraint,
    and_, case, create_engine, desc, func, or_, select,
)
from sqlalchemy.exc import IntegrityError, InvalidRequestError
from sqlalchemy.orm import (
    aliased, contains_eager, declarative_base, joinedload, relationship, selectinload,
    sessionmaker,
)

Base = declarative_base()


class Category(Base):
    __tablename__ = 'category'
    id = Column(Integer, primary_key=True)
    name = Column(String(40), nullable=False, unique=True)
    products = relationship('Product', back_populates='category', order_by='Product.sku')

    def __repr__(self):
        return f'<Category {self.name}>'


class Product(Base):
    __tablename__ = 'product'
    __table_args__ = (
        UniqueConstraint('category_id', 'sku', name='uq_product_sku'),
        CheckConstraint('stock >= 0', name='stock_not_negative'),
        Index('ix_product_name_stock', 'name', 'stock'),
    )
    id = Column(Integer, primary_key=True)
    sku = Column(String(12), nullable=False)
    name = Column(String, nullable=False)
    stock = Column(Integer, nullable=False, default=0)
    category_id = Column(ForeignKey('category.id'), nullable=False)
    category = relationship(Category, back_populates='products')
    prices = relationship('Price', back_populates='product', cascade='all, delete-orphan',
                          order_by='desc(Price.since)')

    def __repr__(self):
        return f'<Product {self.sku} {self.name} x{self.stock}>'


class Price(Base):
    __tablename__ = 'price'
    product_id = Column(ForeignKey('product.id', ondelete='CASCADE'), primary_key=True)
    since = Column(Date, primary_key=True)
    amount = Column(Numeric(10, 2), nullable=False)
    product = relationship(Product, back_populates='prices')


engine = create_engine('sqlite://')
Base.metadata.create_all(engine)
Session = sessionmaker(engine)
START = date(2024, 1, 1)


def load():
    with Session.begin() as session:
        for c, cname in enumerate(['Tools', 'Toys', 'Books', 'Empty']):
            category = Category(name=cname)
            session.add(category)
            if cname == 'Empty':
                continue
            for n in range(4):
                product = Product(sku=f'{cname[:2].upper()}-{n}', name=f'{cname} thing {n}',
                                  stock=(n * 7 + c * 3) % 11)
                category.products.append(product)
                for k in range(n):
                    product.prices.append(Price(since=START + timedelta(days=30 * k),
                                                amount=Decimal('10.05') * (k + 1) + c))


load()
with Session() as session:
    for category in session.scalars(select(Category).order_by(Category.name)):
        print(category, category.products)
    product = session.query(Product).filter_by(sku='TO-3').order_by(Product.id).first()
    print([(p.since.isoformat(), p.amount) for p in product.prices])

    print('reports')
    rows = session.execute(
        select(Category.name, func.count(Product.id).label('n'), func.sum(Product.stock).label('total'))
        .outerjoin(Category.products).group_by(Category.id).having(func.count(Product.id) < 5)
        .order_by(desc('n'), Category.name)
    )
    print(rows.keys())
    for name, n, total in rows:
        print(name, n, total)
    band = case((Product.stock == 0, 'none'), (Product.stock < 5, 'low'), else_='fine').label('band')
    print(session.execute(select(band, func.count()).group_by(band).order_by(band)).all())

    latest = select(Price.product_id, func.max(Price.since).label('since')).group_by(
        Price.product_id).subquery('latest')
    current = (
        select(Product.sku, Price.amount)
        .join(Price, Price.product_id == Product.id)
        .join(latest, and_(latest.c.product_id == Price.product_id, latest.c.since == Price.since))
        .order_by(Price.amount.desc(), Product.sku)
    )
    print(session.execute(current).all())
    total = session.scalar(select(func.sum(Price.amount * Product.stock)).join(Product.prices))
    print(type(total).__name__, total)
    print(session.scalar(select(func.avg(Price.amount))))

    print('filters')
    cheap = session.scalars(
        select(Product).where(Product.prices.any(Price.amount < 12)).order_by(Product.id)).all()
    print(cheap)
    print(session.query(Product).filter(~Product.prices.any()).order_by(Product.sku).all())
    print(session.query(Product).filter(Product.category.has(name='Toys'), or_(
        Product.stock > 8, Product.name.ilike('%THING 1'))).order_by(Product.sku).all())
    other = aliased(Product)
    print(session.query(Product.sku, other.sku).join(
        other, and_(Product.stock == other.stock, Product.id < other.id)).order_by(Product.sku).all())
    q = session.query(Category).join(Category.products).filter(Product.stock > 5).options(
        contains_eager(Category.products)).order_by(Category.id, Product.id)
    session.expunge_all()
    for category in q:
        print(category, category.products)
    session.expunge_all()
    for category in session.query(Category).options(
            selectinload(Category.products).joinedload(Product.prices)).order_by(Category.id):
        print(category.name, [[str(x.amount) for x in p.prices] for p in category.products])

with Session() as session:
    product = session.query(Product).filter_by(sku='BO-2').one()
    product.stock = -1
    try:
        session.commit()
    except IntegrityError as error:
        print(error)
        session.rollback()
    print(product.stock, product in session)
    session.add(Product(sku='BO-2', name='copy', category=product.category))
    try:
        session.flush()
    except IntegrityError as error:
        print(error.orig, error.params)
        session.rollback()
    product.prices[0].amount = Decimal('99.99')
    del product.prices[1]
    session.commit()
    print([(x.since, x.amount) for x in product.prices])
    session.delete(product.category)
    try:
        session.commit()
    except IntegrityError as error:
        print(error)
        session.rollback()
    session.delete(product)
    session.commit()
    print(session.query(Price).count(), session.query(Product).count())
    try:
        session.refresh(product)
    except InvalidRequestError as error:
        print(type(error).__name__)
