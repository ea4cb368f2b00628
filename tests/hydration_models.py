"""What tests of hydration and of cursors load: three tables, classes for them, plans."""

from .core_helpers import (
    ATTR_COLLECTION,
    ATTR_SCALAR,
    ATTR_SET,
    INTEGER,
    STRING,
    connect,
    entity,
    load_plan,
    make_class,
    manager_of,
    run,
)

USER = ("id", "name", "age")


def blog_tables():
    """A connection to three tables with rows."""
    connection = connect()
    run(connection, "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, age INTEGER)")
    run(connection, "CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id INTEGER, title TEXT)")
    run(connection, "CREATE TABLE tags (id INTEGER PRIMARY KEY, post_id INTEGER, word TEXT)")
    run(connection, "INSERT INTO users VALUES (1, 'ann', 30), (2, 'bob', NULL), (3, 'cy', 5)")
    run(
        connection,
        "INSERT INTO posts VALUES (10, 1, 'p10'), (11, 1, 'p11'), (12, 2, 'p12')",
    )
    run(connection, "INSERT INTO tags VALUES (100, 10, 'x'), (101, 10, 'y'), (102, 12, 'z')")
    return connection


def blog_classes():
    """Classes of the three tables, with relationships."""

    class Model:
        User = make_class(
            "User",
            {"id": INTEGER, "name": STRING, "age": INTEGER},
            related=[("posts", ATTR_COLLECTION, 0), ("marks", ATTR_COLLECTION, ATTR_SET)],
        )
        Post = make_class(
            "Post",
            {"id": INTEGER, "user_id": INTEGER, "title": STRING},
            related=[("user", ATTR_SCALAR, 0), ("tags", ATTR_COLLECTION, 0)],
        )
        Tag = make_class("Tag", {"id": INTEGER, "post_id": INTEGER, "word": STRING})

    for cls, slot, target in (
        (Model.User, "posts", Model.Post),
        (Model.User, "marks", Model.Tag),
        (Model.Post, "user", Model.User),
        (Model.Post, "tags", Model.Tag),
    ):
        manager = manager_of(cls)
        manager.set_relationship(manager.names[slot], manager_of(target))
    return Model


def slot(cls, name):
    return manager_of(cls).names[name]


def users_plan(model, sql="SELECT id, name, age FROM users ORDER BY id", **kw):
    return load_plan(sql, entity(model.User, USER), **kw)


def load(conn, session, plan, flags=0, values=()):
    return conn.execute(plan, values, session, flags=flags).fetch()
