"""Random values of every type, alone, in arrays and in ranges: both packages read the same from
what the server was given as text, and the server has the same of what they write."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from .. import postgres
from .harness import Peer, on_database, run

pytestmark = pytest.mark.skipif(postgres.scratch() is None, reason="no PostgreSQL server")

Random = random.Random
LETTERS = "ab \"'\\{},()[]:;%$éß€😀\n\tNULL0"


def text(r: Random) -> str:
    return "".join(r.choices(LETTERS, k=r.choice([0, 1, 3, 20])))


def whole(bits: int) -> Callable[[Random], str]:
    top = 2 ** (bits - 1)
    return lambda r: str(r.choice([0, 1, -1, -top, top - 1, r.randrange(-top, top)]))


def numeric(r: Random) -> str:
    digits = "".join(r.choices("0123456789", k=r.choice([1, 4, 5, 18, 40])))
    point = r.randrange(len(digits) + 1)
    number = f"{digits[:point] or '0'}.{digits[point:] or '0'}{'0' * r.choice([0, 0, 4])}"
    return r.choice(["", "-"]) + r.choice([number, number, f"{number}e{r.randrange(-30, 30)}"])


def real(r: Random) -> str:
    return r.choice(
        ["0", "-0", "inf", "-inf", repr(r.uniform(-9, 9)), repr(r.lognormvariate(0, 30))]
    )


def date(r: Random) -> str:
    return f"{r.choice([1, 1969, 1970, 2000, 9999, r.randrange(1, 10000)]):04}-{r.randrange(1, 13):02}-{r.randrange(1, 29):02}"


def clock(r: Random) -> str:
    second = r.choice(["00", f"{r.randrange(60):02}.{r.randrange(10**6):06}"])
    return f"{r.randrange(24):02}:{r.randrange(60):02}:{second}"


def zone(r: Random) -> str:
    return r.choice(["+00", "-07", "+05:30", "+14"])


def interval(r: Random) -> str:
    return f"{r.randrange(-9999, 9999)} days {r.choice(['', '-'])}{clock(r)}"


def document(r: Random, depth: int = 0) -> Any:
    leaves = [None, True, False, 0, -5, 2**60, 1.5, text(r), text(r)]
    kind = r.randrange(4) if depth < 3 else 0
    if kind < 2:
        return r.choice(leaves)
    items = [document(r, depth + 1) for _ in range(r.randrange(4))]
    return items if kind == 2 else {text(r): item for item in items}


def address(r: Random) -> str:
    four = ".".join(str(r.randrange(256)) for _ in range(4))
    six = ":".join(f"{r.choice([0, 0, r.randrange(2**16)]):x}" for _ in range(8))
    return r.choice([four, f"{four}/{r.randrange(33)}", six, f"{six}/{r.randrange(129)}"])


def hexed(count: int) -> Callable[[Random], str]:
    return lambda r: r.randbytes(count).hex()


def span(of: Callable[[Random], str], key: Callable[[str], Any]) -> Callable[[Random], str]:
    def make(r: Random) -> str:
        lower, upper = sorted((of(r), of(r)), key=key)
        ends = r.choice(["empty", "both", "both", "lower", "upper", "none"])
        if ends == "empty":
            return ends
        lower = "" if ends in ("upper", "none") else f'"{lower}"'
        upper = "" if ends in ("lower", "none") else f'"{upper}"'
        return f"{r.choice('[(')}{lower},{upper}{r.choice('])')}"

    return make


def small(r: Random) -> str:
    return str(r.randrange(-(10**6), 10**6))


TYPES: dict[str, tuple[str, Callable[[Random], str]]] = {
    "bool": ("sa.Boolean", lambda r: r.choice("tf")),
    "int2": ("sa.SmallInteger", whole(16)),
    "int4": ("sa.Integer", whole(32)),
    "int8": ("sa.BigInteger", whole(64)),
    "float4": ("sa.REAL", lambda r: repr(math.ldexp(r.randrange(-(2**23), 2**23), r.randrange(-30, 30)))),
    "float8": ("sa.Double", real),
    "numeric": ("sa.Numeric", numeric),
    "numeric(20,4)": ("sa.Numeric(20, 4)", small),
    "text": ("sa.Text", text),
    "varchar": ("sa.String", text),
    "char(5)": ("sa.CHAR(5)", lambda r: r.choice(["", "a", "abcde", "é"])),
    "bytea": ("sa.LargeBinary", lambda r: "\\x" + r.randbytes(r.choice([0, 1, 50])).hex()),
    "date": ("sa.Date", date),
    "time": ("sa.Time", clock),
    "timetz": ("sa.Time(timezone=True)", lambda r: clock(r) + zone(r)),
    "timestamp": ("sa.DateTime", lambda r: f"{date(r)} {clock(r)}"),
    "timestamptz": ("sa.DateTime(timezone=True)", lambda r: f"{r.randrange(2, 9999):04}-06-15 {clock(r)}{zone(r)}"),
    "interval": ("sa.Interval", interval),
    "uuid": ("sa.Uuid", hexed(16)),
    "json": ("sa.JSON", lambda r: json.dumps(document(r))),
    "jsonb": ("pg.JSONB", lambda r: json.dumps(document(r))),
    "inet": ("pg.INET", address),
    "macaddr": ("pg.MACADDR", hexed(6)),
    "bit(7)": ("pg.BIT(7)", lambda r: f"{r.randrange(128):07b}"),
    "varbit": ("pg.BIT(varying=True)", lambda r: f"{r.getrandbits(20):b}"),
    "mood": ("sa.Enum('sad', 'o k', 'é', name='mood')", lambda r: r.choice(["sad", "o k", "é"])),
    "int4range": ("pg.INT4RANGE", span(small, int)),
    "int8range": ("pg.INT8RANGE", span(small, int)),
    "numrange": ("pg.NUMRANGE", span(small, int)),
    "daterange": ("pg.DATERANGE", span(date, str)),
    "tsrange": ("pg.TSRANGE", span(lambda r: f"{date(r)} {clock(r)}", str)),
    "pair": ("sa.Text", lambda r: f"({small(r)},{json.dumps(text(r))})".replace("\\n", "n").replace("\\t", "t")),
}  # fmt: skip
"""Name of a type on the server -> how a program declares it, and values as text."""

NO_ARRAYS = ("pair", "char(5)", "json", "jsonb")
"""An array of what the server makes text of is text as well; CHAR is padded; SQLAlchemy takes
lists within JSON for dimensions."""
ROWS = 40


def quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def array(r: Random, make: Callable[[Random], str], shapes: int) -> str:
    """One of one or (the fourth shape) two dimensions, or an empty one, with NULLs."""

    def row(count: int) -> str:
        items = ["NULL" if r.randrange(5) == 0 else quoted(make(r)) for _ in range(count)]
        return "{" + ",".join(items) + "}"

    shape = r.randrange(shapes)
    if shape == 3:
        return "{" + ",".join([row(2), row(2)]) + "}"
    return row(shape)


def program(p: Peer, name: str, seed: int) -> None:
    sa, pg = p.sa, import_module(f"{p.package}.dialects.postgresql")
    declared, make = TYPES[name]
    r = Random(f"{name} {seed}")
    type_ = eval(declared, {"sa": sa, "pg": pg})
    arrays = name not in NO_ARRAYS
    shapes = 3 if name == "mood" else 4  # the other reads arrays of enums in one dimension alone
    given = [
        (None if r.randrange(6) == 0 else make(r), array(r, make, shapes) if arrays else None)
        for _ in range(ROWS)
    ]
    engine = p.engine()
    with engine.begin() as c:
        for sql in (
            "CREATE TYPE mood AS ENUM ('sad', 'o k', 'é')",
            "CREATE TYPE pair AS (a int, b text)",
            *(
                f"CREATE TABLE {table} (id serial PRIMARY KEY, v {name}, a {name}[])"
                for table in ("source", "target")
            ),
        ):
            c.execute(sa.text(sql))
        for value, values in given:
            insert = f"INSERT INTO source (v, a) VALUES (CAST(:v AS {name}), CAST(:a AS {name}[]))"
            c.execute(sa.text(insert), {"v": value, "a": values})
    metadata = sa.MetaData()
    source, target = (
        sa.Table(
            table, metadata, sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("v", type_), sa.Column("a", pg.ARRAY(type_)),
        )
        for table in ("source", "target")
    )  # fmt: skip
    Source = type("Source", (p.Base,), {"__table__": source})
    Target = type("Target", (p.Base,), {"__table__": target})

    def shown(value: Any) -> str:
        return f"{type(value).__name__} {value!r}"

    with engine.connect() as c:
        rows = c.execute(sa.select(source.c.v, source.c.a).order_by(source.c.id)).all()
        p.show([(shown(v), shown(a)) for v, a in rows])
        # of ranges the other's driver has a class of its own, of arrays of enums their text
        if "range" not in name and name != "mood":
            plain = c.execute(sa.text("SELECT v, a FROM source ORDER BY id")).all()
            p.show([(shown(v), shown(a)) for v, a in plain])
    with p.orm.Session(engine) as s:
        loaded = s.scalars(sa.select(Source).order_by(Source.id)).all()
        p.show([(shown(o.v), shown(o.a)) for o in loaded])
    if name == "pair":
        return  # text, which no parameter of psycopg's can be for it

    def compare_tables(how: str) -> None:
        with engine.begin() as c:
            texts = "SELECT v::text, a::text FROM target ORDER BY id"
            p.show(how, [tuple(row) for row in c.execute(sa.text(texts))])
            c.execute(sa.text("TRUNCATE target RESTART IDENTITY"))

    values = [{"v": v, "a": a} for v, a in rows]
    with engine.begin() as c:
        for one in values:
            c.execute(sa.insert(target), one)
    compare_tables("one by one")
    with engine.begin() as c:
        c.execute(sa.insert(target), values)
    compare_tables("many")
    with p.orm.Session(engine) as s:
        s.add_all([Target(id=number, **one) for number, one in enumerate(values, 1)])
        s.commit()
        for o in s.scalars(sa.select(Target).order_by(Target.id)).all():
            o.v, o.a = values[ROWS - o.id]["v"], values[ROWS - o.id]["a"]
        s.commit()
    compare_tables("objects")


@pytest.mark.parametrize("name", TYPES)
def test_values(name: str, request: pytest.FixtureRequest) -> None:
    with on_database("postgresql"):
        peer, ours = (
            run(lambda p: program(p, name, 1), package) for package in ("sqlalchemy", "cormorant")
        )
    assert ours.error == peer.error
    assert peer.error is None
    for mine, theirs in zip(ours.shown, peer.shown, strict=True):
        assert mine == theirs
