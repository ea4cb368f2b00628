"""A server that begins, goes on with and ends a COPY wherever it likes: an error, or other rows,
never a crash or a hang."""

from __future__ import annotations

import io
import itertools
import os
import random
import socket
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

import cormorant as sa

from ..leaks import not_looked_for
from .replay import listening, receive
from .test_hostile_server import EXPECTED, shorts, words

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning"),
]
ROUNDS = int(os.environ.get("CORMORANT_ROUNDS", "200"))
Message = bytes
Script = list[bytes]


def message(kind: str, body: bytes = b"", length: int | None = None) -> Message:
    """A message; of a length that may be another than its body has."""
    return kind.encode() + words(len(body) + 4 if length is None else length) + body


def begins(kind: str, columns: int = 2, binary: bool = False) -> Message:
    """CopyInResponse, CopyOutResponse or CopyBothResponse."""
    body = bytes([binary]) + shorts(columns) + shorts(*[int(binary)] * max(columns, 0))
    return message(kind, body)


def error(state: str) -> Message:
    return message("E", f"SERROR\0VERROR\0C{state}\0Mwrong\0\0".encode())


def column(name: str, oid: int) -> bytes:
    """A column's description, of values that are binary."""
    return name.encode() + b"\0" + words(0) + shorts(0) + words(oid) + shorts(-1, -1, -1, 1)


READY = message("Z", b"I")
GREETING = message("R", words(0)) + message("S", b"server_version\0" + b"15.4\0")
GREETING += message("S", b"client_encoding\0UTF8\0") + message("K", words(7, 7)) + READY
# what is asked first of all
FACTS = [(23, words(150004)), (19, b"public"), (25, b"on"), (25, b"READ COMMITTED")]
ABOUT = message("1") + message("2")
ABOUT += message("T", shorts(len(FACTS)) + b"".join(column("v", oid) for oid, _ in FACTS))
ABOUT += message("D", shorts(len(FACTS)) + b"".join(words(len(v)) + v for _, v in FACTS))
ABOUT += message("C", b"SELECT 1\0") + READY
ROW = message("d", b"1\ttwo\n")
DONE = message("c")
TOLD = message("C", b"COPY 1\0")
BEGUN = message("C", b"BEGIN\0")
BINARY_ROW = message("d", b"PGCOPY\n\xff\r\n\0" + words(0, 0) + shorts(1) + words(1) + b"x")
PARTS = [
    begins("G"),
    begins("H"),
    begins("W"),
    begins("G", binary=True),
    begins("H", binary=True),
    begins("H", 0),
    begins("H", 32767),
    message("G", b"\0" + shorts(9)),  # fewer formats than columns
    message("H", b"\0" + shorts(-1)),
    message("H"),
    ROW,
    ROW * 3,
    BINARY_ROW,
    message("d", BINARY_ROW[5:17]),
    message("d", shorts(3) + words(5) + b"x"),  # a field that is not there
    message("d"),
    message("d", b"\xff\n"),
    message("d", b"1\n\n\\"),
    message("d", b"x" * 200_000),
    message("d", b"abc", 3),  # shorter than its own length
    message("d", b"abc", 0x7FFFFFFF),
    message("d", b"abc", -1),
    DONE,
    message("c", b"more"),
    TOLD,
    message("C", b"COPY 99999999999999999999\0"),
    message("C", b"COPY x"),
    message("C", b"SELECT 1\0"),
    error("22P04"),
    error("57014"),
    error("57P01"),
    message("N", b"SNOTICE\0VNOTICE\0C00000\0Mheard\0\0"),
    message("A", words(7) + b"ears\0said\0"),
    message("A", words(7) + b"\xff\0"),
    message("T", shorts(1) + column("v", 25)),
    message("D", shorts(1) + words(1) + b"x"),
    message("1") + message("2"),
    message("n"),
    message("I"),
    READY,
    message("Z", b"T"),
    message("Z", b"E"),
]
ENDINGS = [READY, READY, READY, begins("G"), begins("H"), b""]
USUAL = [
    BEGUN + READY,
    BEGUN + READY,
    begins("G"),
    begins("H") + ROW + DONE + TOLD + READY,
    begins("H") + ROW,
    DONE + TOLD + READY,
    TOLD + READY,
    error("22P04") + READY,
    message("C", b"SELECT 1\0") + READY,
    message("1") + message("2") + message("n") + message("C", b"BEGIN\0") + READY,
]


def serving(script: Script, patience: float) -> AbstractContextManager[int]:
    """A port where each connection is greeted, is given the next of these answers whenever it asks
    for one, and is hung up on: also if it does not ask, which may be waiting for more."""

    def serve(client: socket.socket) -> None:
        head = receive(client, 8)
        receive(client, int.from_bytes(head[:4], "big") - 8)
        if head[4:] != words(0x30000):
            return  # a cancellation
        client.sendall(GREETING)
        for answer in (ABOUT, *script):
            while (kind := receive(client, 5))[:1] not in b"QScfH":
                receive(client, int.from_bytes(kind[1:], "big") - 4)
                if kind[:1] == b"X":
                    return
            receive(client, int.from_bytes(kind[1:], "big") - 4)
            client.sendall(answer)

    return listening(serve, patience, at_once=True)


def to_server(raw: Any) -> None:
    raw.cursor().copy_expert("COPY t FROM STDIN", io.StringIO("1\ttwo\n" * 3))


def from_server(raw: Any) -> None:
    raw.cursor().copy_expert("COPY t TO STDOUT", io.BytesIO())


def block_to_server(raw: Any) -> None:
    with raw.cursor().copy("COPY t FROM STDIN") as copy:
        copy.write("1\ttwo\n")
        copy.write_row((2, "three"))


def block_from_server(raw: Any) -> None:
    with raw.cursor().copy("COPY t TO STDOUT") as copy:
        copy.set_types(["int4", "text"])
        for row in copy.rows():
            repr(row)


def binary_block(raw: Any) -> None:
    with raw.cursor().copy("COPY t TO STDOUT (FORMAT binary)") as copy:
        while copy.read_row() is not None:
            pass


def left_early(raw: Any) -> None:
    with raw.cursor().copy("COPY t TO STDOUT") as copy:
        copy.read()


def statements(raw: Any) -> None:
    cursor = raw.cursor()
    cursor.execute("SELECT 1")
    cursor.fetchall()
    cursor.execute("SELECT %s", (2,))


def notified(raw: Any) -> None:
    for _ in raw.dbapi_connection.notifies(timeout=0):
        break
    raw.cursor().execute("SELECT 1")


def many(raw: Any) -> None:
    raw.cursor().executemany("INSERT INTO t VALUES (%s)", [(1,), (2,)])


def made_text(raw: Any) -> None:
    """Reads a value of a type that the server makes text of."""
    cursor = raw.cursor()
    cursor.execute("SELECT v FROM t")
    cursor.fetchall()


FILES = [to_server, from_server]
PROGRAMS = [*FILES, block_to_server, block_from_server]
PROGRAMS += [binary_block, left_early, statements, notified]
OTHERS = [many, made_text]


def run(program: Callable[[Any], None], script: Script, patience: float = 0.1) -> str:
    """What came of a program with a server that says this."""
    # libpq forgets a result when one of another kind begins; all that it gave us are freed
    with serving(script, patience) as port, not_looked_for():
        driver = "psycopg2" if program in FILES else "psycopg"
        engine = sa.create_engine(
            f"postgresql+{driver}://postgres@127.0.0.1:{port}/postgres",
            connect_args={"sslmode": "disable", "gssencmode": "disable"},
        )
        raw = engine.raw_connection()
        began = time.monotonic()
        try:
            program(raw)
            raw.rollback()
            return "fine"
        except EXPECTED as raised:
            return type(raised).__name__
        except raw.dbapi_connection.Error as raised:
            return next(c.__name__ for c in type(raised).__mro__ if c.__module__ == "psycopg")
        finally:
            raw.close()
            engine.dispose()
            assert time.monotonic() - began < 20, script


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_message_at_every_place(program: Callable[[Any], None]) -> None:
    """What a server usually says to it, with another message before or instead of each."""
    usual = [[begins("H"), ROW, ROW, DONE, TOLD, READY]]
    if program in (to_server, block_to_server):
        usual = [[begins("G")], [TOLD, READY]]
    elif program is binary_block:
        usual = [[begins("H", 1, binary=True), BINARY_ROW, DONE, TOLD, READY]]
    usual = [[BEGUN, READY], *usual, [TOLD, READY]]
    if program not in (statements, notified):
        assert run(program, [b"".join(each) for each in usual], 10) == "fine"
    seen: Counter[str] = Counter()
    for part, (number, answer) in itertools.product(PARTS, enumerate(usual)):
        for at, instead in itertools.product(range(len(answer) + 1), (0, 1)):
            said = b"".join([*answer[:at], part, *answer[at + instead :]])
            script = [b"".join(each) for each in usual]
            script[number] = said
            seen[run(program, script)] += 1
    assert seen["OperationalError"] > 0
    assert len(seen) > 1


# what a server says to two rows, and to a value, the type of which is asked for
PARSED = [message("1"), message("2"), message("n"), BEGUN]
OF_MANY = [
    [*PARSED, message("1"), message("2"), message("n"), message("C", b"INSERT 0 2\0"), READY]
]
POINT = [b"600", b"b", b"2000", b"point", b"0", b"point_send"]
OF_TEXT = [
    [*PARSED, message("1"), message("2"), message("T", shorts(1) + column("v", 600))],
    [message("1"), message("2"), message("T", shorts(6) + column("v", 25) * 6)],
    [message("1"), message("n"), message("2"), message("T", shorts(1) + column("v", 25))],
]
OF_TEXT[0] += [message("D", shorts(1) + words(16) + bytes(16)), message("C", b"SELECT 1\0"), READY]
OF_TEXT[1] += [message("D", shorts(6) + b"".join(words(len(v)) + v for v in POINT))]
OF_TEXT[1] += [message("C", b"SELECT 1\0"), READY]
OF_TEXT[2] += [message("D", shorts(1) + words(5) + b"(0,0)"), message("C", b"SELECT 1\0"), READY]


@pytest.mark.parametrize(("program", "usual"), [(many, OF_MANY), (made_text, OF_TEXT)])
def test_a_copy_at_every_place_of_a_pipeline(
    program: Callable[[Any], None], usual: list[list[Message]]
) -> None:
    """Where nobody thinks of one: what libpq says of it, it says until it ends."""
    usual = [*usual, [TOLD, READY]]
    assert run(program, [b"".join(each) for each in usual], 10) == "fine"
    seen: Counter[str] = Counter()
    other = [message("C", b"SELECT 0\0"), message("n"), message("T", shorts(0))]
    parts = [*[begins(kind) for kind in "GHW"], begins("H") + ROW + DONE, *other]
    for part, (number, answer) in itertools.product(parts, enumerate(usual[:-1])):
        for at, instead in itertools.product(range(len(answer) + 1), (0, 1)):
            script = [b"".join(each) for each in usual]
            script[number] = b"".join([*answer[:at], part, *answer[at + instead :]])
            seen[run(program, script)] += 1
    assert seen["OperationalError"] > 0
    assert seen["ProgrammingError"] > 0


@pytest.mark.parametrize("seed", [1, 2])
def test_messages_in_any_order(seed: int) -> None:
    rng = random.Random(seed)
    seen: Counter[str] = Counter()
    for _ in range(ROUNDS):
        script = [
            rng.choice(USUAL)
            if rng.random() < 0.5
            else b"".join(rng.choices(PARTS, k=rng.randrange(5))) + rng.choice(ENDINGS)
            for _ in range(rng.randrange(1, 7))
        ]
        seen[run(rng.choice([*PROGRAMS, *OTHERS]), script)] += 1
    assert seen["OperationalError"] > 0
