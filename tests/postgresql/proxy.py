"""A proxy before the server that cuts connections where it is told to."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any


class Proxy:
    """Passes bytes on, until `limit` bytes of the server's answers have gone by."""

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self.limit: int | None = None
        self.answered = 0
        """Bytes of answers since this was last set to 0."""
        self.asked = bytearray()
        """What clients have sent."""
        self.open: list[socket.socket] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.threads: list[threading.Thread] = []
        self._start(self._accept)

    def _start(self, target: Callable[..., None], *args: Any) -> None:
        self.threads.append(threading.Thread(target=target, args=args, daemon=True))
        self.threads[-1].start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self.target)
            except OSError:
                client.close()
                continue
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.open += [client, server]
            for source, sink, counted in ((client, server, False), (server, client, True)):
                self._start(self._pass, source, sink, counted)

    def _pass(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if counted:
                    if self.limit is not None and self.answered + len(data) > self.limit:
                        sink.sendall(data[: max(self.limit - self.answered, 0)])
                        self.answered = self.limit
                        break
                    self.answered += len(data)
                else:
                    self.asked += data
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        """Cut every connection now."""
        for end in self.open:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.open.clear()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # to close it wakes nobody
        self.listener.close()
        self.threads[0].join(20)
        self.cut()
        for thread in self.threads:
            thread.join(20)

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *args: Any) -> None:
        self.close()
