"""The mapped classes of the benchmarks, declared once for either package."""

from __future__ import annotations

import enum
import importlib
from types import SimpleNamespace
from typing import Any


class Colour(enum.Enum):
    red = 1
    green = 2


def declare(package: str) -> SimpleNamespace:
    """Import `package` and map the benchmark's classes with it.

    Returns a namespace with the package's `sa` and `orm` modules and the classes
    `Item` (5 mixed columns), `Wide` (30 columns of every common type), `Token` (whose key is a
    UUID), `Offer` (types that store something else than their values), `Parent` and `Child`.
    """
    sa: Any = importlib.import_module(package)
    orm: Any = importlib.import_module(f"{package}.orm")
    base: Any = orm.declarative_base()

    class Item(base):
        __tablename__ = "item"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
        age = sa.Column(sa.Integer)
        score = sa.Column(sa.Float)
        email = sa.Column(sa.String)

    class Parent(base):
        __tablename__ = "parent"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
        children = orm.relationship("Child", back_populates="parent", order_by="Child.id")

    class Child(base):
        __tablename__ = "child"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
        parent_id = sa.Column(sa.ForeignKey("parent.id"), index=True)
        parent = orm.relationship("Parent", back_populates="children")

    class Token(base):
        __tablename__ = "token"
        id = sa.Column(sa.Uuid, primary_key=True)
        name = sa.Column(sa.String)
        number = sa.Column(sa.Integer)

    class Offer(base):
        __tablename__ = "offer"
        id = sa.Column(sa.Integer, primary_key=True)
        document = sa.Column(sa.JSON)
        colour = sa.Column(sa.Enum(Colour))
        price = sa.Column(sa.Numeric(12, 2))
        day = sa.Column(sa.Date)
        lasts = sa.Column(sa.Interval)

    wide: dict[str, Any] = {
        "__tablename__": "wide",
        "id": sa.Column(sa.Integer, primary_key=True),
    }
    kinds = [sa.Integer, sa.String, sa.DateTime, sa.Boolean, sa.Numeric(12, 2), sa.Float]
    for n in range(29):
        wide[f"c{n}"] = sa.Column(kinds[n % len(kinds)])
    return SimpleNamespace(
        package=package,
        sa=sa,
        orm=orm,
        metadata=base.metadata,
        Item=Item,
        Parent=Parent,
        Child=Child,
        Token=Token,
        Offer=Offer,
        Wide=type(base)("Wide", (base,), wide),
    )


def fill(path: str, items: int, wide: int, parents: int, children: int) -> None:
    """Make the database the reading workloads use, through the standard library alone."""
    import sqlite3

    db = sqlite3.connect(path)
    db.execute(
        "CREATE TABLE item (id INTEGER NOT NULL, name VARCHAR, age INTEGER, score FLOAT,"
        " email VARCHAR, PRIMARY KEY (id))"
    )
    db.executemany(
        "INSERT INTO item VALUES (?, ?, ?, ?, ?)",
        (
            (n, f"user number {n}", n % 90, n / 7, None if n % 5 == 0 else f"user{n}@example.org")
            for n in range(1, items + 1)
        ),
    )
    db.execute(
        "CREATE TABLE token (id CHAR(32) NOT NULL, name VARCHAR, number INTEGER, PRIMARY KEY (id))"
    )
    db.executemany(
        "INSERT INTO token VALUES (?, ?, ?)",
        ((f"{n * 0x9E3779B97F4A7C15:032x}", f"token {n}", n) for n in range(1, wide + 1)),
    )
    db.execute(
        "CREATE TABLE offer (id INTEGER NOT NULL, document JSON, colour VARCHAR(5),"
        " price NUMERIC(12, 2), day DATE, lasts DATETIME, PRIMARY KEY (id))"
    )
    db.executemany(
        "INSERT INTO offer VALUES (?, ?, ?, ?, ?, ?)",
        (
            (
                n,
                f'{{"tags": ["a", "b"], "size": {n}, "from": {{"city": "Ulm", "zip": null}}}}',
                "green" if n % 3 else "red",
                n / 4,
                f"2024-0{n % 9 + 1}-1{n % 9}",
                f"1970-01-0{n % 9 + 1} 0{n % 9}:30:00.000000",
            )
            for n in range(1, wide + 1)
        ),
    )
    db.execute("CREATE TABLE parent (id INTEGER NOT NULL, name VARCHAR, PRIMARY KEY (id))")
    db.execute(
        "CREATE TABLE child (id INTEGER NOT NULL, name VARCHAR, parent_id INTEGER,"
        " PRIMARY KEY (id), FOREIGN KEY(parent_id) REFERENCES parent (id))"
    )
    db.execute("CREATE INDEX ix_child_parent_id ON child (parent_id)")
    db.executemany(
        "INSERT INTO parent VALUES (?, ?)", ((n, f"parent {n}") for n in range(1, parents + 1))
    )
    db.executemany(
        "INSERT INTO child VALUES (?, ?, ?)",
        ((n, f"child {n}", (n - 1) // children + 1) for n in range(1, parents * children + 1)),
    )
    columns = ", ".join(
        f"c{n} {('INTEGER', 'VARCHAR', 'DATETIME', 'BOOLEAN', 'NUMERIC(12, 2)', 'FLOAT')[n % 6]}"
        for n in range(29)
    )
    db.execute(f"CREATE TABLE wide (id INTEGER NOT NULL, {columns}, PRIMARY KEY (id))")

    def wide_row(key: int) -> tuple[object, ...]:
        values = (
            key * 3,
            None if key % 4 == 0 else f"text of row {key}",
            f"2024-0{key % 9 + 1}-1{key % 9} 08:30:{key % 60:02d}.000{key % 1000:03d}",
            key % 2,
            key / 4,
            key / 3,
        )
        return (key, *(values[n % 6] for n in range(29)))

    db.executemany(
        f"INSERT INTO wide VALUES ({', '.join('?' * 30)})", map(wide_row, range(1, wide + 1))
    )
    db.commit()
    db.close()
