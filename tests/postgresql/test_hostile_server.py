"""A server whose answers are wrong: an error, or other rows, never a crash or a hang."""

from __future__ import annotations

import datetime
import decimal
import os
import random
from collections import Counter
from contextlib import nullcontext, suppress
from typing import Any
from urllib.parse import urlsplit

import pytest

import cormorant as sa
from cormorant.orm import Session, declarative_base

from .. import postgres
from ..leaks import not_looked_for
from .replay import Answers, record, replaying

# What fails when a connection is given back is logged, not printed.
pytestmark = [
    pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:DELETE statement on table"),
]
ROUNDS = int(os.environ.get("CORMORANT_ROUNDS", "200"))
Base = declarative_base()

VALUES = """select * from (values
    (1, 't'::bool, 1::int2, 1.5::float4, 2.25::float8, 123456.789::numeric, 'text', 'é'::varchar,
     '\\x00ff'::bytea, date '2020-02-29', time '12:34:56.789', timestamp '2020-02-29 12:34:56',
     timestamptz '2020-02-29 12:34:56+02', interval '1 year 2 days 3 seconds',
     '12345678-1234-5678-1234-567812345678'::uuid, '{"a": [1]}'::json, '{"a": [1]}'::jsonb,
     array[1, null, 3], array[['a', 'b'], ['c', null]], '10.0.0.1/8'::inet, '[1,5)'::int4range,
     b'101'::bit(3), 12.5::money, row(1, 'x'), array[row(1)], null::int),
    (2, null, null, null, null, 'NaN'::numeric, '', '', '', null, null, null, null, null, null,
     null, null, '{}', '{}', null, 'empty'::int4range, null, null, null, null, 7)) as v"""


class Thing(Base):
    __tablename__ = "replayed_things"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String)
    price = sa.Column(sa.Numeric(10, 2))
    at = sa.Column(sa.DateTime)


def engine_of(port: int, **options: Any) -> sa.Engine:
    address = urlsplit(postgres.scratch() or "")
    return sa.create_engine(
        f"postgresql://{address.username}@127.0.0.1:{port}{address.path}",
        connect_args={
            "connect_timeout": 5,
            "sslmode": "disable",
            "gssencmode": "disable",
            **options,
        },
    )


def work(port: int) -> None:
    """Reads every type, writes, and reads what was written."""
    engine = engine_of(port)
    try:
        with Session(engine) as session:
            for row in session.execute(sa.text(VALUES)):
                repr(row)
            now = datetime.datetime(2024, 1, 1)
            session.add_all(Thing(name=f"n{n}", price=decimal.Decimal(n), at=now) for n in range(3))
            session.commit()
            for thing in session.query(Thing).order_by(Thing.id):
                repr((thing.name, thing.price, thing.at))
                thing.name += "!"
            session.commit()
            for thing in session.query(Thing).yield_per(2):
                session.delete(thing)
            session.commit()
    finally:
        engine.dispose()


@pytest.fixture(scope="module")
def answers() -> Any:
    if postgres.scratch() is None:
        pytest.skip("no PostgreSQL server")
    with postgres.empty() as url:
        engine = sa.create_engine(f"postgresql:{url}")
        Base.metadata.create_all(engine)
        address = urlsplit(url)
        yield record(address.hostname or "127.0.0.1", address.port or 5432, work)
        engine.dispose()


EXPECTED = (sa.exc.SQLAlchemyError, ValueError, TypeError, LookupError)


def test_the_same_answers(answers: Answers) -> None:
    with replaying(answers, lambda _, answer: answer) as port:
        work(port)


def messages(answer: bytes) -> list[bytes]:
    found = []
    while answer:
        end = 1 + int.from_bytes(answer[1:5], "big")
        found.append(answer[:end])
        answer = answer[end:]
    return found


def wrong(answer: bytes, rng: random.Random) -> bytes:
    """An answer with something wrong in it."""
    parts = messages(answer)
    at = rng.randrange(len(parts))
    kind = rng.randrange(6)
    if kind == 0:  # other bytes
        part = bytearray(parts[at])
        for _ in range(rng.choice((1, 1, 2, 8))):
            part[rng.randrange(len(part))] = rng.choice(
                (0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256))
            )
        parts[at] = bytes(part)
    elif kind == 1:  # other bytes, lengths kept: to get past libpq
        body = bytearray(parts[at][5:])
        for _ in range(rng.choice((1, 1, 2, 8)) if body else 0):
            body[rng.randrange(len(body))] = rng.choice(
                (0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256))
            )
        parts[at] = parts[at][:5] + bytes(body)
    elif kind == 2:  # less
        parts[at] = parts[at][: rng.randrange(len(parts[at]))]
    elif kind == 3:  # a message gone, or twice
        parts[at] *= rng.choice((0, 2))
    elif kind == 4:  # another order
        rng.shuffle(parts)
    else:  # another length, with as many bytes
        body = parts[at][5:]
        body = body[: rng.randrange(len(body) + 1)] + bytes(rng.randrange(8))
        parts[at] = parts[at][:1] + (len(body) + 4).to_bytes(4, "big") + body
    return b"".join(parts)


def libpq_loses(answer: bytes) -> bool:
    """Whether libpq itself loses a result: columns that were described and whose statement did
    not end are forgotten, in a pipeline, at "ready for query"."""
    described = False
    for message in messages(answer):
        if message[:1] == b"Z" and described:
            return True
        described = message[:1] == b"T" or (described and message[:1] not in (b"C", b"E", b"I"))
    return False


@pytest.mark.parametrize("seed", [1, 2])
def test_wrong_answers(seed: int, answers: Answers, caplog: pytest.LogCaptureFixture) -> None:
    rng = random.Random(seed)
    seen: Counter[str] = Counter()
    for _ in range(ROUNDS):
        target = rng.randrange(len(answers))
        changed = wrong(answers[target], rng)
        said = [*answers[:target], changed, *answers[target + 1 :]]
        watch = not_looked_for() if libpq_loses(changed) else nullcontext()
        with replaying(answers, lambda number, _, said=said: said[number]) as port, watch:
            try:
                work(port)
                seen["fine"] += 1
            except EXPECTED as error:
                seen[type(error).__name__] += 1
    assert seen["OperationalError"] > 0
    assert seen["fine"] < ROUNDS
    messages = {record.getMessage() for record in caplog.records}
    assert messages <= {"Exception during reset or similar"}, messages


def fields(body: bytes, described: bool) -> list[bytes]:
    """The fields of a row, or of its description: a name and 18 bytes each."""
    found = []
    while body:
        if described:
            end = body.index(0) + 19
        else:
            end = 4 + max(int.from_bytes(body[:4], "big", signed=True), 0)
        found.append(body[:end])
        body = body[end:]
    return found


def wider(answer: bytes, more: int) -> bytes:
    """The answer with more columns in each row, or fewer, which libpq cannot know."""
    parts = messages(answer)
    for at, part in enumerate(parts):
        if part[:1] in (b"T", b"D"):
            has = fields(part[7:], part[:1] == b"T")
            has = has[:more] if more < 0 else has + has[-1:] * more
            body = shorts(len(has)) + b"".join(has)
            parts[at] = part[:1] + words(len(body) + 4) + body
    return b"".join(parts)


def again(port: int) -> None:
    """Runs a statement that is prepared, over and over."""
    engine = engine_of(port, prepare_threshold=0)
    try:
        with engine.connect() as connection:
            for _ in range(4):
                repr(connection.execute(sa.text("select 1 as a, 'x' as b, 2.5 as c")).all())
    finally:
        engine.dispose()


@pytest.mark.parametrize("program", [work, again])
@pytest.mark.parametrize("more", [-3, -1, 1, 40])
def test_other_columns_than_before(more: int, program: Any, answers: Answers) -> None:
    if program is again:
        address = urlsplit(postgres.scratch() or "")
        answers = record(address.hostname or "127.0.0.1", address.port or 5432, program)
    changed = 0
    for target, answer in enumerate(answers[1:], 1):
        other = wider(answer, more)
        if other == answer:
            continue
        changed += 1
        said = [*answers[:target], other, *answers[target + 1 :]]
        with replaying(said, lambda number, _, said=said: said[number]) as port:
            try:
                program(port)
            except EXPECTED:
                pass
    assert changed > 2


@pytest.mark.parametrize("last", [1, 2])
def test_cut_anywhere(last: int, answers: Answers) -> None:
    """The connection ends after each byte of an answer in turn."""
    answer = answers[last]
    for length in range(len(answer)):

        def change(number: int, answer: bytes, length: int = length) -> bytes:
            return answer[:length] if number == last else answer

        with (
            replaying(answers[: last + 1], change) as port,
            pytest.raises((sa.exc.OperationalError, sa.exc.DBAPIError)),
        ):
            work(port)


def words(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(4, "big", signed=number < 0) for number in numbers)


def shorts(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(2, "big", signed=number < 0) for number in numbers)


def nested_array(depth: int) -> bytes:
    """An array of arrays of …, which no server makes."""
    inside = nested_array(depth - 1) if depth else b""
    return words(1, 0, 1007, 1, 1, len(inside)) + inside


def nested_record(depth: int) -> bytes:
    """A record in a record in …, of which the innermost has no field."""
    if depth == 0:
        return words(0)
    inside = nested_record(depth - 1)
    return words(1, 2249, len(inside)) + inside


# OID and bytes: each is wrong in one way
NOT_OF_THEIR_TYPE = [
    *[(oid, b"") for oid in (16, 21, 23, 20, 26, 700, 701, 1082, 1083, 1266, 1114, 1184, 1186)],
    *[(oid, bytes(5)) for oid in (16, 21, 23, 20, 26, 700, 701, 1082, 1083, 1266, 1114, 1184)],
    *[(oid, b"") for oid in (2950, 3802, 869, 829, 1560, 1700, 1007, 3904, 4451)],
    (3802, b"\x02{}"),  # jsonb of another version
    (1700, shorts(1, 0, 0, 0)),  # a digit is not there
    (1700, shorts(0, 0, 0, 0, 1)),  # one too many
    (1700, shorts(1, 0, 0, 20000, 1)),  # too many after the point
    (1700, shorts(1, 0, 0x1234, 0, 1)),  # another sign
    (1700, shorts(1, 0, 0, 0, 10000)),  # no digit
    (1083, (-1).to_bytes(8, "big", signed=True)),
    (1083, (86400000001).to_bytes(8, "big")),
    (1266, (86400000001).to_bytes(8, "big") + bytes(4)),
    (1266, bytes(8) + words(86400)),
    (1266, bytes(8) + words(-86400)),
    (869, b"\x02\x20\x00\x03abc"),  # too few bytes of an address
    (869, b"\x02\x20\x00\x04abc"),
    (869, b"\x02\x21\x00\x04abcd"),  # too many bits
    (869, b"\x04\x20\x00\x04abcd"),  # another family
    (829, bytes(7)),
    (1560, words(-1)),
    (1560, words(9) + b"x"),
    (1007, words(1, 0, 23)),  # no dimension
    (1007, words(7, 0, 23)),
    (1007, words(1, 0, 23, 1)),
    (1007, words(1, 0, 23, 1, 1)),  # no element
    (1007, words(1, 0, 23, 2**31 - 1, 1, 4, 1)),
    (1007, words(2, 0, 23, 2**31 - 1, 1, 2**31 - 1, 1, 4, 1)),
    (1007, words(1, 0, 23, 1, 1, 5) + bytes(4)),  # an element that ends beyond
    (1007, words(1, 0, 23, 2, 1, 4, 1) + bytes(2)),
    (1007, words(1, 0, 23, 1, 1, 4, 1, 0)),  # something after it
    (1007, words(1, 0, 0, 1, 1, 4, 1)),  # of no type
    (1007, nested_array(9)),
    (3904, b"\x00" + words(4, 1)),  # no upper bound
    (3904, b"\x00" + words(4, 1, 3) + bytes(3)),
    (3904, b"\x01\x00"),  # empty, and more
    (3904, b"\x02" + words(4, 1, 4, 2, 0)),
    (4451, words(1)),
    (4451, words(2**31 - 1) + bytes(8)),
    (4451, words(1, 2) + b"\x00\x00"),
    (4451, words(1, 1) + b"\x01\x00"),
    (2249, b""),
    (2249, words(70000)),
    (2249, words(1, 23, 4)),  # a field that is not there
    (2249, words(1, 23, 4) + bytes(2)),
    (2249, words(1, 23, 4, 7, 0)),  # something after it
    (2249, words(1, 23, 2**32 - 2)),  # a field of another length
    (2249, words(1, 2249, 4, 1)),  # a record within it, without its field
    (2249, nested_record(101)),
]


@pytest.fixture(scope="module")
def one_value() -> Any:
    """What a server answers to a query of one value."""
    if postgres.scratch() is None:
        pytest.skip("no PostgreSQL server")
    with postgres.empty() as url:
        address = urlsplit(url)
        yield record(address.hostname or "", address.port or 5432, lambda port: ask(port))


def ask(port: int) -> Any:
    engine = engine_of(port)
    try:
        with engine.connect() as connection:
            return connection.exec_driver_sql("SELECT 'this value' AS v").scalar()
    finally:
        engine.dispose()


def with_value(answer: bytes, oid: int, value: bytes) -> bytes:
    """The answer, if it has the value, with another of another type."""
    if b"this value" not in answer:
        return answer
    parts = messages(answer)
    for at, part in enumerate(parts):
        if part[:1] == b"T":
            body = shorts(1) + b"v\0" + words(0) + shorts(0) + words(oid)
            body += shorts(-1) + words(-1) + shorts(1)
        elif part[:1] == b"D":
            body = shorts(1) + words(len(value)) + value
        else:
            continue
        parts[at] = part[:1] + words(len(body) + 4) + body
    return b"".join(parts)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_values_that_are_not_of_their_type(one_value: Answers) -> None:
    with replaying(one_value, lambda _, answer: with_value(answer, 1007, words(0, 0, 23))) as port:
        assert ask(port) == []
    for oid, value in NOT_OF_THEIR_TYPE:
        changed = [with_value(answer, oid, value) for answer in one_value]
        with (
            replaying(changed, lambda _, answer: answer) as port,
            pytest.raises(sa.exc.DataError, match="none of its type"),
        ):
            raise AssertionError((oid, value, ask(port)))


def inside_itself(answer: bytes) -> bytes:
    """The answer, in which an array is said to be of itself."""
    parts = messages(answer)
    for at, part in enumerate(parts):
        if part[:1] == b"D" and b"array_send" in part:
            has = fields(part[7:], False)
            has[4] = has[0]
            body = shorts(len(has)) + b"".join(has)
            parts[at] = part[:1] + words(len(body) + 4) + body
    return b"".join(parts)


def test_a_type_inside_of_itself() -> None:
    if postgres.scratch() is None:
        pytest.skip("no PostgreSQL server")

    def moods(port: int, path: str) -> Any:
        address = urlsplit(postgres.scratch() or "")._replace(path=path)
        engine = sa.create_engine(
            f"postgresql://{address.username}@127.0.0.1:{port}{address.path}",
            connect_args={"sslmode": "disable", "gssencmode": "disable"},
        )
        try:
            with engine.connect() as connection:
                return connection.exec_driver_sql("SELECT '{glad,sad}'::mood[]").scalar()
        finally:
            engine.dispose()

    with postgres.empty() as url:
        engine = sa.create_engine(f"postgresql:{url}")
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TYPE mood AS ENUM ('glad', 'sad')")
        engine.dispose()
        address = urlsplit(url)
        host, port = address.hostname or "127.0.0.1", address.port or 5432
        answers = record(host, port, lambda port: moods(port, address.path))
    assert any(inside_itself(answer) != answer for answer in answers)
    with replaying(answers, lambda _, answer: inside_itself(answer)) as port, suppress(*EXPECTED):
        moods(port, address.path)  # which comes back


STATES = (b"C\xff\xfe000", b"C\xc3(\0", b"C", b"C0", b"CXX00a", b"C23505x")


@pytest.mark.parametrize("state", STATES)
def test_a_state_that_is_none(state: bytes, answers: Answers) -> None:
    """The error is a DB-API one without a SQLSTATE."""
    said = b"SERROR\0VERROR\0" + state.rstrip(b"\0") + b"\0Mwrong \xff\0\0"
    ready = b"Z" + words(5) + b"I"

    def change(number: int, answer: bytes) -> bytes:
        if answer.endswith(ready) and number > 1 and answer[:1] != b"R":
            return b"E" + words(len(said) + 4) + said + ready
        return answer

    with replaying(answers, change) as port, pytest.raises(sa.exc.DBAPIError) as caught:
        work(port)
    assert caught.value.orig.sqlstate is None
    assert "wrong" in str(caught.value.orig)


def test_notices_that_are_no_text(answers: Answers, caplog: pytest.LogCaptureFixture) -> None:
    said = b"S\xff\0V\xff\0C00000\0Mhi \xff\0\0"
    notice = b"N" + words(len(said) + 4) + said
    caplog.set_level("INFO", "cormorant.dialects.postgresql")
    with replaying(
        answers, lambda number, answer: answer if number < 2 else notice + answer
    ) as port:
        work(port)
    assert "\ufffd: hi \ufffd" in {record.getMessage() for record in caplog.records}
