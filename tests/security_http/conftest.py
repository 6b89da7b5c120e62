"""A served application, and a client that sends any bytes."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


class Answer:
    """One response, as it came over the wire.

    Args:
        raw: everything until the server closed, or was silent.
    """

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1]) if raw.startswith(b"HTTP/") else 0
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}

    @property
    def count(self) -> int:
        """How many responses came: a client library would stop after the first."""
        return len(re.findall(rb"HTTP/1\.1 \d\d\d ", self.raw))

    @property
    def problem(self) -> dict[str, Any]:
        """The problem of RFC 9457."""
        assert self.headers["content-type"] == "application/problem+json", self.raw
        found: dict[str, Any] = json.loads(self.body)
        assert found["status"] == self.status
        assert {"type", "title", "detail", "code", "request_id"} <= found.keys()
        return found


def make_public(folder: Path) -> Path:
    """A folder of static files, in which also lies what nobody is to read."""
    folder.mkdir()
    (folder / "a.txt").write_text("public")
    (folder / ".env").write_text("password=hunter2")
    (folder / ".well-known").mkdir()
    (folder / ".well-known" / "security.txt").write_text("public")
    outside = folder.with_name("outside")
    outside.mkdir()
    (outside / "key").write_text("password=hunter2")
    (folder / "link").symlink_to(outside / "key")
    (folder / "linked-folder").symlink_to(outside)
    return folder


class Server:
    """A process of ``glueful serve``."""

    def __init__(self, log: Path) -> None:
        self.log = log
        public = log.parent / "public"
        environment = {
            **os.environ,
            "GLUEFUL_APP": "application:app",
            "PYTHONPATH": str(HERE),
            "PUBLIC_FOLDER": str(make_public(public)),
        }
        command = [sys.executable, "-m", "glueful_kernel.cli", "serve", "--port", "0", "--grace", "5"]
        with log.open("wb") as output:
            self.process = subprocess.Popen(command, cwd=HERE, env=environment, stderr=output)
        self.port = 0
        for _ in range(3_000):
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", log.read_text()):
                self.port = int(found[1])
                break
            assert self.process.poll() is None, log.read_text()
            self.process.poll()
            time.sleep(0.01)

    def send(self, raw: bytes, *, seconds: float = 2.0) -> Answer:
        """Send bytes; read until the server closes or is silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            with suppress(ConnectionResetError, BrokenPipeError):
                connection.sendall(raw)
            connection.settimeout(seconds)
            return Answer(self.read(connection))

    @staticmethod
    def read(connection: socket.socket) -> bytes:
        found = b""
        try:
            while chunk := connection.recv(65_536):
                found += chunk
        except (TimeoutError, ConnectionResetError):
            pass
        return found

    def request(self, method: str, path: str, *lines: str, body: bytes = b"", host: str = "Host: localhost") -> Answer:
        """Send a request with exactly these header lines and ``Connection: close``."""
        length = (
            [f"Content-Length: {len(body)}"]
            if body and not any("length" in line.lower() or "transfer" in line.lower() for line in lines)
            else []
        )
        head = [f"{method} {path} HTTP/1.1", host, "Connection: close", *length, *lines]
        raw = "\r\n".join(line for line in head if line).encode("latin-1") + b"\r\n\r\n" + body
        return self.send(raw, seconds=20)  # the server closes; on a busy machine, late

    def post(self, path: str, body: bytes, content_type: str = "application/json") -> Answer:
        """Send a body."""
        return self.request("POST", path, f"Content-Type: {content_type}", f"Content-Length: {len(body)}", body=body)

    def reports(self, text: str) -> list[dict[str, Any]]:
        """The lines of the log that hold a text; stops the server, so that none is missing."""
        self.stop()
        lines = [line for line in self.log.read_text().splitlines() if line.startswith("{") and text in line]
        return [json.loads(line) for line in lines]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop it; the exit code."""
        self.process.send_signal(how)
        return self.process.wait(20)


@pytest.fixture(scope="module")
def make_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Server]]:
    servers: list[Server] = []

    def make() -> Server:
        servers.append(Server(tmp_path_factory.mktemp("server") / "log"))
        return servers[-1]

    yield make
    for server in servers:
        server.stop()


@pytest.fixture(scope="module")
def server(make_server: Callable[[], Server]) -> Iterator[Server]:
    server = make_server()
    yield server
    assert server.request("GET", "/ping").status == 200, "the server did not survive its tests"


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "log")
    yield server
    server.process.kill()
    server.process.wait()
