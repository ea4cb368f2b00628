"""A server whose answers are wrong: an error, or other rows, never a crash or a hang."""

from __future__ import annotations

import datetime
import decimal
import os
import random
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import pytest

import cormorant as sa
from cormorant.orm import Session, declarative_base

from .. import postgres
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
     b'101'::bit(3), 12.5::money, row(1, 'x'), null::int),
    (2, null, null, null, null, 'NaN'::numeric, '', '', '', null, null, null, null, null, null,
     null, null, '{}', '{}', null, 'empty'::int4range, null, null, null, 7)) as v"""


class Thing(Base):
    __tablename__ = "replayed_things"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String)
    price = sa.Column(sa.Numeric(10, 2))
    at = sa.Column(sa.DateTime)


def work(port: int) -> None:
    """Reads every type, writes, and reads what was written."""
    address = urlsplit(postgres.scratch() or "")
    engine = sa.create_engine(
        f"postgresql://{address.username}@127.0.0.1:{port}{address.path}",
        connect_args={"connect_timeout": 5, "sslmode": "disable", "gssencmode": "disable"},
    )
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


@pytest.mark.parametrize("seed", [1, 2])
def test_wrong_answers(seed: int, answers: Answers, caplog: pytest.LogCaptureFixture) -> None:
    rng = random.Random(seed)
    seen: Counter[str] = Counter()
    for _ in range(ROUNDS):
        target = rng.randrange(len(answers))

        def change(number: int, answer: bytes, target: int = target) -> bytes:
            return wrong(answer, rng) if number == target else answer

        with replaying(answers, change) as port:
            try:
                work(port)
                seen["fine"] += 1
            except EXPECTED as error:
                seen[type(error).__name__] += 1
    assert seen["OperationalError"] > 0
    assert seen["fine"] < ROUNDS
    messages = {record.getMessage() for record in caplog.records}
    assert messages <= {"Exception during reset or similar"}, messages


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
