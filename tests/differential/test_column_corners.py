"""Features of columns in seldom met roles and ways of writing (found by test_random_columns.py)."""

from .harness import compare


def test_none_in_the_only_row_of_an_insert():
    def program(p):
        class Paper(p.Base):
            __tablename__ = "paper"
            id = p.Column(p.Integer, primary_key=True)
            title = p.Column(p.String, default="untitled")
            year = p.Column(p.Integer, server_default="2000")
            data = p.Column(p.JSON(none_as_null=True))

        s = p.session()
        row = {"title": None, "year": None, "data": None, "no column": 1}
        insert = p.insert(Paper)
        paper = s.scalars(insert.returning(Paper), row).one()
        p.show(paper.title, paper.year, paper.data)
        s.execute(insert, row)
        s.execute(insert.execution_options(render_nulls=True), row)
        s.execute(insert.values(title=None))
        s.execute(insert.values(title="given"), row)
        p.show(s.execute(p.select(Paper.title, Paper.year, Paper.data)).all())

    compare(program)
