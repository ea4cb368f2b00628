"""The event do_orm_execute."""

from .harness import compare


def models(p):
    class User(p.Base):
        __tablename__ = "users"
        id = p.Column(p.Integer, primary_key=True)
        name = p.Column(p.String)
        gone = p.Column(p.Boolean, default=False)
        posts = p.relationship("Post", order_by="Post.id")

    class Post(p.Base):
        __tablename__ = "posts"
        id = p.Column(p.Integer, primary_key=True)
        gone = p.Column(p.Boolean, default=False)
        user_id = p.Column(p.ForeignKey("users.id"))

    session = p.session()
    session.add_all(
        [
            User(name="a", posts=[Post(), Post(gone=True)]),
            User(name="b", gone=True),
            User(name="c"),
        ]
    )
    session.commit()
    return User, Post, session


def test_what_is_said_of_a_statement():
    def program(p):
        User, _, session = models(p)

        @p.sa.event.listens_for(session, "do_orm_execute")
        def heard(state):
            if state.is_relationship_load or state.is_column_load:
                return
            p.show(
                state.is_select,
                state.is_insert,
                state.is_update,
                state.is_delete,
                state.is_orm_statement,
                [m.class_.__name__ for m in state.all_mappers] if state.is_orm_statement else [],
                dict(state.execution_options).get("mine"),
            )

        session.execute(p.select(User), execution_options={"mine": 1}).all()
        session.execute(p.select(User.name)).all()
        session.scalars(p.select(User)).all()
        session.execute(p.text("SELECT 1"))
        session.execute(p.sa.update(User).values(name="x").where(User.id == 1))
        session.execute(p.sa.delete(User).where(User.id == 99))
        session.query(User).filter_by(id=1).all()
        session.query(User.name).first()
        session.expunge_all()
        p.show(session.get(User, 3).name)

    compare(program)


def test_soft_deletes():
    def program(p):
        User, Post, session = models(p)

        @p.sa.event.listens_for(session, "do_orm_execute")
        def hide(state):
            if state.is_select and not state.is_column_load and not state.is_relationship_load:
                state.statement = state.statement.options(
                    p.orm.with_loader_criteria(User, User.gone.is_(False)),
                    p.orm.with_loader_criteria(Post, Post.gone.is_(False)),
                )

        statement = p.select(User).options(p.selectinload(User.posts)).order_by(User.id)
        users = session.scalars(statement).all()
        p.show([u.name for u in users], [len(u.posts) for u in users])
        p.show([u.name for u in session.query(User).order_by(User.id)])
        p.show(session.query(User).filter_by(name="b").first())
        session.expunge_all()
        p.show(session.get(User, 2), session.get(User, 1).name)

    compare(program)


def test_a_result_instead():
    def program(p):
        User, _, session = models(p)

        @p.sa.event.listens_for(session, "do_orm_execute")
        def first(state):
            p.show("first")
            if state.execution_options.get("frozen"):
                return state.invoke_statement(
                    state.statement.where(User.name == "a"), execution_options={"seen": True}
                )

        @p.sa.event.listens_for(session, "do_orm_execute")
        def second(state):
            p.show("second", state.execution_options.get("seen"))
            state.update_execution_options(more=1)
            p.show(state.execution_options.get("more"))

        statement = p.select(User).order_by(User.id)
        found = session.scalars(statement, execution_options={"frozen": True}).all()
        p.show([u.name for u in found])
        p.show([u.name for u in session.scalars(statement)])

    compare(program)


def test_queries():
    def program(p):
        User, _, session = models(p)
        event = p.sa.event

        def hide(query):
            if query.column_descriptions[0]["entity"] is User:
                return query.enable_assertions(False).where(User.gone.is_(False))
            return query

        def change(query, context):
            p.show("change", context.values if hasattr(context, "values") else None)
            return query.where(User.gone.is_(False))

        def after(context):
            p.show(
                type(context.query).__name__, context.result.rowcount, context.session is session
            )

        event.listen(session, "after_bulk_update", after)
        event.listen(session, "after_bulk_delete", after)
        event.listen(p.orm.Query, "before_compile", hide, retval=True)
        event.listen(p.orm.Query, "before_compile_update", change, retval=True)
        try:
            p.show([u.name for u in session.query(User).order_by(User.id)])
            p.show(session.query(User).filter_by(name="b").first())
            p.show(session.query(User).update({"name": "x"}))
        finally:
            event.remove(p.orm.Query, "before_compile", hide)
            event.remove(p.orm.Query, "before_compile_update", change)
        p.show(session.query(User).filter(User.id > 1).delete())
        session.commit()
        p.show([u.name for u in session.query(User).order_by(User.id)])

    compare(program)


def test_listeners_that_raise():
    def program(p):
        User, _, session = models(p)

        def refuse(state):
            raise ValueError("no")

        p.sa.event.listen(session, "do_orm_execute", refuse)
        p.error(lambda: session.scalars(p.select(User)))
        p.error(lambda: session.query(User).all())
        p.error(lambda: session.get(User, 1, populate_existing=True))
        p.sa.event.remove(session, "do_orm_execute", refuse)
        p.show(session.query(User).count())

    compare(program)


def test_many_to_one_loads():
    """A listener that leaves the loads of relationships alone finds out which those are."""

    def program(p):
        User, Post, session = models(p)
        Post.user = p.relationship(User, viewonly=True)
        session.expunge_all()

        @p.sa.event.listens_for(session, "do_orm_execute")
        def heard(state):
            way = state.loader_strategy_path
            source = state.lazy_loaded_from
            p.show(
                state.is_relationship_load,
                state.is_column_load,
                (way[0].class_.__name__, way[1].key) if state.is_relationship_load else None,
                (source.obj() is post, source.persistent) if source is not None else None,
                state.bind_mapper.class_.__name__,
            )
            if state.is_select and not state.is_relationship_load:
                state.statement = state.statement.options(
                    p.orm.with_loader_criteria(
                        User, lambda cls: cls.name == "nobody", propagate_to_loaders=False
                    )
                )

        post = None
        post = session.get(Post, 1)
        p.show(post.user.name)
        p.show(session.get(User, 2), post.user is session.get(User, 1))

    compare(program)


def test_parameters_of_many():
    """Each set of parameters that a listener gives changes the one in its place."""

    def program(p):
        User, _Post, session = models(p)

        @p.sa.event.listens_for(session, "do_orm_execute")
        def heard(state):
            if state.is_insert:
                return state.invoke_statement(params=[{"name": "x"}, {"name": "y"}])

        given = [{"id": 18, "name": "a"}, {"id": 19, "name": "b"}]
        session.execute(p.insert(User), given)
        p.show(session.execute(p.select(User.id, User.name)).all(), given)
        p.error(lambda: session.execute(p.insert(User), [*given, {"id": 20, "name": "c"}]))
        p.error(lambda: session.execute(p.insert(User), given[:1]))

    compare(program)


def test_values_of_a_query_update():
    """A listener of before_compile_update may change what is set, and where."""

    def program(p):
        User, _Post, session = models(p)

        def heard(query, change):
            change.values["name"] += "!"
            return query.filter(User.id != 2)

        p.sa.event.listen(p.orm.Query, "before_compile_update", heard, retval=True)
        try:
            for how in ("evaluate", "fetch", False):
                session.query(User).update({"name": f"new {how}"}, synchronize_session=how)
                p.show(session.query(User.id, User.name).order_by(User.id).all())
        finally:
            p.sa.event.remove(p.orm.Query, "before_compile_update", heard)

    compare(program)


def test_names_in_rows_of_a_query():
    """A listener that executes a Query's statement gets the rows that the Query would."""

    def program(p):
        User, Post, session = models(p)

        @p.sa.event.listens_for(session, "do_orm_execute")
        def heard(state):
            return state.invoke_statement()

        alias = p.orm.aliased(User)
        for query in (
            session.query(User.name),
            session.query(User.id, Post.id, User.name.label("x")).join(User.posts),
            session.query(User, Post.id).join(User.posts),
            session.query(alias.name, User.name).where(User.id == alias.id),
            session.query(p.func.count(User.id)),
        ):
            p.show([row._fields for row in query.limit(1)], query.first()._fields)
            p.show([row._fields for row in session.execute(query.limit(1))])

    compare(program)


def test_kinds_of_what_entities_come_from():
    """What `from_statement()` was given says whether anything is changed."""

    def program(p):
        User, _Post, s = models(p)

        @p.event.listens_for(s, "do_orm_execute")
        def heard(state):
            kinds = "select", "insert", "update", "delete", "from_statement", "orm_statement"
            p.show([kind for kind in kinds if getattr(state, f"is_{kind}")])
            p.error(lambda: state.lazy_loaded_from)

        for statement in (
            p.insert(User).values(name="a").returning(User),
            p.update(User).values(name="b").returning(User),
            p.delete(User).where(User.name == "a").returning(User),
            p.select(User),
            p.text("SELECT * FROM users"),
        ):
            p.show([u.name for u in s.scalars(p.select(User).from_statement(statement))])

    compare(program)
