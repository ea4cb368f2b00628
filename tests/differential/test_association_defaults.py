"""Columns of association tables beside the keys: what gives them their values."""

import datetime
import uuid

from .harness import compare


def association(p, *columns):
    Base = p.declarative_base()
    table = p.Table(
        "paper_tag",
        Base.metadata,
        p.Column("paper_id", p.ForeignKey("paper.id"), primary_key=True),
        p.Column("tag_id", p.ForeignKey("tag.id"), primary_key=True),
        *columns,
    )

    class Tag(Base):
        __tablename__ = "tag"
        id = p.Column(p.Integer, primary_key=True)

    class Paper(Base):
        __tablename__ = "paper"
        id = p.Column(p.Integer, primary_key=True)
        tags = p.relationship(Tag, secondary=table, order_by=Tag.id, backref="papers")

    engine = p.engine()
    Base.metadata.create_all(engine)
    return engine, table, Paper, Tag


def rewrite(p, columns):
    engine, table, Paper, Tag = association(p, *columns)
    listed = p.select(table).order_by(table.c.paper_id, table.c.tag_id)
    with p.Session(engine) as s:
        tags = [Tag(id=n) for n in range(1, 5)]
        paper = Paper(id=1, tags=tags[:2])
        s.add_all([paper, *tags])
        s.commit()
        s.add(Paper(id=2, tags=[tags[3]]))
        s.commit()
        p.show(s.execute(listed).all())
        paper.tags = [tags[1], tags[2]]
        s.commit()
        tags[3].papers.append(paper)
        s.commit()
        p.show(s.execute(listed).all())
        paper.tags.clear()
        s.commit()
        p.show(s.execute(listed).all())


def test_defaults_of_python():
    def program(p):
        calls = []

        def counted():
            calls.append(1)
            return len(calls)

        def of_row(context):
            given = context.get_current_parameters()
            return given["paper_id"] * 100 + given["tag_id"]

        columns = [
            p.Column("constant", p.String, default="a"),
            p.Column("counted", p.Integer, default=counted, nullable=False),
            p.Column("of_row", p.Integer, default=of_row),
            p.Column("day", p.Date, default=lambda: datetime.date(2024, 2, 29)),
            p.Column("code", p.Uuid, default=lambda: uuid.UUID(int=7)),
            p.Column("function", p.Integer, default=p.func.abs(-3)),
            p.Column("server", p.Integer, server_default="8"),
            p.Column("none", p.Integer),
        ]
        rewrite(p, columns)
        p.show(len(calls))

    compare(program)


def test_a_default_that_is_sql_with_a_value_of_its_time():
    def program(p):
        now = iter(range(10, 20))
        value = p.bindparam(None, callable_=lambda: next(now), type_=p.Integer)
        rewrite(p, [p.Column("at", p.Integer, default=p.func.abs(value))])

    compare(program)


def test_a_default_that_fails():
    def program(p):
        def failing():
            raise LookupError("no value")

        engine, table, Paper, Tag = association(
            p, p.Column("x", p.Integer, default=failing), p.Column("y", p.Integer, default=1)
        )
        with p.Session(engine) as s:
            paper = Paper(id=1, tags=[Tag(id=1)])
            s.add(paper)
            p.error(s.commit)
            s.rollback()
            p.show(p.sa.inspect(paper).transient, s.execute(p.select(table)).all())

    compare(program)


def test_a_default_that_the_database_refuses():
    def program(p):
        engine, table, Paper, Tag = association(
            p, p.Column("x", p.Integer, default=lambda: None, nullable=False)
        )
        with p.Session(engine) as s:
            s.add(Paper(id=1, tags=[Tag(id=1), Tag(id=2)]))
            p.error(s.commit)
            s.rollback()
            p.show(s.execute(p.select(table)).all())

    compare(program, error_text=False)
