"""The PostgreSQL server of the tests, and a scratch database on it.

The server is the one at 127.0.0.1:5432 (or at CORMORANT_TEST_POSTGRESQL, a libpq URL of a
superuser) if it answers. Otherwise a private one is started from the system's PostgreSQL,
by an unprivileged user if the tests are run by root, and stopped at the end. Each process
of a test run makes a database of its own and drops it.

Programs that compare packages reach it with psycopg's dialect, or with that of the driver that
CORMORANT_TEST_DRIVER names: psycopg2, or asyncpg for tests/differential/test_asyncio.py alone.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from glob import glob
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

VARIABLE = "CORMORANT_TEST_POSTGRESQL"
DRIVER = os.environ.get("CORMORANT_TEST_DRIVER", "psycopg")
USUAL = "postgresql://postgres@127.0.0.1:5432/postgres"


def answers(url: str) -> bool:
    """Whether a server lets us in."""
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.Error:
        return False
    return True


def program(name: str) -> str | None:
    """The path of one of PostgreSQL's programs, of the newest version installed."""
    found = glob(f"/usr/lib/postgresql/*/bin/{name}") + glob(f"/usr/pgsql-*/bin/{name}")
    return max(found) if found else shutil.which(name)


class Server:
    """A private server in a directory of its own, on a free port and a Unix socket."""

    def __init__(self, *settings: str) -> None:
        initdb, postgres = program("initdb"), program("postgres")
        if initdb is None or postgres is None:
            raise FileNotFoundError("PostgreSQL is not installed")
        self.postgres = postgres
        self.settings = settings
        self.user = self._unprivileged()
        self.directory = Path(tempfile.mkdtemp(prefix="cormorant-pg-"))
        self.data = self.directory / "data"
        if self.user is not None:
            shutil.chown(self.directory, self.user)
        self.directory.chmod(0o755)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None
        words = [initdb, "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        subprocess.run(
            [*words, "--locale=C.UTF-8", "-N"],
            check=True,
            stdout=subprocess.DEVNULL,
            **self._as_user(),
        )
        self.start()

    @staticmethod
    def _unprivileged() -> str | None:
        """Whom to run the server as: nobody else unless we are root, which it refuses."""
        if os.geteuid() != 0:
            return None
        for name in ("postgres", "nobody"):
            with contextlib.suppress(KeyError):
                return pwd.getpwnam(name).pw_name
        raise LookupError("no user to run PostgreSQL as")

    def _as_user(self) -> dict[str, Any]:
        # Python itself may run under a preloaded sanitizer
        environment = {**os.environ, "LD_PRELOAD": ""}
        if self.user is None:
            return {"env": environment}
        entry = pwd.getpwnam(self.user)
        return {
            "user": entry.pw_uid,
            "group": entry.pw_gid,
            "extra_groups": [],
            "cwd": "/",
            "env": environment,
        }

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    @property
    def socket_url(self) -> str:
        """The same through its Unix socket."""
        return f"postgresql://postgres@/postgres?host={quote(str(self.directory))}&port={self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        words = [
            self.postgres,
            "-D",
            str(self.data),
            "-p",
            str(self.port),
            "-k",
            str(self.directory),
        ]
        for setting in ("fsync=off", "listen_addresses=127.0.0.1", *self.settings):
            words += ["-c", setting]
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                words, stdout=log, stderr=log, start_new_session=True, **self._as_user()
            )
        for _ in range(200):
            if answers(self.url):
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError((self.directory / "log").read_text(errors="replace"))

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT ends sessions, SIGQUIT crashes it."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(30)
            self.process = None

    def remove(self) -> None:
        """Stop it for good."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.directory, ignore_errors=True)


def provide() -> None:
    """Find or start the server, once for a test run; says so in the environment."""
    if os.environ.get(VARIABLE) is not None:
        return
    if answers(USUAL):
        os.environ[VARIABLE] = USUAL
        return
    try:
        server = Server()
    except FileNotFoundError:
        os.environ[VARIABLE] = ""
        return
    atexit.register(server.remove)
    os.environ[VARIABLE] = server.url


@functools.cache
def scratch() -> str | None:
    """The URL of this process's database, without its driver: ``//user@host…``; None if there
    is no server."""
    provide()
    url = os.environ[VARIABLE]
    if not url:
        return None
    name = f"cormorant_test_{os.getpid()}"
    owner = os.getpid()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(
            f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
        )
        # no test asks whether what was committed survives a crash of this server
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit TO off")

    def drop() -> None:
        if os.getpid() == owner:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    atexit.register(drop)
    head, _, tail = url.partition("://")[2].partition("/")
    query = tail.partition("?")[1:]
    return f"//{head}/{name}{''.join(query)}"


def engine_url() -> str:
    """The URL of the scratch database for an engine, with the driver that is tested."""
    return f"postgresql+{DRIVER}:{scratch()}"


@contextlib.contextmanager
def empty() -> Iterator[str]:
    """The scratch database with nothing in it, before and after."""
    url = scratch()
    assert url is not None, "no PostgreSQL server"
    clear(url)
    try:
        yield url
    finally:
        clear(url)


def clear(url: str) -> None:
    """Drop everything in the scratch database, whoever is still using it."""
    with psycopg.connect(f"postgresql:{url}", autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        rows = connection.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
        ).fetchall()
        for (schema,) in rows:
            connection.execute(f'DROP SCHEMA "{schema}" CASCADE')
        connection.execute("CREATE SCHEMA public")
