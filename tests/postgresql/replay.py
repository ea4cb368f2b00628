"""A PostgreSQL server that says what one once said, or something like it.

`record` runs a program through a relay to a real server and keeps what the server
answered. `Replay` listens and gives these answers again, changed by a function, each when
the client has asked for it; then it hangs up. Messages are those of PostgreSQL's
documentation, "Frontend/Backend Protocol": a byte for the type and the length of the rest,
itself included, as four bytes; the first of a client has no type.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

ASKS = frozenset(b"SQHp")
"""Messages of a client after which the server says something: Sync, Query, Flush, password."""

Answers = list[bytes]
Change = Callable[[int, bytes], bytes]


def receive(sock: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def ask(client: socket.socket, first: bool) -> bytes:
    """What the client sends until it waits for an answer."""
    data = b""
    if first:
        head = receive(client, 4)
        return head + receive(client, int.from_bytes(head, "big") - 4)
    while True:
        head = receive(client, 5)
        data += head + receive(client, int.from_bytes(head[1:], "big") - 4)
        if head[0] in ASKS:
            return data
        if head[0] == ord("X"):
            raise EOFError


def _answer(server: socket.socket) -> bytes:
    """What the server sends until it is the client's turn."""
    data = b""
    while True:
        head = receive(server, 1)
        if head == b"N":  # no TLS here
            return data + head
        head += receive(server, 4)
        data += head + receive(server, int.from_bytes(head[1:], "big") - 4)
        if head[0] == ord("Z"):
            return data


@contextmanager
def listening(
    serve: Callable[[socket.socket], None], patience: float = 10, at_once: bool = False
) -> Iterator[int]:
    """A port whose connections are served by a thread, one after the other or, `at_once`, each by
    one of its own; `patience` is how many seconds they wait for what the client sends."""

    def alone(client: socket.socket) -> None:
        with closing(client):
            client.settimeout(patience)
            try:
                serve(client)
            except (EOFError, OSError):
                pass

    threads: list[threading.Thread] = []

    def start(target: Callable[..., None], *args: socket.socket) -> None:
        threads.append(threading.Thread(target=target, args=args, daemon=True))
        threads[-1].start()

    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def run() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                if at_once:
                    start(alone, client)
                else:
                    alone(client)

        start(run)
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    for thread in threads:  # the first starts no others from here on, or is waited for
        thread.join(20)


def record(host: str, port: int, program: Callable[[int], None]) -> Answers:
    """What the server answers a program that is told a port of 127.0.0.1."""
    answers: Answers = []

    def serve(client: socket.socket) -> None:
        with closing(socket.create_connection((host, port), 10)) as server:
            while True:
                server.sendall(ask(client, first=not answers or answers == [b"N"]))
                answers.append(_answer(server))
                client.sendall(answers[-1])

    with listening(serve) as here:
        program(here)
    return answers


@contextmanager
def replaying(answers: Answers, change: Change) -> Iterator[int]:
    """A port that gives the answers, each as `change(its number, answer)`, to everyone."""

    def serve(client: socket.socket) -> None:
        for number, answer in enumerate(answers):
            ask(client, first=number == 0 or answers[:number] == [b"N"])
            given = change(number, answer)
            client.sendall(given)
            if given != answer:
                client.settimeout(0.1)  # it may be waiting for the rest

    with listening(serve) as here:
        yield here
