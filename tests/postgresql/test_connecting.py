"""Ways to a server: TLS with right and wrong certificates, several hosts, services, options."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import cormorant as sa
from cormorant import exc

from .. import postgres

text = sa.text


class Certificates:
    """An authority, what it signed, and another authority."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        for authority in ("root", "other"):
            self._openssl(
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                "-keyout", f"{authority}.key", "-out", f"{authority}.crt",
                "-subj", f"/CN={authority} authority",
            )  # fmt: skip
        self._sign("server", "root", "localhost")
        self._sign("postgres", "root", "postgres")
        self._sign("stranger", "root", "stranger")
        self._sign("forged", "other", "postgres")

    def __getitem__(self, name: str) -> Path:
        return self.directory / name

    def _openssl(self, *words: str) -> None:
        subprocess.run(["openssl", *words], check=True, cwd=self.directory, capture_output=True)

    def _sign(self, name: str, authority: str, common: str) -> None:
        self._openssl(
            "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key",
            "-out", f"{name}.csr", "-subj", f"/CN={common}",
        )  # fmt: skip
        self._openssl(
            "x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.crt", "-days", "2",
            "-CAkey", f"{authority}.key", "-CAcreateserial", "-out", f"{name}.crt",
        )  # fmt: skip
        self[f"{name}.key"].chmod(0o600)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def plain() -> Iterator[postgres.Server]:
    try:
        made = postgres.Server()
    except FileNotFoundError:
        pytest.skip("PostgreSQL is not installed")
    yield made
    made.remove()


@pytest.fixture(scope="module")
def server(certificates: Certificates) -> Iterator[postgres.Server]:
    """With TLS; the database `certified` wants a certificate, the role `secret` a password."""
    try:
        made = postgres.Server()
    except FileNotFoundError:
        pytest.skip("PostgreSQL is not installed")
    made.stop(signal.SIGINT)
    for source, target in (
        ("server.crt", "server.crt"), ("server.key", "server.key"), ("root.crt", "root.crt"),
    ):  # fmt: skip
        path = made.data / target
        shutil.copy(certificates[source], path)
        path.chmod(0o600)
        if made.user is not None:
            shutil.chown(path, made.user)
    access = made.data / "pg_hba.conf"
    access.write_text(
        "local all all trust\n"
        "hostssl certified all 127.0.0.1/32 cert\n"
        "host all secret 127.0.0.1/32 scram-sha-256\n"
        "host all all 127.0.0.1/32 trust\n"
    )
    made.settings = ("ssl=on", "ssl_ca_file=root.crt")
    made.start()
    engine = sa.create_engine(made.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.execute(text("create database certified"))
        conn.execute(text("create role secret login password 'p@ss:/w rd'"))
    engine.dispose()
    yield made
    made.remove()


def ask(url: str, sql: str) -> Any:
    """The only value of a query."""
    engine = sa.create_engine(url)
    try:
        with engine.connect() as conn:
            return conn.execute(text(sql)).scalar()
    finally:
        engine.dispose()


ENCRYPTED = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"


def with_tls(
    server: postgres.Server, host: str = "localhost", database: str = "postgres", **options: Any
) -> str:
    query = "&".join(f"{key}={quote(str(value))}" for key, value in options.items())
    return (
        f"postgresql+psycopg://postgres@{host}:{server.port}/{database}?hostaddr=127.0.0.1&{query}"
    )


@pytest.mark.parametrize(
    "mode", ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]
)
def test_modes(mode: str, server: postgres.Server, certificates: Certificates) -> None:
    url = with_tls(server, sslmode=mode, sslrootcert=certificates["root.crt"])
    assert ask(url, ENCRYPTED) is (mode not in ("disable", "allow"))


def test_server_without_tls(plain: postgres.Server) -> None:
    assert ask(with_tls(plain, sslmode="prefer"), ENCRYPTED) is False
    with pytest.raises(exc.OperationalError, match="does not support SSL") as caught:
        ask(with_tls(plain, sslmode="require"), ENCRYPTED)
    assert not caught.value.connection_invalidated


def test_wrong_authority(server: postgres.Server, certificates: Certificates) -> None:
    other = certificates["other.crt"]
    for mode in ("require", "verify-ca", "verify-full"):
        # with a root certificate, require is verify-ca
        with pytest.raises(exc.OperationalError, match="certificate verify failed"):
            ask(with_tls(server, sslmode=mode, sslrootcert=other), ENCRYPTED)
    with pytest.raises(exc.OperationalError, match="root certificate file .* does not exist"):
        ask(with_tls(server, sslmode="verify-ca", sslrootcert="/none/such.crt"), ENCRYPTED)


def test_wrong_name(server: postgres.Server, certificates: Certificates) -> None:
    root = certificates["root.crt"]
    url = with_tls(server, host="example.test", sslmode="verify-ca", sslrootcert=root)
    assert ask(url, ENCRYPTED) is True
    url = with_tls(server, host="example.test", sslmode="verify-full", sslrootcert=root)
    with pytest.raises(exc.OperationalError, match="does not match host name"):
        ask(url, ENCRYPTED)


def test_client_certificates(server: postgres.Server, certificates: Certificates) -> None:
    def url(name: str | None) -> str:
        given: dict[str, Any] = {"sslmode": "verify-full", "sslrootcert": certificates["root.crt"]}
        if name is not None:
            given["sslcert"] = certificates[f"{name}.crt"]
            given["sslkey"] = certificates[f"{name}.key"]
        return with_tls(server, database="certified", **given)

    assert ask(url("postgres"), "select current_user") == "postgres"
    for name, said in (
        (None, "client certificate"),
        ("stranger", "certificate authentication failed"),
        ("forged", "SSL|certificate|closed"),
    ):
        with pytest.raises(exc.OperationalError, match=said) as caught:
            ask(url(name), "select 1")
        assert type(caught.value.orig).__module__.startswith("psycopg")
    # a key that others may read
    certificates["postgres.key"].chmod(0o644)
    try:
        with pytest.raises(exc.OperationalError, match="private key file .* has group or world"):
            ask(url("postgres"), "select 1")
    finally:
        certificates["postgres.key"].chmod(0o600)


def test_passwords(server: postgres.Server, tmp_path: Path, monkeypatch: Any) -> None:
    where = f"localhost:{server.port}/postgres?hostaddr=127.0.0.1"
    right = f"postgresql://secret:p%40ss%3A%2Fw%20rd@{where}"
    assert ask(right, "select current_user") == "secret"
    with pytest.raises(exc.OperationalError, match="password authentication failed"):
        ask(f"postgresql://secret:wrong@{where}", "select 1")
    with pytest.raises(exc.OperationalError, match="no password supplied"):
        ask(f"postgresql://secret@{where}", "select 1")
    file = tmp_path / "passwords"
    file.write_text(f"localhost:{server.port}:*:secret:p@ss\\:/w rd\n")
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))
    assert ask(f"postgresql://secret@{where}", "select current_user") == "secret"
    assert "p@ss" not in repr(sa.create_engine(right)).replace("%40", "@")


def test_an_encrypted_connection_that_is_cut(server: postgres.Server) -> None:
    engine = sa.create_engine(with_tls(server, sslmode="require"), pool_size=1)
    with engine.connect() as conn:
        pid = conn.execute(text("select pg_backend_pid()")).scalar()
        conn.commit()
        ask(server.url, f"select pg_terminate_backend({pid})")
        with pytest.raises(exc.OperationalError) as caught:
            conn.execute(text("select 1"))
        assert caught.value.connection_invalidated
        conn.rollback()
        assert conn.execute(text(ENCRYPTED)).scalar() is True
        big = conn.execute(text("select repeat('x', 5000) from generate_series(1, 2000)")).all()
        assert sum(len(row[0]) for row in big) == 10_000_000
    engine.dispose()


def test_several_hosts(plain: postgres.Server) -> None:
    port = plain.port
    for url in (
        f"postgresql://postgres@/postgres?host=127.0.0.1:1&host=127.0.0.1:{port}",
        f"postgresql://postgres@/postgres?host=127.0.0.1,127.0.0.1&port=1,{port}",
        f"postgresql://postgres@/postgres?host=/none/such,{plain.directory}&port={port},{port}",
        f"postgresql://postgres@/postgres?host=127.0.0.1:1&host=127.0.0.1:{port}"
        "&target_session_attrs=read-write",
    ):
        assert ask(url, "select 1") == 1
    with pytest.raises(exc.OperationalError, match="read-only|session is not read-only"):
        ask(f"{plain.url}?target_session_attrs=read-only", "select 1")
    with pytest.raises(exc.OperationalError) as caught:
        ask("postgresql://postgres@/postgres?host=127.0.0.1:1&host=127.0.0.1:2", "select 1")
    assert str(caught.value).count("Connection refused") == 2


def test_service_file(plain: postgres.Server, tmp_path: Path, monkeypatch: Any) -> None:
    file = tmp_path / "services.conf"
    file.write_text(
        f"[mine]\nhost=127.0.0.1\nport={plain.port}\nuser=postgres\ndbname=postgres\n"
        "application_name=from the file\n"
    )
    monkeypatch.setenv("PGSERVICEFILE", str(file))
    assert ask("postgresql:///?service=mine", "show application_name") == "from the file"
    url = "postgresql:///?service=mine&application_name=mine"
    assert ask(url, "show application_name") == "mine"
    with pytest.raises(exc.OperationalError, match="other"):
        ask("postgresql:///?service=other", "select 1")


def test_socket_directory_and_options(plain: postgres.Server) -> None:
    assert ask(plain.socket_url, "select inet_server_addr()") is None
    with pytest.raises(exc.OperationalError, match="No such file or directory"):
        ask("postgresql://postgres@/postgres?host=/none/such", "select 1")
    settings = quote("-c statement_timeout=7s -c search_path=pg_catalog,\\ public")
    assert ask(f"{plain.url}?options={settings}", "show statement_timeout") == "7s"
    assert ask(f"{plain.url}?options={settings}", "show search_path") == "pg_catalog, public"
    name = quote("it's & %")
    assert ask(f"{plain.url}?application_name={name}", "show application_name") == "it's & %"
    with pytest.raises(exc.OperationalError, match="no_such_setting"):
        ask(f"{plain.url}?options={quote('-c no_such_setting=1')}", "select 1")
    engine = sa.create_engine(plain.url, connect_args={"application_name": "given"})
    with engine.connect() as conn:
        assert conn.execute(text("show application_name")).scalar() == "given"
    engine.dispose()


def test_a_server_that_does_not_answer() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        began = time.monotonic()
        with pytest.raises(exc.OperationalError, match="timeout expired"):
            ask(f"postgresql://postgres@127.0.0.1:{port}/postgres?connect_timeout=2", "select 1")
        assert time.monotonic() - began >= 1
    with pytest.raises(exc.OperationalError, match="connect_timeout"):
        ask(f"postgresql://postgres@127.0.0.1:{port}/postgres?connect_timeout=soon", "select 1")
