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


def test_what_an_onupdate_sees_of_its_row():
    def program(p):
        def seen(context):
            return str(sorted(context.get_current_parameters().items()))

        class Thing(p.Base):
            __tablename__ = "thing"
            id = p.Column(p.Integer, primary_key=True)
            kind = p.Column(p.String)
            n = p.Column(p.Integer)
            at = p.Column(p.Integer, onupdate=lambda: 7)
            of_row = p.Column(p.String, onupdate=seen)
            later = p.Column("last", p.String, key="end", onupdate=seen)
            __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "thing"}

        class Book(Thing):
            __tablename__ = "book"
            book_id = p.Column(p.ForeignKey("thing.id"), primary_key=True)
            pages = p.Column(p.Integer)
            of_book = p.Column(p.String, onupdate=seen)
            __mapper_args__ = {"polymorphic_identity": "book"}

        s = p.session()
        things = [Thing(id=1, n=1), Book(id=2, n=2, pages=3)]
        s.add_all(things)
        s.commit()

        def show():
            for thing in things:
                p.show(thing.of_row, thing.later, thing.at, getattr(thing, "of_book", None))

        for thing in things:
            thing.n += 1
        s.commit()
        show()
        things[1].pages = None
        things[0].id = 5
        s.flush()
        show()
        things[0].of_row = "given"
        s.flush()
        p.show(things[0].of_row, things[0].later)
        s.delete(things[0])
        things[0] = Thing(id=5, n=8)
        s.add(things[0])
        s.commit()
        show()

    compare(program, sql=False)


def test_keys_that_the_database_writes_otherwise():
    def program(p):
        class Number(p.Base):
            __tablename__ = "number"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.String)
            parts = p.relationship("Part", lazy="selectin")
            again = p.relationship("Part", lazy="joined", viewonly=True)

        class Part(p.Base):
            __tablename__ = "part"
            id = p.Column(p.Integer, primary_key=True)
            number_id = p.Column(p.ForeignKey("number.id"))

        class Padded(p.Base):
            __tablename__ = "padded"
            id = p.Column(p.CHAR(5), primary_key=True)
            name = p.Column(p.String)

        heard = []
        s = p.session()

        def show(obj):
            p.show(type(obj.id).__name__, obj.id, obj.name, p.inspect(obj).key[1], obj in s.dirty)
            if isinstance(obj, Number):
                p.show([part.id for part in obj.parts], [part.id for part in obj.again])

        objects = [Number(id="5", name="five", parts=[Part(id=1)]), Padded(id="ab", name="a")]
        for listens in (False, True):
            if listens:
                p.sa.event.listen(s, "do_orm_execute", lambda state: heard.append(1))
            s.add_all(objects)
            s.commit()
            for obj in objects:
                show(obj)
                s.refresh(obj)
                show(obj)
                s.expire(obj, ["name"])
                show(obj)
                s.refresh(obj, ["name"])
                show(obj)
                obj.name += "!"
                s.commit()
                show(obj)
            s.refresh(objects[0], ["again", "name"])
            show(objects[0])
        p.show(bool(heard))
        for obj in objects:
            s.delete(obj)
        s.commit()
        p.show(s.query(Number).all(), s.query(Padded).all())

    compare(program, sql=False)


def test_bulk_methods_of_a_class_of_two_tables():
    def program(p):
        one = p.Table(
            "one",
            p.Base.metadata,
            p.Column("id", p.Integer, primary_key=True),
            p.Column("name", p.String, default="unnamed"),
        )
        two = p.Table(
            "two",
            p.Base.metadata,
            p.Column("one_id", p.ForeignKey("one.id"), primary_key=True),
            p.Column("n", p.Integer, server_default="3", onupdate=4),
        )

        class Both(p.Base):
            __table__ = one.join(two)
            id = p.column_property(one.c.id, two.c.one_id)

        s = p.session()
        s.bulk_insert_mappings(Both, [{"id": 101, "n": 1}, {"id": 102, "name": "given"}])
        rows = [{"name": "a"}, {"n": 5, "name": "b"}]
        s.bulk_insert_mappings(Both, rows, return_defaults=True)
        p.show([row["id"] for row in rows])
        s.bulk_save_objects([Both(id=108), Both(id=109, name="c", n=7)])
        objects = [Both(), Both(name="d")]
        s.bulk_save_objects(objects, return_defaults=True)
        p.show([obj.id for obj in objects])
        s.bulk_update_mappings(Both, [{"id": 101, "name": "new"}, {"id": 102, "name": "x", "n": 9}])
        s.execute(p.update(Both), [{"id": 108, "n": 10}])
        s.commit()
        p.show([(o.id, o.name, o.n) for o in s.query(Both).order_by(one.c.id)])

    compare(program, sql=False)


def test_nulls_that_are_rendered_in_joined_tables():
    def program(p):
        class Base(p.Base):
            __tablename__ = "base"
            id = p.Column(p.Integer, primary_key=True)
            name = p.Column(p.String, default="unnamed")

        class Child(Base):
            __tablename__ = "child"
            id = p.Column(p.ForeignKey("base.id"), primary_key=True)
            n = p.Column(p.Integer, default=3)
            m = p.Column(p.Integer, server_default="4")

        s = p.session()
        none = {"name": None, "n": None, "m": None}
        for nulls in (False, True):
            s.bulk_insert_mappings(Child, [none, {"n": 1}], render_nulls=nulls)
            insert = p.insert(Child).execution_options(render_nulls=nulls)
            s.execute(insert, [none, {"name": "a"}])
            s.execute(insert, none)
        p.show([(o.id, o.name, o.n, o.m) for o in s.query(Child).order_by(Child.id)])

    compare(program, sql=False)


def test_what_listeners_see_of_an_update():
    def program(p):
        for eager in (True, False, "auto"):

            class Base(p.DeclarativeBase):
                pass

            class Paper(Base):
                __tablename__ = "paper"
                id = p.Column(p.Integer, primary_key=True)
                n = p.Column(p.Integer)
                double = p.Column(p.Integer, p.Computed("n * 2", persisted=True))
                changes = p.Column(p.Integer, default=0, onupdate=p.func.abs(-9))
                seen = p.Column(p.Integer, onupdate=7)
                __mapper_args__ = {"eager_defaults": eager}

            def values(obj):
                loaded = p.inspect(obj).dict
                return sorted((k, v) for k, v in loaded.items() if not k.startswith("_"))

            def after(mapper, connection, target):
                p.show("after", values(target))
                if target.n == 3:
                    p.show(target.double, target.changes)

            def filled(target, context, names):
                p.show("filled", sorted(names))

            def after_flush(session, context):
                p.show("after_flush", [values(o) for o in (*session.new, *session.dirty)])

            p.sa.event.listen(Paper, "after_insert", after)
            p.sa.event.listen(Paper, "after_update", after)
            p.sa.event.listen(Paper, "refresh_flush", filled)
            engine = p.engine()
            Base.metadata.drop_all(engine)
            Base.metadata.create_all(engine)
            with p.Session(engine) as s:
                p.sa.event.listen(s, "after_flush", after_flush)
                paper = Paper(n=1)
                s.add(paper)
                s.commit()
                for n in (2, 3, 4):
                    p.show(paper.double, paper.changes)
                    paper.n = n
                    s.flush()
                    p.show(values(paper))
                    s.commit()
                paper.n = p.func.abs(-5)
                paper.changes = 1
                s.flush()
                p.show(values(paper))
                p.show(paper.n, paper.double, paper.changes, paper in s.dirty)

    compare(program)


def test_sequences_of_columns_that_are_no_keys():
    def program(p):
        class Paper(p.Base):
            __tablename__ = "paper"
            id = p.Column(p.Integer, primary_key=True)
            number = p.Column(p.Integer, p.Sequence("numbers"))
            n = p.Column(p.Integer)

        class Book(Paper):
            __tablename__ = "book"
            id = p.Column(p.ForeignKey("paper.id"), primary_key=True)
            shelf = p.Column(p.Integer, p.Sequence("shelves"))

        s = p.session()
        objects = [Paper(), Book(), Paper(number=70), Book(shelf=80, n=1), Paper(n=p.func.abs(-2))]
        for obj in objects:
            s.add(obj)
            s.flush()
            p.show(sorted(k for k in p.inspect(obj).dict if not k.startswith("_")))
            p.show(obj.id, obj.number, obj.n, getattr(obj, "shelf", None))
        s.add_all([Paper(), Paper()])
        s.bulk_save_objects([Paper(), Book()])
        s.bulk_insert_mappings(Book, [{"n": 4}, {"n": 5, "shelf": 90}])
        s.commit()
        p.show(s.execute(p.select(Paper.id, Paper.number).order_by(Paper.id)).all())
        p.show([(o.id, o.shelf) for o in s.query(Book).order_by(Book.id)])

    compare(program, sql=False)
